"""Addresses: hosts of other scripts in the form the network itself uses, as canonical addresses are written.

Mentions keep their ids; they are found again by their address.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


_CHUNK = 1_000


def upgrade() -> None:
    connection = op.get_bind()
    for table, column in (("mentions", "canonical_url"), ("mention_links", "canonical")):
        for old in _foreign(connection, table, column):
            _rename(connection, table, column, old, _named(old))
    # A link is a register's key: where both forms are registered, the later one stays as it is written.
    known = set(connection.scalars(sa.text("SELECT link FROM links")))
    for old in _foreign(connection, "links", "link"):
        if _named(old) not in known:
            known.add(_named(old))
            _rename(connection, "links", "link", old, _named(old))
    for old in _foreign(connection, "mentions", "domain"):
        _rename(connection, "mentions", "domain", old, _ascii(old))


def _foreign(connection: sa.Connection, table: str, column: str) -> list[str]:
    """The distinct values with a letter that is not ASCII, read in parts."""
    found = connection.execute(
        sa.text(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"),
        execution_options={"yield_per": _CHUNK},
    )
    return [value for (value,) in found if not value.isascii()]


def _rename(connection: sa.Connection, table: str, column: str, old: str, new: str) -> None:
    if new != old:
        change = sa.text(f"UPDATE {table} SET {column} = :new WHERE {column} = :old")
        connection.execute(change, {"new": new, "old": old})


def _named(url: str) -> str:
    place, slash, rest = url.removeprefix("https://").partition("/")
    host, colon, port = place.partition(":")
    return f"https://{_ascii(host)}{colon}{port}{slash}{rest}"


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def downgrade() -> None:
    """Both forms name the same host; there is nothing to take back."""
