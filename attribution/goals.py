"""Goals that can be missed: a figure, how far, by when; and whether they are on pace.

METRICS is the catalogue of figures a goal may be about, PROPOSALS what people with a purpose usually choose. `assess`
judges one goal by a daily series of its figure.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl

from attribution.lift_model import Floats
from attribution.pace import MIN_DAYS, Outlook, outlook
from config.clock import Period

Unit = Literal["count", "money", "share", "ratio"]
Kind = Literal["sum", "level", "ratio"]
State = Literal["not_started", "no_data", "on_track", "at_risk", "missed", "reached"]
FILTERS = ("network", "page", "product", "campaign", "brand")
SHORT_DAYS = 30
EARLY_DAYS = 7  # days of a goal before its own course says anything
TREND_DAYS = (28, 180)
SERIES: Mapping[str, pl.DataType | type[pl.DataType]] = {"day": pl.Date, "top": pl.Float64, "bottom": pl.Float64}


@dataclass(frozen=True)
class Metric:
    """A figure of the catalogue. kind: sum of its days | level, its last day's | ratio of two sums. Money in minor
    units. better: which way is good. filters: what it can be narrowed to."""

    id: str
    purpose: str
    unit: Unit
    kind: Kind = "sum"
    better: Literal["up", "down"] = "up"
    filters: tuple[str, ...] = ()

    @property
    def bounds(self) -> tuple[float, float]:
        """Between which its values lie."""
        return (-1.0 if self.id == "net_sentiment" else 0.0), (1.0 if self.unit == "share" else math.inf)


_TALK = ("network", "brand")
_VISITS = ("network", "page", "campaign")
METRICS: Mapping[str, Metric] = {
    metric.id: metric
    for metric in (
        Metric("mentions", "awareness", "count", filters=_TALK),
        Metric("talk_reach", "awareness", "count", filters=_TALK),
        Metric("share_of_voice", "awareness", "share", "ratio", filters=_TALK),
        Metric("net_sentiment", "awareness", "share", "ratio", filters=_TALK),
        Metric("post_reach", "awareness", "count", filters=("network",)),
        Metric("followers", "awareness", "count", "level", filters=("network",)),
        Metric("engagement", "awareness", "count", filters=("network",)),
        Metric("engagement_rate", "awareness", "share", "ratio", filters=("network",)),
        Metric("social_visits", "traffic", "count", filters=_VISITS),
        Metric("bounce_rate", "traffic", "share", "ratio", better="down", filters=_VISITS),
        Metric("conversion_rate", "traffic", "share", "ratio", filters=("campaign",)),
        Metric("leads", "leads", "count", filters=("network", "campaign")),
        Metric("won_leads", "leads", "count", filters=("network", "campaign")),
        Metric("cost_per_lead", "leads", "money", "ratio", better="down", filters=("campaign",)),
        Metric("creator_mentions", "influencers", "count", filters=_TALK),
        Metric("code_orders", "influencers", "count", filters=("campaign",)),
        Metric("code_revenue", "influencers", "money", filters=("campaign",)),
        Metric("creator_revenue", "influencers", "money", filters=("campaign", "product")),
        Metric("direct_return", "sales", "money", filters=("network", "campaign", "product")),
        Metric("direct_orders", "sales", "count", filters=("network", "campaign")),
        Metric("net_revenue", "sales", "money"),
        Metric("orders", "sales", "count"),
        Metric("new_customers", "sales", "count"),
        Metric("roas", "sales", "ratio", "ratio", filters=("campaign",)),
    )
}


@dataclass(frozen=True)
class Proposal:
    """A figure proposed for a purpose: over `days`, to `target` (a share above the baseline, or points of a share)."""

    metric: str
    target: float
    target_is: Literal["absolute", "change"] = "change"
    days: int = 90


PROPOSALS: Mapping[str, tuple[Proposal, ...]] = {
    "awareness": (
        Proposal("mentions", 0.2),
        Proposal("talk_reach", 0.2),
        Proposal("share_of_voice", 0.03),
        Proposal("net_sentiment", 0.05),
    ),
    "traffic": (Proposal("social_visits", 0.15), Proposal("bounce_rate", -0.05), Proposal("conversion_rate", 0.005)),
    "leads": (Proposal("leads", 0.15), Proposal("won_leads", 0.1), Proposal("cost_per_lead", -0.1)),
    "influencers": (
        Proposal("creator_mentions", 0.25),
        Proposal("code_orders", 0.2),
        Proposal("code_revenue", 0.2),
    ),
    "sales": (
        Proposal("direct_return", 0.15),
        Proposal("direct_orders", 0.15),
        Proposal("new_customers", 0.1),
        Proposal("roas", 3.0, "absolute"),
    ),
}


@dataclass(frozen=True)
class Goal:
    """A goal as the register holds it. baseline and target are in the metric's unit (money in minor units)."""

    id: str
    name: str
    purpose: str
    metric: Metric
    since: dt.date
    until: dt.date
    target: float
    target_is: str = "absolute"
    baseline: float | None = None
    owner: str | None = None
    archived: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def period(self) -> Period:
        return Period(self.since, self.until)

    @property
    def unused_filters(self) -> tuple[str, ...]:
        """Filters given that the metric cannot be narrowed to."""
        return tuple(name for name in self.filters if name not in self.metric.filters)


