"""When a source is asked again, and what a poll leaves behind in its state. Pure: times come in, states go out."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import replace
from urllib.parse import urlsplit

from listener.fetch import FetchRequest, FetchResult, Outcome, is_home
from listener.state import SourceState

LONGEST_WAIT = dt.timedelta(hours=24)  # some feeds claim a year
LONGEST_RETRY = dt.timedelta(days=7)  # a Retry-After is kept to the letter up to here
SHORTEST_WAIT = dt.timedelta(minutes=10)  # between two polls of a public feed, whatever the settings say
VALIDATORS_LIVE = dt.timedelta(days=8)  # some servers answer 304 for ever
WITHOUT_RETRY_AFTER = dt.timedelta(minutes=10)
MOVED_AFTER = 3  # equal answers in a row before a permanent redirect is believed
MOVED_BACK_AFTER = 3  # failures in a row of the new address before the old one is asked again
_JITTER = 0.1
_KEEP_VALIDATORS = ("openrss.org", "rachelbythebay.com")  # who ban for unconditional requests
_SUCCESS = (Outcome.OK, Outcome.NOT_MODIFIED)


def address_of(state: SourceState) -> str:
    """The address to ask: the one in the settings, or where the server has said often enough that the feed moved to."""
    moved = state.permanent_url if state.permanent_count >= MOVED_AFTER else None
    return moved or state.url


def is_inside(state: SourceState, *, allow_private: bool) -> bool:
    """Whether the address to ask may lie in a private network: leave is given for the host in the settings alone, not
    for one that its server has moved the feed to."""
    return allow_private and is_home(address_of(state), home=state.url)


def host_of(url: str) -> str:
    """The host of an address; "" where it cannot be read: `fetch` says so, and the other sources go on."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def request_of(state: SourceState, *, plan_hash: str, allow_private: bool, now: dt.datetime) -> FetchRequest:
    """What to ask. Validators go along unless they are old, or the body has to be read again by other queries."""
    kept = host_of(address_of(state)).endswith(_KEEP_VALIDATORS)
    fresh = state.validators_at is not None and (kept or now - state.validators_at < VALIDATORS_LIVE)
    known = fresh and state.plan_hash == plan_hash
    return FetchRequest(
        url=address_of(state),
        etag=state.etag if known else None,
        last_modified=state.last_modified if known else None,
        allow_private=is_inside(state, allow_private=allow_private),
    )


def before_request(state: SourceState, *, interval: dt.timedelta, public: bool, now: dt.datetime) -> SourceState:
    """The next check is planned before the request is made: a crash then causes no storm of polls."""
    return replace(state, asked_at=now, next_check_at=next_check(state.name, now, interval=interval, public=public))


def next_check(name: str, now: dt.datetime, *, interval: dt.timedelta, public: bool) -> dt.datetime:
    """`now` and the interval (at least 10 minutes for public feeds), later by up to a tenth so that polls spread."""
    wait = max(interval, SHORTEST_WAIT) if public else interval
    drawn = hashlib.blake2b(f"{name} {now.isoformat()}".encode(), digest_size=4).digest()
    return now + wait * (1 + _JITTER * int.from_bytes(drawn, "big") / 2**32)


def after_answer(
    state: SourceState, result: FetchResult, *, interval: dt.timedelta, public: bool, now: dt.datetime
) -> SourceState:
    """The state an answer leaves, before its body is read. Success clears errors; failures wait ever longer."""
    told = replace(
        state,
        last_checked_at=now,
        outcome=str(result.outcome),
        http_status=result.http_status,
        error=result.error,
        fresh_until=_not_before(state, now=now, answered=result.http_status is not None) if public else None,
    )
    if result.outcome not in _SUCCESS:
        return _failed(told, result, interval=interval, public=public, now=now)
    told = _moved(replace(told, failures=0, last_success_at=now, retry_after=None, gone=False), result.permanent_url)
    if result.outcome == Outcome.NOT_MODIFIED:
        told = replace(told, etag=result.etag or state.etag, last_modified=result.last_modified or state.last_modified)
    return _planned(told, result, interval=interval, public=public, now=now)


def _planned(
    state: SourceState, result: FetchResult, *, interval: dt.timedelta, public: bool, now: dt.datetime
) -> SourceState:
    """When to come again after a success: what the settings say, or later where server or document ask for it."""
    pace = dt.timedelta(seconds=state.pace_seconds or 0)
    wish = min(max(result.max_age or dt.timedelta(), pace), LONGEST_WAIT)
    floor = max(wish, SHORTEST_WAIT) if public else wish
    due = next_check(state.name, now, interval=max(interval, wish), public=public)
    return replace(state, next_check_at=due, fresh_until=now + floor)


def _failed(
    state: SourceState, result: FetchResult, *, interval: dt.timedelta, public: bool, now: dt.datetime
) -> SourceState:
    """After a failure: ever later, at the latest after a day; a source that is gone leaves the queue."""
    adopted = state.permanent_count >= MOVED_AFTER
    told = replace(state, failures=state.failures + 1)
    if adopted and (result.outcome == Outcome.GONE or told.failures >= MOVED_BACK_AFTER):
        told = replace(told, permanent_url=None, permanent_count=0)
    elif result.outcome == Outcome.GONE:
        return replace(told, gone=True, next_check_at=None)
    due = _backed_off(state, interval=interval, public=public, now=now)
    if result.outcome == Outcome.RATE_LIMITED or result.retry_after is not None:
        until = retry_time(result, failures=state.failures, now=now)
        return replace(told, retry_after=until, next_check_at=max(until, due))
    return replace(told, next_check_at=due)


