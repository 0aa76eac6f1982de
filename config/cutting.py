"""Cuts a stream of rows into tables: preambles, comments, several tables in one file, totals, repeated headers, rows
that do not fit their header."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from config.text_tables import (
    MAX_COLUMNS,
    MAX_FIELD,
    MAX_PADDED,
    TOTALS,
    IntakeError,
    Rejected,
    TextTable,
    normal_header,
)

TOTAL_CELL = re.compile(TOTALS)
_MAX_BAD_QUOTES = 100  # each has the lines below it read anew
_NUMBER = re.compile(r"^[^\w]*\d[\d.,:%/\s-]*[^\w]*$")
csv.field_size_limit(2**31 - 1)  # a cell above MAX_FIELD costs its row, not the rest of the file


def short_rows(file: str, columns: int) -> IntakeError:
    problem = f"its header has {columns} columns, and its rows far fewer"
    return IntakeError(file=file, problem=problem, cure="Check that it is the right export, and export it again")


def cut_message(line: int, cells: int, columns: int) -> str:
    return f"file cut at line {line}: it has {cells} of {columns} cells and no line end; export the file again"


def csv_rows(text: str, delimiter: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def is_comment(row: Sequence[str]) -> bool:
    """`# text` or `#` alone. Shopify's orders are called `#1001`: no blank, no comment."""
    return bool(row) and (row[0].startswith("# ") or row[0].rstrip() == "#")


@dataclass(frozen=True)
class Unreadable:
    """Stands in the stream of rows where the rest of the file cannot be read as such."""

    reason: str
    message: str


class RunsOn(list[str]):
    """A row of which a cell goes on over lines that look like rows: a note of somebody, or a quote that is missing."""


def numbered(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | Unreadable]]:
    """The rows with the line each begins on. A quote that opens and never closes, or closes only rows below, costs its
    own line: the lines below are read anew, where they look like rows; else the file was cut inside that cell."""
    done = width = 0
    for _ in range(_MAX_BAD_QUOTES):
        again = yield from _numbered(text, delimiter, done, width)
        if again is None:
            return
        text, done, width = again
    yield done + 1, Unreadable("unreadable", f"the file cannot be read past line {done}: too many quotes never close")


def _numbered(
    text: str, delimiter: str, done: int, usual: int
) -> Generator[tuple[int, list[str] | Unreadable], None, tuple[str, int, int] | None]:
    """The rows of a text of which `done` lines are left out above, the last of them `usual` cells wide; what is to be
    read anew, the lines above it, and their width."""
    reader = csv_rows(text, delimiter)
    if not done and re.match(r'^"?sep=.', text):
        next(reader)
    before, odd = reader.line_num, text.count('"') % 2 == 1
    lines = list(io.StringIO(text, newline="")) if odd else []
    try:
        for row in reader:
            line, before = before + 1, reader.line_num
            swallows = runs_on = False
            if before > line and usual > 1:
                lines = lines or list(io.StringIO(text, newline=""))
                looks, sure = _looks_like_rows(lines[line:before], delimiter, usual)
                swallows = looks and (sure or len(row) != usual)
                runs_on = looks and not swallows
            if swallows or (odd and before >= len(lines) and _is_open("".join(lines[line - 1 :]), delimiter)):
                rest = "".join(lines[line:])
                if not swallows and not _like_rows(rest, delimiter, usual):
                    message = f"file cut at line {done + line}: a quote opens and never closes"
                    yield done + line, Unreadable("file_cut", message)
                    return None
                message = f"line {done + line}: a quote opens and never closes; close it, or take it out"
                yield done + line, Unreadable("open_quote", message)
                return rest, done + line, usual
            usual = len(row) or usual
            if max(map(len, row), default=0) > MAX_FIELD:
                message = f"line {done + line} has a cell of more than 1 MB; shorten it"
                yield done + line, Unreadable("field_too_long", message)
            else:
                yield done + line, RunsOn(row) if runs_on else row
    except csv.Error as exc:
        message = f"the file cannot be read past line {done + before} ({exc})"
        yield done + before + 1, Unreadable("unreadable", message)
    return None


def _looks_like_rows(below: Sequence[str], delimiter: str, width: int) -> tuple[bool, bool]:
    """Whether the lines below the first of a row look like rows of their own, glued by a quote that opens on the first
    and meets another on the last: most lines between have the width of the row above, and a number. And whether it is
    sure: the last line's quote opens a cell in its turn, which no writer of cells with line breaks leaves; then the
    width is enough. A cell that is closed as writers close it may be a note in which people write what they like.
    """
    *inner, last = below
    meets = re.match(rf'[^"]*(?<![^{re.escape(delimiter)}])"[^{re.escape(delimiter)}"\r\n]', last) is not None
    if meets and not inner:
        return last.count(delimiter) == width - 1, True
    filled = [line for line in inner if line.strip()]
    like = sum(_is_row(line, delimiter, width, number=not meets) for line in filled)
    return like > len(filled) / 2, meets


