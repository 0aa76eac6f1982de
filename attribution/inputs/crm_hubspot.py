"""HubSpot's contacts and deals (CSV or XLSX). Names, phones, companies and notes are never read; e-mails are hashed."""

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
from attribution.inputs.times import instants
from attribution.utm import normal_source, normal_value
from config.intake import Layout, Parsed, ReadContext, TextTable

# HubSpot's source, as shown or as its interface names it -> medium; what tells source and campaign stands in `_PLACE`.
_MEDIUM = {
    **dict.fromkeys(("organic search", "organic_search"), "organic"),
    **dict.fromkeys(("paid search", "paid_search"), "cpc"),
    **dict.fromkeys(("organic social", "social media", "social_media", "organic_social"), "social"),
    **dict.fromkeys(("paid social", "paid_social"), "paid_social"),
    **dict.fromkeys(("email marketing", "email_marketing"), "email"),
    **dict.fromkeys(("referrals", "referral"), "referral"),
    **dict.fromkeys(("ai referrals", "ai_referrals"), "ai-assistant"),
    **dict.fromkeys(("offline sources", "offline"), "offline"),
}
_DIRECT = ("direct traffic", "direct_traffic")
_OTHER = ("other campaigns", "other_campaigns")
_TEXTS = (
    *("record id", "email", "lifecycle stage", "lead status", "original source", "original source drill-down 1"),
    *("original source drill-down 2", "latest source", "first conversion"),
)
_TIMES = {
    "created_at": "create date",
    "mql_at": "became a marketing qualified lead date",
    "sql_at": "became a sales qualified lead date",
    "customer_at": "became a customer date",
}


def read_contacts(table: TextTable, context: ReadContext) -> Parsed:
    """The table leads: a row a contact. Contacts are one only by their record id, never by their names."""
    rows, skipped = leave_out(columns(table, (*_TEXTS, *_TIMES.values())))
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in _TEXTS)
    read = {name: instants(rows[column], zone=context.timezone, order=context.order) for name, column in _TIMES.items()}
    rows, rejected = put_aside(with_cells(rows, read), _CONTACT_CHECKS)
    low = {name: pl.col(name).str.to_lowercase().str.strip_chars() for name in _TEXTS}
    source, first, second = (low[n] for n in ("original source", *_TEXTS[5:7]))
    medium = source.replace_strict(_MEDIUM, default=None, return_dtype=pl.String)
    by_network = medium.is_in(["social", "paid_social", "referral", "ai-assistant"])
    leads = rows.with_columns(context.keyed_hash(rows["email"]).alias("customer_key")).select(
        pl.lit(context.account).alias("account"),
        pl.col("record id").alias("lead_id"),
        "created_at",
        pl.when(source.is_in(_DIRECT))
        .then(pl.lit("(direct)"))
        .when(medium == "offline")
        .then(pl.lit("offline"))
        .when(by_network)
        .then(normal_source(first))
        .alias("source"),
        medium.alias("medium"),
        pl.when(medium.is_in(["cpc", "email"]) | source.is_in(_OTHER)).then(normal_value(first)).alias("campaign"),
        low["lifecycle stage"].alias("stage"),
        # As shown or as its interface names it: In progress, IN_PROGRESS, in-progress.
        low["lead status"].str.replace_all(r"[\s_\u{a0}-]+", " ").str.strip_chars().alias("status"),
        pl.when(low["lifecycle stage"] == "customer").then("customer_at").alias("won_at"),
        "customer_key",
        source.alias("original_source"),
        # With offline sources HubSpot writes here who made the contact.
        pl.when(medium.ne_missing("offline")).then(first).alias("drill_down_1"),
        pl.when(medium.ne_missing("offline")).then(second).alias("drill_down_2"),
        low["latest source"].alias("latest_source"),
        low["first conversion"].alias("first_conversion"),
        *("mql_at", "sql_at", "customer_at"),
        "source_line",
    )
    return Parsed({"leads": leads}, rejected, skipped)


