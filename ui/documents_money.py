"""The JSON documents that open what was earned: codes with their leaks, paths, leads, and what lies behind a figure."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from attribution import compare, metrics, tables
from attribution.breakdown import By
from attribution.clv import code_repeat_revenue
from attribution.leakage import look_alikes
from attribution.report import Report
from config.clock import Period
from config.registers import read_codes
from config.workspace import Workspace
from ui import pipeline
from ui.documents import money, rows


def _head(report: Report) -> dict[str, Any]:
    period = {"since": report.period.since.isoformat(), "until": report.period.until.isoformat()}
    return {"period": period, "currency": report.currency}


def _facts(workspace: Workspace, table: tables.Table) -> pl.DataFrame:
    return pipeline.facts_of(workspace).scan(table.name).select(list(table.schema)).collect()


def codes(workspace: Workspace, *, period: Period) -> dict[str, Any]:
    """Codes and what they sold, each with the signs that it leaked and what its new customers bought afterwards."""
    report = pipeline.attribution_report(workspace, period=period)
    return _head(report) | {
        "rows": rows(codes_with_signs(report), currency=report.currency),
        "leakage": rows(report.leakage.signs, currency=report.currency),
        "flagged_orders": rows(report.leakage.orders, currency=report.currency),
        "look_alikes": rows(look_alikes(report.order_codes, read_codes(workspace.engine)), currency=report.currency),
        "conflicts": rows(report.conflicts, currency=report.currency),
    }


def codes_with_signs(report: Report) -> pl.DataFrame:
    """`Report.codes` with leakage (list of signs), corroborated_minor, uncorroborated_minor (null where a code is not
    judged), repeat_orders and repeat_minor; the added columns stand in the rows of registered codes.
    """
    signs = report.leakage.signs.group_by("code").agg(leakage=pl.col("sign"))
    added = (
        report.codes.filter(pl.col("state") == "registered")
        .select("code")
        .unique()
        .join(report.leakage.corroboration.drop("orders"), on="code", how="left")
        .join(code_repeat_revenue(report.history, report.order_codes), on="code", how="left")
        .join(signs, on="code", how="left")
        .select(
            "code",
            pl.lit("registered").alias("state"),
            pl.col("leakage").fill_null([]),
            *("corroborated_minor", "uncorroborated_minor"),
            pl.col("repeat_orders", "repeat_minor").fill_null(0),
        )
    )
    return report.codes.join(added, on=["code", "state"], how="left", maintain_order="left")


def behind(
    workspace: Workspace, *, period: Period, by: By, name: str, model: str | None, lookback: dt.timedelta | None
) -> dict[str, Any]:
    """The orders and touches that a row of `channels` is made of; their credit sums to its revenue."""
    report = pipeline.attribution_report(workspace, period=period, model=model, lookback=lookback)
    found = compare.behind(report, by=by, name=name)
    total = int(found["credit_minor"].sum())
    return _head(report) | {
        "by": by,
        "name": name,
        "model": report.model,
        "revenue": money(total, report.currency),
        "rows": rows(found, currency=report.currency),
    }


def compared(workspace: Workspace, *, period: Period, by: By, lookback: dt.timedelta | None) -> dict[str, Any]:
    """Every model beside every other, and how much of the credit each moves against the workspace's own."""
    report = pipeline.attribution_report(workspace, period=period, lookback=lookback)
    table = compare.compare_models(report, settings=workspace.settings, by=by)
    moved = compare.moved_by_choice(table, model=report.model)
    return _head(report) | {
        "by": by,
        "model": report.model,
        "rows": rows(table, currency=report.currency),
        "moved": rows(moved, currency=report.currency),
    }


def claims(workspace: Workspace, *, period: Period) -> dict[str, Any]:
    """What platforms claim beside what the ledger credits them and what was banked; and the metrics of each channel."""
    report = pipeline.attribution_report(workspace, period=period)
    spend = _facts(workspace, tables.SPEND)
    found = metrics.claimed_against_banked(report, spend, rates=pipeline.exchange_rates())
    by_channel = metrics.channel_metrics(report, spend, _facts(workspace, tables.LEADS), zone=workspace.settings.zone)
    return _head(report) | {
        "model": report.model,
        "claimed": money(found.claimed_minor, report.currency),
        "banked": money(found.banked_minor, report.currency),
        "share": found.share,
        "rows": rows(found.rows, currency=report.currency),
        "metrics": rows(by_channel, currency=report.currency),
    }


def journeys(workspace: Workspace, *, period: Period, limit: int, path: list[str] | None = None) -> dict[str, Any]:
    """Top paths with days and touches to the order; with `path`, the orders behind that one."""
    report = pipeline.attribution_report(workspace, period=period)
    document = _head(report) | {
        "orders": report.orders,
        "failed": report.null_journeys["journey"].n_unique(),
        "rows": rows(compare.top_paths(report, limit=limit), currency=report.currency),
        "days_to_order": rows(compare.time_to_order(report), currency=report.currency),
        "touches_to_order": rows(compare.touches_to_order(report), currency=report.currency),
        "flows": rows(compare.flows(report), currency=report.currency),
    }
    if path is None:
        return document
    return document | {
        "path": path,
        "path_orders": rows(compare.orders_of_path(report, path), currency=report.currency),
    }


def leads(workspace: Workspace, *, period: Period, lookback: dt.timedelta | None = None) -> dict[str, Any]:
    """From click to lead to won, by source and by own post: the CRM's leads beside what analytics saw."""
    report = pipeline.attribution_report(workspace, period=period, lookback=lookback)
    found = pipeline.leads_of(workspace, report)
    by_source = found.by_source
    known = by_source["value_minor"].null_count() == 0
    told = by_source["analytics_leads"].count() > 0
    return _head(report) | {
        "leads": int(by_source["leads"].sum()),
        "won": int(by_source["won"].sum()),
        "value": money(int(by_source["value_minor"].sum()), report.currency) if known else None,
        "analytics_leads": int(by_source["analytics_leads"].sum()) if told else None,
        "without_source": int(by_source.filter(pl.col("source") == "(not set)")["leads"].sum()),
        "without_post": int(by_source["leads"].sum()) - int(found.by_post["leads"].sum()),
        "rows": rows(by_source, currency=report.currency),
        "posts": rows(found.by_post, currency=report.currency),
    }
