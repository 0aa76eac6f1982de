"""The touchpoints before each order: clicks of the same person and codes redeemed, one row each, in time.

What was only seen (view-through) is left out unless asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from attribution.channels import DIRECT, is_deep_link
from attribution.codes import REGISTERED
from attribution.identity import Identity
from attribution.ledger import SOLD

CLICK, CODE, VIEW = "click", "code", "view"
VIEWED = " (view-through)"  # behind the channel of what was seen and not clicked
MAX_TOUCHES = 200
_ORDER = ("account", "order_id")
SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "account": pl.String,
    "order_id": pl.String,
    "ordered_at": pl.Datetime("us", "UTC"),
    "position": pl.Int64,
    "path_length": pl.Int64,
    "non_direct_position": pl.Int64,
    "non_direct_length": pl.Int64,
    "left_out": pl.Int64,
    "kind": pl.String,
    "touched_at": pl.Datetime("us", "UTC"),
    "touch_account": pl.String,
    "touch_id": pl.String,
    "channel": pl.String,
    "source": pl.String,
    "medium": pl.String,
    "campaign": pl.String,
    "person": pl.String,
    "code": pl.String,
    "evidence": pl.String,
    "is_direct": pl.Boolean,
    "deep_link": pl.Boolean,  # of Direct: by a link passed on, see channels.is_deep_link
}


def build_journeys(
    touches: pl.DataFrame,
    ledger: pl.DataFrame,
    matched_codes: pl.DataFrame,
    identity: Identity,
    *,
    lookback: dt.timedelta,
    people: pl.DataFrame,
    max_touches: int = MAX_TOUCHES,
    views: pl.DataFrame | None = None,
    view_window: dt.timedelta = dt.timedelta(days=1),
) -> pl.DataFrame:
    """One row a touchpoint of a sold order, sorted by order and position; columns SCHEMA.

    touches: tables.TOUCHES with `channel` (channels.channel_of). A click counts for the first sold order of its person
    at or after it, and only within [ordered_at - lookback, ordered_at], both ends included: so a journey begins anew
    after each order, and a click at the very time of an order belongs to that order. A valid registered code with a
    channel is a touchpoint at order time and comes last; of several codes, those of creators come last, then the larger
    discount, then the name. Of more than `max_touches` touchpoints the last ones stay; `left_out` says how many went.

    views: the same columns, of what was seen and not clicked; without them views count for nothing. One counts within
    `view_window` under its channel + " (view-through)", and only on a journey of nothing but Direct: it never takes
    credit from a click or a code.

    position 1..path_length. non_direct_position counts the touchpoints that are not Direct (null for those that are;
    all, where all are Direct) up to non_direct_length. person: for a click the registered person whose handle is its
    utm_content, for a code its owner; else null.
    """
    sold = ledger.filter(pl.col("state") == SOLD).select(*_ORDER, "ordered_at").sort("ordered_at", *_ORDER)
    clicks = _clicks(touches, sold, identity, lookback=lookback, people=people)
    rows = pl.concat([clicks, _codes(matched_codes, sold)], how="diagonal")
    if views is not None and not views.is_empty():
        seen = _clicks(views, sold, identity, lookback=min(view_window, lookback), people=people)
        plain = rows.filter(~pl.col("is_direct"))
        alone = seen.filter(~pl.col("is_direct")).join(plain, on=_ORDER, how="anti")
        marked = alone.with_columns(kind=pl.lit(VIEW), channel=pl.col("channel") + VIEWED)
        rows = pl.concat([rows, marked], how="diagonal")
    return _in_order(rows, max_touches)


def _clicks(
    touches: pl.DataFrame, sold: pl.DataFrame, identity: Identity, *, lookback: dt.timedelta, people: pl.DataFrame
) -> pl.DataFrame:
    joined = _with_next_order(touches, sold, identity)
    inside = (pl.col("ordered_at") - pl.col("touched_at") <= lookback) & (
        pl.col("_previous").is_null() | (pl.col("touched_at") > pl.col("_previous"))
    )
    kept = with_registered_person(joined.filter(inside), people)
    return kept.select(
        pl.col("order_account").alias("account"),
        *("order_id", "ordered_at", "touched_at"),
        pl.col("account").alias("touch_account"),
        *("touch_id", "channel", "source", "medium", "campaign", "person", "evidence"),
        kind=pl.lit(CLICK),
        code=pl.lit(None, dtype=pl.String),
        is_direct=pl.col("channel") == DIRECT,
        deep_link=is_deep_link(kept),
    )


def _with_next_order(touches: pl.DataFrame, sold: pl.DataFrame, identity: Identity) -> pl.DataFrame:
    """The visits of known persons (`_who`), by time, with the first sold order of that person at or after each."""
    known = identity.with_person(touches).rename({"person": "_who"}).drop_nulls(["_who", "touched_at"])
    orders = _orders_by_person(sold, identity)
    return known.sort("touched_at").join_asof(
        orders.select("_who", "ordered_at", "_previous", order_account="account", order_id="order_id"),
        left_on="touched_at",
        right_on="ordered_at",
        by="_who",
        strategy="forward",
        check_sortedness=False,
        coalesce=False,
    )


def build_null_journeys(
    touches: pl.DataFrame,
    ledger: pl.DataFrame,
    identity: Identity,
    *,
    lookback: dt.timedelta,
    max_touches: int = MAX_TOUCHES,
) -> pl.DataFrame:
    """Journeys that ended without an order: journey (Int64, from 0), position, path_length, touched_at, ended_at (their
    last visit), channel, source, medium, campaign, touch_account, touch_id.

    A visit belongs to one when its person placed no sold order within the lookback after it. A new journey begins after
    an order of that person, and after a pause longer than the lookback. Of more than `max_touches` visits the last ones
    stay. Visitors that cannot be told apart are left out, as from the journeys of orders.
    """
    sold = ledger.filter(pl.col("state") == SOLD).select(*_ORDER, "ordered_at").sort("ordered_at", *_ORDER)
    joined = _with_next_order(touches, sold, identity)
    lost = joined.filter((pl.col("ordered_at") - pl.col("touched_at") > lookback).fill_null(True))
    pause = (pl.col("touched_at") - pl.col("touched_at").shift(1)) > lookback
    towards = pl.struct("_who", "order_account", "order_id")
    return (
        lost.sort("_who", "touched_at", "account", "touch_id")
        .with_columns(_begins=(pause | (towards != towards.shift(1))).fill_null(True))
        .with_columns(journey=pl.col("_begins").cast(pl.Int64).cum_sum() - 1)
        .with_columns(_from_end=pl.int_range(pl.len(), 0, -1).over("journey"))
        .filter(pl.col("_from_end") <= max_touches)
        .select(
            "journey",
            position=pl.int_range(1, pl.len() + 1).over("journey"),
            path_length=pl.len().over("journey").cast(pl.Int64),
            touched_at="touched_at",
            ended_at=pl.col("touched_at").max().over("journey"),
            channel="channel",
            source="source",
            medium="medium",
            campaign="campaign",
            touch_account="account",
            touch_id="touch_id",
        )
    )


def _orders_by_person(sold: pl.DataFrame, identity: Identity) -> pl.DataFrame:
    """_who, ordered_at, account, order_id, _previous (the latest earlier order of any person the order belongs to).

    Of two orders of a person at one time the first by name stands for both: the other has no time of its own.
    """
    linked = identity.links.join(sold, on=_ORDER, how="inner").sort("ordered_at", *_ORDER)
    before = pl.col("ordered_at").shift(1).over("person")
    return (
        linked.with_columns(_previous=before)
        .with_columns(_previous=pl.col("_previous").max().over(_ORDER))
        .unique(["person", "ordered_at"], keep="first", maintain_order=True)
        .rename({"person": "_who"})
    )


def _codes(matched_codes: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    valid = (pl.col("state") == REGISTERED) & pl.col("channel").is_not_null()
    return (
        matched_codes.filter(valid)
        .drop("ordered_at")
        .join(sold, on=_ORDER, how="inner")
        .sort(*_ORDER, "ordinal")
        .unique([*_ORDER, "code"], keep="first", maintain_order=True)
        .select(
            *_ORDER,
            "ordered_at",
            touched_at="ordered_at",
            channel="channel",
            campaign="campaign",
            person="owner",
            code="code",
            evidence=pl.lit("promo_code"),
            kind=pl.lit(CODE),
            is_direct=pl.col("channel") == DIRECT,
            _creator=pl.col("kind") == "creator",
            _discount="discount",
        )
    )


def _in_order(rows: pl.DataFrame, max_touches: int) -> pl.DataFrame:
    """Sorts the touchpoints of each order and numbers them."""
    order = ["touched_at", "kind", "_creator", "_discount", "code", "touch_account", "touch_id"]
    plain = ~pl.col("is_direct") | pl.col("is_direct").all().over(_ORDER)
    return (
        rows.sort(*_ORDER, *order, nulls_last=False)
        .with_columns(_total=pl.len().over(_ORDER).cast(pl.Int64), _place=pl.int_range(1, pl.len() + 1).over(_ORDER))
        .with_columns(left_out=(pl.col("_total") - max_touches).clip(lower_bound=0))
        .filter(pl.col("_place") > pl.col("left_out"))
        .with_columns(position=pl.col("_place") - pl.col("left_out"), path_length=pl.col("_total") - pl.col("left_out"))
        .with_columns(_plain=plain)
        .with_columns(
            non_direct_position=pl.when("_plain").then(pl.col("_plain").cast(pl.Int64).cum_sum().over(_ORDER)),
            non_direct_length=pl.col("_plain").sum().over(_ORDER),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
    )


def with_registered_person(touches: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Adds `person`: the key of the registered person whose handle is the visit's utm_content, else null.

    Where the source is a network on which anybody is registered, the handle must be of that network; elsewhere it must
    be the handle of one registered person only.
    """
    register = people.select(key="key", network=pl.col("network").str.to_lowercase(), handle=_handle(pl.col("handle")))
    somewhere = register.group_by("handle").agg(
        _only=pl.when(pl.col("key").n_unique() == 1).then(pl.col("key").first())
    )
    networks = register["network"].unique()
    network = pl.col("source").str.to_lowercase()
    return (
        touches.with_columns(_handle=_handle(pl.col("utm_content")), _network=network)
        .join(
            register.select(_here="key", _network="network", _handle="handle").unique(["_network", "_handle"]),
            on=["_network", "_handle"],
            how="left",
            maintain_order="left",
        )
        .join(somewhere.rename({"handle": "_handle"}), on="_handle", how="left", maintain_order="left")
        .with_columns(person=pl.when(pl.col("_network").is_in(networks.implode())).then("_here").otherwise("_only"))
        .drop("_handle", "_network", "_here", "_only")
    )


def _handle(text: pl.Expr) -> pl.Expr:
    """A handle as `config.registers.person_key` writes it; null for an empty one."""
    plain = text.str.strip_chars().str.strip_chars_start("@").str.strip_chars().str.to_lowercase()
    return pl.when(plain != "").then(plain)
