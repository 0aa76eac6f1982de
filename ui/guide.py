"""docs/imports.md by its sections, for the page Data: which export ties visits to orders, per system."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ui import terms

_PLACES = (Path(__file__).parent.parent / "docs" / "imports.md", Path(__file__).with_name("imports.md"))
VISITS = (
    "Which export ties visits to orders",
    *("Shopify", "WooCommerce", "Etsy", "Stripe", "Any other shop"),
    *("GA4", "GA4 in BigQuery", "Matomo", "Plausible", "Server logs", "A tool of your own"),
)


@lru_cache(maxsize=1)
def sections() -> dict[str, str]:
    """Heading in lower case -> the section's Markdown. Empty where the file is absent."""
    file = next((place for place in _PLACES if place.exists()), None)
    return terms.parse(file.read_text(encoding="utf-8")) if file else {}


def section(name: str) -> str | None:
    return sections().get(name.lower()) or None
