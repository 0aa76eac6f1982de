"""The commands that look after a workspace: doctor, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.command import Json, app, folder_of, now, open_or_stop
from ui.terminal import cell, counted, print_json, print_table, stop, tell

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Is the workspace well? Settings, database, facts, disk, clock, models, sources; each problem with its cure."""
    from ui import doctor as checks

    found = checks.examine(folder_of(context), now=now())
    document = checks.as_json(found)
    if as_json:
        print_json(document)
    else:
        columns = [("name", "What"), ("state", "State"), ("found", "Found")]
        print_table("Well" if document["well"] else "Not well", columns, document["checks"])
        for check in document["checks"]:
            if check["cure"]:
                tell(f"- {cell(check['name'])}: {cell(check['cure'])}.")
    raise typer.Exit(0 if document["well"] else 1)


@app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write, such as shop.earned-backup.")],
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write the whole workspace to one file: settings, database, facts, key. Keep it as secret as the workspace."""
    from config.backup import BackupError, write_backup
    from config.backup import as_json as document

    workspace = open_or_stop(context)
    try:
        made = write_backup(workspace, file, now=now(), force=force)
    except BackupError as problem:
        stop(str(problem), code=1)
    if as_json:
        print_json(document(made))
        return
    print(
        f"Wrote {made.path}: {counted(made.mentions, 'mention')}, {counted(made.imports, 'import')}, "
        f"{counted(made.files, 'file')}, "
        f"{made.bytes / 1e6:.1f} MB. It holds the key of the keyed hashes: keep it secret."
    )


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that earned backup wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Move aside the workspace that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Put a backup back as this workspace. Stop what runs on it before."""
    from config.backup import BackupError, restore_backup
    from config.backup import as_json as document

    try:
        made = restore_backup(file, folder_of(context).resolve(), now=now(), force=force)
    except BackupError as problem:
        stop(str(problem), code=1)
    if as_json:
        print_json(document(made))
        return
    held = f"{counted(made.mentions, 'mention')}, {counted(made.imports, 'import')}"
    print(f"Put back what was backed up at {made.made_at}: {held}.")
    if made.set_aside:
        print(f"What was there before lies in {made.set_aside}.")
    if made.kept_forgotten:
        print(f"Keys of people forgotten since then, which keep files from bringing them back: {made.kept_forgotten}.")
    tell("People forgotten since that backup are in it again: forget them again (earned forget WHO).")
