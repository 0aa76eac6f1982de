from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

import polars as pl
import pytest

from listener import spikes

FIRST = dt.date(2026, 1, 1)
SCHEMA = {"day": pl.Date} | dict.fromkeys(("brand", "mention_id", "cluster_id", "author_key", "label"), pl.String)


def heard(counts: Sequence[int], *, negative: Sequence[int] = (), authors: int | None = None) -> pl.DataFrame:
    """Mentions with that many stories a day, each by an author of its own unless `authors` says how many there are."""
    rows = []
    for n, count in enumerate(counts):
        day = FIRST + dt.timedelta(days=n)
        bad = negative[n] if n < len(negative) else 0
        for k in range(count):
            author = f"web:{k % authors if authors else (n, k)}"
            rows.append((day, "Acme", f"{day}-{k}", f"{day}-{k}", author, "negative" if k < bad else "neutral"))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def found(mentions: pl.DataFrame, days: int, kind: str = "volume") -> list[int]:
    """The places of the days that stood out."""
    until = FIRST + dt.timedelta(days=days - 1)
    alerts = spikes.find_alerts(mentions, since=FIRST, until=until).filter(pl.col("kind") == kind)
    return sorted((day - FIRST).days for day in alerts["day"])


def poisson(mean: float, days: int, seed: int) -> list[int]:
    rng = random.Random(seed)
    return [sum(rng.random() < mean / 1000 for _ in range(1000)) for _ in range(days)]


def test_a_burst_is_told_once_and_told_again_only_after_it_ended() -> None:
    counts = [*poisson(10, 60, 1), 40, 45, 40, *poisson(10, 20, 2), 45]
    places = found(heard(counts), len(counts))
    assert [place for place in places if place >= 60] == [60, 83]


def test_an_alert_carries_its_facts() -> None:
    counts = [8] * 40 + [30]
    row = spikes.find_alerts(heard(counts), since=FIRST, until=FIRST + dt.timedelta(days=40)).row(0, named=True)
    assert (row["day"], row["stories"], row["authors"], row["expected"]) == (FIRST + dt.timedelta(days=40), 30, 30, 8.0)
    assert row["ratio"] == 30 / 8
    assert row["tail"] < 1 / 60


@pytest.mark.parametrize(
    ("counts", "authors", "why"),
    [
        ([0, 1] * 20 + [4], None, "fewer than 5 stories"),
        ([8] * 40 + [30], 2, "one or two people are no public"),
        ([8] * 13 + [30], None, "less than 14 days are no habit"),
        ([200] * 40 + [260], None, "less than half as much again"),
    ],
)
def test_what_is_no_alert(counts: list[int], authors: int | None, why: str) -> None:
    assert found(heard(counts, authors=authors), len(counts)) == [], why


def test_copies_of_one_story_are_no_burst() -> None:
    copies = heard([8] * 40 + [60]).with_columns(
        cluster_id=pl.when(pl.col("day") == FIRST + dt.timedelta(days=40)).then(pl.lit("one")).otherwise("cluster_id")
    )
    assert found(copies, 41) == []


def test_a_loud_weekday_is_a_habit() -> None:
    counts = [100 if (FIRST + dt.timedelta(days=n)).weekday() < 5 else 30 for n in range(70)]
    assert found(heard(counts), 70) == []
    assert found(heard([*counts[:65], 100, *counts[66:]]), 70) == [65] if counts[65] == 30 else True


def test_quiet_series_raise_few_false_alarms_and_bursts_are_found() -> None:
    """By simulation: fewer than one alarm in 60 days on quiet series; a burst of three times the habit is found."""
    alarms, hits = 0, 0
    for seed in range(12):
        quiet = poisson(12, 150, seed)
        alarms += len([place for place in found(heard(quiet), 150) if place >= 28])
        burst = [*quiet[:120], quiet[120] + 30, *quiet[121:]]
        hits += 120 in found(heard(burst), 150)
    assert alarms <= 12 * 122 / 60
    assert hits >= 11


def test_days_that_are_far_worse_than_the_habit() -> None:
    negative = [*([2] * 40), 12]
    assert found(heard([20] * 41, negative=negative), 41, "negative") == [40]
    assert found(heard([20] * 41, negative=[2] * 41), 41, "negative") == []


def test_the_beta_binomial_tail() -> None:
    """Beta(1, 1) makes every count equally likely: P(X >= k of n) = (n - k + 1) / (n + 1)."""
    assert spikes.beta_binomial_tail(3, 9, 1, 1) == pytest.approx(7 / 10)
    assert spikes.beta_binomial_tail(0, 9, 2, 3) == pytest.approx(1)
    assert spikes.beta_binomial_tail(10, 9, 2, 3) == 0


def test_the_order_of_rows_does_not_matter() -> None:
    mentions = heard([*poisson(10, 60, 1), 40])
    until = FIRST + dt.timedelta(days=60)
    alerts = spikes.find_alerts(mentions, since=FIRST, until=until)
    assert alerts.equals(
        spikes.find_alerts(mentions.sample(fraction=1, shuffle=True, seed=3), since=FIRST, until=until)
    )


def test_no_mentions_no_alerts() -> None:
    assert spikes.find_alerts(heard([]), since=FIRST, until=FIRST).schema == spikes.ALERTS
