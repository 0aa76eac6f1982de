"""The ledger: one net value an order, in the workspace's currency, exact to the minor unit.

goods   = subtotal, less the tax inside it and the gift cards sold in it, plus shipping where the shop's policy says so
refund  = refunded x goods / total, half-even to the order's own minor unit
net     = goods - refund, converted at the rate of the order's business day, half-even
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from zoneinfo import ZoneInfo

import polars as pl

from attribution.currency import convert, half_even, minor_unit_size, money_units, to_minor
from attribution.payments import payments
from config.settings import ShopSettings
from config.shop_rules import Rules

SOLD, UNSOLD, UNCONVERTED = "sold", "unsold", "unconverted"
REASONS = ("payment", "test", "cancelled", "unsold_status", "no_amount", "no_currency", "no_rate")
FLAGS = ("tax_unknown", "refund_above_total", "refund_on_zero_total", "refund_assumed")
_ORDER = ("account", "order_id")
_Groups = tuple[tuple[Rules, list[str]], ...]  # rules, and the accounts judged by them


def order_ledger(
    orders: pl.DataFrame,
    refunds: pl.DataFrame,
    *,
    shop: ShopSettings,
    currency: str,
    rates: pl.DataFrame,
    zone: ZoneInfo,
) -> pl.DataFrame:
    """One row an order, sorted by time, account and id.

    Columns: account, order_id, order_name, ordered_at, day (business day), currency_original, customer_key,
    is_first_order (of its customer, among all orders but unsold ones; null while the customer is unknown), state,
    reason (one of REASONS; null when sold), flags (list of FLAGS), and integer minor units of `currency`, null unless
    sold: gross_minor (what was charged: goods, tax and shipping, before refunds), discount_minor, goods_minor,
    refunded_goods_minor (goods - net, so that the three always agree), net_minor.

    Each order is judged by the rules of its account (`ShopSettings.rules_of`).

    state: sold | unsold (a payment that names an order which a shop told, test, cancelled, a status of the shop's
    `unsold_statuses`) | unconverted (no amount, currency or rate: outside every total). A refund may exceed the total,
    the net is then negative; where the total is 0 a refund has no effect on goods. Both are flagged. An order whose
    status is "refunded" and whose refund nobody told is taken as refunded in full, and flagged. Where single
    refunds and a cumulative sum are known, the larger one counts. A gift card sold is owed to its holder and no
    revenue; one redeemed is a payment, and changes nothing.
    """
    sized = orders.with_columns(
        pl.col("currency").str.strip_chars().str.to_uppercase(),
        day=pl.col("ordered_at").dt.convert_time_zone(zone.key).dt.date(),
    )
    sized = sized.with_columns(_size=minor_unit_size(sized["currency"]))
    paid = payments(orders).select(*_ORDER, _payment=pl.lit(value=True)).unique()
    sized = sized.join(paid, on=_ORDER, how="left", maintain_order="left").with_columns(
        pl.col("_payment").fill_null(value=False)
    )
    groups = _accounts_by_rules(orders, shop)
    known = _own_money(sized.join(_refunded(refunds), on=_ORDER, how="left"), groups)
    converted = convert(
        known,
        rates,
        columns={
            "gross_minor": "_gross",
            "discount_minor": "_discount",
            "goods_minor": "_goods",
            "net_minor": "_net",
        },
        to=currency,
    )
    judged = converted.with_columns(reason=_reason(groups)).with_columns(state=_state())
    money = ("gross_minor", "discount_minor", "goods_minor", "refunded_goods_minor", "net_minor")
    return (
        judged.with_columns(
            is_first_order=_is_first(), refunded_goods_minor=pl.col("goods_minor") - pl.col("net_minor")
        )
        .with_columns(pl.when(pl.col("state") == SOLD).then(pl.col(name)).alias(name) for name in money)
        .select(
            *("account", "order_id", "order_name", "ordered_at", "day"),
            pl.col("currency").alias("currency_original"),
            *("customer_key", "is_first_order", "state", "reason", "flags"),
            *money,
        )
        .sort("ordered_at", *_ORDER, nulls_last=True)
    )


def _refunded(refunds: pl.DataFrame) -> pl.DataFrame:
    """account, order_id, _refunded (in 1/10000): twice told, as single refunds and as a sum, counts once."""
    total = pl.col("refund_id") == "cumulative"
    units = money_units(pl.col("amount").abs())
    return refunds.group_by(_ORDER).agg(
        pl.max_horizontal(units.filter(total).sum(), units.filter(~total).sum()).alias("_refunded")
    )


def _accounts_by_rules(orders: pl.DataFrame, shop: ShopSettings) -> _Groups:
    """The accounts of the orders, those that are judged alike together."""
    groups: dict[Rules, list[str]] = {}
    for account in orders["account"].unique().sort().to_list():
        groups.setdefault(shop.rules_of(account), []).append(account)
    return tuple(groups.items()) or ((shop.rules_of(""), []),)


def _by_rules(groups: _Groups, judged: Callable[[Rules], pl.Expr]) -> pl.Expr:
    """What each order's own rules say."""
    (first, _), *others = groups
    return functools.reduce(
        lambda rest, group: pl.when(pl.col("account").is_in(group[1])).then(judged(group[0])).otherwise(rest),
        others,
        judged(first),
    )


