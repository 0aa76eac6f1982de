"""The commands of plans: costs, goals and campaigns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

import typer

from ui.command import Json, Since, Until, app, now, one_of, open_or_stop, period_or_stop
from ui.terminal import cell, counted, print_json, print_table, stop, tell

goals_app = typer.Typer(
    help="Goals: where each stands, its pace and its forecast.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(goals_app, name="goals", invoke_without_command=True)


@app.command()
def costs(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="kind, campaign, channel, influencer, brand or month.")] = "kind",
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """What social media cost, spread over its days; and the kinds of cost that nobody has given."""
    from ui import documents_plans
    from ui.notes import missing_costs

    one_of(by, documents_plans.BY, "--by")
    workspace = open_or_stop(context)
    document = documents_plans.costs(workspace, period=period_or_stop(workspace, since, until), by=by)
    if as_json:
        print_json(document)
        return
    period = document["period"]
    columns = [("name", by.capitalize()), ("amount", "Cost"), ("lines", "Lines")]
    title = f"Costs of social, {period['since']} to {period['until']}, {document['currency']}"
    print_table(title, columns, document["rows"])
    print(f"Total: {document['total'] or 'not known'}; other channels: {document['out_of_scope'] or 'not known'}")
    for sentence in missing_costs(document["missing"], document["known_days"], period):
        tell(sentence)
    for row in document["unknown"]:
        print(f"Not known: {row['kind'].replace('_', ' ')} {row['line']} ({row['reason'].replace('_', ' ')})")
    for row in document["left_out"]:
        why = "the same cost is imported" if row["left_out"] == "imported" else "a commission of that month is given"
        kind, amount = row["kind"].replace("_", " "), row["amount"] or "not known"
        print(
            f"Told twice, not counted: {kind} {row['line']}, {row['date_from']} to {row['date_to']}: {amount} ({why})"
        )


@goals_app.callback()
def goals(
    context: typer.Context,
    metrics: Annotated[bool, typer.Option("--metrics", help="The figures a goal may be about.")] = False,
    archived: Annotated[bool, typer.Option("--archived", help="Archived goals too.")] = False,
    as_json: Json = False,
) -> None:
    """Goals: where each stands, its pace and its forecast."""
    if context.invoked_subcommand:
        return
    from ui import documents_plans

    if metrics:
        listed = documents_plans.metric_list()
        columns = [("metric", "Metric"), ("purpose", "Purpose"), ("unit", "Unit"), ("filters", "Can be narrowed to")]
        print_json(listed) if as_json else print_table("What a goal may be about", columns, listed["rows"])
        return
    workspace = open_or_stop(context)
    document = documents_plans.goal_list(workspace, as_of=workspace.as_of(now()), archived=archived)
    if as_json:
        print_json(document)
        return
    shown = [row | {"forecast": row["forecast"]["median"], "until": row["to"]} for row in document["rows"]]
    columns = [
        *(("name", "Goal"), ("metric", "Metric"), ("until", "Until"), ("state", "State"), ("value", "So far")),
        *(("plan", "Plan"), ("forecast", "Forecast"), ("target", "Target")),
    ]
    title = f"Goals as of {document['as_of']}, {document['currency']}"
    print_table(title, columns, shown, empty="earned goals add NAME --metric METRIC --target N --from DAY --to DAY")
    for row in document["rows"]:
        if row["known_to"] is not None and row["known_to"] < min(document["as_of"], row["to"]):
            print(f"{row['name']}: its figure is known up to {row['known_to']}; later days do not count as none")
        if row["warnings"]:
            print(f"{row['name']}: {', '.join(word.replace('_', ' ') for word in row['warnings'])}")


@goals_app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is called.")],
    metric: Annotated[str, typer.Option(help="Of `earned goals --metrics`.")],
    target: Annotated[str, typer.Option(help="An amount such as 2500, or with --change a share such as 0.2.")],
    since: Annotated[str, typer.Option("--from", help="First day.")],
    until: Annotated[str, typer.Option("--to", help="Last day.")],
    change: Annotated[bool, typer.Option("--change", help="The target is a share above the baseline.")] = False,
    baseline: Annotated[str | None, typer.Option(help="Default: what as many days before brought.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it.")] = None,
    network: Annotated[str | None, typer.Option(help="Only this network.")] = None,
    page: Annotated[str | None, typer.Option(help="Only landing pages that begin so.")] = None,
    product: Annotated[str | None, typer.Option(help="Only this product.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Only this campaign.")] = None,
    brand: Annotated[str | None, typer.Option(help="Only this brand.")] = None,
    as_json: Json = False,
) -> None:
    """Add a goal, or change the one of the same name, metric and days."""
    from attribution.goals import METRICS
    from config import plan_files, plans

    one_of(metric, tuple(METRICS), "--metric")
    workspace = open_or_stop(context)
    cells = {
        **{
            "name": name,
            "purpose": METRICS[metric].purpose,
            "metric": metric,
            "target": _plain(target, change=change),
            "from": since,
        },
        **{"to": until, "target_is": "change" if change else "absolute", "baseline": baseline, "owner": owner},
        **{"network": network, "page": page, "product": product, "campaign": campaign, "brand": brand},
    }
    row = plan_files.plan_row("goals", cells, currency=workspace.settings.workspace.currency)
    if not isinstance(row, dict):
        stop(row[1])
    entry = plan_files.with_id("goals", row)
    changed = plans.change_plan(workspace.engine, "goals", now=now(), save=[entry])
    _told({"id": entry["id"], "changed": changed}, as_json, f"Goal {entry['id']} is kept")


def _plain(target: str, *, change: bool) -> str:
    """A target as its register takes it: 20% with --change as 0.2, 5,000 as 5000. Stops where it means either."""
    text = target.strip()
    if text.endswith("%"):
        number = text.removesuffix("%").strip().replace(",", ".")
        if not re.fullmatch(r"-?\d+(\.\d+)?", number):
            stop(f"--target {target!r} is no share; write it as 20% or 0.2")
        share = format((Decimal(number) / 100).normalize(), "f")
        if not change:
            stop(f"--target {target!r} is a share; write {share} for a figure that is one, or add --change for growth")
        return share
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        return text.replace(",", "")
    return text


@goals_app.command()
def remove(
    context: typer.Context,
    goal: Annotated[str, typer.Argument(help="The goal's id, as `earned goals --json` says it.")],
    as_json: Json = False,
) -> None:
    """Remove a goal; `earned goals undo` puts it back."""
    from config import plans

    workspace = open_or_stop(context)
    if goal not in plans.stored_plan(workspace.engine, "goals"):
        stop(f"there is no goal {goal!r}; `earned goals --json` lists their ids")
    changed = plans.change_plan(workspace.engine, "goals", now=now(), remove=[goal])
    _told({"id": goal, "changed": changed}, as_json, f"Goal {goal} is removed; `earned goals undo` puts it back")


@goals_app.command()
def undo(context: typer.Context, as_json: Json = False) -> None:
    """Take back the last change of the goals."""
    from config import plans
    from config.intake import ImportBusyError
    from config.registers import RegisterConflictError
    from ui import imports

    workspace = open_or_stop(context)
    before = plans.stored_plan(workspace.engine, "goals")
    try:
        changed = imports.undo_plan(workspace, "goals", now=now())
    except (RegisterConflictError, ImportBusyError) as problem:
        stop(str(problem), code=1)
    after = plans.stored_plan(workspace.engine, "goals")
    _told({"id": None, "changed": changed}, as_json, _undone(before, after))


def _undone(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> str:
    """What taking a change back did, goal by goal."""
    parts = [f"{after[key]['name']} is there again" for key in after if key not in before]
    parts += [f"{before[key]['name']} is taken out" for key in before if key not in after]
    parts += [f"{after[key]['name']} is as it was" for key in after if key in before and before[key] != after[key]]
    return f"Taken back: {'; '.join(parts)}" if parts else "There was no change to take back"


def _told(document: dict[str, Any], as_json: bool, sentence: str) -> None:
    if as_json:
        print_json(document)
    else:
        tell(sentence)


@app.command()
def campaigns(context: typer.Context, as_json: Json = False) -> None:
    """Campaigns: what each cost, what came back direct, what was said above the usual; what is too early to judge."""
    from ui import documents_plans

    workspace = open_or_stop(context)
    document = documents_plans.campaign_list(workspace, as_of=workspace.as_of(now()))
    if as_json:
        print_json(document)
        return
    columns = [
        *(("name", "Campaign"), ("from", "From"), ("to", "To"), ("state", "State"), ("cost", "Cost")),
        *(("direct", "Direct return"), ("orders", "Orders"), ("roas", "ROAS"), ("said", "Said above usual")),
    ]
    shown = [row | {"said": (row["mentions"] or {}).get("above_usual", {}).get("median")} for row in document["rows"]]
    title = f"Campaigns as of {document['as_of']}, {document['currency']}"
    print_table(title, columns, shown, empty="import a file with the columns name, from, to, utm_campaigns")
    for row in document["rows"]:
        early = row["too_early"]
        if early["days_missing"] or early["orders_missing"]:
            print(
                f"{cell(row['name'])}: too early to judge; still needed: {counted(early['days_missing'], 'day')}, "
                f"{counted(early['orders_missing'], 'direct order')}"
            )
        if row["missing_costs"]:
            print(f"{row['name']}: no cost given for {', '.join(row['missing_costs']).replace('_', ' ')}")
