"""The layouts for the intake: one a kind of file, and what decides which brand a row is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import polars as pl

from config.intake import Layout, TextTable, normal_header
from listener.exports.columns import ALL, Columns
from listener.exports.rows import read_rows
from listener.queries import Query

_ID = r"^(?:[A-Za-z0-9_-]{11}|[A-Za-z0-9-]*[\d_][\w-]*|https?://\S+)$"
Queries = Callable[[], Sequence[tuple[str, Query]]]


def layouts_for(queries: Queries, *, own: Sequence[str]) -> tuple[Layout, ...]:
    """The layouts. `queries` gives brands with their compiled queries when a file is read; `own` names the own brands.

    A row that a tool's own query chose, and in which none of ours finds a word, is about the own brand if there is
    no other brand; what a person says of such rows (`ReadContext.brand`) goes before that.
    """
    single = own[0] if len(own) == 1 else None
    return tuple(_layout(columns, queries, single) for columns in ALL)


def _layout(columns: Columns, queries: Queries, own: str | None) -> Layout:
    return Layout(
        id=columns.id,
        title=columns.title,
        headers=columns.needs,
        sink="mentions",
        read=partial(read_rows, columns=columns, queries=queries, own=own),
        synonyms=columns.synonyms,
        one_of=columns.one_of,
        not_with=columns.not_with,
        holds=_has_words if columns.prose else None,
    )


def _has_words(table: TextTable) -> bool:
    """Whether a text or title is more than an id or a link, as the ids of videos under "Content" are."""
    names = [name for name in table.headers if normal_header(name) in ("text", "title")]
    words = pl.any_horizontal(~pl.col(name).str.strip_chars().str.contains(_ID).fill_null(True) for name in names)
    return table.frame.is_empty() or bool(table.frame.select(words.any()).item())


LAYOUTS = layouts_for(tuple, own=())
