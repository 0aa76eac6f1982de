from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from config.database import data_version, metadata, open_engine, writing
from config.registers import write_codes, write_people
from config.workspace import Workspace, migrate
from listener import store, tables
from listener.mentions import BrandMatch, Mention
from listener.queries import QueryError
from listener.store import SaveCounts, SourceState, StaleEditError, UnknownMentionError
from tests.polls import save_poll

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MENTION = Mention(
    mention_id="m1",
    source="blog",
    source_kind="rss",
    network="blog",
    native_id="1",
    title="A kettle",
    text="The Acme kettle is really very good",
    raw_url="https://blog.example/1?utm_source=x",
    language="en",
    author_key="blog:anna",
    author_name="Anna",
    published_at=NOW - DAY,
    published_quality="exact",
    score=0.5,
    label="positive",
    scorer="vader-3.3.2",
    score_status="scored",
    brands=(BrandMatch("Acme", ("acme",)),),
    links=("https://shop.example/?a=1",),
    codes=("ANNA10",),
)
STATE = SourceState("blog", "https://blog.example/feed")


def save(engine: Engine, *mentions: Mention, at: dt.datetime = NOW) -> SaveCounts:
    return save_poll(engine, source="blog", state=STATE, mentions=mentions, now=at)


def one(engine: Engine, **choice: Any) -> dict[str, Any]:
    return store.read_mentions(engine, **choice).row(0, named=True)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """The tables in memory: as the migration makes them, which a test below checks."""
    with open_engine("sqlite://").connect() as connection:
        metadata.create_all(connection)
        connection.commit()
        yield connection.engine
    connection.engine.dispose()


def test_the_migration_makes_the_tables_as_the_code_knows_them(workspace: Workspace) -> None:
    found = sa.inspect(workspace.engine)
    with workspace.engine.connect() as connection:
        names = set(connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'index'")))
    ours = [table for table in metadata.sorted_tables if getattr(tables, table.name, None) is table]
    assert len(ours) >= 12
    for table in ours:
        columns = {
            column["name"]: (column["nullable"], str(column["type"])) for column in found.get_columns(table.name)
        }
        known = {c.name: (c.nullable, c.type.compile(workspace.engine.dialect)) for c in table.columns}
        assert columns == known, table.name
        key = found.get_pk_constraint(table.name)["constrained_columns"]
        assert key == [column.name for column in table.primary_key.columns]
        with warnings.catch_warnings():  # of indexes on expressions only the names can be asked for
            warnings.simplefilter("ignore", sa.exc.SAWarning)
            indexed = {tuple(index["column_names"]) for index in found.get_indexes(table.name)}
        plain = {index for index in table.indexes if all(isinstance(e, sa.Column) for e in index.expressions)}
        assert indexed == {tuple(index.columns.keys()) for index in plain}
        assert {str(index.name) for index in table.indexes - plain} <= names


def test_a_mention_is_stored_once_and_read_with_all_it_holds(engine: Engine) -> None:
    assert save(engine, MENTION) == SaveCounts(1, 1, 0)
    assert save(engine, MENTION, at=NOW + DAY) == SaveCounts(1, 0, 0)
    row = one(engine)
    assert (row["brands"], row["links"], row["codes"], row["terms"]) == (
        ["Acme"], ["https://shop.example/?a=1"], ["ANNA10"], ["acme"],
    )  # fmt: skip
    assert (row["revision"], row["first_seen"], row["last_seen"]) == (1, NOW, NOW + DAY)
    assert row["url"] == MENTION.raw_url


def test_a_changed_text_is_a_revision_and_a_changed_count_is_none(engine: Engine) -> None:
    save(engine, MENTION)
    assert save(engine, replace(MENTION, likes=5)) == SaveCounts(1, 0, 1)
    assert (one(engine)["revision"], one(engine)["engagement"]) == (1, 5)
    assert save(engine, replace(MENTION, text="It broke", likes=5, links=())) == SaveCounts(1, 0, 1)
    assert (one(engine)["revision"], one(engine)["links"]) == (2, [])


def test_the_data_version_rises_only_when_something_changed(engine: Engine) -> None:
    save(engine, MENTION)
    before = data_version(engine)
    save(engine, MENTION, at=NOW + DAY)
    assert data_version(engine) == before
    save(engine, replace(MENTION, likes=1))
    assert data_version(engine) != before


def test_mentions_and_state_are_written_together_or_not_at_all(engine: Engine) -> None:
    broken = replace(MENTION, mention_id="m2", published_at=dt.datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(sa.exc.StatementError):
        save(engine, MENTION, broken)
    assert store.count_mentions(engine) == 0
    assert store.read_states(engine) == {}
    save(engine, MENTION)
    assert store.read_states(engine) == {"blog": STATE}


def test_a_post_with_a_new_id_is_the_same_mention(engine: Engine) -> None:
    save(engine, MENTION)
    renamed = replace(MENTION, mention_id="m9", native_id="other", raw_url="https://blog.example/1?utm_source=y")
    assert save(engine, renamed) == SaveCounts(1, 0, 1)
    assert save(engine, renamed) == SaveCounts(1, 0, 0)
    assert store.count_mentions(engine) == 1


def test_an_id_the_document_still_uses_is_not_given_away(engine: Engine) -> None:
    save(engine, MENTION)
    assert save(engine, MENTION, replace(MENTION, mention_id="m9")) == SaveCounts(2, 1, 0)


def test_a_guessed_date_does_not_wander(engine: Engine) -> None:
    save(engine, replace(MENTION, published_at=NOW, published_quality="guessed"))
    later = replace(MENTION, published_at=NOW + DAY, published_quality="guessed")
    assert save(engine, later, at=NOW + DAY) == SaveCounts(1, 0, 0)
    assert save(engine, replace(later, likes=1), at=NOW + DAY) == SaveCounts(1, 0, 1)
    assert one(engine)["published_at"] == NOW


def test_copies_stay_rows_and_point_to_the_earliest(engine: Engine) -> None:
    copy = replace(MENTION, mention_id="m2", raw_url=None, author_key="blog:ben")
    save(engine, MENTION, copy)
    assert set(store.read_mentions(engine)["cluster_id"]) == {"m1"}
    save(engine, replace(MENTION, mention_id="m0", raw_url=None, published_at=NOW - 2 * DAY))
    assert set(store.read_mentions(engine)["cluster_id"]) == {"m0"}
    save(engine, replace(MENTION, mention_id="m0", raw_url=None, text="Something else altogether, at length"))
    clusters = store.read_mentions(engine).select("mention_id", "cluster_id").rows()
    assert dict(clusters) == {"m0": "m0", "m1": "m1", "m2": "m1"}


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(4)))
def test_clusters_do_not_depend_on_the_order_of_arrival(order: list[int]) -> None:
    engine = open_engine("sqlite://")
    metadata.create_all(engine)
    for n in order:
        mention = replace(MENTION, mention_id=f"m{n}", raw_url=None, published_at=NOW - (n % 2) * DAY)
        save_poll(engine, source="blog", state=STATE, mentions=[mention], now=NOW)
    assert set(store.read_mentions(engine)["cluster_id"]) == {"m1"}
    engine.dispose()


