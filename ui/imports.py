"""Imports as people handle them: looked at before, taken back and brought back after. `ui.pipeline.take_file` imports.

Which imports can be taken back: all that stand. Facts are hidden, and can be brought back; mentions and register
entries are removed or put back as they were, and come back with the file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from config import intake, mappings, plans, register_files
from config.import_ledger import said_before
from config.import_lock import import_lock
from config.intake import ImportReport, Layout
from config.mappings import ColumnMapping
from config.partial_tables import partial_table
from config.preview import FilePreview, preview
from config.reading import normal_header
from config.register_undo import later_holders, undo_entries
from config.workspace import Workspace
from listener.imported import remove_unheld
from ui import mapping, pipeline
from ui.mapping import Proposal


@dataclass(frozen=True)
class Undone:
    """What taking an import back did. `mentions` were removed; register entries `restored` or, changed since, `left`.
    `stood` is false where the import did not stand any more: then nothing was done."""

    stood: bool
    mentions: int = 0
    restored: int = 0
    left: int = 0


def look(
    workspace: Workspace,
    path: Path,
    *,
    encoding: str | None = None,
    wanted: str | None = None,
    account: str = "default",
    mapping: ColumnMapping | None = None,
    order: str | None = None,
    decimal: str | None = None,
    currency: str | None = None,
    brand: str | None = None,
) -> FilePreview:
    """What an import would make of the file; nothing is stored."""
    return preview(
        workspace,
        path,
        layouts=pipeline.layouts_of(workspace),
        encoding=encoding,
        wanted=wanted,
        account=account,
        mapping=mapping,
        order=order,
        decimal=decimal,
        currency=currency,
        brand=brand,
        count=_told,
    )


def _told(table: str, rows: pl.DataFrame) -> int:
    """Records as an import counts them: a refund of 0 says that there is none."""
    return rows.filter(pl.col("amount") != 0).height if table == "refunds" else rows.height


def proposal(workspace: Workspace, path: Path, *, encoding: str | None = None) -> Proposal | None:
    """What the first table of a file of no known layout may be; None where it is known, or nothing is like it."""
    seen = look(workspace, path, encoding=encoding)
    unknown = [table for table in seen.tables if table.layout is None and partial_table(table.headers) is None]
    return mapping.proposal(unknown[0].sample) if unknown and not seen.recognised else None


def said_currency(workspace: Workspace, path: Path, *, layouts: Sequence[Layout], account: str) -> str | None:
    """The currency that a person said for these bytes last, else for the last file of these layouts and account."""
    names = "+".join(sorted({layout.id for layout in layouts}))
    with path.open("rb") as stream:
        sha = hashlib.file_digest(stream, "sha256").hexdigest()
    return said_before(workspace.engine, "currency", sha=sha, layout=names, account=account)


def sinks_of(layout: str) -> frozenset[str]:
    """Where the rows of an import went, by its layout's name, which is `a+b` for a file of several tables."""
    known = {layout.id: layout.sink for layout in pipeline.LAYOUTS}
    return frozenset(known[name] for name in layout.split("+") if name in known)


def undo(workspace: Workspace, import_id: int, *, now: dt.datetime) -> Undone:
    """Take an import back, all of it in one transaction. Raises ImportBusyError."""
    removed, back = 0, (0, 0)

    def within(connection: sa.Connection) -> None:
        nonlocal removed, back
        removed = remove_unheld(connection)
        back = undo_entries(connection, import_id, register_files.TABLES)

    rows = intake.list_imports(workspace.engine)
    file = next((row["file_name"] for row in rows if row["id"] == import_id), str(import_id))
    with import_lock(workspace.data, file=file):
        stood = intake.undo_import(workspace.engine, import_id, now=now, within=within)
    if back != (0, 0):
        pipeline.keep_codes_current(workspace)
    return Undone(stood, removed, *back)


