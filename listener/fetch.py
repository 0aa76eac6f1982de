"""The only way out to HTTP: polite, bounded, safe.

The server is a stranger: addresses are checked when the connection is made (no rebinding window), every redirect is
checked again, bodies stop at their limits while still compressed, and whatever the server does is a `FetchResult`, no
exception.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import re
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from listener.unreached import why

USER_AGENT = "earned/0.1 (feed reader of a brand; polls politely)"
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)
PUBLIC_PORTS = (80, 443)
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_LONGEST_VALIDATOR = 1_000
_NAME_THREADS = 16  # names that are never answered hold a thread each: not one that the database needs
_CHUNK = 64 * 1024
_BEAT = 0.25  # seconds after which we look whether we were there to listen
_UNASKED = ("br", "zstd", "compress", "x-compress", "dcb", "dcz")  # ways of packing that we do not ask for, nor read
_T = TypeVar("_T")

# Told where a redirect leads before it is followed, unless it leads to a host allowed inside. May wait, or raise.
BeforeHop = Callable[[str], Awaitable[None]]


class Outcome(StrEnum):
    """What came of a request: a closed list."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    GONE = "gone"
    HTTP_ERROR = "http_error"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    BLOCKED_ADDRESS = "blocked_address"
    NETWORK_ERROR = "network_error"
    BAD_URL = "bad_url"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    RATE_LIMITED = "rate_limited"


@dataclass(frozen=True)
class Limits:
    """Bounds of one fetch: seconds for all of it, bytes as sent and as inflated, redirects followed.

    Seconds count only while this process listens: what it is too busy to hear is no fault of the server's.
    """

    seconds: float = 20.0
    compressed_bytes: int = 4_000_000
    inflated_bytes: int = 10_000_000
    redirects: int = 5


@dataclass(frozen=True)
class FetchRequest:
    """What to ask for. The validators are sent byte for byte as the server gave them.

    `allow_private`: the host that `url` names may lie inside a private network. That holds for this name alone, at the
    port in `url` and the usual ones: wherever else the server sends us is judged like any address of the open Internet.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    allow_private: bool = False


@dataclass(frozen=True)
class FetchResult:
    """What came back. `error` is a sentence for the user.

    `permanent_url` is the new address, if every hop to it was permanent. `retry_after` (a span, or a time) and
    `max_age` are the server's wishes, None where it has none.
    """

    outcome: Outcome
    http_status: int | None = None
    body: bytes | None = None
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    final_url: str | None = None
    permanent_url: str | None = None
    retry_after: dt.timedelta | dt.datetime | None = None
    max_age: dt.timedelta | None = None
    error: str | None = None


class BlockedAddressError(OSError):
    """The name leads to an address inside a private network. Raised at connect time, ends inside `fetch`."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet.

    A mapped IPv4 address counts as that one; every other way of carrying IPv4 inside IPv6 (NAT64, 6to4, Teredo,
    compatible, translated) is refused, as its real target cannot be judged here.
    """
    try:
        ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        elif ip.sixtofour or ip.teredo or ip.is_site_local or any(ip in carried for carried in _CARRYING_IPV4):
            return False
    return ip.is_global and not ip.is_multicast


_CARRYING_IPV4 = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")))


Reachable = Callable[[str], bool]  # whether an IP address may be connected to


def _socket(info: Any, *, reachable: Reachable | None) -> socket.socket:
    family, kind, protocol, _, address = info
    if reachable and not reachable(str(address[0])):
        raise BlockedAddressError(f"{address[0]} is no address of the open Internet")
    return socket.socket(family=family, type=kind, proto=protocol)


class _Names(AbstractResolver):
    """The system's resolver on threads of its own. What it answers is judged at the moment of connecting alone."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_NAME_THREADS, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        def ask() -> list[Any]:
            return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)

        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return [
            ResolveResult(
                hostname=host, host=str(to[0]), port=int(to[1]), family=kind, proto=proto, flags=socket.AI_NUMERICHOST
            )
            for kind, _, proto, _, to in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class Sessions:
    """Two HTTP sessions: one that reaches the open Internet only, one for hosts that a source allows inside by name.

    `ports` are those that may be asked on the open Internet.
    """

    public: aiohttp.ClientSession
    private: aiohttp.ClientSession
    ports: tuple[int, ...] = PUBLIC_PORTS


@asynccontextmanager
async def open_session(
    *,
    user_agent: str = USER_AGENT,
    ports: tuple[int, ...] = PUBLIC_PORTS,
    reachable: Reachable = is_public,
    resolver: AbstractResolver | None = None,
) -> AsyncIterator[Sessions]:
    """The sessions every fetch goes through: no proxy of the environment, no cookies, one connection a public host.

    `reachable` judges every address that is connected to; `resolver` only finds them.
    """
    names = resolver or _Names()
    public, private = _session(reachable, names, user_agent), _session(None, names, user_agent)
    try:
        yield Sessions(public, private, ports)
    finally:
        await public.close()
        await private.close()
        await names.close()


def _session(reachable: Reachable | None, names: AbstractResolver, user_agent: str) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        socket_factory=lambda info: _socket(info, reachable=reachable),
        resolver=names,
        limit_per_host=1 if reachable else 0,
        force_close=True,  # hosts differ from poll to poll; a kept connection would only wait
        use_dns_cache=False,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip"},
        trust_env=False,
        auto_decompress=False,
    )


