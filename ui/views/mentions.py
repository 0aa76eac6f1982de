"""Mentions: what is being said, with search, facets, and the triage people do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from listener import store
from listener.feeling import feeling
from listener.queries import QueryError
from listener.store import StaleEditError, UnknownMentionError
from ui import data, pipeline, talk, talk_cards, talk_data
from ui.frame import MENTIONS, Screen, empty, guarded_csv, how, link, open_page, say
from ui.i18n import Translator, translator
from ui.views import mentions_strangers

PER_PAGE = 20
NEWEST, LOUDEST = "newest", "engagement"
UNDO = "mentions-undo"
ROUND = "mentions-round"
_OPERATORS = ("AND", "OR", "NOT")
# Phrases, tags, handles and what is left out are taken as they are, so only group 1 is a plain word.
_PLAIN_WORD = re.compile(r'"[^"]*"?|[#@-]\S+|(\w{3,})(?![\w*])|\w+\*?')


def page() -> None:
    screen = open_page(translator()("Mentions"), about=(MENTIONS,))
    _ = screen._
    talk_cards.style()
    every = talk.one_brand(data.mentions(screen.period), screen.brand)
    _answer(screen, every)
    if every.is_empty():
        _nothing_yet(screen)
        return
    mentions_strangers.told(screen)
    found, choice = _controls(screen, every)
    chosen = talk.in_order(talk.narrow(found, choice), by_engagement=_order() == LOUDEST)
    if chosen.is_empty():
        _no_match(screen)
    else:
        _list(screen, chosen)
    how(screen, "Mention", "Story", "Engagement", "Sentiment score", "Matched revenue", "Evidence")


def _counted(screen: Screen, n: int) -> str:
    """How many mentions, and how many before where those days are known."""
    _ = screen._
    facts = {
        "n": talk_cards.number(screen, n),
        "brand": screen.brand or _("all brands"),
        "days": screen.period.days,
    }
    if MENTIONS not in screen.earlier:
        told = _.plural("{n} mention of {brand} in {days} days.", "{n} mentions of {brand} in {days} days.", n)
        return told.format(**facts)
    before = talk.one_brand(data.mentions(screen.before), screen.brand).height
    return _.plural(
        "{n} mention of {brand} in {days} days ({before} in the {days} days before).",
        "{n} mentions of {brand} in {days} days ({before} in the {days} days before).",
        n,
    ).format(**facts, before=talk_cards.number(screen, before))


def _answer(screen: Screen, every: pl.DataFrame) -> None:
    _ = screen._
    counted = _counted(screen, every.height)
    if every.height:
        counted = f"{counted} {talk_cards.stories_told(screen, every)}"
    open_ones = every.filter(pl.col("triage_status") == "todo").height
    waiting = _.plural("{n} is marked to do.", "{n} are marked to do.", open_ones).format(n=open_ones)
    felt = feeling(every)
    judged = (
        _("Of {scored} scored texts {positive} are positive and {negative} negative.").format(
            scored=talk_cards.number(screen, felt.scored),
            positive=f"{felt.positive / felt.scored:.0%}",
            negative=f"{felt.negative / felt.scored:.0%}",
        )
        if felt.enough
        else _("Too few scored texts (n = {n}) to judge the feeling.").format(n=felt.scored)
    )
    say(screen, " ".join((counted, judged, waiting) if every.height else (counted,)))


def _nothing_yet(screen: Screen) -> None:
    _ = screen._
    if screen.elsewhere:
        return  # the head of the page offers the days that have some
    empty(
        screen,
        _("No mentions in this period"),
        [
            _("Choose a longer period or another brand above."),
            _("Check on the page Data that the sources answer."),
            _("Check in earned.toml that the brand's query matches what people write."),
        ],
    )
    link(screen, "data", _("Go to Data"))


def _no_match(screen: Screen) -> None:
    _ = screen._
    empty(
        screen,
        _("No mention matches"),
        [_("Take back the last filter, or clear them all."), _("Search for fewer or shorter words.")],
    )
    query = st.query_params.get("q", "")
    wider = starred(query)
    if wider != query:
        with st.container(horizontal=True, vertical_alignment="center", key="wider"):
            st.text(_("Words are found whole. With any ending: {query}").format(query=wider))
            st.button(_("Search so"), icon=":material/search:", key="search-wider", on_click=_search, args=(wider,))


def starred(query: str) -> str:
    """The search with a star behind every plain word of at least three letters: "shoe -old" is "shoe* -old"."""
    kept = (None, *_OPERATORS)
    return _PLAIN_WORD.sub(lambda found: found[0] if found[1] in kept else f"{found[1]}*", query)


def _search(query: str) -> None:
    st.session_state["q"] = query
    _to_first_page()


# --- search and facets: the truth is in the address -----------------------------------------------------------------


def _controls(screen: Screen, every: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, list[str]]]:
    _ = screen._
    with st.container(horizontal=True, vertical_alignment="bottom", key="mention-controls"):
        query = st.text_input(
            _("Search"),
            key="q",
            bind="query-params",
            type="search",
            placeholder=_('words, "exact phrase", #tag, -without'),
            help=_("Words are found whole: shoe* finds shoes, too."),
            on_change=_to_first_page,
            width=360,
        )
        st.segmented_control(
            _("Sort by"),
            (NEWEST, LOUDEST),
            default=_order(),
            required=True,
            format_func=lambda value: _("Newest") if value == NEWEST else _("Most engagement"),
            key="pick-order",
            on_change=_set_order,
        )
    found = _searched(screen, every, query or "")
    choice = chosen_facets()
    with st.container(horizontal=True, gap="xsmall", key="facets"):
        for column in talk.FACETS:
            _facet(screen, found, column, choice)
        if any(choice.values()):
            st.button(_("Clear filters"), on_click=_clear, type="tertiary", icon=":material/filter_alt_off:")
    return found, choice


def _order() -> str:
    return LOUDEST if st.query_params.get("order") == LOUDEST else NEWEST


def _set_order() -> None:
    st.query_params["order"] = st.session_state["pick-order"]
    _to_first_page()


def _searched(screen: Screen, every: pl.DataFrame, query: str) -> pl.DataFrame:
    if not query.strip():
        return every
    try:
        ids = talk_data.found(screen.period, query)
    except QueryError as error:
        with st.container(border=True):
            st.text(screen._("This search cannot be read: {problem}").format(problem=error))
        return every.clear()
    return every.join(ids.to_frame(), on="mention_id", how="semi")


def chosen_facets() -> dict[str, list[str]]:
    """The facets' values as the page's address has them."""
    return {column: st.query_params.get_all(column) for column in talk.FACETS}


def _facet(screen: Screen, found: pl.DataFrame, column: str, choice: Mapping[str, list[str]]) -> None:
    _ = screen._
    counts = talk.facet(found, column, choice)
    chosen = choice[column]
    title = facet_titles(_)[column] + (f" · {len(chosen)}" if chosen else "")
    names = facet_names(screen, column)
    with st.popover(title, key=f"facet-{column}", type="primary" if chosen else "secondary"):
        for value, n in counts.items():
            st.checkbox(
                _plain_label(f"{names.get(value, value)} ({talk_cards.number(screen, n)})"),
                value=value in chosen,
                key=f"pick-{column}-{value}",
                on_change=_toggle,
                args=(column, value),
            )


def facet_titles(_: Translator) -> dict[str, str]:
    return {
        "network": _("Network"),
        "source": _("Source"),
        "language": _("Language"),
        "label": _("Sentiment"),
        "triage_status": _("Status"),
    }


def facet_names(screen: Screen, column: str) -> Mapping[str, str]:
    """What to call the values of a facet; values without a name stand as they are."""
    _ = screen._
    if column == "language":
        known = screen.workspace.settings.workspace.languages
        return {code: talk_cards.language_name(screen, code) for code in known} | {talk.UNKNOWN: _("Unknown")}
    if column == "label":
        return {str(key): name for key, name in talk_cards.label_names(_).items() if key}
    if column == "triage_status":
        return talk_cards.triage_names(_)
    return {talk.UNKNOWN: _("Unknown")}


def _plain_label(text: str) -> str:
    """A label shows Markdown: whatever could be markup is escaped (names of sources come from imports, too)."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>()#+-.!|~:$^" else letter for letter in text)


