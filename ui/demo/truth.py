"""From drawn people to rows: order amounts, what each order's evidence shows, and whom every visit belongs to.

Each shopper's own trail is walked in time; nothing is joined across people. This is the oracle the product's figures
are compared with, so it shares no line with them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random

from ui.demo.shoppers import Purchase, Shopper
from ui.demo.world import (
    CAUSES,
    LOOKBACK,
    SOCIAL_SCOPE,
    Arrival,
    Code,
    Credit,
    Order,
    Visit,
    berlin_day,
)

FIRST_ORDER = 1001
FREE_SHIPPING_FROM, SHIPPING = 7500, 495
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_UNREGISTERED_PERCENT = 10


@dataclass(frozen=True, slots=True)
class Amounts:
    """An order's money in cents, tax included but for `goods`."""

    discount: int
    subtotal: int
    shipping: int
    tax: int
    refunded: int

    @property
    def total(self) -> int:
        return self.subtotal + self.shipping

    @property
    def goods(self) -> int:
        return self.subtotal - self.tax

    @property
    def net(self) -> int:
        """Goods less the refund's share of them; a refund takes goods and shipping in proportion, half to even."""
        if not self.refunded:
            return self.goods
        return self.goods - round(Fraction(self.refunded * self.goods, self.total))


def typed(code: str) -> str:
    """A code as the register spells it, whatever width, case, spaces or invisible marks it was typed with."""
    plain = unicodedata.normalize("NFKC", code)
    return "".join(c for c in plain if not c.isspace() and c not in _INVISIBLE).upper()


def amounts(purchase: Purchase, codes: dict[str, Code]) -> Amounts:
    """What the shop charged: 19 % tax inside the goods, shipping untaxed and free above 75 euros."""
    listed = sum(item.price * item.quantity for item in purchase.items)
    percents = [codes[typed(c)].percent if typed(c) in codes else _UNREGISTERED_PERCENT for c in purchase.codes]
    discount = round(Fraction(listed * min(100, sum(percents)), 100))
    subtotal = listed - discount
    shipping = 0 if subtotal >= FREE_SHIPPING_FROM or subtotal == 0 else SHIPPING
    tax = (subtotal * 19 * 2 + 119) // 238
    return Amounts(discount, subtotal, shipping, tax, _refunded(purchase, subtotal, subtotal + shipping))


def _refunded(purchase: Purchase, subtotal: int, total: int) -> int:
    if purchase.refund == "full" or purchase.ending == "cancelled":
        return total
    if purchase.refund == "part":  # the last thing in the basket goes back, or a third as goodwill
        last = purchase.items[-1].price
        return last if len(purchase.items) > 1 and last < subtotal else subtotal // 3
    return 0


def credit_shown(shopper: Shopper, nets: Sequence[int], codes: dict[str, Code]) -> list[Credit]:
    """Each order's credit: a valid code first, else the last visit that joins and is not Direct."""
    shown, since = [], None
    for purchase, net in zip(shopper.purchases, nets, strict=True):
        code = _winning_code(purchase, codes)
        visit = _last_touch(shopper, purchase.at, since)
        if code is not None:
            credit = _credit(net, code.effective_channel, code.campaign, code.code)
        elif visit is not None:
            credit = _credit(net, visit.channel, visit.campaign, "")
        else:
            credit = Credit()
        shown.append(credit if purchase.sold else Credit())
        since = purchase.at if purchase.sold else since
    return shown


def _credit(net: int, channel: str, campaign: str, code: str) -> Credit:
    social = channel in SOCIAL_SCOPE
    return Credit(net if social else 0, 0 if social else net, channel, code, campaign)


def _winning_code(purchase: Purchase, codes: dict[str, Code]) -> Code | None:
    day = berlin_day(purchase.at)
    known = [codes[typed(code)] for code in purchase.codes if typed(code) in codes]
    valid = [code for code in known if code.effective_channel and code.valid_on(day)]
    creators = [code for code in valid if code.kind == "creator"]
    return next(iter(creators or valid), None)


def _last_touch(shopper: Shopper, at: datetime, since: datetime | None) -> Arrival | None:
    if shopper.mode == "none":
        return None
    earliest = at - LOOKBACK
    steps = [s for s in shopper.steps if earliest <= s.at <= at and (since is None or s.at > since)]
    creditable = [s for s in steps if s.arrival.channel != "Direct"]
    return max(creditable, key=lambda step: step.at).arrival if creditable else None


