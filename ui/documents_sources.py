"""Sources set up, changed and looked at: what the commands and the page Sources both do. Changes go to earned.toml."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from config import settings_file
from config.settings import SettingsError
from config.workspace import Workspace
from listener import recipes
from listener.collect import SessionFactory
from listener.discover import Candidate, Discovery, find_feeds
from listener.fetch import open_session
from listener.health import read_health
from listener.opml import Opml, read_opml, write_opml
from listener.source_keys import let_go
from listener.sources import INSIDE, Decided, Wanted, decide, unfit
from ui import recipe_words
from ui.documents import plain


def health(workspace: Workspace, *, now: dt.datetime) -> pl.DataFrame:
    """`listener.health.read_health` of the workspace's sources; a simulated shop is not meant to be polled."""
    return read_health(
        workspace.engine,
        workspace.settings.source,
        now=now,
        running=not workspace.settings.workspace.simulated,
    )


def listed(workspace: Workspace, *, now: dt.datetime) -> dict[str, Any]:
    """Every source with its health."""
    return {"rows": [plain(row) for row in health(workspace, now=now).to_dicts()]}


async def look(
    address: str, *, allow_private: bool, now: dt.datetime, session_factory: SessionFactory = open_session
) -> Discovery:
    """The feeds at or behind an address, each tried."""
    return await find_feeds(address, allow_private=allow_private, now=now, session_factory=session_factory)


def wanted_of(
    found: Candidate, *, name: str | None, network: str | None, interval: str | None, allow_private: bool
) -> Wanted:
    """A feed that was found, as a source to be added."""
    return Wanted(found.url, name or found.title, network, interval, allow_private)


def wanted_of_recipe(
    chosen: recipes.Recipe,
    values: Mapping[str, str],
    *,
    name: str | None = None,
    interval: str | None = None,
    allow_private: bool = False,
) -> Wanted:
    """What a recipe makes of values, as a source to be added. Raises RecipeError."""
    url = recipes.build_url(chosen, values)
    shown = name or recipes.suggested_name(chosen, values)
    return Wanted(url, shown, chosen.network, interval or chosen.interval, allow_private)


def add(workspace: Workspace, wanted: Sequence[Wanted]) -> list[Decided]:
    """Write what can be added to earned.toml; one decision each. Raises SettingsError, then nothing is written."""
    decided = decide(wanted, workspace.settings.source)
    rows = [one.as_row() for one in decided if one.outcome == "added"]
    if rows:
        settings_file.add_sources(workspace.folder, rows)
    return decided


def import_opml(workspace: Workspace, data: bytes, *, file: str, allow_private: bool = False) -> dict[str, Any]:
    """Add the feeds of an OPML file; a row a line: added, already_there, or refused and why. Raises OpmlError.

    `allow_private`: those inside the private network too; of public addresses nothing more is allowed than else.
    """
    found = read_opml(data)
    return _opml_report(add(workspace, _wanted_of(found, allow_private=allow_private)), found, file=file)


def _wanted_of(found: Opml, *, allow_private: bool) -> list[Wanted]:
    return [
        Wanted(
            outline.url,
            outline.name or None,
            allow_private=allow_private and unfit(outline.url or "", allow_private=False) == INSIDE,
            line=outline.line,
        )
        for outline in found.outlines
    ]


def _opml_report(decided: Sequence[Decided], found: Opml, *, file: str) -> dict[str, Any]:
    outcomes = [one.outcome for one in decided]
    return {
        "file": file,
        "added": outcomes.count("added"),
        "already_there": outcomes.count("already_there"),
        "refused": outcomes.count("refused"),
        "problem": found.problem,
        "rows": [
            {"line": one.line, "outcome": one.outcome, "name": one.name, "url": one.url, "reason": one.reason}
            for one in decided
        ],
    }


def tells_lines(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the lines of an OPML file tell its feeds apart: many programs write all of it on one."""
    return len({row["line"] for row in rows}) == len(rows)


def export_opml(workspace: Workspace) -> str:
    """The sources as OPML, in a folder for each network that is named."""
    rows = [(source.name, source.url, source.network) for source in workspace.settings.source]
    return write_opml(rows, title=workspace.settings.workspace.name)


def change(workspace: Workspace, name: str, **values: Any) -> None:
    """Set keys of a source in earned.toml: paused, interval ("30m"), network. Raises SettingsError."""
    settings_file.change_source(workspace.folder, name, values)


def remove(workspace: Workspace, name: str) -> None:
    """Take a source out of earned.toml; what it brought stays. Raises SettingsError."""
    settings_file.remove_source(workspace.folder, name)
    let_go(workspace.engine, name)


def added_document(asked: str, found: Discovery | None, decided: Decided | None, problem: str | None) -> dict[str, Any]:
    """What `sources add` prints."""
    added = decided is not None and decided.outcome == "added"
    return {
        "asked": asked,
        "candidates": [plain(asdict(one)) for one in found.candidates] if found else [],
        "added": {name: getattr(decided, name) for name in ("name", "url", "network", "interval")} if added else None,
        "problem": None if added else (decided.reason if decided else problem),
    }


def recipe_list() -> dict[str, Any]:
    """Every recipe in English, and how the networks without feeds come in."""
    hears, hints = recipe_words.hears(str), recipe_words.hints(str)
    rows = [
        {
            "recipe": one.id,
            "title": one.title,
            "needs": [_need_row(one.id, need) for need in one.needs],
            "interval": one.interval,
            "hears": hears[one.id],
            "how": hints.get(one.id),
        }
        for one in recipes.RECIPES
    ]
    without = [{"network": network, "instead": how} for network, how in recipe_words.without_feed(str).items()]
    return {"rows": rows, "without_feed": without}


def _need_row(recipe: str, need: recipes.Need) -> dict[str, Any]:
    told = {name: getattr(need, name) for name in ("name", "example", "default", "needed")}
    return told | {"label": recipe_words.need_name(recipe, need.name, str)}


def read_file(path: Path) -> bytes:
    """The bytes of a file somebody names. Raises SettingsError with what is wrong."""
    try:
        return path.read_bytes()
    except OSError as exc:
        raise SettingsError(
            file=path, line=None, key="", problem=f"the file cannot be read: {exc.strerror}", cure="Check its name"
        ) from exc
