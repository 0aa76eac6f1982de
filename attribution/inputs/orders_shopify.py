"""Shopify's orders export (CSV): one row a line item, the order's own fields on its first row.

Sold or not is for the ledger to say: every order is kept, with its status. Names, addresses, phones and notes are never
read; the e-mail becomes a keyed hash.
"""

from __future__ import annotations

import polars as pl

from attribution.inputs.cells import (
    Cells,
    Check,
    columns,
    leave_out,
    lost_id,
    money,
    of_orders,
    put_aside,
    unreadable,
    unsure_note,
    whole_numbers,
    with_cells,
)
from attribution.inputs.gift_cards import ends_as_one, is_named, sold_for
from attribution.inputs.shop_orders import order_touches, order_warnings
from attribution.inputs.times import instants
from attribution.inputs.urls import tag_value
from attribution.tables import MONEY, ORDER_CODES
from config.intake import Layout, Parsed, ReadContext, Rejected, TextTable, normal_header
from config.registers import normal_code

AUTOMATIC = ("AUTOMATIC DISCOUNTS", "UPSELL DISCOUNT")
UTM_KEYS = ("source", "medium", "campaign", "content", "term")
_MONEY = {
    "subtotal": "Subtotal",
    "discount": "Discount amount",
    "shipping": "Shipping",
    "tax": "Taxes",
    "total": "Total",
    "refunded": "Refunded amount",
    "price": "Lineitem price",
    "line_discount": "Lineitem discount",
}
_TIMES = {"ordered_at": "Created at", "cancelled_at": "Cancelled at", "paid_at": "Paid at", "sent_at": "Fulfilled at"}
_TEXTS = (
    *("Name", "Id", "Email", "Financial Status", "Currency", "Discount Code", "Note Attributes", "Source"),
    *("Lineitem name", "Lineitem sku", "Lineitem quantity"),
    *("Lineitem requires shipping", "Lineitem taxable"),
)
_CHANNELS = {"shopify_draft_order": "draft", "580111": "web"}
_NO_CODE = r"://|@[^@\s]+\.|(?i)\b(?:select|union|drop|insert|delete)\b.*\b(?:from|table|select|into)\b"
_TOLERANCE = pl.lit("0.02").cast(MONEY)
_ORDER, _LINE = pl.col("starts_order"), ~pl.col("starts_order")


def read_orders(table: TextTable, context: ReadContext) -> Parsed:
    """The tables orders, order_lines, order_codes and refunds of an export."""
    rows, skipped = leave_out(columns(table, (*_TEXTS, *_MONEY.values(), *_TIMES.values())))
    rows, named = _named_by_name(rows, table)
    rows, unsure = _read_cells(rows, context)
    rows, rejected = put_aside(rows, _CHECKS)
    orders = rows.filter(_ORDER)
    items, orphans = _items(rows, orders)
    included, warnings = _tax_included(orders, context)
    orders = orders.with_columns(pl.lit(included, dtype=pl.Boolean).alias("tax_included"))
    warnings += [*unsure_note(unsure, "amounts"), *_sum_warnings(orders), *named]
    lines = _order_lines(items, context)
    gifts = sold_for(lines)
    refunds = _refunds(orders, context)
    stated = orders.select("source_line", "total", pl.col("Id").alias("order_id"))
    warnings += order_warnings(stated, refunds)
    empty = items.filter(pl.col("Lineitem name").is_null() & _LINE)["source_line"]
    return Parsed(
        tables={
            "orders": _orders(orders, context).join(gifts, on="order_id", how="left", maintain_order="left"),
            "order_lines": lines,
            "order_codes": _order_codes(orders, context),
            "refunds": refunds,
            "touches": _touches(orders, context),
        },
        rejected=sorted([*rejected, *orphans], key=lambda row: row.line),
        skipped=skipped | dict.fromkeys(empty.to_list(), "no_line_item"),
        exported_at=orders.select(pl.max_horizontal(pl.col(*_TIMES).max())).item(),
        warnings=warnings,
    )


def _named_by_name(rows: pl.DataFrame, table: TextTable) -> tuple[pl.DataFrame, list[str]]:
    """An export without Id, as of 2012 or cut down by hand: the Name, which a shop gives once, is the order's key."""
    if "id" in map(normal_header, table.headers) or rows.is_empty():
        return rows, []
    opens = pl.any_horizontal(pl.col("Total", "Currency", "Financial Status").is_not_null())
    return rows.with_columns(pl.when(opens).then("Name").alias("Id")), [
        "The export has no Id: its orders are known by their Name. Orders of the same shop that came in with their Id "
        "would count twice; keep to one kind of export."
    ]


