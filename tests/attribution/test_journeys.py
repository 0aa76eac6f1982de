"""Which touchpoints stand on the path of an order, and in what order."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tests.attribution.worlds import (
    DAY,
    NOON,
    code_used,
    direct_touch,
    inputs,
    order,
    registered,
    report,
    touch,
)

SECOND = dt.timedelta(seconds=1)
HOUR = dt.timedelta(hours=1)
MINE: dict[str, Any] = {"customer_key": 1}


def path(order_id: str = "1", **world: Any) -> list[str]:
    """The touch ids and codes on the order's path."""
    rows = report(inputs(**world)).journeys
    mine = rows.filter(rows["order_id"] == order_id)
    assert mine["position"].to_list() == list(range(1, mine.height + 1))
    assert set(mine["path_length"]) <= {mine.height}
    return [touch_id or code for touch_id, code in mine.select("touch_id", "code").iter_rows()]


WINDOW: dict[str, tuple[dt.timedelta, list[str]]] = {
    "exactly thirty days before": (-30 * DAY, ["a"]),
    "a second earlier": (-30 * DAY - SECOND, []),
    "at the time of the order": (dt.timedelta(0), ["a"]),
    "a second after the order": (SECOND, []),
}


@pytest.mark.parametrize(("distance", "expected"), WINDOW.values(), ids=WINDOW.keys())
def test_window(distance: dt.timedelta, expected: list[str]) -> None:
    assert path(orders=[order("1", **MINE)], touches=[touch("a", at=NOON + distance, **MINE)]) == expected


def test_touches_stand_in_time_and_ties_by_id() -> None:
    touches = [touch("c", **MINE), touch("b", **MINE), touch("a", at=NOON - 2 * DAY, **MINE)]
    assert path(orders=[order("1", **MINE)], touches=touches) == ["a", "b", "c"]


def test_two_devices_of_one_customer_are_one_path() -> None:
    touches = [touch("phone", visitor=1, at=NOON - 2 * DAY, **MINE), touch("laptop", visitor=2, **MINE)]
    assert path(orders=[order("1", **MINE)], touches=touches) == ["phone", "laptop"]


def test_a_journey_begins_anew_after_an_order() -> None:
    orders = [order("1", ordered_at=NOON - 5 * DAY, **MINE), order("2", **MINE)]
    touches = [
        touch("before", at=NOON - 6 * DAY, **MINE),
        touch("at", at=NOON - 5 * DAY, **MINE),
        touch("after", at=NOON - 5 * DAY + SECOND, **MINE),
    ]
    assert path("1", orders=orders, touches=touches) == ["before", "at"]
    assert path("2", orders=orders, touches=touches) == ["after"]


def test_an_order_that_was_not_sold_ends_no_journey_and_has_none() -> None:
    orders = [order("1", ordered_at=NOON - 5 * DAY, status="voided", **MINE), order("2", **MINE)]
    touches = [touch("a", at=NOON - 6 * DAY, **MINE)]
    assert path("1", orders=orders, touches=touches) == []
    assert path("2", orders=orders, touches=touches) == ["a"]


def test_an_order_before_the_period_ends_a_journey_too() -> None:
    may = dt.datetime(2026, 5, 31, 12, tzinfo=dt.UTC)
    orders = [order("0", ordered_at=may, **MINE), order("1", ordered_at=may + 3 * DAY, **MINE)]
    assert path(orders=orders, touches=[touch("a", at=may - DAY, **MINE)]) == []


def test_on_a_shared_device_the_customers_own_last_order_ends_the_journey() -> None:
    """Visitor 1 is of two customers, so its unnamed visits are the device's; its order is also customer 1's."""
    orders = [order("1", ordered_at=NOON - 5 * DAY, **MINE), order("2", **MINE)]
    touches = [
        touch("elsewhere", visitor=2, at=NOON - 6 * DAY, **MINE),
        touch("other", customer_key=2, at=NOON - 20 * DAY),
        touch("before", at=NOON - 6 * DAY),
        touch("at", at=NOON - 5 * DAY),
        touch("after", at=NOON - 4 * DAY),
        touch("checkout", order_ref="2", at=NOON),
    ]
    assert path("1", orders=orders, touches=touches) == ["elsewhere"]
    assert path("2", orders=orders, touches=touches) == ["after", "checkout"]


