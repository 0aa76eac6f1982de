from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.queries import About, QueryError, Words, compile_query

MATCHES = [
    ("acme", "An ACME kettle", True),
    ("acme", "acmeism", False),
    ("acme", "Ａｃｍｅ in full width", True),
    ("acme", "look #acme", True),
    ("acme", "thanks @acme", True),
    ("acme kettle", "a kettle by acme", True),
    ("acme kettle", "a pot by acme", False),
    ("acme AND kettle", "kettle, acme", True),
    ("acme OR kettle", "kettle", True),
    ("acme and kettle", "acme kettle", False),
    ("acme NOT pot", "acme pot", False),
    ("acme -pot", "acme pot", False),
    ("acme -pot", "acme kettle", True),
    ("acme -(pot OR pan)", "acme pan", False),
    ("a OR b c", "a", True),
    ("(a OR b) c", "a", False),
    ('"acme kettle"', "the Acme  Kettle!", True),
    ('"acme kettle"', "kettle acme", False),
    ('"acme kettle"', "Acme. Kettle", False),
    ('"acme kettle"', "acme\nkettle", False),
    ("“acme kettle”", "acme kettle", True),
    ('"ollie & sons"', "Ollie & Sons", True),
    ('"heelside 2"', "the Heelside 2 is out", True),
    ('"heelside 2"', "the Heelside 20 is out", False),
    ("kick-flip", "a kick-flip", True),
    ("kett*", "two kettles", True),
    ("kett*", "a basket", False),
    ('"acme kett*"', "acme kettles", True),
    ("#acme", "#Acme", True),
    ("#acme", "acme", False),
    ("#acme", "#acmefan", False),
    ("#acme*", "#acmefan", True),
    ("@anna.kow", "by @Anna.Kow.", True),
    ("@anna", "anna", False),
    ("straße", "STRASSE", True),
    ("café", "cafe\u0301", True),
    ("kickflip", "בKickflip טוב", True),
    ("kickflip", "الـkickflip", True),
    ("شركة", "شَرِكَة", True),
    ("日本", "私は日本人です", True),
    ("กาแฟ", "ร้านกาแฟดี", True),
    ("acme", "ac\u200bme", True),
    ("acme", "ac\u00adme", True),
    ("हिन्दी", "यह हिन्दी है", True),
    ("NOT pot acme", "acme", True),
    ("acme NOT NOT pot", "acme pot", True),
]


@pytest.mark.parametrize(("query", "text", "expected"), MATCHES)
def test_a_query_says_whether_a_text_matches(query: str, text: str, expected: bool) -> None:
    assert (compile_query(query).match(text) is not None) is expected


REFUSED = [
    ("", 0, "empty"),
    ("   ", 0, "empty"),
    ("(acme", 0, "never closed"),
    ("acme)", 4, "closes nothing"),
    ("acme OR", 7, "nothing follows OR"),
    ("AND acme", 0, "nothing before"),
    ("acme OR AND pot", 8, "nothing follows OR"),
    ("()", 1, "nothing follows ("),
    ('"acme', 0, "no partner"),
    ("NOT acme", 0, "every text"),
    ("acme OR NOT pot", 0, "every text"),
    ("acme & sons", 5, "no letter or digit"),
    ("a*", 0, "too few letters"),
    ("k*ttle", 0, "end of a word"),
    ("(" * 200 + "a" + ")" * 200, 101, "too many brackets"),
]


@pytest.mark.parametrize(("query", "position", "words"), REFUSED)
def test_a_query_that_cannot_be_read_names_place_and_cure(query: str, position: int, words: str) -> None:
    with pytest.raises(QueryError, match=words.replace("(", r"\(")) as caught:
        compile_query(query)
    assert caught.value.position == position
    assert caught.value.cure


def test_a_match_shows_where_and_by_which_terms() -> None:
    text = "I love my Acme kettle, #acme"
    found = compile_query('"acme kettle" OR #acme OR toaster').match(text, title="Acme kettle")
    assert found is not None
    assert [text[start:end] for start, end in found.spans] == ["Acme kettle", "#acme"]
    assert found.title_spans == ((0, 11),)
    assert found.terms == ('"acme kettle"', "#acme")


def test_a_phrase_does_not_run_from_title_into_text() -> None:
    assert compile_query('"acme kettle"').match("kettle", title="acme") is None
    assert compile_query("acme kettle").match("kettle", title="acme") is not None


