"""What the pages read: the pipeline's answers, cached by the version of the data and the question asked.

Frames come out of `st.cache_resource`, which hands the same object to every session: never change one in place.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st
from babel import Locale
from babel.numbers import format_currency, get_currency_precision

from attribution import compare, metrics
from attribution.report import By, Report
from config import intake
from config.clock import Period
from config.database import data_version
from config.workspace import Workspace, open_workspace
from listener import store
from listener.days import sentiment_days
from listener.feeling import Feeling, feeling, feeling_of_days
from listener.health import count_failing
from ui import history, pipeline, roi_figures
from ui.roi_figures import RoiFigures

if TYPE_CHECKING:
    from attribution.analytics_claims import AnalyticsClaims
    from attribution.clv import Lifetimes
    from attribution.lift import LiftEstimate


@dataclass(frozen=True)
class Freshness:
    """How fresh the figures are. Times are UTC, null = never."""

    last_poll: dt.datetime | None
    sources: int
    sources_failing: int
    last_import: dt.datetime | None
    simulated: bool
    as_of: dt.date


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def workspace() -> Workspace:
    """The workspace that `earned ui` was started for, opened once."""
    return _open(os.environ.get("EARNED_WORKSPACE", "."), _stamp())


def _stamp() -> float:
    """When earned.toml last changed: an edit opens the workspace anew."""
    file = Path(os.environ.get("EARNED_WORKSPACE", ".")) / "earned.toml"
    return file.stat().st_mtime if file.exists() else 0.0


@st.cache_resource(show_spinner=False, max_entries=4)
def _open(folder: str, stamp: float) -> Workspace:
    return open_workspace(Path(folder))


def version() -> str:
    """A text that differs whenever what is stored, or the settings, differ."""
    space = workspace()
    return f"{space.folder}|{_stamp()}|{data_version(space.engine)}"


def mentions(period: Period) -> pl.DataFrame:
    return _mentions(version(), period)


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs={Period: repr})
def _mentions(version: str, period: Period) -> pl.DataFrame:
    return pipeline.mentions_of(workspace(), period)


def feeling_of(period: Period, brand: str | None) -> Feeling:
    """How people felt, each mention once. A brand's is summed by the database, without reading its mentions."""
    return _feeling(version(), period, brand)


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs={Period: repr})
def _feeling(version: str, period: Period, brand: str | None) -> Feeling:
    if brand is None:  # a mention of two brands counts once, which sums by brand cannot tell
        return feeling(mentions(period).unique("mention_id", keep="first", maintain_order=True))
    space = workspace()
    since, until = period.bounds(space.settings.zone)
    days = sentiment_days(space.engine, zone=space.settings.workspace.timezone, since=since, until=until)
    return feeling_of_days(days.filter(pl.col("brand") == brand))


def report(
    period: Period, model: str | None = None, lookback: dt.timedelta | None = None, *, without_flagged: bool = False
) -> Report:
    """`ui.pipeline.attribution_report`; model and lookback window default to the settings."""
    chosen = workspace().settings.attribution
    window = (lookback or chosen.lookback).total_seconds()
    return _report(version(), period, model or chosen.model, window, without_flagged)


@st.cache_resource(show_spinner="Working out what came back …", max_entries=16, hash_funcs={Period: repr})
def _report(version: str, period: Period, model: str, window: float, without_flagged: bool) -> Report:
    lookback = dt.timedelta(seconds=window)
    return pipeline.attribution_report(
        workspace(), period=period, model=model, lookback=lookback, without_flagged=without_flagged
    )


def lift() -> LiftEstimate:
    """`ui.history.lift_of`: the indirect return of all days; `attribution.indirect.part_of` gives a report's part."""
    return _lift(version(), workspace().as_of(now()))


@st.cache_resource(show_spinner="Estimating what talk brought …", max_entries=4)
def _lift(version: str, as_of: dt.date) -> LiftEstimate:
    return history.lift_of(workspace(), now=now())


def blended(report: Report) -> Report:
    """The report with the lift's part for its period in `roi`; unchanged where none is."""
    from attribution import indirect

    return indirect.blend(report, lift())


def roi(report: Report, *, estimates: bool = True, without_flagged: bool = False) -> RoiFigures:
    """`ui.roi_figures.figures_of` a report of this module: what `earned roi` shows of it."""
    told = (report.period, report.model, report.lookback.total_seconds(), estimates, without_flagged)
    return _roi(version(), workspace().as_of(now()), *told, _report=report)


@st.cache_resource(show_spinner="Putting the return together …", max_entries=16, hash_funcs={Period: repr})
def _roi(
    version: str,
    as_of: dt.date,
    period: Period,
    model: str,
    window: float,
    estimates: bool,
    without_flagged: bool,
    *,
    _report: Report,
) -> RoiFigures:
    return roi_figures.figures_of(workspace(), _report, now=now(), estimates=estimates, without_flagged=without_flagged)


