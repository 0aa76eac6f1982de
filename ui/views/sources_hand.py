"""Posts written down by hand: a form, and the latest ones to be corrected or taken out."""

from __future__ import annotations

import datetime as dt
from typing import Any

import streamlit as st

from listener.by_hand import NotByHandError
from listener.text import one_line
from ui import by_hand, data, talk_cards
from ui.frame import Screen
from ui.i18n import Translator, translator
from ui.said import in_language
from ui.views.sources_add import plain_label

ROUND, EDIT, ASKED, TOLD = "hand-round", "hand-edit", "hand-asked", "hand-told"
SHOWN = 20


def draw(screen: Screen) -> None:
    _ = screen._
    st.caption(
        _(
            "For networks that give no feed. A post is matched, scored and recognised like any other; a table of them "
            "(link, text, author, followers, date) is imported on the page Data."
        )
    )
    told = st.session_state.pop(TOLD, None)
    if told:
        with st.container(border=True, key="hand-told"):
            st.text(told)
    _form(screen)
    _latest(screen)


def _form(screen: Screen) -> None:
    _ = screen._
    edited = st.session_state.get(EDIT)
    before = _before(screen, edited)
    number = f"{st.session_state.get(ROUND, 0)}-{edited or 'new'}"
    with st.form(f"hand-{number}", border=True):
        text = st.text_area(_("What it says"), value=before["text"] or "", height=110, key=f"hand-text-{number}")
        with st.grid(min_column_width=220):
            values = {
                name: st.text_input(label, value=before[name] or "", placeholder=example, key=f"hand-{name}-{number}")
                for name, (label, example) in _inputs(_).items()
            }
        with st.container(horizontal=True):
            pressed = st.form_submit_button(
                _("Save changes") if edited else _("Write it down"), type="primary", icon=":material/edit_note:"
            )
            left = bool(edited) and st.form_submit_button(_("Leave as it was"))
    if pressed:
        _save(screen, values | {"text": text}, edited)
    if left:
        st.session_state.pop(EDIT, None)
        st.rerun()


def _before(screen: Screen, edited: str | None) -> dict[str, str | None]:
    if edited:
        try:
            return by_hand.post_of(screen.workspace, edited)
        except NotByHandError:
            st.session_state.pop(EDIT, None)
    return dict.fromkeys(by_hand.FIELDS)


def _inputs(_: Translator) -> dict[str, tuple[str, str]]:
    """The fields beside the text: label and example."""
    today = f"{dt.date(2026, 11, 20)}"
    return {
        "link": (_("Link"), "https://www.tiktok.com/@anna/video/1"),
        "author": (_("Author"), "@anna"),
        "followers": (_("Followers (empty: unknown)"), "12000"),
        "date": (_("Date, with the time if known"), f"{today} 18:30"),
        "network": (_("Network (empty: by the link)"), "tiktok"),
        "likes": (_("Likes"), ""),
        "comments": (_("Comments"), ""),
        "shares": (_("Shares"), ""),
        "views": (_("Views"), ""),
    }


def _save(screen: Screen, values: dict[str, str], edited: str | None) -> None:
    _ = screen._
    try:
        if edited:
            saved = by_hand.change(screen.workspace, edited, values, now=data.now())
        else:
            saved = by_hand.save(screen.workspace, values, now=data.now())
    except NotByHandError as problem:
        st.session_state.pop(EDIT, None)
        st.session_state[TOLD] = in_language(str(problem), _)
        st.rerun()
    if saved.problem:
        with st.container(border=True, key="hand-refused"):
            st.text(_("Not taken: {problem}").format(problem=in_language(saved.problem, _)))
        return
    said = {
        "new": _("Written down; it counts for {brands}."),
        "updated": _("Changed; it counts for {brands}."),
        "same": _("It was there already, for {brands}."),
    }
    st.session_state[TOLD] = said[saved.outcome].format(brands=", ".join(saved.brands))
    st.session_state.pop(EDIT, None)
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    st.rerun()


def _latest(screen: Screen) -> None:
    _ = screen._
    rows = by_hand.listed(screen.workspace)["rows"]
    if not rows:
        return
    st.subheader(_("Written down so far"), anchor=False)
    for row in rows[:SHOWN]:
        key = row["mention_id"]
        with st.container(border=True, gap="xsmall", key=f"hand-card-{key}"):
            parts = (
                row["author_name"],
                row["network"],
                by_hand.day_of(screen.workspace, row["published_at"]),
                ", ".join(row["brands"]),
            )
            st.text(" · ".join(part for part in parts if part))
            with st.container(key=f"said-hand-{key}"):
                st.text(talk_cards.laid_out(row["text"][:300]), width="stretch")
            with st.container(horizontal=True):
                _buttons(screen, row)


def _buttons(screen: Screen, row: dict[str, Any]) -> None:
    """Correct and take out, which asks first; the help says which of many posts a button is for."""
    _ = screen._
    key = row["mention_id"]
    which = plain_label(one_line(row["text"])[:60])
    if st.session_state.get(ASKED) == key:
        st.button(
            _("Take out"),
            icon=":material/delete:",
            type="primary",
            help=which,
            key=f"drop-{key}",
            on_click=_drop,
            args=(key,),
        )
        st.button(_("Keep it"), help=which, key=f"keep-{key}", on_click=_ask, args=(None,))
        return
    st.button(
        _("Correct"),
        icon=":material/edit:",
        type="tertiary",
        help=which,
        key=f"edit-{key}",
        on_click=_edit,
        args=(key,),
    )
    st.button(
        _("Take out …"),
        icon=":material/delete:",
        type="tertiary",
        help=which,
        key=f"ask-{key}",
        on_click=_ask,
        args=(key,),
    )


def _ask(mention_id: str | None) -> None:
    st.session_state[ASKED] = mention_id


def _edit(mention_id: str) -> None:
    st.session_state[EDIT] = mention_id


def _drop(mention_id: str) -> None:
    _ = translator()
    st.session_state.pop(ASKED, None)
    try:
        by_hand.remove(data.workspace(), mention_id, now=data.now())
    except NotByHandError as problem:
        st.session_state[TOLD] = in_language(str(problem), _)
    else:
        st.session_state[TOLD] = _("The post is taken out.")