def test_what_a_person_decided_outlives_polls_and_wins(engine: Engine) -> None:
    save(engine, MENTION)
    assert store.set_triage(engine, "m1", status="todo", label="negative", expected_version=0, now=NOW) == 1
    save(engine, replace(MENTION, text="edited text of the kettle", label="neutral"))
    row = one(engine, label="negative")
    assert (row["label"], row["label_scored"], row["triage_status"]) == ("negative", "neutral", "todo")
    store.set_triage(engine, "m1", label="", note="seen", expected_version=1, now=NOW)
    row = one(engine)
    assert (row["label"], row["triage_status"], row["note"], row["triage_version"]) == ("neutral", "todo", "seen", 2)


def test_an_edit_of_an_old_version_is_refused(engine: Engine) -> None:
    save(engine, MENTION)
    store.set_triage(engine, "m1", status="seen", expected_version=0, now=NOW)
    with pytest.raises(StaleEditError, match="reload"):
        store.set_triage(engine, "m1", status="done", expected_version=0, now=NOW)
    with pytest.raises(UnknownMentionError):
        store.set_triage(engine, "nobody", status="done", expected_version=0, now=NOW)
    with pytest.raises(ValueError, match="unknown status"):
        store.set_triage(engine, "m1", status="archived", expected_version=1, now=NOW)
    assert one(engine)["triage_status"] == "seen"


OTHER = replace(
    MENTION, mention_id="m2", raw_url=None, author_key="blog:ben", author_name="Ben", published_at=NOW - 5 * DAY,
    text="Ein Topf", language=None, label=None, score=None, score_status="no_language", title=None,
    brands=(BrandMatch("Acme", ("acme",)), BrandMatch("Pots", ("topf",))), links=(), codes=(),
)  # fmt: skip
FILTERS: list[tuple[Mapping[str, Any], list[str]]] = [
    ({}, ["m1", "m2"]),
    ({"newest_first": False}, ["m2", "m1"]),
    ({"limit": 1}, ["m1"]),
    ({"limit": 1, "offset": 1}, ["m2"]),
    ({"offset": 1}, ["m2"]),
    ({"brand": "Pots"}, ["m2"]),
    ({"since": NOW - 2 * DAY}, ["m1"]),
    ({"until": NOW - 2 * DAY}, ["m2"]),
    ({"since": NOW - DAY, "until": NOW}, ["m1"]),
    ({"since": NOW - 2 * DAY, "until": NOW - DAY}, []),
    ({"label": "positive"}, ["m1"]),
    ({"label": "unscored"}, ["m2"]),
    ({"language": "en"}, ["m1"]),
    ({"language": "unknown"}, ["m2"]),
    ({"author": "blog:ben"}, ["m2"]),
    ({"author": "@Ben"}, ["m2"]),
    ({"author": "%"}, []),
    ({"source": "blog", "status": "new"}, ["m1", "m2"]),
    ({"status": "done"}, []),
    ({"query_text": "kettle OR topf"}, ["m1", "m2"]),
    ({"query_text": "kettle OR topf", "limit": 1, "offset": 1}, ["m2"]),
    ({"query_text": "topf", "brand": "Acme"}, ["m2"]),
    ({"query_text": "kettles"}, []),
]


