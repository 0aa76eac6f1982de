"""Queries tried out on the stored past, changed, and what a NOT would take out: for the commands and the pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from config.settings import BrandSettings, SettingsError
from config.settings_file import set_query
from config.workspace import Workspace, open_workspace
from listener import query_changes, texts
from listener.collect import make_plan
from listener.queries import Query, compile_query
from listener.rematching import rematch
from listener.rescoring import rescore
from listener.store import UnknownMentionError, read_by_id
from ui.documents import plain

Progress = Callable[[int, int], None]


def brand_of(workspace: Workspace, name: str | None) -> BrandSettings | None:
    """The brand of that name; without one the own brand, where there is but one. Raises SettingsError."""
    brands = workspace.settings.brand
    if name is None:
        own = [brand for brand in brands if brand.role == "own"]
        return own[0] if len(own) == 1 else None
    found = next((brand for brand in brands if brand.name == name), None)
    if found is None:
        known = ", ".join(brand.name for brand in brands) or "none"
        raise SettingsError(
            file=workspace.folder / "earned.toml",
            line=None,
            key="brand",
            problem=f"there is no brand {name!r}",
            cure=f"Known: {known}",
        )
    return found


def compiled(workspace: Workspace, text: str) -> Query:
    """A query as the collector reads it. Raises QueryError."""
    return compile_query(text, languages=workspace.settings.workspace.languages)


def query_test(
    workspace: Workspace,
    text: str,
    *,
    brand: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    limit: int = 20,
) -> dict[str, Any]:
    """What a query finds in all that was heard (or within days), and what it would add to and drop from what the
    brand's query of today finds. Raises QueryError, SettingsError."""
    query = compiled(workspace, text)
    chosen = brand_of(workspace, brand)
    present = compiled(workspace, chosen.match) if chosen else None
    zone = workspace.settings.zone
    first = dt.datetime.combine(since, dt.time(), tzinfo=zone).astimezone(dt.UTC) if since else None
    after = until + dt.timedelta(days=1) if until else None
    last = dt.datetime.combine(after, dt.time(), tzinfo=zone).astimezone(dt.UTC) if after else None
    found = query_changes.compare(workspace.engine, query, present=present, since=first, until=last, limit=limit)
    change = None
    if chosen:
        change = {
            "brand": chosen.name,
            "query": chosen.match,
            "matched": found.present,
            "added": found.added,
            "dropped": found.dropped,
            "added_rows": _rows(workspace, found.added_rows),
            "dropped_rows": _rows(workspace, found.dropped_rows),
        }
    return {
        "query": text,
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
        "read": found.read,
        "matched": found.matched,
        "reads_as": [{"depth": depth, "kind": kind, "term": term} for depth, kind, term in query.outline()],
        "rows": _rows(workspace, found.rows),
        "change": change,
    }


def _rows(workspace: Workspace, shown: Any) -> list[dict[str, Any]]:
    return [plain(row) for row in texts.shown_rows(workspace.engine, shown)]


def not_about_us(workspace: Workspace, mention_id: str, *, brand: str | None = None) -> dict[str, Any]:
    """What could stand behind NOT so that this mention is not the brand's any more, and what goes with it.

    Raises SettingsError where no brand is named and there are several, or none, UnknownMentionError.
    """
    if not read_by_id(workspace.engine, [mention_id]).height:
        raise UnknownMentionError(f"there is no mention {mention_id}; `earned mentions --json` shows the ids")
    chosen = brand_of(workspace, brand)
    if chosen is None:
        names = ", ".join(one.name for one in workspace.settings.brand) or "none"
        raise SettingsError(
            file=workspace.folder / "earned.toml",
            line=None,
            key="brand",
            problem="there is not one own brand",
            cure=f"Say which is meant; known: {names}",
        )
    found = query_changes.propose(
        workspace.engine,
        mention_id,
        brand=chosen.name,
        query=compiled(workspace, chosen.match),
        languages=workspace.settings.workspace.languages,
    )
    return {
        "mention_id": mention_id,
        "brand": chosen.name,
        "query": chosen.match,
        "rows": [asdict(one) for one in found],
    }


def use_query(
    workspace: Workspace, brand: str, text: str, *, progress: Progress | None = None, scoring: Progress | None = None
) -> dict[str, Any]:
    """Write a brand's query into earned.toml, and count and score what is stored again by it: `progress` hears of the
    mentions counted, `scoring` of those scored.

    Raises QueryError and SettingsError; then nothing is changed.
    """
    compiled(workspace, text)
    set_query(workspace.folder, brand, text)
    fresh = open_workspace(workspace.folder)
    try:
        return {"brand": brand, "query": text} | count_again(fresh, only=[brand], progress=progress, scoring=scoring)
    finally:
        fresh.engine.dispose()


def count_again(
    workspace: Workspace,
    *,
    only: list[str] | None = None,
    progress: Progress | None = None,
    scoring: Progress | None = None,
) -> dict[str, Any]:
    """Match and score the stored mentions again by the queries of earned.toml. Raises SettingsError."""
    plan = make_plan(workspace)
    told = rematch(workspace.engine, plan.brands, only=only, progress=progress)
    rescore(workspace.engine, brands=plan.brands, languages=plan.languages, progress=scoring)
    return told.as_json()
