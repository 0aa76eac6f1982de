"""The language of a session: `_ = translator()`; texts come from the .po files in `ui/locale`, read as they are.

Which language: `?lang=` in the address, else the browser's first language that we have, else English.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import streamlit as st
from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

FOLDER = Path(__file__).with_name("locale")
RIGHT_TO_LEFT = ("ar", "he", "fa", "ur")


@dataclass(frozen=True)
class Translator:
    """Call it with an English text to get the session's; `plural` chooses the form that fits `n`."""

    language: str = "en"
    catalog: Catalog | None = None
    plural_form: Callable[[int], int] = field(default=lambda n: int(n != 1))

    def __call__(self, text: str) -> str:
        found = self.catalog.get(text) if self.catalog else None
        return found.string if found and isinstance(found.string, str) and found.string else text

    def plural(self, one: str, many: str, n: int) -> str:
        """The English `one` or `many`, or the session's form for `n`."""
        found = self.catalog.get(one) if self.catalog else None
        forms = found.string if found and isinstance(found.string, tuple) else ()
        place = self.plural_form(n)
        return forms[place] if place < len(forms) and forms[place] else (one if n == 1 else many)


def languages() -> tuple[str, ...]:
    """English and every language that has a .po file."""
    return ("en", *sorted(file.stem for file in FOLDER.glob("*.po")))


@lru_cache(maxsize=16)
def load(language: str) -> Translator:
    file = FOLDER / f"{language}.po"
    if language == "en" or not file.exists():
        return Translator()
    with file.open("rb") as lines:
        catalog = read_po(lines, locale=language)
    return Translator(language, catalog, gettext.c2py(catalog.plural_expr))


def session_language() -> str:
    asked = (st.query_params.get("lang"), st.context.locale)
    codes = [code.replace("_", "-").split("-")[0].lower() for code in asked if code]
    return next((code for code in codes if code in languages()), "en")


def translator() -> Translator:
    """The translator of this session's run. Never keep it in a module: sessions differ."""
    return load(session_language())


def session_locale() -> Locale:
    """For dates and numbers: the browser's region where its language is the one shown, else the bare language."""
    language = session_language()
    wished = (st.context.locale or "").replace("-", "_")
    for name in (wished, language):
        try:
            locale = Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
        if locale.language == language:
            return locale
    return Locale("en")
