"""Search by the database gives what the query itself would give, and gives it without reading the texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from config.database import metadata, open_engine, writing
from config.workspace import Workspace
from listener import fulltext, store
from listener.mentions import Mention
from listener.queries import QueryError, compile_query
from listener.store import SourceState
from listener.tables import mention_words, mentions
from tests.polls import save_poll

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
STATE = SourceState("blog", "https://blog.example/feed")


def save(engine: Engine, *texts: tuple[str | None, str]) -> None:
    found = [
        Mention(f"m{n}", "blog", "rss", "web", str(n), title, text, published_at=NOW + dt.timedelta(minutes=n))
        for n, (title, text) in enumerate(texts)
    ]
    save_poll(engine, source="blog", state=STATE, mentions=found, now=NOW)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine("sqlite://").connect() as connection:
        metadata.create_all(connection)
        connection.commit()
        yield connection.engine
    connection.engine.dispose()


def ids(engine: Engine, query: str, **choice: int) -> list[str]:
    return store.read_mentions(engine, query_text=query, **choice)["mention_id"].to_list()  # type: ignore[arg-type]


TEXTS = [
    ("A kettle", "The Acme kettle is very good"),
    (None, "#acme and @kettle_fan: ship it"),
    ("Acme", "kettle"),  # a phrase does not run from the title into the text
    (None, "We love acme. Kettle broke"),
    (None, "اشتريت الخلاط وبالسعر الجيد"),
    (None, "קניתי קומקום חדש"),
    (None, "东京苹果手机很好"),
    (None, 'say "acme" (kettle) * NEAR -- now'),
    (None, "STRASSE und Straße, ﬁne K E T T L E"),
]  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        "acme", "kettle", '"acme kettle"', "#acme", "@kettle_fan", "kettl*", "acme NOT kettle", "acme OR 苹果",
        "acme AND (broke OR ship)", "NOT broke kettle", '"very good"', '"a* kettle"*', "strasse", "fine", "苹果",
        '"we love acme kettle"', "nothing", '"and @kettle_fan"', "ACME -love", "الخلاط",
    ],
)  # fmt: skip
def test_the_databases_answer_is_the_querys(engine: Engine, query: str) -> None:
    save(engine, *TEXTS)
    try:
        compiled = compile_query(query)
    except QueryError:
        pytest.skip("no query")
    wanted = [f"m{n}" for n, (title, text) in enumerate(TEXTS) if compiled.match(text, title=title)]
    assert sorted(ids(engine, query)) == wanted
    assert store.count_mentions(engine, query_text=query) == len(wanted)
    assert ids(engine, query, limit=1, offset=1) == wanted[::-1][1:2]


WORDS = st.sampled_from(
    ["acme", "kettle", "#acme", "@acme", "the", ".", ",", "Acme", "acmes", "苹果", "&", "ß", "\n", "'s"]
)
TERMS = st.sampled_from(["acme", "kettle", "#acme", '"acme kettle"', '"the acme"', "acm*", "苹果", "ss", '"acme s"'])
QUERIES = st.recursive(
    TERMS,
    lambda inner: st.tuples(inner, st.sampled_from([" AND ", " OR ", " NOT ", " "]), inner).map(
        lambda p: f"({p[0]}){p[1]}({p[2]})"
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.lists(WORDS, max_size=8).map(" ".join), min_size=1, max_size=6), query=QUERIES)
def test_for_any_texts_and_query(texts: list[str], query: str) -> None:
    with open_engine("sqlite://").connect() as connection:
        metadata.create_all(connection)
        connection.commit()
        engine = connection.engine
        save(engine, *[(None, text) for text in texts])
        try:
            compiled = compile_query(query)
        except QueryError:
            return
        wanted = sorted(f"m{n}" for n, text in enumerate(texts) if compiled.match(text))
        assert sorted(ids(engine, query)) == wanted
        assert store.count_mentions(engine, query_text=query) == len(wanted)
    engine.dispose()


@pytest.mark.parametrize(
    ("query", "exact"),
    [("acme", True), ('"acme kettle" NOT broke', True), ("苹果", False), ("acme AND 苹果", False)],
)
def test_what_the_index_cannot_tell_is_read(query: str, exact: bool) -> None:
    assert fulltext.expression_of(compile_query(query), dialect="sqlite")[1] is exact


def test_a_changed_text_is_found_by_its_new_words_only(engine: Engine) -> None:
    save(engine, (None, "an old kettle"))
    save(engine, (None, "a new toaster"))
    assert (ids(engine, "kettle"), ids(engine, "toaster")) == ([], ["m0"])


def test_the_words_of_a_removed_mention_go_with_it(engine: Engine) -> None:
    save(engine, (None, "an old kettle"), (None, "a kettle"))
    with writing(engine) as connection:
        connection.execute(sa.delete(mentions).where(mentions.c.mention_id == "m0"))
    assert ids(engine, "kettle") == ["m1"]
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(mention_words)) == 1
    with writing(engine) as connection:
        connection.execute(sa.update(mentions).values(text="", title=None))
        fulltext.rebuild(connection)
    assert ids(engine, "kettle") == []
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("SELECT block FROM mention_search_data").scalars().all()
    assert not any(b"kettle" in bytes(page) for page in pages)


def test_mentions_from_before_the_search_are_found(workspace: Workspace) -> None:
    save(workspace.engine, (None, "a kettle"))
    with writing(workspace.engine) as connection:
        connection.execute(sa.delete(mention_words))
        connection.exec_driver_sql("UPDATE changes SET n = 1 WHERE name = 'words_missing'")
    assert ids(workspace.engine, "kettle") == ["m0"]
    assert fulltext.catch_up(workspace.engine) == 0


def test_very_common_words_are_looked_for_among_the_newest(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fulltext, "COMMON", 3)
    save(engine, *[(None, f"kettle {n}") for n in range(9)])
    assert ids(engine, "kettle", limit=2, offset=1) == ["m7", "m6"]
    assert len(ids(engine, "kettle")) == 9


def test_a_mention_that_only_gains_numbers_stays_found(engine: Engine) -> None:
    save(engine, (None, "a kettle"))
    found = Mention("m0", "blog", "rss", "web", "0", None, "a kettle", published_at=NOW)
    save_poll(engine, source="blog", state=STATE, mentions=[replace(found, likes=4)], now=NOW)
    assert ids(engine, "kettle") == ["m0"]
