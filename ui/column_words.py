"""Names of columns as they are compared: `ui.mapping` knows headers by the words of `ui.column_names`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from config.reading import normal_header
from ui.column_names import WORDS

_KEPT_APART = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ı": "i", "ة": "ه", "ى": "ي", "ـ": "", "״": '"'})


@dataclass(frozen=True)
class Word:
    """A name of a column: as it is compared, and as each language that has it writes it."""

    plain: str
    written: Mapping[str, str]


@cache
def plain(name: str) -> str:
    """A name as it is compared: no capitals, accents, marks or underscores; a name in NFD is the same in NFC."""
    letters = unicodedata.normalize("NFKD", normal_header(name).translate(_KEPT_APART))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w#%]+|_+", " ", bare).split())


def words_of(meanings: Iterable[str]) -> tuple[Word, ...]:
    """The names of one or several meanings, each once, the first meaning's first."""
    found: dict[str, dict[str, str]] = {}
    for meaning in meanings:
        for language, names in WORDS[meaning].items():
            for name in names.split("|"):
                found.setdefault(plain(name), {}).setdefault(language, name.strip())
    return tuple(Word(compared, written) for compared, written in found.items())
