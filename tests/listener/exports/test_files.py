"""Mention exports through the door of all files: samples made to the layouts of the tools, each with its facts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from config.intake import ImportReport
from config.workspace import Workspace
from listener import store
from listener.mentions import BrandMatch, Mention, mention_id
from listener.store import SourceState
from tests.polls import save_poll
from ui import pipeline

SAMPLES = Path(__file__).parents[2] / "data" / "mention_exports"
NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
SETTINGS = """
[workspace]
name = "Test shop"
currency = "EUR"
timezone = "Europe/Berlin"

[[brand]]
name = "Acme"
match = "acme"
"""


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace(settings=SETTINGS)


def take(workspace: Workspace, name: str, **more: Any) -> ImportReport:
    return pipeline.take_file(workspace, SAMPLES / name, now=NOW, **more)


def write(workspace: Workspace, name: str, text: str) -> Path:
    path = workspace.folder / name
    path.write_text(text, encoding="utf-8")
    return path


def by_hand(workspace: Workspace, *rows: str) -> ImportReport:
    path = write(workspace, f"{abs(hash(rows))}.csv", "\n".join(["link,text,author,followers,date,network", *rows]))
    return pipeline.take_file(workspace, path, now=NOW)


def heard(workspace: Workspace) -> pl.DataFrame:
    return store.read_mentions(workspace.engine, newest_first=False)


# file, layout, read, accepted, quarantined, skipped
COUNTS = [
    ("bluesky.json", "bluesky", 3, 3, 0, 0),
    ("brand24_mentions.xlsx", "brand24", 5, 5, 0, 0),
    ("brandwatch_bulk.xlsx", "brandwatch", 5, 5, 0, 0),
    ("generic_semicolon_latin1.csv", "generic_mentions", 1, 1, 0, 0),
    ("mastodon.json", "mastodon", 3, 3, 0, 0),
    ("meltwater_utf16.csv", "meltwater", 6, 6, 0, 0),
    ("reddit_submissions.ndjson", "reddit", 4, 2, 0, 2),
    ("sprinklr.xlsx", "sprinklr", 4, 4, 0, 0),
    ("talkwalker.csv", "talkwalker", 5, 5, 0, 0),
    ("talkwalker_stream.jsonl", "talkwalker_stream", 5, 4, 0, 1),
    ("x_archive_tweets.js", "x_archive", 3, 3, 0, 0),
]


def test_rows_below_a_quote_that_never_closes_are_read(workspace: Workspace) -> None:
    report = take(workspace, "broken_quotes.csv")
    assert (report.read, report.quarantined, report.skipped) == (5, 3, 2)
    assert report.reasons == {"open_quote": 1, "bad_date": 1, "too_many_cells": 1, "no_brand": 2}


@pytest.mark.parametrize(("name", "layout", "read", "accepted", "quarantined", "skipped"), COUNTS)
def test_every_row_is_accounted_for_and_twice_is_once(
    workspace: Workspace, name: str, layout: str, read: int, accepted: int, quarantined: int, skipped: int
) -> None:
    first = take(workspace, name)
    assert (first.layout, first.read, first.accepted, first.quarantined, first.skipped, first.error) == (
        layout, read, accepted, quarantined, skipped, None,
    )  # fmt: skip
    before = heard(workspace)
    again = take(workspace, name)
    assert (again.accepted, again.updated, again.duplicates) == (0, 0, read)
    assert heard(workspace).equals(before)


# file, column, its first value by time
FACTS: list[tuple[str, str, Any]] = [
    ("bluesky.json", "published_at", dt.datetime(2026, 2, 1, 10, tzinfo=dt.UTC)),
    ("bluesky.json", "url", "https://bsky.app/profile/a.bsky.social/post/0"),
    ("bluesky.json", "author_key", "bluesky:a.bsky.social"),
    ("brand24_mentions.xlsx", "published_at", dt.datetime(2026, 2, 1, 9, 5, tzinfo=dt.UTC)),  # 10:05 in Berlin
    ("brand24_mentions.xlsx", "published_quality", "no_zone"),
    ("brand24_mentions.xlsx", "network", "x"),
    ("brandwatch_bulk.xlsx", "published_at", dt.datetime(2026, 2, 1, 9, tzinfo=dt.UTC)),
    ("brandwatch_bulk.xlsx", "followers", 0),
    ("brandwatch_bulk.xlsx", "likes", None),
    ("brandwatch_bulk.xlsx", "shares", 0),
    ("brandwatch_bulk.xlsx", "engagement", 0),
    ("generic_semicolon_latin1.csv", "published_at", dt.datetime(2026, 2, 1, 9, tzinfo=dt.UTC)),  # 01.02. is 1 February
    ("generic_semicolon_latin1.csv", "text", "Acme ist großartig; wirklich"),
    ("generic_semicolon_latin1.csv", "reach", 1234),
    ("generic_semicolon_latin1.csv", "author_name", "Jürgen"),
    ("mastodon.json", "text", "Acme #acme"),
    ("mastodon.json", "followers", 20000),
    ("mastodon.json", "published_quality", "exact"),
    ("meltwater_utf16.csv", "text", 'Acme, "the brand"\nline 0 žluť'),
    ("meltwater_utf16.csv", "published_at", dt.datetime(2026, 2, 1, 14, tzinfo=dt.UTC)),
    ("meltwater_utf16.csv", "url", "https://news.example/0?utm_source=meltwater"),
    ("meltwater_utf16.csv", "reach", 15),
    ("meltwater_utf16.csv", "author_key", "x:anna"),
    ("reddit_submissions.ndjson", "author_key", None),
    ("reddit_submissions.ndjson", "likes", 7),
    ("sprinklr.xlsx", "author_key", "x:u0"),
    ("talkwalker.csv", "published_at", dt.datetime(2026, 2, 20, 9, tzinfo=dt.UTC)),  # 20/02/26, day first
    ("talkwalker.csv", "reach", 83604085),
    ("talkwalker.csv", "engagement", 141),
    ("talkwalker.csv", "likes", None),
    ("talkwalker_stream.jsonl", "network", "reddit"),
    ("talkwalker_stream.jsonl", "published_at", dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC)),
    ("talkwalker_stream.jsonl", "reach", None),
    ("x_archive_tweets.js", "url", "https://x.com/i/status/1000000000000000000"),
    ("x_archive_tweets.js", "likes", 10),
    ("x_archive_tweets.js", "links", ["https://shop.example/?utm_source=x&utm_campaign=a", "https://t.co/x"]),
]


@pytest.mark.parametrize(("name", "column", "value"), FACTS)
def test_values_are_renamed_and_cast(workspace: Workspace, name: str, column: str, value: Any) -> None:
    take(workspace, name)
    found = heard(workspace).sort("published_at", "url")[column][0]
    if isinstance(found, pl.Series):
        assert sorted(found) == sorted(value)
    else:
        assert found == value


def test_a_vendors_sentiment_stands_beside_ours(workspace: Workspace) -> None:
    take(workspace, "talkwalker.csv")
    with workspace.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT vendor_sentiment, score, score_status FROM mentions").all()
    assert len(rows) == 5
    assert all(row[0] is not None and -1 <= row[0] <= 1 for row in rows)
    assert min(row[0] for row in rows) == -1.0  # the tool's -5
    assert {row[1:] for row in rows} == {(0.0, "scored")}, "in the language that its own column states"


def test_overlapping_exports_count_a_post_once(workspace: Workspace) -> None:
    """Brand24 and Brandwatch name the same status: links differ, the network's id does not."""
    by_hand(workspace, "https://twitter.com/u/status/20001,I like my Acme,@u,10,2026-02-01 10:00,twitter")
    again = by_hand(workspace, "https://x.com/someone/status/20001?s=20,I like my Acme,@u,12,2026-02-01 10:00,x")
    assert (again.accepted, again.updated, again.duplicates) == (0, 1, 0)
    assert heard(workspace).height == 1


