"""A server that wants to harm us: whatever it does is a result within its time, and the collector goes on."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import resource
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from config.workspace import Workspace
from listener import fetch, store
from listener.collect import Collector, CollectReport
from listener.fetch import FetchRequest, FetchResult, Limits, Outcome, is_public, open_session
from tests.listener.feedhost import Answer, Asked, FeedHost, Reply, item, rss

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
HEAD = '[workspace]\ncurrency = "EUR"\n[[brand]]\nname = "Acme"\nmatch = "acme"\n'
GOOD = rss(item("1", "acme is good"))
BRIEF = Limits(seconds=1.5, compressed_bytes=400_000, inflated_bytes=1_000_000)
INSIDE = (
    *("127.0.0.1", "127.9.9.9", "localhost", "0.0.0.0", "10.0.0.7", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]"),
    *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1"),
)


class Names(AbstractResolver):
    """A resolver that answers what its list says, one answer after the other."""

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        told = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        kind = socket.AF_INET6 if ":" in told else socket.AF_INET
        return [ResolveResult(hostname=host, host=told, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)]

    async def close(self) -> None:
        return None


class Door:
    """Raw TCP on loopback: serves bytes as a script writes them, and counts who came."""

    def __init__(self, script: Callable[[socket.socket], None]) -> None:
        self.script, self.came = script, 0

    def __enter__(self) -> Door:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listening.accept()
            except OSError:  # closed: the test is over
                return
            self.came += 1
            threading.Thread(target=self._one, args=(peer,), daemon=True).start()

    def _one(self, peer: socket.socket) -> None:
        with peer:
            try:
                peer.recv(65_536)
                self.script(peer)
            except OSError:
                return  # the other end has had enough, which is what these tests are about


def sends(*parts: bytes, pause: float = 0.0, endless: bytes = b"") -> Callable[[socket.socket], None]:
    def script(peer: socket.socket) -> None:
        for part in parts:
            peer.sendall(part)
            time.sleep(pause)
        for _ in range(20_000 if endless else 0):
            peer.sendall(endless)
            time.sleep(pause)

    return script


OK = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(zlib.compress(b"0") + b"x" * 30_000_000)
RAW: dict[str, tuple[Callable[[socket.socket], None], set[Outcome]]] = {
    "drips its headers": (sends(OK, b"X: ", pause=0.1, endless=b"a"), {Outcome.TIMEOUT}),
    "drips its body": (sends(OK + b"Content-Length: 99999\r\n\r\n", pause=0.05, endless=b"<"), {Outcome.TIMEOUT}),
    "never answers": (sends(pause=0.1, endless=b""), {Outcome.NETWORK_ERROR, Outcome.TIMEOUT}),
    "never ends": (sends(OK + b"\r\n", endless=b"x" * 65_536), {Outcome.TOO_LARGE}),
    "never ends in chunks": (
        sends(OK + b"Transfer-Encoding: chunked\r\n\r\n", endless=b"2000\r\n" + b"x" * 0x2000 + b"\r\n"),
        {Outcome.TOO_LARGE},
    ),
    "sends a gzip bomb": (
        sends(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB),
        {Outcome.TOO_LARGE},
    ),
    "sends one huge header": (sends(OK + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n"), {Outcome.NETWORK_ERROR}),
    "sends headers without end": (sends(OK, endless=b"X: " + b"a" * 1_000 + b"\r\n"), {Outcome.NETWORK_ERROR}),
    "promises more than it sends": (
        sends(OK + b"Content-Length: 5000\r\n\r\n" + GOOD),
        {Outcome.NETWORK_ERROR, Outcome.TIMEOUT},
    ),
    "promises less than it sends": (
        sends(OK + b"Content-Length: 5\r\n\r\n" + GOOD),
        {Outcome.OK, Outcome.NETWORK_ERROR},
    ),
    "promises two lengths": (
        sends(OK + b"Content-Length: 5\r\nContent-Length: 500\r\n\r\n" + GOOD),
        {Outcome.NETWORK_ERROR},
    ),
    "promises a negative length": (sends(OK + b"Content-Length: -1\r\n\r\n" + GOOD), {Outcome.NETWORK_ERROR}),
    "speaks no HTTP": (sends(b"\x00\xff\x16\x03 SSH-2.0\r\n" * 50), {Outcome.NETWORK_ERROR}),
    "hides a line in a header": (sends(OK + b'ETag: "a\rX: b"\r\n\r\n' + GOOD), {Outcome.NETWORK_ERROR, Outcome.OK}),
    "answers 100 for ever": (
        sends(endless=b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.001),
        {Outcome.NETWORK_ERROR, Outcome.TIMEOUT},
    ),
    "switches protocols": (
        sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", pause=0.1),
        {Outcome.HTTP_ERROR, Outcome.NETWORK_ERROR, Outcome.TIMEOUT},
    ),
}


async def get(url: str, *, private: bool = True, limits: Limits = BRIEF) -> FetchResult:
    async with open_session() as sessions:
        return await fetch.fetch(sessions, FetchRequest(url, allow_private=private), limits=limits)


@pytest.mark.parametrize("name", RAW)
async def test_whatever_a_server_does_is_a_result_in_bounded_time_and_memory(name: str) -> None:
    script, outcomes = RAW[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Door(script) as door:
        async with asyncio.timeout(60):  # of a busy machine; the fetch's own limit is far below
            result = await get(f"http://127.0.0.1:{door.port}/f")
    assert result.outcome in outcomes
    assert bool(result.error) is (result.outcome != Outcome.OK)
    assert (result.error or "").isprintable()
    assert not any(leak in (result.error or "") for leak in ("400", "message", "host", "ssl", "Bad", "\\", "Errno"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kilobytes


@pytest.mark.parametrize("host", INSIDE)
async def test_no_way_of_writing_an_inside_address_reaches_it(host: str) -> None:
    with Door(sends(OK + b"\r\n" + GOOD)) as door:
        async with open_session(ports=(door.port,)) as sessions:
            result = await fetch.fetch(sessions, FetchRequest(f"http://{host}:{door.port}/f"), limits=BRIEF)
    assert result.outcome in (Outcome.BLOCKED_ADDRESS, Outcome.BAD_URL, Outcome.NETWORK_ERROR)
    assert (door.came, result.body) == (0, None)


def outside_is(address: str) -> Callable[[str], bool]:
    """For these tests one loopback address plays the open Internet; every other is judged as always."""
    return lambda ip: ip == address or is_public(ip)


@pytest.mark.parametrize("host", INSIDE[1:])
async def test_a_redirect_does_not_lead_inside(host: str) -> None:
    with Door(sends(OK + b"\r\n" + GOOD)) as inside:
        pages: dict[str, Reply | Answer] = {"/f": Reply(302, headers={"Location": f"http://{host}:{inside.port}/"})}
        with FeedHost(pages) as host_outside:
            port = int(host_outside.url("").rpartition(":")[2])
            async with open_session(ports=(port, inside.port), reachable=outside_is("127.0.0.1")) as sessions:
                result = await fetch.fetch(sessions, FetchRequest(host_outside.url("/f")), limits=BRIEF)
        assert len(host_outside.asked) == 1
    if "127.0.0.1" not in host and host not in ("localhost", "0177.0.0.1", "127.1", "0x7f.1", "0x7f000001"):
        assert inside.came == 0  # those name the address that plays the open Internet here
        assert result.outcome in (Outcome.BLOCKED_ADDRESS, Outcome.BAD_URL, Outcome.NETWORK_ERROR)


HOPS_OF_THE_ALLOWED = [
    "http://127.0.0.2:{other}/secret",
    "http://localhost:{other}/secret",
    "http://127.0.0.1:{other}/secret",  # another door of the same host
    "http://[::ffff:127.0.0.1]:{other}/secret",
    "http://localhost:{home}/secret",  # the same door by another name
    "http://2130706433:{home}/secret",
    "http://127.0.0.1.:{home}/secret",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest",
    "http://localhost/",
]


@pytest.mark.parametrize("target", HOPS_OF_THE_ALLOWED)
async def test_a_host_that_is_allowed_inside_opens_no_other(target: str) -> None:
    """`allow_private` is given to the host that the source names: not to wherever that host sends us."""
    with Door(sends(OK + b"\r\n" + GOOD)) as inside, FeedHost({"/secret": Reply(200, GOOD)}) as host:
        port = int(host.url("").rpartition(":")[2])
        host.pages["/f"] = Reply(302, headers={"Location": target.format(other=inside.port, home=port)})
        result = await get(host.url("/f"))
    assert ([asked.path for asked in host.asked], inside.came) == (["/f"], 0)
    assert result.outcome in (Outcome.BLOCKED_ADDRESS, Outcome.BAD_URL, Outcome.NETWORK_ERROR)
    assert (result.body, result.permanent_url) == (None, None)
    assert "make it a source of its own" in (result.error or "") or result.outcome == Outcome.NETWORK_ERROR


async def test_a_host_that_is_allowed_inside_may_send_us_on_to_itself() -> None:
    with FeedHost({"/g": Reply(200, GOOD)}) as host:
        host.pages["/f"] = Reply(301, headers={"Location": host.url("/g").upper().replace("/G", "/g")})
        host.pages["/h"] = Reply(301, headers={"Location": "/f"})
        assert [(await get(host.url(path))).body for path in ("/f", "/h")] == [GOOD, GOOD]


async def test_one_who_is_sent_outside_and_back_in_is_still_at_home() -> None:
    """Home is the host that the source names, whichever hop leads to it."""
    with FeedHost({"/g": Reply(200, GOOD)}) as host, FeedHost({}) as outside:
        port = int(outside.url("").rpartition(":")[2])
        host.pages["/f"] = Reply(302, headers={"Location": f"http://out.example:{port}/"})
        outside.pages["/"] = Reply(302, headers={"Location": host.url("/g")})
        async with open_session(
            ports=(port,), reachable=outside_is("127.0.0.1"), resolver=Names(["127.0.0.1"])
        ) as sessions:
            result = await fetch.fetch(sessions, FetchRequest(host.url("/f"), allow_private=True), limits=BRIEF)
    assert result.body == GOOD


def test_what_an_allowed_host_moves_to_for_good_is_not_allowed_inside(
    make_workspace: Callable[..., Workspace],
) -> None:
    """A move is believed after three equal answers: the leave to reach inside does not move along."""
    with FeedHost({"/secret": Reply(200, GOOD)}) as inside, FeedHost({}) as host:
        host.pages["/f"] = Reply(301, headers={"Location": inside.url("/secret")})
        space = space_for(make_workspace, host)
        assert [found["f"] for found in rounds(space, 5)] == ["bad_url"] * 5
        state = replace(store.read_states(space.engine)["f"], failures=0, fresh_until=None)
        moved = replace(state, permanent_url=inside.url("/secret"), permanent_count=3)
        store.save_state(space.engine, [moved])
        assert [found["f"] for found in rounds(space, 1)] == ["bad_url"]
    assert inside.asked == []
    assert store.count_mentions(space.engine) == 0


@pytest.mark.parametrize("second", ["192.168.1.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
async def test_a_name_that_changes_its_mind_reaches_nothing_inside(second: str) -> None:
    """The first answer is outside and redirects to the same name, whose second answer lies inside (rebinding)."""
    with FeedHost({"/f": Reply(302, headers={"Location": "/secret"}), "/secret": Reply(200, GOOD)}) as host:
        port = int(host.url("").rpartition(":")[2])
        names = Names(["127.0.0.1", second])
        async with open_session(ports=(port,), reachable=outside_is("127.0.0.1"), resolver=names) as sessions:
            result = await fetch.fetch(sessions, FetchRequest(f"http://rebind.example:{port}/f"), limits=BRIEF)
    assert [asked.path for asked in host.asked] == ["/f"]
    assert (result.outcome, names.asked) == (Outcome.BLOCKED_ADDRESS, 2)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Door(sends(OK + b"\r\nI am the proxy")) as proxy, FeedHost({"/f": Reply(200, GOOD)}) as host:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        result = await get(host.url("/f"))
    assert (result.body, proxy.came) == (GOOD, 0)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://a.example/f", "gopher://a.example/f", "data:text/xml,x", "javascript:alert(1)",
        "http://a.example:22/", "https://a.example:6379/", "http://user@a.example/", "http://a.example\\@b.example/",
        "http://a.example:99999/", "http:///f", "//a.example/f", "http://[::1", "http://a b.example/", "http://\n/",
    ],
)  # fmt: skip
async def test_only_http_on_its_own_ports_without_a_user_is_asked(url: str) -> None:
    async with open_session(resolver=Names(["93.184.216.34"])) as sessions:
        result = await fetch.fetch(sessions, FetchRequest(url), limits=BRIEF)
    assert result.outcome == Outcome.BAD_URL


async def test_a_redirect_may_not_change_to_another_scheme_or_port() -> None:
    for target in ("file:///etc/passwd", "gopher://x.example/", "http://x.example:22/", "http://u:p@x.example/"):
        with FeedHost({"/f": Reply(301, headers={"Location": target})}) as host:
            port = int(host.url("").rpartition(":")[2])
            async with open_session(ports=(port,), reachable=outside_is("127.0.0.1")) as sessions:
                result = await fetch.fetch(sessions, FetchRequest(host.url("/f")), limits=BRIEF)
        assert (result.outcome, result.permanent_url) == (Outcome.BAD_URL, None)


async def test_redirects_end() -> None:
    """In a circle, and ever onwards."""
    count = iter(range(1000))

    def onwards(asked: Asked) -> Reply:
        return Reply(302, headers={"Location": f"/next{next(count)}"})

    pages: dict[str, Reply | Answer] = {"/a": Reply(302, headers={"Location": "/b"})}
    pages |= {"/b": Reply(302, headers={"Location": "/a"}), "/f": onwards} | {f"/next{n}": onwards for n in range(20)}
    with FeedHost(pages) as host:
        found = [await get(host.url(path)) for path in ("/a", "/f")]
    assert [result.outcome for result in found] == [Outcome.TOO_MANY_REDIRECTS] * 2
    assert len(host.asked) <= 12


ACCENTS = "acme café zażółć"
WRONG = {
    "utf-8 called latin-1": (f'<?xml version="1.0" encoding="iso-8859-1"?>{rss(item("1", ACCENTS)).decode()}', "utf-8"),
    "latin-1 called utf-8": (rss(item("1", "acme café")).decode(), "latin-1"),
    "an unknown charset": (rss(item("1", ACCENTS)).decode(), "utf-8"),
}
TYPES = ("text/xml; charset=iso-8859-1", "text/xml; charset=utf-8", "text/xml; charset=x-no-such-thing")


@contextmanager
def unruly(pages: dict[str, Reply | Answer]) -> Iterator[FeedHost]:
    with FeedHost(pages | {"/good": Reply(200, GOOD)}) as host:
        yield host


def space_for(make_workspace: Callable[..., Workspace], host: FeedHost) -> Workspace:
    sources = (
        f'[[source]]\nname = "{path.strip("/")}"\nurl = "{host.url(path)}"\nnetwork = "blog"\nallow_private = true\n'
        for path in host.pages
    )
    return make_workspace(settings=HEAD + "".join(sources))


def rounds(space: Workspace, n: int, *, limits: Limits | None = None) -> list[dict[str, str]]:
    async def run() -> list[CollectReport]:
        async with Collector(space, now=lambda: NOW, limits=limits) as collector:
            return [await collector.round(only_due=False) for _ in range(n)]

    return [{row.name: row.outcome for row in report.sources} for report in asyncio.run(run())]


def test_a_wrong_charset_loses_no_entry(make_workspace: Callable[..., Workspace]) -> None:
    pages: dict[str, Reply | Answer] = {
        f"/w{n}": Reply(200, text.encode(code), {"Content-Type": kind})
        for n, ((text, code), kind) in enumerate(zip(WRONG.values(), TYPES, strict=True))
    }
    with unruly(pages) as host:
        space = space_for(make_workspace, host)
        assert set(rounds(space, 1)[0].values()) == {"ok"}
    texts = {row["source"]: row["text"] for row in store.read_mentions(space.engine).to_dicts()}
    assert [texts[f"w{n}"] for n in range(3)] == [ACCENTS, "acme café", ACCENTS]


def test_lying_validators_cost_requests_and_no_entries(make_workspace: Callable[..., Workspace]) -> None:
    count = iter(range(1000))
    pages: dict[str, Reply | Answer] = {
        "/304-unasked": Reply(304, headers={"ETag": '"x"'}),
        "/etag-changes": lambda asked: Reply(200, GOOD, {"ETag": f'"{next(count)}"'}),
        "/etag-stays": lambda asked: Reply(200, rss(item(str(n := next(count)), f"acme {n}")), {"ETag": '"same"'}),
        "/304-without": lambda asked: (
            Reply(304) if "If-None-Match" in asked.headers else Reply(200, GOOD, {"ETag": '"y"'})
        ),
        "/etag-hostile": Reply(200, GOOD, {"ETag": '"' + "z" * 3000 + '"'}),
    }
    with unruly(pages) as host:
        space = space_for(make_workspace, host)
        first, second = rounds(space, 2)
    assert first | {"304-unasked": "ok"} == dict.fromkeys(first, "ok")
    assert second == {
        "304-unasked": "http_error",
        "etag-changes": "unchanged",
        "etag-stays": "ok",
        "304-without": "not_modified",
        "etag-hostile": "unchanged",
        "good": "unchanged",
    }
    sent = [asked.headers.get("If-None-Match") for asked in host.asked if asked.path == "/etag-hostile"]
    assert sent == [None, None]
    assert len(store.read_mentions(space.engine, source="etag-stays")) == 2


def test_a_storm_of_429_is_not_answered_with_another(make_workspace: Callable[..., Workspace]) -> None:
    pages: dict[str, Reply | Answer] = {
        "/storm": Reply(429, headers={"Retry-After": "3600"}),
        "/odd": Reply(429, headers={"Retry-After": "-1e99"}),
        "/past": Reply(503, headers={"Retry-After": "Tue, 02 Jun 2020 10:00:00 GMT"}),
        "/far": Reply(429, headers={"Retry-After": "999999999"}),
    }
    with unruly(pages) as host:
        space = space_for(make_workspace, host)
        rounds(space, 5)
    counts = {path: sum(asked.path == path for asked in host.asked) for path in pages}
    assert counts == {"/storm": 1, "/odd": 1, "/past": 5, "/far": 1}
    due = store.read_states(space.engine)["far"].next_check_at
    assert due is not None
    assert due <= NOW + dt.timedelta(days=7)


def test_the_collector_is_alive_after_all_of_them_at_once(make_workspace: Callable[..., Workspace]) -> None:
    """Every bad server and one good one in the same rounds: the good one is heard in each."""
    doors = [Door(script) for script, _ in RAW.values()]
    with FeedHost({"/good": Reply(200, GOOD)}) as host:
        for door in doors:
            door.__enter__()
        sources = "".join(
            f'[[source]]\nname = "bad{n}"\nurl = "http://127.0.0.1:{door.port}/f"\nallow_private = true\n'
            for n, door in enumerate(doors)
        )
        good = f'[[source]]\nname = "good"\nurl = "{host.url("/good")}"\nallow_private = true\n'
        space = make_workspace(settings=HEAD + sources + good)
        first, second = rounds(space, 2, limits=BRIEF)
        for door in doors:
            door.__exit__()
    assert (first["good"], second["good"]) == ("ok", "unchanged")
    assert "internal_error" not in {*first.values(), *second.values()}
    assert store.count_mentions(space.engine) == 1


async def test_names_that_are_never_answered_hold_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their threads are not those the database is written from."""
    answered = threading.Event()

    def silent(*_: object, **__: object) -> list[object]:
        answered.wait(30)
        return []

    monkeypatch.setattr(fetch.socket, "getaddrinfo", silent)
    async with open_session() as sessions:
        asking = [
            asyncio.create_task(
                fetch.fetch(sessions, FetchRequest(f"http://h{n}.example/"), limits=Limits(seconds=0.5))
            )
            for n in range(64)
        ]
        await asyncio.sleep(0.05)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "written"), 20) == "written"
        assert {(await task).outcome for task in asking} == {Outcome.TIMEOUT}
        answered.set()


def test_the_sessions_trust_nothing_around_them() -> None:
    async def look() -> None:
        async with open_session() as sessions:
            for session in (sessions.public, sessions.private):
                assert not session.trust_env
                assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
            assert sessions.public.headers["Accept-Encoding"] == "gzip"

    asyncio.run(look())
