"""Tables that are known, and hold too little to be counted: parts of a record whose rest stands in another file.

Each is told by its columns; what it lacks, and what to export instead, is said in place of "no known layout".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from config.text_tables import normal_header


@dataclass(frozen=True)
class PartialTable:
    """`headers`: the columns that tell it; `problem`: what it lacks; `cure`: what to import instead."""

    headers: frozenset[str]
    problem: str
    cure: str


_PART_OF_ORDER = (
    "its rows are parts of orders, and name no day, or no order",
    "Import the orders as Shopify itself exports them (CSV or REST): codes, lines, refunds and tags stand in them; of "
    "a pipeline's tables, those of orders and of transactions are read",
)
_CODES = (
    "it lists discount codes without the orders that used them",
    "Import the orders, which name their codes; whose code it is, you say on the page Promo codes",
)
_CLAIMS = (
    "it tells what ads are said to have brought, but not what they cost",
    "Import the ads with their day and cost: the pipeline's report by day, or the platform's own export",
)
_NAMES = (
    "it names campaigns, and has neither day nor cost",
    "Import the ads with their day and cost: the pipeline's report by day, or the platform's own export",
)
_CRM = (
    "it joins other tables of HubSpot by their numbers, and tells no contact or deal by itself",
    "Import contacts and deals: the pipeline's tables of these names, or HubSpot's own exports",
)
_CLICKS = (
    "its clicks have neither a time nor a visitor",
    "Import the visits of your analytics tool, which tell clicks in e-mails by their tags",
)
_NO_DAY = (
    "its costs have no day",
    "Export them again with the day: in Meta's Ads Manager, Breakdown > Time > Day",
)
_POSTS = (
    "its posts have neither an id nor a full date",
    "Export them again from Meta Business Suite, with Post ID and Publish time",
)

PARTIAL_TABLES: tuple[PartialTable, ...] = tuple(
    PartialTable(frozenset(headers.split(", ")), *said)
    for headers, said in (
        ("discount_application_index, order_line_id, amount", _PART_OF_ORDER),
        ("allocation_method, order_id, target_type", _PART_OF_ORDER),
        ("order_id, refund_id, amount, kind, tax_amount", _PART_OF_ORDER),
        ("order_id, code, amount, type, _fivetran_synced", _PART_OF_ORDER),
        ("order_id, product_id, variant_id, price, quantity", _PART_OF_ORDER),
        ("refund_id, order_line_id, restock_type, subtotal", _PART_OF_ORDER),
        ("name, order_id, value, _fivetran_synced", _PART_OF_ORDER),
        ("key, order_id, value, _fivetran_synced", _PART_OF_ORDER),
        ("id, order_id, processed_at, restock", _PART_OF_ORDER),
        ("codes_count, usage_limit, starts_at, status", _CODES),
        ("code, discount_id, discount_type", _CODES),
        ("ad_id, date, action_type, value", _CLAIMS),
        ("campaign_id, date, action_type, value", _CLAIMS),
        ("id, account_id, name, updated_time", _NAMES),
        ("campaign_id, campaign_name, advertiser_id, budget_mode", _NAMES),
        ("contact_id, deal_id, _fivetran_synced", _CRM),
        ("id, browser, location, ip_address, url, user_agent, _fivetran_synced", _CLICKS),
        ("ad_id, fb_campaign_id, spent, impressions", _NO_DAY),
        ("post month, post weekday, post hour, lifetime post total reach", _POSTS),
    )
)


def partial_table(headers: Sequence[str]) -> PartialTable | None:
    """The known table that has these columns; None where none is like it."""
    there = {normal_header(header) for header in headers}
    return next((one for one in PARTIAL_TABLES if one.headers <= there), None)
