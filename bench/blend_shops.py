"""How often the shown range of the indirect return, and so of the blended return, holds the truth in simulated shops.

    python -m bench.blend_shops --write      seeds 1 to 100, writes bench/results/blend_shops.md
    python -m bench.blend_shops --tuning     seeds 20001 to 20100, on which choices were made

Each shop is drawn by `ui.demo.simulator`, every second one with talk that sells in proportion, the others with a
response that flattens or needs a level. Texts are scored by the product's own scorers, equal copies counted once,
reviews left out. The pool is the simulator's: tests/attribution/test_demo_truth.py holds that the product finds the
same, order by order. A shop whose estimate is withheld counts as not held.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from attribution import indirect
from attribution.mention_series import SCHEMA, daily_series
from config.clock import Period
from listener.duplicates import text_hash
from listener.sentiment import score
from ui.demo.simulator import World, simulate
from ui.demo.truth import typed
from ui.demo.world import OWN_BRAND, Response, berlin_day
from ui.demo.writers import summary

END = dt.date(2026, 11, 20)
SHAPES: tuple[Response, ...] = ("linear", "saturating", "linear", "threshold")
TABLE = Path(__file__).resolve().parent / "results" / "blend_shops.md"
WINDOWS = {"all 180 days": (180, 0), "last 90 days": (90, 0), "last 30 days": (30, 0), "the 30 days before": (60, 30)}
SEEDS, TUNING = range(1, 101), range(20_001, 20_101)


@dataclass(frozen=True)
class Judged:
    """One shop in one window: money in cents, `low` and `high` null where nothing is shown."""

    response: Response
    window: str
    headline: str
    truth: int
    low: int | None
    median: int | None
    high: int | None

    @property
    def held(self) -> bool:
        return self.low is not None and self.high is not None and self.low <= self.truth <= self.high


def talk(world: World) -> pl.DataFrame:
    """The own brand's mentions as the product hears them, with the columns of `mention_series.SCHEMA`."""
    own = [mention for mention in world.mentions if mention.brand == OWN_BRAND]
    scored = score([f"{m.title}\n{m.text}".strip() for m in own], [m.language for m in own])
    rows = [
        (
            *(m.guid, berlin_day(m.published_at), text_hash(m.title, m.text), one.score, m.author.followers),
            *(m.network == "review" or None, m.network),
        )
        for m, one in zip(own, scored, strict=True)
    ]
    return pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")


def daily(world: World) -> pl.DataFrame:
    """The table of `indirect.daily_table`, and the truth: indirect_true_minor."""
    days = pl.DataFrame(summary(world)["days"]).with_columns(pl.col("day").str.to_date())
    table = daily_series(talk(world), since=world.calendar.start, until=world.end)
    sitewide = {code.code for code in world.codes if code.kind == "sitewide"}

    def cheaper(codes: Iterable[str]) -> bool:
        return any(typed(code) in sitewide or code == "AUTOMATIC DISCOUNTS" for code in codes)

    orders = pl.DataFrame(
        [(berlin_day(order.at), float(cheaper(order.codes))) for order in world.orders if order.sold],
        schema={"day": pl.Date, indirect.DISCOUNTED: pl.Float64},
        orient="row",
    )
    paid = pl.DataFrame(
        [(row["date"], float(row["cost"])) for row in world.spend if row["cost_type"] == "media"],
        schema={"day": pl.Date, indirect.PAID: pl.Float64},
        orient="row",
    )
    beside = (orders.group_by("day").mean(), paid.group_by("day").sum())
    table = table.join(days.select("day", "pool_minor", "indirect_true_minor"), on="day")
    for frame in beside:
        table = table.join(frame, on="day", how="left")
    return table.with_columns(pl.col(indirect.DISCOUNTED, indirect.PAID).fill_null(0.0)).sort("day")


def judge(seed: int) -> list[Judged]:
    response = SHAPES[seed % len(SHAPES)]
    table = daily(simulate(seed=seed, end=END, response=response))
    lift = indirect.estimate(table)
    found = []
    for name, (first, last) in WINDOWS.items():
        period = Period(END - dt.timedelta(days=first - 1), END - dt.timedelta(days=last))
        part = table.filter(pl.col("day").is_between(period.since, period.until))
        between = lift.between(period)
        shown = between.clipped(at=int(part["pool_minor"].sum())) if between else None
        ends = (shown.low, shown.median, shown.high) if shown else (None, None, None)
        found.append(Judged(response, name, lift.headline, int(part["indirect_true_minor"].sum()), *ends))
    return found


def report(judged: list[Judged]) -> str:
    frame = pl.DataFrame(judged).with_columns(held=pl.Series([one.held for one in judged]))
    lines = [
        "| window | shops | held | withheld | truth above the range | below | median / truth | width / truth |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in WINDOWS:
        rows = frame.filter(pl.col("window") == name)
        figures = rows.select(
            (pl.col("median") / pl.col("truth")).median().alias("size"),
            ((pl.col("high") - pl.col("low")) / pl.col("truth")).median().alias("width"),
            (pl.col("truth") > pl.col("high")).sum().alias("above"),
            (pl.col("truth") < pl.col("low")).sum().alias("below"),
        ).row(0, named=True)
        lines.append(
            f"| {name} | {rows.height} | {rows['held'].sum()} | {rows['low'].null_count()} | {figures['above']} | "
            f"{figures['below']} | {figures['size']:.2f} | {figures['width']:.2f} |"
        )
    whole = frame.filter(pl.col("window") == next(iter(WINDOWS)))
    by = whole.group_by("response").agg(pl.len(), pl.col("held").sum()).sort("response")
    lines += ["", "| response, all days | shops | held |", "|---|---|---|"]
    lines += [f"| {shape} | {shops} | {held} |" for shape, shops, held in by.iter_rows()]
    heads = whole.group_by("headline").len().sort("headline").iter_rows()
    return "\n".join([*lines, "", "Shown: " + ", ".join(f"{name} {n}" for name, n in heads), ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    judged: list[Judged] = []
    for seed in TUNING if given.tuning else SEEDS:
        found = judge(seed)
        judged += found
        print(f"seed {seed}: {'held' if found[0].held else found[0].headline}", file=sys.stderr)
    text = report(judged)
    print(text)
    if given.write:
        head = "# The indirect return of simulated shops\n\nWritten by `python -m bench.blend_shops --write`; "
        TABLE.write_text(f"{head}the range is meant to hold the truth in 90 of 100.\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
