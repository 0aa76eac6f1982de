"""What polling remembers of its sources, in the database: the queue, what each source said last, what may be missing.

The queue is the index on `source_state.next_check_at`: a source stands in it with the time of its next check, which is
written before a request is made. Null means not to be asked: gone for good, or no more in the settings.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import upsert, writing
from listener.tables import source_entries, source_gaps, source_state

_CHUNK = 500
_FARTHEST = dt.timedelta(days=8)  # beyond every wait there is but long intervals: a clock that was wrong once
_TIME = pl.Datetime("us", "UTC")
GAPS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {"source": pl.String, "since": _TIME, "until": _TIME}


@dataclass(frozen=True)
class SourceState:
    """What polling must remember of a source; see `tables.source_state`."""

    name: str
    url: str
    etag: str | None = None
    last_modified: str | None = None
    validators_at: dt.datetime | None = None
    body_hash: str | None = None
    plan_hash: str | None = None
    next_check_at: dt.datetime | None = None
    asked_at: dt.datetime | None = None
    fresh_until: dt.datetime | None = None
    pace_seconds: int | None = None
    retry_after: dt.datetime | None = None
    last_checked_at: dt.datetime | None = None
    last_success_at: dt.datetime | None = None
    outcome: str | None = None
    http_status: int | None = None
    error: str | None = None
    failures: int = 0
    permanent_url: str | None = None
    permanent_count: int = 0
    gone: bool = False
    entries: int | None = None


_COLUMNS = [source_state.c[field.name] for field in fields(SourceState)]


def read_states(engine: Engine) -> dict[str, SourceState]:
    """The state of every source ever polled, by name."""
    return {state.name: state for state in _states(engine, sa.select(*_COLUMNS))}


def _states(engine: Engine, statement: sa.Select[SourceState]) -> list[SourceState]:
    with engine.connect() as connection:
        return [SourceState(**row) for row in connection.execute(statement).mappings()]


def save_state(engine: Engine, states: Sequence[SourceState]) -> None:
    """Write states alone: before a request, and after a poll that brought no body."""
    with writing(engine) as connection:
        write_states(connection, states)


def write_states(connection: Connection, states: Sequence[SourceState]) -> None:
    """`save_state` inside the caller's transaction."""
    upsert(connection, source_state, [asdict(state) for state in states], keys=["name"])


def enrol(engine: Engine, sources: Sequence[tuple[str, str]], *, now: dt.datetime, longest: dt.timedelta) -> None:
    """Every source of the settings, as (name, url), stands in the queue; others leave it.

    A source whose address has changed begins anew. A next check farther away than any wait may be (`longest` is the
    longest interval) comes of a clock that was wrong, and is now.
    """
    with engine.connect() as connection:
        known = {row.name: row for row in connection.execute(sa.select(*_COLUMNS))}
    limit = now + _FARTHEST + 2 * longest
    fresh = [SourceState(name, url, next_check_at=now) for name, url in sources if _is_new(known.get(name), url)]
    named = {name for name, _ in sources} - {state.name for state in fresh}
    back = [n for n in named if not known[n].gone and not _stands(known[n].next_check_at, limit)]
    out = [name for name, row in known.items() if row.next_check_at and name not in dict(sources)]
    if not fresh and not back and not out:
        return
    with writing(engine) as connection:
        write_states(connection, fresh)
        for chunk in _chunks(state.name for state in fresh):
            connection.execute(sa.delete(source_entries).where(source_entries.c.source.in_(chunk)))
        _set_next(connection, back, now)
        _set_next(connection, out, None)


def _is_new(row: sa.Row[tuple[object, ...]] | None, url: str) -> bool:
    return row is None or row.url != url


def _stands(next_check_at: dt.datetime | None, limit: dt.datetime) -> bool:
    return next_check_at is not None and next_check_at <= limit


def _set_next(connection: Connection, names: Iterable[str], when: dt.datetime | None) -> None:
    for chunk in _chunks(names):
        connection.execute(sa.update(source_state).where(source_state.c.name.in_(chunk)).values(next_check_at=when))


