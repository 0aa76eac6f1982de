"""Hostile feeds, each read in a worker as the product reads it: within its limits, as expected, and the next one after.

The files of tests/data/feeds_crafted are this project's own (CC0); the large ones are made here.
"""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from config.registers import canonical_url
from listener.feeds import ITEMS_LIMIT, ParsedFeed
from listener.parsing import ParseWorkers
from tests.listener.feedhost import item, rss

DATA = Path(__file__).parent.parent / "data" / "feeds_crafted"
URL = "https://site.example/feed.xml"
IN_ONE_WORKER = """
import asyncio, json, resource, sys
from pathlib import Path
from listener.parsing import ParseWorkers

async def read(folder, names):
    slow = []
    async with ParseWorkers(count=1) as one:
        for name in names:
            feed = await one.parse((folder / name).read_bytes(), url="https://f.example/", content_type=None)
            if "took more than" in (feed.error or ""):
                slow.append(name)
    return slow

slow = asyncio.run(read(Path(sys.argv[1]), sys.argv[2:]))
print(json.dumps([slow, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""
MEMORY_LIMIT = 300  # MB of one worker
_UNIT = 1024 * 1024 if sys.platform == "darwin" else 1024  # of ru_maxrss
_NESTED = "<b>" * 100_000 + "</b>" * 100_000


@pytest.fixture
async def workers() -> AsyncIterator[ParseWorkers]:
    """One worker with the product's limits, which must still serve after the hostile feed."""
    async with ParseWorkers(count=1) as workers:
        yield workers
        after = await workers.parse(rss(item("1", "still here")), url=URL, content_type=None)
        assert [entry.text for entry in after.entries] == ["still here"]


def _ids(feed: ParsedFeed) -> list[str]:
    return [entry.native_id for entry in feed.entries]


def _texts(feed: ParsedFeed) -> str:
    return "".join(f"{entry.title}{entry.text}{entry.link}{entry.links}" for entry in feed.entries)


def _is_refused(words: str) -> Callable[[ParsedFeed], bool]:
    return lambda feed: not feed.entries and words in (feed.error or "")


def _is_marked_text_alone(feed: ParsedFeed) -> bool:
    return all(mark not in _texts(feed) for mark in ("<script", "onerror", "javascript:", "<img", "<svg"))


