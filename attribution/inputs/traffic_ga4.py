"""GA4's report CSV: the tables of a report or snapshot page as sums per dimension value, and its list of transactions.

A report without a Date column tells sums of its whole period; its days are never invented. These sums stand beside the
visits and are never added to them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import polars as pl

from attribution.inputs import translated
from attribution.inputs.cells import (
    OTHER_CURRENCY,
    Check,
    columns,
    counts,
    first_line,
    fractions,
    leave_out,
    money,
    no_nulls,
    put_aside,
    row_ids,
    unreadable,
    with_cells,
)
from attribution.inputs.times import days, in_zone
from attribution.inputs.touches import touches
from attribution.inputs.urls import without_addresses
from attribution.tables import UTC_TIME
from attribution.utm import normal_medium, normal_source, normal_value
from config.intake import Layout, Parsed, ReadContext, TextTable
from config.reading import normal_header

# Our column -> what GA4 calls it, the first present one counts.
_METRICS: Mapping[str, tuple[str, ...]] = {
    "users": ("total users", "users", "active users"),
    "new_users": ("new users",),
    "sessions": ("sessions",),
    "engaged_sessions": ("engaged sessions",),
    "pageviews": ("views",),
    "events": ("event count",),
    "key_events": ("key events", "conversions"),
    "revenue": ("total revenue", "purchase revenue"),
}
_DAY, _NTH, _HOUR = "date", "nth day", "hour"
_OTHER_METRICS = (
    *("engagement rate", "bounce rate", "average engagement time", "average engagement time per session"),
    *("average engagement time per active user", "engaged sessions per user", "engaged sessions per active user"),
    *("events per session", "sessions per user", "views per user", "views per active user", "views per session"),
    *("user engagement", "user key event rate", "session key event rate", "returning users", "event value"),
    *("session conversion rate", "transactions", "ecommerce purchases", "average session duration", "user stickiness"),
)
_DIMENSIONS = (
    *("channel group", "source", "medium", "campaign", "city", "country", "region", "language", "browser", "device"),
    *("platform", "page", "screen", "event name", "landing", "audience", "nth", "month", "week"),
    *("gender", "age", "new / returning", "operating system", "item"),
)
_TRANSLATED = {
    **translated.GA4,
    **translated.GA4_MORE,
    **{"sessions avec engagement": "engaged sessions", "utilisateurs": "users", "nouveaux utilisateurs": "new users"},
    **{"nombre total d'utilisateurs": "total users", "utilisateurs actifs": "active users", "vues": "views"},
    **{"événements clés": "key events", "revenu total": "total revenue", "nombre d'événements": "event count"},
    **{"groupe de canaux par défaut de la session": "session default channel group"},
    **{"sitzungen": "sessions", "nutzer": "users", "aktive nutzer": "active users", "neue nutzer": "new users"},
    **{"sitzungen mit interaktionen": "engaged sessions", "schlüsselereignisse": "key events", "aufrufe": "views"},
    **{"gesamtumsatz": "total revenue", "ereignisanzahl": "event count", "datum": "date"},
    **{"standard-channelgruppierung der sitzung": "session default channel group"},
    **{"sesiones": "sessions", "usuarios": "users", "usuarios activos": "active users", "usuarios nuevos": "new users"},
    **{"sesiones con interacción": "engaged sessions", "eventos clave": "key events", "vistas": "views"},
    **{"ingresos totales": "total revenue", "número de eventos": "event count", "fecha": "date"},
    **{"grupo de canales predeterminado de la sesión": "session default channel group"},
    **{"sesje": "sessions", "użytkownicy": "users", "aktywni użytkownicy": "active users", "data": "date"},
    **{"nowi użytkownicy": "new users", "wyświetlenia": "views", "łączne przychody": "total revenue"},
}
_START = ("start date", "date de début", "startdatum", "fecha de inicio", "data rozpoczęcia", *translated.GA4_START)
_END = ("end date", "date de fin", "enddatum", "fecha de finalización", "data zakończenia", *translated.GA4_END)
_TRANSACTION = "transaction id"


def read_report(table: TextTable, context: ReadContext) -> Parsed:
    """The table traffic_daily of one GA4 table; rows of a table without any figure we keep are left out."""
    known = {normal_header(name) for name in table.headers}
    metrics = {ours: next(n for n in names if n in known) for ours, names in _METRICS.items() if known & {*names}}
    dimensions = _dimensions(table)
    if not metrics:
        return Parsed({}, skipped=dict.fromkeys(table.frame["source_line"].to_list(), "no_known_metric"))
    wanted = (*dimensions, *metrics.values(), _DAY, _NTH, _HOUR)
    rows, skipped = leave_out(columns(table, tuple(dict.fromkeys(wanted))))
    blank = pl.all_horizontal(pl.col(name).is_null() for name in dimensions) if dimensions else pl.lit(False)
    undated = pl.all_horizontal(pl.col(name).is_null() for name in (_DAY, _NTH))
    totals = rows.filter(blank & undated)["source_line"].to_list() if dimensions else []
    rows = rows.filter(~pl.col("source_line").is_in(totals))
    checks = [*_CHECKS, _MORE_ENGAGED] if {"sessions", "engaged_sessions"} <= metrics.keys() else _CHECKS
    rows, rejected = put_aside(_with_days(_with_metrics(rows, metrics, decimal=context.decimal), table), checks)
    traffic = _traffic(rows, dimensions, metrics, context)
    return Parsed(
        {"traffic_daily": traffic},
        rejected,
        skipped | dict.fromkeys(totals, "total_row"),
        warnings=[*_note_warnings(table, context), *_warnings(traffic, metrics, context)],
        bare=traffic["revenue"].count() if "revenue" in metrics else 0,
    )


def _dimensions(table: TextTable) -> tuple[str, ...]:
    """The columns that split the rows: all that are neither figures of GA4 nor numbers throughout."""
    figures = {*_OTHER_METRICS, *(n for names in _METRICS.values() for n in names), _DAY, _NTH, _HOUR}
    left = [name for name in table.headers if normal_header(name) not in figures]
    numbers = [n for n in left if normal_header(n) not in _words(table) and not fractions(table.frame[n]).bad.any()]
    return tuple(normal_header(name) for name in left if name not in numbers or name == table.headers[0])


def _words(table: TextTable) -> set[str]:
    pattern = re.compile(rf"\b(?:{'|'.join(_DIMENSIONS)})\b")
    return {normal_header(name) for name in table.headers if pattern.search(normal_header(name))}


def _with_metrics(rows: pl.DataFrame, metrics: Mapping[str, str], *, decimal: str | None) -> pl.DataFrame:
    readers = {"revenue": partial(money, decimal=decimal), "key_events": partial(fractions, decimal=decimal)}
    told = {ours: rows[name].str.replace(r"(\.\d{4})\d+$", "${1}") for ours, name in metrics.items()}
    return with_cells(rows, {ours: readers.get(ours, counts)(texts) for ours, texts in told.items()})


def _with_days(rows: pl.DataFrame, table: TextTable) -> pl.DataFrame:
    start, end = (_told_day(table, names) for names in (_START, _END))
    first = pl.lit(start, dtype=pl.Date)
    nth = first + pl.duration(days=pl.col(_NTH).cast(pl.Int64, strict=False))
    dated = with_cells(rows.rename({_DAY: "day as told"}), {"day": days(rows[_DAY])})
    single = pl.coalesce("day", nth)
    return dated.with_columns(
        pl.coalesce(single, first).alias("date_from"),
        pl.coalesce(single, pl.lit(end, dtype=pl.Date)).alias("date_to"),
        pl.col(_HOUR).cast(pl.Int32, strict=False).alias("hour"),
    )


def _told_day(table: TextTable, names: Sequence[str]) -> object:
    told = next((table.said[name] for name in names if name in table.said), None)
    return days(pl.Series([told], dtype=pl.String)).values[0]


_CHECKS = (
    Check("bad_date", "the date cannot be read", unreadable("day"), ("day as told",)),
    Check("no_period", "neither the rows nor the lines above them tell a date", pl.col("date_from").is_null()),
    Check(
        "bad_number",
        "a figure cannot be read",
        pl.any_horizontal(pl.selectors.matches("^bad (users|new_users|sessions|engaged|page|events|key|rev)")),
    ),
)

_MORE_ENGAGED = Check(
    "engaged_above_sessions",
    "the row has more engaged sessions than sessions, so its columns are shifted or mixed; export the report again",
    pl.col("engaged_sessions") > pl.col("sessions"),
)
_NOT_WHOLE = re.compile(
    r"threshold|withheld|sampl(?:ed|ing)|échantillon|seuil|stichprobe|schwellenwert|muestre|umbral|próbk|prog(?:u|ow)",
    re.IGNORECASE,
)


def _traffic(
    rows: pl.DataFrame, dimensions: Sequence[str], metrics: Mapping[str, str], context: ReadContext
) -> pl.DataFrame:
    value = pl.concat_str([pl.col(n).fill_null("") for n in dimensions], separator=" | ") if dimensions else pl.lit("")
    named = rows.with_columns(
        pl.lit(" | ".join(dimensions)).alias("dimension"),
        value.alias("value"),
        *(_part(dimensions, word).alias(word) for word in ("source", "medium", "campaign", "channel")),
        pl.lit(context.currency if "revenue" in metrics else None, dtype=pl.String).alias("currency"),
    )
    key = ("date_from", "date_to", "hour", "dimension", "value")
    return named.with_columns(row_ids(named, key).alias("traffic_id"), without_addresses(pl.col("value"))).select(
        pl.lit(context.account).alias("account"),
        "traffic_id",
        pl.col("date_from").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(UTC_TIME).alias("starts_at"),
        *key,
        *("source", "medium", "campaign", "channel", *metrics, "currency", "source_line"),
    )


def _part(dimensions: Sequence[str], word: str) -> pl.Expr:
    """The dimension that is a source, a medium, a campaign or a channel; `source / medium` is both."""
    for name in dimensions:
        if "source / medium" in name and word in ("source", "medium"):
            text = pl.col(name).str.split_exact(" / ", 1).struct.field("field_0" if word == "source" else "field_1")
        elif word in name and not (word == "source" and "platform" in name):
            text = pl.col(name)
        else:
            continue
        if word == "channel":
            return text
        return {"source": normal_source, "medium": normal_medium}.get(word, normal_value)(text)
    return pl.lit(None, dtype=pl.String)


def _note_warnings(table: TextTable, context: ReadContext) -> list[str]:
    """What GA4 wrote above or below the table about figures that are not whole: sampled, or small ones withheld."""
    lines = [f"{key}: {text}" if key != "remarks" else text for key, text in table.said.items()]
    notes = [line for text in lines for line in text.splitlines() if _NOT_WHOLE.search(line)]
    shown = ["".join(c for c in note if c.isprintable())[:160] for note in notes]
    return [
        f'{context.file}: GA4 notes "{note}": its figures are sampled or leave small groups out, and are too low. For '
        "whole ones choose a shorter period or export its events (BigQuery)."
        for note in dict.fromkeys(shown)
    ][:3]


def _warnings(traffic: pl.DataFrame, metrics: Mapping[str, str], context: ReadContext) -> list[str]:
    warnings = []
    if "revenue" in metrics:
        warnings.append(f"GA4 does not name the currency of its revenue; taken as {context.currency}. {OTHER_CURRENCY}")
    others = traffic.filter(pl.col("value").str.contains(r"(?:^|\| )\(other\)"))
    if others.height:
        warnings.append(
            f"{context.file}, line {first_line(others)}: GA4 put values together as (other): the report has "
            "more of them than it shows. Export fewer dimensions or a shorter period to see them."
        )
    return warnings


def _joined(parsed: Parsed) -> Parsed:
    """Tables of one page with the same rows and other figures are one table; of two figures the later one counts."""
    traffic = parsed.tables.get("traffic_daily")
    if traffic is None or not traffic["traffic_id"].is_duplicated().any():
        return parsed
    others = [name for name in traffic.columns if name not in ("traffic_id", "source_line")]
    first = pl.col("source_line").min().over("traffic_id")
    lines = traffic.select("source_line", first.alias("first")).filter(pl.col("source_line") != pl.col("first"))
    joined = traffic.group_by("traffic_id", maintain_order=True).agg(
        *(pl.col(name).drop_nulls().last() for name in others), pl.col("source_line").min()
    )
    return replace(parsed, tables={**parsed.tables, "traffic_daily": joined}, part_of=dict(lines.iter_rows()))


def _is_report(names: Sequence[str]) -> bool:
    """Whether the columns are figures of GA4 beside one of its dimensions; days alone need a figure only it has."""
    figures = {*_OTHER_METRICS, *(n for some in _METRICS.values() for n in some)}
    found = {name for name in names if name in figures}
    others = [name for name in names if name not in figures and name not in (_DAY, _HOUR)]
    split = any(re.search(rf"\b(?:{'|'.join(_DIMENSIONS)})\b", name) for name in others)
    return len(others) <= 9 and bool(found if split else _DAY in names and found - {"views", "event count"})


GA4_REPORT = Layout(
    id="ga4_report",
    title="GA4 report (Share > Download file, CSV)",
    headers=frozenset(),
    sink="facts",
    read=read_report,
    system="ga4",
    synonyms=_TRANSLATED,
    patterns=translated.GA4_PATTERNS,
    not_with=frozenset(
        {*("impressions", "cost", "amount spent", "landing_url", "visitor", "session_id", _TRANSACTION, "queries")}
    ),
    recognise=_is_report,
    finish=_joined,
)

_TRANSACTION_COLUMNS = (
    *(_TRANSACTION, "date", "session source / medium", "session source", "session medium", "session campaign"),
    *("session manual source", "session manual medium", "session manual campaign"),
)


def read_transactions(table: TextTable, context: ReadContext) -> Parsed:
    """The table touches of an exploration by transaction id: the session that each order ended, told by day."""
    rows, skipped = leave_out(columns(table, _TRANSACTION_COLUMNS))
    totals = rows.filter(pl.col(_TRANSACTION).is_null() & pl.col("date").is_null())["source_line"].to_list()
    rows = rows.filter(~pl.col("source_line").is_in(totals))
    rows = rows.with_columns(no_nulls(rows[_TRANSACTION]).alias("order_ref"))
    rows, rejected = put_aside(with_cells(rows, {"day": days(rows["date"])}), _TRANSACTION_CHECKS)
    pair = pl.col("session source / medium").str.split_exact(" / ", 1).struct
    ref = pl.concat_str(pl.lit("transaction:"), "order_ref")
    named = rows.select(
        "order_ref",
        "source_line",
        ref.alias("visit_id"),
        ref.alias("visitor"),
        in_zone(pl.col("day").cast(pl.Datetime("us")), context.timezone).cast(UTC_TIME).alias("touched_at"),
        _tag("session manual source", "session source", pair.field("field_0")).alias("utm_source"),
        _tag("session manual medium", "session medium", pair.field("field_1")).alias("utm_medium"),
        _tag("session manual campaign", "session campaign").alias("utm_campaign"),
    )
    return Parsed({"touches": touches(named, context)}, rejected, skipped | dict.fromkeys(totals, "total_row"))


def _tag(*places: str | pl.Expr) -> pl.Expr:
    texts = [pl.col(place) if isinstance(place, str) else place for place in places]
    plain = [pl.when(~text.str.contains(r"^\(|^Unassigned$")).then(text) for text in texts]
    return pl.coalesce(plain)


_TRANSACTION_CHECKS = (
    Check("missing_order_id", "the row has no transaction id", pl.col("order_ref").is_null()),
    Check(
        "bad_date", "the date is missing or cannot be read; add the dimension Date", pl.col("day").is_null(), ("date",)
    ),
)

GA4_TRANSACTIONS = Layout(
    id="ga4_transactions",
    title="GA4 transactions (Explore > free form: Transaction ID, Date, Session source / medium; CSV)",
    headers=frozenset({_TRANSACTION, "date"}),
    one_of=(
        frozenset({"session source / medium"}),
        frozenset({"session source"}),
        frozenset({"session manual source"}),
    ),
    sink="facts",
    read=read_transactions,
    system="ga4",
)
