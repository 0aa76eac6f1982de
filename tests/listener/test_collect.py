from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.database import writing
from config.registers import write_codes
from config.settings import SettingsError
from config.workspace import Workspace
from listener import collect, store
from listener.collect import Collector, CollectReport, collect_forever, collect_once, try_feed
from listener.feeds import Entry
from listener.fetch import Limits
from tests.listener.feedhost import Answer, Asked, FeedHost, Reply, item, rss, with_validators

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
HEAD = '[workspace]\ncurrency = "EUR"\n[[brand]]\nname = "Acme"\nmatch = "acme"\n'
RIVAL = '[[brand]]\nname = "Pots"\nrole = "competitor"\nmatch = "pots"\n'
DATE = "Mon, 29 Jun 2026 10:00:00 GMT"
FEED = rss(
    item("1", "I really love the acme kettle, code ANNA10", title="Acme", author="@anna", date=DATE),
    item("2", "acme against pots: both are terrible"),
    item("3", "nothing about us"),
)
Make = Callable[..., Workspace]


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> dt.datetime:
        return self.time


def source(host: FeedHost, path: str, *, name: str | None = None, extra: str = "") -> str:
    return (
        f'[[source]]\nname = "{name or path.strip("/")}"\nurl = "{host.url(path)}"\n'
        f'network = "blog"\nallow_private = true\ninterval = "1h"\n{extra}'
    )


def poll(
    workspace: Workspace, clock: Callable[[], dt.datetime] = lambda: NOW, *, only_due: bool = False
) -> CollectReport:
    return asyncio.run(collect_once(workspace, now=clock, only_due=only_due))


def outcomes(report: CollectReport) -> list[str]:
    return [row.outcome for row in report.sources]


def test_a_poll_stores_what_speaks_of_a_brand(make_workspace: Make) -> None:
    with FeedHost({"/f": with_validators(FEED)}) as host:
        workspace = make_workspace(RIVAL + source(host, "/f"), settings=HEAD)
        row = {"code_norm": "ANNA10", "code": "ANNA10", "kind": "creator", "valid_from": "", "valid_to": ""}
        with writing(workspace.engine) as connection:
            write_codes(connection, [row | dict.fromkeys(("owner", "campaign", "channel", "commission_rate"))])
        report = poll(workspace)
        again = poll(workspace)
    assert report.as_json() == {
        "sources": [
            {"name": "f", "outcome": "ok", "http_status": 200, "entries": 3, "matched": 2, "new": 2, "updated": 0,
             "error": None}
        ],
        "mentions_new": 2,
    }  # fmt: skip
    assert again.as_json()["sources"][0] | {"outcome": "not_modified", "new": 0} == again.as_json()["sources"][0]
    found = store.read_mentions(workspace.engine, newest_first=False)
    first = found.row(0, named=True)
    assert (first["brands"], first["codes"], first["author_key"]) == (["Acme"], ["ANNA10"], "blog:anna")
    assert (first["language"], first["label"], first["score_status"]) == ("en", "positive", "scored")
    assert found.row(1, named=True)["brands"] == ["Acme", "Pots"]


def test_the_same_body_without_validators_is_not_read_again(make_workspace: Make) -> None:
    with FeedHost({"/f": Reply(200, FEED)}) as host:
        workspace = make_workspace(source(host, "/f"), settings=HEAD)
        assert outcomes(poll(workspace)) + outcomes(poll(workspace)) == ["ok", "unchanged"]


def test_a_new_brand_is_looked_for_in_what_is_there_already(make_workspace: Make) -> None:
    with FeedHost({"/f": with_validators(FEED)}) as host:
        poll(make_workspace(source(host, "/f"), settings=HEAD))
        workspace = make_workspace(RIVAL + source(host, "/f"), settings=HEAD)
        report = poll(workspace)
    assert (report.sources[0].outcome, report.sources[0].new, report.sources[0].updated) == ("ok", 0, 1)
    assert store.count_mentions(workspace.engine, brand="Pots") == 1


