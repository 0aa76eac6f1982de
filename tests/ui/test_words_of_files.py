"""One file read more than once: its words are kept, what was read with others goes, and nothing of it counts twice."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest

from config.intake import ImportReport, list_imports
from config.text_tables import SameFileStandsError
from config.workspace import Workspace, open_workspace
from tests.ui.pages import NOW
from ui import imports, pipeline

T = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
HEAD = "date,platform,campaign,cost\n"
DAYS = HEAD + "05/06/2026,meta,spring,30\n"  # the fifth of June, or the sixth of May
AMOUNT = HEAD + '2026-06-10,meta,spring,"1,234"\n'  # a little more than one, or than a thousand
JUNE, MAY = dt.date(2026, 6, 5), dt.date(2026, 5, 6)


def take(space: Workspace, text: str | bytes, **options: Any) -> ImportReport:
    file = space.folder / "s.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    report = pipeline.take_file(space, file, now=NOW, **options)
    assert report.error is None, report.error
    return report


def costs(space: Workspace, *names: str) -> list[tuple[Any, ...]]:
    return pipeline.facts_of(space).scan("spend").select(names or ("date_from", "currency")).collect().rows()


def states(space: Workspace) -> list[str]:
    return [row["state"] for row in reversed(list_imports(space.engine))]


@pytest.mark.parametrize(
    ("first", "then", "stands"),
    [
        ({"order": "mdy"}, {"order": "dmy", "exported_at": T}, (JUNE, "EUR")),
        ({"order": "mdy", "exported_at": T}, {"order": "dmy"}, (JUNE, "EUR")),
        ({"order": "mdy"}, {"order": "dmy", "again": True}, (JUNE, "EUR")),
        ({"order": "mdy"}, {"currency": "USD", "exported_at": T}, (MAY, "USD")),
        ({"order": "mdy"}, {"currency": "USD", "again": True}, (MAY, "USD")),
        ({"order": "mdy"}, {"currency": "USD"}, (MAY, "USD")),
    ],
    ids=str,
)
def test_what_was_read_with_other_words_goes_whatever_its_time(
    workspace: Workspace, first: dict[str, Any], then: dict[str, Any], stands: tuple[dt.date, str]
) -> None:
    take(workspace, DAYS, **first)
    report = take(workspace, DAYS, **then)
    assert (report.accepted, report.replaced) == (1, [1])
    assert costs(workspace) == [stands]
    assert states(workspace) == ["undone", "done"]


@pytest.mark.parametrize("then", [{"exported_at": T}, {"again": True}], ids=str)
def test_words_that_are_not_said_again_hold(workspace: Workspace, then: dict[str, Any]) -> None:
    """A warning asks for the day of the export alone: the file is read as was said of it."""
    take(workspace, DAYS, order="mdy", currency="USD")
    report = take(workspace, DAYS, **then)
    assert (report.duplicates, report.replaced) == (1, [])
    assert costs(workspace) == [(MAY, "USD")]
    assert states(workspace) == ["done", "done"]


def test_decimals_hold_when_a_currency_is_said(workspace: Workspace) -> None:
    take(workspace, AMOUNT, decimal=",")
    take(workspace, AMOUNT, currency="USD")
    assert costs(workspace, "cost", "currency") == [(Decimal("1.2340"), "USD")]


def test_the_letters_hold_when_the_day_of_the_export_is_said(workspace: Workspace) -> None:
    text = (HEAD + "2026-06-10,meta,żółw,30\n").encode("cp1250")
    take(workspace, text, encoding="cp1250")
    before = costs(workspace, "campaign")
    assert take(workspace, text, exported_at=T).duplicates == 1
    assert costs(workspace, "campaign") == before
    assert take(workspace, text, encoding="cp1252", exported_at=T).replaced == [1, 2]
    assert len(costs(workspace)) == 1


def test_the_letters_of_an_archive_hold_as_well(workspace: Workspace) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in (1, 2):
            archive.writestr(f"{number}.csv", (HEAD + f"2026-06-1{number},meta,żółw,30\n").encode("cp1250"))
    take(workspace, packed.getvalue(), encoding="cp1252")
    assert take(workspace, packed.getvalue(), exported_at=T).duplicates == 2
    report = take(workspace, packed.getvalue(), encoding="cp1250", exported_at=T)
    assert (report.accepted, report.replaced) == (2, [1, 2])
    assert costs(workspace, "campaign") == [("żółw",)] * 2


def test_a_currency_is_another_one_when_the_business_s_own_was(workspace: Workspace) -> None:
    """What nothing was said of then was taken in the currency of then, not in that of today."""
    take(workspace, AMOUNT, decimal=".")
    settings = workspace.folder / "earned.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"EUR"', '"USD"'), encoding="utf-8")
    today = open_workspace(workspace.folder)
    assert today.settings.workspace.currency == "USD"
    assert take(today, AMOUNT).duplicates == 1, "nothing said is nothing new"
    report = take(today, AMOUNT, currency="USD")
    assert (report.accepted, report.replaced) == (1, [1])
    assert costs(today, "cost", "currency") == [(Decimal("1234.0000"), "USD")]


def test_an_import_comes_back_beside_the_same_file_read_alike(workspace: Workspace) -> None:
    """Both stood before; it counts once, as their rows are the same."""
    first = take(workspace, DAYS, order="dmy").id or 0
    take(workspace, DAYS, again=True)
    imports.undo(workspace, first, now=NOW)
    assert imports.redo(workspace, first, now=NOW)
    assert states(workspace) == ["done", "done"]
    assert costs(workspace) == [(JUNE, "EUR")]
    take(workspace, DAYS, currency="USD")
    with pytest.raises(SameFileStandsError, match="import 3"):
        imports.redo(workspace, first, now=NOW)


def test_the_preview_reads_as_the_import_would(workspace: Workspace) -> None:
    take(workspace, DAYS, order="mdy", currency="USD")
    (seen,) = imports.look(workspace, workspace.folder / "s.csv").tables
    assert seen.values["spend"].select("date_from", "currency").rows() == [(MAY, "USD")]
