"""The rule models: who gets the credit for an order, and the division of its money to the minor unit."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

_ORDER = ("account", "order_id")
_WEIGHT_UNITS = 10**12


def last_non_direct() -> pl.Expr:
    """1 for the last touchpoint that is not Direct; where all are Direct, for the last one."""
    return (pl.col("non_direct_position") == pl.col("non_direct_length")).fill_null(False).cast(pl.Float64)


def last() -> pl.Expr:
    return (pl.col("position") == pl.col("path_length")).cast(pl.Float64)


def first() -> pl.Expr:
    return (pl.col("position") == 1).cast(pl.Float64)


def linear() -> pl.Expr:
    return 1 / pl.col("path_length")


RULES: dict[str, Callable[[], pl.Expr]] = {
    "last_non_direct": last_non_direct,
    "last": last,
    "first": first,
    "linear": linear,
}


def weight(model: str) -> pl.Expr:
    """A touchpoint's share of its order, in [0, 1]; the shares of an order sum to 1. Raises ValueError for an unknown
    model.
    """
    if model not in RULES:
        raise ValueError(f"unknown attribution model {model!r}; known: {', '.join(RULES)}")
    return RULES[model]()


def credit(journeys: pl.DataFrame, ledger: pl.DataFrame, *, model: str) -> pl.DataFrame:
    """The journeys with `weight` and `credit_minor`, which over an order sums to its net_minor exactly."""
    net = ledger.select(*_ORDER, "net_minor")
    weighed = journeys.join(net, on=_ORDER, how="left", maintain_order="left").with_columns(weight=weight(model))
    return apportion(weighed).drop("net_minor")


def apportion(weighed: pl.DataFrame) -> pl.DataFrame:
    """Adds `credit_minor`: the order's net_minor divided in proportion to `weight` (>= 0), by largest remainder.

    The units left after rounding down go to the largest remainders, ties by channel name, then position. A negative net
    is divided as its amount and then negated. Weights count to twelve decimals, in integers, so equal weights are equal
    for good; an order whose weights are all 0 is divided evenly.
    """
    share = (pl.col("weight") * _WEIGHT_UNITS).round().cast(pl.Int128)
    none = share.sum().over(_ORDER) == 0
    amount = pl.col("net_minor").abs().cast(pl.Int128)
    product, whole = amount * pl.col("_share"), pl.col("_share").sum().over(_ORDER)
    left = pl.col("net_minor").abs() - pl.col("_floor").sum().over(_ORDER)
    place = pl.int_range(pl.len()).over(_ORDER)
    sign = pl.col("net_minor").sign()
    return (
        weighed.with_columns(_share=pl.when(none).then(pl.lit(1, dtype=pl.Int128)).otherwise(share))
        .with_columns(_product=product, _whole=whole)
        .with_columns(_floor128=pl.col("_product") // pl.col("_whole"))
        .with_columns(
            _rest=pl.col("_product") - pl.col("_floor128") * pl.col("_whole"),
            _floor=pl.col("_floor128").cast(pl.Int64),
        )
        .sort(*_ORDER, "_rest", "channel", "position", descending=[False, False, True, False, False])
        .with_columns(credit_minor=(pl.col("_floor") + (place < left).cast(pl.Int64)) * sign)
        .sort(*_ORDER, "position")
        .drop("_share", "_product", "_whole", "_floor128", "_rest", "_floor")
    )
