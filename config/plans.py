"""What the business plans and spends, edited in daily work: costs, campaigns and their dated notes, goals.

Every change keeps what stood there before, so that the last ones can be undone, those of an imported file too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import UtcTime, count_change, metadata, upsert, writing
from config.registers import RegisterConflictError

COST_KINDS = (*("ad_spend", "content", "labour", "tools", "influencer_fee", "commission", "product_seeding", "other"),)
GOAL_PURPOSES = ("awareness", "traffic", "leads", "influencers", "sales")
TARGETS_ARE = ("absolute", "change")  # a figure to reach, or a share above (or below) the baseline: 0.2 is +20 %
MONEY = pl.Decimal(18, 4)
KEPT_CHANGES = 50  # a register: how many steps back can be gone

Schema = Mapping[str, pl.DataType | type[pl.DataType]]


def _table(name: str, *columns: str, archived: bool = False) -> sa.Table:
    """A register's table: all texts (dates ISO, amounts decimal), lists joined by `; `."""
    flag = (sa.Column("archived", sa.Boolean, nullable=False, default=False),) if archived else ()
    texts = (sa.Column(column, sa.Text) for column in columns)
    return sa.Table(name, metadata, sa.Column("id", sa.Text, primary_key=True), *texts, *flag)


COSTS_SCHEMA: Schema = {
    "id": pl.String,
    "kind": pl.String,  # COST_KINDS
    "amount": MONEY,  # null where hours and rate are given
    "currency": pl.String,
    "hours": MONEY,
    "rate": MONEY,  # per hour
    "date_from": pl.Date,
    "date_to": pl.Date,  # both days included; the cost is spread evenly over them
    "channel": pl.String,  # null: all of social
    "campaign": pl.String,
    "influencer": pl.String,  # people.key
    "brand": pl.String,  # null: all brands
    "note": pl.String,
}
CAMPAIGNS_SCHEMA: Schema = {
    "id": pl.String,
    "name": pl.String,
    "date_from": pl.Date,
    "date_to": pl.Date,  # null: still open
    "brand": pl.String,
    "channels": pl.List(pl.String),
    "people": pl.List(pl.String),  # people.key
    "codes": pl.List(pl.String),  # codes.code_norm
    "utm_campaigns": pl.List(pl.String),
    "cost_campaigns": pl.List(pl.String),  # how its costs name it; empty: as its utm_campaign values or its name
    "budget": MONEY,  # in the workspace's currency, as is target_revenue
    "target_revenue": MONEY,
    "target_orders": MONEY,
    "target_mentions": MONEY,
    "note": pl.String,
    "archived": pl.Boolean,
}
NOTES_SCHEMA: Schema = {"id": pl.String, "campaign": pl.String, "day": pl.Date, "text": pl.String}
GOALS_SCHEMA: Schema = {
    "id": pl.String,
    "name": pl.String,
    "purpose": pl.String,  # GOAL_PURPOSES
    "metric": pl.String,  # attribution.goals.METRICS
    "network": pl.String,  # filters; null: all
    "page": pl.String,
    "product": pl.String,
    "campaign": pl.String,
    "brand": pl.String,
    "baseline": MONEY,  # null: what the same number of days before the goal brought
    "target": MONEY,
    "target_is": pl.String,  # TARGETS_ARE
    "date_from": pl.Date,
    "date_to": pl.Date,
    "owner": pl.String,
    "archived": pl.Boolean,
}
OUTCOME_KINDS = ("invitation", "link", "press")
EXPERIMENT_KINDS = ("holdout", "pause", "geo", "survey")
OUTCOMES_SCHEMA: Schema = {
    "id": pl.String,
    "day": pl.Date,
    "kind": pl.String,  # OUTCOME_KINDS
    "text": pl.String,
    "link": pl.String,
    "value": MONEY,  # what it is worth to the business, in the workspace's currency; null: counted only
}
EXPERIMENTS_SCHEMA: Schema = {
    "id": pl.String,
    "kind": pl.String,  # EXPERIMENT_KINDS
    "date_from": pl.Date,
    "date_to": pl.Date,
    "lift": MONEY,  # what talk brought in these days as the test measured it, in the workspace's currency
    "error": MONEY,  # its standard error; both null for a survey or a pause: then they are worked out
    "answers": MONEY,  # of a survey: how many answered, and how many of them named talk
    "heard": MONEY,
    "note": pl.String,
}
GIVEN_SCHEMA: Schema = {"id": pl.String, "value": pl.String}  # what was typed into the ROI page, by its name
SCHEMAS: Mapping[str, Schema] = {
    "costs": COSTS_SCHEMA,
    "campaigns": CAMPAIGNS_SCHEMA,
    "campaign_notes": NOTES_SCHEMA,
    "goals": GOALS_SCHEMA,
    "outcomes": OUTCOMES_SCHEMA,
    "experiments": EXPERIMENTS_SCHEMA,
    "given": GIVEN_SCHEMA,
}
TABLES: Mapping[str, sa.Table] = {
    name: _table(
        name, *(column for column in schema if column not in ("id", "archived")), archived="archived" in schema
    )
    for name, schema in SCHEMAS.items()
}
plan_changes = sa.Table(
    "plan_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("register", sa.Text, nullable=False),
    sa.Column("at", UtcTime),  # null: by an import, whose own entry says when
    sa.Column("import_id", sa.Integer),  # null: typed in, or imported before this was kept
    sa.Column("changed", sa.Text, nullable=False),  # JSON: [{id, before, after}], null = no entry
)


