"""What an order is worth: net value, state and reason, in the workspace's currency."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution import tables
from attribution.ledger import order_ledger
from config.settings import ShopSettings
from tests.attribution.worlds import DAY, NOON, RATES, order, refund, table

BERLIN = ZoneInfo("Europe/Berlin")


def ledger(
    *orders: dict[str, Any], refunds: list[dict[str, Any]] | None = None, currency: str = "EUR", **policy: Any
) -> pl.DataFrame:
    return order_ledger(
        table(tables.ORDERS, orders),
        table(tables.REFUNDS, refunds or []),
        shop=ShopSettings(**policy),
        currency=currency,
        rates=RATES,
        zone=BERLIN,
    )


def amounts(**values: str) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in values.items()}


# What differs from an order of 119.00 with 19.00 tax inside; refunds; the shop's policy -> net_minor, flags
WORTH: dict[str, tuple[dict[str, Any], list[str], dict[str, Any], int, list[str]]] = {
    "tax inside is no revenue": ({}, [], {}, 10_000, []),
    "tax on top is not in the subtotal": ({"tax_included": False}, [], {}, 11_900, []),
    "shipping is no revenue": (amounts(shipping="4.9", total="123.9"), [], {}, 10_000, []),
    "shipping is revenue if the shop says so": (
        amounts(shipping="4.9", total="123.9"),
        [],
        {"shipping_in_revenue": True},
        10_490,
        [],
    ),
    "the shop's word on tax goes before the file's": ({}, [], {"tax_included": False}, 11_900, []),
    "nobody says it: total = subtotal + shipping, so tax is inside": ({"tax_included": None}, [], {}, 10_000, []),
    "nobody says it: total holds the tax, so it is on top": (
        {"tax_included": None, "total": Decimal(138)},
        [],
        {},
        11_900,
        [],
    ),
    "no tax told, though it is inside": ({"tax": None}, [], {}, 11_900, ["tax_unknown"]),
    "half refunded": ({}, ["59.5"], {}, 5_000, []),
    "a refund takes goods in proportion: 12.39 x 100 / 123.90": (
        amounts(shipping="4.9", total="123.9"),
        ["12.39"],
        {},
        9_000,
        [],
    ),
    "fully refunded": ({}, ["119"], {}, 0, []),
    "refunds of one order add up": ({}, ["r1:59.5", "r2:11.9"], {}, 4_000, []),
    "told singly and as a sum, it counts once": ({}, ["r1:59.5", "59.5"], {}, 5_000, []),
    "the larger of the two counts": ({}, ["r1:11.9", "59.5"], {}, 5_000, []),
    "refunded, and nobody says how much": ({"status": "Refunded"}, [], {}, 0, ["refund_assumed"]),
    "refunded, and a part is told": ({"status": "refunded"}, ["59.5"], {}, 5_000, []),
    "more refunded than paid": ({}, ["238"], {}, -10_000, ["refund_above_total"]),
    "a giveaway": (amounts(subtotal="0", tax="0", total="0"), [], {}, 0, []),
    "a refund on a total of 0 has no effect": (
        amounts(subtotal="0", tax="0", total="0"),
        ["5"],
        {},
        0,
        ["refund_on_zero_total"],
    ),
    "no total told: it is the sum of its parts": ({"total": None}, ["59.5"], {}, 5_000, []),
    "a gift card sold is owed": (amounts(subtotal="150", tax="0", total="150", gift_cards="50"), [], {}, 10_000, []),
    "a gift card alone": (amounts(subtotal="50", tax="0", total="50", gift_cards="50"), [], {}, 0, []),
    "a gift card is no more than the goods": (amounts(gift_cards="500"), [], {}, 0, []),
    "half refunded beside a gift card": (
        amounts(subtotal="150", tax="0", total="150", gift_cards="50"),
        ["75"],
        {},
        5_000,
        [],
    ),
    "a gift card and shipping as revenue": (
        amounts(subtotal="50", tax="0", shipping="4.9", total="54.9", gift_cards="50"),
        [],
        {"shipping_in_revenue": True},
        490,
        [],
    ),
    "dollars at 1.25 a euro": ({"currency": "USD"}, [], {}, 8_000, []),
    "yen at 160 a euro: 15900 yen": ({"currency": "JPY"} | amounts(subtotal="16000", tax="100"), [], {}, 9_938, []),
    "the refund is rounded in yen, then converted: 333.33 -> 333; 667 / 160 = 4.16875": (
        {"currency": "JPY"} | amounts(subtotal="1000", tax="0", total="3000"),
        ["1000"],
        {},
        417,
        [],
    ),
    "a currency in small letters": ({"currency": "eur"}, [], {}, 10_000, []),
}


@pytest.mark.parametrize(("differs", "refunded", "policy", "net", "flags"), WORTH.values(), ids=WORTH.keys())
def test_worth(
    differs: dict[str, Any], refunded: list[str], policy: dict[str, Any], net: int, flags: list[str]
) -> None:
    refunds = [
        refund("1", amount.rpartition(":")[2], refund_id=amount.rpartition(":")[0] or "cumulative")
        for amount in refunded
    ]
    row = ledger(order("1", **differs), refunds=refunds, **policy).row(0, named=True)
    assert row["state"] == "sold"
    assert row["net_minor"] == net
    assert row["flags"] == flags
    assert row["goods_minor"] - row["refunded_goods_minor"] == net


STATES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str | None]] = {
    "paid": ({}, {}, "sold", None),
    "pending is sold, as cash on delivery stays pending": ({"status": "pending"}, {}, "sold", None),
    "no status told": ({"status": None}, {}, "sold", None),
    "voided": ({"status": "Voided"}, {}, "unsold", "unsold_status"),
    "another status of the policy": ({"status": "draft"}, {"unsold_statuses": ("Draft",)}, "unsold", "unsold_status"),
    "voided is sold when the policy lists nothing": ({"status": "voided"}, {"unsold_statuses": ()}, "sold", None),
    "cancelled": ({"cancelled_at": NOON}, {}, "unsold", "cancelled"),
    "cancelled counts if the policy says so": ({"cancelled_at": NOON}, {"cancelled_is_sold": True}, "sold", None),
    "a test": ({"is_test": True}, {}, "unsold", "test"),
    "a test counts if the policy says so": ({"is_test": True}, {"test_is_sold": True}, "sold", None),
    "unknown whether a test": ({"is_test": None}, {}, "sold", None),
    "a test that was cancelled is a test": ({"is_test": True, "cancelled_at": NOON}, {}, "unsold", "test"),
    "no rate": ({"currency": "VND"}, {}, "unconverted", "no_rate"),
    "no currency": ({"currency": None}, {}, "unconverted", "no_currency"),
    "no amount": ({"subtotal": None}, {}, "unconverted", "no_amount"),
    "voided without a rate is unsold": ({"status": "voided", "currency": "VND"}, {}, "unsold", "unsold_status"),
}


@pytest.mark.parametrize(("differs", "policy", "state", "reason"), STATES.values(), ids=STATES.keys())
def test_state(differs: dict[str, Any], policy: dict[str, Any], state: str, reason: str | None) -> None:
    row = ledger(order("1", **differs), **policy).row(0, named=True)
    assert (row["state"], row["reason"]) == (state, reason)
    assert (row["net_minor"] is None) == (state != "sold")


def test_days_are_those_of_the_business_zone() -> None:
    late = dt.datetime(2026, 6, 15, 22, 30, tzinfo=dt.UTC)  # half past midnight in Berlin
    assert ledger(order("1", ordered_at=late))["day"].to_list() == [dt.date(2026, 6, 16)]


def test_the_rate_is_that_of_the_business_day() -> None:
    # RATES quote the 12th of June; they serve up to the 19th.
    last = dt.datetime(2026, 6, 19, 21, 59, tzinfo=dt.UTC)
    rows = ledger(
        order("1", currency="USD", ordered_at=last),
        order("2", currency="USD", ordered_at=last + dt.timedelta(minutes=1)),
    )
    assert rows["state"].to_list() == ["sold", "unconverted"]


def test_first_orders_are_told_by_the_customer() -> None:
    rows = ledger(
        order("1", customer_key=7, ordered_at=NOON + DAY),
        order("2", customer_key=7, ordered_at=NOON),
        order("3"),
        order("4", customer_key=8, ordered_at=NOON, status="voided"),
        order("5", customer_key=8, ordered_at=NOON + DAY),
    )
    assert dict(rows.select("order_id", "is_first_order").iter_rows()) == {
        "1": False,
        "2": True,
        "3": None,
        "4": None,
        "5": True,
    }


def test_the_same_order_id_in_two_accounts_is_two_orders() -> None:
    rows = ledger(order("1"), order("1", account="second"), refunds=[refund("1", "119", account="second")])
    assert dict(rows.select("account", "net_minor").iter_rows()) == {"default": 10_000, "second": 0}


def test_no_orders_give_an_empty_ledger() -> None:
    assert ledger().is_empty()


money = st.decimals("0", "99999.9999", places=4)


@limits(deadline=None)
@given(subtotal=money, tax=money, shipping=money, refunded=money, total=money, gift=money)
def test_net_is_exact(
    subtotal: Decimal, tax: Decimal, shipping: Decimal, refunded: Decimal, total: Decimal, gift: Decimal
) -> None:
    """Against Python's own decimal arithmetic, step by step."""
    cent = Decimal("0.01")
    row = ledger(
        order("1", subtotal=subtotal, tax=tax, shipping=shipping, total=total, gift_cards=gift),
        refunds=[refund("1", str(refunded))],
    ).row(0, named=True)
    owed = min(gift, max(subtotal - tax, Decimal(0)))
    goods = (subtotal - tax - owed).quantize(cent, ROUND_HALF_EVEN)
    share = (refunded * goods / total).quantize(cent, ROUND_HALF_EVEN) if total > 0 else Decimal(0)
    assert row["net_minor"] == int((goods - share) * 100)


