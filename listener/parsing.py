"""Feeds are read in worker processes that can be killed: a hostile feed costs seconds of one worker, never the run.

The worker is this module run as a program: `python -m listener.parsing`. Both ends speak length-prefixed JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import json
import os
import signal
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from listener.feeds import Entry, ParsedFeed, parse_feed

CPU_SECONDS = 5.0
WALL_SECONDS = 60.0  # on a busy machine CPU time passes slowly; this ends a worker that waits for ever
MEMORY_BYTES = 1_500_000_000
_LENGTH = struct.Struct(">I")


class ParseWorkers:
    """A few reusable worker processes. Use as `async with ParseWorkers() as workers: await workers.parse(...)`."""

    def __init__(self, *, count: int = 2, cpu_seconds: float = CPU_SECONDS) -> None:
        self._cpu_seconds = cpu_seconds
        self._slots: asyncio.Queue[Process | None] = asyncio.Queue()
        for _ in range(count):
            self._slots.put_nowait(None)

    async def __aenter__(self) -> ParseWorkers:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while not self._slots.empty():
            await _end(self._slots.get_nowait())

    async def parse(
        self, data: bytes, *, url: str, content_type: str | None, known: Collection[str] = ()
    ) -> ParsedFeed:
        """`feeds.parse_feed`, within limits of time and memory; exceeding them is an error of the feed."""
        process = await self._slots.get()
        try:
            process = process or await self._start()
            question = {"url": url, "content_type": content_type, "known": sorted(known)}
            answer = await asyncio.wait_for(_ask(process, data, question), WALL_SECONDS)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            await _end(process)
            process = None
            return ParsedFeed(
                None, None, (), (), f"reading the feed took more than {self._cpu_seconds:g} s or too much memory"
            )
        except BaseException:  # cancelled half-way: the worker would answer the next question with this one's answer
            await _end(process)
            process = None
            raise
        finally:
            self._slots.put_nowait(process)
        return answer

    async def _start(self) -> Process:
        house = str(Path(__file__).resolve().parent.parent)
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT", "LANG", "TZ")}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "listener.parsing", str(self._cpu_seconds),
            stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=kept | {"PYTHONPATH": house, "PYTHONUTF8": "1"},
        )  # fmt: skip


async def _ask(process: Process, data: bytes, question: dict[str, Any]) -> ParsedFeed:
    if process.stdin is None or process.stdout is None:
        raise ConnectionError("the worker has no pipes")
    head = json.dumps(question).encode()
    process.stdin.write(_LENGTH.pack(len(head)) + head + _LENGTH.pack(len(data)) + data)
    await process.stdin.drain()
    (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
    return _from_json(json.loads(await process.stdout.readexactly(length)))


async def _end(process: Process | None) -> None:
    if process is None:
        return
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        process.kill()
    await process.wait()


def _from_json(answer: dict[str, Any]) -> ParsedFeed:
    def entry(fields: dict[str, Any]) -> Entry:
        when = fields["published_at"]
        fields |= {"published_at": dt.datetime.fromisoformat(when) if when else None, "links": tuple(fields["links"])}
        return Entry(**fields)

    entries = tuple(entry(fields) for fields in answer["entries"])
    return ParsedFeed(answer["title"], answer["format"], entries, tuple(answer["warnings"]), answer["error"])


# --- the worker's side ---------------------------------------------------------------------------------------------


def _serve(source: BinaryIO, target: BinaryIO, *, cpu_seconds: float) -> None:
    """Answer until the other end closes the pipe, which also happens when it is killed."""
    _limit_memory()
    gc.freeze()  # what is loaded stays: looking it over again and again would cost as much as reading a feed
    gc.set_threshold(50_000)
    while True:
        head, data = _frame(source), _frame(source)
        if head is None or data is None:
            return
        question = json.loads(head)
        _limit_time(cpu_seconds)
        answer = _answer(data, question)
        _limit_time(0)
        target.write(_LENGTH.pack(len(answer)) + answer)
        target.flush()


def _frame(source: BinaryIO) -> bytes | None:
    size = source.read(_LENGTH.size)
    if len(size) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(size)
    data = source.read(length)
    return data if len(data) == length else None


def _answer(data: bytes, question: dict[str, Any]) -> bytes:
    try:
        feed = parse_feed(data, **question)
    except (MemoryError, RecursionError) as exc:
        feed = ParsedFeed(None, None, (), (), f"the feed cannot be read within bounds ({type(exc).__name__})")
    fields = vars(feed) | {"entries": [vars(entry) for entry in feed.entries]}  # `asdict` copies each value: 5 x slower
    return json.dumps(fields, default=dt.datetime.isoformat).encode()


def _limit_time(seconds: float) -> None:
    """CPU time for one feed; running out ends the process. 0 takes the limit off."""
    if hasattr(signal, "setitimer"):  # not on Windows, where the wall clock alone guards
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the collector, which then closes the pipe
    _serve(sys.stdin.buffer, sys.stdout.buffer, cpu_seconds=float(sys.argv[1]))
