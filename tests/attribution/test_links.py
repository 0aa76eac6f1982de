"""Links shared on social media alone, and tagged links in one spelling."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from attribution import tables
from attribution.links import apply_links, build_link
from config.registers import LINKS_SCHEMA, canonical_url
from tests.attribution.worlds import NOON, direct_touch, inputs, order, report, table, touch

BERLIN = ZoneInfo("Europe/Berlin")
PAGE = "https://shop.example/anna"


def register(**given: Any) -> pl.DataFrame:
    entry = {"url": PAGE, "source": "instagram", "medium": "influencer", "campaign": "june", "content": "anna"} | given
    entry["link"] = canonical_url(entry["url"])
    return pl.DataFrame([{name: entry.get(name) for name in LINKS_SCHEMA}], schema=LINKS_SCHEMA)


SILENT = direct_touch("t", landing_url=f"{PAGE}/?fbclid=1")
LANDED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a silent visit to the link came from there": (SILENT, {}, "instagram"),
    "another page is another page": (SILENT | {"landing_url": "https://shop.example/other"}, {}, "(direct)"),
    "a tag outranks the register": (touch("t", landing_url=PAGE, source="tiktok"), {}, "tiktok"),
    "a referrer outranks the register": (
        touch("t", landing_url=PAGE, source="google", evidence="referrer"), {}, "google",
    ),
    "from the day it is shared": (SILENT | {"touched_at": NOON}, {"shared_from": NOON.date()}, "instagram"),
    "not before it": (SILENT | {"touched_at": NOON}, {"shared_from": NOON.date() + dt.timedelta(days=1)}, "(direct)"),
    "no landing page": (SILENT | {"landing_url": None}, {}, "(direct)"),
}  # fmt: skip


@pytest.mark.parametrize(("visit", "entry", "source"), LANDED.values(), ids=LANDED.keys())
def test_landing(visit: dict[str, Any], entry: dict[str, Any], source: str) -> None:
    found = apply_links(table(tables.TOUCHES, [visit]), register(**entry), zone=BERLIN)
    assert found["source"].to_list() == [source]
    assert found.columns == list(tables.TOUCHES.schema)


def test_what_the_register_says_of_a_visit() -> None:
    found = apply_links(table(tables.TOUCHES, [SILENT]), register(), zone=BERLIN).row(0, named=True)
    assert {name: found[name] for name in ("source", "medium", "campaign", "utm_content", "evidence")} == {
        "source": "instagram",
        "medium": "influencer",
        "campaign": "june",
        "utm_content": "anna",
        "evidence": "link",
    }


def test_a_visit_by_a_registered_link_earns_for_its_channel() -> None:
    world = inputs(orders=[order("1", customer_key=1)], touches=[SILENT | {"customer_key": 1}], links=register())
    shown = report(world)
    assert shown.credits.select("channel", "evidence", "credit_minor").rows() == [("Influencer", "link", 10_000)]
    assert shown.buckets.direct == 10_000


BUILT: dict[str, tuple[dict[str, Any], str]] = {
    "one spelling": (
        {"source": " Instagram ", "medium": "Social", "campaign": "Summer Sale  26"},
        "https://shop.example/p?utm_source=instagram&utm_medium=social&utm_campaign=summer-sale-26",
    ),
    "content and term": (
        {"source": "x", "medium": "social", "campaign": "c", "content": "Post 1", "term": "kettle"},
        "https://shop.example/p?utm_source=x&utm_medium=social&utm_campaign=c&utm_content=post-1&utm_term=kettle",
    ),
    "old tags go, all else stays": (
        {"source": "x", "medium": "social", "campaign": "c"}
        | {"url": "https://shop.example/p?size=9&utm_source=old&UTM_Medium=old#top"},
        "https://shop.example/p?size=9&utm_source=x&utm_medium=social&utm_campaign=c#top",
    ),
    "letters of any language": (
        {"source": "x", "medium": "social", "campaign": "żółw"},
        "https://shop.example/p?utm_source=x&utm_medium=social&utm_campaign=%C5%BC%C3%B3%C5%82w",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), BUILT.values(), ids=BUILT.keys())
def test_a_built_link(given: dict[str, Any], expected: str) -> None:
    tags = {"url": "https://shop.example/p"} | given
    url = tags.pop("url")
    assert build_link(url, **tags).url == expected
    # Building from what was built changes nothing.
    assert build_link(expected, **tags).url == expected


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no link": ({"url": "shop.example/p"}, "no link"),
    "another scheme": ({"url": "javascript:alert(1)"}, "no link"),
    "no campaign": ({"campaign": "  "}, "campaign is empty"),
    "an address in a tag": ({"content": "anna@mail.example"}, "address"),
    "a phone number in a tag": ({"content": "+49 171 5550100"}, "number"),
    "an unfilled macro": ({"campaign": "{{campaign.name}}"}, "links break on"),
}


@pytest.mark.parametrize(("given", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_link_is_refused(given: dict[str, Any], message: str) -> None:
    tags = {"url": "https://shop.example/p", "source": "x", "medium": "social", "campaign": "c"} | given
    url = tags.pop("url")
    with pytest.raises(ValueError, match=message):
        build_link(url, **tags)


WARNED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing to say": ({}, []),
    "another host": ({"own_domains": ["other.example"]}, ["other_host"]),
    "a subdomain is ours": ({"own_domains": ["example"]}, []),
    "a medium no channel knows": ({"source": "thing", "medium": "stuff"}, ["no_channel"]),
    "a second spelling": ({"campaigns": ["Summer_Sale"], "campaign": "summer-sale"}, ["second_spelling"]),
    "the same spelling": ({"campaigns": ["summer-sale"], "campaign": "Summer Sale"}, []),
}


@pytest.mark.parametrize(("given", "codes"), WARNED.values(), ids=WARNED.keys())
def test_a_link_is_warned_of(given: dict[str, Any], codes: list[str]) -> None:
    tags = {"source": "instagram", "medium": "social", "campaign": "c", "own_domains": ["shop.example"]} | given
    built = build_link("https://www.shop.example/p", **tags)
    assert [code for code, _ in built.warnings] == codes


def test_a_link_tells_the_channel_of_its_visits() -> None:
    built = build_link("https://shop.example/p", source="instagram", medium="influencer", campaign="c")
    assert built.channel == "Influencer"


def test_a_link_of_somebody_names_them() -> None:
    entry = register(content=None, owner="instagram:anna")
    found = apply_links(table(tables.TOUCHES, [SILENT]), entry, zone=BERLIN)
    assert found["utm_content"].to_list() == ["anna"]
