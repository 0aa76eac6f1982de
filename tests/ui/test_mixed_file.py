"""A workbook with tables of two layouts is one import: seen whole, undone whole."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

from config.intake import list_imports
from config.registers import read_codes
from config.workspace import open_workspace
from tests.conftest import SETTINGS
from ui import imports
from ui.pipeline import facts_of, take_file

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)


def test_an_import_of_several_layouts_is_undone_whole(tmp_path: Path) -> None:
    (tmp_path / "earned.toml").write_text(SETTINGS, encoding="utf-8")
    workspace = open_workspace(tmp_path)
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.writestr("codes.csv", "code,kind\nANNA10,creator\n")
        archive.writestr("spend.csv", "date,platform,campaign,cost,currency\n2026-05-03,meta,x,10,EUR\n")
    report = take_file(workspace, tmp_path / "both.zip", now=NOW)
    assert (report.layout, report.accepted, report.read) == ("earned_codes+earned_spend", 2, 2)
    imports.undo(workspace, report.id or 0, now=NOW)
    assert facts_of(workspace).scan("spend").collect().is_empty()
    assert list_imports(workspace.engine)[0]["state"] == "undone"
    assert read_codes(workspace.engine).is_empty()
