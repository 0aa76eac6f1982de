"""What another query would change in what was heard so far: what it adds and drops, and which NOT takes a stranger out.

Only what some brand's query once matched is stored: a wider query finds more from now on than it shows here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.database import UtcTime
from config.registers import canonical_url
from listener.fulltext import catch_up
from listener.fulltext import condition as fulltext_condition
from listener.matching import matching, read_abouts
from listener.mentions import network_of
from listener.queries import About, Match, Query, QueryError, Words, compile_query
from listener.tables import mention_brands, mentions, triage
from listener.words import Token, tokens_of

_said_at = sa.func.coalesce(mentions.c.published_at, mentions.c.first_seen, type_=UtcTime())
_WORD_LENGTH = 4  # letters; shorter words tell two things of one name apart too seldom
_TRIED, _PROPOSED = 24, 8
_COMMON_SHARE = 0.5  # of the brand's mentions: what takes out more is no way to tell strangers


@dataclass(frozen=True)
class Changed:
    """Mentions of the stored past that the query of today and another one find: counts, and the newest of each."""

    read: int
    present: int | None
    matched: int
    added: int | None
    dropped: int | None
    rows: tuple[tuple[str, Match], ...]
    added_rows: tuple[tuple[str, Match], ...] = ()
    dropped_rows: tuple[tuple[str, Match], ...] = ()


def compare(
    engine: Engine,
    query: Query,
    *,
    present: Query | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    limit: int = 20,
) -> Changed:
    """What `query` finds in what was said since <= t < until, and how that differs from what `present` finds."""
    catch_up(engine)
    said = [_said_at >= since] if since else []
    said += [_said_at < until] if until else []
    ordered = sa.select(mentions.c.mention_id).where(*said, *_narrowed(engine, query, present))
    ordered = ordered.order_by(_said_at.desc(), mentions.c.mention_id)
    fields = query.fields | (present.fields if present else frozenset())
    tally = _Tally(limit, compared=present is not None)
    with engine.connect() as connection:
        tally.read = connection.scalar(sa.select(sa.func.count()).select_from(mentions).where(*said)) or 0
        for row, about in read_abouts(connection, ordered, links="link" in fields, whole=bool(fields)):
            words = Words(row.text, title=row.title, about=about)
            tally.count(row.mention_id, query.find(words), present.find(words) if present else None)
    return tally.told()


def _narrowed(engine: Engine, query: Query, present: Query | None) -> list[sa.ColumnElement[bool]]:
    """What the database can tell before texts are read: nothing, unless it knows something of each query."""
    asked = [query] if present is None else [query, present]
    known = [fulltext_condition(one, dialect=engine.dialect.name)[0] for one in asked]
    told = [condition for condition in known if condition is not None]
    return [sa.or_(*told)] if len(told) == len(asked) else []


class _Tally:
    """Counts matches of one query and the other; keeps the first of each."""

    def __init__(self, limit: int, *, compared: bool) -> None:
        self.read = 0
        self._limit, self._compared = limit, compared
        self._counts = dict.fromkeys(("matched", "present", "added", "dropped"), 0)
        self._rows: dict[str, list[tuple[str, Match]]] = {name: [] for name in self._counts}

    def count(self, key: str, found: Match | None, before: Match | None) -> None:
        if found:
            self._note("matched", key, found)
        if before:
            self._note("present", key, before)
        if found and not before:
            self._note("added", key, found)
        if before and not found:
            self._note("dropped", key, before)

    def _note(self, kind: str, key: str, match: Match) -> None:
        self._counts[kind] += 1
        if len(self._rows[kind]) < self._limit:
            self._rows[kind].append((key, match))

    def told(self) -> Changed:
        counts: dict[str, int | None] = {name: n if self._compared else None for name, n in self._counts.items()}
        rows = {name: tuple(rows) if self._compared else () for name, rows in self._rows.items()}
        return Changed(
            read=self.read,
            present=counts["present"],
            matched=self._counts["matched"],
            added=counts["added"],
            dropped=counts["dropped"],
            rows=tuple(self._rows["matched"]),
            added_rows=rows["added"],
            dropped_rows=rows["dropped"],
        )


# --- not about us --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposal:
    """A NOT that takes a mention out: what follows NOT, the whole query with it, and how many of the brand's mentions
    go with it: `removes` of `of`; `handled` of them somebody marked to do or done, or gave a label."""

    term: str
    query: str
    removes: int
    of: int
    handled: int


def propose(
    engine: Engine, mention_id: str, *, brand: str, query: Query, languages: Sequence[str] = ()
) -> list[Proposal]:
    """What could be left out so that this mention is not found for the brand any more, that takes least first.

    Only terms that take this mention out, and at most half of what is stored of the brand.
    """
    catch_up(engine)
    with engine.connect() as connection:
        one = sa.select(mentions.c.mention_id).where(mentions.c.mention_id == mention_id)
        found = next(read_abouts(connection, one), None)
        of = connection.scalar(sa.select(sa.func.count()).where(mention_brands.c.brand == brand)) or 0
    if found is None:
        return []
    row, about = found
    proposals = []
    for term in list(telling_terms(row.title, row.text, about=about, query=query))[:_TRIED]:
        changed = with_not(query, term)
        new = compile_query(changed, languages=languages)
        if new.match(row.text, title=row.title, about=about) is not None:
            continue
        removes, handled = _removed(engine, brand, compile_query(term, languages=languages))
        if removes <= max(1, of * _COMMON_SHARE):
            proposals.append(Proposal(term, changed, removes, of, handled))
    return sorted(proposals, key=lambda one: (one.handled, one.removes))[:_PROPOSED]


def _removed(engine: Engine, brand: str, term: Query) -> tuple[int, int]:
    """How many stored mentions of the brand hold the term, and how many of them people have dealt with."""
    about = sa.exists().where(mention_brands.c.mention_id == mentions.c.mention_id, mention_brands.c.brand == brand)
    condition, _ = fulltext_condition(term, dialect=engine.dialect.name)
    statement = sa.select(mentions.c.mention_id).where(about, *([condition] if condition is not None else []))
    with engine.connect() as connection:
        keys = [key for key, _, _, match in matching(connection, term, statement) if match]
        touched = sa.or_(triage.c.status.in_(("todo", "done")), triage.c.label_override.is_not(None))
        handled = 0
        for start in range(0, len(keys), 500):
            asked = sa.select(sa.func.count()).where(triage.c.mention_id.in_(keys[start : start + 500]), touched)
            handled += connection.scalar(asked) or 0
    return len(keys), handled


def telling_terms(title: str | None, text: str, *, about: About, query: Query) -> Iterator[str]:
    """Terms that stand in a mention and might tell it from those that are meant, likely ones first. Pure.

    The brand's name with the word beside it; hashtags; the site and the author; then the longest words.
    """
    match = query.match(text, title=title, about=about)
    own = {word.lstrip("#@") for term in query.root.terms() for word in (*term.words, *term.forms)}
    listed: list[str] = []
    longest: list[str] = []
    for content, spans in ((text, match.spans if match else ()), (title or "", match.title_spans if match else ())):
        tokens = list(tokens_of(content))
        listed += _beside(content, tokens, spans)
        for token in tokens:
            written = content[token.start : token.end]
            if token.folded[0] == "#" and token.folded[1:] not in own:
                listed.append(written)
            elif token.folded[0] not in "#@" and len(token.folded) >= _WORD_LENGTH and token.folded not in own:
                longest.append(written.lower())
    listed += _places(about)
    yield from dict.fromkeys(one for one in (*listed, *sorted(longest, key=len, reverse=True)) if _reads(one))


def _beside(content: str, tokens: Sequence[Token], spans: Sequence[tuple[int, int]]) -> list[str]:
    """The phrases of a found term and the word after it, or before it."""
    starts = {token.start: n for n, token in enumerate(tokens)}
    ends = {token.end: n for n, token in enumerate(tokens)}
    phrases = []
    for start, end in spans:
        first, last = starts.get(start), ends.get(end)
        if last is not None and last + 1 < len(tokens):
            phrases.append(content[start : tokens[last + 1].end])
        if first:
            phrases.append(content[tokens[first - 1].start : end])
    return [f'"{" ".join(phrase.split())}"' for phrase in phrases if '"' not in phrase and len(phrase) <= 80]


def _places(about: About) -> list[str]:
    """The site, where it is none that everybody writes on, and the author's handle."""
    places = []
    site = urlsplit(canonical_url(about.urls[0]) or "").hostname if about.urls else None
    if site and network_of(about.urls[0]) == "web":
        places.append(f"link:{site}")
    handle = (about.author_key or "").rpartition(":")[2].rpartition("/")[2]
    if handle:
        places.append(f'author:"{handle}"' if " " in handle else f"author:{handle}")
    return places


def _reads(term: str) -> bool:
    """Whether the term can stand behind NOT."""
    try:
        compile_query(term)
    except QueryError:
        return False
    return True


def with_not(query: Query, term: str) -> str:
    """The query's text with `NOT term` behind it."""
    text = query.text.strip()
    return f"({text}) NOT {term}" if query.root.kind == "or" else f"{text} NOT {term}"
