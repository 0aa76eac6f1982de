"""The JSON documents that open what was earned: codes with their leaks, paths, leads, and what lies behind a figure."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from attribution import analytics_claims, compare, metrics, tables
from attribution.breakdown import NOT_SET, By
from attribution.leads import leads_named
from attribution.leakage import look_alikes
from attribution.report import Report
from config.clock import Period
from config.registers import normal_code, read_codes
from config.workspace import Workspace
from ui import customer_figures, figures, pipeline
from ui.documents import money, rows

if TYPE_CHECKING:
    from attribution.clv import Lifetimes


def _head(report: Report) -> dict[str, Any]:
    period = {"since": report.period.since.isoformat(), "until": report.period.until.isoformat()}
    return {"period": period, "currency": report.currency}


def _facts(workspace: Workspace, table: tables.Table) -> pl.DataFrame:
    return pipeline.facts_of(workspace).scan(table.name).select(list(table.schema)).collect()


def codes(
    workspace: Workspace,
    *,
    period: Period,
    now: dt.datetime,
    without_flagged: bool = False,
    view_through: dt.timedelta | None = None,
) -> dict[str, Any]:
    """Codes and what they sold, each with the signs that it leaked, what it owes its owner, and what its new customers
    bought afterwards and are expected to buy. without_flagged: orders on which a code shows a sign of leakage do not
    count for it; the signs stay listed."""
    report = pipeline.attribution_report(
        workspace, period=period, without_flagged=without_flagged, view_through=view_through
    )
    if without_flagged:
        report = pipeline.without_flagged_codes(workspace, report)
    lifetimes = pipeline.lifetimes_of(workspace, report, now=now)
    return _head(report) | {
        "rows": rows(codes_with_signs(report, lifetimes.values), currency=report.currency),
        "expected": _expected(lifetimes),
        "leakage": rows(report.leakage.signs, currency=report.currency),
        "flagged_orders": rows(report.leakage.orders, currency=report.currency),
        "look_alikes": rows(look_alikes(report.order_codes, read_codes(workspace.engine)), currency=report.currency),
        "conflicts": rows(report.conflicts, currency=report.currency),
    }


def _expected(lifetimes: Lifetimes) -> dict[str, Any]:
    """What expected values rest on, or why there are none."""
    return {
        "as_of": lifetimes.as_of.isoformat(),
        "days": lifetimes.ahead_days,
        "customers": lifetimes.customers,
        "returning": lifetimes.returning,
        "refused": lifetimes.refused,
    }


def codes_with_signs(report: Report, values: pl.DataFrame | None) -> pl.DataFrame:
    """`Report.codes` with after_commission_minor (net less commission; null without terms), leakage (list of signs),
    corroborated_minor, uncorroborated_minor (null where a code is not judged), repeat_orders, repeat_minor and
    clv_minor; the added columns stand in the rows of registered codes. values: of `clv.lifetime_values`.
    """
    from attribution.clv import code_repeat_revenue

    signs = report.leakage.signs.group_by("code").agg(leakage=pl.col("sign"))
    added = (
        report.codes.filter(pl.col("state") == "registered")
        .select("code")
        .unique()
        .join(report.leakage.corroboration.drop("orders"), on="code", how="left")
        .join(code_repeat_revenue(report.history, report.order_codes, values=values), on="code", how="left")
        .join(signs, on="code", how="left")
        .select(
            "code",
            pl.lit("registered").alias("state"),
            pl.col("leakage").fill_null([]),
            *("corroborated_minor", "uncorroborated_minor"),
            pl.col("repeat_orders", "repeat_minor").fill_null(0),
            "clv_minor",
        )
    )
    owed = report.codes.with_columns(after_commission_minor=pl.col("net_minor") - pl.col("commission_minor"))
    return owed.join(added, on=["code", "state"], how="left", maintain_order="left")


def customers(
    workspace: Workspace, *, period: Period, by: By, model: str | None, now: dt.datetime, name: str | None = None
) -> dict[str, Any]:
    """The new customers of the period by what brought them: their first order, what they bought later, and what they
    are expected to buy. With `name`, the orders behind that row, customers numbered and nothing else said of them.
    """
    from attribution import clv

    report = pipeline.attribution_report(workspace, period=period, model=model)
    lifetimes = pipeline.lifetimes_of(workspace, report, now=now)
    found = customer_figures.brought(report, by=by, values=lifetimes.values)
    document = _head(report) | {
        "by": by,
        "model": report.model,
        "expected": _expected(lifetimes),
        "rows": rows(found, currency=report.currency),
    }
    if name is None:
        return document
    orders = clv.orders_of_brought(report.history, customer_figures.first_orders(report, by=by, name=name))
    return document | {"name": name, "orders": rows(orders, currency=report.currency)}


def behind_code(
    workspace: Workspace,
    *,
    period: Period,
    code: str,
    without_flagged: bool = False,
    view_through: dt.timedelta | None = None,
) -> dict[str, Any]:
    """The orders that a code was used on, whatever became of them, each with its touches and their credit."""
    report = pipeline.attribution_report(
        workspace, period=period, without_flagged=without_flagged, view_through=view_through
    )
    if without_flagged:
        report = pipeline.without_flagged_codes(workspace, report)
    found = figures.orders_of_code(report, normal_code(code))
    return _head(report) | {
        "code": normal_code(code),
        "model": report.model,
        "rows": with_touches(report, found),
    }


def behind_mention(workspace: Workspace, *, period: Period, mention_id: str) -> dict[str, Any]:
    """What shows a mention (visits and orders, with the evidence), the revenue matched to it, and the credit handed to
    it with the touches that this is the credit of.
    """
    report = pipeline.attribution_report(workspace, period=pipeline.matching_period(workspace, period))
    evidence = report.evidence.filter(pl.col("mention_id") == mention_id)
    matched = report.matched_revenue.filter(pl.col("mention_id") == mention_id)["revenue_minor"]
    handed = report.mention_credit.filter(pl.col("mention_id") == mention_id)
    keys = ["account", "order_id"]
    orders = figures.order_paths(report).join(evidence, on=keys, how="semi", maintain_order="left")
    credit = handed.join(report.credits.drop("credit_minor", "evidence"), on=[*keys, "position"], how="left")
    return _head(report) | {
        "mention_id": mention_id,
        "model": report.model,
        "matched": money(int(matched.sum()), report.currency),
        "credited": money(int(handed["credit_minor"].sum()), report.currency),
        "evidence": rows(evidence.drop("mention_id"), currency=report.currency),
        "orders": with_touches(report, orders),
        "credit": rows(credit.select(*keys, "evidence", *_TOUCH, "credit_minor"), currency=report.currency),
    }


_TOUCH = (
    *("position", "kind", "touched_at", "touch_account", "touch_id", "channel", "source", "medium", "campaign"),
    *("person", "code"),
)


def with_touches(report: Report, orders: pl.DataFrame) -> list[dict[str, Any]]:
    """The orders as rows, each with `touches`: its touchpoints in their order with weight and credit."""
    keys = ["account", "order_id"]
    mine = report.credits.join(orders, on=keys, how="semi", maintain_order="left").sort(*keys, "position")
    opened: dict[tuple[str, str], list[dict[str, Any]]] = {}
    told = rows(mine.select(*keys, *_TOUCH, "weight", "credit_minor"), currency=report.currency)
    for touch in told:
        opened.setdefault((touch.pop("account"), touch.pop("order_id")), []).append(touch)
    return [
        row | {"touches": opened.get((row["account"], row["order_id"]), [])}
        for row in rows(orders, currency=report.currency)
    ]


def behind(
    workspace: Workspace,
    *,
    period: Period,
    by: By,
    name: str,
    model: str | None,
    lookback: dt.timedelta | None,
    without_flagged: bool = False,
    view_through: dt.timedelta | None = None,
) -> dict[str, Any]:
    """The orders and touches that a row of `channels` is made of; their credit sums to its revenue."""
    report = pipeline.attribution_report(
        workspace,
        period=period,
        model=model,
        lookback=lookback,
        without_flagged=without_flagged,
        view_through=view_through,
    )
    found = compare.behind(report, by=by, name=name)
    total = int(found["credit_minor"].sum())
    return _head(report) | {
        "by": by,
        "name": name,
        "model": report.model,
        "revenue": money(total, report.currency),
        "rows": rows(found, currency=report.currency),
    }


def compared(
    workspace: Workspace,
    *,
    period: Period,
    by: By,
    lookback: dt.timedelta | None,
    without_flagged: bool = False,
    view_through: dt.timedelta | None = None,
) -> dict[str, Any]:
    """Every model beside every other, and how much of the credit each moves against the workspace's own."""
    report = pipeline.attribution_report(
        workspace, period=period, lookback=lookback, without_flagged=without_flagged, view_through=view_through
    )
    table = compare.compare_models(report, settings=workspace.settings, by=by)
    moved = compare.moved_by_choice(table, model=report.model)
    return _head(report) | {
        "by": by,
        "model": report.model,
        "rows": rows(table, currency=report.currency),
        "moved": rows(moved, currency=report.currency),
    }


