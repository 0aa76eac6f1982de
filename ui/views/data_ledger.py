"""The imports so far on the page Data: what came in, what is taken back, and what can be brought back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from config.intake import IntakeError
from ui import data, imports, tables
from ui.frame import Screen, empty, time_text
from ui.i18n import translator
from ui.said import in_language
from ui.talk_cards import number
from ui.views import data_words

ASKED = "undo-asked"
TOLD = "undo-told"
REFUSED = "redo-refused"
SCHEMA: dict[str, Any] = {
    "import_id": pl.Int64,
    "file": pl.String,
    "layout": pl.String,
    "account": pl.String,
    "state": pl.String,
    "finished": pl.Datetime("us", "UTC"),
    **dict.fromkeys(data_words.COUNTS, pl.Int64),
    "error": pl.String,
}


def listed() -> pl.DataFrame:
    """The ledger with columns SCHEMA, newest first."""
    return pl.DataFrame([_row(row) for row in data.imports()], schema=SCHEMA)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "import_id": row["id"],
        "file": row["file_name"],
        "layout": row["layout"],
        "account": row["account"],
        "state": row["state"],
        "finished": row["finished_at"] or row["started_at"],
        **{name: row["counts"].get(name) for name in data_words.COUNTS},
        "error": row["error"],
    }


def draw(screen: Screen, ledger: pl.DataFrame) -> None:
    """The imports, newest first; a selected one can be taken back or brought back."""
    _ = screen._
    st.subheader(_("Imports so far"), anchor=False)
    told = st.session_state.pop(TOLD, None)
    if told:
        st.success(told)
    refused = st.session_state.pop(REFUSED, None)
    if refused:
        st.text(refused)
    if ledger.is_empty():
        empty(
            screen,
            _("Nothing imported yet"),
            [
                _("Export orders from your shop, and visits and costs from your tools, as CSV."),
                _("Drop the files above; each is recognised by its columns."),
                _("Missing an export? Fill one of the templates below."),
            ],
        )
        return
    shown = ledger.with_columns(
        pl.col("state").replace_strict(data_words.state_names(_), default=pl.col("state")),
        pl.col("layout").map_elements(lambda name: data_words.layout_name(_, name), return_dtype=pl.String),
    )
    titles = data_words.column_names(_)
    said = _("Imports, newest first.")
    chosen = tables.show(
        screen,
        shown,
        titles=titles,
        alternative=said,
        key="imports",
        select=True,
        widths={"file": 220, "layout": 170},
        wide=("import_id", "file", "layout", "state", "finished", *data_words.COUNTS),
        phone=("file", "state", "accepted"),
    )
    if chosen is None:
        st.caption(_("Select an import to take it back or bring it back, or to read its problem whole."))
        return
    _one(screen, ledger.filter(pl.col("import_id") == chosen["import_id"]).row(0, named=True))


def _one(screen: Screen, chosen: Mapping[str, Any]) -> None:
    _ = screen._
    with st.container(border=True):
        st.text(_("{file}, imported {time}").format(file=chosen["file"], time=time_text(screen, chosen["finished"])))
        st.text(_counted(screen, chosen))
        if chosen["error"]:
            st.text(in_language(chosen["error"], _))
        if chosen["state"] == "done":
            _take_back(screen, chosen)
        elif imports.can_redo(chosen["layout"], chosen["state"]):
            st.caption(_("This import is undone: its rows are in no figure. They are still kept."))
            st.button(
                _("Bring this import back"),
                icon=":material/redo:",
                key=f"redo-{chosen['import_id']}",
                on_click=_redo,
                args=(chosen["import_id"],),
            )
        elif chosen["state"] == "undone":
            st.caption(_("This import is undone. Import its file again to bring it back."))
        else:
            st.caption(_("This import does not stand, so there is nothing to take back."))


def _counted(screen: Screen, chosen: Mapping[str, Any]) -> str:
    """What became of its rows, on a line: "Read 20, New 18, Left out 2"."""
    names = data_words.column_names(screen._)
    told = ((name, chosen[name]) for name in data_words.COUNTS)
    return ", ".join(f"{names[name]} {number(screen, n)}" for name, n in told if n) or screen._("It brought no row.")


def _take_back(screen: Screen, chosen: Mapping[str, Any]) -> None:
    """A button that asks first, as mentions and what was decided about them are removed."""
    _ = screen._
    import_id = chosen["import_id"]
    if st.session_state.get(ASKED) != import_id:
        st.button(
            _("Undo this import"), icon=":material/undo:", key=f"undo-{import_id}", on_click=_ask, args=(import_id,)
        )
        return
    for line in _consequences(screen, imports.sinks_of(chosen["layout"])):
        st.text(line)
    with st.container(horizontal=True):
        st.button(
            _("Yes, take it back"),
            type="primary",
            icon=":material/undo:",
            key=f"undo-yes-{import_id}",
            on_click=_undo,
            args=(import_id,),
        )
        st.button(_("Keep it"), key=f"undo-no-{import_id}", on_click=_ask, args=(None,))


def _consequences(screen: Screen, sinks: frozenset[str]) -> list[str]:
    _ = screen._
    lines = []
    if "facts" in sinks:
        lines.append(_("Its rows leave every figure, but for those that another file holds too."))
    if "mentions" in sinks:
        lines.append(
            _(
                "Mentions that only this file brought are removed, with notes and corrections made on them. "
                "Those that a feed or another file brought too stay."
            )
        )
    if "registers" in sinks:
        lines.append(_("Entries are put back as they were before. Those that somebody changed since are left."))
    if sinks == {"facts"}:
        lines.append(_("You can bring it back with a click."))
    else:
        lines.append(_("Importing the file again brings it back."))
    return lines


def _ask(import_id: int | None) -> None:
    st.session_state[ASKED] = import_id


def _undo(import_id: int) -> None:
    _ = translator()
    st.session_state.pop(ASKED, None)
    try:
        done = imports.undo(data.workspace(), import_id, now=data.now())
    except IntakeError as problem:
        st.session_state[REFUSED] = in_language(f"{problem.problem}. {problem.cure}.", _)
        return
    if not done.stood:
        st.session_state[TOLD] = _("This import did not stand any more; nothing was changed.")
        return
    said = [_("The import is undone.")]
    if done.mentions:
        said.append(
            _.plural("{n} mention is removed.", "{n} mentions are removed.", done.mentions).format(n=done.mentions)
        )
    if done.left:
        left = _.plural("{n} entry is left as it is.", "{n} entries are left as they are.", done.left)
        said.append(left.format(n=done.left))
    st.session_state[TOLD] = " ".join(said)


def _redo(import_id: int) -> None:
    _ = translator()
    try:
        stands = imports.redo(data.workspace(), import_id, now=data.now())
    except IntakeError as problem:
        st.session_state[REFUSED] = in_language(f"{problem.problem}. {problem.cure}.", translator())
        return
    if stands:
        st.session_state[TOLD] = _("The import stands again.")
    else:
        st.session_state[TOLD] = _("This import did not stand any more; nothing was changed.")
