"""Value that is not revenue: what talk saved or would have cost, each with its formula, its inputs and a switch.

These amounts stand beside the ROI. Only true savings of cost may enter the third ROI, labelled "incl. savings"; none
is ever added to revenue, credited or estimated. Money is integer minor units; an input that is not known makes the
amount null and is named, it is never taken as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import numpy as np
import polars as pl

Kind = Literal["cpc_equivalent", "service_savings", "lead_value", "unit_value", "earned_media_value", "outcomes"]
Input = int | float | str | None

FORMULAS: Mapping[Kind, str] = {
    "cpc_equivalent": "organic social visits without a sale of their own x what a click costs as an ad",
    "service_savings": "contacts answered in public x share that would have become paid ones x cost of a contact",
    "lead_value": "leads x close rate x value of a won lead",
    "unit_value": "number x value of one, from your own recent data",
    "earned_media_value": "reach / 1,000 x price of 1,000 contacts",
    "outcomes": "sum of the values you entered for invitations, links and press",
}
NOTES: Mapping[Kind, str] = {
    "cpc_equivalent": "A cost avoided, not money earned.",
    "service_savings": "A true reduction of cost, as far as these contacts would have come.",
    "lead_value": "Expected, not sold: once a lead is won, its order counts and this does not.",
    "unit_value": "An average of the past: one more does not bring as much.",
    "earned_media_value": "Reach is not an outcome: the Barcelona Principles call such values invalid. Off by default.",
    "outcomes": "Your own estimate.",
}
SAVINGS: frozenset[Kind] = frozenset({"service_savings"})
ON_BY_DEFAULT: frozenset[Kind] = frozenset({"cpc_equivalent", "service_savings", "lead_value"})
OUTCOMES = ("invitation", "link", "press")


@dataclass(frozen=True)
class Equivalent:
    """One equivalent. `amount_minor` null where an input in `missing` is not known; low, high where estimated."""

    kind: Kind
    amount_minor: int | None
    inputs: Mapping[str, Input]
    on: bool
    low_minor: int | None = None
    high_minor: int | None = None
    missing: tuple[str, ...] = ()
    details: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False, compare=False)

    @property
    def formula(self) -> str:
        return FORMULAS[self.kind]

    @property
    def note(self) -> str:
        return NOTES[self.kind]

    @property
    def is_saving(self) -> bool:
        return self.kind in SAVINGS


def savings(equivalents: Iterable[Equivalent]) -> int | None:
    """What may enter the ROI "incl. savings": the true savings that are switched on and known; null without any."""
    known = [one.amount_minor for one in equivalents if one.is_saving and one.on and one.amount_minor is not None]
    return sum(known) if known else None


def cpc_equivalent(
    visits: pl.DataFrame, *, prices: pl.DataFrame, default_cpc_minor: float | None = None, on: bool = True
) -> Equivalent:
    """What the organic social visits would have cost as clicks.

    `visits`: keyword (String, null unknown), has_sale (Boolean: the visit shares credit for an order, so its revenue
    already counts), one row a visit of the organic social channels. `prices`: keyword, cpc_minor; keywords are compared
    without case. Keywords without a price take the default; without that they are left out and named in `missing`.
    """
    key = pl.col("keyword").str.to_lowercase().str.strip_chars()
    priced = prices.select(key, pl.col("cpc_minor").cast(pl.Float64)).unique(
        "keyword", keep="first", maintain_order=True
    )
    details = (
        visits.filter(~pl.col("has_sale"))
        .with_columns(key)
        .group_by("keyword")
        .agg(visits=pl.len().cast(pl.Int64))
        .join(priced, on="keyword", how="left")
        .with_columns(cpc_minor=pl.coalesce("cpc_minor", pl.lit(default_cpc_minor, pl.Float64)))
        .with_columns(value_minor=pl.col("visits") * pl.col("cpc_minor"))
        .sort("keyword", nulls_last=True)
    )
    unpriced = details.filter(pl.col("cpc_minor").is_null())
    known = details.height == 0 or unpriced.height < details.height
    return Equivalent(
        "cpc_equivalent",
        round(details["value_minor"].sum()) if known else None,
        {
            "visits": int(details["visits"].sum()),
            "visits_left_out_for_their_sale": int(visits["has_sale"].sum()),
            "visits_without_price": int(unpriced["visits"].sum()),
            "default_cpc_minor": default_cpc_minor,
        },
        on,
        missing=("cpc",) if unpriced.height else (),
        details=details,
    )


def service_savings(
    contacts: pl.DataFrame, *, cost_per_contact_minor: int | None, deflected_share: float | None, on: bool = True
) -> Equivalent:
    """What questions answered in public saved: answered x deflected_share x cost_per_contact_minor.

    `contacts`: asked_at, answered_at (null: not answered). `deflected_share`: how many of those answered would have
    become a paid contact, as the service team reckons. The deflected contacts and the median time to an answer, in
    minutes, stand among the inputs. Raises ValueError for a share outside [0, 1].
    """
    if deflected_share is not None and not 0 <= deflected_share <= 1:
        raise ValueError(f"a share of contacts lies between 0 and 1, not at {deflected_share}")
    answered = contacts.filter(pl.col("answered_at").is_not_null())
    minutes = answered.select((pl.col("answered_at") - pl.col("asked_at")).dt.total_seconds() / 60).to_series()
    factors: dict[str, Input] = {
        "answered": answered.height,
        "deflected_share": deflected_share,
        "cost_per_contact_minor": cost_per_contact_minor,
    }
    deflected = None if deflected_share is None else round(answered.height * deflected_share, 4)
    told: dict[str, Input] = {
        "contacts": contacts.height,
        "deflected_contacts": deflected,
        "median_answer_minutes": _number(minutes.median()),
    }
    return _product("service_savings", factors, on=on, told=told)


def lead_value(
    leads: int | None,
    *,
    close_rate: float | None,
    value_minor: int | None,
    value_is: Literal["first_order", "lifetime"] = "first_order",
    on: bool = True,
) -> Equivalent:
    """Open leads x the share that is won x what a won one is worth. Raises ValueError for a rate outside [0, 1]."""
    if close_rate is not None and not 0 <= close_rate <= 1:
        raise ValueError(f"a close rate lies between 0 and 1, not at {close_rate}")
    inputs: dict[str, Input] = {"leads": leads, "close_rate": close_rate, "value_minor": value_minor}
    return _product("lead_value", inputs, on=on, told={"value_is": value_is})


def earned_media_value(reach: int | None, *, price_per_thousand_minor: int | None, on: bool = False) -> Equivalent:
    """Reach x an advertising price; off unless asked for, and never without its objection (`note`)."""
    inputs: dict[str, Input] = {"reach": reach, "price_per_thousand_minor": price_per_thousand_minor}
    return _product("earned_media_value", inputs, on=on, divisor=1000)


def outcomes_value(log: pl.DataFrame, *, on: bool = False) -> Equivalent:
    """The outcomes log: day, kind (invitation | link | press), note, value_minor (null: not valued, only counted).

    Null when no outcome has a value. Raises ValueError for another kind.
    """
    strange = set(log["kind"].to_list()) - set(OUTCOMES)
    if strange:
        raise ValueError(f"outcomes are {', '.join(OUTCOMES)}, not {', '.join(sorted(map(str, strange)))}")
    valued = log["value_minor"].drop_nulls()
    counts: dict[str, Input] = {kind: int((log["kind"] == kind).sum()) for kind in OUTCOMES}
    return Equivalent(
        "outcomes",
        int(valued.sum()) if valued.len() else None,
        {**counts, "without_value": log.height - valued.len()},
        on,
        missing=() if valued.len() else ("value_minor",),
    )


def _product(
    kind: Kind,
    factors: Mapping[str, Input],
    *,
    on: bool,
    told: Mapping[str, Input] | None = None,
    divisor: int = 1,
) -> Equivalent:
    missing = tuple(name for name, value in factors.items() if value is None)
    amount = None
    if not missing:
        exact = Fraction(1, divisor)
        for value in factors.values():
            exact *= Fraction(str(value))
        amount = round(exact)
    return Equivalent(kind, amount, {**factors, **(told or {})}, on, missing=missing)


@dataclass(frozen=True)
class UnitValue:
    """What a like, follow or lead went along with: revenue / units over recent weeks, in minor units each.

    `low` and `high` (90 %) are null under `MIN_WEEKS` weeks; then the value is not to be relied on.
    """

    unit: str
    value: float | None
    low: float | None
    high: float | None
    units: int
    weeks: int


MIN_WEEKS = 8


def value_per(unit: str, daily: pl.DataFrame, *, level: float = 0.90) -> UnitValue:
    """Revenue with a social touch for each unit, from daily day, `units`, `revenue_minor` (nulls: left out).

    A ratio of weekly sums; its interval is the usual one of a ratio estimator, with whole weeks as the sample because
    days of a week are not independent: value ± t x sd(revenue - value x units) / (sqrt(weeks) x mean units).
    """
    weekly = _weekly(daily)
    units, revenue = weekly["units"].to_numpy(), weekly["revenue_minor"].to_numpy()
    weeks, total = weekly.height, float(units.sum())
    if total <= 0:
        return UnitValue(unit, None, None, None, int(total), weeks)
    value = float(revenue.sum()) / total
    if weeks < MIN_WEEKS:
        return UnitValue(unit, value, None, None, int(total), weeks)
    spread = float(np.std(revenue - value * units, ddof=1)) / (np.sqrt(weeks) * units.mean())
    from scipy import special  # a tenth of a second that only a range is worth

    reach = float(special.stdtrit(weeks - 1, (1 + level) / 2)) * spread
    return UnitValue(unit, value, value - reach, value + reach, int(total), weeks)


def _weekly(daily: pl.DataFrame) -> pl.DataFrame:
    """Sums of the whole weeks that the days hold, the last week ending on the last day."""
    known = daily.drop_nulls(["units", "revenue_minor"]).sort("day")
    week = (pl.col("day").max() - pl.col("day")).dt.total_days() // 7
    return (
        known.group_by(week=week)
        .agg(pl.col("units", "revenue_minor").cast(pl.Float64).sum(), days=pl.len())
        .filter(pl.col("days") == 7)
        .sort("week", descending=True)
    )


def retest(unit: str, daily: pl.DataFrame, *, window_days: int = 182) -> pl.DataFrame:
    """The value at each month's end from the days up to then: month, value, low, high, units, weeks, changed.

    `changed`: the value left the range of the month before; then figures resting on the old one are out of date.
    """
    rows = []
    for month in daily["day"].dt.truncate("1mo").unique().sort():
        end = pl.lit(month).dt.month_end()
        held = daily.filter((pl.col("day") <= end) & (pl.col("day") > end.dt.offset_by(f"-{window_days}d")))
        found = value_per(unit, held)
        rows.append((month, found.value, found.low, found.high, found.units, found.weeks))
    schema = {"month": pl.Date, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "units": pl.Int64}
    table = pl.DataFrame(rows, schema={**schema, "weeks": pl.Int64}, orient="row")
    return table.with_columns(changed=~pl.col("value").is_between(pl.col("low").shift(1), pl.col("high").shift(1)))


def units_worth(count: int | None, value: UnitValue, *, on: bool = False) -> Equivalent:
    """A number of likes, follows or leads at the value measured from one's own data, with its range."""
    inputs: dict[str, Input] = {"unit": value.unit, "count": count, "value_of_one_minor": value.value}
    missing = tuple(name for name in ("count", "value_of_one_minor") if inputs[name] is None)
    amounts = [
        None if count is None or one is None else round(count * one) for one in (value.low, value.value, value.high)
    ]
    return Equivalent("unit_value", amounts[1], inputs, on, amounts[0], amounts[2], missing)


