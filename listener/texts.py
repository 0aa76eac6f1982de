"""Texts for what must read them: rising terms, and queries tried out on what was heard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.database import UtcTime
from listener.fulltext import catch_up
from listener.fulltext import condition as fulltext_condition
from listener.matching import matching
from listener.queries import Match, compile_query
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


def try_query(engine: Engine, text: str, *, languages: Sequence[str] = (), limit: int = 20) -> dict[str, Any]:
    """What a query would find in all that was heard, newest first: `matched` counts all, `rows` shows `limit` of them.

    A row: mention_id, published_at, source, url, title, text, brands (those it counts for today), terms (of this
    query), spans and title_spans ([start, end] in text and title). Raises QueryError. Only what some brand's query once
    matched is stored, so a wider query finds more from now on than it shows here.
    """
    query = compile_query(text, languages=languages)
    catch_up(engine)
    found, _ = fulltext_condition(query, dialect=engine.dialect.name)
    statement = sa.select(mentions.c.mention_id, mentions.c.title, mentions.c.text).order_by(
        _said_at.desc(), mentions.c.mention_id
    )
    with engine.connect() as connection:
        read = connection.scalar(sa.select(sa.func.count()).select_from(mentions)) or 0
        chosen = statement if found is None else statement.where(found)
        matches = ((key, match) for key, _, _, match in matching(connection, query, chosen) if match)
        shown = list(islice(matches, limit))
        matched = len(shown) + sum(1 for _ in matches)
    return {"query": text, "read": read, "matched": matched, "rows": list(_rows(engine, shown))}


def _rows(engine: Engine, shown: Sequence[tuple[str, Match]]) -> Iterator[dict[str, Any]]:
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
        }
