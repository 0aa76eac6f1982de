"""The layouts of imported facts: what each file's columns are called and which tables it fills."""

from __future__ import annotations

from attribution.inputs.leads import EARNED_LEADS
from attribution.inputs.orders_shopify import SHOPIFY_ORDERS
from attribution.inputs.posts import EARNED_POSTS
from attribution.inputs.spend import EARNED_SPEND
from attribution.inputs.visits import EARNED_VISITS
from config.intake import Layout

LAYOUTS: tuple[Layout, ...] = (SHOPIFY_ORDERS, EARNED_VISITS, EARNED_SPEND, EARNED_POSTS, EARNED_LEADS)
