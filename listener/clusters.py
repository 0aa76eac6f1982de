"""Which mentions tell one story: equal texts, whenever said, and nearly equal ones said within 14 days of each other.

A story goes by its earliest member (then the lowest id), whatever order they came in: `reads` gives that as cluster_id.
What is kept for it:

mentions.cluster_id  the story's key, which outlives its first member and says nothing by itself
story_heads          the first member of the stories whose key is not its id
text_bands           where to look for texts like this one, by the fortnight (slot) in which it was said

What one more mention costs does not depend on how large its story is: it is looked for among the BUCKET texts of lowest
hash of each band and fortnight, compared with none whose story it is in already, and the smaller story takes the
larger one's key. Where more than BUCKET texts share a band, some pair may stay unseen; a story of more than WHOLE
mentions is not taken apart again when a text that held it together goes.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from config.database import upsert
from listener.duplicates import BANDS, SIMILAR, bands, grams, plain_words, similarity
from listener.tables import mentions, said_at, story_heads, text_bands

WINDOW = dt.timedelta(days=14)
BUCKET = 40  # texts of one band and fortnight that a new one is looked for among
WHOLE = 2_000  # mentions of a story that is looked through when a text of it goes
_CANDIDATES = 200  # texts compared with a new one at most
_HOLDING = 60  # texts around a lost one that are asked whether they hold together without it
_CHUNK = 400
_FORTNIGHT = WINDOW // dt.timedelta(microseconds=1)
_said_at = sa.type_coerce(said_at, sa.BigInteger)


@dataclass(frozen=True)
class Told:
    """A mention as its story knows it. `said_at` in microseconds since 1970; no `text_hash`: too short for a copy."""

    mention_id: str
    text_hash: str | None
    story: str
    said_at: int


def told(connection: Connection, ids: Iterable[str]) -> list[Told]:
    """The stored mentions of these ids, to be handed to `recluster` once they are deleted."""
    columns = (mentions.c.mention_id, mentions.c.text_hash, mentions.c.cluster_id, _said_at)
    return [
        Told(*row)
        for chunk in _chunks(ids)
        for row in connection.execute(sa.select(*columns).where(mentions.c.mention_id.in_(chunk)))
    ]


def new_keys(connection: Connection, ids: Collection[str], *, leaving: str | None = None) -> dict[str, str]:
    """Keys under which these mentions stand alone: their ids, or the id and a number where a story goes by that id.

    `leaving`: a story all of whose members are given keys anew.
    """
    used: set[str] = set()
    for chunk in _chunks(ids):
        others = sa.and_(mentions.c.cluster_id.in_(chunk), mentions.c.mention_id != mentions.c.cluster_id)
        asked = sa.select(mentions.c.cluster_id).where(others, mentions.c.cluster_id != (leaving or ""))
        used.update(connection.scalars(asked.distinct()))
    return {key: _unused(connection, key) if key in used else key for key in ids}


def _unused(connection: Connection, key: str) -> str:
    n = 1
    while connection.scalar(sa.select(mentions.c.mention_id).where(mentions.c.cluster_id == f"{key}~{n}").limit(1)):
        n += 1
    return f"{key}~{n}"


def recluster(connection: Connection, *, came: Iterable[str] = (), gone: Iterable[Told] = ()) -> None:
    """Put the stories right. `came`: ids of mentions stored under `new_keys`; `gone`: mentions that were deleted, or
    whose text or time is another now, as they were before."""
    went = list(gone)
    lost = [row for row in went if row.text_hash]
    loose = [key for story, rows in _by_story(lost).items() for key in _loosened(connection, story, rows)]
    _forget_bands(connection, lost)
    arrived = _arrived(connection, {*came, *loose})
    merged = _alike(connection, [row for row in arrived if row.text_hash])
    touched = {row.story for row in went} | {row.story for row in arrived if row.story != row.mention_id}
    for keys in merged.groups():
        touched |= keys
        _join(connection, keys, single={row.story for row in arrived})
    _name(connection, touched)


# --- what came ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Arrived(Told):
    """A mention that stands alone so far, with what it says."""

    words: str

    @property
    def slot(self) -> int:
        return self.said_at // _FORTNIGHT


@dataclass
class _Merged:
    """Which stories, by key, are found to be one."""

    parent: dict[str, str] = field(default_factory=dict)

    def root(self, key: str) -> str:
        while (above := self.parent.setdefault(key, key)) != key:
            self.parent[key] = self.parent[above]
            key = above
        return key

    def join(self, one: str, other: str) -> None:
        self.parent[self.root(other)] = self.root(one)

    def groups(self) -> list[set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for key in list(self.parent):
            found[self.root(key)].add(key)
        return [keys for keys in found.values() if len(keys) > 1]


def _arrived(connection: Connection, ids: Collection[str]) -> list[_Arrived]:
    columns = (mentions.c.mention_id, mentions.c.text_hash, mentions.c.cluster_id, _said_at)
    asked = sa.select(*columns, mentions.c.title, mentions.c.text)
    return [
        _Arrived(key, text_hash, story, when, plain_words(title, text))
        for chunk in _chunks(ids)
        for key, text_hash, story, when, title, text in connection.execute(
            asked.where(mentions.c.mention_id.in_(chunk)).order_by(mentions.c.mention_id)
        )
    ]


def _alike(connection: Connection, arrived: Sequence[_Arrived]) -> _Merged:
    """The stories that the arrived make one: by equal texts, then by nearly equal ones of their time."""
    merged = _Merged()
    by_text: dict[str, list[_Arrived]] = defaultdict(list)
    for row in arrived:
        by_text[str(row.text_hash)].append(row)
    for text, rows in by_text.items():
        # As many again as have arrived: one of them at least was there before, if any was.
        same = sa.select(mentions.c.cluster_id).where(mentions.c.text_hash == text).limit(len(rows) + 1)
        for story in (*connection.scalars(same), *(row.story for row in rows)):
            merged.join(rows[0].story, story)
    shapes = _Shapes(connection, {text: rows[0].words for text, rows in by_text.items()})
    places = {text: bands(shapes[text]) for text in by_text}
    spans = [_Span.of(rows) for same in by_text.values() for rows in _by_slot(same).values()]
    _write_bands(connection, spans, places)
    for span in spans:
        _compare(connection, span, places[span.text_hash], shapes, merged)
    return merged


@dataclass(frozen=True)
class _Span:
    """A text within one fortnight: what is near to its first or its last telling is near to one of them."""

    text_hash: str
    story: str
    slot: int
    first: int
    last: int

    @classmethod
    def of(cls, rows: Sequence[_Arrived]) -> _Span:
        times = [row.said_at for row in rows]
        return cls(str(rows[0].text_hash), rows[0].story, rows[0].slot, min(times), max(times))


def _by_slot(rows: Iterable[_Arrived]) -> dict[int, list[_Arrived]]:
    found: dict[int, list[_Arrived]] = defaultdict(list)
    for row in rows:
        found[row.slot].append(row)
    return found


def _write_bands(connection: Connection, spans: Iterable[_Span], places: Mapping[str, tuple[int, ...]]) -> None:
    rows = [
        {"band": band, "slot": span.slot, "text_hash": span.text_hash}
        for span in spans
        for band in dict.fromkeys(places[span.text_hash])
    ]
    upsert(connection, text_bands, rows, keys=["band", "slot", "text_hash"], update=())


class _Shapes(dict[str, frozenset[int]]):
    """The grams of texts by hash, made when asked for; of texts stored already from any mention that says it."""

    def __init__(self, connection: Connection, words: Mapping[str, str]) -> None:
        self._connection, self._words = connection, words

    def __missing__(self, text: str) -> frozenset[int]:
        words = self._words.get(text)
        if words is None:
            said = sa.select(mentions.c.title, mentions.c.text).where(mentions.c.text_hash == text).limit(1)
            words = plain_words(*self._connection.execute(said).one())
        self[text] = found = grams(words)
        return found


def _compare(connection: Connection, span: _Span, places: Sequence[int], shapes: _Shapes, merged: _Merged) -> None:
    own = span.text_hash
    for text, story, _ in _near(connection, places, span.slot, span.first, span.last, but=own):
        if merged.root(span.story) != merged.root(story) and similarity(shapes[own], shapes[text]) >= SIMILAR:
            merged.join(span.story, story)


_SEEN = " UNION ALL ".join(
    f"SELECT text_hash FROM (SELECT text_hash FROM text_bands WHERE band = :band{n} AND slot = :slot + ({ahead})"
    f" ORDER BY text_hash LIMIT {BUCKET}) AS seen{n}{ahead + 1}"
    for n in range(BANDS)
    for ahead in (-1, 0, 1)
)
_THEN = (
    "FROM mentions AS m WHERE m.text_hash = found.text_hash AND coalesce(m.published_at, m.first_seen)"
    " BETWEEN :since AND :until AND (:within = '' OR m.cluster_id = :within)"
    " ORDER BY coalesce(m.published_at, m.first_seen) LIMIT 1"
)
_NEAR = sa.text(
    f"SELECT found.text_hash, (SELECT m.cluster_id {_THEN}) AS story,"
    f" (SELECT coalesce(m.published_at, m.first_seen) {_THEN}) AS said"
    f" FROM (SELECT text_hash, count(*) AS shared FROM ({_SEEN}) AS seen WHERE text_hash <> :but GROUP BY text_hash"
    f" ORDER BY shared DESC, text_hash LIMIT {_CANDIDATES}) AS found"
)


def _near(
    connection: Connection, places: Sequence[int], slot: int, first: int, last: int, *, but: str = "", within: str = ""
) -> Iterator[tuple[str, str, int]]:
    """Texts that share a band and were said at most a fortnight before `first` or after `last`, as (text, story, when);
    those of most bands in common first. `within`: said so in this story alone."""
    if not places:
        return
    asked: dict[str, Any] = {f"band{n}": band for n, band in enumerate(places)}
    asked |= {"slot": slot, "since": first - _FORTNIGHT, "until": last + _FORTNIGHT, "but": but, "within": within}
    for text, story, when in connection.execute(_NEAR, asked).all():
        if story is not None:
            yield text, story, when


def _join(connection: Connection, keys: Collection[str], *, single: Collection[str]) -> None:
    """Give the stories of these keys the key of the largest."""
    kept = _largest(connection, sorted(set(keys) - set(single)) or sorted(keys)[:1])
    for chunk in _chunks(set(keys) - {kept}):
        renamed = sa.update(mentions).where(mentions.c.cluster_id.in_(chunk))
        connection.execute(renamed.values(cluster_id=kept))


def _largest(connection: Connection, keys: Sequence[str]) -> str:
    """The key of most mentions, found at the cost of counting the second largest."""
    size = 1
    while len(keys) > 1:
        size *= 4
        counts = {key: _count(connection, key, up_to=size) for key in keys}
        most = max(counts.values())
        if most < size:
            return next(key for key in keys if counts[key] == most)
        keys = [key for key in keys if counts[key] == size]
    return keys[0]


def _count(connection: Connection, key: str, *, up_to: int) -> int:
    some = sa.select(sa.literal(1)).where(mentions.c.cluster_id == key).limit(up_to).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def _name(connection: Connection, stories: Collection[str]) -> None:
    """Look up the first member of each of these stories; those that have none are forgotten."""
    first = sa.select(mentions.c.mention_id).where(mentions.c.cluster_id == sa.bindparam("story"))
    first = first.order_by(_said_at, mentions.c.mention_id).limit(1)
    heads = {story: connection.scalar(first, {"story": story}) for story in sorted(stories)}
    for chunk in _chunks(stories):
        connection.execute(sa.delete(story_heads).where(story_heads.c.story.in_(chunk)))
    rows = [{"story": story, "mention_id": head} for story, head in heads.items() if head not in (None, story)]
    upsert(connection, story_heads, rows, keys=["story"])


# --- what went ------------------------------------------------------------------------------------------------------


def _by_story(rows: Iterable[Told]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = defaultdict(list)
    for row in rows:
        found[row.story].append(row)
    return found


def _loosened(connection: Connection, story: str, lost: Sequence[Told]) -> list[str]:
    """The members of a story, made single again, if it may have fallen apart; none where it surely holds together."""
    if not 1 < _count(connection, story, up_to=WHOLE + 1) <= WHOLE or _hold_together(connection, story, lost):
        return []
    members = list(connection.scalars(sa.select(mentions.c.mention_id).where(mentions.c.cluster_id == story)))
    alone = new_keys(connection, members, leaving=story)
    connection.execute(
        sa.update(mentions)
        .where(mentions.c.mention_id == sa.bindparam("key"))
        .values(cluster_id=sa.bindparam("alone")),
        [{"key": key, "alone": own} for key, own in sorted(alone.items())],
    )
    return members


def _hold_together(connection: Connection, story: str, lost: Sequence[Told]) -> bool:
    """Whether all that stood near the lost texts is still joined among itself: then nothing hung on them alone."""
    around: dict[str, int] = {}
    for row in lost:
        kept = sa.select(text_bands.c.band).where(text_bands.c.text_hash == row.text_hash).distinct()
        places = sorted(connection.scalars(kept))
        places += places[:1] * (BANDS - len(places))
        slot = row.said_at // _FORTNIGHT
        for text, _, when in _near(connection, places, slot, row.said_at, row.said_at, within=story):
            around.setdefault(text, when)
        # Equal texts are one story whenever they are said: one said long before or after hung on the lost one too.
        again = None if row.text_hash in around else _said_again(connection, row)
        if again is not None:
            around[str(row.text_hash)] = again
    if len(around) <= 1:
        return True
    shapes = _Shapes(connection, {})
    waiting = sorted(around)[:_HOLDING]
    shared = {text: set(bands(shapes[text])) for text in waiting}
    edge = [waiting.pop()]
    while edge and waiting:
        one = edge.pop()
        near = [
            other
            for other in waiting
            if abs(around[one] - around[other]) <= _FORTNIGHT
            and shared[one] & shared[other]
            and similarity(shapes[one], shapes[other]) >= SIMILAR
        ]
        edge += near
        waiting = [other for other in waiting if other not in near]
    return not waiting


def _said_again(connection: Connection, row: Told) -> int | None:
    """When the text of a lost mention is said nearest to its time by another of its story; None where nobody does."""
    same = sa.select(_said_at).where(mentions.c.text_hash == row.text_hash, mentions.c.cluster_id == row.story)
    before = connection.scalar(same.where(_said_at <= row.said_at).order_by(_said_at.desc()).limit(1))
    after = connection.scalar(same.where(_said_at > row.said_at).order_by(_said_at).limit(1))
    return min(
        (when for when in (before, after) if when is not None), key=lambda at: abs(at - row.said_at), default=None
    )


def _forget_bands(connection: Connection, lost: Iterable[Told]) -> None:
    """A text is no longer looked for in a fortnight in which nobody says it any more."""
    for text, slot in sorted({(str(row.text_hash), row.said_at // _FORTNIGHT) for row in lost}):
        begin = slot * _FORTNIGHT
        said = sa.select(mentions.c.mention_id).where(mentions.c.text_hash == text)
        if not connection.scalar(said.where(_said_at >= begin, _said_at < begin + _FORTNIGHT).limit(1)):
            there = sa.and_(text_bands.c.text_hash == text, text_bands.c.slot == slot)
            connection.execute(sa.delete(text_bands).where(there))


def _chunks(items: Iterable[str]) -> Iterator[list[str]]:
    rest = sorted(items)
    for start in range(0, len(rest), _CHUNK):
        yield rest[start : start + _CHUNK]
