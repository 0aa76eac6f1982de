"""Sentiment towards a brand: the text is narrowed to a window around the brand's name, and the window is scored.

The window is the sentence that names the brand; it is the clause where the sentence holds a word of contrast ("I like
A but B is slow"). Measured on English texts of several kinds, that rule gains where opinions compete and loses nothing
where they do not; in other languages the words of contrast are plausible, not measured. A comparison ("A beats B") is
narrowed likewise, but who wins is not read: its rule is "comparison", to be shown as uncertain.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from listener.sentiment import NO_TEXT, Scored, score
from listener.sentiment.cache import ScoreCache

VERSION = "1"  # of the rule: raise it when windows are chosen differently, so that stored ones are chosen anew
Rule = Literal["sentence", "clause", "comparison"]
Span = tuple[int, int]

_STOPS = ".;!?…؟؛"
_SENTENCE_END = re.compile(rf"(?<![{_STOPS}])[{_STOPS}]++\s+|\n+")
_CLAUSE_MARKS = rf"[{_STOPS}\n]+|[,،]| [-–—] "
_CLAUSE_WORDS = {"en": ("yet", "except", "and", "because")}
_CONTRAST = {
    "en": ("but", "however", "although", "though", "while", "whereas", "instead"),
    "ar": ("لكن", "ولكن", "بس"),
    "he": ("אבל", "אך"),
    "pl": ("ale",),
    "hu": ("de",),
    "vi": ("nhưng",),
}
_COMPARISON = {
    "en": ("than", "unlike", "vs", "versus", "beat", "beats", "better", "worse"),
    "pl": ("niż",),
    "hu": ("mint",),
    "vi": ("hơn",),
}
_NARROWS_ONLY = frozenset(("beat", "beats", "better", "worse", "instead"))  # words that end no clause
_STRENGTH: tuple[Rule, ...] = ("sentence", "clause", "comparison")


@dataclass(frozen=True)
class Window:
    """The part of a text that speaks of the brand, and the rule that chose it."""

    text: str
    rule: Rule


@dataclass(frozen=True)
class TargetScored:
    """The score towards the brand, the window it was read from, and its rule; both null if the text names none."""

    scored: Scored
    window: str | None
    rule: Rule | None


@dataclass(frozen=True)
class Target:
    """The score towards one brand as it is kept beside a mention; `rule` "comparison" is to be shown as uncertain.

    `basis`: the brand's query and the rule's version it was worked out with.
    """

    score: float | None
    label: str | None
    confidence: float | None
    scorer: str | None
    status: str
    rule: str | None
    window_text: str | None
    basis: str


def score_targets(
    texts: Sequence[str],
    spans: Sequence[Sequence[Span]],
    languages: Sequence[str | None],
    *,
    cache: ScoreCache | None = None,
) -> list[TargetScored]:
    """One result a text; `spans` are the places (start, end) of the brand's names in it, `languages` as detected.

    Without a span (the brand stands in the title alone) the status is "no_text".
    """
    windows = [
        window(text, places, language=language) for text, places, language in zip(texts, spans, languages, strict=True)
    ]
    scores = iter(
        score(
            [chosen.text for chosen in windows if chosen],
            [language for chosen, language in zip(windows, languages, strict=True) if chosen],
            cache=cache,
        )
    )
    return [
        TargetScored(next(scores), chosen.text, chosen.rule) if chosen else TargetScored(NO_TEXT, None, None)
        for chosen in windows
    ]


def window(text: str, spans: Sequence[Span], *, language: str | None) -> Window | None:
    """The window around the spans: the parts that hold them, in order, each once; None without spans."""
    if not spans:
        return None
    words = _words(language)
    sentences = _Parts(text, _SENTENCE_END)
    clauses: _Parts | None = None
    chosen: dict[Span, Rule] = {}
    read: dict[Span, Rule] = {}
    for span in sorted(spans):
        sentence = sentences.around(span)
        rule = read.get(sentence) or read.setdefault(sentence, words.rule(text[slice(*sentence)]))
        part = sentence
        if rule != "sentence":
            clauses = clauses or _Parts(text, words.clause_end)
            part = clauses.around(span)
        chosen[part] = rule
    narrowed = " ".join(text[start:end].strip() for start, end in chosen)
    return Window(narrowed, max(chosen.values(), key=_STRENGTH.index))


@dataclass(frozen=True, slots=True)
class _Words:
    clause_end: re.Pattern[str]
    contrast: re.Pattern[str] | None
    comparison: re.Pattern[str] | None

    def rule(self, sentence: str) -> Rule:
        if self.comparison and self.comparison.search(sentence):
            return "comparison"
        return "clause" if self.contrast and self.contrast.search(sentence) else "sentence"


@lru_cache(maxsize=32)
def _words(language: str | None) -> _Words:
    contrast, comparison = _CONTRAST.get(language or "", ()), _COMPARISON.get(language or "", ())
    ending = (*_CLAUSE_WORDS.get(language or "", ()), *contrast, *comparison)
    ends = _any_of([word for word in ending if word not in _NARROWS_ONLY])
    return _Words(
        clause_end=re.compile(_CLAUSE_MARKS + (f"|{ends}" if ends else ""), re.IGNORECASE),
        contrast=re.compile(_any_of(contrast), re.IGNORECASE) if contrast else None,
        comparison=re.compile(_any_of(comparison), re.IGNORECASE) if comparison else None,
    )


def _any_of(words: Sequence[str]) -> str:
    return rf"\b(?:{'|'.join(words)})\b" if words else ""


class _Parts:
    """A text cut at its separators."""

    def __init__(self, text: str, separator: re.Pattern[str]) -> None:
        found = [match.span() for match in separator.finditer(text)]
        self._starts = [start for start, _ in found]
        self._ends = [end for _, end in found]
        self._length = len(text)

    def around(self, span: Span) -> Span:
        """From the last separator that ends at or before the span to the first that starts at or after its end."""
        before = bisect_right(self._ends, span[0])
        after = bisect_left(self._starts, span[1])
        start = self._ends[before - 1] if before else 0
        return start, self._starts[after] if after < len(self._starts) else self._length
