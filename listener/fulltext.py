"""Full-text search by the database: a mention's words as our queries read them, and queries in the database's terms.

SQLite's FTS5 and PostgreSQL's tsvector index the very tokens that `listener.queries` compares: for words and endings
(SQLite: for phrases too) their answer is ours. Where they can only narrow down (scripts without spaces, long phrases),
the query itself reads the texts that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.engine import Connection, Engine

from config.database import changes, count_change, writing
from listener.queries import Node, Query, Term, Words, one_atom
from listener.tables import SEARCH_VECTOR, SEARCHED_LETTERS, mention_words, mentions
from listener.words import IN_WORDS, before_pattern, is_pattern

MISSING = "words_missing"
COMMON = 5_000  # matches; beyond it a page is found sooner among the newest mentions
_PHRASES = 64  # ways to write a phrase, spelled out in one search
_BATCH = 5_000
_search = sa.table("mention_search", sa.column("rowid", sa.Integer))


def words_of(title: str | None, text: str) -> str:
    """The tokens of title and text in order, blanks between, a mark where no phrase may run on."""
    return Words(text, title=title).indexed()


def store_words(connection: Connection, texts: Iterable[tuple[str, str | None, str]]) -> None:
    """Write the words of mentions (id, title, text) that are new or whose text was just replaced."""
    rows = [{"mention_id": key, "words": words_of(title, text)} for key, title, text in texts]
    for start in range(0, len(rows), 500):
        chunk = rows[start : start + 500]
        ids = [row["mention_id"] for row in chunk]
        connection.execute(sa.delete(mention_words).where(mention_words.c.mention_id.in_(ids)))
        connection.execute(sa.insert(mention_words), chunk)


def catch_up(engine: Engine) -> int:
    """Write the words of mentions that were stored before there was a search; returns how many. Cheap when none are."""
    with engine.connect() as connection:
        if not connection.scalar(sa.select(changes.c.n).where(changes.c.name == MISSING)):
            return 0
    without = (
        sa.select(mentions.c.mention_id, mentions.c.title, mentions.c.text)
        .outerjoin(mention_words, mention_words.c.mention_id == mentions.c.mention_id)
        .where(mention_words.c.n.is_(None))
        .limit(_BATCH)
    )
    done = 0
    while True:
        with writing(engine) as connection:
            rows: Sequence[tuple[str, str | None, str]] = [tuple(row) for row in connection.execute(without)]
            store_words(connection, rows)
            if len(rows) < _BATCH:
                connection.execute(sa.update(changes).where(changes.c.name == MISSING).values(n=0))
                return done + len(rows)
        done += len(rows)


def rebuild(connection: Connection) -> None:
    """Write the index anew: words of removed mentions leave the file, not only the answers."""
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("INSERT INTO mention_search(mention_search) VALUES ('rebuild')"))
        count_change(connection, "mentions")


def condition(query: Query, *, dialect: str) -> tuple[sa.ColumnElement[bool] | None, bool]:
    """A condition on mentions that every match fulfils (None: the database knows none), and whether only matches do."""
    expression, exact = expression_of(query, dialect=dialect)
    if expression is None:
        return None, False
    numbers = _numbers(expression, dialect)
    if dialect == "sqlite":
        numbers = sa.select(mention_words.c.mention_id).where(mention_words.c.n.in_(numbers))
    return mentions.c.mention_id.in_(numbers), exact


def is_common(connection: Connection, query: Query) -> bool:
    """Whether so many mentions match that reading the newest first finds a page sooner than the index would."""
    dialect = connection.dialect.name
    expression, _ = expression_of(query, dialect=dialect)
    if expression is None:
        return True
    some = _numbers(expression, dialect).limit(COMMON).subquery()
    return (connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0) >= COMMON


def count_matches(engine: Engine, query: Query) -> int:
    """How many mentions match a query that the database answers exactly (see `condition`)."""
    dialect = engine.dialect.name
    expression, _ = expression_of(query, dialect=dialect)
    with engine.connect() as connection:
        found = _numbers(str(expression), dialect).subquery()
        return connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def _numbers(expression: str, dialect: str) -> sa.Select[Any]:
    """What the index finds: its row numbers on SQLite, mention ids on PostgreSQL."""
    if dialect == "sqlite":
        return sa.select(_search.c.rowid).where(sa.column("mention_search").op("MATCH")(expression))
    asked = sa.cast(sa.literal(expression), TSQUERY)
    return sa.select(mention_words.c.mention_id).where(sa.literal_column(SEARCH_VECTOR).op("@@")(asked))


@dataclass(frozen=True)
class _Spelling:
    """How one database writes a search. `phrase(words, open_end)` gives a text and whether it says all we ask."""

    both: str
    neither: str
    either: str
    phrase: Callable[[Sequence[str], bool], tuple[str, bool]]


def _fts5_phrase(words: Sequence[str], open_end: bool) -> tuple[str, bool]:
    quoted = '"' + " ".join(words).replace('"', '""') + '"'
    return quoted + (" *" if open_end else ""), True


def _tsquery_phrase(words: Sequence[str], open_end: bool) -> tuple[str, bool]:
    """Words in any order: the vector keeps no positions, so a phrase is left to the query itself."""
    cut = [word[:SEARCHED_LETTERS] for word in words]
    quoted = ["'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in cut]
    text = " & ".join(quoted) + (":*" if open_end else "")
    return f"({text})", len(words) == 1 and cut == list(words)


_SPELLINGS = {
    "sqlite": _Spelling(" AND ", " NOT ", " OR ", _fts5_phrase),
    "postgresql": _Spelling(" & ", " & !", " | ", _tsquery_phrase),
}


def expression_of(query: Query, *, dialect: str) -> tuple[str | None, bool]:
    """The query in the database's words, and whether both mean the same; None where the index knows nothing of it."""
    return _translated(query.root, _SPELLINGS[dialect])


