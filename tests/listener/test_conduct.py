"""A simulated week of 200 feeds: nobody's server is bothered. Asserted on the log of all requests."""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from config.workspace import Workspace
from listener import store
from listener.collect import Collector, CollectReport, collect_once
from listener.manners import politeness_group
from listener.parsing import ParseWorkers
from listener.schedule import LONGEST_WAIT, SHORTEST_WAIT, VALIDATORS_LIVE
from tests.listener.feedhost import Reply, item, rss
from tests.listener.memory import Internet, Request

BEGIN = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
WEEK = dt.timedelta(days=7)
STEP = dt.timedelta(hours=2)
HEAD = '[workspace]\ncurrency = "EUR"\n[[brand]]\nname = "Acme"\nmatch = "acme"\n'
HOUR = dt.timedelta(hours=1)
PACES = ("", "<ttl>720</ttl>", "<sy:updatePeriod>daily</sy:updatePeriod>", "<ttl>99999999</ttl>")


def http_date(time: dt.datetime) -> str:
    return email.utils.format_datetime(time, usegmt=True)


class Clock:
    """Time passes when the test says so, and while the collector pauses."""

    def __init__(self) -> None:
        self.time = BEGIN

    def __call__(self) -> dt.datetime:
        return self.time

    async def pause(self, until: dt.datetime, now: Callable[[], dt.datetime]) -> None:
        self.time = max(self.time, until)


@dataclass(frozen=True)
class Feed:
    """How one server behaves. A new entry appears every `new_every`; `wish` is what its headers ask for."""

    url: str
    interval: dt.timedelta
    new_every: dt.timedelta
    pace: str = ""
    wish: Callable[[dt.datetime], Mapping[str, str]] = field(default=lambda at: {})
    validator: str = "etag"  # etag | date | both | none | lying (another ETag every time)
    kind: str = "feed"  # feed | broken | login | gone | busy_seconds | busy_date | busy | moved | moved_here_and_there

    def __call__(self, at: dt.datetime, headers: Mapping[str, str]) -> Reply:
        if self.kind == "broken":
            return Reply(500)
        if self.kind == "login":
            return Reply(200, LOGIN, {"ETag": '"l"'})
        if self.kind == "gone" and at > BEGIN + 2 * 24 * HOUR:
            return Reply(410)
        busy = BEGIN + 24 * HOUR < at < BEGIN + 60 * HOUR
        if self.kind.startswith("busy") and busy:
            after = {"busy_seconds": "50000", "busy_date": http_date(at + 30 * HOUR)}.get(self.kind)
            return Reply(429 if self.kind != "busy_date" else 503, headers={"Retry-After": after} if after else {})
        return self.document(at, headers)

    def document(self, at: dt.datetime, headers: Mapping[str, str]) -> Reply:
        n = int((at - BEGIN) / self.new_every)
        changed = BEGIN + n * self.new_every
        etag = f'"{"W/" if n % 2 else ""}{hashlib.sha256(f"{self.url}{n}".encode()).hexdigest()[:8]}"'
        given = {"etag": {"ETag": etag}, "date": {"Last-Modified": http_date(changed)}, "none": {}}
        given |= {"both": given["etag"] | given["date"], "lying": {"ETag": f'"{at.timestamp()}"'}}
        own = dict(given[self.validator]) | dict(self.wish(at)) | {"Date": http_date(at)}
        same = headers.get("If-None-Match") == etag or (
            self.validator == "date" and headers.get("If-Modified-Since") == http_date(changed)
        )
        if same and self.validator in ("etag", "both", "date"):
            return Reply(304, headers=own)
        items = (item(f"{self.url}#{k}", f"acme number {k}") for k in range(max(n - 4, 0), n + 1))
        body = rss(*items).replace(b"<title>T</title>", f"<title>T</title>{self.pace}".encode())
        return Reply(200, body, own)


def expires(at: dt.datetime) -> Mapping[str, str]:
    return {"Expires": http_date(at + 5 * HOUR)}


