"""The listener's store: mentions and the state of their sources, written together; triage; reads (in `reads.py`).

StaleEditError      somebody else changed the same mention's triage in between
UnknownMentionError the mention is not (any more) there
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import count_change, upsert, writing
from config.registers import canonical_url, read_codes
from listener.author_counts import note_counts
from listener.clusters import Told, new_keys, recluster
from listener.days import fold
from listener.fulltext import store_words
from listener.imported import note_carried
from listener.mentions import BrandMatch, Mention, find_codes
from listener.reads import (
    count_mentions,
    mention_evidence,
    mention_frame,
    read_by_id,
    read_mentions,
    source_health,
)
from listener.state import SourceState, note_entries, read_gaps, read_states, save_state, write_states
from listener.tables import authors, mention_brands, mention_codes, mention_links, mentions, triage
from listener.targets import store_targets

__all__ = [
    "LABELS",
    "TRIAGE_STATUSES",
    "Poll",
    "SaveCounts",
    "SourceState",
    "StaleEditError",
    "UnknownMentionError",
    "count_mentions",
    "mention_evidence",
    "mention_frame",
    "read_by_id",
    "read_gaps",
    "read_mentions",
    "read_states",
    "recode",
    "save_polls",
    "save_state",
    "set_triage",
    "source_health",
    "store_mentions",
]

TRIAGE_STATUSES = ("new", "seen", "todo", "done")
LABELS = ("positive", "neutral", "negative")
IMPORTED = "import:"  # the beginning of the source name of whatever came in by a file
_CHUNK = 500
_EPOCH, _MICROSECOND = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.timedelta(microseconds=1)
_T = TypeVar("_T")


class StaleEditError(Exception):
    """Somebody else changed the same mention in between; nothing was written. Read it again, then repeat the edit."""


class UnknownMentionError(Exception):
    """There is no mention of this id."""


@dataclass(frozen=True)
class SaveCounts:
    """Of one poll: mentions that matched, those never seen before, those whose stored row changed."""

    matched: int
    new: int
    updated: int
    missed: bool = False  # nothing the poll showed was known from the last one: something may have been missed


@dataclass(frozen=True)
class Poll:
    """What one poll of `source` leaves: its mentions and its state.

    `seen` are the `state.entry_keys` of all that the poll showed, whether it matched or not; `quiet` is what
    `state.read_quiet` gives at the next poll.
    """

    source: str
    state: SourceState
    mentions: Sequence[Mention]
    now: dt.datetime
    seen: frozenset[str] = frozenset()
    quiet: Sequence[str] = ()


def save_polls(engine: Engine, polls: Sequence[Poll]) -> list[SaveCounts]:
    """Store polls, the mentions and the state of each, in ONE transaction: never one without the other.

    Upserts by mention_id; `revision` rises only when what the author wrote changed; what people decided stays.
    The counter "mentions" rises only when something changed.
    """
    with writing(engine) as connection:
        told = [_save(connection, poll) for poll in polls]
        if any(counts.new or counts.updated for counts in told):
            _settle(connection)
    return told


def _save(connection: Connection, poll: Poll) -> SaveCounts:
    stored = store_mentions(connection, source=poll.source, found=poll.mentions, now=poll.now, settle=False)
    missed = note_entries(connection, poll.source, poll.seen, now=poll.now, quiet=poll.quiet)
    write_states(connection, [poll.state])
    outcomes = list(stored.values())
    return SaveCounts(len(outcomes), outcomes.count("new"), outcomes.count("updated"), missed)


def store_mentions(
    connection: Connection,
    *,
    source: str,
    found: Sequence[Mention],
    now: dt.datetime,
    import_id: int | None = None,
    settle: bool = True,
) -> dict[str, str]:
    """Store mentions of one source: what became of each mention_id as given: new, updated or same.

    `import_id`: the import that carries them, which `listener.imported` can take back. `settle` counts the days anew
    and raises the counter "mentions" when something changed; without it the caller does so before the transaction ends.
    """
    given = list({mention.mention_id: mention for mention in reversed(found)}.values())[::-1]
    unique = _same_post_elsewhere(connection, source, _same_post_new_id(connection, source, given))
    before = _stored(connection, [mention.mention_id for mention in unique])
    unique = [_with_known(m, before[m.mention_id]) if m.mention_id in before else m for m in unique]
    changed = [m for m in unique if m.mention_id not in before or _differs(m, before[m.mention_id])]
    rows = [_row(mention, before.get(mention.mention_id), now=now) for mention in changed]
    came, gone = _moved(connection, rows, before)
    _write_mentions(connection, changed, rows, before)
    written = {mention.mention_id for mention in changed}
    stored_as = {old.mention_id: m for old, m in zip(given, unique, strict=True)}
    spoken = [
        _by(stored_as[m.mention_id], m)
        for m in found
        if m.followers is not None or stored_as[m.mention_id].mention_id in written
    ]
    _write_authors(connection, spoken, now=now, import_id=import_id)
    _touch(connection, [mention.mention_id for mention in unique], now=now)
    recluster(connection, came=came, gone=gone)
    if changed and settle:
        _settle(connection)
    keys = [mention.mention_id for mention in unique]
    if import_id is not None:
        note_carried(connection, import_id, keys)
    outcome = {key: "same" if key not in written else "updated" if key in before else "new" for key in keys}
    return {old.mention_id: outcome[key] for old, key in zip(given, keys, strict=True)}


def _settle(connection: Connection) -> None:
    fold(connection)
    count_change(connection, "mentions")


def _chunks(items: Iterable[_T]) -> Iterator[list[_T]]:
    rest = list(items)
    for start in range(0, len(rest), _CHUNK):
        yield rest[start : start + _CHUNK]


def _same_post_new_id(connection: Connection, source: str, found: Sequence[Mention]) -> list[Mention]:
    """Some feeds give a post a new guid at every build: same source, address and text is the same mention.

    An id that the document itself still uses for another entry is never taken.
    """
    present = {mention.mention_id for mention in found}
    known = set(_stored_ids(connection, present))
    strangers = [m for m in found if m.mention_id not in known and m.canonical_url]
    twins: dict[tuple[str, str], str] = {}
    for chunk in _chunks({str(m.canonical_url) for m in strangers}):
        rows = connection.execute(
            sa.select(mentions.c.mention_id, mentions.c.canonical_url, mentions.c.title, mentions.c.text)
            .where(mentions.c.source == source, mentions.c.canonical_url.in_(chunk))
            .order_by(mentions.c.mention_id.desc())
        )
        twins |= {(url, _words(title, text)): key for key, url, title, text in rows if key not in present}
    taken: set[str] = set()
    result = []
    for mention in found:
        twin = None
        if mention.mention_id not in known:
            twin = twins.get((str(mention.canonical_url), _words(mention.title, mention.text)))
        if twin and twin not in taken:
            taken.add(twin)
            mention = replace(mention, mention_id=twin)
        result.append(mention)
    return result


def _same_post_elsewhere(connection: Connection, source: str, found: Sequence[Mention]) -> list[Mention]:
    """A post that an export and a feed both bring is one mention: the same address, which neither uses for others."""
    addressed = Counter(str(m.canonical_url) for m in found if urlsplit(m.canonical_url or "").path)
    present = {mention.mention_id for mention in found}
    known = set(_stored_ids(connection, present))
    strangers = {
        str(m.canonical_url): m for m in found if m.mention_id not in known and addressed[str(m.canonical_url)] == 1
    }
    other = mentions.c.source != source if source.startswith(IMPORTED) else mentions.c.source.startswith(IMPORTED)
    stored: dict[str, list[str]] = {}
    for chunk in _chunks(strangers):
        rows = connection.execute(
            sa.select(mentions.c.canonical_url, mentions.c.mention_id).where(mentions.c.canonical_url.in_(chunk), other)
        )
        for url, key in rows:
            stored.setdefault(url, []).append(key)
    same = {
        strangers[url].mention_id: keys[0] for url, keys in stored.items() if len(keys) == 1 and keys[0] not in present
    }
    return [replace(m, mention_id=same[m.mention_id]) if m.mention_id in same else m for m in found]


def _with_known(mention: Mention, row: Mapping[str, Any]) -> Mention:
    """What one source does not tell and another did is kept; an export never replaces the words a feed brought."""
    kept: dict[str, Any] = {n: row[n] for n in _TOLD if getattr(mention, n) is None and row[n] is not None}
    if mention.engagement is None:
        kept["engagement_stated"] = row["engagement"]
    if mention.source.startswith(IMPORTED) and row["source"] != mention.source:
        brands = {match.brand: match.terms for match in mention.brands}
        brands |= {brand: tuple(json.loads(terms)) for brand, terms in row["brands"].items()}
        kept |= {name: row[name] for name in _WRITTEN if row[name] is not None or name == "title"}
        kept |= {"brands": tuple(BrandMatch(brand, terms) for brand, terms in brands.items())}
        kept |= {"links": tuple(dict.fromkeys((*row["links"], *mention.links)))}
        kept |= {"codes": tuple(sorted({*row["codes"], *mention.codes}))}
    return replace(mention, **kept)


def _words(title: str | None, text: str) -> str:
    return " ".join(f"{title or ''} {text}".split())


def _stored_ids(connection: Connection, ids: Iterable[str]) -> list[str]:
    found: list[str] = []
    for chunk in _chunks(ids):
        found += connection.scalars(sa.select(mentions.c.mention_id).where(mentions.c.mention_id.in_(chunk)))
    return found


def _stored(connection: Connection, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The stored rows by id, with `brands` (brand -> terms JSON), `links` and `codes` beside the columns."""
    rows: dict[str, dict[str, Any]] = {}
    for chunk in _chunks(ids):
        found = connection.execute(sa.select(mentions).where(mentions.c.mention_id.in_(chunk))).mappings()
        rows |= {row["mention_id"]: dict(row) | {"brands": {}, "links": (), "codes": ()} for row in found}
        for key, brand, terms in connection.execute(
            sa.select(mention_brands).where(mention_brands.c.mention_id.in_(chunk))
        ):
            rows[key]["brands"][brand] = terms
        for key, _, link, _ in connection.execute(
            sa.select(mention_links).where(mention_links.c.mention_id.in_(chunk)).order_by(mention_links.c.ordinal)
        ):
            rows[key]["links"] += (link,)
        for key, code in connection.execute(
            sa.select(mention_codes).where(mention_codes.c.mention_id.in_(chunk)).order_by(mention_codes.c.code_norm)
        ):
            rows[key]["codes"] += (code,)
    return rows


