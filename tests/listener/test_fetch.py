from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import time
import zlib
from dataclasses import replace

import pytest

from listener.fetch import (
    USER_AGENT,
    FetchRequest,
    FetchResult,
    Limits,
    Outcome,
    fetch,
    is_public,
    open_session,
    parse_freshness,
    parse_max_age,
    parse_retry_after,
)
from tests.listener.feedhost import Asked, FeedHost, Reply, rss, with_validators

BODY = rss()


async def get(url: str, *, private: bool = True, limits: Limits | None = None, **validators: str) -> FetchResult:
    async with open_session() as sessions:
        return await fetch(sessions, FetchRequest(url, allow_private=private, **validators), limits=limits)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("::127.0.0.1", False),
        ("::ffff:0:7f00:1", False),
        ("fec0::1", False),
        ("2002:7f00:1::", False),
        ("no address", False),
    ],
)
def test_only_addresses_of_the_open_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


async def test_a_body_comes_with_its_validators_and_the_program_names_itself() -> None:
    with FeedHost(
        {"/f": Reply(200, BODY, {"ETag": 'W/"a b"', "Last-Modified": "Tue, 02 Jun 2026 10:00:00 GMT"})}
    ) as host:
        result = await get(host.url("/f"))
    assert (result.outcome, result.http_status, result.body) == (Outcome.OK, 200, BODY)
    assert (result.etag, result.last_modified) == ('W/"a b"', "Tue, 02 Jun 2026 10:00:00 GMT")
    sent = host.asked[0].headers
    assert sent["User-Agent"] == USER_AGENT
    assert not {"Cookie", "Referer", "If-None-Match", "If-Modified-Since"} & sent.keys()


async def test_validators_go_back_byte_for_byte() -> None:
    with FeedHost({"/f": with_validators(BODY)}) as host:
        first = await get(host.url("/f"))
        again = await get(host.url("/f"), etag=first.etag or "", last_modified='odd "date"')
    assert again.outcome == Outcome.NOT_MODIFIED
    assert host.asked[1].headers["If-None-Match"] == first.etag
    assert host.asked[1].headers["If-Modified-Since"] == 'odd "date"'


HALF = gzip.compress(bytes(range(256)) * 400)[:300]
STATUSES = [
    (Reply(404), Outcome.HTTP_ERROR),
    (Reply(403), Outcome.HTTP_ERROR),
    (Reply(410), Outcome.GONE),
    (Reply(429), Outcome.RATE_LIMITED),
    (Reply(503, headers={"Retry-After": "60"}), Outcome.RATE_LIMITED),
    (Reply(503), Outcome.HTTP_ERROR),
    (Reply(500), Outcome.HTTP_ERROR),
    (Reply(204), Outcome.HTTP_ERROR),
    (Reply(403, headers={"cf-mitigated": "challenge"}), Outcome.HTTP_ERROR),
    (Reply(302), Outcome.HTTP_ERROR),
    (Reply(200, b"not packed", {"Content-Encoding": "gzip"}), Outcome.OK),
    (Reply(200, HALF, {"Content-Encoding": "gzip"}), Outcome.NETWORK_ERROR),
    (Reply(301, headers={"Location": "/\xff"}), Outcome.BAD_URL),
]


@pytest.mark.parametrize(("reply", "outcome"), STATUSES)
async def test_every_answer_has_one_outcome_and_every_failure_a_sentence(reply: Reply, outcome: Outcome) -> None:
    with FeedHost({"/f": reply}) as host:
        result = await get(host.url("/f"))
    assert result.outcome == outcome
    assert result.http_status in (reply.status, None)
    assert bool(result.error) is (outcome != Outcome.OK)


SHORT = ["http://127.1/f", "http://0x7f.1/f", "http://2130706433/f"]  # 127.0.0.1, as resolvers read it
BLOCKED = [
    "http://127.0.0.1/f",
    "http://localhost/f",
    "http://[::1]/f",
    *SHORT,
    "http://[::ffff:127.0.0.1]/f",
]


@pytest.mark.parametrize("url", BLOCKED)
async def test_an_inside_address_is_refused_at_connect_time(url: str) -> None:
    result = await get(url, private=False)
    assert result.outcome in (Outcome.BLOCKED_ADDRESS, Outcome.BAD_URL, Outcome.NETWORK_ERROR)
    assert result.body is None
    if url in SHORT:
        assert result.outcome != Outcome.NETWORK_ERROR
    if url in BLOCKED[:3]:
        assert result.outcome == Outcome.BLOCKED_ADDRESS
        assert "allow_private" in (result.error or "")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://a.example/f", "only http"),
        ("file:///etc/passwd", "only http"),
        ("http://user:pw@a.example/", "user name or password"),
        ("http://a.example:22/", "port 22"),
        ("http://a.example:notaport/", "no address"),
        ("http://", "only http"),
    ],
)
async def test_some_addresses_are_not_even_asked(url: str, words: str) -> None:
    result = await get(url, private=False)
    assert result.outcome == Outcome.BAD_URL
    assert words in (result.error or "")