def _toggle(column: str, value: str) -> None:
    chosen = st.query_params.get_all(column)
    left = [other for other in chosen if other != value]
    _set_facet(column, left if value in chosen else [*left, value])
    _to_first_page()


def _set_facet(column: str, values: list[str]) -> None:
    if values:
        st.query_params[column] = values
    elif column in st.query_params:
        del st.query_params[column]


def _clear() -> None:
    for column in talk.FACETS:
        for value in st.query_params.get_all(column):
            st.session_state[f"pick-{column}-{value}"] = False
        _set_facet(column, [])
    _to_first_page()


def _to_first_page() -> None:
    """Other mentions are listed now: a new pagination begins at its first page."""
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    if "page" in st.query_params:
        del st.query_params["page"]


def _page_number() -> int:
    asked = st.query_params.get("page", "1")
    return int(asked) if asked.isdigit() else 1


def _set_page(key: str) -> None:
    st.query_params["page"] = str(st.session_state[key])


# --- the list -------------------------------------------------------------------------------------------------------


def _list(screen: Screen, chosen: pl.DataFrame) -> None:
    _ = screen._
    n_pages = talk.pages(chosen.height, size=PER_PAGE)
    number = min(max(1, _page_number()), n_pages)
    shown = talk.page_of(chosen, page=number, size=PER_PAGE)
    first = (number - 1) * PER_PAGE + 1
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(
            _("{first} to {last} of {n} mentions").format(
                first=first, last=first + shown.height - 1, n=talk_cards.number(screen, chosen.height)
            )
        )
        _download(screen, chosen)
    ids = shown["mention_id"].to_list()
    if st.session_state.get(UNDO, {}).get("mention_id") not in ids:
        _undo_bar(_)  # the mention has left this list: the way back stands above it
    matched = _matched(screen, ids)
    for row in talk_data.texts(tuple(ids)).iter_rows(named=True):
        with st.container(border=True, gap="xsmall", key=f"card-{row['mention_id']}"):
            talk_cards.card(screen, row, key=row["mention_id"], matched=matched.get(row["mention_id"]), own_links=False)
            _decide(screen, row)
            if st.session_state.get(UNDO, {}).get("mention_id") == row["mention_id"]:
                _undo_bar(_)
    if n_pages > 1:
        key = f"page-{st.session_state.get(ROUND, 0)}-{n_pages}"
        st.pagination(n_pages, default=number, key=key, max_visible_pages=5, on_change=_set_page, args=(key,))


