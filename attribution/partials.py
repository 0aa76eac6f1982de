"""The statistics of every model over a part of the journeys, and their merge: one core, a pool of processes and a
cluster give the same answer.

    parts = [partial(read_paths(part)) for part in parts_by_customer]      anywhere, in any order
    results = solve(merge(parts))                                          on one machine, in milliseconds

Touches are divided into parts once, when they are stored, by a hash of the customer, so that a journey lies in one part
(`part_of`). A partial is a few small tables of sums. Counts and money in minor units are whole numbers: their sums are
the same whatever the parts. The one model whose sums are fractions, time_decay, adds whole multiples of a fixed small
unit (`_UNITS`), so that its sums are the same as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from attribution.channels import DIRECT
from attribution.markov import (
    TransitionCounts,
    global_credit,
    merge_counts,
    per_journey_credit,
    removal_effects,
    transition_counts,
)
from attribution.paths import Ints, Numbers, Paths
from attribution.shapley import merge_sets, set_game, set_sums

HALF_LIFE_SECONDS = 7 * 86_400.0
_KEYS = ("channel", "place", "of", "last_non_direct")
_CELLS = 1 << 22
# Parts of a conversion, and of a minor unit, that time_decay counts in: sums of whole numbers below 2^53 are exact in
# floats, here up to 67 million conversions and 1.3 billion of a currency of cents.
_UNITS = (float(1 << 27), float(1 << 16))


@dataclass(frozen=True)
class Partial:
    """places: channel, place, of, last_non_direct, conversions, value: the touches by their place on the path, and by
    whether they are the last that is not Direct (all Direct: the last). decay: channel, conversions, value under
    time_decay, null without times. chains: transition counts, one an order. sets: as `shapley.set_sums`.
    """

    places: pl.DataFrame
    decay: pl.DataFrame | None
    chains: tuple[TransitionCounts, ...]
    sets: pl.DataFrame


def part_of(customer: pl.Expr, *, parts: int) -> pl.Expr:
    """The number of the part, in [0, parts), that a customer's touches belong to. customer: an integer key."""
    # A fixed mix of the key's bits: unlike a library's hash, it is the same in every version of it.
    mixed = customer.cast(pl.Int64).cast(pl.Int128) * 0x9E3779B97F4A7C15
    return ((mixed // (1 << 32)) % parts).cast(pl.Int64)


def partial(
    paths: Paths,
    *,
    seconds: Numbers | None = None,
    orders: Sequence[int] = (1,),
    half_life_seconds: float = HALF_LIFE_SECONDS,
) -> Partial:
    """The sums of a part. `seconds` are the touches' times, for time_decay; without them that model is left out."""
    return Partial(
        places=_places(paths),
        decay=None if seconds is None else _decay(paths, seconds, half_life_seconds),
        chains=tuple(transition_counts(paths, order=order) for order in orders),
        sets=set_sums(paths),
    )


def merge(parts: Sequence[Partial]) -> Partial:
    """The sums of all parts together, added in the order of the parts. Raises ValueError without any."""
    if not parts:
        raise ValueError("there is nothing to merge")
    decays = [part.decay for part in parts if part.decay is not None]
    places = pl.concat([part.places for part in parts], how="vertical_relaxed")
    return Partial(
        places=places.group_by(_KEYS).agg(pl.col("conversions", "value").sum()).sort(_KEYS),
        decay=_added(decays) if len(decays) == len(parts) else None,
        chains=tuple(merge_counts(chains) for chains in zip(*(part.chains for part in parts), strict=True)),
        sets=merge_sets([part.sets for part in parts]),
    )


def solve(merged: Partial) -> pl.DataFrame:
    """model, channel, conversions, value; sorted. A chain of a higher order is the model "markov_2" and so on."""
    tables = {name: _rule(merged.places, name) for name in RULES}
    if merged.decay is not None:
        tables["time_decay"] = merged.decay
    for counts in merged.chains:
        name = "markov" if counts.order == 1 else f"markov_{counts.order}"
        tables[name] = global_credit(removal_effects(counts))
    tables["shapley"] = set_game(merged.sets)
    named = [
        table.select(pl.lit(name).alias("model"), "channel", pl.col("conversions", "value").cast(pl.Float64))
        for name, table in tables.items()
    ]
    return pl.concat(named).sort("model", "channel")


def per_journey(paths: Paths, merged: Partial) -> pl.DataFrame:
    """channel, conversions, value of a part under the per-journey Markov model, which needs the merged chain of order 1
    first; the parts' tables are added by `added`. Raises ValueError where no chain of order 1 was counted.
    """
    chain = next((counts for counts in merged.chains if counts.order == 1), None)
    if chain is None:
        raise ValueError("per-journey credit needs the chain of order 1; count it")
    return per_journey_credit(paths.without_nulls(), removal_effects(chain))


def added(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """channel, conversions, value of all parts, added in their order."""
    return _added(parts)


RULES: dict[str, pl.Expr] = {
    "first": (pl.col("place") == 1).cast(pl.Float64),
    "last": (pl.col("place") == pl.col("of")).cast(pl.Float64),
    "last_non_direct": pl.col("last_non_direct").cast(pl.Float64),
    "linear": 1 / pl.col("of"),
    "position_based": pl.when(pl.col("of") == 1)
    .then(1.0)
    .when(pl.col("of") == 2)
    .then(0.5)
    .when((pl.col("place") == 1) | (pl.col("place") == pl.col("of")))
    .then(0.4)
    .otherwise(0.2 / (pl.col("of") - 2)),
}


def _rule(places: pl.DataFrame, name: str) -> pl.DataFrame:
    weight = RULES[name]
    return (
        places.group_by("channel", maintain_order=True)
        .agg((pl.col("conversions") * weight).sum(), (pl.col("value") * weight).sum())
        .sort("channel")
    )


def _added(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    together = pl.concat(parts, how="vertical_relaxed").sort("channel", maintain_order=True)
    return together.group_by("channel", maintain_order=True).agg(pl.col("conversions", "value").sum())


def _places(paths: Paths) -> pl.DataFrame:
    """The touches added by _KEYS: at most channels x longest^2 x 2 rows, however many the touches."""
    width = paths.longest + 1
    shape = (len(paths.channels), width, width, 2)
    small = np.prod(shape, dtype=float) <= _CELLS and paths.value.dtype.kind == "i"
    amounts = {"conversions": paths.conversions, "value": paths.value}
    if small:
        tables = {name: np.zeros(int(np.prod(shape))) for name in amounts}
        for block in paths.blocks():
            code = _place_codes(block, width)
            for name, table in tables.items():
                table += np.bincount(code, weights=block.by_touch(getattr(block, name)), minlength=len(table))
        found = np.flatnonzero(tables["conversions"])
        # Sums of whole numbers below 2^53 are exact in floats.
        sums = pl.DataFrame({"code": found} | {name: table[found].astype(np.int64) for name, table in tables.items()})
    else:
        touches = {name: paths.by_touch(amount) for name, amount in amounts.items()}
        whole = pl.DataFrame({"code": _place_codes(paths, width)} | touches).filter(pl.col("conversions") != 0)
        sums = whole.group_by("code", maintain_order=True).agg(pl.exclude("code").sum())
    channel, place, of, last = np.unravel_index(sums["code"].to_numpy(), shape)
    keys = pl.DataFrame({"place": place, "of": of, "last_non_direct": last == 1})
    names = pl.Series("channel", [paths.channels[number] for number in channel], dtype=pl.String)
    return keys.insert_column(0, names).hstack(sums.drop("code")).sort(_KEYS)


def _place_codes(paths: Paths, width: int) -> Ints:
    """Channel, place, length and whether it is the last that is not Direct, as one number a touch."""
    lengths = paths.lengths
    code = paths.channel.astype(np.int64)
    code *= width
    code += np.arange(1, len(code) + 1)
    code -= np.repeat(paths.starts, lengths)
    code *= width
    code += np.repeat(lengths, lengths)
    code *= 2
    code[_last_plain(paths)] += 1
    return code


def _last_plain(paths: Paths) -> Ints:
    """For each journey the row of its last touch that is not Direct; of its last touch where all are."""
    ends = paths.starts + paths.lengths - 1
    if DIRECT not in paths.channels or not len(ends):
        return ends
    direct = paths.channels.index(DIRECT)
    rows = np.where(paths.channel == direct, -1, np.arange(len(paths.channel)))
    last = np.maximum.reduceat(rows, paths.starts)
    return np.where(last < 0, ends, last)


def _decay(paths: Paths, seconds: Numbers, half_life_seconds: float) -> pl.DataFrame:
    """Sums under time_decay. The last touch's time is the origin, so that no weight of it can vanish."""
    sums = np.zeros((2, len(paths.channels)))
    begin = 0
    for block in paths.blocks():
        times = seconds[begin : begin + len(block.channel)]
        begin += len(block.channel)
        last = times[block.starts + block.lengths - 1]
        raw = np.exp2((times - block.by_touch(last)) / half_life_seconds)
        whole = np.add.reduceat(raw, block.starts)
        for row, (amount, units) in enumerate(zip((block.conversions, block.value), _UNITS, strict=True)):
            counted = np.rint(raw * block.by_touch(amount * units / whole))
            sums[row] += np.bincount(block.channel, weights=counted, minlength=len(paths.channels))
    return pl.DataFrame(
        {"channel": list(paths.channels), "conversions": sums[0] / _UNITS[0], "value": sums[1] / _UNITS[1]},
        schema_overrides={"channel": pl.String},
    ).sort("channel")
