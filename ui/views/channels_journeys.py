"""Channels, tab "Journeys": which paths lead to orders, how long they take, what stands early and what late."""

from __future__ import annotations

import polars as pl
import streamlit as st

from attribution import compare
from attribution.report import Report
from ui import charts, charts_flow, figures, frame, order_tables, path_figures, tables, theme, words
from ui.frame import Screen

SERIES = 4
STEPS = 3
DAYS = (0, 1, 2, 3, 8, 15, 31)
TOUCHES = (1, 2, 3, 4, 5, 6)


def draw(screen: Screen, report: Report) -> None:
    _ = screen._
    if report.journeys.is_empty():
        frame.empty(
            screen,
            _("No order of this period has a path"),
            (
                _("Import **visits** that tell a visitor, and an order or customer where one is known."),
                _("Register promo codes: a code used is a touch of its own."),
            ),
        )
        return
    st.text(_sentence(screen, report))
    channel = _streams(screen, report)
    _paths(screen, report, channel)
    left, right = st.columns(2, gap="medium")
    with left:
        _times(screen, report)
    with right:
        _touches(screen, report)
    _stages(screen, report)
    _steps(screen, report)


def _sentence(screen: Screen, report: Report) -> str:
    _ = screen._
    touched = compare.touches_to_order(report).filter(pl.col("touches") > 0)
    days = path_figures.half_by(compare.time_to_order(report), "days")
    touches = path_figures.half_by(touched, "touches")
    n = int(touched["orders"].sum())
    if n < figures.MIN_JUDGED:
        return _("{n} of {all} orders have a path: too few to say what is usual.").format(
            n=words.number(screen, n), all=words.number(screen, report.orders)
        )
    whole = (days or 0) + 1  # 0 whole days have passed: it came within the first day
    within = _.plural("within {n} day of the first touch", "within {n} days of the first touch", whole).format(n=whole)
    after = _.plural("after {n} touch at most", "after {n} touches at most", touches or 0).format(n=touches or 0)
    return _("Half of the {n} orders with a path came {within}, and half {after}.").format(
        n=words.number(screen, n), within=within, after=after
    )


def _streams(screen: Screen, report: Report) -> str | None:
    """The Sankey; gives the channel that was clicked."""
    _ = screen._
    kinds = {"orders": _("that led to an order"), "all": _("all, with and without an order")}
    frame.recall("journeys", kinds)
    which: str | None = st.segmented_control(
        _("Journeys"),
        list(kinds),
        default="orders",
        required=True,
        format_func=kinds.__getitem__,
        key="journeys",
        bind="query-params",
    )
    converted = which != "all"
    other = _("other channels")
    rows = path_figures.streams(compare.flows(report, steps=STEPS), converted=converted, other=other)
    ends = {
        "(start)": _("first touch"),
        "(earlier)": _("earlier touches"),
        "(order)": _("order"),
        "(no order)": _("no order"),
    }
    entered = rows.filter(pl.col("step") == 0)
    chosen = charts_flow.streams(
        rows,
        names=ends,
        colours=_colours(screen, report) | {"(order)": theme.BLUE},
        alternative=_("Streams of journeys from channel to channel; first touches: {rows}").format(
            rows="; ".join(f"{row['target']} {row['n']}" for row in entered.iter_rows(named=True))
        ),
        key=f"streams-{which}",
        unit=_("orders") if converted else _("journeys"),
    )
    st.caption(
        _(
            "From left to right, touch after touch; repeats of a channel in a row count once, and of long journeys the "
            "last {steps} are drawn. Blue: social. Green: other tracked channels. Grey: Direct and all others. "
            "n = {n}. Click a channel for its paths."
        ).format(steps=STEPS, n=words.number(screen, int(entered["n"].sum())))
    )
    return None if chosen == other else chosen


def _colours(screen: Screen, report: Report) -> dict[str, str]:
    scope = screen.workspace.settings.attribution.social_scope
    names = [*report.journeys["channel"].to_list(), *report.null_journeys["channel"].to_list()]
    colours = {name: theme.BLUE if name in scope else theme.GREEN for name in set(names) if name is not None}
    return colours | {"Direct": theme.GREY}


def _paths(screen: Screen, report: Report, channel: str | None) -> None:
    _ = screen._
    st.subheader(_("Top paths") if channel is None else _("Paths with {channel}").format(channel=channel), anchor=False)
    paths = compare.top_paths(report, limit=None)
    if channel is not None:
        paths = paths.filter(pl.col("path").list.contains(channel))
    shown = paths.head(50).with_columns(
        conversion_rate=pl.when(pl.col("orders") + pl.col("failed") >= figures.MIN_JUDGED).then("conversion_rate"),
    )
    arrows = shown.with_columns(path=pl.col("path").list.join(" → "))
    picked = tables.show(
        screen,
        arrows,
        alternative=_("Paths by how many orders they led to"),
        key=f"paths-{channel or ''}",
        select=True,
        phone=("path", "orders", "revenue_minor"),
        titles={
            "failed": _("Without an order"),
            "conversion_rate": _("Led to an order"),
            "days": _("Days (median)"),
            "touches": _("Steps"),
        },
    )
    st.caption(_("Shares from {n} journeys on. Choose a path to see its orders.").format(n=figures.MIN_JUDGED))
    frame.export(screen, paths.with_columns(path=pl.col("path").list.join(" > ")), "paths")
    if picked is not None:
        path = shown["path"][arrows["path"].to_list().index(picked["path"])].to_list()
        orders = compare.orders_of_path(report, path).select("account", "order_id")
        mine = figures.order_paths(report).join(orders, on=["account", "order_id"], how="semi", maintain_order="left")
        order_tables.show(screen, report, mine, key="path-orders")


