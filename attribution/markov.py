"""Markov credit, exact: what share of conversions would be lost if a channel were not there.

Journeys are walks over states, the last `order` channels of the path; a journey of no more channels is one state, its
whole path. b = (I - Q)^-1 R is what a walk from each state still earns; taking a channel out sends every walk that
reaches it to nothing. With F = (I - Q)^-1, the states A that hold channel i and S the start:

    removal effect of i = F[S,A] . F[A,A]^-1 . b[A] / b[S]

Solved, not simulated: no seed, no tolerance. Counts are sums over journeys, so parts of the data are counted apart and
merged. Two definitions of credit share the name (the literature rarely says which is meant):

    global        a channel's removal effect over the sum of all, times the total
    per_journey   each journey's own conversions and value, divided over its touches in proportion to removal effects
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from attribution.paths import Ints, Paths

Repeats = Literal["collapse", "keep"]
Variant = Literal["global", "per_journey"]
Matrix = npt.NDArray[np.float64]
CONVERSION, NULL = "(conversion)", "(null)"
DENSE_STATES = 500  # beyond, sparse factors are quicker than the full inverse, and equal to 1e-15
_TABLE_CELLS = 1 << 25
_BLOCK_CELLS = 1 << 16
_STATE = pl.List(pl.String)


class MarkovError(ValueError):
    """The counts describe no chain that can be solved: from some state no journey ever ends."""


@dataclass(frozen=True)
class TransitionCounts:
    """How often journeys went from state to state, and how they ended. A state is a list of channels; [] is the start.

    arcs: from_state, to_state, weight (journeys, conversions + nulls). ends: state, conversions, value, nulls of the
    journeys whose last state it is. Both are sums over journeys, sorted by state.
    """

    order: int
    repeats: Repeats
    arcs: pl.DataFrame
    ends: pl.DataFrame


@dataclass(frozen=True)
class RemovalEffects:
    """channels: channel, removal_conversions, removal_value (shares lost without the channel; conversions in [0, 1]).

    conversion_rate and value_per_journey are what the whole chain earns per journey: the observed rates, exactly.
    """

    channels: pl.DataFrame
    conversion_rate: float
    value_per_journey: float
    conversions: int
    value: float


def transition_counts(
    paths: Paths, *, order: int = 1, repeats: Repeats = "collapse", nulls: bool = True
) -> TransitionCounts:
    """Counts of a set of journeys. nulls=False: converting journeys alone.

    repeats: whether staying in a state counts as an arc to itself ("keep") or not ("collapse"); it changes the
    transition matrix, and never a removal effect or credit.
    """
    if order < 1:
        raise ValueError(f"the order of a Markov chain is 1 or more, not {order}")
    chosen = paths if nulls else paths.without_nulls()
    base = len(chosen.channels) + 1
    if base ** (2 * order) <= _BLOCK_CELLS:
        # Few states: each block of journeys is counted into one table.
        known = np.indices([base] * order).reshape(order, -1).T
        table = sum((_pair_table(block, order, repeats, known) for block in chosen.blocks()), np.zeros(len(known) ** 2))
        ends = _ends(chosen, _last_states(chosen, order, base))
        return _counts(order, repeats, _pairs_of(table, len(known)), known, chosen.channels, ends)
    state, known = _states(chosen, order)
    before, after, weight = _moves(chosen, state, order, repeats)
    ends = _ends(chosen, state[chosen.starts + chosen.lengths - 1])
    return _counts(order, repeats, _sum_pairs(before, after, weight, len(known)), known, chosen.channels, ends)


def merge_counts(parts: Sequence[TransitionCounts]) -> TransitionCounts:
    """The counts of all parts together. Raises ValueError for none, or for parts of different order or repeats."""
    if len({(part.order, part.repeats) for part in parts}) != 1:
        raise ValueError("counts are merged of one order and one treatment of repeats, and of at least one part")
    arcs = pl.concat([part.arcs for part in parts]).group_by("from_state", "to_state").agg(pl.col("weight").sum())
    # A fixed order of addition: where values are fractions, float sums depend on it.
    ends = pl.concat([part.ends for part in parts], how="vertical_relaxed")
    ends = ends.sort("state", maintain_order=True).group_by("state", maintain_order=True).agg(pl.exclude("state").sum())
    return TransitionCounts(parts[0].order, parts[0].repeats, arcs.sort("from_state", "to_state"), ends)


def removal_effects(counts: TransitionCounts, *, dense_states: int = DENSE_STATES) -> RemovalEffects:
    """The exact removal effects of every channel in the counts. Above `dense_states` states the solves are sparse.

    Raises MarkovError where some state leads nowhere. Without any journey the table is empty and the rates are 0.
    """
    chain = _chain(counts)
    conversions = int(counts.ends["conversions"].sum())
    if chain is None:
        return RemovalEffects(_effects_frame([], np.zeros((0, 2))), 0.0, 0.0, conversions, 0.0)
    names = sorted({name for state in chain.states for name in state})
    member = np.array(
        [[name in state for name in names] for state in (set(state) for state in chain.states)], dtype=bool
    )
    solve = _dense_losses if len(chain.states) <= dense_states else _sparse_losses
    start, lost = solve(chain, member)
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = np.where(start != 0, lost / start, 0.0)
    # Conversions cannot be lost in part below none or above all; rounding of the solve may say so by 1e-16.
    effects[:, 0] = effects[:, 0].clip(0.0, 1.0)
    return RemovalEffects(
        _effects_frame(names, effects), float(start[0]), float(start[1]), conversions, float(counts.ends["value"].sum())
    )


def transition_matrix(counts: TransitionCounts) -> pl.DataFrame:
    """from_state, to_state, probability: the graph, with the ends "(conversion)" and "(null)"; of each state they sum
    to 1.
    """
    ends = counts.ends.unpivot(["conversions", "nulls"], index="state", variable_name="end", value_name="weight")
    named = ends.filter(pl.col("weight") > 0).select(
        pl.col("state").alias("from_state"),
        pl.concat_list(pl.when(pl.col("end") == "conversions").then(pl.lit(CONVERSION)).otherwise(pl.lit(NULL))).alias(
            "to_state"
        ),
        "weight",
    )
    arcs = pl.concat([counts.arcs, named], how="vertical_relaxed")
    return arcs.select(
        "from_state", "to_state", probability=pl.col("weight") / pl.col("weight").sum().over("from_state")
    ).sort("from_state", "to_state")


def global_credit(effects: RemovalEffects) -> pl.DataFrame:
    """channel, conversions, value: the totals divided in proportion to removal effects; equally where all are 0."""
    table = effects.channels
    return table.select(
        "channel",
        conversions=_share(pl.col("removal_conversions")) * effects.conversions,
        value=_share(pl.col("removal_value")) * effects.value,
    )


def per_journey_credit(paths: Paths, effects: RemovalEffects) -> pl.DataFrame:
    """channel, conversions, value: each converting journey divided over its touches (repeats count) in proportion to
    the removal effects of their channels, value by those of value; equally where all are 0.
    """
    known = {name: (conv, value) for name, conv, value in effects.channels.rows()}
    table = np.array([known.get(name, (0.0, 0.0)) for name in paths.channels], dtype=np.float64).reshape(-1, 2)
    sums = []
    for column, amount in enumerate((paths.conversions, paths.value)):
        worth = table[:, column][paths.channel]
        whole = np.add.reduceat(worth, paths.starts) if len(worth) else np.zeros(0)
        even, lengths = whole == 0, paths.lengths
        per = amount / np.where(even, lengths, whole)
        share = np.where(paths.by_touch(even), 1.0, worth) * paths.by_touch(per)
        sums.append(np.bincount(paths.channel, weights=share, minlength=len(paths.channels)))
    credited = pl.DataFrame(
        {"channel": list(paths.channels), "conversions": sums[0], "value": sums[1]},
        schema={"channel": pl.String, "conversions": pl.Float64, "value": pl.Float64},
    )
    return credited.sort("channel")


def markov(
    paths: Paths,
    *,
    order: int = 1,
    credit: Variant = "global",
    nulls: bool = True,
    repeats: Repeats = "collapse",
) -> pl.DataFrame:
    """channel, conversions, value, removal_conversions, removal_value; sorted by channel.

    credit="per_journey" takes the removal effects of a chain of order 1 with nulls, as its definition has it, and says
    no to another order or to nulls=False.
    """
    if credit == "per_journey" and (order != 1 or not nulls):
        raise ValueError("per_journey credit is defined for order 1 with null journeys")
    effects = removal_effects(transition_counts(paths, order=order, repeats=repeats, nulls=nulls))
    credited = global_credit(effects) if credit == "global" else per_journey_credit(paths, effects)
    return credited.join(effects.channels, on="channel", how="inner", maintain_order="left")


def _share(effect: pl.Expr) -> pl.Expr:
    return pl.when(effect.sum() != 0).then(effect / effect.sum()).otherwise(1 / pl.len())


def _effects_frame(names: Sequence[str], effects: Matrix) -> pl.DataFrame:
    return pl.DataFrame(
        {"channel": names, "removal_conversions": effects[:, 0], "removal_value": effects[:, 1]},
        schema={"channel": pl.String, "removal_conversions": pl.Float64, "removal_value": pl.Float64},
    )


def _states(paths: Paths, order: int) -> tuple[Ints, Ints]:
    """For each touch a number for the last `order` channels up to it, and for each number these channels' places + 1
    (0: before the start). Number 0 is the start itself.
    """
    base = len(paths.channels) + 1
    own = paths.channel.astype(np.int64) + 1
    state, known = own, np.arange(base, dtype=np.int64)[:, None]
    for _ in range(1, order):
        # The window of one channel more: the window one touch earlier, and this touch's own channel.
        state, seen = _renumber(_one_earlier(paths, state) * base + own, below=len(known) * base)
        known = np.hstack([known[seen // base], (seen % base)[:, None]])
    return state, known


def _one_earlier(paths: Paths, state: Ints) -> Ints:
    """Each touch's number of the touch before it on its path; 0 for the first."""
    earlier = np.empty_like(state)
    earlier[1:] = state[:-1]
    earlier[paths.starts] = 0
    return earlier


