"""`earned forget` on the command line: what it says first, that it asks, and that files do not undo it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest
from typer.testing import CliRunner

import ui.cli  # noqa: F401  the commands register themselves
from config.workspace import open_workspace
from ui.command import app
from ui.documents import schema

SETTINGS = """
[workspace]
name = "T"
currency = "EUR"
timezone = "Europe/Berlin"
[[brand]]
name = "Acme"
match = "acme"
"""
ORDERS = """order_id,ordered_at,total,subtotal,currency,customer,status
o1,2026-06-03T10:00:00Z,30.00,30.00,EUR,annquixote@mail.invalid,paid
o2,2026-06-04T10:00:00Z,20.00,20.00,EUR,bo@mail.invalid,paid
"""
POSTS = """date,network,author,text,url
2026-06-03,reddit,annquixote,Acme kettles are the best I ever had,https://r.example/1
2026-06-04,reddit,bo,Acme kettles are the worst I ever had,https://r.example/2
"""


@pytest.fixture
def space(tmp_path: Path) -> Path:
    (tmp_path / "earned.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "posts.csv").write_text(POSTS, encoding="utf-8")
    bring(tmp_path, "orders.csv")
    bring(tmp_path, "posts.csv")
    return tmp_path


def bring(space: Path, name: str) -> dict[str, Any]:
    told = run(space, "import", str(space / name), "--json")
    (report,) = told["files"]
    assert report["error"] is None
    return dict(report)


def run(space: Path, *words: str, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["--workspace", str(space), *words])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout) if "--json" in words and code == 0 else {"said": result.output}


def test_nothing_is_removed_without_a_yes(space: Path) -> None:
    assert "--yes" in str(run(space, "forget", "reddit:annquixote", code=2)["said"])
    told = run(space, "forget", "reddit:annquixote", "--dry-run", "--json")
    jsonschema.validate(told, schema("forget"))
    assert (told["author"], told["mentions"], told["forgotten"]) == ("reddit:annquixote", 1, False)


def test_an_author_is_gone_and_the_same_file_does_not_bring_them_back(space: Path) -> None:
    told = run(space, "forget", "annquixote", "--yes", "--json")
    jsonschema.validate(told, schema("forget"))
    assert (told["mentions"], told["forgotten"], told["journal_emptied"]) == (1, True, True)
    (space / "posts.csv").write_text(POSTS + "2026-06-05,reddit,cy,Acme again,https://r.example/3\n", encoding="utf-8")
    report = bring(space, "posts.csv")
    assert (report["read"], report["accepted"], report["skipped"]) == (3, 1, 1)
    assert b"annquixote" not in b"".join(p.read_bytes() for p in (space / "data").rglob("*") if p.is_file())


def test_a_customer_is_gone_and_their_order_still_counts(space: Path) -> None:
    told = run(space, "forget", "AnnQuixote@mail.invalid", "--yes", "--json")
    assert told["rows"] == {"orders": 1}
    assert run(space, "forget", "annquixote@mail.invalid", "--dry-run", "--json")["rows"] == {}
    status = run(space, "status", "--json")
    assert status["orders"] == 2


def test_somebody_nobody_knows_is_said_so(space: Path) -> None:
    assert "Nothing is stored" in str(run(space, "forget", "nobody@mail.invalid", "--dry-run")["said"])


@pytest.mark.parametrize(
    "text",
    [
        "code,kind,owner\nANN10,creator,instagram:annquixote\n",
        "kind,amount,from,to,influencer\ninfluencer_fee,100,2026-06-01,2026-06-02,instagram:annquixote\n",
        "name,from,to,utm_campaigns,people\nSpring,2026-06-01,2026-06-30,spring,instagram:bo; instagram:annquixote\n",
    ],
    ids=["owner of a code", "creator of a cost", "creator of a campaign"],
)
def test_whom_only_a_register_names_is_known_and_forgotten(space: Path, text: str) -> None:
    (space / "register.csv").write_text(text, encoding="utf-8")
    bring(space, "register.csv")
    told = run(space, "forget", "instagram:annquixote", "--yes", "--json")
    assert (told["author"], told["registered"], told["forgotten"]) == ("instagram:annquixote", True, True)
    assert run(space, "forget", "instagram:annquixote", "--dry-run", "--json")["registered"] is False
    database = b"".join(file.read_bytes() for file in (space / "data").glob("earned.db*"))
    assert b"instagram:annquixote" not in database


SPEND = """date,platform,campaign,cost,currency,influencer
2026-06-03,instagram,june,100.00,EUR,instagram:quixotine
2026-06-04,instagram,june,50.00,EUR,instagram:bo
"""
PEOPLE = "network,handle,name,followers,status\ninstagram,quixotine,Q,900,none\ninstagram,bo,Bo,5,none\n"
CODES = "code,kind,owner\nQUIX15,creator,instagram:quixotine\nBO10,creator,instagram:bo\n"
CAMPAIGNS = """name,from,to,utm_campaigns,people
June,2026-06-01,2026-06-30,june,instagram:quixotine; instagram:bo
"""


def names(space: Path) -> bool:
    from ui.pipeline import facts_of

    with contextlib.closing(sqlite3.connect(space / "data" / "earned.db")) as database:
        dumped = "\n".join(database.iterdump())
    return "quixotine" in dumped or "instagram:quixotine" in str(
        facts_of(open_workspace(space)).scan("spend").collect()["person"].to_list()
    )


def test_a_person_of_cost_and_register_files_is_gone_and_their_files_do_not_bring_them_back(space: Path) -> None:
    for name, text in (("spend.csv", SPEND), ("people.csv", PEOPLE), ("codes.csv", CODES), ("plan.csv", CAMPAIGNS)):
        (space / name).write_text(text, encoding="utf-8")
        bring(space, name)
    assert names(space)
    told = run(space, "forget", "instagram:Quixotine", "--yes", "--json")
    assert (told["author"], told["registered"], told["rows"]) == ("instagram:quixotine", True, {"spend": 1})
    for name, text in (("spend.csv", SPEND), ("people.csv", PEOPLE), ("codes.csv", CODES), ("plan.csv", CAMPAIGNS)):
        (space / name).write_text(text + "\n", encoding="utf-8")
        report = bring(space, name)
        assert (report["skipped"], report["reasons"]) == ((1, {"forgotten": 1}) if name == "people.csv" else (0, {}))
    assert not names(space)
    costs = facts(space)
    assert (costs["cost"].sum(), costs["person"].to_list()) == (150, [None, "instagram:bo"])


def test_somebody_of_whom_only_costs_speak_is_found(space: Path) -> None:
    (space / "spend.csv").write_text(SPEND, encoding="utf-8")
    bring(space, "spend.csv")
    told = run(space, "forget", "instagram:quixotine", "--dry-run", "--json")
    assert (told["author"], told["rows"]) == ("instagram:quixotine", {"spend": 1})


def test_somebody_of_whom_nothing_is_stored_yet_is_kept_out_of_the_registers(space: Path) -> None:
    run(space, "forget", "instagram:@Quixotine", "--yes")
    (space / "people.csv").write_text(PEOPLE, encoding="utf-8")
    assert bring(space, "people.csv")["skipped"] == 1


def facts(space: Path) -> pl.DataFrame:
    from ui.pipeline import facts_of

    return facts_of(open_workspace(space)).scan("spend").sort("date_from").collect()
