"""What a payment knows of a shop's order (tags, promo codes) reaches that order, whichever file came first."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from attribution import tables
from attribution.forgetting import forget
from attribution.payments import payments, with_payments
from config.clock import Period
from config.workspace import Workspace
from ui import pipeline

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
SHOP = """order_id,ordered_at,total,currency,landing_url,codes
1001,2026-06-02 10:00:00,80.00,EUR,,
1002,2026-06-03 10:00:00,50.00,EUR,https://acme.example/?utm_source=newsletter&utm_medium=email,SPRING
1003,2026-06-04 10:00:00,20.00,EUR,,
"""
STRIPE = """id,Created (UTC),Amount,Currency,Status,order_id (metadata),promo (metadata),\
utm_source (metadata),utm_medium (metadata)
ch_0,2026-06-02 09:50:00,80.00,eur,Failed,1001,,facebook,paid_social
ch_1,2026-06-02 10:20:00,80.00,eur,Paid,#1001,anna10,instagram,social
ch_2,2026-06-03 10:00:05,50.00,eur,Paid,1002,OTHER,instagram,social
ch_3,2026-06-05 10:00:00,7.00,eur,Paid,,,tiktok,social
"""


def bring(workspace: Workspace, files: tuple[tuple[str, str], ...]) -> None:
    for name, text in files:
        path: Path = workspace.folder / name
        path.write_text(text, encoding="utf-8")
        assert pipeline.take_file(workspace, path, now=NOW).error is None


def known(workspace: Workspace, *names: str) -> list[pl.DataFrame]:
    return [pipeline.facts_of(workspace).scan(name).collect() for name in names]


@pytest.mark.parametrize("order", list(itertools.permutations([("shop.csv", SHOP), ("stripe.csv", STRIPE)])))
def test_the_tags_of_a_payment_are_the_orders(workspace: Workspace, order: tuple[tuple[str, str], ...]) -> None:
    bring(workspace, order)
    period = Period(dt.date(2026, 6, 1), dt.date(2026, 7, 1))
    report = pipeline.attribution_report(workspace, period=period)
    methods = {row["order_id"]: row["match_method"] for row in report.ledger.iter_rows(named=True)}
    assert {name: methods[name] for name in ("1001", "1002", "1003", "ch_3")} == {
        "1001": "order_id",  # by the order that the payment names
        "1002": "order_id",
        "1003": "none",
        "ch_3": "order_id",
    }
    clicks = report.credits.filter(pl.col("touch_id").is_not_null())
    credited = dict(clicks.select("order_id", "source").iter_rows())
    assert credited == {"1001": "instagram", "1002": "newsletter", "ch_3": "tiktok"}
    assert report.ledger["net_minor"].sum() == 157_00


def test_a_payments_session_begins_before_the_order_it_paid(workspace: Workspace) -> None:
    bring(workspace, (("shop.csv", SHOP), ("stripe.csv", STRIPE)))
    touches, codes, orders = known(workspace, "touches", "order_codes", "orders")
    visits, redeemed = with_payments(touches, codes, orders)
    (mine,) = visits.filter(pl.col("order_ref") == "1001").to_dicts()
    assert (mine["source"], mine["touched_at"]) == ("instagram", dt.datetime(2026, 6, 2, 7, 59, tzinfo=dt.UTC))
    assert visits.filter(pl.col("account").str.starts_with("stripe:"))["order_ref"].to_list() == ["ch_3"]
    assert sorted(zip(redeemed["order_id"], redeemed["code_norm"], strict=True)) == [
        ("1001", "ANNA10"),
        ("1002", "SPRING"),
    ]


def test_without_payments_nothing_moves(workspace: Workspace) -> None:
    bring(workspace, (("shop.csv", SHOP),))
    touches, codes, orders = known(workspace, "touches", "order_codes", "orders")
    same = with_payments(touches, codes, orders)
    assert same[0].equals(touches)
    assert same[1].equals(codes)


def test_a_name_of_two_shops_orders_hands_nothing_over() -> None:
    def order(account: str, order_id: str, name: str | None = None) -> dict[str, Any]:
        return {"account": account, "order_id": order_id, "order_name": name, "ordered_at": NOW}

    rows = [order("shopify:a", "7", "1001"), order("shopify:b", "8", "1001"), order("stripe:default", "ch", "1001")]
    orders = tables.ORDERS.conform(pl.DataFrame(rows))
    visit = {"account": "stripe:default", "touch_id": "order:ch", "order_ref": "ch", "touched_at": NOW, "visitor": 5}
    touches = tables.TOUCHES.conform(pl.DataFrame([visit]))
    assert payments(orders).height == 2
    visits, _ = with_payments(touches, tables.ORDER_CODES.empty(), orders)
    assert visits.is_empty(), "whose session it was is not known"


HEAD = """id,Created (UTC),Amount,Currency,Status,Mode,order_id (metadata),promo (metadata),utm_source (metadata),\
utm_medium (metadata),Customer Email
"""
PAID = "ch_9,2026-06-02 10:20:00,80.00,eur,Paid,live,1001,{},instagram,social,ann@mail.invalid\n"
TRIES: dict[str, tuple[str, list[str], list[str]]] = {
    "a test hands over nothing": (
        PAID.format("") + "ch_1,2026-06-01 09:00:00,80.00,eur,Paid,test,1001,FAKE,tiktok,social,\n", ["instagram"], [],
    ),
    "a test alone": ("ch_1,2026-06-01 09:00:00,80.00,eur,Paid,test,1001,FAKE,tiktok,social,\n", [], []),
    "the code of a failed try was not redeemed": (
        PAID.format("") + "ch_1,2026-06-02 10:10:00,80.00,eur,Failed,live,1001,COF,tiktok,social,\n",
        ["instagram"], [],
    ),
    "the paid one's code": (
        PAID.format("ANNA10") + "ch_1,2026-06-02 10:10:00,80.00,eur,Failed,live,1001,COF,tiktok,social,\n",
        ["instagram"], ["ANNA10"],
    ),
    "a failed one alone": (
        "ch_1,2026-06-02 10:10:00,80.00,eur,Failed,live,1001,COF,tiktok,social,\n", ["tiktok"], ["COF"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "sources", "redeemed"), TRIES.values(), ids=TRIES.keys())
def test_which_payment_hands_over_what(
    workspace: Workspace, text: str, sources: list[str], redeemed: list[str]
) -> None:
    shop = "order_id,ordered_at,total,currency\n1001,2026-06-02 10:00:00,80.00,EUR\n"
    bring(workspace, (("shop.csv", shop), ("stripe.csv", HEAD + text)))
    touches, codes, orders = known(workspace, "touches", "order_codes", "orders")
    visits, handed = with_payments(touches, codes, orders)
    assert visits["source"].to_list() == sources
    assert list(handed.select("order_id", "code_norm").iter_rows()) == [("1001", code) for code in redeemed]


def test_the_session_of_a_forgotten_customers_payment_is_no_visit(workspace: Workspace) -> None:
    shop = "order_id,ordered_at,total,currency\n1001,2026-06-02 10:00:00,80.00,EUR\n"
    bring(workspace, (("shop.csv", shop), ("stripe.csv", HEAD + PAID.format(""))))
    facts = pipeline.facts_of(workspace)
    keys = facts.scan("orders").collect()["customer_key"].drop_nulls().to_list()
    forget(facts, keys, now=NOW)
    touches, codes, orders = known(workspace, "touches", "order_codes", "orders")
    assert touches["order_ref"].to_list() == [None]
    assert with_payments(touches, codes, orders)[0].is_empty()
