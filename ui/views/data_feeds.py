"""The sources on the page Data: who is well and who is not; they are set up on their own page."""

from __future__ import annotations

from typing import Any

import polars as pl

from ui import documents_sources, source_words, tables
from ui.data import now
from ui.frame import Screen, empty, export, link
from ui.i18n import Translator
from ui.said import in_language
from ui.source_words import outcome_names

__all__ = ["column_names", "draw", "layout", "listed", "outcome_names", "shown"]
_WIDE = ("source", "health", "error", "next_check_at", "entries", "mentions", "last_week_per_day")
_PHONE = ("source", "health", "error")
_WIDTHS = {"source": 220, "health": 120, "error": 240, "next_check_at": 130}  # pixels
_TOLD_BY_STATE = ("late", "silent", "gaps", "empty")  # states of sources that answer
_ORDER = ("gone", "failing", "late", "silent", "gaps", "empty", "waiting", "never", "ok", "paused")


def listed(screen: Screen) -> pl.DataFrame:
    """`listener.health.HEALTH` of the sources, those in trouble first."""
    found = documents_sources.health(screen.workspace, now=now())
    ranks = dict(zip(_ORDER, range(len(_ORDER)), strict=True))
    return found.sort(pl.col("state").replace_strict(ranks, return_dtype=pl.Int8), "source")


def draw(screen: Screen, sources: pl.DataFrame) -> None:
    """The table of sources, and the way to their page."""
    _ = screen._
    if sources.is_empty():
        empty(screen, _("No source yet"), [_("Add feeds on the page Sources: by address, ready-made, or from a file.")])
    else:
        tables.show(
            screen,
            shown(screen, sources),
            titles=column_names(_),
            alternative=_("Sources with the outcome of their last poll."),
            key="sources",
            **layout(sources),
        )
        export(screen, sources, "sources")
    link(screen, "sources", _("Go to Sources"))


def layout(sources: pl.DataFrame) -> dict[str, Any]:
    """What `tables.show` is to draw: problems are told in a sentence, and need room where there are any."""
    well = sources["error"].null_count() == sources.height and not sources["state"].is_in(_TOLD_BY_STATE).any()
    wide = [name for name in _WIDE if name != "error" or not well]
    return {"widths": _WIDTHS, "wide": wide, "phone": _PHONE, "lines": 1 if well else 3}


def shown(screen: Screen, sources: pl.DataFrame) -> pl.DataFrame:
    """The columns people read, in words."""
    _ = screen._
    states = source_words.state_names(_)
    outcomes = source_words.outcome_names(_)
    return sources.select(
        "source",
        pl.col("state").replace_strict(states, default=pl.col("state")).alias("health"),
        "network",
        "last_success_at",
        "entries",
        "mentions",
        "last_week_per_day",
        "per_day",
        pl.col("outcome").replace_strict(outcomes, default=pl.col("outcome")).alias("outcome"),
        "interval_minutes",
        "next_check_at",
        "last_mention_at",
        _problems(screen, sources),
        "http_status",
        "failures",
        "lag_minutes",
        "missed_since",
        "missed_until",
        _cures(screen, sources),
        pl.col("url").alias("address"),
    )


def _problems(screen: Screen, sources: pl.DataFrame) -> pl.Series:
    """What is wrong: the last poll's error, else what its state means."""
    told = [
        in_language(row["error"], screen._) if row["error"] else _trouble(screen, row) for row in sources.to_dicts()
    ]
    return pl.Series("error", told, dtype=pl.String)


def _trouble(screen: Screen, row: dict[str, Any]) -> str | None:
    return source_words.advice(row, screen._, zone=screen.zone) if row["state"] in _TOLD_BY_STATE else None


def _cures(screen: Screen, sources: pl.DataFrame) -> pl.Series:
    told = [source_words.cure(row, screen._, zone=screen.zone) for row in sources.to_dicts()]
    return pl.Series("cure", told, dtype=pl.String)


def column_names(_: Translator) -> dict[str, str]:
    return {
        "health": _("Health"),
        "error": _("Problem"),
        "source": _("Source"),
        "network": _("Network"),
        "address": _("Address"),
        "outcome": _("Last poll"),
        "last_success_at": _("Last success"),
        "next_check_at": _("Next poll"),
        "interval_minutes": _("Every (minutes)"),
        "http_status": _("HTTP"),
        "entries": _("Entries"),
        "mentions": _("Mentions stored"),
        "last_week_per_day": _("A day, last week"),
        "per_day": _("Habit a day"),
        "last_mention_at": _("Newest mention"),
        "failures": _("Failures"),
        "lag_minutes": _("Unheard (min)"),
        "missed_since": _("Missed since"),
        "missed_until": _("Missed until"),
        "cure": _("What to do"),
    }
