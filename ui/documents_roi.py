"""The JSON document of `earned roi`, and the same figures as one table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

import polars as pl

from attribution import indirect, roi_rows
from attribution.breakdown import By as Named
from attribution.cash import CashView
from attribution.channels import channel_of
from attribution.currency import decimal_text
from attribution.roi import ENDS, RoiReport
from attribution.value import Equivalent, Share
from config.plans import read_campaigns
from config.workspace import Workspace
from listener.feeling import Feeling
from ui import history, pipeline
from ui.cost_facts import days_json
from ui.roi_figures import RoiFigures

By = Literal["month", "channel", "campaign", "influencer", "brand", "code", "product"]
BREAKDOWNS: tuple[By, ...] = get_args(By)
ALLOCATED = ("influencer", "channel")
_MONEY_END = "_minor"


def roi(
    workspace: Workspace, found: RoiFigures, *, now: dt.datetime, by: By | None = None, allocate: bool = False
) -> dict[str, Any]:
    """The blend with what stands beside it; with `by`, rows. `allocate`: the indirect return shared out by who spoke,
    for rows by influencer or channel: an allocation, which no data show.
    """
    document = as_json(found)
    if by is None:
        return document
    frame = rows_by(workspace, found, by=by, now=now)
    if allocate and by in ALLOCATED:
        frame = frame.join(allocated(found, by=by), on="name", how="full", coalesce=True)
    shown = [_row(row, found.roi.currency, named=by) for row in frame.iter_rows(named=True)]
    return document | {"by": by, "allocated": allocate and by in ALLOCATED, "rows": shown}


def as_json(found: RoiFigures) -> dict[str, Any]:
    """The document of a period's figures, without rows."""
    currency = found.roi.currency
    return found.roi.as_json() | {
        "cost_missing": list(found.missing_costs),
        "cost_known_days": days_json(found.costs_known),
        "equivalents": _equivalents(found, currency),
        "campaign_talk": found.talk.as_json(currency),
        "previous": _other(found.before),
        "previous_year": _other(found.year_before),
        "cash_view": _cash(found.report.cash, found.roi.currency),
    }


def _cash(seen: CashView, currency: str) -> dict[str, Any]:
    return {
        "net_revenue": decimal_text(seen.net_minor, currency),
        "refunds": decimal_text(seen.refunded_minor, currency),
        "orders_with_undated_refunds": seen.undated,
    }


def _other(report: RoiReport | None) -> dict[str, Any] | None:
    if report is None:
        return None
    kept = ("period", "total", "direct", "other_tracked", "indirect", "unexplained", "cost", "roi")
    document = report.as_json()
    return {name: document[name] for name in kept}


def _equivalents(found: RoiFigures, currency: str) -> dict[str, Any]:
    single: dict[str, Any] = {
        one.kind: _amount(one, currency) for one in found.beside.amounts if one.kind != "unit_value"
    }
    units = {
        str(one.inputs["unit"]): _amount(one, currency) for one in found.beside.amounts if one.kind == "unit_value"
    }
    trust = {one.name: _share(one) for one in found.beside.shares} | {"net_sentiment": _feeling(found.beside.feeling)}
    return {**single, "unit_value": units, "savings": decimal_text(found.roi.savings_minor, currency), "trust": trust}


def _amount(one: Equivalent, currency: str) -> dict[str, Any]:
    return {
        "amount": decimal_text(one.amount_minor, currency),
        "low": decimal_text(one.low_minor, currency),
        "high": decimal_text(one.high_minor, currency),
        "on": one.on,
        "formula": one.formula,
        "note": one.note,
        "inputs": dict(one.inputs),
        "missing": list(one.missing),
    }


def _share(one: Share) -> dict[str, Any]:
    return {"share": one.share, "part": one.part, "whole": one.whole}


def _feeling(found: Feeling) -> dict[str, Any]:
    return {"net": found.net, "low": found.low, "high": found.high, "scored": found.scored}


def rows_by(workspace: Workspace, found: RoiFigures, *, by: By, now: dt.datetime) -> pl.DataFrame:
    """The rows of a breakdown, `name` first; money in minor units."""
    if by == "month":
        return by_month(found)
    if by == "brand":
        return by_brand(workspace, found, now=now)
    named: Named = by
    rows = roi_rows.named(found.report, named)
    if by != "influencer":
        return rows
    worth = roi_rows.renewals(found.report).select(
        "name",
        *("flagged_minor", "repeat_minor", "commission_minor", "fee_minor"),
        renew_low_minor="low_minor",
        renew_median_minor="median_minor",
        renew_high_minor="high_minor",
    )
    return rows.join(worth, on="name", how="left", maintain_order="left")


