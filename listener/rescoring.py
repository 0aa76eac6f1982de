"""Scores what is stored again where its scorer has changed: after an update, a new language, or a changed brand query.

A mention is out of date when its score is not by the present scorer of its language, when its language was not known,
or when how it speaks of a brand was worked out with another scorer, query or rule. Nothing else is touched: what people
decided stands apart in `triage`. Each batch is a transaction of its own and what is done is no longer out of date, so a
run may be killed at any moment and simply be started again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import count_change, writing
from listener.language import detect
from listener.mentions import spoken
from listener.queries import Query
from listener.sentiment import score, scored_languages, scorer_name
from listener.sentiment.cache import ScoreCache
from listener.sentiment.target import Target
from listener.tables import mention_brands, mentions
from listener.targets import basis_of, mention_targets, targets_of, write_targets

BATCH = 500
Progress = Callable[[int, int], None]  # done, of
_READ = ("mention_id", "title", "text", "language_stated", "language", "content_hash", "score_status", "scorer")
_SCORED = ("language", "score", "label", "confidence", "scorer", "score_status")


@dataclass(frozen=True)
class Rescored:
    """Of one run: mentions looked at, those whose text's score or language changed, and targets written.

    `scored`: texts and windows that a scorer was asked about; copies are not asked about twice.
    """

    checked: int
    changed: int
    targets: int
    scored: int

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def rescore(
    engine: Engine,
    *,
    brands: Sequence[tuple[str, Query]],
    languages: Sequence[str],
    progress: Progress | None = None,
    batch: int = BATCH,
) -> Rescored:
    """Bring every stored score up to date with the scorers, brands and languages of today."""
    cache = ScoreCache()
    queries = dict(brands)
    stale = _stale_ids(engine, queries)
    changed = targets = 0
    if progress:
        progress(0, len(stale))
    for start in range(0, len(stale), batch):
        ids = stale[start : start + batch]
        with writing(engine) as connection:
            texts, written = _rescore_batch(connection, ids, queries, tuple(languages), cache)
            if texts or written:
                count_change(connection, "mentions")
        changed, targets = changed + texts, targets + written
        if progress:
            progress(min(start + batch, len(stale)), len(stale))
    return Rescored(checked=len(stale), changed=changed, targets=targets, scored=cache.scored)


def _stale_ids(engine: Engine, queries: Mapping[str, Query]) -> list[str]:
    """The mentions that are out of date, in a fixed order."""
    with engine.connect() as connection:
        by_text = connection.scalars(sa.select(mentions.c.mention_id).where(_out_of_date()))
        stale = set(by_text)
        t, b = mention_targets.c, mention_brands.c
        joined = mention_brands.outerjoin(
            mention_targets, sa.and_(t.mention_id == b.mention_id, t.brand == b.brand)
        ).join(mentions, mentions.c.mention_id == b.mention_id)
        for brand, query in queries.items():
            other_scorer = sa.and_(t.label.is_not(None), t.scorer.is_distinct_from(mentions.c.scorer))
            unscored = sa.and_(t.status != "no_text", t.label.is_(None), mentions.c.label.is_not(None))
            wrong = sa.or_(t.basis.is_(None), t.basis != basis_of(query), other_scorer, unscored)
            stale |= set(connection.scalars(sa.select(b.mention_id).select_from(joined).where(b.brand == brand, wrong)))
    return sorted(stale)


def _out_of_date() -> sa.ColumnElement[bool]:
    """Not by the present scorer of its language, or of a language that nobody knew or could score."""
    known = scored_languages()
    by_language = [
        sa.and_(mentions.c.language == language, mentions.c.scorer.is_distinct_from(scorer_name(language)))
        for language in known
    ]
    no_longer = sa.and_(mentions.c.language.not_in(known), mentions.c.scorer.is_not(None))
    said = mentions.c.score_status != "no_text"
    return sa.and_(said, sa.or_(mentions.c.language.is_(None), no_longer, *by_language))


def _rescore_batch(
    connection: Connection,
    ids: Sequence[str],
    queries: Mapping[str, Query],
    languages: Sequence[str],
    cache: ScoreCache,
) -> tuple[int, int]:
    """How many texts changed, and how many targets were written. The caller's transaction holds the write lock."""
    columns = [mentions.c[name] for name in (*_READ, "score", "label", "confidence")]
    found = connection.execute(sa.select(*columns).where(mentions.c.mention_id.in_(ids))).mappings()
    rows = {row["mention_id"]: dict(row) for row in found}
    changed = _rescored_texts(list(rows.values()), languages, cache)
    for row in changed:
        rows[row["mention_id"]] |= row
        new = {name: row[name] for name in _SCORED}
        connection.execute(sa.update(mentions).where(mentions.c.mention_id == row["mention_id"]).values(**new))
    targets = _rescored_targets(connection, rows, queries, cache)
    write_targets(connection, targets)
    return len(changed), len(targets)


def _rescored_texts(
    rows: Sequence[Mapping[str, Any]], languages: Sequence[str], cache: ScoreCache
) -> list[dict[str, Any]]:
    """The rows that come out otherwise than they are stored: mention_id and `_SCORED`. A known language is kept."""
    texts = [spoken(row["title"], row["text"]) for row in rows]
    heard = detect(texts, languages, stated=[row["language_stated"] for row in rows])
    spoken_in = [row["language"] or found for row, found in zip(rows, heard, strict=True)]
    changed = []
    for row, language, scored in zip(rows, spoken_in, score(texts, spoken_in, cache=cache), strict=True):
        new = {
            "language": language,
            "score": scored.score,
            "label": scored.label,
            "confidence": scored.confidence,
            "scorer": scored.scorer,
            "score_status": scored.status,
        }
        if any(row[name] != value for name, value in new.items()):
            changed.append({"mention_id": row["mention_id"]} | new)
    return changed


def _rescored_targets(
    connection: Connection, rows: Mapping[str, Mapping[str, Any]], queries: Mapping[str, Query], cache: ScoreCache
) -> list[tuple[str, str, Target]]:
    statement = sa.select(mention_brands.c.mention_id, mention_brands.c.brand)
    pairs = connection.execute(statement.where(mention_brands.c.mention_id.in_(list(rows)))).all()
    known = sorted((key, brand) for key, brand in pairs if brand in queries)
    said = [(rows[key]["text"], rows[key]["title"], rows[key]["language"]) for key, _ in known]
    targets = targets_of(said, [queries[brand] for _, brand in known], cache=cache)
    return [(key, brand, target) for (key, brand), target in zip(known, targets, strict=True)]
