"""Files of feeds: read whole where they can be, refused with a reason where not, and never a danger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.opml import DEPTH_LIMIT, OUTLINES_LIMIT, SIZE_LIMIT, OpmlError, read_opml, write_opml

NESTED = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>mine</title></head><body>
<outline text="Tea">
  <outline text="Blogs">
    <outline type="rss" text="Leaf &amp; Pot" title="Leaf &amp; Pot" xmlUrl="https://leaf.example/feed?a=1&amp;b=2"/>
  </outline>
  <outline text="No address"/>
</outline>
<OUTLINE TITLE="Upper" XMLURL=" https://upper.example/rss "/>
</body></opml>"""


def test_folders_lines_and_what_names_no_feed() -> None:
    found = read_opml(NESTED)
    assert [(o.line, o.name, o.url, o.folders) for o in found.outlines] == [
        (5, "Leaf & Pot", "https://leaf.example/feed?a=1&b=2", ("Tea", "Blogs")),
        (7, "No address", None, ("Tea",)),
        (9, "Upper", "https://upper.example/rss", ()),
    ]
    assert found.problem is None


def test_bare_ampersands_are_read_as_they_are_meant() -> None:
    data = b'<opml><body><outline text="A & B" xmlUrl="https://a.example/?x=1&y=2&#38;z=3"/></body></opml>'
    (outline,) = read_opml(data).outlines
    assert (outline.name, outline.url) == ("A & B", "https://a.example/?x=1&y=2&z=3")


def test_a_file_cut_short_gives_what_came_before() -> None:
    found = read_opml(NESTED[: NESTED.index(b"<OUTLINE")])
    assert [outline.name for outline in found.outlines] == ["Leaf & Pot", "No address"]
    assert found.problem is not None
    assert found.problem.startswith("line 9")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_other_encodings(encoding: str) -> None:
    text = NESTED.decode().replace("Leaf", "Blätter").replace("UTF-8", encoding if encoding == "latin-1" else "UTF-8")
    assert read_opml(text.encode(encoding)).outlines[0].name == "Blätter & Pot"


BOMB = (
    b'<!DOCTYPE o [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<opml><body><outline text="&b;" xmlUrl="https://a.example/"/></body></opml>'
)
XXE = (
    b'<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    b'<opml><body><outline text="&a;" xmlUrl="https://a.example/"/></body></opml>'
)
REFUSED = [
    (b"", "not well-formed"),
    (b"hello", "not well-formed"),
    (b"<rss><channel/></rss>", "no OPML but <rss>"),
    (b"<html><body>", "no OPML but <html>"),
    (BOMB, "entities"),
    (XXE, "entities"),
    (b"<opml>" + b"<outline>" * (DEPTH_LIMIT + 1), "deep"),
    (b" " * (SIZE_LIMIT + 1), "larger"),
]


@pytest.mark.parametrize(("data", "words"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_is_no_opml_is_refused_with_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(OpmlError, match=words):
        read_opml(data)


def test_a_flood_of_entries_ends_at_the_limit() -> None:
    line = b'<outline text="a" xmlUrl="https://a.example/"/>'
    found = read_opml(b"<opml><body>" + line * (OUTLINES_LIMIT + 10) + b"</body></opml>")
    assert len(found.outlines) == OUTLINES_LIMIT
    assert found.problem is not None


NAMES = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")), min_size=1, max_size=40
)
ROWS = st.lists(st.tuples(NAMES, NAMES.map(lambda path: f"https://a.example/{path}"), st.none() | NAMES), max_size=8)


@given(ROWS)
def test_what_is_written_is_read_again(rows: list[tuple[str, str, str | None]]) -> None:
    found = read_opml(write_opml(rows, title="mine & yours").encode())
    written = sorted((" ".join(name.split()), " ".join(url.split()) or None) for name, url, _ in rows)
    read = sorted((outline.name, " ".join((outline.url or "").split())) for outline in found.outlines)
    known = [(n, u) for n, u in read]
    assert found.problem is None
    assert [u for _, u in sorted(known)] == [u for _, u in sorted(written)]


@given(st.binary(max_size=300))
def test_no_bytes_do_harm(data: bytes) -> None:
    try:
        read_opml(b"<opml><body>" + data)
    except OpmlError as error:
        assert str(error)