def test_of_two_orders_at_one_time_the_first_by_id_has_the_path() -> None:
    orders = [order("1", **MINE), order("2", **MINE)]
    assert path("1", orders=orders, touches=[touch("a", **MINE)]) == ["a"]
    assert path("2", orders=orders, touches=[touch("a", **MINE)]) == []


def test_a_code_comes_last_even_at_the_time_of_a_visit() -> None:
    world = {
        "orders": [order("1", **MINE)],
        "touches": [touch("z", at=NOON, **MINE)],
        "order_codes": [code_used("1", "ANNA10")],
        "codes": [registered("ANNA10")],
    }
    assert path(**world) == ["z", "ANNA10"]


CODES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]] = {
    "no channel, no touchpoint": ([code_used("1", "SITE")], [registered("SITE", kind="sitewide", channel=None)], []),
    "unknown codes are no touchpoints": ([code_used("1", "NOPE")], [], []),
    "nor are expired ones": ([code_used("1", "OLD")], [registered("OLD", valid_to=dt.date(2026, 6, 14))], []),
    "nor automatic discounts": ([code_used("1", "A", kind="automatic")], [registered("A")], []),
    "a creator's code comes after the shop's": (
        [code_used("1", "ANNA"), code_used("1", "MAIL", ordinal=2, discount=Decimal(50))],
        [registered("ANNA"), registered("MAIL", kind="crm", channel="Email")],
        ["MAIL", "ANNA"],
    ),
    "then the larger discount": (
        [code_used("1", "ANNA", discount=Decimal(10)), code_used("1", "BEA", ordinal=2, discount=Decimal(5))],
        [registered("ANNA"), registered("BEA")],
        ["BEA", "ANNA"],
    ),
    "then the name": (
        [code_used("1", "BEA"), code_used("1", "ANNA", ordinal=2)],
        [registered("ANNA"), registered("BEA")],
        ["ANNA", "BEA"],
    ),
    "twice the same code is one touchpoint": (
        [code_used("1", "ANNA"), code_used("1", "ANNA", ordinal=2)],
        [registered("ANNA")],
        ["ANNA"],
    ),
}


@pytest.mark.parametrize(("used", "known", "expected"), CODES.values(), ids=CODES.keys())
def test_codes(used: list[dict[str, Any]], known: list[dict[str, Any]], expected: list[str]) -> None:
    assert path(orders=[order("1")], order_codes=used, codes=known) == expected


def test_the_last_two_hundred_touches_stay() -> None:
    touches = [touch(f"{n:03}", at=NOON - dt.timedelta(minutes=300 - n), **MINE) for n in range(250)]
    rows = report(inputs(orders=[order("1", **MINE)], touches=touches)).journeys
    assert rows["touch_id"].to_list() == [f"{n:03}" for n in range(50, 250)]
    assert set(rows["left_out"]) == {50}


def test_touches_that_are_not_direct_are_numbered_apart() -> None:
    touches = [
        touch("a", at=NOON - 3 * DAY, **MINE),
        direct_touch("b", at=NOON - 2 * DAY, **MINE),
        touch("c", at=NOON - DAY, **MINE),
    ]
    rows = report(inputs(orders=[order("1", **MINE)], touches=touches)).journeys
    assert rows["non_direct_position"].to_list() == [1, None, 2]
    assert set(rows["non_direct_length"]) == {2}


# source, utm_content -> person; registered: Anna on Instagram, Bea on Instagram and on TikTok
PERSONS: dict[str, tuple[str, str | None, str | None]] = {
    "the handle on its network": ("instagram", "anna", "instagram:anna"),
    "an @, blanks and capitals": ("instagram", " @Anna ", "instagram:anna"),
    "somebody on two networks is the one of the source": ("tiktok", "bea", "tiktok:bea"),
    "on a network where others are registered it is nobody": ("tiktok", "anna", None),
    "a source that is no network: the only one of that handle": ("linktr.ee", "anna", "instagram:anna"),
    "a source that is no network, and two of that handle": ("linktr.ee", "bea", None),
    "nobody of that name": ("instagram", "carl", None),
    "no content": ("instagram", None, None),
}


