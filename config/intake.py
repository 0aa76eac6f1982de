"""Takes a file in: the layouts its tables have, the import ledger, and quarantine. `config.reading` opens the file.

A layout turns text rows into named tables; a sink stores them. Every data row ends in exactly one of accepted,
updated, duplicates, quarantined or skipped.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import polars as pl
import sqlalchemy as sa

from config.bond import read_mark
from config.database import count_change, writing
from config.encodings import MISREAD
from config.future import without_future
from config.import_ledger import (
    Reading,
    done_import_ids,
    imports,
    list_imports,
    list_quarantine,
    quarantine,
    quarantine_reasons,
    readings,
    redo_import,
    settle_quarantine,
    taken_back,
    undo_import,
)
from config.import_lock import import_lock
from config.import_report import (
    Assigned,
    ImportReport,
    added_up,
    all_rejected,
    in_place_of,
    left_out_tables,
    report_of,
    without_charts,
)
from config.layouts import (
    Layout,
    Parsed,
    ReadContext,
    Sink,
    Written,
    choose_layout,
    refuse_unclear,
    remember_mapping,
    remembered,
)
from config.reading import (
    PART_BYTES,
    Document,
    ImportBusyError,
    IntakeError,
    NotPlainError,
    Rejected,
    TextTable,
    UnknownLayoutError,
    normal_header,
    parse_table,
    read_file,
    read_parts,
    read_table,
)
from config.short_links import read_short_links
from config.window import outside_warnings
from config.workspace import Workspace

__all__ = [
    "Document",
    "ImportBusyError",
    "ImportReport",
    "IntakeError",
    "Layout",
    "Parsed",
    "ReadContext",
    "Rejected",
    "Sink",
    "TextTable",
    "UnknownLayoutError",
    "Written",
    "choose_layout",
    "done_import_ids",
    "imports",
    "list_imports",
    "list_quarantine",
    "normal_header",
    "parse_table",
    "quarantine",
    "quarantine_reasons",
    "read_table",
    "redo_import",
    "remember_mapping",
    "settle_quarantine",
    "take_in",
    "undo_import",
]

MAX_QUARANTINED = 0.2
_READ, _PARSED = 0.2, 0.5  # how far an import is when its file is read, and its rows are understood
FEW_ROWS = 20  # below it a share of bad rows says nothing about the file

Progress = Callable[[float], None]


def read_context(workspace: Workspace, account: str) -> ReadContext:
    shop = workspace.settings.shop
    return ReadContext(
        account=account,
        timezone=workspace.settings.workspace.timezone,
        currency=workspace.settings.workspace.currency,
        domains=shop.domains,
        tax_included=shop.tax_included,
        keyed_hash=workspace.keyed_hash,
        url_parameters=shop.url_parameters,
        short_links=read_short_links(workspace.engine),
    )


def context_of(
    workspace: Workspace, table: TextTable, *, account: str, file: str, said: Mapping[str, str]
) -> ReadContext:
    """What a layout may know of one table; `said`: order, decimal, currency and brand, where a person told them."""
    decimal = said.get("decimal") or table.decimal
    known = read_context(workspace, account)
    currency = said.get("currency") or known.currency
    return replace(
        known, file=file, order=said.get("order"), decimal=decimal, currency=currency, brand=said.get("brand")
    )


def take_in(
    workspace: Workspace,
    path: Path,
    *,
    layouts: Sequence[Layout],
    sinks: Mapping[str, Sink],
    now: dt.datetime,
    wanted: str | None = None,
    account: str = "default",
    exported_at: dt.datetime | None = None,
    encoding: str | None = None,
    order: str | None = None,
    decimal: str | None = None,
    currency: str | None = None,
    brand: str | None = None,
    again: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import one file: read, recognise, store, and write the ledger. Bad files are an answer, never an exception.

    The same bytes again are a no-op in which every row counts as a duplicate. `exported_at` is when the file was
    exported, where that is known; else the latest time inside it stands for it. `encoding`: a language or an encoding,
    for text that is no UTF-8, or was misread before. `order` (dmy, mdy) and `decimal` (a comma or a point): how days
    and amounts are written where their columns do not tell; `currency`: of amounts that name none. `brand`: what rows
    of a mention export are about that match no brand's query. A word that is not said is what was said of the same
    bytes last. Facts that these bytes brought before, read with other words, are taken back, whatever their time.
    `again`: read bytes that are known anew, as the settings or a mapping may have changed.
    `progress` hears how far it is, 0 to 1. Raises ImportBusyError when another import runs.
    """
    words = (("order", order), ("decimal", decimal), ("currency", currency), ("brand", brand))
    said = {name: value for name, value in words if value}
    reread = encoding is not None or bool(said)
    with import_lock(workspace.data, file=path.name):
        abandon_pending(workspace.engine)
        try:
            sha = sha_of(path)
            known = readings(workspace.engine, sha=sha, account=account)
            if known:
                said, encoding = {**known[0].said, **said}, encoding or known[0].encoding
            taken = None if encoding in MISREAD or said else _take_in_parts(
                workspace, path, layouts, sinks=sinks, now=now, wanted=wanted, account=account, sha=sha, known=known,
                exported_at=exported_at, again=again, progress=progress,
            )  # fmt: skip
            if taken is not None:
                return taken
            document = read_file(path, hint=encoding)
            if document.kind == "archive":  # its files may be written in several; what was said of them is kept
                document = replace(document, encoding=encoding)
            if progress:
                progress(_READ)
            return _take_in(
                workspace,
                path,
                document,
                _assign(workspace.engine, document, layouts, file=path.name, wanted=wanted),
                sinks=sinks,
                now=now,
                account=account,
                sha=sha,
                known=known,
                exported_at=exported_at,
                again=again,
                reread=reread,
                said=said,
                progress=progress,
            )
        except IntakeError as exc:
            told = f"{exc.problem}. {exc.cure}"
            return ImportReport(None, path.name, wanted, error=told, clashes=getattr(exc, "clashes", ()))
        except OSError as exc:
            return ImportReport(None, path.name, wanted, error=f"the file cannot be opened: {exc.strerror or exc}")