def undo_plan(workspace: Workspace, name: str, *, now: dt.datetime) -> int:
    """Put back what stood before the last change of a register of plans; how many entries.

    A change that an import made is taken back as that import, with later ones that hold the same entries: their files
    can come again. Raises RegisterConflictError as `plans.undo_plan`, ImportBusyError.
    """
    last = plans.last_change(workspace.engine, name)
    if last is None or last.import_id is None:
        return plans.undo_plan(workspace.engine, name)
    plans.check_undo(workspace.engine, name)
    for later in later_holders(workspace.engine, last.import_id):
        undo(workspace, later, now=now)
    stood = undo(workspace, last.import_id, now=now).stood
    return last.entries if stood else plans.undo_plan(workspace.engine, name)


def can_redo(layout: str, state: str) -> bool:
    """Whether a click brings an undone import back: its facts are still there. Others come back with their file."""
    return state == "undone" and sinks_of(layout) == {"facts"}


def redo(workspace: Workspace, import_id: int, *, now: dt.datetime) -> bool:
    """Let an undone import of facts stand again. False when it is not undone, or is of another kind.

    Raises an IntakeError where it would count twice beside what stands: CostsTwiceError, SameFileStandsError; and
    ImportBusyError.
    """
    rows = {row["id"]: row for row in intake.list_imports(workspace.engine)}
    row = rows.get(import_id)
    if row is None or not can_redo(row["layout"], row["state"]):
        return False
    with import_lock(workspace.data, file=row["file_name"]):
        pipeline.facts_of(workspace).check_again(import_id)
        return intake.redo_import(workspace.engine, import_id, now=now)


def retry(workspace: Workspace, path: Path, *, of: int, now: dt.datetime) -> ImportReport:
    """Import the file of import `of` again, corrected or not, under its layout and account, with days and amounts read
    as was said of it then.

    What `of` kept aside is settled by it, as long as the new import stands; what still cannot be used is kept aside
    anew. Raises KeyError where there is no such import, ImportBusyError.
    """
    row = next((row for row in intake.list_imports(workspace.engine) if row["id"] == of), None)
    if row is None:
        raise KeyError(of)
    wanted = row["layout"] if "+" not in row["layout"] else None
    said = {name: row["counts"].get(name) for name in ("order", "decimal", "currency", "brand")}
    report = pipeline.take_file(workspace, path, now=now, wanted=wanted, account=row["account"], again=True, **said)
    if report.error is None and report.id is not None:
        intake.settle_quarantine(workspace.engine, of=of, by=report.id)
    return report


def say_columns(
    workspace: Workspace, path: Path, *, layout: str, said: Sequence[str], now: dt.datetime, encoding: str | None = None
) -> ColumnMapping:
    """Remember which column is which, from texts `ours=header of the file` or `ours:=the same in every row`.

    Raises ValueError, told for people, where a text, a column or the file does not fit.
    """
    target = mapping.target_of(layout)
    if target is None:
        known = ", ".join(one.layout for one in mapping.TARGETS)
        raise ValueError(f"--map needs --as with one of {known}")
    seen = look(workspace, path, encoding=encoding)
    if not seen.tables:
        raise ValueError(f"{path.name}: {seen.error or 'there is no table in it'}")
    headers = {normal_header(header): header for header in seen.tables[0].headers}
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    for text in said:
        name, sign, value = text.partition("=")
        ours = name.removesuffix(":").strip()
        if not sign or ours not in {column.name for column in target.columns}:
            known = ", ".join(column.name for column in target.columns)
            raise ValueError(f"--map {text!r} is not written COLUMN=HEADER with one of {known}")
        if name.endswith(":"):
            constants[ours] = value.strip()
        elif normal_header(value) not in headers:
            raise ValueError(f"{path.name} has no column {value!r}; it has {', '.join(seen.tables[0].headers)}")
        else:
            columns[ours] = headers[normal_header(value)]
    chosen = ColumnMapping(layout, columns, constants, {}, seen.tables[0].headers, path.name)
    missing = mapping.missing(target, chosen)
    if missing:
        raise ValueError(f"--map lacks {', '.join(missing)}: write {missing[0]}=HEADER, or {missing[0]}:=VALUE")
    if len(set(columns.values())) != len(columns):
        raise ValueError("--map names one column of the file twice")
    mappings.remember(workspace.engine, chosen.headers, chosen, now=now)
    return chosen
