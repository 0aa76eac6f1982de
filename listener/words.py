"""A mention cut into words once, for any number of queries: where a term stands, and how far apart two stand.

Words are compared whole, after NFKC and casefold and without Arabic and Hebrew vowel marks. Letters that Arabic writes
in several ways are one: alef with and without hamza, ya and alef maqsura, ta marbuta and ha, kaf. A quotation mark
between two Hebrew letters is a gershayim, part of the word. In scripts that put no spaces between words a term may
stand inside a run. Time grows with the text's length and the number of its hits.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from itertools import pairwise
from urllib.parse import urlsplit

from config.registers import canonical_url
from listener.endings import ANY, UNSURE, VOUCHED, Forms, forms
from listener.language import detect

IN_WORDS = ("title", "text")  # fields of what was written; the others are known of a mention beside its words
FIELDS = (*IN_WORDS, "author", "link", "lang", "source")

# Letters and digits, with what stays inside a word: combining marks, Indic vowel signs, joiners, the soft hyphen.
_RTL = (
    "\u0591-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f\u08a0-\u08ff"
    "\ufb1d-\ufdfb\ufe70-\ufefc"
)
_JOINERS = "\u00ad\u200b-\u200d\u2060\ufeff"
_INSIDE = f"\u0300-\u036f\u0483-\u0489\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17d3{_JOINERS}"
HEBREW_LETTER = "[\u05d0-\u05ea]"
_GERESH, _GERSHAYIM = "\u05f3'\u2019", '\u05f4"\u201c\u201d'
_RTL_RUN = f"[{_RTL}{_JOINERS}]+(?:(?<={HEBREW_LETTER})[{_GERESH}{_GERSHAYIM}](?={HEBREW_LETTER})[{_RTL}{_JOINERS}]+)*"
_WORD = f"(?:{_RTL_RUN}|(?:(?![{_RTL}])[\\w{_INSIDE}])+)"
_TOKEN = re.compile(f"[#＃](?:[\\w{_RTL}{_INSIDE}])+|(?<!\\w)[@＠]\\w+(?:[.\\-]\\w+)*|{_WORD}")
# In-"the-Land": letters put before a name in quotation marks. An acronym has its mark before its last letters.
_BEFORE_QUOTED = re.compile('([\u05d5\u05e9\u05d4\u05d1\u05dc\u05de\u05db]{1,3})["\u201c\u201d](?=.{3})')
_ALIKE = str.maketrans(
    dict.fromkeys("أإآٱ", "ا")
    | dict.fromkeys("ىیې", "ي")
    | dict.fromkeys("کڪ", "ك")
    | dict.fromkeys("ةۃہەۀ", "ه")
    | dict.fromkeys(_GERESH, "\u05f3")
    | dict.fromkeys(_GERSHAYIM, "\u05f4")
)
_MARKS_ALIKE = str.maketrans(dict.fromkeys(_GERESH, "\u05f3") | dict.fromkeys(_GERSHAYIM, "\u05f4"))
_VOWEL_MARKS = re.compile("[\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640" + _JOINERS + "]")
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f]"
)
_SENTENCE_END = re.compile(r"[.!?…]\s|\n")
_BREAK = "\u241e"
_GAP_LIMIT = 6  # characters between two words of a phrase: " & ", " – ", but no detour
_APART = 1_000  # words between title and text: more than NEAR may ask for
ONE_LETTER, ONE_LETTER_RTL = "\ua7f7", "\u06ff"  # a query's ? inside a word; among Hebrew and Arabic letters
_ONE_LETTER = re.compile(f"[{ONE_LETTER}{ONE_LETTER_RTL}]")


@lru_cache(maxsize=65_536)
def fold(token: str) -> str:
    return _VOWEL_MARKS.sub("", unicodedata.normalize("NFKC", token).casefold()).translate(_ALIKE)


def as_written(token: str) -> str:
    """`fold` that keeps capitals, and the letters as they are."""
    return _VOWEL_MARKS.sub("", unicodedata.normalize("NFKC", token)).translate(_MARKS_ALIKE)


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

    @property
    def bare(self) -> str:
        """Without the sign of a hashtag or handle: a bare word also finds #word and @word."""
        return self.folded[1:] if self.folded[0] in "#@" else self.folded


