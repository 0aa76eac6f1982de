"""earned's own visits file: one row a visit (session) to the shop.

`visit_id,visitor,time,landing_url,referrer,order_id,customer`; visit_id, order_id and customer may be left out. Visitor
and customer become keyed hashes; parameters that tell who somebody is are cut from the URLs before they are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import polars as pl

from attribution.inputs.cells import (
    Check,
    columns,
    instants,
    leave_out,
    no_nulls,
    put_aside,
    with_cells,
)
from attribution.utm import decide_source, host_of, parse_urls
from config.intake import Layout, Parsed, ReadContext, TextTable

COLUMNS = ("visit_id", "visitor", "time", "landing_url", "referrer", "order_id", "customer")
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


def read_visits(table: TextTable, context: ReadContext) -> Parsed:
    """The table touches. Needs a visitor and a time; a visit without an id is known by visitor, time and landing."""
    rows, skipped = leave_out(columns(table, COLUMNS))
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in COLUMNS if name != "time")
    rows = with_cells(rows, {"touched_at": instants(rows["time"], zone=context.timezone)})
    rows, rejected = put_aside(rows, _CHECKS)
    rows = _with_tags(rows, context.domains)
    rows = rows.with_columns(
        context.keyed_hash(rows["visitor"]).alias("visitor"),
        context.keyed_hash(rows["customer"]).alias("customer_key"),
        without_persons(pl.col("landing_url")).alias("landing_url"),
        without_persons(pl.col("referrer")).alias("referrer"),
        pl.col("order_id").str.strip_prefix("#").str.strip_chars().replace("", None).alias("order_ref"),
        pl.lit(context.account).alias("account"),
    )
    touches = rows.with_columns(pl.coalesce("visit_id", _own_ids(rows)).alias("touch_id")).select(
        *("account", "touch_id", "visitor", "customer_key", "order_ref", "touched_at", "landing_url", "landing_host"),
        *("landing_path", "referrer", "referrer_host", "utm_source", "utm_medium", "utm_campaign", "utm_content"),
        *("utm_term", "click_id_type", "source", "medium", "campaign", "evidence", "source_line"),
    )
    return Parsed({"touches": touches}, rejected, skipped)


_CHECKS = (
    Check("missing_visitor", "the visit names no visitor", pl.col("visitor").is_null(), ("time",)),
    Check("bad_time", "the time is missing or cannot be read", pl.col("touched_at").is_null(), ("time",)),
)


def _with_tags(rows: pl.DataFrame, domains: Sequence[str]) -> pl.DataFrame:
    """The rows with host, path, tags and click id of the landing page, the referrer's host, and what decides."""
    parsed = parse_urls(rows["landing_url"]).rename({"url": "landing_url", "host": "landing_host", "path": "raw_path"})
    tagged = rows.join(parsed, on="landing_url", how="left", maintain_order="left").with_columns(
        pl.col("raw_path").str.replace_all(_E_MAIL_IN_PATH, "").str.head(MAX_STORED_URL).alias("landing_path"),
        host_of(pl.col("referrer")).alias("referrer_host"),
        *(pl.when(~pl.col(tag).str.contains(_E_MAIL_IN_PATH)).then(pl.col(tag)).alias(tag) for tag in _TAGS),
    )
    return decide_source(tagged, own_domains=domains)


_TAGS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


def without_persons(url: pl.Expr) -> pl.Expr:
    """The URL as seen, without parameters and path parts that tell who somebody is; at most 4,096 characters."""
    cut = url.str.replace_all("(?i)&amp;", "&").str.replace(r"^(\w+://)[^/?#@]*@", "${1}")
    for _ in range(2):  # neighbours share their separator, so that one pass takes every other one
        cut = cut.str.replace_all(_PERSONAL_PARAMETER, "${1}")
    tidy = cut.str.replace_all(_E_MAIL_IN_PATH, "").str.replace_all(r"([?&;#])[&;]+", "${1}")
    return tidy.str.replace_all(r"[?&;]+(#|$)", "${1}").str.replace(r"#$", "").str.head(MAX_STORED_URL)


def _own_ids(rows: pl.DataFrame) -> pl.Series:
    """blake2b of visitor (hashed), time and landing page: the same visit gets the same id in every file."""
    parts = [pl.col("visitor").cast(pl.String), pl.col("touched_at").to_physical().cast(pl.String), "landing_url"]
    texts = rows.select(pl.concat_str(parts, separator="|", ignore_nulls=True).alias("text"))["text"]
    return pl.Series([hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts], dtype=pl.String)


EARNED_VISITS = Layout(
    id="earned_visits",
    title=f"visits ({', '.join(COLUMNS)})",
    headers=frozenset({"visitor", "time", "landing_url", "referrer"}),
    sink="facts",
    read=read_visits,
)
