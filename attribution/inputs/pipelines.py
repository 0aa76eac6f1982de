"""Tables that a data pipeline (Fivetran and the like) copies one by one out of ad accounts and out of HubSpot.

Their columns are called as the platform's interface calls them, and their times are UTC. Read are the tables that hold
a key, a day and what is told of them; `config.partial_tables` says of the others what they lack.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from attribution.inputs.cells import Check, columns, leave_out, lost_id, money, no_nulls, put_aside, shown, with_cells
from attribution.inputs.crm_hubspot import read_contacts, read_deals
from attribution.inputs.spend import COLUMNS, spend_of, whole_file
from attribution.inputs.times import days, instants
from attribution.utm import UTM, normal_medium, normal_source, normal_value, parse_urls
from config.intake import Layout, Parsed, ReadContext, TextTable, normal_header

_YES = ("true", "t", "1")
_DELETED = ("_fivetran_deleted", "is_deleted", "is_contact_deleted")
_SYNCED = ("_fivetran_synced", "_fivetran_deleted")
_AD_NAMES = {
    **{"spend": "cost", "campaign_name": "campaign", "ad_name": "ad", "account_currency": "currency"},
    **dict.fromkeys(("adset_name", "ad_set_name", "adgroup_name", "ad_group_name"), "adgroup"),
    **dict.fromkeys(("adset_id", "ad_set_id", "ad_group_id"), "adgroup_id"),
}
_SHOWN = 3  # ids in a warning
_HOUR = r"^(\S{8,10})[T ](\d{1,2}):.*$"
_AD_KEYS = tuple(frozenset({f"{name}{what}"}) for name in ("campaign", "adgroup", "ad") for what in ("_id", ""))


def _ads(*, platform: str, source: str) -> Callable[[TextTable, ReadContext], Parsed]:
    def read(table: TextTable, context: ReadContext) -> Parsed:
        """The table spend. What has no name here is called by the platform's id; hours are added up to their days."""
        rows, skipped = leave_out(columns(table, COLUMNS))
        told = _cut_days(rows["date"], order=context.order)
        named = (
            pl.coalesce(no_nulls(rows[n]), no_nulls(rows[f"{n}_id"])).alias(n) for n in ("campaign", "adgroup", "ad")
        )
        rows = rows.with_columns(
            *named,
            pl.col("date").str.replace(_HOUR, "${1}"),
            pl.lit(platform).alias("platform"),
            pl.lit(source).alias("source"),
            pl.lit("paid_social").alias("medium"),
        )
        return spend_of(rows, context, skipped=skipped, split=True, warnings=told)

    return read


def _cut_days(texts: pl.Series, *, order: str | None) -> list[str]:
    """A warning where a file by hours begins or ends within a day: two such files tell a day twice, each its part."""
    parts = texts.to_frame("text").select(
        pl.col("text").str.extract(_HOUR, 1).alias("day"),
        pl.col("text").str.extract(_HOUR, 2).cast(pl.Int32).alias("hour"),
    )
    known = parts.with_columns(days(parts["day"], order=order).values.alias("day")).drop_nulls()
    if known.is_empty() or known["hour"].max() == 0:  # midnight alone is how days are written
        return []
    known = known.sort("day", "hour")
    (day, hour), (last_day, last_hour) = known.row(0), known.row(-1)
    told = (
        f"The first hour in the file is {day} {hour:02}:00, the last {last_day} {last_hour:02}:00. Where other hours "
        "of these days had costs, export whole days and import again: hours of a day from two files are not added up."
    )
    return [told] if (hour, last_hour) != (0, 23) else []


META_API = Layout(
    id="meta_ads_api",
    title="Meta ads by day as its interface names them (ad_id or campaign_id, date, spend, inline_link_clicks)",
    headers=frozenset({"cost", "clicks"}),
    one_of=_AD_KEYS,
    recognise=lambda names: "date" in names or "date_from" in names,
    sink="facts",
    read=_ads(platform="meta", source="facebook"),
    finish=whole_file,
    system="meta",
    synonyms={
        **_AD_NAMES,
        **{"inline_link_clicks": "clicks", "clicks": "clicks (all)", "cost": "cost (unused)"},
        **{"date_start": "date_from", "date_stop": "date_to"},
    },
)
TIKTOK_API = Layout(
    id="tiktok_ads_api",
    title="TikTok ads by hour or day as its interface names them (campaign_id, stat_time_hour, spend)",
    headers=frozenset({"date", "cost"}),
    one_of=_AD_KEYS,
    sink="facts",
    read=_ads(platform="tiktok", source="tiktok"),
    finish=whole_file,
    system="tiktok",
    synonyms={
        **_AD_NAMES,
        **{"stat_time_hour": "date", "stat_time_day": "date", "date": "day (unused)", "cost": "cost (unused)"},
        **{"conversion": "conversions", "total_purchase_value": "conversion_value"},
    },
)


