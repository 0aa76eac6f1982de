"""Rows of the return: months add up, ranges by chance, what a creator may cost, advice only where the range says so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from attribution import roi_rows
from attribution.report import Inputs
from config.clock import Period
from tests.attribution.worlds import NOON, code_used, cost, inputs, order, registered, report, touch

SUMMER = Period(dt.date(2026, 6, 1), dt.date(2026, 7, 31))


def shop(orders: int = 12, **more: Any) -> Inputs:
    """Orders of 100.00 by ANNA10 from 10 June on, one each third day; the last one in July by a social visit."""
    days = [dt.datetime(2026, 6, 10, 12, tzinfo=dt.UTC) + dt.timedelta(days=3 * n) for n in range(orders)]
    rows = [order(str(n), ordered_at=day, customer_key=n) for n, day in enumerate(days)]
    used = [code_used(str(n), "ANNA10") | {"ordered_at": day} for n, day in enumerate(days)]
    seen = dt.datetime(2026, 7, 20, 12, tzinfo=dt.UTC)
    known: dict[str, Any] = {
        "orders": [*rows, order("v", ordered_at=seen, customer_key=900)],
        "order_codes": used,
        "codes": [registered("ANNA10", owner="instagram:anna", campaign="summer", commission_rate=0.1)],
        "touches": [touch("a", at=seen - dt.timedelta(days=1), customer_key=900)],
        "spend": [cost("f", "300", cost_type="creator_fee", person="instagram:anna", campaign="summer")],
    }
    return inputs(**known | more)


def test_months_add_up_to_the_periods_buckets() -> None:
    found = report(shop(), period=SUMMER)
    rows = roi_rows.months(found)
    came = found.buckets
    assert rows["name"].to_list() == ["2026-06", "2026-07"]
    assert rows.select(pl.col(r"^.*_minor$").sum()).row(0) == (
        *(came.total, came.direct, came.other_tracked, came.uncredited, found.roi.cost_minor),
    )


def test_the_range_by_chance_is_that_of_independent_orders() -> None:
    """12 orders of 100.00: 1,200.00 -+ 1.6449 x sqrt(12 x 100.00^2) = 1,200.00 -+ 569.81; cost 300.00 + 120.00 owed."""
    row = roi_rows.named(report(shop(), period=SUMMER), "influencer").row(0, named=True)
    assert (row["name"], row["orders"], row["revenue_minor"]) == ("instagram:anna", 12, 120_000)
    assert (row["low_minor"], row["high_minor"]) == (63_019, 176_981)
    assert row["roi"] == pytest.approx(1200 / 420 - 1)
    assert row["verdict"] == "above"


def test_few_orders_are_not_judged_and_nothing_without_a_cost() -> None:
    rows = roi_rows.named(report(shop(9), period=SUMMER), "channel")
    verdicts = dict(rows.select("name", "verdict").iter_rows())
    assert verdicts == {"Influencer": "few_orders", "Organic Social": "no_cost"}
    assert rows["low_minor"].null_count() == rows.height


def test_a_creator_is_renewed_at_what_is_left_of_the_return() -> None:
    """1,200.00 and 100.00 bought again by customer 0 without a code, less 120.00 commission: 1,180.00 -+ 569.81."""
    again = order("again", ordered_at=dt.datetime(2026, 7, 25, 12, tzinfo=dt.UTC), customer_key=0)
    world = shop(spend=[cost("f", "300", cost_type="creator_fee", person="instagram:anna")])
    more = pl.concat([world.orders, inputs(orders=[again]).orders])  # type: ignore[type-var]
    found = roi_rows.renewals(report(Inputs(**{**vars(world), "orders": more}), period=SUMMER))
    row = found.row(0, named=True)
    assert (row["revenue_minor"], row["repeat_minor"], row["commission_minor"]) == (120_000, 10_000, 12_000)
    assert (row["fee_minor"], row["median_minor"]) == (30_000, 118_000)
    assert (row["low_minor"], row["high_minor"]) == (61_019, 174_981)


def test_a_cost_that_is_not_known_is_no_zero_in_a_renewal() -> None:
    goods = cost("g", "300", cost_type="product_seeding", person="instagram:anna", currency="XXX")
    row = roi_rows.renewals(report(shop(spend=[goods]), period=SUMMER)).row(0, named=True)
    assert (row["orders"], row["commission_minor"], row["other_cost_minor"]) == (12, 12_000, None)
    assert (row["fee_minor"], row["median_minor"]) == (None, None)


def test_under_ten_orders_no_renewal_is_named() -> None:
    row = roi_rows.renewals(report(shop(9), period=SUMMER)).row(0, named=True)
    assert (row["low_minor"], row["median_minor"], row["high_minor"]) == (None, None, None)


@pytest.mark.parametrize("brand", ["shoes", "Old brand"])
def test_rows_of_brands_lose_no_credit_and_no_cost(brand: str) -> None:
    found = report(shop(), period=SUMMER)
    rows = roi_rows.brands(found, of_campaign={"summer": brand}, own=["Shop", "Shoes"])
    assert (rows["revenue_minor"].sum(), rows["cost_minor"].sum()) == (found.buckets.direct, found.roi.cost_minor)
    held = dict(rows.select("name", "revenue_minor").iter_rows())
    assert held["Shoes" if brand == "shoes" else "(not set)"] >= 120_000


def test_one_own_brand_takes_all_and_several_by_their_campaigns() -> None:
    found = report(shop(), period=SUMMER)
    alone = roi_rows.brands(found, of_campaign={}, own=["Shop"])
    assert alone["revenue_minor"].to_list() == [found.buckets.direct]
    two = roi_rows.brands(found, of_campaign={"summer": "Shop"}, own=["Shop", "Shoes"])
    assert two.select("name", "revenue_minor").rows() == [("Shop", 120_000), ("Shoes", 0), ("(not set)", 10_000)]


def weeks(slope: float, *, noise: float = 100.0, n: int = 26) -> pl.DataFrame:
    rng = np.random.default_rng(3)
    spent = rng.integers(500, 5_000, n)
    first = dt.date(2026, 1, 5)
    return pl.DataFrame(
        {
            "week": [first + dt.timedelta(weeks=k) for k in range(n)],
            "channel": ["Paid Social"] * n,
            "revenue_minor": (1_000 + slope * spent + rng.normal(0, noise, n)).round().astype(int),
            "cost_minor": spent,
        }
    )


@pytest.mark.parametrize(
    ("table", "advice"),
    [
        (weeks(2.0), "more"),
        (weeks(0.4), "less"),
        (weeks(1.2, noise=3_000), None),
        (weeks(2.0, n=11), "absent"),
        (weeks(2.0).with_columns(cost_minor=pl.lit(1_000)), "absent"),
    ],
    ids=["pays", "does not pay", "not told from 1", "too few weeks", "cost never differs"],
)
def test_advice_is_given_only_where_the_whole_range_supports_it(table: pl.DataFrame, advice: str | None) -> None:
    found = roi_rows.marginal_returns(table)
    assert (found[0].advice if found else "absent") == advice


def test_gross_margin_is_what_a_unit_more_brings_back() -> None:
    assert roi_rows.marginal_returns(weeks(2.0), margin=0.3)[0].advice == "less"


def test_weeks_are_whole_and_hold_every_channel() -> None:
    table = roi_rows.channel_weeks(report(shop(), period=SUMMER))
    assert table["week"].min() == dt.date(2026, 6, 1)
    assert table["week"].max() == dt.date(2026, 7, 20)
    assert table.filter(pl.col("channel") == "Influencer")["cost_minor"].sum() == 30_000 + 12_000


def test_each_day_has_its_direct_return() -> None:
    found = report(shop(), period=SUMMER)
    days = roi_rows.direct_each_day(found)
    assert days.height == SUMMER.days
    assert days["direct_minor"].sum() == found.buckets.direct
    assert NOON.date() in days["day"].to_list()