def by_month(found: RoiFigures) -> pl.DataFrame:
    """`roi_rows.months` with indirect_low_minor, _median, _high, unexplained_minor, roi_low, roi_median, roi_high."""
    rows, margin = roi_rows.months(found.report), found.roi.margin
    parts = indirect.part_by_month(found.report, found.lift)
    ends: dict[str, list[int | None]] = {
        end: [getattr(parts.get(name), end, None) for name in rows["name"]] for end in ENDS
    }
    estimated = rows.with_columns(pl.Series(f"indirect_{end}_minor", ends[end], dtype=pl.Int64) for end in ENDS)
    paid = pl.when(pl.col("cost_minor") > 0).then(pl.col("cost_minor"))
    blended = {
        f"roi_{end}": (pl.col("direct_minor") + pl.col(f"indirect_{end}_minor")) * margin / paid - 1 for end in ENDS
    }
    return estimated.with_columns(
        unexplained_minor=pl.col("uncredited_minor") - pl.col("indirect_median_minor").fill_null(0), **blended
    )


def by_brand(workspace: Workspace, found: RoiFigures, *, now: dt.datetime) -> pl.DataFrame:
    """`roi_rows.brands` with the lift of each brand's talk over all fitted days where the data allow it."""
    campaigns = read_campaigns(workspace.engine).drop_nulls("brand")
    of_campaign = {
        name.lower(): row["brand"]
        for row in campaigns.iter_rows(named=True)
        for name in (row["name"], *row["utm_campaigns"], *row["cost_campaigns"])
    }
    rows = roi_rows.brands(found.report, of_campaign=of_campaign, own=pipeline.own_brands(workspace))
    lifts = history.lift_by(workspace, by="brand", now=now).rename(
        {"group": "name", **{f"{end}_minor": f"lift_{end}_minor" for end in ENDS}, "reason": "lift_reason"}
    )
    return rows.join(lifts, on="name", how="left", maintain_order="left")


def allocated(found: RoiFigures, *, by: str) -> pl.DataFrame:
    """name, indirect_allocated_low_minor, _median, _high: the indirect return in proportion to the period's stories of
    each author (influencer) or network (channel). Nothing shows that it fell so."""
    whole = found.roi.indirect
    names = [f"indirect_allocated_{end}_minor" for end in ENDS]
    schema = {"name": pl.String, **dict.fromkeys(names, pl.Int64)}
    total = found.stories.height
    if whole is None or not total:
        return pl.DataFrame(schema=schema)
    said = found.stories.with_columns(
        source="network",
        medium=pl.lit(None, dtype=pl.String),
        campaign=pl.lit(None, dtype=pl.String),
        evidence=pl.lit("referrer"),
    )
    name = pl.col("author_key") if by == "influencer" else pl.col("channel")
    named = channel_of(said, rules=found.report.channel_rules) if by == "channel" else said
    counted = named.filter(name.is_not_null()).group_by(name.alias("name")).len()
    rows = [
        (who, *(round(getattr(whole, end) * n / total) for end in ENDS))
        for who, n in counted.sort("len", "name", descending=[True, False]).iter_rows()
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


_GROUPED = ("indirect", "roi", "renew", "lift", "indirect_allocated")


def _row(row: Mapping[str, Any], currency: str, *, named: str) -> dict[str, Any]:
    """A row as JSON has it: money as text, x_low, x_median and x_high under x."""
    told: dict[str, Any] = {}
    for key, raw in row.items():
        money = key.endswith(_MONEY_END)
        shown = decimal_text(raw, currency) if money else raw
        name = key.removesuffix(_MONEY_END)
        group, _, end = name.rpartition("_")
        if group in _GROUPED and end in ENDS:
            told.setdefault({"roi": "roi_range", "renew": "renew_at_most"}.get(group, group), {})[end] = shown
        else:
            told[named if name == "name" else name] = shown
    return told


def table(document: Mapping[str, Any]) -> pl.DataFrame:
    """The document's figures as rows: figure, low, value, high, unit (the currency, or a ratio where 1 is 100 %)."""
    rows = [
        (figure, *ends, document["currency"] if unit == "money" else "ratio")
        for figure, ends, unit in _figures(document)
    ]
    schema = dict.fromkeys(("figure", "low", "value", "high", "unit"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _figures(document: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str | None, ...], str]]:
    for name in ("total", "direct", "other_tracked", "indirect", "unexplained", "cost", "net_return"):
        yield name, _ends(document[name]), "money"
    yield "break_even", _ends(document["break_even"]["net_revenue"]), "money"
    for name, value in document["roi"].items():
        yield f"roi_{name}", _ends(value), "ratio"
    talk = document["campaign_talk"]
    for name in ("direct", "indirect", "cost"):
        yield f"campaign_talk_{name}", _ends(talk[name]), "money"
    for name, value in talk["roi"].items():
        yield f"campaign_talk_roi_{name}", _ends(value), "ratio"
    beside = document["equivalents"]
    for name, one in beside.items():
        if isinstance(one, Mapping) and "amount" in one:
            yield name, (one["low"], one["amount"], one["high"]), "money"
    for unit, one in beside["unit_value"].items():
        yield f"unit_value_{unit}", (one["low"], one["amount"], one["high"]), "money"


def _ends(value: Any) -> tuple[str | None, ...]:
    if isinstance(value, Mapping):
        return tuple(None if value[end] is None else str(value[end]) for end in ENDS)
    return (None, None if value is None else str(value), None)
