"""What the money pages show beside the report: the expected volume, changes between periods, orders and their paths.

Pure: frames and reports come in, frames and numbers go out. Money is taken as the report states it, in minor units.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from attribution import clv, compare
from attribution.report import By, Report
from config.clock import Period

HISTORY_DAYS = 28
MIN_HISTORY = 14
BAND_WIDTH = 3.0
NOTABLE = 2.0
SHOWN_SERIES = 4
MIN_JUDGED = 30


def of_brand(mentions: pl.DataFrame, brand: str | None) -> pl.DataFrame:
    """One row a mention: those of `brand`, or all when it is None."""
    chosen = mentions if brand is None else mentions.filter(pl.col("brand") == brand)
    return chosen.unique("mention_id", keep="first", maintain_order=True)


def within(frame: pl.DataFrame, period: Period, *, column: str = "day") -> pl.DataFrame:
    return frame.filter(pl.col(column).is_between(period.since, period.until))


def every_day(frame: pl.DataFrame, period: Period, value: pl.Expr) -> pl.DataFrame:
    """One row a day of the period: day, value (the aggregate `value` of that day's rows, 0 where there are none)."""
    days = pl.DataFrame({"day": pl.date_range(period.since, period.until, eager=True)})
    daily = within(frame, period).group_by("day").agg(value.alias("value"))
    return days.join(daily, on="day", how="left").with_columns(pl.col("value").fill_null(0)).sort("day")


def expected_band(mentions: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Mentions a day with the band that the 28 days before each day let expect: day, n, low, middle, high.

    middle = median of those days; half the width = 3 x max(1.4826 x median absolute deviation, sqrt(median)), the
    latter as counts scatter at least so much by chance. Null with fewer than 14 days of history. `mentions` must reach
    28 days before the period; days before its first mention are no history.
    """
    first = mentions["day"].min()
    if not isinstance(first, dt.date):
        first = period.since
    start = max(first, period.since - dt.timedelta(days=HISTORY_DAYS))
    counted = every_day(mentions, Period(min(start, period.since), period.until), pl.len())
    counts = {day: n for day, n in counted.iter_rows() if day >= start}
    rows = [(day, n, *_band(day, counts)) for day, n in counted.iter_rows() if day >= period.since]
    schema = {"day": pl.Date, "n": pl.Int64, "low": pl.Float64, "middle": pl.Float64, "high": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _band(day: dt.date, counts: Mapping[dt.date, int]) -> tuple[float | None, float | None, float | None]:
    before = [counts[d] for k in range(1, HISTORY_DAYS + 1) if (d := day - dt.timedelta(days=k)) in counts]
    if len(before) < MIN_HISTORY:
        return None, None, None
    history = pl.Series(before, dtype=pl.Float64)
    middle = float(history.median())  # type: ignore[arg-type]
    spread = 1.4826 * float((history - middle).abs().median())  # type: ignore[arg-type]
    half = BAND_WIDTH * max(spread, math.sqrt(max(middle, 1.0)))
    return max(0.0, middle - half), middle, middle + half


def unusual_days(band: pl.DataFrame) -> pl.DataFrame:
    """The days outside their band."""
    return band.filter((pl.col("n") > pl.col("high")) | (pl.col("n") < pl.col("low")))


@dataclass(frozen=True)
class Change:
    """Something that moved between two periods. `now` and `before` are counts, `weight` its distance from chance."""

    kind: Literal["mentions", "network", "language", "negative", "channel", "code"]
    name: str
    before: int
    now: int

    @property
    def weight(self) -> float:
        """|now - before| / sqrt(now + before): how many standard deviations of two Poisson counts."""
        return abs(self.now - self.before) / math.sqrt(self.now + self.before) if self.now + self.before else 0.0


def changes(
    mentions: pl.DataFrame, mentions_before: pl.DataFrame, report: Report | None, report_before: Report | None
) -> list[Change]:
    """What moved beyond chance (2 standard deviations), strongest first."""
    found = [Change("mentions", "", mentions_before.height, mentions.height)]
    negative = [frame.filter(pl.col("label") == "negative").height for frame in (mentions_before, mentions)]
    found.append(Change("negative", "", negative[0], negative[1]))
    for kind, column in (("network", "network"), ("language", "language")):
        found += _moved(kind, _counts(mentions_before, column), _counts(mentions, column))
    if report is not None and report_before is not None:
        found += _moved("channel", _orders_by(report_before.credits, "channel"), _orders_by(report.credits, "channel"))
        found += _moved("code", _orders_by(report_before.credits, "code"), _orders_by(report.credits, "code"))
    return sorted((c for c in found if c.weight >= NOTABLE), key=lambda c: (-c.weight, c.kind, c.name))


def _moved(kind: str, before: Mapping[str, int], now: Mapping[str, int]) -> list[Change]:
    return [Change(kind, name, before.get(name, 0), now.get(name, 0)) for name in sorted({*before, *now})]  # type: ignore[arg-type]


def _counts(frame: pl.DataFrame, column: str) -> dict[str, int]:
    return {str(name): int(n) for name, n in frame.drop_nulls(column).group_by(column).len().iter_rows()}


def _orders_by(credits: pl.DataFrame, column: str) -> dict[str, int]:
    """Orders in which each channel or code has a part (weight > 0), those with a net of 0 too."""
    held = credits.drop_nulls(column).filter(pl.col("weight") > 0)
    counted = held.group_by(column).agg(pl.struct("account", "order_id").n_unique())
    return {str(name): int(n) for name, n in counted.iter_rows()}


def direct_by_day(report: Report) -> list[float]:
    """Direct return a day in minor units, for a sparkline."""
    days = report.ledger.select("account", "order_id", "day")
    credited = report.credits.filter("in_scope").join(days, on=["account", "order_id"], how="left")
    return [float(v) for v in every_day(credited, report.period, pl.col("credit_minor").sum())["value"].to_list()]


def net_by_day(report: Report) -> list[float]:
    """Net revenue a day in minor units."""
    sold = report.ledger.filter(pl.col("state") == "sold")
    return [float(v) for v in every_day(sold, report.period, pl.col("net_minor").sum())["value"].to_list()]


def direct_orders(report: Report) -> int:
    """How many sold orders the social scope has a part in, whatever they were worth after refunds and discounts."""
    credited = report.credits.filter(pl.col("in_scope") & (pl.col("weight") > 0))
    return credited.select("account", "order_id").n_unique() if credited.height else 0


def order_paths(report: Report) -> pl.DataFrame:
    """One row a sold order, newest first: account, order_id, order_name, ordered_at, net_minor, credited_minor,
    touches, path (its channels in order)."""
    paths = (
        report.credits.sort("account", "order_id", "position")
        .group_by("account", "order_id", maintain_order=True)
        .agg(
            touches=pl.len().cast(pl.Int64),
            path=pl.col("channel").fill_null("?").str.join(" → "),
            credited_minor=pl.col("credit_minor").filter(~pl.col("is_direct")).sum(),
        )
    )
    return (
        report.ledger.filter(pl.col("state") == "sold")
        .select("account", "order_id", "order_name", "ordered_at", "net_minor")
        .join(paths, on=["account", "order_id"], how="left")
        .with_columns(pl.col("touches", "credited_minor").fill_null(0))
        .select("account", "order_id", "order_name", "ordered_at", "net_minor", "credited_minor", "touches", "path")
        .sort("ordered_at", "order_id", descending=[True, False])
    )


def orders_behind(report: Report, by: By, name: str) -> pl.DataFrame:
    """The sold orders behind one row of a breakdown, those without a touchpoint too: as `order_paths`, with
    credit_minor, their part in that row."""
    credit = compare.behind(report, by=by, name=name).group_by("account", "order_id")
    summed = credit.agg(credit_minor=pl.col("credit_minor").sum())
    return order_paths(report).join(summed, on=["account", "order_id"], how="inner", maintain_order="left")


def orders_of_code(report: Report, code: str) -> pl.DataFrame:
    """The orders that a code was used on, sold or not, newest first: account, order_id, order_name, ordered_at,
    code_raw, code_state, state, is_first_order, gross_minor, discount_minor, net_minor, path, customer (numbered within
    this table: it says no more than "the same customer")."""
    used = report.order_codes.filter(pl.col("code") == code).select(
        "account", "order_id", "code_raw", code_state="state"
    )
    keys = ["account", "order_id"]
    return (
        report.ledger.join(used.unique(keys, maintain_order=True), on=keys, how="inner")
        .join(order_paths(report).select(*keys, "path"), on=keys, how="left")
        .select(
            *(*keys, "order_name", "ordered_at", "code_raw", "code_state", "state", "is_first_order"),
            *("gross_minor", "discount_minor", "net_minor", "path"),
            customer=pl.col("customer_key").rank("dense").cast(pl.Int64),
        )
        .sort("ordered_at", "order_id", descending=[True, False])
    )


def journey(report: Report, account: str, order_id: str) -> pl.DataFrame:
    """The touchpoints of one order in their order, each with its credit."""
    mine = report.credits.filter((pl.col("account") == account) & (pl.col("order_id") == order_id))
    return mine.sort("position").select(
        *("position", "touched_at", "kind", "channel", "source", "medium", "campaign", "person", "code", "evidence"),
        "credit_minor",
    )


def models_side_by_side(compared: pl.DataFrame, *, a: str, b: str) -> pl.DataFrame:
    """name, credited, a_minor, b_minor, difference_minor, lowest_minor, highest_minor (over all models); the largest
    under `a` first, what no channel earned last. `compared` as `attribution.compare.compare_models` gives it."""
    revenue = pl.col("revenue_minor")

    def under(model: str) -> pl.Expr:
        return revenue.filter(pl.col("model") == model).sum()

    return (
        compared.group_by("name", "credited")
        .agg(a_minor=under(a), b_minor=under(b), lowest_minor=revenue.min(), highest_minor=revenue.max())
        .with_columns(difference_minor=pl.col("b_minor") - pl.col("a_minor"))
        .sort("credited", "a_minor", "highest_minor", "name", descending=[True, True, True, False])
        .select("name", "credited", "a_minor", "b_minor", "difference_minor", "lowest_minor", "highest_minor")
    )


def judged_codes(codes: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """The report's codes with `valid_to` out of the register beside `valid_from`, and the new-customer share only where
    at least 30 customers are known: below that it is null."""
    validity = register.select(pl.col("code_norm").alias("code"), "valid_from", "valid_to")
    judged = codes.join(validity, on=["code", "valid_from"], how="left", nulls_equal=True, maintain_order="left")
    enough = pl.when(pl.col("known_customers") >= MIN_JUDGED).then("new_customer_share")
    return judged.with_columns(new_customer_share=enough).select(*_FIRST, pl.exclude(_FIRST))


def with_repeats(codes: pl.DataFrame, report: Report, values: pl.DataFrame | None = None) -> pl.DataFrame:
    """The codes with repeat_orders, repeat_minor and clv_minor: what customers bought after a first order with the
    code, and are expected to buy (null without `values`, of `attribution.clv.lifetime_values`). Null where it brought
    no known new customer. A customer of two codes stands under both. after_commission_minor is net less commission."""
    added = ("repeat_orders", "repeat_minor", "clv_minor")
    later = clv.code_repeat_revenue(report.history, report.order_codes, values=values).select("code", *added)
    registered = pl.col("state") == "registered"
    with_later = codes.join(later, on="code", how="left", maintain_order="left").with_columns(
        *(pl.when(registered).then(name).alias(name) for name in added),
        after_commission_minor=pl.col("net_minor") - pl.col("commission_minor"),
    )
    first = codes.columns[: codes.columns.index("commission_minor") + 1]
    return with_later.select(*first, "after_commission_minor", pl.exclude(*first, "after_commission_minor"))


_FIRST = (
    *("code", "owner", "orders", "net_minor", "commission_minor", "discount_minor", "new_customers"),
    *("known_customers", "new_customer_share", "campaign", "kind", "channel", "valid_from", "valid_to"),
)


def redemptions(order_codes: pl.DataFrame, names: Mapping[str, str], *, other: str) -> pl.DataFrame:
    """Redemptions a day and code: day, code, n. The four most used codes by name, the rest as `other`."""
    used = order_codes.filter(pl.col("state") != "automatic")
    top = used.group_by("code").len().sort("len", "code", descending=[True, False]).head(SHOWN_SERIES)["code"].to_list()
    shown = {code: names.get(code, code) for code in top}
    return (
        used.with_columns(code=pl.col("code").replace_strict(shown, default=other, return_dtype=pl.String))
        .group_by("day", "code")
        .agg(n=pl.len().cast(pl.Int64))
        .sort("day", "code")
    )
