"""What a person says of a file's decimal sign reaches every amount that nothing else in its column tells."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from config.intake import take_in
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
WRITTEN = "1,234"
ETSY = "Sale Date,Order ID,Currency,Order Value,Discount Amount,Shipping,Order Total,Adjusted Order Total,Status\n"
TOFFEE = (
    "order_id,order_number,order_date,status,order_total,order_subtotal,discount_total,coupon_items,order_currency\n"
)
SHOPIFY = "Name,Financial Status,Currency,Subtotal,Total,Created at,Id\n"
META = "Reporting starts,Reporting ends,Campaign name,Amount spent (EUR),Impressions,Purchases\n"
AMOUNT = f'"{WRITTEN}"'
CASES: dict[str, tuple[str, str, str]] = {
    "own orders": (
        f"order_id,ordered_at,subtotal,total,currency\nA1,2026-05-06 12:00,{AMOUNT},{AMOUNT},EUR\n", "orders", "total",
    ),
    "Shopify": (
        SHOPIFY + f"#1,paid,EUR,{AMOUNT},{AMOUNT},2026-05-06 12:00:00 +0200,4501\n", "orders", "total",
    ),
    "Etsy": (ETSY + f"05/26/2026,A1,EUR,{AMOUNT},0,0,{AMOUNT},0.00,paid\n", "orders", "subtotal"),
    "Stripe": (
        f"id,Created date (UTC),Amount,Currency,Status\nch_1,2026-05-06 12:00,{AMOUNT},eur,Paid\n", "orders", "total",
    ),
    "WooCommerce Analytics": (
        f"Date,Order #,N. Revenue,Status,Net sales\n2026-05-06 12:00:00,7,{AMOUNT},completed,{AMOUNT}\n",
        "orders",
        "subtotal",
    ),
    "WebToffee": (
        TOFFEE + f'7,7,2026-05-06 12:00:00,completed,{AMOUNT},{AMOUNT},0,"code:x|amount:1,234",EUR\n',
        "orders",
        "subtotal",
    ),
    "WebToffee's codes": (
        TOFFEE + '7,7,2026-05-06 12:00:00,completed,99.00,99.00,0,"code:x|amount:1,234",EUR\n',
        "order_codes",
        "discount",
    ),
    "leads": (
        f"lead_id,created_at,stage,deal_amount,currency\nL1,2026-05-06 12:00,won,{AMOUNT},EUR\n",
        "leads",
        "deal_amount",
    ),
    "HubSpot deals": (
        f"Record ID,Deal Stage,Amount,Create Date,Currency\n1,Closed won,{AMOUNT},2026-05-06 12:00,EUR\n",
        "leads",
        "deal_amount",
    ),
    "costs": (META + f"2026-05-06,2026-05-06,spring,{AMOUNT},10,1\n", "spend", "cost"),
    "conversions of costs": (META + f"2026-05-06,2026-05-06,spring,5.00,10,{AMOUNT}\n", "spend", "claimed_conversions"),
    "keyword prices": (f"keyword,cpc,currency\nkettle,{AMOUNT},EUR\n", "keyword_prices", "cpc"),
    "Search Console": (
        f"Date,Clicks,Impressions,CTR,Position\n2026-05-06,1,2,50%,{AMOUNT}\n", "search_queries", "position",
    ),
    "conversions": (
        f"conversion_id,kind,time,value,currency\nC1,signup,2026-05-06 12:00,{AMOUNT},EUR\n", "conversions", "value",
    ),
    "GA4": (
        "# Start date: 20260501\n# End date: 20260531\nSession source,Sessions,Total revenue\n"
        f"instagram,5,{AMOUNT}\n",
        "traffic_daily",
        "revenue",
    ),
    "YouTube's hours": (
        "Content,Video title,Video publish time,Views,Watch time (hours)\n"
        f'abcdefghijk,kettle,"May 6, 2026",10,{AMOUNT}\n',
        "posts",
        "watch_seconds",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "table", "column"), CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize(("decimal", "amount"), [(",", "1.234"), (".", "1234")], ids=["comma", "point"])
def test_the_sign_that_was_said_is_the_decimal_sign(
    workspace: Workspace, tmp_path: Path, text: str, table: str, column: str, decimal: str, amount: str
) -> None:
    file = tmp_path / "file.csv"
    file.write_text(text, encoding="utf-8")
    facts = Facts(workspace.facts, workspace.engine)
    report = take_in(workspace, file, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW, decimal=decimal)
    assert (report.error, report.accepted) == (None, 1)
    (found,) = facts.scan(table).collect()[column]
    assert float(found) == pytest.approx(float(amount) * (3600 if column == "watch_seconds" else 1), rel=1e-3)
