"""How well links are tagged: what in tags and referrers makes channels wrong, and how many visits it costs."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from attribution.utm import normal_medium, normal_source

ISSUES = (
    "unfilled_macro",
    "spelling",
    "source_without_medium",
    "internal_referrer",
    "tagged_inside",
    "untagged_social",
)
_SOCIAL = ("facebook", "instagram", "tiktok", "x", "linkedin", "pinterest", "reddit", "snapchat", "threads", "youtube")
SCHEMA = {"issue": pl.String, "value": pl.String, "visits": pl.Int64}


def tag_issues(touches: pl.DataFrame, *, own_domains: Sequence[str]) -> pl.DataFrame:
    """Rows issue (one of ISSUES), value (the tag or host at fault), visits; most visits first.

    unfilled_macro: a placeholder the ad tool left as it was. spelling: a source or medium written other than its normal
    form. source_without_medium: a tagged visit whose medium is missing. internal_referrer: an own site brought it,
    so its first source is lost. tagged_inside: links between own pages carry tags, and hide where somebody came from.
    untagged_social: a network's own referrer without a tag, so posts cannot be told apart.
    """
    own = pl.lit(False)
    for domain in own_domains:
        bare = domain.lower().removeprefix("www.")
        own = own | (pl.col("referrer_host") == bare) | pl.col("referrer_host").str.ends_with(f".{bare}")
    own = own.fill_null(False)
    tagged = pl.any_horizontal(pl.col("utm_source", "utm_medium").is_not_null())
    found = []
    for tag in ("utm_source", "utm_medium", "utm_campaign"):
        found.append(
            _rows(touches, "unfilled_macro", pl.col(tag).str.contains(r"\{\{.*\}\}|^__[A-Z_]+__$"), pl.col(tag))
        )
    for tag, normal in (("utm_source", normal_source), ("utm_medium", normal_medium)):
        other = normal(pl.col(tag)).is_not_null() & (pl.col(tag) != normal(pl.col(tag)))
        found.append(_rows(touches, "spelling", other, pl.col(tag)))
    alone = pl.col("utm_source").is_not_null() & pl.col("utm_medium").is_null()
    found.append(_rows(touches, "source_without_medium", alone, pl.col("utm_source")))
    found.append(_rows(touches, "internal_referrer", own & ~tagged, pl.col("referrer_host")))
    found.append(_rows(touches, "tagged_inside", own & tagged, pl.col("referrer_host")))
    social = (pl.col("evidence") == "referrer") & pl.col("source").is_in(_SOCIAL)
    found.append(_rows(touches, "untagged_social", social, pl.col("source")))
    return pl.concat(found).sort("visits", "issue", "value", descending=[True, False, False])


def _rows(touches: pl.DataFrame, issue: str, condition: pl.Expr, value: pl.Expr) -> pl.DataFrame:
    return (
        touches.filter(condition.fill_null(False))
        .group_by(value=value)
        .agg(visits=pl.len().cast(pl.Int64))
        .select(pl.lit(issue).alias("issue"), "value", "visits")
    )