def _kept(read: Callable[[TextTable, ReadContext], Parsed], *, key: str) -> Callable[[TextTable, ReadContext], Parsed]:
    """Reads the table without the rows that HubSpot has deleted since; those are counted as left out, and named by the
    column `key`, as an earlier file may have brought them."""

    def without_deleted(table: TextTable, context: ReadContext) -> Parsed:
        marks = [name for name in table.headers if normal_header(name) in _DELETED]
        gone = pl.any_horizontal(pl.lit(False), *(pl.col(n).str.to_lowercase().is_in(_YES) for n in marks))
        judged = table.frame.with_columns(gone.fill_null(False).alias("gone"))
        table.used.update(marks)
        parsed = read(
            replace(table, frame=judged.filter(~pl.col("gone")).drop("gone")), replace(context, timezone="UTC")
        )
        deleted = columns(replace(table, frame=judged.filter("gone")), (key,))
        lines = deleted["source_line"].to_list()
        told = _still_counting("Deleted since, and left out", deleted[key])
        return replace(
            parsed,
            skipped={**parsed.skipped, **dict.fromkeys(lines, "deleted_since")},
            warnings=[*parsed.warnings, *told],
        )

    return without_deleted


def _still_counting(what: str, ids: pl.Series) -> list[str]:
    """A warning that names the records the file takes back: the facts keep what another import brought."""
    known = ids.drop_nulls().str.strip_chars().unique(maintain_order=True)
    if known.is_empty():
        return []
    named = ", ".join(shown(text) or "" for text in known.head(_SHOWN).to_list())
    more = f" and {known.len() - _SHOWN} more" if known.len() > _SHOWN else ""
    return [
        f"{what}: {named}{more}. What an earlier import brought of them still counts; undo that import, if this file "
        "tells the rest of it."
    ]


def _read_deals(table: TextTable, context: ReadContext) -> Parsed:
    """The table leads, a row a deal. A stage that is a number of another table is won where the deal says so itself."""
    if "hs_is_closed_won" in table.headers:
        won = pl.col("hs_is_closed_won").str.to_lowercase().is_in(_YES).fill_null(False)
        frame = table.frame.with_columns(
            pl.when(won).then(pl.lit("closedwon")).otherwise("deal stage").alias("deal stage")
        )
        table = replace(table, frame=frame)
        table.used.add("hs_is_closed_won")
    parsed = read_deals(table, context)
    stage = pl.col("stage")
    unnamed = parsed.tables["leads"].filter(stage.is_null() | stage.str.contains(r"^\d+$")).height
    many = f"{unnamed} deals have no stage, or only its number; they are read, and none of them counts as won"
    one = "1 deal has no stage, or only its number; it is read, and does not count as won"
    told = f"{one if unnamed == 1 else many}. HubSpot's own export of deals names the stages."
    return replace(parsed, warnings=[*parsed.warnings, told]) if unnamed else parsed


HUBSPOT_CONTACT_TABLE = Layout(
    id="hubspot_contact_table",
    title="HubSpot contacts as a pipeline copies them (id, property_email, property_createdate)",
    headers=frozenset({"record id", "create date", "email"}),
    one_of=tuple(frozenset({name}) for name in _SYNCED),
    sink="facts",
    read=_kept(read_contacts, key="record id"),
    system="hubspot",
    synonyms={
        **{"id": "record id", "property_createdate": "create date", "property_email": "email"},
        **{"property_lifecyclestage": "lifecycle stage", "property_hs_lead_status": "lead status"},
        **{"property_hs_analytics_source": "original source", "property_hs_latest_source": "latest source"},
        **{f"property_hs_analytics_source_data_{n}": f"original source drill-down {n}" for n in (1, 2)},
        "property_first_conversion_event_name": "first conversion",
        "property_hs_lifecyclestage_marketingqualifiedlead_date": "became a marketing qualified lead date",
        "property_hs_lifecyclestage_salesqualifiedlead_date": "became a sales qualified lead date",
        "property_hs_lifecyclestage_customer_date": "became a customer date",
    },
)
HUBSPOT_DEAL_TABLE = Layout(
    id="hubspot_deal_table",
    title="HubSpot deals as a pipeline copies them (deal_id, deal_pipeline_stage_id, property_createdate)",
    headers=frozenset({"record id", "create date", "deal stage"}),
    one_of=tuple(frozenset({name}) for name in ("is_deleted", "deal_pipeline_id", *_SYNCED)),
    sink="facts",
    read=_kept(_read_deals, key="record id"),
    system="hubspot",
    synonyms={
        **{"deal_id": "record id", "property_createdate": "create date", "deal_pipeline_stage_id": "deal stage"},
        **{"property_amount": "amount", "property_closedate": "close date", "property_deal_currency_code": "currency"},
        **{"property_hs_is_closed_won": "hs_is_closed_won", "property_pipeline": "pipeline"},
    },
)


