from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.duplicates import text_hash
from listener.text import (
    TEXT_LIMIT,
    clean,
    find_handles,
    find_hashtags,
    find_links,
    one_line,
    plain_text,
    safe_link,
    unwrap,
)


@pytest.mark.parametrize(
    ("markup", "text", "links"),
    [
        ("plain & simple < 3", "plain & simple < 3", []),
        ("<p>One</p><p>Two<br>three</p>", "One\nTwo\nthree", []),
        ("a <b>bold</b>  word", "a bold word", []),
        ("caf&eacute; &#8364;5 &lt;script&gt;", "café €5 <script>", []),
        ("<script>alert(1)</script>seen<style>p{}</style>", "seen", []),
        ('<a href="https://shop.example/?utm_source=x&amp;a=1">buy</a>', "buy", ["https://shop.example/?utm_source=x&a=1"]),
        ("<img src=x onerror=alert(1)>text", "text", []),
        ("<svg><script>1</script></svg>after", "after", []),
        ("<noscript><p title=\"</noscript><img src=x>\">tail", "", []),
        ("unclosed <b", "unclosed <b", []),
    ],
)  # fmt: skip
def test_markup_becomes_plain_text(markup: str, text: str, links: list[str]) -> None:
    assert plain_text(markup) == (text, links)


@settings(deadline=None)
@given(st.text())
def test_plain_text_never_raises_and_holds_no_controls(markup: str) -> None:
    text, _ = plain_text(markup)
    assert text == clean(text)
    assert len(text) <= TEXT_LIMIT


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("exe.\u202egnp", "exe.gnp"),
        ("\u2066hidden\u2069", "hidden"),
        ("two\r\nlines", "two lines"),
        ("  spaced   out ", "spaced out"),
        ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_a_title_is_one_line_without_controls(raw: str, shown: str) -> None:
    assert one_line(raw) == shown


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://a.example/x?utm_source=Y", "https://a.example/x?utm_source=Y"),
        ("  http://a.example ", "http://a.example"),
        ("/rel", "https://site.example/rel"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("https://", None),
        ("https://user:pw@a.example/", None),
        ("https://a.example:notaport/", None),
        ("http://[::1", None),
        ("https://a.example/\u202egnp", None),
        ("https://a.example/" + "x" * 5000, None),
        (None, None),
    ],
)
def test_only_harmless_links_are_kept(link: str | None, kept: str | None) -> None:
    assert safe_link(link, base="https://site.example/feed/") == kept


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("https://www.google.com/url?rct=j&url=https://a.example/x?b%3D1&ct=ga", "https://a.example/x?b=1"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fa.example%2F&h=x", "https://a.example/"),
        ("https://www.google.com/url?url=javascript:alert(1)", "https://www.google.com/url?url=javascript:alert(1)"),
        ("https://a.example/url?url=https://b.example/", "https://a.example/url?url=https://b.example/"),
        ("https://[broken", "https://[broken"),
    ],
)
def test_a_redirector_that_names_its_target_is_looked_through(link: str, target: str) -> None:
    assert unwrap(link) == target


def test_links_are_found_in_markup_and_in_bare_text_once() -> None:
    text, hrefs = plain_text('<a href="https://a.example/1">x</a> see https://b.example/2, and (https://a.example/1).')
    assert find_links(text, hrefs) == ("https://a.example/1", "https://b.example/2")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The Acme kettle is really great", "the ACME kettle — is really great!!", True),
        ("The Acme kettle is really great https://t.example/1", "The Acme kettle is really great", True),
        ("@anna The Acme kettle is really great", "The Acme kettle is really great", True),
        ("The Acme kettle is really great", "The Acme kettle is really bad", False),
    ],
)
def test_copies_of_a_text_share_a_hash(one: str, other: str, same: bool) -> None:
    assert (text_hash(None, one) == text_hash(None, other)) is same


def test_a_short_text_is_nobodys_copy() -> None:
    assert text_hash(None, "love it!") is None


@pytest.mark.parametrize(
    ("text", "hashtags", "handles"),
    [
        ("I love #AcmeKettle and #acmekettle, thanks @Anna.", ["#acmekettle"], ["@anna"]),
        ("mail anna@blog.example, see https://x.example/@bob#part", [], []),
        ("hi @bob@social.example! and @c_d-e.f", [], ["@bob@social.example", "@c_d-e.f"]),
        ("#1 of 100, color #fff000 &#38; ##x, #żółć #茶壶", ["#fff000", "#żółć", "#茶壶"], []),
        ("#" * 5000 + "@" * 5000 + "#a" * 5000, [], []),
        ("", [], []),
    ],
)
def test_hashtags_and_handles_are_found(text: str, hashtags: list[str], handles: list[str]) -> None:
    assert list(find_hashtags(text)) == hashtags
    assert list(find_handles(text)) == handles


LINKED = [
    ("https://en.wikipedia.org/wiki/A_(b), yes", ("https://en.wikipedia.org/wiki/A_(b)",)),
    ("(https://a.example/x)", ("https://a.example/x",)),
    ("www.acme.com/x, acme.com/y.", ("https://www.acme.com/x", "https://acme.com/y")),
    ("anna@acme.com/z and/or node.js/foo v1.2/3", ()),
    ("https://www.acme.com/q", ("https://www.acme.com/q",)),
]


@pytest.mark.parametrize(("text", "links"), LINKED)
def test_links_are_found_as_people_write_them(text: str, links: tuple[str, ...]) -> None:
    assert find_links(text, []) == links
