"""Reading well-formed feeds directly gives what feedparser gives: feed by feed, entry by entry, field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.feeds import ParsedFeed, parse_feed
from listener.wellformed import read_wellformed

URL = "https://site.example/feed.xml"
MENDED = "not well-formed: read with what is missing put in"
SPACES = {
    "": ["http://www.w3.org/2005/Atom", "http://purl.org/rss/1.0/", "http://purl.org/atom/ns#", "urn:none"],
    "atom": ["http://www.w3.org/2005/Atom"],
    "dc": ["http://purl.org/dc/elements/1.1/", "urn:other"],
    "dcterms": ["http://purl.org/dc/terms/"],
    "content": ["http://purl.org/rss/1.0/modules/content/"],
    "media": ["http://search.yahoo.com/mrss/", "http://www.rssboard.org/media-rss"],
    "itunes": ["http://www.itunes.com/dtds/podcast-1.0.dtd"],
    "slash": ["http://purl.org/rss/1.0/modules/slash/"],
    "thr": ["http://purl.org/syndication/thread/1.0", "http://purl.org/rss/1.0/modules/threading/"],
    "feedburner": ["http://rssnamespace.org/feedburner/ext/1.0"],
    "rdf": ["http://www.w3.org/1999/02/22-rdf-syntax-ns#"],
    "x": ["urn:x", "http://purl.org/dc/elements/1.1/"],
}
PLAIN = [
    "title", "description", "content:encoded", "dc:creator", "pubDate", "guid", "link", "author", "category",
    "comments", "dc:date", "media:title", "media:description", "slash:comments", "itunes:summary", "itunes:author",
    "thr:total", "published", "updated", "id", "summary", "content", "name", "language", "dc:language", "atom:link",
    "enclosure", "source", "x:creator", "x:thing", "thing", "feedburner:origLink",
]  # fmt: skip
ODD = [
    "media:group", "media:content", "media:statistics", "media:starRating", "media:thumbnail", "image", "textinput",
    "contributor", "itunes:owner", "subtitle", "rights", "abstract", "body", "fullitem", "div", "p", "b", "email",
    "uri", "url", "item", "entry", "channel", "dc:title", "dcterms:modified", "issued", "created", "modified", "date",
    "links", "managingEditor", "svg", "feed", "keywords", "title_detail", "itunes:image", "rdf:li", "items", "tags",
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "A kettle", "Tue, 02 Jun 2026 10:00:00 +0200", "2026-06-02T10:00:00Z", "2026-06-02", "yesterday",
         "https://a.example/1?a=1&b=2", "/rel?x=1&amp;y", "http:///three", "urn:uuid:7", "7", "en-GB",
         "anna@mail.example (Anna)", "<p>Buy <a href='/x'>it</a></p><br/>now", "Å\x93uvre", "cafÃ©", "\x80 5", "żółć",
         "true", "3,400", "&copy; 2026 &nbsp;x", "https://a.example/&foo;bar"]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
)  # fmt: skip
ATTRIBUTES = {
    "type": ["html", "xhtml", "text", "text/html", "application/octet-stream", "image/svg+xml", "TEXT/plain"],
    "mode": ["escaped", "base64"], "isPermaLink": ["true", "false"], "href": ["/x", "https://a.example/y"],
    "rel": ["alternate", "self", "enclosure", "SELF"], "url": ["https://a.example/a.mp3"],
    "xml:lang": ["pl", "", "en_GB"],
    "lang": ["hu"], "xml:base": ["https://base.example/a/", "b/", "javascript:x"], "views": ["12"], "count": ["3"],
    "rdf:about": ["https://a.example/about"], "x:href": ["/unknown"], "version": ["2.0"],
}  # fmt: skip


def written(name: str, inside: str, attributes: dict[str, str]) -> str:
    return f"<{name}{''.join(f' {key}={quoteattr(value)}' for key, value in attributes.items())}>{inside}</{name}>"


def cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', '')}]]>"


@st.composite
def elements(draw: st.DrawFn, names: list[str], depth: int = 3) -> str:
    """An element of any name, with text or elements in it, or both."""
    name = draw(st.sampled_from(names))
    keys = draw(st.lists(st.sampled_from(sorted(ATTRIBUTES)), max_size=2, unique=True)) if draw(st.booleans()) else []
    attributes = {key: draw(st.sampled_from(ATTRIBUTES[key])) for key in keys}
    text = draw(TEXTS)
    parts = [cdata(text) if draw(st.booleans()) else escape(text)]
    if depth and draw(st.integers(0, 5)) == 0:
        parts += draw(st.lists(elements(names=names, depth=depth - 1), max_size=3))
        parts += draw(st.sampled_from(["", " tail"]))
    return written(name, "".join(parts), attributes)


@st.composite
def documents(draw: st.DrawFn, names: list[str]) -> str:
    """RSS, RDF or Atom of generated elements: well-formed, and seldom sensible."""
    root = draw(st.sampled_from(["rss", "rdf:RDF", "feed"]))
    spaces = {prefix: draw(st.sampled_from(uris)) for prefix, uris in SPACES.items()}
    if draw(st.booleans()):
        spaces = {prefix: uris[0] for prefix, uris in SPACES.items() if prefix}
    declared = "".join(
        f" xmlns{':' if prefix else ''}{prefix}={quoteattr(uri)}"
        for prefix, uri in draw(st.permutations(sorted(spaces.items())))
    )
    extra = draw(
        st.sampled_from(["", ' version="2.0"', ' version="0.91"', ' xml:lang="hu"', ' xml:base="https://b.example/x/"'])
    )
    item = "entry" if root == "feed" else "item"
    head = draw(st.lists(elements(names), max_size=4))
    items = [
        written(
            item,
            "".join(draw(st.lists(elements(names), max_size=7))),
            draw(st.sampled_from([{}, {"rdf:about": "u:1"}])),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    tail = draw(st.lists(elements(names), max_size=1))
    inside = head + items + tail
    if root == "rss":
        inside = [written("channel", "".join(inside), {})]
    elif root == "rdf:RDF":
        inside = [written("channel", "".join(head), {}), *items]
    return f"<{root}{declared}{extra}>{''.join(inside)}</{root}>"


def both(body: str | bytes) -> tuple[ParsedFeed, ParsedFeed]:
    data = body.encode() if isinstance(body, str) else body
    return parse_feed(data, url=URL, content_type=None), parse_feed(data, url=URL, content_type=None, directly=False)


@settings(deadline=None, max_examples=60)
@given(documents(PLAIN))
def test_feeds_of_known_elements_are_read_alike(body: str) -> None:
    direct, authority = both(body)
    assert direct == authority


@settings(deadline=None, max_examples=60)
@given(documents(PLAIN + ODD))
def test_feeds_of_any_elements_are_read_alike(body: str) -> None:
    direct, authority = both(body)
    assert direct == authority


@settings(deadline=None, max_examples=60)
@given(documents(PLAIN), st.integers(0, 4_000), st.binary(max_size=8))
def test_a_damaged_feed_is_read_alike_and_never_raises(body: str, at: int, put: bytes) -> None:
    data = body.encode()
    direct, authority = both(data[:at] + put + data[at + len(put) :])
    assert replace(direct, warnings=()) == replace(authority, warnings=())


@settings(deadline=None, max_examples=60)
@given(documents(PLAIN), st.integers(0, 4_000))
def test_a_feed_cut_short_is_read_alike(body: str, at: int) -> None:
    direct, authority = both(body.encode()[:at])
    assert replace(direct, warnings=()) == replace(authority, warnings=())


@settings(deadline=None, max_examples=60)
@given(documents(PLAIN), st.data())
def test_a_known_entry_keeps_all_but_its_text(body: str, data: st.DataObject) -> None:
    whole = parse_feed(body.encode(), url=URL, content_type=None)
    marks = sorted({entry.mark for entry in whole.entries})
    known = frozenset(data.draw(st.lists(st.sampled_from(marks), unique=True))) if marks else frozenset()
    again = parse_feed(body.encode(), url=URL, content_type=None, known=known)
    spared = [
        replace(one, text="", links=(), is_known=True) if other.is_known else one
        for one, other in zip(whole.entries, again.entries, strict=True)
    ]
    assert replace(again, entries=()) == replace(whole, entries=())
    assert list(again.entries) == spared
    assert {entry.mark for entry in again.entries if entry.is_known} <= known
    assert [entry.mark for entry in again.entries] == [entry.mark for entry in whole.entries]


def test_what_a_query_may_ask_for_changes_the_mark() -> None:
    def marks(body: str) -> list[str]:
        return [entry.mark for entry in parse_feed(body.encode(), url=URL, content_type=None).entries]

    changes = [("A kettle", "B kettle"), ("Anna", "Eva"), ("Long", "Longer"), ("a.example/1?", "a.example/2?"),
               ('href="/x"', 'href="/y"'), ("<language>en", "<language>pl")]  # fmt: skip
    found = {marks(RSS)[0], *(marks(RSS.replace(*change))[0] for change in changes)}
    assert len(found) == len(changes) + 1
    assert marks(RSS.replace("10:00:00", "11:00:00").replace("<category>tea", "<category>mate")) == marks(RSS)


def test_an_ordinary_feed_needs_no_feedparser() -> None:
    for body in (RSS, RDF, ATOM):
        assert read_wellformed(body.encode(), limit=10) is not None
        direct, authority = both(body)
        assert direct == authority
        assert len(direct.entries) == 1


RSS = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Tea</title>
<link>https://a.example/</link><atom:link href="https://a.example/feed" rel="self"/><language>en</language>
<image><url>https://a.example/i.png</url><title>Tea</title><link>https://a.example/</link></image>
<item><title>A kettle &amp; more</title><link>https://a.example/1?utm_source=x&amp;y=2</link>
<guid isPermaLink="false">1</guid><dc:creator>Anna</dc:creator><pubDate>Tue, 02 Jun 2026 10:00:00 +0200</pubDate>
<description>Short</description><content:encoded><![CDATA[<p>Long &amp; <a href="/x">good</a></p>]]></content:encoded>
<category>tea</category><enclosure url="https://a.example/1.mp3" type="audio/mpeg" length="1"/></item>
</channel></rss>"""
RDF = """<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://a.example/"><title>Tea</title>
<link>https://a.example/</link><items><rdf:Seq><rdf:li rdf:resource="https://a.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://a.example/1"><title>A kettle</title><link>https://a.example/1</link>
<dc:date>2026-06-02T10:00:00Z</dc:date><description>Short</description></item></rdf:RDF>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://a.example/"><title>Tea</title>
<link href="/"/><author><name>Site</name></author><entry><id>tag:a.example,2026:1</id><title type="html">A &lt;b&gt;
kettle&lt;/b&gt;</title><link rel="alternate" href="1"/><updated>2026-06-02T10:00:00Z</updated><author><name>Anna</name>
<email>anna@mail.example</email></author><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Long &amp;
<a href="x">good</a></p><br/></div></content><summary>Short</summary></entry></feed>"""

