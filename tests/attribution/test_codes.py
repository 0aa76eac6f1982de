"""Codes on orders against the register, and what each code sold."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from attribution import tables
from attribution.codes import code_report, match_codes
from attribution.ledger import order_ledger
from config.settings import ShopSettings
from tests.attribution.worlds import DAY, NOON, RATES, code_used, order, refund, register, registered, table

BERLIN = ZoneInfo("Europe/Berlin")
MAY, JUNE, END = dt.date(2026, 5, 1), dt.date(2026, 6, 1), dt.date(2026, 6, 15)
LAST_MINUTE = dt.datetime(2026, 6, 15, 21, 59, tzinfo=dt.UTC)  # 23:59 in Berlin
MINUTE = dt.timedelta(minutes=1)


def matched(used: list[dict[str, Any]], *known: dict[str, Any]) -> pl.DataFrame:
    return match_codes(table(tables.ORDER_CODES, used), register(*known), BERLIN)


# the code used, at what time, the register -> state, owner
STATES: dict[str, tuple[dict[str, Any], list[dict[str, Any]], str, str | None]] = {
    "registered without dates": ({}, [registered("ANNA10", owner="instagram:anna")], "registered", "instagram:anna"),
    "not in the register": ({}, [registered("OTHER")], "unknown", None),
    "the last minute of the last day": (
        {"ordered_at": LAST_MINUTE},
        [registered("ANNA10", owner="a:a", valid_to=END)],
        "registered",
        "a:a",
    ),
    "the minute after": (
        {"ordered_at": LAST_MINUTE + MINUTE},
        [registered("ANNA10", owner="a:a", valid_to=END)],
        "expired",
        "a:a",
    ),
    "the first minute of the first day": (
        {"ordered_at": LAST_MINUTE - DAY + MINUTE},
        [registered("ANNA10", owner="a:a", valid_from=END)],
        "registered",
        "a:a",
    ),
    "the minute before": (
        {"ordered_at": LAST_MINUTE - DAY},
        [registered("ANNA10", owner="a:a", valid_from=END)],
        "not_yet_valid",
        "a:a",
    ),
    "a code that changed hands belongs to its owner of the day": (
        {},
        [registered("ANNA10", owner="a:old", valid_to=MAY), registered("ANNA10", owner="a:new", valid_from=JUNE)],
        "registered",
        "a:new",
    ),
    "between two periods it has expired": (
        {},
        [
            registered("ANNA10", owner="a:older", valid_to=MAY - DAY),
            registered("ANNA10", owner="a:old", valid_from=MAY, valid_to=JUNE),
            registered("ANNA10", owner="a:new", valid_from=END + DAY),
        ],
        "expired",
        "a:old",
    ),
    "an automatic discount is no code": ({"kind": "automatic"}, [registered("ANNA10")], "automatic", None),
    "a start of a code is another code": ({"code_norm": "ANNA1"}, [registered("ANNA10")], "unknown", None),
}


@pytest.mark.parametrize(("used", "known", "state", "owner"), STATES.values(), ids=STATES.keys())
def test_state(used: dict[str, Any], known: list[dict[str, Any]], state: str, owner: str | None) -> None:
    rows = matched([code_used("1", "ANNA10", **used)], *known)
    assert rows.select("state", "owner").rows() == [(state, owner)]


def test_each_code_of_an_order_has_its_row_in_order() -> None:
    used = [code_used("2", "B"), code_used("1", "B", ordinal=2), code_used("1", "A", ordinal=1)]
    rows = matched(used, registered("A"))
    assert rows.select("order_id", "code", "state").rows() == [
        ("1", "A", "registered"),
        ("1", "B", "unknown"),
        ("2", "B", "unknown"),
    ]


def test_no_codes_at_all() -> None:
    assert matched([]).is_empty()
    assert matched([code_used("1", "A")])["state"].to_list() == ["unknown"]


def report(
    orders: list[dict[str, Any]],
    used: list[dict[str, Any]],
    *known: dict[str, Any],
    refunds: list[dict[str, Any]] | None = None,
) -> dict[tuple[str, str], dict[str, Any]]:
    ledger = order_ledger(
        table(tables.ORDERS, orders),
        table(tables.REFUNDS, refunds or []),
        shop=ShopSettings(),
        currency="EUR",
        rates=RATES,
        zone=BERLIN,
    )
    rows = code_report(matched(used, *known), ledger, register(*known), currency="EUR", rates=RATES)
    return {(row["code"], row["state"]): row for row in rows.iter_rows(named=True)}


def test_what_a_code_sold() -> None:
    """Net 100.00 + 50.00 (refunded by half) + 80.00 (dollars) = 230.00; 10 % of it is 23.00."""
    rows = report(
        [
            order("1", customer_key=1),
            order("2", customer_key=2, ordered_at=NOON + DAY),
            order("3", currency="USD", ordered_at=NOON + DAY),
            order("4", customer_key=2, status="voided"),
            order("5", customer_key=2),
        ],
        [code_used(str(n), "ANNA10", discount=Decimal(10)) for n in (1, 2, 3, 4)],
        registered("ANNA10", owner="instagram:anna", campaign="june", commission_rate=0.1),
        refunds=[refund("2", "59.5")],
    )
    row = rows["ANNA10", "registered"]
    assert row["orders"] == 3
    assert row["unsold_orders"] == 1
    assert row["gross_minor"] == 11_900 + 11_900 + 9_520
    assert row["net_minor"] == 23_000
    assert row["discount_minor"] == 1_000 + 1_000 + 800
    assert (row["new_customers"], row["known_customers"], row["new_customer_share"]) == (1, 2, 0.5)
    assert row["commission_minor"] == 2_300


def test_unknown_codes_and_unused_codes_are_listed() -> None:
    rows = report([order("1")], [code_used("1", "HONEY5")], registered("ANNA10", commission_rate=0.1))
    assert rows["HONEY5", "unknown"]["orders"] == 1
    assert rows["HONEY5", "unknown"]["commission_minor"] is None
    assert rows["ANNA10", "registered"]["orders"] == 0
    assert rows["ANNA10", "registered"]["new_customer_share"] is None


def test_a_sole_code_without_its_own_amount_has_the_orders_discount() -> None:
    orders = [order("1", discount=Decimal(7)), order("2", discount=Decimal(7))]
    used = [code_used("1", "A"), code_used("2", "A"), code_used("2", "B", ordinal=2)]
    row = report(orders, used, registered("A"), registered("B"))["A", "registered"]
    assert (row["discount_minor"], row["discount_unknown"]) == (700, 1)


def test_a_code_written_twice_counts_once() -> None:
    row = report([order("1")], [code_used("1", "A"), code_used("1", "A", ordinal=2)], registered("A"))[
        "A", "registered"
    ]
    assert row["orders"] == 1


def test_an_expired_code_stands_apart_and_earns_no_commission() -> None:
    known = registered("A", owner="a:a", valid_to=MAY, commission_rate=0.1)
    rows = report([order("1")], [code_used("1", "A")], known)
    assert rows["A", "expired"]["orders"] == 1
    assert rows["A", "expired"]["commission_minor"] is None
    assert rows["A", "registered"]["orders"] == 0


def test_commission_is_rounded_half_even_from_the_rate_as_written() -> None:
    # 0.1 x 1.25 = 0.125 -> 0.12
    cheap = order("1", subtotal=Decimal("1.25"), tax=Decimal(0), total=Decimal("1.25"))
    row = report([cheap], [code_used("1", "A")], registered("A", commission_rate=0.1))["A", "registered"]
    assert row["commission_minor"] == 12
