from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from listener.feeds import Entry
from listener.mentions import (
    BrandMatch,
    Mention,
    author_of,
    build_mention,
    find_codes,
    mention_id,
    network_identity,
    network_of,
    when,
)
from listener.sentiment import Scored

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
ENTRY = Entry(
    native_id="17",
    title="Acme",
    link="https://www.blog.example/p?utm_source=x",
    published_at=NOW - dt.timedelta(days=1),
    published_quality="exact",
    author="anna@mail.example (Anna Kow)",
    text="Try the kettle with ANNA10",
    comments=3,
    links=("https://shop.example/discount/crew5",),
)


def build(entry: Entry = ENTRY, *, network: str = "blog", scoped: bool = False) -> Mention:
    return build_mention(
        entry,
        source="the blog",
        source_kind="rss",
        network=network,
        scoped_authors=scoped,
        brands=[BrandMatch("Acme", ("acme",))],
        language="en",
        scored=Scored(0.5, "positive", None, "vader-3.3.2", "scored"),
        known_codes={"ANNA10", "CREW5", "OTHER"},
        now=NOW,
    )


def test_an_entry_becomes_a_mention_with_its_evidence() -> None:
    mention = build()
    assert (mention.raw_url, mention.canonical_url, mention.domain) == (
        "https://www.blog.example/p?utm_source=x",
        "https://blog.example/p",
        "blog.example",
    )
    assert mention.codes == ("ANNA10", "CREW5")
    assert (mention.author_key, mention.author_name) == ("blog:anna kow", "Anna Kow")
    assert (mention.likes, mention.comments, mention.engagement) == (None, 3, 3)


def test_engagement_is_unknown_where_no_count_is_known() -> None:
    assert build(replace(ENTRY, comments=None)).engagement is None


def test_the_id_does_not_change_with_text_address_or_time() -> None:
    edited = replace(ENTRY, text="edited", link="http://127.0.0.1:9/x", title=None, published_at=None)
    assert build(edited).mention_id == build().mention_id
    assert build(edited).content_hash != build().content_hash


def test_counters_and_scores_are_no_new_revision() -> None:
    assert build(replace(ENTRY, comments=99)).content_hash == build().content_hash


IDENTITIES = [
    ("reddit", "t3_abc12", "https://www.reddit.com/r/x/comments/abc12/title/", "t3_abc12"),
    ("reddit", "/t3_abc12", None, "t3_abc12"),
    ("reddit", None, "https://old.reddit.com/r/x/comments/abc12/title/", "t3_abc12"),
    ("youtube", "yt:video:5shykyfmb28", None, "5shykyfmb28"),
    ("youtube", None, "https://youtu.be/5shykyfmb28?t=3", "5shykyfmb28"),
    ("youtube", None, "https://www.youtube.com/watch?v=5shykyfmb28&feature=share", "5shykyfmb28"),
    ("youtube", None, "https://m.youtube.com/shorts/5shykyfmb28", "5shykyfmb28"),
    ("youtube", None, "https://www.youtube.com/live/5shykyfmb28?si=x", "5shykyfmb28"),
    ("youtube", None, "https://www.youtube.com/watch?v=5shykyfmb28&lc=Ugxy", None),
    ("reddit", None, "https://redd.it/abc12", "t3_abc12"),
    ("x", None, "https://x.com/anna/status/1334567890123456789", "1334567890123456789"),
    ("blog", "t3_abc12", "https://youtu.be/5shykyfmb28", None),
]


@pytest.mark.parametrize(("network", "native", "url", "identity"), IDENTITIES)
def test_a_networks_own_id_is_known_and_believed_from_it_alone(
    network: str, native: str | None, url: str | None, identity: str | None
) -> None:
    assert network_identity(network, native_id=native, url=url) == identity


