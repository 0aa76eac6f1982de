"""People and what moved them. Each buyer's cause is drawn first; visits, codes and the order follow from it.

A shopper's trail is kept as it is drawn; what the shop can see of it is worked out in `truth`, from that trail alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from ui.demo import arrivals
from ui.demo.talk import Talk
from ui.demo.world import Arrival, Calendar, Code, Item, Mention, TalkDay, berlin_day, moment, poisson, weekly

Mode = Literal["order_id", "customer", "both", "none"]

PRODUCTS = (
    (Item("KS-H2", "Heelside 2", 8995), 34),
    (Item("KS-H2L", "Heelside 2 Low Ember", 8495), 16),
    (Item("KS-KC", "Kickturn Cup", 9995), 12),
    (Item("KS-LC", "Ledge Canvas", 6495), 14),
    (Item("KS-TEE", "Supply Tee", 2995), 8),
    (Item("KS-CAP", "Curb Cap", 2495), 4),
)
EXTRAS = (
    Item("KS-SOCK", "Crew Socks 3-pack", 1495),
    Item("KS-LACE", "Flat Laces", 595),
    Item("KS-GRIP", "Grip Sheet", 995),
)


@dataclass(slots=True)
class Step:
    """One visit as drawn; `device` tells a person's phone from their laptop."""

    at: datetime
    arrival: Arrival
    device: int = 0


@dataclass(slots=True)
class Purchase:
    """One order as drawn. `causes` are shares in percent, the main one first; codes are as the buyer typed them."""

    at: datetime
    causes: tuple[tuple[str, int], ...]
    codes: tuple[str, ...]
    items: tuple[Item, ...]
    edge: str = ""
    refund: Literal["", "part", "full"] = ""
    ending: Literal["", "cancelled", "cancelled_unrefunded", "voided"] = ""

    @property
    def sold(self) -> bool:
        return not self.ending


@dataclass(slots=True)
class Shopper:
    """One person: how their visits can be joined to their orders, and everything they did."""

    mode: Mode
    steps: list[Step] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """Somebody will buy at `at` because of `cause`; `post` is the one that moved them, `reason` the kind of click."""

    at: datetime
    cause: str
    post: Mention | None = None
    reason: str = ""


@dataclass(frozen=True)
class Shop:
    """What the drawing of buyers looks at."""

    rng: Random
    calendar: Calendar
    talk: Talk
    codes: dict[str, Code]
    articles: Sequence[Mention]

    def campaign_at(self, at: datetime) -> str:
        return self.calendar.campaign(berlin_day(at))


def draw_shoppers(shop: Shop, talk: Sequence[TalkDay]) -> list[Shopper]:
    """All ordinary buyers, in the order in which they first buy; about 2,230 orders in 180 days."""
    shoppers: list[Shopper] = []
    for plan in sorted(_plans(shop, talk), key=lambda plan: (plan.at, plan.cause, plan.reason)):
        shopper = _returning(shop.rng, shoppers, plan) or _newcomer(shop.rng, shoppers)
        _buy(shop, shopper, plan)
    return shoppers


def _plans(shop: Shop, talk: Sequence[TalkDay]) -> Iterable[Plan]:
    rng, calendar, scale = shop.rng, shop.calendar, shop.calendar.days / 180
    for row in talk:
        for _ in range(poisson(rng, row.expected_orders)):
            cause = "told_friend" if rng.random() < 0.25 else "saw_mention"
            yield Plan(moment(rng, row.day), cause)
    for number, day in enumerate(calendar.all_days):
        usual = 6.15 * weekly(day) * (0.9 + 0.2 * number / calendar.days)
        for _ in range(poisson(rng, usual)):
            yield Plan(moment(rng, day), "came_anyway")
        pushed = 2.2 if calendar.campaign(day) else 1.0
        for reason, rate in (("paid_social", 0.62), ("own_post", 0.28)):
            for _ in range(poisson(rng, rate * pushed)):
                yield Plan(moment(rng, day), "clicked_link", reason=reason)
    yield from _moved_by_posts(shop, shop.talk.with_link, "clicked_link", 220 * scale)
    yield from _moved_by_posts(shop, shop.talk.with_code, "used_code", 270 * scale)
    yield from _leak(shop, round(36 * scale))