@dataclass(frozen=True)
class Share:
    """A sign of trust that is not money: part of a whole; `share` null when there is no whole."""

    name: str
    part: int
    whole: int

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None


def returning_mentioners(authors: pl.DataFrame) -> Share:
    """Of those who spoke in the period, how many had spoken before it. `authors`: author_key, in_period (Boolean),
    a row a mention; mentions without an author are left out.
    """
    known = (
        authors.drop_nulls("author_key")
        .group_by("author_key")
        .agg(now=pl.col("in_period").any(), before=(~pl.col("in_period")).any())
    )
    now = known.filter("now")
    return Share("returning_mentioners", now.filter("before").height, now.height)


def word_of_mouth_share(mentions: pl.DataFrame) -> Share:
    """Of the period's mentions, how many nobody paid for: `is_paid` (Boolean, null left out), a row each."""
    known = mentions.drop_nulls("is_paid")
    return Share("word_of_mouth", int((~known["is_paid"]).sum()), known.height)


def branded_search(queries: pl.DataFrame, *, brand_terms: Iterable[str]) -> Share:
    """Of the clicks from search, those for the brand's name. `queries`: query, clicks. Terms match inside a query."""
    terms = [term.lower() for term in brand_terms if term.strip()]
    named = queries.filter(pl.col("query").str.to_lowercase().str.contains_any(terms))
    return Share("branded_search", int(named["clicks"].sum()), int(queries["clicks"].sum()))


def linking_domains(visits: pl.DataFrame) -> Share:
    """Of the sites that sent visits in the period, the new ones. `visits`: referrer_host, in_period (Boolean)."""
    hosts = (
        visits.drop_nulls("referrer_host")
        .group_by("referrer_host")
        .agg(now=pl.col("in_period").any(), before=(~pl.col("in_period")).any())
    )
    now = hosts.filter("now")
    return Share("linking_domains", now.filter(~pl.col("before")).height, now.height)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
