"""ROI, how sure the estimate is: readiness, range, warnings, what it rests on, experiments, networks and brands."""

from __future__ import annotations

import polars as pl
import streamlit as st

from attribution.lift import LiftEstimate
from ui import charts, data, history, lift_words, pipeline, tables, value_words, words
from ui.frame import Screen
from ui.roi_figures import RoiFigures
from ui.views.roi_beside import save_entry


def show(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    if found.lift is None:
        st.text(_("Estimates are switched off."))
        return
    _sure(screen, found)
    _assumptions(screen, found)
    _experiments(screen)
    _groups(screen)


def _sure(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    lift = found.lift
    if lift is None:
        return
    st.subheader(_("How sure is the indirect return?"), anchor=False)
    days, needed = lift.readiness.days, lift.readiness.days_needed
    if days < needed:
        st.text(_("Days with orders and talk: {line}").format(line=lift_words.readiness(lift.readiness, _)))
        st.progress(days / needed)
    else:
        st.text(_("{days} days with orders and talk are known; {needed} are needed.").format(days=days, needed=needed))
    if lift.minimum_detectable_minor is not None:
        least = words.money(screen, lift.minimum_detectable_minor)
        st.text(_("Over all these days, a return below {least} would not be told from chance.").format(least=least))
    if lift.coverage_claim is not None:
        claim = words.share(screen, lift.coverage_claim)
        st.text(_("In simulated worlds like these data the range held the truth in {claim}.").format(claim=claim))
    for note in (*lift.reasons, *lift.warnings):
        st.text(f"• {lift_words.sentence(note, _)}")
    _by_day(screen, lift)


def _by_day(screen: Screen, lift: LiftEstimate) -> None:
    _ = screen._
    inside = pl.col("day").is_between(screen.period.since, screen.period.until)
    days = lift.by_day().filter(inside) if lift.total else pl.DataFrame()
    if days.is_empty():
        return
    scale = 10 ** tables.digits(screen.currency)
    ends = ("low", "median", "high")
    charts.show(
        charts.range_by_day(
            days.select("day", *((pl.col(f"{end}_minor") / scale).alias(end) for end in ends)),
            value_title=screen.currency,
        ),
        alternative=_("The estimated indirect return of each day with its 90 % range"),
        key="lift-days",
    )
    st.caption(_("Estimated indirect return a day with its 90 % range. Single days are less sure than their sum."))


def _assumptions(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    settings, period = screen.workspace.settings.attribution, found.roi.period
    with st.expander(_("What these figures rest on"), icon=":material/rule:"):
        model = found.report.model.replace("_", " ")
        days = found.report.lookback.days
        returned = _("net revenue") if found.roi.return_is == "net_revenue" else _("gross margin")
        told = (
            (_("Period"), f"{period.since} – {period.until}"),
            (_("Attribution model"), model),
            (_("Lookback window"), _.plural("{n} day", "{n} days", days).format(n=days)),
            (_("Social scope"), ", ".join(settings.social_scope)),
            (_("What counts as return"), returned),
            (_("Discounts"), _("taken off the revenue, never a cost")),
            (_("Indirect return"), _("median of the lift of untagged revenue by talk, within the pool; range 90 %")),
        )
        st.table(pl.DataFrame(told, schema={_("What"): pl.String, _("How"): pl.String}, orient="row"), hide_index=True)


def _experiments(screen: Screen) -> None:
    _ = screen._
    st.subheader(_("Experiments"), anchor=False)
    st.text(_("A test outranks what is read from ordinary days: written down here, it calibrates the estimate."))
    rows = history.calibration(screen.workspace, data.history_days().daily).rows
    kinds, states = value_words.experiment_kinds(_), value_words.experiment_states(_)
    if not rows.is_empty():
        shown = rows.with_columns(
            pl.col("kind").replace_strict(kinds, return_dtype=pl.String),
            pl.col("state").replace_strict(states, return_dtype=pl.String),
        ).drop("id")
        tables.show(
            screen,
            shown,
            alternative=_("Experiments and what they measured"),
            key="experiments",
            titles={
                "kind": _("Kind"),
                "date_from": _("From"),
                "date_to": _("To"),
                "mean_minor": _("Talk brought"),
                "error_minor": _("Standard error"),
                "state": _("State"),
            },
        )
    with (
        st.expander(_("Write a test down"), icon=":material/science:"),
        st.form("experiment", border=False, clear_on_submit=True),
    ):
        left, right = st.columns(2)
        cells = {
            "kind": left.selectbox(_("Kind"), list(kinds), format_func=kinds.__getitem__),
            "note": right.text_input(_("Note")),
            "from": str(left.date_input(_("From"), value=screen.period.since, format="YYYY-MM-DD")),
            "to": str(right.date_input(_("To"), value=screen.period.until, format="YYYY-MM-DD")),
            "lift": left.text_input(_("What talk brought") + f" ({screen.currency})"),
            "error": right.text_input(_("Its standard error") + f" ({screen.currency})"),
            "answers": left.text_input(_("Survey: how many answered")),
            "heard": right.text_input(_("Survey: of these, named talk")),
        }
        st.caption(_("A pause is worked out from the days themselves; a survey from its answers."))
        if st.form_submit_button(_("Save"), type="primary"):
            save_entry(screen, "experiments", cells)


def _groups(screen: Screen) -> None:
    _ = screen._
    several = len(pipeline.own_brands(screen.workspace)) > 1
    label = _("Tell networks and brands apart") if several else _("Tell networks apart")
    if not st.toggle(label, key="groups", bind="query-params"):
        return
    names = {"source": _("Network")} | ({"brand": _("Brand")} if several else {})
    for by, first in names.items():
        rows = data.lift_by(by)
        if rows.is_empty():
            st.text(_("There is only one, so there is nothing to tell apart."))
            continue
        reasons = {
            "too_few_days": _("too few days"),
            "no_mentions": _("never changes"),
            "too_few_mention_days": _("too few days with mentions"),
            "no_revenue": _("no revenue"),
            "inseparable": _("cannot be told from the others"),
            "too_wide": _("its range is wider than all there is"),
        }
        shown = rows.with_columns(pl.col("reason").replace_strict(reasons, default=None, return_dtype=pl.String))
        tables.show(
            screen,
            shown,
            alternative=_("Indirect return by group, over all days"),
            key=f"lift-{by}",
            titles={
                "group": first,
                "low_minor": _("from"),
                "median_minor": _("Indirect (estimated)"),
                "high_minor": _("to"),
                "reason": _("Why not"),
            },
        )
    st.caption(_("Each is fitted beside the others' talk, so they need not add up to the whole."))
