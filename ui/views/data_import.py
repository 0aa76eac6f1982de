"""Files on the page Data: dropped, looked at, mapped where needed, imported; and what came of each."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from config.intake import ImportReport
from config.partial_tables import partial_table
from config.preview import FilePreview, TablePreview
from ui import data, import_words, imports, pipeline, tables, talk_cards, templates
from ui.frame import Screen
from ui.i18n import Translator, translator
from ui.import_job import Item, Job, Upload
from ui.said import in_language
from ui.views import data_mapping, data_words

RESULTS, ROUND, JOB, FOLDER, LOOKS = ("import-results", "import-round", "import-job", "import-folder", "import-looks")
KEPT = "import-kept"  # uploads that were not imported with the others: they keep their cards
REFUSED, PLACE = "import-refused", "import-place"  # a job whose files others stand in the way of; which one is next
RECOGNISE, GUESS = "recognise", "guess"
# What the importer opens; whatever else it would refuse is not taken at the door.
ENDINGS = ["csv", "tsv", "txt", "xlsx", "xls", "zip", "gz", "json", "jsonl", "ndjson", "js", "log"]
SHOWN_LINES = 5
SHOWN_TABLES = 8
KEPT_LOOKS = 24


@dataclass(frozen=True)
class Choice:
    """What a person said about a file, beside its columns."""

    wanted: str | None = None
    encoding: str | None = None
    account: str = "default"
    exported_at: dt.datetime | None = None
    order: str | None = None
    decimal: str | None = None
    currency: str | None = None  # of amounts that name none
    brand: str | None = None  # that rows are about which match no query


def draw(screen: Screen) -> None:
    """The uploader with a card a file, the running import, and the last results."""
    _ = screen._
    job: Job | None = st.session_state.get(JOB)
    if job is not None:
        _follow(screen, job)
    number = st.session_state.setdefault(ROUND, 0)  # a new key empties the uploader after an import
    dropped = st.file_uploader(
        _("Files to import: orders, visits, costs, posts, leads, mentions, promo codes, people"),
        type=ENDINGS,
        accept_multiple_files=True,
        key=f"files-{number}",
    )
    uploads = [*st.session_state.get(KEPT, []), *(_keep(file) for file in dropped)]
    if not dropped:  # what is left are the cards of files that were not imported with the others
        _results(screen)
    if uploads:
        _offer(screen, uploads, number=number)
    if dropped:
        _results(screen)


def _keep(file: Any) -> Upload:
    """The upload as a file in a folder of this session, written once."""
    place = Path(_folder().name) / str(file.file_id)
    path = place / (Path(file.name).name or "upload.csv")
    if not path.exists():
        place.mkdir(parents=True, exist_ok=True)
        aside = place / ".writing"
        aside.write_bytes(file.getbuffer())
        aside.rename(path)
    return Upload(str(file.file_id), path, file.size)


def _folder() -> tempfile.TemporaryDirectory[str]:
    if FOLDER not in st.session_state:
        st.session_state[FOLDER] = tempfile.TemporaryDirectory(prefix="earned-")
    folder: tempfile.TemporaryDirectory[str] = st.session_state[FOLDER]
    return folder


def _offer(screen: Screen, uploads: list[Upload], *, number: int) -> None:
    _ = screen._
    looked: list[tuple[Upload, Choice, FilePreview]] = []
    for upload in uploads:
        with st.container(border=True, key=f"file-{upload.id}"):
            looked.append(_card(screen, upload))
    ready = [(upload, choice) for upload, choice, seen in looked if seen.recognised]
    unread = sum(bool(seen.error) for _upload, _choice, seen in looked)
    left = len(looked) - len(ready) - unread
    label = _.plural("Import {n} file", "Import {n} files", len(ready)).format(n=len(ready)) if ready else _("Import")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(label, type="primary", icon=":material/upload:", disabled=not ready, key="import-now"):
            _begin(screen, ready, rest=[upload for upload, _choice, seen in looked if not seen.recognised])
            st.session_state[ROUND] = number + 1
            st.rerun()
        if left:
            said = _.plural(
                "{n} file is left out: say above which column is which.",
                "{n} files are left out: say above which column is which.",
                left,
            )
            st.caption(said.format(n=left))
        if unread:
            st.caption(_("Cannot be read") + f": {talk_cards.number(screen, unread)}")


# --- one file -------------------------------------------------------------------------------------------------------


def _card(screen: Screen, upload: Upload) -> tuple[Upload, Choice, FilePreview]:
    _ = screen._
    head = st.container(horizontal=True, vertical_alignment="center")
    facts = st.container()
    choice = _choice(screen, upload)
    seen = look(screen, upload, choice)
    if choice.currency is None and any(table.bare for table in seen.recognised):
        choice = replace(choice, currency=_settled(screen, upload, choice, seen))
        seen = look(screen, upload, choice)
    with head:
        st.text(upload.path.name)
        _verdict(_, seen)
        if upload in st.session_state.get(KEPT, []):  # the uploader, whose cross takes files away, knows it no more
            st.button(
                _("Take away"), icon=":material/close:", key=f"away-{upload.id}", on_click=_take_away, args=(upload,)
            )
    with facts:
        _facts(screen, seen)
        if any(table.bare for table in seen.recognised):
            choice = replace(choice, currency=_currency(screen, upload, choice))
        if choice.brand or any("no_brand" in table.skipped for table in seen.recognised):
            _brand(screen, upload)
    if seen.error:
        st.text(in_language(seen.error, _))
    elif seen.tables:
        _table(screen, upload, choice, seen)
    return upload, choice, seen


def _settled(screen: Screen, upload: Upload, choice: Choice, seen: FilePreview) -> str | None:
    """The currency that was said of the same bytes before, or of the last file of this layout and account."""
    own = screen.workspace.settings.workspace.currency
    layouts = [table.layout for table in seen.recognised if table.layout]
    said = imports.said_currency(screen.workspace, upload.path, layouts=layouts, account=choice.account)
    return said or own


def _currency(screen: Screen, upload: Upload, choice: Choice) -> str:
    """Asks for the currency of amounts that name none; what was said before stands there, else the business's own."""
    _ = screen._
    own = screen.workspace.settings.workspace.currency
    known = [own, *(code for code in data_words.currencies() if code != own)]
    return st.selectbox(
        _("Currency"),
        known,
        index=known.index(choice.currency) if choice.currency in known else 0,
        key=f"currency-{upload.id}",
        help=_("Currency of amounts that name none"),
        width=320,
    )


