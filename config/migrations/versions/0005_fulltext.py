"""Words of mentions for full-text search by the database, and an index for the newest mentions.

SQLite searches by FTS5 over `mention_words`; elsewhere the words are only kept. `changes` remembers how many mentions
were there before and still lack their words.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_FULLTEXT = (
    "CREATE VIRTUAL TABLE mention_search USING fts5(words, content='mention_words', content_rowid='n', detail=full,"
    " tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")",
    "CREATE TRIGGER mention_words_in AFTER INSERT ON mention_words BEGIN"
    " INSERT INTO mention_search(rowid, words) VALUES (new.n, new.words); END",
    "CREATE TRIGGER mention_words_out AFTER DELETE ON mention_words BEGIN"
    " INSERT INTO mention_search(mention_search, rowid, words) VALUES ('delete', old.n, old.words); END",
    "CREATE TRIGGER mention_words_gone AFTER UPDATE OF title, text ON mentions BEGIN"
    " DELETE FROM mention_words WHERE mention_id = new.mention_id; END",
)


def upgrade() -> None:
    op.create_table(
        "mention_words",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column(
            "mention_id",
            sa.Text,
            sa.ForeignKey("mentions.mention_id", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("words", sa.Text, nullable=False),
    )
    op.execute("CREATE INDEX ix_mentions_said_at ON mentions (coalesce(published_at, first_seen) DESC, mention_id)")
    op.execute("INSERT INTO changes (name, n) SELECT 'words_missing', count(*) FROM mentions")
    if op.get_bind().dialect.name == "sqlite":
        for statement in _FULLTEXT:
            op.execute(statement)
