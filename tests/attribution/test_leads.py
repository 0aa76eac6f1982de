"""Leads by own post, and the CRM's leads beside those that analytics counted."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl

from attribution import tables
from attribution.channels import channel_of
from attribution.leads import lead_funnel, leads_by_post
from config.clock import Period
from tests.attribution.worlds import RATES, settings, table

JUNE = Period(dt.date(2026, 6, 1), dt.date(2026, 6, 30))
NOON = dt.datetime(2026, 6, 10, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
LINK = "https://shop.example/?utm_source=ig&utm_medium=social&utm_campaign=demo"
COMMON: dict[str, Any] = {"period": JUNE, "zone": settings().zone, "currency": "EUR", "rates": RATES, "rules": ()}


def post(post_id: str, *, at: dt.datetime = NOON, link: str | None = LINK, **given: Any) -> dict[str, Any]:
    tags = {} if link is None else {"utm_source": "ig", "utm_medium": "social", "utm_campaign": "demo"}
    return {
        "account": "default", "network": "instagram", "post_id": post_id, "published_at": at, "link": link, "clicks": 5,
    } | tags | given  # fmt: skip


def visit(touch_id: str, at: dt.datetime, **given: Any) -> dict[str, Any]:
    return {
        "account": "default", "touch_id": touch_id, "touched_at": at, "source": "instagram", "medium": "social",
        "campaign": "demo", "utm_source": "ig", "utm_medium": "social", "utm_campaign": "demo", "evidence": "utm",
    } | given  # fmt: skip


def lead(lead_id: str, at: dt.datetime, **given: Any) -> dict[str, Any]:
    tags = {"source": "instagram", "medium": "social", "campaign": "demo"}
    return {"account": "default", "lead_id": lead_id, "created_at": at} | tags | given


def by_post(posts: list[Any], leads: list[Any], touches: list[Any]) -> dict[str, dict[str, Any]]:
    found = leads_by_post(
        table(tables.POSTS, posts), table(tables.LEADS, leads), channel_of(table(tables.TOUCHES, touches), rules=()),
        lookback=30 * DAY, **COMMON,
    )  # fmt: skip
    return {row["post_id"]: row for row in found.to_dicts()}


def test_each_visit_and_lead_counts_for_the_latest_post_before_it() -> None:
    won = {"won_at": NOON + 4 * DAY, "deal_amount": Decimal(80), "currency": "EUR"}
    found = by_post(
        [post("1", at=NOON - 5 * DAY), post("2", at=NOON)],
        [lead("a", NOON - DAY), lead("b", NOON + DAY, **won), lead("c", NOON - 6 * DAY)],
        [visit("v1", NOON - 2 * DAY), visit("v2", NOON + DAY), visit("v3", NOON + 2 * DAY)],
    )
    assert {key: (row["visits"], row["leads"], row["won"]) for key, row in found.items()} == {
        "1": (1, 1, 0), "2": (2, 1, 1),
    }  # fmt: skip
    assert (found["2"]["value_minor"], found["2"]["lead_rate"], found["1"]["value_minor"]) == (8_000, 0.5, 0)


def test_a_lead_belongs_to_the_post_its_customer_came_by() -> None:
    other = LINK.replace("demo", "other")
    found = by_post(
        [post("1", link=other, utm_campaign="other"), post("2")],
        [lead("a", NOON + 2 * DAY, customer_key=7)],
        [visit("v", NOON + DAY, customer_key=7, campaign="other", utm_campaign="other")],
    )
    assert (found["1"]["leads"], found["2"]["leads"]) == (1, 0)


def test_a_post_that_cannot_be_traced_has_no_count() -> None:
    found = by_post([post("1", link=None), post("2", link=None)], [], [visit("v", NOON + DAY, utm_content="2")])
    assert (found["1"]["visits"], found["1"]["leads"]) == (None, None)
    assert (found["2"]["visits"], found["2"]["leads"]) == (1, 0)


def test_a_post_longer_ago_than_the_window_brings_nothing() -> None:
    found = by_post([post("1", at=NOON - 40 * DAY)], [lead("a", NOON)], [visit("v", NOON)])
    assert found == {}


def test_leads_of_the_crm_stand_beside_those_of_analytics() -> None:
    told = [
        {"account": "default", "conversion_id": str(n), "kind": "generate_lead", "converted_at": NOON,
         "source": "instagram" if n else "google", "medium": "social" if n else "cpc"}
        for n in range(3)
    ]  # fmt: skip
    leads = table(tables.LEADS, [lead("a", NOON, campaign=None)])
    no_visits = channel_of(table(tables.TOUCHES, []), rules=())
    found = lead_funnel(leads, no_visits, table(tables.CONVERSIONS, told), **COMMON)
    assert found.select("source", "leads", "analytics_leads").rows() == [("instagram", 1, 2), ("google", 0, 1)]
    silent = lead_funnel(leads, no_visits, pl.DataFrame(schema=dict(tables.CONVERSIONS.schema)), **COMMON)
    assert silent["analytics_leads"].to_list() == [None]
