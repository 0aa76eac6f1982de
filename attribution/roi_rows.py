"""The return by month, channel, campaign, influencer, code or brand; what a creator may cost; where one euro more pays.

Counted amounts carry a range too: the same weeks again would not have brought the same orders. Their range is that of a
sum of independent orders (compound Poisson): amount -+ 1.645 x sqrt(sum of squared amounts), 90 %.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import polars as pl

from attribution.breakdown import NOT_SET
from attribution.breakdown import By as Named
from attribution.ledger import SOLD
from attribution.report import Report
from attribution.roi import cost_part

Advice = Literal["more", "less"]

MIN_ORDERS = 10  # fewer: no range, and no judgement
MIN_WEEKS = 12
_NORMAL_95 = 1.6449
_ORDER = ("account", "order_id")
VERDICTS = ("above", "unsure", "below", "few_orders", "no_cost")
MONTHS = {
    "name": pl.String,
    "total_minor": pl.Int64,
    "direct_minor": pl.Int64,
    "other_tracked_minor": pl.Int64,
    "uncredited_minor": pl.Int64,
    "cost_minor": pl.Int64,
    "roi": pl.Float64,
}


def months(report: Report) -> pl.DataFrame:
    """MONTHS, a row a calendar month that the period touches. Sums of the rows are the period's buckets."""
    sold = report.ledger.filter(pl.col("state") == SOLD).select(*_ORDER, "day", "net_minor")
    tracked = report.credits.filter(~pl.col("is_direct")).join(sold, on=list(_ORDER), how="inner")
    rows = []
    for month in _months(report):
        inside = pl.col("day").dt.truncate("1mo") == month
        paid = report.daily_costs.filter(pl.col("date").dt.truncate("1mo") == month)
        credits = tracked.filter(inside)
        total = int(sold.filter(inside)["net_minor"].sum())
        direct = int(credits.filter("in_scope")["credit_minor"].sum())
        other = int(credits.filter(~pl.col("in_scope"))["credit_minor"].sum())
        cost = cost_part(paid, of=report.roi.cost_minor)
        rows.append((f"{month:%Y-%m}", total, direct, other, total - direct - other, cost, _roi(report, direct, cost)))
    return pl.DataFrame(rows, schema=MONTHS, orient="row")


def _months(report: Report) -> list[dt.date]:
    return pl.date_range(
        report.period.since.replace(day=1), report.period.until.replace(day=1), "1mo", eager=True
    ).to_list()


def _roi(report: Report, revenue: float, cost: int | None) -> float | None:
    if not cost:
        return None
    return (revenue * report.roi.margin - cost) / cost


def named(report: Report, by: Named) -> pl.DataFrame:
    """What each name earned by counted credit: name, orders, conversions, revenue_minor, low_minor, high_minor,
    cost_minor, roas, share, roi, roi_low, roi_high, verdict; largest revenue first.

    low and high (and of the ROI) are null under `MIN_ORDERS` orders. verdict: whether the range lies above break-even,
    below it, or holds it (unsure); few_orders; no_cost.
    """
    source = report.breakdown(by).filter("credited")
    column = {"influencer": "person"}.get(by, by)
    spread = _spread(report, column) if column in report.credits.columns else None
    rows = (
        source.join(spread, on="name", how="left", maintain_order="left") if spread is not None else _no_spread(source)
    )
    judged = rows.with_columns(pl.col("orders").fill_null(0))
    enough = (pl.col("orders") >= MIN_ORDERS) & pl.col("_sd").is_not_null()
    reach = pl.when(enough).then(_NORMAL_95 * pl.col("_sd"))
    ranged = judged.with_columns(
        low_minor=(pl.col("revenue_minor") - reach).round().cast(pl.Int64),
        high_minor=(pl.col("revenue_minor") + reach).round().cast(pl.Int64),
    )
    paid = pl.when((pl.col("cost_minor") > 0) & (pl.col("name") != NOT_SET)).then(pl.col("cost_minor"))
    ratios = {
        title: pl.col(amount) * report.roi.margin / paid - 1
        for title, amount in (("roi", "revenue_minor"), ("roi_low", "low_minor"), ("roi_high", "high_minor"))
    }
    return (
        ranged.with_columns(**ratios)
        .with_columns(verdict=_verdict())
        .select(
            *("name", "orders", "conversions", "revenue_minor", "low_minor", "high_minor", "cost_minor", "roas"),
            *("share", "roi", "roi_low", "roi_high", "verdict"),
        )
    )


