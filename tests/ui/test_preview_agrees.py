"""What the preview says of a file is what its import does: rows read, left out with reasons, put aside."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from config.workspace import Workspace
from tests.attribution.test_inputs_golden import CASES, NOW, PAIRS
from ui import imports, pipeline

MENTIONS = Path(__file__).parents[1] / "data" / "mention_exports"
FILES = [*(PAIRS / case for case in CASES), *sorted(path for path in MENTIONS.iterdir() if path.is_file())]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_preview_says_what_the_import_does(workspace: Workspace, path: Path) -> None:
    seen = imports.look(workspace, path)
    report = pipeline.take_file(workspace, path, now=NOW)
    assert (seen.error is None) == (report.error is None)
    tables = seen.recognised
    others = sum(table.rows_read for table in seen.tables if table.layout is None and tables)  # named as left out
    assert sum(table.rows_read for table in tables) + others == report.read
    aside = Counter(row.reason for table in tables for row in table.rejected)
    left_out: Counter[str] = sum((Counter(table.skipped) for table in tables), Counter())
    assert dict(aside + left_out + Counter({"other_table": others})) == dict(report.reasons)
    records = sum((Counter(table.records) for table in tables), Counter())
    if report.layout and not report.layout.startswith("access"):
        assert set(+records) == {name for name, n in report.tables.items() if n}
