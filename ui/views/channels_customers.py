"""Channels, tab "Customers": what the new customers a channel brought bought later, and are expected to buy."""

from __future__ import annotations

import polars as pl
import streamlit as st

from attribution.clv import MIN_CUSTOMERS, Lifetimes, orders_of_brought
from attribution.report import By, Report
from ui import customer_figures, data, frame, tables, words
from ui.frame import Screen

COLUMNS = customer_figures.BY_COLUMN


def draw(screen: Screen, report: Report, by: By, name_of: dict[By, str]) -> None:
    """`by` as chosen on the page; a product brings no customer, so that it falls back to the channel."""
    _ = screen._
    chosen: By = by if by in COLUMNS else "channel"
    if chosen != by:
        st.text(_("A product brings no customer: shown by channel."))
    lifetimes = data.lifetimes(report)
    values = lifetimes.values
    rows = customer_figures.brought(report, by=chosen, values=values)
    if rows.is_empty():
        frame.empty(
            screen,
            _("No new customer is known in this period"),
            (
                _("Import orders with their customers: an order without one is nobody's first."),
                _("Choose a longer period above."),
            ),
        )
        return
    unknown = customer_figures.nameless(chosen)
    known = rows.filter(pl.col("name") != unknown)
    if known.height:
        st.text(_sentence(screen, known, summed=chosen != "code"))
    if known.height < rows.height:
        n = int(rows.filter(pl.col("name") == unknown)["new_customers"].sum())
        st.text(_unknown(screen, n, by_code=chosen == "code"))
    readiness(screen, lifetimes)
    told = _("(no code)") if chosen == "code" else _("(no channel known)")
    named = rows.with_columns(pl.col("name").replace(unknown, told))
    shown = named if values is not None else named.drop("clv_minor", "clv_each_minor")
    picked = tables.show(
        screen,
        shown,
        alternative=_("New customers by {what}, and what they bought").format(what=name_of[chosen]),
        key=f"customers-{chosen}",
        select=True,
        phone=("name", "new_customers", "repeat_minor"),
        titles=titles(screen),
    )
    st.caption(
        _(
            "A first order is divided as its credit is, and what its customer buys later goes with it. Bought later is "
            "counted, expected value is estimated. Choose a row for its orders."
        )
    )
    frame.export(screen, rows, f"customers-by-{chosen}")
    if picked is not None:
        _behind(screen, report, chosen, unknown if picked["name"] == told else picked["name"])


def _sentence(screen: Screen, rows: pl.DataFrame, *, summed: bool) -> str:
    _ = screen._
    best = rows.row(0, named=True)
    each = _("{name} brought {n} new customers, who bought for {later} after their first order.").format(
        name=best["name"],
        n=words.number(screen, round(best["new_customers"], 1)),
        later=words.money(screen, best["repeat_minor"]),
    )
    if not summed:
        return each
    whole = words.money(screen, int(rows["repeat_minor"].sum()))
    return each + " " + _("All of them together: {whole}.").format(whole=whole)


def _unknown(screen: Screen, n: int, *, by_code: bool) -> str:
    """How many came without a channel or code, and what that means."""
    _ = screen._
    if by_code:
        told = _.plural("{n} new customer used no registered code.", "{n} new customers used no registered code.", n)
    else:
        told = _.plural(
            "Of {n} new customer no channel is known: the first order joins no visit but direct ones, and no code.",
            "Of {n} new customers no channel is known: their first orders join no visits but direct ones, and no code.",
            n,
        )
    return told.format(n=words.number(screen, n))


def readiness(screen: Screen, lifetimes: Lifetimes) -> None:
    """What the expected values rest on, or why there are none."""
    _ = screen._
    n, back = words.number(screen, lifetimes.customers), words.number(screen, lifetimes.returning)
    if lifetimes.refused is not None:
        st.text(
            _(
                "There is no expected value yet. {back} of {n} known customers came back; what they will buy can be "
                "learned once at least {least} have."
            ).format(n=n, back=back, least=words.number(screen, MIN_CUSTOMERS))
        )
        return
    st.text(
        _(
            "Expected value is estimated: what they will buy in the {days} days after {day}, learned from {n} "
            "customers, {back} of whom came back. It stands in no return."
        ).format(days=lifetimes.ahead_days, day=lifetimes.as_of.isoformat(), n=n, back=back)
    )


def titles(screen: Screen) -> dict[str, str]:
    _ = screen._
    return {
        "new_customers": _("New customers"),
        "first_minor": _("First orders"),
        "repeat_orders": _("Later orders"),
        "repeat_minor": _("Bought later"),
        "clv_minor": _("Expected in a year"),
        "clv_each_minor": _("Expected, a customer"),
    }


def _behind(screen: Screen, report: Report, by: By, name: str) -> None:
    _ = screen._
    orders = orders_of_brought(report.history, customer_figures.first_orders(report, by=by, name=name))
    st.text(
        _.plural("{n} order of the customers of {name}", "{n} orders of the customers of {name}", orders.height).format(
            n=words.number(screen, orders.height), name=name
        )
    )
    tables.show(screen, orders, alternative=_("First and later orders of these customers"), key=f"customer-orders-{by}")
    st.caption(_("Customers are numbered within this table only; nothing about the person is kept."))
    frame.export(screen, orders, "customer-orders")
