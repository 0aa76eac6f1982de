"""Models side by side, paths, the metrics list, claims against the bank, and leads; figures worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits

from attribution import tables
from attribution.breakdown import BREAKDOWNS
from attribution.channels import channel_of
from attribution.compare import (
    behind,
    compare_models,
    flows,
    moved_by_choice,
    orders_of_path,
    time_to_order,
    top_paths,
    touches_to_order,
    transitions,
)
from attribution.leads import lead_funnel
from attribution.metrics import channel_metrics, claimed_against_banked
from config.settings import MODELS
from tests.attribution.test_rules import worlds
from tests.attribution.worlds import (
    DAY,
    JUNE,
    NOON,
    RATES,
    code_used,
    cost,
    inputs,
    order,
    registered,
    report,
    settings,
    table,
    touch,
)

KINDS: dict[str, dict[str, Any]] = {
    "S": {},
    "E": {"source": "newsletter", "medium": "email"},
    "F": {"source": "facebook", "medium": "cpc"},
}
HOUR = dt.timedelta(hours=1)


def visits(kinds: str, customer: int, *, until: dt.datetime = NOON) -> list[dict[str, Any]]:
    """A visit a day, the last a day before."""
    return [
        touch(
            f"{customer}{n}", at=until - (len(kinds) - n) * DAY, visitor=customer, customer_key=customer, **KINDS[kind]
        )
        for n, kind in enumerate(kinds)
    ]


# Customer 1: social, e-mail, order. 2: social twice, order. 3: e-mail, nothing. 5 ordered from nowhere.
WORLD = inputs(
    orders=[order("1", customer_key=1), order("2", customer_key=2), order("5", customer_key=5)],
    touches=[*visits("SE", 1), *visits("SS", 2), *visits("E", 3)],
)


def test_models_side_by_side() -> None:
    found = compare_models(report(WORLD), settings=settings(), models=["first", "last", "linear"])
    assert found.select("name", "model", "revenue_minor", "spread_minor").rows() == [
        ("Organic Social", "first", 20_000, 10_000),
        ("Organic Social", "last", 10_000, 10_000),
        ("Organic Social", "linear", 15_000, 10_000),
        ("Email", "first", 0, 10_000),
        ("Email", "last", 10_000, 10_000),
        ("Email", "linear", 5_000, 10_000),
        ("(none)", "first", 10_000, 0),
        ("(none)", "last", 10_000, 0),
        ("(none)", "linear", 10_000, 0),
        ("Direct", "first", 0, 0),
        ("Direct", "last", 0, 0),
        ("Direct", "linear", 0, 0),
    ]
    assert moved_by_choice(found, model="linear").rows() == [("first", 5_000), ("last", 5_000), ("linear", 0)]


@limits(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_every_model_hands_out_the_same_total_by_everything(world: dict[str, Any]) -> None:
    shown = report(inputs(**world))
    for by in BREAKDOWNS:
        found = compare_models(shown, settings=settings(), by=by)
        totals = found.group_by("model").agg(pl.col("revenue_minor").sum())["revenue_minor"].to_list()
        assert totals == [shown.buckets.total] * len(MODELS)


def test_top_paths_with_the_orders_behind_them() -> None:
    shown = report(WORLD)
    assert top_paths(shown).rows() == [
        (["Organic Social"], 1, 1, 10_000, 0, 1.0, 2.0),
        (["Organic Social", "Email"], 2, 1, 10_000, 0, 1.0, 2.0),
        (["Email"], 1, 0, 0, 1, 0.0, None),
    ]
    assert top_paths(shown, merge_repeats=False, limit=2)["path"].to_list() == [
        ["Organic Social", "Email"],
        ["Organic Social", "Organic Social"],
    ]
    assert orders_of_path(shown, ["Organic Social"])["order_id"].to_list() == ["2"]


def test_a_figure_opens_to_its_orders_and_touches() -> None:
    shown = report(WORLD, model="linear")
    assert behind(shown, by="channel", name="Email").select(
        "order_id", "touch_id", "weight", "credit_minor"
    ).rows() == [("1", "11", 0.5, 5_000)]
    alone = behind(shown, by="channel", name="(none)")
    assert alone.select("order_id", "touch_id", "credit_minor").rows() == [("5", None, 10_000)]


@limits(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_every_figure_is_the_sum_of_what_lies_behind_it(world: dict[str, Any]) -> None:
    shown = report(inputs(**world), model="markov")
    for by in BREAKDOWNS:
        for row in shown.breakdown(by).to_dicts():
            rows = behind(shown, by=by, name=row["name"])
            assert int(rows["credit_minor"].sum()) == row["revenue_minor"]
            assert rows["weight"].sum() == pytest.approx(row["conversions"])


def test_days_and_touches_to_the_order() -> None:
    shown = report(WORLD)
    assert time_to_order(shown).rows() == [(2, 2, 20_000)]
    assert touches_to_order(shown).rows() == [(0, 1, 10_000), (2, 2, 20_000)]


def test_flows_for_a_picture_of_streams() -> None:
    assert flows(report(WORLD)).rows() == [
        (0, "(start)", "Organic Social", 2, 2, 20_000),
        (0, "(start)", "Email", 1, 0, 0),
        (1, "Email", "(no order)", 1, 0, 0),
        (1, "Organic Social", "(order)", 1, 1, 10_000),
        (1, "Organic Social", "Email", 1, 1, 10_000),
        (2, "Email", "(order)", 1, 1, 10_000),
    ]
    assert flows(report(WORLD), steps=1)["source"].to_list()[:2] == ["(earlier)", "(start)"]


def test_the_graph_behind_markov() -> None:
    assert transitions(report(WORLD)).arcs.rows() == [
        ([], ["Email"], 1),
        ([], ["Organic Social"], 2),
        (["Organic Social"], ["Email"], 1),
    ]


def spend(**given: Any) -> pl.DataFrame:
    return table(tables.SPEND, [cost("a", "40") | given])


def metrics(world: Any, *leads: Mapping[str, Any], model: str = "linear") -> dict[str, dict[str, Any]]:
    shown = report(world, model=model)
    found = channel_metrics(shown, world.spend, table(tables.LEADS, leads), zone=settings().zone)
    return {row["channel"]: row for row in found.to_dicts()}


def test_the_metrics_of_a_paid_channel() -> None:
    """40.00 for 20 clicks of 1000 impressions; two orders, one of a new customer; three visits."""
    orders = [
        order("0", customer_key=2, ordered_at=NOON - 40 * DAY),
        order("1", customer_key=1),
        order("2", customer_key=2),
    ]
    lead = {"account": "default", "lead_id": "l", "created_at": NOON, "source": "Facebook", "medium": "cpc"}
    paid = [cost("a", "40", impressions=1000, clicks=20), cost("b", "20", cost_type="media")]
    world = inputs(orders=orders, touches=[*visits("F", 1), *visits("FF", 2)], spend=paid)
    row = metrics(world, lead)["Paid Social"]
    assert row == {
        "channel": "Paid Social",
        "visits": 3,
        "conversions": 2.0,
        "revenue_minor": 20_000,
        "cost_minor": 6_000,
        "impressions": 1000,
        "clicks": 20,
        "leads": 1,
        "new_customers": 1.0,
        "new_customer_share": 0.5,
        "conversion_rate": pytest.approx(2 / 3),
        "bounce_rate": None,
        "duration_seconds": None,
        "aov_minor": 10_000,
        "roas": pytest.approx(20_000 / 6_000),
        "cpa_minor": 3_000,
        "cac_minor": 6_000,
        "cpc_minor": 200,
        "ctr": 0.02,
        "cost_per_lead_minor": 6_000,
    }


def test_what_is_not_known_is_null() -> None:
    row = metrics(inputs(orders=[order("1", customer_key=1)], touches=visits("S", 1)))["Organic Social"]
    assert {name for name, value in row.items() if value is None} == {
        "bounce_rate", "duration_seconds",
        "cost_minor", "impressions", "clicks", "leads", "roas", "cpa_minor", "cac_minor", "cpc_minor", "ctr",
        "cost_per_lead_minor",
    }  # fmt: skip


def test_bounce_and_duration_are_means_of_the_visits_that_tell_them() -> None:
    told = [{"is_bounce": True, "duration_seconds": 0}, {"is_bounce": False, "duration_seconds": 90}, {}]
    row = metrics(inputs(touches=[touch(f"t{n}", **given) for n, given in enumerate(told)]))["Organic Social"]
    assert (row["bounce_rate"], row["duration_seconds"]) == (0.5, 45.0)


def test_together_they_claim_more_than_was_banked() -> None:
    """Meta says 150.00, Google 130.00, of which 200.00 were banked: 140 %. Meta's paid visits have 100.00 here."""
    world = inputs(
        orders=[order("1", customer_key=1), order("2")],
        touches=visits("F", 1),
        spend=[
            cost("m", "10", claimed_value=Decimal(150), claimed_conversions=2.0),
            cost("g", "10", platform="Google Ads", claimed_value=Decimal(130), claimed_conversions=1.5),
        ],
    )
    found = claimed_against_banked(report(world), world.spend, rates=RATES)  # type: ignore[arg-type]
    assert found.rows.select("platform", "claimed_minor", "credited_minor", "times").rows() == [
        ("meta", 15_000, 10_000, 1.5),
        ("google_ads", 13_000, 0, None),
    ]
    assert (found.claimed_minor, found.banked_minor, found.share) == (28_000, 20_000, 1.4)