def test_an_export_adds_numbers_to_a_post_a_feed_brought_and_keeps_its_words(workspace: Workspace) -> None:
    url = "https://blog.example/kettles"
    post = Mention(
        mention_id=mention_id(source="blog", network="web", native_id="77", url=url, text=""),
        source="blog",
        source_kind="rss",
        network="web",
        native_id="77",
        title=None,
        text="The whole text of a long article about Acme",
        raw_url=url + "?utm_source=feed",
        author_key="web:blog.example/anna",
        published_at=NOW,
        published_quality="exact",
        brands=(BrandMatch("Acme", ("acme",)),),
    )
    state = SourceState("blog", "https://blog.example/feed")
    save_poll(workspace.engine, source="blog", state=state, mentions=[post], now=NOW)
    lines = ["link,text,author,followers,date,likes,reach", f"{url},The whole text,anna,500,2026-06-29,7,900"]
    report = pipeline.take_file(workspace, write(workspace, "by hand.csv", "\n".join(lines)), now=NOW)
    assert (report.accepted, report.updated) == (0, 1)
    row = heard(workspace).row(0, named=True)
    assert (row["source"], row["text"], row["url"]) == ("blog", post.text, post.raw_url)
    assert (row["likes"], row["reach"], row["published_at"]) == (7, 900, NOW)
    save_poll(workspace.engine, source="blog", state=state, mentions=[post], now=NOW)
    assert heard(workspace)["likes"].to_list() == [7], "the feed does not know likes, and takes none away"


