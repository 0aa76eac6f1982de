"""Amounts that name no currency: what they are in can be said, once, and otherwise another time."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.workspace import Workspace, open_workspace
from tests.conftest import SETTINGS
from tests.ui.pages import run, texts
from tests.ui.test_pages_data import dropped, keyed
from ui import imports
from ui.cli import app
from ui.pipeline import facts_of

FILES = {  # file -> text, table, column, how many amounts name no currency, and one that does
    "spend": ("date,platform,campaign,cost\n2026-05-03,meta,May,10.00\n2026-05-04,meta,May,12.00\n", "spend", 2),
    "own orders": ("order_id,ordered_at,total\n1,2026-05-03,10.00\n2,2026-05-04,€ 5\n", "orders", 1),
    "leads": (
        "lead_id,created_at,source,stage,deal_amount\nL1,2026-05-03,x,won,10.00\nL2,2026-05-03,x,new,\n",
        "leads",
        1,
    ),
    "deals": ("Record ID,Deal Stage,Create Date,Amount\n5,Closed won,2026-05-03,10.00\n", "leads", 1),
    "conversions": ("conversion_id,kind,time,value\nC1,lead,2026-05-03T10:00:00Z,10.00\n", "conversions", 1),
    "prices": ("keyword,cpc\nkettle,1.20\n", "keyword_prices", 1),
    "woo": ("Date,Order #,Net Sales,N. Revenue\n2026-05-03,1,10.00,10.00\n2026-05-03,2,10.00,€10.00\n", "orders", 1),
    "ga4": ("Date,Session source,Sessions,Total revenue\n20260503,news,5,10.00\n", "traffic_daily", 1),
    "tiktok": ("Campaign name,Cost,Impressions,Date\nMay,10.00,5,2026-05-03\n", "spend", 1),
}


@pytest.mark.parametrize("name", FILES)
def test_amounts_without_a_currency_are_counted_and_asked_for(workspace: Workspace, name: str) -> None:
    text, table, bare = FILES[name]
    path = workspace.folder / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    (seen,) = imports.look(workspace, path).tables
    assert seen.bare == bare
    assert any("no currency" in notice or "not name the currency" in notice for notice in seen.notices)
    assert any("--currency" in notice for notice in seen.notices)
    (said,) = imports.look(workspace, path, currency="PLN").tables
    (values,) = [frame for name, frame in said.values.items() if name == table]
    assert "PLN" in values["currency"].to_list()
    assert values["currency"].to_list().count("EUR") == values["currency"].count() - bare


@pytest.fixture
def space(tmp_path: Path) -> Path:
    (tmp_path / "earned.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "ads.csv").write_text(FILES["spend"][0], encoding="utf-8")
    return tmp_path


def bring(space: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["--workspace", str(space), "import", str(space / "ads.csv"), *words, "--json"])
    return done.exit_code, json.loads(done.stdout)["files"][0] if done.stdout else {"said": done.stderr}


def costs(space: Path) -> set[tuple[str, Decimal]]:
    spend = facts_of(open_workspace(space)).scan("spend").collect()
    return set(spend.select("currency", "cost").iter_rows())


def test_the_same_word_again_changes_nothing_and_another_reads_anew(space: Path) -> None:
    amounts = (Decimal("10.0000"), Decimal("12.0000"))
    assert bring(space)[1]["accepted"] == 2
    assert bring(space, "--currency", "EUR")[1]["duplicates"] == 2, "as it was taken"
    _, zloty = bring(space, "--currency", "pln")
    assert (zloty["accepted"], zloty["replaced"]) == (2, [1])
    assert costs(space) == {("PLN", amount) for amount in amounts}
    assert bring(space, "--currency", "PLN")[1] == zloty | {
        **{"accepted": 0, "duplicates": 2, "replaced": [], "warnings": [], "tables": {}, "encoding": None},
    }
    assert bring(space)[1]["duplicates"] == 2, "nothing said is nothing new"
    assert bring(space, "--currency", "EUR")[1]["replaced"] == [zloty["id"]]
    assert costs(space) == {("EUR", amount) for amount in amounts}


def test_what_is_no_currency_is_wrong_usage(space: Path) -> None:
    code, told = bring(space, "--currency", "ZLOTY")
    assert code == 2
    assert "--currency" in told["said"]


def test_the_page_asks_with_the_business_s_own_currency_there(own_shop: Workspace) -> None:
    page = dropped("ads.csv", FILES["spend"][0])
    box = keyed(page, "selectbox", "currency-")
    assert (box.label, box.value) == ("Currency", "EUR")
    page = run(box.set_value("PLN"))
    assert "taken as PLN" in texts(page)
    run(page.button(key="import-now").click())
    spend = facts_of(own_shop).scan("spend").collect()
    assert spend.filter(spend["campaign"] == "may")["currency"].to_list() == ["PLN", "PLN"]


def test_the_page_proposes_what_was_said_of_the_file_or_of_its_layout_before(own_shop: Workspace) -> None:
    page = dropped("ads.csv", FILES["spend"][0])
    page = run(keyed(page, "selectbox", "currency-").set_value("PLN"))
    run(page.button(key="import-now").click())
    again = dropped("ads.csv", FILES["spend"][0])
    assert keyed(again, "selectbox", "currency-").value == "PLN"
    assert "taken as PLN" in texts(again)
    other = dropped("june.csv", FILES["spend"][0].replace("-05-", "-06-"))
    assert keyed(other, "selectbox", "currency-").value == "PLN"


def test_the_page_asks_nothing_where_currencies_are_told(own_shop: Workspace) -> None:
    page = dropped("ads.csv", "date,platform,campaign,cost,currency\n2026-06-01,meta,spring,12.50,EUR\n")
    assert not [box for box in page.selectbox if str(box.key).startswith("currency-")]


def test_the_page_says_what_a_part_of_a_record_lacks_and_asks_for_no_columns(own_shop: Workspace) -> None:
    page = dropped("refund.csv", "id,order_id,processed_at,restock\n7,8,2026-06-01,FALSE\n")
    assert "its rows are parts of orders" in texts(page)
    assert page.button(key="import-now").disabled
    assert not [box for box in page.selectbox if str(box.label) == "Order id"]