UNSURE = [
    ("a document type", '<!DOCTYPE rss [<!ENTITY a "x">]>' + RSS),
    ("an unclosed element", RSS.replace("</item>", "")),
    ("an undeclared prefix", RSS.replace("<category>tea", "<category><z:a/>tea")),
    ("a root that is no feed", "<html><body/></html>"),
    ("a prefix of another meaning", RDF.replace("http://purl.org/dc/elements/1.1/", "urn:x").replace(
        "xmlns:rdf", 'xmlns:y="http://purl.org/dc/elements/1.1/" xmlns:rdf')),
    ("a base address of another scheme", ATOM.replace('xml:base="https://a.example/"', 'xml:base="javascript:x"')),
    ("markup in a date", RSS.replace("10:00:00 +0200", "<b>10:00:00 +0200</b>")),
]  # fmt: skip


@pytest.mark.parametrize(("case", "body"), UNSURE, ids=[case for case, _ in UNSURE])
def test_whatever_is_not_sure_is_left_to_feedparser(case: str, body: str) -> None:
    assert read_wellformed(body.encode(), limit=10) is None
    direct, authority = both(body)
    assert direct == authority


ODD_BUT_SURE = [
    ("an item in an item", RSS.replace("<category>tea</category>", "<item><id>x</id></item><title>y</title>")),
    ("items in items", RSS.replace("<category>tea</category>", "<item/><item><guid>2</guid></item>")),
    ("a type that is no text", ATOM.replace('type="html"', 'type="image/png"')),
    ("base64", ATOM.replace("<summary>Short", '<summary mode="base64">U2hvcnQgYW5kIGxvbmc=')),
    ("an unknown element in a source", ATOM.replace("<summary>", "<source><unknown/><id>x</id></source><summary>")),
]  # fmt: skip


