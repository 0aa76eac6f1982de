"""Customer value: the published CDNOW parameters to their digits, and repeat revenue counted."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from attribution.clv import (
    BgNbd,
    ClvError,
    GammaGamma,
    alive,
    brought,
    code_repeat_revenue,
    customers,
    estimate_lifetimes,
    expected_purchases,
    expected_value,
    fit_bg_nbd,
    fit_gamma_gamma,
    lifetime_values,
    orders_of_brought,
    repeat_revenue,
)
from tests.attribution.worlds import DAY, NOON, code_used, inputs, order, refund, registered, report, touch

CDNOW = BgNbd(r=0.242593, alpha=4.413532, a=0.792886, b=2.425752, log_likelihood=-9582.43)
SPEND = GammaGamma(p=6.2488, q=3.7446, v=15.4477, log_likelihood=-4055.92, customers=946)


def one(value: float) -> np.ndarray:
    return np.array([value])


@pytest.mark.shared_data
def test_cdnow_purchases(shared_data: Callable[..., Path]) -> None:
    table = pl.read_csv(shared_data("attribution", "cdnow", "cdnow_customers_summary.csv"))
    found = fit_bg_nbd(*(table[name].cast(pl.Float64).to_numpy() for name in ("frequency", "recency", "T")))
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx((0.242593, 4.413532, 0.792886, 2.425752), rel=1e-4)
    assert found.log_likelihood == pytest.approx(-9582.43, abs=0.005)


@pytest.mark.shared_data
def test_cdnow_values(shared_data: Callable[..., Path]) -> None:
    table = pl.read_csv(shared_data("attribution", "cdnow", "cdnow_customers_summary_with_transactions.csv"))
    found = fit_gamma_gamma(*(table[name].cast(pl.Float64).to_numpy() for name in ("x", "zbar")))
    assert (found.p, found.q, found.v) == pytest.approx((6.2488, 3.7446, 15.4477), rel=2e-4)
    assert found.log_likelihood == pytest.approx(-4055.92, abs=0.005)
    assert found.customers == 946


def test_the_published_customer() -> None:
    """x = 2, t_x = 30.43, T = 38.86: 1.22591 purchases in the next 39 weeks, alive with .72661, 24.6586 a time."""
    x, tx, age = one(2.0), one(30.43), one(38.86)
    assert expected_purchases(CDNOW, x, tx, age, ahead=39.0)[0] == pytest.approx(1.22591, abs=6e-6)
    assert alive(CDNOW, x, tx, age)[0] == pytest.approx(0.72661, abs=6e-6)
    assert expected_value(SPEND, x, one(22.35))[0] == pytest.approx(24.6586, abs=2e-3)


def test_who_never_came_back_is_taken_to_be_alive() -> None:
    assert alive(CDNOW, one(0.0), one(0.0), one(38.86))[0] == 1.0


def simulated(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customers drawn from the model itself: r 1, alpha 10, a 1, b 4, observed for 100 days."""
    random = np.random.default_rng(5)
    rows = []
    for _ in range(n):
        rate, quits, at, times = random.gamma(1.0, 1 / 10.0), random.beta(1.0, 4.0), 0.0, []
        while True:
            at += random.exponential(1 / rate)
            if at > 100:
                break
            times.append(at)
            if random.random() < quits:
                break
        rows.append((len(times), times[-1] if times else 0.0, 100.0))
    x, tx, age = np.array(rows).T
    return x, tx, age


