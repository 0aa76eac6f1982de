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


def feeling_of_days(days: pl.DataFrame) -> Feeling:
    """The same from sums: rows of `listener.days.sentiment_days`, each mention in one of them."""
    names = ("positive", "neutral", "negative", "not_scored")
    return Feeling(**{name: int(days[name].sum()) for name in names})


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


def not_scored(mentions: pl.DataFrame) -> pl.DataFrame:
    """Why texts carry no score: language (null: not recognised), reason (`score_status`), n; most first.

    A text that a person labelled is not among them.
    """
    return (
        mentions.filter(pl.col("label").is_null())
        .group_by("language", pl.col("score_status").alias("reason"))
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .sort("n", "language", "reason", descending=[True, False, False], nulls_last=True)
    )


def scored_by(mentions: pl.DataFrame) -> pl.DataFrame:
    """Per language and scorer, over labels as scored: scored, negative, reviewed (labels people set), agreed (alike).

    Labels as scored and not as corrected: what the scorer's measured mistakes explain is what the scorer said.
    """
    return (
        mentions.filter(pl.col("label_scored").is_not_null())
        .group_by("language", "scorer")
        .agg(
            pl.len().cast(pl.Int64).alias("scored"),
            (pl.col("label_scored") == "negative").sum().cast(pl.Int64).alias("negative"),
            pl.col("label_corrected").is_not_null().sum().cast(pl.Int64).alias("reviewed"),
            (pl.col("label_corrected") == pl.col("label_scored")).sum().cast(pl.Int64).alias("agreed"),
        )
        .sort("scored", "language", "scorer", descending=[True, False, False], nulls_last=True)
    )


def agreement_interval(agreed: int, reviewed: int) -> tuple[float, float] | None:
    """The 90 % Wilson interval of agreed / reviewed; None without a review."""
    if not reviewed:
        return None
    share, z2 = agreed / reviewed, Z90 * Z90
    middle = (share + z2 / (2 * reviewed)) / (1 + z2 / reviewed)
    half = Z90 / (1 + z2 / reviewed) * math.sqrt(share * (1 - share) / reviewed + z2 / (4 * reviewed**2))
    return max(0.0, middle - half), min(1.0, middle + half)