def _assign(
    engine: sa.Engine, document: Document, layouts: Sequence[Layout], *, file: str, wanted: str | None
) -> Assigned:
    """Each table with its layout, columns under the layout's names. Raises UnknownLayoutError when none has one."""
    found: list[tuple[TextTable, Layout | None]] = []
    problem: UnknownLayoutError | None = None
    for table in document.tables:
        mapped, chosen = remembered(engine, table, layouts, wanted=wanted)
        try:
            layout = chosen or choose_layout(table, layouts, file=file, wanted=wanted)
        except UnknownLayoutError as exc:
            problem = problem or exc
            found.append((table, None))
        else:
            found.append((layout.renamed(mapped), layout))
    if problem and not any(layout for _, layout in found):
        raise problem
    return without_charts(found) if document.kind == "archive" else found


def _take_in(
    workspace: Workspace,
    path: Path,
    document: Document,
    assigned: Assigned,
    *,
    sinks: Mapping[str, Sink],
    now: dt.datetime,
    account: str,
    sha: str,
    known: Sequence[Reading],
    exported_at: dt.datetime | None,
    again: bool,
    reread: bool,
    said: Mapping[str, str],
    progress: Progress | None,
) -> ImportReport:
    names = "+".join(sorted({layout.id for _, layout in assigned if layout}))
    talk = any(layout.sink == "mentions" for _, layout in assigned if layout)
    if not talk:
        said = {name: value for name, value in said.items() if name != "brand"}
    own = workspace.settings.workspace.currency
    now_read = {"currency": own, **said, "encoding": document.encoding}
    known = [one for one in known if one.layout == names]
    earlier = [] if again else _of_time(known, exported_at)
    last = known[:1] if talk else known  # of mentions an import takes no other's place: the last word counts
    otherwise = (reread or not earlier) and any(one.words(own=own) != now_read for one in last)
    if earlier and not otherwise:
        read = sum(table.rows_read for table in document.tables)
        return ImportReport(earlier[0].id, path.name, names, read=read, duplicates=read)
    parts = _parse(workspace, assigned, account=account, file=path.name, exported_at=exported_at, now=now, said=said)
    if progress:
        progress(_PARSED)
    tables = [table for table, _ in assigned]
    rejected = all_rejected(tables, parts.values())
    _refuse_mostly_bad(path.name, tables, rejected)
    whole = next(iter(parts.values()))
    others = [one.id for one in known] if otherwise and set(parts) == {"facts"} else []
    import_id = _begin(workspace, sha=sha, path=path, layout=names, account=account, now=now, parsed=whole)
    try:
        written = [sinks[sink].write(import_id, replace(part, instead_of=others)) for sink, part in parts.items()]
    except Exception as exc:
        _end(workspace.engine, import_id, state="failed", now=now, error=str(exc))
        raise
    report = report_of(import_id, path.name, names, tables, parts.values(), written)
    report = replace(report, encoding=document.encoding, warnings=[*report.warnings, *left_out_tables(assigned)])
    report = in_place_of(report, others)
    rejected += [row for one in written for row in one.rejected]
    _finish(workspace.engine, import_id, report, rejected, now=now, words={"own_currency": own, **said})
    return report


