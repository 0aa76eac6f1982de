"""Visits as analytics tools keep them: GA4's BigQuery events, Plausible's sessions, Matomo's visits log."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from attribution.inputs.cells import Check, columns, leave_out, no_nulls, put_aside, whole_numbers, with_cells
from attribution.inputs.orders_shopify_rest import items
from attribution.inputs.times import instants
from attribution.inputs.touches import touches
from attribution.tables import MONEY
from config.intake import Layout, Parsed, ReadContext, TextTable

_KINDS = {
    "purchase": "purchase", "generate_lead": "lead", "sign_up": "sign_up", "file_download": "download",
    "start_trial": "trial", "begin_trial": "trial", "qualify_lead": "qualified_lead", "close_convert_lead": "won_lead",
}  # fmt: skip
_NOT_SET = ("(not set)", "(direct)", "(none)", "(data deleted)", "")

# --- GA4 in BigQuery ----------------------------------------------------------------------------------------------

_MANUAL, _CROSS = (
    "session_traffic_source_last_click.manual_campaign.",
    "session_traffic_source_last_click.cross_channel_campaign.",
)
_EVENT = (
    *("event_timestamp", "event_name", "user_pseudo_id", "user_id", "event_params", "batch_event_index"),
    *("ecommerce.transaction_id", "ecommerce.purchase_revenue", "device.category"),
    *(f"collected_traffic_source.manual_{n}" for n in ("source", "medium", "campaign_name", "content", "term")),
    *(f"{_MANUAL}{n}" for n in ("source", "medium", "campaign_name", "content", "term")),
    *(f"{_CROSS}{n}" for n in ("source", "medium", "campaign_name")),
)


def read_ga4_events(table: TextTable, context: ReadContext) -> Parsed:
    """The tables touches (a session is user_pseudo_id + ga_session_id) and conversions of event rows (JSON lines)."""
    rows = columns(table, _EVENT).drop("first_cell")
    params = [_params(text) for text in rows["event_params"]]
    text = {name: [p.get(name) for p in params] for name in _PARAMS}
    rows = rows.with_columns(pl.Series(f"p_{name}", values, dtype=pl.String) for name, values in text.items())
    rows = with_cells(rows, {"at": instants(rows["event_timestamp"], zone="UTC")})
    rows, rejected = put_aside(rows, _EVENT_CHECKS)
    order = ["at", pl.col("batch_event_index").cast(pl.Int64, strict=False), "source_line"]
    rows = rows.sort(order).with_columns(
        pl.concat_str("user_pseudo_id", pl.lit("."), "p_ga_session_id").alias("visit_id"),
        pl.coalesce("ecommerce.transaction_id", "p_transaction_id").alias("transaction"),
    )
    rows = rows.with_columns(no_nulls(rows["transaction"]).alias("transaction"))
    sessions = rows.group_by("visit_id", maintain_order=True).agg(
        pl.col("source_line").min(),
        pl.col("user_pseudo_id").first().alias("visitor"),
        pl.col("user_id").drop_nulls().last().alias("customer"),
        pl.col("transaction").drop_nulls().first().alias("order_ref"),
        pl.col("at").min().alias("touched_at"),
        (pl.col("at").max() - pl.col("at").min()).dt.total_seconds().alias("duration_seconds"),
        (pl.col("event_name") == "page_view").sum().cast(pl.Int64).alias("pageviews"),
        pl.col("p_page_location").drop_nulls().first().alias("landing_url"),
        pl.col("p_page_referrer").drop_nulls().first().alias("referrer"),
        *(pl.col(name).drop_nulls().first() for name in _EVENT if "campaign" in name or name.startswith("collected")),
    )
    # GA4's own session name holds its id of the person, which is not kept.
    named = sessions.with_columns(context.keyed_hash(sessions["visit_id"]).cast(pl.String).alias("visit_id"))
    visits = touches(_with_told_source(named), context)
    first = dict(
        rows.select("visit_id", pl.col("source_line").min().over("visit_id").alias("first")).unique().iter_rows()
    )
    part_of = {line: first[visit] for line, visit in rows.select("source_line", "visit_id").iter_rows()}
    return Parsed(
        {"touches": visits, "conversions": _conversions(rows, visits, context)},
        rejected,
        part_of={line: start for line, start in part_of.items() if line != start},
    )


_PARAMS = ("ga_session_id", "page_location", "page_referrer", "transaction_id", "currency", "value")
_EVENT_CHECKS = (
    Check(
        "missing_visitor", "the event has no user_pseudo_id", pl.col("user_pseudo_id").is_null(), ("event_timestamp",)
    ),
    Check(
        "missing_session", "the event has no ga_session_id", pl.col("p_ga_session_id").is_null(), ("event_timestamp",)
    ),
    Check("bad_time", "event_timestamp cannot be read", pl.col("at").is_null(), ("event_timestamp",)),
)


def _params(text: str | None) -> dict[str, str]:
    found = {}
    for param in items(text):
        value = param.get("value")
        known = [v for v in value.values() if v is not None] if isinstance(value, dict) else [value]
        if known and known[0] is not None:
            found[str(param.get("key"))] = str(known[0])
    return found


def _with_told_source(sessions: pl.DataFrame) -> pl.DataFrame:
    """The tags GA4 kept: of the session, else of the event; what it deduced itself only where nothing else tells."""
    fields = (("utm_source", "source"), ("utm_medium", "medium"), ("utm_campaign", "campaign_name"))
    unknown = pl.col("referrer").is_null() & ~pl.col("landing_url").str.contains("utm_|clid=").fill_null(False)
    tags = []
    for ours, theirs in fields:
        told = [_set(f"{_MANUAL}{theirs}"), _set(f"collected_traffic_source.manual_{theirs}")]
        tags.append(pl.coalesce(*told, pl.when(unknown).then(_set(f"{_CROSS}{theirs}"))).alias(ours))
    more = [
        pl.coalesce(_set(f"{_MANUAL}{n}"), _set(f"collected_traffic_source.manual_{n}")).alias(f"utm_{n}")
        for n in ("content", "term")
    ]
    return sessions.with_columns(*tags, *more)


def _set(name: str) -> pl.Expr:
    return pl.when(~pl.col(name).is_in(_NOT_SET)).then(pl.col(name))


def _conversions(rows: pl.DataFrame, visits: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    found = rows.filter(pl.col("event_name").is_in(list(_KINDS)))
    value = pl.coalesce("ecommerce.purchase_revenue", "p_value").cast(pl.Decimal(18, 4), strict=False).cast(MONEY)
    found = found.with_columns(context.keyed_hash(found["visit_id"]).cast(pl.String).alias("visit_id"))
    by_visit = visits.select(
        visit_id="touch_id",
        source="source",
        medium="medium",
        campaign="campaign",
        visitor="visitor",
        customer_key="customer_key",
    )
    event_id = pl.concat_str("visit_id", pl.lit(":"), "event_timestamp", pl.lit(":"), "event_name")
    return found.join(by_visit, on="visit_id", how="left", maintain_order="left").select(
        pl.lit(context.account).alias("account"),
        pl.coalesce(pl.concat_str(pl.lit("transaction:"), "transaction"), event_id).alias("conversion_id"),
        pl.col("event_name").replace(_KINDS).alias("kind"),
        pl.col("at").alias("converted_at"),
        *("visitor", "customer_key", "source", "medium", "campaign"),
        pl.col("transaction").alias("order_ref"),
        value.alias("value"),
        pl.col("p_currency").str.to_uppercase().alias("currency"),
        "source_line",
    )


GA4_EVENTS = Layout(
    id="ga4_bigquery_events",
    title="GA4 events (BigQuery export, JSON lines)",
    headers=frozenset({"event_timestamp", "event_name", "user_pseudo_id", "event_params"}),
    sink="facts",
    read=read_ga4_events,
    system="ga4",
)

# --- Plausible ----------------------------------------------------------------------------------------------------

_PLAUSIBLE = (
    *("session_id", "sign", "user_id", "hostname", "start", "timestamp", "is_bounce", "entry_page", "pageviews"),
    *("duration", "referrer", "events", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"),
)


def read_plausible(table: TextTable, context: ReadContext) -> Parsed:
    """The table touches of Plausible's sessions. A row with sign -1 takes an earlier version of its session back."""
    rows, skipped = leave_out(columns(table, _PLAUSIBLE))
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in _PLAUSIBLE)
    read = {name: whole_numbers(rows[name]) for name in ("pageviews", "duration", "events", "sign")}
    read["touched_at"] = instants(rows["start"], zone="UTC")
    rows, rejected = put_aside(with_cells(rows, read), _VISIT_CHECKS)
    sign = pl.col("sign").fill_null(1)
    alive = pl.col("signs") > 0
    rows = rows.with_columns(sign.alias("sign"), sign.sum().over("session_id").alias("signs"))
    newest = rows.filter(alive & (pl.col("sign") > 0)).sort("events", "duration", "timestamp", "source_line")
    kept = newest.unique("session_id", keep="last", maintain_order=True).sort("source_line")
    gone = rows.filter(~pl.col("source_line").is_in(kept["source_line"].to_list()))["source_line"].to_list()
    url = pl.concat_str(pl.lit("https://"), "hostname", pl.col("entry_page").fill_null("/"))
    named = kept.with_columns(
        pl.col("session_id").alias("visit_id"),
        pl.col("user_id").alias("visitor"),
        url.alias("landing_url"),
        pl.col("duration").alias("duration_seconds"),
        pl.col("is_bounce").is_in(["1", "true"]).alias("is_bounce"),
    )
    return Parsed({"touches": touches(named, context)}, rejected, skipped | dict.fromkeys(gone, "replaced_version"))


