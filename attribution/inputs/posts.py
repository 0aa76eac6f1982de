"""earned's own posts file: one row an own post, with its lifetime counts as of the export.

`network,post_id,published_at,permalink,caption,post_type,is_paid,impressions,reach,likes,comments,shares,saves,clicks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from attribution.inputs.cells import (
    Check,
    columns,
    counts,
    leave_out,
    lost_id,
    no_nulls,
    put_aside,
    rough_note,
    unreadable,
    with_cells,
)
from attribution.inputs.times import clock_note, instants
from attribution.utm import parse_urls
from config.intake import Layout, Parsed, ReadContext, TextTable

_TEXTS = ("network", "post_id", "permalink", "caption", "post_type", "is_paid")
_COUNTS = (
    "impressions",
    "reach",
    "likes",
    "comments",
    "shares",
    "saves",
    "clicks",
    "views",
    "follows",
    "watch_seconds",
)
COLUMNS = (*_TEXTS, "published_at", "status", *_COUNTS)
# A post that nobody could see yet, or can see any more, has no figures, whatever its cells hold.
_UNSEEN = (
    r"(?i)^\s*(?:scheduled|draft|deleted|removed|failed|unpublished|planifié|brouillon|supprimé|geplant|entwurf|"
    r"gelöscht|programad[oa]|borrador|eliminad[oa]|zaplanowan[ye]|usunięt[ye])\b"
)
_YES_NO = {
    "true": True,
    "yes": True,
    "1": True,
    "paid": True,
    "false": False,
    "no": False,
    "0": False,
    "organic": False,
}


def read_posts(table: TextTable, context: ReadContext) -> Parsed:
    """The table posts. Empty counts are unknown, and so are those of posts whose `status` says scheduled or deleted."""
    rows, skipped = leave_out(columns(table, COLUMNS))
    return posts_of(rows, context, skipped=skipped)


def posts_of(
    rows: pl.DataFrame,
    context: ReadContext,
    *,
    skipped: Mapping[int, str],
    order: str | None = None,
    warnings: Sequence[str] = (),
) -> Parsed:
    """The same from rows that have COLUMNS (text) and source_line; `order` is that of slashed dates."""
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in _TEXTS if name != "caption")
    read = {name: counts(rows[name]) for name in _COUNTS}
    read["published_at"] = instants(rows["published_at"], zone=context.timezone, order=context.order or order)
    rows, rejected = put_aside(with_cells(rows, read), _CHECKS)
    unseen = pl.col("status").str.contains(_UNSEEN).fill_null(False)
    no_time = pl.col("published_at").is_null()  # then a 0 is what was not counted yet
    rows = rows.with_columns(
        pl.when(~unseen & ~(no_time & (pl.col(name) == 0)).fill_null(False)).then(pl.col(name)).alias(name)
        for name in _COUNTS
    )
    short = sum(read[name].unsure for name in _COUNTS)
    said = [*rough_note(short, "counts"), *clock_note(read["published_at"])]
    posts = _with_link(rows).select(
        pl.lit(context.account).alias("account"),
        pl.col("network").str.to_lowercase(),
        *("post_id", "published_at", "permalink", "caption"),
        pl.col("post_type").str.to_lowercase(),
        pl.col("is_paid").str.to_lowercase().replace_strict(_YES_NO, default=None, return_dtype=pl.Boolean),
        *_COUNTS,
        *("link", "utm_source", "utm_medium", "utm_campaign"),
        "source_line",
    )
    return Parsed({"posts": posts}, rejected, skipped, warnings=[*warnings, *said])


def _with_link(rows: pl.DataFrame) -> pl.DataFrame:
    """The first link of the caption, and its tags."""
    linked = rows.with_columns(pl.col("caption").str.extract(r"(https?://[^\s<>\"']+)", 1).alias("link"))
    tags = parse_urls(linked["link"]).select(pl.col("url").alias("link"), "utm_source", "utm_medium", "utm_campaign")
    return linked.join(tags, on="link", how="left", maintain_order="left")


_CHECKS = (
    Check("missing_id", "network or post_id is empty", pl.any_horizontal(pl.col("network", "post_id").is_null())),
    Check(
        "id_lost_digits", "a spreadsheet has cut the post_id; export the file again", lost_id("post_id"), ("post_id",)
    ),
    Check(
        "bad_date", "published_at cannot be read", unreadable("published_at"), ("post_id", "published_at as written")
    ),
    Check("bad_number", "a count cannot be read", pl.any_horizontal(unreadable(n) for n in _COUNTS), ("post_id",)),
)

EARNED_POSTS = Layout(
    id="earned_posts",
    title="own posts (network, post_id, published_at, permalink, caption, post_type, is_paid, impressions, …)",
    headers=frozenset({"network", "post_id", "published_at"}),
    sink="facts",
    read=read_posts,
)
