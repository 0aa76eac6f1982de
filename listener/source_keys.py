"""What a source is known by when its entries have no identity of their own: a key that outlives its name.

People rename their sources, and feeds move. A source keeps its key as long as its name or its address stays, so that
what it brought is never heard a second time under a new name. A source that is removed leaves its key to nobody but the
same address, should it come back: another feed under the same name is another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.database import metadata, upsert, writing
from config.registers import canonical_url
from config.settings import SourceSettings

source_keys = sa.Table(
    "source_keys",
    metadata,
    sa.Column("url", sa.Text, primary_key=True),  # as it was first written
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("held_by", sa.Text),  # the source's name at present; null: no source has this address any more
)


@dataclass(frozen=True)
class KnownKey:
    """The key of an address, and the name of the source that had it when it was last looked at; None: removed."""

    key: str
    held_by: str | None


def keys_of(sources: Sequence[SourceSettings], known: Mapping[str, KnownKey]) -> dict[str, str]:
    """The key of each source, by name. `known`: by address, of all sources there ever were. Pure.

    A known address keeps its key. A new one takes the key of the source of its name, if that had another address when
    it was last looked at: the feed has moved. Else its name is its key, or the address where that is or was another's.
    """
    addresses = {_same(url): row.key for url, row in known.items()}
    present = {_same(source.url) for source in sources}
    moved = {row.held_by: row.key for url, row in sorted(known.items()) if row.held_by and _same(url) not in present}
    taken = set(addresses.values())
    found: dict[str, str] = {}
    for source in sources:
        address = _same(source.url)
        own = source.name if source.name not in taken else address
        key = addresses.get(address) or moved.get(source.name) or own
        addresses[address] = found[source.name] = key
        taken.add(key)
    return found


def enrol_keys(engine: Engine, sources: Sequence[SourceSettings]) -> dict[str, str]:
    """`keys_of` the sources as stored; the keys of new addresses are stored too, and who holds which."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(source_keys).order_by(source_keys.c.url))
        known = {row.url: KnownKey(row.key, row.held_by) for row in rows}
    found = keys_of(sources, known)
    names = {_same(source.url): source.name for source in reversed(sources)}
    held = {url: names.get(_same(url)) for url in (*known, *(source.url for source in sources))}
    changed = [
        {"url": url, "key": known[url].key if url in known else found[str(name)], "held_by": name}
        for url, name in held.items()
        if url not in known or known[url].held_by != name
    ]
    if changed:
        with writing(engine) as connection:
            upsert(connection, source_keys, changed, keys=["url"], update=["held_by"])
    return found


def let_go(engine: Engine, name: str) -> None:
    """A source was removed: the next of its name, at another address, is another feed."""
    with writing(engine) as connection:
        connection.execute(sa.update(source_keys).where(source_keys.c.held_by == name).values(held_by=None))


def _same(url: str) -> str:
    return canonical_url(url) or url
