"""The feeling by topic on the page Sentiment: the terms of the brands' queries, and the most frequent hashtags."""

from __future__ import annotations

import polars as pl
import streamlit as st

from config.clock import Period
from listener import topics
from ui import data
from ui.frame import Screen

SHOWN = 12


def with_topics(screen: Screen, mentions: pl.DataFrame) -> pl.DataFrame:
    """The mentions once for each of their topics (column `topic`), of the topics with most mentions."""
    found = _topics(data.version(), screen.period).select("mention_id", "topic")
    about = mentions.join(found, on="mention_id", maintain_order="left")
    often = about.group_by("topic").len().sort("len", "topic", descending=[True, False]).head(SHOWN)
    return about.filter(pl.col("topic").is_in(often["topic"].to_list()))


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs={Period: repr})
def _topics(version: str, period: Period) -> pl.DataFrame:
    return topics.read_topics(data.workspace().engine, data.mentions(period)["mention_id"].to_list())
