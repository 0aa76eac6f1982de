"""What somebody meets who opens the screens for the first time: other days, refused files, templates, words for names.

The small shop's orders and visits lie in June 2026; in June its talk has 50 mentions, 30 of them scored.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from config.clock import Period, last_days
from config.workspace import Workspace
from listener.fetch import Outcome
from tests.ui.pages import NOW, cards, hear, marked_up, mention, run, show, talk, texts
from ui import charts, documents_plans, documents_roi, known_days, pipeline, roi_cautions, talk_cards, templates
from ui.i18n import Translator
from ui.notes import missing_costs, notes
from ui.roi_figures import roi_figures
from ui.views import data_feeds, mentions

# --- days that hold figures -----------------------------------------------------------------------------------------


def test_known_days_are_those_of_the_stores(shop: Workspace) -> None:
    known = known_days.read_known_days(shop)
    assert known.orders == Period(dt.date(2026, 6, 10), dt.date(2026, 6, 25))
    assert known.of_brand("Acme") == Period(dt.date(2026, 4, 1), dt.date(2026, 6, 30))
    assert known.of_brand("Nobody") is None


def test_a_cancelled_order_is_no_day_of_orders_on_the_page_nor_in_the_command(own_shop: Workspace) -> None:
    file = own_shop.folder / "late.csv"
    file.write_text(
        "order_id,ordered_at,status,currency,subtotal,total,cancelled_at\n"
        "late,2026-06-29T10:00:00Z,paid,EUR,10,10,2026-06-29T12:00:00Z\n",
        encoding="utf-8",
    )
    assert pipeline.take_file(own_shop, file, now=NOW).error is None
    report = pipeline.attribution_report(own_shop, period=Period(dt.date(2026, 7, 1), dt.date(2026, 7, 31)))
    assert report.history["day"].max() == dt.date(2026, 6, 29)
    known = known_days.read_known_days(own_shop).orders
    assert known == Period(dt.date(2026, 6, 10), dt.date(2026, 6, 25))
    flags = f"--since {known.since} --until {known.until}"
    assert f"Your orders run from {known.since} to {known.until}: ask {flags}." in " ".join(notes(report))


def test_both_lists_of_missing_costs_are_one_and_say_where_costs_lie(own_shop: Workspace) -> None:
    until = dt.date(2026, 3, 31)
    period = Period(dt.date(2026, 3, 1), until)
    listed = documents_plans.costs(own_shop, period=period, by="kind")
    told = documents_roi.roi(own_shop, roi_figures(own_shop, period=period, now=NOW), now=NOW)
    assert listed["missing"] == told["cost_missing"]
    assert listed["known_days"] == told["cost_known_days"]
    sentences = missing_costs(told["cost_missing"], told["cost_known_days"], told["period"])
    assert sentences[0].startswith("No cost is given in this period for: ad spend, ")
    assert sentences[1].startswith("Your costs run from 2026-06-")
    assert "ask --since 2026-06-" in sentences[1]


def test_nothing_stored_is_no_days(bare: Workspace) -> None:
    known = known_days.read_known_days(bare)
    assert (known.orders, known.of_brand(None)) == (None, None)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("overview", "Your orders run from Jun 10, 2026 to Jun 25, 2026, mentions from Apr 1, 2026 to Jun 30, 2026."),
        ("roi", "Your orders run from Jun 10, 2026 to Jun 25, 2026."),
        ("mentions", "Your mentions run from Apr 1, 2026 to Jun 30, 2026."),
        ("influencers", "Your mentions run from Apr 1, 2026 to Jun 30, 2026."),
    ],
)
def test_a_page_without_figures_in_its_period_leads_to_the_days_that_have_some(
    shop: Workspace, name: str, told: str
) -> None:
    page = show(name)
    assert "Your " not in texts(page)
    page.session_state["days"] = "dates"
    page.session_state["dates"] = (dt.date(2025, 1, 1), dt.date(2025, 1, 31))
    run(page)
    assert told in texts(page)
    assert not [head.value for head in page.subheader if "Three steps" in head.value]
    run(page.button(key="show-known-days").click())
    assert "Your " not in texts(page)
    assert page.session_state["days"] == "dates"
    assert name not in ("overview", "roi") or cards(page)["Direct return"][0] == "€140"


def test_the_button_to_the_known_days_reaches_an_order_of_long_ago(bare: Workspace) -> None:
    file = bare.folder / "old.csv"
    file.write_text(
        "order_id,ordered_at,status,currency,subtotal,total\nold,2008-01-10T10:00:00Z,paid,EUR,10,10\n",
        encoding="utf-8",
    )
    assert pipeline.take_file(bare, file, now=NOW).error is None
    page = show("roi")
    run(page.button(key="show-known-days").click())
    assert page.date_input(key="dates").value == (dt.date(2008, 1, 10), dt.date(2008, 1, 10))
    assert "Your orders" not in texts(page)
    assert cards(page)["Total net revenue"][0] == "€10"


@pytest.mark.parametrize(("name", "told"), [("mentions", True), ("influencers", False)])
def test_a_page_says_that_it_compares_only_where_it_does(shop: Workspace, name: str, told: bool) -> None:
    assert ("compared with" in marked_up(show(name))) == told


def test_where_nothing_is_known_nothing_is_compared(bare: Workspace) -> None:
    assert "compared with" not in marked_up(show("mentions"))


@pytest.mark.parametrize(
    ("last", "form"),
    [(dt.date(2026, 6, 30), "%-d %b"), (dt.date(2027, 1, 2), "%-d %b"), (dt.date(2027, 1, 3), "%b %Y")],
)
def test_an_axis_longer_than_a_year_names_the_year(last: dt.date, form: str) -> None:
    axis = charts.day_axis(pl.Series([dt.date(2026, 1, 1), last]))
    assert axis.to_dict()["format"] == form


def test_the_costs_page_leads_to_the_days_that_have_costs(shop: Workspace) -> None:
    page = show("costs")
    page.session_state["days"] = "dates"
    page.session_state["dates"] = (dt.date(2025, 1, 1), dt.date(2025, 1, 31))
    run(page)
    assert "Your costs run from Jun " in texts(page)
    run(page.button(key="show-known-cost-days").click())
    assert page.session_state["dates"][0].month == 6
    assert not [button for button in page.button if button.key == "show-known-cost-days"]


def test_where_nobody_spoke_the_days_with_mentions_are_offered_and_known_people_are_not_asked_for(
    bare: Workspace,
) -> None:
    hear(bare, [mention(1, dt.date(2026, 4, 1)), mention(2, dt.date(2026, 7, 5))])
    assert "Import people" in marked_up(show("influencers"))
    file = bare.folder / "people.csv"
    file.write_text("network,handle,name,followers,status\ntiktok,anna,Anna,5000,contracted\n", encoding="utf-8")
    assert pipeline.take_file(bare, file, now=NOW).error is None
    page = show("influencers")
    assert "Nobody with a name has mentioned the brand" in texts(page)
    assert "Your mentions run from Apr 1, 2026 to Jul 5, 2026." in texts(page)
    assert "Import people" not in marked_up(page)
    run(page.button(key="show-known-own-days").click())
    assert "Your mentions" not in texts(page)


# --- what to know before trusting an ROI ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "usual", "days", "thin"),
    [
        (9_000, 90_000, 30, True),  # 300 a day against 1,000
        (15_000, 90_000, 30, False),  # exactly half
        (30_000, 90_000, 30, False),
    ],
)
def test_a_period_with_less_than_half_the_usual_daily_cost_is_thin(
    cost: int, usual: int, days: int, thin: bool
) -> None:
    pace = roi_cautions.cost_pace(cost, usual, last_days(days, until=dt.date(2026, 6, 30)))
    assert pace is not None
    assert pace.thin is thin


@pytest.mark.parametrize(("cost", "usual", "days"), [(None, 90_000, 30), (9_000, 0, 30), (9_000, 90_000, 90)])
def test_without_cost_or_in_ninety_days_no_pace_is_judged(cost: int | None, usual: int, days: int) -> None:
    assert roi_cautions.cost_pace(cost, usual, last_days(days, until=dt.date(2026, 6, 30))) is None


def test_few_days_are_said_to_be_few(shop: Workspace) -> None:
    assert [w.value for w in show("roi").warning] == []
    page = show("roi")
    page.session_state["days"] = "dates"
    page.session_state["dates"] = (dt.date(2026, 6, 10), dt.date(2026, 6, 20))
    run(page)
    assert page.warning[0].value.startswith("11 days are few")


def test_commissions_of_codes_count_in_the_cost(shop: Workspace) -> None:
    """10 % of the 90.00 that ANNA10 brought, beside 90.00 spent."""
    assert cards(show("roi"))["Cost"][0] == "€99"


def test_costs_need_a_date_too() -> None:
    spend = next(layout for layout in pipeline.LAYOUTS if layout.id == "earned_spend")
    assert templates.needs(spend) == "platform, campaign, cost, date | date_from + date_to"


def test_a_partly_bad_file_leads_to_its_rows_in_quarantine(own_shop: Workspace) -> None:
    page = show("data")
    page.file_uploader[0].upload("codes.csv", b"code,kind\nBOB5,creator\nX9,nonsense\n", "text/csv")
    run(page)
    run(page.button(key="import-now").click())
    assert "codes.csv, line 3: kind 'nonsense' is none of creator" in texts(page)
    run(page.button(key="to-quarantine").click())
    assert page.session_state["part"] == "Quarantine"
    kept = next(table.value for table in page.dataframe if "columns" in table.value.columns)
    assert kept["columns"][0] == "code: X9"


def test_layouts_and_states_have_their_names_on_screen(shop: Workspace) -> None:
    imports = next(table.value for table in show("data").dataframe if "finished" in table.value.columns)
    assert set(imports["state"]) == {"done"}
    assert {"Shopify orders", "Visits", "Costs", "Promo codes", "People"} == set(imports["layout"])


# --- searching ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "wider"),
    [
        ("shoe", "shoe*"),
        ("shoe -old", "shoe* -old"),
        ('"red shoe" OR boot', '"red shoe" OR boot*'),
        ("shoe*", "shoe*"),
        ("#shoe @anna", "#shoe @anna"),
        ("my shoe", "my shoe*"),
        ("חולצ", "חולצ*"),
        ("", ""),
    ],
)
def test_a_search_for_whole_words_is_widened_by_stars(query: str, wider: str) -> None:
    assert mentions.starred(query) == wider


def test_no_match_offers_the_starred_search(shop: Workspace) -> None:
    page = show("mentions", q="kettl")
    assert "Words are found whole. With any ending: kettl*" in texts(page)
    run(page.button(key="search-wider").click())
    assert "1 to 20 of 50 mentions" in [caption.value for caption in page.caption]


def test_a_profile_hides_a_new_customer_share_of_few(own_shop: Workspace) -> None:
    """One known customer used ANNA10."""
    said = replace(talk()[-1], mention_id="anna", native_id="anna", author_name="Anna", author_key="instagram:anna")
    hear(own_shop, [said])
    page = show("influencers", person="instagram:anna")
    table = next(frame.value for frame in page.dataframe if "new_customer_share" in frame.value.columns)
    assert table["code"].to_list() == ["ANNA10"]
    assert table["new_customer_share"].isna().all()


# --- words that run from right to left ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain #tag https://a.example", "plain #tag https://a.example"),
        ("שלום #skate", "שלום \u2068#skate\u2069"),
        ("مرحبا @anna و", "مرحبا \u2068@anna\u2069 و"),
        ("see #تزلج", "see \u2068#تزلج\u2069"),
        ("שלום https://a.example/?a=1 כן", "שלום \u2066https://a.example/?a=1\u2069 כן"),
    ],
)
def test_addresses_and_tags_stay_whole_among_right_to_left_words(text: str, shown: str) -> None:
    assert talk_cards.laid_out(text) == shown


def test_a_mixed_title_begins_on_the_side_of_its_text() -> None:
    assert talk_cards.laid_out("Heelside 2 على", beside="بصراحة") == "\u200fHeelside 2 على"
    assert talk_cards.laid_out("Heelside 2 على", beside="honestly") == "Heelside 2 على"
    assert talk_cards.laid_out("Heelside", beside="بصراحة") == "Heelside"


def test_marks_are_letters_and_no_markup() -> None:
    hostile = "שלום <script>alert(1)</script> https://x.example/<b>"
    added = set(talk_cards.laid_out(hostile)) - set(hostile)
    assert added == {"\u2066", "\u2069"}


def test_every_outcome_of_a_poll_has_words() -> None:
    said = data_feeds.outcome_names(Translator())
    assert {*map(str, Outcome), "unchanged", "not_a_feed", "rate_limited_waiting", "internal_error"} <= set(said)
