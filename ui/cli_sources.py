"""The commands on sources: list, add, recipes, remove, pause, interval, import and export. They write earned.toml."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.command import Json, app, now, open_or_stop
from ui.terminal import cell, counted, print_json, print_table, say, shown_zone, stop, tell

if TYPE_CHECKING:
    from config.workspace import Workspace
    from listener.discover import Candidate, Discovery
    from listener.recipes import Recipe
    from listener.sources import Decided, Wanted

ADVICE_LINES = 20
sources_app = typer.Typer(help="The feeds that are listened to: find, add, pause, take out.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")

Name = Annotated[str, typer.Argument(help="The source's name, as `sources list` shows it.")]


@sources_app.command("list")
def list_sources(context: typer.Context, as_json: Json = False) -> None:
    """Every source with its health: last success, problems, mentions a day against its habit, what may be missing."""
    from ui import documents_sources

    workspace = open_or_stop(context)
    document = documents_sources.listed(workspace, now=now())
    if as_json:
        print_json(document)
        return
    print_health(document["rows"])
    if not document["rows"]:
        tell("No source yet: earned sources add URL, or earned sources recipes")


def print_health(rows: list[dict[str, Any]]) -> None:
    """The sources as a table, and below it each trouble with what to do."""
    from ui.source_words import advice, state_names

    states = state_names(str)
    shown = [row | {"state": states[row["state"]]} for row in rows]
    columns = [
        ("source", "Source"), ("state", "State"), ("last_success_at", "Last success"), ("entries", "Entries"),
        ("mentions", "Mentions"), ("last_week_per_day", "A day, last week"), ("per_day", "Habit"),
    ]  # fmt: skip
    print_table("Sources", columns, shown)
    never = [row for row in rows if row["state"] == "never"]
    told = [(row["source"], said) for row in rows if row not in never and (said := advice(row, str, zone=shown_zone()))]
    for name, said in told[:ADVICE_LINES]:
        tell(f"- {cell(name)}: {cell(said)}")
    if len(told) > ADVICE_LINES:
        print(f"- and {len(told) - ADVICE_LINES} more with problems; --json has them all")
    if never:
        tell(f"- not asked yet: {len(never)}. Run: earned listen --once")


@sources_app.command("recipes")
def list_recipes(as_json: Json = False) -> None:
    """Ready-made sources: what each needs, and what it cannot hear."""
    from ui import documents_sources

    document = documents_sources.recipe_list()
    if as_json:
        print_json(document)
        return
    rows = [row | {"needs": " ".join(_shown_need(need) for need in row["needs"])} for row in document["rows"]]
    columns = [("recipe", "Recipe"), ("needs", "Needs"), ("interval", "Interval"), ("hears", "What it hears")]
    print_table("earned sources add --recipe RECIPE VALUES", columns, rows)
    for row in document["without_feed"]:
        print(f"- {row['network']} gives no feed: {row['instead']}")


def _shown_need(need: dict[str, Any]) -> str:
    name = str(need["name"]).upper()
    return f"[{name}={need['default']}]" if need["default"] is not None else name


@sources_app.command("add")
def add_source(
    context: typer.Context,
    values: Annotated[
        list[str],
        typer.Argument(metavar="URL|VALUES...", help="A feed or a page; with --recipe what the recipe needs."),
    ],
    recipe: Annotated[str | None, typer.Option(help="A ready-made source; `sources recipes` lists them.")] = None,
    name: Annotated[str | None, typer.Option(help="What to call it. Default: the feed's title.")] = None,
    network: Annotated[str | None, typer.Option(help="Such as reddit. Default: as the address tells.")] = None,
    interval: Annotated[str | None, typer.Option(help="How often to ask, such as 30m, 6h or 1d.")] = None,
    pick: Annotated[int | None, typer.Option(min=1, help="Which of several feeds of a page, by its number.")] = None,
    look: Annotated[bool, typer.Option("--look", help="Show what would be found; add nothing.")] = False,
    unseen: Annotated[bool, typer.Option("--unseen", help="Add the address without asking it.")] = False,
    allow_private: Annotated[bool, typer.Option(help="Allow addresses inside your own network.")] = False,
    as_json: Json = False,
) -> None:
    """Find the feeds of a page, try them, and add one; or make one by a recipe."""
    workspace = open_or_stop(context)
    _check_interval(interval)
    if recipe is None and len(values) != 1:
        stop("give one address, or --recipe with what it needs; `earned sources recipes` lists the recipes")
    wanted, found = _wanted(values, recipe, name, network, interval, allow_private, unseen=unseen)
    decided, problem = None, found.problem if found else None
    if wanted is None and found is not None:
        one, problem = _picked(found, pick, ask=not (as_json or look))
        if one is not None:
            inside = allow_private and found.is_same_host(one)
            wanted = _wanted_candidate(one, name, network, interval, inside)
    if wanted is not None and not look:
        decided = _added(workspace, wanted)
    asked = wanted.url if recipe and wanted else values[0]
    _tell_added(asked or values[0], found, decided, problem, looked=look, as_json=as_json)


def _check_interval(interval: str | None) -> None:
    from config.settings import parse_duration

    try:
        if interval is not None:
            parse_duration(interval)
    except ValueError as problem:
        stop(f"{interval!r} {problem}")


def _wanted(
    values: list[str],
    recipe: str | None,
    name: str | None,
    network: str | None,
    interval: str | None,
    allow_private: bool,
    *,
    unseen: bool,
) -> tuple[Wanted | None, Discovery | None]:
    """What is to be added where that is settled, and what was found on the way."""
    from listener.discover import completed
    from listener.sources import Wanted
    from ui import documents_sources

    if recipe is not None:
        chosen = _recipe_or_stop(recipe)
        wanted = _filled_or_stop(chosen, values, name, interval, allow_private)
        tried = (
            None
            if unseen
            else asyncio.run(documents_sources.look(wanted.url or "", allow_private=allow_private, now=now()))
        )
        return wanted, tried
    if unseen:
        return Wanted(completed(values[0]), name, network, interval, allow_private), None
    found = asyncio.run(documents_sources.look(values[0], allow_private=allow_private, now=now()))
    return None, found


def _recipe_or_stop(name: str) -> Recipe:
    from listener import recipes
    from ui.recipe_words import without_feed

    chosen = recipes.recipe(name)
    if chosen is None:
        known = ", ".join(one.id for one in recipes.RECIPES)
        instead = {network.lower(): how for network, how in without_feed(str).items()}.get(name.lower())
        stop(f"{name} gives no feed: {instead}" if instead else f"there is no recipe {name!r}; known: {known}")
    return chosen


def _filled_or_stop(
    chosen: Recipe, values: list[str], name: str | None, interval: str | None, allow_private: bool
) -> Wanted:
    from listener import recipes
    from ui import documents_sources

    try:
        given = recipes.values_of(chosen, values)
        return documents_sources.wanted_of_recipe(
            chosen, given, name=name, interval=interval, allow_private=allow_private
        )
    except recipes.RecipeError as problem:
        stop(f"{chosen.id}: {problem}")


def _wanted_candidate(
    one: Candidate, name: str | None, network: str | None, interval: str | None, allow_private: bool
) -> Wanted:
    from ui import documents_sources

    return documents_sources.wanted_of(one, name=name, network=network, interval=interval, allow_private=allow_private)


def _picked(found: Discovery, pick: int | None, *, ask: bool) -> tuple[Candidate | None, str | None]:
    """The feed that is meant, or why none is."""
    feeds = found.feeds
    if not feeds:
        return None, found.problem
    if pick is None and ask and len(feeds) > 1 and sys.stdin.isatty():
        _print_candidates(found)
        pick = typer.prompt("Which one", type=int, default=1)
    if pick is None and len(feeds) > 1:
        return None, f"{len(feeds)} feeds were found; say which with --pick"
    number = pick or 1
    if not 1 <= number <= len(feeds):
        return None, f"there is no feed number {number}; {len(feeds)} found"
    return feeds[number - 1], None


def _added(workspace: Workspace, wanted: Wanted) -> Decided:
    from config.settings import SettingsError
    from ui import documents_sources

    try:
        return documents_sources.add(workspace, [wanted])[0]
    except SettingsError as problem:
        stop(str(problem))


def _tell_added(
    asked: str, found: Discovery | None, decided: Decided | None, problem: str | None, *, looked: bool, as_json: bool
) -> None:
    from ui import documents_sources

    document = documents_sources.added_document(asked, found, decided, problem)
    if as_json:
        print_json(document)
    else:
        if found and found.candidates:
            _print_candidates(found)
        if document["added"]:
            added = document["added"]
            print(f"Added {cell(added['name'])}: {cell(added['url'])}")
            if found and found.problem:
                told = cell(for_typist(found.problem)).rstrip(".")
                say(f"earned: added, but its first look failed: {told}. It is asked again by: earned listen")
        elif document["problem"]:
            say(f"earned: {cell(for_typist(document['problem']))}")
    there = decided is not None and decided.outcome == "already_there"
    done = document["added"] or there or (looked and document["problem"] is None)
    raise typer.Exit(0 if done else 1)


def for_typist(problem: str | None) -> str | None:
    """What went wrong, with the option that gives the leave which the settings call `allow_private`."""
    from listener.sources import INSIDE

    if problem and ("allow_private = true" in problem or INSIDE in problem):
        return f"{problem} (here: --allow-private)"
    return problem


def _print_candidates(found: Discovery) -> None:
    columns = [
        ("n", "No."), ("title", "Title"), ("entries", "Entries"), ("newest_at", "Newest"), ("url", "Address"),
        ("problem", "Problem"),
    ]  # fmt: skip
    rows = [
        {
            "n": str(n),
            "title": one.title,
            "entries": one.entries,
            "newest_at": f"{one.newest_at:%Y-%m-%d}" if one.newest_at else None,
            "url": one.url,
            "problem": one.error,
        }
        for n, one in enumerate(found.candidates, start=1)
    ]
    print_table("Feeds found", columns, rows)


@sources_app.command("remove")
def remove_source(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Take a source out; what it brought stays."""
    from ui import documents_sources

    _change(context, name, "removed", as_json, lambda space: documents_sources.remove(space, name))


