"""Finds the feeds of a page: what it declares, what its links look like, where feeds commonly lie. Each is tried.

All requests go through `listener.fetch`, one after the other; nothing is stored.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from listener.collect import SessionFactory
from listener.feeds import ParsedFeed, decode
from listener.fetch import FetchRequest, Sessions, fetch, open_session
from listener.mentions import when
from listener.parsing import ParseWorkers
from listener.text import one_line, safe_link

TRIED_AT_MOST = 8
PAGE_LIMIT = 600_000  # bytes of a page that are looked at
_TAG = re.compile(r"<(link|a|base)\b([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?<![\w:-])([\w:-]{1,40})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
_LOOKS_LIKE_FEED = re.compile(r"(?:[./](?:rss|atom|xml|rdf)|/feed|/feeds/\w+|/feed\.json)/?$", re.IGNORECASE)
_COMMON = ("/feed", "/rss", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/feed.json", "/feeds/posts/default")
_TAGS_LIMIT = 3_000


@dataclass(frozen=True)
class Candidate:
    """A feed that was tried. `found`: given, declared, link, known or common; `error` None: it can be listened to.

    `newest_at`: of its newest dated entry; `example`: words of its first entry.
    """

    url: str
    found: str
    title: str | None = None
    format: str | None = None
    entries: int = 0
    newest_at: dt.datetime | None = None
    example: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Discovery:
    """What an address gives: feeds first, then what was tried in vain. `problem`: why there is none."""

    asked: str
    candidates: tuple[Candidate, ...]
    problem: str | None = None

    @property
    def feeds(self) -> tuple[Candidate, ...]:
        """Those that can be listened to."""
        return tuple(one for one in self.candidates if one.error is None)

    def is_same_host(self, one: Candidate) -> bool:
        """Whether a feed lies where was asked. Leave to reach inside a private network is given for that host alone:
        a page names feeds anywhere, and whoever serves those could send us on into the network."""
        return _host(one.url) == _host(self.asked)

    def as_json(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "candidates": [asdict(one) for one in self.candidates],
            "problem": self.problem,
        }


async def find_feeds(
    address: str,
    *,
    allow_private: bool = False,
    now: dt.datetime,
    session_factory: SessionFactory = open_session,
) -> Discovery:
    """The feeds at or behind an address, as typed. Never raises for what is there."""
    asked = completed(address)
    async with session_factory() as sessions, ParseWorkers(count=1) as workers:
        search = _Search(sessions, workers, _host(asked) if allow_private else None, now)
        return await search.find(asked)


def completed(address: str) -> str:
    """An address as people type it, with its scheme: "acme.example" is "https://acme.example", feed: is dropped."""
    bare = re.sub(r"^feed:(?://)?(?=https?:)", "", address.strip(), flags=re.IGNORECASE)
    bare = re.sub(r"^feed://", "https://", bare, flags=re.IGNORECASE)
    return bare if re.match(r"[a-z][a-z0-9+.-]*://", bare, re.IGNORECASE) else f"https://{bare}"


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


@dataclass
class _Search:
    sessions: Sessions
    workers: ParseWorkers
    inside: str | None  # the one host that may lie in a private network
    now: dt.datetime

    def _request(self, url: str) -> FetchRequest:
        return FetchRequest(url, allow_private=self.inside is not None and _host(url) == self.inside)

    async def find(self, asked: str) -> Discovery:
        known = known_feed(asked)
        if known:
            tried = await self._try(known, "known")
            if tried.error is None:
                return Discovery(asked, (tried,))
        result = await fetch(self.sessions, self._request(asked))
        if result.body is None:
            return Discovery(asked, (), result.error or "the server sent nothing")
        base = result.final_url or asked
        parsed = await self.workers.parse(result.body, url=base, content_type=result.content_type)
        if parsed.error is None:
            return Discovery(asked, (self._told(asked, "given", parsed),))
        page, _ = decode(result.body[:PAGE_LIMIT], content_type=result.content_type)
        return await self._behind(asked, page, base)

    async def _behind(self, asked: str, page: str, base: str) -> Discovery:
        """The feeds that a page leads to; common places are asked only where it leads to none."""
        tried = [await self._try(url, how) for url, how in list(feeds_of_page(page, base=base))[:TRIED_AT_MOST]]
        if not any(one.error is None for one in tried):
            for url in common_places(base):
                tried.append(await self._try(url, "common"))
                if tried[-1].error is None:
                    break
        found = sorted(tried, key=lambda one: one.error is not None)
        works = [one for one in found if one.error is None]
        shown = works or [one for one in found if one.found != "common"]
        return Discovery(asked, tuple(shown), None if works else "no feed was found on this page")

    async def _try(self, url: str, how: str) -> Candidate:
        result = await fetch(self.sessions, self._request(url))
        if result.body is None:
            return Candidate(url, how, error=result.error or "the server sent nothing")
        final = result.final_url or url
        parsed = await self.workers.parse(result.body, url=final, content_type=result.content_type)
        return self._told(url, how, parsed)

    def _told(self, url: str, how: str, parsed: ParsedFeed) -> Candidate:
        dates = [when(entry.published_at, entry.published_quality, now=self.now)[0] for entry in parsed.entries]
        first = next((entry.title or entry.text for entry in parsed.entries), None)
        return Candidate(
            url=url,
            found=how,
            title=parsed.title,
            format=parsed.format,
            entries=len(parsed.entries),
            newest_at=max((date for date in dates if date), default=None),
            example=one_line(first)[:160] if first else None,
            error=parsed.error,
        )


def known_feed(url: str) -> str | None:
    """Where the feed of a page lies on networks that always put it in the same place; None elsewhere."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = (parts.hostname or "").removeprefix("www.")
    path = parts.path.rstrip("/")
    for site, shape, feed in _KNOWN:
        found = re.fullmatch(shape, path)
        if host == site and found:
            return feed.format(*found.groups())
    return None


