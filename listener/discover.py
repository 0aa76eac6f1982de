"""Finds the feeds of a page: what it declares, what its links look like, where feeds commonly lie. Each is tried.

All requests go through `listener.fetch`, one after the other; nothing is stored. Somebody waits for the answer: there
is a time for all of it, and a host that was silent twice is not asked again. What is left out for that is told.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import html
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from listener.collect import SessionFactory
from listener.feeds import ParsedFeed, decode
from listener.fetch import FetchRequest, FetchResult, Limits, Outcome, Sessions, fetch, open_session
from listener.mentions import when
from listener.parsing import ParseWorkers
from listener.text import one_line, safe_link

TRIED_AT_MOST = 8
NAMED_AT_MOST = 40  # addresses of a page that are told
SECONDS = 45.0  # for all requests of a search together
SILENT_AT_MOST = 2  # requests that a host leaves unanswered until it is not asked any more
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
    """What an address gives: feeds first, then what was tried in vain, or not tried (its `error` says so).

    `problem`: why there is none, and how many addresses were not tried."""

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
    seconds: float = SECONDS,
    limits: Limits | None = None,
) -> Discovery:
    """The feeds at or behind an address, as typed. Never raises for what is there.

    `seconds`: for all requests together, above 0; `limits`: of each of them.
    """
    asked = completed(address)
    async with session_factory() as sessions, ParseWorkers(count=1) as workers:
        until = asyncio.get_running_loop().time() + seconds
        inside = _host(asked) if allow_private else None
        search = _Search(sessions, workers, inside, now, until, limits or Limits())
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
    until: float  # of the running loop's clock
    limits: Limits
    silent: Counter[str] = field(default_factory=Counter)  # hosts, by how often they did not answer in time

    async def _ask(self, url: str) -> FetchResult:
        """One request, within what is left of the time, in whole seconds as they are told."""
        left = math.ceil(max(0.0, self.until - asyncio.get_running_loop().time()))
        limits = replace(self.limits, seconds=min(self.limits.seconds, left))
        inside = self.inside is not None and _host(url) == self.inside
        result = await fetch(self.sessions, FetchRequest(url, allow_private=inside), limits=limits)
        self.silent[_host(url)] += result.outcome is Outcome.TIMEOUT
        return result

    def _left_out(self, url: str) -> str | None:
        """Why an address is not asked any more; None for one that is."""
        if asyncio.get_running_loop().time() >= self.until:
            return "not tried: the search took too long"
        if self.silent[_host(url)] >= SILENT_AT_MOST:
            return f"not tried: {_host(url)} did not answer {SILENT_AT_MOST} times"
        return None

    async def find(self, asked: str) -> Discovery:
        known = known_feed(asked)
        if known:
            tried = await self._try(known, "known")
            if tried.error is None:
                return Discovery(asked, (tried,))
        result = await self._ask(asked)
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
        named = list(feeds_of_page(page, base=base))
        tried = [await self._try(url, how) for url, how in named[:TRIED_AT_MOST]]
        if not any(one.error is None for one in tried):
            for url in common_places(base):
                tried.append(await self._try(url, "common"))
                if tried[-1].error is None:
                    break
        many = f"not tried: the page names more than {TRIED_AT_MOST} addresses"
        tried += [Candidate(url, how, error=many) for url, how in named[TRIED_AT_MOST:NAMED_AT_MOST]]
        works = [one for one in tried if one.error is None]
        in_vain = [one for one in tried if one.error and one.found != "common"]
        shown = works + [one for one in in_vain if not works or _is_untried(one)]
        return Discovery(asked, tuple(shown), None if works else _nothing(tried, more=len(named) - NAMED_AT_MOST))

    async def _try(self, url: str, how: str) -> Candidate:
        left_out = self._left_out(url)
        if left_out:
            return Candidate(url, how, error=left_out)
        result = await self._ask(url)
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


def _is_untried(one: Candidate) -> bool:
    return (one.error or "").startswith("not tried: ")


def _nothing(tried: list[Candidate], *, more: int) -> str:
    """That no feed was found, and what was left out: each reason with the number of its addresses."""
    reasons = Counter(one.error.removeprefix("not tried: ") for one in tried if one.error and _is_untried(one))
    many = f"the page names more than {TRIED_AT_MOST} addresses"
    reasons[many] += max(0, more)
    told = [
        f"{n} more {'address was' if n == 1 else 'addresses were'} not tried: {why}" for why, n in reasons.items() if n
    ]
    return "; ".join(["no feed was found on this page", *told])


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
