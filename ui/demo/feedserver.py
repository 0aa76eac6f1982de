"""Serves a folder's feeds on the loopback, the way a polite host does: conditional requests, right types, no more."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class _Document:
    body: bytes
    content_type: str
    etag: str
    last_modified: str


def _read(folder: Path, path: str) -> _Document | None:
    """The feed at `/feeds/<name>`, None unless it is a plain file lying directly in the folder's feeds."""
    prefix, _, name = unquote(urlsplit(path).path).rpartition("/")
    feeds = (folder / "feeds").resolve()
    if prefix != "/feeds" or not name or "\\" in name or "\0" in name:
        return None
    file = (feeds / name).resolve()
    if file.parent != feeds or not file.is_file():
        return None
    body = file.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return _Document(body, _content_type(body), etag, formatdate(file.stat().st_mtime, usegmt=True))


def _content_type(body: bytes) -> str:
    head = body[:600]
    kind = "rss" if b"<rss" in head else "atom" if b"<feed" in head else ""
    return f"application/{kind}+xml; charset=utf-8" if kind else "application/octet-stream"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def __init__(self, *args: object, folder: Path) -> None:
        self.folder = folder
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        document = _read(self.folder, self.path)
        if document is None:
            self.send_response(HTTPStatus.NOT_FOUND)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        same = self._knows(document)
        self.send_response(HTTPStatus.NOT_MODIFIED if same else HTTPStatus.OK)
        self.send_header("ETag", document.etag)
        self.send_header("Last-Modified", document.last_modified)
        if not same:
            self.send_header("Content-Type", document.content_type)
            self.send_header("Content-Length", str(len(document.body)))
        self.end_headers()
        if with_body and not same:
            self.wfile.write(document.body)

    def _knows(self, document: _Document) -> bool:
        """Whether the asker has this version; without a tag of theirs, their date decides."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
            return document.etag in known or "*" in known
        return self.headers.get("If-Modified-Since") == document.last_modified

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the one who polls reports."""


class FeedServer:
    """Serves `folder`/feeds at `url`/feeds/ on 127.0.0.1 while the context lasts; port 0 takes a free one.

    Files may be written after the start. Raises OSError when the port is taken.
    """

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self._folder = folder
        self._port = port
        self._server: ThreadingHTTPServer | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """The base address; the feed `x` is at `url`/feeds/x.xml. Only known while serving."""
        if self._server is None:
            raise RuntimeError("the feed server is not running; enter its context first")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FeedServer:
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), partial(_Handler, folder=self._folder))
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="demo-feeds", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None
