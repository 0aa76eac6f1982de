"""A newer export of the same days takes out what it no longer holds; the order of imports moves nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from attribution.facts import Facts
from attribution.forgetting import forget
from attribution.inputs import LAYOUTS
from config.intake import ImportReport, take_in, undo_import
from config.workspace import Workspace
from ui.said import in_language

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
META = "Reporting starts,Reporting ends,Campaign name,Campaign ID,Amount spent (EUR)\n"
OLD = META + "2026-05-01,2026-05-01,Spring,120001,100.00\n2026-05-01,2026-05-01,Old,120002,20.00\n"
NEW = META + "2026-05-01,2026-05-01,Spring NEW,120001,100.00\n2026-05-02,2026-05-02,Spring NEW,120001,10.00\n"
OTHER = META + "2026-05-01,2026-05-03,Autumn,130001,7.00\n"
OWN = "date,platform,campaign,cost,currency\n2026-05-01,meta,spring,5.00,EUR\n"


LATER = dt.datetime(2026, 5, 20, tzinfo=dt.UTC)


def bring(
    workspace: Workspace,
    tmp_path: Path,
    text: str,
    *,
    account: str = "default",
    exported_at: dt.datetime | None = None,
) -> ImportReport:
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
    path.write_text(text, encoding="utf-8")
    sinks = {"facts": Facts(workspace.facts, workspace.engine)}
    return take_in(workspace, path, layouts=LAYOUTS, sinks=sinks, now=NOW, account=account, exported_at=exported_at)


def cost(workspace: Workspace) -> Decimal:
    found: Decimal = (
        Facts(workspace.facts, workspace.engine).scan("spend").select(pl.col("cost").sum()).collect().item()
    )
    return found


@pytest.mark.parametrize("files", [(OLD, NEW), (NEW, OLD)])
@pytest.mark.parametrize(("stated", "total"), [(None, "130.0000"), (LATER, "110.0000")])
def test_a_renamed_campaign_is_one_and_a_removed_one_is_gone_where_the_newer_export_is_known(
    workspace: Workspace, tmp_path: Path, files: tuple[str, ...], stated: dt.datetime | None, total: str
) -> None:
    """Where the newer one only seems so, by its latest day, it may be filtered: what it lacks still counts."""
    for text in files:
        assert bring(workspace, tmp_path, text, exported_at=stated if text == NEW else None).error is None
    assert cost(workspace) == Decimal(total)


def test_what_an_export_takes_out_is_told_and_comes_back_with_its_undoing(workspace: Workspace, tmp_path: Path) -> None:
    bring(workspace, tmp_path, OLD)
    report = bring(workspace, tmp_path, NEW, exported_at=LATER)
    (told,) = [text for text in report.warnings if "no longer count" in text]
    assert 'Costs of 20.00 EUR ("old", 2026-05-01) of import 1 lie in the days of this export' in told
    assert f"`earned imports undo {report.id}`" in told
    assert report.id is not None
    undo_import(workspace.engine, report.id, now=NOW)
    assert cost(workspace) == Decimal("120.0000")


def test_what_a_newer_export_lacks_and_still_counts_is_told_with_what_to_do(
    workspace: Workspace, tmp_path: Path
) -> None:
    bring(workspace, tmp_path, OLD)
    (told,) = bring(workspace, tmp_path, NEW).warnings
    assert 'Costs of 20.00 EUR ("old", 2026-05-01) of import 1 lie in the days of this export' in told
    assert "they still count" in told
    assert "--exported-at" in told
    bring(workspace, tmp_path, NEW, exported_at=LATER)  # the same file again, as it says
    assert cost(workspace) == Decimal("110.0000")


def test_an_older_export_is_told_what_of_it_does_not_count(workspace: Workspace, tmp_path: Path) -> None:
    bring(workspace, tmp_path, NEW, exported_at=LATER)
    (told,) = [text for text in bring(workspace, tmp_path, OLD).warnings if "newer export" in text]
    assert told.startswith('Costs of 20.00 EUR ("old", 2026-05-01) in this file lie in the days of a newer export')
    assert cost(workspace) == Decimal("110.0000")


def test_a_day_that_a_newer_export_of_its_campaign_lacks_is_gone(workspace: Workspace, tmp_path: Path) -> None:
    """Also under the campaign's new name, as the row that both hold says that it is the same."""
    bring(workspace, tmp_path, OLD + "2026-05-02,2026-05-02,Spring,120001,5.00\n")
    days = "".join(f"2026-05-0{day},2026-05-0{day},Spring NEW,120001,{amount}\n" for day, amount in ((1, 100), (3, 1)))
    bring(workspace, tmp_path, META + days)
    assert cost(workspace) == Decimal("121.0000")


