"""English by vaderSentiment 3.3.2 (Hutto & Gilbert 2014): compound in [-1, 1], label cut at ±.05.

VADER states no confidence, so it is null.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from listener.sentiment import Label, Scored

SCORER = "vader-3.3.2"
LABEL_CUT = 0.05
# VADER's time grows with the square of the words, and an emoji becomes up to ten (cjhutto/vaderSentiment#110): a hostile
# post of 20,000 emoji would take minutes. Texts within these limits score exactly as with the package alone.
_WORDS_LIMIT = 1_000
_EMOJI_LIMIT = 150


def label_of(compound: float) -> Label:
    """positive from .05, negative from -.05, else neutral."""
    return "positive" if compound >= LABEL_CUT else "negative" if compound <= -LABEL_CUT else "neutral"


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def score_texts(texts: Sequence[str]) -> list[Scored]:
    """VADER's compound of each text."""
    return [_score(text) for text in texts]


@lru_cache(maxsize=10_000)
def _score(text: str) -> Scored:
    compound = float(_analyzer().polarity_scores(_bounded(text))["compound"])
    return Scored(compound, label_of(compound), None, SCORER, "scored")


def _bounded(text: str) -> str:
    """The text itself when of normal length; else its first words and emoji."""
    emojis = _analyzer().emojis
    seen = 0
    if len(text) > _EMOJI_LIMIT:
        for n, character in enumerate(text):
            seen += character in emojis
            if seen > _EMOJI_LIMIT:
                text = text[:n]
                break
    words = text.split()
    return text if len(words) <= _WORDS_LIMIT else " ".join(words[:_WORDS_LIMIT])
