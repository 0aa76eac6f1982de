"""Costs told twice in different grains are refused; which of the two counts is for a person to choose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.cost_overlaps import told_twice
from attribution.facts import CostsTwiceError, Facts
from attribution.inputs import LAYOUTS
from attribution.tables import SPEND
from config.intake import ImportReport, list_imports, take_in, undo_import
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
META = "Reporting starts,Reporting ends,Campaign name,Ad set name,Ad name,Amount spent (USD),Impressions\n"
GOOGLE = "Day,Campaign,Currency code,Cost,Impressions\n"
Bring = Callable[..., ImportReport]


def line(start: str, end: str, cost: str = "10", *, campaign: str = "spring", adgroup: str = "", ad: str = "") -> str:
    return f"2026-{start},2026-{end},{campaign},{adgroup},{ad},{cost},100\n"


DAYS = META + line("05-01", "05-01", "4") + line("05-02", "05-02", "6")
MONTH = META + line("05-01", "05-31", "10")
ADS = META + line("05-01", "05-01", "1", adgroup="women", ad="a") + line("05-01", "05-01", "3", adgroup="women", ad="b")
CAMPAIGNS = META + line("05-01", "05-01", "4")


@pytest.fixture
def bring(workspace: Workspace, tmp_path: Path) -> Bring:
    def take(text: str, name: str, *, replaces: bool = False, account: str = "default") -> ImportReport:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        facts = Facts(workspace.facts, workspace.engine, replace=replaces)
        return take_in(workspace, path, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW, account=account)

    return take


def total(workspace: Workspace) -> str:
    cost = Facts(workspace.facts, workspace.engine).scan("spend").select(pl.col("cost").sum()).collect().item()
    return f"{cost:.2f}"


@pytest.mark.parametrize(
    ("first", "second", "grains"),
    [
        (DAYS, MONTH, ("the period 2026-05-01 to 2026-05-31", "single days")),
        (MONTH, DAYS, ("single days", "the period 2026-05-01 to 2026-05-31")),
        (MONTH, META + line("05-15", "06-14"), ("the period 2026-05-15 to 2026-06-14", "the period 2026-05-01 to")),
        (ADS, CAMPAIGNS, ("whole campaigns", "ads")),
        (CAMPAIGNS, ADS, ("ads", "whole campaigns")),
        (MONTH, ADS, ("ads", "whole campaigns")),
        (
            META + line("05-01", "05-01", adgroup="women"),
            META + line("05-01", "05-01", adgroup="women", ad="a"),
            ("ads", "ad sets"),
        ),
    ],
    ids=[
        "a period after its days",
        "days after their period",
        "two periods that overlap",
        "campaigns after their ads",
        "ads after their campaigns",
        "ads of a day after the campaign's period",
        "ads after their ad sets",
    ],
)
def test_the_second_statement_is_refused_and_may_take_the_place_of_the_first(
    bring: Bring, workspace: Workspace, first: str, second: str, grains: tuple[str, str]
) -> None:
    stood = bring(first, "first.csv")
    before = total(workspace)
    refused = bring(second, "second.csv")
    assert refused.error is not None
    assert refused.clashes == (stood.id,)
    ours, theirs = grains
    assert '"spring" ' in refused.error
    assert f"(line 2) are told as {ours} and stand already, told as {theirs}" in refused.error
    assert f"in first.csv (import {stood.id}): both would count" in refused.error
    assert "--replace" in refused.error
    assert "Use this file instead" in refused.error
    assert total(workspace) == before
    taken = bring(second, "second.csv", replaces=True)
    assert (taken.error, taken.replaced) == (None, [stood.id])
    states = {row["id"]: row["state"] for row in list_imports(workspace.engine)}
    assert (states[stood.id or 0], states[taken.id or 0]) == ("undone", "done")
    assert total(workspace) == f"{sum(float(row.split(',')[5]) for row in second.splitlines()[1:]):.2f}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            DAYS + line("05-01", "05-31"),
            ("line 2 tells single days, line 4 tells the", "the days or the period"),
        ),
        (ADS + line("05-01", "05-01"), ("line 2 tells ads, line 4 tells whole campaigns", "what they consist of")),
    ],
    ids=["a period beside its days", "a campaign beside its ads"],
)
def test_one_file_that_tells_costs_twice_is_refused(bring: Bring, text: str, words: tuple[str, str]) -> None:
    report = bring(text, "both.csv")
    assert report.error
    assert all(part in report.error for part in words)
    assert bring(text, "both.csv", replaces=True).error == report.error  # nothing else stands in the way


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (DAYS, META + line("05-03", "05-31")),
        (DAYS, META + line("05-01", "05-31", campaign="other")),
        (DAYS, META + line("05-01", "05-01", "5")),
        (MONTH, META + line("05-01", "05-31", "12")),
        (ADS, META + line("05-02", "05-02")),
        (ADS, META + line("05-01", "05-01", campaign="other")),
        (DAYS, GOOGLE + "2026-05-01,spring,USD,5,10\n"),
    ],
    ids=[
        "days beside it",
        "another campaign",
        "a day restated",
        "a period restated",
        "another day by campaign",
        "another campaign as a whole",
        "another platform",
    ],
)
def test_what_is_no_repetition_is_taken(bring: Bring, first: str, second: str) -> None:
    assert bring(first, "first.csv").error is None
    report = bring(second, "second.csv")
    assert (report.error, report.clashes, report.replaced) == (None, (), [])


def test_another_account_is_another_cost(bring: Bring) -> None:
    assert bring(DAYS, "first.csv").error is None
    assert bring(MONTH, "second.csv", account="second").error is None


def test_fees_of_a_month_and_of_a_day_may_both_be_true(bring: Bring, workspace: Workspace) -> None:
    head = "date_from,date_to,platform,campaign,cost,currency,cost_type\n"
    fees = (
        head
        + "2026-05-01,2026-05-31,instagram,spring,100,EUR,labour\n2026-05-02,2026-05-02,instagram,spring,5,EUR,labour\n"
    )
    report = bring(fees, "fees.csv")
    assert report.error is None
    assert any("stand beside costs of its days" in text for text in report.warnings)
    assert total(workspace) == "105.00"


def test_what_else_goes_with_the_replaced_import_is_said(bring: Bring) -> None:
    bring(DAYS + line("06-01", "06-01") + line("05-01", "05-01", campaign="other"), "first.csv")
    assert "2 of their cost lines are of other days or campaigns and go too" in str(bring(MONTH, "second.csv").error)


def test_an_undone_import_stands_again_only_where_nothing_tells_its_costs(bring: Bring, workspace: Workspace) -> None:
    first = bring(DAYS, "first.csv")
    second = bring(MONTH, "second.csv", replaces=True)
    assert first.id is not None
    assert second.id is not None
    facts = Facts(workspace.facts, workspace.engine)
    with pytest.raises(CostsTwiceError, match=rf"second.csv \(import {second.id}\).*undo import {second.id} first"):
        facts.check_again(first.id)
    undo_import(workspace.engine, second.id, now=NOW)
    facts.check_again(first.id)


def test_costs_that_no_longer_count_stand_in_nobodys_way(bring: Bring, workspace: Workspace) -> None:
    """A newer export of the campaign's days holds one of them no more: its ads tell it once."""
    first = bring(DAYS, "first.csv")
    bring(META + line("05-01", "05-01", "4") + line("05-03", "05-03", "1"), "second.csv")
    assert total(workspace) == "5.00"
    report = bring(META + line("05-02", "05-02", "6", adgroup="women", ad="a"), "third.csv")
    assert (report.error, report.clashes) == (None, ())
    assert total(workspace) == "11.00"
    assert first.id is not None
    undo_import(workspace.engine, first.id, now=NOW)
    Facts(workspace.facts, workspace.engine).check_again(first.id)


