"""Charts that every page draws alike: Altair, themed ink, an alternative text on each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import altair as alt
import polars as pl
import streamlit as st
from babel import Locale

from ui import i18n, theme

Drawn = alt.Chart | alt.LayerChart | alt.FacetChart
_YEAR = 366
AXIS = 80  # what axis and title take of a chart's height, as Streamlit spaces them


def show(
    chart: Drawn,
    *,
    alternative: str,
    key: str | None = None,
    on_select: Literal["ignore", "rerun"] = "ignore",
) -> Any:
    """Draw a chart as wide as its place. `alternative` is read to people who cannot see it."""
    chart = chart.configure(locale=words_of_time(str(i18n.session_locale())))
    return st.altair_chart(chart, width="stretch", key=key, on_select=on_select, alt=alternative)


@lru_cache(maxsize=16)
def words_of_time(locale: str) -> alt.Locale:
    """The names of days and months, and the marks in numbers, as a chart's axes write them in a language."""
    found = Locale.parse(locale)
    days = [[found.days["format"][width][n] for n in (6, 0, 1, 2, 3, 4, 5)] for width in ("wide", "abbreviated")]
    months = [[found.months["format"][width][n] for n in range(1, 13)] for width in ("wide", "abbreviated")]
    time = alt.TimeLocale(
        dateTime="%x, %X",
        date="%d/%m/%Y",
        time="%H:%M",
        periods=[found.day_periods["format"]["abbreviated"][part] for part in ("am", "pm")],
        days=days[0],
        shortDays=days[1],
        months=months[0],
        shortMonths=months[1],
    )
    marks = found.number_symbols["latn"]
    number = alt.NumberLocale(decimal=marks["decimal"], thousands=marks["group"], grouping=[3], currency=["", ""])
    return alt.Locale(time=time, number=number)


def text_mark(chart: alt.Chart, **options: Any) -> alt.Chart:
    """Text on a chart in the ground's ink (Vega's own black vanishes in the dark), in the language's direction."""
    direction: Literal["ltr", "rtl"] = "rtl" if i18n.session_language() in i18n.RIGHT_TO_LEFT else "ltr"
    drawn: alt.Chart = chart.mark_text(color=theme.neutral("ink"), dir=direction, **options)
    return drawn


def day_axis(days: pl.Series, *, ticks: int | None = None) -> alt.Axis:
    """The axis of days: 5 Nov, and months with their year where it is longer than one."""
    first, last = days.min(), days.max()
    long = isinstance(first, dt.date) and isinstance(last, dt.date) and (last - first).days > _YEAR
    count = 8 if long and ticks is None else ticks
    return alt.Axis(
        format="%b %Y" if long else "%-d %b", tickCount=alt.Undefined if count is None else count, grid=False
    )


def volume_band(frame: pl.DataFrame, *, day: str, value: str, titles: Mapping[str, str]) -> Drawn:
    """A daily line with its expected band. `frame` has `day`, `value`, `low`, `middle`, `high` (null: not known)."""
    base = alt.Chart(frame).encode(x=alt.X(f"{day}:T", title=None, axis=day_axis(frame[day], ticks=8)))
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
        .mark_point(color=theme.VERMILION, filled=True, size=70, opacity=1)
        .encode(x=alt.X(f"{day}:T"), y=f"{value}:Q", tooltip=tips)
    )
    return alt.layer(band, middle, line, dots).properties(height=260)


def range_by_day(frame: pl.DataFrame, *, value_title: str) -> Drawn:
    """An estimate a day: `day`, `low`, `median`, `high`; a dashed line in its band."""
    base = alt.Chart(frame).encode(x=alt.X("day:T", title=None, axis=day_axis(frame["day"], ticks=8)))
    band = base.mark_area(color=theme.BLUE, opacity=0.18).encode(y=alt.Y("low:Q", title=value_title), y2="high:Q")
    line = base.mark_line(color=theme.BLUE, strokeDash=[5, 4], strokeWidth=2).encode(
        y=alt.Y("median:Q", title=value_title),
        tooltip=[alt.Tooltip("day:T"), *(alt.Tooltip(f"{end}:Q", format=",.2f") for end in ("low", "median", "high"))],
    )
    return alt.layer(band, line).properties(height=220)


def rows_with_captions(frame: pl.DataFrame, *, row_height: int = 58) -> alt.Chart:
    """The base of a horizontal bar chart whose captions stand above each bar, where they have room on phones too.

    `frame` has `order` (Int, from the top) and `caption`; the caller adds bars, and `captions()` for the texts.
    """
    base = alt.Chart(frame).encode(
        y=alt.Y("order:O", axis=None, scale=alt.Scale(paddingInner=0.5, paddingOuter=0.4)),
    )
    return base.properties(height=_rows_height(frame, row_height))


def _rows_height(frame: pl.DataFrame, row_height: int) -> int:
    """The height at which rows are `row_height` apart, however few: the paddings come to 0.3 of a row."""
    return AXIS + round(row_height * (max(1, frame.height) + 0.3))


def captions(base: alt.Chart) -> alt.Chart:
    """The captions of `rows_with_captions`, from the left edge."""
    return text_mark(base, align="left", baseline="bottom", dy=-13, fontSize=13).encode(
        x=alt.value(2), text="caption:N"
    )


