"""Adding sources: by address, ready-made, or from another reader's file. Everything found is tried first."""

from __future__ import annotations

import asyncio
from typing import Any

import polars as pl
import streamlit as st

from config.settings import SettingsError
from listener import recipes
from listener.discover import Candidate, Discovery
from listener.opml import OpmlError
from listener.sources import Decided, Wanted
from ui import data, documents_sources, recipe_words, tables
from ui.frame import Screen, time_text
from ui.i18n import Translator
from ui.said import in_language

FOUND, ADDED, ROUND = "feeds-found", "feeds-added", "feeds-round"
SHOWN = 8


def draw(screen: Screen) -> None:
    """Three ways in, one below the other."""
    _ = screen._
    _added(screen)
    st.subheader(_("By address"), anchor=False)
    _by_address(screen)
    st.subheader(_("Ready-made"), anchor=False)
    _ready_made(screen)
    st.subheader(_("From another reader"), anchor=False)
    _from_file(screen)


def plain_label(text: str) -> str:
    """A text of strangers where Markdown is read: whatever could be markup is escaped."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>()#+-.!|~:$^" else letter for letter in text)


def _added(screen: Screen) -> None:
    """What became of the last addition, until the next."""
    decided: Decided | None = st.session_state.get(ADDED)
    if decided is None:
        return
    _ = screen._
    with st.container(border=True, key="just-added"):
        if decided.outcome == "added":
            st.text(_("Added “{name}”. It is asked at the next round of earned listen.").format(name=decided.name))
        elif decided.outcome == "already_there":
            st.text(_("This feed is there already, as “{name}”.").format(name=decided.name))
        else:
            st.text(_("Not added: {reason}").format(reason=in_language(decided.reason or "", _)))


# --- by address -----------------------------------------------------------------------------------------------------


def _by_address(screen: Screen) -> None:
    _ = screen._
    with st.form("look", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        address = st.text_input(
            _("Address of a site or a feed"),
            placeholder="acme.example/blog",
            key="look-address",
            help=_("A page's feeds are looked for: what it declares, its links, and where feeds commonly lie."),
        )
        private = st.checkbox(_("In my own network"), key="look-private")
        pressed = st.form_submit_button(_("Look for feeds"), icon=":material/search:", type="primary")
    if pressed and address.strip():
        with st.spinner(_("Looking …")):
            found = _look(address, allow_private=private)
        st.session_state[FOUND] = (found, private)
        st.session_state.pop(ADDED, None)
        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    kept = st.session_state.get(FOUND)
    if kept:
        _found(screen, *kept)


def _look(address: str, *, allow_private: bool) -> Discovery:
    return asyncio.run(documents_sources.look(address, allow_private=allow_private, now=data.now()))


def _found(screen: Screen, found: Discovery, private: bool) -> None:
    _ = screen._
    if not found.feeds:
        with st.container(border=True, key="none-found"):
            st.text(_("{address}: {problem}").format(address=found.asked, problem=in_language(found.problem or "", _)))
            st.caption(_("Try the page of its news or blog, or look there for the word RSS or a feed's icon."))
        return
    for place, one in enumerate(found.feeds[:SHOWN]):
        _candidate(screen, one, place, private and found.is_same_host(one))


def _candidate(screen: Screen, one: Candidate, place: int, private: bool) -> None:
    _ = screen._
    number = st.session_state.get(ROUND, 0)
    with st.container(border=True, key=f"candidate-{number}-{place}", gap="xsmall"):
        st.text(one.title or one.url)
        st.text(_told(screen, one))
        with (
            st.form(f"pick-{number}-{place}", border=False),
            st.container(horizontal=True, vertical_alignment="bottom"),
        ):
            name = st.text_input(
                _("Name"), value=one.title or "", max_chars=120, key=f"name-{number}-{place}", width=320
            )
            interval = _interval(screen, key=f"every-{number}-{place}")
            if st.form_submit_button(_("Listen to it"), icon=":material/add:"):
                _add(Wanted(one.url, name.strip() or one.title, None, interval, private))


def _told(screen: Screen, one: Candidate) -> str:
    """What a feed gave when it was tried, on a line."""
    _ = screen._
    entries = _.plural("{n} entry", "{n} entries", one.entries).format(n=one.entries)
    newest = _("newest {time}").format(time=time_text(screen, one.newest_at)) if one.newest_at else None
    example = _("such as “{example}”").format(example=one.example) if one.example else None
    return " · ".join(part for part in (one.url, entries, newest, example) if part)


def _interval(screen: Screen, *, key: str, default: str = "1h") -> str:
    names = interval_names(screen._)
    chosen: str = st.selectbox(
        screen._("Ask it every"),
        list(names),
        index=list(names).index(default),
        format_func=names.__getitem__,
        key=key,
        width=150,
    )
    return chosen


def interval_names(_: Translator) -> dict[str, str]:
    """How often a source may be asked, as the settings write it and as people say it."""
    minutes = {f"{n}m": _.plural("{n} minute", "{n} minutes", n).format(n=n) for n in (15, 30)}
    hours = {f"{n}h": _.plural("{n} hour", "{n} hours", n).format(n=n) for n in (1, 2, 6, 12)}
    return minutes | hours | {"1d": _.plural("{n} day", "{n} days", 1).format(n=1)}


def _add(wanted: Wanted) -> None:
    try:
        (decided,) = documents_sources.add(data.workspace(), [wanted])
    except SettingsError as problem:
        decided = Decided("refused", wanted.name, wanted.url, str(problem))
    st.session_state[ADDED] = decided
    if decided.outcome == "added":
        st.session_state.pop(FOUND, None)
    st.rerun()


def try_one(screen: Screen, url: str, *, allow_private: bool) -> None:
    """Ask a source now and show what it gives; nothing is stored."""
    _ = screen._
    with st.spinner(_("Asking …")):
        found = _look(url, allow_private=allow_private)
    if found.problem:
        st.text(in_language(found.problem, _))
    for one in found.feeds[:1]:
        st.text(_told(screen, one))


# --- ready-made -----------------------------------------------------------------------------------------------------


def _ready_made(screen: Screen) -> None:
    _ = screen._
    titles = {one.id: one.title for one in recipes.RECIPES}
    chosen = recipes.recipe(
        st.selectbox(_("Network or tool"), list(titles), format_func=titles.__getitem__, key="recipe", width=320)
    )
    if chosen is None:
        return
    st.text(recipe_words.hears(_)[chosen.id])
    hint = recipe_words.hints(_).get(chosen.id)
    if hint:
        st.text(hint)
    with st.form(f"recipe-{chosen.id}", border=False):
        with st.grid(min_column_width=240):
            values = {
                need.name: st.text_input(
                    recipe_words.need_name(chosen.id, need.name, _),
                    value=need.default or "",
                    placeholder=need.example,
                    key=f"need-{chosen.id}-{need.name}",
                )
                for need in chosen.needs
            }
            every = _interval(screen, key=f"recipe-every-{chosen.id}", default=chosen.interval)
        private = chosen.id in ("rsshub", "rss-bridge") and st.checkbox(
            _("In my own network"), key=f"recipe-private-{chosen.id}"
        )
        pressed = st.form_submit_button(_("Add"), icon=":material/add:", type="primary")
    if pressed:
        try:
            wanted = documents_sources.wanted_of_recipe(chosen, values, interval=every, allow_private=private)
        except recipes.RecipeError as problem:
            label = recipe_words.need_name(chosen.id, problem.need, _)
            st.error(
                plain_label(_("{what} does not fit; write it as {example}").format(what=label, example=problem.example))
            )
        else:
            _add(wanted)
    with st.expander(_("Networks that give no feed")):
        for network, instead in recipe_words.without_feed(_).items():
            st.text(f"{network}: {instead}")


# --- from a file ----------------------------------------------------------------------------------------------------


def _from_file(screen: Screen) -> None:
    _ = screen._
    number = st.session_state.setdefault("opml-round", 0)
    file = st.file_uploader(
        _("An OPML file, as feed readers export it"), type=["opml", "xml"], key=f"opml-{number}", max_upload_size=4
    )
    if file is not None and st.button(_("Add its feeds"), icon=":material/upload:", type="primary", key="opml-add"):
        try:
            report = documents_sources.import_opml(data.workspace(), file.getvalue(), file=file.name)
        except (OpmlError, SettingsError) as problem:
            report = {
                "file": file.name,
                "rows": [],
                "problem": str(problem),
                "added": 0,
                "already_there": 0,
                "refused": 0,
            }
        st.session_state["opml-report"] = report
        st.session_state["opml-round"] = number + 1
        st.rerun()
    last: dict[str, Any] | None = st.session_state.get("opml-report")
    if last:
        _report(screen, last)


def _report(screen: Screen, report: dict[str, Any]) -> None:
    _ = screen._
    st.text(
        _("{file}: {added} added, {known} already there, {refused} refused").format(
            file=report["file"], added=report["added"], known=report["already_there"], refused=report["refused"]
        )
    )
    if report["problem"]:
        st.text(in_language(report["problem"], _))
    if report["rows"]:
        names = outcome_names(_)
        rows = pl.DataFrame(
            [row | {"outcome": names[row["outcome"]]} for row in report["rows"]],
            schema={"line": pl.Int64, "outcome": pl.String, "name": pl.String, "url": pl.String, "reason": pl.String},
        )
        titles = {
            "line": _("Line"),
            "outcome": _("Outcome"),
            "name": _("Source"),
            "url": _("Address"),
            "reason": _("Why"),
        }
        if not documents_sources.tells_lines(report["rows"]):
            rows = rows.drop("line")
        tables.show(screen, rows, titles=titles, alternative=_("What became of each line."), key="opml-rows")


def outcome_names(_: Translator) -> dict[str, str]:
    return {"added": _("added"), "already_there": _("already there"), "refused": _("refused")}
