"""The catalogue of malformed files: what a case is, and how the import door is asked about it.

Outcomes: A accepted as it is, N normalised, Q rows put aside with a reason, R the file refused with a sentence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from config.intake import ImportReport, list_quarantine, take_in
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
SPEND = "date,platform,campaign,cost,currency\n"
ROW = "2026-05-01,meta,spring,12.50,EUR\n"
COUNTED = "date,platform,campaign,cost,currency,impressions\n"
ORDERS = "order_id,ordered_at,total,currency\n"
_COUNTS = ("accepted", "updated", "duplicates", "quarantined", "skipped")
_DOCS = Path(__file__).resolve().parents[2] / "docs" / "imports.md"


@dataclass(frozen=True)
class Case:
    """One malformation as a small file of its own. `item`: the row of the catalogue in docs/imports.md it shows.

    `values` are those of `column` (table.column) after the import, as text and sorted; `aside` the rows put aside as
    (line, reason); `said` words of a warning, of the message of the first row put aside (Q) or of the refusal (R).
    """

    item: str
    outcome: str
    data: str | bytes
    accepted: int = 1
    skipped: Mapping[str, int] = field(default_factory=dict)
    aside: Sequence[tuple[int, str]] = ()
    column: str = "spend.cost"
    values: Sequence[str] | None = None
    said: str = ""
    options: Mapping[str, object] = field(default_factory=dict)


def bring(workspace: Workspace, data: str | bytes, *, name: str = "file.csv", **options: object) -> ImportReport:
    """Import bytes through the public door; every row is counted once."""
    path = workspace.folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    sinks = {"facts": Facts(workspace.facts, workspace.engine)}
    report = take_in(workspace, path, layouts=LAYOUTS, sinks=sinks, now=NOW, **options)  # type: ignore[arg-type]
    assert report.read == sum(getattr(report, count) for count in _COUNTS)
    return report


def stored(workspace: Workspace, column: str) -> list[str]:
    """The values of `table.column` as text, sorted."""
    table, name = column.split(".")
    return sorted(str(value) for value in Facts(workspace.facts, workspace.engine).scan(table).collect()[name])


def check(workspace: Workspace, case: Case) -> ImportReport:
    """Import the case's file and hold the answer against what the catalogue promises."""
    report = bring(workspace, case.data, **case.options)
    aside = sorted((row["line"], row["reason"]) for row in list_quarantine(workspace.engine))
    if case.outcome == "R":
        assert report.error is not None
        assert case.said in report.error
        assert report.error.isprintable()  # a stranger's bytes are not handed on
        assert (report.id, report.read, aside) == (None, 0, [])
        return report
    assert report.error is None
    assert (report.accepted, report.quarantined) == (case.accepted, len(case.aside))
    assert {reason: n for reason, n in report.reasons.items() if reason in case.skipped} == dict(case.skipped)
    assert report.skipped == sum(case.skipped.values())
    assert aside == sorted(case.aside)
    if case.values is not None:
        assert stored(workspace, case.column) == sorted(case.values)
    told = [*report.warnings, *(row["message"] for row in list_quarantine(workspace.engine))]
    assert any(case.said in text for text in told) or not case.said
    return report


def documented(section: str) -> dict[str, str]:
    """The catalogue as docs/imports.md has it: item -> outcome, of one of its tables."""
    text = _DOCS.read_text(encoding="utf-8").split(f"### {section}\n", 1)[1].split("\n#", 1)[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")][2:]
    return {row[0].strip().replace("\\", ""): row[1].strip() for row in rows}


Door = Callable[[Case], ImportReport]
