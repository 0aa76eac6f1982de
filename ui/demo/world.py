"""What the demo shop's world is made of: frozen rows, the calendar, and seeded chance.

The simulator knows every cause it draws; nothing here imports the code whose figures it is there to judge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Literal
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
DOMAIN = "kickflip-supply.example"
OWN_BRAND = "Kickflip Supply"
RIVAL_BRAND = "Ollie & Sons"
CAUSES = ("saw_mention", "clicked_link", "used_code", "told_friend", "came_anyway")
SOCIAL_SCOPE = frozenset({"Organic Social", "Paid Social", "Organic Video", "Paid Video", "Influencer"})
LOOKBACK = timedelta(days=30)

Response = Literal["saturating", "threshold", "linear"]


@dataclass(frozen=True, slots=True)
class Source:
    """One feed: where it is heard, how it is written, and which optional fields such a network gives."""

    name: str
    network: str
    format: Literal["rss", "atom", "youtube"]
    host: str
    languages: tuple[str, ...]
    share: float
    titled: bool = False
    counts_comments: bool = False


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who writes. `followers` is what the register of people knows, None where it knows nothing."""

    network: str
    handle: str
    name: str
    language: str
    followers: int | None
    status: str = "none"
    influencer: bool = False

    @property
    def key(self) -> str:
        return f"{self.network}:{self.handle}"


@dataclass(frozen=True, slots=True)
class Code:
    """A promo code as the register keeps it; days are business days, both ends included, None is open."""

    code: str
    kind: str
    owner: str
    campaign: str
    channel: str
    valid_from: date | None
    valid_to: date | None
    commission_rate: str
    percent: int

    @property
    def effective_channel(self) -> str:
        """The channel given, else the kind's default; empty when the code is no touch."""
        return self.channel or {"creator": "Influencer", "crm": "Email"}.get(self.kind, "")

    def valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Mention:
    """One feed entry with its truth. `brand` is empty for talk that no query should match."""

    guid: str
    source: str
    network: str
    link: str
    title: str
    text: str
    url: str
    author: Author
    published_at: datetime
    language: str
    feeling: int
    brand: str
    comments: int | None
    views: int | None
    likes: int | None
    code: str = ""
    campaign: str = ""
    copy_of: str = ""
    raw_html: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a visit reached the shop, with the channel it was drawn as and the campaign its tags carry."""

    landing_url: str
    referrer: str
    channel: str
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    visit_id: str
    visitor: str
    time: datetime
    arrival: Arrival
    order_ref: str
    customer: str


@dataclass(frozen=True, slots=True)
class Item:
    sku: str
    name: str
    price: int
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Credit:
    """What an order's emitted evidence shows under last non-direct within the lookback; all empty without any."""

    direct_minor: int = 0
    other_minor: int = 0
    channel: str = ""
    code: str = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One shop order. Amounts are cents including tax; `net_minor` is goods without tax, less refunds."""

    order_id: str
    name: str
    at: datetime
    email: str
    items: tuple[Item, ...]
    codes: tuple[str, ...]
    discount: int
    subtotal: int
    shipping: int
    tax: int
    total: int
    refunded: int
    status: str
    cancelled_at: datetime | None
    sold: bool
    net_minor: int
    cause: str
    causes: dict[str, int]
    credit: Credit
    edge: str


@dataclass(frozen=True, slots=True)
class TalkDay:
    """One business day of talk: mentions that sell, their carried-over strength, orders they were expected to cause."""

    day: date
    mentions: int
    adstock: float
    expected_orders: float


@dataclass(frozen=True)
class World:
    """Everything the shop and the networks would show, and what only the simulator knows."""

    seed: int
    calendar: Calendar
    response: Response
    sources: tuple[Source, ...]
    authors: tuple[Author, ...]
    codes: tuple[Code, ...]
    mentions: tuple[Mention, ...]
    talk: tuple[TalkDay, ...]
    visits: tuple[Visit, ...]
    orders: tuple[Order, ...]
    spend: tuple[dict[str, Any], ...] = field(repr=False)
    people: tuple[dict[str, Any], ...] = field(repr=False)
    posts: tuple[dict[str, Any], ...] = field(repr=False)
    leads: tuple[dict[str, Any], ...] = field(repr=False)

    @property
    def end(self) -> date:
        return self.calendar.end


@dataclass(frozen=True)
class Calendar:
    """The simulated days, both ends included, in Berlin; campaigns and the week of late deliveries lie within."""

    end: date
    days: int

    @property
    def start(self) -> date:
        return self.end - timedelta(days=self.days - 1)

    @property
    def opens(self) -> datetime:
        return berlin(self.start, 0)

    @property
    def closes(self) -> datetime:
        """The last second of the last day."""
        return berlin(self.end + timedelta(days=1), 0) - timedelta(seconds=1)

    @property
    def all_days(self) -> list[date]:
        return [self.start + timedelta(days=n) for n in range(self.days)]

    @property
    def holiday(self) -> tuple[date, date]:
        return self.end - timedelta(days=18), self.end

    @property
    def summer(self) -> tuple[date, date]:
        first = self.start + timedelta(days=round(self.days * 0.2))
        return first, first + timedelta(days=13)

    @property
    def late_deliveries(self) -> tuple[date, date]:
        first = self.start + timedelta(days=round(self.days * 0.36))
        return first, first + timedelta(days=1)

    def campaign(self, day: date) -> str:
        if self.holiday[0] <= day <= self.holiday[1]:
            return "holiday26"
        return "summer26" if self.summer[0] <= day <= self.summer[1] else ""

    def contains(self, at: datetime) -> bool:
        return self.opens <= at <= self.closes

    def clock_changes(self) -> list[date]:
        """The days within on which Berlin's clock is set back."""
        nights = [(day, berlin(day, 12).utcoffset(), berlin(day, 0).utcoffset()) for day in self.all_days]
        return [day for day, noon, midnight in nights if noon is not None and midnight is not None and noon < midnight]


def berlin(day: date, hour: int, minute: int = 0, second: int = 0, *, fold: int = 0) -> datetime:
    """That wall-clock time in Berlin, in UTC when read with `utc`; `fold=1` is the second of two equal times."""
    return datetime.combine(day, time(hour, minute, second), tzinfo=BERLIN).replace(fold=fold)


def utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def berlin_day(at: datetime) -> date:
    return at.astimezone(BERLIN).date()


def chance(seed: int, part: str) -> Random:
    """A stream of its own for each part, so that a change in one leaves the draws of the others alone."""
    return Random(f"{seed}/{part}")


def poisson(rng: Random, mean: float) -> int:
    """Knuth's method, halving large means: exact, and the same on every platform."""
    if mean > 30:
        return poisson(rng, mean / 2) + poisson(rng, mean / 2)
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


# Share of a day's clicks and posts by Berlin hour: quiet nights, a bump at noon, most in the evening.
_HOURS = (2, 1, 1, 1, 1, 2, 4, 7, 9, 9, 10, 12, 14, 12, 11, 12, 14, 17, 20, 22, 23, 19, 12, 6)


def moment(rng: Random, day: date, hours: Sequence[int] = _HOURS) -> datetime:
    """A second of that Berlin day, in UTC."""
    hour = rng.choices(range(24), weights=hours)[0]
    return utc(berlin(day, hour, rng.randrange(60), rng.randrange(60)))


def weekly(day: date) -> float:
    """How busy that weekday is beside the average of 1 (Monday first)."""
    return (0.98, 0.9, 0.92, 0.95, 1.02, 1.08, 1.15)[day.weekday()]
