"""Promo code against tag: who has the credit of an order that bears a code of one and a visit of another.

    code_last   the code is the last touchpoint, both stay on the path and the model divides (default)
    code_wins   the code alone
    utm_wins    the visits alone
    split       half to the code, half to the visits

An order is in conflict when it holds a valid code and a visit, not Direct, of another channel or another person. Every
touchpoint stays on the path whatever the policy; only its weight changes. Orders without conflict never change.
"""

from __future__ import annotations

import polars as pl

from attribution.journeys import CLICK, CODE
from attribution.rules import Model, credit
from config.settings import CONFLICT_POLICIES

_ORDER = ("account", "order_id")
# What the sides of a conflict get: code, visits.
_PARTS = {"code_wins": (1.0, 0.0), "utm_wins": (0.0, 1.0), "split": (0.5, 0.5)}


def conflicting_orders(journeys: pl.DataFrame) -> pl.DataFrame:
    """account, order_id of the orders in conflict, sorted."""
    code = journeys.filter(pl.col("kind") == CODE).select(*_ORDER, _channel="channel", _person="person")
    click = journeys.filter((pl.col("kind") == CLICK) & ~pl.col("is_direct")).select(*_ORDER, "channel", "person")
    other = (pl.col("channel") != pl.col("_channel")) | (pl.col("person") != pl.col("_person")).fill_null(False)
    return click.join(code, on=_ORDER, how="inner").filter(other).select(_ORDER).unique().sort(_ORDER)


def settle(journeys: pl.DataFrame, *, on_conflict: str) -> pl.DataFrame:
    """The journeys with `side` (all | code | click) and `part`, the share of the order that this side divides.

    Raises ValueError for an unknown policy.
    """
    if on_conflict not in CONFLICT_POLICIES:
        raise ValueError(f"unknown policy {on_conflict!r}; known: {', '.join(CONFLICT_POLICIES)}")
    if on_conflict == "code_last":
        return journeys.with_columns(side=pl.lit("all"), part=pl.lit(1.0))
    of_code, of_click = _PARTS[on_conflict]
    conflict = conflicting_orders(journeys).with_columns(_conflict=pl.lit(True))
    side = pl.when(pl.col("_conflict")).then("kind").otherwise(pl.lit("all"))
    part = pl.col("side").replace_strict({"all": 1.0, CODE: of_code, CLICK: of_click}, return_dtype=pl.Float64)
    return (
        journeys.join(conflict, on=_ORDER, how="left", maintain_order="left")
        .with_columns(side=side)
        .with_columns(part=part)
        .drop("_conflict")
    )


def conflict_report(journeys: pl.DataFrame, ledger: pl.DataFrame, *, model: Model) -> pl.DataFrame:
    """One row a policy: policy, code_orders (orders with a valid code), conflicts, moved_minor (money that has another
    channel or person than under code_last), code_minor (credit of codes), conflict_rate (conflicts / code_orders; null
    without any).
    """
    coded = journeys.filter(pl.col("kind") == CODE).select(_ORDER).unique().height
    conflicts = conflicting_orders(journeys)
    own = journeys.join(conflicts, on=_ORDER, how="semi", maintain_order="left")
    base = _owners(own, ledger, model=model, policy="code_last")
    rows = []
    for policy in CONFLICT_POLICIES:
        now = _owners(own, ledger, model=model, policy=policy)
        keys = [*_ORDER, "channel", "person"]
        moved = (
            now.join(base, on=keys, how="full", coalesce=True, nulls_equal=True, suffix="_base")
            .select((pl.col("owned").fill_null(0) - pl.col("owned_base").fill_null(0)).abs().sum())
            .item()
        )
        codes = credit(settle(journeys, on_conflict=policy), ledger, model=model).filter(pl.col("kind") == CODE)
        rows.append((policy, coded, conflicts.height, moved // 2, int(codes["credit_minor"].sum())))
    names = ["policy", "code_orders", "conflicts", "moved_minor", "code_minor"]
    return pl.DataFrame(
        rows, schema=dict(zip(names, [pl.String, *[pl.Int64] * 4], strict=True)), orient="row"
    ).with_columns(conflict_rate=pl.when(pl.col("code_orders") > 0).then(pl.col("conflicts") / pl.col("code_orders")))


def _owners(journeys: pl.DataFrame, ledger: pl.DataFrame, *, model: Model, policy: str) -> pl.DataFrame:
    credited = credit(settle(journeys, on_conflict=policy), ledger, model=model)
    return credited.group_by(*_ORDER, "channel", "person").agg(owned=pl.col("credit_minor").sum())
