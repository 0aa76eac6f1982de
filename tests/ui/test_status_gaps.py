"""`earned status` on what joins nothing, is in no total, or has not come for long."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from attribution.identity import NamedOrders, named_orders
from attribution.tables import ORDERS, TOUCHES
from config.workspace import Workspace
from tests.attribution.worlds import order, table, touch
from tests.ui.pages import NOW
from ui import documents, pipeline

ORDERS_FILE = (
    "order_id,ordered_at,total,subtotal,currency\nA-1,2026-06-10T10:00Z,10,10,EUR\nA-2,2026-06-11T10:00Z,9,9,VND\n"
)
VISITS_FILE = """visit_id,visitor,time,landing_url,referrer,order_id
v-1,a,2026-06-10T09:00Z,https://acme.example/,,A-1
v-2,b,2026-06-10T09:00Z,https://acme.example/,,A-9
v-3,c,2026-06-10T09:00Z,https://acme.example/,,
"""


@pytest.mark.parametrize(
    ("ref", "account", "counts"),
    [
        ("1", "default", (1, 0, 0)),
        ("#N1", "default", (1, 0, 0)),
        ("N1", "elsewhere", (1, 0, 0)),
        ("9", "default", (1, 1, 0)),
        ("N2", "default", (1, 0, 1)),
        ("N2", "elsewhere", (1, 0, 1)),
        (None, "default", (0, 0, 0)),
    ],
)
def test_a_visit_names_one_order_none_or_several(ref: str | None, account: str, counts: tuple[int, int, int]) -> None:
    known = table(ORDERS, [order("1", order_name="N1"), order("2", order_name="N2"), order("3", order_name="N2")])
    visits = table(TOUCHES, [touch("v", order_ref=ref, account=account)])
    assert named_orders(visits, known) == NamedOrders(*counts)


def test_visits_of_unknown_orders_are_told_at_import_and_in_status(bare: Workspace, tmp_path: Path) -> None:
    files = {"orders.csv": ORDERS_FILE, "visits.csv": VISITS_FILE}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    reports = [pipeline.take_file(bare, tmp_path / name, now=NOW) for name in files]
    assert [report.error for report in reports] == [None, None]
    assert [line for line in reports[1].warnings if line.startswith("1 of 2 visits that name an order")]
    found = documents.status(bare, now=NOW)
    jsonschema.validate(found, json.loads((Path(documents.__file__).parent / "schemas/status.json").read_text()))
    assert found["visits_naming_orders"] == {"visits": 2, "unknown": 1, "several": 0}
    assert [(row["currency"], row["reason"], row["orders"]) for row in found["unconverted"]] == [("VND", "no_rate", 1)]
    fresh = {row["table"]: (row["rows"], row["newest"]) for row in found["freshness"]}
    assert (fresh["orders"], fresh["touches"], fresh["leads"]) == ((2, "2026-06-11"), (3, "2026-06-10"), (0, None))
