"""The command that sets what came back against what it cost."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ui.command import Json, Since, Until, ViewThrough, app, duration_or_stop, now, one_of, open_or_stop, period_or_stop
from ui.terminal import cell, print_json, print_notes, print_table, stop

BREAKDOWNS = ("month", "channel", "campaign", "influencer", "brand", "code", "product")
ALLOCATED = ("influencer", "channel")


@app.command()
def roi(
    context: typer.Context,
    by: Annotated[
        str | None,
        typer.Option(help="Rows beside: month, channel, campaign, influencer, brand, code, product."),
    ] = None,
    allocate: Annotated[
        bool,
        typer.Option("--allocate", help="Share the indirect return out by who spoke: an allocation, no finding."),
    ] = False,
    without_flagged: Annotated[
        bool, typer.Option("--without-flagged", help="Codes count for nothing on orders that show a sign of leakage.")
    ] = False,
    view_through: ViewThrough = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """What came back for what was spent on social media."""
    from ui import documents_roi
    from ui.notes import missing_costs, notes
    from ui.roi_figures import counting_views, roi_figures

    one_of(by, BREAKDOWNS, "--by")
    if allocate and by not in ALLOCATED:
        stop("--allocate shares out rows by influencer or channel; add --by influencer or --by channel")
    seen = duration_or_stop(view_through, "--view-through")
    workspace = open_or_stop(context)
    if seen is not None:
        workspace = counting_views(workspace, seen)
    period = period_or_stop(workspace, since, until)
    found = roi_figures(workspace, period=period, now=now(), without_flagged=without_flagged)
    document = documents_roi.roi(workspace, found, now=now(), by=by, allocate=allocate)  # type: ignore[arg-type]
    if as_json:
        print_json(document)
        return
    title = f"{document['period']['since']} to {document['period']['until']}, {document['currency']}"
    print_table(f"Return, {title}", [("what", ""), ("amount", "")], [_line(*line) for line in _lines(document)])
    _print_beside(document)
    if by is not None:
        print_table(f"By {by}, {title}", _columns(by), [_flat(row) for row in document["rows"]])
    costs = missing_costs(document["cost_missing"], document["cost_known_days"], document["period"])
    print_notes([*notes(found.report), *costs])


def _line(what: str, amount: Any) -> dict[str, Any]:
    return {"what": what, "amount": amount}


def _lines(document: dict[str, Any]) -> list[tuple[str, Any]]:
    returned = "" if document["return_is"] == "net_revenue" else f", gross margin {document['margin']:.0%}"
    return [
        ("Direct return (counted, social)", document["direct"]),
        ("Other tracked channels", document["other_tracked"]),
        ("Indirect return (estimated)", _ranged(document["indirect"]) or "not estimated"),
        ("Unexplained", document["unexplained"]),
        ("Total net revenue", document["total"]),
        ("Cost of social", document["cost"] or "no costs given"),
        (f"Direct ROI{returned}", document["roi"]["direct"]),
        (f"Blended ROI (estimated){returned}", _ranged(document["roi"]["blended"])),
        ("ROI incl. savings", document["roi"]["with_savings"]),
        ("Break-even at net revenue", document["break_even"]["net_revenue"]),
    ]


def _print_beside(document: dict[str, Any]) -> None:
    """Amounts that stand beside the ROI, switched on and known; the campaign talk's return."""
    talk, beside = document["campaign_talk"], document["equivalents"]
    known = [
        (name.replace("_", " "), one["amount"])
        for name, one in beside.items()
        if isinstance(one, dict) and one.get("on") and one.get("amount") is not None
    ]
    if talk["cost"] is not None:
        known += [
            ("campaign talk: direct return", talk["direct"]),
            ("campaign talk: indirect, allocated", _ranged(talk["indirect"])),
            ("campaign talk: cost", talk["cost"]),
            ("campaign talk: direct ROI", talk["roi"]["direct"]),
        ]
    if document["cash_view"]["refunds"] not in (None, "0.00"):
        known.append(("net revenue, refunds on the day they were paid", document["cash_view"]["net_revenue"]))
    if known:
        rows = [_line(*one) for one in known]
        print_table("Beside the ROI, never inside it", [("what", ""), ("amount", document["currency"])], rows)


def _columns(by: str) -> list[tuple[str, str]]:
    of_rows = {
        "month": [
            *(("total", "Total"), ("direct", "Direct"), ("indirect", "Indirect"), ("unexplained", "Unexplained")),
            *(("cost", "Cost"), ("roi", "Direct ROI"), ("roi_range", "Blended ROI")),
        ],
        "brand": [("revenue", "Direct"), ("cost", "Cost"), ("roi", "ROI"), ("lift", "Lift of its talk")],
    }
    named = [("orders", "Orders"), ("revenue", "Revenue"), ("cost", "Cost"), ("roi", "ROI"), ("verdict", "Break-even")]
    if by == "influencer":
        named.append(("renew_at_most", "Renew at most"))
    if by in ALLOCATED:
        named.append(("indirect_allocated", "Indirect, allocated"))
    return [(by, by.capitalize()), *of_rows.get(by, named)]


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat = {name: _ranged(value) if isinstance(value, dict) else value for name, value in row.items()}
    return {"lift": None, "indirect_allocated": None} | flat


def _ranged(interval: dict[str, Any]) -> str | None:
    """`800.00 (400.00 to 1200.00)`, or None where nothing is estimated."""
    if interval.get("median") is None:
        if interval.get("low") is None:
            return None
        return f"{cell(interval['low'])} to {cell(interval['high'])}"
    low, median, high = (cell(interval[end]) for end in ("low", "median", "high"))
    return f"{median} ({low} to {high})"
