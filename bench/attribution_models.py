"""All models on ten million touches, beside ChannelAttribution on the same journeys.

    python -m bench.attribution_models --sample PathData.csv

Medians of five rounds; in each round both sides run, one after the other, on the same cores. Ours start from a frame of
touches in memory, one row a touch, as stored (journeys together, in order) or shuffled. The reference starts from ready
made path strings, one row a path, which it likes best. It is installed into a virtual environment of its own
(`--reference DIR`, made when absent), as its licence (GPL-3) and ours do not mix; `--no-reference` leaves it out.
Without the sample, journeys of the same shape are drawn from a seed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from attribution.markov import global_credit, removal_effects, transition_counts
from attribution.partials import merge, partial, solve
from attribution.paths import read_paths
from attribution.shapley import set_game, set_sums

TOUCHES = 10_000_000
REFERENCE = """
import json, sys, time
import pandas as pd
from ChannelAttribution import heuristic_models, markov_model
paths = pd.read_csv(sys.argv[1])
copies = int(sys.argv[2])
paths = pd.concat([paths] * copies, ignore_index=True)
columns = ("path", "total_conversions")
def markov():
    return markov_model(paths, *columns, var_value="total_conversion_value", var_null="total_null", flg_pro=False,
                        verbose=False, ncore=1, seed=1)
def heuristics():
    return heuristic_models(paths, *columns, var_value="total_conversion_value", flg_pro=False)
print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    {"markov": markov, "heuristics": heuristics}[line.strip()]()
    print("took", time.perf_counter() - start, flush=True)
