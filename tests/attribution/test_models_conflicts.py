"""Promo code against tag: four policies, the rate of conflicts and the money that each moves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution.conflicts import conflicting_orders
from config.settings import CONFLICT_POLICIES, MODELS
from tests.attribution.test_rules import worlds
from tests.attribution.worlds import DAY, NOON, code_used, direct_touch, inputs, order, registered, report, touch

EMAIL: dict[str, Any] = {"source": "newsletter", "medium": "email"}


def shop(*touches: dict[str, Any]) -> Any:
    visits = [visit | {"customer_key": 1, "touched_at": NOON - (9 - n) * DAY} for n, visit in enumerate(touches)]
    return inputs(
        orders=[order("1", customer_key=1)],
        order_codes=[code_used("1", "ANNA10")],
        touches=visits,
        codes=[registered("ANNA10", owner="instagram:anna")],
        persons=["instagram:anna", "instagram:bea"],
    )


def under(policy: str, model: str, *touches: dict[str, Any]) -> list[tuple[str, int]]:
    shown = report(shop(*touches), model=model, toml=f'[attribution]\non_conflict = "{policy}"\n')
    return [(row["channel"], row["credit_minor"]) for row in shown.credits.to_dicts()]


E, S, D = touch("e", **EMAIL), touch("s"), direct_touch("d")
SETTLED: dict[str, tuple[str, str, list[dict[str, Any]], list[int]]] = {
    "code_last: the code is the last touch": ("code_last", "last", [E], [0, 10_000]),
    "code_last: the model divides": ("code_last", "linear", [E, S], [3_334, 3_333, 3_333]),
    "code_wins": ("code_wins", "linear", [E, S], [0, 0, 10_000]),
    "utm_wins": ("utm_wins", "linear", [E, S], [5_000, 5_000, 0]),
    "utm_wins: the last visit of them": ("utm_wins", "last", [E, S], [0, 10_000, 0]),
    "utm_wins: Direct is no tag": ("utm_wins", "last_non_direct", [E, D], [10_000, 0, 0]),
    "split": ("split", "last", [E, S], [0, 5_000, 5_000]),
    "split: the visits divide their half": ("split", "linear", [E, S], [2_500, 2_500, 5_000]),
    "split: position-based among the visits": ("split", "position_based", [E, S], [2_500, 2_500, 5_000]),
    "no conflict with Direct alone": ("utm_wins", "linear", [D], [5_000, 5_000]),
}


@pytest.mark.parametrize(("policy", "model", "touches", "expected"), SETTLED.values(), ids=SETTLED.keys())
def test_settled(policy: str, model: str, touches: list[dict[str, Any]], expected: list[int]) -> None:
    assert [minor for _, minor in under(policy, model, *touches)] == expected


CONFLICTS: dict[str, tuple[dict[str, Any], bool]] = {
    "another channel": (E, True),
    "Direct": (D, False),
    "the owner's own link": (touch("a", medium="influencer", utm_content="anna"), False),
    "another person's link": (touch("b", medium="influencer", utm_content="bea"), True),
    "nobody's link of the same channel": (touch("n", medium="influencer"), False),
}


@pytest.mark.parametrize(("visit", "conflict"), CONFLICTS.values(), ids=CONFLICTS.keys())
def test_conflict_with(visit: dict[str, Any], conflict: bool) -> None:
    assert (conflicting_orders(report(shop(visit)).journeys).height == 1) == conflict


def test_the_rate_and_the_money_moved_are_always_reported() -> None:
    rows = report(shop(E), model="linear").conflicts.rows(named=True)
    assert [row["policy"] for row in rows] == list(CONFLICT_POLICIES)
    assert all((row["code_orders"], row["conflicts"], row["conflict_rate"]) == (1, 1, 1.0) for row in rows)
    assert [row["moved_minor"] for row in rows] == [0, 5_000, 5_000, 0]
    assert [row["code_minor"] for row in rows] == [5_000, 10_000, 0, 5_000]


def test_without_codes_there_is_no_rate() -> None:
    assert report(inputs(orders=[order("1")])).conflicts["conflict_rate"].to_list() == [None] * 4


@limits(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), st.sampled_from(MODELS), st.sampled_from(CONFLICT_POLICIES))
def test_money_is_conserved_under_every_policy(world: dict[str, Any], model: str, policy: str) -> None:
    shown = report(inputs(**world), model=model, toml=f'[attribution]\non_conflict = "{policy}"\n')
    assert int(shown.by_channel["revenue_minor"].sum()) == int(shown.ledger["net_minor"].sum())
    assert shown.by_channel["conversions"].sum() == pytest.approx(shown.orders)
