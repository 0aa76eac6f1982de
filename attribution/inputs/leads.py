"""earned's own leads file: one row a lead.

`lead_id,created_at,source,medium,campaign,stage,won_at,deal_amount,currency`.
"""

from __future__ import annotations

import polars as pl

from attribution.inputs.cells import (
    Check,
    bare_amounts,
    bare_note,
    columns,
    leave_out,
    lost_id,
    money,
    no_nulls,
    put_aside,
    unreadable,
    with_cells,
    with_currency,
)
from attribution.inputs.times import clock_note, instants
from attribution.utm import normal_medium, normal_source, normal_value
from config.intake import Layout, Parsed, ReadContext, TextTable

_TEXTS = ("lead_id", "source", "medium", "campaign", "stage", "currency")
_TIMES = ("created_at", "won_at")


def read_leads(table: TextTable, context: ReadContext) -> Parsed:
    """The table leads. A deal without currency is in the workspace's; without an amount its value is unknown."""
    rows, skipped = leave_out(columns(table, (*_TEXTS, *_TIMES, "deal_amount")))
    rows = with_currency(rows, "deal_amount")
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in _TEXTS)
    read = {name: instants(rows[name], zone=context.timezone, order=context.order) for name in _TIMES}
    amount = money(rows["deal_amount"], currency=rows["currency"], default=context.currency, decimal=context.decimal)
    rows, rejected = put_aside(with_cells(rows, read | {"deal_amount": amount}), _CHECKS)
    bare = bare_amounts(rows, "deal_amount")
    currency = pl.col("currency").str.to_uppercase().fill_null(context.currency)
    leads = rows.select(
        pl.lit(context.account).alias("account"),
        "lead_id",
        "created_at",
        normal_source(pl.col("source")).alias("source"),
        normal_medium(pl.col("medium")).alias("medium"),
        normal_value(pl.col("campaign")).alias("campaign"),
        pl.col("stage").str.to_lowercase(),
        "won_at",
        "deal_amount",
        pl.when(pl.col("deal_amount").is_not_null()).then(currency).alias("currency"),
        "source_line",
    )
    return Parsed(
        {"leads": leads},
        rejected,
        skipped,
        warnings=[*clock_note(*read.values()), *bare_note(bare, context.currency)],
        bare=bare,
    )


_CHECKS = (
    Check("missing_id", "lead_id is empty", pl.col("lead_id").is_null()),
    Check(
        "id_lost_digits", "a spreadsheet has cut the lead_id; export the file again", lost_id("lead_id"), ("lead_id",)
    ),
    Check(
        "bad_date",
        "created_at is missing, or a time cannot be read",
        pl.col("created_at").is_null() | unreadable("won_at"),
        ("lead_id", "created_at as written", "won_at as written"),
    ),
    Check("bad_money", "deal_amount cannot be read", unreadable("deal_amount"), ("lead_id", "deal_amount as written")),
    Check(
        "bad_currency",
        "the currency is no three-letter code",
        pl.col("currency").is_not_null() & ~pl.col("currency").str.contains(r"^[A-Za-z]{3}$"),
        ("lead_id",),
    ),
)

EARNED_LEADS = Layout(
    id="earned_leads",
    title="leads (lead_id, created_at, source, medium, campaign, stage, won_at, deal_amount, currency)",
    headers=frozenset({"lead_id", "created_at", "stage"}),
    sink="facts",
    read=read_leads,
)
