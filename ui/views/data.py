"""Data: is everything right and fresh? Imports, feeds, quarantine, registers."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from config.intake import ImportBusyError, ImportReport, Layout, undo_import
from ui import data, pipeline, tables, talk_cards, templates
from ui.frame import Screen, empty, export, how, open_page, say, time_text
from ui.i18n import Translator, translator
from ui.views import data_feeds, data_registers

RESULTS = "import-results"
ROUND = "import-round"
RECOGNISE = "recognise"
COUNTS = ("read", "accepted", "updated", "duplicates", "quarantined", "skipped")


def page() -> None:
    screen = open_page(translator()("Data"), brand_filter=False, period_filter=False)
    _ = screen._
    imports = pl.DataFrame([_import_row(row) for row in data.imports()], schema=_IMPORT_SCHEMA)
    quarantine = pl.DataFrame(data.quarantine(), schema=_QUARANTINE_SCHEMA)
    sources = data_feeds.listed(screen)
    say(screen, _answer(screen, imports, sources, quarantine))
    titles = (_("Import"), _("Feeds"), _("Quarantine"), _("Registers"))
    imported, feeds, kept, registers = st.tabs(titles, key="part", on_change="rerun", bind="query-params")
    with imported:
        _import(screen, imports)
    with feeds:
        data_feeds.draw(screen, sources)
    with kept:
        _quarantine(screen, quarantine)
    with registers:
        data_registers.people(screen)
        data_registers.codes(screen)
    how(screen, "Quarantine", "Promo code", "Unconverted", "Simulated")


def _answer(screen: Screen, imports: pl.DataFrame, sources: pl.DataFrame, quarantine: pl.DataFrame) -> str:
    _ = screen._
    failing = sources.filter(pl.col("error").is_not_null()).height
    standing = imports.filter(pl.col("state") == "done").height
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


# --- import ---------------------------------------------------------------------------------------------------------


def _import(screen: Screen, imports: pl.DataFrame) -> None:
    _ = screen._
    _upload(screen)
    _results(screen)
    st.subheader(_("Imports so far"), anchor=False)
    if imports.is_empty():
        empty(
            screen,
            _("Nothing imported yet"),
            [
                _("Export orders from your shop, and visits and costs from your tools, as CSV."),
                _("Drop the files above; each is recognised by its columns."),
                _("Missing an export? Fill one of the templates below."),
            ],
        )
    else:
        _ledger(screen, imports)
    _layouts(screen)


def _upload(screen: Screen) -> None:
    _ = screen._
    layouts = {layout.id: layout.title for layout in pipeline.LAYOUTS}
    number = st.session_state.setdefault(ROUND, 0)  # a new key empties the uploader after an import
    files = st.file_uploader(
        _("Files to import: orders, visits, costs, posts, leads, promo codes, people"),
        accept_multiple_files=True,
        key=f"files-{number}",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.selectbox(
            _("Layout"),
            (RECOGNISE, *layouts),
            format_func=lambda name: _("Recognise by the columns") if name == RECOGNISE else layouts[name],
            key="layout",
            width=380,
        )
        account = st.text_input(
            _("Account"), value="default", key="account", width=160, help=_("Keeps two shops of one workspace apart.")
        )
        pressed = st.button(_("Import"), type="primary", icon=":material/upload:", disabled=not files, key="import-now")
    if pressed and files:
        _take(screen, files, wanted=None if wanted == RECOGNISE else wanted, account=account.strip() or "default")
        st.session_state[ROUND] = number + 1
        st.rerun()


def _take(screen: Screen, files: list[Any], *, wanted: str | None, account: str) -> None:
    """Import the uploads one by one; what came of each is kept for the table below."""
    _ = screen._
    bar = st.progress(0.0, text=_("Importing …"))
    results: list[ImportReport] = []
    with tempfile.TemporaryDirectory() as folder:
        for place, file in enumerate(files):
            said = _("Importing file {n} of {all} …").format(n=place + 1, all=len(files))
            bar.progress(place / len(files), text=said)
            path = Path(folder) / (Path(file.name).name or "upload.csv")
            path.write_bytes(file.getbuffer())
            results.append(_take_one(screen, path, wanted=wanted, account=account))
    bar.empty()
    st.session_state[RESULTS] = results


def _take_one(screen: Screen, path: Path, *, wanted: str | None, account: str) -> ImportReport:
    try:
        return pipeline.take_file(screen.workspace, path, now=data.now(), wanted=wanted, account=account)
    except ImportBusyError as error:
        return ImportReport(None, path.name, wanted, error=f"{error.problem}. {error.cure}")


def _results(screen: Screen) -> None:
    _ = screen._
    results: list[ImportReport] = st.session_state.get(RESULTS, [])
    if not results:
        return
    st.subheader(_("Result"), anchor=False)
    failed = [result for result in results if result.error]
    rows = sum(result.accepted + result.updated for result in results)
    done = _.plural(
        "{files} of {all} files imported; {rows} row is new or changed.",
        "{files} of {all} files imported; {rows} rows are new or changed.",
        rows,
    ).format(files=len(results) - len(failed), all=len(results), rows=talk_cards.number(screen, rows))
    (st.warning if failed else st.success)(done)
    table = pl.DataFrame(
        [
            {"file": r.file, "layout": r.layout, **{name: getattr(r, name) for name in COUNTS}, "error": r.error}
            for r in results
        ],
        schema={"file": pl.String, "layout": pl.String, **dict.fromkeys(COUNTS, pl.Int64), "error": pl.String},
    )
    tables.show(screen, table, titles=column_names(_), alternative=_("What came of each file."), key="results")
    for result in results:
        for warning in result.warnings:
            st.text(f"{result.file}: {warning}")
        for reason, n in result.reasons.items():
            left = _.plural(
                "{file}: {n} row left out, reason {reason}", "{file}: {n} rows left out, reason {reason}", n
            )
            st.text(left.format(file=result.file, n=n, reason=reason))


def _ledger(screen: Screen, imports: pl.DataFrame) -> None:
    _ = screen._
    states = state_names(_)
    shown = imports.with_columns(pl.col("state").replace_strict(states, default=pl.col("state")))
    chosen = tables.show(
        screen, shown, titles=column_names(_), alternative=_("Imports, newest first."), key="imports", select=True
    )
    if chosen is None:
        st.caption(_("Select an import to take it back."))
        return
    facts = {layout.id for layout in pipeline.LAYOUTS if layout.sink == "facts"}
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(_("{file}, imported {time}").format(file=chosen["file"], time=time_text(screen, chosen["finished"])))
        if chosen["state"] != states["done"]:
            st.caption(_("This import does not stand, so there is nothing to take back."))
        elif chosen["layout"] not in facts:
            st.caption(_("Registers are changed at once; edit or import them again instead of taking them back."))
        else:
            st.button(
                _("Undo this import"),
                icon=":material/undo:",
                key=f"undo-{chosen['import_id']}",
                on_click=_undo,
                args=(chosen["import_id"],),
            )
            st.caption(_("Its rows leave every figure. Importing the file again brings them back."))


def _undo(import_id: int) -> None:
    _ = translator()
    if undo_import(data.workspace().engine, import_id, now=data.now()):
        st.toast(_("The import is undone."))
    else:
        st.toast(_("This import did not stand any more; nothing was changed."))


def state_names(_: Translator) -> dict[str, str]:
    return {
        "done": _("stands"),
        "undone": _("undone"),
        "failed": _("failed"),
        "abandoned": _("interrupted"),
        "pending": _("running"),
    }


_IMPORT_SCHEMA: dict[str, Any] = {
    "import_id": pl.Int64,
    "file": pl.String,
    "layout": pl.String,
    "account": pl.String,
    "state": pl.String,
    "finished": pl.Datetime("us", "UTC"),
    **dict.fromkeys(COUNTS, pl.Int64),
    "error": pl.String,
}
_QUARANTINE_SCHEMA: dict[str, Any] = {
    "file_name": pl.String,
    "line": pl.Int64,
    "reason": pl.String,
    "message": pl.String,
    "columns": pl.String,
}


def _import_row(row: Mapping[str, Any]) -> dict[str, Any]:
    counts = row["counts"]
    return {
        "import_id": row["id"],
        "file": row["file_name"],
        "layout": row["layout"],
        "account": row["account"],
        "state": row["state"],
        "finished": row["finished_at"] or row["started_at"],
        **{name: counts.get(name) for name in COUNTS},
        "error": row["error"],
    }


def _layouts(screen: Screen) -> None:
    """Our own layouts as cards with a template; the exports of other tools as a table."""
    _ = screen._
    st.subheader(_("What can be imported"), anchor=False)
    st.caption(_("Columns may stand in any order; further columns are ignored. Names of needed columns are given."))
    explained = [layout for layout in pipeline.LAYOUTS if templates.purpose(layout.id, _)]
    with st.grid(min_column_width=330):
        for layout in explained:
            with st.container(border=True, height="stretch"):
                _layout(_, layout)
    others = [(layout.title, templates.needs(layout)) for layout in pipeline.LAYOUTS if layout not in explained]
    if others:
        table = pl.DataFrame(others, schema=[_("Export"), _("Needed columns")], orient="row")
        st.dataframe(table, hide_index=True, alt=_("Exports of other tools that are recognised."), key="other-layouts")


def _layout(_: Translator, layout: Layout) -> None:
    st.markdown(f"**{templates.title(layout, _)}**")
    st.caption(templates.purpose(layout.id, _) or "")
    st.text(_("Needs: {columns}").format(columns=templates.needs(layout)))
    header = templates.HEADERS.get(layout.id)
    if header:
        st.download_button(
            _("Template"),
            data=header + "\n",
            file_name=f"{layout.id}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"template-{layout.id}",
            on_click="ignore",
        )


# --- quarantine -----------------------------------------------------------------------------------------------------


def _quarantine(screen: Screen, quarantine: pl.DataFrame) -> None:
    _ = screen._
    if quarantine.is_empty():
        empty(
            screen,
            _("Nothing in quarantine"),
            [_("Rows that cannot be used are kept here with line and reason, so that nothing vanishes unseen.")],
        )
        return
    counts = quarantine.group_by("reason").len().sort("len", "reason", descending=[True, False])
    names = {reason: f"{reason} ({n})" for reason, n in counts.iter_rows()}
    wanted = st.multiselect(_("Reason"), list(names), format_func=names.__getitem__, key="reasons", width=420)
    rows = quarantine.filter(pl.col("reason").is_in(wanted)) if wanted else quarantine
    tables.show(
        screen,
        rows,
        titles=column_names(_),
        alternative=_("Rows left out, with file, line and reason."),
        key="quarantine",
    )
    st.caption(_("Mend the rows in the file and import it again: what is in already is not counted twice."))
    export(screen, rows, "quarantine")


def column_names(_: Translator) -> dict[str, str]:
    return {
        "file": _("File"),
        "file_name": _("File"),
        "layout": _("Layout"),
        "account": _("Account"),
        "state": _("State"),
        "finished": _("When"),
        "read": _("Rows read"),
        "accepted": _("New"),
        "updated": _("Changed"),
        "duplicates": _("Known already"),
        "quarantined": _("Quarantined"),
        "skipped": _("Skipped"),
        "error": _("Problem"),
        "line": _("Line"),
        "reason": _("Reason"),
        "message": _("What is wrong"),
        "columns": _("Cells used"),
    }