def _brand(screen: Screen, upload: Upload) -> None:
    """Asks what rows are about that match no brand's query; the answer is read with the next look at the file."""
    _ = screen._
    st.selectbox(
        _("Brand of rows that match no query"),
        [None, *(brand.name for brand in screen.workspace.settings.brand)],
        format_func=lambda name: name or _("none"),
        key=f"brand-{upload.id}",
        width=320,
    )


def _take_away(upload: Upload) -> None:
    st.session_state[KEPT] = [one for one in st.session_state.get(KEPT, []) if one.id != upload.id]


def look(screen: Screen, upload: Upload, choice: Choice) -> FilePreview:
    """The preview of an upload, worked out once for each choice and state of the data."""
    looks: dict[tuple[str, Choice, str], FilePreview] = st.session_state.setdefault(LOOKS, {})
    key = (upload.id, choice, data.version())
    if key not in looks:
        while len(looks) >= KEPT_LOOKS:
            looks.pop(next(iter(looks)))
        with st.spinner(screen._("Looking at {file} …").format(file=data_words.safe(upload.path.name))):
            looks[key] = imports.look(
                screen.workspace,
                upload.path,
                encoding=choice.encoding,
                wanted=choice.wanted,
                account=choice.account,
                order=choice.order,
                decimal=choice.decimal,
                currency=choice.currency,
                brand=choice.brand,
            )
    return looks[key]


def _verdict(_: Translator, seen: FilePreview) -> None:
    names = list(dict.fromkeys(templates.title(table.layout, _) for table in seen.recognised if table.layout))
    if seen.error:
        st.badge(_("Cannot be read"), icon=":material/block:", color="orange")
    elif not names:
        st.badge(_("Not recognised"), icon=":material/help:", color="orange")
    else:
        by_hand = any(table.mapping for table in seen.recognised)
        icon = ":material/table_edit:" if by_hand else ":material/check:"
        st.badge(" + ".join(names[:3]), icon=icon, color="blue")


