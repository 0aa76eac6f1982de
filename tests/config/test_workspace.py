from __future__ import annotations

import multiprocessing
import stat
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from config.workspace import KEY_BYTES, Workspace, WorkspaceError, open_workspace, write_starter

Make = Callable[..., Workspace]


def _key(folder: Path) -> bytes:
    return open_workspace(folder).key


def test_the_key_is_made_once_and_only_its_owner_reads_it(make_workspace: Make) -> None:
    first, second = make_workspace(), make_workspace()
    assert first.key == second.key
    assert len(first.key) == KEY_BYTES
    assert stat.S_IMODE((first.data / "hash.key").stat().st_mode) == 0o600
    assert [file.name for file in first.data.iterdir() if "hash.key" in file.name] == ["hash.key"]


def test_processes_that_begin_at_once_share_one_key(tmp_path: Path) -> None:
    write_starter(tmp_path)
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert len(set(pool.map(_key, [tmp_path] * 3))) == 1


@pytest.mark.parametrize("damaged", [b"", b"short"])
def test_a_damaged_key_is_refused(make_workspace: Make, damaged: bytes) -> None:
    workspace = make_workspace()
    (workspace.data / "hash.key").write_bytes(damaged)
    with pytest.raises(WorkspaceError, match="damaged"):
        make_workspace()


def test_keyed_hashes_fold_case_and_blanks_and_keep_unknown(workspace: Workspace) -> None:
    found = workspace.keyed_hash(pl.Series([" Ann@Example.invalid", "ann@example.invalid ", "", None, "bob"])).to_list()
    assert found[0] == found[1] != found[4]
    assert found[2:4] == [None, None]


def test_two_workspaces_hash_differently(make_workspace: Make) -> None:
    names = pl.Series(["ann"])
    assert make_workspace(folder="a").keyed_hash(names)[0] != make_workspace(folder="b").keyed_hash(names)[0]


def test_the_database_has_every_table_of_the_code(workspace: Workspace) -> None:
    """The migrations and the tables' definitions say the same."""
    import sqlalchemy as sa

    import listener.tables  # noqa: F401
    from config.database import metadata

    stored = sa.inspect(workspace.engine)
    for table in metadata.tables.values():
        there = {column["name"] for column in stored.get_columns(table.name)}
        assert there == {column.name for column in table.columns}, table.name
