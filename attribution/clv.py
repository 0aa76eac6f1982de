"""What customers come back for: observed, and expected by BG/NBD (how often) and Gamma-Gamma (for how much).

BG/NBD (Fader, Hardie, Lee 2005): a customer buys at a rate of his own, Gamma(r, alpha) among customers, and after each
purchase drops out with a probability of his own, Beta(a, b). Gamma-Gamma (Fader, Hardie 2013): the mean value of an
order varies among customers, p, q, v, and not with how often they buy.

Expected value is an estimate. It never stands inside a return, and it is of future orders alone: the first order is in
the ledger already.

ClvError    there is too little to learn from, or the likelihood has no highest point; the message says which
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1

from attribution.codes import REGISTERED
from attribution.ledger import SOLD

Floats = npt.NDArray[np.float64]
MIN_CUSTOMERS = 50
_ORDER = ("account", "order_id")


class ClvError(ValueError):
    """No customer value can be estimated from these orders."""


@dataclass(frozen=True)
class BgNbd:
    """r, alpha (per unit of time), a, b, and the log-likelihood they reach."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float


@dataclass(frozen=True)
class GammaGamma:
    p: float
    q: float
    v: float
    log_likelihood: float
    customers: int


def customers(ledger: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """customer_key, frequency (days with an order after the first), recency (days from the first to the last), age
    (days from the first to as_of), mean_minor (mean net of those later days; null without one). Known customers, sold
    orders with a positive net, up to as_of. ledger: of all time.
    """
    bought = ledger.filter(
        (pl.col("state") == SOLD)
        & pl.col("customer_key").is_not_null()
        & (pl.col("net_minor") > 0)
        & (pl.col("day") <= as_of)
    )
    days = bought.group_by("customer_key", "day").agg(pl.col("net_minor").sum()).sort("customer_key", "day")
    later = pl.col("day") > pl.col("day").min()
    return (
        days.group_by("customer_key", maintain_order=True)
        .agg(
            frequency=later.sum().cast(pl.Int64),
            recency=(pl.col("day").max() - pl.col("day").min()).dt.total_days(),
            age=(pl.lit(as_of) - pl.col("day").min()).dt.total_days(),
            mean_minor=pl.col("net_minor").filter(later).mean(),
        )
        .sort("customer_key")
    )


def fit_bg_nbd(frequency: Floats, recency: Floats, age: Floats) -> BgNbd:
    """Maximum likelihood. recency and age in one unit of time. Raises ClvError below 50 customers, without repeats."""
    if len(frequency) < MIN_CUSTOMERS or not (frequency > 0).any():
        raise ClvError(
            f"{len(frequency)} customers, {int((frequency > 0).sum())} of whom came back: too few to learn from"
        )
    scale = float(max(age.max(), 1.0))  # the likelihood knows no unit; in this one its slopes are even

    def loss(logs: Floats) -> float:
        return -_bg_nbd_likelihood(np.exp(logs), frequency, recency / scale, age / scale) / len(frequency)

    r, alpha, a, b = _highest(loss, starts=[[0.0, -1.0, 0.0, 1.0], [-1.0, -2.0, -0.5, 0.5], [0.0, 0.0, -1.0, 0.0]])
    found = (r, alpha * scale, a, b)
    return BgNbd(*found, log_likelihood=_bg_nbd_likelihood(np.array(found), frequency, recency, age))


def fit_gamma_gamma(frequency: Floats, mean_value: Floats) -> GammaGamma:
    """Maximum likelihood over customers who came back (frequency > 0). Raises ClvError below 50 of them."""
    back = frequency > 0
    x, z = frequency[back], mean_value[back]
    if len(x) < MIN_CUSTOMERS:
        raise ClvError(f"{len(x)} customers came back: too few to learn what they spend")
    scale = float(np.median(z))

    def loss(logs: Floats) -> float:
        return -_gamma_gamma_likelihood(np.exp(logs), x, z / scale) / len(x)

    p, q, v = _highest(loss, starts=[[1.0, 1.0, 0.0], [0.0, 0.5, 0.0], [2.0, 1.5, 0.5]])
    found = (p, q, v * scale)
    return GammaGamma(*found, log_likelihood=_gamma_gamma_likelihood(np.array(found), x, z), customers=len(x))


def alive(model: BgNbd, frequency: Floats, recency: Floats, age: Floats) -> Floats:
    """The probability that a customer still buys, in (0, 1]."""
    return 1 / _dropped(model, frequency, recency, age)


def expected_purchases(model: BgNbd, frequency: Floats, recency: Floats, age: Floats, *, ahead: float) -> Floats:
    """Purchases expected within `ahead` units of time after age."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    x = frequency
    series = hyp2f1(r + x, b + x, a + b + x - 1, ahead / (alpha + age + ahead))
    shrunk = 1 - ((alpha + age) / (alpha + age + ahead)) ** (r + x) * series
    result: Floats = (a + b + x - 1) / (a - 1) * shrunk / _dropped(model, frequency, recency, age)
    return result


def expected_value(model: GammaGamma, frequency: Floats, mean_value: Floats) -> Floats:
    """The mean value of a customer's future orders. mean_value is of no account where frequency is 0."""
    p, q, v = model.p, model.q, model.v
    seen = np.where(frequency > 0, mean_value, 0.0)
    result: Floats = p * (v + frequency * seen) / (p * frequency + q - 1)
    return result


def lifetime_values(ledger: pl.DataFrame, *, as_of: dt.date, ahead_days: int = 365) -> pl.DataFrame:
    """customer_key, alive, expected_orders, expected_value_minor, clv_minor (their product): estimates of the days
    after as_of, the orders so far not among them. Raises ClvError where there is too little to learn from.
    """
    found = customers(ledger, as_of=as_of)
    x, tx, age = (found[name].cast(pl.Float64).to_numpy() for name in ("frequency", "recency", "age"))
    z = found["mean_minor"].fill_null(0.0).to_numpy()
    often, worth = fit_bg_nbd(x, tx, age), fit_gamma_gamma(x, z)
    orders = expected_purchases(often, x, tx, age, ahead=float(ahead_days))
    value = expected_value(worth, x, z)
    return found.select(
        "customer_key",
        alive=pl.Series(alive(often, x, tx, age)),
        expected_orders=pl.Series(orders),
        expected_value_minor=pl.Series(value).round().cast(pl.Int64),
        clv_minor=pl.Series(orders * value).round().cast(pl.Int64),
    )


@dataclass(frozen=True)
class Lifetimes:
    """What customers are expected to buy in the `ahead_days` after as_of, and what that was learned from.

    values: as `lifetime_values`; null with `refused`, the reason in a sentence, where there is too little to learn
    from. customers: known ones with an order up to as_of; returning: those of them who came back on a later day.
    """

    as_of: dt.date
    ahead_days: int
    customers: int
    returning: int
    values: pl.DataFrame | None
    refused: str | None


def estimate_lifetimes(ledger: pl.DataFrame, *, as_of: dt.date, ahead_days: int = 365) -> Lifetimes:
    """`lifetime_values`, or why there are none."""
    found = customers(ledger, as_of=as_of)
    counts = (found.height, found.filter(pl.col("frequency") > 0).height)
    try:
        values = lifetime_values(ledger, as_of=as_of, ahead_days=ahead_days)
    except ClvError as problem:
        return Lifetimes(as_of, ahead_days, *counts, values=None, refused=str(problem))
    return Lifetimes(as_of, ahead_days, *counts, values=values, refused=None)


BROUGHT_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "name": pl.String,
    "new_customers": pl.Float64,
    "first_minor": pl.Int64,
    "repeat_orders": pl.Float64,
    "repeat_minor": pl.Int64,
    "clv_minor": pl.Int64,
    "clv_each_minor": pl.Int64,
}


