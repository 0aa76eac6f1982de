"""From single mentions to daily series: each story once, buyers' own posts apart, weighed by feeling and by reach.

These are the columns that `lift.estimate_lift` takes as `series`; which of them explains sales best, the data say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "mention_id": pl.String,
    "day": pl.Date,  # business day; null: no date known, counted nowhere
    "cluster": pl.String,  # copies of one text share it; null: a story of its own
    "score": pl.Float64,  # feeling from -1 to 1, null not scored
    "followers": pl.Int64,  # null unknown
    "by_buyer": pl.Boolean,  # a review, an unboxing, an author matched to an order; null unknown, taken as no
    "group": pl.String,  # of sources, such as news or video; null: none
}
SERIES = ("mentions", "mentions_feeling", "mentions_reach")
_NEUTRAL, _NOBODY = 1.0, 10


def daily_series(mentions: pl.DataFrame, *, since: dt.date, until: dt.date, groups: Sequence[str] = ()) -> pl.DataFrame:
    """A row for each day from `since` to `until`: day, the columns of `SERIES`, mentions_by_buyers, one column a group.

    mentions           stories on the day of their first copy, buyers' posts left out
    mentions_feeling   each weighed 1 + score: hostile 0, neutral 1, glad 2; not scored weighs as the scored on average
    mentions_reach     each weighed log10(10 + followers of its widest copy); unknown weighs as the known on average
    mentions_by_buyers what was left out: it follows sales
    mentions_GROUP     stories of a group named in `groups`
    """
    stories = _stories(mentions).filter(pl.col("day").is_between(since, until))
    talk = stories.filter(~pl.col("by_buyer"))
    feeling = (1 + pl.col("score")).fill_null((1 + pl.col("score")).mean()).fill_null(_NEUTRAL)
    reach = (_NOBODY + pl.col("followers")).log10()
    weighed = talk.with_columns(_feeling=feeling, _reach=reach.fill_null(reach.mean()).fill_null(_NEUTRAL))
    counted = weighed.group_by("day").agg(
        mentions=pl.len(),
        mentions_feeling=pl.col("_feeling").sum(),
        mentions_reach=pl.col("_reach").sum(),
        **{f"mentions_{group}": (pl.col("group") == group).sum() for group in groups},
    )
    bought = stories.filter("by_buyer").group_by("day").agg(mentions_by_buyers=pl.len())
    days = pl.DataFrame({"day": pl.date_range(since, until, eager=True)})
    joined = days.join(counted, on="day", how="left").join(bought, on="day", how="left")
    return joined.with_columns(pl.exclude("day").cast(pl.Float64).fill_null(0.0)).sort("day")


def _stories(mentions: pl.DataFrame) -> pl.DataFrame:
    """One row a story: the first copy, with the reach of the widest; bought if any copy is a buyer's."""
    return (
        mentions.filter(pl.col("day").is_not_null())
        .sort("day", "mention_id")
        .with_columns(_story=pl.coalesce("cluster", pl.concat_str(pl.lit("\0"), "mention_id")))
        .group_by("_story", maintain_order=True)
        .agg(
            pl.col("day", "score", "group").first(),
            pl.col("followers").max(),
            by_buyer=pl.col("by_buyer").fill_null(False).any(),
        )
    )
