"""Costs: what did social media cost, what for, and which costs has nobody given yet?"""

from __future__ import annotations

import zlib
from typing import Any

import polars as pl
import streamlit as st

from attribution import costs
from attribution.report import Report
from config.plans import COST_KINDS, read_costs
from ui import charts, cost_facts, data, frame, i18n, known_days, plan_form, tables, theme, words
from ui.frame import Screen
from ui.said import in_language

SHOWN_ROWS = 12
_ORDER = (  # what a phone shows first stands first
    *("kind", "amount", "date_from", "date_to", "hours", "rate", "currency"),
    *("campaign", "channel", "influencer", "brand", "note"),
)


def page() -> None:
    _ = i18n.translator()
    screen = frame.open_page(_("Costs"), brand_filter=False, about=(frame.ORDERS,))
    plan_form.say_what_was_done()
    report = data.report(screen.period, screen.model)
    ours, apart = cost_facts.scoped(report)
    frame.say(screen, _answer(screen, ours))
    if report.daily_costs.is_empty():
        _other_days(screen)
        frame.empty(
            screen,
            _("No cost is known for these days"),
            (
                _("Write costs down in the table below: an amount, or hours and rate, spread over its days."),
                _("Or import a file: costs by hand, or the spend export of an ad account (page **Data**)."),
                _("Commissions come in by themselves once codes have terms (page **Promo codes**)."),
            ),
        )
    else:
        _cards(screen, ours, apart)
        _missing(screen, report)
        _totals(screen, ours)
    _register(screen)
    _left_out(screen, report)
    _given_way(screen, report)
    frame.how(screen, "Cost", "Missing cost", "Spread cost", "Cost told twice", "Commission", "Social scope", "ROI")


def kind_names(_: i18n.Translator) -> dict[str, str]:
    return {
        "ad_spend": _("Ad spend"),
        "content": _("Content"),
        "labour": _("Labour"),
        "tools": _("Tools"),
        "influencer_fee": _("Influencer fees"),
        "commission": _("Commissions"),
        "product_seeding": _("Product seeding"),
        "other": _("Other"),
    }


def listed(screen: Screen, kinds: list[str]) -> str:
    """Kinds of cost in words, the way a sentence lists them."""
    names = kind_names(screen._)
    return ", ".join(names[kind].lower() if screen._.language == "en" else names[kind] for kind in kinds)


def _answer(screen: Screen, ours: pl.DataFrame) -> str:
    _ = screen._
    if ours.is_empty():
        return _("No cost of social media is known for this period, so no ROI can be told.")
    total = costs.total_of(ours)
    if total is None:
        return _("The cost of this period is not known: one of its lines has no amount or no exchange rate.")
    largest = costs.costs_by(ours, "kind").row(0, named=True)
    share = words.share(screen, largest["amount_minor"] / total if total else None)
    return _("Social media cost {total} in this period; the largest part is {kind} ({share}).").format(
        total=words.money(screen, total), kind=listed(screen, [largest["name"]]), share=share
    )


def _cards(screen: Screen, ours: pl.DataFrame, apart: pl.DataFrame) -> None:
    _ = screen._
    before, _apart = cost_facts.scoped(data.report(screen.before, screen.model))
    total, then = costs.total_of(ours), costs.total_of(before)
    grid = st.grid(4, min_column_width=158)
    grid.metric(
        _("Cost of social"),
        words.money(screen, total),
        words.change(screen, total, then),
        delta_color="inverse",
        delta_description=_("before: {money}").format(money=words.money(screen, then)),
        border=True,
        height="stretch",
    )
    for title, origin in (
        (_("Written down"), "register"),
        (_("Imported"), "import"),
        (_("Owed by codes"), "codes"),
    ):
        part = ours.filter(pl.col("origin") == origin)
        n = part["line"].n_unique()
        grid.metric(
            title,
            words.money(screen, costs.total_of(part)),
            delta=None,
            delta_description=_.plural("{n} line", "{n} lines", n).format(n=words.number(screen, n)),
            border=True,
            height="stretch",
        )
    if apart.height:
        st.caption(
            _("Beside it, {money} went to other channels; it is no cost of social media.").format(
                money=words.money(screen, costs.total_of(apart))
            )
        )


