"""The named tables that attribution works on: the contract with the listener and with the import layouts.

Every table has the columns named here, with these types, and no others. Times are UTC; money at this door is
Decimal(18,4) in the row's own `currency`; unknown is null. Facts also carry `source_line` on their way in (the line of
the file a record came from) and the version columns of `VERSION` once stored.

    touches      one row a visit (session): what brought somebody to the shop
    orders       one row an order, as the shop states it
    order_lines  one row a line item
    order_codes  one row a discount code on an order
    refunds      one row a refund, or one cumulative row an order where the shop tells no dates
    spend        one row a cost line: media, fees, labour
    posts        one row an own post, with the counts of its newest export
    leads        one row a lead, or a deal
    conversions  one row a conversion of another kind: sign-up, download, trial
    traffic_daily   one row a dimension value and period of an analytics report; never summed with touches
    account_daily   one row an own account and day: followers, reach
    search_queries  one row a search query and period, as the search engine counted
    keyword_prices  one row a keyword: what a click on it costs
    mentions     one row a mention; delivered by the listener's store, never stored among the facts
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

UTC_TIME = pl.Datetime("us", "UTC")
MONEY = pl.Decimal(18, 4)

VERSION: dict[str, pl.DataType | type[pl.DataType]] = {
    "row_hash": pl.Int64,
    "import_id": pl.Int64,
    "exported_at": UTC_TIME,
    "month": pl.String,
}


UTM_COLUMNS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


@dataclass(frozen=True)
class Table:
    """A named schema. `key` are the natural key's columns; `time` is the column that gives the partition month.

    `pieces`: further columns that only the store keeps, null in most rows. They tell apart the rows that stand for one
    record together; readers see the record.
    """

    name: str
    key: tuple[str, ...]
    time: str | None
    schema: Mapping[str, pl.DataType | type[pl.DataType]]
    pieces: Mapping[str, pl.DataType | type[pl.DataType]] = field(default_factory=dict)

    @property
    def stored(self) -> dict[str, pl.DataType | type[pl.DataType]]:
        """The columns of a stored row."""
        return {**self.schema, **self.pieces}

    @property
    def stored_key(self) -> tuple[str, ...]:
        """What tells one stored row's versions from another row's; null is a value here."""
        return (*self.key, *self.pieces)

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=dict(self.schema))

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with exactly this table's columns in order, absent ones null. Columns of `pieces` are left out.

        Raises TypeError for a column the table does not name, or a value its type cannot hold.
        """
        return self._with_columns(frame, self.schema)

    def conform_stored(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`conform`, with the columns of `pieces` behind."""
        return self._with_columns(frame, self.stored)

    def _with_columns(self, frame: pl.DataFrame, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
        unknown = [name for name in frame.columns if name not in self.stored]
        if unknown:
            raise TypeError(f"table {self.name}: unknown columns {unknown}")
        columns = [
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype, strict=True).alias(name)
            for name, dtype in schema.items()
        ]
        return frame.select(columns)


TOUCHES = Table(
    "touches",
    key=("account", "touch_id"),
    time="touched_at",
    schema={
        "account": pl.String,
        "touch_id": pl.String,  # the export's visit id, or a hash of visitor, time and landing URL
        "visitor": pl.Int64,  # keyed hash
        "customer_key": pl.Int64,  # keyed hash, null while unknown
        "order_ref": pl.String,  # the order id or name the visit carried, without a leading "#"; several: "|" between
        "touched_at": UTC_TIME,
        "landing_url": pl.String,  # as seen, personal query parameters removed
        "landing_host": pl.String,
        "landing_path": pl.String,
        "referrer": pl.String,
        "referrer_host": pl.String,
        "utm_source": pl.String,  # raw, decoded
        "utm_medium": pl.String,
        "utm_campaign": pl.String,
        "utm_content": pl.String,
        "utm_term": pl.String,
        "click_id_type": pl.String,
        "source": pl.String,  # normalised: decided by `evidence`
        "medium": pl.String,
        "campaign": pl.String,
        "evidence": pl.String,  # utm | click_id | referrer | none
        "click_id": pl.Int64,  # keyed hash of the click id's value
        "duration_seconds": pl.Int64,
        "pageviews": pl.Int64,
        "is_bounce": pl.Boolean,
        "in_app": pl.String,  # the app whose own browser it was: instagram, tiktok, ...
    },
    pieces={"piece": pl.Int64, "state": pl.Int8},  # see attribution/pieces.py
)
ORDERS = Table(
    "orders",
    key=("account", "order_id"),
    time="ordered_at",
    schema={
        "account": pl.String,
        "order_id": pl.String,
        "order_name": pl.String,  # as shown to people, without a leading "#"
        "ordered_at": UTC_TIME,
        "status": pl.String,  # the shop's financial status, lower case
        "cancelled_at": UTC_TIME,
        "is_test": pl.Boolean,
        "customer_key": pl.Int64,
        "currency": pl.String,
        "subtotal": MONEY,  # goods after discount, tax inside where tax_included
        "discount": MONEY,
        "shipping": MONEY,
        "tax": MONEY,
        "tax_included": pl.Boolean,
        "total": MONEY,
        "gift_cards": MONEY,  # the part of subtotal that gift cards sold make up: owed, not earned
        "sales_channel": pl.String,
        "utm_source": pl.String,
        "utm_medium": pl.String,
        "utm_campaign": pl.String,
        "utm_content": pl.String,
        "utm_term": pl.String,
        "landing_url": pl.String,  # where the session began that ended in the order, as the shop tells
        "referrer": pl.String,
        "click_id": pl.Int64,
    },
)
ORDER_LINES = Table(
    "order_lines",
    key=("account", "order_id", "line_no"),
    time="ordered_at",
    schema={
        "account": pl.String,
        "order_id": pl.String,
        "line_no": pl.Int32,
        "ordered_at": UTC_TIME,
        "product": pl.String,
        "sku": pl.String,
        "quantity": pl.Int64,
        "price": MONEY,
        "line_discount": MONEY,
        "is_gift_card": pl.Boolean,  # a gift card sold is owed, not earned
    },
)
ORDER_CODES = Table(
    "order_codes",
    key=("account", "order_id", "ordinal"),
    time="ordered_at",
    schema={
        "account": pl.String,
        "order_id": pl.String,
        "ordinal": pl.Int32,  # the place in the order's list of codes, from 1
        "ordered_at": UTC_TIME,
        "code_raw": pl.String,
        "code_norm": pl.String,
        "kind": pl.String,  # code | automatic
        "discount": MONEY,  # null where several codes share one stated amount
    },
)
REFUNDS = Table(
    "refunds",
    key=("account", "order_id", "refund_id"),
    time="ordered_at",
    schema={
        "account": pl.String,
        "order_id": pl.String,
        "refund_id": pl.String,  # "cumulative" where the export tells one undated sum
        "ordered_at": UTC_TIME,
        "refunded_at": UTC_TIME,
        "amount": MONEY,  # a stored 0 takes back what an earlier export stated; readers never see it
    },
)
SPEND = Table(
    "spend",
    key=("account", "spend_id"),
    time="starts_at",
    schema={
        "account": pl.String,
        "spend_id": pl.String,  # hash of dates, platform, campaign, ad, cost type, person and currency
        "starts_at": UTC_TIME,  # midnight UTC of date_from, for the partition only
        "date_from": pl.Date,
        "date_to": pl.Date,
        "platform": pl.String,
        "source": pl.String,
        "medium": pl.String,
        "campaign": pl.String,
        "person": pl.String,  # network:handle
        "cost_type": pl.String,  # media | creator_fee | commission | product_seeding | content | labour | tool | agency
        "cost": MONEY,
        "currency": pl.String,
        "impressions": pl.Int64,
        "clicks": pl.Int64,
        "claimed_conversions": pl.Float64,
        "claimed_value": MONEY,
        "adgroup": pl.String,
        "ad": pl.String,
        "reach": pl.Int64,  # people, not to be summed over rows
        "attribution_setting": pl.String,  # the platform's own window behind its claims
    },
)
POSTS = Table(
    "posts",
    key=("account", "network", "post_id"),
    time="published_at",
    schema={
        "account": pl.String,
        "network": pl.String,
        "post_id": pl.String,
        "published_at": UTC_TIME,
        "permalink": pl.String,
        "caption": pl.String,
        "post_type": pl.String,
        "is_paid": pl.Boolean,
        "impressions": pl.Int64,
        "reach": pl.Int64,
        "likes": pl.Int64,
        "comments": pl.Int64,
        "shares": pl.Int64,
        "saves": pl.Int64,
        "clicks": pl.Int64,
        "views": pl.Int64,
        "follows": pl.Int64,
        "watch_seconds": pl.Int64,
        "link": pl.String,  # the first link of the caption
        "utm_source": pl.String,  # its tags, raw
        "utm_medium": pl.String,
        "utm_campaign": pl.String,
    },
)
LEADS = Table(
    "leads",
    key=("account", "lead_id"),
    time="created_at",
    schema={
        "account": pl.String,
        "lead_id": pl.String,
        "created_at": UTC_TIME,
        "source": pl.String,
        "medium": pl.String,
        "campaign": pl.String,
        "stage": pl.String,
        "won_at": UTC_TIME,
        "deal_amount": MONEY,
        "currency": pl.String,
        "customer_key": pl.Int64,
        "contact_id": pl.String,  # of a deal: the lead it belongs to
        "status": pl.String,
        "original_source": pl.String,  # as the CRM files it, lower case
        "drill_down_1": pl.String,
        "drill_down_2": pl.String,
        "latest_source": pl.String,
        "first_conversion": pl.String,
        "mql_at": UTC_TIME,
        "sql_at": UTC_TIME,
        "customer_at": UTC_TIME,
    },
)
CONVERSIONS = Table(
    "conversions",
    key=("account", "conversion_id"),
    time="converted_at",
    schema={
        "account": pl.String,
        "conversion_id": pl.String,
        "kind": pl.String,  # lead | sign_up | download | trial | purchase | any other name, lower case
        "converted_at": UTC_TIME,
        "visitor": pl.Int64,
        "customer_key": pl.Int64,
        "order_ref": pl.String,
        "source": pl.String,
        "medium": pl.String,
        "campaign": pl.String,
        "value": MONEY,
        "currency": pl.String,
    },
)
TRAFFIC_DAILY = Table(
    "traffic_daily",
    key=("account", "traffic_id"),
    time="starts_at",
    schema={
        "account": pl.String,
        "traffic_id": pl.String,  # hash of days, dimension and value
        "starts_at": UTC_TIME,  # midnight UTC of date_from, for the partition only
        "date_from": pl.Date,
        "date_to": pl.Date,  # later than date_from: a sum over the period, of which no day is known
        "dimension": pl.String,  # what the rows are split by, as the report calls it, lower case
        "value": pl.String,
        "source": pl.String,
        "medium": pl.String,
        "campaign": pl.String,
        "channel": pl.String,  # the tool's own channel group
        "hour": pl.Int32,
        "users": pl.Int64,
        "new_users": pl.Int64,
        "sessions": pl.Int64,
        "engaged_sessions": pl.Int64,
        "pageviews": pl.Int64,
        "events": pl.Int64,
        "key_events": pl.Float64,
        "revenue": MONEY,
        "currency": pl.String,
    },
)
ACCOUNT_DAILY = Table(
    "account_daily",
    key=("account", "network", "handle", "date"),
    time="starts_at",
    schema={
        "account": pl.String,
        "network": pl.String,
        "handle": pl.String,
        "date": pl.Date,
        "starts_at": UTC_TIME,
        "followers": pl.Int64,
        "reach": pl.Int64,
        "impressions": pl.Int64,
        "views": pl.Int64,
        "interactions": pl.Int64,
    },
)
SEARCH_QUERIES = Table(
    "search_queries",
    key=("account", "query_id"),
    time="starts_at",
    schema={
        "account": pl.String,
        "query_id": pl.String,
        "starts_at": UTC_TIME,
        "date_from": pl.Date,
        "date_to": pl.Date,
        "query": pl.String,
        "page": pl.String,
        "clicks": pl.Int64,
        "impressions": pl.Int64,
        "position": pl.Float64,
    },
)
KEYWORD_PRICES = Table(
    "keyword_prices",
    key=("account", "keyword"),
    time=None,
    schema={
        "account": pl.String,
        "keyword": pl.String,  # lower case
        "cpc": MONEY,
        "cpc_low": MONEY,
        "cpc_high": MONEY,
        "currency": pl.String,
        "searches_monthly": pl.Int64,
    },
)
FACTS = {
    table.name: table
    for table in (
        *(TOUCHES, ORDERS, ORDER_LINES, ORDER_CODES, REFUNDS, SPEND, POSTS, LEADS),
        *(CONVERSIONS, TRAFFIC_DAILY, ACCOUNT_DAILY, SEARCH_QUERIES, KEYWORD_PRICES),
    )
}

KEYS = ("customer_key", "visitor")  # the keyed hashes that people are known by
NAMED = "person"  # the column that names an author in plain text: network:handle
# Per table, what says something about a person: nulled where one is forgotten.
PERSONAL: Mapping[str, tuple[str, ...]] = {
    "touches": (*KEYS, "click_id", "order_ref", "landing_url", "referrer", "in_app"),
    "orders": ("customer_key", "click_id", "landing_url", "referrer"),
    "leads": ("customer_key", "drill_down_1", "drill_down_2", "first_conversion"),
    "conversions": (*KEYS, "order_ref"),
    "spend": (NAMED,),
}


def theirs(names: Iterable[str], keys: Collection[int], people: Collection[str]) -> pl.Expr:
    """Whether a row belongs to one of the keyed hashes `keys`, or names one of `people` (network:handle, lower case).

    `names` are the columns that are there; a row that says neither is nobody's.
    """
    columns = list(names)
    found = [pl.col(name).is_in(list(keys)) for name in KEYS if name in columns]
    if NAMED in columns:
        found.append(pl.col(NAMED).str.to_lowercase().is_in(list(people)))
    return pl.any_horizontal(pl.lit(False), *(one.fill_null(False) for one in found))


def without_people(
    table: Table,
    frame: pl.DataFrame,
    keys: Collection[int],
    people: Collection[str] = (),
    *,
    also: pl.Expr | None = None,
) -> pl.DataFrame:
    """The rows with everything personal nulled where they are of one of `keys` or `people`, see `theirs`, or where
    `also` holds."""
    personal = [name for name in PERSONAL.get(table.name, ()) if name in frame.columns]
    if not (keys or people) or not personal:
        return frame
    gone = theirs(frame.columns, keys, people)
    gone = gone if also is None else gone | also
    return frame.with_columns(pl.when(~gone).then(pl.col(name)).alias(name) for name in personal)


MENTIONS = Table(
    "mentions",
    key=("mention_id",),
    time="published_at",
    schema={
        "mention_id": pl.String,
        "published_at": UTC_TIME,  # null: no date known, then it matches nothing
        "author_key": pl.String,  # network:handle, lower case
        "brands": pl.List(pl.String),
        "url": pl.String,  # of the mention itself, canonical
        "codes": pl.List(pl.String),  # registered codes found in its text, normal form
        "links": pl.List(pl.String),  # links found in it, as written
    },
)
