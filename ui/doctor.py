"""`earned doctor`: is the workspace well? Each check says what it found and, where something is wrong, the cure."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from deltalake import DeltaTable

from attribution.facts import Facts, FactsLostError
from attribution.tables import FACTS
from config import bond
from config.database import open_engine, sqlite_url
from config.import_ledger import imports
from config.import_lock import import_lock
from config.reading import ImportBusyError
from config.settings import Settings, SettingsError, read_settings
from config.workspace import Workspace, WorkspaceError, open_workspace
from listener import sentiment
from listener.health import poll_states
from listener.state import SourceState, read_gaps, read_states
from listener.tables import mentions

SAFE_SQLITE = (3, 51, 3)
BACKPORTED = ((3, 50, 7), (3, 44, 6))
LITTLE, TOO_LITTLE = 2_000_000_000, 200_000_000  # free bytes
SHARED_DISKS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "vboxsf", "fuse.grpcfuse", "virtiofs")
ILL = ("gone", "failing", "empty")  # states of `listener.health` that somebody has to look at
RECENT = dt.timedelta(days=7)
SLIP = dt.timedelta(hours=1)  # a clock may differ by so much
_FIRST_SENSIBLE_YEAR = 2025


@dataclass(frozen=True)
class Check:
    """`state`: ok, warning (it works, but) or problem (it does not). `cure` is null where nothing is wrong."""

    name: str
    state: str
    found: str
    cure: str | None = None


def examine(folder: Path, *, now: dt.datetime, mounts: Path = Path("/proc/mounts")) -> list[Check]:
    """Every check of a workspace, in the order in which to mend things. Never raises for what is wrong with it."""
    folder = folder.resolve()
    checks = [_clock(now), _models(Path(sentiment.__file__).parent / "models")]
    checks += [_disk(folder), _shared_disk(folder, mounts)]
    try:
        settings = read_settings(folder / "earned.toml")
    except SettingsError as problem:
        return [Check("settings", "problem", str(problem), "Mend earned.toml as it says, then look again"), *checks]
    if not settings.workspace.database_url:
        checks.insert(0, _sqlite(sqlite3.sqlite_version_info))
    checks.insert(0, _ok("settings", f"{folder / 'earned.toml'} can be read"))
    damage = _database(settings, folder)
    checks.append(damage)
    if damage.state == "problem":
        return checks
    try:
        workspace = open_workspace(folder)
    except (SettingsError, WorkspaceError, sa.exc.SQLAlchemyError) as problem:
        return [*checks, Check("workspace", "problem", str(problem), "Do as it says, or put a backup back")]
    return [*checks, *_inside(workspace, now)]


def as_json(checks: list[Check]) -> dict[str, Any]:
    """`{"well": bool, "checks": [{name, state, found, cure}]}`; well: no problem, whatever the warnings."""
    return {"well": all(check.state != "problem" for check in checks), "checks": [asdict(check) for check in checks]}


def _ok(name: str, found: str) -> Check:
    return Check(name, "ok", found)


def _inside(workspace: Workspace, now: dt.datetime) -> Iterator[Check]:
    try:
        yield _facts(workspace)
        yield _imports(workspace)
        yield _times(workspace, now)
        yield from _sources(workspace, now)
    finally:
        workspace.engine.dispose()


def _sqlite(version: tuple[int, ...]) -> Check:
    shown = ".".join(map(str, version))
    if version >= SAFE_SQLITE or any(version[:2] == safe[:2] and version >= safe for safe in BACKPORTED):
        return _ok("sqlite", f"SQLite {shown}")
    said = (
        f"SQLite {shown} has a rare defect: two processes that write and checkpoint in the same instant can damage the "
        "database (mended in 3.51.3)"
    )
    return Check("sqlite", "warning", said, "Make backups (earned backup FILE), or use a Python with a newer SQLite")


def _clock(now: dt.datetime) -> Check:
    if now.year < _FIRST_SENSIBLE_YEAR:
        return Check("clock", "problem", f"this computer believes it is {now:%Y-%m-%d}", "Set the clock, best by NTP")
    return _ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _models(folder: Path) -> Check:
    """The model files are those that were measured: their hashes stand beside them."""
    wrong = []
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        file = folder / name
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            wrong.append(name)
    if wrong:
        said = f"not as they were shipped: {', '.join(wrong)}"
        return Check("models", "problem", said, "Install earned again; scores of these languages cannot be trusted")
    return _ok("models", "the sentiment models are as they were shipped")


def _disk(folder: Path) -> Check:
    place = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(place).free
    said = f"{free / 1e9:.1f} GB free"
    if free >= LITTLE:
        return _ok("disk", said)
    return Check("disk", "problem" if free < TOO_LITTLE else "warning", said, "Make room, or move the workspace")


def _shared_disk(folder: Path, mounts: Path) -> Check:
    """WAL needs memory shared between processes, which network disks do not give."""
    kind, best = "", -1
    for line in mounts.read_text(encoding="utf-8").splitlines() if mounts.exists() else ():
        _, point, found, *_ = line.split()
        if folder.is_relative_to(point) and len(point) > best:
            kind, best = found, len(point)
    if kind in SHARED_DISKS:
        cure = "Move the workspace to a local disk, or set database_url to a PostgreSQL database"
        return Check("shared_disk", "problem", f"the workspace lies on a network or shared disk ({kind})", cure)
    return _ok("shared_disk", "the workspace lies on a local disk")


def _database(settings: Settings, folder: Path) -> Check:
    """Before anything is migrated: is the file whole?"""
    url = settings.workspace.database_url
    file = folder / "data" / "earned.db"
    if url is None and not file.exists():
        return _ok("database", "there is none yet; it is made when the workspace is first used")
    engine = open_engine(url or sqlite_url(file))
    try:
        with engine.connect() as connection:
            check = "PRAGMA quick_check(1)" if engine.dialect.name == "sqlite" else "select 'ok'"
            said = str(connection.exec_driver_sql(check).scalar())
    except (sa.exc.SQLAlchemyError, sqlite3.DatabaseError) as problem:
        said = str(getattr(problem, "orig", problem))
    finally:
        engine.dispose()
    if said == "ok":
        return _ok("database", "whole (quick_check)" if url is None else "answers")
    cure = "Stop all that uses it and put a backup back: earned restore FILE --force"
    if url is not None:
        cure = "Check that the server runs and that database_url in earned.toml names it"
    return Check("database", "problem", f"the database cannot be used: {said[:300]}", cure)


def _facts(workspace: Workspace) -> Check:
    facts = Facts(workspace.facts, workspace.engine)
    mark, known = bond.read_mark(workspace.facts), bond.ledger_id(workspace.engine)
    if mark is not None and mark.ledger != known:
        return Check("facts", "problem", str(bond.BondError(workspace.facts)), "Do as it says")
    rows = 0
    for name in FACTS:
        try:
            if (workspace.facts / name / "_delta_log").is_dir():
                DeltaTable(facts.uri(name))  # damaged, it would pass for none while no import is done
            rows += facts.scan(name).collect().height
        except FactsLostError as problem:
            cure = "Put data/facts back from your backup, or undo the imports and import the files again"
            return Check("facts", "problem", str(problem).partition(". ")[0], cure)
        except Exception as problem:  # whatever a broken folder makes the libraries say
            cure = "Put a backup back, or move data/facts away and import the files again"
            return Check("facts", "problem", f"{name} cannot be read: {str(problem)[:200]}", cure)
    return _ok("facts", f"{rows} records can be read and belong to this database")


def _imports(workspace: Workspace) -> Check:
    """An import killed half way leaves its row pending, and the lock free."""
    try:
        with import_lock(workspace.data, file="doctor"):
            running = False
    except ImportBusyError:
        running = True
    with workspace.engine.connect() as connection:
        pending = list(connection.scalars(sa.select(imports.c.file_name).where(imports.c.state == "pending")))
    if running:
        return _ok("imports", "an import is running")
    if pending:
        said = f"interrupted, and read by nobody: {', '.join(pending[:5])}"
        return Check("imports", "warning", said, "Import these files again")
    return _ok("imports", "none was interrupted, none is running")


def _times(workspace: Workspace, now: dt.datetime) -> Check:
    """Times in the database that lie ahead: this clock, or the one that wrote them, is wrong."""
    with workspace.engine.connect() as connection:
        seen = connection.scalar(sa.select(sa.func.max(mentions.c.first_seen, type_=mentions.c.first_seen.type)))
    checked = [s.last_checked_at for s in read_states(workspace.engine).values() if s.last_checked_at]
    latest = max(filter(None, [seen, *checked]), default=None)
    if latest and latest > now + SLIP and not workspace.settings.workspace.simulated:
        said = f"the newest entry was stored at {latest:%Y-%m-%d %H:%M} UTC, which is still to come"
        return Check("times", "warning", said, "Check this computer's clock")
    return _ok("times", "no stored time lies ahead of the clock")


def _sources(workspace: Workspace, now: dt.datetime) -> Iterator[Check]:
    known = poll_states(workspace.engine, workspace.settings.listened, now=now)
    polled = {name: (health, state) for name, (health, state) in known.items() if state is not None}
    bad = {name: both for name, both in polled.items() if both[0] in ILL}
    for name, (health, state) in bad.items():
        said = "without entries" if health == "empty" else state.error or state.outcome
        yield Check("source", "warning", f"{name}: {said}", _cure(state))
    if not bad:
        yield _ok("sources", f"{len(polled)} polled, none failing")
    names = [source.name for source in workspace.settings.listened]
    for name, since, until in read_gaps(workspace.engine, since=now - RECENT).iter_rows():
        if name in names:
            said = (
                f"{name}: something may have been missed between {since:%Y-%m-%d %H:%M} and {until:%Y-%m-%d %H:%M} UTC"
            )
            cure = "Keep earned listen running, or give this source a shorter interval"
            yield Check("missed", "warning", said, cure)


def _cure(state: SourceState) -> str:
    if state.gone:
        return "Remove the source, or change its address"
    if state.outcome == "blocked_address":
        return "Set allow_private = true for it in earned.toml if the address is yours"
    return "Look at the address in a browser; earned try-feed ADDRESS shows what it gives"
