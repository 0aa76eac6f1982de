"""What a newer export of the same days no longer holds: costs of platforms and sums of Google Analytics.

Such exports tell all of their days. A row that the newer one of two lacks was taken out or renamed by the platform, and
would count beside what replaced it. So a row counts unless an import with a newer time of export

  * is of the same account, platform, dimension and level (campaign, ad set, ad; days or the same period),
  * has days before or on, and after or on, those of the row, and
  * shares a campaign (of traffic: a value) or a row with the import of this one, so that both tell the same scope.

Which of two imports came first does not matter, and undoing the newer one brings the rows back. Exports of the same
time of export leave each other's rows alone: nothing tells which of them is the newer.

A cost line is known by the platform's ids where the export holds them, else by names. Where one import knows a line of
the same days by names alone and another by ids, both tell one cost: that of the newer export stands, of two of the same
time that with ids. Lines of two ids are two costs, whatever their names.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from attribution.cost_ids import NAMED, by_name
from attribution.tables import Table

_SCOPES: Mapping[str, tuple[str, ...]] = {
    "spend": ("account", "platform", "cost_type"),
    "traffic_daily": ("account", "dimension"),
}
_NAMES = {"spend": ("campaign", "spend_id"), "traffic_daily": ("value", "traffic_id")}
_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_OF = ("_scope", "import_id")
_LINE = ("account", *NAMED)


def standing(table: Table, versions: pl.LazyFrame) -> pl.LazyFrame:
    """The rows without those that a newer export's window replaces; other tables as they are."""
    if table.name not in _SCOPES:
        return versions
    return versions.join(_replaced(table, versions), on=["import_id", *table.key], how="anti")


