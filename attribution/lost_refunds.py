"""Refunds of orders that no file has brought: they lower nothing until their order comes, and are listed till then."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from attribution.tables import MONEY, UTC_TIME

_ORDER = ["account", "order_id"]
SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "account": pl.String,
    "order_id": pl.String,
    "refunds": pl.Int64,
    "amount": MONEY,
    "refunded_at": UTC_TIME,
}


def refunds_without_order(refunds: pl.LazyFrame, orders: pl.LazyFrame) -> pl.DataFrame:
    """A row an order that refunds name and that is not among the orders of their account, sorted by account and id.

    refunds, orders: tables.REFUNDS and tables.ORDERS. refunds: how many name it; amount: in the currency of their file,
    told as single refunds and as a sum the larger of the two, as the ledger counts; refunded_at: the latest day told,
    null where none is. An order known by its name alone (`order_name`) is not its id, and no order here either.
    """
    total = pl.col("refund_id") == "cumulative"
    given = pl.col("amount").abs()
    found = (
        refunds.filter(pl.col("amount") != 0)
        .join(orders.select(_ORDER), on=_ORDER, how="anti")
        .group_by(_ORDER)
        .agg(
            pl.max_horizontal((~total).sum(), pl.lit(1)).cast(pl.Int64).alias("refunds"),
            pl.max_horizontal(given.filter(total).sum(), given.filter(~total).sum()).cast(MONEY).alias("amount"),
            pl.col("refunded_at").max(),
        )
        .sort(_ORDER)
    )
    return found.select(list(SCHEMA)).collect()
