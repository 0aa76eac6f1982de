"""Promo codes: which registered code an order redeemed, and what each code sold."""

from __future__ import annotations

from fractions import Fraction
from zoneinfo import ZoneInfo

import polars as pl

from attribution.currency import convert, minor_digits, minor_unit_size, to_minor

REGISTERED, EXPIRED, NOT_YET_VALID = "registered", "expired", "not_yet_valid"
UNKNOWN, AUTOMATIC = "unknown", "automatic"
_ORDER = ("account", "order_id")
_TERMS = ("commission_rate", "commission_per_order", "commission_on")
_OF_CODE = ("kind", "owner", "campaign", "channel", *_TERMS)
_OF_REGISTER = (*_OF_CODE, "valid_from")
_SAME_CODE = ("code", "state", "valid_from")


def match_codes(order_codes: pl.DataFrame, register: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """One row for each code on an order, sorted by order and ordinal: account, order_id, ordinal, ordered_at, day,
    code_raw, code (normal form), state, kind, owner, campaign, channel, valid_from, the commission's terms, discount.

    A code that the register does not hold exactly may be of a registered pattern, such as ANNA10-* (see `patterns_of`):
    then `code` is that pattern, and code_raw what the order says.

    state: registered (valid on the order's business day, both ends included) | expired | not_yet_valid | unknown (not
    in the register) | automatic (the shop's own discount, no code). What the register says (kind, owner, ...) is that
    of the valid period, else of the last one before the day, else of the first one after it, else null.
    """
    numbered = (
        order_codes.select(
            *_ORDER,
            "ordinal",
            "ordered_at",
            "code_raw",
            "discount",
            code="code_norm",
            automatic=(pl.col("kind") == "automatic").fill_null(False),
            day=pl.col("ordered_at").dt.convert_time_zone(zone.key).dt.date(),
        )
        .sort(*_ORDER, "ordinal")
        .with_row_index("_row")
    )
    numbered = _of_pattern(numbered, register)
    periods = _best_period(numbered.filter(~pl.col("automatic")), register)
    state = pl.when("automatic").then(pl.lit(AUTOMATIC)).otherwise(pl.col("state").fill_null(UNKNOWN))
    return numbered.join(periods, on="_row", how="left", maintain_order="left").select(
        *_ORDER, "ordinal", "ordered_at", "day", "code_raw", "code", state.alias("state"), *_OF_REGISTER, "discount"
    )


def patterns_of(codes: pl.Series, patterns: pl.Series) -> pl.DataFrame:
    """code, pattern: the longest pattern of each code, for those that have one.

    A pattern is a prefix with * behind it. The tail must begin at a word's boundary and hold something: ANNA10-* and
    ANNA10* both hold ANNA10-7F3K, neither holds ANNA100 or ANNA10.
    """
    found = pl.DataFrame({"code": codes.unique().drop_nulls()}).with_columns(pattern=pl.lit(None, dtype=pl.String))
    prefixes = {pattern: pattern.rstrip("*") for pattern in patterns.unique().drop_nulls() if pattern.endswith("*")}
    for pattern, prefix in sorted(prefixes.items(), key=lambda both: (-len(both[1]), both[0])):
        if not prefix:
            continue
        tail = pl.col("code").str.slice(len(prefix))
        inside = pl.lit(not prefix[-1].isalnum()) & (tail != "") | tail.str.contains(r"^[^\p{L}\p{N}].")
        fits = pl.col("code").str.starts_with(prefix) & inside
        found = found.with_columns(
            pattern=pl.when(pl.col("pattern").is_null() & fits).then(pl.lit(pattern)).otherwise("pattern")
        )
    return found.drop_nulls("pattern")


def _of_pattern(numbered: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """The numbered codes, those that the register holds by a pattern alone under that pattern."""
    unknown = numbered.filter(~pl.col("automatic")).join(register, left_on="code", right_on="code_norm", how="anti")
    found = patterns_of(unknown["code"], register["code_norm"])
    by_pattern = numbered.join(found, on="code", how="left", maintain_order="left")
    held = pl.col("pattern").is_not_null() & ~pl.col("automatic")
    return by_pattern.with_columns(code=pl.when(held).then("pattern").otherwise("code")).drop("pattern")


def _best_period(numbered: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """For each numbered code that the register knows: the period it is judged by, and its state."""
    day, since, until = pl.col("day"), pl.col("valid_from"), pl.col("valid_to")
    past, future = (until < day).fill_null(False), (since > day).fill_null(False)
    state = pl.when(past).then(pl.lit(EXPIRED)).when(future).then(pl.lit(NOT_YET_VALID)).otherwise(pl.lit(REGISTERED))
    # Days to the period in question: 0 inside it, else how long ago it ended or how soon it begins.
    distance = pl.when(past).then((day - until).dt.total_days()).when(future).then((since - day).dt.total_days())
    order = {REGISTERED: 0, EXPIRED: 1, NOT_YET_VALID: 2}
    return (
        numbered.select("_row", "code", "day")
        .join(register, left_on="code", right_on="code_norm", how="inner")
        .with_columns(state=state, _distance=distance.fill_null(0))
        .sort(
            "_row",
            pl.col("state").replace_strict(order, return_dtype=pl.Int8),
            "_distance",
            "valid_from",
            descending=[False, False, False, True],
            nulls_last=True,
        )
        .unique("_row", keep="first", maintain_order=True)
        .select("_row", "state", *_OF_REGISTER)
    )


def code_report(
    matched: pl.DataFrame, ledger: pl.DataFrame, register: pl.DataFrame, *, currency: str, rates: pl.DataFrame
) -> pl.DataFrame:
    """One row for each code and state (and period of validity), registered codes that nobody used included.

    `matched` as `match_codes` gives it and `ledger` as `order_ledger` does, for the same orders. Columns: code, state,
    kind, owner, campaign, channel, valid_from, orders (sold), unsold_orders (all others), gross_minor, net_minor,
    discount_minor (null while no discount is known), discount_unknown (sold orders whose discount for this code is
    not known), new_customers, known_customers, new_customer_share (of the orders whose customer is known; null without
    such), commission_minor (of registered redemptions: rate x net, half-even, + the fixed amount for each order; where
    the terms say so, of new customers' orders alone; null without terms). An order with two codes stands under both, so
    revenues are not to be summed.
    """
    redeemed = _redemptions(matched, ledger, currency=currency, rates=rates)
    sold = pl.col("sold")
    known = sold & pl.col("is_first_order").is_not_null()
    # Terms may pay for new customers alone.
    paid = sold & ((pl.col("commission_on") != "new").fill_null(True) | pl.col("is_first_order").fill_null(False))
    rows = redeemed.group_by(_SAME_CODE).agg(
        *(pl.col(name).first() for name in _OF_CODE),
        orders=sold.sum().cast(pl.Int64),
        unsold_orders=(~sold).sum().cast(pl.Int64),
        gross_minor=pl.col("gross_minor").filter(sold).sum(),
        net_minor=pl.col("net_minor").filter(sold).sum(),
        discount_minor=_sum_of_known(pl.col("discount_minor").filter(sold)),
        discount_unknown=pl.col("discount_minor").filter(sold).is_null().sum().cast(pl.Int64),
        new_customers=(known & pl.col("is_first_order")).sum().cast(pl.Int64),
        known_customers=known.sum().cast(pl.Int64),
        _paid_net=pl.col("net_minor").filter(paid).sum(),
        _paid_orders=paid.sum().cast(pl.Int64),
    )
    share = pl.when(pl.col("known_customers") > 0).then(pl.col("new_customers") / pl.col("known_customers"))
    full = pl.concat([rows, _unused(rows, register)], how="diagonal")
    return (
        full.with_columns(new_customer_share=share, commission_minor=_commissions(full, currency))
        .sort("net_minor", "code", "state", "valid_from", descending=[True, False, False, False])
        .select(
            *("code", "state", "kind", "owner", "campaign", "channel", "valid_from", "orders", "unsold_orders"),
            *("gross_minor", "net_minor", "discount_minor", "discount_unknown", "new_customers", "known_customers"),
            *("new_customer_share", "commission_minor"),
        )
    )


def _redemptions(matched: pl.DataFrame, ledger: pl.DataFrame, *, currency: str, rates: pl.DataFrame) -> pl.DataFrame:
    """One row for each order and code, with the order's figures and the code's discount in the report's currency.

    A code without its own amount has the order's whole discount when it is the order's only one.
    """
    orders = ledger.select(
        *_ORDER,
        "is_first_order",
        "gross_minor",
        "net_minor",
        "currency_original",
        sold=pl.col("state") == "sold",
        order_discount_minor="discount_minor",
    )
    rows = matched.join(orders, on=_ORDER, how="inner")
    rows = rows.with_columns(_size=minor_unit_size(rows["currency_original"]))
    rows = rows.with_columns(_own=to_minor(pl.col("discount"), size=pl.col("_size")))
    rows = convert(rows, rates, columns={"discount_minor": "_own"}, to=currency, currency="currency_original")
    alone = pl.len().over(_ORDER) == 1
    rows = rows.with_columns(
        discount_minor=pl.when(pl.col("discount_minor").is_null() & alone)
        .then("order_discount_minor")
        .otherwise("discount_minor")
    )
    once = [*_ORDER, *_SAME_CODE]
    return (
        rows.group_by(once)
        .agg(
            _sum_of_known(pl.col("discount_minor")).alias("discount_minor"),
            *(pl.col(name).first() for name in (*_OF_CODE, "sold", "is_first_order", "gross_minor", "net_minor")),
        )
        .sort(once)
    )


def _sum_of_known(values: pl.Expr) -> pl.Expr:
    """The sum without nulls; null when there is nothing known to add."""
    return pl.when(values.count() > 0).then(values.sum())


def _unused(rows: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    used = rows.filter(pl.col("state") == REGISTERED)
    counts = ("orders", "unsold_orders", "gross_minor", "net_minor", "discount_minor", "discount_unknown")
    return register.join(
        used, left_on=["code_norm", "valid_from"], right_on=["code", "valid_from"], how="anti", nulls_equal=True
    ).select(
        pl.col("code_norm").alias("code"),
        pl.lit(REGISTERED).alias("state"),
        *_OF_REGISTER,
        *(pl.lit(0, dtype=pl.Int64).alias(name) for name in (*counts, "new_customers", "known_customers")),
        *(pl.lit(0, dtype=pl.Int64).alias(name) for name in ("_paid_net", "_paid_orders")),
    )


def _commissions(rows: pl.DataFrame, currency: str) -> pl.Series:
    """Python's round of a fraction is exact and half-even; rates and amounts are taken as the decimals they are."""
    unit = 10 ** minor_digits(currency)
    owed: list[int | None] = []
    for row in rows.select("state", "commission_rate", "commission_per_order", "_paid_net", "_paid_orders").rows():
        state, rate, each, net, orders = row
        if state != REGISTERED or (rate is None and each is None):
            owed.append(None)
        else:
            share = round(net * Fraction(str(rate or 0)))
            owed.append(share + orders * round(Fraction(str(each or 0)) * unit))
    return pl.Series(owed, dtype=pl.Int64)
