"""What the coming days will add, with its range: a weekly pattern on a level that may wander.

The noise's carry-over and how fast the level wanders are not chosen but weighed, each by how well it tells the days so
far; the answer is a closed-form mixture of Student-t, the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution import calendar_controls
from attribution.event_view import forecast_sums
from attribution.lift_model import Floats

LEVEL = 0.90
MIN_DAYS = 14
HISTORY_DAYS = 120  # further back says little about the coming weeks
MOST_POINTS = 26
USUAL_DRIFT = 1.0  # figures of a business wander: a range that trusts a steady level holds too seldom (bench/pace.py)


@dataclass(frozen=True)
class Outlook:
    """The sum of the first `days[i]` coming days: low and high at LEVEL, median. `sd` is that of the last sum."""

    days: tuple[int, ...]
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]
    sd: float

    @property
    def total(self) -> tuple[float, float, float]:
        """low, median, high of the sum of all coming days."""
        return self.low[-1], self.median[-1], self.high[-1]


def outlook(history: Floats, *, days: int, trend: bool = False, at_least: float | None = 0.0) -> Outlook | None:
    """The coming `days` after `history` (a value a day, the latest last). None under MIN_DAYS of history, or no day.

    trend: a straight line through the history goes on. at_least: no sum lies below it (None: any may).
    """
    known = history[-HISTORY_DAYS:] if not trend else history
    if len(known) < MIN_DAYS or days < 1:
        return None
    points = _points(days)
    if np.ptp(known) == 0:
        sums = [float(known[0]) * point for point in points]
        return Outlook(tuple(points), tuple(sums), tuple(sums), tuple(sums), 0.0)
    steps = np.tril(np.ones((days, days)))[np.array(points) - 1]
    found = forecast_sums(known, design=_design(len(known), days, trend=trend), sums=steps, usual_drift=USUAL_DRIFT)
    quantiles = found.quantiles(((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2))
    if at_least is not None:
        quantiles = np.maximum(quantiles, at_least)
    low, median, high = (tuple(float(value) for value in column) for column in quantiles.T)
    return Outlook(tuple(points), low, median, high, found.sd(len(points) - 1))


def _points(days: int) -> list[int]:
    """The days whose sums are told: every one of a few, evenly spread ones of many, the last always."""
    return sorted({round(day) for day in np.linspace(1, days, min(days, MOST_POINTS))})


def _design(known: int, days: int, *, trend: bool) -> Floats:
    whole = calendar_controls.design(known + days)
    weekly = whole[:, 2:8] if known >= 3 * 7 else whole[:, :0]
    line = [(np.arange(known + days) - known / 2) / known] if trend else []
    return np.column_stack([np.ones(known + days), *line, weekly])
