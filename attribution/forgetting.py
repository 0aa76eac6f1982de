"""Forgetting a person: what names or follows them is nulled in the stored facts; their orders stay, unkeyed.

The rows are written anew, month by month, and the old files deleted at once. Delta's log never names the keys: it is
told months only, and keeps no statistics of key columns.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl
from deltalake import DeltaTable, WriterProperties, write_deltalake

from attribution.facts import Facts, row_hash, sync_commit
from attribution.tables import FACTS, NAMED, PERSONAL, Table, theirs, without_people
from attribution.versions import KEPT
from config.database import count_change, writing
from config.forgotten import add_forgotten, forgotten_keys


def forget(facts: Facts, keys: Sequence[int], *, person: str | None = None, now: dt.datetime) -> dict[str, int]:
    """Forget the customers and visitors with these keyed hashes, and the author `person` (network:handle).

    Returns the rows changed per table. Repeatable at any point.

    Call only under the import lock. The visitors of their visits are forgotten with them. The hashes themselves are
    kept as tombstones, so that importing their files again does not bring them back.
    """
    add_forgotten(facts.engine, keys, now=now)
    add_forgotten(facts.engine, _visitors_of(facts, keys), now=now)
    everybody = forgotten_keys(facts.engine)
    changed = {name: _rewrite(facts, FACTS[name], everybody, _names(person)) for name in PERSONAL}
    with writing(facts.engine) as connection:
        count_change(connection, "facts")
    return {name: rows for name, rows in changed.items() if rows}


def rows_of(facts: Facts, keys: Sequence[int], *, person: str | None = None) -> dict[str, int]:
    """How many stored rows of each table `forget` would change for them; tables without any left out."""
    everybody = [*keys, *_visitors_of(facts, keys)]
    counted = {name: _count(facts, FACTS[name], everybody, _names(person)) for name in PERSONAL}
    return {name: rows for name, rows in counted.items() if rows}


def people_in_facts(facts: Facts) -> set[str]:
    """Everybody whom stored facts name: network:handle, lower case."""
    found: set[str] = set()
    for name in (name for name, columns in PERSONAL.items() if NAMED in columns):
        if DeltaTable.is_deltatable(facts.uri(name)):
            stored = pl.scan_delta(facts.uri(name))
            if NAMED in stored.collect_schema().names():
                named = stored.select(pl.col(NAMED).str.to_lowercase().drop_nulls().unique()).collect()
                found.update(named[NAMED])
    return found


def _names(person: str | None) -> tuple[str, ...]:
    return (person.strip().lower(),) if person else ()


def _count(facts: Facts, table: Table, keys: Sequence[int], people: Sequence[str]) -> int:
    if not DeltaTable.is_deltatable(facts.uri(table.name)):
        return 0
    stored = pl.scan_delta(facts.uri(table.name))
    gone = theirs(stored.collect_schema().names(), keys, people)
    gone = gone | _other_versions(table, stored, gone)
    counted: int = stored.select(gone.sum()).collect().item()
    return counted


def _other_versions(table: Table, stored: pl.LazyFrame, gone: pl.Expr) -> pl.Expr:
    """Rows that name nobody, of a record whose other versions name one of them: readers would see them behind those."""
    if table.name not in KEPT:
        return pl.lit(value=False)
    records = stored.filter(gone).select(pl.struct(table.key).unique()).collect().to_series()
    return pl.struct(table.key).is_in(records.implode()).fill_null(False)


def _visitors_of(facts: Facts, keys: Iterable[int]) -> list[int]:
    if not DeltaTable.is_deltatable(facts.uri("touches")):
        return []
    stored = pl.scan_delta(facts.uri("touches"))
    visits = stored.filter(pl.col("customer_key").is_in(list(keys))).select(pl.col("visitor").drop_nulls().unique())
    return visits.collect()["visitor"].to_list()


def _rewrite(facts: Facts, table: Table, keys: Sequence[int], people: Sequence[str]) -> int:
    uri = facts.uri(table.name)
    if not DeltaTable.is_deltatable(uri):
        return 0
    stored = pl.scan_delta(uri)
    gone = theirs(stored.collect_schema().names(), keys, people)
    gone = gone | _other_versions(table, stored, gone)
    months = stored.filter(gone).select(pl.col("month").unique().sort()).collect()["month"].to_list()
    changed = 0
    for month in months:
        rows = stored.filter(pl.col("month") == month).collect()
        changed += rows.select(gone.sum()).item()
        absent = [pl.lit(None, dtype=t).alias(n) for n, t in table.schema.items() if n not in rows.columns]
        clean = without_people(table, rows.with_columns(absent), keys, people, also=gone)
        before = set(DeltaTable(uri).file_uris())
        write_deltalake(
            uri,
            clean.with_columns(row_hash(table, clean)),
            mode="overwrite",
            predicate=f"month = '{month}'",
            schema_mode="merge",
            writer_properties=WriterProperties(compression="ZSTD"),
        )
        written = DeltaTable(uri)  # on the disk before the old files go: a power cut in between would take the month
        sync_commit(Path(uri), set(written.file_uris()) - before, version=written.version())
    # An earlier try may have been cut off between writing and deleting, so old files go even where nothing changed.
    delta = DeltaTable(uri)
    delta.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False, full=True)
    return changed
