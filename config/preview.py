"""What an import would make of a file, without storing anything: recognised layouts, columns read and left, first rows
as they stand and as they will be read, rows that would be put aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from config import mappings
from config.import_ledger import readings
from config.intake import context_of, sha_of
from config.layouts import Layout, Parsed, as_mapped, choose_layout, refuse_unclear
from config.mappings import ColumnMapping
from config.reading import Document, IntakeError, Rejected, TextTable, UnknownLayoutError, read_bytes, read_file
from config.workspace import Workspace

HEAD_BYTES = 4 * 1024 * 1024  # of a larger plain file only the beginning is looked at
_SAMPLE = 500
_PACKED = (b"PK", b"\x1f\x8b", b"\xd0\xcf", b"{", b"[")


@dataclass(frozen=True)
class TablePreview:
    """One table of a file. `headers`: as in the file; `names`: header -> our name, for the columns that are read.

    `raw` and `values` (the records by table name) are the first rows, each with `source_line`; `sample` holds some
    hundred, to propose columns by. `mapping`: what a person said about the columns. `problem`: why no layout fits;
    `skipped`: reason -> rows; `bare`: amounts that name no currency.
    """

    headers: tuple[str, ...]
    raw: pl.DataFrame
    sample: TextTable
    rows_read: int
    part: str | None = None
    layout: Layout | None = None
    mapping: ColumnMapping | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    records: Mapping[str, int] = field(default_factory=dict)
    rejected: Sequence[Rejected] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    notices: Sequence[str] = ()
    said: Mapping[str, str] = field(default_factory=dict)
    bare: int = 0
    problem: str | None = None

    @property
    def ignored(self) -> tuple[str, ...]:
        """The columns of the file that nothing is read from."""
        return tuple(name for name in self.headers if name not in self.names)


@dataclass(frozen=True)
class FilePreview:
    """`guessed`: the encoding was told by the letters alone. `whole`: false where only the beginning was looked at.
    `garbled`: the encoding to offer, where its letters look misread. `error`: why the file cannot be taken in."""

    file: str
    kind: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    guessed: bool = False
    garbled: str | None = None
    whole: bool = True
    tables: tuple[TablePreview, ...] = ()
    error: str | None = None

    @property
    def recognised(self) -> tuple[TablePreview, ...]:
        return tuple(table for table in self.tables if table.layout)


def preview(
    workspace: Workspace,
    path: Path,
    *,
    layouts: Sequence[Layout],
    encoding: str | None = None,
    wanted: str | None = None,
    account: str = "default",
    mapping: ColumnMapping | None = None,
    order: str | None = None,
    decimal: str | None = None,
    currency: str | None = None,
    brand: str | None = None,
    rows: int = 5,
    count: Callable[[str, pl.DataFrame], int] = lambda name, frame: frame.height,
) -> FilePreview:
    """Look at a file as `intake.take_in` would. `mapping` is tried on tables with its headers before any remembered
    one; `count`: how many records the rows of a table (given by its name) tell. Words that are not said are those of
    the same bytes' last import. A file that cannot be taken in is an answer with `error`, never an exception."""
    words = (("order", order), ("decimal", decimal), ("currency", currency), ("brand", brand))
    said = {name: value for name, value in words if value}
    try:
        known = readings(workspace.engine, sha=sha_of(path), account=account)
        if known:
            said, encoding = {**known[0].said, **said}, encoding or known[0].encoding
        document, whole = _document(path, encoding=encoding)
    except IntakeError as exc:
        return FilePreview(path.name, error=f"{exc.problem}. {exc.cure}")
    except OSError as exc:
        return FilePreview(path.name, error=f"the file cannot be opened: {exc.strerror or exc}")
    told = document.encoding or ""
    look = _Look(workspace, layouts, path.name, wanted, account, mapping, said, rows, count)
    return FilePreview(
        file=path.name,
        kind=document.kind,
        encoding=document.encoding,
        delimiter=document.delimiter,
        guessed=bool(told) and not told.startswith("utf") and encoding is None,
        garbled=document.garbled,
        whole=whole,
        tables=_without_charts(document.kind, [look.at(table) for table in document.tables]),
    )