"""


def aggregated(sample: Path | None) -> pl.DataFrame:
    """path, total_conversions, total_conversion_value (whole), total_null."""
    if sample is not None:
        table = pl.read_csv(sample)
        value = (pl.col("total_conversion_value") * 1000).round().cast(pl.Int64)
        return table.with_columns(total_conversion_value=value, total_null=pl.col("total_null").cast(pl.Int64))
    random = np.random.default_rng(1)
    names = np.array([f"channel {letter}" for letter in "abcdefghijkl"])
    lengths = np.minimum(random.geometric(1 / 6, 10_000), 89)
    paths = [" > ".join(random.choice(names, length, p=_FREQUENCY)) for length in lengths]
    sold = random.poisson(2, 10_000)
    return pl.DataFrame(
        {
            "path": paths,
            "total_conversions": sold,
            "total_conversion_value": sold * random.integers(100, 9_000, 10_000),
            "total_null": random.poisson(7, 10_000),
        }
    )


_FREQUENCY = np.array([32, 20, 18, 10, 6, 6, 3, 2, 1.4, 1, 0.5, 0.1]) / 100


def touches(table: pl.DataFrame, copies: int) -> pl.DataFrame:
    """One row a touch, as stored: journeys of `copies` copies of the paths, each copy with journeys of its own."""
    one = table.with_row_index("journey").select(
        pl.col("journey").cast(pl.Int32),
        pl.col("path").str.split(" > ").alias("channel"),
        pl.col("total_conversions").cast(pl.Int32).alias("conversions"),
        pl.col("total_conversion_value").cast(pl.Int64).alias("value"),
        pl.col("total_null").cast(pl.Int32).alias("nulls"),
    )
    one = one.explode("channel", empty_as_null=True)
    one = one.with_columns(pl.col("channel").cast(pl.Enum(one["channel"].unique().sort())))
    many = pl.concat([one.with_columns(pl.col("journey") + table.height * copy) for copy in range(copies)])
    hours = pl.int_range(pl.len(), dtype=pl.Int64) * 3_600_000_000
    return many.rechunk().with_columns(touched_at=hours.cast(pl.Datetime("us", "UTC")))


def seconds_of(frame: pl.DataFrame) -> Any:
    return frame["touched_at"].to_physical().to_numpy() / 1e6


def our_markov(frame: pl.DataFrame) -> pl.DataFrame:
    return global_credit(removal_effects(transition_counts(read_paths(frame))))


def our_rules(frame: pl.DataFrame) -> pl.DataFrame:
    return solve(partial(read_paths(frame), seconds=seconds_of(frame), orders=()))


def our_shapley(frame: pl.DataFrame) -> pl.DataFrame:
    return set_game(set_sums(read_paths(frame)))


def everything(frame: pl.DataFrame) -> pl.DataFrame:
    return solve(merge([partial(read_paths(frame), seconds=seconds_of(frame), orders=(1, 2, 3))]))


def column_scan(frame: pl.DataFrame) -> int:
    """The floor: one look at every channel."""
    return int(frame.lazy().select((pl.col("channel").to_physical() == 0).sum()).collect().item())


def everything_unsorted(frame: pl.DataFrame) -> pl.DataFrame:
    return everything(frame.sort("journey", "touched_at"))


class Reference:
    """The other tool in a process and an environment of its own; asked one computation at a time."""

    def __init__(self, folder: Path, file: Path, copies: int) -> None:
        python = folder / "bin" / "python"
        if not python.exists():
            venv.create(folder, with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "ChannelAttribution", "matplotlib"], check=True)
        self.process = subprocess.Popen(
            [python, "-c", REFERENCE, file, str(copies)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer("ready")

    def seconds(self, what: str) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return float(self._answer("took").split()[1])

    def _answer(self, word: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(word):
                return line
        raise RuntimeError("the reference ended before it answered")

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def clock(compute: Callable[[pl.DataFrame], Any], frame: pl.DataFrame) -> float:
    start = time.perf_counter()
    compute(frame)
    return time.perf_counter() - start


def measure(frame: pl.DataFrame, reference: Reference | None, rounds: int) -> dict[str, float]:
    ours = {
        "column scan (the floor)": column_scan,
        "Markov, order 1, exact": our_markov,
        "six rule models": our_rules,
        "Shapley, set game": our_shapley,
        "all models, Markov orders 1 to 3": everything,
    }
    took: dict[str, list[float]] = {}
    for number in range(rounds):
        for name, compute in ours.items():
            took.setdefault(name, []).append(clock(compute, frame))
        if reference is not None:
            took.setdefault("reference: Markov", []).append(reference.seconds("markov"))
            took.setdefault("reference: three heuristics", []).append(reference.seconds("heuristics"))
        print(f"round {number + 1} of {rounds} done", file=sys.stderr)
    return {name: statistics.median(times) for name, times in took.items()}


def _sample() -> Path | None:
    """The sample beside the project, where there is one."""
    shared = Path(os.environ.get("EARNED_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    file = shared / "attribution" / "channelattribution" / "PathData.csv"
    return file if file.exists() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=Path, default=_sample(), help="PathData.csv of ChannelAttribution")
    parser.add_argument("--touches", type=int, default=TOUCHES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--reference", type=Path, default=Path("build/reference-venv"))
    parser.add_argument("--no-reference", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()

    table = aggregated(given.sample)
    each = int(table["path"].str.count_matches(" > ").sum()) + table.height
    copies = -(-given.touches // each)
    file = Path("build/bench_paths.csv")
    file.parent.mkdir(exist_ok=True)
    table.write_csv(file)
    reference = None
    if not given.no_reference:
        try:
            reference = Reference(given.reference.resolve(), file.resolve(), copies)
        except (OSError, subprocess.CalledProcessError) as problem:
            print(f"Without the reference, which cannot be installed here: {problem}", file=sys.stderr)
    frame = touches(table, copies)
    medians = measure(frame, reference, given.rounds)
    if reference is not None:
        reference.close()
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    rows = frame.height
    del frame
    unsorted = [clock(everything_unsorted, shuffled) for _ in range(given.rounds)]
    medians["all models, from shuffled touches"] = statistics.median(unsorted)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    show(rows, medians, peak, as_json=given.json)


def show(rows: int, medians: dict[str, float], peak: float, *, as_json: bool) -> None:
    ratios = {}
    if "reference: Markov" in medians:
        ratios = {
            "times faster than the reference's Markov": medians["reference: Markov"]
            / medians["Markov, order 1, exact"],
            "times faster, six rules against its three": medians["reference: three heuristics"]
            / medians["six rule models"],
        }
    if as_json:
        print(json.dumps({"touches": rows, "seconds": medians, "ratios": ratios, "peak_gib": peak}))
        return
    print(f"{rows:,} touches, medians in seconds")
    for name, seconds in medians.items():
        print(f"  {name:<40}{seconds:9.3f}")
    for name, ratio in ratios.items():
        print(f"  {name:<44}{ratio:5.1f}")
    print(f"  peak memory of ours, data and shuffled copy included: {peak:.2f} GiB")


if __name__ == "__main__":
    main()
