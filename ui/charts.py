"""Charts that every page draws alike: Altair, themed ink, an alternative text on each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import altair as alt
import polars as pl
import streamlit as st

from ui import theme


def show(
    chart: alt.Chart | alt.LayerChart | alt.VConcatChart,
    *,
    alternative: str,
    key: str | None = None,
    on_select: Literal["ignore", "rerun"] = "ignore",
) -> Any:
    """Draw a chart as wide as its place. `alternative` is read to people who cannot see it."""
    return st.altair_chart(chart, width="stretch", key=key, on_select=on_select, alt=alternative)


def text_mark(chart: alt.Chart, **options: Any) -> alt.Chart:
    """Text on a chart in the ground's ink (Vega's own black vanishes in the dark)."""
    return chart.mark_text(color=theme.neutral("ink"), **options)


def volume_band(frame: pl.DataFrame, *, day: str, value: str, titles: Mapping[str, str]) -> alt.LayerChart:
    """A daily line with its expected band. `frame` has `day`, `value`, `low`, `middle`, `high` (null: not known)."""
    base = alt.Chart(frame).encode(x=alt.X(f"{day}:T", title=None))
    tips = [
        alt.Tooltip(f"{name}:{kind}", title=titles.get(name, name))
        for name, kind in ((day, "T"), (value, "Q"), ("low", "Q"), ("high", "Q"))
    ]
    band = base.mark_area(color=theme.GREY, opacity=0.22).encode(y=alt.Y("low:Q", title=titles.get(value)), y2="high:Q")
    middle = base.mark_line(color=theme.GREY, strokeDash=[4, 3], strokeWidth=1).encode(y="middle:Q")
    line = base.mark_line(color=theme.BLUE, strokeWidth=2).encode(
        y=alt.Y(f"{value}:Q", title=titles.get(value)), tooltip=tips
    )
    outside = (pl.col(value) > pl.col("high")) | (pl.col(value) < pl.col("low"))
    dots = (
        alt.Chart(frame.filter(outside))
        .mark_point(color=theme.VERMILION, filled=True, size=70)
        .encode(x=alt.X(f"{day}:T"), y=f"{value}:Q", tooltip=tips)
    )
    return alt.layer(band, middle, line, dots).properties(height=260)
