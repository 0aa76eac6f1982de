"""A brand's boolean query: does this mention match, where, and why.

    query   := part (OR part)*                     OR binds weakest
    part    := factor ((AND)? factor)*             words beside each other mean AND
    factor  := (NOT | -) factor | close
    close   := operand (NEAR/n operand)*           at most n words between the two, in either order
    operand := field:operand | ( query ) | term    field: title, text, author, link, lang, source
    term    := word | word* | "exact phrase" | =Word | ="Exact Phrase" | #hashtag | @handle

Operators are written in capitals; `and`, `or`, `not` are words. How words are compared: `listener.words`. A word also
finds the hashtag and the handle of that name; #tag and @handle find nothing else. A trailing * stands for any ending;
= asks for the very capitals. `author:` is a handle or words of a name, `link:` an address or all below it, `lang:` a
language code, `source:` a source's name. No pattern language reaches the text, so time grows with its length alone.

Where author, link, language and source of a text are not known (`About` is None), what depends on them counts as
unknown, and a match that is not refuted stands.

QueryError          the query cannot be read; carries position (0-based) and cure
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from listener.endings import forms
from listener.words import FIELDS, IN_WORDS, UNSPACED, About, Place, Term, Words, as_written, fold, one_atom, tokens_of

__all__ = ["About", "Match", "Node", "Query", "QueryError", "Term", "Words", "compile_query", "one_atom"]

TERMS_LIMIT = 10_000
NEAR_LIMIT = 100
_DEPTH_LIMIT = 100
_PHRASE_LIMIT = 50
_PREFIX_AT_LEAST = 2


class QueryError(ValueError):
    """A query that cannot be read. `position` is 0-based in the query's text."""

    def __init__(self, problem: str, *, position: int, cure: str) -> None:
        self.problem, self.position, self.cure = problem, position, cure
        super().__init__(f"at character {position + 1}: {problem}. {cure}")


@dataclass(frozen=True)
class Match:
    """Why a text matched: spans (start, end) in text and in title, and the terms found, in the query's order."""

    spans: tuple[tuple[int, int], ...]
    terms: tuple[str, ...]
    title_spans: tuple[tuple[int, int], ...] = ()


Known = Callable[[Term], bool | None]  # None: not known
Close = Callable[["Node"], bool]


@dataclass(frozen=True)
class Node:
    """A query as a tree: `kind` is term, and, or, not, near (two parts, at most `apart` words between them)."""

    kind: str
    parts: tuple[Node, ...] = ()
    term: Term | None = None
    apart: int = 0

    def holds(self, found: Known, close: Close) -> bool | None:
        """Whether the query holds, as far as is known: None when that hangs on what is not."""
        if self.kind == "and":
            return _all(part.holds(found, close) for part in self.parts)
        if self.kind == "or":
            lacking = _all(_opposite(part.holds(found, close)) for part in self.parts)
            return _opposite(lacking)
        if self.kind == "not":
            return _opposite(self.parts[0].holds(found, close))
        if self.kind == "near":
            return close(self)
        return found(self.term) if self.term else False

    def terms(self) -> Iterator[Term]:
        """Every term, in the query's order."""
        if self.term:
            yield self.term
        for part in self.parts:
            yield from part.terms()

    def speaking(self) -> Iterator[Node]:
        """The terms and pairs that speak for a match: those outside NOT."""
        if self.kind in ("term", "near"):
            yield self
        elif self.kind != "not":
            for part in self.parts:
                yield from part.speaking()


def _all(values: Iterator[bool | None]) -> bool | None:
    unknown = False
    for value in values:
        if value is False:
            return False
        unknown |= value is None
    return None if unknown else True


def _opposite(value: bool | None) -> bool | None:
    return None if value is None else not value


