"""Cells of mention exports to values: times, counts, sentiment, networks. What cannot be read is told apart from empty.

A time is given with its quality, as for feeds: exact (with a zone or as seconds since 1970), no_zone (read in the
business zone), date_only.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

_EXCEL_DAY_ONE = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock's day, its zone is added later
_ZONES = {"utc": 0, "gmt": 0, "z": 0, "cet": 1, "cest": 2, "wet": 0, "bst": 1, "eet": 2, "eest": 3, "est": -5,
          "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}  # fmt: skip
_MONTHS = {
    name: n
    for n, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_CLOCK = r"(?:[T ]+(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,]\d{1,9})?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
_ZONE = r"\s*(?P<zone>[A-Za-z]{1,4}|[+-]\d{2}:?\d{2})?"
_YEAR_FIRST = re.compile(rf"(?P<y>\d{{4}})[-/.](?P<mo>\d{{1,2}})[-/.](?P<d>\d{{1,2}})\.?,?{_CLOCK}{_ZONE}")
_NUMBERS = re.compile(rf"(?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}})[-/.](?P<y>\d{{4}}|\d{{2}})\.?,?{_CLOCK}{_ZONE}")
_NAMED = re.compile(rf"(?P<d>\d{{1,2}})[- ](?P<name>[A-Za-z]{{3,9}})\.?[- ,]+(?P<y>\d{{4}}|\d{{2}}),?{_CLOCK}{_ZONE}")
_US_NAMED = re.compile(rf"(?P<name>[A-Za-z]{{3,9}})\.? (?P<d>\d{{1,2}}),? (?P<y>\d{{4}}),?{_CLOCK}{_ZONE}")
_X_STYLE = re.compile(
    r"[A-Z][a-z]{2} (?P<name>[A-Z][a-z]{2}) (?P<d>\d{1,2}) (?P<h>\d{2}):(?P<mi>\d{2}):(?P<s>\d{2}) "
    r"(?P<zone>[+-]\d{4}) (?P<y>\d{4})"
)
_SECONDS, _MILLISECONDS = (10**8, 10**10), (10**11, 10**13)
_UNITS = {"k": 1_000, "m": 1_000_000, "b": 1_000_000_000}
_NULL_WORDS = frozenset(("", "-", "--", "n/a", "na", "null", "none", "nan", "unknown", "(not set)"))
_COUNT_LIMIT = 10**15
_FEELINGS = {
    1.0: "positive positiv positivo positif pozytywny pozytywne pozitív tích cực חיובי إيجابي pos",
    0.0: "neutral neutralny neutralne neutro neutre semleges trung lập ניטרלי נייטרלי محايد neu",
    -1.0: "negative negativ negativo négatif negatywny negatywne negatív tiêu cực שלילי سلبي neg",
}
_PAIRS = {"tích cực": 1.0, "trung lập": 0.0, "tiêu cực": -1.0}
_WORDS = {word: value for value, words in _FEELINGS.items() for word in words.split()} | _PAIRS
_NO_FEELING = _NULL_WORDS | {"not rated", "unrated", "mixed", "no sentiment"}
_NETWORKS = {
    "x": ("twitter", "x", "tweet", "x (twitter)"),
    "facebook": ("facebook", "facebook_public", "fb"),
    "instagram": ("instagram", "instagram_public"),
    "reddit": ("reddit", "messageboard_reddit"),
    "youtube": ("youtube", "video_youtube"),
    "tiktok": ("tiktok", "tik tok"),
    "bluesky": ("bluesky", "bsky"),
    "mastodon": ("mastodon",),
    "threads": ("threads",),
    "linkedin": ("linkedin",),
    "pinterest": ("pinterest",),
    "telegram": ("telegram",),
    "tumblr": ("tumblr",),
}
_NETWORK_OF = {word: network for network, words in _NETWORKS.items() for word in words}
_HOSTS = {"facebook.com": "facebook", "threads.net": "threads", "threads.com": "threads", "linkedin.com": "linkedin",
          "pinterest.com": "pinterest", "t.me": "telegram", "tumblr.com": "tumblr", "weibo.com": "weibo"}  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """A time in UTC and how surely it is known: exact, no_zone, date_only."""

    at: dt.datetime
    quality: str


def day_first(texts: Iterable[str | None]) -> bool | None:
    """Whether a column writes 31/12/2026 (True) or 12/31/2026 (False); None when no cell shows it."""
    for text in texts:
        found = _NUMBERS.fullmatch((text or "").strip())
        if found and int(found["a"]) > 12:
            return True
        if found and int(found["b"]) > 12:
            return False
    return None


def moment(text: str, *, zone: ZoneInfo, day_first: bool) -> Moment | None:
    """The time a cell states, or None when it is none we know between 1990 and 2100."""
    bare = text.strip()
    counted = _counted(bare, zone)
    if counted:
        return counted
    for form in (_YEAR_FIRST, _X_STYLE, _NUMBERS, _NAMED, _US_NAMED):
        found = form.fullmatch(bare)
        if found:
            return _from_parts(found.groupdict(), zone, day_first=day_first)
    return None


def _counted(text: str, zone: ZoneInfo) -> Moment | None:
    """Seconds or milliseconds since 1970, or a spreadsheet's day number."""
    if not re.fullmatch(r"\d{5,13}(?:\.\d+)?", text):
        return None
    value = float(text)
    if _SECONDS[0] <= value < _SECONDS[1] or _MILLISECONDS[0] <= value < _MILLISECONDS[1]:
        seconds = value if value < _SECONDS[1] else value / 1000
        return Moment(dt.datetime.fromtimestamp(round(seconds, 3), dt.UTC), "exact")
    if 30_000 <= value < 80_000:
        wall = _EXCEL_DAY_ONE + dt.timedelta(seconds=round(value * 86_400))
        return Moment(wall.replace(tzinfo=zone).astimezone(dt.UTC), "no_zone" if value % 1 else "date_only")
    return None


