"""Experiments become a mean and an error, worked out by hand, and pull the estimate where they are sure."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest

from attribution.event_view import EventEffect
from attribution.experiments import Stratum, from_geo, from_holdout, from_pause, from_survey

SINCE, UNTIL = dt.date(2026, 3, 1), dt.date(2026, 3, 30)
EFFECT = EventEffect(
    level=0.9, days_before=90, days_after=30, mean=-500.0, mean_low=-700, mean_high=-300, mean_sd=100.0
)


def test_a_survey_weighs_each_part_by_its_revenue() -> None:
    """Beta(31, 71) and Beta(1, 1): 100,000 x 31/102 + 20,000 x 1/2."""
    told = from_survey([Stratum(900, 100_000, 100, 30), Stratum(50, 20_000, 0, 0)], since=SINCE, until=UNTIL)
    assert told.mean_minor == pytest.approx(100_000 * 31 / 102 + 10_000)
    variance = 1e10 * 31 * 71 / (102**2 * 103) + 4e8 / 12
    assert told.se_minor == pytest.approx(math.sqrt(variance))
    assert told.kind == "survey"


@pytest.mark.parametrize("strata", [[Stratum(1, 10, 3, 4)], [Stratum(1, 10, 3, -1)], [Stratum(0, 0, 0, 0)], []])
def test_a_survey_that_cannot_be_is_an_error(strata: list[Stratum]) -> None:
    with pytest.raises(ValueError, match=r"answers|revenue"):
        from_survey(strata, since=SINCE, until=UNTIL)


def test_a_holdout_is_the_difference_of_means_for_all_who_were_reached() -> None:
    """Means 300 and 100; variances 20,000 / 4 and 20,000 / 2."""
    told = from_holdout(pl.Series([200, 400, 200, 400]), pl.Series([0, 200]), exposed=1_000, since=SINCE, until=UNTIL)
    assert told.mean_minor == pytest.approx(200_000)
    assert told.se_minor == pytest.approx(1_000 * math.sqrt(40_000 / 3 / 4 + 20_000 / 2))
    with pytest.raises(ValueError, match="two customers"):
        from_holdout(pl.Series([1]), pl.Series([1, 2]), exposed=1, since=SINCE, until=UNTIL)


def test_the_interval_of_a_holdout_holds_the_truth() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(200):
        reached, kept = (pl.Series(rng.exponential(size, 300) * (rng.random(300) < 0.3)) for size in (120.0, 100.0))
        told = from_holdout(reached, kept, exposed=1, since=SINCE, until=UNTIL)
        inside += abs(told.mean_minor - 6) <= 1.645 * told.se_minor
    assert 168 <= inside <= 192  # 180 expected; outside that range 2 in 100 times


def test_what_a_pause_cost_is_what_talk_brought_before() -> None:
    told = from_pause(EFFECT, since=SINCE, until=UNTIL)
    assert told is not None
    assert (told.mean_minor, told.se_minor) == (15_000, 3_000)
    assert (told.since, told.until) == (dt.date(2026, 1, 30), dt.date(2026, 2, 28))


def test_some_regions_stand_for_the_whole() -> None:
    told = from_geo(EFFECT, since=SINCE, until=UNTIL, share_of_revenue=0.25)
    assert told is not None
    assert (told.mean_minor, told.se_minor) == (-60_000, 12_000)
    with pytest.raises(ValueError, match="share of revenue"):
        from_geo(EFFECT, since=SINCE, until=UNTIL, share_of_revenue=0)


def test_a_refused_event_is_no_experiment() -> None:
    refused = EventEffect(level=0.9, days_before=3, days_after=30, refused=("too_few_days_before",))
    assert from_pause(refused, since=SINCE, until=UNTIL) is None
    assert from_geo(refused, since=SINCE, until=UNTIL, share_of_revenue=0.5) is None
