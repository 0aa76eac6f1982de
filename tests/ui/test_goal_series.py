"""What a goal's daily series holds: unknown stays unknown, and what is not imported yet is no day without any."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from attribution.goals import METRICS, Goal, assess
from config.clock import Period
from config.workspace import Workspace
from ui.goals import Figures, series

FIRST, LAST = dt.date(2026, 9, 1), dt.date(2026, 10, 28)
AS_OF = dt.date(2026, 11, 15)
DAY = dt.timedelta(days=1)


def goal(metric: str, **filters: str) -> Goal:
    since, until = dt.date(2026, 10, 1), dt.date(2026, 11, 20)
    return Goal("g", "g", METRICS[metric].purpose, METRICS[metric], since, until, 50.0, filters=filters)


def figures(*, as_of: dt.date = AS_OF, report: Any = None, mentions: pl.DataFrame | None = None) -> Figures:
    return Figures(
        cast(Workspace, None),
        Period(FIRST, as_of),
        lambda _period: report,
        lambda _period: cast(pl.DataFrame, mentions),
    )


def an_order_a_day() -> Any:
    days = pl.date_range(FIRST, LAST, eager=True)
    ledger = pl.DataFrame({"day": days, "state": ["sold"] * days.len()})
    return SimpleNamespace(history=ledger, ledger=ledger)


def test_days_after_the_last_import_do_not_count_as_days_without_orders() -> None:
    found = [
        assess(goal("orders"), series(figures(as_of=day, report=an_order_a_day()), goal("orders")), as_of=day)
        for day in (LAST, AS_OF)
    ]
    assert found[1].known_to == LAST
    assert found[0].state == found[1].state == "on_track"
    assert found[0].forecast == found[1].forecast
    assert found[0].forecast is not None
    assert found[0].forecast[1] == pytest.approx(51)


def said(*followers: int | None, brand: str = "Acme") -> pl.DataFrame:
    rows = [(str(n), FIRST + n * DAY, brand, "web", many) for n, many in enumerate(followers)]
    shape = {"mention_id": pl.String, "day": pl.Date, "brand": pl.String, "network": pl.String, "followers": pl.Int64}
    return pl.DataFrame(rows, schema=shape, orient="row")


def test_reach_that_nobody_knows_is_null_and_a_day_without_talk_is_0() -> None:
    read = figures(as_of=FIRST + 3 * DAY, mentions=said(None, 5, None))
    assert series(read, goal("talk_reach", brand="Acme"))["top"].to_list() == [None, 5.0, None, 0.0]


@pytest.mark.parametrize("metric", ["mentions", "talk_reach", "share_of_voice"])
def test_a_brand_is_the_same_in_any_case(metric: str) -> None:
    both = said(1, 2).with_columns(cluster_id=pl.col("mention_id"))
    found = [
        series(figures(as_of=FIRST + DAY, mentions=both), goal(metric, brand=name))["top"].sum()
        for name in ("Acme", "ACME", "acme")
    ]
    assert found[0] > 0
    assert found == [found[0]] * 3


def test_reactions_that_no_post_tells_are_unknown() -> None:
    posts = pl.DataFrame(
        {"day": [FIRST, FIRST + DAY], "network": ["x", "x"], "likes": [None, 3], "reach": [None, 10]},
        schema_overrides={"likes": pl.Int64, "reach": pl.Int64},
    ).with_columns(pl.lit(None, dtype=pl.Int64).alias(name) for name in ("comments", "shares", "saves"))
    read = figures(as_of=FIRST + DAY)
    read.__dict__["posts"] = posts
    assert series(read, goal("engagement"))["top"].to_list() == [None, 3.0]
    assert series(read, goal("post_reach"))["top"].to_list() == [None, 10.0]
