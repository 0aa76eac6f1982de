"""The demo: a simulated shop's files through the real importer, its feeds through the real collector.

NotADemoError            the folder holds a workspace of somebody's own; it is left alone
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from config.clock import Period
from config.workspace import Workspace, open_workspace
from listener import collect
from ui import pipeline
from ui.demo.feedserver import FeedServer
from ui.demo.simulator import simulate, write_world
from ui.documents import money

SEED = 20261120
END = dt.date(2026, 11, 20)
DAYS = 180
FILES = ("promo_codes", "people", "shopify_orders", "visits", "spend", "posts", "leads", "costs", "campaigns", "goals")


class NotADemoError(Exception):
    """The folder is somebody's own workspace; the text says what to do instead."""


@contextmanager
def feed_server(folder: Path, *, port: int, say: Callable[[str], None]) -> Iterator[FeedServer]:
    """The loopback feed server of the demo at `port`, or at a free port where that one is taken."""
    _refuse_own_workspace(folder)
    server = FeedServer(folder, port=port)
    try:
        server.__enter__()
    except OSError:
        say(f"Port {port} is taken; the demo's feeds use a free one.")
        server = FeedServer(folder, port=0)
        server.__enter__()
    try:
        yield server
    finally:
        server.__exit__(None, None, None)


def _refuse_own_workspace(folder: Path) -> None:
    file = folder / "earned.toml"
    if not file.exists():
        return
    try:
        simulated = tomllib.loads(file.read_text(encoding="utf-8"))["workspace"]["simulated"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError):
        simulated = False
    if simulated is not True:
        raise NotADemoError(f"{folder} holds a workspace of your own; choose an empty folder with --workspace")


async def fill(
    folder: Path, *, feed_base_url: str, now: dt.datetime, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Write the simulated shop, import its files and poll its feeds. One row a step: step, read, stored, detail, error.

    Doing it again changes nothing: the same files are known, the same entries are no news.
    """
    say("Drawing the simulated shop …")
    world = simulate(seed=SEED, end=END, days=DAYS)
    write_world(world, folder, feed_base_url=feed_base_url)
    workspace = open_workspace(folder)
    steps = [_import(workspace, name, now=now, say=say) for name in FILES]
    say("Polling the feeds …")
    heard = (await collect.collect_once(workspace, now=lambda: now)).as_json()
    steps += [_polled(row) for row in heard["sources"]]
    return steps


def _import(workspace: Workspace, name: str, *, now: dt.datetime, say: Callable[[str], None]) -> dict[str, Any]:
    say(f"Importing {name}.csv …")
    report = pipeline.take_file(workspace, workspace.folder / f"{name}.csv", now=now)
    known = f", {report.duplicates} known already" if report.duplicates else ""
    aside = f", {report.quarantined} kept aside" if report.quarantined else ""
    return {
        "step": f"import {name}.csv",
        "read": report.read,
        "stored": report.accepted + report.updated,
        "detail": f"{report.layout}{known}{aside}",
        "error": report.error,
    }


def _polled(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "step": f"listen {row['name']}",
        "read": row["entries"],
        "stored": (row["new"] or 0) + (row["updated"] or 0),
        "detail": f"{row['outcome']}, {row['matched'] if row['matched'] is not None else 0} about the brands",
        "error": row["error"],
    }


def compare_with_truth(folder: Path) -> dict[str, Any]:
    """Every order's counted credit beside the truth the simulator wrote while drawing, over all its days.

    orders, differing, direct and true_direct (money), and the first differing orders with both figures.
    """
    workspace = open_workspace(folder)
    period = Period(END - dt.timedelta(days=DAYS - 1), END)
    report = pipeline.attribution_report(workspace, period=period, model="last_non_direct")
    compared = order_differences(report.ledger, report.credits, folder / "truth" / "orders.csv")
    wrong = compared.filter(pl.col("differs"))
    currency = report.currency
    return {
        "orders": compared.height,
        "differing": wrong.height,
        "currency": currency,
        "direct": money(int(compared["direct"].sum()), currency),
        "true_direct": money(int(compared["true_direct"].sum()), currency),
        "examples": wrong.select("order_id", "edge", "net", "true_net", "direct", "true_direct", "other", "true_other")
        .head(20)
        .to_dicts(),
    }


def order_differences(ledger: pl.DataFrame, credits: pl.DataFrame, truth: Path) -> pl.DataFrame:
    """One row an order of either side: net, direct, other (minor units) beside true_net, true_direct, true_other."""
    by_order = credits.group_by("order_id").agg(
        direct=pl.col("credit_minor").filter(pl.col("in_scope")).sum(),
        other=pl.col("credit_minor").filter(~pl.col("in_scope") & ~pl.col("is_direct")).sum(),
    )
    counted = ledger.select("order_id", net=pl.col("net_minor").fill_null(0)).join(by_order, on="order_id", how="left")
    true = pl.read_csv(truth, infer_schema_length=0).select(
        "order_id",
        "edge",
        true_net=pl.col("net_minor").cast(pl.Int64),
        true_direct=pl.col("observable_direct_minor").cast(pl.Int64),
        true_other=pl.col("observable_other_minor").cast(pl.Int64),
    )
    both = counted.join(true, on="order_id", how="full", coalesce=True).sort("order_id")
    zero = both.with_columns(pl.col("direct", "other").fill_null(0))
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"true_{name}")) for name in ("net", "direct", "other"))
    return zero.with_columns(differs=~same)