def _moves(paths: Paths, state: Ints, order: int, repeats: Repeats) -> tuple[Ints, Ints, Ints]:
    """before, after, weight of the steps between states that count. A path of no more than `order` touches is one."""
    before, weight = _one_earlier(paths, state), paths.by_touch(paths.weight)
    counted = weight > 0
    if order > 1:
        lengths = paths.lengths
        position = np.arange(len(state)) - np.repeat(paths.starts, lengths)
        counted &= (position >= order - 1) | (position == np.repeat(lengths, lengths) - 1)
        before[position < order] = 0
    if repeats == "collapse":
        counted &= before != state
    return before[counted], state[counted], weight[counted]


def _pair_table(paths: Paths, order: int, repeats: Repeats, known: Ints) -> Matrix:
    """Weights of steps by before x states + after, where a state's number is its channels' digits in one base."""
    base, states = len(paths.channels) + 1, len(known)
    own = paths.channel.astype(np.int64) + 1
    state = own
    for _ in range(1, order):
        state = _one_earlier(paths, state) * base + own
    before, after, weight = _moves(paths, state, order, repeats)
    return _summed(before * states + after, weight, states * states)


def _last_states(paths: Paths, order: int, base: int) -> Ints:
    """The number, in digits of one base, of each journey's last state."""
    lengths = paths.lengths
    ends = paths.starts + lengths - 1
    number = np.zeros(len(ends), dtype=np.int64)
    for back in range(min(order, paths.longest)):
        there = lengths > back
        number[there] += (paths.channel[ends[there] - back].astype(np.int64) + 1) * base**back
    return number