def _is_row(line: str, delimiter: str, width: int, *, number: bool) -> bool:
    if line.count(delimiter) < width - 1:
        return False
    cells = next(csv.reader([line], delimiter=delimiter), [])
    return len(cells) == width and (not number or any(_NUMBER.match(cell) for cell in cells))


def _like_rows(text: str, delimiter: str, width: int) -> bool:
    """Whether some line of a text has as many cells as the row above it, two at least."""
    return width > 1 and any(len(row) == width for row in csv_rows(text, delimiter))


def _is_open(raw: str, delimiter: str) -> bool:
    """Whether a quote opens a cell and never closes; one inside a word, as in Hebrew, opens nothing."""
    return raw.count('"') % 2 == 1 and bool(re.search(rf'(?:^|{re.escape(delimiter)})"', raw))


def widest(text: str, delimiter: str) -> int:
    head = zip(range(60), csv_rows(text[:20_000], delimiter), strict=False)
    return max((_width(row) for _, row in head if not is_comment(row)), default=0)


def cut(
    rows: Iterable[tuple[int, list[str] | Unreadable]], *, file: str, wide: bool, ends_open: bool = False
) -> list[TextTable]:
    """The tables in a stream of numbered rows. `wide`: the file has rows of several cells, so one cell is no header.
    `ends_open`: the last line has no end, so that it may be cut."""
    cutter = _Cutter(file, wide=wide)
    waiting: tuple[int, list[str] | Unreadable] | None = None
    for line, row in rows:
        if isinstance(row, list) and not any(cell.strip() for cell in row):
            if waiting:
                cutter.take(*waiting, following=None)
                waiting = None
            cutter.gap()
            continue
        if waiting:
            cutter.take(*waiting, following=row if isinstance(row, list) else None)
        waiting = line, row
    if waiting:
        cutter.take(*waiting, following=None, open_end=ends_open)
    return cutter.tables()


_MAX_REMARKS, _MAX_REMARK = 40, 300


