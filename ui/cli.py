"""The command line: parses, calls, prints. Data go to standard output, progress and logs to standard error.

Exit status: 0 done; 1 the work or a part of it failed (the JSON says which); 2 wrong usage or settings.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ui.terminal import cell, print_json, print_table, progress, say, stop

if TYPE_CHECKING:
    from config.clock import Period
    from config.workspace import Workspace

app = typer.Typer(
    name="earned",
    help="What being talked about brought back: counted to the cent, estimated with its range.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
Since = Annotated[str | None, typer.Option(help="First day, such as 2026-11-01. Default: 30 days before --until.")]
Until = Annotated[str | None, typer.Option(help="Last day. Default: the workspace's day, usually today.")]
MODELS = "last_non_direct, last, first, linear, position_based, time_decay, markov, markov_per_journey or shapley"
BREAKDOWNS = ("channel", "campaign", "influencer", "code", "product")
DEMO_FOLDER = "earned-demo"
DEMO_FEED_PORT = 8602
UI_PORT = 8501


def main() -> None:
    """The console script."""
    # Reading from a pipe that closes early (`earned mentions | head`) is no error of ours.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    app()


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _folder(context: typer.Context) -> Path:
    return Path(context.obj or os.environ.get("EARNED_WORKSPACE") or ".")


def open_or_stop(context: typer.Context) -> Workspace:
    from config.settings import SettingsError
    from config.workspace import WorkspaceError, open_workspace

    try:
        return open_workspace(_folder(context))
    except (SettingsError, WorkspaceError) as problem:
        stop(str(problem))


def _day(text: str | None, option: str) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        stop(f"{option} {text!r} is no day; write it as 2026-11-20")


def _period(workspace: Workspace, since: str | None, until: str | None) -> Period:
    from ui.pipeline import period_of

    try:
        return period_of(workspace, now=now(), since=_day(since, "--since"), until=_day(until, "--until"))
    except ValueError as problem:
        stop(str(problem))


def _one_of(value: str | None, allowed: Sequence[str], option: str) -> None:
    if value is not None and value not in allowed:
        stop(f"{option} {value!r} is not known; choose one of {', '.join(allowed)}")


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


def _print_version() -> NoReturn:
    print(f"earned {version('earned')}")
    raise typer.Exit


@app.command()
def init(context: typer.Context, as_json: Json = False) -> None:
    """Write a starter workspace: earned.toml, with comments, to be filled in."""
    from config.workspace import WorkspaceError, write_starter

    try:
        file = write_starter(_folder(context).resolve())
    except WorkspaceError as problem:
        stop(str(problem))
    except OSError as problem:
        stop(f"{_folder(context)} cannot be written: {problem.strerror}")
    if as_json:
        print_json({"path": str(file)})
    else:
        print(f"Wrote {file}\nNext: name your brand and a feed in it, then run: earned listen --once")


@app.command()
def demo(
    context: typer.Context,
    no_ui: Annotated[bool, typer.Option("--no-ui", help="Fill the workspace and stop.")] = False,
    truth: Annotated[
        bool, typer.Option("--truth", help="Compare every order's credit with the cause the simulator drew.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the web interface.")] = UI_PORT,
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
    """Poll the sources; without --once until stopped with Ctrl-C."""
    from listener import collect

    workspace = open_or_stop(context)
    if not workspace.settings.source:
        stop(f"{workspace.folder / 'earned.toml'} names no [[source]]; add one with name and url")
    counter = progress("Polling")
    if once:
        report = asyncio.run(collect.collect_once(workspace, now=now, progress=counter))
        _print_listen(report.as_json(), as_json)
        raise typer.Exit(1 if any(row["error"] for row in report.as_json()["sources"]) else 0)
    say("Listening; Ctrl-C ends it.")
    asyncio.run(_listen_until_stopped(workspace, as_json))


async def _listen_until_stopped(workspace: Workspace, as_json: bool) -> None:
    from listener import collect

    stop_event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop_event.set)
        except NotImplementedError:  # Windows has no signal handlers in event loops; Ctrl-C raises there
            break
    await collect.collect_forever(
        workspace, now=now, stop=stop_event, on_round=lambda report: _print_listen(report.as_json(), as_json)
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
    print_table(f"New mentions: {document['mentions_new']}", columns, document["sources"])


@app.command("import")
def import_files(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Exports: orders, visits, spend, posts, leads, codes, people.")],
    layout: Annotated[str | None, typer.Option("--as", help="The layout's name, where it is not recognised.")] = None,
    account: Annotated[str, typer.Option(help="Which shop or account the file is from.")] = "default",
    as_json: Json = False,
) -> None:
    """Recognise and import files. The same file again changes nothing."""
    from config.intake import ImportBusyError
    from ui.pipeline import take_file

    workspace = open_or_stop(context)
    counter = progress("Importing")
    reports = []
    try:
        for number, file in enumerate(files):
            counter(number, len(files), file.name)
            reports.append(take_file(workspace, file, now=now(), wanted=layout, account=account))
    except ImportBusyError as problem:
        stop(str(problem), code=1)
    counter(len(files), len(files), "done")
    document = {"files": [report.as_json() for report in reports]}
    if as_json:
        print_json(document)
    else:
        _print_import(document["files"])
    raise typer.Exit(1 if any(report.error for report in reports) else 0)


def _print_import(files: list[dict[str, Any]]) -> None:
    names = ("read", "accepted", "updated", "duplicates", "quarantined", "skipped")
    columns = [("file", "File"), ("layout", "Layout"), *((name, name.capitalize()) for name in names)]
    print_table("Imported", columns, files)
    for row in files:
        if row["error"]:
            print(f"{row['file']}: {row['error']}")
        for warning in row["warnings"]:
            print(f"{row['file']}: {warning}")
        if row["quarantined"]:
            reasons = ", ".join(f"{reason} {count}" for reason, count in row["reasons"].items())
            print(f"{row['file']}: kept aside, see `earned status` or the Data page: {reasons}")


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

    feeds = asyncio.run(_try_all(collect.try_feed, targets, allow_private))
    if as_json:
        from ui.documents import plain

        print_json(plain({"feeds": feeds}))
    else:
        for feed in feeds:
            columns = [("published_at", "Published"), ("author", "Author"), ("title", "Title"), ("text", "Text")]
            entries = [row | {"text": (row["text"] or "")[:160]} for row in feed["entries"][:20]]
            print_table(f"{feed['source']}: {feed['error'] or len(feed['entries'])} entries", columns, entries)
    raise typer.Exit(1 if any(feed["error"] for feed in feeds) else 0)


async def _try_all(try_one: Callable[..., Any], targets: list[str], allow_private: bool) -> list[dict[str, Any]]:
    return [await try_one(target, allow_private=allow_private, now=now()) for target in targets]


@app.command()
def sentiment(
    context: typer.Context,
    stdin: Annotated[bool, typer.Option("--stdin", help="Score lines of text from standard input.")] = False,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """How people feel: the period's summary, or scores of lines from standard input."""
    if stdin:
        _score_lines(_languages(context), as_json)
        return
    from ui import documents

    workspace = open_or_stop(context)
    document = documents.sentiment(workspace, period=_period(workspace, since, until))
    if as_json:
        print_json(document)
        return
    columns = [
        ("language", "Language"),
        ("positive", "Positive"),
        ("neutral", "Neutral"),
        ("negative", "Negative"),
        ("not_scored", "Not scored"),
        ("net", "Net"),
        ("low", "from"),
        ("high", "to"),
    ]
    print_table(_period_title("Net sentiment", document), columns, document["rows"])


