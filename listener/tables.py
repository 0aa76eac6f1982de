"""The listener's tables in the operational database. Nulls are unknown, never zero; times are UTC.

mentions          one row a mention, kept for ever; `cluster_id` is the key of the story it tells
mention_brands    which brands a mention matched, and by which terms
mention_links     the links found in it, as written, in order
mention_codes     registered promo codes found in it, normal form
mention_imports   which imports carried a mention, so that one can be taken back
authors           what the networks themselves say about an author; the register of people outranks it
source_state      what polling must remember of a source; committed together with the mentions it stands for
source_entries    which entries the last poll of a source showed; source_gaps: when some may have been missed
mention_words     the words of title and text as queries compare them, for full-text search by the database
story_heads       the first mention of a story whose key is not its id; see `clusters`
text_bands        where to look for texts nearly like another
triage            what people decided about a mention; polling never touches it
"""

from __future__ import annotations

import sqlalchemy as sa

from config.database import UtcTime, metadata

mentions = sa.Table(
    "mentions",
    metadata,
    sa.Column("mention_id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False, index=True),
    sa.Column("source_kind", sa.Text, nullable=False),  # rss | atom | jsonfeed | import:<vendor>
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("native_id", sa.Text),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("text_hash", sa.Text),  # null: too short to tell a copy from a coincidence
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("cluster_id", sa.Text, nullable=False),
    sa.Column("raw_url", sa.Text),  # unmodified: its tags are evidence
    sa.Column("canonical_url", sa.Text, index=True),
    sa.Column("domain", sa.Text),
    sa.Column("title", sa.Text),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("language_stated", sa.Text),  # by the source
    sa.Column("language", sa.Text),  # detected; null when not sure
    sa.Column("author_key", sa.Text, index=True),
    sa.Column("author_name", sa.Text),
    sa.Column("published_at", UtcTime, index=True),
    sa.Column("published_quality", sa.Text, nullable=False),  # exact | date_only | no_zone | guessed | missing
    sa.Column("first_seen", UtcTime, nullable=False),
    sa.Column("last_seen", UtcTime, nullable=False),
    sa.Column("likes", sa.BigInteger),
    sa.Column("comments", sa.BigInteger),
    sa.Column("shares", sa.BigInteger),
    sa.Column("views", sa.BigInteger),
    sa.Column("engagement", sa.BigInteger),  # likes + comments + shares as far as known; null if none is
    sa.Column("reach", sa.BigInteger),
    sa.Column("reach_kind", sa.Text),  # impressions | site_visits | vendor; null beside a null reach
    sa.Column("vendor_sentiment", sa.Float),
    sa.Column("score", sa.Float),  # [-1, 1]
    sa.Column("label", sa.Text),  # positive | neutral | negative
    sa.Column("confidence", sa.Float),
    sa.Column("scorer", sa.Text),
    sa.Column("score_status", sa.Text, nullable=False),  # scored | no_scorer | no_language | no_text
)

said_at = sa.func.coalesce(mentions.c.published_at, mentions.c.first_seen, type_=UtcTime())
sa.Index("ix_mentions_text_said", mentions.c.text_hash, said_at)
sa.Index("ix_mentions_story_said", mentions.c.cluster_id, said_at, mentions.c.mention_id)
sa.Index("ix_mentions_felt", *(mentions.c[name] for name in ("published_at", "first_seen", "mention_id", "label")))


def _of_mention() -> sa.Column[str]:
    return sa.Column("mention_id", sa.Text, sa.ForeignKey("mentions.mention_id", ondelete="CASCADE"), primary_key=True)


mention_brands = sa.Table(
    "mention_brands",
    metadata,
    _of_mention(),
    sa.Column("brand", sa.Text, primary_key=True, index=True),
    sa.Column("terms", sa.Text, nullable=False),  # JSON list: the query's terms that were found
)
mention_links = sa.Table(
    "mention_links",
    metadata,
    _of_mention(),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("canonical", sa.Text, nullable=False, index=True),
)
mention_codes = sa.Table(
    "mention_codes",
    metadata,
    _of_mention(),
    sa.Column("code_norm", sa.Text, primary_key=True, index=True),
)
mention_imports = sa.Table(
    "mention_imports",
    metadata,
    _of_mention(),
    sa.Column("import_id", sa.Integer, primary_key=True, index=True),
)
authors = sa.Table(
    "authors",
    metadata,
    sa.Column("author_key", sa.Text, primary_key=True),  # network:handle, lower case
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("followers", sa.BigInteger),
    sa.Column("following", sa.BigInteger),
    sa.Column("verified", sa.Boolean),
    sa.Column("first_seen", UtcTime, nullable=False),
)
author_counts = sa.Table(
    "author_counts",
    metadata,
    sa.Column("author_key", sa.Text, sa.ForeignKey("authors.author_key", ondelete="CASCADE"), primary_key=True),
    sa.Column("import_id", sa.Integer, primary_key=True, index=True),  # 0: feeds, or a person by hand
    sa.Column("followers", sa.BigInteger),
    sa.Column("following", sa.BigInteger),
    sa.Column("verified", sa.Boolean),
    # When each was stated, the followers first: ISO, UTC; "" for what stood before it was kept.
    sa.Column("stated_at", sa.Text, nullable=False),
    sa.Column("following_at", sa.Text),
    sa.Column("verified_at", sa.Text),
)
source_state = sa.Table(
    "source_state",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("validators_at", UtcTime),  # when the server last sent a whole body with these validators
    sa.Column("body_hash", sa.Text),
    sa.Column("plan_hash", sa.Text),  # of the brands' queries and languages the body was read with
    sa.Column("next_check_at", UtcTime, index=True),  # the queue; null: not asked (gone, or not in the settings)
    sa.Column("asked_at", UtcTime),  # of the last request, written before it is made
    sa.Column("fresh_until", UtcTime),  # not asked before: nothing new by its word, or failing
    sa.Column("pace_seconds", sa.Integer),  # the document's own wish: <ttl>, sy:updatePeriod
    sa.Column("retry_after", UtcTime),  # the server asked not to come back before
    sa.Column("last_checked_at", UtcTime),
    sa.Column("last_success_at", UtcTime),
    sa.Column("outcome", sa.Text),
    sa.Column("http_status", sa.Integer),
    sa.Column("error", sa.Text),
    sa.Column("failures", sa.Integer, nullable=False),  # in a row
    sa.Column("permanent_url", sa.Text),  # where the server says the feed has moved for good
    sa.Column("permanent_count", sa.Integer, nullable=False),  # how many times in a row it said so
    sa.Column("gone", sa.Boolean, nullable=False),  # 410: asked again only when the address in the settings changes
    sa.Column("entries", sa.Integer),
)
source_entries = sa.Table(
    "source_entries",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("keys", sa.Text, nullable=False),  # short hashes of the entries last seen, blank between
    # What was asked of them (a hash), then the marks of those that matched nothing, blank between.
    sa.Column("quiet", sa.Text, nullable=False, server_default=""),
)
source_gaps = sa.Table(
    "source_gaps",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("since", UtcTime, primary_key=True),  # the last answer before
    sa.Column("until", UtcTime, nullable=False),  # the poll whose entries had none in common with the poll before
)
triage = sa.Table(
    "triage",
    metadata,
    _of_mention(),
    sa.Column("status", sa.Text, nullable=False),  # new | seen | todo | done
    sa.Column("label_override", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
)
mention_words = sa.Table(
    "mention_words",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True),  # the search index's number; stays the same when the file is packed
    sa.Column(
        "mention_id", sa.Text, sa.ForeignKey("mentions.mention_id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    sa.Column("words", sa.Text, nullable=False),
)
story_heads = sa.Table(
    "story_heads",
    metadata,
    sa.Column("story", sa.Text, primary_key=True),  # mentions.cluster_id
    sa.Column("mention_id", sa.Text, nullable=False),
)
text_bands = sa.Table(
    "text_bands",
    metadata,
    sa.Column("band", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("slot", sa.BigInteger, primary_key=True, autoincrement=False),  # fortnights since 1970
    sa.Column("text_hash", sa.Text, primary_key=True, index=True),
    sqlite_with_rowid=False,
)
FULLTEXT = (
    "CREATE VIRTUAL TABLE mention_search USING fts5(words, content='mention_words', content_rowid='n', detail=full,"
    " tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")",
    "CREATE TRIGGER mention_words_in AFTER INSERT ON mention_words BEGIN"
    " INSERT INTO mention_search(rowid, words) VALUES (new.n, new.words); END",
    "CREATE TRIGGER mention_words_out AFTER DELETE ON mention_words BEGIN"
    " INSERT INTO mention_search(mention_search, rowid, words) VALUES ('delete', old.n, old.words); END",
    "CREATE TRIGGER mention_words_gone AFTER UPDATE OF title, text ON mentions BEGIN"
    " DELETE FROM mention_words WHERE mention_id = new.mention_id; END",
)  # as the migration makes them, for tables made without it


SEARCHED_LETTERS = 250  # of a word: PostgreSQL counts no further in a pattern, and keeps no word of over 2,046 bytes
SEARCH_VECTOR = (
    "array_to_tsvector(array_remove(string_to_array("
    f"regexp_replace(words, '(\\S{{{SEARCHED_LETTERS}}})\\S+', '\\1', 'g'), ' '), ''))"
)
FULLTEXT_POSTGRESQL = (
    f"CREATE INDEX ix_mention_words_search ON mention_words USING gin (({SEARCH_VECTOR}))",
    "CREATE FUNCTION mention_words_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " DELETE FROM mention_words WHERE mention_id = new.mention_id; RETURN NULL; END $$",
    "CREATE TRIGGER mention_words_gone AFTER UPDATE OF title, text ON mentions"
    " FOR EACH ROW EXECUTE FUNCTION mention_words_gone()",
)  # the same for PostgreSQL
_SEARCHES = {"sqlite": FULLTEXT, "postgresql": FULLTEXT_POSTGRESQL}


def _make_search(target: object, connection: sa.Connection, **_: object) -> None:
    for statement in _SEARCHES[connection.dialect.name]:
        connection.exec_driver_sql(statement)


sa.event.listen(mention_words, "after_create", _make_search)