def test_a_feed_finds_the_post_an_export_brought_earlier(workspace: Workspace) -> None:
    url = "https://blog.example/kettles"
    by_hand(workspace, f"{url},Acme in short,anna,500,2026-06-29,web")
    post = Mention(
        mention_id=mention_id(source="blog", network="web", native_id="77", url=url, text=""),
        source="blog", source_kind="rss", network="web", native_id="77", title=None, text="All about Acme",
        raw_url=url, brands=(BrandMatch("Acme", ("acme",)),),
    )  # fmt: skip
    state = SourceState("blog", "https://blog.example/feed")
    save_poll(workspace.engine, source="blog", state=state, mentions=[post], now=NOW)
    assert heard(workspace)["text"].to_list() == ["All about Acme"]


def test_followers_of_an_export_reach_the_author(workspace: Workspace) -> None:
    by_hand(workspace, "https://x.com/u/status/20001,I like my Acme,@anna,,2026-02-01 10:00,x")
    assert heard(workspace)["followers"].to_list() == [None]
    by_hand(workspace, 'https://x.com/u/status/20002,Acme again,@Anna,"12,400",2026-02-02 10:00,x')
    assert heard(workspace)["followers"].to_list() == [12_400, 12_400]


def test_rows_a_tools_query_chose_are_about_the_own_brand(workspace: Workspace) -> None:
    """A listening tool shows a snippet, in which the brand's name need not stand; a network's dump is filtered."""
    assert by_hand(workspace, "https://x.com/u/status/20003,No name here,@anna,,2026-02-01,x").accepted == 1
    path = write(workspace, "g.csv", "date,text,author\n2026-02-01,No name here,anna\n2026-02-01,Acme!,bo\n")
    report = pipeline.take_file(workspace, path, now=NOW)
    assert (report.layout, report.accepted, report.skipped, report.reasons) == (
        "generic_mentions", 1, 1, {"no_brand": 1},
    )  # fmt: skip


RIVAL = """
[[brand]]
name = "Globex"
match = "globex"
role = "competitor"
"""
ASKED = (
    "1 row matches no brand's query and was left out. If they are about one of your brands, import the file again with "
    "--brand (on the page Data: Brand of rows that match no query)."
)


