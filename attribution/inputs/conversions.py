"""earned's own files for conversions of any kind, and for the daily figures of own accounts.

`conversion_id,kind,time,visitor,customer,order_id,source,medium,campaign,value,currency`
`network,handle,date,followers,reach,impressions,views,interactions`
"""

from __future__ import annotations

import polars as pl

from attribution.inputs.cells import (
    Check,
    bare_amounts,
    bare_note,
    columns,
    counts,
    leave_out,
    lost_id,
    money,
    no_nulls,
    put_aside,
    unreadable,
    with_cells,
    with_currency,
)
from attribution.inputs.times import clock_note, days, instants
from attribution.tables import UTC_TIME
from attribution.utm import normal_medium, normal_source, normal_value
from config.intake import Layout, Parsed, ReadContext, TextTable

_TEXTS = (*("conversion_id", "kind", "visitor", "customer", "order_id", "source", "medium", "campaign", "currency"),)


def read_conversions(table: TextTable, context: ReadContext) -> Parsed:
    """The table conversions. A value without currency is in the workspace's."""
    rows, skipped = leave_out(columns(table, (*_TEXTS, "time", "value")))
    rows = with_currency(rows, "value")
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in _TEXTS)
    read = {
        "converted_at": instants(rows["time"], zone=context.timezone, order=context.order),
        "amount": money(rows["value"], currency=rows["currency"], default=context.currency, decimal=context.decimal),
    }
    rows, rejected = put_aside(with_cells(rows, read), _CHECKS)
    rows = rows.with_columns(
        context.keyed_hash(rows["visitor"]).alias("visitor"), context.keyed_hash(rows["customer"]).alias("customer_key")
    )
    bare = bare_amounts(rows, "amount")
    currency = pl.col("currency").str.to_uppercase().fill_null(context.currency)
    conversions = rows.select(
        pl.lit(context.account).alias("account"),
        "conversion_id",
        pl.col("kind").str.to_lowercase().str.replace_all(r"[\s-]+", "_"),
        "converted_at",
        *("visitor", "customer_key"),
        pl.col("order_id").str.strip_prefix("#").alias("order_ref"),
        normal_source(pl.col("source")).alias("source"),
        normal_medium(pl.col("medium")).alias("medium"),
        normal_value(pl.col("campaign")).alias("campaign"),
        pl.col("amount").alias("value"),
        pl.when(pl.col("amount").is_not_null()).then(currency).alias("currency"),
        "source_line",
    )
    return Parsed(
        {"conversions": conversions},
        rejected,
        skipped,
        warnings=[*clock_note(read["converted_at"]), *bare_note(bare, context.currency)],
        bare=bare,
    )


_CHECKS = (
    Check("missing_id", "conversion_id or kind is empty", pl.any_horizontal(pl.col("conversion_id", "kind").is_null())),
    Check("id_lost_digits", "a spreadsheet has cut the id", lost_id("conversion_id"), ("conversion_id",)),
    Check("bad_time", "time is missing or cannot be read", pl.col("converted_at").is_null(), ("conversion_id", "time")),
    Check("bad_money", "value cannot be read", unreadable("amount"), ("conversion_id", "value")),
)

EARNED_CONVERSIONS = Layout(
    id="earned_conversions",
    title="conversions (conversion_id, kind, time, visitor, customer, order_id, source, medium, campaign, value, …)",
    headers=frozenset({"conversion_id", "kind", "time"}),
    sink="facts",
    read=read_conversions,
)

_FIGURES = ("followers", "reach", "impressions", "views", "interactions")


def read_accounts(table: TextTable, context: ReadContext) -> Parsed:
    """The table account_daily: what a network says about an own account on a day."""
    rows, skipped = leave_out(columns(table, ("network", "handle", "date", *_FIGURES)))
    read = {name: counts(rows[name]) for name in _FIGURES} | {"day": days(rows["date"], order=context.order)}
    rows, rejected = put_aside(with_cells(rows, read), _ACCOUNT_CHECKS)
    daily = rows.select(
        pl.lit(context.account).alias("account"),
        pl.col("network").str.to_lowercase(),
        pl.col("handle").str.to_lowercase().str.strip_prefix("@"),
        pl.col("day").alias("date"),
        pl.col("day").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(UTC_TIME).alias("starts_at"),
        *_FIGURES,
        "source_line",
    )
    return Parsed({"account_daily": daily}, rejected, skipped)


_ACCOUNT_CHECKS = (
    Check("missing_handle", "network or handle is empty", pl.any_horizontal(pl.col("network", "handle").is_null())),
    Check("bad_date", "the date is missing or cannot be read", pl.col("day").is_null(), ("date",)),
    Check("bad_number", "a figure cannot be read", pl.any_horizontal(unreadable(n) for n in _FIGURES), ("date",)),
)

EARNED_ACCOUNT_DAILY = Layout(
    id="earned_account_daily",
    title="own accounts by day (network, handle, date, followers, reach, impressions, views, interactions)",
    headers=frozenset({"network", "handle", "date", "followers"}),
    sink="facts",
    read=read_accounts,
)
