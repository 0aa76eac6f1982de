"""What a source is known by when its entries have no identity of their own: a key that outlives its name.

People rename their sources, and feeds move. A source keeps its key as long as its name or its address stays, so that
what it brought is never heard a second time under a new name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
)


def keys_of(sources: Sequence[SourceSettings], known: Mapping[str, str]) -> dict[str, str]:
    """The key of each source, by name. `known`: address -> key, of all sources there ever were. Pure.

    A known address keeps its key. A new one is known by its source's name: a feed that has moved keeps its key. Where
    that name is the key of another feed that is still listened to, the address itself is the key.
    """
    addresses = {_same(url): key for url, key in known.items()}
    held = {addresses[_same(source.url)] for source in sources if _same(source.url) in addresses}
    found: dict[str, str] = {}
    for source in sources:
        address = _same(source.url)
        key = addresses.get(address) or (source.name if source.name not in held else address)
        addresses[address] = found[source.name] = key
        held.add(key)
    return found


def enrol_keys(engine: Engine, sources: Sequence[SourceSettings]) -> dict[str, str]:
    """`keys_of` the sources as stored; the keys of new addresses are stored too."""
    with engine.connect() as connection:
        known = {row.url: row.key for row in connection.execute(sa.select(source_keys).order_by(source_keys.c.url))}
    found = keys_of(sources, known)
    fresh = [{"url": source.url, "key": found[source.name]} for source in sources if source.url not in known]
    if fresh:
        with writing(engine) as connection:
            upsert(connection, source_keys, list({row["url"]: row for row in fresh}.values()), keys=["url"], update=())
    return found


def _same(url: str) -> str:
    return canonical_url(url) or url
