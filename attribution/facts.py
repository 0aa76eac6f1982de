"""The imported facts: one Delta Lake table per name of `tables.FACTS`, appended by import, read by version.

Every import appends all records of its file, also those another import brought already. That costs disk, and buys two
promises at once: an undone import can be hidden without anybody else's rows going with it, and the order in which
files are imported moves no figure. Twice is still once, because readers take one row per natural key.

The version that readers see, per natural key, among imports the ledger calls done: the newest `exported_at`, ties by
the larger refund (refunds) or the later cancellation (orders), then by row hash. Line items and codes belong to their
order: an order's lines and codes are read from the import whose order row is read, so that one taken off an order is
gone.

Durability: Delta itself never calls fsync, so `write` does, for files and folders, before it returns and the ledger
says done. A crash before that leaves rows of an import that is not done, which nobody reads.

    IntakeError
      FactsError      the disk or the table refuses what an import brings
      CostsTwiceError an import's costs stand already, told in another grain
      StrangeFactsError      the facts belong to another database's ledger
    WorkspaceError
      FactsLostError  the facts are gone, though the ledger knows of them
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import sqlalchemy as sa
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError
from sqlalchemy.engine import Engine

from attribution.cost_overlaps import NAMES, Twice, any_of, costs_named, overlapping, told_twice
from attribution.pieces import merged_visits
from attribution.tables import FACTS, MONEY, NAMED, UTC_TIME, VERSION, Table, without_people
from attribution.versions import KEPT, TIES, current, row_key
from attribution.window_notes import absent_notes, otherwise_notes
from attribution.windows import absent, known_otherwise, standing
from config import bond
from config.forgotten import forgotten_keys, nobody
from config.import_ledger import imports, list_imports
from config.intake import IntakeError, Parsed, Written, done_import_ids
from config.workspace import WorkspaceError

RETENTION_HOURS = 168
_SCALE = 10_000  # money has four decimals
_OF_AN_ORDER = ("order_lines", "order_codes")
_CONFIGURATION: Mapping[str, str | None] = {
    # Statistics go into the commit log, where an erased person's key would outlive the rows.
    "delta.dataSkippingStatsColumns": "import_id",
}


class FactsError(IntakeError):
    """The facts of an import cannot be stored; `table` says where it stopped. Nothing of the import is read."""

    def __init__(self, *, table: str, folder: Path, problem: str) -> None:
        self.table = table
        cure = f"Check the free space and the permissions of {folder}, then import the file again"
        super().__init__(file=table, problem=f"its {table} cannot be stored ({problem})", cure=cure)


class StrangeFactsError(IntakeError):
    """The facts that lie here were imported by another database; nothing was written."""

    def __init__(self, told: str) -> None:
        problem, _, cure = told.partition(". ")
        super().__init__(file="facts", problem=problem, cure=cure)


class CostsTwiceError(IntakeError):
    """Costs of an import stand already in the imports `clashes`, told in another grain: both would count."""

    def __init__(self, *, twice: Twice, clashes: tuple[int, ...], files: str, lost: int, again: bool = False) -> None:
        self.clashes = clashes
        ours, theirs = twice.grains
        ids = " and ".join(f"import {number}" for number in clashes)
        others = f"; {lost} of their cost lines are of other days or campaigns and go too" if lost else ""
        line = "" if again else f" (line {twice.lines[0]})"
        choice = (
            "keep what stands, or import this file with --replace (on the page Data: Use this file instead), which "
            f"takes {ids} back in the same step{others}"
        )
        if twice.why == NAMES:
            choice += "; costs of another ad account go under an account name of their own (--account)"
        super().__init__(
            file="spend",
            problem=f"its {costs_named(twice)}{line} are told as {ours} and stand already, told as {theirs}, in "
            f"{files}: both would count. Nothing was changed",
            cure=f"Choose one: {f'undo {ids} first, or keep what stands' if again else choice}",
        )


class FactsLostError(WorkspaceError):
    """The ledger says that imports are done, and of `tables` that they brought nothing lies in `folder`."""

    def __init__(self, folder: Path, tables: Sequence[str]) -> None:
        self.folder, self.tables = folder, tuple(tables)
        super().__init__(
            f"imported facts are gone: {', '.join(tables)} in {folder}, though the import ledger says that they were "
            f"brought; without them every figure would be wrong. Put {folder} back from your backup, or undo the "
            "imports that brought them and import the files again"
        )


@dataclass(frozen=True)
class Facts:
    """The facts of a workspace: `folder` holds one Delta table per name, `engine` the import ledger.

    `forgotten` says which of these people (network:handle) asked to be forgotten: what names them is not stored.
    `replace`: an import whose costs stand already in another grain takes the others' imports back, instead of failing.
    """

    folder: Path
    engine: Engine
    forgotten: Callable[[Collection[str]], set[str]] = nobody
    replace: bool = False

    def write(self, import_id: int, parsed: Parsed) -> Written:
        """Store the tables of one file, unseen until the ledger calls `import_id` done. A repeat writes nothing twice.

        A record is `new` (its natural key was unknown), `updated` (readers will see another row for it than before) or
        `same` (they will see what they saw). A file line is what all its records are, else updated: an order known
        long ago that brings its first refund is an update. Raises KeyError for a table that is no fact, TypeError for
        columns that do not fit it, ValueError for a record without its natural key, FactsError where the disk refuses,
        StrangeFactsError where the facts belong to another ledger, CostsTwiceError where costs would count twice.
        All is judged without the imports that this one stands `instead_of`.
        """
        self._claim(import_id)
        gone_with = frozenset(parsed.instead_of)
        replaced = self._clashes(parsed.tables.get("spend"), but=gone_with)
        exported_at = parsed.exported_at or latest_time(parsed.tables)
        told: list[pl.DataFrame] = []
        counts: dict[str, int] = {}
        tied: dict[str, int] = {}
        gone: list[str] = []
        forgotten, dated = forgotten_keys(self.engine), self._dated()
        for name, frame in sorted(parsed.tables.items()):
            table = FACTS[name]
            named = set(frame[NAMED].drop_nulls().unique()) if NAMED in frame.columns else set()
            known = without_people(table, frame, forgotten, {key.lower() for key in self.forgotten(named)})
            records = _stamp(table, known, import_id=import_id, exported_at=exported_at)
            rows = _last_per_key(table, records)
            versions = self._versions(table, but=gone_with)
            outcomes = _outcomes(table, records, rows, versions).filter(~_says_nothing(table))
            gone += absent_notes(table, absent(table, versions, rows, stated=dated), import_id=import_id)
            gone += otherwise_notes(*known_otherwise(table, versions, rows, stated=dated))
            transaction = f"import-{import_id}" + (f"-{parsed.part}" if parsed.part else "")
            self._append(table, rows.drop("source_line"), transaction)
            changed = outcomes.filter(pl.col("outcome") != "same").select(table.key)
            one_each = rows.height == records.height and not _in_pieces(table, records)
            counts[name] = changed.height if one_each else changed.unique().height
            tied[name] = int(outcomes["tied"].sum())
            told.append(outcomes.select("source_line", "outcome"))
        return Written(_per_line(told), counts, warnings=(*_tie_warnings(tied), *gone), replaced=replaced)

    def check_again(self, import_id: int) -> None:
        """Raises CostsTwiceError where an undone import may not stand again: its costs stand in another grain."""
        table = FACTS["spend"]
        counting = current(table, standing(table, self._versions(table, also=import_id), stated=self._dated()))
        mine = counting.filter(pl.col("import_id") == import_id).select(list(table.schema))
        self._clashes(mine.with_row_index("source_line", 1).collect(), again=True)

    def _clashes(
        self, costs: pl.DataFrame | None, *, again: bool = False, but: frozenset[int] = frozenset()
    ) -> tuple[int, ...]:
        """The imports, `but` for some, that tell costs of these rows in another grain; raises CostsTwiceError unless
        they may go."""
        if costs is None or costs.is_empty():
            return ()
        table = FACTS["spend"]
        rows = table.conform(costs.drop("source_line")).with_columns(costs["source_line"])
        found = self._told_twice(table, rows, but=but)
        clashes = tuple(sorted({number for twice in found for number in twice.imports}))
        if not found or self.replace:
            return clashes
        names = {row["id"]: row["file_name"] for row in list_imports(self.engine)}
        files = " and ".join(f"{names[number]} (import {number})" for number in clashes)
        theirs = self._versions(table).filter(pl.col("import_id").is_in(list(clashes)))
        lost = theirs.filter(~any_of(found)).select(pl.col("spend_id").n_unique()).collect().item()
        raise CostsTwiceError(twice=found[0], clashes=clashes, files=files, lost=lost, again=again)

    def _told_twice(self, table: Table, rows: pl.DataFrame, *, but: frozenset[int]) -> list[Twice]:
        """What these rows and those that count both tell; without the imports found, older statements that would then
        count are judged, too."""
        versions, dated = self._versions(table, but=but), self._dated()
        if not told_twice(rows, overlapping(rows, versions)):
            return []
        found: list[Twice] = []
        while more := told_twice(rows, overlapping(rows, current(table, standing(table, versions, stated=dated)))):
            found += more
            clashes = {number for twice in more for number in twice.imports}
            versions = versions.filter(~pl.col("import_id").is_in(list(clashes)))
        return found

    def scan(self, name: str) -> pl.LazyFrame:
        """The current rows of the table `name`: its columns and `import_id`, sorted by natural key.

        Raises FactsLostError where any table is gone that done imports brought: that is not zero.
        """
        self._refuse_lost()
        table = FACTS[name]
        versions = self._versions(table)
        if name in _OF_AN_ORDER:
            versions = _with_their_order(versions, current(FACTS["orders"], self._versions(FACTS["orders"])))
        rows = current(table, standing(table, versions, stated=self._dated())).filter(~_is_taken_back(table))
        if _in_pieces(table, versions):
            rows = merged_visits(rows.select(*table.stored, "import_id"))
        return rows.select(*table.schema, "import_id").sort(table.key)

    def brought(self, name: str, import_id: int) -> pl.LazyFrame:
        """The rows of a table that one import holds, whether or not readers see them."""
        if not DeltaTable.is_deltatable(self.uri(name)):
            return pl.LazyFrame(schema=FACTS[name].schema)
        stored = pl.scan_delta(self.uri(name)).filter(pl.col("import_id") == import_id)
        known = stored.collect_schema().names()
        return stored.select(column for column in FACTS[name].schema if column in known)

    def maintain(self) -> None:
        """Fold small files together and delete files nobody has read for a week. Call only under the import lock."""
        for name in FACTS:
            if DeltaTable.is_deltatable(self.uri(name)):
                stored = DeltaTable(self.uri(name))
                stored.optimize.compact()
                stored.create_checkpoint()
                stored.vacuum(retention_hours=RETENTION_HOURS, dry_run=False)

    def uri(self, name: str) -> str:
        """Where the Delta table of a fact lies."""
        return str(self.folder / name)

    def _dated(self) -> list[int]:
        """The imports whose time of export was told."""
        with self.engine.connect() as connection:
            told = sa.select(imports.c.id).where(imports.c.exported_at.is_not(None))
            return list(connection.execute(told).scalars())

    def _refuse_lost(self) -> None:
        with self.engine.connect() as connection:
            counts = connection.execute(sa.select(imports.c.counts).where(imports.c.state == "done")).scalars().all()
        known = frozenset().union(*map(_tables_brought, counts))  # asked before the files, as in `_versions`
        lost = sorted(name for name in known if not DeltaTable.is_deltatable(self.uri(name)))
        if lost:
            raise FactsLostError(self.folder, lost)

    def _claim(self, import_id: int) -> None:
        try:
            bond.note_import(self.folder, self.engine, import_id)
        except bond.BondError as exc:
            raise StrangeFactsError(str(exc)) from exc
        except OSError as exc:
            raise FactsError(table="facts", folder=self.folder, problem=str(exc)) from exc

    def _versions(self, table: Table, *, also: int | None = None, but: frozenset[int] = frozenset()) -> pl.LazyFrame:
        """Every stored row of done imports (`but` for some, and of the import `also`), with the version columns;
        columns newer than the files are null.

        Columns of `Table.pieces` are there where an import brought any.
        """
        wanted = {**table.schema, **VERSION}
        stand = done_import_ids(self.engine)  # asked before the files: an import done in between is not half seen
        done = [number for number in stand if number not in but]
        done += [also] if also is not None else []
        if not done or not DeltaTable.is_deltatable(self.uri(table.name)):
            return pl.LazyFrame(schema=wanted)
        stored = pl.scan_delta(self.uri(table.name))
        known = stored.collect_schema().names()
        if not table.pieces.keys().isdisjoint(known):
            wanted |= table.pieces
        columns = [(pl.col(n) if n in known else pl.lit(None)).cast(t).alias(n) for n, t in wanted.items()]
        return stored.filter(pl.col("import_id").is_in(done)).select(columns)

    def _append(self, table: Table, rows: pl.DataFrame, import_name: str) -> None:
        uri = self.uri(table.name)
        stored = DeltaTable(uri) if DeltaTable.is_deltatable(uri) else None
        if rows.is_empty() or (stored is not None and stored.transaction_version(import_name) is not None):
            return  # Delta itself would take the same transaction twice
        before = set(stored.file_uris()) if stored is not None else set()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_deltalake(
                uri,
                rows,
                mode="append",
                partition_by=["month"],
                schema_mode="merge",
                configuration=None if stored is not None else _CONFIGURATION,
                writer_properties=WriterProperties(compression="ZSTD"),
                commit_properties=CommitProperties(app_transactions=[Transaction(import_name, 1)]),
            )
            written = DeltaTable(uri)
            sync_commit(Path(uri), set(written.file_uris()) - before, version=written.version())
        except (DeltaError, OSError) as exc:
            raise FactsError(table=table.name, folder=self.folder, problem=str(exc)) from exc


@functools.lru_cache(maxsize=65_536)
def _tables_brought(counts: str) -> frozenset[str]:
    """The facts that an import brought records of, by its counts in the ledger."""
    return frozenset(name for name, records in json.loads(counts).get("tables", {}).items() if records) & FACTS.keys()


def row_hash(table: Table, frame: pl.DataFrame) -> pl.Series:
    """A 64-bit hash of a row's known values, the same in every process and version of the libraries.

    Each value is written as `name=length:text;`, times as microseconds, days as day numbers, money in ten-thousandths,
    fractions in millionths. Nulls are left out, so that a column added later changes no hash.
    """
    there = [name for name in sorted(table.stored) if name in frame.columns]
    known = [name for name in there if frame[name].null_count() < frame.height]
    pieces = [piece for name in known for piece in _canonical(frame[name])]
    end = pl.repeat(";", frame.height, dtype=pl.String, eager=True).alias("end")
    written = pl.DataFrame([*pieces, end]).select(pl.concat_str(pl.all(), ignore_nulls=True).cast(pl.Binary))
    digests = b"".join(hashlib.blake2b(text[1:], digest_size=8).digest() for text in written.to_series().to_list())
    return pl.Series("row_hash", np.frombuffer(digests, dtype=">i8").astype(np.int64))


def _canonical(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """`;name=length:` and the text of each value, null for null: one mark too many before, one too few behind.

    The beginnings are looked up by length, as to write each of them anew costs more than the hashing.
    """
    name, dtype = column.name, column.dtype
    if dtype == MONEY or dtype.is_temporal():
        column = column.to_physical()
    elif dtype.is_float():
        column = (column * 1_000_000).round().cast(pl.Int64)
    elif dtype == pl.Boolean:
        column = column.cast(pl.Int8)
    text = column.cast(pl.String)
    lengths = text.str.len_bytes()
    longest = int(lengths.max() or 0)  # type: ignore[arg-type]
    heads = pl.Series(f"{name} head", [f";{name}={length}:" for length in range(longest + 1)], dtype=pl.String)
    return heads.gather(lengths), text


def latest_time(tables: Mapping[str, pl.DataFrame]) -> dt.datetime | None:
    """The latest time any record holds: what stands for the export's own time where that is not known."""
    times = [
        frame.select(pl.col(name).cast(UTC_TIME).max()).item()
        for frame in tables.values()
        for name, dtype in frame.schema.items()
        if dtype == pl.Date or isinstance(dtype, pl.Datetime)
    ]
    return max((time for time in times if time is not None), default=None)


