from __future__ import annotations

import datetime as dt
import math
import random

import polars as pl
import pytest

from listener import terms, timing


def texts(*said: tuple[str | None, str]) -> pl.DataFrame:
    rows = [(f"m{n}", author, None, text) for n, (author, text) in enumerate(said)]
    schema = dict.fromkeys(("mention_id", "author_key", "title", "text"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def talk(people: int, seed: int, planted: dict[str, int] | None = None) -> pl.DataFrame:
    """Talk of many people in everyday words; `planted` terms go into that many people's texts."""
    rng = random.Random(seed)
    everyday = [f"word{n}" for n in range(300)]
    said = [[*rng.choices(everyday, k=12)] for _ in range(people)]
    for term, count in (planted or {}).items():
        for n in rng.sample(range(people), count):
            said[n].insert(rng.randrange(12), term)
    return texts(*[(f"web:{n}", " ".join(words)) for n, words in enumerate(said)])


def test_what_the_talk_has_now_and_had_not_before_stands_first() -> None:
    planted = {"handle broke": 30, "recall": 25, "refund": 20}
    rising = terms.rising_terms(talk(400, 1, planted), talk(1500, 2), limit=10)
    assert rising["term"].to_list()[:3] == ["handle broke", "recall", "refund"]
    row = rising.row(0, named=True)
    assert (row["people"], row["people_before"], row["share"]) == (30, 0, 30 / 400)


def test_one_person_who_says_it_a_thousand_times_counts_once() -> None:
    spam = texts(*[("web:spammer", "buy cheap pills now") for _ in range(1000)])
    rising = terms.rising_terms(pl.concat([talk(400, 1), spam]), talk(1500, 2), limit=50)
    assert not set(rising["term"]) & {"pills", "cheap", "buy cheap"}


def test_the_score_is_the_published_formula() -> None:
    """Worked by hand: y 30 of 1000, b 10 of 4000, a = 500 * 40 / 5000 = 4."""
    first = math.log(34 / (1000 + 500 - 34))
    second = math.log(14 / (4000 + 500 - 14))
    assert terms.log_odds(30, 10, 1000, 4000) == pytest.approx((first - second) / math.sqrt(1 / 34 + 1 / 14))


def test_words_left_out_few_people_and_links() -> None:
    said = texts(
        *[(f"web:{n}", "acme recall https://x.example/recall2") for n in range(9)],
        *[(f"web:a{n}", "rare") for n in range(4)],
    )
    found = terms.rising_terms(said, talk(50, 3), without=["Acme"])["term"].to_list()
    assert found == ["recall"]


def test_nothing_before_and_nothing_now() -> None:
    assert terms.rising_terms(texts(), texts()).height == 0
    assert terms.rising_terms(talk(20, 1, {"recall": 9}), texts()).schema == terms.TERMS


def frame(*rows: tuple[str, dt.datetime, str, int | None]) -> pl.DataFrame:
    schema = {
        "mention_id": pl.String,
        "published_at": pl.Datetime("us", "UTC"),
        "published_quality": pl.String,
        "engagement": pl.Int64,
    }
    return pl.DataFrame(list(rows), schema=schema, orient="row")


MONDAY_NOON = dt.datetime(2026, 6, 29, 10, 30, tzinfo=dt.UTC)  # 12:30 in Berlin


def test_hours_are_the_business_zones_and_a_mention_of_two_brands_is_one() -> None:
    found = timing.by_hour(
        frame(("m1", MONDAY_NOON, "exact", 4), ("m1", MONDAY_NOON, "exact", 4)), timezone="Europe/Berlin"
    )
    assert found.row(0, named=True) == {
        "weekday": 1, "hour": 12, "mentions": 1, "share": 1.0, "posts": 1, "engagement": 4.0, "lift": 1.0,
        "enough": False,
    }  # fmt: skip


def test_days_without_an_hour_are_left_out_and_unknown_engagement_is_no_zero() -> None:
    found = timing.by_hour(
        frame(("m1", MONDAY_NOON, "date_only", 4), ("m2", MONDAY_NOON, "exact", None)), timezone="UTC"
    )
    assert found.select("mentions", "posts", "engagement", "lift").rows() == [(1, 0, None, None)]


def test_a_good_hour_stands_above_one_and_few_posts_are_drawn_to_the_mean() -> None:
    good = [(f"g{n}", MONDAY_NOON, "exact", 30) for n in range(60)]
    poor = [(f"p{n}", MONDAY_NOON + dt.timedelta(hours=3), "exact", 10) for n in range(60)]
    lucky = [("l", MONDAY_NOON + dt.timedelta(hours=8), "exact", 30)]
    lift = dict(timing.by_hour(frame(*good, *poor, *lucky), timezone="UTC").select("hour", "lift").rows())
    assert lift[10] > 1.3 > 1.1 > lift[18] > 1 > lift[13]


def test_one_post_that_went_round_the_world_does_not_make_its_hour() -> None:
    many = [(f"g{n}", MONDAY_NOON, "exact", 10) for n in range(300)]
    other = [(f"o{n}", MONDAY_NOON + dt.timedelta(hours=1), "exact", 10) for n in range(30)]
    lift = dict(
        timing.by_hour(frame(*many, *other, ("v", MONDAY_NOON + dt.timedelta(hours=1), "exact", 10**7)), timezone="UTC")
        .select("hour", "lift")
        .rows()
    )
    assert lift[11] < 1.1