_TOLD = ("likes", "comments", "shares", "views", "reach", "reach_kind", "vendor_sentiment")
_WRITTEN = (
    "source", "source_kind", "network", "native_id", "title", "text", "raw_url", "language_stated", "language",
    "author_key", "author_name", "published_at", "published_quality", "score", "label", "confidence", "scorer",
    "score_status",
)  # fmt: skip
_OWN_COLUMNS = (
    "title", "text", "raw_url", "language_stated", "language", "author_key", "author_name", "published_at",
    "published_quality", "likes", "comments", "shares", "views", "engagement", "reach", "reach_kind",
    "vendor_sentiment", "score", "label", "confidence", "scorer", "score_status", "content_hash",
)  # fmt: skip


def _brand_terms(mention: Mention) -> dict[str, str]:
    return {match.brand: json.dumps(match.terms, ensure_ascii=False) for match in mention.brands}


def _differs(mention: Mention, row: Mapping[str, Any]) -> bool:
    if row["source"].startswith(IMPORTED) and not mention.source.startswith(IMPORTED):
        return True  # what a feed brings too must not go when the import that brought it first is undone
    skipped = ("published_at",) if _keeps_guess(mention, row) else ()
    if any(getattr(mention, name) != row[name] for name in _OWN_COLUMNS if name not in skipped):
        return True
    return (_brand_terms(mention), mention.links, mention.codes) != (row["brands"], row["links"], row["codes"])


