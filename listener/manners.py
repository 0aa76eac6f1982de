"""Who may be asked when: one request at a time to a registrable domain, spaced; silence where a server asked for it.

Hosts of one's own network (`allow_private`) are nobody else's: they are asked as the settings say.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from listener.schedule import LONGEST_RETRY, host_of
from listener.state import SourceState

SPACING = dt.timedelta(seconds=1)
SPACINGS = {"reddit.com": dt.timedelta(seconds=60)}  # since June 2026: one feed a minute and address, else 403 or 429
PATIENCE = dt.timedelta(seconds=30)  # a turn further away than this is waited for in the queue, not here
_NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Now = Callable[[], dt.datetime]
Pause = Callable[[dt.datetime, Now], Awaitable[None]]  # until when, by which clock


class FarTurnError(Exception):
    """The domain that a redirect leads to may not be asked soon. `group`: the domain; `until`: when it may be."""

    def __init__(self, group: str, until: dt.datetime) -> None:
        super().__init__(f"{group} may be asked again at {until:%Y-%m-%d %H:%M:%S} UTC")
        self.group, self.until = group, until


@lru_cache(maxsize=1)
def _suffixes() -> object:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@lru_cache(maxsize=16_384)
def politeness_group(url: str, *, allow_private: bool) -> str | None:
    """The registrable domain that shares a budget and a Retry-After; None for hosts of one's own network."""
    if allow_private:
        return None
    host = host_of(url)
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return str(_suffixes().privatesuffix(host) or host)  # type: ignore[attr-defined]


@dataclass
class _Budget:
    """Of one domain: `asked_at` last, `quiet_until` by its own word; `turn` is held during a request, for which
    `waiting` others stand in line."""

    spacing: dt.timedelta
    asked_at: dt.datetime = _NEVER
    quiet_until: dt.datetime = _NEVER
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0

    @property
    def free_at(self) -> dt.datetime:
        return max(self.asked_at + self.spacing, self.quiet_until)


class Manners:
    """The budgets of all domains; made anew from the stored states, kept from round to round."""

    def __init__(self, known: Iterable[tuple[str | None, SourceState]] = (), *, now: dt.datetime) -> None:
        """`known`: group and state of every source. Times that only a wrong clock can have written are left out."""
        self._budgets: dict[str, _Budget] = {}
        for group, state in known:
            if group:
                budget = self.of(group)
                if state.asked_at and state.asked_at <= now:
                    budget.asked_at = max(budget.asked_at, state.asked_at)
                if state.retry_after and state.retry_after <= now + LONGEST_RETRY:
                    budget.quiet_until = max(budget.quiet_until, state.retry_after)

    def of(self, group: str) -> _Budget:
        if group not in self._budgets:
            self._budgets[group] = _Budget(SPACINGS.get(group, SPACING))
        return self._budgets[group]

    def asked(self, group: str | None, at: dt.datetime) -> None:
        if group:
            self.of(group).asked_at = at

    def silence(self, group: str | None, until: dt.datetime) -> None:
        """A server of the domain wants peace; that holds for all its feeds."""
        if group:
            self.of(group).quiet_until = max(self.of(group).quiet_until, until)

    def quiet_until(self, group: str | None, *, now: dt.datetime) -> dt.datetime | None:
        """Until when the domain asked for silence; None when it did not, or the time is over."""
        until = self.of(group).quiet_until if group else _NEVER
        return until if until > now else None

    def too_far(
        self, waiting: Iterable[tuple[str | None, SourceState]], *, now: dt.datetime, slow_only: bool
    ) -> dict[str, dt.datetime]:
        """The sources of a round that are better postponed, with their turn: one slot each, the longest unasked first.

        `slow_only`: where a person waits, feeds of a domain are asked one after the other, however many they are, but
        not those of a domain that allows only one a minute.
        """
        listed = [(group, state) for group, state in waiting if group]
        later: dict[str, dt.datetime] = {}
        slots: dict[str, dt.datetime] = {}
        for group, state in sorted(listed, key=lambda one: (one[1].asked_at or _NEVER, one[1].name)):
            budget = self.of(group)
            slot = max(slots.get(group, budget.free_at), now)
            slots[group] = slot + budget.spacing
            if slot - now > PATIENCE and not (slow_only and budget.spacing <= SPACING and budget.quiet_until <= now):
                later[state.name] = slot
        return later


class Visit:
    """The way of one poll from domain to domain: it holds the turn of the one it is at, and one of the slots.

    It leaves a domain before it waits for the next, so that no two polls wait for each other.
    """

    def __init__(self, manners: Manners, slots: asyncio.Semaphore, *, now: Now, pause: Pause) -> None:
        self._manners, self._slots, self._now, self._pause = manners, slots, now, pause
        self._at: str | None = None
        self._inside = False

    async def enter(self, group: str | None) -> None:
        """Wait for the domain's turn and gap, unless it wants silence, and for a slot. None: one's own network."""
        if group:
            await self._take_turn(group)
        try:
            await self._slots.acquire()
        except BaseException:
            self._give_turn(group)
            raise
        self._at, self._inside = group, True

    async def _take_turn(self, group: str) -> None:
        budget = self._manners.of(group)
        budget.waiting += 1
        try:
            await budget.turn.acquire()
        finally:
            budget.waiting -= 1
        try:
            if self._manners.quiet_until(group, now=self._now()) is None and budget.free_at > self._now():
                await self._pause(budget.free_at, self._now)
        except BaseException:
            budget.turn.release()
            raise

    def _give_turn(self, group: str | None) -> None:
        if group:
            self._manners.of(group).turn.release()

    def answered(self) -> None:
        """The gap to the next request begins with the answer."""
        self._manners.asked(self._at, self._now())

    def leave(self) -> None:
        """Let others of the domain go on. More than once is once."""
        if self._inside:
            self._inside = False
            self._slots.release()
            self._give_turn(self._at)

    async def hop(self, url: str) -> None:
        """A redirect leads to `url`: its domain's budget is used, as if it were asked first. Raises FarTurnError."""
        group = politeness_group(url, allow_private=False)
        self.answered()
        if group and group != self._at:
            self._refuse_far(group, ahead=self._manners.of(group).waiting)
            self.leave()
            await self.enter(group)
            self._refuse_far(group, ahead=0)
        self._manners.asked(group, self._now())

    def _refuse_far(self, group: str, *, ahead: int) -> None:
        budget, now = self._manners.of(group), self._now()
        until = max(budget.free_at, now) + ahead * budget.spacing
        if budget.quiet_until > now or until - now > PATIENCE:
            raise FarTurnError(group, until)
