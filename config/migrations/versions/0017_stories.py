"""Near copies: a story keeps its key, its first member stands apart; texts are looked for by fortnight."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_SAID = sa.text("coalesce(published_at, first_seen)")
_FORTNIGHT = 14 * 86_400 * 1_000_000


def upgrade() -> None:
    op.create_table(
        "story_heads",
        sa.Column("story", sa.Text, primary_key=True),
        sa.Column("mention_id", sa.Text, nullable=False),
    )
    op.drop_index("ix_mentions_text_hash", "mentions")
    op.drop_index("ix_mentions_cluster_id", "mentions")
    op.create_index("ix_mentions_text_said", "mentions", ["text_hash", _SAID])
    op.create_index("ix_mentions_story_said", "mentions", ["cluster_id", _SAID, "mention_id"])
    op.drop_table("text_near")
    _make_bands("text_bands_by_slot", sa.Column("slot", sa.BigInteger, primary_key=True, autoincrement=False))
    said = "coalesce(m.published_at, m.first_seen)"
    slot = f"({said} - (({said} % {_FORTNIGHT} + {_FORTNIGHT}) % {_FORTNIGHT})) / {_FORTNIGHT}"
    op.execute(
        f"INSERT INTO text_bands_by_slot (band, slot, text_hash) SELECT DISTINCT b.band, {slot}, b.text_hash"
        " FROM text_bands AS b JOIN mentions AS m ON m.text_hash = b.text_hash"
    )
    op.drop_table("text_bands")
    op.rename_table("text_bands_by_slot", "text_bands")
    op.create_index("ix_text_bands_text_hash", "text_bands", ["text_hash"])


def _make_bands(name: str, *more: sa.Column[int]) -> None:
    op.create_table(
        name,
        sa.Column("band", sa.BigInteger, primary_key=True, autoincrement=False),
        *more,
        sa.Column("text_hash", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """The pairs found alike are gone: stories stay as they are until a mention of theirs changes."""
    head = "(SELECT h.mention_id FROM story_heads AS h WHERE h.story = mentions.cluster_id)"
    op.execute(f"UPDATE mentions SET cluster_id = {head} WHERE cluster_id IN (SELECT story FROM story_heads)")
    op.drop_table("story_heads")
    op.drop_index("ix_mentions_text_said", "mentions")
    op.drop_index("ix_mentions_story_said", "mentions")
    op.create_index("ix_mentions_text_hash", "mentions", ["text_hash"])
    op.create_index("ix_mentions_cluster_id", "mentions", ["cluster_id"])
    op.drop_table("text_bands")
    _make_bands("text_bands")
    op.create_index("ix_text_bands_text_hash", "text_bands", ["text_hash"])
    op.create_table(
        "text_near",
        sa.Column("one", sa.Text, primary_key=True),
        sa.Column("other", sa.Text, primary_key=True, index=True),
        sqlite_with_rowid=False,
    )
