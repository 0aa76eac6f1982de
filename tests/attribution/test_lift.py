"""The estimate as others see it: what is refused and why, what is shown, and what must hold for any data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.lift import ODDS_OF_PLAIN, Interval, LiftTest, estimate_lift
from attribution.lift_model import mixed
from config.clock import Period

START = dt.date(2026, 1, 1)


def daily(days: int = 120, *, effect: float = 500.0, seed: int = 1, mentions: np.ndarray | None = None) -> pl.DataFrame:
    """A shop with about 2,000.00 a day whose mentions bring `effect` cents each, half of what is left every day."""
    rng = np.random.default_rng(seed)
    talk = rng.poisson(10, days).astype(float) if mentions is None else mentions
    carried = np.zeros(days)
    for day in range(days):
        carried[day] = 0.5 * talk[day] + 0.5 * (carried[day - 1] if day else 0)
    pool = 200_000 + effect * carried + rng.normal(0, 3_000, days)
    return pl.DataFrame(
        {
            "day": pl.date_range(START, START + dt.timedelta(days=days - 1), eager=True),
            "pool_minor": np.round(pool).astype(int),
            "mentions": talk,
            "promo": rng.random(days) < 0.1,
        }
    )


@pytest.mark.shared_data
@pytest.mark.parametrize("kind", ["plain", "promo", "rw"])
@pytest.mark.parametrize("days", [90, 365, 730])
def test_the_true_lift_lies_in_the_shown_interval(kind: str, days: int, shared_data: Callable[..., Path]) -> None:
    world = pl.read_csv(shared_data("attribution", "lift_sim", f"{kind}_{days}.csv"))
    table = world.select(
        "mentions",
        "promo",
        day=START + pl.duration(days=pl.col("day")),
        pool_minor=(pl.col("untagged_revenue") * 100).round().cast(pl.Int64),
    ).with_columns(pl.col("day").cast(pl.Date))
    shown = estimate_lift(table, controls=["promo"])
    assert shown.headline in ("plain", "both")
    assert shown.total is not None
    assert shown.total.low <= 100 * world["true_lift"].sum() <= shown.total.high


def test_talk_that_sells_is_found_by_both_fits() -> None:
    shown = estimate_lift(daily(effect=2_000), controls=["promo"])
    assert shown.headline == "plain"
    assert (shown.total, shown.reasons) == (shown.plain, ())
    assert shown.total is not None
    assert shown.total.low > 0
    assert shown.lagged is not None
    assert shown.world == "plain"
    assert (shown.readiness.days, shown.readiness.days_needed) == (120, 60)


@pytest.mark.parametrize(
    ("table", "reasons"),
    [
        (daily(59), ("too_few_days",)),
        (daily(mentions=np.full(120, 7.0)), ("no_mentions",)),
        (daily(mentions=np.zeros(120)), ("no_mentions",)),
        (daily(mentions=np.eye(120)[3] * 5), ("too_few_mention_days",)),
        (daily().with_columns(pool_minor=100), ("no_revenue",)),
        (daily().with_columns(mentions=pl.col("promo").cast(pl.Float64)), ("inseparable",)),
        (daily().with_columns(pool_minor=pl.lit(None, pl.Int64)), ("too_few_days",)),
        (daily().head(0), ("too_few_days",)),
    ],
    ids=["59 days", "never changes", "none", "one day", "flat sales", "promo only", "no sales known", "empty"],
)
def test_data_that_cannot_carry_an_estimate_are_refused_with_reasons(
    table: pl.DataFrame, reasons: tuple[str, ...]
) -> None:
    shown = estimate_lift(table, controls=["promo"])
    assert shown.refused == reasons
    assert len(shown.reasons) == len(reasons)
    assert (shown.total, shown.indirect, shown.minimum_detectable_minor) == (None, None, None)
    assert shown.by_day().is_empty()


def test_the_readiness_line_says_how_far_the_data_have_grown() -> None:
    shown = estimate_lift(daily(12))
    assert (shown.readiness.days, shown.readiness.days_needed) == (12, 60)
    assert [(note.key, note.values["days"], note.values["days_needed"]) for note in shown.reasons] == [
        ("too_few_days", 12, 60)
    ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (daily().drop("mentions"), "lacks"),
        (daily().filter(pl.col("day") != START + dt.timedelta(days=9)), "without holes"),
        (pl.concat([daily(), daily().head(1)]), "without holes"),
        (daily().with_columns(mentions=pl.lit(None, pl.Float64)), "known on every day"),
        (daily().with_columns(mentions=pl.lit(float("nan"))), "known on every day"),
        (daily().with_columns(mentions=pl.lit(-1.0)), "fewer than 0"),
    ],
    ids=["column", "hole", "twice", "null", "nan", "negative"],
)
def test_a_table_that_breaks_the_contract_is_an_error(table: pl.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        estimate_lift(table)


def test_days_before_a_gap_in_sales_only_warm_up_the_talk() -> None:
    whole = daily(150)
    gap = START + dt.timedelta(days=29)
    holed = whole.with_columns(pool_minor=pl.when(pl.col("day") != gap).then("pool_minor"))
    shown = estimate_lift(holed)
    assert shown.since == START + dt.timedelta(days=30)
    assert shown.readiness.days == 120
    assert "gap" in {note.key for note in shown.warnings}
    unknown = whole.with_columns(pool_minor=pl.when(pl.col("day") > gap).then("pool_minor"))
    assert estimate_lift(unknown).total == shown.total


def buyers_talk(seed: int, days: int = 365) -> pl.DataFrame:
    """No mention sells anything; one in three buyers posts on the day of the order or one of the next two."""
    rng = np.random.default_rng(seed)
    orders = rng.poisson(40, days)
    posts = rng.poisson(2, days).astype(float)
    for offset in range(3):
        posts[offset:] += rng.poisson(0.12 * orders[: days - offset])
    return daily(days, mentions=posts).with_columns(pool_minor=pl.Series(orders * 5_000))


def test_buyers_who_post_do_not_pass_for_a_lift() -> None:
    shown = estimate_lift(buyers_talk(3))
    assert shown.plain is not None
    assert shown.plain.low > 0  # what a naive reading would report
    assert shown.lead is not None
    assert shown.lead.fired
    assert shown.headline in ("lagged", "withheld")
    assert shown.total is None or shown.total.low <= 0
    assert shown.reasons[0].key == f"headline_{shown.headline}"
    assert shown.world == "buyers"


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), days=st.integers(60, 140), effect=st.floats(-3_000, 40_000))
def test_direct_and_indirect_never_exceed_what_there_is(seed: int, days: int, effect: float) -> None:
    """The indirect interval lies within [0, pool], in order, whatever the data (invariant 12)."""
    shown = estimate_lift(daily(days, effect=effect, seed=seed))
    if shown.indirect is not None:
        assert 0 <= shown.indirect.low <= shown.indirect.median <= shown.indirect.high <= max(shown.pool_minor, 0)
        assert shown.pool_minor == daily(days, effect=effect, seed=seed)["pool_minor"].sum()


@pytest.mark.parametrize(
    ("interval", "pool", "expected"),
    [
        (Interval(-5, 10, 20), 15, Interval(0, 10, 15)),
        (Interval(-9, -5, -1), 15, Interval(0, 0, 0)),
        (Interval(20, 30, 40), 15, Interval(15, 15, 15)),
        (Interval(1, 2, 3), -4, Interval(0, 0, 0)),
    ],
    ids=["both ends", "a loss", "more than there is", "refunds outweigh sales"],
)
def test_an_indirect_return_is_neither_a_loss_nor_more_than_the_pool(
    interval: Interval, pool: int, expected: Interval
) -> None:
    assert interval.clipped(at=pool) == expected


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 1_000), measured=st.integers(-100_000, 5_000_000))
def test_an_exact_experiment_is_the_answer_in_its_window(seed: int, measured: int) -> None:
    since, until = START + dt.timedelta(days=20), START + dt.timedelta(days=60)
    table = daily(seed=seed)
    told = estimate_lift(table, tests=[LiftTest(since, until, measured, 0.5)])
    if told.headline in ("plain", "both", "lagged"):
        within = told.between(Period(since, until))
        assert within is not None
        assert (within.low, within.median, within.high) == pytest.approx((measured,) * 3, abs=6)
    nothing = estimate_lift(table, tests=[LiftTest(since, until, measured, 1e15)])
    assert nothing.plain == estimate_lift(table).plain


def test_an_experiment_outside_the_fitted_days_is_left_out() -> None:
    early = LiftTest(START - dt.timedelta(days=30), START + dt.timedelta(days=5), 1.0, 1.0)
    assert estimate_lift(daily(), tests=[early]).total == estimate_lift(daily()).total


@pytest.mark.parametrize(("se", "days"), [(0.0, 3), (-1.0, 3), (1.0, -1)])
def test_an_experiment_without_error_or_with_its_end_first_is_an_error(se: float, days: int) -> None:
    with pytest.raises(ValueError, match="standard error"):
        LiftTest(START, START + dt.timedelta(days=days), 100, se)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1_000))
def test_the_order_of_rows_and_the_unit_of_mentions_change_nothing(seed: int) -> None:
    table = daily(90, seed=seed)
    shown = estimate_lift(table, controls=["promo"])
    assert estimate_lift(table.sample(fraction=1, shuffle=True, seed=seed), controls=["promo"]) == shown
    scaled = estimate_lift(table.with_columns(pl.col("mentions") * 8), controls=["promo"])
    assert scaled.plain is not None
    assert shown.plain is not None
    assert (scaled.plain.low, scaled.plain.high) == pytest.approx((shown.plain.low, shown.plain.high), abs=2)


def test_the_daily_table_and_a_window_follow_the_same_estimate() -> None:
    shown = estimate_lift(daily(effect=2_000))
    days = shown.by_day()
    assert days.columns == ["day", "low_minor", "median_minor", "high_minor"]
    assert days.height == 120
    assert (days["low_minor"] <= days["high_minor"]).all()
    first = shown.between(Period(START, START))
    assert first is not None
    assert first.median == pytest.approx(days["median_minor"][0], rel=0.02)
    assert shown.between(Period(START - dt.timedelta(days=90), START + dt.timedelta(days=900))) == shown.total
    assert shown.between(Period(START - dt.timedelta(days=90), START - dt.timedelta(days=1))) is None


def test_of_two_ways_of_counting_the_data_choose_the_one_that_sells() -> None:
    rng = np.random.default_rng(5)
    table = daily(effect=2_000).with_columns(mentions_reach=pl.Series(rng.poisson(10, 120).astype(float)))
    weights = estimate_lift(table, series=["mentions_reach", "mentions"]).series_weights
    assert weights["mentions"] > 0.99
    assert sum(weights.values()) == pytest.approx(1)


def test_measured_coverage_of_the_nearest_world_is_told() -> None:
    coverage = pl.DataFrame({"world": ["plain", "plain", "rw"], "days": [90, 365, 90], "coverage": [0.88, 0.91, 0.87]})
    assert estimate_lift(daily(), coverage=coverage).coverage_claim == 0.88
    assert estimate_lift(daily()).coverage_claim is None


def test_where_buyers_talk_is_possible_the_range_is_even_and_the_middle_leans_to_the_plain_fit() -> None:
    plain, lagged = (estimate_lift(daily()).posterior, estimate_lift(daily(effect=0)).posterior)
    assert plain is not None
    assert lagged is not None
    even, leaning = mixed(plain, lagged), mixed(plain, lagged, odds=ODDS_OF_PLAIN)
    shown = replace(estimate_lift(daily()), headline="both", posterior=even, point=leaning)
    found = shown.between(Period(START, START + dt.timedelta(days=119)))
    alone = replace(shown, point=None).between(Period(START, START + dt.timedelta(days=119)))
    assert found is not None
    assert alone is not None
    assert (found.low, found.high) == (alone.low, alone.high)
    assert found.low <= alone.median < found.median <= found.high
    assert shown.by_day().select((pl.col("median_minor").is_between("low_minor", "high_minor")).all()).item()
