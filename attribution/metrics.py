"""The figures marketers know by three letters, and what platforms claim against what was banked."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from attribution.channels import is_deep_link, reported_channel
from attribution.currency import convert, minor_unit_size, to_minor
from attribution.leads import DEAL, with_channel
from attribution.report import NOT_SET, Report
from config.clock import Period

_ORDER = ("account", "order_id")
# What a platform's own reports call themselves, and the sources under which its visits arrive.
PLATFORM_SOURCES = {
    "meta": ("meta", "facebook", "instagram", "fb", "ig", "messenger", "threads", "audience_network", "an"),
    "facebook": ("facebook", "fb", "instagram", "ig", "meta"),
    "google": ("google", "youtube", "adwords", "google ads"),
    "google_ads": ("google", "youtube", "adwords", "google ads"),
    "tiktok": ("tiktok", "tiktok.com"),
    "x": ("x", "twitter", "x.com", "t.co"),
    "twitter": ("x", "twitter", "x.com", "t.co"),
    "linkedin": ("linkedin", "linkedin.com"),
    "pinterest": ("pinterest",),
    "snapchat": ("snapchat", "snap"),
    "reddit": ("reddit", "reddit.com"),
    "microsoft": ("bing", "microsoft", "msn"),
}
METRICS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "channel": pl.String,
    "visits": pl.Int64,
    "conversions": pl.Float64,
    "revenue_minor": pl.Int64,
    "cost_minor": pl.Int64,
    "impressions": pl.Int64,
    "clicks": pl.Int64,
    "leads": pl.Int64,
    "new_customers": pl.Float64,
    "new_customer_share": pl.Float64,
    "conversion_rate": pl.Float64,
    "bounce_rate": pl.Float64,
    "duration_seconds": pl.Float64,
    "aov_minor": pl.Int64,
    "roas": pl.Float64,
    "cpa_minor": pl.Int64,
    "cac_minor": pl.Int64,
    "cpc_minor": pl.Int64,
    "ctr": pl.Float64,
    "cost_per_lead_minor": pl.Int64,
}


def channel_metrics(report: Report, spend: pl.DataFrame, leads: pl.DataFrame, *, zone: ZoneInfo) -> pl.DataFrame:
    """METRICS_SCHEMA, one row a channel, largest revenue first. Unknown is null, a ratio of nothing too.

    visits: of the period. conversions, new_customers: sums of weights under the report's model (new: the order is its
    known customer's first). conversion_rate = conversions / visits; aov = revenue / conversions; roas = revenue / cost;
    cpa = cost / conversions; cac = cost / new_customers; cpc = cost / clicks and ctr = clicks / impressions, each of
    the spend lines that tell both; bounce_rate and duration_seconds are means of the visits that tell them;
    cost_per_lead = cost / leads. spend and leads: tables.SPEND and tables.LEADS.
    """
    start, end = report.period.bounds(zone)
    visits = (
        report.touches.filter(pl.col("touched_at") >= start)
        .with_columns(deep_link=is_deep_link(report.touches))
        .group_by(reported_channel())
        .agg(
            visits=pl.len().cast(pl.Int64),
            bounce_rate=pl.col("is_bounce").mean(),
            duration_seconds=pl.col("duration_seconds").mean(),
        )
    )
    known = report.ledger.select(*_ORDER, "is_first_order")
    weight = pl.col("weight")
    first = pl.col("is_first_order")
    earned = (
        report.credits.join(known, on=list(_ORDER), how="left", maintain_order="left")
        .group_by(reported_channel(), maintain_order=True)
        .agg(
            conversions=weight.sum().round(9),
            revenue_minor=pl.col("credit_minor").sum(),
            new_customers=weight.filter(first).sum().round(9),
            _known=weight.filter(first.is_not_null()).sum(),
        )
    )
    created = (pl.col("created_at") >= start) & (pl.col("created_at") < end)
    came = leads.filter(created & ~pl.col("lead_id").str.starts_with(DEAL))
    of_leads = with_channel(came, rules=report.channel_rules).group_by("channel").agg(leads=pl.len().cast(pl.Int64))
    joined = earned
    for table in (visits, _ads(report, spend), of_leads):
        joined = joined.join(table, on="channel", how="full", coalesce=True)
    counted = joined.with_columns(
        pl.col("visits", "revenue_minor").fill_null(0), pl.col("conversions", "new_customers").fill_null(0.0)
    )
    return _ratios(counted).sort("revenue_minor", "channel", descending=[True, False])


def _ratios(counted: pl.DataFrame) -> pl.DataFrame:
    def over(top: str, bottom: str) -> pl.Expr:
        return pl.when(pl.col(bottom) > 0).then(pl.col(top) / pl.col(bottom))

    def money(top: str, bottom: str) -> pl.Expr:
        return over(top, bottom).round()

    return counted.with_columns(
        new_customer_share=over("new_customers", "_known"),
        conversion_rate=over("conversions", "visits"),
        aov_minor=money("revenue_minor", "conversions"),
        roas=over("revenue_minor", "cost_minor"),
        cpa_minor=money("cost_minor", "conversions"),
        cac_minor=money("cost_minor", "new_customers"),
        cpc_minor=money("_clicked_cost", "clicks"),
        ctr=over("_seen_clicks", "_clicked_seen"),
        cost_per_lead_minor=money("cost_minor", "leads"),
    ).select(pl.col(name).cast(dtype) for name, dtype in METRICS_SCHEMA.items())


def _ads(report: Report, spend: pl.DataFrame) -> pl.DataFrame:
    """channel, cost_minor, impressions, clicks of the spend lines in the period, spread over days as costs are;
    _clicked_cost (of lines that tell clicks), _seen_clicks and _clicked_seen (of lines that tell both).
    """
    part = _part_of_days(report.period)
    told = spend.select(
        "account", "spend_id", *((pl.col(name) * part).alias(name) for name in ("impressions", "clicks"))
    )
    lines = report.costs.drop_nulls("channel").join(told, on=["account", "spend_id"], how="left")

    def known(name: str) -> pl.Expr:
        return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum().round()).cast(pl.Int64).alias(name)

    both = pl.col("impressions").is_not_null() & pl.col("clicks").is_not_null()
    return lines.group_by("channel").agg(
        known("cost_minor"),
        known("impressions"),
        known("clicks"),
        _clicked_cost=pl.col("cost_minor").filter(pl.col("clicks").is_not_null()).sum(),
        _seen_clicks=pl.col("clicks").filter(both).sum(),
        _clicked_seen=pl.col("impressions").filter(both).sum(),
    )


def _part_of_days(period: Period) -> pl.Expr:
    """The share of a spend line's days that lie in the period, in [0, 1]."""
    last = pl.max_horizontal("date_from", "date_to")
    start = pl.max_horizontal(pl.col("date_from"), pl.lit(period.since))
    end = pl.min_horizontal(last, pl.lit(period.until))
    days = ((end - start).dt.total_days() + 1).clip(lower_bound=0)
    return days / ((last - pl.col("date_from")).dt.total_days() + 1)


