"""Orders of any shop system: from columns of text under our names to the tables orders, codes, refunds and touches.

A layout brings one row an order (`COLUMNS`, all text, what its system does not tell left out) and this module reads it.
Where the shop knows the session that ended in the order (landing page, tags, click id), that session becomes a touch.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from attribution.identity import OWN_TOUCH
from attribution.inputs.cells import (
    Cells,
    Check,
    lost_id,
    money,
    no_nulls,
    of_orders,
    put_aside,
    shown,
    unreadable,
    unsure_note,
    with_cells,
)
from attribution.inputs.gift_cards import sold_for
from attribution.inputs.times import clock_note, instants
from attribution.inputs.urls import kept_urls, tag_value, without_addresses
from attribution.tables import MONEY, UTC_TIME
from attribution.utm import UTM, decide_source, host_of, parse_urls
from config.intake import Parsed, ReadContext, Rejected
from config.registers import normal_code
from config.short_links import resolved

MONEYS = ("subtotal", "discount", "shipping", "tax", "total", "refunded")
TEXTS = (
    *("order_id", "order_name", "status", "customer", "currency", "sales_channel", "tax_included", "is_test", "unsold"),
    *("landing_url", "referrer", "source_type", *UTM),
)
TIMES = ("ordered_at", "cancelled_at", "session_at")
COLUMNS = (*TEXTS, *MONEYS, *TIMES, "codes", "code_amounts")
AUTOMATIC = ("AUTOMATIC DISCOUNTS", "UPSELL DISCOUNT")
_NO_CODE = r"://|@[^@\s]+\.|(?i)\b(?:select|union|drop|insert|delete)\b.*\b(?:from|table|select|into)\b"
_LITERALS = ("(none)", "(direct)", "(not set)")


def complete(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with all of COLUMNS: absent ones null; `codes` and `code_amounts` are lists of texts."""
    lists = ("codes", "code_amounts")
    absent = [
        pl.lit(None, dtype=pl.List(pl.String) if name in lists else pl.String).alias(name)
        for name in COLUMNS
        if name not in frame.columns
    ]
    return frame.with_columns(absent)


def read_orders(
    frame: pl.DataFrame,
    context: ReadContext,
    *,
    zone: str | None = None,
    order: str | None = None,
    skipped: dict[int, str] | None = None,
    rejected: Sequence[Rejected] = (),
    lines: pl.DataFrame | None = None,
    refunds: pl.DataFrame | None = None,
    warnings: Sequence[str] = (),
) -> Parsed:
    """The tables of orders given as text. `zone`: of times without offset (default: the business's own).

    A landing page or referrer that is a registered short link is the page it leads to.
    `lines` and `refunds` are tables already, each with order_id, `refunds` with an amount and refunded_at; those of
    orders that are put aside go with them. `unsold` (any text) marks orders that failed, were abandoned or cancelled.
    """
    rows = complete(frame)
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in TEXTS)
    rows = rows.with_columns(resolved(rows[n], context.short_links).alias(n) for n in ("landing_url", "referrer"))
    read = {name: amount(rows, name, context) for name in MONEYS}
    read |= {name: instants(rows[name], zone=zone or context.timezone, order=context.order or order) for name in TIMES}
    rows, bad = put_aside(with_cells(rows, read), _CHECKS)
    early = early_refunds(refunds, rows)
    bad, rows = [*bad, *early], without_lines(rows, early)
    refunds = without_lines(refunds, early) if refunds is not None else None
    orders = _with_gift_cards(_orders(rows, context), lines)
    tables = {
        "orders": orders,
        "order_codes": _codes(rows, context),
        "refunds": pl.concat([_cumulative(rows, context), *_dated(refunds, rows, context)], how="diagonal_relaxed"),
        "touches": order_touches(rows, context),
    }
    if lines is not None:
        tables["order_lines"] = _lines(lines, rows, context)
    return Parsed(
        tables,
        sorted([*rejected, *bad], key=lambda row: row.line),
        skipped or {},
        warnings=[
            *warnings,
            *unsure_note(sum(read[name].unsure for name in MONEYS), "amounts"),
            *clock_note(*(read[name] for name in TIMES)),
            *_sums(orders),
            *order_warnings(orders, tables["refunds"]),
        ],
    )


