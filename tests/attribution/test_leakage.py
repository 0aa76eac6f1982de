"""Codes that leaked: each sign on its own evidence, down to its orders; look-alikes are suggested, never merged."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from attribution.codes import match_codes
from attribution.leakage import code_leakage, look_alikes
from attribution.report import Report, attribute
from config.clock import Period
from tests.attribution.worlds import (
    DAY,
    JUNE,
    NOON,
    RATES,
    code_used,
    inputs,
    mention,
    order,
    people,
    register,
    registered,
    report,
    settings,
    touch,
)

HOUR = dt.timedelta(hours=1)
START = dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)


def world(
    days: list[int],
    *,
    visited: set[int] = frozenset(),  # type: ignore[assignment]
    coupon: set[int] = frozenset(),  # type: ignore[assignment]
    **given: Any,
) -> Any:
    """Orders on these days of June (0 = the 1st), each with the code ANNA10; some with a social or a coupon visit."""
    orders, used, touches = [], [], []
    for number, day in enumerate(days):
        at = START + day * DAY + number * dt.timedelta(seconds=1)
        orders.append(order(str(number), ordered_at=at, customer_key=number))
        used.append(code_used(str(number), "ANNA10", ordered_at=at))
        known = {"at": at - HOUR, "visitor": number, "customer_key": number}
        if number in visited:
            touches.append(touch(f"s{number}", **known))
        if number in coupon:
            place = {"referrer_host": "www.joinhoney.com", "source": "joinhoney", "medium": "referral"}
            touches.append(touch(f"c{number}", evidence="referrer", **place, **known))
    codes = [registered("ANNA10", owner="instagram:anna")]
    return inputs(orders=orders, order_codes=used, touches=touches, codes=codes, persons=["instagram:anna"], **given)


def signs(shown: Report) -> dict[str, tuple[int, float | None, float | None]]:
    return {
        row["sign"]: (row["flagged_orders"], row["measured"], row["expected"]) for row in shown.leakage.signs.to_dicts()
    }


def test_a_code_used_by_those_who_came_from_the_creator_shows_nothing() -> None:
    days = list(range(20))
    assert signs(report(world(days, visited=set(days)))) == {}


def test_more_redemptions_without_a_visit_in_the_last_days() -> None:
    """Days 0 to 9 all visited; of days 20 to 26 five of seven came from nowhere."""
    shown = report(world([*range(10), *range(20, 27)], visited={*range(10), 10, 11}))
    assert signs(shown) == {"no_click": (5, pytest.approx(5 / 7), 0.0)}
    assert shown.leakage.orders["order_id"].to_list() == ["12", "13", "14", "15", "16"]


def test_a_few_redemptions_prove_nothing() -> None:
    assert signs(report(world([0, 1, 2, 20, 21, 22], visited={0, 1, 2}))) == {}


def test_redeemed_although_nobody_names_it() -> None:
    """One mention on the 1st; with a lookback of 10 days the five orders from the 15th on have none."""
    told = [mention("m", codes=["ANNA10"], published_at=START - HOUR)]
    shown = report(world([1, 2, 15, 16, 17, 18, 19], mentions=told), lookback=10 * DAY)
    assert signs(shown)["after_talk"] == (5, 5.0, 0.0)
    assert shown.leakage.corroboration.rows() == [("ANNA10", 7, 20_000, 50_000)]


def test_without_any_talk_of_codes_silence_says_nothing() -> None:
    assert "after_talk" not in signs(report(world(list(range(8)))))


def test_a_visit_from_a_coupon_site() -> None:
    shown = report(world([1, 2], visited={0, 1}, coupon={1}))
    assert signs(shown) == {"coupon_site": (1, 1.0, None)}
    assert shown.leakage.orders.rows() == [("default", "1", "ANNA10", "coupon_site")]


def test_more_redemptions_than_followers() -> None:
    used = world([0, 3, 6], visited={0, 1, 2})
    known = people("instagram:anna").with_columns(followers=pl.lit(2, dtype=pl.Int64))
    shown = report(used)
    found = code_leakage(
        shown.order_codes, shown.ledger, shown.journeys, shown.touches, used.mentions, known,
        lookback=30 * DAY, scope=["Organic Social"],
    )  # fmt: skip
    assert found.signs.select("sign", "flagged_orders", "measured", "expected").rows() == [
        ("beyond_reach", 1, 3.0, 2.0)
    ]
    assert found.orders["order_id"].to_list() == ["2"]


def test_a_burst() -> None:
    """One order a day for ten days, then twelve on one, all but two from nowhere: the other days' mean is 10/10."""
    shown = report(world([*range(10), *[10] * 12], visited={*range(10), 10, 11}))
    assert signs(shown)["burst"] == (10, 12.0, 1.0)


def test_codes_of_no_creator_are_not_judged() -> None:
    used = inputs(
        orders=[order(str(n), customer_key=n) for n in range(9)],
        order_codes=[code_used(str(n), "SALE") for n in range(9)],
        codes=[registered("SALE", kind="sitewide", channel=None)],
    )
    assert report(used).leakage.signs.is_empty()


def test_the_figures_can_be_seen_without_flagged_codes() -> None:
    used = world([1, 2], coupon={1})
    plain = report(used)
    without = attribute(
        used, settings=settings(), period=JUNE, model="last_non_direct", lookback=30 * DAY, rates=RATES,
        without_flagged=True,
    )  # fmt: skip
    assert plain.by_code.filter(name="ANNA10")["revenue_minor"].to_list() == [20_000]
    assert without.by_code.filter(name="ANNA10")["revenue_minor"].to_list() == [10_000]
    assert without.buckets.total == plain.buckets.total
    assert without.leakage.orders.equals(plain.leakage.orders)


