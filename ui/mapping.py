"""Which column of an unknown file may be which of ours: proposed from header names and from what stands in the cells.

Pure: a table of text goes in, a proposal comes out; a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from config.mappings import COMMA, DAY_FIRST, MONTH_FIRST, POINT, ColumnMapping
from config.reading import TextTable, normal_header

_SAMPLE = 200
_GOOD = 0.5  # a pair below it is not proposed


@dataclass(frozen=True)
class Column:
    """A column of ours. `kind`: text | id | time | day | money | count | url | person. `words`: other names for it, in
    the languages that files come in. A text, person or day may also be one value for the whole file."""

    name: str
    kind: str
    needed: bool = False
    words: tuple[str, ...] = ()

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


def _column(name: str, kind: str, words: str = "", *, needed: bool = False) -> Column:
    return Column(name, kind, needed, tuple(word.strip() for word in words.split("|") if word.strip()))


_DATE = "date|day|datum|fecha|data|dátum|ngày|תאריך|التاريخ|jour|tag|when|dzień|nap"
_TIME = f"{_DATE}|time|timestamp|created|created at|created on|visited at|visit time|start time|zeit|czas|idő|שעה|heure"
_CURRENCY = _column("currency", "text", "currency code|währung|waluta|devise|moneda|pénznem|מטבע|العملة|tiền tệ|ccy")
_SOURCE = (
    _column("source", "text", "utm source|utm_source|traffic source|quelle|źródło|forrás|fuente"),
    _column("medium", "text", "utm medium|utm_medium|traffic medium"),
    _column("campaign", "text", "utm campaign|utm_campaign|campaign name|kampagne|kampania|kampány|campaña|campagne"),
)
_CUSTOMER = _column(
    "customer",
    "person",
    "email|e-mail|customer email|customer id|buyer|kunde|klient|vevő|cliente|לקוח|العميل|mail",
)

TARGETS: tuple[Target, ...] = (
    Target(
        "earned_orders",
        (
            _column("order_id", "id", "order|order id|order no|order number|order #|number|bestellnummer|bestellung|"
                    "numer zamówienia|zamówienie|rendelés|rendelésszám|pedido|commande|invoice|receipt|הזמנה|رقم الطلب|"
                    "mã đơn hàng|id", needed=True),
            _column("ordered_at", "time", f"{_TIME}|ordered|order date|ordered on|bestelldatum|data zamówienia|paid at|"
                    "purchase date|sale date", needed=True),
            _column("total", "money", "total|amount|order total|grand total|gross|revenue|sum|betrag|gesamt|summe|"
                    "kwota|suma|razem|összeg|végösszeg|importe|montant|סכום|المبلغ|tổng tiền|price|value", needed=True),
            _CURRENCY,
            _column("subtotal", "money", "sub total|net|net sales|items total|netto|goods"),
            _column("tax", "money", "vat|taxes|sales tax|mwst|steuer|áfa|iva|tva"),
            _column("shipping", "money", "delivery|versand|wysyłka|dostawa|szállítás|envío|livraison|shipping cost"),
            _column("discount", "money", "discount amount|rabatt|rabat|zniżka|kedvezmény|descuento|remise"),
            _column("codes", "text", "code|promo code|coupon|coupon code|discount code|voucher|gutschein|kod rabatowy|"
                    "kupon|cupón|código|הנחה קוד"),
            _CUSTOMER,
            _column("status", "text", "order status|payment status|financial status|state|stan|állapot|estado"),
            _column("landing_url", "url", "landing page|landing|entry page|landing site|zielseite"),
            _column("referrer", "url", "referer|referring site"),
        ),
    ),
    Target(
        "earned_visits",
        (
            _column("visitor", "person", "visitor id|client id|user id|cookie|user|besucher|odwiedzający|fingerprint|"
                    "device id|anonymous id", needed=True),
            _column("time", "time", _TIME, needed=True),
            _column("landing_url", "url", "landing page|landing|url|page|page url|entry url|link", needed=True),
            _column("referrer", "url", "referer|referrer url|referring url|from"),
            _column("visit_id", "id", "session|session id|visit|visit id|id"),
            _column("order_id", "id", "order|transaction|transaction id|order number"),
            _CUSTOMER,
            _column("duration_seconds", "count", "duration|visit duration|seconds|time on site"),
            _column("pageviews", "count", "pages|page views|actions|hits"),
        ),
    ),
    Target(
        "earned_spend",
        (
            _column("date", "day", _DATE, needed=True),
            _column("platform", "text", "network|channel|system|plattform|platforma|where|kanał", needed=True),
            _column("campaign", "text", "campaign name|kampagne|kampania|kampány|campaña|campagne|what|project|ad set",
                    needed=True),
            _column("cost", "money", "spend|amount|amount spent|spent|costs|kosten|ausgaben|koszt|wydatki|költség|"
                    "gasto|dépense|price|fee|betrag|kwota|עלות|التكلفة|chi phí|how much", needed=True),
            _CURRENCY,
            *_SOURCE[:2],
            _column("cost_type", "text", "type|kind|cost type|art|rodzaj"),
            _column("influencer", "person", "creator|person|handle|partner"),
            _column("impressions", "count", "impr|impr.|views|wyświetlenia|impressionen"),
            _column("clicks", "count", "link clicks|kliknięcia|klicks|clics"),
            _column("conversions", "count", "results|purchases|konwersje"),
            _column("conversion_value", "money", "purchase value|results value|conv. value"),
        ),
    ),
    Target(
        "earned_posts",
        (
            _column("network", "text", "platform|channel|kanal|platforma", needed=True),
            _column("post_id", "id", "id|media id|post|tweet id|video id|content id", needed=True),
            _column("published_at", "time", f"{_TIME}|published|publish time|posted|posted at", needed=True),
            _column("permalink", "url", "link|url|post link|adres"),
            _column("caption", "text", "text|message|description|title|post text|treść|inhalt"),
            _column("post_type", "text", "type|media type|format"),
            _column("is_paid", "text", "paid|promoted|boosted"),
            _column("impressions", "count", "impr|views shown"),
            _column("reach", "count", "people reached|reichweite|zasięg|elérés"),
            _column("likes", "count", "reactions|hearts|polubienia"),
            _column("comments", "count", "replies|komentarze|kommentare"),
            _column("shares", "count", "retweets|reposts|udostępnienia"),
            _column("saves", "count", "saved|bookmarks"),
            _column("clicks", "count", "link clicks|url clicks"),
            _column("views", "count", "video views|plays|wyświetlenia"),
        ),
    ),
    Target(
        "earned_leads",
        (
            _column("lead_id", "id", "id|lead|lead no|contact id|record id|numer", needed=True),
            _column("created_at", "time", f"{_TIME}|create date|created date|first seen", needed=True),
            _column("stage", "text", "status|lead status|lifecycle stage|phase|etap|state", needed=True),
            *_SOURCE,
            _column("won_at", "time", "won|won on|closed|close date|won date|closed won"),
            _column("deal_amount", "money", "amount|value|deal value|deal size|revenue|wert|kwota"),
            _CURRENCY,
        ),
    ),
    Target(
        "earned_conversions",
        (
            _column("conversion_id", "id", "id|event id|conversion|sign-up id|download id", needed=True),
            _column("kind", "text", "type|event|goal|event name|action|conversion type|rodzaj", needed=True),
            _column("time", "time", _TIME, needed=True),
            _column("visitor", "person", "visitor id|client id|user id|cookie"),
            _CUSTOMER,
            _column("order_id", "id", "order|transaction id"),
            *_SOURCE,
            _column("value", "money", "amount|revenue|conversion value|wert|kwota"),
            _CURRENCY,
        ),
    ),
    Target(
        "earned_account_daily",
        (
            _column("network", "text", "platform|channel", needed=True),
            _column("handle", "text", "account|profile|page|username|konto", needed=True),
            _column("date", "day", _DATE, needed=True),
            _column("followers", "count", "fans|subscribers|audience|obserwujący|követők|abonnés", needed=True),
            _column("reach", "count", "people reached|reichweite|zasięg"),
            _column("impressions", "count", "impr"),
            _column("views", "count", "profile views|video views"),
            _column("interactions", "count", "engagement|engagements|reactions"),
        ),
    ),
    Target(
        "keyword_prices",
        (
            _column("keyword", "text", "query|search term|term|phrase|suchbegriff|słowo kluczowe|kulcsszó|fraza",
                    needed=True),
            _column("cpc", "money", "price|cost per click|avg cpc|avg. cpc|bid|klickpreis|stawka", needed=True),
            _CURRENCY,
            _column("low", "money", "low bid|low range|top of page bid (low range)"),
            _column("high", "money", "high bid|high range|top of page bid (high range)"),
            _column("searches", "count", "volume|searches a month|avg. monthly searches|search volume"),
        ),
    ),
    Target(
        "earned_mentions",
        (
            _column("text", "text", "content|message|mention|post|body|tweet|tekst|treść|szöveg|texto|nội dung|טקסט|"
                    "النص|snippet|review", needed=True),
            _column("date", "time", f"{_TIME}|published|published at|posted", needed=True),
            _column("link", "url", "url|permalink|address|adres", needed=True),
            _column("title", "text", "headline|subject|tytuł|cím"),
            _column("author", "person", "user|username|name|screen name|autor|szerző|auteur|by|from"),
            _column("network", "text", "platform|channel|site|medium"),
            _column("followers", "count", "follower count|obserwujący|követők|fans"),
            _column("reach", "count", "potential reach|zasięg|reichweite"),
            _column("likes", "count", "reactions|favorites|polubienia"),
            _column("comments", "count", "replies|komentarze"),
            _column("shares", "count", "retweets|reposts"),
            _column("views", "count", "impressions|plays"),
            _column("language", "text", "lang|sprache|język|nyelv"),
            _column("sentiment", "text", "tone|wydźwięk|stimmung"),
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


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[^\w#%]+|_+", " ", normal_header(name)).split())


def _likeness(header: str, column: Column) -> float:
    """How far a header's name speaks for a column: 1 the same, 0.7 one of its words, 0.4 it holds one of them."""
    plain = _plain(header)
    names = [_plain(column.name), *map(_plain, column.words)]
    if plain == names[0]:
        return 1.0
    if plain in names:
        return 0.9 - 0.2 * names.index(plain) / len(names)
    padded = f" {plain} "
    held = max((len(name) for name in names if len(name) > 2 and f" {name} " in padded), default=0)
    return 0.35 + 0.25 * held / max(1, len(plain)) if held else 0.0


