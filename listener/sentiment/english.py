"""English sentiment: the results of vaderSentiment 3.3.2, several times faster and linear in the text's length.

The package stays the reference and the source of the lexicon; this module only re-arranges its rules. Each whitespace
token is read once into a cached record, rules run for lexicon words alone, and the two quadratic steps of the original
(lower-casing all tokens again per lexicon word, and the "but" step) are done in linear and in n log n time.

Every float operation keeps the original's order, so all four outputs are equal, not merely close. That includes the
original's oddities: idioms fire only from the fourth token on, "NO" in capitals scores -.733, equal scores around a
"but" are weighed twice, a typographic apostrophe (U+2019) hides a negation, and U+FE0F hides an emoji's neighbour.
"""

from __future__ import annotations

import heapq
import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from math import fabs, sqrt
from operator import and_, or_
from typing import NamedTuple

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    C_INCR,
    N_SCALAR,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
)

_CACHED_TOKENS = 200_000
_CACHED_TOKEN_LENGTH = 40
_ALPHA = 15  # the largest sum expected of a text; the default of the package's normalize()
_EMPHASIS = ("so", "this")
_PHRASES = {**SPECIAL_CASES, **{key: scalar for key, scalar in BOOSTER_DICT.items() if " " in key}}
_PHRASE_WORDS = frozenset(word for phrase in _PHRASES if " " in phrase for word in phrase.split())
_PHRASE_ENDS = frozenset(phrase.split()[-1] for phrase in _PHRASES if " " in phrase)
_NEGATE = frozenset(NEGATE)
_CONTEXT = frozenset(("no", "or", "nor", "so", "this", "never", "without", "doubt", "least", "kind"))
_NAMED = _CONTEXT | _PHRASE_WORDS | _NEGATE | BOOSTER_DICT.keys() | {"at", "but"}

# What a token can do to the words around it, as bits: most tokens do nothing, and one test of the bits passes them by
_MODIFIES = 1
_ENDS_PHRASE = 2
_UPPER = 4
_BUT = 8
_EFFECTS = _MODIFIES | _ENDS_PHRASE | _UPPER


class Polarity(NamedTuple):
    """vaderSentiment's four figures: shares neg + neu + pos of the words (0 to 1), compound in [-1, 1]."""

    neg: float
    neu: float
    pos: float
    compound: float


@dataclass(slots=True)
class _Token:
    lower: str  # "" if no rule names this word
    valence: float | None = None  # None: not a word of the lexicon
    booster: float = 0.0
    negates: bool = False
    bits: int = 0


_PLAIN = (_Token(""), _Token("", bits=_UPPER))
_NEGATION = (_Token("", negates=True, bits=_MODIFIES), _Token("", negates=True, bits=_MODIFIES | _UPPER))
_BEFORE = (_PLAIN[0],) * 3  # rules look at most three tokens back
_AFTER = (_PLAIN[0],) * 2  # and two ahead


class _Tokens(dict[str, _Token]):
    """Raw token -> what the rules know of it, made on first sight; bounded, since strangers write the texts."""

    def __init__(self, known: dict[str, tuple[_Token, _Token]]) -> None:
        super().__init__()
        self._known = known

    def __missing__(self, raw: str) -> _Token:
        word = raw.strip(string.punctuation)
        if len(word) <= 2:
            word = raw
        lower = word.lower()
        forms = self._known.get(lower) or (_NEGATION if "n't" in lower else _PLAIN)
        token = forms[word.isupper()]
        if len(raw) <= _CACHED_TOKEN_LENGTH and len(self) < _CACHED_TOKENS:
            self[raw] = token
        return token


def _known_words(lexicon: dict[str, float]) -> dict[str, tuple[_Token, _Token]]:
    """Lower form -> its token as written normally and in capitals, for every word that a rule names."""
    return {word: (_token(word, lexicon, 0), _token(word, lexicon, _UPPER)) for word in {*lexicon, *_NAMED}}


def _token(lower: str, lexicon: dict[str, float], upper: int) -> _Token:
    negates = lower in _NEGATE or "n't" in lower
    booster = BOOSTER_DICT.get(lower, 0.0)
    valence = None if booster else lexicon.get(lower)
    bits = upper
    bits |= _MODIFIES if negates or booster or lower in _CONTEXT else 0
    bits |= _ENDS_PHRASE if lower in _PHRASE_ENDS else 0
    bits |= _BUT if lower == "but" else 0
    return _Token(lower, valence, booster, negates, bits)