def _verdict() -> pl.Expr:
    return (
        pl.when(pl.col("roi").is_null())
        .then(pl.lit("no_cost"))
        .when(pl.col("roi_low").is_null())
        .then(pl.lit("few_orders"))
        .when(pl.col("roi_low") > 0)
        .then(pl.lit("above"))
        .when(pl.col("roi_high") < 0)
        .then(pl.lit("below"))
        .otherwise(pl.lit("unsure"))
    )


def _part() -> pl.Expr:
    """Whether a touchpoint has a part in its order, which may be worth nothing after refunds and discounts."""
    return (pl.col("weight") > 0) | (pl.col("credit_minor") != 0)


def _spread(report: Report, column: str) -> pl.DataFrame:
    tracked = report.credits.filter(~pl.col("is_direct") & _part())
    by_order = tracked.group_by(pl.col(column).fill_null(NOT_SET).alias("name"), *_ORDER).agg(
        pl.col("credit_minor").sum()
    )
    return by_order.group_by("name").agg(
        orders=pl.len().cast(pl.Int64), _sd=pl.col("credit_minor").cast(pl.Float64).pow(2).sum().sqrt()
    )


def _no_spread(source: pl.DataFrame) -> pl.DataFrame:
    return source.with_columns(orders=pl.col("conversions").round().cast(pl.Int64), _sd=pl.lit(None, dtype=pl.Float64))


def brands(report: Report, *, of_campaign: Mapping[str, str], own: list[str]) -> pl.DataFrame:
    """The direct return and cost of each own brand: name, revenue_minor, cost_minor, roi.

    An order names no brand. With one own brand all is its own. With several, credit and cost belong to the brand of
    their campaign (`of_campaign`: campaign in lower case -> brand), cost also to the brand written on it; the rest,
    and what names no own brand, is "(not set)". Brands are compared without case.
    """
    if len(own) == 1:
        total = report.roi
        rows = [(own[0], total.buckets.direct, total.cost_minor, total.direct_roi)]
        return pl.DataFrame(rows, schema=_BRANDS, orient="row")
    brand = (
        pl.col("campaign").str.to_lowercase().replace_strict(dict(of_campaign), default=None, return_dtype=pl.String)
    )
    earned = report.credits.filter("in_scope").with_columns(_brand=_own(brand, own))
    paid = report.daily_costs.with_columns(_brand=_own(pl.coalesce("brand", brand), own))
    rows = []
    for name in [*own, NOT_SET]:
        revenue = int(earned.filter(pl.col("_brand") == name)["credit_minor"].sum())
        cost = cost_part(paid.filter(pl.col("_brand") == name), of=report.roi.cost_minor)
        rows.append((name, revenue, cost, _roi(report, revenue, cost) if name != NOT_SET else None))
    return pl.DataFrame(rows, schema=_BRANDS, orient="row")


def _own(brand: pl.Expr, own: list[str]) -> pl.Expr:
    known = {name.lower(): name for name in own}
    named = brand.str.strip_chars().str.to_lowercase()
    return named.replace_strict(known, default=NOT_SET, return_dtype=pl.String)


_BRANDS = {"name": pl.String, "revenue_minor": pl.Int64, "cost_minor": pl.Int64, "roi": pl.Float64}
RENEWALS = {
    "name": pl.String,
    "orders": pl.Int64,
    "revenue_minor": pl.Int64,
    "flagged_minor": pl.Int64,
    "repeat_minor": pl.Int64,
    "commission_minor": pl.Int64,
    "other_cost_minor": pl.Int64,
    "fee_minor": pl.Int64,
    "low_minor": pl.Int64,
    "median_minor": pl.Int64,
    "high_minor": pl.Int64,
}


