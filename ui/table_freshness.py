"""How fresh each table is: its newest row, the import that brought rows last, and days from which nothing came.

Pure but for `read`, which asks the stores.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import polars as pl
import sqlalchemy as sa

from config.workspace import Workspace
from listener.tables import mentions
from ui import pipeline

# Table -> the column that says when, and whether days without rows in between are worth a word.
TABLES: Mapping[str, tuple[str, bool]] = {
    "orders": ("ordered_at", True),
    "touches": ("touched_at", True),
    "spend": ("date_to", False),
    "posts": ("published_at", False),
    "leads": ("created_at", False),
    "conversions": ("converted_at", False),
    "mentions": ("published_at", True),
}
LATE_DAYS = 3  # up to so many days without rows are nothing to speak of
HOLE_DAYS = 7
_DAY = 86_400_000_000  # microseconds
_USUAL = 4  # times the usual distance between days with rows


@dataclass(frozen=True)
class TableFreshness:
    """`since`: nothing came after this day, and it is longer ago than usual. `holes`: (first, last) day of spans
    without rows in between. None: no row is known."""

    table: str
    rows: int
    oldest: dt.date | None = None
    newest: dt.date | None = None
    last_import: dt.datetime | None = None
    since: dt.date | None = None
    holes: tuple[tuple[dt.date, dt.date], ...] = ()


def judge(days: Sequence[dt.date], *, as_of: dt.date) -> tuple[dt.date | None, tuple[tuple[dt.date, dt.date], ...]]:
    """(the newest day if nothing came for unusually long, spans of days without rows) of the days that have rows."""
    known = sorted({day for day in days if day <= as_of})
    if not known:
        return None, ()
    steps = [(b - a).days for a, b in pairwise(known)]
    usual = statistics.median(steps) if steps else 1
    late = (as_of - known[-1]).days
    since = known[-1] if late > max(LATE_DAYS, _USUAL * usual) else None
    longest = max(HOLE_DAYS, _USUAL * usual)
    one = dt.timedelta(days=1)
    return since, tuple((a + one, b - one) for a, b in pairwise(known) if (b - a).days - 1 >= longest)


def read(workspace: Workspace, *, imports: Sequence[Mapping[str, Any]], as_of: dt.date) -> list[TableFreshness]:
    """One entry a table of TABLES, in their order. `imports`: the ledger as `intake.list_imports` gives it."""
    return [_one(workspace, name, imports=imports, as_of=as_of) for name in TABLES]


def _one(workspace: Workspace, name: str, *, imports: Sequence[Mapping[str, Any]], as_of: dt.date) -> TableFreshness:
    column, with_holes = TABLES[name]
    counted = _days(workspace, name, column)
    days = counted.filter(pl.col("day").is_not_null())["day"].to_list()
    since, holes = judge(days, as_of=as_of)
    brought = [
        row["finished_at"] for row in imports if row["state"] == "done" and row["counts"].get("tables", {}).get(name)
    ]
    return TableFreshness(
        table=name,
        rows=int(counted["rows"].sum()),
        oldest=min(days, default=None),
        newest=max(days, default=None),
        last_import=max((time for time in brought if time), default=None),
        since=since,
        holes=holes if with_holes else (),
    )


def _days(workspace: Workspace, name: str, column: str) -> pl.DataFrame:
    """day (in the business zone) and rows."""
    if name == "mentions":
        return _mention_days(workspace)
    rows = pipeline.facts_of(workspace).scan(name)
    day = pl.col(column)
    if rows.collect_schema()[column] != pl.Date:
        day = day.dt.convert_time_zone(workspace.settings.workspace.timezone).dt.date()
    return rows.group_by(day.alias("day")).agg(rows=pl.len()).collect()


def _mention_days(workspace: Workspace) -> pl.DataFrame:
    """By days of UTC, which the database can count without handing out a million times."""
    number = sa.type_coerce(mentions.c.published_at, sa.BigInteger) // _DAY
    days = sa.select(sa.cast(number, sa.BigInteger).label("n"), sa.func.count().label("rows")).group_by("n")
    with workspace.engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(days)]
    frame = pl.DataFrame(found, schema={"n": pl.Int64, "rows": pl.Int64}, orient="row")
    return frame.select(pl.col("n").cast(pl.Int32).cast(pl.Date).alias("day"), "rows")
