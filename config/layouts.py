"""What a layout is, and how one is recognised: by its columns, or by what a person said about them."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import polars as pl
import sqlalchemy as sa

from config import mappings
from config.mappings import ColumnMapping
from config.partial_tables import partial_table
from config.reading import IntakeError, Rejected, TextTable, UnknownLayoutError, normal_header


@dataclass(frozen=True)
class ReadContext:
    """What a layout may know besides the rows. `keyed_hash`: String series -> Int64 series, null stays null."""

    account: str
    timezone: str
    currency: str
    domains: tuple[str, ...]
    tax_included: bool | None
    keyed_hash: Callable[[pl.Series], pl.Series]
    file: str = ""
    order: str | None = None  # of days such as 05/06/2026 where their column does not tell: dmy | mdy
    decimal: str | None = None  # the decimal sign of amounts such as 1,234 where nothing in their column tells
    url_parameters: tuple[str, ...] = ()  # that say which page a visit is of, beyond those known
    brand: str | None = None  # that rows of a mention export are about where no brand's query matches them
    short_links: Mapping[str, str] = field(default_factory=dict)  # canonical short link -> where it leads


@dataclass(frozen=True)
class Parsed:
    """What a layout made of a file: tables (each with `source_line`), rejected rows, skipped lines with reasons.

    `part_of`: a line that went into the record of another line (a page view of a visit) -> that line. `part` counts
    the parts of a file too large to be held at once. `bare`: amounts that name no currency, taken in the context's.
    `instead_of`: imports of the same bytes, read otherwise, that count no more as soon as this one does.
    """

    tables: Mapping[str, pl.DataFrame]
    rejected: Sequence[Rejected] = ()
    skipped: Mapping[int, str] = field(default_factory=dict)
    exported_at: dt.datetime | None = None
    warnings: Sequence[str] = ()
    part_of: Mapping[int, int] = field(default_factory=dict)
    part: int = 0
    bare: int = 0
    instead_of: Sequence[int] = ()


@dataclass(frozen=True)
class Layout:
    """A file layout, recognised by its columns (any order, case and outer blanks aside).

    `headers` must all be there: under their own name, by one of `synonyms` (a normal header -> our name), or by one of
    `patterns` (regex over the normal header, our name; a group "currency" goes into `said`). Of `one_of`, at least one
    set must be there too; `not_with` names columns that speak for another layout; `recognise` has the last word, given
    the names. `finish` joins what several tables of a file say about the same rows; where every row stands
    for itself (`row_by_row`) a very large file is read in parts. `holds` judges by the cells, where names alone say too
    little; a person's choice goes before it. `whole_archive`: the other files beside it in an archive tell the same
    figures once more, as charts and totals. `system` goes before the account
    in natural keys, as two systems may give the same numbers.
    """

    id: str
    title: str
    headers: frozenset[str]
    sink: str  # facts | registers
    read: Callable[[TextTable, ReadContext], Parsed]
    system: str | None = None
    synonyms: Mapping[str, str] = field(default_factory=dict)
    patterns: tuple[tuple[str, str], ...] = ()
    one_of: tuple[frozenset[str], ...] = ()
    not_with: frozenset[str] = frozenset()
    recognise: Callable[[Sequence[str]], bool] | None = None
    finish: Callable[[Parsed], Parsed] | None = None
    row_by_row: bool = False
    holds: Callable[[TextTable], bool] | None = None
    whole_archive: bool = False

    def fits(self, headers: Sequence[str]) -> bool:
        known = {self.name_of(header) for header in headers}
        others = {normal_header(header) for header in headers} | known
        return (
            self.headers <= known
            and (not self.one_of or any(names <= known for names in self.one_of))
            and not self.not_with & others
            and (self.recognise is None or self.recognise(sorted(known)))
        )

    def name_of(self, header: str) -> str:
        """Our name for a header of the file; its normal form where the layout says nothing about it."""
        plain = normal_header(header)
        if plain in self.synonyms:
            return self.synonyms[plain]
        return next((name for pattern, name in self.patterns if re.fullmatch(pattern, plain)), plain)

    def renamed(self, table: TextTable) -> TextTable:
        """The table with the columns under our names; of two that mean the same the first one counts."""
        if not self.synonyms and not self.patterns:
            return table
        said = dict(table.said)
        names: dict[str, str] = {}
        taken = set()
        for header in table.headers:
            name = self.name_of(header)
            found = [m for pattern, _ in self.patterns if (m := re.fullmatch(pattern, normal_header(header)))]
            said |= {key: value for m in found[:1] for key, value in m.groupdict().items() if value}
            names[header] = header if name in taken or name == normal_header(header) else name
            taken.add(name)
        unlike = [new for old, new in names.items() if list(names.values()).count(new) > 1 and old != new]
        names = {old: (old if new in unlike and old != new else new) for old, new in names.items()}
        return replace(table, headers=tuple(names.values()), frame=table.frame.rename(names), said=said)

    def account(self, account: str) -> str:
        return f"{self.system}:{account}" if self.system else account


@dataclass(frozen=True)
class Written:
    """What a sink did: per file line `new`, `updated` or `same`; how many records went into each table; lines that it
    left out, with the reason; what people should know about it; rows that what is stored speaks against; and imports
    that are taken back as soon as this one is done."""

    lines: Mapping[int, str]
    tables: Mapping[str, int]
    skipped: Mapping[int, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    rejected: Sequence[Rejected] = ()
    replaced: Sequence[int] = ()


class Sink(Protocol):
    def write(self, import_id: int, parsed: Parsed) -> Written:
        """Store the tables. Facts stay unseen until the ledger says done; registers count at once."""
        ...


def choose_layout(table: TextTable, layouts: Sequence[Layout], *, file: str, wanted: str | None) -> Layout:
    """The layout named `wanted`, else the fitting one with most header names. Raises UnknownLayoutError."""
    named = [layout for layout in layouts if layout.id == wanted]
    if wanted and not named:
        known = {layout.id for layout in layouts}
        near = ", ".join(difflib.get_close_matches(wanted, sorted(known), n=3, cutoff=0.0))
        raise UnknownLayoutError(
            file=file, problem=f"there is no layout {wanted!r}", cure=f"Nearest: {near}; docs/imports.md lists all"
        )
    fitting = [one for one in (named or layouts) if one.fits(table.headers)]
    fitting = [one for one in fitting if named or one.holds is None or one.holds(one.renamed(table))]
    if fitting:
        return max(
            fitting, key=lambda layout: (len(layout.headers) + min(map(len, layout.one_of), default=0), layout.id)
        )
    if named:
        missing = sorted(named[0].headers - {named[0].name_of(name) for name in table.headers})
        raise UnknownLayoutError(
            file=file, problem=f"columns are missing for {wanted}: {', '.join(missing)}", cure="Add them and try again"
        )
    part = partial_table(table.headers)
    if part:
        raise UnknownLayoutError(file=file, problem=part.problem, cure=part.cure)
    shown = ", ".join("".join(c if c.isprintable() else "?" for c in name)[:40] for name in table.headers[:8])
    raise UnknownLayoutError(
        file=file,
        problem=f"its columns are of no known layout ({shown}{', …' if len(table.headers) > 8 else ''})",
        cure=f"{_nearest(table, layouts)}; or say which column is which, on the page Data or with --as and --map",
    )


def refuse_unclear(table: TextTable, *, file: str) -> None:
    """Raises IntakeError where a column that was read stands twice and tells two things: which one counts is asked."""
    for first, later in table.doubled:
        one, other = table.headers[first], table.headers[later]
        unlike = table.frame.filter(pl.col(one) != pl.col(other)) if one in table.used else table.frame.clear()
        if not unlike.is_empty():
            raise IntakeError(
                file=file,
                problem=f"columns {first + 1} and {later + 1} have the same header, {one!r}, and differ in line "
                f"{unlike['source_line'][0]}",
                cure="Take one of them out, or say which one counts, on the page Data or with --as and --map "
                f"COLUMN={other!r}",
            )


def remember_mapping(engine: sa.Engine, headers: Sequence[str], *, layout: str, mapping: Mapping[str, str]) -> None:
    """Files with these headers are from now on read as `layout`; `mapping`: its column -> the file's header."""
    mappings.remember(engine, headers, ColumnMapping(layout, mapping))


