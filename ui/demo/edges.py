"""The awkward orders: window edges, code days, spellings, refunds, cancellations, devices, clocks. A few people each.

Every one belongs to a person of its own, so that nothing else in the world can touch what it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from ui.demo import arrivals
from ui.demo.shoppers import Mode, Purchase, Shop, Shopper, Step, basket, ensure_checkout
from ui.demo.world import LOOKBACK, Arrival, Author, Code, berlin, moment, utc

_VARIANTS = 4


def draw_edges(shop: Shop, cast: list[Author]) -> list[Shopper]:
    """All edge shoppers; each order's `edge` names its case. Clock-change orders need such a night in the period."""
    shoppers = [maker(shop, cast, variant) for maker in _MAKERS for variant in range(_VARIANTS)]
    return shoppers + list(_clock_change(shop, cast))


def _person(mode: Mode, steps: Iterable[tuple[datetime, Arrival]], *purchases: Purchase) -> Shopper:
    return Shopper(mode, [Step(at, arrival) for at, arrival in steps], list(purchases))


def _mode(variant: int) -> Mode:
    modes: tuple[Mode, ...] = ("order_id", "customer", "both")
    return modes[variant % 3]


def _late_day(shop: Shop) -> date:
    """A day with more than a lookback window before it."""
    return shop.calendar.end - timedelta(days=shop.rng.randint(1, max(1, shop.calendar.days - 40)))


def _order(shop: Shop, at: datetime, cause: str, edge: str, *codes: str) -> Purchase:
    return Purchase(at, ((cause, 100),), codes, basket(shop.rng), edge=edge)


def _creator(shop: Shop, variant: int) -> Code:
    """An always-on creator code, valid throughout."""
    codes = [code for code in shop.codes.values() if code.kind == "creator" and code.valid_to is None]
    return codes[variant % len(codes)]


def _ending(shop: Shop, variant: int) -> Code:
    """A creator's summer code, which ends inside the period."""
    codes = [code for code in shop.codes.values() if code.campaign == "summer26" and code.kind == "creator"]
    return codes[variant % len(codes)]


def _starting(shop: Shop, variant: int) -> Code:
    codes = [code for code in shop.codes.values() if code.campaign == "holiday26" and code.kind == "creator"]
    return codes[variant % len(codes)]


def _social(shop: Shop, variant: int) -> Arrival:
    makers: tuple[Callable[[Random], Arrival], ...] = (
        lambda rng: arrivals.paid_social(rng, ""),
        lambda rng: arrivals.own_post(rng, ""),
        lambda rng: arrivals.influencer_link(rng, rng.choice(shop.talk.with_link)),
        arrivals.social_referrer,
    )
    return makers[variant % len(makers)](shop.rng)


def _with_checkout(shop: Shop, shopper: Shopper) -> Shopper:
    """An order id can only join through the session that placed the order, so every such shopper has one."""
    since = shop.calendar.opens
    for purchase in shopper.purchases:
        ensure_checkout(shop.rng, shopper, purchase, since)
        since = purchase.at
    return shopper


def _lookback(shop: Shop, variant: int, edge: str, age: timedelta) -> Shopper:
    at = moment(shop.rng, _late_day(shop))
    shopper = _person(_mode(variant), [(at - age, _social(shop, variant))], _order(shop, at, "clicked_link", edge))
    return _with_checkout(shop, shopper)


