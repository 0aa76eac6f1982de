"""Reads any file an export comes in as tables of text: container, encoding, delimiter, preambles, several tables.

Nothing is converted here: every cell stays the text it was. Every row of the file is in a table, rejected, or skipped
with a reason. Errors and tables: `config.text_tables`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from config.archives import MAX_BYTES, BadArchiveError, entries, is_archive, is_excel, unpacked
from config.cutting import (
    TOTAL_CELL,
    csv_rows,
    cut,
    cut_message,
    doubled,
    is_comment,
    is_preamble,
    numbered,
    short_rows,
    unique_headers,
    widest,
)
from config.encodings import Decoded, as_misread, decode, nul_order
from config.foreign_files import foreign
from config.records import NotRecordsError, json_table
from config.spreadsheets import sheet_tables, sheets
from config.text_tables import (
    MAX_COLUMNS,
    MAX_FIELD,
    MAX_PADDED,
    TOTALS,
    Document,
    ImportBusyError,
    IntakeError,
    Rejected,
    TextTable,
    UnknownLayoutError,
    normal_header,
)
from config.weblog import log_table, looks_like_log

__all__ = [
    "TOTALS",
    "Document",
    "ImportBusyError",
    "IntakeError",
    "NotPlainError",
    "Rejected",
    "TextTable",
    "UnknownLayoutError",
    "find_delimiter",
    "normal_header",
    "parse_table",
    "read_bytes",
    "read_file",
    "read_parts",
    "read_table",
]

PART_BYTES = 64 * 1024 * 1024
FAST_FROM = 1024 * 1024  # smaller files are read by Python's csv, which knows every line
_LOST = "\ufffd"
_SCRIPT_START = re.compile(r"\A\s*window\.YTD\.\w+\.part\d+\s*=\s*(?=[\[{])")  # X's archive: JSON as a script's value


class NotPlainError(Exception):
    """A file is no plain UTF-8 table all through, and cannot be read in parts."""


def read_file(path: Path, *, hint: str | None = None) -> Document:
    """The tables of a file, whatever it is. `hint`: language or encoding. Raises IntakeError, OSError."""
    if path.stat().st_size > MAX_BYTES:
        raise IntakeError(file=path.name, problem="larger than 2 GB", cure="Export shorter periods")
    return read_bytes(path.read_bytes(), file=path.name, hint=hint)


def read_parts(path: Path, *, part_bytes: int = PART_BYTES) -> Iterator[TextTable]:
    """One table of a very large plain file, a part at a time, lines numbered as in the whole; each part has the header.

    Yields nothing for files that fit into one part or begin as no plain table does. Raises NotPlainError where a later
    part shows that the file must be read as a whole. A part ends at a line end outside quotes.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.readline(part_bytes)
        if size <= part_bytes or head[:2] in (b"PK", b"\x1f\x8b") or head.startswith((b"{", b"[", b"#", b"sep=")):
            return
        rest, lines, first = b"", head.count(b"\n"), True
        while block := stream.read(part_bytes):
            block = rest + block
            end = _last_line_end(block) if stream.tell() < size else len(block)
            whole, rest = block[:end], block[end:]
            try:
                text = (head + whole).decode("utf-8-sig")
            except UnicodeDecodeError as exc:
                raise NotPlainError(path.name) from exc
            tables = _text(_without_controls(Decoded(text, "utf-8"), whole), file=path.name).tables
            if len(tables) != 1:
                raise NotPlainError(path.name)
            yield _moved(tables[0] if first else replace(tables[0], notices=()), lines - head.count(b"\n"))
            first = False
            lines += whole.count(b"\n")


def _last_line_end(block: bytes) -> int:
    """Where the last line ends that no open quote runs over; the block's end where there is none."""
    open_quotes = block.count(b'"') % 2
    end = block.rfind(b"\n")
    open_quotes ^= block.count(b'"', end) % 2
    while end > 0 and open_quotes:
        before = block.rfind(b"\n", 0, end)
        open_quotes ^= block.count(b'"', before, end) % 2
        end = before
    return end + 1 if end > 0 else len(block)


def read_table(path: Path) -> TextTable:
    """The first table of a file. Raises IntakeError when there is none to read."""
    return read_file(path).tables[0]


