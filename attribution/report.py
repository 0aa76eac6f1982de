"""Attribution from inputs to figures: the table of contents of this half, and what it hands to those who show it.

`attribute()` reads like the flow: a ledger of orders, who placed them, which codes and visits led to them, whose credit
it is, which mentions show it, what it cost, what came back. Everything is a pure function of its arguments.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from attribution import tables
from attribution.breakdown import BREAKDOWNS as BREAKDOWNS
from attribution.breakdown import NOT_SET as NOT_SET
from attribution.breakdown import By as By
from attribution.breakdown import breakdown, by_product
from attribution.cash import CashView, cash_view
from attribution.channels import channel_of
from attribution.codes import REGISTERED, code_report, match_codes
from attribution.conflicts import conflict_report, settle
from attribution.conversions import conversion_credit, conversion_ledger
from attribution.costs import cost_days, cost_lines, daily_commissions, in_social_scope
from attribution.currency import decimal_text
from attribution.identity import NO_MATCH, Identity, link_orders, one_customer
from attribution.journeys import VIEW, build_journeys, build_null_journeys
from attribution.leakage import BASELINE, Leakage, code_leakage
from attribution.ledger import SOLD, UNCONVERTED, UNSOLD, order_ledger
from attribution.links import apply_links
from attribution.matching import credited_mentions, match_mentions, matched_revenue
from attribution.payments import with_payments
from attribution.roi import Buckets, RoiReport, in_period, roi_report
from attribution.rules import Model, credit
from attribution.shares import SHARE_MODELS, channel_shares, journey_paths
from config.channel_rules import ChannelRule
from config.clock import Period
from config.plans import COSTS_SCHEMA
from config.registers import CODES_SCHEMA, LINKS_SCHEMA, PEOPLE_SCHEMA
from config.settings import Settings


def _empty(table: tables.Table) -> pl.LazyFrame:
    return table.empty().lazy()


@dataclass(frozen=True)
class Inputs:
    """What is attributed: facts as the tables of `attribution.tables` (further columns are left alone), registers as
    `config.registers.read_codes`, `read_people` and `read_links` give them, mentions as `tables.MENTIONS`. All time,
    not the period: visits and orders before it decide journeys. Eager or lazy frames alike.
    """

    orders: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.ORDERS))
    order_codes: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.ORDER_CODES))
    order_lines: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.ORDER_LINES))
    refunds: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.REFUNDS))
    touches: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.TOUCHES))
    conversions: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.CONVERSIONS))
    spend: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.SPEND))
    mentions: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.MENTIONS))
    codes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CODES_SCHEMA))
    people: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PEOPLE_SCHEMA))
    links: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LINKS_SCHEMA))
    costs: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict(COSTS_SCHEMA)))


@dataclass(frozen=True)
class Report:
    """The figures of a period under one model. Money columns end in `_minor`: integer minor units of `currency`.

    Breakdowns (`by_*`) have name, credited, conversions, revenue_minor, cost_minor, roas, share; the rows with
    credited = false (Direct, "(none)") state apart what no channel earned, so that each table sums to the total.
    """

    period: Period
    model: str
    lookback: dt.timedelta
    currency: str
    ledger: pl.DataFrame  # the period's orders of every state, with match_method
    history: pl.DataFrame  # the ledger of all time
    touches: pl.DataFrame  # visits of the period, and earlier ones on the paths of its orders; with channel
    journeys: pl.DataFrame  # one row a touchpoint of the period's sold orders
    null_journeys: pl.DataFrame  # one row a visit of a journey that ended in the period without an order
    credits: pl.DataFrame  # the rows of `journeys` with weight, value_weight, credit_minor, in_scope
    conversions: pl.DataFrame  # touchpoints before the period's conversions of other kinds, with weight and value
    by_channel: pl.DataFrame
    by_campaign: pl.DataFrame
    by_influencer: pl.DataFrame
    by_code: pl.DataFrame
    by_product: pl.DataFrame
    codes: pl.DataFrame  # redemptions a code, unknown codes listed too
    leakage: Leakage  # signs that a code leaked, with the orders that show them
    conflicts: pl.DataFrame  # a row a policy: conflict rate, money moved against the default
    order_lines: pl.DataFrame  # of the period's orders
    order_codes: pl.DataFrame  # the codes on the period's orders, each with its state
    evidence: pl.DataFrame  # mention x visit or order, with the kind of evidence
    matched_revenue: pl.DataFrame  # a row a mention: visits, orders, revenue_minor; never to be summed
    mention_credit: pl.DataFrame  # each direct credit row handed to a mention; mention_id null = no mention found
    credited_revenue: pl.DataFrame  # a row a mention (and one with null): orders, credited_minor; sums to direct
    roi: RoiReport
    cash: CashView  # net revenue with refunds on the day they were paid
    costs: pl.DataFrame  # a row a cost line in the period, with channel, in_scope and cost_minor: `costs.cost_lines`
    daily_costs: pl.DataFrame  # the same, a row a line and day: `costs.daily_costs`, with in_scope
    costs_left_out: pl.DataFrame  # what would count twice, as `daily_costs`, with left_out: `costs.cost_days`
    unconverted: pl.DataFrame  # kind (order | spend), account, id, reason: outside every total
    unsold: pl.DataFrame  # reason, orders
    orders: int  # sold orders of the period
    unmatched_orders: int  # of these, without any visit
    channel_rules: tuple[ChannelRule, ...] = ()  # by which channels are named, in front of the built-in ones

    @property
    def buckets(self) -> Buckets:
        return self.roi.buckets

    @property
    def unmatched_share(self) -> float | None:
        """The share of sold orders that joined no visit; null without orders."""
        return self.unmatched_orders / self.orders if self.orders else None

    def breakdown(self, by: By) -> pl.DataFrame:
        frames = {
            "channel": self.by_channel,
            "campaign": self.by_campaign,
            "influencer": self.by_influencer,
            "code": self.by_code,
            "product": self.by_product,
        }
        return frames[by]

    def channels_json(self, by: By = "channel") -> dict[str, Any]:
        """The document of `earned channels`: rows of credited revenue only, so that they sum to `credited`."""
        rows = [
            {
                by: row["name"],
                "conversions": row["conversions"],
                "revenue": decimal_text(row["revenue_minor"], self.currency),
                "cost": decimal_text(row["cost_minor"], self.currency),
                "roas": row["roas"],
                "share": row["share"],
            }
            for row in self.breakdown(by).filter(pl.col("credited")).iter_rows(named=True)
        ]
        return {
            "rows": rows,
            "total": decimal_text(self.buckets.total, self.currency),
            "credited": decimal_text(self.buckets.credited, self.currency),
            "uncredited": decimal_text(self.buckets.uncredited, self.currency),
            "currency": self.currency,
            "model": self.model,
            "lookback_days": _days(self.lookback),
        }

    def roi_json(self) -> dict[str, Any]:
        """The document of `earned roi`."""
        return self.roi.as_json()


def attribute(
    inputs: Inputs,
    *,
    settings: Settings,
    period: Period,
    model: str,
    lookback: dt.timedelta,
    rates: pl.DataFrame,
    without_flagged: bool = False,
) -> Report:
    """The report of the orders of `period` (business days, both ends included), credited under `model`.

    without_flagged: codes on orders that show a sign of leakage count for nothing, as evidence of a mention neither;
    they stay listed in `codes`, `order_codes` and `leakage`. `rates` as `currency.load_rates()`
    gives them. Raises ValueError for an unknown model.
    """
    currency = settings.workspace.currency
    joined = _join(inputs, settings=settings, period=period, lookback=lookback, rates=rates)
    facts, ledger, mine, identity = joined.facts, joined.ledger, joined.mine, joined.identity
    touches, redeemed, lines = joined.touches, joined.of_period(joined.codes), joined.of_period(facts["order_lines"])
    paths = joined.paths(joined.codes)
    visits = _visits(touches, paths, settings=settings, period=period)
    leaked = _leaked(joined, redeemed, paths, visits, inputs=inputs, settings=settings, period=period)
    counting = redeemed
    if without_flagged:
        kept = joined.codes.join(leaked.orders, on=[*_ORDER, "code"], how="anti", maintain_order="left")
        counting, paths = joined.of_period(kept), joined.paths(kept)
    failed = build_null_journeys(
        touches, ledger, identity, lookback=lookback, max_touches=settings.attribution.max_touches
    )
    lost = _ended_in(failed, settings, period)

    learned = fit_model(paths, lost, mine, model=model, settings=settings)
    credits = _credits(paths, mine, model=learned, settings=settings)
    others = conversion_ledger(facts["conversions"], currency=currency, rates=rates, zone=settings.zone)
    converted = conversion_credit(others, touches, identity, model=learned, lookback=lookback, people=inputs.people)
    told = _costs_by_day(inputs.costs, facts["spend"], redeemed, mine, settings=settings, period=period, rates=rates)
    paid = told.filter(pl.col("left_out").is_null()).drop("left_out")
    spent = cost_lines(paid)
    evidence = match_mentions(
        facts["mentions"], visits, paths, counting, mine, lookback=lookback, own_domains=settings.shop.domains
    )
    handed = credited_mentions(credits.filter("in_scope"), evidence)
    parts = credits.filter((pl.col("weight") > 0) | (pl.col("credit_minor") != 0))
    sold = mine.filter(pl.col("state") == SOLD)
    return Report(
        period=period,
        model=model,
        lookback=lookback,
        currency=currency,
        ledger=mine,
        history=ledger,
        touches=visits,
        journeys=paths,
        null_journeys=lost,
        credits=credits,
        conversions=converted.join(in_period(others, period), on=_ORDER, how="semi", maintain_order="left"),
        **_breakdowns(credits, lines, sold, spent),
        codes=code_report(redeemed, mine, inputs.codes, currency=currency, rates=rates),
        leakage=leaked,
        conflicts=conflict_report(paths, mine, model=learned),
        order_lines=lines,
        order_codes=redeemed,
        evidence=evidence,
        matched_revenue=matched_revenue(evidence, mine),
        mention_credit=handed,
        credited_revenue=_per_mention(handed.join(parts, on=[*_ORDER, "position"], how="semi", maintain_order="left")),
        roi=roi_report(credits, mine, paid, period=period, settings=settings),
        cash=cash_view(ledger, facts["refunds"], period=period, zone=settings.zone),
        costs=spent,
        daily_costs=paid,
        costs_left_out=told.filter(pl.col("left_out").is_not_null()),
        unconverted=_unconverted(mine, spent),
        unsold=_unsold(mine),
        orders=sold.height,
        unmatched_orders=sold.filter(pl.col("match_method") == NO_MATCH).height,
        channel_rules=settings.channel_rule,
    )


_ORDER = ("account", "order_id")


def _seen() -> pl.Expr:
    """Whether a touch was only seen, and not clicked."""
    return (pl.col("evidence") == VIEW).fill_null(False)


def _journey_rules(
    named: pl.DataFrame, inputs: Inputs, *, settings: Settings, lookback: dt.timedelta
) -> dict[str, Any]:
    """The options of `build_journeys`; `named` are touches with channel, views among them."""
    chosen = settings.attribution
    rules = {"lookback": lookback, "people": inputs.people, "max_touches": chosen.max_touches}
    if chosen.view_through is None:
        return rules
    return rules | {"views": named.filter(_seen()), "view_window": chosen.view_through}


@dataclass(frozen=True)
class _Joined:
    """The facts tied together: net orders (all, and the period's), who bought, their codes, and clicks in reach."""

    facts: dict[str, pl.DataFrame]
    ledger: pl.DataFrame
    mine: pl.DataFrame  # the ledger's orders of the period, with match_method
    identity: Identity
    codes: pl.DataFrame
    touches: pl.DataFrame
    rules: dict[str, Any]  # the options of `build_journeys`

    def of_period(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(self.mine, on=_ORDER, how="semi", maintain_order="left")

    def paths(self, codes: pl.DataFrame) -> pl.DataFrame:
        """The journeys to the period's orders, where these codes count as touches."""
        return self.of_period(build_journeys(self.touches, self.ledger, codes, self.identity, **self.rules))


def _join(
    inputs: Inputs, *, settings: Settings, period: Period, lookback: dt.timedelta, rates: pl.DataFrame
) -> _Joined:
    currency, zone = settings.workspace.currency, settings.zone
    facts = _read(inputs, views=settings.attribution.view_through is not None)
    identity = link_orders(facts["orders"], facts["touches"], max_customers=settings.attribution.shared_visitor)
    orders = one_customer(facts["orders"], identity.same_as)  # a first order is the person's, whatever their id then
    ledger = order_ledger(orders, facts["refunds"], shop=settings.shop, currency=currency, rates=rates, zone=zone)
    reached = _in_reach(facts["touches"], settings=settings, period=period, lookback=lookback)
    named = channel_of(apply_links(reached, inputs.links, zone=zone), rules=settings.channel_rule)
    return _Joined(
        facts=facts,
        ledger=ledger,
        mine=in_period(ledger, period).join(identity.methods, on=_ORDER, how="left", maintain_order="left"),
        identity=identity,
        codes=match_codes(facts["order_codes"], inputs.codes, zone),
        touches=named.filter(~_seen()),
        rules=_journey_rules(named, inputs, settings=settings, lookback=lookback),
    )


def _leaked(
    joined: _Joined,
    redeemed: pl.DataFrame,
    paths: pl.DataFrame,
    visits: pl.DataFrame,
    *,
    inputs: Inputs,
    settings: Settings,
    period: Period,
) -> Leakage:
    """The period's redemptions held against those of each code's own days before it."""
    before = _before(joined, inputs, settings=settings, period=period)
    return code_leakage(
        pl.concat([redeemed, before.codes]),
        pl.concat([joined.mine, before.orders], how="diagonal"),
        pl.concat([paths, before.journeys]),
        pl.concat([visits, before.touches]),
        joined.facts["mentions"],
        inputs.people,
        lookback=joined.rules["lookback"],
        scope=settings.attribution.social_scope,
        since=period.since,
    )


@dataclass(frozen=True)
class _Before:
    """What codes are held against: creators' codes on the orders of the 90 days before the period, and their paths."""

    codes: pl.DataFrame
    orders: pl.DataFrame
    journeys: pl.DataFrame
    touches: pl.DataFrame


def _before(joined: _Joined, inputs: Inputs, *, settings: Settings, period: Period) -> _Before:
    ledger, identity, rules = joined.ledger, joined.identity, joined.rules
    days = Period(period.since - BASELINE, period.since - dt.timedelta(days=1))
    creators = (pl.col("kind") == "creator") & (pl.col("state") == REGISTERED)
    orders = in_period(ledger, days)
    used = joined.codes.filter(creators).join(orders, on=_ORDER, how="semi", maintain_order="left")
    orders = orders.join(used, on=_ORDER, how="semi", maintain_order="left")
    persons = identity.links.join(orders, on=_ORDER, how="semi")
    reached = _in_reach(joined.facts["touches"], settings=settings, period=days, lookback=rules["lookback"])
    theirs = identity.with_person(reached).join(persons, on="person", how="semi", maintain_order="left")
    linked = apply_links(theirs.drop("person").filter(~_seen()), inputs.links, zone=settings.zone)
    found = channel_of(linked, rules=settings.channel_rule)
    paths = build_journeys(found, ledger, used, identity, **{name: rules[name] for name in rules if name != "views"})
    return _Before(used, orders, paths.join(orders, on=_ORDER, how="semi", maintain_order="left"), found)


def _credits(journeys: pl.DataFrame, ledger: pl.DataFrame, *, model: Model, settings: Settings) -> pl.DataFrame:
    settled = settle(journeys, on_conflict=settings.attribution.on_conflict)
    in_scope = pl.col("channel").is_in(settings.attribution.social_scope) & ~pl.col("is_direct")
    return credit(settled, ledger, model=model).with_columns(in_scope=in_scope)


def _costs_by_day(
    written: pl.DataFrame,
    spend: pl.DataFrame,
    redeemed: pl.DataFrame,
    ledger: pl.DataFrame,
    *,
    settings: Settings,
    period: Period,
    rates: pl.DataFrame,
) -> pl.DataFrame:
    currency, scope = settings.workspace.currency, settings.attribution.social_scope
    days = cost_days(
        written,
        spend=spend,
        commissions=daily_commissions(redeemed, ledger, currency=currency),
        currency=currency,
        rates=rates,
        period=period,
        scope=scope,
        rules=settings.channel_rule,
    )
    return days.with_columns(in_scope=in_social_scope(scope))


def _breakdowns(
    credits: pl.DataFrame, lines: pl.DataFrame, sold: pl.DataFrame, spent: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    sources = {name: by_product(credits, lines) if name == "product" else credits for name in BREAKDOWNS}
    return {f"by_{name}": breakdown(source, sold, spent, by=name) for name, source in sources.items()}


def _unsold(ledger: pl.DataFrame) -> pl.DataFrame:
    counts = ledger.filter(pl.col("state") == UNSOLD).group_by("reason").agg(orders=pl.len().cast(pl.Int64))
    return counts.sort("reason")


def fit_model(
    journeys: pl.DataFrame, null_journeys: pl.DataFrame, ledger: pl.DataFrame, *, model: str, settings: Settings
) -> Model:
    """The model with what the settings say of it, and with the shares it learns from these journeys, if it does."""
    chosen = settings.attribution
    if model not in SHARE_MODELS:
        return Model(model, half_life=chosen.half_life)
    paths = journey_paths(journeys, null_journeys, ledger)
    return Model(model, shares=channel_shares(paths, model=model, order=chosen.markov_order))


def _ended_in(null_journeys: pl.DataFrame, settings: Settings, period: Period) -> pl.DataFrame:
    start, end = period.bounds(settings.zone)
    return null_journeys.filter((pl.col("ended_at") >= start) & (pl.col("ended_at") < end))


def _read(inputs: Inputs, *, views: bool) -> dict[str, pl.DataFrame]:
    """The facts in memory, sorted by key, with the columns of their tables: the same whatever order they came in.

    Without `views` what was only seen is left out, of everything. What payments know of shops' orders is the orders'.
    """
    names = (
        *(tables.ORDERS, tables.ORDER_LINES, tables.ORDER_CODES, tables.REFUNDS),
        *(tables.TOUCHES, tables.CONVERSIONS, tables.SPEND, tables.MENTIONS),
    )
    lazy = [
        getattr(inputs, table.name).lazy().select(pl.col(name).cast(dtype) for name, dtype in table.schema.items())
        for table in names
    ]
    frames = pl.collect_all(lazy)
    found = {table.name: frame.sort(table.key) for table, frame in zip(names, frames, strict=True)}
    seen = found["touches"] if views else found["touches"].filter(~_seen())
    touches, codes = with_payments(seen, found["order_codes"], found["orders"])
    return found | {"touches": touches, "order_codes": codes}


def _in_reach(touches: pl.DataFrame, *, settings: Settings, period: Period, lookback: dt.timedelta) -> pl.DataFrame:
    """The visits that can stand on a path of the period's orders."""
    start, end = period.bounds(settings.zone)
    return touches.filter((pl.col("touched_at") >= start - lookback) & (pl.col("touched_at") < end))


def _visits(touches: pl.DataFrame, paths: pl.DataFrame, *, settings: Settings, period: Period) -> pl.DataFrame:
    """The period's visits, and earlier ones that led to its orders."""
    start, _ = period.bounds(settings.zone)
    led = paths.select(account="touch_account", touch_id="touch_id", _led=pl.lit(True)).drop_nulls().unique()
    joined = touches.join(led, on=["account", "touch_id"], how="left", maintain_order="left")
    return joined.filter((pl.col("touched_at") >= start) | pl.col("_led")).drop("_led")


def _per_mention(handed: pl.DataFrame) -> pl.DataFrame:
    return (
        handed.group_by("mention_id")
        .agg(orders=pl.struct(_ORDER).n_unique().cast(pl.Int64), credited_minor=pl.col("credit_minor").sum())
        .sort("mention_id")
    )


def _unconverted(ledger: pl.DataFrame, spent: pl.DataFrame) -> pl.DataFrame:
    orders = ledger.filter(pl.col("state") == UNCONVERTED).select(
        kind=pl.lit("order"), account="account", id="order_id", reason="reason"
    )
    lines = spent.filter(pl.col("reason").is_not_null()).select(
        kind=pl.lit("spend"),
        account=pl.col("account").fill_null("default"),
        id=pl.coalesce("spend_id", "line"),
        reason="reason",
    )
    return pl.concat([orders, lines])


def _days(lookback: dt.timedelta) -> int | float:
    days = lookback / dt.timedelta(days=1)
    return int(days) if days == int(days) else days