@dataclass(frozen=True, slots=True)
class English:
    """Scores English texts; holds the lexicon, the emoji descriptions and the cache of tokens."""

    tokens: _Tokens
    emoji: dict[str, str]
    emoji_pattern: re.Pattern[str]

    def polarity(self, text: str) -> Polarity:
        """The four figures of vaderSentiment 3.3.2's polarity_scores(text)."""
        text, n_words, scores = self._score(text)
        if not scores:
            return Polarity(0.0, 1.0 if n_words else 0.0, 0.0, 0.0)
        emphasis = _emphasis(text)
        return Polarity(*_shares(scores, n_words, emphasis), _compound(scores, emphasis))

    def compound(self, text: str) -> float:
        """The compound score of polarity_scores(text) alone, in [-1, 1]."""
        text, _, scores = self._score(text)
        return _compound(scores, _emphasis(text)) if scores else 0.0

    def compounds(self, texts: Iterable[str]) -> list[float]:
        """Compound scores in the order given; identical texts are scored once."""
        seen: dict[str, float] = {}
        scores = []
        for text in texts:
            score = seen.get(text)
            if score is None:
                score = seen[text] = self.compound(text)
            scores.append(score)
        return scores

    def _score(self, text: str) -> tuple[str, int, list[float]]:
        """The text with its emoji spelled out, its number of words, and the scores of its lexicon words."""
        if not text.isascii() and self.emoji_pattern.search(text):
            text = self._spell_emoji(text)
        words = list(map(self.tokens.__getitem__, text.split()))
        found = [i for i, word in enumerate(words) if word.valence is not None]
        if not found:
            return text, len(words), []
        kinds = {word.bits for word in words}
        some, every = reduce(or_, kinds), reduce(and_, kinds)
        mixed_case = bool((some ^ every) & _UPPER)
        padded = [*_BEFORE, *words, *_AFTER]
        scores = [_valence(padded, i, mixed_case) for i in found]
        if some & _BUT:
            _weigh_around_but(scores, found, next(i for i, word in enumerate(words) if word.bits & _BUT))
        return text, len(words), scores

    def _spell_emoji(self, text: str) -> str:
        def spell(match: re.Match[str]) -> str:
            start = match.start()
            description = self.emoji[match.group()]
            return description if start == 0 or text[start - 1] == " " else " " + description

        return self.emoji_pattern.sub(spell, text)


@lru_cache(maxsize=1)
def load() -> English:
    """The English scorer with the lexicon of the installed vaderSentiment; read once."""
    reference = SentimentIntensityAnalyzer()
    emoji = {symbol: text for symbol, text in reference.emojis.items() if len(symbol) == 1}
    pattern = re.compile("[" + "".join(map(re.escape, emoji)) + "]")
    return English(tokens=_Tokens(_known_words(reference.lexicon)), emoji=emoji, emoji_pattern=pattern)


def _valence(padded: Sequence[_Token], i: int, mixed_case: bool) -> float:
    """The score of lexicon word i after its neighbours' effect; rule order and float order as in the original.

    mixed_case: some but not all of the text's words are in capitals, which then count as emphasis.
    """
    third, second, first, word, after, later = padded[i : i + 6]
    base = word.valence or 0.0
    before = third.bits | second.bits | first.bits
    around = before | word.bits | after.bits | later.bits
    if not around & _EFFECTS:
        return base
    if word.lower == "kind" and after.lower == "of":
        return 0.0
    value = base
    if word.lower == "no" and after.valence is not None:
        value = 0.0
    if "no" in (first.lower, second.lower) or (third.lower == "no" and first.lower in ("or", "nor")):
        value = base * N_SCALAR
    if mixed_case and word.bits & _UPPER:
        value = value + C_INCR if value > 0 else value - C_INCR
    if before & _MODIFIES:
        value = _modified_by_two(first, second, mixed_case, value)
    if i > 2 and third.valence is None:
        if before & _MODIFIES:
            value = _modified_by_third((third, second, first), mixed_case, value)
        if around & _ENDS_PHRASE:
            value = _phrases((third, second, first, word, after, later), value)
    if first.lower == "least" and second.lower not in ("at", "very"):
        value = value * N_SCALAR
    return value