def _keeps_guess(mention: Mention, row: Mapping[str, Any]) -> bool:
    """A date set to the time of fetching must not wander with every poll."""
    return mention.published_quality == "guessed" and row["published_quality"] == "guessed"


def _write_mentions(
    connection: Connection,
    changed: Sequence[Mention],
    rows: Sequence[Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]],
) -> None:
    upsert(connection, mentions, rows, keys=["mention_id"])
    store_words(connection, [(m.mention_id, m.title, m.text) for m in changed])
    for chunk in _chunks(mention.mention_id for mention in changed if mention.mention_id in before):
        for table in (mention_brands, mention_links, mention_codes):
            connection.execute(sa.delete(table).where(table.c.mention_id.in_(chunk)))
    _insert(
        connection,
        mention_brands,
        [
            {"mention_id": m.mention_id, "brand": brand, "terms": terms}
            for m in changed
            for brand, terms in _brand_terms(m).items()
        ],
    )
    store_targets(connection, changed, before)
    _insert(
        connection,
        mention_links,
        [
            {"mention_id": m.mention_id, "ordinal": n, "link": link, "canonical": canonical_url(link) or link}
            for m in changed
            for n, link in enumerate(m.links, start=1)
        ],
    )
    _insert(connection, mention_codes, [{"mention_id": m.mention_id, "code_norm": c} for m in changed for c in m.codes])