@pytest.mark.parametrize("text", [OTHER, OWN], ids=["other campaigns", "an own file of costs"])
def test_what_shares_nothing_stands_beside(workspace: Workspace, tmp_path: Path, text: str) -> None:
    for one in (OLD, text):
        assert bring(workspace, tmp_path, one).error is None
    assert cost(workspace) in (Decimal("127.0000"), Decimal("125.0000"))


@pytest.mark.parametrize("turn", [1, -1])
def test_own_lines_that_look_alike_once_a_person_is_forgotten_all_count(
    workspace: Workspace, tmp_path: Path, turn: int
) -> None:
    head = "date,platform,campaign,cost,currency,cost_type,influencer\n"
    fee = head + "2026-05-01,instagram,spring,{},EUR,creator_fee,{}\n"
    for text in (fee.format("100", "instagram:anna"), fee.format("50", ""))[::turn]:
        assert bring(workspace, tmp_path, text).error is None
    assert cost(workspace) == Decimal("150.0000")
    forget(Facts(workspace.facts, workspace.engine), [], person="instagram:anna", now=NOW)
    assert cost(workspace) == Decimal("150.0000")


ADS = "ad_id,date,impressions,inline_link_clicks,spend\n"
BOTH_ADS = "1,2026-05-04,9,1,10\n1,2026-05-05,9,1,10\n2,2026-05-04,9,1,5\n2,2026-05-05,9,1,5\n"
ONE_AD = "2,2026-05-04,9,1,5\n2,2026-05-05,9,1,6\n2,2026-05-06,9,1,5\n"


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize(("stated", "total"), [(None, "36.0000"), (LATER, "16.0000")])
def test_ads_whose_campaigns_are_not_named_are_told_apart(
    workspace: Workspace, tmp_path: Path, turn: int, stated: dt.datetime | None, total: str
) -> None:
    """A newer list of one ad says nothing of the other one, unless it is known to be the whole newer export."""
    for text in (BOTH_ADS, ONE_AD)[::turn]:
        assert bring(workspace, tmp_path, ADS + text, exported_at=stated if text == ONE_AD else None).error is None
    assert cost(workspace) == Decimal(total)


def test_accounts_have_windows_of_their_own(workspace: Workspace, tmp_path: Path) -> None:
    bring(workspace, tmp_path, OLD, account="shop-a")
    bring(workspace, tmp_path, NEW, account="shop-b")
    assert cost(workspace) == Decimal("230.0000")


def test_values_of_a_report_that_a_newer_one_lacks_are_gone(workspace: Workspace, tmp_path: Path) -> None:
    head = "# Start date: 20260501\n# End date: 20260502\nDate,Session source / medium,Sessions\n"
    bring(workspace, tmp_path, head + "20260501,a / social,5\n20260501,b / social,3\n")
    (told,) = bring(workspace, tmp_path, head + "20260501,a / social,6\n20260502,a / social,1\n").warnings
    assert told.startswith(
        'Rows of traffic_daily (1: "b / social", 2026-05-01) of import 1 lie in the days of this export'
    )
    assert in_language(told, lambda text: f"«{text}»").startswith("«Rows of traffic_daily (1"), "has its template"
    found = Facts(workspace.facts, workspace.engine).scan("traffic_daily").collect()
    assert sorted(found["sessions"]) == [1, 6]
