"""What an experiment says about the lift, as a mean and a standard error that calibrate the estimate.

Each gives a `LiftTest` for `lift.estimate_lift(tests=...)`: experiments outrank what is read from ordinary days. Money
is minor units.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from attribution.event_view import EventEffect, event_view
from attribution.lift import LiftTest


@dataclass(frozen=True)
class Stratum:
    """Buyers who answer alike: `orders` without a known origin worth `revenue_minor`; of `answers`, `heard` named talk.

    Splitting by what drives answering (new or returning, country) weighs each part by its revenue instead of its zeal.
    """

    orders: int
    revenue_minor: int
    answers: int
    heard: int


def from_survey(strata: Sequence[Stratum], *, since: dt.date, until: dt.date) -> LiftTest:
    """How did you hear about us: revenue x share who named talk, a beta posterior from a flat prior in each stratum.

    mean = sum revenue (heard + 1) / (answers + 2). Strata with revenue whom nobody answered for stay as wide as the
    prior. Raises ValueError for more named than answered or no stratum with revenue.
    """
    if any(not 0 <= one.heard <= one.answers for one in strata):
        raise ValueError("of the answers in a stratum, no more can have named talk than were given")
    if not any(one.revenue_minor > 0 for one in strata):
        raise ValueError("a survey calibrates the lift of revenue; no stratum has any")
    mean = variance = 0.0
    for one in strata:
        named, other = one.heard + 1, one.answers - one.heard + 1
        both = named + other
        mean += one.revenue_minor * named / both
        variance += one.revenue_minor**2 * named * other / (both**2 * (both + 1))
    return LiftTest(since, until, mean, math.sqrt(variance), "survey")


def from_holdout(reached: pl.Series, kept_from: pl.Series, *, exposed: int, since: dt.date, until: dt.date) -> LiftTest:
    """A part of the customers, drawn at random, was kept from the talk (or code).

    `reached`, `kept_from`: revenue of each customer of either part, those who bought nothing at 0. `exposed`: how many
    customers the talk reached in all. lift = difference of the means x exposed, with Welch's standard error. Raises
    ValueError under two customers in a part.
    """
    if min(reached.len(), kept_from.len()) < 2:
        raise ValueError("each part of a holdout needs at least two customers")
    means = [float(part.cast(pl.Float64).to_numpy().mean()) for part in (reached, kept_from)]
    variances = [float(part.cast(pl.Float64).to_numpy().var(ddof=1)) / part.len() for part in (reached, kept_from)]
    return LiftTest(
        since, until, (means[0] - means[1]) * exposed, max(math.sqrt(sum(variances)) * exposed, 1e-9), "holdout"
    )


def from_pause(effect: EventEffect, *, since: dt.date, until: dt.date) -> LiftTest | None:
    """Talk stopped from `since` to `until`: what was then missing is what talk would have brought; null when refused.

    The measured lift is that of a window without talk, so it belongs to the last equal window before the pause.
    """
    if effect.mean is None or effect.mean_sd is None:
        return None
    days = (until - since).days + 1
    before = (since - dt.timedelta(days=days), since - dt.timedelta(days=1))
    return LiftTest(*before, -effect.mean * effect.days_after, effect.mean_sd * effect.days_after, "pause")


def from_geo(effect: EventEffect, *, since: dt.date, until: dt.date, share_of_revenue: float) -> LiftTest | None:
    """Talk ran in some regions only; `effect` sets these against the other regions. Null when refused.

    The regions hold `share_of_revenue` of the shop, in (0, 1]; the lift is scaled up to the whole. Raises ValueError
    for another share.
    """
    if not 0 < share_of_revenue <= 1:
        raise ValueError(f"the regions' share of revenue lies above 0 and up to 1, not at {share_of_revenue}")
    if effect.mean is None or effect.mean_sd is None:
        return None
    scale = effect.days_after / share_of_revenue
    return LiftTest(since, until, effect.mean * scale, effect.mean_sd * scale, "geo")


State = Literal["used", "outside_days", "too_few_days", "no_amount"]
CALIBRATION = {
    "id": pl.String,
    "kind": pl.String,
    "date_from": pl.Date,
    "date_to": pl.Date,
    "mean_minor": pl.Int64,
    "error_minor": pl.Int64,
    "state": pl.String,
}


@dataclass(frozen=True)
class Calibration:
    """What the register's experiments say of these days.

    `daily` is the table with a column a pause, `controls` their names: the days of a pause that was worked out here
    then tell nothing else, and so count once. `rows`: CALIBRATION, one an experiment, with the days it speaks of.
    """

    daily: pl.DataFrame
    tests: tuple[LiftTest, ...]
    controls: tuple[str, ...]
    rows: pl.DataFrame


def calibrate(register: pl.DataFrame, daily: pl.DataFrame, *, unit: int) -> Calibration:
    """The experiments (config.plans.EXPERIMENTS_SCHEMA) as tests of the days of `daily` (day, pool_minor).

    A lift that was measured is taken with its error; `unit` minor units make one of money. A survey without one is
    worked out from the pool's revenue in its days, a pause from what was then missing. state: used; outside_days: not
    all its days are fitted; too_few_days: under 28 before a pause; no_amount.
    """
    tests: list[LiftTest] = []
    rows: list[tuple[object, ...]] = []
    columns: list[pl.Expr] = []
    names: list[str] = []
    for row in register.iter_rows(named=True):
        state, test, paused = _told(row, daily, unit=unit)
        if test is not None:
            tests.append(test)
        if paused is not None:
            names.append(f"paused_{len(names)}")
            columns.append(paused.alias(names[-1]))
        mean, error = (round(test.mean_minor), round(test.se_minor)) if test else (None, None)
        days = (test.since, test.until) if test else (row["date_from"], row["date_to"])
        rows.append((row["id"], row["kind"], *days, mean, error, state))
    table = pl.DataFrame(rows, schema=CALIBRATION, orient="row")
    return Calibration(daily.with_columns(columns), tuple(tests), tuple(names), table)


def _told(row: dict[str, Any], daily: pl.DataFrame, *, unit: int) -> tuple[State, LiftTest | None, pl.Expr | None]:
    since, until, kind = row["date_from"], row["date_to"], row["kind"]
    inside = pl.col("day").is_between(since, until)
    if daily.is_empty() or daily.filter(inside).height < (until - since).days + 1:
        return "outside_days", None, None
    if row["lift"] is not None and row["error"] is not None:
        mean, error = (float(row[name]) * unit for name in ("lift", "error"))
        return "used", LiftTest(since, until, mean, error, kind), None
    if kind == "survey" and row["answers"] is not None and row["heard"] is not None:
        pool = int(daily.filter(inside)["pool_minor"].sum() or 0)
        if pool <= 0:
            return "no_amount", None, None
        asked = Stratum(0, pool, int(row["answers"]), int(row["heard"]))
        return "used", from_survey([asked], since=since, until=until), None
    if kind == "pause":
        test = from_pause(event_view(daily, since=since, until=until), since=since, until=until)
        if test is None or test.since < min(daily["day"].to_list()):
            return "too_few_days", None, None
        return "used", test, inside.cast(pl.Float64)
    return "no_amount", None, None
