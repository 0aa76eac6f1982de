"""Indirect return: how much of the revenue that no visit or code explains was brought by mentions, and how sure we are.

`estimate_lift()` is the table of contents: what the days can carry, the plain and the lagged fit, whether sales
foretell talk, which of the fits is shown or why none is. Everything is a pure function of the daily table; money is
integer minor units. Nothing here calls a cause proven: a warning that is not raised is only that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl

from attribution.interval import Interval as Interval
from attribution.interval import Note
from attribution.lift_checks import LeadTest, lead_test, nearest_claim, warnings_of
from attribution.lift_days import Days, explained, prepare
from attribution.lift_model import Floats, Grid, Posterior, Window, fit, mixed
from config.clock import Period

Variant = Literal["plain", "both", "lagged", "withheld"]
Reason = Literal["too_few_days", "no_mentions", "too_few_mention_days", "no_revenue", "inseparable"]
GroupReason = Reason | Literal["too_wide"]

MIN_DAYS = 60
MIN_MENTION_DAYS = 10
LEVEL = 0.90
_INSEPARABLE = 0.98
_POWER_80 = 0.8416  # standard normal quantile
_ONE_SIDED_95 = 1.6449
# Bend and belief: half for a response in proportion, a tenth each for two that flatten and three that need a level.
_SHAPES = ((0.0, 0.5), (1.0, 0.1), (3.0, 0.1), (-0.5, 0.1), (-0.75, 0.1), (-1.0, 0.1))
HEADLINE = Grid(
    bends=tuple(bend for bend, _ in _SHAPES), belief=tuple(belief for _, belief in _SHAPES), counts_controls=True
)
LAGGED = replace(HEADLINE, lag=1)
# Where buyers' talk is possible, not likely: the range allows for it at even odds, the middle counts it once in four,
# as the lagged fit misses what talk sells the same day.
ODDS_OF_PLAIN = 3.0


@dataclass(frozen=True)
class LiftTest:
    """An experiment that measured the lift: from `since` to `until` talk brought `mean_minor`, give or take `se_minor`.

    Kinds: holdout (a promo code kept from a random part), pause (talk stopped), geo (some regions only), survey.
    """

    since: dt.date
    until: dt.date
    mean_minor: float
    se_minor: float
    kind: Literal["holdout", "pause", "geo", "survey"] = "holdout"

    def __post_init__(self) -> None:
        if not self.se_minor > 0 or self.until < self.since:
            raise ValueError("an experiment needs a standard error above 0 and an end not before its beginning")


@dataclass(frozen=True)
class Readiness:
    """How far the data have grown towards an estimate."""

    days: int
    mention_days: int
    days_needed: int = MIN_DAYS
    mention_days_needed: int = MIN_MENTION_DAYS


@dataclass(frozen=True)
class LiftEstimate:
    """The lift of the days from `since` to `until`.

    total          the interval that is shown; null when refused or withheld
    plain, lagged  both fits beside each other, null when refused; lagged lets a mention sell from the next day only
    headline       which of them `total` is: plain; both at even odds where buyers' talk is possible; lagged where it is
                   likely; withheld where neither fit can be trusted
    indirect       `total` within [0, pool]: what enters the blend
    coverage_claim share of simulated worlds like these data whose interval held the truth; null without a table
    minimum_detectable_minor  the smallest true total that would be found in 80 of 100 cases
    """

    since: dt.date | None
    until: dt.date | None
    pool_minor: int
    headline: Variant
    plain: Interval | None
    lagged: Interval | None
    total: Interval | None
    refused: tuple[Reason, ...]
    reasons: tuple[Note, ...]
    warnings: tuple[Note, ...]
    readiness: Readiness
    minimum_detectable_minor: int | None
    lead: LeadTest | None
    world: str | None = None
    coverage_claim: float | None = None
    series_weights: Mapping[str, float] = field(default_factory=dict)
    posterior: Posterior | None = field(default=None, repr=False, compare=False)
    point: Posterior | None = field(default=None, repr=False, compare=False)  # whose median is shown; null: the same

    @property
    def indirect(self) -> Interval | None:
        return self.total.clipped(at=self.pool_minor) if self.total else None

    def between(self, period: Period) -> Interval | None:
        """The lift of the days of the period that were fitted; null when there is none to show or no day is shared."""
        if self.posterior is None or self.total is None or self.since is None or self.until is None:
            return None
        start = max((period.since - self.since).days, 0)
        stop = min((period.until - self.since).days + 1, (self.until - self.since).days + 1)
        return _shown(self.posterior, self.point, start=start, stop=stop) if start < stop else None

    def by_day(self) -> pl.DataFrame:
        """day, low_minor, median_minor, high_minor; empty when nothing is shown; medians add up to no total."""
        schema = {"day": pl.Date, "low_minor": pl.Float64, "median_minor": pl.Float64, "high_minor": pl.Float64}
        if self.posterior is None or self.total is None or self.since is None or self.until is None:
            return pl.DataFrame(schema=schema)
        days = pl.date_range(self.since, self.until, eager=True)
        low, median, high = self.posterior.by_day(_levels(len(days))).T
        if self.point is not None:
            median = np.clip(self.point.by_day((0.5,))[:, 0], low, high)
        return pl.DataFrame(dict(zip(schema, (days, low, median, high), strict=True)), schema=schema)


def estimate_lift(
    daily: pl.DataFrame,
    *,
    series: Sequence[str] = ("mentions",),
    controls: Sequence[str] = (),
    planned: Sequence[str] = (),
    tests: Sequence[LiftTest] = (),
    coverage: pl.DataFrame | None = None,
) -> LiftEstimate:
    """The lift of all fitted days.

    `daily`: one row a day without holes, any order. day (Date); pool_minor (numeric, null where sales are unknown: such
    days at the beginning still tell which talk was carried over); each column named in `series` (numeric, at least 0:
    the same talk counted in different ways, of which the data choose the weights; buyers' own posts left out); each
    named in `controls` (numeric or Boolean: promo, spend_paid, sentiment, ...). Trend, week and year are added here.
    `planned` names columns that move talk and sales on the same days without anybody posting what they bought, such as
    paid spend: the lead test alone holds them constant. `tests` are experiments; `coverage` the table of
    `read_coverage()`.
    Raises ValueError for a missing column, a hole, a day twice, a null mention or control.
    """
    days = prepare(daily, series=series, controls=controls)
    readiness = _readiness(days)
    refused = _refusals(days, readiness)
    if days is None or refused:
        return _refusal(days, readiness, refused)
    windows = [window for test in tests if (window := _window(test, days)) is not None]
    plain = fit(days.outcome, days.series, days.controls, grid=HEADLINE, tests=windows)
    lagged = fit(days.outcome, days.series, days.controls, grid=LAGGED, tests=windows)
    believed = _most_believed(days, plain)
    held = prepare(daily, series=series, controls=[*controls, *planned]) if planned else None
    lead = lead_test(replace(believed, controls=held.controls) if held else believed, lagged)
    totals = {"plain": _total(plain), "lagged": _total(lagged)}
    headline = choose(lead, totals["lagged"])
    world, claimed = nearest_claim(believed, plain, lead, coverage)
    shown = {"plain": plain, "both": mixed(plain, lagged), "lagged": lagged}.get(headline)
    point = mixed(plain, lagged, odds=ODDS_OF_PLAIN) if headline == "both" else None
    return LiftEstimate(
        since=days.since,
        until=days.until,
        pool_minor=round(days.outcome.sum()),
        headline=headline,
        plain=totals["plain"],
        lagged=totals["lagged"],
        total=totals.get(headline) or (_shown(shown, point) if shown else None),
        refused=(),
        reasons=_why(headline),
        warnings=warnings_of(believed, plain, lead),
        readiness=readiness,
        minimum_detectable_minor=minimum_detectable(shown or lagged),
        lead=lead,
        series_weights=_series_weights(shown or plain, series),
        posterior=shown,
        point=point,
        world=world,
        coverage_claim=claimed,
    )


def lift_by_group(daily: pl.DataFrame, *, groups: Sequence[str], controls: Sequence[str] = ()) -> pl.DataFrame:
    """The lift of each group of sources beside all others' talk: group, low_minor, median_minor, high_minor, reason.

    `groups` are columns of mentions. Amounts are null with a reason (one of `GroupReason`) where a group has too few
    days with mentions, cannot be told from the others, or has a range wider than all there is (too_wide). Groups are
    fitted one by one, so they need not add up to the whole.
    """
    rows: list[tuple[str, int | None, int | None, int | None, str | None]] = []
    days = prepare(daily, series=groups, controls=controls)
    for number, group in enumerate(groups):
        interval, reason = _group(days, number)
        low, median, high = (interval.low, interval.median, interval.high) if interval else (None, None, None)
        rows.append((group, low, median, high, reason))
    money = dict.fromkeys(("low_minor", "median_minor", "high_minor"), pl.Int64)
    return pl.DataFrame(rows, schema={"group": pl.String, **money, "reason": pl.String}, orient="row")


def _group(days: Days | None, number: int) -> tuple[Interval | None, GroupReason | None]:
    if days is None:
        return None, "too_few_days"
    own = replace(days, series=(days.series[number],))
    others = np.sum([one for other, one in enumerate(days.series) if other != number], axis=0)
    with_others = np.column_stack([days.controls, others[-len(days.outcome) :]]) if np.ptp(others) else days.controls
    refused = _refusals(replace(own, controls=with_others), _readiness(own))
    if refused:
        return None, refused[0]
    beside = others if np.ptp(others[-len(days.outcome) :]) else None
    found = _total(fit(days.outcome, own.series, days.controls, grid=HEADLINE, beside=beside))
    if found.high - found.low > days.outcome.sum():
        return None, "too_wide"
    return found, None


def _readiness(days: Days | None) -> Readiness:
    if days is None:
        return Readiness(days=0, mention_days=0)
    return Readiness(days=len(days.outcome), mention_days=int((days.mentions > 0).sum()))


def _refusals(days: Days | None, readiness: Readiness) -> tuple[Reason, ...]:
    if days is None or readiness.days < MIN_DAYS:
        return ("too_few_days",)
    found: list[Reason] = []
    if np.ptp(days.mentions) == 0:
        found.append("no_mentions")
    elif readiness.mention_days < MIN_MENTION_DAYS:
        found.append("too_few_mention_days")
    elif explained(days.mentions, days.controls) > _INSEPARABLE:
        found.append("inseparable")
    if np.ptp(days.outcome) == 0:
        found.append("no_revenue")
    return tuple(found)


def _refusal(days: Days | None, readiness: Readiness, refused: tuple[Reason, ...]) -> LiftEstimate:
    facts = asdict(readiness)
    return LiftEstimate(
        since=days.since if days else None,
        until=days.until if days else None,
        pool_minor=round(days.outcome.sum()) if days else 0,
        headline="withheld",
        plain=None,
        lagged=None,
        total=None,
        refused=refused,
        reasons=tuple(Note(reason, facts) for reason in refused),
        warnings=(),
        readiness=readiness,
        minimum_detectable_minor=None,
        lead=None,
    )


def _window(test: LiftTest, days: Days) -> Window | None:
    """The experiment on the fitted days; one that reaches beyond them says nothing about them and is left out."""
    start, stop = (test.since - days.since).days, (test.until - days.since).days + 1
    inside = start >= 0 and stop <= len(days.outcome)
    return Window(start, stop, test.mean_minor, test.se_minor) if inside else None


def choose(lead: LeadTest, lagged: Interval) -> Variant:
    """Plain as long as sales do not foretell talk; both fits at even odds when they might; the lagged fit when they do.

    Nothing is shown when a lagged lift is found that is weaker than that backward tie.
    """
    if not lead.fired:
        return "both" if lead.doubtful else "plain"
    return "withheld" if lagged.low > 0 and lead.strength >= lead.lagged_strength else "lagged"


def _why(headline: Variant) -> tuple[Note, ...]:
    return () if headline == "plain" else (Note(f"headline_{headline}"),)


def minimum_detectable(posterior: Posterior) -> int:
    """The true total that would put the interval's low end above 0 in 80 of 100 cases: (1.64 + 0.84) x posterior sd."""
    return round((_ONE_SIDED_95 + _POWER_80) * posterior.total_sd)


def _levels(days: int) -> tuple[float, float, float]:
    """Which quantiles make the 90 % interval: a little more than 90 % inside, the more the fewer the days.

    A mixture over a grid is too sure of itself when days are few; tuned on simulated worlds so that the intervals hold
    the truth as often as they say (bench/results/lift_coverage.md): 95 % inside at 90 days or fewer, 93.5 % at a year.
    """
    inner = LEVEL + 0.03 + 0.02 * min(1.0, 90 / days)
    return (1 - inner) / 2, 0.5, (1 + inner) / 2


def _interval(quantiles: Floats) -> Interval:
    low, median, high = (round(float(value)) for value in quantiles)
    return Interval(low, median, high)


def _shown(posterior: Posterior, point: Posterior | None, *, start: int = 0, stop: int | None = None) -> Interval:
    """The range of one posterior over days [start, stop), with the median of the other where there is one."""
    low, median, high = posterior.total(_levels(len(posterior.adstocks)), start=start, stop=stop)
    if point is not None:
        median = min(max(float(point.total((0.5,), start=start, stop=stop)[0]), low), high)
    return _interval(np.array([low, median, high]))


def _total(posterior: Posterior) -> Interval:
    return _interval(posterior.total(_levels(len(posterior.adstocks))))


def _most_believed(days: Days, posterior: Posterior) -> Days:
    """The days with the one way of counting that explains sales best: the one to be checked."""
    weights = np.bincount(posterior.series[posterior.kernel], posterior.weight, minlength=len(days.series))
    return replace(days, series=(days.series[int(weights.argmax())],))


def _series_weights(posterior: Posterior, names: Sequence[str]) -> dict[str, float]:
    """How much each way of counting the talk is believed, given the data."""
    of = posterior.series[posterior.kernel]
    return {name: float(posterior.weight[of == number].sum()) for number, name in enumerate(names)}
