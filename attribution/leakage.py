"""Promo codes that leaked, and codes that look like one: shown with their evidence, never acted upon.

Signs, each on its own evidence (a flag moves no money; `Report` shows the figures without flagged codes on request):

    no_click        in the last 7 days more redemptions than before came without a visit or mention of the code's side
    after_talk      redeemed although nobody has named the code within the lookback window
    coupon_site     the order's journey holds a visit from a known coupon site
    beyond_reach    more redemptions than the owner has followers
    burst           a day's redemptions far above the code's own days

What a code is held against is its own history: the days of the period and up to 90 days before it (`BASELINE`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from attribution.codes import REGISTERED
from attribution.journeys import CLICK
from attribution.ledger import SOLD

SIGNS = ("no_click", "after_talk", "coupon_site", "beyond_reach", "burst")
COUPON_SITES = (
    "joinhoney.com",
    "honey.com",
    "retailmenot.com",
    "capitaloneshopping.com",
    "rakuten.com",
    "couponfollow.com",
    "wethrift.com",
    "simplycodes.com",
    "knoji.com",
    "coupert.com",
)
RECENT = dt.timedelta(days=7)
BASELINE = dt.timedelta(days=90)
MIN_REDEMPTIONS = 5
_ORDER = ("account", "order_id")
SIGNS_SCHEMA = {
    "code": pl.String,
    "owner": pl.String,
    "sign": pl.String,
    "redemptions": pl.Int64,
    "flagged_orders": pl.Int64,
    "measured": pl.Float64,
    "expected": pl.Float64,
    "evidence": pl.String,
}
ORDERS_SCHEMA = {"account": pl.String, "order_id": pl.String, "code": pl.String, "sign": pl.String}


@dataclass(frozen=True)
class Leakage:
    """signs: SIGNS_SCHEMA, a row a code and sign that holds; `measured` against `expected`, in the words of `evidence`.
    orders: account, order_id, code, sign of every order that shows it. corroboration: code, orders, corroborated_minor,
    uncorroborated_minor: net revenue of its orders with and without a visit or mention of the code's side.
    """

    signs: pl.DataFrame
    orders: pl.DataFrame
    corroboration: pl.DataFrame


def code_leakage(
    matched_codes: pl.DataFrame,
    ledger: pl.DataFrame,
    journeys: pl.DataFrame,
    touches: pl.DataFrame,
    mentions: pl.DataFrame,
    people: pl.DataFrame,
    *,
    lookback: dt.timedelta,
    scope: Sequence[str],
    since: dt.date | None = None,
    min_redemptions: int = MIN_REDEMPTIONS,
) -> Leakage:
    """The signs of leakage of the registered codes of creators.

    matched_codes as `match_codes`, ledger as `order_ledger`, journeys as `build_journeys` give them, of the same
    orders; touches with referrer_host; mentions as tables.MENTIONS; people as the register. A redemption is
    corroborated by a visit of the social scope on the order's journey, or by a mention that names the code within the
    lookback before the order. Signs of shares and bursts need `min_redemptions` redemptions. Only sold orders count.

    since: the period's first day; orders before it are what the period is held against, and are never flagged or
    counted themselves. Null: all are of the period.
    """
    redeemed = _redemptions(matched_codes, ledger)
    told = _marked(redeemed, journeys, touches, mentions, lookback=lookback, scope=scope)
    known = told.with_columns(in_period=pl.lit(True) if since is None else pl.col("day") >= since)
    marked = known.filter("in_period")
    # Talk of a code is only missed where talk of codes is heard at all.
    named = mentions.select("codes").explode("codes").drop_nulls()["codes"].unique()
    found = [
        _no_click(known, min_redemptions),
        _after_talk(marked.filter(pl.col("code").is_in(named.implode())), min_redemptions),
        _flagged(marked.filter("coupon"), "coupon_site"),
        _beyond_reach(known, people),
        _burst(known, min_redemptions),
    ]
    orders = pl.concat(found, how="diagonal_relaxed")
    return Leakage(_signs(orders, marked), orders.select(list(ORDERS_SCHEMA)).sort(list(ORDERS_SCHEMA)), _shown(marked))


def _redemptions(matched_codes: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    sold = ledger.filter(pl.col("state") == SOLD).select(*_ORDER, "ordered_at", "day", "net_minor")
    creators = (pl.col("state") == REGISTERED) & (pl.col("kind") == "creator")
    return (
        matched_codes.filter(creators)
        .select(*_ORDER, "code", "owner")
        .unique([*_ORDER, "code"])
        .join(sold, on=_ORDER, how="inner")
        .sort("code", "ordered_at", *_ORDER)
    )


def _marked(
    redeemed: pl.DataFrame,
    journeys: pl.DataFrame,
    touches: pl.DataFrame,
    mentions: pl.DataFrame,
    *,
    lookback: dt.timedelta,
    scope: Sequence[str],
) -> pl.DataFrame:
    """The redemptions with visited (a social visit on the journey), talked (a mention of the code), coupon."""
    clicks = journeys.filter(pl.col("kind") == CLICK)
    social = clicks.filter(pl.col("channel").is_in(list(scope))).select(*_ORDER, visited=pl.lit(True)).unique()
    hosts = touches.select(touch_account="account", touch_id="touch_id", host="referrer_host")
    site = pl.any_horizontal(
        (pl.col("host") == name) | pl.col("host").str.ends_with(f".{name}") for name in COUPON_SITES
    )
    coupon = (
        clicks.join(hosts, on=["touch_account", "touch_id"], how="inner")
        .filter(site.fill_null(False))
        .select(*_ORDER, coupon=pl.lit(True))
        .unique()
    )
    talk = mentions.select("published_at", code="codes").explode("code").drop_nulls().sort("published_at")
    return (
        redeemed.join(social, on=_ORDER, how="left", maintain_order="left")
        .join(coupon, on=_ORDER, how="left", maintain_order="left")
        .sort("ordered_at")
        .join_asof(
            talk, left_on="ordered_at", right_on="published_at", by="code", strategy="backward", check_sortedness=False
        )
        .with_columns(
            pl.col("visited", "coupon").fill_null(False),
            talked=(pl.col("ordered_at") - pl.col("published_at") <= lookback).fill_null(False),
        )
        .with_columns(alone=~(pl.col("visited") | pl.col("talked")))
        .sort("code", "ordered_at", *_ORDER)
    )


def _flagged(rows: pl.DataFrame, sign: str, measured: str | None = None, expected: str | None = None) -> pl.DataFrame:
    def number(column: str | None) -> pl.Expr:
        return pl.lit(None, dtype=pl.Float64) if column is None else pl.col(column).cast(pl.Float64)

    return rows.select(*_ORDER, "code", sign=pl.lit(sign), measured=number(measured), expected=number(expected))


def _no_click(marked: pl.DataFrame, least: int) -> pl.DataFrame:
    """The uncorroborated redemptions of the last 7 days, where their share stands above that of the days before by more
    than two standard errors and by 20 points.
    """
    recent = pl.col("ordered_at") > pl.col("ordered_at").max().over("code") - RECENT
    split = marked.with_columns(_recent=recent & pl.col("in_period"))
    shares = split.group_by("code").agg(
        now=pl.col("alone").filter("_recent").mean(),
        n=pl.col("_recent").sum(),
        before=pl.col("alone").filter(~pl.col("_recent")).mean(),
        m=(~pl.col("_recent")).sum(),
    )
    pooled = (pl.col("now") * pl.col("n") + pl.col("before") * pl.col("m")) / (pl.col("n") + pl.col("m"))
    error = (pooled * (1 - pooled) * (1 / pl.col("n") + 1 / pl.col("m"))).sqrt()
    jump = pl.col("now") - pl.col("before")
    risen = shares.filter((pl.col("n") >= least) & (pl.col("m") >= least) & (jump > 2 * error) & (jump >= 0.2))
    rows = split.filter(pl.col("_recent") & pl.col("alone")).join(risen, on="code", how="inner")
    return _flagged(rows, "no_click", "now", "before")


def _after_talk(marked: pl.DataFrame, least: int) -> pl.DataFrame:
    """Redemptions with no mention of the code within the lookback, where there are enough of them."""
    silent = marked.filter(~pl.col("talked") & ~pl.col("visited"))
    counted = silent.with_columns(_n=pl.len().over("code"))
    return _flagged(counted.filter(pl.col("_n") >= least).with_columns(_e=pl.lit(0.0)), "after_talk", "_n", "_e")


def _beyond_reach(marked: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """The redemptions beyond as many as the owner has followers, the earliest standing for those who follow."""
    reach = people.select(owner="key", followers="followers").drop_nulls()
    counted = marked.join(reach, on="owner", how="inner").sort("code", "ordered_at", *_ORDER)
    counted = counted.with_columns(_n=pl.len().over("code"), _place=pl.int_range(1, pl.len() + 1).over("code"))
    beyond = counted.filter(pl.col("in_period") & (pl.col("_place") > pl.col("followers")))
    return _flagged(beyond, "beyond_reach", "_n", "followers")


def _burst(marked: pl.DataFrame, least: int) -> pl.DataFrame:
    """The uncorroborated redemptions of days with more than the other days' mean + 4 of its square roots."""
    days = marked.group_by("code", "day").agg(n=pl.len())
    span = (pl.col("day").max() - pl.col("day").min()).dt.total_days() + 1
    whole = marked.group_by("code").agg(total=pl.len(), days=span)
    # The day itself must not lift the measure it is held against; a code of one day has none.
    rest = (pl.col("total") - pl.col("n")) / (pl.col("days") - 1)
    high = (
        days.join(whole, on="code", how="inner")
        .filter(pl.col("days") > RECENT.days)
        .with_columns(rest=rest)
        .filter((pl.col("n") >= least) & (pl.col("n") > pl.col("rest") + 4 * pl.max_horizontal("rest", 1.0).sqrt()))
    )
    rows = marked.filter(pl.col("alone") & pl.col("in_period")).join(high, on=["code", "day"], how="inner")
    return _flagged(rows, "burst", "n", "rest")