def remembered(
    engine: sa.Engine, table: TextTable, layouts: Sequence[Layout], *, wanted: str | None
) -> tuple[TextTable, Layout | None]:
    """The table as a person once said its columns are to be read, and the layout chosen then; else as it is."""
    chosen = mappings.find(engine, table.headers)
    if chosen is None or (wanted and wanted != chosen.layout):
        return table, None
    return as_mapped(table, chosen, layouts)


def as_mapped(table: TextTable, mapping: ColumnMapping, layouts: Sequence[Layout]) -> tuple[TextTable, Layout | None]:
    """The table as the mapping says, and its layout; the table as it is where either does not fit."""
    layout = next((layout for layout in layouts if layout.id == mapping.layout), None)
    mapped = mappings.applied(table, mapping) if layout else None
    return (table, None) if mapped is None else (mapped, layout)


def _nearest(table: TextTable, layouts: Sequence[Layout]) -> str:
    """The layouts that miss fewest columns, and which those are."""
    missing = {layout.id: layout.headers - {layout.name_of(name) for name in table.headers} for layout in layouts}
    partly = [one for one in layouts if missing[one.id] and len(missing[one.id]) < len(one.headers)]
    near = sorted(partly, key=lambda one: (len(missing[one.id]) / len(one.headers), one.id))[:3]
    told = [f"{one.title} would need {', '.join(sorted(missing[one.id]))}" for one in near]
    return "; ".join(told) or "docs/imports.md lists the columns of all known files"
