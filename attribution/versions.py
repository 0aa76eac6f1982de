"""Which of the stored rows of a record its readers see, and what older rows still tell.

Per record the newest export's row counts; of equal rows the one imported first. One export knows less than another of
the same shop: Shopify's CSV has no landing page and no test flag. What the newest row cannot tell (null) stays as the
newest row that can tells it, column by column, for the columns of `KEPT`. Money, status and cancellation are read from
the newest row alone, as one block: their sums hold only together, and there null may be news.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from attribution.tables import UTM_COLUMNS, Table

TIES = {"refunds": "amount", "orders": "cancelled_at"}
KEPT: Mapping[str, tuple[str, ...]] = {
    "orders": ("is_test", "customer_key", "sales_channel", *UTM_COLUMNS, "landing_url", "referrer", "click_id"),
}


def row_key(table: Table, names: Sequence[str]) -> list[str]:
    """What tells a stored row from others: the natural key, and the columns of `pieces` that are there."""
    return [name for name in table.stored_key if name in names]


def current(table: Table, versions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per natural key (and piece): the newest `exported_at`, ties by `TIES`, then by row hash."""
    names = versions.collect_schema().names()
    key = row_key(table, names)
    tie = [pl.col(TIES[table.name])] if table.name in TIES else []
    best = [pl.col("exported_at"), *tie, pl.col("row_hash")]
    order = [*(pl.col(name) for name in key), *best, pl.col("import_id")]
    descending = [*[False] * len(key), *[True] * len(best), False]
    newest_first = versions.sort(order, descending=descending, nulls_last=True)
    kept = [name for name in KEPT.get(table.name, ()) if name in names]
    return _with_kept(newest_first, key, kept).unique(key, keep="first", maintain_order=True)


def _with_kept(newest_first: pl.LazyFrame, key: Sequence[str], kept: Sequence[str]) -> pl.LazyFrame:
    """Null cells take the next value below, as long as that is of the same key. Without a group: as fast as a sort."""
    if not kept:
        return newest_first
    record = pl.struct(key).rle_id()
    below = [pl.col(name).fill_null(strategy="backward") for name in kept]
    whose = [pl.when(pl.col(n).is_not_null()).then("_record").fill_null(strategy="backward") for n in kept]
    own = [
        pl.when(of == pl.col("_record")).then(value).alias(n) for n, value, of in zip(kept, below, whose, strict=True)
    ]
    return newest_first.with_columns(record.alias("_record")).with_columns(own).drop("_record")
