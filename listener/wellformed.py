"""Feeds that are well-formed XML, read directly: what feedparser would say of them, some twenty times sooner.

feedparser is the authority. `read_wellformed` builds what feedparser 6 builds of a document, reduced to the keys
`listener.feeds` reads, and answers None wherever it is not sure to: the caller then asks feedparser. Rules that
look odd here (a second description is content; a deeper element never overrides; a base address outlives its element)
are feedparser's own, and `tests/listener/test_feeds_agree.py` holds the two together.

The parser is the standard library's expat. A document type is refused, so no entity is defined, expanded or fetched.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from listener.feed_names import XML, Names, UnsureError, attribute_name, attributes_of, version_of_spaces

DEPTH_LIMIT = 200
Record = dict[str, Any]


@dataclass(frozen=True)
class RawFeed:
    """A document under feedparser's names: `version` (rss20, atom10, ...), the feed's own values, one record an item.

    `held` is how many items the document has; `items` are the first of them, at most as many as were asked for.
    """

    version: str
    feed: Record
    items: list[Record]
    held: int


class TooDeepError(Exception):
    """Elements are nested more than DEPTH_LIMIT deep, as no feed nests them."""


def read_wellformed(body: str, *, limit: int) -> RawFeed | None:
    """Read RSS 0.9x and 2.0, RDF or Atom from text without XML declaration; at most `limit` items. None: not sure.

    Raises TooDeepError.
    """
    if "<!DOCTYPE" in body or "<!ENTITY" in body:
        return None
    builder = _Builder()
    parser = ET.XMLParser(target=builder)  # noqa: S314 - without a document type expat has no entity to expand or fetch
    try:
        parser.feed(body)
        root = parser.close()
        inherits = any(word in body and form.search(body) for word, form in _INHERITED)
        return _Walk(builder.spaces, limit=limit, inherits=inherits).document(root)
    except (ET.ParseError, ValueError, UnsureError):
        return None


# Attributes that hold for all inside an element. Most documents have none, and need not be followed.
_INHERITED = [(word, re.compile(word + r"\s*=")) for word in ("lang", "base", "LANG", "BASE")]


class _Builder(ET.TreeBuilder):
    """The tree, and the namespaces declared anywhere in it: (prefix, address), in order."""

    def __init__(self) -> None:
        super().__init__()
        self.spaces: list[tuple[str, str]] = []

    def start_ns(self, prefix: str, uri: str) -> None:
        self.spaces.append((prefix, uri))


# --- values --------------------------------------------------------------------------------------------------------

_HIGH_CONTROLS = re.compile("[\x80-\x9f]")
_WINDOWS = {
    code: character for code in range(0x80, 0xA0) if (character := bytes([code]).decode("windows-1252", "ignore"))
}


def mended(text: str) -> str:
    """Text that is UTF-8 read as Latin-1 is read again; windows-1252 punctuation in the control range is restored."""
    if text.isascii():
        return text
    with suppress(UnicodeEncodeError, UnicodeDecodeError):  # what is neither stands as it is
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_WINDOWS) if _HIGH_CONTROLS.search(text) else text


def _leaf(element: ET.Element) -> str:
    """The text of an element that may hold nothing else."""
    if len(element):
        raise UnsureError(f"markup in {element.tag}")
    return (element.text or "").strip()


_CONTENT_TYPES = {"text": "text/plain", "plain": "text/plain", "html": "text/html", "xhtml": "application/xhtml+xml"}
_XHTML = "application/xhtml+xml"
_COPIED = ("text/plain", "text/html", _XHTML)


def _content_type(attributes: Mapping[str, str], default: str) -> str:
    """The kind of a text. Any that is neither text nor XML may be base64."""
    found = attributes.get("type", default)
    found = _CONTENT_TYPES.get(found, found)
    named = found.startswith("text/") or found.endswith(("+xml", "/xml"))
    if not named or attributes.get("mode") == "base64":
        raise UnsureError("a content type of its own")
    return found


def _markup(pieces: list[str], *, unwrapped: bool) -> str:
    """XHTML as feedparser writes it again; `unwrapped` takes a single <div> around everything off."""
    while len(pieces) > 1 and not pieces[-1].strip():
        pieces.pop()
    while len(pieces) > 1 and not pieces[0].strip():
        pieces.pop(0)
    first = pieces[0] if pieces else ""
    if unwrapped and (first == "<div>" or first.startswith("<div ")) and pieces[-1] == "</div>" and _is_single(pieces):
        pieces = pieces[1:-1]
    return "".join(pieces).strip()


def _is_single(pieces: list[str]) -> bool:
    depth = 0
    for piece in pieces[:-1]:
        if piece.startswith("</"):
            depth -= 1
            if depth == 0:
                return False
        elif piece.startswith("<"):
            depth += 1
    return True


# Elements whose end means something to feedparser even inside a text, and those it treats apart.
_ENDING = frozenset({
    "abstract", "author", "body", "category", "channel", "content", "contributor", "copyright", "created",
    "description", "email", "entry", "expirationdate", "feed", "fullitem", "guid", "height", "homepage", "id", "image",
    "info", "issued", "item", "keywords", "language", "lastbuilddate", "link", "managingeditor", "modified", "name",
    "newlocation", "published", "pubdate", "rights", "source", "subtitle", "summary", "tagline", "tags", "textinput",
    "title", "updated", "uri", "url", "webmaster", "where", "width", "generator", "geom", "svg", "math",
})  # fmt: skip


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;")


def _add_pieces(pieces: list[str], element: ET.Element, names: Names, depth: int = 0) -> None:
    """Add the children of an element as markup, and the text after each."""
    if depth > DEPTH_LIMIT:
        raise TooDeepError
    for child in element:
        tag = names[child.tag].removeprefix("xhtml_")
        if "_" in tag or tag in _ENDING:
            raise UnsureError(f"{child.tag} in a text")
        pieces.append(f"<{tag}{_written(child)}>" if child.attrib else f"<{tag}>")
        if child.text:
            pieces.append(_escape(child.text))
        if len(child):
            _add_pieces(pieces, child, names, depth + 1)
        pieces.append(f"</{tag}>")
        if child.tail:
            pieces.append(_escape(child.tail))


def _written(element: ET.Element) -> str:
    found = []
    for key, value in element.items():
        if key[0] == "{" and not key.startswith(f"{{{XML}}}"):
            raise UnsureError(f"attribute {key} in a text")
        name = attribute_name(key)
        if name in ("xml:base", "base"):
            raise UnsureError("a base address in a text")
        value = value.lower() if name in ("rel", "type") else value
        quoted = _escape(value).replace('"', "&quot;")
        found.append(f' {name}="{quoted}"')
    return "".join(found)


# What joining to a base address leaves as it is.
_ABSOLUTE = re.compile(r"https?://[a-zA-Z0-9.-]+(?::[0-9]+)?(?:/[!\"$-:<->@-~]*)?(?:\?[!\"$-:<-~]+)?(?:#[!-:<-~]+)?")


def _tidy_slashes(uri: str) -> str:
    return re.sub(r"^([A-Za-z][A-Za-z0-9+-.]*://)/*", r"\1", uri) if ":///" in uri else uri


# --- the walk ------------------------------------------------------------------------------------------------------

_RSS_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_ATOM_VERSIONS = {"0.1": "atom01", "0.2": "atom02", "0.3": "atom03"}
_ROOTS = frozenset(("rss", "rdf_rdf", "feed", "channel"))
_BESIDE_CHANNEL = frozenset(("channel", "item", "entry", "image", "textinput"))
_PEOPLE = frozenset(("name", "email", "uri", "url", "homepage", "itunes_name", "itunes_email"))
_IMAGE_PARTS = frozenset(("title", "link", "description", "url", "href", "width", "height"))
_INPUT_PARTS = frozenset(("title", "link", "description", "name"))
_SOURCE_PARTS = frozenset(
    ("title", "id", "link", "updated", "published", "subtitle", "rights", "icon", "logo", "generator", "category")
)
# Names without meaning that feedparser would store over values of its own.
_CLASHING = _ROOTS | {
    "links", "authors", "contributors", "tags", "guidislink", "title_detail", "summary_detail", "author_detail", "date",
    "date_parsed", "published_parsed", "updated_parsed", "created_parsed", "svg", "math",
}  # fmt: skip
_QUERY = re.compile(r"&([A-Za-z0-9_]+);")


@dataclass(slots=True)
class _Place:
    """A record being filled, the feed's or an item's, and how deep each of its values lay."""

    record: Record
    is_item: bool
    depths: dict[str, int] = field(default_factory=dict)

    def store(self, key: str, value: str, depth: int) -> None:
        """The last value stands, but in an item none from deeper inside than the one before."""
        if not self.is_item or depth <= self.depths.get(key, depth):
            self.depths[key] = depth
            self.record[key] = value


class _Walk:
    """One pass over a document in its order, keeping the state feedparser keeps."""

    def __init__(self, spaces: list[tuple[str, str]], *, limit: int, inherits: bool) -> None:
        self._names = Names(spaces)
        self._inherits = inherits
        self._told = version_of_spaces(spaces)
        self._limit = limit
        self._version = ""
        self._base = ""
        self._title_depth = -1
        self._has_content = False
        self._items: list[Record] = []
        self._held = 0

    def document(self, root: ET.Element) -> RawFeed:
        """Raises UnsureError where feedparser should be asked."""
        kind, attributes = self._names[root.tag], attributes_of(root)
        self._version = self._version_of(kind, attributes)
        feed = _Place({}, is_item=False)
        language = self._enter(attributes, None)
        if language and kind != "rdf_rdf":
            feed.record["language"] = language.replace("_", "-")
        names = [self._names[child.tag] for child in root]
        if kind != "feed" and (names.count("channel") != 1 or not _BESIDE_CHANNEL.issuperset(names)):
            raise UnsureError("what lies beside the channel")
        self._children(root, feed, 2, language)
        return RawFeed(self._version, feed.record, self._items, self._held)

    def _version_of(self, kind: str, attributes: Mapping[str, str]) -> str:
        stated = attributes.get("version", "")
        if kind == "rss":
            named = _RSS_VERSIONS.get(stated) or ("rss20" if stated.startswith("2.") else "rss")
            return self._told if self._told.startswith("rss") else named
        if kind == "feed":
            return self._told or _ATOM_VERSIONS.get(stated, "atom")
        if kind == "rdf_rdf" and self._told:
            return self._told
        raise UnsureError(f"root {kind}")

    def _enter(self, attributes: Mapping[str, str], language: str | None) -> str | None:
        """Follow an element's base address; returns its language, or the one around it."""
        base = attributes.get("xml:base", attributes.get("base"))
        if base:
            joined = urljoin(self._base, _tidy_slashes(base))
            if not joined.startswith(("http://", "https://")) or urljoin(joined, joined) != joined:
                raise UnsureError(f"base address {base}")
            self._base = joined
        stated = attributes.get("xml:lang", attributes.get("lang"))
        return language if stated is None else stated or None

    def _children(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        """Every child in order; `depth` is theirs, the root's being 1. A base address ends with its element only where
        one was set around it.
        """
        if depth > DEPTH_LIMIT:
            raise TooDeepError
        around, names, inherits = self._base, self._names, self._inherits
        for child in element:
            name = names[child.tag]
            own = self._enter(attributes_of(child), language) if inherits and child.attrib else language
            handler = _HANDLERS.get(name)
            if handler is not None:
                handler(self, child, place, depth, own)
            elif name in _CLASHING:
                raise UnsureError(f"element {name}")
            elif len(child):
                self._children(child, place, depth + 1, own)
            self._base = around or self._base

    def _channel(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        attributes = attributes_of(element)
        if depth != 2 or place.is_item or "lastmod" in attributes or "href" in attributes:
            raise UnsureError("a channel of CDF, or inside")
        self._children(element, place, depth + 1, language)

    def _item(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        attributes = attributes_of(element) if element.attrib else {}
        if depth > 3 or place.is_item or "lastmod" in attributes or "href" in attributes:
            raise UnsureError("an item of CDF, or inside another")
        self._held += 1
        if self._held > self._limit:
            return
        record: Record = {"id": attributes["rdf:about"]} if attributes.get("rdf:about") else {}
        self._title_depth = -1
        self._children(element, _Place(record, is_item=True), depth + 1, language)
        self._has_content = False
        self._items.append(record)

    def _text(self, element: ET.Element, default: str) -> tuple[str, str]:
        """A text as it stands, XHTML written again, and its kind. An element in escaped text makes it XHTML."""
        if element.attrib:
            attributes = attributes_of(element)
            if not len(element) and not (element.text or "").strip():
                return "", _CONTENT_TYPES.get(attributes.get("type", default), attributes.get("type", default))
            kind = _content_type(attributes, default)
        else:
            kind = default
        if kind != _XHTML and not len(element):
            return mended(_leaf(element)), kind
        if kind != _XHTML and (kind.endswith("xml") or self._names[element[0].tag] in ("div", "xhtml_div")):
            raise UnsureError(f"markup in {element.tag}")
        text = element.text or ""
        pieces = [_escape(text) if kind == _XHTML else text] if text else []
        _add_pieces(pieces, element, self._names)
        return mended(_markup(pieces, unwrapped=self._version == "atom10")), _XHTML

    def _title(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del language
        value, _ = self._text(element, "text/plain")
        if not -1 < self._title_depth <= depth:
            place.store("title", value, depth)
            self._note_base(place, "title")
        if value and self._names[element.tag] != "media_title":
            self._title_depth = depth

    def _note_base(self, place: _Place, key: str) -> None:
        if self._base:
            place.record[f"{key}_detail"] = {"base": self._base}

    def _description(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        name = self._names[element.tag]
        if name != "abstract" and "summary" in place.record and not self._has_content:
            self._content(element, place, depth, language)
            return
        is_summary = name in ("summary", "itunes_summary")
        value, _ = self._text(element, "text/plain" if is_summary or name == "abstract" else "text/html")
        key = "summary" if place.is_item or is_summary else "subtitle"
        place.store(key, value, depth)
        self._note_base(place, key)

    def _content(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del depth
        name = self._names[element.tag]
        default = _CONTENT_DEFAULTS.get(name, "text/plain")
        self._has_content = self._has_content or default != _XHTML
        value, kind = self._text(element, default)
        part = {"value": value, "language": language.replace("_", "-") if language else None}
        if place.is_item:
            place.record.setdefault("content", []).append(part)
        if kind in _COPIED:
            place.record.setdefault("summary", value)

    def _link(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del depth, language
        attributes, record = attributes_of(element), place.record
        attributes.setdefault("rel", "alternate")
        attributes.setdefault("type", "application/atom+xml" if attributes["rel"] == "self" else "text/html")
        _as_href(attributes)
        listed = record.setdefault("links", [])
        listed.append(attributes)
        value = _leaf(element)
        if "href" in attributes:
            attributes["href"] = self._resolved(attributes["href"])
            is_page = _CONTENT_TYPES.get(attributes["type"], attributes["type"]) in (_XHTML, "text/html")
            if attributes["rel"] == "alternate" and is_page:
                record["link"] = attributes["href"]
            return
        value = mended(self._resolved(value) if value else value)
        value = _QUERY.sub(r"&\1", value.replace("&amp;", "&") if place.is_item else value)
        record["link"] = value
        if value:
            attributes["href"] = value

    def _resolved(self, uri: str) -> str:
        uri = _tidy_slashes(uri)
        return urljoin(self._base, uri) if self._base and not _ABSOLUTE.fullmatch(uri) else uri

    def _id(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del language
        is_link = not element.attrib or attributes_of(element).get("ispermalink", "true") == "true"
        value = _leaf(element)
        value = mended(self._resolved(value) if is_link and value else value)
        place.store("id", value, depth)
        place.record.setdefault("guidislink", is_link and "link" not in place.record)
        if is_link:
            place.record.setdefault("link", value)

    def _value(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        """Dates, counts and the like: with attributes a count is those, and no text."""
        del language
        name = self._names[element.tag]
        key = _VALUES[name]
        value = _leaf(element)
        if element.attrib and name in _COUNTS:
            place.record[name] = attributes_of(element)
        else:
            place.store(key, mended(value), depth)

    def _author(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del language
        record = place.record
        before = str(record.get("author") or "")
        place.store("author", mended((element.text or "").strip()), depth)
        if not len(element):
            return
        parts = self._people(element)
        name, email = parts.get("name"), parts.get("email")
        if before and (name is None or "@" in before):  # feedparser would give this one the address of that one
            raise UnsureError("several authors")
        if name or email:
            record["author"] = f"{name} ({email})" if name and email else name or email

    def _people(self, element: ET.Element) -> dict[str, str]:
        """The parts of a person, as `name`, `email`, ... Raises for markup or text between them."""
        self._aside(element, _PEOPLE)
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            raise UnsureError("text beside a person's parts")
        return {self._names[child.tag].removeprefix("itunes_"): (child.text or "").strip() for child in element}

    def _person(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        """Somebody who is no author."""
        del place, depth, language
        self._aside(element, _PEOPLE)

    def _image(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del language
        if place.is_item and any(child.attrib or self._names[child.tag] == "description" for child in element):
            raise UnsureError("an image of an item")
        is_input = self._names[element.tag] == "textinput"
        if is_input and place.is_item:
            raise UnsureError("an input of an item")
        title = self._titled_aside(element, _INPUT_PARTS if is_input else _IMAGE_PARTS, depth)
        if title is not None and place.is_item:
            place.store("title", mended(title), depth + 1)
            self._note_base(place, "title")

    def _source(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        """Where an item was taken from: its title and link are not the item's."""
        del place, language
        self._titled_aside(element, _SOURCE_PARTS, depth, persons=True)

    def _titled_aside(
        self, element: ET.Element, allowed: frozenset[str], depth: int, *, persons: bool = False
    ) -> str | None:
        """Pass over; returns its title, which a title further out may follow."""
        self._aside(element, allowed, persons=persons)
        titles = [(child.text or "").strip() for child in element if self._names[child.tag] == "title"]
        if len(titles) > 1:
            raise UnsureError("several titles aside")
        self._title_depth = depth + 1 if titles and titles[0] else -1
        return titles[0] if titles else None

    def _aside(self, element: ET.Element, allowed: frozenset[str], *, persons: bool = False) -> None:
        """What is passed over, once it is sure to hold nothing that reaches out of it."""
        around = self._base
        for child in element:
            name = self._names[child.tag]
            if self._inherits:
                self._enter(attributes_of(child), None)
            if persons and name in ("author", "contributor"):
                self._aside(child, _PEOPLE)
            elif len(child) or (name not in allowed and (name in _HANDLERS or "_" not in name)):
                raise UnsureError(f"{name} in {element.tag}")
            self._base = around or self._base

    def _other_text(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        """Texts that are not read: markup in them would be taken for elements."""
        del place, depth, language
        _leaf(element)

    def _enclosure(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del depth, language
        attributes = attributes_of(element)
        _as_href(attributes)
        _leaf(element)
        place.record.setdefault("links", []).append(attributes | {"rel": "enclosure"})

    def _language(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del language
        place.store("language", mended(_leaf(element)), depth)


def _as_href(attributes: dict[str, str]) -> None:
    """An address may stand in `url` or `uri`."""
    href = attributes.get("url", attributes.get("uri", attributes.get("href")))
    if href:
        attributes["href"] = href


_CONTENT_DEFAULTS = {"content_encoded": "text/html", "fullitem": "text/html", "body": _XHTML, "xhtml_body": _XHTML}
_COUNTS = ("slash_comments", "thr_total", "feedburner_origlink", "media_starrating", "media_statistics")
_VALUES = {
    "published": "published", "issued": "published", "pubdate": "published", "dcterms_issued": "published",
    "updated": "updated", "modified": "updated", "lastbuilddate": "updated", "dc_date": "updated",
    "dcterms_modified": "updated", "created": "created", "dcterms_created": "created",
} | {name: name for name in _COUNTS}  # fmt: skip
_Handler = Callable[[_Walk, ET.Element, _Place, int, str | None], None]
_HANDLERS: dict[str, _Handler] = {
    "channel": _Walk._channel,
    "link": _Walk._link,
    "enclosure": _Walk._enclosure,
    "source": _Walk._source,
    **dict.fromkeys(("item", "entry"), _Walk._item),
    **dict.fromkeys(("title", "media_title", "dc_title"), _Walk._title),
    **dict.fromkeys(
        ("description", "dc_description", "media_description", "abstract", "summary", "itunes_summary"),
        _Walk._description,
    ),
    **dict.fromkeys(("content", "content_encoded", "fullitem", "body", "xhtml_body"), _Walk._content),
    **dict.fromkeys(("guid", "id"), _Walk._id),
    **dict.fromkeys(("author", "managingeditor", "dc_author", "dc_creator", "itunes_author"), _Walk._author),
    **dict.fromkeys(("contributor", "dc_contributor", "itunes_owner", "webmaster", "dc_publisher"), _Walk._person),
    **dict.fromkeys(("image", "textinput"), _Walk._image),
    **dict.fromkeys(("language", "dc_language"), _Walk._language),
    **dict.fromkeys(
        ("subtitle", "itunes_subtitle", "tagline", "rights", "copyright", "dc_rights", "info",
         "feedburner_browserfriendly"),
        _Walk._other_text,
    ),
    **dict.fromkeys(_VALUES, _Walk._value),
}  # fmt: skip