def _stamp(table: Table, frame: pl.DataFrame, *, import_id: int, exported_at: dt.datetime | None) -> pl.DataFrame:
    """The records in file order, with this table's columns, the version columns and `source_line`.

    Columns of `Table.pieces` that say nothing are left out: they would cost every reader a wider sort.
    """
    ordered = frame if frame["source_line"].is_sorted() else frame.sort("source_line", maintain_order=True)
    rows = table.conform_stored(ordered.drop("source_line"))
    if all(rows[name].null_count() == rows.height for name in table.pieces):
        rows = rows.drop(table.pieces)
    if rows.select(pl.any_horizontal(pl.col(table.key).is_null()).any()).item():
        raise ValueError(f"table {table.name}: a record has no {' or no '.join(table.key)}")
    month = pl.col(table.time).dt.strftime("%Y-%m").fill_null("unknown") if table.time else pl.lit("unknown")
    return rows.with_columns(
        row_hash(table, rows),
        pl.lit(import_id, dtype=pl.Int64).alias("import_id"),
        pl.lit(exported_at, dtype=UTC_TIME).alias("exported_at"),
        month.alias("month"),
        ordered["source_line"].cast(pl.Int64),
    )


def _last_per_key(table: Table, records: pl.DataFrame) -> pl.DataFrame:
    """One row a natural key (and piece), sorted by it. Columns that never differ, as the account, are not compared."""
    if records.is_empty():
        return records
    whole = row_key(table, records.columns)
    key = [name for name in whole if records[name].ne_missing(records[name].first()).any()] or whole
    distinct = records[key[0]].n_unique() if len(key) == 1 else records.select(pl.struct(key).n_unique()).item()
    if distinct < records.height:
        records = records.unique(key, keep="last", maintain_order=True)
    return records.sort(key)


