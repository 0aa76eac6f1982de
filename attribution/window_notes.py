"""What an import is told of costs and sums that a newer export of their days does not hold: which, and what to do."""

from __future__ import annotations

import polars as pl

from attribution.tables import Table
from attribution.windows import Absent

_SHOWN = 3


def absent_notes(table: Table, found: Absent, *, import_id: int) -> list[str]:
    """Sentences on rows that the newer of two exports lacks; `import_id` is the new import."""
    notes = []
    if found.gone.height:
        notes.append(
            f"{_what(table, found.gone)} of {_imports(found.gone)} lie in the days of this export, which does not hold "
            "them any more: they no longer count. If it was exported for a part of them only, take it back (`earned "
            f"imports undo {import_id}`, or on the page Data), and import it under an account name of its own "
            "(--account)."
        )
    if found.ours.height:
        notes.append(
            f"{_what(table, found.ours)} in this file lie in the days of a newer export, which does not hold them: "
            "they do not count. If that one was exported for a part of them only, take it back, and import it under an "
            "account name of its own (--account)."
        )
    if found.left.height:
        notes.append(
            f"{_what(table, found.left)} of {_imports(found.left)} lie in the days of this export, which does not hold "
            "their campaigns: they still count. If they were renamed or taken out, import this file again with the day "
            "it was exported on (--exported-at 2026-11-20); then they no longer count."
        )
    return notes


def otherwise_notes(theirs: pl.DataFrame, ours: pl.DataFrame) -> list[str]:
    """Costs that one export knows by name and another by the platform's ids: which of the two count."""
    notes = []
    if theirs.height:
        notes.append(
            f"Costs of {_sums(theirs)} of {_imports(theirs)} are those of campaigns of the same name and days in this "
            "file: they count once, as this file states them."
        )
    if ours.height:
        notes.append(
            f"Costs of {_sums(ours)} in this file are those of campaigns of the same name and days that an earlier "
            "import knows by the platform's ids: they count once, as that import states them. If this file is the "
            "newer one, import it again with the day it was exported on (--exported-at 2026-11-20)."
        )
    return notes


def _what(table: Table, rows: pl.DataFrame) -> str:
    """`Costs of 20.00 EUR ("Old", "Older" and 2 more, 2026-05-01 to 2026-05-03)`; of sums of traffic: `Rows of
    traffic_daily (5: "Old", 2026-05-01)`, with their number."""
    spend = table.name == "spend"
    names = rows["campaign" if spend else "value"].drop_nulls().unique().sort().to_list()
    named = ", ".join(f'"{name[:60]}"' for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    first, last = rows.select(pl.col("date_from").min(), pl.col("date_to").max()).row(0)
    days = f"{first}" if first == last else f"{first} to {last}"
    which = f"{named}{more}, {days}" if names else days
    return f"Costs of {_sums(rows)} ({which})" if spend else f"Rows of {table.name} ({rows.height}: {which})"


def _imports(rows: pl.DataFrame) -> str:
    return " and ".join(f"import {number}" for number in rows["import_id"].unique().sort())


def _sums(costs: pl.DataFrame) -> str:
    sums = costs.group_by("currency").agg(pl.col("cost").sum()).sort("currency")
    return " and ".join(f"{cost:,.2f} {code}" for code, cost in sums.iter_rows())
