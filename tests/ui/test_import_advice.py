"""`earned import` of a file of no known layout: says what it may be and why, and the command it gives reads it so."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.conftest import SETTINGS
from ui.cli import app


@pytest.fixture
def space(tmp_path: Path) -> Path:
    (tmp_path / "earned.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


def run(space: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["--workspace", str(space), *words])
    return done.exit_code, done.stdout


def test_the_command_that_is_proposed_reads_the_file(space: Path) -> None:
    path = space / "Kasse Mai.csv"
    path.write_text("Beleg;Datum;Gesamtsumme\nA-1;03.05.2026;12,50\n", encoding="utf-8")
    code, said = run(space, "import", str(path))
    assert code == 1
    assert "it may be earned_orders" in said
    assert "total = “Gesamtsumme” (by its name, de)" in said
    command = next(line for line in said.splitlines() if line.startswith("If that is right"))
    words = shlex.split(command.partition("earned ")[2])
    assert run(space, *words)[0] == 0


def test_the_document_has_the_proposal_too(space: Path) -> None:
    path = space / "x.csv"
    path.write_text("Datum;Kampagne;Kosten\n3.5.2026;spring;12,50\n", encoding="utf-8")
    row = json.loads(run(space, "import", str(path), "--json")[1])["files"][0]
    assert row["proposed"] == {
        "layout": "earned_spend",
        "columns": {"date": "Datum", "campaign": "Kampagne", "cost": "Kosten"},
        "by": {"date": "name", "campaign": "name", "cost": "name"},
        "missing": ["platform"],
    }


def test_nothing_is_proposed_where_nothing_is_alike(space: Path) -> None:
    path = space / "x.csv"
    path.write_text("a,b\nred,blue\n", encoding="utf-8")
    assert "proposed" not in json.loads(run(space, "import", str(path), "--json")[1])["files"][0]