def parse_table(data: bytes, *, file: str) -> TextTable:
    """The same from bytes."""
    return read_bytes(data, file=file).tables[0]


def read_bytes(data: bytes, *, file: str, hint: str | None = None) -> Document:
    """`read_file` from bytes; `file` is only named in errors."""
    _refuse_foreign(data, file=file)
    try:
        if is_archive(data):
            return _archive(data, file=file, hint=hint)
        data = unpacked(data)
        if is_excel(data):
            return _excel(data, file=file)
    except BadArchiveError as exc:
        raise IntakeError(file=file, problem=str(exc), cure=exc.cure) from exc
    _refuse_foreign(data, file=file)
    _refuse_no_text(data, file=file)
    return _text(_without_controls(decode(data, hint=hint), data), file=file)


def _without_controls(read: Decoded, data: bytes) -> Decoded:
    """The text without NUL and other control marks, which no export means; looked for in the bytes, which is quick."""
    if read.encoding.startswith("utf-16") or len(data) != len(data.translate(None, _MARKS)):
        return replace(read, text=_CONTROLS.sub("", read.text))
    return read


def _archive(data: bytes, *, file: str, hint: str | None) -> Document:
    """All tables of a zip's files, lines counted on from file to file."""
    tables: list[TextTable] = []
    kinds: list[str] = []
    garbled: list[str | None] = []
    for name, content in entries(data):
        if not content.strip():
            continue
        inner = read_bytes(content, file=f"{file}/{name}", hint=hint)
        kinds.append(inner.kind)
        garbled.append(inner.garbled)
        base = max((_last_line(table) for table in tables), default=0)
        tables += [_moved(replace(table, part=table.part or name), base) for table in inner.tables]
    if not tables:
        raise IntakeError(file=file, problem="the archive holds no table", cure="Put CSV or Excel files into it")
    kind = "archive" if len(set(kinds)) > 1 or len(tables) > 1 else kinds[0]
    return Document(tuple(tables), kind, garbled=next((name for name in garbled if name), None))


def _excel(data: bytes, *, file: str) -> Document:
    """The tables of the sheets that can be seen; of all, where none can."""
    found = list(sheets(data))
    any_seen = any(not sheet.hidden for sheet in found)
    tables: list[TextTable] = []
    for sheet in found:
        base = max((_last_line(table) for table in tables), default=0)
        shown = not sheet.hidden or not any_seen
        tables += [_moved(table, base) for table in sheet_tables(sheet, file=file, shown=shown)]
    if not tables:
        raise _empty(file)
    return Document(tuple(tables), "excel")


def _last_line(table: TextTable) -> int:
    lines = [*(row.line for row in table.rejected), *table.skipped, 1]
    return max(max(lines), int(table.frame["source_line"].cast(pl.Int64).max() or 0))  # type: ignore[arg-type]


def _moved(table: TextTable, base: int) -> TextTable:
    if not base:
        return table
    return replace(
        table,
        frame=table.frame.with_columns(pl.col("source_line") + base),
        rejected=tuple(replace(row, line=row.line + base) for row in table.rejected),
        skipped={line + base: why for line, why in table.skipped.items()},
    )


def _text(read: Decoded, *, file: str) -> Document:
    text = _SCRIPT_START.sub("", read.text, count=1)
    start = text[:200].lstrip()
    if start.startswith(("{", "[")):
        try:
            return Document((_noticed(_json(text, file=file), read),), "json", read.encoding)
        except NotRecordsError as exc:
            if start.startswith("{"):
                problem = f"this is JSON that cannot be read ({exc})"
                raise IntakeError(file=file, problem=problem, cure="Export it again; it may be cut off") from exc
    if looks_like_log(text):
        frame, bad, left_out = log_table(text)
        rejected = tuple(Rejected(line, "not_this_format", message) for line, message in bad)
        table = TextTable(_names(frame), frame, rejected, skipped=left_out)
        return Document((_noticed(table, read),), "log", read.encoding)
    tables, delimiter = _delimited(text, file=file)
    if read.mixed:
        tables = [_without_lost(table) for table in tables]
    first, garbled = _noticed(tables[0], read), as_misread(text)
    if garbled:
        first = replace(first, notices=(*first.notices, garbled.told))
    return Document((first, *tables[1:]), "delimited", read.encoding, delimiter, garbled.encoding if garbled else None)


