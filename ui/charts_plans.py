"""Charts of plans: a goal's pace with the range of its forecast, a campaign's days against what was usual."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import altair as alt
import polars as pl

from ui import charts, theme
from ui.charts import Drawn


def pace(line: pl.DataFrame, *, target: float | None, title: str, words: Mapping[str, str], percent: bool) -> Drawn:
    """`line`: day, actual, plan, low, median, high (`goals.Assessment.line`, in the unit shown). The days so far are
    solid, the plan dashed, the forecast a band with its median outlined: it is estimated."""
    axis = alt.Axis(format=".0%" if percent else "~s", tickCount=5)
    base = alt.Chart(line).encode(x=alt.X("day:T", title=None, axis=charts.day_axis(line["day"])))
    tips = [
        alt.Tooltip("day:T", title=words["day"]),
        *(alt.Tooltip(f"{name}:Q", title=words[name], format=",.3~s") for name in ("actual", "plan", "low", "high")),
    ]
    y = alt.Y("low:Q", title=title, axis=axis)
    ahead = base.transform_filter("datum.low !== null")
    band = ahead.mark_area(color=theme.BLUE, opacity=0.18).encode(y=y, y2="high:Q")
    middle = ahead.mark_line(color=theme.BLUE, strokeDash=[2, 3], strokeWidth=2).encode(y="median:Q")
    plan = base.mark_line(color=theme.GREY, strokeDash=[6, 4], strokeWidth=1.5).encode(y="plan:Q")
    actual = base.transform_filter("datum.actual !== null").mark_line(color=theme.BLUE, strokeWidth=2.5)
    layers = [band, middle, plan, actual.encode(y="actual:Q", tooltip=tips)]
    if target is not None:
        rule = alt.Chart(pl.DataFrame({"target": [target]})).mark_rule(color=theme.VERMILION, strokeWidth=1.5)
        layers.append(rule.encode(y="target:Q"))
    return alt.layer(*layers).properties(height=210)


def against(daily: pl.DataFrame, *, since: dt.date, notes: pl.DataFrame, title: str, words: Mapping[str, str]) -> Drawn:
    """`daily`: day, actual, usual, running (`campaigns.Against.daily`). Bars are what was counted, grey before it
    began, the dashed line what is usual on that weekday; notes: day, text, number, marked by their number."""
    base = alt.Chart(
        daily.with_columns(colour=pl.when("running").then(pl.lit(theme.BLUE)).otherwise(pl.lit(theme.GREY)))
    )
    x = alt.X("utcyearmonthdate(day):T", title=None, axis=charts.day_axis(daily["day"]))
    bars = base.mark_bar().encode(
        x=x,
        y=alt.Y("actual:Q", title=title, axis=alt.Axis(tickMinStep=1)),
        color=alt.Color("colour:N", scale=None),
        tooltip=[
            alt.Tooltip("day:T", title=words["day"]),
            alt.Tooltip("actual:Q", title=words["actual"]),
            alt.Tooltip("usual:Q", title=words["usual"], format=",.1f"),
        ],
    )
    usual = base.mark_line(color=theme.VERMILION, strokeDash=[5, 4], strokeWidth=2).encode(x=x, y="usual:Q")
    layers: list[alt.Chart] = [bars, usual]
    if notes.height:
        marked = alt.Chart(notes).encode(x=alt.X("utcyearmonthdate(day):T"))
        layers.append(marked.mark_rule(color=theme.neutral("muted"), strokeDash=[2, 2]))
        layers.append(
            charts.text_mark(marked, align="center", baseline="top", fontSize=12, fontWeight="bold").encode(
                y=alt.value(2), text="number:N", tooltip=[alt.Tooltip("text:N", title="")]
            )
        )
    return alt.layer(*layers).properties(height=230)
