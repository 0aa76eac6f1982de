"""What a file is read into: tables of text, with the rows that could not be used, and the errors of reading.

IntakeError              a file that cannot be taken in at all; says which file, what is wrong, what to do
  UnknownLayoutError     no layout recognises its columns
  ImportBusyError        another import runs in this workspace
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

MAX_COLUMNS = 1000
MAX_FIELD = 1024 * 1024
MAX_PADDED = 20_000_000  # cells that no row writes: a wide header over short rows takes memory that no file holds
# What exports write before the sums of a table, in the languages that their headers are read in and some more.
_TOTAL_WORDS = (
    *("grand total", "totals?", "sub-?totals?", "gesamt(?:summe|ergebnis)?", "insgesamt", "summe", "zwischensumme"),
    *("total général", "total general", "total geral", "totaux", "totales", "totaal", "eindtotaal", "totale", "totali"),
    *(
        "suma(?: całkowita| końcowa)?",
        "razem",
        "łącznie",
        "ogółem",
        "łączna suma",
        "összesen",
        "végösszeg",
        "összesítés",
    ),
    *('סה["״\u2033]כ(?: כולל)?', "סך הכו?ל", "(?:ال)?إجمالي", "المجموع(?: الكلي)?", "(?:ال)?اجمالي"),
    *("tổng(?: cộng| số)?", "totalt", "toplam", "celkem", "yhteensä", "итого", "всего"),
)
TOTALS = rf"(?i)^(?:{'|'.join(_TOTAL_WORDS)})\s*(?::.*|of \d+ .*)?$"


class IntakeError(Exception):
    """`file` cannot be taken in; `problem` says why and `cure` what to do."""

    def __init__(self, *, file: str, problem: str, cure: str) -> None:
        self.file, self.problem, self.cure = file, problem, cure
        super().__init__(f"{file}: {problem}. {cure}")


class UnknownLayoutError(IntakeError):
    """No layout fits the header row."""


class ImportBusyError(IntakeError):
    """Another import holds the workspace."""


class SameFileStandsError(IntakeError):
    """An undone import may not stand again: import `stands` is of the same file, read anew."""

    def __init__(self, *, file: str, stands: int) -> None:
        self.stands = stands
        problem = f"import {stands} is of the same file and stands: both would count"
        super().__init__(file=file, problem=problem, cure=f"Undo import {stands} first, or keep it")


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be used. `columns` holds mapped values only, never addresses or contacts."""

    line: int
    reason: str
    message: str
    columns: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class TextTable:
    """The rows of one table as text. `frame`: the headers as String columns and `source_line` (Int64, 1-based).

    `said` is what stands above the table: `# Key: value` lines by lower-case key, other lines as "title" and "note"
    (the last one), and all of the file's as "remarks", those below a table too.
    `decimal`: the decimal sign that the file's own form speaks for: cells parted by semicolons leave the comma free.
    `doubled`: places of columns with one header, the first and the later one.
    `part` names the sheet or the archive's file it is from. `used` collects the headers a layout asks for, so that a
    preview can tell which columns are read.
    """

    headers: tuple[str, ...]
    frame: pl.DataFrame
    rejected: tuple[Rejected, ...] = ()
    notices: tuple[str, ...] = ()
    skipped: Mapping[int, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    part: str | None = None
    doubled: tuple[tuple[int, int], ...] = ()
    decimal: str | None = None
    used: set[str] = field(default_factory=set, compare=False)

    @property
    def rows_read(self) -> int:
        return self.frame.height + len(self.rejected) + len(self.skipped)


@dataclass(frozen=True)
class Document:
    """What a file holds. `kind`: delimited | excel | json | log | archive; `encoding` and `delimiter` where known.
    `garbled`: the encoding to offer where its letters look wrongly read before it was written."""

    tables: tuple[TextTable, ...]
    kind: str
    encoding: str | None = None
    delimiter: str | None = None
    garbled: str | None = None


def normal_header(name: str) -> str:
    """A header as it is compared: no blanks around, invisible marks or capitals; underscores stay."""
    plain = re.sub("[\ufeff\u200b-\u200f\u202a-\u202e\u2066-\u2069]", "", name)
    return " ".join(plain.replace("\u00a0", " ").split()).casefold()


def is_total(first_cell: pl.Expr) -> pl.Expr:
    """Whether a row with this first cell sums up others."""
    return first_cell.str.strip_chars().str.contains(TOTALS).fill_null(False)
