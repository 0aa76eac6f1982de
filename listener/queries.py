"""A brand's boolean query: does this mention match, where, and why.

    query   := part (OR part)*                     OR binds weakest
    part    := factor ((AND)? factor)*             words beside each other mean AND
    factor  := (NOT | -) factor | close
    close   := operand (NEAR/n operand)*           at most n words between the two, in either order
    operand := field:operand | ( query ) | term    field: title, text, author, link, lang, source
    term    := word | word* | wor? | "a phrase" | "some words"~n | +exactly | =Exactly | #hashtag | @handle

Operators are written in capitals; `and`, `or`, `not` are words. How words are compared: `listener.words`. A word also
finds the hashtag and the handle of that name; #tag and @handle find nothing else. A trailing * stands for any ending, ?
for any one letter; "..."~n asks for the words at most n words apart. `author:` is a handle or words of a name, `link:`
an address or all below it, `lang:` a language code, `source:` a source's name. Anything else that other tools write is
refused. No pattern language reaches the text, so time grows with its length alone.

Words and phrases are found in the forms that sentences give them (`listener.endings`), as far as the text's language
allows. As written, capitals or not, is what + asks for, and quotes around a single word; = asks for the very letters.

Where author, link, language and source of a text are not known (`About` is None), what depends on them counts as
unknown, and a match that is not refuted stands.

QueryError          the query cannot be read; carries position (0-based) and cure
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from listener.query_parse import NEAR_LIMIT, TERMS_LIMIT, QueryError, parse
from listener.query_tree import Node, Tree
from listener.words import IN_WORDS, UNSAID, About, Language, Term, Words, one_atom

__all__ = [
    "NEAR_LIMIT", "TERMS_LIMIT", "About", "Match", "Node", "Query", "QueryError", "Term", "Words", "compile_query",
    "one_atom",
]  # fmt: skip
_RULE = "2"  # raise it when endings or letters are compared differently: what is stored can then be matched again


@dataclass(frozen=True)
class Match:
    """Why a text matched: spans (start, end) in text and in title, and the terms found, in the query's order."""

    spans: tuple[tuple[int, int], ...]
    terms: tuple[str, ...]
    title_spans: tuple[tuple[int, int], ...] = ()


def _shown(term: Term) -> str:
    return f"{term.field}:{term.shown}" if term.field else term.shown


@dataclass(frozen=True)
class Query:
    """A compiled query; make one with `compile_query`. `languages`: those whose endings a word may take."""

    text: str
    root: Node
    languages: tuple[str, ...] = ()

    @cached_property
    def _tree(self) -> Tree:
        return Tree(self.root)

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields it asks for beside title and text, and the language where it decides on endings: what a caller
        has to know `About` a mention."""
        asked = {term.field for term in self._tree.terms if term.field and term.field not in IN_WORDS}
        return frozenset(asked | {"lang"} if any(term.by_language for term in self._tree.terms) else asked)

    @cached_property
    def tolerance(self) -> str:
        """What beside its text decides what it finds: the languages of its endings, and the rule. Empty: nothing."""
        if not any(term.bends for term in self._tree.terms):
            return ""
        endings = self.languages if any(term.by_language for term in self._tree.terms) else ()
        return " ".join((_RULE, *sorted(endings)))

    def match(
        self, text: str, *, title: str | None = None, about: About | None = None, language: Language = UNSAID
    ) -> Match | None:
        """Where and why the text (with its title) matches, or None. `language`: where that alone is known about it."""
        return self.find(Words(text, title=title, about=about, language=language))

    def find(self, words: Words) -> Match | None:
        """The same for a text that is cut into words already."""
        reading = self._tree.read(words, self.languages)
        if reading.value(self._tree.root) is False:
            return None
        terms, found = self._tree.evidence(reading)
        places = sorted({place for _, _, place in found})
        return Match(
            spans=tuple((start, end) for name, start, end in places if name == "text"),
            terms=tuple(dict.fromkeys(map(_shown, terms))),
            title_spans=tuple((start, end) for name, start, end in places if name == "title"),
        )

    def outline(self) -> list[tuple[int, str, str]]:
        """How the query is read, line by line: depth, kind (all, any, none, near, term), and the term or NEAR's number.

        "none" stands for one part, below it, that must not be there.
        """
        return list(_outline(self.root, 0))


def _outline(node: Node, depth: int) -> Iterator[tuple[int, str, str]]:
    if node.term:
        yield depth, "term", _shown(node.term)
        return
    kind = {"and": "all", "or": "any", "not": "none", "near": "near"}[node.kind]
    yield depth, kind, str(node.apart) if kind == "near" else ""
    for part in node.parts:
        yield from _outline(part, depth + 1)


def compile_query(text: str, *, languages: Collection[str] = ()) -> Query:
    """Read a query. Raises QueryError naming the place and the cure.

    `languages` (ISO 639-1) the workspace listens in: of those, pl and hu give words their endings.
    """
    return _compiled(text, tuple(languages))


@lru_cache(maxsize=64)  # a collector reads the same queries again each round
def _compiled(text: str, languages: tuple[str, ...]) -> Query:
    return Query(text, parse(text, languages=languages), languages)
