"""What shops tell of an order beside its money: the session that ended in it, gift cards sold in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from attribution.inputs.orders_woocommerce import WOOCOMMERCE_WEBTOFFEE, read_webtoffee
from config.intake import TextTable, parse_table, read_context
from config.workspace import Workspace

META = "meta:_wc_order_attribution_"
HEADERS = (
    *("order_id", "order_number", "order_date", "status", "order_total", "order_subtotal", "order_currency"),
    *(f"{META}{name}" for name in ("session_entry", "referrer", "source_type")),
    "line_item_1",
)


def export(*, entry: str = "", referrer: str = "", line: str = "") -> TextTable:
    cells = ("1", "1", "2026-05-01 10:00:00", "completed", "90.00", "90.00", "EUR", entry, referrer, "typein", line)
    text = "\t".join(HEADERS) + "\n" + "\t".join(cells) + "\n"
    return WOOCOMMERCE_WEBTOFFEE.renamed(parse_table(text.encode(), file="orders.csv"))


@pytest.mark.parametrize(
    ("entry", "referrer"),
    [("https://acme.link/a", ""), ("https://acme.example/new", "https://acme.link/a")],
    ids=["as the landing page", "as the referrer"],
)
def test_a_short_link_in_an_order_is_the_page_it_leads_to(workspace: Workspace, entry: str, referrer: str) -> None:
    target = "https://acme.example/new?utm_source=instagram&utm_medium=social&utm_campaign=spring"
    context = replace(read_context(workspace, "woocommerce:default"), short_links={"https://acme.link/a": target})
    parsed = read_webtoffee(export(entry=entry, referrer=referrer), context)
    touch = parsed.tables["touches"].row(0, named=True)
    known = (touch["source"], touch["medium"], touch["campaign"], touch["landing_path"])
    assert known == ("instagram", "social", "spring", "/new")
    column = "landing_url" if entry == "https://acme.link/a" else "referrer"
    assert parsed.tables["orders"][column].to_list() == [target]


@pytest.mark.parametrize(
    ("quantity", "whole", "left", "worth"),
    [
        ("1", "50.00", "50.00", "50.00"),
        ("2", "100.00", "100.00", "100.00"),
        ("2", "100.00", "80.00", "80.00"),
        ("3", "10.00", "10.00", "10.00"),
        ("7", "100.00", "99.99", "99.99"),
    ],
)
def test_gift_cards_of_any_number_are_owed_to_the_cent(
    workspace: Workspace, quantity: str, whole: str, left: str, worth: str
) -> None:
    line = f"name:Gift card|product_id:1|sku:|quantity:{quantity}|total:{left}|sub_total:{whole}"
    parsed = read_webtoffee(export(line=line), read_context(workspace, "woocommerce:default"))
    assert parsed.tables["orders"]["gift_cards"].to_list() == [Decimal(worth)]
    (sold,) = parsed.tables["order_lines"].iter_rows(named=True)
    assert sold["quantity"] == int(quantity)
    assert sold["price"] * sold["quantity"] - sold["line_discount"] == Decimal(worth)
    assert sold["line_discount"] >= 0
    assert parsed.tables["orders"]["ordered_at"].to_list() == [dt.datetime(2026, 5, 1, 8, tzinfo=dt.UTC)]
