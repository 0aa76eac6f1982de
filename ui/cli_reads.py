"""The commands that read: what was heard, who said it, what it brought. They print what the pages show."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from config.clock import Period
from config.workspace import Workspace
from ui.command import (
    Json,
    Since,
    Until,
    ViewThrough,
    app,
    duration_or_stop,
    folder_of,
    now,
    one_of,
    open_or_stop,
    period_or_stop,
)
from ui.terminal import cell, counted, print_json, print_notes, print_table, stop, tell

MODELS = "last_non_direct, last, first, linear, position_based, time_decay, markov, markov_per_journey or shapley"
_UNJUDGED = dict.fromkeys(("net", "low", "high"))
BREAKDOWNS = ("channel", "campaign", "influencer", "code", "product")
WithoutFlagged = Annotated[
    bool, typer.Option("--without-flagged", help="Codes count for nothing on orders that show a sign of leakage.")
]


@app.command()
def sentiment(
    context: typer.Context,
    stdin: Annotated[bool, typer.Option("--stdin", help="Score lines of text from standard input.")] = False,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="Score again what is stored where its scorer has changed.")
    ] = False,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """How people feel: the period's summary, or scores of lines from standard input."""
    if stdin and rescore:
        stop("--stdin and --rescore cannot be had at once: the one scores what is typed, the other what is stored")
    if stdin:
        _score_lines(_languages(context), as_json)
        return
    if rescore:
        _rescore(context, as_json)
        return
    from listener.feeling import MIN_SCORED
    from ui import documents, stored_days
    from ui.import_words import status_names

    workspace = open_or_stop(context)
    period = period_or_stop(workspace, since, until)
    document = documents.sentiment(workspace, period=period)
    if as_json:
        print_json(document)
        return
    columns = [
        ("language", "Language"),
        ("positive", "Positive"),
        ("neutral", "Neutral"),
        ("negative", "Negative"),
        ("scored", "Scored"),
        ("not_scored", "Not scored"),
        ("net", "Net"),
        ("low", "from"),
        ("high", "to"),
    ]
    shown = [row if row["enough"] else row | _UNJUDGED for row in document["rows"]]
    empty = None if shown else stored_days.no_mentions(workspace, period)
    print_table(_period_title("Net sentiment", document), columns, shown, empty=empty)
    if not all(row["enough"] for row in shown):
        print(f"Net sentiment is shown from {MIN_SCORED} scored texts on.")
    why = status_names(str)
    for row in document["not_scored_reasons"]:
        language, said = row["language"] or "an unknown language", why.get(row["reason"], row["reason"])
        print(f"Not scored: {row['n']} in {language}: {said}")


