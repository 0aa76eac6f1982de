"""What people tell beside the figures: outcomes that are no sales, experiments, inputs of value equivalents."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for name, columns in (
        ("outcomes", ("day", "kind", "text", "link", "value")),
        ("experiments", ("kind", "date_from", "date_to", "lift", "error", "answers", "heard", "note")),
        ("given", ("value",)),
    ):
        op.create_table(
            name,
            sa.Column("id", sa.Text, primary_key=True),
            *(sa.Column(column, sa.Text) for column in columns),
        )


def downgrade() -> None:
    for name in ("given", "experiments", "outcomes"):
        op.drop_table(name)