def _insert(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), [dict(row) for row in rows])


def _row(mention: Mention, before: Mapping[str, Any] | None, *, now: dt.datetime) -> dict[str, Any]:
    row = {name: getattr(mention, name) for name in _OWN_COLUMNS}
    row |= {"mention_id": mention.mention_id, "source": mention.source, "source_kind": mention.source_kind}
    row |= {"network": mention.network, "native_id": mention.native_id, "text_hash": mention.text_hash}
    row |= {"canonical_url": mention.canonical_url, "domain": mention.domain, "last_seen": now}
    if before is None:
        return row | {"revision": 1, "cluster_id": mention.mention_id, "first_seen": now}
    if _keeps_guess(mention, before):
        row["published_at"] = before["published_at"]
    revision = before["revision"] + (mention.content_hash != before["content_hash"])
    return row | {"cluster_id": before["cluster_id"], "revision": revision, "first_seen": before["first_seen"]}


def _moved(
    connection: Connection, rows: Sequence[dict[str, Any]], before: Mapping[str, Mapping[str, Any]]
) -> tuple[list[str], list[Told]]:
    """The mentions whose story is to be looked for, ids, which are given keys of their own; and as they were before."""
    told = {row["mention_id"]: _text_and_time(row) for row in rows}
    was = {key: before[key] for key in told if key in before}
    moved = {key for key, now in told.items() if key not in was or _text_and_time(was[key]) != now}
    keys = new_keys(connection, moved)
    for row in rows:
        row["cluster_id"] = keys.get(row["mention_id"], row["cluster_id"])
    return sorted(moved), [_told(was[key]) for key in sorted(moved & was.keys())]


def _text_and_time(row: Mapping[str, Any]) -> tuple[str | None, dt.datetime]:
    return row["text_hash"], row["published_at"] or row["first_seen"]


