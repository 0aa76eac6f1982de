"""English by vaderSentiment 3.3.2 (Hutto & Gilbert 2014): compound in [-1, 1], label cut at ±.05.

The scores are the package's own, worked out by `listener.sentiment.english`. VADER states no confidence: it is null.
"""

from __future__ import annotations

from collections.abc import Sequence

from listener.sentiment import Label, Scored, english

SCORER = "vader-3.3.2"
LABEL_CUT = 0.05


def label_of(compound: float) -> Label:
    """positive from .05, negative from -.05, else neutral."""
    return "positive" if compound >= LABEL_CUT else "negative" if compound <= -LABEL_CUT else "neutral"


def score_texts(texts: Sequence[str]) -> list[Scored]:
    """VADER's compound of each text."""
    compounds = english.load().compounds(texts)
    return [Scored(compound, label_of(compound), None, SCORER, "scored") for compound in compounds]