ALIKE: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
    "zero for O": ("ANNA1O", "ANNA10", [("ANNA10", "same_look")]),
    "Cyrillic A": ("АNNA10", "ANNA10", [("ANNA10", "same_look")]),
    "a dash more": ("ANNA-10", "ANNA10", [("ANNA10", "same_look")]),
    "a letter left out": ("ANA10", "ANNA10", [("ANNA10", "one_slip")]),
    "a letter more": ("ANNNA10", "ANNA10", [("ANNA10", "one_slip")]),
    "another letter": ("ANKA10", "ANNA10", [("ANNA10", "one_slip")]),
    "two changed places": ("NANA10", "ANNA10", [("ANNA10", "one_slip")]),
    "two slips": ("AKKA10", "ANNA10", []),
    "too short for slips": ("BOB", "BOC", []),
    "a pattern's prefix": ("ANNA1O", "ANNA10*", [("ANNA10", "same_look")]),
}


@pytest.mark.parametrize(("used", "known", "expected"), ALIKE.values(), ids=ALIKE.keys())
def test_look_alike(used: str, known: str, expected: list[tuple[str, str]]) -> None:
    shown = report(inputs(orders=[order("1")], order_codes=[code_used("1", used)], codes=[registered(known)]))
    assert shown.order_codes["state"].to_list() == ["unknown"]
    found = look_alikes(shown.order_codes, register(registered(known)))
    assert found.select("suggestion", "reason").rows() == expected


PATTERNS: dict[str, tuple[str, list[str], str | None]] = {
    "a tail behind a dash": ("ANNA10-7F3K", ["ANNA10*"], "ANNA10*"),
    "the dash in the pattern": ("ANNA10-7F3K", ["ANNA10-*"], "ANNA10-*"),
    "a longer number is another code": ("ANNA100", ["ANNA10*"], None),
    "the prefix alone": ("ANNA10", ["ANNA10*"], None),
    "a tail must hold something": ("ANNA10-", ["ANNA10*"], None),
    "the longest prefix": ("ANNA10-X-1", ["ANNA10*", "ANNA10-X*"], "ANNA10-X*"),
    "an exact code first": ("ANNA10-7F3K", ["ANNA10*", "ANNA10-7F3K"], "ANNA10-7F3K"),
    "a lone star holds nothing": ("ANNA10-7F3K", ["*"], None),
}


@pytest.mark.parametrize(("used", "known", "held_by"), PATTERNS.values(), ids=PATTERNS.keys())
def test_pattern(used: str, known: list[str], held_by: str | None) -> None:
    book = register(*(registered(code) for code in known))
    one = inputs(orders=[order("1")], order_codes=[code_used("1", used)]).order_codes
    matched = match_codes(one, book, settings().zone)  # type: ignore[arg-type]
    assert matched["state"].to_list() == ["registered" if held_by else "unknown"]
    assert matched["code"].to_list() == [held_by or used]
    assert matched["code_raw"].to_list() == [used]


def test_commission_by_order_and_for_new_customers_alone() -> None:
    """Two orders of one customer: 10 % of the first one's 100.00, and 2.50 for that one order."""
    orders = [order("1", customer_key=1), order("2", customer_key=1, ordered_at=NOON + DAY)]
    terms = {"commission_rate": 0.1, "commission_per_order": Decimal("2.50"), "commission_on": "new"}
    used = [code_used("1", "A"), code_used("2", "A", ordered_at=NOON + DAY)]
    shown = report(inputs(orders=orders, order_codes=used, codes=[registered("A", **terms)]))
    assert shown.codes["commission_minor"].to_list() == [1_250]
    shown = report(inputs(orders=orders, order_codes=used, codes=[registered("A", **terms | {"commission_on": None})]))
    assert shown.codes["commission_minor"].to_list() == [2_500]


def test_what_a_code_is_held_against_reaches_before_the_period() -> None:
    """Ten days all visited, later five of seven from nowhere: the last week alone shows it as the whole month does."""
    used = world([*range(10), *range(20, 27)], visited={*range(10), 10, 11})
    week = Period(START.date() + 20 * DAY, JUNE.until)
    shown = report(used, period=week)
    assert signs(shown) == {"no_click": (5, pytest.approx(5 / 7), 0.0)}
    assert shown.leakage.orders["order_id"].to_list() == ["12", "13", "14", "15", "16"]
    # What lies before the period is measure alone: it is neither counted nor flagged.
    assert shown.leakage.corroboration["orders"].to_list() == [7]


def test_a_burst_against_the_days_before_the_period() -> None:
    used = world([*range(10), *[10] * 12], visited={*range(10), 10, 11})
    shown = report(used, period=Period(START.date() + 10 * DAY, JUNE.until))
    assert signs(shown)["burst"] == (10, 12.0, 1.0)


def test_a_flagged_code_is_no_evidence_of_a_mention_where_it_counts_for_nothing() -> None:
    talk = [mention("m", codes=["ANNA10"], published_at=START - DAY)]
    days = [*range(10), *[10] * 12]
    used = world(days, visited=set(range(10)), coupon=set(range(10, 22)), mentions=talk)
    shown = report(used)
    bare = attribute(
        used, settings=settings(), period=JUNE, model="last_non_direct", lookback=30 * DAY, rates=RATES,
        without_flagged=True,
    )  # fmt: skip
    flagged = set(shown.leakage.orders["order_id"].to_list())
    assert flagged == {str(number) for number in range(10, 22)}
    assert flagged <= set(shown.evidence["order_id"].drop_nulls().to_list())
    assert not flagged & set(bare.evidence["order_id"].drop_nulls().to_list())
    assert flagged <= set(bare.order_codes["order_id"].to_list())
