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
    """Remember what an import (None: a feed, or a person by hand) states about authors: author_key and COUNTS."""
    told = [row for row in stated if any(row[name] is not None for name in COUNTS)]
    for row in told:
        held = {"author_key": row["author_key"], "import_id": import_id or BY_FEEDS, "stated_at": now.isoformat()}
        known = {name: row[name] for name in COUNTS if row[name] is not None}
        upsert(connection, author_counts, [held | known], keys=["author_key", "import_id"])


def take_back(connection: Connection, import_ids: Collection[int]) -> int:
    """Forget what these imports stated; each author of theirs has what is stated last by others, else it is unknown.
    Returns how many authors changed."""
    if not import_ids:
        return 0
    theirs = author_counts.c.import_id.in_(list(import_ids))
    keys = sorted(set(connection.scalars(sa.select(author_counts.c.author_key).where(theirs))))
    connection.execute(sa.delete(author_counts).where(theirs))
    changed = 0
    for start in range(0, len(keys), _CHUNK):
        some = keys[start : start + _CHUNK]
        of_them = sa.select(author_counts).where(author_counts.c.author_key.in_(some))
        left = connection.execute(of_them.order_by(author_counts.c.stated_at, author_counts.c.import_id)).mappings()
        values: dict[str, dict[str, Any]] = {key: dict.fromkeys(COUNTS) for key in some}
        for row in left:
            values[row["author_key"]] |= {name: row[name] for name in COUNTS if row[name] is not None}
        for key, known in values.items():
            mine = authors.c.author_key == key
            differs = sa.or_(*(authors.c[name].is_distinct_from(value) for name, value in known.items()))
            changed += connection.execute(sa.update(authors).where(mine, differs).values(**known)).rowcount
    return changed
