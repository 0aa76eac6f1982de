"""What goals are judged by: the daily figures of the catalogue's metrics, read from where the pages read them too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl
from babel.numbers import get_currency_precision

from attribution import tables
from attribution.breakdown import by_product
from attribution.channels import INFLUENCER
from attribution.goals import SERIES, TREND_DAYS, Assessment, Goal, assess, goal_of
from attribution.leads import DEAL
from attribution.leads import with_channel as lead_channels
from attribution.report import Report
from attribution.roi import known_cost
from config.clock import Period
from config.plans import read_goals
from config.registers import read_people
from config.workspace import Workspace
from ui import pipeline

_ORDER = ["account", "order_id"]
_DAILY = pl.DataFrame(schema={"day": pl.Date, "top": pl.Float64})


@dataclass(frozen=True)
class Figures:
    """Where the figures of `period` come from; `report` and `mentions` are asked for only when a goal needs them."""

    workspace: Workspace
    period: Period
    read_report: Callable[[Period], Report]
    read_mentions: Callable[[Period], pl.DataFrame]

    @cached_property
    def report(self) -> Report:
        return self.read_report(self.period)

    @cached_property
    def mentions(self) -> pl.DataFrame:
        return self.read_mentions(self.period)

    def facts(self, table: tables.Table, time: str) -> pl.DataFrame:
        """The facts of a table with their business day, up to the period's end."""
        found = pipeline.known_facts(self.workspace, table)
        zone = self.workspace.settings.workspace.timezone
        dated = found.with_columns(day=pl.col(time).dt.convert_time_zone(zone).dt.date())
        return dated.filter(pl.col("day") <= self.period.until)

    @cached_property
    def posts(self) -> pl.DataFrame:
        return self.facts(tables.POSTS, "published_at")

    @cached_property
    def leads(self) -> pl.DataFrame:
        scope = self.workspace.settings.attribution.social_scope
        came = self.facts(tables.LEADS, "created_at").filter(~pl.col("lead_id").str.starts_with(DEAL))
        return lead_channels(came, rules=self.workspace.settings.channel_rule).filter(pl.col("channel").is_in(scope))

    @cached_property
    def visits(self) -> pl.DataFrame:
        """The visits from the social scope, with their business day."""
        settings = self.workspace.settings
        zone = settings.workspace.timezone
        dated = self.report.touches.with_columns(day=pl.col("touched_at").dt.convert_time_zone(zone).dt.date())
        social = pl.col("channel").is_in(settings.attribution.social_scope)
        return dated.filter((pl.col("day") >= self.period.since) & social)

    @cached_property
    def credits(self) -> pl.DataFrame:
        """The direct credit with the order's day and products."""
        return self._with_day(self.report.credits.filter("in_scope"))

    def _with_day(self, frame: pl.DataFrame) -> pl.DataFrame:
        days = self.report.ledger.select(*_ORDER, "day")
        return frame.join(days, on=_ORDER, how="left", maintain_order="left")

    @cached_property
    def sold(self) -> pl.DataFrame:
        return self.report.ledger.filter(pl.col("state") == "sold")

    @cached_property
    def code_orders(self) -> pl.DataFrame:
        """The sold orders that redeemed a creator's registered code, once each, with the code's campaign."""
        used = self.report.order_codes.filter((pl.col("state") == "registered") & (pl.col("kind") == "creator"))
        once = used.unique(_ORDER, keep="first", maintain_order=True).select(*_ORDER, "campaign")
        return self.sold.join(once, on=_ORDER, how="inner")

    @cached_property
    def costs(self) -> pl.DataFrame:
        """The costs of the social scope by day, with those whose amount (null) or day is not known."""
        return self.report.daily_costs.filter("in_scope").rename({"date": "day"})


def _of(frame: pl.DataFrame, goal: Goal, **columns: str) -> pl.DataFrame:
    """The rows that fit the goal's filters; `columns`: filter -> column."""
    for name, column in columns.items():
        wanted = goal.filters.get(name, "").lower()
        if not wanted:
            continue
        text = pl.col(column).str.to_lowercase()
        fits = text.str.starts_with(wanted) if name == "page" else text == wanted
        frame = frame.filter(fits.fill_null(False))
    return frame


def _sum(frame: pl.DataFrame, value: pl.Expr) -> pl.DataFrame:
    """day, top: the aggregate `value` of each day."""
    return frame.group_by("day").agg(value.cast(pl.Float64).alias("top")).drop_nulls("day")


