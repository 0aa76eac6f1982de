"""Killing the collector at any moment loses no acknowledged entry and counts none twice.

The feeds move on only when they are asked with the validator of what they served last: an entry whose validator came
back is never shown again, so one that was acknowledged and not stored would be missing at the end.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from config.workspace import Workspace, open_workspace
from listener import store
from listener.collect import collect_once
from tests.listener.feedhost import Asked, FeedHost, Reply, item, rss

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
FEEDS, PAGES, PER_PAGE, KILLS = 4, 12, 8, 15
SETTINGS = '[workspace]\ncurrency = "EUR"\n[[brand]]\nname = "Acme"\nmatch = "acme"\n'
CHILD = """
import asyncio, datetime as dt, sys
from pathlib import Path
from config.workspace import open_workspace
from listener.collect import collect_once

def main():
    workspace = open_workspace(Path(sys.argv[1]))
    print("ready", flush=True)
    while True:
        asyncio.run(collect_once(workspace, now=lambda: dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)))

main()
"""


class MovingFeed:
    """Serves one page after the other; the next only to whoever shows that the last has arrived."""

    def __init__(self, name: str) -> None:
        self.name, self.page = name, 0

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("If-None-Match") == f'"{self.page}"':
            if self.page == PAGES - 1:
                return Reply(304)
            self.page += 1
        numbers = range(self.page * PER_PAGE, (self.page + 1) * PER_PAGE)
        body = rss(*(item(f"{self.name}-{n}", f"acme {n}") for n in numbers))
        return Reply(200, body, {"ETag": f'"{self.page}"', "Content-Length": str(len(body))})


def settings_for(host: FeedHost) -> str:
    sources = (f'[[source]]\nname = "f{n}"\nurl = "{host.url(f"/f{n}")}"\nallow_private = true\n' for n in range(FEEDS))
    return SETTINGS + "".join(sources)


def feeds() -> dict[str, MovingFeed]:
    return {f"/f{n}": MovingFeed(f"f{n}") for n in range(FEEDS)}


def finish(workspace: Workspace, moving: dict[str, MovingFeed]) -> None:
    """Poll undisturbed until every feed has shown its last page and been told that it arrived."""
    for _ in range(PAGES + 2):
        report = asyncio.run(collect_once(workspace, now=lambda: NOW))
        if all(row.outcome == "not_modified" for row in report.sources):
            return
    raise AssertionError(f"the feeds do not come to an end: {[feed.page for feed in moving.values()]}")


def table(workspace: Workspace) -> pl.DataFrame:
    return store.read_mentions(workspace.engine).drop("first_seen", "last_seen").sort("mention_id")


def kill_when(host: FeedHost, folder: Path, *, requests: int, pause: float) -> None:
    """Start a collector and kill it: at so many requests from now, and a moment later. Bounded by 20 seconds."""
    until, deadline = len(host.asked) + requests, time.monotonic() + 20
    with subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        while len(host.asked) < until and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(pause)
        child.send_signal(signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_killed_at_random_moments_it_ends_with_the_table_of_an_undisturbed_run(
    make_workspace: Callable[..., Workspace],
) -> None:
    moving = feeds()
    with FeedHost(moving) as host:
        calm = make_workspace(settings=settings_for(host), folder="calm")
        finish(calm, moving)
    chance, moving = random.Random(20260630), feeds()
    with FeedHost(moving) as host:
        folder = make_workspace(settings=settings_for(host), folder="killed").folder
        for _ in range(KILLS):
            kill_when(host, folder, requests=chance.randint(0, 7), pause=chance.choice([0, 0.01, 0.1, 0.3]))
        moved_on = sum(feed.page for feed in moving.values())
        killed = open_workspace(folder)
        finish(killed, moving)
    assert 0 < moved_on < FEEDS * (PAGES - 1), "the kills came before or after everything"
    assert table(killed).height == FEEDS * PAGES * PER_PAGE
    assert table(killed).equals(table(calm))
    with killed.engine.connect() as connection:
        assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
