"""The daily table of the lift as arrays: checked at the door, cut to the days that can be fitted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from attribution import calendar_controls
from attribution.lift_model import Floats


@dataclass(frozen=True)
class Days:
    """The daily table as arrays: the longest recent run of days with known revenue, talk before it kept as warm-up."""

    since: dt.date
    until: dt.date
    outcome: Floats
    series: tuple[Floats, ...]  # each `warm_up` days longer than the outcome
    controls: Floats
    dropped: int  # days with revenue before a gap, not used

    @property
    def mentions(self) -> Floats:
        """The first series within the fitted days."""
        return self.series[0][-len(self.outcome) :]


def prepare(daily: pl.DataFrame, *, series: Sequence[str], controls: Sequence[str]) -> Days | None:
    """The arrays of a daily table, see `estimate_lift`; None when no day has revenue."""
    missing = [name for name in ("day", "pool_minor", *series, *controls) if name not in daily.columns]
    if missing or not series:
        raise ValueError(f"the daily table lacks {missing or ['a series of mentions']}")
    table = daily.sort("day")
    steps = table["day"].diff().drop_nulls().dt.total_days()
    if steps.len() and not (steps == 1).all():
        raise ValueError("the daily table must have one row for each day, without holes")
    values = table.select(pl.col(*dict.fromkeys((*series, *controls))).cast(pl.Float64))
    if not all(values.select(pl.all().is_finite().fill_null(False).all()).row(0)):
        raise ValueError("mentions and controls must be known on every day; write 0 where there were none")
    if any(values.select((pl.col(*series) < 0).any()).row(0)):
        raise ValueError("a day cannot have fewer than 0 mentions")
    known = table["pool_minor"].cast(pl.Float64).is_not_null().to_numpy()
    if not known.any():
        return None
    stop = int(np.flatnonzero(known)[-1]) + 1
    holes = np.flatnonzero(~known[:stop])
    start = int(holes[-1]) + 1 if holes.size else 0
    fitted = slice(start, stop)
    since: dt.date = table["day"][start]
    length = stop - start
    own = [values[name].to_numpy()[fitted] for name in controls]
    felt = calendar_controls.shop_days(since, length)
    return Days(
        since=since,
        until=table["day"][stop - 1],
        outcome=table["pool_minor"].cast(pl.Float64).to_numpy()[fitted],
        series=tuple(values[name].to_numpy()[:stop] for name in series),
        controls=independent(np.column_stack([calendar_controls.design(length), *own, *felt.values()])),
        dropped=int(known[:start].sum()),
    )


def independent(columns: Floats) -> Floats:
    """The columns that the ones before them do not already say, each scaled to a largest size of 1."""
    kept: list[Floats] = []
    basis = np.zeros((len(columns), 0))
    for column in columns.T:
        size = float(np.linalg.norm(column))
        rest = column - basis @ (basis.T @ column)
        if size == 0 or np.linalg.norm(rest) < 1e-6 * size:
            continue
        basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
        kept.append(column / max(float(np.abs(column).max()), 1e-300))
    return np.column_stack(kept)


def explained(target: Floats, columns: Floats) -> float:
    """R squared of the target by the columns, an intercept being among them."""
    fitted = columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
    return 1 - float(((target - fitted) ** 2).sum() / ((target - target.mean()) ** 2).sum())
