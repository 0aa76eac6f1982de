"""A newer export of the same days takes out what it no longer holds; the order of imports moves nothing."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from config.intake import ImportReport, take_in, undo_import
from config.workspace import Workspace

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
META = "Reporting starts,Reporting ends,Campaign name,Campaign ID,Amount spent (EUR)\n"
OLD = META + "2026-05-01,2026-05-01,Spring,120001,100.00\n2026-05-01,2026-05-01,Old,120002,20.00\n"
NEW = META + "2026-05-01,2026-05-01,Spring NEW,120001,100.00\n2026-05-02,2026-05-02,Spring NEW,120001,10.00\n"
OTHER = META + "2026-05-01,2026-05-03,Autumn,130001,7.00\n"
OWN = "date,platform,campaign,cost,currency\n2026-05-01,meta,spring,5.00,EUR\n"


def bring(workspace: Workspace, tmp_path: Path, text: str, *, account: str = "") -> ImportReport:
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
    path.write_text(text, encoding="utf-8")
    facts = Facts(workspace.facts, workspace.engine)
    options = {"account": account} if account else {}
    return take_in(workspace, path, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW, **options)  # type: ignore[arg-type]


def cost(workspace: Workspace) -> Decimal:
    found: Decimal = (
        Facts(workspace.facts, workspace.engine).scan("spend").select(pl.col("cost").sum()).collect().item()
    )
    return found


@pytest.mark.parametrize("files", itertools.permutations([OLD, NEW]))
def test_a_renamed_campaign_is_one_and_a_removed_one_is_gone(
    workspace: Workspace, tmp_path: Path, files: tuple[str, ...]
) -> None:
    for text in files:
        assert bring(workspace, tmp_path, text).error is None
    assert cost(workspace) == Decimal("110.0000")


def test_what_an_export_takes_out_is_told_and_comes_back_with_its_undoing(workspace: Workspace, tmp_path: Path) -> None:
    bring(workspace, tmp_path, OLD)
    report = bring(workspace, tmp_path, NEW)
    assert [text for text in report.warnings if "Costs of 20.00 EUR of import 1 lie in the days" in text]
    assert report.id is not None
    undo_import(workspace.engine, report.id, now=NOW)
    assert cost(workspace) == Decimal("120.0000")


@pytest.mark.parametrize("text", [OTHER, OWN], ids=["other campaigns", "an own file of costs"])
def test_what_shares_nothing_stands_beside(workspace: Workspace, tmp_path: Path, text: str) -> None:
    for one in (OLD, text):
        assert bring(workspace, tmp_path, one).error is None
    assert cost(workspace) in (Decimal("127.0000"), Decimal("125.0000"))


def test_accounts_have_windows_of_their_own(workspace: Workspace, tmp_path: Path) -> None:
    bring(workspace, tmp_path, OLD, account="shop-a")
    bring(workspace, tmp_path, NEW, account="shop-b")
    assert cost(workspace) == Decimal("230.0000")


def test_values_of_a_report_that_a_newer_one_lacks_are_gone(workspace: Workspace, tmp_path: Path) -> None:
    head = "# Start date: 20260501\n# End date: 20260502\nDate,Session source / medium,Sessions\n"
    bring(workspace, tmp_path, head + "20260501,a / social,5\n20260501,b / social,3\n")
    bring(workspace, tmp_path, head + "20260501,a / social,6\n20260502,a / social,1\n")
    found = Facts(workspace.facts, workspace.engine).scan("traffic_daily").collect()
    assert sorted(found["sessions"]) == [1, 6]
