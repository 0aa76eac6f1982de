"""Attribution from inputs to figures: the table of contents of this half, and what it hands to those who show it.

`attribute()` reads like the flow: a ledger of orders, who placed them, which codes and visits led to them, whose credit
it is, which mentions show it, what it cost, what came back. Everything is a pure function of its arguments.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from attribution import tables
from config.clock import Period
from config.registers import CODES_SCHEMA, PEOPLE_SCHEMA
from config.settings import Settings

By = Literal["channel", "campaign", "influencer", "code"]
BREAKDOWNS: tuple[By, ...] = ("channel", "campaign", "influencer", "code")
NOT_SET = "(not set)"
NONE = "(none)"


def _empty(table: tables.Table) -> pl.LazyFrame:
    return table.empty().lazy()


@dataclass(frozen=True)
class Inputs:
    """What is attributed: facts as the tables of `attribution.tables` (further columns are left alone), registers as
    `config.registers.read_codes` and `read_people` give them, mentions as `tables.MENTIONS`. All time, not the period:
    visits and orders before it decide journeys. Eager or lazy frames alike.
    """

    orders: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.ORDERS))
    order_codes: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.ORDER_CODES))
    refunds: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.REFUNDS))
    touches: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.TOUCHES))
    spend: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.SPEND))
    mentions: pl.LazyFrame | pl.DataFrame = field(default_factory=lambda: _empty(tables.MENTIONS))
    codes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CODES_SCHEMA))
    people: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PEOPLE_SCHEMA))


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
    ledger: pl.DataFrame  # the period's orders of every state
    touches: pl.DataFrame  # visits of the period, with channel and person
    journeys: pl.DataFrame  # one row a touchpoint of the period's sold orders
    credits: pl.DataFrame  # the same rows with weight, credit_minor, in_scope
    by_channel: pl.DataFrame
    by_campaign: pl.DataFrame
    by_influencer: pl.DataFrame
    by_code: pl.DataFrame
    codes: pl.DataFrame  # redemptions a code, unknown codes listed too
    order_codes: pl.DataFrame  # the period's codes on orders, each with its state
    evidence: pl.DataFrame  # mention x visit or order, with the kind of evidence
    matched_revenue: pl.DataFrame  # a row a mention: visits, orders, revenue_minor; never to be summed
    mention_credit: pl.DataFrame  # direct credit handed to mentions; mention_id null = no mention found
    buckets: dict[str, int | None]  # total, credited, uncredited, direct, other_tracked, indirect, unexplained
    costs: pl.DataFrame  # spend lines in the period, with channel, in_scope and cost_minor
    unconverted: pl.DataFrame  # orders and spend outside every total, with the reason
    unsold: pl.DataFrame  # reason, orders
    orders: int  # sold orders of the period
    unmatched_orders: int  # of these, without any visit

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
        }
        return frames[by]

    def channels_json(self, by: By = "channel") -> dict[str, Any]:
        """The document of `earned channels`: rows of credited revenue only, so that they sum to `credited`."""
        raise NotImplementedError(by)

    def roi_json(self) -> dict[str, Any]:
        """The document of `earned roi`."""
        raise NotImplementedError


def attribute(
    inputs: Inputs,
    *,
    settings: Settings,
    period: Period,
    model: str,
    lookback: dt.timedelta,
    rates: pl.DataFrame,
) -> Report:
    """The report of the orders of `period` (business days, both ends included), credited under `model`.

    `rates` as `currency.load_rates()` gives them. Raises ValueError for an unknown model.
    """
    raise NotImplementedError(f"{model} {period} {lookback} {settings.workspace.name} {inputs} {rates.height}")
