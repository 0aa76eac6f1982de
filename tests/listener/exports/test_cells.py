from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.exports import cells

BERLIN = ZoneInfo("Europe/Berlin")


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "day_first", "at", "quality"),
    [
        ("2026-02-01T10:00:00Z", True, utc(2026, 2, 1, 10), "exact"),
        ("2026-02-01T10:00:00.123+0000", True, utc(2026, 2, 1, 10), "exact"),
        ("2015-02-24 11:35:52 -0800", True, utc(2015, 2, 24, 19, 35, 52), "exact"),
        ("2026-02-01 10:00:00.0", True, utc(2026, 2, 1, 9), "no_zone"),
        ("2026-07-01 10:00", True, utc(2026, 7, 1, 8), "no_zone"),  # summer time
        ("2026-02-01", True, utc(2026, 1, 31, 23), "date_only"),
        ("2020/12/20 6:06", True, utc(2020, 12, 20, 5, 6), "no_zone"),
        ("06-Feb-2026 03:03PM", True, utc(2026, 2, 6, 14, 3), "no_zone"),
        ("06-Feb-2026 12:03AM", True, utc(2026, 2, 5, 23, 3), "no_zone"),
        ("01-Feb-26 3:00 PM", True, utc(2026, 2, 1, 14), "no_zone"),
        ("20/02/26 10:00:00", True, utc(2026, 2, 20, 9), "no_zone"),
        ("03/02/26 10:00:00", True, utc(2026, 2, 3, 9), "no_zone"),
        ("03/02/26 10:00:00", False, utc(2026, 3, 2, 9), "no_zone"),
        ("2/24/2015 11:35", False, utc(2015, 2, 24, 10, 35), "no_zone"),
        ("01.02.2026 10:00", True, utc(2026, 2, 1, 9), "no_zone"),
        ("Wed Nov 15 12:00:00 +0000 2023", True, utc(2023, 11, 15, 12), "exact"),
        ("2021-01-01 10:00:00 CET", True, utc(2021, 1, 1, 9), "exact"),
        ("1772445600", True, utc(2026, 3, 2, 10), "exact"),
        ("1772445600000", True, utc(2026, 3, 2, 10), "exact"),
        ("46054.5", True, utc(2026, 2, 1, 11), "no_zone"),  # a spreadsheet's day number
        ("Feb 3, 2026", True, utc(2026, 2, 2, 23), "date_only"),
    ],
)
def test_times(text: str, day_first: bool, at: dt.datetime, quality: str) -> None:
    assert cells.moment(text, zone=BERLIN, day_first=day_first) == cells.Moment(at, quality)


@pytest.mark.parametrize(
    "text", ["", "soon", "12", "2026-02-30", "1985-01-01", "10:30", "2026-02-01 10:00 QQQ", "9" * 30]
)
def test_what_is_no_time(text: str) -> None:
    assert cells.moment(text, zone=BERLIN, day_first=True) is None


def test_a_column_shows_how_its_days_are_written() -> None:
    assert cells.day_first(["01/02/26", "20/02/26"]) is True
    assert cells.day_first(["01/02/26", "02/24/26"]) is False
    assert cells.day_first(["01/02/26", None, "x"]) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("1284", 1284), ("1,284", 1284), ("1.284", 1284), ("1 284 000", 1_284_000), ("1,284,000", 1_284_000),
        ("1.2K", 1200), ("3M", 3_000_000), ("15.0", 15), ("0.14", None), ("many", None), ("-3", None),
        ("1.34E+18", None), ("9" * 40, None),
    ],
)  # fmt: skip
def test_counts(text: str, value: int | None) -> None:
    assert cells.count(text) == value


@pytest.mark.parametrize(
    ("text", "largest", "value"),
    [
        ("Positive", 1, 1.0), ("NEGATIVE", 1, -1.0), ("neutral", 1, 0.0), ("pozytywny", 1, 1.0), ("tiêu cực", 1, -1.0),
        ("-5", 5, -1.0), ("3", 5, 0.6), ("0", 5, 0.0), ("1", 1, 1.0), ("-1", 1, -1.0), ("great", 1, None),
    ],
)  # fmt: skip
def test_a_vendors_sentiment(text: str, largest: float, value: float | None) -> None:
    assert cells.feeling(text, largest=largest) == value


def test_not_rated_is_unknown_not_neutral() -> None:
    assert cells.unrated("Not Rated")
    assert cells.unrated(None)
    assert not cells.unrated("neutral")
    assert cells.rating("5") == 1.0
    assert cells.rating("1") == -1.0
    assert cells.rating("0") is None


@given(st.text(max_size=60))
def test_any_cell_is_read_or_not_but_never_breaks(text: str) -> None:
    found = cells.moment(text, zone=BERLIN, day_first=True)
    assert found is None or 1989 < found.at.year < 2101
    value = cells.count(text)
    assert value is None or 0 <= value < 10**15
    feeling = cells.feeling(text, largest=5)
    assert feeling is None or -1 <= feeling <= 1


@pytest.mark.parametrize(
    ("date", "clock", "text"),
    [
        ("2026-02-03 00:00:00", "1899-12-31 14:05:00", "2026-02-03 14:05:00"),
        ("2026-02-03 00:00:00", "0.5868055555555556", "2026-02-03 14:05:00"),
        ("46056", "0.5", "2026-02-03 12:00:00"),
        ("2026-02-03", "14:05", "2026-02-03 14:05"),
        ("03.02.2026", "14:05:00", "03.02.2026 14:05:00"),
    ],
)
def test_a_date_cell_and_a_clock_cell_are_one_time(date: str, clock: str, text: str) -> None:
    assert cells.joined(date, clock) == text
