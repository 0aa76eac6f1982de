"""Shopify's orders by its REST interface (JSON): also landing page, test flag and dated refunds, unlike the CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from attribution.inputs.cells import columns, money, whole_numbers
from attribution.inputs.gift_cards import is_named
from attribution.inputs.shop_orders import read_orders
from attribution.inputs.times import instants
from config.intake import Layout, Parsed, ReadContext, TextTable

_PLAIN = {
    "order_id": "id",
    "order_name": "name",
    "status": "financial_status",
    "is_test": "test",
    "ordered_at": "created_at",
    "cancelled_at": "cancelled_at",
    "currency": "currency",
    "subtotal": "subtotal_price",
    "discount": "total_discounts",
    "shipping": "total_shipping_price_set.shop_money.amount",
    "tax": "total_tax",
    "tax_included": "taxes_included",
    "total": "total_price",
    "sales_channel": "source_name",
    "referrer": "referring_site",
}
_LISTS = ("discount_codes", "line_items", "refunds", "note_attributes", "shipping_lines")
_MORE = ("email", "contact_email", "customer.email", "customer.id", "landing_site", "updated_at")
_UTM = ("source", "medium", "campaign", "content", "term")


def read_rest_orders(table: TextTable, context: ReadContext) -> Parsed:
    """The tables orders, order_lines, order_codes, refunds (dated) and touches of `orders.json`."""
    raw = columns(table, (*_PLAIN.values(), *_LISTS, *_MORE)).drop("first_cell")
    records = [_record(row, context) for row in raw.iter_rows(named=True)]
    rows = pl.DataFrame(records, schema_overrides=ORDER_SCHEMA, infer_schema_length=None)
    parsed = read_orders(rows, context, lines=_lines(raw, context), refunds=_refunds(raw, context))
    times = instants(raw["updated_at"], zone=context.timezone).values
    return Parsed(parsed.tables, parsed.rejected, parsed.skipped, times.max(), parsed.warnings)  # type: ignore[arg-type]


ORDER_SCHEMA: dict[str, Any] = {
    "source_line": pl.Int64,
    "codes": pl.List(pl.String),
    "code_amounts": pl.List(pl.String),
}


def items(text: str | None) -> list[Mapping[str, Any]]:
    """The objects of a list that `config.records` kept as JSON text."""
    found = json.loads(text) if text else []
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _record(row: Mapping[str, Any], context: ReadContext) -> dict[str, Any]:
    record = {name: row[column] for name, column in _PLAIN.items()}
    codes = items(row["discount_codes"])
    record["codes"] = [str(code.get("code") or "") for code in codes]
    record["code_amounts"] = [code.get("amount") for code in codes]
    record["customer"] = row["email"] or row["contact_email"] or row["customer.email"] or row["customer.id"]
    record["shipping"] = record["shipping"] or total(line.get("price") for line in items(row["shipping_lines"]))
    record["landing_url"] = whole_url(row["landing_site"], context)
    record["source_line"] = row["source_line"]
    notes = {str(n.get("name") or "").strip().lower(): n.get("value") for n in items(row["note_attributes"])}
    for key in _UTM:
        value = notes.get(f"utm {key}") or notes.get(f"utm_{key}")
        record[f"utm_{key}"] = str(value) if value else None
    return record


def whole_url(page: str | None, context: ReadContext) -> str | None:
    """A landing page as a URL: shops write a path alone, which lies on their own domain."""
    if not page or not page.startswith("/"):
        return page or None
    return f"https://{context.domains[0]}{page}" if context.domains else page


def total(amounts: Iterable[Any]) -> str | None:
    """The exact sum of amounts given as text; null for none, or where one is no number."""
    try:
        known = [Decimal(str(amount)) for amount in amounts if amount is not None]
    except InvalidOperation:
        return None
    return str(sum(known)) if known else None


def _lines(raw: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    found = [
        {
            "order_id": row["id"],
            "line_no": place,
            "product": item.get("name") or item.get("title"),
            "sku": item.get("sku") or None,
            "quantity": item.get("quantity"),
            "price": item.get("price"),
            "line_discount": total(part.get("amount") for part in item.get("discount_allocations") or [])
            or item.get("total_discount"),
            "is_gift_card": str(item.get("gift_card")).lower() == "true",
            "source_line": row["source_line"],
        }
        for row in raw.iter_rows(named=True)
        for place, item in enumerate(items(row["line_items"]), start=1)
    ]
    return line_table(found)


_LINE_TEXTS = ("order_id", "product", "sku", "quantity", "price", "line_discount")


def line_table(found: list[dict[str, Any]]) -> pl.DataFrame:
    """Line items from dictionaries of texts; a number that cannot be read is unknown, the order still stands."""
    schema: dict[str, Any] = dict.fromkeys(_LINE_TEXTS, pl.String) | {"line_no": pl.Int32, "is_gift_card": pl.Boolean}
    frame = pl.DataFrame(found, schema=schema | {"source_line": pl.Int64}, orient="row", strict=False)
    return frame.with_columns(
        whole_numbers(frame["quantity"]).values.alias("quantity"),
        money(frame["price"]).values.alias("price"),
        money(frame["line_discount"]).values.alias("line_discount"),
        pl.coalesce("is_gift_card", pl.when(is_named(pl.col("product"))).then(True)).alias("is_gift_card"),
    )


def _refunds(raw: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """One row a refund: what its transactions paid back, else the refunded lines and adjustments added up."""
    found = [
        {
            "order_id": row["id"],
            "refund_id": str(refund.get("id")),
            "refunded_at": refund.get("processed_at") or refund.get("created_at"),
            "amount": _refunded(refund),
            "source_line": row["source_line"],
        }
        for row in raw.iter_rows(named=True)
        for refund in items(row["refunds"])
    ]
    return refund_table(found, zone=context.timezone)


def refund_table(found: list[dict[str, Any]], *, zone: str) -> pl.DataFrame:
    """Refunds from dictionaries of texts, those of nothing left out."""
    names = ("order_id", "refund_id", "refunded_at", "amount")
    schema: dict[str, Any] = dict.fromkeys(names, pl.String) | {"source_line": pl.Int64}
    frame = pl.DataFrame(found, schema=schema, orient="row")
    return frame.with_columns(
        instants(frame["refunded_at"], zone=zone).values.alias("refunded_at"),
        money(frame["amount"]).values.abs().alias("amount"),
    ).filter(pl.col("amount") > 0)


def _refunded(refund: Mapping[str, Any]) -> str | None:
    paid = [
        part.get("amount")
        for part in refund.get("transactions") or []
        if part.get("kind") == "refund" and part.get("status") in (None, "success")
    ]
    if paid:
        return total(paid)
    lines = [line.get(key) for line in refund.get("refund_line_items") or [] for key in ("subtotal", "total_tax")]
    back = [str(part.get("amount") or "0").lstrip("-") for part in refund.get("order_adjustments") or []]
    return total([*(str(value) for value in lines if value is not None), *back])


SHOPIFY_REST = Layout(
    id="shopify_orders_rest",
    title="Shopify orders (REST, JSON)",
    headers=frozenset({"id", "financial_status", "total_price", "subtotal_price", "created_at"}),
    sink="facts",
    read=read_rest_orders,
)
