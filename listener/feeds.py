"""Bytes -> entries. feedparser lives here and nowhere else; JSON Feed, which it cannot read, has an own reader.

Everything comes from strangers: `parse_feed` never raises for what is in a feed, resolves no entities, fetches nothing,
and returns plain text only. It is bounded in size but not in time: run it in `parsing.ParseWorkers`, which can be
killed.
"""

from __future__ import annotations

import codecs
import contextlib
import datetime as dt
import hashlib
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from listener.feed_dates import parse_date
from listener.feed_repair import repaired
from listener.text import TEXT_LIMIT, clean, find_links, one_line, plain_text, safe_link
from listener.wellformed import DEPTH_LIMIT, TooDeepError, read_wellformed

ITEMS_LIMIT = 2_000
BODY_LIMIT = 10_000_000  # bytes, inflated
_COUNT_LIMIT = 2**53


@dataclass(frozen=True)
class Entry:
    """One item of a feed. Texts are plain; `native_id` is never empty; unknown is None.

    `links` are those found in the text, as written; `published_quality`: exact, date_only, no_zone, guessed or missing.
    `mark` is a hash of all that queries are asked of, as the feed wrote it, "" where none was taken. `is_known`: its
    mark was among those given as known, so its text and links were not made.
    """

    native_id: str
    title: str | None
    link: str | None
    published_at: dt.datetime | None
    published_quality: str
    author: str | None
    text: str
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    views: int | None = None
    links: tuple[str, ...] = ()
    language: str | None = None
    mark: str = field(default="", compare=False)  # the two readers may write the same XHTML in two ways
    is_known: bool = False


@dataclass(frozen=True)
class ParsedFeed:
    """What a body held. `format` is feedparser's name (rss20, atom10, ...) or "jsonfeed", None when it is no feed.

    `error` is a sentence for the user, None when the body is a feed; `warnings` say what was mended or left out.
    """

    title: str | None
    format: str | None
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...]
    error: str | None


def parse_feed(
    data: bytes, *, url: str, content_type: str | None, known: Collection[str] = frozenset(), directly: bool = True
) -> ParsedFeed:
    """Read RSS, RDF, Atom or JSON Feed. `url` resolves relative links; `content_type` is the server's, if any.

    `known` are marks of entries whose text nobody needs again: most entries of a poll were there at the last one, and
    making text of HTML is the dearest part of reading.

    Well-formed XML is read directly where that gives what feedparser gives; `directly=False` asks feedparser for all of
    it, which takes some ten times as long.
    """
    if not data or data.isspace():
        return _no_feed("the body is empty")
    inflated = _inflate(data)
    if inflated is None or len(inflated) > BODY_LIMIT:
        return _no_feed(f"the body is larger than {BODY_LIMIT // 1_000_000} MB")
    reading = _Reading(url, frozenset(known), directly)
    try:
        read = _read_directly(inflated.removeprefix(codecs.BOM_UTF8).lstrip(_BLANK), reading, warnings=())
    except TooDeepError:
        return _no_feed(f"this is no feed: it nests elements more than {DEPTH_LIMIT} deep")
    if read:
        return read
    text, warnings = decode(inflated, content_type=content_type)
    start = text.lstrip("\ufeff \t\r\n\0")
    if start[:1] in ("{", "["):
        return _read_json(start, url=url, warnings=warnings)
    return _read_xml(start, reading, warnings=warnings)


def _no_feed(problem: str, *, warnings: tuple[str, ...] = ()) -> ParsedFeed:
    return ParsedFeed(None, None, (), warnings, problem)


def _inflate(data: bytes) -> bytes | None:
    """Some servers send gzip without saying so. None when it would grow past the limit."""
    if data[:3] != b"\x1f\x8b\x08":
        return data
    engine = zlib.decompressobj(wbits=31)
    try:
        inflated = engine.decompress(data, BODY_LIMIT + 1)
    except zlib.error:
        return data
    return None if engine.unconsumed_tail else inflated


# --- bytes to text -------------------------------------------------------------------------------------------------

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
         (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE)
_BLANK = b" \t\r\n\0"
_LEADING = bytes(range(0xC0, 0x100))  # the first bytes of several-byte characters
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


