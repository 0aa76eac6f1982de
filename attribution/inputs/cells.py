"""Text cells to values: the columns a layout wants, money, numbers, and rows that cannot be used. Times: `times`.

How a number is written is decided per column, where single cells leave it open: `1,234` beside `1.234,56` is 1.234 and
beside `1,234.56` it is 1234.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
from babel.core import get_global
from babel.numbers import list_currencies

from attribution.tables import MONEY
from config.intake import Rejected, TextTable, normal_header
from config.reading import TOTALS

NULL_WORDS = ("", "-", "--", "n/a", "na", "(not set)", "null", "none", "nan", "undefined", "#ref!", "#n/a", "#value!")
_DIGITS = {chr(start + n): str(n) for start in (0x660, 0x6F0) for n in range(10)} | {"\u066b": ".", "\u066c": ","}
_DASHES = dict.fromkeys(("\u2010", "\u2011", "\u2012", "\u2013", "\u2212"), "-")
_MARKS = dict.fromkeys(("\u200b", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u2066", "\u2067", "\u2069"), "")
_WORDS = ("zł", "ft", "đ", "vnđ", "kr", "kč", "lei", "лв", "rs", "sfr", "fr", "r$", "us$", "د.إ", "ر.س", "ج.م")
_UNITS = "|".join(re.escape(word) for word in sorted({*_WORDS, *list_currencies()}, key=lambda w: (-len(w), w)))
_UNIT_BEFORE = rf"(?i)^([-(\s]*)(?:{_UNITS})\.?([^\p{{L}}]|$)"
_UNIT_AFTER = rf"(?i)(?:{_UNITS})\.?([-)\s]*)$"
_ABBREVIATED = r"^(\d{1,6}(?:[.,]\d{1,3})?)\s*([kKmMbB]|[tT]ys\.?|[tT]is\.?|mln\.?|E\.?\s?Ft|ezer|N|Tr)$"
_FACTORS = {
    **dict.fromkeys(("k", "tys", "tys.", "tis", "tis.", "ezer", "n"), 1000),
    **dict.fromkeys(("m", "mln", "mln.", "tr"), 1_000_000),
    "b": 1_000_000_000,
}
_SIGNS = {
    **{"€": "EUR", "£": "GBP", "৳": "BDT", "₪": "ILS", "₫": "VND", "₹": "INR", "₺": "TRY", "₴": "UAH", "₽": "RUB"},
    **{"đ": "VND", "Đ": "VND", "zł": "PLN", "Ft": "HUF", "Kč": "CZK", "د.إ": "AED", "R$": "BRL"},
}
# Currencies without decimals, and those that people write without them: in coins there are none.
_FRACTIONS = get_global("currency_fractions")
NO_DECIMALS = tuple(sorted(code for code, digits in _FRACTIONS.items() if digits[0] == 0))
SELDOM_DECIMALS = tuple(sorted(code for code, digits in _FRACTIONS.items() if digits[0] > 0 and digits[2] == 0))
_WRITTEN = " as written"
_BOUND = r"^[<>≤≥]\s*[\d.,]+\s*%?$"  # what a platform writes where it hides a small figure: < 10%
_GUARDED = r"^'([=+\-@].*|[\d\s.,/:-]+)$"  # what a spreadsheet is told to take for text
_LOST_ID = r"^\d(?:[.,]\d+)?[eE]\+?\d+$"
_PLAIN_MONEY = r"^[0-9]{1,14}(?:\.[0-9]{1,2}|\.[0-9]{4})?$"  # read one way only, whatever the column's habit
_PLAIN_COUNT = r"^[0-9]{1,18}$"
_PLAIN_VALUE = re.compile(r"^[\d\s.,:;+\-/()€$£¥%TZ#]{1,30}$")


@dataclass(frozen=True)
class Cells:
    """A column of values; `bad` marks texts that could not be read, `unsure` counts those that had two readings, or of
    counts those that are rounded or told as a bound."""

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
    table.used.update(actual[name] for name in map(normal_header, names) if name in actual)
    picked = [
        (
            _cell_text(table.frame[actual[normal_header(name)]])
            if normal_header(name) in actual
            else pl.lit(None, dtype=pl.String)
        ).alias(name)
        for name in names
    ]
    first = pl.col(table.headers[0]).str.strip_chars().alias("first_cell")
    return table.frame.select("source_line", first, *picked)


def _cell_text(texts: pl.Series) -> pl.Expr:
    """The column trimmed, empty as null, without the apostrophe that makes a spreadsheet take a number for text."""
    plain = pl.col(texts.name).str.strip_chars().replace("", None)
    return plain.str.replace(_GUARDED, "${1}") if texts.str.starts_with("'").any() else plain


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
        message = check.message + (_of_a_date(kept.values()) if check.reason in _DATE_REASONS else "")
        rejected.append(Rejected(row["source_line"], check.reason, message, kept))
    return judged.filter(pl.col("check") < 0).drop("check"), rejected


_DATE_REASONS = ("bad_date", "bad_time")
_OTHER_YEARS = ((1300, 1500, "Islamic"), (2500, 2650, "Buddhist"), (5700, 5900, "Jewish"))
_YEAR_IN_IT = re.compile(r"(?<!\d)(1[34]\d\d|2[56]\d\d|5[78]\d\d)(?!\d)")
_TWO_ORDERS = re.compile(r"^(0?[1-9]|1[0-2])[/-](0?[1-9]|1[0-2])[/-](\d{4}|\d{2})(?!\d)")


def _of_a_date(texts: Iterable[str | None]) -> str:
    """What may be wrong with a date that cannot be read, and what to do; empty where its text does not tell."""
    for text in texts:
        year = _YEAR_IN_IT.search(text or "")
        for first, last, calendar in _OTHER_YEARS if year else ():
            if year and first <= int(year[1]) <= last:
                return f"; the year {year[1]} looks like the {calendar} calendar's: export dates of the common one"
        if _TWO_ORDERS.match(text or ""):
            return "; no other row tells day/month from month/day: say --days day-first or --days month-first"
    return ""


def shown(value: str | None) -> str | None:
    """The value if it can hold nothing about a person (digits, dates, amounts), else only that there was a text."""
    if value is None or (_PLAIN_VALUE.match(value) and not value.startswith("+")):
        return value
    return f"(text of {len(value)} characters)"


def all_like(texts: pl.Series, plain: str) -> bool:
    """Whether every text of a column has the one plain form that exports usually write, so that it needs no closer
    reading; also where there is none at all."""
    return bool(texts.cast(pl.String).str.contains(plain).all())


def no_flags(texts: pl.Series) -> pl.Series:
    """False for every row."""
    return pl.repeat(value=False, n=len(texts), dtype=pl.Boolean, eager=True)


def no_nulls(texts: pl.Series) -> pl.Series:
    """The texts, trimmed, with the words that exports write for "nothing" as null."""
    trimmed = texts.cast(pl.String).str.strip_chars()
    return trimmed.set(trimmed.str.to_lowercase().is_in(NULL_WORDS), None)


def money(
    texts: pl.Series,
    *,
    currency: pl.Series | None = None,
    default: str | None = None,
    decimal: str | None = None,
) -> Cells:
    """Amounts as Decimal(18,4): any usual separators, currency signs, (12.00) and 12.00- as negative, `--` as null.

    `currency`: the code beside each amount, where known; `default`: the workspace's, for amounts that name none;
    `decimal`: the decimal sign of amounts such as `1,234`, where nothing in the column tells.
    `1.234` and `1,234` of a currency without decimals (dong, yen) are 1234, and so they are of one that is seldom
    written with decimals (forint) where nothing in the column tells.
    Bad: anything else, more than four decimals, more than 14 digits before the point.
    """
    if all_like(texts, _PLAIN_MONEY):
        return Cells(texts.cast(pl.String).cast(MONEY), no_flags(texts))
    parts = _number_parts(texts, whole=False, currency=_currencies(texts, currency, default), decimal=decimal)
    good = (pl.col("fraction").str.len_chars() <= 4) & (pl.col("integer").str.len_chars() <= 14)
    number = pl.concat_str(pl.col("sign"), pl.col("integer"), pl.lit("."), pl.col("fraction"), pl.lit("0"))
    read = parts.with_columns(pl.when(pl.col("fits") & good).then(number).alias("number"))
    return _cells(read, read["number"].cast(MONEY, strict=False))


def _currencies(texts: pl.Series, beside: pl.Series | None, default: str | None) -> pl.Series:
    """The currency of each amount: the cell's own sign or code, else the one beside it, else the default."""
    named = pl.Series("beside", beside, dtype=pl.String) if beside is not None else None
    frame = pl.DataFrame({"text": texts.cast(pl.String)}).with_columns(
        pl.lit(None, dtype=pl.String).alias("beside") if named is None else named
    )
    usual = pl.lit(default, dtype=pl.String)
    told = pl.coalesce(currency_told(pl.col("text")), pl.col("beside").str.strip_chars().str.to_uppercase(), usual)
    return frame.select(told.alias("currency")).to_series()


