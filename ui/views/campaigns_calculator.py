"""What a planned campaign may bring: guesses with ranges in, break-even and expected return out. Needs no data."""

from __future__ import annotations

import streamlit as st

from attribution.campaigns import Calculation, Estimate, calculate
from ui import tables, words
from ui.frame import Screen


def calculator(screen: Screen) -> None:
    _ = screen._
    st.subheader(_("Calculator for a planned campaign"), anchor=False)
    st.caption(_("Give your guesses and how far off they may be; nothing is stored."))
    grid = st.grid(3, min_column_width=200)
    budget = grid.number_input(
        _("Budget ({currency})").format(currency=screen.currency),
        min_value=0.0,
        value=1000.0,
        step=100.0,
        key="calc-budget",
    )
    reach = grid.number_input(_("People reached"), min_value=0, value=50_000, step=1000, key="calc-reach")
    ctr = grid.number_input(_("Click rate in %"), min_value=0.0, max_value=100.0, value=1.5, step=0.1, key="calc-ctr")
    rate = grid.number_input(
        _("Visits that buy, in %"), min_value=0.0, max_value=100.0, value=2.0, step=0.1, key="calc-rate"
    )
    aov = grid.number_input(
        _("Order value, net ({currency})").format(currency=screen.currency),
        min_value=0.0,
        value=70.0,
        step=5.0,
        key="calc-aov",
    )
    margin = grid.number_input(
        _("Gross margin in %"), min_value=0.0, max_value=100.0, value=50.0, step=1.0, key="calc-margin"
    )
    doubt = st.slider(_("How far off may each guess be, in %?"), 0, 90, 30, step=5, key="calc-doubt") / 100

    def guess(value: float) -> Estimate:
        return Estimate(value * (1 - doubt), value, value * (1 + doubt))

    found = calculate(
        budget=budget,
        reach=guess(float(reach)),
        ctr=guess(ctr / 100),
        conversion=guess(rate / 100),
        aov=guess(aov),
        margin=margin / 100,
    )
    _result(screen, found)


def _result(screen: Screen, found: Calculation) -> None:
    _ = screen._
    unit = 10 ** tables.digits(screen.currency)

    def money(value: float) -> str:
        return words.money(screen, round(value * unit))

    def between(low: str, high: str) -> str:
        return _("{low} to {high}").format(low=low, high=high)

    grid = st.grid(4, min_column_width=158)
    orders, revenue = found.orders, found.revenue
    cards = [
        (_("Orders, guessed"), f"{orders.likely:,.0f}", between(f"{orders.low:,.0f}", f"{orders.high:,.0f}")),
        (_("Net revenue, guessed"), money(revenue.likely), between(money(revenue.low), money(revenue.high))),
        (
            _("Profit after budget"),
            money(found.profit[1]),
            between(money(found.profit[0]), money(found.profit[2])),
        ),
    ]
    if found.roas is not None:
        ends = between(f"{found.roas.low:.2f}", f"{found.roas.high:.2f}")
        cards.append((_("Return per unit of cost"), f"{found.roas.likely:.2f}", ends))
    for title, value, beside in cards:
        grid.metric(title, value, delta=None, delta_description=beside, border=True, height="stretch")
    st.text(_break_even(screen, found))


def _break_even(screen: Screen, found: Calculation) -> str:
    _ = screen._
    if found.break_even_orders is None or found.break_even_roas is None:
        return _("Without a margin or an order value no number of orders pays for the budget.")
    sentence = _("It pays for itself from {orders} orders on, at a return of {roas} per unit of cost.").format(
        orders=f"{found.break_even_orders:,.1f}", roas=f"{found.break_even_roas:.2f}"
    )
    if found.break_even_conversion is None:
        return sentence
    return (
        sentence
        + " "
        + _("That takes {percent} % of the visits to buy.").format(percent=f"{100 * found.break_even_conversion:.2f}")
    )