def _known(column: str) -> pl.Expr:
    """The sum of what is known; null where none of the rows is: an unknown reach is not a reach of 0."""
    return pl.when(pl.col(column).count() > 0).then(pl.col(column).sum())


Parts = tuple[pl.DataFrame, pl.DataFrame | None, dt.date | None]  # top, bottom by day; the first day known


def _of_brand(mentions: pl.DataFrame, figures: Figures, goal: Goal) -> pl.DataFrame:
    """The mentions of the goal's brand, else of the own brands."""
    if "brand" in goal.filters:
        return _of(mentions, goal, brand="brand")
    return mentions.filter(pl.col("brand").is_in(pipeline.own_brands(figures.workspace)))


def _talk(figures: Figures, goal: Goal) -> pl.DataFrame:
    """The mentions of the goal's brand, else of the own brands, each once."""
    mine = _of_brand(figures.mentions, figures, goal)
    once = mine.unique("mention_id", keep="first", maintain_order=True)
    return _of(once, goal, network="network")


def _since(frame: pl.DataFrame) -> dt.date | None:
    first = frame["day"].min() if frame.height else None
    return first if isinstance(first, dt.date) else None


def _mentions(figures: Figures, goal: Goal) -> Parts:
    return _sum(_talk(figures, goal), pl.len()), None, _since(figures.mentions)


def _talk_reach(figures: Figures, goal: Goal) -> Parts:
    return _sum(_talk(figures, goal), _known("followers")), None, _since(figures.mentions)


def _voice(figures: Figures, goal: Goal) -> Parts:
    """Stories: copies of one text on a day count once, as on the page Sentiment."""
    every = _of(figures.mentions, goal, network="network")
    stories = every.unique(["brand", "cluster_id", "day"], keep="first", maintain_order=True)
    ours = _of_brand(stories, figures, goal)
    return _sum(ours, pl.len()), _sum(stories, pl.len()), _since(figures.mentions)


def _net_sentiment(figures: Figures, goal: Goal) -> Parts:
    scored = _talk(figures, goal).drop_nulls("label")
    balance = (pl.col("label") == "positive").sum().cast(pl.Int64) - (pl.col("label") == "negative").sum()
    return _sum(scored, balance), _sum(scored, pl.len()), _since(figures.mentions)


def _creator_mentions(figures: Figures, goal: Goal) -> Parts:
    people = read_people(figures.workspace.engine).filter(pl.col("status") == "contracted")
    theirs = _talk(figures, goal).filter(pl.col("author_key").is_in(people["key"].to_list()))
    return _sum(theirs, pl.len()), None, _since(figures.mentions)


_KINDS = ("likes", "comments", "shares", "saves")
_REACTIONS = pl.when(pl.any_horizontal(pl.col(*_KINDS).is_not_null())).then(pl.sum_horizontal(*_KINDS))


def _post_reach(figures: Figures, goal: Goal) -> Parts:
    return _sum(_of(figures.posts, goal, network="network"), _known("reach")), None, _since(figures.posts)


def _engagement(figures: Figures, goal: Goal) -> Parts:
    mine = _of(figures.posts, goal, network="network").with_columns(reactions=_REACTIONS)
    return _sum(mine, _known("reactions")), None, _since(figures.posts)


def _engagement_rate(figures: Figures, goal: Goal) -> Parts:
    seen = _of(figures.posts, goal, network="network").filter((pl.col("reach") > 0) & _REACTIONS.is_not_null())
    return _sum(seen, _REACTIONS.sum()), _sum(seen, pl.col("reach").sum()), _since(figures.posts)


def _followers(figures: Figures, goal: Goal) -> Parts:
    """Own accounts together, on days on which every one of them is known."""
    known = figures.facts(tables.ACCOUNT_DAILY, "starts_at").drop("day").rename({"date": "day"})
    mine = _of(known, goal, network="network").drop_nulls("followers")
    accounts = mine.select("account", "network", "handle").n_unique() if mine.height else 0
    whole = mine.group_by("day").agg(top=pl.col("followers").sum().cast(pl.Float64), n=pl.len())
    return whole.filter(pl.col("n") == accounts).select("day", "top"), None, _since(mine)


_VISIT = {"network": "source", "page": "landing_path", "campaign": "campaign"}


