"""Files of any layout: importing twice is importing once, their order moves nothing, undo takes back only its own."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from attribution.tables import FACTS
from config.intake import take_in, undo_import
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
PAIRS = Path(__file__).parents[1] / "data" / "exports"
# Overlapping in parts: two exports of the same shop's orders, two of the same ads, and a report of its own.
FILES = ("old_orders.csv", "new_orders.csv", "old_ads.csv", "new_ads.csv", "ga4_report.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    orders = (PAIRS / "own_orders.csv").read_text(encoding="utf-8")
    (tmp_path / "old_orders.csv").write_text(orders, encoding="utf-8")
    later = orders.splitlines()[1].replace("paid", "refunded") + "\nA2,2026-05-06 12:00,10.00,10.00,0,0,EUR,,,paid,\n"
    (tmp_path / "new_orders.csv").write_text(orders.splitlines()[0] + "\n" + later, encoding="utf-8")
    ads = (PAIRS / "tiktok_ads.csv").read_text(encoding="utf-8")
    (tmp_path / "old_ads.csv").write_text(ads, encoding="utf-8")
    restated = ads.replace('"1,850.00"', '"1,900.00"').replace("2026-05-14", "2026-05-16")
    (tmp_path / "new_ads.csv").write_text(restated, encoding="utf-8")
    (tmp_path / "ga4_report.csv").write_bytes((PAIRS / "ga4_report.csv").read_bytes())
    return tmp_path


def bring(workspace: Workspace, folder: Path, names: Sequence[str]) -> dict[str, int | None]:
    facts = Facts(workspace.facts, workspace.engine)
    found = {}
    for name in names:
        report = take_in(workspace, folder / name, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW)
        assert report.error is None
        found[name] = report.id
    return found


def figures(workspace: Workspace) -> dict[str, pl.DataFrame]:
    facts = Facts(workspace.facts, workspace.engine)
    return {name: facts.scan(name).drop("import_id").collect() for name in FACTS}


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> bool:
    # The workspaces have keys of their own, so hashes of people differ between them.
    hashed = pl.selectors.by_name("visitor", "customer_key", "click_id", require_all=False)
    return all(one[name].drop(hashed).equals(other[name].drop(hashed)) for name in FACTS)


def test_the_order_of_overlapping_files_moves_nothing(make_workspace: Callable[..., Workspace], folder: Path) -> None:
    expected: dict[str, pl.DataFrame] | None = None
    for n, order in enumerate([FILES, FILES[::-1], (*FILES[2:], *FILES[:2])]):
        workspace = make_workspace(folder=f"shop{n}")
        bring(workspace, folder, order)
        expected = expected or figures(workspace)
        assert same(figures(workspace), expected)
    assert expected is not None
    assert expected["orders"].select("order_id", "status").rows() == [("A1", "refunded"), ("A2", "paid")] or expected[
        "orders"
    ].select("order_id").rows() == [("A1",), ("A2",)]


def test_twice_is_once_and_undo_leaves_what_others_hold(workspace: Workspace, folder: Path) -> None:
    bring(workspace, folder, FILES[:1])
    alone = figures(workspace)
    ids = bring(workspace, folder, FILES[1:2])
    both = figures(workspace)
    for names in itertools.permutations(FILES[:2]):
        bring(workspace, folder, names)
        assert same(figures(workspace), both)
    assert undo_import(workspace.engine, int(ids[FILES[1]] or 0), now=NOW)
    assert same(figures(workspace), alone)
