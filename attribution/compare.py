"""Models side by side, and the paths that led to orders: data for the pages and the command line.

Every function works on a `Report`: its journeys, its journeys that failed, its ledger. Money in minor units.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from attribution.breakdown import NONE, NOT_SET, By, breakdown, by_product
from attribution.channels import DEEP_LINK, DIRECT
from attribution.conflicts import settle
from attribution.ledger import SOLD
from attribution.markov import TransitionCounts, transition_counts
from attribution.report import Report, fit_model
from attribution.rules import credit
from attribution.shares import journey_paths
from config.settings import MODELS, Settings

_ORDER = ("account", "order_id")
_BEHIND = (
    *("account", "order_id", "order_name", "ordered_at", "net_minor", "position", "path_length", "kind", "touched_at"),
    *("touch_account", "touch_id", "channel", "source", "medium", "campaign", "person", "code", "product"),
    *("weight", "credit_minor"),
)
START, CONVERSION, NULL = "(start)", "(order)", "(no order)"


def compare_models(
    report: Report, *, settings: Settings, by: By = "channel", models: Sequence[str] = MODELS
) -> pl.DataFrame:
    """name, credited, model, conversions, revenue_minor, roas, spread_minor: one row a name and model.

    spread_minor: the most any model gives the name less the least: what the choice of the model moves. Each model's
    rows sum to the period's total; the rows of Direct and "(none)" have credited = false.
    """
    sold = report.ledger.filter(pl.col("state") == SOLD)
    settled = settle(report.journeys, on_conflict=settings.attribution.on_conflict)
    tables = []
    for name in models:
        model = fit_model(report.journeys, report.null_journeys, report.ledger, model=name, settings=settings)
        credits = credit(settled, report.ledger, model=model)
        source = by_product(credits, report.order_lines) if by == "product" else credits
        tables.append(breakdown(source, sold, report.costs, by=by).with_columns(model=pl.lit(name)))
    rows = pl.concat(tables)
    # A name that a model gives nothing stands there with 0: unknown it is not.
    every = rows.select("name", "credited").unique().join(pl.DataFrame({"model": list(models)}), how="cross")
    full = every.join(rows, on=["name", "credited", "model"], how="left").with_columns(
        pl.col("conversions").fill_null(0.0), pl.col("revenue_minor").fill_null(0)
    )
    highest, lowest = pl.col("revenue_minor").max().over("name"), pl.col("revenue_minor").min().over("name")
    place = pl.col("model").replace_strict(list(models), list(range(len(models))), return_dtype=pl.Int64)
    return (
        full.with_columns(spread_minor=highest - lowest, _place=place, _highest=highest)
        .sort("credited", "_highest", "name", "_place", descending=[True, True, False, False])
        .select("name", "credited", "model", "conversions", "revenue_minor", "roas", "spread_minor")
    )


def moved_by_choice(compared: pl.DataFrame, *, model: str) -> pl.DataFrame:
    """model, moved_minor: how much of the credit lies elsewhere than under `model`. `compared` as `compare_models`."""
    base = compared.filter(pl.col("model") == model).select("name", _base="revenue_minor")
    apart = (pl.col("revenue_minor") - pl.col("_base")).abs().sum() // 2
    return compared.join(base, on="name", how="left").group_by("model", maintain_order=True).agg(moved_minor=apart)


def top_paths(report: Report, *, limit: int | None = 20, merge_repeats: bool = True) -> pl.DataFrame:
    """path (list of channels), touches, orders, revenue_minor, failed (journeys of that path without an order),
    conversion_rate (orders / both), days (median, from the first touch to the order); most orders first.

    merge_repeats: consecutive touches of one channel count as one. Orders without a touchpoint have no path.
    """
    sold = _paths(report.journeys, _ORDER, merge_repeats).join(
        report.ledger.select(*_ORDER, "net_minor", "ordered_at"), on=list(_ORDER), how="left"
    )
    days = (pl.col("ordered_at") - pl.col("first_at")).dt.total_seconds() / 86_400
    won = sold.group_by("path").agg(
        orders=pl.len().cast(pl.Int64), revenue_minor=pl.col("net_minor").sum(), days=days.median()
    )
    lost = (
        _paths(report.null_journeys, ("journey",), merge_repeats).group_by("path").agg(failed=pl.len().cast(pl.Int64))
    )
    rows = (
        won.join(lost, on="path", how="full", coalesce=True)
        .with_columns(pl.col("orders", "revenue_minor", "failed").fill_null(0))
        .select(
            "path",
            pl.col("path").list.len().cast(pl.Int64).alias("touches"),
            *("orders", "revenue_minor", "failed"),
            conversion_rate=pl.col("orders") / (pl.col("orders") + pl.col("failed")),
            days="days",
        )
        .sort(
            "orders", "revenue_minor", "failed", pl.col("path").list.join(" > "), descending=[True, True, True, False]
        )
    )
    return rows if limit is None else rows.head(limit)


def behind(report: Report, *, by: By, name: str) -> pl.DataFrame:
    """What a figure of a breakdown is made of, one row a touchpoint: account, order_id, order_name, ordered_at,
    net_minor, position, path_length, kind, touched_at, touch_account, touch_id, channel, source, medium, campaign,
    person, code, product (by product alone, else null), weight, credit_minor. Latest order first. credit_minor sums to
    the figure's revenue, weight to its conversions; "(none)" gives the orders without a touchpoint, with their net.
    """
    column = {"influencer": "person"}.get(by, by)
    rows = by_product(report.credits, report.order_lines) if by == "product" else report.credits
    if "product" not in rows.columns:
        rows = rows.with_columns(product=pl.lit(None, dtype=pl.String))
    orders = report.ledger.filter(pl.col("state") == SOLD).select(*_ORDER, "order_name", "net_minor")
    if name == NONE:
        times = report.ledger.select(*_ORDER, "ordered_at")
        alone = orders.join(rows, on=list(_ORDER), how="anti").join(times, on=list(_ORDER), how="left")
        found = alone.with_columns(weight=pl.lit(1.0), credit_minor="net_minor")
    else:
        own = pl.col(column).fill_null(NOT_SET) == name
        deep = pl.col("deep_link").fill_null(value=False) & (pl.col("weight") > 0)
        of_direct = {DIRECT: pl.col("is_direct") & ~deep, DEEP_LINK: pl.col("is_direct") & deep}
        chosen = of_direct.get(name, own & ~pl.col("is_direct"))
        credited = (pl.col("weight") > 0) | (pl.col("credit_minor") != 0)
        found = rows.filter(chosen & credited).join(orders, on=list(_ORDER), how="left", maintain_order="left")
    shape = pl.DataFrame(schema={**rows.schema, **orders.schema})
    full = pl.concat([shape, found], how="diagonal").select(_BEHIND)
    return full.sort("ordered_at", *_ORDER, "position", "product", descending=[True, *[False] * 4])


def orders_of_path(report: Report, path: Sequence[str], *, merge_repeats: bool = True) -> pl.DataFrame:
    """account, order_id, ordered_at, net_minor of the orders behind a row of `top_paths`, latest first."""
    wanted = pl.lit(list(path), dtype=pl.List(pl.String))
    found = _paths(report.journeys, _ORDER, merge_repeats).filter(pl.col("path") == wanted).select(_ORDER)
    orders = report.ledger.select(*_ORDER, "ordered_at", "net_minor")
    return orders.join(found, on=list(_ORDER), how="semi").sort("ordered_at", *_ORDER, descending=[True, False, False])


def _paths(journeys: pl.DataFrame, keys: Sequence[str], merge_repeats: bool) -> pl.DataFrame:
    before = pl.col("channel").shift(1).over(keys)
    kept = journeys.sort(*keys, "position")
    first = kept.group_by(keys, maintain_order=True).agg(first_at=pl.col("touched_at").min())
    if merge_repeats:
        kept = kept.filter((pl.col("channel") != before).fill_null(True))
    paths = kept.group_by(keys, maintain_order=True).agg(path="channel")
    return paths.join(first, on=list(keys), how="left")


def time_to_order(report: Report) -> pl.DataFrame:
    """days (whole, from the first touch to the order), orders, revenue_minor; sorted."""
    first = report.journeys.group_by(_ORDER).agg(first_at=pl.col("touched_at").min())
    orders = report.ledger.join(first, on=list(_ORDER), how="inner")
    days = (pl.col("ordered_at") - pl.col("first_at")).dt.total_days()
    return _counted(orders.with_columns(days=days), "days")


def touches_to_order(report: Report) -> pl.DataFrame:
    """touches, orders, revenue_minor; sorted. 0 touches: orders with no touchpoint."""
    counts = report.journeys.group_by(_ORDER).agg(touches=pl.len().cast(pl.Int64))
    sold = report.ledger.filter(pl.col("state") == SOLD)
    orders = sold.join(counts, on=list(_ORDER), how="left").with_columns(pl.col("touches").fill_null(0))
    return _counted(orders, "touches")


def _counted(orders: pl.DataFrame, column: str) -> pl.DataFrame:
    counted = orders.group_by(column).agg(orders=pl.len().cast(pl.Int64), revenue_minor=pl.col("net_minor").sum())
    return counted.sort(column)


def transitions(report: Report, *, order: int = 1) -> TransitionCounts:
    """The counts behind the Markov model: from where journeys went where, and how they ended."""
    return transition_counts(journey_paths(report.journeys, report.null_journeys, report.ledger), order=order)


def flows(report: Report, *, steps: int = 4) -> pl.DataFrame:
    """step (from 0), source, target, journeys, orders, revenue_minor: journeys by their last `steps` channels, repeats
    merged, for a picture of streams. step 0 leaves "(start)" (or "(earlier)" where the path is longer); the last one
    of each journey enters "(order)" or "(no order)".
    """
    won = _paths(report.journeys, _ORDER, merge_repeats=True).join(
        report.ledger.select(*_ORDER, "net_minor"), on=list(_ORDER), how="left"
    )
    lost = _paths(report.null_journeys, ("journey",), merge_repeats=True)
    both = pl.concat(
        [
            won.select("path", end=pl.lit(CONVERSION), revenue_minor="net_minor", orders=pl.lit(1, dtype=pl.Int64)),
            lost.select(
                "path",
                end=pl.lit(NULL),
                revenue_minor=pl.lit(0, dtype=pl.Int64),
                orders=pl.lit(0, dtype=pl.Int64),
            ),
        ]
    )
    head = pl.when(pl.col("path").list.len() > steps).then(pl.lit("(earlier)")).otherwise(pl.lit(START))
    nodes = pl.concat_list(head, pl.col("path").list.tail(steps), pl.col("end"))
    pairs = both.with_columns(source=nodes).with_columns(target=pl.col("source").list.slice(1))
    return (
        pairs.with_columns(
            source=pl.col("source").list.head(pl.col("target").list.len()),
            step=pl.int_ranges(0, pl.col("target").list.len()),
        )
        .explode("step", "source", "target", empty_as_null=True)
        .group_by("step", "source", "target")
        .agg(
            journeys=pl.len().cast(pl.Int64), orders=pl.col("orders").sum(), revenue_minor=pl.col("revenue_minor").sum()
        )
        .sort("step", "journeys", "source", "target", descending=[False, True, False, False])
    )
