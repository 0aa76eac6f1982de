"""Rows dated after the day they are imported on: orders, visits, costs that cannot have happened yet."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl

from config.layouts import Parsed
from config.reading import Rejected

AHEAD = dt.timedelta(days=1)  # what zones and wrong clocks may be ahead
_TIMES = ("ordered_at", "touched_at", "converted_at", "starts_at")
_SUMS = ("traffic_daily", "account_daily", "search_queries")  # an analytics tool's own figures, in no sum of ours
_POSTED = "published_at"
_HEARD = ("mentions",)  # somebody else's post is there, whatever a clock says: it is kept, dated when it was heard
_MESSAGE = "the date lies in the future"


def without_future(parsed: Parsed, *, now: dt.datetime) -> Parsed:
    """Rows later than a day after `now` are put aside (`future_date`); own posts later than that are planned, left
    out as `scheduled`. All records of such a file line go, and lines that went into it.

    The time of the export is never taken from such a row: it would make an old file the newest for ever.
    """
    until = now + AHEAD
    late = _lines(parsed, _TIMES, until)
    planned = _lines(parsed, (_POSTED,), until) - late
    exported = parsed.exported_at
    parsed = replace(parsed, exported_at=None if exported is not None and exported > until else exported)
    if not late and not planned:
        return parsed
    parts = {line: first for line, first in parsed.part_of.items() if first in late | planned}
    late |= {line for line, first in parts.items() if first in late}
    planned |= {line for line, first in parts.items() if first in planned}
    gone = [*late, *planned]
    return replace(
        parsed,
        tables={name: frame.filter(~pl.col("source_line").is_in(gone)) for name, frame in parsed.tables.items()},
        rejected=[*parsed.rejected, *(Rejected(line, "future_date", _MESSAGE) for line in sorted(late))],
        skipped={**parsed.skipped, **dict.fromkeys(planned, "scheduled")},
        part_of={line: first for line, first in parsed.part_of.items() if line not in parts},
    )


def _lines(parsed: Parsed, names: tuple[str, ...], until: dt.datetime) -> set[int]:
    found: set[int] = set()
    for table, frame in parsed.tables.items():
        for name in names if table not in (*_SUMS, *_HEARD) else ():
            if name in frame.columns and frame.schema[name].is_temporal():
                found |= set(frame.filter(pl.col(name) > until)["source_line"].to_list())
    return found
