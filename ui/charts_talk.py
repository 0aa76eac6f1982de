"""Charts of the talk pages: net sentiment with its interval, label shares, intervals per group.

Pure: frames of `ui.talk` and words in the reader's language come in, Altair charts go out. Judgements below 30 scored
texts never arrive here drawn: the frames mark them and the charts leave a gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import altair as alt
import polars as pl

from listener.feeling import MIN_SCORED
from ui.charts import day_axis
from ui.talk import LABELS
from ui.theme import BLUE, GREY, VERMILION

LABEL_COLOURS = {"negative": VERMILION, "neutral": GREY, "positive": BLUE}
NET_FORMAT = "+.0%"
# Height of a row, and what legend and axis take: the charts are fitted into their height, labels included.
ROW, LEGEND, AXIS = 30, 34, 48
NAMED_SHARE = 0.12  # narrower parts have no room for their number on a phone


def net_over_time(buckets: pl.DataFrame, *, words: Mapping[str, str], ink: str, height: int = 260) -> alt.LayerChart:
    """Line of net sentiment with its 90 % band; a bucket with fewer than 30 scored texts is a gap.

    `buckets`: `ui.talk.by_grain`. `words`: day, net, low, high, scored.
    """
    shown = buckets.with_columns(
        pl.when(pl.col("scored") >= MIN_SCORED).then(pl.col(name)).alias(name) for name in ("net", "low", "high")
    )
    known = pl.col("net").is_not_null()
    lone = known & ~known.shift(1, fill_value=False) & ~known.shift(-1, fill_value=False)
    base = alt.Chart(shown.with_columns(lone=lone)).encode(
        x=alt.X("day:T", title=None, axis=day_axis(shown["day"], ticks=6))
    )
    scale = alt.Scale(domain=_domain(shown), nice=True)
    axis = alt.Axis(format=NET_FORMAT, tickCount=5)
    band = base.mark_area(opacity=0.2, color=BLUE, invalid="break-paths-show-domains").encode(
        y=alt.Y("low:Q", title=words["net"], scale=scale, axis=axis), y2="high:Q"
    )
    line = base.mark_line(
        color=BLUE, strokeWidth=2, invalid="break-paths-show-domains", point={"size": 45, "color": BLUE, "filled": True}
    ).encode(
        y=alt.Y("net:Q", scale=scale),
        tooltip=[
            alt.Tooltip("day:T", title=words["day"]),
            alt.Tooltip("net:Q", title=words["net"], format=NET_FORMAT),
            alt.Tooltip("low:Q", title=words["low"], format=NET_FORMAT),
            alt.Tooltip("high:Q", title=words["high"], format=NET_FORMAT),
            alt.Tooltip("scored:Q", title=words["scored"]),
        ],
    )
    # A lone bucket between two gaps has no band to show, so its interval is a rule.
    whiskers = (
        base.transform_filter("datum.lone")
        .mark_rule(color=BLUE, opacity=0.35, strokeWidth=5)
        .encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
    )
    return _layered(band, whiskers, _zero_line("y", ink), line, height=height)


def _layered(*parts: alt.Chart, height: int) -> alt.LayerChart:
    return cast(alt.LayerChart, alt.layer(*parts).properties(height=height))


def _domain(shown: pl.DataFrame) -> list[float]:
    low, high = shown["low"].min(), shown["high"].max()
    return [min(0.0, float(low or 0)) - 0.05, max(0.0, float(high or 0)) + 0.05]  # type: ignore[arg-type]


def _zero_line(channel: str, ink: str) -> alt.Chart:
    rule = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(color=ink, opacity=0.6, strokeDash=[4, 3])
    return cast(alt.Chart, rule.encode(y="zero:Q") if channel == "y" else rule.encode(x="zero:Q"))


def label_shares(
    shares: pl.DataFrame, by: str, *, words: Mapping[str, str], names: Mapping[str, str], ink: str
) -> alt.LayerChart:
    """Diverging bars, negative left, positive right, neutral astride the zero line, with the count at the end.

    `shares`: `ui.talk.label_shares`. `words`: label, share, n, scored and the three labels. `names`: what to call the
    values of `by`.
    """
    drawn = shares.with_columns(
        pl.col(by).replace_strict(dict(names), default=pl.col(by)).alias("name"),
        pl.col("label").replace_strict({label: words[label] for label in LABELS}).alias("label_name"),
    )
    order = drawn["name"].unique(maintain_order=True).to_list()
    left, right = _ends(drawn)
    rows = alt.Y("name:N", title=None, sort=order, axis=alt.Axis(labelLimit=120, ticks=False, domain=False))
    colours = alt.Scale(
        domain=[words[label] for label in LABEL_COLOURS], range=[LABEL_COLOURS[label] for label in LABEL_COLOURS]
    )
    bars = (
        alt.Chart(drawn)
        .mark_bar(height=ROW - 12)
        .encode(
            y=rows,
            x=alt.X("start:Q", title=None, axis=None, scale=alt.Scale(domain=[left, right], nice=False)),
            x2="end:Q",
            color=alt.Color("label_name:N", scale=colours, legend=alt.Legend(orient="top", title=None)),
            tooltip=[
                alt.Tooltip("name:N", title=words["group"]),
                alt.Tooltip("label_name:N", title=words["label"]),
                alt.Tooltip("share:Q", title=words["share"], format=".0%"),
                alt.Tooltip("n:Q", title=words["n"]),
                alt.Tooltip("scored:Q", title=words["scored"]),
            ],
        )
    )
    inside = (
        alt.Chart(
            drawn.filter(pl.col("share") >= NAMED_SHARE).with_columns(middle=(pl.col("start") + pl.col("end")) / 2)
        )
        .mark_text(color="#FFFFFF", fontSize=11, fontWeight="bold")
        .encode(y=rows, x="middle:Q", text=alt.Text("share:Q", format=".0%"))
    )
    counts = (
        alt.Chart(drawn.filter(pl.col("label") == "positive").with_columns(n_text=pl.format("n={}", "scored")))
        .mark_text(color=ink, align="right", fontSize=11)
        .encode(y=rows, x=alt.datum(right), text="n_text:N")
    )
    return _layered(bars, inside, counts, height=LEGEND + ROW * max(1, len(order)))


def _ends(drawn: pl.DataFrame) -> tuple[float, float]:
    """Where the bars' line begins and ends: the longest bar to each side, and room for the counts at the right."""
    starts, ends = drawn["start"].to_list(), drawn["end"].to_list()
    return min(starts, default=-1.0) - 0.02, max(ends, default=1.0) + 0.3


