"""Visits as analytics tools keep them: GA4's BigQuery events, Plausible's sessions, Matomo's visits log."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from attribution.inputs.cells import (
    Check,
    columns,
    leave_out,
    no_nulls,
    put_aside,
    unreadable,
    whole_numbers,
    with_cells,
)
from attribution.inputs.durations import seconds
from attribution.inputs.orders_shopify_rest import items
from attribution.inputs.times import instants
from attribution.inputs.touches import touches, with_told_source
from attribution.pieces import SEVERAL
from attribution.tables import MONEY
from attribution.utm import normal_medium, normal_source, normal_value
from config.intake import Layout, Parsed, ReadContext, TextTable

_KINDS = {
    "purchase": "purchase", "generate_lead": "lead", "sign_up": "sign_up", "file_download": "download",
    "start_trial": "trial", "begin_trial": "trial", "qualify_lead": "qualified_lead", "close_convert_lead": "won_lead",
}  # fmt: skip
_NOT_SET = ("(not set)", "(direct)", "(none)", "(data deleted)", "")

# --- GA4 in BigQuery ----------------------------------------------------------------------------------------------

_LAST = "session_traffic_source_last_click."
_MANUAL, _CROSS = f"{_LAST}manual_campaign.", f"{_LAST}cross_channel_campaign."
_PAID_CLICKS = ("gclid", "dclid")
_FIRST_COLLECTED = tuple(f"collected_traffic_source.{n}" for n in _PAID_CLICKS)
_COLLECTED_TAG = "collected_traffic_source.manual_"
_EVENT = (
    *("event_timestamp", "event_name", "user_pseudo_id", "user_id", "event_params", "batch_event_index"),
    *("ecommerce.transaction_id", "ecommerce.purchase_revenue", "device.category"),
    *(f"{_COLLECTED_TAG}{n}" for n in ("source", "medium", "campaign_name", "content", "term")),
    *(f"{_MANUAL}{n}" for n in ("source", "medium", "campaign_name", "content", "term")),
    *(f"{_CROSS}{n}" for n in ("source", "medium", "campaign_name")),
    *_FIRST_COLLECTED,
    f"{_LAST}google_ads_campaign.campaign_name",
)


def read_ga4_events(table: TextTable, context: ReadContext) -> Parsed:
    """The tables touches (a session is user_pseudo_id + ga_session_id) and conversions of event rows (JSON lines).

    A session may go on in the next day's file, and a preliminary file may hold its beginning: each file's part is a
    piece by its first event's time, and `attribution.pieces` puts the parts together.
    """
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
        pl.col("transaction").drop_nulls().unique(maintain_order=True).str.join(SEVERAL).alias("order_ref"),
        pl.col("at").min().alias("touched_at"),
        (pl.col("at").max() - pl.col("at").min()).dt.total_seconds().alias("duration_seconds"),
        (pl.col("event_name") == "page_view").sum().cast(pl.Int64).alias("pageviews"),
        pl.col("p_page_location").drop_nulls().first().alias("landing_url"),
        pl.col("p_page_referrer").drop_nulls().first().alias("referrer"),
        *(pl.col(name).drop_nulls().first() for name in _EVENT if name.startswith((_LAST, _COLLECTED_TAG))),
        *(pl.col(name).filter(_collected()).first() for name in _FIRST_COLLECTED),
    )
    # GA4's own session name holds its id of the person, which is not kept.
    named = sessions.with_columns(context.keyed_hash(sessions["visit_id"]).cast(pl.String).alias("visit_id"))
    visits = with_told_source(touches(_with_tags(named), context), _told_source(named))
    visits = _with_paid_clicks(visits, named, context).with_columns(pl.col("touched_at").to_physical().alias("piece"))
    first = dict(
        rows.select("visit_id", pl.col("source_line").min().over("visit_id").alias("first")).unique().iter_rows()
    )
    part_of = {line: first[visit] for line, visit in rows.select("source_line", "visit_id").iter_rows()}
    return Parsed(
        {"touches": visits, "conversions": _conversions(rows, visits, context)},
        rejected,
        exported_at=rows["at"].max(),  # type: ignore[arg-type]  # of two files of a day the one that goes on longer
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


def _collected() -> pl.Expr:
    """Whether an event tells a source: a session's is that of its first event with one."""
    return pl.any_horizontal(
        _set(name).is_not_null()
        for name in (*(f"{_COLLECTED_TAG}{n}" for n in ("source", "medium", "campaign_name")), *_FIRST_COLLECTED)
    )


