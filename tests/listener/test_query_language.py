"""What a query may say: letters that are alike, one-letter marks, words near each other, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.queries import About, QueryError, compile_query
from listener.words import Words, tokens_of

ALIKE = [
    ("اكمي", "أكمي"),
    ("أكمي", "اكمي"),
    ("إكمي", "آكمي"),
    ("شركة", "شركه"),
    ("شركه", "الشركة"),
    ("شركة", "والشركه"),
    ("یاهو", "ياهو"),
    ("مستشفى", "مستشفي"),
    ("شرکت", "شركت"),
    ("#شركة", "#شركه"),
    ('צה"ל', "חיילי צה״ל"),
    ('צה"ל', 'חיילי צה"ל כאן'),
    ("צה״ל", 'חיילים בצה"ל'),
    ("צה”ל", "צה״ל"),
    ('"דובר צה"ל"', 'דובר צה"ל מסר'),
    ("ג'ירפה", "הג׳ירפה"),
    ("הארץ", 'כתבו ב"הארץ" אתמול'),
]


@pytest.mark.parametrize(("query", "text"), ALIKE)
def test_letters_that_are_written_in_several_ways_are_one(query: str, text: str) -> None:
    assert compile_query(query).match(text) is not None


def test_an_acronym_is_not_its_letters() -> None:
    assert compile_query('צה"ל').match("הם צהלו משמחה, צה ל") is None


def test_the_very_letters_are_asked_for_with_an_equals_sign() -> None:
    assert compile_query("=شركة").match("شركه") is None
    assert compile_query("=شركة").match("شركة") is not None


def test_the_span_is_that_of_the_text() -> None:
    found = compile_query("شركة").match("في شَرِكَه جديدة")
    assert found is not None
    assert found.spans == ((3, 10),)


ONE_LETTER = [
    ("kett?e", "my kettle", True),
    ("kett?e", "kettlle", False),
    ("kett?e", "kette", False),
    ("k??tle", "KETTLE", True),
    ("?ettle", "a kettle", True),
    ("kettl?", "kettle kettles", True),
    ("kettl?", "kettl", False),
    ("kett?e*", "kettles", True),
    ("#kett?e", "#kettle", True),
    ("#kett?e", "kettle", False),
    ("kett?e", "#kettle", True),
    ('"acme kett?e"', "an Acme kettle", True),
    ('"acme kett?e"', "an Acme pot", False),
    ('"what is acme?"', "What is Acme?", True),
    ("שלו?", "שלום", True),
]


@pytest.mark.parametrize(("query", "text", "expected"), ONE_LETTER)
def test_a_question_mark_is_one_letter(query: str, text: str, expected: bool) -> None:
    assert (compile_query(query).match(text) is not None) is expected


WITHIN = [
    ('"acme broken"~5', "broken, my acme", True),
    ('"acme broken"~1', "acme is so broken", False),
    ('"acme broken"~2', "acme is so broken", True),
    ('"acme lid broke*"~2', "acme a lid b breaks broken", True),
    ('title:"acme broken"~5', "acme broken", False),
    ('"acme pot"~3 NOT lid', "pot of acme", True),
]


@pytest.mark.parametrize(("query", "text", "expected"), WITHIN)
def test_a_phrase_with_a_number_wants_its_words_near_each_other(query: str, text: str, expected: bool) -> None:
    assert (compile_query(query).match(text) is not None) is expected


REFUSED = [
    ("acme~5", 4, "~"),
    ("acme NEAR/x b", 5, "NEAR/x"),
    ("acme NEAR5 b", 5, "NEAR5"),
    ("acme ONEAR/3 b", 5, "ONEAR/3"),
    ("acme near/3 b", 5, "near/3"),
    ("lang:", 0, "nothing follows lang:"),
    ("acme author: anna", 5, "nothing follows author:"),
    ("foo:bar", 0, "no field foo:"),
    ("pot retweets:>5", 4, "no field retweets:"),
    ("site:acme.example", 0, "no field site:"),
    ('"acme broken"~x', 13, "how many words"),
    ('"acme broken"~900', 13, "how many words"),
    ('"acme"~5', 0, "several words"),
    ('"acme broken" ~5', 14, "~"),
    ("acme | kettle", 5, "|"),
    ("acme&&kettle", 0, "&&"),
    ("acme, kettle", 0, "OR between"),
    ("[acme TO pot]", 0, "["),
    ("acme^2", 4, "^"),
    ("!acme", 0, "!"),
    ("/ac.*e/", 0, "/"),
    ("pot a?", 4, "beside ?"),
    ("日?", 0, "beside ?"),
    ("日本?", 0, "blanks part words"),
    ("author:ann?", 0, "title and text only"),
    ("=ke?t", 0, "right before"),
    ("+title:acme", 0, "right before"),
    ("+(acme)", 0, "no letter"),
]


@pytest.mark.parametrize(("query", "position", "words"), REFUSED)
def test_what_is_not_ours_is_refused_with_place_and_cure(query: str, position: int, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        compile_query(query)
    assert words in str(caught.value)
    assert caught.value.position == position
    assert caught.value.cure


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("10:30", "at 10:30 sharp"),
        ("AC/DC", "an AC/DC song"),
        ("yahoo!", "Yahoo! is back"),
        ("https://acme.example/pots", "see https://acme.example/pots"),
        ("acme's", "acme's pots"),
        ("near", "so near"),
        ('"a | b"', "a | b"),
    ],
)
def test_signs_inside_names_are_no_operators(query: str, text: str) -> None:
    assert compile_query(query).match(text) is not None


def test_an_address_may_hold_a_question_mark() -> None:
    about = About(urls=("https://acme.example/pots?id=7",))
    assert compile_query("link:https://acme.example/pots?id=7").match("x", about=about) is not None


@settings(deadline=None)
@given(st.text(alphabet='aבا "*?~+=:!/5NEAR()#@-“״', max_size=40))
def test_any_query_is_read_or_refused(query: str) -> None:
    try:
        compile_query(query, languages=("pl", "hu", "he")).match("a ב a")
    except QueryError as exc:
        assert 0 <= exc.position <= len(query)


@settings(deadline=None)
@given(st.text(alphabet="אבגו\"״'׳ ab", max_size=30))
def test_words_are_cut_alike_in_query_and_text(text: str) -> None:
    for token in tokens_of(text):
        word = text[token.start : token.end]
        if any(letter.isalpha() for letter in word):
            assert Words(text).vocabulary.get(token.folded)


class Counting(Words):
    """Counts how often a term's places are looked for."""

    looks = 0

    def hits(self, term, *, languages=()):  # type: ignore[no-untyped-def]
        self.looks += 1
        return super().hits(term, languages=languages)


