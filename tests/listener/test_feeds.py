from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from time import gmtime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.feed_dates import parse_date
from listener.feeds import ITEMS_LIMIT, ParsedFeed, parse_feed
from listener.parsing import ParseWorkers
from tests.listener.feedhost import item, rss

URL = "https://site.example/feed.xml"
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><link href="https://site.example/"/>
<author><name>Site owner</name></author>{}</feed>"""
YOUTUBE = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:yt="http://www.youtube.com/xml/schemas/2015"
 xmlns:media="http://search.yahoo.com/mrss/"><entry><id>yt:video:5shykyfmb28</id><title>Kettle test</title>
<link rel="alternate" href="https://www.youtube.com/watch?v=5shykyfmb28"/><author><name>@tester</name></author>
<published>2026-05-04T00:01:27+02:00</published><media:group><media:description>All about it</media:description>
<media:community><media:starRating count="12"/><media:statistics views="3400"/></media:community></media:group>
</entry></feed>"""


def read(data: bytes | str, *, content_type: str | None = None) -> ParsedFeed:
    return parse_feed(data.encode() if isinstance(data, str) else data, url=URL, content_type=content_type)


def test_an_rss_item_becomes_an_entry() -> None:
    body = "&lt;p&gt;Buy at &lt;a href='/shop?utm_source=x'&gt;the shop&lt;/a&gt;&lt;/p&gt;"
    entry = read(
        rss(
            item("7", body, title="A &lt;b&gt;kettle&lt;/b&gt;", link="https://site.example/7",
                 author="anna@mail.example (Anna)", date="Tue, 02 Jun 2026 10:00:00 +0200")
        )
    ).entries[0]  # fmt: skip
    assert (entry.native_id, entry.title, entry.link) == ("7", "A kettle", "https://site.example/7")
    assert (entry.text, entry.links) == ("Buy at the shop", ("https://site.example/shop?utm_source=x",))
    assert (entry.published_at, entry.published_quality) == (dt.datetime(2026, 6, 2, 8, tzinfo=dt.UTC), "exact")


