"""Words and small tables of the page Data: what layouts, encodings, reasons and columns are called, rows as text."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping

import polars as pl
import streamlit as st
from babel.core import get_global

from config.encodings import MISREAD
from config.preview import FilePreview, TablePreview
from ui import pipeline, tables, talk_cards, templates
from ui.frame import Screen
from ui.i18n import Translator
from ui.import_words import skip_names, table_names
from ui.said import in_language

COUNTS = ("read", "accepted", "updated", "duplicates", "quarantined", "skipped")
_HIDDEN = ("account", "source_line", "layout")
_HASHED = ("visitor", "customer_key", "click_id", "author_key")
SHOWN_REJECTED = 5
_CODE_PAGES = {
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp1252": "Windows-1252",
    "cp1254": "Windows-1254",
    "cp1255": "Windows-1255",
    "cp1256": "Windows-1256",
    "cp1258": "Windows-1258",
    "utf-8-as-cp1252": "UTF-8 read as Windows-1252",
    "utf-8-as-cp1250": "UTF-8 read as Windows-1250",
}


def safe(name: str) -> str:
    """A file's name where Markdown is read: letters, digits, points, blanks, brackets and underlines stay."""
    return re.sub(r"[^\w .,()-]", "-", name)[:80].replace("_", r"\_")


def layout_name(_: Translator, layout_id: str | None) -> str | None:
    """What people call the layout (several with + between them); its id where it is none of ours any more."""
    names = {layout.id: templates.title(layout, _) for layout in pipeline.LAYOUTS}
    return None if layout_id is None else " + ".join(names.get(part, part) for part in layout_id.split("+"))


def kinds(_: Translator) -> dict[str, str]:
    return {
        "delimited": _("text table"),
        "excel": _("Excel"),
        "json": _("JSON"),
        "log": _("server log"),
        "archive": _("archive of several tables"),
    }


def delimiters(_: Translator) -> dict[str, str]:
    return {
        ",": _("cells end at commas"),
        ";": _("cells end at semicolons"),
        "\t": _("cells end at tabs"),
        "|": _("cells end at bars"),
    }


def encoding_name(encoding: str) -> str:
    return _CODE_PAGES.get(encoding, encoding.upper())


def encodings(_: Translator) -> dict[str, str]:
    """The code pages that may be chosen, with the languages they are used for."""
    said = {
        "cp1250": _("Polish, Hungarian, Czech"),
        "cp1252": _("English, German, French, Spanish"),
        "cp1255": _("Hebrew"),
        "cp1256": _("Arabic"),
        "cp1258": _("Vietnamese"),
        "cp1251": _("Russian, Ukrainian"),
        "cp1254": _("Turkish"),
        **dict.fromkeys(MISREAD, _("letters misread before")),
    }
    return {name: f"{_CODE_PAGES[name]}: {languages}" for name, languages in said.items()}


def days(_: Translator) -> dict[str, str]:
    return {"": _("As the rows tell"), "dmy": _("day first"), "mdy": _("month first")}


def decimals(_: Translator) -> dict[str, str]:
    return {"": _("As the rows tell"), ",": _("after a comma"), ".": _("after a point")}


@functools.cache
def currencies() -> tuple[str, ...]:
    """The codes of the currencies that are money somewhere today, sorted."""
    places = get_global("territory_currencies").values()
    return tuple(sorted({code for place in places for code, _from, until, tender in place if tender and not until}))


def records(screen: Screen, found: Iterable[Mapping[str, int]]) -> str:
    """ "20 orders, 64 lines of orders": what would be stored, by table."""
    sums: Counter[str] = Counter()
    for tables_of in found:
        sums.update(tables_of)
    names = table_names(screen._)
    return ", ".join(f"{talk_cards.number(screen, n)} {names.get(name, name)}" for name, n in sums.items() if n)


def left_out(screen: Screen, seen: FilePreview) -> list[str]:
    """Lines about rows that would be passed over or put aside. Our own words and numbers alone: Markdown reads them."""
    _ = screen._
    known = seen.recognised
    skipped: Counter[str] = Counter()
    for table in known:
        skipped.update(table.skipped)
    lines = []
    if skipped:
        names = skip_names(_)
        why = ", ".join(f"{names.get(reason, reason.replace('_', ' '))} {n}" for reason, n in skipped.most_common())
        n = sum(skipped.values())
        lines.append(_.plural("{n} row passed over: {why}", "{n} rows passed over: {why}", n).format(n=n, why=why))
    bad = sum(len(table.rejected) for table in known)
    if bad:
        said = _.plural("{n} row would be put aside (quarantine)", "{n} rows would be put aside (quarantine)", bad)
        lines.append(said.format(n=talk_cards.number(screen, bad)))
    others = sum(table.layout is None for table in seen.tables) if known else 0
    if others:
        said = _.plural("{n} table of no known layout", "{n} tables of no known layout", others)
        lines.append(said.format(n=others))
    return lines


def table_name(screen: Screen, table: TablePreview, place: int) -> str:
    title = templates.title(table.layout, screen._) if table.layout else screen._("not recognised")
    return f"{place}. {table.part or table.said.get('title') or ', '.join(table.headers[:3])} ({title})"