CLAIMS: dict[str, tuple[dict[str, Any], int | None, int]] = {
    "half of its days lie in the period": (
        {"date_from": dt.date(2026, 5, 31), "date_to": dt.date(2026, 6, 1), "claimed_value": Decimal(100)}, 5_000, 0,
    ),
    "in dollars": (
        {"currency": "USD", "claimed_value": Decimal(100)}
        | {"date_from": dt.date(2026, 6, 12), "date_to": dt.date(2026, 6, 12)}, 8_000, 0,
    ),
    "in a currency without a rate": ({"currency": "ZAR", "claimed_value": Decimal(100)}, None, 1),
    "conversions alone": ({"claimed_conversions": 3.0}, None, 0),
}  # fmt: skip


@pytest.mark.parametrize(("line", "claimed", "unconverted"), CLAIMS.values(), ids=CLAIMS.keys())
def test_claim(line: dict[str, Any], claimed: int | None, unconverted: int) -> None:
    found = claimed_against_banked(report(inputs(orders=[order("1")])), spend(**line), rates=RATES)
    assert found.claimed_minor == claimed
    assert found.rows["unconverted"].to_list() == [unconverted]


def test_who_claims_nothing_is_not_listed() -> None:
    found = claimed_against_banked(report(inputs(orders=[order("1")])), spend(), rates=RATES)
    assert found.rows.is_empty()
    assert found.share is None