def _read_cells(rows: pl.DataFrame, context: ReadContext) -> tuple[pl.DataFrame, int]:
    """Values beside the texts; `order_line` is the file line of the row that opened the row's order, or null. And how
    many amounts had two readings."""
    starts = pl.any_horizontal(pl.col("Id", "Total", "Currency", "Financial Status").is_not_null())
    written = rows.select(pl.col("Currency").forward_fill().over("Name")).to_series()
    read: dict[str, Cells] = {
        name: money(rows[column], currency=written, default=context.currency, decimal=context.decimal)
        for name, column in _MONEY.items()
    }
    read |= {
        name: instants(rows[column], zone=context.timezone, order=context.order) for name, column in _TIMES.items()
    }
    unsure = sum(read[name].unsure for name in _MONEY)
    read["quantity"] = whole_numbers(rows["Lineitem quantity"])
    cells = (
        with_cells(rows, read)
        .with_columns(starts.alias("starts_order"))
        .with_columns(pl.when(_ORDER).then("source_line").forward_fill().over("Name").alias("order_line"))
        .with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("order_line").alias("line_no"))
    )
    return cells, unsure


def _bad(*names: str) -> pl.Expr:
    return pl.any_horizontal(unreadable(name) for name in names)


_CHECKS = (
    Check("missing_order_name", "the row has no Name, so its order is not known", pl.col("Name").is_null()),
    Check("missing_order_id", "the order has no Id", _ORDER & pl.col("Id").is_null(), ("Name",)),
    Check("id_lost_digits", "a spreadsheet has cut the Id; export the file again", lost_id("Id"), ("Name", "Id")),
    Check(
        "duplicate_order_id",
        "the file holds this Id already",
        _ORDER & pl.col("Id").is_not_null() & ~pl.col("Id").is_first_distinct(),
        ("Name", "Id"),
    ),
    Check(
        "bad_date",
        "Created at is missing or no date, or Cancelled at is none",
        _ORDER & (pl.col("ordered_at").is_null() | unreadable("cancelled_at")),
        ("Name", "Id", "Created at", "Cancelled at"),
    ),
    Check(
        "bad_money",
        "an amount cannot be read, or has more than four decimals",
        _bad(*_MONEY) & (_ORDER | _bad("price", "line_discount")),
        ("Name", "Id", "Subtotal", "Total", "Lineitem price"),
    ),
    Check(
        "missing_amount",
        "the order has no Subtotal or no Total",
        _ORDER & (pl.col("subtotal").is_null() | pl.col("total").is_null()),
        ("Name", "Id"),
    ),
    Check(
        "bad_currency",
        "the order's currency is missing or no three-letter code",
        _ORDER & ~pl.col("Currency").str.contains(r"^[A-Za-z]{3}$").fill_null(False),
        ("Name", "Id"),
    ),
    Check("bad_number", "the quantity is no whole number", unreadable("quantity"), ("Name", "Lineitem quantity")),
    Check(
        "not_a_code",
        "the discount code is a link, an address or a command",
        _ORDER & (pl.col("Discount Code").str.contains(_NO_CODE).fill_null(False)),
        ("Name", "Id"),
    ),
)


def _items(rows: pl.DataFrame, orders: pl.DataFrame) -> tuple[pl.DataFrame, list[Rejected]]:
    """The line items of usable orders with the order's id and time, and the rows whose order is not there."""
    orphan = ~pl.col("order_line").is_in(orders["source_line"].to_list()).fill_null(False)
    message = "the order's first row is not above this one, or was put aside"
    kept, rejected = put_aside(rows, [Check("orphan_line", message, orphan, ("Name",))])
    head = orders.select(pl.col("source_line").alias("order_line"), "Id", "ordered_at")
    return kept.drop("Id", "ordered_at").join(head, on="order_line", how="left", maintain_order="left"), rejected


def _tax_included(orders: pl.DataFrame, context: ReadContext) -> tuple[bool | None, list[str]]:
    """The shop's setting, else what most taxed orders of the file add up to; without taxed orders no tax is inside."""
    if context.tax_included is not None:
        return context.tax_included, []
    taxed = orders.filter(pl.col("tax") > 0)
    inside = taxed.filter(_adds_up(with_tax=False)).height
    on_top = taxed.filter(_adds_up(with_tax=True)).height
    if inside == on_top and taxed.height:
        cure = "set tax_included under [shop] in earned.toml"
        return None, [f"Whether prices include tax cannot be told from {taxed.height} taxed orders; {cure}."]
    return inside > on_top, []


def _adds_up(*, with_tax: bool) -> pl.Expr:
    parts = pl.col("subtotal") + pl.col("shipping").fill_null(0)
    parts = parts + pl.col("tax").fill_null(0) if with_tax else parts
    return (parts - pl.col("total")).abs() < _TOLERANCE


def _sum_warnings(orders: pl.DataFrame) -> list[str]:
    right = pl.when(pl.col("tax_included")).then(_adds_up(with_tax=False)).otherwise(_adds_up(with_tax=True))
    told = pl.col("shipping").is_not_null() & pl.col("tax").is_not_null()  # a file cut down tells no parts
    odd = orders.filter(pl.col("tax_included").is_not_null() & told & ~right)
    what = "whose Subtotal, Shipping and Taxes do not add up to Total; kept as stated"
    return of_orders(odd, what)


