"""Of each figure about an author the newest statement counts, whoever states it and in whatever order it comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from config.database import writing
from config.workspace import Workspace
from listener.author_counts import COUNTS, note_counts, take_back
from listener.tables import author_counts, authors

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
ANNA = "forum:anna"


@pytest.fixture
def engine(workspace: Workspace) -> Engine:
    with writing(workspace.engine) as connection:
        connection.execute(sa.insert(authors).values(author_key=ANNA, network="forum", first_seen=NOW))
    return workspace.engine


def state(engine: Engine, statements: Sequence[tuple[int, int, dict[str, Any]]]) -> None:
    """Each (import, day of June, figures) as a file of its own."""
    for import_id, day, figures in statements:
        row = {"author_key": ANNA, **dict.fromkeys(COUNTS), **figures, "at": NOW.replace(day=day)}
        with writing(engine) as connection:
            note_counts(connection, [row], import_id=import_id, now=NOW)


def anna(engine: Engine) -> tuple[Any, ...]:
    with engine.connect() as connection:
        return tuple(connection.execute(sa.select(*(authors.c[name] for name in COUNTS))).one())


Said = list[tuple[int, int, dict[str, Any]]]
CASES: dict[str, tuple[Said, tuple[Any, ...]]] = {
    "followers": ([(1, 1, {"followers": 10}), (2, 2, {"followers": 20})], (20, None, None)),
    "an unknown figure is no news": ([(1, 1, {"followers": 10}), (2, 2, {"following": 3})], (10, 3, None)),
    "of two at the same time the larger": ([(1, 1, {"followers": 20}), (2, 1, {"followers": 10})], (20, None, None)),
    "of two of one source at the same time": (
        [(1, 1, {"followers": 20, "verified": True}), (1, 1, {"followers": 10, "verified": False})], (20, None, True),
    ),
    "verified of a later row of a file whose followers are older": (
        [(1, 1, {"followers": 10}), (1, 5, {"verified": True}), (2, 3, {"verified": False})], (10, None, True),
    ),
    "following of an earlier row of a file whose followers are newer": (
        [(1, 1, {"following": 7}), (1, 5, {"followers": 10}), (2, 3, {"following": 8})], (10, 8, None),
    ),
}  # fmt: skip


@pytest.mark.parametrize("turn", [lambda said: said, lambda said: said[::-1], lambda said: [*said[1:], *said[:1]]])
@pytest.mark.parametrize(("said", "expected"), CASES.values(), ids=CASES.keys())
def test_the_newest_statement_of_each_figure_counts(
    engine: Engine, said: Said, expected: tuple[Any, ...], turn: Callable[[Said], Said]
) -> None:
    state(engine, turn(said))
    assert anna(engine) == expected


FIGURES = st.fixed_dictionaries(
    {},
    optional={"followers": st.integers(0, 9), "following": st.integers(0, 9), "verified": st.booleans()},
)
STATEMENTS = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), FIGURES), max_size=6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STATEMENTS, st.integers(1, 3))
def test_figures_are_those_of_the_newest_statements_that_stand(engine: Engine, said: Said, undone: int) -> None:
    with writing(engine) as connection:
        connection.execute(sa.delete(author_counts))
        connection.execute(sa.update(authors).values(dict.fromkeys(COUNTS)))
    state(engine, said)
    assert anna(engine) == newest(said)
    with writing(engine) as connection:
        take_back(connection, [undone])
    assert anna(engine) == newest([one for one in said if one[0] != undone])


def newest(said: Said) -> tuple[Any, ...]:
    """Of each figure the last day's, of several on that day the largest."""
    told = {name: [(day, figures[name]) for _, day, figures in said if name in figures] for name in COUNTS}
    return tuple(max(days)[1] if days else None for days in told.values())
