"""How each mention speaks of each brand it names, beside the score of its whole text."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "mention_targets",
        sa.Column("mention_id", sa.Text, sa.ForeignKey("mentions.mention_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("brand", sa.Text, primary_key=True),
        sa.Column("score", sa.Float),
        sa.Column("label", sa.Text),
        sa.Column("confidence", sa.Float),
        sa.Column("scorer", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("rule", sa.Text),
        sa.Column("window_text", sa.Text),
        sa.Column("basis", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("mention_targets")
