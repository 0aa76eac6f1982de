"""The import ledger and quarantine: what was imported when, what stands, and which rows are kept aside and why."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from config.database import UtcTime, count_change, metadata, writing
from config.text_tables import SameFileStandsError

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False, index=True),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("layout", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # pending | done | failed | abandoned | undone
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    sa.Column("exported_at", UtcTime),
    sa.Column("counts", sa.Text, nullable=False, default="{}"),
    sa.Column("error", sa.Text),
)
quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id"), nullable=False, index=True),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("columns", sa.Text, nullable=False),  # JSON of the mapped columns only: no addresses, no contacts
    sa.Column("settled_by", sa.Integer),  # the import of the corrected file
)

WORDS = ("order", "decimal", "currency", "brand")  # what a person may say of a file, kept beside its counts


@dataclass(frozen=True)
class Reading:
    """How an import that stands read its bytes: the words that were said of them, and the workspace's currency then,
    which holds for amounts that name none (None: an import of before that was written down)."""

    id: int
    layout: str
    exported_at: dt.datetime | None
    encoding: str | None
    said: Mapping[str, str]
    own_currency: str | None

    def words(self, *, own: str) -> dict[str, str | None]:
        """All that its rows hang on; `own`: the workspace's currency today, where that of then is unknown."""
        return {"currency": self.own_currency or own, **self.said, "encoding": self.encoding}


def readings(engine: sa.Engine, *, sha: str, account: str) -> list[Reading]:
    """The imports that stand of these bytes and this account, the newest first."""
    query = sa.select(imports.c.id, imports.c.layout, imports.c.exported_at, imports.c.counts).where(
        imports.c.sha256 == sha, imports.c.account == account, imports.c.state == "done"
    )
    with engine.connect() as connection:
        return [_reading(row) for row in connection.execute(query.order_by(imports.c.id.desc()))]


def _reading(row: Any) -> Reading:
    counts = json.loads(row.counts)
    said = {name: str(counts[name]) for name in WORDS if counts.get(name)}
    return Reading(row.id, row.layout, row.exported_at, counts.get("encoding"), said, counts.get("own_currency"))


def undo_import(
    engine: sa.Engine, import_id: int, *, now: dt.datetime, within: Callable[[sa.Connection], None] | None = None
) -> bool:
    """Mark a done import undone; its facts are no longer read. False when there is no such done import.

    `within` takes back, in the same transaction, what counted at once: mentions, register entries.
    """
    return _turn(engine, import_id, was="done", becomes="undone", now=now, within=within)


def redo_import(engine: sa.Engine, import_id: int, *, now: dt.datetime) -> bool:
    """Let an undone import stand again; for facts alone, which are still there. False when it is not undone.

    Raises SameFileStandsError where another import of the same bytes, account and layout stands that was read with
    other words: another order of days, say, makes other natural keys, and both would count.
    """
    return _turn(
        engine,
        import_id,
        was="undone",
        becomes="done",
        now=now,
        within=lambda connection: _refuse_same_file(connection, import_id),
    )


def _refuse_same_file(connection: sa.Connection, import_id: int) -> None:
    again, other = imports.alias("again").c, imports.c
    alike = [other[name] == again[name] for name in ("sha256", "account", "layout")]
    query = sa.select(other.id, other.layout, other.exported_at, other.counts, again.file_name).where(
        again.id == import_id, *alike, sa.or_(other.id == import_id, other.state == "done")
    )
    rows = connection.execute(query.order_by(other.id)).all()
    words = {row.id: _reading(row).words(own="") for row in rows}
    stands = next((number for number in words if words[number] != words[import_id]), None)
    if stands is not None:
        raise SameFileStandsError(file=rows[0].file_name, stands=stands)


