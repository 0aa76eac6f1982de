"""Addresses: hosts of other scripts in the form the network itself uses, as canonical addresses are written.

Mentions keep their ids; they are found again by their address.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    connection = op.get_bind()
    for table, column in (("mentions", "canonical_url"), ("mention_links", "canonical"), ("links", "link")):
        found = connection.scalars(sa.text(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"))
        known = list(found)
        for old in [url for url in known if not url.isascii() and (table != "links" or _named(url) not in known)]:
            change = sa.text(f"UPDATE {table} SET {column} = :new WHERE {column} = :old")
            connection.execute(change, {"new": _named(old), "old": old})
    domains = connection.scalars(sa.text("SELECT DISTINCT domain FROM mentions WHERE domain IS NOT NULL"))
    for old in [domain for domain in domains if not domain.isascii()]:
        change = sa.text("UPDATE mentions SET domain = :new WHERE domain = :old")
        connection.execute(change, {"new": _ascii(old), "old": old})


def _named(url: str) -> str:
    host, slash, rest = url.removeprefix("https://").partition("/")
    return f"https://{_ascii(host)}{slash}{rest}"


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def downgrade() -> None:
    """Both forms name the same host; there is nothing to take back."""