def _backed_off(before: SourceState, *, interval: dt.timedelta, public: bool, now: dt.datetime) -> dt.datetime:
    """The next check after a failure: the interval doubled by each failure before, up to a day or the interval."""
    waited = max(min(_doubled(interval, before.failures), LONGEST_WAIT), interval)
    return next_check(before.name, now, interval=waited, public=public)


def _not_before(before: SourceState, *, now: dt.datetime, answered: bool = True) -> dt.datetime:
    """Until when a public source that failed is left alone though a person wants everything asked: ten minutes, doubled
    by each failure before. Where no server `answered` nobody is bothered, and the fault may be our own connection."""
    return now + min(_doubled(SHORTEST_WAIT, before.failures if answered else 0), LONGEST_WAIT)


def _doubled(span: dt.timedelta, times: int) -> dt.timedelta:
    return span * (1 << min(times, 12))


def with_body(
    state: SourceState,
    result: FetchResult,
    *,
    pace: dt.timedelta | None,
    interval: dt.timedelta,
    public: bool,
    body_hash: str,
    plan_hash: str,
    now: dt.datetime,
) -> SourceState:
    """The state once a body has been read: from now on the server may say "not modified".

    `pace` is how often the document itself wants to be read, as `stated_pace` finds it.
    """
    paced = replace(state, pace_seconds=int(pace.total_seconds()) if pace else None)
    return replace(
        _planned(paced, result, interval=interval, public=public, now=now),
        etag=result.etag,
        last_modified=result.last_modified,
        validators_at=now,
        body_hash=body_hash,
        plan_hash=plan_hash,
    )


def unreadable(
    state: SourceState, error: str, *, before: SourceState, interval: dt.timedelta, public: bool, now: dt.datetime
) -> SourceState:
    """A body that is no feed is a failure of the source: it is asked in full again, ever later, as after any other.

    `state` is what `after_answer` made of `before`: what server or settings want of the next check still holds.
    """
    due = _backed_off(before, interval=interval, public=public, now=now)
    return replace(
        state,
        outcome="not_a_feed",
        error=error,
        failures=before.failures + 1,
        last_success_at=before.last_success_at,
        next_check_at=max(due, state.next_check_at or due),
        fresh_until=_not_before(before, now=now) if public else None,
        etag=None,
        last_modified=None,
        validators_at=None,
        body_hash=None,
        permanent_url=None,
        permanent_count=0,
    )


def _moved(state: SourceState, permanent_url: str | None) -> SourceState:
    if permanent_url is None:
        settled = state.permanent_count >= MOVED_AFTER  # we already ask the new address, which redirects no more
        return state if settled else replace(state, permanent_url=None, permanent_count=0)
    again = permanent_url == state.permanent_url
    return replace(state, permanent_url=permanent_url, permanent_count=state.permanent_count + 1 if again else 1)


def retry_time(result: FetchResult, *, now: dt.datetime, failures: int = 0) -> dt.datetime:
    """Until when the server wants peace: what it said, at most a week; else ten minutes, doubled by each failure."""
    said = result.retry_after
    if said is None:
        return now + min(_doubled(WITHOUT_RETRY_AFTER, failures), LONGEST_WAIT)
    until = said if isinstance(said, dt.datetime) else now + said
    return min(max(until, now), now + LONGEST_RETRY)


_HEAD = 20_000  # bytes of a document in which its channel is described
_FIRST_ITEM = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry)[\s>]")
_TTL = re.compile(rb"<ttl>\s{0,20}(\d{1,9})\s{0,20}</ttl>")
_PERIOD = re.compile(rb":updatePeriod>\s{0,20}(hourly|daily|weekly|monthly|yearly)\s{0,20}</")
_FREQUENCY = re.compile(rb":updateFrequency>\s{0,20}(\d{1,4})\s{0,20}</")
_PERIODS = {b"hourly": 1, b"daily": 24, b"weekly": 168, b"monthly": 720, b"yearly": 8760}  # hours


def stated_pace(body: bytes) -> dt.timedelta | None:
    """How long a feed says it stays as it is: RSS <ttl> in minutes, or sy:updatePeriod over sy:updateFrequency.

    None where it says nothing. Read off the channel's head alone, before the document is parsed.
    """
    head = body[:_HEAD].replace(b"\0", b"")  # UTF-16
    first = _FIRST_ITEM.search(head)
    head = head[: first.start()] if first else head
    ttl, period, frequency = _TTL.search(head), _PERIOD.search(head), _FREQUENCY.search(head)
    if ttl:
        return dt.timedelta(minutes=int(ttl[1])) or None
    if period:
        return dt.timedelta(hours=_PERIODS[period[1]]) / max(int(frequency[1]) if frequency else 1, 1)
    return None
