"""What the talk pages read beside `ui.data`: texts of single mentions, searches, and the edits people make.

Cached by the version of the data, like `ui.data`; frames are shared between sessions and never changed in place.
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from config.clock import Period
from listener import store
from listener.sentiment import linear
from ui import data


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


@st.cache_resource(show_spinner=False, max_entries=64)
def trained_on(scorer: str) -> str | None:
    """What a scorer's judgement rests on, as its model states it; None where it states nothing."""
    name, _, _ = scorer.partition("/")
    language = name.removeprefix("hng-")
    path = linear.model_path(language)
    if language == name or not path.exists():
        return None
    model = linear.read_model(path)
    return model.data if model.scorer == scorer else None
