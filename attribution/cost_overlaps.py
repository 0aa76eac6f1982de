"""Costs that would count twice: a period beside its days, overlapping periods, a campaign beside its own ads.

Only media costs are judged, as platforms state them: a fee for May and another for one day of May are two costs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from attribution.cost_ids import level
from config.intake import IntakeError

PERIOD, LEVEL = "period", "level"
_CAMPAIGN = ("account", "platform", "campaign", "person", "currency")
_LINE = (*_CAMPAIGN, "adgroup", "ad")
_LEVELS = ("whole campaigns", "ad sets", "ads")
_SHOWN = 3


@dataclass(frozen=True)
class Twice:
    """Costs of the same campaigns and days that two statements hold, each in its own grain.

    `lines`: (a line of the new statement, one of the held statement), the first such pair; `imports`: which imports
    hold the other statement, None where it is the same file; `grains`: how finely each tells them, in words.
    """

    why: str  # period | level
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
    return [_told(why, pairs) for why, pairs in found if pairs.height]


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
    named = [pl.col("campaign").is_in(list(one.campaigns)) | pl.col("campaign").is_null() for one in found]
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


def _grain(why: str, row: dict[str, object], whose: str) -> str:
    if why == LEVEL:
        return _LEVELS[int(str(row[f"grain{whose}"]))]
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
