"""URLs and what decides a visit's source: one row, one fact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.utm import UTM, decide_source, host_of, parse_urls, referrer_source

COLUMNS = ("host", "path", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "click_id_type")
VALUE = "click_id"


def parse(url: str) -> dict[str, str]:
    """What was found, without the nulls."""
    row = parse_urls(pl.Series([url], dtype=pl.String)).row(0, named=True)
    return {name: value for name, value in row.items() if value is not None and name not in ("url", VALUE)}


def found(host: str | None = None, path: str | None = None, **rest: str) -> dict[str, str]:
    """Tags by their last word: `source="x"` is utm_source; `click` is the click id."""
    tags = {"click_id_type" if name == "click" else f"utm_{name}": value for name, value in rest.items()}
    return {name: value for name, value in ({"host": host, "path": path} | tags).items() if value is not None}


URLS: list[tuple[str, dict[str, str]]] = [
    (
        "https://Shop.Example:443/P?utm_source=ig&utm_medium=social&utm_campaign=May&utm_content=bio&utm_term=kettle",
        found("shop.example", "/P", source="ig", medium="social", campaign="May", content="bio", term="kettle"),
    ),
    ("/p?utm_source=a", found(None, "/p", source="a")),
    ("https://s.example/?UTM_Source=FB", found("s.example", "/", source="FB")),
    ("https://s.example/?a=1&amp;utm_source=x", found("s.example", "/", source="x")),
    ("https://s.example/#utm_source=tg", found("s.example", "/", source="tg")),
    ("https://s.example/?utm_source=q#utm_source=f", found("s.example", "/", source="q")),
    ("https://s.example/?utm_source=q#/v/shop", found("s.example", "/", source="q")),
    ("https://s.example/#/v?utm_source=f", found("s.example", "/", source="f")),
    ("https://s.example/?utm_source%3Dx%26utm_medium%3Dy", found("s.example", "/", source="x", medium="y")),
    ("https://s.example/?utm_source%253Dx%2526utm_medium%253Dy", found("s.example", "/", source="x", medium="y")),
    ("https://s.example/men%3Fa%3D1%26utm_source%3Dhero", found("s.example", "/men", source="hero")),
    ("https://s.example/?utm_campaign=x+%7C+Non-Brand", found("s.example", "/", campaign="x | Non-Brand")),
    ("https://s.example/?utm_campaign=A|B", found("s.example", "/", campaign="A|B")),
    ("https://s.example/?utm_source=%20x%20", found("s.example", "/", source="x")),
    ("https://s.example/?utm_source=&utm_source=b", found("s.example", "/", source="b")),
    ("https://s.example/?next=https%3A%2F%2Fo.example%2F%3Futm_source%3Dz", found("s.example", "/")),
    (
        "https://l.instagram.com/?u=https%3A%2F%2Fs.example%2Fp%3Futm_source%3Dig&e=AT0",
        found("s.example", "/p", source="ig"),
    ),
    ("https://l.facebook.com/l.php?u=https%3A%2F%2Fs.example%2F&h=AT1", found("s.example", "/")),
    (
        "https://t.me/iv?url=https%3A%2F%2FS.example%2Fx%3Futm_source%3Dtelegram",
        found("s.example", "/x", source="telegram"),
    ),
    (
        "https://play.google.com/store/apps/details?id=a&referrer=utm_source%3Dsub",
        found("play.google.com", "/store/apps/details", source="sub"),
    ),
    ("https://s.example/?pk_campaign=spring&pk_kwd=k", found("s.example", "/", campaign="spring", term="k")),
    (
        "https://s.example/?mtm_campaign=spring&mtm_source=ig&mtm_medium=social&mtm_content=c",
        found("s.example", "/", source="ig", medium="social", campaign="spring", content="c"),
    ),
    ("https://s.example/?mtm_campaign=a&utm_campaign=b", found("s.example", "/", campaign="b")),
    ("https://s.example/?utm_id=99", found("s.example", "/", campaign="99")),
    ("https://s.example/?gclid=1&msclkid=2", found("s.example", "/", click="gclid")),
    ("https://s.example/?gclid=1&gclsrc=3p.ds&msclkid=2", found("s.example", "/", click="msclkid")),
    ("https://s.example/?gclid=1&gclsrc=3p.ds", found("s.example", "/", click="gclid")),
    ("https://s.example/?TTCLID=abc", found("s.example", "/", click="ttclid")),
    ("https://s.example/?ScCid=abc", found("s.example", "/", click="sccid")),
    ("https://s.example/?fbclid=a&msclkid=b", found("s.example", "/", click="msclkid")),
    ("https://s.example/?gclid=", found("s.example", "/")),
    ("https://user:pass@s.example/", found("s.example", "/")),
    ("http://[::1]:80/", found("[::1]", "/")),
    ("", found()),
    ("http://", found()),
    ("%%%", found(None, "%%%")),
]  # fmt: skip


@pytest.mark.parametrize(("url", "expected"), URLS)
def test_a_url(url: str, expected: dict[str, str]) -> None:
    assert parse(url) == expected


def test_each_distinct_url_is_one_row() -> None:
    frame = parse_urls(pl.Series(["b", "a", None, "b"]))
    assert frame["url"].to_list() == ["a", "b"]
    assert frame.columns == ["url", *COLUMNS, VALUE]
    assert parse_urls(pl.Series([], dtype=pl.String)).columns == ["url", *COLUMNS, VALUE]


@given(st.lists(st.text(max_size=60) | st.from_regex(r"[a-z%=&?#;:/@.+\x00-\x1f]{0,60}"), max_size=8))
def test_no_text_makes_parsing_fail(urls: list[str]) -> None:
    assert parse_urls(pl.Series(urls, dtype=pl.String)).height == len(set(urls))


@given(
    st.dictionaries(
        st.sampled_from(["utm_source", "utm_medium", "utm_campaign"]), st.text("äß z+&=%#?;|", min_size=1, max_size=9)
    )
)
def test_an_encoded_tag_comes_back_as_it_was(tags: dict[str, str]) -> None:
    given_tags = {name: value.strip() for name, value in tags.items() if value.strip()}
    parsed = parse(f"https://s.example/?{urlencode(given_tags)}")
    assert {name: parsed[name] for name in given_tags} == given_tags


@pytest.mark.shared_data
def test_real_dirt(shared_data: Callable[..., Path]) -> None:
    urls = shared_data("exports", "dirty_urls_real.txt").read_text(encoding="utf-8").splitlines()
    frame = parse_urls(pl.Series(urls))
    assert frame.height == len(set(urls))
    assert frame["host"].null_count() == 0
    silent = frame.filter(pl.col("utm_source").is_null() & pl.col("click_id_type").is_null())
    assert silent.height == 0


@pytest.mark.shared_data
def test_real_tag_values_fold_into_their_networks(shared_data: Callable[..., Path]) -> None:
    values = shared_data("exports", "utm_source_values_plausible.txt").read_text(encoding="utf-8").splitlines()
    frame = pl.DataFrame({"utm_source": values}).with_columns(
        pl.lit(None, dtype=pl.String).alias(name)
        for name in ("utm_medium", "utm_campaign", "click_id_type", "referrer_host")
    )
    sources = set(decide_source(frame, own_domains=())["source"])
    assert not sources & {"fb", "facebook-ads", "meta", "igfb", "ig", "adwords", "gads", "Facebook", "FB"}


CASES: list[tuple[dict[str, str], tuple[str | None, str | None, str | None, str]]] = [
    ({}, ("(direct)", None, None, "none")),
    ({"utm_source": "IG", "utm_medium": "Social", "utm_campaign": " May "}, ("instagram", "social", "may", "utm")),
    ({"utm_source": "fb"}, ("facebook", None, None, "utm")),
    ({"utm_source": "meta", "utm_medium": "Paid Social"}, ("facebook", "paid_social", None, "utm")),
    ({"utm_source": "igfb", "utm_medium": "social-paid"}, ("facebook", "paid_social", None, "utm")),
    ({"utm_source": "www.Facebook.com"}, ("facebook", None, None, "utm")),
    ({"utm_source": "adwords", "utm_medium": " CPC"}, ("google", "cpc", None, "utm")),
    ({"utm_source": "ＦＢ"}, ("facebook", None, None, "utm")),
    ({"utm_source": "ig", "utm_medium": "{{placement}}"}, ("instagram", None, None, "utm")),
    ({"utm_source": "null", "utm_medium": "(not set)"}, ("(direct)", None, None, "none")),
    ({"utm_source": "{{site_source_name}}", "click_id_type": "fbclid"}, ("facebook", "social", None, "click_id")),
    ({"utm_source": "newsletter", "click_id_type": "gclid"}, ("newsletter", None, None, "utm")),
    ({"utm_source": "google", "click_id_type": "gclid"}, ("google", "cpc", None, "utm")),
    ({"utm_medium": "influencer", "referrer_host": "l.instagram.com"}, ("instagram", "influencer", None, "utm")),
    ({"utm_medium": "paid", "click_id_type": "fbclid"}, ("facebook", "paid", None, "utm")),
    ({"utm_campaign": "may", "referrer_host": "t.co"}, ("x", "referral", "may", "referrer")),
    ({"utm_campaign": "anna-spring"}, (None, None, "anna-spring", "utm")),
    ({"utm_campaign": "may", "click_id_type": "fbclid"}, ("facebook", "social", "may", "click_id")),
    ({"utm_campaign": "may", "referrer_host": "acme.example"}, (None, None, "may", "utm")),
    ({"utm_content": "story"}, (None, None, None, "utm")),
    ({"utm_term": "kettle"}, (None, None, None, "utm")),
    ({"utm_campaign": "{{campaign.name}}", "utm_content": "null"}, ("(direct)", None, None, "none")),
    ({"click_id_type": "fbclid", "click_id": "PAabc"}, ("instagram", "social", None, "click_id")),
    ({"click_id_type": "fbclid", "click_id": "IwAR1"}, ("facebook", "social", None, "click_id")),
    ({"click_id_type": "fbclid", "click_id": "PAabc", "referrer_host": "m.facebook.com"},
     ("facebook", "social", None, "click_id")),
    ({"click_id_type": "fbclid", "click_id": "IwAR1", "referrer_host": "l.instagram.com"},
     ("instagram", "social", None, "click_id")),
    ({"click_id_type": "gclid", "click_id": "PAabc"}, ("google", "cpc", None, "click_id")),
    ({"utm_campaign": "{{campaign.name}}", "referrer_host": "t.co"}, ("x", "referral", None, "referrer")),
    ({"click_id_type": "gclid", "referrer_host": "www.google.com"}, ("google", "cpc", None, "click_id")),
    ({"click_id_type": "msclkid"}, ("bing", "cpc", None, "click_id")),
    ({"click_id_type": "ttclid"}, ("tiktok", "cpc", None, "click_id")),
    ({"click_id_type": "li_fat_id"}, ("linkedin", "cpc", None, "click_id")),
    ({"click_id_type": "fbclid"}, ("facebook", "social", None, "click_id")),
    ({"click_id_type": "fbclid", "referrer_host": "l.instagram.com"}, ("instagram", "social", None, "click_id")),
    ({"click_id_type": "mc_eid"}, ("mailchimp", "email", None, "click_id")),
    ({"click_id_type": "srsltid"}, ("google shopping", "organic", None, "click_id")),
    ({"referrer_host": "www.google.de"}, ("google", "referral", None, "referrer")),
    ({"referrer_host": "blog.example"}, ("blog.example", "referral", None, "referrer")),
    ({"referrer_host": "com.google.android.gm"}, ("gmail", "email", None, "referrer")),
    ({"referrer_host": "acme.example"}, ("(direct)", None, None, "none")),
    ({"referrer_host": "shop.acme.example"}, ("(direct)", None, None, "none")),
    ({"referrer_host": "notacme.example"}, ("notacme.example", "referral", None, "referrer")),
    ({"referrer_host": "checkout.stripe.com"}, ("(direct)", None, None, "none")),
    ({"referrer_host": "www.paypal.com"}, ("(direct)", None, None, "none")),
    ({"referrer_host": "accounts.google.com"}, ("(direct)", None, None, "none")),
    ({"referrer_host": "other.example", "landing_host": "www.other.example"}, ("(direct)", None, None, "none")),
    ({"utm_source": "x.com", "referrer_host": "acme.example"}, ("x", None, None, "utm")),
]  # fmt: skip


@pytest.mark.parametrize(("visit", "decided"), CASES)
def test_what_decides(visit: dict[str, str], decided: tuple[str | None, ...]) -> None:
    names = (*UTM, "click_id_type", "click_id", "referrer_host", "landing_host")
    frame = pl.DataFrame({name: [visit.get(name)] for name in names}, schema=dict.fromkeys(names, pl.String))
    row = decide_source(frame, own_domains=("acme.example",)).select("source", "medium", "campaign", "evidence")
    assert row.row(0) == decided


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("l.facebook.com", "facebook"),
        ("lm.facebook.com", "facebook"),
        ("m.facebook.com", "facebook"),
        ("l.instagram.com", "instagram"),
        ("t.co", "x"),
        ("lnkd.in", "linkedin"),
        ("out.reddit.com", "reddit"),
        ("old.reddit.com", "reddit"),
        ("l.wl.co", "whatsapp"),
        ("away.vk.com", "vk"),
        ("youtu.be", "youtube"),
        ("www.tiktok.com", "tiktok"),
        ("com.linkedin.android", "linkedin"),
        ("com.google.android.googlequicksearchbox", "google"),
        ("www.google.co.uk", "google"),
        ("docs.google.com", "docs.google.com"),
        ("mail.google.com", "gmail"),
        ("duckduckgo.com", "duckduckgo"),
        ("yandex.com.tr", "yandex"),
        ("linktr.ee", "linktr.ee"),
        ("chatgpt.com", "chatgpt.com"),
        ("www.blog.example", "blog.example"),
        ("notreddit.com", "notreddit.com"),
        ("box.com", "box.com"),
        (None, None),
    ],
)
def test_referring_hosts(host: str | None, source: str | None) -> None:
    frame = pl.DataFrame({"host": [host]}, schema={"host": pl.String})
    assert frame.select(referrer_source(pl.col("host"))).item() == source


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://l.instagram.com/?u=https%3A%2F%2Fs.example", "l.instagram.com"),
        ("android-app://com.google.android.gm/", "com.google.android.gm"),
        ("www.blog.example/post", "www.blog.example"),
        ("Blog.example", "blog.example"),
        ("/local/path", None),
        ("direct", None),
    ],
)
def test_the_host_of_a_referrer(url: str, host: str | None) -> None:
    assert pl.DataFrame({"url": [url]}).select(host_of(pl.col("url"))).item() == host
