"""Facts and the database that says which of them are read stay together, or the workspace says that they do not."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from config.bond import MARK, ledger_id, read_mark
from config.database import writing
from config.intake import ImportReport, take_in
from config.workspace import Workspace, WorkspaceError, open_workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
Make = Callable[..., Workspace]


def bring(workspace: Workspace, name: str, day: int) -> ImportReport:
    path = workspace.folder / name
    path.write_text(f"date,platform,campaign,cost,currency\n2026-05-{day:02},meta,spring,10.00,EUR\n")
    sinks = {"facts": Facts(workspace.facts, workspace.engine)}
    return take_in(workspace, path, layouts=LAYOUTS, sinks=sinks, now=NOW)


def days(workspace: Workspace) -> list[int]:
    return [day.day for day in Facts(workspace.facts, workspace.engine).scan("spend").collect()["date_from"].sort()]


def remove_database(workspace: Workspace) -> None:
    workspace.engine.dispose()
    for file in workspace.data.glob("earned.db*"):
        file.unlink()


def test_every_database_has_an_id_of_its_own(make_workspace: Make) -> None:
    one, other = make_workspace(folder="one"), make_workspace(folder="other")
    assert ledger_id(one.engine)
    assert ledger_id(one.engine) != ledger_id(other.engine)
    assert ledger_id(open_workspace(one.folder).engine) == ledger_id(one.engine)
    mark = read_mark(one.facts)
    assert mark
    assert (mark.ledger, mark.last_import) == (ledger_id(one.engine), 0)


def test_facts_beside_a_new_database_are_refused_with_the_cure(workspace: Workspace) -> None:
    bring(workspace, "may.csv", 1)
    remove_database(workspace)
    with pytest.raises(WorkspaceError, match=r"belong to another database.*move .*facts away and import"):
        open_workspace(workspace.folder)
    with pytest.raises(WorkspaceError, match="belong to another database"):  # a refusal changes nothing
        open_workspace(workspace.folder)
    shutil.move(workspace.facts, workspace.folder / "old")
    fresh = open_workspace(workspace.folder)
    assert (bring(fresh, "june.csv", 2).accepted, days(fresh)) == (1, [2])


def test_facts_of_before_there_were_ids_are_refused_beside_an_empty_database_alone(workspace: Workspace) -> None:
    bring(workspace, "may.csv", 1)
    (workspace.facts / MARK).unlink()
    with writing(workspace.engine) as connection:
        connection.execute(sa.text("delete from ledger_ids"))
    adopted = open_workspace(workspace.folder)
    assert days(adopted) == [1]
    (workspace.facts / MARK).unlink()
    remove_database(adopted)
    with pytest.raises(WorkspaceError, match="belong to another database"):
        open_workspace(workspace.folder)


def test_a_database_swapped_under_an_open_workspace_takes_no_import(make_workspace: Make) -> None:
    one, other = make_workspace(folder="one"), make_workspace(folder="other")
    bring(one, "may.csv", 1)
    shutil.rmtree(other.facts)
    shutil.copytree(one.facts, other.facts)
    report = bring(other, "june.csv", 2)
    assert report.error is not None
    assert "belong to another database" in report.error


def test_an_older_database_from_a_backup_hides_nothing_new_and_shows_nothing_unknown(
    workspace: Workspace, tmp_path: Path
) -> None:
    bring(workspace, "first.csv", 1)
    workspace.engine.dispose()
    kept = shutil.copytree(workspace.data, tmp_path / "backup")
    bring(workspace, "second.csv", 2)
    remove_database(workspace)
    for file in kept.glob("earned.db*"):
        shutil.copy(file, workspace.data)
    restored = open_workspace(workspace.folder)
    assert days(restored) == [1]
    third = bring(restored, "third.csv", 3)
    assert (third.accepted, third.id, days(restored)) == (1, 3, [1, 3])
    assert (bring(restored, "second.csv", 2).accepted, days(restored)) == (1, [1, 2, 3])
