"""Links shared on social media alone, and what a code's owner is paid beyond a share."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("link", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("medium", sa.Text, nullable=False),
        sa.Column("campaign", sa.Text),
        sa.Column("content", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("shared_from", sa.Text),
        sa.Column("note", sa.Text),
    )
    op.add_column("codes", sa.Column("commission_per_order", sa.Text))
    op.add_column("codes", sa.Column("commission_on", sa.Text))


def downgrade() -> None:
    with op.batch_alter_table("codes") as table:
        table.drop_column("commission_on")
        table.drop_column("commission_per_order")
    op.drop_table("links")
