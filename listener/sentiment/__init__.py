"""How a text feels. A language without a scorer gets no score: null and the reason, never 0.0.

A scorer is a function from texts to `Scored`, registered under its language in `_SCORERS`; it is loaded at first use:
English is VADER's, five languages have a linear model each in models/ (a model file left out is a language not scored).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Literal

from listener.sentiment.cache import ScoreCache

if TYPE_CHECKING:
    from listener.sentiment.linear import LinearModel

Label = Literal["positive", "neutral", "negative"]
Status = Literal["scored", "no_scorer", "no_language", "no_text"]


@dataclass(frozen=True)
class Scored:
    """score in [-1, 1] (negative to positive), label, confidence in [0, 1] if the scorer has one; else the reason."""

    score: float | None
    label: Label | None
    confidence: float | None
    scorer: str | None
    status: Status


Scorer = Callable[[Sequence[str]], list[Scored]]

_LINEAR = ("ar", "he", "hu", "pl", "vi")
# Possessive throughout: strangers write the texts, and nothing here is ever tried twice
_NO_TALK = re.compile(
    r"(?:https?://\S++|www\.\S++|[@＠]\w++(?:[.\-]\w++)*+|[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]++)*+"
)

NO_TEXT = Scored(None, None, None, None, "no_text")
NO_LANGUAGE = Scored(None, None, None, None, "no_language")
NO_SCORER = Scored(None, None, None, None, "no_scorer")


def scorer_for(language: str) -> Scorer | None:
    """The scorer of a language, or None."""
    load = _SCORERS.get(language)
    return load() if load else None


def scored_languages() -> tuple[str, ...]:
    """The languages whose texts get a score here, sorted."""
    return tuple(sorted(language for language in _SCORERS if scorer_for(language)))


def scorer_name(language: str) -> str | None:
    """Name and version of a language's scorer, as stored with each score ("hng-pl/2"); None without a scorer.

    Whatever changes a score changes this name, so that `earned sentiment --rescore` finds what is out of date.
    """
    if language == "en":
        from listener.sentiment import vader

        return vader.SCORER
    scorer = scorer_for(language)
    model = getattr(scorer, "args", (None,))[0]
    return model.scorer if model is not None else None


def _english() -> Scorer:
    from listener.sentiment import vader

    return vader.score_texts


@lru_cache(maxsize=len(_LINEAR))
def _linear(language: str) -> Scorer | None:
    """The language's model, or None where the build left its file out."""
    from listener.sentiment import linear

    path = linear.model_path(language)
    return partial(_by_model, linear.read_model(path)) if path.exists() else None


def _by_model(model: LinearModel, texts: Sequence[str]) -> list[Scored]:
    from listener.sentiment import linear

    table = linear.score(model, linear.text_series(texts))
    return [Scored(score, label, confidence, model.scorer, "scored") for score, label, confidence in table.iter_rows()]


_SCORERS: dict[str, Callable[[], Scorer | None]] = {
    "en": _english,
    **{language: partial(_linear, language) for language in _LINEAR},
}


def score(
    texts: Sequence[str],
    languages: Sequence[str | None],
    *,
    scorers: Mapping[str, Scorer] | None = None,
    cache: ScoreCache | None = None,
) -> list[Scored]:
    """One `Scored` a text, in order; `languages` as detected (None: unknown). Identical texts are scored once.

    `scorers` stand in for the built-in scorer of their language; `cache` keeps built-in scores from batch to batch. A
    text of nothing but links, names and spaces is "no_text": every scorer would return a number for it.
    """
    results: list[Scored] = [NO_TEXT] * len(texts)
    batches: dict[str, dict[str, list[int]]] = {}
    for n, (text, language) in enumerate(zip(texts, languages, strict=True)):
        if _NO_TALK.fullmatch(text):
            continue
        if language is None:
            results[n] = NO_LANGUAGE
        else:
            batches.setdefault(language, {}).setdefault(text, []).append(n)
    for language, places in batches.items():
        scored = _scored_in(language, list(places), scorers or {}, cache)
        for value, numbers in zip(scored, places.values(), strict=True):
            for n in numbers:
                results[n] = value
    return results


def _scored_in(
    language: str, texts: Sequence[str], scorers: Mapping[str, Scorer], cache: ScoreCache | None
) -> Sequence[Scored]:
    scorer = scorers[language] if language in scorers else scorer_for(language)
    if scorer is None:
        return [NO_SCORER] * len(texts)
    name = None if language in scorers or cache is None else scorer_name(language)
    return scorer(texts) if name is None or cache is None else cache.score(name, texts, scorer)
