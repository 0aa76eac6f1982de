"""Ties the imported facts to the import ledger that says which of them are read.

Facts carry nothing of the ledger but small import ids. Beside another database (a new one, or an older one out of a
backup) the same id means another import: rows nobody asked for would show, and new ones would be taken for written
already. So the database bears an id drawn when it is made, and a file in the facts folder bears the same id and the
highest import that ever wrote there.

    BondError      the facts belong to another ledger
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.database import metadata, upsert, writing

MARK = "ledger.json"

ledger_ids = sa.Table(
    "ledger_ids",
    metadata,
    sa.Column("only", sa.Integer, primary_key=True),  # 1: a database has one ledger
    sa.Column("ledger", sa.Text, nullable=False),
)


class BondError(Exception):
    """The facts in `folder` are of another ledger than the database's; the text says what to do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"the imported facts in {folder} belong to another database than this workspace's. Put the database back "
            f"that belongs to them (from a backup), or move {folder} away and import the files again"
        )


@dataclass(frozen=True)
class Mark:
    """What the facts folder says of itself: `ledger` they belong to, `last_import` that wrote there."""

    ledger: str
    last_import: int


def bind(folder: Path, engine: Engine, *, drawn: str) -> None:
    """Make sure that the facts and the database belong together; called once, when a workspace is opened.

    `drawn` becomes the id of a database that has none yet. Facts of before there were ids belong to the database that
    has imports. Raises BondError where facts and database are strangers, OSError where the folder cannot be written.
    """
    mark = read_mark(folder)  # first: it is written after the id, so that another process's mark has its id
    known, last = ledger_id(engine), _last_import(engine)
    if mark is not None:
        if known is None and last is not None:  # a database from a backup of before there were ids
            _give(engine, mark.ledger)
        elif mark.ledger != known:
            raise BondError(folder)
        return
    if last is None and _has_facts(folder):
        raise BondError(folder)
    if known is None:
        known = _give(engine, drawn)
    _write_mark(folder, Mark(known, last or 0))


def note_import(folder: Path, engine: Engine, import_id: int) -> None:
    """Note that `import_id` is about to write facts. Raises BondError when the facts are of another ledger."""
    known, mark = ledger_id(engine), read_mark(folder)
    if mark is not None and known is not None and mark.ledger != known:
        raise BondError(folder)
    if known is not None and (mark is None or mark.last_import < import_id):
        _write_mark(folder, Mark(known, import_id))


def read_mark(folder: Path) -> Mark | None:
    """The mark of a facts folder, None where there is none (yet) that can be read."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        said = json.loads((folder / MARK).read_text(encoding="utf-8"))
        return Mark(str(said["ledger"]), int(said["last_import"]))
    return None


def ledger_id(engine: Engine) -> str | None:
    with engine.connect() as connection:
        found: str | None = connection.execute(sa.select(ledger_ids.c.ledger)).scalar()
        return found


def _give(engine: Engine, ledger: str) -> str:
    """The database's id: of two processes that open it first at once, the second takes the first one's."""
    with writing(engine) as connection:
        upsert(connection, ledger_ids, [{"only": 1, "ledger": ledger}], keys=["only"], update=())
        return str(connection.execute(sa.select(ledger_ids.c.ledger)).scalar_one())


def _last_import(engine: Engine) -> int | None:
    with engine.connect() as connection:
        found: int | None = connection.execute(sa.text("select max(id) from imports")).scalar()
        return found


def _has_facts(folder: Path) -> bool:
    return any((place / "_delta_log").is_dir() for place in folder.iterdir()) if folder.is_dir() else False


def _write_mark(folder: Path, mark: Mark) -> None:
    """Whole or not at all, and on the disk before any row it stands for."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{MARK}.{os.getpid()}.{threading.get_ident()}"
    with aside.open("w", encoding="utf-8") as out:
        json.dump({"ledger": mark.ledger, "last_import": mark.last_import}, out)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(folder / MARK)
