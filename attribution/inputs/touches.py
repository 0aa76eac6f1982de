"""Visits of any analytics tool: from columns under our names to the table touches.

URLs are kept as seen, without what tells who somebody is. Visitor, customer and click id become keyed hashes.
"""

from __future__ import annotations

import hashlib

import polars as pl

from attribution.utm import UTM, decide_source, host_of, parse_urls
from config.intake import ReadContext

MAX_STORED_URL = 4096
_PERSONAL = (
    *("email", "e-mail", "e_mail", "mail", "e", "em", "user_email", "customer_email", "phone", "tel", "mobile"),
    *("token", "access_token", "auth", "auth_token", "id_token", "password", "pwd", "name", "first_name", "last_name"),
    *("firstname", "lastname", "fullname", "full_name", "address", "ip"),
)
# A parameter is personal by its name, or because its value is an e-mail address (plain or percent-encoded).
_NAMED = rf"(?:{'|'.join(_PERSONAL)})=[^&#;]*"
_VALUED = r"[^&#?;=]*=[^&#;]*?[^&#;=@](?:@|%(?:25)*40)[^&#;@%]+\.[^&#;]*"
_PERSONAL_PARAMETER = rf"(?i)([?&#;])(?:{_NAMED}|{_VALUED})"
_E_MAIL_IN_PATH = r"(?i)[^/?#&=\s]+(?:@|%(?:25)*40)[a-z0-9.-]+\.[a-z]{2,}"
TEXTS = ("visit_id", "visitor", "customer", "order_ref", "landing_url", "referrer", *UTM)
EXTRAS = {
    "duration_seconds": pl.Int64,
    "pageviews": pl.Int64,
    "is_bounce": pl.Boolean,
    "in_app": pl.String,
}


def touches(rows: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """The table touches. `rows`: touched_at and source_line, and what is known of TEXTS and EXTRAS.

    Tags told by the tool itself go before those of the landing page. A visit without an id is known by visitor, time
    and landing page: the same visit gets the same id in every file.
    """
    absent = [pl.lit(None, dtype=pl.String).alias(name) for name in TEXTS if name not in rows.columns]
    absent += [pl.lit(None, dtype=t).alias(name) for name, t in EXTRAS.items() if name not in rows.columns]
    rows = _with_tags(rows.with_columns(absent), context)
    rows = rows.with_columns(
        context.keyed_hash(rows["visitor"]).alias("visitor"),
        context.keyed_hash(rows["customer"]).alias("customer_key"),
        context.keyed_hash(rows["click_id"]).alias("click_id"),
        without_persons(pl.col("landing_url")).alias("landing_url"),
        without_persons(pl.col("referrer")).alias("referrer"),
        pl.col("order_ref").str.strip_prefix("#").str.strip_chars().replace("", None),
        pl.lit(context.account).alias("account"),
    )
    return rows.with_columns(pl.coalesce("visit_id", _own_ids(rows)).alias("touch_id")).select(
        *("account", "touch_id", "visitor", "customer_key", "order_ref", "touched_at", "landing_url", "landing_host"),
        *("landing_path", "referrer", "referrer_host", *UTM, "click_id_type", "source", "medium", "campaign"),
        *("evidence", "click_id", *EXTRAS, "source_line"),
    )


def _with_tags(rows: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """The rows with host, path, tags and click id of the landing page, the referrer's host, and what decides."""
    found = parse_urls(pl.concat([rows["landing_url"], rows["referrer"]]))
    landing = found.rename({"url": "landing_url", "host": "landing_host", "path": "raw_path"})
    behind = found.select(pl.col("url").alias("referrer"), *(pl.col(tag).alias(f"{tag}_behind") for tag in UTM))
    tagged = rows.join(landing, on="landing_url", how="left", maintain_order="left", suffix="_url")
    tagged = tagged.join(behind, on="referrer", how="left", maintain_order="left").with_columns(
        pl.col("raw_path").str.replace_all(_E_MAIL_IN_PATH, "").str.head(MAX_STORED_URL).alias("landing_path"),
        host_of(pl.col("referrer")).alias("referrer_host"),
    )
    # A log begins with a picture of the tagged page at times: then its own page, the referrer, carries the tags.
    own_page = pl.col("referrer_host") == pl.col("landing_host")
    tags = [pl.coalesce(tag, f"{tag}_url", pl.when(own_page).then(f"{tag}_behind")).alias(tag) for tag in UTM]
    tagged = tagged.with_columns(tags)
    clean = [pl.when(~pl.col(tag).str.contains(_E_MAIL_IN_PATH)).then(pl.col(tag)).alias(tag) for tag in UTM]
    return decide_source(tagged.with_columns(clean), own_domains=context.domains)


def without_persons(url: pl.Expr) -> pl.Expr:
    """The URL as seen, without parameters and path parts that tell who somebody is; at most 4,096 characters."""
    cut = url.str.replace_all("(?i)&amp;", "&").str.replace(r"^(\w+://)[^/?#@]*@", "${1}")
    for _ in range(2):  # neighbours share their separator, so that one pass takes every other one
        cut = cut.str.replace_all(_PERSONAL_PARAMETER, "${1}")
    tidy = cut.str.replace_all(_E_MAIL_IN_PATH, "").str.replace_all(r"([?&;#])[&;]+", "${1}")
    return tidy.str.replace_all(r"[?&;]+(#|$)", "${1}").str.replace(r"#$", "").str.head(MAX_STORED_URL)


def _own_ids(rows: pl.DataFrame) -> pl.Series:
    """blake2b of visitor (hashed), time and landing page."""
    parts = [pl.col("visitor").cast(pl.String), pl.col("touched_at").to_physical().cast(pl.String), "landing_url"]
    nameless = rows.filter(pl.col("visit_id").is_null())
    if nameless.is_empty():
        return rows["visit_id"]
    texts = rows.select(pl.concat_str(parts, separator="|", ignore_nulls=True).alias("text"))["text"]
    return pl.Series([hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts], dtype=pl.String)
