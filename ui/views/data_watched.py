"""The watched folder on the page Data: where it is, what waits in it, what failed and why."""

from __future__ import annotations

import streamlit as st

from config.settings import SettingsError
from ui import data, inbox
from ui.frame import Screen
from ui.i18n import translator
from ui.inbox import Taken
from ui.said import in_language

TOLD = "inbox-told"
SHOWN = 8


def draw(screen: Screen) -> None:
    _ = screen._
    st.subheader(_("Watched folder"), anchor=False)
    folder = inbox.folder_of(screen.workspace)
    if folder is None:
        st.caption(_("Files dropped into a folder can come in by themselves. Write this into earned.toml:"))
        st.code('[import]\nwatch = "inbox"', language="toml")
        return
    for line in st.session_state.pop(TOLD, []):
        st.text(line)
    with st.container(border=True):
        st.text(_("{folder} is watched by earned listen.").format(folder=folder))
        names = inbox.waiting(screen.workspace)
        if names:
            said = _.plural("{n} file waits:", "{n} files wait:", len(names)).format(n=len(names))
            st.text(f"{said} {', '.join(names[:SHOWN])}{' …' if len(names) > SHOWN else ''}")
            st.button(_("Import what waits now"), icon=":material/move_to_inbox:", key="inbox-now", on_click=_take_now)
        else:
            st.caption(_("No file waits."))
        failed = inbox.failures(screen.workspace)
        for name, note in failed[:SHOWN]:
            with st.expander(_("A file that failed"), icon=":material/error:", key=f"failed-{name}"):
                st.text(name)
                st.text(in_language(note, _))
        if len(failed) > SHOWN:
            more = len(failed) - SHOWN
            st.caption(_.plural("{n} more failed file", "{n} more failed files", more).format(n=more))


def _take_now() -> None:
    _ = translator()
    try:
        taken = inbox.take_waiting(data.workspace(), now=data.now)
    except SettingsError as problem:
        st.session_state[TOLD] = [in_language(str(problem), _)]
        return
    st.session_state[TOLD] = [_line(one) for one in taken] or [_("No file waits.")]


def _line(one: Taken) -> str:
    _ = translator()
    said = {
        "imported": _("imported"),
        "failed": _("failed"),
        "waiting": _("still being written"),
        "busy": _("another import runs"),
        "not_a_file": _("a link or no plain file"),
    }[one.outcome]
    return f"{one.file}: {said}" + (f" ({in_language(one.detail, _)})" if one.detail else "")
