"""Charts of paths: streams and stages, steps between channels, orders by days or touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from ui import charts, theme

LABELLED = 0.03  # of all journeys: a thinner node has its name in the tooltip alone
_UNSEEN = "\u200b"  # told apart by ECharts, not seen by people: the same channel stands at several steps


def streams(
    frame: pl.DataFrame,
    *,
    names: Mapping[str, str],
    colours: Mapping[str, str],
    alternative: str,
    key: str,
    unit: str,
) -> str | None:
    """A Sankey of step, source, target, n. `names` says what the ends are called, `colours` each channel's colour.

    Gives the name (as in `frame`) of the channel that was clicked, or of the target of the stream; else None.
    """
    rows = frame.rows(named=True)
    last = max((row["step"] for row in rows), default=0) + 2
    nodes, links = _nodes_and_links(rows, last, names)
    whole = sum(row["n"] for row in rows if row["step"] == 0)
    ends = {names.get(name, name) for name in names}
    data = [
        {
            "name": name,
            "depth": place,
            "itemStyle": {"color": colours.get(label, theme.GREY)},
            "label": {
                "position": "left" if place == last else "right",
                "show": _through(rows, label, place, last) >= LABELLED * whole,
            },
            "selected": False,
        }
        for (label, place), name in nodes.items()
    ]
    option = {
        "tooltip": {"trigger": "item", "valueFormatter": f"%,d {unit}"},
        "series": [
            {
                "type": "sankey",
                "left": 4,
                "right": 4,
                "top": 8,
                "bottom": 8,
                "nodeGap": 10,
                "nodeWidth": 14,
                "draggable": False,
                "selectedMode": "single",
                "emphasis": {"focus": "adjacency"},
                "lineStyle": {"color": "gradient", "opacity": 0.35, "curveness": 0.5},
                "label": {"color": theme.neutral("ink"), "fontSize": 12, "overflow": "truncate", "width": 120},
                "labelLayout": {"hideOverlap": True},
                "data": data,
                "links": links,
            }
        ],
    }
    state: Any = st.echarts_chart(option, height=440, key=key, alt=alternative, on_select="rerun")
    chosen = _chosen(state, [label for label, _place in nodes], [row["target"] for row in rows])
    return None if chosen in ends else chosen


def _through(rows: Sequence[Mapping[str, Any]], name: str, place: int, last: int) -> int:
    """How many journeys pass a node: what enters it, or what leaves the first."""
    if place == 0:
        return sum(row["n"] for row in rows if row["step"] == 0 and row["source"] == name)
    entering = (row for row in rows if row["target"] == name)
    return sum(row["n"] for row in entering if place == last or row["step"] + 1 == place)


def _nodes_and_links(
    rows: Sequence[Mapping[str, Any]], last: int, names: Mapping[str, str]
) -> tuple[dict[tuple[str, int], str], list[dict[str, Any]]]:
    """Nodes (channel, place from the left) -> a name of its own, and the streams between them. Ends stand right."""
    nodes: dict[tuple[str, int], str] = {}

    def node(name: str, place: int) -> str:
        return nodes.setdefault((name, place), names.get(name, name) + _UNSEEN * place)

    links = []
    for row in rows:
        at_end = row["target"].startswith("(")
        target = node(row["target"], last if at_end else row["step"] + 1)
        links.append({"source": node(row["source"], row["step"]), "target": target, "value": row["n"]})
    return nodes, links


def _chosen(state: Any, nodes: Sequence[str], targets: Sequence[str]) -> str | None:
    for group in state["selection"]["selected"] if state else ():
        known = targets if group.get("data_type") == "edge" else nodes
        for place in group["data_indices"]:
            if place < len(known):
                return str(known[place])
    return None


def stage_bars(frame: pl.DataFrame, *, stages: Mapping[str, str], order: Sequence[str], title: str) -> charts.Drawn:
    """One bar a stage, divided by channel: stage, channel, touches, share. `order`: channels, "other" last."""
    colours = [*theme.SERIES[: len(order) - 1], theme.GREY]
    shown = frame.with_columns(
        name=pl.col("stage").replace_strict(dict(stages)), place=pl.col("channel").replace_strict(_places(order))
    )
    drawn: alt.Chart = (
        alt.Chart(shown)
        .mark_bar(height=26)
        .encode(
            y=alt.Y("name:N", title=None, sort=list(stages.values()), axis=alt.Axis(labelLimit=150)),
            x=alt.X("share:Q", title=title, stack="zero", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            order=alt.Order("place:O"),
            color=alt.Color(
                "channel:N",
                scale=alt.Scale(domain=list(order), range=colours[: len(order)]),
                legend=alt.Legend(title=None, orient="top", columns=3),
            ),
            tooltip=[
                alt.Tooltip("channel:N", title=""),
                alt.Tooltip("share:Q", title=title, format=".0%"),
                alt.Tooltip("touches:Q", title="n"),
            ],
        )
        .properties(height=charts.AXIS + 34 + 44 * len(stages))
    )
    return drawn


def _places(order: Sequence[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(order)}


def steps_matrix(frame: pl.DataFrame, *, rows: Sequence[str], columns: Sequence[str], title: str) -> charts.Drawn:
    """What follows what: source, target, share, n as a matrix; the darker, the more often."""
    base = alt.Chart(frame).encode(
        y=alt.Y("source:N", sort=list(rows), title=None, axis=alt.Axis(labelLimit=110)),
        x=alt.X(
            "target:N", sort=list(columns), title=None, axis=alt.Axis(orient="top", labelAngle=-45, labelLimit=110)
        ),
        tooltip=[
            alt.Tooltip("source:N", title=""),
            alt.Tooltip("target:N", title="→"),
            alt.Tooltip("share:Q", title=title, format=".1%"),
            alt.Tooltip("n:Q", title="n"),
        ],
    )
    ramp = list(theme.SEQUENTIAL) if not theme.is_dark() else ["#1D2B38", "#56B4E9"]
    cells = base.mark_rect().encode(color=alt.Color("share:Q", scale=alt.Scale(range=ramp, domain=[0, 1]), legend=None))
    texts = base.mark_text(fontSize=11).encode(
        text=alt.Text("share:Q", format=".0%"),
        color=alt.condition(
            "datum.share > 0.45",
            alt.value("#14171C" if theme.is_dark() else "#FFFFFF"),
            alt.value(theme.neutral("ink")),
        ),
    )
    return alt.layer(cells, texts.transform_filter("datum.share >= 0.005")).properties(height=110 + 30 * len(rows))


def counted_bars(frame: pl.DataFrame, *, name: str, n: str, titles: tuple[str, str]) -> charts.Drawn:
    """Upright bars in the order given, with their counts above: `name`, `n`."""
    base = alt.Chart(frame).encode(
        x=alt.X(f"{name}:N", sort=None, title=titles[0], axis=alt.Axis(labelAngle=0)),
        y=alt.Y(f"{n}:Q", title=titles[1], axis=alt.Axis(tickMinStep=1)),
    )
    bars = base.mark_bar(color=theme.BLUE, cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
    texts = charts.text_mark(base, dy=-8, fontSize=12).encode(text=f"{n}:Q")
    return alt.layer(bars, texts).properties(height=220)