def _turn(
    engine: sa.Engine,
    import_id: int,
    *,
    was: str,
    becomes: str,
    now: dt.datetime,
    within: Callable[[sa.Connection], None] | None,
) -> bool:
    with writing(engine) as connection:
        if not _turned(connection, import_id, was=was, becomes=becomes, now=now):
            return False
        if within:
            within(connection)
        count_change(connection, "facts")
        return True


def taken_back(connection: sa.Connection, import_id: int, *, now: dt.datetime) -> bool:
    """Mark a done import of facts undone, as part of another change. False when there is no such done import."""
    return _turned(connection, import_id, was="done", becomes="undone", now=now)


def _turned(connection: sa.Connection, import_id: int, *, was: str, becomes: str, now: dt.datetime) -> bool:
    row = sa.update(imports).where(imports.c.id == import_id, imports.c.state == was)
    return bool(connection.execute(row.values(state=becomes, finished_at=now)).rowcount)


def settle_quarantine(engine: sa.Engine, *, of: int, by: int) -> int:
    """The rows that import `of` kept aside are dealt with by import `by`, as long as that one stands; how many."""
    with writing(engine) as connection:
        rows = sa.update(quarantine).where(quarantine.c.import_id == of).values(settled_by=by)
        settled = int(connection.execute(rows).rowcount)
        count_change(connection, "facts")
        return settled


def done_import_ids(engine: sa.Engine) -> list[int]:
    with engine.connect() as connection:
        query = sa.select(imports.c.id).where(imports.c.state == "done").order_by(imports.c.id)
        return list(connection.execute(query).scalars())


def list_imports(engine: sa.Engine) -> list[dict[str, Any]]:
    """The ledger, newest first: the columns of `imports` that people read, `counts` as a dictionary."""
    names = ("id", "file_name", "layout", "account", "state", "started_at", "finished_at", "error", "counts")
    query = sa.select(*(imports.c[name] for name in names)).order_by(imports.c.id.desc())
    with engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(query)]
    return [row | {"counts": json.loads(row["counts"])} for row in rows]


def said_before(engine: sa.Engine, what: str, *, sha: str, layout: str, account: str) -> str | None:
    """What was said (order, decimal, currency) of the last import that stands of the same bytes; else of the last one
    of the layout and account. None where nothing was."""
    alike = sa.and_(imports.c.layout == layout, imports.c.account == account)
    same = imports.c.sha256 == sha
    query = (
        sa.select(imports.c.counts)
        .where(imports.c.state == "done", sa.or_(same, alike))
        .order_by(same.desc(), imports.c.id.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        found = connection.execute(query).scalar()
    said = json.loads(found).get(what) if found else None
    return str(said) if said else None


def quarantine_reasons(engine: sa.Engine) -> dict[str, int]:
    """How many rows imports that stand keep aside, by reason; those that a corrected file has settled are left out."""
    query = (
        _kept_aside(quarantine.c.reason, sa.func.count().label("rows"))
        .group_by(quarantine.c.reason)
        .order_by(quarantine.c.reason)
    )
    with engine.connect() as connection:
        return {row.reason: row.rows for row in connection.execute(query)}


def list_quarantine(engine: sa.Engine, *, limit: int = 1000, import_id: int | None = None) -> list[dict[str, Any]]:
    """Rows kept aside by imports that stand, or by one of them, newest first, with file_name; `columns` is JSON text.
    Those that a corrected file has settled are left out."""
    kept = quarantine.c
    query = _kept_aside(kept.import_id, imports.c.file_name, kept.line, kept.reason, kept.message, kept.columns)
    query = query.order_by(kept.id.desc()).limit(limit)
    if import_id is not None:
        query = query.where(kept.import_id == import_id)
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def _kept_aside(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    fixed = imports.alias("fixed")
    return (
        sa.select(*columns)
        .select_from(quarantine)
        .join(imports, imports.c.id == quarantine.c.import_id)
        .outerjoin(fixed, sa.and_(fixed.c.id == quarantine.c.settled_by, fixed.c.state == "done"))
        .where(imports.c.state == "done", fixed.c.id.is_(None))
    )
