"""Hebrew and Arabic words are compared by other letters than before: the next search writes those stored anew."""

from alembic import op

revision = "0020"
down_revision = "0019"

_LETTERS = "\u05d0-\u06ff"
_HELD = {"sqlite": f"words GLOB '*[{_LETTERS}]*'", "postgresql": f"words ~ '[{_LETTERS}]'"}


def upgrade() -> None:
    held = _HELD[op.get_bind().dialect.name]
    op.execute(
        f"UPDATE changes SET n = n + (SELECT count(*) FROM mention_words WHERE {held}) WHERE name = 'words_missing'"
    )
    op.execute(f"DELETE FROM mention_words WHERE {held}")


def downgrade() -> None:
    """Which letters are compared is the program's matter; the tables are as they were."""
