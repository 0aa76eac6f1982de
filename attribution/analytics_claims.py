"""What an analytics tool says each channel earned, beside what the ledger credits the same channels on the same days.

An analytics tool splits the shop's orders over all channels, as the ledger does. So its claim is compared, and never
added to what ad platforms claim: that would count the orders of one shop a second time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from attribution.channels import RULES, UNASSIGNED, channel_of
from attribution.currency import convert, minor_unit_size, to_minor
from attribution.report import Report
from config.channel_rules import ChannelRule
from config.clock import Period

_SPLIT = ("account", "dimension", "by_hour")
_DAYS = ("date_from", "date_to")
_ORDER = ("account", "order_id")
_CHANNELS = {name.lower(): name for name in (*(name for name, _ in RULES), UNASSIGNED)}
ROWS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "account": pl.String,
    "tool": pl.String,
    "dimension": pl.String,
    "since": pl.Date,
    "until": pl.Date,
    "days": pl.Int64,
    "claimed_conversions": pl.Float64,
    "claimed_minor": pl.Int64,
    "all_conversions": pl.Float64,
    "all_minor": pl.Int64,
    "credited_conversions": pl.Float64,
    "credited_minor": pl.Int64,
    "banked_minor": pl.Int64,
    "times": pl.Float64,
    "unconverted": pl.Int64,
    "left_out": pl.Int64,
}
CHANNELS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "account": pl.String,
    "channel": pl.String,
    "in_scope": pl.Boolean,
    "claimed_conversions": pl.Float64,
    "claimed_minor": pl.Int64,
    "credited_conversions": pl.Float64,
    "credited_minor": pl.Int64,
}


@dataclass(frozen=True)
class AnalyticsClaims:
    """rows: ROWS_SCHEMA, one an account; by_channel: CHANNELS_SCHEMA, what each row is made of.

    claimed_*: the tool's key events and revenue for the social scope; all_*: for all channels; credited_* (of the
    social scope) and banked_minor: the ledger's, of orders of the same days; times = claimed / credited. unconverted:
    rows whose revenue has no rate. left_out: rows by channel or source that do not count, as their days reach out of
    the period or another row tells of the same days. What the tool does not tell is null.
    """

    rows: pl.DataFrame
    by_channel: pl.DataFrame


def analytics_claims(
    report: Report, traffic: pl.DataFrame, *, scope: Sequence[str], zone: ZoneInfo, rates: pl.DataFrame
) -> AnalyticsClaims:
    """The claims of the period. traffic: tables.TRAFFIC_DAILY.

    Of an account's breakdowns one counts: one that tells revenue, then the one of most days, then by session, then by
    source and medium, by channel, by source alone. A sum over days is never cut: it counts where all its days lie in
    the period. Of sums that share days the longest counts.
    """
    telling = pl.col("key_events").is_not_null() | pl.col("revenue").is_not_null()
    named = pl.col("channel").is_not_null() | pl.col("source").is_not_null()
    told = traffic.filter(telling & named).with_columns(by_hour=pl.col("hour").is_not_null())
    kept = _one_breakdown(_apart(told, report.period))
    money = _in_currency(_with_channels(kept, report.channel_rules), report.currency, rates)
    found = _by_channel(report, money, scope=scope, zone=zone)
    return AnalyticsClaims(_rows(report, told, money, found, zone=zone), found)


def _apart(told: pl.DataFrame, period: Period) -> pl.DataFrame:
    """The rows of spans of days within the period, of each breakdown the longest first, none sharing a day."""
    inside = told.filter((pl.col("date_from") >= period.since) & (pl.col("date_to") <= period.until))
    length = (pl.col("date_to") - pl.col("date_from")).dt.total_days()
    spans = (
        inside.select(*_SPLIT, *_DAYS)
        .unique()
        .sort(*_SPLIT, length, *_DAYS, descending=[*[False] * 3, True, *[False] * 2])
    )
    taken: dict[tuple[object, ...], set[dt.date]] = {}
    free = []
    for *split, since, until in spans.iter_rows():
        days = {since + dt.timedelta(days=n) for n in range((until - since).days + 1)}
        used = taken.setdefault(tuple(split), set())
        free.append(used.isdisjoint(days))
        used |= days if free[-1] else set()
    chosen = spans.filter(pl.Series(free, dtype=pl.Boolean))
    return inside.join(chosen, on=[*_SPLIT, *_DAYS], how="semi", maintain_order="left")


def _one_breakdown(rows: pl.DataFrame) -> pl.DataFrame:
    name = pl.col("dimension")
    length = (pl.col("date_to") - pl.col("date_from")).dt.total_days() + 1
    by_name = pl.when(name.str.contains("session")).then(0).when(name.str.contains("first user")).then(2).otherwise(1)
    tags = pl.col("source").is_not_null() & pl.col("medium").is_not_null()
    spans = rows.group_by(*_SPLIT, *_DAYS).agg(
        _no_revenue=pl.col("revenue").is_null().all(),
        _days=length.first(),
        _scope=by_name.first(),
        _form=pl.when(tags.any()).then(0).when(pl.col("channel").is_not_null().any()).then(1).otherwise(2),
    )
    ranked = (
        spans.group_by(_SPLIT)
        .agg(pl.col("_no_revenue").all(), pl.col("_days").sum(), pl.col("_scope", "_form").min())
        .with_columns(_parts=name.str.count_matches(r" \| "))
        .sort(
            *("account", "_no_revenue", "_days", "_scope", "_form", "_parts", "dimension", "by_hour"),
            descending=[False, False, True, *[False] * 5],
        )
        .unique("account", keep="first", maintain_order=True)
    )
    return rows.join(ranked, on=list(_SPLIT), how="semi", maintain_order="left")


def _with_channels(rows: pl.DataFrame, rules: Sequence[ChannelRule]) -> pl.DataFrame:
    """The channel by our rules where source and medium are told, else the tool's own group, else by the source."""
    own = pl.col("channel").str.strip_chars()
    renamed = rows.with_columns(_own=own.str.to_lowercase().replace(_CHANNELS), _told=own)
    ours = channel_of(renamed.drop("channel").with_columns(evidence=pl.lit("utm")), rules=rules)
    known = pl.col("_own").is_in(list(_CHANNELS.values()))
    tags = pl.col("source").is_not_null() & pl.col("medium").is_not_null()
    own_name = pl.when(known).then("_own").otherwise("_told")
    return ours.with_columns(channel=pl.when(tags).then("channel").otherwise(pl.coalesce(own_name, "channel")))


