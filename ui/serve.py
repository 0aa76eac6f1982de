"""Starts the web interface on this machine: one server, headers that keep strangers' content out, quiet options."""

from __future__ import annotations

import os
import socket
import threading
import time
import webbrowser
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from ui import theme

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_UPLOAD_MB = 500
# No `unsafe-eval`: charts are interpreted. `unsafe-inline` stays, as Streamlit writes its own styles into the page.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "frame-src 'self' blob: data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ServeError(Exception):
    """The interface cannot be started as asked; the text says what to do."""


class SafeHeaders:
    """ASGI middleware that puts HEADERS on every answer."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in HEADERS}
                others = [pair for pair in message.get("headers", ()) if pair[0].lower() not in names]
                message["headers"] = [*others, *HEADERS]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def options(*, port: int, address: str) -> dict[str, Any]:
    """The server's options. Everything is said here, as a settings file is only read from the working directory."""
    return {
        "server.address": address,
        "server.port": port,
        "server.headless": True,
        "server.allowedHosts": list(LOOPBACK),
        "server.fileWatcherType": "none",
        "server.maxUploadSize": MAX_UPLOAD_MB,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "client.disableDataExport": True,
        **theme.options(),
    }


def serve(workspace_folder: Path, *, port: int, open_browser: bool, address: str = "127.0.0.1") -> None:
    """Serve the workspace until Ctrl-C.

    Raises ServeError for an address other machines could reach, as nobody signs in, and for a port that is taken.

    The workspace is handed to the pages by the environment variable EARNED_WORKSPACE.
    """
    if address not in LOOPBACK:
        raise ServeError(
            f"{address} can be reached from other machines, and the interface asks nobody to sign in; "
            "use 127.0.0.1, and a proxy with sign-in in front of it"
        )
    if not _is_free(address, port):
        raise ServeError(f"port {port} is taken, perhaps by another earned; choose another one with --port")
    os.environ["EARNED_WORKSPACE"] = str(workspace_folder.resolve())
    import streamlit as st
    from starlette.middleware import Middleware

    app = st.App(Path(__file__).with_name("app.py").resolve(), middleware=[Middleware(SafeHeaders)])
    if open_browser:
        threading.Thread(target=_open_when_ready, args=(port,), daemon=True).start()
    try:
        app.run(config=options(port=port, address=address))
    except KeyboardInterrupt:
        return


def _is_free(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex((address, port)) != 0


def _open_when_ready(port: int) -> None:
    for _ in range(100):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                webbrowser.open(f"http://127.0.0.1:{port}")
                return
        except OSError:
            time.sleep(0.2)
