from __future__ import annotations

import datetime as dt
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from filelock import FileLock

from config import backup
from config.backup import BackupError, restore_backup, write_backup
from config.database import writing
from config.forgotten import add_forgotten, forgotten_keys
from config.workspace import Workspace, open_workspace
from listener.mentions import Mention
from listener.state import SourceState
from listener.store import count_mentions
from tests.polls import save_poll

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """A workspace with a mention and a file among its facts."""
    post = Mention("a" * 32, "blog", "rss", "web", "1", None, "acme kettle")
    save_poll(workspace.engine, source="blog", state=SourceState("blog", "u"), mentions=[post], now=NOW)
    (workspace.facts / "orders" / "_delta_log").mkdir(parents=True)
    (workspace.facts / "orders" / "part.parquet").write_bytes(b"PAR1" * 10)
    return workspace


def contents(folder: Path) -> dict[str, bytes]:
    kept = (file for file in folder.rglob("*") if file.is_file() and "earned.db" not in file.name)
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in kept if file.suffix != ".lock"}


def test_a_backup_put_back_elsewhere_is_the_same_workspace(shop: Workspace, tmp_path: Path) -> None:
    with writing(shop.engine) as connection:  # committed, yet still in the write-ahead log
        connection.execute(sa.text("update mentions set domain = 'x.example'"))
    made = write_backup(shop, tmp_path / "b.zip", now=NOW)
    assert (made.mentions, made.imports, made.made_at) == (1, 0, "2026-06-30T12:00:00Z")
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    told = restore_backup(tmp_path / "b.zip", tmp_path / "elsewhere", now=NOW)
    assert (told.mentions, told.set_aside, told.files) == (1, None, made.files)
    assert contents(tmp_path / "elsewhere") == contents(shop.folder)
    back = open_workspace(tmp_path / "elsewhere")
    assert (back.key, count_mentions(back.engine)) == (shop.key, 1)
    with back.engine.connect() as connection:
        assert connection.scalar(sa.text("select domain from mentions")) == "x.example"


def test_nothing_is_overwritten_unasked(shop: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    write_backup(shop, file, now=NOW)
    with pytest.raises(BackupError, match="--force"):
        write_backup(shop, file, now=NOW)
    write_backup(shop, file, now=NOW, force=True)
    with pytest.raises(BackupError, match="--force"):
        restore_backup(file, shop.folder, now=NOW)
    before = contents(shop.folder)
    shop.engine.dispose()
    told = restore_backup(file, shop.folder, now=NOW, force=True)
    assert told.set_aside is not None
    assert contents(Path(told.set_aside)) == before
    assert count_mentions(open_workspace(shop.folder).engine) == 1


def spoilt(file: Path, out: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> Path:
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            changed = change(name, old.read(name))
            if changed:
                new.writestr(*changed)
    return out


def rename_in_manifest(name: str, data: bytes) -> tuple[str, bytes]:
    if name == backup.MANIFEST:
        told = json.loads(data)
        told["files"]["data/facts/../../../evil"] = told["files"].pop("data/facts/orders/part.parquet")
        return name, json.dumps(told).encode()
    return ("data/facts/../../../evil", data) if name.endswith("part.parquet") else (name, data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda name, data: (name, data[:-1] + b"?") if name.endswith("parquet") else (name, data), "damaged"),
        (lambda name, data: None if name.endswith("parquet") else (name, data), "no item"),
        (lambda name, data: None if name == backup.MANIFEST else (name, data), "no backup"),
        (lambda name, data: (name, b'{"format": 99}') if name == backup.MANIFEST else (name, data), "another version"),
        (rename_in_manifest, "no part of a workspace"),
    ],
    ids=["changed", "missing", "no manifest", "from the future", "leads outside"],
)
def test_a_damaged_or_hostile_file_changes_nothing(
    shop: Workspace, tmp_path: Path, change: Callable[[str, bytes], tuple[str, bytes] | None], words: str
) -> None:
    write_backup(shop, tmp_path / "b.zip", now=NOW)
    file = spoilt(tmp_path / "b.zip", tmp_path / "c.zip", change)
    with pytest.raises(BackupError, match=words):
        restore_backup(file, tmp_path / "place", now=NOW)
    assert list((tmp_path / "place").iterdir()) == []
    assert not (tmp_path / "evil").exists()