def _download(screen: Screen, chosen: pl.DataFrame) -> None:
    """All chosen mentions with their texts, read only when somebody asks for them."""
    engine, ids = screen.workspace.engine, chosen["mention_id"].to_list()
    st.download_button(
        screen._("Download CSV ({n} rows)").format(n=talk_cards.number(screen, len(ids))),
        data=lambda: guarded_csv(store.read_by_id(engine, ids)),
        file_name=f"mentions-{screen.period.since}-{screen.period.until}.csv",
        mime="text/csv",
        icon=":material/download:",
        key="export-mentions",
        on_click="ignore",
    )


def _matched(screen: Screen, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Per mention: visits, orders and revenue with evidence of it, and the kinds of evidence."""
    report = data.report(pipeline.matching_period(screen.workspace, screen.period))
    kinds = (
        report.evidence.filter(pl.col("mention_id").is_in(ids))
        .group_by("mention_id")
        .agg(pl.col("evidence").unique().sort().alias("kinds"))
    )
    rows = report.matched_revenue.filter(pl.col("mention_id").is_in(ids)).join(kinds, on="mention_id", how="inner")
    return {row["mention_id"]: row for row in rows.iter_rows(named=True)}


# --- triage ---------------------------------------------------------------------------------------------------------


def _decide(screen: Screen, row: Mapping[str, Any]) -> None:
    """Status and label, written at once. Keys carry the version, so that an edit made elsewhere starts them anew."""
    _ = screen._
    key = f"{row['mention_id']}-{row['triage_version']}"
    triage, labels = talk_cards.triage_names(_), talk_cards.label_names(_)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            _("Status"),
            talk.TRIAGE,
            default=row["triage_status"],
            required=True,
            format_func=triage.__getitem__,
            label_visibility="collapsed",
            key=f"status-{key}",
            on_change=partial(_save, row, "status", f"status-{key}"),
        )
        options = (None, *talk.LABELS)
        st.selectbox(
            _("Your label"),
            options,
            index=options.index(row["label_corrected"]),
            format_func=lambda label: _("Label: {label}").format(label=labels[label] if label else _("as scored")),
            label_visibility="collapsed",
            key=f"label-{key}",
            on_change=partial(_save, row, "label", f"label-{key}"),
            width=190,
        )
        mentions_strangers.offer(screen, row)
        talk_cards.links(screen, row, key=row["mention_id"])


def _save(row: Mapping[str, Any], part: str, key: str) -> None:
    """Write one decision, and remember how to take it back."""
    _ = translator()
    value = st.session_state[key] or ""
    before = row["triage_status"] if part == "status" else row["label_corrected"]
    version = _write(row["mention_id"], part, value, row["triage_version"])
    if version is not None:
        st.session_state[UNDO] = {
            "mention_id": row["mention_id"],
            "part": part,
            "before": before or "",
            "version": version,
            "now": value,
        }


def _write(mention_id: str, part: str, value: str, version: int) -> int | None:
    _ = translator()
    try:
        if part == "status":
            return talk_data.triage(mention_id, status=value, version=version)
        return talk_data.triage(mention_id, label=value, version=version)
    except StaleEditError:
        st.toast(
            _("Somebody else changed this mention meanwhile; it now shows their version. Nothing of yours was saved.")
        )
    except UnknownMentionError:
        st.toast(_("This mention is not there any more."))
    return None


def _undo_bar(_: Translator) -> None:
    done = st.session_state.get(UNDO)
    if not done:
        return
    names = talk_cards.triage_names(_) | {str(key): name for key, name in talk_cards.label_names(_).items()}
    sentence = (
        _("Marked as “{status}”.").format(status=names[done["now"]])
        if done["part"] == "status"
        else _("Label set to “{label}”.").format(label=names.get(done["now"], _("as scored")))
    )
    with st.container(horizontal=True, vertical_alignment="center", key="undo-bar", border=True):
        st.text(sentence)
        st.button(_("Undo"), on_click=_undo, icon=":material/undo:", type="tertiary")


def _undo() -> None:
    done = st.session_state.pop(UNDO, None)
    if done:
        _write(done["mention_id"], done["part"], done["before"], done["version"])
