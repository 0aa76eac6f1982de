"""Orders and the touches behind them: what every figure of money opens to."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import streamlit as st

from attribution.report import By, Report
from ui import figures, frame, tables
from ui.frame import Screen


def behind(screen: Screen, report: Report, by: By, name: str) -> None:
    """The orders that hold credit of one row of a breakdown."""
    _ = screen._
    orders = figures.orders_behind(report, by, name)
    st.text(
        _.plural("{n} order behind {name}", "{n} orders behind {name}", orders.height).format(
            n=orders.height, name=name
        )
    )
    show(screen, report, orders, key=f"behind-{by}")


def show(
    screen: Screen, report: Report, orders: pl.DataFrame, *, key: str, titles: Mapping[str, str] | None = None
) -> None:
    """Orders to choose from, and the journey of the chosen one. `orders` has account, order_id and order_name."""
    _ = screen._
    picked = tables.show(
        screen,
        orders,
        alternative=_("Orders with their paths"),
        key=key,
        select=True,
        titles=titles,
        phone=("order_name", "net_minor", "credited_minor"),
    )
    frame.export(screen, orders, key)
    if picked is None:
        st.caption(_("Choose an order to see its touches."))
        return
    steps = figures.journey(report, picked["account"], picked["order_id"])
    st.text(_("What led to order {name}").format(name=picked["order_name"] or picked["order_id"]))
    if steps.is_empty():
        st.text(_("No visit and no code is known for this order: its net revenue is unexplained."))
        return
    tables.show(screen, steps, alternative=_("Touches of the order with their credit"), key=f"{key}-steps")
