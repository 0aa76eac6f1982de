"""Feeds that are not well-formed in one of the two usual ways, mended: undefined references, and an end cut off."""

from __future__ import annotations

import re
from html.entities import name2codepoint
from xml.parsers import expat

_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_REFERENCE = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)(?:([a-zA-Z][a-zA-Z0-9]{1,10});)?"
)
_CONTAINERS = frozenset(("rss", "rdf:RDF", "channel", "feed", "item", "entry"))


def repaired(text: str) -> tuple[str, bool] | None:
    """The text mended, and whether a bare ampersand was; None where nothing was to mend or more than that is wrong.

    A reference to a character of HTML becomes the character, any other ampersand the text it was meant to be. What is
    open at the end is closed, unless it is a single value: of that, nobody knows what is missing.
    """
    pieces = _CDATA.split(text)
    pieces[::2] = [_REFERENCE.sub(_meant, piece) if "&" in piece else piece for piece in pieces[::2]]
    mended = "".join(pieces)
    ends = _missing_ends(mended)
    if ends is None or (mended == text and not ends):
        return None
    return mended + ends, len(mended) > len(text)


def _meant(reference: re.Match[str]) -> str:
    code = name2codepoint.get(reference[1] or "")
    return chr(code) if code else f"&amp;{reference[0][1:]}"


def _missing_ends(text: str) -> str | None:
    """The end tags that are missing, none as a rule; None where the text is not well-formed up to there."""
    still_open: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, _: still_open.append(name)
    parser.EndElementHandler = lambda _: still_open.pop()
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as exc:
        is_cut = expat.errors.messages[exc.code] == expat.errors.XML_ERROR_NO_ELEMENTS
        return (
            "".join(f"</{name}>" for name in reversed(still_open)) if is_cut and _are_containers(still_open) else None
        )
    return ""


def _are_containers(names: list[str]) -> bool:
    return bool(names) and _CONTAINERS.issuperset(names)