@pytest.mark.parametrize(("source", "content", "person"), PERSONS.values(), ids=PERSONS.keys())
def test_person_of_a_click(source: str, content: str | None, person: str | None) -> None:
    world = inputs(
        orders=[order("1", **MINE)],
        touches=[touch("a", source=source, utm_content=content, **MINE)],
        persons=["instagram:anna", "instagram:bea", "tiktok:bea"],
    )
    assert report(world).journeys["person"].to_list() == [person]


# --- what was only seen -----------------------------------------------------------------------------------------------


def seen(touch_id: str, **given: Any) -> dict[str, Any]:
    return touch(touch_id, **{"evidence": "view", "at": NOON - HOUR} | given)


SWITCHED_ON = '[attribution]\nview_through = "1d"\n'


def test_what_was_only_seen_counts_for_nothing_by_default() -> None:
    shown = report(inputs(orders=[order("1", customer_key=1)], touches=[seen("v", customer_key=1)]))
    assert shown.journeys.is_empty()
    assert shown.touches.is_empty()
    assert shown.unmatched_orders == 1


@pytest.mark.parametrize(
    ("beside", "channels"),
    [
        ([], ["Organic Social (view-through)"]),
        ([direct_touch("d", customer_key=1, at=NOON - HOUR / 2)], ["Organic Social (view-through)", "Direct"]),
        ([touch("c", customer_key=1, source="newsletter", medium="email")], ["Email"]),
    ],
    ids=["alone", "beside Direct", "never in the place of a click"],
)
def test_a_view_counts_where_nothing_was_clicked(beside: list[Any], channels: list[str]) -> None:
    world = inputs(orders=[order("1", customer_key=1)], touches=[seen("v", customer_key=1), *beside])
    shown = report(world, toml=SWITCHED_ON)
    assert shown.journeys["channel"].to_list() == channels
    assert shown.credits["credit_minor"].sum() == shown.buckets.total
    # The social scope names channels: what was only seen is another one until the settings say so.
    assert shown.buckets.direct == 0


def test_a_view_counts_for_its_own_window_alone() -> None:
    world = inputs(orders=[order("1", customer_key=1)], touches=[seen("v", customer_key=1, at=NOON - 2 * DAY)])
    assert report(world, toml=SWITCHED_ON).journeys.is_empty()


def test_a_code_takes_the_place_of_a_view() -> None:
    world = inputs(
        orders=[order("1", customer_key=1)],
        order_codes=[code_used("1", "ANNA10")],
        codes=[registered("ANNA10")],
        touches=[seen("v", customer_key=1)],
    )
    assert report(world, toml=SWITCHED_ON).journeys["kind"].to_list() == ["code"]


def test_the_longest_journey_is_a_setting() -> None:
    touches = [touch(f"t{n}", customer_key=1, at=NOON - n * HOUR) for n in range(1, 6)]
    shown = report(
        inputs(orders=[order("1", customer_key=1)], touches=touches), toml="[attribution]\nmax_touches = 2\n"
    )
    assert shown.journeys["touch_id"].to_list() == ["t2", "t1"]
    assert shown.journeys["left_out"].to_list() == [3, 3]


def test_from_how_many_customers_on_a_visitor_is_shared_is_a_setting() -> None:
    orders = [order(str(n), customer_key=n, order_name=str(n)) for n in (1, 2)]
    touches = [touch(f"t{n}", visitor=9, order_ref=str(n)) for n in (1, 2)]
    assert report(inputs(orders=orders, touches=touches)).unmatched_orders == 0
    strict = report(inputs(orders=orders, touches=touches), toml="[attribution]\nshared_visitor = 1\n")
    assert strict.unmatched_orders == 2
