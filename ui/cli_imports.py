"""The commands on files that came in: the list of imports, taking one back, letting it stand again, rows kept aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ui.command import Json, app, now, open_or_stop
from ui.terminal import print_json, print_table, stop, tell

imports_app = typer.Typer(
    help="Files that came in: list them, take one back, bring it back, see the rows kept aside.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(imports_app, name="imports", invoke_without_command=True)

Number = Annotated[int, typer.Argument(metavar="ID", min=1, help="The import's number, as `earned imports` shows it.")]


@imports_app.callback()
def imports(context: typer.Context, as_json: Json = False) -> None:
    """Files that came in, the newest first."""
    if context.invoked_subcommand:
        return
    from ui import documents_imports
    from ui.import_advice import COUNTS

    document = documents_imports.listed(open_or_stop(context))
    if as_json:
        print_json(document)
        return
    columns = [
        ("id", "Id"), ("file_name", "File"), ("layout", "Layout"), ("account", "Account"), ("state", "State"),
        *COUNTS, ("finished_at", "When"),
    ]  # fmt: skip
    print_table("Imports", columns, document["rows"], empty="`earned import FILE` brings one in")


@imports_app.command()
def undo(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Take an import back, all of it. What other files brought too stays."""
    from config.intake import ImportBusyError
    from ui import imports as handled

    workspace = open_or_stop(context)
    row = _known(workspace, number)
    try:
        done = handled.undo(workspace, number, now=now())
    except ImportBusyError as problem:
        stop(str(problem), code=1)
    document = {
        "id": number, "file": row["file_name"], "state": "undone", "changed": done.stood, "mentions": done.mentions,
        "restored": done.restored, "left": done.left,
    }  # fmt: skip
    if as_json:
        print_json(document)
    elif not done.stood:
        print(f"Import {number} ({row['file_name']}) did not stand any more; nothing was changed")
    else:
        print(f"Import {number} ({row['file_name']}) is taken back{_what(document)}")
        again = handled.can_redo(row["layout"], "undone")
        tell(f"`earned imports redo {number}` brings it back" if again else "Its file can be imported again")


@imports_app.command()
def redo(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Let an import that was taken back stand again."""
    from config.intake import IntakeError
    from ui import imports as handled

    workspace = open_or_stop(context)
    row = _known(workspace, number)
    try:
        changed = handled.redo(workspace, number, now=now())
    except IntakeError as problem:
        stop(str(problem), code=1)
    if not changed:
        why = "it stands" if row["state"] == "done" else "only files of facts are kept; import its file again"
        stop(f"import {number} ({row['file_name']}) cannot be brought back: {why}", code=1)
    if as_json:
        print_json({"id": number, "file": row["file_name"], "state": "done", "changed": True})
    else:
        print(f"Import {number} ({row['file_name']}) stands again")


@imports_app.command()
def quarantine(
    context: typer.Context,
    number: Annotated[int | None, typer.Argument(metavar="[ID]", help="Of this import alone.")] = None,
    as_json: Json = False,
) -> None:
    """Rows that were kept aside: which file, which line, what was wrong, what to do."""
    from ui import documents_imports

    workspace = open_or_stop(context)
    if number is not None:
        _known(workspace, number)
    document = documents_imports.quarantined(workspace, import_id=number)
    if as_json:
        print_json(document)
    else:
        columns = [("import_id", "Import"), ("file_name", "File"), ("line", "Line"), ("message", "What was wrong")]
        print_table("Kept aside", columns, document["rows"], empty="every row that was read could be used")


def _known(workspace: Any, number: int) -> Mapping[str, Any]:
    from config import intake

    row = next((row for row in intake.list_imports(workspace.engine) if row["id"] == number), None)
    if row is None:
        stop(f"there is no import {number}; `earned imports` lists them")
    return row


def _what(document: Mapping[str, Any]) -> str:
    words = (("mentions", "mentions removed"), ("restored", "entries as they were"), ("left", "changed since and left"))
    parts = [f"{document[key]} {text}" for key, text in words if document[key]]
    return f": {', '.join(parts)}" if parts else ""