_KNOWN = (
    ("reddit.com", r"/(r|user)/([\w-]+)", "https://www.reddit.com/{}/{}/.rss"),
    ("old.reddit.com", r"/(r|user)/([\w-]+)", "https://www.reddit.com/{}/{}/.rss"),
    ("bsky.app", r"/profile/([\w.:-]+)", "https://bsky.app/profile/{}/rss"),
    ("youtube.com", r"/channel/(UC[\w-]{22})(?:/.*)?", "https://www.youtube.com/feeds/videos.xml?channel_id={}"),
)


def feeds_of_page(page: str, *, base: str) -> Iterator[tuple[str, str]]:
    """The addresses a page gives for feeds, and how: declared ones first, then links that look like one. Pure."""
    declared: dict[str, str] = {}
    linked: dict[str, str] = {}
    for n, found in enumerate(_TAG.finditer(page)):
        if n >= _TAGS_LIMIT:
            break
        told = {m[1].lower(): html.unescape(m[2] or m[3] or m[4] or "") for m in _ATTRIBUTE.finditer(found[2])}
        tag = found[1].lower()
        if tag == "base":
            base = safe_link(told.get("href"), base=base) or base
            continue
        url = safe_link(told.get("href"), base=base)
        if url and tag == "link" and _declares(told):
            declared.setdefault(url, "declared")
        elif url and tag == "a" and _LOOKS_LIKE_FEED.search(urlsplit(url).path):
            linked.setdefault(url, "link")
    yield from (declared | {url: how for url, how in linked.items() if url not in declared}).items()


def _declares(told: dict[str, str]) -> bool:
    kind = told.get("type", "").split(";")[0].strip().lower()
    return "alternate" in told.get("rel", "").lower().split() and kind in _FEED_TYPES


def common_places(url: str) -> list[str]:
    """Where feeds commonly lie: below the page, then at the top of the site; at most eight."""
    parts = urlsplit(url)
    below = parts.path.rstrip("/")
    places = [urljoin(url, below + _COMMON[0])] if below else []
    return list(dict.fromkeys([*places, *(urljoin(url, place) for place in _COMMON)]))[:TRIED_AT_MOST]
