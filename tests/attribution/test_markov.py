"""Markov credit: the published sample to the digit, chains worked out by hand, and what must hold for any journeys."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.markov import (
    CONVERSION,
    NULL,
    MarkovError,
    TransitionCounts,
    global_credit,
    markov,
    merge_counts,
    per_journey_credit,
    removal_effects,
    transition_counts,
    transition_matrix,
)
from attribution.paths import Paths, read_paths
from tests.attribution.paths_data import Row, long, paths, sample_paths, some_rows

SAMPLE = ("attribution", "channelattribution")
# Exact credit of conversions at order 1 on the public sample of paths: removal effect and global credit with null
# journeys, global credit without, per-journey credit. By one linear solve a channel, not by the closed form used here.
ORDER_1 = {
    "alpha": (0.558399, 5344.947682, 5260.069561, 8285.483),
    "iota": (0.405835, 3884.614702, 3899.246228, 4238.957),
    "eta": (0.349026, 3340.847402, 3347.765891, 3667.186),
    "beta": (0.264039, 2527.352167, 2585.406272, 1896.756),
    "theta": (0.206010, 1971.912880, 1938.846090, 702.494),
    "lambda": (0.134022, 1282.847223, 1295.482152, 808.307),
    "epsilon": (0.062639, 599.570650, 604.831524, 84.212),
    "zeta": (0.039811, 381.062553, 394.521465, 24.139),
    "kappa": (0.028663, 274.363256, 276.651119, 28.641),
    "gamma": (0.017880, 171.145443, 176.028054, 46.822),
    "delta": (0.000482, 4.613618, 4.258673, 0.004),
    "mi": (0.000180, 1.722425, 1.892970, 2.000),
}


@pytest.fixture(scope="module")
def read_sample() -> Callable[[Path], Paths]:
    kept: dict[Path, Paths] = {}

    def read(file: Path) -> Paths:
        if file not in kept:
            kept[file] = read_paths(sample_paths(file))
        return kept[file]

    return read


@pytest.mark.shared_data
def test_order_1_credit_of_the_public_sample(
    shared_data: Callable[..., Path], read_sample: Callable[[Path], Paths]
) -> None:
    sample = read_sample(shared_data(*SAMPLE, "PathData.csv"))
    tables = [markov(sample), markov(sample, nulls=False), markov(sample, credit="per_journey")]
    with_nulls, without, per_journey = ({row["channel"]: row for row in table.to_dicts()} for table in tables)
    assert with_nulls.keys() == ORDER_1.keys()
    for channel, (effect, credit, credit_without, own) in ORDER_1.items():
        assert with_nulls[channel]["removal_conversions"] == pytest.approx(effect, abs=5.1e-7)
        assert with_nulls[channel]["conversions"] == pytest.approx(credit, abs=5.1e-7)
        assert without[channel]["conversions"] == pytest.approx(credit_without, abs=5.1e-7)
        assert per_journey[channel]["conversions"] == pytest.approx(own, abs=5.1e-4)
    assert with_nulls["alpha"]["value"] == pytest.approx(18799.170626, abs=5.1e-7)
    assert with_nulls["alpha"]["removal_value"] == pytest.approx(0.522986, abs=5.1e-7)
    assert with_nulls["iota"]["value"] == pytest.approx(14978.437288, abs=5.1e-7)
    assert with_nulls["gamma"]["value"] == pytest.approx(719.236746, abs=5.1e-7)


@pytest.mark.shared_data
@pytest.mark.parametrize("nulls", [True, False], ids=["null", "nonull"])
@pytest.mark.parametrize(
    ("order", "dense_states"),
    # The full inverse of order 3 would take seconds.
    [(1, 10_000), (1, 0), (2, 10_000), (2, 0), (3, 0)],
    ids=["1-dense", "1-sparse", "2-dense", "2-sparse", "3-sparse"],
)
def test_exact_credit_of_every_order(
    shared_data: Callable[..., Path],
    read_sample: Callable[[Path], Paths],
    order: int,
    nulls: bool,
    dense_states: int,
) -> None:
    sample = read_sample(shared_data(*SAMPLE, "PathData.csv"))
    kind = "null" if nulls else "nonull"
    expected = pl.read_csv(shared_data(*SAMPLE, f"EXACT_markov_order{order}_{kind}.csv"))
    effects = removal_effects(transition_counts(sample, order=order, nulls=nulls), dense_states=dense_states)
    found = expected.join(effects.channels.join(global_credit(effects), on="channel"), on="channel")
    assert found.height == 12
    for ours, theirs in {
        "conversions": "conv",
        "value": "val",
        "removal_conversions": "re_conv",
        "removal_value": "re_val",
    }.items():
        np.testing.assert_allclose(found[ours].to_numpy(), found[theirs].to_numpy(), rtol=1e-9)
    rate = (0.223845, 0.846312) if nulls else (1.0, 3.780792)
    assert (effects.conversion_rate, effects.value_per_journey) == pytest.approx(rate, abs=5.1e-7)


@pytest.mark.shared_data
@pytest.mark.parametrize("nulls", [True, False], ids=["null", "nonull"])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_transition_matrices_of_the_reference(
    shared_data: Callable[..., Path], read_sample: Callable[[Path], Paths], order: int, nulls: bool
) -> None:
    kind = "null" if nulls else "nonull"
    folder = shared_data(*SAMPLE, "PathData.csv").parent
    expected = pl.read_csv(
        folder / f"expected_markov_order{order}_{kind}_seed0_transition_matrix.csv", infer_schema_length=0
    )
    touches = sample_paths(folder / "PathData.csv")
    used = touches if nulls else touches.filter(pl.col("conversions") > 0)
    numbers = {name: str(place) for place, name in enumerate(used["channel"].unique(maintain_order=True), start=1)}

    def code(state: list[str]) -> str:
        special = {CONVERSION: "(conversion)", NULL: "(null)"}
        return " ".join(special.get(name) or numbers[name] for name in state) or "(start)"

    found = {
        (code(origin), code(target)): probability
        for origin, target, probability in transition_matrix(
            transition_counts(read_sample(folder / "PathData.csv"), order=order, nulls=nulls)
        ).rows()
    }
    wanted = {(row[0], row[1]): float(row[2]) for row in expected.rows()}
    assert found.keys() == wanted.keys()
    assert found == pytest.approx(wanted, abs=5e-12)


def test_a_chain_worked_out_by_hand() -> None:
    """A then B sells; A alone fails; B alone sells. b(B) = 1, b(A) = 1/2, b(start) = 2/3 x 1/2 + 1/3 = 2/3.
    Without A the start earns 1/3, without B nothing."""
    effects = removal_effects(transition_counts(paths(("A B", 1, 100, 0), ("A", 0, 0, 1), ("B", 1, 300, 0))))
    assert effects.channels.to_dicts() == [
        {"channel": "A", "removal_conversions": pytest.approx(0.5), "removal_value": pytest.approx(0.5)},
        {"channel": "B", "removal_conversions": pytest.approx(1.0), "removal_value": pytest.approx(1.0)},
    ]
    assert global_credit(effects).rows() == [
        ("A", pytest.approx(2 / 3), pytest.approx(400 / 3)),
        ("B", pytest.approx(4 / 3), pytest.approx(800 / 3)),
    ]


def test_per_journey_credit_counts_repeats() -> None:
    """Effects .5 and 1: in A A B one conversion is 1/4, 1/4, 1/2."""
    effects = removal_effects(transition_counts(paths(("A B", 1, 100, 0), ("A", 0, 0, 1), ("B", 1, 300, 0))))
    assert per_journey_credit(paths(("A A B", 1, 800, 0)), effects).rows() == [
        ("A", pytest.approx(0.5), pytest.approx(400)),
        ("B", pytest.approx(0.5), pytest.approx(400)),
    ]


def test_a_journey_shorter_than_the_order_is_one_state() -> None:
    counts = transition_counts(paths(("A B C", 1, 0, 0), ("A", 1, 0, 0)), order=2)
    assert counts.arcs.rows() == [([], ["A"], 1), ([], ["A", "B"], 1), (["A", "B"], ["B", "C"], 1)]
    assert counts.ends.select("state", "conversions").rows() == [(["A"], 1), (["B", "C"], 1)]


@pytest.mark.parametrize("order", [0, -1])
def test_an_order_below_one_is_refused(order: int) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        transition_counts(paths(("A", 1, 1, 0)), order=order)


def test_per_journey_credit_is_of_order_one_alone() -> None:
    with pytest.raises(ValueError, match="order 1"):
        markov(paths(("A", 1, 1, 0)), order=2, credit="per_journey")


def test_a_state_without_an_end_is_refused() -> None:
    whole = transition_counts(paths(("A B", 1, 1, 0), ("C", 1, 1, 0)))
    torn = TransitionCounts(1, "collapse", whole.arcs, whole.ends.filter(pl.col("state").list.first() == "C"))
    with pytest.raises(MarkovError, match="lead nowhere"):
        removal_effects(torn)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], {}, id="no journeys"),
        pytest.param([("A", 0, 0, 0)], {}, id="a journey that stands for nothing"),
        pytest.param([("A", 0, 0, 3)], {"A": (0, 0)}, id="all null"),
        pytest.param([("A", 1, 500, 0)], {"A": (1, 500)}, id="a single touch"),
        pytest.param([("A B", 2, 0, 0)], {"A": (1, 0), "B": (1, 0)}, id="no value"),
        pytest.param([("A B", 1, -500, 0)], {"A": (0.5, -250), "B": (0.5, -250)}, id="refunded beyond its price"),
    ],
)
@pytest.mark.parametrize("variant", ["global", "per_journey"])
def test_edges_are_defined(rows: list[Row], expected: dict[str, tuple[float, float]], variant: str) -> None:
    found = markov(paths(*rows), credit=variant)  # type: ignore[arg-type]
    assert {row[0]: row[1:3] for row in found.rows()} == {name: pytest.approx(both) for name, both in expected.items()}


def _by_walking(rows: list[Row], order: int, removed: str | None) -> float:
    """The conversion rate without a channel, by letting probability flow step by step: no equations."""
    flow: dict[tuple[str, ...], dict[tuple[str, ...] | str, int]] = {}
    for path, conversions, _, nulls in rows:
        walk = tuple(path.split())
        if conversions + nulls == 0:
            continue
        states = [walk] if len(walk) <= order else [walk[i : i + order] for i in range(len(walk) - order + 1)]
        steps: list[tuple[str, ...] | str] = [(), *states]
        for origin, target in itertools.pairwise(steps):
            assert isinstance(origin, tuple)
            flow.setdefault(origin, {})[target] = flow.get(origin, {}).get(target, 0) + conversions + nulls
        last = flow.setdefault(states[-1], {})
        last["sold"] = last.get("sold", 0) + conversions
        last["lost"] = last.get("lost", 0) + nulls
    at, sold = {(): 1.0}, 0.0
    for _ in range(4000):
        after: dict[tuple[str, ...], float] = {}
        for state, amount in at.items():
            total = sum(flow[state].values())
            for target, count in flow[state].items():
                if target == "sold":
                    sold += amount * count / total
                elif isinstance(target, tuple) and (removed is None or removed not in target):
                    after[target] = after.get(target, 0.0) + amount * count / total
        at = {state: amount for state, amount in after.items() if amount > 1e-15}
        if not at:
            break
    return sold


@given(rows=some_rows(), order=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_effects_equal_those_of_walking_the_chain(rows: list[Row], order: int) -> None:
    effects = removal_effects(transition_counts(paths(*rows), order=order))
    whole = _by_walking(rows, order, None)
    assert effects.conversion_rate == pytest.approx(whole, abs=1e-9)
    for channel, effect, _ in effects.channels.rows():
        assert 0 <= effect <= 1
        assert effect == pytest.approx(1 - _by_walking(rows, order, channel) / whole, abs=1e-8)


@given(rows=some_rows(), order=st.integers(1, 3), nulls=st.booleans())
@settings(max_examples=60, deadline=None)
def test_credit_is_conserved_and_the_chain_earns_the_observed_rate(rows: list[Row], order: int, nulls: bool) -> None:
    sold, value = sum(row[1] for row in rows), sum(row[2] for row in rows)
    journeys = sum(row[1] + (row[3] if nulls else 0) for row in rows)
    effects = removal_effects(transition_counts(paths(*rows), order=order, nulls=nulls))
    credit = global_credit(effects)
    assert credit["conversions"].sum() == pytest.approx(sold, rel=1e-9)
    assert credit["value"].sum() == pytest.approx(value, rel=1e-9)
    assert credit["conversions"].min() >= 0  # type: ignore[operator]
    assert effects.conversion_rate == pytest.approx(sold / journeys, rel=1e-9)
    assert effects.value_per_journey == pytest.approx(value / journeys, rel=1e-9)


@given(rows=some_rows(), order=st.integers(1, 3), data=st.data())
@settings(max_examples=60, deadline=None)
def test_parts_merged_are_the_whole_in_any_order(rows: list[Row], order: int, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    parts = [transition_counts(paths(*part), order=order) for part in (shuffled[:cut], shuffled[cut:])]
    merged, whole = merge_counts(parts), transition_counts(paths(*rows), order=order)
    assert merged.arcs.equals(whole.arcs)
    assert merged.ends.equals(whole.ends)
    assert markov(paths(*shuffled), order=order).equals(markov(paths(*rows), order=order))


@given(rows=some_rows(), order=st.integers(1, 3), variant=st.sampled_from(["global", "per_journey"]))
@settings(max_examples=60, deadline=None)
def test_doubling_every_journey_doubles_credit(rows: list[Row], order: int, variant: str) -> None:
    if variant == "per_journey":
        order = 1
    once = markov(paths(*rows), order=order, credit=variant)  # type: ignore[arg-type]
    twice = markov(paths(*rows, *rows), order=order, credit=variant)  # type: ignore[arg-type]
    np.testing.assert_allclose(twice["conversions"], 2 * once["conversions"].to_numpy(), rtol=1e-9)
    np.testing.assert_allclose(twice["removal_value"], once["removal_value"], rtol=1e-9, atol=1e-12)


@given(rows=some_rows(), order=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_new_names_change_names_alone(rows: list[Row], order: int) -> None:
    names = {"A": "zebra", "B": "Yak > x", "C": "B", "D": "A"}
    renamed = long(rows).with_columns(pl.col("channel").replace_strict(names))
    ours = markov(paths(*rows), order=order).with_columns(pl.col("channel").replace_strict(names)).sort("channel")
    theirs = markov(read_paths(renamed), order=order).sort("channel")
    assert ours["channel"].equals(theirs["channel"])
    np.testing.assert_allclose(ours.drop("channel").to_numpy(), theirs.drop("channel").to_numpy(), rtol=1e-9, atol=1e-9)


@given(rows=some_rows(), order=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_keeping_repeats_moves_the_matrix_and_no_credit(rows: list[Row], order: int) -> None:
    collapsed, kept = (markov(paths(*rows), order=order, repeats=way) for way in ("collapse", "keep"))  # type: ignore[arg-type]
    np.testing.assert_allclose(
        collapsed.drop("channel").to_numpy(), kept.drop("channel").to_numpy(), rtol=1e-9, atol=1e-9
    )


@given(rows=some_rows(), order=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_sparse_and_dense_agree(rows: list[Row], order: int) -> None:
    counts = transition_counts(paths(*rows), order=order)
    dense, thin = (removal_effects(counts, dense_states=states).channels for states in (10_000, 0))
    np.testing.assert_allclose(dense.drop("channel").to_numpy(), thin.drop("channel").to_numpy(), rtol=1e-9, atol=1e-12)


@given(rows=some_rows(), order=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_the_graph_of_each_state_sums_to_one(rows: list[Row], order: int) -> None:
    matrix = transition_matrix(transition_counts(paths(*rows), order=order))
    sums = matrix.group_by("from_state").agg(pl.col("probability").sum())["probability"]
    np.testing.assert_allclose(sums, 1.0, rtol=1e-12)
