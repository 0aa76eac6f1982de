"""One row, one fact: which channel a source, medium and campaign give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from attribution.channels import KEYS, RULES, channel_of, source_category

# (source, medium, campaign, evidence) -> channel
EXAMPLES: dict[str, tuple[tuple[str | None, str | None, str | None, str | None], str]] = {
    # 1 Direct
    "direct with medium none": (("(direct)", "(none)", None, "none"), "Direct"),
    "direct with medium not set": (("(direct)", "(not set)", None, None), "Direct"),
    "nothing known": ((None, None, None, None), "Direct"),
    "empty texts are nothing": (("", " ", "", ""), "Direct"),
    "no evidence is direct whatever is written": (("(direct)", None, None, "none"), "Direct"),
    "only a campaign is tagged, from an unknown source": ((None, None, "summer", "utm"), "Unassigned"),
    "only a campaign of a lead, whose evidence is unknown": ((None, None, "summer", None), "Direct"),
    # own rules in front
    "a social source with medium influencer": (("instagram", "influencer", "holiday26", "utm"), "Influencer"),
    "medium ugc": (("tiktok", "ugc", None, "utm"), "Influencer"),
    "medium creator, capitals": (("newsletter", "Creator", None, "utm"), "Influencer"),
    "medium ambassador": (("anna", "ambassador", None, "utm"), "Influencer"),
    "an assistant that names itself": (("chatgpt.com", "ai-assistant", None, "utm"), "AI Assistants"),
    "an assistant as referrer": (("perplexity.ai", "referral", None, "referrer"), "AI Assistants"),
    "gemini is no search": (("gemini.google.com", "referral", None, "referrer"), "AI Assistants"),
    "a webmail as referrer": (("mail.google.com", "referral", None, "referrer"), "Email"),
    # 2 Cross-network
    "campaign names cross-network": (("google", "cpc", "de cross-network 1", "utm"), "Cross-network"),
    # 3, 9 shopping
    "paid on a shopping site": (("amazon", "cpc", None, "utm"), "Paid Shopping"),
    "a shop campaign, paid": (("google", "cpc", "shopping_de", "utm"), "Paid Shopping"),
    "campaign 'shop' as a word": (("partner", "ppc", "spring shop", "utm"), "Paid Shopping"),
    "eshop is a shop": (("partner", "ppc", "eshop", "utm"), "Paid Shopping"),
    "a workshop is no shop": (("partner", "ppc", "workshop", "utm"), "Paid Other"),
    "a shopping site": (("etsy.com", "referral", None, "referrer"), "Organic Shopping"),
    "a shopping site of any country": (("amazon.pl", "referral", None, "referrer"), "Organic Shopping"),
    "free product listings": (("google shopping", "organic", None, "click_id"), "Organic Shopping"),
    # 4 Paid Search
    "google cpc": (("google", "cpc", None, "utm"), "Paid Search"),
    "adwords is google": (("adwords", "cpc", None, "utm"), "Paid Search"),
    "bing cpc": (("bing", "cpc", None, "click_id"), "Paid Search"),
    "leading blank and capitals": (("Google", " CPC", None, "utm"), "Paid Search"),
    "cpm on a known source is paid": (("google", "cpm", None, "utm"), "Paid Search"),
    "any medium with cp inside is paid": (("google", "scp", None, "utm"), "Paid Search"),
    # 5 Paid Social
    "facebook cpc": (("facebook", "cpc", None, "utm"), "Paid Social"),
    "fb paid_social": (("fb", "paid_social", None, "utm"), "Paid Social"),
    "meta ads": (("meta", "paid", None, "utm"), "Paid Social"),
    "ig retargeting": (("ig", "retargeting", None, "utm"), "Paid Social"),
    "tiktok ppc": (("tiktok", "ppc", None, "utm"), "Paid Social"),
    "igfb paid": (("igfb", "paidsocial", None, "utm"), "Paid Social"),
    "the audience network": (("an", "cpc", None, "utm"), "Paid Social"),
    "threads paid": (("threads.net", "cpc", None, "utm"), "Paid Social"),
    # 6 Paid Video
    "youtube cpc": (("youtube", "cpc", None, "utm"), "Paid Video"),
    "youtube cpv is not cp": (("youtube", "cpv", None, "utm"), "Paid Video"),
    "twitch paid": (("twitch.tv", "paid", None, "utm"), "Paid Video"),
    # 7, 8
    "banner": (("somewhere", "banner", None, "utm"), "Display"),
    "display": (("somewhere", "display", None, "utm"), "Display"),
    "cpm of an unknown source": (("somewhere", "cpm", None, "utm"), "Display"),
    "unknown source, paid": (("somewhere", "paid-content", None, "utm"), "Paid Other"),
    # 10 Organic Social
    "instagram social": (("instagram", "social", None, "utm"), "Organic Social"),
    "a known social source beats medium email": (("facebook", "email", None, "utm"), "Organic Social"),
    "medium social of an unknown source": (("brandhub", "social", None, "utm"), "Organic Social"),
    "medium sm": (("brandhub", "sm", None, "utm"), "Organic Social"),
    "medium social-media": (("brandhub", "social-media", None, "utm"), "Organic Social"),
    "facebook as referrer": (("facebook", "referral", None, "referrer"), "Organic Social"),
    "x as referrer": (("x", "referral", None, "referrer"), "Organic Social"),
    "t.co": (("t.co", "referral", None, "referrer"), "Organic Social"),
    "bluesky": (("bsky.app", "referral", None, "referrer"), "Organic Social"),
    "a mastodon server": (("mastodon.social", "referral", None, "referrer"), "Organic Social"),
    "mastodon by name": (("mastodon", "referral", None, "utm"), "Organic Social"),
    "discord": (("discord", "link", None, "utm"), "Organic Social"),
    "telegram": (("telegram", "channel", None, "utm"), "Organic Social"),
    "whatsapp": (("whatsapp", "share", None, "utm"), "Organic Social"),
    "reddit's old pages": (("old.reddit.com", "referral", None, "referrer"), "Organic Social"),
    "a link hub": (("linktr.ee", "referral", None, "referrer"), "Organic Social"),
    "a link hub behind printed codes": (("qr.codes", "referral", None, "referrer"), "Organic Social"),
    "a link hub of another maker": (("beacons.ai", "referral", None, "referrer"), "Organic Social"),
    "zalo": (("zalo", "social", None, "utm"), "Organic Social"),
    "instagram's own tag on bio links": (("ig", "social", None, "utm"), "Organic Social"),
    # 11 Organic Video
    "youtube as referrer": (("youtube", "referral", None, "referrer"), "Organic Video"),
    "youtube's mobile pages": (("m.youtube.com", "referral", None, "referrer"), "Organic Video"),
    "vimeo": (("vimeo", "referral", None, "referrer"), "Organic Video"),
    "medium video": (("brandhub", "video", None, "utm"), "Organic Video"),
    "social medium beats the video site": (("youtube", "social", None, "utm"), "Organic Social"),
    # 12 Organic Search
    "google as referrer": (("google", "referral", None, "referrer"), "Organic Search"),
    "google of a country as referrer": (("google.co.uk", "referral", None, "referrer"), "Organic Search"),
    "yahoo's search of a country": (("de.search.yahoo.com", "referral", None, "referrer"), "Organic Search"),
    "duckduckgo": (("duckduckgo", "referral", None, "referrer"), "Organic Search"),
    "medium organic of an unknown source": (("somewhere", "organic", None, "utm"), "Organic Search"),
    "a document service is no search": (("docs.google.com", "referral", None, "referrer"), "Referral"),
    # 13 to 19
    "another site": (("blog.example", "referral", None, "referrer"), "Referral"),
    "medium link": (("blog.example", "link", None, "utm"), "Referral"),
    "medium app": (("ourapp", "app", None, "utm"), "Referral"),
    "medium email": (("klaviyo", "email", None, "utm"), "Email"),
    "medium e-mail": (("klaviyo", "E-Mail", None, "utm"), "Email"),
    "source says e mail": (("e mail", "may", None, "utm"), "Email"),
    "affiliate": (("awin", "affiliate", None, "utm"), "Affiliates"),
    "affiliates is no affiliate": (("awin", "affiliates", None, "utm"), "Unassigned"),
    "audio": (("spotify", "audio", None, "utm"), "Audio"),
    "sms as medium": (("twilio", "sms", None, "utm"), "SMS"),
    "sms as source": (("sms", "text", None, "utm"), "SMS"),
    "push": (("braze", "web push", None, "utm"), "Mobile Push Notifications"),
    "a notification": (("braze", "notification", None, "utm"), "Mobile Push Notifications"),
    "firebase": (("firebase", "x", None, "utm"), "Mobile Push Notifications"),
    "bio of an unknown source": (("somewhere", "bio", None, "utm"), "Unassigned"),
    "a code on a poster": (("poster", "qr", None, "utm"), "Unassigned"),
}


def channels(rows: list[tuple[str | None, str | None, str | None, str | None]]) -> list[str]:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(KEYS, pl.String), orient="row")
    return channel_of(frame, rules=())["channel"].to_list()


@pytest.mark.parametrize(("keys", "expected"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_channel(keys: tuple[str | None, str | None, str | None, str | None], expected: str) -> None:
    assert channels([keys]) == [expected]


def test_rows_keep_their_order_and_number() -> None:
    rows = [keys for keys, _ in EXAMPLES.values()]
    expected = [channel for _, channel in EXAMPLES.values()]
    assert channels(rows * 3) == expected * 3
    assert channels(rows[::-1]) == expected[::-1]
    assert channels([]) == []


def test_a_column_without_any_value_is_understood() -> None:
    frame = pl.DataFrame({"source": ["google"], "medium": ["cpc"], "campaign": [None], "evidence": ["utm"]})
    assert channel_of(frame, rules=())["channel"].to_list() == ["Paid Search"]


def test_every_rule_is_reached_by_an_example() -> None:
    assert {channel for channel, _ in RULES} | {"Unassigned"} == {channel for _, channel in EXAMPLES.values()}


@pytest.mark.shared_data
def test_no_source_that_ga4_lists_is_taken_for_something_else(shared_data: Callable[..., Path]) -> None:
    """Sites that have died need no entry; but what both lists know, they should call the same."""
    listed = pl.read_csv(shared_data("exports", "ga4_source_categories.csv"))
    ours = [source_category(source) for source in listed["source"].str.to_lowercase()]
    both = listed.with_columns(ours=pl.Series(ours, dtype=pl.String)).drop_nulls("ours")
    clashes = both.filter(pl.col("source_category").str.strip_prefix("SOURCE_CATEGORY_") != pl.col("ours"))
    known = {"mail.google.com": "EMAIL", "friendfeed.com": "SEARCH"}
    assert dict(clashes.select("source", "ours").iter_rows()).items() <= known.items()
    assert both.height > listed.height * 0.4
