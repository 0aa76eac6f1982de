"""Which channel a visit came by: an ordered list of rules over source, medium and campaign; the first match wins.

GA4's nineteen default rules, with our own in front (influencers, AI assistants, webmail), and in front of all the rules
that the business wrote itself (`[[channel_rule]]`). Lists of search engines,
social, video and shopping sites are Matomo's (CC0) and our own aliases, see data/NOTICE.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence
from importlib import resources
from io import BytesIO

import polars as pl

from attribution.utm import normal_medium, normal_source
from config.channel_rules import FIELDS, ChannelRule, TagTest

DIRECT = "Direct"
DEEP_LINK = "Direct (deep link)"  # a part of Direct in reports; to the models both are one
INFLUENCER = "Influencer"
UNASSIGNED = "Unassigned"
KEYS = ("source", "medium", "campaign", "evidence")

_SOURCE, _MEDIUM, _CAMPAIGN, _EVIDENCE = (pl.col(name) for name in KEYS)
_PAID = _MEDIUM.str.contains(r"^(.*cp.*|ppc|retargeting|paid.*)$")
_SHOP = _CAMPAIGN.str.contains(r"^(.*(([^a-df-z]|^)shop|shopping).*)$")
_MAIL_WORD = r"e[-_ ]?mail"
_SOCIAL_MEDIA = ("social", "social-network", "social-media", "sm", "social network", "social media")


def _category(*names: str) -> pl.Expr:
    return pl.col("category").is_in(names)


RULES: tuple[tuple[str, pl.Expr], ...] = (
    (DIRECT, pl.col("evidence") == "none"),
    # A visit with no more than a campaign's tag is tagged: of an unknown source, and not Direct.
    (DIRECT, _SOURCE.is_in(["", "(direct)"]) & _MEDIUM.is_in(["", "(none)", "(not set)"]) & (_EVIDENCE != "utm")),
    (INFLUENCER, _MEDIUM.is_in(["influencer", "ugc", "creator", "ambassador"])),
    ("AI Assistants", (_MEDIUM == "ai-assistant") | (_category("AI") & ~_PAID)),
    ("Email", _category("EMAIL") & ~_PAID),
    ("Cross-network", _CAMPAIGN.str.contains("cross-network", literal=True)),
    ("Paid Shopping", (_category("SHOPPING") | _SHOP) & _PAID),
    ("Paid Search", _category("SEARCH") & _PAID),
    ("Paid Social", _category("SOCIAL") & _PAID),
    ("Paid Video", _category("VIDEO") & _PAID),
    ("Display", _MEDIUM.is_in(["display", "banner", "expandable", "interstitial", "cpm"])),
    ("Paid Other", _PAID),
    ("Organic Shopping", _category("SHOPPING") | _SHOP),
    ("Organic Social", _category("SOCIAL") | _MEDIUM.is_in(_SOCIAL_MEDIA)),
    ("Organic Video", _category("VIDEO") | _MEDIUM.str.contains("video", literal=True)),
    ("Organic Search", _category("SEARCH") | (_MEDIUM == "organic")),
    ("Referral", _MEDIUM.is_in(["referral", "app", "link"])),
    ("Email", _SOURCE.str.contains(_MAIL_WORD) | _MEDIUM.str.contains(_MAIL_WORD)),
    ("Affiliates", _MEDIUM == "affiliate"),
    ("Audio", _MEDIUM == "audio"),
    ("SMS", (_SOURCE == "sms") | (_MEDIUM == "sms")),
    (
        "Mobile Push Notifications",
        _MEDIUM.str.ends_with("push") | _MEDIUM.str.contains("mobile|notification") | (_SOURCE == "firebase"),
    ),
)


def channel_of(frame: pl.DataFrame, *, rules: Sequence[ChannelRule]) -> pl.DataFrame:
    """The frame with a column `channel` (never null), from its columns source, medium, campaign, evidence.

    rules: the business's own (`Settings.channel_rule`), which are asked first, in their order; then RULES. Case and
    outer blanks do not matter, null is the same as empty. Rules are evaluated once a combination.
    """
    frame = frame.with_columns(pl.col(KEYS).cast(pl.String))
    combinations = frame.select(KEYS).unique()
    names = [name for name in KEYS if name != "evidence"]
    plain = combinations.with_columns(
        *(pl.col(name).alias(f"raw_{name}") for name in names),
        *(pl.col(name).str.strip_chars().str.to_lowercase().fill_null("") for name in names),
        pl.col("evidence").alias("raw_evidence"),
        pl.col("evidence").fill_null(""),
    )
    channels = _with_category(plain).select(
        *(pl.col(f"raw_{name}").alias(name) for name in KEYS),
        pl.coalesce(
            *(pl.when(_holds(rule)).then(pl.lit(rule.channel)) for rule in rules),
            *(pl.when(condition).then(pl.lit(channel)) for channel, condition in RULES),
            pl.lit(UNASSIGNED),
        ).alias("channel"),
    )
    return frame.join(channels, on=KEYS, how="left", nulls_equal=True, maintain_order="left")


def _holds(rule: ChannelRule) -> pl.Expr:
    """Whether all that a rule of the business says is so."""
    tests = {name: getattr(rule, name) for name in FIELDS}
    return pl.all_horizontal(_tag_holds(name, test) for name, test in tests.items() if test is not None)


def _tag_holds(name: str, test: TagTest) -> pl.Expr:
    tag = pl.col(name).str.normalize("NFKC")
    if test.equals is not None:
        return tag.is_in(_spellings(name, _plain(test.equals)))
    if test.contains is not None:
        return tag.str.contains(_plain(test.contains), literal=True)
    if test.starts_with is not None:
        return tag.str.starts_with(_plain(test.starts_with))
    return tag.str.ends_with(_plain(test.ends_with or ""))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def _spellings(name: str, text: str) -> list[str]:
    """A value as it is written, and as visits bear it once the spellings of a network are folded: fb is facebook."""
    folded = {"source": normal_source, "medium": normal_medium}.get(name)
    if folded is None:
        return [text]
    return [text, *pl.select(folded(pl.lit(text))).to_series().drop_nulls().to_list()]


_DEEP = r"^/[^/]+/[^/]|^/.{19,}"  # two parts of a path, or twenty characters: nobody types that
_HOME = r"(?i)^/?(?:(?:index|home|default)(?:\.\w+)?|[a-z]{2}(?:[-_][a-z]{2})?)?/?$"
_OWN_WAY = r"(?i)^/(?:[a-z]{2}(?:[-_][a-z]{2})?/)?(?:cart|basket|checkout|orders?|account|my-account|login|thank|wp-)"


def is_deep_link(touches: pl.DataFrame) -> pl.Expr:
    """Whether a visit of Direct (columns channel, evidence, landing_path, in_app) surely came by a link that somebody
    passed on: no tag, no referrer, and a page nobody types, or any page but the home page in an app's own browser.

    Pages of buying and of accounts are no such pages: people come back to them. False where a column is not there.
    """
    if not {"channel", "evidence", "landing_path"} <= {*touches.columns}:
        return pl.lit(value=False)
    path = pl.col("landing_path")
    in_app = pl.col("in_app").is_not_null() if "in_app" in touches.columns else pl.lit(value=False)
    plain = (pl.col("channel") == DIRECT) & (pl.col("evidence") == "none")
    deep = (path.str.contains(_DEEP) | in_app) & ~path.str.contains(_HOME) & ~path.str.contains(_OWN_WAY)
    return (plain & deep).fill_null(value=False)


def reported_channel() -> pl.Expr:
    """The channel as reports name it, of rows with channel and deep_link."""
    return (
        pl.when((pl.col("channel") == DIRECT) & pl.col("deep_link").fill_null(value=False))
        .then(pl.lit(DEEP_LINK))
        .otherwise(pl.col("channel"))
        .alias("channel")
    )


def source_category(source: str) -> str | None:
    """SOCIAL, VIDEO, SEARCH, SHOPPING, AI or EMAIL for a source in lower case (a name or a host), else None.

    A host is looked up as it is, then with its country's ending taken for any, then by the domains above it; the last
    not for search engines, as a mail or document service of theirs is no search.
    """
    listed = _listed()
    bare = source.removeprefix("www.")
    for candidate in (source, bare, *_any_country(bare)):
        if candidate in listed:
            return listed[candidate]
    labels = bare.split(".")
    for start in range(1, len(labels) - 1):
        found = listed.get(".".join(labels[start:]))
        if found and found not in ("SEARCH", "EMAIL"):
            return found
    return None


def _any_country(host: str) -> tuple[str, ...]:
    labels = host.split(".")
    if len(labels) < 2:
        return ()
    two = len(labels) > 2 and labels[-2] in ("co", "com", "org", "net") and len(labels[-1]) == 2
    ending = 2 if two else 1
    return (".".join([*labels[:-ending], "{}"]), ".".join(["{}", *labels[1:]]))


@functools.cache
def _listed() -> dict[str, str]:
    """source -> category; our own list wins."""
    table: dict[str, str] = {}
    for file in ("matomo_sources.csv", "own_sources.csv"):
        frame = pl.read_csv(BytesIO(resources.files("attribution").joinpath("data", file).read_bytes()))
        table |= dict(frame.iter_rows())
    return table


def _with_category(frame: pl.DataFrame) -> pl.DataFrame:
    sources = frame["source"].unique()
    categories = pl.DataFrame(
        {"source": sources, "category": [source_category(source) or "" for source in sources]},
        schema={"source": pl.String, "category": pl.String},
    )
    return frame.join(categories, on="source", how="left")
