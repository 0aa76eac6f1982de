"""Days on which a brand was talked about far more, or far worse, than its own habit.

Stories are counted (clusters), not copies. The habit of a day is the trimmed mean of the 28 complete days before it,
adjusted for weekdays once there is enough talk to know them. A day's score is Poisson's 2(sqrt(y) - sqrt(m)), divided
by how much more than Poisson the days vary and by what 28 days leave unsure about m. It must be rare by the normal tail
and among the brand's own last 90 days: no threshold fits every brand.
"""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

BASELINE_DAYS = 28
LEAST_DAYS = 14
CALIBRATION_DAYS = 90
ENOUGH_SCORES = 60  # below it the series cannot tell one day in 60
FALSE_ALARM = 1 / 60
LEAST_STORIES, LEAST_AUTHORS, LEAST_RATIO = 5, 3, 1.5
WEEKDAYS_FROM, PSEUDO_COUNTS = 20.0, 20.0
_TRIMMED = 0.1  # of the days at each end
ALERTS = {
    "day": pl.Date,
    "brand": pl.String,
    "kind": pl.String,  # volume | negative
    "stories": pl.Int64,
    "mentions": pl.Int64,
    "authors": pl.Int64,
    "expected": pl.Float64,
    "ratio": pl.Float64,
    "tail": pl.Float64,
    "cluster_id": pl.String,
}


@dataclass(frozen=True)
class Day:
    """What was said of a brand on one day. `negative` of `scored` stories; `loudest`: the story with most mentions."""

    stories: int = 0
    mentions: int = 0
    authors: int = 0
    negative: int = 0
    scored: int = 0
    loudest: str | None = None


def find_alerts(mentions: pl.DataFrame, *, since: dt.date, until: dt.date) -> pl.DataFrame:
    """The days of since..until (complete days, both included) that stand out, columns ALERTS, newest first.

    `mentions`: columns day, brand, mention_id, cluster_id, author_key, label, one row a mention and brand. Its earliest
    day is taken as the first that was listened to; give at least 28 days before `since`, and 118 to calibrate.
    `expected`: stories (kind volume) or negative stories (kind negative) that the habit gives; `tail` the probability
    of such a day by habit.
    """
    rows: list[dict[str, object]] = []
    for (brand,), heard in mentions.filter(pl.col("day") <= until).partition_by("brand", as_dict=True).items():
        days = _days(heard)
        first = min(days)
        series = [days.get(first + dt.timedelta(days=n), Day()) for n in range((until - first).days + 1)]
        found = _volume(series, first) | _negative(series)
        for (place, kind), (expected, tail) in found.items():
            at, day = first + dt.timedelta(days=place), series[place]
            if at >= since:
                count = day.stories if kind == "volume" else day.negative
                rows.append(
                    {"day": at, "brand": brand, "kind": kind, "stories": day.stories, "mentions": day.mentions,
                     "authors": day.authors, "expected": expected, "ratio": count / expected if expected else None,
                     "tail": tail, "cluster_id": day.loudest}
                )  # fmt: skip
    return pl.DataFrame(rows, schema=ALERTS).sort(["day", "brand", "kind"], descending=[True, False, False])


def _days(heard: pl.DataFrame) -> dict[dt.date, Day]:
    loudest = (
        heard.group_by("day", "cluster_id").len().sort(["len", "cluster_id"], descending=[True, False])
        .group_by("day", maintain_order=True).agg(pl.col("cluster_id").first().alias("loudest"))
    )  # fmt: skip
    # A story's label is that of its earliest row of the day: every copy would say the same again.
    stories = heard.sort("mention_id").unique(["day", "cluster_id"], keep="first", maintain_order=True)
    felt = stories.group_by("day").agg(
        (pl.col("label") == "negative").sum().alias("negative"), pl.col("label").is_not_null().sum().alias("scored")
    )
    counted = heard.group_by("day").agg(
        pl.col("cluster_id").n_unique().alias("stories"),
        pl.col("mention_id").n_unique().alias("mentions"),
        pl.col("author_key").drop_nulls().n_unique().alias("known"),
        pl.col("mention_id").filter(pl.col("author_key").is_null()).n_unique().alias("nameless"),
    )
    table = counted.join(loudest, on="day").join(felt, on="day")
    return {
        row["day"]: Day(row["stories"], row["mentions"], row["known"] + row["nameless"], row["negative"], row["scored"],
                        row["loudest"])
        for row in table.iter_rows(named=True)
    }  # fmt: skip


