"""WooCommerce's orders: the Analytics CSV, the WebToffee export CSV, and the REST interface (JSON).

WooCommerce counts line totals without tax. What it calls failed, pending payment, a draft or trash was never sold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

import polars as pl

from attribution.inputs import translated
from attribution.inputs.cells import Check, bare_note, columns, currency_told, leave_out, put_aside
from attribution.inputs.orders_shopify_rest import ORDER_SCHEMA, items, line_table, refund_table, total
from attribution.inputs.shop_orders import amount, early_refunds, order_warnings, read_orders, without_lines
from attribution.inputs.times import instants
from config.intake import Layout, Parsed, ReadContext, TextTable

UNSOLD = ("failed", "pending", "cancelled", "checkout-draft", "auto-draft", "draft", "trash")
_ATTRIBUTION = "_wc_order_attribution_"
_FROM_META = {
    "landing_url": "session_entry",
    "referrer": "referrer",
    "source_type": "source_type",
    "session_at": "session_start_time",
    **{f"utm_{key}": f"utm_{key}" for key in ("source", "medium", "campaign", "content", "term")},
}


def _status(name: str) -> pl.Expr:
    return pl.col(name).str.to_lowercase().str.strip_prefix("wc-").str.replace_all(" ", "-").str.replace("-payment", "")


def _unsold(name: str) -> pl.Expr:
    return pl.when(_status(name).is_in(UNSOLD)).then(_status(name))


# --- REST ---------------------------------------------------------------------------------------------------------

_REST = {
    "order_id": "id",
    "order_name": "number",
    "status": "status",
    "currency": "currency",
    "discount": "discount_total",
    "shipping": "shipping_total",
    "tax": "total_tax",
    "total": "total",
    "sales_channel": "created_via",
}
_REST_LISTS = ("line_items", "coupon_lines", "refunds", "meta_data", "fee_lines")


def read_rest(table: TextTable, context: ReadContext) -> Parsed:
    """The tables of `/wp-json/wc/v3/orders`. Refunds carry no date there, only an id and an amount."""
    times = ("date_created_gmt", "date_created", "date_modified_gmt")
    more = ("billing.email", "customer_id", *times)
    raw = columns(table, (*_REST.values(), *_REST_LISTS, *more)).drop("first_cell")
    raw = raw.with_columns(_unsold("status").alias("unsold"), _status("status").alias("status"))
    records = [_rest_record(row) for row in raw.iter_rows(named=True)]
    rows = pl.DataFrame(records, schema_overrides=ORDER_SCHEMA, infer_schema_length=None)
    lines = [
        {
            "order_id": row["id"],
            "line_no": place,
            "product": item.get("name"),
            "sku": item.get("sku") or None,
            "quantity": item.get("quantity"),
            "price": item.get("price"),
            "line_discount": _less(item.get("subtotal"), item.get("total")),
            "source_line": row["source_line"],
        }
        for row in raw.iter_rows(named=True)
        for place, item in enumerate(items(row["line_items"]), start=1)
    ]
    refunds = [
        {
            "order_id": r["id"],
            "refund_id": str(one.get("id")),
            "amount": one.get("total"),
            "source_line": r["source_line"],
        }
        for r in raw.iter_rows(named=True)
        for one in items(r["refunds"])
    ]
    back = refund_table(refunds, zone="UTC")
    parsed = read_orders(rows, context, lines=line_table(lines), refunds=back)
    newest = instants(raw["date_modified_gmt"], zone="UTC").values.max()
    return Parsed(parsed.tables, parsed.rejected, parsed.skipped, newest, parsed.warnings)  # type: ignore[arg-type]


def _less(whole: Any, part: Any) -> str | None:
    return None if whole is None or part is None else total([whole, f"-{part}"])


def _rest_record(row: Mapping[str, Any]) -> dict[str, Any]:
    record = {name: row[column] for name, column in _REST.items()}
    coupons = items(row["coupon_lines"])
    meta = {str(entry.get("key")): entry.get("value") for entry in items(row["meta_data"])}
    told = {name: meta.get(f"{_ATTRIBUTION}{key}") for name, key in _FROM_META.items()}
    record |= {name: str(value) if value else None for name, value in told.items()}
    record["codes"] = [str(coupon.get("code") or "") for coupon in coupons]
    record["code_amounts"] = [coupon.get("discount") for coupon in coupons]
    record["subtotal"] = total(
        [*(item.get("total") for item in items(row["line_items"])), *(f.get("total") for f in items(row["fee_lines"]))]
    )
    account = row["customer_id"] if row["customer_id"] not in (None, "0") else None
    record["customer"] = row["billing.email"] or account
    gmt = row["date_created_gmt"]
    record["ordered_at"] = f"{gmt}Z" if gmt else row["date_created"]
    record["session_at"] = f"{record['session_at']}Z" if record["session_at"] else None
    record["tax_included"] = "false"
    return record | {"unsold": row["unsold"], "source_line": row["source_line"]}


WOOCOMMERCE_REST = Layout(
    id="woocommerce_orders_rest",
    title="WooCommerce orders (REST v3, JSON)",
    headers=frozenset({"id", "date_created", "line_items", "total", "currency", "status"}),
    one_of=(frozenset({"order_key"}), frozenset({"prices_include_tax"}), frozenset({"discount_total"})),
    sink="facts",
    read=read_rest,
    system="woocommerce",
)

# --- WebToffee ----------------------------------------------------------------------------------------------------

_TOFFEE = {
    "order_id": "order_id",
    "order_name": "order_number",
    "ordered_at": "order_date",
    "status": "status",
    "shipping": "shipping_total",
    "tax": "tax_total",
    "discount": "discount_total",
    "total": "order_total",
    "currency": "order_currency",
    "fees": "fee_total",
}


def read_webtoffee(table: TextTable, context: ReadContext) -> Parsed:
    """The tables of the Order Export plugin. order_date is in the site's zone, the session's start in UTC."""
    meta = [f"meta:{_ATTRIBUTION}{key}" for key in _FROM_META.values()]
    line_columns = [name for name in table.headers if re.fullmatch(r"line_item_\d+", name.strip().lower())]
    more = ("order_subtotal", "customer_email", "customer_id", "coupon_items", "refund_items", *meta, *line_columns)
    rows, skipped = leave_out(columns(table, (*_TOFFEE.values(), *more)))
    lines = [line for row in rows.iter_rows(named=True) for line in _toffee_lines(row, line_columns)]
    refunds = [
        {
            "order_id": row["order_id"],
            "refund_id": f"{place}",
            "refunded_at": refund.get("date"),
            "amount": refund.get("amount"),
            "source_line": row["source_line"],
        }
        for row in rows.iter_rows(named=True)
        for place, refund in enumerate(_packed(row["refund_items"]), start=1)
    ]
    coupons = [_packed(text) for text in rows["coupon_items"]]
    packed = rows.with_columns(currency="order_currency")
    amounts = {name: amount(packed, name, context).values for name in ("order_subtotal", "discount_total", "fee_total")}
    net = amounts["order_subtotal"] - amounts["discount_total"].fill_null(0) + amounts["fee_total"].fill_null(0)
    email, number = pl.col("customer_email"), pl.col("customer_id").replace("0", None)
    renamed = rows.with_columns(
        net.cast(pl.String).alias("subtotal"),
        pl.Series("codes", [[c.get("code", "") for c in some] for some in coupons], dtype=pl.List(pl.String)),
        pl.Series("code_amounts", [[c.get("amount") for c in some] for some in coupons], dtype=pl.List(pl.String)),
        pl.coalesce(email, number).alias("customer"),
        _unsold("status").alias("unsold"),
        pl.lit("false").alias("tax_included"),
    ).rename({column: name for name, column in _TOFFEE.items() if column != name})
    renamed = renamed.with_columns(
        _status("status").alias("status"),
        *(pl.col(f"meta:{_ATTRIBUTION}{key}").alias(name) for name, key in _FROM_META.items()),
    ).with_columns(pl.concat_str("session_at", pl.lit("Z")))
    return read_orders(
        renamed,
        context,
        skipped=skipped,
        lines=line_table(lines),
        refunds=refund_table(refunds, zone=context.timezone),
    )


def _packed(text: str | None) -> list[dict[str, str]]:
    """`code:x|amount:5.00||code:y|amount:0.00` -> its parts; PHP's own notation inside stays a text."""
    found = []
    for part in (text or "").split("||"):
        cells = dict(cell.split(":", 1) for cell in part.split("|") if ":" in cell)
        if cells:
            found.append({key.strip(): value.strip() for key, value in cells.items()})
    return found


