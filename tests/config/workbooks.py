"""Workbooks written by hand, so that no library of ours stands on both sides: texts, numbers, days, hidden sheets,
merged cells, and the two calendars of Excel."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field

_SPEC = "http://schemas.openxmlformats.org"
_MAIN = f"{_SPEC}/spreadsheetml/2006/main"
_RELATIONS = f"{_SPEC}/officeDocument/2006/relationships"
_TYPES = (
    f'<Types xmlns="{_SPEC}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'spreadsheetml.sheet.main+xml"/></Types>'
)
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


@dataclass(frozen=True)
class Day:
    """A number that the sheet shows as a day."""

    number: float


@dataclass(frozen=True)
class Sheet:
    """`first_row`: of the sheet, 1-based, in which the rows begin; `merged`: as Excel writes it, `A2:A3`."""

    name: str
    rows: Sequence[Sequence[object]]
    hidden: bool = False
    merged: Sequence[str] = ()
    first_row: int = 1


@dataclass(frozen=True)
class Book:
    sheets: Sequence[Sheet]
    from_1904: bool = False
    extra: dict[str, str] = field(default_factory=dict)


def excel(*sheets: tuple[str, Sequence[Sequence[object]]]) -> bytes:
    """A plain workbook: name and rows of each sheet."""
    return workbook(Book([Sheet(name, rows) for name, rows in sheets]))


def workbook(book: Book) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        archive.writestr("xl/workbook.xml", _contents(book))
        links = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(book.sheets) + 1)]
        archive.writestr("xl/_rels/workbook.xml.rels", _relations([*links, ("styles", "styles.xml")]))
        archive.writestr("xl/styles.xml", _STYLES)
        for n, sheet in enumerate(book.sheets, start=1):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", _sheet(sheet))
        for name, text in book.extra.items():
            archive.writestr(name, text)
    return out.getvalue()


def _contents(book: Book) -> str:
    names = "".join(
        f'<sheet name="{sheet.name}" sheetId="{n}"{" state=" + chr(34) + "hidden" + chr(34) if sheet.hidden else ""} '
        f'r:id="rId{n}"/>'
        for n, sheet in enumerate(book.sheets, start=1)
    )
    days = '<workbookPr date1904="1"/>' if book.from_1904 else ""
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">{days}<sheets>{names}</sheets></workbook>'


def _relations(found: Sequence[tuple[str, str]]) -> str:
    body = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(found, start=1)
    )
    return f'<Relationships xmlns="{_SPEC}/package/2006/relationships">{body}</Relationships>'


def _sheet(sheet: Sheet) -> str:
    rows = "".join(
        f'<row r="{n}">{"".join(_cell(value, f"{chr(65 + place)}{n}") for place, value in enumerate(row))}</row>'
        for n, row in enumerate(sheet.rows, start=sheet.first_row)
        if row
    )
    cells = "".join(f'<mergeCell ref="{ref}"/>' for ref in sheet.merged)
    merged = f'<mergeCells count="{len(sheet.merged)}">{cells}</mergeCells>' if sheet.merged else ""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{merged}</worksheet>'


def _cell(value: object, ref: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Day):
        return f'<c r="{ref}" s="1"><v>{value.number}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{ref}"><v>{value}</v></c>'
    return f'<c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
