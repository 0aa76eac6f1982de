"""The return with all that stands beside it: one set of figures on the page, in the document and in the table.

The small shop's June 2026 (see test_pages_money): 310.00 net, 140.00 direct, 90.00 spent and 9.00 owed on social.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from attribution.interval import Interval
from config import plans
from config.clock import Period
from config.workspace import Workspace
from listener import store
from tests.ui.pages import JUNE, NOW, cards, hear, mention, run, show, tables, texts
from ui import documents_roi, equivalents, history, i18n, pipeline
from ui.documents import schema
from ui.frame import Screen
from ui.roi_figures import RoiFigures, roi_figures, year_before
from ui.views import roi_return


def figures(space: Workspace) -> RoiFigures:
    return roi_figures(space, period=JUNE, now=NOW)


def document(space: Workspace, **asked: Any) -> dict[str, Any]:
    told = documents_roi.roi(space, figures(space), now=NOW, **asked)
    jsonschema.validate(told, schema("roi"))
    return told


@pytest.mark.parametrize("by", documents_roi.BREAKDOWNS)
def test_every_breakdown_is_held_to_the_schema(shop: Workspace, by: documents_roi.By) -> None:
    rows = document(shop, by=by, allocate=True)["rows"]
    assert all(by in row for row in rows)


def test_page_document_and_table_show_the_same_figures(shop: Workspace) -> None:
    told = document(shop)
    table = {row["figure"]: row for row in documents_roi.table(told).iter_rows(named=True)}
    shown = cards(show("roi"))
    for card, figure in (("Direct return", "direct"), ("Cost", "cost"), ("Total net revenue", "total")):
        assert table[figure]["value"] == told[figure]
        assert shown[card][0] == f"€{float(told[figure]):.0f}"
    assert table["roi_direct"]["value"] == str(told["roi"]["direct"])
    assert shown["Direct ROI"][0] == f"{told['roi']['direct']:+.0%}"
    assert told["net_return"]["median"] == table["net_return"]["value"] == "41.00"
    assert "Net · €41" in show("roi").get("vega_lite_chart")[0].proto.alt


def test_the_estimate_is_the_same_in_all_three_with_its_range(shop: Workspace) -> None:
    """With an indirect return of 10.00 to 20.00 to 30.00: net 140 + 20 - 99 = 61, blended (160 - 99) / 99."""
    known = figures(shop)
    roi = replace(known.roi, indirect=Interval(1_000, 2_000, 3_000), savings_minor=500)
    told = documents_roi.as_json(replace(known, report=replace(known.report, roi=roi)))
    table = {row["figure"]: row for row in documents_roi.table(told).iter_rows(named=True)}
    assert told["net_return"] == {"low": "51.00", "median": "61.00", "high": "71.00"}
    assert table["net_return"] == {
        "figure": "net_return",
        "low": "51.00",
        "value": "61.00",
        "high": "71.00",
        "unit": "EUR",
    }
    assert told["roi"]["blended"]["median"] == pytest.approx(61 / 99)
    assert table["roi_blended"]["value"] == str(told["roi"]["blended"]["median"])
    assert told["roi"]["with_savings"] == pytest.approx(66 / 99)
    bars = roi_return.waterfall(screen_of(shop), roi)
    assert bars.select("start", "end", "low", "high").rows() == [
        (0.0, 140.0, None, None),
        (140.0, 160.0, 150.0, 170.0),
        (61.0, 160.0, None, None),
        (0.0, 61.0, 51.0, 71.0),
    ]
    assert bars["counted"].to_list() == [True, False, True, False]


def screen_of(space: Workspace) -> Screen:
    return Screen(
        workspace=space,
        period=JUNE,
        before=JUNE.before(),
        brand=None,
        model="last_non_direct",
        currency="EUR",
        zone=space.settings.zone,
        locale=i18n.Locale("en"),
        _=i18n.Translator(),
        answer_place=None,  # type: ignore[arg-type]
        lookback=dt.timedelta(days=30),
        dated=True,
    )


def test_missing_costs_are_named_and_other_periods_are_unknown_where_nothing_is_known(shop: Workspace) -> None:
    told = document(shop)
    assert {"labour", "tools", "product_seeding"} <= set(told["cost_missing"])
    assert (told["previous"], told["previous_year"]) == (None, None)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (JUNE, Period(dt.date(2025, 6, 2), dt.date(2025, 7, 1))),
        (Period(dt.date(2025, 7, 2), dt.date(2026, 6, 30)), Period(dt.date(2024, 7, 3), dt.date(2025, 7, 1))),
        (Period(dt.date(2025, 7, 1), dt.date(2026, 6, 30)), None),  # one day more: the two would share it
        (Period(dt.date(2008, 1, 10), dt.date(2026, 9, 3)), None),
    ],
)
def test_the_year_before_has_no_day_of_the_period_itself(period: Period, expected: Period | None) -> None:
    assert year_before(period) == expected


def test_a_campaign_that_only_written_costs_name_is_campaign_talk(own_shop: Workspace) -> None:
    row = dict.fromkeys(plans.COSTS_SCHEMA) | {"id": "x", "kind": "content", "amount": "5", "currency": "EUR"}
    row |= {"date_from": "2026-06-10", "date_to": "2026-06-12", "campaign": "Picnic"}
    assert "Picnic" not in figures(own_shop).talk.campaigns
    plans.change_plan(own_shop.engine, "costs", now=NOW, save=[row])
    assert "Picnic" in figures(own_shop).talk.campaigns


def test_inputs_are_remembered_and_savings_enter_the_third_roi_alone(own_shop: Workspace) -> None:
    before = document(own_shop)
    ids = pipeline.mentions_of(own_shop, JUNE)["mention_id"].head(2).to_list()
    for key in ids:
        store.set_triage(own_shop.engine, key, status="done", expected_version=0, now=NOW)
    plans.write_given(own_shop.engine, {"contact_cost": "4.50", "deflected_share": "0.5"}, now=NOW)
    after = document(own_shop)
    saved = after["equivalents"]["service_savings"]
    assert (saved["amount"], saved["inputs"]["answered"], saved["missing"]) == ("4.50", 2, [])
    assert saved["inputs"]["median_answer_minutes"] > 0
    assert after["roi"]["direct"] == before["roi"]["direct"]
    assert after["roi"]["with_savings"] == pytest.approx((140 + 4.5 - 99) / 99)
    plans.write_given(own_shop.engine, {"on.service_savings": "no"}, now=NOW)
    assert document(own_shop)["roi"]["with_savings"] is None


def test_the_form_keeps_what_is_typed_and_refuses_what_is_no_amount(own_shop: Workspace) -> None:
    page = show("roi", tab="Beside the ROI")
    page.text_input(key="given-price_per_thousand").set_value("8,50")
    page.checkbox(key="on-earned_media_value").check()
    run(next(button for button in page.button if button.label == "Save").click())
    assert equivalents.given(own_shop).minor("price_per_thousand") == 850
    assert equivalents.given(own_shop).on("earned_media_value")
    page = show("roi", tab="Beside the ROI")
    page.text_input(key="given-close_rate").set_value("1.5")
    page = run(next(button for button in page.button if button.label == "Save").click())
    assert "no amount" in page.error[0].value
    assert equivalents.given(own_shop).share("close_rate") is None


def test_outcomes_are_counted_and_summed_by_file(own_shop: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "outcomes.csv"
    file.write_text(
        "day,kind,text,link,value\n2026-06-11,press,Review in the daily,,250\n2026-06-12,link,,https://blog.example/,\n"
        "2026-06-13,party,,,\n",
        encoding="utf-8",
    )
    report = pipeline.take_file(own_shop, file, now=NOW)
    assert (report.accepted, report.quarantined) == (2, 1)
    told = document(own_shop)["equivalents"]["outcomes"]
    assert (told["amount"], told["inputs"]["press"], told["inputs"]["link"], told["on"]) == ("250.00", 1, 1, False)
    assert "Review in the daily" in tables(show("roi", tab="Beside the ROI"))


def test_experiments_by_file_are_listed_with_what_became_of_them(own_shop: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "experiments.csv"
    file.write_text("kind,from,to,lift,error\nholdout,2026-06-01,2026-06-20,150,40\n", encoding="utf-8")
    assert pipeline.take_file(own_shop, file, now=NOW).accepted == 1
    rows = history.calibration(own_shop, history.history(own_shop, now=NOW).daily).rows
    assert rows.select("kind", "state").rows() == [("holdout", "outside_days")]
    assert "its days are not among those estimated" in tables(show("roi", tab="How sure"))


def test_the_history_is_read_once_and_made_again_when_the_data_change(own_shop: Workspace) -> None:
    first = history.history(own_shop, now=NOW)
    kept = sorted((own_shop.data / "cache").glob("history-*.parquet"))
    assert len(kept) == 2
    again = history.history(own_shop, now=NOW)
    assert again.daily.equals(first.daily)
    assert again.weeks.equals(first.weeks)
    kept[0].write_bytes(b"cut short")
    assert history.history(own_shop, now=NOW).daily.equals(first.daily)
    plans.write_given(own_shop.engine, {"cpc": "1"}, now=NOW)
    history.history(own_shop, now=NOW)
    assert not set(kept) & set((own_shop.data / "cache").glob("history-*.parquet"))


def test_each_tab_answers_for_a_small_shop(shop: Workspace) -> None:
    assert "No cost is given in this period for" in texts(show("roi", tab="What to do next"))
    sure = show("roi", tab="How sure")
    assert "of 60 days" in texts(sure)
    trust = cards(show("roi", tab="Beside the ROI"))
    assert trust["Share of voice"][0] == "100%"
    assert trust["Net sentiment"] == ("+60%", "30 scored texts")
    assert trust["Branded search"] == ("—", "not known")


def test_estimates_can_be_switched_off(shop: Workspace) -> None:
    assert "Estimates are switched off." in texts(show("roi", tab="How sure", estimates="false"))


def test_who_spoke_long_before_the_period_returns_in_it(own_shop: Workspace) -> None:
    def returning() -> tuple[int, int]:
        (share,) = [one for one in figures(own_shop).beside.shares if one.name == "returning_mentioners"]
        return share.part, share.whole

    part, whole = returning()
    hear(
        own_shop,
        [
            replace(mention(9001, dt.date(2025, 1, 3)), author_key="reddit:zoe"),
            replace(mention(9002, dt.date(2026, 6, 20)), author_key="reddit:zoe"),
        ],
    )
    assert returning() == (part + 1, whole + 1)