def _social_visits(figures: Figures, goal: Goal) -> Parts:
    return _sum(_of(figures.visits, goal, **_VISIT), pl.len()), None, _since(figures.visits)


def _bounce_rate(figures: Figures, goal: Goal) -> Parts:
    known = _of(figures.visits, goal, **_VISIT).drop_nulls("is_bounce")
    return _sum(known, pl.col("is_bounce").sum()), _sum(known, pl.len()), _since(figures.visits)


def _direct(figures: Figures, goal: Goal) -> pl.DataFrame:
    mine = _of(figures.credits, goal, network="source", campaign="campaign")
    if "product" not in goal.filters:
        return mine
    return _of(by_product(mine, figures.report.order_lines), goal, product="product")


def _history(figures: Figures) -> dt.date | None:
    return _since(figures.report.history)


def _conversion_rate(figures: Figures, goal: Goal) -> Parts:
    bottom, _none, since = _social_visits(figures, goal)
    return _direct_orders(figures, goal)[0], bottom, since


def _direct_return(figures: Figures, goal: Goal) -> Parts:
    return _sum(_direct(figures, goal), pl.col("credit_minor").sum()), None, _history(figures)


def _direct_orders(figures: Figures, goal: Goal) -> Parts:
    held = _direct(figures, goal).filter(pl.col("weight") > 0)
    return _sum(held, pl.struct(_ORDER).n_unique()), None, _history(figures)


def _creator_revenue(figures: Figures, goal: Goal) -> Parts:
    mine = _direct(figures, goal).filter(pl.col("channel") == INFLUENCER)
    return _sum(mine, pl.col("credit_minor").sum()), None, _history(figures)


def _code_orders(figures: Figures, goal: Goal) -> Parts:
    return _sum(_of(figures.code_orders, goal, campaign="campaign"), pl.len()), None, _history(figures)


def _code_revenue(figures: Figures, goal: Goal) -> Parts:
    mine = _of(figures.code_orders, goal, campaign="campaign")
    return _sum(mine, pl.col("net_minor").sum()), None, _history(figures)


def _net_revenue(figures: Figures, goal: Goal) -> Parts:
    return _sum(figures.sold, pl.col("net_minor").sum()), None, _history(figures)


def _orders(figures: Figures, goal: Goal) -> Parts:
    return _sum(figures.sold, pl.len()), None, _history(figures)


def _new_customers(figures: Figures, goal: Goal) -> Parts:
    return _sum(figures.sold.filter(pl.col("is_first_order")), pl.len()), None, _history(figures)


def _cost(figures: Figures, goal: Goal) -> pl.DataFrame | None:
    """None where the goal's cost so far is not known: a ratio to a part of it would look better than anybody knows."""
    mine = _of(figures.costs, goal, campaign="campaign")
    so_far = mine.filter(pl.col("day").is_between(goal.since, goal.until) | pl.col("day").is_null())
    if so_far.height and known_cost(so_far) is None:
        return None
    return _sum(mine, pl.col("amount_minor").sum())


_UNKNOWN: Parts = (_DAILY, _DAILY, None)


def _roas(figures: Figures, goal: Goal) -> Parts:
    paid = _cost(figures, goal)
    return _UNKNOWN if paid is None else (_direct_return(figures, goal)[0], paid, _history(figures))


_LEAD = {"network": "source", "campaign": "campaign"}


def _leads(figures: Figures, goal: Goal) -> Parts:
    return _sum(_of(figures.leads, goal, **_LEAD), pl.len()), None, _since(figures.leads)


def _won_leads(figures: Figures, goal: Goal) -> Parts:
    """On the day they were won."""
    zone = figures.workspace.settings.workspace.timezone
    won = figures.leads.with_columns(day=pl.col("won_at").dt.convert_time_zone(zone).dt.date())
    counted = won.filter(pl.col("day") <= figures.period.until)
    return _sum(_of(counted, goal, **_LEAD), pl.len()), None, _since(figures.leads)


def _cost_per_lead(figures: Figures, goal: Goal) -> Parts:
    paid = _cost(figures, goal)
    leads, _none, since = _leads(figures, goal)
    return _UNKNOWN if paid is None else (paid, leads, since)


