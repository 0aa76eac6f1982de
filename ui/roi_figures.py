"""The return of a period with all that stands beside it: put together once, shown by the page, the command and the
exported table alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from attribution.campaign_talk import BASELINE_DAYS, CampaignTalk, campaign_talk
from attribution.campaigns import Campaign
from attribution.costs import in_social_scope, with_channel
from attribution.report import Report, attribute
from attribution.roi import RoiReport
from config.clock import Period
from config.plans import read_costs
from config.registers import read_people
from config.workspace import Workspace
from ui import campaign_data, cost_facts, equivalents, history, pipeline

if TYPE_CHECKING:
    from attribution.lift import LiftEstimate

_LONGEST_DAYS = 92  # what has run for longer, and is named by its costs alone, is everyday spending
_TALK_BACK = 120  # days before the period in which a campaign may have begun


@dataclass(frozen=True)
class RoiFigures:
    """`report` holds the blend, and in its ROI the savings that are switched on. `before` and `year_before` are the
    same for the days before and for the same days a year ago; null where nothing is known of those.
    """

    report: Report
    lift: LiftEstimate | None
    before: RoiReport | None
    year_before: RoiReport | None
    talk: CampaignTalk
    beside: equivalents.Beside
    missing_costs: tuple[str, ...]  # kinds of which the period has none, as `earned costs` lists them
    costs_known: Period | None  # from the first to the last day of any cost
    stories: pl.DataFrame  # of the period: day, author_key, story, network

    @property
    def roi(self) -> RoiReport:
        return self.report.roi


def counting_views(workspace: Workspace, window: dt.timedelta) -> Workspace:
    """The workspace as if its settings let what was seen and not clicked count for so long: return, lift and the days
    compared with are then all counted alike."""
    chosen = workspace.settings.attribution.model_copy(update={"view_through": window})
    return replace(workspace, settings=workspace.settings.model_copy(update={"attribution": chosen}))


def roi_figures(
    workspace: Workspace, *, period: Period, now: dt.datetime, model: str | None = None, without_flagged: bool = False
) -> RoiFigures:
    """Everything the ROI page and `earned roi` show of a period."""
    chosen = model or workspace.settings.attribution.model
    report = pipeline.attribution_report(workspace, period=period, model=chosen, without_flagged=without_flagged)
    return figures_of(workspace, report, now=now, without_flagged=without_flagged)


def figures_of(
    workspace: Workspace, report: Report, *, now: dt.datetime, without_flagged: bool = False, estimates: bool = True
) -> RoiFigures:
    """The same from a report that is known already. Without `estimates` nothing estimated stands in it."""
    from attribution import indirect

    looked_back = history.history(workspace, now=now)
    lift = history.lift_of(workspace, now=now) if estimates else None
    period = report.period
    blended = indirect.blend(report, lift)
    campaigns = campaigns_of(workspace, report)
    mentions = pipeline.mentions_of(workspace, Period(period.since - dt.timedelta(days=_TALK_BACK), period.until))
    said = stories(mentions, brands=pipeline.own_brands(workspace))
    beside = equivalents.beside(workspace, report, mentions=mentions, daily=looked_back.daily)
    talk = campaign_talk(blended, said, campaigns=campaigns, contracted=contracted(workspace))
    others = [
        _other(workspace, report, other, lift, without_flagged=without_flagged)
        for other in (period.before(), year_before(period))
    ]
    return RoiFigures(
        report=replace(blended, roi=replace(blended.roi, savings_minor=beside.savings_minor)),
        lift=lift,
        before=others[0],
        year_before=others[1],
        talk=talk,
        beside=beside,
        missing_costs=tuple(cost_facts.missing_costs(report)),
        costs_known=cost_facts.cost_days_known(workspace),
        stories=said.filter(pl.col("day").is_between(period.since, period.until)),
    )


def year_before(period: Period) -> Period | None:
    """The same days a year before, moved by whole weeks, so that weekdays stand against the same weekdays; None for a
    period so long that the two would have days in common."""
    year = dt.timedelta(days=364)
    return Period(period.since - year, period.until - year) if period.days <= year.days else None


def _other(
    workspace: Workspace, report: Report, period: Period | None, lift: LiftEstimate | None, *, without_flagged: bool
) -> RoiReport | None:
    """The blend of another period; None where there is none, or no order of it is known."""
    from attribution import indirect

    if period is None or report.history.filter(pl.col("day").is_between(period.since, period.until)).is_empty():
        return None
    other = attribute(
        pipeline.attribution_inputs(workspace, with_mentions=without_flagged),
        settings=workspace.settings,
        period=period,
        model=report.model,
        lookback=report.lookback,
        rates=pipeline.exchange_rates(workspace),
        without_flagged=without_flagged,
    )
    return indirect.blend(other, lift).roi


def stories(mentions: pl.DataFrame, *, brands: Collection[str]) -> pl.DataFrame:
    """day, author_key, story, network of the brands' mentions: copies of one text once, by their first author."""
    mine = mentions.filter(pl.col("brand").is_in(list(brands)) & pl.col("day").is_not_null())
    return (
        mine.sort("published_at", "mention_id")
        .with_columns(story=pl.coalesce("cluster_id", "mention_id"))
        .unique("story", keep="first", maintain_order=True)
        .select("day", "author_key", "story", "network")
    )


def contracted(workspace: Workspace) -> list[str]:
    """The people we have a contract with."""
    people = read_people(workspace.engine)
    return sorted(people.filter(pl.col("status") == "contracted")["key"].to_list())


def campaigns_of(workspace: Workspace, report: Report) -> list[Campaign]:
    """The registered campaigns, and those that social costs alone name (imported or written down), on the days of these
    costs."""
    end, first = report.period.until, report.period.since - dt.timedelta(days=_TALK_BACK - BASELINE_DAYS)
    registered = campaign_data.campaigns_of(workspace)
    known = {name for one in registered for name in (one.name.lower(), *one.tags, *one.cost_names)}
    found = registered + [one for one in _named_by_costs(workspace) if one.name.lower() not in known]
    clipped = [replace(one, since=max(one.since, first)) for one in found if (one.until or end) >= first]
    return [one for one in clipped if one.since <= end]


def _named_by_costs(workspace: Workspace) -> list[Campaign]:
    """The campaigns of social costs, by name; what ran for longer than _LONGEST_DAYS is left out."""
    scope = workspace.settings.attribution.social_scope
    spend = pipeline.facts_of(workspace).scan("spend").collect()
    lower = pl.col("cost_type").str.to_lowercase().fill_null("media")
    placed = with_channel(spend.with_columns(lower), rules=workspace.settings.channel_rule)
    columns = ("campaign", "date_from", "date_to", "channel")
    lines = pl.concat([placed.select(columns), read_costs(workspace.engine).select(columns)])
    named = (
        lines.filter(in_social_scope(scope))
        .drop_nulls(["campaign", "date_from"])
        .group_by(pl.col("campaign").str.strip_chars().str.to_lowercase().alias("_name"))
        .agg(
            pl.col("campaign").first().str.strip_chars(),
            pl.col("date_from").min(),
            until=pl.max_horizontal("date_from", "date_to").max(),
        )
        .filter((pl.col("until") - pl.col("date_from")).dt.total_days() < _LONGEST_DAYS)
        .sort("_name")
    )
    return [Campaign(name, name, since, until) for _key, name, since, until in named.iter_rows()]