def _times(screen: Screen, report: Report) -> None:
    _ = screen._
    st.subheader(_("Days from the first touch to the order"), anchor=False)
    rows = path_figures.in_bins(compare.time_to_order(report), "days", edges=DAYS)
    _counted(screen, rows, title=_("Days"), key="times", zero="<1")


def _touches(screen: Screen, report: Report) -> None:
    _ = screen._
    st.subheader(_("Touches to the order"), anchor=False)
    counted = compare.touches_to_order(report)
    rows = path_figures.in_bins(counted, "touches", edges=TOUCHES)
    _counted(screen, rows, title=_("Touches"), key="touches")
    alone = int(counted.filter(pl.col("touches") == 0)["orders"].sum())
    if alone:
        st.caption(
            _.plural("{n} more order has no touch.", "{n} more orders have no touch.", alone).format(
                n=words.number(screen, alone)
            )
        )


def _counted(screen: Screen, rows: pl.DataFrame, *, title: str, key: str, zero: str = "0") -> None:
    last = max((place for place, n in enumerate(rows["orders"].to_list()) if n), default=0)
    shown = rows.head(last + 1).with_columns(
        name=pl.Series([_range(low, high, zero=zero) for low, high in rows.head(last + 1).select("low", "high").rows()])
    )
    charts.show(
        charts_flow.counted_bars(shown, name="name", n="orders", titles=(title, screen._("Orders"))),
        alternative=f"{title}: " + "; ".join(f"{row['name']} {row['orders']}" for row in shown.iter_rows(named=True)),
        key=key,
    )


def _range(low: int, high: int | None, *, zero: str) -> str:
    if high is None:
        return f"{low}+"
    if high == 0:
        return zero
    return str(low) if high == low else f"{low}–{high}"


def _stages(screen: Screen, report: Report) -> None:
    _ = screen._
    st.subheader(_("Early, mid and late touches"), anchor=False)
    staged = path_figures.stages(report.credits)
    other = _("other channels")
    shares = path_figures.stage_shares(staged, top=SERIES, other=other)
    table = path_figures.by_stage(staged)
    names = {"early": _("Early"), "mid": _("Mid"), "late": _("Late")}
    counts = {stage: int(staged.filter(pl.col("stage") == stage)["touches"].sum()) for stage in names}
    order = table["channel"].to_list()[:SERIES]
    order += [other] if other in shares["channel"].to_list() else []
    charts.show(
        charts_flow.stage_bars(
            shares,
            stages={stage: f"{name} (n = {counts[stage]})" for stage, name in names.items() if counts[stage]},
            order=order,
            title=_("Share of touches"),
        ),
        alternative=_("Touches by stage and channel: {rows}").format(
            rows="; ".join(
                f"{names[row['stage']]} {row['channel']} {row['touches']}" for row in shares.iter_rows(named=True)
            )
        ),
        key="stages",
    )
    judged = table.with_columns(late_share=pl.when(pl.col("touches") >= figures.MIN_JUDGED).then("late_share"))
    tables.show(
        screen,
        judged,
        alternative=_("Touches of each channel by stage"),
        key="stage-table",
        titles={**names, "late_share": _("Share late")},
    )
    frame.export(screen, staged, "stages")


def _steps(screen: Screen, report: Report) -> None:
    """The Markov chain behind the models of that name: what follows what, and what would be lost without."""
    _ = screen._
    st.subheader(_("What follows what"), anchor=False)
    counts = compare.transitions(report)
    steps = path_figures.steps_between(counts)
    labels = {"(start)": _("first touch"), "(order)": _("order"), "(no order)": _("no order")}
    rows = [name for name in ("(start)", *_leaders(steps)) if name in steps["source"].to_list()]
    columns = [*rows[1:], "(order)", "(no order)"]
    shown = steps.with_columns(pl.col("source", "target").replace(labels))
    charts.show(
        charts_flow.steps_matrix(
            shown,
            rows=[labels.get(name, name) for name in rows],
            columns=[labels.get(name, name) for name in columns],
            title=_("Share of steps"),
        ),
        alternative=_("How often each channel (row) is followed by each other, an order or no order (column)"),
        key="steps",
    )
    st.caption(
        _(
            "Each row adds up to 100 % with the channels left out; journeys without an order count too. "
            "These steps are what the Markov models learn from."
        )
    )
    lost = path_figures.losses(counts)
    tables.show(
        screen,
        lost,
        alternative=_("What share of orders the chain loses without each channel"),
        key="losses",
        titles={"removal_conversions": _("Orders lost without it")},
    )
    frame.export(screen, steps, "steps")


def _leaders(steps: pl.DataFrame) -> list[str]:
    left = steps.group_by("source").agg(pl.col("n").sum()).sort("n", "source", descending=[True, False])
    return [name for name in left["source"].to_list() if name != "(start)"]
