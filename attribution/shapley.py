"""Shapley credit: a channel's mean contribution over all orders in which channels could have joined.

set game    v(S) = conversions (or value) of the journeys whose channels all lie in S. Solved in closed form: each
            journey is divided equally over its distinct channels. Credit sums to the total.
rate game   v(S) = conversions / (conversions + nulls) of these journeys. Counts journeys that failed, so that a
            channel can have a negative part; a share of the rate, never money. Sums to the overall rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from attribution.paths import Ints, Paths

MAX_EXACT = 12
SAMPLES = 2_000
_WORD = 62  # channels that one integer of 64 bits marks
Floats = npt.NDArray[np.float64]


def set_sums(paths: Paths) -> pl.DataFrame:
    """channels (sorted list), conversions, value, nulls: the journeys of each set of channels, added. Sorted by set.

    All that Shapley needs of the data; sums of parts are merged by `merge_sets`.
    """
    words = {f"_{start}": _marks(paths, start) for start in range(0, max(len(paths.channels), 1), _WORD)}
    sums = (
        pl.DataFrame(words | {"conversions": paths.conversions, "value": paths.value, "nulls": paths.nulls})
        .group_by(list(words), maintain_order=True)
        .agg(pl.col("conversions", "value", "nulls").sum())
    )
    sets = [_named(row, paths.channels) for row in sums.select(list(words)).rows()]
    return sums.select(pl.Series("channels", sets, dtype=pl.List(pl.String)), "conversions", "value", "nulls").sort(
        "channels"
    )


def merge_sets(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The sums of all parts together, added in the order of the parts."""
    together = pl.concat(parts, how="vertical_relaxed").sort("channels", maintain_order=True)
    return together.group_by("channels", maintain_order=True).agg(pl.exclude("channels").sum())


def set_game(sets: pl.DataFrame) -> pl.DataFrame:
    """channel, conversions, value: exact for any number of channels; sums to the totals. Sorted by channel."""
    members = pl.col("channels").list.len()
    return (
        sets.with_columns(pl.col("conversions", "value") / members)
        .explode("channels", empty_as_null=True)
        .sort("channels", maintain_order=True)
        .group_by(channel="channels", maintain_order=True)
        .agg(pl.col("conversions", "value").sum())
    )


@dataclass(frozen=True)
class RateGame:
    """channels: channel, rate, standard_error (0 where exact). `seed` and `samples` are null where exact."""

    channels: pl.DataFrame
    exact: bool
    seed: int | None
    samples: int | None


def rate_game(sets: pl.DataFrame, *, max_exact: int = MAX_EXACT, samples: int = SAMPLES, seed: int = 0) -> RateGame:
    """Parts of the conversion rate. Exact up to `max_exact` channels; above that the mean over `samples` orders of
    joining, each with its reverse, drawn with `seed`, with the standard error of that mean.
    """
    names = sorted({name for row in sets["channels"] for name in row})
    member = np.array([[name in row for name in names] for row in map(set, sets["channels"])], dtype=bool)
    member = member.reshape(sets.height, len(names))
    counts = sets.select("conversions", "nulls").cast(pl.Float64).to_numpy()
    exact = len(names) <= max_exact
    if exact:
        rate, error = _enumerated(member, counts), np.zeros(len(names))
    else:
        rate, error = _sampled(member, counts, samples=samples, seed=seed)
    table = pl.DataFrame(
        {"channel": names, "rate": rate, "standard_error": error},
        schema={"channel": pl.String, "rate": pl.Float64, "standard_error": pl.Float64},
    )
    return RateGame(table, exact, None if exact else seed, None if exact else samples)


def _marks(paths: Paths, start: int) -> Ints:
    """For each journey the bits of those of its channels that stand at start .. start + 61."""
    bits = np.array(
        [1 << (place - start) if 0 <= place - start < _WORD else 0 for place in range(len(paths.channels))],
        dtype=np.int64,
    )
    if not len(paths.starts):
        return np.zeros(0, dtype=np.int64)
    joined: Ints = np.bitwise_or.reduceat(bits[paths.channel], paths.starts)
    return joined


def _named(words: Sequence[int], channels: Sequence[str]) -> list[str]:
    return [name for place, name in enumerate(channels) if words[place // _WORD] >> (place % _WORD) & 1]


def _rate(counts: Floats) -> Any:
    total = counts.sum(axis=-1)
    return np.divide(counts[..., 0], total, out=np.zeros_like(total), where=total > 0)


def _enumerated(member: npt.NDArray[np.bool_], counts: Floats) -> Floats:
    """Over all 2^m coalitions: their counts by adding subsets one channel at a time, then Shapley's weights."""
    channels = member.shape[1]
    inside = np.zeros((1 << channels, 2))
    np.add.at(inside, member @ (1 << np.arange(channels, dtype=np.int64)), counts)
    coalition = np.arange(1 << channels)
    for channel in range(channels):
        having = coalition[coalition >> channel & 1 == 1]
        inside[having] += inside[having ^ (1 << channel)]
    worth = _rate(inside)
    size = np.array([code.bit_count() for code in range(1 << channels)])
    weights = np.array([1 / (channels * comb(channels - 1, others)) for others in range(channels)])
    parts = np.empty(channels)
    for channel in range(channels):
        others = coalition[coalition >> channel & 1 == 0]
        parts[channel] = (weights[size[others]] * (worth[others | 1 << channel] - worth[others])).sum()
    return parts


def _sampled(member: npt.NDArray[np.bool_], counts: Floats, *, samples: int, seed: int) -> tuple[Floats, Floats]:
    """Mean and standard error over drawn orders. An order and its reverse are one draw: their errors largely cancel."""
    random = np.random.default_rng(seed)
    channels = member.shape[1]
    draws = np.empty((samples, channels))
    for draw in range(samples):
        joining = random.permutation(channels)
        draws[draw] = (_along(joining, member, counts) + _along(joining[::-1], member, counts)) / 2
    return draws.mean(axis=0), draws.std(axis=0, ddof=1) / np.sqrt(samples)


def _along(joining: Ints, member: npt.NDArray[np.bool_], counts: Floats) -> Floats:
    """What each channel adds to the rate when channels join in this order."""
    place = np.empty(len(joining), dtype=np.int64)
    place[joining] = np.arange(len(joining))
    # A set is complete when its last member has joined.
    complete = np.where(member, place, 0).max(axis=1)
    grown = np.stack([np.bincount(complete, weights=column, minlength=len(joining)) for column in counts.T], axis=1)
    worth = _rate(grown.cumsum(axis=0))
    added = np.empty(len(joining))
    added[joining] = np.diff(worth, prepend=0.0)
    return added