def _json(text: str, *, file: str) -> TextTable:
    frame, bad = json_table(text, max_columns=MAX_COLUMNS)
    return TextTable(_names(frame), frame, tuple(Rejected(line, "unreadable", message) for line, message in bad))


def _names(frame: pl.DataFrame) -> tuple[str, ...]:
    return tuple(name for name in frame.columns if name != "source_line")


def _noticed(table: TextTable, read: Decoded) -> TextTable:
    return replace(table, notices=(*table.notices, read.notice)) if read.notice else table


def _without_lost(table: TextTable) -> TextTable:
    """Rows with letters in another encoding than the rest of the file are put aside."""
    lost = pl.any_horizontal(pl.col(name).str.contains(_LOST, literal=True) for name in table.headers)
    bad = table.frame.filter(lost.fill_null(False))["source_line"].to_list()
    message = "the line is in another encoding than the rest of the file"
    rejected = tuple(Rejected(line, "mixed_encoding", message) for line in bad)
    return replace(table, frame=table.frame.filter(~lost.fill_null(False)), rejected=(*table.rejected, *rejected))


_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"
_MARKS = bytes(set(range(32)) - set(b"\t\n\r")) + b"\x7f"
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _refuse_foreign(data: bytes, *, file: str) -> None:
    known = foreign(data)
    if known:
        raise IntakeError(file=file, problem=known.problem, cure=known.cure)


def _refuse_no_text(data: bytes, *, file: str) -> None:
    if not data.strip():
        raise _empty(file)
    if _is_binary(data[:8192]):
        raise IntakeError(
            file=file,
            problem="this is not a text file and no spreadsheet",
            cure="Export the data again, as CSV or XLSX",
        )