@pytest.mark.parametrize(("case", "body"), ODD_BUT_SURE, ids=[case for case, _ in ODD_BUT_SURE])
def test_what_is_odd_but_sure_is_read_alike(case: str, body: str) -> None:
    assert read_wellformed(body.encode(), limit=10) is not None
    direct, authority = both(body)
    assert direct == authority


def test_a_blank_in_the_address_of_a_namespace_damages_nothing() -> None:
    """feedparser's parser calls this no XML, and its other one reads the same."""
    body = RSS.replace("http://www.w3.org/2005/Atom", "http://www .w3.org/x")
    direct, authority = both(body)
    assert (direct.warnings, len(authority.warnings)) == ((), 1)
    assert replace(direct, warnings=()) == replace(authority, warnings=())


def test_a_prefix_bound_again_to_such_an_address_keeps_what_it_stood_for() -> None:
    bound = '<b:link xmlns:b="http://www.w3.org/2005/Atom" href="https://a.example/{}" rel="{}"/>'
    broken = bound.replace("www.", "www .")
    for first, again in ((bound, broken), (broken, bound)):
        for relation in ("self", "alternate"):
            body = RSS.replace("<item>", f"{first.format('f', relation)}<item>{again.format('e', relation)}")
            direct, authority = both(body)
            assert replace(direct, warnings=()) == replace(authority, warnings=())