def brought(
    ledger: pl.DataFrame,
    credits: pl.DataFrame,
    matched_codes: pl.DataFrame,
    *,
    by: str,
    values: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """BROUGHT_SCHEMA: the new customers that each channel, campaign, person or code brought, what their first order was
    credited with, what they bought later (observed) and are expected to buy (clv_minor, and clv_each_minor a customer;
    null without `values`). Most new customers first.

    By code these are the customers whose first order redeemed it (`code_repeat_revenue`), by the others they are
    divided as the first order's credit is (`repeat_revenue`).
    """
    if by == "code":
        rows = code_repeat_revenue(ledger, matched_codes, values=values).rename({"code": "name"})
    else:
        rows = repeat_revenue(ledger, credits.filter(~pl.col("is_direct")), by=by, values=values)
    each = pl.when(pl.col("new_customers") > 0).then((pl.col("clv_minor") / pl.col("new_customers")).round())
    return (
        rows.with_columns(clv_each_minor=each)
        .select(pl.col(name).cast(dtype) for name, dtype in BROUGHT_SCHEMA.items())
        .sort("new_customers", "first_minor", "name", descending=[True, True, False])
    )


def orders_of_brought(ledger: pl.DataFrame, first_orders: pl.DataFrame) -> pl.DataFrame:
    """account, order_id, order_name, ordered_at, net_minor, customer (numbered within this table), is_first_order: the
    orders behind a row of `brought`, customer by customer. first_orders: account, order_id that it rests on.
    """
    sold = ledger.filter((pl.col("state") == SOLD) & pl.col("customer_key").is_not_null())
    theirs = (
        sold.filter("is_first_order").join(first_orders, on=list(_ORDER), how="semi").select("customer_key").unique()
    )
    return (
        sold.join(theirs, on="customer_key", how="semi")
        .with_columns(_since=pl.col("ordered_at").min().over("customer_key"))
        .sort("_since", "customer_key", "ordered_at", *_ORDER)
        .select(
            *(*_ORDER, "order_name", "ordered_at", "net_minor", "is_first_order"),
            customer=pl.struct("_since", "customer_key").rank("dense").cast(pl.Int64),
        )
    )


def repeat_revenue(
    ledger: pl.DataFrame, journeys_credit: pl.DataFrame, *, by: str, values: pl.DataFrame | None = None
) -> pl.DataFrame:
    """What the customers that a channel, campaign, person or code brought bought afterwards: name, new_customers,
    first_minor, repeat_orders, repeat_minor, and clv_minor with `values` (of `lifetime_values`; else null).

    ledger: of all time (`Report.history`). journeys_credit: credit rows of the orders to look at (`Report.credits`),
    `by` a column of them. A customer's first order is divided by weight, and what follows goes with it, so that nothing
    counts twice: counts are sums of weights. Money in minor units, rounded once a row. The observed figures are facts,
    clv_minor is an estimate.
    """
    sold = ledger.filter((pl.col("state") == SOLD) & pl.col("customer_key").is_not_null())
    later = (
        sold.filter(~pl.col("is_first_order"))
        .group_by("customer_key")
        .agg(_orders=pl.len(), _later=pl.col("net_minor").sum())
    )
    first = sold.filter("is_first_order").select(*_ORDER, "customer_key")
    clv = pl.DataFrame(schema={"customer_key": pl.Int64, "clv_minor": pl.Int64}) if values is None else values
    brought = (
        journeys_credit.filter(pl.col("weight") > 0)
        .join(first, on=_ORDER, how="inner")
        .join(later, on="customer_key", how="left")
        .join(clv.select("customer_key", "clv_minor"), on="customer_key", how="left")
        .with_columns(pl.col("_orders", "_later").fill_null(0))
        .sort(*_ORDER, "position")
    )
    weight = pl.col("weight")
    estimated = pl.when(pl.col("clv_minor").count() > 0).then((pl.col("clv_minor") * weight).sum().round())
    return (
        brought.group_by(pl.col(by).fill_null("(not set)").alias("name"), maintain_order=True)
        .agg(
            new_customers=weight.sum().round(9),
            first_minor=pl.col("credit_minor").sum(),
            repeat_orders=(pl.col("_orders") * weight).sum().round(9),
            repeat_minor=(pl.col("_later") * weight).sum().round().cast(pl.Int64),
            clv_minor=estimated.cast(pl.Int64),
        )
        .sort("repeat_minor", "name", descending=[True, False])
    )


def code_repeat_revenue(
    ledger: pl.DataFrame, matched_codes: pl.DataFrame, *, values: pl.DataFrame | None = None
) -> pl.DataFrame:
    """code, new_customers, first_minor, repeat_orders, repeat_minor, clv_minor (null without `values`): of the
    customers whose first order redeemed a registered code, that order's net and what they bought afterwards. ledger: of
    all time. A customer of two codes stands under both: never to be summed.
    """
    used = matched_codes.filter(pl.col("state") == REGISTERED).select(*_ORDER, "code").unique()
    sold = ledger.filter((pl.col("state") == SOLD) & pl.col("customer_key").is_not_null())
    first = sold.filter("is_first_order").join(used, on=_ORDER, how="inner")
    later = (
        sold.filter(~pl.col("is_first_order"))
        .group_by("customer_key")
        .agg(_orders=pl.len().cast(pl.Int64), _later=pl.col("net_minor").sum())
    )
    clv = pl.DataFrame(schema={"customer_key": pl.Int64, "clv_minor": pl.Int64}) if values is None else values
    return (
        first.join(later, on="customer_key", how="left")
        .join(clv.select("customer_key", "clv_minor"), on="customer_key", how="left")
        .group_by("code")
        .agg(
            new_customers=pl.col("customer_key").n_unique().cast(pl.Int64),
            first_minor=pl.col("net_minor").sum(),
            repeat_orders=pl.col("_orders").sum(),
            repeat_minor=pl.col("_later").sum(),
            clv_minor=pl.when(pl.col("clv_minor").count() > 0).then(pl.col("clv_minor").sum()),
        )
        .sort("code")
    )


def _bg_nbd_likelihood(parameters: Floats, x: Floats, tx: Floats, age: Floats) -> float:
    r, alpha, a, b = parameters
    steady = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
    with np.errstate(divide="ignore"):
        # A customer without a repeat cannot have dropped out: before the first one nobody does.
        gone = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + tx)
    both = np.where(x > 0, np.logaddexp(steady, gone), steady)
    return float((gammaln(r + x) - gammaln(r) + r * np.log(alpha) + both).sum())


