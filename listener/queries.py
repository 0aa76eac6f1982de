"""A brand's boolean query: does this text match, where, and why.

    query   := part (OR part)*            OR binds weakest
    part    := factor ((AND)? factor)*    words beside each other mean AND
    factor  := (NOT | -) factor | ( query ) | term
    term    := word | word* | "exact phrase" | #hashtag | @handle

Operators are written in capitals; `and`, `or`, `not` are words. Words are compared whole, after NFKC and casefold and
without Arabic and Hebrew vowel marks; in scripts that put no spaces between words a term may stand inside a run. A word
also finds the hashtag and the handle of that name; #tag and @handle find nothing else. A trailing * stands for any
ending. No pattern language reaches the text, so time grows with its length alone.

QueryError          the query cannot be read; carries position (0-based) and cure
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from listener.endings import forms

TERMS_LIMIT = 10_000
_DEPTH_LIMIT = 100
_PHRASE_LIMIT = 50
_PREFIX_AT_LEAST = 2

# Letters and digits, with what stays inside a word: combining marks, Indic vowel signs, joiners, the soft hyphen.
_RTL = (
    "\u0591-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f\u08a0-\u08ff"
    "\ufb1d-\ufdfb\ufe70-\ufefc"
)
_JOINERS = "\u00ad\u200b-\u200d\u2060\ufeff"
_INSIDE = f"\u0300-\u036f\u0483-\u0489\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17d3{_JOINERS}"
_WORD = f"(?:[{_RTL}{_JOINERS}]+|(?:(?![{_RTL}])[\\w{_INSIDE}])+)"
_TOKEN = re.compile(f"[#＃](?:[\\w{_RTL}{_INSIDE}])+|(?<!\\w)[@＠]\\w+(?:[.\\-]\\w+)*|{_WORD}")
_VOWEL_MARKS = re.compile("[\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640" + _JOINERS + "]")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f]"
)
_SENTENCE_END = re.compile(r"[.!?…]\s|\n")
_BREAK = "\u241e"
_GAP_LIMIT = 6  # characters between two words of a phrase: " & ", " – ", but no detour


class QueryError(ValueError):
    """A query that cannot be read. `position` is 0-based in the query's text."""

    def __init__(self, problem: str, *, position: int, cure: str) -> None:
        self.problem, self.position, self.cure = problem, position, cure
        super().__init__(f"at character {position + 1}: {problem}. {cure}")


@lru_cache(maxsize=65_536)
def _fold(token: str) -> str:
    return _VOWEL_MARKS.sub("", unicodedata.normalize("NFKC", token).casefold())


def _is_detour(gap: str) -> bool:
    """Whether what stands between two words parts them: too much, or the end of a sentence."""
    return len(gap) > _GAP_LIMIT or _SENTENCE_END.search(gap) is not None


def one_atom(folded: str) -> str:
    """A token without blanks: some ligatures fold to several words."""
    return "\u2420".join(folded.split())


@dataclass(frozen=True)
class _Token:
    folded: str
    start: int
    end: int

    def means(self, word: str, *, prefix: bool) -> bool:
        """Whether a query's word finds this token; a bare word also finds #word and @word."""
        own = self.folded if word[0] in "#@" else self.folded.lstrip("#@")
        return own.startswith(word) if prefix else own == word


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        folded = _fold(found[0])
        if folded:
            yield _Token(folded, found.start(), found.end())


Place = tuple[str, int, int]  # "title" or "text", start, end in that text as given


