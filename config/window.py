"""The days an export says it is of, in the lines above its table or in its name; orders outside them are told."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

import polars as pl

from config.layouts import Parsed

_START = r"(?:start|from|since|after|date de début|startdatum|fecha de inicio|data rozpoczęcia)\b.*"
_END = r"(?:end|to|until|before|date de fin|enddatum|fecha de finalización|data zakończenia)\b.*"
_DAY = r"(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)(?!\d)"
_AFTER_BEFORE = re.compile(rf"after-{_DAY}.*before-{_DAY}", re.IGNORECASE)
_TWO_DAYS = re.compile(rf"(?<!\d){_DAY}\D{{1,6}}{_DAY}")
_ETSY_MONTH = re.compile(r"^EtsySold\w*?(20\d\d)-(\d{1,2})\b")


def stated_days(said: Mapping[str, str], file: str) -> tuple[dt.date, dt.date] | None:
    """First and last day that an export states: `Start date`/`End date` or a range above its table, two days in its
    name, or Etsy's month in its name; None where it states none, or none that can be."""
    told = _of_lines(said) or _of_name(file)
    return told if told is not None and told[0] <= told[1] else None


def outside_warnings(parsed: Parsed, said: Mapping[str, str], *, file: str, zone: str) -> list[str]:
    """A sentence where orders lie outside the days their export states; they are kept."""
    orders = parsed.tables.get("orders")
    window = stated_days(said, file) if orders is not None and not orders.is_empty() else None
    if orders is None or window is None:
        return []
    start, end = window
    day = pl.col("ordered_at").dt.convert_time_zone(zone).dt.date()
    outside = orders.filter(~day.is_between(start, end))
    if outside.is_empty():
        return []
    line = min(outside["source_line"].to_list())
    return [
        f"{file}: {outside.height} of {orders.height} orders (first: line {line}) lie outside the days that the export "
        f"states, {start} to {end}; they count all the same. Check that it is the right file."
    ]


def _of_lines(said: Mapping[str, str]) -> tuple[dt.date, dt.date] | None:
    start, end = (
        next((day for key, text in said.items() if re.match(words, key.lower()) and (day := _day(text))), None)
        for words in (_START, _END)
    )
    if start and end:
        return start, end
    ranges = (_TWO_DAYS.search(text) for text in said.values())
    return next((found for one in ranges if one and (found := _pair(one))), None)


def _of_name(file: str) -> tuple[dt.date, dt.date] | None:
    month = _ETSY_MONTH.match(file)
    if month and 1 <= int(month[2]) <= 12:
        first = dt.date(int(month[1]), int(month[2]), 1)
        return first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    found = _AFTER_BEFORE.search(file) or _TWO_DAYS.search(file)
    return _pair(found) if found else None


def _pair(found: re.Match[str]) -> tuple[dt.date, dt.date] | None:
    first, last = _date(*found.groups()[:3]), _date(*found.groups()[3:6])
    return (first, last) if first and last else None


def _day(text: str) -> dt.date | None:
    found = re.search(_DAY, text)
    return _date(*found.groups()) if found else None


def _date(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
