"""Plans: which import a change came from, so that undoing the change takes back the import."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("plan_changes", sa.Column("import_id", sa.Integer))


def downgrade() -> None:
    op.drop_column("plan_changes", "import_id")
