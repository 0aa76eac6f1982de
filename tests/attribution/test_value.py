"""Equivalents: each amount worked out by hand, unknown inputs named, and nothing of it inside the revenue."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution import value
from attribution.value import Equivalent

START = dt.date(2026, 1, 5)
ASKED = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def visits(*rows: tuple[str | None, bool]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"keyword": pl.String, "has_sale": pl.Boolean}, orient="row")


PRICES = pl.DataFrame({"keyword": ["Kettle", "red kettle"], "cpc_minor": [50.0, 120.0]})


@pytest.mark.parametrize(
    ("seen", "default", "amount", "missing"),
    [
        (visits(("kettle", False), ("kettle", False), ("RED KETTLE ", False)), None, 220, ()),
        (visits(("kettle", False), ("kettle", True)), None, 50, ()),
        (visits(("kettle", False), ("teapot", False)), None, 50, ("cpc",)),
        (visits(("kettle", False), ("teapot", False), (None, False)), 30.0, 110, ()),
        (visits(("teapot", False)), None, None, ("cpc",)),
        (visits(), None, 0, ()),
    ],
    ids=["2 x 50 + 120", "a visit with a sale counts there", "no price, left out", "default", "no price", "no visit"],
)
def test_visits_are_worth_what_their_clicks_would_have_cost(
    seen: pl.DataFrame, default: float | None, amount: int | None, missing: tuple[str, ...]
) -> None:
    worth = value.cpc_equivalent(seen, prices=PRICES, default_cpc_minor=default)
    assert (worth.amount_minor, worth.missing) == (amount, missing)
    assert worth.inputs["visits_left_out_for_their_sale"] == seen["has_sale"].sum()


def contacts(*minutes: int | None) -> pl.DataFrame:
    """Contacts by the minutes until their answer."""
    return pl.DataFrame(
        [(ASKED, ASKED + dt.timedelta(minutes=m) if m is not None else None) for m in minutes],
        schema=dict.fromkeys(("asked_at", "answered_at"), pl.Datetime("us", "UTC")),
        orient="row",
    )


def test_answers_save_the_contacts_they_replace() -> None:
    saved = value.service_savings(contacts(10, 20, 90, None), cost_per_contact_minor=450, deflected_share=0.5)
    assert (saved.amount_minor, saved.inputs["deflected_contacts"]) == (675, 1.5)
    assert saved.inputs["median_answer_minutes"] == 20
    assert (saved.inputs["contacts"], saved.inputs["answered"]) == (4, 3)


def test_a_median_answer_time_without_answers_is_unknown() -> None:
    saved = value.service_savings(contacts(None), cost_per_contact_minor=450, deflected_share=0.5)
    assert (saved.amount_minor, saved.inputs["median_answer_minutes"]) == (0, None)


@pytest.mark.parametrize(
    ("worth", "amount", "missing"),
    [
        (value.lead_value(40, close_rate=0.25, value_minor=9_900), 99_000, ()),
        (value.lead_value(40, close_rate=None, value_minor=9_900), None, ("close_rate",)),
        (value.lead_value(None, close_rate=None, value_minor=None), None, ("leads", "close_rate", "value_minor")),
        (value.earned_media_value(125_000, price_per_thousand_minor=800), 100_000, ()),
        (value.earned_media_value(1, price_per_thousand_minor=500), 0, ()),
        (value.earned_media_value(3, price_per_thousand_minor=500), 2, ()),
        (value.earned_media_value(None, price_per_thousand_minor=800), None, ("reach",)),
        (
            value.service_savings(contacts(5), cost_per_contact_minor=None, deflected_share=0.5),
            None,
            ("cost_per_contact_minor",),
        ),
    ],
    ids=[
        "40 x 25 % x 99.00",
        "no rate",
        "nothing known",
        "125 x 8.00",
        "half to even down",
        "1.5 to even up",
        "no reach",
        "no cost",
    ],
)
def test_an_amount_is_the_product_of_its_inputs_or_names_the_missing(
    worth: Equivalent, amount: int | None, missing: tuple[str, ...]
) -> None:
    assert (worth.amount_minor, worth.missing) == (amount, missing)
    assert worth.formula
    assert worth.note


def test_a_close_rate_beyond_one_is_an_error() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        value.lead_value(1, close_rate=1.2, value_minor=1)


def test_media_value_is_off_and_carries_its_objection() -> None:
    worth = value.earned_media_value(1_000, price_per_thousand_minor=800)
    assert not worth.on
    assert "invalid" in worth.note


def test_only_true_savings_that_are_switched_on_may_enter_the_roi() -> None:
    on, off = (
        value.service_savings(contacts(5), cost_per_contact_minor=450, deflected_share=1.0, on=switch)
        for switch in (True, False)
    )
    unknown = value.service_savings(contacts(5), cost_per_contact_minor=None, deflected_share=1.0)
    media = value.earned_media_value(1_000_000, price_per_thousand_minor=800, on=True)
    assert value.savings([on, off, unknown, media]) == 450
    assert value.savings([off, unknown, media]) is None


def outcomes(*rows: tuple[str, int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(START, kind, "", amount) for kind, amount in rows],
        schema={"day": pl.Date, "kind": pl.String, "note": pl.String, "value_minor": pl.Int64},
        orient="row",
    )


def test_outcomes_are_counted_and_summed_where_a_value_was_entered() -> None:
    log = value.outcomes_value(outcomes(("press", 5_000), ("press", None), ("link", 700)))
    assert log.amount_minor == 5_700
    assert dict(log.inputs) == {"invitation": 0, "link": 1, "press": 2, "without_value": 1}
    assert value.outcomes_value(outcomes(("invitation", None))).amount_minor is None
    with pytest.raises(ValueError, match="not prize"):
        value.outcomes_value(outcomes(("prize", 1)))


def history(weeks: int, *, worth: float = 12.0, noise: float = 0.0, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    units = rng.poisson(40, 7 * weeks)
    revenue = np.round(worth * units + noise * rng.normal(0, 1, 7 * weeks)).astype(int)
    days = pl.date_range(START, START + dt.timedelta(days=7 * weeks - 1), eager=True)
    return pl.DataFrame({"day": days, "units": units, "revenue_minor": revenue})


def test_a_like_is_worth_what_likes_went_along_with() -> None:
    found = value.value_per("like", history(20))
    assert (found.low, found.value, found.high) == pytest.approx((12, 12, 12))
    assert found.weeks == 20
    worth = value.units_worth(100, found)
    assert (worth.low_minor, worth.amount_minor, worth.high_minor, worth.on) == (1_200, 1_200, 1_200, False)


def test_the_interval_of_a_value_holds_the_truth_in_nine_of_ten_shops() -> None:
    found = [value.value_per("like", history(12, noise=300, seed=seed)) for seed in range(200)]
    inside = sum(one.low <= 12 <= one.high for one in found if one.low is not None and one.high is not None)
    assert 168 <= inside <= 192  # 180 expected; outside that range 2 in 100 times


def test_a_short_history_gives_a_value_without_a_range() -> None:
    found = value.value_per("lead", history(7))
    assert found.value == pytest.approx(12)
    assert (found.low, found.high, found.weeks) == (None, None, 7)


def test_without_units_there_is_no_value() -> None:
    nothing = history(10).with_columns(units=0)
    assert value.value_per("like", nothing).value is None
    assert value.units_worth(5, value.value_per("like", nothing)).missing == ("value_of_one_minor",)
    assert value.value_per("like", nothing.head(0)).units == 0


def test_the_monthly_retest_tells_when_the_value_has_changed() -> None:
    before, after = history(20, noise=100), history(20, worth=30.0, noise=100, seed=1)
    moved = after.with_columns(pl.col("day").dt.offset_by("140d"))
    table = value.retest("like", pl.concat([before, moved]))
    assert table.columns == ["month", "value", "low", "high", "units", "weeks", "changed"]
    assert table.filter(pl.col("month") < dt.date(2026, 5, 1))["changed"].fill_null(False).sum() <= 1
    assert table.filter(pl.col("month") == dt.date(2026, 6, 1))["changed"].item() is True


@given(part=st.integers(0, 50), rest=st.integers(0, 50))
def test_a_share_is_part_of_a_whole_or_unknown(part: int, rest: int) -> None:
    paid = pl.DataFrame({"is_paid": [False] * part + [True] * rest + [None]}, schema={"is_paid": pl.Boolean})
    share = value.word_of_mouth_share(paid)
    assert share.share == (part / (part + rest) if part + rest else None)


def test_those_who_spoke_before_return() -> None:
    authors = pl.DataFrame({"author_key": ["a", "a", "b", "c", None], "in_period": [True, False, True, False, True]})
    assert (value.returning_mentioners(authors).part, value.returning_mentioners(authors).whole) == (1, 2)


def test_sites_that_link_for_the_first_time_are_new() -> None:
    seen = pl.DataFrame({"referrer_host": ["x.example", "x.example", "y.example"], "in_period": [False, True, True]})
    assert (value.linking_domains(seen).part, value.linking_domains(seen).whole) == (1, 2)


def test_searches_for_the_name_are_found_inside_queries() -> None:
    queries = pl.DataFrame({"query": ["Acme kettle", "kettle", "buy acme"], "clicks": [10, 70, 20]})
    assert value.branded_search(queries, brand_terms=["ACME"]).share == 0.3
