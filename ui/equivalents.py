"""What stands beside the ROI: amounts that are no revenue, each from what is stored and what was typed, and the signs
of trust that are no money. `attribution.value` has the formulas; here their inputs are found.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl
import sqlalchemy as sa

from attribution import leads as lead_rules
from attribution import value
from attribution.currency import convert, minor_digits, minor_unit_size, to_minor
from attribution.report import Report
from attribution.value import Equivalent, Kind, Share, UnitValue
from config.clock import Period, last_days
from config.plans import read_given, read_plan
from config.registers import read_people
from config.workspace import Workspace
from listener.feeling import Feeling, feeling
from listener.tables import mention_brands, triage
from listener.tables import mentions as stored
from listener.voice import share_of_voice
from ui import pipeline

ORGANIC = ("Organic Social", "Organic Video")
PAID = ("Paid Social", "Paid Video")
UNITS = ("likes", "follows", "leads")
VALUE_DAYS = 182  # how far back the value of a like, follow or lead is measured
MONEY_INPUTS = ("cpc", "contact_cost", "lead_value", "price_per_thousand")
SHARE_INPUTS = ("deflected_share", "close_rate")
INPUTS = (*MONEY_INPUTS, *SHARE_INPUTS)


@dataclass(frozen=True)
class Beside:
    """What stands beside a period's ROI. `retests`: month by month, of each unit."""

    amounts: tuple[Equivalent, ...]
    retests: Mapping[str, pl.DataFrame]
    shares: tuple[Share, ...]
    feeling: Feeling

    @property
    def savings_minor(self) -> int | None:
        return value.savings(self.amounts)


@dataclass(frozen=True)
class Given:
    """What was typed: numbers by name, money in minor units, and which equivalents are switched on or off."""

    texts: Mapping[str, str]
    unit: int

    def minor(self, name: str) -> int | None:
        amount = _number(self.texts.get(name))
        return None if amount is None else round(amount * self.unit)

    def share(self, name: str) -> float | None:
        found = _number(self.texts.get(name))
        return None if found is None or not 0 <= found <= 1 else float(found)

    def on(self, kind: Kind) -> bool:
        said = self.texts.get(f"on.{kind}")
        return kind in value.ON_BY_DEFAULT if said is None else said == "yes"