def _per_line(told: Sequence[pl.DataFrame]) -> dict[int, str]:
    """What became of each file line, from the outcomes of its records in all tables: unlike ones are an update."""
    if not told:
        return {}
    rows = pl.concat(told)
    if rows["source_line"].n_unique() < rows.height:
        alike = pl.col("outcome").n_unique() == 1
        merged = pl.when(alike).then(pl.col("outcome").first()).otherwise(pl.lit("updated"))
        rows = rows.group_by("source_line", maintain_order=True).agg(merged.alias("outcome"))
    return dict(zip(rows["source_line"].to_list(), rows["outcome"].to_list(), strict=True))


def _is_taken_back(table: Table) -> pl.Expr:
    """A refund of 0: the newest export states none any more."""
    return (pl.col("amount") == 0).fill_null(False) if table.name == "refunds" else pl.lit(False)


def _says_nothing(table: Table) -> pl.Expr:
    """A refund of 0 of an order that never had one is stored, and is no news."""
    return _is_taken_back(table) & (pl.col("outcome") != "updated")


def _with_their_order(rows: pl.LazyFrame, orders: pl.LazyFrame) -> pl.LazyFrame:
    """Only the lines or codes of the import whose row stands for their order (all, where no order row is stored)."""
    stated = orders.select("account", "order_id", pl.col("import_id").alias("order_import_id"))
    belongs = pl.col("order_import_id").is_null() | (pl.col("order_import_id") == pl.col("import_id"))
    return rows.join(stated, on=["account", "order_id"], how="left").filter(belongs)


