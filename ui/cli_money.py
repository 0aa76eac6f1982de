"""The commands that open what was earned: paths to orders, leads, and what lies behind a channel's figure."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ui.command import Json, Since, Until, app, now, one_of, open_or_stop, period_or_stop
from ui.terminal import counted, print_json, print_table

ARROW = " > "


def _title(what: str, document: dict[str, Any]) -> str:
    period = document["period"]
    return f"{what}, {period['since']} to {period['until']}, {document['currency']}"


@app.command()
def journeys(
    context: typer.Context,
    path: Annotated[
        str | None, typer.Option(help='The orders behind one path, such as "Organic Social > Email".')
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many paths.")] = 20,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """The paths that led to orders, and those that led nowhere."""
    from ui import documents_money, stored_days

    workspace = open_or_stop(context)
    chosen = [part.strip() for part in path.split(ARROW)] if path is not None else None
    period = period_or_stop(workspace, since, until)
    document = documents_money.journeys(workspace, period=period, limit=limit, path=chosen)
    if as_json:
        print_json(document)
        return
    if chosen is not None:
        columns = [
            ("account", "Account"),
            ("order_id", "Order"),
            ("ordered_at", "When"),
            ("net", "Net revenue"),
            ("touches", "Touches"),
        ]
        shown = [row | {"touches": _stations(row["touches"])} for row in document["path_orders"]]
        print_table(_title(f"Orders by {ARROW.join(chosen)}", document), columns, shown)
        return
    columns = [
        ("path", "Path"),
        ("orders", "Orders"),
        ("revenue", "Revenue"),
        ("failed", "Without an order"),
        ("conversion_rate", "Conversion"),
        ("days", "Days"),
    ]
    shown = [row | {"path": ARROW.join(row["path"])} for row in document["rows"]]
    empty = None if shown else stored_days.no_orders(workspace, period)
    print_table(_title("Top paths", document), columns, shown, empty=empty)
    print(f"Orders: {document['orders']}; journeys without an order: {document['failed']}")


def _stations(touches: list[dict[str, Any]]) -> str:
    """`2026-06-01 Email 12.00, ...`: when, by what, and what it is credited with."""
    return ", ".join(f"{touch['touched_at'][:10]} {touch['channel']} {touch['credit']}" for touch in touches)


@app.command()
def leads(
    context: typer.Context,
    behind: Annotated[
        str | None, typer.Option(help="The single leads of this channel, source, medium, campaign or post id.")
    ] = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """From click to lead to won, by source and by own post: the CRM beside analytics."""
    from ui import documents_money

    workspace = open_or_stop(context)
    period = period_or_stop(workspace, since, until)
    if behind is not None:
        found = documents_money.behind_leads(workspace, period=period, name=behind)
        (print_json if as_json else _print_single)(found)
        return
    document = documents_money.leads(workspace, period=period)
    if as_json:
        print_json(document)
        return
    columns = [
        ("channel", "Channel"),
        ("source", "Source"),
        ("medium", "Medium"),
        ("campaign", "Campaign"),
        ("visits", "Visits"),
        ("analytics_leads", "Leads by analytics"),
        ("leads", "Leads by CRM"),
        ("won", "Won"),
        ("lead_rate", "Visit to lead"),
        ("win_rate", "Lead to won"),
        ("value", "Value"),
    ]
    print_table(_title("Leads", document), columns, document["rows"])
    print(f"Leads: {document['leads']}, won: {document['won']}, without a source: {document['without_source']}")
    if document["analytics_leads"] is None:
        print("Analytics tells of no leads: import conversions of the kind lead to set them beside the CRM's.")
    _print_posts(document)


def _print_single(document: dict[str, Any]) -> None:
    columns = [
        ("lead_id", "Lead"),
        ("created_at", "Created"),
        ("channel", "Channel"),
        ("source", "Source"),
        ("campaign", "Campaign"),
        ("post_id", "Post"),
        ("stage", "Stage"),
        ("won_at", "Won"),
        ("value", "Value"),
    ]
    print_table(_title(f"Leads behind {document['name']}", document), columns, document["rows"])
    print(f"Leads: {document['leads']}, won: {document['won']}")


def _print_posts(document: dict[str, Any]) -> None:
    if not document["posts"]:
        print("No own post with a click or lead: import your posts to see leads by post.")
        return
    columns = [
        ("published_at", "Published"),
        ("network", "Network"),
        ("caption", "Post"),
        ("clicks", "Clicks"),
        ("visits", "Visits"),
        ("leads", "Leads"),
        ("won", "Won"),
        ("value", "Value"),
    ]
    shown = [
        row | {"caption": (row["caption"] or row["permalink"] or row["post_id"])[:60]} for row in document["posts"]
    ]
    print_table("Leads by post", columns, shown[:20])
    untraced = sum(row["leads"] is None for row in document["posts"])
    print(f"Leads without a post: {document['without_post']}; posts without a tagged link: {untraced}")


@app.command()
def customers(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="channel, campaign, influencer or code.")] = "channel",
    model: Annotated[str | None, typer.Option(help="The model of the first order's credit.")] = None,
    behind: Annotated[str | None, typer.Option(help="The orders behind the row of this name.")] = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """New customers by what brought them: what they bought later, and are expected to buy."""
    from config.settings import MODELS
    from ui import customer_figures, documents_money, stored_days

    one_of(by, tuple(customer_figures.BY_COLUMN), "--by")
    one_of(model, MODELS, "--model")
    workspace = open_or_stop(context)
    period = period_or_stop(workspace, since, until)
    document = documents_money.customers(workspace, period=period, by=by, model=model, now=now(), name=behind)  # type: ignore[arg-type]
    if as_json:
        print_json(document)
        return
    if behind is not None:
        columns = [
            ("customer", "Customer"),
            ("order_id", "Order"),
            ("ordered_at", "When"),
            ("net", "Net revenue"),
            ("is_first_order", "First"),
        ]
        print_table(_title(f"Orders of customers that {behind} brought", document), columns, document["orders"])
        return
    columns = [
        ("name", by.capitalize()),
        ("new_customers", "New customers"),
        ("first", "First orders"),
        ("repeat_orders", "Later orders"),
        ("repeat", "Bought later"),
        ("clv", "Expected (a year)"),
        ("clv_each", "Each"),
    ]
    title = _title(f"New customers by {by}, model {document['model']}", document)
    empty = None if document["rows"] else stored_days.no_orders(workspace, period)
    print_table(title, columns, document["rows"], empty=empty)
    if any(row["name"] == customer_figures.NO_CHANNEL for row in document["rows"]):
        print(
            f"{customer_figures.NO_CHANNEL}: the first order joins no visit but direct ones, and no registered code; "
            "see docs/imports.md for the exports that tie visits to orders"
        )
    print_expected(document["expected"])


def print_expected(expected: dict[str, Any]) -> None:
    if expected["refused"]:
        print(f"Expected value: none; {expected['refused']}")
        return
    print(
        f"Expected value: an estimate of the {counted(expected['days'], 'day')} after {expected['as_of']}, learned "
        f"from {counted(expected['customers'], 'customer')}, {expected['returning']} of whom came back; it stands in "
        "no return"
    )


def print_code_orders(document: dict[str, Any]) -> None:
    columns = [
        ("order_id", "Order"),
        ("ordered_at", "When"),
        ("code_raw", "As typed"),
        ("code_state", "Code was"),
        ("state", "Order is"),
        ("net", "Net revenue"),
        ("discount", "Discount"),
        ("path", "Path"),
    ]
    print_table(_title(f"Orders with {document['code']}", document), columns, document["rows"])


def print_mention(document: dict[str, Any]) -> None:
    columns = [
        ("evidence", "Evidence"),
        ("at", "When"),
        ("touch_id", "Visit"),
        ("code", "Code"),
        ("order_id", "Order"),
    ]
    print_table(_title(f"What shows mention {document['mention_id']}", document), columns, document["evidence"])
    columns = [("order_id", "Order"), ("ordered_at", "When"), ("net", "Net revenue"), ("path", "Path")]
    print_table("Its orders", columns, document["orders"])
    columns = [("order_id", "Order"), ("position", "Touch"), ("channel", "Channel"), ("credit", "Credit")]
    print_table("The credit handed to it", columns, document["credit"])
    print(f"Matched: {document['matched']} (shared with other mentions); credited: {document['credited']}")


def print_behind(document: dict[str, Any]) -> None:
    columns = [
        ("order_id", "Order"),
        ("ordered_at", "When"),
        ("net", "Net"),
        ("position", "Touch"),
        ("channel", "Channel"),
        ("campaign", "Campaign"),
        ("touched_at", "Touched"),
        ("weight", "Weight"),
        ("credit", "Credit"),
    ]
    print_table(_title(f"Behind {document['name']}, model {document['model']}", document), columns, document["rows"])
    print(f"Credit: {document['revenue']}")


def print_compared(document: dict[str, Any]) -> None:
    columns = [("name", document["by"].capitalize()), ("model", "Model"), ("revenue", "Revenue"), ("spread", "Spread")]
    print_table(_title("Models side by side", document), columns, document["rows"])
    moved = [("model", "Model"), ("moved", "Moved")]
    print_table(f"Moved against {document['model']}", moved, document["moved"])


def _print_analytics(document: dict[str, Any]) -> None:
    """What analytics tools claim: in no sum, as each splits all orders over all channels."""
    for row in document["analytics"]:
        if row["days"]:
            print(
                f"Analytics ({row['tool']}, {row['since']} to {row['until']}, by {row['dimension']}) gives"
                f" {row['claimed'] or 'an unknown part'} of {row['all'] or 'an unknown revenue'} to social channels;"
                f" here they are credited {row['credited']} of {row['banked']}."
            )
        if row["left_out"]:
            print(
                f"Rows of {row['tool']} that do not count: {row['left_out']}; their days reach out of the period, or "
                "other rows tell of the same days."
            )
    if document["analytics_channels"]:
        columns = [("channel", "Channel"), ("claimed", "Claims"), ("credited", "Credited here")]
        print_table("Analytics by channel, on the days it tells of", columns, document["analytics_channels"])


def print_claims(document: dict[str, Any]) -> None:
    columns = [
        ("platform", "Platform"),
        ("kind", "Kind"),
        ("claimed", "Claims"),
        ("credited", "Credited here"),
        ("times", "Times"),
    ]
    print_table(_title("Claimed against banked", document), columns, document["rows"])
    if document["share"] is None:
        print("No platform's export tells what it claims.")
    else:
        print(f"Together the platforms claim {document['share']:.0%} of your net revenue, {document['banked']}.")
    _print_analytics(document)
    columns = [
        ("channel", "Channel"),
        ("visits", "Visits"),
        ("conversion_rate", "Conversion"),
        ("aov", "Order value"),
        ("roas", "ROAS"),
        ("cpa", "CPA"),
        ("cac", "CAC"),
        ("cpc", "CPC"),
        ("ctr", "CTR"),
        ("cost_per_lead", "Per lead"),
        ("new_customer_share", "New"),
        ("bounce_rate", "Bounce"),
        ("duration_seconds", "Seconds"),
    ]
    print_table("Metrics by channel", columns, document["metrics"])
