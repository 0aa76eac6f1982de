"""What a NOT would be made of, and texts shown with their hits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.queries import About, QueryError, compile_query
from listener.query_changes import telling_terms, with_not
from listener.texts import snippet


def test_what_tells_a_mention_apart_begins_with_the_words_beside_the_name() -> None:
    about = About(author_key="reddit:anna", urls=("https://bricks.example/1?utm_source=x",))
    terms = list(telling_terms("Acme opens", "An acme brick #bricks", about=about, query=compile_query("acme")))
    assert terms == [
        '"acme brick"', '"An acme"', "#bricks", '"Acme opens"', "link:bricks.example", "author:anna", "brick", "opens",
    ]  # fmt: skip


def test_a_site_on_which_everybody_writes_tells_nothing() -> None:
    about = About(urls=("https://www.reddit.com/r/x/comments/1/",))
    assert list(telling_terms(None, "acme", about=about, query=compile_query("acme"))) == []


@pytest.mark.parametrize(
    ("query", "changed"),
    [
        ("acme", 'acme NOT "a b"'),
        ("acme OR #acme", '(acme OR #acme) NOT "a b"'),
        ("(acme OR #acme) pot", '(acme OR #acme) pot NOT "a b"'),
        ("acme NOT x", 'acme NOT x NOT "a b"'),
    ],
)
def test_not_is_put_behind_the_whole_query(query: str, changed: str) -> None:
    assert with_not(compile_query(query), '"a b"') == changed


@given(st.text(max_size=200))
def test_every_term_that_is_proposed_can_be_read_behind_not(text: str) -> None:
    query = compile_query("acme")
    whole = f"{text} acme {text}"
    for term in telling_terms(text, whole, about=About(author_key=f"web:{text}"), query=query):
        try:
            compile_query(with_not(query, term))
        except QueryError as error:
            raise AssertionError(term) from error


def test_a_snippet_shows_the_text_around_its_first_hit() -> None:
    text = "x " * 200 + "my acme pot " + "y " * 200
    shown = snippet(text, [(403, 407)])
    assert "my «acme» pot" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert snippet("plain\ntext", []) == "plain text"