def claims(
    workspace: Workspace,
    *,
    period: Period,
    without_flagged: bool = False,
    view_through: dt.timedelta | None = None,
) -> dict[str, Any]:
    """What platforms and analytics claim beside what the ledger credits them and what was banked (analytics is in
    neither `claimed` nor `share`); and the metrics of each channel."""
    report = pipeline.attribution_report(
        workspace, period=period, without_flagged=without_flagged, view_through=view_through
    )
    spend = _facts(workspace, tables.SPEND)
    found = metrics.claimed_against_banked(report, spend, rates=pipeline.exchange_rates(workspace))
    seen = pipeline.analytics_claims_of(workspace, report)
    by_channel = metrics.channel_metrics(report, spend, _facts(workspace, tables.LEADS), zone=workspace.settings.zone)
    return _head(report) | {
        "model": report.model,
        "claimed": money(found.claimed_minor, report.currency),
        "banked": money(found.banked_minor, report.currency),
        "share": found.share,
        "rows": rows(claim_rows(found, seen), currency=report.currency),
        "analytics": rows(seen.rows, currency=report.currency),
        "analytics_channels": rows(seen.by_channel, currency=report.currency),
        "metrics": rows(by_channel, currency=report.currency),
    }


def claim_rows(found: metrics.Claims, seen: analytics_claims.AnalyticsClaims) -> pl.DataFrame:
    """The rows of `metrics.Claims` with kind "platform", and below them the analytics tools' claims for the social
    scope with kind "analytics"; a tool of another account than the default bears its name."""
    account = pl.col("account").str.split(":").list.last()
    name = pl.when(account == "default").then("tool").otherwise(pl.format("{} ({})", "tool", account))
    tools = seen.rows.with_columns(platform=name).select(found.rows.columns)
    return pl.concat(
        [found.rows.with_columns(kind=pl.lit("platform")), tools.with_columns(kind=pl.lit("analytics"))],
        how="vertical_relaxed",
    )


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
        "path_orders": with_touches(report, compare.orders_of_path(report, path)),
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
        "without_source": int(by_source.filter(pl.col("channel") == NOT_SET)["leads"].sum()),
        "without_post": int(by_source["leads"].sum()) - int(found.by_post["leads"].sum()),
        "rows": rows(by_source, currency=report.currency),
        "posts": rows(found.by_post, currency=report.currency),
    }


def behind_leads(
    workspace: Workspace, *, period: Period, name: str, lookback: dt.timedelta | None = None
) -> dict[str, Any]:
    """The single leads of a channel, source, medium, campaign or own post (its id); nothing is said of who they are."""
    report = pipeline.attribution_report(workspace, period=period, lookback=lookback)
    found = leads_named(pipeline.leads_of(workspace, report).single, name)
    return _head(report) | {
        "name": name,
        "leads": int((~found["is_deal"]).sum()),
        "won": int(found["won_at"].count()),
        "rows": rows(found, currency=report.currency),
    }
