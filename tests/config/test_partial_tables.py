"""Tables known to hold too little are refused with what they lack and what to export instead, in every language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from config.partial_tables import PARTIAL_TABLES, PartialTable, partial_table
from config.workspace import Workspace
from ui import pipeline
from ui.imports import proposal
from ui.problem_words import parts

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
LACK = {
    "fivetran_facebook_ads_basic_ad_action_values_data.csv": "not what they cost",
    "fivetran_facebook_ads_basic_ad_actions_data.csv": "not what they cost",
    "fivetran_facebook_ads_campaign_history_data.csv": "neither day nor cost",
    "fivetran_tiktok_campaign_history_data.csv": "neither day nor cost",
    "fivetran_hubspot_deal_contact_data.csv": "no contact or deal by itself",
    "fivetran_hubspot_email_event_click_data.csv": "neither a time nor a visitor",
    "fivetran_shopify_discount_allocation_data.csv": "name no day, or no order",
    "fivetran_shopify_discount_application_data.csv": "name no day, or no order",
    "fivetran_shopify_discount_code_basic_data.csv": "without the orders",
    "fivetran_shopify_discount_redeem_code_data.csv": "without the orders",
    "fivetran_shopify_order_adjustment_data.csv": "name no day, or no order",
    "fivetran_shopify_order_discount_code_data.csv": "name no day, or no order",
    "fivetran_shopify_order_line_data.csv": "name no day, or no order",
    "fivetran_shopify_order_line_refund_data.csv": "name no day, or no order",
    "fivetran_shopify_order_note_attribute_data.csv": "name no day, or no order",
    "fivetran_shopify_order_url_tag_data.csv": "name no day, or no order",
    "fivetran_shopify_refund_data.csv": "name no day, or no order",
    "meta_ads_kag_conversion.csv": "no day",
    "facebook_posts_uci_metrics.csv": "neither an id nor a full date",
}


@pytest.mark.parametrize("table", PARTIAL_TABLES, ids=lambda table: "+".join(sorted(table.headers))[:60])
def test_a_part_of_a_record_is_named_as_such(workspace: Workspace, table: PartialTable) -> None:
    file = workspace.folder / "part.csv"
    columns = sorted(table.headers)
    file.write_text(",".join(columns) + "\n" + ",".join("7" for _ in columns) + "\n", encoding="utf-8")
    report = pipeline.take_file(workspace, file, now=NOW)
    assert (report.layout, report.error) == (None, f"{table.problem}. {table.cure}")
    assert proposal(workspace, file) is None, "no columns are guessed where the table cannot be used"


def test_all_sentences_can_be_said_in_other_languages() -> None:
    assert {text for table in PARTIAL_TABLES for text in (table.problem, table.cure)} <= set(parts(str))


def test_other_tables_are_none_of_them() -> None:
    assert partial_table(("Order ID", "Date", "Total")) is None


@pytest.mark.shared_data
@pytest.mark.parametrize(("sample", "lack"), LACK.items(), ids=LACK.keys())
def test_a_real_part_says_what_it_lacks(
    workspace: Workspace, shared_data: Callable[..., Path], sample: str, lack: str
) -> None:
    report = pipeline.take_file(workspace, shared_data("exports", sample), now=NOW)
    assert report.error
    assert lack in report.error
    assert (report.read, report.tables) == (0, {})