@sources_app.command("pause")
def pause_source(
    context: typer.Context,
    name: Name,
    resume: Annotated[bool, typer.Option("--resume", help="Listen to it again.")] = False,
    as_json: Json = False,
) -> None:
    """Do not ask a source until it is resumed."""
    from ui import documents_sources

    done = "resumed" if resume else "paused"
    paused = None if resume else True
    _change(context, name, done, as_json, lambda space: documents_sources.change(space, name, paused=paused))


@sources_app.command("interval")
def set_interval(
    context: typer.Context,
    name: Name,
    interval: Annotated[str, typer.Argument(help="Such as 30m, 6h or 1d.")],
    as_json: Json = False,
) -> None:
    """How often a source is asked."""
    from ui import documents_sources

    _check_interval(interval)
    _change(
        context, name, f"asked every {interval}", as_json,
        lambda space: documents_sources.change(space, name, interval=interval),
    )  # fmt: skip


def _change(context: typer.Context, name: str, done: str, as_json: bool, act: Any) -> None:
    from config.settings import SettingsError

    workspace = open_or_stop(context)
    try:
        act(workspace)
    except SettingsError as problem:
        stop(str(problem))
    if as_json:
        print_json({"name": name, "done": done})
    else:
        print(f"{cell(name)}: {done}")