def tokens_of(text: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        start = found.start()
        quoted = _BEFORE_QUOTED.match(found[0]) if "\u05d0" <= found[0][0] <= "\u05ea" else None
        if quoted:
            yield Token(fold(quoted[1]), start, start + len(quoted[1]))
            start += len(quoted[0])
        folded = fold(text[start : found.end()])
        if folded:
            yield Token(folded, start, found.end())


@dataclass(frozen=True, eq=False)
class Term:
    """A word or phrase to look for: `words` in folded form, ONE_LETTER where the query has ?; `prefix`: the last word
    may go on; `bends`: for each word whether it takes other forms (see `endings.bend`); empty: none does.

    `field`: one of FIELDS, None: title or text. `cased`: the words as they must be written. `raw`: as in the query.
    """

    shown: str
    words: tuple[str, ...]
    prefix: bool = False
    unspaced: bool = False
    bends: tuple[tuple[str, ...] | None, ...] = ()
    field: str | None = None
    cased: tuple[str, ...] = ()
    raw: str = ""

    @property
    def in_words(self) -> bool:
        """Whether it is looked for in title and text, not in what else is known of a mention."""
        return self.field in (None, *IN_WORDS)

    @property
    def forms(self) -> frozenset[str]:
        """What else its words may look like."""
        return frozenset(form for k in range(len(self.words)) for form in self.way(k))

    @property
    def by_language(self) -> bool:
        """Whether some of its forms hold in texts of some languages alone."""
        return any(self.bends)

    def open_end(self, k: int) -> bool:
        return self.prefix and k == len(self.words) - 1

    def way(self, k: int) -> Forms:
        """What else the word of this number may look like, and where."""
        bent = self.bends[k] if self.bends else None
        return {} if bent is None else forms(self.words[k], bent)


def is_pattern(word: str) -> bool:
    """Whether a term's word has a ? in it."""
    return _ONE_LETTER.search(word) is not None


def before_pattern(word: str) -> str:
    """The letters before the first ?."""
    return _ONE_LETTER.split(word, maxsplit=1)[0]


@lru_cache(maxsize=16_384)
def _pattern(word: str, open_end: bool) -> re.Pattern[str]:
    """One unknown letter for each ?, and nothing else that is not literal."""
    body = ".".join(re.escape(part) for part in _ONE_LETTER.split(word))
    return re.compile(body + (".*" if open_end else ""), re.DOTALL)


class Unsaid(Enum):
    """The language of a text that nobody looked for yet: it is detected when a query hangs on it."""

    UNSAID = 0


UNSAID = Unsaid.UNSAID
Language = str | Callable[[], str | None] | Unsaid | None


@dataclass(frozen=True)
class About:
    """What is known of a mention beside its words, for the fields author, link, lang and source.

    `urls`: its own address and the links in it. `language` may be a function, asked only by queries that name one, or
    for which the text holds a form that its language decides on.
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

    @cached_property
    def _handle(self) -> str:
        return fold((self.author_key or "").rpartition(":")[2].rpartition("/")[2]).lstrip("@")

    @cached_property
    def _name(self) -> Words:
        return Words(self.author_name or "")

    @cached_property
    def _places(self) -> tuple[tuple[str, str, str], ...]:
        return tuple(_place_of(url) for url in self.urls)

    def _author(self, term: Term) -> bool:
        wanted = fold(term.raw).lstrip("@")
        if self._handle and (self._handle.startswith(wanted) if term.prefix else self._handle == wanted):
            return True
        return bool(self.author_name) and bool(self._name.places(_anywhere(term)))

    def _link(self, term: Term) -> bool:
        host, _, path = _place_of(term.raw)
        return bool(host) and any(_is_under(place, host, path) for place in self._places)

    @cached_property
    def spoken(self) -> str | None:
        """The language's code without its country."""
        return _plain(self.language() if callable(self.language) else self.language)

    def _language(self, term: Term) -> bool:
        return (self.spoken or "") == term.raw.lower()

    def _source(self, term: Term) -> bool:
        own, wanted = fold(self.source or ""), fold(term.raw)
        return own.startswith(wanted) if term.prefix else own == wanted


def _plain(code: str | None) -> str | None:
    return code.strip().lower().replace("_", "-").split("-")[0] or None if code else None


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
Hit = tuple[int, int, Place]  # numbers of the first and the last word: those of the text are far from the title's


class Words:
    """A mention's title and text cut into tokens once, for any number of queries."""

    def __init__(
        self, text: str, *, title: str | None = None, about: About | None = None, language: Language = UNSAID
    ) -> None:
        """`language`: where it is known, and `about` is not. Where neither says it, it is detected when it decides."""
        self.fields = {"title": title or "", "text": text}
        self.about = about
        self._said = language
        self._detected: dict[tuple[str, ...], str | None] = {}
        self._at: dict[str, list[int]] = {}
        title_tokens = list(tokens_of(title)) if title else []
        self._tokens = [*title_tokens, *tokens_of(text)]
        self._text_from = len(title_tokens)
        for n, token in enumerate(self._tokens):
            self._at.setdefault(token.folded, []).append(n)
            if token.folded[0] in "#@" and len(token.folded) > 1:
                self._at.setdefault(token.folded[1:], []).append(n)

    @property
    def vocabulary(self) -> Mapping[str, Sequence[int]]:
        """The different words, hashtags and handles with and without their sign, and the tokens they are."""
        return self._at

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._at)

    @cached_property
    def _runs(self) -> dict[str, tuple[str, list[int]]]:
        """Each field folded character by character, with the place each folded character came from."""
        runs = {}
        for name, content in self.fields.items():
            pieces = [(fold(character), n) for n, character in enumerate(content)]
            runs[name] = ("".join(p for p, _ in pieces), [n for p, n in pieces for _ in p])
        return runs

    @cached_property
    def grams(self) -> frozenset[str]:
        """Every character and every two side by side, for terms that may stand inside a run."""
        found: set[str] = set()
        for run, _ in self._runs.values():
            found.update(run)
            found.update(map("".join, pairwise(run)))
        return frozenset(found)

    def indexed(self) -> str:
        """All tokens as one line for a search index, with a mark wherever no phrase may run on."""
        parts = [_BREAK]
        for n, token in enumerate(self._tokens):
            if n == self._text_from or (n and _is_detour(self._between(n - 1, n))):
                parts.append(_BREAK)
            parts.append(one_atom(token.folded))
        return " ".join(parts)

    def language(self, languages: Sequence[str]) -> str | None:
        """The text's language where it is known, or among these where a look at the text tells it."""
        if self._said is not UNSAID:
            return _plain(self._said() if callable(self._said) else self._said)
        if self.about is not None:
            return self.about.spoken
        among = tuple(languages)
        if among not in self._detected:
            self._detected[among] = detect(["\n".join(filter(None, self.fields.values()))], among)[0]
        return self._detected[among]

    def places(self, term: Term, *, languages: Sequence[str] = ()) -> list[Place]:
        """Where the term stands in title and text; nowhere for a term of another field."""
        return [place for _, _, place in self.hits(term, languages=languages)]

    def says(self, term: Term) -> bool | None:
        """Whether the mention holds the term; None where its field is not known here."""
        if term.in_words:
            return bool(self.places(term))
        if term.field == "lang" and self.about is None and self._said is not UNSAID:
            return About(language=self.language(())).says(term)
        return None if self.about is None else self.about.says(term)

    def hits(self, term: Term, *, languages: Sequence[str] = ()) -> list[Hit]:
        """Where the term stands, in the text's order. `languages`: those the query was written for."""
        if not term.in_words:
            return []
        found = self._substrings(term.words[0]) if term.unspaced else self._standing(term, languages)
        if term.field:
            found = [hit for hit in found if hit[2][0] == term.field]
        return [hit for hit in found if self._is_written(term, hit[2])] if term.cased else found

    def _is_written(self, term: Term, place: Place) -> bool:
        """Whether the words at a place have the letters of the query, capitals and small."""
        name, start, end = place
        written = self.fields[name][start:end]
        if term.unspaced:
            return as_written(written) == term.cased[0]
        found = [as_written(written[token.start : token.end]) for token in tokens_of(written)]
        for k, (own, wanted) in enumerate(zip(found, term.cased, strict=False)):
            bare = own if wanted[0] in "#@" else own.lstrip("#@")
            if not (bare.startswith(wanted) if term.open_end(k) else bare == wanted):
                return False
        return len(found) >= len(term.cased)

    def _standing(self, term: Term, languages: Sequence[str]) -> list[Hit]:
        """Every place of the term's words side by side, from the places of the word that stands in fewest."""
        anchor, starts = self._rarest(term)
        hits = []
        for n in starts:
            hit = self._phrase(term, n - anchor, languages)
            if hit:
                hits.append(hit)
        return hits

    def _rarest(self, term: Term) -> tuple[int, list[int]]:
        rarest: tuple[int, list[int]] = (0, [])
        for k in range(len(term.words)):
            starts = self._starting(term, k)
            if not starts:
                return k, []
            if k == 0 or len(starts) < len(rarest[1]):
                rarest = (k, starts)
        return rarest

    def _starting(self, term: Term, k: int) -> list[int]:
        """The tokens that may be the term's word of this number, in order."""
        word, way = term.words[k], term.way(k)
        if term.open_end(k) or is_pattern(word):
            known = self._alike(word, open_end=term.open_end(k))
        else:
            other = way.keys() & self._at.keys()
            if not other:
                return self._at.get(word, [])
            known = [word, *other]
        return sorted({n for one in known for n in self._at.get(one, ())})

    def _alike(self, word: str, *, open_end: bool) -> list[str]:
        """The known words that begin with a word, or fit its ?."""
        begin = before_pattern(word)
        fits = _pattern(word, open_end).fullmatch if is_pattern(word) else None
        found = []
        for known in self._sorted[bisect_left(self._sorted, begin) :]:
            if not known.startswith(begin):
                break
            if fits is None or fits(known):
                found.append(known)
        return found

    def _phrase(self, term: Term, first: int, languages: Sequence[str]) -> Hit | None:
        """The hit if the term's words stand side by side from token `first` on."""
        last = first + len(term.words) - 1
        if first < 0 or last >= len(self._tokens) or (first < self._text_from) != (last < self._text_from):
            return None
        bent: list[frozenset[str]] = []
        for k, word in enumerate(term.words):
            token = self._tokens[first + k]
            own = token.folded if word[0] in "#@" else token.bare
            if not _fits(own, word, open_end=term.open_end(k)):
                where = term.way(k).get(own)
                if where is None:
                    return None
                bent.append(where)
            if k and _is_detour(self._between(first + k - 1, first + k)):
                return None
        if bent and not self._holds(bent, of=len(term.words), languages=languages):
            return None
        return self._hit(first, last, self._tokens[first].start, self._tokens[last].end)

    def _holds(self, bent: Sequence[frozenset[str]], *, of: int, languages: Sequence[str]) -> bool:
        """Whether the forms that stand here hold in a text of this language."""
        asked = [where for where in bent if ANY not in where]
        if not asked:
            return True
        spoken = self.language(languages)
        wanted = spoken or (VOUCHED if len(bent) < of else UNSURE)
        return all(wanted in where for where in asked)

    def _between(self, n: int, after: int) -> str:
        name = "title" if n < self._text_from else "text"
        return self.fields[name][self._tokens[n].end : self._tokens[after].start]

    def _hit(self, first: int, last: int, start: int, end: int) -> Hit:
        if first < self._text_from:
            return first, last, ("title", start, end)
        return first + _APART, last + _APART, ("text", start, end)

    def _substrings(self, word: str) -> list[Hit]:
        hits: list[Hit] = []
        for name, (run, origin) in self._runs.items():
            at = run.find(word)
            while at >= 0:
                start, end = origin[at], origin[at + len(word) - 1] + 1
                hits.append(self._hit(self._number(name, start), self._number(name, end - 1), start, end))
                at = run.find(word, at + len(word))
        return hits

    @cached_property
    def _starts(self) -> dict[str, list[int]]:
        split = self._text_from
        parts = {"title": self._tokens[:split], "text": self._tokens[split:]}
        return {name: [token.start for token in tokens] for name, tokens in parts.items()}

    def _number(self, name: str, at: int) -> int:
        """The token that a character belongs to, or the one before it."""
        n = max(bisect_right(self._starts[name], at) - 1, 0)
        return n if name == "title" else n + self._text_from


