"""Several shops of one workspace, each judged by its own rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from attribution import tables
from attribution.ledger import order_ledger
from config.settings import ShopSettings
from tests.attribution.test_ledger import BERLIN
from tests.attribution.worlds import NOON, RATES, order, refund, table

COD = "shopify:cod"


def ledger(orders: list[dict[str, Any]], refunds: list[dict[str, Any]], shop: dict[str, Any]) -> pl.DataFrame:
    return order_ledger(
        table(tables.ORDERS, orders),
        table(tables.REFUNDS, refunds),
        shop=ShopSettings.model_validate(shop),
        currency="EUR",
        rates=RATES,
        zone=BERLIN,
    )


# What differs from an order of 119.00 with 19.00 tax inside; [shop]; [[shop.account]] cod -> state and net of the order
# in the account cod, and of the same order in another
JUDGED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], tuple[str, int | None], tuple[str, int | None]]]
JUDGED = {
    "nothing of its own": ({}, {}, {}, ("sold", 10_000), ("sold", 10_000)),
    "pending is not sold there": (
        {"status": "Pending"},
        {},
        {"unsold_statuses": ("voided", " pending")},
        ("unsold", None),
        ("sold", 10_000),
    ),
    "pending is sold there alone": (
        {"status": "pending"},
        {"unsold_statuses": ("pending",)},
        {"unsold_statuses": ()},
        ("sold", 10_000),
        ("unsold", None),
    ),
    "tax is on top there": ({}, {}, {"tax_included": False}, ("sold", 11_900), ("sold", 10_000)),
    "tax is inside there, whatever the file says": (
        {"tax_included": False},
        {},
        {"tax_included": True},
        ("sold", 10_000),
        ("sold", 11_900),
    ),
    "tax is on top everywhere but there": (
        {},
        {"tax_included": False},
        {"tax_included": True},
        ("sold", 10_000),
        ("sold", 11_900),
    ),
    "shipping is revenue there": (
        {"shipping": Decimal("4.9"), "total": Decimal("123.9")},
        {},
        {"shipping_in_revenue": True},
        ("sold", 10_490),
        ("sold", 10_000),
    ),
    "shipping is no revenue there": (
        {"shipping": Decimal("4.9"), "total": Decimal("123.9")},
        {"shipping_in_revenue": True},
        {"shipping_in_revenue": False},
        ("sold", 10_000),
        ("sold", 10_490),
    ),
    "tests are sold there": ({"is_test": True}, {}, {"test_is_sold": True}, ("sold", 10_000), ("unsold", None)),
    "cancelled is sold there": (
        {"cancelled_at": NOON},
        {},
        {"cancelled_is_sold": True},
        ("sold", 10_000),
        ("unsold", None),
    ),
    "cancelled is sold but there": (
        {"cancelled_at": NOON},
        {"cancelled_is_sold": True},
        {"cancelled_is_sold": False},
        ("unsold", None),
        ("sold", 10_000),
    ),
}


@pytest.mark.parametrize("name", ["cod", COD])
@pytest.mark.parametrize(("differs", "shop", "own", "there", "elsewhere"), JUDGED.values(), ids=JUDGED.keys())
def test_an_order_is_judged_by_the_rules_of_its_account(
    differs: dict[str, Any],
    shop: dict[str, Any],
    own: dict[str, Any],
    there: tuple[str, int | None],
    elsewhere: tuple[str, int | None],
    name: str,
) -> None:
    accounts = (COD, "shopify:default", "woocommerce:net")
    orders = [order("1", account=account, **differs) for account in accounts]
    found = ledger(orders, [], shop | {"account": ({"name": name} | own,)})
    judged = {row["account"]: (row["state"], row["net_minor"]) for row in found.to_dicts()}
    assert judged == dict(zip(accounts, (there, elsewhere, elsewhere), strict=True))


def test_a_system_is_meant_alone_where_it_is_named() -> None:
    orders = [order("1", account=account) for account in (COD, "woocommerce:cod")]
    found = ledger(orders, [], {"account": ({"name": COD, "tax_included": False},)})
    assert dict(found.select("account", "net_minor").iter_rows()) == {COD: 11_900, "woocommerce:cod": 10_000}


money = st.decimals("0", "999.99", places=2)
amounts = st.fixed_dictionaries({"subtotal": money, "tax": money, "shipping": money, "total": st.none() | money})
statuses = st.sampled_from(["paid", "pending", "voided", "refunded", None])
orders_of = st.fixed_dictionaries(
    {
        "account": st.sampled_from(["shopify:cod", "shopify:net", "woocommerce:cod", "csv"]),
        "amounts": amounts,
        "status": statuses,
        "is_test": st.none() | st.booleans(),
        "cancelled_at": st.sampled_from([None, NOON]),
        "tax_included": st.none() | st.booleans(),
        "refund": st.none() | money,
    }
)
rules = st.fixed_dictionaries(
    {},
    optional={
        "unsold_statuses": st.lists(st.sampled_from(["pending", "voided"]), max_size=2).map(tuple),
        "cancelled_is_sold": st.booleans(),
        "test_is_sold": st.booleans(),
        "shipping_in_revenue": st.booleans(),
        "tax_included": st.booleans(),
    },
)
Drawn = list[dict[str, Any]]


def rows_of(drawn: Drawn) -> tuple[Drawn, Drawn]:
    orders, refunds = [], []
    for number, one in enumerate(drawn):
        plain = {name: value for name, value in one.items() if name not in ("amounts", "refund")}
        orders.append(order(str(number), **plain, **one["amounts"]))
        if one["refund"] is not None:
            refunds.append(refund(str(number), str(one["refund"]), account=one["account"]))
    return orders, refunds


@limits(deadline=None, max_examples=60)
@given(drawn=st.lists(orders_of, max_size=6), shop=rules, cod=rules, shopify_cod=rules)
def test_together_is_each_account_alone_under_its_own_rules(
    drawn: Drawn, shop: dict[str, Any], cod: dict[str, Any], shopify_cod: dict[str, Any]
) -> None:
    orders, refunds = rows_of(drawn)
    own = ({"name": "cod"} | cod, {"name": COD} | shopify_cod)
    alone = {
        "shopify:cod": shop | cod | shopify_cod,
        "woocommerce:cod": shop | cod,
        "shopify:net": shop,
        "csv": shop,
    }
    parts = [
        ledger([row for row in orders if row["account"] == account], refunds, told) for account, told in alone.items()
    ]
    expected = pl.concat(parts).sort("ordered_at", "account", "order_id")
    assert_frame_equal(ledger(orders, refunds, shop | {"account": own}), expected)


@limits(deadline=None, max_examples=30)
@given(drawn=st.lists(orders_of, max_size=6), shop=rules)
def test_accounts_with_nothing_of_their_own_change_nothing(drawn: Drawn, shop: dict[str, Any]) -> None:
    orders, refunds = rows_of(drawn)
    plain = ledger(orders, refunds, shop)
    assert_frame_equal(ledger(orders, refunds, shop | {"account": ({"name": "cod"}, {"name": COD})}), plain)
    assert_frame_equal(
        ledger(orders, refunds, shop | {"account": ({"name": "elsewhere", "tax_included": True},)}), plain
    )
