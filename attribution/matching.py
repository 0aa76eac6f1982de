"""Which visits and orders show which mention, and with what evidence. A mention never creates credit.

promo_code    the order redeemed a registered code that the mention names
utm           the visit's tags are those of a link in the mention to an own domain
landing_url   the visit landed on the deep page that an untagged link of the mention leads to
referrer      the visit came from the mention's own page
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from attribution.codes import REGISTERED
from attribution.journeys import CLICK, CODE
from attribution.ledger import SOLD
from attribution.utm import normal_value, parse_urls
from config.registers import canonical_url

EVIDENCE = ("promo_code", "utm", "landing_url", "referrer")  # strongest first
EVIDENCE_SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "mention_id": pl.String,
    "evidence": pl.String,
    "published_at": pl.Datetime("us", "UTC"),
    "account": pl.String,
    "order_id": pl.String,
    "touch_account": pl.String,
    "touch_id": pl.String,
    "code": pl.String,
    "at": pl.Datetime("us", "UTC"),
}
_CLICK_IDS = r"([?&])(?:fbclid|gclid|gbraid|wbraid|dclid|msclkid|ttclid|twclid|li_fat_id|srsltid)=[^&#]*"
_ORDER = ("account", "order_id")
_TOUCH = ("touch_account", "touch_id")
_TAGS = ("utm_source", "utm_medium", "utm_campaign", "utm_content")


def match_mentions(
    mentions: pl.DataFrame,
    touches: pl.DataFrame,
    journeys: pl.DataFrame,
    matched_codes: pl.DataFrame,
    ledger: pl.DataFrame,
    *,
    lookback: dt.timedelta,
    own_domains: Sequence[str],
) -> pl.DataFrame:
    """One row a mention and what shows it, columns EVIDENCE_SCHEMA, sorted: `at` is the visit's time, or the order's
    for a code (then the touch columns are null). order_id is null for a visit that led to no order.

    A mention shows only what came at its time or later, and within `lookback`; one without a date shows nothing. Tags
    must all be equal (source, medium, campaign, content; case aside, absent equal to absent).
    """
    dated = mentions.filter(pl.col("published_at").is_not_null()).unique(
        "mention_id", keep="first", maintain_order=True
    )
    visits = touches.rename({"account": "touch_account"})
    links = _own_links(dated, own_domains)
    clicks = pl.concat(
        [
            _by_tags(links, visits).with_columns(evidence=pl.lit("utm")),
            _by_landing(links, visits).with_columns(evidence=pl.lit("landing_url")),
            _by_referrer(dated, visits).with_columns(evidence=pl.lit("referrer")),
        ]
    )
    led_to = journeys.filter(pl.col("kind") == CLICK).select(*_TOUCH, *_ORDER).unique()
    seen = clicks.join(led_to, on=_TOUCH, how="left")
    sold = ledger.filter(pl.col("state") == SOLD).select(*_ORDER, at="ordered_at")
    rows = pl.concat([seen, _by_code(dated, matched_codes, sold)], how="diagonal_relaxed")
    age = pl.col("at") - pl.col("published_at")
    return (
        rows.filter((age >= dt.timedelta(0)) & (age <= lookback))
        .select(pl.col(name).cast(dtype) for name, dtype in EVIDENCE_SCHEMA.items())
        .unique()
        .sort("mention_id", "evidence", "at", *_ORDER, *_TOUCH, "code")
    )


def _by_code(mentions: pl.DataFrame, matched_codes: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    named = mentions.select("mention_id", "published_at", code="codes").explode("code").drop_nulls("code")
    redeemed = matched_codes.filter(pl.col("state") == REGISTERED).select(*_ORDER, "code").unique()
    return (
        named.join(redeemed, on="code", how="inner")
        .join(sold, on=_ORDER, how="inner")
        .with_columns(evidence=pl.lit("promo_code"))
    )


def _by_tags(links: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    tagged = links.filter(pl.col("utm_source").is_not_null()).select("mention_id", "published_at", *_TAGS).unique()
    plain = [normal_value(pl.col(name)).alias(name) for name in _TAGS]
    keyed = visits.select(*_TOUCH, "touched_at", *plain).filter(pl.col("utm_source").is_not_null())
    return _pairs(tagged, keyed, on=_TAGS)


def _by_landing(links: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    deep = links.filter(pl.col("utm_source").is_null() & (pl.col("path") != ""))
    wanted = deep.select("mention_id", "published_at", "canonical").unique()
    # Only pages that some link leads to are worth the canonical form. A tagged visit came by another link.
    path = pl.col("landing_path").str.strip_chars("/")
    near = visits.filter(
        normal_value(pl.col("utm_source")).is_null()
        & path.is_in(deep["path"].unique().implode())
        & pl.col("landing_url").is_not_null()
    )
    keyed = near.select(*_TOUCH, "touched_at", canonical=_canonical(near["landing_url"]))
    return _pairs(wanted, keyed.drop_nulls("canonical"), on=("canonical",))


def _by_referrer(mentions: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    pages = mentions.select("mention_id", "published_at", canonical=_canonical(mentions["url"])).drop_nulls("canonical")
    # Browsers often send the site alone as referrer: a mention that names a site's front page would claim all of it.
    pages = pages.filter(pl.col("canonical").str.contains(r"^https://[^/?]+[/?]"))
    near = visits.filter(pl.col("referrer").is_not_null())
    keyed = near.select(*_TOUCH, "touched_at", canonical=_canonical(near["referrer"]))
    return _pairs(pages, keyed.drop_nulls("canonical"), on=("canonical",))


def _pairs(mentions: pl.DataFrame, visits: pl.DataFrame, *, on: Sequence[str]) -> pl.DataFrame:
    return mentions.join(visits, on=list(on), how="inner", nulls_equal=True).select(
        "mention_id", "published_at", *_TOUCH, at="touched_at"
    )


def _canonical(urls: pl.Series) -> pl.Series:
    """`canonical_url` of each. Click ids go first, in bulk: with them nearly every landing page is a URL of its own."""
    urls = urls.str.replace_all(_CLICK_IDS, "$1")
    unique = urls.drop_nulls().unique()
    forms = pl.Series([canonical_url(url) for url in unique], dtype=pl.String)
    return urls.replace_strict(unique, forms, default=None, return_dtype=pl.String)


def _own_links(mentions: pl.DataFrame, own_domains: Sequence[str]) -> pl.DataFrame:
    """mention_id, published_at, link, canonical, path and tags of the mentions' links to own domains."""
    links = mentions.select("mention_id", "published_at", link="links").explode("link").drop_nulls("link").unique()
    parsed = parse_urls(links["link"])
    bare = pl.col("host").str.replace(r"^www\.", "")
    own = pl.any_horizontal(False, *((bare == domain) | bare.str.ends_with(f".{domain}") for domain in own_domains))
    ours = parsed.filter(own)
    tags = [normal_value(pl.col(name)).alias(name) for name in _TAGS]
    table = ours.select(pl.col("url").alias("link"), _canonical(ours["url"]).alias("canonical"), _page(), *tags)
    return links.join(table, on="link", how="inner")