def _translated(node: Node, spelling: _Spelling) -> tuple[str | None, bool]:
    if node.kind == "term" and node.term:
        return _term(node.term, spelling)
    if node.kind == "or":
        parts = [_translated(part, spelling) for part in node.parts]
        known = [f"({text})" for text, _ in parts if text is not None]
        same = all(exact for _, exact in parts)
        return (spelling.either.join(known), same) if len(known) == len(parts) else (None, False)
    if node.kind == "near":
        return _all_of(node.parts, spelling)[0], False  # how far apart the words stand, the query itself finds out
    if node.kind == "not":
        return None, False  # alone it narrows nothing; beside others `_all_of` knows what to do with it
    return _all_of(node.parts, spelling)


def _all_of(parts: Sequence[Node], spelling: _Spelling) -> tuple[str | None, bool]:
    wanted = [_translated(part, spelling) for part in parts if part.kind != "not"]
    unwanted = [_translated(part.parts[0], spelling) for part in parts if part.kind == "not"]
    known = [f"({text})" for text, _ in wanted if text is not None]
    if not known:
        return None, False
    text = spelling.both.join(known)
    for told, exact in unwanted:
        if told is not None and exact:
            text = f"({text}){spelling.neither}({told})"
    same = len(known) == len(wanted) and all(exact for _, exact in (*wanted, *unwanted))
    return text, same


def _term(term: Term, spelling: _Spelling) -> tuple[str | None, bool]:
    if term.unspaced or term.field not in (None, *IN_WORDS):
        return None, False
    if term.field or term.cased:  # the index tells neither title from text nor capitals from small letters
        return _term(replace(term, field=None, cased=()), spelling)[0], False
    if term.by_language or any(map(is_pattern, term.words)):
        return _narrowed(term, spelling), False  # which endings hold, the text's language decides
    ways = [_ways(word, term.way(k)) for k, word in enumerate(term.words)]
    if prod(map(len, ways)) > _PHRASES and len(ways) > 1:
        return spelling.both.join(f"({_any_of(way, spelling)})" for way in _one_by_one(ways, term.prefix)), False
    phrases = [(phrase, term.prefix) for phrase in product(*ways)]
    return _any_of(phrases, spelling), all(spelling.phrase(*phrase)[1] for phrase in phrases)


def _narrowed(term: Term, spelling: _Spelling) -> str | None:
    """Each word of a term with an open end, from the letters on that all its forms begin with."""
    begins = [_common([before_pattern(word), *term.way(k)]) for k, word in enumerate(term.words)]
    told = [[((way,), True) for way in _ways(begin, ())] for begin in begins if begin.lstrip("#@")]
    return spelling.both.join(f"({_any_of(way, spelling)})" for way in told) or None


def _common(words: Sequence[str]) -> str:
    """The letters that all words begin with: those that the first and the last in order share."""
    first, last = min(words), max(words)
    return next((first[:n] for n, letter in enumerate(first) if last[n : n + 1] != letter), first)


def _one_by_one(ways: Sequence[Sequence[str]], prefix: bool) -> list[list[tuple[tuple[str, ...], bool]]]:
    """A phrase that could be written in too many ways, word by word; the last one's end may be open."""
    last = len(ways) - 1
    return [[((word,), prefix and k == last) for word in way] for k, way in enumerate(ways)]


def _any_of(phrases: Iterable[tuple[Sequence[str], bool]], spelling: _Spelling) -> str:
    return spelling.either.join(spelling.phrase(*phrase)[0] for phrase in phrases)


def _ways(word: str, forms: Iterable[str]) -> list[str]:
    """What may stand in the text for a word: itself, its forms, and the hashtag or handle of that name."""
    if word[0] in "#@":
        return [one_atom(word)]
    return [one_atom(mark + form) for form in sorted({word, *forms}) for mark in ("", "#", "@")]
