"""What a scorer's mistakes do to a share: from "30 % were called negative" to the share that probably is.

`sentiment/models/quality.json` holds, for each scorer and version, how often each label was given to labelled texts it
was not trained on; `bench/sentiment.py` measures and writes it. Those texts are of the scorer's own kind: on other talk
it does worse, and by how much only people's corrections tell.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from listener.feeling import Z90

LABELS = ("negative", "neutral", "positive")
LEAST_SEPARATION = 0.2  # of recall over false alarms: below it a share says nothing about the truth


@dataclass(frozen=True)
class Quality:
    """`counts[i][j]`: labelled texts of `where` that are LABELS[i] and were called LABELS[j]."""

    scorer: str
    language: str
    where: str
    macro_f1: float
    counts: tuple[tuple[int, ...], ...]

    @property
    def texts(self) -> int:
        return sum(map(sum, self.counts))

    @property
    def are_negative(self) -> int:
        return sum(self.counts[0])

    @property
    def recall(self) -> float:
        """Of the negative texts, the share called negative."""
        return self.counts[0][0] / self.are_negative

    @property
    def precision(self) -> float:
        """Of the texts called negative, the share that is negative; on texts with these many negative ones alone."""
        return self.counts[0][0] / max(sum(row[0] for row in self.counts), 1)

    @property
    def false_alarms(self) -> float:
        """Of the texts that are not negative, the share called negative."""
        return sum(row[0] for row in self.counts[1:]) / max(self.texts - self.are_negative, 1)


@dataclass(frozen=True)
class TrueShare:
    """A share of negative texts in [0, 1] that a shown share stands for, with its 90 % interval."""

    share: float
    low: float
    high: float


def true_share(shown: float, *, n: int, quality: Quality) -> TrueShare | None:
    """The share of negative texts behind a share `shown` of `n` texts called negative.

    None where it cannot be told: the scorer hardly parts the two, or makes other mistakes here than where measured.

    (shown - f) / (r - f), r the recall and f the false alarms (Rogan & Gladen 1978), kept within [0, 1]; the interval
    holds the chance in `n` and in the measured texts (delta method). r and f, unlike precision, do not depend on how
    many texts are negative, so they carry over to another period.
    """
    r, f = quality.recall, quality.false_alarms
    apart = r - f
    if n < 1 or apart < LEAST_SEPARATION:
        return None
    share = (shown - f) / apart
    others = quality.texts - quality.are_negative
    smoothed = (shown * n + 1) / (n + 2)  # an empty or full sample is not certain either
    variance = smoothed * (1 - smoothed) / n
    variance += share**2 * r * (1 - r) / quality.are_negative + (1 - share) ** 2 * f * (1 - f) / others
    margin = Z90 * math.sqrt(variance) / apart
    if share + margin <= 0 or share - margin >= 1:
        return (
            None  # these texts are not like the measured ones: their mistakes alone would call more, or less, negative
        )
    low, middle, high = (min(max(value, 0.0), 1.0) for value in (share - margin, share, share + margin))
    return TrueShare(middle, low, high)


def quality_of(scorer: str) -> Quality | None:
    """What was measured of this scorer and version; None where nothing was."""
    return _measured().get(scorer)


@lru_cache(maxsize=1)
def _measured() -> dict[str, Quality]:
    path = quality_file()
    if not path.exists():
        return {}
    known: dict[str, Quality] = {}
    for scorer, one in json.loads(path.read_text(encoding="utf-8")).items():
        counts = tuple(tuple(row) for row in one["counts"])
        known[scorer] = Quality(scorer, one["language"], one["where"], one["macro_f1"], counts)
    return known


def quality_file() -> Path:
    return Path(__file__).parent / "sentiment" / "models" / "quality.json"
