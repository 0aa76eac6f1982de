"""Posts written down by hand: in by the door of all files, changed, taken out, and in again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from config.workspace import Workspace, open_workspace
from listener import store
from tests.listener.feedhost import item, rss
from tests.polls import save_poll
from tests.ui.test_cli_sources import document, run
from ui import by_hand
from ui.link_authors import author_in

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
POST = {
    "link": "https://www.tiktok.com/@anna/video/1?utm_source=x",
    "text": 'I love my "acme kettle", =1+1',
    "author": "@anna",
    "followers": "12000",
    "date": "2026-06-20 18:30",
    "likes": "7",
}


@pytest.fixture
def folder(make_workspace: Callable[..., Workspace]) -> Path:
    return make_workspace().folder


def arguments(post: dict[str, str]) -> list[str]:
    return [part for name, value in post.items() for part in (f"--{name}", value)]


def test_a_post_is_matched_scored_and_kept_as_it_was_written(folder: Path) -> None:
    saved = document(folder, "by-hand", "by-hand", "add", *arguments(POST))
    assert (saved["outcome"], saved["brands"]) == ("new", ["Acme"])
    row = store.read_by_id(open_workspace(folder).engine, [saved["mention_id"]]).row(0, named=True)
    assert (row["network"], row["author_key"], row["followers"], row["likes"]) == ("tiktok", "tiktok:anna", 12000, 7)
    assert row["published_at"] == dt.datetime(2026, 6, 20, 16, 30, tzinfo=dt.UTC)  # 18:30 in Berlin
    assert (row["language"], row["label"], row["url"]) == ("en", "positive", POST["link"])
    assert document(folder, "by-hand", "by-hand", "add", *arguments(POST))["outcome"] == "same"
    assert [one["mention_id"] for one in document(folder, "by-hand-list", "by-hand", "list")["rows"]] == [
        saved["mention_id"]
    ]
    assert "tiktok" in run(folder, "by-hand", "list")


def test_it_can_be_changed_taken_out_and_put_in_again(folder: Path) -> None:
    first = document(folder, "by-hand", "by-hand", "add", *arguments(POST))["mention_id"]
    changed = document(folder, "by-hand", "by-hand", "change", first, "--text", "my acme kettle broke", "--likes", "9")
    assert (changed["outcome"], changed["mention_id"]) == ("updated", first)
    space = open_workspace(folder)
    row = store.read_by_id(space.engine, [first]).row(0, named=True)
    assert (row["text"], row["likes"], row["followers"], row["revision"]) == ("my acme kettle broke", 9, 12000, 2)
    moved = document(folder, "by-hand", "by-hand", "change", first, "--link", "https://www.tiktok.com/@anna/video/2")
    assert moved["mention_id"] != first
    assert store.count_mentions(space.engine) == 1
    assert document(folder, "by-hand-remove", "by-hand", "remove", moved["mention_id"])["done"] == "removed"
    assert store.count_mentions(space.engine) == 0
    assert document(folder, "by-hand", "by-hand", "add", *arguments(POST))["outcome"] == "new"
    assert "no mention" in run(folder, "by-hand", "remove", "nobody", code=1)


def test_a_figure_that_is_cleared_is_unknown_and_can_be_told_again(folder: Path) -> None:
    space = open_workspace(folder)
    post = POST | {"comments": "3", "views": "50"}
    key = by_hand.save(space, post, now=NOW).mention_id or ""
    other = by_hand.save(space, {"text": "acme kettle", "link": "https://t.example/2", "likes": "4"}, now=NOW)

    def figures() -> tuple[int | None, ...]:
        row = store.read_by_id(space.engine, [key]).row(0, named=True)
        return tuple(row[name] for name in ("likes", "comments", "views", "engagement", "followers"))

    assert by_hand.change(space, key, {"likes": "", "followers": ""}, now=NOW).outcome == "updated"
    assert figures() == (None, 3, 50, 3, None)
    assert by_hand.post_of(space, key)["likes"] is None
    assert by_hand.change(space, key, {"likes": "", "comments": " ", "views": None}, now=NOW).outcome == "updated"
    assert figures() == (None, None, 50, None, None)
    assert by_hand.change(space, key, post, now=NOW).outcome == "updated"  # the very file that was taken in first
    assert figures() == (7, 3, 50, 10, 12000)
    assert by_hand.change(space, key, {"likes": ""} | {"text": ""}, now=NOW).outcome == "refused"
    assert figures() == (7, 3, 50, 10, 12000)
    assert store.read_by_id(space.engine, [str(other.mention_id)])["likes"][0] == 4


REFUSED = [
    ({"likes": "²"}, "no number"),
    ({"author": "\udcff"}, "letters"),
    ({"text": ""}, "no text"),
    ({"text": "about tea"}, ""),
    ({"link": "javascript:alert(1)"}, "no address"),
    ({"date": "soon"}, "date cannot be read"),
    ({"followers": "many"}, "no number"),
    ({"date": "2027-12-01"}, "lies in the future"),
    ({"text": "acme kettle " * 2000}, "longer"),
]


@pytest.mark.parametrize(("changed", "words"), REFUSED)
def test_what_cannot_be_used_is_told(folder: Path, changed: dict[str, str], words: str) -> None:
    if changed.get("text") == "about tea":  # the only own brand is meant where a person writes a post down
        assert document(folder, "by-hand", "by-hand", "add", *arguments(POST | changed))["brands"] == ["Acme"]
        return
    assert words in run(folder, "by-hand", "add", *arguments(POST | changed), code=1)
    assert store.count_mentions(open_workspace(folder).engine) == 0


def test_among_several_own_brands_a_query_has_to_match(make_workspace: Callable[..., Workspace]) -> None:
    space = make_workspace('\n[[brand]]\nname = "Pot"\nmatch = "pot"\n')
    refused = by_hand.save(space, POST | {"text": "about tea"}, now=NOW)
    assert refused.outcome == "refused"
    assert "query" in str(refused.problem)


def test_a_post_that_a_feed_brought_keeps_the_feeds_words_and_cannot_be_taken_out(folder: Path) -> None:
    from config.settings import SourceSettings
    from listener.collect import make_plan, mentions_of
    from listener.feeds import parse_feed
    from listener.store import SourceState

    space = open_workspace(folder)
    link = "https://blog.example/1"
    feed = parse_feed(rss(item("1", "an acme kettle", link=link)), url="https://blog.example/f", content_type=None)
    source = SourceSettings(name="blog", url="https://blog.example/f")
    heard = mentions_of(feed, source=source, plan=make_plan(space), now=NOW)
    save_poll(space.engine, source="blog", state=SourceState("blog", source.url), mentions=heard, now=NOW)
    saved = by_hand.save(
        space, {"link": link, "text": "acme kettle by hand", "followers": "5", "author": "bob"}, now=NOW
    )
    assert store.count_mentions(space.engine) == 1
    assert store.read_by_id(space.engine, [str(saved.mention_id)])["text"][0] == "an acme kettle"
    with pytest.raises(by_hand.NotByHandError):
        by_hand.remove(space, str(saved.mention_id), now=NOW)


def test_a_corrected_link_keeps_what_was_decided(folder: Path) -> None:
    space = open_workspace(folder)
    before = by_hand.save(space, POST, now=NOW).mention_id or ""
    store.set_triage(space.engine, before, status="done", note="answered", expected_version=0, now=NOW)
    after = by_hand.change(space, before, {"link": "https://t.example/corrected"}, now=NOW).mention_id
    assert after != before
    assert store.read_mentions(space.engine, status="done")["mention_id"].to_list() == [after]


@pytest.mark.parametrize(
    ("link", "author"),
    [
        ("https://www.tiktok.com/@anna.k/video/1", "anna.k"),
        ("https://www.instagram.com/p/Cabc/", None),
        ("https://www.youtube.com/@annatests/shorts", "annatests"),
        ("https://www.youtube.com/watch?v=1", None),
        ("https://x.com/Anna_K/status/17", "Anna_K"),
        ("https://x.com/i/status/17", None),
        ("https://mobile.twitter.com/anna/status/17?s=20", "anna"),
        ("https://social.example/@anna/1127", "anna@social.example"),
        ("https://social.example/@anna@other.example/1127", "anna@other.example"),
        ("https://bsky.app/profile/anna.example/post/3k", "anna.example"),
        ("https://bsky.app/profile/did:plc:abc/post/3k", None),
        ("https://www.threads.net/@anna/post/C1", "anna"),
        ("https://nottiktok.com/@anna/video/1", None),
        ("https://[bad/@anna/1", None),
        ("", None),
    ],
)
def test_the_author_is_read_from_links_that_carry_one(link: str, author: str | None) -> None:
    assert author_in(link) == author


def test_a_post_without_an_author_goes_in_under_its_links(folder: Path) -> None:
    bare = {"text": "my acme kettle", "link": "https://www.tiktok.com/@anna/video/1"}
    assert "by anna" in run(folder, "by-hand", "add", *arguments(bare))
    rows = document(folder, "by-hand-list", "by-hand", "list")["rows"]
    assert [row["author_name"] or row.get("author_key") for row in rows] != [None]
    unknown = run(folder, "by-hand", "add", "--text", "the acme kettle again")
    assert "author unknown: add --author" in unknown


def test_a_days_post_is_listed_on_that_day_of_the_business(folder: Path) -> None:
    document(folder, "by-hand", "by-hand", "add", *arguments(POST | {"date": "2026-06-20"}))
    (row,) = document(folder, "by-hand-list", "by-hand", "list")["rows"]
    assert row["published_at"] == "2026-06-19T22:00:00Z"  # midnight in Berlin
    assert by_hand.day_of(open_workspace(folder), row["published_at"]) == "2026-06-20"
    assert "2026-06-20" in run(folder, "by-hand", "list")
