"""Net sentiment: how people feel, with the interval its sample allows, and never over texts that were not scored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

MIN_SCORED = 30
Z90 = 1.6448536269514722


@dataclass(frozen=True)
class Feeling:
    """Label counts of a set of mentions. `net` is in [-1, 1], null below one scored text; the interval is 90 %."""

    positive: int
    neutral: int
    negative: int
    not_scored: int

    @property
    def scored(self) -> int:
        return self.positive + self.neutral + self.negative

    @property
    def total(self) -> int:
        return self.scored + self.not_scored

    @property
    def net(self) -> float | None:
        """(positive - negative) / scored."""
        return (self.positive - self.negative) / self.scored if self.scored else None

    @property
    def margin(self) -> float | None:
        """Half the width of the 90 % interval of `net`: z * sqrt((p + q - (p - q)^2) / n), the multinomial's variance.

        One pseudo-count is added to each label, so that a handful of equal labels never looks certain.
        """
        if not self.scored:
            return None
        n = self.scored + 3
        p, q = (self.positive + 1) / n, (self.negative + 1) / n
        return Z90 * math.sqrt((p + q - (p - q) ** 2) / n)

    @property
    def low(self) -> float | None:
        return None if self.net is None or self.margin is None else max(-1.0, self.net - self.margin)

    @property
    def high(self) -> float | None:
        return None if self.net is None or self.margin is None else min(1.0, self.net + self.margin)

    @property
    def enough(self) -> bool:
        """Whether a judgement may be shown: at least 30 scored texts."""
        return self.scored >= MIN_SCORED


def feeling(mentions: pl.DataFrame) -> Feeling:
    """Counts over one row a mention with a column `label` (positive | neutral | negative | null)."""
    counts = dict(mentions.group_by("label").len().iter_rows())
    return Feeling(
        positive=counts.get("positive", 0),
        neutral=counts.get("neutral", 0),
        negative=counts.get("negative", 0),
        not_scored=counts.get(None, 0),
    )


def feeling_by(mentions: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """One row per value of `by`, sorted; counts positive, neutral, negative, not_scored, scored, total; net, low, high.

    `net`, `low` and `high` are null where nothing was scored.
    """
    counts = mentions.group_by(by).agg(
        *(
            (pl.col("label") == label).sum().cast(pl.Int64).alias(label)
            for label in ("positive", "neutral", "negative")
        ),
        pl.col("label").is_null().sum().cast(pl.Int64).alias("not_scored"),
        pl.len().cast(pl.Int64).alias("total"),
    )
    scored = pl.col("positive") + pl.col("neutral") + pl.col("negative")
    n = pl.col("scored") + 3
    p, q = (pl.col("positive") + 1) / n, (pl.col("negative") + 1) / n
    margin = Z90 * ((p + q - (p - q) ** 2) / n).sqrt()
    net = pl.when(pl.col("scored") > 0).then((pl.col("positive") - pl.col("negative")) / pl.col("scored"))
    return (
        counts.with_columns(scored=scored)
        .with_columns(net=net)
        .with_columns(low=(pl.col("net") - margin).clip(-1, 1), high=(pl.col("net") + margin).clip(-1, 1))
        .sort(by, nulls_last=True)
    )
