"""Conversions that are no orders (sign-ups, downloads, trials): the same journeys and models lead to them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl

from attribution.currency import convert, minor_unit_size, to_minor
from attribution.identity import Identity
from attribution.journeys import build_journeys
from attribution.ledger import SOLD
from attribution.rules import Model, credit

PURCHASE = "purchase"
_ORDER = ("account", "order_id")
_NO_CODES: dict[str, pl.DataType | type[pl.DataType]] = {
    "account": pl.String,
    "order_id": pl.String,
    "ordinal": pl.Int32,
    "ordered_at": pl.Datetime("us", "UTC"),
    "code": pl.String,
    "state": pl.String,
    "kind": pl.String,
    "owner": pl.String,
    "campaign": pl.String,
    "channel": pl.String,
    "discount": pl.Decimal(18, 4),
}


def conversion_ledger(conversions: pl.DataFrame, *, currency: str, rates: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """The conversions in the shape of a ledger: account, order_id (the conversion's id), ordered_at, day, customer_key,
    visitor, kind, state (sold), net_minor (its stated value; null without one, or without a rate).

    Purchases are left out: they are orders, and money counts once. Time and id must be there. Value is what the tool
    states; it is no revenue and stands in no total.
    """
    others = conversions.filter((pl.col("kind") != PURCHASE).fill_null(True)).drop_nulls(
        ["conversion_id", "converted_at"]
    )
    named = others.with_columns(
        pl.col("currency").str.strip_chars().str.to_uppercase(),
        day=pl.col("converted_at").dt.convert_time_zone(zone.key).dt.date(),
    )
    sized = named.with_columns(_size=minor_unit_size(named["currency"]))
    own = sized.with_columns(_own=to_minor(pl.col("value"), size=pl.col("_size")))
    return convert(own, rates, columns={"net_minor": "_own"}, to=currency).select(
        "account",
        pl.col("conversion_id").alias("order_id"),
        pl.col("converted_at").alias("ordered_at"),
        *("day", "customer_key", "visitor", "kind"),
        pl.lit(SOLD).alias("state"),
        "net_minor",
    )


def conversion_credit(
    ledger: pl.DataFrame,
    touches: pl.DataFrame,
    identity: Identity,
    *,
    model: Model,
    lookback: dt.timedelta,
    people: pl.DataFrame,
) -> pl.DataFrame:
    """The touchpoints before each conversion with weight and credit_minor (null where its value is unknown), and
    `conversion`, its kind. ledger as `conversion_ledger` gives it; touches with channel; identity of the orders.

    A conversion belongs to the person of its visitor, else of its customer. Conversions of one kind begin journeys
    anew, as orders do; those of another kind, and orders, do not.
    """
    tables = []
    for rows in ledger.partition_by("kind", maintain_order=True) or [ledger]:
        own = Identity(identity.visitors, _links(rows, identity), identity.methods)
        codes = pl.DataFrame(schema=_NO_CODES)
        journeys = build_journeys(touches, rows, codes, own, lookback=lookback, people=people)
        known = rows.select(*_ORDER, net_minor=pl.col("net_minor").fill_null(0))
        told = rows.select(*_ORDER, conversion="kind", _told=pl.col("net_minor").is_not_null())
        credited = credit(journeys, known, model=model).join(told, on=list(_ORDER), how="left", maintain_order="left")
        tables.append(credited.with_columns(credit_minor=pl.when("_told").then("credit_minor")).drop("_told"))
    return pl.concat(tables).sort(*_ORDER, "position")


def _links(rows: pl.DataFrame, identity: Identity) -> pl.DataFrame:
    """account, order_id, person."""
    by_visitor = identity.visitors.select("visitor", _seen="person")
    customer = pl.concat_str(pl.lit("c:"), pl.col("customer_key").cast(pl.String))
    return (
        rows.join(by_visitor, on="visitor", how="left", maintain_order="left")
        .select(*_ORDER, person=pl.coalesce("_seen", customer))
        .drop_nulls("person")
        .unique()
    )


def conversions_by(credits: pl.DataFrame, *, by: str) -> pl.DataFrame:
    """conversion, name, conversions, value_minor (of known values; null without any); most conversions first."""
    value = pl.col("credit_minor")
    return (
        credits.filter(pl.col("weight") > 0)
        .group_by("conversion", pl.col(by).fill_null("(not set)").alias("name"), maintain_order=True)
        .agg(conversions=pl.col("weight").sum().round(9), value_minor=pl.when(value.count() > 0).then(value.sum()))
        .sort("conversion", "conversions", "name", descending=[False, True, False])
    )
