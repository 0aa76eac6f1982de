"""What came back against what it cost, and the documents that say so."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution.report import Inputs
from config.clock import Period
from tests.attribution.worlds import (
    DAY,
    JUNE,
    NOON,
    code_used,
    cost,
    inputs,
    mention,
    order,
    registered,
    report,
    touch,
)


def shop(**more: Any) -> Inputs:
    """Orders of 100.00: 1 by a social visit, 2 by e-mail, 3 by nothing known, 4 by a creator's code, 5 not sold."""
    orders = [order(str(n), customer_key=n) for n in range(1, 6)]
    orders[4] |= {"status": "voided"}
    touches = [
        touch("a", visitor=1, customer_key=1),
        touch("b", visitor=2, customer_key=2, source="letter", medium="email"),
    ]
    used = [code_used("4", "ANNA10")]
    known = [registered("ANNA10", owner="instagram:anna", campaign="june")]
    return inputs(orders=orders, touches=touches, order_codes=used, codes=known, **more)


def test_the_blend_as_its_document_says_it() -> None:
    """Net 400.00: 200.00 social, 100.00 e-mail, 100.00 unknown; cost 50 + 30; (200 - 80) / 80 = 1.5."""
    found = report(shop(spend=[cost("s", "50"), cost("f", "30", cost_type="creator_fee", source=None, medium=None)]))
    unknown = {"low": None, "median": None, "high": None}
    assert found.roi_json() == {
        "period": {"since": "2026-06-01", "until": "2026-06-30"},
        "currency": "EUR",
        "return_is": "net_revenue",
        "margin": 1.0,
        "total": "400.00",
        "credited": "300.00",
        "uncredited": "100.00",
        "direct": "200.00",
        "other_tracked": "100.00",
        "indirect": unknown,
        "unexplained": "100.00",
        "cost": "80.00",
        "net_return": {"low": "120.00", "median": "120.00", "high": "120.00"},
        "break_even": {"net_revenue": "80.00", "is": "reached"},
        "equivalents": {},
        "roi": {"direct": 1.5, "blended": unknown, "with_savings": None},
        "campaign_talk": {},
    }
    assert (found.orders, found.unmatched_orders, found.unmatched_share) == (4, 2, 0.5)
    assert found.unsold.rows() == [("unsold_status", 1)]


def test_channels_as_their_document_says_them() -> None:
    shown = report(shop(spend=[cost("f", "40", cost_type="creator_fee")])).channels_json()
    assert shown == {
        "rows": [
            {"channel": "Email", "conversions": 1.0, "revenue": "100.00", "cost": None, "roas": None, "share": 1 / 3},
            {
                "channel": "Influencer",
                "conversions": 1.0,
                "revenue": "100.00",
                "cost": "40.00",
                "roas": 2.5,
                "share": 1 / 3,
            },
            {
                "channel": "Organic Social",
                "conversions": 1.0,
                "revenue": "100.00",
                "cost": None,
                "roas": None,
                "share": 1 / 3,
            },
        ],
        "total": "400.00",
        "credited": "300.00",
        "uncredited": "100.00",
        "currency": "EUR",
        "model": "last_non_direct",
        "lookback_days": 30,
    }


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("campaign", {"june": "100.00", "(not set)": "200.00"}),
        ("influencer", {"instagram:anna": "100.00", "(not set)": "200.00"}),
        ("code", {"ANNA10": "100.00", "(not set)": "200.00"}),
    ],
)
def test_breakdowns_name_their_first_column_and_sum_to_the_credited(by: Any, rows: dict[str, str]) -> None:
    shown = report(shop()).channels_json(by)
    assert {row[by]: row["revenue"] for row in shown["rows"]} == rows


def test_direct_and_orders_without_a_touch_stand_apart() -> None:
    table = report(shop()).by_channel
    assert table.filter(~table["credited"]).select("name", "conversions", "revenue_minor").rows() == [
        ("Direct", 0.0, 0),
        ("(none)", 1.0, 10_000),
    ]


def test_gross_margin_is_declared_and_counted_as_the_return() -> None:
    """Return 200.00 x 0.45 = 90.00 against 80.00: (90 - 80) / 80; 80.00 / 0.45 = 177.78 of net revenue break even."""
    margin = '[attribution]\nreturn_is = "gross_margin"\ngross_margin = 0.45\n'
    document = report(shop(spend=[cost("s", "80")]), toml=margin).roi_json()
    assert (document["return_is"], document["margin"], document["direct"]) == ("gross_margin", 0.45, "200.00")
    assert document["roi"]["direct"] == 0.125
    assert document["break_even"] == {"net_revenue": "177.78", "is": "reached"}


