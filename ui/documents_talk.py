"""The JSON documents of what the talk shows: alerts, rising terms and times."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from config.clock import Period
from config.workspace import Workspace
from listener import spikes, store, terms, texts, timing
from ui import pipeline
from ui.documents import plain

BEFORE_DAYS = 28
_HABIT_DAYS = spikes.BASELINE_DAYS + spikes.CALIBRATION_DAYS


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [{name: plain(value) for name, value in row.items()} for row in frame.iter_rows(named=True)]


def _period(period: Period) -> dict[str, str]:
    return {"since": period.since.isoformat(), "until": period.until.isoformat()}


def alerts(workspace: Workspace, *, period: Period) -> dict[str, Any]:
    """Days of the period that stand out from the brand's habit, each with the words of its loudest story."""
    known = Period(period.since - dt.timedelta(days=_HABIT_DAYS), period.until)
    found = spikes.find_alerts(pipeline.mentions_of(workspace, known), since=period.since, until=period.until)
    said = store.read_by_id(workspace.engine, found["cluster_id"].drop_nulls().unique().sort().to_list())
    words = said.select("title", pl.col("text").str.slice(0, 280), cluster_id="mention_id")
    rows = found.join(words, on="cluster_id", how="left", maintain_order="left")
    return {"period": _period(period), "rows": _rows(rows)}


def rising_terms(workspace: Workspace, *, period: Period, brand: str | None = None, limit: int = 20) -> dict[str, Any]:
    """What people say of the own brands (or `brand`) in the period and did not say in the 28 days before it."""
    zone = workspace.settings.zone
    brands = [brand] if brand else pipeline.own_brands(workspace)
    before = Period(period.since - dt.timedelta(days=BEFORE_DAYS), period.since - dt.timedelta(days=1))
    frames = []
    for days in (period, before):
        since, until = days.bounds(zone)
        frames.append(texts.read_texts(workspace.engine, since=since, until=until, brands=brands))
    found = terms.rising_terms(*frames, limit=limit, without=brands)
    return {"period": _period(period), "before": _period(before), "brands": brands, "rows": _rows(found)}


def best_times(workspace: Workspace, *, period: Period, brand: str | None = None) -> dict[str, Any]:
    """Talk and engagement by weekday and hour in the business zone, of all brands or of one."""
    mentions = pipeline.mentions_of(workspace, period)
    if brand:
        mentions = mentions.filter(pl.col("brand") == brand)
    timezone = workspace.settings.workspace.timezone
    rows = _rows(timing.by_hour(mentions, timezone=timezone))
    return {"period": _period(period), "timezone": timezone, "rows": rows}
