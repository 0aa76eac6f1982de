"""Sources: what is listened to, is it well, and what could be missing? Feeds, posts by hand, queries."""

from __future__ import annotations

import datetime as dt

import polars as pl
import streamlit as st

from config.settings import SettingsError
from config.settings_file import duration_text
from listener.health import TROUBLES
from ui import data, documents_sources, source_words, tables, talk_cards
from ui.frame import Screen, empty, export, how, open_page, say, time_text
from ui.i18n import translator
from ui.said import in_language
from ui.views import data_feeds, sources_add, sources_hand, sources_queries

PART = "sources-part"


def page() -> None:
    screen = open_page(translator()("Sources"), brand_filter=False, period_filter=False)
    _ = screen._
    talk_cards.style()
    sources = data_feeds.listed(screen)
    say(screen, _answer(screen, sources))
    titles = (_("Sources"), _("Add"), _("By hand"), _("Queries"))
    listed, added, written, queries = st.tabs(titles, key=PART, on_change="rerun", bind="query-params")
    with listed:
        _listed(screen, sources)
    with added:
        sources_add.draw(screen)
    with written:
        sources_hand.draw(screen)
    with queries:
        sources_queries.draw(screen)
    how(screen, "Source health", "Silent source", "Query")


def _answer(screen: Screen, sources: pl.DataFrame) -> str:
    _ = screen._
    if sources.is_empty():
        return _("Nothing is listened to yet.")
    n = sources.height
    counted = _.plural("{n} source", "{n} sources", n).format(n=talk_cards.number(screen, n))
    names = source_words.state_names(_)
    counts = {state: sources.filter(pl.col("state") == state).height for state in names}
    told = ", ".join(f"{count} {names[state]}" for state, count in counts.items() if count)
    newest = sources["last_success_at"].max()
    if not isinstance(newest, dt.datetime):
        return _("{sources}: {states}.").format(sources=counted, states=told)
    return _("{sources}: {states}. The last answer came {time}.").format(
        sources=counted, states=told, time=time_text(screen, newest)
    )


def _listed(screen: Screen, sources: pl.DataFrame) -> None:
    _ = screen._
    if sources.is_empty():
        empty(
            screen,
            _("No source yet"),
            [
                _("Open **Add**: type the address of a site, choose a ready-made source, or drop your reader's file."),
                _("Then run `earned listen`, which asks every source in turn."),
                _("For networks without a feed, write posts down under **By hand**, or import an export."),
            ],
        )
        return
    _troubles(screen, sources)
    chosen = tables.show(
        screen,
        data_feeds.shown(screen, sources),
        titles=data_feeds.column_names(_),
        alternative=_("Sources with their health, those in trouble first."),
        key="sources-list",
        select=True,
        **data_feeds.layout(sources),
    )
    if chosen is None:
        st.caption(_("Select a source to pause it, to try it, to ask it more or less often, or to take it out."))
    else:
        _one(screen, sources.filter(pl.col("source") == chosen["source"]).row(0, named=True))
        with st.expander(_("All that is known of it")):
            tables.whole(screen, chosen, titles=data_feeds.column_names(_))
    with st.container(horizontal=True):
        export(screen, sources, "sources")
        st.download_button(
            _("Download OPML"),
            data=documents_sources.export_opml(screen.workspace),
            file_name="sources.opml",
            mime="text/x-opml",
            icon=":material/download:",
            key="export-opml",
            on_click="ignore",
        )


def _troubles(screen: Screen, sources: pl.DataFrame, *, at_most: int = 4) -> None:
    """What is wrong and what to do, the worst first; the table below has all of them."""
    _ = screen._
    wrong = [row for row in sources.to_dicts() if row["state"] in TROUBLES]
    if not wrong:
        return
    with st.container(border=True, key="source-troubles"):
        names = source_words.state_names(_)
        for row in wrong[:at_most]:
            st.text(f"{row['source']} · {names[row['state']]}: {source_words.advice(row, _, zone=screen.zone)}")
        if len(wrong) > at_most:
            counts = {state: sum(row["state"] == state for row in wrong[at_most:]) for state in TROUBLES}
            told = ", ".join(f"{n} {names[state]}" for state, n in counts.items() if n)
            st.text(_("and in the table below: {states}").format(states=told))
    never = sources.filter(pl.col("state") == "never").height
    if never:
        st.caption(
            _.plural(
                "{n} source was never polled. Run: earned listen --once",
                "{n} sources were never polled. Run: earned listen --once",
                never,
            ).format(n=never)
        )


def _one(screen: Screen, row: dict[str, object]) -> None:
    """What can be done about one source."""
    _ = screen._
    name = str(row["source"])
    with st.container(border=True, key="one-source"):
        st.text(f"{name} · {row['url']}")
        told = source_words.advice(row, _, zone=screen.zone)
        if told:
            st.text(told)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            every = duration_text(dt.timedelta(minutes=int(str(row["interval_minutes"]))))
            names = {every: every} | sources_add.interval_names(_)
            choices = tuple(names)
            st.selectbox(
                _("Ask it every"),
                choices,
                index=choices.index(every),
                format_func=names.__getitem__,
                key=f"interval-{name}-{every}",
                on_change=_set_interval,
                args=(name, every),
                width=150,
            )
            paused = bool(row["paused"])
            st.button(
                _("Resume") if paused else _("Pause"),
                icon=":material/play_arrow:" if paused else ":material/pause:",
                key=f"pause-{name}",
                on_click=_pause,
                args=(name, not paused),
            )
            tried = st.button(_("Try it now"), icon=":material/science:", key=f"try-{name}")
            with st.popover(_("Take out …"), icon=":material/delete:", key=f"out-{name}"):
                st.text(_("It is not asked any more. What it brought stays."))
                st.button(_("Take out"), type="primary", key=f"remove-{name}", on_click=_remove, args=(name,))
        if tried:
            sources_add.try_one(screen, str(row["url"]), allow_private=_inside(screen, name))


def _inside(screen: Screen, name: str) -> bool:
    return any(source.allow_private for source in screen.workspace.settings.source if source.name == name)


def _set_interval(name: str, before: str) -> None:
    _changed(name, interval=st.session_state[f"interval-{name}-{before}"])


def _pause(name: str, paused: bool) -> None:
    _changed(name, paused=True if paused else None)


def _changed(name: str, **values: object) -> None:
    _ = translator()
    try:
        documents_sources.change(data.workspace(), name, **values)
    except SettingsError as problem:
        st.toast(sources_add.plain_label(in_language(str(problem), _)))
    else:
        st.toast(_("Saved in earned.toml."))


def _remove(name: str) -> None:
    _ = translator()
    try:
        documents_sources.remove(data.workspace(), name)
    except SettingsError as problem:
        st.toast(sources_add.plain_label(in_language(str(problem), _)))
    else:
        st.toast(_("The source is taken out."))
