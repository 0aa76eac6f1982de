"""The business's own rules stand in front of the built-in ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution.channels import KEYS, channel_of
from attribution.links import build_link
from config.channel_rules import ChannelRule
from config.settings import parse_settings
from tests.attribution.test_channels import EXAMPLES
from tests.attribution.worlds import cost, inputs, order, report, touch

HEAD = '[workspace]\ncurrency = "EUR"\n'
Visit = tuple[str | None, str | None, str | None, str | None]


def rules(text: str) -> tuple[ChannelRule, ...]:
    return parse_settings(HEAD + text, file=Path("earned.toml")).channel_rule


def rule(channel: str, condition: str) -> str:
    return f'[[channel_rule]]\nchannel = "{channel}"\n{condition}\n'


def channels(visits: list[Visit], told: tuple[ChannelRule, ...]) -> list[str]:
    frame = pl.DataFrame(visits, schema=dict.fromkeys(KEYS, pl.String), orient="row")
    return channel_of(frame, rules=told)["channel"].to_list()


# What the rule says -> a visit's source, medium, campaign; does it hold?
HOLDS: dict[str, tuple[str, tuple[str | None, str | None, str | None], bool]] = {
    "equals": ('medium.equals = "podcast"', ("spotify", "podcast", None), True),
    "a text alone is what it equals": ('medium = "podcast"', ("spotify", "podcast", None), True),
    "equals is no part": ('medium.equals = "podcast"', ("spotify", "podcasts", None), False),
    "contains": ('medium.contains = "cast"', ("spotify", "podcasts", None), True),
    "contains not": ('medium.contains = "cast"', ("spotify", "audio", None), False),
    "starts with": ('campaign.starts_with = "pod_"', ("spotify", "x", "pod_may"), True),
    "starts with, not contains": ('campaign.starts_with = "pod_"', ("spotify", "x", "my_pod_may"), False),
    "ends with": ('campaign.ends_with = "_fair"', ("hall", "x", "may_fair"), True),
    "ends with, not starts": ('campaign.ends_with = "_fair"', ("hall", "x", "_fair_may"), False),
    "case makes no difference": ('source = "PodCo"', ("pODCO", None, None), True),
    "nor do blanks around": ('source = " podco "', (" podco ", None, None), True),
    "nor how an accent is written": ('medium = "orgânico"', ("x", "ORGA\u0302NICO", None), True),
    "no pattern: a dot is a dot": ('source.contains = "a.c"', ("abc", None, None), False),
    "no pattern: brackets": ('campaign.contains = "[x]("', ("a", "b", "new [x](y)"), True),
    "all must hold": ('source = "podco"\nmedium = "audio"', ("podco", "audio", None), True),
    "one does not": ('source = "podco"\nmedium = "audio"', ("podco", "banner", None), False),
    "three of three": ('source = "a"\nmedium = "b"\ncampaign.contains = "c"', ("a", "b", "xcx"), True),
    "a tag that is not there": ('campaign.contains = "a"', ("a", "a", None), False),
    "a network by its short name": ('source = "fb"', ("facebook", "social", None), True),
    "in front of Paid Social": ('campaign.contains = "boost"', ("facebook", "cpc", "may boost"), True),
    "in front of Influencer": ('source = "podco"', ("podco", "influencer", None), True),
    "in front of Direct": ('source = "(direct)"', ("(direct)", "(none)", None), True),
}


@pytest.mark.parametrize(("says", "visit", "holds"), HOLDS.values(), ids=HOLDS.keys())
def test_a_rule(says: str, visit: tuple[str | None, str | None, str | None], holds: bool) -> None:
    (found,) = channels([(*visit, "utm")], rules(rule("Podcast", says)))
    assert (found == "Podcast") == holds
    assert holds or [found] == channels([(*visit, "utm")], ())


def test_the_first_rule_that_holds_wins() -> None:
    told = rules(rule("Fair", 'campaign.contains = "fair"') + rule("Podcast", 'medium = "audio"'))
    visits: list[Visit] = [("a", "audio", "fair", "utm"), ("a", "audio", "x", "utm"), ("a", "b", "fair", "utm")]
    assert channels(visits, told) == ["Fair", "Podcast", "Fair"]
    assert channels(visits, told[::-1]) == ["Podcast", "Podcast", "Fair"]


def test_a_rule_may_name_a_built_in_channel() -> None:
    assert channels([("awin", "affiliates", None, "utm")], rules(rule("Affiliates", 'medium = "affiliates"'))) == [
        "Affiliates"
    ]


def test_a_visit_that_nothing_is_known_of_stays_direct() -> None:
    told = rules(rule("Podcast", 'campaign.contains = "a"'))
    assert channels([(None, None, None, "none"), ("(direct)", None, None, "none")], told) == ["Direct", "Direct"]


def test_no_rules_and_rules_that_never_hold_change_nothing() -> None:
    visits = [keys for keys, _ in EXAMPLES.values()]
    expected = [channel for _, channel in EXAMPLES.values()]
    assert channels(visits, ()) == expected
    assert channels(visits, rules(rule("Podcast", 'source = "never-seen-anywhere"'))) == expected


def test_the_link_builder_names_the_own_channel() -> None:
    tags: dict[str, Any] = {"source": "podco", "medium": "episode", "campaign": "may"}
    assert build_link("https://shop.example/p", **tags).channel == "Unassigned"
    built = build_link("https://shop.example/p", **tags, rules=rules(rule("Podcast", 'medium = "episode"')))
    assert (built.channel, built.warnings) == ("Podcast", ())


def test_visits_and_costs_of_an_own_channel_meet_in_the_report_and_in_the_scope() -> None:
    world = inputs(
        orders=[order("1", customer_key=1)],
        touches=[touch("a", customer_key=1, source="podco", medium="episode", campaign="pod_may")],
        spend=[cost("s", "40", source="podco", medium="episode", campaign="pod_may")],
    )
    told = rule("Podcast", 'campaign.starts_with = "pod_"') + '[attribution]\nsocial_scope = ["Podcast"]\n'
    assert report(world).roi.buckets.direct == 0
    found = report(world, toml=told)
    row = found.by_channel.filter("credited").row(0, named=True)
    assert (row["name"], row["revenue_minor"], row["cost_minor"]) == ("Podcast", 10_000, 4_000)
    assert found.roi.buckets.direct == 10_000
    assert found.daily_costs["in_scope"].to_list() == [True]


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=6)


@limits(deadline=None, max_examples=60)
@given(tag=st.none() | words, wanted=words.filter(lambda text: bool(text.strip())))
def test_a_rule_agrees_with_python(tag: str | None, wanted: str) -> None:
    """For letters whose small form both know alike."""
    plain = (tag or "").strip()
    if not (plain + wanted).isascii():
        return
    low, look = plain.lower(), wanted.strip().lower()
    expected = {
        "contains": look in low,
        "starts_with": low.startswith(look),
        "ends_with": low.endswith(look),
    }
    for name, holds in expected.items():
        told = (ChannelRule.model_validate({"channel": "Own", "campaign": {name: wanted}}),)
        assert (channels([("s", "m", tag, "utm")], told) == ["Own"]) == holds
