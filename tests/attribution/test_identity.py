"""Which visits an order belongs to, and by which method."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution import tables
from attribution.identity import Identity, link_orders
from tests.attribution.worlds import DAY, NOON, direct_touch, order, table, touch

SECOND = dt.timedelta(seconds=1)
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


def by_method(orders: list[dict[str, Any]], touches: list[dict[str, Any]]) -> dict[str, str]:
    return dict(linked(orders, touches).methods.select("order_id", "match_method").iter_rows())


# order_ref of a visit, ids and names of the orders -> methods
NUMBERS: dict[str, tuple[list[str], dict[str, str], dict[str, str]]] = {
    "a prefix": (["SHOP-1005"], {"x1": "1005"}, {"x1": "transaction_id"}),
    "a prefix on the order's side": (["1005"], {"x1": "EN1005"}, {"x1": "transaction_id"}),
    "leading zeros": (["0001005"], {"x1": "1005"}, {"x1": "transaction_id"}),
    "the id instead of the name": (["GA-5000000001"], {"5000000001": "1005"}, {"5000000001": "transaction_id"}),
    "the exact name goes before": (
        ["1005", "SHOP-1006"], {"x1": "1005", "x2": "1006"}, {"x1": "order_id", "x2": "transaction_id"},
    ),
    "two orders of one number": (["SHOP-1005"], {"x1": "1005", "x2": "B1005"}, {"x1": "none", "x2": "none"}),
    "two references of one number": (["SHOP-1005", "POS-1005"], {"x1": "1005"}, {"x1": "none"}),
    "several numbers": (["2026-1005"], {"x1": "1005"}, {"x1": "none"}),
    "three digits are too few": (["S-115"], {"x1": "115"}, {"x1": "none"}),
    "a suffix": (["1005-A"], {"x1": "1005"}, {"x1": "transaction_id"}),
    "another prefix on each side": (["SHOP-1005"], {"x1": "EN1005"}, {"x1": "none"}),
    "(not set)": (["(not set)"], {"x1": "1005"}, {"x1": "none"}),
    "one visit of two purchases": (
        ["1005|SHOP-1006"], {"x1": "1005", "x2": "1006"}, {"x1": "order_id", "x2": "transaction_id"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("refs", "orders", "expected"), NUMBERS.values(), ids=NUMBERS.keys())
def test_transaction_ids_by_their_number(refs: list[str], orders: dict[str, str], expected: dict[str, str]) -> None:
    visits = [touch(f"t{n}", visitor=n, order_ref=ref) for n, ref in enumerate(refs)]
    assert by_method([order(i, order_name=name) for i, name in orders.items()], visits) == expected


# when visits with SHOP-1005 began, when orders 1005 of shops of their own were placed -> methods
TIMES: dict[str, tuple[list[dt.datetime], list[dt.datetime], list[str]]] = {
    "a day before": ([NOON - DAY], [NOON], ["transaction_id"]),
    "a day after": ([NOON + DAY], [NOON], ["transaction_id"]),
    "longer before": ([NOON - DAY - SECOND], [NOON], ["none"]),
    "years apart": ([NOON - 700 * DAY], [NOON], ["none"]),
    "two orders at one time": ([NOON], [NOON, NOON], ["none", "none"]),
    "the order of its time": ([NOON], [NOON - 700 * DAY, NOON], ["none", "transaction_id"]),
    "each visit its order": ([NOON, NOON - 700 * DAY], [NOON - 700 * DAY, NOON], ["transaction_id", "transaction_id"]),
}  # fmt: skip


@pytest.mark.parametrize(("began", "placed", "methods"), TIMES.values(), ids=TIMES.keys())
def test_a_number_joins_at_its_time_alone(
    began: list[dt.datetime], placed: list[dt.datetime], methods: list[str]
) -> None:
    visits = [touch(f"t{n}", visitor=n, at=at, account="web", order_ref="SHOP-1005") for n, at in enumerate(began)]
    orders = [order(f"x{n}", account=f"s{n}", order_name="1005", ordered_at=at) for n, at in enumerate(placed)]
    assert linked(orders, visits).methods["match_method"].to_list() == methods


CLICK = 777
SHARED = [order(str(n), customer_key=n, click_id=CLICK) for n in range(1, 5)]
# visits, orders -> method of the order "1"
CLICKS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], str]] = {
    "the visit's click id is the order's": ([touch("a", click_id=CLICK)], [order("1", click_id=CLICK)], "click_id"),
    "the order id goes before": (
        [touch("a", click_id=CLICK), touch("b", visitor=2, order_ref="1")], [order("1", click_id=CLICK)], "order_id",
    ),
    "it goes before the customer": (
        [touch("a", click_id=CLICK), touch("b", visitor=2, customer_key=A)],
        [order("1", click_id=CLICK, customer_key=A)],
        "click_id",
    ),
    "a visit after the order": ([touch("a", at=NOON + DAY, click_id=CLICK)], [order("1", click_id=CLICK)], "none"),
    "a click id of two visitors": (
        [touch("a", click_id=CLICK), touch("b", visitor=2, click_id=CLICK)], [order("1", click_id=CLICK)], "none",
    ),
    "a click id on orders of four customers": ([touch("a", click_id=CLICK)], SHARED, "none"),
    "unknown is not equal to unknown": ([touch("a")], [order("1")], "none"),
    "the shop's own session is no other visit": (
        [touch("order:1", visitor=9, order_ref="1", click_id=CLICK)], [order("1", click_id=CLICK)], "order_id",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("touches", "orders", "method"), CLICKS.values(), ids=CLICKS.keys())
def test_click_ids(touches: list[dict[str, Any]], orders: list[dict[str, Any]], method: str) -> None:
    assert by_method(orders, touches)["1"] == method


def test_visitors_of_one_customer_are_one_person() -> None:
    touches = [
        touch("phone", visitor=1, customer_key=A),
        touch("laptop", visitor=2, customer_key=A),
        touch("t", visitor=2),
    ]
    assert set(persons(linked([], touches), touches).values()) == {"c:11"}


def signed_in(*pairs: tuple[int, int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Visits of accounts, each having placed an order of a customer: (account, customer), a visitor and order each."""
    touches = [touch(f"t{n}", visitor=n, customer_key=a, order_ref=str(n)) for n, (a, _) in enumerate(pairs, 100)]
    return [order(str(n), customer_key=b) for n, (_, b) in enumerate(pairs, 100)], touches