def _with_paid_clicks(visits: pl.DataFrame, sessions: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """The visits with the click id that GA4 kept, where the landing page shows none."""
    gclid = f"collected_traffic_source.{_PAID_CLICKS[0]}"
    kept = sessions.select("source_line", context.keyed_hash(sessions[gclid]).alias("_click")).drop_nulls()
    joined = visits.join(kept, on="source_line", how="left", maintain_order="left")
    bare = pl.col("click_id_type").is_null() & pl.col("_click").is_not_null()
    return joined.with_columns(
        pl.when(bare).then(pl.lit(_PAID_CLICKS[0])).otherwise("click_id_type").alias("click_id_type"),
        pl.when(bare).then("_click").otherwise("click_id").alias("click_id"),
    ).drop("_click")


def _with_tags(sessions: pl.DataFrame) -> pl.DataFrame:
    """The tags GA4 kept: of the session, else of the event."""
    names = {"source": "source", "medium": "medium", "campaign": "campaign_name", "content": "content", "term": "term"}
    return sessions.with_columns(
        pl.coalesce(_set(f"{_MANUAL}{theirs}"), _set(f"{_COLLECTED_TAG}{theirs}")).alias(f"utm_{ours}")
        for ours, theirs in names.items()
    )


def _told_source(sessions: pl.DataFrame) -> pl.DataFrame:
    """source_line, source, medium, campaign, evidence, outranks: what GA4 itself made out, null where it says nothing.

    A click on Google's ads (its id, or the campaign in Google Ads) is google/cpc, whatever the tags say: those are
    often wrong beside it. Else GA4's cross-channel source, which outranks the referrer, and neither tag nor click id.
    Manual and cross-channel source both `(not set)` is unassigned; `(direct)` is Direct.
    """
    ads = _set(f"{_LAST}google_ads_campaign.campaign_name")
    clicked = pl.any_horizontal(_set(name).is_not_null() for name in _FIRST_COLLECTED)
    source, medium = pl.col(f"{_CROSS}source"), pl.col(f"{_CROSS}medium")
    # A click within a session that began elsewhere does not begin it anew.
    paid = ads.is_not_null() | (clicked & (source.is_null() | source.is_in([*_NOT_SET, "google"])))
    direct, unset = source == "(direct)", source == "(not set)"
    manual = _set(f"{_MANUAL}source").is_not_null() | _set(f"{_MANUAL}medium").is_not_null()
    campaign = pl.coalesce(ads, _set(f"{_MANUAL}campaign_name"), _set(f"{_CROSS}campaign_name"))
    link = medium.is_in(["organic", "referral"])
    return sessions.select(
        "source_line",
        pl.when(paid)
        .then(pl.lit("google"))
        .when(direct | unset)
        .then(source)
        .otherwise(normal_source(source))
        .alias("source"),
        pl.when(paid).then(pl.lit("cpc")).when(unset).then(source).otherwise(normal_medium(medium)).alias("medium"),
        pl.when(paid | ~(direct | unset)).then(normal_value(campaign)).alias("campaign"),
        pl.when(paid)
        .then(pl.lit("click_id"))
        .when(direct)
        .then(pl.lit("none"))
        .when(link)
        .then(pl.lit("referrer"))
        .when(~unset & ~manual)
        .then(pl.lit("utm"))
        .alias("evidence"),
        paid.alias("outranks"),
    )


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
    """The table touches of Plausible's sessions. A row with sign -1 takes an earlier state of its session back.

    Every state told or taken back is kept, as the state may lie in one file and its end in another;
    `attribution.pieces` says which one counts.
    """
    rows, skipped = leave_out(columns(table, _PLAUSIBLE))
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in _PLAUSIBLE)
    read = {name: whole_numbers(rows[name]) for name in ("pageviews", "duration", "events", "sign")}
    read["touched_at"] = instants(rows["start"], zone="UTC")
    rows, rejected = put_aside(with_cells(rows, read), _VISIT_CHECKS)
    rows = rows.with_columns(pl.col("sign").fill_null(1).sign().cast(pl.Int8).alias("state"), _state_of(rows))
    states = _states(rows)
    url = pl.concat_str(pl.lit("https://"), "hostname", pl.col("entry_page").fill_null("/"))
    named = states.with_columns(
        pl.col("session_id").alias("visit_id"),
        pl.col("user_id").alias("visitor"),
        url.alias("landing_url"),
        pl.col("duration").alias("duration_seconds"),
        pl.col("is_bounce").is_in(["1", "true"]).alias("is_bounce"),
    )
    visits = touches(named, context).join(states.select("source_line", "piece", "state"), on="source_line")
    return Parsed({"touches": visits}, rejected, skipped | dict.fromkeys(_outlived(rows, states), "replaced_version"))


