"""What holds of every model on any ledger: with refunds, several codes on an order, several currencies.

Which test holds which of the invariants:

     1 credit sums to the order's net, per order and in total      test_models_money, _conflicts, test_compare
     2 what was sold takes nothing away                            test_models_money
     3 neither the order of rows nor parts change anything         test_models_money, test_rules, test_partials
     4 new names of channels change names alone                    here; chains in test_markov
     5 everything twice is twice the credit, the same effects      here; chains in test_markov
     6 one touch: all models agree                                 test_models_money
     7 first is last of the path turned round                      here; paths in test_partials
     8 effects in [0, 1], none of unseen channels, observed rate   here; test_markov
     9 failed journeys change no rule model                        test_models_money
    10 touches outside the window change nothing                   test_rules
    11 efficiency, symmetry, dummy                                 test_shapley
    12 direct and indirect within the total                        test_roi, test_indirect
    13 a discount counts once                                      here
    14 empty, single, failed, worthless, refunded: defined         here
    15 a test's error from 0 to infinity                           test_lift_experiments
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution.markov import removal_effects, transition_counts
from attribution.report import BREAKDOWNS, fit_model
from attribution.rules import credit
from attribution.shares import journey_paths
from config.settings import MODELS
from tests.attribution.test_rules import worlds
from tests.attribution.worlds import DAY, NOON, inputs, order, refund, report, settings, touch

slow = limits(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
World = dict[str, list[dict[str, Any]]]


@slow
@given(worlds(), st.sampled_from(MODELS))
def test_new_names_of_channels_change_names_alone(world: World, model: str) -> None:
    """Names that sort alike: a cent left over goes to the first by name."""
    shown = report(inputs(**world))
    known, lost = shown.journeys, shown.null_journeys
    renamed = pl.lit("x ") + pl.col("channel")
    ours = credit(known, shown.ledger, model=fit_model(known, lost, shown.ledger, model=model, settings=settings()))
    new, gone = known.with_columns(channel=renamed), lost.with_columns(channel=renamed)
    theirs = credit(new, shown.ledger, model=fit_model(new, gone, shown.ledger, model=model, settings=settings()))
    assert theirs["credit_minor"].equals(ours["credit_minor"])
    assert theirs["channel"].equals(ours.select(channel=renamed)["channel"])


def twice(world: World) -> World:
    """The same orders, visits and people once more, under other ids."""
    again = {
        "orders": [row | {"order_id": f"{row['order_id']}+", "customer_key": other(row)} for row in world["orders"]],
        "refunds": [row | {"order_id": f"{row['order_id']}+"} for row in world["refunds"]],
        "order_codes": [row | {"order_id": f"{row['order_id']}+"} for row in world["order_codes"]],
        "touches": [
            row
            | {"touch_id": f"{row['touch_id']}+", "visitor": row["visitor"] + 100, "customer_key": other(row)}
            | {"order_ref": row["order_ref"] and f"{row['order_ref']}+"}
            for row in world["touches"]
        ],
    }
    return {name: rows + again.get(name, []) for name, rows in world.items()}


def other(row: dict[str, Any]) -> int | None:
    return row["customer_key"] and row["customer_key"] + 100


@slow
@given(worlds(), st.sampled_from(MODELS))
def test_everything_twice_is_twice_the_credit(world: World, model: str) -> None:
    """Of an order whose cents cannot be divided evenly a rounding of the shares may move one."""
    once, double = report(inputs(**world), model=model), report(inputs(**twice(world)), model=model)
    assert double.buckets.total == 2 * once.buckets.total
    both = once.by_channel.join(double.by_channel, on=["name", "credited"], how="full", suffix="_twice")
    apart = (both["revenue_minor"] * 2 - both["revenue_minor_twice"]).abs().max()
    assert isinstance(apart, int)
    assert apart <= 2 * once.orders
    effects = [
        removal_effects(transition_counts(journey_paths(r.journeys, r.null_journeys, r.ledger))).channels
        for r in (once, double)
        if r.journeys.height
    ]
    for column in ("removal_conversions",) if effects else ():
        assert effects[1][column].to_list() == pytest.approx(effects[0][column].to_list(), abs=1e-9)


@slow
@given(worlds())
def test_first_is_last_of_the_path_turned_round(world: World) -> None:
    shown = report(inputs(**world))
    turned = shown.journeys.with_columns(position=pl.col("path_length") + 1 - pl.col("position"))
    ours = credit(shown.journeys, shown.ledger, model="first").sort("account", "order_id", "position")
    theirs = credit(turned, shown.ledger, model="last").sort(
        "account", "order_id", "position", descending=[False, False, True]
    )
    assert ours["credit_minor"].to_list() == theirs["credit_minor"].to_list()


@slow
@given(worlds(), st.integers(1, 3))
def test_what_a_channel_removes_lies_between_nothing_and_all(world: World, order_of_chain: int) -> None:
    shown = report(inputs(**world))
    if shown.journeys.is_empty():
        return
    counts = transition_counts(journey_paths(shown.journeys, shown.null_journeys, shown.ledger), order=order_of_chain)
    effects = removal_effects(counts)
    assert effects.channels["removal_conversions"].is_between(-1e-12, 1 + 1e-12).all()
    met = set(shown.journeys["channel"]) | set(shown.null_journeys["channel"])
    assert set(effects.channels["channel"]) == met
    sold = shown.journeys.select("account", "order_id").n_unique()
    failed = shown.null_journeys["journey"].n_unique()
    assert effects.conversion_rate == pytest.approx(sold / (sold + failed))


@slow
@given(worlds(), st.sampled_from(MODELS))
def test_a_discount_counts_once(world: World, model: str) -> None:
    """It is off the subtotal already: telling it again moves no revenue, no credit, no cost and no ROI."""
    told = [row | {"discount": Decimal("7.77")} for row in world["orders"]]
    ours, theirs = report(inputs(**world), model=model), report(inputs(**world | {"orders": told}), model=model)
    assert ours.credits.equals(theirs.credits)
    assert ours.ledger["net_minor"].equals(theirs.ledger["net_minor"])
    assert ours.roi_json() == theirs.roi_json()


ONE = [touch("t", customer_key=1)]
DEFINED: dict[str, World] = {
    "nothing at all": {},
    "visits alone": {"touches": ONE},
    "an order alone": {"orders": [order("1")]},
    "one visit, one order": {"orders": [order("1", customer_key=1)], "touches": ONE},
    "a visit after the order": {
        "orders": [order("1", customer_key=1, ordered_at=NOON - 2 * DAY)],
        "touches": ONE,
    },
    "worth nothing": {
        "orders": [order("1", customer_key=1, subtotal=Decimal(0), tax=Decimal(0), total=Decimal(0))],
        "touches": ONE,
    },
    "refunded": {"orders": [order("1", customer_key=1)], "refunds": [refund("1", "119")], "touches": ONE},
    "refunded by more than was paid": {
        "orders": [order("1", customer_key=1)],
        "refunds": [refund("1", "200")],
        "touches": ONE,
    },
    "without a rate": {"orders": [order("1", customer_key=1, currency="XXX")], "touches": ONE},
    "cancelled": {"orders": [order("1", customer_key=1, cancelled_at=NOON)], "touches": ONE},
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("world", DEFINED.values(), ids=DEFINED.keys())
def test_any_ledger_is_defined(world: World, model: str) -> None:
    shown = report(inputs(**world), model=model)
    total = int(shown.ledger.filter(pl.col("state") == "sold")["net_minor"].sum())
    for by in BREAKDOWNS:
        table = shown.breakdown(by)
        assert int(table["revenue_minor"].sum()) == total
        assert not table["revenue_minor"].is_null().any()
        assert not table["share"].is_nan().any()
    assert shown.buckets.credited + shown.buckets.uncredited == total
    assert shown.credits["weight"].is_finite().all()
    assert shown.conflicts["conflict_rate"].to_list() == [None] * 4


def test_a_refund_above_the_total_is_taken_from_who_had_the_credit() -> None:
    shown = report(inputs(**DEFINED["refunded by more than was paid"]), model="linear")
    assert shown.credits["credit_minor"].to_list() == shown.ledger["net_minor"].to_list()
    assert shown.buckets.direct < 0
