"""What came of an import: the answer for one file, in which every row is counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from config.layouts import Layout, Parsed, Written
from config.reading import Rejected, TextTable

_NAMED_TABLES = 5
Assigned = Sequence[tuple[TextTable, Layout | None]]


@dataclass(frozen=True)
class ImportReport:
    """The answer for one file; the counts add up to `read`.

    `clashes`: imports that stand in the way of a refused file; `replaced`: those that it took back instead.
    `encoding`: how its letters were read, where it is text.
    """

    id: int | None
    file: str
    layout: str | None
    read: int = 0
    accepted: int = 0
    updated: int = 0
    duplicates: int = 0
    quarantined: int = 0
    skipped: int = 0
    error: str | None = None
    tables: Mapping[str, int] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    clashes: Sequence[int] = ()
    replaced: Sequence[int] = ()
    encoding: str | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)  # of `reasons`, those of the rows `skipped`

    @property
    def kept_aside(self) -> dict[str, int]:
        """Of `reasons`, those of the rows in quarantine."""
        return dict(Counter(self.reasons) - Counter(self.left_out))

    def as_json(self) -> dict[str, Any]:
        names = ("id", "file", "layout", "read", "accepted", "updated", "duplicates", "quarantined", "skipped", "error")
        document: dict[str, Any] = {name: getattr(self, name) for name in names}
        return document | {
            "tables": dict(self.tables),
            "warnings": list(self.warnings),
            "reasons": dict(self.reasons),
            "clashes": list(self.clashes),
            "replaced": list(self.replaced),
            "encoding": self.encoding,
        }


def report_of(
    import_id: int,
    file: str,
    layout: str,
    tables: Sequence[TextTable],
    parts: Iterable[Parsed],
    written: Sequence[Written],
) -> ImportReport:
    """Each line counts once: rejected, else skipped, else what the sinks did with it."""
    parts = list(parts)
    stored = [row for one in written for row in one.rejected]
    rejected = {row.line: row.reason for row in [*all_rejected(tables, parts), *stored]}
    left_out = [*(table.skipped for table in tables), *(part.skipped for part in parts)]
    left_out += [one.skipped for one in written]
    skipped = {line: why for some in left_out for line, why in some.items() if line not in rejected}
    lines: dict[int, str] = {}
    for one in written:
        lines |= one.lines
    for part in parts:
        lines |= {line: lines[first] for line, first in part.part_of.items() if first in lines}
    outcome = Counter(what for line, what in lines.items() if line not in rejected and line not in skipped)
    counts: Counter[str] = Counter()
    for one in written:
        counts.update(one.tables)
    return ImportReport(
        id=import_id,
        file=file,
        layout=layout,
        read=sum(table.rows_read for table in tables),
        accepted=outcome["new"],
        updated=outcome["updated"],
        duplicates=outcome["same"],
        quarantined=len(rejected),
        skipped=len(skipped),
        tables=dict(counts),
        warnings=[
            *(text for table in tables for text in table.notices),
            *(text for part in parts for text in part.warnings),
            *(text for one in written for text in one.warnings),
        ],
        reasons=dict(Counter([*rejected.values(), *skipped.values()])),
        replaced=sorted({number for one in written for number in one.replaced}),
        left_out=dict(Counter(skipped.values())),
    )


def all_rejected(tables: Iterable[TextTable], parts: Iterable[Parsed]) -> list[Rejected]:
    return [row for table in tables for row in table.rejected] + [row for part in parts for row in part.rejected]


def added_up(one: ImportReport, other: ImportReport) -> ImportReport:
    counts = ("read", "accepted", "updated", "duplicates", "quarantined", "skipped")
    return replace(
        one,
        **{name: getattr(one, name) + getattr(other, name) for name in counts},
        tables=dict(Counter(one.tables) + Counter(other.tables)),
        reasons=dict(Counter(one.reasons) + Counter(other.reasons)),
        left_out=dict(Counter(one.left_out) + Counter(other.left_out)),
        warnings=list(dict.fromkeys([*one.warnings, *other.warnings])),
        clashes=sorted({*one.clashes, *other.clashes}),
        replaced=sorted({*one.replaced, *other.replaced}),
    )


def in_place_of(report: ImportReport, others: Sequence[int]) -> ImportReport:
    told = [f"Import {other} of the same file, which was read otherwise, was taken back." for other in others]
    return replace(report, replaced=sorted({*report.replaced, *others}), warnings=[*report.warnings, *told])


def without_charts(assigned: Assigned) -> Assigned:
    """The tables of an archive, those that repeat the figures of a recognised one by days left out with that reason."""
    whole = {layout.id for _, layout in assigned if layout and layout.whole_archive}
    return [
        (table, layout) if not whole or (layout and layout.id in whole) else (_as_repeated(table), None)
        for table, layout in assigned
    ]


def _as_repeated(table: TextTable) -> TextTable:
    lines = [*table.frame["source_line"].to_list(), *(row.line for row in table.rejected)]
    left_out = {**table.skipped, **dict.fromkeys(lines, "daily_row")}
    return replace(table, frame=table.frame.clear(), rejected=(), skipped=left_out)


def left_out_tables(assigned: Assigned) -> list[str]:
    """One sentence on the tables and sheets that no layout knows, beside those that were read."""
    others = [table for table, layout in assigned if layout is None and not table.frame.is_empty()]
    names = [f"{_table_name(table)} ({table.rows_read} rows)" for table in others[:_NAMED_TABLES]]
    more = f" and {len(others) - len(names)} more" if len(others) > len(names) else ""
    return [f"Of no known layout and left out: {', '.join(names)}{more}."] if others else []


def _table_name(table: TextTable) -> str:
    told = table.part or table.said.get("title") or ", ".join(table.headers[:3])
    return '"' + "".join(c if c.isprintable() else "?" for c in told)[:60] + '"'
