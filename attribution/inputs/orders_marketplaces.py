"""Orders of Etsy (Sold Orders CSV) and Stripe (payments CSV), and earned's own file for any other shop."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from babel.numbers import list_currencies

from attribution.inputs.cells import OTHER_CURRENCY, columns, leave_out, with_currency
from attribution.inputs.shop_orders import COLUMNS, amount, read_orders
from attribution.inputs.times import MONTH_FIRST
from attribution.utm import UTM
from config.intake import Layout, Parsed, ReadContext, TextTable

_ETSY = {
    "order_id": "order id",
    "ordered_at": "sale date",
    "customer": "buyer user id",
    "currency": "currency",
    "tax": "sales tax",
    "discount": "discount amount",
    "total": "order total",
    "status": "status",
    "sales_channel": "order type",
}
_ETSY_MORE = ("order value", "coupon code", "shipping", "shipping discount", "adjusted order total")


def read_etsy(table: TextTable, context: ReadContext) -> Parsed:
    """The tables of Etsy's Sold Orders. Goods = order value - discount; sales tax is the marketplace's to pay.

    An adjusted total of 0.00 means there was no adjustment; any other one says what is left after refunds.
    """
    rows, skipped = leave_out(columns(table, (*_ETSY.values(), *_ETSY_MORE)))
    moneys = (*_ETSY_MORE[:1], *_ETSY_MORE[2:], "discount amount", "order total")
    value = {name: amount(rows, name, context).values for name in moneys}
    left, total = value["adjusted order total"], value["order total"]
    goods = value["order value"] - value["discount amount"].fill_null(0)
    shipping = value["shipping"] - value["shipping discount"].fill_null(0)
    refunded = (total - left).set((left == 0).fill_null(False), 0).set(left.is_null(), None)
    renamed = rows.rename({column: name for name, column in _ETSY.items() if column != name})
    orders = renamed.with_columns(
        pl.coalesce(goods.cast(pl.String).alias("goods"), "order value").alias("subtotal"),
        shipping.cast(pl.String).alias("shipping"),
        refunded.cast(pl.String).alias("refunded"),
        pl.col("coupon code").str.split(", ").alias("codes"),
        pl.lit("false").alias("tax_included"),
        pl.when(pl.col("status").str.to_lowercase().str.contains("cancel")).then("status").alias("unsold"),
        pl.lit("etsy").alias("sales_channel"),
    )
    return read_orders(orders, context, order=MONTH_FIRST, skipped=skipped)


ETSY_ORDERS = Layout(
    id="etsy_sold_orders",
    title="Etsy sold orders (Settings > Options > Download data, CSV)",
    headers=frozenset({"sale date", "order id", "currency", "order value", "discount amount", "order total"}),
    sink="facts",
    read=read_etsy,
    system="etsy",
)

_STRIPE = {
    "order_id": "id",
    "ordered_at": "created date (utc)",
    "total": "amount",
    "refunded": "amount refunded",
    "currency": "currency",
    "status": "status",
}
_STRIPE_MORE = ("mode", "captured", "customer id", "customer email", "promo", "order_id", *UTM)
_NOT_PAID = ("failed", "canceled", "cancelled", "incomplete", "blocked", "requires_payment_method", "uncaptured")


def read_stripe(table: TextTable, context: ReadContext) -> Parsed:
    """The tables of Stripe's payments export: a charge is an order of its amount; tax and shipping it does not tell.

    Columns "promo (metadata)", "order_id (metadata)" and "utm_source (metadata)" are read where the shop wrote them.
    """
    rows, skipped = leave_out(columns(table, (*_STRIPE.values(), *_STRIPE_MORE)))
    status = pl.col("status").str.to_lowercase()
    unsold = status.is_in(_NOT_PAID) | (pl.col("captured").str.to_lowercase() == "false").fill_null(False)
    own = rows.with_columns(pl.col("order_id").alias("order_name")).drop("order_id")
    orders = own.rename({column: name for name, column in _STRIPE.items() if column != name}).with_columns(
        pl.col("total").alias("subtotal"),
        pl.when(unsold).then("status").alias("unsold"),
        (pl.col("mode").str.to_lowercase() == "test").cast(pl.String).alias("is_test"),
        pl.coalesce("customer email", "customer id").alias("customer"),
        pl.col("promo").str.split(",").alias("codes"),
        pl.lit("false").alias("tax_included"),
    )
    return read_orders(orders, context, zone="UTC", skipped=skipped)


STRIPE_PAYMENTS = Layout(
    id="stripe_payments",
    title="Stripe payments (Payments > Export, CSV)",
    headers=frozenset({"id", "created date (utc)", "amount", "currency", "status"}),
    sink="facts",
    read=read_stripe,
    system="stripe",
    patterns=(
        (r"created \(utc\)", "created date (utc)"),
        (r"(?:promo|promo[ _]?code|promotion[ _]code|coupon|discount[ _]code) \(metadata\)", "promo"),
        (r"order[ _]?(?:id|number|name) \(metadata\)", "order_id"),
        *((rf"{tag} \(metadata\)", tag) for tag in UTM),
    ),
)


# What shops and tills write for an order that came to nothing, in the languages of the localised headers.
_CANCELLED = (
    *("cancelled", "canceled", "abandoned", "failed", "storniert", "abgebrochen", "annulé", "annulée", "annulee"),
    *("cancelado", "cancelada", "anulado", "anulada", "annullato", "geannuleerd"),
    *("anulowane", "anulowano", "anulowany", "anulowana", "törölve", "törölt", "sztornó", "sztornózva", "sztornózott"),
    *(
        "בוטל",
        "בוטלה",
        "מבוטל",
        "מבוטלת",
        "ملغي",
        "ملغى",
        "ملغاة",
        "ملغية",
        "تم الإلغاء",
        "đã hủy",
        "đã huỷ",
        "hủy",
        "huỷ",
    ),
)


def read_own(table: TextTable, context: ReadContext) -> Parsed:
    """The tables of earned's own orders file. `codes` separates several with a comma or a semicolon; a `status` that
    says cancelled, in one of our languages, is an order not sold."""
    rows, skipped = leave_out(columns(table, tuple(name for name in COLUMNS if name != "code_amounts")))
    rows = with_currency(rows, "total")
    orders = rows.with_columns(
        pl.col("codes").str.replace_all(";", ",", literal=True).str.split(","),
        pl.coalesce("subtotal", "total").alias("subtotal"),
        pl.col("currency").fill_null(context.currency),
        pl.when(pl.col("status").str.strip_chars().str.to_lowercase().is_in(_CANCELLED)).then("status").alias("unsold"),
    )
    parsed = read_orders(orders, context, skipped=skipped, warnings=_bare(table, rows, context.currency))
    return replace(parsed, bare=rows["currency"].null_count())


def _bare(table: TextTable, rows: pl.DataFrame, currency: str) -> list[str]:
    """What is said of orders that name no currency, with the column that looks like theirs."""
    bare = rows["currency"].null_count()
    if not bare:
        return []
    unread = [name for name in table.headers if name not in table.used]
    like = next((name for name in unread if _holds_currencies(table.frame[name])), None)
    pair = f'"currency={like}"' if like and " " in like else f"currency={like}"
    hint = (
        f' The column "{like}" looks like the currency: import again with --as earned_orders --map {pair}.'
        if like
        else ""
    )
    named = "orders name" if bare > 1 else "order names"
    return [f"{bare} {named} no currency; taken as {currency}.{hint or ' ' + OTHER_CURRENCY}"]


def _holds_currencies(cells: pl.Series) -> bool:
    """Whether a column holds nothing but codes of money, such as EUR."""
    said = set(cells.drop_nulls().str.strip_chars().str.to_uppercase().unique()) - {""}
    return bool(said) and said <= list_currencies()


EARNED_ORDERS = Layout(
    id="earned_orders",
    title="orders of any shop (order_id, ordered_at, total, currency, subtotal, tax, shipping, codes, customer, …)",
    headers=frozenset({"order_id", "ordered_at", "total"}),
    sink="facts",
    read=read_own,
)