def decode(data: bytes, *, content_type: str | None) -> tuple[str, tuple[str, ...]]:
    """Text and warnings. Order: BOM; UTF-16 by its NULs; valid UTF-8 whatever is declared; the server's charset; the
    document's; windows-1252. UTF-7 is never decoded.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _settled(data[len(bom) :].decode(name, "replace"), name)
    wide = _wide(data)
    if wide:
        return _settled(data.decode(wide, "replace"), wide)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        broken = data.decode("utf-8", "replace")
    several = len(data) - len(data.translate(None, _LEADING))
    if broken.count("\ufffd") < several / 200:  # a few broken characters in what is UTF-8 otherwise
        return broken, ("some characters could not be read",)
    declared = _DECLARED.search(data[:400])
    stated = _CHARSET.search(content_type or "")
    for label in (stated[1] if stated else None, declared[1].decode("ascii", "replace") if declared else None):
        text = _by_charset(data, label)
        if text is not None:
            return text, ()
    return data.decode("windows-1252", "replace"), ("the text is not UTF-8 and says no charset; read as windows-1252",)


def _settled(text: str, name: str) -> tuple[str, tuple[str, ...]]:
    lost = "\ufffd" in text
    return text, ((f"some characters of the {name} text could not be read",) if lost else ())


def _wide(data: bytes) -> str | None:
    """UTF-16 without BOM: every second byte of Latin markup is NUL."""
    head = data[:200]
    if len(head) < 8:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.7 and even < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.7 and odd < half * 0.1 else None


def _by_charset(data: bytes, label: str | None) -> str | None:
    if not label:
        return None
    try:
        info = codecs.lookup(label)
    except LookupError:
        return None
    if info.name in ("utf-7", "utf-8") or not getattr(info, "_is_text_encoding", True):
        return None
    text = data.decode("windows-1252" if info.name in ("iso8859-1", "ascii") else info.name, "replace")
    return text if text.count("\ufffd") <= max(3, len(text) // 200) else None


# --- RSS, RDF, Atom ------------------------------------------------------------------------------------------------

_PROLOG = re.compile(r"<\?xml[^>]{0,300}\?>")
_DOCTYPE = re.compile(r"<![dD][oO][cC][tT][yY][pP][eE]")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_HTML_PAGE = re.compile(r"<(?:html|!doctype\s+html)\b", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)
_ITEM_END = re.compile(r"</(?:\w{1,20}:)?(?:item|entry)\s{0,5}>", re.IGNORECASE)


@dataclass(frozen=True)
class _Reading:
    """What an XML feed is read with; see `parse_feed`."""

    url: str
    known: frozenset[str]
    directly: bool


def _read_xml(text: str, reading: _Reading, *, warnings: tuple[str, ...]) -> ParsedFeed:
    if _HTML_PAGE.search(text[:2_000]) and not _FEED_ROOT.search(text[:4_000]):
        return _no_feed("this is a web page, not a feed; look for the site's RSS or Atom address", warnings=warnings)
    body = _without_doctype(text)
    try:
        # Nearly always there is nothing that XML forbids; the parser finds it sooner than a pattern.
        read = _read_directly(body.encode("utf-8", "surrogatepass"), reading, warnings=warnings)
        if read is None and _NOT_XML.search(body):
            body = _NOT_XML.sub("", body)
            read = _read_directly(body.encode("utf-8", "replace"), reading, warnings=warnings)
    except TooDeepError:
        return _no_feed(f"this is no feed: it nests elements more than {DEPTH_LIMIT} deep", warnings=warnings)
    return (
        read
        or _read_mended(body, reading, warnings=warnings)
        or _read_with_feedparser(body, reading, warnings=warnings)
    )


def _read_mended(body: str, reading: _Reading, *, warnings: tuple[str, ...]) -> ParsedFeed | None:
    """A feed that is well-formed once it is mended; None: not sure.

    feedparser writes a bare ampersand in a way of its own. Where that may be part of an id, the feed is left to it: ids
    have to stay.
    """
    mended = repaired(body) if reading.directly else None
    if mended is None:
        return None
    text, was_ampersand = mended
    warnings += ("not well-formed: read with what is missing put in",)
    try:
        read = _read_directly(text.encode("utf-8", "replace"), reading, warnings=warnings)
    except TooDeepError:
        return None
    if read and was_ampersand and any(not entry.link or {"&", "|"} & set(entry.native_id) for entry in read.entries):
        return None
    return read


def _read_directly(body: bytes, reading: _Reading, *, warnings: tuple[str, ...]) -> ParsedFeed | None:
    """A feed that is well-formed UTF-8, whatever it declares; None: not sure. Raises TooDeepError."""
    raw = read_wellformed(body, limit=ITEMS_LIMIT) if reading.directly else None
    if raw is None:
        return None
    cut = (_too_many(raw.held),) if raw.held > ITEMS_LIMIT else ()
    with contextlib.suppress(_OddDateError):
        return _parsed(raw.version, raw.feed, raw.items, reading, warnings=warnings + cut)
    return None


def _read_with_feedparser(text: str, reading: _Reading, *, warnings: tuple[str, ...]) -> ParsedFeed:
    """The authority, for all that is not plainly well-formed."""
    import feedparser

    body, more = _bounded(text)
    try:
        parsed = feedparser.parse(
            # As a stream: feedparser takes a bare string for the name of a file or an address, and opens it.
            io.BytesIO(b'<?xml version="1.0" encoding="utf-8"?>\n' + body.encode("utf-8", "replace")),
            # No base address: feedparser would write it into guids, and an id must not depend on where a feed lies.
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (RecursionError, ValueError, TypeError, KeyError, AttributeError, AssertionError, LookupError) as exc:
        return _no_feed(f"the feed cannot be read ({type(exc).__name__})", warnings=warnings)
    if not parsed.version and not parsed.entries:
        return _no_feed("this is no feed: no RSS, RDF, Atom or JSON Feed was found in it", warnings=warnings)
    if parsed.bozo:
        warnings += (one_line(f"not well-formed: {parsed.bozo_exception}")[:300],)
    version = str(parsed.version) or "unknown"
    return _parsed(version, parsed.feed, parsed.entries[:ITEMS_LIMIT], reading, warnings=warnings + more)


def _parsed(
    version: str, feed: Mapping[str, Any], items: Sequence[Any], reading: _Reading, *, warnings: tuple[str, ...]
) -> ParsedFeed:
    """What a document gives, read by either reader: both use feedparser's names."""
    author = feed.get("author") if version.startswith("atom") else None
    site = safe_link(str(feed.get("link") or ""), base=reading.url) or reading.url
    around = _Around(reading.url, site, author, feed.get("language"))
    guids = [one_line(str(item.get("id") or ""))[:2_000] for item in items]
    entries = [_entry(item, guid, around, known=reading.known) for item, guid in zip(items, guids, strict=True)]
    if reading.known and not _are_own(entries):  # their texts tell them apart
        entries = [_entry(item, guid, around, known=frozenset()) for item, guid in zip(items, guids, strict=True)]
    title = one_line(plain_text(str(feed.get("title") or ""))[0]) or None
    return ParsedFeed(title, version, _identified(entries, guids), warnings, None)


