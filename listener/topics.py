"""What mentions are about: the terms of the brands' queries that they hold, and the hashtags they carry.

No more than that is read as a topic: who wants a finer one adds a term to the brand's query. Pure, but for the read.
"""

from __future__ import annotations

import json
from collections.abc import Collection

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from listener.tables import mention_brands, mentions

HASHTAGS = 20  # the most frequent that are topics of a period
SCHEMA = {"mention_id": pl.String, "topic": pl.String, "kind": pl.String}
_CHUNK = 500
_HASHTAG = r"(?:^|[\s(\[\p{Pi}\"'.,;:!?])#[\p{L}\p{N}_\p{M}]{2,50}"  # not the fragment of a link


def read_topics(engine: Engine, ids: Collection[str]) -> pl.DataFrame:
    """One row a mention and topic, columns SCHEMA; `kind`: term (of a query) or hashtag (the 20 most frequent)."""
    wanted = sorted(set(ids))
    terms: list[tuple[str, str]] = []
    texts: list[tuple[str, str]] = []
    with engine.connect() as connection:
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            found = sa.select(mention_brands.c.mention_id, mention_brands.c.terms)
            for key, listed in connection.execute(found.where(mention_brands.c.mention_id.in_(chunk))):
                terms += [(key, term) for term in json.loads(listed)]
            said = sa.select(mentions.c.mention_id, mentions.c.title, mentions.c.text)
            texts += [
                (k, f"{t or ''}\n{x}") for k, t, x in connection.execute(said.where(mentions.c.mention_id.in_(chunk)))
            ]
    return topics_of(terms, texts)


def topics_of(terms: list[tuple[str, str]], texts: list[tuple[str, str]]) -> pl.DataFrame:
    """The topics of (mention_id, term) pairs and of (mention_id, words) pairs, columns SCHEMA, sorted."""
    pair = {"mention_id": pl.String, "topic": pl.String}
    of_queries = pl.DataFrame(terms, schema=pair, orient="row").with_columns(kind=pl.lit("term"))
    tagged = (
        pl.DataFrame(texts, schema=pair, orient="row")
        .with_columns(pl.col("topic").str.extract_all(_HASHTAG))
        .explode("topic")
        .drop_nulls("topic")
        .with_columns(topic=pl.col("topic").str.replace(r"^[^#]", "").str.to_lowercase(), kind=pl.lit("hashtag"))
        .unique()
    )
    known = of_queries["topic"].str.to_lowercase().unique()
    frequent = (
        tagged.filter(~pl.col("topic").is_in(known.to_list()))
        .group_by("topic")
        .len()
        .sort("len", "topic", descending=[True, False])
        .head(HASHTAGS)
    )
    hashtags = tagged.join(frequent.select("topic"), on="topic", how="semi")
    return pl.concat([of_queries, hashtags]).unique().sort("mention_id", "kind", "topic").select(list(SCHEMA))
