"""Campaigns: what is their own, what was usual before, when it is too early, and the calculator."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution import campaigns
from attribution.campaigns import Campaign, Estimate, calculate
from config.clock import Period

SINCE, UNTIL = dt.date(2026, 6, 1), dt.date(2026, 6, 14)
DAY = dt.timedelta(days=1)
SPRING = Campaign(
    "c", "Spring", SINCE, UNTIL, people=("instagram:anna",), codes=("ANNA10",), utm_campaigns=("Spring26",)
)
CREDITS = [
    ("by its code", {"code": "ANNA10"}, "code"),
    ("by its tag, whatever the case", {"campaign": "SPRING26"}, "tag"),
    ("by its person", {"person": "instagram:anna"}, "person"),
    ("a code outranks a tag", {"code": "ANNA10", "campaign": "spring26"}, "code"),
    ("somebody else's", {"campaign": "summer", "person": "tiktok:ben", "code": "BEN5"}, None),
    ("a direct visit", {"campaign": "spring26", "is_direct": True}, None),
    ("its tag in a newsletter", {"campaign": "spring26", "channel": "Email", "in_scope": False}, None),
    ("too early", {"code": "ANNA10", "day": SINCE - DAY}, None),
    ("an order within the window after it", {"code": "ANNA10", "day": UNTIL + 7 * DAY}, "code"),
    ("an order after that", {"code": "ANNA10", "day": UNTIL + 8 * DAY}, None),
]


@pytest.mark.parametrize(("name", "says", "by"), CREDITS, ids=[row[0] for row in CREDITS])
def test_which_credit_is_its_own(name: str, says: dict[str, Any], by: str | None) -> None:
    row = {"account": "a", "order_id": "1", "channel": "Influencer", "is_direct": False, "in_scope": True}
    row |= {"credit_minor": 500, "weight": 1.0}
    row |= {"campaign": None, "person": None, "code": None, "day": SINCE} | says
    frame = pl.DataFrame([row], schema_overrides=dict.fromkeys(("campaign", "person", "code"), pl.String))
    ledger = frame.select("account", "order_id", "day")
    found = campaigns.direct_credits(SPRING, frame.drop("day"), ledger, lookback_days=7)
    assert found["by"].to_list() == ([] if by is None else [by])


def test_its_costs_are_those_that_name_it_and_those_of_its_people() -> None:
    rows = [
        (SINCE, "SPRING26", None, 1),
        (SINCE - 30 * DAY, "spring", None, 2),
        (SINCE, None, "instagram:anna", 4),
        (UNTIL + DAY, None, "instagram:anna", 8),
        (SINCE, "summer", "instagram:anna", 16),
        (SINCE, None, None, 32),
    ]
    daily = pl.DataFrame(rows, schema=["date", "campaign", "influencer", "amount_minor"], orient="row")
    assert campaigns.own_costs(SPRING, daily)["amount_minor"].sum() == 7


def series(values: list[float], *, until: dt.date = UNTIL) -> pl.DataFrame:
    first = until - (len(values) - 1) * DAY
    return pl.DataFrame({"day": [first + n * DAY for n in range(len(values))], "value": values})


def test_what_came_above_the_usual_has_a_range() -> None:
    usual = [10.0 + (n % 7) + (n % 3) for n in range(56)]
    found = campaigns.against_before(series(usual + [30.0] * 14), ran=Period(SINCE, UNTIL))
    assert found.actual == 420.0
    assert found.usual is not None
    assert found.usual[0] < 14 * 14 < found.usual[2]
    assert found.above is not None
    assert found.above[0] < found.above[1] < found.above[2]
    assert found.daily.filter("running").height == 14
    assert found.daily.height == 28


def test_the_usual_is_that_of_the_weekday() -> None:
    week = [5.0, 5, 5, 5, 5, 40, 60]
    found = campaigns.against_before(series(week * 10), ran=Period(SINCE, UNTIL))
    assert found.usual == pytest.approx((250, 250, 250), abs=3)
    assert found.daily["usual"].to_list() == found.daily["actual"].to_list()


def test_without_enough_days_before_nothing_is_usual() -> None:
    found = campaigns.against_before(series([10.0] * 20), ran=Period(SINCE, UNTIL))
    assert (found.usual, found.above, found.days_before) == (None, None, 6)


EARLY = [
    ("three days in", SINCE + 2 * DAY, 50, (4, 0), UNTIL + 7 * DAY),
    ("few orders", SINCE + 9 * DAY, 12, (0, 18), UNTIL + 7 * DAY),
    ("enough of both", SINCE + 9 * DAY, 30, (0, 0), UNTIL + 7 * DAY),
    ("over, orders may still come", UNTIL + 7 * DAY, 3, (0, 0), UNTIL + 7 * DAY),
    ("over for good", UNTIL + 8 * DAY, 3, (0, 0), None),
]


@pytest.mark.parametrize(("name", "as_of", "orders", "missing", "open_until"), EARLY, ids=[row[0] for row in EARLY])
def test_too_early(
    name: str, as_of: dt.date, orders: int, missing: tuple[int, int], open_until: dt.date | None
) -> None:
    found = campaigns.too_early(SPRING, as_of=as_of, orders=orders, lookback_days=7)
    assert (found.days_missing, found.orders_missing, found.open_until) == (*missing, open_until)


def exactly(value: float) -> Estimate:
    return Estimate(value, value, value)


def test_the_calculator_by_hand() -> None:
    """40,000 x 1.5 % = 600 clicks, x 2 % = 12 orders, x 80 = 960; x 40 % = 384, less 300 = 84; 300 / 32 = 9.375."""
    found = calculate(
        budget=300, reach=exactly(40_000), ctr=exactly(0.015), conversion=exactly(0.02), aov=exactly(80), margin=0.4
    )
    assert found.orders.likely == pytest.approx(12)
    assert found.profit == pytest.approx((84, 84, 84))
    assert found.roas is not None
    assert found.roas.likely == pytest.approx(3.2)
    assert found.roi == pytest.approx((0.28, 0.28, 0.28))
    assert found.break_even_orders == pytest.approx(9.375)
    assert found.break_even_roas == pytest.approx(2.5)
    assert found.break_even_conversion == pytest.approx(9.375 / 600)


guesses = st.floats(0.001, 100).flatmap(
    lambda likely: st.tuples(st.floats(0.1, 1), st.floats(1, 10)).map(
        lambda ends: Estimate(likely * ends[0], likely, likely * ends[1])
    )
)


@given(parts=st.lists(guesses, min_size=1, max_size=4))
def test_a_product_of_guesses_is_no_wider_than_all_ends_at_once(parts: list[Estimate]) -> None:
    found = campaigns.product(*parts)
    lowest = highest = 1.0
    for part in parts:
        lowest, highest = lowest * part.low, highest * part.high
    assert lowest * 0.999999 <= found.low <= found.likely <= found.high <= highest * 1.000001


@given(budget=st.floats(1, 1e6), aov=guesses)
def test_doubling_the_budget_halves_the_roas(budget: float, aov: Estimate) -> None:
    def at(amount: float) -> Estimate:
        one = exactly(100.0)
        found = calculate(budget=amount, reach=one, ctr=exactly(0.5), conversion=exactly(0.5), aov=aov, margin=0.5).roas
        assert found is not None
        return found

    assert at(2 * budget).likely == pytest.approx(at(budget).likely / 2)


def test_guesses_and_margins_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="low"):
        Estimate(2, 1, 3)
    with pytest.raises(ValueError, match="margin"):
        calculate(budget=1, reach=exactly(1), ctr=exactly(1), conversion=exactly(1), aov=exactly(1), margin=2)