def _page() -> pl.Expr:
    """The path without its outer slashes; empty for the front page."""
    return pl.col("path").fill_null("").str.strip_chars("/")


def matched_revenue(evidence: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """One row a mention with evidence: mention_id, visits, orders, revenue_minor (net of the orders that show it).

    Several mentions may show the same order, so the column is never to be summed.
    """
    visits = (
        evidence.filter(pl.col("touch_id").is_not_null())
        .group_by("mention_id")
        .agg(visits=pl.struct(_TOUCH).n_unique().cast(pl.Int64))
    )
    orders = (
        evidence.select("mention_id", *_ORDER)
        .unique()
        .join(ledger.filter(pl.col("state") == SOLD).select(*_ORDER, "net_minor"), on=_ORDER, how="inner")
        .group_by("mention_id")
        .agg(orders=pl.len().cast(pl.Int64), revenue_minor=pl.col("net_minor").sum())
    )
    return (
        evidence.select("mention_id")
        .unique()
        .join(visits, on="mention_id", how="left")
        .join(orders, on="mention_id", how="left")
        .with_columns(pl.col("visits", "orders", "revenue_minor").fill_null(0))
        .sort("mention_id")
    )


def credited_mentions(direct: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """Hands each direct credit row to one mention: account, order_id, position, credit_minor, mention_id, evidence.

    A code goes to a mention of that code, a click to a mention that the visit shows: the strongest evidence first, then
    the latest mention before the touch, then the lowest id. Rows without one have a null mention_id: no mention found.
    The sum of credit_minor is that of `direct`.
    """
    columns = [*_ORDER, "position", "credit_minor"]
    rank = pl.col("evidence").replace_strict({name: i for i, name in enumerate(EVIDENCE)}, return_dtype=pl.Int8)
    shown = evidence.select("mention_id", "evidence", "published_at", _rank=rank)
    by_touch = pl.concat([evidence.select(*_TOUCH), shown], how="horizontal").drop_nulls("touch_id")
    by_code = pl.concat([evidence.select(*_ORDER, "code"), shown], how="horizontal").drop_nulls("code")
    clicks = direct.filter(pl.col("kind") == CLICK).select(*_ORDER, "position", *_TOUCH)
    codes = direct.filter(pl.col("kind") == CODE).select(*_ORDER, "position", "code")
    found = ["mention_id", "evidence", "published_at", "_rank"]
    best = (
        pl.concat(
            [
                clicks.join(by_touch.unique(), on=_TOUCH, how="inner").select(*_ORDER, "position", *found),
                codes.join(by_code.unique(), on=[*_ORDER, "code"], how="inner").select(*_ORDER, "position", *found),
            ]
        )
        .sort("_rank", "published_at", "mention_id", descending=[False, True, False])
        .unique([*_ORDER, "position"], keep="first", maintain_order=True)
        .select(*_ORDER, "position", "mention_id", "evidence")
    )
    return direct.select(columns).join(best, on=[*_ORDER, "position"], how="left").sort(*_ORDER, "position")