def history_days() -> history.History:
    """`ui.history.history`: the days that estimates look back on."""
    return _history(version(), workspace().as_of(now()))


@st.cache_resource(show_spinner=False, max_entries=2)
def _history(version: str, as_of: dt.date) -> history.History:
    return history.history(workspace(), now=now())


def lift_by(by: str) -> pl.DataFrame:
    """`ui.history.lift_by`: the lift of each network ("source") or own brand ("brand")."""
    return _lift_by(version(), workspace().as_of(now()), by)


@st.cache_resource(show_spinner="Telling the sources apart …", max_entries=4)
def _lift_by(version: str, as_of: dt.date, by: str) -> pl.DataFrame:
    return history.lift_by(workspace(), by=by, now=now())


def models(period: Period, by: By, lookback: dt.timedelta) -> pl.DataFrame:
    """`attribution.compare.compare_models`: every model's credit, one row a name and model."""
    return _models(version(), period, by, lookback.total_seconds())


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs={Period: repr})
def _models(version: str, period: Period, by: By, window: float) -> pl.DataFrame:
    space = workspace()
    known = report(period, lookback=dt.timedelta(seconds=window))
    return compare.compare_models(known, settings=space.settings, by=by)


def metrics_of(report: Report) -> pl.DataFrame:
    """`attribution.metrics.channel_metrics` of a report."""
    space = workspace()
    facts = pipeline.facts_of(space)
    spend, leads = facts.scan("spend").collect(), facts.scan("leads").collect()
    return metrics.channel_metrics(report, spend, leads, zone=space.settings.zone)


def leads_of(report: Report) -> pipeline.Leads:
    """`ui.pipeline.leads_of` a report."""
    return _leads(version(), report.period, report.model, report.lookback.total_seconds())


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs={Period: repr})
def _leads(version: str, period: Period, model: str, window: float) -> pipeline.Leads:
    return pipeline.leads_of(workspace(), report(period, model, dt.timedelta(seconds=window)))


def lifetimes(report: Report) -> Lifetimes:
    """`ui.pipeline.lifetimes_of`: of all customers known, whatever the period."""
    return _lifetimes(version(), workspace().as_of(now()), report)


@st.cache_resource(show_spinner="Estimating what customers come back for …", max_entries=4)
def _lifetimes(version: str, as_of: dt.date, _report: Report) -> Lifetimes:
    return pipeline.lifetimes_of(workspace(), _report, now=now())


def claims_of(report: Report) -> metrics.Claims:
    """`attribution.metrics.claimed_against_banked` of a report."""
    spend = pipeline.facts_of(workspace()).scan("spend").collect()
    return metrics.claimed_against_banked(report, spend, rates=pipeline.exchange_rates(workspace()))


def analytics_claims_of(report: Report) -> AnalyticsClaims:
    """`ui.pipeline.analytics_claims_of` a report."""
    return pipeline.analytics_claims_of(workspace(), report)


def people(period: Period, model: str | None = None) -> pl.DataFrame:
    """One row a mentioner: `ui.pipeline.mentioners`."""
    return pipeline.mentioners(workspace(), mentions=mentions(period), report=report(period, model), period=period)


def freshness() -> Freshness:
    space = workspace()
    polls = store.source_health(space.engine).get_column("last_checked_at").drop_nulls()
    done = [row["finished_at"] for row in imports() if row["state"] == "done" and row["finished_at"]]
    known = {source.name for source in space.settings.source}
    return Freshness(
        last_poll=polls.max(),  # type: ignore[arg-type]
        sources=len(known),
        sources_failing=count_failing(space.engine, space.settings.source, now=now()),
        last_import=max(done, default=None),
        simulated=space.settings.workspace.simulated,
        as_of=space.as_of(now()),
    )


def sources() -> pl.DataFrame:
    return store.source_health(workspace().engine)


def imports() -> list[dict[str, Any]]:
    return intake.list_imports(workspace().engine)


def quarantine() -> list[dict[str, Any]]:
    """Rows kept aside, the newest 100,000 at most."""
    return _quarantine(version())


@st.cache_resource(show_spinner=False, max_entries=2)
def _quarantine(version: str) -> list[dict[str, Any]]:
    return intake.list_quarantine(workspace().engine, limit=100_000)


def minor_to_text(minor: int | None, currency: str, locale: str = "en", *, cents: bool = True) -> str:
    """Money for people, in the reader's language; an en dash where it is unknown."""
    if minor is None:
        return "–"
    amount = Decimal(minor).scaleb(-get_currency_precision(currency))
    written = Locale.parse(locale).currency_formats["standard"].pattern  # "#,##0.00 ¤" in most languages
    pattern = None if cents else written.replace(".00", "")
    return format_currency(amount, currency, pattern, locale=locale, currency_digits=cents)
