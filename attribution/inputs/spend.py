"""earned's own spend file: one row a cost line (media, fees, labour), for a day or a span of days.

`date,platform,campaign,cost,currency` and, where known, `source,medium,cost_type,influencer,impressions,clicks,
conversions,conversion_value`; `date_from,date_to` may stand in place of `date`. A line without `cost_type` is media, or
the fee of the influencer whom it names where nothing in it says that it paid for an ad.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from attribution.cost_ids import by_platform
from attribution.cost_overlaps import refuse_twice
from attribution.inputs.cells import (
    OTHER_CURRENCY,
    Check,
    columns,
    counts,
    fractions,
    leave_out,
    money,
    no_nulls,
    put_aside,
    rough_note,
    unreadable,
    unsure_note,
    with_cells,
    with_currency,
)
from attribution.inputs.times import days
from attribution.tables import MONEY, UTC_TIME
from attribution.utm import normal_medium, normal_source, normal_value
from config.intake import Layout, Parsed, ReadContext, TextTable
from config.registers import person_key

COST_TYPES = ("media", "creator_fee", "commission", "product_seeding", "content", "labour", "tool", "agency")
_TEXTS = (
    *("platform", "campaign", "currency", "source", "medium", "cost_type", "influencer"),
    *("adgroup", "ad", "attribution_setting"),
    *("campaign_id", "adgroup_id", "ad_id"),
)
_DAYS = {"day": "date", "date_from": "date_from", "date_to": "date_to"}
_COUNTS = ("impressions", "clicks", "reach")
_NUMBERS = ("cost", "conversions", "conversion_value", *_COUNTS)
COLUMNS = (*_TEXTS, *_DAYS.values(), *_NUMBERS)
_FAR, _ENOUGH = 100, 10  # a cost so many times the median is unlikely, where there are so many to tell
_SUMMED = ("cost", "impressions", "clicks", "claimed_conversions", "claimed_value")


def read_spend(table: TextTable, context: ReadContext) -> Parsed:
    """The table spend. A line without currency is in the workspace's; an empty cost is unknown and put aside."""
    rows, skipped = leave_out(columns(table, COLUMNS))
    return spend_of(rows, context, skipped=skipped)


def spend_of(
    rows: pl.DataFrame,
    context: ReadContext,
    *,
    skipped: Mapping[int, str],
    order: str | None = None,
    warnings: Sequence[str] = (),
    split: bool = False,
) -> Parsed:
    """The same from rows that have COLUMNS (text) and source_line; `order` is that of slashed dates.

    Lines of one table that mean the same cost (same days, platform, campaign, ad, type, person and currency) are added
    up: no money is lost. `split`: the system splits its lines by age, place or device, so that this needs no warning.
    """
    rows = _read_cells(with_currency(rows, "cost"), context, order=order)
    written = money(
        rows["cost as written"],
        currency=rows["currency as written"],
        default=context.currency,
        decimal=context.decimal,
    )
    unsure = int(written.unsure)
    bare = rows.filter(pl.col("currency as written").is_null()).height
    rows, rejected = put_aside(rows, _CHECKS)
    spend = _spend(rows, context)
    more = _warnings(spend, unsure=unsure, bare=bare, currency=context.currency, split=split)
    rough = [counts(rows[f"{name} as written"]) for name in _COUNTS] + [fractions(rows["conversions as written"])]
    more += rough_note(sum(read.unsure for read in rough), "figures")
    whole, part_of = _added_up(spend)
    return Parsed({"spend": whole}, rejected, skipped, warnings=[*warnings, *more], part_of=part_of, bare=bare)


def _added_up(spend: pl.DataFrame) -> tuple[pl.DataFrame, dict[int, int]]:
    """One row a cost line, and which lines went into the row of another; reach is of people, and adds up to nothing."""
    if not spend["spend_id"].is_duplicated().any():
        return spend, {}
    first = pl.col("source_line").min().over("spend_id")
    lines = spend.select("source_line", first.alias("first")).filter(pl.col("source_line") != pl.col("first"))
    others = [n for n in spend.columns if n not in (*_SUMMED, "spend_id", "reach", "source_line")]
    whole = spend.group_by("spend_id", maintain_order=True).agg(
        *(pl.col(n).first() for n in others),
        *(pl.when(pl.col(n).count() > 0).then(pl.col(n).sum()).alias(n) for n in _SUMMED),
        pl.when(pl.len() == 1).then(pl.col("reach").first()).alias("reach"),
        pl.col("source_line").min(),
    )
    return whole.select(spend.columns), dict(lines.iter_rows())


