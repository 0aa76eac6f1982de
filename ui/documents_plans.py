"""The JSON documents of plans: costs, goals, campaigns; the same figures that their pages show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl

from attribution import costs as cost_days
from attribution.campaigns import Against
from attribution.goals import METRICS, Assessment
from config.clock import Period
from config.workspace import Workspace
from ui import campaign_data, goals, pipeline
from ui.campaign_data import Review
from ui.cost_facts import cost_days_known, days_json, left_out, missing_costs, scoped
from ui.documents import money, plain, rows

BY = ("kind", "campaign", "channel", "influencer", "brand", "month")


def costs(workspace: Workspace, *, period: Period, by: str) -> dict[str, Any]:
    """Costs of the social scope by day's part, what of other channels stands apart, kinds of which none is given."""
    report = pipeline.attribution_report(workspace, period=period)
    ours, apart = scoped(report)
    return {
        "period": {"since": period.since.isoformat(), "until": period.until.isoformat()},
        "currency": report.currency,
        "by": by,
        "total": money(cost_days.total_of(ours), report.currency),
        "out_of_scope": money(cost_days.total_of(apart), report.currency),
        "missing": missing_costs(report),
        "known_days": days_json(cost_days_known(workspace)),
        "unknown": rows(_unknown(report.daily_costs), currency=report.currency),
        "left_out": rows(left_out(report), currency=report.currency),
        "rows": rows(cost_days.costs_by(ours, by), currency=report.currency),
    }


def _unknown(daily: pl.DataFrame) -> pl.DataFrame:
    return daily.filter(pl.col("reason").is_not_null()).select("origin", "line", "kind", "reason")


def goal_list(workspace: Workspace, *, as_of: dt.date, archived: bool = False) -> dict[str, Any]:
    """Every goal with where it stands, its pace and forecast."""
    found = goals.assessed(workspace, goals.goals_of(workspace, archived=archived), as_of=as_of)
    currency = workspace.settings.workspace.currency
    return {"as_of": as_of.isoformat(), "currency": currency, "rows": [goal_row(one, currency) for one in found]}


def goal_row(found: Assessment, currency: str) -> dict[str, Any]:
    goal, unit = found.goal, found.goal.metric.unit

    def shown(value: float | None) -> Any:
        if value is None:
            return None
        return money(round(value), currency) if unit == "money" else value

    ends = ("low", "median", "high")
    above = found.growth.above if found.growth else None
    return {
        "id": goal.id,
        "name": goal.name,
        "purpose": goal.purpose,
        "metric": goal.metric.id,
        "unit": unit,
        "filters": dict(goal.filters),
        "from": goal.since.isoformat(),
        "to": goal.until.isoformat(),
        "owner": goal.owner,
        "archived": goal.archived,
        "state": found.state,
        "known_to": None if found.known_to is None else found.known_to.isoformat(),
        "baseline": shown(found.baseline),
        "target": shown(found.target),
        "value": shown(found.value),
        "plan": shown(found.plan),
        "progress": found.progress,
        "forecast": dict(zip(ends, (shown(end) for end in found.forecast or (None,) * 3), strict=True)),
        "above_trend": None if above is None else dict(zip(ends, above, strict=True)),
        "warnings": list(found.warnings),
    }


def metric_list() -> dict[str, Any]:
    """The catalogue of figures a goal may be about."""
    return {
        "rows": [
            {
                "metric": one.id,
                "purpose": one.purpose,
                "unit": one.unit,
                "kind": one.kind,
                "better": one.better,
                "filters": list(one.filters),
            }
            for one in METRICS.values()
        ]
    }


def campaign_list(workspace: Workspace, *, as_of: dt.date) -> dict[str, Any]:
    """Every campaign with what it cost, what came back, and what was said above the usual."""
    shown = campaign_data.campaigns_of(workspace)
    read = campaign_data.reader(workspace, shown, as_of=as_of)
    currency = workspace.settings.workspace.currency
    found = [campaign_row(campaign_data.review(read, one), currency) for one in shown]
    return {"as_of": as_of.isoformat(), "currency": currency, "rows": found}


def campaign_row(found: Review, currency: str) -> dict[str, Any]:
    one, early = found.campaign, found.early
    return {
        "id": one.id,
        "name": one.name,
        "from": one.since.isoformat(),
        "to": plain(one.until),
        "brand": one.brand,
        "state": found.state,
        "cost": money(found.cost_minor, currency),
        "missing_costs": list(found.missing),
        "direct": money(found.direct_minor, currency),
        "orders": found.orders,
        "new_customers": found.new_customers,
        "roas": found.roas,
        "cost_per_order": money(found.cost_per_order_minor, currency),
        "mentions": _against(found.talk),
        "visits": _against(found.visits),
        "too_early": {
            "days_missing": early.days_missing,
            "orders_missing": early.orders_missing,
            "open_until": plain(early.open_until),
        },
        "planned": {
            "budget": money(one.budget_minor, currency),
            "revenue": money(one.target_revenue_minor, currency),
            "orders": one.target_orders,
            "mentions": one.target_mentions,
        },
    }


def _against(found: Against | None) -> dict[str, Any] | None:
    if found is None:
        return None
    ends: Sequence[float | None] = found.above or (None, None, None)
    return {"n": found.actual, "above_usual": dict(zip(("low", "median", "high"), ends, strict=True))}
