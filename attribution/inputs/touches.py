"""Visits of any analytics tool: from columns under our names to the table touches.

URLs are kept as seen, without what tells who somebody is. Visitor, customer and click id become keyed hashes.
"""

from __future__ import annotations

import hashlib

import polars as pl

from attribution.inputs.urls import MAX_STORED_URL, kept_urls, tag_value, without_addresses
from attribution.utm import UTM, decide_source, host_of, parse_urls
from config.intake import ReadContext
from config.short_links import resolved

TEXTS = ("visit_id", "visitor", "customer", "order_ref", "landing_url", "referrer", *UTM)
EXTRAS = {
    "duration_seconds": pl.Int64,
    "pageviews": pl.Int64,
    "is_bounce": pl.Boolean,
    "in_app": pl.String,
}


def touches(rows: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """The table touches. `rows`: touched_at and source_line, and what is known of TEXTS and EXTRAS.

    A short link of the business's register is the page it leads to. Tags told by the tool itself go before those of the
    landing page. A visit without an id is known by visitor, time and landing page: the same visit gets the same id in
    every file.
    """
    absent = [pl.lit(None, dtype=pl.String).alias(name) for name in TEXTS if name not in rows.columns]
    absent += [pl.lit(None, dtype=t).alias(name) for name, t in EXTRAS.items() if name not in rows.columns]
    rows = rows.with_columns(absent)
    rows = rows.with_columns(resolved(rows[n], context.short_links).alias(n) for n in ("landing_url", "referrer"))
    rows = _with_tags(rows, context)
    rows = rows.with_columns(
        context.keyed_hash(rows["visitor"]).alias("visitor"),
        context.keyed_hash(rows["customer"]).alias("customer_key"),
        context.keyed_hash(rows["click_id"]).alias("click_id"),
        kept_urls(rows["landing_url"], own=context.url_parameters).alias("landing_url"),
        kept_urls(rows["referrer"], own=context.url_parameters, foreign=True).alias("referrer"),
        pl.col("order_ref").str.strip_prefix("#").str.strip_chars().replace("", None),
        pl.lit(context.account).alias("account"),
    )
    return rows.with_columns(pl.coalesce("visit_id", _own_ids(rows)).alias("touch_id")).select(
        *("account", "touch_id", "visitor", "customer_key", "order_ref", "touched_at", "landing_url", "landing_host"),
        *("landing_path", "referrer", "referrer_host", *UTM, "click_id_type", "source", "medium", "campaign"),
        *("evidence", "click_id", *EXTRAS, "source_line"),
    )


def with_told_source(visits: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The visits with the source their tool made out itself: over what a referrer says, under tag and click id.

    told: source_line, source (null: nothing told), medium, campaign, evidence (null: the tool knows of none, which
    holds only where nothing else is known either), and `outranks`: over everything. A text that holds an e-mail
    address is not kept.
    """
    names = ["source", "medium", "campaign", "evidence"]
    ours = told.select("source_line", "outranks", *(tag_value(pl.col(name)).alias(f"_{name}") for name in names))
    weak = pl.col("evidence").is_in(["referrer", "none"])
    unnamed = weak | ((pl.col("evidence") == "utm") & pl.col("source").is_null() & (pl.col("_evidence") != "none"))
    nothing = pl.col("_evidence").is_not_null() | (pl.col("evidence") == "none")
    holds = pl.col("_source").is_not_null() & (pl.col("outranks") | (unnamed & nothing))
    campaign = pl.coalesce("_campaign", "campaign")
    joined = visits.join(ours, on="source_line", how="left", maintain_order="left")
    replaced = [pl.when(holds).then(campaign if n == "campaign" else f"_{n}").otherwise(n).alias(n) for n in names]
    return joined.with_columns(replaced).select(visits.columns)


def _with_tags(rows: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """The rows with host, path, tags and click id of the landing page, the referrer's host, and what decides."""
    found = parse_urls(pl.concat([rows["landing_url"], rows["referrer"]]))
    kept_path = without_addresses(pl.col("path")).str.head(MAX_STORED_URL).alias("landing_path")
    landing = found.with_columns(kept_path).rename({"url": "landing_url", "host": "landing_host"}).drop("path")
    behind = found.select(pl.col("url").alias("referrer"), *(pl.col(tag).alias(f"{tag}_behind") for tag in UTM))
    tagged = rows.join(landing, on="landing_url", how="left", maintain_order="left", suffix="_url")
    tagged = tagged.join(behind, on="referrer", how="left", maintain_order="left").with_columns(
        host_of(pl.col("referrer")).alias("referrer_host"),
    )
    # A log begins with a picture of the tagged page at times: then its own page, the referrer, carries the tags.
    own_page = pl.col("referrer_host") == pl.col("landing_host")
    tags = [pl.coalesce(tag, f"{tag}_url", pl.when(own_page).then(f"{tag}_behind")).alias(tag) for tag in UTM]
    tagged = tagged.with_columns(tags)
    clean = [tag_value(pl.col(tag)).alias(tag) for tag in UTM]
    return decide_source(tagged.with_columns(clean), own_domains=context.domains)


def _own_ids(rows: pl.DataFrame) -> pl.Series:
    """blake2b of visitor (hashed), time and landing page; its parameters play no part, as settings say which stay."""
    when = pl.col("touched_at").to_physical().cast(pl.String)
    parts = [pl.col("visitor").cast(pl.String), when, pl.col("landing_host"), pl.col("landing_path")]
    nameless = rows.filter(pl.col("visit_id").is_null())
    if nameless.is_empty():
        return rows["visit_id"]
    texts = rows.select(pl.concat_str(parts, separator="|", ignore_nulls=True).alias("text"))["text"]
    return pl.Series([hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts], dtype=pl.String)
