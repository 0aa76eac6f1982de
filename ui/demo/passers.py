"""Visits of people who buy nothing: most of a shop's traffic, in the channel mix of the day."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from ui.demo import arrivals
from ui.demo.shoppers import Shop
from ui.demo.truth import email_of, visitor_of
from ui.demo.world import Arrival, Visit, berlin_day, moment, weekly

_FIRST = 50_000  # numbers of people who never buy start here


def draw_passers(shop: Shop, count: int) -> list[Visit]:
    """`count` visits by one to three at a time; subscribers are known by an address that never ordered."""
    rng, calendar = shop.rng, shop.calendar
    days = calendar.all_days
    busy = [weekly(day) * (1.9 if calendar.campaign(day) else 1.0) for day in days]
    visits: list[Visit] = []
    who = _FIRST
    while len(visits) < count:
        at = moment(rng, rng.choices(days, weights=busy)[0])
        for number in range(min(rng.choices((1, 2, 3), (78, 16, 6))[0], count - len(visits))):
            time = at + timedelta(seconds=int(number and rng.expovariate(1 / 200_000)))
            if calendar.contains(time):
                visits.append(_visit(shop, who, time))
        who += 1
    return visits


def _visit(shop: Shop, who: int, at: datetime) -> Visit:
    arrival = _arrival(shop, shop.rng, at)
    known = arrival.channel == "Email" or who % 23 == 0
    return Visit("", visitor_of(who, 0), at, arrival, "", email_of(who) if known else "")


def _arrival(shop: Shop, rng: Random, at: datetime) -> Arrival:
    campaign = shop.campaign_at(at)
    kind = rng.choices(
        ("search", "direct", "ad", "post", "influencer", "email", "search_ad", "social", "deep", "referral"),
        (21, 17, 20, 6, 13, 8, 8, 3, 8, 4),
    )[0]
    if kind == "influencer":
        recent = [post for post in shop.talk.with_link if timedelta() < at - post.published_at < timedelta(days=9)]
        return arrivals.influencer_link(rng, rng.choice(recent)) if recent else arrivals.search(rng)
    if kind == "email":
        return arrivals.email(rng, berlin_day(at).isocalendar().week)
    if kind in ("ad", "post"):
        return (arrivals.paid_social if kind == "ad" else arrivals.own_post)(rng, campaign)
    if kind == "direct":
        return arrivals.direct()
    simple = {
        "search": arrivals.search,
        "search_ad": arrivals.search_ad,
        "social": arrivals.social_referrer,
        "deep": arrivals.deep_link,
        "referral": arrivals.referral,
    }
    return simple[kind](rng)
