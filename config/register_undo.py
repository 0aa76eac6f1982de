"""What register files changed, entry by entry, so that an import of codes, people or links can be taken back.

Every entry a file carries is noted, also one that was there already: an entry that a later file holds too stays when
the earlier one is taken back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import count_change, metadata, upsert
from config.plans import drop_imported_step

register_imports = sa.Table(
    "register_imports",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("import_id", sa.Integer, nullable=False, index=True),
    sa.Column("register", sa.Text, nullable=False),
    sa.Column("entry", sa.Text, nullable=False),  # JSON list: the entry's key
    sa.Column("before", sa.Text),  # JSON of the whole entry; null: there was none
    sa.Column("after", sa.Text, nullable=False),
)


def _text(values: Mapping[str, Any] | None) -> str | None:
    plain = {name: value for name, value in (values or {}).items() if name != "version"}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, default=str) if values is not None else None


def _key(table: sa.Table, values: Mapping[str, Any]) -> str:
    return json.dumps([values[column.name] for column in table.primary_key], ensure_ascii=False)


def note_entries(
    connection: Connection,
    import_id: int,
    table: sa.Table,
    entries: Sequence[tuple[Mapping[str, Any] | None, Mapping[str, Any]]],
) -> None:
    """Keep what an import found and left behind: (entry before, whole entry after), in the file's order."""
    rows = [
        {"import_id": import_id, "register": table.name, "entry": _key(table, after), "before": _text(before),
         "after": _text(after)}
        for before, after in entries
    ]  # fmt: skip
    if rows:
        connection.execute(sa.insert(register_imports), rows)


def undo_entries(connection: Connection, import_id: int, tables: Mapping[str, sa.Table]) -> tuple[int, int]:
    """Put back what stood in the registers before this import: (entries put back, entries left as they are).

    Left are those that somebody changed since, and those that a later import holds too; the later one then remembers
    what stood before this one.
    """
    noted = sa.select(register_imports).where(register_imports.c.import_id == import_id)
    rows = connection.execute(noted.order_by(register_imports.c.id.desc())).all()
    back = left = 0
    for row in rows:
        table = tables.get(row.register)
        later = sa.select(sa.func.min(register_imports.c.id)).where(
            register_imports.c.register == row.register,
            register_imports.c.entry == row.entry,
            register_imports.c.id > row.id,
        )
        held = connection.scalar(later)
        if held is not None:
            connection.execute(
                sa.update(register_imports).where(register_imports.c.id == held).values(before=row.before)
            )
            left += 1
        elif table is None or not _put_back(connection, table, row):
            left += 1
        else:
            back += 1
            drop_imported_step(connection, row.register, json.loads(row.after))
        connection.execute(sa.delete(register_imports).where(register_imports.c.id == row.id))
    if rows:
        count_change(connection, "registers")
    return back, left


def later_holders(engine: Engine, import_id: int) -> list[int]:
    """The later imports that hold an entry of this one too, the newest first."""
    other = register_imports.alias()
    same = sa.and_(
        other.c.register == register_imports.c.register,
        other.c.entry == register_imports.c.entry,
        register_imports.c.import_id == import_id,
        other.c.import_id > import_id,
    )
    query = sa.select(other.c.import_id).distinct().select_from(register_imports).join(other, same)
    with engine.connect() as connection:
        return sorted(connection.scalars(query), reverse=True)


def _put_back(connection: Connection, table: sa.Table, row: Any) -> bool:
    """Whether the entry still stood as the import left it, and was put back."""
    key = dict(zip((column.name for column in table.primary_key), json.loads(row.entry), strict=True))
    here = sa.and_(*(table.c[name] == value for name, value in key.items()))
    found = connection.execute(sa.select(table).where(here)).mappings().one_or_none()
    if found is None or _text(dict(found)) != row.after:
        return False
    if row.before is None:
        connection.execute(sa.delete(table).where(here))
        return True
    before = json.loads(row.before)
    if "version" in table.c:
        before["version"] = found["version"] + 1
    upsert(connection, table, [before], keys=list(key))
    return True


def forget_entries(connection: Connection, person: str) -> None:
    """Let go of what is kept about a person (network:handle) for taking imports back, in lists of people too."""
    texts = [register_imports.c[name] for name in ("entry", "before", "after")]
    maybe = sa.or_(*(text.contains(json.dumps(person, ensure_ascii=False)[1:-1], autoescape=True) for text in texts))
    rows = connection.execute(sa.select(register_imports.c.id, *texts).where(maybe)).all()
    about = [row.id for row in rows if any(_names(text, person) for text in row[1:] if text)]
    connection.execute(sa.delete(register_imports).where(register_imports.c.id.in_(about)))


def _names(text: str, person: str) -> bool:
    """Whether a value of a noted key or entry is the person, or a list (joined by `;`) that holds them."""
    said = json.loads(text)
    values = said.values() if isinstance(said, dict) else said
    return any(person in [part.strip() for part in value.split(";")] for value in values if isinstance(value, str))
