"""The collector's shell: plan -> fetch -> parse -> match -> score -> store.

A source that fails is a row of the report, never an exception. What a poll brought and what is remembered of its source
are stored together, so that the collector may be killed at any moment.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from config.registers import read_codes
from config.settings import Settings, SettingsError, SourceSettings, find_line, read_settings
from config.workspace import Workspace
from listener import schedule
from listener.feeds import BODY_LIMIT, Entry, ParsedFeed
from listener.fetch import FetchRequest, FetchResult, Limits, Outcome, Sessions, fetch, is_home, open_session
from listener.forgetting import not_forgotten
from listener.gathering import Gathering
from listener.language import detect
from listener.manners import PATIENCE, FarTurnError, Manners, Now, Pause, Visit, politeness_group
from listener.mentions import BrandMatch, Mention, author_of, build_mention, network_of, spoken, when
from listener.parsing import ParseWorkers
from listener.queries import About, Query, QueryError, Words, compile_query
from listener.sentiment import score
from listener.sentiment.cache import ScoreCache
from listener.source_keys import enrol_keys
from listener.state import (
    SourceState,
    due_states,
    enrol,
    entry_keys,
    next_due,
    postpone,
    read_quiet,
    read_states,
    save_state,
)
from listener.store import Poll, SaveCounts, save_polls
from listener.targets import with_targets

_log = logging.getLogger(__name__)
CONCURRENCY = 50
_SAMPLE = "What people say about a brand, in whatever language they say it."
ROUND = 200  # sources of the queue polled before the queue is looked at again
_READ_VERSION = "4"  # raise it when feeds are read or matched differently: what is unchanged is then read again
_LONGEST_SLEEP = 60.0  # seconds between looks at what is due
_FRESH = schedule.LONGEST_WAIT  # a word of freshness farther away comes of a clock that was wrong

_T = TypeVar("_T")
Progress = Callable[[int, int, str], None]  # done, of, what
SessionFactory = Callable[[], AbstractAsyncContextManager[Sessions]]


@dataclass(frozen=True)
class SourceReport:
    """What one poll brought. `outcome`: those of `fetch.Outcome`, or unchanged, not_a_feed, internal_error; not asked:
    fresh (nothing new yet, by the server's own word), waiting_retry (it failed, `http_status` and `error` tell how, and
    is not asked again at once), waiting_turn (its domain's budget), rate_limited_waiting."""

    name: str
    outcome: str
    http_status: int | None = None
    entries: int | None = None
    matched: int | None = None
    new: int | None = None
    updated: int | None = None
    error: str | None = None


@dataclass(frozen=True)
class CollectReport:
    """One row a source, in the order of the settings."""

    sources: tuple[SourceReport, ...]

    @property
    def mentions_new(self) -> int:
        return sum(source.new or 0 for source in self.sources)

    def as_json(self) -> dict[str, Any]:
        """`{"sources": [{name, outcome, http_status, entries, matched, new, updated, error}], "mentions_new": n}`."""
        return {"sources": [asdict(source) for source in self.sources], "mentions_new": self.mentions_new}


@dataclass(frozen=True)
class Plan:
    """What a round works with: compiled queries, languages, registered codes, and a hash of what decides a reading."""

    brands: tuple[tuple[str, Query], ...]
    languages: tuple[str, ...]
    codes: frozenset[str]
    hash: str
    cache: ScoreCache = field(default_factory=ScoreCache, compare=False)  # a copy in another feed is not scored again


async def collect_once(
    workspace: Workspace,
    *,
    now: Now,
    session_factory: SessionFactory = open_session,
    progress: Progress | None = None,
    only_due: bool = False,
) -> CollectReport:
    """Poll every source now, or those that are due. Raises SettingsError for a brand's query that cannot be read."""
    async with Collector(workspace, now=now, session_factory=session_factory) as collector:
        return await collector.round(only_due=only_due, progress=progress)


async def collect_forever(
    workspace: Workspace,
    *,
    now: Now,
    stop: asyncio.Event,
    progress: Progress | None = None,
    on_round: Callable[[CollectReport], None] | None = None,
    session_factory: SessionFactory = open_session,
) -> None:
    """Poll what is due until `stop` is set; `on_round` hears of every round that polled something."""
    stopped = asyncio.create_task(stop.wait())
    try:
        async with Collector(workspace, now=now, session_factory=session_factory) as collector:
            while not stop.is_set():
                polling = asyncio.create_task(collector.round(only_due=True, progress=progress))
                await asyncio.wait({polling, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not polling.done():
                    polling.cancel()
                    await asyncio.wait({polling})
                    return
                report = polling.result()
                if on_round and report.sources:
                    on_round(report)
                await asyncio.wait({stopped}, timeout=_until_due(workspace, now()))
                collector.read_settings_again()
    finally:
        stopped.cancel()


def _until_due(workspace: Workspace, now: dt.datetime) -> float:
    due = next_due(workspace.engine)
    return min(max((due - now).total_seconds(), 0.2), _LONGEST_SLEEP) if due else _LONGEST_SLEEP


def make_plan(workspace: Workspace) -> Plan:
    """Compile the brands' queries. Raises SettingsError naming the line of one that cannot be read."""
    settings = workspace.settings
    brands = []
    for n, brand in enumerate(settings.brand):
        try:
            brands.append((brand.name, compile_query(brand.match, languages=settings.workspace.languages)))
        except QueryError as exc:
            raise _bad_query(workspace.folder / "earned.toml", n, exc) from exc
    codes = frozenset(read_codes(workspace.engine)["code_norm"].to_list())
    return Plan(tuple(brands), settings.workspace.languages, codes, _plan_hash(settings))


def _bad_query(file: Path, n: int, exc: QueryError) -> SettingsError:
    text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    problem = f"the query cannot be read at character {exc.position + 1}: {exc.problem}"
    line = find_line(text, ["brand", n, "match"])
    return SettingsError(file=file, line=line, key=f"brand[{n + 1}].match", problem=problem, cure=exc.cure)


def _plan_hash(settings: Settings) -> str:
    parts = [_READ_VERSION, *settings.workspace.languages, *(f"{b.name}\x1f{b.match}" for b in settings.brand)]
    return hashlib.blake2b("\x1e".join(parts).encode(), digest_size=8).hexdigest()


async def _pause(until: dt.datetime, now: Now) -> None:
    await asyncio.sleep(min(max((until - now()).total_seconds(), 0.0), PATIENCE.total_seconds()))


class Collector:
    """Polls in rounds. Sessions, parse workers, and what domains may be asked when are kept from round to round."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        now: Now,
        session_factory: SessionFactory = open_session,
        pause: Pause = _pause,
        limits: Limits | None = None,
    ) -> None:
        """`pause` waits for a moment of `now`'s clock to come, at most half a minute ahead."""
        self.workspace, self.now, self._pause = workspace, now, pause
        self._session_factory, self._limits = session_factory, limits
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._cache = ScoreCache()
        self._settings_changed = _changed_at(workspace)

    async def __aenter__(self) -> Collector:
        self._held = AsyncExitStack()
        self._hearing = self._held.enter_context(ThreadPoolExecutor(1, thread_name_prefix="hearing"))
        self._states = Gathering(self._save_states)
        self._held.push_async_callback(self._states.close)
        self._polls = Gathering(self._save_polls, at_most=CONCURRENCY)
        self._held.push_async_callback(self._polls.close)
        self.sessions = await self._held.enter_async_context(self._session_factory())
        self.workers = await self._held.enter_async_context(ParseWorkers())
        self.manners = self._manners()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._held.aclose()

    def _manners(self) -> Manners:
        allowed = {source.name: source.allow_private for source in self.workspace.settings.source}
        states = read_states(self.workspace.engine).values()
        return Manners(((_group(s, allowed.get(s.name, False)), s) for s in states), now=self.now())

    def read_settings_again(self) -> None:
        """Sources and brands may be added while the collector runs. A file that cannot be read changes nothing."""
        changed = _changed_at(self.workspace)
        if changed == self._settings_changed:
            return
        self._settings_changed = changed
        try:
            fresh = replace(self.workspace, settings=read_settings(self.workspace.folder / "earned.toml"))
            make_plan(fresh)
        except SettingsError as exc:
            _log.warning("the changed settings cannot be used, listening goes on with the old ones: %s", exc)
        else:
            self.workspace = fresh

    async def round(self, *, only_due: bool, progress: Progress | None = None) -> CollectReport:
        """Poll what is due, at most ROUND sources; or every source whose server may be asked.

        A row each that was looked at, in the order of the queue, or of the settings. Raises SettingsError for a
        brand's query that cannot be read.
        """
        self.plan = replace(make_plan(self.workspace), cache=self._cache)
        self._keys = await asyncio.to_thread(enrol_keys, self.workspace.engine, self.workspace.settings.source)
        asked, rows = await asyncio.to_thread(self._chosen, only_due)
        done = len(rows)

        async def one(source: SourceSettings, state: SourceState) -> SourceReport:
            nonlocal done
            report = await self._in_turn(source, state)
            done += 1
            if progress:
                progress(done, len(asked) + len(rows), source.name)
            return report

        if asked:
            # The language model is read first: doing so holds everything up for seconds, and servers would time out.
            await asyncio.to_thread(detect, [_SAMPLE], self.plan.languages)
        reports = await asyncio.gather(*(one(source, state) for source, state in asked))
        if only_due:
            return CollectReport(tuple(reports))
        found = rows | {report.name: report for report in reports}
        return CollectReport(tuple(found[source.name] for source in self.workspace.settings.listened))

    def _chosen(self, only_due: bool) -> tuple[list[tuple[SourceSettings, SourceState]], dict[str, SourceReport]]:
        """The sources to ask, with their states, and a row for each that is not asked now."""
        engine, now, sources = self.workspace.engine, self.now(), self.workspace.settings.listened
        longest = max((source.interval for source in sources), default=dt.timedelta())
        enrol(engine, [(source.name, source.url) for source in sources], now=now, longest=longest)
        by_name = {source.name: source for source in sources}
        states = due_states(engine, now=now, limit=ROUND) if only_due else list(read_states(engine).values())
        pairs = [(by_name[state.name], state) for state in states if state.name in by_name]
        rows = {} if only_due else {s.name: row for s, state in pairs if (row := self._not_now(s, state, now))}
        waiting = [(_group(state, s.allow_private), state) for s, state in pairs if s.name not in rows]
        later = self.manners.too_far(waiting, now=now, slow_only=not only_due)
        postpone(engine, later.items())
        for group, state in waiting:
            if state.name in later:
                rows[state.name] = self._asked_to_wait(state, group, now) or SourceReport(state.name, "waiting_turn")
        return [(source, state) for source, state in pairs if source.name not in rows], rows

    def _not_now(self, source: SourceSettings, state: SourceState, now: dt.datetime) -> SourceReport | None:
        """A row for a source that is not asked even when a person wants everything polled: gone, fresh, or failing."""
        if state.gone:
            said = "the server said this feed is gone for good (410); remove the source or change its address"
            return SourceReport(state.name, str(Outcome.GONE), http_status=410, error=said)
        group = _group(state, source.allow_private)
        if group is None or state.fresh_until is None or not now < state.fresh_until <= now + _FRESH:
            return None
        if state.failures:
            waits = SourceReport(state.name, "waiting_retry", http_status=state.http_status, error=state.error)
            return self._asked_to_wait(state, group, now) or waits
        if state.plan_hash in (None, self.plan.hash):
            return SourceReport(state.name, "fresh", new=0, updated=0)
        return None

    def _asked_to_wait(self, state: SourceState, group: str | None, now: dt.datetime) -> SourceReport | None:
        own = state.retry_after if state.retry_after and state.retry_after <= now + schedule.LONGEST_RETRY else None
        until = max(filter(None, (own, self.manners.quiet_until(group, now=now))), default=now)
        if until <= now:
            return None
        said = f"the server asked us to wait until {until:%Y-%m-%d %H:%M} UTC"
        return SourceReport(state.name, "rate_limited_waiting", error=said)

    async def _in_turn(self, source: SourceSettings, state: SourceState) -> SourceReport:
        """One source when its domain may be asked: no two requests to it at once, and none too soon after another."""
        group = _group(state, source.allow_private)
        visit = Visit(self.manners, self._slots, now=self.now, pause=self._pause)
        try:
            await visit.enter(group)
            return await self._shielded(source, state, group, visit)
        finally:
            visit.leave()

    async def _shielded(
        self, source: SourceSettings, state: SourceState, group: str | None, visit: Visit
    ) -> SourceReport:
        """What one source makes us stumble over is its own row, and told in full to the log: the others go on."""
        try:
            return await self._poll(source, state, group, visit)
        except Exception:
            _log.exception("polling the source %s failed", source.name)
            said = "polling this source failed inside earned; the log has the details, please report them"
            return SourceReport(source.name, "internal_error", error=said)

    async def _poll(self, source: SourceSettings, state: SourceState, group: str | None, visit: Visit) -> SourceReport:
        """plan -> fetch -> parse -> match -> score -> store, for one source."""
        now, public = self.now(), group is not None
        refused = self._asked_to_wait(state, group, now)
        if refused:
            await asyncio.to_thread(postpone, self.workspace.engine, self._turn_after(state, group, now))
            return refused
        state = schedule.before_request(state, interval=source.interval, public=public, now=now)
        await self._states.put(state)
        self.manners.asked(group, self.now())
        request = schedule.request_of(state, plan_hash=self.plan.hash, allow_private=source.allow_private, now=now)
        try:
            result = await fetch(self.sessions, request, limits=self._limits, before_hop=visit.hop)
        except FarTurnError as exc:
            return await self._put_off(source, exc, now)
        visit.answered()
        answered = result.final_url or request.url
        public = public or not is_home(answered, home=request.url)  # one's own network may send us out of it
        told = schedule.after_answer(state, result, interval=source.interval, public=public, now=now)
        if told.retry_after and told.retry_after > now:
            self.manners.silence(politeness_group(answered, allow_private=not public), told.retry_after)
        if result.outcome != Outcome.OK or result.body is None:
            await self._states.put(told)
            return _no_body(source, result)
        return await self._read(source, state, told, result, result.body, public=public)

    async def _put_off(self, source: SourceSettings, far: FarTurnError, now: dt.datetime) -> SourceReport:
        """The feed redirects to a domain whose turn is far: it is asked again then, its own domain not too soon."""
        later = max(far.until, now + schedule.SHORTEST_WAIT)
        await asyncio.to_thread(postpone, self.workspace.engine, [(source.name, later)])
        return SourceReport(source.name, "waiting_turn", error=f"the feed sends us on, and {far}")

    def _turn_after(self, state: SourceState, group: str | None, now: dt.datetime) -> list[tuple[str, dt.datetime]]:
        """A source that must wait stands in the queue at the end of the silence."""
        known = (state.retry_after, self.manners.quiet_until(group, now=now), state.next_check_at)
        return [(state.name, max(filter(None, known)))]

    async def _read(
        self,
        source: SourceSettings,
        before: SourceState,
        told: SourceState,
        result: FetchResult,
        body: bytes,
        *,
        public: bool,
    ) -> SourceReport:
        now = self.now()
        body_hash = hashlib.blake2b(body, digest_size=16).hexdigest()
        same = body_hash == before.body_hash and before.plan_hash == self.plan.hash
        marked = schedule.with_body(
            told,
            result,
            pace=schedule.stated_pace(body),
            interval=source.interval,
            public=public,
            body_hash=body_hash,
            plan_hash=self.plan.hash,
            now=now,
        )
        if same:
            await self._states.put(replace(marked, outcome="unchanged"))
            return SourceReport(source.name, "unchanged", result.http_status, matched=None, new=0, updated=0)
        url, asked = result.final_url or source.url, _asked_of(source, self.plan)
        known = await asyncio.to_thread(read_quiet, self.workspace.engine, source.name, asked=asked)
        parsed = await self.workers.parse(body, url=url, content_type=result.content_type, known=known)
        if parsed.error:
            failed = schedule.unreadable(
                told, parsed.error, before=before, interval=source.interval, public=public, now=now
            )
            await self._states.put(failed)
            return SourceReport(source.name, "not_a_feed", result.http_status, error=parsed.error)
        state = replace(marked, entries=len(parsed.entries))
        found = await _in_line(self._hearing, self._heard, source, parsed, now)
        seen = entry_keys((entry.native_id, entry.link) for entry in parsed.entries)
        quiet = (asked, *_quiet(parsed, found))
        counts = await self._polls.put(Poll(source.name, state, found, now, seen, quiet))
        return SourceReport(
            source.name, str(Outcome.OK), result.http_status, len(parsed.entries), counts.matched, counts.new,
            counts.updated,
        )  # fmt: skip

    def _heard(self, source: SourceSettings, parsed: ParsedFeed, now: dt.datetime) -> list[Mention]:
        key = self._keys.get(source.name)
        return not_forgotten(self.workspace, mentions_of(parsed, source=source, plan=self.plan, now=now, key=key))

    def _save_states(self, states: Sequence[SourceState]) -> list[None]:
        save_state(self.workspace.engine, states)
        return [None] * len(states)

    def _save_polls(self, polls: Sequence[Poll]) -> list[SaveCounts]:
        return save_polls(self.workspace.engine, polls)


async def _in_line(thread: ThreadPoolExecutor, work: Callable[..., _T], *given: Any) -> _T:
    """Work in a thread of its kind, one after the other: more of them at once would only take the time from each other,
    and from those who listen to servers."""
    return await asyncio.get_running_loop().run_in_executor(thread, work, *given)


def _group(state: SourceState, allow_private: bool) -> str | None:
    """The domain that is asked: of the address in the settings, or of the one the feed has moved to for good."""
    inside = schedule.is_inside(state, allow_private=allow_private)
    return politeness_group(schedule.address_of(state), allow_private=inside)


def _asked_of(source: SourceSettings, plan: Plan) -> str:
    """A hash of all that decides, beside an entry itself, whether it matches. It holds no blank."""
    parts = (plan.hash, source.name, source.network or network_of(source.url))
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()


def _quiet(parsed: ParsedFeed, found: Sequence[Mention]) -> list[str]:
    """The marks of the entries that matched nothing: until they or the queries change, nobody needs their text."""
    matched = {mention.native_id for mention in found}
    return sorted({entry.mark for entry in parsed.entries if entry.mark and entry.native_id not in matched})


def _changed_at(workspace: Workspace) -> float | None:
    try:
        return (workspace.folder / "earned.toml").stat().st_mtime
    except OSError:
        return None


def _no_body(source: SourceSettings, result: FetchResult) -> SourceReport:
    known = 0 if result.outcome == Outcome.NOT_MODIFIED else None
    return SourceReport(
        source.name, str(result.outcome), result.http_status, new=known, updated=known, error=result.error
    )


def mentions_of(
    parsed: ParsedFeed, *, source: SourceSettings, plan: Plan, now: dt.datetime, key: str | None = None
) -> list[Mention]:
    """The entries that match a brand, own or competitor, as scored mentions; those known are not asked. Pure.

    `key`: see `source_keys`; without one the source's name stands for it.
    """
    matched = [
        (entry, brands)
        for entry in parsed.entries
        if not entry.is_known and (brands := match_brands(entry, plan.brands, source=source, languages=plan.languages))
    ]
    texts = [spoken(entry.title, entry.text) for entry, _ in matched]
    languages = detect(texts, plan.languages, stated=[entry.language for entry, _ in matched])
    scores = score(texts, languages, cache=plan.cache)
    network = source.network or network_of(source.url)
    kind = "jsonfeed" if parsed.format == "jsonfeed" else "atom" if (parsed.format or "").startswith("atom") else "rss"
    found = [
        build_mention(
            entry,
            source=source.name,
            source_key=key or source.name,
            source_kind=kind,
            network=network.strip().lower(),
            scoped_authors=source.network is None and network == "web",
            brands=brands,
            language=language,
            scored=scored,
            known_codes=plan.codes,
            now=now,
        )
        for (entry, brands), language, scored in zip(matched, languages, scores, strict=True)
    ]
    return with_targets(found, plan.brands, cache=plan.cache)


def match_brands(
    entry: Entry, brands: Sequence[tuple[str, Query]], *, source: SourceSettings, languages: Sequence[str]
) -> tuple[BrandMatch, ...]:
    """Every brand whose query matches the entry, with the terms found."""
    about = _about(entry, source, languages) if any(query.fields for _, query in brands) else None
    words = Words(entry.text, title=entry.title, about=about)
    found = ((name, query.find(words)) for name, query in brands)
    return tuple(BrandMatch(name, match.terms) for name, match in found if match)


def _about(entry: Entry, source: SourceSettings, languages: Sequence[str]) -> About:
    """What the queries' fields may ask for; the language is looked for only where one asks."""
    author_key, author_name = author_of(entry.author, network=source.network or network_of(source.url), scope=None)
    urls = (entry.link, *entry.links) if entry.link else entry.links

    def language() -> str | None:
        return detect([spoken(entry.title, entry.text)], languages, stated=[entry.language])[0]

    return About(author_key, author_name, urls, language, source.name)


async def try_feed(
    target: str,
    *,
    allow_private: bool = False,
    now: dt.datetime | None = None,
    session_factory: SessionFactory = open_session,
) -> dict[str, Any]:
    """What a file or an address would give; nothing is stored. Never raises for what is in it.

    `{"source", "format", "entries": [{"id", "title", "link", "published_at", "author", "text"}], "warnings", "error"}`.
    """
    if target.lower().startswith(("http://", "https://")):
        async with session_factory() as sessions:
            result = await fetch(sessions, FetchRequest(target, allow_private=allow_private))
        body, content_type, problem = result.body, result.content_type, result.error
        url = result.final_url or target
    else:
        body, problem = await asyncio.to_thread(_file, Path(target))
        content_type, url = None, ""
    if body is None:
        parsed = ParsedFeed(None, None, (), (), problem or "the server sent nothing")
    else:
        async with ParseWorkers(count=1) as workers:
            parsed = await workers.parse(body, url=url, content_type=content_type)
    return {
        "source": target,
        "format": parsed.format,
        "entries": [_shown(entry, now) for entry in parsed.entries],
        "warnings": list(parsed.warnings),
        "error": parsed.error,
    }


def _file(path: Path) -> tuple[bytes | None, str | None]:
    try:
        with path.open("rb") as stream:
            data = stream.read(BODY_LIMIT + 1)
    except OSError as exc:
        return None, f"the file cannot be read: {exc.strerror or exc}"
    return (data, None) if len(data) <= BODY_LIMIT else (None, f"larger than {BODY_LIMIT // 1_000_000} MB")


def _shown(entry: Entry, now: dt.datetime | None) -> dict[str, str | None]:
    said_at = entry.published_at
    if now:
        said_at, _ = when(entry.published_at, entry.published_quality, now=now)
    return {
        "id": entry.native_id,
        "title": entry.title,
        "link": entry.link,
        "published_at": said_at.isoformat().replace("+00:00", "Z") if said_at else None,
        "author": entry.author,
        "text": entry.text,
    }