def settle(shoppers: Sequence[Shopper], codes: dict[str, Code], rng: Random) -> tuple[list[Order], list[Visit]]:
    """All orders, named in time order, and all visits of those who bought, not yet numbered."""
    for shopper in shoppers:
        _separate(shopper)
    ranks = sorted((p.at, who, n) for who, shopper in enumerate(shoppers) for n, p in enumerate(shopper.purchases))
    numbers = {(who, n): FIRST_ORDER + rank for rank, (_, who, n) in enumerate(ranks)}
    orders: list[Order] = []
    visits: list[Visit] = []
    for who, shopper in enumerate(shoppers):
        mine = list(_orders(shopper, who, [numbers[who, n] for n in range(len(shopper.purchases))], codes))
        orders += mine
        visits += _visits(shopper, who, mine, rng)
    return sorted(orders, key=lambda order: (order.at, order.order_id)), visits


def _separate(shopper: Shopper) -> None:
    """No two of a person's visits, and no visit and order, share a second: which came last must be plain."""
    taken = {purchase.at for purchase in shopper.purchases}
    for step in sorted(shopper.steps, key=lambda step: step.at, reverse=True):
        while step.at in taken:
            step.at -= timedelta(seconds=1)
        taken.add(step.at)


def _orders(shopper: Shopper, who: int, numbers: Sequence[int], codes: dict[str, Code]) -> Iterable[Order]:
    charged = [amounts(purchase, codes) for purchase in shopper.purchases]
    nets = [money.net if purchase.sold else 0 for purchase, money in zip(shopper.purchases, charged, strict=True)]
    shown = credit_shown(shopper, nets, codes)
    for purchase, money, net, credit, number in zip(shopper.purchases, charged, nets, shown, numbers, strict=True):
        yield Order(
            order_id=str(6_100_000_000_000 + number * 32_768),
            name=f"#{number}",
            at=purchase.at,
            email=email_of(who),
            items=purchase.items,
            codes=purchase.codes,
            discount=money.discount,
            subtotal=money.subtotal,
            shipping=money.shipping,
            tax=money.tax,
            total=money.total,
            refunded=money.refunded,
            status=_status(purchase, money),
            cancelled_at=purchase.at + timedelta(hours=20) if purchase.ending.startswith("cancelled") else None,
            sold=purchase.sold,
            net_minor=net,
            cause=purchase.causes[0][0],
            causes=_cause_cents(purchase, net),
            credit=credit,
            edge=purchase.edge,
        )


def _status(purchase: Purchase, money: Amounts) -> str:
    if purchase.ending == "voided":
        return "voided"
    if money.refunded == 0:
        return "paid"
    return "refunded" if money.refunded == money.total else "partially_refunded"


def _cause_cents(purchase: Purchase, net: int) -> dict[str, int]:
    """The drawn shares in cents; the main cause takes what rounding leaves."""
    cents = dict.fromkeys(CAUSES, 0)
    for cause, percent in purchase.causes[1:]:
        cents[cause] = net * percent // 100
    cents[purchase.causes[0][0]] = net - sum(cents.values())
    return cents


def email_of(who: int) -> str:
    return f"k{who:05d}@{('mail', 'post', 'inbox')[who % 3]}.example.invalid"


def _visits(shopper: Shopper, who: int, orders: Sequence[Order], rng: Random) -> Iterable[Visit]:
    """The person's visits as the shop logs them: what joins them to orders depends on the person's mode alone."""
    placed = _checkouts(shopper, orders) if shopper.mode in ("order_id", "both") else {}
    known = shopper.mode in ("customer", "both")
    shouted = known and who % 20 == 0  # some log the address as it was typed
    for number, step in enumerate(sorted(shopper.steps, key=lambda step: step.at)):
        order = placed.get(step.at)
        fresh = number if shopper.mode == "none" else step.device if shopper.mode == "customer" else 0
        address = email_of(who) if known else ""
        yield Visit(
            visit_id="",
            visitor=visitor_of(who, fresh),
            time=step.at,
            arrival=step.arrival,
            order_ref="" if order is None else rng.choice((order.name, order.order_id)),
            customer=address.upper() if shouted and number % 2 else address,
        )


def visitor_of(who: int, device: int) -> str:
    return f"v{(who * 7919 + device * 104_729 + 15_485_863) % 2**31:08x}{who:05d}{device}"


def _checkouts(shopper: Shopper, orders: Sequence[Order]) -> dict[datetime, Order]:
    """The last visit before each order, which is the one that carries its id."""
    found, since = {}, None
    for order in orders:
        steps = [s.at for s in shopper.steps if s.at <= order.at and (since is None or s.at > since)]
        found[max(steps)] = order
        since = order.at
    return found


def numbered(visits: Sequence[Visit]) -> tuple[Visit, ...]:
    ordered = sorted(visits, key=lambda visit: (visit.time, visit.visitor))
    return tuple(replace(visit, visit_id=f"s{number:06d}") for number, visit in enumerate(ordered, start=1))
