"""Forgetting somebody who wrote: their mentions and names leave the database, and polls do not bring them back.

What is kept is a keyed hash (`config.forgotten`), by which the same author is known should a feed or export name them
again. What others wrote about them stays: it is others' words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.database import count_change, writing
from config.forgotten import add_forgotten, author_hashes, forgotten_authors
from config.workspace import Workspace
from listener.clusters import recluster, told
from listener.fulltext import rebuild
from listener.mentions import Mention
from listener.tables import authors, mentions

_CHUNK = 500


def authors_named(engine: Engine, who: str) -> list[str]:
    """The author keys that `who` may mean, sorted: the key itself (network:handle), else all of that handle."""
    name = who.strip().lower().removeprefix("@")
    with engine.connect() as connection:
        found: set[str] = set()
        for column in (authors.c.author_key, mentions.c.author_key):
            meant = sa.or_(column == who.strip().lower(), column.endswith(f":{name}", autoescape=True))
            found.update(connection.scalars(sa.select(column).where(meant).distinct()))
    exact = who.strip().lower()
    return [exact] if exact in found else sorted(found)


def mentions_of_author(engine: Engine, author_key: str) -> int:
    """How many stored mentions the author wrote."""
    with engine.connect() as connection:
        counted = sa.select(sa.func.count()).where(mentions.c.author_key == author_key)
        return connection.scalar(counted) or 0


def forget_author(workspace: Workspace, author_key: str, *, now: dt.datetime) -> int:
    """Remove what one author wrote and who they are; returns the mentions removed. Repeatable at any point.

    The tombstone is written first: a poll in between brings nothing back. The full-text index is written anew, as it
    keeps removed words otherwise.
    """
    add_forgotten(workspace.engine, author_hashes(workspace, [author_key]), now=now)
    with writing(workspace.engine) as connection:
        theirs = sa.select(mentions.c.mention_id).where(mentions.c.author_key == author_key)
        gone = list(connection.scalars(theirs))
        stories = told(connection, gone)
        for start in range(0, len(gone), _CHUNK):
            connection.execute(sa.delete(mentions).where(mentions.c.mention_id.in_(gone[start : start + _CHUNK])))
        connection.execute(sa.delete(authors).where(authors.c.author_key == author_key))
        recluster(connection, gone=stories)
        rebuild(connection)
        count_change(connection, "mentions")
    return len(gone)


def not_forgotten(workspace: Workspace, found: Sequence[Mention]) -> list[Mention]:
    """The mentions without those of authors who asked to be forgotten, in the order given."""
    gone = forgotten_authors(workspace, {m.author_key for m in found if m.author_key})
    return [mention for mention in found if mention.author_key not in gone]
