"""Text cells to values: the columns a layout wants, money, whole numbers, times, days, and rows that cannot be used.

How a number is written is decided per column, where single cells leave it open: `1,234` beside `1.234,56` is 1.234 and
beside `1,234.56` it is 1234.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from babel.numbers import list_currencies

from attribution.tables import MONEY, UTC_TIME
from config.intake import Rejected, TextTable, normal_header

NULL_WORDS = ("", "-", "--", "n/a", "na", "(not set)", "null", "none", "nan", "undefined", "#ref!", "#n/a", "#value!")
TOTALS = r"(?i)^(?:grand total|totals?|łącznie|razem|összesen|סה\"כ|الإجمالي|tổng(?: cộng)?)\s*(?::.*)?$"
_DIGITS = {chr(start + n): str(n) for start in (0x660, 0x6F0) for n in range(10)} | {"\u066b": ".", "\u066c": ","}
_DASHES = dict.fromkeys(("\u2010", "\u2011", "\u2012", "\u2013", "\u2212"), "-")
_MARKS = dict.fromkeys(("\u200b", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u2066", "\u2067", "\u2069"), "")
_WORDS = ("zł", "ft", "kr", "kč", "lei", "лв", "rs", "sfr", "fr", "r$", "us$", "د.إ", "ر.س", "ج.م")
_UNITS = "|".join(re.escape(word) for word in sorted({*_WORDS, *list_currencies()}, key=lambda w: (-len(w), w)))
_UNIT_BEFORE = rf"(?i)^([-(\s]*)(?:{_UNITS})\.?([^\p{{L}}]|$)"
_UNIT_AFTER = rf"(?i)(?:{_UNITS})\.?([-)\s]*)$"
_ISO_TIME = (
    r"^(\d{4}[-/]\d{1,2}[-/]\d{1,2})(?:[T ]+(\d{1,2}:\d{2})(:\d{2})?([.,]\d{1,9})?)?\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
_WRITTEN = " as written"
_LOST_ID = r"^\d(?:[.,]\d+)?[eE]\+?\d+$"
_PLAIN_VALUE = re.compile(r"^[\d\s.,:;+\-/()€$£¥%TZ#]{1,30}$")
_EXCEL_DAY_ONE = pl.datetime(1899, 12, 30, time_unit="us")


@dataclass(frozen=True)
class Cells:
    """A column of values; `bad` marks texts that could not be read, `unsure` counts those that had two readings."""

    values: pl.Series
    bad: pl.Series
    unsure: int = 0


@dataclass(frozen=True)
class Check:
    """A reason to put a row aside: where `bad` holds, with the message for people and the columns to show."""

    reason: str
    message: str
    bad: pl.Expr
    shown: tuple[str, ...] = ()


def columns(table: TextTable, names: Sequence[str]) -> pl.DataFrame:
    """`source_line`, `first_cell`, and the columns whose headers read like `names`; empty and absent as null."""
    actual: dict[str, str] = {}
    for header in table.headers:
        actual.setdefault(normal_header(header), header)
    picked = [
        (
            pl.col(actual[normal_header(name)]).str.strip_chars().replace("", None)
            if normal_header(name) in actual
            else pl.lit(None, dtype=pl.String)
        ).alias(name)
        for name in names
    ]
    first = pl.col(table.headers[0]).str.strip_chars().alias("first_cell")
    return table.frame.select("source_line", first, *picked)


def with_cells(frame: pl.DataFrame, read: Mapping[str, Cells]) -> pl.DataFrame:
    """The frame with each column of values and, as `bad NAME`, which of them could not be read.

    A column of texts that the values replace stays, as `NAME as written`.
    """
    frame = frame.with_columns(pl.col(name).alias(f"{name}{_WRITTEN}") for name in read if name in frame.columns)
    added = [column for name, cells in read.items() for column in (cells.values.alias(name), _flag(name, cells))]
    return frame.with_columns(added)


def _flag(name: str, cells: Cells) -> pl.Series:
    return cells.bad.alias(f"bad {name}")


def unreadable(name: str) -> pl.Expr:
    """True where the column that `with_cells` added under `name` holds a text that could not be read."""
    return pl.col(f"bad {name}")


def put_aside(frame: pl.DataFrame, checks: Sequence[Check]) -> tuple[pl.DataFrame, list[Rejected]]:
    """The usable rows, and the others with the first reason that holds. Values are shown only where harmless."""
    first = pl.coalesce(
        *(pl.when(check.bad).then(pl.lit(place, dtype=pl.Int32)) for place, check in enumerate(checks)),
        pl.lit(-1, dtype=pl.Int32),
    )
    judged = frame.with_columns(first.alias("check"))
    rejected = []
    for row in judged.filter(pl.col("check") >= 0).iter_rows(named=True):
        check = checks[row["check"]]
        kept = {name.removesuffix(_WRITTEN): shown(row[name]) for name in check.shown}
        rejected.append(Rejected(row["source_line"], check.reason, check.message, kept))
    return judged.filter(pl.col("check") < 0).drop("check"), rejected


def shown(value: str | None) -> str | None:
    """The value if it can hold nothing about a person (digits, dates, amounts), else only that there was a text."""
    if value is None or (_PLAIN_VALUE.match(value) and not value.startswith("+")):
        return value
    return f"(text of {len(value)} characters)"


def no_nulls(texts: pl.Series) -> pl.Series:
    """The texts, trimmed, with the words that exports write for "nothing" as null."""
    trimmed = texts.cast(pl.String).str.strip_chars()
    return trimmed.set(trimmed.str.to_lowercase().is_in(NULL_WORDS), None)


def money(texts: pl.Series) -> Cells:
    """Amounts as Decimal(18,4): any usual separators, currency signs, (12.00) and 12.00- as negative, `--` as null.

    Bad: anything else, more than four decimals, more than 14 digits before the point.
    """
    parts = _number_parts(texts, whole=False)
    good = (pl.col("fraction").str.len_chars() <= 4) & (pl.col("integer").str.len_chars() <= 14)
    number = pl.concat_str(pl.col("sign"), pl.col("integer"), pl.lit("."), pl.col("fraction"), pl.lit("0"))
    read = parts.with_columns(pl.when(pl.col("fits") & good).then(number).alias("number"))
    return _cells(read, read["number"].cast(MONEY, strict=False))


def whole_numbers(texts: pl.Series) -> Cells:
    """Counts as Int64; `1,234` and `1.234` are 1234, `1000.0` is 1000. Bad: fractions, `1.2K`, words."""
    parts = _number_parts(texts, whole=True)
    good = (pl.col("fraction") == "") & (pl.col("integer").str.len_chars() <= 18)
    number = pl.concat_str(pl.col("sign"), pl.col("integer"))
    read = parts.with_columns(pl.when(pl.col("fits") & good).then(number).alias("number"))
    return _cells(read, read["number"].cast(pl.Int64, strict=False))


def fractions(texts: pl.Series) -> Cells:
    """Numbers as Float64 (platforms claim parts of conversions)."""
    parts = _number_parts(texts, whole=False)
    number = pl.concat_str(pl.col("sign"), pl.col("integer"), pl.lit("."), pl.col("fraction"), pl.lit("0"))
    read = parts.with_columns(pl.when(pl.col("fits")).then(number).alias("number"))
    return _cells(read, read["number"].cast(pl.Float64, strict=False))


def _cells(parts: pl.DataFrame, values: pl.Series) -> Cells:
    bad = parts["text"].is_not_null() & values.is_null()
    return Cells(values, bad, int(parts["unsure"].sum() or 0))


def _number_parts(texts: pl.Series, *, whole: bool) -> pl.DataFrame:
    """Columns text, sign, integer, fraction, fits, unsure of each number, grouping taken out by the column's habit."""
    bare = pl.col("text").str.replace(_UNIT_BEFORE, "${1}${2}").str.replace(_UNIT_AFTER, "${1}")
    body = bare.str.replace_all(r"[-()'’\s\p{Sc}]", "")
    frame = (
        no_nulls(_plain(texts))
        .to_frame("text")
        .with_columns(
            pl.when(pl.col("text").str.contains(r"^\(.*\)$|-\s*$|^[^\d]*-"))
            .then(pl.lit("-"))
            .otherwise(pl.lit(""))
            .alias("sign"),
            body.alias("body"),
        )
        .with_columns(
            pl.col("body").str.count_matches(".", literal=True).alias("dots"),
            pl.col("body").str.count_matches(",", literal=True).alias("commas"),
        )
        .with_columns(_decimal_mark(whole=whole).alias("mark"))
    )
    comma_votes, dot_votes = ((frame["mark"] == mark).sum() for mark in (",", "."))
    mark = "," if (comma_votes or 0) > (dot_votes or 0) else "."
    lone = pl.col("body").str.extract(r"([.,])", 1)
    open_ = pl.col("mark") == "?"
    settled = pl.when(open_).then(pl.when(lone == mark).then(lone).otherwise(pl.lit(""))).otherwise(pl.col("mark"))
    undecided = open_ & pl.lit(not comma_votes and not dot_votes)
    return frame.with_columns(settled.alias("mark"), undecided.alias("unsure")).pipe(_split_at_mark)