def two_hundred() -> Iterator[Feed]:
    kinds = ("feed",) * 13 + ("login", "broken", "gone", "busy_seconds", "busy_date", "busy", "feed")
    wishes: Sequence[Callable[[dt.datetime], Mapping[str, str]]] = (
        lambda at: {},
        lambda at: {"Cache-Control": "public, max-age=28800"},
        expires,
        lambda at: {"Cache-Control": "max-age=31536000"},
        lambda at: {"Cache-Control": "no-cache", "Expires": "0"},
    )
    for n in range(188):
        # Five feeds to a host: tumblr-like names share their owner, plain ones do not share anything.
        host = f"blog{n}.shared{n % 6}.example" if n % 3 == 0 else f"site{n}.example"
        yield Feed(
            url=f"https://{host}/feed{n}",
            interval=(12 * HOUR, 24 * HOUR, 24 * HOUR)[n % 3] if n % 90 else HOUR,
            new_every=dt.timedelta(hours=60 + n % 90),
            pace=PACES[n % 4] if n % 5 == 0 else "",
            wish=wishes[n % 5],
            validator=("etag", "date", "both", "none", "lying")[n % 7 if n % 7 < 5 else 0],
            kind=kinds[n % 20],
        )
    for n in range(12):
        yield Feed(f"https://www.reddit.com/r/r{n}/.rss", 24 * HOUR, 60 * HOUR)


FEEDS = {feed.url: feed for feed in two_hundred()}


def settings_of(feeds: Sequence[Feed]) -> str:
    return HEAD + "".join(
        f'[[source]]\nname = "s{n}"\nurl = "{feed.url}"\nnetwork = "blog"\ninterval = "{feed.interval // HOUR}h"\n'
        for n, feed in enumerate(feeds)
    )