def _read_forms(table: TextTable, context: ReadContext) -> Parsed:
    """The table conversions, kind lead: a row a form sent. Its source is what the tags of the form's page say."""
    rows, skipped = leave_out(columns(table, ("conversion_id", "timestamp", "page_url")))
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in ("conversion_id", "page_url"))
    rows, rejected = put_aside(
        with_cells(rows, {"converted_at": instants(rows["timestamp"], zone="UTC", order=context.order)}), _FORM_CHECKS
    )
    tags = parse_urls(rows["page_url"]).select(pl.col("url").alias("page_url"), *UTM)
    conversions = rows.join(tags, on="page_url", how="left", maintain_order="left").select(
        pl.lit(context.account).alias("account"),
        "conversion_id",
        pl.lit("lead").alias("kind"),
        "converted_at",
        normal_source(pl.col("utm_source")).alias("source"),
        normal_medium(pl.col("utm_medium")).alias("medium"),
        normal_value(pl.col("utm_campaign")).alias("campaign"),
        "source_line",
    )
    return Parsed({"conversions": conversions}, rejected, skipped)


_FORM_CHECKS = (
    Check("missing_id", "conversion_id or kind is empty", pl.col("conversion_id").is_null()),
    Check("id_lost_digits", "a spreadsheet has cut the id", lost_id("conversion_id"), ("conversion_id",)),
    Check(
        "bad_time",
        "time is missing or cannot be read",
        pl.col("converted_at").is_null(),
        ("conversion_id", "timestamp"),
    ),
)
HUBSPOT_FORM_TABLE = Layout(
    id="hubspot_form_table",
    title="HubSpot forms sent, as a pipeline copies them (conversion_id, timestamp, form_id, page_url)",
    headers=frozenset({"conversion_id", "timestamp", "form_id"}),
    sink="facts",
    read=_kept(_read_forms, key="conversion_id"),
    system="hubspot",
)

_TRANSACTION = ("id", "order_id", "refund_id", "kind", "status", "amount", "created_at", "processed_at", "test")


def _read_transactions(table: TextTable, context: ReadContext) -> Parsed:
    """The table refunds: the payments that gave money back, added up by refund. Sales tell the order's total once more;
    failed payments, tests and payments of 0 tell nothing: all are left out."""
    rows, skipped = leave_out(columns(table, _TRANSACTION))
    low = {name: pl.col(name).str.to_lowercase().str.strip_chars() for name in ("kind", "status", "test")}
    done = low["status"].fill_null("success") == "success"
    back = (low["kind"] == "refund") & done & ~low["test"].is_in(_YES).fill_null(False)
    rows = with_cells(
        rows.with_columns(no_nulls(rows["refund_id"])), {"paid": money(rows["amount"], decimal=context.decimal)}
    )
    told = back.fill_null(False) & (pl.col("paid") != 0).fill_null(True)
    others = rows.filter(~told)["source_line"].to_list()
    untold = rows.filter(~back.fill_null(False) & (low["kind"] == "refund")).select("refund_id")
    rows = rows.filter(told)
    untold = untold.join(rows, on="refund_id", how="anti")
    when = pl.Series("when", rows.select(pl.coalesce("processed_at", "created_at")).to_series())
    rows = with_cells(rows, {"refunded_at": instants(when, zone="UTC", order=context.order)})
    rows, rejected = put_aside(rows, _TRANSACTION_CHECKS)
    refunds = rows.group_by("order_id", "refund_id", maintain_order=True).agg(
        pl.lit(context.account).alias("account"),
        pl.col("refunded_at").min().alias("ordered_at"),
        pl.col("refunded_at").min(),
        pl.col("paid").abs().sum().alias("amount"),
        pl.col("source_line").min(),
        pl.col("source_line").alias("lines"),
    )
    parts = {line: first for first, lines in refunds.select("source_line", "lines").iter_rows() for line in lines}
    return Parsed(
        {"refunds": refunds.drop("lines")},
        rejected,
        {**skipped, **dict.fromkeys(others, "not_a_refund")},
        part_of={line: first for line, first in parts.items() if line != first},
        warnings=_still_counting("Refunds that failed, wait or are tests, and are left out", untold["refund_id"]),
    )


_TRANSACTION_CHECKS = (
    Check("missing_order_id", "the refund names no order", pl.col("order_id").is_null()),
    # Its payment's id would not do: Shopify's orders tell the same refund by its own.
    Check("missing_id", "the refund has no id", pl.col("refund_id").is_null(), ("order_id",)),
    Check("id_lost_digits", "a spreadsheet has cut the id", lost_id("order_id") | lost_id("refund_id"), ("order_id",)),
    Check("bad_date", "the refund's date cannot be read", pl.col("refunded_at").is_null(), ("order_id",)),
    Check(
        "bad_money", "an amount cannot be read, or has more than four decimals", pl.col("paid").is_null(), ("order_id",)
    ),
)
SHOPIFY_TRANSACTION_TABLE = Layout(
    id="shopify_transaction_table",
    title="Shopify's payments as a pipeline copies them (order_id, kind, status, amount, created_at, gateway): refunds",
    headers=frozenset({"id", "order_id", "kind", "status", "amount", "created_at", "gateway"}),
    sink="facts",
    read=_read_transactions,
)

PIPELINES: tuple[Layout, ...] = (
    *(META_API, TIKTOK_API, SHOPIFY_TRANSACTION_TABLE),
    *(HUBSPOT_CONTACT_TABLE, HUBSPOT_DEAL_TABLE, HUBSPOT_FORM_TABLE),
)
