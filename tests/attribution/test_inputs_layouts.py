"""Layouts as tools have come to write them: other headers, fewer columns, other forms of the same thing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl

from attribution.facts import Facts
from attribution.leads import with_channel
from config.workspace import Workspace
from tests.attribution.test_inputs_golden import bring


def read(workspace: Workspace, tmp_path: Path, text: str, table: str, *, name: str = "export.csv") -> pl.DataFrame:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    report = bring(workspace, path)
    assert (report.error, report.quarantined) == (None, 0)
    return Facts(workspace.facts, workspace.engine).scan(table).collect()


def test_posts_of_x_are_dated_with_their_weekday(workspace: Workspace, tmp_path: Path) -> None:
    text = 'Post id,Date,Post text,Post Link,Likes\n1955000000000000001,"Fri, Aug 14, 2026",Hi,https://x.com/a/status/1,1\n'
    found = read(workspace, tmp_path, text, "posts")
    assert found["published_at"].dt.convert_time_zone("Europe/Berlin").dt.strftime("%m-%d").item() in ("08-14", "08-13")


def test_facebook_tells_the_text_of_a_photo_as_its_title(workspace: Workspace, tmp_path: Path) -> None:
    head = "Post ID,Title,Description,Publish time,Permalink,Post type,Views\n"
    text = head + "99,Look https://a.example/?utm_source=fb,,08/14/2026 10:00,https://www.facebook.com/p/99,Photos,10\n"
    found = read(workspace, tmp_path, text, "posts")
    assert found.select("link", "utm_source").row(0) == ("https://a.example/?utm_source=fb", "fb")


def test_hubspots_newer_names_and_contacts_without_a_stage(workspace: Workspace, tmp_path: Path) -> None:
    head = "Record ID,Email,Original Traffic Source,Original Traffic Source Drill-Down 1,Create Date\n"
    text = head + "1,a@x.test,Organic Social,Instagram,2026-05-01 10:00\n2,b@x.test,Paid Search,,2026-05-01 10:00\n"
    found = with_channel(read(workspace, tmp_path, text, "leads"), rules=()).sort("lead_id")
    assert found["source"].to_list()[0] == "instagram"
    assert found["channel"].to_list() == ["Organic Social", "Paid Search"]


def test_orders_of_shopify_cut_down_to_their_totals(workspace: Workspace, tmp_path: Path) -> None:
    text = (
        "Name,Created at,Currency,Financial Status,Subtotal,Total\n"
        "#1,2026-05-01 10:00:00 +0200,EUR,paid,100.00,125.00\n#2,2026-05-01 11:00:00 +0200,EUR,paid,10.00,15.00\n"
    )
    found = read(workspace, tmp_path, text, "orders").sort("order_id")
    assert found.select("order_id", "order_name", "total").rows() == [
        ("#1", "1", Decimal("125.0000")),
        ("#2", "2", Decimal("15.0000")),
    ]


def test_results_of_meta_are_conversions_where_they_are_purchases(workspace: Workspace, tmp_path: Path) -> None:
    head = "Day,Campaign name,Amount spent (EUR),Results,Result indicator\n"
    text = head + "2026-05-01,A,1.00,3,actions:offsite_conversion.fb_pixel_purchase\n2026-05-01,B,1.00,90,link_click\n"
    found = read(workspace, tmp_path, text, "spend").sort("campaign")
    assert found["claimed_conversions"].to_list() == [3.0, None]