async def fetch(
    sessions: Sessions, request: FetchRequest, *, limits: Limits | None = None, before_hop: BeforeHop | None = None
) -> FetchResult:
    """One GET, redirects followed. Never raises for what a server, a name or an address does.

    `before_hop` is awaited before a redirect is followed, on nobody's time; what it raises comes out here.
    """
    limits = limits or Limits()
    patience = _Patience(limits.seconds)
    try:
        return await patience.spent_on(_follow(sessions, request, limits, patience.hop(before_hop)))
    except TimeoutError:
        return FetchResult(
            Outcome.TIMEOUT, final_url=request.url, error=f"no full answer within {limits.seconds:g} seconds"
        )


class _Patience:
    """Seconds spent waiting for others. It counts in beats, and one that comes late is no more than a beat: meanwhile
    this process was busy, or the machine, and what has arrived was not looked at yet."""

    def __init__(self, seconds: float) -> None:
        self._left, self._beat, self._stopped = seconds, min(_BEAT, seconds / 4), False

    async def spent_on(self, work: Coroutine[Any, Any, _T]) -> _T:
        """The outcome of the work; TimeoutError when patience ends."""
        task = asyncio.ensure_future(work)
        try:
            while self._left > 0:
                await asyncio.wait({task}, timeout=self._beat)
                if task.done():
                    return task.result()
                if not self._stopped:
                    self._left -= self._beat
            raise TimeoutError
        finally:
            if task.cancel():
                await asyncio.gather(task, return_exceptions=True)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        self._stopped = True
        try:
            yield
        finally:
            self._stopped = False

    def hop(self, before_hop: BeforeHop | None) -> BeforeHop:
        async def waited(url: str) -> None:
            if before_hop:
                with self.stopped():
                    await before_hop(url)

        return waited


async def _follow(sessions: Sessions, request: FetchRequest, limits: Limits, before_hop: BeforeHop) -> FetchResult:
    """Walk the redirects; each address is checked as if it were the first, and only the first's host may be inside."""
    url, permanent, moved = request.url, True, False
    for _ in range(limits.redirects + 1):
        inside = request.allow_private and is_home(url, home=request.url, ports=sessions.ports)
        problem = bad_address(url, allow_private=inside, ports=sessions.ports)
        if problem:
            astray = moved and bad_address(url, allow_private=True) is None
            return FetchResult(Outcome.BAD_URL, final_url=url, error=_led_inside(url) if astray else problem)
        if moved and not inside:
            await before_hop(url)
        result, location = await _get(sessions, replace(request, url=url, allow_private=inside), limits)
        if moved and result.outcome == Outcome.BLOCKED_ADDRESS:
            return replace(result, error=_led_inside(url))
        if location is None:
            there = url if moved and permanent and result.outcome in (Outcome.OK, Outcome.NOT_MODIFIED) else None
            return replace(result, permanent_url=there)
        try:
            target = urljoin(url, location)
            insecure = urlsplit(url).scheme == "https" and urlsplit(target).scheme == "http"
        except ValueError:
            said = "the server sends us on to something that is no address"
            return replace(result, outcome=Outcome.BAD_URL, error=said)
        if insecure:
            return replace(
                result,
                outcome=Outcome.BAD_URL,
                error="the server sends a secure address to an insecure one; not followed",
            )
        permanent, moved, url = permanent and result.http_status in _PERMANENT, True, target
    return FetchResult(
        Outcome.TOO_MANY_REDIRECTS, final_url=url, error=f"more than {limits.redirects} redirects; check the address"
    )