def _moved_by_posts(shop: Shop, posts: Sequence[Mention], cause: str, orders: float) -> Iterable[Plan]:
    """Buyers of influencers' posts, more for those with more followers, some days after the post."""
    reach = [(post.author.followers or 10_000) ** 0.5 for post in posts]
    for post, share in zip(posts, reach, strict=True):
        for _ in range(poisson(shop.rng, orders * share / sum(reach))):
            at = post.published_at + timedelta(seconds=int(shop.rng.expovariate(1 / (2.5 * 86400))) + 900)
            if shop.calendar.contains(at):
                yield Plan(at, cause, post, reason="influencer")


def _leak(shop: Shop, count: int) -> Iterable[Plan]:
    """NOAH15 stands on a coupon site for two weeks in autumn: people who would have come anyway take it along."""
    first = shop.calendar.end - timedelta(days=52)
    for _ in range(count):
        day = first + timedelta(days=min(int(shop.rng.expovariate(1 / 5)), 13))
        yield Plan(moment(shop.rng, day), "came_anyway", reason="leaked_code")


def _returning(rng: Random, shoppers: Sequence[Shopper], plan: Plan) -> Shopper | None:
    """Some buyers come back: never within three days, and never those whose only order went wrong."""
    if not shoppers or rng.random() > (0.3 if plan.cause == "came_anyway" else 0.08):
        return None
    known = rng.choice(shoppers)
    recent = plan.at - known.purchases[-1].at < timedelta(days=3)
    return None if recent or not all(purchase.sold for purchase in known.purchases) else known


def _newcomer(rng: Random, shoppers: list[Shopper]) -> Shopper:
    modes: tuple[Mode, ...] = ("order_id", "customer", "both", "none")
    shoppers.append(Shopper(rng.choices(modes, (40, 25, 23, 12))[0]))
    return shoppers[-1]


def _buy(shop: Shop, shopper: Shopper, plan: Plan) -> None:
    rng = shop.rng
    steps, codes = _trail(shop, plan, returning=bool(shopper.purchases))
    since = shopper.purchases[-1].at if shopper.purchases else shop.calendar.opens
    devices = 2 if shopper.mode == "customer" and rng.random() < 0.4 else 1
    drawn = [Step(at, arrival, rng.randrange(devices)) for at, arrival in steps if at > since]
    shopper.steps += drawn
    purchase = Purchase(plan.at, _shares(rng, plan.cause, codes), codes, basket(rng), refund=_refund(rng))
    if not shopper.purchases and rng.random() < 0.012:
        purchase.ending, purchase.refund = rng.choice(("cancelled", "voided")), ""
    shopper.purchases.append(purchase)
    ensure_checkout(rng, shopper, purchase, since)


def ensure_checkout(rng: Random, shopper: Shopper, purchase: Purchase, since: datetime) -> None:
    """The session in which the order is placed: the last visit if it was just now, else one typed in for it."""
    recent = [s for s in shopper.steps if max(since, purchase.at - timedelta(hours=2)) < s.at <= purchase.at]
    if recent or (shopper.mode == "customer" and rng.random() < 0.3):
        return
    shopper.steps.append(Step(purchase.at - timedelta(seconds=rng.randint(150, 2400)), arrivals.direct()))


def _shares(rng: Random, cause: str, codes: Sequence[str]) -> tuple[tuple[str, int], ...]:
    if cause == "saw_mention" and rng.random() < 0.2:
        return (cause, 70), ("told_friend", 30)
    if cause == "used_code" and codes and rng.random() < 0.35:
        return (cause, 60), ("saw_mention", 40)
    return ((cause, 100),)


def _refund(rng: Random) -> Literal["", "part", "full"]:
    draw = rng.random()
    return "full" if draw < 0.02 else "part" if draw < 0.055 else ""


def basket(rng: Random) -> tuple[Item, ...]:
    products = [product for product, _ in PRODUCTS]
    weights = [weight for _, weight in PRODUCTS]
    items = rng.choices(products, weights, k=2 if rng.random() < 0.12 else 1)
    if items[0] is items[-1]:
        items = items[:1]
    return tuple(items + rng.sample(EXTRAS, rng.choices((0, 1, 2), (62, 30, 8))[0]))


Trail = tuple[list[tuple[datetime, Arrival]], tuple[str, ...]]


def _trail(shop: Shop, plan: Plan, *, returning: bool) -> Trail:
    """The visits before the order and the codes typed in, as such a cause leaves them."""
    if plan.cause == "clicked_link":
        return _clicked(shop, plan), _own_code(shop, plan, returning, 0.08)
    if plan.cause == "used_code":
        return _with_code(shop, plan)
    if plan.cause in ("saw_mention", "told_friend"):
        return _heard(shop, plan), _own_code(shop, plan, returning, 0.04)
    return _anyway(shop, plan, returning)