def return_buckets(frame: pl.DataFrame, *, value_title: str, row_height: int = 58) -> Drawn:
    """A horizontal waterfall of the buckets, one row each, with its caption above the bar.

    `frame`: order, caption, start, end (in units of money), colour, counted (false: drawn as a dashed outline), and
    low and high, the range of an estimate, null where there is none.
    """
    base = rows_with_captions(frame, row_height=row_height)
    x = alt.X("start:Q", title=value_title, axis=alt.Axis(format="~s", tickCount=5, grid=True))
    solid = (
        base.transform_filter("datum.counted")
        .mark_bar(height=18, cornerRadius=2)
        .encode(x=x, x2="end:Q", color=alt.Color("colour:N", scale=None))
    )
    outline = (
        base.transform_filter("!datum.counted")
        .mark_bar(height=18, cornerRadius=2, fillOpacity=0, strokeDash=[5, 4], strokeWidth=2)
        .encode(x=x, x2="end:Q", stroke=alt.Stroke("colour:N", scale=None))
    )
    ranged = base.transform_filter("datum.low !== null")
    line = ranged.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q"), x2="high:Q", color=alt.Color("colour:N", scale=None)
    )
    ends = [
        ranged.mark_tick(thickness=2, size=12, orient="vertical").encode(
            x=alt.X(f"{end}:Q"), color=alt.Color("colour:N", scale=None)
        )
        for end in ("low", "high")
    ]
    return alt.layer(solid, outline, line, *ends, captions(base)).properties(height=_rows_height(frame, row_height))


def against_break_even(frame: pl.DataFrame, *, value_title: str, row_height: int = 58) -> Drawn:
    """Return on investment with its range, a row a name, against a dashed break-even line at 0.

    `frame`: order, caption, roi, low, high (null: no range), colour.
    """
    base = rows_with_captions(frame, row_height=row_height)
    axis = alt.Axis(format="+.0%", tickCount=5, grid=True)
    colour = alt.Color("colour:N", scale=None)
    ranges = (
        base.transform_filter("datum.low !== null")
        .mark_rule(strokeWidth=3)
        .encode(x=alt.X("low:Q", title=value_title, axis=axis), x2="high:Q", color=colour)
    )
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("roi:Q", title=value_title, axis=axis), color=colour
    )
    zero = (
        alt.Chart(pl.DataFrame({"at": [0.0]}))
        .mark_rule(strokeDash=[5, 4], color=theme.neutral("ink"), opacity=0.45)
        .encode(x="at:Q")
    )
    return alt.layer(zero, ranges, dots, captions(base)).properties(height=_rows_height(frame, row_height))


def ranked_bars(frame: pl.DataFrame, *, value_title: str, key_name: str | None = None, row_height: int = 48) -> Drawn:
    """Horizontal bars in the order given: order, name, caption, value, colour, counted (false: outlined).

    With `key_name` a click selects a bar's `name` under that name.
    """
    base = rows_with_captions(frame, row_height=row_height)
    x = alt.X("value:Q", title=value_title, axis=alt.Axis(format="~s", tickCount=5))
    bars = base.mark_bar(height=14, cornerRadius=2, strokeWidth=2).encode(
        x=x,
        color=alt.Color("colour:N", scale=None),
        stroke=alt.Stroke("colour:N", scale=None),
        fillOpacity=alt.condition("datum.counted", alt.value(1), alt.value(0)),
    )
    if key_name:
        bars = bars.add_params(alt.selection_point(name=key_name, fields=["name"]))
    return alt.layer(bars, captions(base)).properties(height=_rows_height(frame, row_height))


def two_models(frame: pl.DataFrame, *, names: tuple[str, str], value_title: str, row_height: int = 48) -> Drawn:
    """Dots of two models on one line a row: order, caption, a, b. The first model is a disc, the second a diamond."""
    base = rows_with_captions(frame, row_height=row_height)
    axis = alt.X("a:Q", title=value_title, axis=alt.Axis(format="~s", tickCount=5))
    rule = base.mark_rule(color=theme.GREY, strokeWidth=2).encode(x=axis, x2="b:Q")
    marks = []
    for column, name in zip(("a", "b"), names, strict=True):
        marks.append(
            base.transform_calculate(model=f"'{_js(name)}'")
            .mark_point(filled=True, size=110, opacity=1)
            .encode(
                x=alt.X(f"{column}:Q"),
                color=alt.Color(
                    "model:N",
                    scale=alt.Scale(domain=list(names), range=[theme.BLUE, theme.VERMILION]),
                    legend=alt.Legend(title=None, orient="top"),
                ),
                shape=alt.Shape(
                    "model:N",
                    scale=alt.Scale(domain=list(names), range=["circle", "diamond"]),
                    legend=alt.Legend(title=None, orient="top"),
                ),
            )
        )
    return alt.layer(rule, *marks, captions(base)).properties(height=_rows_height(frame, row_height))


def _js(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def stacked_days(frame: pl.DataFrame, *, day: str, value: str, series: str, order: list[str], title: str) -> alt.Chart:
    """Bars a day, stacked by at most four series and "other" (grey, last in `order`)."""
    colours = [*theme.SERIES[: len(order) - 1], theme.GREY] if len(order) > len(theme.SERIES) else list(theme.SERIES)
    drawn: alt.Chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X(f"utcyearmonthdate({day}):T", title=None, axis=day_axis(frame[day])),
            y=alt.Y(f"sum({value}):Q", title=title, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                f"{series}:N",
                scale=alt.Scale(domain=order, range=colours[: len(order)]),
                legend=alt.Legend(title=None, orient="top", columns=2),
            ),
            tooltip=[
                alt.Tooltip(f"{day}:T", title=""),
                alt.Tooltip(f"{series}:N", title=""),
                alt.Tooltip(f"sum({value}):Q", title=title),
            ],
        )
        .properties(height=280)
    )
    return drawn