@dataclass(frozen=True)
class LastChange:
    """What undoing would take back: `entries` of a register, changed `at` (null: by the import `import_id`)."""

    at: dt.datetime | None
    entries: int
    import_id: int | None = None


def read_plan(engine: Engine, name: str) -> pl.DataFrame:
    """The register `name` (a key of SCHEMAS) with its schema's columns, sorted by first day, then id."""
    schema = SCHEMAS[name]
    table = TABLES[name]
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(sa.select(*(table.c[column] for column in schema)))]
    raw = {column: pl.Boolean if dtype == pl.Boolean else pl.String for column, dtype in schema.items()}
    frame = pl.DataFrame(rows, schema=raw, orient="row")
    first = next((column for column in ("date_from", "day") if column in schema), "id")
    return frame.select(_typed(column, dtype) for column, dtype in schema.items()).sort(first, "id", nulls_last=True)


def _typed(column: str, dtype: Any) -> pl.Expr:
    found = pl.col(column)
    if dtype == pl.Date:
        return found.str.to_date("%Y-%m-%d", strict=False)
    if isinstance(dtype, pl.Decimal):
        return found.cast(dtype, strict=False)
    if isinstance(dtype, pl.List):
        return (
            found.fill_null("").str.split(";").list.eval(pl.element().str.strip_chars()).list.filter(pl.element() != "")
        )
    return found


def read_costs(engine: Engine) -> pl.DataFrame:
    """Costs as written down: COSTS_SCHEMA."""
    return read_plan(engine, "costs")


def read_campaigns(engine: Engine) -> pl.DataFrame:
    """Campaigns, archived ones included: CAMPAIGNS_SCHEMA."""
    return read_plan(engine, "campaigns")


def read_campaign_notes(engine: Engine) -> pl.DataFrame:
    """Dated notes, of a campaign or (campaign null) of all: NOTES_SCHEMA."""
    return read_plan(engine, "campaign_notes")


def read_goals(engine: Engine) -> pl.DataFrame:
    """Goals, archived ones included: GOALS_SCHEMA."""
    return read_plan(engine, "goals")


def read_given(engine: Engine) -> dict[str, str]:
    """What was typed into the ROI page: text by name."""
    return {row["id"]: row["value"] for row in read_plan(engine, "given").iter_rows(named=True) if row["value"]}


def write_given(engine: Engine, values: Mapping[str, str | None], *, now: dt.datetime) -> int:
    """Keep what was typed; None or an empty text takes an input away. How many changed."""
    kept = [{"id": name, "value": value} for name, value in values.items() if value]
    return change_plan(
        engine, "given", now=now, save=kept, remove=[name for name, value in values.items() if not value]
    )


def change_plan(
    engine: Engine,
    name: str,
    *,
    now: dt.datetime,
    save: Sequence[Mapping[str, Any]] = (),
    remove: Collection[str] = (),
) -> int:
    """Insert or replace the entries `save` (all columns of the table, as texts) and remove the ids `remove`.

    One step for `undo_plan`. How many entries changed: what is saved as it stands already is no change.
    """
    with writing(engine) as connection:
        return _change(connection, name, save=save, remove=remove, at=now)


def write_plan(
    connection: Connection, rows: Sequence[Mapping[str, Any]], *, name: str, import_id: int | None = None
) -> None:
    """Insert or replace entries inside a transaction of an import; `undo_plan` takes them back together."""
    _change(connection, name, save=rows, remove=(), at=None, import_id=import_id)


def _change(
    connection: Connection,
    name: str,
    *,
    save: Sequence[Mapping[str, Any]],
    remove: Collection[str],
    at: dt.datetime | None,
    import_id: int | None = None,
) -> int:
    table = TABLES[name]
    wanted: dict[str, dict[str, Any] | None] = {str(row["id"]): dict(row) for row in save}
    wanted |= dict.fromkeys(remove)
    before = _entries(connection, table, wanted)
    differing = {key: after for key, after in wanted.items() if before.get(key) != after}
    changed = [{"id": key, "before": before.get(key), "after": after} for key, after in differing.items()]
    if changed:
        _put(connection, table, differing)
        told = json.dumps(changed, ensure_ascii=False)
        connection.execute(sa.insert(plan_changes).values(register=name, at=at, import_id=import_id, changed=told))
        _forget_old(connection, name)
        count_change(connection, "registers")
    return len(changed)