class _Cutter:
    """Goes through the rows of a file and knows which table, if any, it stands in."""

    def __init__(self, file: str, *, wide: bool) -> None:
        self.file, self.wide = file, wide
        self.done: list[TextTable] = []
        self.said: dict[str, str] = {}
        self.headers: list[str] | None = None
        self.after_gap = self.after_comment = False
        self.before: list[Rejected] = []
        self.padded = 0
        self.remarks: list[str] = []  # of the whole file: notes stand above their table or below it

    def gap(self) -> None:
        self.after_gap = True

    def take(
        self, line: int, row: list[str] | Unreadable, *, following: list[str] | None, open_end: bool = False
    ) -> None:
        if isinstance(row, Unreadable):
            self._reject(Rejected(line, row.reason, row.message))
        elif is_comment(row):
            self._comment(row)
        elif self.headers is None or self._opens_table(row):
            if following is not None and (is_preamble(row, following) or (self.wide and _is_remark(row))):
                self._say(row)
            else:
                self._close()
                self.headers = unique_headers(row, file=self.file)
                self.doubled = doubled(row)
                self.raw = [cell.strip() for cell in row]
                self.above = dict(self.said)
                self.columns: list[list[str | None]] = [[] for _ in self.headers]
                self.lines: list[int] = []
                self.run_on: list[int] = []
                self.rejected: list[Rejected] = []
                self.skipped: dict[int, str] = {}
                self.short = False
                self.after_gap = self.after_comment = False
                self.said.pop("note", None)
        elif open_end and self._is_cut(row):
            self._reject(Rejected(line, "file_cut", cut_message(line, len(row), len(self.headers))))
        else:
            self._row(line, row)
            self.after_gap = False

    def tables(self) -> list[TextTable]:
        self._close()
        if not self.remarks:
            return self.done
        remarks = "\n".join(text[:_MAX_REMARK] for text in self.remarks[:_MAX_REMARKS])
        return [replace(table, said={**table.said, "remarks": remarks}) for table in self.done]

    def _is_cut(self, row: Sequence[str]) -> bool:
        """Whether a last line without an end is shorter than every line above it, and no total or remark."""
        whole = bool(self.lines) and not self.short and not self.after_gap
        return whole and len(row) < len(self.headers or ()) and not TOTAL_CELL.match(row[0].strip())

    def _reject(self, rejected: Rejected) -> None:
        (self.before if self.headers is None else self.rejected).append(rejected)

    def _comment(self, row: Sequence[str]) -> None:
        text = ", ".join(cell for cell in row if cell.strip()).lstrip("#").strip()
        key, colon, value = text.partition(":")
        if colon and value.strip():
            self.said[normal_header(key)] = value.strip()
        elif text.strip("-"):
            self.said["note"] = text
            self.remarks.append(text)
        self.after_gap = self.after_comment = True

    def _say(self, row: Sequence[str]) -> None:
        text = ", ".join(cell.strip() for cell in row if cell.strip())
        key, colon, value = text.partition(":")
        if colon and value.strip() and len(key) < 60:
            self.said[normal_header(key)] = value.strip()
        self.said["note" if "title" in self.said else "title"] = text
        self.remarks.append(text)

    def _opens_table(self, row: Sequence[str]) -> bool:
        """Whether a row after a gap is a new header: words only, and unlike the rows of the table above it."""
        cells = [cell.strip() for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        words = bool(cells) and all(cell and not _NUMBER.match(cell) for cell in cells)
        if not (self.after_gap and words) or cells == [name for name in self.raw if name]:
            return False
        if self.after_comment or len(cells) != len(self.raw) or not self.lines:
            return True
        return any(
            _all_numbers(column[-50:]) and not _NUMBER.match(cell)
            for column, cell in zip(self.columns, cells, strict=False)
        )

    def _row(self, line: int, row: Sequence[str]) -> None:
        assert self.headers is not None
        if [cell.strip() for cell in row] == self.raw:
            self.skipped[line] = "repeated_header"
        elif len(row) > len(self.headers) and any(cell.strip() for cell in row[len(self.headers) :]):
            if TOTAL_CELL.match(row[0].strip()):
                self.skipped[line] = "total_row"
                return
            message = f"line {line} has {len(row)} cells, the header has {len(self.headers)}"
            self.rejected.append(Rejected(line, "too_many_cells", message))
        else:
            self.padded += max(0, len(self.headers) - len(row))
            self.short = self.short or len(row) < len(self.headers)
            if self.padded > MAX_PADDED:
                raise short_rows(self.file, len(self.headers))
            self.lines.append(line)
            if isinstance(row, RunsOn):
                self.run_on.append(line)
            for place, values in enumerate(self.columns):
                cell = row[place] if place < len(row) else ""
                values.append(cell if cell.strip() else None)

    def _close(self) -> None:
        if self.headers is None:
            return
        columns = {
            name: pl.Series(name, values, dtype=pl.String)
            for name, values in zip(self.headers, self.columns, strict=True)
        }
        frame = pl.DataFrame(columns | {"source_line": pl.Series("source_line", self.lines, dtype=pl.Int64)})
        if not self.lines and len(self.headers) == 1:
            self.remarks.append(self.headers[0])  # a line of words below the last table
        rejected = (*self.before, *self.rejected)
        table = TextTable(tuple(self.headers), frame, rejected, skipped=self.skipped, said=self.above)
        self.done.append(replace(table, doubled=self.doubled, notices=_runs_on(self.run_on)))
        self.headers, self.before = None, []


def _runs_on(lines: Sequence[int]) -> tuple[str, ...]:
    if not lines:
        return ()
    return (
        f"Line {lines[0]} has a cell that goes on over lines which look like rows of their own ({len(lines)} such "
        "cells in all); it was read as one cell. If a quotation mark is missing there, put it in and import the file "
        "again.",
    )


def is_preamble(row: Sequence[str], following: Sequence[str] | None) -> bool:
    """A line above a table: one cell, or far fewer than the row below it."""
    own, below = (_width(cells) for cells in (row, following or ()))
    return following is not None and not is_comment(following) and below > 1 and (own == 1 or below >= 2 * own)


def _is_remark(row: Sequence[str]) -> bool:
    """One cell, or a key with its colon and a value: `Report:`, `Bulk Mentions Download`."""
    return _width(row) == 1 or (_width(row) == 2 and row[0].rstrip().endswith(":"))


def _width(row: Sequence[str]) -> int:
    return max((place for place, cell in enumerate(row, start=1) if cell.strip()), default=0)


def _all_numbers(values: Sequence[str | None]) -> bool:
    known = [value for value in values if value]
    return bool(known) and all(_NUMBER.match(value.strip()) for value in known)


def unique_headers(row: Sequence[str], *, file: str) -> list[str]:
    if len(row) > MAX_COLUMNS:
        raise IntakeError(file=file, problem=f"{len(row)} columns", cure=f"At most {MAX_COLUMNS} columns can be read")
    names: list[str] = []
    for place, cell in enumerate(row, start=1):
        name = cell.strip().lstrip("\ufeff") or f"column {place}"
        names.append(name if name not in names and name != "source_line" else f"{name} ({place})")
    return names


def doubled(row: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The columns that have the header of an earlier one: the places of both, from 0."""
    names = [normal_header(cell) for cell in row]
    return tuple((names.index(name), place) for place, name in enumerate(names) if name and names.index(name) < place)