def _number(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None


def given(workspace: Workspace) -> Given:
    """The inputs remembered for this workspace."""
    unit = 10 ** minor_digits(workspace.settings.workspace.currency)
    return Given(read_given(workspace.engine), unit)


def beside(workspace: Workspace, report: Report, *, mentions: pl.DataFrame, daily: pl.DataFrame) -> Beside:
    """Everything beside the ROI of the report's period.

    `mentions`: `pipeline.mentions_of` of the period at least, all brands. `daily`: that of `history.history`.
    """
    told = given(workspace)
    own = mentions.filter(pl.col("brand").is_in(pipeline.own_brands(workspace)))
    once = own.unique("mention_id", keep="first", maintain_order=True)
    inside = once.filter(pl.col("day").is_between(report.period.since, report.period.until))
    facts = pipeline.facts_of(workspace)
    every_lead = facts.scan("leads").collect()
    social = _social_leads(workspace, every_lead)
    units, retests = _units(workspace, report, daily, social, told)
    amounts = (
        _clicks(workspace, report, told),
        _service(workspace, inside, told),
        _leads(workspace, report, every_lead, social, told),
        *units,
        value.earned_media_value(
            _sum(inside["reach"]),
            price_per_thousand_minor=told.minor("price_per_thousand"),
            on=told.on("earned_media_value"),
        ),
        _outcomes(workspace, report.period, told),
    )
    return Beside(amounts, retests, _trust(workspace, report, mentions, inside), feeling(inside))


def _sum(column: pl.Series) -> int | None:
    known = column.drop_nulls()
    return int(known.sum()) if known.len() else None


def _clicks(workspace: Workspace, report: Report, told: Given) -> Equivalent:
    start, _end = report.period.bounds(workspace.settings.zone)
    sold = report.credits.filter(pl.col("credit_minor") != 0).select(account="touch_account", touch_id="touch_id")
    came = report.touches.filter(pl.col("channel").is_in(ORGANIC) & (pl.col("touched_at") >= start))
    visits = came.join(
        sold.drop_nulls().unique().with_columns(has_sale=pl.lit(True)), on=["account", "touch_id"], how="left"
    ).select(keyword="utm_term", has_sale=pl.col("has_sale").fill_null(False))
    typed = told.minor("cpc")
    default = float(typed) if typed is not None else _own_click(workspace, report.period)
    return value.cpc_equivalent(
        visits,
        prices=_prices(workspace, report.period.until),
        default_cpc_minor=default,
        on=told.on("cpc_equivalent"),
    )


def _prices(workspace: Workspace, day: dt.date) -> pl.DataFrame:
    prices = pipeline.facts_of(workspace).scan("keyword_prices").select("keyword", "cpc", "currency").collect()
    return (
        _in_currency(workspace, prices.with_columns(day=pl.lit(day)), "cpc")
        .select("keyword", cpc_minor=pl.col("minor").cast(pl.Float64))
        .drop_nulls()
    )


def _in_currency(workspace: Workspace, frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The frame with `minor`, the column in the workspace's currency at the rate of `day`."""
    sized = frame.with_columns(_size=minor_unit_size(frame["currency"]))
    own = sized.with_columns(_own=to_minor(pl.col(column), size=pl.col("_size")))
    return convert(
        own,
        pipeline.exchange_rates(workspace),
        columns={"minor": "_own"},
        to=workspace.settings.workspace.currency,
        day="day",
    )


def _own_click(workspace: Workspace, period: Period) -> float | None:
    """What a click on one's own social ads cost in the 90 days that end with the period; null without such ads."""
    days = last_days(90, until=period.until)
    spend = pipeline.facts_of(workspace).scan("spend").collect()
    from attribution.costs import with_channel

    lower, rules = pl.col("cost_type").str.to_lowercase().fill_null("media"), workspace.settings.channel_rule
    media = with_channel(spend.with_columns(lower), rules=rules).filter(
        (pl.col("cost_type") == "media")
        & pl.col("channel").is_in(PAID)
        & (pl.col("clicks") > 0)
        & pl.col("date_from").is_between(days.since, days.until)
    )
    priced = _in_currency(workspace, media.with_columns(day=pl.col("date_from")), "cost").drop_nulls("minor")
    clicks = int(priced["clicks"].sum())
    return float(priced["minor"].sum()) / clicks if clicks else None


def _service(workspace: Workspace, mentions: pl.DataFrame, told: Given) -> Equivalent:
    asked = mentions.select("mention_id", asked_at="published_at")
    with workspace.engine.connect() as connection:
        rows = connection.execute(
            sa.select(triage.c.mention_id, triage.c.status, triage.c.updated_at).where(
                triage.c.status.in_(("todo", "done"))
            )
        ).all()
    schema: dict[str, Any] = {"mention_id": pl.String, "status": pl.String, "at": pl.Datetime("us", "UTC")}
    work = pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")
    answered = pl.when(pl.col("status") == "done").then("at")
    contacts = asked.join(work, on="mention_id").select("asked_at", answered_at=answered)
    return value.service_savings(
        contacts,
        cost_per_contact_minor=told.minor("contact_cost"),
        deflected_share=told.share("deflected_share"),
        on=told.on("service_savings"),
    )


def _social_leads(workspace: Workspace, leads: pl.DataFrame) -> pl.DataFrame:
    zone = workspace.settings.workspace.timezone
    single = leads.filter(~pl.col("lead_id").str.starts_with(lead_rules.DEAL))
    placed = lead_rules.with_channel(single, rules=workspace.settings.channel_rule).with_columns(
        day=pl.col("created_at").dt.convert_time_zone(zone).dt.date(), stage=pl.col("stage").str.to_lowercase()
    )
    return placed.filter(pl.col("channel").is_in(list(workspace.settings.attribution.social_scope)))


def _leads(workspace: Workspace, report: Report, every: pl.DataFrame, social: pl.DataFrame, told: Given) -> Equivalent:
    """Open leads from social channels; what was not typed is taken from all leads known: share won, mean deal won.

    A deal of no known lead says what one is worth, and nothing about how many leads are won.
    """
    closed = pl.col("won_at").is_not_null() | (pl.col("stage") == "won") | (pl.col("stage") == "lost")
    inside = social.filter(pl.col("day").is_between(report.period.since, report.period.until))
    open_leads = inside.filter(~closed.fill_null(False)).height if every.height else None
    rate, worth = told.share("close_rate"), told.minor("lead_value")
    won = every.filter(pl.col("won_at").is_not_null() | (pl.col("stage").str.to_lowercase() == "won"))
    lost = every.filter(pl.col("stage").str.to_lowercase() == "lost").height
    won_leads = won.filter(~pl.col("lead_id").str.starts_with(lead_rules.DEAL)).height
    if rate is None and won_leads + lost:
        rate = round(won_leads / (won_leads + lost), 4)
    if worth is None and won.height:
        dated = won.with_columns(day=pl.coalesce("won_at", "created_at").dt.date())
        mean = _in_currency(workspace, dated, "deal_amount")["minor"].mean()
        worth = round(mean) if isinstance(mean, float) else None
    return value.lead_value(open_leads, close_rate=rate, value_minor=worth, on=told.on("lead_value"))


def _units(
    workspace: Workspace, report: Report, daily: pl.DataFrame, social: pl.DataFrame, told: Given
) -> tuple[tuple[Equivalent, ...], dict[str, pl.DataFrame]]:
    """The value of a like, a follow and a lead from the last half year, and how it stood at each month's end."""
    zone = workspace.settings.workspace.timezone
    until = report.period.until
    posts = pipeline.facts_of(workspace).scan("posts").select("published_at", "likes", "follows").collect()
    placed = posts.with_columns(day=pl.col("published_at").dt.convert_time_zone(zone).dt.date())
    counted = {
        "likes": placed.group_by("day").agg(n=pl.col("likes").sum(), known=pl.col("likes").count()),
        "follows": placed.group_by("day").agg(n=pl.col("follows").sum(), known=pl.col("follows").count()),
        "leads": social.group_by("day").agg(n=pl.len(), known=pl.len()),
    }
    amounts, retests = [], {}
    back = daily.filter(pl.col("day") <= until).select("day", revenue_minor="direct_minor") if daily.height else None
    for unit in UNITS:
        each = counted[unit].filter(pl.col("known") > 0)
        count = (
            int(each.filter(pl.col("day").is_between(report.period.since, until))["n"].sum()) if each.height else None
        )
        if back is None or each.is_empty():
            worth = UnitValue(unit, None, None, None, 0, 0)
        else:
            days = back.join(each.select("day", units="n"), on="day", how="left").with_columns(
                pl.col("units").fill_null(0)
            )
            recent = last_days(VALUE_DAYS, until=until)
            worth = value.value_per(unit, days.filter(pl.col("day").is_between(recent.since, recent.until)))
            retests[unit] = value.retest(unit, days)
        amounts.append(value.units_worth(count, worth, on=told.on("unit_value")))
    return tuple(amounts), retests


def _outcomes(workspace: Workspace, period: Period, told: Given) -> Equivalent:
    return value.outcomes_value(outcomes(workspace, period), on=told.on("outcomes"))


def outcomes(workspace: Workspace, period: Period) -> pl.DataFrame:
    """The outcomes log of the period: id, day, kind, note, link, value_minor."""
    log = read_plan(workspace.engine, "outcomes")
    inside = log.filter(pl.col("day").is_between(period.since, period.until))
    currency = workspace.settings.workspace.currency
    sized = inside.with_columns(
        _size=minor_unit_size(pl.Series("currency", [currency] * inside.height, dtype=pl.String))
    )
    return sized.select(
        *("id", "day", "kind"),
        pl.col("text").alias("note"),
        "link",
        value_minor=to_minor(pl.col("value"), size=pl.col("_size")),
    )


def _trust(workspace: Workspace, report: Report, mentions: pl.DataFrame, inside: pl.DataFrame) -> tuple[Share, ...]:
    """`mentions`: of all brands; `inside`: the period's of the own brands, each once."""
    period = report.period
    now = pl.col("day").is_between(period.since, period.until)
    voice = share_of_voice(mentions.filter(now))
    ours = voice.filter(pl.col("brand").is_in(pipeline.own_brands(workspace)))
    paid = _paid_people(workspace, report)
    facts = pipeline.facts_of(workspace)
    queries = facts.scan("search_queries").select("query", "clicks", "date_from", "date_to").collect()
    asked = queries.drop_nulls("query").filter(
        (pl.col("date_from") <= period.until) & (pl.col("date_to") >= period.since)
    )
    return (
        Share("share_of_voice", int(ours["mentions"].sum()), int(voice["mentions"].sum())),
        value.returning_mentioners(_speakers(workspace, period, inside)),
        value.word_of_mouth_share(inside.select(is_paid=pl.col("author_key").is_in(paid))),
        value.branded_search(asked, brand_terms=pipeline.own_brands(workspace)),
        _linking(workspace, report),
    )


def _speakers(workspace: Workspace, period: Period, inside: pl.DataFrame) -> pl.DataFrame:
    """author_key, in_period: a row an author who spoke of the own brands in the period, and one if ever before it."""
    start, _end = period.bounds(workspace.settings.zone)
    now = inside.select(pl.col("author_key").drop_nulls().unique().sort())
    query = (
        sa.select(stored.c.author_key)
        .join(mention_brands, mention_brands.c.mention_id == stored.c.mention_id)
        .where(mention_brands.c.brand.in_(pipeline.own_brands(workspace)), stored.c.published_at < start)
        .distinct()
    )
    with workspace.engine.connect() as connection:
        earlier = pl.DataFrame({"author_key": list(connection.scalars(query))}, schema={"author_key": pl.String})
    before = now.join(earlier, on="author_key", how="semi")
    return pl.concat([now.with_columns(in_period=True), before.with_columns(in_period=False)])


def _paid_people(workspace: Workspace, report: Report) -> list[str]:
    people = read_people(workspace.engine)
    contracted = people.filter(pl.col("status") == "contracted")["key"].to_list()
    return sorted({*contracted, *report.codes["owner"].drop_nulls().to_list()})


def _linking(workspace: Workspace, report: Report) -> Share:
    start, end = report.period.bounds(workspace.settings.zone)
    hosts = report.touches.filter((pl.col("channel") == "Referral") & (pl.col("touched_at") >= start))
    named = hosts["referrer_host"].drop_nulls().unique().to_list()
    every = pipeline.facts_of(workspace).scan("touches").filter(pl.col("referrer_host").is_in(named))
    seen = every.filter(pl.col("touched_at") < end).select("referrer_host", in_period=pl.col("touched_at") >= start)
    return value.linking_domains(seen.collect())