def _lookback_exact(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    return _lookback(shop, variant, "lookback_exact", LOOKBACK)


def _lookback_past(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    return _lookback(shop, variant, "lookback_past", LOOKBACK + timedelta(seconds=1))


def _coded(shop: Shop, variant: int, at: datetime, edge: str, *codes: str) -> Shopper:
    """An order with that code; every second person also came through a search engine."""
    steps = [(at - timedelta(hours=30), arrivals.search(shop.rng))] if variant % 2 else []
    return _with_checkout(shop, _person(_mode(variant), steps, _order(shop, at, "used_code", edge, *codes)))


def _code_last_minute(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    code = _ending(shop, variant)
    assert code.valid_to is not None
    return _coded(shop, variant, utc(berlin(code.valid_to, 23, 59, 10 * variant)), "code_last_minute", code.code)


def _code_expired(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    code = _ending(shop, variant)
    assert code.valid_to is not None
    at = utc(berlin(code.valid_to + timedelta(days=1), 0, 0, 10 * variant))
    return _coded(shop, variant, at, "code_expired", code.code)


def _code_first_minute(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    code = _starting(shop, variant)
    assert code.valid_from is not None
    return _coded(shop, variant, utc(berlin(code.valid_from, 0, 0, 10 * variant)), "code_first_minute", code.code)


def _code_not_yet_valid(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    code = _starting(shop, variant)
    assert code.valid_from is not None
    at = utc(berlin(code.valid_from - timedelta(days=1), 23, 59, 10 * variant))
    return _coded(shop, variant, at, "code_not_yet_valid", code.code)


def _two_codes(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    creator = _creator(shop, variant).code
    codes = (creator, "WELCOME5") if variant % 2 else ("WELCOME5", creator)
    return _coded(shop, variant, moment(shop.rng, _late_day(shop)), "two_codes", *codes)


def _two_codes_one_expired(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    code = _ending(shop, variant)
    assert code.valid_to is not None
    at = moment(shop.rng, code.valid_to + timedelta(days=2 + variant))
    return _coded(shop, variant, at, "two_codes_one_expired", code.code, "WELCOME5")


def _unknown_code(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    code = ("ledgelamp10", "HEELSIDE-VIP", "MILA1", "MILA100")[variant]
    return _coded(shop, variant, moment(shop.rng, _late_day(shop)), "unknown_code", code)


def _code_spelling(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    code = _creator(shop, variant).code
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)
    spelled = (wide, code.lower(), f" {code[:3]} {code[3:]} ", code[:2] + "\u200b" + code[2:].lower())[variant]
    return _coded(shop, variant, moment(shop.rng, _late_day(shop)), "code_spelling", spelled)


def _plain(shop: Shop, variant: int, edge: str, *codes: str) -> Shopper:
    """A person who came through a social visit two days before the order."""
    at = moment(shop.rng, _late_day(shop))
    order = _order(shop, at, "clicked_link", edge, *codes)
    return _with_checkout(shop, _person(_mode(variant), [(at - timedelta(days=2), _social(shop, variant))], order))


def _partial_refund(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    shopper = _plain(shop, variant, "partial_refund")
    shopper.purchases[0].refund = "part"
    return shopper


def _full_refund(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    shopper = _plain(shop, variant, "full_refund")
    shopper.purchases[0].refund = "full"
    return shopper


def _giveaway(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    shopper = _plain(shop, variant, "giveaway", "Giveaway-Mila" if variant % 2 else "GIVEAWAY-LINH")
    shopper.purchases[0].items = shopper.purchases[0].items[:1]
    return shopper


def _cancelled(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    shopper = _plain(shop, variant, "cancelled")
    shopper.purchases[0].ending = "cancelled_unrefunded" if variant % 2 else "cancelled"
    return shopper


def _voided(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    shopper = _plain(shop, variant, "voided", *(("testitest",) if variant == 0 else ()))
    shopper.purchases[0].ending = "voided"
    return shopper


def _repeat_reset(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    """The social visit belongs to the first order; the second order has nothing of its own."""
    second = moment(shop.rng, _late_day(shop))
    first = second - timedelta(days=9, hours=variant)
    orders = _order(shop, first, "clicked_link", ""), _order(shop, second, "came_anyway", "repeat_reset")
    steps = [(first - timedelta(hours=5), _social(shop, variant))]
    return _with_checkout(shop, _person(_mode(variant), steps, *orders))


def _two_devices(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    at = moment(shop.rng, _late_day(shop))
    shopper = _person("customer", [], _order(shop, at, "clicked_link", "two_devices"))
    shopper.steps = [
        Step(at - timedelta(days=3), _social(shop, variant), device=0),
        Step(at - timedelta(minutes=12), arrivals.direct(), device=1),
    ]
    return shopper


def _email_after_social(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    shopper = _plain(shop, variant, "email_after_social")
    at = shopper.purchases[0].at - timedelta(hours=7)
    shopper.steps.append(Step(at, arrivals.email(shop.rng, at.isocalendar().week)))
    return shopper


def _direct_after_social(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    shopper = _plain(shop, variant, "direct_after_social")
    shopper.steps.append(Step(shopper.purchases[0].at - timedelta(hours=7), arrivals.direct()))
    return shopper


def _visit_after_order(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    at = moment(shop.rng, shop.calendar.end - timedelta(days=10 + variant))
    shopper = _person(_mode(variant), [], _order(shop, at, "came_anyway", "visit_after_order"))
    _with_checkout(shop, shopper)
    shopper.steps.append(Step(at + timedelta(minutes=1 + 300 * variant), _social(shop, variant)))
    return shopper


def _dirty_utm(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    return _dirty(shop, cast, variant)


def _dirty_utm_more(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    return _dirty(shop, cast, variant + _VARIANTS)


def _dirty(shop: Shop, cast: list[Author], variant: int) -> Shopper:
    first, last = shop.calendar.holiday
    at = moment(shop.rng, first + timedelta(days=4 + shop.rng.randint(0, (last - first).days - 4)))
    contracted = [a for a in cast if a.status == "contracted" and a.network in ("instagram", "tiktok")]
    steps = [(at - timedelta(days=1), arrivals.dirty(variant, contracted[variant % len(contracted)]))]
    return _with_checkout(shop, _person(_mode(variant), steps, _order(shop, at, "clicked_link", "dirty_utm")))


def _clock_change(shop: Shop, cast: list[Author]) -> Iterable[Shopper]:
    """Orders in the hour that Berlin lives through twice, and a visit exactly 30 days earlier across the change."""
    for day in shop.calendar.clock_changes():
        if day - timedelta(days=31) < shop.calendar.start:
            continue
        for variant, fold in enumerate((0, 1, 0, 1)):
            at = utc(berlin(day, 2, 30, variant, fold=fold))
            age = LOOKBACK if variant < 2 else timedelta(hours=1)
            order = replace(_order(shop, at, "clicked_link", "dst_night"))
            yield _with_checkout(shop, _person(_mode(variant), [(at - age, _social(shop, variant))], order))


_MAKERS: tuple[Callable[[Shop, list[Author], int], Shopper], ...] = (
    _lookback_exact,
    _lookback_past,
    _code_last_minute,
    _code_expired,
    _code_first_minute,
    _code_not_yet_valid,
    _two_codes,
    _two_codes_one_expired,
    _unknown_code,
    _code_spelling,
    _partial_refund,
    _full_refund,
    _giveaway,
    _cancelled,
    _voided,
    _repeat_reset,
    _two_devices,
    _email_after_social,
    _direct_after_social,
    _visit_after_order,
    _dirty_utm,
    _dirty_utm_more,
)
