"""Payments of orders that a shop tells as well: the sale counts at the shop, and what the payment knows goes with it.

A checkout writes tags and promo codes into a payment's metadata that the shop's own export may lack. They are handed to
the shop's order where it tells no session, or no code, of its own; read anew each time, so the order in which the files
came makes no difference.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from attribution.identity import OWN_TOUCH

PAYMENT_SYSTEMS = ("stripe",)  # they tell payments; the sale itself may be told by a shop as well
_ORDER = ["account", "order_id"]
_BEFORE = dt.timedelta(minutes=1)  # a session of which nothing but its order is known begins so long before it


def is_payment() -> pl.Expr:
    """Whether an order is told by a system of payments."""
    return pl.any_horizontal(pl.col("account").str.starts_with(f"{system}:") for system in PAYMENT_SYSTEMS)


def payments(orders: pl.DataFrame) -> pl.DataFrame:
    """account, order_id, shop_account, shop_order_id, sold_at: each payment that names an order a shop told, and the
    shop's orders of that name, by id or name, whatever its case. orders: tables.ORDERS."""
    shop = orders.filter(~is_payment())
    names = pl.concat(
        [
            shop.select(
                _plain(pl.col(name)).alias("_name"),
                shop_account="account",
                shop_order_id="order_id",
                sold_at="ordered_at",
            )
            for name in ("order_id", "order_name")
        ]
    )
    paid = orders.filter(is_payment()).select(*_ORDER, _plain(pl.col("order_name")).alias("_name"))
    found = paid.drop_nulls("_name").join(names.drop_nulls("_name").unique(), on="_name", how="inner")
    return found.drop("_name").unique().sort(*_ORDER, "shop_account", "shop_order_id")


def _plain(name: pl.Expr) -> pl.Expr:
    """An order's name as both sides may write it; null for an empty one."""
    text = name.str.strip_chars(" #").str.to_lowercase()
    return pl.when(text != "").then(text)


def with_payments(
    touches: pl.DataFrame, codes: pl.DataFrame, orders: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The visits and the codes of orders (tables.TOUCHES, ORDER_CODES), those of payments handed to the orders paid.

    A payment's session becomes the order's, not later than a minute before it; its codes become the order's. Of several
    payments of one order the first that holds any counts (paid ones before failed ones; codes are those of paid ones
    where there is one, as the customer may have left out the code of a try). Payments marked as a test hand over
    nothing. Where the shop tells a session or a code of the order itself, or several orders bear the name, nothing is
    handed over and the payment's session is nobody's: it leaves the visits, as does that of a forgotten customer.
    """
    found = payments(orders)
    if found.is_empty():
        return touches, codes
    one = pl.struct("shop_account", "shop_order_id").n_unique().over(_ORDER) == 1
    known = orders.select(*_ORDER, _paid_at="ordered_at", _failed=pl.col("cancelled_at").is_not_null())
    live = orders.filter(~pl.col("is_test").fill_null(False)).select(_ORDER)
    named = found.filter(one).join(known, on=_ORDER, how="left").join(live, on=_ORDER, how="semi")
    named = named.sort("_failed", "_paid_at", *_ORDER)
    as_paid = pl.col("_failed") == pl.col("_failed").min().over("shop_account", "shop_order_id")
    return _sessions(touches, found, named), _handed_codes(codes, found, named.filter(as_paid))


def _sessions(touches: pl.DataFrame, found: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    own = pl.col("touch_id").str.starts_with(OWN_TOUCH).fill_null(False)
    told = touches.filter(own).select("account", "touch_id", order_id="order_ref")
    of_payments = told.join(found.select(_ORDER).unique(), on=_ORDER, how="semi")
    free = _to_hand(named.join(of_payments, on=_ORDER, how="inner", maintain_order="left"), told)
    handed = touches.join(free.drop("order_id"), on=["account", "touch_id"], how="inner").with_columns(
        account="shop_account",
        order_ref="shop_order_id",
        touched_at=pl.min_horizontal("touched_at", pl.col("sold_at") - _BEFORE),
    )
    # By their ids: a forgotten customer's session names no order any more, and is still no visit beside it.
    theirs = found.select("account", touch_id=pl.concat_str(pl.lit(OWN_TOUCH), "order_id")).unique()
    others = touches.join(theirs, on=["account", "touch_id"], how="anti", maintain_order="left")
    return pl.concat([others, handed.select(touches.columns)]).sort("account", "touch_id")


def _handed_codes(codes: pl.DataFrame, found: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    of_payments = codes.join(found.select(_ORDER).unique(), on=_ORDER, how="semi")
    holding = named.join(of_payments.select(_ORDER).unique(), on=_ORDER, how="semi", maintain_order="left")
    free = _to_hand(holding, codes)
    handed = codes.join(free, on=_ORDER, how="inner").with_columns(account="shop_account", order_id="shop_order_id")
    others = codes.join(found.select(_ORDER).unique(), on=_ORDER, how="anti", maintain_order="left")
    return pl.concat([others, handed.select(codes.columns)]).sort("account", "order_id", "ordinal")


def _to_hand(holding: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Of payments that hold something the first of each order, where the order has nothing of the kind in `told`."""
    own = told.select(shop_account="account", shop_order_id="order_id").drop_nulls().unique()
    lacking = holding.join(own, on=["shop_account", "shop_order_id"], how="anti", maintain_order="left")
    return lacking.unique(["shop_account", "shop_order_id"], keep="first", maintain_order=True)
