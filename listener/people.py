"""Who talks about us: reach, resonance and relevance of the authors of mentions. Every part is shown beside the total.

reach        100 * clip(log10(followers / 1,000) / 4, 0, 1): 10,000 followers 25, 100,000 50, 1,000,000 75
resonance    percentile, within the tier of followers, of the shrunk engagement rate
                 (sum e + k * r * F) / (n * F + k * F)
             e: engagements of a post, n: posts with known engagement, F: followers, k = 5, r: the tier's median rate
relevance    100 * x / (x + 4), x: days with a text of one's own, each worth 0.5 ** (age / 30 days). Only mentions of
             the brand are known, so the share of a person's posts that concern it is not: distinct days stand for it
total        .35 reach + .35 resonance + .30 relevance; null when a part is unknown
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

WEIGHTS = {"reach": 0.35, "resonance": 0.35, "relevance": 0.30}
TIERS = (
    1_000,
    10_000,
    50_000,
    250_000,
    1_000_000,
)  # followers at which a tier begins; the engagement rate falls with size
SHRINKAGE_POSTS = 5
HALF_LIFE_DAYS = 30
RELEVANCE_PRIOR_DAYS = 4

COLUMNS: dict[str, Any] = {
    "author_key": pl.String,
    "network": pl.String,
    "handle": pl.String,
    "name": pl.String,
    "followers": pl.Int64,
    "posts": pl.Int64,
    "active_days": pl.Int64,
    "engagement": pl.Int64,
    "engagement_rate": pl.Float64,
    "net_sentiment": pl.Float64,
    "n_scored": pl.Int64,
    "reach": pl.Float64,
    "resonance": pl.Float64,
    "relevance": pl.Float64,
    "total": pl.Float64,
    "status": pl.String,
    "group": pl.String,
}


def top_mentioners(
    mentions: pl.DataFrame, people: pl.DataFrame, *, min_followers: int, as_of: dt.date, include_below: bool = True
) -> pl.DataFrame:
    """One row an author, columns COLUMNS, best total first.

    `mentions`: rows of `store.mention_frame`, with `day` in the business zone where the caller knows it; `people`:
    `registers.read_people`, whose followers and names win. `engagement_rate` is engagements per post and follower, as
    counted; `net_sentiment` (positive - negative) / n_scored. `group`: influencer (followers >= min_followers), below,
    unknown_followers. Authors without a name are nobody we could list.
    """
    posts = _posts(mentions)
    authors = _with_register(_authors(posts, as_of=as_of), people)
    return (
        authors.with_columns(
            reach=100 * ((pl.col("followers").clip(1) / 1000).log10() / 4).clip(0, 1),
            tier=_tier(),
            engagement_rate=pl.when(pl.col("followers") > 0).then(
                pl.col("engagement") / (pl.col("posts_counted") * pl.col("followers"))
            ),
            group=_group(min_followers),
        )
        .with_columns(shrunk=_shrunk_rate())
        .with_columns(resonance=_percentile("shrunk", within="tier"))
        .with_columns(total=_total())
        .filter((pl.col("group") != "below") | pl.lit(include_below))
        .sort(["total", "reach", "relevance", "author_key"], descending=[True, True, True, False], nulls_last=True)
        .select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items())
    )


def _posts(mentions: pl.DataFrame) -> pl.DataFrame:
    """One row a mention with an author, earliest first, and `own_day`: its day, null for a repeated text."""
    day = pl.col("day") if "day" in mentions.columns else pl.col("published_at").dt.date()
    return (
        mentions.filter(pl.col("author_key").is_not_null())
        .with_columns(day=day)
        .sort("published_at", "mention_id", nulls_last=True)
        .unique("mention_id", keep="first", maintain_order=True)
        .with_columns(own_day=pl.when(pl.struct("author_key", "cluster_id").is_first_distinct()).then("day"))
    )


def _authors(posts: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    age_days = (pl.lit(as_of) - pl.col("own_day").unique()).dt.total_days().clip(0)
    own_days = (0.5 ** (age_days / HALF_LIFE_DAYS)).sum()
    scored = pl.col("label").is_not_null().sum()
    balance = (pl.col("label") == "positive").sum().cast(pl.Int64) - (pl.col("label") == "negative").sum()
    return posts.group_by("author_key").agg(
        pl.col("author_name").drop_nulls().last().alias("name"),
        pl.col("followers").drop_nulls().last(),
        pl.len().alias("posts"),
        pl.col("own_day").drop_nulls().n_unique().alias("active_days"),
        pl.when(pl.col("engagement").count() > 0).then(pl.col("engagement").sum()).alias("engagement"),
        pl.col("engagement").count().alias("posts_counted"),
        pl.when(scored > 0).then(balance / scored).alias("net_sentiment"),
        scored.alias("n_scored"),
        (100 * own_days / (own_days + RELEVANCE_PRIOR_DAYS)).alias("relevance"),
    )


def _with_register(authors: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    known = people.select(
        pl.col("key").alias("author_key"),
        pl.col("name").alias("known_name"),
        pl.col("followers").alias("known_followers"),
        "status",
    )
    return authors.join(known, on="author_key", how="left").with_columns(
        network=pl.col("author_key").str.split_exact(":", 1).struct[0],
        handle=pl.col("author_key").str.replace("^[^:]*:", ""),
        name=pl.coalesce("known_name", "name"),
        followers=pl.coalesce("known_followers", "followers"),
        status=pl.col("status").fill_null("none"),
    )


def _tier() -> pl.Expr:
    return pl.sum_horizontal((pl.col("followers") >= bound).cast(pl.Int8) for bound in TIERS)


def _group(min_followers: int) -> pl.Expr:
    return (
        pl.when(pl.col("followers").is_null())
        .then(pl.lit("unknown_followers"))
        .when(pl.col("followers") >= min_followers)
        .then(pl.lit("influencer"))
        .otherwise(pl.lit("below"))
    )


def _shrunk_rate() -> pl.Expr:
    """The engagement rate drawn towards the tier's median as if by 5 posts; null where no engagement is known."""
    usual = pl.col("engagement_rate").median().over("tier")
    followers = pl.col("followers")
    counted = pl.col("engagement") + SHRINKAGE_POSTS * usual * followers
    return pl.when(pl.col("engagement_rate").is_not_null()).then(
        counted / ((pl.col("posts_counted") + SHRINKAGE_POSTS) * followers)
    )


def _total() -> pl.Expr:
    """The weighted mean of the known parts; null without reach."""
    known = pl.sum_horizontal(pl.col(n).is_not_null() * w for n, w in WEIGHTS.items())
    return pl.when(pl.col("reach").is_not_null()).then(
        pl.sum_horizontal(pl.col(n) * w for n, w in WEIGHTS.items()) / known
    )


def _percentile(name: str, *, within: str) -> pl.Expr:
    """100 * (rank - 1/2) / n among the known: the middle for one alone."""
    rank = pl.col(name).rank("average").over(within)
    return 100 * (rank - 0.5) / pl.col(name).count().over(within)
