"""Excel files as rows of text, with what a sheet of cells says beside them: hidden sheets, merged cells, the calendar.

Formulas are the values they were saved with; links to other workbooks are never followed.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import unescape

import polars as pl

from config.archives import DAMAGED, BadArchiveError
from config.cutting import cut
from config.text_tables import Rejected, TextTable, is_total, normal_header

DAYS_BETWEEN_CALENDARS = 1462  # from 1899-12-30, which Windows counts from, to 1904-01-01 of older Macs
_OLE = b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_QUOTED = {"&quot;": '"', "&apos;": "'"}
_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_DAY_NUMBER = r"^[2-7]\d{4}(?:\.\d+)?$"
_DAY_WORDS = re.compile(
    r"date|day|time|created|published|start|end|from|until|datum|tag|data|dzień|fecha|día|jour|nap|dátum|kelt|"
    r"תאריך|יום|تاريخ|اليوم|ngày|thời"
)


@dataclass(frozen=True)
class Sheet:
    """`rows`: as in the sheet, the first one its row 1. `merged`: rows that share a cell with another row, or hold
    one cell in place of several; 1-based. `from_1904`: bare day numbers count from 1904."""

    name: str
    rows: Iterable[list[str]]
    hidden: bool = False
    merged: frozenset[int] = frozenset()
    from_1904: bool = False


def sheets(data: bytes) -> Iterator[Sheet]:
    """Every sheet that holds anything, all cells as text. Raises BadArchiveError."""
    import fastexcel  # an eighth of a second that CSV files need not wait

    if data.startswith(_OLE) and _LOCKED in data:
        raise BadArchiveError("the Excel file has a password", cure="Save it without one, or as CSV")
    try:
        places, from_1904 = _inside(data)
        book = fastexcel.read_excel(data)
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string", whitespace_as_null=False)
            frame = sheet.to_polars()
            if frame.height:
                rows = ([cell or "" for cell in row] for row in frame.iter_rows())
                merged = _merged_rows(data, places[name]) if name in places else frozenset()
                yield Sheet(name, rows, sheet.visible != "visible", merged, from_1904)
    except (fastexcel.FastExcelError, *DAMAGED) as exc:
        cure = "Open it in a spreadsheet program and save it as CSV"
        raise BadArchiveError(f"the Excel file cannot be read ({str(exc).partition(chr(10))[0]})", cure=cure) from exc


def sheet_tables(sheet: Sheet, *, file: str, shown: bool) -> list[TextTable]:
    """The tables of a sheet. `shown`: it is to be read; else its rows are left out, and counted."""
    found = [replace(table, part=sheet.name) for table in cut(enumerate(sheet.rows, start=1), file=file, wide=True)]
    if not shown:
        return [_left_out(table, sheet.name) for table in found]
    found = [_without_merged(table, sheet.merged) for table in found]
    return [_in_our_calendar(table) for table in found] if sheet.from_1904 else found


def _left_out(table: TextTable, name: str) -> TextTable:
    lines = table.frame["source_line"].to_list()
    told = (
        f'The sheet "{name}" is hidden and was left out ({len(lines)} rows). If it is the one to read, show it in the '
        "spreadsheet program, save the file and import it again."
    )
    skipped = {**table.skipped, **dict.fromkeys(lines, "hidden_sheet")}
    return replace(table, frame=table.frame.clear(), skipped=skipped, notices=(*table.notices, told))


def _without_merged(table: TextTable, merged: frozenset[int]) -> TextTable:
    """Rows with merged cells are put aside: which row the value belongs to, and to how many, is not told."""
    bad = table.frame.filter(pl.col("source_line").is_in(sorted(merged)) & ~is_total(pl.col(table.headers[0])))
    lines = bad["source_line"].to_list()
    if not lines:
        return table
    rejected = [
        Rejected(
            line, "merged_cells", f"row {line} has merged cells; take them apart, fill each row, and save it again"
        )
        for line in lines
    ]
    frame = table.frame.filter(~pl.col("source_line").is_in(lines))
    return replace(table, frame=frame, rejected=(*table.rejected, *rejected))


def _in_our_calendar(table: TextTable) -> TextTable:
    """Bare day numbers that count from 1904, in columns whose name speaks of days, as Windows would count them."""
    named = [name for name in table.headers if _DAY_WORDS.search(normal_header(name))]
    days = [name for name in named if _all_day_numbers(table.frame[name])]
    if not days:
        return table
    shifted = [
        (pl.col(name).str.strip_chars().cast(pl.Float64) + DAYS_BETWEEN_CALENDARS).cast(pl.String).alias(name)
        for name in days
    ]
    told = f"The workbook counts days from 1904; the day numbers of {', '.join(days)} were read so."
    return replace(table, frame=table.frame.with_columns(shifted), notices=(*table.notices, told))


def _all_day_numbers(values: pl.Series) -> bool:
    known = values.drop_nulls().str.strip_chars()
    return known.len() > 0 and bool(known.str.contains(_DAY_NUMBER).all())


# --- what the reader of cells does not tell -------------------------------------------------------------------------


def _inside(data: bytes) -> tuple[Mapping[str, str], bool]:
    """Where each sheet lies in the file, and whether days count from 1904; nothing for formats that are no zip."""
    if data.startswith(_OLE):
        return {}, False
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" not in names:
            return {}, False
        book = archive.read("xl/workbook.xml").decode("utf-8", errors="replace")
        links = "xl/_rels/workbook.xml.rels"
        relations = archive.read(links).decode("utf-8", errors="replace") if links in names else ""
    targets = {_said(tag, "Id"): _said(tag, "Target") for tag in _RELATION.findall(relations)}
    places = {_said(tag, "name"): _place(targets.get(_said(tag, r"\w+:id"), "")) for tag in _SHEET.findall(book)}
    from_1904 = bool(re.search(r'\sdate1904="(?:1|true|on)"', book))
    return {name: place for name, place in places.items() if place in names}, from_1904


def _said(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found[1], _QUOTED) if found else ""


def _place(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def _merged_rows(data: bytes, place: str) -> frozenset[int]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = _MERGED.findall(archive.read(place))
    return frozenset(row for _, first, _, last in found for row in _rows(int(first), int(last)))


def _rows(first: int, last: int) -> Sequence[int]:
    return range(first, min(last, first + 100_000) + 1)
