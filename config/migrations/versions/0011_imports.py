"""What imports remember: how a person said columns are written, which mentions and register entries a file brought,
and which rows in quarantine a corrected file has settled."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    for name in ("constants", "written", "names", "file_name"):
        op.add_column("column_mappings", sa.Column(name, sa.Text))
    op.add_column("column_mappings", sa.Column("saved_at", sa.BigInteger))
    op.add_column("quarantine", sa.Column("settled_by", sa.Integer))
    op.create_table(
        "mention_imports",
        sa.Column("mention_id", sa.Text, sa.ForeignKey("mentions.mention_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("import_id", sa.Integer, primary_key=True, index=True),
    )
    op.create_table(
        "register_imports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("import_id", sa.Integer, nullable=False, index=True),
        sa.Column("register", sa.Text, nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text, nullable=False),
    )
    _one_import_a_layout()


def _one_import_a_layout() -> None:
    """Mentions of a layout that was imported but once came by that import. Of several it is not known by which."""
    op.execute(
        "INSERT INTO mention_imports (mention_id, import_id) "
        "SELECT mentions.mention_id, (SELECT imports.id FROM imports "
        "WHERE imports.state = 'done' AND 'import:' || imports.layout = mentions.source) "
        "FROM mentions WHERE mentions.source LIKE 'import:%' AND (SELECT count(*) FROM imports "
        "WHERE imports.state = 'done' AND 'import:' || imports.layout = mentions.source) = 1"
    )


def downgrade() -> None:
    op.drop_table("register_imports")
    op.drop_table("mention_imports")
    op.drop_column("quarantine", "settled_by")
    for name in ("constants", "written", "names", "file_name", "saved_at"):
        op.drop_column("column_mappings", name)
