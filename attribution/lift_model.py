"""The closed-form posterior of the lift: regression of a daily series on carried-over mentions, averaged over a grid.

At each point of the grid (series, shape, decay, noise) the model is an ordinary regression with correlated noise and
has an exact Student-t posterior; the lift is the mixture of these, weighted by how well each point explains the data.
Nothing is drawn, so the same input gives the same interval to the last digit. Adstock of decay d is
A(t) = (1 - d) m(t) + d A(t-1), A(-1) = 0: its weights sum to 1 and the coefficient is money per mention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.optimize import elementwise

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FINE_DECAYS = tuple(round(0.025 * step, 3) for step in range(38))
AR_RHOS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 0.97)
TREATMENT_PRECISION = 1e-3  # one sd of adstock has a prior sd of 31.6 noise sd
CONTROL_PRECISION = 1e-6
_NEGLIGIBLE = 1e-7  # grid points that share less weight than this move no digit that is shown
_ROUNDED = 0.2
_UNTELLING = 1000.0  # an experiment this many interval widths wide says nothing


@dataclass(frozen=True)
class Noise:
    """AR(1) noise of correlation `rho` around a level that wanders by `drift` (sd of its step / innovation sd)."""

    rho: float
    drift: float = 0.0


@dataclass(frozen=True)
class Grid:
    """What is averaged over. `bends` are shapes of the response, see `respond`; 0 is in proportion to the adstock.

    `belief` is each bend's share before the data speak, equal when empty; all else is equally likely. `lag` is how
    many days a mention needs before it can sell. `counts_controls`: whether the degrees of freedom lose one for each
    control, as they must for a small sample to be judged as small.
    """

    decays: tuple[float, ...] = FINE_DECAYS
    noises: tuple[Noise, ...] = tuple(Noise(rho) for rho in AR_RHOS)
    bends: tuple[float, ...] = (0.0,)
    belief: tuple[float, ...] = ()
    lag: int = 0
    counts_controls: bool = False


PLAIN = Grid()


@dataclass(frozen=True)
class Window:
    """An experiment's answer: days [start, stop) of the series brought `mean` with standard error `se`."""

    start: int
    stop: int
    mean: float
    se: float


@dataclass(frozen=True)
class Posterior:
    """A mixture of Student-t for the coefficient, one component a grid point with weight worth naming.

    `adstocks` holds the carried-over series by column; component g has column `kernel[g]`. Lift of any days is the
    coefficient times the sum of that column over them.
    """

    adstocks: Floats
    kernel: Ints
    weight: Floats
    location: Floats
    scale: Floats
    degrees: float
    rho: Floats  # by component
    residual_variance: float
    series: Ints  # by kernel
    bend: Floats  # by kernel
    decay: Floats  # by kernel

    def total(self, levels: Sequence[float] = (0.05, 0.5, 0.95), *, start: int = 0, stop: int | None = None) -> Floats:
        """Quantiles of the lift over days [start, stop)."""
        carried = self.adstocks[start:stop].sum(axis=0)[self.kernel]
        answer: Floats = quantiles(self, carried[None, :], levels)[0]
        return answer

    def by_day(self, levels: Sequence[float] = (0.05, 0.5, 0.95)) -> Floats:
        """Quantiles of each day's lift, days down, levels across, from what shares 99.9 % of the weight."""
        order = np.argsort(-self.weight, kind="stable")
        most = order[: int(np.searchsorted(self.weight[order].cumsum(), 0.999)) + 1]
        main = replace(
            self,
            kernel=self.kernel[most],
            weight=self.weight[most] / self.weight[most].sum(),
            location=self.location[most],
            scale=self.scale[most],
            rho=self.rho[most],
        )
        return quantiles(main, self.adstocks[:, main.kernel], levels, precision=1e-4)

    @property
    def total_sd(self) -> float:
        """Standard deviation of the whole series' lift: within the grid's points and between them."""
        carried = self.adstocks.sum(axis=0)[self.kernel]
        centre, spread = carried * self.location, carried * self.scale
        inflated = spread**2 * self.degrees / max(self.degrees - 2, 1e-9)
        mean = float(self.weight @ centre)
        return float(np.sqrt(self.weight @ (inflated + (centre - mean) ** 2)))

    @property
    def strength(self) -> float:
        """Mean of the whole series' lift in its sd."""
        mean = float(self.weight @ (self.adstocks.sum(axis=0)[self.kernel] * self.location))
        return mean / self.total_sd if self.total_sd > 0 else 0.0

    @property
    def mean_rho(self) -> float:
        """The noise's correlation from day to day, averaged over the grid."""
        return float(self.weight @ self.rho)

    def probability_above(self, amount: float) -> float:
        """Probability that the whole series' lift exceeds `amount`."""
        carried = self.adstocks.sum(axis=0)[self.kernel]
        return float(1 - _cdf(self, carried[None, :], np.array([amount]))[0])