EXPECTED: list[tuple[str, Callable[[ParsedFeed], bool]]] = [
    ("billion_laughs.xml", lambda feed: len(_texts(feed)) < 1_000),
    ("xxe_file.xml", lambda feed: feed.entries[0].title == "&x;"),
    ("xxe_http.xml", lambda feed: feed.entries[0].title == "&x;"),
    ("xxe_param.xml", lambda feed: feed.entries[0].title == "x"),
    ("xinclude.xml", lambda feed: feed.entries[0].title is None),
    ("html_xss.xml", lambda feed: _is_marked_text_alone(feed) and feed.entries[0].link is None),
    (
        "link_schemes.xml",
        lambda feed: all(
            (entry.link or "http").startswith("http") and "@" not in (entry.link or "") for entry in feed.entries
        ),
    ),
    ("csv_formula.xml", lambda feed: (feed.entries[0].title or "").startswith("=HYPERLINK")),
    ("markdown_injection.xml", lambda feed: (feed.entries[0].title or "").startswith("![x]")),
    (
        "control_and_bidi.xml",
        lambda feed: len(feed.entries) == 1 and not set("\x1b\u202e\x00") & set(feed.entries[0].title or ""),
    ),
    ("null_bytes.xml", lambda feed: feed.entries[0].title == "ab"),
    ("truncated.xml", lambda feed: len(feed.entries) == 28 and bool(feed.warnings)),
    ("guid_same.xml", lambda feed: len(set(_ids(feed))) == 5),
    ("no_guid_no_link.xml", lambda feed: len(set(_ids(feed))) == 1),
    ("dates.xml", lambda feed: sum(entry.published_at is not None for entry in feed.entries) == 7),
    ("html_not_feed.html", _is_refused("web page")),
    ("jsonfeed_hostile.json", lambda feed: len(feed.entries) == 2 and bool(feed.warnings)),
    ("utf7.xml", lambda feed: feed.entries[0].title == "+ADw-script+AD4-"),
    ("utf16_no_bom_decl_utf8.xml", lambda feed: feed.entries[0].title == "Žluťoučký"),
]
MADE: list[tuple[str, Callable[[], bytes], Callable[[ParsedFeed], bool]]] = [
    ("empty", lambda: b"", _is_refused("empty")),
    (
        "quadratic blow-up",
        lambda: f'<!DOCTYPE r [<!ENTITY b "{"B" * 60_000}">]>'.encode() + rss(item("1", "&b;" * 6_000)),
        lambda feed: "B" not in _texts(feed),
    ),
    ("gzip bomb", lambda: gzip.compress(bytes(200_000_000), compresslevel=1), _is_refused("larger")),
    ("deep nesting", lambda: rss(f"<item>{_NESTED}</item>"), _is_refused("deep")),
    ("deep markup in a text", lambda: rss(item("1", _NESTED)), _is_refused("deep")),
    (
        "20,000 items",
        lambda: rss(*(item(str(n), "d", title="x", link="https://a.example/") for n in range(20_000))),
        lambda feed: len(feed.entries) == ITEMS_LIMIT and "20000" in feed.warnings[0],
    ),
    (
        "20,000 attributes",
        lambda: rss("<item " + " ".join(f"a{n}='1'" for n in range(20_000)) + "><title>x</title></item>"),
        lambda feed: feed.entries[0].title == "x",
    ),
    (
        "a title of 5 MB",
        lambda: rss(item("1", "d", title="T" * 5_000_000)),
        lambda feed: len(feed.entries[0].title or "") == 20_000,
    ),
    ("deep JSON", lambda: b"[" * 200_000, _is_refused("not JSON")),
    (
        "a comment of 5 MB",
        lambda: rss(f"<!--{'x ' * 2_500_000}-->", item("1", "d")),
        lambda feed: feed.entries[0].text == "d",
    ),
    ("2 million elements", lambda: rss("<item>" + "<a/>" * 2_000_000 + "</item>"), lambda feed: len(feed.entries) <= 1),
]


@pytest.mark.parametrize(("name", "holds"), EXPECTED, ids=[name for name, _ in EXPECTED])
async def test_a_crafted_feed_gives_what_is_expected(
    workers: ParseWorkers, name: str, holds: Callable[[ParsedFeed], bool]
) -> None:
    feed = await workers.parse((DATA / name).read_bytes(), url=URL, content_type=None)
    assert holds(feed), feed


@pytest.mark.parametrize(("name", "make", "holds"), MADE, ids=[name for name, _, _ in MADE])
async def test_a_large_crafted_feed_gives_what_is_expected(
    workers: ParseWorkers, name: str, make: Callable[[], bytes], holds: Callable[[ParsedFeed], bool]
) -> None:
    del name
    feed = await workers.parse(make(), url=URL, content_type=None)
    assert holds(feed), (feed.error, feed.warnings, len(feed.entries))


async def test_a_post_whose_guid_changes_is_one_mention(workers: ParseWorkers) -> None:
    links = set()
    for name in ("guid_changes_a.xml", "guid_changes_b.xml"):
        feed = await workers.parse((DATA / name).read_bytes(), url=URL, content_type=None)
        links.add(canonical_url(feed.entries[0].link or ""))
    assert links == {"https://example.org/p?id=1"}


@pytest.mark.shared_data
def test_every_crafted_file_is_read_within_bounds(shared_data: Callable[..., Path]) -> None:
    pytest.importorskip("resource", reason="Windows does not tell a process's memory")
    folder = shared_data("feeds", "crafted")
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as stream:
        names = [row["file"] for row in csv.DictReader(stream, delimiter="\t")]
    assert len(names) == 29
    # In a process of its own: the largest child of this one may be any other test's.
    told = subprocess.run(
        [sys.executable, "-c", IN_ONE_WORKER, str(folder), *names], capture_output=True, text=True, check=True
    )
    slow, peak = json.loads(told.stdout)
    assert slow == []
    assert peak / _UNIT < MEMORY_LIMIT