NAMES = [f"name{n}" for n in range(9_000)]


@pytest.mark.parametrize(
    "query",
    [
        " OR ".join(NAMES),
        " OR ".join(f'"{name} pot"' for name in NAMES),
        " OR ".join(f"{name}*" for name in NAMES),
        " OR ".join(f"{name} NEAR/3 broke" for name in NAMES[:5_000]),
        "(" + " OR ".join(NAMES) + ") AND NOT pot",
    ],
)
def test_of_a_large_query_only_what_can_stand_in_the_text_is_looked_for(query: str) -> None:
    compiled = compile_query(query, languages=("pl", "hu"))
    nothing = Counting("my new kettle broke this morning and leaks water")
    assert compiled.find(nothing) is None
    assert nothing.looks == 0
    one = Counting("my name77 pot broke")
    found = compiled.find(one)
    assert (found is not None) is ("NOT pot" not in query)
    assert one.looks <= 4


def test_what_is_left_out_is_looked_for_only_where_it_can_stand() -> None:
    compiled = compile_query("acme " + " ".join(f"-{name}" for name in NAMES))
    words = Counting("acme has a new pot")
    assert compiled.find(words) is not None
    assert words.looks == 1
    assert compiled.match("acme has name8") is None


def test_a_word_that_stands_in_many_pairs_is_looked_for_once() -> None:
    compiled = compile_query(" OR ".join(f"acme NEAR/5 b{n}" for n in range(1_000)))
    words = Counting(" ".join(f"acme x b{n}" for n in range(1_000)))
    found = compiled.find(words)
    assert found is not None
    assert len(found.spans) == 2_000
    assert words.looks == 1_001


NODES = st.recursive(
    st.sampled_from(["a", "b", '"a b"', "c*", "a NEAR/1 b", "lang:pl", "d?d"]),
    lambda inner: st.tuples(inner, st.sampled_from([" ", " OR ", " NOT "]), inner).map(
        lambda p: f"({p[0]}){p[1]}({p[2]})"
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(query=NODES, text=st.lists(st.sampled_from(["a", "b", "cc", "dad", "x"]), max_size=6).map(" ".join))
def test_the_sieve_changes_no_answer(query: str, text: str) -> None:
    """The whole query says what its parts say, each asked alone."""

    def plainly(query_text: str) -> bool:
        try:
            return compile_query(query_text).match(text, language="pl") is not None
        except QueryError:
            return True

    def value(written: str) -> bool:
        depth = 0
        for n, letter in enumerate(written):
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if depth == 0 and n < len(written) - 1 and written[0] == "(":
                left, rest = written[1:n], written[n + 1 :]
                sign = next(one for one in (" OR ", " NOT ", " ") if rest.startswith(one))
                right = rest[len(sign) + 1 : -1]
                if sign == " OR ":
                    return value(left) or value(right)
                return value(left) and (value(right) if sign == " " else not value(right))
        return plainly(written)

    try:
        compiled = compile_query(query)
    except QueryError:
        return
    assert (compiled.match(text, language="pl") is not None) is value(query)


def test_all_that_the_documentation_writes_can_be_read() -> None:
    page = (Path(__file__).parents[2] / "docs/queries.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) > 12
    for row in rows:
        compile_query("x " + row.split("`")[1])
