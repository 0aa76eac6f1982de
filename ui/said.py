"""What went wrong, in the session's language: errors, warnings and rows put aside speak English, which the command line
prints; a page says the same sentence by its template in `ui.problem_words`.

The facts in a sentence (names, numbers, lines) are found by the English template and put into the translated one as
they are; a fact called `problem` is itself a sentence. One that no template knows is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cache

from ui.problem_words import PARTS

Words = Callable[[str], str]
_FACT = re.compile(r"\{(\w+)\}")
_LONGEST = 600  # letters of a sentence that is looked up, its facts among them
_ALL = 4000  # letters of all sentences in a row
_CUTS, _DEEPEST = 12, 5
_JOINTS = (". ", "; ", ": ")


@dataclass
class Tries:
    """How many more texts may be compared with the templates on behalf of one sentence: strangers write what stands in
    it, and each of their full stops and colons might end a sentence of ours."""

    left: int = 200
    known: dict[Hashable, str | None] = field(default_factory=dict)  # what was looked for before


def in_language(text: str, _: Words, *, tries: Tries | None = None) -> str:
    """The sentence, or the sentences in a row, in the language of `_`; what stands around a known one stays.

    One that would take more `tries` than there are, or is too long, is given back as it is.
    """
    if len(text) > _ALL:
        return text
    tries = tries or Tries()
    told = _said(text, _, _DEEPEST, tries)
    return told if tries.left > 0 else text


def _said(text: str, _: Words, depth: int, tries: Tries) -> str:
    found = _known(text, _, depth, tries)
    if found is not None or depth <= 0:
        return text if found is None else found
    for joint in _JOINTS:
        for first, rest in _cuts(text, joint, tries):
            told = _cut_off(first, _, depth, tries) if joint == ". " else _one(first, _, depth, tries)
            more = _known(rest, _, depth - 1, tries)
            if told is not None or more is not None:
                told = told or _said(first, _, depth - 1, tries)
                return told + joint + (more or _said(rest, _, depth - 1, tries))
    return text


def _known(text: str, _: Words, depth: int, tries: Tries) -> str | None:
    """Sentences of which every one is known: two of them are not taken for one with a long fact."""
    if depth <= 0:
        return None
    asked = ("all", text, depth)
    if asked not in tries.known:
        tries.known[asked] = _in_a_row(text, _, depth, tries)
    return tries.known[asked]


def _in_a_row(text: str, _: Words, depth: int, tries: Tries) -> str | None:
    for first, rest in _cuts(text, ". ", tries):
        told = _cut_off(first, _, depth, tries)
        more = None if told is None else _known(rest, _, depth - 1, tries)
        if more is not None:
            return f"{told}. {more}"
    whole = _one(text, _, depth, tries)
    if whole is not None:
        return whole
    bare = _one(text.removesuffix("."), _, depth, tries) if text.endswith(".") else None
    return None if bare is None else bare + "."


def _cut_off(text: str, _: Words, depth: int, tries: Tries) -> str | None:
    """One sentence before the full stop it was cut at, which its template may end with."""
    told = _one(text, _, depth, tries)
    if told is None:
        ended = _one(text + ".", _, depth, tries)
        told = None if ended is None else ended.removesuffix(".")
    return told


def _cuts(text: str, joint: str, tries: Tries) -> list[tuple[str, str]]:
    """The text cut in two at each joint; strangers' texts in it may hold many."""
    if tries.left <= 0:
        return []
    places = [found.start() for found in re.finditer(re.escape(joint), text[:_LONGEST])][:_CUTS]
    return [(text[:place], text[place + len(joint) :]) for place in places]


def _one(text: str, _: Words, depth: int, tries: Tries) -> str | None:
    """One sentence; None where no template is like it."""
    if len(text) > _LONGEST or tries.left <= 0:
        return None
    asked = ("one", text, depth)
    if asked not in tries.known:
        tries.left -= 1
        tries.known[asked] = _by_template(text, _, depth, tries)
    return tries.known[asked]


def _by_template(text: str, _: Words, depth: int, tries: Tries) -> str | None:
    for part, place, pieces in _templates():
        facts = _facts(text, pieces)
        if facts is not None:
            if "problem" in facts:
                facts["problem"] = _said(facts["problem"], _, depth - 1, tries)
            return PARTS[part](_)[place].format(**facts)
    return None


@cache
def _templates() -> tuple[tuple[int, int, tuple[str, ...]], ...]:
    """The English templates in pieces (words, fact, words, fact, words), those with most letters of their own first."""
    english = [(part, place, text) for part, words in enumerate(PARTS) for place, text in enumerate(words(str))]
    ranked = sorted(english, key=lambda one: -len(_FACT.sub("", one[2])))
    return tuple((part, place, tuple(_FACT.split(text))) for part, place, text in ranked)


def _facts(text: str, pieces: tuple[str, ...]) -> dict[str, str] | None:
    """The facts of a text that is written like the template, each as short as can be and never empty; else None.

    Words are looked for from left to right and never a second time: where the first place that they are found at does
    not lead to the end, no other does. So a text costs what its length says, whatever it holds.
    """
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return {} if text == first else None
    if not (text.startswith(first) and text.endswith(last)):
        return None
    facts: dict[str, str] = {}
    start, end = len(first), len(text) - len(last)
    for name, words in zip(pieces[1:-2:2], pieces[2:-1:2], strict=True):
        place = text.find(words, start + 1, end)
        if place < 0:
            return None
        facts[name] = text[start:place]
        start = place + len(words)
    return facts | {pieces[-2]: text[start:end]} if start < end else None
