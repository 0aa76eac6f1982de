"""One campaign: what it is made of, what was usual before it, what came back, and when it is too early to say."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from attribution.pace import outlook
from config.clock import Period

MIN_RUN_DAYS = 7
MIN_ORDERS = 30
HISTORY_DAYS = 56  # what is usual is told by so many days before, or as many as the campaign is long
MIN_HISTORY = 14


@dataclass(frozen=True)
class Campaign:
    """A campaign as the register holds it. until null: still open. Names are compared in lower case; codes in normal
    form, people as network:handle. Money is in minor units of the workspace's currency, null where not planned."""

    id: str
    name: str
    since: dt.date
    until: dt.date | None
    brand: str | None = None
    channels: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    utm_campaigns: tuple[str, ...] = ()
    cost_campaigns: tuple[str, ...] = ()
    budget_minor: int | None = None
    target_revenue_minor: int | None = None
    target_orders: float | None = None
    target_mentions: float | None = None
    note: str | None = None
    archived: bool = False

    def ran(self, as_of: dt.date) -> Period | None:
        """The days it ran up to `as_of`; None before it began."""
        return None if as_of < self.since else Period(self.since, min(self.until or as_of, as_of))

    @property
    def tags(self) -> frozenset[str]:
        """The utm_campaign values that are its own: those given, else its name."""
        return frozenset(_lower(self.utm_campaigns) or _lower([self.name]))

    @property
    def cost_names(self) -> frozenset[str]:
        """How its costs name it: as said, else as its tags and its name do."""
        return frozenset(_lower(self.cost_campaigns) or [*self.tags, self.name.lower()])


def _lower(names: Sequence[str]) -> list[str]:
    return [name.strip().lower() for name in names if name.strip()]


def campaign_of(row: Mapping[str, Any], *, digits: int) -> Campaign:
    """The campaign of a row of `plans.read_campaigns`; digits: decimals of the workspace's currency."""

    def minor(amount: Any) -> int | None:
        return None if amount is None else round(amount * 10**digits)

    def number(amount: Any) -> float | None:
        return None if amount is None else float(amount)

    return Campaign(
        id=row["id"],
        name=row["name"],
        since=row["date_from"],
        until=row["date_to"],
        brand=row["brand"],
        **{name: tuple(row[name] or ()) for name in ("channels", "people", "codes", "utm_campaigns", "cost_campaigns")},
        budget_minor=minor(row["budget"]),
        target_revenue_minor=minor(row["target_revenue"]),
        target_orders=number(row["target_orders"]),
        target_mentions=number(row["target_mentions"]),
        note=row["note"],
        archived=bool(row["archived"]),
    )


@dataclass(frozen=True)
class Against:
    """A daily figure while the campaign ran, against what was usual before it (low, median, high; null: not known)."""

    actual: float
    usual: tuple[float, float, float] | None
    days_before: int
    daily: pl.DataFrame  # day, actual, usual (null before it is known), running

    @property
    def above(self) -> tuple[float, float, float] | None:
        """What came above the usual: low, median, high."""
        if self.usual is None:
            return None
        low, median, high = self.usual
        return self.actual - high, self.actual - median, self.actual - low


def against_before(daily: pl.DataFrame, *, ran: Period) -> Against:
    """`daily`: day and value, a row a day without holes, from the first known day to the last of `ran` at least.

    What was usual comes from the days before alone, weekday by weekday (at least MIN_HISTORY of them, as many as the
    campaign is long, and HISTORY_DAYS where they are known); its range says how such sums vary.
    """
    shown = daily.sort("day").filter(pl.col("day") <= ran.until)
    before = shown.filter(pl.col("day") < ran.since).tail(max(HISTORY_DAYS, ran.days))
    running = shown.filter(pl.col("day") >= ran.since)
    found = outlook(before["value"].to_numpy(), days=ran.days) if before.height >= MIN_HISTORY else None
    by_weekday = before.group_by(pl.col("day").dt.weekday().alias("_weekday")).agg(usual=pl.col("value").mean())
    told = (
        pl.concat([before.tail(ran.days).with_columns(running=False), running.with_columns(running=True)])
        .with_columns(_weekday=pl.col("day").dt.weekday())
        .join(by_weekday, on="_weekday", how="left")
        .sort("day")
        .select("day", "usual", "running", actual="value")
    )
    usual = None if found is None else found.total
    return Against(float(running["value"].sum()), usual, before.height, told)


@dataclass(frozen=True)
class TooEarly:
    """Why nothing is judged yet. days_missing and orders_missing: until the rule is met; open_until: the last day on
    which an order may still be credited to it."""

    days_missing: int
    orders_missing: int
    open_until: dt.date | None

    @property
    def judged(self) -> bool:
        """Whether its course may be judged; the close-out waits for `open_until` too."""
        return not self.days_missing and not self.orders_missing


def too_early(campaign: Campaign, *, as_of: dt.date, orders: int, lookback_days: int) -> TooEarly:
    """The rule: a campaign is judged from MIN_RUN_DAYS days and MIN_ORDERS direct orders on (what ended is judged by
    what it brought), and closed a lookback window after its end, as orders until then may be its own."""
    ran = campaign.ran(as_of)
    ended = campaign.until is not None and as_of > campaign.until
    last = None if campaign.until is None else campaign.until + dt.timedelta(days=lookback_days)
    return TooEarly(
        days_missing=0 if ended else max(0, MIN_RUN_DAYS - (ran.days if ran else 0)),
        orders_missing=0 if ended else max(0, MIN_ORDERS - orders),
        open_until=last if last is not None and as_of <= last else None,
    )


