"""Costs by campaign beside costs by ad, and short links of visits."""

from __future__ import annotations

from pathlib import Path

from config.workspace import Workspace
from tests.ui.pages import NOW
from ui import pipeline

HEAD = "date,platform,campaign,cost,currency"


def bring(space: Workspace, folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    report = pipeline.take_file(space, folder / name, now=NOW)
    assert report.error is None
    return list(report.warnings)


def test_costs_by_campaign_and_by_ad_are_told(bare: Workspace, tmp_path: Path) -> None:
    assert bring(bare, tmp_path, "campaigns.csv", f"{HEAD}\n2026-06-10,meta,spring,30,EUR\n") == []
    assert bring(bare, tmp_path, "other.csv", f"{HEAD},ad\n2026-06-11,meta,spring,10,EUR,A\n") == []
    (told,) = bring(
        bare, tmp_path, "ads.csv", f"{HEAD},ad\n2026-06-10,meta,spring,10,EUR,A\n2026-06-10,meta,spring,20,EUR,B\n"
    )
    assert told.startswith("1 days of campaigns have their cost by campaign and by ad")


def test_a_visit_by_a_registered_short_link_has_the_tags_behind_it(bare: Workspace, tmp_path: Path) -> None:
    target = "https://acme.example/new?utm_source=instagram&utm_medium=social"
    bring(bare, tmp_path, "links.csv", f"short_url,target\nhttps://acme.link/a,{target}\n")
    visits = "visit_id,visitor,time,landing_url,referrer\n"
    visits += "v-1,a,2026-06-10T09:00Z,https://acme.link/a,\n"
    visits += "v-2,b,2026-06-10T09:00Z,https://acme.example/new,https://acme.link/a\n"
    bring(bare, tmp_path, "visits.csv", visits)
    seen = pipeline.facts_of(bare).scan("touches").select("touch_id", "source", "medium", "landing_path").collect()
    assert seen.rows() == [("v-1", "instagram", "social", "/new"), ("v-2", "instagram", "social", "/new")]
