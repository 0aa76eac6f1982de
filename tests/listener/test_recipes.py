"""Addresses of feeds, made of what people know. The forms are those the networks document or serve."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import parse_duration
from listener.fetch import bad_address
from listener.mentions import network_of
from listener.recipes import RECIPES, Recipe, RecipeError, build_url, recipe, suggested_name, values_of

BUILT = [
    ("google-news", ['"acme kettle" OR #acme'],
     "https://news.google.com/rss/search?q=%22acme+kettle%22+OR+%23acme&hl=en&gl=US&ceid=US:en"),
    ("google-news", ["acme", "pl", "PL"], "https://news.google.com/rss/search?q=acme&hl=pl&gl=PL&ceid=PL:pl"),
    ("google-news", ["acme", "country=DE"], "https://news.google.com/rss/search?q=acme&hl=en&gl=DE&ceid=DE:en"),
    ("google-alerts", ["https://www.google.com/alerts/feeds/0123/456"],
     "https://www.google.com/alerts/feeds/0123/456"),
    ("reddit-search", ["acme kettle"], "https://www.reddit.com/search.rss?q=acme+kettle&sort=new"),
    ("reddit-subreddit", ["r/tea"], "https://www.reddit.com/r/tea/new/.rss"),
    ("reddit-subreddit", ["https://www.reddit.com/r/tea/"], "https://www.reddit.com/r/tea/new/.rss"),
    ("youtube", ["UC" + "a" * 22], "https://www.youtube.com/feeds/videos.xml?channel_id=UC" + "a" * 22),
    ("youtube", ["https://www.youtube.com/channel/UC" + "a" * 22 + "/videos"],
     "https://www.youtube.com/feeds/videos.xml?channel_id=UC" + "a" * 22),
    ("mastodon-tag", ["mastodon.social", "#acme"], "https://mastodon.social/tags/acme.rss"),
    ("mastodon-tag", ["https://Mastodon.Social/explore", "https://mastodon.social/tags/acme"],
     "https://mastodon.social/tags/acme.rss"),
    ("mastodon-tag", ["mastodon.social", "שלום"], "https://mastodon.social/tags/%D7%A9%D7%9C%D7%95%D7%9D.rss"),
    ("mastodon-account", ["@anna@home.example", "@anna"], "https://home.example/@anna.rss"),
    ("mastodon-account", ["@acme@mastodon.social"], "https://mastodon.social/@acme.rss"),
    ("mastodon-account", ["https://mastodon.social/@acme"], "https://mastodon.social/@acme.rss"),
    ("mastodon-account", ["account=@acme@mas.to", "server=mas.to"], "https://mas.to/@acme.rss"),
    ("mastodon-tag", ["https://mastodon.social/tags/acme"], "https://mastodon.social/tags/acme.rss"),
    ("rsshub", ["telegram/channel/acme?limit=5"], "https://rsshub.app/telegram/channel/acme?limit=5"),
    ("bluesky", ["@acme.bsky.social"], "https://bsky.app/profile/acme.bsky.social/rss"),
    ("bluesky", ["https://bsky.app/profile/acme.example"], "https://bsky.app/profile/acme.example/rss"),
    ("hacker-news", ["acme"], "https://hnrss.org/newest?q=acme"),
    ("hacker-news-comments", ["acme"], "https://hnrss.org/newcomments?q=acme"),
    ("app-store", ["284882215", "de"],
     "https://itunes.apple.com/de/rss/customerreviews/id=284882215/sortBy=mostRecent/xml"),
    ("app-store", ["https://apps.apple.com/us/app/acme/id284882215"],
     "https://itunes.apple.com/us/rss/customerreviews/id=284882215/sortBy=mostRecent/xml"),
    ("podcast", ["https://podcast.example/feed.xml"], "https://podcast.example/feed.xml"),
    ("rsshub", ["/telegram/channel/acme"], "https://rsshub.app/telegram/channel/acme"),
    ("rsshub", ["telegram/channel/acme", "http://hub.lan:1200/"], "http://hub.lan:1200/telegram/channel/acme"),
    ("rss-bridge", ["InstagramBridge", "context=Username&u=acme kettle".replace(" ", "+")],
     "https://rss-bridge.org/bridge01/?action=display&bridge=InstagramBridge&format=Atom&context=Username&u=acme+kettle"),
    ("rss-bridge", ["XBridge"], "https://rss-bridge.org/bridge01/?action=display&bridge=XBridge&format=Atom"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "url"), BUILT, ids=lambda value: str(value)[:40])
def test_a_recipe_makes_the_address(name: str, given: list[str], url: str) -> None:
    chosen = recipe(name)
    assert chosen is not None
    assert build_url(chosen, values_of(chosen, given)) == url


REFUSED = [
    ("reddit-search", [], "search"),
    ("youtube", ["@acme"], "channel"),
    ("mastodon-tag", ["localhost", "acme"], "server"),
    ("mastodon-tag", ["mastodon.social", "two words"], "tag"),
    ("google-alerts", ["https://evil.example/alerts/feeds/1/2"], "feed"),
    ("app-store", ["284882215", "../../x"], "country"),
    ("google-news", ["acme", "en&gl=XX"], "language"),
    ("reddit-search", ["acme", "kettle"], "search"),
    ("rsshub", ["route", "file:///etc/passwd"], "base"),
]


@pytest.mark.parametrize(("name", "given", "need"), REFUSED)
def test_a_value_that_does_not_fit_is_named_with_an_example(name: str, given: list[str], need: str) -> None:
    chosen = recipe(name)
    assert chosen is not None
    with pytest.raises(RecipeError) as caught:
        build_url(chosen, values_of(chosen, given))
    assert caught.value.need == need
    assert caught.value.example


@pytest.mark.parametrize("chosen", RECIPES, ids=lambda one: one.id)
def test_every_recipe_makes_an_address_of_its_examples(chosen: object) -> None:
    assert chosen in RECIPES
    one = next(one for one in RECIPES if one is chosen)
    values = {need.name: need.example if "xxx" not in need.example else "UC" + "x" * 22 for need in one.needs}
    url = build_url(one, values)
    assert bad_address(url, allow_private=False) is None
    assert parse_duration(one.interval)
    assert "{" not in url
    assert suggested_name(one, values).startswith(one.title)


@given(st.text(min_size=1, max_size=60))
def test_no_search_escapes_its_place_in_the_address(search: str) -> None:
    chosen = recipe("reddit-search")
    assert chosen is not None
    try:
        url = build_url(chosen, {"search": search})
    except (RecipeError, UnicodeEncodeError):
        return
    assert network_of(url) == "reddit"
    assert url.count("&") == 1
    assert url.isascii()


def test_an_unknown_recipe_is_none() -> None:
    assert recipe("fax") is None


@pytest.mark.parametrize("chosen", RECIPES, ids=lambda chosen: chosen.id)
def test_an_address_that_cannot_be_read_does_not_fit(chosen: Recipe) -> None:
    values = {need.name: "http://[" for need in chosen.needs}
    assert suggested_name(chosen, values).startswith(chosen.title)
    if any(need.kind == "server" for need in chosen.needs):
        with pytest.raises(RecipeError):
            build_url(chosen, values)