READERS: dict[str, Callable[[Figures, Goal], Parts]] = {
    "mentions": _mentions,
    "talk_reach": _talk_reach,
    "share_of_voice": _voice,
    "net_sentiment": _net_sentiment,
    "post_reach": _post_reach,
    "followers": _followers,
    "engagement": _engagement,
    "engagement_rate": _engagement_rate,
    "social_visits": _social_visits,
    "bounce_rate": _bounce_rate,
    "conversion_rate": _conversion_rate,
    "leads": _leads,
    "won_leads": _won_leads,
    "cost_per_lead": _cost_per_lead,
    "creator_mentions": _creator_mentions,
    "code_orders": _code_orders,
    "code_revenue": _code_revenue,
    "creator_revenue": _creator_revenue,
    "direct_return": _direct_return,
    "direct_orders": _direct_orders,
    "net_revenue": _net_revenue,
    "orders": _orders,
    "new_customers": _new_customers,
    "roas": _roas,
}


_FROM_VISITS = ("social_visits", "bounce_rate", "conversion_rate")
_FROM_ORDERS = (
    *("conversion_rate", "code_orders", "code_revenue", "creator_revenue", "direct_return", "direct_orders"),
    *("net_revenue", "orders", "new_customers", "roas"),
)


def covered_to(figures: Figures, metric: str) -> dt.date:
    """The last day of which the metric's source tells anything: that of the last visit, of the last order in any state.
    What is listened to, or counted by people, is taken as known to the period's end."""
    ends = [figures.period.until]
    if metric in _FROM_VISITS:
        ends.append(_last(figures.report.touches["touched_at"], figures.workspace) or figures.period.until)
    if metric in _FROM_ORDERS:
        last = figures.report.history["day"].max()
        ends += [last] if isinstance(last, dt.date) else []
    return min(ends)


def _last(times: pl.Series, workspace: Workspace) -> dt.date | None:
    last = times.max()
    return last.astimezone(workspace.settings.zone).date() if isinstance(last, dt.datetime) else None


def series(figures: Figures, goal: Goal) -> pl.DataFrame:
    """The goal's figure a day, columns `goals.SERIES`, from the first known day to the last that its source covers: a
    day without rows is 0, one whose rows are all unknown is null, and so is a level without a row."""
    top, bottom, first = READERS[goal.metric.id](figures, goal)
    start, end = max(figures.period.since, first) if first else None, covered_to(figures, goal.metric.id)
    if start is None or start > end:
        return pl.DataFrame(schema=dict(SERIES))
    days = pl.DataFrame({"day": pl.date_range(start, end, eager=True)})
    under = (_DAILY if bottom is None else bottom).rename({"top": "bottom"})
    told = top.with_columns(_told=pl.lit(True))
    joined = days.join(told, on="day", how="left").join(under, on="day", how="left").sort("day")
    if goal.metric.kind != "level":
        none = pl.col("_told").is_null()
        joined = joined.with_columns(top=pl.when(none).then(0.0).otherwise(pl.col("top")))
    joined = joined.drop("_told")
    return joined if bottom is None else joined.with_columns(pl.col("bottom").fill_null(0.0))


def goals_of(workspace: Workspace, *, archived: bool = False) -> list[Goal]:
    """The goals of the register whose metric is known, by first day."""
    digits = get_currency_precision(workspace.settings.workspace.currency)
    found = [goal_of(row, digits=digits) for row in read_goals(workspace.engine).iter_rows(named=True)]
    return [goal for goal in found if goal is not None and (archived or not goal.archived)]


def reach_back(goals: Sequence[Goal], *, as_of: dt.date) -> Period:
    """The days that judging these goals needs: up to `as_of`, and before each goal as far as its trend is told by."""
    firsts = [goal.since - dt.timedelta(days=max(TREND_DAYS[1], goal.period.days)) for goal in goals]
    return Period(min([*firsts, as_of]), as_of)


def assessed(
    workspace: Workspace,
    goals: Sequence[Goal],
    *,
    as_of: dt.date,
    read_report: Callable[[Period], Report] | None = None,
    read_mentions: Callable[[Period], pl.DataFrame] | None = None,
) -> list[Assessment]:
    """Each goal judged as of a day. What reads report and mentions may be handed in, such as a page's cached ones."""
    figures = Figures(
        workspace,
        reach_back(goals, as_of=as_of),
        read_report or (lambda period: pipeline.attribution_report(workspace, period=period)),
        read_mentions or (lambda period: pipeline.mentions_of(workspace, period)),
    )
    return [assess(goal, series(figures, goal), as_of=as_of) for goal in goals]
