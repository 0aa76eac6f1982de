"""From click to lead to won: by source, and by own post; what the CRM has beside what analytics saw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import polars as pl

from attribution.breakdown import NOT_SET
from attribution.channels import channel_of
from attribution.currency import convert, minor_unit_size, to_minor
from attribution.utm import normal_medium, normal_source, normal_value, parse_urls
from config.channel_rules import ChannelRule
from config.clock import Period

DEAL = "deal:"  # how the lead_id of a deal begins
LEAD_KINDS = ("lead", "generate_lead", "form_submit", "contact")  # conversions that analytics counts as leads
_NAMED = ("channel", "source", "medium", "campaign")
_TAGS = ("source", "medium", "campaign")
_POST = ("network", "post_id")


def lead_funnel(
    leads: pl.DataFrame,
    touches: pl.DataFrame,
    conversions: pl.DataFrame,
    *,
    period: Period,
    zone: ZoneInfo,
    currency: str,
    rates: pl.DataFrame,
    rules: Sequence[ChannelRule],
) -> pl.DataFrame:
    """From click to lead to won, by source, medium and campaign: channel, source, medium, campaign, visits and
    analytics_leads (what analytics saw: visits, and its own conversions of LEAD_KINDS; null where it tells of no lead
    at all), leads (what the CRM has, created in the period), won, lead_rate (leads / visits), win_rate (won / leads),
    value_minor (deals won, at the rate of the day won; null where one has no amount or rate), days_to_won (median).
    Most leads first.

    touches: with channel. A lead without a source is "(not set)", and without a medium its channel too. A deal counts
    for the lead it belongs to; one of an unknown lead is no lead, and stands under "(not set)" when won.
    """
    came = _came(leads, period=period, zone=zone, currency=currency, rates=rates, rules=rules)
    told = with_channel(_told(conversions, period=period, zone=zone), rules=rules)
    seen = _within(touches, "touched_at", period=period, zone=zone)
    visits = seen.with_columns(_lower(name) for name in _TAGS).group_by(_NAMED).agg(visits=pl.len().cast(pl.Int64))
    analytics = told.group_by(_NAMED).agg(analytics_leads=pl.len().cast(pl.Int64))
    rows = (
        came.group_by(_NAMED)
        .agg(_sums())
        .join(analytics, on=list(_NAMED), how="full", coalesce=True, nulls_equal=True)
        .join(visits, on=list(_NAMED), how="left", nulls_equal=True)
        .with_columns(
            pl.col("visits", "leads", "won").fill_null(0),
            analytics_leads=pl.lit(None, dtype=pl.Int64) if told.is_empty() else pl.col("analytics_leads").fill_null(0),
        )
        .with_columns(value_minor=pl.when(pl.col("leads") + pl.col("won") == 0).then(0).otherwise("value_minor"))
    )
    return (
        rows.with_columns(_rates())
        .select(
            *(*_NAMED, "visits", "analytics_leads", "leads", "won"),
            *("lead_rate", "win_rate", "value_minor", "days_to_won"),
        )
        .sort("leads", *_NAMED, descending=[True, False, False, False, False], nulls_last=True)
    )


def leads_by_post(
    posts: pl.DataFrame,
    leads: pl.DataFrame,
    touches: pl.DataFrame,
    *,
    period: Period,
    lookback: dt.timedelta,
    zone: ZoneInfo,
    currency: str,
    rates: pl.DataFrame,
    rules: Sequence[ChannelRule],
) -> pl.DataFrame:
    """The same by own post: network, post_id, published_at, permalink, caption, source, medium, campaign, clicks (as
    the network counts them), visits, leads, won, lead_rate (leads / visits), win_rate, value_minor, days_to_won. The
    posts of the period with a click, and those that brought one of its visits or leads. Most leads first.

    A visit belongs to the latest post before it, within `lookback`, whose link bears its tags (source, medium,
    campaign, content), or to the post whose id is its utm_content. A lead belongs to the post of its customer's latest
    visit, else to the latest post before it that bears its source, medium and campaign. Each counts for one post.
    A post that cannot be traced (no tagged link, and no visit names it) has visits and leads null: unknown, not 0.
    """
    told = _with_tags(posts)
    visits = _posts_of_visits(told, touches, lookback=lookback)
    came = _came(leads, period=period, zone=zone, currency=currency, rates=rates, rules=rules)
    led = came.join(_posts_of_leads(told, visits, came, lookback=lookback), on=["account", "lead_id"], how="inner")
    here = _within(visits, "touched_at", period=period, zone=zone)
    counted = (
        led.group_by(_POST)
        .agg(_sums())
        .join(here.group_by(_POST).agg(visits=pl.len().cast(pl.Int64)), on=list(_POST), how="full", coalesce=True)
    )
    mine = pl.col("day").is_between(period.since, period.until) & (pl.col("clicks") > 0).fill_null(False)
    rows = (
        told.with_columns(day=pl.col("published_at").dt.convert_time_zone(zone.key).dt.date())
        .join(counted, on=list(_POST), how="left")
        .filter(mine | (pl.col("visits") > 0) | (pl.col("leads") > 0) | (pl.col("won") > 0))
    )
    named = visits.select(*_POST, _named=pl.lit(True)).unique()
    known = rows.join(named, on=list(_POST), how="left").with_columns(
        _traced=pl.col("source").is_not_null() | pl.col("_named").fill_null(False) | (pl.col("leads") > 0)
    )
    whole = known.with_columns(
        pl.when(pl.col("_traced").fill_null(False)).then(pl.col(name).fill_null(0)).alias(name)
        for name in ("visits", "leads", "won")
    ).with_columns(value_minor=pl.when(pl.col("won") == 0).then(0).otherwise("value_minor"))
    return (
        whole.with_columns(_rates())
        .select(
            *(*_POST, "published_at", "permalink", "caption", *_TAGS, "clicks", "visits", "leads", "won"),
            *("lead_rate", "win_rate", "value_minor", "days_to_won"),
        )
        .sort("leads", "visits", "clicks", *_POST, descending=[True, True, True, False, False], nulls_last=True)
    )


def lead_rows(
    posts: pl.DataFrame,
    leads: pl.DataFrame,
    touches: pl.DataFrame,
    *,
    period: Period,
    lookback: dt.timedelta,
    zone: ZoneInfo,
    currency: str,
    rates: pl.DataFrame,
    rules: Sequence[ChannelRule],
) -> pl.DataFrame:
    """The single leads that `lead_funnel` and `leads_by_post` are sums of, newest first: account, lead_id, is_deal (a
    won deal of no known lead, which is no lead), created_at, channel, source, medium, campaign, network and post_id
    (null: no post is known), stage, won_at, value_minor (of what was won, null where unknown), customer (numbered
    within this table: it says no more than "the same customer").
    """
    came = _came(leads, period=period, zone=zone, currency=currency, rates=rates, rules=rules)
    told = _with_tags(posts)
    visits = _posts_of_visits(told, touches, lookback=lookback)
    led = _posts_of_leads(told, visits, came, lookback=lookback)
    return (
        came.join(led, on=["account", "lead_id"], how="left")
        .select(
            *("account", "lead_id", "is_deal", "created_at", *_NAMED, *_POST, "stage", "won_at"),
            value_minor=pl.when(pl.col("won_at").is_not_null()).then("value_minor"),
            customer=pl.col("customer_key").rank("dense").cast(pl.Int64),
        )
        .sort("created_at", "account", "lead_id", descending=[True, False, False])
    )


def leads_named(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows of `lead_rows` whose channel, source, medium, campaign or post_id is `name`, whatever its case."""
    wanted = name.strip().lower()
    return rows.filter(
        pl.any_horizontal(
            (pl.col(column).str.to_lowercase() == wanted).fill_null(False) for column in (*_NAMED, "post_id")
        )
    )


