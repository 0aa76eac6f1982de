"""What others read of the store: searches with texts, frames without, the evidence attribution needs, source health.

`published_at` in searches and frames is the mention's date as best known: where a source gives none it is the time we
first saw it, and `published_quality` says "missing". The evidence keeps null there.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import UtcTime
from config.registers import people
from listener.fulltext import catch_up, count_matches, is_common
from listener.fulltext import condition as fulltext_condition
from listener.matching import matching
from listener.queries import Query, compile_query
from listener.tables import (
    authors,
    mention_brands,
    mention_codes,
    mention_links,
    mentions,
    source_state,
    story_heads,
    triage,
)
from listener.targets import mention_targets
from listener.text import find_handles, find_hashtags

UTC_TIME = pl.Datetime("us", "UTC")
Schema = Mapping[str, pl.DataType | type[pl.DataType]]
TARGETS = pl.List(
    pl.Struct({"brand": pl.String, "score": pl.Float64, "label": pl.String, "rule": pl.String, "window": pl.String})
)

FRAME_SCHEMA: Schema = {
    "mention_id": pl.String,
    "published_at": UTC_TIME,
    "published_quality": pl.String,
    "source": pl.String,
    "network": pl.String,
    "brand": pl.String,
    "language": pl.String,
    "author_key": pl.String,
    "author_name": pl.String,
    "followers": pl.Int64,
    "engagement": pl.Int64,
    "likes": pl.Int64,
    "comments": pl.Int64,
    "shares": pl.Int64,
    "views": pl.Int64,
    "reach": pl.Int64,
    "reach_kind": pl.String,
    "vendor_sentiment": pl.Float64,
    "score": pl.Float64,
    "label": pl.String,
    "label_scored": pl.String,
    "label_corrected": pl.String,
    "text_score": pl.Float64,
    "text_label": pl.String,
    "target_rule": pl.String,
    "scorer": pl.String,
    "score_status": pl.String,
    "cluster_id": pl.String,
    "triage_status": pl.String,
}
MENTION_SCHEMA: Schema = {
    "mention_id": pl.String,
    "published_at": UTC_TIME,
    "published_quality": pl.String,
    "source": pl.String,
    "network": pl.String,
    "brands": pl.List(pl.String),
    "terms": pl.List(pl.String),
    "title": pl.String,
    "text": pl.String,
    "url": pl.String,
    "domain": pl.String,
    "language": pl.String,
    "author_key": pl.String,
    "author_name": pl.String,
    "followers": pl.Int64,
    "engagement": pl.Int64,
    "likes": pl.Int64,
    "comments": pl.Int64,
    "shares": pl.Int64,
    "views": pl.Int64,
    "reach": pl.Int64,
    "reach_kind": pl.String,
    "vendor_sentiment": pl.Float64,
    "score": pl.Float64,
    "label": pl.String,
    "label_scored": pl.String,
    "label_corrected": pl.String,
    "confidence": pl.Float64,
    "scorer": pl.String,
    "score_status": pl.String,
    "targets": TARGETS,
    "cluster_id": pl.String,
    "codes": pl.List(pl.String),
    "links": pl.List(pl.String),
    "hashtags": pl.List(pl.String),
    "handles": pl.List(pl.String),
    "triage_status": pl.String,
    "triage_version": pl.Int64,
    "note": pl.String,
    "revision": pl.Int64,
    "first_seen": UTC_TIME,
    "last_seen": UTC_TIME,
}
EVIDENCE_SCHEMA: Schema = {
    "mention_id": pl.String,
    "published_at": UTC_TIME,
    "author_key": pl.String,
    "brands": pl.List(pl.String),
    "url": pl.String,
    "codes": pl.List(pl.String),
    "links": pl.List(pl.String),
}
HEALTH_SCHEMA: Schema = {
    "source": pl.String,
    "url": pl.String,
    "outcome": pl.String,
    "http_status": pl.Int64,
    "error": pl.String,
    "failures": pl.Int64,
    "last_checked_at": UTC_TIME,
    "last_success_at": UTC_TIME,
    "next_check_at": UTC_TIME,
    "retry_after": UTC_TIME,
    "permanent_url": pl.String,
    "gone": pl.Boolean,
    "entries": pl.Int64,
    "mentions": pl.Int64,
    "last_mention_at": UTC_TIME,
}

_said_at = sa.func.coalesce(mentions.c.published_at, mentions.c.first_seen, type_=UtcTime())
_followers = sa.func.coalesce(people.c.followers, authors.c.followers)
_label = sa.func.coalesce(triage.c.label_override, mentions.c.label)
_status = sa.func.coalesce(triage.c.status, "new")
_JOINED = (
    mentions.outerjoin(triage, triage.c.mention_id == mentions.c.mention_id)
    .outerjoin(authors, authors.c.author_key == mentions.c.author_key)
    .outerjoin(people, people.c.key == mentions.c.author_key)
    .outerjoin(story_heads, story_heads.c.story == mentions.c.cluster_id)
)
_DERIVED: Mapping[str, Any] = {
    "published_at": _said_at,
    "cluster_id": sa.func.coalesce(story_heads.c.mention_id, mentions.c.cluster_id),
    "followers": _followers,
    "reach": sa.func.coalesce(mentions.c.reach, _followers),
    "reach_kind": sa.case(
        (mentions.c.reach.is_not(None), sa.func.coalesce(mentions.c.reach_kind, "vendor")),
        (_followers.is_not(None), "followers"),
    ),
    "label": _label,
    "label_scored": mentions.c.label,
    "label_corrected": triage.c.label_override,
    "triage_status": _status,
    "triage_version": sa.func.coalesce(triage.c.version, 0),
    "note": triage.c.note,
    "url": mentions.c.raw_url,
    "brand": mention_brands.c.brand,
}


# In a frame of one row a mention and brand: how it speaks of that brand, where its words name it, else of anything
_OF_BRAND: Mapping[str, Any] = {
    "score": sa.case((mention_targets.c.label.is_not(None), mention_targets.c.score), else_=mentions.c.score),
    "label": sa.func.coalesce(triage.c.label_override, mention_targets.c.label, mentions.c.label),
    "label_scored": sa.func.coalesce(mention_targets.c.label, mentions.c.label),
    "text_score": mentions.c.score,
    "text_label": mentions.c.label,
    "target_rule": mention_targets.c.rule,
}


def _columns(names: Sequence[str], derived: Mapping[str, Any] = _DERIVED) -> list[Any]:
    return [(derived[name] if name in derived else mentions.c[name]).label(name) for name in names]


def _frame(rows: Sequence[Any], schema: Schema) -> pl.DataFrame:
    return pl.DataFrame([tuple(row) for row in rows], schema=dict(schema), orient="row")


def _big_frame(connection: sa.Connection, statement: sa.Select[Any], schema: Schema) -> pl.DataFrame:
    """`_frame` for hundreds of thousands of rows: times stay the integers they are stored as until polars has them."""
    columns = [
        sa.type_coerce(c, sa.BigInteger).label(c.name) if schema[c.name] == UTC_TIME else c
        for c in statement.exported_columns
    ]
    plain = {name: pl.Int64 if dtype == UTC_TIME else dtype for name, dtype in schema.items()}
    values = zip(*connection.execute(statement.with_only_columns(*columns)), strict=True)
    held = {name: pl.Series(name, column, dtype=plain[name]) for name, column in zip(schema, values, strict=False)}
    frame = pl.DataFrame(held, schema=plain)
    times = [name for name, dtype in schema.items() if dtype == UTC_TIME]
    return frame.with_columns(pl.from_epoch(name, time_unit="us").dt.replace_time_zone("UTC") for name in times)


def _conditions(
    *,
    brand: str | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
    label: str | None,
    author: str | None,
    language: str | None,
    source: str | None,
    status: str | None,
) -> list[Any]:
    towards = sa.select(mention_targets.c.label).where(
        mention_targets.c.mention_id == mentions.c.mention_id, mention_targets.c.brand == brand
    )
    of_brand = sa.func.coalesce(triage.c.label_override, towards.scalar_subquery(), mentions.c.label)
    spoken = of_brand if brand is not None else _label
    # Correlated, so that a page of the newest is found by time; a list of all the brand's mentions would be made first.
    having_brand = sa.exists().where(
        mention_brands.c.mention_id == mentions.c.mention_id, mention_brands.c.brand == brand
    )
    wanted = [
        (brand, having_brand),
        (since, _said_at >= since if since else None),
        (until, _said_at < until if until else None),
        (label, spoken.is_(None) if label == "unscored" else spoken == label),
        (author, _by_author(author or "")),
        (language, mentions.c.language.is_(None) if language == "unknown" else mentions.c.language == language),
        (source, mentions.c.source == source),
        (status, _status == status),
    ]
    return [condition for value, condition in wanted if value is not None]


def _by_author(author: str) -> Any:
    """`network:handle`, or a handle or shown name alone."""
    bare = author.strip().lower().lstrip("@")
    ending = bare.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return sa.or_(
        mentions.c.author_key == author.strip().lower(),
        mentions.c.author_key.like(f"%:{ending}", escape="\\"),
        sa.func.lower(mentions.c.author_name) == author.strip().lower(),
    )


def _order(newest_first: bool) -> list[Any]:
    time = _said_at.desc() if newest_first else _said_at.asc()
    return [time, mentions.c.mention_id]


def _found_in_order(
    engine: Engine, conditions: list[Any], query: Query | None, *, newest_first: bool, limit: int | None, offset: int
) -> list[str]:
    """The ids of one page in order."""
    told, exact = _search(engine, query, page=limit is not None)
    statement = sa.select(mentions.c.mention_id, mentions.c.title, mentions.c.text).select_from(_JOINED)
    statement = statement.where(*conditions, *told).order_by(*_order(newest_first))
    end = None if limit is None else offset + limit
    with engine.connect() as connection:
        if query is None or (exact and told):
            page = statement.limit(2**62 if limit is None else limit).offset(offset)
            return list(connection.scalars(page.with_only_columns(mentions.c.mention_id)))
        found = (key for key, _, _, match in matching(connection, query, statement) if match)
        return list(islice(found, offset, end))


def _search(engine: Engine, query: Query | None, *, page: bool) -> tuple[list[Any], bool]:
    """What the database can tell of a query before texts are read, and whether that is all: nothing for a page of very
    common words, which stand in the newest texts anyway."""
    if query is None:
        return [], True
    catch_up(engine)
    condition, exact = fulltext_condition(query, dialect=engine.dialect.name)
    with engine.connect() as connection:
        common = page and is_common(connection, query)
    return ([], False) if condition is None or common else ([condition], exact)


def read_mentions(
    engine: Engine,
    *,
    brand: str | None = None,
    query_text: str | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    label: str | None = None,
    author: str | None = None,
    language: str | None = None,
    source: str | None = None,
    status: str | None = None,
    limit: int | None = None,
    offset: int = 0,
    newest_first: bool = True,
) -> pl.DataFrame:
    """Mentions with their texts, columns MENTION_SCHEMA, one row a mention.

    since <= published_at < until (UTC instants); `query_text` is a boolean query (QueryError when it cannot be read);
    `label` may be "unscored", `language` "unknown"; a label corrected by a person wins over the scored one, with
    `brand` the label towards that brand over the text's.
    """
    conditions = _conditions(
        brand=brand, since=since, until=until, label=label, author=author, language=language, source=source,
        status=status,
    )  # fmt: skip
    query = compile_query(query_text) if query_text else None
    page = _found_in_order(engine, conditions, query, newest_first=newest_first, limit=limit, offset=offset)
    return read_by_id(engine, page)


def count_mentions(
    engine: Engine,
    *,
    brand: str | None = None,
    query_text: str | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    label: str | None = None,
    author: str | None = None,
    language: str | None = None,
    source: str | None = None,
    status: str | None = None,
    stories: bool = False,
) -> int:
    """How many rows `read_mentions` would give without limit; with `stories` how many texts, copies of one counted
    once."""
    conditions = _conditions(
        brand=brand, since=since, until=until, label=label, author=author, language=language, source=source,
        status=status,
    )  # fmt: skip
    query = compile_query(query_text) if query_text else None
    if query:
        catch_up(engine)
        found, exact = fulltext_condition(query, dialect=engine.dialect.name)
        if found is None or not exact:
            rest = _found_in_order(engine, conditions, query, newest_first=True, limit=None, offset=0)
            return _stories_of(engine, rest) if stories else len(rest)
        if not conditions and not stories:
            return count_matches(engine, query)
        conditions.append(found)
    counted = sa.func.count(mentions.c.cluster_id.distinct()) if stories else sa.func.count()
    with engine.connect() as connection:
        return connection.scalar(sa.select(counted).select_from(_JOINED).where(*conditions)) or 0


def _stories_of(engine: Engine, ids: Sequence[str]) -> int:
    """How many stories the mentions of these ids belong to."""
    asked = sa.select(mentions.c.cluster_id)
    chunks = [ids[start : start + 500] for start in range(0, len(ids), 500)]
    with engine.connect() as connection:
        told = (connection.scalars(asked.where(mentions.c.mention_id.in_(chunk))) for chunk in chunks)
        return len({story for found in told for story in found})


def read_by_id(engine: Engine, ids: Sequence[str]) -> pl.DataFrame:
    """The mentions of these ids with texts, columns MENTION_SCHEMA, in the order given; absent ids are left out."""
    listed = ("brands", "terms", "codes", "links", "targets")
    plain = [name for name in MENTION_SCHEMA if name not in (*listed, "hashtags", "handles")]
    rows: dict[str, dict[str, Any]] = {}
    with engine.connect() as connection:
        for start in range(0, len(ids), 500):
            chunk = ids[start : start + 500]
            statement = sa.select(*_columns(plain)).select_from(_JOINED).where(mentions.c.mention_id.in_(chunk))
            for row in connection.execute(statement).mappings():
                said = f"{row['title'] or ''}\n{row['text']}"
                named = {"hashtags": find_hashtags(said), "handles": find_handles(said)}
                rows[row["mention_id"]] = dict(row) | {name: [] for name in listed} | named
            for key, brand, terms in connection.execute(
                sa.select(mention_brands).where(mention_brands.c.mention_id.in_(chunk)).order_by(mention_brands.c.brand)
            ):
                rows[key]["brands"].append(brand)
                rows[key]["terms"] += [term for term in json.loads(terms) if term not in rows[key]["terms"]]
            for key, target in _targets(connection, chunk):
                rows[key]["targets"].append(target)
            for name, table, column in _LISTS:
                found = sa.select(table.c.mention_id, column).where(table.c.mention_id.in_(chunk))
                for key, value in connection.execute(found.order_by(*table.primary_key.columns)):
                    rows[key][name].append(value)
    ordered = [rows[key] for key in ids if key in rows]
    return pl.DataFrame(ordered, schema=dict(MENTION_SCHEMA), orient="row")


def _targets(connection: Connection, ids: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """What is said of each brand, as far as the words around its name were scored, in the order of the brands."""
    t = mention_targets.c
    columns = (t.brand, t.score, t.label, t.rule, t.window_text.label("window"))
    statement = sa.select(t.mention_id, *columns).where(t.mention_id.in_(ids), t.label.is_not(None))
    ordered = connection.execute(statement.order_by(t.mention_id, t.brand)).mappings()
    return [(row["mention_id"], {name: row[name] for name in row if name != "mention_id"}) for row in ordered]


_LISTS = (("codes", mention_codes, mention_codes.c.code_norm), ("links", mention_links, mention_links.c.link))


def mention_frame(
    engine: Engine, *, since: dt.datetime | None = None, until: dt.datetime | None = None
) -> pl.DataFrame:
    """All mentions of since <= published_at < until without texts: one row per mention and brand, columns FRAME_SCHEMA.

    Sorted by time, id, brand. `followers`: the register of people, else the network, else null; `reach`: as stated,
    else followers; `reach_kind`: followers, impressions, site_visits (of the site in a month) or vendor (the tool's own
    estimate); `vendor_sentiment`: the tool's, -1 to 1, beside ours; `label`: corrected by a person, else as scored: the
    words around the brand's name where the text names it (`target_rule` then says how they were chosen), else the whole
    text, whose own score and label stand in `text_score` and `text_label`.
    """
    conditions = _conditions(
        brand=None, since=since, until=until, label=None, author=None, language=None, source=None, status=None
    )
    statement = (
        sa.select(*_columns(list(FRAME_SCHEMA), {**_DERIVED, **_OF_BRAND}))
        .select_from(
            _JOINED.join(mention_brands, mention_brands.c.mention_id == mentions.c.mention_id).outerjoin(
                mention_targets,
                sa.and_(
                    mention_targets.c.mention_id == mention_brands.c.mention_id,
                    mention_targets.c.brand == mention_brands.c.brand,
                ),
            )
        )
        .where(*conditions)
        .order_by(_said_at, mentions.c.mention_id, mention_brands.c.brand)
    )
    with engine.connect() as connection:
        return _big_frame(connection, statement, FRAME_SCHEMA)


def mention_evidence(engine: Engine) -> pl.DataFrame:
    """Every mention as evidence for attribution: columns EVIDENCE_SCHEMA, sorted by id; lists empty where none."""
    with engine.connect() as connection:
        base = connection.execute(
            sa.select(
                mentions.c.mention_id, mentions.c.published_at, mentions.c.author_key, mentions.c.canonical_url
            ).order_by(mentions.c.mention_id)
        ).all()
        lists: dict[str, dict[str, list[str]]] = {}
        for name, table, column in (("brands", mention_brands, mention_brands.c.brand), *_LISTS):
            lists[name] = {}
            ordered = sa.select(table.c.mention_id, column).order_by(*table.primary_key.columns)
            for key, value in connection.execute(ordered):
                lists[name].setdefault(key, []).append(value)
    rows = [
        (
            key,
            published_at,
            author_key,
            lists["brands"].get(key, []),
            url,
            lists["codes"].get(key, []),
            lists["links"].get(key, []),
        )
        for key, published_at, author_key, url in base
    ]
    return _frame(rows, EVIDENCE_SCHEMA)


def source_health(engine: Engine) -> pl.DataFrame:
    """One row a source ever polled, columns HEALTH_SCHEMA, sorted by name: when it last answered, and what."""
    heard = (
        sa.select(
            mentions.c.source,
            sa.func.count().label("mentions"),
            sa.func.max(_said_at, type_=UtcTime()).label("last_mention_at"),
        )
        .group_by(mentions.c.source)
        .subquery()
    )
    named = {"source": source_state.c.name, "mentions": sa.func.coalesce(heard.c.mentions, 0)}
    named |= {"last_mention_at": heard.c.last_mention_at}
    columns = [(named[n] if n in named else source_state.c[n]).label(n) for n in HEALTH_SCHEMA]
    statement = (
        sa.select(*columns)
        .select_from(source_state.outerjoin(heard, heard.c.source == source_state.c.name))
        .order_by(source_state.c.name)
    )
    with engine.connect() as connection:
        return _frame(connection.execute(statement).all(), HEALTH_SCHEMA)
