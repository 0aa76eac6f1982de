"""What a newer export of the same days no longer holds: costs of platforms and sums of Google Analytics.

Such exports tell all of their days. A row that the newer one of two lacks was taken out or renamed by the platform, and
would count beside what replaced it. So a row counts unless an import with a newer time of export

  * is of the same account, platform, dimension and level (campaign, ad set, ad; days or the same period),
  * has days before or on, and after or on, those of the row,
  * shares a campaign (of traffic: a value) or a row with the import of this one, so that both tell the same scope, and
  * where costs are told and nobody stated when it was exported: holds the row's campaign, by name or by a row of it.
    What was spent stays spent, and a platform's list of campaigns is easily filtered; so a campaign that is absent from
    an export which only seems newer, by its latest day, still counts. A row that names no campaign is one of its own.

Which of two imports came first does not matter, and undoing the newer one brings the rows back. Exports of the same
time of export leave each other's rows alone: nothing tells which of them is the newer.

A cost line is known by the platform's ids where the export holds them, else by names. Where one import knows a line of
the same days by names alone and another by ids, both tell one cost: that of the newer export stands, of two of the same
time that with ids. Lines of two ids are two costs, whatever their names. Of own files of costs all lines count, also
those that look alike once a person has been forgotten.

`stated`: the imports whose time of export is known, and not only inferred from what they hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from attribution.cost_ids import NAMED, by_name, level
from attribution.tables import Table

_SCOPES: Mapping[str, tuple[str, ...]] = {
    "spend": ("account", "platform", "cost_type"),
    "traffic_daily": ("account", "dimension"),
}
_NAMES = {"spend": ("campaign", "spend_id"), "traffic_daily": ("value", "traffic_id")}
_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_OF = ("_scope", "import_id")
# What the rows of an import that stand or fall together have in common: days and campaign (of traffic: value).
_LINES = (*_OF, "date_from", "date_to", "_campaign")
_LINE = ("account", *NAMED)


def standing(table: Table, versions: pl.LazyFrame, *, stated: Collection[int] = ()) -> pl.LazyFrame:
    """The rows without those that a newer export's window replaces; other tables as they are."""
    if table.name not in _SCOPES:
        return versions
    return versions.join(_replaced(table, versions, stated=stated), on=["import_id", *table.key], how="anti")


@dataclass(frozen=True)
class Absent:
    """Rows of stored imports and of a new one that the newer of the two does not hold, though they lie in its days.

    `gone`: stored, and no longer counting; `ours`: of the new import, which is the older export; `left`: stored, and
    counting all the same.
    """

    gone: pl.DataFrame
    ours: pl.DataFrame
    left: pl.DataFrame


def absent(table: Table, versions: pl.LazyFrame, fresh: pl.DataFrame, *, stated: Collection[int] = ()) -> Absent:
    """What the rows of a new import, `fresh`, and those of `versions` that stand now replace of each other without
    naming it: the days of the newer hold it no more."""
    if table.name not in _SCOPES or fresh.is_empty():
        return Absent(fresh.clear(), fresh.clear(), fresh.clear())
    new = fresh.lazy().select(versions.collect_schema().names())
    both = pl.concat([versions, new])
    key = list(table.key)
    now = standing(table, versions, stated=stated).join(new.select(key), on=key, how="anti")
    ours = new.join(versions.select(key), on=key, how="anti")
    if table.name == "spend":
        otherwise = _known_otherwise(both)
        now, ours = (rows.join(otherwise, on=["import_id", *key], how="anti") for rows in (now, ours))
    lines = _covered(table, both, stated=stated).collect().lazy()  # once: few beside the rows, and asked twice
    mine = lines.filter(pl.col("import_id_new").is_in(fresh["import_id"].unique().to_list()))
    lost = _of_lines(table, both, lines.filter("_held"))
    on = ["import_id", *key]
    left = now.join(lost, on=on, how="anti").join(_of_lines(table, versions, mine), on=on, how="semi")
    gone, outdone = (rows.join(lost, on=on, how="semi") for rows in (now, ours))
    return Absent(*pl.collect_all([gone, outdone, left]))


