"""How each source is doing: when it last answered, what is wrong, whether it fell silent, what may have been missed.

`HEALTH` states, the first that holds: paused, never (not polled yet), gone, waiting (as its server asked), failing,
late (its poll is overdue: nobody listens), silent (it answers, and brings far less than its habit), gaps (something
may have been missed in the last 7 days), empty (its last document held no entry that could be read), ok.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import pairwise

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.settings import SourceSettings
from listener.state import SourceState, read_gaps, read_states
from listener.tables import mentions

_TIME = pl.Datetime("us", "UTC")
HEALTH: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String,
    "state": pl.String,
    "network": pl.String,
    "url": pl.String,
    "interval_minutes": pl.Int64,
    "paused": pl.Boolean,
    "outcome": pl.String,
    "http_status": pl.Int64,
    "error": pl.String,
    "failures": pl.Int64,
    "last_checked_at": _TIME,
    "last_success_at": _TIME,
    "next_check_at": _TIME,
    "lag_minutes": pl.Int64,
    "entries": pl.Int64,
    "mentions": pl.Int64,
    "last_mention_at": _TIME,
    "per_day": pl.Float64,
    "last_week_per_day": pl.Float64,
    "silent_days": pl.Float64,
    "gaps": pl.Int64,
    "missed_since": _TIME,
    "missed_until": _TIME,
}
TROUBLES = ("gone", "failing", "late", "silent", "gaps", "empty")
HABIT_DAYS = 28
LOOK_BACK = dt.timedelta(days=120)
GAP_DAYS = 7
_ENOUGH_DAYS, _ENOUGH_MENTIONS = 7, 10
_EXPECTED = 7.0  # mentions that should have come: by chance alone none comes once in 1,100 times
_DAY = dt.timedelta(days=1)
_DAY_MICROSECONDS = 86_400_000_000


def read_health(
    engine: Engine, sources: Sequence[SourceSettings], *, now: dt.datetime, running: bool = True
) -> pl.DataFrame:
    """One row a source of the settings in their order, columns HEALTH. `running` False: nobody is meant to be polling,
    so that no poll is overdue."""
    states, gaps = read_states(engine), read_gaps(engine, since=now - HABIT_DAYS * _DAY)
    days, totals = _days(engine, since=now - LOOK_BACK), _totals(engine)
    rows = []
    for source in sources:
        state = states.get(source.name)
        state = state if state and state.url == source.url else None
        own = gaps.filter(pl.col("source") == source.name)
        count, newest = totals.get(source.name, (0, None))
        rows.append(_row(source, state, days.get(source.name, {}), own, count, newest, now=now, running=running))
    return pl.DataFrame(rows, schema=dict(HEALTH), orient="row")


def poll_states(
    engine: Engine, sources: Sequence[SourceSettings], *, now: dt.datetime
) -> dict[str, tuple[str, SourceState | None]]:
    """By source its state of `read_health` and what its polls left, without looking at mentions: never late, silent
    nor with gaps."""
    states = {(state.name, state.url): state for state in read_states(engine).values()}
    return {
        one.name: (_state(one, state, silent=False, missed=False, now=now, running=False), state)
        for one, state in ((one, states.get((one.name, one.url))) for one in sources)
    }


def count_failing(engine: Engine, sources: Sequence[SourceSettings], *, now: dt.datetime) -> int:
    """How many sources are in the state `failing` of `read_health`, without looking at their mentions."""
    return [state for state, _polled in poll_states(engine, sources, now=now).values()].count("failing")


def _row(
    source: SourceSettings,
    state: SourceState | None,
    days: Mapping[dt.date, int],
    gaps: pl.DataFrame,
    count: int,
    newest: dt.datetime | None,
    *,
    now: dt.datetime,
    running: bool,
) -> dict[str, object]:
    told = state or SourceState(source.name, source.url)
    heard_until = told.last_success_at or now
    per_day = habit(days)
    silent = silence(days, newest, heard_until=heard_until)
    recent = gaps.filter(pl.col("until") > now - GAP_DAYS * _DAY)
    week = [day for day in days if 0 <= (heard_until.date() - day).days < 7]
    return {
        "source": source.name,
        "state": _state(source, state, silent=silent is not None, missed=recent.height > 0, now=now, running=running),
        "network": source.network,
        "url": source.url,
        "interval_minutes": round(source.interval.total_seconds() / 60),
        "paused": source.paused,
        **{name: getattr(told, name) for name in _TOLD},
        "lag_minutes": _minutes(now - told.last_success_at) if told.last_success_at else None,
        "mentions": count,
        "last_mention_at": newest,
        "per_day": per_day,
        "last_week_per_day": sum(days[day] for day in week) / 7 if told.last_success_at else None,
        "silent_days": silent,
        "gaps": gaps.height,
        "missed_since": recent["since"][0] if recent.height else None,
        "missed_until": recent["until"][0] if recent.height else None,
    }


_TOLD = (
    "outcome", "http_status", "error", "failures", "last_checked_at", "last_success_at", "next_check_at", "entries",
)  # fmt: skip


def _minutes(span: dt.timedelta) -> int:
    return max(0, round(span.total_seconds() / 60))


def _state(
    source: SourceSettings, state: SourceState | None, *, silent: bool, missed: bool, now: dt.datetime, running: bool
) -> str:
    if source.paused:
        return "paused"
    if state is None or state.last_checked_at is None:
        return "never"
    late = state.next_check_at is not None and now - state.next_check_at > max(
        source.interval, dt.timedelta(minutes=30)
    )
    rules = (
        ("gone", state.gone),
        ("waiting", state.retry_after is not None and state.retry_after > now),
        ("failing", state.error is not None),
        ("late", late and running),
        ("silent", silent),
        ("gaps", missed),
        ("empty", state.entries == 0),
    )
    return next((name for name, holds in rules if holds), "ok")


def habit(days: Mapping[dt.date, int]) -> float | None:
    """Mentions a day over the 28 days up to the newest one's, or since the first; None below 7 days or 10 mentions."""
    if not days:
        return None
    last = max(days)
    within = {day: n for day, n in days.items() if (last - day).days < HABIT_DAYS}
    span = min(HABIT_DAYS, (last - min(days)).days + 1)
    total = sum(within.values())
    return total / span if span >= _ENOUGH_DAYS and total >= _ENOUGH_MENTIONS else None


