"""The texts and addresses of a feed as feedparser gives them: mended, decoded, XHTML written again."""

from __future__ import annotations

import binascii
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from contextlib import suppress

from listener.feed_names import DEPTH_LIMIT, XML, Names, TooDeepError, UnsureError, attribute_name

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


def leaf(element: ET.Element) -> str:
    """The text of an element that may hold nothing else."""
    if len(element):
        raise UnsureError(f"markup in {element.tag}")
    return (element.text or "").strip()


CONTENT_TYPES = {"text": "text/plain", "plain": "text/plain", "html": "text/html", "xhtml": "application/xhtml+xml"}
XHTML = "application/xhtml+xml"


def content_type_of(attributes: Mapping[str, str], default: str) -> tuple[str, bool]:
    """The kind of a text, and whether it may be base64, as any may that is neither text nor XML."""
    found = attributes.get("type", default)
    found = CONTENT_TYPES.get(found, found)
    named = found.startswith("text/") or found.endswith(("+xml", "/xml"))
    return found, not named or attributes.get("mode") == "base64"


def decoded64(text: str) -> str:
    """Text out of base64, in which other characters are passed over; as it stands where that gives no text."""
    try:
        return binascii.a2b_base64(text.encode()).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text


def markup_of(pieces: list[str], *, unwrapped: bool) -> str:
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


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;")


def add_pieces(pieces: list[str], element: ET.Element, names: Names, depth: int = 0) -> None:
    """Add the children of an element as markup, and the text after each."""
    if depth > DEPTH_LIMIT:
        raise TooDeepError
    for child in element:
        tag = names[child.tag].removeprefix("xhtml_")
        if "_" in tag or tag in _ENDING:
            raise UnsureError(f"{child.tag} in a text")
        pieces.append(f"<{tag}{_written(child)}>" if child.attrib else f"<{tag}>")
        if child.text:
            pieces.append(escape(child.text))
        if len(child):
            add_pieces(pieces, child, names, depth + 1)
        pieces.append(f"</{tag}>")
        if child.tail:
            pieces.append(escape(child.tail))


def _written(element: ET.Element) -> str:
    found = []
    for key, value in element.items():
        if "}" in key and not key.startswith(f"{XML}}}"):
            raise UnsureError(f"attribute {key} in a text")
        name = attribute_name(key)
        if name in ("xml:base", "base"):
            raise UnsureError("a base address in a text")
        value = value.lower() if name in ("rel", "type") else value
        quoted = escape(value).replace('"', "&quot;")
        found.append(f' {name}="{quoted}"')
    return "".join(found)


# What joining to a base address leaves as it is.
ABSOLUTE = re.compile(
    r"tag:[!-~]*|https?://[a-zA-Z0-9.-]+(?::[0-9]+)?(?:/[!\"$-:<->@-~]*)?(?:\?[!\"$-:<-~]+)?(?:#[!-:<-~]+)?"
)


def tidy_slashes(uri: str) -> str:
    return re.sub(r"^([A-Za-z][A-Za-z0-9+-.]*://)/*", r"\1", uri) if ":///" in uri else uri
