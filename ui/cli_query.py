"""The commands on queries: try one out, use it, leave strangers out, count the stored past again."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from ui.command import Json, app, day_or_stop, open_or_stop
from ui.terminal import cell, counted, print_json, print_table, stop

query_app = typer.Typer(help="A brand's query: try it out before it counts.", no_args_is_help=True)
app.add_typer(query_app, name="query")

Brand = Annotated[str | None, typer.Option(help="Which brand's query is meant. Default: your own, if there is one.")]
_KINDS = {"all": "all of", "any": "any of", "none": "not", "near": "at most {} words apart"}


@query_app.command("test")
def query_test(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help='Such as: "acme kettle" OR #acme NOT roadrunner')],
    brand: Brand = None,
    since: Annotated[
        str | None, typer.Option(help="First day, such as 2026-11-01. Default: all that was heard.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Last day.")] = None,
    limit: Annotated[int, typer.Option(min=0, max=1000)] = 20,
    as_json: Json = False,
) -> None:
    """Show what a query would find in what was heard so far, and what it would add and drop; nothing is changed."""
    from config.settings import SettingsError
    from listener.queries import QueryError
    from ui import documents_query

    workspace = open_or_stop(context)
    days = {"since": day_or_stop(since, "--since"), "until": day_or_stop(until, "--until")}
    try:
        document = documents_query.query_test(workspace, query, brand=brand, limit=limit, **days)
    except QueryError as problem:
        stop(f"the query cannot be read {problem}")
    except SettingsError as problem:
        stop(str(problem))
    if as_json:
        print_json(document)
    else:
        _print_test(document)


def _print_test(document: dict[str, Any]) -> None:
    print("It is read as:")
    for line in document["reads_as"]:
        told = line["term"] if line["kind"] == "term" else _KINDS[line["kind"]].format(line["term"])
        print(f"  {'  ' * line['depth']}{cell(told)}")
    _print_rows(f"{document['matched']} of {counted(document['read'], 'mention')}", document["rows"])
    change = document["change"]
    if change:
        print(
            f"The query of {cell(change['brand'])} finds {change['matched']} of them; "
            f"this one adds {change['added']} and drops {change['dropped']}."
        )
        for kind in ("added", "dropped"):
            if change[f"{kind}_rows"]:
                _print_rows(f"{kind.capitalize()}: {change[kind]}", change[f"{kind}_rows"])


def _print_rows(title: str, rows: list[dict[str, Any]]) -> None:
    columns = [("published_at", "When"), ("source", "Source"), ("terms", "Found"), ("snippet", "Where")]
    print_table(title, columns, rows)


@query_app.command("use")
def query_use(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="The new query.")],
    brand: Brand = None,
    as_json: Json = False,
) -> None:
    """Write a brand's query into earned.toml, and count what was heard so far again by it."""
    from config.settings import SettingsError
    from listener.queries import QueryError
    from ui import documents_query

    workspace = open_or_stop(context)
    try:
        chosen = documents_query.brand_of(workspace, brand)
        if chosen is None:
            stop("say which brand with --brand; earned.toml names several, or none")
        document = documents_query.use_query(workspace, chosen.name, query, progress=_progress)
    except QueryError as problem:
        stop(f"the query cannot be read {problem}")
    except SettingsError as problem:
        stop(str(problem))
    _tell_counted(document, as_json)


@query_app.command("not")
def query_not(
    context: typer.Context,
    mention_id: Annotated[str, typer.Argument(help="A mention that is not about you; `mentions --json` shows ids.")],
    brand: Brand = None,
    use: Annotated[int | None, typer.Option(min=1, help="Use the proposal of this number.")] = None,
    as_json: Json = False,
) -> None:
    """Propose what to leave out with NOT, so that a mention is not found any more, and what would go with it."""
    from config.settings import SettingsError
    from listener.store import UnknownMentionError
    from ui import documents_query

    workspace = open_or_stop(context)
    try:
        document = documents_query.not_about_us(workspace, mention_id, brand=brand)
        rows = document["rows"]
        if use is not None:
            if use > len(rows):
                stop(f"there is no proposal {use}; there are {len(rows)}")
            told = documents_query.use_query(workspace, document["brand"], rows[use - 1]["query"], progress=_progress)
            _tell_counted(told, as_json)
            return
    except SettingsError as problem:
        stop(str(problem))
    except UnknownMentionError as problem:
        stop(str(problem), code=1)
    if as_json:
        print_json(document)
        return
    columns = [("n", "No."), ("term", "NOT"), ("removes", "Takes out"), ("handled", "of them handled"), ("of", "Of")]
    print_table(f"For {document['brand']}", columns, [row | {"n": str(n)} for n, row in enumerate(rows, start=1)])
    print("Use one with --use NUMBER." if rows else "No word of it tells it from the others.")


@query_app.command("rematch")
def query_rematch(context: typer.Context, as_json: Json = False) -> None:
    """Count what was heard so far again, by the queries in earned.toml."""
    from config.settings import SettingsError
    from ui import documents_query

    workspace = open_or_stop(context)
    try:
        document = documents_query.count_again(workspace, progress=_progress)
    except SettingsError as problem:
        stop(str(problem))
    _tell_counted(document, as_json)


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\rmatching again: {done} of {of}", end="\n" if done >= of else "", file=sys.stderr, flush=True)


def _tell_counted(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    if "query" in document:
        print(f"{cell(document['brand'])}: {cell(document['query'])}")
    print(f"{counted(document['checked'], 'mention')} matched again")
    for row in document["rows"]:
        print(f"- {cell(row['brand'])}: {row['gained']} gained, {row['lost']} lost")
