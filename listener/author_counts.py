"""What was stated about an author's followers, by feeds and by each import; an undone import takes its own back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from config.database import upsert
from listener.tables import author_counts, authors

BY_FEEDS = 0  # the import id of what came otherwise than by an import
COUNTS = ("followers", "following", "verified")
_CHUNK = 500


def note_counts(
    connection: Connection, stated: Sequence[Mapping[str, Any]], *, import_id: int | None, now: dt.datetime
) -> None:
    """Remember what an import (None: a feed, or a person by hand) states about authors: author_key, COUNTS and `at`, a
    UTC time (null or later than `now`: now). Of each figure the newest statement counts, in whatever order they come;
    an unknown figure never takes a known one's place."""
    told = [dict(row) | {"at": _iso(row["at"], now)} for row in stated if any(row[name] is not None for name in COUNTS)]
    latest: dict[str, dict[str, Any]] = {}
    for row in sorted(told, key=lambda row: row["at"]):
        latest.setdefault(row["author_key"], {}).update(_stamped(row))
    keys = sorted(latest)
    held = _held(connection, keys, import_id or BY_FEEDS)
    for key in keys:
        later, before = latest[key], held.get(key, {})
        newer = {name: value for name, value in later.items() if value[1] >= before.get(name, ("", ""))[1]}
        both = before | newer
        merged: dict[str, Any] = {"author_key": key, "import_id": import_id or BY_FEEDS, "stated_at": _stated_at(both)}
        merged |= {name: value for name, (value, _) in both.items()}
        upsert(connection, author_counts, [merged], keys=["author_key", "import_id"])
    _settle(connection, keys, forget=False)


def _iso(at: dt.datetime | None, now: dt.datetime) -> str:
    return min(at or now, now).astimezone(dt.UTC).isoformat()


def _stamped(row: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
    """The known figures of a statement, each with the time of the statement."""
    return {name: (row[name], row["at"]) for name in COUNTS if row[name] is not None}


def _held(connection: Connection, keys: Sequence[str], import_id: int) -> dict[str, dict[str, tuple[Any, str]]]:
    found: dict[str, dict[str, tuple[Any, str]]] = {}
    for start in range(0, len(keys), _CHUNK):
        theirs = author_counts.c.author_key.in_(keys[start : start + _CHUNK])
        asked = sa.select(author_counts).where(theirs, author_counts.c.import_id == import_id)
        for row in connection.execute(asked).mappings():
            found[row["author_key"]] = _stamped(dict(row) | {"at": row["stated_at"]})
    return found


def _stated_at(known: Mapping[str, tuple[Any, str]]) -> str:
    """A row keeps one time: that of the followers, where they are known, as they are what is counted by."""
    return known["followers"][1] if "followers" in known else max(at for _, at in known.values())


def take_back(connection: Connection, import_ids: Collection[int]) -> int:
    """Forget what these imports stated; each author of theirs has what is stated last by others, else it is unknown.
    Returns how many authors changed."""
    if not import_ids:
        return 0
    theirs = author_counts.c.import_id.in_(list(import_ids))
    keys = sorted(set(connection.scalars(sa.select(author_counts.c.author_key).where(theirs))))
    connection.execute(sa.delete(author_counts).where(theirs))
    return _settle(connection, keys, forget=True)


def _settle(connection: Connection, keys: Sequence[str], *, forget: bool) -> int:
    """Give authors what is stated last; `forget`: figures that nobody states are unknown again. How many changed."""
    changed = 0
    for start in range(0, len(keys), _CHUNK):
        some = keys[start : start + _CHUNK]
        of_them = sa.select(author_counts).where(author_counts.c.author_key.in_(some))
        left = connection.execute(of_them.order_by(author_counts.c.stated_at, author_counts.c.import_id)).mappings()
        values: dict[str, dict[str, Any]] = {key: dict.fromkeys(COUNTS) for key in some}
        for row in left:
            values[row["author_key"]] |= {name: row[name] for name in COUNTS if row[name] is not None}
        for key, every in values.items():
            known = every if forget else {name: value for name, value in every.items() if value is not None}
            if not known:
                continue
            mine = authors.c.author_key == key
            differs = sa.or_(*(authors.c[name].is_distinct_from(value) for name, value in known.items()))
            changed += connection.execute(sa.update(authors).where(mine, differs).values(**known)).rowcount
    return changed
