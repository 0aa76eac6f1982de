"""Simulated worlds with a known lift, and how often the lift's interval holds the truth in them.

    python -m bench.lift_worlds --seeds 200 --write        measures and writes attribution/data/lift_coverage.csv and
                                                           bench/results/lift_coverage.md
    python -m bench.lift_worlds --seeds 50 --tuning        the same on seeds that are never reported

The first five worlds are a published recipe; the others are worlds the estimator was not built for. Reported seeds are
1000 x days + k; tuning used 10,000,000 + 1000 x days + k.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from attribution.lift import LiftEstimate, estimate_lift

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
TUNING = 10_000_000
ROOT = Path(__file__).resolve().parent.parent
CSV = ROOT / "attribution" / "data" / "lift_coverage.csv"
TABLE = ROOT / "bench" / "results" / "lift_coverage.md"
SCHEMA = {
    "world": pl.String,
    "days": pl.Int64,
    "seeds": pl.Int64,
    "coverage": pl.Float64,  # of the shown intervals
    "above_zero": pl.Float64,  # shown intervals that exclude 0, of all seeds: false alarms where there is no lift
    "plain": pl.Float64,  # shares of the headline's variants
    "both": pl.Float64,
    "lagged": pl.Float64,
    "withheld": pl.Float64,
    "width": pl.Float64,  # median of (high - low) / true lift, of revenue where there is no lift
    "error": pl.Float64,  # median of |median - truth| in the same unit
    "naive_above_zero": pl.Float64,  # what the plain fit alone would have claimed
}
NO_LIFT = ("null", "buyers", "sparse_null")
WHAT = {
    "plain": "lift in proportion to carried-over talk, week, trend, AR(0.4) noise",
    "promo": "the same; promotions make talk and sales",
    "rw": "the same; the level wanders at random",
    "null": "promotions make talk; no lift at all",
    "hidden": "something unseen moves talk and sales",
    "saturating": "lift flattens: 1 - exp(-talk / 30)",
    "threshold": "only talk above 15 a day sells",
    "delayed": "talk sells two to five days later, nothing at once",
    "heavy": "noise with heavy tails (Student t, 3)",
    "breaks": "the level jumps twice",
    "buyers": "no lift; buyers post within two days",
    "buyers_lift": "buyers post within two days, and talk sells",
    "sparse": "3 mentions a week, 30 orders a day",
    "sparse_null": "the same without a lift",
}


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


def as_daily(world: World) -> pl.DataFrame:
    """The world as the estimator's daily table, money in cents."""
    start = dt.date(2024, 1, 1)
    days = pl.date_range(start, start + dt.timedelta(days=len(world.revenue) - 1), eager=True)
    return pl.DataFrame(
        {
            "day": days,
            "pool_minor": np.round(world.revenue * 100),
            "mentions": world.mentions,
            "promo": world.promo,
        }
    )


def measure(kind: str, days: int, *, seeds: int, first_seed: int = 0) -> dict[str, object]:
    """One row of the table: `seeds` worlds of a kind and length."""
    pairs = []
    for seed in range(seeds):
        world = simulate(kind, days, first_seed + 1000 * days + seed)
        pairs.append((world, estimate_lift(as_daily(world), controls=["promo"])))
    shown = [(world, estimate) for world, estimate in pairs if estimate.total]
    sizes = [(_size(world), world, estimate) for world, estimate in shown]
    return {
        "world": kind,
        "days": days,
        "seeds": seeds,
        "coverage": _share((_holds(estimate, world) for world, estimate in shown), len(shown)),
        "above_zero": _share((estimate.total.low > 0 for _, estimate in shown if estimate.total), seeds),
        **{
            name: _share((estimate.headline == name for _, estimate in pairs), seeds)
            for name in ("plain", "both", "lagged", "withheld")
        },
        "width": float(np.median([(e.total.high - e.total.low) / size for size, _, e in sizes if e.total])),
        "error": float(np.median([abs(e.total.median - 100 * w.lift.sum()) / size for size, w, e in sizes if e.total])),
        "naive_above_zero": _share((estimate.plain.low > 0 for _, estimate in pairs if estimate.plain), seeds),
    }


def _size(world: World) -> float:
    return 100 * float(world.lift.sum() or world.revenue.sum())


def _holds(estimate: LiftEstimate, world: World) -> bool:
    return estimate.total is not None and estimate.total.low <= 100 * world.lift.sum() <= estimate.total.high


def _share(found: Iterable[bool], whole: int) -> float:
    return sum(map(bool, found)) / whole if whole else 0.0


def table_of(rows: pl.DataFrame) -> str:
    """The rows as the committed page."""
    lines = [
        "# How often the interval of the indirect return holds the truth",
        "",
        "Nominal 90 %. Simulated worlds whose lift is known; seeds 1000 x days + k, none of which was used in tuning.",
        "Monte Carlo error of 200 seeds: about 2 points. Made by `python -m bench.lift_worlds --seeds 200 --write`.",
        "*Coverage* is that of the shown intervals. *Above 0* is the share of worlds whose shown interval excludes 0:",
        "false alarms where there is no lift. *Naive* is what the plain fit alone would have claimed. *Width* and",
        "*error* are medians, of the true lift (of revenue where there is none).",
        "",
        "| world | days | seeds | coverage | above 0 | naive | width | error | plain / both / lagged / withheld |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows.iter_rows(named=True):
        variants = " / ".join(f"{row[name]:.0%}" for name in ("plain", "both", "lagged", "withheld"))
        lines.append(
            f"| {row['world']} | {row['days']} | {row['seeds']} | {row['coverage']:.1%} | {row['above_zero']:.1%} "
            f"| {row['naive_above_zero']:.0%} | {row['width']:.0%} | {row['error']:.1%} | {variants} |"
        )
    lines += [
        "",
        "| world | what happens in it |",
        "|---|---|",
        *(f"| {name} | {what} |" for name, what in WHAT.items()),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--kinds", nargs="+", default=[*BUILT_FOR, *OTHER], choices=[*BUILT_FOR, *OTHER])
    parser.add_argument("--days", nargs="+", type=int, default=list(LENGTHS))
    parser.add_argument("--tuning", action="store_true", help="seeds that are never reported")
    parser.add_argument("--write", action="store_true", help="replace the measured rows in the committed table")
    chosen = parser.parse_args()
    rows = []
    for kind in chosen.kinds:
        for days in chosen.days:
            rows.append(measure(kind, days, seeds=chosen.seeds, first_seed=TUNING if chosen.tuning else 0))
            print(rows[-1], flush=True)
            if chosen.write and not chosen.tuning:
                write(pl.DataFrame(rows, schema=SCHEMA))


def write(rows: pl.DataFrame) -> None:
    """Replaces these rows of the committed table and keeps the others."""
    old = pl.read_csv(CSV, schema=SCHEMA) if CSV.exists() else pl.DataFrame(schema=SCHEMA)
    kept = old.join(rows, on=["world", "days"], how="anti")
    order = pl.col("world").replace_strict({name: number for number, name in enumerate(WHAT)}, return_dtype=pl.Int64)
    table = pl.concat([kept, rows]).sort(order, "days").with_columns(pl.col(pl.Float64).round(4))
    TABLE.parent.mkdir(exist_ok=True)
    table.write_csv(CSV)
    TABLE.write_text(table_of(table), encoding="utf-8")


if __name__ == "__main__":
    main()
