"""The demo shop's own truth, order by order: its simulator knows why each order came, and knows nothing of this code.

Among the orders are the window's edges, expired codes, two codes, refunds, two devices and the night the clocks change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from attribution import facts, inputs
from attribution.currency import load_rates
from attribution.report import Inputs, Report, attribute
from config import intake, register_files
from config.clock import Period
from config.registers import read_codes, read_people
from config.workspace import Workspace, open_workspace
from ui.demo.simulator import simulate
from ui.demo.writers import write_world

END = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
FILES = ("promo_codes", "people", "shopify_orders", "visits", "spend")
Told = Callable[[int], tuple[Report, pl.DataFrame]]


def imported(folder: Path) -> tuple[Workspace, Inputs]:
    workspace = open_workspace(folder)
    store = facts.Facts(workspace.facts, workspace.engine)
    sinks: dict[str, intake.Sink] = {
        "facts": store,
        "registers": register_files.RegisterSink(workspace.engine),
    }
    for name in FILES:
        layouts = (*inputs.LAYOUTS, *register_files.LAYOUTS)
        taken = intake.take_in(workspace, folder / f"{name}.csv", layouts=layouts, sinks=sinks, now=NOW)
        assert (taken.error, taken.quarantined) == (None, 0)
    tables = {name: store.scan(name) for name in ("orders", "order_codes", "refunds", "touches", "spend")}
    return workspace, Inputs(codes=read_codes(workspace.engine), people=read_people(workspace.engine), **tables)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The report of a simulated shop, and its truth with what was found: columns direct_minor, other_minor, ..."""

    def tell(seed: int) -> tuple[Report, pl.DataFrame]:
        folder = tmp_path_factory.mktemp(f"shop{seed}")
        write_world(simulate(seed=seed, end=END), folder, feed_base_url="http://127.0.0.1:1")
        workspace, world = imported(folder)
        report = attribute(
            world,
            settings=workspace.settings,
            period=Period(END - dt.timedelta(days=200), END),
            model="last_non_direct",
            lookback=dt.timedelta(days=30),
            rates=load_rates(),
        )
        truth = pl.read_csv(folder / "truth" / "orders.csv", infer_schema=False)
        return report, found(report, truth)

    return tell


def found(report: Report, truth: pl.DataFrame) -> pl.DataFrame:
    credit, mine, other = pl.col("credit_minor"), pl.col("in_scope"), ~pl.col("in_scope") & ~pl.col("is_direct")
    winners = report.credits.filter((pl.col("weight") > 0) & ~pl.col("is_direct"))
    per_order = winners.group_by("order_id").agg(
        direct_minor=credit.filter(mine).sum(),
        other_minor=credit.filter(other).sum(),
        channel=pl.col("channel").first(),
        code=pl.col("code").first(),
        campaign=pl.col("campaign").first(),
    )
    ledger = report.ledger.select("order_id", found_minor="net_minor", found_sold=pl.col("state") == "sold")
    return truth.join(ledger, on="order_id", how="left").join(per_order, on="order_id", how="left")


def check(report: Report, rows: pl.DataFrame) -> None:
    assert rows.height == report.ledger.height
    wrong = rows.filter(
        ((pl.col("sold").str.to_lowercase() == "true") != pl.col("found_sold"))
        | (pl.col("net_minor").cast(pl.Int64) != pl.col("found_minor").fill_null(0))
        | (pl.col("observable_direct_minor").cast(pl.Int64) != pl.col("direct_minor").fill_null(0))
        | (pl.col("observable_other_minor").cast(pl.Int64) != pl.col("other_minor").fill_null(0))
        | (pl.col("observable_channel").fill_null("") != pl.col("channel").fill_null(""))
        | (pl.col("observable_code").fill_null("") != pl.col("code").fill_null(""))
        | (pl.col("observable_campaign").fill_null("") != pl.col("campaign").fill_null(""))
    )
    assert wrong.rows(named=True) == []


def test_every_order_of_the_demo_shop_is_worth_and_credited_what_its_simulator_knows(told: Told) -> None:
    report, rows = told(7)
    check(report, rows)
    edges = set(rows["edge"].drop_nulls()) - {""}
    assert len(edges) >= 15
    truth = rows.select(pl.col("net_minor", "observable_direct_minor", "observable_other_minor").cast(pl.Int64).sum())
    assert truth.row(0) == (report.buckets.total, report.buckets.direct, report.buckets.other_tracked)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_so_are_those_of_another_shop(told: Told, seed: int) -> None:
    check(*told(seed))
