"""Posts that somebody wrote down by hand: which there are, and how one is taken out again.

They come in as a file of one row or more through the door all files take, layout "earned_mentions".

NotByHandError      the mention is not there, or came otherwise
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import count_change, upsert, writing
from config.intake import imports
from listener.clusters import recluster, told
from listener.tables import author_counts, authors, mention_imports, mentions, triage

LAYOUT = "earned_mentions"
SOURCE = f"import:{LAYOUT}"


class NotByHandError(ValueError):
    """Only what was written down by hand can be changed or taken out by hand."""


def written_down(engine: Engine, *, limit: int = 200) -> list[str]:
    """The ids of mentions by hand, those that came in last first."""
    asked = sa.select(mentions.c.mention_id).where(mentions.c.source == SOURCE)
    with engine.connect() as connection:
        return list(
            connection.scalars(asked.order_by(mentions.c.first_seen.desc(), mentions.c.mention_id).limit(limit))
        )


def carried_by_import(engine: Engine, import_id: int) -> list[str]:
    """The ids of the mentions an import carried, sorted."""
    asked = sa.select(mention_imports.c.mention_id).where(mention_imports.c.import_id == import_id)
    with engine.connect() as connection:
        return list(connection.scalars(asked.order_by(mention_imports.c.mention_id)))


def take_out(engine: Engine, mention_id: str, *, now: dt.datetime, heir: str | None = None) -> None:
    """Remove one mention by hand with all that hangs on it; the file that brought nothing else counts as undone, so
    that it can be imported again. `heir`: the mention it is corrected to, which keeps what people decided about it,
    unless they decided about that one already. Raises NotByHandError."""
    with writing(engine) as connection:
        row = connection.execute(
            sa.select(mentions.c.source, mentions.c.author_key).where(mentions.c.mention_id == mention_id)
        ).first()
        if row is None:
            raise NotByHandError(f"there is no mention {mention_id}; it may have been removed")
        if row.source != SOURCE:
            raise NotByHandError("this mention was not written down by hand; leave it out by the brand's query")
        holding = sa.select(mention_imports.c.import_id).where(mention_imports.c.mention_id == mention_id)
        held_by = list(connection.scalars(holding))
        decided = sa.select(triage).where(triage.c.mention_id == mention_id)
        handed_on = [dict(row) | {"mention_id": heir} for row in connection.execute(decided).mappings() if heir]
        upsert(connection, triage, handed_on, keys=["mention_id"], update=())
        stories = told(connection, [mention_id])
        connection.execute(sa.delete(mentions).where(mentions.c.mention_id == mention_id))
        connection.execute(sa.delete(mention_imports).where(mention_imports.c.mention_id == mention_id))
        _let_fall(connection, held_by, now=now)
        recluster(connection, gone=stories)
        speaking = sa.select(mentions.c.mention_id).where(mentions.c.author_key == authors.c.author_key)
        connection.execute(sa.delete(authors).where(authors.c.author_key == row.author_key, ~speaking.exists()))
        count_change(connection, "mentions")


def clear_figures(engine: Engine, mention_id: str, names: Collection[str]) -> None:
    """Set figures of a mention by hand to unknown: of likes, comments, shares, views, followers; of others nothing
    happens. Engagement is counted anew. Followers are the author's: they go where the author wrote nothing that came
    otherwise than by hand."""
    with writing(engine) as connection:
        row = connection.execute(
            sa.select(mentions).where(mentions.c.mention_id == mention_id, mentions.c.source == SOURCE)
        ).mappings()
        found = row.first()
        if found is None or not names:
            return
        values: dict[str, int | None] = {
            name: None for name in ("likes", "comments", "shares", "views") if name in names
        }
        known = [
            found[name] for name in ("likes", "comments", "shares") if name not in names and found[name] is not None
        ]
        values["engagement"] = sum(known) if known else None
        connection.execute(sa.update(mentions).where(mentions.c.mention_id == mention_id).values(**values))
        if "followers" in names and found["author_key"]:
            otherwise = sa.select(mentions.c.mention_id).where(
                mentions.c.author_key == found["author_key"], mentions.c.source != SOURCE
            )
            mine = authors.c.author_key == found["author_key"]
            cleared = sa.update(authors).where(mine, ~otherwise.exists()).values(followers=None)
            if connection.execute(cleared).rowcount:
                theirs = author_counts.c.author_key == found["author_key"]
                connection.execute(sa.update(author_counts).where(theirs).values(followers=None))
        count_change(connection, "mentions")


def _let_fall(connection: Connection, import_ids: list[int], *, now: dt.datetime) -> None:
    """Imports by hand of which nothing is left do not stand any more."""
    left = sa.select(mention_imports.c.mention_id).where(mention_imports.c.import_id == imports.c.id)
    connection.execute(
        sa.update(imports)
        .where(imports.c.id.in_(import_ids), imports.c.layout == LAYOUT, imports.c.state == "done", ~left.exists())
        .values(state="undone", finished_at=now)
    )
