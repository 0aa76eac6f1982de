"""The orders as Shopify's CSV export has them: 79 columns, a row a line item, continuation rows mostly blank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from ui.demo.world import BERLIN, Calendar, Item, Order

_ADDRESS = ("Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone")
COLUMNS = (
    *("Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing"),
    *("Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Shipping Method"),
    *("Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem compare at price"),
    *("Lineitem sku", "Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status"),
    *(f"Billing {part}" for part in _ADDRESS),
    *(f"Shipping {part}" for part in _ADDRESS),
    *("Notes", "Note Attributes", "Cancelled at", "Payment Method", "Payment Reference", "Refunded Amount", "Vendor"),
    *("Outstanding Balance", "Employee", "Location", "Device ID", "Id", "Tags", "Risk Level", "Source"),
    "Lineitem discount",
    *(f"Tax {number} {part}" for number in range(1, 6) for part in ("Name", "Value")),
    *("Phone", "Receipt Number", "Duties", "Billing Province Name", "Shipping Province Name", "Payment ID"),
    *("Payment Terms Name", "Next Payment Due At", "Payment References"),
)


def export_rows(orders: Sequence[Order], calendar: Calendar) -> Iterable[dict[str, str]]:
    """All orders, newest first as the shop exports them."""
    for order in reversed(orders):
        first, *others = order.items
        yield _order_cells(order, calendar) | _line_cells(order, first)
        for item in others:
            yield _line_cells(order, item)


def _order_cells(order: Order, calendar: Calendar) -> dict[str, str]:
    sent = order.at + timedelta(hours=26)
    shipped = order.sold and sent <= calendar.closes
    paid = order.status != "voided" and order.total > 0
    return {
        "Financial Status": order.status,
        "Paid at": local_time(order.at + timedelta(seconds=4)) if paid else "",
        "Fulfillment Status": "fulfilled" if shipped else "unfulfilled",
        "Fulfilled at": local_time(sent) if shipped else "",
        "Accepts Marketing": "yes" if int(order.name[1:]) % 3 else "no",
        "Currency": "EUR",
        "Subtotal": money(order.subtotal),
        "Shipping": money(order.shipping),
        "Taxes": money(order.tax),
        "Total": money(order.total),
        "Discount Code": ", ".join(order.codes),
        "Discount Amount": money(order.discount),
        "Shipping Method": "Standard" if order.shipping else "Free shipping",
        "Cancelled at": local_time(order.cancelled_at) if order.cancelled_at else "",
        "Payment Method": "Shopify Payments" if int(order.name[1:]) % 4 else "manual",
        "Refunded Amount": money(order.refunded),
        "Outstanding Balance": "0.00",
        "Id": order.order_id,
        "Risk Level": "Low",
        "Source": "web",
        "Tax 1 Name": "DE MwSt 19%" if order.tax else "",
        "Tax 1 Value": money(order.tax) if order.tax else "",
    }


def _line_cells(order: Order, item: Item) -> dict[str, Any]:
    return {
        "Name": order.name,
        "Email": order.email,
        "Created at": local_time(order.at),
        "Lineitem quantity": str(item.quantity),
        "Lineitem name": item.name,
        "Lineitem price": money(item.price),
        "Lineitem sku": item.sku,
        "Lineitem requires shipping": "true",
        "Lineitem taxable": "true",
        "Lineitem fulfillment status": "fulfilled" if order.sold else "pending",
        "Vendor": "Kickflip Supply",
        "Lineitem discount": "0.00",
    }


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def local_time(at: datetime) -> str:
    """Berlin's wall clock with its offset, as `2026-10-25 02:30:00 +0200`."""
    return at.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M:%S %z")