def sha_of(path: Path) -> str:
    """What the ledger knows a file's bytes by. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _take_in_parts(
    workspace: Workspace,
    path: Path,
    layouts: Sequence[Layout],
    *,
    sinks: Mapping[str, Sink],
    now: dt.datetime,
    wanted: str | None,
    account: str,
    sha: str,
    known: Sequence[Reading],
    exported_at: dt.datetime | None,
    again: bool,
    progress: Progress | None,
) -> ImportReport | None:
    """A very large file of a layout whose rows stand for themselves, a part at a time; None for every other file.

    One import all the same: it is seen whole or not at all. What a cell leaves open is decided per part.
    """
    try:
        first = next(parts := read_parts(path), None)
    except NotPlainError:
        return None
    if first is None:
        return None
    ((mapped, layout),) = _assign_one(workspace, first, layouts, file=path.name, wanted=wanted)
    if layout is None or not layout.row_by_row:
        return None
    known = [one for one in known if one.layout == layout.id]
    if (_of_time(known, exported_at) and not again) or any(one.encoding != "utf-8" for one in known):
        return None
    total = path.stat().st_size
    empty = Parsed({}, exported_at=exported_at)
    import_id = _begin(workspace, sha=sha, path=path, layout=layout.id, account=account, now=now, parsed=empty)
    reports: list[ImportReport] = []
    rejected: list[Rejected] = []
    try:
        for number, table in enumerate(itertools.chain([first], parts)):
            ((mapped, _),) = _assign_one(workspace, table, [layout], file=path.name, wanted=None)
            (parsed,) = _parse(
                workspace, [(mapped, layout)], account=account, file=path.name, exported_at=exported_at, now=now
            ).values()
            bad = all_rejected([mapped], [parsed])
            _refuse_mostly_bad(path.name, [mapped], bad)
            written = sinks[layout.sink].write(import_id, replace(parsed, part=number))
            reports.append(report_of(import_id, path.name, layout.id, [mapped], [parsed], [written]))
            rejected += [*bad, *written.rejected]
            if progress:
                progress(min(0.99, (number + 1) * PART_BYTES / total))
    except NotPlainError:
        _end(workspace.engine, import_id, state="failed", now=now, error="read again as a whole")
        return None
    except Exception as exc:
        _end(workspace.engine, import_id, state="failed", now=now, error=str(exc))
        raise
    whole = replace(functools.reduce(added_up, reports), encoding="utf-8")
    words = {"own_currency": workspace.settings.workspace.currency}
    _finish(workspace.engine, import_id, whole, rejected, now=now, words=words)
    return whole


def _assign_one(
    workspace: Workspace, table: TextTable, layouts: Sequence[Layout], *, file: str, wanted: str | None
) -> Assigned:
    return _assign(workspace.engine, Document((table,), "delimited"), layouts, file=file, wanted=wanted)


def _parse(
    workspace: Workspace,
    assigned: Assigned,
    *,
    account: str,
    file: str,
    exported_at: dt.datetime | None,
    now: dt.datetime,
    said: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Parsed]:
    """What the layouts make of the tables, per sink; tables nobody reads are skipped rows, the future is put aside."""
    by_layout: dict[str, tuple[Layout, list[Parsed]]] = {}
    for table, layout in assigned:
        if layout is not None:
            context = context_of(workspace, table, account=layout.account(account), file=file, said=said)
            parsed = without_future(layout.read(table, context), now=now)
            refuse_unclear(table, file=file)
            told = outside_warnings(parsed, table.said, file=file, zone=context.timezone)
            by_layout.setdefault(layout.id, (layout, []))[1].append(
                replace(parsed, warnings=[*parsed.warnings, *told]) if told else parsed
            )
    found: dict[str, list[Parsed]] = {}
    for layout, parts in by_layout.values():
        whole = _merged(parts, exported_at=exported_at)
        found.setdefault(layout.sink, []).append(layout.finish(whole) if layout.finish else whole)
    others = [table.frame["source_line"].to_list() for table, layout in assigned if layout is None]
    first = next(iter(found))
    found[first].append(Parsed({}, skipped={line: "other_table" for lines in others for line in lines}))
    return {sink: _merged(parts, exported_at=exported_at) for sink, parts in found.items()}


def _merged(parts: Sequence[Parsed], *, exported_at: dt.datetime | None) -> Parsed:
    frames: dict[str, list[pl.DataFrame]] = {}
    for part in parts:
        for name, frame in part.tables.items():
            frames.setdefault(name, []).append(frame)
    return Parsed(
        tables={
            n: same[0] if len(same) == 1 else pl.concat(same, how="diagonal_relaxed") for n, same in frames.items()
        },
        rejected=[row for part in parts for row in part.rejected],
        skipped={line: why for part in parts for line, why in part.skipped.items()},
        exported_at=exported_at or max((p.exported_at for p in parts if p.exported_at), default=None),
        warnings=list(dict.fromkeys(text for part in parts for text in part.warnings)),
        part_of={line: first for part in parts for line, first in part.part_of.items()},
        bare=sum(part.bare for part in parts),
    )


def _refuse_mostly_bad(file: str, tables: Sequence[TextTable], rejected: Sequence[Rejected]) -> None:
    """A file of which more than a fifth is unusable is the wrong file, or a damaged one."""
    read = sum(table.rows_read for table in tables)
    bad = len({row.line for row in rejected})
    if bad >= FEW_ROWS and bad > MAX_QUARANTINED * read:
        reasons = Counter(row.reason for row in rejected).most_common(3)
        told = ", ".join(f"{reason} {count}" for reason, count in reasons)
        first = rejected[0]
        said = first.message.removeprefix(f"line {first.line}: ")
        raise IntakeError(
            file=file,
            problem=f"{bad} of {read} rows cannot be used ({told}; line {first.line}: {said})",
            cure="Nothing was imported; check that it is the right export, and export it again",
        )


def _of_time(known: Sequence[Reading], exported_at: dt.datetime | None) -> list[Reading]:
    """Those that say nothing else of the time of their export; all, where none is told."""
    return [one for one in known if exported_at is None or one.exported_at == exported_at]


def _begin(
    workspace: Workspace, *, sha: str, path: Path, layout: str, account: str, now: dt.datetime, parsed: Parsed
) -> int:
    """A new import, pending. Its id is one that no facts bear: a database out of a backup may know fewer imports than
    its facts do. Call only under the import lock."""
    mark = read_mark(workspace.facts)
    with writing(workspace.engine) as connection:
        last = connection.execute(sa.select(sa.func.max(imports.c.id))).scalar() or 0
        result = connection.execute(
            sa.insert(imports).values(
                id=max(last, mark.last_import if mark else 0) + 1,
                sha256=sha,
                file_name=path.name,
                layout=layout,
                account=account,
                state="pending",
                started_at=now,
                exported_at=parsed.exported_at,
                counts="{}",
            )
        )
        return int(result.inserted_primary_key[0])  # type: ignore[index]


def _end(engine: sa.Engine, import_id: int, *, state: str, now: dt.datetime, error: str | None = None) -> None:
    with writing(engine) as connection:
        connection.execute(
            sa.update(imports).where(imports.c.id == import_id).values(state=state, finished_at=now, error=error)
        )


def _finish(
    engine: sa.Engine,
    import_id: int,
    report: ImportReport,
    rejected: Sequence[Rejected],
    *,
    now: dt.datetime,
    words: Mapping[str, str],
) -> None:
    """Ledger, quarantine and change counter in one transaction: from here on readers see the import, and no longer
    those it takes the place of. The `words` it was read with are kept beside the counts, to know them again."""
    counts = report.as_json() | dict(words)
    rows = [
        {
            "import_id": import_id,
            "line": row.line,
            "reason": row.reason,
            "message": row.message,
            "columns": json.dumps(dict(row.columns), ensure_ascii=False),
        }
        for row in rejected
    ]
    with writing(engine) as connection:
        if rows:
            connection.execute(sa.insert(quarantine), rows)
        connection.execute(
            sa.update(imports)
            .where(imports.c.id == import_id)
            .values(state="done", finished_at=now, counts=json.dumps(counts, ensure_ascii=False))
        )
        for replaced in report.replaced:
            taken_back(connection, replaced, now=now)
        count_change(connection, "facts")


def abandon_pending(engine: sa.Engine) -> int:
    """Imports that a crash left half way are given up: readers never saw them. Call only under the import lock."""
    with writing(engine) as connection:
        result = connection.execute(
            sa.update(imports)
            .where(imports.c.state == "pending")
            .values(state="abandoned", error="interrupted; import the file again")
        )
        return int(result.rowcount)
