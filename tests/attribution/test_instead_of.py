"""An import that takes another's place is judged without it."""

from __future__ import annotations

import pytest

from config.workspace import Workspace
from tests.ui.pages import NOW
from ui import pipeline

PERIOD = "date_from,date_to,platform,campaign,cost,currency\n01/02/2026,05/02/2026,meta,spring,30,EUR\n"
AMOUNT = 'date,platform,campaign,cost,currency\n2026-06-10,meta,spring,"1,234",EUR\n'
META = (
    "Campaign name,Day,Amount spent,Link clicks,Impressions,Currency\nSpring,01/02/2026,30,1,5,EUR\n"
    "Spring,03/02/2026,30,1,5,EUR\nOld,02/02/2026,30,1,5,EUR\n"
)


@pytest.mark.parametrize(
    ("text", "first", "then", "rows"),
    [
        (PERIOD, {"order": "dmy"}, {"order": "mdy"}, 1),  # would be costs told twice, in two periods
        (AMOUNT, {"decimal": ","}, {"decimal": "."}, 1),  # would be a tie of two exports
        (META, {"order": "dmy"}, {"order": "mdy"}, 3),  # would lack what the older export held
    ],
    ids=["another grain", "another amount", "other days"],
)
def test_a_file_read_anew_is_not_held_against_its_first_reading(
    workspace: Workspace, text: str, first: dict[str, str], then: dict[str, str], rows: int
) -> None:
    file = workspace.folder / "s.csv"
    file.write_text(text, encoding="utf-8")
    pipeline.take_file(workspace, file, now=NOW, **first)  # type: ignore[arg-type]
    report = pipeline.take_file(workspace, file, now=NOW, **then)  # type: ignore[arg-type]
    assert report.error is None
    assert (report.accepted, report.duplicates, report.replaced) == (rows, 0, [1])
    assert report.warnings == ["Import 1 of the same file, which was read otherwise, was taken back."]