def _boosted(by: _Token, fade: float, mixed_case: bool, value: float) -> float:
    scalar = by.booster
    if not scalar:
        return value
    if value < 0:
        scalar *= -1
    if mixed_case and by.bits & _UPPER:
        scalar = scalar + C_INCR if value > 0 else scalar - C_INCR
    return value + scalar * fade


def _modified_by_two(first: _Token, second: _Token, mixed_case: bool, value: float) -> float:
    """Boosters and negations one and two words before; "never so" strengthens, "without doubt" is no negation."""
    if first.valence is None:
        value = _boosted(first, 1.0, mixed_case, value)
        if first.negates:
            value = value * N_SCALAR
    if second.valence is not None:
        return value
    value = _boosted(second, 0.95, mixed_case, value)
    if second.lower == "never" and first.lower in _EMPHASIS:
        return value * 1.25
    if second.lower == "without" and first.lower == "doubt":
        return value
    return value * N_SCALAR if second.negates else value


def _modified_by_third(before: tuple[_Token, _Token, _Token], mixed_case: bool, value: float) -> float:
    """Booster and negation three words before the scored one."""
    third, second, first = before
    value = _boosted(third, 0.9, mixed_case, value)
    # The original's precedence: "never" binds to the second word alone, a "so" or "this" right before is enough
    if (third.lower == "never" and second.lower in _EMPHASIS) or first.lower in _EMPHASIS:
        return value * 1.25
    if third.lower == "without" and "doubt" in (second.lower, first.lower):
        return value
    return value * N_SCALAR if third.negates else value


def _phrases(span: Sequence[_Token], value: float) -> float:
    """Idioms around the fourth token of the span replace its score, two-word boosters before it add to it."""
    d, b, a, z, n, m = [token.lower for token in span]
    for phrase in (f"{a} {z}", f"{b} {a} {z}", f"{b} {a}", f"{d} {b} {a}", f"{d} {b}"):
        if phrase in SPECIAL_CASES:
            value = SPECIAL_CASES[phrase]
            break
    value = SPECIAL_CASES.get(f"{z} {n}", value)
    value = SPECIAL_CASES.get(f"{z} {n} {m}", value)
    for phrase in (f"{d} {b} {a}", f"{d} {b}", f"{b} {a}"):
        value = value + BOOSTER_DICT.get(phrase, 0.0)
    return value


def _weigh_around_but(scores: list[float], places: Sequence[int], but: int) -> None:
    """Halve the scores before "but", raise those after it by half: in place, as the original does it.

    The original looks each score up by value in the list it is changing, so the first equal score is weighed, perhaps
    again. A heap of positions per value gives that first position without searching.
    """
    positions: dict[float, list[int]] = {}
    for j, score in enumerate(scores):
        positions.setdefault(score, []).append(j)  # ascending, hence a heap
    for j in range(len(scores)):
        score = scores[j]
        if not score:
            continue
        heap = positions[score]
        while scores[heap[0]] != score:
            heapq.heappop(heap)
        first = heapq.heappop(heap)
        weighed = score * 0.5 if places[first] < but else score * 1.5
        scores[first] = weighed
        heapq.heappush(positions.setdefault(weighed, []), first)


def _emphasis(text: str) -> float:
    """What exclamation and question marks add to the size of the sum."""
    if "!" not in text and "?" not in text:
        return 0.0
    exclamation: float = min(text.count("!"), 4) * 0.292
    questions = text.count("?")
    if questions <= 1:
        return exclamation
    return exclamation + (questions * 0.18 if questions <= 3 else 0.96)


def _compound(scores: Sequence[float], emphasis: float) -> float:
    total = float(sum(scores))
    if total > 0:
        total += emphasis
    elif total < 0:
        total -= emphasis
    return round(total / sqrt(total * total + _ALPHA), 4)


def _shares(scores: Sequence[float], n_words: int, emphasis: float) -> tuple[float, float, float]:
    """Negative, neutral and positive share of n_words words, of which `scores` are those of the lexicon."""
    positive = negative = 0.0
    neutral = n_words - len(scores)
    for score in scores:
        if score > 0:
            positive += score + 1
        elif score < 0:
            negative += score - 1
        else:
            neutral += 1
    if positive > fabs(negative):
        positive += emphasis
    elif positive < fabs(negative):
        negative -= emphasis
    size = positive + fabs(negative) + neutral
    return round(fabs(negative / size), 3), round(neutral / size, 3), round(positive / size, 3)