def adstock(mentions: Floats, decays: Sequence[float], *, lag: int = 0) -> Floats:
    """The carried-over series, a column a decay. With a lag, mentions count from `lag` days later on."""
    moved = mentions if lag == 0 else np.concatenate([np.zeros(lag), mentions[:-lag]])
    kept, carried = np.asarray(decays, dtype=float), np.empty((len(moved), len(decays)))
    state = np.zeros(len(decays))
    for day, said in enumerate(moved):  # a filter of scipy's would say the same, and take a second to import
        state = (1 - kept) * said + kept * state
        carried[day] = state
    return carried


def respond(carried: Floats, bend: float) -> Floats:
    """The adstock as it is felt, with x the adstock in its own mean; the size of the result is of no account.

    Bend 0 is x. Above, it flattens: x / (1 + bend x). Below, hardly anything is felt until x reaches -bend, and from
    there in proportion to the rest (a hinge, rounded over about a fifth of the mean); nothing at x = 0 in any case.
    """
    if bend == 0.0:
        return carried
    mean = carried.mean(axis=0)
    x = np.divide(carried, mean, out=np.zeros_like(carried), where=mean > 0)
    if bend > 0:
        return np.asarray(x / (1 + bend * x))
    start = _hinge(np.zeros(1), -bend)
    return np.asarray((_hinge(x, -bend) - start) / (1 - start))


def _hinge(x: Floats, at: float) -> Floats:
    return np.asarray((np.hypot(x - at, _ROUNDED) + (x - at)) / 2)


def fit(
    outcome: Floats,
    series: Sequence[Floats],
    controls: Floats,
    *,
    grid: Grid = PLAIN,
    tests: Sequence[Window] = (),
    beside: Floats | None = None,
) -> Posterior:
    """The posterior of the lift of `outcome` by mentions.

    `series`: ways of counting the same mentions, of which the data choose the weights (one is the ordinary case); days
    by which they are longer than the outcome lie before it and only warm the adstock up.
    `controls`: days down, intercept included. `beside`: mentions of others, carried over with the same decay and
    controlled for. `tests` enter as rows of known precision; their scale is the noise of the fit without them.
    """
    labels = _kernels(series, grid, days=len(outcome))
    kernels = labels.carried
    companions = None
    if beside is not None:
        companions = np.tile(adstock(beside, grid.decays, lag=grid.lag)[-len(outcome) :], len(grid.bends) * len(series))
    blocks = [_Block.of(outcome, kernels, companions, controls, noise) for noise in grid.noises]
    lost = controls.shape[1] + (companions is not None) if grid.counts_controls else 0
    free = _mixture(blocks, labels, kernels, degrees=len(outcome) - lost)
    posterior = _kept(free, grid, kernels, labels, variance=free.variance)
    told = [test for test in tests if _tells(test, posterior)]
    if not told:
        return posterior
    mixture = _mixture(blocks, labels, kernels, degrees=len(outcome) - lost, tests=told, variance=free.variance)
    return _kept(mixture, grid, kernels, labels, variance=free.variance)


def mixed(first: Posterior, second: Posterior, *, odds: float = 1.0) -> Posterior:
    """Both posteriors of the same days at `odds` for the first, whatever the data say: where they cannot be judge."""
    share = odds / (1 + odds)
    return Posterior(
        adstocks=np.hstack([first.adstocks, second.adstocks]),
        kernel=np.concatenate([first.kernel, second.kernel + first.adstocks.shape[1]]),
        weight=np.concatenate([first.weight * share, second.weight * (1 - share)]),
        location=np.concatenate([first.location, second.location]),
        scale=np.concatenate([first.scale, second.scale]),
        degrees=min(first.degrees, second.degrees),
        rho=np.concatenate([first.rho, second.rho]),
        residual_variance=(first.residual_variance + second.residual_variance) / 2,
        series=np.concatenate([first.series, second.series]),
        bend=np.concatenate([first.bend, second.bend]),
        decay=np.concatenate([first.decay, second.decay]),
    )