def unsure_note(count: int, what: str) -> list[str]:
    """The warning for `count` amounts that nothing in their column decided; none for 0."""
    told = (
        f'{count} {what} such as "1,234" or "1.234" can be read two ways, and nothing in their column tells which: a '
        "comma was taken for thousands, a point for decimals. If that is wrong, import again with --decimal comma or "
        "--decimal point (on the page Data: Decimals)."
    )
    return [told] if count else []


OTHER_CURRENCY = "If they are in another, import the file again with --currency (on the page Data: Currency)."


def bare_note(count: int, currency: str) -> list[str]:
    """The warning for `count` amounts that name no currency; none for 0."""
    what = "1 amount names" if count == 1 else f"{count} amounts name"
    return [f"{what} no currency; taken as {currency}. {OTHER_CURRENCY}"] if count else []


def bare_amounts(rows: pl.DataFrame, amount: str) -> int:
    """How many rows hold an amount while their `currency` is null."""
    return rows.filter(pl.col(amount).is_not_null() & pl.col("currency").is_null()).height


def rough_note(count: int, what: str) -> list[str]:
    """The warning for `count` figures that are rounded or told as a bound; none for 0."""
    told = (
        f'{count} {what} are rounded or told as a bound ("1.2K", "< 10"): rounded ones are right to the digit shown, '
        "bounds count as unknown."
    )
    return [told] if count else []


