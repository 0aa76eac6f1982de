"""Before and after one campaign: what happened against what would have happened, from the days before it alone.

A local level with noise, plus whatever moved sales all along (calendar, promotions, a comparable market), is fitted to
the days before; the days after are forecast as if nothing had begun. The effect is actual minus forecast, a closed-form
mixture of Student-t over a grid of how fast the level wanders and how noise carries over. It tells that something
happened then, not what.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl
from scipy import linalg, special

from attribution import calendar_controls
from attribution.lift_days import independent
from attribution.lift_model import CONTROL_PRECISION, Floats, Noise

Refused = Literal["too_few_days_before", "no_days_after", "no_revenue"]

MIN_DAYS_BEFORE = 28
DRIFTS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
RHOS = (0.0, 0.3, 0.6)
_USUAL_DRIFT = (
    0.03  # levels that wander faster than this are believed less beforehand: share 1 / (1 + (drift / usual)^2)
)
NOISES = tuple(Noise(rho, drift) for rho in RHOS for drift in DRIFTS)


@dataclass(frozen=True)
class EventEffect:
    """Actual minus forecast. Amounts are in the outcome's unit; `probability_above_zero` is of the total.

    `mean_*` are a day's, low and high at `level`. `daily`: day (or index), actual, expected, effect and cumulated with
    their ranges. All null (daily empty) when refused; `refused` says why.
    """

    level: float
    days_before: int
    days_after: int
    mean: float | None = None
    mean_low: float | None = None
    mean_high: float | None = None
    mean_sd: float | None = None
    probability_above_zero: float | None = None
    refused: tuple[Refused, ...] = ()
    daily: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False, compare=False)

    @property
    def total(self) -> tuple[float, float, float] | None:
        """low, median, high over all days after."""
        if self.mean is None or self.mean_low is None or self.mean_high is None:
            return None
        return self.mean_low * self.days_after, self.mean * self.days_after, self.mean_high * self.days_after


def event_effect(outcome: Floats, *, start: int, regressors: Floats | None = None, level: float = 0.90) -> EventEffect:
    """The effect from index `start` on. `regressors`: days down, none of them touched by the event itself.

    Refused under 28 days before, without days after, or when the outcome never changed before.
    """
    length = len(outcome)
    refused = _refusals(outcome, start)
    if refused:
        return EventEffect(level, max(start, 0), max(length - start, 0), refused=refused)
    columns = np.ones((length, 1)) if regressors is None else np.column_stack([np.ones(length), regressors])
    design = independent(columns)
    after = length - start
    steps = np.tril(np.ones((after, after)))
    sums = np.vstack([steps[-1] / after, np.eye(after), steps])
    forecast = _forecast(outcome - outcome[:start].mean(), design, start, sums)
    quantiles = forecast.quantiles(((1 - level) / 2, 0.5, (1 + level) / 2))
    actual = sums @ outcome[start:] - sums.sum(axis=1) * outcome[:start].mean()
    effect = actual[:, None] - quantiles[:, ::-1]
    return EventEffect(
        level=level,
        days_before=start,
        days_after=after,
        mean_low=float(effect[0, 0]),
        mean=float(effect[0, 1]),
        mean_high=float(effect[0, 2]),
        mean_sd=forecast.sd(0),
        probability_above_zero=forecast.below(0, float(actual[0])),
        daily=_daily(outcome, start, effect, after),
    )


def event_view(
    daily: pl.DataFrame, *, since: dt.date, until: dt.date, controls: Sequence[str] = (), level: float = 0.90
) -> EventEffect:
    """The same for a campaign from `since` to `until`: `daily` has day, pool_minor and the named controls, no holes.

    Days after `until` are left out; the week is controlled for. Amounts are minor units. Raises ValueError for a
    hole or a null.
    """
    table = daily.filter(pl.col("day") <= until).sort("day")
    if table.height and (
        (table["day"].diff().drop_nulls().dt.total_days() != 1).any()
        or any(table.select(pl.col("pool_minor", *controls).null_count()).row(0))
    ):
        raise ValueError("the daily table must have one row for each day, every value known")
    start = int((table["day"] < since).sum())
    weekly = calendar_controls.design(max(table.height, 1))[: table.height, 2:8]
    own = [table[name].cast(pl.Float64).to_numpy() for name in controls]
    effect = event_effect(
        table["pool_minor"].cast(pl.Float64).to_numpy(),
        start=start,
        regressors=np.column_stack([weekly, *own]),
        level=level,
    )
    if effect.refused:
        return effect
    return replace(effect, daily=effect.daily.with_columns(day=table["day"][start:]).drop("index"))


def forecast_sums(before: Floats, *, design: Floats, sums: Floats, usual_drift: float = _USUAL_DRIFT) -> SumForecast:
    """What sums of the coming days will be, from the days before alone: a row of `sums` weighs the days to come.

    design: intercept and what else moves the outcome, days down, those before first and the coming ones after them.
    usual_drift: levels that wander faster than this are believed less beforehand.
    """
    start, after = len(before), sums.shape[1]
    centre = before.mean()
    padded = np.concatenate([before - centre, np.zeros(after)])
    found = _forecast(padded, independent(design), start, sums, usual_drift)
    return replace(found, location=found.location + (centre * sums.sum(axis=1))[:, None])


def _refusals(outcome: Floats, start: int) -> tuple[Refused, ...]:
    found: list[Refused] = []
    if start < MIN_DAYS_BEFORE:
        found.append("too_few_days_before")
    elif np.ptp(outcome[:start]) == 0:
        found.append("no_revenue")
    if start >= len(outcome):
        found.append("no_days_after")
    return tuple(found)


def _daily(outcome: Floats, start: int, effect: Floats, after: int) -> pl.DataFrame:
    actual = outcome[start:]
    by_day, cumulated = effect[1 : 1 + after], effect[1 + after :]
    return pl.DataFrame(
        {
            "index": np.arange(start, len(outcome)),
            "actual": actual,
            "expected": actual - by_day[:, 1],
            "low": by_day[:, 0],
            "effect": by_day[:, 1],
            "high": by_day[:, 2],
            "cumulated_low": cumulated[:, 0],
            "cumulated": cumulated[:, 1],
            "cumulated_high": cumulated[:, 2],
        }
    )


@dataclass(frozen=True)
class SumForecast:
    """Sums of the unseen days, a row each: Student-t components across. `below`: how likely a row stays under it."""

    weight: Floats
    location: Floats  # rows x components
    scale: Floats
    degrees: float

    def below(self, row: int, amount: float) -> float:
        standard = (amount - self.location[row]) / self.scale[row]
        return float(special.stdtr(self.degrees, standard) @ self.weight)

    def sd(self, row: int) -> float:
        centre, spread = self.location[row], self.scale[row] ** 2 * self.degrees / (self.degrees - 2)
        return float(np.sqrt(self.weight @ (spread + (centre - self.weight @ centre) ** 2)))

    def quantiles(self, levels: Sequence[float]) -> Floats:
        """By bisection, rows down, levels across."""
        reach = special.stdtrit(self.degrees, 1 - 1e-9) * self.scale
        answers = []
        for level in levels:
            low, high = (self.location - reach).min(axis=1), (self.location + reach).max(axis=1)
            for _ in range(50):
                middle = (low + high) / 2
                standard = (middle[:, None] - self.location) / self.scale
                below = special.stdtr(self.degrees, standard) @ self.weight < level
                low, high = np.where(below, middle, low), np.where(below, high, middle)
            answers.append((low + high) / 2)
        return np.column_stack(answers)


def _forecast(
    outcome: Floats, design: Floats, start: int, sums: Floats, usual_drift: float = _USUAL_DRIFT
) -> SumForecast:
    parts = [_component(outcome, design, start, sums, noise) for noise in NOISES]
    belief = [-np.log1p((noise.drift / usual_drift) ** 2) for noise in NOISES]
    evidence = np.array([part[0] for part in parts]) + belief
    weight = np.exp(evidence - evidence.max())
    return SumForecast(
        weight=weight / weight.sum(),
        location=np.column_stack([part[1] for part in parts]),
        scale=np.column_stack([part[2] for part in parts]),
        degrees=float(start - design.shape[1]),
    )


def _component(outcome: Floats, design: Floats, start: int, sums: Floats, noise: Noise) -> tuple[float, Floats, Floats]:
    """Log evidence of one noise on the days before; location and scale of the sums of the days after."""
    covariance = _covariance(len(outcome), noise)
    root = linalg.cholesky(covariance[:start, :start], lower=True)
    before = linalg.solve_triangular(root, np.column_stack([outcome[:start], design[:start]]), lower=True)
    y, x = before[:, 0], before[:, 1:]
    square = x.T @ x + CONTROL_PRECISION * np.eye(x.shape[1])
    inner = linalg.cholesky(square, lower=True)
    coefficients = linalg.cho_solve((inner, True), x.T @ y)
    left = max(float(y @ y - coefficients @ (x.T @ y)), 1e-300)
    degrees = start - design.shape[1]
    # What the days before already tell of the noise after, and what remains open.
    link = linalg.solve_triangular(root, covariance[:start, start:] @ sums.T, lower=True)
    location = sums @ design[start:] @ coefficients + link.T @ (y - x @ coefficients)
    open_design = sums @ design[start:] - link.T @ x
    spread = np.einsum("ij,jk,ik->i", sums, covariance[start:, start:], sums) - (link**2).sum(axis=0)
    spread = spread + (linalg.solve_triangular(inner, open_design.T, lower=True) ** 2).sum(axis=0)
    log_volume = 2 * np.log(np.diag(root)).sum() + 2 * np.log(np.diag(inner)).sum()
    evidence = -0.5 * log_volume - degrees / 2 * np.log(left)
    return float(evidence), location, np.sqrt(left / degrees * spread)


def _covariance(length: int, noise: Noise) -> Floats:
    """Of AR(1) noise with innovation variance 1 around a level that starts at the intercept and wanders by `drift`."""
    day = np.arange(length)
    carried = noise.rho ** np.abs(day[:, None] - day) / (1 - noise.rho**2)
    wandered: Floats = carried + noise.drift**2 * np.minimum(day[:, None], day)
    return wandered