async def test_redirects_are_followed_and_only_permanent_ones_are_remembered() -> None:
    pages = {
        "/now": Reply(302, headers={"Location": "/f"}),
        "/moved": Reply(301, headers={"Location": "/moved2"}),
        "/moved2": Reply(308, headers={"Location": "/f"}),
        "/mixed": Reply(301, headers={"Location": "/now"}),
        "/f": Reply(200, BODY),
    }
    with FeedHost(pages) as host:
        found = {path: await get(host.url(path)) for path in pages}
        there = host.url("/f")
    assert {result.outcome for result in found.values()} == {Outcome.OK}
    assert {path: result.permanent_url for path, result in found.items()} == {
        "/now": None, "/moved": there, "/moved2": there, "/mixed": None, "/f": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        ("/loop", Outcome.TOO_MANY_REDIRECTS),
        ("file:///etc/passwd", Outcome.BAD_URL),
        ("http://user:pw@127.0.0.1/", Outcome.BAD_URL),
        ("http://[", Outcome.BAD_URL),
    ],
)
async def test_a_redirect_is_checked_like_a_first_address(location: str, outcome: Outcome) -> None:
    with FeedHost({"/loop": Reply(302, headers={"Location": location})}) as host:
        assert (await get(host.url("/loop"))).outcome == outcome
    assert len(host.asked) <= 6


SMALL = Limits(compressed_bytes=100_000, inflated_bytes=300_000)
BOMB = gzip.compress(b"x" * 20_000_000)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"x" * 200_000, {}),
        (BOMB, {"Content-Encoding": "gzip"}),
        (zlib.compress(b"x" * 20_000_000), {"Content-Encoding": "deflate"}),
    ],
    ids=["large", "gzip bomb", "deflate bomb"],
)
async def test_a_body_past_a_limit_is_given_up(body: bytes, headers: dict[str, str]) -> None:
    with FeedHost({"/f": Reply(200, body, headers)}) as host:
        result = await get(host.url("/f"), limits=SMALL)
    assert (result.outcome, result.body) == (Outcome.TOO_LARGE, None)


RAW_DEFLATE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (gzip.compress(BODY), "gzip"),
        (gzip.compress(BODY[:20]) + gzip.compress(BODY[20:]), "gzip"),
        (zlib.compress(BODY), "deflate"),
        (RAW_DEFLATE.compress(BODY) + RAW_DEFLATE.flush(), "deflate"),
        (BODY, "identity"),
        (BODY, "gzip"),
    ],
    ids=["gzip", "two members", "zlib", "raw deflate", "identity", "said but not packed"],
)
async def test_a_packed_body_is_unpacked(packed: bytes, encoding: str) -> None:
    with FeedHost({"/f": Reply(200, packed, {"Content-Encoding": encoding})}) as host:
        assert (await get(host.url("/f"))).body == BODY


async def test_a_server_that_dawdles_is_left() -> None:
    def slow(asked: Asked) -> Reply:
        time.sleep(1)
        return Reply(200, BODY)

    with FeedHost({"/f": slow}) as host:
        result = await get(host.url("/f"), limits=Limits(seconds=0.2))
    assert result.outcome == Outcome.TIMEOUT
    assert "0.2 seconds" in (result.error or "")


async def test_a_server_is_not_blamed_for_what_we_were_too_busy_to_hear() -> None:
    def answers(asked: Asked) -> Reply:
        time.sleep(0.1)
        return Reply(200, BODY)

    with FeedHost({"/f": answers}) as host:
        asked = asyncio.create_task(get(host.url("/f"), limits=Limits(seconds=0.4)))
        while not host.asked:
            await asyncio.sleep(0.01)
        time.sleep(1)  # nothing is heard meanwhile, though the answer is there after a tenth of it
        assert (await asked).outcome == Outcome.OK


