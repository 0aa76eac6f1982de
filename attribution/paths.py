"""Journeys as paths of channels: what every model but the rules of a single order is counted from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from attribution.channels import DIRECT

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[Any]
# Touches looked at at once: arrays of a block stay in the processor's caches.
_BLOCK = 1 << 19
NOT_SET = "(not set)"


@dataclass(frozen=True)
class Paths:
    """Journeys in arrays. A journey's touches stand together and in order; `starts` are the places of their first.

    `channel` holds for each touch the place of its channel in `channels`. A journey stands for `conversions` of `value`
    in total, and for `nulls` journeys of the same path that ended without one.
    """

    channels: tuple[str, ...]
    channel: Numbers  # unsigned whole numbers, as narrow as the channels allow
    starts: Ints
    conversions: Ints
    value: Numbers  # integer minor units, or float where the source gives fractions
    nulls: Ints

    @property
    def lengths(self) -> Ints:
        return np.diff(self.starts, append=len(self.channel))

    @property
    def weight(self) -> Ints:
        return self.conversions + self.nulls

    def without_nulls(self) -> Paths:
        """The converting journeys alone: the others stand for nothing any more."""
        return replace(self, nulls=np.zeros_like(self.nulls))

    @property
    def longest(self) -> int:
        return int(self.lengths.max()) if len(self.starts) else 0

    def blocks(self, touches: int = _BLOCK) -> Iterator[Paths]:
        """The same journeys in pieces of about so many touches. All sums over journeys are sums over blocks."""
        journeys = len(self.starts)
        heads = np.unique(np.searchsorted(self.starts, np.arange(0, len(self.channel), touches)))
        for begin, end in pairwise([*heads[heads < journeys].tolist(), journeys]):
            first = self.starts[begin]
            last = self.starts[end] if end < journeys else len(self.channel)
            yield Paths(
                self.channels,
                self.channel[first:last],
                self.starts[begin:end] - first,
                self.conversions[begin:end],
                self.value[begin:end],
                self.nulls[begin:end],
            )

    def by_touch(self, of_journey: Numbers) -> Numbers:
        """A figure of each journey, repeated for each of its touches."""
        return np.repeat(of_journey, self.lengths)


def read_paths(frame: pl.DataFrame) -> Paths:
    """Paths of a long frame, one row a touch: journey, channel and, the same in all rows of a journey, conversions
    (default 1), value (default 0), nulls (default 0).

    The rows of a journey stand together in the order of its touches; raises ValueError where they do not. Journeys that
    stand for nothing (no conversions, no nulls) are left out. A null channel is "(not set)".
    """
    full = frame.with_columns(
        pl.lit(default, dtype=pl.Int64).alias(name)
        for name, default in (("conversions", 1), ("value", 0), ("nulls", 0))
        if name not in frame.columns
    )
    starts = _starts(full["journey"])
    first = full.select("conversions", "value", "nulls")[starts]
    if bool((first["conversions"] + first["nulls"] == 0).any()):
        return read_paths(full.filter(pl.col("conversions") + pl.col("nulls") > 0))
    names, codes = _codes(full["channel"])
    value = first["value"]
    return Paths(
        channels=names,
        channel=codes,
        starts=starts,
        conversions=first["conversions"].cast(pl.Int64).to_numpy(),
        value=(value.cast(pl.Float64) if value.dtype.is_float() else value.cast(pl.Int64)).to_numpy(),
        nulls=first["nulls"].cast(pl.Int64).to_numpy(),
    )


def _starts(journey: pl.Series) -> Ints:
    if journey.dtype.is_integer() and not journey.null_count():
        ids = journey.to_numpy()
        begins = np.append(np.ones(min(len(ids), 1), dtype=bool), ids[1:] != ids[:-1])
    else:
        begins = (journey != journey.shift()).fill_null(True).to_numpy()
    starts = np.flatnonzero(begins).astype(np.int64)
    heads = journey[starts]
    # Rising ids cannot come twice; only others are worth the count of distinct ones.
    if not heads.is_sorted() and heads.n_unique() != len(heads):
        raise ValueError("the touches of a journey do not stand together; sort the frame by journey and time")
    return starts


def _codes(channel: pl.Series) -> tuple[tuple[str, ...], Numbers]:
    if not isinstance(channel.dtype, pl.Enum) or channel.null_count():
        text = channel.cast(pl.String).fill_null(NOT_SET)
        channel = text.cast(pl.Enum(text.unique().sort()))
    known = channel.dtype
    names = tuple(known.categories) if isinstance(known, pl.Enum) else ()
    return names, channel.to_physical().to_numpy()


def merge_repeats(touches: pl.DataFrame) -> pl.DataFrame:
    """Consecutive touches of one channel as one: D A B B C D C C becomes D A B C D C."""
    key = pl.struct("journey", "channel")
    return touches.filter((key != key.shift()).fill_null(True))


def first_of_each(touches: pl.DataFrame) -> pl.DataFrame:
    """Each channel at its first touch alone: D A B B C D C C becomes D A B C."""
    return touches.unique(["journey", "channel"], keep="first", maintain_order=True)


def without(touches: pl.DataFrame, channel: str = DIRECT) -> pl.DataFrame:
    """The paths without a channel, but those that hold nothing else."""
    return touches.filter((pl.col("channel") != channel) | (pl.col("channel") == channel).all().over("journey"))
