"""Costs that would count twice: a period beside its days, overlapping periods, a campaign beside its own ads, and ids
beside names.

Only media costs are judged, as platforms state them: a fee for May and another for one day of May are two costs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from attribution.cost_ids import by_name, level
from config.intake import IntakeError

PERIOD, LEVEL, NAMES = "period", "level", "names"
_CAMPAIGN = ("account", "platform", "campaign", "person", "currency")
_LINE = (*_CAMPAIGN, "adgroup", "ad")
_LEVELS = ("whole campaigns", "ad sets", "ads")
_TOLD = ("campaigns by name", "campaigns by the platform's ids alone", "ads or ad sets without their campaign")
_BY_NAME, _BY_ID, _UNPLACED = range(3)
_SHOWN = 3


@dataclass(frozen=True)
class Twice:
    """Costs of the same campaigns and days that two statements hold, each in its own grain.

    `lines`: (a line of the new statement, one of the held statement), the first such pair; `imports`: which imports
    hold the other statement, None where it is the same file; `grains`: how finely each tells them, in words.
    """

    why: str  # period | level | names; of names no campaign is said, as those of one statement are not the other's
    campaigns: tuple[str, ...]
    first_day: dt.date
    last_day: dt.date
    grains: tuple[str, str]
    lines: tuple[int, int]
    imports: tuple[int, ...]


def told_twice(new: pl.DataFrame, held: pl.DataFrame) -> list[Twice]:
    """What `new` and `held` both tell, for each reason there is. Both are tables.SPEND; `new` has source_line, `held`
    import_id (or source_line: then it is the same file).

    Two statements are of one cost when account, platform, campaign, person and currency are the same and a day lies in
    both. They count twice where their days differ (`period`; then ad set and ad are the same too), or where one tells
    ad sets or ads and the other does not (`level`). The same days at the same level are one statement, restated.
    """
    fresh, stored = _by_day(new), _by_day(held)
    if fresh.is_empty() or stored.is_empty():
        return []
    whole_days = all(frame.select((pl.col("date_from") == pl.col("date_to")).all()).item() for frame in (fresh, stored))
    spans = ["date_from", "date_to"]
    found = [] if whole_days else [(PERIOD, _pairs(fresh, stored, same=_LINE, differs=spans))]
    found.append((LEVEL, _pairs(fresh, stored, same=_CAMPAIGN, differs=["level"])))
    twice = [_told(why, pairs) for why, pairs in found if pairs.height]
    return twice or _named_otherwise(new, held)


def overlapping(new: pl.DataFrame, held: pl.LazyFrame) -> pl.DataFrame:
    """The rows of `held` that may be of the same costs as `new`: same account and platform, days within its span."""
    if new.is_empty():
        return held.head(0).collect()
    start, end = new.select(pl.col("date_from").min(), pl.col("date_to").max()).row(0)
    near = (pl.col("date_to") >= start) & (pl.col("date_from") <= end)
    places = new.lazy().select("account", "platform").unique()
    return held.filter(near).join(places, on=["account", "platform"], how="semi", nulls_equal=True).collect()


def any_of(found: Sequence[Twice]) -> pl.Expr:
    """Whether a cost line is of the campaigns and days of one of them."""
    days = [(pl.col("date_to") >= one.first_day) & (pl.col("date_from") <= one.last_day) for one in found]
    named = [
        pl.col("campaign").is_in(list(one.campaigns)) | pl.col("campaign").is_null() | pl.lit(one.why == NAMES)
        for one in found
    ]
    return pl.any_horizontal(pl.lit(False), *(day & name for day, name in zip(days, named, strict=True)))


def _by_day(rows: pl.DataFrame) -> pl.DataFrame:
    """A row a day and distinct statement: who says it (`source_line` or `import_id` as `by`), at which level."""
    by = "import_id" if "import_id" in rows.columns else "source_line"
    media = rows.filter(pl.col("cost_type") == "media").with_columns(level(), pl.col(by).alias("by"))
    known = media.group_by(*_LINE, "date_from", "date_to", "level").agg(pl.col("by").unique().sort())
    return known.with_columns(pl.date_ranges("date_from", "date_to").alias("day")).explode("day")


def _pairs(fresh: pl.DataFrame, stored: pl.DataFrame, *, same: Sequence[str], differs: Sequence[str]) -> pl.DataFrame:
    """Days on which both tell the same thing differently; reduced to what decides before they are joined."""
    on = [*same, "day"]

    def statements(frame: pl.DataFrame) -> pl.DataFrame:
        known = frame.group_by(*on, *differs).agg(
            pl.col("by").list.explode(keep_nulls=False, empty_as_null=False).unique().sort(),
            pl.col("date_from").min().alias("since"),
            pl.col("date_to").max().alias("until"),
            pl.col("level").min().alias("grain"),
        )
        return known.with_columns(pl.struct(differs).alias("told"))

    both = statements(fresh).join(statements(stored), on=on, nulls_equal=True, suffix="_held")
    return both.filter(pl.col("told") != pl.col("told_held"))


def _told(why: str, pairs: pl.DataFrame) -> Twice:
    first = pairs.sort(pl.col("by").list.min(), pl.col("by_held").list.min(), "day").row(0, named=True)
    campaigns = pairs["campaign"].unique().drop_nulls().sort().to_list()
    start, end = pairs.select(pl.col("day").min().alias("start"), pl.col("day").max().alias("end")).row(0)
    return Twice(
        why=why,
        campaigns=tuple(campaigns),
        first_day=start,
        last_day=end,
        grains=(_grain(why, first, ""), _grain(why, first, "_held")),
        lines=(min(first["by"]), min(first["by_held"])),
        imports=tuple(pairs["by_held"].explode().unique().sort().to_list()),
    )


def _named_otherwise(new: pl.DataFrame, held: pl.DataFrame) -> list[Twice]:
    """What an import held and the new one tell of a platform's same days, and do not call alike in a single line."""
    if "import_id" not in held.columns:
        return []
    fresh, stored = _called(new.with_columns(by="source_line")), _called(held.with_columns(by="import_id"))
    if pl.concat([fresh["called"], stored["called"]]).n_unique() < 2:
        return []
    alike = ["account", "platform"]  # not the currency: tables of ids seldom name one
    ways = fresh.group_by(alike).agg(pl.col("called").unique(), pl.col("spend_id").unique())
    theirs = stored.group_by(*alike, "by").agg(pl.col("called").unique(), pl.col("spend_id").unique())
    both = ways.join(theirs, on=alike, nulls_equal=True, suffix="_held").filter(
        *(pl.col(name).list.set_intersection(f"{name}_held").list.len() == 0 for name in ("called", "spend_id"))
    )
    doubted = stored.join(both.select(*alike, "by"), on=[*alike, "by"], how="semi", nulls_equal=True)
    pairs = _days(fresh, alike).join(_days(doubted, alike), on=[*alike, "day"], nulls_equal=True, suffix="_held")
    return [_told(NAMES, pairs.with_columns(pl.lit(None, dtype=pl.String).alias("campaign")))] if pairs.height else []


