"""doctor, backup and restore, through the command line and the door below it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from config.workspace import Workspace
from listener.health import count_failing
from listener.state import SourceState, save_state
from listener.tables import source_gaps
from ui import doctor
from ui.cli import app
from ui.documents import schema

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
HEAD = '[workspace]\ncurrency = "EUR"\n[[brand]]\nname = "Acme"\nmatch = "acme"\n'
SOURCE = '[[source]]\nname = "blog"\nurl = "https://blog.example/feed"\n'
Make = Callable[..., Workspace]


def states(folder: Path, **more: Path) -> dict[str, str]:
    return {check.name: check.state for check in doctor.examine(folder, now=NOW, **more)}


def found(folder: Path, name: str) -> doctor.Check:
    return next(check for check in doctor.examine(folder, now=NOW) if check.name == name)


def run(*arguments: str, code: int = 0) -> dict[str, object]:
    told = CliRunner().invoke(app, [*arguments, "--json"])
    assert told.exit_code == code, told.output
    document: dict[str, object] = json.loads(told.stdout)
    jsonschema.validate(document, schema(next(a for a in arguments if a in ("doctor", "backup", "restore"))))
    return document


def test_a_fresh_workspace_is_well(make_workspace: Make) -> None:
    folder = make_workspace(SOURCE, settings=HEAD).folder
    told = states(folder)
    assert told.keys() == {
        "settings", "sqlite", "clock", "models", "disk", "shared_disk", "database", "facts", "imports", "times",
        "sources",
    }  # fmt: skip
    assert "problem" not in told.values()
    assert run("--workspace", str(folder), "doctor")["well"] is True


def test_settings_that_cannot_be_read_come_first(tmp_path: Path) -> None:
    (tmp_path / "earned.toml").write_text("[workspace]\ncurency = 'EUR'\n", encoding="utf-8")
    first = doctor.examine(tmp_path, now=NOW)[0]
    assert (first.name, first.state) == ("settings", "problem")
    assert "line 2" in first.found
    run("--workspace", str(tmp_path), "doctor", code=1)


def test_a_damaged_database_is_found_before_it_is_touched(make_workspace: Make) -> None:
    space = make_workspace(settings=HEAD)
    space.engine.dispose()
    file = space.data / "earned.db"
    damaged = file.read_bytes()[:4096] + b"\xff" * 8192 + file.read_bytes()[12288:]
    file.write_bytes(damaged)
    check = found(space.folder, "database")
    assert check.state == "problem"
    assert "restore" in (check.cure or "")
    assert file.read_bytes() == damaged


def test_facts_of_another_database_are_a_problem(make_workspace: Make) -> None:
    space = make_workspace(settings=HEAD)
    space.engine.dispose()
    (space.facts / "ledger.json").write_text('{"ledger": "another", "last_import": 3}', encoding="utf-8")
    assert "belong to another database" in found(space.folder, "workspace").found


def test_facts_that_cannot_be_read_are_a_problem(make_workspace: Make) -> None:
    space = make_workspace(settings=HEAD)
    (space.facts / "orders" / "_delta_log").mkdir(parents=True)
    (space.facts / "orders" / "_delta_log" / f"{0:020}.json").write_text("{broken", encoding="utf-8")
    assert found(space.folder, "facts").state == "problem"


def test_failing_sources_and_gaps_are_told_with_a_cure(make_workspace: Make) -> None:
    space = make_workspace(SOURCE, settings=HEAD)
    state = SourceState("blog", "https://blog.example/feed", outcome="http_error", error="404", failures=1)
    state = replace(state, last_checked_at=NOW)
    save_state(space.engine, [state])
    with space.engine.connect().execution_options(writes=True) as connection, connection.begin():
        gap = {"source": "blog", "since": NOW - dt.timedelta(days=2), "until": NOW - dt.timedelta(days=1)}
        connection.execute(sa.insert(source_gaps).values(gap))
    assert found(space.folder, "source").found == "blog: 404"  # from the first failure on, as in the list of sources
    assert count_failing(space.engine, space.settings.listened, now=NOW) == 1
    assert "may have been missed between 2026-06-28" in found(space.folder, "missed").found
    save_state(space.engine, [replace(state, gone=True)])
    assert "Remove" in (found(space.folder, "source").cure or "")
    save_state(space.engine, [replace(state, outcome="ok", error=None, failures=0, entries=0)])
    assert found(space.folder, "source").found == "blog: without entries"


def test_times_ahead_of_the_clock_are_told(make_workspace: Make) -> None:
    space = make_workspace(SOURCE, settings=HEAD)
    ahead = NOW + dt.timedelta(days=3)
    save_state(space.engine, [SourceState("blog", "https://blog.example/feed", last_checked_at=ahead)])
    assert found(space.folder, "times").state == "warning"


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 40, 1), "warning"), ((3, 51, 2), "warning"), ((3, 51, 3), "ok"), ((3, 50, 7), "ok"), ((3, 50, 6), "warning"),
     ((3, 54, 0), "ok")],
)  # fmt: skip
def test_the_defect_of_old_sqlite_is_told(
    monkeypatch: pytest.MonkeyPatch, make_workspace: Make, version: tuple[int, ...], state: str
) -> None:
    monkeypatch.setattr(doctor.sqlite3, "sqlite_version_info", version)
    assert found(make_workspace(settings=HEAD).folder, "sqlite").state == state


@pytest.mark.parametrize(("kind", "state"), [("nfs4", "problem"), ("9p", "problem"), ("ext4", "ok")])
def test_a_network_disk_is_refused(make_workspace: Make, tmp_path: Path, kind: str, state: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path} {kind} rw 0 0\n", encoding="utf-8")
    assert states(make_workspace(settings=HEAD).folder, mounts=mounts)["shared_disk"] == state


def test_the_models_are_those_that_were_measured() -> None:
    """After training anew, write their sums: sha256sum *.npz quality.json > SHA256SUMS in listener/sentiment/models."""
    models = Path(doctor.sentiment.__file__).parent / "models"
    assert doctor._models(models).state == "ok"


def test_backup_and_restore_print_what_they_did(make_workspace: Make, tmp_path: Path) -> None:
    space = make_workspace(SOURCE, settings=HEAD)
    file = tmp_path / "b.zip"
    made = run("--workspace", str(space.folder), "backup", str(file))
    assert (made["mentions"], made["set_aside"]) == (0, None)
    assert CliRunner().invoke(app, ["--workspace", str(space.folder), "backup", str(file)]).exit_code == 1
    told = run("--workspace", str(tmp_path / "new"), "restore", str(file))
    assert told["made_at"] == made["made_at"]
    assert (tmp_path / "new" / "earned.toml").read_text() == HEAD + SOURCE