async def test_what_is_done_before_a_hop_is_on_nobodys_time() -> None:
    async def waits(url: str) -> None:
        hops.append(url)
        await asyncio.sleep(0.8)

    hops: list[str] = []
    with FeedHost({"/f": Reply(200, BODY), "/old": Reply(302, headers={"Location": "/f"})}) as host:
        port = int(host.url("").rpartition(":")[2])
        async with open_session(ports=(port,), reachable=lambda ip: True) as sessions:
            old, brief = FetchRequest(host.url("/old")), Limits(seconds=0.6)
            result = await fetch(sessions, old, limits=brief, before_hop=waits)
            assert (result.outcome, hops) == (Outcome.OK, [host.url("/f")])
            inside = await fetch(sessions, replace(old, allow_private=True), limits=brief, before_hop=waits)
        assert (inside.outcome, len(hops)) == (Outcome.OK, 1)  # a hop within one's own network bothers nobody


@pytest.mark.parametrize("packed", ["br", "zstd", "BR"])
async def test_packing_that_was_not_asked_for_is_named(packed: str) -> None:
    with FeedHost({"/f": Reply(200, b"\x1b\x03\x00", {"Content-Encoding": packed})}) as host:
        result = await get(host.url("/f"))
        assert host.asked[0].headers["Accept-Encoding"] == "gzip"
    assert (result.outcome, result.body) == (Outcome.HTTP_ERROR, None)
    assert packed.lower() in (result.error or "")


async def test_a_closed_door_and_a_broken_answer_are_results() -> None:
    with FeedHost({"/f": Reply(200, BODY, {"Content-Length": "9999"})}) as host:
        broken = await get(host.url("/f"), limits=Limits(seconds=2))
        gone = host.url("/f")
    assert broken.outcome in (Outcome.NETWORK_ERROR, Outcome.TIMEOUT)
    assert (await get(gone)).outcome == Outcome.NETWORK_ERROR


async def test_what_failed_is_told_in_our_words() -> None:
    with FeedHost({"/cut": Reply(200, HALF, {"Content-Encoding": "gzip"}), "/bad": Reply(200, BODY)}) as host:
        cut, closed = await get(host.url("/cut")), host.url("/f")
    nothing, unknown = await get(closed), await get("http://nosuch.invalid/f", private=False)
    assert cut.error == "the server's answer is broken (the packed body ends too early)"
    assert nothing.error == "nothing answers at this address (connection refused)"
    assert unknown.error == "the server's name is not known; check the address and your connection"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", dt.timedelta(minutes=2)),
        ("Tue, 02 Jun 2026 10:00:00 GMT", dt.datetime(2026, 6, 2, 10, tzinfo=dt.UTC)),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, expected: object) -> None:
    assert parse_retry_after(value) == expected


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("max-age=60", 60),
        ("public, max-age=3600", 3600),
        ("s-maxage=60", None),
        ("no-store, max-age=60", None),
        ("no-cache, max-age=60", None),
        ("stale-if-no-cache=1, max-age=60", 60),
        (None, None),
    ],
)
def test_max_age_is_read_from_cache_control(value: str | None, seconds: int | None) -> None:
    found = parse_max_age(value)
    assert (found.total_seconds() if found else None) == seconds


SENT = "Tue, 02 Jun 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({"Expires": "Tue, 02 Jun 2026 10:30:00 GMT", "Date": SENT}, 30),
        ({"Expires": "Tue, 02 Jun 2026 09:30:00 GMT", "Date": SENT}, None),
        ({"Expires": "0", "Date": SENT}, None),
        ({"Expires": "Tue, 02 Jun 2026 10:30:00 GMT"}, None),
        ({"Expires": "Tue, 02 Jun 2026 10:30:00 GMT", "Date": "Tue, 02 Jun 2026 10:00:00"}, None),
        ({"Expires": "Tue, 02 Jun 2026 10:30:00 GMT", "Date": SENT, "Cache-Control": "max-age=600"}, 10),
        ({"Expires": "Tue, 02 Jun 2026 10:30:00 GMT", "Date": SENT, "Cache-Control": "no-cache"}, None),
        ({}, None),
    ],
)
def test_freshness_is_max_age_else_expires_less_date(headers: dict[str, str], minutes: int | None) -> None:
    assert parse_freshness(headers) == (dt.timedelta(minutes=minutes) if minutes else None)


async def test_validators_that_cannot_be_sent_back_are_not_kept() -> None:
    reply = Reply(200, b"x", {"ETag": '"\xff\xfe"', "Last-Modified": "x" * 2000})
    with FeedHost({"/f": reply}) as host:
        result = await get(host.url("/f"))
    assert (result.outcome, result.etag, result.last_modified) == (Outcome.OK, None, None)
