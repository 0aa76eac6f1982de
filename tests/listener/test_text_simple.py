"""Markup of the plainest kind is read the quick way, and gives what Python's own reader of HTML gives."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import example, given, settings
from hypothesis import strategies as st

from listener.text import clean, find_links, one_line, plain_text, safe_link

PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<br/>", "<br />", "<BR>", "<b>", "</b>", "</ p>", "<a href='/x?a=1&amp;b=2'>",
        '<a HREF="y" href="z">', "<a href=>", "<a href=plain/>", "<a title='x > y' href='u'>",
        '<img src="a.png"/>', "<!-- note -->", "<!-->", "<!---->", "<script>", "</script>", "<style>p</style>",
        "<iframe>", "</iframe>", "<iframe src='/v' allowfullscreen></iframe>", "<iframe src='/v'>&lt;",
        "<svg/>", "<title>", "</title>", "<?php x ?>", "<![CDATA[x]]>", "&amp;",
        "&lt;b&gt;", "&am", "p;", "&#12;", "&#x41;", "&nbsp;", "&copy", "&", "<", ">", " < 3", '"', "'", "a", " ",
        "\n", "\t", "\r\n", "\u017c\xf3\u0142\u0107", "\u202e", "\x0b", "<p\x0bx>", "</br>", "</p class='x'>",
        "<p/>", "<o:p></o:p>", "<hr", "<iframe src='/v'/>", "<script/>", "<a href=x_1 title=y>", "<img width=3 alt=x/>",
        '<a href="x" rel="y">', '<a href="x"y="z">', '<a href="x" href="y">', "\xa0", "\u200a", "   ", "&ampx;",
    ]
)  # fmt: skip


class Reference(HTMLParser):
    """The rules of plain text once more, with all left to Python's reader."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.links, self.hidden = "", list[str](), 0
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "iframe", "svg", "title"):
            self.hidden += 1
        elif tag in ("p", "br", "hr"):
            self.text += "\n"
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("script", "style", "iframe", "svg", "title"):
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "iframe", "svg", "title"):
            self.hidden = max(0, self.hidden - 1)
        elif tag in ("p", "br", "hr"):
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += "" if self.hidden else data


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=12).map("".join))
@example("<p>a &am<b>p;</b> <a href='x'>b</a></p>")
def test_plain_text_is_what_the_full_reader_gives(markup: str) -> None:
    given_text, links = plain_text("<b>" + markup)
    reference = Reference("<b>" + markup)
    lines = (" ".join(line.split()) for line in reference.text.split("\n"))
    assert given_text == clean("\n".join(line for line in lines if line))
    assert links == reference.links


@given(st.text())
def test_clean_text_holds_no_controls_and_cleaning_twice_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert not set(cleaned) & {"\r", "\x00", "\x1b", "\x85", "\u202e", "\u2066"}
    assert "\n" not in one_line(text)


def test_an_ordinary_link_passes_and_a_hostile_one_does_not() -> None:
    for link in ("https://a.example/x?y=1#z", "http://a.example:8080", "https://a.example?x=[1]"):
        assert safe_link(link) == link
    for link in (
        "https://u@a.example/",
        "https://a.example:99999/",
        "javascript:1",
        "https:///x",
        "https://a b.example/",
    ):
        assert safe_link(link) is None
    assert find_links("see HTTPS://A.example/x.", []) == ("HTTPS://A.example/x",)
