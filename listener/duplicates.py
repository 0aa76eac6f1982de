"""Copies of one text: the same words by other authors or on other sites. Every copy stays a row of its own."""

from __future__ import annotations

import hashlib

from listener.text import normal_text

_ENOUGH_CHARACTERS = 20  # "love it!" twice is a coincidence, not a copy


def text_hash(title: str | None, text: str) -> str | None:
    """blake2b-128 hex of the normal form of title and text; None when too short to call an equal text a copy."""
    normal = normal_text(f"{title or ''} {text}")
    if len(normal) < _ENOUGH_CHARACTERS:
        return None
    return hashlib.blake2b(normal.encode(), digest_size=16).hexdigest()