def _chunks(names: Iterable[str]) -> Iterable[list[str]]:
    rest = sorted(names)
    return (rest[start : start + _CHUNK] for start in range(0, len(rest), _CHUNK))


def due_states(engine: Engine, *, now: dt.datetime, limit: int) -> list[SourceState]:
    """The sources whose turn it is, the longest waiting first, at most `limit`."""
    return _states(
        engine,
        sa.select(*_COLUMNS)
        .where(source_state.c.next_check_at <= now)
        .order_by(source_state.c.next_check_at, source_state.c.name)
        .limit(limit),
    )


def next_due(engine: Engine) -> dt.datetime | None:
    """When the first source of the queue is to be asked; None when the queue is empty."""
    first = sa.select(source_state.c.next_check_at).where(source_state.c.next_check_at.is_not(None))
    with engine.connect() as connection:
        return connection.scalar(first.order_by(source_state.c.next_check_at).limit(1))


def postpone(engine: Engine, until: Iterable[tuple[str, dt.datetime]]) -> None:
    """Give sources another place in the queue, as (name, time); nothing else about them changes."""
    rows = sorted(until)
    if not rows:
        return
    with writing(engine) as connection:
        connection.execute(
            sa.update(source_state)
            .where(source_state.c.name == sa.bindparam("named"))
            .values(next_check_at=sa.bindparam("later")),
            [{"named": name, "later": when} for name, when in rows],
        )


def entry_keys(entries: Iterable[tuple[str, str | None]]) -> frozenset[str]:
    """What is remembered of a document's entries, given as (id, link), to see whether the next one overlaps.

    Both count, as some feeds give new ids at every build; a link that several entries share tells nothing.
    """
    listed = list(entries)
    shared = Counter(link for _, link in listed if link)
    marks = {f"id {key}" for key, _ in listed} | {f"link {link}" for link, n in shared.items() if n == 1}
    return frozenset(hashlib.blake2b(mark.encode(), digest_size=6).hexdigest() for mark in marks)


def read_quiet(engine: Engine, source: str, *, asked: str) -> frozenset[str]:
    """The marks of the entries that matched nothing at the last poll; none if something else was asked of them then."""
    with engine.connect() as connection:
        stored = connection.scalar(sa.select(source_entries.c.quiet).where(source_entries.c.source == source)) or ""
    first, _, marks = stored.partition(" ")
    return frozenset(marks.split()) if first == asked else frozenset()


def note_entries(
    connection: Connection, source: str, keys: frozenset[str], *, now: dt.datetime, quiet: Sequence[str] = ()
) -> bool:
    """Remember which entries a poll showed; True, and a gap is noted, when none of them was there at the last poll.

    Between the two something may have come and gone: after a pause, or because the source is polled too rarely.
    `quiet`: what was asked of the entries, then the marks of those that matched nothing; see `read_quiet`.
    """
    if not keys:
        return False
    before = connection.scalar(sa.select(source_entries.c["keys"]).where(source_entries.c.source == source))
    row = {"source": source, "keys": " ".join(sorted(keys)), "quiet": " ".join(quiet)}
    upsert(connection, source_entries, [row], keys=["source"])
    last = connection.scalar(sa.select(source_state.c.last_success_at).where(source_state.c.name == source))
    if not before or last is None or keys & set(before.split()):
        return False
    upsert(connection, source_gaps, [{"source": source, "since": last, "until": now}], keys=["source", "since"])
    return True


def read_gaps(engine: Engine, *, since: dt.datetime | None = None) -> pl.DataFrame:
    """When something may have been missed: columns source, since, until; the newest first; those ended after `since`.

    Between `since` and `until` the source was not heard, and afterwards it showed nothing that was known before.
    """
    asked = sa.select(source_gaps.c.source, source_gaps.c.since, source_gaps.c.until)
    if since:
        asked = asked.where(source_gaps.c.until > since)
    with engine.connect() as connection:
        rows = [
            tuple(row) for row in connection.execute(asked.order_by(source_gaps.c.until.desc(), source_gaps.c.source))
        ]
    return pl.DataFrame(rows, schema=GAPS_SCHEMA, orient="row")