def _too_many(held: int) -> str:
    return f"the feed holds {held} items; the first {ITEMS_LIMIT} were read"


def _without_doctype(text: str) -> str:
    """Without XML declaration and DOCTYPE: so no entity is ever defined, and none expands or is read from elsewhere."""
    text = _PROLOG.sub("", text, count=1)
    at = _DOCTYPE.search(text, 0, 200_000)
    if not at:
        return text
    end, subset = text.find(">", at.start()), text.find("[", at.start())
    if -1 < subset < end:
        close = re.compile(r"\]\s{0,100}>").search(text, subset)
        end = close.end() - 1 if close else -1
    return text[: at.start()] + (text[end + 1 :] if end >= 0 else "")


def _bounded(text: str) -> tuple[str, tuple[str, ...]]:
    """At most ITEMS_LIMIT items: what follows the last allowed one is cut out, and the document's end kept."""
    ends = [found.end() for found in _ITEM_END.finditer(text)]
    if len(ends) <= ITEMS_LIMIT:
        return text, ()
    cut = text[: ends[ITEMS_LIMIT - 1]] + text[ends[-1] :]
    return cut, (_too_many(len(ends)),)


@dataclass(frozen=True)
class _Around:
    """What a feed says of all its items, and where it lies."""

    url: str
    site: str
    author: Any
    language: Any