def silence(days: Mapping[dt.date, int], newest: dt.datetime | None, *, heard_until: dt.datetime) -> float | None:
    """Days without a mention, when that is no habit of the source's: at least 7 mentions should have come meanwhile,
    and it lasts more than twice as long as its longest pause of the 28 days before. None otherwise."""
    usual = habit(days)
    if usual is None or newest is None:
        return None
    quiet = (heard_until - newest) / _DAY
    last = max(days)
    heard = sorted(day for day in days if (last - day).days < HABIT_DAYS)
    longest = max(((later - earlier).days for earlier, later in pairwise(heard)), default=1)
    return quiet if quiet * usual >= _EXPECTED and quiet > 2 * longest else None


def _days(engine: Engine, *, since: dt.datetime) -> dict[str, dict[dt.date, int]]:
    """Mentions by source and the UTC day they were said on."""
    day = sa.type_coerce(mentions.c.published_at, sa.BigInteger) // _DAY_MICROSECONDS
    asked = sa.select(mentions.c.source, day, sa.func.count()).where(mentions.c.published_at >= since)
    found: dict[str, dict[dt.date, int]] = {}
    with engine.connect() as connection:
        for source, number, n in connection.execute(asked.group_by(mentions.c.source, day)):
            found.setdefault(source, {})[dt.date(1970, 1, 1) + dt.timedelta(days=int(number))] = n
    return found


def _totals(engine: Engine) -> dict[str, tuple[int, dt.datetime | None]]:
    """How many mentions each source brought, and when the newest was said."""
    newest = sa.func.max(mentions.c.published_at, type_=mentions.c.published_at.type)
    asked = sa.select(mentions.c.source, sa.func.count(), newest).group_by(mentions.c.source)
    with engine.connect() as connection:
        return {source: (n, last) for source, n, last in connection.execute(asked)}