def test_what_stood_before_a_replaced_import_does_not_come_back_beside_what_replaces_it(
    bring: Bring, workspace: Workspace
) -> None:
    first = bring(DAYS, "first.csv")
    second = bring(META + line("05-01", "05-01", "5") + line("05-02", "05-02", "6"), "restated.csv")
    assert bring(MONTH, "month.csv").clashes == (first.id, second.id)
    assert bring(MONTH, "month.csv", replaces=True).replaced == [first.id, second.id]
    assert total(workspace) == "10.00"


def google(*rows: str, ids: bool = False) -> str:
    head = f"Day,Campaign,{'Campaign ID,' if ids else ''}Currency code,Cost,Impressions\n"
    return head + "".join(f"{row}\n" for row in rows)


def meta(campaign_id: str, cost: str = "10") -> str:
    head = "Reporting starts,Reporting ends,Campaign name,Campaign ID,Amount spent (USD),Impressions\n"
    return head + f"2026-05-01,2026-05-01,spring,{campaign_id},{cost},100\n"


NAMED, BY_ID = google("2026-05-01,spring,EUR,10,10"), google("2026-05-01,spring,17,EUR,10,10", ids=True)
OTHERS = google("2026-05-01,spring,17,EUR,4,10", "2026-05-01,spring,18,EUR,6,10", ids=True)  # two of one name
IDS: dict[str, tuple[list[str], str]] = {
    "Google by name, then with its ids": ([NAMED, BY_ID], "10.00"),
    "Google with its ids, then by name": ([BY_ID, NAMED], "10.00"),
    "Meta, then saved anew by a spreadsheet": ([meta("120210000000000001"), meta("1.2021E+17")], "10.00"),
    "stated otherwise, of the same time": ([meta("120210000000000001"), meta("1.2021E+17", "11")], "10.00"),
    "two campaigns of one name, one of them told again": (
        [OTHERS, google("2026-05-01,spring,17,EUR,4,11", ids=True)], "10.00",
    ),
    "two campaigns of one name, told together before": ([NAMED, OTHERS], "10.00"),
    "two campaigns of one name, of two ad accounts": (
        [BY_ID, google("2026-05-01,spring,18,EUR,7,10", ids=True)], "17.00",
    ),
    "other days": ([NAMED, google("2026-05-02,spring,17,EUR,10,10", ids=True)], "20.00"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), IDS.values(), ids=IDS.keys())
