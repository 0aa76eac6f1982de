"""UTM hygiene: which visits bear tags, or lack them, in a way that loses or splits their credit.

Pure: visits as `Report.touches` has them come in, counts go out. Values of tags are strangers' texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from attribution.channels import UNASSIGNED
from attribution.utm import RETURNS

_TAGS = ("utm_source", "utm_medium", "utm_campaign")
_TAGGED = pl.col("evidence") == "utm"
_MAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
# Macros that an ad platform should have filled in: {{campaign.name}}, {campaignid}, __CAMPAIGN_NAME__, [campaign].
_PLACEHOLDER = r"\{\{|\}\}|^\{[A-Za-z_.]+\}$|^__[A-Z_]+__$|^\[[A-Za-z_. ]+\]$|%7[Bb]"
# What Instagram writes into links that are copied in its app or stand in a profile: nobody's campaign.
_NETWORKS_OWN = ("ig_web_copy_link", "ig_web_button_share_sheet", "ig_profile_share")
_VISIT = ("account", "touch_id")
_SHOWN = (
    *("touched_at", "landing_path", "utm_source", "utm_medium", "utm_campaign", "referrer_host", "in_app"),
    *("channel", "evidence"),
)


@dataclass(frozen=True)
class Hygiene:
    """problems: problem, visits, share (of all visits), credit_minor (what rests on them under the model), example (the
    most frequent value, null where it would name a person); most visits first. marked: a row a visit and problem.
    """

    visits: int
    to_mend: int  # visits with at least one problem
    problems: pl.DataFrame
    marked: pl.DataFrame

    def visits_with(self, problem: str) -> pl.DataFrame:
        """The visits with a problem, latest first, without anything that tells who it was."""
        mine = self.marked.filter(pl.col("problem") == problem)
        shown = mine.select(_SHOWN) if problem != "personal_data" else mine.select("touched_at", "landing_path")
        return shown.sort("touched_at", descending=True)


def hygiene(
    touches: pl.DataFrame, credits: pl.DataFrame, *, own_domains: Sequence[str], scope: Sequence[str]
) -> Hygiene:
    """What is wrong with the tags of these visits. A visit may have several problems; `to_mend` counts it once.

    personal_data    an e-mail address in a tag
    placeholder      a macro that no ad platform filled in
    unassigned       source and medium that no channel is known for
    no_medium        a source without a medium
    no_campaign      a source without a campaign
    two_spellings    a value that differs from a more frequent one by case, blanks or marks alone
    internal         a visit that begins on the shop's own page, or comes back from a payment page, with tags or not
    untagged_social  a visit from a social network by its referrer alone
    untagged_app     a visit in a network's own browser without tag, click id or referrer
    click_id_only    an ad click that only its click id tells
    network_tags     tags that the network wrote into a copied link
    """
    read = touches.with_columns(_spellings(touches))
    rules = _rules(own_domains, scope)
    marked = pl.concat(
        [read.filter(rule).with_columns(problem=pl.lit(name), example=_example(name)) for name, rule in rules.items()]
    )
    held = credits.group_by("touch_account", "touch_id").agg(pl.col("credit_minor").sum())
    with_credit = marked.join(
        held, left_on=list(_VISIT), right_on=["touch_account", "touch_id"], how="left", maintain_order="left"
    )
    problems = (
        with_credit.group_by("problem")
        .agg(
            visits=pl.len().cast(pl.Int64),
            credit_minor=pl.col("credit_minor").sum(),
            example=pl.col("example").drop_nulls().mode().sort().first(),
        )
        .with_columns(share=pl.col("visits") / max(1, touches.height))
        .sort("visits", "problem", descending=[True, False])
        .select("problem", "visits", "share", "credit_minor", "example")
    )
    return Hygiene(touches.height, marked.select(_VISIT).n_unique() if marked.height else 0, problems, marked)


def _rules(own_domains: Sequence[str], scope: Sequence[str]) -> dict[str, pl.Expr]:
    """Problem -> the visits that have it."""
    tags = [pl.col(name) for name in (*_TAGS, "utm_content", "utm_term")]
    sourced = _TAGGED & pl.col("utm_source").is_not_null()
    social = pl.col("channel").is_in(list(scope))
    own = pl.any_horizontal(pl.lit(False), *(_on(domain) for domain in (*own_domains, *RETURNS)))
    network = pl.col("utm_source").str.to_lowercase().is_in(_NETWORKS_OWN) | (
        (pl.col("utm_source").str.to_lowercase() == "ig") & (pl.col("utm_content") == "link_in_bio")
    )
    rules = {
        "personal_data": pl.any_horizontal(tag.str.contains(_MAIL) for tag in tags),
        "placeholder": pl.any_horizontal(tag.str.contains(_PLACEHOLDER) for tag in tags),
        "unassigned": pl.col("channel") == UNASSIGNED,
        "no_medium": sourced & pl.col("utm_medium").is_null(),
        "no_campaign": sourced & pl.col("utm_campaign").is_null() & ~network.fill_null(False),
        "two_spellings": pl.any_horizontal(pl.col(f"_odd_{name}") for name in _TAGS),
        "internal": own,
        "untagged_social": (pl.col("evidence") == "referrer") & social,
        "untagged_app": (pl.col("evidence") == "none") & pl.col("in_app").is_not_null(),
        "click_id_only": pl.col("evidence") == "click_id",
        "network_tags": network,
    }
    return {name: rule.fill_null(False) for name, rule in rules.items()}


def _on(domain: str) -> pl.Expr:
    bare = domain.lower().removeprefix("www.")
    return ((pl.col("referrer_host") == bare) | pl.col("referrer_host").str.ends_with(f".{bare}")).fill_null(False)


def _spellings(touches: pl.DataFrame) -> list[pl.Series]:
    """`_odd_` and the tag's name: true where the value is not the most frequent spelling of the same word."""
    found = []
    for name in _TAGS:
        plain = pl.col("value").str.to_lowercase().str.replace_all(r"[\W_]+", "")
        counts = touches.select(value=name).drop_nulls().group_by("value").len().with_columns(plain=plain)
        usual = counts.sort("len", "value", descending=[True, False]).unique("plain", keep="first", maintain_order=True)
        odd = counts.join(usual.select("value"), on="value", how="anti")["value"]
        found.append(touches[name].is_in(odd.implode()).fill_null(False).alias(f"_odd_{name}"))
    return found


def _example(problem: str) -> pl.Expr:
    """What to look for, in the visit's own words."""
    tagged = pl.concat_str([pl.col(tag).fill_null("–") for tag in _TAGS], separator=" / ")
    told: dict[str, pl.Expr] = {
        "personal_data": pl.lit(None, dtype=pl.String),
        "internal": pl.col("referrer_host"),
        "untagged_social": pl.col("referrer_host"),
        "untagged_app": pl.col("in_app"),
        "click_id_only": pl.col("click_id_type"),
        "unassigned": pl.concat_str([pl.col(tag).fill_null("–") for tag in ("source", "medium")], separator=" / "),
    }
    return told.get(problem, tagged)
