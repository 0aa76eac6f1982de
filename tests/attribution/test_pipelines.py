"""Tables of data pipelines: what counts once, what is left out, and what they are told about."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from config.intake import ImportReport, take_in
from config.workspace import Workspace

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
PAID = "id,order_id,refund_id,kind,status,amount,created_at,gateway\n"
REST = """[{"id": 5001, "name": "#1001", "created_at": "2026-05-02T10:00:00Z", "currency": "EUR",
"financial_status": "paid", "total_price": "119.00", "subtotal_price": "100.00", "total_tax": "19.00",
"taxes_included": false, "total_discounts": "0",
"line_items": [{"id": 1, "title": "Tea", "quantity": 1, "price": "100.00"}],
"refunds": [{"id": 77, "created_at": "2026-05-20T10:00:00Z",
"refund_line_items": [{"id": 1, "quantity": 1, "subtotal": "30.00", "total_tax": "5.70"}],
"transactions": [{"id": 2, "kind": "refund", "status": "success", "amount": "35.70"}]}]}]"""
Bring = Callable[..., ImportReport]


@pytest.fixture
def facts(workspace: Workspace) -> Facts:
    return Facts(workspace.facts, workspace.engine)


@pytest.fixture
def bring(workspace: Workspace, facts: Facts, tmp_path: Path) -> Bring:
    """`bring(text)` imports a file of this text and checks that every row is counted once."""
    numbers = itertools.count()

    def take(text: str) -> ImportReport:
        file = tmp_path / f"{next(numbers)}{'.json' if text.startswith('[') else '.csv'}"
        file.write_text(text, encoding="utf-8")
        report = take_in(workspace, file, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW)
        assert report.error is None
        outcomes = (report.accepted, report.updated, report.duplicates, report.quarantined, report.skipped)
        assert report.read == sum(outcomes)
        return report

    return take


def paid(payment: int, refund: str, amount: str, *, order: int = 5001, status: str = "success") -> str:
    return f"{payment},{order},{refund},refund,{status},{amount},2026-05-20 10:00:00,cards\n"


def refunded(facts: Facts) -> str:
    return str(facts.scan("refunds").select(pl.col("amount").sum()).collect().item() or 0)


@pytest.mark.parametrize("turned", [False, True], ids=["orders first", "payments first"])
@pytest.mark.parametrize("refund", ["77", "", "NULL"])
def test_a_refund_that_the_order_tells_too_counts_once(bring: Bring, facts: Facts, refund: str, turned: bool) -> None:
    files = [REST, PAID + paid(2, refund, "35.70")]
    reports = [bring(text) for text in (files[::-1] if turned else files)]
    assert refunded(facts) == "35.7000"
    reasons = {name for report in reports for name in report.reasons}
    assert reasons == (set() if refund == "77" else {"missing_id"})


def test_payments_of_nothing_are_left_out_and_counted(bring: Bring, facts: Facts) -> None:
    report = bring(PAID + paid(1, "77", "12.00") + paid(2, "77", "0") + paid(3, "78", "0.00") + paid(4, "", "0"))
    assert (report.accepted, report.reasons) == (1, {"not_a_refund": 3})
    assert refunded(facts) == "12.0000"


def hours(*times: str) -> str:
    return "stat_time_hour,campaign_id,spend\n" + "".join(f"{time},1,2.50\n" for time in times)


@pytest.mark.parametrize(
    ("times", "told"),
    [
        (["2026-06-10 10:00:00", "2026-06-10 9:00:00"], "is 2026-06-10 09:00, the last 2026-06-10 10:00. Where other"),
        (["2026-06-10 00:00:00", "2026-06-11 11:00:00"], "is 2026-06-10 00:00, the last 2026-06-11 11:00. Where other"),
        (["2026-06-10 00:00:00", "2026-06-11 23:00:00"], ""),
        (["2026-06-10 00:00:00", "2026-06-11 00:00:00"], ""),
        (["2026-06-10", "2026-06-11"], ""),
    ],
    ids=["within a day", "ends within a day", "whole days by hour", "days told as midnights", "days"],
)
def test_a_file_by_hours_that_cuts_a_day_is_told_so(bring: Bring, times: list[str], told: str) -> None:
    warnings = [text for text in bring(hours(*times)).warnings if "first hour" in text]
    assert [told in text for text in warnings] == ([True] if told else [])


DEALS = "deal_id,deal_pipeline_stage_id,property_createdate,property_amount,property_deal_currency_code,is_deleted\n"


def deal(number: int, *, deleted: bool = False) -> str:
    return f"{number},closedwon,2026-06-01 10:00:00,100,EUR,{'TRUE' if deleted else 'FALSE'}\n"


def test_deals_deleted_since_are_named_as_an_earlier_import_of_them_still_counts(bring: Bring, facts: Facts) -> None:
    assert not bring(DEALS + deal(1)).warnings
    (told,) = bring(DEALS + "".join(deal(n, deleted=True) for n in (1, 2, 3, 4, 5)) + deal(9)).warnings
    assert told.startswith("Deleted since, and left out: 1, 2, 3 and 2 more. What an earlier import brought of them")
    assert facts.scan("leads").select("lead_id").collect()["lead_id"].to_list() == ["deal:1", "deal:9"]


def test_a_refund_that_failed_after_all_is_named(bring: Bring, facts: Facts) -> None:
    assert not bring(PAID + paid(2, "77", "30.00")).warnings
    again = paid(3, "78", "5", status="failure") + paid(4, "78", "5")
    (told,) = bring(PAID + paid(2, "77", "30.00", status="failure") + again).warnings
    assert told.startswith("Refunds that failed, wait or are tests, and are left out: 77. What an earlier import")
    assert refunded(facts) == "35.0000"


def test_columns_in_capitals_are_the_same(bring: Bring) -> None:
    head = "CONVERSION_ID,TIMESTAMP,FORM_ID,PAGE_URL,_FIVETRAN_DELETED\n"
    row = "2026-06-01 10:00:00,f,https://shop.example/"
    report = bring(f"{head}c1,{row},FALSE\nc2,{row},TRUE\n")
    assert (report.accepted, report.reasons) == (1, {"deleted_since": 1})


def test_one_deal_and_one_cost_line_are_told_as_one(bring: Bring) -> None:
    (told,) = bring(DEALS + deal(1).replace("closedwon", "77")).warnings
    assert told.startswith("1 deal has no stage, or only its number; it is read, and does not count as won. HubSpot's")
    (told,) = bring("campaign_id,date,spend,inline_link_clicks\n17,2026-05-01,10,1\n").warnings
    assert told.startswith("1 cost line names no currency; taken as EUR. If they")
