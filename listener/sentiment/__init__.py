"""How a text feels. A language without a scorer gets no score: null and the reason, never 0.0.

A scorer is a function from texts to `Scored`, registered under its language in `_SCORERS`; it is loaded at first use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

Label = Literal["positive", "neutral", "negative"]
Status = Literal["scored", "no_scorer", "no_language", "no_text"]


@dataclass(frozen=True)
class Scored:
    """score in [-1, 1] (negative to positive), its label, confidence in [0, 1] where the scorer has one; else the reason."""

    score: float | None
    label: Label | None
    confidence: float | None
    scorer: str | None
    status: Status


Scorer = Callable[[Sequence[str]], list[Scored]]

_SCORERS: dict[str, str] = {"en": "listener.sentiment.vader"}  # language -> module with `score_texts`

NO_TEXT = Scored(None, None, None, None, "no_text")
NO_LANGUAGE = Scored(None, None, None, None, "no_language")
NO_SCORER = Scored(None, None, None, None, "no_scorer")


def scorer_for(language: str) -> Scorer | None:
    """The scorer of a language, or None."""
    module = _SCORERS.get(language)
    if module is None:
        return None
    scorer: Scorer = import_module(module).score_texts
    return scorer


def score(texts: Sequence[str], languages: Sequence[str | None]) -> list[Scored]:
    """One `Scored` a text, in order; `languages` as detected (None: unknown). Identical texts are scored once."""
    results: list[Scored] = [NO_TEXT] * len(texts)
    batches: dict[str, dict[str, list[int]]] = {}
    for n, (text, language) in enumerate(zip(texts, languages, strict=True)):
        if not text.strip():
            continue
        if language is None:
            results[n] = NO_LANGUAGE
        else:
            batches.setdefault(language, {}).setdefault(text, []).append(n)
    for language, places in batches.items():
        scorer = scorer_for(language)
        scored = scorer(list(places)) if scorer else [NO_SCORER] * len(places)
        for value, numbers in zip(scored, places.values(), strict=True):
            for n in numbers:
                results[n] = value
    return results
