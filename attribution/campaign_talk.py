"""Campaign talk: what a campaign made people say, and what contracted people said, apart from everyday talk.

A story by a contracted person is campaign talk on any day. Of the other stories, those above the brand's own baseline
are, on days on which a campaign runs: the baseline is the median day of the 28 before the campaign began on which none
ran. Its return stands beside that of all talk, never instead of it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from attribution.campaigns import Campaign, own_costs, own_credits
from attribution.currency import decimal_text
from attribution.interval import Interval
from attribution.report import Report
from attribution.roi import ENDS, cost_part, interval_json
from config.clock import Period

BASELINE_DAYS = 28
MIN_BASELINE_DAYS = 14
HALF_LIFE = 3.0  # days after which half of what was said is felt no more, where the estimate does not tell
SCHEMA = {"day": pl.Date, "author_key": pl.String, "story": pl.String}


@dataclass(frozen=True)
class CampaignTalk:
    """A period's campaign talk. `by_day`: day, stories, contracted, baseline, above, campaign (Float64; nulls unknown).

    `share` is campaign talk's part of all that was said, carried over days; null where nothing was said or no baseline
    is known. `direct_minor` is counted: what `campaigns.own_credits` finds of each campaign, and credit of touches by a
    contracted person. `indirect` is an allocation: the indirect return of all talk times `share`.
    """

    by_day: pl.DataFrame
    campaigns: tuple[str, ...]
    stories: int
    contracted: int
    above: float | None
    share: float | None
    direct_minor: int
    indirect: Interval | None
    cost_minor: int | None
    margin: float
    missing: tuple[str, ...]

    @property
    def direct_roi(self) -> float | None:
        return self._roi(0)

    @property
    def blended_roi(self) -> tuple[float, float, float] | None:
        if self.indirect is None or not self.cost_minor:
            return None
        low, median, high = (self._roi(getattr(self.indirect, end)) or 0.0 for end in ENDS)
        return low, median, high

    def _roi(self, added: int) -> float | None:
        if not self.cost_minor:
            return None
        return float(((self.direct_minor + added) * Fraction(str(self.margin)) - self.cost_minor) / self.cost_minor)

    def as_json(self, currency: str) -> dict[str, Any]:
        """The entry `campaign_talk` of `earned roi`."""
        return {
            "campaigns": list(self.campaigns),
            "mentions": self.stories,
            "by_contracted": self.contracted,
            "above_baseline": self.above,
            "share": self.share,
            "direct": decimal_text(self.direct_minor, currency),
            "indirect": interval_json(self.indirect, currency),
            "cost": decimal_text(self.cost_minor, currency),
            "roi": {
                "direct": self.direct_roi,
                "blended": dict(zip(ENDS, self.blended_roi or (None,) * 3, strict=True)),
            },
            "missing": list(self.missing),
        }


def talk_by_day(
    stories: pl.DataFrame, *, campaigns: Sequence[Campaign], contracted: Collection[str], period: Period
) -> pl.DataFrame:
    """A row a day of the period: day, stories, contracted, baseline, above, campaign.

    `stories`: SCHEMA, one row a story (copies once), reaching 28 days before the first campaign. baseline and above are
    null on days of a campaign with fewer than 14 quiet days before it; above is 0 where no campaign runs. campaign =
    contracted + above.
    """
    theirs = pl.col("author_key").is_in(list(contracted)).fill_null(False)
    counted = stories.group_by("day").agg(stories=pl.len(), contracted=theirs.sum())
    first = min([period.since, *(one.since for one in campaigns)]) - dt.timedelta(days=BASELINE_DAYS)
    known = stories["day"].min()
    days = pl.DataFrame({"day": pl.date_range(first, period.until, eager=True)})
    every = (
        days.join(counted, on="day", how="left").with_columns(pl.col("stories", "contracted").fill_null(0)).sort("day")
    )
    usual = {row["day"]: row["stories"] - row["contracted"] for row in every.iter_rows(named=True)}
    if isinstance(known, dt.date):
        usual = {day: n for day, n in usual.items() if day >= known}
    running = {day: _baseline(day, campaigns, usual) for day in every["day"].to_list() if _running(day, campaigns)}
    rows = []
    for day, said, by_them in every.filter(pl.col("day") >= period.since).iter_rows():
        base = running.get(day)
        above = 0.0 if day not in running else None if base is None else max(0.0, said - by_them - base)
        rows.append((day, float(said), float(by_them), base, above, None if above is None else by_them + above))
    names = ("stories", "contracted", "baseline", "above", "campaign")
    return pl.DataFrame(rows, schema={"day": pl.Date, **dict.fromkeys(names, pl.Float64)}, orient="row")


def _running(day: dt.date, campaigns: Sequence[Campaign]) -> list[Campaign]:
    return [one for one in campaigns if one.since <= day <= (one.until or day)]


def _baseline(day: dt.date, campaigns: Sequence[Campaign], usual: dict[dt.date, int]) -> float | None:
    """Of the campaign that runs on the day, the earliest to begin: the median of the quiet days before it."""
    begun = min(one.since for one in _running(day, campaigns))
    before = [begun - dt.timedelta(days=back) for back in range(1, BASELINE_DAYS + 1)]
    quiet = sorted(usual[one] for one in before if one in usual and not _running(one, campaigns))
    if len(quiet) < MIN_BASELINE_DAYS:
        return None
    half = len(quiet) // 2
    return (quiet[half] + quiet[-half - 1]) / 2


def campaign_talk(
    report: Report,
    stories: pl.DataFrame,
    *,
    campaigns: Sequence[Campaign],
    contracted: Collection[str],
    half_life: float = HALF_LIFE,
) -> CampaignTalk:
    """The period's campaign talk and its return. `report` as `indirect.blend` gives it; see the module."""
    since, until = report.period.since, report.period.until
    touching = [one for one in campaigns if one.until is None or one.until >= since]
    hired = frozenset(contracted) | frozenset(person for one in touching for person in one.people)
    before = max([since, *(one.since for one in touching)])
    wide = Period(min(since, before) - dt.timedelta(days=BASELINE_DAYS), until)
    days = talk_by_day(stories, campaigns=campaigns, contracted=hired, period=wide)
    share = _carried_share(days, since=since, half_life=half_life)
    inside = days.filter(pl.col("day") >= since)
    missing = _missing(inside, touching, hired)
    all_indirect = report.roi.indirect
    told = share is not None and not missing and all_indirect is not None
    return CampaignTalk(
        by_day=inside,
        campaigns=tuple(sorted({one.name for one in touching if one.since <= until})),
        stories=int(inside["stories"].sum()),
        contracted=int(inside["contracted"].sum()),
        above=None if inside["above"].null_count() else float(inside["above"].sum()),
        share=share if not missing else None,
        direct_minor=_direct(report, campaigns, contracted),
        indirect=_times(all_indirect, share) if told and all_indirect is not None and share is not None else None,
        cost_minor=cost_part(_paid(report, campaigns, contracted), of=report.roi.cost_minor),
        margin=report.roi.margin,
        missing=missing,
    )


