"""What the Journeys tab shows of paths: streams, early and late touches, what follows what. Pure.

Counting is `attribution.compare`'s; here rows are picked, summed to "other", and put into shares.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from attribution.compare import CONVERSION, NULL, START
from attribution.markov import TransitionCounts, removal_effects, transition_matrix

EARLIER = "(earlier)"
ENDS = (START, EARLIER, CONVERSION, NULL)
STAGES = ("early", "mid", "late")
TOP = 8


def streams(flows: pl.DataFrame, *, converted: bool, other: str, top: int = TOP) -> pl.DataFrame:
    """step, source, target, n (orders, or all journeys): the `top` channels by name, all others as `other`.

    flows: `attribution.compare.flows`. With `converted` only journeys that led to an order.
    """
    counted = flows.with_columns(n="orders" if converted else "journeys").filter(pl.col("n") > 0)
    entered = counted.filter(~pl.col("target").is_in(ENDS)).group_by("target").agg(pl.col("n").sum())
    kept = entered.sort("n", "target", descending=[True, False]).head(top)["target"].to_list()
    shown = {name: name for name in (*ENDS, *kept)}
    return (
        counted.with_columns(pl.col("source", "target").replace_strict(shown, default=other, return_dtype=pl.String))
        .group_by("step", "source", "target")
        .agg(pl.col("n").sum())
        .sort("step", "n", "source", "target", descending=[False, True, False, False])
    )


def stages(credits: pl.DataFrame) -> pl.DataFrame:
    """channel, stage (early | mid | late), touches, credit_minor of the journeys of orders.

    early: the first quarter of a journey's touches, rounded up; late: the last quarter, rounded up; mid: the others. A
    journey of one touch is late, as Google Analytics has it.
    """
    quarter = (pl.col("path_length") + 3) // 4
    late = pl.col("position") > pl.col("path_length") - quarter
    early = (pl.col("position") <= quarter) & (pl.col("path_length") > 1)
    stage = pl.when(early).then(pl.lit("early")).when(late).then(pl.lit("late")).otherwise(pl.lit("mid"))
    return (
        credits.with_columns(stage=stage)
        .group_by("channel", "stage")
        .agg(touches=pl.len().cast(pl.Int64), credit_minor=pl.col("credit_minor").sum())
        .sort("channel", "stage")
    )


def by_stage(staged: pl.DataFrame) -> pl.DataFrame:
    """channel, touches, early, mid, late (touches), late_share; most touches first. `staged` as `stages`."""

    def of(stage: str) -> pl.Expr:
        return pl.col("touches").filter(pl.col("stage") == stage).sum().alias(stage)

    return (
        staged.group_by("channel")
        .agg(pl.col("touches").sum().alias("all"), *(of(stage) for stage in STAGES))
        .select("channel", *STAGES, touches="all", late_share=pl.col("late") / pl.col("all"))
        .sort("touches", "channel", descending=[True, False])
    )


def stage_shares(staged: pl.DataFrame, *, top: int, other: str) -> pl.DataFrame:
    """stage, channel, touches, share of the stage: the `top` channels by touches, all others as `other`."""
    whole = staged.group_by("channel").agg(pl.col("touches").sum())
    kept = whole.sort("touches", "channel", descending=[True, False]).head(top)["channel"].to_list()
    shown = {name: name for name in kept}
    return (
        staged.with_columns(pl.col("channel").replace_strict(shown, default=other, return_dtype=pl.String))
        .group_by("stage", "channel")
        .agg(pl.col("touches").sum())
        .with_columns(share=pl.col("touches") / pl.col("touches").sum().over("stage"))
        .sort("stage", "touches", "channel", descending=[False, True, False])
    )


def steps_between(counts: TransitionCounts, *, top: int = TOP) -> pl.DataFrame:
    """source, target, n, share: how often a touch of `source` is followed by one of `target`, an order or no order, as
    a share of what followed `source`; the `top` channels by how often they are left. `counts` of order 1.
    """
    arcs = transition_matrix(counts).select(
        source=_name(pl.col("from_state")), target=_name(pl.col("to_state")), share="probability"
    )
    leaving = pl.concat(
        [
            counts.arcs.select(source=_name(pl.col("from_state")), n="weight"),
            counts.ends.select(source=_name(pl.col("state")), n=pl.col("conversions") + pl.col("nulls")),
        ]
    )
    left = leaving.group_by("source").agg(n=pl.col("n").sum())
    kept = left.filter(pl.col("source") != START).sort("n", "source", descending=[True, False]).head(top)["source"]
    shown = [START, *kept.to_list()]
    ends = {"(conversion)": CONVERSION, "(null)": NULL}
    return (
        arcs.with_columns(pl.col("target").replace(ends))
        .filter(pl.col("source").is_in(shown) & pl.col("target").is_in([*shown, CONVERSION, NULL]))
        .join(left, on="source", how="left")
        .with_columns(n=(pl.col("share") * pl.col("n")).round().cast(pl.Int64))
        .select("source", "target", "n", "share")
        .sort("source", "target")
    )


def _name(state: pl.Expr) -> pl.Expr:
    """The last channel of a state; the start for the empty one."""
    return state.list.last().fill_null(START)


def losses(counts: TransitionCounts) -> pl.DataFrame:
    """channel, removal_conversions: the share of orders lost without the channel; largest first. No rows without
    orders."""
    if counts.ends.is_empty() or not int(counts.ends["conversions"].sum()):
        return pl.DataFrame(schema={"channel": pl.String, "removal_conversions": pl.Float64})
    effects = removal_effects(counts).channels.select("channel", "removal_conversions")
    return effects.sort("removal_conversions", "channel", descending=[True, False])


def half_by(counted: pl.DataFrame, column: str) -> int | None:
    """The smallest value of `column` that half of the orders do not exceed; null without orders."""
    orders = counted.filter(pl.col("orders") > 0).sort(column)
    if orders.is_empty():
        return None
    reached = orders.filter(pl.col("orders").cum_sum() * 2 >= pl.col("orders").sum())
    return int(reached[column][0])


def in_bins(counted: pl.DataFrame, column: str, *, edges: Sequence[int]) -> pl.DataFrame:
    """low, high (null: open), orders: whole numbers from each edge up to the next."""
    bounds = list(zip(edges, (*(edge - 1 for edge in edges[1:]), None), strict=True))
    rows = []
    for low, high in bounds:
        inside = (pl.col(column) >= low) & (pl.lit(True) if high is None else pl.col(column) <= high)
        rows.append((low, high, int(counted.filter(inside)["orders"].sum())))
    return pl.DataFrame(rows, schema={"low": pl.Int64, "high": pl.Int64, "orders": pl.Int64}, orient="row")