def test_the_account_of_a_visit_and_the_customer_of_the_order_it_placed_are_one() -> None:
    orders, touches = signed_in((A, B))
    touches.append(touch("phone", at=NOON - 3 * DAY, visitor=5, customer_key=A))
    identity = linked(orders, touches)
    assert persons(identity, touches) == {"t100": "c:11", "phone": "c:11"}
    assert identity.links["person"].to_list() == ["c:11"]


def test_ids_are_stitched_over_several_steps_and_the_first_seen_stands_for_all() -> None:
    orders, touches = signed_in((A, B), (C, B), (C, D))
    touches.append(touch("first", at=NOON - 9 * DAY, visitor=5, customer_key=C))
    assert set(persons(linked(orders, touches), touches).values()) == {"c:33"}


def test_an_account_that_orders_for_four_customers_stitches_nothing() -> None:
    orders, touches = signed_in(*((99, customer) for customer in (A, B, C, D)))
    found = persons(
        linked(orders, [*touches, touch("x", visitor=5, customer_key=A)]), [touch("x", visitor=5, customer_key=A)]
    )
    assert found == {"x": "c:11"}


def own(**given: Any) -> dict[str, Any]:
    """The session that the shop tells of the order "1"."""
    return touch("order:1", visitor=900, order_ref="1", source="instagram", medium="social") | given


TWICE: dict[str, tuple[list[dict[str, Any]], set[str]]] = {
    "both know the same: the visit counts": ([own(), touch("a", order_ref="1")], {"a"}),
    "the visit knows more": ([own(evidence="referrer"), touch("a", order_ref="1")], {"a"}),
    "the visit knows nothing: the shop's counts": (
        [own(evidence="click_id"), direct_touch("a", order_ref="1")], {"order:1"},
    ),
    "the visit knows less": ([own(), touch("a", order_ref="1", source="x.example", evidence="referrer")], {"order:1"}),
    "other visits of that visitor stay": (
        [own(), direct_touch("a", order_ref="1"), touch("b", source="tiktok")], {"order:1", "b"},
    ),
    "its source is that of another visit: told already": (
        [own(), direct_touch("a", order_ref="1"), touch("b")], {"a", "b"},
    ),
    "two visitors claim the order: the shop's counts": (
        [own(), touch("a", order_ref="1"), touch("b", visitor=2, order_ref="N1")], {"order:1", "a", "b"},
    ),
    "a shared device claims it: the shop's counts": (
        [own(), touch("a", order_ref="1"), *(touch(f"t{key}", customer_key=key) for key in (A, B, C, D))], {"order:1"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("touches", "expected"), TWICE.values(), ids=TWICE.keys())
def test_a_session_told_twice_counts_once(touches: list[dict[str, Any]], expected: set[str]) -> None:
    identity = linked([order("1")], touches)
    assert {name for name, person in persons(identity, touches).items() if person} == expected
    assert identity.methods["match_method"].to_list() == ["order_id"]


WORLD = st.lists(
    st.fixed_dictionaries(
        {
            "visitor": st.integers(1, 4),
            "customer_key": st.sampled_from([None, A, B, C, D]),
            "order_ref": st.sampled_from([None, "1", "N2", "S-103", "1|N2"]),
            "click_id": st.sampled_from([None, 7, 8]),
            "evidence": st.sampled_from(["utm", "none", "referrer"]),
        }
    ),
    max_size=8,
)


@given(WORLD, st.lists(st.sampled_from([None, A, B, C, D]), min_size=3, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    rows: list[dict[str, Any]], customers: list[int | None], random: Random
) -> None:
    orders = [order(i, customer_key=c, click_id=n) for n, (i, c) in enumerate(zip("123", customers, strict=True), 7)]
    orders[2]["order_name"] = "103"
    touches = [touch(f"t{n}", at=NOON - n * DAY, **row) for n, row in enumerate(rows)] + [own()]
    first = linked(orders, touches)
    seen = persons(first, touches)
    random.shuffle(orders)
    random.shuffle(touches)
    second = linked(orders, touches)
    assert second.links.equals(first.links)
    assert second.methods.equals(first.methods)
    assert persons(second, touches) == seen
