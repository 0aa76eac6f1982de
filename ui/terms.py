"""The terms on screen, out of docs/terms.md: one section a term, by its heading."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

_PLACES = (Path(__file__).parent.parent / "docs" / "terms.md", Path(__file__).with_name("terms.md"))


@lru_cache(maxsize=1)
def sections() -> dict[str, str]:
    """Heading in lower case -> the section's Markdown. Empty where the file is absent."""
    file = next((place for place in _PLACES if place.exists()), None)
    return parse(file.read_text(encoding="utf-8")) if file else {}


def parse(text: str) -> dict[str, str]:
    """The sections of a Markdown text under `##` and `###` headings; `#` headings are the document's own."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        heading = re.match(r"^#{2,4}\s+(.+?)\s*$", line)
        if heading:
            name = heading[1].strip("`").lower()
            found[name] = ""
        elif name:
            found[name] += line + "\n"
    return {key: body.strip() for key, body in found.items()}


def term(name: str) -> str | None:
    """The section of a term, or None where it is not written down."""
    return sections().get(name.lower()) or None