def _without_bounds(texts: pl.Series) -> tuple[pl.Series, int]:
    """The texts with `< 10` and `> 90%` as null, and how many those are: a bound is no figure."""
    if not texts.cast(pl.String).str.contains(r"[<>≤≥]").any():
        return texts, 0
    bound = plain_text(texts).str.strip_chars().str.contains(_BOUND).fill_null(False)
    return texts.set(bound, None), int(bound.sum())


def whole_numbers(texts: pl.Series) -> Cells:
    """Counts as Int64; `1,234` and `1.234` are 1234, `1000.0` is 1000; `< 10` is unknown, and counted in `unsure`.
    Bad: fractions, `1.2K`, words."""
    if all_like(texts, _PLAIN_COUNT):
        return Cells(texts.cast(pl.String).cast(pl.Int64), no_flags(texts))
    texts, bounds = _without_bounds(texts)
    parts = _number_parts(texts, whole=True)
    good = (pl.col("fraction") == "") & (pl.col("integer").str.len_chars() <= 18)
    number = pl.concat_str(pl.col("sign"), pl.col("integer"))
    read = parts.with_columns(pl.when(pl.col("fits") & good).then(number).alias("number"))
    return replace(_cells(read, read["number"].cast(pl.Int64, strict=False)), unsure=bounds)


def counts(texts: pl.Series) -> Cells:
    """Counts as people are shown them: whole numbers, and `1.2K`, `3M`, `12 tis.`, `4,5 mln` rounded as they are.

    `unsure` counts the abbreviated ones, right to their last digit shown only, and bounds, which are unknown.
    """
    plain = plain_text(texts).str.strip_chars()
    short = plain.to_frame("text").select(pl.col("text").str.extract_groups(_ABBREVIATED)).unnest("text")
    factor = short["2"].str.to_lowercase().replace_strict(_FACTORS, default=None, return_dtype=pl.Int64)
    digits = short["1"].str.replace(",", ".", literal=True).cast(pl.Decimal(18, 4), strict=False)
    value = (digits.cast(pl.Float64) * factor).round().cast(pl.Int64, strict=False)
    written_out = whole_numbers(plain.set(value.is_not_null(), None))
    values = value.zip_with(value.is_not_null(), written_out.values)
    rough = value.len() - value.null_count() + written_out.unsure
    return Cells(values.alias(texts.name), written_out.bad, rough)


