"""What the command line says to people: messages on standard error, tables and JSON on standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import typer


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def stop(text: str, *, code: int = 2) -> NoReturn:
    say(f"earned: {text}")
    raise typer.Exit(code)


def print_json(document: object) -> None:
    from ui.documents import as_line

    print(as_line(document), flush=True)  # type: ignore[arg-type]


def print_table(title: str, columns: Sequence[tuple[str, str]], rows: Iterable[dict[str, Any]]) -> None:
    """`columns` are (key, heading). Unknown values show as an en dash, numbers are right-aligned."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = list(rows)
    table = Table(title=title, title_justify="left", show_edge=False)
    for key, heading in columns:
        numeric = any(isinstance(row.get(key), (int, float)) or _is_money(row.get(key)) for row in shown)
        table.add_column(
            heading,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=numeric or None,
            min_width=len(heading),
        )
    for row in shown:
        # Text, not markup: much of this is written by strangers.
        table.add_row(*(Text(cell(row.get(key))) for key, _ in columns))
    # Into a file or pipe nobody needs the table cut to a terminal's width.
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def _is_money(value: object) -> bool:
    return isinstance(value, str) and value.replace("-", "").replace(".", "").isdigit() and "." in value


def cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "–"
    return "".join(letter for letter in str(value) if letter.isprintable())


def print_notes(sentences: Sequence[str]) -> None:
    """What must be known beside a table, on standard output below it."""
    for sentence in sentences:
        print(f"- {cell(sentence)}")


def progress(verb: str) -> Callable[[int, int, str], None]:
    """A line on standard error that counts along; nothing without a terminal."""

    def show(done: int, of: int, what: str) -> None:
        if sys.stderr.isatty():
            end = "\n" if done == of else ""
            print(f"\r\x1b[K{verb} {done}/{of} {what[:60]}", end=end, file=sys.stderr, flush=True)

    return show
