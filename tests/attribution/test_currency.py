"""Rates, and exact conversion by them."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution.currency import RATE, convert, decimal_text, half_even, load_rates, minor_digits, own_rates, to_minor

FRIDAY = dt.date(2026, 9, 4)


def converted(
    amount: int, currency: str | None, day: dt.date | None, *, to: str = "EUR", rates: pl.DataFrame
) -> int | None:
    frame = pl.DataFrame(
        [(amount, currency, day)],
        schema={"own": pl.Int64, "currency": pl.String, "day": pl.Date},
        orient="row",
    )
    found: int | None = convert(frame, rates, columns={"out": "own"}, to=to)["out"].item()
    return found


@pytest.fixture(scope="module")
def ecb() -> pl.DataFrame:
    return load_rates()


def test_the_history_is_read_whole(ecb: pl.DataFrame) -> None:
    assert ecb.columns == ["day", "currency", "per_eur"]
    first = ecb.filter((pl.col("currency") == "USD") & (pl.col("day") == dt.date(1999, 1, 4)))
    assert first["per_eur"].item() == Decimal("1.1789")
    assert ecb.height > 200_000


@pytest.mark.parametrize(
    ("case", "amount", "currency", "day", "to", "expected"),
    [
        ("the euro needs no rate", 1234, "EUR", dt.date(1990, 1, 1), "EUR", 1234),
        ("the same currency needs no rate, even one nobody quotes", 50_000, "VND", FRIDAY, "VND", 50_000),
        (
            "1999-01-04: 1.1789 dollars a euro, 100.00 / 1.1789 = 84.8248",
            10_000,
            "USD",
            dt.date(1999, 1, 4),
            "EUR",
            8482,
        ),
        (
            "a weekend takes Friday's: 1999-01-10 has 1.1659 of the 8th",
            10_000,
            "USD",
            dt.date(1999, 1, 10),
            "EUR",
            8577,
        ),
        ("yen have no decimals: 13373 yen / 133.73 = 100 euro", 13_373, "JPY", dt.date(1999, 1, 4), "EUR", 10_000),
        ("a cross rate goes by the euro: 1.00 USD = 133.73 / 1.1789 yen", 100, "USD", dt.date(1999, 1, 4), "JPY", 113),
        ("the lev's fixed rate goes on for ever", 195_583, "BGN", dt.date(2030, 5, 1), "EUR", 100_000),
        ("the kuna's too", 75_345, "HRK", dt.date(2026, 9, 5), "EUR", 10_000),
        ("no rate at all", 100, "VND", FRIDAY, "EUR", None),
        ("the rouble's last rate is too old", 100, "RUB", dt.date(2022, 3, 10), "EUR", None),
        ("a day before all rates uses none of the future", 100, "USD", dt.date(1998, 12, 31), "EUR", None),
        ("unknown currency", 100, None, FRIDAY, "EUR", None),
        ("unknown day", 100, "USD", None, "EUR", None),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else None,
)
def test_conversion(
    case: str, amount: int, currency: str | None, day: dt.date | None, to: str, expected: int | None, ecb: pl.DataFrame
) -> None:
    assert converted(amount, currency, day, to=to, rates=ecb) == expected, case


def test_a_rate_serves_seven_days_and_no_longer() -> None:
    rates = pl.DataFrame({"day": [FRIDAY], "currency": ["XTS"], "per_eur": [Decimal("2.00000000")]})
    assert converted(200, "XTS", FRIDAY + dt.timedelta(days=7), rates=rates) == 100
    assert converted(200, "XTS", FRIDAY + dt.timedelta(days=8), rates=rates) is None


def test_own_rates_fill_gaps_and_win() -> None:
    own = pl.DataFrame(
        {"day": [FRIDAY, FRIDAY], "currency": ["VND", "USD"], "per_eur": [Decimal("30000"), Decimal("2")]}
    )
    rates = load_rates(own)
    assert converted(30_000, "VND", FRIDAY, rates=rates) == 100
    assert converted(200, "USD", FRIDAY, rates=rates) == 100


@pytest.mark.parametrize(("code", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("VND", 0), ("HUF", 2)])
def test_minor_digits(code: str, digits: int) -> None:
    assert minor_digits(code) == digits


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(1230, "EUR", "12.30"), (-5, "EUR", "-0.05"), (0, "EUR", "0.00"), (1230, "JPY", "1230"), (7, "KWD", "0.007")],
)
def test_decimal_text(minor: int, currency: str, text: str) -> None:
    assert decimal_text(minor, currency) == text
    assert decimal_text(None, currency) is None


@limits(deadline=None)
@given(st.lists(st.tuples(st.integers(-(10**30), 10**30), st.integers(1, 10**15)), min_size=1, max_size=20))
def test_half_even_is_the_exact_quotient_rounded(pairs: list[tuple[int, int]]) -> None:
    frame = pl.DataFrame(pairs, schema={"n": pl.Int128, "d": pl.Int128}, orient="row")
    got = frame.select(half_even(pl.col("n"), pl.col("d"))).to_series().to_list()
    exact = [round(Fraction(n, d)) for n, d in pairs]
    assert got == [value if abs(value) < 2**63 else None for value in exact]


@limits(deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1), st.sampled_from([1, 2, 4, 5, 8, 10]))
def test_exact_halves_go_to_the_even_neighbour(numbers: list[int], divisor: int) -> None:
    frame = pl.DataFrame({"n": numbers}, schema={"n": pl.Int128})
    got = frame.select(half_even(pl.col("n"), pl.lit(divisor, dtype=pl.Int128))).to_series().to_list()
    assert got == [int((Decimal(n) / divisor).quantize(Decimal(1), ROUND_HALF_EVEN)) for n in numbers]


def test_a_divisor_that_is_not_positive_gives_null() -> None:
    frame = pl.DataFrame({"n": [1, 1, 1], "d": [0, -1, None]}, schema={"n": pl.Int128, "d": pl.Int128})
    assert frame.select(half_even(pl.col("n"), pl.col("d"))).to_series().to_list() == [None, None, None]


@limits(deadline=None)
@given(st.lists(st.decimals("-999999999999.9999", "999999999999.9999", places=4), min_size=1), st.integers(0, 3))
def test_decimal_money_becomes_minor_units_half_even(amounts: list[Decimal], digits: int) -> None:
    frame = pl.DataFrame({"x": amounts}, schema={"x": pl.Decimal(18, 4)})
    got = frame.select(to_minor(pl.col("x"), size=pl.lit(10**digits, dtype=pl.Int128))).to_series().to_list()
    assert got == [int(amount.scaleb(digits).quantize(Decimal(1), ROUND_HALF_EVEN)) for amount in amounts]


@limits(deadline=None)
@given(
    st.integers(-(10**13), 10**13),
    st.decimals("0.00000001", "999999", places=8),
    st.decimals("0.00000001", "999999", places=8),
)
def test_a_cross_rate_is_exact(amount: int, rate_from: Decimal, rate_to: Decimal) -> None:
    rates = pl.DataFrame(
        {"day": [FRIDAY, FRIDAY], "currency": ["AAA", "BBB"], "per_eur": [rate_from, rate_to]},
        schema={"day": pl.Date, "currency": pl.String, "per_eur": pl.Decimal(18, 8)},
    )
    exact = round(amount * Fraction(rate_to) / Fraction(rate_from))
    expected = exact if abs(exact) < 2**63 else None
    assert converted(amount, "AAA", FRIDAY, to="BBB", rates=rates) == expected


def own(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    texts = pl.DataFrame(rows, schema=dict.fromkeys(("day", "currency", "rate", "per"), pl.String), orient="row")
    return own_rates(texts.with_columns(pl.col("day").str.to_date(), pl.col("rate").cast(RATE)))


@pytest.mark.parametrize(
    ("day", "minor"),
    [
        ("2026-05-01", 1000),  # 1325.00 / 132.50
        ("2026-05-09", 1000),  # until the next rate
        ("2026-05-10", 1060),  # 1325.00 / 125.00
        ("2026-06-13", 1060),  # five weeks
        ("2026-06-14", None),
        ("2026-04-30", None),  # never a rate of the future
    ],
)
def test_an_own_rate_holds_until_the_next_one_and_five_weeks_at_most(day: str, minor: int | None) -> None:
    rates = load_rates(own(("2026-05-01", "BDT", "132.5", "EUR"), ("2026-05-10", "BDT", "125", "EUR")))
    frame = pl.DataFrame({"currency": ["BDT"], "day": [dt.date.fromisoformat(day)], "own": [132500]})
    assert convert(frame, rates, columns={"eur": "own"}, to="EUR")["eur"].item() == minor


def test_a_rate_may_be_told_per_another_currency() -> None:
    bank = load_rates().filter((pl.col("currency") == "USD") & (pl.col("day") == dt.date(2026, 5, 4)))
    found = own(("2026-05-04", "BDT", "120", "USD")).filter(pl.col("day") == dt.date(2026, 5, 4))
    assert found["per_eur"].item() == bank["per_eur"].item() * 120
    assert own(("2026-05-04", "BDT", "5", "VND")).is_empty()


def test_an_own_rate_wins_over_the_bank_on_its_own_day_alone() -> None:
    rates = load_rates(own(("2026-05-04", "USD", "2", "EUR"))).filter(pl.col("currency") == "USD")
    shown = rates.filter(pl.col("day").is_between(dt.date(2026, 5, 4), dt.date(2026, 5, 5)))["per_eur"].to_list()
    assert shown[0] == 2
    assert shown[1] < 2
