"""The watched folder: files dropped there are imported at every pass, then moved to `done` or `failed` beside a note.

How a file is taken, so that it may be dropped, and we may be killed, at any moment:
    1. it waits until nobody has written to it for SETTLE seconds; one that grows all the same is taken again later;
    2. it is moved to `.taking` inside the folder, at once and as a whole: of two passes one gets it;
    3. it is imported, which is all or nothing, and nothing the second time;
    4. it is moved to `done` or `failed`.
What lies in `.taking` at the beginning of a pass was cut off there, and is taken first. Links are never followed: not
as files, not as the folders that files are moved to; the watched folder itself may be a link, as its owner named it.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from config.intake import ImportBusyError, ImportReport
from config.settings import SettingsError
from config.workspace import Workspace
from ui import pipeline

SETTLE = 5.0  # seconds without a change
EVERY = 15.0  # seconds between passes
DONE, FAILED, TAKING = "done", "failed", ".taking"
_PARTIAL = (".part", ".partial", ".crdownload", ".download", ".tmp", ".opdownload", ".filepart")
_NOTE = ".note.txt"

_log = logging.getLogger(__name__)
Sleep = Callable[[float], None]
Clock = Callable[[], dt.datetime]


@dataclass(frozen=True)
class Taken:
    """What became of one file: imported | failed | waiting (still being written) | busy (another import runs) |
    not_a_file (a link, a folder, or something else that is no plain file). `report` where an import was tried."""

    file: str
    outcome: str
    detail: str | None = None
    report: ImportReport | None = None

    def as_json(self) -> dict[str, Any]:
        counts = self.report.as_json() if self.report else dict.fromkeys(_REPORT)
        known = {name: counts[name] for name in _REPORT}
        return {"file": self.file, "outcome": self.outcome, "error": self.detail} | known


_REPORT = ("id", "layout", "read", "accepted", "updated", "duplicates", "quarantined", "skipped")


def folder_of(workspace: Workspace) -> Path | None:
    """The folder that earned.toml names, inside the workspace unless it is an absolute path; None where none is."""
    watch = workspace.settings.imports.watch
    return None if watch is None else workspace.folder / Path(watch).expanduser()


def waiting(workspace: Workspace) -> list[str]:
    """The names of the files that the next pass would look at, sorted."""
    folder = folder_of(workspace)
    if folder is None:
        return []
    try:
        return sorted(path.name for path in _candidates(folder))
    except OSError:  # not made yet, or a share that is gone for the moment
        return []


def failures(workspace: Workspace) -> list[tuple[str, str]]:
    """The files in `failed` with their notes, sorted by name."""
    folder = folder_of(workspace)
    place = folder / FAILED if folder else None
    if place is None or not _is_folder(place):
        return []
    names = sorted(path.name for path in place.iterdir() if not path.name.endswith(_NOTE) and _is_file(path))
    return [(name, _note_of(place / name)) for name in names]


def take_waiting(workspace: Workspace, *, now: Clock, sleep: Sleep = time.sleep) -> list[Taken]:
    """One pass over the watched folder, which is made where it is absent. [] where none is watched.

    Raises SettingsError where the folder cannot be used.
    """
    folder = folder_of(workspace)
    if folder is None:
        return []
    _make(workspace, folder)
    try:
        with FileLock(workspace.data / "inbox.lock", timeout=0):
            held = [*_left_over(folder), *_settled(folder, sleep=sleep), *_folders_in(folder)]
            return [_take(workspace, folder, item, now=now) if isinstance(item, Path) else item for item in held]
    except Timeout:
        return []  # another pass is at it


def _make(workspace: Workspace, folder: Path) -> None:
    problem = None
    resolved = folder.resolve()
    if resolved == workspace.folder or resolved.is_relative_to(workspace.data) or resolved in workspace.data.parents:
        problem = "holds the workspace's own data"
    else:
        try:
            for place in (folder, folder / DONE, folder / FAILED, folder / TAKING):
                place.mkdir(parents=True, exist_ok=True)
                if place != folder and not _is_folder(place):
                    problem = f"has a {place.name} in it that is a link or no folder"
        except OSError as exc:
            problem = f"cannot be written ({exc.strerror or exc})"
    if problem:
        file = workspace.folder / "earned.toml"
        raise SettingsError(
            file=file, line=None, key="import.watch", problem=f"{folder} {problem}", cure="Name another folder"
        )


def _is_folder(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return stat.S_ISDIR(path.lstat().st_mode)
    return False


def _is_file(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return stat.S_ISREG(path.lstat().st_mode)
    return False


def _candidates(folder: Path) -> Iterator[Path]:
    """What somebody dropped: no hidden files, no half downloads, none of our own folders."""
    for path in sorted(folder.iterdir()):
        name = path.name
        if not name.startswith((".", "~$")) and not name.lower().endswith(_PARTIAL) and not _is_folder(path):
            yield path


def _folders_in(folder: Path) -> list[Taken]:
    """Folders that somebody dropped, which are told and left: who drops a year's archive may not mean every file."""
    said = "a folder: only files that lie in the watched folder itself are taken; move them up"
    return [
        Taken(path.name, "not_a_file", said)
        for path in sorted(folder.iterdir())
        if _is_folder(path) and path.name not in (DONE, FAILED) and not path.name.startswith(".")
    ]


