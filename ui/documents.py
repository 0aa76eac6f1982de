"""The JSON documents of the commands: one function each, the same figures that the pages show.

Money is a decimal string in the document's `currency`, ratios are numbers (1 = 100 %), unknown is null, times are ISO.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from babel.numbers import get_currency_precision

from config import intake
from config.clock import Period
from config.database import data_version
from config.workspace import Workspace
from listener import store, voice
from listener.feeling import MIN_SCORED, agreement_interval, feeling, feeling_by, not_scored, scored_by
from listener.health import read_health
from listener.quality import quality_of, true_share
from listener.queries import Query, QueryError, compile_query
from listener.rematching import by_other_queries
from listener.topics import read_topics
from ui import order_states, pipeline, table_freshness
from ui.cost_facts import days_json
from ui.stored_days import heard_days, together

if TYPE_CHECKING:
    from attribution.report import Report

EXAMPLES = 20  # at most so many rows stand as examples
SCHEMAS = Path(__file__).with_name("schemas")


def schema(command: str) -> dict[str, Any]:
    """The JSON Schema committed beside a command."""
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{command}.json").read_text(encoding="utf-8"))
    return loaded


def money(minor: int | None, currency: str) -> str | None:
    """Integer minor units as a decimal string: 1234 in EUR is "12.34"; null stays null."""
    if minor is None:
        return None
    digits = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def plain(value: Any) -> Any:
    """A value as JSON has it: times in ISO with Z, dates in ISO, decimals as strings, NaN as null."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def rows(frame: pl.DataFrame, *, currency: str) -> list[dict[str, Any]]:
    """The frame's rows; columns `x_minor` become `x` as money."""
    found = []
    for row in frame.iter_rows(named=True):
        found.append(
            {
                name.removesuffix("_minor"): money(value, currency) if name.endswith("_minor") else plain(value)
                for name, value in row.items()
            }
        )
    return found


def _head(period: Period, currency: str) -> dict[str, Any]:
    return {"period": {"since": period.since.isoformat(), "until": period.until.isoformat()}, "currency": currency}


