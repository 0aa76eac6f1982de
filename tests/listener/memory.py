"""The Internet in memory: stands in for the HTTP sessions of `listener.fetch`, so that a week is polled in seconds."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
from multidict import CIMultiDict

from listener.fetch import Sessions
from tests.listener.feedhost import Reply


@dataclass(frozen=True)
class Request:
    """One line of the log: what was asked, and what was answered."""

    at: dt.datetime
    url: str
    headers: Mapping[str, str]
    reply: Reply

    @property
    def conditional(self) -> bool:
        return bool({"If-None-Match", "If-Modified-Since"} & self.headers.keys())


class _Content:
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), size):
            yield self._body[start : start + size]


class _Response:
    """The part of aiohttp.ClientResponse that `fetch` uses."""

    def __init__(self, reply: Reply) -> None:
        self.status, self.headers, self.content = reply.status, CIMultiDict(reply.headers), _Content(reply.body)

    async def __aenter__(self) -> _Response:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


@dataclass
class Internet:
    """`answer` is called with time, address and headers of each request; `log` holds them all."""

    now: Callable[[], dt.datetime]
    answer: Callable[[dt.datetime, str, Mapping[str, str]], Reply]
    log: list[Request] = field(default_factory=list)

    def get(self, url: object, *, headers: Mapping[str, str], **_: Any) -> _Response:
        reply = self.answer(self.now(), str(url), headers)
        self.log.append(Request(self.now(), str(url), dict(headers), reply))
        return _Response(reply)

    @asynccontextmanager
    async def sessions(self) -> AsyncIterator[Sessions]:
        session = cast(aiohttp.ClientSession, self)
        yield Sessions(session, session)