def _entries(connection: Connection, table: sa.Table, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    rows = connection.execute(sa.select(table))
    return {row.id: dict(row._mapping) for row in rows if row.id in keys}


def _put(connection: Connection, table: sa.Table, entries: Mapping[str, Mapping[str, Any] | None]) -> None:
    upsert(connection, table, [dict(row) for row in entries.values() if row is not None], keys=["id"])
    for key in [key for key, row in entries.items() if row is None]:
        connection.execute(sa.delete(table).where(table.c.id == key))


def _forget_old(connection: Connection, name: str) -> None:
    mine = sa.select(plan_changes.c.id).where(plan_changes.c.register == name)
    kept = connection.scalars(mine.order_by(plan_changes.c.id.desc()).limit(KEPT_CHANGES)).all()
    connection.execute(
        sa.delete(plan_changes).where(plan_changes.c.register == name, plan_changes.c.id.not_in(list(kept)))
    )


def last_change(engine: Engine, name: str) -> LastChange | None:
    """What `undo_plan` would take back; None where nothing is left to undo."""
    with engine.connect() as connection:
        row = connection.execute(_latest(name)).one_or_none()
    return None if row is None else LastChange(row.at, len(json.loads(row.changed)), row.import_id)


def _latest(name: str) -> sa.Select[Any]:
    mine = sa.select(plan_changes).where(plan_changes.c.register == name)
    return mine.order_by(plan_changes.c.id.desc()).limit(1)


def check_undo(engine: Engine, name: str) -> None:
    """Raises RegisterConflictError when an entry of the register's last change is no longer what that made it."""
    with engine.connect() as connection:
        row = connection.execute(_latest(name)).one_or_none()
        if row is not None:
            _unchanged(connection, name, json.loads(row.changed))


def _unchanged(connection: Connection, name: str, steps: Sequence[Mapping[str, Any]]) -> None:
    now = _entries(connection, TABLES[name], {step["id"] for step in steps})
    if any(now.get(step["id"]) != step["after"] for step in steps):
        raise RegisterConflictError("it was changed by somebody else since; nothing was undone")


def undo_plan(engine: Engine, name: str) -> int:
    """Put back what stood before the register's last change; how many entries that were, 0 with nothing to undo.

    Raises RegisterConflictError, and changes nothing, when one of the entries is no longer what that change made it.
    What an import changed is taken back with the import (`LastChange.import_id`), so that its file can come again.
    """
    table = TABLES[name]
    with writing(engine) as connection:
        row = connection.execute(_latest(name)).one_or_none()
        if row is None:
            return 0
        steps = json.loads(row.changed)
        _unchanged(connection, name, steps)
        _put(connection, table, {step["id"]: step["before"] for step in steps})
        connection.execute(sa.delete(plan_changes).where(plan_changes.c.id == row.id))
        count_change(connection, "registers")
    return len(steps)


def drop_imported_step(connection: Connection, name: str, after: Mapping[str, Any]) -> None:
    """An import of the register `name` that left `after` behind is taken back: `undo_plan` need not, and could not."""
    imported = sa.select(plan_changes.c.id, plan_changes.c.changed).where(
        plan_changes.c.register == name, plan_changes.c.at.is_(None)
    )
    for row in connection.execute(imported).all():
        if any(step["after"] == after for step in json.loads(row.changed)):
            connection.execute(sa.delete(plan_changes).where(plan_changes.c.id == row.id))


def stored_plan(engine: Engine, name: str) -> dict[str, dict[str, Any]]:
    """Every entry of the register by its id, as its table holds it: what `change_plan` takes."""
    with engine.connect() as connection:
        return {row.id: dict(row._mapping) for row in connection.execute(sa.select(TABLES[name]))}


def forget_person(connection: Connection, key: str) -> int:
    """Take a person (network:handle) out of costs and campaigns, and out of all that could be undone; entries changed.

    The costs themselves stay, without the name, so that sums still hold.
    """
    costs, campaigns = TABLES["costs"], TABLES["campaigns"]
    found = connection.execute(sa.update(costs).where(costs.c.influencer == key).values(influencer=None)).rowcount
    for row in connection.execute(sa.select(campaigns.c.id, campaigns.c.people)).all():
        people = [name.strip() for name in (row.people or "").split(";")]
        if key in people:
            kept = "; ".join(name for name in people if name != key) or None
            connection.execute(sa.update(campaigns).where(campaigns.c.id == row.id).values(people=kept))
            found += 1
    connection.execute(sa.delete(plan_changes))
    count_change(connection, "registers")
    return int(found)


def entry_id(prefix: str, parts: Sequence[str | None], *, taken: Collection[str] = ()) -> str:
    """A short id that says the same for the same parts; with a number behind it where `taken` holds it already."""
    digest = hashlib.blake2b("\x1f".join(part or "" for part in parts).encode(), digest_size=5).hexdigest()
    candidate, number = f"{prefix}-{digest}", 1
    while candidate in taken:
        number += 1
        candidate = f"{prefix}-{digest}-{number}"
    return candidate
