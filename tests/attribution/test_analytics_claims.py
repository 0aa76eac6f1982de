"""What an analytics tool claims beside what the ledger credits; figures worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from attribution import tables
from attribution.analytics_claims import AnalyticsClaims, analytics_claims
from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from config.clock import Period
from config.intake import take_in
from config.workspace import Workspace
from tests.attribution.worlds import DAY, JUNE, NOON, RATES, inputs, order, report, settings, table, touch

CHANNEL = "session default channel group"
TAGS = "session source / medium"
FIRST, LAST = JUNE.since, JUNE.until


def told(value: str, revenue: str | None, *, dimension: str = CHANNEL, **given: Any) -> dict[str, Any]:
    """A row of a report of the whole of June: a channel's, or one of `source / medium`."""
    source, _, medium = value.partition(" / ")
    named = {"source": source, "medium": medium} if dimension.endswith("medium") else {"channel": value}
    days = (given.get("date_from", FIRST), given.get("date_to", LAST))
    return {
        "account": "ga4:default",
        "traffic_id": f"{dimension} {value} {days} {given.get('hour')}",
        "date_from": FIRST,
        "date_to": LAST,
        "dimension": dimension,
        "value": value,
        "key_events": 2.0,
        "revenue": Decimal(revenue) if revenue else None,
        "currency": "EUR",
    } | named | given  # fmt: skip


def claimed(*rows: dict[str, Any]) -> AnalyticsClaims:
    """Beside June's two orders of 100.00: one by a visit from Instagram, one without any visit."""
    world = inputs(orders=[order("1", customer_key=1), order("2")], touches=[touch("t", customer_key=1)])
    chosen = settings()
    traffic = table(tables.TRAFFIC_DAILY, rows)
    scope = chosen.attribution.social_scope
    return analytics_claims(report(world), traffic, scope=scope, zone=chosen.zone, rates=RATES)


def one(*rows: dict[str, Any]) -> dict[str, Any]:
    (row,) = claimed(*rows).rows.to_dicts()
    return row


def test_its_claim_for_the_social_scope_stands_beside_the_social_credit() -> None:
    """It splits 230.00 over all channels, 150.00 of it to Organic Social; here Organic Social has 100.00 of 200.00."""
    found = claimed(told("Organic Social", "150"), told("Organic Search", "80"))
    assert found.rows.to_dicts() == [
        {
            "account": "ga4:default", "tool": "ga4", "dimension": CHANNEL, "since": FIRST, "until": LAST, "days": 30,
            "claimed_conversions": 2.0, "claimed_minor": 15_000, "all_conversions": 4.0, "all_minor": 23_000,
            "credited_conversions": 1.0, "credited_minor": 10_000, "banked_minor": 20_000, "times": 1.5,
            "unconverted": 0, "left_out": 0,
        }
    ]  # fmt: skip
    assert found.by_channel.select("channel", "in_scope", "claimed_minor", "credited_minor").rows() == [
        ("Organic Social", True, 15_000, 10_000),
        ("Organic Search", False, 8_000, 0),
    ]


NINTH, TENTH = dt.date(2026, 6, 9), dt.date(2026, 6, 10)
SOCIAL = told("Organic Social", "150")
DAYS: dict[str, tuple[list[dict[str, Any]], int | None, int]] = {
    "the same money by channel and by source counts once": (
        [SOCIAL, told("instagram / social", "150", dimension=TAGS)], 15_000, 1,
    ),
    "a breakdown with revenue before one without": (
        [SOCIAL, told("instagram / social", None, dimension=TAGS)], 15_000, 1,
    ),
    "by session before by first user": (
        [SOCIAL, told("Organic Social", "90", dimension="first user default channel group")], 15_000, 1,
    ),
    "more days before fewer": (
        [SOCIAL, told("instagram / social", "20", dimension=TAGS, date_to=NINTH)], 15_000, 1,
    ),
    "a day within a longer sum is in it already": (
        [SOCIAL, told("Organic Social", "20", date_from=TENTH, date_to=TENTH)], 15_000, 1,
    ),
    "days add up": (
        [told("Organic Social", "20", date_from=day, date_to=day) for day in (NINTH, TENTH)], 4_000, 0,
    ),
    "hours add up": (
        [told("Organic Social", "20", date_from=NINTH, date_to=NINTH, hour=hour) for hour in (9, 10)], 4_000, 0,
    ),
    "a sum that reaches out of the period is not cut": (
        [told("Organic Social", "150", date_from=FIRST - DAY)], None, 1,
    ),
    "of a channel without social": ([told("Organic Search", "80")], 0, 0),
    "key events alone": ([told("Organic Social", None)], None, 0),
    "a source without a medium": ([told("instagram", "50", dimension="session source", channel=None,
                                        source="instagram")], 5_000, 0),
    "in dollars, at the rate of the first day": (
        [told("Organic Social", "100", currency="USD", date_from=dt.date(2026, 6, 12))], 8_000, 0,
    ),
    "the tool's spelling of a channel": ([told(" organic social ", "50")], 5_000, 0),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "minor", "left_out"), DAYS.values(), ids=DAYS.keys())
def test_claim(rows: list[dict[str, Any]], minor: int | None, left_out: int) -> None:
    row = one(*rows)
    assert (row["claimed_minor"], row["left_out"]) == (minor, left_out)


def test_only_orders_of_the_same_days_stand_beside() -> None:
    """The orders are of 15 June; a report that ends on the ninth says nothing of them."""
    row = one(told("Organic Social", "150", date_to=NINTH))
    assert (row["days"], row["credited_minor"], row["banked_minor"], row["times"]) == (9, 0, 0, None)
    assert one(told("Organic Social", "150", date_from=NOON.date(), date_to=NOON.date()))["credited_minor"] == 10_000


def test_a_revenue_without_a_rate_is_counted_and_not_guessed() -> None:
    row = one(told("Organic Social", "150", currency="ZAR"))
    assert (row["claimed_minor"], row["unconverted"]) == (None, 1)


def test_figures_that_are_no_money_and_no_key_events_claim_nothing() -> None:
    assert claimed(told("Organic Social", None, key_events=None, sessions=9)).rows.is_empty()
    assert claimed(told("Hamburg", "9", dimension="city", channel=None)).rows.is_empty()


@pytest.mark.shared_data
def test_a_real_report_of_channels(shared_data: Callable[..., Path], workspace: Workspace) -> None:
    """It gives 1,500.50 and 30 key events to search and to direct visits, and nothing to social ones."""
    facts = Facts(workspace.facts, workspace.engine)
    file = shared_data("exports", "ga4_traffic_acquisition_two_tables.csv")
    assert take_in(workspace, file, layouts=LAYOUTS, sinks={"facts": facts}, now=NOON + 180 * DAY).error is None
    traffic = facts.scan("traffic_daily").select(list(tables.TRAFFIC_DAILY.schema)).collect()
    chosen = settings()
    days = Period(dt.date(2026, 7, 1), dt.date(2026, 9, 28))
    there = report(inputs(orders=[]), period=days)
    scope = chosen.attribution.social_scope
    (row,) = analytics_claims(there, traffic, scope=scope, zone=chosen.zone, rates=RATES).rows.to_dicts()
    assert (row["all_minor"], row["all_conversions"], row["claimed_minor"]) == (150_050, 30.0, 0)
