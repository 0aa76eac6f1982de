"""kill -9 at every step of the pipeline: no acknowledged entry is lost, none stands twice; facts are whole or none.

The feeds move on only when they are asked with the validator of what they served last: an entry whose validator came
back is never shown again, so one that was acknowledged and not stored would be missing at the end.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from config import intake
from config.workspace import Workspace, open_workspace
from listener import store
from listener.collect import Collector
from tests.listener.feedhost import Asked, FeedHost, Reply, item, rss
from tests.listener.killing import IMPORT, LISTEN, NOW
from ui import pipeline

ROOT = Path(__file__).resolve().parents[2]
ORDERS = ROOT / "tests" / "data" / "small_shop" / "orders_export.csv"
FEEDS, PER_PAGE, PER_FILE = 3, 4, 5
SETTINGS = '[workspace]\ncurrency = "EUR"\n[[brand]]\nname = "Acme"\nmatch = "acme"\n'
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and fork are POSIX")
LONG = pytest.mark.skipif("EARNED_LONG" not in os.environ, reason="200 kills take minutes; set EARNED_LONG=1")
Kill = Callable[..., int]


@pytest.fixture(scope="module")
def kill() -> Iterator[Kill]:
    """Start a process that dies at a step; its exit code. `-9` is what was wanted, 0 that it ended before."""
    command = [sys.executable, "-m", "tests.listener.killing"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mother:
        assert mother.stdin is not None
        assert mother.stdout is not None
        reads, writes = mother.stdout, mother.stdin

        def order(**told: object) -> int:
            writes.write(json.dumps({"file": None, **told}, default=str) + "\n")
            writes.flush()
            return int(reads.readline())

        yield order
        writes.close()


class MovingFeed:
    """Serves one page after the other; the next only to whoever shows that the last has arrived."""

    def __init__(self, name: str, pages: int) -> None:
        self.name, self.pages, self.page = name, pages, 0

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("If-None-Match") == f'"{self.page}"':
            if self.page == self.pages - 1:
                return Reply(304)
            self.page += 1
        numbers = range(self.page * PER_PAGE, (self.page + 1) * PER_PAGE)
        body = rss(*(item(f"{self.name}-{n}", f"acme {n}") for n in numbers))
        return Reply(200, body, {"ETag": f'"{self.page}"', "Content-Length": str(len(body))})


@contextmanager
def moving_feeds(pages: int) -> Iterator[tuple[list[MovingFeed], str]]:
    """The feeds, and settings that name them."""
    feeds = [MovingFeed(f"f{n}", pages) for n in range(FEEDS)]
    with FeedHost({f"/{feed.name}": feed for feed in feeds}) as host:
        sources = (
            f'[[source]]\nname = "{feed.name}"\nurl = "{host.url("/" + feed.name)}"\nallow_private = true\n'
            for feed in feeds
        )
        yield feeds, SETTINGS + "".join(sources)


async def finish(workspace: Workspace, pages: int) -> None:
    """Poll undisturbed until every feed has shown its last page and been told that it arrived."""
    async with Collector(workspace, now=lambda: NOW) as collector:
        for _ in range(pages + 2):
            report = await collector.round(only_due=False)
            if all(row.outcome == "not_modified" for row in report.sources):
                return
    raise AssertionError(f"the feeds do not come to an end: {report}")


def table(workspace: Workspace) -> pl.DataFrame:
    return store.read_mentions(workspace.engine).drop("first_seen", "last_seen").sort("mention_id")


def whole(workspace: Workspace) -> bool:
    with workspace.engine.connect() as connection:
        return bool(connection.scalar(sa.text("PRAGMA integrity_check")) == "ok")


def kill_listening(
    make_workspace: Callable[..., Workspace], kill: Kill, *, kills: int, steps: Sequence[str] = tuple(LISTEN)
) -> None:
    chance, pages = random.Random(20260630), kills * 3
    with moving_feeds(pages) as (feeds, settings):
        folder = make_workspace(settings=settings, folder="killed").folder
        for step in islice(cycle(steps), kills):
            code = kill(job="listen", folder=folder, step=step, **{"pass": chance.randint(1, 2 * FEEDS)})
            assert code == -signal.SIGKILL, step
        moved_on = sum(feed.page for feed in feeds)
        killed = open_workspace(folder)
        asyncio.run(finish(killed, pages))
    assert 0 < moved_on < FEEDS * (pages - 1), "the kills came before or after everything"
    with moving_feeds(pages) as (_, settings):
        calm = make_workspace(settings=settings, folder="calm")
        asyncio.run(finish(calm, pages))
    assert table(killed).height == FEEDS * pages * PER_PAGE
    assert table(killed).equals(table(calm))
    assert whole(killed)


def orders_file(folder: Path, number: int) -> Path:
    """An export of PER_FILE orders that no other file has."""
    header, _, _, row, *_ = csv.reader(ORDERS.read_text(encoding="utf-8").splitlines())
    names = [f"#{number}{n:02}" for n in range(PER_FILE)]
    at, known_as = header.index("Name"), header.index("Id")
    file = folder / f"orders{number}.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        for name in names:
            writer.writerow([name if n == at else name[1:] if n == known_as else cell for n, cell in enumerate(row)])
    return file


def stored_orders(space: Workspace) -> list[str]:
    found = pipeline.facts_of(space).scan("orders").select("order_id").collect()["order_id"].to_list()
    return [str(key) for key in found]


def kill_imports(
    make_workspace: Callable[..., Workspace],
    kill: Kill,
    tmp_path: Path,
    *,
    kills: int,
    steps: Sequence[str] = tuple(IMPORT),
) -> None:
    space = make_workspace(settings=SETTINGS)
    expected: set[str] = set()
    for number, step in enumerate(islice(cycle(steps), kills), start=10):
        file = orders_file(tmp_path, number)
        code = kill(job="import", folder=space.folder, step=step, file=file, **{"pass": 1})
        assert code == -signal.SIGKILL, step
        found = stored_orders(space)
        added = {key for key in found if key not in expected}
        assert len(added) in (0, PER_FILE), f"{step}: {len(added)} of {PER_FILE} orders are seen"
        assert bool(added) == (step == "after the ledger is done"), step
        report = pipeline.take_file(space, file, now=NOW)
        assert report.error is None
        expected |= {key for key in stored_orders(space) if key not in expected}
        assert len(expected) == PER_FILE * (number - 9), step
    found = stored_orders(space)
    assert len(found) == len(set(found)) == PER_FILE * kills
    assert whole(space)
    states = {row["state"] for row in intake.list_imports(space.engine)}
    assert states == {"done", "abandoned"}


def test_listening_is_killed_at_some_steps(make_workspace: Callable[..., Workspace], kill: Kill) -> None:
    kill_listening(make_workspace, kill, kills=6, steps=list(LISTEN)[::2])


def test_an_import_is_killed_at_some_steps(
    make_workspace: Callable[..., Workspace], kill: Kill, tmp_path: Path
) -> None:
    kill_imports(make_workspace, kill, tmp_path, kills=5, steps=list(IMPORT)[1::2])


@pytest.mark.slow
@LONG
def test_listening_is_killed_110_times(make_workspace: Callable[..., Workspace], kill: Kill) -> None:
    kill_listening(make_workspace, kill, kills=110)


@pytest.mark.slow
@LONG
def test_imports_are_killed_90_times(make_workspace: Callable[..., Workspace], kill: Kill, tmp_path: Path) -> None:
    kill_imports(make_workspace, kill, tmp_path, kills=90)
