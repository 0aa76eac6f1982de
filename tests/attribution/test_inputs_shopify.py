"""Shopify's orders export: orders, lines, codes and refunds out of one file, and what is put aside."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from attribution.currency import load_rates
from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from attribution.ledger import order_ledger
from config.intake import (
    Layout,
    Parsed,
    ReadContext,
    choose_layout,
    list_quarantine,
    parse_table,
    take_in,
    undo_import,
)
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
HEADER = (
    (Path(__file__).parents[1] / "data" / "shopify_orders_header.csv").read_text(encoding="utf-8").strip().split(",")
)
Row = dict[str, str]


def order(number: int, **changed: str) -> Row:
    """A paid order of one kettle, tax on top; `changed` by column name with _ for blanks."""
    row = {
        "Name": f"#{number}", "Id": f"600000000{number}", "Email": f"c{number}@example.invalid",
        "Financial Status": "paid", "Currency": "EUR", "Subtotal": "100.00", "Shipping": "5.00", "Taxes": "19.00",
        "Total": "124.00", "Discount Amount": "0.00", "Created at": "2026-05-03 12:00:00 +0200",
        "Lineitem quantity": "1", "Lineitem name": "Kettle", "Lineitem price": "100.00", "Refunded Amount": "0.00",
        "Source": "web", "Lineitem discount": "0.00", "Billing Name": "Jane Roe", "Billing Phone": "+4915112345678",
        "Shipping Address1": "1 High Street", "Notes": "call Jane",
    }  # fmt: skip
    return row | {name.replace("_", " "): value for name, value in changed.items()}


def item(number: int, name: str, price: str = "10.00", **changed: str) -> Row:
    """A continuation row: Shopify repeats Name, Email and Created at alone."""
    row = {
        "Name": f"#{number}", "Email": f"c{number}@example.invalid", "Created at": "2026-05-03 12:00:00 +0200",
        "Lineitem quantity": "2", "Lineitem name": name, "Lineitem price": price, "Lineitem discount": "0.00",
    }  # fmt: skip
    return row | {key.replace("_", " "): value for key, value in changed.items()}


def document(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def context(**changed: object) -> ReadContext:
    def hashed(values: pl.Series) -> pl.Series:
        return values.str.to_lowercase().hash(seed=1).reinterpret(signed=True).set(values.is_null(), None)

    known = {"account": "default", "timezone": "Europe/Berlin", "currency": "EUR", "domains": ("acme.example",),
             "tax_included": None, "keyed_hash": hashed}  # fmt: skip
    return ReadContext(**(known | changed))  # type: ignore[arg-type]


def read(*rows: Row, **changed: object) -> Parsed:
    table = parse_table(document(rows).encode(), file="orders.csv")
    return shopify().read(table, context(**changed))


def shopify() -> Layout:
    return next(layout for layout in LAYOUTS if layout.id == "shopify_orders_csv")


def column(parsed: Parsed, table: str, name: str) -> list[object]:
    return parsed.tables[table][name].to_list()


def reasons(parsed: Parsed) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in parsed.rejected]


def test_the_layout_has_79_columns_and_is_recognised() -> None:
    assert len(HEADER) == 79
    table = parse_table(document([order(1)]).encode(), file="orders.csv")
    assert choose_layout(table, LAYOUTS, file="orders.csv", wanted=None).id == "shopify_orders_csv"


def test_an_order_of_three_lines_is_one_order_and_three_lines() -> None:
    parsed = read(order(1), item(1, "Lid"), item(1, "Filter"), order(2))
    assert column(parsed, "orders", "order_name") == ["1", "2"]
    assert column(parsed, "orders", "total") == [Decimal("124"), Decimal("124")]
    lines = parsed.tables["order_lines"]
    assert lines.select("order_id", "line_no", "product", "quantity", "source_line").rows() == [
        ("6000000001", 1, "Kettle", 1, 2),
        ("6000000001", 2, "Lid", 2, 3),
        ("6000000001", 3, "Filter", 2, 4),
        ("6000000002", 1, "Kettle", 1, 5),
    ]


GIFTS = [
    ("Gift Card", "false", "false", "50"),
    ("Gift card - $50.00", "", "", "50"),
    ("Geschenkgutschein 50 €", "", "", "50"),
    ("Ajándékkártya 5000 Ft", "", "", "50"),
    ("Thẻ quà tặng", "", "false", "50"),
    ("Acme Gift Card", "false", "false", "50"),
    ("Gift Card", "true", "false", "50"),
    ("Gift Card", "true", "true", None),
    ("Acme Gift Card", "", "", None),
    ("Gift card box", "false", "false", None),
    ("Birthday card", "false", "false", None),
]


@pytest.mark.parametrize(("name", "sent", "taxed", "owed"), GIFTS)
def test_a_line_that_is_surely_a_gift_card_is_owed(name: str, sent: str, taxed: str, owed: str | None) -> None:
    card = item(1, name, "50.00", Lineitem_quantity="1", Lineitem_requires_shipping=sent, Lineitem_taxable=taxed)
    parsed = read(order(1, Subtotal="150.00", Total="174.00"), card)
    assert column(parsed, "orders", "gift_cards") == [Decimal(owed) if owed else None]
    assert column(parsed, "orders", "subtotal") == [Decimal(150)]


def test_paying_by_gift_card_is_no_discount() -> None:
    plain, paid = (read(order(1, Payment_Method=method)) for method in ("Visa", "gift_card"))
    assert plain.tables["orders"].equals(paid.tables["orders"])
    assert paid.tables["order_codes"].is_empty()


def test_created_at_is_utc_whatever_the_offset() -> None:
    parsed = read(order(1, Created_at="2026-10-25 02:30:00 +0200"), order(2, Created_at="2026-10-25 02:30:00 +0100"))
    assert [t.isoformat() for t in column(parsed, "orders", "ordered_at")] == [  # type: ignore[attr-defined]
        "2026-10-25T00:30:00+00:00",
        "2026-10-25T01:30:00+00:00",
    ]


@pytest.mark.parametrize(
    ("code", "amount", "expected"),
    [
        ("", "0.00", []),
        ("anna10", "10.00", [("anna10", "ANNA10", "code", Decimal(10), 1)]),
        ("ＡＮＮＡ１０", "10.00", [("ＡＮＮＡ１０", "ANNA10", "code", Decimal(10), 1)]),
        ("AUTOMATIC DISCOUNTS", "5.00", [("AUTOMATIC DISCOUNTS", None, "automatic", Decimal(5), 1)]),
        ("UPSELL DISCOUNT", "5.00", [("UPSELL DISCOUNT", None, "automatic", Decimal(5), 1)]),
        ("", "5.00", [(None, None, "automatic", Decimal(5), 1)]),
        ("FREESHIP", "0.00", [("FREESHIP", "FREESHIP", "code", Decimal(0), 1)]),
        ("ANNA10, VIP", "10.00", [("ANNA10", "ANNA10", "code", None, 1), ("VIP", "VIP", "code", None, 2)]),
    ],
)
def test_codes(code: str, amount: str, expected: list[object]) -> None:
    parsed = read(order(1, Discount_Code=code, Discount_Amount=amount))
    columns = ("code_raw", "code_norm", "kind", "discount", "ordinal")
    assert parsed.tables["order_codes"].select(columns).rows() == expected


@pytest.mark.parametrize(
    ("amount", "rows"),
    [
        ("0.00", [("6000000001", "cumulative", None, Decimal(0))]),
        ("", []),
        ("12.50", [("6000000001", "cumulative", None, Decimal("12.5"))]),
    ],
)
def test_refunds_are_one_undated_sum(amount: str, rows: list[object]) -> None:
    refunds = read(order(1, Refunded_Amount=amount)).tables["refunds"]
    assert refunds.with_columns(at=pl.lit(None)).select("order_id", "refund_id", "at", "amount").rows() == rows


INSIDE = {"Subtotal": "119.00", "Taxes": "19.00", "Shipping": "0.00", "Total": "119.00"}
UNTAXED = {"Taxes": "0.00", "Subtotal": "100.00", "Shipping": "5.00", "Total": "105.00"}


@pytest.mark.parametrize(
    ("rows", "setting", "included", "warned"),
    [
        ([order(1), order(2), order(3, **INSIDE)], None, False, True),
        ([order(1), order(2, **INSIDE), order(3, **INSIDE)], None, True, True),
        ([order(1, **INSIDE)], None, True, False),
        ([order(1, **INSIDE)], False, False, True),
        ([order(1, **UNTAXED)], None, False, False),
        ([order(1), order(2, **INSIDE)], None, None, True),
        ([order(1, Total="99.00")], True, True, True),
    ],
)
def test_tax_is_inside_where_the_setting_or_else_most_taxed_orders_say_so(
    rows: list[Row], setting: bool | None, included: bool | None, warned: bool
) -> None:
    parsed = read(*rows, tax_included=setting)
    assert set(column(parsed, "orders", "tax_included")) == {included}
    assert bool(parsed.warnings) is warned
    assert not parsed.rejected


def test_tags_that_a_form_app_noted_stand_on_the_order() -> None:
    notes = "First name: Jane\nUTM source: facebook\nUTM medium: paid\nUTM campaign: 120200000000000001\nIP address: 1"
    orders = read(order(1, Note_Attributes=notes)).tables["orders"]
    assert orders.select("utm_source", "utm_medium", "utm_campaign", "utm_content").row(0) == (
        "facebook",
        "paid",
        "120200000000000001",
        None,
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([order(1, Id="")], [(2, "missing_order_id")]),
        ([order(1, Id=""), item(1, "Lid")], [(2, "missing_order_id"), (3, "orphan_line")]),
        ([order(1), order(1)], [(3, "duplicate_order_id")]),
        ([order(1, Id="6.29E+12")], [(2, "id_lost_digits")]),
        ([order(1, Created_at="soon")], [(2, "bad_date")]),
        ([order(1, Created_at="")], [(2, "bad_date")]),
        ([order(1, Cancelled_at="never")], [(2, "bad_date")]),
        ([order(1, Total="lots")], [(2, "bad_money")]),
        ([order(1, Subtotal="1.23456")], [(2, "bad_money")]),
        ([order(1, Total="")], [(2, "missing_amount")]),
        ([order(1, Currency="")], [(2, "bad_currency")]),
        ([item(1, "Lid"), order(1)], [(2, "orphan_line")]),
        ([item(7, "Lid"), order(1)], [(2, "orphan_line")]),
        ([order(1, Total="lots"), item(1, "Lid")], [(2, "bad_money"), (3, "orphan_line")]),
        ([order(1), item(1, "Lid", price="lots")], [(3, "bad_money")]),
        ([order(1), item(1, "Lid", Lineitem_quantity="2.5")], [(3, "bad_number")]),
        ([order(1, Discount_Code="https://x.example/a")], [(2, "not_a_code")]),
        ([order(1, Discount_Code="jane@x.example")], [(2, "not_a_code")]),
        ([order(1, Name="")], [(2, "missing_order_name")]),
    ],
)
def test_rows_that_cannot_be_used(rows: list[Row], expected: list[tuple[int, str]]) -> None:
    parsed = read(*rows)
    assert reasons(parsed) == expected
    kept = {line for table in parsed.tables.values() for line in table["source_line"]}
    assert not kept & {line for line, _ in expected}


def test_two_shops_may_use_one_name() -> None:
    parsed = read(order(1), item(1, "Lid"), order(1, Id="77"), item(1, "Filter"))
    assert column(parsed, "orders", "order_id") == ["6000000001", "77"]
    assert column(parsed, "order_lines", "order_id") == ["6000000001", "6000000001", "77", "77"]


def test_every_row_read_is_counted_once_and_again_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    facts = Facts(workspace.facts, workspace.engine)
    rows = [order(1), item(1, "Lid"), item(9, "Lid"), order(2, Total="x"), dict(zip(HEADER, HEADER, strict=True)),
            item(1, "")]  # fmt: skip

    def bring(name: str, rows: Sequence[Row]) -> tuple[int, ...]:
        file = tmp_path / name
        file.write_text(document(rows), encoding="utf-8")
        report = take_in(workspace, file, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW)
        counts = (report.accepted, report.updated, report.duplicates, report.quarantined, report.skipped)
        assert sum(counts) == report.read == len(rows)
        return counts

    assert bring("a.csv", rows) == (2, 0, 0, 2, 2)
    first = facts.scan("orders").collect()
    assert bring("b.csv", [*rows, order(3)]) == (1, 0, 2, 2, 2)
    assert bring("c.csv", [order(1, Refunded_Amount="10.00", Paid_at="2026-06-01 10:00:00 +0200")]) == (0, 1, 0, 0, 0)
    assert (
        facts.scan("orders")
        .filter(pl.col("order_id") == "6000000001")
        .drop("import_id")
        .collect()
        .equals(first.drop("import_id"))
    )
    assert facts.scan("refunds").collect()["amount"].to_list() == [Decimal(10)]


def test_nothing_about_a_person_is_stored(workspace: Workspace, tmp_path: Path) -> None:
    facts = Facts(workspace.facts, workspace.engine)
    rows = [order(1, Note_Attributes="Phone number: +4915112345678\nUTM source: fb"),
            order(2, Total="jane@mail.example"), order(3, Id="", Name="Jane Roe")]  # fmt: skip
    file = tmp_path / "orders.csv"
    file.write_text(document(rows), encoding="utf-8")
    take_in(workspace, file, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW)
    assert len(list_quarantine(workspace.engine)) == 2
    workspace.engine.dispose()
    stored = b"".join(path.read_bytes() for path in workspace.data.rglob("*") if path.is_file())
    tables = "".join(str(facts.scan(name).collect().rows()) for name in ("orders", "order_lines", "order_codes"))
    for secret in ("Jane", "example.invalid", "mail.example", "4915112345678", "High Street"):
        assert secret.encode() not in stored
        assert secret not in tables


def test_cancelled_and_voided_orders_are_kept_with_their_state() -> None:
    cancelled = order(1, Financial_Status="voided", Cancelled_at="2026-05-04 12:00:00 +0200", Source="580111")
    orders = read(cancelled, order(2, Source="shopify_draft_order")).tables["orders"]
    assert orders.select("status", "sales_channel").rows() == [("voided", "web"), ("paid", "draft")]
    assert orders["cancelled_at"].null_count() == 1


def test_the_latest_time_of_the_file_stands_for_the_export() -> None:
    parsed = read(order(1), order(2, Fulfilled_at="2026-05-09 10:00:00 +0000"))
    assert parsed.exported_at == dt.datetime(2026, 5, 9, 10, tzinfo=dt.UTC)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("file", "rows", "orders", "currency", "total", "codes"),
    [
        ("shopify_orders_cad_multiline_2025.csv", 64, 20, "CAD", "2238.95", {"automatic": 5}),
        ("shopify_orders_usd_us_2020_2022.csv", 98, 81, "USD", "3305.78", None),
        ("shopify_orders_bdt_cod_automatic_discounts.csv", 50, 50, "BDT", "89360.00", {"automatic": 22}),
    ],
)
def test_real_exports(
    shared_data: Callable[..., Path],
    file: str,
    rows: int,
    orders: int,
    currency: str,
    total: str,
    codes: dict[str, int] | None,
) -> None:
    table = parse_table(shared_data("exports", file).read_bytes(), file=file)
    parsed = shopify().read(table, context())
    stated = parsed.tables["orders"]
    assert (table.rows_read, stated.height, stated["total"].sum()) == (rows, orders, Decimal(total))
    assert stated["currency"].unique().to_list() == [currency]
    assert set(stated["tax_included"]) == {False}
    assert stated["ordered_at"].null_count() == 0
    assert not parsed.rejected
    if codes is not None:
        assert dict(parsed.tables["order_codes"]["kind"].value_counts().iter_rows()) == codes


REFUNDED = {"Refunded_Amount": "10.00", "Paid_at": "2026-06-01 10:00:00 +0200"}
TAKEN_BACK = {"Refunded_Amount": "0.00", "Paid_at": "2026-06-02 10:00:00 +0200"}


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_refund_that_a_newer_export_states_no_more_is_gone(
    make_workspace: Callable[..., Workspace], tmp_path: Path, newest_first: bool
) -> None:
    """Net is the goods again, in whatever order the two exports come; undoing the newer one brings the refund back."""
    workspace = make_workspace(folder=f"shop{newest_first}")
    facts = Facts(workspace.facts, workspace.engine)
    ids: dict[str, int] = {}
    files = {"old.csv": REFUNDED, "new.csv": TAKEN_BACK}
    for name in sorted(files, reverse=not newest_first):
        (tmp_path / name).write_text(document([order(1, **files[name]), order(2)]), encoding="utf-8")
        report = take_in(workspace, tmp_path / name, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW)
        assert report.tables["refunds"] == (not newest_first)
        ids[name] = report.id or 0

    def net() -> list[int]:
        return order_ledger(
            facts.scan("orders").collect(), facts.scan("refunds").collect(), shop=workspace.settings.shop,
            currency="EUR", rates=load_rates(), zone=workspace.settings.zone,
        )["net_minor"].to_list()  # fmt: skip

    assert net() == [10000, 10000]
    assert facts.scan("refunds").collect().is_empty()
    undo_import(workspace.engine, ids["new.csv"], now=NOW)
    assert net() == [9194, 10000]  # 100.00 - 10.00 x 100.00 / 124.00
