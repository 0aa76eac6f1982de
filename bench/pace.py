"""How often a goal's forecast range holds the truth, in worlds it was and was not built for.

    python bench/pace.py [WORLDS]

Prints a Markdown table: kind of world, days known, days ahead, coverage of the nominal 90 % range of the sum, and the
range's width over the truth. Seeds are fixed, so that the table comes out the same.
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

from attribution import pace

KINDS = ("steady", "small counts", "carried-over noise", "bursts", "wandering level", "straight growth")
SPANS = ((60, 30), (120, 60))


def world(kind: str, rng: np.random.Generator, days: int) -> npt.NDArray[np.float64]:
    day = np.arange(days)
    week = np.array([1, 1.1, 1.2, 1, 0.9, 0.6, 0.7])[day % 7]
    noise = rng.normal(0, 15, days)
    if kind == "small counts":
        return rng.poisson(4 * week).astype(float)
    if kind == "carried-over noise":
        for n in range(1, days):
            noise[n] += 0.5 * noise[n - 1]
    if kind == "bursts":
        counts = rng.poisson(6 * week).astype(float)
        counts[rng.choice(days, max(1, days // 30), replace=False)] += rng.poisson(30)
        return counts
    if kind == "wandering level":
        noise = noise + np.cumsum(rng.normal(0, 2, days))
    if kind == "straight growth":
        return 60 + 0.4 * day * week + noise
    return 100 * week + noise


def main(worlds: int) -> None:
    print(f"| world ({worlds} each) | days known | days ahead | coverage | width |\n|---|---|---|---|---|")
    for known, ahead in SPANS:
        for place, kind in enumerate(KINDS):
            held, width = 0, 0.0
            for seed in range(worlds):
                days = world(kind, np.random.default_rng(100_000 * place + 1000 * known + seed), known + ahead)
                found = pace.outlook(days[:known], days=ahead)
                assert found is not None
                low, _median, high = found.total
                truth = days[known:].sum()
                held += int(low <= truth <= high)
                width += (high - low) / truth / worlds
            print(f"| {kind} | {known} | {ahead} | {held / worlds:.2f} | {width:.2f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
