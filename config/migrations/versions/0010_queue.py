"""Polling: the queue's index, when a source was asked, until when its server wants peace, what may have been missed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for name in ("asked_at", "fresh_until"):
        op.add_column("source_state", sa.Column(name, sa.BigInteger))
    op.add_column("source_state", sa.Column("pace_seconds", sa.Integer))
    op.create_index("ix_source_state_next_check_at", "source_state", ["next_check_at"])
    op.create_table(
        "source_entries",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("keys", sa.Text, nullable=False),
    )
    op.create_table(
        "source_gaps",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("since", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("source_gaps")
    op.drop_table("source_entries")
    op.drop_index("ix_source_state_next_check_at", "source_state")
    for name in ("pace_seconds", "fresh_until", "asked_at"):
        op.drop_column("source_state", name)
