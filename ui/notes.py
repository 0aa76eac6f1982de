"""What must be said beside a period's figures: what was left out, what could not be joined, where the data lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from attribution.ledger import SOLD, UNCONVERTED
from attribution.report import Report
from config.clock import Period


def notes(report: Report) -> list[str]:
    """Sentences for people, the gravest first; none when there is nothing to say."""
    found = []
    unconverted = report.ledger.filter(pl.col("state") == UNCONVERTED)
    if unconverted.height:
        reasons = ", ".join(sorted({str(value) for value in unconverted["currency_original"].drop_nulls()}))
        found.append(
            f"Orders outside these figures: {unconverted.height:,}, as their day has no exchange rate ({reasons}). "
            "Import rates of your own: a CSV file with the columns date, currency, rate, per (one `per` buys `rate`)."
        )
    if report.orders and report.unmatched_orders == report.orders:
        found.append(
            "No visit could be joined to an order, so only promo codes credit anything. Visits need the order's number "
            "in order_id, or the customer."
        )
    elif report.unmatched_orders:
        found.append(
            f"Sold orders that joined no visit: {report.unmatched_orders:,} of {report.orders:,}; only a code credits "
            "them."
        )
    sold = report.history.filter(pl.col("state") == SOLD)["day"]
    if not report.orders and sold.len():
        found.append(f"No order was sold in this period. {other_days('orders', sold.min(), sold.max())}")
    return found


def other_days(what: str, since: object, until: object) -> str:
    """Where what is known lies, and how to ask for it."""
    return f"Your {what} run from {since!s} to {until!s}: ask --since {since!s} --until {until!s}."


def where_it_lies(what: str, known: Period | None, shown: Period, *, none: str) -> str:
    """What to say of a table without rows: the days that hold some, that these days do, or (`none`) how any come in."""
    if known is None:
        return none
    if shown.since <= known.since and known.until <= shown.until:
        return f"your {what} lie in these days, and none is as asked"
    return other_days(what, known.since, known.until).removesuffix(".").replace("Your", "your", 1)


def missing_costs(kinds: Sequence[str], known: Mapping[str, str] | None, shown: Mapping[str, str]) -> list[str]:
    """Which kinds of cost the period shown has none of, and where costs lie that are given (since, until)."""
    if not kinds:
        return []
    told = [f"No cost is given in this period for: {', '.join(kinds).replace('_', ' ')}."]
    if known is None:
        return told
    within = shown["since"] <= known["since"] and known["until"] <= shown["until"]
    where = f"Your costs run from {known['since']} to {known['until']}."
    return [*told, where if within else other_days("costs", known["since"], known["until"])]