def _languages(context: typer.Context) -> tuple[str, ...]:
    """The workspace's languages where there is one; scoring lines needs no workspace."""
    from config.settings import WorkspaceSettings

    if (_folder(context) / "earned.toml").exists():
        return open_or_stop(context).settings.workspace.languages
    return WorkspaceSettings(currency="EUR").languages


def _score_lines(languages: tuple[str, ...], as_json: bool) -> None:
    from listener import language, sentiment

    for texts in _batches(sys.stdin.buffer, 256):
        found = language.detect(texts, languages)
        for text, code, scored in zip(texts, found, sentiment.score(texts, found), strict=True):
            row = {
                "language": code,
                "score": scored.score,
                "label": scored.label,
                "confidence": scored.confidence,
                "scorer": scored.scorer,
                "status": scored.status,
            }
            if as_json:
                print_json(row)
            else:
                shown = f"{scored.score:+.2f} {scored.label}" if scored.score is not None else scored.status
                print(f"{code or '--'}  {shown}  {cell(text)[:100]}")


def _batches(lines: Iterable[bytes], size: int) -> Iterable[list[str]]:
    """Lines as text, undecodable bytes replaced, in lists of at most `size`."""
    batch: list[str] = []
    for line in lines:
        batch.append(line.rstrip(b"\r\n").decode("utf-8", errors="replace"))
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _period_title(what: str, document: dict[str, Any]) -> str:
    period = document["period"]
    currency = f", {document['currency']}" if document.get("currency") else ""
    return f"{what}, {period['since']} to {period['until']}{currency}"


