"""What the command line says of a file of no known layout: what it may be, why, and the command that reads it so."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ui.mapping import BY_CELLS, BY_NAME, Guess, Proposal

# What became of a file's rows, as every table on the command line and the page Data calls it.
COUNTS = (
    *(("read", "Read"), ("accepted", "New"), ("updated", "Updated"), ("duplicates", "Known already")),
    *(("quarantined", "Kept aside"), ("skipped", "Left out")),
)


def advice(file: str, found: Proposal) -> list[str]:
    """Lines for a person; `file` as it was given, safe to be pasted into a shell."""
    told = [f"  {name} = {_shown(guess.header)} ({_why(guess)})" for name, guess in found.guesses.items()]
    pairs = [f"--map {shlex.quote(f'{name}={guess.header}')}" for name, guess in found.guesses.items()]
    pairs += [f"--map {name}:=VALUE" for name in found.missing]
    lacking = f"; not found: {', '.join(found.missing)} (say what it is in every row)" if found.missing else ""
    return [
        f"{file}: it may be {found.layout}{lacking}",
        *told,
        "If that is right, run: " + " ".join(["earned import", shlex.quote(file), "--as", found.layout, *pairs]),
    ]


def _why(guess: Guess) -> str:
    if guess.by == BY_CELLS:
        return "by its cells"
    if guess.name is None:
        return "by its name"
    return f"by {'its name' if guess.by == BY_NAME else f'“{guess.name}” in its name'}, {guess.language}"


def _shown(header: str) -> str:
    return "“" + "".join(letter if letter.isprintable() else "?" for letter in header)[:60] + "”"


def with_proposal(row: Mapping[str, Any], found: Proposal | None) -> dict[str, Any]:
    """A file's row of the document, with what it may be where that is known."""
    return dict(row) | ({"proposed": found.as_json()} if found else {})
