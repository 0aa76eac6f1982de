"""Polling: which entries of a source matched nothing, so that they are not read again while nothing changes."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("source_entries", sa.Column("quiet", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("source_entries", "quiet")