def _plain(texts: pl.Series) -> pl.Series:
    swap = _DIGITS | _DASHES | _MARKS
    return texts.cast(pl.String).str.normalize("NFKC").str.replace_many(list(swap), list(swap.values()))


def _decimal_mark(*, whole: bool) -> pl.Expr:
    """Which sign is the decimal mark of `body`: "." or ",", "" for none, "?" where one cell alone cannot tell."""
    both = (pl.col("dots") > 0) & (pl.col("commas") > 0)
    last = pl.col("body").str.extract(r"([.,])[^.,]*$", 1)
    grouped_alike = (pl.col("dots") + pl.col("commas")) > 1
    three_digits = pl.col("body").str.contains(r"^[1-9]\d{0,2}[.,]\d{3}$")
    return (
        pl.when(last.is_null() | (grouped_alike & ~both))
        .then(pl.lit(""))
        .when(~both & three_digits)
        .then(pl.lit("" if whole else "?"))
        .otherwise(last)
    )


def _split_at_mark(frame: pl.DataFrame) -> pl.DataFrame:
    body, mark = pl.col("body"), pl.col("mark")
    at_dot, at_comma = (body.str.extract_groups(rf"^([\d.,]*?)(?:[{sign}](\d*))?$") for sign in (".", ","))
    groups = pl.when(mark == ".").then(at_dot).otherwise(at_comma)
    split = frame.with_columns(
        pl.when(mark == "").then(body).otherwise(groups.struct.field("1")).alias("left"),
        pl.when(mark == "").then(pl.lit("")).otherwise(groups.struct.field("2")).fill_null("").alias("right"),
    )
    left = pl.col("left")
    grouped = left.str.contains(r"^\d{0,20}$") | left.str.contains(
        r"^\d{1,3}(?:(?:\.\d{2,3})*\.\d{3}|(?:,\d{2,3})*,\d{3})$"
    )
    return split.with_columns(
        left.str.replace_all(r"[.,]", "").str.strip_chars_start("0").alias("integer"),
        pl.col("right").str.strip_chars_end("0").alias("fraction"),
        (grouped & body.str.contains(r"\d") & pl.col("right").str.contains(r"^\d*$")).fill_null(False).alias("fits"),
    ).with_columns(pl.when(pl.col("integer") == "").then(pl.lit("0")).otherwise(pl.col("integer")).alias("integer"))