def _counts(
    order: int, repeats: Repeats, arcs: pl.DataFrame, known: Ints, channels: Sequence[str], ends: pl.DataFrame
) -> TransitionCounts:
    """The counts with states written out. arcs: before, after, weight and ends: state, ... by the states' numbers."""
    used = np.unique(np.concatenate([arcs["before"], arcs["after"], ends["state"]])).astype(np.int64)
    written = [[channels[place - 1] for place in row if place] for row in known[used].tolist()]
    names = pl.DataFrame({"number": used, "state": pl.Series(written, dtype=_STATE)})

    def named(frame: pl.DataFrame, column: str) -> pl.Series:
        return frame.select(number=column).join(names, on="number", how="left", maintain_order="left")["state"]

    moves = pl.DataFrame(
        {"from_state": named(arcs, "before"), "to_state": named(arcs, "after"), "weight": arcs["weight"]}
    )
    return TransitionCounts(
        order,
        repeats,
        moves.sort("from_state", "to_state"),
        ends.with_columns(state=named(ends, "state")).sort("state"),
    )


def _renumber(codes: Ints, *, below: int) -> tuple[Ints, Ints]:
    """Codes in [0, below) numbered 1, 2, ... in their own order, and what each number stands for; 0 stays 0."""
    if below <= _TABLE_CELLS:
        there = np.zeros(below, dtype=bool)
        there[codes] = True
        there[0] = True
        numbers = np.cumsum(there) - 1
        return numbers[codes], np.flatnonzero(there)
    seen = np.union1d(codes, [0])
    return np.searchsorted(seen, codes), seen