def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no zip")
    for name in ("x", "absent"):
        with pytest.raises(BackupError, match="no backup"):
            restore_backup(tmp_path / name, tmp_path / "place", now=NOW)


def test_a_running_import_is_waited_for(shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_WAIT", 0.05)
    with FileLock(shop.data / "import.lock"), pytest.raises(BackupError, match="an import is running"):
        write_backup(shop, tmp_path / "b.zip", now=NOW)
    assert [file.name for file in tmp_path.iterdir()] == ["shop"]


@pytest.mark.parametrize("stuck", ["data", "earned.toml"])
def test_what_cannot_be_moved_leaves_everything_in_its_place(
    shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stuck: str
) -> None:
    write_backup(shop, tmp_path / "b.zip", now=NOW)
    before, rename = contents(shop.folder), Path.rename

    def busy(self: Path, target: Path) -> Path:
        if self == shop.folder / stuck or (stuck == "earned.toml" and self.parent.name.startswith(".restore-")):
            raise OSError(16, "Device or resource busy")  # as where a container mounts data/
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(BackupError, match="busy"):
        restore_backup(tmp_path / "b.zip", shop.folder, now=NOW, force=True)
    assert contents(shop.folder) == before
    assert not list(shop.folder.glob("before-restore-*"))


def test_who_was_forgotten_since_the_backup_stays_kept_out(shop: Workspace, tmp_path: Path) -> None:
    add_forgotten(shop.engine, [1], now=NOW)
    write_backup(shop, tmp_path / "b.zip", now=NOW)
    add_forgotten(shop.engine, [2, 3], now=NOW)
    shop.engine.dispose()
    assert restore_backup(tmp_path / "b.zip", tmp_path / "elsewhere", now=NOW).kept_forgotten is None
    assert forgotten_keys(open_workspace(tmp_path / "elsewhere").engine) == [1]
    assert restore_backup(tmp_path / "b.zip", shop.folder, now=NOW, force=True).kept_forgotten == 2
    assert forgotten_keys(open_workspace(shop.folder).engine) == [1, 2, 3]


def test_another_workspaces_forgotten_say_nothing_here(shop: Workspace, tmp_path: Path) -> None:
    write_backup(shop, tmp_path / "b.zip", now=NOW)
    add_forgotten(shop.engine, [2], now=NOW)
    shop.engine.dispose()
    (shop.data / "hash.key").write_bytes(b"x" * 32)
    assert restore_backup(tmp_path / "b.zip", shop.folder, now=NOW, force=True).kept_forgotten is None
    assert forgotten_keys(open_workspace(shop.folder).engine) == []


def test_a_database_that_cannot_be_read_does_not_stop_its_backup(shop: Workspace, tmp_path: Path) -> None:
    write_backup(shop, tmp_path / "b.zip", now=NOW)
    shop.engine.dispose()
    for file in shop.data.glob("earned.db*"):
        file.unlink()
    (shop.data / "earned.db").write_bytes(b"no database" * 500)
    assert restore_backup(tmp_path / "b.zip", shop.folder, now=NOW, force=True).kept_forgotten is None


def test_what_cannot_be_put_back_either_is_said_with_its_place(
    shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_backup(shop, tmp_path / "b.zip", now=NOW)
    rename = Path.rename

    def busy(self: Path, target: Path) -> Path:
        if "before-restore" not in str(target):
            raise OSError(16, "Device or resource busy")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(BackupError, match=r"it lies in .*before-restore-"):
        restore_backup(tmp_path / "b.zip", shop.folder, now=NOW, force=True)
    monkeypatch.undo()
    with pytest.raises(BackupError, match=r"before-restore-.* cut off"):  # and the next try does not bury it
        restore_backup(tmp_path / "b.zip", shop.folder, now=NOW)
