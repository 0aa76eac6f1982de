"""Visits told in pieces: one visit whose events lie in several files, or whose states follow each other.

Three kinds of stored rows stand for a visit (`tables.TOUCHES.stored`):

    piece null                 the whole visit
    piece set, state null      the part of the visit that one file held; `piece` is its first event's time
    piece set, state 1 or -1   one state of the visit, told (1) or taken back (-1); `piece` names what it said

What readers see is a function of the set of rows alone: the order of files, and telling a row twice, change nothing.
"""

from __future__ import annotations

import polars as pl

from attribution.tables import TOUCHES

SEVERAL = "|"  # between the order ids of a visit with several purchases
_KEY = list(TOUCHES.key)
_LANDING = ("landing_url", "landing_host", "landing_path")
_SOURCE = (
    *("referrer", "referrer_host", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"),
    *("click_id_type", "source", "medium", "campaign", "evidence", "click_id"),
)


def merged_visits(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row a visit, from one row a piece or state (`TOUCHES.stored` and import_id), the columns as they were.

    Parts of a visit: the earliest start, whose landing page and source count; where that part tells no landing page,
    that of the first part which does, and where it tells no source, that of the first which bears a tag or click id.
    How long it was is unknown where no part tells it. Pageviews add up over parts that lie apart in time; of parts that
    overlap, as of a day's file and the preliminary one before it, the larger count stands. Order ids are put together.
    States: the longest that none takes back; a visit whose every state is taken back is gone.
    """
    in_pieces = rows.filter(pl.col("piece").is_not_null()).select(_KEY).unique()
    sized = rows.join(in_pieces, on=_KEY, how="semi").group_by(_KEY)
    # Most visits lie in one file whole: their only part is the visit.
    several = sized.agg(pl.len().alias("parts"), pl.col("state").is_not_null().any().alias("states"))
    several = several.filter((pl.col("parts") > 1) | pl.col("states")).select(_KEY)
    whole = rows.join(several, on=_KEY, how="anti")
    told = rows.join(several, on=_KEY, how="semi")
    states = told.filter(pl.col("state").is_not_null())
    parts = told.join(states.select(_KEY).unique(), on=_KEY, how="anti")
    columns = rows.collect_schema().names()
    return pl.concat([frame.select(columns) for frame in (whole, _latest(states), _joined(parts))])


def _latest(states: pl.LazyFrame) -> pl.LazyFrame:
    gone = states.filter(pl.col("state") < 0).select(*_KEY, "piece")
    left = states.filter(pl.col("state") > 0).join(gone, on=[*_KEY, "piece"], how="anti")
    longest = ["pageviews", "duration_seconds", "piece"]
    return left.sort(longest, descending=True, nulls_last=True).unique(_KEY, keep="first", maintain_order=True)


def _joined(parts: pl.LazyFrame) -> pl.LazyFrame:
    end = pl.col("touched_at") + pl.duration(seconds=pl.col("duration_seconds").fill_null(0))
    ordered = parts.sort(*_KEY, "touched_at", "piece").with_columns(end.alias("_end"))
    before = pl.col("_end").cum_max().shift(1).over(_KEY)
    ordered = ordered.with_columns((pl.col("touched_at") > before).fill_null(True).alias("_apart"))
    stretch = pl.col("_apart").cast(pl.Int64).cum_sum().over(_KEY)
    ordered = ordered.with_columns(stretch.alias("_stretch"), _weakness().alias("_weakness"))
    views = pl.col("pageviews").max().over(*_KEY, "_stretch")
    ordered = ordered.with_columns(pl.when("_apart").then(views).alias("_views"))
    best = pl.col("_weakness").arg_min()
    landed = pl.any_horizontal(pl.col(name).is_not_null() for name in _LANDING).arg_max()  # the first part that did
    lasted = (pl.col("_end").max() - pl.col("touched_at").min()).dt.total_seconds()
    return (
        ordered.group_by(_KEY, maintain_order=True)
        .agg(
            pl.col("touched_at").min(),
            pl.when(pl.col("duration_seconds").is_not_null().any()).then(lasted).alias("duration_seconds"),
            pl.when(pl.col("_views").is_not_null().any()).then(pl.col("_views").sum()).alias("pageviews"),
            pl.col("is_bounce").min(),
            *(pl.col(name).drop_nulls().first() for name in ("visitor", "in_app")),
            *(pl.col(name).get(landed) for name in _LANDING),
            pl.col("customer_key").drop_nulls().last(),
            *(pl.col(name).get(best) for name in _SOURCE),
            pl.col("order_ref").str.split(SEVERAL).explode().drop_nulls().unique(maintain_order=True).str.join(SEVERAL),
            *(pl.col(name).first() for name in ("piece", "state", "import_id")),
        )
        .with_columns(pl.col("order_ref").replace("", None))
    )


def _weakness() -> pl.Expr:
    """How little a part says of where the visit came from; the first part goes before, as it is where it began."""
    first = pl.int_range(pl.len()).over(_KEY) == 0
    evidence = pl.col("evidence").fill_null("none")
    return (
        pl.when(first & (evidence != "none"))
        .then(0)
        .when(evidence.is_in(["utm", "click_id"]))
        .then(1)
        .when(first)
        .then(2)
        .otherwise(3)
    )
