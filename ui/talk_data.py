"""What the talk pages read beside `ui.data`: texts of single mentions, searches, and the edits people make.

Cached by the version of the data, like `ui.data`; frames are shared between sessions and never changed in place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
import streamlit as st

from config.clock import Period
from listener import store
from listener.sentiment import linear
from ui import data, terms

# The first row of a card's table: the set, its texts, macro-F1 in bold.
_MEASURED = re.compile(r"^\| *([^|]+?) *\| *([\d,]+) *\| *\*\*([\d.]+)\*\*", re.MULTILINE)


def texts(ids: tuple[str, ...]) -> pl.DataFrame:
    """The mentions of these ids with texts, links, codes and triage version, in the order given."""
    return _texts(data.version(), ids)


@st.cache_resource(show_spinner=False, max_entries=64)
def _texts(version: str, ids: tuple[str, ...]) -> pl.DataFrame:
    return store.read_by_id(data.workspace().engine, ids)


def found(period: Period, query: str) -> pl.Series:
    """The ids of the period's mentions that a search finds. Raises QueryError for a search that cannot be read."""
    return _found(data.version(), period, query)


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs={Period: repr})
def _found(version: str, period: Period, query: str) -> pl.Series:
    space = data.workspace()
    since, until = period.bounds(space.settings.zone)
    return store.read_mentions(space.engine, query_text=query, since=since, until=until)["mention_id"]


def triage(mention_id: str, *, status: str | None = None, label: str | None = None, version: int) -> int:
    """Record what a person decided; the new version. Raises StaleEditError when somebody else was quicker."""
    return store.set_triage(
        data.workspace().engine, mention_id, status=status, label=label, expected_version=version, now=data.now()
    )


@dataclass(frozen=True)
class Card:
    """What a model says of itself: `sections` of its card by heading; macro-F1 on `texts` labelled texts of `where`."""

    sections: Mapping[str, str]
    where: str | None = None
    texts: int | None = None
    macro_f1: float | None = None


@st.cache_resource(show_spinner=False, max_entries=64)
def card(scorer: str) -> Card | None:
    """The card of the model that scores as `scorer` ("hng-pl/1"); None for scorers without, and for older versions."""
    name, _, _ = scorer.partition("/")
    path = linear.model_path(name.removeprefix("hng-"))
    text = path.with_suffix(".md")
    if not name.startswith("hng-") or not (path.exists() and text.exists()):
        return None
    if linear.read_model(path).scorer != scorer:
        return None
    sections = terms.parse(text.read_text(encoding="utf-8"))
    found = _MEASURED.search(sections.get("measured quality", ""))
    if not found:
        return Card(sections)
    return Card(sections, where=found[1], texts=int(found[2].replace(",", "")), macro_f1=float(found[3]))
