"""Parts counted apart and merged give what one core gives, for every model, to the last bit where sums are whole."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.channels import DIRECT
from attribution.markov import markov
from attribution.partials import Partial, added, merge, part_of, partial, per_journey, solve
from attribution.paths import Paths, first_of_each, merge_repeats, read_paths, without
from attribution.shapley import rate_game, set_game, set_sums
from tests.attribution.paths_data import Row, long, paths, sample_paths, some_rows

# The public sample of paths; first, last and linear equal the reference's own heuristics.
FIRST = {
    "alpha": 6308, "iota": 4606, "eta": 3164, "beta": 2831, "theta": 1606, "lambda": 902,
    "gamma": 165, "epsilon": 99, "kappa": 74, "zeta": 27, "mi": 2, "delta": 1,
}  # fmt: skip
POSITION = {
    "alpha": 7444.823759, "iota": 3944.948166, "eta": 3618.796149, "beta": 1969.766179, "theta": 1092.744472,
    "lambda": 1046.903901, "epsilon": 301.050233, "kappa": 147.459557, "gamma": 125.240911, "zeta": 88.622864,
    "delta": 2.586667, "mi": 2.057143,
}  # fmt: skip


def by_model(results: pl.DataFrame, model: str, column: str = "conversions") -> dict[str, float]:
    return dict(results.filter(pl.col("model") == model).select("channel", column).rows())


@pytest.mark.shared_data
def test_heuristics_of_the_public_sample(shared_data: Callable[..., Path]) -> None:
    folder = shared_data("attribution", "channelattribution", "PathData.csv").parent
    results = solve(partial(read_paths(sample_paths(folder / "PathData.csv"))))
    expected = pl.read_csv(folder / "expected_heuristic_models.csv")
    for model, theirs in {"first": "first_touch", "last": "last_touch", "linear": "linear_touch"}.items():
        for ours, suffix in {"conversions": "conversions", "value": "value"}.items():
            wanted = dict(expected.select("channel_name", f"{theirs}_{suffix}").rows())
            assert by_model(results, model, ours) == pytest.approx(wanted, abs=5e-8)
    assert by_model(results, "first") == FIRST
    assert by_model(results, "position_based") == pytest.approx(POSITION, abs=5.1e-7)
    # No channel of the sample is Direct.
    assert by_model(results, "last_non_direct") == by_model(results, "last")


def test_last_non_direct() -> None:
    rows: list[Row] = [("S D E D", 1, 100, 0), ("D D", 1, 50, 0), ("D S", 0, 0, 1)]
    touches = long(rows).with_columns(pl.col("channel").replace("D", DIRECT))
    results = solve(partial(read_paths(touches)))
    assert by_model(results, "last_non_direct") == {DIRECT: 1, "E": 1, "S": 0}
    assert by_model(results, "last_non_direct", "value") == {DIRECT: 50, "E": 100, "S": 0}


@settings(max_examples=60, deadline=None)
@given(rows=some_rows(), touches=st.integers(1, 9))
def test_blocks_hold_every_journey_once_and_whole(rows: list[Row], touches: int) -> None:
    whole = paths(*rows)
    blocks = list(whole.blocks(touches))
    assert np.concatenate([block.channel for block in blocks]).tolist() == whole.channel.tolist()
    assert np.concatenate([block.lengths for block in blocks]).tolist() == whole.lengths.tolist()
    assert np.concatenate([block.value for block in blocks]).tolist() == whole.value.tolist()
    assert all(block.starts[0] == 0 for block in blocks)


def test_time_decay_halves_in_a_week() -> None:
    found = solve(partial(paths(("A B", 1, 300, 0)), seconds=np.array([0.0, 7 * 86_400.0])))
    assert by_model(found, "time_decay") == pytest.approx({"A": 1 / 3, "B": 2 / 3})


def test_time_decay_far_in_the_past_does_not_vanish() -> None:
    found = solve(partial(paths(("A A", 1, 300, 0)), seconds=np.array([-1e12, -1e12])))
    assert by_model(found, "time_decay") == pytest.approx({"A": 1.0})


def test_nothing_to_merge_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to merge"):
        merge([])


def test_empty_parts_change_nothing() -> None:
    some, none = partial(paths(("A B", 1, 300, 0))), partial(paths())
    assert solve(merge([none, some])).equals(solve(some))
    assert solve(none).is_empty()


@settings(max_examples=30, deadline=None)
@given(rows=some_rows(), data=st.data())
def test_parts_merged_are_the_whole(rows: list[Row], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    merged = merge([partial(paths(*part), orders=(1, 2)) for part in (shuffled[:cut], shuffled[cut:])])
    whole = partial(paths(*rows), orders=(1, 2))
    assert solve(merged).equals(solve(whole))


@settings(max_examples=30, deadline=None)
@given(rows=some_rows())
def test_the_table_holds_what_each_model_says_alone(rows: list[Row]) -> None:
    results = solve(partial(paths(*rows), orders=(1, 2)))
    chains = [markov(paths(*rows), order=order) for order in (1, 2)]
    alone = {"markov": chains[0], "markov_2": chains[1], "shapley": set_game(set_sums(paths(*rows)))}
    for model, table in alone.items():
        assert by_model(results, model) == dict(table.select("channel", "conversions").rows())
    for _, table in results.group_by("model"):
        assert table["conversions"].sum() == pytest.approx(sum(row[1] for row in rows))
        assert table["value"].sum() == pytest.approx(sum(row[2] for row in rows))


@settings(max_examples=30, deadline=None)
@given(rows=some_rows())
def test_first_is_last_of_the_reversed_path(rows: list[Row]) -> None:
    turned = [(" ".join(reversed(path.split())), *rest) for path, *rest in rows]
    ours, theirs = solve(partial(paths(*rows))), solve(partial(paths(*turned)))  # type: ignore[arg-type]
    assert by_model(ours, "first") == by_model(theirs, "last")


@settings(max_examples=30, deadline=None)
@given(rows=some_rows(), data=st.data())
def test_per_journey_credit_of_parts(rows: list[Row], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(rows)))
    parts: list[Paths] = [paths(*part) for part in (rows[:cut], rows[cut:])]
    merged = merge([partial(part) for part in parts])
    found = added([per_journey(part, merged) for part in parts])
    whole = markov(paths(*rows), credit="per_journey")
    credited = dict(found.select("channel", "conversions").rows())
    assert credited == pytest.approx(dict(whole.select("channel", "conversions").rows()))


def _journeys(n: int = 400) -> pl.DataFrame:
    """One row a touch of n customers' journeys, with conversions, null journeys, values and times."""
    rows = [(" ".join("ABCD"[(n * k) % 4] for k in range(1, n % 7 + 2)), n % 2, n % 2 * n, n % 3) for n in range(n)]
    hours = pl.int_range(pl.len()).over("journey") * (pl.col("journey") % 11 + 1) * 5
    return long(rows).with_columns(seconds=(hours * 3600).cast(pl.Float64))


