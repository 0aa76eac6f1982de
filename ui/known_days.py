"""From when to when anything is known: orders and mentions, so that a page can lead to the days that hold figures.

Cached by the version of the data, like `ui.data`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from config.clock import Period
from config.workspace import Workspace
from ui import data
from ui.stored_days import heard_days, sold_days, together

__all__ = ["KnownDays", "apart", "covers", "known_days", "read_known_days", "together"]


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
    return KnownDays(orders=sold_days(workspace), mentions=heard_days(workspace))
