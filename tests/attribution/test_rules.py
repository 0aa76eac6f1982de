"""Who gets the credit, and that every cent of it is somewhere exactly once."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution.report import BREAKDOWNS
from attribution.rules import RULES, apportion, weight
from tests.attribution.worlds import (
    DAY,
    NOON,
    code_used,
    cost,
    inputs,
    mention,
    order,
    refund,
    registered,
    report,
    touch,
)

# S social, E e-mail, D Direct; the credit of an order of 100.00 by model
PATHS: dict[str, tuple[str, str, list[int]]] = {
    "last": ("SED", "last", [0, 0, 10_000]),
    "first": ("SED", "first", [10_000, 0, 0]),
    "last non-direct": ("SED", "last_non_direct", [0, 10_000, 0]),
    "last non-direct with nothing but Direct": ("DD", "last_non_direct", [0, 10_000]),
    "linear over four": ("SEDS", "linear", [2_500, 2_500, 2_500, 2_500]),
    # the cent left over goes to the first by channel name: Email, then Organic Social
    "linear over three": ("SES", "linear", [3_333, 3_334, 3_333]),
    "linear over three of one channel": ("SSS", "linear", [3_334, 3_333, 3_333]),
    "linear over Direct": ("D", "linear", [10_000]),
}
KINDS: dict[str, dict[str, Any]] = {
    "S": {},
    "E": {"source": "newsletter", "medium": "email"},
    "D": {"source": "(direct)", "medium": None, "evidence": "none"},
}


@pytest.mark.parametrize(("kinds", "model", "expected"), PATHS.values(), ids=PATHS.keys())
def test_credit(kinds: str, model: str, expected: list[int]) -> None:
    touches = [touch(f"t{n}", at=NOON - (9 - n) * DAY, customer_key=1, **KINDS[kind]) for n, kind in enumerate(kinds)]
    credits = report(inputs(orders=[order("1", customer_key=1)], touches=touches), model=model).credits
    assert credits["credit_minor"].to_list() == expected
    assert credits["weight"].sum() == pytest.approx(1)


def test_a_negative_net_is_divided_as_its_amount() -> None:
    world = inputs(
        orders=[order("1", customer_key=1)],
        refunds=[refund("1", "238")],
        touches=[touch(f"t{n}", customer_key=1) for n in range(3)],
    )
    assert report(world, model="linear").credits["credit_minor"].to_list() == [-3_334, -3_333, -3_333]


def test_the_units_left_over_go_to_the_largest_remainders() -> None:
    """99 by .5, .3 and .2 is 49.5, 29.7 and 19.8: of the two units left, the second and the third have one each."""
    rows = [("a", "1", n, "C", 99, share) for n, share in enumerate((0.5, 0.3, 0.2), start=1)]
    names = ["account", "order_id", "position", "channel", "net_minor", "weight"]
    assert apportion(pl.DataFrame(rows, schema=names, orient="row"))["credit_minor"].to_list() == [49, 30, 20]


def test_credit_to_direct_is_not_credited() -> None:
    touches = [touch("a", customer_key=1), touch("b", customer_key=1, **KINDS["D"])]
    found = report(inputs(orders=[order("1", customer_key=1)], touches=touches), model="linear")
    assert (found.buckets.credited, found.buckets.uncredited) == (5_000, 5_000)
    assert found.by_channel.filter(pl.col("name") == "Direct").select("credited", "revenue_minor").row(0) == (
        False,
        5_000,
    )


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(ValueError, match="last_non_direct"):
        weight("best")


@limits(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-(10**12), 10**12), st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=30)
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_weights_divide_any_net_to_the_last_unit(orders: list[tuple[int, list[float]]]) -> None:
    rows = [
        ("a", str(n), position, "AB"[position % 2], net, share)
        for n, (net, shares) in enumerate(orders)
        for position, share in enumerate(shares, start=1)
    ]
    names = ["account", "order_id", "position", "channel", "net_minor", "weight"]
    out = apportion(pl.DataFrame(rows, schema=names, orient="row"))
    for n, (net, shares) in enumerate(orders):
        mine = out.filter(pl.col("order_id") == str(n))["credit_minor"].to_list()
        assert sum(mine) == net
        whole = sum(shares)
        if whole > 1e-6:
            # Nobody is more than a unit away from the exact share (weights count to twelve decimals).
            assert all(
                abs(got - net * share / whole) <= 1 + abs(net) * 1e-12 * len(shares) / whole * 2
                for got, share in zip(mine, shares, strict=True)
            )


# ---- whole worlds, drawn at random

CODES = [
    registered("ANNA", owner="instagram:anna", campaign="june"),
    registered("BEA", owner="instagram:bea", valid_to=dt.date(2026, 6, 15)),
    registered("MAIL", kind="crm", channel="Email"),
    registered("SITE", kind="sitewide", channel=None),
]
minutes = st.integers(0, 40 * 24 * 60)
START = dt.datetime(2026, 5, 25, 6, tzinfo=dt.UTC)


def at(minute: int) -> dt.datetime:
    return START + dt.timedelta(minutes=minute)


@st.composite
def orders_of(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Orders with their refunds and codes."""
    orders, refunds, used = [], [], []
    for n in range(draw(st.integers(2, 8))):
        subtotal = draw(st.decimals(0, 500, places=2))
        placed = at(draw(minutes))
        orders.append(
            order(
                str(n),
                ordered_at=placed,
                customer_key=draw(st.sampled_from([1, 2, 3, None])),
                currency=draw(st.sampled_from(["EUR", "EUR", "USD", "JPY", "VND"])),
                status=draw(st.sampled_from(["paid", "paid", "paid", "voided"])),
                cancelled_at=draw(st.sampled_from([None, None, None, placed])),
                subtotal=subtotal,
                tax=draw(st.decimals(0, subtotal, places=2)),
                total=subtotal + draw(st.decimals(0, 20, places=2)),
            )
        )
        if draw(st.booleans()):
            refunds.append(refund(str(n), str(draw(st.decimals(0, 600, places=2)))))
        codes = draw(st.lists(st.sampled_from(["ANNA", "BEA", "MAIL", "SITE", "X"]), max_size=3))
        used += [code_used(str(n), code, ordinal=place, ordered_at=placed) for place, code in enumerate(codes)]
    return {"orders": orders, "refunds": refunds, "order_codes": used}


