"""Golden pairs: each feed of tests/data/feeds beside what it says, written by hand. A new quirk is a new pair."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from listener.feeds import parse_feed

FOLDER = Path(__file__).parent.parent / "data" / "feeds"
FEEDS = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))
URL = "https://site.example/feed.xml"


@pytest.mark.parametrize("path", FEEDS, ids=[path.name for path in FEEDS])
@pytest.mark.parametrize("directly", [True, False], ids=["directly", "by feedparser"])
def test_a_feed_gives_what_stands_beside_it(path: Path, directly: bool) -> None:
    if not directly and path.name in ONLY_DIRECTLY:
        pytest.skip(ONLY_DIRECTLY[path.name])
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    feed = parse_feed(path.read_bytes(), url=URL, content_type=None, directly=directly)
    entries = [
        {
            "id": entry.native_id,
            "title": entry.title,
            "link": entry.link,
            "published_at": entry.published_at.isoformat() if entry.published_at else None,
            "author": entry.author,
            "text": entry.text,
        }
        for entry in feed.entries
    ]
    assert {"format": feed.format, "title": feed.title, "entries": entries} == expected
    assert feed.error is None


ONLY_DIRECTLY = {
    "atom10_in_a_page.xml": "feedparser takes the feed's own title and author for the page's",
}


def test_no_expectation_stands_alone() -> None:
    assert len(FEEDS) > 40
    assert {path.with_suffix(".expected.json") for path in FEEDS} == set(FOLDER.glob("*.expected.json"))
