"""Texts for what must read them: rising terms, and mentions shown with what a query found in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.database import UtcTime
from listener.queries import Match
from listener.tables import mention_brands, mentions

TEXTS: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "mention_id": pl.String,
    "published_at": pl.Datetime("us", "UTC"),
    "author_key": pl.String,
    "title": pl.String,
    "text": pl.String,
}
_said_at = sa.func.coalesce(mentions.c.published_at, mentions.c.first_seen, type_=UtcTime())


def read_texts(engine: Engine, *, since: dt.datetime, until: dt.datetime, brands: Collection[str]) -> pl.DataFrame:
    """The texts about any of these brands, since <= said < until, columns TEXTS, by time and id."""
    about = sa.select(mention_brands.c.mention_id).where(mention_brands.c.brand.in_(list(brands)))
    columns = (mentions.c.mention_id, _said_at, mentions.c.author_key, mentions.c.title, mentions.c.text)
    statement = (
        sa.select(*columns)
        .where(_said_at >= since, _said_at < until, mentions.c.mention_id.in_(about))
        .order_by(_said_at, mentions.c.mention_id)
    )
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema=dict(TEXTS), orient="row")


def shown_rows(engine: Engine, shown: Sequence[tuple[str, Match]]) -> Iterator[dict[str, Any]]:
    """Matched mentions to be shown: mention_id, published_at, source, url, title, text, brands (those it counts for
    today), terms (of the query), spans and title_spans ([start, end] in text and title), snippet."""
    columns = (
        mentions.c.mention_id,
        _said_at.label("published_at"),
        mentions.c.source,
        mentions.c.title,
        mentions.c.text,
    )
    keys = [key for key, _ in shown]
    with engine.connect() as connection:
        stored = connection.execute(
            sa.select(*columns, mentions.c.raw_url.label("url")).where(mentions.c.mention_id.in_(keys))
        ).mappings()
        by_key = {row["mention_id"]: dict(row) for row in stored}
        brands: dict[str, list[str]] = {key: [] for key in keys}
        chosen = sa.select(mention_brands.c.mention_id, mention_brands.c.brand).where(
            mention_brands.c.mention_id.in_(keys)
        )
        for key, brand in connection.execute(chosen.order_by(mention_brands.c.brand)):
            brands[key].append(brand)
    for key, match in shown:
        yield by_key[key] | {
            "brands": brands[key],
            "terms": list(match.terms),
            "spans": [list(span) for span in match.spans],
            "title_spans": [list(span) for span in match.title_spans],
            "snippet": snippet(by_key[key]["text"], match.spans)
            if match.spans or not match.title_spans
            else snippet(by_key[key]["title"] or "", match.title_spans),
        }


def snippet(text: str, spans: Sequence[tuple[int, int]], *, width: int = 160) -> str:
    """The part of a text around its first hit on one line, hits between « and »; its beginning where there is none."""
    first = spans[0][0] if spans else 0
    begin = max(0, first - width // 3)
    end = min(len(text), begin + width)
    parts, at = [], begin
    for start, stop in spans:
        if start >= at and stop <= end:
            parts += [text[at:start], "«", text[start:stop], "»"]
            at = stop
    parts.append(text[at:end])
    shown = " ".join("".join(parts).split())
    return f"{'… ' if begin else ''}{shown}{' …' if end < len(text) else ''}"
