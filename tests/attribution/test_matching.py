"""Which visits and orders show which mention, and which mention a direct credit is handed to."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from tests.attribution.worlds import DAY, NOON, code_used, inputs, mention, order, refund, registered, report, touch

SECOND = dt.timedelta(seconds=1)
TAGGED = "https://shop.example/?utm_source=ig&utm_medium=influencer&utm_campaign=june&utm_content=anna"
TAGS = {"utm_source": "ig", "utm_medium": "influencer", "utm_campaign": "june", "utm_content": "anna"}
DEEP = {"landing_url": "https://shop.example/p/kettle?fbclid=1", "landing_path": "/p/kettle"}

# what the visit has, what the mention has -> the evidence
VISITS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "the tags of the link": (TAGS, {"links": [TAGGED]}, ["utm"]),
    "tags in capitals": (TAGS | {"utm_source": "IG"}, {"links": [TAGGED]}, ["utm"]),
    "another campaign": (TAGS | {"utm_campaign": "july"}, {"links": [TAGGED]}, []),
    "another content": (TAGS | {"utm_content": "bea"}, {"links": [TAGGED]}, []),
    "content that the visit lacks": (TAGS | {"utm_content": None}, {"links": [TAGGED]}, []),
    "a link that is tagged but leads elsewhere": (TAGS, {"links": [TAGGED.replace("shop", "other")]}, []),
    "a domain that only ends like ours": (TAGS, {"links": [TAGGED.replace("shop", "notshop")]}, []),
    "a subdomain of ours": (TAGS, {"links": [TAGGED.replace("shop", "de.shop")]}, ["utm"]),
    "the deep page of an untagged link": (DEEP, {"links": ["http://www.shop.example/p/kettle/"]}, ["landing_url"]),
    "the front page is too easily typed": ({}, {"links": ["https://shop.example/"]}, []),
    "another page": (DEEP, {"links": ["https://shop.example/p/mug"]}, []),
    "a tagged visit came by another link": (DEEP | TAGS, {"links": ["https://shop.example/p/kettle"]}, []),
    "from the mention's own page": (
        {"referrer": "https://www.talk.example/m/?utm_source=x"},
        {"url": "https://talk.example/m"},
        ["referrer"],
    ),
    "from the front page of a site that a mention names": (
        {"referrer": "https://www.talk.example/"},
        {"url": "https://talk.example"},
        [],
    ),
    "from another page of that site": ({"referrer": "https://talk.example/n"}, {"url": "https://talk.example/m"}, []),
    "a mention without a date": (TAGS, {"links": [TAGGED], "published_at": None}, []),
    "a mention of the same second": (TAGS, {"links": [TAGGED], "published_at": NOON - DAY}, ["utm"]),
    "a mention a second after the visit": (TAGS, {"links": [TAGGED], "published_at": NOON - DAY + SECOND}, []),
    "a mention thirty days before": (TAGS, {"links": [TAGGED], "published_at": NOON - 31 * DAY}, ["utm"]),
    "a mention a second older": (TAGS, {"links": [TAGGED], "published_at": NOON - 31 * DAY - SECOND}, []),
    "links that are none": (TAGS, {"links": ["http://[", "javascript:alert(1)", ""]}, []),
    "two kinds of evidence": (
        TAGS | {"referrer": "https://talk.example/m"},
        {"links": [TAGGED], "url": "https://talk.example/m"},
        ["referrer", "utm"],
    ),
}


@pytest.mark.parametrize(("visit", "said", "expected"), VISITS.values(), ids=VISITS.keys())
def test_evidence_of_a_visit(visit: dict[str, Any], said: dict[str, Any], expected: list[str]) -> None:
    found = report(inputs(touches=[touch("a", **visit)], mentions=[mention("m", **said)]))
    assert found.evidence["evidence"].to_list() == expected
    assert found.matched_revenue["visits"].to_list() == [1] * bool(expected)
    assert found.matched_revenue["revenue_minor"].to_list() == [0] * bool(expected)


ANNA = registered("ANNA10", valid_to=dt.date(2026, 6, 15))
ORDERS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "the order redeemed the mention's code": ({}, {"codes": ["ANNA10"]}, ["promo_code"]),
    "another code": ({}, {"codes": ["BEA"]}, []),
    "a mention after the order": ({}, {"codes": ["ANNA10"], "published_at": NOON + SECOND}, []),
    "a mention too old": ({}, {"codes": ["ANNA10"], "published_at": NOON - 30 * DAY - SECOND}, []),
    "an expired code": ({"ordered_at": NOON + DAY}, {"codes": ["ANNA10"]}, []),
    "an order that was not sold": ({"status": "voided"}, {"codes": ["ANNA10"]}, []),
}


@pytest.mark.parametrize(("differs", "said", "expected"), ORDERS.values(), ids=ORDERS.keys())
def test_evidence_of_an_order(differs: dict[str, Any], said: dict[str, Any], expected: list[str]) -> None:
    used = code_used("1", "ANNA10", ordered_at=differs.get("ordered_at", NOON))
    world = inputs(orders=[order("1", **differs)], order_codes=[used], codes=[ANNA], mentions=[mention("m", **said)])
    assert report(world).evidence["evidence"].to_list() == expected


def test_matched_revenue_counts_an_order_once_a_mention_and_for_each_mention() -> None:
    """Both mentions show order 1 (net 50.00 after its refund); the first by its code and by a visit."""
    found = report(
        inputs(
            orders=[order("1", customer_key=1)],
            refunds=[refund("1", "59.5")],
            order_codes=[code_used("1", "ANNA10")],
            codes=[ANNA],
            touches=[touch("a", customer_key=1, **TAGS), touch("b", visitor=2, **TAGS)],
            mentions=[mention("m1", codes=["ANNA10"], links=[TAGGED]), mention("m2", links=[TAGGED])],
        )
    )
    assert found.matched_revenue.rows() == [("m1", 2, 1, 5_000), ("m2", 2, 1, 5_000)]


def handed(**world: Any) -> list[tuple[str | None, str | None, int]]:
    found = report(inputs(orders=[order("1", customer_key=1)], **world))
    assert found.mention_credit["credit_minor"].sum() == found.buckets.direct
    return found.mention_credit.select("mention_id", "evidence", "credit_minor").rows()


VISIT = touch("a", customer_key=1, **TAGS)
TO_MENTION: dict[str, tuple[list[dict[str, Any]], list[tuple[str | None, str | None, int]]]] = {
    "none known": ([], [(None, None, 10_000)]),
    "the one that shows it": ([mention("m", links=[TAGGED])], [("m", "utm", 10_000)]),
    "the latest before the visit": (
        [
            mention("old", links=[TAGGED], published_at=NOON - 9 * DAY),
            mention("new", links=[TAGGED], published_at=NOON - 2 * DAY),
            mention("after", links=[TAGGED], published_at=NOON),
        ],
        [("new", "utm", 10_000)],
    ),
    "then the lowest id": ([mention("m2", links=[TAGGED]), mention("m1", links=[TAGGED])], [("m1", "utm", 10_000)]),
    "tags go before the page it came from, even from an older mention": (
        [
            mention("page", url="https://talk.example/page", published_at=NOON - 2 * DAY),
            mention("tags", links=[TAGGED], published_at=NOON - 9 * DAY),
        ],
        [("tags", "utm", 10_000)],
    ),
}


@pytest.mark.parametrize(("mentions", "expected"), TO_MENTION.values(), ids=TO_MENTION.keys())
def test_credit_is_handed_to_one_mention(
    mentions: list[dict[str, Any]], expected: list[tuple[str | None, str | None, int]]
) -> None:
    visit = VISIT | {"referrer": "https://talk.example/page"}
    assert handed(touches=[visit], mentions=mentions) == expected


def test_a_codes_credit_goes_to_a_mention_of_that_code() -> None:
    mentions = [
        mention("link", links=[TAGGED], published_at=NOON - 2 * DAY),
        mention("other", codes=["BEA"]),
        mention("code", codes=["ANNA10"], published_at=NOON - 9 * DAY),
    ]
    world = {"touches": [VISIT], "order_codes": [code_used("1", "ANNA10")], "codes": [ANNA, registered("BEA")]}
    rows = handed(mentions=mentions, **world)
    assert sorted(rows, key=str) == [("code", "promo_code", 10_000), ("link", "utm", 0)]


def test_credit_outside_the_social_scope_is_never_handed_to_a_mention() -> None:
    email = touch("a", customer_key=1, **TAGS) | {"source": "letter", "medium": "email"}
    found = report(
        inputs(orders=[order("1", customer_key=1)], touches=[email], mentions=[mention("m", links=[TAGGED])])
    )
    assert found.mention_credit.is_empty()
    assert found.matched_revenue["revenue_minor"].to_list() == [10_000]
    assert found.buckets.other_tracked == 10_000


def test_several_mentions_never_multiply_the_credit() -> None:
    touches = [touch(f"t{n}", customer_key=1, at=NOON - n * DAY, **TAGS) for n in range(1, 4)]
    mentions = [mention(f"m{n}", links=[TAGGED, TAGGED], codes=["ANNA10", "ANNA10"]) for n in range(5)]
    found = report(
        inputs(
            orders=[order("1", customer_key=1)],
            touches=touches,
            mentions=mentions,
            order_codes=[code_used("1", "ANNA10")],
            codes=[ANNA],
        ),
        model="linear",
    )
    assert found.mention_credit.select(pl.len(), pl.col("credit_minor").sum()).row(0) == (4, 10_000)
    assert found.matched_revenue["revenue_minor"].to_list() == [10_000] * 5
