"""earned's own visits file: one row a visit (session) to the shop.

`visit_id,visitor,time,landing_url,referrer,order_id,customer`; visit_id, order_id and customer may be left out, and
`duration_seconds,pageviews,kind` may be there. kind is visit (also where it is empty) or view: an advertisement or post
that was seen and not clicked, whose tags stand in landing_url; it counts only where view-through is switched on.
Visitor and customer become keyed hashes; parameters that tell who somebody is are cut from the URLs before they are
kept.
"""

from __future__ import annotations

import polars as pl

from attribution.inputs.cells import (
    Check,
    columns,
    leave_out,
    no_nulls,
    put_aside,
    unreadable,
    whole_numbers,
    with_cells,
)
from attribution.inputs.times import clock_note, instants
from attribution.inputs.touches import touches
from attribution.journeys import VIEW
from config.intake import Layout, Parsed, ReadContext, TextTable

COLUMNS = ("visit_id", "visitor", "time", "landing_url", "referrer", "order_id", "customer")
_COUNTS = ("duration_seconds", "pageviews")
_KINDS = ("visit", "click", "view")


def read_visits(table: TextTable, context: ReadContext) -> Parsed:
    """The table touches. Needs a visitor and a time; a visit without an id is known by visitor, time and landing."""
    rows, skipped = leave_out(columns(table, (*COLUMNS, *_COUNTS, "kind")))
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in (*COLUMNS, "kind") if name != "time")
    rows = rows.with_columns(pl.col("kind").str.to_lowercase())
    read = {name: whole_numbers(rows[name]) for name in _COUNTS}
    read["touched_at"] = instants(rows["time"], zone=context.timezone, order=context.order)
    rows, rejected = put_aside(with_cells(rows, read), _CHECKS)
    rows = rows.rename({"order_id": "order_ref"})
    seen = rows.filter(pl.col("kind") == "view")["source_line"].implode()
    viewed = pl.when(pl.col("source_line").is_in(seen)).then(pl.lit(VIEW)).otherwise("evidence")
    seen_rows = touches(rows, context).with_columns(evidence=viewed)
    return Parsed({"touches": seen_rows}, rejected, skipped, warnings=clock_note(read["touched_at"]))


_CHECKS = (
    Check("missing_visitor", "the visit names no visitor", pl.col("visitor").is_null(), ("time",)),
    Check("bad_time", "the time is missing or cannot be read", pl.col("touched_at").is_null(), ("time",)),
    Check(
        "unknown_kind",
        "kind is neither visit nor view",
        pl.col("kind").is_not_null() & ~pl.col("kind").is_in(_KINDS),
        ("time", "kind"),
    ),
    Check("bad_number", "duration or pageviews is no count", pl.any_horizontal(map(unreadable, _COUNTS)), ("time",)),
)

EARNED_VISITS = Layout(
    id="earned_visits",
    title=f"visits ({', '.join(COLUMNS)})",
    headers=frozenset({"visitor", "time", "landing_url", "referrer"}),
    sink="facts",
    read=read_visits,
    row_by_row=True,
)
