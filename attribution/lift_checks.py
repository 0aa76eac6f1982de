"""Where a lift could be mistaken: what the checks compute, and which warnings they raise.

A check that raises no warning proves nothing; it is never called a proof of cause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np
import polars as pl
from scipy import special

from attribution.interval import Note
from attribution.lift_days import Days, explained, independent
from attribution.lift_model import Floats, Grid, Noise, Posterior, adstock, fit

_LEAD_P = 0.05
_DOUBT_P = 0.3
_LEAD_BACK = (1, 2)
_LEAD_MEMORY = 3
_LEAD_REACH = 3  # buyers' posts are looked for within two days; talk from the third day on tells how loud the time is
_LEAD_DECAYS = (0.0, 0.5, 0.8, 0.93)
SINGLE = Grid(counts_controls=True)
COARSE = Grid(
    decays=tuple(0.1 * step for step in range(10)),
    noises=tuple(Noise(rho) for rho in (0.0, 0.3, 0.6, 0.9)),
    counts_controls=True,
)


@dataclass(frozen=True)
class LeadTest:
    """Do today's and yesterday's sales foretell tomorrow's talk? `p` is the one-sided probability of so strong a sign.

    `strength` is the backward tie, `lagged_strength` the lagged lift, each in its own standard deviations.
    """

    p: float
    strength: float
    lagged_strength: float

    @property
    def fired(self) -> bool:
        return self.p < _LEAD_P

    @property
    def doubtful(self) -> bool:
        """Not fired, yet the sign is there: buyers' talk that is too weak to be sure of would look like this."""
        return not self.fired and self.p < _DOUBT_P


def lead_test(days: Days, lagged: Posterior) -> LeadTest:
    """Regression of the square root of mentions on the sales of the two days before.

    Held constant: the calendar and all controls, those of the day before too, three days of earlier mentions, talk
    carried over, and the talk of the week after next two days: so neither a lift nor a campaign that lasts, which sales
    would tell of as well, raises anything. Standard errors allow for uneven spread (HC1). Testing the talk
    by sales finds buyers' posts about twice as often as testing sales by coming talk, because bursts, which no buyer
    writes, are foretold by their own beginnings.
    """
    felt = np.sqrt(days.mentions)
    rows = np.arange(_LEAD_MEMORY, len(felt) - _LEAD_REACH)
    before = [felt[rows - back] for back in range(1, _LEAD_MEMORY + 1)]
    carried = adstock(days.mentions, _LEAD_DECAYS)[rows - 1]
    later = np.array([felt[row + _LEAD_REACH : row + _LEAD_REACH + 7].mean() for row in rows])
    held = independent(np.column_stack([days.controls[rows], days.controls[rows - 1], *before, carried, later]))
    basis, _ = np.linalg.qr(held)
    left = np.column_stack([felt[rows], *(days.outcome[rows - back] for back in _LEAD_BACK)])
    left = left - basis @ (basis.T @ left)
    sales = left[:, 1:] / np.maximum(left[:, 1:].std(axis=0), 1e-300)
    inverse = np.linalg.pinv(sales.T @ sales)
    slopes = inverse @ sales.T @ left[:, 0]
    free = len(rows) - held.shape[1] - sales.shape[1]
    scored = sales * (left[:, 0] - sales @ slopes)[:, None]
    variance = float((inverse @ scored.T @ scored @ inverse).sum()) * len(rows) / max(free, 1)
    strength = float(slopes.sum()) / np.sqrt(variance) if variance > 0 and free > 0 else 0.0
    return LeadTest(
        p=float(1 - special.stdtr(max(free, 1), strength)), strength=strength, lagged_strength=lagged.strength
    )


@dataclass(frozen=True)
class Placebo:
    """The lift of the true order of days against the same talk moved round the calendar.

    `rank` is the share of shifts (the true one counted in) whose lift is at least as large; a real lift ranks low.
    """

    shifts: int
    real: float
    largest: float
    rank: float


