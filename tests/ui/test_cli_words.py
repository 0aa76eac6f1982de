"""What tables and sentences of the command line look like to people; `--json` stays as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.workspace import Workspace
from tests.ui.test_cli_sources import run
from ui.terminal import as_typed, counted, print_table, show_times_in, suggest_in

GOAL = ("--metric", "mentions", "--from", "2026-06-01", "--to", "2026-06-30")


@pytest.fixture
def folder(make_workspace: Callable[..., Workspace]) -> Path:
    return make_workspace().folder


@pytest.fixture(autouse=True)
def utc_again() -> Iterator[None]:
    yield
    show_times_in(dt.UTC)


def test_tables_show_local_minutes_whole_counts_and_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    show_times_in(ZoneInfo("Europe/Berlin"))
    rows = [
        {"at": "2026-06-30T22:15:09.5Z", "n": 69.0, "share": 0.5, "state": "never_checked", "name": "spring_sale"},
        {"at": None, "n": 1200.0, "share": 1.0, "state": "ok", "name": "x"},
    ]
    print_table("T", [(key, key) for key in rows[0]], rows)
    said = capsys.readouterr().out
    for shown in ("2026-07-01 00:15", "69 ", "1,200", "0.50", "never checked", "spring_sale"):
        assert shown in said
    assert "69.0" not in said


@pytest.mark.parametrize("command", ["goals", "campaigns", "people", "timing"])
def test_an_empty_table_says_how_it_is_filled(folder: Path, command: str) -> None:
    assert "none yet; " in run(folder, command)


@pytest.mark.parametrize(("words", "kept"), [(("--target", "20%", "--change"), "0.2"), (("--target", "5,000"), "5000")])
def test_targets_are_read_as_people_write_them(folder: Path, words: tuple[str, ...], kept: str) -> None:
    from config import plans
    from config.workspace import open_workspace

    run(folder, "goals", "add", "G", *GOAL, *words)
    (goal,) = plans.stored_plan(open_workspace(folder).engine, "goals").values()
    assert goal["target"] == kept
    assert "Taken back: G is taken out" in run(folder, "goals", "undo")


def test_a_share_without_change_is_asked_about(folder: Path) -> None:
    assert "0.2" in run(folder, "goals", "add", "G", *GOAL, "--target", "20%", code=2)


def test_an_unknown_layout_names_the_nearest_and_the_list(folder: Path) -> None:
    file = folder / "a.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    said = " ".join(run(folder, "import", str(file), "--as", "earned_order", code=2).split())
    assert "earned_orders" in said
    assert "docs/imports.md" in said
    assert len(said) < 400


def test_codes_without_orders_are_one_line(folder: Path) -> None:
    file = folder / "codes.csv"
    file.write_text("code,kind\nANNA15,creator\nBO10,creator\n", encoding="utf-8")
    run(folder, "import", str(file))
    said = run(folder, "codes")
    assert "2 more registered codes had no order" in said
    assert "ANNA15" not in said
    assert "ANNA15" in run(folder, "codes", "--all")


def test_a_command_that_a_message_names_keeps_the_folder_that_was_given(folder: Path) -> None:
    assert f"earned --workspace {folder} import FILE" in run(folder, "imports")
    assert f"earned --workspace {folder} listen --once" in run(folder, "voice")
    suggest_in("my shop", ["listen"])
    assert as_typed("run: earned listen; what earned it") == "run: earned --workspace 'my shop' listen; what earned it"
    suggest_in(None, ["listen"])
    assert as_typed("run: earned listen") == "run: earned listen"


@pytest.mark.parametrize(("n", "said"), [(0, "0 stories"), (1, "1 story"), (1200, "1,200 stories")])
def test_counts_take_the_form_of_their_number(n: int, said: str) -> None:
    assert counted(n, "story", "stories") == said


def test_a_period_without_anything_says_which_days_hold_some(folder: Path) -> None:
    file = folder / "talk.csv"
    text = "My Acme kettle boils the water for the whole office within two minutes every single morning"
    rows = [f"https://{n}.example/1,{text},{n},2026-03-0{n}T10:00:00Z" for n in (2, 4)]
    file.write_text("\n".join(["link,text,author,date", *rows]), encoding="utf-8")
    run(folder, "import", str(file))
    for command in ("mentions", "voice"):
        said = run(folder, command, "--since", "2026-06-01", "--until", "2026-06-30")
        assert "your mentions run from 2026-03-02 to 2026-03-04: ask --since 2026-03-02 --until 2026-03-04" in said
    days = ("--since", "2026-03-01", "--until", "2026-03-31")
    assert "2 of 2 mentions, 1 story of all brands" in run(folder, "mentions", "kettle", *days)
    assert "2 mentions, 1 story" in run(folder, "mentions", "--search", "acme kettle", *days)
    assert "none is as asked" in run(folder, "mentions", "teapot", *days)
    assert "say what to look for once" in run(folder, "mentions", "a", "--query", "b", code=2)
    assert "2 mentions (1 story), 0 orders" in run(folder, "status")


def test_sources_are_told_in_the_workspaces_zone(capsys: pytest.CaptureFixture[str]) -> None:
    from ui.cli_sources import print_health

    show_times_in(ZoneInfo("Asia/Tokyo"))
    row = {"source": "tea", "state": "gaps", "last_success_at": "2026-06-30T22:15:00Z", "entries": 3, "mentions": 1}
    row |= {"last_week_per_day": 0.0, "per_day": None}
    print_health([row | {"missed_since": "2026-06-29T22:00:00Z", "missed_until": "2026-06-30T22:00:00Z"}])
    said = capsys.readouterr().out
    assert "2026-07-01 07:15" in said
    assert "Between 2026-06-30 07:00 and 2026-07-01 07:00 entries" in said
    assert "UTC" not in said
