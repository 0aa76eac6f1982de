"""The command line: parses, calls, prints. Data go to standard output, progress and logs to standard error.

Exit status: 0 done; 1 the work or a part of it failed (the JSON says which); 2 wrong usage or settings.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from ui.command import Json, app, folder_of, now, open_or_stop
from ui.terminal import counted, print_json, print_table, progress, say, stop, suggest_in

if TYPE_CHECKING:
    from config.workspace import Workspace
    from listener.collect import CollectReport
    from ui.inbox import Taken

DEMO_FOLDER = "earned-demo"
DEMO_FEED_PORT = 8602
UI_PORT = 8501


def main() -> None:
    """The console script."""
    try:
        app()
    except BrokenPipeError:
        # The reader of our output has enough (`earned mentions | head`): no error of ours. The signal itself stays
        # ignored, as it would also end the web interface when a browser hangs up in the middle of an answer.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as problem:
        from config.workspace import WorkspaceError

        if not isinstance(problem, WorkspaceError):
            raise
        say(f"earned: {problem}")
        sys.exit(2)


@app.callback()
def root(
    context: typer.Context,
    workspace: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="The workspace folder. Default: EARNED_WORKSPACE, else this folder."),
    ] = None,
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=lambda on: _print_version() if on else None)
    ] = False,
) -> None:
    context.obj = workspace
    suggest_in(workspace, context.command.list_commands(context) if isinstance(context.command, TyperGroup) else ())


def _print_version() -> NoReturn:
    print(f"earned {version('earned')}")
    raise typer.Exit


@app.command()
def init(context: typer.Context, as_json: Json = False) -> None:
    """Write a starter workspace: earned.toml, with comments, to be filled in."""
    from config.workspace import WorkspaceError, write_starter

    try:
        file = write_starter(folder_of(context).resolve())
    except WorkspaceError as problem:
        stop(str(problem))
    except OSError as problem:
        stop(f"{folder_of(context)} cannot be written: {problem.strerror}")
    if as_json:
        print_json({"path": str(file)})
    else:
        called = f"{sys.argv[0]} --workspace {folder_of(context)}"
        print(
            f"Wrote {file}\nNext: name your brand and a feed in it, then run:\n  {called} listen --once\n  {called} ui"
        )


@app.command()
def demo(
    context: typer.Context,
    no_ui: Annotated[bool, typer.Option("--no-ui", help="Fill the workspace and stop.")] = False,
    truth: Annotated[
        bool, typer.Option("--truth", help="Compare every order's credit with the cause the simulator drew.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the web interface.")] = UI_PORT,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    as_json: Json = False,
) -> None:
    """Fill a fresh workspace with a simulated shop, through the real path, and open it."""
    from ui.demo import shop

    given = context.obj or os.environ.get("EARNED_WORKSPACE")
    folder = Path(given or DEMO_FOLDER).resolve()
    try:
        with shop.feed_server(folder, port=DEMO_FEED_PORT, say=say) as server:
            steps = asyncio.run(shop.fill(folder, feed_base_url=server.url, now=now(), say=say))
            document: dict[str, Any] = {"path": str(folder), "simulated": True, "steps": steps}
            if truth:
                document["truth"] = shop.compare_with_truth(folder)
            if as_json:
                print_json(document)
            else:
                _print_demo(document)
            failed = any(step["error"] for step in steps) or document.get("truth", {}).get("differing")
            if failed:
                raise typer.Exit(1)
            if not no_ui:
                _serve(folder, port=port, browser=browser)
    except shop.NotADemoError as problem:
        stop(str(problem))


def _print_demo(document: dict[str, Any]) -> None:
    columns = [("step", "Step"), ("read", "Read"), ("stored", "Stored"), ("detail", "What")]
    print_table("The simulated shop, filled through the real path", columns, document["steps"])
    if "truth" in document:
        compared = document["truth"]
        print(
            f"Orders compared with the simulator's truth: {compared['orders']}; differing: {compared['differing']}. "
            f"Direct return: counted {compared['direct']}, true {compared['true_direct']} {compared['currency']}."
        )


@app.command()
def listen(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Poll every source now, then stop.")] = False,
    as_json: Json = False,
) -> None:
    """Poll the sources and the watched folder; without --once until stopped with Ctrl-C."""
    from config.settings import SettingsError
    from ui.pipeline import keep_codes_current

    workspace = open_or_stop(context)
    keep_codes_current(workspace)
    if not workspace.settings.source and workspace.settings.imports.watch is None:
        stop(f"{workspace.folder / 'earned.toml'} names no [[source]]; add one with name and url")
    try:
        if once:
            _listen_once(workspace, as_json)
        else:
            say("Listening; Ctrl-C ends it.")
            asyncio.run(_listen_until_stopped(workspace, as_json))
    except SettingsError as problem:  # a brand's query that cannot be read
        stop(str(problem))


def _listen_once(workspace: Workspace, as_json: bool) -> None:
    from listener import collect
    from ui import inbox

    report = asyncio.run(collect.collect_once(workspace, now=now, progress=progress("Polling")))
    files = inbox.take_waiting(workspace, now=now)
    document = report.as_json() | {"files": [file.as_json() for file in files]}
    _print_listen(document, as_json)
    failed = any(row["error"] for row in document["sources"]) or any(file.outcome == "failed" for file in files)
    raise typer.Exit(1 if failed else 0)


async def _listen_until_stopped(workspace: Workspace, as_json: bool) -> None:
    from listener import collect
    from ui import inbox

    stop_event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop_event.set)
        except NotImplementedError:  # Windows has no signal handlers in event loops; Ctrl-C raises there
            break

    def heard(report: CollectReport) -> None:
        _print_listen(report.as_json() | {"files": []}, as_json)

    def taken(files: list[Taken]) -> None:
        _print_listen({"sources": [], "mentions_new": 0, "files": [file.as_json() for file in files]}, as_json)

    await asyncio.gather(
        collect.collect_forever(workspace, now=now, stop=stop_event, on_round=heard),
        inbox.watch(workspace, now=now, stop=stop_event, on_files=taken),
    )


def _print_listen(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    columns = [
        ("name", "Source"),
        ("outcome", "Outcome"),
        ("entries", "Entries"),
        ("matched", "Matched"),
        ("new", "New"),
        ("updated", "Updated"),
        ("error", "Problem"),
    ]
    if document["sources"] or not document["files"]:
        print_table(f"New mentions: {document['mentions_new']}", columns, document["sources"])
    if document["files"]:
        from ui.import_advice import COUNTS

        columns = [("file", "File"), ("outcome", "Outcome"), ("layout", "Layout"), *COUNTS[1:], ("error", "Problem")]
        print_table("From the watched folder", columns, document["files"])


# Here, as the help lists the commands in the order in which a newcomer meets them; the others follow below.
from ui import cli_import  # noqa: E402, F401


@app.command("try-feed")
def try_feed(
    targets: Annotated[
        list[str], typer.Argument(metavar="FILE-OR-URL...", help="Feeds to look at; nothing is stored.")
    ],
    allow_private: Annotated[bool, typer.Option(help="Allow addresses inside your own network.")] = False,
    as_json: Json = False,
) -> None:
    """Show what each feed would give."""
    from listener import collect
    from ui.cli_sources import for_typist

    feeds = asyncio.run(_try_all(collect.try_feed, targets, allow_private))
    if as_json:
        from ui.documents import plain

        print_json(plain({"feeds": feeds}))
    else:
        for feed in feeds:
            columns = [("published_at", "Published"), ("author", "Author"), ("title", "Title"), ("text", "Text")]
            entries = [row | {"text": (row["text"] or "")[:160]} for row in feed["entries"][:20]]
            found = counted(len(feed["entries"]), "entry", "entries")
            print_table(f"{feed['source']}: {for_typist(feed['error']) or found}", columns, entries)
    raise typer.Exit(1 if any(feed["error"] for feed in feeds) else 0)


async def _try_all(try_one: Callable[..., Any], targets: list[str], allow_private: bool) -> list[dict[str, Any]]:
    return [await try_one(target, allow_private=allow_private, now=now()) for target in targets]


@app.command("ui")
def web(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port on 127.0.0.1.")] = UI_PORT,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open the web interface on 127.0.0.1."""
    workspace = open_or_stop(context)
    _serve(workspace.folder, port=port, browser=browser)


def _serve(folder: Path, *, port: int, browser: bool) -> None:
    from ui.serve import ServeError, serve

    try:
        serve(folder, port=port, open_browser=browser)
    except ServeError as problem:
        stop(str(problem))


# Last, so that the help lists the commands in the order in which a newcomer meets them.
from ui import (  # noqa: E402
    cli_care,  # noqa: F401
    cli_forget,  # noqa: F401
    cli_goals,  # noqa: F401
    cli_hand,  # noqa: F401
    cli_imports,  # noqa: F401
    cli_lift,  # noqa: F401
    cli_money,  # noqa: F401
    cli_query,  # noqa: F401
    cli_reads,  # noqa: F401
    cli_roi,  # noqa: F401
    cli_sources,  # noqa: F401
    cli_talk,  # noqa: F401
)

if __name__ == "__main__":
    main()
