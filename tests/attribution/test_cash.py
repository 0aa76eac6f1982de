"""The cash view: a refund counts on the day it was paid back, and over all time both views agree."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution import tables
from attribution.cash import CashView, cash_view
from attribution.ledger import order_ledger
from config.clock import Period
from config.settings import ShopSettings
from tests.attribution.worlds import DAY, NOON, RATES, order, refund, table

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = NOON.date()


def seen(orders: list[dict[str, Any]], refunds: list[dict[str, Any]], since: dt.date, until: dt.date) -> CashView:
    told = table(tables.REFUNDS, refunds)
    ledger = order_ledger(
        table(tables.ORDERS, orders), told, shop=ShopSettings(), currency="EUR", rates=RATES, zone=BERLIN
    )
    return cash_view(ledger, told, period=Period(since, until), zone=BERLIN)


def paid_back(order_id: str, amount: str, *, days: int | None, n: int = 1) -> dict[str, Any]:
    at = None if days is None else NOON + days * DAY
    return refund(order_id, amount) | {"refund_id": f"r{n}", "refunded_at": at}


def test_a_refund_counts_on_its_own_day() -> None:
    """119.00 with 19.00 tax: goods 100.00; 59.50 paid back ten days later takes 50.00 of them."""
    orders, refunds = [order("1")], [paid_back("1", "59.5", days=10)]
    later = TODAY + dt.timedelta(days=10)
    assert seen(orders, refunds, TODAY, TODAY) == CashView(10_000, 0, 10_000, 0)
    assert seen(orders, refunds, later, later) == CashView(0, 5_000, -5_000, 0)
    assert seen(orders, refunds, TODAY, later) == CashView(10_000, 5_000, 5_000, 0)


@pytest.mark.parametrize(
    ("orders", "refunds"),
    [
        ([order("1")], [paid_back("1", "59.5", days=None)]),
        ([order("1")], [refund("1", "59.5") | {"refund_id": "cumulative", "refunded_at": None}]),
        ([order("1", status="refunded")], []),
        (
            [order("1")],
            [
                paid_back("1", "10", days=3),
                refund("1", "59.5") | {"refund_id": "cumulative", "refunded_at": None},
            ],
        ),
    ],
    ids=["no day told", "a sum alone", "a status alone", "a sum above the single refunds"],
)
def test_a_refund_without_a_day_leaves_the_view_unknown(
    orders: list[dict[str, Any]], refunds: list[dict[str, Any]]
) -> None:
    assert seen(orders, refunds, TODAY, TODAY) == CashView(10_000, None, None, 1)
    before = TODAY - dt.timedelta(days=3)
    assert seen(orders, refunds, before, before) == CashView(0, 0, 0, 0)


@given(
    st.lists(
        st.tuples(st.integers(1, 11_900), st.integers(0, 40), st.integers(0, 2)),
        max_size=9,
        unique_by=lambda row: row[1],
    )
)
def test_over_all_time_both_views_agree_and_days_add_up(rows: list[tuple[int, int, int]]) -> None:
    orders = [order(str(n)) for n in range(3)]
    refunds = [
        paid_back(str(who), str(Decimal(cents) / 100), days=days, n=n) for n, (cents, days, who) in enumerate(rows)
    ]
    ledger = order_ledger(
        table(tables.ORDERS, orders),
        table(tables.REFUNDS, refunds),
        shop=ShopSettings(),
        currency="EUR",
        rates=RATES,
        zone=BERLIN,
    )
    end = TODAY + dt.timedelta(days=60)
    assert seen(orders, refunds, TODAY, end).net_minor == ledger["net_minor"].sum()
    days = pl.date_range(TODAY, end, eager=True).to_list()
    assert sum(seen(orders, refunds, day, day).net_minor or 0 for day in days) == ledger["net_minor"].sum()