def lost_id(name: str) -> pl.Expr:
    """True where an id came through a spreadsheet as `4.54E+12`: its last digits are gone."""
    return pl.col(name).str.contains(_LOST_ID).fill_null(False)


def instants(texts: pl.Series, *, zone: str) -> Cells:
    """Times as UTC: ISO with offset; without one in `zone`; epoch s, ms, µs; Excel's day numbers, in `zone`.

    An hour that the clock change repeats is its first; one that it skips is moved an hour on. Bad: anything else, and
    years outside 2000-2100.
    """
    frame = (
        no_nulls(_plain(texts))
        .to_frame("text")
        .with_columns(
            pl.col("text").str.extract_groups(_ISO_TIME).alias("iso"),
            pl.col("text").str.extract(r"^(\d{10}|\d{13}|\d{16})$", 1).alias("epoch"),
            pl.col("text").str.extract(r"^(\d{5}(?:\.\d+)?)$", 1).cast(pl.Float64, strict=False).alias("serial"),
        )
    )
    day, clock, seconds, fraction, offset = (pl.col("iso").struct.field(str(n)) for n in range(1, 6))
    written = pl.concat_str(
        day.str.replace_all("/", "-"),
        pl.lit("T"),
        clock.fill_null("00:00"),
        seconds.fill_null(":00"),
        fraction.fill_null("").str.replace(",", ".").str.head(7),
    )
    naive = written.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")
    serial = _EXCEL_DAY_ONE + pl.duration(microseconds=(pl.col("serial") * 86_400_000_000).round().cast(pl.Int64))
    shift = pl.when(offset.str.contains(r"^[+-]")).then(_minutes(offset)).when(offset.is_not_null()).then(0)
    read = frame.with_columns(
        naive.alias("naive"), shift.alias("shift"), _epoch(pl.col("epoch")).alias("since_1970"), serial.alias("excel")
    ).with_columns(
        pl.coalesce(
            (pl.col("naive") - pl.duration(minutes=pl.col("shift"))).dt.replace_time_zone("UTC"),
            pl.when(pl.col("iso").struct.field("5").is_null()).then(in_zone(pl.coalesce("naive", "excel"), zone)),
            pl.col("since_1970"),
        )
        .cast(UTC_TIME)
        .alias("time")
    )
    plausible = pl.col("time").dt.year().is_between(2000, 2100)
    values = read.select(pl.when(plausible).then(pl.col("time"))).to_series()
    return Cells(values, read["text"].is_not_null() & values.is_null())