def _without_charts(kind: str, tables: Sequence[TablePreview]) -> tuple[TablePreview, ...]:
    """As `import_report.without_charts`: the tables of an archive that repeat a recognised one go."""
    whole = {table.layout.id for table in tables if table.layout and table.layout.whole_archive}
    if kind != "archive" or not whole:
        return tuple(tables)
    kept = [table for table in tables if table.layout and table.layout.id in whole]
    repeated = sum(table.rows_read for table in tables if not any(table is one for one in kept))
    first = kept[0]
    passed = Counter(first.skipped) + Counter({"daily_row": repeated})
    return (replace(first, rows_read=first.rows_read + repeated, skipped=passed), *kept[1:])


def _document(path: Path, *, encoding: str | None) -> tuple[Document, bool]:
    if path.stat().st_size <= HEAD_BYTES:
        return read_file(path, hint=encoding), True
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head.startswith(_PACKED):
        return read_file(path, hint=encoding), True
    return read_bytes(_whole_lines(head), file=path.name, hint=encoding), False


def _whole_lines(head: bytes) -> bytes:
    """The bytes up to the last line end outside quotes; UTF-16 is cut between its letters."""
    if b"\x00" in head[:4000]:
        end = max(head.rfind(b"\n\x00"), head.rfind(b"\x00\n")) + 2
        return head[: end - end % 2] if end > 1 else head
    end = head.rfind(b"\n")
    quotes = head.count(b'"', 0, max(end, 0))
    while end > 0 and quotes % 2:
        before = head.rfind(b"\n", 0, end)
        quotes -= head.count(b'"', max(before, 0), end)
        end = before
    return head[: end + 1] if end > 0 else head


@dataclass(frozen=True)
class _Look:
    workspace: Workspace
    layouts: Sequence[Layout]
    file: str
    wanted: str | None
    account: str
    mapping: ColumnMapping | None
    said: Mapping[str, str]
    rows: int
    count: Callable[[str, pl.DataFrame], int]

    def at(self, table: TextTable) -> TablePreview:
        fresh = replace(table, used=set())
        raw = table.frame.head(self.rows)
        bare = TablePreview(
            headers=table.headers,
            raw=raw,
            sample=replace(fresh, frame=table.frame.head(_SAMPLE), rejected=(), skipped={}),
            rows_read=table.rows_read,
            part=table.part,
            rejected=table.rejected,
            skipped=Counter(table.skipped.values()),
            notices=table.notices,
            said=table.said,
        )
        mapped, layout, mapping = self._assigned(fresh)
        if layout is None:
            try:
                layout = choose_layout(fresh, self.layouts, file=self.file, wanted=self.wanted)
            except UnknownLayoutError as exc:
                return replace(bare, problem=f"{exc.problem}. {exc.cure}")
            mapped, mapping = fresh, None
        return self._read(bare, layout.renamed(mapped), layout, mapping)

    def _assigned(self, table: TextTable) -> tuple[TextTable, Layout | None, ColumnMapping | None]:
        given = self.mapping
        if given and mappings.fingerprint(given.headers) == mappings.fingerprint(table.headers):
            return *as_mapped(table, given, self.layouts), given
        known = mappings.find(self.workspace.engine, table.headers)
        if known is None or (self.wanted and self.wanted != known.layout):
            return table, None, None
        return *as_mapped(table, known, self.layouts), known

    def _read(
        self, bare: TablePreview, table: TextTable, layout: Layout, mapping: ColumnMapping | None
    ) -> TablePreview:
        account = layout.account(self.account)
        context = context_of(self.workspace, table, account=account, file=self.file, said=self.said)
        parsed: Parsed = layout.read(table, context)
        try:
            refuse_unclear(table, file=self.file)
        except IntakeError as exc:
            return replace(bare, problem=f"{exc.problem}. {exc.cure}")
        named = dict(zip(bare.headers, table.headers, strict=False))
        lines = set(bare.raw["source_line"].to_list())
        return replace(
            bare,
            layout=layout,
            mapping=mapping,
            names={header: name for header, name in named.items() if name in table.used},
            values={
                name: frame.filter(pl.col("source_line").is_in(lines)).head(self.rows)
                for name, frame in parsed.tables.items()
                if frame.height
            },
            records={name: self.count(name, frame) for name, frame in parsed.tables.items()},
            rejected=[*bare.rejected, *parsed.rejected],
            skipped=Counter(bare.skipped) + Counter(parsed.skipped.values()),
            bare=parsed.bare,
            notices=[*bare.notices, *parsed.warnings],
        )
