"""A query's text, read: cut into pieces, and these put together to a tree. The grammar stands in `listener.queries`.

What other tools write and we do not know is refused with a cure, never read as words that nobody meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from listener.endings import bend
from listener.query_tree import Node
from listener.words import (
    FIELDS,
    HEBREW_LETTER,
    IN_WORDS,
    ONE_LETTER,
    ONE_LETTER_RTL,
    UNSPACED,
    Term,
    as_written,
    fold,
    is_pattern,
    tokens_of,
)

TERMS_LIMIT = 10_000
NEAR_LIMIT = 100
_DEPTH_LIMIT = 100
_PHRASE_LIMIT = 50
_PREFIX_AT_LEAST = 2
_LETTERS_BESIDE = 2  # beside the ? of a word


class QueryError(ValueError):
    """A query that cannot be read. `position` is 0-based in the query's text."""

    def __init__(self, problem: str, *, position: int, cure: str) -> None:
        self.problem, self.position, self.cure = problem, position, cure
        super().__init__(f"at character {position + 1}: {problem}. {cure}")


@dataclass(frozen=True)
class _Piece:
    kind: str  # ( ) and or not near field = + term end
    position: int
    node: Node | None = None
    value: str = ""  # of a field its name, of NEAR its number


_GERSHAYIM = f'(?<={HEBREW_LETTER})["“”](?={HEBREW_LETTER})'
_LEX = re.compile(
    rf"""(?P<space>\s+)|(?P<open>\()|(?P<close>\))
    |(?P<field>(?i:title|text|author|link|lang|source):)(?=[^\s)])|(?P<cased>=(?=[^\s()=]))|(?P<exact>\+(?=[^\s()+]))
    |(?P<phrase>["“”„«](?P<inside>(?:[^"“”„«»]|{_GERSHAYIM})*)["“”»])(?P<star>\*?)(?:~(?P<within>[^\s()]*))?
    |(?P<minus>-(?=[^\s)]))|(?P<near>NEAR(?:/(?P<apart>\d{{1,6}}))?(?=[\s("“”„«]|$))
    |(?P<word>(?:[^\s()"“”„«»]|{_GERSHAYIM})+)|(?P<quote>["“”„«»])""",
    re.VERBOSE,
)
_OPERATORS = {"AND": "and", "OR": "or", "NOT": "not"}
_MARKS = {"open": "(", "close": ")", "minus": "not", "cased": "=", "exact": "+"}


def parse(text: str, *, languages: Collection[str]) -> Node:
    """The tree of a query. Raises QueryError naming the place and the cure."""
    parser = _Parser(text, _lex(text, languages))
    root = parser.query(depth=0)
    if parser.here.kind == ")":
        raise QueryError("this ) closes nothing", position=parser.here.position, cure="Take it out, or add a ( before")
    if root.of_nothing():
        raise QueryError(
            "this would match every text", position=0, cure="Name a word to look for beside what NOT leaves out"
        )
    return root


def _lex(text: str, languages: Collection[str]) -> list[_Piece]:
    pieces: list[_Piece] = []
    for found in _LEX.finditer(text):
        if not found["space"]:
            pieces.append(_piece(found, languages, of_field=pieces[-1].value if pieces else ""))
    if sum(piece.kind == "term" for piece in pieces) > TERMS_LIMIT:
        raise QueryError(f"more than {TERMS_LIMIT} terms", position=0, cure="Split the query into several brands")
    return [*pieces, _Piece("end", len(text))]


def _piece(found: re.Match[str], languages: Collection[str], *, of_field: str) -> _Piece:
    """What stands at one place of the query. `of_field`: the field that stands right before it."""
    at = found.start()
    mark = next((_MARKS[name] for name in _MARKS if found[name]), None)
    if mark:
        return _Piece(mark, at)
    if found["quote"]:
        raise QueryError("this quotation mark has no partner", position=at, cure='Write phrases as "exact phrase"')
    if found["field"]:
        return _Piece("field", at, value=found["field"][:-1].lower())
    if found["near"]:
        return _Piece("near", at, value=_apart(found["apart"], at))
    if found["phrase"]:
        return _Piece("term", at, node=_quoted(found, at, languages))
    word = found["word"]
    if word in _OPERATORS:
        return _Piece(_OPERATORS[word], at)
    outside = of_field not in ("", *IN_WORDS)
    if not outside:
        _refuse_what_others_write(word, at)
    return _Piece("term", at, node=_node(_term(word, word, at, languages, literal=outside)))


def _node(term: Term) -> Node:
    return Node("term", term=term)


# --- what is refused -----------------------------------------------------------------------------------------------

