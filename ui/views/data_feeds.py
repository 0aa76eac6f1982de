"""The sources on the page Data: when each last answered, and what."""

from __future__ import annotations

import polars as pl
import streamlit as st

from ui import data, tables
from ui.frame import Screen, empty, export
from ui.i18n import Translator


def listed(screen: Screen) -> pl.DataFrame:
    """The sources of the settings, each with what polling knows of it."""
    known = screen.workspace.settings.source
    named = pl.DataFrame(
        [(source.name, source.network, source.url) for source in known],
        schema={"source": pl.String, "network": pl.String, "address": pl.String},
        orient="row",
    )
    return named.join(data.sources(), on="source", how="left", maintain_order="left")


def outcome_names(_: Translator) -> dict[str, str]:
    """What a poll came to, in words."""
    return {
        "ok": _("new content"),
        "unchanged": _("same as last time"),
        "not_modified": _("same as last time"),
        "gone": _("gone for good"),
        "http_error": _("refused by the server"),
        "too_large": _("too large"),
        "timeout": _("no answer in time"),
        "blocked_address": _("private address, not allowed"),
        "network_error": _("not reachable"),
        "bad_url": _("address cannot be used"),
        "too_many_redirects": _("redirected too often"),
        "rate_limited": _("asked to wait"),
        "rate_limited_waiting": _("waiting, as asked"),
        "not_a_feed": _("not readable as a feed"),
        "internal_error": _("failed inside earned"),
    }


def draw(screen: Screen, sources: pl.DataFrame) -> None:
    """The sources, those in trouble first."""
    _ = screen._
    if sources.is_empty():
        empty(
            screen,
            _("No source yet"),
            [
                _("Add a [[source]] with name and url to earned.toml."),
                _("Look at what a feed would give with: earned try-feed URL"),
                _("Then run: earned listen"),
            ],
        )
        return
    failing = sources.filter(pl.col("error").is_not_null())
    never = sources.filter(pl.col("last_checked_at").is_null()).height
    if failing.height:
        st.warning(
            _.plural(
                "{n} source is failing; its last answer is below.",
                "{n} sources are failing; see below.",
                failing.height,
            ).format(n=failing.height)
        )
    if never:
        st.info(
            _.plural(
                "{n} source was never polled. Run: earned listen --once",
                "{n} sources were never polled. Run: earned listen --once",
                never,
            ).format(n=never)
        )
    shown = sources.select(
        "source",
        "network",
        pl.col("outcome").replace_strict(outcome_names(_), default=pl.col("outcome")).alias("outcome"),
        "error",
        "last_checked_at",
        "last_success_at",
        "next_check_at",
        "http_status",
        "entries",
        "mentions",
        "last_mention_at",
        "failures",
        "address",
    ).sort(pl.col("error").is_null(), "source")
    tables.show(
        screen,
        shown,
        titles=column_names(_),
        alternative=_("Sources with the outcome of their last poll."),
        key="sources",
    )
    export(screen, sources, "sources")


def column_names(_: Translator) -> dict[str, str]:
    return {
        "error": _("Problem"),
        "source": _("Source"),
        "network": _("Network"),
        "address": _("Address"),
        "outcome": _("Last poll"),
        "last_checked_at": _("Polled"),
        "last_success_at": _("Last success"),
        "next_check_at": _("Next poll"),
        "http_status": _("HTTP"),
        "entries": _("Entries"),
        "mentions": _("Mentions stored"),
        "last_mention_at": _("Newest mention"),
        "failures": _("Failures in a row"),
    }