def test_counts_are_read_where_a_network_gives_them_and_unknown_otherwise() -> None:
    video = read(YOUTUBE).entries[0]
    assert (video.likes, video.comments, video.views, video.text) == (12, None, 3400, "All about it")
    slash = rss("<item><guid>1</guid><title>x</title><slash:comments>4</slash:comments></item>").replace(
        b"<rss ", b'<rss xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    )
    assert read(slash).entries[0].comments == 4


def test_an_atom_entry_inherits_the_feeds_author_and_an_rss_item_does_not() -> None:
    atom = ATOM.format("<entry><id>a</id><title>t</title></entry>")
    assert read(atom).entries[0].author == "Site owner"
    named = rss(item("1", "x")).replace(b"<title>T</title>", b"<title>T</title><managingEditor>Boss</managingEditor>")
    assert read(named).entries[0].author is None


@pytest.mark.parametrize(
    ("entry", "link"),
    [
        ('<link href="/a?utm_source=x"/>', "https://site.example/a?utm_source=x"),
        ('<link rel="alternate" href="https://b.example/"/>', "https://b.example/"),
        ('<link rel="enclosure" href="https://cdn.example/a.mp3"/>', "https://cdn.example/a.mp3"),
        ("<id>urn:uuid:1</id>", None),
        ("<id>https://c.example/post</id>", "https://c.example/post"),
        ('<link href="javascript:alert(1)"/>', None),
    ],
)
def test_an_entrys_address_is_its_own_and_harmless(entry: str, link: str | None) -> None:
    assert read(ATOM.format(f"<entry><title>t</title>{entry}</entry>")).entries[0].link == link


IDS = [
    ("a guid", [item("g", "x", link="https://a.example/1")], ["g"]),
    ("no guid", [item("", "x", link="https://a.example/1")], ["https://a.example/1"]),
    (
        "one guid for all",
        [item("g", "x", link="https://a.example/1"), item("g", "y", link="https://a.example/2")],
        ["g|https://a.example/1", "g|https://a.example/2"],
    ),
    ("the same entry twice", [item("g", "x"), item("g", "x")], ["g", "g"]),
]


@pytest.mark.parametrize(("case", "items", "ids"), IDS, ids=[case for case, _, _ in IDS])
def test_every_entry_has_an_id(case: str, items: list[str], ids: list[str]) -> None:
    assert [entry.native_id for entry in read(rss(*items)).entries] == ids


def test_without_guid_and_link_the_text_is_the_id() -> None:
    one, other = read(rss(item("", "x"), item("", "y"))).entries
    assert one.native_id != other.native_id
    assert one.native_id == read(rss(item("", "x"))).entries[0].native_id


def test_no_id_depends_on_where_the_feed_lies() -> None:
    body = rss(item("7", "x", link="https://a.example/7"), item("rel/8", "y", link="https://a.example/8"))
    ids = [
        [entry.native_id for entry in parse_feed(body, url=f"http://127.0.0.1:{port}/f", content_type=None).entries]
        for port in (8601, 9999)
    ]
    assert ids[0] == ids[1] == ["7", "rel/8"]


def test_a_json_feed_is_read_and_every_fields_type_is_checked() -> None:
    items = [
        {"id": 1, "url": "https://a.example/1", "content_html": "<p>Hi <a href='https://b.example'>b</a></p>",
         "date_published": "2026-06-02T10:00:00Z", "authors": [{"name": "Anna"}]},
        {"id": "2", "content_text": "a < b", "title": ["no"], "url": "javascript:1", "date_published": 5},
        "no item",
        {"id": {"no": 1}},
        None,
    ]  # fmt: skip
    feed = read(json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": items}))
    assert (feed.format, feed.title, feed.error) == ("jsonfeed", "J", None)
    first, second = feed.entries
    assert (first.native_id, first.text, first.author, first.links) == ("1", "Hi b", "Anna", ("https://b.example",))
    assert (second.title, second.link, second.text, second.published_quality) == (None, None, "a < b", "missing")
    assert feed.warnings


DOCUMENT = '<?xml version="1.0" encoding="{}"?><rss version="2.0"><channel><title>Žluťoučký</title></channel></rss>'


@pytest.mark.parametrize(
    ("charset", "declared", "header", "bom"),
    [
        ("utf-8", "utf-8", None, b""),
        ("utf-8", "iso-8859-1", None, b""),
        ("utf-8", "utf-8", None, b"\xef\xbb\xbf"),
        ("windows-1250", "windows-1250", None, b""),
        ("iso-8859-2", "utf-8", "text/xml; charset=iso-8859-2", b""),
        ("utf-16-le", "utf-8", None, b""),
        ("utf-16-be", "utf-16", None, b""),
        ("utf-16-le", "utf-16", None, b"\xff\xfe"),
    ],
)
def test_a_document_is_decoded_whatever_it_says_of_itself(
    charset: str, declared: str, header: str | None, bom: bytes
) -> None:
    assert read(bom + DOCUMENT.format(declared).encode(charset), content_type=header).title == "Žluťoučký"


def test_utf_7_is_never_decoded() -> None:
    body = '<?xml version="1.0" encoding="utf-7"?>' + rss(item("1", "+ADw-script+AD4-")).decode()
    assert read(body).entries[0].text == "+ADw-script+AD4-"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!doctype html><html><body>challenge</body></html>", "web page"),
        (b"hello", "no feed"),
        (b"{}", "no JSON Feed"),
        (b"[1, 2", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"\x1f\x8b\x08broken", "no feed"),
    ],
)
def test_what_is_no_feed_is_an_error_in_words(body: bytes, words: str) -> None:
    feed = read(body)
    assert feed.entries == ()
    assert feed.error is not None
    assert words in feed.error


def test_entities_are_never_defined_nor_read() -> None:
    body = b"""<!DOCTYPE r [<!ENTITY a "xxxxxxxxxx"><!ENTITY f SYSTEM "file:///etc/passwd">]>""" + rss(
        item("1", "&a;&f;", title="t")
    )
    assert read(body).entries[0].text == "&a;&f;"


def test_items_and_fields_are_capped_and_it_is_said() -> None:
    feed = read(rss(*(item(str(n), "x") for n in range(ITEMS_LIMIT + 5))))
    assert len(feed.entries) == ITEMS_LIMIT
    assert any(str(ITEMS_LIMIT + 5) in warning for warning in feed.warnings)
    assert len(read(rss(item("1", "x" * 50_000))).entries[0].text) == 20_000


