"""What was stated about an author's followers, by feeds and by each import; an undone import takes its own back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from config.database import upsert
from listener.tables import author_counts, authors

BY_FEEDS = 0  # the import id of what came otherwise than by an import
COUNTS = ("followers", "following", "verified")
_TIMES = {"followers": "stated_at", "following": "following_at", "verified": "verified_at"}
_CHUNK = 500
Known = dict[str, tuple[Any, str]]  # a figure's name -> its value, and when that was stated


def note_counts(
    connection: Connection, stated: Sequence[Mapping[str, Any]], *, import_id: int | None, now: dt.datetime
) -> None:
    """Remember what an import (None: a feed, or a person by hand) states about authors: author_key, COUNTS and `at`, a
    UTC time (null or later than `now`: now). Of each figure the newest statement counts, in whatever order they come
    (of two of the same time the larger figure, or verified); an unknown figure never takes a known one's place."""
    told = [(row, _iso(row["at"], now)) for row in stated if any(row[name] is not None for name in COUNTS)]
    latest: dict[str, Known] = {}
    for row, at in told:
        known = {name: (row[name], at) for name in COUNTS if row[name] is not None}
        latest[row["author_key"]] = _newest(latest.get(row["author_key"], {}), known)
    keys, source = sorted(latest), import_id or BY_FEEDS
    _lock(connection, keys)
    held = _held(connection, keys, source)
    rows = [_row(key, source, _newest(held.get(key, {}), latest[key])) for key in keys]
    upsert(connection, author_counts, rows, keys=["author_key", "import_id"])
    _settle(connection, keys, forget=False)


def _iso(at: dt.datetime | None, now: dt.datetime) -> str:
    return min(at or now, now).astimezone(dt.UTC).isoformat()


def _newest(one: Known, other: Known) -> Known:
    """Of each figure the later statement; of two of the same time that of the larger value, whichever came first."""
    return one | {name: max(said, one.get(name, said), key=_rank) for name, said in other.items()}


def _rank(said: tuple[Any, str]) -> tuple[str, Any]:
    value, at = said
    return at, value


def _row(key: str, import_id: int, known: Known) -> dict[str, Any]:
    unknown = (None, None)
    row = {"author_key": key, "import_id": import_id}
    row |= {name: known.get(name, unknown)[0] for name in COUNTS}
    row |= {_TIMES[name]: known.get(name, unknown)[1] for name in COUNTS}
    return row | {"stated_at": row["stated_at"] or ""}


def _known(row: RowMapping) -> Known:
    return {name: (row[name], row[_TIMES[name]] or "") for name in COUNTS if row[name] is not None}


def _held(connection: Connection, keys: Sequence[str], import_id: int) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for start in range(0, len(keys), _CHUNK):
        theirs = author_counts.c.author_key.in_(keys[start : start + _CHUNK])
        asked = sa.select(author_counts).where(theirs, author_counts.c.import_id == import_id)
        found |= {row.author_key: _known(row._mapping) for row in connection.execute(asked)}
    return found


def _lock(connection: Connection, keys: Sequence[str]) -> None:
    """Until this transaction ends, no other one (on PostgreSQL; SQLite has one writer) reads what stands of these
    authors in order to replace it: each would miss what the other states."""
    for start in range(0, len(keys), _CHUNK):
        theirs = authors.c.author_key.in_(keys[start : start + _CHUNK])
        asked = sa.select(authors.c.author_key).where(theirs).order_by(authors.c.author_key)
        connection.execute(asked.with_for_update(key_share=True)).all()


def take_back(connection: Connection, import_ids: Collection[int]) -> int:
    """Forget what these imports stated; each author of theirs has what is stated last by others, else it is unknown.
    Returns how many authors changed."""
    if not import_ids:
        return 0
    theirs = author_counts.c.import_id.in_(list(import_ids))
    keys = sorted(set(connection.scalars(sa.select(author_counts.c.author_key).where(theirs))))
    _lock(connection, keys)
    connection.execute(sa.delete(author_counts).where(theirs))
    return _settle(connection, keys, forget=True)


def _settle(connection: Connection, keys: Sequence[str], *, forget: bool) -> int:
    """Give authors what is stated last; `forget`: figures that nobody states are unknown again. How many changed."""
    changed = 0
    for start in range(0, len(keys), _CHUNK):
        some = keys[start : start + _CHUNK]
        stated: dict[str, Known] = {key: {} for key in some}
        said = sa.select(author_counts).where(author_counts.c.author_key.in_(some))
        for said_by in connection.execute(said):
            key = said_by.author_key
            stated[key] = _newest(stated[key], _known(said_by._mapping))
        stand = sa.select(authors.c.author_key, *(authors.c[name] for name in COUNTS))
        changes = []
        for row in connection.execute(stand.where(authors.c.author_key.in_(some))).mappings():
            known = {name: value for name, (value, _) in stated[row["author_key"]].items()}
            after = (dict.fromkeys(COUNTS) if forget else {name: row[name] for name in COUNTS}) | known
            if any(after[name] != row[name] for name in COUNTS):
                changes.append({"key": row["author_key"]} | {f"new_{name}": after[name] for name in COUNTS})
        if changes:
            given: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in COUNTS}
            who = authors.c.author_key == sa.bindparam("key")
            connection.execute(sa.update(authors).where(who).values(given), changes)
        changed += len(changes)
    return changed
