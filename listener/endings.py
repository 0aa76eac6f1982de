"""The forms a name takes in a sentence: Polish and Hungarian endings, Hebrew and Arabic letters put before a word.

A closed list of forms per word, made once: to look a text up in it takes no longer than to look for the word itself.
The lists are the regular paradigms of names (masculine and feminine declension in Polish, the case suffixes with vowel
harmony in Hungarian, the proclitics of Hebrew and Arabic), not a dictionary.

An ending holds in texts of its language alone: zoomed is no Zoom, Bolton no Bolt, though both end as Hungarian names
do. Where a text's language is not known, only endings count that no other language has (see `docs/decisions.md`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import product

ANY = "*"  # a form that holds in any text: its script alone tells the language
UNSURE = "?"  # a form that holds also where the language of a text is not known
VOUCHED = "+"  # there, only inside a phrase of which another word stands as written
ENDINGS = ("pl", "hu")

_LATIN_AT_LEAST = 4  # letters: a shorter name with an ending is too often another word
_IN_PHRASE_AT_LEAST = 3
_OTHERS_AT_LEAST = 3
_HEBREW = re.compile("[\u05d0-\u05ea\u05f3\u05f4]+")
_ARABIC = re.compile("[\u0621-\u064a\u0671-\u06d3]+")
_LATIN = re.compile("[a-z\u00df-\u024f]+")

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
_LENGTHENED = {"a": "á", "e": "é", "o": "ó", "ö": "ő"}

# Counted over 12 other languages' words: these ends make of a word of four letters or more no other word of theirs.
_TELLING_ENDS = "owi owie ami ach ów ę ą cie dzie rze dze sze ście kiem giem"
_TELLING_POLISH = tuple(_TELLING_ENDS.split())
_TELLING_CASES = "ban ben ból ből ról ről nál nél hoz hez höz tól től nak nek ért ként"
_TELLING_OWNED = "jának jének kat ket kkal kkel knak knek unk ünk okat eket öket oknak eknek öknek"
_TELLING_HUNGARIAN = (*_TELLING_CASES.split(), *_TELLING_OWNED.split())
_TELLING_LENGTHENED = (*_TELLING_HUNGARIAN, "t", "k", "ra", "re", "ba", "be", "val", "vel", "ja", "je")
_ENGLISH = "s es ed en on e y ie o n"
_AS_ELSEWHERE = tuple(_ENGLISH.split())  # English words end so too

Forms = Mapping[str, frozenset[str]]  # a form -> where it holds: languages, ANY, UNSURE, VOUCHED


def bend(word: str, *, languages: Collection[str], in_phrase: bool = False) -> tuple[str, ...] | None:
    """Whether a folded word takes other forms: the languages of its endings, () where its script decides, None: it
    takes none. `in_phrase`: other words stand beside it, so that a short one takes endings too."""
    if _HEBREW.fullmatch(word) or _ARABIC.fullmatch(word):
        return () if len(word) >= _OTHERS_AT_LEAST else None
    spoken = tuple(one for one in ENDINGS if one in languages)
    long_enough = len(word) >= (_IN_PHRASE_AT_LEAST if in_phrase else _LATIN_AT_LEAST)
    return spoken if spoken and long_enough and _LATIN.fullmatch(word) else None


def stem(word: str) -> str:
    """The letters that a word with endings and all its forms begin with."""
    base = word[:-1] if word[-1] in "ao" or word[-1] in _LENGTHENED else word
    return next((base.removesuffix(end) for end in _CHANGED if base.endswith(end)), base)


_CHANGED = ("st", "ch", "t", "ł", "k", "g")  # become another letter before a Polish ending


@lru_cache(maxsize=4096)
def forms(word: str, bent: tuple[str, ...]) -> Forms:
    """The other forms of a folded word, itself left out, and where each holds. `bent`: as `bend` gives it."""
    if not bent:
        found = _hebrew(word) if _HEBREW.fullmatch(word) else _arabic(word)
        return dict.fromkeys(set(found) - {word}, _EVERYWHERE)
    where: dict[str, frozenset[str]] = {}
    for language in bent:
        for form, telling in _POLISH_OR_HUNGARIAN[language](word):
            if form != word:
                where[form] = where.get(form, frozenset()) | {language} | _unsure(word, form, telling)
    return where


_EVERYWHERE = frozenset((ANY,))


def _unsure(word: str, form: str, telling: bool) -> frozenset[str]:
    """Where the form holds in a text whose language is not known."""
    if telling:
        return frozenset((UNSURE, VOUCHED))
    common = next((n for n, pair in enumerate(zip(word, form, strict=False)) if pair[0] != pair[1]), len(word))
    return frozenset() if form[common:] in _AS_ELSEWHERE else frozenset((VOUCHED,))


def _hebrew(word: str) -> Iterator[str]:
    return ("".join(letters) + word for letters in product(*_HEBREW_BEFORE))


def _arabic(word: str) -> Iterator[str]:
    """With and, so, by, for, like and the article, which runs together with `li`."""
    bare = word.removeprefix("ال") if len(word) > 2 + _OTHERS_AT_LEAST - 1 else word
    for joined, particle, article in product(*_ARABIC_BEFORE):
        if not (article and bare != word):
            yield joined + particle + article + word
    for joined in _ARABIC_BEFORE[0]:
        yield f"{joined}لل{bare}"


def _polish(word: str) -> Iterator[tuple[str, bool]]:
    """Forms, and whether their ending is Polish alone."""
    stem, last = word[:-1], word[-1]
    if last == "a":
        base, plain, soft = stem, _POLISH_A, _POLISH_SOFT_A
    elif last == "o":
        base, plain, soft = stem, _POLISH_O, {}
    elif last not in "eiyuąęó":
        base, plain, soft = word, _POLISH_HARD, _POLISH_SOFT
    else:
        return
    for ending in plain:
        yield base + ending, ending in _TELLING_POLISH
    for hard, softened in soft.items():
        if base.endswith(hard):
            for ending in softened.split():
                yield base.removesuffix(hard) + ending, ending in _TELLING_POLISH or (hard, ending) == ("k", "ce")


def _hungarian(word: str) -> Iterator[tuple[str, bool]]:
    """Forms, and whether their ending is Hungarian alone. A name's last vowel is lengthened or, being foreign, not."""
    last = word[-1]
    for base in dict.fromkeys((word[:-1] + _LENGTHENED.get(last, last), word)):
        telling = _TELLING_HUNGARIAN if base == word else _TELLING_LENGTHENED
        more = ("val", "vel", "vá", "vé", "m", "d", "ja", "je") if last in _HUNGARIAN_VOWELS else ()
        for ending in (*_HUNGARIAN, *more):
            yield base + ending, ending in telling
    if last not in _HUNGARIAN_VOWELS:
        for ending in _HUNGARIAN_LINKED:
            yield word + ending, ending in _TELLING_HUNGARIAN
        for ending in _HUNGARIAN_WITH:
            yield word + last + ending, ending in ("al", "el")


_POLISH_OR_HUNGARIAN = {"pl": _polish, "hu": _hungarian}