_VISIT_CHECKS = (
    Check("missing_visitor", "the session names no visitor", pl.col("user_id").is_null(), ("start",)),
    Check("missing_id", "the session has no id", pl.col("session_id").is_null(), ("start",)),
    Check("bad_time", "the session's start cannot be read", pl.col("touched_at").is_null(), ("start",)),
)

PLAUSIBLE_SESSIONS = Layout(
    id="plausible_sessions",
    title="Plausible sessions (CSV)",
    headers=frozenset({"session_id", "sign", "user_id", "hostname", "start", "entry_page"}),
    sink="facts",
    read=read_plausible,
    system="plausible",
)

# --- Matomo -------------------------------------------------------------------------------------------------------

_MATOMO = (
    *("idvisit", "visitorid", "userid", "servertimestamp", "firstactiontimestamp", "visitduration", "actions"),
    *("referrertype", "referrername", "referrerkeyword", "referrerurl", "actiondetails"),
    *("campaignsource", "campaignmedium", "campaignname", "campaigncontent", "campaignkeyword"),
)
_MATOMO_TAG = r"(?i)[?&#](?:mtm|matomo|pk|piwik)_{}=([^&#]*)"


def read_matomo(table: TextTable, context: ReadContext) -> Parsed:
    """The table touches of Live.getLastVisitsDetails, as JSON or CSV. The visitor's IP address is not read."""
    actions = [n for n in table.headers if re.fullmatch(r"actiondetails_\d+_(?:url|type|orderid)", n.strip().lower())]
    rows, skipped = leave_out(columns(table, (*_MATOMO, *(name.lower() for name in actions))))
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in _MATOMO if name != "actiondetails")
    seen = [_actions(row) for row in rows.iter_rows(named=True)]
    rows = rows.with_columns(
        pl.Series("landing_url", [landing for landing, _ in seen], dtype=pl.String),
        pl.Series("order_ref", [order for _, order in seen], dtype=pl.String),
        pl.coalesce("firstactiontimestamp", "servertimestamp").alias("time"),
    )
    read = {"touched_at": instants(rows["time"], zone="UTC")}
    read |= {name: whole_numbers(rows[name]) for name in ("visitduration", "actions")}
    rows, rejected = put_aside(with_cells(rows, read), _MATOMO_CHECKS)
    campaign = pl.col("referrertype") == "campaign"
    tag = {name: pl.col("landing_url").str.extract(_MATOMO_TAG.format(name), 1) for name in ("source", "medium")}
    named = rows.with_columns(
        pl.col("idvisit").alias("visit_id"),
        pl.col("visitorid").alias("visitor"),
        pl.col("userid").alias("customer"),
        pl.col("referrerurl").alias("referrer"),
        pl.coalesce("campaignsource", tag["source"]).alias("utm_source"),
        pl.coalesce("campaignmedium", tag["medium"]).alias("utm_medium"),
        pl.coalesce("campaignname", pl.when(campaign).then("referrername")).alias("utm_campaign"),
        pl.coalesce("campaignkeyword", pl.when(campaign).then("referrerkeyword")).alias("utm_term"),
        pl.col("campaigncontent").alias("utm_content"),
        pl.col("visitduration").alias("duration_seconds"),
        pl.col("actions").alias("pageviews"),
        (pl.col("actions") == 1).alias("is_bounce"),
    )
    return Parsed({"touches": touches(named, context)}, rejected, skipped)