async def live_through(
    space: Workspace, clock: Clock, internet: Internet, *, until: dt.datetime
) -> list[CollectReport]:
    """The collector runs on until a moment, polling what is due at every step."""
    reports = []
    async with Collector(space, now=clock, session_factory=internet.sessions, pause=clock.pause) as collector:
        while clock.time < until:
            begun = clock.time
            reports.append(await collector.round(only_due=True))
            clock.time = max(clock.time, begun + STEP)
    return reports


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Request], list[CollectReport], Workspace]:
    from config.workspace import open_workspace

    folder = tmp_path_factory.mktemp("week")
    (folder / "earned.toml").write_text(settings_of(list(FEEDS.values())), encoding="utf-8")
    space = open_workspace(folder)
    # Nothing crashes here, and thousands of syncs to the disk would take minutes.
    sa.event.listen(space.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    space.engine.dispose()
    clock = Clock()
    internet = Internet(clock, lambda at, url, headers: FEEDS[url](at, headers))
    reports = asyncio.run(live_through(space, clock, internet, until=BEGIN + WEEK))
    return internet.log, reports, space


Week = tuple[list[Request], list[CollectReport], Workspace]


def by_url(log: Sequence[Request]) -> dict[str, list[Request]]:
    found: dict[str, list[Request]] = defaultdict(list)
    for request in log:
        found[request.url].append(request)
    return found


def test_every_feed_is_asked_and_none_fails_inside(week: Week) -> None:
    log, reports, space = week
    assert by_url(log).keys() == FEEDS.keys()
    assert not [row for report in reports for row in report.sources if row.outcome == "internal_error"]
    assert store.count_mentions(space.engine) > 300
    assert store.read_gaps(space.engine).height == 0


def test_what_is_held_is_asked_for_with_its_validators_byte_for_byte(week: Week) -> None:
    for asked in by_url(week[0]).values():
        held: Mapping[str, str] = {}
        for request in asked:
            sent = {k: v for k, v in request.headers.items() if k.startswith("If-")}
            assert sent == held, request
            if request.reply.status in (200, 304):
                names = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
                held = {names[k]: v for k, v in request.reply.headers.items() if k in names}
            held = {} if request.reply.body == LOGIN else held  # what was no feed is not held
    assert sum(request.conditional for request in week[0]) > len(week[0]) / 2
    assert WEEK < VALIDATORS_LIVE


def earliest(feed: Feed, request: Request) -> dt.datetime:
    """When the next request is no bother at the earliest: by Retry-After, Cache-Control, Expires, ttl and interval."""
    headers, at = request.reply.headers, request.at
    waits = [SHORTEST_WAIT, feed.interval]
    after = headers.get("Retry-After", "")
    waits += [dt.timedelta(seconds=int(after))] if after.isdigit() else []
    waits += [email.utils.parsedate_to_datetime(after) - at] if after and not after.isdigit() else []
    if request.reply.status in (200, 304):
        cached = headers.get("Cache-Control", "")
        asked = [dt.timedelta(seconds=int(cached.partition("max-age=")[2]))] if "max-age=" in cached else []
        asked += [5 * HOUR] if headers.get("Expires", "0") != "0" else []
        asked += [12 * HOUR] if "720" in feed.pace else [24 * HOUR] if feed.pace else []
        waits += [min(wish, LONGEST_WAIT) for wish in asked]
    return at + max(waits)


def test_no_request_comes_before_the_server_allows_it(week: Week) -> None:
    for url, asked in by_url(week[0]).items():
        for one, other in pairwise(asked):
            assert other.at >= earliest(FEEDS[url], one) - dt.timedelta(seconds=1), (FEEDS[url], one, other)


def test_no_request_is_put_off_without_end(week: Week) -> None:
    """Polite is not deaf: where no other feed of the domain is in the way, it comes after a tenth of jitter at most."""
    for url, asked in by_url(week[0]).items():
        for one, other in pairwise(asked):
            if one.reply.status in (200, 304) and "site" in url:
                allowed = (earliest(FEEDS[url], one) - one.at) * 1.1 + STEP
                assert other.at - one.at <= allowed, (FEEDS[url], one.at, other.at)


def test_no_domain_is_asked_faster_than_its_budget(week: Week) -> None:
    domains = defaultdict(list)
    for request in week[0]:
        domains[politeness_group(request.url, allow_private=False)].append(request.at)
    assert len(domains["reddit.com"]) >= 12 * 6
    for domain, times in domains.items():
        least = dt.timedelta(seconds=60 if domain == "reddit.com" else 1)
        assert all(other - one >= least for one, other in pairwise(times)), domain
    assert len(domains["shared0.example"]) > len(domains["site1.example"])


def test_a_busy_server_quiets_all_feeds_of_its_domain(week: Week) -> None:
    quiet: dict[str | None, dt.datetime] = {}
    for request in week[0]:
        domain = politeness_group(request.url, allow_private=False)
        assert request.at >= quiet.get(domain, request.at), request
        after = request.reply.headers.get("Retry-After")
        if after:
            until = (
                request.at + dt.timedelta(seconds=int(after))
                if after.isdigit()
                else email.utils.parsedate_to_datetime(after)
            )
            quiet[domain] = until
    assert len(quiet) > 5


def test_failures_are_asked_ever_more_rarely_and_gone_feeds_no_more(week: Week) -> None:
    for url, asked in by_url(week[0]).items():
        kind = FEEDS[url].kind
        if kind == "gone":
            assert sum(request.reply.status == 410 for request in asked) == 1
        if kind in ("broken", "login"):
            waits = [other.at - one.at for one, other in pairwise(asked)]
            assert len(asked) <= 12, FEEDS[url]
            assert waits[-1] >= 24 * HOUR
            assert "site" not in url or max(waits) <= LONGEST_WAIT * 1.1 + STEP


def test_an_unchanged_body_is_not_parsed(week: Week) -> None:
    """`unchanged`: the server sent all of it again; it was hashed, and left."""
    outcomes = [row.outcome for report in week[1] for row in report.sources]
    assert outcomes.count("unchanged") > 30
    changes = {(r.url, hashlib.sha256(r.reply.body).digest()) for r in week[0] if r.reply.status == 200}
    assert outcomes.count("ok") == len(changes) - sum(feed.kind == "login" for feed in FEEDS.values())


def test_after_a_pause_a_feed_that_shows_nothing_known_is_flagged(make_workspace: Callable[..., Workspace]) -> None:
    feeds = [Feed("https://fast.example/f", HOUR, HOUR), Feed("https://slow.example/f", HOUR, 9 * HOUR)]
    space, clock = make_workspace(settings=settings_of(feeds)), Clock()
    named = {feed.url: feed for feed in feeds}
    internet = Internet(clock, lambda at, url, headers: named[url](at, headers))
    asyncio.run(live_through(space, clock, internet, until=BEGIN + 4 * HOUR))
    assert store.read_gaps(space.engine).is_empty()
    slept = store.read_states(space.engine)["s0"].last_success_at
    clock.time = BEGIN + 40 * HOUR  # the laptop was asleep
    asyncio.run(live_through(space, clock, internet, until=clock.time + 3 * HOUR))
    assert store.read_gaps(space.engine).rows() == [("s0", slept, BEGIN + 40 * HOUR)]
    assert store.read_gaps(space.engine, since=BEGIN + 41 * HOUR).is_empty()


def test_a_clock_that_was_wrong_once_silences_nothing(make_workspace: Callable[..., Workspace]) -> None:
    feed = Feed("https://blog.example/f", HOUR, HOUR)
    space, clock = make_workspace(settings=settings_of([feed])), Clock()
    internet = Internet(clock, lambda at, url, headers: feed(at, headers))
    clock.time = BEGIN + 1000 * WEEK
    asyncio.run(live_through(space, clock, internet, until=clock.time + HOUR))
    clock.time = BEGIN
    reports = asyncio.run(live_through(space, clock, internet, until=BEGIN + STEP))
    assert [row.outcome for report in reports for row in report.sources] == ["ok"]


def test_reddit_is_asked_once_a_minute_one_feed_after_the_other(make_workspace: Callable[..., Workspace]) -> None:
    feeds = [Feed(f"https://www.reddit.com/r/{n}/.rss", HOUR, 100 * HOUR) for n in range(8)]
    space, clock = make_workspace(settings=settings_of(feeds)), Clock()
    internet = Internet(clock, lambda at, url, headers: Reply(200, rss(), {"ETag": url}))

    async def run() -> None:
        async with Collector(space, now=clock, session_factory=internet.sessions, pause=clock.pause) as collector:
            while clock.time < BEGIN + dt.timedelta(minutes=8):
                await collector.round(only_due=True)
                clock.time += dt.timedelta(seconds=20)

    asyncio.run(run())
    assert {request.url for request in internet.log} == {feed.url for feed in feeds}
    assert [request.at - BEGIN for request in internet.log] == [dt.timedelta(minutes=n) for n in range(8)]


def test_asking_for_everything_by_hand_keeps_to_what_servers_want(make_workspace: Callable[..., Workspace]) -> None:
    """`listen --once` in a crontab, every minute."""
    feeds = [
        Feed("https://blog.example/f", HOUR, HOUR, wish=lambda at: {"Cache-Control": "max-age=7200"}),
        *(Feed(f"https://www.reddit.com/r/{n}/.rss", HOUR, HOUR) for n in range(3)),
    ]
    space, clock = make_workspace(settings=settings_of(feeds)), Clock()
    named = {feed.url: feed for feed in feeds}
    internet = Internet(clock, lambda at, url, headers: named[url](at, headers))
    found = []
    for _ in range(5):

        async def once() -> CollectReport:
            async with Collector(space, now=clock, session_factory=internet.sessions, pause=clock.pause) as collector:
                return await collector.round(only_due=False)

        found.append([row.outcome for row in asyncio.run(once()).sources])
        clock.time += dt.timedelta(minutes=1)
    assert found == [
        ["ok", "ok", "waiting_turn", "waiting_turn"],
        ["fresh", "fresh", "ok", "waiting_turn"],
        ["fresh", "fresh", "fresh", "ok"],
        ["fresh"] * 4,
        ["fresh"] * 4,
    ]


LOGIN = b"<html><head><title>Log in</title></head><body>Please log in.</body></html>"


@pytest.mark.parametrize(
    "body", [LOGIN, b"", b"\x1f\x8b" + bytes(200), b"%PDF-1.7"], ids=["login", "empty", "gz", "pdf"]
)
def test_a_body_that_is_no_feed_is_asked_for_ever_more_rarely_and_heard_again(
    make_workspace: Callable[..., Workspace], body: bytes
) -> None:
    feed = Feed("https://blog.example/f", HOUR, 100 * HOUR)
    space, clock = make_workspace(settings=settings_of([feed])), Clock()
    mends = BEGIN + 6 * 24 * HOUR
    internet = Internet(
        clock, lambda at, url, headers: Reply(200, body, {"ETag": '"x"'}) if at < mends else feed(at, headers)
    )
    asyncio.run(live_through(space, clock, internet, until=BEGIN + 8 * 24 * HOUR))
    waits = [(other.at - one.at) / HOUR for one, other in pairwise(internet.log)]
    assert [n <= wait <= n * 1.1 + 2 for n, wait in zip((1, 2, 4, 8, 16, 24), waits, strict=False)] == [True] * 6
    assert max(waits) <= 24 * 1.1 + 2
    state = store.read_states(space.engine)["s0"]
    assert (state.failures, state.error, state.last_success_at is not None) == (0, None, True)


def test_what_a_server_wants_of_the_next_check_holds_when_the_body_is_no_feed(
    make_workspace: Callable[..., Workspace],
) -> None:
    feed = Feed("https://blog.example/f", HOUR, 100 * HOUR)
    space, clock = make_workspace(settings=settings_of([feed])), Clock()
    internet = Internet(clock, lambda at, url, headers: Reply(200, LOGIN, {"Cache-Control": "max-age=36000"}))
    asyncio.run(live_through(space, clock, internet, until=BEGIN + 24 * HOUR))
    assert internet.log[1].at - internet.log[0].at >= 10 * HOUR


def by_hand(space: Workspace, clock: Clock, internet: Internet) -> list[tuple[str, str | None]]:
    async def asked() -> CollectReport:
        async with Collector(space, now=clock, session_factory=internet.sessions, pause=clock.pause) as collector:
            return await collector.round(only_due=False)

    return [(row.outcome, row.error) for row in asyncio.run(asked()).sources]


def test_a_failing_source_that_is_not_asked_again_at_once_says_so(make_workspace: Callable[..., Workspace]) -> None:
    """Not "fresh": no server has said that there is nothing new. What went wrong is kept."""
    feeds = [Feed(f"https://{name}.example/f", HOUR, HOUR) for name in ("broken", "login", "busy", "well")]
    replies = {"broken": Reply(500), "login": Reply(200, LOGIN), "busy": Reply(429, headers={"Retry-After": "3600"})}
    space, clock = make_workspace(settings=settings_of(feeds)), Clock()
    internet = Internet(
        clock,
        lambda at, url, headers: replies.get(url.split("/")[2].split(".")[0]) or Reply(200, rss(item("1", "acme"))),
    )
    first = by_hand(space, clock, internet)
    clock.time += dt.timedelta(minutes=1)
    second = by_hand(space, clock, internet)
    assert [outcome for outcome, _ in first] == ["http_error", "not_a_feed", "rate_limited", "ok"]
    assert [outcome for outcome, _ in second] == ["waiting_retry", "waiting_retry", "rate_limited_waiting", "fresh"]
    assert [error for _, error in second[:2]] == [error for _, error in first[:2]]
    assert second[3][1] is None
    assert len(internet.log) == 4


def test_asking_for_everything_all_day_bothers_a_failing_server_ever_less(
    make_workspace: Callable[..., Workspace],
) -> None:
    """`listen --once` in a crontab, every ten minutes."""
    feeds = [Feed(f"https://{name}.example/f", HOUR, HOUR) for name in ("broken", "login")]
    space, clock = make_workspace(settings=settings_of(feeds)), Clock()
    internet = Internet(clock, lambda at, url, headers: Reply(500) if "broken" in url else Reply(200, LOGIN))
    while clock.time < BEGIN + 24 * HOUR:
        by_hand(space, clock, internet)
        clock.time += dt.timedelta(minutes=10)
    for asked in by_url(internet.log).values():
        waits = [(other.at - one.at) / dt.timedelta(minutes=10) for one, other in pairwise(asked)]
        assert [round(wait) for wait in waits[:6]] == [1, 2, 4, 8, 16, 32]


def test_a_feed_moves_for_good_and_back_when_the_new_address_fails(make_workspace: Callable[..., Workspace]) -> None:
    old, new = "https://old.example/f", "https://new.example/f"
    feed = Feed(old, HOUR, 100 * HOUR)
    space, clock = make_workspace(settings=settings_of([feed])), Clock()

    def answer(at: dt.datetime, url: str, headers: Mapping[str, str]) -> Reply:
        if at < BEGIN + 10 * HOUR:
            return Reply(301, headers={"Location": new}) if url == old else feed(at, headers)
        return feed(at, headers) if url == old else Reply(404)

    internet = Internet(clock, answer)
    asyncio.run(live_through(space, clock, internet, until=BEGIN + 40 * HOUR))
    asked = [urlsplit(request.url).hostname for request in internet.log]
    assert asked[:7] == ["old.example", "new.example"] * 3 + ["new.example"]
    assert [r.reply.status for r in internet.log if r.url == new and r.reply.status == 404] == [404] * 3
    assert asked[-2:] == ["old.example"] * 2
    assert store.read_states(space.engine)["s0"].failures == 0


def sent_on(clock: Clock, host: str, *, silent: bool = False) -> Internet:
    """Every blog sends its readers to one host, which answers, or wants peace for an hour."""

    def answer(at: dt.datetime, url: str, headers: Mapping[str, str]) -> Reply:
        if host not in url:
            return Reply(302, headers={"Location": f"https://feeds.{host}/{urlsplit(url).hostname}"})
        return Reply(429, headers={"Retry-After": "3600"}) if silent else Reply(200, rss(item(url, "acme")))

    return Internet(clock, answer)


def asked_at(internet: Internet, host: str) -> list[float]:
    """Seconds since the beginning."""
    return [(request.at - BEGIN).total_seconds() for request in internet.log if host in request.url]


def once(space: Workspace, clock: Clock, internet: Internet) -> list[str]:
    async def listening() -> CollectReport:
        async with Collector(space, now=clock, session_factory=internet.sessions, pause=clock.pause) as collector:
            return await collector.round(only_due=True)

    return sorted(row.outcome for row in asyncio.run(listening()).sources)


def test_a_host_that_many_feeds_redirect_to_is_asked_once_a_second(make_workspace: Callable[..., Workspace]) -> None:
    feeds = [Feed(f"https://blog{n}.example/f", HOUR, HOUR) for n in range(8)]
    space, clock = make_workspace(settings=settings_of(feeds)), Clock()
    internet = sent_on(clock, "burner.example")
    assert once(space, clock, internet) == ["ok"] * 8
    times = asked_at(internet, "burner.example")
    assert len(times) == 8
    assert all(later - sooner >= 1 for sooner, later in pairwise(times))


def test_redirects_to_a_slow_domain_are_put_off_and_all_get_their_turn(
    make_workspace: Callable[..., Workspace],
) -> None:
    feeds = [Feed(f"https://blog{n}.example/f", HOUR, HOUR) for n in range(3)]
    space, clock = make_workspace(settings=settings_of(feeds)), Clock()
    internet = sent_on(clock, "reddit.com")
    assert once(space, clock, internet) == ["ok", "waiting_turn", "waiting_turn"]
    clock.time += SHORTEST_WAIT
    assert once(space, clock, internet) == ["ok", "waiting_turn"]
    clock.time += SHORTEST_WAIT
    assert once(space, clock, internet) == ["ok"]
    assert all(later - sooner >= 60 for sooner, later in pairwise(asked_at(internet, "reddit.com")))
    assert store.count_mentions(space.engine) == 3


def test_a_busy_host_that_feeds_redirect_to_is_left_alone_by_all_of_them(
    make_workspace: Callable[..., Workspace],
) -> None:
    feeds = [Feed(f"https://blog{n}.example/f", HOUR, HOUR) for n in range(5)]
    space, clock = make_workspace(settings=settings_of(feeds)), Clock()
    internet = sent_on(clock, "burner.example", silent=True)
    assert once(space, clock, internet) == ["rate_limited", *["waiting_turn"] * 4]
    assert len(asked_at(internet, "burner.example")) == 1


async def test_two_domains_that_redirect_to_each_other_do_not_wait_for_each_other_for_ever(
    make_workspace: Callable[..., Workspace],
) -> None:
    space, clock = (
        make_workspace(settings=settings_of([Feed(f"https://{n}.example/f", HOUR, HOUR) for n in "ab"])),
        Clock(),
    )
    there = {"https://a.example/f": "https://b.example/g", "https://b.example/f": "https://a.example/g"}
    internet = Internet(
        clock,
        lambda at, url, headers: Reply(301, headers={"Location": there[url]}) if url in there else Reply(200, rss()),
    )
    async with Collector(space, now=clock, session_factory=internet.sessions, pause=clock.pause) as collector:
        report = await asyncio.wait_for(collector.round(only_due=True), 20)
    assert [row.outcome for row in report.sources] == ["ok", "ok"]


async def test_the_workers_live_from_round_to_round(make_workspace: Callable[..., Workspace]) -> None:
    feed = Feed("https://blog.example/f", HOUR, HOUR)
    space, clock = make_workspace(settings=settings_of([feed])), Clock()
    internet = Internet(clock, lambda at, url, headers: feed(at, headers))
    async with Collector(space, now=clock, session_factory=internet.sessions, pause=clock.pause) as collector:
        workers = collector.workers
        assert isinstance(workers, ParseWorkers)
        await collector.round(only_due=True)
        clock.time += 2 * HOUR
        await collector.round(only_due=True)
        assert collector.workers is workers


async def test_an_address_that_is_not_asked_stops_nobody_else(make_workspace: Callable[..., Workspace]) -> None:
    space = make_workspace('[[source]]\nname = "typo"\nurl = "http://typo.example:22/f"\n')
    clock = Clock()
    for _ in range(2):  # the second time its state is stored
        told = await collect_once(space, now=clock)
        clock.time += HOUR
        assert [(row.name, row.outcome) for row in told.sources] == [("typo", "bad_url")]


async def test_a_query_spoilt_while_listening_changes_nothing(make_workspace: Callable[..., Workspace]) -> None:
    feed = Feed("https://blog.example/f", HOUR, HOUR)
    space, clock = make_workspace(settings=settings_of([feed])), Clock()
    internet = Internet(clock, lambda at, url, headers: feed(at, headers))
    file = space.folder / "earned.toml"
    async with Collector(space, now=clock, session_factory=internet.sessions, pause=clock.pause) as collector:
        file.write_text(file.read_text(encoding="utf-8").replace('"acme"', '"acme OR ("'), encoding="utf-8")
        os.utime(file, (1, 1))
        collector.read_settings_again()
        assert len((await collector.round(only_due=True)).sources) == 1
