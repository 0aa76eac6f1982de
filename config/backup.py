"""Backups: one file that holds a workspace whole, and the way back.

The database is copied by SQLite's own online backup, so that it may be written to meanwhile; facts are copied after it
and under the import lock, so that every import the copied ledger calls done is whole. The file holds the key of the
keyed hashes: it is as secret as the workspace.

    BackupError      it cannot be done; the text says why and what to do
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout

from config.workspace import Workspace

FORMAT = 1
MANIFEST = "backup.json"
SETTINGS, DATABASE, KEY, FACTS = "earned.toml", "data/earned.db", "data/hash.key", "data/facts"
_WAIT = 60.0  # seconds for a running import to end
_BLOCK = 1 << 20


class BackupError(Exception):
    """A backup cannot be made or put back; nothing was changed."""


@dataclass(frozen=True)
class Backup:
    """What a backup holds: `files` and their bytes as stored in the workspace, `mentions` and done `imports`."""

    path: str
    made_at: str
    files: int
    bytes: int
    mentions: int
    imports: int
    set_aside: str | None = None  # where a restore put what was there before
    kept_forgotten: int | None = None  # of a restore: people forgotten since the backup, still kept out; null: unknown


def write_backup(workspace: Workspace, target: Path, *, now: dt.datetime, force: bool = False) -> Backup:
    """Write the workspace to one file, whole or not at all. Raises BackupError."""
    if workspace.engine.dialect.name != "sqlite":
        raise BackupError(
            "the database is a server's; back it up with its own tool (pg_dump), and copy data/ beside it"
        )
    if target.exists() and not force:
        raise BackupError(f"{target} is there already; choose another name, or add --force to replace it")
    lock = FileLock(workspace.data / "import.lock")
    try:
        with lock.acquire(timeout=_WAIT), tempfile.TemporaryDirectory(dir=target.resolve().parent) as aside:
            copy = Path(aside) / "earned.db"
            _copy_database(workspace.engine, copy)
            backup = _pack(workspace, copy, Path(aside) / "backup.zip", now=now)
            os.replace(Path(aside) / "backup.zip", target)
    except Timeout as exc:
        raise BackupError("an import is running in this workspace; try again when it has ended") from exc
    except OSError as exc:
        raise BackupError(f"{target} cannot be written: {exc.strerror or exc}") from exc
    return Backup(str(target), **backup)


def _copy_database(engine: sa.Engine, copy: Path) -> None:
    """By the connection the engine has: a second library on the same file would drop its locks."""
    with contextlib.closing(sqlite3.connect(copy)) as out:
        held = engine.raw_connection()
        try:
            source = held.driver_connection
            if source is None:
                raise BackupError("the database is closed")
            source.backup(out)
        finally:
            held.close()
        out.execute("PRAGMA journal_mode=DELETE")
    _check_database(copy)


def _check_database(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as database:
        said = [row[0] for row in database.execute("PRAGMA quick_check(1)")]
    if said != ["ok"]:
        raise BackupError(f"the database is damaged ({said[0]}); put an older backup back with: earned restore FILE")


def _pack(workspace: Workspace, database: Path, out: Path, *, now: dt.datetime) -> dict[str, Any]:
    parts = {SETTINGS: workspace.folder / SETTINGS, DATABASE: database, KEY: workspace.folder / KEY}
    facts = workspace.folder / FACTS
    parts |= {f"{FACTS}/{f.relative_to(facts).as_posix()}": f for f in sorted(facts.rglob("*")) if f.is_file()}
    told = {"made_at": now.isoformat().replace("+00:00", "Z")} | _counts(database)
    sums: dict[str, str] = {}
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            for name, file in parts.items():
                sums[name] = _sha256(file)
                packed.write(file, name, zipfile.ZIP_STORED if name.endswith(".parquet") else None)
            packed.writestr(MANIFEST, json.dumps({"format": FORMAT, **told, "files": sums}, indent=1))
        stream.flush()
        os.fsync(stream.fileno())
    return told | {"files": len(parts), "bytes": sum(file.stat().st_size for file in parts.values())}


def _counts(database: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(database)) as held:
        asked = {
            "mentions": "select count(*) from mentions",
            "imports": "select count(*) from imports where state='done'",
        }
        return {name: int(held.execute(query).fetchone()[0]) for name, query in asked.items()}


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def restore_backup(source: Path, folder: Path, *, now: dt.datetime, force: bool = False) -> Backup:
    """Put a backup back as the workspace `folder`. Raises BackupError; then nothing was changed, or its text says where
    the old parts lie. Who was forgotten in the workspace that was there is kept out of the new one as well.

    What is there already is refused, or with `force` moved into a folder beside, named in the answer. Stop what runs on
    the workspace before.
    """
    if not force:
        _refuse_half_restored(folder)
    there = [folder / name for name in (SETTINGS, "data") if (folder / name).exists()]
    if there and not force:
        raise BackupError(f"{there[0]} is there already; choose an empty folder, or add --force to move it aside")
    folder.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".restore-", dir=folder))
    try:
        manifest = _unpack(source, fresh)
        _check_database(fresh / DATABASE)
        (fresh / FACTS).mkdir(parents=True, exist_ok=True)
        kept = _keep_forgotten(folder, fresh)
        aside = _exchange(fresh, there, folder, now=now)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, sqlite3.DatabaseError) as exc:
        raise BackupError(f"{source} cannot be put back: {exc}; it is no backup, or a damaged one") from exc
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    size = sum(file.stat().st_size for file in (folder / "data").rglob("*") if file.is_file())
    told = {name: manifest[name] for name in ("made_at", "mentions", "imports")}
    return Backup(
        str(folder),
        files=len(manifest["files"]),
        bytes=size,
        set_aside=str(aside) if aside else None,
        kept_forgotten=kept,
        **told,
    )


def _refuse_half_restored(folder: Path) -> None:
    """Raises BackupError where an earlier restore was cut off after it had moved the workspace aside."""
    if (folder / SETTINGS).exists():
        return
    left = sorted(place.parent for place in folder.glob(f"before-restore-*/{SETTINGS}"))
    if left:
        raise BackupError(
            f"{left[-1]} holds a workspace that an earlier restore moved aside, and none is here, as where that "
            f"restore was cut off. Move its {SETTINGS} and data/ back to {folder} (in place of a data/ that is there), "
            "or add --force to leave it where it is"
        )


def _keep_forgotten(old: Path, fresh: Path) -> int | None:
    """Write who was forgotten in the workspace `old` into the backup's database too; how many it did not know.

    None where nothing can be told: no workspace was there, its database cannot be read, or its keyed hashes are
    another key's.
    """
    before = old / DATABASE
    same_key = all((place / KEY).is_file() for place in (old, fresh)) and (
        (old / KEY).read_bytes() == (fresh / KEY).read_bytes()
    )
    if not same_key or not before.is_file():
        return None
    try:
        with contextlib.closing(sqlite3.connect(before)) as held:
            keys = held.execute("select key, at from forgotten").fetchall()
    except sqlite3.DatabaseError:  # damaged, which may be why a backup is put back, or older than forgetting
        return None
    try:
        with contextlib.closing(sqlite3.connect(fresh / DATABASE)) as database, database:
            return database.executemany("insert or ignore into forgotten values (?, ?)", keys).rowcount if keys else 0
    except sqlite3.OperationalError:  # the backup is older than forgetting: it has no place for them
        return None


def _exchange(fresh: Path, there: list[Path], folder: Path, *, now: dt.datetime) -> Path | None:
    """The new parts instead of the old ones, which are moved aside; all of it or nothing. Raises OSError."""
    aside = folder / f"before-restore-{now:%Y%m%d-%H%M%S}" if there else None
    moves = [(old, aside / old.name) for old in there if aside]
    # settings last: without them there is no workspace, and no half of one
    moves += [(fresh / name, folder / name) for name in ("data", SETTINGS)]
    if aside:
        aside.mkdir()
    done: list[tuple[Path, Path]] = []
    try:
        for old, new in moves:
            old.rename(new)
            done.append((old, new))
    except OSError as exc:
        try:
            for old, new in reversed(done):
                new.rename(old)
            if aside:
                aside.rmdir()
        except OSError as stuck:
            raise BackupError(
                f"the backup could not be put in place ({exc}), and what was there not put back ({stuck}): it lies in "
                f"{aside}; move its contents back to {folder}"
            ) from exc
        raise
    return aside


def _unpack(source: Path, target: Path) -> dict[str, Any]:
    """Every file the manifest names, with the bytes it had, and no other. Raises ValueError, KeyError or OSError."""
    with zipfile.ZipFile(source) as packed:
        manifest: dict[str, Any] = json.loads(packed.read(MANIFEST))
        if manifest.get("format") != FORMAT:
            raise ValueError("it was written by another version of earned")
        for name, digest in manifest["files"].items():
            if not _belongs(name):
                raise ValueError(f"it holds {name!r}, which is no part of a workspace")
            place = target / name
            place.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(name) as stream, _secretly(place) as out:
                shutil.copyfileobj(stream, out, _BLOCK)
            if _sha256(place) != digest:
                raise ValueError(f"{name} in it is damaged")
    if not all((target / name).is_file() for name in (SETTINGS, DATABASE, KEY)):
        raise ValueError("a part is missing in it")
    return manifest


def _belongs(name: str) -> bool:
    parts = PurePosixPath(name).parts
    inside = ".." not in parts and "\\" not in name and not PurePosixPath(name).is_absolute()
    return inside and (name in (SETTINGS, DATABASE, KEY) or name.startswith(FACTS + "/"))


@contextlib.contextmanager
def _secretly(place: Path) -> Iterator[Any]:
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if place.name == "hash.key" else 0o644)
    with os.fdopen(handle, "wb") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())


def as_json(backup: Backup) -> dict[str, Any]:
    return asdict(backup)
