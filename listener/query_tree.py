"""A query as a tree, and the tree held against one mention.

First of all the words of the text are held against the words of the query: terms of which no word stands there are
never looked at again, so that a query of 10,000 terms costs a text without a hit no more than one of ten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from listener.endings import stem
from listener.words import Hit, Side, Term, Words, before_pattern, distance, is_pattern, near


@dataclass(frozen=True, eq=False)
class Node:
    """A query as a tree: `kind` is term, and, or, not, near (two parts, at most `apart` words between them)."""

    kind: str
    parts: tuple[Node, ...] = ()
    term: Term | None = None
    apart: int = 0

    def terms(self) -> Iterator[Term]:
        """Every term, in the query's order; one that stands in two pairs of NEAR comes twice."""
        if self.term:
            yield self.term
        for part in self.parts:
            yield from part.terms()

    def of_nothing(self) -> bool:
        """Whether the query holds where none of its terms does."""
        told = [part.of_nothing() for part in self.parts]
        return {"and": all(told), "or": any(told), "not": told == [False]}.get(self.kind, False)


class Vocabulary:
    """The words by which a query's terms can be told to stand nowhere in a text. Terms go by their numbers."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._whole: dict[str, list[int]] = {}
        self._begins: dict[int, dict[str, list[int]]] = {}  # by length
        self._grams: dict[str, list[int]] = {}
        self._any: list[int] = []  # a ? with no letter before it: looked for in every text
        for number, term in enumerate(terms):
            if term.in_words:
                self._note(number, term)

    def _note(self, number: int, term: Term) -> None:
        if term.unspaced:
            self._grams.setdefault(term.words[0][:2], []).append(number)
            return
        closed = [k for k, word in enumerate(term.words) if not (term.open_end(k) or is_pattern(word))]
        if closed:
            k = max(closed, key=lambda k: len(term.words[k]))  # a long word is a rare one
            if term.bends and term.bends[k]:
                self._note_begin(number, stem(term.words[k]))
                return
            for word in (term.words[k], *term.way(k)):
                self._whole.setdefault(word, []).append(number)
            return
        self._note_begin(number, max((before_pattern(word) for word in term.words), key=len))

    def _note_begin(self, number: int, begin: str) -> None:
        if begin:
            self._begins.setdefault(len(begin), {}).setdefault(begin, []).append(number)
        else:
            self._any.append(number)

    def possible(self, words: Words) -> frozenset[int]:
        """The terms that may stand in this text; all others do not."""
        found = set(self._any)
        for word in self._whole.keys() & words.vocabulary.keys():
            found.update(self._whole[word])
        for length, begins in self._begins.items():
            for word in words.vocabulary:
                found.update(begins.get(word[:length], ()))
        if self._grams:
            for gram in self._grams.keys() & words.grams:
                found.update(self._grams[gram])
        return frozenset(found)


class Part:
    """A node with what it says when none of its words stands in the text, so that it need not be looked at.

    `absent`: that value; None where it hangs on what is not words (author, link, language, source).
    """

    def __init__(self, node: Node, numbers: Mapping[Term, int]) -> None:
        self.kind, self.apart = node.kind, node.apart
        self.number = numbers[node.term] if node.term else -1
        self.parts = () if node.kind == "near" else tuple(Part(part, numbers) for part in node.parts)
        sides = node.parts if node.kind == "near" else ()
        self.sides = tuple(frozenset(numbers[term] for term in side.terms()) for side in sides)
        self.absent = self._absent(node)
        self.touching: dict[int, list[int]] = {}  # a term's number -> the parts it stands in
        for n, part in enumerate(self.parts):
            for number in part.numbers:
                self.touching.setdefault(number, []).append(n)

    @cached_property
    def numbers(self) -> frozenset[int]:
        """The terms without which it says what it says anyway."""
        if self.kind == "near":
            return min(self.sides, key=len)
        return frozenset(self.touching) if self.parts else frozenset((self.number,))

    def _absent(self, node: Node) -> bool | None:
        if node.term:
            return False if node.term.in_words else None
        told = [part.absent for part in self.parts]
        if self.kind == "not":
            return None if told[0] is None else not told[0]
        if self.kind == "near":
            return False
        if self.decisive in told:
            return self.decisive
        return None if None in told else not self.decisive

    @property
    def decisive(self) -> bool:
        """The value of one part that settles the whole: False for AND, True for OR."""
        return self.kind == "or"

    @cached_property
    def deciding(self) -> frozenset[int]:
        """Parts that settle the whole as long as none of their words stands there."""
        return frozenset(n for n, part in enumerate(self.parts) if part.absent is self.decisive)

    @cached_property
    def unsettled(self) -> frozenset[int]:
        return frozenset(n for n, part in enumerate(self.parts) if part.absent is None)

    def touched(self, possible: frozenset[int]) -> set[int]:
        """The parts in which one of these terms stands."""
        return {n for number in self.touching.keys() & possible for n in self.touching[number]}


class Reading:
    """One query against one mention; the places of a term are looked for once."""

    def __init__(self, words: Words, terms: Sequence[Term], possible: frozenset[int], languages: Sequence[str]) -> None:
        self.words, self.terms, self.possible, self.languages = words, terms, possible, languages
        self._hits: dict[int, list[Hit]] = {}
        self._sides: dict[frozenset[int], Side] = {}
        self._distances: dict[tuple[frozenset[int], ...], int | None] = {}

    def hits(self, number: int) -> list[Hit]:
        if number not in self.possible:
            return []
        if number not in self._hits:
            self._hits[number] = self.words.hits(self.terms[number], languages=self.languages)
        return self._hits[number]

    def says(self, number: int) -> bool | None:
        term = self.terms[number]
        return bool(self.hits(number)) if term.in_words else self.words.says(term)

    def _side(self, numbers: frozenset[int]) -> Side:
        if numbers not in self._sides:
            self._sides[numbers] = Side([hit for number in numbers & self.possible for hit in self.hits(number)])
        return self._sides[numbers]

    def _close(self, part: Part) -> bool:
        """Whether the two sides of NEAR stand close enough somewhere."""
        if any(side.isdisjoint(self.possible) for side in part.sides):
            return False
        if part.sides not in self._distances:
            left, right = (self._side(side) for side in part.sides)
            self._distances[part.sides] = distance(left, right)
        closest = self._distances[part.sides]
        return closest is not None and closest <= part.apart

    def pair(self, part: Part) -> list[Hit]:
        """Where the two sides of NEAR stand close enough."""
        if not self._close(part):
            return []
        left, right = (self._side(side) for side in part.sides)
        return near(left, right, apart=part.apart)

    def value(self, part: Part) -> bool | None:
        """Whether the part holds, as far as is known: None when that hangs on what is not."""
        if part.absent is not None and part.numbers.isdisjoint(self.possible):
            return part.absent
        if part.kind == "near":
            return self._close(part)
        if part.kind == "not":
            return _opposite(self.value(part.parts[0]))
        return self._value_of_all(part) if part.parts else self.says(part.number)

    def _value_of_all(self, part: Part) -> bool | None:
        """AND and OR: only parts that a word of the text touches, or that hang on more than words, are looked at."""
        touched = part.touched(self.possible)
        if not part.deciding <= touched:
            return part.decisive
        unknown = False
        for n in sorted(touched | part.unsettled):
            value = self.value(part.parts[n])
            if value is part.decisive:
                return value
            unknown |= value is None
        return None if unknown else not part.decisive


def _opposite(value: bool | None) -> bool | None:
    return None if value is None else not value


class Tree:
    """A query's tree made ready to be held against texts."""

    def __init__(self, root: Node) -> None:
        alike: dict[tuple[str | None, str], list[Term]] = {}  # a term that is written twice is looked for once
        for term in root.terms():
            alike.setdefault((term.field, term.shown), []).append(term)
        self.terms: tuple[Term, ...] = tuple(same[0] for same in alike.values())
        numbers = {term: number for number, same in enumerate(alike.values()) for term in same}
        self.root = Part(root, numbers)
        self._vocabulary = Vocabulary(self.terms)
        self._speaking = tuple(_speaking(self.root))
        self._spoken_by: dict[int, list[int]] = {}  # a term's number -> those of `_speaking`
        self._silent: list[int] = []
        for n, part in enumerate(self._speaking):
            told = part.numbers if part.kind == "near" else (part.number,)
            in_words = part.absent is not None
            for number in told if in_words else ():
                self._spoken_by.setdefault(number, []).append(n)
            if not in_words:
                self._silent.append(n)

    def read(self, words: Words, languages: Sequence[str]) -> Reading:
        return Reading(words, self.terms, self._vocabulary.possible(words), languages)

    def evidence(self, reading: Reading) -> tuple[list[Term], set[Hit]]:
        """The terms that speak for a match, those outside NOT, in the query's order, and where they stand."""
        touched = {n for number in self._spoken_by.keys() & reading.possible for n in self._spoken_by[number]}
        parts = [self._speaking[n] for n in sorted(touched.union(self._silent))]
        widest: dict[tuple[frozenset[int], ...], int] = {}
        for part in parts:
            widest[part.sides] = max(part.apart, widest.get(part.sides, 0))
        shown: dict[Term, None] = {}
        hits: set[Hit] = set()
        for part in parts:
            if part.apart < widest[part.sides]:
                continue  # a wider NEAR of the same words shows all of it
            here = reading.pair(part) if part.kind == "near" else reading.hits(part.number)
            hits.update(here)
            shown.update(dict.fromkeys(self.terms[number] for number in self._told(reading, part, here)))
        return list(shown), hits

    def _told(self, reading: Reading, part: Part, here: Sequence[Hit]) -> Iterable[int]:
        if part.kind != "near":
            return (part.number,) if here or reading.says(part.number) else ()
        close = set(here)
        both = part.sides[0] | part.sides[1]
        return [number for number in sorted(both & reading.possible) if not close.isdisjoint(reading.hits(number))]


def _speaking(part: Part) -> Iterator[Part]:
    """The terms and pairs outside NOT, in the query's order."""
    if part.kind in ("term", "near"):
        yield part
    elif part.kind != "not":
        for inner in part.parts:
            yield from _speaking(inner)
