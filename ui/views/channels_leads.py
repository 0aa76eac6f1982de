"""Channels, tab "Leads": from click to lead to won, by source and by own post."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from attribution.report import NOT_SET, Report
from ui import data, figures, frame, tables, words
from ui.frame import Screen

MAX_POSTS = 50


def draw(screen: Screen, report: Report) -> None:
    _ = screen._
    found = data.leads_of(report)
    if found.by_source.is_empty():
        frame.empty(
            screen,
            _("No lead in this period"),
            (
                _("Import **leads** of your CRM on the page Data: source, campaign, stage, and what was won."),
                _("Import **conversions** of the kind lead to set what analytics counted beside them."),
                _("Import your own **posts** to see leads by post."),
            ),
        )
        frame.link(screen, "data", _("Open Data"))
        return
    st.text(_sentence(screen, found.by_source))
    _sources(screen, found.by_source, found.single)
    _posts(screen, found.by_post, found.single, leads=int(found.by_source["leads"].sum()))


def _sentence(screen: Screen, rows: pl.DataFrame) -> str:
    _ = screen._
    leads, won = int(rows["leads"].sum()), int(rows["won"].sum())
    lost = int(rows.filter(pl.col("channel") == NOT_SET)["leads"].sum())
    text = _.plural(
        "The CRM has {n} lead of this period; {won} of them won, {lost} without a source.",
        "The CRM has {n} leads of this period; {won} of them won, {lost} without a source.",
        leads,
    ).format(n=words.number(screen, leads), won=words.number(screen, won), lost=words.number(screen, lost))
    if rows["analytics_leads"].count() == 0:
        return text + " " + _("Analytics tells of no leads.")
    return text + " " + _("Analytics counted {n}.").format(n=words.number(screen, int(rows["analytics_leads"].sum())))


def _sources(screen: Screen, rows: pl.DataFrame, single: pl.DataFrame) -> None:
    _ = screen._
    enough = pl.col("visits") >= figures.MIN_JUDGED
    shown = rows.with_columns(
        lead_rate=pl.when(enough).then("lead_rate"),
        win_rate=pl.when(pl.col("leads") >= figures.MIN_JUDGED).then("win_rate"),
    )
    hidden = [name for name in ("analytics_leads", "days_to_won", "win_rate", "lead_rate") if not shown[name].count()]
    picked = tables.show(
        screen,
        shown.drop(hidden),
        alternative=_("Leads by source"),
        key="leads-by-source",
        select=True,
        phone=("channel", "visits", "won"),
        titles=titles(screen),
    )
    st.caption(
        _(
            "Rates stand from {n} visits or leads on. A lead counts for the source that the CRM names. "
            "Choose a row for its leads."
        ).format(n=figures.MIN_JUDGED)
    )
    frame.export(screen, rows, "leads-by-source")
    if picked is not None:
        _single(screen, single, picked, by=("channel", "source", "medium", "campaign"), key="leads-of-source")


def _single(screen: Screen, single: pl.DataFrame, picked: dict[str, Any], *, by: tuple[str, ...], key: str) -> None:
    """The single leads behind a row: their ids in the CRM, and nothing of who they are."""
    _ = screen._
    mine = single.filter(pl.all_horizontal(pl.col(name).eq_missing(picked[name]) for name in by))
    # Columns that end in _id are not drawn; the CRM's number is what a lead is found by.
    shown = mine.select(
        pl.col("lead_id").alias("lead"),
        *("created_at", "source", "campaign", "network", "stage", "won_at", "value_minor", "customer"),
    )
    tables.show(
        screen,
        shown,
        alternative=_("The single leads behind the chosen row"),
        key=key,
        titles=titles(screen),
    )
    frame.export(screen, mine, key)


def _posts(screen: Screen, rows: pl.DataFrame, single: pl.DataFrame, *, leads: int) -> None:
    _ = screen._
    st.subheader(_("Leads by post"), anchor=False)
    if rows.is_empty():
        st.text(_("No own post of this period has a click, a visit or a lead. Import your posts on the page Data."))
        return
    untraced = rows.filter(pl.col("leads").is_null()).height
    st.text(
        _("{n} of {all} leads came by a post that is known.").format(
            n=words.number(screen, int(rows["leads"].sum())), all=words.number(screen, leads)
        )
        + (
            " "
            + _.plural(
                "{n} post has no tagged link: what it brought is unknown, not nothing.",
                "{n} posts have no tagged link: what they brought is unknown, not nothing.",
                untraced,
            ).format(n=words.number(screen, untraced))
            if untraced
            else ""
        )
    )
    columns = ("published_at", "network", "caption", "clicks", "visits", "leads", "won", "value_minor", "permalink")
    picked = tables.show(
        screen,
        rows.head(MAX_POSTS).select(*columns, "post_id"),
        alternative=_("Leads by own post"),
        key="leads-by-post",
        select=True,
        titles=titles(screen),
        widths={"caption": 300, "permalink": 170},
        phone=("caption", "visits", "won"),
    )
    frame.export(screen, rows, "leads-by-post")
    if picked is not None:
        _single(screen, single, picked, by=("network", "post_id"), key="leads-of-post")


def titles(screen: Screen) -> dict[str, str]:
    _ = screen._
    return {
        "visits": _("Visits"),
        "analytics_leads": _("Leads by analytics"),
        "leads": _("Leads by CRM"),
        "won": _("Won"),
        "lead_rate": _("Leads per visit"),
        "win_rate": _("Won of leads"),
        "value_minor": _("Value won"),
        "days_to_won": _("Days to won (median)"),
        "published_at": _("Published"),
        "network": _("Network"),
        "caption": _("Post"),
        "clicks": _("Clicks"),
        "permalink": _("Link"),
        "lead": _("Lead"),
        "created_at": _("Created"),
        "stage": _("Stage"),
        "won_at": _("Won on"),
        "customer": _("Customer (number)"),
    }