def _tells(test: Window, posterior: Posterior) -> bool:
    """Whether an experiment is precise enough to matter; one that is not must not count as an observation either."""
    low, high = posterior.total((0.05, 0.95), start=test.start, stop=test.stop)
    return bool(test.se < _UNTELLING * (high - low))


def _kept(mixture: _Mixture, grid: Grid, kernels: Floats, labels: _Kernels, *, variance: float) -> Posterior:
    keep = mixture.weight > _NEGLIGIBLE * mixture.weight.max()
    noise, kernel = np.nonzero(keep)
    weight = mixture.weight[keep]
    return Posterior(
        adstocks=kernels,
        kernel=kernel,
        weight=weight / weight.sum(),
        location=mixture.location[keep],
        scale=mixture.scale[keep],
        degrees=mixture.degrees,
        rho=np.array([one.rho for one in grid.noises])[noise],
        residual_variance=variance,
        series=labels.series,
        bend=labels.bend,
        decay=labels.decay,
    )


@dataclass(frozen=True)
class _Kernels:
    carried: Floats  # days x kernel
    series: Ints
    bend: Floats
    decay: Floats
    log_belief: Floats


def _kernels(series: Sequence[Floats], grid: Grid, *, days: int) -> _Kernels:
    columns, of_series, of_bend, of_decay, log_belief = [], [], [], [], []
    for number, mentions in enumerate(series):
        carried = adstock(mentions, grid.decays, lag=grid.lag)[-days:]
        for bend, share in zip(grid.bends, grid.belief or (1.0,) * len(grid.bends), strict=True):
            columns.append(respond(carried, bend))
            log_belief += [float(np.log(share))] * len(grid.decays)
            of_series += [number] * len(grid.decays)
            of_bend += [bend] * len(grid.decays)
            of_decay += list(grid.decays)
    return _Kernels(
        np.hstack(columns), np.array(of_series), np.array(of_bend), np.array(of_decay), np.array(log_belief)
    )


def whiten(columns: Floats, noise: Noise) -> tuple[Floats, float]:
    """Columns freed of the noise's correlation, with the log determinant of that step.

    Without drift this is the AR(1) difference with a stationary start. With drift it is the Kalman filter of level plus
    AR(1), the level starting at zero because the intercept is among the controls.
    """
    if noise.drift == 0.0:
        white = columns.copy()
        white[1:] -= noise.rho * columns[:-1]
        white[0] *= np.sqrt(1 - noise.rho**2)
        return white, 0.5 * float(np.log(1 - noise.rho**2))
    return _filtered(columns, noise)


def _filtered(columns: Floats, noise: Noise) -> tuple[Floats, float]:
    rho, step = noise.rho, noise.drift**2
    level_var, cross, ar_var = 0.0, 0.0, 1 / (1 - rho**2)
    level, ar = np.zeros(columns.shape[1]), np.zeros(columns.shape[1])
    white, log_f = np.empty_like(columns), 0.0
    for day, row in enumerate(columns):
        variance = level_var + 2 * cross + ar_var
        to_level, to_ar = (level_var + cross) / variance, (cross + ar_var) / variance
        surprise = row - level - ar
        white[day] = surprise / np.sqrt(variance)
        log_f += np.log(variance)
        level, ar = level + to_level * surprise, rho * (ar + to_ar * surprise)
        after = (level_var - to_level**2 * variance, cross - to_level * to_ar * variance, ar_var - to_ar**2 * variance)
        level_var, cross, ar_var = after[0] + step, rho * after[1], rho**2 * after[2] + 1
    return white, -0.5 * log_f


@dataclass(frozen=True)
class _Block:
    """Sums of squares and products of one noise's whitened columns, the controls already projected out."""

    treated: Floats  # p x p by kernel, priors included
    outcome: Floats  # p by kernel
    rest: float  # what the controls leave of the outcome
    log_prior: Floats
    log_controls: float

    @classmethod
    def of(cls, outcome: Floats, kernels: Floats, beside: Floats | None, controls: Floats, noise: Noise) -> _Block:
        treatments = [kernels] if beside is None else [kernels, beside]
        stacked = np.column_stack([outcome - outcome.mean(), controls, *treatments])
        white, log_step = whiten(stacked, noise)
        width, many = controls.shape[1], kernels.shape[1]
        y, held, moving = white[:, 0], white[:, 1 : 1 + width], white[:, 1 + width :]
        root = np.linalg.cholesky(held.T @ held + CONTROL_PRECISION * np.eye(width))
        inner_y = np.linalg.solve(root, held.T @ y)
        inner = np.linalg.solve(root, held.T @ moving)
        p = len(treatments)
        columns, inners = moving.reshape(len(y), p, many), inner.reshape(width, p, many)
        priors = TREATMENT_PRECISION * np.stack([kernel.var(axis=0) for kernel in treatments])
        priors = np.maximum(priors, 1e-300)
        square = np.einsum("npk,nqk->kpq", columns, columns) - np.einsum("wpk,wqk->kpq", inners, inners)
        square[:, range(p), range(p)] += priors.T
        target = (moving.T @ y - inner.T @ inner_y).reshape(p, many).T
        return cls(
            treated=square,
            outcome=target,
            rest=float(y @ y - inner_y @ inner_y),
            log_prior=0.5 * np.log(priors).sum(axis=0) + log_step,
            log_controls=float(2 * np.log(np.diag(root)).sum()),
        )