@dataclass(frozen=True)
class Claims:
    """rows: platform, claimed_conversions, claimed_minor, credited_conversions, credited_minor, times (claimed /
    credited), unconverted (lines whose claim has no amount in the currency). claimed_minor and banked_minor in total,
    and `share`, the one of the other: above 1, together they claim more than was sold. Null where nothing is claimed.
    """

    rows: pl.DataFrame
    claimed_minor: int | None
    banked_minor: int
    share: float | None


def claimed_against_banked(report: Report, spend: pl.DataFrame, *, rates: pl.DataFrame) -> Claims:
    """What each platform says it earned in the period beside what its paid visits are credited with here, and what was
    banked in total. Claims are spread over a line's days as its cost is, and converted at its first day's rate.
    """
    part = _part_of_days(report.period)
    claiming = spend.filter(
        (part > 0) & (pl.col("claimed_conversions").is_not_null() | pl.col("claimed_value").is_not_null())
    ).with_columns(pl.col("currency").str.strip_chars().str.to_uppercase(), platform=_platform(pl.col("platform")))
    sized = claiming.with_columns(_size=minor_unit_size(claiming["currency"]), _part=part)
    own = sized.with_columns(_own=to_minor(pl.col("claimed_value"), size=pl.col("_size")))
    money = convert(own, rates, columns={"_claimed": "_own"}, to=report.currency, day="date_from")
    lost = pl.col("claimed_value").is_not_null() & pl.col("_claimed").is_null()
    known = (pl.col("_claimed") * pl.col("_part")).round().cast(pl.Int64)
    told = money.group_by("platform").agg(
        claimed_conversions=_known_sum(pl.col("claimed_conversions") * pl.col("_part")),
        claimed_minor=_known_sum(known),
        unconverted=lost.sum().cast(pl.Int64),
    )
    rows = _credited(report, told).sort("claimed_minor", "platform", descending=[True, False], nulls_last=True)
    claimed = int(rows["claimed_minor"].sum()) if rows["claimed_minor"].count() else None
    banked = report.buckets.total
    share = claimed / banked if claimed is not None and banked > 0 else None
    return Claims(rows, claimed, banked, share)


def _known_sum(values: pl.Expr) -> pl.Expr:
    return pl.when(values.count() > 0).then(values.sum())


def _platform(name: pl.Expr) -> pl.Expr:
    return name.str.strip_chars().str.to_lowercase().str.replace_all(r"[\s-]+", "_").fill_null(NOT_SET)


def _credited(report: Report, told: pl.DataFrame) -> pl.DataFrame:
    """The platforms with the credit of paid visits from their sources."""
    paid = report.credits.filter(
        pl.col("channel").str.starts_with("Paid ") | pl.col("channel").is_in(["Display", "Cross-network"])
    ).with_columns(source=pl.col("source").str.to_lowercase())
    pairs = [(name, source) for name in told["platform"] for source in PLATFORM_SOURCES.get(name, (name,))]
    sources = pl.DataFrame(pairs, schema={"platform": pl.String, "source": pl.String}, orient="row")
    credited = (
        paid.join(sources, on="source", how="inner")
        .sort(*_ORDER, "position")
        .group_by("platform", maintain_order=True)
        .agg(credited_conversions=pl.col("weight").sum().round(9), credited_minor=pl.col("credit_minor").sum())
    )
    return told.join(credited, on="platform", how="left").select(
        *("platform", "claimed_conversions", "claimed_minor"),
        pl.col("credited_conversions").fill_null(0.0),
        pl.col("credited_minor").fill_null(0),
        times=pl.when(pl.col("credited_minor") > 0).then(pl.col("claimed_minor") / pl.col("credited_minor")),
        unconverted="unconverted",
    )
