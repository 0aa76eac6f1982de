"""Small worlds for the tests of this half: a shop, its orders and visits, written as the tables name them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from attribution import tables
from attribution.currency import RATES_SCHEMA
from attribution.report import Inputs, Report, attribute
from config.clock import Period
from config.registers import CODES_SCHEMA, LINKS_SCHEMA, PEOPLE_SCHEMA
from config.settings import Settings, parse_settings

NOON = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
JUNE = Period(dt.date(2026, 6, 1), dt.date(2026, 6, 30))
RATES = pl.DataFrame(
    [(dt.date(2026, 6, 12), "USD", Decimal("1.25")), (dt.date(2026, 6, 12), "JPY", Decimal(160))],
    schema=dict(RATES_SCHEMA),
    orient="row",
)


def settings(text: str = "") -> Settings:
    head = '[workspace]\ncurrency = "EUR"\ntimezone = "Europe/Berlin"\n'
    shop = "" if "[shop]" in text else '[shop]\ndomains = ["shop.example"]\n'
    return parse_settings(f"{head}{shop}{text}", file=Path("earned.toml"))


def table(named: tables.Table, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    schema = dict(named.schema)
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def order(order_id: str, **given: Any) -> dict[str, Any]:
    """An order of 119.00 EUR with 19.00 tax inside and free shipping: 100.00 net."""
    return {
        "account": "default",
        "order_id": order_id,
        "order_name": f"N{order_id}",
        "ordered_at": NOON,
        "status": "paid",
        "is_test": False,
        "currency": "EUR",
        "subtotal": Decimal("119"),
        "discount": Decimal(0),
        "shipping": Decimal(0),
        "tax": Decimal("19"),
        "tax_included": True,
        "total": Decimal("119"),
    } | given


def touch(touch_id: str, *, at: dt.datetime = NOON - DAY, visitor: int = 1, **given: Any) -> dict[str, Any]:
    """A visit by an organic post on Instagram."""
    return {
        "account": "default",
        "touch_id": touch_id,
        "visitor": visitor,
        "touched_at": at,
        "landing_url": "https://shop.example/",
        "landing_host": "shop.example",
        "landing_path": "/",
        "source": "instagram",
        "medium": "social",
        "evidence": "utm",
    } | given


def direct_touch(touch_id: str, **given: Any) -> dict[str, Any]:
    return touch(touch_id, **({"source": "(direct)", "medium": None, "evidence": "none"} | given))


def code_used(order_id: str, code: str, **given: Any) -> dict[str, Any]:
    return {
        "account": "default",
        "order_id": order_id,
        "ordinal": 1,
        "ordered_at": NOON,
        "code_raw": code,
        "code_norm": code,
        "kind": "code",
    } | given


def refund(order_id: str, amount: str, **given: Any) -> dict[str, Any]:
    return {
        "account": "default",
        "order_id": order_id,
        "refund_id": "cumulative",
        "ordered_at": NOON,
        "amount": Decimal(amount),
    } | given


def cost(spend_id: str, amount: str, **given: Any) -> dict[str, Any]:
    return {
        "account": "default",
        "spend_id": spend_id,
        "date_from": dt.date(2026, 6, 10),
        "date_to": dt.date(2026, 6, 10),
        "platform": "meta",
        "source": "facebook",
        "medium": "cpc",
        "cost_type": "media",
        "cost": Decimal(amount),
        "currency": "EUR",
    } | given


def mention(mention_id: str, **given: Any) -> dict[str, Any]:
    return {
        "mention_id": mention_id,
        "published_at": NOON - 3 * DAY,
        "author_key": "instagram:anna",
        "brands": ["Shop"],
        "url": f"https://talk.example/{mention_id}",
        "codes": [],
        "links": [],
    } | given


def registered(code: str, **given: Any) -> dict[str, Any]:
    return {"code_norm": code, "code": code, "kind": "creator", "channel": "Influencer"} | given


def register(*rows: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in CODES_SCHEMA} for row in rows], schema=CODES_SCHEMA)


def people(*keys: str) -> pl.DataFrame:
    rows = [{"key": key, "network": key.partition(":")[0], "handle": key.partition(":")[2]} for key in keys]
    return pl.DataFrame([{name: row.get(name) for name in PEOPLE_SCHEMA} for row in rows], schema=PEOPLE_SCHEMA)


def inputs(
    *,
    orders: Sequence[Mapping[str, Any]] = (),
    order_codes: Sequence[Mapping[str, Any]] = (),
    refunds: Sequence[Mapping[str, Any]] = (),
    touches: Sequence[Mapping[str, Any]] = (),
    spend: Sequence[Mapping[str, Any]] = (),
    mentions: Sequence[Mapping[str, Any]] = (),
    codes: Sequence[Mapping[str, Any]] = (),
    persons: Sequence[str] = (),
    order_lines: Sequence[Mapping[str, Any]] = (),
    links: pl.DataFrame | None = None,
    conversions: Sequence[Mapping[str, Any]] = (),
) -> Inputs:
    return Inputs(
        orders=table(tables.ORDERS, orders),
        order_codes=table(tables.ORDER_CODES, order_codes),
        refunds=table(tables.REFUNDS, refunds),
        touches=table(tables.TOUCHES, touches),
        spend=table(tables.SPEND, spend),
        mentions=table(tables.MENTIONS, mentions),
        codes=register(*codes),
        people=people(*persons),
        order_lines=table(tables.ORDER_LINES, order_lines),
        conversions=table(tables.CONVERSIONS, conversions),
        links=pl.DataFrame(schema=LINKS_SCHEMA) if links is None else links,
    )


def report(
    world: Inputs,
    *,
    model: str = "last_non_direct",
    toml: str = "",
    period: Period = JUNE,
    lookback: dt.timedelta = 30 * DAY,
    rates: pl.DataFrame = RATES,
) -> Report:
    return attribute(world, settings=settings(toml), period=period, model=model, lookback=lookback, rates=rates)