@dataclass(frozen=True)
class _Mixture:
    weight: Floats  # noise x kernel, as all below
    location: Floats
    scale: Floats
    degrees: float
    variance: float


def _mixture(
    blocks: Sequence[_Block],
    labels: _Kernels,
    kernels: Floats,
    *,
    degrees: float,
    tests: Sequence[Window] = (),
    variance: float = 1.0,
) -> _Mixture:
    known = np.array([test.mean for test in tests])
    carried = np.array([kernels[test.start : test.stop].sum(axis=0) for test in tests])  # tests x kernels
    precision = variance / np.array([test.se**2 for test in tests])
    degrees = degrees + len(tests)
    evidence, locations, scales, sums = [], [], [], []
    for block in blocks:
        square, target, rest = block.treated.copy(), block.outcome.copy(), block.rest
        if tests:
            square[:, 0, 0] += precision @ carried**2
            target[:, 0] += (precision * known) @ carried
            rest += float(precision @ known**2)
        inverse = np.linalg.inv(square)
        coefficients = np.einsum("kpq,kq->kp", inverse, target)
        left = np.maximum(rest - np.einsum("kp,kp->k", coefficients, target), 1e-12 * max(rest, 1e-300))
        log_volume = block.log_controls + np.linalg.slogdet(square)[1]
        evidence.append(labels.log_belief + block.log_prior - 0.5 * log_volume - degrees / 2 * np.log(left / 2))
        locations.append(coefficients[:, 0])
        scales.append(np.sqrt(left / degrees * inverse[:, 0, 0]))
        sums.append(left)
    log_weight = np.array(evidence)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    return _Mixture(weight, np.array(locations), np.array(scales), degrees, float((weight * sums).sum() / degrees))


def _cdf(posterior: Posterior, carried: Floats, at: Floats) -> Floats:
    """Distribution function of the lift with `carried` adstock sums (rows: quantities), at one amount a row."""
    spread = np.abs(carried) * posterior.scale
    off = at[:, None] - carried * posterior.location
    with np.errstate(divide="ignore", invalid="ignore"):
        standard = np.where(spread > 0, off / spread, np.where(off >= 0, np.inf, -np.inf))
    distribution: Floats = special.stdtr(posterior.degrees, standard) @ posterior.weight
    return distribution


def quantiles(posterior: Posterior, carried: Floats, levels: Sequence[float], *, precision: float = 1e-10) -> Floats:
    """Quantiles of the mixture, bracketed to `precision` of its widest component; rows as `carried`, levels across.

    A row that carries nothing is 0.
    """
    answers = np.zeros((carried.shape[0], len(levels)))
    spread = (np.abs(carried) * posterior.scale).max(axis=1)
    alive = np.flatnonzero(spread > 0)
    if not alive.size:
        return answers
    centre = (carried * posterior.location) @ posterior.weight
    reach = special.stdtrit(posterior.degrees, 1 - 1e-9) * np.abs(carried) * posterior.scale
    low = ((carried * posterior.location - reach).min(axis=1) - centre)[alive] / spread[alive]
    high = ((carried * posterior.location + reach).max(axis=1) - centre)[alive] / spread[alive]

    def excess(standard: Floats, row: Ints, level: Floats) -> Floats:
        return _cdf(posterior, carried[row], centre[row] + standard * spread[row]) - level

    for column, level in enumerate(levels):
        found = elementwise.find_root(
            excess, (low, high), args=(alive, np.full(alive.size, level)), tolerances={"xatol": precision, "xrtol": 0.0}
        )
        answers[alive, column] = centre[alive] + found.x * spread[alive]
    return answers
