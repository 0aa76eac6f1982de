"""Costs by campaign beside costs by ad: one of them is chosen. And short links of visits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from config.intake import list_imports
from config.workspace import Workspace
from tests.ui.pages import NOW, run, show, texts
from tests.ui.test_pages_data import dropped, press, select_import
from ui import pipeline
from ui.cli import app

HEAD = "date,platform,campaign,cost,currency"


def bring(space: Workspace, folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    report = pipeline.take_file(space, folder / name, now=NOW)
    assert report.error is None
    return list(report.warnings)


CAMPAIGNS = f"{HEAD}\n2026-06-10,meta,spring,30,EUR\n"
ADS = f"{HEAD},ad\n2026-06-10,meta,spring,10,EUR,A\n2026-06-10,meta,spring,20,EUR,B\n"


def test_the_page_takes_the_refused_file_in_place_of_the_other(bare: Workspace) -> None:
    run(dropped("campaigns.csv", CAMPAIGNS).button(key="import-now").click())
    page = run(dropped("ads.csv", ADS).button(key="import-now").click())
    assert "told as ads and stand already, told as whole campaigns, in campaigns.csv (import 1)" in texts(page)
    page = run(page.button(key="instead-0").click())
    assert "ads.csv: stands in place of import 1, now undone" in texts(page)
    assert "1 of 1 files imported; 2 rows are new or changed." in page.success[0].value
    assert states(bare) == {"campaigns.csv": "undone", "ads.csv": "done"}
    page = press(select_import(show("data"), bare, "campaigns.csv"), "Bring this import back")
    assert "undo import" in texts(page)
    assert states(bare) == {"campaigns.csv": "undone", "ads.csv": "done"}


def test_the_command_line_takes_it_with_replace(bare: Workspace, tmp_path: Path) -> None:
    (tmp_path / "ads.csv").write_text(ADS, encoding="utf-8")
    (tmp_path / "campaigns.csv").write_text(CAMPAIGNS, encoding="utf-8")
    told = [call(bare, tmp_path, *words) for words in (("campaigns.csv",), ("ads.csv",), ("ads.csv", "--replace"))]
    assert [(status, row["clashes"], row["replaced"]) for status, row in told] == [
        (0, [], []), (1, [1], []), (0, [], [1])
    ]  # fmt: skip


def call(space: Workspace, folder: Path, name: str, *options: str) -> tuple[int, dict[str, Any]]:
    command = ["--workspace", str(space.folder), "import", str(folder / name), *options, "--json"]
    result = CliRunner().invoke(app, command)
    return result.exit_code, json.loads(result.stdout)["files"][0]


def states(space: Workspace) -> dict[str, str]:
    """Of each file its newest import's state that is not failed."""
    return {row["file_name"]: row["state"] for row in list_imports(space.engine) if row["state"] != "failed"}


def test_a_visit_by_a_registered_short_link_has_the_tags_behind_it(bare: Workspace, tmp_path: Path) -> None:
    target = "https://acme.example/new?utm_source=instagram&utm_medium=social"
    bring(bare, tmp_path, "links.csv", f"short_url,target\nhttps://acme.link/a,{target}\n")
    visits = "visit_id,visitor,time,landing_url,referrer\n"
    visits += "v-1,a,2026-06-10T09:00Z,https://acme.link/a,\n"
    visits += "v-2,b,2026-06-10T09:00Z,https://acme.example/new,https://acme.link/a\n"
    bring(bare, tmp_path, "visits.csv", visits)
    seen = pipeline.facts_of(bare).scan("touches").select("touch_id", "source", "medium", "landing_path").collect()
    assert seen.rows() == [("v-1", "instagram", "social", "/new"), ("v-2", "instagram", "social", "/new")]
