"""Counts the stored mentions again by the brands' queries of today, after a query was changed.

A mention that no query finds any more stays stored, and is about no brand. What a listening tool's own query chose, and
none of ours found a word in, stays with its brand. Each batch is a transaction of its own: a run may be killed, and is
simply started again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import count_change, upsert, writing
from listener.matching import read_abouts
from listener.queries import Query, Words
from listener.tables import mention_brands, mentions
from listener.targets import basis_of, mention_targets

BATCH = 500
Progress = Callable[[int, int], None]  # done, of


@dataclass
class Rematched:
    """Of one run: mentions read, and by brand how many it gained and lost."""

    checked: int = 0
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, object]:
        names = sorted({*self.gained, *self.lost})
        rows = [{"brand": name, "gained": self.gained[name], "lost": self.lost[name]} for name in names]
        return {"checked": self.checked, "rows": rows}


def rematch(
    engine: Engine,
    brands: Sequence[tuple[str, Query]],
    *,
    only: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Rematched:
    """Match every stored mention again. `only`: brands whose queries changed; others are left as they are."""
    chosen = [(name, query) for name, query in brands if only is None or name in only]
    told = Rematched()
    with engine.connect() as connection:
        of = connection.scalar(sa.select(sa.func.count()).select_from(mentions)) or 0
    last = ""
    while True:
        with writing(engine) as connection:
            read = _batch(connection, chosen, last, told)
        if not read:
            return told
        last, told.checked = read[-1], told.checked + len(read)
        if progress:
            progress(told.checked, of)


def _batch(connection: Connection, brands: Sequence[tuple[str, Query]], after: str, told: Rematched) -> list[str]:
    """The next mentions by id, matched; the ids read."""
    fields = frozenset(name for _, query in brands for name in query.fields)
    asked = sa.select(mentions.c.mention_id).where(mentions.c.mention_id > after)
    rows = list(
        read_abouts(
            connection, asked.order_by(mentions.c.mention_id).limit(BATCH), links="link" in fields, whole=bool(fields)
        )
    )
    stored = _stored(connection, [row.mention_id for row, _ in rows])
    changed = 0
    for row, about in rows:
        words = Words(row.text, title=row.title, about=about)
        found = {name: list(match.terms) for name, query in brands if (match := query.find(words))}
        changed += _write(connection, row.mention_id, stored.get(row.mention_id, {}), found, brands, told)
    if changed:
        count_change(connection, "mentions")
    return [row.mention_id for row, _ in rows]


def _stored(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for key, brand, terms in connection.execute(sa.select(mention_brands).where(mention_brands.c.mention_id.in_(ids))):
        found.setdefault(key, {})[brand] = json.loads(terms)
    return found


def _write(
    connection: Connection,
    key: str,
    stored: Mapping[str, Sequence[str]],
    found: Mapping[str, Sequence[str]],
    brands: Sequence[tuple[str, Query]],
    told: Rematched,
) -> bool:
    lost = [name for name, _ in brands if stored.get(name) and name not in found]
    new = {name: terms for name, terms in found.items() if list(stored.get(name, ())) != list(terms)}
    for table in (mention_brands, mention_targets) if lost else ():
        connection.execute(sa.delete(table).where(table.c.mention_id == key, table.c.brand.in_(lost)))
    if new:
        rows = [
            {"mention_id": key, "brand": name, "terms": json.dumps(terms, ensure_ascii=False)}
            for name, terms in new.items()
        ]
        upsert(connection, mention_brands, rows, keys=["mention_id", "brand"])
    told.lost.update(lost)
    told.gained.update(name for name in new if name not in stored)
    return bool(lost or new)


def by_other_queries(engine: Engine, brands: Sequence[tuple[str, Query]]) -> dict[str, int]:
    """By brand, how many stored mentions were last matched or scored by another query than today's."""
    found: dict[str, int] = {}
    with engine.connect() as connection:
        for name, query in brands:
            asked = sa.select(sa.func.count()).where(
                mention_targets.c.brand == name,
                mention_targets.c.basis.not_like(f"%:{basis_of(query).partition(':')[2]}"),
            )
            found[name] = connection.scalar(asked) or 0
    return found