def _outcomes(table: Table, records: pl.DataFrame, last: pl.DataFrame, stored: pl.LazyFrame) -> pl.DataFrame:
    """The records with `outcome`: against the record before it in the file, else against what readers see now; and
    `tied`: it contradicts what readers see, and nothing tells which of the two exports is the newer one.

    `last` holds the last record of each key.
    """
    stored, records, last = _with_pieces(table, stored, records, last)
    pieced = _in_pieces(table, records)
    key = row_key(table, records.columns)
    kept = KEPT.get(table.name, ())
    ranked = [*key, *([TIES[table.name]] if table.name in TIES else []), *kept, *VERSION]
    same_record = list(table.key)
    found = stored.select(ranked).join(last.lazy().select(same_record), on=same_record, how="semi").collect()
    if found.is_empty() and last.height == records.height and not pieced:
        return records.with_columns(pl.lit("new").alias("outcome"), pl.lit(value=False).alias("tied"))
    known = found.lazy()
    seen = current(table, known).select(
        *key,
        pl.col("row_hash").alias("seen_hash"),
        pl.col("exported_at").alias("seen_exported_at"),
        _told(kept).alias("seen_told"),
    )
    stated = last.lazy().select(ranked)
    best = current(table, pl.concat([known, stated])).select(
        *key, pl.col("import_id").alias("best_import_id"), _told(kept).alias("best_told")
    )
    compared = (
        records.lazy()
        .with_columns(pl.col("row_hash").shift(1).over(key).alias("before_hash"))
        .join(seen, on=key, how="left", nulls_equal=True)
        .join(best, on=key, how="left", nulls_equal=True)
        .sort("source_line", maintain_order=True)
        .collect()
    )
    hashed, before, seen_hash = pl.col("row_hash"), pl.col("before_hash"), pl.col("seen_hash")
    other_row = (hashed != seen_hash) & (pl.col("best_import_id") == pl.col("import_id"))
    outcome = (
        pl.when(before.is_not_null())
        .then(pl.when(hashed == before).then(pl.lit("same")).otherwise(pl.lit("updated")))
        .when(seen_hash.is_null())
        .then(pl.lit("new"))
        .when(other_row | (pl.col("seen_told") != pl.col("best_told")))
        .then(pl.lit("updated"))
        .otherwise(pl.lit("same"))
    )
    differs = before.is_null() & (hashed != seen_hash)
    tied = differs & pl.col("exported_at").eq_missing(pl.col("seen_exported_at"))
    judged = compared.with_columns(outcome.alias("outcome"), tied.fill_null(False).alias("tied"))
    return _of_known_visits(judged, found) if pieced else judged