@sources_app.command("import")
def import_sources(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="As feed readers export it.")],
    allow_private: Annotated[bool, typer.Option(help="Allow addresses inside your own network.")] = False,
    as_json: Json = False,
) -> None:
    """Add the feeds of an OPML file; each line is told: added, already there, or refused with the reason."""
    from config.settings import SettingsError
    from listener.opml import OpmlError
    from ui import documents_sources

    workspace = open_or_stop(context)
    try:
        data = documents_sources.read_file(file)
        document = documents_sources.import_opml(workspace, data, file=file.name, allow_private=allow_private)
    except SettingsError as problem:
        stop(str(problem))
    except OpmlError as problem:
        stop(f"{file}: {problem}", code=1)
    if as_json:
        print_json(document)
    else:
        columns = [("outcome", "Outcome"), ("name", "Source"), ("url", "Address"), ("reason", "Why")]
        if documents_sources.tells_lines(document["rows"]):
            columns.insert(0, ("line", "Line"))
        rows = [
            row | {"outcome": row["outcome"].replace("_", " "), "reason": for_typist(row["reason"])}
            for row in document["rows"]
        ]
        told = (document["added"], document["already_there"], document["refused"])
        print_table(file.name, columns, rows)
        say("{} added, {} already there, {} refused".format(*told))
        if document["problem"]:
            say(f"earned: {cell(document['problem'])}")
    raise typer.Exit(1 if document["refused"] or document["problem"] else 0)


@sources_app.command("export")
def export_sources(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE.opml]", help="Where to write. Default: standard output.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the sources as OPML, for any feed reader."""
    from ui import documents_sources

    workspace = open_or_stop(context)
    text = documents_sources.export_opml(workspace)
    if file is not None:
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as problem:
            stop(f"{file} cannot be written: {problem.strerror}")
    count = len(workspace.settings.source)
    if as_json:
        print_json({"path": str(file) if file else None, "sources": count, "opml": None if file else text})
    elif file is None:
        print(text, end="")
    else:
        print(f"Wrote {counted(count, 'source')} to {file}")