def _entry(item: Any, guid: str, around: _Around, *, known: Collection[str]) -> Entry:
    """Its id is the item's own or its address, or empty; see `_identified`."""
    get = item.get
    base = _base(item, around.url) or around.site
    title = _one_line(get("title") or get("media_title"))
    body = _body(item)
    published_at, quality = _published(item)
    author = _named(get("author") or around.author)
    content = get("content")
    language = _language((content[0].get("language") if content else None) or around.language)
    link = _link(item, base=base)
    mark = _mark(title, link, author, language, base, body)
    text, hrefs = ("", []) if mark in known else plain_text(body)
    return _made(
        native_id=guid or link or "",
        title=title,
        link=link,
        published_at=published_at,
        published_quality=quality,
        author=author,
        text=text,
        likes=_count(_mapping(get("media_starrating")).get("count")) if "media_starrating" in item else None,
        comments=_count(get("slash_comments") or get("thr_total")),
        shares=None,
        views=_count(_mapping(get("media_statistics")).get("views")) if "media_statistics" in item else None,
        links=find_links(text, hrefs, base=base) if text or hrefs else (),
        language=language,
        mark=mark,
        is_known=mark in known,
    )


def _made(**fields: Any) -> Entry:
    """An Entry of all its fields. The usual way assigns each by itself past what keeps it frozen, which takes as long
    as reading its date and its address.
    """
    entry = object.__new__(Entry)
    object.__setattr__(entry, "__dict__", fields)
    return entry


def _one_line(markup: Any) -> str | None:
    if not markup:
        return None
    text = str(markup)
    if ("<" in text or "&" in text) or len(text) > TEXT_LIMIT:
        text = plain_text(text)[0]
    return one_line(text) or None


def _named(author: Any) -> str | None:
    return one_line(str(author)) or None if author else None


def _mark(title: str | None, link: str | None, author: str | None, language: str | None, base: str, body: str) -> str:
    parts = (title or "", link or "", author or "", language or "", base, body)
    # Processors have instructions for this hash, as for no other of hashlib's.
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _base(item: Any, url: str) -> str | None:
    """xml:base of the entry where there is one."""
    for name in ("title_detail", "summary_detail"):
        base = _mapping(item.get(name)).get("base") if name in item else None
        if base and base != url:
            return safe_link(base)
    return None


def _body(item: Any) -> str:
    """The fullest text of an item: its content, else its summary or description."""
    if "media_description" not in item and "content" not in item:
        return str(item.get("summary") or "")
    summary, media = str(item.get("summary") or ""), str(item.get("media_description") or "")
    listed = item.get("content")
    contents = [str(part.get("value") or "") for part in listed if isinstance(part, dict)] if listed else []
    return max([*contents, summary, media], key=len)


def _link(item: Any, *, base: str) -> str | None:
    """feedburner's original address, the link, an alternate, a guid that is an address, then an enclosure."""
    for candidate in _candidates(item):
        if not candidate:
            continue
        said = str(candidate)
        link = None if said.startswith(("urn:", "tag:")) else safe_link(said, base=base)
        if link:
            return link
    return None


def _candidates(item: Any) -> Iterator[Any]:
    yield item.get("feedburner_origlink")
    listed = item.get("links") or ()
    for entry in listed:
        if isinstance(entry, dict) and entry.get("rel", "alternate") == "alternate":
            yield entry.get("href")
    if not item.get("guidislink"):  # feedparser takes a guid such as "17" for a link
        yield item.get("link")
    if str(item.get("id") or "").startswith(("http://", "https://")):
        yield item.get("id")
    for entry in listed:
        if isinstance(entry, dict) and entry.get("rel") == "enclosure":
            yield entry.get("href")


_DATES = ("published", "created", "updated")


def _published(item: Any) -> tuple[dt.datetime | None, str]:
    """Raises _OddDateError for an item read directly whose date feedparser alone may understand."""
    is_direct = type(item) is dict  # feedparser's own are of a kind of their own
    for name in _DATES:
        raw = item.get(name) if name in item else None
        if not raw:
            continue
        when, quality = parse_date(str(raw), fallback=None if is_direct else item.get(f"{name}_parsed"))
        if when:
            return when, quality
        if is_direct:
            raise _OddDateError
    return None, "missing"


class _OddDateError(Exception):
    """A date that `feed_dates` cannot read."""


