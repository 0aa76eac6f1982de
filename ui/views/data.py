"""Data: is everything right and fresh? Imports, feeds, quarantine, registers."""

from __future__ import annotations

import json
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
# What the importer opens; whatever else it would refuse is not taken at the door.
ENDINGS = ["csv", "tsv", "txt", "xlsx", "xls", "zip", "gz", "json", "jsonl", "ndjson", "js", "log"]
PART = "part"
SHOWN_LINES = 5
COUNTS = ("read", "accepted", "updated", "duplicates", "quarantined", "skipped")


def page() -> None:
    screen = open_page(translator()("Data"), brand_filter=False, period_filter=False)
    _ = screen._
    imports = pl.DataFrame([_import_row(row) for row in data.imports()], schema=_IMPORT_SCHEMA)
    quarantine = pl.DataFrame(data.quarantine(), schema=_QUARANTINE_SCHEMA)
    sources = data_feeds.listed(screen)
    say(screen, _answer(screen, imports, sources, quarantine))
    titles = (_("Import"), _("Feeds"), _("Quarantine"), _("Registers"))
    imported, feeds, kept, registers = st.tabs(titles, key=PART, on_change="rerun", bind="query-params")
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
    layouts = {layout.id: templates.title(layout, _) for layout in pipeline.LAYOUTS}
    number = st.session_state.setdefault(ROUND, 0)  # a new key empties the uploader after an import
    files = st.file_uploader(
        _("Files to import: orders, visits, costs, posts, leads, promo codes, people"),
        type=ENDINGS,
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
        [{"file": r.file, "layout": _layout_name(_, r.layout), **{n: getattr(r, n) for n in COUNTS}} for r in results],
        schema={"file": pl.String, "layout": pl.String, **dict.fromkeys(COUNTS, pl.Int64)},
    )
    tables.show(screen, table, titles=column_names(_), alternative=_("What came of each file."), key="results")
    for result in results:
        if result.error:
            st.text(f"{result.file}: {result.error}")
        for warning in result.warnings:
            st.text(f"{result.file}: {warning}")
        _left_out(screen, result)
    if any(result.quarantined for result in results):
        st.button(_("See all rows left out"), icon=":material/rule:", key="to-quarantine", on_click=_to_quarantine)


def _layout_name(_: Translator, layout_id: str | None) -> str | None:
    """What people call the layout; its id where it is none of ours any more."""
    return {layout.id: templates.title(layout, _) for layout in pipeline.LAYOUTS}.get(layout_id or "", layout_id)


def _left_out(screen: Screen, result: ImportReport) -> None:
    """The first rows in quarantine with line and what is wrong, how many more there are, and what was passed over."""
    _ = screen._
    kept = [row for row in data.quarantine() if row["import_id"] == result.id] if result.quarantined else []
    for row in sorted(kept, key=lambda row: int(row["line"]))[:SHOWN_LINES]:
        st.text(_("{file}, line {line}: {message}").format(file=result.file, line=row["line"], message=row["message"]))
    more = result.quarantined - min(len(kept), SHOWN_LINES)
    if more:
        st.text(_.plural("{file}: {n} more row", "{file}: {n} more rows", more).format(file=result.file, n=more))
    if result.skipped:
        passed = _.plural("{file}: {n} row passed over ({why})", "{file}: {n} rows passed over ({why})", result.skipped)
        known = skip_names(_)
        why = ", ".join(known[reason] for reason in result.reasons if reason in known)
        st.text(passed.format(file=result.file, n=result.skipped, why=why or _("nothing to import in it")))


def skip_names(_: Translator) -> dict[str, str]:
    """Why rows are passed over without being wrong, in words."""
    return {
        "repeated_header": _("repeated header"),
        "total_row": _("total"),
        "no_line_item": _("order without a line"),
        "no_brand": _("names none of your brands"),
        "no_known_metric": _("no known figure"),
    }


def _to_quarantine() -> None:
    st.session_state[PART] = translator()("Quarantine")


def _ledger(screen: Screen, imports: pl.DataFrame) -> None:
    _ = screen._
    states = state_names(_)
    shown = imports.with_columns(
        pl.col("state").replace_strict(states, default=pl.col("state")),
        pl.col("layout").map_elements(lambda name: _layout_name(_, name), return_dtype=pl.String),
    )
    chosen = tables.show(
        screen, shown, titles=column_names(_), alternative=_("Imports, newest first."), key="imports", select=True
    )
    if chosen is None:
        st.caption(_("Select an import to take it back, or to read its problem whole."))
        return
    facts = {layout.id for layout in pipeline.LAYOUTS if layout.sink == "facts"}
    chosen = imports.filter(pl.col("import_id") == chosen["import_id"]).row(0, named=True)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(_("{file}, imported {time}").format(file=chosen["file"], time=time_text(screen, chosen["finished"])))
        if chosen["error"]:
            st.text(chosen["error"])
        if chosen["state"] != "done":
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
        "done": _("done"),
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
    names = {reason: f"{reason.replace('_', ' ')} ({n})" for reason, n in counts.iter_rows()}
    wanted = st.multiselect(_("Reason"), list(names), format_func=names.__getitem__, key="reasons", width=420)
    rows = quarantine.filter(pl.col("reason").is_in(wanted)) if wanted else quarantine
    shown = rows.select("file_name", "line", "message", pl.col("columns").map_elements(cells, return_dtype=pl.String))
    chosen = tables.show(
        screen,
        shown,
        titles=column_names(_),
        alternative=_("Rows left out, with file, line and reason."),
        key="quarantine",
        select=True,
        widths={"file_name": 200, "line": 70, "message": 560, "columns": 420},
    )
    if chosen is None:
        st.caption(_("Select a row to read it whole."))
    else:
        with st.container(border=True):
            st.text(_("{file}, line {line}: {message}").format(file=chosen["file_name"], **chosen))
            st.text(chosen["columns"])
    st.caption(_("Mend the rows in the file and import it again: what is in already is not counted twice."))
    export(screen, rows, "quarantine")


def cells(stored: str) -> str:
    """The kept cells of a row as text, "code: BOB5 · kind: x", out of the JSON they are kept as."""
    found = json.loads(stored)
    return " · ".join(f"{name}: {value}" for name, value in found.items() if value is not None)


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