def _other_days(screen: Screen) -> None:
    """Where costs are known, but none of these days: when, and a button to those days."""
    known = cost_facts.cost_days_known(screen.workspace)
    if known is not None and known_days.apart(known, screen.period):
        told = screen._("Your costs run from {costs}.").format(costs=frame.period_text(screen, known))
        frame.offer_days(screen, told, known, key="known-cost-days")


def _missing(screen: Screen, report: Report) -> None:
    _ = screen._
    missing = cost_facts.missing_costs(report)
    if not missing:
        return
    with st.container(border=True, key="missing-costs"):
        st.text(_("No cost is given in this period for: {kinds}.").format(kinds=listed(screen, missing)))
        known = cost_facts.cost_days_known(screen.workspace)
        if known is not None:
            st.text(_("Your costs run from {costs}.").format(costs=frame.period_text(screen, known)))
        st.caption(
            _("While they are missing, every return looks better than it is. Write 0 down where there was none.")
        )


def _totals(screen: Screen, ours: pl.DataFrame) -> None:
    _ = screen._
    st.subheader(_("What it was for"), anchor=False)
    names = {
        "kind": _("Kind"),
        "campaign": _("Campaign"),
        "channel": _("Channel"),
        "influencer": _("Influencer"),
        "month": _("Month"),
        "brand": _("Brand"),
    }
    chosen = st.segmented_control(
        _("By"), list(names), default="kind", required=True, format_func=names.__getitem__, key="cost-by"
    )
    rows = _named(screen, costs.costs_by(ours, chosen or "kind"), chosen or "kind")
    known = rows.drop_nulls("amount_minor")
    if known.height:
        charts.show(
            charts.ranked_bars(_bars(screen, known.head(SHOWN_ROWS)), value_title=screen.currency),
            alternative=_("Costs: {rows}").format(
                rows="; ".join(f"{name} {words.money(screen, n)}" for name, n, _lines in known.iter_rows())
            ),
            key="cost-bars",
        )
    with st.expander(_("As a table"), icon=":material/table_rows:"):
        tables.show(
            screen,
            rows,
            alternative=_("Costs and their lines"),
            key="cost-rows",
            titles={"amount_minor": _("Cost"), "name": names[chosen or "kind"]},
        )
        frame.export(screen, rows, f"costs-by-{chosen or 'kind'}")


def _named(screen: Screen, rows: pl.DataFrame, by: str) -> pl.DataFrame:
    _ = screen._
    nameless = {
        "campaign": _("no campaign"),
        "channel": _("all of social"),
        "influencer": _("nobody in particular"),
        "brand": _("all brands"),
    }.get(by, "–")
    known = kind_names(_) if by == "kind" else {}
    return rows.with_columns(pl.col("name").replace(known).fill_null(nameless))


def _bars(screen: Screen, rows: pl.DataFrame) -> pl.DataFrame:
    scale = 10 ** tables.digits(screen.currency)
    return rows.select(
        order=pl.int_range(pl.len()),
        name="name",
        caption=pl.Series(
            [f"{name}  {words.money(screen, n)}" for name, n in rows.select("name", "amount_minor").iter_rows()],
            dtype=pl.String,
        ),
        value=pl.col("amount_minor") / scale,
        colour=pl.lit(theme.VERMILION),
        counted=pl.lit(True),
    )


def _register(screen: Screen) -> None:
    """The table of costs by hand: rows are added below, changed in place, removed by choosing them."""
    _ = screen._
    st.subheader(_("Costs by hand"), anchor=False)
    st.caption(
        _("One row a cost: an amount, or hours and rate. It is spread over its days. Leave empty what is for all.")
    )
    known = read_costs(screen.workspace.engine)
    edited = st.data_editor(
        _editable(known),
        num_rows="dynamic",
        hide_index=True,
        placeholder="",
        column_config=_columns(screen),
        column_order=_shown(screen, known),
        key=f"cost-editor-{zlib.crc32(data.version().encode())}",  # a fresh editor for what is stored now
        height=min(480, 110 + 35 * max(3, known.height)),
    )
    with st.container(horizontal=True):
        if st.button(_("Save costs"), type="primary", icon=":material/save:", key="save-costs"):
            _save(screen, known, edited)
        plan_form.undo_button(screen, "costs")
    plan_form.files(screen, "costs", "earned_costs", known)


