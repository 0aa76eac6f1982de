"""Channels: where does the credit go, and does the model change the answer?"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import streamlit as st

from attribution import compare
from attribution.report import BREAKDOWNS, NOT_SET, By, Report
from ui import charts, data, frame, hygiene, i18n, order_tables, tables, theme, words
from ui.frame import Screen
from ui.views import (
    channels_compare,
    channels_costs,
    channels_customers,
    channels_journeys,
    channels_leads,
    channels_tags,
)

MAX_BARS = 12


def page() -> None:
    _ = i18n.translator()
    screen = frame.open_page(
        _("Channels"), brand_filter=False, model_filter=True, lookback_filter=True, about=(frame.ORDERS,)
    )
    report = data.report(screen.period, screen.model, screen.lookback)
    if report.ledger.is_empty() and report.touches.is_empty():
        _nothing_yet(screen)
        return
    frame.say(screen, _answer(screen, report))
    tags = channels_tags.tags_of(screen, report)
    _cards(screen, report, tags)
    _tabs(screen, report, tags)
    frame.how(
        screen,
        "Channel",
        "Direct (deep link)",
        "Attribution model",
        "Lookback window",
        "Credited",
        "Uncredited",
        "Swing",
        "Share",
        "ROAS",
        "Cost per order",
        "Cost per new customer",
        "Cost per click",
        "Click rate",
        "Cost per lead",
        "Average order value",
        "Conversion rate",
        "Bounce rate",
        "New-customer share",
        "Claimed against banked",
        "Analytics claim",
        "Repeat revenue",
        "Customer lifetime value",
        "Lead",
        "View-through",
        "UTM hygiene",
        "Early, mid and late touches",
        "Step",
        "Removal effect",
    )


def _nothing_yet(screen: Screen) -> None:
    _ = screen._
    frame.say(screen, _("There are no visits and no orders in this period, so no channel can be credited."))
    frame.empty(
        screen,
        _("From tagged links to credit"),
        (
            _("Tag the links you share: the link builder below writes them in one spelling."),
            _("Import **visits** and **orders** on the page Data."),
            _("Register promo codes with their owners: a code is a touch as well."),
        ),
    )
    frame.link(screen, "data", _("Open Data"))
    channels_tags.link_builder(screen, campaigns=())


def _answer(screen: Screen, report: Report) -> str:
    _ = screen._
    first = report.by_channel.filter(pl.col("credited") & (pl.col("revenue_minor") > 0)).head(1)
    if first.is_empty():
        return _("No channel has credit in this period: no visit and no code leads to its {orders}.").format(
            orders=words.orders(screen, report.orders)
        )
    row = first.row(0, named=True)
    return _(
        "{channel} has the largest credit: {money}, {share} of all credited. "
        "{rest} of net revenue has no channel to thank ({orders} in all)."
    ).format(
        channel=row["name"],
        money=words.money(screen, row["revenue_minor"]),
        share=words.share(screen, row["share"]),
        rest=words.share(screen, _uncredited_share(report)),
        orders=words.orders(screen, _apart(report)),
    )


def _uncredited_share(report: Report) -> float | None:
    return report.buckets.uncredited / report.buckets.total if report.buckets.total else None


def _cards(screen: Screen, report: Report, tags: hygiene.Hygiene) -> None:
    _ = screen._
    compared = frame.ORDERS in screen.earlier
    then = data.report(screen.before, screen.model, screen.lookback) if compared else None
    apart = _apart(report)
    grid = st.grid(4, min_column_width=158)
    grid.metric(
        _("Credited to channels"),
        words.money(screen, report.buckets.credited),
        words.change(screen, report.buckets.credited, then.buckets.credited if then else None),
        delta_description=words.orders(screen, report.orders - apart),
        border=True,
        height="stretch",
    )
    grid.metric(
        _("Without a channel"),
        words.share(screen, _uncredited_share(report)),
        words.points(screen, _uncredited_share(report), _uncredited_share(then) if then else None),
        delta_color="inverse",
        delta_description=_("{money} of {orders}").format(
            money=words.money(screen, report.buckets.uncredited), orders=words.orders(screen, apart)
        ),
        border=True,
        height="stretch",
    )
    model, moved = _swing(screen, report)
    grid.metric(
        _("The model moves up to"),
        words.money(screen, moved) if report.orders else None,
        delta=None,
        delta_description=frame.model_name(model, _) if moved else _("the models agree"),
        border=True,
        height="stretch",
    )
    grid.metric(
        _("Visits with tags to mend"),
        words.number(screen, tags.to_mend) if tags.visits else None,
        delta=None,
        delta_description=_.plural("of {n} visit", "of {n} visits", tags.visits).format(
            n=words.number(screen, tags.visits)
        ),
        border=True,
        height="stretch",
    )


def _apart(report: Report) -> int:
    """Orders that no channel is credited for: all Direct, or without a touch."""
    credited = report.credits.filter(~pl.col("is_direct") & (pl.col("weight") > 0))
    return report.orders - credited.select("account", "order_id").n_unique() if credited.height else report.orders


def _swing(screen: Screen, report: Report) -> tuple[str, int]:
    """The model under which most credit lies elsewhere than under the chosen one, and how much."""
    compared = data.models(screen.period, "channel", screen.lookback)
    moved = compare.moved_by_choice(compared, model=report.model).sort("moved_minor", "model", descending=[True, False])
    if moved.is_empty():
        return report.model, 0
    row = moved.row(0, named=True)
    return row["model"], int(row["moved_minor"] or 0)


def _tabs(screen: Screen, report: Report, tags: hygiene.Hygiene) -> None:
    _ = screen._
    shown: tuple[tuple[str, Callable[[], None]], ...] = (
        (_("Credit"), lambda: _credit(screen, report)),
        (_("Compare models"), lambda: channels_compare.draw(screen, report, choose_by(screen))),
        (_("Journeys"), lambda: channels_journeys.draw(screen, report)),
        (_("Cost and claims"), lambda: channels_costs.draw(screen, report)),
        (_("Customers"), lambda: channels_customers.draw(screen, report, choose_by(screen), _names(screen))),
        (_("Leads"), lambda: channels_leads.draw(screen, report)),
        (_("Tags"), lambda: channels_tags.draw(screen, report, tags)),
        (_("Links"), lambda: channels_tags.links(screen, report)),
    )
    tabs = st.tabs([name for name, _draw in shown], key="see", on_change="rerun", bind="query-params")
    for tab, (_name, draw) in zip(tabs, shown, strict=True):
        if tab.open:
            with tab:
                draw()


def _names(screen: Screen) -> dict[By, str]:
    return {by: by_name(screen, by) for by in BREAKDOWNS}


def by_name(screen: Screen, by: By) -> str:
    _ = screen._
    names = {
        "channel": _("channel"),
        "campaign": _("campaign"),
        "influencer": _("influencer"),
        "code": _("promo code"),
        "product": _("product"),
    }
    return names[by]


def choose_by(screen: Screen) -> By:
    """By what the credit is broken down; the same choice on every tab."""
    _ = screen._
    names = _names(screen)
    frame.recall("by", {str(by): name for by, name in names.items()})
    chosen: By | None = st.segmented_control(
        _("By"),
        list(BREAKDOWNS),
        default="channel",
        required=True,
        format_func=names.__getitem__,
        key="by",
        bind="query-params",
    )
    frame.keep("by")
    return chosen or "channel"


def _credit(screen: Screen, report: Report) -> None:
    _ = screen._
    by = choose_by(screen)
    table = report.breakdown(by)
    credited = table.filter("credited").sort("revenue_minor", "name", descending=[True, False])
    if credited.is_empty():
        frame.empty(
            screen,
            _("Nothing is credited here in this period"),
            (
                _("Choose a longer period above."),
                _("Tag links with utm_source, utm_medium and utm_campaign, and register promo codes with their owner."),
            ),
        )
        return
    _bars(screen, report, credited, by)
    picked = tables.show(
        screen,
        tables.with_apart(table),
        alternative=_("Credit by {what}").format(what=by_name(screen, by)),
        key=f"by-{by}",
        select=True,
        phone=("name", "conversions", "revenue_minor"),
    )
    st.caption(
        _("Choose a row to see its orders. Rows with credited “no” are stated apart, so that the table adds up.")
    )
    frame.export(screen, table, f"credit-by-{by}")
    if picked is not None:
        order_tables.behind(screen, report, by, picked["name"])


def _bars(screen: Screen, report: Report, credited: pl.DataFrame, by: By) -> None:
    scale = 10 ** tables.digits(screen.currency)
    scope = set(report.credits.filter("in_scope")["channel"].to_list())
    shown = credited.filter(pl.col("revenue_minor") != 0).head(MAX_BARS)
    rows = pl.DataFrame(
        {
            "order": list(range(shown.height)),
            "name": shown["name"],
            "caption": [_caption(screen, row, by) for row in shown.iter_rows(named=True)],
            "value": shown["revenue_minor"] / scale,
            "colour": [_colour(name, social=by != "channel" or name in scope) for name in shown["name"].to_list()],
            "counted": [True] * shown.height,
        }
    )
    charts.show(
        charts.ranked_bars(rows, value_title=screen.currency),
        alternative=screen._("Bars of credited net revenue: {rows}").format(rows="; ".join(rows["caption"].to_list())),
        key=f"bars-{by}",
    )
    if by == "channel":
        st.caption(screen._("Blue: social, counted as direct return. Green: other tracked channels."))


def _caption(screen: Screen, row: dict[str, object], by: By) -> str:
    """Name, money and return on cost; codes and products have no costs of their own."""
    _ = screen._
    revenue, roas = row["revenue_minor"], row["roas"]
    text = f"{row['name']} · {words.money(screen, revenue if isinstance(revenue, int) else None)}"
    if by in ("code", "product"):
        return text
    if row["cost_minor"] is None or not isinstance(roas, float):
        return text + " · " + _("cost not given")
    return text + " · " + _("{roas} times its cost").format(roas=words.number(screen, round(roas, 2)))


def _colour(name: str, *, social: bool) -> str:
    if name == NOT_SET:
        return theme.GREY
    return theme.BLUE if social else theme.GREEN