def renewals(report: Report) -> pl.DataFrame:
    """For each influencer with credit: at most so much may a contract like the period's cost (RENEWALS).

    median = margin x (credited revenue - credit of orders whose code shows a sign of leakage + what the new customers
    of their codes bought again, up to the end of the known orders) - commissions - other costs but the fee. Revenue is
    net of discounts. low and high add the chance of the orders; all three are null under `MIN_ORDERS` orders, or where
    one of these costs is not known. fee_minor is what was paid in the period; null where none is given, or known.
    """
    tracked = report.credits.filter(pl.col("person").is_not_null() & _part())
    flagged = report.leakage.orders.select(*_ORDER).unique().with_columns(_flagged=pl.lit(True))
    orders = tracked.group_by("person", *_ORDER).agg(pl.col("credit_minor").sum())
    known = orders.join(flagged, on=list(_ORDER), how="left").with_columns(pl.col("_flagged").fill_null(False))
    repeats = _repeats(report)
    rows = []
    for (person,), mine in known.sort("person", *_ORDER).group_by("person", maintain_order=True):
        kept = mine.filter(~pl.col("_flagged"))["credit_minor"]
        cost = _person_costs(report, str(person))
        again = repeats.get(str(person), 0)
        reach = _NORMAL_95 * float(np.sqrt(float((kept.cast(pl.Float64) ** 2).sum()))) * report.roi.margin
        ends: list[int | None] = [None] * 3
        if kept.len() >= MIN_ORDERS and cost["commission"] is not None and cost["other"] is not None:
            margin = Fraction(str(report.roi.margin))
            worth = (int(kept.sum()) + again) * margin - cost["commission"] - cost["other"]
            ends = [round(float(worth) + side * reach) for side in (-1, 0, 1)]
        rows.append(
            (
                *(person, mine.height, int(mine["credit_minor"].sum())),
                *(int(mine.filter("_flagged")["credit_minor"].sum()), again, cost["commission"], cost["other"]),
                *(cost["fee"], *(end if end is None else max(end, 0) for end in ends)),
            )
        )
    return pl.DataFrame(rows, schema=RENEWALS, orient="row").sort("revenue_minor", "name", descending=[True, False])


def _repeats(report: Report) -> dict[str, int]:
    """What the new customers of each owner's codes bought again; orders credited to the same person are left out."""
    redeemed = report.order_codes.filter((pl.col("state") == "registered") & pl.col("owner").is_not_null())
    used = redeemed.select(*_ORDER, "owner").unique()
    sold = report.history.filter((pl.col("state") == SOLD) & pl.col("customer_key").is_not_null())
    won = sold.filter("is_first_order").join(used, on=list(_ORDER)).select("customer_key", "owner").unique()
    counted = report.credits.filter(_part()).select(*_ORDER, owner="person").unique()
    later = sold.filter(~pl.col("is_first_order")).join(won, on="customer_key")
    again = later.join(counted, on=[*_ORDER, "owner"], how="anti").group_by("owner").agg(pl.col("net_minor").sum())
    return {owner: int(minor) for owner, minor in again.iter_rows()}


def _person_costs(report: Report, person: str) -> dict[str, int | None]:
    """fee, commission, other in minor units; null where a line is not known, the fee also where none is given."""
    mine = report.daily_costs.filter(pl.col("influencer") == person)

    def known(kinds: pl.Expr) -> int | None:
        amounts = mine.filter(kinds)["amount_minor"]
        return None if amounts.null_count() else int(amounts.sum())

    fee, commission = pl.col("kind") == "influencer_fee", pl.col("kind") == "commission"
    paid = known(fee) if mine.filter(fee).height else None
    return {"fee": paid, "commission": known(commission), "other": known(~fee & ~commission)}


