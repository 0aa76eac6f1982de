"""Copies of one text: the same words, or nearly the same, by other authors or on other sites. Every copy stays a row of
its own; `listener.clusters` says which belong together.

Nearly the same: Jaccard similarity of character 5-grams of at least SIMILAR. Candidates are found by MinHash in bands
(Broder 1997; Indyk and Motwani 1998): 8 bands of 6 values find a pair of similarity 0.8 in 91 of 100 cases, one of 0.9
always but for 2 in 1,000.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from listener.text import normal_text

SIMILAR = 0.8
_ENOUGH_CHARACTERS = 20  # "love it!" twice is a coincidence, not a copy
_ENOUGH_WORDS = 8  # short texts are alike by chance
_ENOUGH_UNSPACED = 24  # characters, in scripts without spaces
_GRAM = 5
BANDS, _ROWS = 8, 6
_LOOK_AT = 4_000  # characters: a long article is known by its beginning
_REPEAT = re.compile(r"^\s*RT @\w{1,30}:?\s+")


def plain_words(title: str | None, text: str) -> str:
    """What copies are compared by: the normal form of title and text, a leading `RT @name:` left out."""
    return normal_text(f"{title or ''} {_REPEAT.sub('', text)}")


def text_hash(title: str | None, text: str) -> str | None:
    """blake2b-128 hex of the normal form of title and text; None when too short to call an equal text a copy."""
    normal = plain_words(title, text)
    if len(normal) < _ENOUGH_CHARACTERS:
        return None
    return hashlib.blake2b(normal.encode(), digest_size=16).hexdigest()


def grams(normal: str) -> frozenset[int]:
    """The text's character 5-grams, hashed; empty for a text too short to be nearly like another."""
    words = normal.split()
    unspaced = len(words) < _ENOUGH_WORDS and not normal.isascii() and len(normal) >= _ENOUGH_UNSPACED * len(words)
    if len(words) < _ENOUGH_WORDS and not unspaced:
        return frozenset()
    cut = normal[:_LOOK_AT]
    places = len(cut) - _GRAM + 1
    if not cut.isascii():
        return frozenset(zlib.crc32(cut[n : n + _GRAM].encode()) for n in range(places))
    values, tables = np.frombuffer(cut.encode(), dtype=np.uint8), _gram_tables()
    hashed = tables[0][values[:places]]
    for place in range(1, _GRAM):
        hashed = hashed ^ tables[place][values[place : place + places]]
    return frozenset(hashed.tolist())


@lru_cache(maxsize=1)
def _gram_tables() -> npt.NDArray[np.uint32]:
    """What each byte at each place of a gram adds to its CRC-32, which is linear: the sum by XOR is the gram's CRC."""
    nothing = zlib.crc32(bytes(_GRAM))
    alone = [[zlib.crc32(bytes(k) + bytes([byte]) + bytes(_GRAM - 1 - k)) for byte in range(256)] for k in range(_GRAM)]
    return np.array([[value ^ (nothing if k else 0) for value in row] for k, row in enumerate(alone)], dtype=np.uint32)


def bands(grams: frozenset[int]) -> tuple[int, ...]:
    """The bands' hashes, 63 bits each, one for each place: texts that share one are worth comparing."""
    if not grams:
        return ()
    values = np.fromiter(sorted(grams), dtype=np.uint64, count=len(grams))
    multipliers, summands = _family()
    with np.errstate(over="ignore"):
        least = ((values[:, None] * multipliers + summands) >> np.uint64(32)).min(axis=0)
    rows = least.reshape(BANDS, _ROWS)
    return tuple(
        int.from_bytes(hashlib.blake2b(bytes([n]) + row.tobytes(), digest_size=8).digest()) >> 1
        for n, row in enumerate(rows)
    )


@lru_cache(maxsize=1)
def _family() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Multiply-shift hash functions (Dietzfelbinger et al. 1997), the same in every process."""
    random = np.random.Generator(np.random.PCG64(1997))
    odd = random.integers(0, 2**63, size=BANDS * _ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    return odd, random.integers(0, 2**63, size=BANDS * _ROWS, dtype=np.uint64)


def similarity(one: frozenset[int], other: frozenset[int]) -> float:
    """Jaccard similarity in [0, 1]; 0 when one has no grams."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0
