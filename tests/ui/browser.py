"""A real browser against a real server: what AppTest cannot see (layout, policy, direction, requests that leave).

Start with `serving(folder)`, then `open_page(browser, url, dark=…, width=…)`. Chromium is Debian's; without it skip.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",  # tests may run as root
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]
APP = '[data-testid="stApp"][data-test-script-state="notRunning"]'
NO_SKELETON = "() => !document.querySelector('[data-testid=\"stSkeleton\"]')"
HEIGHT = "() => document.querySelector('[data-testid=\"stMain\"]').scrollHeight"
START = "import sys; from pathlib import Path; from ui.serve import serve; "
START += "serve(Path(sys.argv[1]), port=int(sys.argv[2]), open_browser=False)"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(folder: Path, log: Path) -> Iterator[str]:
    """The interface of a workspace as a child process; gives its address, and ends it afterwards."""
    port = free_port()
    with log.open("wb") as out:
        child = subprocess.Popen([sys.executable, "-c", START, str(folder), str(port)], stdout=out, stderr=out)
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", child)
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()
            child.wait(timeout=20)


def _wait(url: str, child: subprocess.Popen[bytes]) -> None:
    for _ in range(600):  # a busy machine takes its time
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=1) as answer:
            if answer.read() == b"ok":
                return
        if child.poll() is not None:
            break
        time.sleep(0.2)
    raise RuntimeError(f"the server did not come up at {url}")


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser: Any, url: str, *, dark: bool = False, width: int = 1440, locale: str = "en-GB") -> Any:
    """A settled page; `page.strays` lists requests that went elsewhere, `page.failed` those that failed."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale=locale,
    )
    page = context.new_page()
    page.strays, page.failed = [], []
    page.on("request", lambda request: None if _ours(request.url) else page.strays.append(request.url))
    page.on("requestfailed", lambda request: page.failed.append(request.url))
    page.goto(url, wait_until="domcontentloaded")
    settle(page)
    return page


def _ours(url: str) -> bool:
    return url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))


def settle(page: Any, pause_ms: int = 800) -> None:
    """Wait until the script has run and the late canvases are drawn."""
    page.wait_for_selector(APP, state="attached", timeout=45_000)
    page.wait_for_function(NO_SKELETON, timeout=45_000)
    page.evaluate("() => document.fonts.ready")
    page.wait_for_timeout(pause_ms)


def shoot(page: Any, path: Path, *, width: int = 1440) -> None:
    """The whole page: it scrolls inside the window, so the window grows."""
    page.set_viewport_size({"width": width, "height": max(900, page.evaluate(HEIGHT))})
    page.wait_for_timeout(500)
    page.screenshot(path=str(path), animations="disabled")
    page.set_viewport_size({"width": width, "height": 900})