def placebo_shifts(days: Days, *, least: int = 14, at_most: int = 199) -> Placebo | None:
    """Circular shifts by `least` days or more, whole weeks so that the week stays in step; null when under 10 fit in.

    Lifts are posterior medians under single-shape fits, in the outcome's unit.
    """
    length = len(days.outcome)
    offsets = [shift for shift in range(least, length - least + 1) if shift % 7 == 0 or length < 200]
    offsets = offsets[:: -(-len(offsets) // at_most)] if offsets else []
    if len(offsets) < 10:
        return None
    lifts = [_median(days, np.roll(days.mentions, shift)) for shift in offsets]
    real = _median(days, days.mentions)
    as_large = sum(lift >= real for lift in lifts)
    return Placebo(len(lifts), real, max(lifts), (1 + as_large) / (1 + len(lifts)))


def _median(days: Days, mentions: Floats) -> float:
    return float(fit(days.outcome, [mentions], days.controls, grid=COARSE).total((0.5,))[0])


@dataclass(frozen=True)
class Burst:
    """The lift per mention with and without the days around the loudest one; `first` and `last` are day indices."""

    first: int
    last: int
    per_mention: float
    per_mention_without: float
    sd_without: float

    @property
    def carries_it_all(self) -> bool:
        """Without the burst the estimate moves by more than two of its own standard deviations."""
        return abs(self.per_mention - self.per_mention_without) > 2 * self.sd_without


def without_largest_burst(days: Days, *, around: int = 7) -> Burst:
    """The fit with the loudest day and `around` days after it taken out by a control of their own each."""
    loudest = int(days.mentions.argmax())
    first, last = max(loudest - 1, 0), min(loudest + around, len(days.outcome) - 1)
    own = np.zeros((len(days.outcome), last - first + 1))
    own[range(first, last + 1), range(last - first + 1)] = 1.0
    controls = independent(np.column_stack([days.controls, own]))
    full = fit(days.outcome, [days.series[0]], days.controls, grid=SINGLE)
    without = fit(days.outcome, [days.series[0]], controls, grid=SINGLE)
    talk = max(float(days.mentions.sum()), 1e-12)
    with_it, alone = (float(posterior.total((0.5,))[0]) / talk for posterior in (full, without))
    return Burst(first, last, with_it, alone, without.total_sd / talk)


def negative_control(days: Days, outcome: Floats) -> Posterior:
    """The "lift" of a series that talk cannot move (a product nobody mentions): its interval should hold 0.

    Raises ValueError when the outcome has another length than the fitted days.
    """
    if len(outcome) != len(days.outcome):
        raise ValueError(f"the control outcome has {len(outcome)} days, the fit {len(days.outcome)}")
    return fit(outcome, [days.series[0]], days.controls, grid=SINGLE)


@dataclass(frozen=True)
class Checks:
    """All checks of one estimate, for `earned lift --check`; the negative control is null without such a series."""

    lead: LeadTest
    placebo: Placebo | None
    burst: Burst
    negative_control_holds_zero: bool | None

    @property
    def findings(self) -> tuple[Note, ...]:
        """Warnings, of `FINDINGS`; none raised is no proof."""
        found = []
        if self.lead.fired:
            found.append(Note("lead"))
        if self.placebo is not None and self.placebo.rank > 0.1:
            found.append(Note("placebo", {"rank": self.placebo.rank}))
        if self.burst.carries_it_all:
            found.append(Note("single_event"))
        if self.negative_control_holds_zero is False:
            found.append(Note("moves_control"))
        return tuple(found)


def run_checks(days: Days, lagged: Posterior, *, control_outcome: Floats | None = None) -> Checks:
    """Every check on the fitted days. `control_outcome`: revenue that talk cannot move, day by day."""
    holds = None
    if control_outcome is not None:
        low, high = negative_control(days, control_outcome).total((0.05, 0.95))
        holds = bool(low <= 0 <= high)
    return Checks(lead_test(days, lagged), placebo_shifts(days), without_largest_burst(days), holds)


def warnings_of(days: Days, plain: Posterior, lead: LeadTest) -> tuple[Note, ...]:
    """What a reader must know beside the interval, keys of `WARNINGS`; cheap enough for every estimate."""
    facts = Facts.of(days, plain, lead)
    return tuple(Note(key) for key, raised in WARNINGS.items() if raised(facts))


@dataclass(frozen=True)
class Facts:
    """What the days look like, in numbers without a unit; decides warnings and the nearest simulated world."""

    days: int
    mentions_a_day: float
    lead_fired: bool
    lead_doubtful: bool
    explained_by_controls: float  # R squared of mentions by calendar, promotions, spend
    noise_rho: float
    tail: float  # excess kurtosis of the unexplained day-to-day change
    burst_share: float  # share of the mentions' variance on their three loudest days
    quiet_from_zero: float  # quietest tenth of days / mean
    dropped: int

    @classmethod
    def of(cls, days: Days, plain: Posterior, lead: LeadTest) -> Facts:
        mentions = days.mentions
        spread = np.sort((mentions - mentions.mean()) ** 2)
        return cls(
            days=len(mentions),
            mentions_a_day=float(mentions.mean()),
            lead_fired=lead.fired,
            lead_doubtful=lead.doubtful,
            explained_by_controls=explained(mentions, days.controls),
            noise_rho=plain.mean_rho,
            tail=_tail(days),
            burst_share=float(spread[-3:].sum() / spread.sum()),
            quiet_from_zero=float(np.quantile(mentions, 0.1) / mentions.mean()),
            dropped=days.dropped,
        )


def _tail(days: Days) -> float:
    """Of what neither calendar nor carried-over talk explains, so that bursts of talk do not pass for odd days."""
    columns = np.column_stack([days.controls, adstock(days.mentions, _LEAD_DECAYS)])
    rest = days.outcome - columns @ np.linalg.lstsq(columns, days.outcome, rcond=None)[0]
    change = np.diff(rest)
    variance = float((change**2).mean())
    return float((change**4).mean()) / variance**2 - 3 if variance > 0 else 0.0


WARNINGS: Mapping[str, Callable[[Facts], bool]] = {
    "lead": lambda facts: facts.lead_fired,
    "doubt": lambda facts: facts.lead_doubtful,
    "follows_calendar": lambda facts: facts.explained_by_controls > 0.7,
    "three_loud_days": lambda facts: facts.burst_share > 0.8,
    "no_quiet_days": lambda facts: facts.quiet_from_zero > 0.7,
    "sales_wander": lambda facts: facts.noise_rho > 0.8,
    "odd_days": lambda facts: facts.tail > 6,
    "gap": lambda facts: facts.dropped > 0,
    "under_half_a_year": lambda facts: facts.days < 180,
}
FINDINGS = ("lead", "placebo", "single_event", "moves_control")

# The first world whose condition holds is the nearest; the last is the default.
WORLDS: tuple[tuple[str, Callable[[Facts], bool]], ...] = (
    ("buyers", lambda facts: facts.lead_fired),
    ("sparse", lambda facts: facts.mentions_a_day < 2),
    ("rw", lambda facts: facts.noise_rho > 0.8),
    ("heavy", lambda facts: facts.tail > 3),
    ("promo", lambda facts: facts.explained_by_controls > 0.25),
    ("plain", lambda facts: True),
)


def nearest_claim(
    days: Days, plain: Posterior, lead: LeadTest, coverage: pl.DataFrame | None
) -> tuple[str, float | None]:
    """The simulated world that looks most like the data, and the measured coverage there at the nearest length.

    `coverage` has world, days, coverage; the claim is null without it or without that world.
    """
    facts = Facts.of(days, plain, lead)
    world = next(name for name, holds in WORLDS if holds(facts))
    if coverage is None or (rows := coverage.filter(pl.col("world") == world)).is_empty():
        return world, None
    nearest = rows.sort((pl.col("days") - facts.days).abs(), "days").row(0, named=True)
    return world, float(nearest["coverage"])


def read_coverage() -> pl.DataFrame:
    """The measured coverage that ships with the product: world, days, seeds, coverage, false_alarms, withheld, width.

    It touches the disk; written by bench/lift_worlds.py.
    """
    with resources.as_file(resources.files("attribution") / "data" / "lift_coverage.csv") as file:
        return pl.read_csv(file)
