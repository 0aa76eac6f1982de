"""From when to when anything is known: orders and mentions, so that a page can lead to the days that hold figures.

Cached by the version of the data, like `ui.data`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
import streamlit as st

from attribution.ledger import SOLD, UNCONVERTED, order_ledger
from config.clock import Period
from config.database import UtcTime
from config.workspace import Workspace
from listener.tables import mention_brands, mentions
from ui import data, pipeline


@dataclass(frozen=True)
class KnownDays:
    """First to last day in the business zone; None where nothing is stored. `mentions`: by brand."""

    orders: Period | None
    mentions: Mapping[str, Period]

    def of_brand(self, brand: str | None) -> Period | None:
        """The days of a brand's mentions, or of all brands' together."""
        if brand is not None:
            return self.mentions.get(brand)
        return together(*self.mentions.values())


def together(*periods: Period | None) -> Period | None:
    """From the first day of any to the last day of any."""
    known = [period for period in periods if period is not None]
    return Period(min(p.since for p in known), max(p.until for p in known)) if known else None


def apart(known: Period | None, shown: Period) -> bool:
    """Whether there is something known, and all of it lies before or after the days shown."""
    return known is not None and (known.until < shown.since or known.since > shown.until)


def covers(known: Period | None, days: Period) -> bool:
    """Whether the days can be judged by what is known: it reaches back to their beginning, give or take a tenth of
    them, as not every day has an order."""
    return known is not None and known.since <= days.since + dt.timedelta(days=days.days // 10)


def known_days() -> KnownDays:
    return _known_days(data.version())


@st.cache_resource(show_spinner=False, max_entries=4)
def _known_days(version: str) -> KnownDays:
    return read_known_days(data.workspace())


def read_known_days(workspace: Workspace) -> KnownDays:
    """What the stores hold now. Of orders those that were sold, as the commands say it."""
    said_at = sa.func.coalesce(mentions.c.published_at, mentions.c.first_seen, type_=UtcTime())
    heard = (
        sa.select(mention_brands.c.brand, sa.func.min(said_at, type_=UtcTime()), sa.func.max(said_at, type_=UtcTime()))
        .join(mentions, mentions.c.mention_id == mention_brands.c.mention_id)
        .group_by(mention_brands.c.brand)
    )
    with workspace.engine.connect() as connection:
        by_brand = {brand: _days(workspace, first, last) for brand, first, last in connection.execute(heard)}
    return KnownDays(orders=_sold_days(workspace), mentions={brand: days for brand, days in by_brand.items() if days})


def _sold_days(workspace: Workspace) -> Period | None:
    """Where none could be converted, of those that would have been sold: a page says what they lack."""
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


def _days(workspace: Workspace, first: dt.datetime | None, last: dt.datetime | None) -> Period | None:
    zone = workspace.settings.zone
    return Period(first.astimezone(zone).date(), last.astimezone(zone).date()) if first and last else None
