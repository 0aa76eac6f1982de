from __future__ import annotations

import pytest

from listener.endings import forms
from listener.queries import compile_query

ALL = ("pl", "hu", "ar", "he", "en", "vi")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("kettler", "Kupiłem rower Kettlera"),
        ("kettler", "rozmowa z Kettlerem"),
        ("biedronka", "byłam w Biedronce"),
        ("biedronka", "lubię Biedronkę i Biedronki"),
        ("allegro", "kupione na Allegro, dzięki Allegru"),
        ("kettler", "vettem egy Kettlert"),
        ("kettler", "a Kettlernek írtam"),
        ("kettler", "Kettlerrel járok"),
        ("alma", "almát vettem"),
        ("alma", "az almával"),
        ("kettler", "mój nowy rower #kettlera bardzo lubię"),
        ("kettler", "#kettlerami"),
        ("النهدي", "اشتريت من والنهدي"),
        ("النهدي", "ذهبت للنهدي اليوم"),
        ("أديداس", "حذاء اديداس"),
        ("أديداس", "لأديداس وبأديداس"),
        ("קומקום", "הקומקום נשבר"),
        ("קומקום", "וכשבקומקום יש מים"),
        ("איקאה", "קניתי באיקאה"),
    ],
)
def test_names_are_found_in_the_forms_a_sentence_gives_them(query: str, text: str) -> None:
    assert compile_query(query, languages=ALL).match(text)


@pytest.mark.parametrize(
    ("query", "text", "languages"),
    [
        ("kettler", "Kettlera", ("en",)),  # endings only where the language is spoken
        ("oil", "oile oilom oilt", ALL),  # too short a name
        ('"kettler"', "Kettlera", ALL),  # quoted: as written
        ("kettler", "Kettlerson kettlering", ALL),
        ("#kettler", "#kettlera", ALL),
        ("אח", "האח שלי", ALL),
        ("acme kettle", "acmeban", ALL),
    ],
)
def test_what_is_no_form_is_not_found(query: str, text: str, languages: tuple[str, ...]) -> None:
    assert compile_query(query, languages=languages).match(text) is None


def test_the_form_that_stood_there_is_shown() -> None:
    match = compile_query("kettler", languages=ALL).match("rower Kettlera jest bardzo dobry")
    assert match is not None
    assert (match.terms, match.spans) == (("kettler",), ((6, 14),))


def test_a_word_has_few_forms() -> None:
    """They are looked up, one text word at a time: a bounded list keeps that as quick as the word itself."""
    assert all(len(forms(word, languages=ALL)) < 200 for word in ("kettler", "biedronka", "alma", "النهدي", "קומקום"))
