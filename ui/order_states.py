"""The orders of a period with their states, and the codes used on them: what `Report` says of both, without the rest
of it, for those who ask whether the data are well."""

from __future__ import annotations

import polars as pl

from attribution import tables
from attribution.codes import match_codes
from attribution.currency import RATES_SCHEMA
from attribution.ledger import order_ledger
from attribution.roi import in_period
from config.clock import Period
from config.registers import read_codes
from config.workspace import Workspace
from ui import pipeline

_ORDER = ["account", "order_id"]


def orders_and_codes(workspace: Workspace, *, period: Period) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`Report.ledger` but for what visits tell of an order and its customer, and `Report.order_codes`, of the same
    period."""
    facts, settings = pipeline.facts_of(workspace), workspace.settings
    read = (tables.ORDERS, tables.REFUNDS, tables.ORDER_CODES)
    frames = pl.collect_all([facts.scan(table.name).select(list(table.schema)) for table in read])
    orders, refunds, codes = (frame.sort(table.key) for table, frame in zip(read, frames, strict=True))
    own = settings.workspace.currency
    foreign = {*orders["currency"].unique()} - {own, None}
    ledger = order_ledger(
        orders,
        refunds,
        shop=settings.shop,
        currency=own,
        rates=pipeline.exchange_rates(workspace) if foreign else pl.DataFrame(schema=RATES_SCHEMA),
        zone=settings.zone,
    )
    mine = in_period(ledger, period)
    matched = match_codes(codes, read_codes(workspace.engine), settings.zone)
    return mine, matched.join(mine, on=_ORDER, how="semi", maintain_order="left")
