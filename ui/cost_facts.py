"""What pages and commands say about costs alike: those of the social scope, those not given, those told twice."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from attribution.costs import missing_kinds
from config.clock import Period
from config.plans import read_costs
from config.workspace import Workspace
from ui import pipeline

if TYPE_CHECKING:
    from attribution.report import Report


def scoped(report: Report) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of `costs.daily_costs` of the social scope, and all others."""
    return report.daily_costs.filter("in_scope"), report.daily_costs.filter(~pl.col("in_scope"))


def with_creators(report: Report) -> bool:
    """Whether creators brought or cost anything in the period: then their fees are asked for."""
    return report.by_influencer.filter("credited").height > 0


def missing_costs(report: Report) -> list[str]:
    """The kinds of cost of which the period has no line in the social scope: one list for every page and command."""
    return missing_kinds(scoped(report)[0], with_creators=with_creators(report))


def cost_days_known(workspace: Workspace) -> Period | None:
    """From the first to the last day of any cost that is written down or imported; None without one."""
    spend = pipeline.facts_of(workspace).scan("spend").select("date_from", "date_to").collect()
    every = pl.concat([read_costs(workspace.engine).select("date_from", "date_to"), spend]).drop_nulls("date_from")
    first, last = every["date_from"].min(), every.select(pl.max_horizontal("date_from", "date_to").max()).item()
    return Period(first, last) if isinstance(first, dt.date) else None


def days_json(days: Period | None) -> dict[str, str] | None:
    """The days as documents hold them."""
    return None if days is None else {"since": days.since.isoformat(), "until": days.until.isoformat()}


def left_out(report: Report) -> pl.DataFrame:
    """The cost lines that would count twice, each once: date_from, date_to (of its days that do not count), kind,
    channel, campaign, influencer, origin, line, amount_minor (null: not known), left_out (why, `costs.LEFT_OUT`)."""
    named = ("kind", "channel", "campaign", "influencer", "origin", "line", "left_out")
    return (
        report.costs_left_out.group_by(*named)
        .agg(
            date_from=pl.col("date").min(),
            date_to=pl.col("date").max(),
            amount_minor=pl.when(pl.col("amount_minor").null_count() == 0).then(pl.col("amount_minor").sum()),
        )
        .select("date_from", "date_to", *named[:-1], "amount_minor", "left_out")
        .sort("date_from", "origin", "line", nulls_last=True)
    )