def test_an_edited_entry_is_updated_and_a_grown_feed_adds(make_workspace: Make) -> None:
    with FeedHost({"/f": with_validators(FEED)}) as host:
        workspace = make_workspace(source(host, "/f"), settings=HEAD)
        poll(workspace)
        host.pages["/f"] = with_validators(rss(item("2", "acme is fine after all"), item("4", "acme again")))
        row = poll(workspace).sources[0]
    assert (row.matched, row.new, row.updated) == (2, 1, 1)
    assert store.count_mentions(workspace.engine) == 3


def test_moving_the_server_to_another_port_doubles_nothing(make_workspace: Make) -> None:
    for _ in range(2):
        with FeedHost({"/f": with_validators(FEED)}) as host:
            workspace = make_workspace(source(host, "/f"), settings=HEAD)
            poll(workspace)
    assert store.count_mentions(workspace.engine) == 2


def hearing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the entries that the queries are asked of from now on."""
    asked: list[str] = []
    match = collect.match_brands

    def heard(entry: Entry, *args: Any, **more: Any) -> Any:
        asked.append(entry.native_id)
        return match(entry, *args, **more)

    monkeypatch.setattr(collect, "match_brands", heard)
    return asked


def test_only_what_is_new_or_matched_is_read_again(make_workspace: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = hearing(monkeypatch)
    polls = [
        (rss(item("1", "an acme kettle"), item("2", "nothing"), item("3", "pots")), ["1", "2", "3"]),
        (rss(item("4", "new"), item("1", "an acme kettle"), item("2", "nothing"), item("3", "pots")), ["1", "4"]),
        (rss(item("1", "no kettle"), item("2", "acme after all"), item("3", "pots")), ["1", "2"]),
    ]
    with FeedHost({"/f": Reply(200, b"")}) as host:
        workspace = make_workspace(source(host, "/f"), settings=HEAD)
        for body, ids in polls:
            host.pages["/f"] = Reply(200, body)
            asked.clear()
            assert outcomes(poll(workspace)) == ["ok"]
            assert sorted(asked) == ids
    assert store.count_mentions(workspace.engine) == 2


@pytest.mark.parametrize(
    ("brand", "network", "ids"), [("", "blog", ["1"]), (RIVAL, "blog", ["1", "2"]), ("", "x", ["1", "2"])]
)
def test_other_queries_or_another_network_ask_every_entry_again(
    make_workspace: Make, monkeypatch: pytest.MonkeyPatch, brand: str, network: str, ids: list[str]
) -> None:
    asked, first = hearing(monkeypatch), rss(item("1", "an acme kettle"), item("2", "nothing but pots"))
    with FeedHost({"/f": Reply(200, first)}) as host:
        listened = source(host, "/f")
        poll(make_workspace(listened, settings=HEAD))
        host.pages["/f"] = Reply(200, first.replace(b"kettle", b"teapot"))
        asked.clear()
        workspace = make_workspace(brand + listened.replace('"blog"', f'"{network}"'), settings=HEAD)
        poll(workspace)
    assert sorted(asked) == ids
    assert store.count_mentions(workspace.engine, brand="Pots") == (1 if brand else 0)


FAILURES: list[tuple[Reply, str, str]] = [
    (Reply(404), "http_error", "404"),
    (Reply(500), "http_error", "500"),
    (Reply(200, b"<html><body>login</body></html>"), "not_a_feed", "web page"),
    (Reply(200, b""), "not_a_feed", "empty"),
    (Reply(302, headers={"Location": "/\xff"}), "bad_url", "no address"),
]


@pytest.mark.parametrize(("reply", "outcome", "words"), FAILURES)
def test_one_bad_source_is_a_row_and_the_others_are_read(
    make_workspace: Make, reply: Reply, outcome: str, words: str
) -> None:
    with FeedHost({"/bad": reply, "/f": Reply(200, FEED)}) as host:
        workspace = make_workspace(source(host, "/bad") + source(host, "/f"), settings=HEAD)
        report = poll(workspace)
    assert outcomes(report) == [outcome, "ok"]
    assert words in (report.sources[0].error or "")
    health = store.source_health(workspace.engine).row(0, named=True)
    assert (health["outcome"], health["failures"]) == (outcome, 1)


def test_failures_wait_ever_longer_and_success_forgets_them(make_workspace: Make) -> None:
    clock = Clock()
    with FeedHost({"/f": Reply(500)}) as host:
        workspace = make_workspace(source(host, "/f"), settings=HEAD)
        waits = []
        for _ in range(8):
            poll(workspace, clock)
            due = store.read_states(workspace.engine)["f"].next_check_at
            assert due is not None
            waits.append((due - clock.time).total_seconds() / 3600)
            clock.time = due
        host.pages["/f"] = Reply(200, FEED)
        poll(workspace, clock)
    assert [1 <= wait / 2**n <= 1.1 for n, wait in enumerate(waits[:4])] == [True] * 4
    assert max(waits) <= 24 * 1.1
    state = store.read_states(workspace.engine)["f"]
    assert (state.failures, state.error) == (0, None)


def test_retry_after_is_kept_even_when_everything_is_asked_for(make_workspace: Make) -> None:
    clock = Clock()
    with FeedHost({"/f": Reply(429, headers={"Retry-After": "600"})}) as host:
        workspace = make_workspace(source(host, "/f"), settings=HEAD)
        found = outcomes(poll(workspace, clock)) + outcomes(poll(workspace, clock))
        host.pages["/f"] = Reply(200, FEED)
        clock.time += dt.timedelta(seconds=601)
        found += outcomes(poll(workspace, clock))
    assert found == ["rate_limited", "rate_limited_waiting", "ok"]
    assert len(host.asked) == 2


def test_a_feed_that_is_gone_is_asked_no_more_until_its_address_changes(make_workspace: Make) -> None:
    with FeedHost({"/f": Reply(410), "/g": Reply(200, FEED)}) as host:
        workspace = make_workspace(source(host, "/f"), settings=HEAD)
        assert outcomes(poll(workspace)) + outcomes(poll(workspace)) == ["gone", "gone"]
        assert len(host.asked) == 1
        assert poll(workspace, only_due=True).sources == ()
        moved = make_workspace(source(host, "/g", name="f"), settings=HEAD)
        assert outcomes(poll(moved)) == ["ok"]


def test_validators_are_dropped_after_eight_days(make_workspace: Make) -> None:
    clock = Clock()
    with FeedHost({"/f": with_validators(FEED)}) as host:
        workspace = make_workspace(source(host, "/f"), settings=HEAD)
        found = []
        for days in (0, 7, 9):
            clock.time = NOW + dt.timedelta(days=days)
            found += outcomes(poll(workspace, clock))
    assert found == ["ok", "not_modified", "unchanged"]


def test_a_permanent_redirect_is_adopted_after_three_equal_answers(make_workspace: Make) -> None:
    pages: dict[str, Reply | Answer] = {"/old": Reply(301, headers={"Location": "/new"}), "/new": Reply(200, FEED)}
    with FeedHost(pages) as host:
        workspace = make_workspace(source(host, "/old"), settings=HEAD)
        for _ in range(5):
            poll(workspace)
    assert [asked.path for asked in host.asked] == ["/old", "/new"] * 3 + ["/new"] * 2


def test_only_what_is_due_is_polled_in_the_long_run(make_workspace: Make) -> None:
    clock = Clock()
    with FeedHost({"/f": with_validators(FEED)}) as host:
        workspace = make_workspace(source(host, "/f"), settings=HEAD)
        counts = []
        for minutes in (0, 1, 59, 67, 68):
            clock.time = NOW + dt.timedelta(minutes=minutes)
            counts.append(len(poll(workspace, clock, only_due=True).sources))
    assert counts == [1, 0, 0, 1, 0]


def test_the_next_check_is_planned_before_the_request(make_workspace: Make) -> None:
    seen: list[dt.datetime | None] = []

    def answer(asked: Asked) -> Reply:
        seen.append(store.read_states(workspace.engine)["f"].next_check_at)
        return Reply(200, FEED)

    with FeedHost({"/f": answer}) as host:
        workspace = make_workspace(source(host, "/f"), settings=HEAD)
        poll(workspace)
    assert seen[0] is not None
    assert seen[0] > NOW


def test_an_inside_address_is_asked_only_where_the_source_allows_it(make_workspace: Make) -> None:
    with FeedHost({"/f": Reply(200, FEED)}) as host:
        text = source(host, "/f").replace("allow_private = true\n", "")
        report = poll(make_workspace(text, settings=HEAD))
    assert host.asked == []
    assert outcomes(report) in (["bad_url"], ["blocked_address"])


def test_a_query_that_cannot_be_read_names_its_line(make_workspace: Make) -> None:
    workspace = make_workspace(settings=HEAD.replace('"acme"', '"acme OR"'))
    with pytest.raises(SettingsError, match="nothing follows OR") as caught:
        poll(workspace)
    assert (caught.value.line, caught.value.key) == (5, "brand[1].match")


async def test_listening_goes_on_until_it_is_stopped(make_workspace: Make) -> None:
    stop, rounds = asyncio.Event(), []
    with FeedHost({"/f": Reply(200, FEED)}) as host:
        workspace = make_workspace(source(host, "/f").replace('"1h"', '"1m"'), settings=HEAD)
        clock = Clock()

        def heard(report: CollectReport) -> None:
            rounds.append(outcomes(report))
            clock.time += dt.timedelta(minutes=5)
            if len(rounds) == 2:
                stop.set()

        await asyncio.wait_for(collect_forever(workspace, now=clock, stop=stop, on_round=heard), 20)
    assert rounds == [["ok"], ["unchanged"]]


async def test_try_feed_shows_a_file_or_an_address_and_stores_nothing(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(FEED)
    with FeedHost({"/f": Reply(200, FEED)}) as host:
        shown = [await try_feed(target, allow_private=True, now=NOW) for target in (str(file), host.url("/f"))]
        refused = await try_feed(host.url("/f"))
    assert shown[0] | {"source": ""} == shown[1] | {"source": ""}
    assert shown[0]["entries"][0] == {
        "id": "1", "title": "Acme", "link": None, "published_at": "2026-06-29T10:00:00Z", "author": "@anna",
        "text": "I really love the acme kettle, code ANNA10",
    }  # fmt: skip
    assert (shown[0]["format"], shown[0]["error"]) == ("rss20", None)
    assert refused["error"]
    assert (await try_feed(str(tmp_path / "none.xml")))["error"]
    json.dumps(shown)


def serve_folder(folder: Path) -> dict[str, Reply | Answer]:
    return {f"/{file.name}": with_validators(file.read_bytes()) for file in sorted(folder.iterdir())}


@pytest.mark.shared_data
def test_all_real_feeds_are_polled_and_matched(make_workspace: Make, shared_data: Callable[..., Path]) -> None:
    pages = serve_folder(shared_data("feeds", "dev"))
    brands = HEAD.replace('"acme"', "'apple OR google OR reddit OR \"open source\"'")
    with FeedHost(pages) as host:
        workspace = make_workspace("".join(source(host, path) for path in pages), settings=brands)
        report, again = poll(workspace), poll(workspace)
    assert len(report.sources) == 65
    failing = sorted(row.outcome for row in report.sources if row.outcome != "ok")
    assert failing == ["not_a_feed"]  # JSON that was cut short
    assert sum((row.matched or 0) > 0 for row in report.sources) > 10
    assert sum(row.entries or 0 for row in report.sources) >= 1020
    assert again.mentions_new == 0
    assert store.count_mentions(workspace.engine) == report.mentions_new


@pytest.mark.shared_data
def test_hostile_feeds_leave_the_collector_alive(make_workspace: Make, shared_data: Callable[..., Path]) -> None:
    pages = serve_folder(shared_data("feeds", "crafted"))
    pages["/gzip_bomb_200MB.xml.gz"] = Reply(
        200, shared_data("feeds", "crafted", "gzip_bomb_200MB.xml.gz").read_bytes(), {"Content-Encoding": "gzip"}
    )
    brands = HEAD.replace('"acme"', '"acme OR brand OR x OR T0 OR T1 OR T2 OR T3 OR T4"')
    with FeedHost(pages) as host:
        workspace = make_workspace("".join(source(host, path) for path in pages), settings=brands)
        report = {row.name: row for row in poll(workspace).sources}
        poll(workspace)
    assert report["gzip_bomb_200MB.xml.gz"].outcome == "too_large"
    assert report["huge_title_5MB.xml"].outcome == "too_large"
    assert report["guid_same.xml"].matched == 5
    assert report["no_guid_no_link.xml"].matched == 1
    assert (report["many_items_20k.xml"].entries, report["empty.xml"].outcome) == (2_000, "not_a_feed")
    texts = " ".join(row["text"] + str(row["title"]) for row in store.read_mentions(workspace.engine).to_dicts())
    assert "root:" not in texts
    assert not any(ord(c) < 32 and c != "\n" for c in texts)
    links = {link for row in store.mention_evidence(workspace.engine)["links"].to_list() for link in row}
    assert all(link.startswith(("http://", "https://")) for link in links)
    assert {asked.path for asked in host.asked} == set(pages)


@pytest.mark.shared_data
def test_a_post_that_comes_back_with_a_new_guid_is_still_one(
    make_workspace: Make, shared_data: Callable[..., Path]
) -> None:
    first, second = (shared_data("feeds", "crafted", f"guid_changes_{n}.xml").read_bytes() for n in "ab")
    with FeedHost({"/f": Reply(200, first)}) as host:
        workspace = make_workspace(source(host, "/f"), settings=HEAD)
        poll(workspace)
        host.pages["/f"] = Reply(200, second)
        assert poll(workspace).mentions_new == 0
    assert store.count_mentions(workspace.engine) == 1


async def test_slow_scoring_runs_out_no_servers_time(make_workspace: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one feed is scored, for longer than a server may take to answer in all, others are asked and heard."""
    real = collect.score

    def slow(*given: Any, **options: Any) -> Any:
        begun = time.thread_time()
        while time.thread_time() < begun + 0.3:
            pass  # no sleep: that would leave the processor to others
        return real(*given, **options)

    def answers(asked: Asked) -> Reply:
        time.sleep(0.1)
        return Reply(200, FEED)

    monkeypatch.setattr(collect, "score", slow)
    monkeypatch.setattr(collect, "CONCURRENCY", 3)
    paths = [f"/f{n}" for n in range(8)]
    with FeedHost(dict.fromkeys(paths, answers)) as host:
        workspace = make_workspace("".join(source(host, path) for path in paths), settings=HEAD)
        async with Collector(workspace, now=lambda: NOW, limits=Limits(seconds=1.0)) as collector:
            report = await collector.round(only_due=False)
    assert outcomes(report) == ["ok"] * 8


def test_what_breaks_inside_one_source_is_its_own_row(make_workspace: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    real = collect.mentions_of

    def breaks(parsed: Any, *, source: Any, **rest: Any) -> Any:
        if source.name == "bad":
            raise RuntimeError("a bug of ours")
        return real(parsed, source=source, **rest)

    monkeypatch.setattr(collect, "mentions_of", breaks)
    with FeedHost({"/bad": Reply(200, FEED), "/f": Reply(200, FEED)}) as host:
        report = poll(make_workspace(source(host, "/bad") + source(host, "/f"), settings=HEAD))
    assert outcomes(report) == ["internal_error", "ok"]
