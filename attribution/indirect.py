"""Indirect return in the blend: the pool's daily series, the estimate over all days, and a period's part of it.

The pool are the sold orders without a creditable touch (nothing but Direct, or no visit at all). Only this series is
compared with talk, so that no cent can be both counted and estimated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from attribution.ledger import SOLD
from attribution.lift import LAGGED, Interval, LiftEstimate, LiftTest, estimate_lift
from attribution.lift_checks import Checks, read_coverage, run_checks
from attribution.lift_days import prepare
from attribution.lift_model import fit
from attribution.mention_series import daily_series
from attribution.report import Report
from config.clock import Period

SERIES = ("mentions_feeling", "mentions", "mentions_reach")  # the first is looked at where one must stand for all
DISCOUNTED, PAID = "discounted", "spend_paid"
CONTROLS, PLANNED = (DISCOUNTED,), (PAID,)
OTHER_SERIES = (*SERIES, "mentions_by_buyers")  # columns of the daily table that are no group's
_ORDER = ("account", "order_id")


def pool_orders(report: Report) -> pl.DataFrame:
    """The report's sold orders without a creditable touch: rows of its ledger. The same under every model."""
    touched = report.journeys.filter(~pl.col("is_direct"))
    return report.ledger.filter(pl.col("state") == SOLD).join(touched, on=_ORDER, how="anti", maintain_order="left")


def fitted_days(history: pl.DataFrame, mentions: pl.DataFrame, *, until: Period) -> Period | None:
    """The days of `until` on which both sales and talk are known; null when there are none.

    From the first sold order of the ledger `history`, or from the first mention where listening began later: talk
    before it is unknown, not silence. To the last order of any state: sales after the last export are unknown too.
    """
    days = history.filter(pl.col("day").is_between(until.since, until.until))
    sold = days.filter(pl.col("state") == SOLD)["day"].to_list()
    heard = mentions.filter(pl.col("day") >= until.since)["day"].to_list()
    if not sold or not heard:
        return None
    since, last = max(min(sold), min(heard)), max(days["day"].to_list())
    return Period(since, last) if since <= last else None


def daily_table(report: Report, *, mentions: pl.DataFrame, groups: Sequence[str] = ()) -> pl.DataFrame:
    """A row for each day of the report's period: day, pool_minor, the columns of `mention_series.daily_series`,
    controls.

    `mentions` has the columns of `mention_series.SCHEMA`. discounted: the share of the day's sold orders that carry a
    sitewide code or an automatic discount, 0 on days without orders. spend_paid: the known media cost of the day.
    """
    period = report.period
    talk = daily_series(mentions, since=period.since, until=period.until, groups=groups)
    pool = pool_orders(report).group_by("day").agg(pool_minor=pl.col("net_minor").sum())
    table = talk.join(pool, on="day", how="left")
    for column in (_discounted_by_day(report), _paid_by_day(report.daily_costs)):
        table = table.join(column, on="day", how="left")
    return table.with_columns(pl.col("pool_minor").fill_null(0), pl.col(DISCOUNTED, PAID).fill_null(0.0)).sort("day")


def _discounted_by_day(report: Report) -> pl.DataFrame:
    own = (pl.col("state") == "automatic") | ((pl.col("state") == "registered") & (pl.col("kind") == "sitewide"))
    cheaper = report.order_codes.filter(own).select(*_ORDER, _own=pl.lit(1.0)).unique()
    sold = report.ledger.filter(pl.col("state") == SOLD).join(cheaper, on=_ORDER, how="left")
    return sold.group_by("day").agg(pl.col("_own").fill_null(0.0).mean().alias(DISCOUNTED))


def _paid_by_day(daily_costs: pl.DataFrame) -> pl.DataFrame:
    """day, spend_paid: known media costs, in minor units."""
    media = daily_costs.filter((pl.col("kind") == "ad_spend") & pl.col("amount_minor").is_not_null())
    return media.group_by(day="date").agg(pl.col("amount_minor").sum().cast(pl.Float64).alias(PAID)).sort("day")


def stories_by_day(mentions: pl.DataFrame, period: Period) -> pl.DataFrame:
    """day, stories: as `mentions` of `mention_series.daily_series`."""
    return daily_series(mentions, since=period.since, until=period.until).select("day", stories="mentions")


def estimate(daily: pl.DataFrame, *, tests: Sequence[LiftTest] = (), controls: Sequence[str] = ()) -> LiftEstimate:
    """`estimate_lift` over a table of `daily_table`: three ways of counting talk, discounts as a control, and further
    `controls` of the table.

    Paid spend is held constant only where sales are asked whether they foretell talk: a campaign moves both on the same
    days. As a control of the lift itself it would take the lift's place, since campaigns make people talk.
    """
    return estimate_lift(
        daily,
        series=SERIES,
        controls=(*CONTROLS, *controls),
        planned=PLANNED,
        tests=tests,
        coverage=read_coverage(),
    )


def checks(daily: pl.DataFrame, lift: LiftEstimate) -> Checks | None:
    """The checks of an estimate of `daily`, on the way of counting talk that the data believe; null when refused."""
    days = prepare(daily, series=SERIES, controls=CONTROLS)
    if days is None or lift.refused or lift.lead is None:
        return None
    weights = [lift.series_weights.get(name, 0.0) for name in SERIES]
    believed = replace(days, series=(days.series[weights.index(max(weights))],))
    lagged = fit(days.outcome, days.series, days.controls, grid=LAGGED)
    return replace(run_checks(believed, lagged), lead=lift.lead)


def part_of(report: Report, lift: LiftEstimate | None) -> Interval | None:
    """The lift's part for the report's period within [0, pool]; null when refused, withheld, or when the pool has
    orders on days that were not fitted: a part of them would pass for the whole.
    """
    between = lift.between(report.period) if lift else None
    if lift is None or between is None:
        return None
    return _within(pool_orders(report), lift, between)


def _within(pool: pl.DataFrame, lift: LiftEstimate, between: Interval) -> Interval | None:
    if not pool["day"].is_between(lift.since, lift.until).all():
        return None
    return between.clipped(at=int(pool["net_minor"].sum()))


def part_by_month(report: Report, lift: LiftEstimate | None) -> dict[str, Interval]:
    """`part_of` for each calendar month that the report's period touches, by YYYY-MM; months without one are absent.
    Each has a range of its own: the medians add up to no total.
    """
    pool, found = pool_orders(report), {}
    first = report.period.since.replace(day=1)
    for month in pl.date_range(first, report.period.until, "1mo", eager=True):
        until = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
        days = Period(max(month, report.period.since), min(until, report.period.until))
        mine = pool.filter(pl.col("day").is_between(days.since, days.until))
        between = lift.between(days) if lift else None
        part = _within(mine, lift, between) if lift and between else None
        if part is not None:
            found[f"{month:%Y-%m}"] = part
    return found


def blend(report: Report, lift: LiftEstimate | None) -> Report:
    """The report with the lift's part in its ROI; the same report where there is none to show."""
    indirect = part_of(report, lift)
    if indirect is None:
        return report
    was = report.roi.buckets
    shared = replace(was, indirect=indirect.median, unexplained=was.uncredited - indirect.median)
    return replace(report, roi=replace(report.roi, buckets=shared, indirect=indirect))