def _partial_of(frame: pl.DataFrame) -> Partial:
    stands = frame.filter(pl.col("conversions") + pl.col("nulls") > 0)
    return partial(read_paths(stands), orders=(1, 2, 3), seconds=stands["seconds"].to_numpy())


def _parts(touches: pl.DataFrame, parts: int) -> list[pl.DataFrame]:
    numbered = touches.with_columns(part=part_of(pl.col("journey"), parts=parts))
    return [numbered.filter(pl.col("part") == number) for number in range(parts)]


MODELS = {
    *("first", "last", "last_non_direct", "linear", "position_based", "time_decay"),
    *("markov", "markov_2", "markov_3", "shapley"),
}


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("turned", [False, True], ids=["in order", "in reverse"])
def test_every_model_gives_the_same_answer_however_many_parts(count: int, turned: bool) -> None:
    whole = _partial_of(_journeys())
    parts = _parts(_journeys(), count)
    assert all(part.height for part in parts)
    merged = merge([_partial_of(part) for part in (reversed(parts) if turned else parts)])
    answer = solve(merged)
    assert set(answer["model"]) == MODELS
    assert answer.equals(solve(whole))  # to the last bit
    # The two further answers that need the merged sums: the rate game, and credit journey by journey.
    assert rate_game(merged.sets).channels.equals(rate_game(whole.sets).channels)
    alone = per_journey(read_paths(_journeys()), whole)
    apart = added([per_journey(read_paths(part), merged) for part in parts])
    assert dict(apart.select("channel", "value").rows()) == pytest.approx(dict(alone.select("channel", "value").rows()))


def test_a_pool_of_processes_gives_the_answer_of_one() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        apart = merge(list(pool.map(_partial_of, _parts(_journeys(), 3))))
    assert solve(apart).equals(solve(_partial_of(_journeys())))


def test_a_cluster_gives_the_answer_of_one() -> None:
    ray = pytest.importorskip("ray", reason="ray is an extra: pip install 'earned[ray]' and run this test again")
    from attribution.cluster import partials_on_ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        apart = merge(partials_on_ray(_partial_of, _parts(_journeys(), 3)))
    finally:
        ray.shutdown()
    assert solve(apart).equals(solve(_partial_of(_journeys())))


def test_without_ray_the_cluster_says_what_to_install() -> None:
    if importlib.util.find_spec("ray"):
        pytest.skip("ray is installed")
    from attribution.cluster import ClusterError, partials_on_ray

    with pytest.raises(ClusterError, match=r"earned\[ray\]"):
        partials_on_ray(_partial_of, _parts(_journeys(), 2))


TRANSFORMS = {
    "repeats merged": (merge_repeats, "D A B C D C"),
    "first of each": (first_of_each, "D A B C"),
    "without one": (lambda touches: without(touches, "D"), "A B B C C C"),
}


@pytest.mark.parametrize(("change", "expected"), TRANSFORMS.values(), ids=TRANSFORMS.keys())
def test_paths_can_be_shortened(change: Callable[[pl.DataFrame], pl.DataFrame], expected: str) -> None:
    assert " ".join(change(long([("D A B B C D C C", 1, 0, 0)]))["channel"]) == expected


def test_a_path_of_nothing_else_keeps_it() -> None:
    assert without(long([("D D", 1, 0, 0)]), "D").height == 2
