"""What a mention says of each brand it names: the score of the words around the brand's name, beside the text's own.

One row a mention and brand in `mention_targets`, written with the mention and again by `listener.rescoring`. A mention
that names the brand in its title alone has a row without score: there the text's score stands for the brand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from config.database import metadata, upsert
from listener.mentions import BrandMatch, Mention
from listener.queries import Query
from listener.sentiment.cache import ScoreCache
from listener.sentiment.target import VERSION, Target, TargetScored, score_targets

WINDOW_LENGTH = 500  # characters of a window that are kept to be shown; all of it is scored
_CHUNK = 500

mention_targets = sa.Table(
    "mention_targets",
    metadata,
    sa.Column("mention_id", sa.Text, sa.ForeignKey("mentions.mention_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("brand", sa.Text, primary_key=True),
    sa.Column("score", sa.Float),  # [-1, 1]
    sa.Column("label", sa.Text),  # positive | neutral | negative
    sa.Column("confidence", sa.Float),
    sa.Column("scorer", sa.Text),
    sa.Column("status", sa.Text, nullable=False),  # scored | no_scorer | no_language | no_text
    sa.Column("rule", sa.Text),  # sentence | clause | comparison; null: the text names the brand nowhere
    sa.Column("window_text", sa.Text),
    sa.Column("basis", sa.Text, nullable=False),  # of the brand's query and the rule it was worked out with
)


def basis_of(query: Query) -> str:
    """What a target rests on beside the text and its scorer: the brand's query, its endings, and the rule's version."""
    asked = f"{query.text}\x1f{query.tolerance}" if query.tolerance else query.text
    return f"{VERSION}:{hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()}"


def with_targets(
    mentions: Sequence[Mention], brands: Sequence[tuple[str, Query]], *, cache: ScoreCache | None = None
) -> list[Mention]:
    """The mentions, each of their brands with its target; a brand without a query in `brands` stays as it is."""
    queries = dict(brands)
    pairs = [
        (n, match, queries[match.brand]) for n, m in enumerate(mentions) for match in m.brands if match.brand in queries
    ]
    spoken = [(mentions[n].text, mentions[n].title, mentions[n].language) for n, _, _ in pairs]
    targets = targets_of(spoken, [query for _, _, query in pairs], cache=cache)
    matches: dict[int, dict[str, BrandMatch]] = {}
    for (n, match, _), target in zip(pairs, targets, strict=True):
        matches.setdefault(n, {})[match.brand] = replace(match, target=target)
    return [
        replace(m, brands=tuple(matches[n].get(match.brand, match) for match in m.brands)) if n in matches else m
        for n, m in enumerate(mentions)
    ]


def targets_of(
    spoken: Sequence[tuple[str, str | None, str | None]], queries: Sequence[Query], *, cache: ScoreCache | None = None
) -> list[Target]:
    """One target for each (text, title, language) and the query of the brand it is read for."""
    found = [
        query.match(text, title=title, language=language)
        for (text, title, language), query in zip(spoken, queries, strict=True)
    ]
    scored = score_targets(
        [text for text, _, _ in spoken],
        [match.spans if match else () for match in found],
        [language for _, _, language in spoken],
        cache=cache,
    )
    return [_target(one, basis_of(query)) for one, query in zip(scored, queries, strict=True)]


def _target(found: TargetScored, basis: str) -> Target:
    scored, window = found.scored, found.window
    return Target(
        score=scored.score,
        label=scored.label,
        confidence=scored.confidence,
        scorer=scored.scorer,
        status=scored.status,
        rule=found.rule,
        window_text=window[:WINDOW_LENGTH] if window else None,
        basis=basis,
    )


def store_targets(connection: Connection, changed: Sequence[Mention], before: Mapping[str, Mapping[str, Any]]) -> None:
    """Write what the mentions carry; drop what was worked out of other words, or for a brand no longer there.

    `before`: the rows as they were, by id. A target that is not carried and still fits stays.
    """
    stale = [m.mention_id for m in changed if m.mention_id in before and _reworded(m, before[m.mention_id])]
    drop_targets(connection, stale)
    for m in changed:
        if m.mention_id in before and {match.brand for match in m.brands} != set(before[m.mention_id]["brands"]):
            kept = [match.brand for match in m.brands]
            mine = mention_targets.c.mention_id == m.mention_id
            connection.execute(sa.delete(mention_targets).where(mine, mention_targets.c.brand.not_in(kept)))
    write_targets(
        connection, [(m.mention_id, match.brand, match.target) for m in changed for match in m.brands if match.target]
    )


def _reworded(mention: Mention, row: Mapping[str, Any]) -> bool:
    return any(getattr(mention, name) != row[name] for name in ("title", "text", "language", "scorer"))


def write_targets(connection: Connection, rows: Iterable[tuple[str, str, Target]]) -> None:
    """Upsert (mention_id, brand, target)."""
    values = [{"mention_id": key, "brand": brand} | asdict(target) for key, brand, target in rows]
    upsert(connection, mention_targets, values, keys=["mention_id", "brand"])


def drop_targets(connection: Connection, ids: Sequence[str]) -> None:
    """Forget the targets of these mentions; until they are worked out again the texts' scores stand for the brands."""
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        connection.execute(sa.delete(mention_targets).where(mention_targets.c.mention_id.in_(chunk)))
