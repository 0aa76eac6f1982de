"""An estimated amount with its range; light to import, for those who only show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Interval:
    """An estimated amount in minor units: the truth lies in [low, high] in about 90 of 100 cases."""

    low: int
    median: int
    high: int

    def clipped(self, *, at: int) -> Interval:
        """The same within [0, at]: an indirect return is neither a loss nor more than there is."""
        low, median, high = (min(max(value, 0), max(at, 0)) for value in (self.low, self.median, self.high))
        return Interval(low, median, high)


@dataclass(frozen=True)
class Note:
    """Something to say beside an estimate: a key that the interface has a sentence for, and the figures in it."""

    key: str
    values: Mapping[str, float] = field(default_factory=dict)
