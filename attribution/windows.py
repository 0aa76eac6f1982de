"""What a newer export of the same days no longer holds: costs of platforms and sums of Google Analytics.

Such exports tell all of their days. A row that the newer one of two lacks was taken out or renamed by the platform, and
would count beside what replaced it. So a row counts unless an import with a newer time of export

  * is of the same account, platform, dimension and level (campaign, ad set, ad; days or the same period),
  * has days before or on, and after or on, those of the row, and
  * shares a campaign (of traffic: a value) or a row with the import of this one, so that both tell the same scope.

Which of two imports came first does not matter, and undoing the newer one brings the rows back. Exports of the same
time of export leave each other's rows alone: nothing tells which of them is the newer.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from attribution.tables import Table

_SCOPES: Mapping[str, tuple[str, ...]] = {
    "spend": ("account", "platform", "cost_type"),
    "traffic_daily": ("account", "dimension"),
}
_NAMES = {"spend": ("campaign", "spend_id"), "traffic_daily": ("value", "traffic_id")}
_OF = ("_scope", "import_id")


def standing(table: Table, versions: pl.LazyFrame) -> pl.LazyFrame:
    """The rows without those that a newer export's window replaces; other tables as they are."""
    if table.name not in _SCOPES:
        return versions
    return versions.join(_replaced(table, versions), on=["import_id", *table.key], how="anti")


def replaced_by(table: Table, versions: pl.LazyFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    """The rows of `versions` that stand now, and that those of a new import, `fresh`, replace without naming them."""
    if table.name not in _SCOPES or fresh.is_empty():
        return fresh.clear()
    names = versions.collect_schema().names()
    both = pl.concat([versions, fresh.lazy().select(names)])
    key = list(table.key)
    now = standing(table, versions).join(fresh.lazy().select(key), on=key, how="anti")
    return now.join(_replaced(table, both), on=["import_id", *key], how="semi").collect()


def _replaced(table: Table, versions: pl.LazyFrame) -> pl.LazyFrame:
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