def _minutes(offset: pl.Expr) -> pl.Expr:
    """`-0530` or `-05:30` -> -330; null beyond 14 hours."""
    hours = offset.str.slice(1, 2).cast(pl.Int64, strict=False)
    minutes = hours * 60 + offset.str.tail(2).cast(pl.Int64, strict=False)
    signed = pl.when(offset.str.starts_with("-")).then(-minutes).otherwise(minutes)
    return pl.when(minutes <= 14 * 60).then(signed)


def _epoch(digits: pl.Expr) -> pl.Expr:
    factor = pl.when(digits.str.len_chars() == 10).then(1_000_000).when(digits.str.len_chars() == 13).then(1000)
    return (
        (digits.cast(pl.Int64, strict=False) * factor.otherwise(1)).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    )


def in_zone(naive: pl.Expr, zone: str) -> pl.Expr:
    """Wall clock times of `zone` as UTC."""
    local = pl.coalesce(
        naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null"),
        (naive + pl.duration(hours=1)).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null"),
    )
    return local.dt.convert_time_zone("UTC")


def days(texts: pl.Series) -> Cells:
    """Dates: 2026-11-20, 20261120, 20.11.2026, and 20/11/2026 or 11/20/2026 as the column's other dates tell.

    Bad: anything else, and slashed dates of a column in which no day is above 12.
    """
    frame = (
        no_nulls(_plain(texts))
        .to_frame("text")
        .with_columns(
            pl.col("text")
            .str.extract(r"^(\d{4}-?\d{2}-?\d{2})(?:[T ]00:00(?::00)?)?$", 1)
            .str.replace_all("-", "")
            .alias("iso"),
            pl.col("text").str.extract_groups(r"^(\d{1,2})([./-])(\d{1,2})[./-](\d{4})$").alias("parts"),
        )
        .unnest("parts")
    )
    first, second = (pl.col(name).cast(pl.Int32, strict=False) for name in ("1", "3"))
    dotted = (pl.col("2") == ".").fill_null(False)
    votes = frame.select(
        ((first > 12) & ~dotted).any().alias("day_first"), ((second > 12) & ~dotted).any().alias("month_first")
    ).row(0, named=True)
    year = pl.col("4").cast(pl.Int32, strict=False)
    day_first = dotted | (first > 12) | pl.lit(votes["day_first"] and not votes["month_first"])
    month_first = (second > 12) | pl.lit(votes["month_first"] and not votes["day_first"])
    read = pl.coalesce(
        pl.col("iso").str.to_date("%Y%m%d", strict=False),
        pl.when(day_first).then(_date(year, second, first)).when(month_first).then(_date(year, first, second)),
    )
    values = frame.select(pl.when(read.dt.year().is_between(2000, 2100)).then(read)).to_series()
    return Cells(values, frame["text"].is_not_null() & values.is_null())


def _date(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    text = pl.concat_str(year, month.cast(pl.String).str.zfill(2), day.cast(pl.String).str.zfill(2))
    return text.str.to_date("%Y%m%d", strict=False)


def leave_out(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[int, str]]:
    """The rows without repeated headers and totals (told by their first cell), and why each of those went."""
    texts = [pl.col(name) for name in frame.columns if name not in ("source_line", "first_cell")]
    header = pl.all_horizontal(
        text.is_null() | (text.str.to_lowercase() == text.meta.output_name().lower()) for text in texts
    )
    header = header & pl.any_horizontal(text.is_not_null() for text in texts)
    total = pl.col("first_cell").str.contains(TOTALS).fill_null(False)
    why = pl.when(header).then(pl.lit("repeated_header")).when(total).then(pl.lit("total_row"))
    judged = frame.with_columns(why.alias("why"))
    left = judged.filter(pl.col("why").is_not_null()).select("source_line", "why")
    return judged.filter(pl.col("why").is_null()).drop("why", "first_cell"), dict(left.iter_rows())
