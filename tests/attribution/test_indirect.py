"""The blend: the lift's part enters once, never exceeds the pool, and is null where it is not known."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution import indirect
from attribution.lift import Interval, LiftEstimate, LiftTest
from attribution.mention_series import SCHEMA
from attribution.report import Inputs, Report
from config.clock import Period
from tests.attribution.worlds import NOON, code_used, cost, inputs, order, registered, report, touch

FIRST = dt.date(2026, 3, 1)
DAYS = 90
WHOLE = Period(FIRST, FIRST + dt.timedelta(days=DAYS - 1))


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


@cache
def world(*, spend: str = "500") -> Inputs:
    """Ninety days, orders by nobody knows what that follow talk, one a day by a social visit, some with a discount."""
    rng = np.random.default_rng(5)
    orders, touches, codes = [], [], []
    for number in range(DAYS):
        at = dt.datetime.combine(day(number), NOON.time(), dt.UTC)
        for n in range(int(rng.poisson(2 + loud()[number] / 3))):
            orders.append(order(f"{number}-{n}", ordered_at=at, customer_key=1000 * number + n))
        orders.append(order(f"s{number}", ordered_at=at, customer_key=100_000 + number))
        before = at - dt.timedelta(hours=1)
        touches.append(touch(f"s{number}", at=before, visitor=200_000 + number, customer_key=100_000 + number))
        if number % 30 < 3:
            codes.append(code_used(f"s{number}", "ALL15") | {"ordered_at": at})
    return inputs(
        orders=orders,
        touches=touches,
        order_codes=codes,
        codes=[registered("ALL15", kind="sitewide")],
        spend=[cost("ads", spend, date_from=day(10), date_to=day(19))],
    )


def loud() -> list[int]:
    rng = np.random.default_rng(6)
    return [int(n) for n in rng.poisson([25 if number % 22 < 4 else 4 for number in range(DAYS)])]


@cache
def mentions() -> pl.DataFrame:
    rows = [
        (f"{number}-{n}", day(number), None, 0.2, 50, None, "x")
        for number in range(DAYS)
        for n in range(loud()[number])
    ]
    return pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")


@cache
def told(period: Period = WHOLE, *, spend: str = "500") -> Report:
    return report(world(spend=spend), period=period)


@cache
def daily() -> pl.DataFrame:
    return indirect.daily_table(told(), mentions=mentions())


@cache
def lift() -> LiftEstimate:
    return indirect.estimate(daily())


def test_the_daily_table_holds_the_pool_and_the_controls_of_each_day() -> None:
    table = daily()
    assert table["day"].to_list() == [day(number) for number in range(DAYS)]
    assert table["pool_minor"].sum() == told().buckets.uncredited
    assert table["spend_paid"].to_list() == [5000.0 if 10 <= number < 20 else 0.0 for number in range(DAYS)]
    assert table["discounted"][0] == pytest.approx(1 / (told().ledger["day"] == day(0)).sum())
    assert table["discounted"][5] == 0


def test_the_blend_shows_the_lift_within_the_pool() -> None:
    shown = indirect.blend(told(), lift()).roi
    assert shown.indirect is not None
    assert 0 <= shown.indirect.low <= shown.indirect.median <= shown.indirect.high <= shown.buckets.uncredited
    assert shown.buckets.indirect == shown.indirect.median
    document = shown.as_json()
    assert Decimal(document["indirect"]["median"]) * 100 == shown.indirect.median
    direct, cost_minor = shown.buckets.direct, 50_000
    for end in ("low", "median", "high"):
        expected = (direct + getattr(shown.indirect, end) - cost_minor) / cost_minor
        assert document["roi"]["blended"][end] == pytest.approx(expected)


@limits(max_examples=25, deadline=None)
@given(
    st.integers(0, DAYS - 1),
    st.integers(1, 40),
    st.tuples(*(st.integers(-(10**8), 10**8),) * 3),
    st.booleans(),
)
def test_every_cent_stands_in_one_bucket(start: int, length: int, ends: tuple[int, int, int], known: bool) -> None:
    period = Period(day(start), min(day(start + length), WHOLE.until))

    class Told(LiftEstimate):
        def between(self, period: Period) -> Interval | None:
            return Interval(*sorted(ends)) if known else None

    fields = {name: getattr(lift(), name) for name in LiftEstimate.__dataclass_fields__}
    came = indirect.blend(told(period), Told(**fields)).buckets
    assert came.direct + came.other_tracked + (came.indirect or 0) + came.unexplained == came.total
    assert came.indirect is None or 0 <= came.indirect <= came.uncredited
    assert came.direct + (came.indirect or 0) <= came.total  # invariant 12
    assert (came.indirect is None) == (not known)


def test_doubling_the_costs_halves_the_return_per_euro() -> None:
    once, twice = (indirect.blend(told(spend=spend), lift()).roi for spend in ("500", "1000"))
    assert once.blended_roi is not None
    assert twice.blended_roi is not None
    assert [1 + one for one in twice.blended_roi] == pytest.approx([(1 + one) / 2 for one in once.blended_roi])
    assert once.direct_roi is not None
    assert 1 + (twice.direct_roi or 0) == pytest.approx((1 + once.direct_roi) / 2)


def test_an_exact_experiment_is_what_the_blend_shows() -> None:
    """Invariant 15."""
    measured = told().buckets.uncredited // 3
    exact = indirect.estimate(daily(), tests=(LiftTest(WHOLE.since, WHOLE.until, measured, 0.5),))
    shown = indirect.blend(told(), exact).roi.indirect
    assert shown is not None
    assert shown.median == pytest.approx(measured, abs=5)
    nothing = indirect.estimate(daily(), tests=(LiftTest(WHOLE.since, WHOLE.until, measured, 1e15),))
    assert nothing.total == lift().total


@pytest.mark.parametrize("without", ["estimate", "refused", "withheld"])
def test_what_is_not_estimated_stays_null(without: str) -> None:
    short = daily().head(59)
    given_lift = {
        "estimate": None,
        "refused": indirect.estimate(short),
        "withheld": replace(lift(), headline="withheld", total=None, posterior=None),
    }[without]
    shown = indirect.blend(told(), given_lift).roi
    assert shown == told().roi
    assert shown.as_json()["indirect"] == {"low": None, "median": None, "high": None}
    assert shown.as_json()["roi"]["blended"] == {"low": None, "median": None, "high": None}
    assert shown.buckets.unexplained == shown.buckets.uncredited


def test_a_period_with_revenue_outside_the_fitted_days_has_no_estimate() -> None:
    half = indirect.estimate(daily().tail(70))
    assert indirect.part_of(told(Period(day(30), day(60))), half) is not None
    assert indirect.part_of(told(), half) is None


def test_without_a_cost_there_is_an_indirect_return_but_no_blended_roi() -> None:
    bare = replace(told(), roi=replace(told().roi, cost_minor=None))
    shown = indirect.blend(bare, lift()).roi
    assert shown.indirect is not None
    assert shown.blended_roi is None


def test_the_fitted_days_are_those_with_known_sales_and_talk() -> None:
    wide = Period(day(-400), day(200))
    assert indirect.fitted_days(told().history, mentions(), until=wide) == WHOLE
    late = mentions().filter(pl.col("day") >= day(40))
    assert indirect.fitted_days(told().history, late, until=wide) == Period(day(40), WHOLE.until)
    assert indirect.fitted_days(told().history, mentions().clear(), until=wide) is None
    assert indirect.fitted_days(told().history.clear(), mentions(), until=wide) is None


def test_paid_spend_is_held_constant_where_sales_are_asked_about_coming_talk() -> None:
    rng = np.random.default_rng(1)
    paid = np.repeat([0.0, 1.0, 0.0, 1.0, 0.0, 1.0], 15)
    talk = rng.poisson(4 + 8 * paid).astype(float)
    table = daily().with_columns(
        *(pl.Series(name, talk) for name in indirect.SERIES),
        pl.Series("pool_minor", 10_000 + 40_000 * paid + rng.normal(0, 500, DAYS)),
        pl.Series("spend_paid", paid),
    )
    with_spend, without = indirect.estimate(table), indirect.estimate(table.with_columns(spend_paid=pl.lit(0.0)))
    assert with_spend.lead is not None
    assert without.lead is not None
    assert with_spend.plain == without.plain
    assert with_spend.lead.p > without.lead.p


def test_checks_are_run_on_what_was_estimated_and_on_nothing_else() -> None:
    found = indirect.checks(daily(), lift())
    assert found is not None
    assert found.lead == lift().lead
    short = daily().head(20)
    assert indirect.checks(short, indirect.estimate(short)) is None
    assert indirect.checks(daily().clear(), indirect.estimate(daily().clear())) is None