def _told(row: Mapping[str, Any]) -> Told:
    text, said_at = _text_and_time(row)
    return Told(row["mention_id"], text, row["cluster_id"], (said_at - _EPOCH) // _MICROSECOND)


def _by(stored: Mention, told: Mention) -> Mention:
    """What a row tells, under the author its mention is stored with."""
    if stored.author_key == told.author_key:
        return told
    return replace(told, author_key=stored.author_key, author_name=stored.author_name, network=stored.network)


def _write_authors(
    connection: Connection, changed: Sequence[Mention], *, now: dt.datetime, import_id: int | None
) -> None:
    """What a network says about an author: of each figure the newest statement, whatever the order of rows and files;
    an unknown figure never replaces a known one. The name is the one of the newest post that shows one."""
    spoken = sorted((m for m in changed if m.author_key), key=lambda m: m.published_at or now)
    rows: dict[str, dict[str, Any]] = {}
    for m in spoken:
        row = rows.setdefault(str(m.author_key), {"author_key": m.author_key, "network": m.network, "first_seen": now})
        row["name"] = m.author_name or row.get("name")
    upsert(connection, authors, list(rows.values()), keys=["author_key"], update=())
    for key, row in rows.items():
        if row["name"]:
            renamed = authors.c.name.is_distinct_from(row["name"])
            connection.execute(sa.update(authors).where(authors.c.author_key == key, renamed).values(name=row["name"]))
    stated = [
        {"author_key": m.author_key, "followers": m.followers, "following": m.following, "verified": m.verified}
        | {"at": m.published_at}
        for m in spoken
    ]
    note_counts(connection, stated, import_id=import_id, now=now)


def _touch(connection: Connection, ids: Iterable[str], *, now: dt.datetime) -> None:
    for chunk in _chunks(ids):
        connection.execute(sa.update(mentions).where(mentions.c.mention_id.in_(chunk)).values(last_seen=now))


def set_triage(
    engine: Engine,
    mention_id: str,
    *,
    status: str | None = None,
    label: str | None = None,
    note: str | None = None,
    expected_version: int,
    now: dt.datetime,
) -> int:
    """Record what a person decided; returns the new version. None leaves a part as it is, label "" ends a correction.

    `expected_version` is the version that was shown (0: none yet). Raises StaleEditError when it has moved on,
    UnknownMentionError when the mention is gone, ValueError for an unknown status or label.
    """
    if status is not None and status not in TRIAGE_STATUSES:
        raise ValueError(f"unknown status {status!r}; known: {', '.join(TRIAGE_STATUSES)}")
    if label not in (None, "", *LABELS):
        raise ValueError(f"unknown label {label!r}; known: {', '.join(LABELS)}")
    with writing(engine) as connection:
        if not connection.scalar(sa.select(sa.func.count()).where(mentions.c.mention_id == mention_id)):
            raise UnknownMentionError(f"there is no mention {mention_id}; it may have been removed")
        row = connection.execute(sa.select(triage).where(triage.c.mention_id == mention_id)).mappings().first()
        if (row["version"] if row else 0) != expected_version:
            raise StaleEditError("this mention was changed by somebody else; reload it and try again")
        old = row or {"status": "new", "label_override": None, "note": None}
        edit = {
            "mention_id": mention_id,
            "status": old["status"] if status is None else status,
            "label_override": old["label_override"] if label is None else label or None,
            "note": old["note"] if note is None else note or None,
            "version": expected_version + 1,
            "updated_at": now,
        }
        upsert(connection, triage, [edit], keys=["mention_id"])
        count_change(connection, "mentions")
    return expected_version + 1


def recode(engine: Engine) -> int:
    """Look for the registered codes again in every stored text; returns how many mentions changed.

    To be called when the register of codes has changed.
    """
    known = set(read_codes(engine)["code_norm"].to_list())
    with writing(engine) as connection:
        links: dict[str, list[str]] = {}
        for key, link in connection.execute(sa.select(mention_links.c.mention_id, mention_links.c.link)):
            links.setdefault(key, []).append(link)
        stored: dict[str, set[str]] = {}
        for key, code in connection.execute(sa.select(mention_codes)):
            stored.setdefault(key, set()).add(code)
        texts = connection.execute(sa.select(mentions.c.mention_id, mentions.c.title, mentions.c.text)).all()
        found = {key: set(find_codes([title or "", text, *links.get(key, [])], known)) for key, title, text in texts}
        changed = sorted(key for key, codes in found.items() if codes != stored.get(key, set()))
        for chunk in _chunks(changed):
            connection.execute(sa.delete(mention_codes).where(mention_codes.c.mention_id.in_(chunk)))
        _insert(
            connection,
            mention_codes,
            [{"mention_id": key, "code_norm": code} for key in changed for code in sorted(found[key])],
        )
        if changed:
            count_change(connection, "mentions")
    return len(changed)