def values_of(table: TextTable, header: str) -> list[str]:
    """The first filled cells of a column."""
    return table.frame[header].drop_nulls().head(_SAMPLE).to_list()


def propose(table: TextTable, target: Target) -> dict[str, str]:
    """Our column -> header, the best pairs first, each header once. A pair whose cells do not fit is not proposed."""
    samples = {header: values_of(table, header) for header in table.headers}
    pairs = []
    for place, header in enumerate(table.headers):
        for order, column in enumerate(target.columns):
            likeness = _likeness(header, column)
            share = _share(samples[header], column.kind)
            score = likeness + 0.2 * share + 0.1 * column.needed
            if likeness and share >= 0.8 and score >= _GOOD:
                pairs.append((-score, order, place, header, column.name))
    found: dict[str, str] = {}
    for _, _, _, header, name in sorted(pairs):
        if name not in found and header not in found.values():
            found[name] = header
    return found | _by_values(table, target, found, samples)


def _share(values: Sequence[str], kind: str) -> float:
    return sum(_FITS[kind](value) for value in values) / len(values) if values else 1.0


def _by_values(
    table: TextTable, target: Target, found: Mapping[str, str], samples: Mapping[str, list[str]]
) -> dict[str, str]:
    """Needed columns of a telling kind that no name spoke for, where just one column left holds such values."""
    more: dict[str, str] = {}
    for column in target.columns:
        if not column.needed or column.name in found or column.kind not in ("time", "day", "money", "url", "id"):
            continue
        left = [h for h in table.headers if h not in found.values() and h not in more.values() and samples[h]]
        fitting = [h for h in left if _share(samples[h], column.kind) == 1.0 and _tells(samples[h], column.kind)]
        if fitting and (len(fitting) == 1 or column.kind == "id"):  # a table's number mostly stands first
            more[column.name] = fitting[0]
    return more


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
        likeness = sum(_likeness(header, names[name]) for name, header in found.items())
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
