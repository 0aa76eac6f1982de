"""Search by PostgreSQL: an index of the words, and texts that change lose theirs. SQLite has both since 0005."""

from alembic import op

revision = "0018"
down_revision = "0017"

_VECTOR = r"array_to_tsvector(array_remove(string_to_array(regexp_replace(words, '(\S{250})\S+', '\1', 'g'), ' '), ''))"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f"CREATE INDEX ix_mention_words_search ON mention_words USING gin (({_VECTOR}))")
    op.execute(
        "CREATE FUNCTION mention_words_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " DELETE FROM mention_words WHERE mention_id = new.mention_id; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER mention_words_gone AFTER UPDATE OF title, text ON mentions"
        " FOR EACH ROW EXECUTE FUNCTION mention_words_gone()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER mention_words_gone ON mentions")
        op.execute("DROP FUNCTION mention_words_gone")
        op.execute("DROP INDEX ix_mention_words_search")