def _own_money(orders: pl.DataFrame, groups: _Groups) -> pl.DataFrame:
    """Adds _gross, _discount, _goods, _net in minor units of the order's own currency, and flags."""
    units = {name: money_units(pl.col(name)) for name in ("subtotal", "shipping", "tax", "total")}
    shipping, tax = units["shipping"].fill_null(0), units["tax"].fill_null(0)
    stated_total = pl.col("total").is_not_null()
    # The business's own word first, then the file's, then the order's own sum.
    sums_up = stated_total & (units["total"] == units["subtotal"] + shipping)
    ours = _by_rules(groups, lambda rules: pl.lit(rules.tax_included, dtype=pl.Boolean))
    inside = pl.coalesce(ours, pl.col("tax_included"), sums_up).fill_null(False)
    total = units["total"].fill_null(units["subtotal"] + shipping + pl.when(inside).then(0).otherwise(tax))
    goods = units["subtotal"] - pl.when(inside).then(tax).otherwise(0)
    gifts = money_units(pl.col("gift_cards")).fill_null(0).clip(lower_bound=0)
    goods = goods - pl.min_horizontal(gifts, goods.clip(lower_bound=0))
    with_shipping = _by_rules(groups, lambda rules: pl.lit(rules.shipping_in_revenue))
    goods = goods + pl.when(with_shipping).then(shipping).otherwise(0)
    per_unit = pl.lit(10_000, dtype=pl.Int128)
    stated = pl.col("_refunded").fill_null(0)
    assumed = (stated == 0) & (_status() == "refunded").fill_null(False) & (total > 0)
    refunded = pl.when(assumed).then(total).otherwise(stated)
    amounts = orders.with_columns(_refunded=refunded, _total=total, _assumed=assumed).with_columns(
        _gross=half_even(pl.col("_total") * pl.col("_size"), per_unit),
        _discount=to_minor(pl.col("discount"), size=pl.col("_size")),
        _goods=half_even(goods * pl.col("_size"), per_unit),
        flags=pl.concat_list(
            _flag("tax_unknown", inside & pl.col("tax").is_null()),
            _flag("refund_above_total", (pl.col("_total") > 0) & (pl.col("_refunded") > pl.col("_total"))),
            _flag("refund_on_zero_total", (pl.col("_total") <= 0) & (pl.col("_refunded") > 0)),
            _flag("refund_assumed", pl.col("_assumed")),
        ).list.drop_nulls(),
    )
    share = half_even(pl.col("_refunded") * pl.col("_goods").cast(pl.Int128), pl.col("_total"))
    return amounts.with_columns(_net=pl.col("_goods") - share.fill_null(0))


def _flag(name: str, condition: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(pl.lit(name))


def _status() -> pl.Expr:
    return pl.col("status").str.strip_chars().str.to_lowercase()


def _unsold_status(rules: Rules) -> pl.Expr:
    return _status().is_in([text.strip().lower() for text in rules.unsold_statuses])


def _reason(groups: _Groups) -> pl.Expr:
    """The first reason that holds, in the order of REASONS; null when sold."""
    test_is_sold = _by_rules(groups, lambda rules: pl.lit(rules.test_is_sold))
    cancelled_is_sold = _by_rules(groups, lambda rules: pl.lit(rules.cancelled_is_sold))
    return pl.coalesce(
        _flag("payment", pl.col("_payment")),
        _flag("test", pl.col("is_test").fill_null(False) & ~test_is_sold),
        _flag("cancelled", pl.col("cancelled_at").is_not_null() & ~cancelled_is_sold),
        _flag("unsold_status", _by_rules(groups, _unsold_status)),
        _flag("no_amount", pl.col("_goods").is_null() & pl.col("subtotal").is_null()),
        _flag("no_currency", pl.col("currency").is_null()),
        _flag("no_rate", pl.col("net_minor").is_null()),
    )


def _state() -> pl.Expr:
    reason = pl.col("reason")
    return (
        pl.when(reason.is_null())
        .then(pl.lit(SOLD))
        .when(reason.is_in(["payment", "test", "cancelled", "unsold_status"]))
        .then(pl.lit(UNSOLD))
        .otherwise(pl.lit(UNCONVERTED))
    )


def _is_first() -> pl.Expr:
    """Whether no earlier order of the same customer counts; ties by account and id. Null for an unknown customer."""
    counts = pl.col("customer_key").is_not_null() & (pl.col("state") != UNSOLD)
    rank = pl.struct("ordered_at", *_ORDER).rank("ordinal").over("customer_key", counts)
    return pl.when(counts).then(rank == 1)
