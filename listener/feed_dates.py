"""The dates feeds write, as UTC with a word on how far they can be trusted."""

from __future__ import annotations

import datetime as dt
import re
from calendar import timegm
from email.utils import parsedate_tz
from functools import cache
from time import struct_time

from babel.dates import get_month_names

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: f"{n:02}" for n, name in enumerate(_NAMES, start=1)}
_DAYS = frozenset(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
_EPOCH = re.compile(r"\d{10}|\d{13}")
_ZONE = re.compile(r"(?:[+-]\d{4}|\b(?:UTC?|GMT|Z|[AECMP][SD]T))(?:\s*\([^)]*\))?$")  # those that RFC 822 names
_EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)  # before the Web: an epoch of 0, not a date
_NONE: tuple[None, str] = (None, "missing")


def parse_date(raw: str, *, fallback: struct_time | None) -> tuple[dt.datetime | None, str]:
    """(UTC, quality). ISO 8601, Y/M/D, RFC 822 (its months in many languages) and epochs are read here; `fallback`
    (UTC) serves for the rest.

    exact: with time and zone; no_zone: taken as UTC; date_only: midnight UTC; guessed: as the fallback understood it.
    """
    text = raw.strip()[:80]
    try:
        when, quality = (
            _usual(text)
            or _iso(text)
            or _slashed(text)
            or _epoch(text)
            or _rfc822(text)
            or _in_words(text)
            or _fallback(fallback)
            or _NONE
        )
    except (ValueError, OverflowError):
        return _NONE
    return (when, quality) if when and when >= _EARLIEST else _NONE


def _usual(text: str) -> tuple[dt.datetime, str] | None:
    """The forms most feeds write, read sooner than below and the same: `Tue, 02 Jun 2026 10:00:00 GMT` or `+0200`, and
    ISO 8601 with zone to the second.
    """
    if len(text) in (29, 31) and text[3:5] == ", ":
        month, zone = _MONTHS.get(text[8:11]), text[25:]
        if month is None or text[:3] not in _DAYS or text[7] + text[11] + text[16] != "   ":
            return None
        zone = "+0000" if zone == " GMT" else zone[1:]
        text = f"{text[12:16]}-{month}-{text[5:7]}T{text[17:25]}{zone}"
        if len(text) != 24 or zone[0] not in "+-":
            return None
    elif len(text) not in (20, 25) or text[10] != "T" or not (text[-1] == "Z" or text[-6] in "+-"):
        return None
    try:
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC), "exact"
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> tuple[dt.datetime, str] | None:
    found = _ISO.fullmatch(text)
    if not found:
        return None
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if found[4] is None:
        return dt.datetime(year, month, day, tzinfo=dt.UTC), "date_only"
    micro = int((found[7] or "0")[:6].ljust(6, "0"))
    when = dt.datetime(
        year, month, day, int(found[4]), int(found[5]), min(int(found[6] or 0), 59), micro, tzinfo=dt.UTC
    )
    return (when - _offset(found[8]), "exact") if found[8] else (when, "no_zone")


def _offset(zone: str) -> dt.timedelta:
    if zone.upper() == "Z":
        return dt.timedelta()
    sign = -1 if zone[0] == "-" else 1
    return sign * dt.timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))


def _slashed(text: str) -> tuple[dt.datetime, str] | None:
    found = _SLASHED.fullmatch(text)
    if not found:
        return None
    parts = [int(part or 0) for part in found.groups()]
    return dt.datetime(*parts[:6], tzinfo=dt.UTC), "no_zone" if found[4] else "date_only"  # type: ignore[arg-type, misc]


def _epoch(text: str) -> tuple[dt.datetime, str] | None:
    if not _EPOCH.fullmatch(text):
        return None
    return dt.datetime.fromtimestamp(int(text[:10]), dt.UTC), "exact"


def _rfc822(text: str) -> tuple[dt.datetime, str] | None:
    parts = parsedate_tz(text)
    if not parts or not re.search(r"[A-Za-z]{3}", text):
        return None
    when = dt.datetime(*parts[:6], tzinfo=dt.UTC) - dt.timedelta(seconds=parts[9] or 0)
    return when, "exact" if _ZONE.search(text) else "no_zone" if ":" in text else "date_only"


_LANGUAGES = ("pt", "es", "fr", "it", "de", "nl", "pl", "cs", "sk", "hu", "ro", "sv", "da", "nb", "fi", "tr", "he",
              "ar", "id", "el", "uk", "ru", "ca", "hr", "bg")  # fmt: skip
_WORDS = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(?P<day>\d{1,2})\.?\s+(?:de\s+)?(?P<month>[^\W\d]{3,12})\.?,?\s+(?:de\s+)?(?P<year>\d{4})"
    r"(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*(?P<zone>UTC|GMT|Z|[+-]\d{2}:?\d{2})?)?"
)


def _in_words(text: str) -> tuple[dt.datetime, str] | None:
    """Seg, 24 Set 2018 19:42:40 -0300: RFC 822 with the names of another language, which it does not allow."""
    found = _WORDS.fullmatch(text)
    month = _months().get(found["month"].lower()) if found else None
    if found is None or month is None:
        return None
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    when = dt.datetime(int(found["year"]), month, int(found["day"]), hour, minute, min(second, 59), tzinfo=dt.UTC)
    zone = found["zone"]
    if not zone:
        return when, "no_zone" if found["hour"] else "date_only"
    return (when if zone in ("UTC", "GMT", "Z") else when - _offset(zone)), "exact"


@cache
def _months() -> dict[str, int]:
    """Names of months, long and short, that mean the same in all these languages that have them -> 1 to 12."""
    meant: dict[str, set[int]] = {}
    for language in _LANGUAGES:
        for width in ("abbreviated", "wide"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    meant.setdefault(str(name).lower().strip(" ."), set()).add(int(number))
    return {name: min(numbers) for name, numbers in meant.items() if len(numbers) == 1}


def _fallback(value: struct_time | None) -> tuple[dt.datetime, str] | None:
    return (dt.datetime.fromtimestamp(timegm(value), dt.UTC), "guessed") if value else None