def replaced_by(table: Table, versions: pl.LazyFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    """The rows of `versions` that stand now, and that those of a new import, `fresh`, replace without naming them: its
    days hold them no more."""
    if table.name not in _SCOPES or fresh.is_empty():
        return fresh.clear()
    names = versions.collect_schema().names()
    both = pl.concat([versions, fresh.lazy().select(names)])
    key = list(table.key)
    now = standing(table, versions).join(fresh.lazy().select(key), on=key, how="anti")
    if table.name == "spend":
        now = now.join(_known_otherwise(both), on=["import_id", *key], how="anti")
    return now.join(_outside_window(table, both), on=["import_id", *key], how="semi").collect()


def known_otherwise(table: Table, versions: pl.LazyFrame, fresh: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cost lines that `versions` and a new import, `fresh`, know one by name and one by ids: those of `versions` that
    stand now and no longer will, and those of `fresh` that do not count, as the others stand."""
    if table.name != "spend" or fresh.is_empty():
        return fresh.clear(), fresh.clear()
    new = fresh.lazy().select(versions.collect_schema().names())
    gone = _known_otherwise(pl.concat([versions, new]))
    both = [rows.join(gone, on=["import_id", *table.key], how="semi") for rows in (standing(table, versions), new)]
    theirs, ours = pl.collect_all(both)
    return theirs, ours


def _replaced(table: Table, versions: pl.LazyFrame) -> pl.LazyFrame:
    """import_id and natural key of the rows that a newer export replaces: by window, or as costs known otherwise."""
    gone = _outside_window(table, versions)
    return pl.concat([gone, _known_otherwise(versions)]).unique() if table.name == "spend" else gone


def _outside_window(table: Table, versions: pl.LazyFrame) -> pl.LazyFrame:
    """import_id and natural key of the rows that a newer export's window replaces."""
    rows = versions.with_columns(_scope(table).alias("_scope")).filter(pl.col("_scope").is_not_null())
    windows = rows.group_by(_OF).agg(
        pl.col("date_from").min().alias("_start"), pl.col("date_to").max().alias("_end"), pl.col("exported_at").max()
    )
    pairs = windows.join(windows, on="_scope", suffix="_new").filter(
        (pl.col("exported_at_new") > pl.col("exported_at"))
        & (pl.col("_start_new") <= pl.col("_end"))
        & (pl.col("_end_new") >= pl.col("_start"))
    )
    named = pl.concat([rows.select(*_OF, pl.col(name).alias("_name")).drop_nulls() for name in _NAMES[table.name]])
    # Which imports name it: of many names there are few such lists, and only those need be taken in pairs.
    together = named.group_by("_scope", "_name").agg(pl.col("import_id").unique().sort())
    together = together.filter(pl.col("import_id").list.len() > 1).select(*_OF).unique()
    both = together.with_columns(pl.col("import_id").alias("import_id_new"))
    alike = both.explode("import_id").explode("import_id_new").unique()
    covers = pairs.join(alike, on=[*_OF, "import_id_new"], how="semi")
    spans = rows.select(*_OF, "date_from", "date_to").unique().join(covers, on=list(_OF))
    gone = spans.filter((pl.col("date_from") >= pl.col("_start_new")) & (pl.col("date_to") <= pl.col("_end_new")))
    gone = gone.select(*_OF, "date_from", "date_to").unique()
    return rows.join(gone, on=[*_OF, "date_from", "date_to"], how="semi").select("import_id", *table.key)


def _known_otherwise(versions: pl.LazyFrame) -> pl.LazyFrame:
    """import_id, account and spend_id of cost lines that one import knows by names alone and a newer one by ids, or the
    other way round."""
    doubted = versions.group_by(_LINE).agg(
        pl.col("spend_id").n_unique().alias("_ids"), pl.col("import_id").n_unique().alias("_imports")
    )
    doubted = doubted.filter((pl.col("_ids") > 1) & (pl.col("_imports") > 1))
    rows = versions.join(doubted, on=_LINE, how="semi", nulls_equal=True)
    rows = rows.map_batches(_with_named, schema={**versions.collect_schema(), "_named": pl.Boolean})
    told = rows.group_by(*_LINE, "import_id").agg(
        pl.col("exported_at").max().fill_null(_LONG_AGO),
        pl.col("spend_id").unique().alias("_ids"),
        pl.col("_named").all(),
    )
    same_time = pl.col("exported_at_new") == pl.col("exported_at")
    newer = (pl.col("exported_at_new") > pl.col("exported_at")) | (same_time & pl.col("_named"))
    unlike = pl.col("_ids").list.set_intersection("_ids_new").list.len() == 0
    by_names = pl.col("_named") | pl.col("_named_new")
    outdone = told.join(told, on=_LINE, nulls_equal=True, suffix="_new").filter(newer & unlike & by_names)
    gone = rows.join(outdone, on=[*_LINE, "import_id"], how="semi", nulls_equal=True)
    return gone.select("import_id", "account", "spend_id")


def _with_named(rows: pl.DataFrame) -> pl.DataFrame:
    """With `_named`: whether the line is known by names alone."""
    return rows.with_columns((rows["spend_id"] == by_name(rows)).alias("_named"))


def _scope(table: Table) -> pl.Expr:
    """One text for what a row is told of; null where its file need not tell all of its days, as own files of costs."""
    days = pl.when(pl.col("date_from") == pl.col("date_to")).then(pl.lit("day"))
    span = days.otherwise(pl.concat_str("date_from", pl.lit("/"), "date_to"))
    if table.name == "spend":
        level = pl.when(pl.col("ad").is_not_null()).then(2).when(pl.col("adgroup").is_not_null()).then(1).otherwise(0)
        whole = pl.col("account").str.starts_with(pl.concat_str("platform", pl.lit(":")))
    else:
        level, whole = pl.col("hour").is_not_null().cast(pl.Int32), pl.lit(value=True)
    parts = [pl.col(name) for name in _SCOPES[table.name]]
    return pl.when(whole).then(pl.concat_str(*parts, level.cast(pl.String), span, separator="\x1f"))