def columns_table(screen: Screen, table: TablePreview, *, key: str) -> None:
    """Each column of the file with an example, and what it is read as."""
    _ = screen._
    first = {name: next((v for v in table.raw[name].to_list() if v), None) for name in table.headers}
    frame = pl.DataFrame(
        {
            _("Column of the file"): table.headers,
            _("Example"): [(first[name] or "")[:80] or None for name in table.headers],
            _("Read as"): [_read_as(_, table, name) for name in table.headers],
        },
        schema=dict.fromkeys((_("Column of the file"), _("Example"), _("Read as")), pl.String),
    )
    used = len(table.names)
    said = _.plural("{n} of {all} column is read.", "{n} of {all} columns are read.", used)
    st.caption(said.format(n=used, all=len(table.headers)))
    alternative = _("Columns of the file and what they are read as.")
    st.dataframe(frame, hide_index=True, key=key, placeholder="–", alt=alternative, height=360)


def _read_as(_: Translator, table: TablePreview, header: str) -> str:
    if header not in table.names:
        return _("not used")
    return table.names[header].replace("_", " ")


def raw_rows(screen: Screen, table: TablePreview) -> pl.DataFrame:
    line = pl.col("source_line").alias(screen._("Line"))
    return table.raw.select(line, *(pl.col(name) for name in table.headers))


def read_rows(screen: Screen, table: TablePreview, *, key: str) -> None:
    """The first records as they would be stored, a table each, and the first rows that would be put aside."""
    _ = screen._
    names = table_names(_)
    shown = {name: frame for name, frame in table.values.items() if frame.height}
    for name, frame in list(shown.items())[:3]:
        if len(shown) > 1:
            st.caption(names.get(name, name).capitalize())
        said = _("First rows as they will be read.")
        st.dataframe(readable(screen, frame), hide_index=True, key=f"{key}-{name}", placeholder="–", alt=said)
    if not shown:
        st.caption(_("None of the first rows brings a record."))
    alike: dict[str, list[str]] = {}
    for row in table.rejected:
        alike.setdefault(row.message, []).append(str(row.line))
    for message, lines in list(alike.items())[:SHOWN_REJECTED]:
        line = ", ".join([*lines[:SHOWN_REJECTED], *(["…"] if len(lines) > SHOWN_REJECTED else [])])
        bare = message.removeprefix(f"line {line}: ")  # some say their line themselves
        st.text(_("Put aside: line {line}: {message}").format(line=line, message=in_language(bare, _)))


def readable(screen: Screen, frame: pl.DataFrame) -> pl.DataFrame:
    """Records as text for people: the line first, hashed values named so, empty columns left out."""
    _ = screen._
    columns = [pl.col("source_line").alias(_("Line"))]
    for name, dtype in frame.schema.items():
        if name in _HIDDEN or frame[name].null_count() == frame.height:
            continue
        columns.append(_text(screen, name, dtype).alias(_shown_name(screen, name)))
    return frame.select(columns)


def _shown_name(screen: Screen, name: str) -> str:
    return tables.names(screen).get(name, name.replace("_", " ").capitalize())


def _text(screen: Screen, name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if name in _HASHED and dtype == pl.Int64:
        return pl.when(column.is_not_null()).then(pl.lit(screen._("hashed")))
    if isinstance(dtype, pl.Datetime):
        local = column.dt.convert_time_zone(screen.zone.key)
        return local.dt.strftime("%Y-%m-%d %H:%M")
    if isinstance(dtype, pl.List):
        return column.cast(pl.List(pl.String)).list.join(", ")
    if isinstance(dtype, pl.Decimal):
        return column.cast(pl.String).str.replace(r"(\.\d\d)00$", "$1")
    return column.cast(pl.String).str.slice(0, 160)


def kept_cells(stored: str) -> dict[str, str]:
    """The kept cells of a row that hold something, out of the JSON they are kept as."""
    return {name: str(value) for name, value in json.loads(stored).items() if value is not None}


def cells(stored: str) -> str:
    """The same as text: "code: BOB5 · kind: x"."""
    return " · ".join(f"{name}: {value}" for name, value in kept_cells(stored).items())


def column_names(_: Translator) -> dict[str, str]:
    return {
        "file": _("File"),
        "file_name": _("File"),
        "layout": _("Layout"),
        "account": _("Account"),
        "state": _("State"),
        "finished": _("When"),
        "read": _("Read"),
        "accepted": _("New"),
        "updated": _("Updated"),
        "duplicates": _("Known already"),
        "quarantined": _("Kept aside"),
        "skipped": _("Left out"),
        "error": _("Problem"),
        "line": _("Line"),
        "reason": _("Reason"),
        "message": _("What is wrong"),
        "columns": _("Cells used"),
    }


def state_names(_: Translator) -> dict[str, str]:
    return {
        "done": _("done"),
        "undone": _("undone"),
        "failed": _("failed"),
        "abandoned": _("interrupted"),
        "pending": _("running"),
    }
