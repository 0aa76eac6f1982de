"""Data: is everything right and fresh? Imports, freshness, feeds, quarantine, registers."""

from __future__ import annotations

import polars as pl
import streamlit as st

from config.intake import Layout
from ui import guide, pipeline, talk_cards, templates
from ui.frame import Screen, how, open_page, say
from ui.i18n import Translator, translator
from ui.views import (
    data_feeds,
    data_freshness,
    data_import,
    data_ledger,
    data_mapping,
    data_quarantine,
    data_registers,
    data_watched,
)

PART = "part"


def page() -> None:
    screen = open_page(translator()("Data"), brand_filter=False, period_filter=False)
    _ = screen._
    ledger = data_ledger.listed()
    quarantine = data_quarantine.listed()
    sources = data_feeds.listed(screen)
    say(screen, _answer(screen, ledger, sources, quarantine))
    titles = (_("Import"), _("Freshness"), _("Feeds"), _("Quarantine"), _("Registers"))
    imported, fresh, feeds, kept, registers = st.tabs(titles, key=PART, on_change="rerun", bind="query-params")
    with imported:
        _import(screen, ledger)
    with fresh:
        if fresh.open:
            data_freshness.draw(screen)
    with feeds:
        data_feeds.draw(screen, sources)
    with kept:
        data_quarantine.draw(screen, quarantine)
    with registers:
        data_registers.people(screen)
        data_registers.codes(screen)
    how(screen, "Quarantine", "Promo code", "Unconverted", "Simulated")


def _answer(screen: Screen, ledger: pl.DataFrame, sources: pl.DataFrame, quarantine: pl.DataFrame) -> str:
    _ = screen._
    failing = sources.filter(pl.col("state") == "failing").height
    standing = ledger.filter(pl.col("state") == "done").height
    feeds = (
        _.plural("{n} of {all} sources is failing", "{n} of {all} sources are failing", failing).format(
            n=failing, all=sources.height
        )
        if failing
        else _.plural("{n} source, none failing", "{n} sources, none failing", sources.height).format(n=sources.height)
    )
    files = _.plural("{n} import stands", "{n} imports stand", standing).format(n=standing)
    rows = _.plural("{n} row in quarantine", "{n} rows in quarantine", quarantine.height).format(
        n=talk_cards.number(screen, quarantine.height)
    )
    return _("{feeds}; {files}; {rows}.").format(feeds=feeds, files=files, rows=rows)


def _import(screen: Screen, ledger: pl.DataFrame) -> None:
    _ = screen._
    data_import.draw(screen)
    data_ledger.draw(screen, ledger)
    data_watched.draw(screen)
    data_mapping.listed(screen)
    bare = ledger.is_empty()
    with st.expander(_("Which export ties visits to orders?"), icon=":material/route:", expanded=bare):
        _visits_guide(screen)
    with st.expander(_("What can be imported, and templates"), icon=":material/list_alt:", expanded=bare):
        _layouts(screen)


def _visits_guide(screen: Screen) -> None:
    """Which export carries the visits of orders, system by system, as docs/imports.md tells it."""
    _ = screen._
    known = {name: text for name in guide.VISITS if (text := guide.section(name))}
    if not known:
        return
    first, *others = known
    st.markdown(known[first])
    chosen = st.pills(_("Your shop or tool"), others, key="visits-of")
    if chosen:
        with st.container(border=True):
            st.markdown(known[chosen])


def _layouts(screen: Screen) -> None:
    """Our own layouts as cards with a template; the exports of other tools as a table."""
    _ = screen._
    st.caption(_("Columns may stand in any order; further columns are ignored. Names of needed columns are given."))
    explained = [layout for layout in pipeline.LAYOUTS if templates.purpose(layout.id, _)]
    with st.grid(min_column_width=330):
        for layout in explained:
            with st.container(border=True, height="stretch"):
                _layout(_, layout)
    others = [
        (templates.title(layout, _), templates.needs(layout)) for layout in pipeline.LAYOUTS if layout not in explained
    ]
    if others:
        table = pl.DataFrame(others, schema=[_("Export"), _("Needed columns")], orient="row")
        st.dataframe(table, hide_index=True, alt=_("Exports of other tools that are recognised."), key="other-layouts")


def _layout(_: Translator, layout: Layout) -> None:
    st.markdown(f"**{templates.title(layout, _)}**")
    st.caption(templates.purpose(layout.id, _) or "")
    st.text(_("Needs: {columns}").format(columns=templates.needs(layout)))
    for remark in templates.ALLOWED.get(layout.id, ()):
        st.caption(remark)
    if layout.id in templates.HEADERS:
        st.download_button(
            _("Template"),
            data=templates.file(layout.id),
            file_name=f"{layout.id}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"template-{layout.id}",
            on_click="ignore",
        )