def _within(frame: pl.DataFrame, column: str, *, period: Period, zone: ZoneInfo) -> pl.DataFrame:
    start, end = period.bounds(zone)
    return frame.filter((pl.col(column) >= start) & (pl.col(column) < end))


def _came(
    leads: pl.DataFrame,
    *,
    period: Period,
    zone: ZoneInfo,
    currency: str,
    rates: pl.DataFrame,
    rules: Sequence[ChannelRule],
) -> pl.DataFrame:
    """The period's leads with is_deal, value_minor and channel."""
    told = _with_deals(_in_currency(leads, zone=zone, currency=currency, rates=rates))
    return with_channel(_within(told, "created_at", period=period, zone=zone), rules=rules)


def _told(conversions: pl.DataFrame, *, period: Period, zone: ZoneInfo) -> pl.DataFrame:
    """The leads that analytics counted in the period."""
    return _within(conversions.filter(pl.col("kind").is_in(LEAD_KINDS)), "converted_at", period=period, zone=zone)


def _sums() -> list[pl.Expr]:
    won = pl.col("won_at").is_not_null()
    days = (pl.col("won_at") - pl.col("created_at")).dt.total_seconds() / 86_400
    known = pl.when(~(won & pl.col("value_minor").is_null()).any()).then(pl.col("value_minor").filter(won).sum())
    return [
        (~pl.col("is_deal")).sum().cast(pl.Int64).alias("leads"),
        won.sum().cast(pl.Int64).alias("won"),
        known.alias("value_minor"),
        days.median().alias("days_to_won"),
    ]


