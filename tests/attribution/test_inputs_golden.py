"""Every layout has a golden pair: a small file as the system writes it, beside the tables it must give.

`NAME.json` beside `NAME` holds the layout, the counts, the reasons of what is left out, and per table its rows in the
order of `order` (default: the table's key), each with the columns that matter. `how` says how the figures came about.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from config.intake import ImportReport, take_in
from config.workspace import Workspace

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
PAIRS = Path(__file__).parents[1] / "data" / "exports"
CASES = sorted(path.name for path in PAIRS.iterdir() if not (path.suffix == ".json" and (PAIRS / path.stem).exists()))
COUNTS = ("read", "accepted", "updated", "duplicates", "quarantined", "skipped")
# The samples of the layouts that must be read, by their names there.
SAMPLES = {
    "shopify_orders_cad_multiline_2025.csv": "shopify_orders_csv",
    "shopify_orders_usd_us_2020_2022.csv": "shopify_orders_csv",
    "shopify_orders_bdt_cod_automatic_discounts.csv": "shopify_orders_csv",
    "shopify_orders_rest.json": "shopify_orders_rest",
    "woocommerce_analytics_orders_en.csv": "woocommerce_analytics",
    "woocommerce_webtoffee_orders.csv": "woocommerce_webtoffee",
    "woocommerce_orders_rest_v3.json": "woocommerce_orders_rest",
    "etsy_sold_orders.csv": "etsy_sold_orders",
    "ga4_report_csv_2021_comments.csv": "ga4_report",
    "ga4_snapshot_no_preamble.csv": "ga4_report",
    "ga4_traffic_acq_by_hour_excel_dates.csv": "ga4_report",
    "ga4_traffic_acquisition_two_tables.csv": "ga4_report",
    "apache_combined_semicomplete_2015.log": "access_log",
    "access_ncsa_extended.log": "access_log",
    "matomo_common.log": "access_log",
    "matomo_common_vhost.log": "access_log",
    "matomo_gandi.log": "access_log",
    "matomo_nginx_json.log": "access_log",
    "matomo_iis.log": "access_log",
    "matomo_elb.log": "access_log",
    "matomo_amazon_cloudfront_web.log": "access_log",
    "meta_ads_daily_en_usd.csv": "meta_ads",
    "google_ads_campaign_preamble_total.csv": "google_ads",
    "google_ads_campaign_report_inr.csv": "google_ads",
    "tiktok_ads_decimal_comma.csv": "tiktok_ads",
    "hubspot_contacts_export_like.csv": "hubspot_contacts",
    "instagram_business_suite_posts.csv": "meta_posts",
    "youtube_studio_table_data_min.csv": "youtube_posts",
    "fivetran_facebook_ads_basic_ad_data.csv": "meta_ads_api",
    "fivetran_tiktok_campaign_report_hourly_data.csv": "tiktok_ads_api",
    "fivetran_shopify_order_data.csv": "shopify_orders_rest",
    "fivetran_shopify_transaction_data.csv": "shopify_transaction_table",
    "fivetran_hubspot_contact_data.csv": "hubspot_contact_table",
    "fivetran_hubspot_deal_data.csv": "hubspot_deal_table",
    "fivetran_hubspot_contact_form_submission_data.csv": "hubspot_form_table",
}


def bring(workspace: Workspace, path: Path) -> ImportReport:
    facts = Facts(workspace.facts, workspace.engine)
    report = take_in(workspace, path, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW)
    assert report.read == sum(getattr(report, name) for name in COUNTS[1:]), report
    return report


def rows(workspace: Workspace, table: str, order: str | None) -> list[dict[str, Any]]:
    frame = Facts(workspace.facts, workspace.engine).scan(table).collect()
    known = [name for name in (order or "").split(",") if name in frame.columns]
    return (frame.sort(known, nulls_last=False) if known else frame).to_dicts()


@pytest.mark.parametrize("case", CASES)
def test_a_golden_pair(workspace: Workspace, case: str) -> None:
    expected = json.loads((PAIRS / f"{case}.json").read_text(encoding="utf-8"))
    report = bring(workspace, PAIRS / case)
    assert (report.error, report.layout) == (None, expected["layout"])
    assert {n: getattr(report, n) for n in COUNTS} == dict.fromkeys(COUNTS, 0) | expected["counts"]
    assert dict(report.reasons) == expected.get("reasons", dict(report.reasons))
    assert {name for name, n in report.tables.items() if n} == set(expected["tables"])
    for table, wanted in expected["tables"].items():
        found = rows(workspace, table, expected.get("order"))
        shown = [
            {n: None if row[n] is None else str(row[n]) for n in want} for row, want in zip(found, wanted, strict=True)
        ]
        assert shown == wanted, table


def test_every_layout_has_a_golden_pair() -> None:
    paired = {json.loads((PAIRS / f"{case}.json").read_text(encoding="utf-8"))["layout"] for case in CASES}
    own = {"earned_visits", "earned_spend", "earned_posts", "earned_leads"}  # by example in test_inputs_own_files
    assert {layout.id for layout in LAYOUTS} - own == paired


@pytest.mark.shared_data
@pytest.mark.parametrize(("sample", "layout"), SAMPLES.items())
def test_a_real_sample_is_read_whole(
    workspace: Workspace, shared_data: Callable[..., Path], sample: str, layout: str
) -> None:
    report = bring(workspace, shared_data("exports", sample))
    assert (report.error, report.layout, report.quarantined) == (None, layout, 0)
