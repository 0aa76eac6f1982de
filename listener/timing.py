"""When the talk is, and when it is answered: weekday and hour in the business zone."""

from __future__ import annotations

import polars as pl

ENOUGH = 20  # posts of known engagement in an hour before its figure is to be trusted
_SHRINK = 20.0  # posts of average engagement that each hour is given beforehand


def by_hour(mentions: pl.DataFrame, *, timezone: str) -> pl.DataFrame:
    """One row per weekday (1 Monday - 7 Sunday) and hour (0-23) with talk, sorted: 168 at most.

    From `store.mention_frame`: each mention once, whatever brands it names; mentions known by day only (date_only,
    guessed, missing) are left out. Columns: weekday, hour, mentions, share (0-1 of all), posts (of known engagement),
    engagement (mean, null if none), lift (engagement against the mean of all posts, 1 is average, each hour shrunk
    towards it by 20 posts; null where nothing is known), enough (at least 20 posts). Posts are winsorised at the 99th
    percentile, so that one that went round the world does not make its hour a good one.
    """
    once = mentions.unique("mention_id", keep="first", maintain_order=True).filter(
        pl.col("published_quality").is_in(["exact", "no_zone"])
    )
    local = pl.col("published_at").dt.convert_time_zone(timezone)
    top = once["engagement"].drop_nulls().quantile(0.99)
    timed = once.with_columns(
        weekday=local.dt.weekday().cast(pl.Int64),
        hour=local.dt.hour().cast(pl.Int64),
        engagement=pl.col("engagement").cast(pl.Float64).clip(upper_bound=top),
    )
    mean = timed.select(pl.col("engagement").mean()).item()
    sums = timed.group_by("weekday", "hour").agg(
        pl.len().cast(pl.Int64).alias("mentions"),
        pl.col("engagement").count().cast(pl.Int64).alias("posts"),
        pl.col("engagement").mean(),
        pl.col("engagement").sum().alias("total"),
    )
    known = mean is not None and mean > 0
    shrunk = (pl.col("total") + _SHRINK * (mean or 0.0)) / ((pl.col("posts") + _SHRINK) * (mean or 1.0))
    return sums.select(
        "weekday",
        "hour",
        "mentions",
        (pl.col("mentions") / pl.col("mentions").sum()).alias("share"),
        "posts",
        "engagement",
        (shrunk if known else pl.lit(None, dtype=pl.Float64)).alias("lift"),
        (pl.col("posts") >= ENOUGH).alias("enough"),
    ).sort("weekday", "hour")
