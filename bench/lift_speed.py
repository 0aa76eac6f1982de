"""How long a fit takes, as a ratio to statsmodels' UnobservedComponents on the same series in the same run.

    python -m bench.lift_speed            prints bench/results/lift_speed.md; needs statsmodels

The peer fits level, AR(1) noise and the same controls with one adstock column per decay; the fit here averages over 38
decays, eight correlations and six shapes. Both in one process, alternating, medians.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np

from attribution.calendar_controls import design
from attribution.lift import HEADLINE, estimate_lift
from attribution.lift_model import PLAIN, adstock, fit
from bench.lift_worlds import as_daily, simulate

DECAYS = (0.1, 0.3, 0.5, 0.7, 0.9)


def peer(outcome: np.ndarray, mentions: np.ndarray, controls: np.ndarray, *, decays: tuple[float, ...]) -> None:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    for decay in decays:
        exogenous = np.column_stack([adstock(mentions, [decay]), controls[:, 1:]])
        model = UnobservedComponents(outcome, level="llevel", autoregressive=1, exog=exogenous)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(disp=False)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    world = simulate("plain", chosen.days, 7)
    controls = np.column_stack([design(chosen.days), world.promo])
    outcome, mentions, table = world.revenue, world.mentions, as_daily(world)
    work: dict[str, Callable[[], object]] = {
        "published grid, fit and interval": lambda: fit(outcome, [mentions], controls, grid=PLAIN).total(),
        "grid of the page, fit and interval": lambda: fit(outcome, [mentions], controls, grid=HEADLINE).total(),
        "whole estimate: two fits, tests, choice": lambda: estimate_lift(table, controls=["promo"]),
        "UnobservedComponents, one decay": lambda: peer(outcome, mentions, controls, decays=DECAYS[:1]),
        "UnobservedComponents, best of five decays": lambda: peer(outcome, mentions, controls, decays=DECAYS),
    }
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(chosen.rounds):
        for name, one in work.items():
            taken[name].append(seconds(one))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    unit = medians["UnobservedComponents, one decay"]
    print(f"# Time of a fit at {chosen.days} days, medians of {chosen.rounds} alternating rounds, one thread\n")
    print("| work | ratio to one fit of the peer |\n|---|---|")
    for name, median in medians.items():
        print(f"| {name} | {median / unit:.3f} |")


if __name__ == "__main__":
    main()