def _fits(own: str, word: str, *, open_end: bool) -> bool:
    if is_pattern(word):
        return _pattern(word, open_end).fullmatch(own) is not None
    return own.startswith(word) if open_end else own == word


class Side:
    """One side of NEAR: where its terms stand, by their beginnings and by their ends."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        self.by_first = sorted(hits)
        self.by_last = sorted(self.by_first, key=lambda hit: hit[1])
        self.firsts = [hit[0] for hit in self.by_first]
        self.lasts = [hit[1] for hit in self.by_last]


def distance(left: Side, right: Side) -> int | None:
    """The fewest words between a hit of one side and one of the other, in either order; None: there are no two."""
    few, many = (left, right) if len(left.firsts) <= len(right.firsts) else (right, left)
    closest: int | None = None
    for first, last, _ in few.by_first:
        after, before = bisect_right(many.firsts, last), bisect_left(many.lasts, first) - 1
        between = [many.firsts[after] - last - 1] if after < len(many.firsts) else []
        between += [first - many.lasts[before] - 1] if before >= 0 else []
        if between and (closest is None or min(between) < closest):
            closest = min(between)
        if closest == 0:
            break
    return closest


def near(left: Side, right: Side, *, apart: int) -> list[Hit]:
    """The hits of both sides with at most `apart` words between them, in either order.

    The side with fewer hits is gone through, the other looked up, and no hit is taken twice: however many queries ask
    for a common word near a rare one, the common one's places cost nothing.
    """
    few, many = (left, right) if len(left.firsts) <= len(right.firsts) else (right, left)
    found: set[Hit] = set()
    reached = 0
    for hit in few.by_last:
        start = bisect_right(many.firsts, hit[1])
        end = bisect_right(many.firsts, hit[1] + 1 + apart, lo=start)
        if start < end:
            found.add(hit)
            found.update(many.by_first[max(start, reached) : end])
            reached = max(reached, end)
    reached = 0
    for hit in few.by_first:
        start = bisect_left(many.lasts, hit[0] - 1 - apart)
        end = bisect_left(many.lasts, hit[0], lo=start)
        if start < end:
            found.add(hit)
            found.update(many.by_last[max(start, reached) : end])
            reached = max(reached, end)
    return sorted(found)
