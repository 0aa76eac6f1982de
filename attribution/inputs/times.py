"""Text cells to times and days.

How a date is written is decided per column where single cells leave it open: 05/06/2026 is June where another cell of
the column says 20/11/2026, and unreadable where nothing says.
"""

from __future__ import annotations

import datetime as dt
import functools
from zoneinfo import ZoneInfo

import polars as pl
from babel.dates import get_month_names

from attribution.inputs.cells import Cells, all_like, no_flags, no_nulls, plain_text
from attribution.tables import UTC_TIME

MONTH_FIRST, DAY_FIRST = "mdy", "dmy"
_ISO_TIME = (
    r"^(\d{4}[-/]\d{1,2}[-/]\d{1,2})(?:[T ]+(\d{1,2}:\d{2})(:\d{2})?([.,]\d{1,9})?)?\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
_PLAIN_UTC = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
_DATE_AND_CLOCK = (
    r"^(.*?\d)[T, ]+(?:(?:at|um|o)\s+)?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp])?(?:\.?[Mm]\.?)?\s*"
    r"(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
_EXCEL_DAY_ONE = pl.datetime(1899, 12, 30, time_unit="us")
_WEEKDAY = r"^(?:\p{L}[\p{L}\p{M}]*\.?,|(?:mon|tue|wed|thu|fri|sat|sun)(?:[nrs]?e?s?day|day)?\.?)\s+"
_LANGUAGES = ("en", "pl", "hu", "he", "vi", "ar", "de", "fr", "es", "it", "pt", "nl", "cs", "ru", "uk")
_VIETNAMESE = (
    *("tháng một", "tháng hai", "tháng ba", "tháng tư", "tháng năm", "tháng sáu"),
    *("tháng bảy", "tháng tám", "tháng chín", "tháng mười", "tháng mười một", "tháng mười hai"),
)
_LEVANT = (
    *("كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران"),
    *("تموز", "آب", "أيلول", "تشرين الأول", "تشرين الثاني", "كانون الأول"),
)


def instants(texts: pl.Series, *, zone: str, order: str | None = None) -> Cells:
    """Times as UTC: ISO with offset; without one in `zone`; epoch s, ms, µs; Excel's day numbers; usual other forms.

    `order` says whether slashed dates begin with the month (mdy) or the day (dmy) where the column does not tell.
    An hour that the clock change repeats is its first; one that it skips is moved an hour on; `unsure` counts both.
    Bad: anything else, and years outside 2000-2100.
    """
    if all_like(texts, _PLAIN_UTC):
        plain = texts.cast(pl.String).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=False, time_unit="us")
        if plain.null_count() == texts.null_count() and plain.dt.year().is_between(2000, 2100).all():
            return Cells(plain.dt.replace_time_zone("UTC"), no_flags(texts))
    frame = (
        no_nulls(plain_text(texts))
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
    read = frame.with_columns(
        naive.alias("naive"), _shift(offset).alias("shift"), _epoch(pl.col("epoch")).alias("epoch"), serial.alias("day")
    ).with_columns(
        pl.coalesce(
            (pl.col("naive") - pl.duration(minutes=pl.col("shift"))).dt.replace_time_zone("UTC"),
            pl.when(pl.col("iso").struct.field("5").is_null()).then(in_zone(pl.coalesce("naive", "day"), zone)),
            pl.col("epoch"),
        )
        .cast(UTC_TIME)
        .alias("time")
    )
    times = read["time"]
    bare = pl.col("iso").struct.field("5").is_null()
    turned = _turned(read.select(pl.when(bare).then(pl.coalesce("naive", "day")).alias("naive"))["naive"], zone)
    if times.null_count() > read["text"].null_count():
        times, more = _other_forms(read["text"].set(times.is_not_null(), None), times, zone=zone, order=order)
        turned += more
    plausible = times.dt.year().is_between(2000, 2100).fill_null(False)
    values = times.set(~plausible, None)
    return Cells(values, read["text"].is_not_null() & values.is_null(), turned)


def clock_note(*cells: Cells) -> list[str]:
    """The warning for times in the hours of a clock change; none where there are none."""
    count = sum(one.unsure for one in cells)
    told = (
        f"{count} times without a zone are of the hour that the clock change repeats or leaves out: a repeated one was "
        "taken as the first, one left out as an hour later. Export times with their offset, if that matters."
    )
    return [told] if count else []


def _turned(naive: pl.Series, zone: str) -> int:
    """How many wall clock times of `zone` come twice or never."""
    first, last = naive.min(), naive.max()
    if not isinstance(first, dt.datetime) or not isinstance(last, dt.datetime):
        return 0
    turns = _turns(zone, max(first.year, 2000), min(last.year, 2100))
    within = [pl.col("naive").is_between(start, end, closed="left") for start, end in turns]
    return int(naive.to_frame("naive").select(pl.any_horizontal(within).sum()).item() or 0) if within else 0


@functools.cache
def _turns(zone: str, first: int, last: int) -> tuple[tuple[dt.datetime, dt.datetime], ...]:
    """The stretches of wall clock time that come twice or never, from the zone's offsets hour by hour."""
    known = ZoneInfo(zone)
    found: list[tuple[dt.datetime, dt.datetime]] = []
    start, hour = dt.datetime(first, 1, 1, tzinfo=dt.UTC), dt.timedelta(hours=1)
    for day in range((dt.datetime(last + 1, 1, 1, tzinfo=dt.UTC) - start).days):
        morning = start + dt.timedelta(days=day)
        if morning.astimezone(known).utcoffset() == (morning + 24 * hour).astimezone(known).utcoffset():
            continue
        for n in range(24):
            one, other = ((morning + m * hour).astimezone(known).replace(tzinfo=None) for m in (n, n + 1))
            if other - one != hour:
                found.append((min(other, one + hour).replace(fold=0), max(other, one + hour).replace(fold=0)))
    return tuple(found)


def _other_forms(left: pl.Series, times: pl.Series, *, zone: str, order: str | None) -> tuple[pl.Series, int]:
    """`times` filled where `left` is a date of another form, with or without a clock; 24:00 is the next day. And how
    many of those are of the hours of a clock change."""
    parts = left.to_frame("text").with_columns(pl.col("text").str.extract_groups(_DATE_AND_CLOCK).alias("p"))
    part = [pl.col("p").struct.field(str(n)) for n in range(1, 7)]
    date_texts = parts.select(pl.coalesce(part[0].str.strip_chars(" ,"), "text")).to_series()
    hour, minute, second = (part[n].cast(pl.Int64, strict=False).fill_null(0) for n in (1, 2, 3))
    half = part[4].str.to_lowercase()
    hours = (
        pl.when(half.is_null())
        .then(hour)
        .when(hour.is_between(1, 12))
        .then(hour % 12 + 12 * (half == "p").cast(pl.Int64))
    )
    last = (hours == 24) & (minute == 0)
    fits = (hours.is_between(0, 23) | last) & (minute < 60) & (second < 60)
    offset = part[5]
    local = pl.col("day").cast(pl.Datetime("us")) + pl.duration(hours=hours, minutes=minute, seconds=second)
    read = parts.with_columns(_dates(date_texts, order=order).alias("day")).with_columns(
        pl.when(fits).then(local).alias("naive"), _shift(offset).alias("shift")
    )
    known = (pl.col("naive") - pl.duration(minutes=pl.col("shift"))).dt.replace_time_zone("UTC")
    found = read.select(
        pl.coalesce(known, pl.when(offset.is_null()).then(in_zone(pl.col("naive"), zone))).cast(UTC_TIME)
    ).to_series()
    bare = read.select(pl.when(offset.is_null()).then(pl.col("naive")).alias("naive"))["naive"]
    return times.zip_with(times.is_not_null(), found), _turned(bare, zone)


def _shift(offset: pl.Expr) -> pl.Expr:
    return pl.when(offset.str.contains(r"^[+-]")).then(_minutes(offset)).when(offset.is_not_null()).then(0)


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


def days(texts: pl.Series, *, order: str | None = None) -> Cells:
    """Dates: 2026-11-20, 20261120, 20.11.2026, 20/11/26, Nov 20, 2026 (months in fifteen languages), Excel's numbers.

    Slashed dates are read as the column's other dates tell, else by `order` (mdy, dmy). Bad: anything else, and years
    outside 2000-2100.
    """
    plain = no_nulls(plain_text(texts))
    read = _dates(plain.str.replace(r"[T ]00:00(?::00)?$", ""), order=order)
    values = read.set(~read.dt.year().is_between(2000, 2100).fill_null(False), None)
    return Cells(values, plain.is_not_null() & values.is_null())


def _dates(texts: pl.Series, *, order: str | None) -> pl.Series:
    frame = texts.to_frame("text").with_columns(
        pl.col("text").str.extract_groups(r"^(\d{1,2})([./-])\s?(\d{1,2})[./-]\s?(\d{4}|\d{2})\.?$").alias("parts")
    )
    frame = frame.unnest("parts")
    first, second = (pl.col(name).cast(pl.Int32, strict=False) for name in ("1", "3"))
    dotted = (pl.col("2") == ".").fill_null(False)
    votes = frame.select(
        ((first > 12) & ~dotted).any().alias("day_first"), ((second > 12) & ~dotted).any().alias("month_first")
    ).row(0, named=True)
    silent = not votes["day_first"] and not votes["month_first"]
    year = pl.col("4").cast(pl.Int32, strict=False)
    year = pl.when(pl.col("4").str.len_chars() == 2).then(year + 2000).otherwise(year)
    says_day = (votes["day_first"] and not votes["month_first"]) or (silent and order == DAY_FIRST)
    says_month = (votes["month_first"] and not votes["day_first"]) or (silent and order == MONTH_FIRST)
    day_first = dotted | (first > 12) | pl.lit(says_day)
    month_first = (second > 12) | pl.lit(says_month)
    serial = pl.col("text").str.extract(r"^([2-7]\d{4})(?:\.\d+)?$", 1).cast(pl.Int32, strict=False)
    read = pl.coalesce(
        _iso(pl.col("text")),
        pl.when(day_first).then(_date(year, second, first)).when(month_first).then(_date(year, first, second)),
        (_EXCEL_DAY_ONE + pl.duration(days=serial)).cast(pl.Date),
    )
    numeric = frame.select(read.alias("day"))["day"]
    if numeric.null_count() == texts.null_count():
        return numeric
    return numeric.zip_with(numeric.is_not_null(), _in_words(texts))


def _iso(text: pl.Expr) -> pl.Expr:
    parts = text.str.extract_groups(r"^(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})\.?|(\d{2})(\d{2}))$")
    year, *rest = (parts.struct.field(str(n)).cast(pl.Int32, strict=False) for n in range(1, 6))
    return _date(year, pl.coalesce(rest[0], rest[2]), pl.coalesce(rest[1], rest[3]))


def _in_words(texts: pl.Series) -> pl.Series:
    """Aug 28, 2025; 28 sie 2025; 4 de septiembre de 2026; 2026. szept. 4; Fri, Aug 14, 2026."""
    low = pl.col("text").str.to_lowercase().str.replace(_WEEKDAY, "")
    word = r"([^\d,./-]+?)"
    forms = (
        (rf"^{word}\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\.?,?\s+(\d{{4}})$", (3, 1, 2)),
        (rf"^(\d{{1,2}})\.?\s*(?:de\s+)?{word}\.?,?\s+(?:de\s+)?(\d{{4}})$", (3, 2, 1)),
        (rf"^(\d{{4}})\.?\s+{word}\.?\s+(\d{{1,2}})\.?$", (1, 2, 3)),
        (r"^(\d{1,2})\s+((?:thg|tháng)\s?\d{1,2}),?\s+(\d{4})$", (3, 2, 1)),
    )
    found = []
    for pattern, (year, month, day) in forms:
        parts = low.str.extract_groups(pattern).struct
        number = (
            parts.field(str(month)).str.strip_chars(" .").replace_strict(_months(), default=None, return_dtype=pl.Int32)
        )
        found.append(
            _date(parts.field(str(year)).cast(pl.Int32), number, parts.field(str(day)).cast(pl.Int32, strict=False))
        )
    return texts.to_frame("text").select(pl.coalesce(found)).to_series()


@functools.cache
def _months() -> dict[str, int]:
    """Month names, long and short, in the languages that exports are written in -> 1 to 12."""
    names: dict[str, int] = {"sept": 9, "szept": 9, "wrz": 9}
    for language in _LANGUAGES:
        for width in ("abbreviated", "wide"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    names.setdefault(str(name).lower().strip(" ."), int(number))
    # Hebrew writes them with and without its mark of shortening, and with "in" before them; Arabic, in the Levant and
    # Iraq, by names of its own.
    for name, number in list(names.items()):
        if "\u05d0" <= name[0] <= "\u05ea":
            names.setdefault(name.rstrip("\u05f3'"), number)
            names.setdefault("\u05d1" + name, number)
    for spelled in (_LEVANT, _VIETNAMESE):
        names |= {name: number for number, name in enumerate(spelled, start=1)}
    return names


def _date(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    text = pl.concat_str(year, month.cast(pl.String).str.zfill(2), day.cast(pl.String).str.zfill(2))
    return text.str.to_date("%Y%m%d", strict=False)