def whole_file(parsed: Parsed) -> Parsed:
    """With a warning where tables of one file (sheets, files of a zip) state the same cost line differently.

    Tables of a file are like files of their own: exports overlap, so what they both hold counts once, the last one.
    Raises CostsOverlapError where it tells media costs twice in different grains.
    """
    spend = parsed.tables["spend"]
    refuse_twice(spend)
    several = spend.group_by("spend_id").agg(pl.col("cost").n_unique()).filter(pl.col("cost") > 1).height
    if not several:
        return parsed
    told = (
        f"{several} cost lines stand in several tables of the file with different costs; the last one counts. Import "
        "the tables as one, if they are parts of a whole."
    )
    return replace(parsed, warnings=[*parsed.warnings, told])


def _read_cells(rows: pl.DataFrame, context: ReadContext, *, order: str | None) -> pl.DataFrame:
    read = {name: days(rows[column], order=context.order or order) for name, column in _DAYS.items()}
    written: dict[str, Any] = {"currency": rows["currency"], "default": context.currency, "decimal": context.decimal}
    read |= {name: money(rows[name], **written) for name in ("cost", "conversion_value")}
    read |= {name: counts(rows[name]) for name in _COUNTS} | {
        "conversions": fractions(rows["conversions"], decimal=context.decimal)
    }
    rows = rows.with_columns(no_nulls(rows[name]).alias(name) for name in _TEXTS)
    return with_cells(rows, read).with_columns(
        pl.coalesce("date_from", "day").alias("date_from"),
        pl.coalesce("date_to", "day", "date_from").alias("date_to"),
        pl.col("currency").alias("currency as written"),
        pl.col("currency").str.to_uppercase().fill_null(context.currency),
        pl.col("cost_type").str.to_lowercase().str.replace_all(r"[\s-]+", "_").fill_null(_unsaid_type()),
    )


def _unsaid_type() -> pl.Expr:
    """A line that names a person, and neither a medium nor ads ("TikTok Ads"), is what that person got."""
    ads = pl.any_horizontal(
        pl.col(name).str.contains(r"(?i)\bads$").fill_null(False) for name in ("platform", "source")
    )
    fee = pl.col("influencer").is_not_null() & pl.col("medium").is_null() & ~ads
    return pl.when(fee).then(pl.lit("creator_fee")).otherwise(pl.lit("media"))


_CHECKS = (
    Check(
        "bad_date",
        "the day is missing, cannot be read, or could be day/month as well as month/day",
        pl.any_horizontal(unreadable(name) for name in _DAYS) | pl.col("date_from").is_null(),
        ("date", "date_from as written", "date_to as written"),
    ),
    Check("bad_period", "the period ends before it begins", pl.col("date_to") < pl.col("date_from"), ("date",)),
    Check("bad_money", "cost or conversion_value cannot be read, or has more than four decimals",
          unreadable("cost") | unreadable("conversion_value"), ("date", "cost as written")),
    Check("missing_cost", "the line has no cost", pl.col("cost").is_null(), ("date",)),
    Check("bad_number", "impressions, clicks or conversions cannot be read",
          pl.any_horizontal(unreadable(name) for name in (*_COUNTS, "conversions")), ("date",)),
    Check("bad_currency", "the currency is no three-letter code",
          ~pl.col("currency").str.contains(r"^[A-Z]{3}$"), ("date",)),
    Check("unknown_cost_type", f"cost_type is none of {', '.join(COST_TYPES)}",
          ~pl.col("cost_type").is_in(COST_TYPES), ("date",)),
    Check("bad_influencer", "influencer is not written network:handle",
          ~pl.col("influencer").str.contains(r"^[^:\s]+:\s*@?[^:\s@]+").fill_null(True), ("date",)),
)  # fmt: skip


