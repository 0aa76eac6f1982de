"""What to know before trusting an ROI: short periods, bills paid outside the period, commissions left out."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from attribution.costs import daily_costs, in_social_scope
from attribution.report import Report
from config.clock import Period, last_days
from config.plans import read_costs
from ui import data, pipeline, words
from ui.frame import Screen

FEW_DAYS = 14
USUAL_DAYS = 90
THIN = 0.5  # below this share of the usual daily cost, the ROI owes too much to when bills were paid


@dataclass(frozen=True)
class CostPace:
    """Cost a day in minor units: in the period, and in the 90 days that end with it."""

    now: float
    usual: float

    @property
    def share(self) -> float:
        return self.now / self.usual

    @property
    def thin(self) -> bool:
        return self.share < THIN


def cost_pace(cost_minor: int | None, usual_minor: int, period: Period) -> CostPace | None:
    """The cost a day beside the usual one. None where either is unknown, or the period is itself the 90 days."""
    if cost_minor is None or usual_minor <= 0 or period.days >= USUAL_DAYS:
        return None
    return CostPace(cost_minor / period.days, usual_minor / USUAL_DAYS)


def usual_cost(period: Period) -> int:
    """The cost of the social scope in the 90 days that end with the period, in minor units, as far as it is known."""
    return _usual_cost(data.version(), last_days(USUAL_DAYS, until=period.until))


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs={Period: repr})
def _usual_cost(version: str, period: Period) -> int:
    space = data.workspace()
    scope = space.settings.attribution.social_scope
    lines = daily_costs(
        read_costs(space.engine),
        spend=pipeline.facts_of(space).scan("spend").collect(),
        currency=space.settings.workspace.currency,
        rates=pipeline.exchange_rates(space),
        period=period,
        scope=scope,
        rules=space.settings.channel_rule,
    )
    return int(lines.filter(in_social_scope(scope))["amount_minor"].sum() or 0)


def show(screen: Screen, report: Report) -> None:
    """The cautions that hold, each as a sentence; nothing where there is no ROI."""
    _ = screen._
    if report.roi.direct_roi is None:
        return
    if screen.period.days < FEW_DAYS:
        told = _("{days} days are few: a single bill or order can turn this ROI around. Look at 30 days or more, too.")
        st.warning(told.format(days=screen.period.days), icon=":material/warning:")
    pace = cost_pace(report.roi.cost_minor, usual_cost(screen.period), screen.period)
    if pace is not None and pace.thin:
        told = _(
            "Cost in this period is {now} a day, in the {days} days up to its end it was {usual}: "
            "the ROI looks high because bills fall outside the period."
        )
        now, usual = (words.money(screen, round(minor), cents=True) for minor in (pace.now, pace.usual))
        st.warning(told.format(now=now, days=USUAL_DAYS, usual=usual), icon=":material/warning:")