def _in_pieces(table: Table, rows: pl.DataFrame | pl.LazyFrame) -> bool:
    return not table.pieces.keys().isdisjoint(rows.collect_schema().names())


def _with_pieces(
    table: Table, stored: pl.LazyFrame, *frames: pl.DataFrame
) -> tuple[pl.LazyFrame, pl.DataFrame, pl.DataFrame]:
    """All with the columns of `Table.pieces`, where any has them."""
    records, last = frames
    if not (_in_pieces(table, stored) or _in_pieces(table, records)):
        return stored, records, last
    names = stored.collect_schema().names()
    absent = [pl.lit(None, dtype=t).alias(n) for n, t in table.pieces.items() if n not in names]
    ours = [pl.lit(None, dtype=t).alias(n) for n, t in table.pieces.items() if n not in records.columns]
    return stored.with_columns(absent), records.with_columns(ours), last.with_columns(ours)


def _of_known_visits(judged: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """A new piece of a visit known already updates it; one that takes back a state nobody told changes nothing."""
    key = list(FACTS["touches"].key)
    visits = found.select(*key, pl.lit(value=True).alias("_known")).unique()
    new = pl.col("outcome") == "new"
    nothing = (pl.col("state") < 0).fill_null(False)
    better = pl.when(pl.col("_known")).then(pl.lit("updated")).when(nothing).then(pl.lit("same"))
    joined = judged.join(visits, on=key, how="left", maintain_order="left")
    return joined.with_columns(
        pl.when(new).then(better.otherwise("outcome")).otherwise("outcome").alias("outcome")
    ).drop("_known")


def _told(columns: Sequence[str]) -> pl.Expr:
    """What the columns say of a record, as one number to compare."""
    return pl.struct(columns).hash() if columns else pl.lit(0, dtype=pl.UInt64)


def _tie_warnings(tied: Mapping[str, int]) -> tuple[str, ...]:
    """Equal export times: the same figure comes out whatever was imported first, but it may be the older export's."""
    told = ", ".join(f"{count} {name}" for name, count in tied.items() if count)
    if not told:
        return ()
    return (
        f"Rows that an earlier file states differently, with nothing to tell which file is newer: {told}. Import the "
        "newer file again with the day it was exported on (--exported-at 2026-11-20); its rows then count. Until "
        "then the larger of two refunds counts, and of other rows always the same one, whichever file came first.",
    )


def sync_commit(folder: Path, uris: Iterable[str], *, version: int) -> None:
    """Bring the commit's data files, its log and the folders that name them to the disk."""
    files = [Path(uri.removeprefix("file://")) for uri in uris]
    log = folder / "_delta_log"
    files += [file for file in log.iterdir() if file.is_file() and _newer_log(file.name, version)]
    for file in files:
        _sync(file)
    for parent in sorted({file.parent for file in files} | {folder, folder.parent}):
        _sync(parent)


def _newer_log(name: str, version: int) -> bool:
    number = name.partition(".")[0]
    return name == "_last_checkpoint" or (number.isdigit() and int(number) >= version)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows has no handle for a folder; its file system orders the entries itself
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