def test_what_is_excluded_is_no_reason_for_a_match() -> None:
    found = compile_query("acme -pot").match("acme kettle")
    assert found is not None
    assert found.terms == ("acme",)


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    found = compile_query('acme OR "a b" OR 日 OR #x OR pre*').match(text)
    assert found is None or all(0 <= start < end <= len(text) for start, end in found.spans)


@settings(deadline=None)
@given(st.text(alphabet='abAND ORNT()"-*#@&“ ', max_size=40))
def test_any_query_is_read_or_refused(query: str) -> None:
    try:
        compile_query(query).match("a b")
    except QueryError as exc:
        assert 0 <= exc.position <= len(query)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["acme", "pot", "x", "#acme", "."]), max_size=12).map(" ".join))
def test_the_laws_of_boolean_algebra_hold(text: str) -> None:
    def holds(query: str) -> bool:
        return compile_query(query).match(text) is not None

    assert holds("acme pot") == (holds("acme") and holds("pot"))
    assert holds("acme OR pot") == (holds("acme") or holds("pot"))
    assert holds("x -(acme OR pot)") == holds("x -acme -pot")


def test_a_phrase_of_common_words_is_looked_for_where_its_rarest_stands() -> None:
    words = Words("a " * 10_000 + "b")
    found = compile_query(" OR ".join(f'"a b{n}"' for n in range(5_000)) + ' OR "a b"').find(words)
    assert found is not None
    assert found.terms == ('"a b"',)


NEAR = [
    ("acme NEAR/2 broke", "my acme kettle just broke", True),
    ("acme NEAR/2 broke", "my acme kettle has just broke", False),
    ("acme NEAR/0 kettle", "acme kettle", True),
    ("acme NEAR/0 kettle", "kettle acme", True),
    ("acme NEAR/3 acme", "acme once", False),
    ("acme NEAR/3 acme", "acme and acme", True),
    ('"acme kettle" NEAR/2 (broke* OR leaks)', "it leaks, this acme kettle", True),
    ('"acme kettle" NEAR/2 (broke* OR leaks)', "acme. kettle leaks", False),
    ("acme NEAR/1 pot NEAR/1 lid", "acme pot x lid", True),
    ("acme NEAR/1 pot NEAR/1 lid", "acme pot x y lid", False),
    ("acme NEAR/5 pot OR pan", "pan", True),
    ("NOT acme NEAR/1 pot pan", "acme x y z pot pan", True),
    ("near pot", "pot near", True),
    ("日本 NEAR/9 kettle", "私は日本人 kettle", True),
]


@pytest.mark.parametrize(("query", "text", "expected"), NEAR)
def test_near_counts_the_words_between(query: str, text: str, expected: bool) -> None:
    assert (compile_query(query).match(text) is not None) is expected


def test_near_does_not_reach_from_title_into_text() -> None:
    assert compile_query("acme NEAR/5 pot").match("pot", title="acme") is None


def test_near_shows_the_pair_alone() -> None:
    text = "acme sells. Far away from that, my acme pot"
    found = compile_query("acme NEAR/1 pot").match(text)
    assert found is not None
    assert found.spans == ((35, 39), (40, 43))
    assert found.terms == ("acme", "pot")


CASED = [
    ("=Apple", "an Apple", True),
    ("=Apple", "an apple", False),
    ("=Apple", "#Apple", True),
    ('="Acme Pot"', "the Acme Pot", True),
    ('="Acme Pot"', "the acme Pot", False),
    ("=App*", "Apple", True),
    ("=App*", "apple", False),
    ("=IT -=It", "IT", True),
    ("apple", "APPLE", True),
]


@pytest.mark.parametrize(("query", "text", "expected"), CASED)
def test_an_equals_sign_asks_for_the_very_capitals(query: str, text: str, expected: bool) -> None:
    assert (compile_query(query).match(text) is not None) is expected