def lead(lead_id: str, **given: Any) -> dict[str, Any]:
    return {
        "account": "default", "lead_id": lead_id, "created_at": NOON, "source": "instagram", "medium": "social",
    } | given  # fmt: skip


def funnel(
    *leads: Mapping[str, Any],
    touches: list[dict[str, Any]] | None = None,
    conversions: list[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    seen = channel_of(table(tables.TOUCHES, touches or []), rules=())
    told = table(tables.CONVERSIONS, conversions or [])
    found = lead_funnel(
        table(tables.LEADS, leads), seen, told, period=JUNE, zone=settings().zone, currency="EUR", rates=RATES, rules=()
    )
    return found.to_dicts()


def test_from_click_to_lead_to_won() -> None:
    won = {"won_at": NOON + 2 * DAY, "deal_amount": Decimal(500), "currency": "EUR"}
    (row,) = funnel(lead("1", source=" Instagram ", **won), lead("2"), touches=visits("SSSS", 1))
    assert row == {
        "channel": "Organic Social",
        "source": "instagram",
        "medium": "social",
        "campaign": None,
        "visits": 4,
        "analytics_leads": None,
        "leads": 2,
        "won": 1,
        "lead_rate": 0.5,
        "win_rate": 0.5,
        "value_minor": 50_000,
        "days_to_won": 2.0,
    }


def test_leads_without_a_source_or_a_value() -> None:
    nameless, worthless = funnel(lead("1", source=None, medium=None), lead("2", won_at=NOON))
    assert (nameless["channel"], nameless["source"], nameless["visits"], nameless["lead_rate"]) == (
        "(not set)", "(not set)", 0, None,
    )  # fmt: skip
    assert (worthless["won"], worthless["value_minor"]) == (1, None)


def test_a_deal_counts_for_its_lead() -> None:
    """Two deals of lead 1, 100.00 and 50.00; one of nobody known, 70.00; one not won."""
    deal = {"source": None, "medium": None, "won_at": NOON + DAY, "currency": "EUR"}
    (known, nameless) = funnel(
        lead("1"),
        lead("deal:7", contact_id="1", deal_amount=Decimal(100), **deal),
        lead("deal:8", contact_id="1", deal_amount=Decimal(50), **deal),
        lead("deal:9", contact_id="44", deal_amount=Decimal(70), **deal),
        lead("deal:10", contact_id="1", deal_amount=Decimal(9), **deal | {"won_at": None}),
    )
    assert (known["leads"], known["won"], known["value_minor"]) == (1, 1, 15_000)
    assert (nameless["source"], nameless["leads"], nameless["won"], nameless["value_minor"]) == (
        "(not set)",
        0,
        1,
        7_000,
    )


def test_leads_of_another_month_are_another_months() -> None:
    assert funnel(lead("1", created_at=NOON - 40 * DAY)) == []


def test_codes_are_touches_of_paths() -> None:
    world = inputs(
        orders=[order("1", customer_key=1)],
        order_codes=[code_used("1", "ANNA10")],
        touches=visits("S", 1),
        codes=[registered("ANNA10")],
    )
    assert top_paths(report(world))["path"].to_list() == [["Organic Social", "Influencer"]]
