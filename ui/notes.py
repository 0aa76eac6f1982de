"""What must be said beside a period's figures: what was left out, what could not be joined, where the data lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from attribution.ledger import SOLD, UNCONVERTED
from attribution.report import Report


def notes(report: Report) -> list[str]:
    """Sentences for people, the gravest first; none when there is nothing to say."""
    found = []
    unconverted = report.ledger.filter(pl.col("state") == UNCONVERTED)
    if unconverted.height:
        reasons = ", ".join(sorted({str(value) for value in unconverted["currency_original"].drop_nulls()}))
        found.append(
            f"{unconverted.height} orders are outside these figures: no exchange rate on their day ({reasons}). "
            "Import rates of your own: a CSV file with the columns day, currency, rate, per (one of `per` buys `rate`)."
        )
    if report.orders and report.unmatched_orders == report.orders:
        found.append(
            "No visit could be joined to an order, so only promo codes credit anything. Visits need the order's number "
            "in order_id, or the customer."
        )
    elif report.unmatched_orders:
        found.append(
            f"{report.unmatched_orders} of {report.orders} sold orders joined no visit; only a code credits them."
        )
    sold = report.history.filter(pl.col("state") == SOLD)["day"]
    if not report.orders and sold.len():
        found.append(f"No order was sold in this period; your orders run from {sold.min()!s} to {sold.max()!s}.")
    return found


def missing_costs(kinds: Sequence[str], known: Mapping[str, str] | None) -> list[str]:
    """Which kinds of cost the period has none of, and where costs lie that are given (since, until)."""
    if not kinds:
        return []
    told = [f"No cost is given in this period for: {', '.join(kinds).replace('_', ' ')}."]
    return [*told, *([f"Your costs run from {known['since']} to {known['until']}."] if known else [])]
