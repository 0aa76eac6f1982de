"""Promo codes: which codes bring new money, and which are used without being ours?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import polars as pl
import streamlit as st

from attribution.report import Report
from config.registers import CODE_KINDS, read_codes
from ui import charts, code_form, data, figures, frame, i18n, order_tables, tables, templates, words
from ui.frame import Screen
from ui.said import in_language
from ui.views import channels_customers, codes_signs
from ui.views.codes_signs import BAD_STATES


def page() -> None:
    _ = i18n.translator()
    screen = frame.open_page(_("Promo codes"), brand_filter=False, about=(frame.ORDERS,))
    report = data.report(screen.period, screen.model)
    known = read_codes(screen.workspace.engine)
    if report.codes.is_empty() and known.is_empty():
        frame.say(screen, _("No promo code is registered, and none was used in this period."))
        frame.empty(
            screen,
            _("Tell us your codes"),
            (
                _("Download the template, fill in one code a row with its owner, and import it on the page **Data**."),
                _("Or add codes one by one in the form below."),
                _("Import orders: their codes then find their owners."),
            ),
        )
        _edit(screen, known)
        return
    frame.say(screen, _answer(screen, report))
    _cards(screen, report)
    _tabs(screen, report, known)
    frame.how(
        screen,
        "Promo code",
        "Redemption",
        "Unknown code",
        "New-customer share",
        "Commission",
        "Net after commission",
        "Repeat revenue",
        "Customer lifetime value",
        "Leaked code",
        "Code conflict",
        "Look-alike code",
        "Net revenue",
        "Discount",
    )


def _orders(report: Report, *states: str) -> pl.DataFrame:
    """The sold orders that used a code in one of these states, each once."""
    used = report.order_codes.filter(pl.col("state").is_in(states)).select("account", "order_id").unique()
    sold = report.ledger.filter(pl.col("state") == "sold")
    return sold.join(used, on=["account", "order_id"], how="semi")


def _answer(screen: Screen, report: Report) -> str:
    _ = screen._
    orders = _orders(report, "registered")
    if orders.is_empty():
        return _("No order used a registered code in this period.")
    share = words.share(screen, orders.height / report.orders if report.orders else None)
    money = words.money(screen, int(orders["net_minor"].sum()))
    return _.plural(
        "{n} order ({share} of all) used a registered code and brought {money} net.",
        "{n} orders ({share} of all) used a registered code and brought {money} net.",
        orders.height,
    ).format(n=words.number(screen, orders.height), share=share, money=money)


def _cards(screen: Screen, report: Report) -> None:
    _ = screen._
    before = data.report(screen.before, screen.model) if frame.ORDERS in screen.earlier else None
    grid = st.grid(4, min_column_width=158)
    for title, states, inverse in (
        (_("Orders: our codes"), ("registered",), False),
        (_("Orders: unknown"), ("unknown",), True),
        (_("Orders: out of date"), BAD_STATES, True),
    ):
        now = _orders(report, *states)
        money = words.money(screen, int(now["net_minor"].sum()))
        grid.metric(
            title,
            words.number(screen, now.height),
            now.height - _orders(before, *states).height if before else None,
            delta_color="inverse" if inverse else "normal",
            delta_description=_("{money} net").format(money=money),
            border=True,
            height="stretch",
        )
    flagged = report.leakage.orders.select("account", "order_id").n_unique() if report.leakage.orders.height else 0
    grid.metric(
        _("Orders: leaked?"),
        words.number(screen, flagged),
        delta=None,
        delta_description=_.plural("{n} code", "{n} codes", report.leakage.signs["code"].n_unique()).format(
            n=report.leakage.signs["code"].n_unique()
        ),
        border=True,
        height="stretch",
    )


def _tabs(screen: Screen, report: Report, known: pl.DataFrame) -> None:
    _ = screen._
    codes = figures.judged_codes(report.codes, known)
    shown: tuple[tuple[str, Callable[[], None]], ...] = (
        (_("Codes"), lambda: _sold(screen, report, codes)),
        (_("Leakage"), lambda: codes_signs.leaks(screen, report)),
        (_("Conflicts"), lambda: codes_signs.conflicts(screen, report)),
        (_("Unknown and out of date"), lambda: codes_signs.strays(screen, report, codes)),
        (_("Register"), lambda: _edit(screen, known)),
    )
    tabs = st.tabs([name for name, _draw in shown], key="show", on_change="rerun", bind="query-params")
    for tab, (_name, draw) in zip(tabs, shown, strict=True):
        if tab.open:
            with tab:
                draw()


def _sold(screen: Screen, report: Report, codes: pl.DataFrame) -> None:
    _used(screen, report, codes)
    _over_time(screen, report)


def _used(screen: Screen, report: Report, codes: pl.DataFrame) -> None:
    _ = screen._
    st.subheader(_("Codes and what they sold"), anchor=False)
    lifetimes = data.lifetimes(report)
    ours = figures.with_repeats(codes.filter(pl.col("state") == "registered"), report, lifetimes.values)
    hidden = [name for name in ("clv_minor", "commission_minor", "after_commission_minor") if not ours[name].count()]
    ours = ours.drop("state", "discount_unknown", "unsold_orders", *hidden)
    if ours.is_empty():
        st.text(_("No code is registered yet."))
        return
    titles = {
        "repeat_orders": _("Later orders"),
        "repeat_minor": _("Bought later"),
        "clv_minor": _("Expected in a year"),
        "after_commission_minor": _("Net after commission"),
    }
    picked = tables.show(
        screen,
        ours,
        alternative=_("Registered codes and what they sold"),
        key="codes-used",
        select=True,
        widths={"code": 130, "owner": 185},
        wide=(
            *("code", "owner", "orders", "net_minor", "commission_minor", "after_commission_minor"),
            *("discount_minor", "new_customer_share"),
        ),
        phone=("code", "orders", "net_minor"),
        titles=titles,
    )
    st.caption(
        _(
            "An order with two codes stands under both, so never add these rows up. "
            "The share of new customers is shown from {n} known customers on. "
            "Bought later: by customers whose first order used the code. Choose a row for its orders."
        ).format(n=figures.MIN_JUDGED)
    )
    channels_customers.readiness(screen, lifetimes)
    frame.export(screen, figures.with_repeats(report.codes, report, lifetimes.values), "codes")
    if picked is not None:
        tables.whole(screen, picked, titles=titles)
        _behind(screen, report, picked["code"])


def _behind(screen: Screen, report: Report, code: str) -> None:
    """The orders of a code and their touches: who bought stays a key that says nothing but "the same customer"."""
    _ = screen._
    orders = figures.orders_of_code(report, code)
    st.text(
        _.plural("{n} order with {code}", "{n} orders with {code}", orders.height).format(n=orders.height, code=code)
    )
    order_tables.show(screen, report, orders, key="code-orders")
    st.caption(_("Customers are numbered within this table only; nothing about the person is kept."))


def _over_time(screen: Screen, report: Report) -> None:
    _ = screen._
    used = report.order_codes.filter(pl.col("state") != "automatic")
    if used.is_empty():
        return
    st.subheader(_("Redemptions by day"), anchor=False)
    other = _("other codes")
    daily = figures.redemptions(report.order_codes, {}, other=other)
    totals = daily.group_by("code").agg(pl.col("n").sum()).sort("n", "code", descending=[True, False])
    order = [code for code in totals["code"].to_list() if code != other]
    order += [other] if other in totals["code"].to_list() else []
    charts.show(
        charts.stacked_days(daily, day="day", value="n", series="code", order=order, title=_("Orders")),
        alternative=_("Redemptions by day and code: {rows}").format(
            rows="; ".join(f"{code} {n}" for code, n in totals.iter_rows())
        ),
        key="redemptions",
    )


def _edit(screen: Screen, known: pl.DataFrame) -> None:
    """Add a code or change one."""
    _ = screen._
    st.subheader(_("Register of codes"), anchor=False)
    st.caption(templates.purpose("earned_codes", _))
    st.download_button(
        _("Template for codes"),
        data=templates.file("earned_codes"),
        file_name="codes-template.csv",
        mime="text/csv",
        icon=":material/description:",
        on_click="ignore",
    )
    with st.expander(_("Add or change a code"), icon=":material/edit:"):
        entries = [None, *range(known.height)]
        chosen = st.selectbox(
            _("Code to change"),
            entries,
            format_func=lambda row: _("a new code") if row is None else _entry(screen, known.row(row, named=True)),
            key="code-entry",
        )
        row = None if chosen is None else known.row(chosen, named=True)
        _form(screen, row)


def _entry(screen: Screen, row: dict[str, object]) -> str:
    since = row["valid_from"]
    return str(row["code"]) + (f" ({since})" if since else "")


def _form(screen: Screen, row: dict[str, object] | None) -> None:
    _ = screen._
    was = row or {}
    fresh = row is None
    with st.form(f"code-{was.get('code_norm', '')}-{was.get('valid_from', '')}"):
        grid = st.grid(2, min_column_width=230)
        code = grid.text_input(_("Code"), value=str(was.get("code") or ""), disabled=not fresh, max_chars=64)
        kind = grid.selectbox(_("Kind"), CODE_KINDS, index=CODE_KINDS.index(str(was.get("kind") or "creator")))
        owner = grid.text_input(_("Owner (network:handle)"), value=str(was.get("owner") or ""), max_chars=200)
        campaign = grid.text_input(_("Campaign"), value=str(was.get("campaign") or ""), max_chars=200)
        channel = grid.text_input(
            _("Channel (empty: that of the kind)"), value=str(was.get("channel") or ""), max_chars=100
        )
        rate = grid.number_input(
            _("Commission rate in %"),
            min_value=0.0,
            max_value=100.0,
            step=0.5,
            value=_percent(was.get("commission_rate")),
            help=_("Of net revenue: after discount, without tax and shipping, less refunds."),
        )
        each = grid.number_input(
            _("Fixed commission an order ({currency})").format(currency=screen.currency),
            min_value=0.0,
            step=0.5,
            value=_amount(was.get("commission_per_order")),
        )
        pays = {"all": _("every order"), "new": _("orders of new customers alone")}
        paid_on = grid.selectbox(
            _("Commission on"),
            list(pays),
            format_func=pays.__getitem__,
            index=list(pays).index(str(was.get("commission_on") or "all")),
        )
        since = grid.date_input(
            _("Valid from (empty: always)"), value=_date(was.get("valid_from")), format="YYYY-MM-DD", disabled=not fresh
        )
        until = grid.date_input(_("Valid to (empty: for ever)"), value=_date(was.get("valid_to")), format="YYYY-MM-DD")
        if st.form_submit_button(_("Save code"), type="primary"):
            problem = code_form.save_code(
                screen.workspace,
                code=code,
                kind=kind,
                owner=owner,
                campaign=campaign,
                channel=channel,
                valid_from=_day(since),
                valid_to=_day(until),
                commission_rate=None if rate is None else rate / 100,
                commission_per_order=each,
                commission_on=paid_on,
            )
            if problem:
                st.error(_("Not saved:"))
                st.text(in_language(problem, _))
            else:
                st.toast(_("Saved. Stored mentions were searched for it."))
                st.rerun()


def _percent(rate: object) -> float | None:
    return round(100 * rate, 4) if isinstance(rate, float) else None


def _amount(value: object) -> float | None:
    return float(value) if isinstance(value, Decimal) else None


def _date(value: object) -> dt.date | None:
    return value if isinstance(value, dt.date) else None


def _day(value: object) -> dt.date | None:
    return value if isinstance(value, dt.date) else None
