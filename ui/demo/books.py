"""What the shop keeps beside orders: what it spent, whom it knows, what it posted, and its wholesale leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from ui.demo.phrases import GRAMMARS
from ui.demo.world import DOMAIN, Author, Calendar, Code, Mention, moment, weekly

Row = dict[str, Any]


def draw_spend(rng: Random, calendar: Calendar, cast: Sequence[Author], codes: Sequence[Code]) -> list[Row]:
    """Media a day and platform, a fee a creator and campaign, and the month's content. Costs in cents.

    The team's hours are written down in costs.csv instead (ui.demo.plans)."""
    rows = [row for day in calendar.all_days for row in _media(rng, calendar, day)]
    rows += _fees(rng, calendar, cast, codes)
    rows += _house_costs(calendar)
    return sorted(rows, key=lambda row: (row["date"], row["platform"], row["campaign"], row["influencer"]))


def _cost(day: date, platform: str, campaign: str, cents: int, cost_type: str, **more: Any) -> Row:
    row: Row = {
        "date": day,
        "platform": platform,
        "campaign": campaign,
        "cost": cents,
        "currency": "EUR",
        "source": "",
        "medium": "",
        "cost_type": cost_type,
        "influencer": "",
        "impressions": None,
        "clicks": None,
        "conversions": None,
        "conversion_value": None,
    }
    return row | more


def _media(rng: Random, calendar: Calendar, day: date) -> list[Row]:
    """Platforms claim more orders than the shop can see; their figures are kept beside, as they report them."""
    running = calendar.campaign(day)
    push = 2.1 if running else 1.0
    plans = (
        ("meta", running or "prospecting", 3000 * push, "facebook", "paid_social", 85),
        ("tiktok", running or "prospecting", 1400 * push, "tiktok", "cpc", 60),
        ("google", "brand-search", 900, "google", "cpc", 110),
        ("google", "generic-search", 1300, "google", "cpc", 140),
    )
    rows = []
    for platform, campaign, usual, source, medium, per_click in plans:
        cents = int(usual * weekly(day) * rng.uniform(0.8, 1.2))
        clicks = int(cents / per_click * rng.uniform(0.8, 1.25))
        claimed = sum(rng.random() < 0.055 for _ in range(clicks))
        shown = int(clicks * rng.uniform(60, 130))
        figures = {"impressions": shown, "clicks": clicks, "conversions": claimed, "conversion_value": claimed * 8200}
        rows.append(_cost(day, platform, campaign, cents, "media", source=source, medium=medium, **figures))
    return rows


def _fees(rng: Random, calendar: Calendar, cast: Sequence[Author], codes: Sequence[Code]) -> list[Row]:
    starts = {"summer26": calendar.summer[0], "holiday26": calendar.holiday[0]}
    rows = []
    for author in (a for a in cast if a.status == "contracted"):
        for code in (c for c in codes if c.owner == author.key):
            fee = round((author.followers or 10_000) ** 0.5 * rng.uniform(1.3, 2.1)) * 100
            day = starts.get(code.campaign, calendar.start + timedelta(days=4))
            tags = {"source": author.network, "medium": "influencer", "influencer": author.key}
            rows.append(_cost(day, author.network, code.campaign, fee, "creator_fee", **tags))
    return rows


def _house_costs(calendar: Calendar) -> list[Row]:
    rows = []
    for month in sorted({day.replace(day=1) for day in calendar.all_days}):
        day = max(month, calendar.start)
        rows.append(_cost(day, "in-house", "always-on", 18_000, "content"))
    for name, first in (("summer26", calendar.summer[0]), ("holiday26", calendar.holiday[0])):
        rows.append(_cost(first, "studio", name, 64_000 if name == "summer26" else 148_000, "content"))
    return rows


def list_people(rng: Random, cast: Sequence[Author], mentions: Sequence[Mention]) -> list[Row]:
    """All influencers, and the 60 who write most beside them; a dozen of those turn out to have real reach."""
    counts = Counter(mention.author.key for mention in mentions if mention.brand)
    others = sorted((a for a in cast if not a.influencer), key=lambda a: (-counts[a.key], a.key))[:60]
    rows = [_person(author, author.followers) for author in cast if author.influencer]
    for place, author in enumerate(others):
        large = place % 5 == 2
        known = rng.randint(10_400, 42_000) if large else None if place % 3 == 0 else rng.randint(40, 6_500)
        rows.append(_person(author, known))
    return rows


