"""People who asked to be forgotten: keyed hashes of what they were known by, so that no import brings them back."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.database import UtcTime, count_change, metadata, upsert, writing
from config.intake import quarantine
from config.plans import TABLES, forget_person, read_campaigns
from config.register_undo import forget_entries
from config.registers import codes, links, people
from config.workspace import Workspace

_CHUNK = 500  # rows of one statement

forgotten = sa.Table(
    "forgotten",
    metadata,
    sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcTime, nullable=False),
)


def forgotten_keys(engine: Engine) -> list[int]:
    """The keyed hashes of everybody forgotten, sorted."""
    with engine.connect() as connection:
        return list(connection.execute(sa.select(forgotten.c.key).order_by(forgotten.c.key)).scalars())


def author_hashes(workspace: Workspace, author_keys: Sequence[str]) -> list[int]:
    """The keyed hashes that authors (network:handle) are forgotten by, in the order given.

    An author and a customer of the same name are not the same key.
    """
    hashes: list[int] = workspace.keyed_hash(pl.Series([f"author:{key}" for key in author_keys])).to_list()
    return hashes


def forgotten_authors(workspace: Workspace, author_keys: Collection[str]) -> set[str]:
    """Which of these people (network:handle) asked to be forgotten."""
    known = set(forgotten_keys(workspace.engine))
    if not known or not author_keys:
        return set()
    keys = sorted(author_keys)
    return {key for key, number in zip(keys, author_hashes(workspace, keys), strict=True) if number in known}


def nobody(author_keys: Collection[str]) -> set[str]:
    """What `forgotten_authors` says where nobody asked."""
    return set()


def add_forgotten(engine: Engine, keys: Iterable[int], *, now: dt.datetime) -> None:
    """From here on no import stores these keys."""
    with writing(engine) as connection:
        upsert(connection, forgotten, [{"key": key, "at": now} for key in sorted(set(keys))], keys=["key"], update=())


def people_named(engine: Engine) -> set[str]:
    """Everybody a register names: its people, owners of codes and links, creators of costs and campaigns."""
    campaigns = read_campaigns(engine)["people"].explode().drop_nulls()
    columns = (people.c.key, codes.c.owner, links.c.owner, TABLES["costs"].c.influencer)
    with engine.connect() as connection:
        found = {key for column in columns for key in connection.scalars(sa.select(column).distinct()) if key}
    return found | set(campaigns)


def forget_in_registers(engine: Engine, person: str) -> None:
    """Take one person (network:handle) out of every register: the entry itself, and who owns a code, link or cost.

    The codes, links, costs and campaigns stay, so that sums still hold.
    """
    with writing(engine) as connection:
        connection.execute(sa.delete(people).where(people.c.key == person))
        for table in (codes, links):
            connection.execute(sa.update(table).where(table.c.owner == person).values(owner=None))
        forget_person(connection, person)
        forget_entries(connection, person)
        count_change(connection, "registers")


def forget_in_quarantine(engine: Engine, words: Iterable[str]) -> int:
    """Empty the rows kept aside that hold one of `words` (a handle, an address); their line and reason stay.

    A word is looked for in what the rows say, not in the names of their columns: "ann" stands in every "channel".
    """
    kept, wanted = quarantine.c, [_folded(word) for word in words]
    with writing(engine) as connection:
        # every row is read: the database itself folds the letters a to z alone
        rows = connection.execute(sa.select(kept.id, kept.columns, kept.message)).all()
        held = [row.id for row in rows if any(_holds(row.message, row.columns, word) for word in wanted)]
        blank = {"columns": "{}", "message": "removed: a person asked to be forgotten"}
        for start in range(0, len(held), _CHUNK):
            some = kept.id.in_(held[start : start + _CHUNK])
            connection.execute(sa.update(quarantine).where(some).values(blank))
    return len(held)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _holds(message: str, columns: str, word: str) -> bool:
    """Whether `word` (folded) stands in a value, or on its own in the message."""
    if any(word in _folded(str(value)) for value in json.loads(columns).values()):
        return True
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", _folded(message)) is not None  # our own words hold "ann" too
