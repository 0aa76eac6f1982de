"""Which visits an order belongs to, and by which method."""

from __future__ import annotations

from typing import Any

import pytest

from attribution import tables
from attribution.identity import Identity, link_orders
from tests.attribution.worlds import order, table, touch

A, B, C, D = 11, 22, 33, 44  # customers


def linked(orders: list[dict[str, Any]], touches: list[dict[str, Any]]) -> Identity:
    return link_orders(table(tables.ORDERS, orders), table(tables.TOUCHES, touches))


def persons(identity: Identity, touches: list[dict[str, Any]]) -> dict[str, str | None]:
    return dict(identity.with_person(table(tables.TOUCHES, touches)).select("touch_id", "person").iter_rows())


# visits, what is known of the order -> method, persons of the order "1" named "N1"
METHODS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str, list[str]]] = {
    "a visit carried the order's id": ([touch("a", order_ref="1")], {}, "order_id", ["v:1"]),
    "a visit carried the order's name": ([touch("a", order_ref="N1")], {}, "order_id", ["v:1"]),
    "a leading # does not matter": ([touch("a", order_ref="#N1")], {}, "order_id", ["v:1"]),
    "the customer is known of both": ([touch("a", customer_key=A)], {"customer_key": A}, "customer", ["c:11"]),
    "the order id goes before the customer": (
        [touch("a", order_ref="1"), touch("b", visitor=2, customer_key=A)],
        {"customer_key": A},
        "order_id",
        ["c:11"],
    ),
    "an order id that two visitors carried joins none": (
        [touch("a", order_ref="1"), touch("b", visitor=2, order_ref="N1")],
        {},
        "none",
        [],
    ),
    "then the customer still joins": (
        [touch("a", order_ref="1"), touch("b", visitor=2, order_ref="N1", customer_key=A)],
        {"customer_key": A},
        "customer",
        ["c:11"],
    ),
    "nothing in common": ([touch("a", customer_key=B)], {"customer_key": A}, "none", []),
    "unknown is not equal to unknown": ([touch("a")], {}, "none", []),
    "no visits": ([], {"customer_key": A}, "none", []),
    "a visitor of four customers is a shared device": (
        [touch("a", order_ref="1"), *(touch(f"t{key}", customer_key=key) for key in (A, B, C, D))],
        {},
        "none",
        [],
    ),
    "its customers are not joined by it either": (
        [touch(f"t{key}", customer_key=key) for key in (A, B, C, D)],
        {"customer_key": A},
        "none",
        [],
    ),
    "a visitor of three customers is a household": (
        [touch(f"t{key}", customer_key=key) for key in (A, B, C)],
        {"customer_key": A},
        "customer",
        ["c:11"],
    ),
    "a visitor of two customers: the order is of its own and of the device": (
        [touch("a", order_ref="1"), touch("b", customer_key=B)],
        {"customer_key": A},
        "order_id",
        ["v:1"],
    ),
}


@pytest.mark.parametrize(("touches", "differs", "method", "expected"), METHODS.values(), ids=METHODS.keys())
def test_method(touches: list[dict[str, Any]], differs: dict[str, Any], method: str, expected: list[str]) -> None:
    identity = linked([order("1", **differs)], touches)
    assert identity.methods["match_method"].to_list() == [method]
    assert identity.links["person"].to_list() == expected


def test_an_order_tells_who_its_visitor_is() -> None:
    touches = [touch("before"), touch("checkout", order_ref="1"), touch("phone", visitor=2, customer_key=A)]
    identity = linked([order("1", customer_key=A)], touches)
    assert persons(identity, touches) == {"before": "c:11", "checkout": "c:11", "phone": "c:11"}


def test_on_a_device_of_two_named_visits_are_their_customers_others_the_devices() -> None:
    touches = [touch("a", customer_key=A), touch("b", customer_key=B), touch("c")]
    assert persons(linked([], touches), touches) == {"a": "c:11", "b": "c:22", "c": "v:1"}


def test_visits_of_a_shared_device_are_nobodys() -> None:
    touches = [touch(f"t{key}", customer_key=key) for key in (A, B, C, D)]
    assert set(persons(linked([], touches), touches).values()) == {None}


def test_an_order_name_means_the_order_of_the_visits_own_account() -> None:
    orders = [order("1"), order("1", account="second")]
    identity = linked(orders, [touch("a", order_ref="N1", account="second")])
    assert dict(identity.methods.select("account", "match_method").iter_rows()) == {
        "default": "none",
        "second": "order_id",
    }


def test_from_another_account_a_name_counts_when_only_one_order_bears_it() -> None:
    visits = [touch("a", order_ref="N1", account="analytics"), touch("b", order_ref="N2", account="analytics")]
    orders = [order("1"), order("2"), order("2", account="second")]
    methods = linked(orders, visits).methods
    assert methods["match_method"].to_list() == ["order_id", "none", "none"]


def test_an_id_goes_before_another_orders_name() -> None:
    orders = [order("1"), order("77", order_name="1")]
    methods = linked(orders, [touch("a", order_ref="1")]).methods
    assert dict(methods.select("order_id", "match_method").iter_rows()) == {"1": "order_id", "77": "none"}
