"""Every model hands out every order's money to the cent, and each figure has its orders and touches behind it."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution.markov import removal_effects, transition_counts
from attribution.report import BREAKDOWNS, Report
from attribution.shares import channel_shares, journey_paths
from config.settings import MODELS
from tests.attribution.test_rules import worlds
from tests.attribution.worlds import DAY, NOON, inputs, order, report, touch

KINDS: dict[str, dict[str, Any]] = {
    "S": {},
    "E": {"source": "newsletter", "medium": "email"},
    "G": {"source": "google", "medium": "cpc"},
    "D": {"source": "(direct)", "medium": None, "evidence": "none"},
}


def walk(kinds: str, *, customer: int = 1, days: tuple[int, ...] | None = None) -> list[dict[str, Any]]:
    """Visits of one customer, the last a day before noon; `days` before noon where given."""
    return [
        touch(
            f"t{customer}-{n}",
            at=NOON - (days[n] if days else len(kinds) - n) * DAY,
            visitor=customer,
            customer_key=customer,
            **KINDS[kind],
        )
        for n, kind in enumerate(kinds)
    ]


# The credit of an order of 100.00 to its visits.
RULES: dict[str, tuple[str, tuple[int, ...] | None, str, list[int]]] = {
    "position: the only one has all": ("S", None, "position_based", [10_000]),
    "position: two have half each": ("SE", None, "position_based", [5_000, 5_000]),
    "position: 40 20 40": ("SEG", None, "position_based", [4_000, 2_000, 4_000]),
    "position: the middle divides 20": ("SEGS", None, "position_based", [4_000, 1_000, 1_000, 4_000]),
    "decay: a week earlier has half": ("SE", (8, 1), "time_decay", [3_333, 6_667]),
    "decay: two weeks earlier has a quarter": ("SE", (15, 1), "time_decay", [2_000, 8_000]),
    "decay: at one time both have half": ("SE", (3, 3), "time_decay", [5_000, 5_000]),
}


@pytest.mark.parametrize(("kinds", "days", "model", "expected"), RULES.values(), ids=RULES.keys())
def test_rule(kinds: str, days: tuple[int, ...] | None, model: str, expected: list[int]) -> None:
    world = inputs(orders=[order("1", customer_key=1)], touches=walk(kinds, days=days))
    assert report(world, model=model).credits["credit_minor"].to_list() == expected


def test_the_half_life_is_a_setting() -> None:
    world = inputs(orders=[order("1", customer_key=1)], touches=walk("SE", days=(2, 1)))
    shown = report(world, model="time_decay", toml='[attribution]\nhalf_life = "24h"\n')
    assert shown.credits["credit_minor"].to_list() == [3_333, 6_667]


def chain() -> Report:
    """A social visit then an e-mail sells; social alone fails; e-mail alone sells: the chain of test_markov, effects
    1/2 and 1."""
    orders = [order("1", customer_key=1), order("3", customer_key=3)]
    visits = [*walk("SE", customer=1), *walk("S", customer=2), *walk("E", customer=3)]
    return report(inputs(orders=orders, touches=visits), model="markov")


def test_markov_learns_from_journeys_that_failed() -> None:
    shown = chain()
    assert shown.null_journeys.select("journey", "position", "channel").rows() == [(0, 1, "Organic Social")]
    assert shown.credits.select("order_id", "channel", "credit_minor").rows() == [
        ("1", "Organic Social", 3_333),
        ("1", "Email", 6_667),
        ("3", "Email", 10_000),
    ]
    assert shown.credits["weight"].to_list() == pytest.approx([1 / 3, 2 / 3, 1])


def test_the_shares_are_those_of_the_chain() -> None:
    shown = chain()
    paths = journey_paths(shown.journeys, shown.null_journeys, shown.ledger)
    effects = removal_effects(transition_counts(paths)).channels
    assert effects["removal_conversions"].to_list() == pytest.approx([1.0, 0.5])
    shares = channel_shares(paths, model="markov")
    assert shares["share_conversions"].to_list() == pytest.approx([2 / 3, 1 / 3])


def test_a_pause_longer_than_the_lookback_ends_a_journey() -> None:
    visits = [touch(f"t{n}", at=NOON + dt.timedelta(days=n)) for n in (-14, -13, 2)]
    found = report(inputs(touches=visits), lookback=10 * DAY).null_journeys
    assert found["journey"].to_list() == [0, 0, 1]
    assert found["position"].to_list() == [1, 2, 1]


def test_a_visit_before_an_order_beyond_the_lookback_led_nowhere() -> None:
    visits = [touch("far", at=NOON - 11 * DAY, customer_key=1), touch("near", at=NOON - DAY, customer_key=1)]
    shown = report(inputs(orders=[order("1", customer_key=1)], touches=visits), lookback=10 * DAY)
    assert shown.null_journeys["touch_id"].to_list() == ["far"]
    assert shown.journeys["touch_id"].to_list() == ["near"]


@limits(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), st.sampled_from(MODELS))
def test_every_order_is_credited_to_the_cent_under_every_model(world: dict[str, Any], model: str) -> None:
    shown = report(inputs(**world), model=model)
    credited = shown.credits.group_by("account", "order_id").agg(
        pl.col("credit_minor").sum(), pl.col("weight").sum(), pl.col("value_weight").sum()
    )
    both = credited.join(shown.ledger, on=["account", "order_id"], how="left")
    assert both["credit_minor"].to_list() == both["net_minor"].to_list()
    assert both["weight"].to_list() == pytest.approx([1.0] * both.height)
    assert both["value_weight"].to_list() == pytest.approx([1.0] * both.height)
    total = int(shown.ledger["net_minor"].sum())
    for by in BREAKDOWNS:
        assert int(shown.breakdown(by)["revenue_minor"].sum()) == total
        assert shown.breakdown(by)["conversions"].sum() == pytest.approx(shown.orders)
    # Money has the sign of its order: what was sold never takes away.
    signs = shown.credits.join(shown.ledger, on=["account", "order_id"], how="left")
    assert (signs["credit_minor"] * signs["net_minor"].sign() >= 0).all()


@limits(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), st.sampled_from(MODELS), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(world: dict[str, Any], model: str, chance: random.Random) -> None:
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in world.items()}
    first, second = (report(inputs(**rows), model=model) for rows in (world, shuffled))
    assert first.credits.equals(second.credits)
    assert first.null_journeys.equals(second.null_journeys)


@limits(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_one_touch_paths_are_credited_alike_by_all_models(world: dict[str, Any]) -> None:
    shown = {model: report(inputs(**world), model=model).credits for model in MODELS}
    alone = shown["last"].filter(pl.col("path_length") == 1)
    for credits in shown.values():
        assert credits.filter(pl.col("path_length") == 1)["credit_minor"].equals(alone["credit_minor"])


@limits(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), st.sampled_from(["last_non_direct", "last", "first", "linear", "position_based", "time_decay"]))
def test_journeys_that_failed_never_change_a_rule_model(world: dict[str, Any], model: str) -> None:
    strangers = [touch(f"x{n}", visitor=900 + n) for n in range(3)]
    more = world | {"touches": [*world["touches"], *strangers]}
    assert report(inputs(**world), model=model).credits.equals(report(inputs(**more), model=model).credits)
