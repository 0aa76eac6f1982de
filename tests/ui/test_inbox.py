"""The watched folder: what is dropped there comes in once, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from config.intake import list_imports
from config.settings import SettingsError, parse_settings
from config.workspace import Workspace
from tests.ui.pages import NOW
from ui import documents, inbox, pipeline
from ui.cli import app
from ui.inbox import Taken, take_waiting

WATCH = '\n[import]\nwatch = "inbox"\n'
SPEND = "date,platform,campaign,cost,currency\n"
ROW = "2026-05-01,meta,spring,12.50,EUR\n"


@pytest.fixture
def watched(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace(WATCH)


def drop(space: Workspace, name: str, text: str = SPEND + ROW, *, old: bool = True) -> Path:
    folder = space.folder / "inbox"
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    if old:
        os.utime(file, (1_700_000_000, 1_700_000_000))
    return file


def never(seconds: float) -> None:
    raise AssertionError(f"waited {seconds} seconds for nothing")


def run(space: Workspace, sleep: Callable[[float], None] = never) -> list[Taken]:
    return take_waiting(space, now=lambda: NOW, sleep=sleep)


def names(space: Workspace, place: str = "") -> list[str]:
    return sorted(path.name for path in (space.folder / "inbox" / place).iterdir() if path.is_file())


def costs(space: Workspace) -> int:
    return pipeline.facts_of(space).scan("spend").collect().height


def test_a_dropped_file_is_imported_and_moved(watched: Workspace) -> None:
    drop(watched, "costs.csv")
    (taken,) = run(watched)
    assert (taken.outcome, taken.report and taken.report.accepted) == ("imported", 1)
    assert (names(watched), names(watched, "done"), costs(watched)) == ([], ["costs.csv"], 1)
    assert run(watched) == []


def test_a_file_that_cannot_be_read_is_moved_with_a_note_that_says_why(watched: Workspace) -> None:
    drop(watched, "page.csv", "<html><body>Sign in</body></html>")
    (taken,) = run(watched)
    assert taken.outcome == "failed"
    assert names(watched, "failed") == ["page.csv", "page.csv.note.txt"]
    ((name, note),) = inbox.failures(watched)
    assert (name, "web page" in note) == ("page.csv", True)


def test_a_file_that_the_import_stumbles_over_does_not_hold_up_the_others(
    watched: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(watched, "a.csv")
    drop(watched, "b.csv")
    take = pipeline.take_file

    def stumble(space: Workspace, path: Path, **options: object) -> object:
        if path.name == "a.csv":
            raise ZeroDivisionError
        return take(space, path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "take_file", stumble)
    assert [(item.file, item.outcome) for item in run(watched)] == [("a.csv", "failed"), ("b.csv", "imported")]
    assert (names(watched, "failed"), names(watched, ".taking"), costs(watched)) == (["a.csv"], [], 1)


def test_a_name_too_long_for_a_note_ends_nothing(watched: Workspace) -> None:
    name = "x" * 250 + ".csv"
    drop(watched, name, "not,known\n1,2\n")
    assert [item.outcome for item in run(watched)] == ["failed"]
    assert names(watched, "failed") == [name]
    assert inbox.failures(watched) == [(name, "")]


def test_rows_kept_aside_are_told_beside_the_file(watched: Workspace) -> None:
    drop(watched, "costs.csv", SPEND + ROW + "2026-05-02,meta,spring,twelve,EUR\n")
    assert run(watched)[0].outcome == "imported"
    note = (watched.folder / "inbox" / "done" / "costs.csv.note.txt").read_text(encoding="utf-8")
    assert "quarantined 1" in note
    assert "bad_money: 1 rows" in note


def test_a_file_still_being_written_is_left_until_it_is_stable(watched: Workspace) -> None:
    file = drop(watched, "costs.csv", SPEND, old=False)

    def write_on(_: float) -> None:
        with file.open("a", encoding="utf-8") as out:
            out.write(ROW)

    assert [(t.file, t.outcome) for t in run(watched, write_on)] == [("costs.csv", "waiting")]
    assert names(watched) == ["costs.csv"]
    waits: list[float] = []
    assert run(watched, waits.append)[0].outcome == "imported"
    assert len(waits) == 1
    assert 0 < waits[0] <= inbox.SETTLE


def test_a_file_that_grows_while_it_is_read_is_read_again(watched: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(watched, "costs.csv")
    real = pipeline.take_file

    def slow(space: Workspace, path: Path, **options: object) -> object:
        report = real(space, path, **options)  # type: ignore[arg-type]
        with path.open("a", encoding="utf-8") as out:
            out.write(ROW.replace("05-01", "05-02"))
        return report

    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "take_file", slow)
        assert run(watched)[0].outcome == "waiting"
    os.utime(watched.folder / "inbox" / "costs.csv", (1_700_000_000, 1_700_000_000))
    assert run(watched)[0].outcome == "imported"
    assert costs(watched) == 2


@pytest.mark.parametrize("name", [".hidden.csv", "costs.csv.part", "costs.crdownload", "~$costs.xlsx", "costs.TMP"])
def test_half_downloads_and_hidden_files_are_nothing_to_import(watched: Workspace, name: str) -> None:
    drop(watched, name)
    assert run(watched) == []
    assert names(watched) == [name]


def test_links_are_never_followed(watched: Workspace, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(SPEND + ROW, encoding="utf-8")
    link = watched.folder / "inbox" / "link.csv"
    link.parent.mkdir()
    link.symlink_to(secret)
    (taken,) = run(watched)
    assert (taken.outcome, costs(watched)) == ("not_a_file", 0)
    assert link.is_symlink()


def test_a_dropped_folder_is_told_and_left(watched: Workspace) -> None:
    drop(watched, "costs.csv")
    inner = watched.folder / "inbox" / "2025"
    inner.mkdir()
    (inner / "costs.csv").write_text(SPEND + ROW, encoding="utf-8")
    told = {taken.file: taken for taken in run(watched)}
    assert {name: taken.outcome for name, taken in told.items()} == {"costs.csv": "imported", "2025": "not_a_file"}
    assert "move them up" in (told["2025"].detail or "")
    assert (inner / "costs.csv").exists()


@pytest.mark.parametrize("place", ["done", "failed", ".taking"])
def test_files_are_not_moved_out_through_a_linked_folder(watched: Workspace, tmp_path: Path, place: str) -> None:
    drop(watched, "costs.csv")
    (tmp_path / "outside").mkdir()
    (watched.folder / "inbox" / place).symlink_to(tmp_path / "outside", target_is_directory=True)
    with pytest.raises(SettingsError, match="a link or no folder"):
        run(watched)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_file_of_the_same_name_does_not_replace_the_one_before(watched: Workspace) -> None:
    drop(watched, "costs.csv")
    run(watched)
    drop(watched, "costs.csv", SPEND + ROW.replace("05-01", "05-03"))
    run(watched)
    assert (names(watched, "done"), costs(watched)) == (["costs (2).csv", "costs.csv"], 2)


KILL = """
import os, sys, datetime as dt
from pathlib import Path
from config.workspace import open_workspace
from ui import inbox, pipeline
{patch}
inbox.take_waiting(open_workspace(Path(sys.argv[1])), now=lambda: dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC))
"""
PATCHES = {
    "before the import": "pipeline.take_file = lambda *a, **k: os._exit(9)",
    "between import and move": "real = inbox._move\n"
    "inbox._move = lambda path, place: os._exit(9) if place.name == 'done' else real(path, place)",
}


@pytest.mark.parametrize("moment", list(PATCHES))
def test_killed_at_any_moment_nothing_is_lost_or_doubled(watched: Workspace, moment: str) -> None:
    drop(watched, "costs.csv")
    script = KILL.format(patch=PATCHES[moment])
    ended = subprocess.run([sys.executable, "-c", script, str(watched.folder)], timeout=60, check=False)
    assert ended.returncode == 9
    assert names(watched, ".taking") == ["costs.csv"]
    (taken,) = run(watched)
    assert (taken.outcome, costs(watched)) == ("imported", 1)
    assert (names(watched, ".taking"), names(watched, "done")) == ([], ["costs.csv"])
    assert sum(row["state"] == "done" for row in list_imports(watched.engine)) == 1


def test_another_import_is_waited_for(watched: Workspace) -> None:
    from filelock import FileLock

    drop(watched, "costs.csv")
    with FileLock(watched.data / "import.lock"):
        assert [t.outcome for t in run(watched)] == ["busy"]
    assert names(watched) == ["costs.csv"]
    assert run(watched)[0].outcome == "imported"


def test_no_folder_is_watched_unless_one_is_named(workspace: Workspace) -> None:
    assert run(workspace) == []
    assert inbox.waiting(workspace) == []
    assert inbox.failures(workspace) == []


@pytest.mark.parametrize("watch", [".", "", "data", "data/inbox", ".."])
def test_the_workspaces_own_folders_cannot_be_watched(watch: str) -> None:
    text = f'[workspace]\ncurrency = "EUR"\n[import]\nwatch = "{watch}"\n'
    with pytest.raises(SettingsError, match="cannot be watched") as told:
        parse_settings(text, file=Path("earned.toml"))
    assert told.value.line == 4


def test_a_misspelt_key_is_told() -> None:
    text = '[workspace]\ncurrency = "EUR"\n[import]\nwatched = "inbox"\n'
    with pytest.raises(SettingsError, match="Did you mean 'watch'"):
        parse_settings(text, file=Path("earned.toml"))


def test_one_pass_of_listening_takes_what_waits_and_says_so(watched: Workspace) -> None:
    drop(watched, "costs.csv")
    drop(watched, "page.csv", "<html></html>")
    asked = CliRunner().invoke(app, ["--workspace", str(watched.folder), "listen", "--once", "--json"])
    document = json.loads(asked.stdout)
    jsonschema.validate(document, documents.schema("listen"))
    assert {row["file"]: row["outcome"] for row in document["files"]} == {"costs.csv": "imported", "page.csv": "failed"}
    assert asked.exit_code == 1
    told = CliRunner().invoke(app, ["--workspace", str(watched.folder), "listen", "--once"])
    assert told.exit_code == 0


async def test_listening_goes_on_taking_files_until_stopped(watched: Workspace) -> None:
    stop, heard = asyncio.Event(), []

    def on_files(files: list[Taken]) -> None:
        heard.extend(file.file for file in files)
        if len(heard) == 1:
            drop(watched, "b.csv", SPEND + ROW.replace("05-01", "05-02"))
        else:
            stop.set()

    drop(watched, "a.csv")
    await inbox.watch(watched, now=lambda: NOW, stop=stop, on_files=on_files, every=0.01)
    assert heard == ["a.csv", "b.csv"]


def test_a_watched_folder_may_itself_be_a_link(watched: Workspace, tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    (watched.folder / "inbox").symlink_to(tmp_path / "share", target_is_directory=True)
    drop(watched, "costs.csv")
    drop(watched, "page.csv", "<html></html>")
    assert inbox.waiting(watched) == ["costs.csv", "page.csv"]
    assert sorted(item.outcome for item in run(watched)) == ["failed", "imported"]
    assert (inbox.waiting(watched), [name for name, _ in inbox.failures(watched)]) == ([], ["page.csv"])


async def test_a_share_that_vanishes_for_a_moment_does_not_end_the_watching(
    watched: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    folder, stop, passes = watched.folder / "inbox", asyncio.Event(), 0
    real = inbox.take_waiting
    heard: list[str] = []

    def pass_over(space: Workspace, **told: Any) -> list[Taken]:
        nonlocal passes
        passes += 1
        if passes in (2, 3):  # where the share was, nothing can be made
            folder.rename(folder.with_name("away"))
            folder.write_text("", encoding="utf-8")
        try:
            return real(space, sleep=never, **told)
        finally:
            if passes in (2, 3):
                folder.unlink()
                folder.with_name("away").rename(folder)
            if passes == 3:
                drop(space, "costs.csv")

    def on_files(taken: list[Taken]) -> None:
        heard.extend(item.file for item in taken)
        stop.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "take_waiting", pass_over)
        await inbox.watch(watched, now=lambda: NOW, stop=stop, on_files=on_files, every=0.01)
    assert (heard, passes) == (["costs.csv"], 4)
    assert sum("looked for again" in record.getMessage() for record in caplog.records) == 1


async def test_a_folder_that_cannot_be_used_at_the_first_pass_ends_the_watching(watched: Workspace) -> None:
    (watched.folder / "inbox").write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="inbox"):
        await inbox.watch(watched, now=lambda: NOW, stop=asyncio.Event(), on_files=lambda taken: None, every=0.01)
