from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.endings import bend, forms, stem
from listener.queries import About, compile_query

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
    words = ("kettler", "biedronka", "alma", "tesco", "النهدي", "קומקום")
    assert all(len(forms(word, bend(word, languages=ALL) or ())) < 200 for word in words)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("zoom", "zoomed"),
        ("zoom", "We zoomed in on the problem yesterday"),
        ("target", "They targeted the wrong people"),
        ("bolt", "Usain Bolton wins the race again"),
        ("bolt", "my bolted door is closed"),
        ("slack", "he slacked off again"),
        ("coach", "we were coached by the best"),
        ("nest", "nested loops are slow to run"),
        ("dash", "dashed hopes of the whole team"),
        ("kettler", "der Kettleren Straße wegen sind wir hier"),  # no language asked for
        ("target", "kupiłem Targetet wczoraj w sklepie"),  # a Hungarian ending in Polish talk
        ('"acme bolt"', "the acme bolted door"),
    ],
)
def test_an_ending_holds_in_texts_of_its_language_alone(query: str, text: str) -> None:
    assert compile_query(query, languages=ALL).match(text) is None


def test_the_language_that_is_known_decides() -> None:
    query = compile_query("kettler", languages=ALL)
    assert query.match("Kettlera", language="pl") is not None
    assert query.match("Kettlera", language="pl-PL") is not None
    assert query.match("Kettlera", language="en") is None
    assert query.match("Kettlera", about=About(language=lambda: "pl")) is not None
    assert query.match("Kettlera", about=About()) is None
    assert query.fields == {"lang"}


def test_the_language_is_looked_for_only_where_a_form_stands() -> None:
    def asked() -> str | None:
        raise AssertionError("asked for")

    query = compile_query("kettler", languages=ALL)
    assert query.match("mam Kettler i rower", about=About(language=asked)) is not None
    assert query.match("mam rower", about=About(language=asked)) is None


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("kettler", "Kettlerban", True),  # no other language ends a word so
        ("kettler", "Kettlerowi", True),
        ("biedronka", "Biedronkę", True),
        ("kettler", "Kettlera", False),
        ('"acme kettler"', "Acme Kettlera", True),  # the word beside it vouches
        ('"acme kettler"', "Acmet Kettlera", False),
        ('"acme kettler"', "Acme Kettlers", False),  # what English has too is not enough
    ],
)
def test_where_nobody_knows_the_language_telling_endings_hold(query: str, text: str, expected: bool) -> None:
    assert (compile_query(query, languages=ALL).match(text, language=None) is not None) is expected


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ('"dino market"', "w Dino markecie"),
        ('"dino market"', "byłem wczoraj w Dino markecie"),
        ('"zielona biedronka"', "lubię zieloną Biedronkę"),
        ('"telekom bolt"', "Telekom boltban"),
        ('"telekom bolt"', "voltam a Telekom boltban tegnap"),
        ('"acme kettle"', "Acme Kettlet"),
        ('"acme kettle"', "vettem egy Acme Kettlet tegnap"),
        ('"acme kettle"', "az Acme Kettlének a fedele"),
        ('"אקמה קטל"', "באקמה קטל"),
        ('"אקמה קטל"', "קניתי באקמה קטל אתמול"),
        ('"شركة أكمي"', "لشركة أكمي"),
        ('"شركة أكمي"', "ذهبت إلى الشركة اكمي"),
        ("tesco", "Tescóban vettem"),
        ("tesco", "a Tescót szeretem nagyon"),
        ("kick-flip", "láttam egy kick-flipet a parkban"),
    ],
)
def test_phrases_take_endings_and_letters_before_them(query: str, text: str) -> None:
    assert compile_query(query, languages=ALL).match(text) is not None


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ('+"dino market"', "byłem wczoraj w Dino markecie"),
        ('="Dino Market"', "byłem wczoraj w Dino Markecie"),
        ("+kettler", "kupiłem rower Kettlera"),
        ("=Kettler", "kupiłem rower Kettlera"),
        ('"kettler"', "kupiłem rower Kettlera"),
        ('"telekom bolt"', "a Telekomban bolt"),  # a Hungarian name takes its ending once, at its end
        ('"אקמה קטל"', "אקמה בקטל"),
    ],
)
def test_exactly_means_without_endings(query: str, text: str) -> None:
    assert compile_query(query, languages=ALL).match(text, language="hu" if "Telekom" in text else "pl") is None


LATIN = st.text(alphabet="abcdefghiklmnoprstzłóöé", min_size=3, max_size=9)


@given(word=LATIN)
def test_every_form_begins_with_the_stem(word: str) -> None:
    """What the sieve goes by: a form it lets fall would never be found."""
    bent = bend(word, languages=ALL, in_phrase=True)
    assert bent is not None
    assert all(form.startswith(stem(word)) for form in (word, *forms(word, bent)))


@settings(deadline=None, max_examples=50)
@given(word=LATIN.filter(lambda word: len(word) > 3), pick=st.integers(0, 500), language=st.sampled_from(["pl", "hu"]))
def test_each_form_is_found_in_its_language_and_no_other(word: str, pick: int, language: str) -> None:
    found = sorted(forms(word, (language,)))
    if found:
        form = found[pick % len(found)]
        query = compile_query(word, languages=(language, "en"))
        assert query.match(f"see {form}.", language=language) is not None
        assert query.match(f"see {form}.", language="en") is None
