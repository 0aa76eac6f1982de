"""Short links and where they lead, as a CSV register: nothing is fetched to find out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import count_change, metadata, upsert
from config.registers import canonical_url

short_links = sa.Table(
    "short_links",
    metadata,
    sa.Column("short", sa.Text, primary_key=True),  # canonical_url
    sa.Column("short_url", sa.Text, nullable=False),  # as written
    sa.Column("target", sa.Text, nullable=False),
)


def link_row(cells: Mapping[str, Any]) -> dict[str, Any] | tuple[str, str]:
    """The entry of a row of short_url and target (texts), else the reason and message why it is none."""
    short, target = (canonical_url(cells[name] or "") for name in ("short_url", "target"))
    if short is None or target is None:
        return "bad_url", "short_url or target is no link; write both with https:// and a host"
    if short == target:
        return "bad_url", "short_url and target are the same page"
    return {"short": short, "short_url": cells["short_url"], "target": cells["target"].strip(),
            "source_line": cells["source_line"]}  # fmt: skip


def read_short_links(engine: Engine) -> dict[str, str]:
    """Where each short link (canonical form) leads."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(short_links.c.short, short_links.c.target).order_by(short_links.c.short))
        return {row.short: row.target for row in rows}


def write_short_links(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or replace short links. `rows` have the columns of the table `short_links`."""
    upsert(connection, short_links, rows, keys=["short"])
    count_change(connection, "registers")


def resolved(url: pl.Series, known: Mapping[str, str]) -> pl.Series:
    """Each URL, or the page a known short link leads to; through at most five of them, and never around."""
    if not known:
        return url
    unique = url.drop_nulls().unique()
    ends = pl.Series([end_of(text, known) for text in unique], dtype=pl.String)
    return url.replace_strict(unique, ends, default=None, return_dtype=pl.String)


def end_of(url: str, known: Mapping[str, str]) -> str:
    """Where a link leads in the end, as far as the register knows."""
    for _ in range(5):
        onward = known.get(canonical_url(url) or "")
        if onward is None:
            return url
        url = onward
    return url
