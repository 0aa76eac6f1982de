"""Share of voice: how loud each brand is beside the others."""

from __future__ import annotations

import polars as pl


def share_of_voice(mentions: pl.DataFrame) -> pl.DataFrame:
    """One row a brand, loudest first, from `store.mention_frame` (one row per mention and brand).

    `mentions` and `share` (0-1 of all brands) count copies of one text once; `mentions_with_copies` and
    `share_with_copies` count every row. A mention of two brands counts for both.
    """
    counted = mentions.group_by("brand").agg(
        pl.col("cluster_id").n_unique().cast(pl.Int64).alias("mentions"),
        pl.col("mention_id").n_unique().cast(pl.Int64).alias("mentions_with_copies"),
    )
    return counted.select(
        "brand",
        "mentions",
        (pl.col("mentions") / pl.col("mentions").sum()).alias("share"),
        "mentions_with_copies",
        (pl.col("mentions_with_copies") / pl.col("mentions_with_copies").sum()).alias("share_with_copies"),
    ).sort(["mentions", "brand"], descending=[True, False])
