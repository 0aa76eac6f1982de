"""People who asked to be forgotten: keyed hashes of what they were known by, so that no import brings them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.database import UtcTime, metadata, upsert, writing

forgotten = sa.Table(
    "forgotten",
    metadata,
    sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcTime, nullable=False),
)


def forgotten_keys(engine: Engine) -> list[int]:
    """The keyed hashes of everybody forgotten, sorted."""
    with engine.connect() as connection:
        return list(connection.execute(sa.select(forgotten.c.key).order_by(forgotten.c.key)).scalars())


def add_forgotten(engine: Engine, keys: Iterable[int], *, now: dt.datetime) -> None:
    """From here on no import stores these keys."""
    with writing(engine) as connection:
        upsert(connection, forgotten, [{"key": key, "at": now} for key in sorted(set(keys))], keys=["key"], update=())
