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
import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError
from sqlalchemy.engine import Engine

from attribution.cost_overlaps import Twice, any_of, costs_named, overlapping, told_twice
from attribution.tables import FACTS, MONEY, NAMED, UTC_TIME, VERSION, Table, without_people
from config import bond
from config.forgotten import forgotten_keys, nobody
from config.import_ledger import list_imports
from config.intake import IntakeError, Parsed, Written, done_import_ids
from config.workspace import WorkspaceError

RETENTION_HOURS = 168
_SCALE = 10_000  # money has four decimals
_TIES = {"refunds": "amount", "orders": "cancelled_at"}
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
        super().__init__(
            file="spend",
            problem=f"its {costs_named(twice)}{line} are told as {ours} and stand already, told as {theirs}, in "
            f"{files}: both would count. Nothing was changed",
            cure=f"Choose one: {f'undo {ids} first, or keep what stands' if again else choice}",
        )


class FactsLostError(WorkspaceError):
    """The ledger says that imports are done, and nothing of what they brought lies in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"the imported facts in {folder} are gone, though the import ledger says that they were brought. Put "
            f"{folder} back from your backup, or undo the imports and import the files again"
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
        """
        self._claim(import_id)
        replaced = self._clashes(parsed.tables.get("spend"))
        exported_at = parsed.exported_at or latest_time(parsed.tables)
        lines: dict[int, str] = {}
        counts: dict[str, int] = {}
        tied: dict[str, int] = {}
        forgotten = forgotten_keys(self.engine)
        for name, frame in sorted(parsed.tables.items()):
            table = FACTS[name]
            named = set(frame[NAMED].drop_nulls().unique()) if NAMED in frame.columns else set()
            known = without_people(table, frame, forgotten, {key.lower() for key in self.forgotten(named)})
            records = _stamp(table, known, import_id=import_id, exported_at=exported_at)
            outcomes = _outcomes(table, records, self._versions(table)).filter(~_says_nothing(table))
            transaction = f"import-{import_id}" + (f"-{parsed.part}" if parsed.part else "")
            self._append(table, _last_per_key(table, records).drop("source_line"), transaction)
            changed = outcomes.filter(pl.col("outcome") != "same")
            counts[name] = changed.select(table.key).unique().height
            tied[name] = int(outcomes["tied"].sum())
            for line, outcome in outcomes.select("source_line", "outcome").iter_rows():
                lines[line] = outcome if lines.get(line, outcome) == outcome else "updated"
        return Written(lines, counts, warnings=_tie_warnings(tied), replaced=replaced)

    def check_again(self, import_id: int) -> None:
        """Raises CostsTwiceError where an undone import may not stand again: its costs stand in another grain."""
        self._clashes(self.brought("spend", import_id).with_row_index("source_line", 1).collect(), again=True)

    def _clashes(self, costs: pl.DataFrame | None, *, again: bool = False) -> tuple[int, ...]:
        """The imports that tell costs of these rows in another grain; raises CostsTwiceError unless they may go."""
        if costs is None or costs.is_empty():
            return ()
        table = FACTS["spend"]
        rows = table.conform(costs.drop("source_line")).with_columns(costs["source_line"])
        found = told_twice(rows, overlapping(rows, self._versions(table)))
        clashes = tuple(sorted({number for twice in found for number in twice.imports}))
        if not found or self.replace:
            return clashes
        names = {row["id"]: row["file_name"] for row in list_imports(self.engine)}
        files = " and ".join(f"{names[number]} (import {number})" for number in clashes)
        theirs = self._versions(table).filter(pl.col("import_id").is_in(list(clashes)))
        lost = theirs.filter(~any_of(found)).select(pl.col("spend_id").n_unique()).collect().item()
        raise CostsTwiceError(twice=found[0], clashes=clashes, files=files, lost=lost, again=again)

    def scan(self, name: str) -> pl.LazyFrame:
        """The current rows of the table `name`: its columns and `import_id`, sorted by natural key.

        Raises FactsLostError where no table lies in the folder, though done imports brought some: that is not zero.
        """
        self._refuse_lost()
        table = FACTS[name]
        versions = self._versions(table)
        if name in _OF_AN_ORDER:
            versions = _with_their_order(versions, _current(FACTS["orders"], self._versions(FACTS["orders"])))
        rows = _current(table, versions).filter(~_is_taken_back(table))
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

    def _refuse_lost(self) -> None:
        if any(DeltaTable.is_deltatable(self.uri(name)) for name in FACTS):
            return
        done = (row["counts"] for row in list_imports(self.engine) if row["state"] == "done")
        if any(counts.get("tables", {}).get(name) for counts in done for name in FACTS):
            raise FactsLostError(self.folder)

    def _claim(self, import_id: int) -> None:
        try:
            bond.note_import(self.folder, self.engine, import_id)
        except bond.BondError as exc:
            raise StrangeFactsError(str(exc)) from exc
        except OSError as exc:
            raise FactsError(table="facts", folder=self.folder, problem=str(exc)) from exc

    def _versions(self, table: Table) -> pl.LazyFrame:
        """Every stored row of done imports, with the version columns; columns newer than the files are null."""
        wanted = {**table.schema, **VERSION}
        done = done_import_ids(self.engine)  # asked before the files: an import done in between is not half seen
        if not done or not DeltaTable.is_deltatable(self.uri(table.name)):
            return pl.LazyFrame(schema=wanted)
        stored = pl.scan_delta(self.uri(table.name))
        known = stored.collect_schema().names()
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