def test_among_several_brands_nobody_guesses_what_a_tool_looked_for(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(settings=SETTINGS + RIVAL)
    row = "https://x.com/u/status/20009,No name here,@anna,,2026-02-01,x"
    left = by_hand(workspace, row)
    assert (left.skipped, left.reasons, left.warnings) == (1, {"no_brand": 1}, [ASKED])
    path = next(workspace.folder.glob("*.csv"))
    told = pipeline.take_file(workspace, path, now=NOW, brand="Globex")
    assert (told.accepted, told.warnings) == (
        1,
        ["1 row matches no brand's query; it is kept as talk about Globex, for which the file was made. Undo the "
         "import if that is wrong."],
    )  # fmt: skip
    assert heard(workspace)["brands"].to_list() == [["Globex"]]
    for brand in ("Globex", None):
        again = pipeline.take_file(workspace, path, now=NOW, brand=brand)
        assert (again.id, again.duplicates, again.accepted) == (told.id, 1, 0), "the same words change nothing"


def test_a_brand_says_nothing_of_a_file_without_mentions(workspace: Workspace) -> None:
    path = write(workspace, "spend.csv", "date,platform,campaign,cost,currency\n2026-05-03,meta,May,10.00,EUR\n")
    first = pipeline.take_file(workspace, path, now=NOW)
    again = pipeline.take_file(workspace, path, now=NOW, brand="Acme")
    assert (again.id, again.duplicates, list(again.replaced)) == (first.id, 1, [])


def test_rows_that_cannot_be_used_are_put_aside_with_their_reason(workspace: Workspace) -> None:
    report = by_hand(
        workspace,
        "https://a.example/1,,anna,1,2026-02-01,web",
        "https://a.example/2,Acme,anna,1,the day before,web",
        "https://a.example/3,Acme,anna,many,2026-02-01,web",
    )
    assert report.reasons == {"missing_text": 1, "bad_date": 1}
    assert report.accepted == 1
    assert any("1 cells of followers hold no number" in warning for warning in report.warnings)


def test_hostile_cells_stay_text(workspace: Workspace) -> None:
    by_hand(
        workspace, 'javascript:alert(1),"<script>alert(1)</script>=1+1 <b>Acme</b>\u202e\x07",anna,1,2026-02-01,web'
    )
    row = heard(workspace).row(0, named=True)
    assert (row["url"], row["text"]) == (None, "=1+1 Acme")


def test_the_archive_of_x_is_read_as_it_comes(workspace: Workspace, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "twitter.zip", "w") as archive:
        archive.write(SAMPLES / "x_archive_tweets.js", "data/tweets.js")
        archive.writestr("data/account.js", "window.YTD.account.part0 = " + json.dumps([{"account": {"email": "x"}}]))
    report = pipeline.take_file(workspace, tmp_path / "twitter.zip", now=NOW)
    assert (report.accepted, report.skipped, report.read) == (3, 1, 4)


@pytest.mark.shared_data
def test_real_files_keep_the_invariant(workspace: Workspace, shared_data: Callable[..., Path]) -> None:
    for path in sorted(shared_data("mention_exports", "real").iterdir()):
        report = pipeline.take_file(workspace, path, now=NOW)
        whole = report.accepted + report.updated + report.duplicates + report.quarantined + report.skipped
        assert (report.error, report.layout is None, whole) == (None, False, report.read), path.name
        assert report.quarantined == 0, path.name


# lines of posts in files, followers in the end
STATED: list[tuple[list[list[str]], int | None]] = [
    ([["2026-02-01,5000", "2026-02-02,"]], 5000),
    ([["2026-02-02,", "2026-02-01,5000"]], 5000),
    ([["2026-02-05,9000", "2025-02-05,100"]], 9000),
    ([["2025-02-05,100"], ["2026-02-05,9000"]], 9000),
    ([["2026-02-05,9000"], ["2025-02-05,100"]], 9000),
    ([["2026-02-05,9000"], ["2026-02-06,"]], 9000),
    ([["2026-02-05,9000"], ["2026-02-06,8000"]], 8000),
]


@pytest.mark.parametrize(("files", "followers"), STATED)
def test_the_newest_statement_of_followers_counts_in_any_order(
    workspace: Workspace, files: list[list[str]], followers: int | None
) -> None:
    number = 0
    for lines in files:
        rows = []
        for line in lines:
            number += 1
            date, _, count = line.partition(",")
            rows.append(f"https://x.com/ann/status/2000{number},Acme {number},@ann,{count},{date},x")
        by_hand(workspace, *rows)
    assert set(heard(workspace)["followers"]) == {followers}


REVIEW = {
    "id": {"label": "9001"}, "author": {"name": {"label": "Mia"}, "uri": {"label": "https://a.example"}},
    "updated": {"label": "2026-02-01T10:00:00-07:00"}, "im:rating": {"label": "2"},
    "title": {"label": "Slow"}, "content": {"label": "The Acme app is slow", "attributes": {"type": "text"}},
}  # fmt: skip


@pytest.mark.parametrize("entries", [REVIEW, [REVIEW], [REVIEW, REVIEW | {"id": {"label": "9002"}}]])
def test_reviews_are_read_as_the_app_store_serves_them(workspace: Workspace, entries: Any) -> None:
    feed = {"feed": {"author": {"name": {"label": "iTunes Store"}}, "entry": entries, "updated": {"label": "x"}}}
    report = pipeline.take_file(workspace, write(workspace, "reviews.json", json.dumps(feed)), now=NOW)
    assert (report.layout, report.accepted) == ("appstore", len(entries) if isinstance(entries, list) else 1)
    assert heard(workspace)["author_name"].to_list()[0] == "Mia"


def _file(workspace: Workspace, name: str, records: list[dict[str, Any]]) -> ImportReport:
    return pipeline.take_file(workspace, write(workspace, name, json.dumps(records)), now=NOW)


def status(**more: Any) -> dict[str, Any]:
    known = {
        "id": "1", "url": "https://mas.to/@a/1", "uri": "https://mas.to/users/a/statuses/1", "language": "en",
        "created_at": "2026-02-01T10:00:00.000Z", "content": "<p>The Acme kettle leaks again</p>", "spoiler_text": "",
        "account": {"acct": "a", "display_name": "A", "followers_count": 70}, "reblog": None,
    }  # fmt: skip
    return known | more


def test_a_boost_on_mastodon_says_what_it_boosts_and_warnings_belong_to_the_text(workspace: Workspace) -> None:
    said = status(
        content="<p>The kettle of my aunt leaks again and nobody at the shop answers her</p>", spoiler_text="Acme"
    )
    boost = status(id="2", url=None, uri="https://mas.to/users/b/statuses/2/activity", content="", reblog=said,
                   account={"acct": "b", "display_name": "B", "followers_count": 5})  # fmt: skip
    assert _file(workspace, "m.json", [said, boost]).accepted == 2
    found = heard(workspace)
    assert found["text"].n_unique() == 1
    assert found["text"][0].startswith("Acme\nThe kettle")
    assert found["cluster_id"].n_unique() == 1
    assert sorted(found["author_key"]) == ["mastodon:a", "mastodon:b"]
    assert set(found.select("reach", "reach_kind").rows()) == {(70, "followers"), (5, "followers")}


def post(**more: Any) -> dict[str, Any]:
    known = {
        "uri": "at://did:plc:a/app.bsky.feed.post/1", "author": {"handle": "a.bsky.social", "displayName": "A"},
        "record": {"text": "Acme", "createdAt": "2031-02-01T10:00:00Z"}, "likeCount": 1, "quoteCount": 4,
        "indexedAt": "2026-02-01T10:00:05Z",
    }  # fmt: skip
    return known | more


def test_a_clock_that_lies_ahead_is_not_believed_and_loses_no_post(workspace: Workspace) -> None:
    assert _file(workspace, "b.json", [post()]).accepted == 1
    row = heard(workspace).row(0, named=True)
    assert row["published_at"] == dt.datetime(2026, 2, 1, 10, 0, 5, tzinfo=dt.UTC)
    assert row["engagement"] == 5
    by_hand(workspace, "https://a.example/1,Acme,anna,1,2031-02-01,web")
    late = heard(workspace).row(1, named=True)
    assert (late["published_at"], late["published_quality"]) == (NOW, "guessed")


# the export's header and row, then column and value
TOLD: list[tuple[str, str, dict[str, Any]]] = [
    (
        "Query Id,Date,Url,Domain,Full Text,Sentiment,Total Monthly Visitors,Reddit Score",
        "1,2026-02-01 10:00:00.0,https://a.example/1,a.example,Acme,negative,5000,-4",
        {"reach": 5000, "reach_kind": "site_visits", "vendor_sentiment": -1.0, "likes": -4, "engagement": 0},
    ),
    (
        "Query Id,Date,Url,Domain,Full Text,Impressions,Total Monthly Visitors",
        "1,2026-02-01 10:00:00.0,https://a.example/1,a.example,Acme,70,5000",
        {"reach": 70, "reach_kind": "impressions", "vendor_sentiment": None},
    ),
    (
        "url,published,content,source_type,sentiment,reach,article_extended_attributes.twitter_retweets,"
        "article_extended_attributes.num_comments,source_extended_attributes.twitter_followers",
        "https://a.example/1,01/02/26 10:00:00,Acme,BLOG,1,12,3,4,900",
        {"vendor_sentiment": 1.0, "shares": 3, "comments": 4, "engagement": 7, "reach_kind": "vendor"},
    ),
    (
        "Page Name,User Name,Facebook Id,Post Created,Message,URL,Total Interactions,Likes,Comments,Shares,Love,"
        "Followers at Posting",
        'Acme,acme,1,2026-02-01 10:00:00 CET,Acme,https://facebook.com/1,"1,500",900,200,50,350,"12,345"',
        {"engagement": 1500, "likes": 900, "followers": 12345},
    ),
    (
        "date,text,author",
        "2026.02.03. 14:05,Acme,anna",
        {"published_at": dt.datetime(2026, 2, 3, 13, 5, tzinfo=dt.UTC)},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("header", "line", "values"), TOLD)
def test_what_a_tool_tells_is_kept_and_said_for_what_it_is(
    workspace: Workspace, header: str, line: str, values: dict[str, Any]
) -> None:
    report = pipeline.take_file(workspace, write(workspace, "t.csv", f"{header}\n{line}\n"), now=NOW)
    assert report.accepted == 1, report
    row = heard(workspace).row(0, named=True)
    assert {name: row[name] for name in values} == values


def test_what_is_done_with_rows_no_query_matches_is_said(workspace: Workspace) -> None:
    kept = by_hand(workspace, "https://x.example/1,No name here,anna,5,2026-02-01,web")
    assert kept.warnings == [
        "1 row matches no brand's query; it is kept as talk about Acme, for which the file was made. Undo the import "
        "if that is wrong."
    ]
    path = write(workspace, "dump.csv", "date,text,author\n2026-02-01,No name here,anna\n")
    assert pipeline.take_file(workspace, path, now=NOW).warnings == ["1 row matches no brand's query and was left out"]
