"""The blend: what came back, in buckets that never overlap, against what it cost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import polars as pl

from attribution.currency import decimal_text
from attribution.interval import Interval
from attribution.ledger import SOLD
from config.clock import Period
from config.settings import Settings

COST_REASONS = ("no_date", "no_amount", "no_currency", "no_rate")
ENDS = ("low", "median", "high")

BreakEven = Literal["reached", "unsure", "missed"]


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
    Buckets are net revenue. What counts as return is `margin` of it: 1 for net revenue, below it for gross margin, as
    `return_is` names it. `savings_minor` are true savings that somebody switched on; they enter the third ROI alone.
    """

    period: Period
    currency: str
    buckets: Buckets
    cost_minor: int | None
    indirect: Interval | None = None
    return_is: str = "net_revenue"
    margin: float = 1.0
    savings_minor: int | None = None

    def returned(self, revenue_minor: int) -> int:
        """Revenue as return: its margin, rounded half to even."""
        return round(revenue_minor * Fraction(str(self.margin)))

    def roi_of(self, revenue_minor: int, *, saved: int = 0) -> float | None:
        """(return + saved - cost) / cost; null without a cost above 0."""
        if not self.cost_minor:
            return None
        return (self.returned(revenue_minor) + saved - self.cost_minor) / self.cost_minor

    @property
    def direct_roi(self) -> float | None:
        """(direct return - cost) / cost; null without a cost above 0."""
        return self.roi_of(self.buckets.direct)

    @property
    def blended_roi(self) -> tuple[float, float, float] | None:
        """(return of direct + indirect - cost) / cost at the interval's low, median and high end; null where one is
        unknown."""
        if not self.cost_minor or self.indirect is None:
            return None
        low, median, high = (self.roi_of(self.buckets.direct + end) or 0.0 for end in self._ends)
        return low, median, high

    @property
    def roi_with_savings(self) -> float | None:
        """The blended ROI at its median (the direct one where nothing is estimated) with true savings added to the
        return; null without a saving that is known and switched on."""
        if self.savings_minor is None:
            return None
        added = self.indirect.median if self.indirect else 0
        return self.roi_of(self.buckets.direct + added, saved=self.savings_minor)

    @property
    def net_return(self) -> Interval | None:
        """What is left of the return after the cost, with the estimate's range; both ends are the same without one."""
        if self.cost_minor is None:
            return None
        low, median, high = (
            self.returned(self.buckets.direct + end) - self.cost_minor
            for end in (self._ends if self.indirect else (0,) * 3)
        )
        return Interval(low, median, high)

    @property
    def break_even_minor(self) -> int | None:
        """The net revenue whose return pays the cost: cost / margin; null without a cost."""
        return None if self.cost_minor is None else round(Fraction(self.cost_minor) / Fraction(str(self.margin)))

    @property
    def break_even(self) -> BreakEven | None:
        """reached: the low end of the return pays the cost. missed: not even its high end. Null without a cost."""
        net = self.net_return
        if net is None or not self.cost_minor:
            return None
        return "reached" if net.low >= 0 else "missed" if net.high < 0 else "unsure"

    @property
    def _ends(self) -> tuple[int, int, int]:
        return (self.indirect.low, self.indirect.median, self.indirect.high) if self.indirect else (0, 0, 0)

    def as_json(self) -> dict[str, Any]:
        """The document of `earned roi`: money as decimal strings of `currency`, ratios as numbers, unknown null."""
        money = {name: decimal_text(getattr(self.buckets, name), self.currency) for name in _SHOWN}
        return {
            "period": {"since": self.period.since.isoformat(), "until": self.period.until.isoformat()},
            "currency": self.currency,
            "return_is": self.return_is,
            "margin": self.margin,
            **money,
            "indirect": interval_json(self.indirect, self.currency),
            "unexplained": decimal_text(self.buckets.unexplained, self.currency),
            "cost": decimal_text(self.cost_minor, self.currency),
            "net_return": interval_json(self.net_return, self.currency),
            "break_even": {"net_revenue": decimal_text(self.break_even_minor, self.currency), "is": self.break_even},
            "equivalents": {},
            "roi": {
                "direct": self.direct_roi,
                "blended": dict(zip(ENDS, self.blended_roi or (None,) * 3, strict=True)),
                "with_savings": self.roi_with_savings,
            },
            "campaign_talk": {},
        }


_SHOWN = ("total", "credited", "uncredited", "direct", "other_tracked")


def interval_json(interval: Interval | None, currency: str) -> dict[str, str | None]:
    """low, median, high as decimal strings; all null without an interval."""
    return {end: decimal_text(getattr(interval, end, None), currency) for end in ENDS}


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


def known_cost(costs: pl.DataFrame, *, amount: str = "amount_minor") -> int | None:
    """The cost of the social scope among rows of daily costs; null when none was given, or when a row is not known.

    What codes owe is reckoned, not given: alone it would make a return look better than anybody knows, as would a part
    of the cost.
    """
    ours = costs.filter("in_scope")
    if not (ours["origin"] != "codes").any() or ours[amount].null_count():
        return None
    return int(ours[amount].sum())


def cost_part(costs: pl.DataFrame, *, of: int | None) -> int | None:
    """What rows of daily costs add to `of`, the period's known cost; null where that is, or without a row of theirs."""
    ours = costs.filter("in_scope")
    return None if of is None or ours.is_empty() else int(ours["amount_minor"].sum())


def roi_report(
    credits: pl.DataFrame, ledger: pl.DataFrame, costs: pl.DataFrame, *, period: Period, settings: Settings
) -> RoiReport:
    """The blend of the period. `costs`: rows of `costs.daily_costs` with in_scope; see `known_cost`."""
    chosen = settings.attribution
    came = buckets(credits, ledger, period=period, scope=chosen.social_scope)
    return RoiReport(
        period,
        settings.workspace.currency,
        came,
        known_cost(costs),
        return_is=chosen.return_is,
        margin=chosen.margin,
    )