def _orders(orders: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    utm = [tag_value(_note(key)).alias(f"utm_{key}") for key in UTM_KEYS]
    return orders.with_columns(context.keyed_hash(orders["Email"]).alias("customer_key")).select(
        pl.lit(context.account).alias("account"),
        pl.col("Id").alias("order_id"),
        pl.col("Name").str.strip_prefix("#").alias("order_name"),
        "ordered_at",
        pl.col("Financial Status").str.to_lowercase().alias("status"),
        "cancelled_at",
        "customer_key",
        pl.col("Currency").str.to_uppercase().alias("currency"),
        *("subtotal", "discount", "shipping", "tax", "tax_included", "total"),
        pl.col("Source").str.to_lowercase().replace(_CHANNELS).alias("sales_channel"),
        *utm,
        "source_line",
    )


def _note(key: str) -> pl.Expr:
    """A tag that a form app wrote among the order's notes, as the line `UTM source: facebook`."""
    return pl.col("Note Attributes").str.extract(rf"(?im)^[ \t]*utm[ _]{key}[ \t]*:[ \t]*(\S.*?)\s*$", 1)


def _touches(orders: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """The session a form app tagged among the notes."""
    utm = [_note(key).alias(f"utm_{key}") for key in UTM_KEYS]
    named = orders.select(
        "source_line", "ordered_at", pl.col("Id").alias("order_id"), pl.col("Email").alias("customer"), *utm
    )
    return order_touches(named, context)


def _order_lines(items: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    return items.filter(pl.col("Lineitem name").is_not_null()).select(
        pl.lit(context.account).alias("account"),
        pl.col("Id").alias("order_id"),
        "line_no",
        "ordered_at",
        pl.col("Lineitem name").alias("product"),
        pl.col("Lineitem sku").alias("sku"),
        "quantity",
        "price",
        "line_discount",
        _is_gift_card().alias("is_gift_card"),
        "source_line",
    )


def _is_gift_card() -> pl.Expr:
    """True where the line says surely that it is one, else null: gift cards are never taxed, and seldom sent."""
    name, sent, taxed = (pl.col(f"Lineitem {part}") for part in ("name", "requires shipping", "taxable"))
    untaxed = taxed.str.to_lowercase() == "false"
    surely = is_named(name) & untaxed.fill_null(True)
    unsent = untaxed & (sent.str.to_lowercase() == "false") & ends_as_one(name)
    return pl.when(surely | unsent.fill_null(False)).then(True)


def _order_codes(orders: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """A row a code; a discount without a code, or with Shopify's words for none, is an automatic one."""
    given = orders.filter(pl.col("Discount Code").is_not_null() | (pl.col("discount") > 0))
    listed = given.with_columns(pl.col("Discount Code").fill_null("").str.split(", ").alias("code_raw"))
    alone = pl.col("code_raw").list.len() == 1
    codes = (
        listed.with_columns(pl.when(alone).then(pl.col("discount")).alias("discount"))
        .explode("code_raw")
        .with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("source_line").alias("ordinal"))
        .with_columns(pl.col("code_raw").str.strip_chars().replace("", None))
    )
    known = codes["code_raw"].drop_nulls().unique()
    norm = pl.Series([normal_code(code) for code in known.to_list()], dtype=pl.String)
    automatic = pl.col("code_raw").is_null() | pl.col("code_raw").str.to_uppercase().is_in(AUTOMATIC)
    normal = pl.col("code_raw").replace_strict(known, norm, default=None, return_dtype=pl.String)
    return codes.select(
        pl.lit(context.account).alias("account"),
        pl.col("Id").alias("order_id"),
        "ordinal",
        "ordered_at",
        "code_raw",
        pl.when(~automatic).then(normal).alias("code_norm"),
        pl.when(automatic).then(pl.lit("automatic")).otherwise(pl.lit("code")).alias("kind"),
        pl.col("discount").cast(ORDER_CODES.schema["discount"]),
        "source_line",
    )


def _refunds(orders: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """One undated sum an order: the export tells no more. A sum of 0 is stated too: it takes an earlier one back."""
    return orders.filter(pl.col("refunded") >= 0).select(
        pl.lit(context.account).alias("account"),
        pl.col("Id").alias("order_id"),
        pl.lit("cumulative").alias("refund_id"),
        "ordered_at",
        pl.col("refunded").alias("amount"),
        "source_line",
    )


SHOPIFY_ORDERS = Layout(
    id="shopify_orders_csv",
    title="Shopify orders (Orders > Export, CSV)",
    headers=frozenset(
        {
            *("name", "financial status", "currency", "subtotal", "total", "created at"),
        }
    ),
    sink="facts",
    read=read_orders,
)
