"""Sentiment by day, summed by the database: no mention leaves it, and no text is read.

Where the database is SQLite the sums are kept by quarter of an hour (every zone's day begins on one): `felt_quarters`.
Triggers mark the quarter of whatever changes in `felt_stale`; a marked quarter is counted afresh when it is asked for,
and summed again with the next mentions that are stored (`fold`). So the answer is always that of the mentions.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import metadata, writing
from listener.tables import mention_brands, mentions, triage
from listener.targets import mention_targets

DAYS: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "day": pl.Date,
    "brand": pl.String,
    "positive": pl.Int64,
    "neutral": pl.Int64,
    "negative": pl.Int64,
    "not_scored": pl.Int64,
}
_QUARTER = 15 * 60 * 1_000_000  # microseconds
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_FOLDED = 50  # quarters summed again with each poll that is stored
_COUNTED = 400  # marked quarters up to which counting them afresh is quicker than summing them first
_BATCH = 2_000

felt_quarters = sa.Table(
    "felt_quarters",
    metadata,
    sa.Column("quarter", sa.BigInteger, primary_key=True, autoincrement=False),  # of an hour, counted from 1970
    sa.Column("brand", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, primary_key=True),  # positive | neutral | negative | "": not scored
    sa.Column("n", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
felt_stale = sa.Table(
    "felt_stale", metadata, sa.Column("quarter", sa.BigInteger, primary_key=True, autoincrement=False)
)
_said = sa.func.coalesce(mentions.c.published_at, mentions.c.first_seen, type_=sa.BigInteger)


def sentiment_days(
    engine: Engine, *, zone: str, since: dt.datetime | None = None, until: dt.datetime | None = None
) -> pl.DataFrame:
    """Mentions by day in `zone`, brand and label, columns DAYS, sorted by day and brand.

    A person's correction counts, else how the brand is spoken of, else the text: the labels of `store.mention_frame`.
    since <= said < until; a mention without a date counts when it was first seen. Days without mentions have no row.
    """
    first = None if since is None else (since - _EPOCH) // _MICROSECOND
    end = None if until is None else (until - _EPOCH) // _MICROSECOND
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            rows = _counted(connection, _between(_said, first, end))
    else:
        rows = _summed(engine, first, end)
    schema = {"quarter": pl.Int64, "brand": pl.String, "label": pl.String, "n": pl.Int64}
    return _by_day(pl.DataFrame(rows, schema=schema, orient="row"), zone)


def _between(time: Any, first: int | None, end: int | None) -> list[Any]:
    return ([time >= first] if first is not None else []) + ([time < end] if end is not None else [])


def _summed(engine: Engine, first: int | None, end: int | None) -> list[Any]:
    """The kept sums of the whole quarters, and a count of marked ones and of a quarter cut in two at either end."""
    whole_from = None if first is None else -(-first // _QUARTER)
    whole = _between(felt_quarters.c.quarter, whole_from, None if end is None else end // _QUARTER)
    marked = [felt_stale.c.quarter >= first // _QUARTER] if first is not None else []
    marked += [felt_stale.c.quarter <= end // _QUARTER] if end is not None else []
    with engine.connect() as connection:
        many = sa.select(felt_stale.c.quarter).where(*marked).limit(_COUNTED + 1)
        fold_first = len(connection.scalars(many).all()) > _COUNTED
    if fold_first:
        fold_all(engine)
    with engine.connect() as connection:  # one view of the database: sums and marks belong together
        stale = set(connection.scalars(sa.select(felt_stale.c.quarter).where(*marked)))
        kept = connection.execute(sa.select(felt_quarters).where(*whole))
        rows = [row for row in (tuple(row) for row in kept) if row[0] not in stale]
        cut = {edge // _QUARTER for edge in (first, end) if edge is not None and edge % _QUARTER}
        for quarter in cut:
            begin, over = quarter * _QUARTER, (quarter + 1) * _QUARTER
            begin = begin if first is None else max(begin, first)
            rows += _counted(connection, _between(_said, begin, over if end is None else min(over, end)))
        for part in _parts(quarter for quarter in stale - cut if end is None or quarter < end // _QUARTER):
            rows += _counted(connection, [], quarters=part)
    return rows


def _parts(quarters: Iterable[int]) -> Iterable[list[int]]:
    rest = sorted(quarters)
    return (rest[start : start + _BATCH] for start in range(0, len(rest), _BATCH))


def fold(connection: Connection, *, at_most: int = _FOLDED) -> int:
    """Sum marked quarters again, in the caller's write transaction; how many. Nothing on other databases."""
    if connection.dialect.name != "sqlite":
        return 0
    marked = list(
        connection.scalars(sa.select(felt_stale.c.quarter).order_by(felt_stale.c.quarter.desc()).limit(at_most))
    )
    for part in _parts(marked):
        connection.execute(sa.delete(felt_quarters).where(felt_quarters.c.quarter.in_(part)))
        rows = _counted(connection, [], quarters=part)
        named = [dict(zip(("quarter", "brand", "label", "n"), row, strict=True)) for row in rows]
        if named:
            connection.execute(sa.insert(felt_quarters), named)
        connection.execute(sa.delete(felt_stale).where(felt_stale.c.quarter.in_(part)))
    return len(marked)


