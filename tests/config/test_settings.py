from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from config.settings import SettingsError, parse_duration, parse_settings, read_settings
from config.workspace import STARTER

HEAD = '[workspace]\ncurrency = "EUR"\n'
FILE = Path("earned.toml")


def test_the_starter_file_reads_well() -> None:
    settings = read_settings(STARTER)
    assert settings.workspace.currency == "EUR"
    assert settings.attribution.lookback == dt.timedelta(days=30)
    assert settings.shop.unsold_statuses == ("voided",)


@pytest.mark.parametrize(
    ("text", "line", "key", "cure"),
    [
        ('[workspace]\ncurrency = "EURO"\n', 2, "workspace.currency", "three capital letters"),
        ('[workspace]\nname = "x"\n', 1, "workspace.currency", "Add a line"),
        (HEAD + 'naem = "x"\n', 3, "workspace.naem", "'name'"),
        (HEAD + 'timezone = "Berlin"\n', 3, "workspace.timezone", "Europe/Berlin"),
        (HEAD + '[[source]]\nname = "a"\nurl = "ftp://x"\n', 5, "source[1].url", "https://"),
        (
            HEAD + '[[source]]\nname = "a"\nurl = "http://x"\n[[source]]\nname = "b"\nurl = "x"\n',
            8,
            "source[2].url",
            "https://",
        ),
        (HEAD + '[attribution]\nlookback = "30"\n', 4, "attribution.lookback", '"30d"'),
        (HEAD + '[attribution]\nmodel = "guess"\n', 4, "attribution.model", "last_non_direct"),
        (HEAD + '[[brand]]\nname = "a"\n', 3, "brand[1].match", "Add a line"),
        (HEAD + "[shop]\ndomains = ['a b/c']\n", 4, "shop.domains[1]", "shop.example"),
        (HEAD + '[brnad]\nname = "a"\n', 3, "brnad", "'brand'"),
        ('[workspace]\ncurency = "EUR"\n', 2, "workspace.curency", "'currency'"),
        (HEAD + 'languages = ["english"]\n', 3, "workspace.languages[1]", '"en"'),
        (HEAD + '[attribution]\nsocial_scope = ["Influencers"]\n', 4, "attribution.social_scope[1]", "'Influencer'"),
        (HEAD + '[shop]\ndomains = "shop.example"\n', 4, "shop.domains", "brackets"),
        (HEAD + "[shop]\nshipping_in_revenue = 'maybe'\n", 4, "shop.shipping_in_revenue", "without quotes"),
        (HEAD + "[people]\nmin_followers = 'many'\n", 4, "people.min_followers", "digits"),
        (HEAD + '[[brand]]\nname = ""\nmatch = "x"\n', 4, "brand[1].name", "between the quotes"),
        (HEAD + "name = 7\n", 3, "workspace.name", "in quotes"),
        (
            HEAD + '[[shop.account]]\nname = "cod"\n\n[[shop.account]]\nunsold_statuses = []\n',
            6,
            "shop.account[2].name",
            "cod",
        ),
        (HEAD + '[[shop.account]]\nname = "shopify:"\n', 4, "shop.account[1].name", "shopify:cod"),
        (HEAD + '[[shop.account]]\nname = ""\n', 4, "shop.account[1].name", "shopify:cod"),
        (
            HEAD + '[[shop.account]]\nname = "a"\ntax_includes = 1\n',
            5,
            "shop.account[1].tax_includes",
            "'tax_included'",
        ),
        (
            HEAD
            + '[shop]\ndomains = []\n[[shop.account]]\nname = "a"\n\n[[shop.account]]\nname = "b"\ntax_included = 7\n',
            10,
            "shop.account[2].tax_included",
            "without quotes",
        ),
        (
            HEAD + '[shop]\naccount = [{ name = "a", unsold_statuses = "voided" }]\n',
            4,
            "shop.account[1].unsold_statuses",
            "brackets",
        ),
        (HEAD + '[[channel_rule]]\nchannel = "Podcast"\n', 3, "channel_rule[1]", "podcast"),
        (HEAD + '[[channel_rule]]\nmedium = "podcast"\n', 3, "channel_rule[1].channel", "Podcast"),
        (HEAD + '[[channel_rule]]\nchannel = "Emails"\nmedium = "x"\n', 4, "channel_rule[1].channel", "'Email'"),
        (HEAD + '[[channel_rule]]\nchannel = " "\nmedium = "x"\n', 4, "channel_rule[1].channel", "short name"),
        (HEAD + '[[channel_rule]]\nchannel = "(none)"\nmedium = "x"\n', 4, "channel_rule[1].channel", "brackets"),
        (
            HEAD + '[[channel_rule]]\nchannel = "P"\nmedium = ""\n',
            5,
            "channel_rule[1].medium.equals",
            "what the tag says",
        ),
        (HEAD + '[[channel_rule]]\nchannel = "P"\nmedium = ["x"]\n', 5, "channel_rule[1].medium", "medium.contains"),
        (HEAD + '[[channel_rule]]\nchannel = "P"\nmedium = {}\n', 5, "channel_rule[1].medium", "medium.contains"),
        (
            HEAD + '[[channel_rule]]\nchannel = "P"\nmedium = { contains = "a", equals = "b" }\n',
            5,
            "channel_rule[1].medium",
            "a rule for each",
        ),
        (
            HEAD
            + '[[channel_rule]]\nchannel = "P"\nmedium = "x"\n\n'
            + '[[channel_rule]]\nchannel = "Q"\nsource.matches = "x"\n',
            9,
            "channel_rule[2].source.matches",
            "starts_with",
        ),
        (
            HEAD + '[[channel_rule]]\nchannel = "P"\ncampaign = { contain = "x" }\n',
            5,
            "channel_rule[1].campaign.contain",
            "'contains'",
        ),
        (
            HEAD + '[[channel_rule]]\nchannel = "P"\nsource.contains = 7\n',
            5,
            "channel_rule[1].source.contains",
            "quotes",
        ),
        (HEAD + '[[channel_rule]]\nchannel = "P"\nterm = "x"\n', 5, "channel_rule[1].term", "source, medium, campaign"),
        (HEAD + '[[channel_rules]]\nchannel = "P"\n', 3, "channel_rules", "'channel_rule'"),
        ("x = \n", 1, "", "quotes"),
        ("", None, "workspace", "[workspace]"),
    ],
)
def test_a_wrong_file_is_answered_with_line_key_and_cure(text: str, line: int | None, key: str, cure: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, file=FILE)
    assert caught.value.line == line
    assert caught.value.key == key
    assert cure in caught.value.cure
    assert "earned.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://[", "is no web address"),
        ("https://x:99999/", "is no web address"),
        ("https://x:port/", "is no web address"),
        ("https://:80/", "is no web address"),
        ("https://a b/", "is no web address"),
        ("https://someone:hush@x/", "holds a user name or password"),
        ("https://someone:hu/sh@x/", "is no web address"),
        ("https://hush@x/", "holds a user name or password"),
    ],
)
def test_an_address_that_cannot_be_asked_is_told_without_its_password(url: str, problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(HEAD + f'[[source]]\nname = "a"\nurl = "{url}"\n', file=FILE)
    assert (caught.value.line, caught.value.key) == (5, "source[1].url")
    assert problem in caught.value.problem
    assert "https://example.org/feed.xml" in caught.value.cure
    assert "hu" not in str(caught.value).replace("such", "")


@pytest.mark.parametrize("url", ["https://x/@acme:b", "http://[::1]:8080/f", "https://bücher.example/f?a=b c@d"])
def test_an_address_that_can_be_asked_is_kept_as_it_is(url: str) -> None:
    settings = parse_settings(HEAD + f'[[source]]\nname = "a"\nurl = "{url}"\n', file=FILE)
    assert settings.source[0].url == url


def test_two_sources_of_one_name_are_refused() -> None:
    twice = '[[source]]\nname = "a"\nurl = "http://x"\n' * 2
    with pytest.raises(SettingsError, match="two \\[\\[source\\]\\] entries are called 'a'"):
        parse_settings(HEAD + twice, file=FILE)


def test_two_rules_of_one_account_are_refused() -> None:
    twice = '[[shop.account]]\nname = "cod"\n' * 2
    with pytest.raises(SettingsError, match=r"two \[\[shop\.account\]\] entries are called 'cod'"):
        parse_settings(HEAD + twice, file=FILE)


SHOP = """
[shop]
unsold_statuses = ["voided"]
tax_included = true

[[shop.account]]
name = "cod"
unsold_statuses = ["voided", "pending"]
shipping_in_revenue = true

[[shop.account]]
name = "shopify:cod"
shipping_in_revenue = false
tax_included = false
"""


@pytest.mark.parametrize(
    ("account", "unsold", "shipping", "tax_included"),
    [
        ("shopify:default", ("voided",), False, True),
        ("woocommerce:cod", ("voided", "pending"), True, True),
        ("cod", ("voided", "pending"), True, True),
        ("shopify:cod", ("voided", "pending"), False, False),
        ("shopify:cod2", ("voided",), False, True),
        ("cod:default", ("voided",), False, True),
    ],
)
def test_an_account_has_its_own_rules_and_the_general_ones_for_the_rest(
    account: str, unsold: tuple[str, ...], shipping: bool, tax_included: bool
) -> None:
    rules = parse_settings(HEAD + SHOP, file=FILE).shop.rules_of(account)
    assert (rules.unsold_statuses, rules.shipping_in_revenue, rules.tax_included) == (unsold, shipping, tax_included)


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="earned init"):
        read_settings(tmp_path / "earned.toml")


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("12h", 0.5), ("15m", 15 / 1440), (" 7 d ", 7)])
def test_durations(text: str, days: float) -> None:
    assert parse_duration(text) == dt.timedelta(days=days)


@pytest.mark.parametrize("text", ["30", "", "d", "-1d", "0d", "1w", 30, None])
def test_other_durations_are_refused(text: object) -> None:
    with pytest.raises(ValueError, match="no duration"):
        parse_duration(text)


def test_a_duration_has_an_end() -> None:
    with pytest.raises(ValueError, match="ten years"):
        parse_duration("9999999999d")


def test_own_channels_may_be_in_the_social_scope() -> None:
    settings = parse_settings(HEAD + '[attribution]\nsocial_scope = ["Podcast", "Influencer"]\n', file=FILE)
    assert settings.attribution.social_scope == ("Podcast", "Influencer")
