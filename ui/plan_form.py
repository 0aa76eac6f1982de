"""What the pages of plans share: saving what was typed, undoing, handing files out and taking them in."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from config import plan_files, plans
from config.reading import ImportBusyError
from config.registers import RegisterConflictError
from config.workspace import Workspace
from ui import data, frame, imports, pipeline, templates
from ui.frame import Screen
from ui.said import in_language

_NAMES = {"date_from": "from", "date_to": "to"}


def cells_of(row: Mapping[str, Any]) -> dict[str, str | None]:
    """An entry as read from its register, as text by the column names that files use."""
    return {_NAMES.get(name, name): _text(value) for name, value in row.items()}


def _text(value: Any) -> str | None:
    if value is None or value != value:  # NaN is what an empty number cell of an editor holds
        return None
    if isinstance(value, list):
        return "; ".join(value)
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def save(workspace: Workspace, name: str, cells: Mapping[str, Any], *, now: dt.datetime) -> str | None:
    """Keep one entry, under its id where `cells` has one. None when kept, else what is wrong with it."""
    row = plan_files.plan_row(name, cells, currency=workspace.settings.workspace.currency)
    if not isinstance(row, dict):
        return row[1]
    taken = [] if row["id"] else plans.stored_plan(workspace.engine, name)
    plans.change_plan(workspace.engine, name, now=now, save=[plan_files.with_id(name, row, taken=taken)])
    return None


def save_table(
    workspace: Workspace,
    name: str,
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    *,
    now: dt.datetime,
) -> tuple[int, list[str]]:
    """Keep an edited table as one change: how many entries changed, and what is wrong (then nothing is kept).

    before and after: rows as read from the register; a row without id is new, an id no longer there is removed.
    """
    currency = workspace.settings.workspace.currency
    kept, problems = [], []
    taken = set(plans.stored_plan(workspace.engine, name))
    for place, row in enumerate(after, start=1):
        cells = cells_of(row)
        if not any(text for column, text in cells.items() if column not in ("id", "archived")):
            continue
        entry = plan_files.plan_row(name, cells, currency=currency)
        if not isinstance(entry, dict):
            problems.append(f"{place}: {entry[1]}")
            continue
        whole = plan_files.with_id(name, entry, taken=taken)
        taken.add(whole["id"])
        kept.append(whole)
    if problems:
        return 0, problems
    gone = {str(row["id"]) for row in before} - {row["id"] for row in kept}
    return plans.change_plan(workspace.engine, name, now=now, save=kept, remove=gone), []


def undo_button(screen: Screen, name: str) -> None:
    """Takes back the register's last change; not shown where there is none."""
    _ = screen._
    last = plans.last_change(screen.workspace.engine, name)
    if last is None:
        return
    label = _.plural("Undo the last change ({n} entry)", "Undo the last change ({n} entries)", last.entries)
    if st.button(label.format(n=last.entries), icon=":material/undo:", key=f"undo-{name}"):
        try:
            done = imports.undo_plan(screen.workspace, name, now=data.now())
        except RegisterConflictError:
            st.error(_("Somebody else changed it since; nothing was undone."))
            return
        except ImportBusyError as busy:
            st.error(in_language(f"{busy.problem}. {busy.cure}.", _))
            return
        told(screen, _.plural("{n} entry put back.", "{n} entries put back.", done).format(n=done))


def told(screen: Screen, sentence: str) -> None:
    """Say it after the page was drawn anew with what was changed."""
    st.session_state["plan-toast"] = sentence
    st.rerun()


def say_what_was_done() -> None:
    sentence = st.session_state.pop("plan-toast", None)
    if sentence:
        st.toast(sentence)


def files(screen: Screen, name: str, layout: str, entries: pl.DataFrame) -> None:
    """Template, export that can be imported again, and import, side by side."""
    _ = screen._
    with st.expander(_("Import and export as CSV"), icon=":material/table_view:"):
        st.caption(templates.purpose(layout, _))
        with st.container(horizontal=True):
            st.download_button(
                _("Template"),
                data=templates.file(layout),
                file_name=f"{name}-template.csv",
                mime="text/csv",
                icon=":material/description:",
                key=f"template-{name}",
                on_click="ignore",
            )
            st.download_button(
                _("Download CSV ({n} rows)").format(n=entries.height),
                data=frame.guarded_csv(as_file(name, entries)),
                file_name=f"{name}.csv",
                mime="text/csv",
                icon=":material/download:",
                key=f"register-{name}",
                on_click="ignore",
                disabled=entries.is_empty(),
            )
        _take(screen, layout)


def as_file(name: str, entries: pl.DataFrame) -> pl.DataFrame:
    """The register's entries with the columns of its file, as texts."""
    rows = [cells_of(row) for row in entries.iter_rows(named=True)]
    columns = plan_files.CELLS[name]
    return pl.DataFrame(
        [{column: row.get(column) for column in columns} for row in rows], schema=dict.fromkeys(columns, pl.String)
    )


def _take(screen: Screen, layout: str) -> None:
    _ = screen._
    number = st.session_state.setdefault(f"take-{layout}", 0)  # a new key empties the box once the file is in
    given = st.file_uploader(_("CSV file"), type=["csv"], key=f"file-{layout}-{number}")
    if given is None or not st.button(_("Import"), type="primary", key=f"import-{layout}"):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(given.name).name
        path.write_bytes(given.getvalue())
        report = pipeline.take_file(screen.workspace, path, now=data.now(), wanted=layout)
    if report.error:
        st.error(_("Not imported:"))
        st.text(in_language(report.error, screen._))
        return
    st.session_state[f"take-{layout}"] = number + 1
    words = _("{new} new, {changed} changed, {same} known already, {aside} kept aside (page Data lists them).")
    told(
        screen,
        words.format(new=report.accepted, changed=report.updated, same=report.duplicates, aside=report.quarantined),
    )


def entry_form(
    screen: Screen, name: str, *, key: str, draw: Callable[[], dict[str, Any]], label: str, kept: str
) -> None:
    """A form around the widgets that `draw` makes; what it gives back, by file column, is kept when it is sent."""
    with st.form(key, border=False):
        cells = draw()
        pressed = st.form_submit_button(label, type="primary")
    if not pressed:
        return
    given = {column: _text(value) for column, value in cells.items()}
    problem = save(screen.workspace, name, given, now=data.now())
    if problem:
        st.error(screen._("Not saved:"))
        st.text(in_language(problem, screen._))
    else:
        told(screen, kept)


def archive(screen: Screen, name: str, entry_id: str, *, archived: bool) -> None:
    """Put an entry away, or back."""
    row = plans.stored_plan(screen.workspace.engine, name)[entry_id]
    plans.change_plan(screen.workspace.engine, name, now=data.now(), save=[row | {"archived": archived}])


def remove(screen: Screen, name: str, entry_id: str) -> None:
    plans.change_plan(screen.workspace.engine, name, now=data.now(), remove=[entry_id])