def test_commissions_of_codes_count_beside_given_costs_and_never_alone() -> None:
    """Code ANNA10 owes 10 % of its order's 100.00."""
    owing = registered("ANNA10", owner="instagram:anna", commission_rate=0.1)
    known: dict[str, Any] = {"orders": [order("4")], "order_codes": [code_used("4", "ANNA10")], "codes": [owing]}
    assert report(inputs(**known)).roi.cost_minor is None
    assert report(inputs(**known, spend=[cost("s", "50")])).roi.cost_minor == 6_000


def test_nothing_at_all_is_a_report_too() -> None:
    found = report(inputs())
    assert found.roi_json()["total"] == "0.00"
    assert found.roi_json()["cost"] is None
    assert found.channels_json("campaign")["rows"] == []
    assert found.unmatched_share is None


NO_ROI: dict[str, tuple[list[dict[str, Any]], str | None]] = {
    "no cost given": ([], None),
    "cost of other channels only": ([cost("g", "50", source="google")], None),
    "cost outside the period only": (
        [cost("s", "50", date_from=dt.date(2026, 7, 1), date_to=dt.date(2026, 7, 1))],
        None,
    ),
    "cost without a rate": ([cost("s", "50", currency="VND")], None),
    "a known cost beside one without a rate": ([cost("s", "50"), cost("t", "9000", currency="VND")], None),
    "a cost of 0": ([cost("s", "0")], "0.00"),
}


@pytest.mark.parametrize(("spend", "shown"), NO_ROI.values(), ids=NO_ROI.keys())
def test_without_a_cost_there_is_no_roi(spend: list[dict[str, Any]], shown: str | None) -> None:
    document = report(shop(spend=spend)).roi_json()
    assert document["cost"] == shown
    assert document["roi"]["direct"] is None


def one_cost(period: Period = JUNE, **line: Any) -> dict[str, Any]:
    return report(inputs(spend=[cost("s", "70", **line)]), period=period).costs.row(0, named=True)


# what differs from a cost line of facebook/cpc -> channel, in scope
SCOPE: dict[str, tuple[dict[str, Any], str | None, bool]] = {
    "paid social": ({}, "Paid Social", True),
    "search ads are another channel's": ({"source": "google"}, "Paid Search", False),
    "media by platform only": ({"source": None, "medium": None, "platform": "tiktok"}, "Paid Social", True),
    "search media by platform only": ({"source": None, "medium": None, "platform": "Google"}, "Paid Search", False),
    "an ad account's own name": ({"source": None, "medium": None, "platform": "Meta Ads"}, "Paid Social", True),
    "another ad account's": ({"source": None, "medium": None, "platform": "LinkedIn Ads"}, "Paid Social", True),
    "a search account's": ({"source": None, "medium": None, "platform": "Google Ads"}, "Paid Search", False),
    "no cost type is media": ({"cost_type": None}, "Paid Social", True),
    "a creator's fee": ({"cost_type": "creator_fee"}, "Influencer", True),
    "a commission": ({"cost_type": "commission", "source": "google"}, "Influencer", True),
    "goods given away": ({"cost_type": "product_seeding"}, "Influencer", True),
    "work without a source is ours": ({"cost_type": "labour", "source": None, "medium": None}, None, True),
    "a tool without a source": ({"cost_type": "tool", "source": None, "medium": None}, None, True),
    "content for e-mail is not": ({"cost_type": "content", "source": "letter", "medium": "email"}, "Email", False),
    "content for a social network": (
        {"cost_type": "content", "source": "instagram", "medium": "social"},
        "Organic Social",
        True,
    ),
}


@pytest.mark.parametrize(("line", "channel", "in_scope"), SCOPE.values(), ids=SCOPE.keys())
def test_scope_of_a_cost(line: dict[str, Any], channel: str | None, in_scope: bool) -> None:
    row = one_cost(**line)
    assert (row["channel"], row["in_scope"]) == (channel, in_scope)


