"""`earned forget`: a person's words, names and keys leave the workspace."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ui.command import Json, app, now, open_or_stop
from ui.terminal import counted, print_json, stop

if TYPE_CHECKING:
    from ui.forgetting import Person


@app.command()
def forget(
    context: typer.Context,
    who: Annotated[str, typer.Argument(help="network:handle of an author, or a customer's e-mail address or number.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is stored of them, and change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a person for good: their mentions, names and keys. Their orders stay, unkeyed, so that sums still hold."""
    from ui.forgetting import ForgetBusyError, SeveralPeopleError, forget_person, known_of

    if not who.strip():
        stop("nobody is named: give an author as network:handle, or a customer's e-mail address or number")
    workspace = open_or_stop(context)
    try:
        person = known_of(workspace, who)
        if not as_json:
            print(_known(person))
        if not dry_run and (yes or _agreed(as_json)):
            person = forget_person(workspace, person, now=now())
    except SeveralPeopleError as problem:
        stop(str(problem))
    except ForgetBusyError as problem:
        stop(str(problem), code=1)
    if as_json:
        print_json(person.as_json())
    elif person.forgotten:
        print("Forgotten. Files and feeds that name them again will not bring them back. Backups still hold them.")
        if not person.journal_emptied:
            print("The database's journal is in use elsewhere: close the web interface and repeat this command.")


def _agreed(as_json: bool) -> bool:
    if as_json or not sys.stdin.isatty():
        stop("this cannot be undone; add --yes to do it, or --dry-run to see what is stored")
    return typer.confirm("Remove all of it for good?")


def _known(person: Person) -> str:
    if person.unknown:
        return f"Nothing is stored of {person.who}. Forgetting them keeps later files from bringing them in."
    parts = [f"{counted(rows, 'row')} of {name}" for name, rows in person.rows.items()]
    if person.author:
        entry = ", an entry in the register of people" if person.registered else ""
        parts.insert(0, f"the author {person.author} with {counted(person.mentions, 'mention')}{entry}")
    return f"Stored of {person.who}: {'; '.join(parts)}."
