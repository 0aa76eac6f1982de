"""Shapley credit: both games to the published digit, by plain enumeration, and by its axioms."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from math import factorial
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.paths import read_paths
from attribution.shapley import merge_sets, rate_game, set_game, set_sums
from tests.attribution.paths_data import Row, long, paths, sample_paths, some_rows

# The public sample of paths, by enumerating all 2^12 coalitions.
SET_GAME = {
    "alpha": 7627.944048,
    "eta": 3613.655952,
    "iota": 3505.044048,
    "beta": 1982.739286,
    "theta": 1190.963095,
    "lambda": 987.782143,
    "epsilon": 374.677381,
    "zeta": 199.991667,
    "kappa": 159.057143,
    "gamma": 138.185714,
    "mi": 2.666667,
    "delta": 2.292857,
}
RATE_GAME = {
    "theta": 0.028980,
    "epsilon": 0.026347,
    "lambda": 0.025710,
    "mi": 0.024928,
    "beta": 0.021637,
    "kappa": 0.021550,
    "eta": 0.021181,
    "alpha": 0.018439,
    "gamma": 0.018075,
    "iota": 0.018026,
    "delta": -0.000011,
    "zeta": -0.001016,
}


@pytest.mark.shared_data
def test_both_games_of_the_public_sample(shared_data: Callable[..., Path]) -> None:
    sets = set_sums(read_paths(sample_paths(shared_data("attribution", "channelattribution", "PathData.csv"))))
    credit = {channel: conversions for channel, conversions, _ in set_game(sets).rows()}
    assert credit == pytest.approx(SET_GAME, abs=5.1e-7)
    game = rate_game(sets)
    assert game.exact
    assert game.seed is None
    assert dict(game.channels.select("channel", "rate").rows()) == pytest.approx(RATE_GAME, abs=5.1e-7)
    assert game.channels["rate"].sum() == pytest.approx(0.223845, abs=5.1e-7)


@pytest.mark.shared_data
def test_a_sampled_rate_game_lies_within_its_stated_error(shared_data: Callable[..., Path]) -> None:
    sets = set_sums(read_paths(sample_paths(shared_data("attribution", "channelattribution", "PathData.csv"))))
    game = rate_game(sets, max_exact=11, samples=400, seed=7)
    assert (game.exact, game.seed, game.samples) == (False, 7, 400)
    for channel, rate, error in game.channels.rows():
        assert abs(rate - RATE_GAME[channel]) < 4 * error + 1e-6
    assert game.channels["rate"].sum() == pytest.approx(0.223845, abs=5.1e-7)
    assert rate_game(sets, max_exact=11, samples=400, seed=7).channels.equals(game.channels)


def test_a_journey_is_divided_over_its_distinct_channels() -> None:
    found = set_game(set_sums(paths(("A B A", 2, 900, 5), ("B", 1, 100, 0))))
    assert found.rows() == [("A", 1.0, 450.0), ("B", 2.0, 550.0)]


def test_a_channel_that_only_fails_has_a_negative_part_of_the_rate() -> None:
    """v(A) = 1, v(B) = 0, v(AB) = 1/2: A has (1 + 1/2) / 2, B (0 - 1/2) / 2."""
    found = rate_game(set_sums(paths(("A", 1, 0, 0), ("B", 0, 0, 1))))
    assert found.channels.rows() == [("A", 0.75, 0.0), ("B", -0.25, 0.0)]


def test_nothing_gives_nothing() -> None:
    nothing = set_sums(paths())
    assert set_game(nothing).is_empty()
    assert rate_game(nothing).channels.is_empty()


def test_more_channels_than_one_word_of_bits() -> None:
    names = [f"c{number:03}" for number in range(130)]
    found = set_game(set_sums(paths((" ".join(names), 1, 130, 0), ("c129 c000", 1, 2, 0))))
    assert found.height == 130
    assert found.filter(pl.col("channel") == "c129").row(0) == ("c129", pytest.approx(1 / 130 + 0.5), 2.0)
    assert found["conversions"].sum() == pytest.approx(2)


def _enumerated(rows: list[Row], *, rate: bool) -> dict[str, float]:
    """Shapley by its definition: the mean gain over all orders of joining."""
    names = sorted({name for path, c, _, n in rows if c + n for name in path.split()})

    def worth(coalition: frozenset[str]) -> float:
        inside = [row for row in rows if set(row[0].split()) <= coalition]
        sold, lost = sum(row[1] for row in inside), sum(row[3] for row in inside)
        return (sold / (sold + lost) if sold + lost else 0.0) if rate else float(sold)

    parts = dict.fromkeys(names, 0.0)
    for joining in itertools.permutations(names):
        for place, name in enumerate(joining):
            parts[name] += worth(frozenset(joining[: place + 1])) - worth(frozenset(joining[:place]))
    return {name: part / factorial(len(names)) for name, part in parts.items()}


@given(rows=some_rows())
@settings(max_examples=40, deadline=None)
def test_both_games_equal_their_definition(rows: list[Row]) -> None:
    sets = set_sums(paths(*rows))
    ours = {channel: conversions for channel, conversions, _ in set_game(sets).rows()}
    assert ours == pytest.approx(_enumerated(rows, rate=False), abs=1e-9)
    rates = dict(rate_game(sets).channels.select("channel", "rate").rows())
    assert rates == pytest.approx(_enumerated(rows, rate=True), abs=1e-9)


@given(rows=some_rows())
@settings(max_examples=60, deadline=None)
def test_efficiency(rows: list[Row]) -> None:
    found = set_game(set_sums(paths(*rows)))
    assert found["conversions"].sum() == pytest.approx(sum(row[1] for row in rows), rel=1e-9)
    assert found["value"].sum() == pytest.approx(sum(row[2] for row in rows), rel=1e-9)


@given(rows=some_rows(channels="ABC"))
@settings(max_examples=40, deadline=None)
def test_symmetry_and_dummy(rows: list[Row]) -> None:
    """Channels that always come together are credited alike; one that only fails has nothing in the set game."""
    twins = [(path.replace("A", "A X"), c, v, n) for path, c, v, n in rows]
    found = dict(set_game(set_sums(paths(*twins, ("Z", 0, 0, 2)))).select("channel", "conversions").rows())
    assert found.get("A") == found.get("X")
    assert found["Z"] == 0
    rates = dict(rate_game(set_sums(paths(*twins))).channels.select("channel", "rate").rows())
    assert rates.get("A", 0) == pytest.approx(rates.get("X", 0), abs=1e-12)


@given(rows=some_rows(), data=st.data())
@settings(max_examples=40, deadline=None)
def test_parts_merged_are_the_whole(rows: list[Row], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    merged = merge_sets([set_sums(paths(*part)) for part in (shuffled[:cut], shuffled[cut:])])
    assert merged.equals(set_sums(paths(*rows)))


def test_touches_of_a_journey_must_stand_together() -> None:
    torn = pl.concat([long([("A B", 1, 1, 0), ("C", 1, 1, 0)]), long([("D", 1, 1, 0)])])
    with pytest.raises(ValueError, match="stand together"):
        read_paths(torn)
