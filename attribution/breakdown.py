"""Credit by channel, campaign, influencer, code or product."""

from __future__ import annotations

from typing import Literal

import polars as pl

from attribution.channels import DEEP_LINK, DIRECT
from attribution.currency import money_units
from attribution.rules import apportion

By = Literal["channel", "campaign", "influencer", "code", "product"]
BREAKDOWNS: tuple[By, ...] = ("channel", "campaign", "influencer", "code", "product")
NOT_SET = "(not set)"
NONE = "(none)"
_ORDER = ("account", "order_id")
# The column of credits, and of costs, that each breakdown names; no spend line names a code or a product.
_NAMES: dict[By, tuple[str, str | None]] = {
    "channel": ("channel", "channel"),
    "campaign": ("campaign", "campaign"),
    "influencer": ("person", "person"),
    "code": ("code", None),
    "product": ("product", None),
}


def breakdown(credits: pl.DataFrame, sold: pl.DataFrame, spent: pl.DataFrame, *, by: By) -> pl.DataFrame:
    """name, credited, conversions, revenue_minor, cost_minor, roas, share; largest revenue first, the uncredited last.

    share is of the credited revenue. Credit and cost that name no campaign, influencer or code are "(not set)": they
    have little to do with one another, so that row has no ROAS.
    """
    of_credit, of_cost = _NAMES[by]
    earned = pl.col("credit_minor").sum().alias("revenue_minor")
    conversions = pl.col("weight").sum().round(9).alias("conversions")
    earning = (pl.col("weight") > 0) | (pl.col("credit_minor") != 0)
    tracked = credits.filter(~pl.col("is_direct") & earning).with_columns(name=pl.col(of_credit).fill_null(NOT_SET))
    rows = tracked.sort(*_ORDER, "position").group_by("name", maintain_order=True).agg(conversions, earned)
    total = int(rows["revenue_minor"].sum())
    named = (
        rows.join(_costs_by(spent, of_cost), on="name", how="full", coalesce=True)
        .with_columns(pl.col("conversions").fill_null(0.0), pl.col("revenue_minor").fill_null(0), credited=True)
        .with_columns(
            roas=pl.when((pl.col("cost_minor") > 0) & (pl.col("name") != NOT_SET)).then(
                pl.col("revenue_minor") / pl.col("cost_minor")
            ),
        )
        .sort("revenue_minor", "name", descending=[True, False])
    )
    # By Python, as polars divides a column by one number with its reciprocal: a third would end in 37.
    shares = [revenue / total if total else None for revenue in named["revenue_minor"]]
    named = named.with_columns(share=pl.Series(shares, dtype=pl.Float64))
    columns = ["name", "credited", "conversions", "revenue_minor", "cost_minor", "roas", "share"]
    return pl.concat([named, _uncredited(credits, sold)], how="diagonal_relaxed").select(columns)


def _costs_by(spent: pl.DataFrame, column: str | None) -> pl.DataFrame:
    """name, cost_minor (null where a line is unknown); unnamed is "(not set)", costs of no influencer are out."""
    known = spent
    if column is None:
        return pl.DataFrame(schema={"name": pl.String, "cost_minor": pl.Int64})
    if column == "person":
        known = known.drop_nulls("person")
    return known.group_by(pl.col(column).fill_null(NOT_SET).alias("name")).agg(
        pl.when(pl.col("cost_minor").null_count() == 0).then(pl.col("cost_minor").sum())
    )


def _uncredited(credits: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    """The credit of Direct, that of its deep links where there is any, and the orders without any touchpoint."""
    direct = credits.filter("is_direct")
    deep = pl.col("deep_link").fill_null(value=False) if "deep_link" in direct.columns else pl.lit(value=False)
    linked, typed = direct.filter(deep & (pl.col("weight") > 0)), direct.filter(~(deep & (pl.col("weight") > 0)))
    alone = sold.join(credits, on=_ORDER, how="anti")
    rows = [(DIRECT, typed), *([(DEEP_LINK, linked)] if linked.height else [])]
    return pl.DataFrame(
        {
            "name": [*(name for name, _ in rows), NONE],
            "credited": [False] * (len(rows) + 1),
            "conversions": [*(round(float(of["weight"].sum()), 9) for _, of in rows), float(alone.height)],
            "revenue_minor": [*(int(of["credit_minor"].sum()) for _, of in rows), int(alone["net_minor"].sum())],
        }
    )


def by_product(credits: pl.DataFrame, order_lines: pl.DataFrame) -> pl.DataFrame:
    """The credit rows divided over the products of their orders: the same columns and `product`.

    In proportion to what each product's lines cost (price x quantity - discount); an order's refunds and discounts are
    taken from all its products alike. Evenly where no line has a price. An order without lines, gift cards aside, is
    "(not set)". Sums of credit_minor and weight are those of `credits`.
    """
    amount = money_units(pl.col("price")) * pl.col("quantity") - money_units(pl.col("line_discount")).fill_null(0)
    products = (
        order_lines.filter(~pl.col("is_gift_card").fill_null(False))
        .with_columns(product=pl.coalesce("product", "sku", pl.lit(NOT_SET)), _worth=amount)
        .group_by(*_ORDER, "product")
        .agg(pl.col("_worth").sum().clip(lower_bound=0).cast(pl.Float64))
    )
    rows = credits.join(products, on=_ORDER, how="left").with_columns(
        pl.col("product").fill_null(NOT_SET), pl.col("_worth").fill_null(0.0)
    )
    over = (*_ORDER, "position")
    whole = pl.col("_worth").sum().over(over)
    part = pl.when(whole > 0).then(pl.col("_worth") / whole).otherwise(1 / pl.len().over(over))
    divided = rows.with_columns(_part=part, _row=pl.col("credit_minor"))
    return (
        apportion(divided, weight="_part", amount="_row", over=over, ties=("product",))
        .with_columns(weight=pl.col("weight") * pl.col("_part"))
        .drop("_worth", "_part", "_row")
    )
