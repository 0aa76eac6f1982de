"""Gift cards among the goods of an order: one sold is owed to its holder, and no revenue until something is bought."""

from __future__ import annotations

import polars as pl

from attribution.tables import MONEY

_WORDS = (
    *(r"(?:e-?|digital |virtual |online )?gift ?(?:card|voucher|certificate)s?", "geschenk(?:gutschein|karte)"),
    *("carte[- ]cadeau", "chèque[- ]cadeau", "tarjeta (?:de )?regalo", "karta (?:podarunkowa|upominkowa)"),
    *("bon podarunkowy", "ajándék(?:kártya|utalvány)", "(?:thẻ|phiếu) quà tặng", "כרטיס מתנה", "שובר מתנה"),
    *("بطاقة هدية", "بطاقة هدايا"),
)
_NAME = rf"(?:{'|'.join(_WORDS)})"
_UNIT = r"(?:\p{Sc}|[a-z]{3}|zł|ft|đ|kr)"
_WORTH = rf"(?:[\s\-–:/|(]*{_UNIT}?\s*\d[\d.,\s]*{_UNIT}?)?[\s)]*"


def is_named(product: pl.Expr) -> pl.Expr:
    """True where the name of a product is that of a gift card and its worth, and nothing else."""
    return product.str.contains(rf"(?i)^\s*{_NAME}{_WORTH}$")


def ends_as_one(product: pl.Expr) -> pl.Expr:
    """The same with anything before it, as a brand's name: sure only of goods neither sent nor taxed."""
    return product.str.contains(rf"(?i)(?:^|[\s\-–:]){_NAME}{_WORTH}$")


def sold_for(lines: pl.DataFrame) -> pl.DataFrame:
    """order_id, gift_cards: what each order's gift cards cost, after discount. Lines without a price say nothing."""
    cost = pl.col("price") * pl.col("quantity").fill_null(1).cast(MONEY)
    worth = cost - pl.col("line_discount").cast(MONEY).fill_null(0)
    gifts = lines.filter(pl.col("is_gift_card").fill_null(False)).drop_nulls("price")
    return gifts.group_by("order_id", maintain_order=True).agg(worth.sum().cast(MONEY).alias("gift_cards"))
