"""What the business plans and spends: costs, campaigns with notes, goals; and how their last changes are undone."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "costs",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text) for name in ("kind", "amount", "currency", "hours", "rate")),
        *(sa.Column(name, sa.Text) for name in ("date_from", "date_to", "channel", "campaign")),
        *(sa.Column(name, sa.Text) for name in ("influencer", "brand", "note")),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text) for name in ("name", "date_from", "date_to", "brand", "channels", "people")),
        *(sa.Column(name, sa.Text) for name in ("codes", "utm_campaigns", "cost_campaigns", "budget")),
        *(sa.Column(name, sa.Text) for name in ("target_revenue", "target_orders", "target_mentions", "note")),
        sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "campaign_notes",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text) for name in ("campaign", "day", "text")),
    )
    op.create_table(
        "goals",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text) for name in ("name", "purpose", "metric", "network", "page", "product")),
        *(sa.Column(name, sa.Text) for name in ("campaign", "brand", "baseline", "target", "target_is")),
        *(sa.Column(name, sa.Text) for name in ("date_from", "date_to", "owner")),
        sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "plan_changes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("register", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger),
        sa.Column("changed", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for name in ("plan_changes", "goals", "campaign_notes", "campaigns", "costs"):
        op.drop_table(name)