def _count(value: Any) -> int | None:
    """A non-negative whole number, or None: a count that cannot be read is unknown, not zero."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | str):
        return None
    digits = str(value).strip().replace(",", "")
    return int(digits) if re.fullmatch(r"[0-9]{1,16}", digits) and int(digits) <= _COUNT_LIMIT else None


_LANGUAGE = re.compile(r"\s*([a-zA-Z]{2,3})(?:[-_]|\s*$)")


def _language(value: Any) -> str | None:
    return _language_of(value[:40]) if isinstance(value, str) else None


@lru_cache(maxsize=256)
def _language_of(value: str) -> str | None:
    found = _LANGUAGE.match(value)
    return found[1].lower() if found else None


def _identified(entries: list[Entry], guids: Sequence[str]) -> tuple[Entry, ...]:
    """Give every entry an id of its own: its guid; guid and address where a guid stands on several; address; text.
    The same entry twice in a document keeps one id.

    Where a guid is shared, all that share it carry more, so that an id does not pass to the next post at the next poll.
    """
    if _are_own(entries):
        return tuple(entries)
    texts = [_text_id(entry) for entry in entries]
    kinds = {(guid, entry.link, text) for guid, entry, text in zip(guids, entries, texts, strict=True)}
    shared = Counter(guid for guid, _, _ in kinds if guid)
    keys = [
        f"{guid}|{entry.link or text}" if shared[guid] > 1 else entry.native_id or text
        for guid, entry, text in zip(guids, entries, texts, strict=True)
    ]
    twice = Counter(key for key, _ in set(zip(keys, texts, strict=True)))
    own = [f"{key}|{text}" if twice[key] > 1 else key for key, text in zip(keys, texts, strict=True)]
    return tuple(
        entry if entry.native_id == key else replace(entry, native_id=key)
        for entry, key in zip(entries, own, strict=True)
    )


def _are_own(entries: Sequence[Entry]) -> bool:
    """Whether each has a guid, or an address where it has none, that no other has."""
    ids = {entry.native_id for entry in entries}
    return len(ids) == len(entries) and "" not in ids


def _text_id(entry: Entry) -> str:
    return hashlib.blake2b(f"{entry.title or ''}\x1f{entry.text}".encode(), digest_size=16).hexdigest()


# --- JSON Feed -----------------------------------------------------------------------------------------------------


def _read_json(text: str, *, url: str, warnings: tuple[str, ...]) -> ParsedFeed:
    """JSON Feed 1.0 and 1.1 (jsonfeed.org). Every field's type is checked; an item of another shape is left out."""
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError) as exc:
        return _no_feed(one_line(f"this is not JSON ({exc})")[:300], warnings=warnings)
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(items, list):
        return _no_feed("this is JSON, but no JSON Feed: it has no list of items", warnings=warnings)
    if len(items) > ITEMS_LIMIT:
        warnings += (f"the feed holds {len(items)} items; the first {ITEMS_LIMIT} were read",)
    base = safe_link(_text(document.get("home_page_url"))) or url
    read = [
        (entry, _json_guid(item)) for item in items[:ITEMS_LIMIT] if (entry := _json_entry(item, document, base=base))
    ]
    entries, guids = [entry for entry, _ in read], [guid for _, guid in read]
    left_out = min(len(items), ITEMS_LIMIT) - len(entries)
    if left_out:
        warnings += (f"{left_out} items could not be read and were left out",)
    title = one_line(_text(document.get("title")) or "") or None
    return ParsedFeed(title, "jsonfeed", _identified(entries, guids), warnings, None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _json_entry(item: Any, document: Mapping[str, Any], *, base: str) -> Entry | None:
    if not isinstance(item, dict):
        return None
    title = one_line(plain_text(_text(item.get("title")) or "")[0]) or None
    html = _text(item.get("content_html"))
    text, hrefs = plain_text(html) if html else (clean(_text(item.get("content_text")) or ""), [])
    text = text or plain_text(_text(item.get("summary")) or "")[0]
    link = safe_link(_text(item.get("url")), base=base) or safe_link(_text(item.get("external_url")), base=base)
    if not (title or text or link):
        return None
    raw = _text(item.get("date_published")) or _text(item.get("date_modified"))
    published_at, quality = parse_date(raw, fallback=None) if raw else (None, "missing")
    return Entry(
        native_id=_json_guid(item) or link or "",
        title=title,
        link=link,
        published_at=published_at,
        published_quality=quality,
        author=_json_author(item) or _json_author(document),
        text=text,
        links=find_links(text, hrefs, base=base),
        language=_language(item.get("language")) or _language(document.get("language")),
    )


def _json_guid(item: Mapping[str, Any]) -> str:
    key = item.get("id")
    return one_line(str(key))[:2_000] if isinstance(key, int | float | str) and not isinstance(key, bool) else ""


def _json_author(holder: Mapping[str, Any]) -> str | None:
    authors = holder.get("authors")
    candidates = [*(authors if isinstance(authors, list) else []), holder.get("author")]
    names = (_text(author.get("name")) for author in candidates if isinstance(author, dict))
    return next((one_line(name) for name in names if name and name.strip()), None)
