"""Writing for many at once: what gathers while one lot is being written goes into the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


class Gathering(Generic[_T, _R]):
    """Calls `write` in a thread, one lot after the other; it gives an outcome for each of its lot, in order."""

    def __init__(self, write: Callable[[Sequence[_T]], Sequence[_R]], *, at_most: int = 200) -> None:
        self._write, self._at_most = write, at_most
        self._waiting: list[tuple[_T, asyncio.Future[_R]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def put(self, item: _T) -> _R:
        """Returns when it is written. What cannot be written together is written one by one: whose fault it is hears
        of it."""
        written: asyncio.Future[_R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await written

    async def close(self) -> None:
        if self._writing:
            await asyncio.wait({self._writing})

    async def _write_all(self) -> None:
        while self._waiting:
            lot, self._waiting = self._waiting[: self._at_most], self._waiting[self._at_most :]
            for (_, written), outcome in zip(lot, await self._outcomes([item for item, _ in lot]), strict=True):
                if written.done():  # nobody waits any more
                    continue
                if isinstance(outcome, Exception):
                    written.set_exception(outcome)
                else:
                    written.set_result(outcome)

    async def _outcomes(self, lot: Sequence[_T]) -> Sequence[_R | Exception]:
        try:
            return await asyncio.to_thread(self._write, lot)
        except Exception as exc:  # belongs to those who wait for it
            if len(lot) == 1:
                return [exc]
        return [outcome for item in lot for outcome in await self._outcomes([item])]
