"""Simulated worlds with a known lift, and how often the lift's interval holds the truth in them.

    python -m bench.lift_worlds --seeds 200 --write        the committed table, bench/results/lift_coverage.csv and .md
    python -m bench.lift_worlds --seeds 50 --tuning        the same on seeds that are never reported

The first five worlds are a published recipe; the others are worlds the estimator was not built for. Reported seeds are
1000 x days + k; tuning used 10,000,000 + 1000 x days + k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
BUILT_FOR = ("plain", "promo", "rw", "null")
OTHER = (
    "hidden",
    "saturating",
    "threshold",
    "delayed",
    "heavy",
    "breaks",
    "buyers",
    "buyers_lift",
    "sparse",
    "sparse_null",
)
LENGTHS = (90, 365, 730)


@dataclass(frozen=True)
class World:
    """A series as a shop would see it, with the lift that only the simulator knows; money in whole units."""

    revenue: Floats
    mentions: Floats
    promo: Floats
    lift: Floats
    decay: float


def simulate(kind: str, days: int, seed: int) -> World:
    """One world. Same kind, days and seed give the same world. Raises ValueError for an unknown kind."""
    if kind not in (*BUILT_FOR, *OTHER):
        raise ValueError(f"no world is called {kind!r}")
    rng = np.random.default_rng(seed)
    if kind.startswith("sparse"):
        return _sparse(rng, days, effect=0.0 if kind == "sparse_null" else 1.2)
    if kind.startswith("buyers"):
        return _buyers(rng, days, effect=8.0 if kind == "buyers_lift" else 0.0)
    return _recipe(rng, kind, days)


def _ar(rng: np.random.Generator, rho: float, days: int, draws: Floats | None = None) -> Floats:
    steps = (rng.normal(0, 1, days) if draws is None else draws) * np.sqrt(1 - rho**2)
    out = np.empty(days)
    out[0] = rng.normal()
    for day in range(1, days):
        out[day] = rho * out[day - 1] + steps[day]
    return out


def carried(mentions: Floats, decay: float) -> Floats:
    out, last = np.empty(len(mentions)), 0.0
    for day, count in enumerate(mentions):
        out[day] = last = (1 - decay) * count + decay * last
    return out


def _talk(rng: np.random.Generator, days: int) -> Floats:
    """Mentions a day: a slow mood, and a burst of three days every two months."""
    mentions = rng.poisson(20 * np.exp(0.6 * _ar(rng, 0.7, days))).astype(float)
    for start in rng.choice(days, max(1, days // 60), replace=False):
        for offset, size in enumerate((120, 60, 30)):
            if start + offset < days:
                mentions[start + offset] += rng.poisson(size)
    return mentions


def _recipe(rng: np.random.Generator, kind: str, days: int) -> World:
    mentions = _talk(rng, days)
    decay = rng.uniform(0.2, 0.8)
    promo = (rng.random(days) < 0.06).astype(float)
    if kind == "promo":
        mentions = mentions + 25 * promo
    day = np.arange(days)
    phase = rng.uniform(0, 6)
    season = 150 * np.sin(2 * np.pi * day / 7 + phase) + 60 * np.cos(4 * np.pi * day / 7)
    noise = 100 * _ar(rng, 0.4, days, rng.standard_t(3, days) / np.sqrt(3) if kind == "heavy" else None)
    level = 2000 + 300 * day / 365
    if kind == "rw":
        level = level + np.cumsum(rng.normal(0, 25, days))
    if kind == "breaks":
        level = level + sum(rng.normal(0, 300) * (day >= at) for at in rng.choice(days, 2, replace=False))
    hidden = np.zeros(days)
    if kind == "hidden":
        cause = _ar(rng, 0.8, days)
        mentions = rng.poisson(mentions * np.exp(0.4 * cause)).astype(float)
        hidden = 120 * cause
    lift = _response(kind, mentions, decay)
    return World(level + season + noise + hidden + 400 * promo + lift, mentions, promo, lift, decay)


def _response(kind: str, mentions: Floats, decay: float) -> Floats:
    strength = carried(mentions, decay)
    if kind == "null":
        return np.zeros(len(mentions))
    if kind == "saturating":
        return 600 * (1 - np.exp(-strength / 30))
    if kind == "threshold":
        return 12 * np.maximum(strength - 15, 0)
    if kind == "delayed":
        later = np.convolve(mentions, [0, 0.1, 0.3, 0.3, 0.2, 0.1])[: len(mentions)]
        return 10 * later
    return 10 * strength


def _orders(rng: np.random.Generator, expected: Floats) -> tuple[Floats, Floats]:
    """Orders a day and their revenue: baskets around 50, log-normal."""
    orders = rng.poisson(expected)
    return orders.astype(float), np.array([rng.lognormal(3.76, 0.55, count).sum() for count in orders])


def _buyers(rng: np.random.Generator, days: int, *, effect: float) -> World:
    """People who bought post about it on the same day or one of the two after."""
    talk = np.round(_talk(rng, days) * 0.2)
    decay = rng.uniform(0.2, 0.8)
    promo = (rng.random(days) < 0.06).astype(float)
    day = np.arange(days)
    mood = 1 + 0.08 * np.sin(2 * np.pi * day / 7 + rng.uniform(0, 6)) + 0.15 * day / 365 + 0.06 * _ar(rng, 0.5, days)
    base = np.maximum(40 * mood + 8 * promo, 1.0)
    if effect:
        base = base + effect / 50 * carried(talk, decay)
    orders, revenue = _orders(rng, base)
    posts = np.zeros(days)
    for offset, share in enumerate((0.25, 0.2, 0.1)):
        posts[offset:] += rng.poisson(share * orders[: days - offset])
    lift = effect * carried(talk, decay)
    return World(revenue, talk + posts, promo, lift, decay)


def _sparse(rng: np.random.Generator, days: int, *, effect: float) -> World:
    """Three mentions a week and thirty orders a day."""
    mentions = rng.poisson(3 / 7, days).astype(float)
    decay = rng.uniform(0.2, 0.8)
    promo = (rng.random(days) < 0.06).astype(float)
    day = np.arange(days)
    base = 30 * (1 + 0.1 * np.sin(2 * np.pi * day / 7 + rng.uniform(0, 6)) + 0.15 * promo)
    caused = effect * carried(mentions, decay)
    _, revenue = _orders(rng, base + caused)
    return World(revenue, mentions, promo, 50.9 * caused, decay)