def net_intervals(
    groups: pl.DataFrame, by: str, *, words: Mapping[str, str], names: Mapping[str, str], ink: str
) -> alt.LayerChart:
    """One dot and 90 % interval a group: blue surely above zero, vermilion surely below, grey where zero lies inside.

    `groups`: `listener.feeling.feeling_by`; groups with fewer than 30 scored texts are left out.
    """
    sure = (
        pl.when(pl.col("low") > 0)
        .then(pl.lit("above"))
        .when(pl.col("high") < 0)
        .then(pl.lit("below"))
        .otherwise(pl.lit("unsure"))
    )
    drawn = (
        groups.filter(pl.col("scored") >= MIN_SCORED)
        .sort("net", by, descending=[True, False])
        .with_columns(
            pl.col(by).replace_strict(dict(names), default=pl.col(by)).alias("name"),
            sure.replace_strict({key: words[key] for key in ("above", "below", "unsure")}).alias("sure"),
            pl.format("n={}", "scored").alias("n_text"),
        )
    )
    order: Sequence[str] = drawn["name"].to_list()
    rows = alt.Y("name:N", title=None, sort=list(order), axis=alt.Axis(labelLimit=140, ticks=False))
    colours = alt.Scale(domain=[words["above"], words["unsure"], words["below"]], range=[BLUE, GREY, VERMILION])
    # One below the other: side by side they are cut off on phones.
    colour = alt.Color(
        "sure:N",
        scale=colours,
        legend=alt.Legend(orient="top", direction="vertical", title=None, symbolOpacity=1, labelLimit=320),
    )
    base = alt.Chart(drawn)
    scale = alt.Scale(domain=[-1, 1])
    whisker = base.mark_rule(strokeWidth=4, opacity=0.55).encode(
        y=rows,
        x=alt.X("low:Q", title=words["net"], scale=scale, axis=alt.Axis(format=NET_FORMAT, tickCount=5)),
        x2="high:Q",
        color=colour,
    )
    dot = base.mark_point(filled=True, size=90, opacity=1).encode(
        y=rows,
        x="net:Q",
        color=colour,
        tooltip=[
            alt.Tooltip("name:N", title=words["group"]),
            alt.Tooltip("net:Q", title=words["net"], format=NET_FORMAT),
            alt.Tooltip("low:Q", title=words["low"], format=NET_FORMAT),
            alt.Tooltip("high:Q", title=words["high"], format=NET_FORMAT),
            alt.Tooltip("scored:Q", title=words["scored"]),
        ],
    )
    counts = base.mark_text(color=ink, dy=-12, fontSize=11).encode(y=rows, x="net:Q", text="n_text:N")
    height = 3 * LEGEND + AXIS + 54 * max(1, len(order))
    return _layered(_zero_line("x", ink), whisker, dot, counts, height=height)


def score_bars(parts: pl.DataFrame, *, ink: str, title: str) -> alt.LayerChart:
    """Bars from 0 to 100 with their value; an unknown part has a dash and no bar. `parts`: name, value."""
    drawn = parts.with_columns(
        pl.when(pl.col("value").is_null())
        .then(pl.lit("–"))
        .otherwise(pl.col("value").round(0).cast(pl.Int64).cast(pl.String))
        .alias("said")
    )
    rows = alt.Y(
        "name:N", title=None, sort=parts["name"].to_list(), axis=alt.Axis(ticks=False, domain=False, labelOverlap=False)
    )
    scale = alt.Scale(domain=[0, 110])
    bars = (
        alt.Chart(drawn)
        .mark_bar(color=BLUE, height=14)
        .encode(
            y=rows, x=alt.X("value:Q", title=title, scale=scale, axis=alt.Axis(values=[0, 25, 50, 75, 100], grid=False))
        )
    )
    said = (
        alt.Chart(drawn.with_columns(pl.col("value").fill_null(0)))
        .mark_text(color=ink, align="left", dx=5)
        .encode(y=rows, x=alt.X("value:Q", scale=scale), text="said:N")
    )
    return _layered(bars, said, height=AXIS + ROW * parts.height)
