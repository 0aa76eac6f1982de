"""The rule models: who gets the credit for an order, and the division of its money to the minor unit."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

_ORDER = ("account", "order_id")
_WEIGHT_UNITS = 10**12
HALF_LIFE = dt.timedelta(days=7)


def last_non_direct() -> pl.Expr:
    """1 for the last touchpoint that is not Direct; where all are Direct, for the last one."""
    return (pl.col("non_direct_position") == pl.col("non_direct_length")).fill_null(False).cast(pl.Float64)


def last() -> pl.Expr:
    return (pl.col("position") == pl.col("path_length")).cast(pl.Float64)


def first() -> pl.Expr:
    return (pl.col("position") == 1).cast(pl.Float64)


def linear() -> pl.Expr:
    return 1 / pl.col("path_length")


def position_based(*, first: float = 0.4, last: float = 0.4) -> pl.Expr:
    """`first` and `last` to the ends, the rest evenly between them; of two touchpoints each has half."""
    length, position = pl.col("path_length"), pl.col("position")
    return (
        pl.when(length == 1)
        .then(1.0)
        .when(length == 2)
        .then(first / (first + last) * (position == 1) + last / (first + last) * (position == 2))
        .when(position == 1)
        .then(first)
        .when(position == length)
        .then(last)
        .otherwise((1 - first - last) / (length - 2))
    )


def time_decay(*, half_life: dt.timedelta = HALF_LIFE, over: Sequence[str] = _ORDER) -> pl.Expr:
    """2^(-(last touch - this touch) / half-life) over the order's sum: half as much for each half-life earlier."""
    age = (pl.col("touched_at").max().over(over) - pl.col("touched_at")).dt.total_microseconds()
    raw = (age * (-math.log(2) / (half_life / dt.timedelta(microseconds=1)))).exp()
    return raw / raw.sum().over(over)


def shared(column: str, *, over: Sequence[str] = _ORDER) -> pl.Expr:
    """In proportion to a share of the touchpoint's channel (negative counts as 0); evenly where all are 0."""
    share = pl.col(column).fill_null(0.0).clip(lower_bound=0.0)
    return pl.when(share.sum().over(over) > 0).then(share / share.sum().over(over)).otherwise(1 / pl.len().over(over))


RULES: dict[str, Callable[[], pl.Expr]] = {
    "last_non_direct": last_non_direct,
    "last": last,
    "first": first,
    "linear": linear,
    "position_based": position_based,
}


@dataclass(frozen=True)
class Model:
    """A model of credit and what it needs to know.

    name: one of `config.settings.MODELS`. half_life: of time_decay. shares: channel, share_conversions, share_value of
    the models that learn from all journeys (`attribution.shares.channel_shares`); null for the others.
    """

    name: str
    half_life: dt.timedelta = HALF_LIFE
    shares: pl.DataFrame | None = None


def weight(model: str, *, half_life: dt.timedelta = HALF_LIFE, over: Sequence[str] = _ORDER) -> pl.Expr:
    """A touchpoint's share of its order under a rule model, in [0, 1]; the shares of an order sum to 1.

    `over` are the columns that name an order. Raises ValueError for an unknown model.
    """
    if model == "time_decay":
        return time_decay(half_life=half_life, over=over)
    if model not in RULES:
        raise ValueError(f"unknown attribution model {model!r}; known: {', '.join([*RULES, 'time_decay'])}")
    return RULES[model]()


def credit(journeys: pl.DataFrame, ledger: pl.DataFrame, *, model: str | Model) -> pl.DataFrame:
    """The journeys with `weight` (of the conversion), `value_weight` (of the money; the same under a rule model) and
    `credit_minor`, which over an order sums to its net_minor exactly. Sorted by order and position.

    Journeys settled by `attribution.conflicts.settle` are weighed side by side: a side's weights sum to its `part`.
    """
    chosen = Model(model) if isinstance(model, str) else model
    net = ledger.select(*_ORDER, "net_minor")
    weighed = _weigh(journeys, chosen).join(net, on=_ORDER, how="left", maintain_order="left")
    return apportion(weighed, weight="value_weight").drop("net_minor")


def _weigh(journeys: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Adds weight and value_weight."""
    settled = "side" in journeys.columns
    over = (*_ORDER, "side") if settled else _ORDER
    part = pl.col("part") if settled else pl.lit(1.0)
    if model.shares is None:
        expression = weight(model.name, half_life=model.half_life, over=over)
        # A side is a path of its own: it is numbered anew for the weighing, and stands in its old places after it.
        numbered = _renumbered(journeys, over=over) if settled else journeys
        weights = numbered.select(weight=expression * part)["weight"]
        return journeys.with_columns(weight=weights, value_weight=weights)
    known = journeys.join(model.shares, on="channel", how="left", maintain_order="left")
    both = known.select(
        weight=shared("share_conversions", over=over) * part,
        # Where nothing was earned by any channel of an order, its money goes as its conversion does.
        value_weight=pl.when(pl.col("share_value").fill_null(0.0).max().over(over) > 0)
        .then(shared("share_value", over=over))
        .otherwise(shared("share_conversions", over=over))
        * part,
    )
    return pl.concat([journeys, both], how="horizontal")


def _renumbered(journeys: pl.DataFrame, *, over: Sequence[str]) -> pl.DataFrame:
    plain = ~pl.col("is_direct") | pl.col("is_direct").all().over(over)
    return journeys.with_columns(
        position=pl.int_range(1, pl.len() + 1).over(over),
        path_length=pl.len().over(over).cast(pl.Int64),
        non_direct_position=pl.when(plain).then(plain.cast(pl.Int64).cum_sum().over(over)),
        non_direct_length=plain.sum().over(over).cast(pl.Int64),
    )


def apportion(
    weighed: pl.DataFrame,
    *,
    weight: str = "weight",
    amount: str = "net_minor",
    into: str = "credit_minor",
    over: Sequence[str] = _ORDER,
    ties: Sequence[str] = ("channel", "position"),
) -> pl.DataFrame:
    """Adds the column `into`: the `amount` of each group `over` divided in proportion to `weight` (>= 0), by largest
    remainder. Sorted by `over` and the last of `ties`.

    The units left after rounding down go to the largest remainders, ties by channel name, then position. A negative
    amount is divided as its size and then negated. Weights count to twelve decimals, in integers, so equal weights are
    equal for good; a group whose weights are all 0 is divided evenly.
    """
    share = (pl.col(weight) * _WEIGHT_UNITS).round().cast(pl.Int128)
    none = share.sum().over(over) == 0
    size = pl.col(amount).abs()
    product, whole = size.cast(pl.Int128) * pl.col("_share"), pl.col("_share").sum().over(over)
    left = size - pl.col("_floor").sum().over(over)
    place = pl.int_range(pl.len()).over(over)
    down = [*[False] * len(over), True, *[False] * len(ties)]
    return (
        weighed.with_columns(_share=pl.when(none).then(pl.lit(1, dtype=pl.Int128)).otherwise(share))
        .with_columns(_product=product, _whole=whole)
        .with_columns(_floor128=pl.col("_product") // pl.col("_whole"))
        .with_columns(
            _rest=pl.col("_product") - pl.col("_floor128") * pl.col("_whole"),
            _floor=pl.col("_floor128").cast(pl.Int64),
        )
        .sort(*over, "_rest", *ties, descending=down)
        .with_columns(((pl.col("_floor") + (place < left).cast(pl.Int64)) * pl.col(amount).sign()).alias(into))
        .sort(*over, ties[-1])
        .drop("_share", "_product", "_whole", "_floor128", "_rest", "_floor")
    )