def _from_parts(parts: dict[str, str | None], zone: ZoneInfo, *, day_first: bool) -> Moment | None:
    year = int(parts["y"] or 0)
    year += 2000 if year < 100 else 0
    first, second = parts.get("a"), parts.get("b")
    month: int | None
    if first and second:
        day, month = (int(first), int(second)) if day_first or int(first) > 12 else (int(second), int(first))
        if month > 12:
            day, month = month, day
    elif parts.get("name"):
        day, month = int(parts["d"] or 0), _MONTHS.get(str(parts["name"])[:3].lower())
    else:
        day, month = int(parts["d"] or 0), int(parts["mo"] or 0)
    offset = _offset(parts.get("zone"))
    if month is None or offset is False or not 1990 <= year < 2100:
        return None
    try:
        wall = dt.datetime(year, month, day, _hour(parts), int(parts.get("mi") or 0), int(parts.get("s") or 0))  # noqa: DTZ001
    except ValueError:
        return None
    if offset is not None:
        return Moment((wall - dt.timedelta(minutes=offset)).replace(tzinfo=dt.UTC), "exact")
    quality = "no_zone" if parts.get("h") else "date_only"
    return Moment(wall.replace(tzinfo=zone).astimezone(dt.UTC), quality)


def _hour(parts: dict[str, str | None]) -> int:
    hour, half = int(parts.get("h") or 0), (parts.get("half") or "").lower()[:1]
    return hour if not half else hour % 12 + (12 if half == "p" else 0)


def _offset(zone: str | None) -> int | bool | None:
    """Minutes east of UTC; None when no zone is stated, False for letters that name none we know."""
    if not zone:
        return None
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        return (-1 if zone[0] == "-" else 1) * (int(digits[:2]) * 60 + int(digits[2:]))
    hours = _ZONES.get(zone.lower())
    return False if hours is None else hours * 60


def count(text: str) -> int | None:
    """A whole number as tools write it: 1284, 1,284, 1.284, 1 284, 1.2K, 15.0. None when it is none."""
    bare = re.sub(r"[\s\u00a0\u202f']", "", text)
    short = re.fullmatch(r"(\d{1,6}(?:[.,]\d{1,3})?)([kKmMbB])", bare)
    if short:
        return round(float(short[1].replace(",", ".")) * _UNITS[short[2].lower()])
    if re.fullmatch(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*", bare):
        bare = re.sub(r"[.,]", "", bare)
    if not re.fullmatch(r"\d{1,16}(?:[.,]0{1,2})?", bare):
        return None
    value = int(re.split(r"[.,]", bare)[0])
    return value if value < _COUNT_LIMIT else None


def score(text: str) -> int | None:
    """`count`, below 0 too: votes against are taken off those for."""
    bare = text.strip().replace("\u2212", "-")
    value = count(bare.removeprefix("-"))
    return -value if value is not None and bare.startswith("-") else value


def joined(date: str, clock: str) -> str:
    """A date cell and a clock cell as one text: a spreadsheet's date says midnight, its clock the 31st of December 1899
    or the part of a day."""
    day = re.sub(r"[T ]+0{1,2}:00(?::00)?(?:\.0+)?$", "", date.strip())
    hours = re.sub(r"^1(?:899-12-3[01]|900-01-0[01])[T ]+", "", clock.strip())
    part = re.fullmatch(r"0?[.,]\d{1,17}|0", hours)
    if part:
        seconds = round(float(hours.replace(",", ".")) * 86_400) % 86_400
        hours = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    whole_day = re.fullmatch(r"\d{5}(?:\.0+)?", day)
    if whole_day and 30_000 <= int(day[:5]) < 80_000:
        day = (_EXCEL_DAY_ONE + dt.timedelta(days=int(day[:5]))).date().isoformat()
    return f"{day.split()[0] if ':' in day else day} {hours}"


def is_null(text: str | None) -> bool:
    return text is None or text.strip().casefold() in _NULL_WORDS


def feeling(text: str, *, largest: float, clipped: bool = False) -> float | None:
    """A vendor's sentiment in [-1, 1]: a word of ours, or a number whose scale is [-largest, largest]; else None.
    `clipped`: a number outside that scale is taken for its end."""
    bare = text.strip().casefold()
    if bare in _WORDS:
        return _WORDS[bare]
    value = _number(bare)
    if value is None or (abs(value) > largest and not clipped):
        return None
    return max(-1.0, min(1.0, value / largest))


def unrated(text: str | None) -> bool:
    return text is None or text.strip().casefold() in _NO_FEELING


def _number(text: str) -> float | None:
    return float(text.replace(",", ".")) if re.fullmatch(r"[+-]?\d{1,4}(?:[.,]\d{1,6})?", text) else None


def rating(text: str) -> float | None:
    """One to five stars as [-1, 1]: (stars - 3) / 2."""
    stars = _number(text.strip())
    return (stars - 3) / 2 if stars is not None and 1 <= stars <= 5 else None


def network_named(text: str | None) -> str | None:
    """The network a tool's source or category names, the most special word first; None for sites and news."""
    words = [word.strip().casefold() for word in re.split(r"[,;/\[\]\"]", text or "")]
    return next((_NETWORK_OF[word] for word in reversed(words) if word in _NETWORK_OF), None)


def network_of_host(host: str | None) -> str | None:
    """Networks that are known by their site alone, beside those feeds come from."""
    bare = (host or "").lower()
    return next((name for known, name in _HOSTS.items() if bare == known or bare.endswith("." + known)), None)