def _facts(screen: Screen, seen: FilePreview) -> None:
    """What kind of file it is, and what of it is counted as what."""
    _ = screen._
    if seen.error:
        return
    parts = [data_words.kinds(_).get(seen.kind or "", seen.kind or "")]
    if seen.encoding:
        parts.append(data_words.encoding_name(seen.encoding))
    if seen.delimiter:
        parts.append(data_words.delimiters(_).get(seen.delimiter, seen.delimiter))
    known = seen.recognised or seen.tables
    read = sum(table.rows_read for table in known)
    rows = _.plural("{n} row", "{n} rows", read).format(n=talk_cards.number(screen, read))
    parts.append(rows if seen.whole else _("its beginning: {rows}").format(rows=rows))
    records = data_words.records(screen, [table.records for table in seen.recognised])
    if records:
        parts.append(records)
    st.caption(" · ".join(parts))
    for line in data_words.left_out(screen, seen):
        st.caption(line)


def _choice(screen: Screen, upload: Upload) -> Choice:
    _ = screen._
    layouts = {layout.id: templates.title(layout, _) for layout in pipeline.LAYOUTS}
    encodings = {GUESS: _("As the file tells")} | data_words.encodings(_)
    with (
        st.expander(
            _("Layout, letters, days, decimals, account, time of export"),
            icon=":material/tune:",
            key=f"more-{upload.id}",
        ),
        st.grid(min_column_width=240),
    ):
        wanted = st.selectbox(
            _("Layout"),
            (RECOGNISE, *layouts),
            format_func=lambda name: _("Recognise by the columns") if name == RECOGNISE else layouts[name],
            key=f"layout-{upload.id}",
        )
        encoding = st.selectbox(
            _("Letters are written as"),
            list(encodings),
            format_func=encodings.__getitem__,
            key=f"encoding-{upload.id}",
            help=_("Change it where names look wrong below. Files in UTF-8 are read as such whatever is chosen."),
        )
        days, decimals = data_words.days(_), data_words.decimals(_)
        order = st.selectbox(
            _("Days"),
            list(days),
            format_func=days.__getitem__,
            key=f"days-{upload.id}",
            help=_("For days such as 05/06/2026, where no other row tells."),
        )
        decimal = st.selectbox(
            _("Decimals"),
            list(decimals),
            format_func=decimals.__getitem__,
            key=f"decimals-{upload.id}",
            help=_("For amounts such as 1,234, where no other row tells."),
        )
        account = st.text_input(
            _("Account"),
            value="default",
            key=f"account-{upload.id}",
            help=_("Keeps two shops of one workspace apart."),
        )
        day = st.date_input(
            _("Exported on (if you know)"),
            value=None,
            format="YYYY-MM-DD",
            key=f"exported-{upload.id}",
            help=_("Of two exports that tell the same order differently the later one counts."),
        )
    exported = dt.datetime.combine(day, dt.time.max, tzinfo=screen.zone) if isinstance(day, dt.date) else None
    return Choice(
        wanted=None if wanted == RECOGNISE else wanted,
        encoding=None if encoding == GUESS else encoding,
        account=(account or "").strip() or "default",
        exported_at=exported.astimezone(dt.UTC) if exported else None,
        order=order or None,
        decimal=decimal or None,
        currency=st.session_state.get(f"currency-{upload.id}"),
        brand=st.session_state.get(f"brand-{upload.id}"),
    )