class Words:
    """A mention's title and text cut into tokens once, for any number of queries."""

    def __init__(self, text: str, *, title: str | None = None) -> None:
        self.fields = {"title": title or "", "text": text}
        self._at: dict[str, list[tuple[str, int]]] = {}
        self._tokens: dict[str, list[_Token]] = {}
        for name, content in self.fields.items():
            self._tokens[name] = list(_tokens(content))
            for n, token in enumerate(self._tokens[name]):
                self._note(token.folded, (name, n))

    def _note(self, folded: str, at: tuple[str, int]) -> None:
        self._at.setdefault(folded, []).append(at)
        if folded[0] in "#@" and len(folded) > 1:
            self._at.setdefault(folded[1:], []).append(at)

    @cached_property
    def _vocabulary(self) -> list[str]:
        return sorted(self._at)

    @cached_property
    def _runs(self) -> dict[str, tuple[str, list[int]]]:
        """Each field folded character by character, with the place each folded character came from."""
        runs = {}
        for name, content in self.fields.items():
            pieces = [(_fold(character), n) for n, character in enumerate(content)]
            runs[name] = ("".join(p for p, _ in pieces), [n for p, n in pieces for _ in p])
        return runs

    def indexed(self) -> str:
        """All tokens as one line for a search index, with a mark wherever no phrase may run on."""
        parts: list[str] = []
        for name, content in self.fields.items():
            parts.append(_BREAK)
            end = 0
            for token in self._tokens[name]:
                gap = content[end : token.start]
                if end and _is_detour(gap):
                    parts.append(_BREAK)
                parts.append(one_atom(token.folded))
                end = token.end
        return " ".join(parts)

    def places(self, term: Term) -> list[Place]:
        """Where the term stands."""
        if term.unspaced:
            return self._substrings(term.words[0])
        if term.forms:
            return self._formed(term)
        anchor, starts = self._rarest(term)
        found = (self._phrase(term, name, n - anchor) for name, n in starts)
        return [place for place in found if place]

    def _formed(self, term: Term) -> list[Place]:
        """Where a single word stands, in any of its forms."""
        known = [form for form in self._at if form in term.forms or form == term.words[0]]
        places = []
        for name, n in (at for form in known for at in self._at[form]):
            token = self._tokens[name][n]
            places.append((name, token.start, token.end))
        return places

    def _rarest(self, term: Term) -> tuple[int, list[tuple[str, int]]]:
        """The phrase's word that stands in the fewest places, and those places: the only ones worth a look."""
        last = len(term.words) - 1
        every = [self._starting(word, prefix=term.prefix and k == last) for k, word in enumerate(term.words)]
        anchor = min(range(len(every)), key=lambda k: len(every[k]))
        return anchor, every[anchor]

    def _starting(self, word: str, *, prefix: bool) -> list[tuple[str, int]]:
        if not prefix:
            return self._at.get(word, [])
        first = bisect_left(self._vocabulary, word)
        hits: list[tuple[str, int]] = []
        for known in self._vocabulary[first:]:
            if not known.startswith(word):
                break
            hits += self._at[known]
        return hits

    def _phrase(self, term: Term, name: str, n: int) -> Place | None:
        """The place of the term if its words stand side by side from token `n` on."""
        tokens = self._tokens[name][max(n, 0) : n + len(term.words)]
        if n < 0 or len(tokens) < len(term.words):
            return None
        last = len(tokens) - 1
        for k, (token, word) in enumerate(zip(tokens, term.words, strict=True)):
            gap = self.fields[name][tokens[k - 1].end : token.start] if k else ""
            if not token.means(word, prefix=term.prefix and k == last):
                return None
            if _is_detour(gap):
                return None
        return (name, tokens[0].start, tokens[last].end)

    def _substrings(self, word: str) -> list[Place]:
        places: list[Place] = []
        for name, (run, origin) in self._runs.items():
            at = run.find(word)
            while at >= 0:
                places.append((name, origin[at], origin[at + len(word) - 1] + 1))
                at = run.find(word, at + len(word))
        return places


@dataclass(frozen=True)
class Term:
    """A word or phrase to look for: `words` in folded form; `prefix`: the last word may go on; `forms`: what else a
    single word may look like (see `listener.endings`)."""

    shown: str
    words: tuple[str, ...]
    prefix: bool = False
    unspaced: bool = False
    forms: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Match:
    """Why a text matched: spans (start, end) in text and in title, and the terms found, in the query's order."""

    spans: tuple[tuple[int, int], ...]
    terms: tuple[str, ...]
    title_spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Node:
    """A query as a tree: `kind` is term, and, or, not."""

    kind: str
    parts: tuple[Node, ...] = ()
    term: Term | None = None

    def holds(self, found: Callable[[Term], bool]) -> bool:
        if self.kind == "and":
            return all(part.holds(found) for part in self.parts)
        if self.kind == "or":
            return any(part.holds(found) for part in self.parts)
        if self.kind == "not":
            return not self.parts[0].holds(found)
        return self.term is not None and found(self.term)

    def wanted(self) -> Iterator[Term]:
        """The terms that speak for a match: those outside NOT."""
        if self.kind == "term" and self.term:
            yield self.term
        elif self.kind != "not":
            for part in self.parts:
                yield from part.wanted()


@dataclass(frozen=True)
class Query:
    """A compiled query; make one with `compile_query`."""

    text: str
    root: Node

    def match(self, text: str, *, title: str | None = None) -> Match | None:
        """Where and why the text (with its title) matches, or None."""
        return self.find(Words(text, title=title))

    def find(self, words: Words) -> Match | None:
        """The same for a text that is cut into words already."""
        cache: dict[Term, list[Place]] = {}

        def places(term: Term) -> list[Place]:
            if term not in cache:
                cache[term] = words.places(term)
            return cache[term]

        if not self.root.holds(lambda term: bool(places(term))):
            return None
        terms = [term for term in dict.fromkeys(self.root.wanted()) if places(term)]
        hits = sorted({place for term in terms for place in places(term)})
        return Match(
            spans=tuple((start, end) for name, start, end in hits if name == "text"),
            terms=tuple(term.shown for term in terms),
            title_spans=tuple((start, end) for name, start, end in hits if name == "title"),
        )


