"""A currency the bank does not quote: its orders are outside until the business imports rates of its own."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from typer.testing import CliRunner

from config.workspace import open_workspace
from tests.conftest import SETTINGS
from ui import notes, pipeline
from ui.cli import app

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
ORDERS = "order_id,ordered_at,total,subtotal,tax,shipping,currency\nA1,2026-06-10 12:00,1325.00,1325.00,0,0,BDT\n"


def run(space: Path, *words: str) -> dict[str, object]:
    done = CliRunner().invoke(app, ["--workspace", str(space), *words, "--json"])
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def test_own_rates_bring_unconverted_orders_in(tmp_path: Path) -> None:
    (tmp_path / "earned.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "rates.csv").write_text("date,currency,rate\n2026-06-01,BDT,132.50\n", encoding="utf-8")
    run(tmp_path, "import", str(tmp_path / "orders.csv"))
    assert run(tmp_path, "status")["unconverted_orders"] == 1
    workspace = open_workspace(tmp_path)
    report = pipeline.attribution_report(workspace, period=pipeline.period_of(workspace, now=NOW))
    assert "BDT" in notes.notes(report)[0]
    assert "date, currency, rate, per" in notes.notes(report)[0]
    run(tmp_path, "import", str(tmp_path / "rates.csv"))
    assert run(tmp_path, "status")["unconverted_orders"] == 0
    report = pipeline.attribution_report(workspace, period=pipeline.period_of(workspace, now=NOW))
    assert report.ledger["net_minor"].to_list() == [1000]  # 1325.00 / 132.50 = 10.00 EUR
