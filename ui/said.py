"""What went wrong, in the session's language: errors, warnings and rows put aside speak English, which the command line
prints; a page says the same sentence by its template in `ui.problem_words`.

The facts in a sentence (names, numbers, lines) are found by the English template and put into the translated one as
they are; a fact called `problem` is itself a sentence. One that no template knows is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from ui.problem_words import PARTS

Words = Callable[[str], str]
_FACT = re.compile(r"\{(\w+)\}")
_LONGEST = 1500  # letters of a sentence that is looked up
_CUTS, _DEEPEST = 12, 5
_JOINTS = (". ", "; ", ": ")


def in_language(text: str, _: Words) -> str:
    """The sentence, or the sentences in a row, in the language of `_`; what stands around a known one stays."""
    return _said(text, _, _DEEPEST)


def _said(text: str, _: Words, depth: int) -> str:
    found = _known(text, _, depth)
    if found is not None or depth <= 0:
        return text if found is None else found
    for joint in _JOINTS:
        for first, rest in _cuts(text, joint):
            told = _one(first, _, depth)
            more = _known(rest, _, depth - 1)
            if told is not None or more is not None:
                return (told or first) + joint + (more or _said(rest, _, depth - 1))
    return text


def _known(text: str, _: Words, depth: int) -> str | None:
    """Sentences of which every one is known: two of them are not taken for one with a long fact."""
    if depth <= 0:
        return None
    for first, rest in _cuts(text, ". "):
        told = _one(first, _, depth)
        more = None if told is None else _known(rest, _, depth - 1)
        if more is not None:
            return f"{told}. {more}"
    whole = _one(text, _, depth)
    if whole is not None:
        return whole
    bare = _one(text.removesuffix("."), _, depth) if text.endswith(".") else None
    return None if bare is None else bare + "."


def _cuts(text: str, joint: str) -> list[tuple[str, str]]:
    """The text cut in two at each joint; strangers' texts in it may hold many."""
    places = [found.start() for found in re.finditer(re.escape(joint), text[:_LONGEST])][:_CUTS]
    return [(text[:place], text[place + len(joint) :]) for place in places]


def _one(text: str, _: Words, depth: int) -> str | None:
    """One sentence; None where no template is like it."""
    if len(text) > _LONGEST:
        return None
    for part, place, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            facts = found.groupdict()
            if "problem" in facts:
                facts["problem"] = _said(facts["problem"], _, depth - 1)
            return PARTS[part](_)[place].format(**facts)
    return None


@cache
def _patterns() -> tuple[tuple[int, int, re.Pattern[str]], ...]:
    """The English templates as patterns, those with most letters of their own first."""
    english = [(part, place, text) for part, words in enumerate(PARTS) for place, text in enumerate(words(str))]
    ranked = sorted(english, key=lambda one: -len(_FACT.sub("", one[2])))
    return tuple((part, place, _pattern(text)) for part, place, text in ranked)


def _pattern(template: str) -> re.Pattern[str]:
    pieces = _FACT.split(template)
    written = [re.escape(piece) if n % 2 == 0 else f"(?P<{piece}>.+?)" for n, piece in enumerate(pieces)]
    return re.compile("".join(written), re.DOTALL)
