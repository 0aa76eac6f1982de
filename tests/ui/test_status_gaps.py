"""`earned status` on what joins nothing, is in no total, or has not come for long."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest

from attribution.identity import NamedOrders, named_orders
from attribution.lost_refunds import refunds_without_order
from attribution.tables import ORDERS, REFUNDS, TOUCHES
from config.clock import Period
from config.workspace import Workspace
from tests.attribution.worlds import order, refund, table, touch
from tests.ui.pages import NOW
from ui import documents, order_states, pipeline
from ui.said import in_language

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


def take(space: Workspace, folder: Path, name: str, text: str, **options: str) -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    report = pipeline.take_file(space, folder / name, now=NOW, **options)  # type: ignore[arg-type]
    assert report.error is None
    return [line for line in report.warnings if "refund" in line]


WOO = "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net Sales\n"
WOO_SALE = '"2026-06-09 10:00:00",{0},€50.00,completed,,new,,1,,50\n'
WOO_BACK = '"2026-06-12 10:00:00",{0},-€20.00,refunded,,returning,,0,,-20\n'


_ROW = ("account", "order_id", "net_minor")


def net(space: Workspace) -> dict[str, int]:
    orders, _codes = order_states.orders_and_codes(space, period=Period(dt.date(2026, 6, 1), dt.date(2026, 6, 30)))
    return {f"{account} {order}": net for account, order, net in orders.select(*_ROW).iter_rows()}


def test_a_refund_of_an_unknown_order_is_told_until_the_order_comes(bare: Workspace, tmp_path: Path) -> None:
    assert take(bare, tmp_path, "a.csv", WOO + WOO_SALE.format(1) + WOO_BACK.format(1)) == []
    assert documents.status(bare, now=NOW)["refunds_without_order"] == {"count": 0, "orders": 0, "examples": []}
    assert take(bare, tmp_path, "b.csv", WOO + WOO_SALE.format(2) + WOO_BACK.format(1003)) == [
        "1 refund names an order that no file has brought: 1003. Until it comes, under the same account, nothing is "
        "taken off."
    ]
    assert net(bare) == {"woocommerce:default 1": 3_000, "woocommerce:default 2": 5_000}
    found = documents.status(bare, now=NOW)
    jsonschema.validate(found, json.loads((Path(documents.__file__).parent / "schemas/status.json").read_text()))
    (example,) = found["refunds_without_order"]["examples"]
    assert (found["refunds_without_order"]["count"], example["order_id"], example["amount"]) == (1, "1003", "20.00")
    assert (example["account"], example["refunds"]) == ("woocommerce:default", 1)

    take(bare, tmp_path, "c.csv", WOO + WOO_SALE.format(1003), account="elsewhere")
    assert documents.status(bare, now=NOW)["refunds_without_order"]["count"] == 1
    assert take(bare, tmp_path, "d.csv", WOO + WOO_SALE.format(1003)) == []
    assert documents.status(bare, now=NOW)["refunds_without_order"]["count"] == 0
    assert (net(bare)["woocommerce:default 1003"], net(bare)["woocommerce:elsewhere 1003"]) == (3_000, 5_000)


def test_many_refunds_are_counted_and_the_first_named(bare: Workspace, tmp_path: Path) -> None:
    lines = "".join(WOO_BACK.format(n) for n in range(20, 27)) + WOO_SALE.format(1)
    (told,) = take(bare, tmp_path, "a.csv", WOO + lines)
    assert told.startswith("7 refunds name orders that no file has brought: 20, 21, 22, 23, 24, …. Until")
    english = marked(told)
    assert english.count("«") == 2


def marked(text: str) -> str:
    return in_language(text, lambda said: f"«{said}»")


def refunds_of(*rows: dict[str, Any]) -> pl.LazyFrame:
    return table(REFUNDS, rows).lazy()


@pytest.mark.parametrize(
    ("refunds", "expected"),
    [
        ([], []),
        ([refund("1", "5")], []),
        ([refund("9", "5")], [("default", "9", 1, Decimal(5))]),
        ([refund("9", "-5")], [("default", "9", 1, Decimal(5))]),
        ([refund("9", "0")], []),
        ([refund("1", "5", account="b")], [("b", "1", 1, Decimal(5))]),
        ([refund("9", "5", refund_id="a"), refund("9", "3", refund_id="b")], [("default", "9", 2, Decimal(8))]),
        ([refund("9", "5", refund_id="a"), refund("9", "8")], [("default", "9", 1, Decimal(8))]),
        ([refund("9", "1"), refund("8", "2")], [("default", "8", 1, Decimal(2)), ("default", "9", 1, Decimal(1))]),
    ],
)
def test_refunds_without_their_order(refunds: list[dict[str, Any]], expected: list[tuple[object, ...]]) -> None:
    found = refunds_without_order(refunds_of(*refunds), table(ORDERS, [order("1")]).lazy())
    assert found.drop("refunded_at").rows() == expected


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