def test_a_cost_known_by_name_and_by_the_platforms_id_counts_once(
    bring: Bring, workspace: Workspace, files: list[str], expected: str
) -> None:
    for n, text in enumerate(files):
        assert bring(text, f"{n}.csv").error is None
    assert total(workspace) == expected


@pytest.mark.parametrize(("files", "expected"), IDS.values(), ids=IDS.keys())
def test_which_of_them_came_first_does_not_matter(
    bring: Bring, workspace: Workspace, files: list[str], expected: str
) -> None:
    test_a_cost_known_by_name_and_by_the_platforms_id_counts_once(bring, workspace, files[::-1], expected)


def test_it_is_told_which_of_the_two_counts(bring: Bring) -> None:
    bring(NAMED, "named.csv")
    (told,) = bring(BY_ID, "ids.csv").warnings
    assert "Costs of 10.00 EUR of import 1 are those of campaigns of the same name" in told
    (told,) = bring(NAMED + "2026-05-01,autumn,EUR,3,10\n", "named again.csv").warnings
    assert "Costs of 10.00 EUR in this file are those" in told
    assert "--exported-at" in told


def test_an_undone_import_gives_back_what_it_knew_by_other_ids(bring: Bring, workspace: Workspace) -> None:
    bring(NAMED, "named.csv")
    second = bring(google("2026-05-01,spring,17,EUR,12,10", ids=True), "ids.csv")
    assert second.id is not None
    assert total(workspace) == "12.00"
    undo_import(workspace.engine, second.id, now=NOW)
    assert total(workspace) == "10.00"


API = "ad_id,date,spend,inline_link_clicks,impressions\n"
AD_IDS = API + "1,2026-05-01,4,1,9\n2,2026-05-01,6,1,9\n"
CAMPAIGN_IDS = "campaign_id,date,spend,inline_link_clicks,impressions\n17,2026-05-01,10,1,9\n"
IN_DOLLARS = "campaign_id,date,spend,inline_link_clicks,account_currency\n17,2026-05-01,10,1,USD\n"
NAMELESS: dict[str, tuple[str, str, tuple[str, str]]] = {
    "ads by id and campaigns by name": (AD_IDS, CAMPAIGNS, ("ads or ad sets without", "campaigns by name")),
    "ads by id and named ads with ids": (AD_IDS, meta("17", "4"), ("ads or ad sets without", "campaigns by name")),
    "campaigns by id and by name": (CAMPAIGN_IDS, CAMPAIGNS, ("the platform's ids alone", "campaigns by name")),
    "campaigns by id and their ads": (CAMPAIGN_IDS, ADS, ("the platform's ids alone", "campaigns by name")),
    "ads by id and campaigns by id": (AD_IDS, CAMPAIGN_IDS, ("ads or ad sets without", "the platform's ids alone")),
}


