from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.registers import PEOPLE_SCHEMA
from listener.people import COLUMNS, top_mentioners
from listener.reads import FRAME_SCHEMA
from listener.voice import share_of_voice

AS_OF = dt.date(2026, 6, 30)
NOON = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)


def posts(*rows: dict[str, Any]) -> pl.DataFrame:
    """A mention frame: each row an author's post, defaults filled in, ids and clusters by position."""
    filled = [
        {"mention_id": f"m{n}", "cluster_id": f"m{n}", "brand": "Acme", "published_at": NOON} | row
        for n, row in enumerate(rows)
    ]
    return pl.DataFrame(
        [{name: row.get(name) for name in FRAME_SCHEMA} for row in filled], schema=dict(FRAME_SCHEMA), orient="row"
    )


def people(*rows: dict[str, Any]) -> pl.DataFrame:
    filled = [{"status": "none", "version": 1} | row for row in rows]
    return pl.DataFrame(
        [{name: row.get(name) for name in PEOPLE_SCHEMA} for row in filled], schema=PEOPLE_SCHEMA, orient="row"
    )


def ranked(mentions: pl.DataFrame, known: pl.DataFrame | None = None, **choice: Any) -> dict[str, dict[str, Any]]:
    known = people() if known is None else known
    rows = top_mentioners(mentions, known, **({"min_followers": 10_000, "as_of": AS_OF} | choice)).to_dicts()
    return {row["author_key"]: row for row in rows}


REACH = [
    (500, 0.0),
    (1_000, 0.0),
    (10_000, 25.0),
    (100_000, 50.0),
    (1_000_000, 75.0),
    (50_000_000, 100.0),
    (None, None),
]


@pytest.mark.parametrize(("followers", "reach"), REACH)
def test_reach_follows_the_logarithm_of_followers(followers: int | None, reach: float | None) -> None:
    row = ranked(posts({"author_key": "x:a", "followers": followers}))["x:a"]
    assert row["reach"] == (None if reach is None else pytest.approx(reach))


@pytest.mark.parametrize(
    ("followers", "group"), [(None, "unknown_followers"), (0, "below"), (9_999, "below"), (10_000, "influencer")]
)
def test_groups_are_told_apart_and_unknown_is_not_zero(followers: int | None, group: str) -> None:
    row = ranked(posts({"author_key": "x:a", "followers": followers}))["x:a"]
    assert row["group"] == group
    assert (row["total"] is None) is (followers is None)


def test_those_below_can_be_left_out() -> None:
    mentions = posts(
        {"author_key": "x:a", "followers": 5}, {"author_key": "x:b"}, {"author_key": "x:c", "followers": 20_000}
    )
    assert set(ranked(mentions, include_below=False)) == {"x:b", "x:c"}


def test_the_register_of_people_wins() -> None:
    known = people(
        {"key": "x:a", "network": "x", "handle": "a", "name": "Anna", "followers": 100_000, "status": "contracted"}
    )
    row = ranked(posts({"author_key": "x:a", "author_name": "a", "followers": 1}), known)["x:a"]
    assert (row["network"], row["handle"], row["name"], row["followers"]) == ("x", "a", "Anna", 100_000)
    assert (row["reach"], row["status"]) == (50.0, "contracted")


def test_posts_days_and_feeling_are_counted_once_a_mention() -> None:
    day = dt.timedelta(days=1)
    mentions = posts(
        {"author_key": "x:a", "label": "positive"},
        {"author_key": "x:a", "label": "positive", "mention_id": "m0", "cluster_id": "m0", "brand": "Pots"},
        {"author_key": "x:a", "label": "negative", "published_at": NOON - day},
        {"author_key": "x:a", "label": "positive", "published_at": NOON - day},
        {"author_key": "x:a", "label": None},
        {"author_key": None},
    )
    row = ranked(mentions)["x:a"]
    assert (row["posts"], row["active_days"], row["n_scored"]) == (4, 2, 3)
    assert row["net_sentiment"] == pytest.approx(1 / 3)


