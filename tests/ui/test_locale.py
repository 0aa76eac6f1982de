"""The screens in other languages: every text is translated, placeholders and plural forms are kept, the app opens."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from streamlit.testing.v1 import AppTest

from config.workspace import Workspace
from tests.ui import browser
from ui import data, i18n

ROOT = Path(__file__).resolve().parent.parent.parent
LOCALE = ROOT / "ui" / "locale"
LANGUAGES = ("ar", "he", "hu", "pl", "vi")
FORMS = {"ar": 6, "he": 2, "hu": 2, "pl": 3, "vi": 1}
RENEW = "renew ui/locale/messages.pot (the command stands in babel.cfg) and translate what is new in ui/locale/*.po"
PLACEHOLDER = re.compile(r"\{\w*\}")
# Right-to-left isolates and marks keep a number's sign on its side; nothing else of the invisible may slip in.
INVISIBLE = re.compile("[\u200b\u200c\u200d\u202a-\u202e\ufeff]")


@lru_cache
def catalog(language: str) -> Catalog:
    with (LOCALE / f"{language}.po").open("rb") as lines:
        return read_po(lines, locale=language)


def first(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def source(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def target(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def messages(language: str) -> Iterator[Message]:
    return (message for message in catalog(language) if message.id and all(target(message)))


@lru_cache
def texts_on_screen() -> frozenset[str]:
    """Every text the code hands to a translator, read out of the code itself as the template is."""
    keywords = DEFAULT_KEYWORDS | {"plural": (1, 2)}
    found = extract_from_dir(str(ROOT / "ui"), [("**.py", "python")], keywords=keywords)
    return frozenset(first(text) for _file, _line, text, _comments, _context in found)


def test_no_text_is_handed_to_a_translator_inside_an_f_string() -> None:
    hidden = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in (ROOT / "ui").rglob("*.py")
        for text in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in ("_", "plural")
    ]
    assert hidden == [], "the template would not hold it: what reads the code looks into no f-string"


def test_the_languages_are_those_promised() -> None:
    assert set(LANGUAGES) <= set(i18n.languages())


def test_the_template_holds_every_text_on_screen() -> None:
    with (LOCALE / "messages.pot").open("rb") as lines:
        template = {first(message.id) for message in read_po(lines) if message.id}
    assert sorted(texts_on_screen() - template) == [], RENEW


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_on_screen_is_translated(language: str) -> None:
    translated = {first(message.id) for message in messages(language) if all(target(message))}
    assert sorted(texts_on_screen() - translated) == [], RENEW


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fuzzy_and_the_header_says_who_has_not_read_it(language: str) -> None:
    assert [message.id for message in messages(language) if message.fuzzy] == []
    assert not catalog(language).fuzzy
    assert "No native reader has reviewed this text yet" in (LOCALE / f"{language}.po").read_text(encoding="utf-8")


def lone_forms(language: str) -> set[int]:
    """The plural forms that stand for one number alone, as "one" and Arabic's "two": their word may say the number."""
    place = gettext.c2py(catalog(language).plural_expr)
    numbers: dict[int, set[int]] = {}
    for n in range(1, 1200):
        numbers.setdefault(place(n), set()).add(n)
    return {form for form, standing in numbers.items() if len(standing) == 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_kept(language: str) -> None:
    lone = lone_forms(language)
    wrong = []
    for message in messages(language):
        wanted = set(PLACEHOLDER.findall(source(message)[-1]))
        for form, text in enumerate(target(message)):
            left_out = wanted - set(PLACEHOLDER.findall(text))
            added = set(PLACEHOLDER.findall(text)) - wanted
            if added or (left_out and not (isinstance(message.id, tuple) and form in lone and len(left_out) == 1)):
                wrong.append((text, sorted(added | left_out)))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mark", ["**", "`", "[[", "earned.toml", "earned listen", "utm_source", "\n"])
def test_marks_commands_and_names_are_kept(language: str, mark: str) -> None:
    wrong = [
        text
        for message in messages(language)
        for text in target(message)
        if text.count(mark) != first(message.id).count(mark)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_end_as_the_source_does_and_hide_nothing(language: str) -> None:
    for message in messages(language):
        for text in target(message):
            assert text == text.strip(), message.id
            assert not INVISIBLE.search(text), message.id
            assert not first(message.id).endswith((".", ":")) or text.endswith(first(message.id)[-1]), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_counted_as_the_language_does(language: str) -> None:
    known = catalog(language)
    assert known.num_plurals == FORMS[language]
    place = gettext.c2py(known.plural_expr)
    assert {place(n) for n in range(1200)} == set(range(FORMS[language]))
    plural = [message for message in messages(language) if not isinstance(message.id, str)]
    assert plural
    assert [message.id for message in plural if len(target(message)) != FORMS[language]] == []


@pytest.mark.parametrize(
    ("language", "n", "shown"),
    [
        ("ar", 1, "طلب واحد"),
        ("ar", 2, "طلبان"),
        ("ar", 5, "5 طلبات"),
        ("ar", 15, "15 طلبًا"),
        ("ar", 100, "100 طلب"),
        ("he", 1, "הזמנה אחת"),
        ("he", 2, "2 הזמנות"),
        ("hu", 1, "1 rendelés"),
        ("hu", 2, "2 rendelés"),
        ("pl", 1, "1 zamówienie"),
        ("pl", 3, "3 zamówienia"),
        ("pl", 12, "12 zamówień"),
        ("pl", 22, "22 zamówienia"),
        ("vi", 7, "7 đơn hàng"),
    ],
)
def test_a_number_of_orders_reads_right(language: str, n: int, shown: str) -> None:
    assert i18n.load(language).plural("{n} order", "{n} orders", n).format(n=n) == shown


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "€11,374"), ("hu", "11 374 EUR"), ("pl", "11 374 €"), ("vi", "11.374 €")],
)
def test_whole_money_is_written_as_the_language_writes_it(language: str, shown: str) -> None:
    assert data.minor_to_text(1_137_400, "EUR", language, cents=False).replace("\N{NO-BREAK SPACE}", " ") == shown


@pytest.fixture
def opened(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    monkeypatch.setenv("EARNED_WORKSPACE", str(workspace.folder))

    def run(language: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "ui" / "app.py"), default_timeout=30)
        test.query_params["lang"] = language
        return test.run()

    return run


@pytest.mark.parametrize(
    ("language", "title"),
    [("ar", "نظرة عامة"), ("he", "סקירה"), ("hu", "Áttekintés"), ("pl", "Przegląd"), ("vi", "Tổng quan")],
)
def test_the_app_opens_in_the_language_asked_for(opened: Callable[[str], AppTest], language: str, title: str) -> None:
    test = opened(language)
    assert not test.exception
    assert test.title[0].value == title


@pytest.mark.browser
def test_right_to_left_pages_run_from_the_right_at_any_width(workspace: Workspace, tmp_path: Path) -> None:
    if not browser.CHROMIUM.exists():
        pytest.skip("Chromium is not installed: pages cannot be opened in a browser")
    with browser.serving(workspace.folder, tmp_path / "server.log") as url, browser.chromium() as found:
        for width in (1440, 390):
            page = browser.open_page(found, f"{url}/?lang=ar", width=width, locale="ar-EG")
            page.get_by_role("heading", name="نظرة عامة").wait_for()
            menu = page.locator('[data-testid="stMainMenu"]').bounding_box()
            assert menu["x"] < 80
            main = page.locator('[data-testid="stMain"]')
            assert main.evaluate("e => e.scrollWidth - e.clientWidth") == 0
            assert main.evaluate("e => getComputedStyle(e).direction") == "rtl"
