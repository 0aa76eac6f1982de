"""Credit by product: what an order's lines cost divides what its touches earned."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution import tables
from attribution.breakdown import by_product
from tests.attribution.worlds import table

Lines = list[tuple[str | None, str | None, int, str]]  # product, price, quantity, discount


def lines(found: Lines) -> pl.DataFrame:
    return table(
        tables.ORDER_LINES,
        [
            {
                "account": "default",
                "order_id": "1",
                "line_no": place,
                "product": product,
                "price": None if price is None else Decimal(price),
                "quantity": quantity,
                "line_discount": Decimal(discount),
            }
            for place, (product, price, quantity, discount) in enumerate(found, start=1)
        ],
    )


def credits(*minor: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account": ["default"] * len(minor),
            "order_id": ["1"] * len(minor),
            "position": range(1, len(minor) + 1),
            "weight": [1 / max(len(minor), 1)] * len(minor),
            "credit_minor": list(minor),
        },
        schema={
            "account": pl.String,
            "order_id": pl.String,
            "position": pl.Int64,
            "weight": pl.Float64,
            "credit_minor": pl.Int64,
        },
    )


CASES: dict[str, tuple[Lines, list[int], dict[str, int]]] = {
    "in proportion to what each cost": (
        [("kettle", "30", 1, "0"), ("mug", "5", 2, "0")],
        [8_000],
        {"kettle": 6_000, "mug": 2_000},
    ),
    "a line's discount is off its worth": (
        [("kettle", "40", 1, "10"), ("mug", "10", 1, "0")],
        [4_000],
        {"kettle": 3_000, "mug": 1_000},
    ),
    "two lines of a product are one": ([("mug", "5", 1, "0"), ("mug", "5", 1, "0")], [999], {"mug": 999}),
    "evenly where no price is known": ([("a", None, 1, "0"), ("b", None, 1, "0")], [101], {"a": 51, "b": 50}),
    "a nameless line": ([(None, "5", 1, "0")], [100], {"(not set)": 100}),
    "an order without lines": ([], [100, 50], {"(not set)": 150}),
    "a net below zero": ([("a", "1", 1, "0"), ("b", "2", 1, "0")], [-300], {"a": -100, "b": -200}),
}


@pytest.mark.parametrize(("found", "minor", "expected"), CASES.values(), ids=CASES.keys())
def test_products(found: Lines, minor: list[int], expected: dict[str, int]) -> None:
    rows = by_product(credits(*minor), lines(found))
    sums = rows.group_by("product").agg(pl.col("credit_minor").sum())
    assert dict(sums.rows()) == expected


@limits(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", None]),
            st.sampled_from(["0", "1", "9.99", "0.0001", None]),
            st.integers(0, 4),
            st.sampled_from(["0", "5"]),
        ),
        max_size=5,
    ),
    st.lists(st.integers(-(10**9), 10**9), max_size=4),
)
def test_every_cent_and_every_conversion_stays(found: Any, minor: list[int]) -> None:
    rows = by_product(credits(*minor), lines(found))
    per_touch = rows.group_by("position", maintain_order=True).agg(pl.col("credit_minor").sum(), pl.col("weight").sum())
    assert per_touch["credit_minor"].to_list() == minor
    assert per_touch["weight"].to_list() == pytest.approx(credits(*minor)["weight"].to_list())