def _state_of(rows: pl.DataFrame) -> pl.Series:
    """A number for what a state says: its counts of events, pages and seconds, none of which ever goes down."""
    text = pl.concat_str(
        *(pl.col(name).cast(pl.String).fill_null("") for name in ("events", "pageviews", "duration")), separator=","
    )
    digests = [hashlib.blake2b(one.encode(), digest_size=8).digest() for one in rows.select(text).to_series()]
    return pl.Series("piece", [int.from_bytes(one, "big", signed=True) for one in digests], dtype=pl.Int64)


def _states(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a state of a session, in file order: told where the file tells it more often than it takes it back."""
    state = ["session_id", "piece"]
    weighed = rows.with_columns(pl.col("state").cast(pl.Int64).sum().over(state).alias("_weight"))
    told = pl.when(pl.col("_weight") > 0).then(1).otherwise(-1).cast(pl.Int8)
    return weighed.filter(pl.col("state") == told).unique(state, keep="last", maintain_order=True).sort("source_line")


def _outlived(rows: pl.DataFrame, states: pl.DataFrame) -> list[int]:
    """The lines that a later state of the same file stands for; of a session that the file only takes back, one stays
    to be counted."""
    ranked = states.sort("state", "events", "duration", "source_line")
    counted = ranked.unique("session_id", keep="last")["source_line"].to_list()
    return rows.filter(~pl.col("source_line").is_in(counted))["source_line"].to_list()


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
_MATOMO_MEDIA = {"search": "organic", "social": "social", "website": "referral", "ai-assistant": "ai-assistant"}


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
    read |= {"visitduration": seconds(rows["visitduration"]), "actions": whole_numbers(rows["actions"])}
    rows, rejected = put_aside(with_cells(rows, read), _MATOMO_CHECKS)
    campaign = pl.col("referrertype") == "campaign"
    named = rows.with_columns(
        pl.col("idvisit").alias("visit_id"),
        pl.col("visitorid").alias("visitor"),
        pl.col("userid").alias("customer"),
        pl.col("referrerurl").alias("referrer"),
        pl.col("campaignsource").alias("utm_source"),
        pl.col("campaignmedium").alias("utm_medium"),
        pl.coalesce("campaignname", pl.when(campaign).then("referrername")).alias("utm_campaign"),
        pl.coalesce("campaignkeyword", pl.when(campaign).then("referrerkeyword")).alias("utm_term"),
        pl.col("campaigncontent").alias("utm_content"),
        pl.col("visitduration").alias("duration_seconds"),
        pl.col("actions").alias("pageviews"),
        (pl.col("actions") == 1).alias("is_bounce"),
    )
    visits = with_told_source(touches(named, context), _named_referrers(rows))
    unread = int(rows.select(unreadable("visitduration").sum()).item())
    warnings = [f"{unread} visits last for a time that cannot be read; how long is unknown."] if unread else []
    return Parsed({"touches": visits}, rejected, skipped, warnings=warnings)


def _named_referrers(rows: pl.DataFrame) -> pl.DataFrame:
    """What `with_told_source` reads: Matomo names where a visit came from, also where it gives no URL of it."""
    medium = (
        pl.col("referrertype").str.to_lowercase().replace_strict(_MATOMO_MEDIA, default=None, return_dtype=pl.String)
    )
    return rows.select(
        "source_line",
        pl.when(medium.is_not_null() & pl.col("referrerurl").is_null())
        .then(normal_source(pl.col("referrername")))
        .alias("source"),
        medium.alias("medium"),
        pl.lit(None, dtype=pl.String).alias("campaign"),
        pl.lit("referrer").alias("evidence"),
        pl.lit(value=False).alias("outranks"),
    )


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
