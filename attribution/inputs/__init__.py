"""The layouts of imported facts: what each file's columns are called and which tables it fills."""

from __future__ import annotations

from attribution.inputs.orders_shopify import SHOPIFY_ORDERS
from config.intake import Layout

LAYOUTS: tuple[Layout, ...] = (SHOPIFY_ORDERS,)