@app.command()
def mentions(
    context: typer.Context,
    brand: Annotated[str | None, typer.Option(help="Only this brand's.")] = None,
    query: Annotated[str | None, typer.Option(help="Only those with this text.")] = None,
    since: Since = None,
    until: Until = None,
    label: Annotated[str | None, typer.Option(help="positive, neutral or negative.")] = None,
    author: Annotated[str | None, typer.Option(help="Only this author's, as network:handle.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """Search what was said, with the visits, orders and revenue matched to each mention."""
    from ui import documents

    _one_of(label, ("positive", "neutral", "negative"), "--label")
    workspace = open_or_stop(context)
    _one_of(brand, [entry.name for entry in workspace.settings.brand], "--brand")
    document = documents.mentions(
        workspace,
        period=_period(workspace, since, until),
        brand=brand,
        query=query,
        label=label,
        author=author,
        limit=limit,
    )
    if as_json:
        print_json(document)
        return
    columns = [
        ("published_at", "Published"),
        ("author_name", "Author"),
        ("language", "Language"),
        ("label", "Feeling"),
        ("text", "Text"),
        ("orders", "Orders"),
        ("revenue", "Revenue"),
    ]
    shown = [row | {"text": (row["text"] or "")[:160]} for row in document["rows"]]
    print_table(_period_title(f"{len(shown)} of {document['total']} mentions", document), columns, shown)


@app.command()
def people(
    context: typer.Context,
    min_followers: Annotated[int | None, typer.Option(min=0, help="Default: the workspace's setting.")] = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Top mentioners: reach, resonance, relevance, their codes and what they brought."""
    from ui import documents

    workspace = open_or_stop(context)
    period = _period(workspace, since, until)
    document = documents.people(workspace, period=period, min_followers=min_followers)
    if as_json:
        print_json(document)
        return
    columns = [
        ("author_key", "Who"),
        ("followers", "Followers"),
        ("posts", "Posts"),
        ("net_sentiment", "Net"),
        ("total", "Score"),
        ("status", "Status"),
        ("codes", "Codes"),
        ("revenue", "Revenue"),
    ]
    influencers = [row for row in document["rows"] if row["group"] == "influencer"]
    unknown = sum(row["group"] == "unknown_followers" for row in document["rows"])
    print_table(_period_title("Top mentioners", document), columns, influencers)
    print(f"Followers unknown: {unknown} more; --json lists them.")


@app.command("voice")
def share_of_voice(context: typer.Context, since: Since = None, until: Until = None, as_json: Json = False) -> None:
    """Share of voice: how loud each brand is."""
    from ui import documents

    workspace = open_or_stop(context)
    document = documents.share_of_voice(workspace, period=_period(workspace, since, until))
    if as_json:
        print_json(document)
        return
    columns = [("brand", "Brand"), ("mentions", "Mentions"), ("share", "Share")]
    print_table(_period_title("Share of voice", document), columns, document["rows"])


@app.command()
def codes(context: typer.Context, since: Since = None, until: Until = None, as_json: Json = False) -> None:
    """Promo codes: redemptions, revenue, discount, new customers."""
    from ui import documents

    workspace = open_or_stop(context)
    document = documents.codes(workspace, period=_period(workspace, since, until))
    if as_json:
        print_json(document)
        return
    columns = [
        ("code", "Code"),
        ("state", "State"),
        ("owner", "Owner"),
        ("orders", "Orders"),
        ("net", "Net revenue"),
        ("discount", "Discount"),
        ("new_customer_share", "New customers"),
    ]
    print_table(_period_title("Promo codes", document), columns, document["rows"])


@app.command()
def channels(
    context: typer.Context,
    model: Annotated[str | None, typer.Option(help=f"{MODELS}. Default: the workspace's setting.")] = None,
    lookback: Annotated[str | None, typer.Option(help="Such as 30d. Default: the workspace's setting.")] = None,
    by: Annotated[str, typer.Option(help="channel, campaign, influencer, code or product.")] = "channel",
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Credit by channel, campaign, influencer, code or product."""
    from config.settings import MODELS as known_models
    from config.settings import parse_duration
    from ui import documents

    _one_of(model, known_models, "--model")
    _one_of(by, BREAKDOWNS, "--by")
    try:
        window = parse_duration(lookback) if lookback else None
    except ValueError as problem:
        stop(f"--lookback {lookback!r} {problem}")
    workspace = open_or_stop(context)
    period = _period(workspace, since, until)
    document = documents.channels(workspace, period=period, by=by, model=model, lookback=window)  # type: ignore[arg-type]
    if as_json:
        print_json(document)
        return
    columns = [
        (by, by.capitalize()),
        ("conversions", "Conversions"),
        ("revenue", "Revenue"),
        ("cost", "Cost"),
        ("roas", "ROAS"),
        ("share", "Share"),
    ]
    title = f"Credit by {by}, {period.since} to {period.until}, {document['currency']}, model {document['model']}"
    print_table(title, columns, document["rows"])
    print(f"Credited {document['credited']} + uncredited {document['uncredited']} = total {document['total']}")


@app.command()
def roi(
    context: typer.Context,
    by: Annotated[str | None, typer.Option(help="Rows beside: channel, campaign, influencer, code, product.")] = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """What came back for what was spent on social media."""
    from ui import documents

    _one_of(by, BREAKDOWNS, "--by")
    workspace = open_or_stop(context)
    document = documents.roi(workspace, period=_period(workspace, since, until), by=by)  # type: ignore[arg-type]
    if as_json:
        print_json(document)
        return
    lines = [
        ("Direct return (counted, social)", document["direct"]),
        ("Other tracked channels", document["other_tracked"]),
        ("Indirect return", document["indirect"]["median"] or "not estimated yet"),
        ("Unexplained", document["unexplained"]),
        ("Total net revenue", document["total"]),
        ("Cost of social", document["cost"] or "no costs given"),
        ("Direct ROI", document["roi"]["direct"]),
    ]
    shown = [{"what": what, "amount": amount} for what, amount in lines]
    print_table(_period_title("Return", document), [("what", ""), ("amount", "")], shown)


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Freshness, source health, quarantine, codes nobody has registered."""
    from ui import documents

    workspace = open_or_stop(context)
    document = documents.status(workspace, now=now())
    if as_json:
        print_json(document)
        return
    note = " (simulated data)" if document["simulated"] else ""
    print(f"{document['workspace']}{note}: {document['mentions']} mentions, {document['orders']} orders")
    columns = [("name", "Source"), ("last_checked_at", "Last poll"), ("outcome", "Outcome"), ("error", "Problem")]
    print_table("Sources", columns, document["sources"])
    columns = [("id", "Id"), ("file_name", "File"), ("layout", "Layout"), ("state", "State"), ("finished_at", "When")]
    print_table("Imports", columns, document["imports"])
    kept = document["quarantine"]
    print(
        f"Quarantine: {kept['rows']} rows {kept['reasons'] or ''}; unconverted orders: {document['unconverted_orders']}"
    )
    for row in document["unknown_codes"][:10]:
        print(f"Unknown code {cell(row['code'])}: {row['orders']} orders; register it, or leave it uncredited")


@app.command("ui")
def web(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1.")] = UI_PORT,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open the web interface on 127.0.0.1."""
    workspace = open_or_stop(context)
    _serve(workspace.folder, port=port, browser=browser)


def _serve(folder: Path, *, port: int, browser: bool) -> None:
    from ui.serve import serve

    serve(folder, port=port, open_browser=browser)


if __name__ == "__main__":
    main()
