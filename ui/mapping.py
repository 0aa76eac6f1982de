"""Which column of an unknown file may be which of ours: proposed from header names and from what stands in the cells.

Pure: a table of text goes in, a proposal comes out, with what spoke for each guess; a person decides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from config.mappings import COMMA, DAY_FIRST, MONTH_FIRST, POINT, ColumnMapping
from config.reading import TextTable
from ui.column_words import Word, plain, words_of

_SAMPLE = 200
_GOOD = 0.5  # a pair below it is not proposed
BY_NAME, BY_PART, BY_CELLS = "name", "part", "cells"
_FITTING = {BY_NAME: 0.5, BY_PART: 0.8}  # the share of cells that must fit: a known name speaks for itself


@dataclass(frozen=True)
class Column:
    """A column of ours. `kind`: text | id | time | day | money | count | url | person. `words`: other names for it, in
    the languages that files come in. A text, person or day may also be one value for the whole file."""

    name: str
    kind: str
    needed: bool = False
    words: tuple[Word, ...] = ()

    @property
    def can_be_constant(self) -> bool:
        return self.kind in ("text", "person", "day")


@dataclass(frozen=True)
class Target:
    """A table that an unknown file may be, with the layout that reads it."""

    layout: str
    columns: tuple[Column, ...]

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.needed)


@dataclass(frozen=True)
class Guess:
    """What a column of ours may be in the file, and why. `by`: name (the header is a name of it), part (the header
    holds one) or cells (only what stands in it speaks for it); `word`: the name that was known, by the languages that
    have it; `language`: the one of them that most headers of the file share."""

    header: str
    by: str
    word: Word | None = None
    language: str | None = None

    @property
    def name(self) -> str | None:
        """The known name as its language writes it."""
        return self.word.written[self.language] if self.word and self.language else None


def _column(name: str, kind: str, meanings: str = "", also: str = "", *, needed: bool = False) -> Column:
    """`meanings`: keys of column_words.WORDS, the nearest first; `also`: further English names with | between."""
    extra = tuple(Word(plain(word), {"en": word}) for word in also.split("|") if word)
    return Column(name, kind, needed, (*extra, *words_of(meanings.split())))


_CURRENCY = _column("currency", "text", "currency")
_SOURCE = (
    _column("source", "text", "source"),
    _column("medium", "text", "medium"),
    _column("campaign", "text", "campaign"),
)
_CUSTOMER = _column("customer", "person", "customer")

TARGETS: tuple[Target, ...] = (
    Target(
        "earned_orders",
        (
            _column("order_id", "id", "order id", needed=True),
            _column("ordered_at", "time", "order_date date time", needed=True),
            _column("total", "money", "total", needed=True),
            _CURRENCY,
            _column("subtotal", "money", "subtotal"),
            _column("tax", "money", "tax"),
            _column("shipping", "money", "shipping"),
            _column("discount", "money", "discount"),
            _column("codes", "text", "code"),
            _CUSTOMER,
            _column("status", "text", "status"),
            _column("landing_url", "url", "landing"),
            _column("referrer", "url", "referrer"),
        ),
    ),
    Target(
        "earned_visits",
        (
            _column("visitor", "person", "visitor", needed=True),
            _column("time", "time", "time date", needed=True),
            _column("landing_url", "url", "landing link", needed=True),
            _column("referrer", "url", "referrer", "from"),
            _column("visit_id", "id", "id", "session|session id|visit|visit id"),
            _column("order_id", "id", "order", "transaction|transaction id"),
            _CUSTOMER,
            _column("duration_seconds", "count", also="duration|visit duration|seconds|time on site"),
            _column("pageviews", "count", also="pages|page views|actions|hits"),
        ),
    ),
    Target(
        "earned_spend",
        (
            _column("date", "day", "date", needed=True),
            _column("platform", "text", "platform", needed=True),
            _column("campaign", "text", "campaign", "what|project|ad set", needed=True),
            _column("cost", "money", "cost", needed=True),
            _CURRENCY,
            *_SOURCE[:2],
            _column("cost_type", "text", "cost_type"),
            _column("influencer", "person", "influencer"),
            _column("impressions", "count", "impressions", "views"),
            _column("clicks", "count", "clicks"),
            _column("conversions", "count", also="results|purchases|konwersje|conversiones|konversionen"),
            _column("conversion_value", "money", also="purchase value|results value|conv. value"),
        ),
    ),
    Target(
        "earned_posts",
        (
            _column("network", "text", "platform", needed=True),
            _column("post_id", "id", "id", "media id|post|post id|tweet id|video id|content id", needed=True),
            _column("published_at", "time", "published date time", needed=True),
            _column("permalink", "url", "link"),
            _column("caption", "text", "text title", "description|post text"),
            _column("post_type", "text", "cost_type", "media type|format"),
            _column("is_paid", "text", also="paid|promoted|boosted"),
            _column("impressions", "count", "impressions"),
            _column("reach", "count", "reach"),
            _column("likes", "count", "likes"),
            _column("comments", "count", "comments"),
            _column("shares", "count", "shares"),
            _column("saves", "count", also="saved|bookmarks"),
            _column("clicks", "count", "clicks"),
            _column("views", "count", "views"),
        ),
    ),
    Target(
        "earned_leads",
        (
            _column("lead_id", "id", "id", "lead|lead no|contact id|record id", needed=True),
            _column("created_at", "time", "time date", "create date|first seen", needed=True),
            _column("stage", "text", "stage", needed=True),
            *_SOURCE,
            _column("won_at", "time", also="won|won on|closed|close date|won date|closed won"),
            _column("deal_amount", "money", "total", "deal value|deal size"),
            _CURRENCY,
        ),
    ),
    Target(
        "earned_conversions",
        (
            _column("conversion_id", "id", "id", "event id|conversion|sign-up id|download id", needed=True),
            _column("kind", "text", "cost_type", "event|goal|event name|action|conversion type", needed=True),
            _column("time", "time", "time date", needed=True),
            _column("visitor", "person", "visitor"),
            _CUSTOMER,
            _column("order_id", "id", "order", "transaction id"),
            *_SOURCE,
            _column("value", "money", "total", "conversion value"),
            _CURRENCY,
        ),
    ),
    Target(
        "earned_account_daily",
        (
            _column("network", "text", "platform", needed=True),
            _column("handle", "text", also="account|profile|page|username|konto|compte|cuenta|fiók|חשבון|الحساب|"
                    "tài khoản", needed=True),
            _column("date", "day", "date", needed=True),
            _column("followers", "count", "followers", needed=True),
            _column("reach", "count", "reach"),
            _column("impressions", "count", "impressions"),
            _column("views", "count", "views", "profile views"),
            _column("interactions", "count", also="engagement|engagements|reactions"),
        ),
    ),
    Target(
        "keyword_prices",
        (
            _column("keyword", "text", "keyword", needed=True),
            _column("cpc", "money", also="price|cost per click|avg cpc|avg. cpc|bid|klickpreis|stawka|"
                    "cena za kliknięcie|coût par clic|coste por clic|kattintási ár|מחיר לקליק|تكلفة النقرة|"
                    "giá mỗi lượt nhấp", needed=True),
            _CURRENCY,
            _column("low", "money", also="low bid|low range|top of page bid (low range)"),
            _column("high", "money", also="high bid|high range|top of page bid (high range)"),
            _column("searches", "count", also="volume|searches a month|avg. monthly searches|search volume"),
        ),
    ),
    Target(
        "earned_mentions",
        (
            _column("text", "text", "text", needed=True),
            _column("date", "time", "published date time", needed=True),
            _column("link", "url", "link", needed=True),
            _column("title", "text", "title"),
            _column("author", "person", "author"),
            _column("network", "text", "platform", "site|medium"),
            _column("followers", "count", "followers"),
            _column("reach", "count", "reach"),
            _column("likes", "count", "likes"),
            _column("comments", "count", "comments"),
            _column("shares", "count", "shares"),
            _column("views", "count", "views", "impressions"),
            _column("language", "text", "language"),
            _column("sentiment", "text", "sentiment"),
        ),
    ),
)  # fmt: skip


def target_of(layout: str) -> Target | None:
    return next((target for target in TARGETS if target.layout == layout), None)


_DAY = re.compile(
    r"^\s*(?:\d{4}[-/.]?\d{1,2}[-/.]?\d{1,2}|\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?(?:\d{4}|\d{2})|\d{5}(?:\.\d+)?)"
)
_IN_WORDS = re.compile(r"(?i)^\s*(?:\d{1,2}\.?\s+[^\W\d]{3,}\.?\s+\d{4}|[^\W\d]{3,}\.?\s+\d{1,2},?\s+\d{4})")
_AMOUNT = re.compile(r"^\s*[^\w\s]{0,3}\s*[A-Z]{0,3}\s*[-(−]?\s*[\d][\d.,'’\s\u00a0\u202f]*\)?\s*[^\d]{0,5}\s*$")
_COUNT = re.compile(r"^\s*\d[\d.,\s\u00a0\u202f]*[kKmM]?\s*$")
_URL = re.compile(r"(?i)^\s*(?:https?://|www\.|/)\S*|^\s*[\w-]+(?:\.[\w-]+)+(?:/\S*)?\s*$")


def _is_day(text: str) -> bool:
    return bool(_DAY.match(text) or _IN_WORDS.match(text))


def _is_time(text: str) -> bool:
    return _is_day(text) or bool(re.fullmatch(r"\s*(?:\d{10}|\d{13}|\d{16})\s*", text))


_FITS: Mapping[str, Callable[[str], bool]] = {
    "day": _is_day,
    "time": _is_time,
    "money": lambda text: bool(_AMOUNT.match(text)) and not _is_day_like(text),
    "count": lambda text: bool(_COUNT.match(text)),
    "url": lambda text: bool(_URL.match(text)),
    "id": lambda text: len(text) <= 80 and not text.lower().startswith("http"),
    "person": lambda text: len(text) <= 200,
    "text": lambda text: True,
}


def _is_day_like(text: str) -> bool:
    return bool(re.fullmatch(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\s*", text))


def _likeness(header: str, column: Column) -> tuple[float, Word | None]:
    """How far a header's name speaks for a column, and the name it was known by: 1 the same, 0.7 to 0.9 one of its
    names, below 0.6 it holds one of them, as a word or at an end of a compound (Rechnungsbetrag)."""
    said = plain(header)
    if said == plain(column.name):
        return 1.0, None
    for place, word in enumerate(column.words):
        if said == word.plain:
            return 0.9 - 0.2 * place / len(column.words), word
    held = max((word for word in column.words if _holds(said, word.plain)), key=lambda w: len(w.plain), default=None)
    return (0.35 + 0.25 * len(held.plain) / len(said), held) if held else (0.0, None)


def _holds(said: str, name: str) -> bool:
    if len(name) > 2 and f" {name} " in f" {said} ":
        return True
    return len(name) > 4 and any(part.endswith(name) or part.startswith(name) for part in said.split())


def values_of(table: TextTable, header: str) -> list[str]:
    """The first filled cells of a column."""
    return table.frame[header].drop_nulls().head(_SAMPLE).to_list()


def propose(table: TextTable, target: Target) -> dict[str, str]:
    """Our column -> header, as `guesses` has them."""
    return {name: guess.header for name, guess in guesses(table, target).items()}


def guesses(table: TextTable, target: Target) -> dict[str, Guess]:
    """Our column -> its guess, the best pairs first, each header once. A pair whose cells do not fit is not guessed."""
    samples = {header: values_of(table, header) for header in table.headers}
    pairs = []
    for place, header in enumerate(table.headers):
        for order, column in enumerate(target.columns):
            likeness, word = _likeness(header, column)
            share = _share(samples[header], column.kind)
            score = likeness + 0.2 * share + 0.1 * column.needed
            by = BY_NAME if likeness >= 0.7 else BY_PART
            if likeness and score >= _GOOD and (share >= _FITTING[by] or _but_few(samples[header], column.kind)):
                pairs.append((-score, order, place, column.name, Guess(header, by, word)))
    found: dict[str, Guess] = {}
    taken: set[str] = set()
    for _, _, _, name, guess in sorted(pairs, key=lambda pair: pair[:3]):
        if name not in found and guess.header not in taken:
            found[name] = guess
            taken.add(guess.header)
    return _in_their_language(found) | _by_values(table, target, found, samples)


def _in_their_language(found: Mapping[str, Guess]) -> dict[str, Guess]:
    """Each guess with the language that most of them share, of those that have its name: a file is in one language."""
    counts = Counter(language for guess in found.values() if guess.word for language in guess.word.written)

    def of(guess: Guess) -> Guess:
        if guess.word is None:
            return guess
        return replace(guess, language=max(guess.word.written, key=lambda language: counts[language]))

    return {name: of(guess) for name, guess in found.items()}


def _share(values: Sequence[str], kind: str) -> float:
    return sum(_FITS[kind](value) for value in values) / len(values) if values else 1.0


def _by_values(
    table: TextTable, target: Target, found: Mapping[str, Guess], samples: Mapping[str, list[str]]
) -> dict[str, Guess]:
    """Needed columns of a telling kind that no name spoke for, where just one column left holds such values; of
    several with amounts the one that is the largest in every row, as a total is."""
    more: dict[str, Guess] = {}
    unnamed = [column for column in target.columns if column.needed and column.name not in found]
    for column in sorted(unnamed, key=lambda column: column.kind == "id"):  # an id may be anything, so it comes last
        if column.kind not in ("time", "day", "money", "url", "id"):
            continue
        taken = {guess.header for guess in (*found.values(), *more.values())}
        left = [h for h in table.headers if h not in taken and samples[h]]
        fitting = [h for h in left if _speaks(samples[h], column.kind)]
        if column.kind == "money" and len(fitting) > 1:
            fitting = _largest(samples, fitting)
        if fitting and (len(fitting) == 1 or column.kind == "id"):  # a table's number mostly stands first
            more[column.name] = Guess(fitting[0], BY_CELLS)
    return more


def _but_few(values: Sequence[str], kind: str) -> bool:
    """Whether a cell here and there is all that does not fit: one, or one in twenty, with more good ones than bad."""
    bad = sum(not _FITS[kind](value) for value in values)
    return bad <= max(1, len(values) // 20) and 2 * bad < len(values)


def _speaks(values: Sequence[str], kind: str) -> bool:
    """Whether the cells alone speak for a kind. Ids must do so to the last: anything else may be one."""
    good = [value for value in values if _FITS[kind](value)]
    return (len(good) == len(values) or (kind != "id" and _but_few(values, kind))) and _tells(good, kind)


def _largest(samples: Mapping[str, list[str]], headers: Sequence[str]) -> list[str]:
    """The headers whose amounts are nowhere below those of the others; none where the columns are not filled alike."""
    amounts = {header: [int(re.sub(r"\D", "", value) or 0) for value in samples[header]] for header in headers}
    if len({len(values) for values in amounts.values()}) != 1:
        return []
    most = [max(row) for row in zip(*amounts.values(), strict=True)]
    return [header for header, values in amounts.items() if values == most]


def _tells(values: Sequence[str], kind: str) -> bool:
    """Whether values speak for a kind by themselves: a bare whole number may be anything."""
    if kind == "money":
        return any(re.search(r"[.,]\d{2}\b|[€$£]|[A-Z]{3}", value) for value in values)
    if kind == "id":
        return len(set(values)) == len(values) and all(re.search(r"\d", v) and "@" not in v for v in values)
    if kind in ("time", "day"):
        return all(re.search(r"[-/.:\s]", value.strip()) for value in values)
    return all("/" in value for value in values)


def propose_target(table: TextTable) -> Target:
    """The table the file is most likely to be: whose needed columns are found, then by the columns found beside."""

    def rank(target: Target) -> tuple[float, float, int]:
        found = propose(table, target)
        needed = sum(name in found for name in target.needed) / len(target.needed)
        names = {column.name: column for column in target.columns}
        likeness = sum(_likeness(header, names[name])[0] for name, header in found.items())
        return round(needed, 2), likeness, -TARGETS.index(target)

    return max(TARGETS, key=rank)


def unclear_days(values: Sequence[str]) -> bool:
    """Whether the days of a column may be read with the day or with the month first."""
    slashed = [re.match(r"^\s*(\d{1,2})[/-](\d{1,2})[/-]", value) for value in values]
    parts = [(int(m[1]), int(m[2])) for m in slashed if m]
    return bool(parts) and all(a <= 12 and b <= 12 for a, b in parts) and any(a != b for a, b in parts)


def unclear_decimals(values: Sequence[str]) -> bool:
    """Whether nothing in a column tells if `1,234` or `1.234` is a thousand or has decimals."""
    seen = [value for value in values if re.search(r"\d[.,]\d", value)]
    return bool(seen) and all(re.search(r"(?<![\d.,])\d{1,3}[.,]\d{3}(?![\d.,])", value) for value in seen)


def long_decimals(values: Sequence[str]) -> bool:
    """Whether amounts have more than four decimals, as programs write them; they are rounded where a person says so."""
    return any(re.search(r"\d[.,]\d{5,}\s*$", value) for value in values)


def monthly(values: Sequence[str], order: str) -> bool:
    """Whether the days, read in this order, never go back: a hint for a file that is sorted."""
    read = [m for m in (re.match(r"^\s*(\d{1,2})[/-](\d{1,2})[/-](\d{2,4})", value) for value in values) if m]
    first, second = (1, 2) if order == MONTH_FIRST else (2, 1)
    days = [(int(m[3]), int(m[first]), int(m[second])) for m in read]
    return all(a <= b for a, b in pairwise(days)) or all(a >= b for a, b in pairwise(days))


def probable_order(values: Sequence[str]) -> str:
    """What to offer first for days that can be read both ways: the order in which the file is sorted; day first."""
    return MONTH_FIRST if monthly(values, MONTH_FIRST) and not monthly(values, DAY_FIRST) else DAY_FIRST


def choices_for(column: Column, values: Sequence[str]) -> tuple[str, ...]:
    """The ways of writing a person must choose between; empty where the cells tell."""
    if column.kind in ("day", "time") and unclear_days(values):
        likely = probable_order(values)
        return (likely, MONTH_FIRST if likely == DAY_FIRST else DAY_FIRST)
    if column.kind in ("money", "count") and (unclear_decimals(values) or long_decimals(values)):
        return (POINT, COMMA)
    return ()


def missing(target: Target, mapping: ColumnMapping) -> list[str]:
    """The needed columns that are neither chosen nor given a value."""
    given = {*mapping.columns, *(name for name, value in mapping.constants.items() if value)}
    return [name for name in target.needed if name not in given]


@dataclass(frozen=True)
class Proposal:
    """What an unknown table may be: the layout, its guessed columns, and the needed ones that nothing was found for."""

    layout: str
    guesses: Mapping[str, Guess]
    missing: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "layout": self.layout,
            "columns": {name: guess.header for name, guess in self.guesses.items()},
            "by": {name: guess.by for name, guess in self.guesses.items()},
            "missing": list(self.missing),
        }


def proposal(table: TextTable) -> Proposal | None:
    """The likeliest target of a table with its guesses; None where most of what that needs is not found."""
    target = propose_target(table)
    found = guesses(table, target)
    lacking = tuple(name for name in target.needed if name not in found)
    return Proposal(target.layout, found, lacking) if 2 * len(lacking) < len(target.needed) else None
