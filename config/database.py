"""The operational database: one engine, portable column types, upserts and change counters.

Times are stored as integer microseconds since 1970 in UTC, so that SQLite and PostgreSQL sort and compare them alike.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class UtcTime(sa.types.TypeDecorator[dt.datetime]):
    """An aware datetime, stored as microseconds since 1970 UTC. Naive datetimes are refused with ValueError."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be stored: {value!r}")
        return (value - _EPOCH) // dt.timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> dt.datetime | None:
        return None if value is None else _EPOCH + dt.timedelta(microseconds=int(value))


metadata = sa.MetaData()

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
)


def sqlite_url(file: Path) -> str:
    return f"sqlite:///{file}"


def open_engine(url: str) -> Engine:
    """An engine with the pragmas that durability and erasure need. `url` is an SQLAlchemy URL.

    SQLite: WAL, synchronous=FULL, secure_delete (erased text leaves the file), 30 s busy timeout, foreign keys.
    Read with `engine.connect()`, write with `writing(engine)`.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(url)
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
    sa.event.listen(engine, "connect", _set_pragmas)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions on its own; `_begin` does
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=30000",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A writer takes the lock at once: two writers then wait for each other instead of failing half way.
    mode = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


_turns: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()
_turns_guard = threading.Lock()


def _turn(engine: Engine) -> threading.Lock:
    with _turns_guard:
        return _turns.setdefault(engine, threading.Lock())


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: committed at the end, rolled back on any exception.

    Writers of one process wait for each other here, without a limit; the database's own limit of 30 seconds is for
    other processes. Never open a second one inside it.
    """
    with _turn(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def upsert(
    connection: Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    keys: Sequence[str],
    update: Sequence[str] | None = None,
) -> None:
    """Insert rows, or update the `update` columns (default: all but the keys) where `keys` exist already.

    Every row must have the same columns. `update=()` leaves existing rows as they are.
    """
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement: Any = insert(table)
    changed = [name for name in rows[0] if name not in keys] if update is None else list(update)
    if changed:
        statement = statement.on_conflict_do_update(
            index_elements=list(keys), set_={name: statement.excluded[name] for name in changed}
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(keys))
    connection.execute(statement, [dict(row) for row in rows])


def count_change(connection: Connection, name: str) -> None:
    """Raise the change counter `name` (mentions, facts, registers) inside the same transaction as the change."""
    upsert(connection, changes, [{"name": name, "n": 0}], keys=["name"], update=())
    connection.execute(sa.update(changes).where(changes.c.name == name).values(n=changes.c.n + 1))


def data_version(engine: Engine) -> str:
    """A text that differs whenever stored data differ: the key of every cache above."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(changes.c.name, changes.c.n).order_by(changes.c.name)).all()
    return ",".join(f"{name}={n}" for name, n in rows)


def empty_journal(engine: Engine) -> bool:
    """Fold SQLite's journal into its file and cut it to nothing, so that no erased text is left in it.

    False: a reader in another process still needs it; it is emptied when that one has ended and this is called again.
    """
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        busy: int = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    return busy == 0