_WORDS = {
    "no_click": "share without a visit or mention in the last 7 days, against the days before",
    "after_talk": "orders without a visit, and without a mention of the code in the lookback window",
    "coupon_site": "orders whose journey holds a visit from a coupon site",
    "beyond_reach": "orders, against the owner's followers",
    "burst": "orders of the highest day, against the mean of the others",
}


def _signs(orders: pl.DataFrame, marked: pl.DataFrame) -> pl.DataFrame:
    whole = marked.group_by("code").agg(pl.col("owner").first(), redemptions=pl.len().cast(pl.Int64))
    return (
        orders.group_by("code", "sign")
        .agg(pl.col("measured", "expected").max(), flagged_orders=pl.struct(_ORDER).n_unique().cast(pl.Int64))
        .join(whole, on="code", how="left")
        .with_columns(
            measured=pl.coalesce("measured", pl.col("flagged_orders").cast(pl.Float64)),
            evidence=pl.col("sign").replace_strict(_WORDS, return_dtype=pl.String),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in SIGNS_SCHEMA.items())
        .sort("code", pl.col("sign").replace_strict({sign: i for i, sign in enumerate(SIGNS)}, return_dtype=pl.Int8))
    )


def _shown(marked: pl.DataFrame) -> pl.DataFrame:
    return (
        marked.group_by("code")
        .agg(
            orders=pl.len().cast(pl.Int64),
            corroborated_minor=pl.col("net_minor").filter(~pl.col("alone")).sum(),
            uncorroborated_minor=pl.col("net_minor").filter(pl.col("alone")).sum(),
        )
        .sort("code")
    )


