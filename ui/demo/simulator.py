"""The demo shop's world, drawn from one seed: what people say, what moves them, what they buy, what the shop sees.

Causes come first and evidence follows from them, so that every cent's true cause is known. The world knows nothing of
the code that will judge it: no line here is shared with it.
"""

from __future__ import annotations

from datetime import date
from typing import get_args

from ui.demo import cast as casting
from ui.demo.books import draw_leads, draw_posts, draw_spend, list_people
from ui.demo.edges import draw_edges
from ui.demo.passers import draw_passers
from ui.demo.shoppers import Shop, draw_shoppers
from ui.demo.talk import draw_talk, talk_days
from ui.demo.truth import numbered, settle
from ui.demo.world import OWN_BRAND, Calendar, Response, World, chance
from ui.demo.writers import write_world

__all__ = ["World", "simulate", "write_world"]

_SHORTEST = 75  # a lookback, two campaigns and the edge orders need room
_VISITS, _TALK_ORDERS = 12_000, 430  # for 180 days


def simulate(*, seed: int, end: date, days: int = 180, response: Response = "saturating") -> World:
    """The world of `days` days up to and with `end` (Berlin days); the same arguments give the same world.

    `response` is the shape in which talk causes orders, see `talk_days`. Raises ValueError for fewer than 75 days or
    an unknown response.
    """
    if days < _SHORTEST:
        raise ValueError(f"the demo needs at least {_SHORTEST} days, not {days}")
    if response not in get_args(Response):
        raise ValueError(f"response {response!r} is none of {', '.join(get_args(Response))}")
    calendar = Calendar(end, days)
    cast = casting.influencers() + casting.other_authors(chance(seed, "cast"))
    codes = casting.codes(calendar)
    talk = draw_talk(chance(seed, "talk"), calendar, cast, codes)
    effect = talk_days(talk.mentions, calendar, response=response, orders=_TALK_ORDERS * days / 180)
    by_code = {code.code: code for code in codes}
    articles = [m for m in talk.mentions if m.network in ("blog", "news") and m.brand == OWN_BRAND and m.feeling >= 0]
    shop = Shop(chance(seed, "shoppers"), calendar, talk, by_code, articles)
    shoppers = draw_shoppers(shop, effect) + draw_edges(shop, cast)
    orders, visits = settle(shoppers, by_code, chance(seed, "ids"))
    visits += draw_passers(shop, max(0, round(_VISITS * days / 180) - len(visits)))
    return World(
        seed=seed,
        calendar=calendar,
        response=response,
        sources=casting.SOURCES,
        authors=tuple(cast),
        codes=tuple(codes),
        mentions=talk.mentions,
        talk=effect,
        visits=numbered(visits),
        orders=tuple(orders),
        spend=tuple(draw_spend(chance(seed, "spend"), calendar, cast, codes)),
        people=tuple(list_people(chance(seed, "people"), cast, talk.mentions)),
        posts=tuple(draw_posts(chance(seed, "posts"), calendar)),
        leads=tuple(draw_leads(chance(seed, "leads"), calendar)),
    )
