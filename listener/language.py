"""Which language a text is written in: py3langid restricted to the workspace's languages, and a look at the script.

None when not sure: too few letters, or too low a probability. Decoys (languages likely to be met, but not asked for)
keep a Dutch text from being called English; a decoy's text is None too. What a source states about itself is a prior,
not a verdict: feeds that say "en" and speak Polish are common.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

_LETTERS_AT_LEAST = 8
_PROBABILITY_AT_LEAST = 0.5
_STATED_COUNTS = 5.0  # how much likelier the stated language is before the text is read
_LOOK_AT = 280  # characters; the detector was measured on that length
_READ_AT_MOST = 4_000  # before links and names are taken out
_DECOYS = ("cs", "de", "el", "es", "fa", "fr", "id", "it", "nl", "pt", "ro", "ru", "sv", "tr", "uk")
_NO_TALK = re.compile(r"https?://\S+|www\.\S+|[@＠]\w+(?:[.\-]\w+)*|#")
_HEBREW = re.compile("[\u0590-\u05ff\ufb1d-\ufb4f]")
_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_ARABIC_SCRIPT = ("ar", "fa", "ur")
_DIALECTS = {"ary": "ar", "arz": "ar", "iw": "he"}


def detect(
    texts: Sequence[str],
    languages: Sequence[str],
    *,
    stated: Sequence[str | None] | None = None,
    trusted: bool = False,
) -> list[str | None]:
    """The language code of each text, out of `languages` (ISO 639-1), or None when not sure.

    `stated`: the language each text's source claims ("en", "pt-BR"), if it does. It decides for texts too short to
    read, and otherwise counts as a prior. `trusted`: it is a tool's word on each text (the column of an export), which
    stands wherever the text itself does not speak against it, also where it is none of `languages`.
    """
    wanted = tuple(dict.fromkeys(languages))
    claims = stated if stated is not None else [None] * len(texts)
    both = [(text, _plain(claim)) for text, claim in zip(texts, claims, strict=True)]
    found = [_detect(text, wanted, claim) for text, claim in both]
    return [
        claim if trusted and claim and language is None and _may_be(text, wanted, claim) else language
        for (text, claim), language in zip(both, found, strict=True)
    ]


def _plain(claim: str | None) -> str | None:
    if claim is None:
        return None
    code = re.split("[-_]", claim.strip().lower(), maxsplit=1)[0]
    return _DIALECTS.get(code, code)


def _may_be(text: str, languages: tuple[str, ...], claim: str) -> bool:
    """Whether a text that was detected as none of `languages` may be in the language that is claimed."""
    talk = _talk(text)
    letters = sum(map(str.isalpha, talk))
    hebrew = len(_HEBREW.findall(talk)) >= letters / 2
    arabic = len(_ARABIC.findall(talk)) >= letters / 2
    if not letters or hebrew != (claim == "he") or arabic != (claim in _ARABIC_SCRIPT):
        return False
    candidates = tuple(sorted({*languages, *_DECOYS}))
    if letters < _LETTERS_AT_LEAST or claim not in candidates:
        return True
    language, probability = _identifier(candidates).classify(talk)
    return bool(language == claim or probability < _PROBABILITY_AT_LEAST)


def _talk(text: str) -> str:
    return " ".join(_NO_TALK.sub(" ", text[:_READ_AT_MOST]).split())[:_LOOK_AT]


def _detect(text: str, languages: tuple[str, ...], stated: str | None) -> str | None:
    talk = _talk(text)
    letters = sum(map(str.isalpha, talk))
    if not letters:
        return None
    hebrew = len(_HEBREW.findall(talk)) >= letters / 2
    arabic = len(_ARABIC.findall(talk)) >= letters / 2
    if letters < _LETTERS_AT_LEAST:
        fits = stated in languages and hebrew == (stated == "he") and arabic == (stated in _ARABIC_SCRIPT)
        return stated if fits else None
    if hebrew:
        return "he" if "he" in languages else None
    candidates = tuple(sorted({*languages, *_DECOYS}))
    if arabic:
        candidates = tuple(code for code in candidates if code in _ARABIC_SCRIPT)
    return _likeliest(talk, candidates, languages, stated) if candidates else None


def _likeliest(talk: str, candidates: tuple[str, ...], languages: tuple[str, ...], stated: str | None) -> str | None:
    """The most probable candidate, if it is wanted and probable enough."""
    identifier = _identifier(candidates)
    language, probability = identifier.classify(talk)
    if stated in candidates and language != stated:
        weights = {code: p * (_STATED_COUNTS if code == stated else 1) for code, p in identifier.rank(talk)}
        language = max(weights, key=lambda code: weights[code])
        probability = weights[language] / sum(weights.values())
    elif stated == language:
        probability = probability * _STATED_COUNTS / (1 + probability * (_STATED_COUNTS - 1))
    return language if language in languages and probability >= _PROBABILITY_AT_LEAST else None


@lru_cache(maxsize=16)
def _identifier(candidates: tuple[str, ...]) -> Any:
    """An own instance: py3langid's module-level functions share one global state."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = set(identifier.labels)
    identifier.set_languages([code for code in candidates if code in known])
    return identifier
