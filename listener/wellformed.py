"""Feeds that are well-formed XML, read directly: what feedparser would say of them, some ten times sooner.

feedparser is the authority. `read_wellformed` builds what feedparser 6 builds of a document, reduced to the keys
`listener.feeds` reads, and answers None wherever it is not sure to: the caller then asks feedparser.

The parser is the standard library's expat, which here hands whole texts to the standard library's tree builder. A
document type is refused, so no entity is defined, expanded or fetched.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import lru_cache
from typing import NoReturn
from xml.parsers import expat

from listener.feed_names import DEPTH_LIMIT, TooDeepError, UnsureError, attribute_name
from listener.feed_walk import RawFeed, Walk

__all__ = ["DEPTH_LIMIT", "RawFeed", "TooDeepError", "read_wellformed"]

_TEXT_BUFFER = 1 << 15  # bytes: expat breaks a text at each line and reference; together they are handed over sooner
_INHERITED = frozenset(("xml:lang", "lang", "xml:base", "base"))
_LOOKED_AT = 20_000
_DOUBLED = re.compile(rb"\xc3[\x82-\xb4]")
_REFERENCE_TO_HIGH = re.compile(rb"&#(?:0*(?:1[2-9]|2[0-4])[0-9]|[xX]0*[89a-fA-F][0-9a-fA-F]);")


def read_wellformed(body: bytes, *, limit: int) -> RawFeed | None:
    """Read RSS 0.9x and 2.0, RDF or Atom from UTF-8, whatever it declares; at most `limit` items. None: not sure.

    Raises TooDeepError.
    """
    spaces: list[tuple[str, str]] = []
    try:
        root, names = _tree(body, spaces)
        inherited = frozenset(filter(_is_inherited, names))
        return Walk(spaces, limit=limit, inherited=inherited, mends=_mends(body)).document(root)
    except (expat.ExpatError, ValueError, UnsureError):
        return None


@lru_cache(maxsize=4096)
def _is_inherited(name: str) -> bool:
    return attribute_name(name) in _INHERITED


def _mends(body: bytes) -> bool:
    """Whether `feed_markup.mended` may find something to do: C1 controls, UTF-8 read as Latin-1, references to either.

    All but the references hold a byte C2, which `find` finds many times sooner than a pattern does. Where there are
    very many the answer is yes: that costs time and changes nothing.
    """
    at = body.find(b"\xc2")
    for _ in range(_LOOKED_AT):
        if at < 0:
            return _REFERENCE_TO_HIGH.search(body) is not None
        if b"\x80" <= body[at + 1 : at + 2] < b"\xa0" or _DOUBLED.fullmatch(body, max(at - 2, 0), at):
            return True
        at = body.find(b"\xc2", at + 1)
    return True


def _tree(body: bytes, spaces: list[tuple[str, str]]) -> tuple[ET.Element, list[str]]:
    """The tree, and the names of all its elements and attributes; fills `spaces`: (prefix, address), in order."""
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate("utf-8", "}")
    parser.buffer_text = True
    parser.buffer_size = _TEXT_BUFFER
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartNamespaceDeclHandler = lambda prefix, uri: spaces.append((prefix or "", uri or ""))
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(body, True)
    return builder.close(), [name for name in parser.intern if name]


def _refuse(*declaration: object) -> NoReturn:
    raise UnsureError("a document type")