def test_relevance_counts_recent_days_with_texts_of_ones_own() -> None:
    once = {"author_key": "x:a"}
    assert ranked(posts(once))["x:a"]["relevance"] == pytest.approx(100 * 1 / 5)
    month_ago = once | {"published_at": NOON - dt.timedelta(days=30)}
    assert ranked(posts(month_ago))["x:a"]["relevance"] == pytest.approx(100 * 0.5 / 4.5)
    bot = posts(*({**once, "cluster_id": "c", "published_at": NOON - dt.timedelta(days=n)} for n in range(100)))
    assert ranked(bot)["x:a"]["active_days"] == 1


def test_resonance_is_a_rank_among_people_of_like_size_and_unknown_stays_unknown() -> None:
    mentions = posts(
        {"author_key": "x:low", "followers": 20_000, "engagement": 10},
        {"author_key": "x:mid", "followers": 20_000, "engagement": 100},
        {"author_key": "x:top", "followers": 20_000, "engagement": 1_000},
        {"author_key": "x:unknown", "followers": 20_000},
        {"author_key": "x:star", "followers": 2_000_000, "engagement": 1},
    )
    found = ranked(mentions)
    assert [found[f"x:{n}"]["resonance"] for n in ("low", "mid", "top", "unknown", "star")] == [
        pytest.approx(100 / 6), pytest.approx(50), pytest.approx(500 / 6), None, pytest.approx(50),
    ]  # fmt: skip
    assert found["x:top"]["engagement_rate"] == pytest.approx(0.05)
    assert next(iter(found)) == "x:star"  # reach of 82 outweighs a rank


def test_the_total_is_the_weighted_mean_of_the_known_parts() -> None:
    known = ranked(posts({"author_key": "x:a", "followers": 100_000, "engagement": 5}))["x:a"]
    assert known["total"] == pytest.approx(0.35 * 50 + 0.35 * 50 + 0.30 * 20)
    unknown = ranked(posts({"author_key": "x:a", "followers": 100_000}))["x:a"]
    assert unknown["total"] == pytest.approx((0.35 * 50 + 0.30 * 20) / 0.65)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(0, 10**6), st.one_of(st.none(), st.integers(0, 10**5))),
        min_size=1,
        max_size=20,
    ),
    st.integers(2, 50),
)
def test_more_engagement_for_everybody_changes_no_rank_and_order_does_not_matter(
    rows: list[tuple[str, int, int | None]], factor: int
) -> None:
    size = {name: followers for name, followers, _ in rows}

    def table(scale: int) -> pl.DataFrame:
        return posts(
            *(
                {"author_key": f"x:{name}", "followers": size[name], "engagement": None if e is None else e * scale}
                for name, _, e in rows
            )
        )

    def order(mentions: pl.DataFrame) -> list[tuple[str, Any]]:
        return [(key, row["resonance"] and round(row["resonance"], 6)) for key, row in ranked(mentions).items()]

    assert order(table(1)) == order(table(factor)) == order(table(1).reverse())
    assert all(
        value is None or 0 <= value <= 100
        for row in ranked(table(1)).values()
        for value in (row["reach"], row["resonance"], row["relevance"], row["total"])
    )


def test_nobody_gives_an_empty_table() -> None:
    assert dict(top_mentioners(posts(), people(), min_followers=0, as_of=AS_OF).schema) == COLUMNS


def test_share_of_voice_counts_copies_once_and_shows_both() -> None:
    mentions = posts(
        {"brand": "Acme"},
        {"brand": "Acme", "cluster_id": "m0"},
        {"brand": "Acme"},
        {"brand": "Pots", "mention_id": "m0"},
    )
    assert share_of_voice(mentions).rows() == [("Acme", 2, 2 / 3, 3, 3 / 4), ("Pots", 1, 1 / 3, 1, 1 / 4)]
    assert share_of_voice(posts()).height == 0