_CHECKS = (
    Check("missing_order_id", "the order has no id", pl.col("order_id").is_null()),
    Check(
        "id_lost_digits", "a spreadsheet has cut the order's id; export it again", lost_id("order_id"), ("order_id",)
    ),
    Check(
        "bad_date",
        "the order's time is missing, or a time cannot be read",
        pl.col("ordered_at").is_null() | unreadable("cancelled_at"),
        ("order_id", "ordered_at as written", "cancelled_at as written"),
    ),
    Check(
        "bad_money",
        "an amount cannot be read, or has more than four decimals",
        pl.any_horizontal(unreadable(name) for name in MONEYS),
        ("order_id", *(f"{name} as written" for name in MONEYS)),
    ),
    Check("missing_amount", "the order has no amount", pl.col("subtotal").is_null(), ("order_id",)),
    Check(
        "bad_currency",
        "the order's currency is missing or no three-letter code",
        ~pl.col("currency").str.contains(r"^[A-Za-z]{3}$").fill_null(False),
        ("order_id",),
    ),
    Check(
        "not_a_code",
        "a discount code is a link, an address or a command",
        pl.col("codes").list.eval(pl.element().str.contains(_NO_CODE)).list.any().fill_null(False),
        ("order_id",),
    ),
)


def amount(rows: pl.DataFrame, name: str, context: ReadContext) -> Cells:
    """The column `name` as money of the currency beside it, written as was said of the file."""
    return money(rows[name], currency=rows["currency"], default=context.currency, decimal=context.decimal)


def _yes(name: str) -> pl.Expr:
    return pl.col(name).str.to_lowercase().is_in(["true", "yes", "1"])