def goal_of(row: Mapping[str, Any], *, digits: int) -> Goal | None:
    """The goal of a row of `plans.read_goals`; None where its metric is not of the catalogue. digits: decimals of the
    workspace's currency."""
    metric = METRICS.get(row["metric"])
    if metric is None:
        return None
    size = 10**digits if metric.unit == "money" else 1
    relative = row["target_is"] == "change"
    return Goal(
        id=row["id"],
        name=row["name"],
        purpose=row["purpose"],
        metric=metric,
        since=row["date_from"],
        until=row["date_to"],
        target=float(row["target"]) * (1 if relative else size),
        target_is=row["target_is"],
        baseline=None if row["baseline"] is None else float(row["baseline"]) * size,
        owner=row["owner"],
        archived=bool(row["archived"]),
        filters={name: row[name] for name in FILTERS if row[name]},
    )


@dataclass(frozen=True)
class Growth:
    """Awareness against its own prior trend: what the days so far brought over what the trend alone would have."""

    so_far: float
    expected: tuple[float, float, float]  # low, median, high by the prior trend, of the days so far
    whole: float  # the trend's median for all days of the goal

    @property
    def above(self) -> tuple[float, float, float] | None:
        """Growth above the prior trend as shares, low, median, high; None where the trend expects nothing."""
        low, median, high = self.expected
        if low <= 0:
            return None
        return self.so_far / high - 1, self.so_far / median - 1, self.so_far / low - 1


@dataclass(frozen=True)
class Assessment:
    """Where a goal stands on `as_of`. `value`: its figure so far; `plan`: what it should be by then; `forecast`: low,
    median, high at its end; all null where not known. `known_to`: the last day of the goal that its figure's source
    covers; value and plan are of that day, and the forecast begins after it. `warnings` name what to know.

    line: day, actual, plan, low, median, high: the days so far and the points of the forecast.
    """

    goal: Goal
    as_of: dt.date
    state: State
    baseline: float | None
    target: float | None
    value: float | None = None
    plan: float | None = None
    forecast: tuple[float, float, float] | None = None
    growth: Growth | None = None
    warnings: tuple[str, ...] = ()
    known_to: dt.date | None = None
    line: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False, compare=False)

    @property
    def over(self) -> bool:
        """Whether its last day has passed."""
        return self.as_of > self.goal.until

    @property
    def progress(self) -> float | None:
        """The share of the way: of the target itself for sums, of the way from the baseline for others."""
        if self.value is None or self.target is None:
            return None
        start = 0.0 if self.goal.metric.kind == "sum" else self.baseline
        if start is None or self.target == start:
            return None
        return (self.value - start) / (self.target - start)


def assess(goal: Goal, series: pl.DataFrame, *, as_of: dt.date) -> Assessment:
    """Judge a goal by the daily figures of its metric: columns SERIES, one row a day without holes, up to `as_of`.

    top and bottom: a sum's day and null; a level's value (null: not known that day) and null; a ratio's two parts. The
    first row is the first day of which anything is known, the last row the last; earlier days say more about what is
    usual. A goal that is over while its source does not reach its end is judged by its forecast: nobody knows more.
    """
    known = series.filter(pl.col("day") <= as_of).sort("day")
    before, during = _parts(goal, known)
    baseline = goal.baseline if goal.baseline is not None else _usual(goal, before)
    growth = _growth(goal, before, during)
    target = _target(goal, baseline, growth)
    warnings = _warnings(goal, before, baseline, target, growth)
    if as_of < goal.since or during.is_empty():
        state: State = "not_started" if as_of < goal.since else "no_data"
        return Assessment(goal, as_of, state, baseline, target, warnings=warnings)
    value = _value(goal.metric, during)
    known_to: dt.date = during["day"][-1]
    left = (goal.until - known_to).days
    coming = _coming(goal, known, left) if left else None
    ahead = _ahead(goal, during, known, coming)
    forecast = (ahead["low"][-1], ahead["median"][-1], ahead["high"][-1]) if ahead.height else None
    line = _line(goal, during, ahead, baseline, target)
    plan = _plan(goal, (known_to - goal.since).days + 1, baseline, target)
    if left and coming is None:
        warnings = (*warnings, "no_forecast")
    if left and during.height < EARLY_DAYS:
        warnings = (*warnings, "too_early")
    if forecast and target is not None and _beyond(goal.metric, forecast, target):
        warnings = (*warnings, "out_of_range")
    state = _state(goal, value, plan, forecast, target, ended=as_of > goal.until and not left)
    return Assessment(goal, as_of, state, baseline, target, value, plan, forecast, growth, warnings, known_to, line)


