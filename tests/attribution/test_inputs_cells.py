"""Text cells: one row, one fact."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.inputs.cells import money, shown, whole_numbers
from attribution.inputs.times import days, instants

BAD = "cannot be read"


def read_one(cells: object) -> object:
    return BAD if cells.bad.item() else cells.values.item()  # type: ignore[attr-defined]


def texts(*values: str | None) -> pl.Series:
    return pl.Series("cell", values, dtype=pl.String)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1\u00a0234,56", "1234.56"),
        ("1\u202f234,56", "1234.56"),
        ("1'234.56", "1234.56"),
        ("1,23,456.00", "123456"),
        ("1.234.567", "1234567"),
        ("18,50", "18.5"),
        ("0,123", "0.123"),
        ("1234,567", "1234.567"),
        (".5", "0.5"),
        ("5.", "5"),
        ("€ 12", "12"),
        ("12 €", "12"),
        ("-€12", "-12"),
        ("$172.45", "172.45"),
        ("US$ 3", "3"),
        ("SEK12", "12"),
        ("12 EUR", "12"),
        ("12,00 zł", "12"),
        ("kr. 5", "5"),
        ("د.إ 5", "5"),
        ("12.00-", "-12"),
        ("(12.00)", "-12"),
        ("−3", "-3"),
        ("٣٫٥", "3.5"),
        ("１２", "12"),
        ("12.3400000", "12.34"),
        ("--", None),
        (" --", None),
        ("(not set)", None),
        ("NaN", None),
        ("#REF!", None),
        (None, None),
        ("12.34567", BAD),
        ("1,2,3", BAD),
        ("1.2K", BAD),
        ("12 tis.", BAD),
        ("1e5", BAD),
        ("abc", BAD),
        ("$", BAD),
        ("12/3", BAD),
        ("123456789012345", BAD),
    ],
)
def test_money(text: str | None, amount: str | None) -> None:
    expected = amount if amount in (None, BAD) else Decimal(amount)
    assert read_one(money(texts(text))) == expected


@pytest.mark.parametrize(
    ("column", "amount", "unsure"),
    [
        (["1,234", "1.234,56"], "1.234", 0),
        (["1,234", "12,5"], "1.234", 0),
        (["1,234", "1,850.00"], "1234", 0),
        (["1,234", "0.5"], "1234", 0),
        (["1,234"], "1234", 1),
        (["1.234"], "1.234", 1),
        (["1.234", "7,50"], "1234", 0),
    ],
)
def test_a_column_decides_what_a_lone_mark_before_three_digits_means(
    column: list[str], amount: str, unsure: int
) -> None:
    read = money(texts(*column))
    assert read.values[0] == Decimal(amount)
    assert read.unsure == unsure


@pytest.mark.parametrize(
    ("column", "beside", "default", "amount", "unsure"),
    [
        (["1.234"], "VND", "EUR", "1234", 0),
        (["1,234"], "VND", "EUR", "1234", 0),
        (["1.234.567"], "VND", "EUR", "1234567", 0),
        (["150.000 ₫"], None, "EUR", "150000", 0),
        (["150.000đ"], None, "EUR", "150000", 0),
        (["150.000 VNĐ"], None, "EUR", "150000", 0),
        (["1.234"], "jpy", "EUR", "1234", 0),
        (["1.234", "1,850.00"], "VND", "EUR", "1234", 0),
        (["150000.00"], "VND", "EUR", "150000", 0),
        (["1.234.567,00"], "VND", "EUR", "1234567", 0),
        (["1.234"], None, "VND", "1234", 0),
        (["1.234"], "EUR", "VND", "1.234", 1),
        (["$1.234"], None, "EUR", "1.234", 1),
        (["1.234"], "HUF", "EUR", "1234", 0),
        (["12.990 Ft"], None, "EUR", "12990", 0),
        (["1.234"], None, "HUF", "1234", 0),
        (["1.234", "0.5"], "HUF", "EUR", "1.234", 0),
        (["1.234", "7,50"], "HUF", "EUR", "1234", 0),
        (["1.234"], None, "EUR", "1.234", 1),
        (["1,234"], "KWD", "EUR", "1234", 1),
    ],
)
def test_amounts_of_currencies_without_decimals(
    column: list[str], beside: str | None, default: str, amount: str, unsure: int
) -> None:
    currency = pl.Series([beside] * len(column), dtype=pl.String)
    read = money(texts(*column), currency=currency, default=default)
    assert (read.values[0], read.unsure) == (Decimal(amount), unsure)


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=4))
def test_money_is_exact(amount: Decimal) -> None:
    assert read_one(money(texts(f"{amount:.4f}"))) == amount


@given(st.lists(st.text(max_size=12), max_size=5))
def test_no_text_makes_money_fail(cells: list[str]) -> None:
    read = money(texts(*cells))
    assert len(read.values) == len(read.bad) == len(cells)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234", 1234),
        ("1.234", 1234),
        ("25,881", 25881),
        ("12 345", 12345),
        ("1000.0", 1000),
        ("00123", 123),
        ("-3", -3),
        ("0", 0),
        (" --", None),
        ("1.5", BAD),
        ("1.2K", BAD),
        ("many", BAD),
    ],
)
def test_whole_numbers(text: str, number: object) -> None:
    assert read_one(whole_numbers(texts(text))) == number


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2021-12-13 19:43:08 -0500", "2021-12-14T00:43:08"),
        ("2026-01-05T10:00:00Z", "2026-01-05T10:00:00"),
        ("2026-01-05T10:00:00.250+01:00", "2026-01-05T09:00:00.250000"),
        ("2026-01-05 10:00:00 UTC", "2026-01-05T10:00:00"),
        ("2026-07-05 10:00", "2026-07-05T08:00:00"),
        ("2026/7/5 9:05", "2026-07-05T07:05:00"),
        ("2026-07-05", "2026-07-04T22:00:00"),
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00"),  # comes twice: the first
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00"),  # never comes: an hour on
        ("45384.5", "2024-04-02T10:00:00"),  # Excel's day number
        ("1700000000", "2023-11-14T22:13:20"),
        ("1700000000000", "2023-11-14T22:13:20"),
        ("1700000000000000", "2023-11-14T22:13:20"),
        ("(not set)", None),
        ("yesterday", BAD),
        ("2026-02-30 10:00", BAD),
        ("2026-01-05 25:00", BAD),
        ("2026-01-05 10:00 +9900", BAD),
        ("1999-12-31", BAD),
        ("5 September", BAD),
    ],
)
def test_times_in_berlin(text: str, utc: str | None) -> None:
    expected = utc if utc in (None, BAD) else dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)
    assert read_one(instants(texts(text), zone="Europe/Berlin")) == expected


@pytest.mark.parametrize(
    ("column", "day"),
    [
        (["2026-11-20"], "2026-11-20"),
        (["20261120"], "2026-11-20"),
        (["2026-01-05 00:00:00"], "2026-01-05"),
        (["5.6.2026"], "2026-06-05"),
        (["20/11/2026"], "2026-11-20"),
        (["11/20/2026"], "2026-11-20"),
        (["05/06/2026", "20/11/2026"], "2026-06-05"),
        (["05/06/2026", "11/20/2026"], "2026-05-06"),
        (["05/06/2026"], BAD),
        (["05/06/2026", "20/11/2026", "11/20/2026"], BAD),
        (["31.02.2026"], BAD),
        (["soon"], BAD),
        ([None], None),
    ],
)
def test_days(column: list[str | None], day: str | None) -> None:
    read = days(texts(*column))
    first = BAD if read.bad[0] else read.values[0]
    assert first == (day if day in (None, BAD) else dt.date.fromisoformat(day))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("12.34567", True),
        ("2026-13-45", True),
        ("#1001", True),
        ("anna@example.invalid", False),
        ("+4915112345678", False),
        ("Anna Kowalska", False),
    ],
)
def test_quarantine_shows_only_values_that_can_name_nobody(value: str, kept: bool) -> None:
    assert (shown(value) == value) is kept


@pytest.mark.parametrize("text", ["100-200", "5-3", "2026-11-20", "1 2 3", "12 34", "1'23", "20 11 2026"])
def test_several_numbers_are_no_amount(text: str) -> None:
    found = money(pl.Series([text]))
    assert found.bad.to_list() == [True]
    assert found.values.to_list() == [None]


@pytest.mark.parametrize("text", ["1 234", "1'234'567.50", "-1 234,50", "€ 1 234,50", "1 234,50 zł", "(1 234.50)"])
def test_grouped_amounts_are_amounts(text: str) -> None:
    assert money(pl.Series([text])).bad.to_list() == [False]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-05-01 24:00", "2026-05-01T22:00:00"),
        ("05/13/2026 12:30 AM", "2026-05-12T22:30:00"),
        ("3 wrz 2026", "2026-09-02T22:00:00"),
        ("3 szept. 2026", "2026-09-02T22:00:00"),
        ("3 thg 9, 2026", "2026-09-02T22:00:00"),
        ("1767225600000", "2026-01-01T00:00:00"),
        ("13.05.26", "2026-05-12T22:00:00"),
        ("2026-03-29 02:30", "2026-03-29T01:30:00"),  # an hour that is left out in spring
        ("1446-09-01", BAD),  # of the Islamic calendar
        ("5786-01-10", BAD),  # of the Jewish one
        ("1.8e18", BAD),
    ],
)
def test_times_as_exports_write_them(text: str, told: str) -> None:
    read = read_one(instants(texts(text), zone="Europe/Warsaw"))
    assert (read if read == BAD else read.strftime("%Y-%m-%dT%H:%M:%S")) == told  # type: ignore[attr-defined]
