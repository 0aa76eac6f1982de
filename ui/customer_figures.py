"""New customers by what brought them, with those of whom nothing is known as a row of their own: nobody vanishes."""

from __future__ import annotations

import polars as pl

from attribution import clv, compare
from attribution.breakdown import By
from attribution.ledger import SOLD
from attribution.report import Report

NO_CHANNEL, NO_CODE = "(no channel known)", "(no code)"
BY_COLUMN: dict[By, str] = {"channel": "channel", "campaign": "campaign", "influencer": "person", "code": "code"}
_ORDER = ("account", "order_id")


def nameless(by: By) -> str:
    """The name of the row of those that no channel, or no code, brought."""
    return NO_CODE if by == "code" else NO_CHANNEL


def brought(report: Report, *, by: By, values: pl.DataFrame | None) -> pl.DataFrame:
    """`clv.brought` for the period's new customers, the nameless row last where there is one."""
    known = clv.brought(report.history, report.credits, report.order_codes, by=BY_COLUMN[by], values=values)
    rest = _unknown(report, by)
    name = pl.lit(nameless(by))
    whole = rest.select(
        *_ORDER,
        position=pl.lit(1),
        weight=pl.lit(1.0),
        credit_minor="net_minor",
        is_direct=pl.lit(False),
        channel=name,
    )
    apart = clv.brought(report.history, whole, report.order_codes, by="channel", values=values)
    return pl.concat([known, apart])


def _unknown(report: Report, by: By) -> pl.DataFrame:
    """The ledger's rows of the period's first orders that no touch, or no registered code, has a part in."""
    if by == "code":
        held = report.order_codes.filter(pl.col("state") == "registered")
    else:
        held = report.credits.filter(~pl.col("is_direct") & (pl.col("weight") > 0))
    first = report.ledger.filter(
        (pl.col("state") == SOLD) & pl.col("customer_key").is_not_null() & pl.col("is_first_order")
    )
    return first.join(held.select(_ORDER).unique(), on=list(_ORDER), how="anti")


def first_orders(report: Report, *, by: By, name: str) -> pl.DataFrame:
    """account, order_id of the period's orders on which a row of `brought` rests."""
    if name == nameless(by):
        return _unknown(report, by).select(_ORDER)
    if by == "code":
        used = report.order_codes.filter((pl.col("state") == "registered") & (pl.col("code") == name))
        return used.select(_ORDER).unique()
    return compare.behind(report, by=by, name=name).select(_ORDER).unique()