def row_ids(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """A hash of what makes a row the same row when its numbers are stated anew; null is as good as absent."""
    parts = [pl.concat_str(pl.lit(f"{n}="), pl.col(n).cast(pl.String), pl.lit("\x1f")).fill_null("") for n in columns]
    texts = frame.select(pl.concat_str(parts).alias("text"))["text"]
    return pl.Series([hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts], dtype=pl.String)


def fractions(texts: pl.Series, *, decimal: str | None = None) -> Cells:
    """Numbers as Float64 (platforms claim parts of conversions); `77.77%` is 0.7777, `< 10%` unknown. `decimal` as in
    `money`."""
    texts, bounds = _without_bounds(texts)
    plain = plain_text(texts).str.strip_chars()
    shared = plain.str.ends_with("%").fill_null(False)
    parts = _number_parts(plain.str.strip_suffix("%"), whole=False, decimal=decimal)
    number = pl.concat_str(pl.col("sign"), pl.col("integer"), pl.lit("."), pl.col("fraction"), pl.lit("0"))
    read = parts.with_columns(pl.when(pl.col("fits")).then(number).alias("number"))
    values = read["number"].cast(pl.Float64, strict=False)
    values = (values / 100).zip_with(shared, values) if shared.any() else values
    return replace(_cells(read, values), unsure=bounds)


def _cells(parts: pl.DataFrame, values: pl.Series) -> Cells:
    bad = parts["text"].is_not_null() & values.is_null()
    return Cells(values, bad, int(parts["unsure"].sum() or 0))


def _number_parts(
    texts: pl.Series, *, whole: bool, currency: pl.Series | None = None, decimal: str | None = None
) -> pl.DataFrame:
    """Columns text, sign, integer, fraction, fits, unsure of each number, grouping taken out by the column's habit."""
    bare = pl.col("text").str.replace(_UNIT_BEFORE, "${1}${2}").str.replace(_UNIT_AFTER, "${1}")
    body = bare.str.replace_all(r"[-()'’\s\p{Sc}]", "")
    frame = (
        no_nulls(plain_text(texts))
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
        .with_columns(pl.lit(None, dtype=pl.String).alias("currency") if currency is None else currency)
        .with_columns(_without_decimals().alias("mark"))
    )
    comma_votes, dot_votes = ((frame["mark"] == mark).sum() for mark in (",", "."))
    silent = not comma_votes and not dot_votes
    mark = decimal if silent and decimal else "," if (comma_votes or 0) > (dot_votes or 0) else "."
    lone = pl.col("body").str.extract(r"([.,])", 1)
    open_ = pl.col("mark") == "?"
    undecided = open_ & pl.lit(silent and decimal is None)
    seldom = undecided & pl.col("currency").is_in(SELDOM_DECIMALS).fill_null(False)
    by_column = pl.when((lone == mark) & ~seldom).then(lone).otherwise(pl.lit(""))
    settled = pl.when(open_).then(by_column).otherwise(pl.col("mark"))
    undecided = undecided & ~seldom
    split = frame.with_columns(settled.alias("mark"), undecided.alias("unsure")).pipe(_split_at_mark)
    return split.with_columns(fits=pl.col("fits") & _is_one_number(bare))


def _is_one_number(bare: pl.Expr) -> pl.Expr:
    """Not a range, a date or several numbers: a sign stands at an end, a blank or apostrophe before three digits."""
    apart = bare.str.contains(r"\d\s*-\s*\d")
    grouped = bare.str.contains(r"^[^\d]*\d{1,3}(?:[\s'’]\d{3})+(?:[.,]\d+)*[^\d]*$")
    return ~apart & (grouped | ~bare.str.contains(r"\d[\s'’]+[.,]?\d"))


def plain_text(texts: pl.Series) -> pl.Series:
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


def _without_decimals() -> pl.Expr:
    none = pl.col("currency").is_in(NO_DECIMALS).fill_null(False)
    return pl.when((pl.col("mark") == "?") & none).then(pl.lit("")).otherwise(pl.col("mark"))


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


def currency_told(text: pl.Expr) -> pl.Expr:
    """The currency an amount is written with: a code, or a sign that only one has; null for $, kr and bare numbers."""
    code = text.str.extract(r"\b([A-Z]{3})\b", 1)
    signs = [pl.when(text.str.contains(sign, literal=True)).then(pl.lit(name)) for sign, name in _SIGNS.items()]
    return pl.coalesce(code, *signs)


def with_currency(rows: pl.DataFrame, amount: str) -> pl.DataFrame:
    """The rows with `currency` filled, where it is empty, by the sign or code that the column `amount` is written with:
    `5 Ft` are forints. `$` and `kr` are several currencies', and fill nothing."""
    told = pl.Series("currency", no_nulls(rows["currency"]))
    return rows.with_columns(pl.coalesce(told, currency_told(pl.col(amount))).alias("currency"))


def first_line(rows: pl.DataFrame) -> int:
    """The first file line of some rows, for people to look at."""
    return int(min(rows["source_line"].to_list()))


def of_orders(rows: pl.DataFrame, what: str) -> list[str]:
    """A warning of orders, where there are any: "2 orders (first: line 7) marked as a test; kept."."""
    if rows.is_empty():
        return []
    return [f"{rows.height} {'order' if rows.height == 1 else 'orders'} (first: line {first_line(rows)}) {what}."]


def lost_id(name: str) -> pl.Expr:
    """True where an id came through a spreadsheet as `4.54E+12`: its last digits are gone."""
    return pl.col(name).str.contains(_LOST_ID).fill_null(False)


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
