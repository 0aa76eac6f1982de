"""JSON documents and JSON lines as text tables: one row a record, nested objects as dotted columns.

Numbers keep the digits they were written with; lists stay JSON text, for the layout that knows them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

MAX_DEPTH = 6


class NotRecordsError(ValueError):
    """The text is no JSON with records in it; the message says where it stops."""


def json_table(text: str, *, max_columns: int) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """The records as String columns with `source_line`, and the lines that are no JSON: (line, message).

    `source_line` is the line for JSON lines, the record's number from 1 for one JSON document. Raises NotRecordsError.
    """
    found, bad = _records(text)
    rows: list[dict[str, str | None]] = []
    lines: list[int] = []
    names: dict[str, None] = {}
    for line, record in found:
        row = dict(_flat(record))
        if len(names) < max_columns:
            names.update(dict.fromkeys(row))
        rows.append(row)
        lines.append(line)
    kept = [name for name in names if name != "source_line"][:max_columns]
    columns = {name: pl.Series(name, [row.get(name) for row in rows], dtype=pl.String) for name in kept}
    return pl.DataFrame(columns | {"source_line": pl.Series("source_line", lines, dtype=pl.Int64)}), bad


def _records(text: str) -> tuple[list[tuple[int, dict[str, Any]]], list[tuple[int, str]]]:
    try:
        document = _load(text)
    except ValueError as exc:
        if "\n" not in text.strip():
            raise NotRecordsError(str(exc)) from exc
        return _lines(text, str(exc))
    records = [item for item in _longest_list(document) if isinstance(item, dict)]
    if not records:
        raise NotRecordsError("it holds no list of records")
    return list(enumerate(records, start=1)), []


def _lines(text: str, problem: str) -> tuple[list[tuple[int, dict[str, Any]]], list[tuple[int, str]]]:
    found: list[tuple[int, dict[str, Any]]] = []
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = _load(line)
        except ValueError:
            record = None
        if isinstance(record, dict):
            found.append((number, record))
        else:
            bad.append((number, f"line {number} is no JSON object"))
    if not found:
        raise NotRecordsError(problem)
    return found, bad


def _load(text: str) -> Any:
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError("its lists lie too deep in each other") from None


def _longest_list(document: Any) -> Iterable[Any]:
    """A list of records itself, the longest list of records inside an object, or the object as the one record."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return []
    lists = [v for v in document.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
    scalar = any(not isinstance(v, (dict, list)) for v in document.values())
    single = [v for v in document.values() if isinstance(v, dict)]
    entries = _feed_entries(document)
    if entries:
        return entries
    if "id" in document or "event_name" in document or not (lists or single):
        return [document]
    if lists:
        return max(lists, key=len)
    return single if len(single) == 1 and not scalar else [document]


def _feed_entries(document: Mapping[str, Any]) -> list[Any]:
    """Apple's reviews: {"feed": {"author": .., "entry": [..]}}, a single entry being no list."""
    feed = document.get("feed") if len(document) == 1 else None
    entries = feed.get("entry") if isinstance(feed, dict) else None
    return [entries] if isinstance(entries, dict) else entries if isinstance(entries, list) else []


def _flat(record: Mapping[str, Any], prefix: str = "", depth: int = 1) -> Iterator[tuple[str, str | None]]:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value and depth < MAX_DEPTH:
            yield from _flat(value, f"{name}.", depth + 1)
        elif value is None or value == [] or value == {}:
            yield name, None
        elif isinstance(value, bool):
            yield name, "true" if value else "false"
        elif isinstance(value, (dict, list)):
            yield name, json.dumps(value, ensure_ascii=False)
        else:
            yield name, str(value)