def test_a_feed_in_the_body_of_a_web_page_is_read_as_if_it_stood_by_itself() -> None:
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><head/><body>{}</body></html>'
    assert read_wellformed(page.format(ATOM).encode(), limit=10) == read_wellformed(ATOM.encode(), limit=10)
    assert read_wellformed(page.format(f"<p/>{ATOM}").encode(), limit=10) is None


DAMAGED = [
    ("an entity of HTML", RSS.replace("&amp; more", "&nbsp;&copy; more"), None),
    ("a bare ampersand", RSS.replace("&amp; more", "& more"), None),
    ("one in an address", RSS.replace("&amp;y", "&y"), None),
    ("an end cut off between items", RSS[: RSS.index("</channel>")], None),
    ("an end cut off between values", RSS[: RSS.index("<category>")], None),
    ("one before a letter, which feedparser takes for an entity", RSS.replace("&amp; more", "&more"), "A kettle &more"),
]


@pytest.mark.parametrize(("case", "body", "title"), DAMAGED, ids=[case for case, _, _ in DAMAGED])
def test_usual_damage_is_mended_and_read_alike(case: str, body: str, title: str | None) -> None:
    direct, authority = both(body)
    assert direct.warnings == (MENDED,)
    assert len(authority.warnings) == 1
    told = replace(authority.entries[0], title=title or authority.entries[0].title)
    assert (direct.title, direct.entries) == (authority.title, (told,))


BEYOND_MENDING = [
    ("an end cut off inside a value", RSS[: RSS.index("tea</category>")]),
    ("an ampersand in a guid, which feedparser writes its own way", RSS.replace(">1</guid>", ">?a=1&b=2</guid>")),
    ("an item without address", RSS.replace("&amp; more", "& more").replace("<link>https://a.example/1", "<x>")),
]  # fmt: skip


@pytest.mark.parametrize(("case", "body"), BEYOND_MENDING, ids=[case for case, _ in BEYOND_MENDING])
def test_other_damage_is_left_to_feedparser(case: str, body: str) -> None:
    direct, authority = both(body)
    assert direct == authority
    assert MENDED not in direct.warnings


@pytest.mark.shared_data
def test_real_feeds_are_read_alike(shared_data: Callable[..., Path]) -> None:
    """But for the title of a feed inside a web page, which feedparser takes for the page's."""
    files = [path for path in sorted(shared_data("feeds", "dev").iterdir()) if path.suffix != ".json"]
    assert len(files) > 50
    for path in files:
        direct, authority = both(path.read_bytes())
        assert direct.entries == authority.entries, path.name
        if path.name != "feedjira__DuplicateContentAtomFeed.xml":
            assert replace(direct, warnings=()) == replace(authority, warnings=()), path.name
