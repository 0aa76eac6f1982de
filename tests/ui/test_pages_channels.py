"""The page Channels: credit, models side by side, journeys, costs and claims, tags and links of the small shop.

June 2026 under last non-direct: e-mail 120.00, Influencer 90.00 (code ANNA10), Organic Social 50.00, Organic Search
20.00; 30.00 of 310.00 has no touch. Order 1002 (50.00) came by Instagram and then directly: the last touch gives it to
Direct. The first touch of order 1007 (120.00) was a TikTok ad, on which 40.00 were spent.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pytest

from attribution import compare, tables
from attribution.channels import channel_of
from config.registers import read_links
from config.workspace import Workspace
from tests.ui.pages import JUNE, NOW, cards, import_all, run, show, texts
from tests.ui.pages import tables as cells
from ui import data, figures, hygiene, path_figures, pipeline
from ui.views import channels_costs

TABS = ("Credit", "Compare models", "Journeys", "Cost and claims", "Tags", "Links")


def test_the_sentence_names_the_largest_credit_and_what_has_no_channel(shop: Workspace) -> None:
    said = texts(show("channels"))
    assert said.startswith("Email has the largest credit: €120, 43% of all credited. 10% of net revenue has no channel")
    assert "no channel to thank (1 order in all)." in said  # as the card says it: €30 of 1 order


def test_the_four_cards_state_figure_and_count(shop: Workspace) -> None:
    shown = cards(show("channels"))
    assert shown["Credited to channels"] == ("€280", "4 orders")
    assert shown["Without a channel"] == ("10%", "€30 of 1 order")
    assert shown["Visits with tags to mend"] == ("0", "of 5 visits")


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_opens_on_the_shop_and_on_an_empty_period(shop: Workspace, tab: str) -> None:
    assert show("channels", see=tab).metric
    show("channels", see=tab, dates="2020-01-01:2020-01-02", days="dates")


@pytest.mark.parametrize(
    ("by", "name"),
    [
        ("channel", "Organic Social"),
        ("campaign", "june"),
        ("influencer", "instagram:anna"),
        ("code", "ANNA10"),
        ("product", "(none)"),
    ],
)
def test_credit_is_shown_by_each_breakdown(shop: Workspace, by: str, name: str) -> None:
    assert name in cells(show("channels", by=by))
    assert name in cells(show("channels", see="Compare models", by=by))


def test_a_shorter_window_loses_the_visits_before_it(shop: Workspace) -> None:
    day = pipeline.attribution_report(shop, period=JUNE, model="first", lookback=dt.timedelta(days=1))
    month = pipeline.attribution_report(shop, period=JUNE, model="first")
    # Both visits of order 1007's customer lie more than a day before it.
    assert {"Email", "Paid Social"} == set(month.journeys["channel"].to_list()) - set(day.journeys["channel"].to_list())
    page = show("channels", lookback="86400", model="first")
    assert page.selectbox(key="lookback").value == "86400"
    assert cards(page)["Credited to channels"][0] == f"€{day.buckets.credited // 100}"


def test_two_models_stand_side_by_side_with_what_the_choice_moves(shop: Workspace) -> None:
    compared = compare.compare_models(
        pipeline.attribution_report(shop, period=JUNE), settings=shop.settings, by="channel"
    )
    side = figures.models_side_by_side(compared, a="last_non_direct", b="last")
    rows = {row["name"]: row for row in side.iter_rows(named=True)}
    assert (rows["Organic Social"]["a_minor"], rows["Organic Social"]["b_minor"]) == (5000, 0)
    assert rows["Direct"]["difference_minor"] == 5000
    assert side["a_minor"].sum() == side["b_minor"].sum() == 31000
    said = texts(show("channels", see="Compare models", against="last"))
    assert "Last touch puts €50 (16% of net revenue) elsewhere than Last non-direct touch" in said
    assert "from Organic Social to Direct" in said


@pytest.mark.parametrize("name", ["Organic Social", "Email", "Direct", "(none)", "Influencer"])
def test_every_row_opens_to_orders_that_add_up_to_it(shop: Workspace, name: str) -> None:
    report = pipeline.attribution_report(shop, period=JUNE)
    row = report.by_channel.filter(pl.col("name") == name)
    assert figures.orders_behind(report, "channel", name)["credit_minor"].sum() == row["revenue_minor"][0]


def test_costs_stand_beside_the_return_and_few_visits_give_no_rate(shop: Workspace, monkeypatch: object) -> None:
    metrics = channels_costs.judged(data.metrics_of(pipeline.attribution_report(shop, period=JUNE)))
    social = metrics.filter(pl.col("channel") == "Influencer").row(0, named=True)
    assert (social["cost_minor"], social["cpa_minor"]) == (5900, 5900)  # a fee of 50.00, a commission of 9.00
    assert social["roas"] == pytest.approx(90 / 59)
    assert metrics["conversion_rate"].null_count() == metrics["new_customer_share"].null_count() == metrics.height
    assert "No cost export of this period tells" in texts(show("channels", see="Cost and claims"))


def test_platforms_claims_stand_beside_what_is_banked(own_shop: Workspace, tmp_path: Path) -> None:
    spend = tmp_path / "claims.csv"
    spend.write_text(
        "date,platform,campaign,cost,currency,source,medium,cost_type,conversions,conversion_value\n"
        "2026-06-12,meta,summer,10.00,EUR,facebook,cpc,media,4,434.00\n",
        encoding="utf-8",
    )
    taken = pipeline.take_file(own_shop, spend, now=NOW)
    assert taken.error is None
    assert "Together the platforms claim €434: 140% of the €310 that was banked." in texts(
        show("channels", see="Cost and claims")
    )


def test_analytics_stands_beside_and_is_in_no_sum(own_shop: Workspace, tmp_path: Path) -> None:
    """The ledger gives social channels 140.00 of the 310.00 of June 2026."""
    sums = tmp_path / "ga4.csv"
    sums.write_text(
        "# Start date: 20260601\n# End date: 20260630\n\n"
        "Session default channel group,Sessions,Key events,Total revenue\n"
        "Organic Social,40,3,180.00\nOrganic Search,60,2,120.00\n",
        encoding="utf-8",
    )
    assert pipeline.take_file(own_shop, sums, now=NOW).error is None
    page = show("channels", see="Cost and claims")
    said = texts(page)
    assert (
        "GA4 gives €180 of €300 to social channels (2026-06-01 – 2026-06-30, by session default channel group); "
        "the ledger gives them €140 of the €310 of these days." in said
    )
    assert "Together the platforms claim" not in said


def test_the_tab_leads_opens_to_single_leads(own_shop: Workspace, tmp_path: Path) -> None:
    leads = tmp_path / "leads.csv"
    leads.write_text(
        "lead_id,created_at,source,medium,campaign,stage,won_at,deal_amount,currency\n"
        "L1,2026-06-03T10:00:00Z,instagram,social,,new,,,\n"
        "L2,2026-06-04T10:00:00Z,newsletter,email,,new,,,\n",
        encoding="utf-8",
    )
    assert pipeline.take_file(own_shop, leads, now=NOW).error is None
    page = show("channels", see="Leads")
    assert "The CRM has 2 leads of this period" in texts(page)
    assert "L1" not in cells(page)
    page.session_state["leads-by-source"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    opened = cells(run(page))
    assert "L2" in opened  # by e-mail, which comes before Organic Social
    assert "L1" not in opened


def test_nothing_at_all_leads_to_the_link_builder_and_the_import(bare: Workspace) -> None:
    page = show("channels")
    assert {"From tagged links to credit", "Link builder"} <= {head.value for head in page.subheader}
    assert not page.metric


def test_visits_alone_are_enough_for_hygiene(bare: Workspace) -> None:
    import_all(bare, "visits.csv")
    assert texts(show("channels")).startswith("No channel has credit in this period")


# --- journeys -------------------------------------------------------------------------------------------------------


def test_few_orders_give_no_judgement_of_what_is_usual(shop: Workspace) -> None:
    page = show("channels", see="Journeys")
    assert "4 of 5 orders have a path: too few to say what is usual." in texts(page)
    assert "Organic Social → Direct" in cells(page)


@pytest.mark.parametrize(
    ("n", "stages"),
    [
        (1, ["late"]),
        (2, ["early", "late"]),
        (3, ["early", "mid", "late"]),
        (4, ["early", "mid", "mid", "late"]),
        (5, ["early", "early", "mid", "late", "late"]),
    ],
)
def test_early_mid_and_late_are_quarters_rounded_up(n: int, stages: list[str]) -> None:
    places = [f"c{place}" for place in range(1, n + 1)]
    credits = pl.DataFrame(
        {"channel": places, "position": list(range(1, n + 1)), "path_length": [n] * n, "credit_minor": [0] * n}
    )
    found = path_figures.stages(credits).sort("channel")
    assert found["stage"].to_list() == stages


def test_streams_keep_the_largest_channels_and_lose_no_journey() -> None:
    flows = pl.DataFrame(
        {
            "step": [0, 0, 0, 1, 1, 1],
            "source": ["(start)", "(start)", "(start)", "A", "B", "C"],
            "target": ["A", "B", "C", "(order)", "(order)", "(order)"],
            "journeys": [5, 3, 2, 5, 3, 2],
            "orders": [5, 3, 2, 5, 3, 2],
        }
    )
    kept = path_figures.streams(flows, converted=True, other="other", top=1)
    assert kept.rows() == [
        (0, "(start)", "A", 5),
        (0, "(start)", "other", 5),
        (1, "A", "(order)", 5),
        (1, "other", "(order)", 5),
    ]


def test_half_of_the_orders_are_reached_at_the_median() -> None:
    counted = pl.DataFrame({"days": [0, 2, 9], "orders": [2, 1, 1]})
    assert path_figures.half_by(counted, "days") == 0
    assert path_figures.half_by(counted.head(0), "days") is None
    assert path_figures.in_bins(counted, "days", edges=(0, 1, 8))["orders"].to_list() == [2, 1, 1]


def test_steps_are_shares_of_what_followed(shop: Workspace) -> None:
    counts = compare.transitions(pipeline.attribution_report(shop, period=JUNE))
    steps = path_figures.steps_between(counts)
    from_social = steps.filter(pl.col("source") == "Organic Social")
    assert from_social.select("target", "share").rows() == [("Direct", 1.0)]


# --- tags -----------------------------------------------------------------------------------------------------------


def visits(*rows: dict[str, object]) -> pl.DataFrame:
    """Visits as attribution reads them, with their channels; each row says what it knows."""
    start = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    full = [
        {"account": "a", "touch_id": str(n), "touched_at": start + dt.timedelta(hours=n), "evidence": "utm"} | row
        for n, row in enumerate(rows)
    ]
    named = [{"source": row.get("utm_source"), "medium": row.get("utm_medium")} | row for row in full]
    touches = pl.DataFrame(named, schema_overrides=dict(tables.TOUCHES.schema))
    return channel_of(tables.TOUCHES.conform(touches), rules=())


def found(frame: pl.DataFrame) -> dict[str, int]:
    credits = pl.DataFrame(schema={"touch_account": pl.String, "touch_id": pl.String, "credit_minor": pl.Int64})
    scope = ("Organic Social", "Paid Social", "Influencer")
    result = hygiene.hygiene(frame, credits, own_domains=("acme.example",), scope=scope)
    return dict(result.problems.select("problem", "visits").iter_rows())


GOOD = {"utm_source": "instagram", "utm_medium": "social", "utm_campaign": "summer"}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (GOOD, None),
        (GOOD | {"utm_content": "ann@mail.example"}, "personal_data"),
        (GOOD | {"utm_campaign": "{{campaign.name}}"}, "placeholder"),
        (GOOD | {"utm_campaign": "__CAMPAIGN_NAME__"}, "placeholder"),
        (GOOD | {"utm_source": "partner", "utm_medium": "thing"}, "unassigned"),
        ({"utm_source": "instagram", "utm_campaign": "summer", "medium": "social"}, "no_medium"),
        ({"utm_source": "instagram", "utm_medium": "social"}, "no_campaign"),
        (GOOD | {"referrer_host": "www.acme.example"}, "internal"),
        ({"evidence": "referrer", "source": "reddit", "medium": "referral"}, "untagged_social"),
        ({"evidence": "none", "in_app": "instagram"}, "untagged_app"),
        ({"evidence": "click_id", "source": "tiktok", "medium": "cpc", "click_id_type": "ttclid"}, "click_id_only"),
        ({"evidence": "none"}, None),
    ],
    ids=lambda value: value or "fine" if not isinstance(value, dict) else "",
)
def test_one_visit_shows_one_problem(row: dict[str, object], problem: str | None) -> None:
    assert found(visits(row)) == ({problem: 1} if problem else {})


def test_a_second_spelling_is_the_less_frequent_one() -> None:
    rows = [GOOD] * 3 + [GOOD | {"utm_source": "Instagram"}, GOOD | {"utm_campaign": "sum_mer"}]
    assert found(visits(*rows)) == {"two_spellings": 2}


def test_a_copied_links_tags_are_the_networks_own() -> None:
    row = {"utm_source": "ig_web_copy_link", "source": "instagram", "utm_medium": "social", "medium": "social"}
    assert found(visits(row)) == {"network_tags": 1}


def test_personal_data_is_counted_and_never_shown() -> None:
    frame = visits(GOOD | {"utm_content": "ann@mail.example"})
    credits = pl.DataFrame(schema={"touch_account": pl.String, "touch_id": pl.String, "credit_minor": pl.Int64})
    result = hygiene.hygiene(frame, credits, own_domains=(), scope=("Organic Social",))
    shown = result.problems.write_csv() + result.visits_with("personal_data").write_csv()
    assert "ann@" not in shown


def test_a_visit_with_two_problems_is_mended_once() -> None:
    frame = visits({"utm_source": "instagram", "medium": "social", "referrer_host": "acme.example"})
    credits = pl.DataFrame(schema={"touch_account": pl.String, "touch_id": pl.String, "credit_minor": pl.Int64})
    result = hygiene.hygiene(frame, credits, own_domains=("acme.example",), scope=())
    assert result.problems.height == 3
    assert result.to_mend == 1


def test_tags_tell_how_many_visits_know_no_source(shop: Workspace) -> None:
    said = texts(show("channels", see="Tags"))
    assert "0 of 5 visits have tags to mend or none where they should; 1 (20%) tell no source." in said


def test_an_untagged_social_visit_is_listed_with_what_to_do(own_shop: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    file.write_text(
        "visit_id,visitor,time,landing_url,referrer,order_id,customer\n"
        "z1,v9,2026-06-21T06:00:00Z,https://acme.example/,https://www.reddit.com/r/kettles,,\n",
        encoding="utf-8",
    )
    assert pipeline.take_file(own_shop, file, now=NOW).error is None
    page = show("channels", see="Tags")
    assert "Social link without tags" in cells(page)
    assert cards(page)["Visits with tags to mend"] == ("1", "of 6 visits")


# --- links ----------------------------------------------------------------------------------------------------------


def fill(page: object, **values: str) -> None:
    inputs = {box.label: box for box in page.text_input}  # type: ignore[attr-defined]
    for label, value in values.items():
        inputs[label.replace("_", " ")].set_value(value)


def press(page: object, label: str) -> object:
    return run(next(button for button in page.button if button.label == label).click())  # type: ignore[attr-defined]


def test_the_link_builder_writes_one_spelling_and_names_the_channel(own_shop: Workspace) -> None:
    page = show("channels", see="Links")
    page.text_input[0].set_value("https://acme.example/kettle")
    for box, value in zip(page.text_input[1:4], ("Instagram", "Social", "Summer Sale"), strict=True):
        box.set_value(value)
    press(page, "Build the link")
    assert page.code[0].value.endswith("?utm_source=instagram&utm_medium=social&utm_campaign=summer-sale")
    assert "count for the channel Organic Social" in texts(page)


@pytest.mark.parametrize("wrong", ["ftp://x", f"https://acme.example/?{quote('![x](y)')}"])
def test_a_link_that_cannot_be_used_is_refused_with_the_cure(own_shop: Workspace, wrong: str) -> None:
    page = show("channels", see="Links")
    page.text_input[0].set_value(wrong)
    press(page, "Build the link")
    assert {box.value for box in page.error} == {"No link:"}
    assert not page.code


def test_a_page_shared_on_social_alone_is_registered(own_shop: Workspace) -> None:
    page = show("channels", see="Links")
    boxes = [box for box in page.text_input if box.label in ("Page", "Source (the network)")]
    boxes[-2].set_value("https://acme.example/secret")
    boxes[-1].set_value("TikTok")
    press(page, "Register the page")
    assert read_links(own_shop.engine).select("link", "source", "medium").rows() == [
        ("https://acme.example/secret", "tiktok", "social")
    ]
