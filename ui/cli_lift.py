"""The command that estimates what talk brought without a trace."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import typer

from ui.command import Json, app, now, one_of, open_or_stop
from ui.terminal import print_json, print_table, stop

_HEADLINES = {
    "plain": "mentions may sell from the day they are made",
    "both": "the range covers talk that sells the same day and talk that does not",
    "lagged": "mentions are counted from the next day on",
}


@app.command()
def lift(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Try to prove it wrong: wrong dates, loudest days.")] = False,
    by: Annotated[str | None, typer.Option(help="Beside the whole: by source (network) or by brand.")] = None,
    since: Annotated[str | None, typer.Option(help="Refused: it rests on all days. See earned roi --since.")] = None,
    until: Annotated[str | None, typer.Option(help="Refused, as --since is.")] = None,
    as_json: Json = False,
) -> None:
    """What talk brought that no visit or code shows: estimated, with its range and what speaks against it."""
    from ui import documents_lift

    if since or until:
        stop(
            "lift takes no --since or --until: what talk brought can only be told from all the days that orders and "
            "mentions cover together, and a part of them would be another, weaker estimate. For the indirect return "
            "of a period run: earned roi --since DAY --until DAY"
        )
    one_of(by, ("source", "brand"), "--by")
    document = documents_lift.lift(open_or_stop(context), now=now(), check=check, by=by)
    if as_json:
        print_json(document)
        return
    currency, shown = document["currency"], document["indirect"]
    for reason in document["reasons"]:
        print(f"Note: {reason}")
    if shown["median"] is None:
        what = "refused" if document["refused"] else "withheld"
        print(f"Indirect return is {what}. Ready: {document['readiness']['line']}.")
    else:
        _print_estimate(document, shown, currency)
    for warning in document["warnings"]:
        print(f"Warning: {warning}")
    if by is not None:
        columns = [("group", by.capitalize()), *((end, end.capitalize()) for end in ("low", "median", "high"))]
        print_table(f"Indirect return by {by}", [*columns, ("reason", "Why not")], document["groups"])
    if check:
        _print_checks(document["checks"])


def _print_estimate(document: dict[str, Any], shown: dict[str, str], currency: str) -> None:
    period = document["period"]
    lines = [
        ("Revenue without a trace", document["pool"]),
        ("Indirect return, estimated", shown["median"]),
        ("at least", shown["low"]),
        ("at most", shown["high"]),
        ("Smallest that would be found", document["minimum_detectable"]),
    ]
    columns = [("what", "Indirect return"), ("amount", currency)]
    rows = [{"what": what, "amount": amount} for what, amount in lines]
    print_table(f"Indirect return, {period['since']} to {period['until']}, {currency}", columns, rows)
    print(
        f"It used the days {period['since']} to {period['until']}, a period of its own: all that orders and mentions "
        "cover together, whatever other commands show."
    )
    least = document["minimum_detectable"]
    if least is not None and Decimal(shown["median"]) < Decimal(least):
        print(
            "The estimate lies below the smallest that would be found: an effect of this size cannot be told from "
            "chance with these days, so it may be none at all."
        )
    print(f"How it is counted: {_HEADLINES[document['headline']]}.")
    if document["coverage"] is not None:
        print(f"In simulated worlds like these data the range held the truth in {document['coverage']:.0%} of cases.")


def _print_checks(checks: dict[str, Any] | None) -> None:
    if checks is None:
        print("There is no estimate to check.")
        return
    for finding in checks["findings"]:
        print(f"Check: {finding}")
    if not checks["findings"]:
        print("Check: none of the checks raised a warning. That proves nothing: only an experiment would.")
