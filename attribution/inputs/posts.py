"""earned's own posts file: one row an own post, with its lifetime counts as of the export.

`network,post_id,published_at,permalink,caption,post_type,is_paid,impressions,reach,likes,comments,shares,saves,clicks`.
"""

from __future__ import annotations

import polars as pl

from attribution.inputs.cells import (
    Check,
    columns,
    instants,
    leave_out,
    lost_id,
    no_nulls,
    put_aside,
    unreadable,
    whole_numbers,
    with_cells,
)
from config.intake import Layout, Parsed, ReadContext, TextTable

_TEXTS = ("network", "post_id", "permalink", "caption", "post_type", "is_paid")
_COUNTS = ("impressions", "reach", "likes", "comments", "shares", "saves", "clicks")
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
    """The table posts. Empty counts are unknown; a post without a time (scheduled, deleted) is kept."""
    rows, skipped = leave_out(columns(table, (*_TEXTS, "published_at", *_COUNTS)))
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in _TEXTS if name != "caption")
    read = {name: whole_numbers(rows[name]) for name in _COUNTS}
    read["published_at"] = instants(rows["published_at"], zone=context.timezone)
    rows, rejected = put_aside(with_cells(rows, read), _CHECKS)
    posts = rows.select(
        pl.lit(context.account).alias("account"),
        pl.col("network").str.to_lowercase(),
        *("post_id", "published_at", "permalink", "caption"),
        pl.col("post_type").str.to_lowercase(),
        pl.col("is_paid").str.to_lowercase().replace_strict(_YES_NO, default=None, return_dtype=pl.Boolean),
        *_COUNTS,
        "source_line",
    )
    return Parsed({"posts": posts}, rejected, skipped)


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
