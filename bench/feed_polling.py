"""How fast feeds are polled.

    python bench/feed_polling.py [--feeds 100,1000,5000] [--seconds 900] [--texts distinct|copies|silent]

Feeds are served on loopback from another process to the collector: first all new, then all unchanged (304), then all
changed by one entry. `--texts copies`: all posts are near copies, which is the worst that can come;
`silent`: none speaks of the brand, as in most feeds at most times.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import multiprocessing
import os
import random
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from config.workspace import Workspace, open_workspace
from listener.collect import collect_once

ITEM = (
    "<item><guid>{key}</guid><title>{title}</title><link>https://a.example/{key}</link>"
    "<pubDate>Tue, 02 Jun 2026 10:00:00 GMT</pubDate><description>&lt;p&gt;{words}&lt;/p&gt;</description></item>"
)
FILLING = " ".join(["some words that speak of nothing in particular but fill a feed"] * 20)
SUBJECTS = ("the kitchen", "our neighbour", "a customer", "this shop", "my sister", "that teapot", "every cook")
VERBS = ("boils", "loses", "brings", "keeps", "asks for", "returns", "finds", "leaks", "pours", "costs", "breaks")
OBJECTS = ("water", "steam", "coffee", "the handle", "its lid", "a refund", "the receipt", "more time", "an answer")
ENDS = ("today", "again", "in March", "without a word", "for good", "at last", "on Monday", "with care", "twice")
OLD_ENTRIES = 20


def sentences(rng: random.Random, count: int) -> str:
    """Generated prose: no two of them are alike, as posts are not."""
    parts = (SUBJECTS, VERBS, OBJECTS, ENDS)
    return ". ".join(
        " ".join(f"{rng.choice(words)} {rng.randrange(10_000):x}" for words in parts) for _ in range(count)
    )


def document(path: str, turn: int, texts: str) -> str:
    """A feed: one entry of this turn that speaks of the brand, unless silent, and twenty old ones that do not."""
    if texts == "copies":
        new = ITEM.format(key=f"{path}-{turn}", title=f"A post about the acme kettle {path} {turn}", words=FILLING)
        old = (ITEM.format(key=f"{path}-old{n}", title=f"An old post {n}", words=FILLING) for n in range(OLD_ENTRIES))
    else:
        rng = random.Random(f"{path} {turn}")
        title = "On a kettle" if texts == "silent" else "On the acme kettle"
        new = ITEM.format(key=f"{path}-{turn}", title=title, words=sentences(rng, 20))
        rng = random.Random(path)
        old = (
            ITEM.format(key=f"{path}-old{n}", title=sentences(rng, 1), words=sentences(rng, 20))
            for n in range(OLD_ENTRIES)
        )
    return f'<rss version="2.0"><channel><title>T</title>{new}{"".join(old)}</channel></rss>'


def serve(pipe: Connection, texts: str) -> None:
    """A server whose feeds change when the turn does; a validator tells. It notes the turn from the pipe."""
    from aiohttp import web

    turn = 0

    async def feed(request: web.Request) -> web.Response:
        etag = f'"{turn}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        body = document(request.path, turn, texts)
        return web.Response(text=body, content_type="application/rss+xml", headers={"ETag": etag})

    async def main() -> None:
        nonlocal turn
        application = web.Application()
        application.router.add_get("/{n}", feed)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1_000)
        await site.start()
        pipe.send(runner.addresses[0][1])
        while (told := await asyncio.to_thread(pipe.recv)) is not None:
            turn = told
            pipe.send(turn)
        await runner.cleanup()

    asyncio.run(main())


def workspace_of(folder: Path, feeds: int, port: int) -> Workspace:
    """A workspace of many sources on one loopback server, which no limit per site holds back."""
    settings = '[workspace]\ncurrency = "EUR"\n[[brand]]\nname = "Acme"\nmatch = "acme"\n' + "".join(
        f'[[source]]\nname = "s{n}"\nurl = "http://127.0.0.1:{port}/{n}"\nallow_private = true\n' for n in range(feeds)
    )
    folder.mkdir(parents=True)
    (folder / "earned.toml").write_text(settings, encoding="utf-8")
    return open_workspace(folder)


def poll(counts: list[int], seconds: float, texts: str) -> None:
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, texts), daemon=True)
    server.start()
    port, turn, started = ours.recv(), 0, time.perf_counter()
    print(f"texts: {texts}; {len(document('/1', 0, texts).encode()) / 1000:.0f} KB a feed, {OLD_ENTRIES + 1} entries")
    print("| feeds | round | feeds/s | wall ms a feed | processor ms a feed: collector | its workers |")
    print("|---|---|---|---|---|---|")
    for feeds in (1, *counts):  # the first loads what every process loads once, language models above all
        with tempfile.TemporaryDirectory() as folder:
            workspace = workspace_of(Path(folder) / "w", feeds, port)
            for name in ("new", "unchanged", "changed"):
                if time.perf_counter() - started > seconds:
                    print(f"out of time before {feeds:,} feeds, {name}", flush=True)
                    break
                if name == "changed":
                    turn += 1
                    ours.send(turn)
                    ours.recv()
                print(_round(workspace, name, feeds), flush=True)
            workspace.engine.dispose()
    ours.send(None)
    server.join(10)


def _round(workspace: Workspace, name: str, feeds: int) -> str:
    wall, own, workers = time.perf_counter(), time.process_time(), _of_workers()
    report = asyncio.run(collect_once(workspace, now=lambda: dt.datetime.now(dt.UTC)))
    wall, own, workers = time.perf_counter() - wall, time.process_time() - own, _of_workers() - workers
    expected = {"new": "ok", "unchanged": "not_modified", "changed": "ok"}[name]
    if {row.outcome for row in report.sources} != {expected}:
        raise RuntimeError(f"expected {expected}: {next(row for row in report.sources if row.outcome != expected)}")
    each = (wall / feeds * 1000, own / feeds * 1000, workers / feeds * 1000)
    return f"| {feeds:,} | {name} | {feeds / wall:,.0f} | " + " | ".join(f"{part:.2f}" for part in each) + " |"


def _of_workers() -> float:
    """Processor seconds of the parse workers that have ended, as they do with every round here."""
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", default="100,1000,5000")
    parser.add_argument("--seconds", type=float, default=900.0, help="no further round is begun after")
    parser.add_argument("--texts", choices=("distinct", "copies", "silent"), default="distinct")
    options = parser.parse_args()
    poll([int(count) for count in options.feeds.split(",")], options.seconds, options.texts)


if __name__ == "__main__":
    main()
