"""A newcomer's way in a real browser: `earned demo` comes up, and the pages show what the commands print."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from babel.numbers import format_currency

from tests.ui import browser

pytestmark = pytest.mark.browser
EARNED = Path(sys.executable).with_name("earned")
PAGES = ("", "mentions", "sentiment", "influencers", "codes", "channels", "roi", "data")


@dataclass(frozen=True)
class Demo:
    url: str
    folder: Path
    chromium: Any


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    if not browser.CHROMIUM.exists():
        pytest.skip("Chromium is not installed: the browser journey cannot run")
    folder = tmp_path_factory.mktemp("journey") / "demo"
    log = folder.with_suffix(".log")
    port = browser.free_port()
    command = [str(EARNED), "--workspace", str(folder), "demo", "--no-browser", "--port", str(port)]
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            with browser.chromium() as found:
                yield Demo(f"http://127.0.0.1:{port}", folder, found)
        finally:
            server.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
            code = server.wait(timeout=30)
    assert code == 0, log.read_text()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, log.read_text()
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def ask(demo: Demo, *arguments: str) -> Any:
    command = [str(EARNED), "--workspace", str(demo.folder), *arguments, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout)


def whole_euros(amount: str) -> str:
    return format_currency(float(amount), "EUR", "¤#,##0", locale="en_GB", currency_digits=False)


def test_the_roi_page_shows_what_the_command_prints(demo: Demo) -> None:
    page = browser.open_page(demo.chromium, f"{demo.url}/roi")
    text = page.inner_text('[data-testid="stMain"]')
    document = ask(demo, "roi")
    for figure in ("direct", "cost", "total"):
        assert whole_euros(document[figure]) in text, figure
    assert f"{document['roi']['direct']:+.0%}" in text
    for end in document["roi"]["blended"].values():
        assert f"{end:+.0%}" in text
    assert "estimated" in text
    assert "Simulated data" in text


def test_a_longer_period_in_the_address_shows_the_command_s_figures_too(demo: Demo) -> None:
    page = browser.open_page(demo.chromium, f"{demo.url}/roi?days=180")
    document = ask(demo, "roi", "--since", "2026-05-25", "--until", "2026-11-20")
    assert whole_euros(document["direct"]) in page.inner_text('[data-testid="stMain"]')


@pytest.mark.parametrize(("dark", "width"), [(False, 1440), (True, 390)], ids=["desk", "dark-phone"])
@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "overview")
def test_every_page_opens_fits_and_asks_nobody_else(demo: Demo, name: str, dark: bool, width: int) -> None:
    page = browser.open_page(demo.chromium, f"{demo.url}/{name}", dark=dark, width=width)
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.strays == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth + 1")
    page.context.close()


def test_strangers_text_stays_text(demo: Demo) -> None:
    """The demo's hostile posts (markup, a tracking picture, a formula) are letters on the page and nothing more."""
    page = browser.open_page(demo.chromium, f"{demo.url}/mentions?days=180&q=script")
    page.wait_for_timeout(500)
    assert page.strays == []
    assert page.evaluate("() => [...document.scripts].every(s => !s.textContent.includes('alert('))")
