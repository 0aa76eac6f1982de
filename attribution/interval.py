"""An estimated amount with its range; light to import, for those who only show it."""

from __future__ import annotations

from dataclasses import dataclass


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
