"""The commands on what the talk shows: alerts, terms, timing."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.command import Json, Since, Until, app, open_or_stop, period_or_stop
from ui.terminal import print_json, print_table

Brand = Annotated[str | None, typer.Option(help="One brand by its name. Default: your own brands.")]


@app.command()
def alerts(context: typer.Context, since: Since = None, until: Until = None, as_json: Json = False) -> None:
    """Days on which a brand was talked about far more, or far worse, than its habit."""
    from ui import documents_talk

    workspace = open_or_stop(context)
    document = documents_talk.alerts(workspace, period=period_or_stop(workspace, since, until))
    if as_json:
        print_json(document)
        return
    columns = [
        ("day", "Day"), ("brand", "Brand"), ("kind", "What"), ("stories", "Stories"), ("mentions", "Mentions"),
        ("authors", "Authors"), ("expected", "Expected"), ("text", "Loudest"),
    ]  # fmt: skip
    print_table(f"Alerts, {document['period']['since']} - {document['period']['until']}", columns, document["rows"])


@app.command()
def terms(
    context: typer.Context,
    brand: Brand = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Words people use now and did not use in the 28 days before."""
    from ui import documents_talk

    workspace = open_or_stop(context)
    period = period_or_stop(workspace, since, until)
    document = documents_talk.rising_terms(workspace, period=period, brand=brand, limit=limit)
    if as_json:
        print_json(document)
        return
    columns = [("term", "Term"), ("people", "People"), ("people_before", "Before"), ("z", "z")]
    print_table(
        f"Rising terms, {document['period']['since']} - {document['period']['until']}", columns, document["rows"]
    )


@app.command()
def timing(
    context: typer.Context, brand: Brand = None, since: Since = None, until: Until = None, as_json: Json = False
) -> None:
    """When the talk is, and when it is answered: by weekday and hour."""
    from ui import documents_talk

    workspace = open_or_stop(context)
    document = documents_talk.best_times(workspace, period=period_or_stop(workspace, since, until), brand=brand)
    if as_json:
        print_json(document)
        return
    columns = [
        ("weekday", "Weekday (1 Monday)"), ("hour", "Hour"), ("mentions", "Mentions"), ("posts", "Known engagement"),
        ("engagement", "Engagement"), ("lift", "Against the mean"), ("enough", "Enough posts"),
    ]  # fmt: skip
    print_table(
        f"Times ({document['timezone']})",
        columns,
        document["rows"],
        empty="they need mentions with a time of day; earned listen --once fetches them, or ask --since DAY",
    )
