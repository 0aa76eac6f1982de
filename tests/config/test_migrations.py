"""Migrations on data: back and forth they lose nothing, and old spellings of addresses are found again."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from config.database import open_engine, writing
from config.registers import canonical_url
from config.workspace import MIGRATIONS, migrate, newest_revision
from listener import store
from listener.mentions import Mention
from listener.store import SourceState
from tests.polls import save_poll
from tests.postgres import fresh_database

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    if request.param == "sqlite":
        return open_engine(f"sqlite:///{tmp_path_factory.mktemp('migrations') / 'earned.db'}")
    return open_engine(fresh_database(request.getfixturevalue("postgres_server")))


def go_to(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect().execution_options(writes=True) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_the_newest_migration_is_told_by_the_names_of_the_files() -> None:
    """Without asking Alembic, which takes longer to import than most commands to run."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [newest_revision()]
    files = [path.name for path in (MIGRATIONS / "versions").glob("*.py")]
    assert sorted(name[:4] for name in files) == sorted(script.revision for script in scripts.walk_revisions())


def test_back_and_forth_keeps_the_mentions_and_their_stories(engine: Engine) -> None:
    migrate(engine)
    text = "the acme kettle that I bought last week in the old shop is still as good as new"
    said = [Mention(f"m{n}", "blog", "rss", "web", str(n), None, text, published_at=NOW) for n in range(3)]
    save_poll(engine, source="blog", state=SourceState("blog", "https://b"), mentions=said, now=NOW)
    before = store.read_mentions(engine, query_text="kettle")
    go_to(engine, "0016")
    migrate(engine)
    after = store.read_mentions(engine, query_text="kettle")
    assert (
        after.sort("mention_id")
        .select("mention_id", "cluster_id", "text")
        .equals(before.sort("mention_id").select("mention_id", "cluster_id", "text"))
    )
    engine.dispose()


def test_addresses_of_other_scripts_take_the_form_they_have_now(engine: Engine) -> None:
    """A port stays a port, and two registered spellings of one host stop nothing."""
    migrate(engine)
    go_to(engine, "0021")
    composed, apart = "https://b\u00fccher.example/x", "https://bu\u0308cher.example/x"
    with writing(engine) as connection:
        for url in (composed, apart, "https://b\u00fccher.example:8080/y", "https://plain.example/z"):
            connection.execute(
                sa.text("INSERT INTO links (link, url, source, medium) VALUES (:url, :url, 'ig', 'social')"),
                {"url": url},
            )
    migrate(engine)
    with engine.connect() as connection:
        links = set(connection.scalars(sa.text("SELECT link FROM links")))
    assert {canonical_url(composed), canonical_url("https://b\u00fccher.example:8080/y")} <= links
    assert (len(links), "https://plain.example/z" in links) == (4, True)
    engine.dispose()
