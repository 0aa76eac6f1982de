"""The documents of the imports commands."""

from __future__ import annotations

import json
from typing import Any

from config import intake
from config.workspace import Workspace
from ui.documents import plain

COUNTS = ("read", "accepted", "updated", "duplicates", "quarantined", "skipped")
_SHOWN = 100_000  # rows kept aside; a file of more is refused long before


def listed(workspace: Workspace) -> dict[str, Any]:
    """Every import, newest first; its counts are null where it never came to counting."""
    names = ("id", "file_name", "layout", "account", "state", "finished_at", "error")
    ledger = intake.list_imports(workspace.engine)
    return {
        "rows": [
            {name: plain(row[name]) for name in names} | {name: row["counts"].get(name) for name in COUNTS}
            for row in ledger
        ]
    }


def quarantined(workspace: Workspace, *, import_id: int | None) -> dict[str, Any]:
    """Rows kept aside by imports that stand, newest first: all, or those of one import. `cells` holds the columns that
    the layout reads, never contacts or addresses."""
    kept = intake.list_quarantine(workspace.engine, limit=_SHOWN, import_id=import_id)
    names = ("import_id", "file_name", "line", "reason", "message")
    return {
        "rows": [{name: plain(row[name]) for name in names} | {"cells": json.loads(row["columns"])} for row in kept]
    }