@pytest.mark.parametrize(
    ("names", "payment", "counts"),
    [
        ({"order_id": "77", "order_name": "1001"}, "1001", False),
        ({"order_id": "77", "order_name": "1001"}, "#1001 ", False),
        ({"order_id": "wc-9", "order_name": None}, "WC-9", False),
        ({"order_id": "77", "order_name": "1001"}, "1002", True),
        ({"order_id": "77", "order_name": "1001"}, None, True),
    ],
)
def test_a_payment_that_names_a_shops_order_is_no_second_sale(
    names: dict[str, Any], payment: str | None, counts: bool
) -> None:
    sold = order("77") | {"account": "shopify:default"} | names
    paid = order("ch_1", account="stripe:default", order_name=payment)
    for rows in ((sold, paid), (paid, sold)):
        states = {row["order_id"]: (row["state"], row["reason"]) for row in ledger(*rows).to_dicts()}
        assert states["ch_1"] == (("sold", None) if counts else ("unsold", "payment"))
        assert states[names["order_id"]] == ("sold", None)


def test_without_the_shops_file_the_payment_is_the_sale() -> None:
    paid = order("ch_1", account="stripe:default", order_name="1001")
    again = order("ch_2", account="stripe:default", order_name="1001")
    assert ledger(paid, again)["state"].to_list() == ["sold", "sold"]