def _parts(goal: Goal, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The days before the goal and those within it."""
    return known.filter(pl.col("day") < goal.since), known.filter(pl.col("day").is_between(goal.since, goal.until))


def _value(metric: Metric, days: pl.DataFrame) -> float | None:
    """A sum is of the days that are known; where nothing but unknown was counted it is not known."""
    top = days["top"].drop_nulls()
    if top.is_empty():
        return None
    if metric.kind == "sum":
        whole = float(top.sum())
        return None if days["top"].null_count() and not whole else whole
    if metric.kind == "level":
        return float(top[-1])
    bottom = float(days["bottom"].sum())
    return float(top.sum()) / bottom if bottom > 0 else None


def _usual(goal: Goal, before: pl.DataFrame) -> float | None:
    """What as many days before the goal brought; a sum of fewer known days is stretched, from MIN_DAYS on."""
    days = before.tail(goal.period.days)
    if days.height < min(MIN_DAYS, goal.period.days):
        return None
    value = _value(goal.metric, days)
    if value is None or goal.metric.kind != "sum":
        return value
    return value * goal.period.days / days.height


def _growth(goal: Goal, before: pl.DataFrame, during: pl.DataFrame) -> Growth | None:
    """Awareness alone, and sums alone: the prior trend is a straight line with a weekly pattern."""
    least, most = TREND_DAYS
    if goal.purpose != "awareness" or goal.metric.kind != "sum" or before.height < least or during.is_empty():
        return None
    history = _usual_for_unknown(before.tail(max(least, min(most, 2 * goal.period.days)))).to_numpy()
    found = outlook(history, days=goal.period.days, trend=True)
    if found is None:
        return None
    at = float(during.height)
    low, median, high = (float(np.interp(at, found.days, part)) for part in (found.low, found.median, found.high))
    return Growth(float(during["top"].sum()), (low, median, high), found.median[-1])


def _target(goal: Goal, baseline: float | None, growth: Growth | None) -> float | None:
    """In the metric's unit. A change of a share is in points; awareness changes from where its trend leads anyway."""
    if goal.target_is != "change":
        return goal.target
    if growth is not None and goal.baseline is None:
        return growth.whole * (1 + goal.target)
    if baseline is None:
        return None
    return baseline + goal.target if goal.metric.unit == "share" else baseline * (1 + goal.target)


def _coming(goal: Goal, known: pl.DataFrame, left: int) -> Outlook | None:
    """The outlook of what the coming days add: of a ratio, over what its usual rate would."""
    metric = goal.metric
    if metric.kind == "sum":
        return outlook(_usual_for_unknown(known).to_numpy(), days=left)
    if metric.kind == "level":
        steps = known["top"].forward_fill().drop_nulls().diff().drop_nulls()
        return outlook(steps.to_numpy(), days=left, at_least=None)
    rate = _rate(known)
    if rate is None:
        return None
    over = (known["top"].fill_null(0.0) - rate * known["bottom"].fill_null(0.0)).to_numpy()
    return outlook(over, days=left, at_least=None)


def _usual_for_unknown(days: pl.DataFrame) -> pl.Series:
    """The daily values of a sum; a day that is not known is taken for a usual one."""
    return days["top"].fill_null(strategy="mean").fill_null(0.0)


def _rate(known: pl.DataFrame) -> float | None:
    recent = known.tail(56)
    bottom = float(recent["bottom"].sum())
    return float(recent["top"].sum()) / bottom if bottom > 0 else None


def _ahead(goal: Goal, during: pl.DataFrame, known: pl.DataFrame, coming: Outlook | None) -> pl.DataFrame:
    """day, low, median, high of the figure itself on the points of the outlook; empty without one."""
    schema = {"day": pl.Date, "low": pl.Float64, "median": pl.Float64, "high": pl.Float64}
    if coming is None:
        return pl.DataFrame(schema=schema)
    last = during["day"][-1]
    days = [last + dt.timedelta(days=day) for day in coming.days]
    columns = [np.array(part) for part in (coming.low, coming.median, coming.high)]
    if goal.metric.kind == "ratio":
        found = _ratio_ahead(during, known, columns, np.array(coming.days, dtype=float))
        lowest, highest = goal.metric.bounds
        columns = [np.clip(column, lowest, highest) for column in found]
    else:
        start = _value(goal.metric, during) if goal.metric.kind == "level" else float(during["top"].sum())
        columns = [column + (start or 0.0) for column in columns]
    named = dict(zip(("low", "median", "high"), columns, strict=True))
    return pl.DataFrame({"day": days, **named}, schema=schema)


def _ratio_ahead(during: pl.DataFrame, known: pl.DataFrame, over: Sequence[Floats], days: Floats) -> list[Floats]:
    """(top so far + rate x bottom to come + what comes over it) / (bottom so far + bottom to come)."""
    rate, bottom = _rate(known) or 0.0, float(during["bottom"].sum())
    more = float(known.tail(56)["bottom"].mean() or 0.0) * days  # type: ignore[arg-type]
    top = float(during["top"].sum())
    return [(top + rate * more + part) / np.maximum(bottom + more, 1e-9) for part in over]


def _plan(goal: Goal, day: int, baseline: float | None, target: float | None) -> float | None:
    """What the figure should be after `day` days: evenly to the target; a ratio should be there from the start."""
    if target is None:
        return None
    share = day / goal.period.days
    if goal.metric.kind == "sum":
        return target * share
    if goal.metric.kind == "level" and baseline is not None:
        return baseline + (target - baseline) * share
    return target


def _line(
    goal: Goal, during: pl.DataFrame, ahead: pl.DataFrame, baseline: float | None, target: float | None
) -> pl.DataFrame:
    top, bottom = pl.col("top").fill_null(0.0).cum_sum(), pl.col("bottom").fill_null(0.0).cum_sum()
    actual = {
        "sum": top,
        "level": pl.col("top").forward_fill(),
        "ratio": pl.when(bottom > 0).then(top / bottom),
    }[goal.metric.kind]
    both = pl.concat([during.select("day", actual=actual), ahead], how="diagonal")
    elapsed = [(day - goal.since).days + 1 for day in both["day"]]
    planned = pl.Series([_plan(goal, day, baseline, target) for day in elapsed], dtype=pl.Float64)
    return both.with_columns(plan=planned).select("day", "actual", "plan", "low", "median", "high")


def _reaches(metric: Metric, value: float, target: float) -> bool:
    return value >= target if metric.better == "up" else value <= target


def _beyond(metric: Metric, forecast: tuple[float, float, float], target: float) -> bool:
    """Whether even the better end of the forecast falls short."""
    low, _median, high = forecast
    return not _reaches(metric, high if metric.better == "up" else low, target)


def _state(
    goal: Goal,
    value: float | None,
    plan: float | None,
    forecast: tuple[float, float, float] | None,
    target: float | None,
    *,
    ended: bool,
) -> State:
    """reached: a sum or level that is there stays there, a ratio only at the end; missed: ended short of it; on track:
    the forecast's median (without a forecast the figure against the plan) gets there; else at risk."""
    if value is None or target is None:
        return "no_data"
    if _reaches(goal.metric, value, target) and (ended or goal.metric.kind != "ratio"):
        return "reached"
    if ended:
        return "missed"
    if forecast is not None:
        return "on_track" if _reaches(goal.metric, forecast[1], target) else "at_risk"
    return "on_track" if plan is not None and _reaches(goal.metric, value, plan) else "at_risk"


def _warnings(
    goal: Goal, before: pl.DataFrame, baseline: float | None, target: float | None, growth: Growth | None
) -> tuple[str, ...]:
    found = list(setup_warnings(goal))
    if baseline is None and goal.target_is == "change":
        found.append("no_baseline")
    if goal.baseline is None and MIN_DAYS <= before.height < goal.period.days:
        found.append("short_baseline")
    if growth is not None and target is not None and goal.metric.better == "up" and growth.whole >= target:
        found.append("below_trend")
    return tuple(found)


def setup_warnings(goal: Goal) -> tuple[str, ...]:
    """What is wrong with a goal before a day of it is over: short | no_owner | filter_not_used."""
    found = []
    if goal.period.days < SHORT_DAYS:
        found.append("short")
    if not goal.owner:
        found.append("no_owner")
    if goal.unused_filters:
        found.append("filter_not_used")
    return tuple(found)