def _actions(row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The first page and the first order of a visit, from the list of JSON or the flattened columns of CSV."""
    listed = items(row["actiondetails"])
    if not listed:
        flat: dict[int, dict[str, str]] = {}
        for name, value in row.items():
            found = re.fullmatch(r"actiondetails_(\d+)_(\w+)", name)
            if found and value:
                flat.setdefault(int(found[1]), {})[found[2]] = value
        listed = [flat[number] for number in sorted(flat)]
    pages: Sequence[Any] = [a.get("url") for a in listed if a.get("url")]
    orders = [a.get("orderId") or a.get("orderid") for a in listed if a.get("orderId") or a.get("orderid")]
    return (str(pages[0]) if pages else None, str(orders[0]) if orders else None)


_MATOMO_CHECKS = (
    Check("missing_id", "the visit has no idVisit", pl.col("idvisit").is_null(), ("time",)),
    Check("missing_visitor", "the visit has no visitorId", pl.col("visitorid").is_null(), ("time",)),
    Check("bad_time", "the visit's time cannot be read", pl.col("touched_at").is_null(), ("time",)),
)

MATOMO_VISITS = Layout(
    id="matomo_visits",
    title="Matomo visits log (Live.getLastVisitsDetails, JSON or CSV)",
    headers=frozenset({"idvisit", "visitorid", "referrertype"}),
    one_of=(frozenset({"servertimestamp"}), frozenset({"firstactiontimestamp"})),
    sink="facts",
    read=read_matomo,
    system="matomo",
)
