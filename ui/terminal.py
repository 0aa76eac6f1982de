"""What the command line says to people: messages on standard error, tables and JSON on standard output."""

from __future__ import annotations

import contextvars
import datetime as dt
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import typer

_folder: contextvars.ContextVar[tuple[str, frozenset[str]] | None] = contextvars.ContextVar("folder", default=None)


def suggest_in(folder: str | None, commands: Iterable[str]) -> None:
    """From here on the commands that a message names carry `--workspace FOLDER`, where one was given."""
    _folder.set((folder, frozenset(commands)) if folder else None)


def as_typed(text: str) -> str:
    """A message whose commands (`earned listen`) can be typed as they stand, the workspace's folder in them."""
    given = _folder.get()
    if given is None:
        return text
    folder, commands = given
    called = f"earned --workspace {shlex.quote(folder)}"
    return _COMMAND.sub(lambda found: f"{called} {found[1]}" if found[1] in commands else found[0], text)


_COMMAND = re.compile(r"\bearned ([a-z][a-z-]*)\b")


def tell(text: str) -> None:
    """A sentence on standard output, beside a table or in its place."""
    print(as_typed(text))


def say(text: str) -> None:
    print(as_typed(text), file=sys.stderr, flush=True)


def stop(text: str, *, code: int = 2) -> NoReturn:
    say(f"earned: {text}")
    raise typer.Exit(code)


def print_json(document: object) -> None:
    from ui.documents import as_line

    print(as_line(document), flush=True)  # type: ignore[arg-type]


def print_table(
    title: str, columns: Sequence[tuple[str, str]], rows: Iterable[dict[str, Any]], *, empty: str | None = None
) -> None:
    """`columns` are (key, heading). Unknown values show as an en dash, numbers are right-aligned.

    A column of whole numbers alone shows no decimals, words of a status no underscores, times the business zone's
    minute. `empty` says, where there is no row, how one comes about.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = list(rows)
    if not shown:
        tell(f"{title}: none yet; {empty}" if empty else f"{title}: none")
        return
    whole = {key for key, _ in columns if _all_whole([row.get(key) for row in shown])}
    table = Table(show_edge=False)
    for key, heading in columns:
        numeric = any(isinstance(row.get(key), (int, float)) or _is_money(row.get(key)) for row in shown)
        table.add_column(
            heading,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=numeric,
            min_width=len(heading),
        )
    for row in shown:
        # Text, not markup: much of this is written by strangers.
        table.add_row(*(Text(_shown(key, row.get(key), whole=key in whole)) for key, _ in columns))
    # Into a file or pipe nobody needs the table cut to a terminal's width.
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(Text(as_typed(title), style="italic"))
    console.print(table)


_STATUS = frozenset({"state", "status", "outcome", "reason", "verdict", "health"})
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z")
_zone: contextvars.ContextVar[dt.tzinfo] = contextvars.ContextVar("zone", default=dt.UTC)


def show_times_in(zone: dt.tzinfo) -> None:
    """From here on tables show times in this zone; before, and in JSON, they are UTC."""
    _zone.set(zone)


def shown_zone() -> dt.tzinfo:
    """The zone in which times are told to people."""
    return _zone.get()


def _all_whole(values: Sequence[object]) -> bool:
    floats = [value for value in values if isinstance(value, float)]
    return bool(floats) and all(value.is_integer() for value in floats)


def _shown(key: str, value: object, *, whole: bool) -> str:
    if whole and isinstance(value, float):
        return f"{value:,.0f}"
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return f"{dt.datetime.fromisoformat(value).astimezone(_zone.get()):%Y-%m-%d %H:%M}"
    if key in _STATUS and isinstance(value, str) and re.fullmatch(r"[a-z]+(_[a-z]+)+", value):
        return value.replace("_", " ")
    return cell(value)


def _is_money(value: object) -> bool:
    return isinstance(value, str) and value.replace("-", "").replace(".", "").isdigit() and "." in value


def cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "–"
    return "".join(letter for letter in str(value) if letter.isprintable())


def counted(n: int, one: str, many: str | None = None) -> str:
    """ "1 order", "2 orders": a count with the form of the word that fits it."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def print_notes(sentences: Sequence[str]) -> None:
    """What must be known beside a table, on standard output below it."""
    for sentence in sentences:
        tell(f"- {cell(sentence)}")


def progress(verb: str) -> Callable[[int, int, str], None]:
    """A line on standard error that counts along; nothing without a terminal."""

    def show(done: int, of: int, what: str) -> None:
        if sys.stderr.isatty():
            end = "\n" if done == of else ""
            print(f"\r\x1b[K{verb} {done}/{of} {what[:60]}", end=end, file=sys.stderr, flush=True)

    return show