def _table(screen: Screen, upload: Upload, choice: Choice, seen: FilePreview) -> None:
    """One table of the file: its first rows, its columns, and the mapping where one is needed or wished."""
    _ = screen._
    shown = [*seen.recognised, *(table for table in seen.tables if not table.layout)][:SHOWN_TABLES]
    place = 0
    if len(shown) > 1:
        names = [data_words.table_name(screen, table, n) for n, table in enumerate(shown, start=1)]
        picked = st.selectbox(_("Table of the file"), names, key=f"table-{upload.id}", width=420)
        place = names.index(picked) if picked in names else 0
    table = shown[place]
    for notice in table.notices[:SHOWN_LINES]:
        st.text(in_language(notice, _))
    if seen.garbled and seen.garbled != choice.encoding:
        label = _("Mend these letters: {name}").format(name=data_words.encoding_name(seen.garbled))
        asked = (f"encoding-{upload.id}", seen.garbled)
        st.button(label, icon=":material/healing:", key=f"mend-{upload.id}", on_click=_say, args=asked)
    _undecided(screen, upload, table)
    if seen.guessed and choice.encoding is None:
        st.warning(_("How its letters are written was guessed. If names look wrong below, choose another above."))
    if table.layout is None:
        lacking = partial_table(table.headers) is not None  # no column says what it lacks: nothing to be mapped
        if choice.wanted or lacking:
            st.text(in_language(table.problem or "", _))
        if lacking:
            return
        data_mapping.draw(screen, upload, table, account=choice.account, encoding=choice.encoding)
        return
    _first_rows(screen, upload, table)
    if data_mapping.wished(screen, upload, table):
        data_mapping.draw(screen, upload, table, account=choice.account, encoding=choice.encoding)


def _undecided(screen: Screen, upload: Upload, table: TablePreview) -> None:
    """Where no row tells how days or amounts are written: a button for each way, as the boxes above lie closed."""
    _ = screen._
    said = " ".join([*table.notices, *(row.message for row in table.rejected)])
    ways = (
        ("--days ", _("Days"), data_words.days(_), f"days-{upload.id}"),
        ("--decimal ", _("Decimals"), data_words.decimals(_), f"decimals-{upload.id}"),
    )
    for option, title, names, key in ways:
        if option in said:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(f"{title}:", width="content")
                for value, name in names.items():
                    if value:
                        st.button(name, key=f"say-{key}-{value}", on_click=_say, args=(key, value))


def _say(key: str, value: str) -> None:
    st.session_state[key] = value


def _first_rows(screen: Screen, upload: Upload, table: TablePreview) -> None:
    _ = screen._
    ways = {"read": _("As they will be read"), "raw": _("As they stand in the file"), "columns": _("Columns")}
    way = st.segmented_control(
        _("First rows"), list(ways), default="read", required=True, format_func=ways.__getitem__, key=f"way-{upload.id}"
    )
    if way == "columns":
        data_words.columns_table(screen, table, key=f"columns-{upload.id}")
    elif way == "raw":
        raw = data_words.raw_rows(screen, table)
        st.dataframe(raw, hide_index=True, key=f"raw-{upload.id}", placeholder="–", alt=_("First rows of the file."))
    else:
        data_words.read_rows(screen, table, key=f"read-{upload.id}")


# --- the import itself ----------------------------------------------------------------------------------------------


def _begin(screen: Screen, ready: list[tuple[Upload, Choice]], *, rest: list[Upload]) -> None:
    """Start the imports in a thread that goes on when the page is left; the uploads are its own from here on, but for
    `rest`, which wait for a mapping or cannot be read: their cards stay."""
    items = [
        Item(upload.path, _importer(screen, choice), _importer(screen, choice, replaces=True))
        for upload, choice in ready
    ]
    job = Job(items, folder=st.session_state.pop(FOLDER, None))
    for gone in (RESULTS, REFUSED, PLACE):
        st.session_state.pop(gone, None)
    st.session_state[KEPT] = [_moved(upload) for upload in rest]
    st.session_state[JOB] = job
    job.start()


def _moved(upload: Upload) -> Upload:
    """The upload in a folder of its own kind: the one it lies in goes with the job."""
    place = Path(_folder().name) / upload.id
    place.mkdir(parents=True)
    return replace(upload, path=upload.path.rename(place / upload.path.name))


def _importer(
    screen: Screen, choice: Choice, *, replaces: bool = False
) -> Callable[[Path, Callable[[float], None]], ImportReport]:
    return partial(_take, screen, choice, replaces)