def _rates() -> list[pl.Expr]:
    return [
        pl.when(pl.col("visits") > 0).then(pl.col("leads") / pl.col("visits")).alias("lead_rate"),
        pl.when(pl.col("leads") > 0).then(pl.col("won") / pl.col("leads")).alias("win_rate"),
    ]


def _with_tags(posts: pl.DataFrame) -> pl.DataFrame:
    """The posts, each once, with source, medium, campaign and content of their link's tags; null without."""
    once = posts.sort("account", *_POST).unique(_POST, keep="first", maintain_order=True)
    links = parse_urls(once["link"]).select(link="url", utm_content="utm_content")
    return once.join(links, on="link", how="left", maintain_order="left").with_columns(
        source=normal_source(pl.col("utm_source")),
        medium=normal_medium(pl.col("utm_medium")),
        campaign=normal_value(pl.col("utm_campaign")),
        content=normal_value(pl.col("utm_content")),
    )


def _latest(
    frame: pl.DataFrame, posts: pl.DataFrame, *, at: str, by: tuple[str, ...], lookback: dt.timedelta
) -> pl.DataFrame:
    """The rows of `frame` that a post precedes within `lookback`, with network and post_id of the latest such post."""
    key = pl.struct(pl.col(name).fill_null("") for name in by).struct.json_encode()
    before = posts.filter(pl.col("source").is_not_null() & pl.col("published_at").is_not_null())
    dated = before.select(*_POST, "published_at", _key=key).sort("published_at", *_POST, descending=[False, True, True])
    found = (
        frame.filter(pl.col("source").is_not_null())
        .with_columns(_key=key)
        .sort(at)
        .join_asof(dated, left_on=at, right_on="published_at", by="_key", strategy="backward", check_sortedness=False)
    )
    return found.filter(pl.col("post_id").is_not_null() & (pl.col(at) - pl.col("published_at") <= lookback))


def _posts_of_visits(posts: pl.DataFrame, touches: pl.DataFrame, *, lookback: dt.timedelta) -> pl.DataFrame:
    """account, touch_id, customer_key, touched_at, network, post_id of the visits that a post brought."""
    columns = ("account", "touch_id", "customer_key", "touched_at")
    plain = touches.select(
        *columns,
        source=normal_source(pl.col("utm_source")),
        medium=normal_medium(pl.col("utm_medium")),
        campaign=normal_value(pl.col("utm_campaign")),
        content=normal_value(pl.col("utm_content")),
    )
    ids = posts.select(*_POST, content=normal_value(pl.col("post_id"))).unique("content", keep="none")
    named = plain.join(ids, on="content", how="inner").select(*columns, *_POST)
    rest = plain.join(named, on=["account", "touch_id"], how="anti")
    tagged = _latest(rest, posts, at="touched_at", by=(*_TAGS, "content"), lookback=lookback)
    return pl.concat([named, tagged.select(*columns, *_POST)]).sort("account", "touch_id")


