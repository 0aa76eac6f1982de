"""An index that holds all that sentiment by day needs, so that 90 days are summed without reading a text."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index("ix_mentions_felt", "mentions", ["published_at", "first_seen", "mention_id", "label"])
