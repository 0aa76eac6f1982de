"""A mention that is not about us: what could be left out with NOT, what would go with it, and one click to do so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from ui import documents_query, tables, talk_cards
from ui.frame import Screen
from ui.i18n import translator
from ui.views import sources_queries

EXAMPLES = 5
WANTED = "stranger-wanted"  # a brand and the query that somebody chose for it


def offer(screen: Screen, row: Mapping[str, Any]) -> None:
    """The button on a card. It is there where the mention counts for a brand that has a query."""
    _ = screen._
    known = [brand.name for brand in screen.workspace.settings.brand]
    brands = [name for name in row["brands"] if name in known]
    if not brands:
        return
    brand = next((name for name in brands if name == screen.brand), brands[0])
    key = f"stranger-{row['mention_id']}"
    if st.button(_("Not about us"), icon=":material/block:", type="tertiary", key=key):
        st.dialog(_("Not about us"), width="large")(_proposals)(screen, row["mention_id"], brand)


def told(screen: Screen) -> None:
    """What became of it, above the list; what is chosen is done first, while a bar shows how far."""
    wanted = st.session_state.pop(WANTED, None)
    if wanted:
        sources_queries.use(screen, *wanted)
        st.rerun()
    said = st.session_state.pop(sources_queries.USED, None)
    if said:
        with st.container(border=True, key="stranger-told"):
            st.text(said)


def _want(brand: str, query: str) -> None:
    st.session_state[WANTED] = (brand, query)


def _proposals(screen: Screen, mention_id: str, brand: str) -> None:
    _ = translator()
    if WANTED in st.session_state:  # the page does it
        st.rerun()
    found = documents_query.not_about_us(screen.workspace, mention_id, brand=brand)
    st.text(_("The query of {brand}: {query}").format(brand=brand, query=found["query"]))
    if not found["rows"]:
        st.text(_("No word of this mention tells it from the others. Change the query under Sources, Queries."))
        return
    st.caption(_("Choose what is to be left out. Mentions stay stored; they only stop counting for the brand."))
    for place, row in enumerate(found["rows"]):
        with st.container(border=True, gap="xsmall", key=f"not-{place}"):
            st.text(f"NOT {row['term']}")
            st.text(_taken_out(screen, row))
            with st.container(horizontal=True):
                st.button(
                    _("Leave it out"),
                    icon=":material/block:",
                    key=f"leave-{place}",
                    on_click=_want,
                    args=(brand, row["query"]),
                )
                if st.button(_("See what goes"), icon=":material/visibility:", type="tertiary", key=f"see-{place}"):
                    _examples(screen, brand, row["query"], place)


def _taken_out(screen: Screen, row: Mapping[str, Any]) -> str:
    _ = translator()
    taken = _.plural(
        "takes out {n} of {of} mention of the brand", "takes out {n} of {of} mentions of the brand", row["of"]
    ).format(n=talk_cards.number(screen, row["removes"]), of=talk_cards.number(screen, row["of"]))
    handled = _("{n} of them somebody has worked on").format(n=row["handled"]) if row["handled"] else None
    return " · ".join(part for part in (taken, handled) if part)


def _examples(screen: Screen, brand: str, query: str, place: int) -> None:
    _ = translator()
    change = documents_query.query_test(screen.workspace, query, brand=brand, limit=EXAMPLES)["change"]
    rows = [{"snippet": row["snippet"], "from": row["source"]} for row in change["dropped_rows"]]
    frame = pl.DataFrame(rows, schema={"snippet": pl.String, "from": pl.String})
    titles = {"snippet": _("Would be dropped"), "from": _("Source")}
    tables.show(screen, frame, titles=titles, alternative=_("Mentions that would go."), key=f"goes-{place}")
