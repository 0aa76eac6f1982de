"""Scores by text hash: a copy of a text is scored once by a scorer, however many sources carry it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from listener.sentiment import Scored

MAX_TEXTS = 50_000


@dataclass(slots=True)
class ScoreCache:
    """Holds the scores of the last `max_texts` texts; the text itself is not kept, only 16 bytes of its hash.

    `scored` counts the texts a scorer was asked about, so that a caller may tell how many copies were saved.
    """

    max_texts: int = MAX_TEXTS
    scored: int = 0
    _known: dict[tuple[str, bytes], Scored] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def score(
        self, scorer: str, texts: Sequence[str], work: Callable[[Sequence[str]], Sequence[Scored]]
    ) -> list[Scored]:
        """One result a text, in order: those known under the scorer's name and version, the others by `work`."""
        keys = [(scorer, _digest(text)) for text in texts]
        with self._lock:
            found = {key: self._known[key] for key in keys if key in self._known}
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        fresh = dict(zip(new, work(list(new.values())), strict=True)) if new else {}
        with self._lock:
            self.scored += len(fresh)
            self._known |= fresh
            for key in list(self._known)[: max(len(self._known) - self.max_texts, 0)]:
                del self._known[key]
        found |= fresh
        return [found[key] for key in keys]


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
