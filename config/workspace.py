"""Opens a workspace: a folder with `earned.toml` and `data/`.

data/earned.db     the operational database (SQLite), or the one `database_url` names
data/facts/        the imported facts
data/hash.key      the secret of the keyed hashes, readable by its owner only
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config import bond
from config.clock import today
from config.database import open_engine, sqlite_url
from config.settings import Settings, read_settings

MIGRATIONS = Path(__file__).with_name("migrations")
STARTER = Path(__file__).with_name("starter.toml")
KEY_BYTES = 32


class WorkspaceError(Exception):
    """The folder cannot be used as a workspace; the text says why and what to do."""


@dataclass(frozen=True)
class Workspace:
    """An opened workspace. `key` is the secret that keyed hashes use."""

    folder: Path
    settings: Settings
    engine: Engine
    key: bytes

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def facts(self) -> Path:
        return self.data / "facts"

    def as_of(self, now: dt.datetime) -> dt.date:
        """The day every period ends at: the workspace's fixed day, else today in the business zone."""
        return today(as_of=self.settings.workspace.as_of, now=now, zone=self.settings.zone)

    def keyed_hash(self, values: pl.Series) -> pl.Series:
        """String series -> Int64 series of keyed hashes (HMAC-SHA256, first 8 bytes) of the trimmed, lower-cased text.

        Null and blank stay null. Distinct values are hashed once.
        """
        texts = values.cast(pl.String).str.strip_chars().str.to_lowercase()
        texts = texts.set(texts == "", None)
        unique = texts.drop_nulls().unique()
        if 2 * len(unique) > len(texts) == texts.count():  # to look them up costs as much as to hash some twice
            return _hmacs(self.key, texts).alias(values.name)
        return texts.replace_strict(unique, _hmacs(self.key, unique), default=None, return_dtype=pl.Int64)


def _hmacs(key: bytes, texts: pl.Series) -> pl.Series:
    """HMAC-SHA256 of each text, its first 8 bytes as an Int64. Written out: `hmac.digest` takes half as long again."""
    block = (key if len(key) <= 64 else hashlib.sha256(key).digest()).ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    sha256 = hashlib.sha256
    digests = (sha256(outer + sha256(inner + text).digest()).digest() for text in texts.cast(pl.Binary).to_list())
    return pl.Series(np.frombuffer(b"".join(digests), dtype=">i8")[::4].astype(np.int64))


def write_starter(folder: Path) -> Path:
    """Write the commented starter file. Raises WorkspaceError when there is an `earned.toml` already."""
    file = folder / "earned.toml"
    if file.exists():
        raise WorkspaceError(f"{file} is there already; edit it, or choose another folder with --workspace")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(STARTER.read_text(encoding="utf-8"), encoding="utf-8")
    return file


def open_workspace(folder: Path) -> Workspace:
    """Read the settings, open the database at its newest migration, load or make the hash key.

    Raises SettingsError when `earned.toml` is absent or wrong, WorkspaceError when the folder cannot be written or
    holds facts that another database imported, and when the server of `database_url` cannot be used.
    """
    folder = folder.resolve()
    settings = read_settings(folder / "earned.toml")
    data = folder / "data"
    try:
        (data / "facts").mkdir(parents=True, exist_ok=True)
        key = _hash_key(data / "hash.key")
    except OSError as exc:
        raise WorkspaceError(f"{data} cannot be written: {exc.strerror}; check the folder's permissions") from exc
    engine = _open_database(settings.workspace.database_url or sqlite_url(data / "earned.db"))
    try:
        bond.bind(data / "facts", engine, drawn=secrets.token_hex(16))
    except bond.BondError as exc:
        raise WorkspaceError(str(exc)) from exc
    return Workspace(folder, settings, engine, key)


def _open_database(url: str) -> Engine:
    """The engine at its newest migration. Raises WorkspaceError for a server's database that cannot be used."""
    if url.startswith("sqlite"):
        engine = open_engine(url)
        migrate(engine)
        return engine
    if not url.startswith("postgresql"):
        raise WorkspaceError("database_url names no PostgreSQL server; it begins with postgresql://")
    try:
        engine = open_engine(url)
        migrate(engine)
    except ImportError as exc:
        raise WorkspaceError(
            "the driver of PostgreSQL is missing; install it with pip install 'earned[postgres]'"
        ) from exc
    except (sa.exc.ArgumentError, ValueError) as exc:
        raise WorkspaceError("database_url cannot be read; write postgresql://user@host:5432/database") from exc
    except sa.exc.OperationalError as exc:
        said = str(exc.orig).splitlines()[0]
        raise WorkspaceError(
            f"the database of database_url does not answer ({said}); check the server and the address"
        ) from exc
    return engine


def migrate(engine: Engine) -> None:
    """Bring the database to the newest migration. Alembic is imported where there is something to do."""
    if _revision(engine) == newest_revision():
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect().execution_options(writes=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def newest_revision() -> str:
    """The newest migration, whose file is called by its revision."""
    return max(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def _revision(engine: Engine) -> str | None:
    """The migration that the database stands at; None for a new one, or one that knows none or several."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found = connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all()
    return str(found[0]) if len(found) == 1 else None


def _hash_key(file: Path) -> bytes:
    """The secret of the keyed hashes, made at the first opening.

    It is written aside and then linked to its name, so that nobody ever reads half of it, and of two processes that
    begin at once the second takes the first one's.
    """
    if not file.exists():
        aside = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(secrets.token_bytes(KEY_BYTES))
                out.flush()
                os.fsync(out.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(aside, file)
        finally:
            aside.unlink()
    key = file.read_bytes()
    if len(key) != KEY_BYTES:
        raise WorkspaceError(
            f"{file} is damaged ({len(key)} bytes instead of {KEY_BYTES}); put it back from a backup: with another key "
            "the customers of earlier imports are not recognised any more"
        )
    return key
