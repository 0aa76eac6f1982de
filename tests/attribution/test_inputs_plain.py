"""Columns in the plain form are cast at once: they mean what they mean beside a cell that needs a closer reading."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.inputs.cells import Cells, money, whole_numbers
from attribution.inputs.times import instants

DIGITS = st.text("0123456789", min_size=1, max_size=16)
AMOUNTS = st.one_of(st.none(), DIGITS, st.builds("{}.{}".format, DIGITS, st.text("0123456789", min_size=1, max_size=5)))
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2110, 1, 1))
MOMENTS = st.builds("{}T{:%H:%M:%S}Z".format, DAYS, st.times())
NO_MOMENTS = st.sampled_from(["2026-13-01T00:00:00Z", "2026-02-30T10:00:00Z", "2026-01-01T25:00:00Z"])


def _texts(values: list[str | None]) -> pl.Series:
    return pl.Series("cell", values, dtype=pl.String)


def _same(alone: Cells, beside: Cells) -> None:
    assert alone.values.dtype == beside.values.dtype
    assert alone.values.to_list() == beside.values.to_list()[:-1]
    assert alone.bad.to_list() == beside.bad.to_list()[:-1]
    assert alone.unsure == beside.unsure


@settings(max_examples=60, deadline=None)
@given(st.lists(AMOUNTS, max_size=4), st.sampled_from([None, "EUR", "HUF", "VND"]))
def test_amounts_are_the_same_beside_a_dash_for_nothing(values: list[str | None], currency: str | None) -> None:
    _same(money(_texts(values), default=currency), money(_texts([*values, "-"]), default=currency))


@settings(max_examples=60, deadline=None)
@given(st.lists(AMOUNTS, max_size=4))
def test_counts_are_the_same_beside_a_dash_for_nothing(values: list[str | None]) -> None:
    _same(whole_numbers(_texts(values)), whole_numbers(_texts([*values, "-"])))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), MOMENTS, NO_MOMENTS), max_size=4))
def test_times_are_the_same_beside_a_dash_for_nothing(values: list[str | None]) -> None:
    _same(
        instants(_texts(values), zone="Europe/Berlin"),
        instants(_texts([*values, "-"]), zone="Europe/Berlin"),
    )
