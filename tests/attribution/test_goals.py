"""Goals: their targets, their pace, and how often the forecast's range holds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution import goals, pace
from attribution.goals import METRICS, Goal, assess

START = dt.date(2026, 3, 1)
SINCE = START + dt.timedelta(days=60)


def goal(metric: str = "direct_orders", **more: Any) -> Goal:
    usual: dict[str, Any] = {
        "id": "g",
        "name": "More",
        "purpose": METRICS[metric].purpose,
        "since": SINCE,
        "until": SINCE + dt.timedelta(days=29),
        "target": 600.0,
        "owner": "Anna",
    }
    return Goal(metric=METRICS[metric], **(usual | more))


def series(top: list[float], bottom: list[float] | None = None, *, first: dt.date = START) -> pl.DataFrame:
    days = [first + dt.timedelta(days=n) for n in range(len(top))]
    return pl.DataFrame(
        {"day": days, "top": top, "bottom": bottom or [None] * len(top)}, schema=dict(goals.SERIES), strict=False
    )


def steady(n: int, value: float = 20.0) -> list[float]:
    return [value + (day % 7 - 3) + (day % 5 - 2) for day in range(n)]


DAY = dt.timedelta(days=1)
STATES = [
    ("before it begins", goal(), steady(50), SINCE - DAY, "not_started"),
    ("no figure since it began", goal(), steady(60), SINCE + 4 * DAY, "no_data"),
    ("the usual pace gets there", goal(target=550.0), steady(70), SINCE + 9 * DAY, "on_track"),
    ("the usual pace falls short", goal(target=650.0), steady(70), SINCE + 9 * DAY, "at_risk"),
    ("a sum that is there stays there", goal(target=150.0), steady(70), SINCE + 9 * DAY, "reached"),
    ("over, and short of it", goal(target=650.0), steady(95), SINCE + 35 * DAY, "missed"),
    ("over, and there", goal(target=590.0), steady(95), SINCE + 35 * DAY, "reached"),
    ("little history: the plan decides", goal(target=550.0), steady(5), SINCE + 4 * DAY, "on_track"),
]


@pytest.mark.parametrize(("name", "aim", "top", "as_of", "state"), STATES, ids=[row[0] for row in STATES])
def test_states(name: str, aim: Goal, top: list[float], as_of: dt.date, state: str) -> None:
    first = SINCE if len(top) < 14 else START
    assert assess(aim, series(top, first=first), as_of=as_of).state == state


def test_a_change_is_of_what_as_many_days_before_brought() -> None:
    found = assess(goal(target=0.5, target_is="change"), series([10.0] * 70), as_of=SINCE + 9 * DAY)
    assert (found.baseline, found.target) == (300.0, 450.0)
    assert found.value == 100.0
    assert found.plan == 150.0
    assert found.progress == pytest.approx(100 / 450)
    assert found.forecast == pytest.approx((300.0, 300.0, 300.0))


def test_a_change_of_a_share_is_in_points() -> None:
    rate = goal("bounce_rate", target=-0.05, target_is="change")
    found = assess(rate, series([4.0] * 70, [10.0] * 70), as_of=SINCE + 9 * DAY)
    assert found.baseline == pytest.approx(0.4)
    assert found.target == pytest.approx(0.35)
    assert found.state == "at_risk"
    better = assess(rate, series([4.0] * 60 + [3.0] * 30, [10.0] * 90), as_of=SINCE + 30 * DAY)
    assert better.state == "reached"
    assert better.value == pytest.approx(0.3)


def test_a_ratio_is_not_reached_before_its_end() -> None:
    found = assess(goal("roas", target=2.0), series([30.0] * 70, [10.0] * 70), as_of=SINCE + 9 * DAY)
    assert found.state == "on_track"
    assert found.forecast == pytest.approx((3.0, 3.0, 3.0))


def test_a_level_goes_on_from_its_last_known_day() -> None:
    grown = [1000.0 + 10 * day for day in range(70)]
    grown[65] = None  # type: ignore[call-overload]
    found = assess(goal("followers", target=2000.0), series(grown), as_of=SINCE + 9 * DAY)
    assert found.value == 1690.0
    assert found.baseline == 1590.0
    assert found.forecast is not None
    assert found.forecast[1] == pytest.approx(1890.0, abs=12)
    assert found.state == "at_risk"


def test_awareness_is_judged_on_growth_above_its_prior_trend() -> None:
    rising = [10.0 + 0.2 * day for day in range(90)]
    aim = goal("mentions", purpose="awareness", target=0.2, target_is="change")
    carried = assess(aim, series(rising), as_of=SINCE + 30 * DAY)
    assert carried.growth is not None
    assert carried.growth.above is not None
    assert carried.growth.above[1] == pytest.approx(0.0, abs=0.01)
    assert carried.state == "missed"  # the usual of the days before would have called this growth
    pushed = assess(aim, series(rising[:60] + [1.3 * value for value in rising[60:]]), as_of=SINCE + 29 * DAY)
    assert pushed.state == "reached"
    modest = assess(goal("mentions", target=500.0), series(rising), as_of=SINCE + 9 * DAY)
    assert "below_trend" in modest.warnings


def test_a_goal_is_over_after_its_last_day_and_not_on_it() -> None:
    short = series([10.0] * 90)
    last = assess(goal(target=605.0), short, as_of=SINCE + 29 * DAY)
    after = assess(goal(target=605.0), short, as_of=SINCE + 30 * DAY)
    assert (last.over, last.state, after.over, after.state) == (False, "at_risk", True, "missed")


def test_days_after_the_last_known_one_are_not_days_without_any() -> None:
    """The same days known, asked a fortnight later: the same forecast, and the same state."""
    known = series(steady(70))
    at_once, later = (assess(goal(), known, as_of=SINCE + day * DAY) for day in (9, 24))
    assert (later.known_to, later.value, later.plan) == (SINCE + 9 * DAY, at_once.value, at_once.plan)
    assert (later.forecast, later.state) == (at_once.forecast, at_once.state)


def test_a_sum_of_nothing_but_unknown_days_is_not_known() -> None:
    known = series([5.0] * 60 + [0.0] * 5).with_columns(bottom=None)
    unknown = pl.concat(
        [known, series([1.0] * 5, first=SINCE + 5 * DAY).with_columns(top=None, bottom=None)], how="vertical_relaxed"
    )
    found = assess(goal(), unknown, as_of=SINCE + 9 * DAY)
    assert (found.value, found.state) == (None, "no_data")


WARNED = [
    (goal(until=SINCE + dt.timedelta(days=28)), "short"),
    (goal(owner=None), "no_owner"),
    (goal(filters={"page": "/new"}), "filter_not_used"),
    (goal(target=5000.0), "out_of_range"),
    (goal(until=SINCE + dt.timedelta(days=89)), "short_baseline"),
]


@pytest.mark.parametrize(("aim", "warning"), WARNED, ids=[row[1] for row in WARNED])
def test_warnings(aim: Goal, warning: str) -> None:
    assert warning in assess(aim, series(steady(70)), as_of=SINCE + 9 * DAY).warnings


def test_without_history_there_is_no_baseline_and_no_forecast() -> None:
    aim = goal(target=0.2, target_is="change")
    found = assess(aim, series(steady(5), first=SINCE), as_of=SINCE + 4 * DAY)
    assert (found.state, found.target, found.forecast) == ("no_data", None, None)
    assert {"no_baseline", "no_forecast", "too_early"} <= set(found.warnings)


@settings(max_examples=12)
@given(scale=st.sampled_from([0.1, 3.0, 100.0]), day=st.integers(0, 29))
def test_the_unit_changes_no_state(scale: float, day: int) -> None:
    top, as_of = steady(90), SINCE + day * DAY
    one = assess(goal(target=605.0), series(top), as_of=as_of)
    other = assess(goal(target=605.0 * scale), series([scale * value for value in top]), as_of=as_of)
    assert one.state == other.state
    if one.forecast and other.forecast:
        assert other.forecast == pytest.approx([scale * end for end in one.forecast], rel=1e-6)


def test_the_line_ends_where_the_forecast_does() -> None:
    found = assess(goal(), series(steady(70)), as_of=SINCE + 9 * DAY)
    assert found.forecast is not None
    assert found.line["day"][-1] == found.goal.until
    assert found.line["median"][-1] == found.forecast[1]
    assert found.line["plan"][-1] == pytest.approx(600.0)
    assert found.line.filter(pl.col("actual").is_not_null()).height == 10


def test_every_purpose_proposes_figures_of_the_catalogue() -> None:
    assert set(goals.PROPOSALS) == {"awareness", "traffic", "leads", "influencers", "sales"}
    for purpose, proposals in goals.PROPOSALS.items():
        assert all(METRICS[proposal.metric].purpose == purpose and proposal.days >= 30 for proposal in proposals)


def world(kind: str, seed: int, days: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    week = np.array([1, 1.1, 1.2, 1, 0.9, 0.6, 0.7])[np.arange(days) % 7]
    if kind == "counts":
        return rng.poisson(4 * week).astype(float)
    if kind == "wandering":
        return 100 * week + np.cumsum(rng.normal(0, 2, days)) + rng.normal(0, 15, days)
    return 100 * week + rng.normal(0, 15, days)


@pytest.mark.parametrize("kind", ["plain", "counts", "wandering"])
def test_the_range_holds_about_as_often_as_it_says(kind: str) -> None:
    """Nominal 90 % over 30 worlds: fewer than 23 would come about by chance in less than 1 of 100 cases."""
    held = 0
    for seed in range(30):
        days = world(kind, 7_000 + seed, 114)
        found = pace.outlook(days[:90], days=24)
        assert found is not None
        low, _median, high = found.total
        held += low <= days[90:].sum() <= high
    assert held >= 23
