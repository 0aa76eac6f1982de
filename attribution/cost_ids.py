"""The natural key of a cost line, and how finely it is told: what makes it the same line when it is stated anew."""

from __future__ import annotations

import hashlib

import polars as pl

_KEY = ("date_from", "date_to", "platform", "source", "medium", "campaign", "cost_type", "person", "currency")
_FINER = ("adgroup", "ad")
NAMED = (*_KEY, *_FINER)  # the columns of spend that the key is made of where no ids of a platform are known
_ID = r"^(\d+)$"  # not what a spreadsheet has made of one


def level() -> pl.Expr:
    """How finely a cost line is told (column `level`): 0 a campaign as a whole, 1 an ad set, 2 an ad."""
    finest = pl.when(pl.col("ad").is_not_null()).then(2).when(pl.col("adgroup").is_not_null()).then(1).otherwise(0)
    return finest.alias("level")


def by_platform(lines: pl.DataFrame) -> pl.Series:
    """`spend_id` by the platform's own ids where `campaign_id`, `adgroup_id` and `ad_id` hold one, as names are
    changed; else by the names."""
    return by_name(
        lines.with_columns(
            pl.coalesce(pl.concat_str(pl.lit("id:"), pl.col(f"{name}_id").str.extract(_ID, 1)), name).alias(name)
            for name in ("campaign", *_FINER)
        )
    )


def by_name(lines: pl.DataFrame) -> pl.Series:
    """`spend_id` by the columns NAMED, whatever ids the platform has."""
    text = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in _KEY], separator="\x1f")
    finer = [pl.concat_str(pl.lit(f"\x1f{name}="), name).fill_null("") for name in _FINER]
    texts = lines.select(pl.concat_str(text, *finer).alias("text"))["text"]
    digests = [hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts]
    return pl.Series("spend_id", digests, dtype=pl.String)
