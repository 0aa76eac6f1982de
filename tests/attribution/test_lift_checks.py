"""The checks: each raises its warning where it should, and says nothing where nothing is wrong."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from attribution import calendar_controls
from attribution.lift import LAGGED, estimate_lift, lift_by_group
from attribution.lift_checks import (
    Checks,
    LeadTest,
    lead_test,
    negative_control,
    placebo_shifts,
    read_coverage,
    run_checks,
    without_largest_burst,
)
from attribution.lift_days import Days, prepare
from attribution.lift_model import adstock, fit
from attribution.mention_series import SCHEMA, daily_series

START = dt.date(2026, 1, 1)


def world(seed: int = 1, *, days: int = 180, effect: float = 2_000.0, posts: float = 0.0) -> pl.DataFrame:
    """Mentions that sell for `effect` cents each, and `posts` posts an order by buyers on the two days after."""
    rng = np.random.default_rng(seed)
    orders = rng.poisson(40, days)
    talk = rng.poisson(10, days).astype(float)
    for offset in (1, 2):
        talk[offset:] += rng.poisson(posts * orders[:-offset])
    pool = 5_000 * orders + effect * adstock(talk, [0.5])[:, 0]
    span = pl.date_range(START, START + dt.timedelta(days=days - 1), eager=True)
    return pl.DataFrame({"day": span, "pool_minor": pool.round(), "mentions": talk})


def days_of(table: pl.DataFrame) -> Days:
    days = prepare(table, series=["mentions"], controls=[])
    assert days is not None
    return days


def lead(table: pl.DataFrame) -> LeadTest:
    days = days_of(table)
    return lead_test(days, fit(days.outcome, days.series, days.controls, grid=LAGGED))


def test_the_lead_test_finds_buyers_who_post() -> None:
    fired = [lead(world(seed, effect=0, posts=0.25)).fired for seed in range(15)]
    assert sum(fired) >= 12


def test_a_lift_alone_seldom_fires_the_lead_test() -> None:
    """Nominal 5 %: of 60 worlds 3 expected, more than 8 in under 1 of 200 runs."""
    assert sum(lead(world(seed, effect=5_000)).fired for seed in range(60)) <= 8


def test_talk_at_wrong_dates_does_not_sell() -> None:
    sells = placebo_shifts(days_of(world(effect=8_000)))
    assert sells is not None
    assert sells.shifts >= 99
    assert sells.rank == pytest.approx(1 / (sells.shifts + 1))
    assert sells.real > sells.largest


def test_too_few_days_allow_no_shifts() -> None:
    assert placebo_shifts(days_of(world(days=30))) is None


def test_a_lift_that_rests_on_one_burst_is_called_so() -> None:
    table = world(3, effect=0)
    burst = pl.Series(np.where(np.arange(180) == 90, 400.0, table["mentions"].to_numpy()))
    sold = pl.Series(np.where(np.arange(180) == 90, 3_000_000.0, table["pool_minor"].to_numpy()))
    single = without_largest_burst(days_of(table.with_columns(mentions=burst, pool_minor=sold)))
    assert (single.first, single.last) == (89, 97)
    assert single.carries_it_all
    assert not without_largest_burst(days_of(world(effect=5_000))).carries_it_all


def test_a_series_that_talk_cannot_move_holds_zero() -> None:
    days = days_of(world())
    unmoved = np.random.default_rng(9).normal(1_000, 50, len(days.outcome))
    low, high = negative_control(days, unmoved).total((0.05, 0.95))
    assert low <= 0 <= high
    with pytest.raises(ValueError, match="5 days"):
        negative_control(days, unmoved[:5])


def test_all_checks_together_speak_in_plain_words() -> None:
    days = days_of(world(effect=0, posts=0.4))
    lagged = fit(days.outcome, days.series, days.controls, grid=LAGGED)
    checks = run_checks(days, lagged, control_outcome=days.outcome)
    assert isinstance(checks, Checks)
    assert "lead" in {finding.key for finding in checks.findings}


def test_a_moved_control_outcome_is_a_finding() -> None:
    days = days_of(world(effect=20_000))
    lagged = fit(days.outcome, days.series, days.controls, grid=LAGGED)
    checks = run_checks(days, lagged, control_outcome=days.outcome)
    assert checks.negative_control_holds_zero is False
    assert "moves_control" in {finding.key for finding in checks.findings}
    assert run_checks(days, lagged).negative_control_holds_zero is None


def test_the_nearest_world_follows_the_data() -> None:
    assert estimate_lift(world()).world == "plain"
    sparse = world().with_columns(mentions=pl.Series(np.random.default_rng(2).poisson(0.4, 180).astype(float)))
    assert estimate_lift(sparse).world == "sparse"
    wandering = world().with_columns(
        pool_minor=pl.Series(2e7 + np.cumsum(np.random.default_rng(3).normal(0, 20_000, 180)))
    )
    assert estimate_lift(wandering).world == "rw"


def test_the_coverage_that_ships_has_the_promised_worlds() -> None:
    table = read_coverage()
    for kind in ("plain", "promo", "rw", "null", "buyers"):
        assert table.filter(pl.col("world") == kind)["days"].to_list() == [90, 365, 730]
    built_for = table.filter(pl.col("world").is_in(["plain", "promo", "rw", "null"]))
    assert built_for["coverage"].is_between(0.82, 0.98).all()  # 90 +- 5, Monte Carlo error +- 3
    assert (built_for["seeds"] >= 200).all()
    assert (table.filter(pl.col("world") == "null")["above_zero"] <= 0.08).all()
    assert (table.filter(pl.col("world") == "buyers")["above_zero"] <= 0.12).all()


def test_groups_of_sources_are_told_apart_where_they_differ() -> None:
    rng = np.random.default_rng(4)
    table = world(effect=0, days=200)
    news, video = (rng.poisson(10, 200).astype(float) for _ in range(2))
    sold = table["pool_minor"].to_numpy() + 8_000 * adstock(video, [0.5])[:, 0]
    table = table.with_columns(
        pool_minor=pl.Series(sold), news=pl.Series(news), video=pl.Series(video), blog=pl.lit(0.0)
    )
    found = lift_by_group(table, groups=["news", "video", "blog"])
    assert found["group"].to_list() == ["news", "video", "blog"]
    assert found["low_minor"][0] <= 0 < found["low_minor"][1]
    assert found.row(2) == ("blog", None, None, None, "no_mentions")
    same = lift_by_group(table.with_columns(blog=pl.col("news")), groups=["news", "blog"])
    assert same["reason"].to_list() == ["inseparable", "inseparable"]


def mentions(*rows: dict[str, object]) -> pl.DataFrame:
    full = [dict.fromkeys(SCHEMA) | {"mention_id": str(n), "day": START} | row for n, row in enumerate(rows)]
    return pl.DataFrame(full, schema=dict(SCHEMA))


NEXT = START + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("rows", "column", "expected"),
    [
        (({}, {}, {"day": NEXT}), "mentions", [2, 1]),
        (({"cluster": "a"}, {"cluster": "a"}, {"cluster": "a", "day": NEXT}), "mentions", [1, 0]),
        (({}, {"by_buyer": True}), "mentions", [1, 0]),
        (({}, {"by_buyer": True}), "mentions_by_buyers", [1, 0]),
        (({"day": None},), "mentions", [0, 0]),
        (({"score": 0.5}, {"score": -1.0}), "mentions_feeling", [1.5, 0]),
        (({"score": 0.5}, {}), "mentions_feeling", [3, 0]),
        (({}, {}), "mentions_feeling", [2, 0]),
        (({"followers": 990}, {"followers": 90}), "mentions_reach", [5, 0]),
        (({"followers": 990}, {}), "mentions_reach", [6, 0]),
        (({"cluster": "a", "followers": 90}, {"cluster": "a", "followers": 990}), "mentions_reach", [3, 0]),
        (({"group": "news"}, {"group": "video"}), "mentions_news", [1, 0]),
    ],
    ids=[
        "one row a day",
        "copies count once, on the first day",
        "buyers left out",
        "and counted apart",
        "no date",
        "1 + score",
        "not scored: as the scored",
        "none scored: neutral",
        "log10 of 1,000 + log10 of 100",
        "unknown reach: as the known",
        "the widest copy",
        "groups",
    ],
)
def test_mentions_become_daily_series(rows: tuple[dict[str, object], ...], column: str, expected: list[float]) -> None:
    table = daily_series(mentions(*rows), since=START, until=NEXT, groups=["news"])
    assert table[column].to_list() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("year", "day"),
    [(2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25))],
)
def test_easter_falls_on_its_day(year: int, day: tuple[int, int]) -> None:
    assert calendar_controls.easter_sunday(year) == dt.date(year, *day)


@pytest.mark.parametrize(("year", "day"), [(2024, 29), (2025, 28), (2026, 27), (2030, 29)])
def test_black_friday_follows_the_fourth_thursday(year: int, day: int) -> None:
    assert calendar_controls.black_friday(year) == dt.date(year, 11, day)


def test_only_days_that_occur_become_controls() -> None:
    assert calendar_controls.shop_days(dt.date(2026, 6, 1), 60) == {}
    winter = calendar_controls.shop_days(
        dt.date(2025, 11, 1), 70, public_holidays=[dt.date(2025, 11, 1), dt.date(2026, 1, 6)]
    )
    assert {name: int(flag.sum()) for name, flag in winter.items()} == {
        "black_friday_to_monday": 4,
        "gift_season": 20,
        "christmas_to_new_year": 9,
        "public_holiday": 2,
    }


def test_a_control_that_says_nothing_new_is_left_out() -> None:
    table = world().with_columns(promo=pl.lit(1.0), again=pl.col("day").dt.weekday() == 1)
    with_them = prepare(table, series=["mentions"], controls=["promo", "again"])
    assert with_them is not None
    assert with_them.controls.shape == days_of(world()).controls.shape
    assert replace(with_them, controls=days_of(world()).controls).dropped == 0
