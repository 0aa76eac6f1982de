"""Channels, tab "Compare models": two models side by side, and what the choice moves."""

from __future__ import annotations

import polars as pl
import streamlit as st

from attribution import compare
from attribution.report import By, Report
from config.settings import MODELS
from ui import charts, data, figures, frame, order_tables, tables, words
from ui.frame import Screen

MAX_ROWS = 12


def draw(screen: Screen, report: Report, by: By) -> None:
    _ = screen._
    chosen = _against(screen)
    compared = data.models(screen.period, by, screen.lookback)
    side = figures.models_side_by_side(compared, a=screen.model, b=chosen)
    if side.filter((pl.col("highest_minor") != 0) & pl.col("credited")).is_empty():
        st.text(_("No model credits anything in this period."))
        return
    names = (frame.model_name(screen.model, _), frame.model_name(chosen, _))
    st.text(_sentence(screen, compared, side, names, chosen))
    _dots(screen, side, names)
    picked = tables.show(
        screen,
        side,
        alternative=_("Credit under two models"),
        key=f"side-{by}",
        select=True,
        titles={
            "a_minor": names[0],
            "b_minor": names[1],
            "lowest_minor": _("Least of all models"),
            "highest_minor": _("Most of all models"),
        },
    )
    st.caption(
        _(
            "Both columns add up to the same net revenue; Direct and (none) are stated apart. "
            "Choose a row for its orders."
        )
    )
    frame.export(screen, side, f"models-by-{by}")
    if picked is not None:
        _behind(screen, report, by, picked["name"], chosen, names)
    _moved(screen, compared)


def _against(screen: Screen) -> str:
    _ = screen._
    names = {model: frame.model_name(model, _) for model in MODELS if model != screen.model}
    frame.recall("against", names)
    chosen: str = st.selectbox(
        _("Compare {model} with").format(model=frame.model_name(screen.model, _)),
        list(names),
        format_func=names.__getitem__,
        key="against",
        bind="query-params",
        width=320,
    )
    return chosen


def _sentence(screen: Screen, compared: pl.DataFrame, side: pl.DataFrame, names: tuple[str, str], chosen: str) -> str:
    """How much lies elsewhere under the other model, and where most of it goes from and to."""
    _ = screen._
    moved = compare.moved_by_choice(compared, model=screen.model).filter(pl.col("model") == chosen)["moved_minor"]
    money = int(moved[0] or 0) if moved.len() else 0
    total = int(side["a_minor"].sum())
    if not money:
        return _("Both models give every row the same.")
    gains = side.sort("difference_minor", "name", descending=[True, False])
    return _(
        "{b} puts {money} ({share} of net revenue) elsewhere than {a}: most of it from {loser} to {winner}."
    ).format(
        a=names[0],
        b=names[1],
        money=words.money(screen, money),
        share=words.share(screen, money / total if total else None),
        loser=gains["name"][-1],
        winner=gains["name"][0],
    )


def _dots(screen: Screen, side: pl.DataFrame, names: tuple[str, str]) -> None:
    scale = 10 ** tables.digits(screen.currency)
    drawn = side.filter(pl.col("credited") & ((pl.col("a_minor") != 0) | (pl.col("b_minor") != 0))).head(MAX_ROWS)
    rows = drawn.with_row_index("order").with_columns(
        a=pl.col("a_minor") / scale,
        b=pl.col("b_minor") / scale,
        caption=pl.Series(
            [
                f"{row['name']} · {words.money(screen, row['a_minor'])} → {words.money(screen, row['b_minor'])}"
                for row in drawn.iter_rows(named=True)
            ],
            dtype=pl.String,
        ),
    )
    charts.show(
        charts.two_models(rows, names=names, value_title=screen.currency),
        alternative=screen._("Net revenue under two models: {rows}").format(rows="; ".join(rows["caption"].to_list())),
        key="models",
    )


def _behind(screen: Screen, report: Report, by: By, name: str, chosen: str, names: tuple[str, str]) -> None:
    """The orders of a row under either model, with what each gives it."""
    _ = screen._
    other = data.report(screen.period, chosen, screen.lookback)
    keys = ["account", "order_id"]
    parts = [figures.orders_behind(given, by, name).select(*keys, "credit_minor") for given in (report, other)]
    orders = (
        figures.order_paths(report)
        .drop("credited_minor")
        .join(parts[0].rename({"credit_minor": "a_minor"}), on=keys, how="left", maintain_order="left")
        .join(parts[1].rename({"credit_minor": "b_minor"}), on=keys, how="left", maintain_order="left")
        .filter(pl.col("a_minor").is_not_null() | pl.col("b_minor").is_not_null())
        .with_columns(pl.col("a_minor", "b_minor").fill_null(0))
    )
    st.text(
        _.plural("{n} order behind {name}", "{n} orders behind {name}", orders.height).format(
            n=orders.height, name=name
        )
    )
    order_tables.show(screen, report, orders, key=f"compared-{by}", titles={"a_minor": names[0], "b_minor": names[1]})


def _moved(screen: Screen, compared: pl.DataFrame) -> None:
    """What the choice of each other model would move."""
    _ = screen._
    st.subheader(_("What the choice moves"), anchor=False)
    total = int(compared.filter(pl.col("model") == screen.model)["revenue_minor"].sum())
    moved = compare.moved_by_choice(compared, model=screen.model).filter(pl.col("model") != screen.model)
    rows = moved.sort("moved_minor", descending=True).select(
        model=pl.col("model").map_elements(lambda model: frame.model_name(model, _), return_dtype=pl.String),
        moved_minor="moved_minor",
        share=pl.col("moved_minor") / total if total else pl.lit(None, dtype=pl.Float64),
    )
    tables.show(
        screen,
        rows,
        alternative=_("Money that lies elsewhere under each other model"),
        key="moved",
        titles={"model": _("Model"), "moved_minor": _("Lies elsewhere"), "share": _("Of net revenue")},
    )
