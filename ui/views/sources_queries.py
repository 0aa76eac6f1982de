"""Queries tried out: what one finds in what was heard so far, what it adds and drops, and how it is read."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from config.settings import SettingsError
from listener.queries import QueryError
from ui import documents_query, tables, talk_cards
from ui.frame import Screen, empty
from ui.i18n import Translator
from ui.said import in_language

TRIED, USED = "query-tried", "query-used"
SHOWN = 20


def draw(screen: Screen) -> None:
    _ = screen._
    brands = screen.workspace.settings.brand
    if not brands:
        empty(screen, _("No brand yet"), [_("Name your brand and its query in earned.toml.")])
        return
    told = st.session_state.pop(USED, None)
    if told:
        with st.container(border=True, key="query-used"):
            st.text(told)
    name: str = st.selectbox(_("Brand"), [brand.name for brand in brands], key="query-brand", width=280)
    present = next(brand.match for brand in brands if brand.name == name)
    with st.form(f"query-{name}", border=False):
        text = st.text_area(_("Query"), value=present, height=90, key=f"query-text-{name}-{hash(present)}")
        pressed = st.form_submit_button(_("Try it on what was heard"), icon=":material/science:", type="primary")
    _help(_)
    if pressed:
        _try(screen, name, text)
    tried: dict[str, Any] | None = st.session_state.get(TRIED)
    if tried and tried["change"]["brand"] == name:
        _shown(screen, tried, present)


def _help(_: Translator) -> None:
    with st.expander(_("How a query is written"), icon=":material/help:"):
        for written, meaning in examples(_).items():
            with st.container(horizontal=True, gap="small"):
                st.code(written, language=None, width="content")
                st.text(meaning)


def examples(_: Translator) -> dict[str, str]:
    """What can be written, and what it finds."""
    return {
        '"acme kettle" OR #acme': _("either of them; words beside each other mean both"),
        '+"acme kettle"': _("without the endings that Polish, Hungarian, Hebrew and Arabic sentences give a name"),
        "acme NOT roadrunner": _("without the other; -roadrunner means the same"),
        "acme (kettle OR pot)": _("brackets keep together"),
        "kett*": _("any ending"),
        "kett?e": _("any one letter"),
        "acme NEAR/5 broke*": _("at most five words between the two"),
        '"acme broken"~5': _("the words of the phrase, at most five words apart"),
        "=Apple": _("with these very capitals"),
        "title:acme": _("in the title; text: in the text"),
        "author:@anna": _("by this handle or name"),
        "link:acme.example/shop": _("that leads or lies there, or below"),
        "lang:pl": _("in this language"),
        "source:reddit*": _("of these sources"),
    }


def _try(screen: Screen, brand: str, text: str) -> None:
    _ = screen._
    st.session_state.pop(TRIED, None)
    try:
        st.session_state[TRIED] = documents_query.query_test(screen.workspace, text, brand=brand, limit=SHOWN)
    except QueryError as problem:
        with st.container(border=True, key="query-problem"):
            st.text(_("It cannot be read: {problem}").format(problem=in_language(str(problem), _)))
            if problem.position < len(text):
                st.text(f"{text[: problem.position]}▸{text[problem.position :]}")
    except SettingsError as problem:
        st.text(in_language(str(problem), _))


def _shown(screen: Screen, tried: dict[str, Any], present: str) -> None:
    _ = screen._
    change = tried["change"]
    with st.container(border=True, key="query-result"):
        st.text(
            _("Of {read} stored mentions it finds {matched}; the query of today finds {present}.").format(
                read=talk_cards.number(screen, tried["read"]),
                matched=talk_cards.number(screen, tried["matched"]),
                present=talk_cards.number(screen, change["matched"]),
            )
        )
        st.text(
            _("It adds {added} and drops {dropped}.").format(
                added=talk_cards.number(screen, change["added"]), dropped=talk_cards.number(screen, change["dropped"])
            )
        )
        st.caption(
            _("Only what some query once found is stored: a wider query finds more from now on than shown here.")
        )
        other = tried["query"].strip() != present.strip()
        if other and st.button(_("Use this query"), type="primary", icon=":material/check:", key="use-query"):
            use(screen, change["brand"], tried["query"])
            st.session_state.pop(TRIED, None)
            st.rerun()
    parts = (
        (_("Would be dropped"), change["dropped_rows"], "dropped"),
        (_("Would be added"), change["added_rows"], "added"),
        (_("Found"), tried["rows"], "found"),
    )
    for title, rows, key in parts:
        if rows:
            st.subheader(title, anchor=False)
            _rows(screen, rows, key)
    with st.expander(_("How it is read")):
        kinds = kind_names(_)
        for line in tried["reads_as"]:
            told = line["term"] if line["kind"] == "term" else kinds[line["kind"]].format(n=line["term"])
            st.text("\u2003" * line["depth"] + told)


def _rows(screen: Screen, rows: list[dict[str, Any]], key: str) -> None:
    _ = screen._
    frame = pl.DataFrame(
        [
            {
                "published_at": row["published_at"],
                "snippet": row["snippet"],
                "terms": row["terms"],
                "from": row["source"],
                "address": row["url"],
            }
            for row in rows
        ],
        schema={
            "published_at": pl.String,
            "snippet": pl.String,
            "terms": pl.List(pl.String),
            "from": pl.String,
            "address": pl.String,
        },
    ).with_columns(pl.col("published_at").str.to_datetime("%+", time_unit="us", time_zone="UTC"))
    titles = {
        "published_at": _("When"),
        "snippet": _("Where"),
        "terms": _("Found"),
        "from": _("Source"),
        "address": _("Address"),
    }
    alternative = _("Mentions with the place where the query found something.")
    tables.show(screen, frame, titles=titles, alternative=alternative, key=f"query-{key}", widths={"snippet": 620})


def kind_names(_: Translator) -> dict[str, str]:
    return {
        "all": _("all of"),
        "any": _("any of"),
        "none": _("not"),
        "near": _("at most {n} words apart"),
    }


def use(screen: Screen, brand: str, query: str) -> None:
    """Write a brand's query, count the stored past again while a bar shows how far, and remember what to say of it."""
    _ = screen._
    bar = st.progress(0.0, text=_("Counting the stored mentions again …"))

    def counted(done: int, of: int) -> None:
        said = _("{done} of {of} stored mentions counted again")
        bar.progress(done / max(of, 1), text=said.format(done=_number(done), of=_number(of)))

    def scored(done: int, of: int) -> None:
        said = _("{done} of {of} of them scored again")
        bar.progress(done / of if of else 1.0, text=said.format(done=_number(done), of=_number(of)))

    def _number(n: int) -> str:
        return talk_cards.number(screen, n)

    try:
        told = documents_query.use_query(screen.workspace, brand, query, progress=counted, scoring=scored)
    except (QueryError, SettingsError) as problem:
        st.session_state[USED] = in_language(str(problem), _)
        return
    gained = sum(row["gained"] for row in told["rows"])
    lost = sum(row["lost"] for row in told["rows"])
    st.session_state[USED] = _("Saved in earned.toml. {brand} gained {gained} stored mentions and lost {lost}.").format(
        brand=brand, gained=gained, lost=lost
    )
