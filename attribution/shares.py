"""What the models that learn from all journeys say of a channel: its share of conversions and of value.

These shares are then handed to single orders (`attribution.rules.credit`): an order's money goes to its touchpoints in
proportion to the shares of their channels, so that every order is credited in full, to the cent, and each figure opens
to the orders behind it. The shares themselves, and totals divided by them alone, stand in `attribution.markov` and
`attribution.shapley`.
"""

from __future__ import annotations

import polars as pl

from attribution.markov import RemovalEffects, global_credit, removal_effects, transition_counts
from attribution.paths import Paths, read_paths
from attribution.shapley import set_game, set_sums

SHARE_MODELS = ("markov", "markov_per_journey", "shapley")
_ORDER = ("account", "order_id")
_CONVERTED, _NULL = "o", "n"


def journey_paths(journeys: pl.DataFrame, null_journeys: pl.DataFrame, ledger: pl.DataFrame) -> Paths:
    """Every order's journey as one conversion of its net_minor, and every other journey as one that ended in none.

    journeys as `build_journeys`, null_journeys as `build_null_journeys` and ledger as `order_ledger` give them.
    """
    net = ledger.select(*_ORDER, "net_minor")
    sold = (
        journeys.select(*_ORDER, "position", "channel")
        .join(net, on=_ORDER, how="left", maintain_order="left")
        .select(
            pl.struct(kind=pl.lit(_CONVERTED), account="account", id="order_id").alias("journey"),
            *("position", "channel"),
            conversions=pl.lit(1, dtype=pl.Int64),
            value=pl.col("net_minor").fill_null(0),
            nulls=pl.lit(0, dtype=pl.Int64),
        )
    )
    lost = null_journeys.select(
        pl.struct(kind=pl.lit(_NULL), account=pl.lit(""), id=pl.col("journey").cast(pl.String)).alias("journey"),
        *("position", "channel"),
        conversions=pl.lit(0, dtype=pl.Int64),
        value=pl.lit(0, dtype=pl.Int64),
        nulls=pl.lit(1, dtype=pl.Int64),
    )
    both = pl.concat([sold, lost])
    numbered = both.with_columns(journey=pl.col("journey").rank("dense").cast(pl.Int64))
    return read_paths(numbered.sort("journey", "position"))


def channel_shares(paths: Paths, *, model: str, order: int = 1) -> pl.DataFrame:
    """channel, share_conversions, share_value: sorted, each column summing to 1 where there is anything to share.

    markov: removal effects of a chain of `order`, null journeys counted. markov_per_journey: those of order 1, as its
    definition has it. shapley: the set game. Raises ValueError for another model.
    """
    if model == "markov":
        return _of_credit(global_credit(_effects(paths, order)))
    if model == "markov_per_journey":
        return _of_credit(global_credit(_effects(paths, 1)))
    if model == "shapley":
        return _of_credit(set_game(set_sums(paths)))
    raise ValueError(f"{model!r} learns no shares; known: {', '.join(SHARE_MODELS)}")


def _effects(paths: Paths, order: int) -> RemovalEffects:
    return removal_effects(transition_counts(paths, order=order))


def _of_credit(credit: pl.DataFrame) -> pl.DataFrame:
    def share(column: str) -> pl.Expr:
        amount = pl.col(column)
        return pl.when(amount.sum() != 0).then(amount / amount.sum()).otherwise(0.0)

    return credit.select("channel", share_conversions=share("conversions"), share_value=share("value"))
