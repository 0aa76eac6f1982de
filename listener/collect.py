"""The collector's shell: plan -> fetch -> parse -> match -> score -> store.

A source that fails is a row of the report, never an exception. What a poll brought and what is remembered of its source
are stored together, so that the collector may be killed at any moment.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from config.registers import read_codes
from config.settings import Settings, SettingsError, SourceSettings, find_line
from config.workspace import Workspace
from listener import schedule
from listener.feeds import BODY_LIMIT, Entry, ParsedFeed
from listener.fetch import FetchRequest, FetchResult, Outcome, Sessions, fetch, open_session
from listener.forgetting import not_forgotten
from listener.language import detect
from listener.mentions import BrandMatch, Mention, author_of, build_mention, network_of, spoken, when
from listener.parsing import ParseWorkers
from listener.queries import About, Query, QueryError, Words, compile_query
from listener.sentiment import score
from listener.sentiment.cache import ScoreCache
from listener.store import SaveCounts, SourceState, read_states, save_poll, save_state
from listener.targets import with_targets

_log = logging.getLogger(__name__)
CONCURRENCY = 50
_READ_VERSION = "3"  # raise it when feeds are read differently, so that unchanged bodies are read again
_LONGEST_SLEEP = 60.0  # seconds between looks at what is due

Now = Callable[[], dt.datetime]
Progress = Callable[[int, int, str], None]  # done, of, what
SessionFactory = Callable[[], AbstractAsyncContextManager[Sessions]]


@dataclass(frozen=True)
class SourceReport:
    """What one poll brought. `outcome`: those of `fetch.Outcome`, or unchanged, not_a_feed, rate_limited_waiting,
    internal_error."""

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
    plan = make_plan(workspace)
    states = read_states(workspace.engine)
    chosen = [s for s in workspace.settings.listened if not only_due or _is_due(_state_of(s, states), now())]
    async with session_factory() as sessions, ParseWorkers() as workers:
        polls = _Round(workspace, plan, sessions, workers, now, states)
        done = 0

        async def one(source: SourceSettings) -> SourceReport:
            nonlocal done
            report = await polls.poll(source)
            done += 1
            if progress:
                progress(done, len(chosen), source.name)
            return report

        return CollectReport(tuple(await asyncio.gather(*(one(source) for source in chosen))))


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
        while not stop.is_set():
            polling = asyncio.create_task(
                collect_once(workspace, now=now, session_factory=session_factory, progress=progress, only_due=True)
            )
            await asyncio.wait({polling, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not polling.done():
                polling.cancel()
                await asyncio.wait({polling})
                return
            report = polling.result()
            if on_round and report.sources:
                on_round(report)
            await asyncio.wait({stopped}, timeout=_until_due(workspace, now()))
    finally:
        stopped.cancel()


def _until_due(workspace: Workspace, now: dt.datetime) -> float:
    states = read_states(workspace.engine)
    times = [_state_of(source, states) for source in workspace.settings.listened]
    waits = [(s.next_check_at - now).total_seconds() if s.next_check_at else 0.0 for s in times if not s.gone]
    return min(max(min(waits, default=_LONGEST_SLEEP), 0.2), _LONGEST_SLEEP)


def _state_of(source: SourceSettings, states: Mapping[str, SourceState]) -> SourceState:
    """What is remembered of a source; nothing, when its address in the settings has changed."""
    state = states.get(source.name)
    return state if state and state.url == source.url else SourceState(source.name, source.url)


def _is_due(state: SourceState, now: dt.datetime) -> bool:
    return not state.gone and (state.next_check_at is None or state.next_check_at <= now)


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


@dataclass
class _Round:
    """One round of polls: who may be asked at once, and whom a server has asked to wait."""

    workspace: Workspace
    plan: Plan
    sessions: Sessions
    workers: ParseWorkers
    now: Now
    states: Mapping[str, SourceState]
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONCURRENCY))
    _groups: dict[str, asyncio.Lock] = field(default_factory=dict)
    _waiting: dict[str, dt.datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for source in self.workspace.settings.source:
            until = _state_of(source, self.states).retry_after
            group = schedule.politeness_group(source.url, allow_private=source.allow_private)
            if until and group:
                self._waiting[group] = max(until, self._waiting.get(group, until))

    async def poll(self, source: SourceSettings) -> SourceReport:
        """One source from plan to store."""
        group = schedule.politeness_group(source.url, allow_private=source.allow_private)
        if group is None:
            async with self._slots:
                return await self._shielded(source, None)
        async with self._groups.setdefault(group, asyncio.Lock()), self._slots:
            return await self._shielded(source, group)

    async def _shielded(self, source: SourceSettings, group: str | None) -> SourceReport:
        """What one source makes us stumble over is its own row, and told in full to the log: the others go on."""
        try:
            return await self._poll(source, group)
        except Exception:
            _log.exception("polling the source %s failed", source.name)
            said = "polling this source failed inside earned; the log has the details, please report them"
            return SourceReport(source.name, "internal_error", error=said)

    async def _poll(self, source: SourceSettings, group: str | None) -> SourceReport:
        state = _state_of(source, self.states)
        refused = self._must_wait(state, group)
        if refused:
            return refused
        now, public = self.now(), group is not None
        state = schedule.before_request(state, interval=source.interval, public=public, now=now)
        await asyncio.to_thread(save_state, self.workspace.engine, [state])
        request = schedule.request_of(state, plan_hash=self.plan.hash, allow_private=source.allow_private, now=now)
        result = await fetch(self.sessions, request)
        if result.outcome == Outcome.RATE_LIMITED and group:
            self._waiting[group] = schedule.retry_time(result, now=now)
        told = schedule.after_answer(state, result, interval=source.interval, public=public, now=now)
        if result.outcome != Outcome.OK or result.body is None:
            await asyncio.to_thread(save_state, self.workspace.engine, [told])
            return _no_body(source, result)
        return await self._read(source, state, told, result, result.body)

    def _must_wait(self, state: SourceState, group: str | None) -> SourceReport | None:
        until = max(filter(None, (state.retry_after, self._waiting.get(group or ""))), default=None)
        if until and until > self.now():
            said = f"the server asked us to wait until {until:%Y-%m-%d %H:%M} UTC"
            return SourceReport(state.name, "rate_limited_waiting", error=said)
        if state.gone:
            said = "the server said this feed is gone for good (410); remove the source or change its address"
            return SourceReport(state.name, str(Outcome.GONE), http_status=410, error=said)
        return None

    async def _read(
        self, source: SourceSettings, before: SourceState, told: SourceState, result: FetchResult, body: bytes
    ) -> SourceReport:
        now, engine = self.now(), self.workspace.engine
        body_hash = hashlib.blake2b(body, digest_size=16).hexdigest()
        same = body_hash == before.body_hash and before.plan_hash == self.plan.hash
        marked = schedule.with_body(told, result, body_hash=body_hash, plan_hash=self.plan.hash, now=now)
        if same:
            await asyncio.to_thread(save_state, engine, [replace(marked, outcome="unchanged")])
            return SourceReport(source.name, "unchanged", result.http_status, matched=None, new=0, updated=0)
        parsed = await self.workers.parse(body, url=result.final_url or source.url, content_type=result.content_type)
        if parsed.error:
            failed = schedule.unreadable(told, parsed.error, before=before)
            await asyncio.to_thread(save_state, engine, [failed])
            return SourceReport(source.name, "not_a_feed", result.http_status, error=parsed.error)
        state = replace(marked, entries=len(parsed.entries))
        counts = await asyncio.to_thread(self._store, source, state, parsed, now)
        return SourceReport(
            source.name, str(Outcome.OK), result.http_status, len(parsed.entries), counts.matched, counts.new,
            counts.updated,
        )  # fmt: skip

    def _store(self, source: SourceSettings, state: SourceState, parsed: ParsedFeed, now: dt.datetime) -> SaveCounts:
        mentions = mentions_of(parsed, source=source, plan=self.plan, now=now)
        known = not_forgotten(self.workspace, mentions)
        return save_poll(self.workspace.engine, source=source.name, state=state, mentions=known, now=now)


def _no_body(source: SourceSettings, result: FetchResult) -> SourceReport:
    known = 0 if result.outcome == Outcome.NOT_MODIFIED else None
    return SourceReport(
        source.name, str(result.outcome), result.http_status, new=known, updated=known, error=result.error
    )


def mentions_of(parsed: ParsedFeed, *, source: SourceSettings, plan: Plan, now: dt.datetime) -> list[Mention]:
    """The entries that match a brand, own or competitor, as scored mentions. Pure."""
    matched = [
        (entry, brands)
        for entry in parsed.entries
        if (brands := match_brands(entry, plan.brands, source=source, languages=plan.languages))
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
