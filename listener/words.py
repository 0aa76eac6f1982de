"""A mention cut into words once, for any number of queries: where a term stands, and how far apart two stand.

Words are compared whole, after NFKC and casefold and without Arabic and Hebrew vowel marks; in scripts that put no
spaces between words a term may stand inside a run. Time grows with the text's length and the number of its hits.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

from config.registers import canonical_url

IN_WORDS = ("title", "text")  # fields of what was written; the others are known of a mention beside its words
FIELDS = (*IN_WORDS, "author", "link", "lang", "source")

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
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f]"
)
_SENTENCE_END = re.compile(r"[.!?…]\s|\n")
_BREAK = "\u241e"
_GAP_LIMIT = 6  # characters between two words of a phrase: " & ", " – ", but no detour


@lru_cache(maxsize=65_536)
def fold(token: str) -> str:
    return _VOWEL_MARKS.sub("", unicodedata.normalize("NFKC", token).casefold())


def as_written(token: str) -> str:
    """`fold` that keeps capitals."""
    return _VOWEL_MARKS.sub("", unicodedata.normalize("NFKC", token))


def _is_detour(gap: str) -> bool:
    """Whether what stands between two words parts them: too much, or the end of a sentence."""
    return len(gap) > _GAP_LIMIT or _SENTENCE_END.search(gap) is not None


def one_atom(folded: str) -> str:
    """A token without blanks: some ligatures fold to several words."""
    return "\u2420".join(folded.split())


@dataclass(frozen=True)
class Token:
    folded: str
    start: int
    end: int

    def means(self, word: str, *, prefix: bool) -> bool:
        """Whether a query's word finds this token; a bare word also finds #word and @word."""
        own = self.folded if word[0] in "#@" else self.folded.lstrip("#@")
        return own.startswith(word) if prefix else own == word