def _called(rows: pl.DataFrame) -> pl.DataFrame:
    """Media costs of a platform's own exports, with `called`: how they tell their campaign, a place in _TOLD."""
    whole = pl.col("account").str.starts_with(pl.concat_str("platform", pl.lit(":"))).fill_null(value=False)
    media = rows.filter(whole & (pl.col("cost_type") == "media"))
    campaign, part = pl.col("campaign"), pl.any_horizontal(pl.col("adgroup", "ad").is_not_null())
    media = media.filter(campaign.is_not_null() | part).with_columns(
        pl.when(campaign.is_null()).then(_UNPLACED).otherwise(_BY_NAME).alias("called")
    )
    numbers = media.filter(campaign.str.contains(r"^\d+$"))  # where a campaign has no name, its id stands for it
    ids = numbers.filter(numbers["spend_id"] != by_name(numbers)).select("spend_id").unique()
    known = media.join(ids.with_columns(_id=pl.lit(value=True)), on="spend_id", how="left")
    return known.with_columns(pl.when("_id").then(_BY_ID).otherwise("called").alias("called"))


def _days(rows: pl.DataFrame, alike: Sequence[str]) -> pl.DataFrame:
    """A row a day: who tells it (`by`), and how (`grain`, a place in _TOLD)."""
    by_day = rows.with_columns(pl.date_ranges("date_from", "date_to").alias("day")).explode("day")
    return by_day.group_by(*alike, "day").agg(pl.col("by").unique().sort(), pl.col("called").max().alias("grain"))


def _grain(why: str, row: dict[str, object], whose: str) -> str:
    if why == LEVEL:
        return _LEVELS[int(str(row[f"grain{whose}"]))]
    if why == NAMES:
        return _TOLD[int(str(row[f"grain{whose}"]))]
    since, until = row[f"since{whose}"], row[f"until{whose}"]
    return "single days" if since == until else f"the period {since} to {until}"


def refuse_twice(costs: pl.DataFrame) -> None:
    """Raises CostsOverlapError where the lines of one file (with source_line) tell costs twice in different grains."""
    found = told_twice(costs, costs)
    if found:
        raise CostsOverlapError(found[0])


class CostsOverlapError(IntakeError):
    """One file tells the same costs twice: by day and for a period, or by campaign and by ad."""

    def __init__(self, twice: Twice) -> None:
        self.twice = twice
        one, other = (f"line {line} tells {grain}" for line, grain in zip(twice.lines, twice.grains, strict=True))
        keep = "the days or the period" if twice.why == PERIOD else "the campaigns or what they consist of"
        super().__init__(
            file="spend",
            problem=f"its {costs_named(twice)} stand in it twice and would count twice: {one}, {other}. Nothing was "
            "changed",
            cure=f"Choose one: keep {keep} and import again; costs that are not the same need a campaign of their own",
        )


def costs_named(twice: Twice) -> str:
    """`its costs of campaign "spring" and 3 others from 2026-05-01 to 2026-05-31`, without the first word."""
    named = ", ".join(f'"{name[:60]}"' for name in twice.campaigns[:_SHOWN])
    more = len(twice.campaigns) - _SHOWN
    campaigns = f" of {named}{f' and {more} other campaigns' if more > 0 else ''}" if named else ""
    one_day = twice.first_day == twice.last_day
    days = f"on {twice.first_day}" if one_day else f"from {twice.first_day} to {twice.last_day}"
    return f"costs{campaigns} {days}"
