"""Which language a text is written in: py3langid restricted to the workspace's languages, and a look at the script.

None when not sure: too few letters, or too low a probability. Decoys (languages likely to be met, but not asked for)
keep a Dutch text from being called English; a decoy's text is None too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

_LETTERS_AT_LEAST = 8
_PROBABILITY_AT_LEAST = 0.5
_LOOK_AT = 280  # characters; the detector was measured on that length
_DECOYS = ("cs", "de", "el", "es", "fa", "fr", "id", "it", "nl", "pt", "ro", "ru", "sv", "tr", "uk")
_NO_TALK = re.compile(r"https?://\S+|www\.\S+|[@＠]\w+(?:[.\-]\w+)*|#")
_HEBREW = re.compile("[\u0590-\u05ff\ufb1d-\ufb4f]")
_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_ARABIC_SCRIPT = ("ar", "fa", "ur")
_DIALECTS = {"ary": "ar", "arz": "ar"}


def detect(texts: Sequence[str], languages: Sequence[str]) -> list[str | None]:
    """The language code of each text, out of `languages` (ISO 639-1), or None when not sure."""
    wanted = tuple(dict.fromkeys(languages))
    return [_detect(text, wanted) for text in texts]


def _detect(text: str, languages: tuple[str, ...]) -> str | None:
    talk = " ".join(_NO_TALK.sub(" ", text).split())[:_LOOK_AT]
    letters = sum(character.isalpha() for character in talk)
    if letters < _LETTERS_AT_LEAST:
        return None
    candidates = tuple(sorted({*languages, *_DECOYS}))
    if len(_HEBREW.findall(talk)) >= letters / 2:
        return "he" if "he" in languages else None
    if len(_ARABIC.findall(talk)) >= letters / 2:
        candidates = tuple(code for code in candidates if code in _ARABIC_SCRIPT)
    if not candidates:
        return None
    language, probability = _identifier(candidates).classify(talk)
    code = _DIALECTS.get(language, language)
    return code if code in languages and probability >= _PROBABILITY_AT_LEAST else None


@lru_cache(maxsize=16)
def _identifier(candidates: tuple[str, ...]) -> Any:
    """An own instance: py3langid's module-level functions share one global state."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = set(identifier.labels) if hasattr(identifier, "labels") else set(candidates)
    identifier.set_languages([code for code in candidates if code in known])
    return identifier