def direct_each_day(report: Report) -> pl.DataFrame:
    """day, direct_minor: credit of the social scope by the day of its order; every day of the period."""
    days = pl.DataFrame({"day": pl.date_range(report.period.since, report.period.until, eager=True)})
    ordered = report.ledger.select(*_ORDER, "day")
    credited = report.credits.filter("in_scope").join(ordered, on=list(_ORDER), how="inner")
    summed = credited.group_by("day").agg(direct_minor=pl.col("credit_minor").sum())
    return days.join(summed, on="day", how="left").with_columns(pl.col("direct_minor").fill_null(0)).sort("day")


WEEKS = {"week": pl.Date, "channel": pl.String, "revenue_minor": pl.Int64, "cost_minor": pl.Int64}


def channel_weeks(report: Report) -> pl.DataFrame:
    """WEEKS: credit and known cost of each channel in each whole week (from Monday) of the period; zeros where
    nothing came or was spent."""
    days = report.ledger.select(*_ORDER, "day")
    earned = report.credits.filter(~pl.col("is_direct")).join(days, on=list(_ORDER), how="inner")
    week = pl.col("day").dt.truncate("1w").alias("week")
    came = earned.group_by(week, "channel").agg(revenue_minor=pl.col("credit_minor").sum())
    spent = report.daily_costs.drop_nulls(["channel", "amount_minor"])
    went = spent.group_by(pl.col("date").dt.truncate("1w").alias("week"), "channel").agg(
        cost_minor=pl.col("amount_minor").sum()
    )
    first = report.period.since + dt.timedelta(days=-report.period.since.weekday() % 7)
    last = report.period.until - dt.timedelta(days=(report.period.until.weekday() + 1) % 7 + 6)
    if first > last:
        return pl.DataFrame(schema=WEEKS)
    weeks = pl.DataFrame({"week": pl.date_range(first, last, "1w", eager=True)})
    every = weeks.join(pl.concat([came.select("channel"), went.select("channel")]).unique(), how="cross")
    joined = every.join(came, on=["week", "channel"], how="left").join(went, on=["week", "channel"], how="left")
    return (
        joined.with_columns(pl.col("revenue_minor", "cost_minor").fill_null(0)).select(*WEEKS).sort("channel", "week")
    )


@dataclass(frozen=True)
class Marginal:
    """What one unit of money more in a channel went along with, in return: slope with its 90 % range over weeks."""

    channel: str
    weeks: int
    low: float
    median: float
    high: float

    @property
    def advice(self) -> Advice | None:
        """Only where the whole range lies on one side of 1: a unit more brings back more, or less, than it costs."""
        return "more" if self.low > 1 else "less" if self.high < 1 else None


def marginal_returns(weeks: pl.DataFrame, *, margin: float = 1.0) -> list[Marginal]:
    """Of each channel with cost in `MIN_WEEKS` weeks or more that differs between weeks: return regressed on cost and
    a trend, HC1 errors, Student t. Average returns say nothing of the next unit; this says little, and no cause."""
    from scipy import special  # a tenth of a second that only this is worth

    found = []
    for (channel,), rows in weeks.group_by("channel", maintain_order=True):
        cost = rows["cost_minor"].cast(pl.Float64).to_numpy()
        if rows.height < MIN_WEEKS or (cost > 0).sum() < MIN_WEEKS or np.std(cost) < 0.1 * np.mean(cost):
            continue
        back = rows["revenue_minor"].cast(pl.Float64).to_numpy() * margin
        design = np.column_stack([cost, np.ones(len(cost)), np.arange(len(cost), dtype=float)])
        inverse = np.linalg.pinv(design.T @ design)
        slopes = inverse @ design.T @ back
        scored = design * (back - design @ slopes)[:, None]
        free = len(cost) - design.shape[1]
        error = float(np.sqrt((inverse @ scored.T @ scored @ inverse)[0, 0] * len(cost) / free))
        reach = float(special.stdtrit(free, 0.95)) * error
        middle = float(slopes[0])
        found.append(Marginal(str(channel), rows.height, middle - reach, middle, middle + reach))
    return found