def row_hash(table: Table, frame: pl.DataFrame) -> pl.Series:
    """A 64-bit hash of a row's known values, the same in every process and version of the libraries.

    Each value is written as `name=length:text;`, times as microseconds, days as day numbers, money in ten-thousandths,
    fractions in millionths. Nulls are left out, so that a column added later changes no hash.
    """
    parts = [_canonical(name, frame.schema[name]) for name in sorted(table.schema)]
    texts = frame.select(pl.concat_str(parts).alias("row_hash")).to_series().to_list()
    digests = (hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return pl.Series("row_hash", [int.from_bytes(d, "big", signed=True) for d in digests], dtype=pl.Int64)


def _canonical(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == MONEY or dtype.is_temporal():
        column = column.to_physical()
    elif dtype.is_float():
        column = (column * 1_000_000).round().cast(pl.Int64)
    elif dtype == pl.Boolean:
        column = column.cast(pl.Int8)
    text = column.cast(pl.String)
    part = pl.concat_str(pl.lit(f"{name}="), text.str.len_bytes().cast(pl.String), pl.lit(":"), text, pl.lit(";"))
    return part.fill_null("")


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
    """The records in file order, with this table's columns, the version columns and `source_line`."""
    ordered = frame.sort("source_line", maintain_order=True)
    rows = table.conform(ordered.drop("source_line"))
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
    return records.unique(table.key, keep="last", maintain_order=True).sort(table.key)


def _current(table: Table, versions: pl.LazyFrame) -> pl.LazyFrame:
    """Per natural key the row of the version rule; of equal rows the one imported first."""
    tie = [pl.col(_TIES[table.name])] if table.name in _TIES else []
    best = [pl.col("exported_at"), *tie, pl.col("row_hash")]
    order = [*(pl.col(name) for name in table.key), *best, pl.col("import_id")]
    descending = [*[False] * len(table.key), *[True] * len(best), False]
    return versions.sort(order, descending=descending, nulls_last=True).unique(
        table.key, keep="first", maintain_order=True
    )


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


def _outcomes(table: Table, records: pl.DataFrame, stored: pl.LazyFrame) -> pl.DataFrame:
    """The records with `outcome`: against the record before it in the file, else against what readers see now; and
    `tied`: it contradicts what readers see, and nothing tells which of the two exports is the newer one."""
    key = list(table.key)
    known = stored.join(records.lazy().select(key).unique(), on=key, how="semi", nulls_equal=True)
    seen = _current(table, known).select(
        *key, pl.col("row_hash").alias("seen_hash"), pl.col("exported_at").alias("seen_exported_at")
    )
    stated = _last_per_key(table, records).lazy().select(*table.schema, *VERSION)
    best = _current(table, pl.concat([known, stated])).select(*key, pl.col("import_id").alias("best_import_id"))
    compared = (
        records.lazy()
        .with_columns(pl.col("row_hash").shift(1).over(key).alias("before_hash"))
        .join(seen, on=key, how="left")
        .join(best, on=key, how="left")
        .sort("source_line", maintain_order=True)
        .collect()
    )
    hashed, before, seen_hash = pl.col("row_hash"), pl.col("before_hash"), pl.col("seen_hash")
    outcome = (
        pl.when(before.is_not_null())
        .then(pl.when(hashed == before).then(pl.lit("same")).otherwise(pl.lit("updated")))
        .when(seen_hash.is_null())
        .then(pl.lit("new"))
        .when((hashed != seen_hash) & (pl.col("best_import_id") == pl.col("import_id")))
        .then(pl.lit("updated"))
        .otherwise(pl.lit("same"))
    )
    differs = before.is_null() & (hashed != seen_hash)
    tied = differs & pl.col("exported_at").eq_missing(pl.col("seen_exported_at"))
    return compared.with_columns(outcome.alias("outcome"), tied.fill_null(False).alias("tied"))


def _tie_warnings(tied: Mapping[str, int]) -> tuple[str, ...]:
    """Equal export times: the same figure comes out whatever was imported first, but it may be the older export's."""
    told = ", ".join(f"{count} {name}" for name, count in tied.items() if count)
    if not told:
        return ()
    return (
        f"Rows that an earlier file states differently, with nothing to tell which file is newer: {told}. Import the "
        "newer file again with the day it was exported on (--exported-at 2026-11-20); its rows then count.",
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
