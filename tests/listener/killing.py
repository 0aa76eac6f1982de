"""Collectors and imports that die at a named step: run as a program, it forks one for each line it reads.

A line is JSON: {"job": "listen" | "import", "folder", "step", "pass", "file"}; the answer is the exit code, negative
for a signal. Modules are imported once, before any thread is there, so that a fork costs little.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import inspect
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attribution.facts
import config.intake
import listener.collect
import listener.state
import listener.store
import ui.pipeline
from config.workspace import open_workspace
from listener.parsing import ParseWorkers

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
# step: where it is (module or class, name), and whether death comes before or after it
LISTEN: dict[str, tuple[Any, str, str]] = {
    "before the plan is written": (listener.collect, "save_state", "before"),
    "before the request": (listener.collect, "fetch", "before"),
    "after the response": (listener.collect, "fetch", "after"),
    "parsed": (ParseWorkers, "parse", "after"),
    "matched": (listener.collect, "match_brands", "after"),
    "scored": (listener.collect, "score", "after"),
    "in the transaction, before the mentions": (listener.store, "store_mentions", "before"),
    "in the transaction, among the mentions": (listener.store, "store_words", "after"),
    "in the transaction, before the state": (listener.store, "write_states", "before"),
    "in the transaction, before the commit": (listener.store, "write_states", "after"),
    "after the commit": (listener.collect, "save_polls", "after"),
}
IMPORT: dict[str, tuple[Any, str, str]] = {
    "container opened": (config.intake, "read_file", "after"),
    "parsed": (config.intake, "_parse", "after"),
    "ledger begun": (config.intake, "_begin", "after"),
    "before facts": (attribution.facts.Facts, "write", "before"),
    "facts on the way": (attribution.facts, "write_deltalake", "after"),
    "one table written": (attribution.facts.Facts, "_append", "after"),
    "all facts written": (attribution.facts.Facts, "write", "after"),
    "before the ledger is done": (config.intake, "_finish", "before"),
    "in the ledger's transaction": (config.intake, "count_change", "after"),
    "after the ledger is done": (config.intake, "_finish", "after"),
}


def die_at(place: Any, name: str, when: str, *, at_pass: int) -> None:
    """Wrap a function of ours so that its n-th call is the process's last."""
    real: Callable[..., Any] = getattr(place, name)
    left = at_pass

    def passed() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(real)
    def plain(*args: Any, **options: Any) -> Any:
        if when == "before":
            passed()
        found = real(*args, **options)
        if when == "after":
            passed()
        return found

    @functools.wraps(real)
    async def waiting(*args: Any, **options: Any) -> Any:
        if when == "before":
            passed()
        found = await real(*args, **options)
        if when == "after":
            passed()
        return found

    setattr(place, name, waiting if inspect.iscoroutinefunction(real) else plain)


async def listen(folder: Path) -> None:
    """Poll until every source says that there is nothing new."""
    async with listener.collect.Collector(open_workspace(folder), now=lambda: NOW) as collector:
        while any(row.outcome != "not_modified" for row in (await collector.round(only_due=False)).sources):
            pass


def live(order: dict[str, Any]) -> None:
    steps = LISTEN if order["job"] == "listen" else IMPORT
    die_at(*steps[order["step"]], at_pass=order["pass"])
    if order["job"] == "listen":
        asyncio.run(listen(Path(order["folder"])))
    else:
        ui.pipeline.take_file(open_workspace(Path(order["folder"])), Path(order["file"]), now=NOW)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live(json.loads(line))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
