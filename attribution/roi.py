"""The blend: what came back, in buckets that never overlap, against what it cost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import polars as pl

from attribution.costs import with_channel
from attribution.currency import convert, decimal_text, half_even, minor_unit_size, to_minor
from attribution.interval import Interval
from attribution.ledger import SOLD
from config.clock import Period
from config.settings import Settings

COST_REASONS = ("no_date", "no_amount", "no_currency", "no_rate")


@dataclass(frozen=True)
class Buckets:
    """Net revenue of a period in minor units: total = credited + uncredited, credited = direct + other_tracked,
    uncredited = unexplained + indirect. `indirect` is null until it is estimated.
    """

    total: int
    credited: int
    uncredited: int
    direct: int
    other_tracked: int
    indirect: int | None
    unexplained: int


@dataclass(frozen=True)
class RoiReport:
    """Return against cost for a period. `cost_minor` null: no cost was given, then there is no ROI.

    `indirect` is the estimated part of the uncredited revenue with its 90 % interval; null until it is estimated.
    """

    period: Period
    currency: str
    buckets: Buckets
    cost_minor: int | None
    indirect: Interval | None = None

    @property
    def blended_roi(self) -> tuple[float, float, float] | None:
        """(direct + indirect - cost) / cost at the interval's low, median and high end; null where one is unknown."""
        if not self.cost_minor or self.indirect is None:
            return None
        ends = (self.indirect.low, self.indirect.median, self.indirect.high)
        low, median, high = ((self.buckets.direct + end - self.cost_minor) / self.cost_minor for end in ends)
        return low, median, high

    @property
    def direct_roi(self) -> float | None:
        """(direct - cost) / cost; null without a cost above 0."""
        return None if not self.cost_minor else (self.buckets.direct - self.cost_minor) / self.cost_minor

    def as_json(self) -> dict[str, Any]:
        """The document of `earned roi`: money as decimal strings of `currency`, ratios as numbers, unknown null."""
        money = {name: decimal_text(getattr(self.buckets, name), self.currency) for name in _SHOWN}
        ends = ("low", "median", "high")
        indirect = {end: decimal_text(getattr(self.indirect, end, None), self.currency) for end in ends}
        return {
            "period": {"since": self.period.since.isoformat(), "until": self.period.until.isoformat()},
            "currency": self.currency,
            "return_is": "net_revenue",
            **money,
            "indirect": indirect,
            "unexplained": decimal_text(self.buckets.unexplained, self.currency),
            "cost": decimal_text(self.cost_minor, self.currency),
            "equivalents": {},
            "roi": {
                "direct": self.direct_roi,
                "blended": dict(zip(ends, self.blended_roi or (None,) * 3, strict=True)),
                "with_savings": None,
            },
            "campaign_talk": {},
        }


_SHOWN = ("total", "credited", "uncredited", "direct", "other_tracked")


def buckets(credits: pl.DataFrame, ledger: pl.DataFrame, *, period: Period, scope: Collection[str]) -> Buckets:
    """The buckets of the sold orders of the period. `credits` as `rules.credit` gives them; `scope` names channels.

    Credit to Direct is no channel's: it stays uncredited.
    """
    orders = in_period(ledger, period).filter(pl.col("state") == SOLD)
    total = int(orders["net_minor"].sum())
    mine = credits.join(orders, on=["account", "order_id"], how="semi").filter(~pl.col("is_direct"))
    social = pl.col("channel").is_in(list(scope))
    credited = int(mine["credit_minor"].sum())
    direct = int(mine.filter(social)["credit_minor"].sum())
    uncredited = total - credited
    return Buckets(
        total=total,
        credited=credited,
        uncredited=uncredited,
        direct=direct,
        other_tracked=credited - direct,
        indirect=None,
        unexplained=uncredited,
    )


def in_period(frame: pl.DataFrame, period: Period) -> pl.DataFrame:
    return frame.filter(pl.col("day").is_between(period.since, period.until))


def costs(spend: pl.DataFrame, *, settings: Settings, period: Period, rates: pl.DataFrame) -> pl.DataFrame:
    """The spend lines that touch the period, sorted by day: account, spend_id, date_from, date_to, platform, channel,
    campaign, person, cost_type, in_scope, cost_minor, reason.

    cost_minor is the part of the line that falls into the period, in the workspace's currency: the cost is spread
    evenly over the line's days, rounded so that periods side by side add up to the whole, and converted at its first
    day's rate. It is null with a reason (one of COST_REASONS) where it cannot be known. Media without a source take the
    platform as source, without a medium they count as paid. in_scope: channel in the social scope, or work (content,
    labour, tool, agency) without a source; such lines have no channel.
    """
    currency = settings.workspace.currency
    dated = spend.with_columns(
        pl.col("currency").str.strip_chars().str.to_uppercase(),
        pl.col("cost_type").str.to_lowercase().fill_null("media"),
        pl.col("person").str.strip_chars().str.to_lowercase(),
        date_to=pl.max_horizontal("date_from", "date_to"),
    )
    touching = dated.filter(
        pl.col("date_from").is_null() | ((pl.col("date_from") <= period.until) & (pl.col("date_to") >= period.since))
    )
    sized = touching.with_columns(_size=minor_unit_size(touching["currency"]))
    own = sized.with_columns(_own=to_minor(pl.col("cost"), size=pl.col("_size")))
    whole = convert(own, rates, columns={"_whole": "_own"}, to=currency, day="date_from")
    scope = settings.attribution.social_scope
    return (
        with_channel(whole)
        .with_columns(cost_minor=_part(period), reason=_reason())
        .with_columns(in_scope=pl.col("channel").is_in(scope).fill_null(True))
        .select(
            *("account", "spend_id", "date_from", "date_to", "platform", "channel", "campaign", "person"),
            *("cost_type", "in_scope", "cost_minor", "reason"),
        )
        .sort("date_from", "account", "spend_id", nulls_last=True)
    )


def _part(period: Period) -> pl.Expr:
    """The line's cost from its first day to the period's end, less that up to the period's beginning."""
    days = (pl.col("date_to") - pl.col("date_from")).dt.total_days() + 1
    before = (pl.lit(period.since) - pl.col("date_from")).dt.total_days().clip(lower_bound=0)
    until = (pl.min_horizontal(pl.col("date_to"), pl.lit(period.until)) - pl.col("date_from")).dt.total_days() + 1
    return half_even(pl.col("_whole") * until, days) - half_even(pl.col("_whole") * before, days)


def _reason() -> pl.Expr:
    return pl.coalesce(
        pl.when(pl.col("date_from").is_null()).then(pl.lit("no_date")),
        pl.when(pl.col("cost").is_null()).then(pl.lit("no_amount")),
        pl.when(pl.col("currency").is_null()).then(pl.lit("no_currency")),
        pl.when(pl.col("_whole").is_null()).then(pl.lit("no_rate")),
    )


def roi_report(
    credits: pl.DataFrame,
    ledger: pl.DataFrame,
    costs: pl.DataFrame,
    *,
    period: Period,
    currency: str,
    scope: Collection[str],
) -> RoiReport:
    """The blend. The cost is that of the social scope; null when no line of it is known in the period, or when one
    of its lines is not: a part of the cost would make the return look better than anybody knows."""
    ours = costs.filter("in_scope")
    cost = int(ours["cost_minor"].sum()) if ours.height and not ours["cost_minor"].null_count() else None
    return RoiReport(period, currency, buckets(credits, ledger, period=period, scope=scope), cost)