def _is_binary(head: bytes) -> bool:
    """Whether more than one byte in twenty is a control mark; UTF-16, which is full of them, aside."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or nul_order(head) is not None:
        return False
    marks = len(head) - len(head.translate(None, _CONTROL))
    return len(head) >= 32 and marks > len(head) / 20


def _empty(file: str) -> IntakeError:
    return IntakeError(file=file, problem="the file is empty", cure="Export it again and check that it has rows")


def find_delimiter(text: str) -> str:
    """Of , ; tab | the one that cuts most rows of the beginning into the widest common width."""
    told = re.match(r'^"?sep=(.)"?\r?\n', text)
    if told and told[1] in ",;\t|":
        return told[1]
    head = text[:20_000]

    def score(delimiter: str) -> float:
        rows = (
            row for _, row in zip(range(60), csv_rows(head, delimiter), strict=False) if row and not is_comment(row)
        )
        widths = Counter(len(row) for row in rows)
        width = max(widths, key=lambda n: (widths[n] if n > 1 else 0, n), default=1)
        widest = max(widths, default=1)
        best = max((widths[w] / max(1, widths.total()) * w**0.5 for w in (width, widest) if w > 1), default=0.0)
        return best

    return max(",;\t|", key=score)


def _delimited(text: str, *, file: str) -> tuple[list[TextTable], str]:
    delimiter = find_delimiter(text)
    if len(text) >= FAST_FROM:
        table = _fast(text, delimiter, file=file)
        if table is not None:
            return [_with_decimal(table, delimiter)], delimiter
    rows, wide = numbered(text, delimiter), widest(text, delimiter) > 1
    tables = cut(rows, file=file, wide=wide, ends_open=not text.endswith(("\n", "\r")))
    if not tables:
        raise _empty(file)
    return [_with_decimal(table, delimiter) for table in tables], delimiter


def _with_decimal(table: TextTable, delimiter: str) -> TextTable:
    return replace(table, decimal=",") if delimiter == ";" else table


def _fast(text: str, delimiter: str, *, file: str) -> TextTable | None:
    """One big plain table by polars, all cells text; None where anything but a plain table is met.

    Lines are counted from the breaks inside cells, and the count must agree with the file's own.
    """
    head = [row for _, row in zip(range(3), csv_rows(text[:200_000], delimiter), strict=False)]
    if len(head) < 3 or len(head[0]) < 2 or is_preamble(head[0], head[1]) or is_comment(head[0]):
        return None
    if "\r" in text and text.count("\r") != text.count("\r\n"):
        return None
    headers = unique_headers(head[0], file=file)
    if text.count("\n") * len(headers) > len(text) + MAX_PADDED:  # a cell takes a character, its delimiter
        raise short_rows(file, len(headers))
    tail = _cut_tail(text, delimiter, columns=len(headers))
    try:
        frame = pl.read_csv(
            text[: len(text) - len(tail)].encode() if tail else text.encode(),
            separator=delimiter,
            infer_schema=False,
            has_header=False,
            skip_rows=0,
            new_columns=headers,
            truncate_ragged_lines=False,
            raise_if_empty=False,
        ).slice(1)
    except pl.exceptions.PolarsError:
        return None
    if frame.width != len(headers) or (tail and frame[headers[-1]].has_nulls()):
        return None
    table = _fast_table(
        frame, headers, head[0], breaks=text.count("\n"), ends_open=not tail and not text.endswith("\n")
    )
    if table is None or ('"' in text and _may_glue_rows(frame, delimiter)):
        return None
    return _with_cut_line(table, tail, delimiter, line=text.count("\n") + 1) if tail else table


def _may_glue_rows(frame: pl.DataFrame, delimiter: str) -> bool:
    """Whether a cell holds a whole line with as many delimiters as a row has: `numbered` knows what it is."""
    sign = re.escape(delimiter)
    line = rf"\n[^{sign}\n]*(?:{sign}[^{sign}\n]*){{{frame.width - 1}}}\n"
    return bool(frame.select(pl.any_horizontal(pl.all().str.contains(line).any())).item())


def _cut_tail(text: str, delimiter: str, *, columns: int) -> str:
    """The last line, where it has no end and fewer cells than the header; empty where it is whole."""
    tail = text[text.rfind("\n") + 1 :]
    return tail if tail.strip() and tail.count(delimiter) < columns - 1 else ""


def _with_cut_line(table: TextTable, tail: str, delimiter: str, *, line: int) -> TextTable | None:
    """The table and its cut last line, put aside; None where that line may be a total or a remark."""
    (row,) = csv_rows(tail, delimiter)
    if TOTAL_CELL.match(row[0].strip()) or '"' in tail:
        return None
    message = cut_message(line, len(row), len(table.headers))
    return replace(table, rejected=(*table.rejected, Rejected(line, "file_cut", message)))


def _fast_table(
    frame: pl.DataFrame, headers: list[str], raw: Sequence[str], *, breaks: int, ends_open: bool
) -> TextTable | None:
    lines = _line_numbers(frame, 1 + sum(cell.count("\n") for cell in raw), breaks + ends_open)
    if lines is None:
        return None
    first = pl.col(headers[0])
    odd = first.str.starts_with("# ") | (first.str.strip_chars() == "#") | (first == raw[0])
    longest = frame.select(pl.max_horizontal(pl.col(headers).str.len_bytes().max())).item() or 0
    if longest > MAX_FIELD or frame.select(odd.fill_null(False).any()).item():
        return None
    cells = frame.select(pl.when(pl.col(headers).str.strip_chars() != "").then(pl.col(headers)))
    empty = cells.select(pl.all_horizontal(pl.all().is_null()).alias("blank"))["blank"]
    if empty.head(max(0, len(empty) - 3)).any():
        return None
    plain = TextTable(tuple(headers), cells.with_columns(lines).filter(~empty))
    return replace(plain, doubled=doubled(raw))


def _line_numbers(frame: pl.DataFrame, header_lines: int, in_all: int) -> pl.Series | None:
    """The line each row begins on, as `source_line`; None where rows and breaks inside cells do not make up the file's
    lines `in_all`. As many rows as lines leave no break for a cell."""
    if frame.is_empty():
        return None
    if frame.height + header_lines == in_all:
        return pl.int_range(header_lines + 1, in_all + 1, dtype=pl.Int64, eager=True).alias("source_line")
    inside = pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0)).cast(pl.Int64)
    counted = frame.select(inside.alias("inside"), ends=header_lines + (inside + 1).cum_sum())
    if counted["ends"].last() != in_all:
        return None
    return (counted["ends"] - counted["inside"]).alias("source_line")