def _person(author: Author, followers: int | None) -> Row:
    return {
        "network": author.network,
        "handle": author.handle,
        "name": author.name,
        "followers": followers,
        "status": author.status,
    }


_SUBJECTS = ("Heelside 2", "Heelside 2 Low Ember", "Kickturn Cup", "Ledge Canvas", "park day", "team clip")
_CAPTIONS = (
    "New on the shelf: {subject}. Which colour first?",
    "{subject}, filmed in one take and two falls.",
    "Saturday session with the {subject} crew, 14:00, bring water.",
    "How we glue, stitch and test: {subject}.",
    "Your questions about {subject}, answered in 40 seconds.",
)


def draw_posts(rng: Random, calendar: Calendar) -> list[Row]:
    """The shop's own posts, more in campaigns; figures a network does not give are empty, never zero."""
    rows = []
    slots = [day for day in calendar.all_days for _ in range(2 if calendar.campaign(day) else 1)]
    for number, day in enumerate(slots):
        if rng.random() > (0.8 if calendar.campaign(day) else 0.45):
            continue
        network = rng.choice(("instagram", "instagram", "tiktok", "facebook", "youtube"))
        rows.append(_post(rng, calendar, network, number, day))
    return rows


def _post(rng: Random, calendar: Calendar, network: str, number: int, day: date) -> Row:
    kind = {"instagram": ("reel", "carousel", "image"), "facebook": ("image", "video")}.get(network, ("video",))
    shown = int(rng.lognormvariate(8.2, 0.6) * (1.6 if calendar.campaign(day) else 1))
    likes = int(shown * rng.uniform(0.02, 0.08))
    caption = rng.choice(_CAPTIONS).replace("{subject}", rng.choice(_SUBJECTS)) + " #kickflipsupply"
    if rng.random() < 0.3:
        language = rng.choice(list(GRAMMARS))
        caption += " " + rng.choice(GRAMMARS[language].code_offer).replace("{code}", "WELCOME5").replace("{pct}", "5")
    post_id = str(17_900_000_000_000_000 + number * 7_368_787 + rng.randrange(10**6))
    return {
        "network": network,
        "post_id": post_id,
        "published_at": moment(rng, day),
        "permalink": f"https://{network}.example/{DOMAIN.partition('.')[0]}/{post_id}",
        "caption": caption,
        "post_type": rng.choice(kind),
        "is_paid": "true" if rng.random() < 0.15 else "false",
        "impressions": shown,
        "reach": int(shown * rng.uniform(0.6, 0.9)),
        "likes": likes,
        "comments": int(likes * rng.uniform(0.02, 0.12)),
        "shares": int(likes * rng.uniform(0.01, 0.08)),
        "saves": int(likes * rng.uniform(0.02, 0.1)) if network == "instagram" else None,
        "clicks": int(shown * rng.uniform(0.002, 0.012)) if network != "tiktok" else None,
    }


def draw_leads(rng: Random, calendar: Calendar) -> list[Row]:
    """Shops that ask about stocking the shoe; a third or so is won after some weeks."""
    origins = (
        ("instagram", "social"),
        ("linkedin", "social"),
        ("google", "organic"),
        ("newsletter", "email"),
        ("instagram", "influencer"),
        ("", ""),
    )
    rows = []
    for number in range(round(64 * calendar.days / 180)):
        day = rng.choice(calendar.all_days)
        created = moment(rng, day)
        source, medium = rng.choices(origins, (22, 12, 14, 8, 10, 14))[0]
        stage = rng.choices(("lead", "qualified", "proposal", "won", "lost"), (26, 20, 14, 26, 14))[0]
        won_at = created + timedelta(days=rng.randint(5, 40), hours=rng.randint(0, 9))
        if stage == "won" and not calendar.contains(won_at):
            stage = "proposal"
        rows.append(
            {
                "lead_id": f"L{number + 1:04d}",
                "created_at": created,
                "source": source,
                "medium": medium,
                "campaign": calendar.campaign(day) if medium in ("social", "influencer") else "",
                "stage": stage,
                "won_at": won_at if stage == "won" else None,
                "deal_amount": rng.randint(40, 420) * 1000 if stage in ("won", "proposal") else None,
                "currency": "EUR",
            }
        )
    return sorted(rows, key=lambda row: (row["created_at"], row["lead_id"]))
