"""What binds facts to their ledger, the user's own exchange rates, short links, and the identity of sources."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "ledger_ids",
        sa.Column("only", sa.Integer, primary_key=True),
        sa.Column("ledger", sa.Text, nullable=False),
    )
    op.create_table(
        "exchange_rates",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("rate", sa.Text, nullable=False),
        sa.Column("per", sa.Text, nullable=False),
    )
    op.create_table(
        "short_links",
        sa.Column("short", sa.Text, primary_key=True),
        sa.Column("short_url", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
    )
    op.create_table(
        "source_keys",
        sa.Column("url", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
    )
    # Until now a source was known by its name: those polled before keep it.
    op.execute("insert into source_keys (url, key) select url, min(name) from source_state group by url")


def downgrade() -> None:
    for table in ("source_keys", "short_links", "exchange_rates", "ledger_ids"):
        op.drop_table(table)
