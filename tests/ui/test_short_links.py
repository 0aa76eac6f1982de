"""A mention that shares a short link leads to the page behind it, as the register says; nothing is fetched."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from config.workspace import open_workspace
from tests.conftest import SETTINGS
from ui import pipeline
from ui.pipeline import take_file

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
FILES = {
    "short.csv": "short_url,target\nhttps://bit.ly/kettle,https://acme.example/kettle?utm_source=x&utm_medium=social"
    "&utm_campaign=summer\n",
    "posts.csv": "network,native_id,published_at,text,url,author\n"
    "x,1800000000000000001,2026-06-10T10:00:00Z,acme kettle https://bit.ly/kettle,https://x.com/anna/status/"
    "1800000000000000001,anna\n",
    "orders.csv": "order_id,ordered_at,total,subtotal,tax,shipping,currency\nA1,2026-06-12 12:00,10.00,10.00,0,0,EUR\n",
    "visits.csv": "visit_id,visitor,time,landing_url,referrer,order_id\n"
    "v1,c1,2026-06-12T09:00:00Z,https://acme.example/kettle?utm_source=x&utm_medium=social&utm_campaign=summer,,A1\n",
}


def test_a_short_link_in_a_post_is_matched_by_its_target(tmp_path: Path) -> None:
    (tmp_path / "earned.toml").write_text(SETTINGS.replace("#acme", "kettle"), encoding="utf-8")
    workspace = open_workspace(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert take_file(workspace, tmp_path / name, now=NOW).error is None, name
    found = pipeline.attribution_inputs(workspace).mentions.lazy().collect()
    assert found["links"].to_list() == [[FILES["short.csv"].splitlines()[1].split(",")[1]]]
    report = pipeline.attribution_report(workspace, period=pipeline.period_of(workspace, now=NOW))
    assert report.evidence["evidence"].to_list() == ["utm"]
