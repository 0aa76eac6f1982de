"""ROI: what came back for what we spent on social media, and how sure are we?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from attribution.report import Report
from attribution.roi import RoiReport
from ui import data, figures, frame, i18n, order_tables, roi_cautions, tables, templates, words
from ui.frame import Screen
from ui.roi_figures import RoiFigures
from ui.views import roi_beside, roi_compare, roi_estimate, roi_return

TERMS = (
    *(
        "Net revenue",
        "Cash view",
        "Direct return",
        "Other tracked channels",
        "Indirect return",
        "Unexplained",
        "Cost",
        "Commission",
    ),
    *("ROI", "Blended ROI", "ROI incl. savings", "Return per euro", "Break-even", "Gross margin", "Attribution model"),
    *("Campaign talk", "Range by chance", "Marginal return", "Renew at no more than", "Allocated indirect return"),
    *(
        "Cost-per-click equivalent",
        "Service savings",
        "Lead value",
        "Value of a like",
        "Earned media value",
        "Outcomes",
    ),
    *("Returning mentioners", "Word of mouth", "Branded search", "New linking sites", "Experiment", "Leaked code"),
)


_ON_PHONE = ("cost_type", "channel", "cost_minor")


def page() -> None:
    _ = i18n.translator()
    screen = frame.open_page(_("ROI"), brand_filter=False, model_filter=True, about=(frame.ORDERS,))
    report = data.report(screen.period, screen.model)
    if report.ledger.is_empty() and report.costs.is_empty():
        _nothing_yet(screen)
        return
    bare = _without_flagged(screen, report)
    if bare:
        report = data.report(screen.period, screen.model, without_flagged=True)
    found = data.roi(report, estimates=_with_estimates(screen), without_flagged=bare)
    frame.say(screen, answer(screen, found.roi))
    _cards(screen, found)
    roi_cautions.show(screen, report)
    _tabs(screen, found)
    frame.how(screen, *TERMS)


def _without_flagged(screen: Screen, report: Report) -> bool:
    """Whether to look at the figures without codes that may have leaked; asked only where one shows a sign."""
    _ = screen._
    if report.leakage.orders.is_empty():
        return False
    flagged = report.leakage.orders.select("account", "order_id").n_unique()
    return st.toggle(
        _.plural(
            "Without the code of {n} order that may have leaked",
            "Without the codes of {n} orders that may have leaked",
            flagged,
        ).format(n=words.number(screen, flagged)),
        key="without-flagged",
        bind="query-params",
    )


def _with_estimates(screen: Screen) -> bool:
    """Whether estimates stand beside what is counted; they can be switched off."""
    label = screen._("With the estimated indirect return")
    return st.toggle(label, value=True, key="estimates", bind="query-params")


def _nothing_yet(screen: Screen) -> None:
    _ = screen._
    frame.say(screen, _("There are no orders in this period, so nothing can have come back yet."))
    if frame.anything_known((frame.ORDERS,)):
        return
    frame.empty(
        screen,
        _("From an export to the return"),
        (
            _("Import your shop's **orders** on the page Data."),
            _("Import **visits**, so that orders find their links, and **promo codes** with their owners."),
            _("Import **costs**: without them there is a return, but no ROI."),
        ),
    )
    frame.link(screen, "data", _("Open Data"))


def answer(screen: Screen, roi: RoiReport) -> str:
    """What came back for one unit of money, in a sentence."""
    _ = screen._
    direct, cost, estimated = roi.buckets.direct, roi.cost_minor, roi.indirect
    if not cost:
        return _("{direct} came back in direct return; no costs are given for this period, so there is no ROI.").format(
            direct=words.money(screen, direct)
        )
    unit = 10 ** tables.digits(screen.currency)

    def per_unit(minor: int) -> str:
        return words.money(screen, round(unit * roi.returned(minor) / cost), cents=True)

    known = {"one": words.money(screen, unit), "back": per_unit(direct)}
    if estimated is None:
        return _(
            "For every {one} spent on social, {back} came back in direct return; indirect return is not estimated yet."
        ).format(**known)
    return _(
        "For every {one} spent on social, {back} came back in direct return, and {all} with the estimated indirect "
        "return (between {low} and {high})."
    ).format(
        **known,
        all=per_unit(direct + estimated.median),
        low=per_unit(direct + estimated.low),
        high=per_unit(direct + estimated.high),
    )


def _cards(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    now, year = found.roi, found.year_before
    then = found.before if frame.ORDERS in screen.earlier else None
    blended = now.blended_roi
    grid = st.grid(5 if blended else 4, min_column_width=158)
    grid.metric(
        _("Direct return"),
        words.money(screen, now.buckets.direct),
        words.change(screen, now.buckets.direct, then.buckets.direct if then else None),
        delta_description=words.orders(screen, figures.direct_orders(found.report)),
        chart_data=figures.direct_by_day(found.report),
        chart_type="bar",
        border=True,
        height="stretch",
    )
    grid.metric(
        _("Cost"),
        words.money(screen, now.cost_minor) if now.cost_minor is not None else None,
        words.change(screen, now.cost_minor, then.cost_minor if then else None),
        delta_color="inverse",
        delta_description=_("social scope") if now.cost_minor is not None else _("not given"),
        border=True,
        height="stretch",
    )
    grid.metric(
        _("Direct ROI"),
        words.balance(screen, now.direct_roi),
        words.points(screen, now.direct_roi, then.direct_roi if then else None),
        delta_description=_("of cost") if now.direct_roi is not None else _("needs costs"),
        border=True,
        height="stretch",
    )
    if blended:
        low, median, high = blended
        grid.metric(
            _("Blended ROI (estimated)"),
            words.balance(screen, median),
            delta_description=_("between {low} and {high}").format(
                low=words.balance(screen, low), high=words.balance(screen, high)
            ),
            border=True,
            height="stretch",
        )
    grid.metric(
        _("Total net revenue"),
        words.money(screen, now.buckets.total),
        words.change(screen, now.buckets.total, then.buckets.total if then else None),
        delta_description=words.orders(screen, found.report.orders),
        chart_data=figures.net_by_day(found.report),
        chart_type="bar",
        border=True,
        height="stretch",
    )
    _beside_cards(screen, now, year)


def _beside_cards(screen: Screen, roi: RoiReport, year: RoiReport | None) -> None:
    """Break-even, the ROI with savings and the year before, in a line each where they are known."""
    _ = screen._
    if roi.break_even_minor is not None and roi.cost_minor:
        told = {
            "reached": _("Break-even is reached at {money} of net revenue: surely."),
            "unsure": _("Break-even is at {money} of net revenue: it lies within the range."),
            "missed": _("Break-even is at {money} of net revenue: surely missed."),
        }[roi.break_even or "unsure"]
        st.text(told.format(money=words.money(screen, roi.break_even_minor)))
    if roi.roi_with_savings is not None:
        told = _("ROI incl. savings: {roi}, of which {saved} are savings.")
        saved = words.money(screen, roi.savings_minor)
        st.text(told.format(roi=words.balance(screen, roi.roi_with_savings), saved=saved))
    if year is not None:
        told = _("The same days a year before: direct return {direct}, cost {cost}, direct ROI {roi}.")
        shown = words.balance(screen, year.direct_roi) or words.UNKNOWN
        direct, cost = words.money(screen, year.buckets.direct), words.money(screen, year.cost_minor)
        st.text(told.format(direct=direct, cost=cost, roi=shown))


def _tabs(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    shown: tuple[tuple[str, Callable[[], None]], ...] = (
        (_("Return"), lambda: roi_return.show(screen, found)),
        (_("What to do next"), lambda: roi_compare.show(screen, found)),
        (_("How sure"), lambda: roi_estimate.show(screen, found)),
        (_("Beside the ROI"), lambda: roi_beside.show(screen, found)),
        (_("Orders"), lambda: _orders(screen, found.report)),
        (_("Costs"), lambda: _costs(screen, found.report)),
    )
    tabs = st.tabs([name for name, _draw in shown], key="tab", on_change="rerun", bind="query-params")
    for tab, (_name, draw) in zip(tabs, shown, strict=True):
        if tab.open:
            with tab:
                draw()


def _orders(screen: Screen, report: Report) -> None:
    _ = screen._
    orders = figures.order_paths(report)
    if orders.is_empty():
        st.text(_("No sold orders in this period."))
        return
    channels = sorted(report.credits["channel"].drop_nulls().unique().to_list())
    chosen = st.selectbox(
        _("Orders with credit of"),
        ["", *channels],
        format_func=lambda name: name or _("any channel, or none"),
        key="of",
        bind="query-params",
        width=280,
    )
    shown = figures.orders_behind(report, "channel", chosen) if chosen else orders
    st.text(
        _("{n} of {all} sold orders").format(
            n=words.number(screen, shown.height), all=words.number(screen, orders.height)
        )
    )
    order_tables.show(screen, report, shown, key="orders")
    roi_return.left_out(screen, report)


def _costs(screen: Screen, report: Report) -> None:
    _ = screen._
    given = report.costs.filter(report.costs["origin"] != "codes")
    if given.is_empty():
        frame.empty(
            screen,
            _("No costs are given for this period"),
            (
                _("Write what you spent down on the page **Costs**, or into a file like the template below."),
                _("Import it on the page **Data**. Until then there is a return, but no ROI."),
            ),
        )
        _cost_template(screen)
        return
    by_type = tables.costs_by(report.costs)
    tables.show(screen, by_type, alternative=_("Costs by channel and type"), key="costs-by", phone=_ON_PHONE)
    with st.expander(_("All cost lines ({n})").format(n=report.costs.height)):
        tables.show(
            screen,
            report.costs,
            alternative=_("Cost lines"),
            key="costs",
            phone=("campaign", "date_from", "cost_minor"),
        )
    frame.export(screen, report.costs, "costs")
    _cost_template(screen)


def _cost_template(screen: Screen) -> None:
    options: dict[str, Any] = {"mime": "text/csv", "icon": ":material/description:", "on_click": "ignore"}
    st.download_button(
        screen._("Template for costs"),
        data=templates.file("earned_spend"),
        file_name="costs-template.csv",
        key="cost-template",
        **options,
    )
