"""How a person said the columns of a file are to be read: which is which, what stands in none, how days and numbers
are written. Remembered for files with the same columns.

The choice is applied to the text, before any layout sees it: days become 2026-11-20, numbers 1234.50, so that nothing
is guessed where a person has said it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.database import UtcTime, count_change, metadata, upsert, writing
from config.reading import TextTable, normal_header

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
COMMA, POINT = ",", "."
_SLASHED = re.compile(r"^\s*(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?!\d)(.*)$", re.DOTALL)
_KEPT = 4  # decimals
_NUMBER = re.compile(r"\d(?:[\d.,'’\s\u00a0\u202f]*\d)?")

column_mappings = sa.Table(
    "column_mappings",
    metadata,
    sa.Column("headers", sa.Text, primary_key=True),  # hash of the file's header names
    sa.Column("layout", sa.Text, nullable=False),
    sa.Column("mapping", sa.Text, nullable=False),  # JSON: the layout's column -> the file's header
    sa.Column("constants", sa.Text),  # JSON: the layout's column -> what it is in every row
    sa.Column("written", sa.Text),  # JSON: the layout's column -> dmy | mdy | , | .
    sa.Column("names", sa.Text),  # JSON: the file's headers as they were read
    sa.Column("file_name", sa.Text),  # of the file it was chosen for
    sa.Column("saved_at", UtcTime),
)


@dataclass(frozen=True)
class ColumnMapping:
    """`columns`: our column -> the file's header; `constants`: our column -> its value in every row; `written`: our
    column -> how its days (dmy, mdy) or its decimals (",", ".") are written, where that was said."""

    layout: str
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    file_name: str | None = None
    saved_at: dt.datetime | None = None
    id: str = ""


def fingerprint(headers: Sequence[str]) -> str:
    """What files with the same columns have in common: order, capitals and outer blanks aside."""
    return hashlib.sha256("\x1f".join(sorted(normal_header(name) for name in headers)).encode()).hexdigest()


def remember(engine: Engine, headers: Sequence[str], mapping: ColumnMapping, *, now: dt.datetime | None = None) -> None:
    """From now on files with these headers are read so; an earlier choice for them is replaced."""
    row = {
        "headers": fingerprint(headers),
        "layout": mapping.layout,
        "mapping": json.dumps(dict(mapping.columns), sort_keys=True, ensure_ascii=False),
        "constants": json.dumps(dict(mapping.constants), sort_keys=True, ensure_ascii=False),
        "written": json.dumps(dict(mapping.written), sort_keys=True),
        "names": json.dumps(list(headers), ensure_ascii=False),
        "file_name": mapping.file_name,
        "saved_at": now,
    }
    with writing(engine) as connection:
        upsert(connection, column_mappings, [row], keys=["headers"])
        count_change(connection, "mappings")


def forget(engine: Engine, mapping_id: str) -> bool:
    """Files with those headers are recognised, or not, as if nothing had been said. False when it is gone already."""
    with writing(engine) as connection:
        found = connection.execute(sa.delete(column_mappings).where(column_mappings.c.headers == mapping_id))
        count_change(connection, "mappings")
        return bool(found.rowcount)


def known(engine: Engine) -> list[ColumnMapping]:
    """Every remembered choice, newest first."""
    order = (column_mappings.c.saved_at.desc().nulls_last(), column_mappings.c.headers)
    with engine.connect() as connection:
        return [_of(row) for row in connection.execute(sa.select(column_mappings).order_by(*order))]


def find(engine: Engine, headers: Sequence[str]) -> ColumnMapping | None:
    """The choice remembered for files with these headers."""
    query = sa.select(column_mappings).where(column_mappings.c.headers == fingerprint(headers))
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return _of(row) if row else None


def _of(row: sa.Row[tuple[object, ...]]) -> ColumnMapping:
    columns = json.loads(row.mapping)
    return ColumnMapping(
        layout=row.layout,
        columns=columns,
        constants=json.loads(row.constants or "{}"),
        written=json.loads(row.written or "{}"),
        headers=tuple(json.loads(row.names)) if row.names else tuple(columns.values()),
        file_name=row.file_name,
        saved_at=row.saved_at,
        id=row.headers,
    )


def applied(table: TextTable, mapping: ColumnMapping) -> TextTable | None:
    """The table with its columns named, completed and written as the person said; None where the choice does not fit.

    A column of the file that happens to have the name of one of ours, and was not chosen for it, is set apart.
    """
    headers = {normal_header(header): header for header in table.headers}
    picked = {name: headers[normal_header(h)] for name, h in mapping.columns.items() if normal_header(h) in headers}
    if len(set(picked.values())) != len(picked) or not picked:
        return None
    ours = {header: name for name, header in picked.items()}
    taken = {normal_header(name) for name in (*picked, *mapping.constants)}
    names: dict[str, str] = {}
    for header in table.headers:
        apart = f"{header} (not mapped)" if normal_header(header) in taken else header
        names[header] = ours.get(header, apart)
    if len(set(names.values())) != len(names):
        return None
    frame = table.frame.rename(names)
    constants = {name: value for name, value in mapping.constants.items() if name not in picked and value}
    frame = frame.with_columns(pl.lit(value, dtype=pl.String).alias(name) for name, value in constants.items())
    for name, form in mapping.written.items():
        if name in picked:
            frame = frame.with_columns(_rewritten(frame[name], form))
    return replace(table, headers=(*names.values(), *constants), frame=frame, doubled=())


def _rewritten(texts: pl.Series, form: str) -> pl.Series:
    change: Callable[[str], str] = (
        partial(iso_day, order=form) if form in (DAY_FIRST, MONTH_FIRST) else partial(plain_number, decimal=form)
    )
    unique = texts.drop_nulls().unique()
    told = pl.Series([change(text) for text in unique.to_list()], dtype=pl.String)
    return texts.replace_strict(unique, told, default=None, return_dtype=pl.String).alias(texts.name)


def iso_day(text: str, *, order: str) -> str:
    """`20/11/2026 14:30` with the day first -> `2026-11-20 14:30`. Other texts stay; a day that the order makes
    impossible becomes one that cannot be read, and is then put aside instead of being guessed."""
    found = _SLASHED.match(text)
    if not found:
        return text
    first, _, second, year, rest = found.groups()
    day, month = (first, second) if order == DAY_FIRST else (second, first)
    return f"{year if len(year) == 4 else f'20{year}'}-{int(month):02}-{int(day):02}{rest}"


def plain_number(text: str, *, decimal: str) -> str:
    """`1.234,50 €` with a decimal comma -> `1234.50 €`; three decimals get a fourth, so that they stay decimals.
    More than four are rounded, half to even."""
    return _NUMBER.sub(lambda found: _plain(found[0], decimal), text, count=1)


def _plain(number: str, decimal: str) -> str:
    whole, sign, fraction = number.rpartition(decimal) if number.count(decimal) == 1 else (number, "", "")
    digits, decimals = (re.sub(r"\D", "", part) for part in (whole, fraction))
    if not sign:
        return digits or number
    if len(decimals) > _KEPT:
        return str(Decimal(f"{digits or '0'}.{decimals}").quantize(Decimal(10) ** -_KEPT, ROUND_HALF_EVEN))
    return f"{digits or '0'}.{decimals}{'0' if len(decimals) == 3 else ''}"
