"""What the listener hears: mentions, what was found in them, authors, the state of sources, triage."""

import sqlalchemy as sa
from alembic import op

from config.database import UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _mentions()
    _found_in_mentions()
    _authors_and_sources()
    _decided_by_people()


def _mentions() -> None:
    op.create_table(
        "mentions",
        sa.Column("mention_id", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False, index=True),
        sa.Column("source_kind", sa.Text, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("native_id", sa.Text),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("text_hash", sa.Text, index=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("cluster_id", sa.Text, nullable=False, index=True),
        sa.Column("raw_url", sa.Text),
        sa.Column("canonical_url", sa.Text, index=True),
        sa.Column("domain", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("language_stated", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("author_key", sa.Text, index=True),
        sa.Column("author_name", sa.Text),
        sa.Column("published_at", UtcTime, index=True),
        sa.Column("published_quality", sa.Text, nullable=False),
        sa.Column("first_seen", UtcTime, nullable=False),
        sa.Column("last_seen", UtcTime, nullable=False),
        sa.Column("likes", sa.BigInteger),
        sa.Column("comments", sa.BigInteger),
        sa.Column("shares", sa.BigInteger),
        sa.Column("views", sa.BigInteger),
        sa.Column("engagement", sa.BigInteger),
        sa.Column("reach", sa.BigInteger),
        sa.Column("reach_kind", sa.Text),
        sa.Column("vendor_sentiment", sa.Float),
        sa.Column("score", sa.Float),
        sa.Column("label", sa.Text),
        sa.Column("confidence", sa.Float),
        sa.Column("scorer", sa.Text),
        sa.Column("score_status", sa.Text, nullable=False),
    )


def _found_in_mentions() -> None:
    op.create_table(
        "mention_brands",
        sa.Column("mention_id", sa.Text, sa.ForeignKey("mentions.mention_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("brand", sa.Text, primary_key=True, index=True),
        sa.Column("terms", sa.Text, nullable=False),
    )
    op.create_table(
        "mention_links",
        sa.Column("mention_id", sa.Text, sa.ForeignKey("mentions.mention_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("canonical", sa.Text, nullable=False, index=True),
    )
    op.create_table(
        "mention_codes",
        sa.Column("mention_id", sa.Text, sa.ForeignKey("mentions.mention_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("code_norm", sa.Text, primary_key=True, index=True),
    )


def _authors_and_sources() -> None:
    op.create_table(
        "authors",
        sa.Column("author_key", sa.Text, primary_key=True),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("followers", sa.BigInteger),
        sa.Column("following", sa.BigInteger),
        sa.Column("verified", sa.Boolean),
        sa.Column("first_seen", UtcTime, nullable=False),
    )
    op.create_table(
        "source_state",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("validators_at", UtcTime),
        sa.Column("body_hash", sa.Text),
        sa.Column("plan_hash", sa.Text),
        sa.Column("next_check_at", UtcTime),
        sa.Column("retry_after", UtcTime),
        sa.Column("last_checked_at", UtcTime),
        sa.Column("last_success_at", UtcTime),
        sa.Column("outcome", sa.Text),
        sa.Column("http_status", sa.Integer),
        sa.Column("error", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("permanent_url", sa.Text),
        sa.Column("permanent_count", sa.Integer, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.Column("entries", sa.Integer),
    )


def _decided_by_people() -> None:
    op.create_table(
        "triage",
        sa.Column("mention_id", sa.Text, sa.ForeignKey("mentions.mention_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("label_override", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
    )


def downgrade() -> None:
    for table in ("triage", "source_state", "authors", "mention_codes", "mention_links", "mention_brands", "mentions"):
        op.drop_table(table)
