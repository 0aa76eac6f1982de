from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.queries import QueryError, Words, compile_query

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