def _toffee_lines(row: Mapping[str, Any], names: list[str]) -> list[dict[str, Any]]:
    packed = [cells for name in names for cells in _packed(row[name])]
    return [
        {
            "order_id": row["order_id"],
            "line_no": place,
            "product": cells.get("name"),
            "sku": cells.get("sku") or None,
            "quantity": cells.get("quantity"),
            **_unit_price(cells),
            "source_line": row["source_line"],
        }
        for place, cells in enumerate(packed, start=1)
    ]


def _unit_price(cells: Mapping[str, str]) -> dict[str, str | None]:
    """price and line_discount of a line that tells its sums alone: quantity x price - discount is its total exactly.

    A price that four decimals cannot hold is rounded up, and the discount takes it back: 3 for 10.00 are 3 x 3.3334
    less 0.0002.
    """
    whole, left = cells.get("sub_total"), cells.get("total")
    try:
        quantity, worth = int(cells.get("quantity") or 0), Decimal(str(whole))
    except (ValueError, InvalidOperation):
        return {"price": None, "line_discount": _less(whole, left)}
    if quantity < 1 or not worth.is_finite():
        return {"price": None, "line_discount": _less(whole, left)}
    price = (worth / quantity).quantize(Decimal("0.0001"), rounding=ROUND_CEILING)
    return {"price": str(price), "line_discount": _less(str(price * quantity), left)}