def mentions(
    workspace: Workspace,
    *,
    period: Period,
    brand: str | None = None,
    query: str | None = None,
    label: str | None = None,
    author: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """Mentions, newest first, each with the visits, orders and revenue matched to it (never to be summed); how many
    there are and how many stories they tell; `known_days`: from when to when anything was heard of the brand."""
    since, until = period.bounds(workspace.settings.zone)
    choice: dict[str, Any] = {
        "brand": brand,
        "query_text": query,
        "since": since,
        "until": until,
        "label": label,
        "author": author,
    }
    found = store.read_mentions(workspace.engine, **choice, limit=limit)
    # A mention may be followed by orders after the period's end: match over all that is known.
    report = pipeline.attribution_report(workspace, period=pipeline.matching_period(workspace, period))
    heard = heard_days(workspace)
    return _head(period, report.currency) | {
        "total": store.count_mentions(workspace.engine, **choice),
        "stories": store.count_mentions(workspace.engine, **choice, stories=True),
        "known_days": days_json(together(*(days for name, days in heard.items() if brand in (None, name)))),
        "rows": rows(with_matches(found, report), currency=report.currency),
    }


def with_matches(found: pl.DataFrame, report: Report) -> pl.DataFrame:
    """The mentions with visits, orders (0 when none matched) and revenue_minor beside each."""
    matched = report.matched_revenue.select("mention_id", "visits", "orders", "revenue_minor")
    return found.join(matched, on="mention_id", how="left", maintain_order="left").with_columns(
        pl.col("visits", "orders", "revenue_minor").fill_null(0)
    )


def people(workspace: Workspace, *, period: Period, min_followers: int | None = None) -> dict[str, Any]:
    """Top mentioners of the own brands with the parts of their score and what they brought."""
    report = pipeline.attribution_report(workspace, period=period)
    found = pipeline.mentioners(
        workspace,
        mentions=pipeline.mentions_of(workspace, period),
        report=report,
        period=period,
        min_followers=min_followers,
    )
    return _head(period, report.currency) | {"rows": rows(found, currency=report.currency)}


def sentiment(workspace: Workspace, *, period: Period) -> dict[str, Any]:
    """Net sentiment of the own brands by language, brand, source and topic, what was not scored, and what a shown share
    of negative texts stands for given the scorer's measured mistakes.

    `enough`: whether there are texts enough to judge the net sentiment.
    """
    every = pipeline.mentions_of(workspace, period).filter(pl.col("brand").is_in(pipeline.own_brands(workspace)))
    found = every.unique("mention_id", keep="first", maintain_order=True)
    whole = feeling(found)
    topics = read_topics(workspace.engine, found["mention_id"].to_list())
    about = found.select("mention_id", "label").join(topics, on="mention_id").sort("topic", "mention_id")
    return {
        "period": _head(period, "")["period"],
        "net": whole.net,
        "low": whole.low,
        "high": whole.high,
        "scored": whole.scored,
        "enough": whole.enough,
        "not_scored": whole.not_scored,
        "rows": _judged(found, ["language"]),
        "brands": _judged(every, ["brand"]),
        "sources": _judged(found, ["source"]),
        "topics": _judged(about, ["topic", "kind"]),
        "not_scored_reasons": rows(not_scored(found), currency="EUR"),
        "quality": [_quality_row(row) for row in scored_by(found).iter_rows(named=True)],
    }


def _judged(mentions: pl.DataFrame, by: Sequence[str]) -> list[dict[str, Any]]:
    """`feeling_by` with `enough`: at least 30 scored texts."""
    return rows(feeling_by(mentions, by).with_columns(enough=pl.col("scored") >= MIN_SCORED), currency="EUR")


def _quality_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """One scorer's measured quality, how often people agree, and the share of negative texts behind the shown one."""
    quality = quality_of(row["scorer"] or "")
    told = true_share(row["negative"] / row["scored"], n=row["scored"], quality=quality) if quality else None
    agreed = agreement_interval(row["agreed"], row["reviewed"])
    return {
        "language": row["language"],
        "scorer": row["scorer"],
        "scored": row["scored"],
        "macro_f1": quality.macro_f1 if quality else None,
        "measured_on": quality.texts if quality else None,
        "recall_negative": quality.recall if quality else None,
        "precision_negative": quality.precision if quality else None,
        "negative_shown": row["negative"] / row["scored"],
        "negative_true": {"share": told.share, "low": told.low, "high": told.high} if told else None,
        "reviewed": row["reviewed"],
        "agreed": row["agreed"],
        "agreement": {"low": agreed[0], "high": agreed[1]} if agreed else None,
    }


def share_of_voice(workspace: Workspace, *, period: Period) -> dict[str, Any]:
    found = voice.share_of_voice(pipeline.mentions_of(workspace, period))
    return {"period": _head(period, "")["period"], "rows": rows(found, currency="EUR")}


def status(workspace: Workspace, *, now: dt.datetime) -> dict[str, Any]:
    """Freshness, source health, imports, what is quarantined, and the codes nobody has registered."""
    period = pipeline.period_of(workspace, now=now, since=dt.date(1970, 1, 1))
    orders, codes = order_states.orders_and_codes(workspace, period=period)
    ledger = intake.list_imports(workspace.engine)
    kept = intake.quarantine_reasons(workspace.engine)
    unknown = codes.filter(pl.col("state") == "unknown").group_by("code").len("orders")
    return {
        "workspace": workspace.settings.workspace.name,
        "simulated": workspace.settings.workspace.simulated,
        "as_of": period.until.isoformat(),
        "data_version": data_version(workspace.engine),
        "mentions": store.count_mentions(workspace.engine),
        "stories": store.count_mentions(workspace.engine, stories=True),
        "orders": orders.height,
        "unconverted_orders": orders.filter(pl.col("state") == "unconverted").height,
        "unconverted": _unconverted(orders),
        "refunds_without_order": _lost_refunds(workspace),
        "visits_naming_orders": asdict(pipeline.visits_naming_orders(workspace)),
        "freshness": [_fresh(one) for one in table_freshness.read(workspace, imports=ledger, as_of=period.until)],
        "sources": rows(_health(workspace, now=now), currency="EUR"),
        "queries": query_states(workspace),
        "imports": [_import_row(row) for row in ledger],
        "quarantine": {"rows": sum(kept.values()), "reasons": kept},
        "unknown_codes": rows(unknown.sort(["orders", "code"], descending=[True, False]), currency="EUR"),
    }


def _cents(column: str) -> pl.Expr:
    """An amount of a file as text, with two decimals at least; its currency is not known."""
    return pl.col(column).cast(pl.String).str.replace(r"0{1,2}$", "")


def _lost_refunds(workspace: Workspace) -> dict[str, Any]:
    """How many refunds lower nothing, as their order is not there, and the first of those orders."""
    found = pipeline.lost_refunds(workspace)
    return {
        "count": int(found["refunds"].sum()),
        "orders": found.height,
        "examples": rows(found.head(EXAMPLES).with_columns(amount=_cents("amount")), currency=""),
    }


CURES = {
    "no_rate": "Import a rate of your own: a file with the columns date, currency, rate, per",
    "no_currency": "Export the orders with their currency and import them again",
    "no_amount": "Export the orders with their subtotal and import them again",
}


def _unconverted(ledger: pl.DataFrame) -> list[dict[str, Any]]:
    """The orders outside every total, by currency and reason, with what to do about them."""
    counted = (
        ledger.filter(pl.col("state") == "unconverted")
        .group_by("reason", currency="currency_original")
        .agg(orders=pl.len())
        .sort("orders", "currency", "reason", descending=[True, False, False], nulls_last=True)
    )
    return [row | {"cure": CURES[row["reason"]]} for row in counted.iter_rows(named=True)]


def _fresh(one: table_freshness.TableFreshness) -> dict[str, Any]:
    gaps = [{"since": plain(first), "until": plain(last)} for first, last in one.holes]
    names = ("table", "rows", "oldest", "newest", "last_import", "since")
    return {name: plain(getattr(one, name)) for name in names} | {"holes": gaps}


def _health(workspace: Workspace, *, now: dt.datetime) -> pl.DataFrame:
    """`listener.health.read_health`; a simulated shop is not meant to be polled."""
    running = not workspace.settings.workspace.simulated
    found = read_health(workspace.engine, workspace.settings.source, now=now, running=running)
    return found.rename({"source": "name"})


def query_states(workspace: Workspace) -> list[dict[str, Any]]:
    """Each brand's query: what is wrong with it (None: it reads well), and how many stored mentions were counted by
    another one."""
    readable: list[tuple[str, Query]] = []
    problems: dict[str, str] = {}
    for brand in workspace.settings.brand:
        try:
            readable.append((brand.name, compile_query(brand.match, languages=workspace.settings.workspace.languages)))
        except QueryError as error:
            problems[brand.name] = str(error)
    other = by_other_queries(workspace.engine, readable)
    return [
        {
            "brand": brand.name,
            "query": brand.match,
            "problem": problems.get(brand.name),
            "counted_by_another": other.get(brand.name, 0),
        }
        for brand in workspace.settings.brand
    ]


def _import_row(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "file_name", "layout", "account", "state", "finished_at", "error")
    return {name: plain(row[name]) for name in names}


def as_line(document: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False)
