"""The JSON document of the indirect return: the estimate, how sure it is, and what speaks against it."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from attribution import indirect
from attribution.lift import LEVEL, Interval, LiftEstimate
from attribution.lift_checks import Checks
from config.workspace import Workspace
from ui import history
from ui.documents import money, rows
from ui.lift_words import readiness, sentence


def lift(workspace: Workspace, *, now: dt.datetime, check: bool = False, by: str | None = None) -> dict[str, Any]:
    """The indirect return of all days that can be fitted; with `check`, what placebo shifts and the other checks say;
    with `by` ("source" or "brand"), that of each network's or own brand's talk beside the others'.

    `coverage` is the share of simulated worlds like these data, named by `world`, whose interval held the truth.
    """
    told = history.calibration(workspace, history.history(workspace, now=now).daily)
    daily, found = told.daily, indirect.estimate(told.daily, tests=told.tests, controls=told.controls)
    document = _estimate(found, workspace.settings.workspace.currency)
    document["experiments"] = rows(told.rows, currency=document["currency"])
    if by is not None:
        document["by"] = by
        document["groups"] = rows(history.lift_by(workspace, by=by, now=now), currency=document["currency"])
    if check:
        document["checks"] = _checks(indirect.checks(daily, found), document["currency"])
    return document


def _estimate(found: LiftEstimate, currency: str) -> dict[str, Any]:
    return {
        "period": {"since": _day(found.since), "until": _day(found.until)},
        "currency": currency,
        "pool": money(found.pool_minor, currency),
        "indirect": _interval(found.indirect, currency),
        "total": _interval(found.total, currency),
        "plain": _interval(found.plain, currency),
        "lagged": _interval(found.lagged, currency),
        "headline": found.headline,
        "level": LEVEL,
        "refused": list(found.refused),
        "reasons": [sentence(note) for note in found.reasons],
        "warnings": [sentence(note) for note in found.warnings],
        "warning_keys": [note.key for note in found.warnings],
        "readiness": asdict(found.readiness) | {"line": readiness(found.readiness)},
        "minimum_detectable": money(found.minimum_detectable_minor, currency),
        "world": found.world,
        "coverage": found.coverage_claim,
        "series_weights": dict(found.series_weights),
    }


def _checks(found: Checks | None, currency: str) -> dict[str, Any] | None:
    if found is None:
        return None
    placebo = found.placebo
    return {
        "lead": {"p": float(found.lead.p), "raised": found.lead.fired, "doubtful": found.lead.doubtful},
        "placebo": {"shifts": placebo.shifts, "rank": placebo.rank} if placebo else None,
        "largest_burst": {
            "mention_worth": money(round(found.burst.per_mention), currency),
            "mention_worth_without": money(round(found.burst.per_mention_without), currency),
            "carries_it_all": bool(found.burst.carries_it_all),
        },
        "findings": [sentence(note) for note in found.findings],
    }


def _interval(interval: Interval | None, currency: str) -> dict[str, str | None]:
    return {end: money(getattr(interval, end, None), currency) for end in ("low", "median", "high")}


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
