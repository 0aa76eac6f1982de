"""The page Promo codes beyond the list: leakage with its orders, conflicts, look-alikes, what was bought later.

June 2026 of the small shop: ANNA10 on one order (1001, 90.00 net), STRANGE5, which nobody registered, on another.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from config.workspace import Workspace
from tests.ui.pages import JUNE, NOW, cards, show, tables, texts
from ui import code_form, figures, pipeline

TABS = ("Codes", "Leakage", "Conflicts", "Unknown and out of date", "Register")


@pytest.fixture
def leaky(own_shop: Workspace, tmp_path: Path) -> Workspace:
    """Anna has no followers at all, so an order with her code is more than she reaches."""
    people = tmp_path / "people.csv"
    people.write_text("network,handle,name,followers,status\ninstagram,anna,Anna,0,contracted\n", encoding="utf-8")
    assert pipeline.take_file(own_shop, people, now=NOW).error is None
    return own_shop


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_opens(shop: Workspace, tab: str) -> None:
    assert cards(show("codes", show=tab))["Orders: leaked?"] == ("0", "0 codes")


def test_without_a_sign_the_page_says_what_was_looked_at(shop: Workspace) -> None:
    said = texts(show("codes", show="Leakage"))
    assert "No sign of leakage on the 1 creators' code used in this period." in said


def test_a_sign_stands_with_its_evidence_and_what_would_be_left(leaky: Workspace) -> None:
    page = show("codes", show="Leakage")
    assert cards(page)["Orders: leaked?"] == ("1", "1 code")
    # Direct return is 140.00: 90.00 by the code, 50.00 by Instagram.
    assert "1 order shows a sign of leakage. Without its code direct return would be €50 instead of €140." in texts(
        page
    )
    assert "More orders than followers" in tables(page)


def test_a_sign_moves_no_money_by_itself(leaky: Workspace) -> None:
    assert pipeline.attribution_report(leaky, period=JUNE).buckets.direct == 14000
    assert pipeline.attribution_report(leaky, period=JUNE, without_flagged=True).buckets.direct == 5000


def test_the_return_can_be_seen_without_flagged_codes(leaky: Workspace) -> None:
    page = show("roi")
    assert cards(page)["Direct return"][0] == "€140"
    page.toggle[0].set_value(True).run()
    assert not page.exception
    assert cards(page)["Direct return"][0] == "€50"
    assert cards(page)["Total net revenue"][0] == "€310"


def test_nobody_is_asked_to_leave_out_codes_that_show_no_sign(shop: Workspace) -> None:
    assert [toggle.key for toggle in show("roi").toggle] == ["estimates"]


def test_conflicts_state_rate_and_money_of_each_policy(shop: Workspace) -> None:
    page = show("codes", show="Conflicts")
    assert "0 of 1 orders with a valid code (0%) also hold a visit of another channel or person." in texts(page)
    assert page.dataframe[0].value["code_minor"].to_list() == [90.0] * 4
    assert page.dataframe[0].value["moved_minor"].to_list() == [0.0] * 4


def test_an_unknown_code_that_looks_like_ours_is_suggested_and_not_merged(own_shop: Workspace) -> None:
    assert code_form.save_code(own_shop, code="STRANGES", kind="crm") is None
    page = show("codes", show="Unknown and out of date")
    assert "STRANGE5" in tables(page)
    assert "STRANGES" in tables(page)
    assert cards(page)["Orders: unknown"] == ("1", "€30 net")


def test_what_was_bought_later_stands_beside_registered_codes_alone(shop: Workspace) -> None:
    report = pipeline.attribution_report(shop, period=JUNE)
    rows = figures.with_repeats(report.codes, report)
    assert rows.height == report.codes.height
    assert rows.filter(pl.col("state") != "registered")["repeat_minor"].null_count() == 1