_CONTACT_CHECKS = (
    Check("missing_id", "the contact has no Record ID", pl.col("record id").is_null()),
    Check("id_lost_digits", "a spreadsheet has cut the Record ID", lost_id("record id"), ("record id",)),
    Check(
        "bad_date",
        "Create Date is missing, or a date cannot be read",
        pl.col("created_at").is_null() | pl.any_horizontal(unreadable(name) for name in _TIMES),
        ("record id", "create date"),
    ),
)

HUBSPOT_CONTACTS = Layout(
    id="hubspot_contacts",
    title="HubSpot contacts (Contacts > Export, CSV or XLSX)",
    headers=frozenset({"record id", "create date"}),
    one_of=tuple(frozenset({n}) for n in ("lifecycle stage", "lead status", "original source", "first conversion")),
    not_with=frozenset({"deal stage", "deal name"}),
    sink="facts",
    read=read_contacts,
    system="hubspot",
    synonyms={
        **{"contact id": "record id", "record id - contact": "record id", "email address": "email"},
        **{"original traffic source": "original source", "latest traffic source": "latest source"},
        **{f"original traffic source drill-down {n}": f"original source drill-down {n}" for n in (1, 2)},
    },
)

_DEAL_TEXTS = ("record id", "deal stage", "pipeline", "currency", "contact ids")
_WON = r"(?i)closed?[ _]?won|^won\b|gewonnen|wygran"


def read_deals(table: TextTable, context: ReadContext) -> Parsed:
    """The table leads: a row a deal, called "deal:ID", with the contact it belongs to where that is one."""
    rows, skipped = leave_out(columns(table, (*_DEAL_TEXTS, "amount", "create date", "close date")))
    rows = with_currency(rows, "amount")
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in _DEAL_TEXTS)
    read = {
        "created_at": instants(rows["create date"], zone=context.timezone, order=context.order),
        "closed_at": instants(rows["close date"], zone=context.timezone, order=context.order),
        "deal_amount": money(
            rows["amount"], currency=rows["currency"], default=context.currency, decimal=context.decimal
        ),
    }
    rows, rejected = put_aside(with_cells(rows, read), _DEAL_CHECKS)
    bare = bare_amounts(rows, "deal_amount")
    stage, contacts = pl.col("deal stage").str.to_lowercase(), pl.col("contact ids").str.split(";")
    currency = pl.col("currency").str.to_uppercase().fill_null(context.currency)
    leads = rows.select(
        pl.lit(context.account).alias("account"),
        pl.concat_str(pl.lit("deal:"), "record id").alias("lead_id"),
        "created_at",
        stage.alias("stage"),
        pl.when(stage.str.contains(_WON)).then("closed_at").alias("won_at"),
        "deal_amount",
        pl.when(pl.col("deal_amount").is_not_null()).then(currency).alias("currency"),
        pl.when(contacts.list.len() == 1).then(contacts.list.first().str.strip_chars()).alias("contact_id"),
        "source_line",
    )
    return Parsed({"leads": leads}, rejected, skipped, warnings=bare_note(bare, context.currency), bare=bare)


_DEAL_CHECKS = (
    Check("missing_id", "the deal has no Record ID", pl.col("record id").is_null()),
    Check("id_lost_digits", "a spreadsheet has cut the Record ID", lost_id("record id"), ("record id",)),
    Check(
        "bad_date",
        "Create Date is missing, or a date cannot be read",
        pl.col("created_at").is_null() | unreadable("closed_at"),
        ("record id", "create date", "close date"),
    ),
    Check("bad_money", "Amount cannot be read", unreadable("deal_amount"), ("record id", "amount")),
)

HUBSPOT_DEALS = Layout(
    id="hubspot_deals",
    title="HubSpot deals (Deals > Export, CSV or XLSX)",
    headers=frozenset({"record id", "deal stage", "create date", "amount"}),
    sink="facts",
    read=read_deals,
    system="hubspot",
    synonyms={
        **{"deal id": "record id", "record id - deal": "record id", "associated contact ids": "contact ids"},
        **{"amount in company currency": "amount (company)", "deal currency code": "currency"},
    },
)
