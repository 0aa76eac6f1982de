"""`earned import`: what is said about a file goes where it belongs, and two exports that differ are told apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.workspace import open_workspace
from tests.conftest import SETTINGS
from ui.cli import app
from ui.pipeline import facts_of

COSTS = "date,platform,campaign,cost,currency\n"


@pytest.fixture
def space(tmp_path: Path) -> Path:
    (tmp_path / "earned.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


def run(space: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["--workspace", str(space), "import", *words, "--json"])
    return done.exit_code, json.loads(done.stdout)["files"][0] if done.stdout else {"said": done.stderr}


def costs(space: Path, name: str, amount: str) -> str:
    path = space / name
    path.write_text(f"{COSTS}2026-05-03,meta,zażółć,{amount},EUR\n", encoding="cp1250")
    return str(path)


def stored(space: Path) -> list[str]:
    return [str(cost) for cost in facts_of(open_workspace(space)).scan("spend").collect()["cost"]]


@pytest.mark.parametrize("first", ["10.00", "12.00"])
def test_a_corrected_export_counts_once_its_day_is_said(space: Path, first: str) -> None:
    """Whichever row wins without it, the newer one does with it, though its bytes were imported before."""
    second = {"10.00": "12.00", "12.00": "10.00"}[first]
    old, new = costs(space, "old.csv", first), costs(space, "new.csv", second)
    assert run(space, old)[1]["warnings"] == ["The file is not UTF-8; it was read as Windows-1250 (by its letters; "
                                              "check the names below)."]  # fmt: skip
    _, report = run(space, new)
    assert "--exported-at" in report["warnings"][-1]
    assert "1 spend" in report["warnings"][-1]
    run(space, new, "--exported-at", "2026-05-20")
    assert stored(space) == [f"{second}00"]
    _, again = run(space, new, "--exported-at", "2026-05-20")
    assert (again["duplicates"], again["updated"]) == (1, 0)
    run(space, old, "--exported-at", "2026-05-20T09:00")  # that day's morning
    assert stored(space) == [f"{second}00"]


def test_the_encoding_may_be_said(space: Path) -> None:
    path = space / "he.csv"
    path.write_text(f"{COSTS}2026-05-03,meta,zażółć,1,EUR\n", encoding="iso-8859-2")
    _, report = run(space, str(path), "--encoding", "iso-8859-2")
    assert (report["accepted"], "as you said" in report["warnings"][0]) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--exported-at", "yesterday"), "2026-11-20T14:30"), (("--encoding", "klingon"), "no language or encoding")],
)
def test_what_cannot_be_understood_is_wrong_usage(space: Path, words: tuple[str, str], said: str) -> None:
    code, answer = run(space, costs(space, "a.csv", "1.00"), *words)
    assert code == 2
    assert said in answer["said"]


def test_what_became_of_rows_adds_up_and_each_line_is_named_once(space: Path) -> None:
    (space / "broken.csv").write_text(
        'order_id,ordered_at,total,currency\n1,2026-05-03,10.00,EUR\n2,2026-05-04,"12.00,EUR\n3,2026-05-05,1.00,EUR\n'
        "4,2026-05-05,1.00,EUR,x,y\n5,not a day,1.00,EUR\nTotal,,44.00,\n",
        encoding="utf-8",
    )
    said = CliRunner().invoke(app, ["--workspace", str(space), "import", str(space / "broken.csv")]).stdout
    assert "1 row left out (total 1)" in said
    assert "3 rows kept aside (open quotation mark 1, too many cells 1, day cannot be read 1)" in said
    assert "broken.csv: line 3: a quote opens" in said
    assert "broken.csv, line 6: " in said