def _rescore(context: typer.Context, as_json: bool) -> None:
    """Progress goes to standard error, so that the document stands alone."""
    from listener.collect import make_plan
    from listener.rescoring import rescore

    workspace = open_or_stop(context)
    plan = make_plan(workspace)

    def progress(done: int, of: int) -> None:
        print(f"\rscoring again: {done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)

    told = rescore(workspace.engine, brands=plan.brands, languages=plan.languages, progress=progress)
    if as_json:
        print_json(told.as_json())
        return
    print(
        f"{counted(told.checked, 'mention')} looked at, {told.changed} changed, scores towards a brand written: "
        f"{told.targets};"
        " labels that people corrected stay as they are"
    )


def _languages(context: typer.Context) -> tuple[str, ...]:
    """The workspace's languages where there is one; scoring lines needs no workspace."""
    from config.settings import WorkspaceSettings

    if (folder_of(context) / "earned.toml").exists():
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
    words: Annotated[list[str] | None, typer.Argument(metavar="[QUERY]", help="Only those that it finds.")] = None,
    brand: Annotated[str | None, typer.Option(help="Only this brand's.")] = None,
    query: Annotated[str | None, typer.Option("--query", "--search", help="The same as QUERY.")] = None,
    since: Since = None,
    until: Until = None,
    label: Annotated[str | None, typer.Option(help="positive, neutral or negative.")] = None,
    author: Annotated[str | None, typer.Option(help="Only this author's, as network:handle.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 50,
    behind: Annotated[str | None, typer.Option(help="The visits and orders behind the mention of this id.")] = None,
    as_json: Json = False,
) -> None:
    """Search what was said, with the visits, orders and revenue matched to each mention."""
    from listener.queries import QueryError
    from ui import cli_money, documents, documents_money, stored_days

    one_of(label, ("positive", "neutral", "negative"), "--label")
    if words and query is not None:
        stop("say what to look for once: as QUERY or with --query")
    query = " ".join(words) if words else query
    workspace = open_or_stop(context)
    one_of(brand, [entry.name for entry in workspace.settings.brand], "--brand")
    period = period_or_stop(workspace, since, until)
    if behind is not None:
        found = documents_money.behind_mention(workspace, period=period, mention_id=behind)
        (print_json if as_json else cli_money.print_mention)(found)
        return
    try:
        document = documents.mentions(
            workspace,
            period=period,
            brand=brand,
            query=query,
            label=label,
            author=author,
            limit=limit,
        )
    except QueryError as problem:
        stop(f"{'QUERY' if words else '--query'} {query!r}: {problem}")
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
    whose = f"of {brand}" if brand else "of all brands"
    counts = f"{counted(document['total'], 'mention')}, {counted(document['stories'], 'story', 'stories')}"
    title = f"{len(shown)} of {counts} {whose}" if shown else f"Mentions {whose}"
    empty = None if shown else stored_days.no_mentions(workspace, period, brand)
    print_table(_period_title(title, document), columns, shown, empty=empty)


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
    period = period_or_stop(workspace, since, until)
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
    floor = workspace.settings.people.min_followers if min_followers is None else min_followers
    empty = None if influencers else _nobody(workspace, period, heard=len(document["rows"]), floor=floor)
    print_table(_period_title("Top mentioners", document), columns, influencers, empty=empty)
    print(f"Followers unknown: {unknown} more; --json lists them.")


def _nobody(workspace: Workspace, period: Period, *, heard: int, floor: int) -> str:
    """Why nobody is listed: no followers known, too few of them, or no mention in these days."""
    from ui import stored_days

    if not heard:
        return f"people are listed by what they said, and {stored_days.no_mentions(workspace, period)}"
    known = "it takes known followers, from a file of people or a tool's export"
    if floor == 0:
        return known
    return f"{known}, and enough of them (--min-followers 0 shows all whose followers are known)"


_FEW_CODE_COLUMNS = ("code", "state", "owner", "orders", "net", "discount", "commission", "after_commission")


@app.command("voice")
def share_of_voice(context: typer.Context, since: Since = None, until: Until = None, as_json: Json = False) -> None:
    """Share of voice: how loud each brand is."""
    from ui import documents, stored_days

    workspace = open_or_stop(context)
    period = period_or_stop(workspace, since, until)
    document = documents.share_of_voice(workspace, period=period)
    if as_json:
        print_json(document)
        return
    columns = [("brand", "Brand"), ("mentions", "Stories"), ("mentions_with_copies", "Mentions"), ("share", "Share")]
    empty = None if document["rows"] else stored_days.no_mentions(workspace, period)
    print_table(_period_title("Share of voice", document), columns, document["rows"], empty=empty)


@app.command()
def codes(
    context: typer.Context,
    behind: Annotated[str | None, typer.Option(help="The orders and touches behind this code.")] = None,
    without_flagged: WithoutFlagged = False,
    view_through: ViewThrough = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every column, and the registered codes that had no order.")
    ] = False,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Promo codes: redemptions, revenue, discount, commission, new customers, signs of leakage."""
    from ui import cli_money, documents_money, stored_days

    switches: dict[str, Any] = {
        "without_flagged": without_flagged,
        "view_through": duration_or_stop(view_through, "--view-through"),
    }
    workspace = open_or_stop(context)
    period = period_or_stop(workspace, since, until)
    if behind is not None:
        found = documents_money.behind_code(workspace, period=period, code=behind, **switches)
        (print_json if as_json else cli_money.print_code_orders)(found)
        return
    document = documents_money.codes(workspace, period=period, now=now(), **switches)
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
        ("commission", "Commission"),
        ("after_commission", "After it"),
        ("new_customer_share", "New customers"),
        ("repeat", "Bought later"),
        ("clv", "Expected (a year)"),
    ]
    rows = [
        row | {"code": row["code"] or "(automatic discount)"} for row in document["rows"] if everything or row["orders"]
    ]
    columns = [column for column in columns if everything or column[0] in _FEW_CODE_COLUMNS]
    empty = None if rows else stored_days.no_orders(workspace, period)
    print_table(_period_title("Promo codes", document), columns, rows, empty=empty)
    silent = len(document["rows"]) - len(rows)
    if silent:
        print(f"{counted(silent, 'more registered code')} had no order (--all shows them).")
    cli_money.print_expected(document["expected"])
    for row in document["leakage"]:
        print(f"{cell(row['code'])} may have leaked: {row['flagged_orders']} {row['evidence']}")
    for row in document["look_alikes"][:10]:
        print(f"{cell(row['code'])} ({counted(row['orders'], 'order')}) looks like {cell(row['suggestion'])}")


@app.command()
def channels(
    context: typer.Context,
    model: Annotated[str | None, typer.Option(help=f"{MODELS}. Default: the workspace's setting.")] = None,
    lookback: Annotated[str | None, typer.Option(help="Such as 30d. Default: the workspace's setting.")] = None,
    by: Annotated[str, typer.Option(help="channel, campaign, influencer, code or product.")] = "channel",
    behind: Annotated[str | None, typer.Option(help="The orders and touches behind the row of this name.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Every model beside every other.")] = False,
    claims: Annotated[bool, typer.Option("--claims", help="What platforms claim against what was banked.")] = False,
    without_flagged: WithoutFlagged = False,
    view_through: ViewThrough = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Credit by channel, campaign, influencer, code or product."""
    from config.settings import MODELS as known_models
    from ui import cli_money, documents_money, pipeline
    from ui.notes import notes

    one_of(model, known_models, "--model")
    one_of(by, BREAKDOWNS, "--by")
    window, seen = duration_or_stop(lookback, "--lookback"), duration_or_stop(view_through, "--view-through")
    switches: dict[str, Any] = {"without_flagged": without_flagged, "view_through": seen}
    workspace = open_or_stop(context)
    period = period_or_stop(workspace, since, until)
    if behind is not None:
        found = documents_money.behind(
            workspace,
            period=period,
            by=by,  # type: ignore[arg-type]
            name=behind,
            model=model,
            lookback=window,
            **switches,
        )
        (print_json if as_json else cli_money.print_behind)(found)
        return
    if compare:
        found = documents_money.compared(workspace, period=period, by=by, lookback=window, **switches)  # type: ignore[arg-type]
        (print_json if as_json else cli_money.print_compared)(found)
        return
    if claims:
        found = documents_money.claims(workspace, period=period, **switches)
        (print_json if as_json else cli_money.print_claims)(found)
        return
    report = pipeline.attribution_report(
        workspace,
        period=period,
        model=model,
        lookback=window,
        **switches,
    )
    document = report.channels_json(by)  # type: ignore[arg-type]
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
    print_notes(notes(report))


def _print_gaps(document: dict[str, Any]) -> None:
    """What of `earned status` is outside the totals, joins nothing, or has not come."""
    from attribution.identity import NamedOrders
    from ui.import_words import table_names
    from ui.pipeline import named_orders_told

    for row in document["unconverted"]:
        tell(f"In no total: {counted(row['orders'], 'order')} in {row['currency'] or 'no currency'}. {row['cure']}")
    lost = document["refunds_without_order"]
    if lost["count"]:
        named = ", ".join(cell(row["order_id"]) for row in lost["examples"][:5]) + (
            "" if lost["orders"] <= 5 else ", …"
        )
        print(f"Refunds of orders that no file has brought: {lost['count']} ({named}); they lower nothing yet")
    for told in named_orders_told(NamedOrders(**document["visits_naming_orders"])):
        tell(told)
    names = table_names(str)
    fresh = [row | {"table": names.get(row["table"], row["table"])} for row in document["freshness"] if row["rows"]]
    print_table("Newest rows", [("table", "Table"), ("rows", "Rows"), ("oldest", "From"), ("newest", "To")], fresh)
    for row in fresh:
        if row["since"]:
            print(f"{row['table']}: nothing came after {row['since']}, which is longer ago than usual")


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Freshness, source health, quarantine, codes nobody has registered."""
    from ui import cli_sources, documents
    from ui.import_words import reason_names, with_counts

    workspace = open_or_stop(context)
    document = documents.status(workspace, now=now())
    if as_json:
        print_json(document)
        return
    note = " (simulated data)" if document["simulated"] else ""
    told = f"{counted(document['mentions'], 'mention')} ({counted(document['stories'], 'story', 'stories')})"
    held = f"{told}, {counted(document['orders'], 'order')}"
    print(f"{cell(document['workspace'])}{note}: {held}")
    cli_sources.print_health([row | {"source": row["name"]} for row in document["sources"]])
    for row in document["queries"]:
        if row["problem"]:
            print(f"The query of {cell(row['brand'])} cannot be read {cell(row['problem'])}")
        elif row["counted_by_another"]:
            n, brand = row["counted_by_another"], cell(row["brand"])
            tell(f"Mentions of {brand} that another query counted: {n}; run: earned query rematch")
    columns = [("id", "Id"), ("file_name", "File"), ("layout", "Layout"), ("state", "State"), ("finished_at", "When")]
    print_table("Imports", columns, document["imports"])
    kept = document["quarantine"]
    reasons = with_counts(kept["reasons"], reason_names(str))
    aside = counted(kept["rows"], "row") + (f" ({reasons})" if reasons else "")
    print(f"Quarantine: {aside}; unconverted orders: {document['unconverted_orders']}")
    _print_gaps(document)
    for row in document["unknown_codes"][:10]:
        orders = counted(row["orders"], "order")
        print(f"Unknown code {cell(row['code'])}: {orders}; register it, or leave it uncredited")