def compile_query(text: str, *, languages: Collection[str] = ()) -> Query:
    """Read a query. Raises QueryError naming the place and the cure.

    `languages` (ISO 639-1) whose endings a word may take: pl, hu.
    """
    parser = _Parser(text, _lex(text, languages))
    root = parser.query(depth=0)
    if parser.here.kind == ")":
        raise QueryError("this ) closes nothing", position=parser.here.position, cure="Take it out, or add a ( before")
    if root.holds(lambda term: False):
        raise QueryError(
            "this would match every text", position=0, cure="Name a word to look for beside what NOT leaves out"
        )
    return Query(text, root)


@dataclass(frozen=True)
class _Piece:
    kind: str  # ( ) and or not term end
    position: int
    term: Term | None = None


_LEX = re.compile(
    r"""(?P<space>\s+)|(?P<open>\()|(?P<close>\))
    |(?P<phrase>["“”„«](?P<inside>[^"“”„«»]*)["“”»])(?P<star>\*?)|(?P<quote>["“”„«»])
    |(?P<minus>-(?=[^\s)]))|(?P<word>[^\s()"“”„«»]+)""",
    re.VERBOSE,
)
_OPERATORS = {"AND": "and", "OR": "or", "NOT": "not"}


def _lex(text: str, languages: Collection[str]) -> list[_Piece]:
    pieces: list[_Piece] = []
    for found in _LEX.finditer(text):
        at, kind = found.start(), found.lastgroup
        if found["quote"]:
            raise QueryError("this quotation mark has no partner", position=at, cure='Write phrases as "exact phrase"')
        if found["open"] or found["close"] or found["minus"]:
            pieces.append(_Piece({"open": "(", "close": ")", "minus": "not"}[str(kind)], at))
        elif found["phrase"]:
            shown = f'"{found["inside"].strip()}"{found["star"]}'
            pieces.append(_Piece("term", at, _term(found["inside"] + found["star"], shown, at, None)))
        elif found["word"] in _OPERATORS:
            pieces.append(_Piece(_OPERATORS[found["word"]], at))
        elif found["word"]:
            pieces.append(_Piece("term", at, _term(found["word"], found["word"], at, languages)))
    if sum(piece.kind == "term" for piece in pieces) > TERMS_LIMIT:
        raise QueryError(f"more than {TERMS_LIMIT} terms", position=0, cure="Split the query into several brands")
    return [*pieces, _Piece("end", len(text))]


def _term(raw: str, shown: str, at: int, languages: Collection[str] | None) -> Term:
    """A term; `languages` None: exactly as written."""
    prefix = raw.rstrip().endswith("*")
    body = raw.rstrip().rstrip("*")
    if "*" in body:
        raise QueryError("* may stand at the end of a word only", position=at, cure='Write "kett*", not "k*ttle"')
    words = tuple(token.folded for token in _tokens(body))
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
    if _UNSPACED.search(body) and words[0][0] not in "#@":
        return Term(shown, ("".join(_fold(c) for c in body.strip()),), unspaced=True)
    exact = languages is None or prefix or len(words) > 1
    return Term(shown, words, prefix, forms=frozenset() if exact else forms(words[0], languages=languages or ()))


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
        while self.here.kind in ("and", "not", "term", "("):
            if self.here.kind == "and":
                self._next()
            parts.append(self._factor(depth=depth))
        return parts[0] if len(parts) == 1 else Node("and", tuple(parts))

    def _factor(self, *, depth: int) -> Node:
        piece = self.here
        if depth > _DEPTH_LIMIT:
            raise QueryError("too many brackets inside each other", position=piece.position, cure="Simplify the query")
        if piece.kind == "not":
            self._next()
            return Node("not", (self._factor(depth=depth + 1),))
        if piece.kind == "(":
            self._next()
            inside = self.query(depth=depth + 1)
            if self.here.kind != ")":
                raise QueryError("this ( is never closed", position=piece.position, cure="Add a ) after its last term")
            self._next()
            return inside
        if piece.kind == "term":
            return Node("term", term=self._next().term)
        raise self._missing(piece)

    def _missing(self, piece: _Piece) -> QueryError:
        if not self._text.strip():
            return QueryError("the query is empty", position=0, cure='Write the brand\'s name, such as "acme kettle"')
        before = self._pieces[self._n - 1].kind if self._n else ""
        names = {"and": "AND", "or": "OR", "not": "NOT", "(": "("}
        what = (
            f"nothing follows {names[before]}"
            if before in names
            else f"{names.get(piece.kind, piece.kind)} has nothing before it"
        )
        return QueryError(what, position=piece.position, cure="Operators stand between terms: acme AND kettle")
