"""Somebody who wrote about a brand asks to be forgotten: their words leave the file, and no poll brings them back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import sqlalchemy as sa

from config.database import writing
from config.forgotten import forget_in_registers
from config.registers import read_codes, read_people, write_codes, write_people
from config.workspace import Workspace
from listener.forgetting import authors_named, forget_author, not_forgotten
from listener.mentions import BrandMatch, Mention
from listener.queries import compile_query
from listener.reads import read_mentions
from listener.store import SourceState
from listener.targets import with_targets
from tests.polls import save_poll

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
STORY = "Acme kettles whistle marmalade tunes every single morning and the whole quincunx of neighbours sings along"


def mention(key: str, author: str, text: str) -> Mention:
    return Mention(
        key, "blog", "rss", "reddit", key, None, text, author_key=f"reddit:{author}", author_name=author.title(),
        published_at=NOW, followers=7, brands=(BrandMatch("Acme", ("acme",)),),
    )  # fmt: skip


def save(space: Workspace, *found: Mention) -> None:
    state = SourceState("blog", "https://b.example")
    save_poll(space.engine, source="blog", state=state, mentions=not_forgotten(space, found), now=NOW)


def stored_bytes(space: Workspace) -> bytes:
    """Every byte of the database, its journal folded in."""
    with writing(space.engine) as connection:
        connection.execute(sa.text("SELECT 1"))
    with space.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(path.read_bytes() for path in space.data.glob("earned.db*"))


def test_their_words_and_names_leave_the_bytes_and_others_stay(workspace: Workspace) -> None:
    ann = with_targets([mention("m1", "annquixote", STORY)], [("Acme", compile_query("acme"))])
    save(workspace, *ann, mention("m2", "bo", STORY), mention("m3", "bo", "Acme is fine"))
    assert b"annquixote" in stored_bytes(workspace)

    assert forget_author(workspace, "reddit:annquixote", now=NOW) == 1

    left = read_mentions(workspace.engine)
    assert sorted(left["mention_id"]) == ["m2", "m3"]
    assert left.filter(mention_id="m2")["cluster_id"].to_list() == ["m2"]  # the copy now leads its own story
    assert b"annquixote" not in stored_bytes(workspace).lower()
    assert forget_author(workspace, "reddit:annquixote", now=NOW) == 0


def test_words_that_nobody_else_said_leave_the_search_index(workspace: Workspace) -> None:
    save(workspace, mention("m1", "ann", STORY), mention("m2", "bo", "Acme is fine"))
    assert b"quincunx" in stored_bytes(workspace)
    forget_author(workspace, "reddit:ann", now=NOW)
    assert b"quincunx" not in stored_bytes(workspace)


def test_a_poll_does_not_bring_them_back(workspace: Workspace) -> None:
    found = [mention("m1", "ann", STORY), mention("m2", "bo", "Acme is fine")]
    save(workspace, *found)
    forget_author(workspace, "reddit:ann", now=NOW)
    save(workspace, *found, replace(found[0], mention_id="m9", text="Acme again"))
    assert read_mentions(workspace.engine)["mention_id"].to_list() == ["m2"]


def test_a_handle_alone_is_enough_where_one_author_bears_it(workspace: Workspace) -> None:
    save(workspace, mention("m1", "ann", STORY), mention("m2", "joann", "Acme is fine"))
    assert authors_named(workspace.engine, "@Ann") == ["reddit:ann"]
    assert authors_named(workspace.engine, "reddit:joann") == ["reddit:joann"]
    assert authors_named(workspace.engine, "n") == []


def test_the_registers_lose_the_person_and_keep_the_code(workspace: Workspace) -> None:
    person = {"key": "reddit:ann", "network": "reddit", "handle": "ann", "name": "Ann", "status": "contracted"}
    code = {"code_norm": "ANN10", "code": "ANN10", "kind": "creator", "owner": "reddit:ann", "channel": "Influencer"}
    with writing(workspace.engine) as connection:
        write_people(connection, [person])
        write_codes(connection, [code])
    forget_in_registers(workspace.engine, "reddit:ann")
    assert read_people(workspace.engine).is_empty()
    assert read_codes(workspace.engine).select("code_norm", "owner").rows() == [("ANN10", None)]
