"""Facts that are gone beside a ledger that knows of them are told, and are never taken for zero."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from attribution.facts import Facts, FactsLostError
from attribution.inputs import LAYOUTS
from config.intake import take_in, undo_import
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
ORDERS = "order_id,ordered_at,total,subtotal,currency\nA-1,2026-06-10T10:00Z,10,10,EUR\n"


def test_lost_facts_are_no_zero(workspace: Workspace, tmp_path: Path) -> None:
    facts = Facts(workspace.facts, workspace.engine)
    assert facts.scan("orders").collect().is_empty()  # nothing was imported: that is zero
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS, encoding="utf-8")
    report = take_in(workspace, file, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW)
    shutil.rmtree(workspace.facts)
    with pytest.raises(
        FactsLostError, match="from your backup, or undo the imports that brought them and import the files again"
    ):
        facts.scan("orders")
    assert report.id is not None
    undo_import(workspace.engine, report.id, now=NOW)
    assert facts.scan("orders").collect().is_empty()
    assert take_in(workspace, file, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW).error is None
    assert facts.scan("orders").collect().height == 1


def test_one_lost_table_of_several_is_told_whatever_is_read(workspace: Workspace, tmp_path: Path) -> None:
    facts = Facts(workspace.facts, workspace.engine)
    orders, costs = tmp_path / "orders.csv", tmp_path / "costs.csv"
    orders.write_text(ORDERS, encoding="utf-8")
    costs.write_text("date,platform,campaign,cost,currency\n2026-06-10,meta,spring,5,EUR\n", encoding="utf-8")
    brought = [take_in(workspace, f, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW) for f in (orders, costs)]
    assert facts.scan("posts").collect().is_empty()  # never brought: that is zero
    shutil.rmtree(workspace.facts / "spend")
    for name in ("spend", "orders"):
        with pytest.raises(FactsLostError, match="imported facts are gone: spend in "):
            facts.scan(name)
    assert brought[1].id is not None
    undo_import(workspace.engine, brought[1].id, now=NOW)
    assert facts.scan("orders").collect().height == 1
    assert take_in(workspace, costs, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW).accepted == 1
    assert facts.scan("spend").collect().height == 1
