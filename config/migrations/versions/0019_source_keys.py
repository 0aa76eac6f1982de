"""Sources: which of them holds a key, so that a removed one's key is not handed to another of its name."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("source_keys", sa.Column("held_by", sa.Text))
    op.execute(
        "UPDATE source_keys SET held_by = (SELECT min(s.name) FROM source_state AS s"
        " WHERE s.url = source_keys.url AND (s.next_check_at IS NOT NULL OR s.gone))"
    )


def downgrade() -> None:
    op.drop_column("source_keys", "held_by")
