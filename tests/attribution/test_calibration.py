"""Experiments written down become tests of the lift: measured, worked out, or left out with a reason."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from attribution.experiments import calibrate
from config.plans import EXPERIMENTS_SCHEMA

START = dt.date(2026, 3, 1)


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def daily(days: int = 120) -> pl.DataFrame:
    rng = np.random.default_rng(2)
    sales = 100_000 + rng.normal(0, 1_000, days)
    sales[60:74] -= 20_000
    return pl.DataFrame({"day": [day(n) for n in range(days)], "pool_minor": sales.round().astype(int)})


def written(**given: Any) -> pl.DataFrame:
    row = dict.fromkeys(EXPERIMENTS_SCHEMA) | {"id": "e", "kind": "holdout", "date_from": day(10), "date_to": day(39)}
    money = {"lift", "error", "answers", "heard"}
    told = {name: Decimal(value) if name in money and value is not None else value for name, value in given.items()}
    return pl.DataFrame([row | told], schema=dict(EXPERIMENTS_SCHEMA))


def test_what_was_measured_is_taken_with_its_error() -> None:
    found = calibrate(written(lift="1500.50", error="400"), daily(), unit=100)
    (test,) = found.tests
    assert (test.mean_minor, test.se_minor, test.kind, test.since, test.until) == (
        150_050, 40_000, "holdout", day(10), day(39),
    )  # fmt: skip
    assert (found.rows["state"].to_list(), found.controls) == (["used"], ())


def test_a_survey_is_worked_out_from_the_pool_of_its_days() -> None:
    table = daily()
    pool = int(table.filter(pl.col("day").is_between(day(10), day(39)))["pool_minor"].sum())
    (test,) = calibrate(written(kind="survey", answers="120", heard="30"), table, unit=100).tests
    assert test.mean_minor == pytest.approx(pool * 31 / 122)


def test_a_pause_measures_the_days_before_it_and_its_own_days_tell_nothing_else() -> None:
    found = calibrate(written(kind="pause", date_from=day(60), date_to=day(73)), daily(), unit=100)
    (test,) = found.tests
    assert (test.since, test.until) == (day(46), day(59))
    assert test.mean_minor == pytest.approx(14 * 20_000, rel=0.1)
    assert found.controls == ("paused_0",)
    assert found.daily["paused_0"].sum() == 14


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"lift": "1", "error": "1", "date_to": day(400)}, "outside_days"),
        ({"kind": "pause", "date_from": day(5), "date_to": day(8)}, "too_few_days"),
        ({}, "no_amount"),
    ],
)
def test_what_cannot_be_used_says_why(given: dict[str, Any], state: str) -> None:
    found = calibrate(written(**given), daily(), unit=100)
    assert (found.rows["state"].to_list(), found.tests, found.controls) == ([state], (), ())
