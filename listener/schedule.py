"""When a source is asked again, and what a poll leaves behind in its state. Pure: times come in, states go out."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlsplit

from listener.fetch import FetchRequest, FetchResult, Outcome
from listener.store import SourceState

LONGEST_WAIT = dt.timedelta(hours=24)  # some feeds claim a year
SHORTEST_WAIT = dt.timedelta(minutes=10)  # between two polls of a public feed, whatever the settings say
VALIDATORS_LIVE = dt.timedelta(days=8)  # some servers answer 304 for ever
WITHOUT_RETRY_AFTER = dt.timedelta(minutes=10)
MOVED_AFTER = 3  # equal answers in a row before a permanent redirect is believed
_JITTER = 0.1
_KEEP_VALIDATORS = ("openrss.org", "rachelbythebay.com")  # who ban for unconditional requests
_SUCCESS = (Outcome.OK, Outcome.NOT_MODIFIED)


def request_of(state: SourceState, *, plan_hash: str, allow_private: bool, now: dt.datetime) -> FetchRequest:
    """What to ask. Validators go along unless they are old, or the body has to be read again by other queries."""
    moved = state.permanent_count >= MOVED_AFTER and state.permanent_url
    kept = (urlsplit(state.url).hostname or "").endswith(_KEEP_VALIDATORS)
    fresh = state.validators_at is not None and (kept or now - state.validators_at < VALIDATORS_LIVE)
    known = fresh and state.plan_hash == plan_hash
    return FetchRequest(
        url=moved or state.url,
        etag=state.etag if known else None,
        last_modified=state.last_modified if known else None,
        allow_private=allow_private,
    )


def before_request(state: SourceState, *, interval: dt.timedelta, public: bool, now: dt.datetime) -> SourceState:
    """The next check is planned before the request is made: a crash then causes no storm of polls."""
    return replace(state, next_check_at=next_check(state.name, now, interval=interval, public=public))


def next_check(name: str, now: dt.datetime, *, interval: dt.timedelta, public: bool) -> dt.datetime:
    """`now` and the interval (at least 10 minutes for public feeds), later by up to a tenth so that polls spread."""
    wait = max(interval, SHORTEST_WAIT) if public else interval
    share = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big") / 2**32
    return now + wait * (1 + _JITTER * share)


def after_answer(
    state: SourceState, result: FetchResult, *, interval: dt.timedelta, public: bool, now: dt.datetime
) -> SourceState:
    """The state an answer leaves, before its body is read. Success clears errors; failures wait ever longer."""
    told = replace(
        state, last_checked_at=now, outcome=str(result.outcome), http_status=result.http_status, error=result.error
    )
    wanted = min(max(interval, result.max_age or dt.timedelta()), LONGEST_WAIT)
    if result.outcome in _SUCCESS:
        told = replace(told, failures=0, last_success_at=now, retry_after=None, gone=False)
        told = _moved(told, result.permanent_url)
        if result.outcome == Outcome.NOT_MODIFIED:
            told = replace(
                told, etag=result.etag or state.etag, last_modified=result.last_modified or state.last_modified
            )
        return replace(told, next_check_at=next_check(state.name, now, interval=wanted, public=public))
    told = replace(told, failures=state.failures + 1, gone=result.outcome == Outcome.GONE)
    if result.outcome == Outcome.RATE_LIMITED or result.retry_after is not None:
        until = retry_time(result, now=now)
        return replace(told, retry_after=until, next_check_at=max(until, now + interval))
    waited = min(interval * 2 ** min(state.failures, 12), LONGEST_WAIT)
    return replace(told, next_check_at=next_check(state.name, now, interval=max(waited, interval), public=public))


def with_body(
    state: SourceState, result: FetchResult, *, body_hash: str, plan_hash: str, now: dt.datetime
) -> SourceState:
    """The state once a body has been read: from now on the server may say "not modified"."""
    return replace(
        state,
        etag=result.etag,
        last_modified=result.last_modified,
        validators_at=now,
        body_hash=body_hash,
        plan_hash=plan_hash,
    )


def unreadable(state: SourceState, error: str, *, before: SourceState) -> SourceState:
    """A body that is no feed is a failure of the source; it is asked in full again."""
    return replace(
        state, outcome="not_a_feed", error=error, failures=before.failures + 1, last_success_at=before.last_success_at,
        etag=None, last_modified=None, validators_at=None, body_hash=None, permanent_url=None, permanent_count=0,
    )  # fmt: skip


def _moved(state: SourceState, permanent_url: str | None) -> SourceState:
    if permanent_url is None:
        settled = state.permanent_count >= MOVED_AFTER  # we already ask the new address, which redirects no more
        return state if settled else replace(state, permanent_url=None, permanent_count=0)
    again = permanent_url == state.permanent_url
    return replace(state, permanent_url=permanent_url, permanent_count=state.permanent_count + 1 if again else 1)


def retry_time(result: FetchResult, *, now: dt.datetime) -> dt.datetime:
    """Until when the server wants peace: what it said, at most a day; ten minutes where it said nothing."""
    said = result.retry_after
    until = said if isinstance(said, dt.datetime) else now + (WITHOUT_RETRY_AFTER if said is None else said)
    return min(max(until, now), now + LONGEST_WAIT)


@lru_cache(maxsize=1)
def _suffixes() -> object:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@lru_cache(maxsize=4096)
def politeness_group(url: str, *, allow_private: bool) -> str | None:
    """The registrable domain that shares one connection and one Retry-After; None for hosts of one's own network."""
    host = (urlsplit(url).hostname or "").lower()
    if allow_private:
        return None
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return str(_suffixes().privatesuffix(host) or host)  # type: ignore[attr-defined]