def _spend(rows: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    known = rows["influencer"].drop_nulls().unique()
    keys = pl.Series([person_key(*text.split(":", 1)) for text in known.to_list()], dtype=pl.String)
    lines = rows.with_columns(
        normal_value(pl.col("platform")).alias("platform"),
        normal_source(pl.col("source")).alias("source"),
        normal_medium(pl.col("medium")).alias("medium"),
        normal_value(pl.col("campaign")).alias("campaign"),
        pl.col("influencer").replace_strict(known, keys, default=None, return_dtype=pl.String).alias("person"),
    )
    return lines.with_columns(by_platform(lines)).select(
        pl.lit(context.account).alias("account"),
        "spend_id",
        pl.col("date_from").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(UTC_TIME).alias("starts_at"),
        *("date_from", "date_to", "platform", "source", "medium", "campaign", "person", "cost_type"),
        pl.col("cost").cast(MONEY),
        *("currency", "impressions", "clicks"),
        pl.col("conversions").alias("claimed_conversions"),
        pl.col("conversion_value").alias("claimed_value"),
        *("adgroup", "ad", "reach", "attribution_setting"),
        "source_line",
    )


def _warnings(spend: pl.DataFrame, *, unsure: int, bare: int, currency: str, split: bool) -> list[str]:
    who = "1 cost line names" if bare == 1 else f"{bare} cost lines name"
    warnings = [f"{who} no currency; taken as {currency}. {OTHER_CURRENCY}"] if bare else []
    warnings += unsure_note(unsure, "costs")
    warnings += _unlikely(spend)
    several = spend.filter(pl.col("spend_id").is_duplicated())["spend_id"].n_unique()
    if several and not split:
        warnings.append(
            f"{several} cost lines stand in the file several times (same days, platform, campaign, type, person and "
            "currency); they were added up. If one is a repetition, take it out and import the file again."
        )
    return warnings


def _unlikely(spend: pl.DataFrame) -> list[str]:
    """What a column read wrongly looks like: more clicks than impressions, a cost far beyond the others."""
    media = spend.filter((pl.col("cost") > 0) & (pl.col("cost_type") == "media")).with_columns(
        pl.col("cost").cast(pl.Float64)
    )
    usual = pl.col("cost").median().over("platform", "currency")
    enough = pl.len().over("platform", "currency") >= _ENOUGH
    high = media.filter(enough & (pl.col("cost") > _FAR * usual)).height
    clicks = spend.filter(pl.col("clicks") > pl.col("impressions")).height
    warnings = [f"{clicks} cost lines have more clicks than impressions; check the columns."] if clicks else []
    if high:
        warnings.append(f"{high} costs are more than {_FAR} times the usual one of their platform; check them.")
    return warnings + _periods_beside_days(spend)


def _periods_beside_days(spend: pl.DataFrame) -> list[str]:
    """Fees and work of a period that the same file also tells by day: they may be the same; media costs are refused."""
    spend = spend.filter(pl.col("cost_type") != "media")
    same = ("platform", "campaign", "adgroup", "ad", "person", "cost_type", "currency")
    days = spend.filter(pl.col("date_from") == pl.col("date_to")).select(*same, pl.col("date_from").alias("day"))
    spans = spend.filter(pl.col("date_from") < pl.col("date_to")).select(*same, "date_from", "date_to", "source_line")
    found = spans.join(days.unique(), on=same, nulls_equal=True)
    twice = found.filter(pl.col("day").is_between("date_from", "date_to"))["source_line"].n_unique()
    text = (
        f"{twice} cost lines of a period stand beside costs of its days, and both count; if they are the same cost, "
        "keep one and import again."
    )
    return [text] if twice else []


EARNED_SPEND = Layout(
    id="earned_spend",
    title="spend (date, platform, campaign, cost, currency, source, medium, cost_type, influencer, …)",
    headers=frozenset({"platform", "campaign", "cost"}),
    sink="facts",
    read=read_spend,
    finish=whole_file,
)