def _take(
    screen: Screen, choice: Choice, replaces: bool, path: Path, progress: Callable[[float], None]
) -> ImportReport:
    return pipeline.take_file(
        screen.workspace,
        path,
        now=data.now(),
        wanted=choice.wanted,
        account=choice.account,
        exported_at=choice.exported_at,
        encoding=choice.encoding,
        order=choice.order,
        decimal=choice.decimal,
        currency=choice.currency,
        brand=choice.brand,
        replaces=replaces,
        progress=progress,
    )


def _follow(screen: Screen, job: Job) -> None:
    """Show how far the import is until it is through; leaving the page does not end it."""
    _ = screen._
    with st.container(key="import-progress"):  # stays in sight wherever the page is scrolled to: see `theme.STYLE`
        line, bar = st.empty(), st.progress(0.0)
    while not job.done.wait(0.2):
        said = _("Importing file {n} of {all}: {file}. You may leave this page meanwhile.").format(
            n=len(job.results) + 1, all=len(job.items), file=job.name or ""
        )
        line.text(said)
        bar.progress(job.overall)
    del st.session_state[JOB]
    place = st.session_state.pop(PLACE, None)
    if place is None:
        st.session_state[RESULTS] = job.results
        if any(result.clashes for result in job.results):
            st.session_state[REFUSED] = job
    else:
        st.session_state[RESULTS][place] = job.results[0]
    st.rerun()


def _instead(place: int) -> None:
    """Import a refused file once more, in place of the imports that stand in its way."""
    refused: Job = st.session_state[REFUSED]
    item = refused.items[place]
    if item.instead is not None:
        st.session_state[PLACE] = place
        st.session_state[JOB] = job = Job([Item(item.path, item.instead)])
        job.start()


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
    counts = data_words.COUNTS
    table = pl.DataFrame(
        [
            {"file": r.file, "layout": data_words.layout_name(_, r.layout), **{n: getattr(r, n) for n in counts}}
            for r in results
        ],
        schema={"file": pl.String, "layout": pl.String, **dict.fromkeys(counts, pl.Int64)},
    )
    titles = data_words.column_names(_)
    tables.show(screen, table, titles=titles, alternative=_("What came of each file."), key="results")
    for place, result in enumerate(results):
        if result.error:
            st.text(f"{result.file}: {in_language(result.error, _)}")
        if result.clashes and REFUSED in st.session_state:
            st.button(
                _("Use this file instead"),
                icon=":material/swap_horiz:",
                key=f"instead-{place}",
                on_click=_instead,
                args=(place,),
            )
        if result.replaced:
            gone = ", ".join(str(number) for number in result.replaced)
            st.text(_("{file}: stands in place of import {numbers}, now undone").format(file=result.file, numbers=gone))
        for warning in result.warnings:
            st.text(f"{result.file}: {in_language(warning, _)}")
        _left_out(screen, result)
    if any(result.quarantined for result in results):
        st.button(_("See all rows left out"), icon=":material/rule:", key="to-quarantine", on_click=to_quarantine)


def _left_out(screen: Screen, result: ImportReport) -> None:
    """The first rows in quarantine with line and what is wrong, how many more there are, and what was passed over."""
    _ = screen._
    kept = [row for row in data.quarantine() if row["import_id"] == result.id] if result.quarantined else []
    for row in sorted(kept, key=lambda row: int(row["line"]))[:SHOWN_LINES]:
        told = _("{file}, line {line}: {message}").format(
            file=result.file, line=row["line"], message=in_language(row["message"], _)
        )
        twice = import_words.says_line(row["message"], row["line"])
        st.text(f"{result.file}: {in_language(row['message'], _)}" if twice else told)
    more = result.quarantined - min(len(kept), SHOWN_LINES)
    if more:
        st.text(_.plural("{file}: {n} more row", "{file}: {n} more rows", more).format(file=result.file, n=more))
    if result.skipped:
        passed = _.plural("{file}: {n} row passed over ({why})", "{file}: {n} rows passed over ({why})", result.skipped)
        known = import_words.skip_names(_)
        why = ", ".join(known[reason] for reason in result.left_out if reason in known)
        st.text(passed.format(file=result.file, n=result.skipped, why=why or _("nothing to import in it")))


def to_quarantine() -> None:
    st.session_state["part"] = translator()("Quarantine")
