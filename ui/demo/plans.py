"""What the simulated shop writes down itself: hours, tools and gifts as costs, its campaigns, its goals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from ui.demo.world import Calendar, Code

Row = dict[str, Any]
RATE = "40"


def list_costs(calendar: Calendar) -> list[Row]:
    """The team's hours by month and campaign, a tool's fee, and shoes given to creators. Nothing that spend holds."""
    rows = []
    for first in sorted({day.replace(day=1) for day in calendar.all_days}):
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        start = max(first, calendar.start)
        rows.append(_cost(start, last, kind="labour", hours="13", rate=RATE, note="posts and answers"))
        rows.append(_cost(start, last, kind="tools", amount="59.00", note="scheduling and links"))
    for name, days, hours in (("summer26", calendar.summer, "10"), ("holiday26", calendar.holiday, "23.75")):
        rows.append(_cost(*days, kind="labour", hours=hours, rate=RATE, campaign=name, note="planning and filming"))
    rows.append(
        _cost(*calendar.holiday, kind="product_seeding", amount="312.00", campaign="holiday26", note="eight pairs")
    )
    return rows


def _cost(first: date, last: date, **more: str) -> Row:
    return {"currency": "EUR", "from": first, "to": last} | more


def list_campaigns(calendar: Calendar, codes: Sequence[Code]) -> list[Row]:
    """Both campaigns with their people and codes, and what was hoped for."""
    plans = (
        ("summer26", "Summer 26", calendar.summer, "2500", "6000", "80"),
        ("holiday26", "Holiday 26", calendar.holiday, "6500", "16000", "220"),
    )
    rows = []
    for tag, name, (first, last), budget, revenue, orders in plans:
        mine = [code for code in codes if code.campaign == tag]
        rows.append(
            {
                "name": name,
                "from": first,
                "to": last,
                "people": "; ".join(sorted({code.owner for code in mine if code.owner})),
                "codes": "; ".join(sorted(code.code for code in mine)),
                "utm_campaigns": tag,
                "budget": budget,
                "target_revenue": revenue,
                "target_orders": orders,
            }
        )
    return rows


def list_goals(calendar: Calendar) -> list[Row]:
    """Goals that run, one that is over and one that is too short to judge well."""
    quarter = calendar.end - timedelta(days=50), calendar.end + timedelta(days=41)
    past = calendar.end - timedelta(days=80), calendar.end - timedelta(days=20)
    return [
        _goal("Heard more often", "awareness", "mentions", "0.2", "change", quarter, "Jo"),
        _goal("Sales that talk brings", "sales", "direct_return", "36000", "absolute", quarter, "Sam"),
        _goal("Warmer words", "awareness", "net_sentiment", "0.05", "change", quarter, "Jo"),
        _goal("Creators who sell", "influencers", "code_orders", "0.25", "change", past, "Jo"),
        _goal("Holiday spend pays", "sales", "roas", "2.5", "absolute", calendar.holiday, ""),
    ]


def _goal(name: str, purpose: str, metric: str, target: str, how: str, days: tuple[date, date], owner: str) -> Row:
    return {
        **{"name": name, "purpose": purpose, "metric": metric, "target": target, "target_is": how},
        **{"from": days[0], "to": days[1], "owner": owner},
    }
