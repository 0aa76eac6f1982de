"""From when to when anything is stored: mentions by brand, orders that were sold."""

from __future__ import annotations

import datetime as dt

import polars as pl
import sqlalchemy as sa

from attribution.ledger import SOLD, UNCONVERTED, order_ledger
from config.clock import Period
from config.database import UtcTime
from config.workspace import Workspace
from listener.tables import mention_brands, mentions
from ui import pipeline
from ui.notes import where_it_lies


def heard_days(workspace: Workspace) -> dict[str, Period]:
    """By brand the first to the last day of its mentions, in the business zone; brands never heard of are not in it."""
    said_at = sa.func.coalesce(mentions.c.published_at, mentions.c.first_seen, type_=UtcTime())
    heard = (
        sa.select(mention_brands.c.brand, sa.func.min(said_at, type_=UtcTime()), sa.func.max(said_at, type_=UtcTime()))
        .join(mentions, mentions.c.mention_id == mention_brands.c.mention_id)
        .group_by(mention_brands.c.brand)
    )
    with workspace.engine.connect() as connection:
        found = {brand: _days(workspace, first, last) for brand, first, last in connection.execute(heard)}
    return {brand: days for brand, days in found.items() if days}


def sold_days(workspace: Workspace) -> Period | None:
    """From the first to the last day with a sold order, in the business zone. Where none could be converted, of those
    that would have been sold: a page says what they lack."""
    facts = pipeline.facts_of(workspace)
    ledger = order_ledger(
        facts.scan("orders").collect(),
        facts.scan("refunds").collect(),
        currency=workspace.settings.workspace.currency,
        rates=pipeline.exchange_rates(workspace),
        zone=workspace.settings.zone,
        shop=workspace.settings.shop,
    )
    for state in (SOLD, UNCONVERTED):
        days = ledger.filter(pl.col("state") == state)["day"]
        first, last = days.min(), days.max()
        if isinstance(first, dt.date) and isinstance(last, dt.date):
            return Period(first, last)
    return None


def no_mentions(workspace: Workspace, shown: Period, brand: str | None = None) -> str:
    """What the command line says of days without mentions: the days that have some, or how any come in."""
    days = heard_days(workspace)
    known = together(*(one for name, one in days.items() if brand in (None, name)))
    none = "earned listen --once fetches what your sources wrote, earned import takes a tool's export"
    return where_it_lies("mentions", known, shown, none=none)


def no_orders(workspace: Workspace, shown: Period) -> str:
    """What the command line says of days without orders: the days that have some, or how any come in."""
    return where_it_lies("orders", sold_days(workspace), shown, none="earned import FILE brings them in")


def together(*periods: Period | None) -> Period | None:
    """From the first day of any to the last day of any."""
    known = [period for period in periods if period is not None]
    return Period(min(p.since for p in known), max(p.until for p in known)) if known else None


def _days(workspace: Workspace, first: dt.datetime | None, last: dt.datetime | None) -> Period | None:
    zone = workspace.settings.zone
    return Period(first.astimezone(zone).date(), last.astimezone(zone).date()) if first and last else None