def _orders(rows: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    unsold = pl.when(pl.col("unsold").is_not_null()).then("ordered_at")
    clicks = parse_urls(rows["landing_url"]).select(landing_url="url", click_value="click_id")
    known = rows.join(clicks, on="landing_url", how="left", maintain_order="left")
    return known.with_columns(
        context.keyed_hash(known["customer"]).alias("customer_key"),
        context.keyed_hash(known["click_value"]).alias("click_id"),
    ).select(
        pl.lit(context.account).alias("account"),
        "order_id",
        pl.coalesce("order_name", "order_id").str.strip_prefix("#").alias("order_name"),
        "ordered_at",
        pl.col("status").str.to_lowercase(),
        pl.coalesce("cancelled_at", unsold).alias("cancelled_at"),
        _yes("is_test").alias("is_test"),
        "customer_key",
        pl.col("currency").str.to_uppercase(),
        *("subtotal", "discount", "shipping", "tax"),
        pl.when(pl.col("tax_included").is_not_null()).then(_yes("tax_included")).alias("tax_included"),
        "total",
        pl.col("sales_channel").str.to_lowercase(),
        *(tag_value(pl.col(tag)).alias(tag) for tag in UTM),
        kept_urls(known["landing_url"], own=context.url_parameters).alias("landing_url"),
        kept_urls(known["referrer"], own=context.url_parameters, foreign=True).alias("referrer"),
        "click_id",
        "source_line",
    )


def _with_gift_cards(orders: pl.DataFrame, lines: pl.DataFrame | None) -> pl.DataFrame:
    if lines is None:
        return orders.with_columns(pl.lit(None, dtype=MONEY).alias("gift_cards"))
    return orders.join(sold_for(lines), on="order_id", how="left", maintain_order="left")


def _sums(orders: pl.DataFrame) -> list[str]:
    tax = pl.when(pl.col("tax_included").fill_null(False)).then(pl.lit(0).cast(MONEY)).otherwise("tax")
    parts = pl.col("subtotal") + pl.col("shipping").fill_null(0) + tax.fill_null(0)
    told = pl.col("total").is_not_null() & pl.col("tax").is_not_null()
    odd = orders.filter(told & ((parts - pl.col("total")).abs() > pl.lit("0.02").cast(MONEY)))
    what = "whose parts do not add up to their total; kept as stated"
    return of_orders(odd, what)


def order_warnings(orders: pl.DataFrame, refunds: pl.DataFrame) -> list[str]:
    """Sentences on what is kept as stated and looks odd: refunds above the total, orders of nothing, test orders.

    Of single refunds and a sum an order's larger one is compared, as the ledger counts."""
    sums = pl.col("refund_id") == "cumulative"
    of_order = refunds.group_by("order_id").agg(
        pl.max_horizontal(pl.col("amount").filter(sums).max().fill_null(0), pl.col("amount").filter(~sums).sum()).alias(
            "back"
        )
    )
    known = orders.join(of_order, on="order_id", how="left", maintain_order="left")
    test = pl.col("is_test").fill_null(False) if "is_test" in orders.columns else pl.lit(False)
    kinds = (
        (pl.col("back") > pl.col("total"), "refunded by more than the total; kept as stated, check them in the shop"),
        (
            (pl.col("total") == 0) & ~test,
            "with a total of 0 (a gift, a 100 % code, a test?); kept, no revenue",
        ),
        (test, "marked as a test; kept, and never counted as sold"),
    )
    return [text for odd, what in kinds for text in of_orders(known.filter(odd.fill_null(False)), what)]


def early_refunds(refunds: pl.DataFrame | None, orders: pl.DataFrame) -> list[Rejected]:
    """Refunds dated more than a day before their order (no zone or clock explains more): their lines are put aside."""
    if refunds is None or refunds.is_empty():
        return []
    head = orders.select("order_id", pl.col("ordered_at").alias("sold_at"))
    both = refunds.drop("ordered_at", strict=False).join(head, on="order_id", how="inner")
    early = both.filter(pl.col("refunded_at") < pl.col("sold_at") - pl.duration(days=1))
    message = "a refund is dated before its order; check both dates in the shop and export the file again"
    return [
        Rejected(row["source_line"], "refund_before_order", message, {"order_id": shown(row["order_id"])})
        for row in early.unique("source_line").sort("source_line").iter_rows(named=True)
    ]


def without_lines(frame: pl.DataFrame, rejected: Sequence[Rejected]) -> pl.DataFrame:
    """The frame without the records of rejected lines."""
    return frame.filter(~pl.col("source_line").is_in([row.line for row in rejected])) if rejected else frame


def _codes(rows: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """A row a code. One that the shop itself gave, or a discount without any code, is an automatic one."""
    none = pl.col("codes").is_null() | (pl.col("codes").list.len() == 0)
    given = rows.filter(~none | (pl.col("discount") > 0)).with_columns(
        pl.when(none).then(pl.lit([None], dtype=pl.List(pl.String))).otherwise("codes").alias("codes"),
        pl.when(none).then(pl.lit(None)).otherwise("code_amounts").alias("code_amounts"),
    )
    alone = pl.col("codes").list.len() == 1
    whole = pl.when(alone).then(pl.col("discount"))
    counted = given.with_columns(
        pl.when(pl.col("code_amounts").list.len() == pl.col("codes").list.len())
        .then("code_amounts")
        .otherwise(pl.col("codes").list.eval(pl.lit(None, dtype=pl.String)))
        .alias("code_amounts"),
        whole.alias("whole"),
    ).explode("codes", "code_amounts")
    amounts = amount(counted, "code_amounts", context).values
    codes = counted.with_columns(
        pl.col("codes").str.strip_chars().replace("", None).alias("code_raw"),
        amounts.alias("own"),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("source_line").alias("ordinal"),
    )
    known = codes["code_raw"].drop_nulls().unique()
    norm = pl.Series([normal_code(code) for code in known.to_list()], dtype=pl.String)
    automatic = pl.col("code_raw").is_null() | pl.col("code_raw").str.to_uppercase().is_in(AUTOMATIC)
    normal = pl.col("code_raw").replace_strict(known, norm, default=None, return_dtype=pl.String)
    return codes.select(
        pl.lit(context.account).alias("account"),
        "order_id",
        "ordinal",
        "ordered_at",
        "code_raw",
        pl.when(~automatic).then(normal).alias("code_norm"),
        pl.when(automatic).then(pl.lit("automatic")).otherwise(pl.lit("code")).alias("kind"),
        pl.coalesce("own", "whole").cast(MONEY).alias("discount"),
        "source_line",
    )


def _cumulative(rows: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """One undated sum an order; one of 0 takes back what an earlier export stated."""
    return rows.filter(pl.col("refunded") >= 0).select(
        pl.lit(context.account).alias("account"),
        "order_id",
        pl.lit("cumulative").alias("refund_id"),
        "ordered_at",
        pl.col("refunded").alias("amount"),
        "source_line",
    )


def _dated(refunds: pl.DataFrame | None, rows: pl.DataFrame, context: ReadContext) -> list[pl.DataFrame]:
    if refunds is None or refunds.is_empty():
        return []
    head = rows.select("order_id", "ordered_at")
    known = refunds.join(head, on="order_id", how="inner", maintain_order="left")
    return [known.with_columns(pl.lit(context.account).alias("account"))]


def _lines(lines: pl.DataFrame, rows: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    head = rows.select("order_id", "ordered_at")
    known = lines.join(head, on="order_id", how="inner", maintain_order="left")
    return known.with_columns(pl.lit(context.account).alias("account"))


def order_touches(orders: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """The session that ended in the order, where the shop tells where it came from. Its visitor is the order itself.

    Needs order_id, ordered_at and source_line; what is told of customer, landing_url, referrer, source_type, tags and
    session_at.
    """
    rows = orders.with_columns(pl.lit(None, dtype=pl.String).alias(n) for n in TEXTS if n not in orders.columns)
    if "session_at" not in rows.columns:
        rows = rows.with_columns(pl.lit(None, dtype=UTC_TIME).alias("session_at"))
    literal = [pl.when(~pl.col(tag).is_in(_LITERALS)).then(tag_value(pl.col(tag))).alias(tag) for tag in UTM]
    told = pl.any_horizontal(pl.col("landing_url", "referrer", "utm_source", "utm_medium").is_not_null())
    cases = rows.with_columns(literal).filter(told)
    parsed = parse_urls(cases["landing_url"]).rename({"url": "landing_url", "host": "landing_host"})
    referred = parse_urls(cases["referrer"]).select(referrer="url", **{f"{tag}_behind": tag for tag in UTM})
    own_host = pl.lit(context.domains[0] if context.domains else None, dtype=pl.String)
    cases = (
        cases.join(parsed, on="landing_url", how="left", maintain_order="left", suffix="_url")
        .join(referred, on="referrer", how="left", maintain_order="left")
        .with_columns(host_of(pl.col("referrer")).alias("referrer_host"), pl.coalesce("landing_host", own_host))
    )
    # A short link in the referrer leads to a tagged page of the shop's own.
    own_page = pl.col("referrer_host") == pl.col("landing_host")
    told_by = [(tag, f"{tag}_url", pl.when(own_page).then(f"{tag}_behind")) for tag in UTM]
    cases = cases.with_columns(
        pl.coalesce(tag, tag_value(pl.coalesce(url, behind))).alias(tag) for tag, url, behind in told_by
    )
    cases = _organic(cases)
    decided = decide_source(cases, own_domains=context.domains).filter(pl.col("evidence") != "none")
    ref = pl.concat_str(pl.lit(f"{OWN_TOUCH}{context.account}:"), "order_id")
    decided = decided.with_columns(ref.alias("own"))
    return decided.with_columns(
        context.keyed_hash(decided["own"]).alias("visitor"),
        context.keyed_hash(decided["customer"]).alias("customer_key"),
        context.keyed_hash(decided["click_id"]).alias("click_id"),
    ).select(
        pl.lit(context.account).alias("account"),
        pl.concat_str(pl.lit(OWN_TOUCH), "order_id").alias("touch_id"),
        *("visitor", "customer_key"),
        pl.col("order_id").alias("order_ref"),
        # A session begins before its order: without its own time it is put one minute earlier.
        pl.coalesce("session_at", pl.col("ordered_at") - pl.duration(minutes=1)).alias("touched_at"),
        kept_urls(decided["landing_url"], own=context.url_parameters).alias("landing_url"),
        "landing_host",
        without_addresses(pl.col("path")).alias("landing_path"),
        kept_urls(decided["referrer"], own=context.url_parameters, foreign=True).alias("referrer"),
        *("referrer_host", *UTM, "click_id_type", "click_id", "source", "medium", "campaign", "evidence"),
        "source_line",
    )


def _organic(cases: pl.DataFrame) -> pl.DataFrame:
    """WooCommerce names an organic or referring session by utm_source alone; its source type says what that is."""
    kind = pl.col("source_type").str.to_lowercase()
    medium = pl.when(kind == "organic").then(pl.lit("organic")).when(kind == "referral").then(pl.lit("referral"))
    return cases.with_columns(pl.coalesce("utm_medium", medium).alias("utm_medium"))
