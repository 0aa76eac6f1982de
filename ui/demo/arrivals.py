"""Ways into the shop. Each function writes one visit's address and referrer, and names the channel it stands for.

The channel is what the tags and referrers mean in the trade: a medium `influencer` is Influencer, a social network
with a paid medium Paid Social, YouTube with medium `video` Organic Video, a search engine's referrer Organic Search,
any other site's Referral, and nothing at all Direct.
"""

from __future__ import annotations

from random import Random
from urllib.parse import urlencode

from ui.demo.talk import DEEP_PATHS, tagged_link
from ui.demo.world import DOMAIN, Arrival, Author, Mention

_SEARCH = ("https://www.google.com/", "https://www.bing.com/", "https://duckduckgo.com/")
_SOCIAL = ("https://l.instagram.com/", "https://lm.facebook.com/", "https://www.tiktok.com/", "https://www.reddit.com/")


def page(path: str, **tags: str) -> str:
    query = urlencode({f"utm_{name}": value for name, value in tags.items()})
    return f"https://{DOMAIN}{path}" + (f"?{query}" if query else "")


def influencer_link(rng: Random, post: Mention) -> Arrival:
    """Through the tagged link of that post; the app rarely says where it comes from."""
    referrer = "https://l.instagram.com/" if post.network == "instagram" and rng.random() < 0.5 else ""
    return Arrival(post.url, referrer, "Influencer", post.campaign)


def paid_social(rng: Random, campaign: str) -> Arrival:
    source, medium = rng.choice((("facebook", "paid_social"), ("instagram", "paid_social"), ("tiktok", "cpc")))
    url = page(rng.choice(DEEP_PATHS), source=source, medium=medium, campaign=campaign or "prospecting")
    if rng.random() < 0.4:
        name = "ttclid" if source == "tiktok" else "fbclid"
        url += f"&{name}=Sim{rng.randrange(16**10):010x}"
    return Arrival(url, "", "Paid Social", campaign or "prospecting")


def own_post(rng: Random, campaign: str) -> Arrival:
    """From the shop's own post: a network's tag with medium `social`, or YouTube's with medium `video`."""
    source = rng.choice(("instagram", "instagram", "tiktok", "facebook", "youtube"))
    medium, channel = ("video", "Organic Video") if source == "youtube" else ("social", "Organic Social")
    tags = {"source": source, "medium": medium, "campaign": campaign or "always-on"}
    return Arrival(page(rng.choice(DEEP_PATHS), **tags), "", channel, campaign or "always-on")


def social_referrer(rng: Random) -> Arrival:
    return Arrival(page(rng.choice(DEEP_PATHS)), rng.choice(_SOCIAL), "Organic Social")


def search(rng: Random) -> Arrival:
    return Arrival(
        page(rng.choice(("/", "/", "/products/heelside-2"))), rng.choices(_SEARCH, (8, 1, 1))[0], "Organic Search"
    )


def search_ad(rng: Random) -> Arrival:
    campaign = rng.choice(("brand-search", "generic-search"))
    url = page("/products/heelside-2", source="google", medium="cpc", campaign=campaign)
    referrer = "https://www.google.com/"
    return Arrival(f"{url}&gclid=Sim{rng.randrange(16**12):012x}", referrer, "Paid Search", campaign)


def email(rng: Random, week: int) -> Arrival:
    campaign = rng.choice((f"newsletter-{week:02d}", f"newsletter-{week:02d}", "cart-reminder"))
    return Arrival(
        page("/collections/new-in", source="newsletter", medium="email", campaign=campaign), "", "Email", campaign
    )


def referral(rng: Random) -> Arrival:
    site = rng.choice(
        ("https://skatemap.example/berlin", "https://parkguide.example/", "https://pushmongo.example/gear")
    )
    return Arrival(page("/"), site, "Referral")


def coupon_site() -> Arrival:
    return Arrival(page("/"), "https://coupon-corner.example/kickflip-supply", "Referral")


def article(post: Mention) -> Arrival:
    """From the page of a blog or news mention."""
    return Arrival(post.url or page("/products/heelside-2"), post.link, "Referral")


def deep_link(rng: Random) -> Arrival:
    """A link passed on in a chat or an app: no tag, no referrer, and a page nobody types."""
    return Arrival(page(rng.choice(DEEP_PATHS)), "", "Direct")


def direct() -> Arrival:
    return Arrival(page("/"), "", "Direct")


def dirty(number: int, author: Author) -> Arrival:
    """Tags as they come in the wild: upper case, encoded, an entity for the ampersand, behind a fragment's mark."""
    clean = tagged_link(author, "holiday26")
    upper = clean.replace(f"utm_source={author.network}", f"utm_source={author.network.upper()}")
    head, _, query = clean.partition("?")
    variants = (
        Arrival(upper.replace("medium=influencer", "medium=Influencer"), "", "Influencer", "holiday26"),
        Arrival(clean.replace("campaign=holiday26", "campaign=%68oliday%32%36"), "", "Influencer", "holiday26"),
        Arrival(clean.replace("&", "&amp;"), "", "Influencer", "holiday26"),
        Arrival(f"{head}?{query.replace('=', '%3D').replace('&', '%26')}", "", "Influencer", "holiday26"),
        Arrival(f"{head}#{query}", "", "Influencer", "holiday26"),
        Arrival(
            page("/", source=" Facebook", medium="Paid Social", campaign="holiday26"), "", "Paid Social", "holiday26"
        ),
    )
    return variants[number % len(variants)]