def test_two_searches_of_one_network_hear_a_post_once_and_two_blogs_keep_their_own() -> None:
    def identity(source: str, network: str, native: str) -> str:
        return mention_id(source=source, network=network, native_id=native, url=None, text="x")

    assert identity("search a", "reddit", "t3_abc12") == identity("search b", "reddit", "t3_abc12")
    assert identity("blog a", "blog", "17") != identity("blog b", "blog", "17")


def test_without_an_id_the_address_names_a_mention_and_without_that_the_text() -> None:
    def identity(url: str | None, text: str) -> str:
        return mention_id(source="s", network="web", native_id=None, url=url, text=text)

    assert identity("https://a.example/1?utm_source=x", "a") == identity("http://www.a.example/1#y", "b")
    assert identity(None, "a") == identity(None, "a") != identity(None, "b")


AUTHORS = [
    ("@Anna.Kow", "instagram", None, ("instagram:anna.kow", "@Anna.Kow")),
    ("/u/Some_One", "reddit", None, ("reddit:some_one", "Some_One")),
    ("@anna@social.example", "mastodon", None, ("mastodon:anna@social.example", "@anna@social.example")),
    ("anna@mail.example (Anna Kow)", "blog", None, ("blog:anna kow", "Anna Kow")),
    ("anna@mail.example", "blog", None, (None, None)),
    ("Anna <anna@mail.example>", "blog", None, ("blog:anna", "Anna")),
    ("Admin", "web", "a.example", ("web:a.example/admin", "Admin")),
    ("[deleted]", "reddit", None, (None, None)),
    ("  ", "web", None, (None, None)),
    (None, "web", None, (None, None)),
]


@pytest.mark.parametrize(("raw", "network", "scope", "expected"), AUTHORS)
def test_an_author_has_a_key_and_never_an_address(
    raw: str | None, network: str, scope: str | None, expected: tuple[str | None, str | None]
) -> None:
    assert author_of(raw, network=network, scope=scope) == expected


CODES = [
    ("use ANNA10 today", ("ANNA10",)),
    ("use anna10!", ("ANNA10",)),
    ("#anna10", ("ANNA10",)),
    ("“ANNA10”", ("ANNA10",)),
    ("code:ANNA10.", ("ANNA10",)),
    ("ＡＮＮＡ１０", ("ANNA10",)),
    ("an\u200bna10", ("ANNA10",)),
    ("summer–26", ("SUMMER-26",)),
    ("https://shop.example/discount/ANNA10?x=1", ("ANNA10",)),
    ("https://shop.example/?code=anna10&y=2", ("ANNA10",)),
    ("MARIANNA10", ()),
    ("ANNA100", ()),
    ("ANNA 10", ()),
    ("ANNA10 and SUMMER-26 and ANNA10", ("ANNA10", "SUMMER-26")),
]


@pytest.mark.parametrize(("text", "expected"), CODES)
def test_registered_codes_are_found_as_words_of_their_own(text: str, expected: tuple[str, ...]) -> None:
    assert find_codes([text], {"ANNA10", "SUMMER-26"}) == expected


@pytest.mark.parametrize(
    ("published", "quality", "expected"),
    [
        (NOW, "exact", (NOW, "exact")),
        (NOW + dt.timedelta(hours=23), "exact", (NOW + dt.timedelta(hours=23), "exact")),
        (NOW + dt.timedelta(hours=25), "exact", (NOW, "guessed")),
        (None, "missing", (None, "missing")),
    ],
)
def test_a_date_in_the_far_future_is_set_to_now(
    published: dt.datetime | None, quality: str, expected: tuple[dt.datetime | None, str]
) -> None:
    assert when(published, quality, now=NOW) == expected


@pytest.mark.parametrize(
    ("url", "network"),
    [
        ("https://www.reddit.com/search.rss?q=x", "reddit"),
        ("https://www.youtube.com/feeds/videos.xml?channel_id=x", "youtube"),
        ("https://notreddit.com/", "web"),
        ("https://blog.example/feed", "web"),
    ],
)
def test_the_network_of_an_address_is_known(url: str, network: str) -> None:
    assert network_of(url) == network
