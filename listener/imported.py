"""Which imports carried which mentions, and how an import of mentions is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from config.database import count_change, upsert
from config.intake import imports
from listener.author_counts import take_back
from listener.clusters import recluster, told
from listener.tables import author_counts, authors, mention_imports, mentions

STANDING = ("done", "pending")  # an import still running holds what it has stored so far
_CHUNK = 500


def note_carried(connection: Connection, import_id: int, ids: Sequence[str]) -> None:
    """Remember that an import carried these mentions, also those that were known already."""
    rows = [{"mention_id": key, "import_id": import_id} for key in dict.fromkeys(ids)]
    upsert(connection, mention_imports, rows, keys=["mention_id", "import_id"], update=())


def remove_unheld(connection: Connection) -> int:
    """Remove the mentions that only imports carried which do not stand any more; returns how many.

    Such imports are undone, or were interrupted. A mention stays that a feed brought or another import holds; the reach
    that the removed file added to it stays with it. Everything that hangs on a removed mention goes with it:
    near copies are put right, the search forgets the words, and so do authors of whom nothing is left. Authors who stay
    have the followers that others stated last.
    """
    carried = sa.select(mention_imports.c.mention_id).where(mention_imports.c.import_id == imports.c.id).exists()
    stated = sa.select(author_counts.c.author_key).where(author_counts.c.import_id == imports.c.id).exists()
    over = sa.select(imports.c.id).where(imports.c.state.not_in(STANDING), sa.or_(carried, stated))
    fallen = list(connection.scalars(over))
    if not fallen:
        return 0
    gone = connection.execute(_unheld(fallen)).all()
    stories = told(connection, [row.mention_id for row in gone])
    for ids in _chunks(row.mention_id for row in gone):
        connection.execute(sa.delete(mentions).where(mentions.c.mention_id.in_(ids)))
    recluster(connection, gone=stories)
    for keys in _chunks({row.author_key for row in gone if row.author_key}):
        speaking = sa.select(mentions.c.mention_id).where(mentions.c.author_key == authors.c.author_key)
        connection.execute(sa.delete(authors).where(authors.c.author_key.in_(keys), ~speaking.exists()))
    recounted = take_back(connection, fallen)
    connection.execute(sa.delete(mention_imports).where(mention_imports.c.import_id.in_(fallen)))
    if gone or recounted:
        count_change(connection, "mentions")
    return len(gone)


def _unheld(fallen: Sequence[int]) -> sa.Select[tuple[str, str | None]]:
    """Mentions carried by the imports `fallen`, by none that stands, and by no feed."""
    held = (
        sa.select(mention_imports.c.mention_id)
        .join(imports, imports.c.id == mention_imports.c.import_id)
        .where(mention_imports.c.mention_id == mentions.c.mention_id, imports.c.state.in_(STANDING))
    )
    touched = sa.select(mention_imports.c.mention_id).where(mention_imports.c.import_id.in_(fallen))
    return sa.select(mentions.c.mention_id, mentions.c.author_key).where(
        mentions.c.mention_id.in_(touched), mentions.c.source.startswith("import:"), ~held.exists()
    )


def _chunks(items: Iterable[str]) -> Iterable[list[str]]:
    rest = sorted(items)
    for start in range(0, len(rest), _CHUNK):
        yield rest[start : start + _CHUNK]