def _missing(days: pl.DataFrame, campaigns: Sequence[Campaign], contracted: Collection[str]) -> tuple[str, ...]:
    found = []
    if not campaigns and not contracted:
        found.append("campaigns")
    if days["above"].null_count():
        found.append("baseline")
    return tuple(found)


def _direct(report: Report, campaigns: Sequence[Campaign], people: Collection[str]) -> int:
    """Credit rows of any campaign and of contracted people, each once."""
    window = math.ceil(report.lookback / dt.timedelta(days=1))
    numbered = report.credits.with_row_index("_row")
    theirs = numbered.filter(pl.col("in_scope") & pl.col("person").is_in(list(people)).fill_null(False))
    own = [own_credits(one, numbered, report.ledger, lookback_days=window) for one in campaigns]
    return int(_once([theirs, *own], "credit_minor")["credit_minor"].sum())


def _paid(report: Report, campaigns: Sequence[Campaign], people: Collection[str]) -> pl.DataFrame:
    """Cost rows of any campaign and of contracted people, each once: columns of `report.daily_costs`."""
    numbered = report.daily_costs.with_row_index("_row")
    theirs = numbered.filter(pl.col("influencer").is_in(list(people)).fill_null(False))
    return _once([theirs, *(own_costs(one, numbered) for one in campaigns)], *report.daily_costs.columns)


def _once(parts: Sequence[pl.DataFrame], *columns: str) -> pl.DataFrame:
    together = pl.concat([part.select("_row", *columns) for part in parts])
    return together.unique("_row", keep="first", maintain_order=True).drop("_row")


def _carried_share(days: pl.DataFrame, *, since: dt.date, half_life: float) -> float | None:
    """Campaign talk's part of what is felt in the period: both carried over with the same half-life."""
    keep = 0.5 ** (1 / half_life)
    whole = part = total = mine = 0.0
    for day, said, campaign in days.select("day", "stories", pl.col("campaign").fill_null(0.0)).iter_rows():
        whole, part = keep * whole + said, keep * part + campaign
        if day >= since:
            total, mine = total + whole, mine + part
    return mine / total if total > 0 else None


def _times(interval: Interval, share: float) -> Interval:
    low, median, high = (round(getattr(interval, end) * share) for end in ENDS)
    return Interval(low, median, high)