def fold_all(engine: Engine) -> None:
    """Sum every marked quarter: after a large import, and when a database from before is first asked."""
    while True:
        with writing(engine) as connection:
            if fold(connection, at_most=_BATCH) < _BATCH:
                return


def _counted(connection: Connection, wanted: list[Any], *, quarters: list[int] | None = None) -> list[Any]:
    """(quarter, brand, label, n) counted from the mentions; `quarters` (of SQLite alone) are those looked at."""
    base = sa.select(mentions.c.mention_id, _said.label("said"), mentions.c.label).where(*wanted)
    if quarters is not None:
        one = sa.func.json_each(json.dumps(quarters)).table_valued(sa.column("value", sa.BigInteger))
        inside = sa.and_(_said >= one.c.value * _QUARTER, _said < (one.c.value + 1) * _QUARTER)
        base = base.select_from(one.join(mentions, inside))
    both = base.subquery()
    label = sa.func.coalesce(triage.c.label_override, mention_targets.c.label, both.c.label, "")
    towards = sa.and_(
        mention_targets.c.mention_id == both.c.mention_id, mention_targets.c.brand == mention_brands.c.brand
    )
    # SQL divides towards zero: what lies before 1970 is put right.
    past = (both.c.said % _QUARTER + _QUARTER) % _QUARTER
    quarter = ((both.c.said - past) // _QUARTER).label("quarter")
    flat = (
        sa.select(quarter, mention_brands.c.brand, label.label("felt"))
        .select_from(
            both.join(mention_brands, mention_brands.c.mention_id == both.c.mention_id)
            .outerjoin(triage, triage.c.mention_id == both.c.mention_id)
            .outerjoin(mention_targets, towards)
        )
        .subquery()
    )
    by = (flat.c.quarter, flat.c.brand, flat.c.felt)
    counted = sa.select(*by, sa.func.count()).group_by(*by)
    return [tuple(row) for row in connection.execute(counted)]


def _by_day(counted: pl.DataFrame, zone: str) -> pl.DataFrame:
    said_at = pl.from_epoch(pl.col("quarter") * _QUARTER, time_unit="us").dt.replace_time_zone("UTC")
    labels = [
        pl.col("n").filter(pl.col("label") == label).sum().cast(pl.Int64).alias(name)
        for label, name in (("positive",) * 2, ("neutral",) * 2, ("negative",) * 2, ("", "not_scored"))
    ]
    return (
        counted.with_columns(day=said_at.dt.convert_time_zone(ZoneInfo(zone).key).dt.date())
        .group_by("day", "brand")
        .agg(*labels)
        .select(*DAYS)
        .sort("day", "brand")
    )