def _in_currency(rows: pl.DataFrame, currency: str, rates: pl.DataFrame) -> pl.DataFrame:
    """With _revenue in minor units, at the rate of a sum's first day."""
    codes = rows.with_columns(pl.col("currency").str.strip_chars().str.to_uppercase().fill_null(currency))
    sized = codes.with_columns(_size=minor_unit_size(codes["currency"]))
    own = sized.with_columns(_own_minor=to_minor(pl.col("revenue"), size=pl.col("_size")))
    return convert(own, rates, columns={"_revenue": "_own_minor"}, to=currency, day="date_from")


def _known_sum(name: str) -> pl.Expr:
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum())


def _days_of(rows: pl.DataFrame) -> pl.DataFrame:
    """account, day: the days that an account's claims cover."""
    spans = rows.select("account", *_DAYS).unique()
    each = spans.select("account", day=pl.date_ranges(*_DAYS)).explode("day")
    return each.unique().sort("account", "day")


def _with_day(report: Report, zone: ZoneInfo) -> pl.DataFrame:
    day = pl.col("ordered_at").dt.convert_time_zone(zone.key).dt.date()
    return report.ledger.select(*_ORDER, "net_minor", "state", day=day)


def _by_channel(report: Report, money: pl.DataFrame, *, scope: Sequence[str], zone: ZoneInfo) -> pl.DataFrame:
    claimed = money.group_by("account", "channel").agg(
        claimed_conversions=_known_sum("key_events"), claimed_minor=_known_sum("_revenue")
    )
    # The accounts of an analytics export and of a shop need not bear the same name: days alone decide.
    days = _days_of(money).rename({"account": "_tool_account"})
    credits = report.credits.filter(~pl.col("is_direct")).join(
        _with_day(report, zone).select(*_ORDER, "day"), on=list(_ORDER), how="inner"
    )
    credited = (
        credits.join(days, on="day", how="inner")
        .group_by(account="_tool_account", channel="channel")
        .agg(credited_conversions=pl.col("weight").sum().round(9), credited_minor=pl.col("credit_minor").sum())
    )
    return (
        claimed.join(credited, on=["account", "channel"], how="full", coalesce=True)
        .with_columns(
            pl.col("credited_conversions").fill_null(0.0),
            pl.col("credited_minor").fill_null(0),
            in_scope=pl.col("channel").is_in(list(scope)),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in CHANNELS_SCHEMA.items())
        .sort("account", "claimed_minor", "channel", descending=[False, True, False], nulls_last=True)
    )


