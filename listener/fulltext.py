"""Full-text search by the database: a mention's words as our queries read them, and queries in the database's terms.

SQLite's FTS5 indexes the very tokens that `listener.queries` compares: for words, phrases and endings its answer is
ours. Where it can only narrow down (scripts without spaces, long phrases), or on another database, the query itself
reads the texts that are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from math import prod

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import changes, count_change, writing
from listener.queries import Node, Query, Term, Words, one_atom
from listener.tables import mention_words, mentions
from listener.words import IN_WORDS

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
    expression, exact = expression_of(query) if dialect == "sqlite" else (None, False)
    if expression is None:
        return None, False
    numbers = sa.select(mention_words.c.mention_id).where(mention_words.c.n.in_(_numbers(expression)))
    return mentions.c.mention_id.in_(numbers), exact


def is_common(connection: Connection, query: Query) -> bool:
    """Whether so many mentions match that reading the newest first finds a page sooner than the index would."""
    expression, _ = expression_of(query) if connection.dialect.name == "sqlite" else (None, False)
    if expression is None:
        return True
    some = _numbers(expression).limit(COMMON).subquery()
    return (connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0) >= COMMON


def count_matches(engine: Engine, query: Query) -> int:
    """How many mentions match a query that the database answers exactly (see `condition`)."""
    expression, _ = expression_of(query)
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(_numbers(str(expression)).subquery())) or 0


def _numbers(expression: str) -> sa.Select[tuple[int]]:
    return sa.select(_search.c.rowid).where(sa.column("mention_search").op("MATCH")(expression))


def expression_of(query: Query) -> tuple[str | None, bool]:
    """The query in FTS5's words, and whether the two mean the same; None where the index knows nothing of it."""
    return _translated(query.root)


def _translated(node: Node) -> tuple[str | None, bool]:
    if node.kind == "term" and node.term:
        return _term(node.term)
    if node.kind == "or":
        parts = [_translated(part) for part in node.parts]
        known = [f"({text})" for text, _ in parts if text is not None]
        return (" OR ".join(known), all(exact for _, exact in parts)) if len(known) == len(parts) else (None, False)
    if node.kind == "near":
        return _all_of(node.parts)[0], False  # how far apart the words stand, the query itself finds out
    if node.kind == "not":
        return None, False  # alone it narrows nothing; beside others `_all_of` knows what to do with it
    return _all_of(node.parts)


def _all_of(parts: Sequence[Node]) -> tuple[str | None, bool]:
    wanted = [_translated(part) for part in parts if part.kind != "not"]
    unwanted = [_translated(part.parts[0]) for part in parts if part.kind == "not"]
    known = [f"({text})" for text, _ in wanted if text is not None]
    if not known:
        return None, False
    text = " AND ".join(known)
    for told, exact in unwanted:
        if told is not None and exact:
            text = f"({text}) NOT ({told})"
    same = len(known) == len(wanted) and all(exact for _, exact in (*wanted, *unwanted))
    return text, same


def _term(term: Term) -> tuple[str | None, bool]:
    if term.unspaced or term.field not in (None, *IN_WORDS):
        return None, False
    if term.field or term.cased:  # the index tells neither title from text nor capitals from small letters
        return _term(replace(term, field=None, cased=()))[0], False
    ways = [_ways(word, term.forms if len(term.words) == 1 else frozenset()) for word in term.words]
    star = " *" if term.prefix else ""
    if prod(map(len, ways)) > _PHRASES and len(ways) > 1:
        last = len(ways) - 1
        groups = [" OR ".join(_quoted(w) + (star if k == last else "") for w in way) for k, way in enumerate(ways)]
        return " AND ".join(f"({group})" for group in groups), False
    return " OR ".join(_quoted(" ".join(phrase)) + star for phrase in product(*ways)), True


def _ways(word: str, forms: frozenset[str]) -> list[str]:
    """What may stand in the text for a word: itself, its forms, and the hashtag or handle of that name."""
    if word[0] in "#@":
        return [one_atom(word)]
    return [one_atom(mark + form) for form in sorted({word, *forms}) for mark in ("", "#", "@")]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
