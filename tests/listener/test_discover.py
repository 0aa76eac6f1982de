"""Feeds behind a page: found where it says, where links lead, where they commonly lie; hostile pages do no harm."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading

import pytest

from listener.discover import Candidate, Discovery, common_places, completed, feeds_of_page, find_feeds, known_feed
from listener.fetch import Limits
from tests.listener.feedhost import Asked, FeedHost, Reply

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>Tea news</title>'
    b"<item><title>One</title><link>https://t.example/1</link><guid>1</guid>"
    b"<pubDate>Mon, 29 Jun 2026 10:00:00 GMT</pubDate></item>"
    b"<item><title>Two</title><link>https://t.example/2</link><guid>2</guid></item></channel></rss>"
)


def find(url: str, *, allow_private: bool = True) -> Discovery:
    return asyncio.run(find_feeds(url, allow_private=allow_private, now=NOW))


def test_an_address_that_is_a_feed_is_tried_itself() -> None:
    with FeedHost({"/f": Reply(body=FEED)}) as host:
        (found,) = find(host.url("/f")).feeds
    assert (found.title, found.entries, found.found, found.example) == ("Tea news", 2, "given", "One")
    assert found.newest_at == dt.datetime(2026, 6, 29, 10, tzinfo=dt.UTC)


def test_a_page_that_declares_feeds() -> None:
    page = (
        b"<html><head><link rel=stylesheet href=/x.css>"
        b"<LINK HREF='/a.xml' REL=\"alternate\" TYPE='application/rss+xml'>"
        b'<link rel="alternate" type="application/atom+xml" href="/broken"><link rel=alternate hreflang=de href=/de>'
        b'</head><body><a href="/feed">x</a></body></html>'
    )
    with FeedHost({"/": Reply(body=page), "/a.xml": Reply(body=FEED), "/feed": Reply(body=FEED)}) as host:
        found = find(host.url("/"))
        assert [asked.path for asked in host.asked] == ["/", "/a.xml", "/broken", "/feed"]
    assert [(one.url.rpartition("/")[2], one.found) for one in found.feeds] == [("a.xml", "declared"), ("feed", "link")]


def test_a_page_that_says_nothing_is_searched_in_the_common_places() -> None:
    with FeedHost({"/blog": Reply(body=b"<html>hi</html>"), "/rss.xml": Reply(body=FEED)}) as host:
        (found,) = find(host.url("/blog")).feeds
    assert found.found == "common"


def test_a_page_without_feeds_says_so_and_a_failure_its_reason() -> None:
    with FeedHost({"/": Reply(body=b"<html>hi</html>")}) as host:
        found = find(host.url("/"))
        assert (found.feeds, found.problem) == ((), "no feed was found on this page")
        assert len(host.asked) <= 10
        assert "404" in str(find(host.url("/none")).problem)
        assert find(host.url("/"), allow_private=False).problem is not None


def test_what_a_page_declares_inside_the_network_is_not_asked() -> None:
    page = b'<link rel=alternate type=application/rss+xml href="http://169.254.169.254/latest"><link rel=alternate '
    page += b'type=application/rss+xml href="javascript:alert(1)"><link rel=alternate type=application/rss+xml href="file:///x">'
    assert [url for url, _ in feeds_of_page(page.decode(), base="https://a.example/")] == [
        "http://169.254.169.254/latest"
    ]


def test_being_allowed_inside_holds_for_the_host_that_was_asked_alone() -> None:
    with FeedHost({"/feed": Reply(body=FEED)}) as other:
        elsewhere = other.url("/feed").replace("127.0.0.1", "localhost")
        page = f'<link rel=alternate type=application/rss+xml href="{elsewhere}">'.encode()
        with FeedHost({"/": Reply(body=page)}) as host:
            assert find(host.url("/")).feeds == ()
        assert other.asked == []
    found = Discovery("http://wiki.lan/news", ())
    near, far = (Candidate(url, "declared") for url in ("http://wiki.lan/feed", "https://stranger.example/feed"))
    assert (found.is_same_host(near), found.is_same_host(far)) == (True, False)


def silent_host(page: bytes, heard: threading.Event) -> FeedHost:
    """Answers the page, and nothing else until it is heard."""

    def wait(asked: Asked) -> Reply:
        heard.wait(20)
        return Reply(404)

    places = [f"/{n}/feed" for n in range(60)] + [url.removeprefix("http://x") for url in common_places("http://x/")]
    return FeedHost({"/": Reply(body=page)} | dict.fromkeys(places, wait))


@pytest.mark.parametrize(("links", "beyond"), [(20, 12), (60, 52)])
def test_a_silent_host_is_asked_twice_and_what_was_not_tried_is_told(links: int, beyond: int) -> None:
    page = "".join(f'<a href="/{n}/feed">x</a>' for n in range(links)).encode()
    heard = threading.Event()
    with silent_host(page, heard) as host:
        look = find_feeds(host.url("/"), allow_private=True, now=NOW, limits=Limits(seconds=0.6))
        found = asyncio.run(look)
        heard.set()
        assert len(host.asked) == 3
    assert found.problem == (
        "no feed was found on this page; 14 more addresses were not tried: 127.0.0.1 did not answer 2 times; "
        f"{beyond} more addresses were not tried: the page names more than 8 addresses"
    )
    assert sum("not tried" in str(one.error) for one in found.candidates) == min(links, 40) - 2


def test_a_search_ends_when_its_time_is_up() -> None:
    heard = threading.Event()
    with silent_host(b'<a href="/1/feed">x</a><a href="/2/feed">x</a>', heard) as host:
        found = asyncio.run(find_feeds(host.url("/"), allow_private=True, now=NOW, seconds=1.0))
        heard.set()
    assert "not tried: the search took too long" in str(found.problem)


def test_feeds_beyond_those_that_were_tried_are_told_beside_those_that_work() -> None:
    page = "".join(f'<a href="/{n}/feed">x</a>' for n in range(10)).encode()
    with FeedHost({"/": Reply(body=page)} | {f"/{n}/feed": Reply(body=FEED) for n in range(8)}) as host:
        found = find(host.url("/"))
    assert (len(found.feeds), found.problem) == (8, None)
    assert [one.error for one in found.candidates[8:]] == ["not tried: the page names more than 8 addresses"] * 2


def test_a_base_moves_relative_addresses() -> None:
    page = '<base href="https://other.example/x/"><link rel=alternate type=application/rss+xml href=f?a=1&amp;b=2>'
    assert list(feeds_of_page(page, base="https://a.example/")) == [("https://other.example/x/f?a=1&b=2", "declared")]


@pytest.mark.parametrize(
    "page",
    [
        "<link " * 100_000,
        "<a " + "x" * 500_000,
        "<a " + "a =" * 200_000 + ">",
        "<link " + "a" * 1990 + ">" * 1,
        "<a href=" * 80_000,
    ],
)
def test_a_hostile_page_is_looked_through(page: str) -> None:
    assert list(feeds_of_page(page, base="https://a.example/")) == []


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ("https://www.reddit.com/r/tea", "https://www.reddit.com/r/tea/.rss"),
        ("https://old.reddit.com/user/anna/", "https://www.reddit.com/user/anna/.rss"),
        ("https://bsky.app/profile/acme.example", "https://bsky.app/profile/acme.example/rss"),
        (
            "https://www.youtube.com/channel/UC" + "a" * 22,
            "https://www.youtube.com/feeds/videos.xml?channel_id=UC" + "a" * 22,
        ),
        ("https://www.youtube.com/@acme", None),
        ("https://reddit.com.evil.example/r/tea", None),
    ],
)
def test_networks_whose_feeds_lie_in_one_place(page: str, feed: str | None) -> None:
    assert known_feed(page) == feed


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (" acme.example/blog ", "https://acme.example/blog"),
        ("http://acme.example", "http://acme.example"),
        ("feed:https://acme.example/f", "https://acme.example/f"),
        ("feed://acme.example/f", "https://acme.example/f"),
        ("ftp://acme.example", "ftp://acme.example"),
    ],
)
def test_an_address_is_completed(typed: str, asked: str) -> None:
    assert completed(typed) == asked


def test_common_places_lie_below_the_page_and_at_the_top() -> None:
    places = common_places("https://a.example/blog/")
    assert places[:2] == ["https://a.example/blog/feed", "https://a.example/feed"]
    assert len(places) <= 8
