"""What the talk pages show, worked out of mention frames: facets, feeling over time, drivers, voice, agreement.

Pure: mention frames (the columns of `listener.store.mention_frame` and `day`) come in, small frames go out.
Money arrives in minor units as the report credits it, and is only added up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from listener import people, voice
from listener.feeling import MIN_SCORED, feeling_by

UNKNOWN = "unknown"
NOT_SCORED = "not_scored"
LABELS = ("positive", "neutral", "negative")
TRIAGE = ("new", "seen", "todo", "done")
GRAINS = {"day": "1d", "week": "1w", "month": "1mo"}
# A facet's column, and what stands for null in it (and in the page's address).
FACETS = {"network": UNKNOWN, "source": UNKNOWN, "language": UNKNOWN, "label": NOT_SCORED, "triage_status": "new"}

Choice = Mapping[str, Sequence[str]]


def one_brand(mentions: pl.DataFrame, brand: str | None) -> pl.DataFrame:
    """One row a mention: those of `brand`, or of any brand when it is None."""
    chosen = mentions if brand is None else mentions.filter(pl.col("brand") == brand)
    return chosen.unique("mention_id", keep="first", maintain_order=True)


def narrow(mentions: pl.DataFrame, choice: Choice) -> pl.DataFrame:
    """The mentions that have one of the chosen values in every facet; a facet without choice lets all through."""
    chosen = [_facet(column).is_in(list(values)) for column, values in choice.items() if values]
    return mentions.filter(*chosen) if chosen else mentions


def facet(mentions: pl.DataFrame, column: str, choice: Choice) -> dict[str, int]:
    """Counts by value of one facet under the choices of all others, most frequent first; chosen values stay listed."""
    others = {name: values for name, values in choice.items() if name != column}
    counts = narrow(mentions, others).group_by(_facet(column).alias("value")).len().sort(["len", "value"])
    found = {value: int(n) for value, n in reversed(list(counts.iter_rows()))}
    return found | {value: 0 for value in choice.get(column, ()) if value not in found}


def _facet(column: str) -> pl.Expr:
    return pl.col(column).fill_null(FACETS[column])


def in_order(mentions: pl.DataFrame, *, by_engagement: bool) -> pl.DataFrame:
    """Newest first, or most engagement first with unknown engagement last; ties by mention_id."""
    keys = ["engagement", "published_at"] if by_engagement else ["published_at"]
    return mentions.sort([*keys, "mention_id"], descending=[True] * len(keys) + [False], nulls_last=True)


def page_of(mentions: pl.DataFrame, *, page: int, size: int) -> pl.DataFrame:
    """The rows of one page, counted from 1."""
    return mentions.slice((page - 1) * size, size)


def pages(n: int, *, size: int) -> int:
    return max(1, math.ceil(n / size))


def by_grain(mentions: pl.DataFrame, grain: str) -> pl.DataFrame:
    """`feeling_by` per bucket (`day` is its first day; weeks begin on Monday), every bucket between first and last."""
    dated = mentions.drop_nulls("day").with_columns(pl.col("day").dt.truncate(GRAINS[grain]))
    counted = feeling_by(dated, ["day"])
    if counted.is_empty():
        return counted
    between = pl.date_range(pl.col("day").min(), pl.col("day").max(), interval=GRAINS[grain])
    filled = counted.select(between).join(counted, on="day", how="left")
    whole = ("positive", "neutral", "negative", "not_scored", "total", "scored")
    return filled.with_columns(pl.col(*whole).fill_null(0)).sort("day")


def fitting_grain(mentions: pl.DataFrame) -> str:
    """The finest grain in which at least half of the buckets hold 30 scored texts; months when none does."""
    for grain in GRAINS:
        buckets = by_grain(mentions, grain)
        if buckets.height and (buckets["scored"] >= MIN_SCORED).mean() >= 0.5:  # type: ignore[operator]
            return grain
    return "month"


def label_shares(mentions: pl.DataFrame, by: str) -> pl.DataFrame:
    """One row per value of `by` and label, for values with at least 30 scored texts: n, share, start, end, scored.

    `start` and `end` place the share on a line whose zero is the middle of the neutral part.
    """
    counts = feeling_by(mentions.with_columns(pl.col(by).fill_null(UNKNOWN)), [by])
    enough = counts.filter(pl.col("scored") >= MIN_SCORED)
    half = pl.col("neutral") / pl.col("scored") / 2
    shares = {label: pl.col(label) / pl.col("scored") for label in LABELS}
    starts = {"negative": -half - shares["negative"], "neutral": -half, "positive": half}
    return pl.concat(
        [
            enough.select(
                by,
                "scored",
                "net",
                pl.lit(label).alias("label"),
                pl.col(label).alias("n"),
                shares[label].alias("share"),
                starts[label].alias("start"),
                (starts[label] + shares[label]).alias("end"),
            )
            for label in ("negative", "neutral", "positive")
        ]
    ).sort("scored", by, descending=[True, False], maintain_order=True)


def too_few(mentions: pl.DataFrame, by: str) -> list[tuple[str, int]]:
    """The values of `by` with fewer than 30 scored texts, with that count: nothing may be judged of them."""
    counts = feeling_by(mentions.with_columns(pl.col(by).fill_null(UNKNOWN)), [by])
    few = counts.filter(pl.col("scored") < MIN_SCORED).sort("scored", by, descending=[True, False])
    return [(str(value), int(n)) for value, n in few.select(by, "scored").iter_rows()]


def drivers(mentions: pl.DataFrame, label: str, *, n: int) -> pl.DataFrame:
    """The mentions of a label that weigh most: |score| x ln(2 + engagement), copies of one text once.

    Unknown engagement ranks like none; texts that a person labelled against the score rank by engagement alone.
    """
    agrees = pl.col("label_scored") == pl.col("label")
    strength = pl.when(agrees).then(pl.col("score").abs()).otherwise(1.0)
    weight = strength.fill_null(1.0) * (2 + pl.col("engagement").fill_null(0).clip(lower_bound=0)).log()
    return (
        mentions.filter(pl.col("label") == label)
        .with_columns(weight=weight, copies=pl.len().over("cluster_id").cast(pl.Int64))
        .sort(["weight", "mention_id"], descending=[True, False])
        .unique("cluster_id", keep="first", maintain_order=True)
        .head(n)
    )


def beside_rivals(mentions: pl.DataFrame) -> pl.DataFrame:
    """`feeling_by` per brand with `stories` (copies of one text once) and `share` of all stories, loudest first.

    A mention of two brands counts for both.
    """
    loud = voice.share_of_voice(mentions).select("brand", "share", stories="mentions")
    return loud.join(feeling_by(mentions, ["brand"]), on="brand", how="left", maintain_order="left")


def brought(named: pl.DataFrame) -> dict[str, Any]:
    """What named people brought together: contracted, with_revenue, with_cost (people), conversions, revenue_minor,
    cost_minor (null: no cost is given for anybody). Credit is handed out once, so it may be added up.
    """
    with_cost = named["cost_minor"].drop_nulls()
    return {
        "contracted": named.filter(pl.col("status") == "contracted").height,
        "with_revenue": named.filter(pl.col("revenue_minor") > 0).height,
        "with_cost": with_cost.len(),
        "conversions": float(named["conversions"].sum() or 0),
        "revenue_minor": int(named["revenue_minor"].sum() or 0),
        "cost_minor": int(with_cost.sum()) if with_cost.len() else None,
    }


def score_parts(person: Mapping[str, Any]) -> pl.DataFrame:
    """The parts of one person's score: part, value (0 to 100, null where unknown)."""
    parts = ("reach", "resonance", "relevance")
    return pl.DataFrame(
        {"part": parts, "value": [person[part] for part in parts]}, schema_overrides={"value": pl.Float64}
    )


def score_sum(person: Mapping[str, Any]) -> str:
    """How a score is added up, as a formula: "(0.35 x 49 + 0.30 x 62) / 0.65 = 55", the known parts alone."""
    known = {part: weight for part, weight in people.WEIGHTS.items() if person[part] is not None}
    added = " + ".join(f"{weight:.2f} × {person[part]:.0f}" for part, weight in known.items())
    weights = sum(known.values())
    divided = added if math.isclose(weights, 1) else f"({added}) ÷ {weights:.2f}"
    return f"{divided} = {person['total']:.0f}"