def _gamma_gamma_likelihood(parameters: Floats, x: Floats, z: Floats) -> float:
    p, q, v = parameters
    return float(
        (
            gammaln(p * x + q)
            - gammaln(p * x)
            - gammaln(q)
            + q * np.log(v)
            + (p * x - 1) * np.log(z)
            + p * x * np.log(x)
            - (p * x + q) * np.log(v + x * z)
        ).sum()
    )


def _dropped(model: BgNbd, x: Floats, tx: Floats, age: Floats) -> Floats:
    """1 + the odds that the customer has dropped out."""
    odds = model.a / (model.b + np.maximum(x, 1) - 1) * ((model.alpha + age) / (model.alpha + tx)) ** (model.r + x)
    result: Floats = 1 + np.where(x > 0, odds, 0.0)
    return result


def _highest(loss: Callable[[Floats], float], *, starts: list[list[float]]) -> Floats:
    """The parameters of the least loss from any start, searched in logarithms."""
    coarse = {"maxiter": 400, "xatol": 1e-4, "fatol": 1e-7}
    fine = {"maxiter": 4000, "xatol": 1e-9, "fatol": 1e-13, "adaptive": True}
    with np.errstate(
        all="ignore"
    ):  # the search may stray to parameters beyond all numbers; where it ends is judged below
        tries = [minimize(loss, np.array(start), method="Nelder-Mead", options=coarse) for start in starts]
        best = min(tries, key=lambda found: found.fun)
        ended = minimize(loss, best.x, method="Nelder-Mead", options=fine)
    if not np.isfinite(ended.fun) or np.abs(ended.x).max() > 20:
        raise ClvError("these orders fit no such customers: the likelihood rises without end")
    result: Floats = np.exp(ended.x)
    return result
