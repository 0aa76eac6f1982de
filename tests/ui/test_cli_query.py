"""Queries tried out, used, and narrowed by what is not about us, through the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from config.settings import read_settings
from config.workspace import Workspace, open_workspace
from listener import store
from tests.ui.test_cli_sources import document, run
from ui import pipeline

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
SETTINGS = """
[workspace]
name = "Test shop"
currency = "EUR"
as_of = 2026-06-30

[[brand]]
name = "Acme" # ours
match = "acme"

[[brand]]
name = "Rival"
role = "competitor"
match = "rival OR kettle"
"""
SAID = [
    *[(f"https://a.example/{n}", f"My acme kettle {n} is fine", "2026-06-29") for n in range(6)],
    *[(f"https://b.example/{n}", f"acme brick company news {n} today", "2026-05-01") for n in range(3)],
]


@pytest.fixture
def folder(make_workspace: Callable[..., Workspace]) -> Path:
    space = make_workspace(settings=SETTINGS)
    lines = [
        "link,text,author,followers,date",
        *(f"{link},{text},anna{n},,{day}T10:00:00Z" for n, (link, text, day) in enumerate(SAID)),
    ]
    file = space.folder / "talk.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert pipeline.take_file(space, file, now=NOW).accepted == 9
    return space.folder


def count(folder: Path, brand: str) -> int:
    return store.count_mentions(open_workspace(folder).engine, brand=brand)


def test_a_change_is_shown_with_what_it_adds_and_drops(folder: Path) -> None:
    found = document(folder, "query-test", "query", "test", "kettle OR brick -today", "--brand", "Rival")
    assert (found["read"], found["matched"]) == (9, 6)
    assert found["change"]["matched"] == 6
    assert (found["change"]["added"], found["change"]["dropped"]) == (0, 0)
    found = document(folder, "query-test", "query", "test", "acme NEAR/1 kettle")
    assert (found["change"]["brand"], found["change"]["added"], found["change"]["dropped"]) == ("Acme", 0, 3)
    assert found["rows"][0]["snippet"].startswith("My «acme» «kettle»")
    assert [line["kind"] for line in found["reads_as"]] == ["near", "term", "term"]
    assert "drops 3" in run(folder, "query", "test", "acme NEAR/1 kettle")


def test_a_query_can_be_tried_on_some_days_and_by_fields(folder: Path) -> None:
    found = document(folder, "query-test", "query", "test", "acme", "--since", "2026-06-01")
    assert (found["read"], found["matched"]) == (6, 6)
    found = document(folder, "query-test", "query", "test", "acme link:b.example author:anna7")
    assert (found["matched"], found["rows"][0]["terms"]) == (1, ["acme", "link:b.example", "author:anna7"])
    assert document(folder, "query-test", "query", "test", "source:import* kettle")["matched"] == 6
    assert "no brand" in run(folder, "query", "test", "a", "--brand", "Nobody", code=2)


def test_not_about_us_proposes_what_takes_the_stranger_out_and_counts_again(folder: Path) -> None:
    space = open_workspace(folder)
    stranger = store.read_mentions(space.engine, query_text="brick", limit=1).row(0, named=True)["mention_id"]
    found = document(folder, "query-not", "query", "not", stranger)
    terms = [row["term"] for row in found["rows"]]
    assert '"acme brick"' in terms
    assert "link:b.example" in terms
    assert not any("kettle" in term for term in terms)
    brick = next(row for row in found["rows"] if row["term"] == '"acme brick"')
    assert (brick["removes"], brick["of"], brick["query"]) == (3, 9, 'acme NOT "acme brick"')
    used = document(folder, "query-use", "query", "not", stranger, "--use", str(terms.index('"acme brick"') + 1))
    assert used["rows"] == [{"brand": "Acme", "gained": 0, "lost": 3}]
    assert (count(folder, "Acme"), count(folder, "Rival")) == (6, 6)
    assert read_settings(folder / "earned.toml").brand[0].match == 'acme NOT "acme brick"'
    assert "# ours" in (folder / "earned.toml").read_text(encoding="utf-8")
    assert store.count_mentions(open_workspace(folder).engine) == 9  # nothing vanishes
    assert "there is no mention nobody" in run(folder, "query", "not", "nobody", code=1)


def test_a_query_changed_in_the_file_counts_once_it_is_matched_again(folder: Path) -> None:
    file = folder / "earned.toml"
    file.write_text(SETTINGS.replace('match = "acme"', 'match = "brick"'), encoding="utf-8")
    found = document(folder, "status", "status")
    assert [row["counted_by_another"] for row in found["queries"]] == [9, 0]
    assert "query rematch" in run(folder, "status")
    assert document(folder, "query-rematch", "query", "rematch")["rows"] == [{"brand": "Acme", "gained": 0, "lost": 6}]
    assert document(folder, "query-rematch", "query", "rematch")["rows"] == []
    assert [row["counted_by_another"] for row in document(folder, "status", "status")["queries"]] == [0, 0]


def test_a_wider_query_gains_what_is_stored(folder: Path) -> None:
    used = document(folder, "query-use", "query", "use", "rival OR kettle OR brick", "--brand", "Rival")
    assert used["rows"] == [{"brand": "Rival", "gained": 3, "lost": 0}]
    assert "cannot be read" in run(folder, "query", "use", "(", code=2)


def test_status_tells_of_a_query_that_cannot_be_read(folder: Path) -> None:
    file = folder / "earned.toml"
    file.write_text(SETTINGS.replace('match = "acme"', 'match = "(acme"'), encoding="utf-8")
    found = document(folder, "status", "status")
    assert "never closed" in found["queries"][0]["problem"]
    assert "cannot be read" in run(folder, "status")
