"""What moves sales whether anybody talks or not: the week, the year, a trend, holidays, the days shops make.

Everything is computed from the date alone. Public holidays differ by country and are handed in as dates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

YEAR_FROM_DAYS = 365  # a year's harmonics need a year
_FEWEST = 2  # a flag that is set on a single day would only explain that day away


def design(days: int) -> Floats:
    """Intercept, centred trend, three weekly harmonics (any weekly pattern), from 365 days on a year's two."""
    day = np.arange(days)
    waves = [wave(2 * np.pi * k * day / 7) for k in (1, 2, 3) for wave in (np.sin, np.cos)]
    if days >= YEAR_FROM_DAYS:
        waves += [wave(2 * np.pi * k * day / 365.25) for k in (1, 2) for wave in (np.sin, np.cos)]
    return np.column_stack([np.ones(days), (day - days / 2) / days, *waves])


def shop_days(since: dt.date, days: int, *, public_holidays: Collection[dt.date] = ()) -> dict[str, Floats]:
    """0/1 columns for the days from `since` that shops feel: those of `RULES` and public_holiday.

    Only columns set on at least two of the days and not on all are given.
    """
    dates = [since + dt.timedelta(days=offset) for offset in range(days)]
    closed = frozenset(public_holidays)
    flags = {name: [rule(day) for day in dates] for name, rule in RULES.items()}
    flags["public_holiday"] = [day in closed for day in dates]
    return {name: np.array(flag, dtype=float) for name, flag in flags.items() if _FEWEST <= sum(flag) < days}


def easter_sunday(year: int) -> dt.date:
    """Western Easter (Gauss's algorithm in the Meeus form), valid in the Gregorian calendar."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (a + 11 * h) // 319
    r = (2 * e + 2 * i - k - h + m + 32) % 7
    month = (h - m + r + 90) // 25
    return dt.date(year, month, (h - m + r + month + 19) % 32)


def black_friday(year: int) -> dt.date:
    """The day after the fourth Thursday of November."""
    first = dt.date(year, 11, 1)
    return first + dt.timedelta(days=(3 - first.weekday()) % 7 + 22)


def _sale(day: dt.date) -> bool:
    return 0 <= (day - black_friday(day.year)).days <= 3


def _gifts(day: dt.date) -> bool:
    return day.month == 12 and day.day <= 20


def _christmas(day: dt.date) -> bool:
    return (day.month == 12 and day.day >= 24) or (day.month == 1 and day.day == 1)


def _easter(day: dt.date) -> bool:
    return -2 <= (day - easter_sunday(day.year)).days <= 1


RULES: dict[str, Callable[[dt.date], bool]] = {
    "black_friday_to_monday": _sale,
    "gift_season": _gifts,  # 1 to 20 December, as long as parcels arrive in time
    "christmas_to_new_year": _christmas,
    "easter": _easter,  # Good Friday to Easter Monday
}
