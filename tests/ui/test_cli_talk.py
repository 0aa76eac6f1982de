"""What the talk shows, through the command line: documents of their schemas, figures from what was heard."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from config.workspace import Workspace
from ui import pipeline
from ui.cli import app
from ui.documents import schema

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
SETTINGS = """
[workspace]
name = "Test shop"
currency = "EUR"
timezone = "Europe/Berlin"
as_of = 2026-06-30

[[brand]]
name = "Acme"
match = "acme"
"""


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["--workspace", str(folder), *arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def document(folder: Path, name: str, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(folder, *arguments, "--json"))
    jsonschema.validate(found, schema(name))
    return found


def test_a_net_sentiment_of_few_texts_is_not_shown(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(settings=SETTINGS)
    file = workspace.folder / "talk.csv"
    rows = [f"https://a.example/{n},My Acme is wonderful and lovely,p{n},,2026-06-20T10:00:00Z" for n in range(29)]
    file.write_text("\n".join(["link,text,author,followers,date", *rows]), encoding="utf-8")
    assert pipeline.take_file(workspace, file, now=NOW).accepted == 29
    told = document(workspace.folder, "sentiment", "sentiment")
    assert (told["scored"], told["enough"], told["rows"][0]["enough"]) == (29, False, False)
    shown = run(workspace.folder, "sentiment")
    assert "29" in shown
    assert "1.00" not in shown
    assert "Net sentiment is shown from 30 scored texts on." in shown
    elsewhere = run(workspace.folder, "sentiment", "--since", "2026-01-01", "--until", "2026-01-31")
    assert "your mentions run from 2026-06-20 to 2026-06-20" in " ".join(elsewhere.split())


def test_a_list_without_people_says_why(talk: Path) -> None:
    def said(*asked: str) -> str:
        return " ".join(run(talk, "people", *asked).split())

    assert "(--min-followers 0 shows all" in said()
    nobody = said("--min-followers", "0")
    assert "it takes known followers" in nobody
    assert "--min-followers 0 shows" not in nobody
    elsewhere = said("--since", "2026-01-01", "--until", "2026-01-31")
    assert "ask --since 2026-05-01 --until 2026-06-29" in elsewhere


@pytest.fixture
def talk(make_workspace: Callable[..., Workspace]) -> Path:
    """Five mentions a day for 60 days, and on 29 June 25 people whose handle broke."""
    workspace = make_workspace(settings=SETTINGS)
    lines = ["link,text,author,followers,date,likes"]
    for n in range(60):
        day = dt.date(2026, 5, 1) + dt.timedelta(days=n)
        lines += [f"https://a.example/{n}/{k},My Acme {n} {k} is fine,p{n}x{k},,{day}T10:00:00Z,{k}" for k in range(5)]
    broken = [f"https://b.example/{k},My Acme {k} handle broke,q{k},,2026-06-29T18:00:00Z,9" for k in range(25)]
    file = workspace.folder / "talk.csv"
    file.write_text("\n".join([*lines, *broken]), encoding="utf-8")
    assert pipeline.take_file(workspace, file, now=NOW).accepted == 325
    return workspace.folder


def test_alerts(talk: Path) -> None:
    (row,) = [row for row in document(talk, "alerts", "alerts")["rows"] if row["kind"] == "volume"]
    assert (row["day"], row["brand"], row["mentions"], row["authors"]) == ("2026-06-29", "Acme", 30, 30)
    assert "Acme" in row["text"]
    assert "2026-06-29" in run(talk, "alerts")


def test_terms(talk: Path) -> None:
    found = document(talk, "terms", "terms", "--since", "2026-06-29", "--until", "2026-06-30")
    assert found["rows"][0]["term"] == "handle broke"
    assert found["before"] == {"since": "2026-06-01", "until": "2026-06-28"}
    assert not any("acme" in row["term"] for row in found["rows"])


def test_timing(talk: Path) -> None:
    rows = document(talk, "timing", "timing", "--brand", "Acme")["rows"]
    assert {row["hour"] for row in rows} == {12, 20}
    assert sum(row["share"] for row in rows) == pytest.approx(1)


def test_a_query_is_tried_out_on_what_was_heard(talk: Path) -> None:
    found = document(talk, "query-test", "query", "test", "broke AND handle", "--limit", "2")
    assert (found["matched"], found["read"], len(found["rows"])) == (25, 325, 2)
    row = found["rows"][0]
    assert [row["text"][start:end] for start, end in row["spans"]] == ["handle", "broke"]
    assert (row["terms"], row["brands"]) == (["broke", "handle"], ["Acme"])


def test_a_query_that_cannot_be_read_is_answered_with_its_place_and_cure(talk: Path) -> None:
    done = CliRunner().invoke(app, ["--workspace", str(talk), "query", "test", "(acme"])
    assert done.exit_code == 2
    assert "at character 1" in done.output


def test_a_workspace_that_heard_nothing_answers_with_no_rows(make_workspace: Callable[..., Workspace]) -> None:
    folder = make_workspace(settings=SETTINGS).folder
    for name, arguments in {
        "alerts": ["alerts"],
        "terms": ["terms"],
        "timing": ["timing"],
        "query-test": ["query", "test", "a"],
    }.items():
        assert document(folder, name, *arguments)["rows"] == []
