"""OPML, the file in which readers hand on their feeds: read line by line, within bounds, and written.

OpmlError           the file is no OPML; the text says what is wrong
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from listener.feeds import decode
from listener.text import one_line

SIZE_LIMIT = 4_000_000  # bytes
OUTLINES_LIMIT = 5_000
DEPTH_LIMIT = 64
_NAME_LENGTH = 120
_BARE_AMPERSAND = re.compile(r"&(?!#\d{1,7};|#x[0-9a-fA-F]{1,6};|amp;|lt;|gt;|quot;|apos;)")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_PROLOG = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")


class OpmlError(ValueError):
    """This is no OPML that can be read."""


@dataclass(frozen=True)
class Outline:
    """One entry: its line in the file, a name, the feed's address (None: it names none), the folders it lies in."""

    line: int
    name: str
    url: str | None
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opml:
    """The entries in order; `problem`: why the rest of the file could not be read, None when all was."""

    outlines: tuple[Outline, ...]
    problem: str | None = None


def read_opml(data: bytes) -> Opml:
    """Read a file from anybody: no entity is resolved, nothing is fetched. Raises OpmlError when there is no OPML."""
    if len(data) > SIZE_LIMIT:
        raise OpmlError(f"the file is larger than {SIZE_LIMIT // 1_000_000} MB")
    text = _NOT_XML.sub("", _PROLOG.sub("", decode(data, content_type=None)[0].lstrip("\ufeff")))
    found = _read(text)
    if found.problem and _BARE_AMPERSAND.search(text):  # addresses with & in them, as many readers write them
        found = max(found, _read(_BARE_AMPERSAND.sub("&amp;", text)), key=lambda read: len(read.outlines))
    if not found.outlines and found.problem:
        raise OpmlError(found.problem)
    return found


class _Stop(Exception):
    """Reading ends here; the text says why."""


class _Reader:
    """Collects outlines; a folder is an outline without address that others lie in."""

    def __init__(self) -> None:
        self.outlines: list[Outline] = []
        self._open: list[tuple[Outline, bool] | None] = []  # with whether others lie in it
        self._depth = 0
        self._seen = 0
        self._named = False
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._entity

    def _entity(self, *told: object) -> None:
        raise _Stop("the file declares entities, which no OPML needs; it is refused")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise _Stop(f"folders lie more than {DEPTH_LIMIT} deep")
        bare = tag.lower()
        if self._depth == 1 and bare != "opml":
            raise _Stop(f"this is no OPML but <{one_line(tag)[:40]}>")
        if bare != "outline":
            self._open.append(None)
            return
        self._seen += 1
        if self._seen > OUTLINES_LIMIT:
            raise _Stop(f"more than {OUTLINES_LIMIT} entries; the rest was not read")
        self._open = [(one[0], True) if one else None for one in self._open]
        self._open.append((self._outline({name.lower(): value for name, value in attributes.items()}), False))

    def _outline(self, told: dict[str, str]) -> Outline:
        url = told.get("xmlurl", "").strip() or None
        name = one_line(told.get("title") or told.get("text") or "")[:_NAME_LENGTH]
        folders = tuple(one[0].name for one in self._open if one and one[0].name)
        return Outline(self.parser.CurrentLineNumber, name, url, folders)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        closed = self._open.pop()
        if closed and (closed[0].url or not closed[1]):
            self.outlines.append(closed[0])


def _read(text: str) -> Opml:
    reader = _Reader()
    problem = None
    try:
        reader.parser.Parse(text.encode("utf-8"), True)
    except _Stop as stop:
        problem = str(stop)
    except expat.ExpatError as error:
        problem = f"line {error.lineno}: this is not well-formed XML ({expat.ErrorString(error.code)})"
    return Opml(tuple(sorted(reader.outlines, key=lambda outline: outline.line)), problem)


def write_opml(rows: Iterable[tuple[str, str, str | None]], *, title: str) -> str:
    """OPML 2.0 of (name, address, folder or None) rows; folders in the order in which they first come."""
    folders: dict[str | None, list[str]] = {}
    for name, url, folder in rows:
        shown = _attribute(name)
        folders.setdefault(folder, []).append(
            f'<outline type="rss" text={shown} title={shown} xmlUrl={_attribute(url)}/>'
        )
    body = []
    for folder, lines in folders.items():
        if folder is None:
            body += [f"    {line}" for line in lines]
        else:
            body += [f"    <outline text={_attribute(folder)}>", *(f"      {line}" for line in lines), "    </outline>"]
    head = f"  <head><title>{_attribute(title)[1:-1]}</title></head>"
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<opml version="2.0">',
            head,
            "  <body>",
            *body,
            "  </body>",
            "</opml>",
            "",
        ]
    )


def _attribute(text: str) -> str:
    quoted = quoteattr(_NOT_XML.sub("", text), {'"': "&quot;"})
    return quoted
