"""Takes a file in: text rows out of a file, the layout it has, the import ledger, and quarantine.

    IntakeError              a file that cannot be taken in at all; says which file, what is wrong, what to do
      UnknownLayoutError     no layout recognises the header row
      ImportBusyError        another import runs in this workspace

A layout turns text rows into named tables; a sink stores them. Every data row ends in exactly one of accepted,
updated, duplicates, quarantined or skipped.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import polars as pl
import sqlalchemy as sa
from filelock import FileLock, Timeout

from config.database import UtcTime, count_change, metadata, writing
from config.workspace import Workspace

MAX_BYTES = 500 * 1024 * 1024
MAX_COLUMNS = 1000
MAX_FIELD = 1024 * 1024
csv.field_size_limit(MAX_FIELD)

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False, index=True),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("layout", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # pending | done | failed | abandoned | undone
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    sa.Column("exported_at", UtcTime),
    sa.Column("counts", sa.Text, nullable=False, default="{}"),
    sa.Column("error", sa.Text),
)
quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id"), nullable=False, index=True),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("columns", sa.Text, nullable=False),  # JSON of the mapped columns only: no addresses, no contacts
)


class IntakeError(Exception):
    """`file` cannot be taken in; `problem` says why and `cure` what to do."""

    def __init__(self, *, file: str, problem: str, cure: str) -> None:
        self.file, self.problem, self.cure = file, problem, cure
        super().__init__(f"{file}: {problem}. {cure}")


class UnknownLayoutError(IntakeError):
    """No layout fits the header row."""


class ImportBusyError(IntakeError):
    """Another import holds the workspace."""


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be used. `columns` holds mapped values only, never addresses or contacts."""

    line: int
    reason: str
    message: str
    columns: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class TextTable:
    """The rows of a file as text. `frame`: the headers as String columns and `source_line` (Int64, 1-based)."""

    headers: tuple[str, ...]
    frame: pl.DataFrame
    rejected: tuple[Rejected, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def rows_read(self) -> int:
        return self.frame.height + len(self.rejected)


@dataclass(frozen=True)
class ReadContext:
    """What a layout may know besides the rows. `keyed_hash`: String series -> Int64 series, null stays null."""

    account: str
    timezone: str
    currency: str
    domains: tuple[str, ...]
    tax_included: bool | None
    keyed_hash: Callable[[pl.Series], pl.Series]


@dataclass(frozen=True)
class Parsed:
    """What a layout made of a file: tables (each with `source_line`), rejected rows, skipped lines with reasons."""

    tables: Mapping[str, pl.DataFrame]
    rejected: Sequence[Rejected] = ()
    skipped: Mapping[int, str] = field(default_factory=dict)
    exported_at: dt.datetime | None = None
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Layout:
    """A file layout, recognised by its header names (any order, case and outer blanks aside)."""

    id: str
    title: str
    headers: frozenset[str]
    sink: str  # facts | registers
    read: Callable[[TextTable, ReadContext], Parsed]

    def fits(self, headers: Sequence[str]) -> bool:
        return self.headers <= {normal_header(name) for name in headers}


@dataclass(frozen=True)
class Written:
    """What a sink did: per file line `new`, `updated` or `same`; and how many records went into each table."""

    lines: Mapping[int, str]
    tables: Mapping[str, int]


class Sink(Protocol):
    def write(self, import_id: int, parsed: Parsed) -> Written:
        """Store the tables. Facts stay unseen until the ledger says done; registers count at once."""
        ...


@dataclass(frozen=True)
class ImportReport:
    """The answer for one file; the counts add up to `read`."""

    id: int | None
    file: str
    layout: str | None
    read: int = 0
    accepted: int = 0
    updated: int = 0
    duplicates: int = 0
    quarantined: int = 0
    skipped: int = 0
    error: str | None = None
    tables: Mapping[str, int] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        names = ("id", "file", "layout", "read", "accepted", "updated", "duplicates", "quarantined", "skipped", "error")
        document: dict[str, Any] = {name: getattr(self, name) for name in names}
        return document | {
            "tables": dict(self.tables),
            "warnings": list(self.warnings),
            "reasons": dict(self.reasons),
        }


def read_context(workspace: Workspace, account: str) -> ReadContext:
    shop = workspace.settings.shop
    return ReadContext(
        account=account,
        timezone=workspace.settings.workspace.timezone,
        currency=workspace.settings.workspace.currency,
        domains=shop.domains,
        tax_included=shop.tax_included,
        keyed_hash=workspace.keyed_hash,
    )


def normal_header(name: str) -> str:
    return " ".join(name.replace("\u00a0", " ").replace("\ufeff", "").split()).casefold()


def decode(data: bytes) -> tuple[str, str | None]:
    """Text and a notice where the encoding had to be guessed: BOM, strict UTF-8, UTF-16 by NULs, Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), None
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        odd = data[1:4000:2]
        if odd and odd.count(0) > len(odd) / 4:
            return data.decode("utf-16-le", errors="replace"), None
        return data.decode("cp1252", errors="replace"), "The file is not UTF-8; it was read as Windows-1252."


def find_delimiter(text: str) -> str:
    """Of , ; tab | the one that cuts most rows of the beginning into the widest common width."""
    head = text[:20_000]

    def score(delimiter: str) -> float:
        widths = Counter(len(row) for _, row in zip(range(60), _rows(head, delimiter), strict=False) if row)
        width = max(widths, default=1)
        return widths[width] / max(1, widths.total()) * width**0.5 if width > 1 else 0.0

    return max(",;\t|", key=score)


def _rows(text: str, delimiter: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def read_table(path: Path) -> TextTable:
    """The one table of a delimited text file. Raises IntakeError when there is none to read."""
    if path.stat().st_size > MAX_BYTES:
        raise IntakeError(file=path.name, problem="larger than 500 MB", cure="Export shorter periods")
    return parse_table(path.read_bytes(), file=path.name)


def parse_table(data: bytes, *, file: str) -> TextTable:
    """The same from bytes. Rows longer than the header are rejected with their line; shorter ones get nulls."""
    _refuse_other_formats(data, file=file)
    text, notice = decode(data)
    text = text.replace("\x00", "")
    delimiter = find_delimiter(text)
    reader: Any = _rows(text, delimiter)
    headers: list[str] | None = None
    columns: list[list[str | None]] = []
    lines: list[int] = []
    rejected: list[Rejected] = []
    before = 0
    try:
        for row in reader:
            line, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if headers is None:
                headers = _unique_headers(row, file=file)
                columns = [[] for _ in headers]
            elif len(row) > len(headers) and any(cell.strip() for cell in row[len(headers) :]):
                message = f"line {line} has {len(row)} cells, the header has {len(headers)}"
                rejected.append(Rejected(line, "too_many_cells", message))
            else:
                lines.append(line)
                for place, values in enumerate(columns):
                    cell = row[place] if place < len(row) else ""
                    values.append(cell if cell.strip() else None)
    except csv.Error as exc:
        rejected.append(Rejected(before + 1, "unreadable", f"the file cannot be read past line {before} ({exc})"))
    if headers is None:
        raise IntakeError(file=file, problem="the file is empty", cure="Export it again and check that it has rows")
    frame = pl.DataFrame(
        {name: pl.Series(name, values, dtype=pl.String) for name, values in zip(headers, columns, strict=True)}
        | {"source_line": pl.Series("source_line", lines, dtype=pl.Int64)}
    )
    return TextTable(tuple(headers), frame, tuple(rejected), (notice,) if notice else ())


def _refuse_other_formats(data: bytes, *, file: str) -> None:
    if not data.strip():
        raise IntakeError(file=file, problem="the file is empty", cure="Export it again and check that it has rows")
    start = data[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise IntakeError(
            file=file,
            problem="this is a web page, not an export",
            cure="Sign in to the tool and download it again",
        )
    if data.startswith((b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")):
        raise IntakeError(
            file=file, problem="this is a compressed or Excel file", cure="Save it as CSV and import that file"
        )


def _unique_headers(row: Sequence[str], *, file: str) -> list[str]:
    if len(row) > MAX_COLUMNS:
        raise IntakeError(file=file, problem=f"{len(row)} columns", cure=f"At most {MAX_COLUMNS} columns can be read")
    names: list[str] = []
    for place, cell in enumerate(row, start=1):
        name = cell.strip().lstrip("\ufeff") or f"column {place}"
        names.append(name if name not in names else f"{name} ({place})")
    return names


def choose_layout(table: TextTable, layouts: Sequence[Layout], *, file: str, wanted: str | None) -> Layout:
    """The layout named `wanted`, else the fitting one with most header names. Raises UnknownLayoutError."""
    named = [layout for layout in layouts if layout.id == wanted]
    if wanted and not named:
        known = ", ".join(layout.id for layout in layouts)
        raise UnknownLayoutError(file=file, problem=f"there is no layout {wanted!r}", cure=f"Known layouts: {known}")
    fitting = [layout for layout in (named or layouts) if layout.fits(table.headers)]
    if fitting:
        return max(fitting, key=lambda layout: (len(layout.headers), layout.id))
    if named:
        missing = sorted(named[0].headers - {normal_header(name) for name in table.headers})
        raise UnknownLayoutError(
            file=file, problem=f"columns are missing for {wanted}: {', '.join(missing)}", cure="Add them and try again"
        )
    shown = ", ".join(table.headers[:8])
    raise UnknownLayoutError(
        file=file,
        problem=f"its columns are of no known layout ({shown}{', …' if len(table.headers) > 8 else ''})",
        cure="Known: " + "; ".join(layout.title for layout in layouts),
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
) -> ImportReport:
    """Import one file: recognise, read, store, and write the ledger. Bad files are an answer, never an exception.

    The same bytes again are a no-op in which every row counts as a duplicate. Raises ImportBusyError when another
    import runs.
    """
    lock = FileLock(workspace.data / "import.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as exc:
        raise ImportBusyError(
            file=path.name,
            problem="another import is running in this workspace",
            cure="Try again when it has ended",
        ) from exc
    with lock:
        abandon_pending(workspace.engine)
        try:
            return _take_in(workspace, path, layouts=layouts, sinks=sinks, now=now, wanted=wanted, account=account)
        except IntakeError as exc:
            return ImportReport(None, path.name, wanted, error=f"{exc.problem}. {exc.cure}")
        except OSError as exc:
            return ImportReport(None, path.name, wanted, error=f"the file cannot be opened: {exc.strerror or exc}")


def _take_in(
    workspace: Workspace,
    path: Path,
    *,
    layouts: Sequence[Layout],
    sinks: Mapping[str, Sink],
    now: dt.datetime,
    wanted: str | None,
    account: str,
) -> ImportReport:
    table = read_table(path)
    layout = choose_layout(table, layouts, file=path.name, wanted=wanted)
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    earlier = _done_import(workspace.engine, sha=sha, account=account, layout=layout.id)
    if earlier is not None:
        return ImportReport(earlier, path.name, layout.id, read=table.rows_read, duplicates=table.rows_read)
    parsed = layout.read(table, read_context(workspace, account))
    import_id = _begin(workspace.engine, sha=sha, path=path, layout=layout, account=account, now=now, parsed=parsed)
    try:
        written = sinks[layout.sink].write(import_id, parsed)
    except Exception as exc:
        _end(workspace.engine, import_id, state="failed", now=now, error=str(exc))
        raise
    report = _report(import_id, path.name, layout.id, table, parsed, written)
    _finish(workspace.engine, import_id, report, (*table.rejected, *parsed.rejected), now=now)
    return report


def _report(import_id: int, file: str, layout: str, table: TextTable, parsed: Parsed, written: Written) -> ImportReport:
    rejected = {row.line: row.reason for row in (*table.rejected, *parsed.rejected)}
    skipped = {line: reason for line, reason in parsed.skipped.items() if line not in rejected}
    outcome = Counter(what for line, what in written.lines.items() if line not in rejected and line not in skipped)
    return ImportReport(
        id=import_id,
        file=file,
        layout=layout,
        read=table.rows_read,
        accepted=outcome["new"],
        updated=outcome["updated"],
        duplicates=outcome["same"],
        quarantined=len(rejected),
        skipped=len(skipped),
        tables=dict(written.tables),
        warnings=[*table.notices, *parsed.warnings],
        reasons=dict(Counter([*rejected.values(), *skipped.values()])),
    )


def _done_import(engine: sa.Engine, *, sha: str, account: str, layout: str) -> int | None:
    query = sa.select(imports.c.id).where(
        imports.c.sha256 == sha, imports.c.account == account, imports.c.layout == layout, imports.c.state == "done"
    )
    with engine.connect() as connection:
        found: int | None = connection.execute(query).scalar()
        return found


def _begin(
    engine: sa.Engine, *, sha: str, path: Path, layout: Layout, account: str, now: dt.datetime, parsed: Parsed
) -> int:
    with writing(engine) as connection:
        result = connection.execute(
            sa.insert(imports).values(
                sha256=sha,
                file_name=path.name,
                layout=layout.id,
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
    engine: sa.Engine, import_id: int, report: ImportReport, rejected: Sequence[Rejected], *, now: dt.datetime
) -> None:
    """Ledger, quarantine and change counter in one transaction: from here on readers see the import."""
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
            .values(state="done", finished_at=now, counts=json.dumps(report.as_json(), ensure_ascii=False))
        )
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


def undo_import(engine: sa.Engine, import_id: int, *, now: dt.datetime) -> bool:
    """Mark a done import undone; its rows are no longer read. False when there is no such done import."""
    with writing(engine) as connection:
        result = connection.execute(
            sa.update(imports)
            .where(imports.c.id == import_id, imports.c.state == "done")
            .values(state="undone", finished_at=now)
        )
        count_change(connection, "facts")
        return bool(result.rowcount)


def done_import_ids(engine: sa.Engine) -> list[int]:
    with engine.connect() as connection:
        query = sa.select(imports.c.id).where(imports.c.state == "done").order_by(imports.c.id)
        return list(connection.execute(query).scalars())


def list_imports(engine: sa.Engine) -> list[dict[str, Any]]:
    """The ledger, newest first: the columns of `imports` that people read, `counts` as a dictionary."""
    names = ("id", "file_name", "layout", "account", "state", "started_at", "finished_at", "error", "counts")
    query = sa.select(*(imports.c[name] for name in names)).order_by(imports.c.id.desc())
    with engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(query)]
    return [row | {"counts": json.loads(row["counts"])} for row in rows]


def list_quarantine(engine: sa.Engine, *, limit: int = 1000) -> list[dict[str, Any]]:
    """Rows kept aside by imports that stand, newest first: file_name, line, reason, message, columns (JSON text)."""
    kept = quarantine.c
    query = (
        sa.select(imports.c.file_name, kept.line, kept.reason, kept.message, kept.columns)
        .join(imports, imports.c.id == quarantine.c.import_id)
        .where(imports.c.state == "done")
        .order_by(quarantine.c.id.desc())
        .limit(limit)
    )
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]