def test_whole_items_of_a_document_cut_short_are_kept() -> None:
    whole = rss(item("1", "x"), item("2", "y"))
    assert [entry.native_id for entry in read(whole[: whole.index(b"<guid>2")]).entries][:1] == ["1"]


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_can_be_read(data: bytes) -> None:
    for body in (data, b"<rss><channel><item>" + data, b'{"items": [' + data):
        parse_feed(body, url=URL, content_type="text/xml; charset=" + data[:20].decode("latin-1"))


DATES = [
    ("Tue, 02 Jun 2026 10:00:00 +0200", "2026-06-02T08:00:00", "exact"),
    ("Tue, 02 Jun 2026 10:00:00 GMT", "2026-06-02T10:00:00", "exact"),
    ("02 Jun 26 10:00 EST", "2026-06-02T15:00:00", "exact"),
    ("Tue, 02 Jun 2026 10:00:00", "2026-06-02T10:00:00", "no_zone"),
    ("2026-06-02T10:00:00Z", "2026-06-02T10:00:00", "exact"),
    ("2026-06-02T10:00:00.123+05:30", "2026-06-02T04:30:00.123000", "exact"),
    ("2026-06-02 10:00", "2026-06-02T10:00:00", "no_zone"),
    ("2026-06-02", "2026-06-02T00:00:00", "date_only"),
    ("2020/1/10 14:33:00", "2020-01-10T14:33:00", "no_zone"),
    ("Seg, 24 Set 2018 19:42:40 -0300", "2018-09-24T22:42:40", "exact"),
    ("2 czerwca 2026 10:00", "2026-06-02T10:00:00", "no_zone"),
    ("2 de junio de 2026", "2026-06-02T00:00:00", "date_only"),
    ("31 Set 2018 10:00:00 -0300", None, "missing"),
    ("24 Foo 2018 19:42:40 -0300", None, "missing"),
    ("1780394400", "2026-06-02T10:00:00", "exact"),
    ("1780394400000", "2026-06-02T10:00:00", "exact"),
    ("1970-01-01T00:00:00Z", None, "missing"),
    ("2026-13-45T99:00:00Z", None, "missing"),
    ("yesterday", None, "missing"),
    ("", None, "missing"),
]


@pytest.mark.parametrize(("raw", "expected", "quality"), DATES)
def test_a_date_is_read_as_utc_with_its_quality(raw: str, expected: str | None, quality: str) -> None:
    when, found = parse_date(raw, fallback=None)
    assert (when.isoformat()[:-6] if when else None, found) == (expected, quality)


def test_what_only_the_parser_understands_is_a_guess() -> None:
    assert parse_date("gibberish", fallback=gmtime(1_780_394_400))[1] == "guessed"


async def test_a_feed_that_takes_too_long_ends_its_worker_and_not_the_run() -> None:
    heavy = b"<rss><channel><item>&" + b"<a>" * 100_000
    async with ParseWorkers(count=1, cpu_seconds=0.3) as workers:
        slow = await workers.parse(heavy, url=URL, content_type=None)
        after = await workers.parse(rss(item("1", "x")), url=URL, content_type=None)
    assert slow.error is not None
    assert "more than 0.3 s" in slow.error
    assert [entry.native_id for entry in after.entries] == ["1"]


async def test_a_worker_gives_what_reading_here_gives() -> None:
    body = YOUTUBE.encode()
    async with ParseWorkers(count=1) as workers:
        assert await workers.parse(body, url=URL, content_type=None) == read(body)


@pytest.mark.shared_data
def test_every_real_feed_gives_as_many_entries_as_feedparser_or_more(shared_data: Callable[..., Path]) -> None:
    folder = shared_data("feeds")
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as stream:
        expected = {row["file"]: int(row["entries"]) for row in csv.DictReader(stream, delimiter="\t")}
    assert len(expected) == 65
    for name, entries in expected.items():
        feed = parse_feed((folder / name).read_bytes(), url=URL, content_type=None)
        assert len(feed.entries) >= entries, name
        assert all(entry.native_id for entry in feed.entries), name
