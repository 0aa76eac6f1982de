"""Queries asked of mentions that are stored: the rows that match, in order, with all that a query's fields ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from listener.queries import About, Match, Query
from listener.tables import mention_links, mentions

_ABOUT = ("author_key", "author_name", "raw_url", "source")
_BATCH = 500


def matching(
    connection: Connection, query: Query, statement: sa.Select[Any]
) -> Iterator[tuple[str, str | None, str, Match | None]]:
    """mention_id, title, text and the match (None: it does not) of each mention that `statement` chooses, in its order.

    `statement` selects from `mentions`; its columns are replaced. Texts are read as the rows are asked for.
    """
    for row, about in read_abouts(connection, statement, links="link" in query.fields, whole=bool(query.fields)):
        yield row.mention_id, row.title, row.text, query.match(row.text, title=row.title, about=about)


def read_abouts(
    connection: Connection, statement: sa.Select[Any], *, links: bool = True, whole: bool = True
) -> Iterator[tuple[Any, About]]:
    """The rows (mention_id, title, text) with what is known about each; `whole` False: its language alone."""
    names = ("mention_id", "title", "text", "language", *(_ABOUT if whole else ()))
    rows = connection.execution_options(yield_per=_BATCH).execute(
        statement.with_only_columns(*(mentions.c[name] for name in names), maintain_column_froms=True)
    )
    for part in rows.partitions(_BATCH):
        found = _links(connection, [row.mention_id for row in part]) if links else {}
        for row in part:
            yield row, _about(row, found.get(row.mention_id, ())) if whole else About(language=row.language)


def _about(row: Any, links: Sequence[str]) -> About:
    urls = (row.raw_url, *links) if row.raw_url else tuple(links)
    return About(row.author_key, row.author_name, urls, row.language, row.source)


def _links(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The links found in these mentions."""
    found: dict[str, list[str]] = {}
    statement = sa.select(mention_links.c.mention_id, mention_links.c.link).where(mention_links.c.mention_id.in_(ids))
    for key, link in connection.execute(statement.order_by(mention_links.c.mention_id, mention_links.c.ordinal)):
        found.setdefault(key, []).append(link)
    return {key: tuple(links) for key, links in found.items()}