def known_otherwise(
    table: Table, versions: pl.LazyFrame, fresh: pl.DataFrame, *, stated: Collection[int] = ()
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cost lines that `versions` and a new import, `fresh`, know one by name and one by ids: those of `versions` that
    stand now and no longer will, and those of `fresh` that do not count, as the others stand."""
    if table.name != "spend" or fresh.is_empty():
        return fresh.clear(), fresh.clear()
    new = fresh.lazy().select(versions.collect_schema().names())
    gone = _known_otherwise(pl.concat([versions, new]))
    both = [
        rows.join(gone, on=["import_id", *table.key], how="semi")
        for rows in (standing(table, versions, stated=stated), new)
    ]
    theirs, ours = pl.collect_all(both)
    return theirs, ours


def _replaced(table: Table, versions: pl.LazyFrame, *, stated: Collection[int]) -> pl.LazyFrame:
    """import_id and natural key of the rows that a newer export replaces: by window, or as costs known otherwise."""
    gone = _of_lines(table, versions, _covered(table, versions, stated=stated).filter("_held"))
    return pl.concat([gone, _known_otherwise(versions)] if table.name == "spend" else [gone]).unique()


def _scoped(table: Table, versions: pl.LazyFrame) -> pl.LazyFrame:
    named, row = _NAMES[table.name]
    campaign = pl.coalesce(named, row) if table.name == "spend" else pl.col(named)
    scoped = versions.with_columns(_scope(table).alias("_scope"), campaign.alias("_campaign"))
    return scoped.filter(pl.col("_scope").is_not_null())


def _of_lines(table: Table, versions: pl.LazyFrame, lines: pl.LazyFrame) -> pl.LazyFrame:
    """import_id and natural key of the rows that such lines are of."""
    on = list(_LINES)
    found = _scoped(table, versions).join(lines.select(on).unique(), on=on, how="semi", nulls_equal=True)
    return found.select("import_id", *table.key)


def _covered(table: Table, versions: pl.LazyFrame, *, stated: Collection[int]) -> pl.LazyFrame:
    """The `_LINES` in the days of a newer export (`import_id_new`) of their scope; `_held`: that one replaces them."""
    rows = _scoped(table, versions)
    windows = rows.group_by(_OF).agg(
        pl.col("date_from").min().alias("_start"), pl.col("date_to").max().alias("_end"), pl.col("exported_at").max()
    )
    pairs = windows.join(windows, on="_scope", suffix="_new").filter(
        (pl.col("exported_at_new") > pl.col("exported_at"))
        & (pl.col("_start_new") <= pl.col("_end"))
        & (pl.col("_end_new") >= pl.col("_start"))
    )
    shared = _shared(rows, _NAMES[table.name])
    alike = shared.select(*_OF, "import_id_new").unique()
    covers = pairs.join(alike, on=[*_OF, "import_id_new"], how="semi")
    spans = rows.select(*_OF, "date_from", "date_to").unique().join(covers, on=list(_OF))
    covered = spans.filter((pl.col("date_from") >= pl.col("_start_new")) & (pl.col("date_to") <= pl.col("_end_new")))
    covered = covered.select(*_OF, "date_from", "date_to", "import_id_new").unique()
    found = rows.select(_LINES).unique().join(covered, on=[*_OF, "date_from", "date_to"])
    held = shared.select(*_OF, "import_id_new", "_campaign", pl.lit(value=True).alias("_shared"))
    found = found.join(held, on=[*_OF, "import_id_new", "_campaign"], how="left", nulls_equal=True)
    whole = pl.lit(table.name != "spend") | pl.col("import_id_new").is_in(list(stated))
    return found.with_columns((whole | pl.col("_shared").fill_null(False)).alias("_held"))


def _shared(rows: pl.LazyFrame, names: Sequence[str]) -> pl.LazyFrame:
    """Per scope, each campaign (`_campaign`) of an import with each other import that holds it, by one of `names`."""
    told = pl.concat([rows.select(*_OF, "_campaign", pl.col(name).alias("_name")) for name in names])
    told = told.filter(pl.col("_name").is_not_null())
    # Which imports name it: of many names there are few such lists, and only those need be taken in pairs.
    together = told.group_by("_scope", "_name").agg(pl.col("import_id").unique().sort(), pl.col("_campaign").unique())
    together = together.filter(pl.col("import_id").list.len() > 1).select(*_OF, "_campaign").unique()
    both = together.with_columns(pl.col("import_id").alias("import_id_new"))
    return both.explode("_campaign").unique().explode("import_id").explode("import_id_new").unique()


def _known_otherwise(versions: pl.LazyFrame) -> pl.LazyFrame:
    """import_id, account and spend_id of cost lines that one import knows by names alone and a newer one by ids, or the
    other way round."""
    versions = versions.filter(_of_platform())
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


def _of_platform() -> pl.Expr:
    """Whether a cost line is of an account of its platform, and not of an own file."""
    return pl.col("account").str.starts_with(pl.concat_str("platform", pl.lit(":")))


def _scope(table: Table) -> pl.Expr:
    """One text for what a row is told of; null where its file need not tell all of its days, as own files of costs."""
    days = pl.when(pl.col("date_from") == pl.col("date_to")).then(pl.lit("day"))
    span = days.otherwise(pl.concat_str("date_from", pl.lit("/"), "date_to"))
    if table.name == "spend":
        grain = level()
        whole = _of_platform()
    else:
        grain, whole = pl.col("hour").is_not_null().cast(pl.Int32), pl.lit(value=True)
    parts = [pl.col(name) for name in _SCOPES[table.name]]
    return pl.when(whole).then(pl.concat_str(*parts, grain.cast(pl.String), span, separator="\x1f"))