def _posts_of_leads(
    posts: pl.DataFrame, visits: pl.DataFrame, leads: pl.DataFrame, *, lookback: dt.timedelta
) -> pl.DataFrame:
    """account, lead_id, network, post_id."""
    columns = ("account", "lead_id")
    known = visits.drop_nulls("customer_key").select("customer_key", "touched_at", *_POST).sort("touched_at", *_POST)
    by_visit = (
        leads.drop_nulls(["customer_key", "created_at"])
        .select(*columns, "customer_key", "created_at")
        .sort("created_at")
        .join_asof(
            known,
            left_on="created_at",
            right_on="touched_at",
            by="customer_key",
            strategy="backward",
            tolerance=lookback,
            check_sortedness=False,
        )
        .drop_nulls("post_id")
    )
    rest = leads.filter(pl.col("campaign").is_not_null()).join(by_visit, on=list(columns), how="anti")
    by_tags = _latest(rest, posts, at="created_at", by=_TAGS, lookback=lookback)
    return pl.concat([frame.select(*columns, *_POST) for frame in (by_visit, by_tags)]).unique(columns)


def _with_deals(leads: pl.DataFrame) -> pl.DataFrame:
    """Leads with is_deal: each lead with the deals it won (the first one's time, their value together; null where one
    is unknown), and after them the won deals of no known lead.
    """
    marked = leads.with_columns(is_deal=pl.col("lead_id").str.starts_with(DEAL).fill_null(False))
    contacts, won = marked.filter(~pl.col("is_deal")), marked.filter(pl.col("is_deal") & pl.col("won_at").is_not_null())
    amount = pl.col("value_minor")
    by_lead = (
        won.drop_nulls("contact_id")
        .group_by("account", lead_id="contact_id")
        .agg(
            _deals=pl.len(),
            _won_at=pl.col("won_at").min(),
            _value=pl.when(amount.null_count() == 0).then(amount.sum()),
        )
    )
    told = contacts.join(by_lead, on=["account", "lead_id"], how="left").with_columns(
        won_at=pl.coalesce("_won_at", "won_at"),
        value_minor=pl.when(pl.col("_deals").is_not_null()).then("_value").otherwise("value_minor"),
    )
    known = contacts.select("account", contact_id="lead_id")
    alone = won.join(known, on=["account", "contact_id"], how="anti")
    return pl.concat([told.select(marked.columns), alone])


def _lower(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().str.to_lowercase()


def with_channel(leads: pl.DataFrame, *, rules: Sequence[ChannelRule]) -> pl.DataFrame:
    """The leads with a channel; one without source and medium has none. A CRM may tell the medium alone."""
    lower = leads.with_columns(_lower("source"), _lower("medium"), _lower("campaign"))
    named = channel_of(lower.with_columns(evidence=pl.lit("utm")), rules=rules)
    nameless = pl.col("source").is_null() & pl.col("medium").is_null()
    if "original_source" in named.columns:  # HubSpot says that it was a search, and seldom which
        paid_search = pl.col("original_source").is_in(["paid search", "paid_search"]) & pl.col("source").is_null()
        search = pl.when(paid_search & (pl.col("channel") == "Paid Other")).then(pl.lit("Paid Search"))
        named = named.with_columns(channel=search.otherwise("channel"))
    return named.with_columns(
        channel=pl.when(nameless).then(pl.lit(NOT_SET)).otherwise("channel"), source=pl.col("source").fill_null(NOT_SET)
    ).drop("evidence")


def _in_currency(leads: pl.DataFrame, *, zone: ZoneInfo, currency: str, rates: pl.DataFrame) -> pl.DataFrame:
    codes = leads.with_columns(
        pl.col("currency").str.strip_chars().str.to_uppercase().fill_null(currency),
        day=pl.col("won_at").dt.convert_time_zone(zone.key).dt.date(),
    )
    sized = codes.with_columns(_size=minor_unit_size(codes["currency"]))
    own = sized.with_columns(_own=to_minor(pl.col("deal_amount"), size=pl.col("_size")))
    return convert(own, rates, columns={"value_minor": "_own"}, to=currency)