def bad_address(url: str, *, allow_private: bool, ports: tuple[int, ...] = PUBLIC_PORTS) -> str | None:
    """Why an address is not asked at all, or None: http(s) with a host, no user or password, usual ports."""
    try:
        url.encode()  # a header's stray bytes cannot be sent, nor stored
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "this is no address that can be read"
    if parts.scheme not in ("http", "https") or not host or " " in host or not host.isprintable():
        return "only http and https addresses can be read"
    if parts.username is not None or parts.password is not None:
        return "the address holds a user name or password; such addresses are not asked"
    if not allow_private and port not in (None, *ports):
        return f"port {port} is asked only where the source says allow_private = true"
    return None


def is_home(url: str, *, home: str, ports: tuple[int, ...] = PUBLIC_PORTS) -> bool:
    """Whether an address lies at the host that `home` names, as it names it, and at its port or a usual one."""
    try:
        here, there = _url(url), _url(home)
    except ValueError:
        return False
    same = (here.raw_host or "").lower() == (there.raw_host or "").lower()
    return same and here.port in (there.port, *ports)


def _url(text: str) -> URL:
    """The address as it is connected to: what is judged and what is asked must not differ in how they are read."""
    return URL(text, encoded=text.isascii() and " " not in text)


def _led_inside(url: str) -> str:
    place = urlsplit(url).netloc
    return f"the server sends us on to {place}, which is not asked; if it is yours, make it a source of its own"


async def _get(sessions: Sessions, request: FetchRequest, limits: Limits) -> tuple[FetchResult, str | None]:
    """One request without redirects: the result, and where it points to if it is a redirect."""
    session = sessions.private if request.allow_private else sessions.public
    headers = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
    try:
        async with session.get(
            _url(request.url),
            headers={name: value for name, value in headers.items() if value},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        ) as response:
            return await _read(response, request, limits)
    except BlockedAddressError as exc:
        return _blocked(request, exc), None
    except aiohttp.InvalidURL:
        return FetchResult(Outcome.BAD_URL, final_url=request.url, error="this is no address that can be read"), None
    except (aiohttp.ClientError, OSError, ValueError) as exc:
        if isinstance(exc, TimeoutError):
            raise
        cause = getattr(exc, "os_error", None) or exc.__cause__
        if isinstance(cause, BlockedAddressError) or "is no address of the open Internet" in str(exc):
            return _blocked(request, exc), None
        return FetchResult(Outcome.NETWORK_ERROR, final_url=request.url, error=why(exc)), None


def _blocked(request: FetchRequest, exc: BaseException) -> FetchResult:
    host = urlsplit(request.url).hostname
    return FetchResult(
        Outcome.BLOCKED_ADDRESS,
        final_url=request.url,
        error=f"{host} lies inside a private network; if it is yours, set allow_private = true for this source",
    )


async def _read(
    response: aiohttp.ClientResponse, request: FetchRequest, limits: Limits
) -> tuple[FetchResult, str | None]:
    headers = response.headers
    result = FetchResult(
        Outcome.OK,
        http_status=response.status,
        content_type=headers.get("Content-Type"),
        etag=_validator(headers.get("ETag")),
        last_modified=_validator(headers.get("Last-Modified")),
        final_url=request.url,
        retry_after=parse_retry_after(headers.get("Retry-After")),
        max_age=parse_freshness(headers),
    )
    if response.status in _REDIRECTS and headers.get("Location"):
        return result, headers["Location"]
    if response.status != 200:
        asked = bool(request.etag or request.last_modified)
        return _without_body(result, headers, conditional=asked), None
    packed = headers.get("Content-Encoding", "").strip().lower()
    if packed in _UNASKED:
        said = f"the server packs its answers in a way we did not ask for, and do not read ({packed})"
        return replace(result, outcome=Outcome.HTTP_ERROR, error=said), None
    body = await _body(response, limits)
    if body is None:
        size = f"{limits.compressed_bytes // 1_000_000} MB sent or {limits.inflated_bytes // 1_000_000} MB unpacked"
        return replace(result, outcome=Outcome.TOO_LARGE, error=f"the feed is larger than {size}"), None
    return replace(result, body=body), None


def _validator(value: str | None) -> str | None:
    """A validator as sent, or None for one that cannot be sent back as it is: bytes beyond ASCII, or a flood."""
    return value if value and len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable() else None


def _without_body(result: FetchResult, headers: Mapping[str, str], *, conditional: bool) -> FetchResult:
    status = result.http_status
    if status == 304 and conditional:
        return replace(result, outcome=Outcome.NOT_MODIFIED)
    if status == 304:
        said = "the server says that nothing changed (304) though it was asked for everything; check the address"
        return replace(result, outcome=Outcome.HTTP_ERROR, error=said)
    if status == 410:
        return replace(
            result, outcome=Outcome.GONE, error="the server says this feed is gone for good (410); remove it"
        )
    if status == 429 or (status == 503 and result.retry_after is not None):
        return replace(result, outcome=Outcome.RATE_LIMITED, error=f"the server asks us to come back later ({status})")
    if status == 403 and headers.get("cf-mitigated") == "challenge":
        said = "the site asks for a browser check (Cloudflare) that no program can pass; look for another feed"
        return replace(result, outcome=Outcome.HTTP_ERROR, error=said)
    return replace(result, outcome=Outcome.HTTP_ERROR, error=_status_sentence(status))