ABOUT = About(
    author_key="mastodon:anna@home.example",
    author_name="Anna Kowalska",
    urls=("https://shop.acme.example/pots/7?utm_source=x", "https://other.example/"),
    language="pl",
    source="reddit-search",
)
FIELDS = [
    ("title:acme", True),
    ("title:pot", False),
    ("text:pot", True),
    ("text:acme", False),
    ("title:(acme NOT pot)", True),
    ("title:=Acme", True),
    ("title:=acme", False),
    ("author:@anna@home.example", True),
    ("author:anna@home.example", True),
    ("author:anna", True),
    ('author:"anna kowalska"', True),
    ("author:bob", False),
    ("author:kow*", True),
    ("link:acme.example", True),
    ("link:shop.acme.example/pots", True),
    ("link:https://shop.acme.example/pots/7", True),
    ("link:acme.example/po", False),
    ("link:me.example", False),
    ("lang:pl", True),
    ("LANG:PL", True),
    ("lang:en", False),
    ("source:reddit-search", True),
    ("source:reddit*", True),
    ("source:reddit", False),
    ("pot -lang:pl", False),
    ("pot -lang:en -author:bob", True),
    ("lang:(en OR pl) pot", True),
]


@pytest.mark.parametrize(("query", "expected"), FIELDS)
def test_a_field_says_where_to_look(query: str, expected: bool) -> None:
    assert (compile_query(query).match("my pot", title="Acme says", about=ABOUT) is not None) is expected


def test_what_is_not_known_of_a_text_refutes_nothing() -> None:
    query = compile_query("pot lang:pl -author:bob")
    assert query.match("my pot") is not None
    assert query.match("my kettle") is None
    assert query.match("my pot", about=About()) is None  # known to have no language
    assert query.fields == {"lang", "author"}


def test_a_language_is_looked_for_only_where_a_query_asks() -> None:
    def asked() -> str | None:
        raise AssertionError("asked for")

    assert compile_query("pot").match("pot", about=About(language=asked)) is not None


def test_a_match_names_the_fields_that_hold() -> None:
    found = compile_query("(pot OR pan) lang:pl title:acme").match("my pot", title="Acme", about=ABOUT)
    assert found is not None
    assert found.terms == ("pot", "lang:pl", "title:acme")


REFUSED_NEAR = [
    ("acme NEAR pot", "how many words"),
    ("acme NEAR/9999 pot", "how many words"),
    ("acme NEAR/2", "nothing follows NEAR"),
    ("NEAR/2 acme", "nothing before"),
    ("acme NEAR/2 (pot AND pan)", "between words"),
    ("acme NEAR/2 lang:pl", "between words"),
    ("lang:polish acme", "language code"),
    ("title:author:anna", "stands before"),
    ("-lang:pl", "every text"),
    ("acme site:acme.example", "no field site"),
    ("=(acme)", "no letter"),
]


@pytest.mark.parametrize(("query", "words"), REFUSED_NEAR)
def test_what_near_fields_and_capitals_cannot_be_read_names_a_cure(query: str, words: str) -> None:
    with pytest.raises(QueryError, match=words) as caught:
        compile_query(query)
    assert caught.value.cure


@settings(deadline=None)
@given(st.text(alphabet='ab NEAR/1ORNT()"-*#@=:titlelang', max_size=60))
def test_any_query_with_fields_is_read_or_refused(query: str) -> None:
    try:
        compile_query(query).match("a b", title="b", about=ABOUT)
    except QueryError as exc:
        assert 0 <= exc.position <= len(query)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "x"]), max_size=15), st.integers(0, 5))
def test_near_finds_what_looking_at_every_pair_finds(words: list[str], apart: int) -> None:
    found = compile_query(f"a NEAR/{apart} b").match(" ".join(words))
    places = {name: [n for n, word in enumerate(words) if word == name] for name in "ab"}
    close = [(i, j) for i in places["a"] for j in places["b"] if abs(i - j) - 1 <= apart]
    expected = sorted({2 * n for pair in close for n in pair})
    assert ([start for start, _ in found.spans] if found else []) == expected


def test_an_outline_tells_how_a_query_is_read() -> None:
    assert compile_query("acme (pot OR pan) NEAR/3 lid NOT lang:pl").outline() == [
        (0, "all", ""),
        (1, "term", "acme"),
        (1, "near", "3"),
        (2, "any", ""),
        (3, "term", "pot"),
        (3, "term", "pan"),
        (2, "term", "lid"),
        (1, "none", ""),
        (2, "term", "lang:pl"),
    ]


def test_near_looks_at_no_pair_twice() -> None:
    """20,000 places on each side: all pairs would be 400 million."""
    found = compile_query("a NEAR/100 b").match("a b " * 10_000)
    assert found is not None
    assert len(found.spans) == 20_000