def test_the_scope_is_the_settings() -> None:
    narrow = '[attribution]\nsocial_scope = ["Organic Social"]\n'
    found = report(
        shop(spend=[cost("s", "50"), cost("w", "20", cost_type="labour", source=None, medium=None)]), toml=narrow
    )
    assert found.buckets.direct == 10_000
    assert found.roi.cost_minor == 2_000


PARTS: dict[str, tuple[dict[str, Any], int | None, str | None]] = {
    "one day": ({}, 7_000, None),
    "the period's four days of seven": (
        {"date_from": dt.date(2026, 6, 27), "date_to": dt.date(2026, 7, 3)},
        4_000,
        None,
    ),
    "no end is one day": ({"date_to": None}, 7_000, None),
    "an end before the beginning is one day": ({"date_to": dt.date(2026, 6, 1)}, 7_000, None),
    "dollars at 1.25": ({"currency": "USD", "date_from": dt.date(2026, 6, 15), "date_to": None}, 5_600, None),
    "no rate": ({"currency": "VND"}, None, "no_rate"),
    "no currency": ({"currency": None}, None, "no_currency"),
    "no amount": ({"cost": None}, None, "no_amount"),
    "no date": ({"date_from": None, "date_to": None}, None, "no_date"),
}


@pytest.mark.parametrize(("line", "minor", "reason"), PARTS.values(), ids=PARTS.keys())
def test_part_of_a_cost_in_the_period(line: dict[str, Any], minor: int | None, reason: str | None) -> None:
    row = one_cost(**line)
    assert (row["cost_minor"], row["reason"]) == (minor, reason)


def test_what_cannot_be_converted_is_listed() -> None:
    world = inputs(orders=[order("1", currency="VND")], spend=[cost("s", "1", currency="VND")])
    found = report(world)
    assert found.unconverted.rows() == [("order", "default", "1", "no_rate"), ("spend", "default", "s", "no_rate")]
    assert found.buckets.total == 0


@limits(max_examples=40, deadline=None)
@given(
    st.decimals(-1000, 100_000, places=2),
    st.integers(1, 60),
    st.lists(st.integers(1, 59), max_size=4, unique=True),
)
def test_periods_side_by_side_add_up_to_the_whole_cost(amount: Any, days: int, cuts: list[int]) -> None:
    first = dt.date(2026, 6, 1)
    world = inputs(spend=[cost("s", str(amount), date_from=first, date_to=first + dt.timedelta(days=days - 1))])
    edges = [0, *sorted(cuts), 60]
    periods = [Period(first + dt.timedelta(days=a), first + dt.timedelta(days=b - 1)) for a, b in pairwise(edges)]
    parts = [report(world, period=period).costs["cost_minor"].sum() for period in periods]
    assert sum(parts) == int(amount * 100)


def test_a_period_takes_the_orders_of_its_business_days() -> None:
    midnight = dt.datetime(2026, 6, 15, 22, tzinfo=dt.UTC)  # the 16th begins in Berlin
    world = inputs(orders=[order("1", ordered_at=midnight), order("2", ordered_at=midnight - dt.timedelta(seconds=1))])
    day = Period(dt.date(2026, 6, 16), dt.date(2026, 6, 16))
    assert report(world, period=day).ledger["order_id"].to_list() == ["1"]


def test_a_visit_before_the_period_still_earns_its_credit_and_its_mention() -> None:
    tags = {"utm_source": "ig", "utm_medium": "social", "utm_campaign": "june"}
    link = "https://shop.example/?utm_source=ig&utm_medium=social&utm_campaign=june"
    world = inputs(
        orders=[order("1", customer_key=1)],
        touches=[touch("a", customer_key=1, **tags), touch("b", visitor=2, **tags)],
        mentions=[mention("m", links=[link])],
    )
    day = Period(NOON.date(), NOON.date())
    found = report(world, period=day)
    assert found.buckets.direct == 10_000
    # Of the two visits before the period only the one that led to its order is shown.
    assert found.matched_revenue.rows() == [("m", 1, 1, 10_000)]


def test_a_shorter_lookback_leaves_the_visit_out() -> None:
    world = inputs(orders=[order("1", customer_key=1)], touches=[touch("a", customer_key=1, at=NOON - 2 * DAY)])
    assert report(world, lookback=DAY).buckets.credited == 0
    assert report(world, lookback=dt.timedelta(hours=36)).channels_json()["lookback_days"] == 1.5
    assert report(world, lookback=2 * DAY).buckets.credited == 10_000
