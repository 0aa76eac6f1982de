"""One pass over a feed's tree in its order, keeping the state feedparser keeps, and building what it builds.

Rules that look odd here (a second description is content; a deeper element never overrides; a base address outlives its
element; an item inside an item ends it) are feedparser's own, and `tests/listener/test_feeds_agree.py` holds the two
together. Whatever is not surely read as feedparser reads it raises `UnsureError`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from listener.feed_markup import (
    ABSOLUTE,
    CONTENT_TYPES,
    XHTML,
    add_pieces,
    content_type_of,
    decoded64,
    escape,
    leaf,
    markup_of,
    mended,
    tidy_slashes,
)
from listener.feed_names import DEPTH_LIMIT, Names, TooDeepError, UnsureError, attributes_of, version_of_spaces

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


_RSS_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_ATOM_VERSIONS = {"0.1": "atom01", "0.2": "atom02", "0.3": "atom03"}
_ROOTS = frozenset(("rss", "rdf_rdf", "feed", "channel"))
_BESIDE_CHANNEL = frozenset(("channel", "item", "entry", "image", "textinput"))
_PEOPLE = frozenset(("name", "email", "uri", "url", "homepage", "itunes_name", "itunes_email"))
_IMAGE_PARTS = frozenset(("title", "link", "description", "url", "href", "width", "height"))
_INPUT_PARTS = frozenset(("title", "link", "description", "name"))
_SOURCE_PARTS = frozenset(
    ("title", "id", "link", "updated", "published", "subtitle", "rights", "generator", "category")
)
# Unprefixed names that mean something to feedparser wherever they stand.
_MEANT = frozenset({
    "abstract", "author", "body", "category", "channel", "cloud", "content", "contributor", "copyright", "created",
    "description", "email", "enclosure", "entry", "expirationdate", "feed", "fullitem", "generator", "geom",
    "georssgeom", "guid", "height", "homepage", "id", "image", "info", "issued", "item", "keywords", "language",
    "lastbuilddate", "link", "managingeditor", "modified", "name", "newlocation", "pubdate", "published", "rights",
    "rss", "source", "subtitle", "summary", "tagline", "tags", "textinput", "title", "updated", "uri", "url",
    "webmaster", "where", "width",
})  # fmt: skip
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


class _Plan(dict[str, "_Handler | None"]):
    """Tag -> what is done with such an element; None where nothing is but to look inside. Kept for the next feed of
    like namespaces, and therefore never large.
    """

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names

    def __missing__(self, tag: str) -> _Handler | None:
        name = self.names[tag]
        handler = _HANDLERS.get(name)
        if handler is None and name in _CLASHING:
            raise UnsureError(f"element {name}")
        if len(self) < _PLAN_LIMIT:
            self[tag] = handler
        return handler


_PLAN_LIMIT = 300


@lru_cache(maxsize=64)
def _plan_of(spaces: tuple[tuple[str, str], ...]) -> _Plan:
    return _Plan(Names(spaces))


class Walk:
    """`spaces`: the namespaces declared in the document. `inherited`: those of its attributes that hold for all inside
    their element; most documents have none, and need not be followed. `mends`: it may hold text that is mended.
    """

    def __init__(self, spaces: list[tuple[str, str]], *, limit: int, inherited: frozenset[str], mends: bool) -> None:
        self._plan = _plan_of(tuple(dict.fromkeys(spaces)))
        self._names = self._plan.names
        self._inherited = inherited
        self._mends = mends
        self._told = version_of_spaces(spaces)
        self._limit = limit
        self._version = ""
        self._base = ""
        self._title_depth = -1
        self._has_content = False
        self._feed: Record = {}
        self._items: list[Record] = []
        self._held = 0

    def document(self, root: ET.Element) -> RawFeed:
        """Raises UnsureError where feedparser should be asked, TooDeepError."""
        root = self._unpacked(root)
        kind, attributes = self._names[root.tag], attributes_of(root)
        self._version = self._version_of(kind, attributes)
        language = self._enter(attributes, None)
        if language and kind != "rdf_rdf":
            self._feed["language"] = language.replace("_", "-")
        names = [self._names[child.tag] for child in root]
        if kind != "feed" and (names.count("channel") != 1 or not _BESIDE_CHANNEL.issuperset(names)):
            raise UnsureError("what lies beside the channel")
        self._children(root, _Place(self._feed, is_item=False), 2, language)
        return RawFeed(self._version, self._feed, self._items, self._held)

    def _unpacked(self, root: ET.Element) -> ET.Element:
        """A feed that stands alone in the body of a web page is read as if it stood by itself."""
        for name in ("html", "body"):
            if self._names[root.tag].removeprefix("xhtml_") != name:
                return root
            parts = [child for child in root if self._names[child.tag].removeprefix("xhtml_") != "head"]
            if len(parts) != 1 or root.attrib:
                raise UnsureError("a web page")
            root = parts[0]
        return root

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
            self._base = _joined(self._base, tidy_slashes(base))
        stated = attributes.get("xml:lang", attributes.get("lang"))
        return language if stated is None else stated or None

    def _children(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        """Every child in order; `depth` is theirs, the root's being 1."""
        if depth > DEPTH_LIMIT:
            raise TooDeepError
        if self._inherited:
            self._inheriting(element, place, depth, language)
            return
        plan = self._plan
        for child in element:
            handler = plan[child.tag]
            if handler is not None:
                handler(self, child, place, depth, language)
            elif len(child):
                self._children(child, place, depth + 1, language)

    def _inheriting(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        """The same with languages and base addresses. One ends with its element only where one was set around it."""
        around = self._base
        for child in element:
            handler = self._plan[child.tag]
            states_any = child.attrib and not self._inherited.isdisjoint(child.attrib)
            own = self._enter(attributes_of(child), language) if states_any else language
            if handler is not None:
                handler(self, child, place, depth, own)
            elif len(child):
                self._children(child, place, depth + 1, own)
            self._base = around or self._base

    def _channel(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        attributes = attributes_of(element)
        if depth != 2 or place.is_item or "lastmod" in attributes or "href" in attributes:
            raise UnsureError("a channel of CDF, or inside")
        self._children(element, place, depth + 1, language)

    def _item(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        """One inside another ends it: what follows there is taken for the feed's."""
        attributes = attributes_of(element) if element.attrib else {}
        if depth > 4 or "lastmod" in attributes or "href" in attributes:
            raise UnsureError("an item of CDF, or deep inside another")
        self._held += 1
        self._title_depth = -1
        record: Record = {"id": attributes["rdf:about"]} if attributes.get("rdf:about") else {}
        if self._held <= self._limit:
            self._items.append(record)
        elif not place.is_item:
            return
        self._children(element, _Place(record, is_item=True), depth + 1, language)
        self._has_content = False
        if place.is_item:
            place.record, place.is_item, place.depths = self._feed, False, {}

    def _text(self, element: ET.Element, default: str) -> tuple[str, str]:
        """A text as it stands, XHTML written again, and its kind. An element in escaped text makes it XHTML."""
        kind, is_base64 = default, False
        if element.attrib:
            attributes = attributes_of(element)
            if not len(element) and not (element.text or "").strip():
                return "", CONTENT_TYPES.get(attributes.get("type", default), attributes.get("type", default))
            kind, is_base64 = content_type_of(attributes, default)
        if kind != XHTML and not len(element):
            text = (element.text or "").strip()
            if is_base64:
                text = decoded64(text)
            return mended(text) if self._mends or is_base64 else text, kind
        is_wrapped = len(element) and self._names[element[0].tag] in ("div", "xhtml_div")
        if is_base64 or (kind != XHTML and (kind.endswith("xml") or is_wrapped)):
            raise UnsureError(f"markup in {element.tag}")
        return self._markup(element, is_escaped=kind == XHTML), XHTML

    def _markup(self, element: ET.Element, *, is_escaped: bool) -> str:
        text = element.text or ""
        pieces = [escape(text) if is_escaped else text] if text else []
        add_pieces(pieces, element, self._names)
        written = markup_of(pieces, unwrapped=self._version == "atom10")
        return mended(written) if self._mends else written

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
        self._has_content = self._has_content or default != XHTML
        value, kind = self._text(element, default)
        part = {"value": value, "language": language.replace("_", "-") if language else None}
        if place.is_item:
            place.record.setdefault("content", []).append(part)
        if kind in _COPIED:
            place.record.setdefault("summary", value)

    def _link(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del depth, language
        attributes, record = attributes_of(element), place.record
        relation = attributes.setdefault("rel", "alternate")
        kind = attributes.setdefault("type", "application/atom+xml" if relation == "self" else "text/html")
        _as_href(attributes)
        record.setdefault("links", []).append(attributes)
        value = leaf(element)
        href = attributes.get("href")
        if href is not None:
            attributes["href"] = href = self._resolved(href)
            if relation == "alternate" and CONTENT_TYPES.get(kind, kind) in (XHTML, "text/html"):
                record["link"] = href
            return
        value = self._address(value)
        if "&" in value:
            value = _QUERY.sub(r"&\1", value.replace("&amp;", "&") if place.is_item else value)
        record["link"] = value
        if value:
            attributes["href"] = value

    def _address(self, value: str) -> str:
        resolved = self._resolved(value) if value else value
        return mended(resolved) if self._mends else resolved

    def _resolved(self, uri: str) -> str:
        uri = tidy_slashes(uri)
        return urljoin(self._base, uri) if self._base and not ABSOLUTE.fullmatch(uri) else uri

    def _id(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del language
        is_link = not element.attrib or attributes_of(element).get("ispermalink", "true") == "true"
        value = leaf(element)
        if is_link:
            value = self._address(value)
        elif self._mends:
            value = mended(value)
        place.store("id", value, depth)
        place.record.setdefault("guidislink", is_link and "link" not in place.record)
        if is_link:
            place.record.setdefault("link", value)

    def _value(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        """Dates, counts and the like: with attributes a count is those, and no text."""
        del language
        name = self._names[element.tag]
        value = leaf(element)
        if element.attrib and name in _COUNTS:
            place.record[name] = attributes_of(element)
        else:
            place.store(_VALUES[name], mended(value) if self._mends else value, depth)

    def _author(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del language
        record = place.record
        before = str(record.get("author") or "")
        text = (element.text or "").strip()
        place.store("author", mended(text) if self._mends else text, depth)
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
        others = {self._names[child.tag] for child in element} - _MEANT - _CLASHING
        self._titled_aside(element, _SOURCE_PARTS | others, depth, persons=True)

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
            if self._inherited:
                self._enter(attributes_of(child), None)
            if persons and name in ("author", "contributor"):
                self._aside(child, _PEOPLE)
            elif len(child) or (name not in allowed and (name in _HANDLERS or "_" not in name)):
                raise UnsureError(f"{name} in {element.tag}")
            self._base = around or self._base

    def _other_text(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        """Texts that are not read: markup in them would be taken for elements."""
        del place, depth, language
        leaf(element)

    def _enclosure(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del depth, language
        attributes = attributes_of(element)
        _as_href(attributes)
        leaf(element)
        attributes["rel"] = "enclosure"
        place.record.setdefault("links", []).append(attributes)

    def _language(self, element: ET.Element, place: _Place, depth: int, language: str | None) -> None:
        del language
        value = leaf(element)
        place.store("language", mended(value) if self._mends else value, depth)


@lru_cache(maxsize=256)
def _joined(around: str, base: str) -> str:
    """A base address inside another; most feeds that state any state the same many times."""
    joined = urljoin(around, base)
    if not joined.startswith(("http://", "https://")) or urljoin(joined, joined) != joined:
        raise UnsureError(f"base address {base}")
    return joined


def _as_href(attributes: dict[str, str]) -> None:
    """An address may stand in `url` or `uri`."""
    href = attributes.get("url", attributes.get("uri", attributes.get("href")))
    if href:
        attributes["href"] = href


_COPIED = ("text/plain", "text/html", XHTML)
_CONTENT_DEFAULTS = {"content_encoded": "text/html", "fullitem": "text/html", "body": XHTML, "xhtml_body": XHTML}
_COUNTS = ("slash_comments", "thr_total", "feedburner_origlink", "media_starrating", "media_statistics")
_VALUES = {
    "published": "published", "issued": "published", "pubdate": "published", "dcterms_issued": "published",
    "updated": "updated", "modified": "updated", "lastbuilddate": "updated", "dc_date": "updated",
    "dcterms_modified": "updated", "created": "created", "dcterms_created": "created",
} | {name: name for name in _COUNTS}  # fmt: skip
_Handler = Callable[[Walk, ET.Element, _Place, int, str | None], None]
_HANDLERS: dict[str, _Handler] = {
    "channel": Walk._channel,
    "link": Walk._link,
    "enclosure": Walk._enclosure,
    "source": Walk._source,
    **dict.fromkeys(("item", "entry"), Walk._item),
    **dict.fromkeys(("title", "media_title", "dc_title"), Walk._title),
    **dict.fromkeys(
        ("description", "dc_description", "media_description", "abstract", "summary", "itunes_summary"),
        Walk._description,
    ),
    **dict.fromkeys(("content", "content_encoded", "fullitem", "body", "xhtml_body"), Walk._content),
    **dict.fromkeys(("guid", "id"), Walk._id),
    **dict.fromkeys(("author", "managingeditor", "dc_author", "dc_creator", "itunes_author"), Walk._author),
    **dict.fromkeys(("contributor", "dc_contributor", "itunes_owner", "webmaster", "dc_publisher"), Walk._person),
    **dict.fromkeys(("image", "textinput"), Walk._image),
    **dict.fromkeys(("language", "dc_language"), Walk._language),
    **dict.fromkeys(
        ("subtitle", "itunes_subtitle", "tagline", "rights", "copyright", "dc_rights", "info",
         "feedburner_browserfriendly"),
        Walk._other_text,
    ),
    **dict.fromkeys(_VALUES, Walk._value),
}  # fmt: skip