def _status_sentence(status: int | None) -> str:
    advice = {401: "it wants a password", 403: "it refuses us", 404: "there is nothing at this address"}
    if status in advice:
        return f"the server answered {status}: {advice[status]}; check the source's address in your settings"
    later = "; it will be asked again later" if status and status >= 500 else "; check the source's address"
    return f"the server answered {status}{later}"


async def _body(response: aiohttp.ClientResponse, limits: Limits) -> bytes | None:
    """The body, inflated; None past a limit. Nothing past a limit is ever held in memory."""
    inflate = _Inflater(response.headers.get("Content-Encoding", "").strip().lower(), limits.inflated_bytes)
    sent = 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        sent += len(chunk)
        if sent > limits.compressed_bytes or not inflate.add(chunk):
            return None
    if not inflate.complete:
        raise aiohttp.ClientPayloadError("the packed body ends too early")
    return bytes(inflate.whole)


class _Inflater:
    """Collects a body, unpacking gzip and deflate step by step; `add` is False when the limit is passed."""

    def __init__(self, encoding: str, limit: int) -> None:
        self.whole = bytearray()
        self._limit = limit
        self._wbits = {"gzip": 31, "x-gzip": 31, "deflate": 15}.get(encoding)
        self._engine = zlib.decompressobj(self._wbits) if self._wbits else None

    @property
    def complete(self) -> bool:
        """Whether a packed body has been unpacked to its end: half of one must not pass for the whole feed."""
        return self._engine is None or self._engine.eof or not self.whole

    def add(self, chunk: bytes) -> bool:
        rest = chunk
        while rest and self._engine and len(self.whole) <= self._limit:
            try:
                self.whole += self._engine.decompress(rest, self._limit + 1 - len(self.whole))
            except zlib.error:
                rest = self._as_it_is(rest)
                continue
            rest = self._engine.unconsumed_tail or self._next_member()
        if not self._engine:
            self.whole += rest
        return len(self.whole) <= self._limit

    def _as_it_is(self, rest: bytes) -> bytes:
        """A body that is not what its header says: raw deflate, or not packed at all."""
        if self._wbits == 15 and not self.whole:
            self._wbits = -15
            self._engine = zlib.decompressobj(-15)
            return rest
        if self.whole:
            raise aiohttp.ClientPayloadError("the packed body is broken")
        self._engine = None
        return rest

    def _next_member(self) -> bytes:
        """gzip bodies may be several members one after another."""
        if not self._engine or not self._engine.eof or not self._engine.unused_data or self._wbits != 31:
            return b""
        rest = self._engine.unused_data
        self._engine = zlib.decompressobj(31)
        return rest


def parse_retry_after(value: str | None) -> dt.timedelta | dt.datetime | None:
    """Retry-After: seconds, or an HTTP date (RFC 9110 10.2.3). None when absent or unreadable."""
    if not value:
        return None
    text = value.strip()
    if re.fullmatch(r"\d{1,9}", text):
        return dt.timedelta(seconds=int(text))
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)


def parse_max_age(value: str | None) -> dt.timedelta | None:
    """max-age of Cache-Control, in seconds; None when absent, or when nothing may be stored or used unasked."""
    said = (value or "").lower()
    found = re.search(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", said)
    refused = re.search(r"(?:^|[\s,])(?:no-store|no-cache)(?:[\s,]|$)", said)
    return dt.timedelta(seconds=int(found[1])) if found and not refused else None


def parse_freshness(headers: Mapping[str, str]) -> dt.timedelta | None:
    """How long the server says its answer holds: max-age, else Expires less Date (RFC 9111 4.2.1). None: not said.

    `Expires: 0`, or a time before Date, says that it holds for no time; so does a Cache-Control that refuses storing.
    """
    if headers.get("Cache-Control"):
        return parse_max_age(headers["Cache-Control"])
    try:
        until, sent = (parsedate_to_datetime(headers[name]) for name in ("Expires", "Date"))
        return max(until - sent, dt.timedelta()) or None
    except (KeyError, ValueError, TypeError):  # TypeError: one with a zone, one without
        return None
