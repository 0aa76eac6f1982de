"""The database's index narrows a query with all forms of its words; the query itself knows the text's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.database import metadata, open_engine
from listener import fulltext, query_changes
from listener.matching import matching
from listener.mentions import Mention
from listener.queries import compile_query
from listener.rematching import rematch
from listener.store import SourceState
from listener.tables import mention_brands, mentions
from tests.polls import save_poll

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
LANGUAGES = ("en", "pl", "hu", "he", "ar")
TEXTS = [
    ("pl", "byłem wczoraj w Dino markecie"),
    ("pl", "rower Kettlera"),
    ("en", "we kettlered about"),
    ("en", "zoomed in"),
    ("hu", "a Zoomed nem megy"),
    ("en", "my Zoom kettle"),
    ("hu", "voltam a Telekom boltban"),
    (None, "Telekom boltban"),
    ("he", "קניתי באקמה קטל"),
    ("ar", "ذهبت لشركه اكمي"),
    ("he", 'חיילי צה"ל'),
    ("en", "#zoom and @kettler"),
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine("sqlite://").connect() as connection:
        metadata.create_all(connection)
        connection.commit()
        found = [
            Mention(f"m{n:02}", "blog", "rss", "web", str(n), None, text, language=language, published_at=NOW)
            for n, (language, text) in enumerate(TEXTS)
        ]
        state = SourceState("blog", "https://blog.example/feed")
        save_poll(connection.engine, source="blog", state=state, mentions=found, now=NOW)
        yield connection.engine
    connection.engine.dispose()


QUERIES = [
    ("zoom", ["m04", "m05", "m11"], False),
    ("+zoom", ["m05", "m11"], True),
    ("kettler", ["m01", "m11"], False),
    ('"dino market"', ["m00"], False),
    ('"telekom bolt"', ["m06", "m07"], False),
    ('"telekom bolt" OR zoom', ["m04", "m05", "m06", "m07", "m11"], False),
    ("kettl? NOT zoom", [], False),
    ("kettl?", ["m05"], False),
    ("?oom", ["m05", "m11"], False),
    ('"אקמה קטל"', ["m08"], False),  # in more ways than are spelled out
    ('"شركة أكمي"', ["m09"], False),
    ("צה״ל", ["m10"], True),
]


@pytest.mark.parametrize(("text", "wanted", "exact"), QUERIES)
def test_the_index_lets_no_match_fall_and_the_query_decides(
    engine: Engine, text: str, wanted: list[str], exact: bool
) -> None:
    query = compile_query(text, languages=LANGUAGES)
    condition, is_exact = fulltext.condition(query, dialect="sqlite")
    chosen = sa.select(mentions.c.mention_id).where(*([condition] if condition is not None else []))
    with engine.connect() as connection:
        found = [key for key, _, _, match in matching(connection, query, chosen) if match]
    assert (sorted(found), is_exact) == (wanted, exact)
    assert fulltext.expression_of(query, dialect="postgresql")[1] in (exact, False)
    assert query_changes.compare(engine, query).matched == len(wanted)


def test_what_is_stored_is_matched_again_by_its_language(engine: Engine) -> None:
    rematch(engine, [("Zoom", compile_query("zoom", languages=LANGUAGES))])
    with engine.connect() as connection:
        kept = connection.scalars(sa.select(mention_brands.c.mention_id).order_by(mention_brands.c.mention_id))
        assert list(kept) == ["m04", "m05", "m11"]