Found = dict[tuple[int, str], tuple[float, float]]


def _volume(series: Sequence[Day], first: dt.date) -> Found:
    found: Found = {}
    scores: list[float] = []
    loud = False
    for place, day in enumerate(series):
        before = [d.stories for d in series[max(0, place - BASELINE_DAYS) : place]]
        if len(before) < LEAST_DAYS:
            continue
        expected, spread = habit(before, weekday=(first + dt.timedelta(days=place)).weekday(), first=first, place=place)
        score = _score(day.stories, expected, spread) / math.sqrt(1 + 1 / len(before))
        tail = _tail(score, scores[-CALIBRATION_DAYS:])
        unusual = (
            tail < FALSE_ALARM
            and day.stories >= max(LEAST_STORIES, LEAST_RATIO * expected)
            and day.authors >= LEAST_AUTHORS
        )
        if loud and day.stories < expected + spread:
            loud = False
        if unusual and not loud:
            found[place, "volume"] = (expected, tail)
            loud = True
        if not loud:
            scores.append(score)
    return found


def habit(before: Sequence[int], *, weekday: int, first: dt.date, place: int) -> tuple[float, float]:
    """Expected stories and their spread: trimmed mean and max(sqrt m, 1.4826 MAD) of the days before day `place`.

    From 20 stories a day on, both are adjusted for the weekday by factors shrunk with 20 pseudo-counts.
    """
    mean = _trimmed_mean(before)
    factors = [1.0] * 7
    if mean >= WEEKDAYS_FROM:
        days = [(first + dt.timedelta(days=place - len(before) + n)).weekday() for n in range(len(before))]
        for name in range(7):
            own = [count for count, day in zip(before, days, strict=True) if day == name]
            factors[name] = (sum(own) + PSEUDO_COUNTS) / (len(own) * mean + PSEUDO_COUNTS)
        before = [round(count / factors[day]) for count, day in zip(before, days, strict=True)]
        mean = _trimmed_mean(before)
    middle = statistics.median(before)
    deviation = 1.4826 * statistics.median(abs(count - middle) for count in before)
    expected = max(mean, 0.5) * factors[weekday]
    return expected, max(math.sqrt(expected), deviation * factors[weekday])


def _trimmed_mean(counts: Sequence[float]) -> float:
    cut = int(len(counts) * _TRIMMED)
    kept = sorted(counts)[cut : len(counts) - cut]
    return sum(kept) / len(kept)


def _score(count: int, expected: float, spread: float) -> float:
    return 2 * (math.sqrt(count) - math.sqrt(expected)) / max(1.0, spread / math.sqrt(expected))


def _tail(score: float, past: Sequence[float]) -> float:
    """The chance of such a score: the normal tail, or, if that is more, the share of past scores that reached it."""
    normal = 0.5 * math.erfc(score / math.sqrt(2))
    if len(past) < ENOUGH_SCORES:
        return normal
    return max(normal, (1 + sum(old >= score for old in past)) / (len(past) + 1))


def _negative(series: Sequence[Day]) -> Found:
    """Days whose share of negative stories is out of habit: the beta-binomial tail given the 28 days before."""
    found: Found = {}
    loud = False
    for place, day in enumerate(series):
        before = series[max(0, place - BASELINE_DAYS) : place]
        scored, negative = sum(d.scored for d in before), sum(d.negative for d in before)
        if len(before) < LEAST_DAYS or not scored or not day.scored:
            loud = loud and not day.scored
            continue
        expected = day.scored * (negative + 1) / (scored + 2)
        tail = beta_binomial_tail(day.negative, day.scored, negative + 1, scored - negative + 1)
        unusual = tail < FALSE_ALARM / 2 and day.negative >= max(LEAST_STORIES, LEAST_RATIO * expected)
        if unusual and not loud and day.authors >= LEAST_AUTHORS:
            found[place, "negative"] = (expected, tail)
        loud = unusual
    return found


def beta_binomial_tail(at_least: int, of: int, a: float, b: float) -> float:
    """P(X >= at_least), X of `of` trials whose probability is Beta(a, b); in [0, 1]."""

    def log_beta(x: float, y: float) -> float:
        return math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y)

    total = 0.0
    for k in range(max(at_least, 0), of + 1):
        ways = math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1)
        total += math.exp(ways + log_beta(k + a, of - k + b) - log_beta(a, b))
    return min(1.0, total)
