"""Own posts as the networks export them: Meta Business Suite, YouTube Studio, LinkedIn pages, X, TikTok Studio."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from attribution.inputs.cells import columns, fractions, leave_out
from attribution.inputs.posts import COLUMNS, posts_of
from attribution.inputs.times import MONTH_FIRST
from config.intake import Layout, Parsed, ReadContext, TextTable

Prepare = Callable[[pl.DataFrame, ReadContext], pl.DataFrame]


def _reader(
    prepare: Prepare, *more: str, order: str | None = MONTH_FIRST
) -> Callable[[TextTable, ReadContext], Parsed]:
    def read(table: TextTable, context: ReadContext) -> Parsed:
        rows, skipped = leave_out(columns(table, (*COLUMNS, *more)))
        rows = prepare(rows, context)
        if "left out" in rows.columns:
            left = rows.filter(pl.col("left out").is_not_null())
            skipped |= dict(left.select("source_line", "left out").iter_rows())
            rows = rows.filter(pl.col("left out").is_null())
        return posts_of(rows, context, skipped=skipped, order=order)

    return read


def _business_suite(rows: pl.DataFrame, _: ReadContext) -> pl.DataFrame:
    """The network is the permalink's, or told by the type; rows of single days stand beside the lifetime ones."""
    host = pl.col("permalink").str.to_lowercase()
    kind = pl.col("post_type").str.to_lowercase()
    instagram = host.str.contains("instagram.com", literal=True) | kind.str.starts_with("ig ")
    daily = pl.col("date").is_not_null() & (pl.col("date").str.to_lowercase() != "lifetime")
    return rows.with_columns(
        pl.when(instagram.fill_null(False)).then(pl.lit("instagram")).otherwise(pl.lit("facebook")).alias("network"),
        kind.str.strip_prefix("ig ").alias("post_type"),
        # Facebook's photo and link posts have their text as the title, and their description empty.
        pl.coalesce("caption", "title").alias("caption"),
        pl.when(daily).then(pl.lit("daily_row")).alias("left out"),
    )


def _youtube(rows: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    watched = fractions(rows["watch time (hours)"], decimal=context.decimal).values * 3600
    return rows.with_columns(
        pl.lit("youtube").alias("network"),
        pl.concat_str(pl.lit("https://www.youtube.com/watch?v="), "post_id").alias("permalink"),
        pl.lit("video").alias("post_type"),
        watched.round().cast(pl.Int64).cast(pl.String).alias("watch_seconds"),
    )


def _linkedin(rows: pl.DataFrame, _: ReadContext) -> pl.DataFrame:
    return rows.with_columns(
        pl.lit("linkedin").alias("network"), pl.col("permalink").str.extract(r"(\d{10,})", 1).alias("post_id")
    )


def _x(rows: pl.DataFrame, _: ReadContext) -> pl.DataFrame:
    """The permalink keeps the digits that a spreadsheet cuts from the id."""
    whole = pl.col("permalink").str.extract(r"/status/(\d+)", 1)
    return rows.with_columns(pl.lit("x").alias("network"), pl.coalesce(whole, "post_id").alias("post_id"))


def _tiktok(rows: pl.DataFrame, _: ReadContext) -> pl.DataFrame:
    """The upper half of a video's id is the second it was posted; the export writes days without a year."""
    rows = rows.with_columns(
        pl.lit("tiktok").alias("network"),
        pl.col("permalink").str.extract(r"/(?:video|photo)/(\d+)", 1).alias("post_id"),
    )
    seconds = pl.col("post_id").cast(pl.UInt64, strict=False) // 2**32
    plausible = seconds.is_between(1_400_000_000, 4_000_000_000)
    return rows.with_columns(
        pl.when(plausible).then(seconds.cast(pl.String)).otherwise("published_at").alias("published_at")
    )


def _layout(id: str, title: str, headers: set[str], names: Mapping[str, str], read: Prepare, *more: str) -> Layout:
    return Layout(
        id=id,
        title=title,
        headers=frozenset(headers),
        sink="facts",
        read=_reader(read, *more),
        synonyms={"post status": "status", "video status": "status", "visibility": "status", **names},
        not_with=frozenset({"network"}) if id != "youtube_posts" else frozenset({"network", "date"}),
        whole_archive=id == "youtube_posts",  # charts by day and their totals lie beside its table
    )


BUSINESS_SUITE_POSTS = _layout(
    "meta_posts",
    "Instagram and Facebook posts (Meta Business Suite > Insights > Export, CSV)",
    {"post_id", "published_at", "permalink", "post_type"},
    {
        **{"post id": "post_id", "publish time": "published_at", "post type": "post_type", "description": "caption"},
        **{"reactions": "likes", "total clicks": "clicks", "link clicks": "clicks"},
    },
    _business_suite,
    "date",
    "title",
)
YOUTUBE_POSTS = _layout(
    "youtube_posts",
    "YouTube videos (Studio > Analytics > Export, ZIP or its Table data.csv)",
    {"post_id", "caption", "published_at", "views"},
    {
        **{"content": "post_id", "video title": "caption", "video publish time": "published_at"},
        **{"comments added": "comments", "subscribers": "follows"},
    },
    _youtube,
    "watch time (hours)",
)
LINKEDIN_POSTS = _layout(
    "linkedin_posts",
    "LinkedIn page posts (Analytics > Content > Export, XLS)",
    {"permalink", "published_at", "caption"},
    {
        **{"post link": "permalink", "created date": "published_at", "post title": "caption", "post type": "post_type"},
        **{"reposts": "shares", "campaign name": "campaign name"},
    },
    _linkedin,
)
X_POSTS = _layout(
    "x_posts",
    "X posts (Analytics > Export, CSV)",
    {"post_id", "permalink", "caption", "published_at"},
    {
        **{"tweet id": "post_id", "tweet permalink": "permalink", "tweet text": "caption", "time": "published_at"},
        **{"post id": "post_id", "post link": "permalink", "post text": "caption", "date": "published_at"},
        **{"retweets": "shares", "reposts": "shares", "replies": "comments", "url clicks": "clicks"},
        **{"bookmarks": "saves", "new follows": "follows"},
    },
    _x,
)
TIKTOK_POSTS = _layout(
    "tiktok_posts",
    "TikTok videos (Studio > Analytics > Content > Download, CSV or XLSX)",
    {"caption", "permalink", "published_at", "views"},
    {
        **{"video title": "caption", "video link": "permalink", "post time": "published_at", "total likes": "likes"},
        **{"total comments": "comments", "total shares": "shares", "total views": "views"},
    },
    _tiktok,
)
POST_EXPORTS = (BUSINESS_SUITE_POSTS, YOUTUBE_POSTS, LINKEDIN_POSTS, X_POSTS, TIKTOK_POSTS)
