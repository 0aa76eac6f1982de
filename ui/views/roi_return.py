"""ROI, what came back: from counted to estimated to cost to net, where every cent stands, and month by month."""

from __future__ import annotations

import polars as pl
import streamlit as st

from attribution.report import Report
from attribution.roi import RoiReport
from ui import charts, documents_roi, frame, tables, theme, words
from ui.frame import Screen
from ui.roi_figures import RoiFigures

BARS = {
    "order": pl.Int64,
    "caption": pl.String,
    "start": pl.Float64,
    "end": pl.Float64,
    "colour": pl.String,
    "counted": pl.Boolean,
    "low": pl.Float64,
    "high": pl.Float64,
}
Bar = tuple[str, float, float, str, bool, float | None, float | None]


def show(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    report = found.report
    if report.orders == 0:
        st.text(_("No sold orders in this period."))
        return
    if found.roi.cost_minor:
        st.subheader(_("From return to net"), anchor=False)
        draw(waterfall(screen, found.roi), screen, title=_("From return to net"), key="waterfall")
        st.caption(_returned(screen, found.roi))
    st.subheader(_("Where every cent stands"), anchor=False)
    draw(buckets(screen, found.roi), screen, title=_("Net revenue by bucket"), key="buckets")
    st.caption(_bucket_caption(screen, found.roi))
    _months(screen, found)
    _unmatched(screen, report)
    _cash(screen, report)
    frame.link(screen, "channels", _("By channel, campaign, influencer, code and product"))
    frame.export(screen, documents_roi.table(documents_roi.as_json(found)), "roi")


def draw(bars: pl.DataFrame, screen: Screen, *, title: str, key: str) -> None:
    charts.show(
        charts.return_buckets(bars, value_title=screen.currency),
        alternative=f"{title}: {'; '.join(bars['caption'].to_list())}",
        key=key,
    )


def waterfall(screen: Screen, roi: RoiReport) -> pl.DataFrame:
    """Counted return, estimated return, cost, net: each bar begins where the one above ends."""
    _ = screen._
    direct, cost, net = roi.returned(roi.buckets.direct), roi.cost_minor or 0, roi.net_return
    added = roi.returned(roi.indirect.median) if roi.indirect else 0
    both = direct + added
    names = {"counted": _("Counted"), "estimated": _("Estimated"), "cost": _("Cost"), "net": _("Net")}
    counted = f"{names['counted']} · {words.money(screen, direct)}"
    rows: list[Bar] = [(counted, 0, direct, theme.BLUE, True, None, None)]
    if roi.indirect:
        low, high = (roi.returned(end) for end in (roi.indirect.low, roi.indirect.high))
        told = ranged(screen, low, added, high)
        rows.append((f"{names['estimated']} · {told}", direct, both, theme.BLUE, False, direct + low, direct + high))
    spent = f"{names['cost']} · −{words.money(screen, cost)}"
    rows.append((spent, both - cost, both, theme.VERMILION, True, None, None))
    if net:
        colour = theme.BLUE if net.low >= 0 else theme.VERMILION if net.high < 0 else theme.GREY
        told = ranged(screen, net.low, net.median, net.high)
        ends = (net.low, net.high) if roi.indirect else (None, None)
        rows.append((f"{names['net']} · {told}", 0, net.median, colour, not roi.indirect, *ends))
    return bars_of(screen, rows)


def buckets(screen: Screen, roi: RoiReport) -> pl.DataFrame:
    """Each bucket as a bar that begins where the one above ends; the estimated one with its range."""
    _ = screen._
    came, estimated = roi.buckets, roi.indirect
    tracked = came.direct + came.other_tracked

    def caption(name: str, minor: int) -> str:
        share = words.share(screen, minor / came.total if came.total else None)
        return f"{name} · {words.money(screen, minor)} · {share}"

    rows: list[Bar] = [
        (caption(_("Direct (social)"), came.direct), 0, came.direct, theme.BLUE, True, None, None),
        (caption(_("Other tracked"), came.other_tracked), came.direct, tracked, theme.GREEN, True, None, None),
    ]
    start = tracked
    if came.indirect is None or estimated is None:
        rows.append((_("Indirect · not estimated yet"), tracked, came.total, theme.BLUE, False, None, None))
    else:
        start = tracked + came.indirect
        told = ranged(screen, estimated.low, estimated.median, estimated.high)
        ends = (tracked + estimated.low, tracked + estimated.high)
        name = _("Indirect (estimated)")
        rows.append((f"{name} · {told}", tracked, start, theme.BLUE, False, *ends))
    end = start + came.unexplained
    rows.append((caption(_("Unexplained"), came.unexplained), start, end, theme.GREY, True, None, None))
    total = caption(_("Total net revenue"), came.total)
    rows.append((total, 0, came.total, theme.neutral("muted"), True, None, None))
    return bars_of(screen, rows)


def bars_of(screen: Screen, rows: list[Bar]) -> pl.DataFrame:
    scale = 10 ** tables.digits(screen.currency)

    def units(minor: float | None) -> float | None:
        return None if minor is None else minor / scale

    told = [
        (place, text, units(a), units(b), colour, counted, units(low), units(high))
        for place, (text, a, b, colour, counted, low, high) in enumerate(rows)
    ]
    return pl.DataFrame(told, schema=BARS, orient="row")


def ranged(screen: Screen, low: int, median: int, high: int) -> str:
    """`€3,620, between €1,691 and €5,992`; the amount alone where both ends are the same."""
    if low == high:
        return words.money(screen, median)
    amounts = {"low": low, "median": median, "high": high}
    shown = {name: words.money(screen, minor) for name, minor in amounts.items()}
    return screen._("{median}, between {low} and {high}").format(**shown)


def _returned(screen: Screen, roi: RoiReport) -> str:
    _ = screen._
    if roi.return_is == "gross_margin":
        told = _("What counts as return is gross margin: {share} of net revenue, as declared in the settings.")
        return told.format(share=words.share(screen, roi.margin))
    return _("What counts as return is net revenue: paid, without tax, shipping and refunds; discounts are taken off.")


def _bucket_caption(screen: Screen, roi: RoiReport) -> str:
    _ = screen._
    if roi.indirect is None:
        return _(
            "Filled bars are counted, order by order. The dashed outline is not counted: indirect return is not "
            "estimated yet; it can be at most what is unexplained. Every cent of net revenue stands in one bucket."
        )
    return _(
        "Filled bars are counted, order by order. The dashed bar is estimated, its line is the 90 % range. "
        "Every cent of net revenue stands in one bucket."
    )


def _months(screen: Screen, found: RoiFigures) -> None:
    rows = documents_roi.by_month(found)
    if rows.height < 2:
        return
    with st.expander(screen._("Month by month")):
        tables.show(
            screen,
            rows.select(
                *("name", "total_minor", "direct_minor", "indirect_median_minor", "unexplained_minor", "cost_minor"),
                *("roi", "roi_low", "roi_high"),
            ),
            alternative=screen._("The return of each month"),
            key="months",
            phone=("name", "direct_minor", "cost_minor"),
            titles=month_titles(screen),
        )


def month_titles(screen: Screen) -> dict[str, str]:
    _ = screen._
    return {
        "name": _("Month"),
        "total_minor": _("Total net revenue"),
        "direct_minor": _("Direct return"),
        "indirect_median_minor": _("Indirect (estimated)"),
        "unexplained_minor": _("Unexplained"),
        "cost_minor": _("Cost"),
        "roi": _("Direct ROI"),
        "roi_low": _("Blended ROI from"),
        "roi_high": _("to"),
    }


def _unmatched(screen: Screen, report: Report) -> None:
    _ = screen._
    if report.unmatched_share is None:
        return
    share = words.share(screen, report.unmatched_share)
    st.text(
        _("{n} of {all} sold orders ({share}) joined no visit; only a code can credit them.").format(
            n=words.number(screen, report.unmatched_orders), all=words.number(screen, report.orders), share=share
        )
    )
    left_out(screen, report)


def _cash(screen: Screen, report: Report) -> None:
    """Net revenue with refunds on their own day, where there are refunds and every one has a day."""
    _, seen = screen._, report.cash
    if seen.net_minor is None or not (seen.refunded_minor or seen.net_minor != report.buckets.total):
        return
    st.caption(
        _(
            "Cash view: with refunds on the day they were paid, net revenue of these days is {net} (refunds {refunds})."
        ).format(
            net=words.money(screen, seen.net_minor, cents=True),
            refunds=words.money(screen, seen.refunded_minor, cents=True),
        )
    )


def left_out(screen: Screen, report: Report) -> None:
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