@st.composite
def visits(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        touch(
            f"t{n}",
            at=at(draw(minutes)),
            visitor=draw(st.integers(1, 5)),
            customer_key=draw(st.sampled_from([1, 2, 3, None])),
            order_ref=draw(st.one_of(st.none(), st.none(), st.integers(0, 8).map(str))),
            campaign=draw(st.sampled_from([None, "june", "july"])),
            **draw(st.sampled_from(list(KINDS.values()))),
        )
        for n in range(draw(st.integers(6, 20)))
    ]


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    said = st.sampled_from([[], ["ANNA"], ["ANNA", "BEA"]])
    mentions = [
        mention(f"m{n}", published_at=at(draw(minutes)), codes=draw(said)) for n in range(draw(st.integers(0, 3)))
    ]
    return draw(orders_of()) | {
        "touches": draw(visits()),
        "mentions": mentions,
        "codes": CODES,
        "spend": [cost("s", "12.34"), cost("t", "99.99", date_to=dt.date(2026, 7, 10), cost_type="creator_fee")],
    }


slow = limits(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slow
@given(worlds(), st.sampled_from(sorted(RULES)))
def test_money_is_conserved(world: dict[str, Any], model: str) -> None:
    found = report(inputs(**world), model=model)
    sold = found.ledger.filter(pl.col("state") == "sold")
    per_order = found.credits.group_by("account", "order_id").agg(pl.col("credit_minor").sum())
    joined = per_order.join(sold, on=["account", "order_id"], how="left")
    assert joined["credit_minor"].to_list() == joined["net_minor"].to_list()

    money = found.buckets
    assert money.total == sold["net_minor"].sum() == money.credited + money.uncredited
    assert money.credited == money.direct + money.other_tracked
    assert money.unexplained == money.uncredited
    for by in BREAKDOWNS:
        table = found.breakdown(by)
        assert table["revenue_minor"].sum() == money.total
        assert table.filter("credited")["revenue_minor"].sum() == money.credited
        assert table["conversions"].sum() == pytest.approx(sold.height)
        shown = found.channels_json(by)
        assert sum(Decimal(row["revenue"]) for row in shown["rows"]) == Decimal(shown["credited"])
    assert found.mention_credit["credit_minor"].sum() == money.direct
    assert found.credited_revenue["credited_minor"].sum() == money.direct


@slow
@given(worlds(), st.sampled_from(sorted(RULES)), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(world: dict[str, Any], model: str, chance: random.Random) -> None:
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in world.items()}
    one, other = report(inputs(**world), model=model), report(inputs(**shuffled), model=model)
    for name in ("ledger", "journeys", "credits", "codes", "evidence", "mention_credit", "costs", *_tables()):
        assert getattr(one, name).equals(getattr(other, name)), name
    assert one.roi_json() == other.roi_json()


def _tables() -> list[str]:
    return [f"by_{by}" for by in BREAKDOWNS]


@slow
@given(worlds(), st.sampled_from(sorted(RULES)))
def test_touches_outside_the_window_do_not_matter(world: dict[str, Any], model: str) -> None:
    latest = max((row["ordered_at"] for row in world["orders"]), default=NOON)
    earliest = min((row["ordered_at"] for row in world["orders"]), default=NOON)
    outside = [
        touch("late", at=latest + dt.timedelta(seconds=1), visitor=1, customer_key=None),
        touch("early", at=earliest - 30 * DAY - dt.timedelta(seconds=1), visitor=2, customer_key=None),
    ]
    one = report(inputs(**world), model=model)
    other = report(inputs(**world | {"touches": world["touches"] + outside}), model=model)
    assert one.credits.equals(other.credits)


@slow
@given(worlds(), st.sampled_from(sorted(RULES)))
def test_doubling_the_spend_halves_the_roas(world: dict[str, Any], model: str) -> None:
    doubled = [row | {"cost": row["cost"] * 2} for row in world["spend"]]
    # In whole days, so that no rounding of a part stands between the two.
    once = [row | {"date_to": row["date_from"]} for row in world["spend"]]
    twice = [row | {"date_to": row["date_from"]} for row in doubled]
    one = report(inputs(**world | {"spend": once}), model=model).by_channel
    other = report(inputs(**world | {"spend": twice}), model=model).by_channel
    halves = [None if roas is None else roas / 2 for roas in one["roas"]]
    assert other["roas"].to_list() == pytest.approx(halves)