def _left_over(folder: Path) -> list[Path]:
    return [path for path in sorted((folder / TAKING).iterdir()) if _is_file(path)]


def _settled(folder: Path, *, sleep: Sleep) -> list[Path | Taken]:
    """The files to be taken, moved to `.taking`; for the others why not."""
    found: list[Path | Taken] = []
    first = {path: _state(path) for path in _candidates(folder)}
    files = {path: state for path, state in first.items() if state is not None}
    age = min((time.time() - state[2] for state in files.values()), default=SETTLE)
    if age < SETTLE:
        sleep(min(SETTLE, SETTLE - age))  # a clock that stands in the future makes nobody wait longer
    for path in first:
        state = _state(path)
        if path not in files:
            found.append(Taken(path.name, "not_a_file", "a link, or no plain file: it is neither read nor moved"))
        elif state is None or state != files[path]:
            found.append(Taken(path.name, "waiting", "it is still being written"))
        else:
            moved = _move(path, folder / TAKING)
            found.append(moved or Taken(path.name, "waiting", "it cannot be moved; another program may hold it"))
    return found


def _state(path: Path) -> tuple[int, int, float] | None:
    """Size, inode and time of change of a plain file; None for anything else, gone ones included."""
    try:
        seen = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return (seen.st_size, seen.st_ino, seen.st_mtime) if stat.S_ISREG(seen.st_mode) else None


def _move(path: Path, place: Path) -> Path | None:
    """The file under a name in `place` that nothing else has; None where it cannot be moved."""
    for number in range(1, 10_000):
        name = path.name if number == 1 else f"{path.stem} ({number}){path.suffix}"
        target = place / name
        if target.exists() or target.is_symlink():
            continue
        try:
            os.rename(path, target)
        except OSError:
            return None
        return target
    return None


def _take(workspace: Workspace, folder: Path, file: Path, *, now: Clock) -> Taken:
    if not _is_file(file):
        return Taken(file.name, "not_a_file", "a link, or no plain file: it is neither read nor moved")
    before = _state(file)
    try:
        report = pipeline.take_file(workspace, file, now=now())
    except ImportBusyError as exc:
        _move(file, folder)
        return Taken(file.name, "busy", f"{exc.problem}. {exc.cure}")
    except Exception:  # one file that we stumble over, at every pass anew, would keep all others waiting
        _log.exception("importing %r from the watched folder failed", file.name)
        _move(file, folder / FAILED)
        return Taken(file.name, "failed", "importing this file failed inside earned; the log has the details")
    if _state(file) != before:
        _move(file, folder)
        return Taken(file.name, "waiting", "it grew while it was read; the next pass reads it whole", report)
    place = FAILED if report.error else DONE
    moved = _move(file, folder / place)
    if moved is None:
        return Taken(file.name, "waiting", f"imported, but it cannot be moved to {place}", report)
    if report.error or report.quarantined or report.warnings:
        _write_note(moved, report, at=now())
    return Taken(file.name, "failed" if report.error else "imported", report.error, report)


def _write_note(moved: Path, report: ImportReport, *, at: dt.datetime) -> None:
    """What came of the file, beside it. Names are written as Python would, so that none can break a line."""
    told = [f"{report.file!r} of {at:%Y-%m-%d %H:%M} UTC"]
    if report.error:
        told += ["Nothing of it was imported.", report.error]
    else:
        counts = ("read", "accepted", "updated", "duplicates", "quarantined", "skipped")
        told.append(f"Imported as {report.layout}: {', '.join(f'{name} {getattr(report, name)}' for name in counts)}.")
        told += [f"{reason}: {rows} rows" for reason, rows in report.reasons.items()]
        told += list(report.warnings)
    note = moved.with_name(moved.name + _NOTE)
    # a name too long for a note, or a full disk, must not end the listening: the import ledger says the same
    with contextlib.suppress(OSError), note.open("x", encoding="utf-8", errors="backslashreplace") as out:
        out.write("\n".join(told) + "\n")


def _note_of(file: Path) -> str:
    note = file.with_name(file.name + _NOTE)
    return note.read_text(encoding="utf-8", errors="replace")[:2000] if _is_file(note) else ""


async def watch(
    workspace: Workspace,
    *,
    now: Clock,
    stop: asyncio.Event,
    on_files: Callable[[list[Taken]], None],
    every: float = EVERY,
) -> None:
    """Passes over the watched folder, `every` seconds, until `stop` is set. `on_files` hears of what was taken.

    Raises SettingsError where the folder cannot be used at the first pass; later it is a share that is gone for the
    moment, which is logged once and looked for again.
    """
    first, gone = True, False
    while folder_of(workspace) is not None and not stop.is_set():
        found: list[Taken] = []
        try:
            found = await asyncio.to_thread(take_waiting, workspace, now=now)
            first, gone = False, False
        except (SettingsError, OSError) as problem:
            if first:
                raise
            if not gone:
                _log.warning("the watched folder cannot be used now, and is looked for again: %s", problem)
            gone = True
        taken = [item for item in found if item.report is not None or item.outcome == "failed"]
        if taken:
            on_files(taken)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=every)