def test_the_truth_is_found_among_drawn_customers() -> None:
    found = fit_bg_nbd(*simulated(4000))
    assert (found.r, found.alpha) == pytest.approx((1.0, 10.0), rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(0.2, rel=0.15)


@pytest.mark.parametrize(
    "frequency", [pytest.param(np.ones(49), id="too few"), pytest.param(np.zeros(60), id="nobody came back")]
)
def test_too_little_is_said_to_be_too_little(frequency: np.ndarray) -> None:
    with pytest.raises(ClvError, match="too few"):
        fit_bg_nbd(frequency, frequency, frequency + 1)


ORDERS = [
    order("1", customer_key=1, ordered_at=NOON - 10 * DAY),
    order("2", customer_key=1, ordered_at=NOON - 10 * DAY + dt.timedelta(hours=1)),
    order("3", customer_key=1, ordered_at=NOON - 4 * DAY),
    order("4", customer_key=2, ordered_at=NOON - 3 * DAY),
    order("5"),
]


def test_customers_of_a_ledger() -> None:
    """Two orders of one day are one purchase; who is not known is no customer."""
    shown = report(inputs(orders=ORDERS))
    found = customers(shown.history, as_of=NOON.date())
    assert found.rows() == [(1, 1, 6, 10, 10_000.0), (2, 0, 0, 3, None)]


def test_a_refunded_order_is_no_purchase() -> None:
    shown = report(inputs(orders=ORDERS, refunds=[refund("3", "119")]))
    assert customers(shown.history, as_of=NOON.date())["frequency"].to_list() == [0, 0]


def test_a_shop_with_few_customers_has_no_estimate() -> None:
    with pytest.raises(ClvError):
        lifetime_values(report(inputs(orders=ORDERS)).history, as_of=NOON.date())


def test_lifetime_values_of_a_larger_shop() -> None:
    orders = [
        order(
            f"{customer}-{n}",
            customer_key=customer,
            ordered_at=NOON - (90 - customer % 7 - (5 + customer % 11) * n) * DAY,
            subtotal=Decimal(60 + customer % 13 * 10 + n),
        )
        for customer in range(120)
        for n in range(1 + customer % 4)
    ]
    found = lifetime_values(report(inputs(orders=orders)).history, as_of=NOON.date(), ahead_days=90)
    assert found.height == 120
    assert found["alive"].is_between(0, 1).all()
    assert (found["expected_orders"] >= 0).all()
    assert (found["clv_minor"] >= 0).all()


def test_what_the_customers_of_a_code_bought_afterwards() -> None:
    used = [code_used("1", "ANNA10", ordered_at=NOON - 10 * DAY), code_used("3", "BEA10", ordered_at=NOON - 4 * DAY)]
    shown = report(inputs(orders=ORDERS, order_codes=used, codes=[registered("ANNA10"), registered("BEA10")]))
    # Customer 1's first order had ANNA10; orders 2 and 3 followed. BEA10 brought nobody new.
    found = code_repeat_revenue(shown.history, shown.order_codes)
    assert found.rows() == [("ANNA10", 1, 10_000, 2, 20_000, None)]
    values = pl.DataFrame({"customer_key": [1], "clv_minor": [777]})
    valued = brought(shown.history, shown.credits, shown.order_codes, by="code", values=values)
    assert valued.rows() == [("ANNA10", 1.0, 10_000, 2.0, 20_000, 777, 777)]


def test_what_the_customers_of_a_channel_bought_afterwards() -> None:
    visits = [
        touch("s", at=NOON - 12 * DAY, customer_key=1),
        touch("e", at=NOON - 11 * DAY, customer_key=1, source="newsletter", medium="email"),
    ]
    shown = report(inputs(orders=ORDERS, touches=visits), model="linear")
    found = repeat_revenue(shown.history, shown.credits, by="channel")
    assert found.rows() == [("Email", 0.5, 5_000, 1.0, 10_000, None), ("Organic Social", 0.5, 5_000, 1.0, 10_000, None)]
    name = found["name"][0]
    rows = brought(shown.history, shown.credits, shown.order_codes, by="channel")
    assert rows.filter(pl.col("name") == name)["clv_minor"].to_list() == [None]
    first = shown.credits.filter(pl.col("channel") == name).select("account", "order_id")
    orders = orders_of_brought(shown.history, first)
    assert orders.select("order_id", "customer", "is_first_order").rows() == [
        ("1", 1, True), ("2", 1, False), ("3", 1, False),
    ]  # fmt: skip


def test_too_few_customers_are_refused_with_the_reason() -> None:
    found = estimate_lifetimes(report(inputs(orders=ORDERS)).history, as_of=NOON.date())
    assert found.values is None
    assert found.refused is not None
    assert "too few" in found.refused
    assert (found.customers, found.returning) == (2, 1)


def test_a_person_of_two_ids_has_one_first_order_and_one_lifetime() -> None:
    """The account of the visit that placed the second order is that of the first: shop number and e-mail are one."""
    world = inputs(
        orders=[
            order("1", customer_key=11, ordered_at=NOON - 5 * DAY),
            order("2", customer_key=22),
            order("3", customer_key=33),
        ],
        touches=[touch("signed in", customer_key=11, order_ref="2")],
    )
    found = report(world)
    first = dict(found.ledger.select("order_id", "is_first_order").iter_rows())
    assert first == {"1": True, "2": False, "3": True}
    known = customers(found.history, as_of=NOON.date() + DAY)
    assert dict(known.select("customer_key", "frequency").iter_rows()) == {11: 1, 33: 0}


def test_customers_that_fit_no_curve_are_refused_without_a_word_from_the_search() -> None:
    back = np.zeros(79)
    back[:2] = 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a search that strays beyond all numbers would print on people's screens
        with pytest.raises(ClvError, match="fit no such customers"):
            fit_bg_nbd(back, np.where(back > 0, 10.0, 0.0), np.full(79, 700.0))