# Letters and digits that are taken for one another, Latin with Cyrillic and Greek capitals among them.
_TWINS = str.maketrans("01L5826АВЕКМНОРСТУХІЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "OIISBZGABEKMHOPCTYXISABEZHIKMNOPTYX")


def look_alikes(order_codes: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """code, orders, suggestion, reason: unknown codes that a registered one may be meant by. Never merged: to a shop
    they are different codes.

    order_codes as `match_codes` gives them. reason: same_look (letters taken for one another, marks left out), one_slip
    (a letter more, less, other, or two changed places; codes of five letters and more). Sorted by orders, then code.
    """
    unknown = (
        order_codes.filter(pl.col("state") == "unknown")
        .group_by("code")
        .agg(orders=pl.struct(_ORDER).n_unique().cast(pl.Int64))
        .drop_nulls("code")
    )
    known = sorted({code.rstrip("*") for code in register["code_norm"].to_list() if code.rstrip("*")})
    by_look, by_letters = _index(known, lambda code: {_look(code)}), _index(known, _one_less)
    rows = []
    for code, orders in unknown.rows():
        same = by_look.get(_look(code), set())
        # Two codes a slip apart share what is left when each loses a letter, or one does.
        near = {other for letters in _one_less(code) for other in by_letters.get(letters, set())}
        slips = {other for other in near - same if min(len(code), len(other)) >= 5 and _one_slip(code, other)}
        rows += [(code, orders, other, "same_look") for other in sorted(same)]
        rows += [(code, orders, other, "one_slip") for other in sorted(slips)]
    schema = {"code": pl.String, "orders": pl.Int64, "suggestion": pl.String, "reason": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").sort(
        "orders", "code", "suggestion", descending=[True, False, False]
    )


def _index(codes: Sequence[str], keys: Callable[[str], set[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for code in codes:
        for key in keys(code):
            found.setdefault(key, set()).add(code)
    return found


def _one_less(code: str) -> set[str]:
    """The code, and the code without each of its letters."""
    return {code, *(code[:place] + code[place + 1 :] for place in range(min(len(code), 64)))}


def _look(code: str) -> str:
    return "".join(letter for letter in code.upper().translate(_TWINS) if letter.isalnum())


def _one_slip(one: str, other: str) -> bool:
    """Whether one letter inserted, left out, replaced, or two neighbours exchanged, make one of the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
