"""ROI, what stands beside it: value equivalents with their inputs and switches, signs of trust, the outcomes log."""

from __future__ import annotations

import polars as pl
import streamlit as st

from attribution import value
from attribution.value import Equivalent
from config import plan_files, plans
from ui import data, equivalents, frame, tables, value_words, words
from ui.frame import Screen
from ui.roi_figures import RoiFigures
from ui.views.sources_add import plain_label


def show(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    st.text(_("None of this is revenue. It stands beside the ROI; only service savings enter the ROI incl. savings."))
    _amounts(screen, found)
    _form(screen)
    _units(screen, found)
    _trust(screen, found)
    _outcomes(screen)


def amounts(screen: Screen, found: RoiFigures) -> pl.DataFrame:
    """name, on, amount_minor, low_minor, high_minor, missing, formula: one row an equivalent."""
    _ = screen._
    names, formulas = value_words.names(_), value_words.formulas(_)
    rows = [
        (
            _named(one, names),
            one.on,
            *(one.amount_minor, one.low_minor, one.high_minor),
            _missing(screen, one),
            formulas[one.kind],
        )
        for one in found.beside.amounts
    ]
    money = dict.fromkeys(("amount_minor", "low_minor", "high_minor"), pl.Int64)
    schema = {"name": pl.String, "on": pl.Boolean, **money, "missing": pl.String, "formula": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _named(one: Equivalent, names: dict[str, str]) -> str:
    return names[str(one.inputs["unit"])] if one.kind == "unit_value" else names[one.kind]


def _missing(screen: Screen, one: Equivalent) -> str:
    _ = screen._
    known = {
        "cpc": _("price of a click"),
        "deflected_share": _("share of contacts avoided"),
        "cost_per_contact_minor": _("cost of a contact"),
        "close_rate": _("share won"),
        "value_minor": _("value"),
        "leads": _("leads"),
        "reach": _("reach"),
        "price_per_thousand_minor": _("price of 1,000 contacts"),
        "count": _("number"),
        "value_of_one_minor": _("value of one"),
    }
    return ", ".join(known.get(name, name) for name in one.missing)


def _amounts(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    shown = amounts(screen, found)
    known = shown.filter(pl.col("on") & pl.col("amount_minor").is_not_null())
    if known.height:
        grid = st.grid(min(4, known.height), min_column_width=150)
        for row in known.iter_rows(named=True):
            grid.metric(row["name"], words.money(screen, row["amount_minor"]), border=True, height="stretch")
    tables.show(
        screen,
        shown,
        alternative=_("Value equivalents with their formulas"),
        key="equivalents",
        titles={
            "name": _("Equivalent"),
            "on": _("Switched on"),
            "amount_minor": _("Amount"),
            "low_minor": _("from"),
            "high_minor": _("to"),
            "formula": _("Formula"),
            "missing": _("What is missing"),
        },
        wide=("name", "on", "amount_minor", "low_minor", "high_minor", "missing"),
        phone=("name", "amount_minor", "on"),
        widths={"name": 220, "low_minor": 100, "high_minor": 100, "missing": 380},
    )
    with st.expander(_("Formula"), icon=":material/function:"):
        for row in shown.iter_rows(named=True):
            st.text(f"{row['name']}: {row['formula']}")
    service = next(one for one in found.beside.amounts if one.kind == "service_savings")
    minutes, answered = service.inputs["median_answer_minutes"], service.inputs["answered"]
    if isinstance(minutes, float) and isinstance(answered, int):
        st.text(
            _.plural(
                "{n} contact was answered in public, half of them within {minutes} minutes.",
                "{n} contacts were answered in public, half of them within {minutes} minutes.",
                answered,
            ).format(n=words.number(screen, answered), minutes=words.number(screen, round(minutes)))
        )
    for kind, caution in value_words.cautions(_).items():
        if any(one.kind == kind and one.on and one.amount_minor is not None for one in found.beside.amounts):
            st.caption(f"{value_words.names(_)[kind]}: {caution}")


def _form(screen: Screen) -> None:
    _ = screen._
    told, named = equivalents.given(screen.workspace), value_words.inputs(_)
    with st.expander(_("Inputs and switches"), icon=":material/tune:"), st.form("equivalent-inputs", border=False):
        columns = st.columns(3)
        typed: dict[str, str | None] = {}
        for place, name in enumerate(equivalents.INPUTS):
            unit = screen.currency if name in equivalents.MONEY_INPUTS else _("0 to 1")
            typed[name] = columns[place % 3].text_input(
                f"{named[name]} ({unit})", value=told.texts.get(name, ""), key=f"given-{name}"
            )
        switches = {
            kind: st.checkbox(value_words.names(_)[kind], value=told.on(kind), key=f"on-{kind}")
            for kind in value.FORMULAS
        }
        st.caption(_("Empty: from your own data where they tell it (ads, leads won). What you type is remembered."))
        if st.form_submit_button(_("Save"), type="primary"):
            _save(screen, typed, switches)


def _save(screen: Screen, typed: dict[str, str | None], switches: dict[value.Kind, bool]) -> None:
    _ = screen._
    clean = {name: (text or "").strip().replace(",", ".") for name, text in typed.items()}
    for name, text in clean.items():
        share = name in equivalents.SHARE_INPUTS
        amount = plan_files.amount(text)
        if text and (amount is None or amount.startswith("-") or (share and float(amount) > 1)):
            st.error(_("{name}: this is no amount such as 12.50.").format(name=value_words.inputs(_)[name]))
            return
    kept: dict[str, str | None] = {name: plan_files.amount(text) for name, text in clean.items()}
    kept |= {f"on.{kind}": "yes" if on else "no" for kind, on in switches.items()}
    plans.write_given(screen.workspace.engine, kept, now=data.now())
    st.rerun()


def _units(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    if not found.beside.retests:
        return
    with st.expander(_("What a like, a follow or a lead was worth, month by month")):
        for unit, table in found.beside.retests.items():
            scaled = table.drop_nulls("value").select(
                "month",
                *(pl.col(name).round().cast(pl.Int64).alias(f"{name}_minor") for name in ("value", "low", "high")),
                *("units", "weeks", "changed"),
            )
            st.markdown(f"**{value_words.names(_)[unit]}**")
            tables.show(
                screen,
                scaled,
                alternative=_("The value of one, month by month"),
                key=f"retest-{unit}",
                titles={
                    "value_minor": _("Value of one"),
                    "low_minor": _("from"),
                    "high_minor": _("to"),
                    "units": _("Number"),
                    "weeks": _("Weeks"),
                    "changed": _("Out of date"),
                    "month": _("Month"),
                },
            )
        st.caption(
            _(
                "Measured anew each month: where it left the range of the month before, figures that rest on it are "
                "out of date."
            )
        )


def _trust(screen: Screen, found: RoiFigures) -> None:
    _ = screen._
    st.subheader(_("Signs of trust that are not money"), anchor=False)
    named = value_words.trust(_)
    grid = st.grid(3, min_column_width=150)
    for one in found.beside.shares:
        told = _("{n} of {all}").format(n=words.number(screen, one.part), all=words.number(screen, one.whole))
        grid.metric(
            named[one.name],
            words.share(screen, one.share) if one.whole else None,
            delta_description=told if one.whole else _("not known"),
            border=True,
            height="stretch",
        )
    felt = found.beside.feeling
    grid.metric(
        named["net_sentiment"],
        words.balance(screen, felt.net) if felt.enough else None,
        delta_description=_("{n} scored texts").format(n=words.number(screen, felt.scored)),
        border=True,
        height="stretch",
    )


def _outcomes(screen: Screen) -> None:
    _ = screen._
    st.subheader(_("Outcomes that are no sales"), anchor=False)
    log, kinds = equivalents.outcomes(screen.workspace, screen.period), value_words.outcome_kinds(_)
    if log.is_empty():
        st.text(_("Nothing is written down for this period: invitations, links from other sites, press."))
    else:
        shown = log.with_columns(pl.col("kind").replace_strict(kinds, return_dtype=pl.String)).drop("id")
        tables.show(
            screen,
            shown,
            alternative=_("Outcomes of talk"),
            key="outcomes",
            titles={
                "day": _("Day"),
                "kind": _("Kind"),
                "note": _("What"),
                "link": _("Link"),
                "value_minor": _("Value"),
            },
        )
        frame.export(screen, log, "outcomes")
    with (
        st.expander(_("Write one down"), icon=":material/add:"),
        st.form("outcome", border=False, clear_on_submit=True),
    ):
        left, right = st.columns(2)
        cells = {
            "day": str(left.date_input(_("Day"), value=screen.period.until, format="YYYY-MM-DD")),
            "kind": right.selectbox(_("Kind"), list(kinds), format_func=kinds.__getitem__),
            "text": left.text_input(_("What")),
            "link": right.text_input(_("Link")),
            "value": left.text_input(_("Value, if any") + f" ({screen.currency})"),
        }
        if st.form_submit_button(_("Save"), type="primary"):
            save_entry(screen, "outcomes", cells)


def save_entry(screen: Screen, name: str, cells: dict[str, str]) -> None:
    """Check an entry as files are checked, keep it, and draw the page anew; else say what is wrong."""
    row = plan_files.plan_row(name, cells, currency=screen.currency)
    if not isinstance(row, dict):
        st.error(plain_label(row[1]))
        return
    taken = plans.stored_plan(screen.workspace.engine, name)
    plans.change_plan(screen.workspace.engine, name, now=data.now(), save=[plan_files.with_id(name, row, taken=taken)])
    st.rerun()
