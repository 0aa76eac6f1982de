"""Sentiment by day, summed by the database: no mention leaves it, and no text is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Engine

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
_QUARTER = 15 * 60 * 1_000_000  # microseconds: every zone's day begins on a quarter of an hour


def sentiment_days(
    engine: Engine, *, zone: str, since: dt.datetime | None = None, until: dt.datetime | None = None
) -> pl.DataFrame:
    """Mentions by day in `zone`, brand and label, columns DAYS, sorted by day and brand.

    A person's correction counts, else how the brand is spoken of, else the text: the labels of `store.mention_frame`.
    since <= said < until; a mention without a date counts when it was first seen. Days without mentions have no row.
    """
    said = _quarters(mentions.c.published_at, since, until)
    seen = _quarters(mentions.c.first_seen, since, until).where(mentions.c.published_at.is_(None))
    both = sa.union_all(said.where(mentions.c.published_at.is_not(None)), seen).subquery()
    label = sa.func.coalesce(triage.c.label_override, mention_targets.c.label, both.c.label)
    towards = sa.and_(
        mention_targets.c.mention_id == both.c.mention_id, mention_targets.c.brand == mention_brands.c.brand
    )
    counted = (
        sa.select(both.c.quarter, mention_brands.c.brand, label, sa.func.count())
        .select_from(
            both.join(mention_brands, mention_brands.c.mention_id == both.c.mention_id)
            .outerjoin(triage, triage.c.mention_id == both.c.mention_id)
            .outerjoin(mention_targets, towards)
        )
        .group_by(both.c.quarter, mention_brands.c.brand, label)
    )
    schema = {"quarter": pl.Int64, "brand": pl.String, "label": pl.String, "n": pl.Int64}
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(counted)]
    return _by_day(pl.DataFrame(rows, schema=schema, orient="row"), zone)


def _quarters(time: Any, since: dt.datetime | None, until: dt.datetime | None) -> sa.Select[Any]:
    wanted = [time >= since] if since else []
    wanted += [time < until] if until else []
    quarter = sa.type_coerce(time, sa.BigInteger).op("/")(_QUARTER).label("quarter")
    return sa.select(mentions.c.mention_id, quarter, mentions.c.label).where(*wanted)


def _by_day(counted: pl.DataFrame, zone: str) -> pl.DataFrame:
    said_at = pl.from_epoch(pl.col("quarter") * _QUARTER, time_unit="us").dt.replace_time_zone("UTC")
    labels = [
        pl.col("n").filter(pl.col("label") == label).sum().cast(pl.Int64).alias(label)
        for label in ("positive", "neutral", "negative")
    ]
    return (
        counted.with_columns(day=said_at.dt.convert_time_zone(ZoneInfo(zone).key).dt.date())
        .group_by("day", "brand")
        .agg(*labels, pl.col("n").filter(pl.col("label").is_null()).sum().cast(pl.Int64).alias("not_scored"))
        .select(*DAYS)
        .sort("day", "brand")
    )
