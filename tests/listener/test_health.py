"""Whether a source is well: days worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from config.settings import SourceSettings
from config.workspace import Workspace
from listener.health import HEALTH, habit, read_health, silence
from listener.mentions import BrandMatch, Mention
from listener.store import SourceState, save_state
from tests.polls import save_poll

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
TODAY = NOW.date()


def daily(counts: dict[int, int]) -> dict[dt.date, int]:
    """Days before today -> mentions."""
    return {TODAY - dt.timedelta(days=ago): n for ago, n in counts.items()}


HABITS = [
    ({}, None),
    ({0: 100}, None),  # one day is no habit
    (dict.fromkeys(range(9), 1), None),  # nine mentions are too few
    (dict.fromkeys(range(28), 2), 2.0),
    (dict.fromkeys(range(10), 2), 2.0),
    (dict.fromkeys(range(0, 28, 7), 7), 28 / 22),
    ({**dict.fromkeys(range(28), 1), **dict.fromkeys(range(28, 60), 50)}, 1.0),
]


@pytest.mark.parametrize(("counts", "expected"), HABITS)
def test_the_habit_is_the_mean_of_its_last_28_days(counts: dict[int, int], expected: float | None) -> None:
    assert habit(daily(counts)) == expected


SILENCES = [
    (dict.fromkeys(range(28), 2), 0, None),
    (dict.fromkeys(range(4, 32), 2), 4, 4.0),  # 8 should have come
    (dict.fromkeys(range(3, 31), 2), 3, None),  # 6 should have come
    (dict.fromkeys(range(7, 60, 7), 14), 7, None),  # weekly, and a week has passed
    (dict.fromkeys(range(15, 60, 7), 14), 15, 15.0),  # weekly, and two have
]


@pytest.mark.parametrize(("counts", "ago", "expected"), SILENCES)
def test_silence_is_measured_by_the_sources_own_habit(counts: dict[int, int], ago: int, expected: float | None) -> None:
    assert silence(daily(counts), NOW - dt.timedelta(days=ago), heard_until=NOW) == expected


def mention(n: int, at: dt.datetime) -> Mention:
    return Mention(
        f"m{n}", "tea", "rss", "web", str(n), None, f"acme {n}", published_at=at, published_quality="exact",
        brands=(BrandMatch("Acme", ("acme",)),),
    )  # fmt: skip


SOURCE = SourceSettings(name="tea", url="https://tea.example/feed")
WELL = SourceState(
    "tea", SOURCE.url, last_checked_at=NOW, last_success_at=NOW, next_check_at=NOW + dt.timedelta(hours=1), outcome="ok"
)


def state_of(space: Workspace, source: SourceSettings = SOURCE, *, running: bool = True) -> str:
    (row,) = read_health(space.engine, [source], now=NOW, running=running).to_dicts()
    assert list(row) == list(HEALTH)
    return str(row["state"])


def test_the_states(make_workspace: Callable[..., Workspace]) -> None:
    space = make_workspace()
    assert state_of(space) == "never"
    assert state_of(space, SOURCE.model_copy(update={"paused": True})) == "paused"
    save_poll(space.engine, source="tea", state=WELL, mentions=[mention(1, NOW)], now=NOW)
    assert state_of(space) == "ok"
    assert state_of(space, SOURCE.model_copy(update={"url": "https://moved.example/"})) == "never"
    late = NOW - dt.timedelta(hours=3)
    cases = {
        "gone": {"gone": True, "error": "gone for good"},
        "waiting": {"retry_after": NOW + dt.timedelta(hours=1), "error": "asked to wait"},
        "failing": {"error": "the server answered 500"},
        "late": {"next_check_at": late},
    }
    for name, change in cases.items():
        save_state(space.engine, [SourceState(**{**vars(WELL), **change})])
        assert state_of(space) == name
    assert state_of(space, running=False) == "ok"


def test_a_source_that_answers_and_brings_nothing_is_silent(make_workspace: Callable[..., Workspace]) -> None:
    space = make_workspace()
    said = [mention(n, NOW - dt.timedelta(days=10 + n % 28)) for n in range(56)]
    save_poll(space.engine, source="tea", state=WELL, mentions=said, now=NOW)
    (row,) = read_health(space.engine, [SOURCE], now=NOW).to_dicts()
    assert (row["state"], row["per_day"], row["silent_days"], row["mentions"]) == ("silent", 2.0, 10.0, 56)
    assert row["last_week_per_day"] == 0


def test_a_gap_between_two_polls_is_told(make_workspace: Callable[..., Workspace]) -> None:
    from config.database import writing
    from listener.state import note_entries

    space = make_workspace()
    before = NOW - dt.timedelta(days=2)
    save_state(space.engine, [SourceState(**{**vars(WELL), "last_success_at": before})])
    with writing(space.engine) as connection:
        note_entries(connection, "tea", frozenset({"a"}), now=before)
        note_entries(connection, "tea", frozenset({"b"}), now=NOW)
    (row,) = read_health(space.engine, [SOURCE], now=NOW).to_dicts()
    assert (row["state"], row["gaps"], row["missed_since"], row["missed_until"]) == ("gaps", 1, before, NOW)


def test_a_document_without_entries_is_told(make_workspace: Callable[..., Workspace]) -> None:
    space = make_workspace()
    for entries, state in ((0, "empty"), (3, "ok"), (None, "ok")):
        save_state(space.engine, [SourceState(**{**vars(WELL), "entries": entries})])
        (row,) = read_health(space.engine, [SOURCE], now=NOW).to_dicts()
        assert row["state"] == state