def _sum_pairs(before: Ints, after: Ints, weight: Ints, states: int) -> pl.DataFrame:
    """before, after, weight: the weights of equal pairs added."""
    if states * states <= _TABLE_CELLS:
        return _pairs_of(_summed(before * states + after, weight, 0), states)
    table = pl.DataFrame({"pair": before * states + after, "weight": weight}).group_by("pair").agg(pl.sum("weight"))
    return table.select(before=pl.col("pair") // states, after=pl.col("pair") % states, weight="weight")


def _summed(code: Ints, weight: Ints, size: int) -> Matrix:
    table: Matrix = np.bincount(code, weights=weight, minlength=size).astype(np.float64, copy=False)
    return table


def _pairs_of(table: Matrix, states: int) -> pl.DataFrame:
    # Sums of whole numbers below 2^53 are exact in floats.
    pairs = np.flatnonzero(table)
    return pl.DataFrame({"before": pairs // states, "after": pairs % states, "weight": table[pairs].astype(np.int64)})


def _ends(paths: Paths, last: Ints) -> pl.DataFrame:
    """state (number), conversions, value, nulls of the journeys that end there."""
    amounts = {"conversions": paths.conversions, "value": paths.value, "nulls": paths.nulls}
    table = pl.DataFrame({"state": last} | amounts).filter(pl.col("conversions") + pl.col("nulls") > 0)
    return table.group_by("state", maintain_order=True).agg(pl.exclude("state").sum())


@dataclass(frozen=True)
class _Chain:
    """States ([] first), Q between them, and R: conversions and value earned on a visit."""

    states: list[list[str]]
    moves: Any  # sparse
    earned: Matrix


def _chain(counts: TransitionCounts) -> _Chain | None:
    if not counts.ends.height:
        return None
    from scipy import sparse  # imported where it is used: most reports are credited without a chain

    every = pl.concat([counts.arcs["from_state"], counts.arcs["to_state"], counts.ends["state"]]).unique().sort()
    states: list[list[str]] = every.to_list()
    number = pl.DataFrame({"state": every, "n": np.arange(len(states))})

    def place(frame: pl.DataFrame, column: str) -> Ints:
        found = frame.join(number, left_on=column, right_on="state", how="left", maintain_order="left")["n"]
        return found.cast(pl.Int64).to_numpy()

    size = len(states)
    arcs, ends = counts.arcs, counts.ends
    weights = sparse.csr_matrix(
        (arcs["weight"].to_numpy().astype(float), (place(arcs, "from_state"), place(arcs, "to_state"))), (size, size)
    )
    ending = np.zeros((size, 3))
    ending[place(ends, "state")] = ends.select("conversions", "value", "nulls").cast(pl.Float64).to_numpy()
    total = np.asarray(weights.sum(axis=1)).ravel() + ending[:, 0] + ending[:, 2]
    _refuse_endless(weights, ended=(ending[:, 0] + ending[:, 2]) > 0)
    return _Chain(states, sparse.diags(1 / total) @ weights, ending[:, :2] / total[:, None])


def _refuse_endless(weights: Any, *, ended: npt.NDArray[np.bool_]) -> None:
    """From every state some journey must come to its end, else nothing can be solved."""
    reach, grown = ended, True
    while grown:
        wider = reach | (weights @ reach.astype(float) > 0)
        grown = bool((wider != reach).any())
        reach = wider
    if not reach.all():
        raise MarkovError("some states lead nowhere: their journeys neither convert nor end; count the ends too")


def _dense_losses(chain: _Chain, member: npt.NDArray[np.bool_]) -> tuple[Matrix, Matrix]:
    """What the start earns, and of that what each channel's removal loses; columns conversions, value."""
    visits = np.linalg.inv(np.eye(len(chain.states)) - chain.moves.toarray())
    earned = visits @ chain.earned
    lost = np.empty((member.shape[1], 2))
    for channel in range(member.shape[1]):
        inside = np.flatnonzero(member[:, channel])
        lost[channel] = visits[0, inside] @ np.linalg.solve(visits[np.ix_(inside, inside)], earned[inside])
    return earned[0], lost


def _sparse_losses(chain: _Chain, member: npt.NDArray[np.bool_]) -> tuple[Matrix, Matrix]:
    """The same without ever forming the inverse: one solve with all states, and one without those of each channel."""
    whole = _solve(chain, np.ones(len(chain.states), dtype=bool))
    lost = [whole - _solve(chain, ~member[:, channel]) for channel in range(member.shape[1])]
    return whole, np.array(lost).reshape(-1, 2)


def _solve(chain: _Chain, stays: npt.NDArray[np.bool_]) -> Matrix:
    """What the start earns when only the states that stay are there."""
    from scipy import sparse
    from scipy.sparse.linalg import splu

    places = np.flatnonzero(stays)
    moves = chain.moves[places][:, places]
    earned = splu(sparse.identity(len(places), format="csc") - moves.tocsc()).solve(chain.earned[places])
    start: Matrix = earned[0]
    return start