_FOREIGN = {
    **dict.fromkeys(("site", "url", "domain", "inurl", "host", "links"), "link"),
    **dict.fromkeys(("intitle", "headline", "subject"), "title"),
    **dict.fromkeys(("intext", "content", "body"), "text"),
    **dict.fromkeys(("from", "by", "user", "username", "handle"), "author"),
    **dict.fromkeys(("language", "langue", "sprache"), "lang"),
    **dict.fromkeys(("feed", "network", "sourcetype"), "source"),
}
_FIELD = re.compile(r"([^\W\d]\w*):(.*)", re.DOTALL)
_LIKE_NEAR = re.compile(r"(?:(?i:o?near|within|adj)[/~:].*|(?i:[wn])/\d.*|O?NEAR\d+)", re.DOTALL)
_SIGNS = {
    "~": 'Write "acme broken"~5 or acme NEAR/5 broken; a word is found in its endings anyway',
    "^": "No word counts more than another; take it out",
    "|": "Write OR",
    "\\": "No sign need be escaped; take it out, or put the words in quotes",
    "{": "Brackets are ( )",
    "}": "Brackets are ( )",
    "[": "Brackets are ( )",
    "]": "Brackets are ( )",
    "<": "Figures are chosen on the pages, with --min-followers or with filters, not in a query",
    ">": "Figures are chosen on the pages, with --min-followers or with filters, not in a query",
}


def _refuse_what_others_write(word: str, at: int) -> None:
    """Fields and signs of other tools would be read as words, and find nothing that was meant."""
    if _LIKE_NEAR.fullmatch(word):
        raise QueryError(
            f"{word} says no number of words", position=at, cure=f"Write NEAR/5, in capitals; at most NEAR/{NEAR_LIMIT}"
        )
    field = _FIELD.fullmatch(word)
    if field and not field[2].startswith("//"):
        raise _unknown_field(field[1], field[2], at)
    for sign, cure in _SIGNS.items():
        if sign in word:
            raise QueryError(f"{sign} means nothing here", position=at + word.index(sign), cure=cure)
    if "&&" in word:
        raise QueryError("&& means nothing here", position=at, cure="Write AND; words beside each other mean both")
    if word[0] in "!/":
        cure = (
            "Write NOT acme to leave it out, =Acme for its very capitals" if word[0] == "!" else "Write the word alone"
        )
        raise QueryError(f"{word[0]} means nothing here", position=at, cure=cure)
    if word[-1] in ",;،؛" or word[0] in ",;،؛":
        raise QueryError("a list has OR between its words", position=at, cure="Write acme OR kettle, without commas")


def _unknown_field(name: str, rest: str, at: int) -> QueryError:
    if name.lower() in FIELDS:
        return QueryError(
            f"nothing follows {name}:", position=at, cure=f"Write {name.lower()}:word, without a blank after the colon"
        )
    ours = _FOREIGN.get(name.lower())
    known = ", ".join(f"{field}:" for field in FIELDS)
    cure = f"Write {ours}:{rest}, or put it in quotes" if ours else f"Known: {known}; other text goes in quotes"
    return QueryError(f"there is no field {name}:", position=at, cure=cure)


def _apart(number: str | None, at: int) -> str:
    if number is None or int(number) > NEAR_LIMIT:
        raise QueryError(
            "NEAR says how many words may lie between", position=at, cure=f"Write NEAR/5; at most NEAR/{NEAR_LIMIT}"
        )
    return number


# --- terms ---------------------------------------------------------------------------------------------------------


def _quoted(found: re.Match[str], at: int, languages: Collection[str]) -> Node:
    """A phrase; with ~n its words at most n words apart."""
    body = found["inside"] + found["star"]
    if found["within"] is None:
        return _node(_term(body, f'"{found["inside"].strip()}"{found["star"]}', at, languages, quoted=True))
    number = found["within"]
    if not number.isdecimal() or len(number) > 6 or int(number) > NEAR_LIMIT:
        raise QueryError(
            "~ says how many words may lie between",
            position=found.end("phrase"),
            cure=f'Write "acme broken"~5; at most ~{NEAR_LIMIT}',
        )
    cut = [body[token.start : token.end] for token in tokens_of(body.rstrip("* "))]
    if len(cut) < 2:
        raise QueryError("~ stands behind a phrase of several words", position=at, cure='Write "acme broken"~5')
    if len(cut) > _PHRASE_LIMIT:
        raise QueryError(f"a phrase of more than {_PHRASE_LIMIT} words", position=at, cure="Shorten it")
    if body.rstrip().endswith("*"):
        cut[-1] += "*"
    words = [_node(_term(word, word, at, languages)) for word in cut]
    pairs = [Node("near", pair, apart=int(number)) for pair in pairwise(words)]
    return pairs[0] if len(pairs) == 1 else Node("and", tuple(pairs))


