"""Authors: when who stated what, each figure by itself; `stated_at` stays as the time of the followers."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

FIGURES = ("following", "verified")


def upgrade() -> None:
    for name in FIGURES:
        op.add_column("author_counts", sa.Column(f"{name}_at", sa.Text))
        counts = sa.table("author_counts", sa.column(name), sa.column("stated_at"), sa.column(f"{name}_at"))
        known = counts.c[name].is_not(None)
        op.execute(sa.update(counts).where(known).values({f"{name}_at": counts.c.stated_at}))


def downgrade() -> None:
    for name in FIGURES:
        op.drop_column("author_counts", f"{name}_at")
