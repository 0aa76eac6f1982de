"""Search: Google Search Console's queries, and what a click on a keyword costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from attribution.inputs.cells import (
    Check,
    bare_note,
    columns,
    currency_told,
    fractions,
    leave_out,
    money,
    no_nulls,
    put_aside,
    row_ids,
    unreadable,
    whole_numbers,
    with_cells,
)
from attribution.inputs.times import days
from attribution.tables import MONEY, UTC_TIME
from config.intake import Layout, Parsed, ReadContext, TextTable

_ID = ("date_from", "date_to", "query", "page")


def read_queries(table: TextTable, context: ReadContext) -> Parsed:
    """The table search_queries: rows of queries, of pages, or of days (then without a query), as exported."""
    rows, skipped = leave_out(columns(table, ("query", "page", "date", "clicks", "impressions", "position")))
    read = {name: whole_numbers(rows[name]) for name in ("clicks", "impressions")}
    read |= {"position": fractions(rows["position"], decimal=context.decimal), "date_from": days(rows["date"])}
    rows, rejected = put_aside(with_cells(rows, read), _QUERY_CHECKS)
    rows = rows.with_columns(pl.col("date_from").alias("date_to"), pl.lit(context.account).alias("account"))
    return Parsed({"search_queries": _identified(rows)}, rejected, skipped)


def _identified(rows: pl.DataFrame) -> pl.DataFrame:
    start = pl.col("date_from").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(UTC_TIME)
    return rows.with_columns(row_ids(rows, _ID).alias("query_id"), start.alias("starts_at")).select(
        *("account", "query_id", "starts_at", *_ID, "clicks", "impressions", "position", "source_line")
    )


def _dated(parsed: Parsed) -> Parsed:
    """Queries carry no dates: their period is that of the days in the same archive."""
    queries = parsed.tables.get("search_queries")
    if queries is None or not queries["date_from"].has_nulls():
        return parsed
    start, end = queries.select(pl.col("date_from").min(), pl.col("date_to").max().alias("end")).row(0)
    if start is None:
        text = "The queries tell no period; import the whole archive, whose Chart.csv tells it."
        return replace(parsed, warnings=[*parsed.warnings, text])
    filled = queries.with_columns(pl.col("date_from").fill_null(start), pl.col("date_to").fill_null(end))
    return replace(parsed, tables={"search_queries": _identified(filled)})


_QUERY_CHECKS = (
    Check(
        "missing_query",
        "the row names no query, page or day",
        pl.all_horizontal(pl.col(name).is_null() for name in ("query", "page", "date")),
    ),
    Check("bad_date", "the date cannot be read", unreadable("date_from"), ("date",)),
    Check(
        "bad_number",
        "clicks, impressions or position is no number",
        pl.any_horizontal(unreadable(name) for name in ("clicks", "impressions", "position")),
    ),
)

SEARCH_CONSOLE = Layout(
    id="search_console",
    title="Google Search Console (Performance > Export, ZIP or its Queries.csv)",
    headers=frozenset({"clicks", "impressions", "ctr", "position"}),
    one_of=(frozenset({"query"}), frozenset({"page"}), frozenset({"date"})),
    sink="facts",
    read=read_queries,
    system="search_console",
    synonyms={
        **{"top queries": "query", "queries": "query", "top pages": "page", "pages": "page"},
        **{"requêtes les plus fréquentes": "query", "pages les plus populaires": "page", "clics": "clicks"},
        **{"häufigste suchanfragen": "query", "klicks": "clicks", "impressionen": "impressions"},
        **{"principales consultas": "query", "impresiones": "impressions", "posición": "position"},
        **{
            "najczęstsze zapytania": "query",
            "kliknięcia": "clicks",
            "wyświetlenia": "impressions",
            "pozycja": "position",
        },
    },
    finish=_dated,
)

_PRICES = ("cpc", "low", "high")


def read_prices(table: TextTable, context: ReadContext) -> Parsed:
    """The table keyword_prices. Where only a range of bids is told, the price is its middle."""
    rows, skipped = leave_out(columns(table, ("keyword", "currency", "searches", *_PRICES)))
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in ("keyword", "currency"))
    told = currency_told(pl.col("cpc"))
    written: dict[str, Any] = {"currency": rows["currency"], "default": context.currency, "decimal": context.decimal}
    read = {name: money(rows[name], **written) for name in _PRICES}
    read |= {"searches_monthly": whole_numbers(rows["searches"])}
    rows, rejected = put_aside(with_cells(rows.with_columns(told.alias("told")), read), _PRICE_CHECKS)
    middle = ((pl.col("low").cast(pl.Float64) + pl.col("high").cast(pl.Float64)) / 2).round(4).cast(MONEY)
    known = pl.any_horizontal(pl.col(name).is_not_null() for name in _PRICES)
    prices = rows.select(
        pl.lit(context.account).alias("account"),
        pl.col("keyword").str.to_lowercase(),
        pl.coalesce("cpc", middle).alias("cpc"),
        pl.col("low").alias("cpc_low"),
        pl.col("high").alias("cpc_high"),
        pl.when(known)
        .then(pl.coalesce(pl.col("currency").str.to_uppercase(), "told", pl.lit(context.currency)))
        .alias("currency"),
        "searches_monthly",
        "source_line",
    )
    bare = rows.filter(known & pl.all_horizontal(pl.col("currency", "told").is_null())).height
    return Parsed({"keyword_prices": prices}, rejected, skipped, warnings=bare_note(bare, context.currency), bare=bare)


_PRICE_CHECKS = (
    Check("missing_keyword", "the row names no keyword", pl.col("keyword").is_null()),
    Check("bad_money", "a price cannot be read", pl.any_horizontal(unreadable(name) for name in _PRICES), ("cpc",)),
    Check("bad_number", "the number of searches cannot be read", unreadable("searches_monthly")),
)

KEYWORD_PRICES = Layout(
    id="keyword_prices",
    title="keyword prices (keyword, cpc, currency; or Google's Keyword Planner)",
    headers=frozenset({"keyword"}),
    one_of=(frozenset({"cpc"}), frozenset({"low", "high"})),
    sink="facts",
    read=read_prices,
    patterns=((r"(?:avg\. |average )?cpc(?: \((?P<currency>[a-z]{3})\))?", "cpc"),),
    synonyms={
        **{"top of page bid (low range)": "low", "top of page bid (high range)": "high"},
        **{
            "avg. monthly searches": "searches",
            "volume": "searches",
            "search volume": "searches",
            "cost per click": "cpc",
        },
    },
    not_with=frozenset({"campaign"}),
)
