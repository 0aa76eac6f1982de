"""The command line: parses, calls, prints. Data go to standard output, progress and logs to standard error.

Exit status: 0 done; 1 the work or a part of it failed (the JSON says which); 2 wrong usage or settings.
"""

from __future__ import annotations

import asyncio
import difflib
import os
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from ui.command import Json, app, folder_of, now, one_of, open_or_stop, time_or_stop
from ui.terminal import cell, counted, print_json, print_table, progress, say, stop, suggest_in, tell

if TYPE_CHECKING:
    from config.intake import ImportReport
    from config.workspace import Workspace
    from listener.collect import CollectReport
    from ui.inbox import Taken
    from ui.mapping import Proposal

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


_ORDERS = {"day-first": "dmy", "month-first": "mdy"}
_DECIMALS = {"comma": ",", "point": "."}


@app.command("import")
def import_files(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Exports: orders, visits, spend, posts, leads, codes, people.")],
    layout: Annotated[str | None, typer.Option("--as", help="The layout's name, where it is not recognised.")] = None,
    account: Annotated[str, typer.Option(help="Which shop or account the file is from.")] = "default",
    exported_at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When the files were exported, as 2026-11-20 or 2026-11-20T14:30: of two statements the newer counts. "
            "Default: the latest time inside each file.",
        ),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(
            help="A language (pl) or an encoding (cp1250), where names come out garbled; utf-8-as-cp1252 mends text "
            "that was misread before."
        ),
    ] = None,
    days: Annotated[
        str | None, typer.Option(help="day-first or month-first, where 05/06/2026 can be both and no row tells.")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option(help="comma or point, where 1,234 can be a thousand or 1.234 and no row tells.")
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="The currency of amounts that name none, as PLN. Default: your own."),
    ] = None,
    brand: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The brand that rows of a mention export are about which match no query."),
    ] = None,
    said: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=HEADER",
            help="With --as: which of our columns the file calls what; COLUMN:=VALUE is the same in every row. "
            "Remembered for files with the same columns.",
        ),
    ] = None,
    replaces: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Take back imports whose costs would count twice beside this file's (a period beside its days, "
            "campaigns beside their ads), in the same step.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Recognise and import files. The same file again changes nothing."""
    from config.encodings import known_encoding
    from config.intake import ImportBusyError
    from ui.import_advice import advice, with_proposal
    from ui.imports import say_columns
    from ui.pipeline import take_file

    workspace = open_or_stop(context)
    exported = time_or_stop(exported_at, "--exported-at", zone=workspace.settings.zone)
    if layout:
        _known_layout(layout)
    if encoding and not known_encoding(encoding):
        stop(f"--encoding {encoding!r} is no language or encoding; write one such as pl, cp1250 or utf-16")
    one_of(days, tuple(_ORDERS), "--days")
    one_of(decimal, tuple(_DECIMALS), "--decimal")
    code = _currency_or_stop(currency)
    _known_brand(workspace, brand)
    if said:
        try:
            say_columns(workspace, files[0], layout=layout or "", said=said, now=now(), encoding=encoding)
        except ValueError as problem:
            stop(str(problem))
    counter = progress("Importing")
    reports = []
    try:
        for number, file in enumerate(files):
            counter(number, len(files), file.name)
            reports.append(
                take_file(
                    workspace,
                    file,
                    now=now(),
                    wanted=layout,
                    account=account,
                    exported_at=exported,
                    encoding=encoding,
                    order=_ORDERS[days] if days else None,
                    decimal=_DECIMALS[decimal] if decimal else None,
                    currency=code,
                    brand=brand,
                    replaces=replaces,
                )
            )
    except ImportBusyError as problem:
        stop(str(problem), code=1)
    counter(len(files), len(files), "done")
    found = [None if layout else _proposal(workspace, *one, encoding) for one in zip(files, reports, strict=True)]
    rows = [report.as_json() for report in reports]
    if as_json:
        print_json({"files": [with_proposal(row, may_be) for row, may_be in zip(rows, found, strict=True)]})
    else:
        _print_import(reports)
        for file, may_be in zip(files, found, strict=True):
            for line in advice(str(file), may_be) if may_be else ():
                tell(line)
        _print_kept_aside(workspace, [report.id for report in reports if report.quarantined])
    raise typer.Exit(1 if any(report.error for report in reports) else 0)


def _currency_or_stop(text: str | None) -> str | None:
    """The code of a currency, in capitals; stops (2) where there is none of that name."""
    from babel.numbers import list_currencies

    if text and text.upper() not in list_currencies():
        stop(f"--currency {text!r} is no code of a currency; write one such as EUR or PLN")
    return text.upper() if text else None


def _known_brand(workspace: Workspace, name: str | None) -> None:
    """Stops (2) where no brand is called so."""
    known = [brand.name for brand in workspace.settings.brand]
    if name is not None and name not in known:
        stop(f"--brand: there is no brand {name!r}; there are {', '.join(known)}")


def _known_layout(name: str) -> None:
    """Stops (2) with the nearest names and some usual ones where no layout is called so."""
    from ui.pipeline import LAYOUTS

    known = sorted(layout.id for layout in LAYOUTS)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        some = list(dict.fromkeys([*near, "earned_orders", "earned_visits", "shopify_orders_csv", "meta_ads"]))
        stop(f"--as: there is no layout {name!r}; there are {', '.join(some)} and more: see docs/imports.md")


def _proposal(workspace: Workspace, file: Path, report: ImportReport, encoding: str | None) -> Proposal | None:
    """What a file may be that was refused because no layout is like it."""
    from ui.imports import proposal

    return proposal(workspace, file, encoding=encoding) if report.error and report.layout is None else None


def _print_import(reports: list[ImportReport]) -> None:
    from ui.import_advice import COUNTS
    from ui.import_words import reason_names, skip_names, with_counts

    print_table("Imported", [("file", "File"), ("layout", "Layout"), *COUNTS], [one.as_json() for one in reports])
    for one in reports:
        if one.error:
            tell(f"{one.file}: {one.error}")
        for warning in one.warnings:
            tell(f"{one.file}: {warning}")
        for number in one.replaced:
            print(f"{one.file}: stands in place of import {number}, which is undone")
        if one.skipped:
            print(f"{one.file}: {counted(one.skipped, 'row')} left out ({with_counts(one.left_out, skip_names(str))})")
        if one.quarantined:
            rows, reasons = counted(one.quarantined, "row"), with_counts(one.kept_aside, reason_names(str))
            lists = "earned imports quarantine and the page Data list them"
            tell(f"{one.file}: {rows} kept aside ({reasons}); {lists}")


def _print_kept_aside(workspace: Workspace, import_ids: list[int | None], *, at_most: int = 10) -> None:
    """The first rows that could not be used, each with line and reason."""
    from config.intake import list_quarantine
    from ui.import_words import says_line

    kept = (list_quarantine(workspace.engine, limit=100_000, import_id=one) for one in import_ids if one is not None)
    rows = [row for of_one in kept for row in of_one]
    for row in sorted(rows, key=lambda row: (row["import_id"], row["line"]))[:at_most]:
        place = "" if says_line(row["message"], row["line"]) else f", line {row['line']}"
        print(f"  {row['file_name']}{place}: {cell(row['message'])}")
    if len(rows) > at_most:
        print(f"  and {len(rows) - at_most} more")


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