@pytest.mark.parametrize("turned", [False, True], ids=["", "the other way round"])
@pytest.mark.parametrize(("first", "second", "grains"), NAMELESS.values(), ids=NAMELESS.keys())
def test_ids_without_names_beside_names_are_refused_and_may_take_their_place(
    bring: Bring, workspace: Workspace, first: str, second: str, grains: tuple[str, str], turned: bool
) -> None:
    files, (theirs, ours) = ([second, first], grains[::-1]) if turned else ([first, second], grains)
    stood = bring(files[0], "first.csv")
    before = total(workspace)
    refused = bring(files[1], "second.csv")
    assert refused.clashes == (stood.id,)
    told = str(refused.error)
    assert ours in told.partition("and stand already")[0]
    assert theirs in told.partition("and stand already")[2]
    assert "account name of their own (--account)" in told
    assert "of other days or campaigns" not in told
    assert total(workspace) == before
    assert bring(files[1], "second.csv", replaces=True).replaced == [stood.id]
    assert total(workspace) == ("4.00" if "spring" in files[1] else "10.00")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (AD_IDS, API + "2,2026-05-01,7,1,9\n3,2026-05-01,1,1,9\n", None),
        (IN_DOLLARS, meta("17", "10"), "10.00"),
        (meta("17", "10"), IN_DOLLARS, "10.00"),
        (AD_IDS, CAMPAIGNS.replace("2026-05-01", "2026-05-02"), "14.00"),
        (google("2026-05-01,2026,EUR,10,10"), google("2026-05-01,spring,EUR,10,10"), "20.00"),
        (
            "ad_id,campaign_name,date,spend,inline_link_clicks\n1,Spring,2026-05-01,4,1\n2,,2026-05-01,6,1\n",
            "ad_id,campaign_name,date,spend,inline_link_clicks\n1,Spring,2026-05-01,5,1\n2,,2026-05-01,6,1\n",
            None,
        ),
    ],
    ids=[
        "ids restated",
        "ids, then their names",
        "names with ids, then ids alone",
        "other days",
        "a campaign called 2026",
        "a table of both restated",
    ],
)
def test_ids_that_tell_no_cost_of_a_name_are_taken(
    bring: Bring, workspace: Workspace, first: str, second: str, expected: str | None
) -> None:
    assert bring(first, "first.csv").error is None
    assert bring(second, "second.csv").error is None
    assert expected is None or total(workspace) == expected


_DAY = st.dates(dt.date(2026, 5, 1), dt.date(2026, 5, 6))


@st.composite
def _spans(draw: st.DrawFn) -> tuple[dt.date, dt.date, str, str | None]:
    start, end = sorted((draw(_DAY), draw(_DAY)))
    return start, end, draw(st.sampled_from(["a", "b"])), draw(st.sampled_from([None, "x"]))


def _frame(spans: list[tuple[dt.date, dt.date, str, str | None]]) -> pl.DataFrame:
    rows = [
        {"account": "m", "platform": "meta", "cost_type": "media", "currency": "EUR", "date_from": a, "date_to": b,
         "campaign": campaign, "ad": ad}
        for a, b, campaign, ad in spans
    ]  # fmt: skip
    frame = SPEND.conform(pl.DataFrame(rows, schema_overrides={"ad": pl.String}))
    return frame.with_row_index("source_line", 2).with_columns(pl.col("source_line").cast(pl.Int64))


@given(st.lists(_spans(), min_size=1, max_size=8), st.lists(_spans(), min_size=1, max_size=8))
def test_a_clash_is_found_exactly_where_two_lines_share_a_day_of_a_campaign_and_differ(
    new: list[tuple[dt.date, dt.date, str, str | None]], held: list[tuple[dt.date, dt.date, str, str | None]]
) -> None:
    stored = _imported(_frame(held))
    expected = any(
        one[2] == other[2]
        and one[0] <= other[1]
        and other[0] <= one[1]
        and (one[3] != other[3] or one[:2] != other[:2])
        for one in new
        for other in held
    )
    assert bool(told_twice(_frame(new), stored)) == expected
    assert bool(told_twice(_frame(held), _imported(_frame(new)))) == expected  # whichever comes first


def _imported(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop("source_line").with_columns(import_id=pl.lit(1, dtype=pl.Int64))
