"""Authors: who stated followers, following and verification, so that an undone import takes its own back."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    table = op.create_table(
        "author_counts",
        sa.Column("author_key", sa.Text, sa.ForeignKey("authors.author_key", ondelete="CASCADE"), primary_key=True),
        sa.Column("import_id", sa.Integer, primary_key=True, index=True),
        sa.Column("followers", sa.BigInteger),
        sa.Column("following", sa.BigInteger),
        sa.Column("verified", sa.Boolean),
        sa.Column("stated_at", sa.Text, nullable=False),
    )
    # Nobody knows who stated what stands today: it stays, as if a feed had.
    names = ("followers", "following", "verified")
    known = sa.table("authors", *(sa.column(name) for name in ("author_key", *names, "first_seen")))
    stated = sa.select(known.c.author_key, sa.literal(0), *(known.c[name] for name in names), sa.literal("")).where(
        sa.or_(*(known.c[name].is_not(None) for name in names))
    )
    op.execute(sa.insert(table).from_select(["author_key", "import_id", *names, "stated_at"], stated))


def downgrade() -> None:
    op.drop_table("author_counts")
