"""The forms a name takes in a sentence: Polish and Hungarian endings, Hebrew and Arabic letters put before a word.

A closed list of forms per word, made once: to look a text up in it takes no longer than to look for the word itself.
The lists are the regular paradigms of names (masculine and feminine declension in Polish, the case suffixes with vowel
harmony in Hungarian, the proclitics of Hebrew and Arabic), not a dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import product

_LATIN_AT_LEAST = 4  # letters: a shorter name with an ending is too often another word
_OTHERS_AT_LEAST = 3
_HEBREW = re.compile("[\u05d0-\u05ea]+")
_ARABIC = re.compile("[\u0621-\u064a\u0671-\u06d3]+")
_LATIN = re.compile("[a-z\u00df-\u024f]+")
_ALEF = str.maketrans("أإآٱ", "اااا")

_HEBREW_BEFORE = ("", "ו"), ("", "ש", "כש", "לכש", "מש"), ("", "ה", "ב", "ל", "מ", "כ")
_ARABIC_BEFORE = ("", "و", "ف"), ("", "ب", "ل", "ك"), ("", "ال")

_POLISH_HARD = ["a", "u", "owi", "em", "ie", "y", "i", "e", "ów", "owie", "om", "ami", "ach"]
_POLISH_SOFT = {"t": "cie", "d": "dzie", "r": "rze", "ł": "le", "k": "ki kiem", "g": "gi giem", "st": "ście"}
_POLISH_A = ["y", "i", "ę", "ą", "o", "ie"]
_POLISH_SOFT_A = {"k": "ce", "g": "dze", "r": "rze", "ł": "le", "t": "cie", "d": "dzie", "ch": "sze", "l": "li"}
_POLISH_O = ["a", "u", "em", "ie"]

_CASES = "t k n ban ben ba be ból ből on en ön n ra re ról ről nál nél hoz hez höz tól től nak nek ig ért ként é i s"
_OWNED = "nk ja je jának jének kat ket kkal kkel knak knek"
_LINKED = "ot at et öt ok ak ek ök os as es ös a e unk ünk om em öm od ed öd okat eket öket oknak eknek öknek"
_HUNGARIAN = (*_CASES.split(), *_OWNED.split())
_HUNGARIAN_LINKED = tuple(_LINKED.split())
_HUNGARIAN_WITH = ("al", "el", "á", "é")  # -val/-vel and -vá/-vé take on the consonant before them
_HUNGARIAN_VOWELS = "aáeéiíoóöőuúüű"


def forms(word: str, *, languages: Collection[str]) -> frozenset[str]:
    """The other forms of a folded word, itself left out. Endings only for `languages` (pl, hu); the Hebrew and Arabic
    letters before a word go by its script."""
    if _HEBREW.fullmatch(word) and len(word) >= _OTHERS_AT_LEAST:
        found = {"".join(before) + word for before in product(*_HEBREW_BEFORE)}
    elif _ARABIC.fullmatch(word) and len(word) >= _OTHERS_AT_LEAST:
        found = set(_arabic(word))
    elif _LATIN.fullmatch(word) and len(word) >= _LATIN_AT_LEAST:
        found = set(_polish(word)) if "pl" in languages else set()
        found |= set(_hungarian(word)) if "hu" in languages else set()
    else:
        found = set()
    return frozenset(found - {word})


def _arabic(word: str) -> Iterator[str]:
    """With and, so, by, for, like and the article, which runs together with `li`; alef with and without its hamza."""
    for base in {word, word.translate(_ALEF)}:
        bare = base.removeprefix("ال") if len(base) > 2 + _OTHERS_AT_LEAST - 1 else base
        for joined, particle, article in product(*_ARABIC_BEFORE):
            if not (article and bare != base):
                yield joined + particle + article + base
        for joined in _ARABIC_BEFORE[0]:
            yield f"{joined}لل{bare}"


def _polish(word: str) -> Iterator[str]:
    stem, last = word[:-1], word[-1]
    if last == "a":
        yield from (stem + ending for ending in _POLISH_A)
        yield from _softened(stem, _POLISH_SOFT_A)
    elif last == "o":
        yield from (stem + ending for ending in _POLISH_O)
    elif last not in "eiyuąęó":
        yield from (word + ending for ending in _POLISH_HARD)
        yield from _softened(word, _POLISH_SOFT)


def _softened(stem: str, table: dict[str, str]) -> Iterator[str]:
    for hard, soft in table.items():
        if stem.endswith(hard):
            yield from (stem.removesuffix(hard) + ending for ending in soft.split())


def _hungarian(word: str) -> Iterator[str]:
    last = word[-1]
    long = word[:-1] + {"a": "á", "e": "é"}.get(last, last)
    yield from (long + ending for ending in _HUNGARIAN)
    if last in _HUNGARIAN_VOWELS:
        yield from (long + ending for ending in ("val", "vel", "vá", "vé", "m", "d", "ja", "je"))
    else:
        yield from (word + ending for ending in _HUNGARIAN_LINKED)
        yield from (word + last + ending for ending in _HUNGARIAN_WITH)
