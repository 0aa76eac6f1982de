"""Rows kept aside on the page Data: by file and reason, to be downloaded, and tried again after a fix."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from config.intake import ImportBusyError, ImportReport
from ui import data, import_words, imports, tables
from ui.frame import Screen, empty, export
from ui.said import in_language
from ui.views import data_words

AGAIN, TOLD = "again-round", "again-told"
SCHEMA: dict[str, Any] = {
    "import_id": pl.Int64,
    "file_name": pl.String,
    "line": pl.Int64,
    "reason": pl.String,
    "message": pl.String,
    "columns": pl.String,
}


def listed() -> pl.DataFrame:
    """The rows kept aside with columns SCHEMA, newest import first, then by line."""
    rows = pl.DataFrame(data.quarantine(), schema=SCHEMA)
    return rows.sort("import_id", "line", descending=[True, False])


def draw(screen: Screen, quarantine: pl.DataFrame) -> None:
    _ = screen._
    told: ImportReport | None = st.session_state.pop(TOLD, None)
    if told is not None:
        _tell(screen, told)
    if quarantine.is_empty():
        empty(
            screen,
            _("Nothing in quarantine"),
            [_("Rows that cannot be used are kept here with line and reason, so that nothing vanishes unseen.")],
        )
        return
    rows = _filtered(screen, quarantine)
    if rows.is_empty():
        st.info(_("No row has this file and this reason."))
        return
    _table(screen, rows)
    export(screen, _exported(rows), "quarantine")
    _again(screen, rows)


def _filtered(screen: Screen, quarantine: pl.DataFrame) -> pl.DataFrame:
    _ = screen._
    counts = quarantine.group_by("reason").len().sort("len", "reason", descending=[True, False])
    words = import_words.reason_names(_)
    reasons = {reason: f"{words.get(reason, reason.replace('_', ' '))} ({n})" for reason, n in counts.iter_rows()}
    files = quarantine.group_by("import_id", "file_name").len().sort("import_id", descending=True)
    names = {number: f"{name} ({n})" for number, name, n in files.iter_rows()}
    with st.grid(min_column_width=300):
        reason = st.multiselect(
            _("Reason"), list(reasons), format_func=reasons.__getitem__, key="reasons", placeholder=_("All")
        )
        chosen = st.multiselect(
            _("File"), list(names), format_func=names.__getitem__, key="quarantine-files", placeholder=_("All")
        )
    if reason:
        quarantine = quarantine.filter(pl.col("reason").is_in(reason))
    return quarantine.filter(pl.col("import_id").is_in(chosen)) if chosen else quarantine


def _table(screen: Screen, rows: pl.DataFrame) -> None:
    _ = screen._
    text = pl.col("columns").map_elements(data_words.cells, return_dtype=pl.String)
    chosen = tables.show(
        screen,
        rows.select("file_name", "line", _messages(screen, rows), text),
        titles=data_words.column_names(_),
        alternative=_("Rows left out, with file, line and reason."),
        key="quarantine",
        select=True,
        widths={"file_name": 170, "line": 64, "message": 430, "columns": 340},
        phone=("line", "message"),
    )
    if chosen is None:
        st.caption(_("Select a row to read it whole."))
    else:
        with st.container(border=True):
            st.text(
                _("{file}, line {line}: {message}").format(
                    file=chosen["file_name"], line=chosen["line"], message=chosen["message"]
                )
            )
            st.text(chosen["columns"])


def _messages(screen: Screen, rows: pl.DataFrame) -> pl.Expr:
    """What is wrong with each row, in the reader's language; each sentence is looked up once."""
    known = {text: in_language(text, screen._) for text in rows["message"].drop_nulls().unique()}
    return pl.col("message").replace(known)


def _exported(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with a column for each kept cell, as a spreadsheet can be filtered by."""
    kept = [data_words.kept_cells(stored) for stored in rows["columns"]]
    names = list(dict.fromkeys(name for row in kept for name in row))
    cells = [pl.Series(f"cell {name}", [row.get(name) for row in kept], dtype=pl.String) for name in names]
    return rows.drop("import_id", "columns").with_columns(cells)


def _again(screen: Screen, rows: pl.DataFrame) -> None:
    """Import a file again after a fix, in the file or in the settings: its old rows leave quarantine."""
    _ = screen._
    files = rows.select("import_id", "file_name").unique(maintain_order=True)
    names = dict(files.iter_rows())
    number = st.session_state.setdefault(AGAIN, 0)
    with st.expander(_("Try again after a fix"), icon=":material/replay:"):
        st.caption(
            _(
                "Correct the lines in the file, or what was wrong in the settings, and drop the whole file here. "
                "Rows that came in already count once; what still cannot be used is kept aside anew."
            )
        )
        chosen = st.selectbox(_("Which file?"), list(names), format_func=names.__getitem__, key="again-file", width=420)
        dropped = st.file_uploader(_("The file, corrected or as it was"), key=f"again-{number}")
        pressed = st.button(
            _("Try again"), type="primary", icon=":material/replay:", disabled=dropped is None, key="again-now"
        )
    if pressed and dropped is not None and chosen is not None:
        st.session_state[TOLD] = _retry(screen, dropped, of=int(chosen))
        st.session_state[AGAIN] = number + 1
        st.rerun()


def _retry(screen: Screen, dropped: Any, *, of: int) -> ImportReport:
    with tempfile.TemporaryDirectory(prefix="earned-") as folder, st.spinner(screen._("Importing …")):
        path = Path(folder) / (Path(dropped.name).name or "upload.csv")
        path.write_bytes(dropped.getbuffer())
        try:
            return imports.retry(screen.workspace, path, of=of, now=data.now())
        except ImportBusyError as error:
            return ImportReport(None, path.name, None, error=f"{error.problem}. {error.cure}")


def _tell(screen: Screen, told: ImportReport) -> None:
    _ = screen._
    if told.error:
        st.warning(_("The file was not imported."))
        st.text(f"{told.file}: {in_language(told.error, _)}")
        return
    came = told.accepted + told.updated
    said = _.plural("{n} more row came in", "{n} more rows came in", came).format(n=came)
    still = _.plural("{n} row is still kept aside", "{n} rows are still kept aside", told.quarantined)
    st.success(f"{said}; {still.format(n=told.quarantined)}.")
