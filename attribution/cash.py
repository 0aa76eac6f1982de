"""The cash view of net revenue: refunds on the day the money went back, not on the day of their order.

cash net revenue = goods of the orders of the period - goods share of the refunds paid in the period
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from attribution.currency import money_units
from attribution.ledger import SOLD
from attribution.rules import apportion
from config.clock import Period

_ORDER = ["account", "order_id"]


@dataclass(frozen=True)
class CashView:
    """Minor units of the workspace's currency. `undated`: orders up to the period's end with a refund whose day no
    file tells; while there is one, the refunds of the period and the net are unknown (null).

    Over all time, and with every refund dated, `net_minor` is the net revenue of the attribution view.
    """

    goods_minor: int
    refunded_minor: int | None
    net_minor: int | None
    undated: int


def cash_view(ledger: pl.DataFrame, refunds: pl.DataFrame, *, period: Period, zone: ZoneInfo) -> CashView:
    """The cash view of `period` (business days). `ledger` is that of all time, `refunds` the table of that name.

    An order's share of goods is divided over its single refunds by their amounts, by largest remainder. Where the
    shop's cumulative sum exceeds its single refunds, or nobody told any, the order's refund has no day.
    """
    sold = ledger.filter(pl.col("state") == SOLD)
    goods = int(sold.filter(pl.col("day").is_between(period.since, period.until))["goods_minor"].sum())
    until_end = sold.filter((pl.col("refunded_goods_minor") != 0) & (pl.col("day") <= period.until))
    dated = _dated(refunds, zone)
    undated = until_end.join(dated, on=_ORDER, how="anti").height
    if undated:
        return CashView(goods, None, None, undated)
    shares = dated.join(until_end.select(*_ORDER, "refunded_goods_minor"), on=_ORDER)
    parts = apportion(
        shares, weight="amount", amount="refunded_goods_minor", into="minor", over=_ORDER, ties=("refund_id",)
    )
    paid = int(parts.filter(pl.col("day").is_between(period.since, period.until))["minor"].sum())
    return CashView(goods, paid, goods - paid, 0)


def _dated(refunds: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """The single refunds of the orders all of whose refunds have a day: account, order_id, refund_id, day, amount."""
    units, total = money_units(pl.col("amount").abs()), pl.col("refund_id") == "cumulative"
    summed = units.filter(total).sum().over(_ORDER)
    single = units.filter(~total).sum().over(_ORDER)
    known = (~total & pl.col("refunded_at").is_null()).any().over(_ORDER).not_()
    return (
        refunds.filter(known & (summed <= single) & ~total)
        .select(
            *_ORDER,
            "refund_id",
            day=pl.col("refunded_at").dt.convert_time_zone(zone.key).dt.date(),
            amount=units.cast(pl.Float64) / 10_000,
        )
        .sort(*_ORDER, "refund_id")
    )