def own_credits(campaign: Campaign, credits: pl.DataFrame, ledger: pl.DataFrame, *, lookback_days: int) -> pl.DataFrame:
    """The credit rows of a report that are the campaign's own, with the order's day and `by` (code | tag | person). One
    row is counted once: by code, else by its tag, else by the person.

    Orders from its first day to a lookback window after its last. Direct visits are never its own; tags count
    in the channels named, else in the social scope.
    """
    last = dt.date.max if campaign.until is None else campaign.until + dt.timedelta(days=lookback_days)
    days = ledger.select("account", "order_id", "day")
    mine = credits.filter(~pl.col("is_direct")).join(
        days, on=["account", "order_id"], how="left", maintain_order="left"
    )
    coded = pl.col("code").is_in(list(campaign.codes)).fill_null(False)
    of_channel = pl.col("channel").is_in(list(campaign.channels)) if campaign.channels else pl.col("in_scope")
    tagged = pl.col("campaign").str.to_lowercase().is_in(sorted(campaign.tags)).fill_null(False) & of_channel
    told = pl.col("person").is_in(list(campaign.people)).fill_null(False)
    by = pl.coalesce(
        pl.when(coded).then(pl.lit("code")), pl.when(tagged).then(pl.lit("tag")), pl.when(told).then(pl.lit("person"))
    )
    found = mine.with_columns(by=by)
    return found.filter(pl.col("by").is_not_null() & pl.col("day").is_between(campaign.since, last))


def direct_credits(
    campaign: Campaign, credits: pl.DataFrame, ledger: pl.DataFrame, *, lookback_days: int
) -> pl.DataFrame:
    """As `own_credits`, with account, order_id, day, weight, credit_minor, channel, person, code, by alone."""
    found = own_credits(campaign, credits, ledger, lookback_days=lookback_days)
    return found.select("account", "order_id", "day", "weight", "credit_minor", "channel", "person", "code", "by")


def own_costs(campaign: Campaign, daily: pl.DataFrame) -> pl.DataFrame:
    """The rows of `costs.daily_costs` that are the campaign's: named so, or of its people while it ran, unnamed."""
    named = pl.col("campaign").str.to_lowercase().is_in(sorted(campaign.cost_names)).fill_null(False)
    last = campaign.until or dt.date.max
    running = pl.col("date").is_between(campaign.since, last).fill_null(False)
    theirs = pl.col("influencer").is_in(list(campaign.people)).fill_null(False) & pl.col("campaign").is_null()
    return daily.filter(named | (theirs & running))


@dataclass(frozen=True)
class Estimate:
    """A guess with the range that holds in nine of ten cases: low, likely, high."""

    low: float
    likely: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.likely <= self.high:
            raise ValueError("a guess needs 0 <= low <= likely <= high")

    def times(self, factor: float) -> Estimate:
        return Estimate(self.low * factor, self.likely * factor, self.high * factor)


@dataclass(frozen=True)
class Calculation:
    """What a planned campaign may bring. Rates are shares of 1; `break_even_*` what it takes to lose nothing (null
    where no margin or order value makes up for the budget)."""

    clicks: Estimate
    orders: Estimate
    revenue: Estimate
    profit: tuple[float, float, float]
    roas: Estimate | None
    roi: tuple[float, float, float] | None
    break_even_orders: float | None
    break_even_roas: float | None
    break_even_conversion: float | None


def calculate(
    *, budget: float, reach: Estimate, ctr: Estimate, conversion: Estimate, aov: Estimate, margin: float
) -> Calculation:
    """reach (people or views) x ctr = clicks, x conversion = orders, x aov = revenue; profit = revenue x margin less
    the budget; roas = revenue / budget, roi = profit / budget.

    The guesses are taken as independent: their relative spreads add up as squares, so that the product's range is
    narrower than that of all the best (or worst) at once. Raises ValueError for a budget below 0 or a margin outside
    [0, 1].
    """
    if budget < 0 or not 0 <= margin <= 1:
        raise ValueError("the budget cannot be negative, and the margin is a share between 0 and 1")
    clicks = product(reach, ctr)
    orders = product(reach, ctr, conversion)
    revenue = product(reach, ctr, conversion, aov)
    profit = tuple(end * margin - budget for end in (revenue.low, revenue.likely, revenue.high))
    earned = aov.likely * margin
    needed = budget / earned if earned > 0 else None
    return Calculation(
        clicks=clicks,
        orders=orders,
        revenue=revenue,
        profit=profit,  # type: ignore[arg-type]
        roas=revenue.times(1 / budget) if budget else None,
        roi=tuple(end / budget for end in profit) if budget else None,  # type: ignore[arg-type]
        break_even_orders=needed,
        break_even_roas=1 / margin if margin > 0 else None,
        break_even_conversion=needed / clicks.likely if needed is not None and clicks.likely > 0 else None,
    )


def product(*parts: Estimate) -> Estimate:
    """The product of independent guesses: likely x exp(-+ the root of the summed squares of their log ranges)."""
    likely = math.prod(part.likely for part in parts)
    if likely == 0:
        return Estimate(0.0, 0.0, math.prod(part.high for part in parts))
    down = math.sqrt(sum(math.log(part.likely / part.low) ** 2 for part in parts if part.low > 0))
    up = math.sqrt(sum(math.log(part.high / part.likely) ** 2 for part in parts))
    low = 0.0 if any(part.low == 0 for part in parts) else likely * math.exp(-down)
    return Estimate(low, likely, likely * math.exp(up))
