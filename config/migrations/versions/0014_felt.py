"""Sentiment by quarter of an hour is kept summed; what changes a mention marks its quarter as out of date."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

# A quarter of an hour, counted from 1970; SQL divides towards zero, so what lies before is put right.
_SAID = "coalesce({0}.published_at, {0}.first_seen)"
_QUARTER = "((" + _SAID + " - ((" + _SAID + " % 900000000 + 900000000) % 900000000)) / 900000000)"


def _mark(source: str) -> str:
    return (
        f"INSERT INTO felt_stale(quarter) SELECT DISTINCT q FROM ({source})"
        " WHERE q IS NOT NULL AND q NOT IN (SELECT quarter FROM felt_stale);"
    )


def _of(row: str) -> str:
    return _mark(f"SELECT {_QUARTER.format(row)} AS q")


def _of_mention(row: str) -> str:
    return _mark(f"SELECT {_QUARTER.format('m')} AS q FROM mentions m WHERE m.mention_id = {row}.mention_id")


_MOVED = " OR ".join(f"old.{name} IS NOT new.{name}" for name in ("label", "published_at", "first_seen"))
TRIGGERS = {
    "felt_mention_in": f"AFTER INSERT ON mentions BEGIN {_of('new')} END",
    "felt_mention_out": f"AFTER DELETE ON mentions BEGIN {_of('old')} END",
    "felt_mention_moved": "AFTER UPDATE OF label, published_at, first_seen ON mentions"
    f" WHEN {_MOVED} BEGIN {_of('old')} {_of('new')} END",
    "felt_brand_in": f"AFTER INSERT ON mention_brands BEGIN {_of_mention('new')} END",
    "felt_brand_out": f"AFTER DELETE ON mention_brands BEGIN {_of_mention('old')} END",
    "felt_brand_moved": f"AFTER UPDATE OF brand, mention_id ON mention_brands"
    f" BEGIN {_of_mention('old')} {_of_mention('new')} END",
    "felt_edit_in": f"AFTER INSERT ON triage WHEN new.label_override IS NOT NULL BEGIN {_of_mention('new')} END",
    "felt_edit_moved": "AFTER UPDATE OF label_override ON triage WHEN old.label_override IS NOT new.label_override"
    f" BEGIN {_of_mention('new')} END",
    "felt_edit_out": f"AFTER DELETE ON triage WHEN old.label_override IS NOT NULL BEGIN {_of_mention('old')} END",
    "felt_target_in": f"AFTER INSERT ON mention_targets WHEN new.label IS NOT NULL BEGIN {_of_mention('new')} END",
    "felt_target_moved": "AFTER UPDATE OF label ON mention_targets WHEN old.label IS NOT new.label"
    f" BEGIN {_of_mention('new')} END",
    "felt_target_out": f"AFTER DELETE ON mention_targets WHEN old.label IS NOT NULL BEGIN {_of_mention('old')} END",
}


def upgrade() -> None:
    op.create_table(
        "felt_quarters",
        sa.Column("quarter", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("brand", sa.Text, primary_key=True),
        sa.Column("label", sa.Text, primary_key=True),
        sa.Column("n", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table("felt_stale", sa.Column("quarter", sa.BigInteger, primary_key=True, autoincrement=False))
    if op.get_context().dialect.name == "sqlite":
        op.execute(_of_all())
        for name, rest in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} {rest}")


def _of_all() -> str:
    return _mark(f"SELECT {_QUARTER.format('m')} AS q FROM mentions m").rstrip(";")


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
    op.drop_table("felt_stale")
    op.drop_table("felt_quarters")
