"""`earned imports`: the files that came in, one taken back and brought back, and what was kept aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.workspace import Workspace
from tests.test_whole_way import ask, earned
from ui import pipeline

VISITS = """visit_id,visitor,time,landing_url,referrer
1,a,2026-06-01T10:00:00Z,https://acme.example/?utm_source=ig,
2,b,yesterday,,
"""


@pytest.fixture
def filled(workspace: Workspace, tmp_path: Path) -> Path:
    (tmp_path / "visits.csv").write_text(VISITS + "".join(f"{n},v{n},2026-06-02T10:00:00Z,,\n" for n in range(3, 20)))
    earned("import", str(tmp_path / "visits.csv"), folder=workspace.folder)
    return workspace.folder


def _touches(workspace: Workspace) -> int:
    return pipeline.facts_of(workspace).scan("touches").collect().height


def test_an_import_is_taken_back_and_brought_back(filled: Path, workspace: Workspace) -> None:
    (row,) = ask("imports", folder=filled)["rows"]
    assert (row["file_name"], row["state"], row["read"], row["accepted"], row["quarantined"]) == (
        "visits.csv", "done", 19, 18, 1,
    )  # fmt: skip
    assert _touches(workspace) == 18
    assert ask("imports", "undo", str(row["id"]), folder=filled, name="imports-undo")["changed"] is True
    assert _touches(workspace) == 0
    assert ask("imports", "undo", str(row["id"]), folder=filled, name="imports-undo")["changed"] is False
    assert ask("imports", folder=filled)["rows"][0]["state"] == "undone"
    assert ask("imports", "redo", str(row["id"]), folder=filled, name="imports-redo")["changed"] is True
    assert _touches(workspace) == 18


def test_a_row_kept_aside_says_file_line_and_reason(filled: Path) -> None:
    (row,) = ask("imports", "quarantine", folder=filled, name="imports-quarantine")["rows"]
    assert (row["file_name"], row["line"], row["reason"]) == ("visits.csv", 3, "bad_time")
    assert row["cells"]["time"] == "(text of 9 characters)"  # it could be a name that slid into the wrong column
    assert ask("imports", "quarantine", str(row["import_id"]), folder=filled, name="imports-quarantine")["rows"] == [
        row
    ]
    assert "cannot be read" in earned("imports", "quarantine", folder=filled).stdout


def test_what_cannot_be_done_is_said(filled: Path) -> None:
    assert "there is no import 99" in earned("imports", "undo", "99", folder=filled, code=2).stderr
    assert "it stands" in earned("imports", "redo", "1", folder=filled, code=1).stderr
    assert "none yet" not in earned("imports", folder=filled).stdout
