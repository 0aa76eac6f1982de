"""Which column is which, on the page Data: asked for files of no known layout, remembered, changed, forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import streamlit as st

from config import mappings
from config.mappings import COMMA, DAY_FIRST, MONTH_FIRST, POINT, ColumnMapping
from config.preview import FilePreview, TablePreview
from config.reading import TextTable
from ui import data, imports, mapping, pipeline, tables, templates
from ui.frame import Screen
from ui.i18n import Translator, translator
from ui.import_job import Upload
from ui.mapping import TARGETS, Column, Guess, Target
from ui.mapping_words import column_titles
from ui.views import data_words

NOWHERE = ""
PICKED = "mapping-picked"


def wished(screen: Screen, upload: Upload, table: TablePreview) -> bool:
    """Whether somebody wants to say which column is which, though the file is recognised."""
    label = screen._("Change which column is which") if table.mapping else screen._("Read its columns otherwise")
    return bool(st.toggle(label, key=f"map-{upload.id}"))


def draw(screen: Screen, upload: Upload, table: TablePreview, *, account: str, encoding: str | None) -> None:
    """Ask which column is which, show what the first rows become, and remember the choice."""
    _ = screen._
    st.markdown("**" + _("Which column is which?") + "**")
    st.caption(
        _("Proposed by the names of the columns and what stands in them. Your choice is remembered for such files.")
    )
    target = _target(screen, upload.id, table)
    chosen = _form(screen, upload.id, table.sample, target, known=table.mapping)
    chosen = replace(chosen, headers=table.headers, file_name=upload.path.name)
    missing = mapping.missing(target, chosen)
    if missing:
        st.info(_("Still needed: {columns}").format(columns=", ".join(label_of(name, _) for name in missing)))
    else:
        _effect(screen, upload, chosen, account=account, encoding=encoding)
    st.button(
        _("Remember and read the file so"),
        type="primary",
        icon=":material/save:",
        key=f"remember-{upload.id}",
        disabled=bool(missing),
        on_click=_remember,
        args=(table.headers, chosen, f"map-{upload.id}"),
    )


def _remember(headers: tuple[str, ...], chosen: ColumnMapping, toggle: str) -> None:
    mappings.remember(data.workspace().engine, headers, chosen, now=data.now())
    if toggle:
        st.session_state.pop(toggle, None)
    st.toast(translator()("Remembered for files with these columns."))


def _target(screen: Screen, key: str, table: TablePreview) -> Target:
    titles = target_titles(screen._)
    known = mapping.target_of(table.mapping.layout) if table.mapping else None
    proposed = known or mapping.propose_target(table.sample)
    picked = st.selectbox(
        screen._("What is in this table?"),
        [target.layout for target in TARGETS],
        index=TARGETS.index(proposed),
        format_func=lambda layout: titles[layout],
        key=f"target-{key}",
        width=420,
    )
    return mapping.target_of(picked) or proposed


def target_titles(_: Translator) -> dict[str, str]:
    layouts = {layout.id: layout for layout in pipeline.LAYOUTS}
    short = {
        "earned_orders": _("Orders"),
        "earned_conversions": _("Conversions: sign-ups, downloads, trials"),
        "earned_account_daily": _("Own accounts by day: followers, reach"),
        "keyword_prices": _("Keyword prices"),
        "earned_mentions": _("Mentions"),
    }
    return {target.layout: short.get(target.layout) or templates.title(layouts[target.layout], _) for target in TARGETS}


def label_of(name: str, _: Translator) -> str:
    """A column of ours as people read it."""
    return column_titles(_).get(name, name.replace("_", " ").capitalize())


def _form(screen: Screen, key: str, sample: TextTable, target: Target, *, known: ColumnMapping | None) -> ColumnMapping:
    """A field for each column of the target, the needed ones first."""
    _ = screen._
    fits = known is not None and known.layout == target.layout
    guessed = {} if fits else mapping.guesses(sample, target)
    proposed = {name: guess.header for name, guess in guessed.items()}
    given = known if known and fits else ColumnMapping(target.layout, proposed)
    needed = [column for column in target.columns if column.needed]
    others = [column for column in target.columns if not column.needed]
    found: dict[str, str] = {}
    constants: dict[str, str] = {}
    written: dict[str, str] = {}
    with st.grid(min_column_width=260):
        for column in needed:
            with st.container(border=True):
                _field(screen, f"{key}-{target.layout}", sample, column, given, guessed, found, constants, written)
    with (
        st.expander(_("Further columns"), expanded=any(c.name in given.columns for c in others), key=f"others-{key}"),
        st.grid(min_column_width=260),
    ):
        for column in others:
            with st.container(border=True):
                _field(screen, f"{key}-{target.layout}", sample, column, given, guessed, found, constants, written)
    return ColumnMapping(target.layout, found, constants, written)


def _field(
    screen: Screen,
    key: str,
    sample: TextTable,
    column: Column,
    given: ColumnMapping,
    guessed: Mapping[str, Guess],
    found: dict[str, str],
    constants: dict[str, str],
    written: dict[str, str],
) -> None:
    """One column of ours: the file's column it is in and why it was guessed, or its value for all rows, and how it is
    written."""
    _ = screen._
    examples = {header: _example(sample, header) for header in sample.headers}
    options = [NOWHERE, *sample.headers]
    proposed = given.columns.get(column.name, NOWHERE)
    mark = "" if column.needed else " (" + _("optional") + ")"
    header = st.selectbox(
        label_of(column.name, _) + mark,
        options,
        index=options.index(proposed) if proposed in options else 0,
        format_func=lambda name: f"{name}{examples[name]}" if name else _("– not in the file –"),
        key=f"column-{key}-{column.name}",
    )
    if header:
        found[column.name] = header
        guess = guessed.get(column.name)
        if guess and guess.header == header:
            st.caption(why(screen, guess, column))
        _ways(screen, key, column, mapping.values_of(sample, header), given, written)
    elif column.can_be_constant:
        value = st.text_input(
            _("The same in every row"),
            value=given.constants.get(column.name, ""),
            key=f"constant-{key}-{column.name}",
            placeholder="2026-05-31" if column.kind == "day" else "",
        )
        if value and value.strip():
            constants[column.name] = value.strip()


def why(screen: Screen, guess: Guess, column: Column) -> str:
    """What spoke for a guess. Our own words alone: Markdown reads them."""
    _ = screen._
    if guess.by == mapping.BY_CELLS:
        return _("Guessed by its cells: they hold {what}.").format(what=kind_names(_)[column.kind])
    if guess.name is None:
        return _("Guessed by its name.")
    language = screen.locale.languages.get(guess.language or "en", guess.language)
    told = (
        _("Guessed by its name: {language}.")
        if guess.by == mapping.BY_NAME
        else _("Guessed by a part of its name: “{word}”, {language}.")
    )
    return told.format(word=guess.name, language=language)


def kind_names(_: Translator) -> dict[str, str]:
    """What the cells of a column hold, for the kinds that are guessed by their cells."""
    return {
        "time": _("times"),
        "day": _("days"),
        "money": _("amounts"),
        "url": _("addresses"),
        "id": _("numbers that differ in every row"),
    }


def _example(sample: TextTable, header: str) -> str:
    first = next(iter(mapping.values_of(sample, header)), None) if sample.frame.height else None
    return f"  ·  {first[:28]}" if first else ""


def _ways(
    screen: Screen, key: str, column: Column, values: list[str], given: ColumnMapping, written: dict[str, str]
) -> None:
    """How days or decimals are written, asked where the cells do not tell, or where it was said before."""
    ways = mapping.choices_for(column, values)
    said = given.written.get(column.name)
    if said and said not in ways:
        ways = (
            (said, *ways) if ways else (DAY_FIRST, MONTH_FIRST) if said in (DAY_FIRST, MONTH_FIRST) else (POINT, COMMA)
        )
    if not ways:
        return
    names = way_names(screen._)
    picked = st.radio(
        screen._("How is it written?"),
        ways,
        index=ways.index(said) if said in ways else 0,
        format_func=names.__getitem__,
        key=f"written-{key}-{column.name}",
    )
    written[column.name] = str(picked)


def way_names(_: Translator) -> dict[str, str]:
    return {
        DAY_FIRST: _("05/06 is 5 June"),
        MONTH_FIRST: _("05/06 is May 6"),
        POINT: _("1,234.50: decimals after the point"),
        COMMA: _("1.234,50: decimals after the comma"),
    }


def _effect(screen: Screen, upload: Upload, chosen: ColumnMapping, *, account: str, encoding: str | None) -> None:
    """What the first rows become under the choice, and which would be put aside and why."""
    _ = screen._
    seen: FilePreview = imports.look(screen.workspace, upload.path, encoding=encoding, account=account, mapping=chosen)
    table = next((t for t in seen.recognised if t.headers == chosen.headers), None)
    if table is None:
        st.warning(_("Two of our columns cannot be the same column of the file."))
        return
    st.caption(_("What the first rows become"))
    data_words.read_rows(screen, table, key=f"effect-{upload.id}")
    bad = len(table.rejected)
    if bad:
        said = _.plural("{n} row would be put aside.", "{n} rows would be put aside.", bad)
        st.warning(said.format(n=bad))


# --- what is remembered ---------------------------------------------------------------------------------------------


def listed(screen: Screen) -> None:
    """The remembered choices: looked at, changed, forgotten."""
    _ = screen._
    known = mappings.known(screen.workspace.engine)
    if not known:
        return
    st.subheader(_("Columns you explained"), anchor=False)
    titles = target_titles(_)
    frame = pl.DataFrame(
        [
            (one.file_name, titles.get(one.layout, one.layout), _pairs(_, one), one.saved_at)
            for one in known
        ],
        schema={"file": pl.String, "layout": pl.String, "columns": pl.String, "finished": pl.Datetime("us", "UTC")},
        orient="row",
    )  # fmt: skip
    shown = data_words.column_names(_) | {"columns": _("Columns"), "layout": _("Read as")}
    chosen = tables.show(
        screen, frame.with_row_index("place_id"), titles=shown, alternative=_("Remembered columns, newest first."),
        key="mappings", select=True, widths={"columns": 520},
    )  # fmt: skip
    if chosen is None:
        st.caption(_("Select a line to change or forget it. Files imported so far stay as they are."))
        return
    _one(screen, known[chosen["place_id"]])


def _pairs(_: Translator, one: ColumnMapping) -> str:
    names = way_names(_)
    parts = [f"{label_of(name, _)}: {header}" for name, header in one.columns.items()]
    parts += [f"{label_of(name, _)}: “{value}”" for name, value in one.constants.items()]
    parts += [f"{label_of(name, _)}: {names[form]}" for name, form in one.written.items() if form in names]
    return " · ".join(parts)


def _one(screen: Screen, one: ColumnMapping) -> None:
    _ = screen._
    target = mapping.target_of(one.layout)
    with st.container(border=True, key=f"mapping-{one.id[:12]}"):
        chosen = one
        if target:
            empty: Mapping[str, pl.Series] = {name: pl.Series(name, [], dtype=pl.String) for name in one.headers}
            sample = TextTable(one.headers, pl.DataFrame(empty))
            edited = _form(screen, f"known-{one.id[:12]}", sample, target, known=one)
            chosen = replace(edited, headers=one.headers, file_name=one.file_name)
        missing = mapping.missing(target, chosen) if target else []
        with st.container(horizontal=True):
            st.button(
                _("Save the change"), icon=":material/save:", key="save-mapping", disabled=bool(missing) or not target,
                on_click=_remember, args=(one.headers, chosen, ""),
            )  # fmt: skip
            st.button(
                _("Forget these columns"),
                icon=":material/delete:",
                key="forget-mapping",
                on_click=_forget,
                args=(one.id,),
            )


def _forget(mapping_id: str) -> None:
    mappings.forget(data.workspace().engine, mapping_id)
    st.toast(translator()("Forgotten: files with these columns are asked about again."))
