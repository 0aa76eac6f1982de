"""What the estimates look back on: up to two years of days, read once per version of the data and kept aside.

The copy under `data/cache/` is disposable: it is named by what it was made of, and made again when that changes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from attribution.ledger import order_ledger
from attribution.report import Report, attribute
from attribution.roi_rows import channel_weeks, direct_each_day
from config.clock import Period, last_days
from config.database import data_version
from config.plans import read_plan
from config.workspace import Workspace
from ui import pipeline

if TYPE_CHECKING:
    from attribution.experiments import Calibration
    from attribution.lift import LiftEstimate

LIFT_DAYS = 730  # as far back as the interval's coverage was measured
GROUPS = 6  # networks told apart, the loudest
_MADE_BY = "3"  # raised when what is kept changes its meaning


@dataclass(frozen=True)
class History:
    """daily: `attribution.indirect.daily_table` of the days with known sales and talk (at most the last 730; no rows
    without), with direct_minor and a column a network and own brand (`group_columns`). weeks:
    `attribution.roi_rows.channel_weeks` of the same days.
    """

    daily: pl.DataFrame
    weeks: pl.DataFrame


def history(workspace: Workspace, *, now: dt.datetime) -> History:
    """The history up to the workspace's day, from the copy kept aside where that is still true."""
    end = workspace.as_of(now)
    key = f"{_MADE_BY}|{end}|{data_version(workspace.engine)}|{workspace.settings.model_dump_json()}"
    stem = f"history-{hashlib.sha256(key.encode()).hexdigest()[:24]}"
    kept = [workspace.data / "cache" / f"{stem}-{part}.parquet" for part in ("daily", "weeks")]
    if all(file.exists() for file in kept):
        with contextlib.suppress(OSError, pl.exceptions.PolarsError):  # cut short or taken away: made again below
            daily, weeks = (pl.read_parquet(file) for file in kept)
            return History(daily, weeks)
    made = _history(workspace, end)
    with contextlib.suppress(OSError):  # a folder that cannot be written keeps nothing, and loses nothing
        folder = workspace.data / "cache"
        folder.mkdir(exist_ok=True)
        for old in folder.glob("history-*.parquet"):
            old.unlink(missing_ok=True)
        for file, frame in zip(kept, (made.daily, made.weeks), strict=True):
            aside = file.with_name(f".{secrets.token_hex(8)}")
            frame.write_parquet(aside)
            os.replace(aside, file)
    return made


def _history(workspace: Workspace, end: dt.date) -> History:
    from attribution import indirect

    span = last_days(LIFT_DAYS, until=end)
    facts, settings = pipeline.facts_of(workspace), workspace.settings
    ledger = order_ledger(
        facts.scan("orders").collect(),
        facts.scan("refunds").collect(),
        shop=settings.shop,
        currency=settings.workspace.currency,
        rates=pipeline.exchange_rates(workspace),
        zone=settings.zone,
    )
    talk = pipeline.talk_of(workspace, span)
    known = indirect.fitted_days(ledger, talk, until=span)
    days = known or Period(end, end)
    # Which mention shows which order plays no part here, and takes as long as all the rest.
    report = _attributed(workspace, days)
    table = indirect.daily_table(report, mentions=talk, groups=loudest(talk)).join(
        direct_each_day(report), on="day", how="left"
    )
    for brand in pipeline.own_brands(workspace):
        own = pipeline.talk_of(workspace, span, brand=brand)
        spoken = indirect.stories_by_day(own, days).rename({"stories": brand_column(brand)})
        table = table.join(spoken, on="day", how="left", maintain_order="left")
    return History(table if known else table.clear(), channel_weeks(report))


def _attributed(workspace: Workspace, period: Period) -> Report:
    chosen = workspace.settings.attribution
    return attribute(
        pipeline.attribution_inputs(workspace, with_mentions=False),
        settings=workspace.settings,
        period=period,
        model=chosen.model,
        lookback=chosen.lookback,
        rates=pipeline.exchange_rates(workspace),
    )


def loudest(talk: pl.DataFrame) -> list[str]:
    """The networks most is said on."""
    spoken = talk.filter(~pl.col("by_buyer").fill_null(False))  # buyers' own posts are no talk that sells
    counted = spoken.drop_nulls("group").group_by("group").len().sort("len", "group", descending=[True, False])
    return counted["group"].head(GROUPS).to_list()


def brand_column(brand: str) -> str:
    return f"brand_{brand}"


def calibration(workspace: Workspace, daily: pl.DataFrame) -> Calibration:
    """The experiments of the register as rows that calibrate the estimate of these days."""
    from attribution.currency import minor_digits
    from attribution.experiments import calibrate

    unit = 10 ** minor_digits(workspace.settings.workspace.currency)
    return calibrate(read_plan(workspace.engine, "experiments"), daily, unit=unit)


def lift_of(workspace: Workspace, *, now: dt.datetime) -> LiftEstimate:
    """The indirect return of all days that can be fitted, under the default model; refused where there are too few."""
    from attribution import indirect  # brings scipy: what only an estimate is worth

    told = calibration(workspace, history(workspace, now=now).daily)
    return indirect.estimate(told.daily, tests=told.tests, controls=told.controls)


def lift_by(workspace: Workspace, *, by: str, now: dt.datetime) -> pl.DataFrame:
    """`attribution.lift.lift_by_group` by "source" (network) or "brand": group, low_minor, median_minor, high_minor,
    reason. With one network or one own brand there is nothing to tell apart: no rows.
    """
    from attribution import indirect
    from attribution.lift import lift_by_group

    daily = history(workspace, now=now).daily
    own = {brand_column(brand): brand for brand in pipeline.own_brands(workspace)}
    networks = {name: name.removeprefix("mentions_") for name in daily.columns if name.startswith("mentions_")}
    named = own if by == "brand" else {k: v for k, v in networks.items() if k not in indirect.OTHER_SERIES}
    if len(named) < 2 or daily.is_empty():
        return pl.DataFrame(schema={"group": pl.String, **_MONEY, "reason": pl.String})
    found = lift_by_group(daily, groups=list(named), controls=indirect.CONTROLS)
    pool = int(daily["pool_minor"].sum())
    within = pl.col(*_MONEY).clip(0, pool)  # neither a loss nor more than there is
    return found.with_columns(pl.col("group").replace_strict(named, return_dtype=pl.String), within)


_MONEY = dict.fromkeys(("low_minor", "median_minor", "high_minor"), pl.Int64)