class _Reading:
    """One query against one mention; the places of a term are looked for once."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self._places: dict[Term, list[Place]] = {}

    def places(self, term: Term) -> list[Place]:
        if term not in self._places:
            self._places[term] = self.words.places(term)
        return self._places[term]

    def says(self, term: Term) -> bool | None:
        return bool(self.places(term)) if term.field in (None, *IN_WORDS) else self.words.says(term)

    def pair(self, node: Node) -> list[Place]:
        """Where the two sides of NEAR stand close enough."""
        left, right = (sorted({p for term in part.terms() for p in self.places(term)}) for part in node.parts)
        return self.words.near(left, right, apart=node.apart)

    def close(self, node: Node) -> bool:
        return bool(self.pair(node))

    def evidence(self, root: Node) -> tuple[list[str], set[Place]]:
        """The terms found, as the query writes them, and where."""
        shown: dict[str, None] = {}
        hits: set[Place] = set()
        for node in root.speaking():
            here = self.pair(node) if node.kind == "near" else self.places(node.term) if node.term else []
            hits |= set(here)
            for term in node.terms():
                told = set(here) & set(self.places(term)) if node.kind == "near" else here or self.says(term)
                if told:
                    shown.setdefault(_shown(term))
        return list(shown), hits


def _shown(term: Term) -> str:
    return f"{term.field}:{term.shown}" if term.field else term.shown


@dataclass(frozen=True)
class Query:
    """A compiled query; make one with `compile_query`."""

    text: str
    root: Node

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields it asks for beside title and text: what a caller has to know `About` a mention."""
        return frozenset(term.field for term in self.root.terms() if term.field and term.field not in IN_WORDS)

    def match(self, text: str, *, title: str | None = None, about: About | None = None) -> Match | None:
        """Where and why the text (with its title) matches, or None."""
        return self.find(Words(text, title=title, about=about))

    def find(self, words: Words) -> Match | None:
        """The same for a text that is cut into words already."""
        reading = _Reading(words)
        if self.root.holds(reading.says, reading.close) is False:
            return None
        terms, places = reading.evidence(self.root)
        hits = sorted(places)
        return Match(
            spans=tuple((start, end) for name, start, end in hits if name == "text"),
            terms=tuple(terms),
            title_spans=tuple((start, end) for name, start, end in hits if name == "title"),
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

    `languages` (ISO 639-1) whose endings a word may take: pl, hu.
    """
    parser = _Parser(text, _lex(text, languages))
    root = parser.query(depth=0)
    if parser.here.kind == ")":
        raise QueryError("this ) closes nothing", position=parser.here.position, cure="Take it out, or add a ( before")
    if root.holds(lambda term: False, lambda node: False):
        raise QueryError(
            "this would match every text", position=0, cure="Name a word to look for beside what NOT leaves out"
        )
    return Query(text, root)


@dataclass(frozen=True)
class _Piece:
    kind: str  # ( ) and or not near field = term end
    position: int
    term: Term | None = None
    value: str = ""  # of a field its name, of NEAR its number


_LEX = re.compile(
    r"""(?P<space>\s+)|(?P<open>\()|(?P<close>\))
    |(?P<field>(?i:title|text|author|link|lang|source):)(?=[^\s)])|(?P<cased>=(?=[^\s()=]))
    |(?P<phrase>["“”„«](?P<inside>[^"“”„«»]*)["“”»])(?P<star>\*?)|(?P<quote>["“”„«»])
    |(?P<minus>-(?=[^\s)]))|(?P<near>NEAR(?:/(?P<apart>\d{1,6}))?(?=[\s("“”„«]|$))|(?P<word>[^\s()"“”„«»]+)""",
    re.VERBOSE,
)
_OPERATORS = {"AND": "and", "OR": "or", "NOT": "not"}
_MARKS = {"open": "(", "close": ")", "minus": "not", "cased": "="}


def _lex(text: str, languages: Collection[str]) -> list[_Piece]:
    pieces: list[_Piece] = []
    for found in _LEX.finditer(text):
        at = found.start()
        mark = next((_MARKS[name] for name in _MARKS if found[name]), None)
        if found["quote"]:
            raise QueryError("this quotation mark has no partner", position=at, cure='Write phrases as "exact phrase"')
        if mark:
            pieces.append(_Piece(mark, at))
        elif found["field"]:
            pieces.append(_Piece("field", at, value=found["field"][:-1].lower()))
        elif found["near"]:
            pieces.append(_Piece("near", at, value=_apart(found["apart"], at)))
        elif found["phrase"]:
            shown = f'"{found["inside"].strip()}"{found["star"]}'
            pieces.append(_Piece("term", at, _term(found["inside"] + found["star"], shown, at, None)))
        elif found["word"] in _OPERATORS:
            pieces.append(_Piece(_OPERATORS[found["word"]], at))
        elif found["word"]:
            _refuse_foreign_field(found["word"], at)
            pieces.append(_Piece("term", at, _term(found["word"], found["word"], at, languages)))
    if sum(piece.kind == "term" for piece in pieces) > TERMS_LIMIT:
        raise QueryError(f"more than {TERMS_LIMIT} terms", position=0, cure="Split the query into several brands")
    return [*pieces, _Piece("end", len(text))]


_FOREIGN = {
    **dict.fromkeys(("site", "url", "domain", "inurl", "host"), "link"),
    **{
        "intitle": "title",
        "headline": "title",
        "language": "lang",
        "feed": "source",
        "from": "author",
        "intext": "text",
    },
}


def _refuse_foreign_field(word: str, at: int) -> None:
    """Fields of other tools would be read as words, and find nothing that was meant."""
    name, sign, rest = word.partition(":")
    ours = _FOREIGN.get(name.lower())
    if sign and rest and ours and not rest.startswith("//"):
        raise QueryError(f"there is no field {name}:", position=at, cure=f"Write {ours}:{rest}, or put it in quotes")


def _apart(number: str | None, at: int) -> str:
    if number is None or int(number) > NEAR_LIMIT:
        raise QueryError(
            "NEAR says how many words may lie between", position=at, cure=f"Write NEAR/5; at most NEAR/{NEAR_LIMIT}"
        )
    return number


def _term(raw: str, shown: str, at: int, languages: Collection[str] | None) -> Term:
    """A term; `languages` None: exactly as written."""
    prefix = raw.rstrip().endswith("*")
    body = raw.rstrip().rstrip("*")
    if "*" in body:
        raise QueryError("* may stand at the end of a word only", position=at, cure='Write "kett*", not "k*ttle"')
    words = tuple(token.folded for token in tokens_of(body))
    if not words:
        raise QueryError(
            f"{shown} holds no letter or digit", position=at, cure='Put names with signs in quotes: "ollie & sons"'
        )
    if len(words) > _PHRASE_LIMIT:
        raise QueryError(f"a phrase of more than {_PHRASE_LIMIT} words", position=at, cure="Shorten it")
    if prefix and len(words[-1].lstrip("#@")) < _PREFIX_AT_LEAST:
        raise QueryError(
            "too few letters before *", position=at, cure=f"Give at least {_PREFIX_AT_LEAST} letters before the *"
        )
    if UNSPACED.search(body) and words[0][0] not in "#@":
        return Term(shown, ("".join(fold(c) for c in body.strip()),), unspaced=True, raw=body.strip())
    exact = languages is None or prefix or len(words) > 1
    others = frozenset[str]() if exact else forms(words[0], languages=languages or ())
    return Term(shown, words, prefix, forms=others, raw=body.strip())


def _cased(term: Term) -> Term:
    """The term in the very letters of the query."""
    written = tuple(as_written(term.raw[token.start : token.end]) for token in tokens_of(term.raw))
    whole = ("".join(as_written(c) for c in term.raw),) if term.unspaced else written
    return replace(term, shown=f"={term.shown}", cased=whole, forms=frozenset())


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}")


def _in_field(node: Node, piece: _Piece) -> Node:
    """The part of a query that a field stands before: every term in it is looked for there."""
    field = piece.value
    if node.term:
        if node.term.field:
            raise QueryError(
                f"{field}: stands before {node.term.field}:", position=piece.position, cure="One field to a term"
            )
        return Node("term", term=_term_of_field(node.term, field, piece))
    if node.kind == "near" and field not in IN_WORDS:
        raise QueryError("NEAR stands between words", position=piece.position, cure=f"Take {field}: out of it")
    return replace(node, parts=tuple(_in_field(part, piece) for part in node.parts))


def _term_of_field(term: Term, field: str, piece: _Piece) -> Term:
    if field not in FIELDS:
        raise QueryError(f"there is no field {field}", position=piece.position, cure=f"Known: {', '.join(FIELDS)}")
    if field == "lang" and not _LANGUAGE.fullmatch(term.raw):
        raise QueryError("lang: takes a language code", position=piece.position, cure="Write lang:en")
    if field in IN_WORDS:
        return replace(term, field=field)
    return replace(term, field=field, forms=frozenset(), cased=())


class _Parser:
    def __init__(self, text: str, pieces: Sequence[_Piece]) -> None:
        self._text, self._pieces, self._n = text, pieces, 0

    @property
    def here(self) -> _Piece:
        return self._pieces[self._n]

    def _next(self) -> _Piece:
        piece = self.here
        self._n += 1
        return piece

    def query(self, *, depth: int) -> Node:
        parts = [self._all_of(depth=depth)]
        while self.here.kind == "or":
            self._next()
            parts.append(self._all_of(depth=depth))
        return parts[0] if len(parts) == 1 else Node("or", tuple(parts))

    def _all_of(self, *, depth: int) -> Node:
        parts = [self._factor(depth=depth)]
        while self.here.kind in ("and", "not", "term", "(", "field", "="):
            if self.here.kind == "and":
                self._next()
            parts.append(self._factor(depth=depth))
        return parts[0] if len(parts) == 1 else Node("and", tuple(parts))

    def _factor(self, *, depth: int) -> Node:
        piece = self.here
        self._not_too_deep(depth)
        if piece.kind == "not":
            self._next()
            return Node("not", (self._factor(depth=depth + 1),))
        first = self._operand(depth=depth)
        pairs: list[Node] = []
        while self.here.kind == "near":
            near = self._next()
            second = self._operand(depth=depth)
            for side in (first, second):
                self._has_places(side, near)
            pairs.append(Node("near", (first, second), apart=int(near.value)))
            first = second
        return first if not pairs else pairs[0] if len(pairs) == 1 else Node("and", tuple(pairs))

    def _operand(self, *, depth: int) -> Node:
        piece = self.here
        self._not_too_deep(depth)
        if piece.kind == "(":
            self._next()
            inside = self.query(depth=depth + 1)
            if self.here.kind != ")":
                raise QueryError("this ( is never closed", position=piece.position, cure="Add a ) after its last term")
            self._next()
            return inside
        if piece.kind == "field":
            self._next()
            return _in_field(self._operand(depth=depth + 1), piece)
        if piece.kind == "=":
            self._next()
            if self.here.kind != "term" or self.here.term is None:
                raise QueryError(
                    "= stands right before a word or a phrase",
                    position=piece.position,
                    cure='Write =Apple or ="Apple Pie"',
                )
            return Node("term", term=_cased(self._next().term or self.here.term))
        if piece.kind == "term":
            return Node("term", term=self._next().term)
        raise self._missing(piece)

    def _not_too_deep(self, depth: int) -> None:
        if depth > _DEPTH_LIMIT:
            raise QueryError(
                "too many brackets inside each other", position=self.here.position, cure="Simplify the query"
            )

    def _has_places(self, node: Node, near: _Piece) -> None:
        """NEAR stands between words: one, or several in ( ) with OR."""
        if not self._is_words(node) and not (node.kind == "or" and all(self._is_words(part) for part in node.parts)):
            raise QueryError(
                "NEAR stands between words", position=near.position, cure="Write acme NEAR/5 (broken OR leaks)"
            )

    @staticmethod
    def _is_words(node: Node) -> bool:
        return node.kind == "term" and node.term is not None and node.term.field in (None, *IN_WORDS)

    def _missing(self, piece: _Piece) -> QueryError:
        if not self._text.strip():
            return QueryError("the query is empty", position=0, cure='Write the brand\'s name, such as "acme kettle"')
        before = self._pieces[self._n - 1].kind if self._n else ""
        names = {"and": "AND", "or": "OR", "not": "NOT", "(": "(", "near": "NEAR", "field": "the field", "=": "="}
        what = (
            f"nothing follows {names[before]}"
            if before in names
            else f"{names.get(piece.kind, piece.kind)} has nothing before it"
        )
        return QueryError(what, position=piece.position, cure="Operators stand between terms: acme AND kettle")
