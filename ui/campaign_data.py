"""A campaign's figures, put together from where the pages read them: cost, direct return, talk, visits, event view."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl
from babel.numbers import get_currency_precision

from attribution import campaigns, costs
from attribution.campaigns import Against, Campaign, TooEarly
from attribution.event_view import EventEffect, event_view
from attribution.report import Report
from attribution.roi import known_cost
from config.clock import Period
from config.plans import read_campaign_notes, read_campaigns
from config.workspace import Workspace
from ui import pipeline


@dataclass(frozen=True)
class Review:
    """A campaign as of a day. cost_minor: null where none is given, or one of its lines is not known; missing: kinds of
    cost that it has none of (tools serve all campaigns). talk, visits: a day against what was usual before. event: the
    revenue without a trace before and after its start; null where not asked for. direct: the credit rows that are its
    own.
    """

    campaign: Campaign
    as_of: dt.date
    ran: Period | None
    cost_minor: int | None
    missing: tuple[str, ...]
    direct_minor: int
    orders: int
    new_customers: int
    early: TooEarly
    talk: Against | None
    visits: Against | None
    notes: pl.DataFrame
    direct: pl.DataFrame = field(repr=False)
    costs: pl.DataFrame = field(repr=False)
    event: EventEffect | None = None

    @property
    def roas(self) -> float | None:
        """Direct return per unit of cost."""
        return self.direct_minor / self.cost_minor if self.cost_minor else None

    @property
    def cost_per_order_minor(self) -> int | None:
        return round(self.cost_minor / self.orders) if self.cost_minor is not None and self.orders else None

    @property
    def state(self) -> str:
        """planned | running | ended: orders may still come | closed."""
        if self.ran is None:
            return "planned"
        if self.campaign.until is None or self.as_of <= self.campaign.until:
            return "running"
        return "ended" if self.early.open_until else "closed"


@dataclass(frozen=True)
class Reader:
    """Reads what reviews need once: one report and one frame of mentions for all campaigns shown."""

    workspace: Workspace
    shown: Sequence[Campaign]
    as_of: dt.date
    read_report: Callable[[Period], Report]
    read_mentions: Callable[[Period], pl.DataFrame]

    @cached_property
    def period(self) -> Period:
        """From as long before the first campaign as its usual is told by, up to the day."""
        firsts = [
            one.since - dt.timedelta(days=max(campaigns.HISTORY_DAYS, ((one.until or self.as_of) - one.since).days + 1))
            for one in self.shown
        ]
        return Period(min([*firsts, self.as_of]), self.as_of)

    @cached_property
    def report(self) -> Report:
        return self.read_report(self.period)

    @cached_property
    def mentions(self) -> pl.DataFrame:
        return self.read_mentions(self.period)

    @cached_property
    def notes(self) -> pl.DataFrame:
        return read_campaign_notes(self.workspace.engine)

    @cached_property
    def visits(self) -> pl.DataFrame:
        zone, scope = self.workspace.settings.workspace.timezone, self.workspace.settings.attribution.social_scope
        dated = self.report.touches.with_columns(day=pl.col("touched_at").dt.convert_time_zone(zone).dt.date())
        return dated.filter(pl.col("channel").is_in(scope) & (pl.col("day") >= self.period.since))

    def lookback_days(self) -> int:
        return math.ceil(self.workspace.settings.attribution.lookback / dt.timedelta(days=1))


def campaigns_of(workspace: Workspace, *, archived: bool = False) -> list[Campaign]:
    """The campaigns of the register, the latest first."""
    digits = get_currency_precision(workspace.settings.workspace.currency)
    rows = read_campaigns(workspace.engine).drop_nulls("date_from")
    found = [campaigns.campaign_of(row, digits=digits) for row in rows.iter_rows(named=True)]
    return [one for one in reversed(found) if archived or not one.archived]


def reader(
    workspace: Workspace,
    shown: Sequence[Campaign],
    *,
    as_of: dt.date,
    read_report: Callable[[Period], Report] | None = None,
    read_mentions: Callable[[Period], pl.DataFrame] | None = None,
) -> Reader:
    """What reads report and mentions may be handed in, such as a page's cached ones."""
    return Reader(
        workspace,
        shown,
        as_of,
        read_report or (lambda period: pipeline.attribution_report(workspace, period=period)),
        read_mentions or (lambda period: pipeline.mentions_of(workspace, period)),
    )


def review(read: Reader, campaign: Campaign, *, pool: pl.DataFrame | None = None) -> Review:
    """The review of one campaign. pool: `ui.history.History.daily` for the event view; None leaves that out."""
    ran = campaign.ran(read.as_of)
    report = read.report
    window = read.lookback_days()
    direct = campaigns.direct_credits(campaign, report.credits, report.ledger, lookback_days=window)
    keys = direct.filter(pl.col("weight") > 0).select("account", "order_id").unique()
    held = report.ledger.join(keys, on=["account", "order_id"], how="semi")
    mine = campaigns.own_costs(campaign, report.daily_costs)
    creators = bool(campaign.people)
    note = pl.col("campaign").is_null() | (pl.col("campaign") == campaign.id)
    return Review(
        campaign=campaign,
        as_of=read.as_of,
        ran=ran,
        cost_minor=known_cost(mine.with_columns(in_scope=True)),
        missing=tuple(kind for kind in costs.missing_kinds(mine, with_creators=creators) if kind != "tools"),
        direct_minor=int(direct["credit_minor"].sum()),
        orders=keys.height,
        new_customers=int(held["is_first_order"].fill_null(False).sum()),
        early=campaigns.too_early(campaign, as_of=read.as_of, orders=keys.height, lookback_days=window),
        talk=_against(_talk(read, campaign), ran) if ran else None,
        visits=_against(read.visits, ran, known_from=read.visits["day"].min()) if ran and read.visits.height else None,  # type: ignore[arg-type]
        notes=read.notes.filter(note)
        if ran is None
        else read.notes.filter(note & (pl.col("day") >= read.period.since)),
        direct=direct,
        costs=mine,
        event=_event(pool, ran) if ran is not None and pool is not None and pool.height else None,
    )


def _talk(read: Reader, campaign: Campaign) -> pl.DataFrame:
    """Stories of its brand, else of the own brands: copies of one text on a day count once."""
    brands = [campaign.brand] if campaign.brand else pipeline.own_brands(read.workspace)
    mine = read.mentions.filter(pl.col("brand").is_in(brands))
    return mine.unique(["cluster_id", "day"], keep="first", maintain_order=True)


def _against(frame: pl.DataFrame, ran: Period, *, known_from: dt.date | None = None) -> Against | None:
    first = known_from or frame["day"].min()
    if not isinstance(first, dt.date) or first > ran.until:
        return None
    days = pl.DataFrame({"day": pl.date_range(first, ran.until, eager=True)})
    counted = frame.group_by("day").agg(value=pl.len().cast(pl.Float64))
    daily = days.join(counted, on="day", how="left").with_columns(pl.col("value").fill_null(0.0))
    return campaigns.against_before(daily, ran=ran)


def _event(pool: pl.DataFrame, ran: Period) -> EventEffect:
    """Revenue without a creditable touch, before and after, with the discounted share as a control where it varies."""
    known = pool.filter(pl.col("day") <= ran.until)
    controls = [name for name in ("discounted",) if name in known.columns and known[name].n_unique() > 1]
    return event_view(known, since=ran.since, until=ran.until, controls=controls)