def _term(
    raw: str, shown: str, at: int, languages: Collection[str], *, quoted: bool = False, literal: bool = False
) -> Term:
    """A term. A single word in quotes takes no endings; a phrase does. `literal`: * may end it, ? is itself."""
    prefix = raw.rstrip().endswith("*")
    body = raw.rstrip().rstrip("*").strip()
    if "*" in body:
        raise QueryError("* may stand at the end of a word only", position=at, cure='Write "kett*", not "k*ttle"')
    marked = body if literal else _one_letters(body, quoted=quoted)
    words = tuple(token.folded for token in tokens_of(marked))
    if not words:
        raise QueryError(
            f"{shown} holds no letter or digit", position=at, cure='Put names with signs in quotes: "ollie & sons"'
        )
    _refuse_too_much(words, at, prefix=prefix)
    if UNSPACED.search(body) and words[0][0] not in "#@":
        if any(map(is_pattern, words)):
            raise QueryError(
                "? stands for a letter only where blanks part words", position=at, cure="Write both words with OR"
            )
        return Term(shown, ("".join(fold(c) for c in body),), unspaced=True, raw=body)
    bends = () if quoted and len(words) == 1 else _bends(words, prefix, languages)
    return Term(shown, words, prefix, bends=bends, raw=body)


def _refuse_too_much(words: Sequence[str], at: int, *, prefix: bool) -> None:
    if len(words) > _PHRASE_LIMIT:
        raise QueryError(f"a phrase of more than {_PHRASE_LIMIT} words", position=at, cure="Shorten it")
    if prefix and len(words[-1].lstrip("#@")) < _PREFIX_AT_LEAST:
        raise QueryError(
            "too few letters before *", position=at, cure=f"Give at least {_PREFIX_AT_LEAST} letters before the *"
        )
    for word in filter(is_pattern, words):
        if sum(letter not in (ONE_LETTER, ONE_LETTER_RTL, "#", "@") for letter in word) < _LETTERS_BESIDE:
            raise QueryError(
                "too few letters beside ?", position=at, cure=f"Give at least {_LETTERS_BESIDE} letters beside the ?"
            )


_QUESTION = re.compile(r"\?+")
_QUESTION_INSIDE = re.compile(r"(?<=\w)\?+(?=\w)")  # in quotes a ? at a word's end is one
_RTL_BESIDE = re.compile("[\u0590-\u08ff]")


def _one_letters(body: str, *, quoted: bool) -> str:
    """The body with a letter of its script for each ? that stands for one."""

    def letter(found: re.Match[str]) -> str:
        beside = body[max(found.start() - 1, 0) : found.start()] + body[found.end() : found.end() + 1]
        return (ONE_LETTER_RTL if _RTL_BESIDE.search(beside) else ONE_LETTER) * len(found[0])

    return (_QUESTION_INSIDE if quoted else _QUESTION).sub(letter, body)


def _bends(words: Sequence[str], prefix: bool, languages: Collection[str]) -> tuple[tuple[str, ...] | None, ...]:
    """Which words take other forms: letters are put before the first, Polish ends any, Hungarian the last."""
    last = len(words) - 1
    bends: list[tuple[str, ...] | None] = []
    for k, word in enumerate(words):
        spoken = [one for one in languages if one != "hu" or k == last]
        bent = bend(word, languages=spoken, in_phrase=last > 0)
        fixed = is_pattern(word) or (prefix and k == last) or (bent == () and k > 0)
        bends.append(None if fixed else bent)
    return tuple(bends) if any(bent is not None for bent in bends) else ()


def _exact(term: Term) -> Term:
    """The term without endings, in capitals or not."""
    return replace(term, shown=f"+{term.shown}", bends=())


def _cased(term: Term) -> Term:
    """The term in the very letters of the query."""
    written = tuple(as_written(term.raw[token.start : token.end]) for token in tokens_of(term.raw))
    whole = ("".join(as_written(c) for c in term.raw),) if term.unspaced else written
    return replace(term, shown=f"={term.shown}", cased=whole, bends=())


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
    if field == "lang" and not _LANGUAGE.fullmatch(term.raw):
        raise QueryError("lang: takes a language code", position=piece.position, cure="Write lang:en")
    if field in IN_WORDS:
        return replace(term, field=field)
    if field != "link" and "?" in term.raw:
        raise QueryError(
            "? stands for a letter in title and text only", position=piece.position, cure=f"Write {field}:begin*"
        )
    return replace(term, field=field, bends=(), cased=())


# --- the tree ------------------------------------------------------------------------------------------------------

_EXACTLY = {"=": (_cased, 'Write =Apple or ="Apple Pie"'), "+": (_exact, 'Write +apple or +"apple pie"')}


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
        while self.here.kind in ("and", "not", "term", "(", "field", "=", "+"):
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
        if piece.kind in _EXACTLY:
            return self._exactly(piece)
        if piece.kind == "term" and piece.node:
            self._next()
            return piece.node
        raise self._missing(piece)

    def _exactly(self, piece: _Piece) -> Node:
        self._next()
        term = self.here.node.term if self.here.kind == "term" and self.here.node else None
        change, cure = _EXACTLY[piece.kind]
        if term is None or (piece.kind == "=" and any(map(is_pattern, term.words))):
            problem = f"{piece.kind} stands right before a word or a phrase{' without ?' if term else ''}"
            raise QueryError(problem, position=piece.position, cure=cure)
        self._next()
        return _node(change(term))

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
        return node.term is not None and node.term.in_words

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