def _rows(
    report: Report, told: pl.DataFrame, money: pl.DataFrame, by_channel: pl.DataFrame, *, zone: ZoneInfo
) -> pl.DataFrame:
    days = _days_of(money)
    sold = _with_day(report, zone).filter(pl.col("state") == "sold")
    banked = days.join(sold.group_by("day").agg(pl.col("net_minor").sum()), on="day", how="left")
    covered = banked.group_by("account").agg(
        since=pl.col("day").min(),
        until=pl.col("day").max(),
        days=pl.len(),
        banked_minor=pl.col("net_minor").fill_null(0).sum(),
    )
    lost = pl.col("revenue").is_not_null() & pl.col("_revenue").is_null()
    whole = money.group_by("account").agg(
        dimension=pl.col("dimension").first(),
        all_conversions=_known_sum("key_events"),
        all_minor=_known_sum("_revenue"),
        unconverted=lost.sum(),
        _kept=pl.len(),
    )
    overlap = (pl.col("date_from") <= report.period.until) & (pl.col("date_to") >= report.period.since)
    offered = told.filter(overlap.fill_null(True)).group_by("account").agg(_offered=pl.len())
    joined = offered.join(whole, on="account", how="left").join(covered, on="account", how="left")
    found = joined.join(_social(by_channel), on="account", how="left").with_columns(
        # A report of all channels that names none of the social ones says that they brought nothing.
        claimed_conversions=pl.when(pl.col("all_conversions").is_not_null()).then(
            pl.col("claimed_conversions").fill_null(0.0)
        ),
        claimed_minor=pl.when(pl.col("all_minor").is_not_null()).then(pl.col("claimed_minor").fill_null(0)),
        tool=pl.col("account").str.split(":").list.first(),  # an account is "system:name"
        days=pl.col("days").fill_null(0),
        unconverted=pl.col("unconverted").fill_null(0),
        left_out=pl.col("_offered") - pl.col("_kept").fill_null(0),
    )
    times = pl.when(pl.col("credited_minor") > 0).then(pl.col("claimed_minor") / pl.col("credited_minor"))
    return (
        found.with_columns(times=times)
        .select(pl.col(name).cast(dtype) for name, dtype in ROWS_SCHEMA.items())
        .sort("account")
    )


def _social(by_channel: pl.DataFrame) -> pl.DataFrame:
    """The social scope's part of each account; its claim is null where a revenue or count of it is told of none."""
    scoped = pl.col("in_scope")
    return by_channel.group_by("account").agg(
        *(
            pl.when(pl.col(name).filter(scoped).count() > 0).then(pl.col(name).filter(scoped).sum()).alias(name)
            for name in ("claimed_conversions", "claimed_minor")
        ),
        *(pl.col(name).filter(scoped).sum().alias(name) for name in ("credited_conversions", "credited_minor")),
    )
