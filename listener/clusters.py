"""Which mentions tell one story: equal texts and nearly equal ones, within 14 days of each other, in one cluster.

`mentions.cluster_id` is the earliest member (then the lowest id), whatever order they came in. What is kept for it:
text_bands (where to look for texts like this one) and text_near (pairs compared and found alike).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from config.database import upsert
from listener.duplicates import SIMILAR, bands, grams, plain_words, similarity
from listener.tables import mentions, text_bands, text_near

WINDOW = dt.timedelta(days=14)
_CHUNK = 400
_CANDIDATES = 200  # texts compared with a new one at most
_MICROSECOND = dt.timedelta(microseconds=1)
_said_at = sa.func.coalesce(mentions.c.published_at, mentions.c.first_seen, type_=sa.BigInteger)


@dataclass(frozen=True)
class _Span:
    """When a text was said first and last (microseconds since 1970), and the mention that said it first."""

    first: int
    last: int
    mention_id: str

    def near(self, other: _Span) -> bool:
        window = WINDOW // _MICROSECOND
        return self.first - window <= other.last and other.first - window <= self.last


def recluster(connection: Connection, hashes: Iterable[str]) -> None:
    """Put right the clusters of these texts: new ones, ones with a mention more or less, ones nobody says any more."""
    asked = set(hashes)
    affected = asked | _neighbours(connection, asked)
    _forget_unsaid(connection, asked)
    _compare(connection, asked)
    for component, spans in _components(connection, affected):
        first = min(component, key=lambda text: (spans[text].first, spans[text].mention_id))
        for chunk in _chunks(component):
            connection.execute(
                sa.update(mentions)
                .where(mentions.c.text_hash.in_(chunk), mentions.c.cluster_id != spans[first].mention_id)
                .values(cluster_id=spans[first].mention_id)
            )


def _chunks(items: Iterable[str]) -> Iterator[list[str]]:
    rest = sorted(items)
    for start in range(0, len(rest), _CHUNK):
        yield rest[start : start + _CHUNK]


def _neighbours(connection: Connection, hashes: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for chunk in _chunks(hashes):
        pairs = sa.select(text_near).where(sa.or_(text_near.c.one.in_(chunk), text_near.c.other.in_(chunk)))
        found.update(text for pair in connection.execute(pairs) for text in pair)
    return found


def _spans(connection: Connection, hashes: Iterable[str]) -> dict[str, _Span]:
    spans: dict[str, _Span] = {}
    for chunk in _chunks(hashes):
        rows = connection.execute(
            sa.select(mentions.c.text_hash, mentions.c.mention_id, _said_at).where(mentions.c.text_hash.in_(chunk))
        )
        for text, key, said_at in rows:
            old = spans.get(text)
            earliest = min((said_at, key), (old.first, old.mention_id)) if old else (said_at, key)
            spans[text] = _Span(earliest[0], max(said_at, old.last if old else said_at), earliest[1])
    return spans


def _forget_unsaid(connection: Connection, hashes: set[str]) -> None:
    said: set[str] = set()
    for chunk in _chunks(hashes):
        said.update(
            connection.scalars(sa.select(mentions.c.text_hash).where(mentions.c.text_hash.in_(chunk)).distinct())
        )
    for chunk in _chunks(hashes - said):
        connection.execute(sa.delete(text_bands).where(text_bands.c.text_hash.in_(chunk)))
        connection.execute(sa.delete(text_near).where(sa.or_(text_near.c.one.in_(chunk), text_near.c.other.in_(chunk))))


def _compare(connection: Connection, hashes: set[str]) -> None:
    """Look for texts like those not compared yet, and remember the pairs that are alike."""
    known: set[str] = set()
    for chunk in _chunks(hashes):
        known.update(connection.scalars(sa.select(text_bands.c.text_hash).where(text_bands.c.text_hash.in_(chunk))))
    made = {text: grams(words) for text, words in _words(connection, hashes - known).items()}
    banded = {text: bands(found) for text, found in made.items() if found}
    rows = [{"band": band, "text_hash": text} for text, own in banded.items() for band in dict.fromkeys(own)]
    upsert(connection, text_bands, rows, keys=["band", "text_hash"])
    candidates = {text: _candidates(connection, text, own) for text, own in banded.items()}
    strangers = {other for others in candidates.values() for other in others} - made.keys()
    made |= {text: grams(words) for text, words in _words(connection, strangers).items()}
    alike = {
        (min(text, other), max(text, other))
        for text, others in candidates.items()
        for other in others
        if other in made and similarity(made[text], made[other]) >= SIMILAR
    }
    upsert(connection, text_near, [{"one": a, "other": b} for a, b in sorted(alike)], keys=["one", "other"], update=())


def _candidates(connection: Connection, text: str, own: Iterable[int]) -> list[str]:
    query = sa.select(text_bands.c.text_hash).where(text_bands.c.band.in_(list(own)), text_bands.c.text_hash != text)
    return list(connection.scalars(query.group_by(text_bands.c.text_hash).order_by(
        sa.func.count().desc(), text_bands.c.text_hash).limit(_CANDIDATES)))  # fmt: skip


def _words(connection: Connection, hashes: Iterable[str]) -> dict[str, str]:
    """The words of each text, from any mention that says it."""
    found: dict[str, str] = {}
    for chunk in _chunks(hashes):
        any_of = (
            sa.select(sa.func.min(mentions.c.mention_id))
            .where(mentions.c.text_hash.in_(chunk))
            .group_by(mentions.c.text_hash)
        )
        rows = connection.execute(
            sa.select(mentions.c.text_hash, mentions.c.title, mentions.c.text).where(mentions.c.mention_id.in_(any_of))
        )
        found |= {text: plain_words(title, body) for text, title, body in rows}
    return found


def _components(connection: Connection, hashes: set[str]) -> Iterator[tuple[list[str], Mapping[str, _Span]]]:
    """The texts that belong together, each group once, with when they were said."""
    linked: dict[str, set[str]] = {text: set() for text in hashes}
    waiting = set(hashes)
    while waiting:
        pairs: set[tuple[str, str]] = set()
        for chunk in _chunks(waiting):
            either = sa.or_(text_near.c.one.in_(chunk), text_near.c.other.in_(chunk))
            pairs.update((row[0], row[1]) for row in connection.execute(sa.select(text_near).where(either)))
        waiting = {text for pair in pairs for text in pair} - linked.keys()
        for one, other in pairs:
            linked.setdefault(one, set()).add(other)
            linked.setdefault(other, set()).add(one)
    spans = _spans(connection, linked)
    left = set(spans)
    while left:
        group, edge = [], [min(left)]
        left.discard(edge[0])
        while edge:
            text = edge.pop()
            group.append(text)
            near = {other for other in linked[text] & left if spans[text].near(spans[other])}
            left -= near
            edge += near
        yield group, spans
