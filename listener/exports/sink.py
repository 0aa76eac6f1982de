"""Stores the table "mentions" of an import: languages found, sentiment scored, copies and known posts recognised."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Engine

from config.database import writing
from config.intake import Parsed, Written
from config.registers import read_codes
from listener.language import detect
from listener.mentions import BrandMatch, Mention, find_codes, mention_id, spoken, when
from listener.queries import Query
from listener.sentiment import Scored, score
from listener.sentiment.cache import ScoreCache
from listener.store import store_mentions
from listener.targets import with_targets

_BATCH = 2_000


class MentionSink:
    """Writes mentions of exports. They count at once; the same post again, in any file, counts nothing twice.
    Which import carried which mention is kept, so that `listener.imported` can take one back.

    A post a feed brought keeps the feed's words: the export adds followers, reach and engagement. `brands`: the brands'
    compiled queries, read when mentions come in; a brand without one gets no score of its own. `forgotten`: which
    of some author keys asked to be forgotten; their rows are left out.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        languages: Sequence[str],
        now: dt.datetime,
        brands: Callable[[], Sequence[tuple[str, Query]]] = tuple,
        forgotten: Callable[[Collection[str]], Collection[str]] = lambda authors: (),
    ) -> None:
        self.engine, self.languages, self.now, self.brands = engine, tuple(languages), now, brands
        self.forgotten = forgotten
        self.cache = ScoreCache()

    def write(self, import_id: int, parsed: Parsed) -> Written:
        frame = parsed.tables.get("mentions")
        every = frame.to_dicts() if frame is not None else []
        gone = self.forgotten({row["author_key"] for row in every if row["author_key"]})
        rows = [row for row in every if row["author_key"] not in gone]
        codes = frozenset(read_codes(self.engine)["code_norm"].to_list()) if rows else frozenset()
        lines: dict[int, str] = {}
        found = [
            mention for n in range(0, len(rows), _BATCH) for mention in self._mentions(rows[n : n + _BATCH], codes)
        ]
        by_source: dict[str, list[Mention]] = {}
        for mention in found:
            by_source.setdefault(mention.source, []).append(mention)
        outcomes: dict[str, str] = {}
        with writing(self.engine) as connection:
            for source, mentions in by_source.items():
                outcomes |= store_mentions(connection, source=source, found=mentions, now=self.now, import_id=import_id)
        stored = sum(outcome != "same" for outcome in outcomes.values())
        for row, mention in zip(rows, found, strict=True):
            lines[row["source_line"]] = outcomes.pop(mention.mention_id, "same")
        left_out = {row["source_line"]: "forgotten" for row in every if row["author_key"] in gone}
        return Written(lines, {"mentions": stored}, left_out)

    def _mentions(self, rows: Sequence[Mapping[str, Any]], codes: Collection[str]) -> list[Mention]:
        texts = [spoken(row["title"], row["text"]) for row in rows]
        languages = detect(texts, self.languages, stated=[row["language_stated"] for row in rows], trusted=True)
        scores = score(texts, languages, cache=self.cache)
        found = [
            _mention(row, language, scored, codes, now=self.now)
            for row, language, scored in zip(rows, languages, scores, strict=True)
        ]
        return with_targets(found, self.brands(), cache=self.cache)


_SAME_NAME = (
    "network", "native_id", "title", "text", "raw_url", "language_stated", "author_key", "author_name", "followers",
    "following", "verified", "likes", "comments", "shares", "views", "engagement_stated", "reach", "reach_kind",
    "vendor_sentiment",
)  # fmt: skip


def _mention(
    row: Mapping[str, Any], language: str | None, scored: Scored, codes: Collection[str], *, now: dt.datetime
) -> Mention:
    source = f"import:{row['layout']}"
    published_at, quality = when(row["published_at"], row["published_quality"], now=now)
    words = f"{row['author_key'] or ''}|{row['published_at'] or ''}|{row['text']}"
    key = mention_id(source=source, network=row["network"], native_id=row["native_id"], url=row["raw_url"], text=words)
    return Mention(
        mention_id=key,
        source=source,
        source_kind=source,
        language=language,
        published_at=published_at,
        published_quality=quality,
        score=scored.score,
        label=scored.label,
        confidence=scored.confidence,
        scorer=scored.scorer,
        score_status=scored.status,
        brands=tuple(BrandMatch(brand, tuple(terms)) for brand, terms in json.loads(row["brands"]).items()),
        links=tuple(row["links"]),
        codes=find_codes([row["title"] or "", row["text"], *row["links"]], codes),
        **{name: row[name] for name in _SAME_NAME},
    )
