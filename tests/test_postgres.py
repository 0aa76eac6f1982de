"""A team's workspace on PostgreSQL shows what it would show on SQLite, and its search gives the query's answer."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from config.database import open_engine, writing
from config.workspace import Workspace, WorkspaceError, migrate, open_workspace
from listener import fulltext, store
from listener.author_counts import note_counts
from listener.queries import QueryError, compile_query
from listener.tables import authors, mention_words, mentions
from tests.conftest import SETTINGS
from tests.listener.test_fulltext import QUERIES, TEXTS, WORDS, ids, save
from tests.postgres import fresh_database, on_server
from tests.test_whole_way import earned
from tests.ui.pages import MONEY_FILES, SHOP, hear, import_all, talk
from ui import pipeline

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
COMMANDS = (
    ("mentions", "--limit", "200"),
    ("mentions", "--query", '"acme kettle" NOT toaster'),
    ("mentions", "--label", "negative"),
    ("people",),
    ("voice",),
    ("alerts",),
    ("terms",),
    ("timing",),
    ("codes",),
    ("channels", "--model", "markov"),
    ("journeys",),
    ("roi",),
    ("leads",),
    ("goals",),
    ("status",),
)


@pytest.fixture
def engine(postgres_server: str) -> Iterator[Engine]:
    engine = open_engine(fresh_database(postgres_server))
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def both(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same small shop, filled by the same steps, on either database."""
    folders = {}
    for name, server in (("sqlite", None), ("postgresql", postgres_server)):
        folder = tmp_path_factory.mktemp(name)
        (folder / "earned.toml").write_text(on_server(SETTINGS, server), encoding="utf-8")
        space = open_workspace(folder)
        assert space.engine.dialect.name == name
        import_all(space, *MONEY_FILES)
        hear(space, talk())
        space.engine.dispose()
        folders[name] = folder
    return folders


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_the_same_on_either_database(both: dict[str, Path], command: tuple[str, ...]) -> None:
    said = {name: json.loads(earned(*command, "--json", folder=folder).stdout) for name, folder in both.items()}
    assert said["postgresql"] == said["sqlite"]


def test_a_file_comes_in_once_and_is_taken_back(postgres_server: str, tmp_path: Path) -> None:
    (tmp_path / "earned.toml").write_text(on_server(SETTINGS, postgres_server), encoding="utf-8")
    space = open_workspace(tmp_path)
    first, again = (pipeline.take_file(space, SHOP / "orders_export.csv", now=NOW) for _ in range(2))
    assert (first.accepted, again.accepted, again.duplicates) == (first.read - first.skipped, 0, again.read)
    assert _orders(space) == 7
    earned("imports", "undo", str(first.id), folder=tmp_path)
    assert _orders(space) == 0
    space.engine.dispose()


def _orders(space: Workspace) -> int:
    return pipeline.facts_of(space).scan("orders").collect().height


@pytest.mark.parametrize(
    "query",
    [
        "acme", '"acme kettle"', "#acme", "kettl*", "acme NOT kettle", 'acme NOT "very good"', "acme OR 苹果",
        "NOT broke kettle", '"a kettl"*', "strasse", "苹果", "\"'s\" OR it's", "ACME -love", "الخلاط",
        "acme NEAR/3 broke",
    ],
)  # fmt: skip
def test_the_databases_answer_is_the_querys(engine: Engine, query: str) -> None:
    save(engine, *TEXTS)
    compiled = compile_query(query)
    wanted = [f"m{n}" for n, (title, text) in enumerate(TEXTS) if compiled.match(text, title=title)]
    assert sorted(ids(engine, query)) == wanted
    assert store.count_mentions(engine, query_text=query) == len(wanted)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.lists(WORDS, max_size=8).map(" ".join), min_size=1, max_size=6), query=QUERIES)
def test_for_any_texts_and_query(engine: Engine, texts: list[str], query: str) -> None:
    try:
        compiled = compile_query(query)
    except QueryError:
        return
    with writing(engine) as connection:
        connection.execute(sa.delete(mentions))
    save(engine, *[(None, text) for text in texts])
    wanted = sorted(f"m{n}" for n, text in enumerate(texts) if compiled.match(text))
    assert sorted(ids(engine, query)) == wanted
    assert store.count_mentions(engine, query_text=query) == len(wanted)


@pytest.mark.parametrize(
    ("query", "exact"),
    [("acme", True), ("acme OR kettl*", True), ("acme NOT broke", True), ('"acme kettle"', False), ("苹果", False)],
)
def test_the_index_knows_words_and_only_narrows_phrases(query: str, exact: bool) -> None:
    assert fulltext.expression_of(compile_query(query), dialect="postgresql")[1] is exact


def test_the_search_goes_through_the_index(engine: Engine) -> None:
    save(engine, *[(None, f"word{n} kettle") for n in range(50)])
    condition, _ = fulltext.condition(compile_query("word7"), dialect="postgresql")
    asked = sa.select(mentions.c.mention_id).where(condition)  # type: ignore[arg-type]
    text = asked.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {text}".replace("%", "%%")).scalars())
    assert "ix_mention_words_search" in plan


def test_a_word_without_end_is_stored_and_found(engine: Engine) -> None:
    long = "a" * 5_000
    save(engine, (None, f"kettle {long} broke"), (None, "kettle " + "a" * 4_999))
    assert ids(engine, "broke") == ["m0"]
    assert ids(engine, long) == ["m0"]


def test_a_changed_or_erased_text_leaves_no_words(engine: Engine) -> None:
    save(engine, (None, "an old kettle"))
    save(engine, (None, "a new toaster"))
    assert (ids(engine, "kettle"), ids(engine, "toaster")) == ([], ["m0"])
    with writing(engine) as connection:
        connection.execute(sa.update(mentions).values(text="", title=None))
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(mention_words)) == 0


def test_backup_says_what_a_team_uses_instead(both: dict[str, Any], tmp_path: Path) -> None:
    done = earned("backup", str(tmp_path / "copy.zip"), folder=both["postgresql"], code=1)
    assert "pg_dump" in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://earned@127.0.0.1:1/none", "does not answer"),
        ("postgresql://earned@127.0.0.1:port/none", "cannot be read"),
        ("mysql://127.0.0.1/none", "begins with postgresql://"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_a_sentence(tmp_path: Path, url: str, said: str) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed; pip install 'earned[postgres]'")
    (tmp_path / "earned.toml").write_text(SETTINGS.replace("[workspace]", f'[workspace]\ndatabase_url = "{url}"', 1))
    with pytest.raises(WorkspaceError, match=said):
        open_workspace(tmp_path)


def test_two_that_state_an_authors_figures_at_once_lose_none(engine: Engine) -> None:
    said = {"author_key": "forum:anna", "followers": None, "following": None, "verified": None, "at": NOW}
    with writing(engine) as connection:
        connection.execute(sa.insert(authors).values(author_key="forum:anna", network="forum", first_seen=NOW))
    other = open_engine(engine.url.render_as_string(hide_password=False))  # another process

    def verify() -> None:
        with writing(other) as connection:
            note_counts(connection, [said | {"followers": 7, "verified": True}], import_id=None, now=NOW)

    second = threading.Thread(target=verify)
    with writing(engine) as connection:
        note_counts(connection, [said | {"followers": 10}], import_id=5, now=NOW)
        second.start()
        second.join(0.5)
        assert second.is_alive(), "waits for what the first one states"
    second.join(30)
    other.dispose()
    with engine.connect() as connection:
        assert connection.execute(sa.select(authors.c.followers, authors.c.verified)).one() == (10, True)
