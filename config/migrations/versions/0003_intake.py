"""What the import remembers: how a person mapped a file's columns, and whom nobody shall remember."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "column_mappings",
        sa.Column("headers", sa.Text, primary_key=True),
        sa.Column("layout", sa.Text, nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
    )
    op.create_table(
        "forgotten",
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