def tokens_of(text: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        folded = fold(found[0])
        if folded:
            yield Token(folded, found.start(), found.end())


@dataclass(frozen=True)
class Term:
    """A word or phrase to look for: `words` in folded form; `prefix`: the last word may go on; `forms`: what else a
    single word may look like (see `listener.endings`).

    `field`: one of FIELDS, None: title or text. `cased`: the words as they must be written. `raw`: as in the query.
    """

    shown: str
    words: tuple[str, ...]
    prefix: bool = False
    unspaced: bool = False
    forms: frozenset[str] = frozenset()
    field: str | None = None
    cased: tuple[str, ...] = ()
    raw: str = ""


@dataclass(frozen=True)
class About:
    """What is known of a mention beside its words, for the fields author, link, lang and source.

    `urls`: its own address and the links in it. `language` may be a function, asked only by queries that name one.
    """

    author_key: str | None = None
    author_name: str | None = None
    urls: tuple[str, ...] = ()
    language: str | Callable[[], str | None] | None = None
    source: str | None = None

    def says(self, term: Term) -> bool:
        """Whether the term's field holds it."""
        told = {"author": self._author, "link": self._link, "lang": self._language, "source": self._source}
        return told[str(term.field)](term)

    def _author(self, term: Term) -> bool:
        handle = fold((self.author_key or "").rpartition(":")[2].rpartition("/")[2]).lstrip("@")
        wanted = fold(term.raw).lstrip("@")
        if handle and (handle.startswith(wanted) if term.prefix else handle == wanted):
            return True
        name = Words(self.author_name or "")
        return bool(name.places(_anywhere(term)))

    def _link(self, term: Term) -> bool:
        host, _, path = _place_of(term.raw)
        return bool(host) and any(_is_under(_place_of(url), host, path) for url in self.urls)

    def _language(self, term: Term) -> bool:
        spoken = self.language() if callable(self.language) else self.language
        return (spoken or "").lower().replace("_", "-").split("-")[0] == term.raw.lower()

    def _source(self, term: Term) -> bool:
        own, wanted = fold(self.source or ""), fold(term.raw)
        return own.startswith(wanted) if term.prefix else own == wanted


def _anywhere(term: Term) -> Term:
    """The term's words without its field: an @ before them is part of a handle, not of a name."""
    return Term(term.shown, tuple(word.lstrip("#@") for word in term.words), term.prefix, term.unspaced)


@lru_cache(maxsize=4096)
def _place_of(link: str) -> tuple[str, str, str]:
    """(host, "", path) of an address with or without its scheme; an empty host where it is none."""
    whole = link if "://" in link else f"https://{link.removeprefix('//')}"
    parts = urlsplit(canonical_url(whole) or "")
    return (parts.hostname or "", "", parts.path.rstrip("/"))


def _is_under(place: tuple[str, str, str], host: str, path: str) -> bool:
    own, _, rest = place
    there = own == host or own.endswith("." + host)
    return there and (not path or rest == path or rest.startswith(path + "/"))


Place = tuple[str, int, int]  # "title" or "text", start, end in that text as given


_Numbered = tuple[int, int, Place]  # numbers of the first and the last word


def _followed(first: Sequence[_Numbered], second: Sequence[_Numbered], *, apart: int) -> set[Place]:
    """The places of `first` that one of `second` follows within `apart` words, and those that follow."""
    begins = [row[0] for row in second]
    found: set[Place] = set()
    reached = -1  # up to where `second` is taken already, so that no place is looked at twice
    for _, last, place in sorted(first, key=lambda row: row[1]):
        start = bisect_right(begins, last)
        end = bisect_right(begins, last + 1 + apart)
        if start < end:
            found.add(place)
            found.update(row[2] for row in second[max(start, reached) : end])
            reached = max(reached, end)
    return found


class Words:
    """A mention's title and text cut into tokens once, for any number of queries."""

    def __init__(self, text: str, *, title: str | None = None, about: About | None = None) -> None:
        self.fields = {"title": title or "", "text": text}
        self.about = about
        self._at: dict[str, list[tuple[str, int]]] = {}
        self._tokens: dict[str, list[Token]] = {}
        for name, content in self.fields.items():
            self._tokens[name] = list(tokens_of(content))
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
            pieces = [(fold(character), n) for n, character in enumerate(content)]
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
        """Where the term stands in title and text; nowhere for a term of another field."""
        if term.field and term.field not in IN_WORDS:
            return []
        found = self._everywhere(term)
        if term.field:
            found = [place for place in found if place[0] == term.field]
        return [place for place in found if self._is_written(term, place)] if term.cased else found

    def says(self, term: Term) -> bool | None:
        """Whether the mention holds the term; None where its field is not known here."""
        if term.field and term.field not in IN_WORDS:
            return None if self.about is None else self.about.says(term)
        return bool(self.places(term))

    def near(self, left: Sequence[Place], right: Sequence[Place], *, apart: int) -> list[Place]:
        """The places of both sides that stand in one field with at most `apart` words between them, in either order."""
        found: set[Place] = set()
        for name in self.fields:
            one, other = self._numbered(left, name), self._numbered(right, name)
            for first, second in ((one, other), (other, one)):
                found |= _followed(first, second, apart=apart)
        return sorted(found)

    @cached_property
    def _starts(self) -> dict[str, list[int]]:
        return {name: [token.start for token in tokens] for name, tokens in self._tokens.items()}

    def _numbered(self, places: Sequence[Place], name: str) -> list[_Numbered]:
        """The places in this field by the numbers of their first and last word, in order."""
        starts = self._starts[name]
        rows = ((bisect_right(starts, p[1]) - 1, bisect_left(starts, p[2]) - 1, p) for p in places if p[0] == name)
        return sorted(rows)

    def _is_written(self, term: Term, place: Place) -> bool:
        """Whether the words at a place have the letters of the query, capitals and small."""
        name, start, end = place
        written = self.fields[name][start:end]
        if term.unspaced:
            return as_written(written) == term.cased[0]
        found = [as_written(written[token.start : token.end]) for token in tokens_of(written)]
        pairs = list(zip(found, term.cased, strict=False))
        for k, (own, wanted) in enumerate(pairs):
            bare = own if wanted[0] in "#@" else own.lstrip("#@")
            last = k == len(term.cased) - 1
            if not (bare.startswith(wanted) if term.prefix and last else bare == wanted):
                return False
        return len(pairs) == len(term.cased)

    def _everywhere(self, term: Term) -> list[Place]:
        if term.unspaced:
            return self._substrings(term.words[0])
        if term.forms:
            return self._formed(term)
        anchor, starts = self._rarest(term)
        found = (self._phrase(term, name, n - anchor) for name, n in starts)
        return [place for place in found if place]

    def _formed(self, term: Term) -> list[Place]:
        """Where a single word stands, in any of its forms."""
        places = []
        for name, n in (at for form in (term.words[0], *term.forms) for at in self._at.get(form, ())):
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