def _shown(screen: Screen, known: pl.DataFrame) -> list[str]:
    """The columns to be filled; the brand only where there are several of ours, or one is written down."""
    ours = [brand for brand in screen.workspace.settings.brand if brand.role == "own"]
    several = len(ours) > 1 or known["brand"].null_count() < known.height
    return [name for name in _ORDER if several or name != "brand"]


def _editable(known: pl.DataFrame) -> pl.DataFrame:
    """As the editor takes it: numbers as floats, so that cells can be typed into."""
    numbers = ("amount", "hours", "rate")
    return known.with_columns(pl.col(name).cast(pl.Float64) for name in numbers)


def _columns(screen: Screen) -> dict[str, Any]:
    _, types = screen._, st.column_config
    return {
        "kind": types.SelectboxColumn(
            _("Kind"), options=list(COST_KINDS), required=True, format_func=_kind_name(screen), width=118, pinned=True
        ),
        "amount": types.NumberColumn(_("Amount"), step=0.01, format="%.2f", width=84),
        "currency": types.TextColumn(_("Currency"), max_chars=3, default=screen.currency, width=78),
        "hours": types.NumberColumn(_("Hours"), min_value=0.0, step=0.25, width=66),
        "rate": types.NumberColumn(_("Rate an hour"), min_value=0.0, step=0.01, format="%.2f", width=98),
        "date_from": types.DateColumn(_("From"), required=True, default=screen.period.since, width=90),
        "date_to": types.DateColumn(_("To"), default=screen.period.until, width=90),
        "channel": types.TextColumn(_("Channel"), width=84),
        "campaign": types.TextColumn(_("Campaign"), width=90),
        "influencer": types.TextColumn(_("Influencer"), help=_("network:handle, such as instagram:anna"), width=100),
        "brand": types.TextColumn(_("Brand"), width=76),
        "note": types.TextColumn(_("Note"), width=126),
    }


def _kind_name(screen: Screen) -> Any:
    names = kind_names(screen._)
    return lambda kind: names.get(kind, kind)


def _save(screen: Screen, known: pl.DataFrame, edited: pl.DataFrame) -> None:
    _ = screen._
    after = edited.to_dicts()
    changed, problems = plan_form.save_table(screen.workspace, "costs", known.to_dicts(), after, now=data.now())
    if problems:
        st.error(_("Not saved:"))
        st.text("\n".join(_("row {problem}").format(problem=in_language(problem, _)) for problem in problems))
    else:
        plan_form.told(screen, _.plural("{n} cost changed.", "{n} costs changed.", changed).format(n=changed))


def _left_out(screen: Screen, report: Report) -> None:
    """What stands nowhere in the sums: lines that are not known."""
    _ = screen._
    unknown = report.daily_costs.filter(pl.col("reason").is_not_null())
    if unknown.is_empty():
        return
    st.subheader(_("Lines whose cost is not known"), anchor=False)
    tables.show(
        screen,
        unknown.select("date", "kind", "line", "reason"),
        alternative=_("Cost lines without an amount in the workspace's currency"),
        key="unknown-costs",
        titles={"date": _("Day"), "line": _("Line")},
    )


def _given_way(screen: Screen, report: Report) -> None:
    """What would count twice: lines that gave way, with what they gave way to."""
    _ = screen._
    gone = cost_facts.left_out(report)
    if gone.is_empty():
        return
    st.subheader(_("Costs told twice, counted once"), anchor=False)
    tables.show(
        screen,
        gone.rename({"left_out": "reason"}).select("date_from", "date_to", "kind", "line", "amount_minor", "reason"),
        alternative=_("Cost lines that do not count, as another line tells the same cost"),
        key="given-way-costs",
        titles={"date_from": _("From"), "date_to": _("To"), "line": _("Line"), "amount_minor": _("Amount")},
    )