def before(rng: Random, at: datetime, mean_days: float) -> datetime:
    """Some time before the order, at least a minute."""
    return at - timedelta(seconds=60 + int(rng.expovariate(1 / (mean_days * 86400))))


def _clicked(shop: Shop, plan: Plan) -> list[tuple[datetime, Arrival]]:
    rng = shop.rng
    if plan.post is not None:
        arrival = arrivals.influencer_link(rng, plan.post)
        earliest = plan.post.published_at + timedelta(seconds=30)
        clicked = max(before(rng, plan.at, 1.0), earliest)
    else:
        make = arrivals.paid_social if plan.reason == "paid_social" else arrivals.own_post
        arrival = make(rng, shop.campaign_at(plan.at))
        clicked = before(rng, plan.at, 0.02 if rng.random() < 0.6 else 6.0)
    steps = [(clicked, arrival)]
    if rng.random() < 0.22:  # they come back by themselves, and the last click hides the first
        between = clicked + (plan.at - clicked) * rng.random()
        steps.append((between.replace(microsecond=0), rng.choice((arrivals.search(rng), arrivals.search_ad(rng)))))
    return steps


def _with_code(shop: Shop, plan: Plan) -> Trail:
    rng, post = shop.rng, plan.post
    assert post is not None
    code = shop.codes[post.code]
    typed = code.code.lower() if rng.random() < 0.15 else code.code
    draw = rng.random()
    if post.url and draw < 0.5:
        return [(max(before(rng, plan.at, 0.5), post.published_at), arrivals.influencer_link(rng, post))], (typed,)
    arrival = arrivals.search(rng) if draw < 0.75 else arrivals.deep_link(rng)
    return [(before(rng, plan.at, 0.2), arrival)], (typed,)


def _heard(shop: Shop, plan: Plan) -> list[tuple[datetime, Arrival]]:
    """Talk leaves little behind: a page opened from a chat, the name typed in, now and then a trace."""
    rng = shop.rng
    draw = rng.random()
    if plan.cause == "told_friend":
        arrival = arrivals.search(rng) if draw < 0.15 else arrivals.deep_link(rng) if draw < 0.6 else arrivals.direct()
    elif draw < 0.5:
        arrival = arrivals.deep_link(rng)
    elif draw < 0.73:
        arrival = arrivals.direct()
    elif draw < 0.83:
        arrival = arrivals.social_referrer(rng)
    elif draw < 0.88:
        past = [post for post in shop.articles if post.published_at < plan.at - timedelta(days=1)]
        arrival = arrivals.article(past[-1]) if past else arrivals.direct()
    else:
        arrival = arrivals.search(rng)
    return [(before(rng, plan.at, 0.3), arrival)]


def _anyway(shop: Shop, plan: Plan, returning: bool) -> Trail:
    rng, at = shop.rng, plan.at
    if plan.reason == "leaked_code":
        return [(before(rng, at, 0.01), arrivals.coupon_site())], ("NOAH15",)
    week = berlin_day(at).isocalendar().week
    choices = (
        (arrivals.direct(), 40),
        (arrivals.search(rng), 26),
        (arrivals.search_ad(rng), 12),
        (arrivals.email(rng, week), 34 if returning else 6),
        (arrivals.referral(rng), 4),
        (arrivals.paid_social(rng, shop.campaign_at(at)), 3),
        (arrivals.own_post(rng, shop.campaign_at(at)), 2),
    )
    visits = rng.choices([a for a, _ in choices], [w for _, w in choices], k=rng.choice((1, 1, 2, 3)))
    steps = [(before(rng, at, 4.0 if number else 0.1), arrival) for number, arrival in enumerate(visits)]
    return steps, _own_code(shop, plan, returning, 0.2)


def _own_code(shop: Shop, plan: Plan, returning: bool, rate: float) -> tuple[str, ...]:
    """Now and then one of the shop's own codes, a discount without a code, or one nobody registered."""
    rng = shop.rng
    if rng.random() > rate:
        return ()
    seasonal = "PREHOLIDAY" if shop.campaign_at(plan.at) == "holiday26" else "AUTOMATIC DISCOUNTS"
    names = ("BACK10" if returning else "WELCOME5", seasonal, "PODKICK", "STAFF30", "FRIENDS20")
    return (rng.choices(names, (45, 32, 9, 8, 6))[0],)
