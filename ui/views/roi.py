"""ROI: what came back for what we spent on social media, and how sure are we?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import polars as pl
import streamlit as st

from attribution.report import Report
from ui import (
    charts,
    data,
    figures,
    frame,
    i18n,
    lift_words,
    order_tables,
    roi_cautions,
    tables,
    templates,
    theme,
    words,
)
from ui.frame import Screen


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
    if _with_estimates(screen):
        report = data.blended(report)
    frame.say(screen, _answer(screen, report))
    _cards(screen, report, data.report(screen.before, screen.model, without_flagged=bare))
    roi_cautions.show_owed(screen, report)
    roi_cautions.show(screen, report)
    _tabs(screen, report)
    frame.how(
        screen,
        "Net revenue",
        "Direct return",
        "Other tracked channels",
        "Indirect return",
        "Unexplained",
        "Cost",
        "Commission",
        "ROI",
        "Blended ROI",
        "Return per euro",
        "Attribution model",
        "Leaked code",
    )


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


def _answer(screen: Screen, report: Report) -> str:
    _ = screen._
    direct, cost, estimated = report.buckets.direct, report.roi.cost_minor, report.roi.indirect
    if not cost:
        return _("{direct} came back in direct return; no costs are given for this period, so there is no ROI.").format(
            direct=words.money(screen, direct)
        )
    unit = 10 ** tables.digits(screen.currency)

    def per_unit(minor: int) -> str:
        return words.money(screen, round(unit * minor / cost), cents=True)

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


def _cards(screen: Screen, report: Report, before: Report) -> None:
    _ = screen._
    now, then = report.roi, before.roi
    blended = now.blended_roi
    grid = st.grid(5 if blended else 4, min_column_width=158)
    grid.metric(
        _("Direct return"),
        words.money(screen, now.buckets.direct),
        words.change(screen, now.buckets.direct, then.buckets.direct),
        delta_description=words.orders(screen, figures.direct_orders(report)),
        chart_data=figures.direct_by_day(report),
        chart_type="bar",
        border=True,
        height="stretch",
    )
    grid.metric(
        _("Cost"),
        words.money(screen, now.cost_minor) if now.cost_minor is not None else None,
        words.change(screen, now.cost_minor, then.cost_minor),
        delta_color="inverse",
        delta_description=_("social scope") if now.cost_minor is not None else _("not given"),
        border=True,
        height="stretch",
    )
    grid.metric(
        _("Direct ROI"),
        words.balance(screen, now.direct_roi),
        words.points(screen, now.direct_roi, then.direct_roi),
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
        words.change(screen, now.buckets.total, then.buckets.total),
        delta_description=words.orders(screen, report.orders),
        chart_data=figures.net_by_day(report),
        chart_type="bar",
        border=True,
        height="stretch",
    )


def _tabs(screen: Screen, report: Report) -> None:
    _ = screen._
    shown: tuple[tuple[str, Callable[[], None]], ...] = (
        (_("Return"), lambda: _return(screen, report)),
        (_("Orders"), lambda: _orders(screen, report)),
        (_("Costs"), lambda: _costs(screen, report)),
    )
    tabs = st.tabs([name for name, _draw in shown], key="tab", on_change="rerun", bind="query-params")
    for tab, (_name, draw) in zip(tabs, shown, strict=True):
        if tab.open:
            with tab:
                draw()


def _return(screen: Screen, report: Report) -> None:
    _ = screen._
    if report.orders == 0:
        st.text(_("No sold orders in this period."))
        return
    rows = _bucket_rows(screen, report)
    charts.show(
        charts.return_buckets(rows, value_title=screen.currency),
        alternative=_("Net revenue by bucket: {rows}").format(rows="; ".join(rows["caption"].to_list())),
        key="buckets",
    )
    _how_sure(screen, report)
    if report.unmatched_share is not None:
        share = words.share(screen, report.unmatched_share)
        st.text(
            _("{n} of {all} sold orders ({share}) joined no visit; only a code can credit them.").format(
                n=words.number(screen, report.unmatched_orders), all=words.number(screen, report.orders), share=share
            )
        )
    _left_out(screen, report)
    frame.link(screen, "channels", _("By channel, campaign, influencer, code and product"))
    amounts: dict[str, int | None] = asdict(report.buckets)
    if report.roi.indirect:
        amounts |= {"indirect_low": report.roi.indirect.low, "indirect_high": report.roi.indirect.high}
    frame.export(
        screen,
        pl.DataFrame(
            {"bucket": list(amounts), "net_minor": list(amounts.values())},
            schema={"bucket": pl.String, "net_minor": pl.Int64},
        ),
        "roi-buckets",
    )


def _how_sure(screen: Screen, report: Report) -> None:
    """What is counted and what is estimated, and what is known of the estimate."""
    _ = screen._
    if report.roi.indirect is None:
        st.caption(
            _(
                "Filled bars are counted, order by order. The dashed outline is not counted: indirect return is not "
                "estimated yet; it can be at most what is unexplained. Every cent of net revenue stands in one bucket."
            )
        )
    else:
        st.caption(
            _(
                "Filled bars are counted, order by order. The dashed bar is estimated, its line is the 90 % range. "
                "Every cent of net revenue stands in one bucket."
            )
        )
    if not st.session_state.get("estimates", True):
        return
    lift = data.lift()
    with st.expander(_("How sure is the indirect return?"), expanded=report.roi.indirect is None):
        st.text(_("Days with orders and talk: {line}").format(line=lift_words.readiness(lift.readiness, _)))
        if lift.minimum_detectable_minor is not None:
            least = words.money(screen, lift.minimum_detectable_minor)
            st.text(_("Over all these days, a return below {least} would not be told from chance.").format(least=least))
        if lift.coverage_claim is not None:
            claim = words.share(screen, lift.coverage_claim)
            st.text(_("In simulated worlds like these data the range held the truth in {claim}.").format(claim=claim))
        for note in (*lift.reasons, *lift.warnings):
            st.text(lift_words.sentence(note, _))


def _bucket_rows(screen: Screen, report: Report) -> pl.DataFrame:
    """Each bucket as a bar that begins where the one above ends; the estimated one with its range."""
    _ = screen._
    came, estimated = report.buckets, report.roi.indirect
    scale = 10 ** tables.digits(screen.currency)
    tracked = came.direct + came.other_tracked

    def caption(name: str, minor: int) -> str:
        share = words.share(screen, minor / came.total if came.total else None)
        return f"{name} · {words.money(screen, minor)} · {share}"

    ink = theme.neutral("muted")
    low: float | None = None
    high: float | None = None
    rows: list[tuple[str, float, float, str, bool]] = [
        (caption(_("Direct (social)"), came.direct), 0, came.direct, theme.BLUE, True),
        (caption(_("Other tracked"), came.other_tracked), came.direct, tracked, theme.GREEN, True),
    ]
    if came.indirect is None or estimated is None:
        rows.append((_("Indirect · not estimated yet"), tracked, came.total, theme.BLUE, False))
        start = tracked
    else:
        start = tracked + came.indirect
        low, high = (tracked + estimated.low) / scale, (tracked + estimated.high) / scale
        name = _("Indirect (estimated) · {median}, between {low} and {high}").format(
            median=words.money(screen, estimated.median),
            low=words.money(screen, estimated.low),
            high=words.money(screen, estimated.high),
        )
        rows.append((name, tracked, start, theme.BLUE, False))
    rows.append((caption(_("Unexplained"), came.unexplained), start, start + came.unexplained, theme.GREY, True))
    rows.append((caption(_("Total net revenue"), came.total), 0, came.total, ink, True))
    return pl.DataFrame(
        [
            (place, text, a / scale, b / scale, colour, counted, None if counted else low, None if counted else high)
            for place, (text, a, b, colour, counted) in enumerate(rows)
        ],
        schema={
            "order": pl.Int64,
            "caption": pl.String,
            "start": pl.Float64,
            "end": pl.Float64,
            "colour": pl.String,
            "counted": pl.Boolean,
            "low": pl.Float64,
            "high": pl.Float64,
        },
        orient="row",
    )


def _left_out(screen: Screen, report: Report) -> None:
    """Orders outside every total, with why."""
    _ = screen._
    if not report.unsold.is_empty():
        n = int(report.unsold["orders"].sum())
        with st.expander(_.plural("{n} order was not sold", "{n} orders were not sold", n).format(n=n)):
            tables.show(screen, report.unsold, alternative=_("Orders that were not sold, by reason"), key="unsold")
    if not report.unconverted.is_empty():
        n = report.unconverted.height
        label = _.plural("{n} row has no exchange rate", "{n} rows have no exchange rate", n).format(n=n)
        with st.expander(label, icon=":material/warning:"):
            st.text(_("These are outside every total: no rate is known for their currency and day."))
            tables.show(screen, report.unconverted, alternative=_("Rows without exchange rate"), key="unconverted")


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
    _left_out(screen, report)


def _costs(screen: Screen, report: Report) -> None:
    _ = screen._
    roi_cautions.show_owed(screen, report)
    if report.costs.is_empty():
        frame.empty(
            screen,
            _("No costs are given for this period"),
            (
                _("Write what you spent into a file like the template below: media, creator fees, content, labour."),
                _("Import it on the page **Data**. Until then there is a return, but no ROI."),
            ),
        )
        _cost_template(screen)
        return
    by_type = tables.costs_by(report.costs)
    tables.show(screen, by_type, alternative=_("Costs by channel and type"), key="costs-by")
    with st.expander(_("All cost lines ({n})").format(n=report.costs.height)):
        tables.show(screen, report.costs, alternative=_("Cost lines"), key="costs")
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
