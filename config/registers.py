"""What both halves must read alike: promo codes, people, and the normal forms of codes, people and links.

Registers change in daily work, so they live in the database: edited on pages or imported from CSV.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config.database import count_change, metadata, upsert, writing

CODE_KINDS = ("creator", "sitewide", "crm", "staff", "test", "giveaway")
CONTACT_STATUSES = ("none", "shortlisted", "contacted", "contracted", "declined")
COMMISSION_ON = ("all", "new")  # whether an order pays commission always, or for a new customer alone
DEFAULT_CHANNEL = {"creator": "Influencer", "crm": "Email"}

codes = sa.Table(
    "codes",
    metadata,
    sa.Column("code_norm", sa.Text, primary_key=True),
    sa.Column("valid_from", sa.Text, primary_key=True, default=""),  # ISO date, "" = since ever
    sa.Column("valid_to", sa.Text, nullable=False, default=""),  # ISO date, "" = for ever
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("owner", sa.Text),  # people.key
    sa.Column("campaign", sa.Text),
    sa.Column("channel", sa.Text),  # null: using the code is no evidence of a channel
    sa.Column("commission_rate", sa.Float),
    sa.Column("commission_per_order", sa.Text),  # decimal, in the workspace's currency
    sa.Column("commission_on", sa.Text),  # COMMISSION_ON; null: all
)
people = sa.Table(
    "people",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # network:handle
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("handle", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("followers", sa.BigInteger),
    sa.Column("status", sa.Text, nullable=False, default="none"),
    sa.Column("note", sa.Text),
    sa.Column("version", sa.Integer, nullable=False, default=1),
)
# Pages of the own shop that are linked to nowhere but on social media: a visit that lands there came from there, even
# without a tag.
links = sa.Table(
    "links",
    metadata,
    sa.Column("link", sa.Text, primary_key=True),  # canonical_url
    sa.Column("url", sa.Text, nullable=False),  # as written
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("medium", sa.Text, nullable=False),
    sa.Column("campaign", sa.Text),
    sa.Column("content", sa.Text),
    sa.Column("owner", sa.Text),  # people.key
    sa.Column("shared_from", sa.Text),  # ISO date
    sa.Column("note", sa.Text),
)
LINKS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "link": pl.String,
    "url": pl.String,
    "source": pl.String,
    "medium": pl.String,
    "campaign": pl.String,
    "content": pl.String,
    "owner": pl.String,
    "shared_from": pl.Date,
    "note": pl.String,
}
CODES_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "code_norm": pl.String,
    "code": pl.String,
    "kind": pl.String,
    "owner": pl.String,
    "campaign": pl.String,
    "channel": pl.String,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "commission_rate": pl.Float64,
    "commission_per_order": pl.Decimal(18, 4),
    "commission_on": pl.String,
}
PEOPLE_SCHEMA = {
    "key": pl.String,
    "network": pl.String,
    "handle": pl.String,
    "name": pl.String,
    "followers": pl.Int64,
    "status": pl.String,
    "note": pl.String,
    "version": pl.Int64,
}

_ZERO_WIDTH = dict.fromkeys([0x200B, 0x200C, 0x200D, 0xFEFF, 0x2060])
_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")
_TRACKING = re.compile(
    r"^(utm_.*|mtm_.*|pk_.*|fbclid|gclid|gbraid|wbraid|dclid|gad_source|msclkid|ttclid|twclid|li_fat_id|igshid?|mc_[a-z]+|srsltid)$"
)


class RegisterConflictError(Exception):
    """Somebody else changed the same entry in between; nothing was written. Read it again, then repeat the change."""


def normal_code(text: str) -> str:
    """The form in which codes are compared: NFKC, no blanks or zero-width marks, plain dashes, capitals."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    bare = "".join(folded.translate(_ZERO_WIDTH).translate(_DASHES).split())
    return unicodedata.normalize("NFKC", bare)  # an accent may have lost the blank that held it apart


def person_key(network: str, handle: str) -> str:
    """`instagram:anna.kow`: network and handle in lower case, without @ or blanks."""
    return f"{network.strip().lower()}:{handle.strip().lstrip('@').strip().lower()}"