WOOCOMMERCE_WEBTOFFEE = Layout(
    id="woocommerce_webtoffee",
    title="WooCommerce orders (WebToffee Order Export, CSV)",
    headers=frozenset({"order_id", "order_date", "status", "order_total", "order_subtotal", "order_currency"}),
    sink="facts",
    read=read_webtoffee,
    system="woocommerce",
)

# --- Analytics ----------------------------------------------------------------------------------------------------

_ANALYTICS = ("date", "order #", "n. revenue", "status", "coupon(s)", "net sales", "product(s)", "attribution")


def read_analytics(table: TextTable, context: ReadContext) -> Parsed:
    """The tables of Analytics > Orders. A row with negative sales is a refund of the order it names.

    Net Sales are goods after discounts, without tax and shipping; what those were the export does not tell.
    """
    rows, skipped = leave_out(columns(table, _ANALYTICS))
    told = rows.select(currency_told(pl.col("n. revenue"))).to_series()
    priced = rows.with_columns(told.alias("currency"))
    sales, revenue = (amount(priced, name, context) for name in ("net sales", "n. revenue"))
    net = pl.Series("net", sales.values)
    rows = rows.with_columns(net, revenue.values.alias("revenue"), sales.bad.alias("bad sales"))
    minus = (pl.col("net") < 0) | (pl.col("revenue") < 0)
    times = instants(rows["date"], zone=context.timezone)
    rows = rows.with_columns(times.values.alias("refunded_at"))
    refund_checks = (
        Check("missing_order_id", "the refund names no order", pl.col("order #").is_null()),
        Check("bad_date", "the refund's date cannot be read", pl.col("refunded_at").is_null(), ("order #", "date")),
    )
    back, bad = put_aside(rows.filter(minus.fill_null(False)), refund_checks)
    stamp = pl.col("refunded_at").dt.strftime("%Y%m%d%H%M%S-")
    refunds = back.select(
        pl.lit(context.account).alias("account"),
        pl.col("order #").str.strip_prefix("#").alias("order_id"),
        pl.concat_str(stamp, pl.col("net").cast(pl.String)).alias("refund_id"),
        pl.col("refunded_at").alias("ordered_at"),
        "refunded_at",
        pl.coalesce("revenue", "net").abs().alias("amount"),
        "source_line",
    )
    sold = rows.filter(~minus.fill_null(False))
    kind, name = (pl.col("attribution").str.extract(rf"^{part}", 1) for part in (r"([^:]+?)\s*:", r"[^:]+:\s*(.+)$"))
    kind = kind.str.to_lowercase().replace(dict(translated.WOO_ORIGINS))
    orders = sold.select(
        "source_line",
        pl.col("order #").str.strip_prefix("#").alias("order_id"),
        pl.col("date").alias("ordered_at"),
        _status("status").alias("status"),
        _unsold("status").alias("unsold"),
        currency_told(pl.col("n. revenue")).fill_null(context.currency).alias("currency"),
        pl.when(~pl.col("bad sales")).then(pl.col("net").cast(pl.String)).otherwise("net sales").alias("subtotal"),
        pl.col("n. revenue").alias("total"),
        pl.col("coupon(s)").str.split(", ").alias("codes"),
        pl.lit("false").alias("tax_included"),
        pl.when(kind.is_in(["organic", "source", "referral"])).then(name.str.to_lowercase()).alias("utm_source"),
        kind.alias("source_type"),
    )
    parsed = read_orders(orders, context, skipped=skipped, rejected=bad)
    sold_orders = parsed.tables["orders"]
    early = early_refunds(refunds, sold_orders)
    both = pl.concat([parsed.tables["refunds"], without_lines(refunds, early)], how="diagonal_relaxed")
    more = [text for text in order_warnings(sold_orders, both) if text not in parsed.warnings]
    bare = sold.filter(currency_told(pl.col("n. revenue")).is_null() & pl.col("n. revenue").is_not_null()).height
    return Parsed(
        {**parsed.tables, "refunds": both},
        sorted([*parsed.rejected, *early], key=lambda row: row.line),
        skipped,
        warnings=[*parsed.warnings, *more, *bare_note(bare, context.currency)],
        bare=bare,
    )


WOOCOMMERCE_ANALYTICS = Layout(
    id="woocommerce_analytics",
    title="WooCommerce orders (Analytics > Orders, CSV)",
    headers=frozenset({"date", "order #", "net sales"}),
    sink="facts",
    read=read_analytics,
    system="woocommerce",
    patterns=translated.WOO_PATTERNS,
    synonyms=translated.WOO,
)
