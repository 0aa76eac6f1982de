"""Paths for the tests of the models: written short, drawn by hypothesis, or read from the samples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from hypothesis import strategies as st

from attribution.paths import Paths, read_paths

Row = tuple[str, int, int, int]  # path "A B A", conversions, value, nulls
SCHEMA = {
    "journey": pl.Int64,
    "channel": pl.String,
    "conversions": pl.Int64,
    "value": pl.Int64,
    "nulls": pl.Int64,
}


def long(rows: Sequence[Row]) -> pl.DataFrame:
    touches = [
        (journey, channel, conversions, value, nulls)
        for journey, (path, conversions, value, nulls) in enumerate(rows)
        for channel in path.split()
    ]
    return pl.DataFrame(touches, schema=SCHEMA, orient="row")


def paths(*rows: Row) -> Paths:
    return read_paths(long(rows))


def some_rows(*, channels: str = "ABCD", nulls: bool = True) -> st.SearchStrategy[list[Row]]:
    """Up to eight journeys over a few channels, at least one of which converts."""
    walk = st.lists(st.sampled_from(channels), min_size=1, max_size=6).map(" ".join)
    journey = st.tuples(walk, st.integers(0, 3), st.integers(0, 9_999), st.integers(0, 3) if nulls else st.just(0))
    sold = st.tuples(walk, st.integers(1, 3), st.integers(1, 9_999), st.just(0))
    return st.tuples(st.lists(journey, max_size=7), sold).map(lambda drawn: [*map(_sound, drawn[0]), drawn[1]])


def _sound(row: Row) -> Row:
    """No value without a conversion."""
    path, conversions, value, nulls = row
    return path, conversions, value if conversions else 0, nulls


def sample_paths(file: Path) -> pl.DataFrame:
    """The aggregated sample as one row a touch."""
    return (
        pl.read_csv(file)
        .with_row_index("journey")
        .select(
            "journey",
            channel=pl.col("path").str.split(" > "),
            conversions="total_conversions",
            value="total_conversion_value",
            nulls=pl.col("total_null").cast(pl.Int64),
        )
        .explode("channel", empty_as_null=True)
    )