def canonical_url(url: str) -> str | None:
    """The form in which links are compared, or None for anything but http(s) with a host.

    Lower-case host without www., m. or amp., other scripts as the network writes them (IDNA); no default port,
    fragment, tracking parameters or trailing slash; query sorted. The raw URL is kept beside it wherever it is
    stored: its tags are evidence.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    host = re.sub(r"^(www|m|amp)\.(?=[^.]+\.)", "", host if host.isascii() else _ascii_host(host))
    place = host if port in (None, 80, 443) else f"{host}:{port}"
    query = sorted((k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k.lower()))
    path = quote(unquote(parts.path), safe="/%:@!$&'()*+,;=~-._").rstrip("/")
    return urlunsplit(("https", place, path, urlencode(query), ""))


def _ascii_host(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host  # no name that could be looked up; it is still the same text


def read_codes(engine: Engine) -> pl.DataFrame:
    """The register of promo codes with columns CODES_SCHEMA, sorted. Dates null = unbounded, both days included."""
    frame = _read(engine, codes, dict.fromkeys(CODES_SCHEMA, pl.String) | {"commission_rate": pl.Float64})
    return frame.with_columns(
        pl.col("valid_from", "valid_to").replace("", None).str.to_date("%Y-%m-%d", strict=True),
        pl.col("commission_per_order").cast(pl.Decimal(18, 4), strict=False),
    ).sort("code_norm", "valid_from", nulls_last=False)


def read_people(engine: Engine) -> pl.DataFrame:
    """The register of people with columns PEOPLE_SCHEMA, sorted by key. Followers null = unknown."""
    return _read(engine, people, PEOPLE_SCHEMA).sort("key")


def _read(engine: Engine, table: sa.Table, schema: Mapping[str, Any]) -> pl.DataFrame:
    with engine.connect() as connection:
        rows = connection.execute(sa.select(*(table.c[name] for name in schema))).all()
    return pl.DataFrame([tuple(row) for row in rows], schema=dict(schema), orient="row")


def write_codes(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or replace codes by (code_norm, valid_from). `rows` have the columns of the table `codes`."""
    upsert(connection, codes, rows, keys=["code_norm", "valid_from"])
    count_change(connection, "registers")


def read_links(engine: Engine) -> pl.DataFrame:
    """The register of links with columns LINKS_SCHEMA, sorted by link. A link in it is shared on social media alone."""
    frame = _read(engine, links, dict.fromkeys(LINKS_SCHEMA, pl.String))
    return frame.with_columns(pl.col("shared_from").str.to_date("%Y-%m-%d", strict=False)).sort("link")


def write_links(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or replace links by their canonical form. `rows` have the columns of the table `links`."""
    upsert(connection, links, rows, keys=["link"])
    count_change(connection, "registers")


def delete_link(engine: Engine, *, link: str) -> None:
    with writing(engine) as connection:
        connection.execute(sa.delete(links).where(links.c.link == link))
        count_change(connection, "registers")


def write_people(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or replace people by key; each write raises the entry's version."""
    upsert(connection, people, [dict(row) | {"version": 1} for row in rows], keys=["key"], update=())
    for row in rows:
        connection.execute(
            sa.update(people).where(people.c.key == row["key"]).values(**row, version=people.c.version + 1)
        )
    count_change(connection, "registers")


def set_contact_status(engine: Engine, *, key: str, status: str, expected_version: int) -> None:
    """Move a person along the contact pipeline. Raises RegisterConflictError when the version has moved on."""
    if status not in CONTACT_STATUSES:
        raise ValueError(f"unknown contact status {status!r}; known: {', '.join(CONTACT_STATUSES)}")
    network, _, handle = key.partition(":")
    fresh = {"key": key, "network": network, "handle": handle, "status": "none", "version": 0}
    with writing(engine) as connection:
        if expected_version == 0:
            upsert(connection, people, [fresh], keys=["key"], update=())
        result = connection.execute(
            sa.update(people)
            .where(people.c.key == key, people.c.version == expected_version)
            .values(status=status, version=people.c.version + 1)
        )
        if not result.rowcount:
            raise RegisterConflictError(f"{key} was changed by somebody else; reload the page and try again")
        count_change(connection, "registers")


def overlapping(rows: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The entry of the same code whose days overlap with those of `row` (another valid_from), if any."""

    def span(entry: Mapping[str, Any]) -> tuple[str, str]:
        return entry["valid_from"] or "0000", entry["valid_to"] or "9999"

    start, end = span(row)
    for other in rows:
        if other["code_norm"] == row["code_norm"] and other["valid_from"] != row["valid_from"]:
            other_start, other_end = span(other)
            if other_start <= end and start <= other_end:
                return other
    return None


def is_iso_date(text: str) -> bool:
    """Whether the text is a day as YYYY-MM-DD: the other ISO forms would not sort and compare as texts."""
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
