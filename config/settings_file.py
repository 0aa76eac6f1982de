"""Writes into `earned.toml` what the pages and commands set up, keeping every comment and line that is not meant.

A change that would make the file unreadable, or say anything else than was asked for, is not written: SettingsError.
"""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomlkit
from filelock import FileLock, Timeout
from tomlkit.exceptions import TOMLKitError

from config.settings import Settings, SettingsError, parse_settings

NAME = "earned.toml"
_WAIT_SECONDS = 10.0

Row = Mapping[str, Any]


def add_sources(folder: Path, rows: Sequence[Row]) -> Settings:
    """Append `[[source]]` entries with these keys; None values are left out. Raises SettingsError, then writes none."""
    return _edit(folder, lambda lists: _listed(lists, "source").extend(_without_none(row) for row in rows))


def change_source(folder: Path, name: str, values: Row) -> Settings:
    """Set keys of one source; None takes a key out, so that its default holds again."""
    return _edit(folder, lambda lists: _set(_entry(folder, lists, "source", name), values))


def remove_source(folder: Path, name: str) -> Settings:
    """Take one source out."""

    def remove(lists: Any) -> None:
        entries = _listed(lists, "source")
        place = _place(folder, entries, "source", name)
        del entries[place]
        if not len(entries):
            del lists["source"]

    return _edit(folder, remove)


def set_query(folder: Path, brand: str, match: str) -> Settings:
    """Replace a brand's query."""
    return _edit(folder, lambda lists: _set(_entry(folder, lists, "brand", brand), {"match": match}))


def duration_text(value: dt.timedelta) -> str:
    """A duration as the file writes it: "15m", "6h", "1d"."""
    minutes = max(1, round(value.total_seconds() / 60))
    for size, letter in ((1440, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size}{letter}"
    return f"{minutes}m"


def _without_none(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _set(entry: Any, values: Row) -> None:
    for key, value in values.items():
        if value is not None:
            entry[key] = value
        elif key in entry:
            del entry[key]


def _listed(lists: Any, kind: str) -> Any:
    if kind not in lists:
        lists[kind] = tomlkit.aot() if isinstance(lists, tomlkit.TOMLDocument) else []
    return lists[kind]


def _entry(folder: Path, lists: Any, kind: str, name: str) -> Any:
    entries = _listed(lists, kind)
    return entries[_place(folder, entries, kind, name)]


def _place(folder: Path, entries: Any, kind: str, name: str) -> int:
    names = [str(entry.get("name")) for entry in entries]
    if name not in names:
        known = ", ".join(names) or "none"
        raise SettingsError(
            file=folder / NAME, line=None, key="", problem=f"there is no {kind} {name!r}", cure=f"Known: {known}"
        )
    return names.index(name)


def _edit(folder: Path, change: Callable[[Any], None]) -> Settings:
    """Apply the change to the file's text and to its plain data: both must come out the same before it is written."""
    file = folder / NAME
    with _alone(file):
        text = _text(file)
        newline = "\r\n" if "\r\n" in text else "\n"
        plain = _plain(text, file)
        change(plain)
        try:
            document = tomlkit.parse(text)
            change(_Documented(document))
            written = _line_ends(tomlkit.dumps(document), newline)
            same = tomllib.loads(written) == plain
        except (TOMLKitError, tomllib.TOMLDecodeError) as exc:
            raise _unwritable(file) from exc
        if not same:
            raise _unwritable(file)
        settings = parse_settings(written, file=file)
        _replace(file, written)
    return settings


class _Documented:
    """A parsed document, changed like a dictionary; new lists of tables get a line of space before each entry."""

    def __init__(self, document: tomlkit.TOMLDocument) -> None:
        self._document = document

    def __contains__(self, kind: str) -> bool:
        return kind in self._document

    def __getitem__(self, kind: str) -> Any:
        return _Entries(self._document, kind)

    def __setitem__(self, kind: str, value: Any) -> None:
        self._document[kind] = tomlkit.aot()

    def __delitem__(self, kind: str) -> None:
        del self._document[kind]


class _Entries:
    """A list of tables of a document."""

    def __init__(self, document: tomlkit.TOMLDocument, kind: str) -> None:
        self._document, self._kind = document, kind
        self._entries: Any = document[kind]

    def __iter__(self) -> Any:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, place: int) -> Any:
        return self._entries[place]

    def __delitem__(self, place: int) -> None:
        kept = _behind(self._entries[place])
        if kept:
            self._hand_on(kept, place)
        del self._entries[place]

    def _hand_on(self, kept: list[Any], place: int) -> None:
        """Comments behind an entry speak of what follows it."""
        if place + 1 < len(self._entries):
            follower = self._entries[place + 1]
        else:
            body = self._document.body
            own = next(n for n, (key, _) in enumerate(body) if key is not None and key.key == self._kind)
            rest = [item for _, item in body[own + 1 :] if isinstance(item, tomlkit.items.Table | tomlkit.items.AoT)]
            if not rest:
                body.extend((None, item) for item in kept)
                return
            follower = rest[0][0] if isinstance(rest[0], tomlkit.items.AoT) else rest[0]
        follower.trivia.indent = "".join(item.as_string() for item in kept) + follower.trivia.indent

    def extend(self, rows: Any) -> None:
        inline = not isinstance(self._entries, tomlkit.items.AoT)
        for row in rows:
            table = tomlkit.inline_table() if inline else tomlkit.table()
            table.update(row)
            if not inline:
                table.add(tomlkit.nl())
            self._entries.append(table)


def _behind(entry: Any) -> list[Any]:
    """What stands behind an entry's keys and a blank line, where a comment is among it."""
    if not isinstance(entry, tomlkit.items.Table):
        return []
    body = entry.value.body
    last = max((n for n, (key, _) in enumerate(body) if key is not None), default=-1)
    blank = next((n for n in range(last + 1, len(body)) if isinstance(body[n][1], tomlkit.items.Whitespace)), len(body))
    kept = [item for _, item in body[blank:]]
    return kept if any(isinstance(item, tomlkit.items.Comment) for item in kept) else []


def _plain(text: str, file: Path) -> dict[str, Any]:
    parse_settings(text, file=file)  # what is wrong already is told in its own words
    return tomllib.loads(text)


def _text(file: Path) -> str:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(
            file=file, line=None, key="", problem="the file cannot be read", cure="Save it as UTF-8 in your editor"
        ) from exc


def _line_ends(text: str, newline: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", newline)


def _unwritable(file: Path) -> SettingsError:
    return SettingsError(
        file=file,
        line=None,
        key="",
        problem="this change cannot be written without touching other lines",
        cure="Make it by hand in your editor",
    )


@contextmanager
def _alone(file: Path) -> Any:
    lock = FileLock(file.with_name(f".{file.name}.lock"))
    try:
        with lock.acquire(timeout=_WAIT_SECONDS):
            yield
    except Timeout as exc:
        raise SettingsError(
            file=file, line=None, key="", problem="another process is writing this file", cure="Try again in a moment"
        ) from exc


def _replace(file: Path, text: str) -> None:
    """All of the new file or all of the old one, whatever happens in between. A link stays one."""
    file = file.resolve()
    fresh = file.with_name(f".{file.name}.new")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            fresh.chmod(file.stat().st_mode & 0o777)
        os.replace(fresh, file)
    except OSError as exc:
        raise SettingsError(
            file=file, line=None, key="", problem=f"the file cannot be written: {exc.strerror}", cure="Check its rights"
        ) from exc