@pytest.mark.parametrize(("choice", "ids"), FILTERS)
def test_a_search_finds_what_was_asked_for(engine: Engine, choice: Mapping[str, Any], ids: list[str]) -> None:
    save(engine, MENTION, OTHER)
    assert store.read_mentions(engine, **choice)["mention_id"].to_list() == ids
    paged = {"limit", "offset", "newest_first"}
    if not paged & choice.keys():
        assert store.count_mentions(engine, **choice) == len(ids)


def test_a_search_that_cannot_be_read_says_so(engine: Engine) -> None:
    with pytest.raises(QueryError):
        store.read_mentions(engine, query_text="(")


def test_a_frame_has_a_row_per_mention_and_brand_without_texts(engine: Engine) -> None:
    save(engine, MENTION, OTHER)
    frame = store.mention_frame(engine, since=NOW - 30 * DAY, until=NOW)
    assert frame.select("mention_id", "brand").rows() == [("m2", "Acme"), ("m2", "Pots"), ("m1", "Acme")]
    assert not {"text", "title"} & set(frame.columns)
    assert frame.filter(pl.col("mention_id") == "m2")["score"].to_list() == [None, None]


def test_followers_come_from_the_register_then_the_network(engine: Engine) -> None:
    ben = replace(OTHER, followers=50)
    save(engine, replace(MENTION, followers=100), ben)
    person = {"key": "blog:anna", "network": "blog", "handle": "anna", "name": None, "followers": 999, "status": "none"}
    with writing(engine) as connection:
        write_people(connection, [person | {"note": None}])
    save(engine, replace(ben, followers=None, likes=1))
    found = dict(store.read_mentions(engine).select("author_key", "followers").rows())
    assert found == {"blog:anna": 999, "blog:ben": 50}


def test_a_mention_without_date_counts_when_it_was_first_seen_and_is_no_evidence(engine: Engine) -> None:
    save(engine, replace(MENTION, published_at=None, published_quality="missing"))
    frame = store.mention_frame(engine, since=NOW - DAY, until=NOW + DAY)
    assert frame.select("published_at", "published_quality").row(0) == (NOW, "missing")
    assert store.mention_evidence(engine)["published_at"].to_list() == [None]


def test_evidence_has_the_columns_that_attribution_asks_for(engine: Engine) -> None:
    columns = {
        "mention_id": pl.String,
        "published_at": pl.Datetime("us", "UTC"),
        "author_key": pl.String,
        "brands": pl.List(pl.String),
        "url": pl.String,
        "codes": pl.List(pl.String),
        "links": pl.List(pl.String),
    }
    assert dict(store.mention_evidence(engine).schema) == columns
    save(engine, MENTION, OTHER)
    assert store.mention_evidence(engine).rows() == [
        ("m1", NOW - DAY, "blog:anna", ["Acme"], "https://blog.example/1", ["ANNA10"], ["https://shop.example/?a=1"]),
        ("m2", NOW - 5 * DAY, "blog:ben", ["Acme", "Pots"], None, [], []),
    ]


def test_codes_registered_later_are_found_in_stored_texts(engine: Engine) -> None:
    save(engine, replace(MENTION, text="take KETTLE5 or ANNA10", codes=()), OTHER)
    row = {"code_norm": "KETTLE5", "code": "KETTLE5", "kind": "creator", "valid_from": "", "valid_to": ""}
    with writing(engine) as connection:
        write_codes(connection, [row | dict.fromkeys(("owner", "campaign", "channel", "commission_rate"))])
    assert store.recode(engine) == 1
    assert store.recode(engine) == 0
    assert store.mention_evidence(engine)["codes"].to_list() == [["KETTLE5"], []]


def test_source_health_tells_when_a_source_last_answered_and_what(engine: Engine) -> None:
    store.save_state(engine, [replace(STATE, outcome="http_error", http_status=403, error="no", failures=2)])
    assert store.source_health(engine).row(0, named=True)["mentions"] == 0
    save(engine, MENTION)
    health = store.source_health(engine).row(0, named=True)
    assert (health["source"], health["mentions"], health["last_mention_at"]) == ("blog", 1, NOW - DAY)


def test_migrating_twice_changes_nothing(workspace: Workspace) -> None:
    migrate(workspace.engine)
    assert store.count_mentions(workspace.engine) == 0
