"""A loopback server for tests: answers what it is told, and notes what it was asked."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


@dataclass(frozen=True)
class Reply:
    """One answer. `headers` replace the defaults (Content-Length)."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    path: str
    headers: Mapping[str, str]


Answer = Callable[[Asked], Reply]


class FeedHost:
    """Serves on 127.0.0.1 while the `with` block runs. `pages`: paths to replies, or to functions of the request."""

    def __init__(self, pages: Mapping[str, Reply | Answer]) -> None:
        self.pages = dict(pages)
        self.asked: list[Asked] = []

    def __enter__(self) -> FeedHost:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = Asked(self.path, dict(self.headers.items()))
                host.asked.append(asked)
                page = host.pages.get(self.path, Reply(404))
                reply = page(asked) if callable(page) else page
                self.send_response(reply.status)
                for name, value in ({"Content-Length": str(len(reply.body))} | dict(reply.headers)).items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(reply.body)
                except (BrokenPipeError, ConnectionResetError):
                    return  # the other end has had enough, which some tests are about

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"


def with_validators(body: bytes) -> Answer:
    """Answers 304 to the ETag of the body, byte for byte, else the body."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'

    def answer(asked: Asked) -> Reply:
        if asked.headers.get("If-None-Match") == etag:
            return Reply(304, headers={"ETag": etag})
        return Reply(200, body, {"ETag": etag, "Content-Length": str(len(body))})

    return answer


def rss(*items: str) -> bytes:
    """An RSS document around ready-made <item> elements."""
    return f'<rss version="2.0"><channel><title>T</title>{"".join(items)}</channel></rss>'.encode()


def item(guid: str, text: str, *, title: str = "", link: str = "", author: str = "", date: str = "") -> str:
    """One <item>; empty parts are left out, texts are taken as they are."""
    parts = {"guid": guid, "title": title, "link": link, "author": author, "pubDate": date, "description": text}
    return f"<item>{''.join(f'<{name}>{value}</{name}>' for name, value in parts.items() if value)}</item>"
