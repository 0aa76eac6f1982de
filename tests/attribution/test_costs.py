"""Costs by day: spread to the cent, each once, and those not given named."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution import costs, tables
from attribution.currency import RATES_SCHEMA
from config.clock import Period
from config.plans import COSTS_SCHEMA

JUNE = Period(dt.date(2026, 6, 1), dt.date(2026, 6, 30))
RATES = pl.DataFrame(
    {"day": [dt.date(2026, 6, 1)], "currency": ["USD"], "per_eur": [Decimal("1.25")]}, schema=dict(RATES_SCHEMA)
)


def written(*rows: dict[str, Any]) -> pl.DataFrame:
    usual = {"kind": "content", "currency": "EUR", "date_from": JUNE.since, "date_to": JUNE.until}
    full = [dict.fromkeys(COSTS_SCHEMA) | usual | {"id": f"c{n}"} | row for n, row in enumerate(rows)]
    return pl.DataFrame(full, schema=dict(COSTS_SCHEMA))


def bought(*rows: dict[str, Any]) -> pl.DataFrame:
    usual = {"account": "a", "platform": "meta", "cost_type": "media", "currency": "EUR", "source": "facebook"}
    usual |= {"medium": "paid_social", "date_from": JUNE.since, "date_to": JUNE.since}
    full = [usual | {"spend_id": f"s{n}"} | row for n, row in enumerate(rows)]
    return tables.SPEND.conform(pl.DataFrame(full)) if full else tables.SPEND.empty()


def days(register: pl.DataFrame, spend: pl.DataFrame | None = None, **more: Any) -> pl.DataFrame:
    options = {"currency": "EUR", "rates": RATES, "period": JUNE, "rules": ()} | more
    return costs.cost_days(register, spend=bought() if spend is None else spend, **options)


def daily(register: pl.DataFrame, spend: pl.DataFrame | None = None, **more: Any) -> pl.DataFrame:
    options = {"currency": "EUR", "rates": RATES, "period": JUNE, "rules": ()} | more
    return costs.daily_costs(register, spend=bought() if spend is None else spend, **options)


@given(
    cents=st.integers(-10_000_000, 10_000_000),
    first=st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
    length=st.integers(1, 400),
    cut=st.integers(0, 400),
)
def test_a_cost_is_conserved_to_the_cent_over_its_days_and_over_periods_side_by_side(
    cents: int, first: dt.date, length: int, cut: int
) -> None:
    last = first + dt.timedelta(days=length - 1)
    register = written({"amount": Decimal(cents).scaleb(-2), "date_from": first, "date_to": last})
    whole = daily(register, period=Period(first, last))
    assert whole["amount_minor"].sum() == cents
    assert whole.height == length
    amounts = whole["amount_minor"].to_list()
    assert max(amounts) - min(amounts) <= 1
    middle = first + dt.timedelta(days=cut)
    parts = [Period(dt.date(2025, 1, 1), middle), Period(middle + dt.timedelta(days=1), dt.date(2030, 1, 1))]
    assert sum(daily(register, period=part)["amount_minor"].sum() for part in parts) == cents


def test_work_is_hours_times_rate_and_a_foreign_cost_is_converted_on_its_first_day() -> None:
    register = written(
        {"kind": "labour", "hours": Decimal("12.5"), "rate": Decimal("33.33")},
        {"amount": Decimal("100"), "currency": "usd"},
    )
    assert costs.costs_by(daily(register), "kind")["amount_minor"].to_list() == [41_662, 8_000]  # 416.625 -> even


def test_what_is_not_known_stands_once_with_its_reason_and_makes_the_sum_unknown() -> None:
    register = written({"amount": Decimal(5), "currency": "XXQ"}, {"amount": Decimal(7)})
    found = daily(register, bought({"cost": None}, {"cost": Decimal(3), "date_from": None, "date_to": None}))
    unknown = found.filter(pl.col("amount_minor").is_null()).sort("reason")
    assert unknown["reason"].to_list() == ["no_amount", "no_date", "no_rate"]
    assert costs.total_of(found) is None
    assert costs.total_of(found.filter(pl.col("reason").is_null())) == 700
    assert costs.total_of(found.head(0)) is None


AD = {"kind": "ad_spend", "amount": Decimal(30), "channel": "Paid Social"}
GIVES_WAY = [
    (AD, {}, 29),  # one of its thirty days is imported
    (AD | {"channel": None}, {}, 29),
    (AD | {"channel": "Paid Search"}, {}, 30),
    (AD | {"channel": None}, {"source": "google", "medium": "cpc"}, 30),  # search is not of the social scope
    (AD | {"campaign": "Spring"}, {"campaign": "spring"}, 29),
    (AD | {"campaign": "spring"}, {"campaign": "summer"}, 30),
    (AD | {"campaign": "spring"}, {}, 29),  # the account's line stands for all its campaigns
    (AD | {"kind": "content"}, {}, 30),
    (AD, {"cost_type": "creator_fee"}, 30),
]


@pytest.mark.parametrize(("entry", "imported", "counted"), GIVES_WAY)
def test_ad_spend_written_down_gives_way_to_what_is_imported(
    entry: dict[str, Any], imported: dict[str, Any], counted: int
) -> None:
    spend = bought({"cost": Decimal(8), "campaign": None} | imported)
    found = daily(written(entry), spend, scope=["Paid Social", "Influencer"])
    assert found.filter(pl.col("origin") == "register")["amount_minor"].sum() == counted * 100
    assert found.filter(pl.col("origin") == "import")["amount_minor"].sum() == 800
    left_out = days(written(entry), spend, scope=["Paid Social", "Influencer"]).drop_nulls("left_out")
    assert left_out.height == 30 - counted


FEE = {"kind": "influencer_fee", "amount": Decimal(300), "influencer": "instagram:anna", "date_to": JUNE.since}
PAID = {"cost_type": "creator_fee", "cost": Decimal(300), "person": "@Anna"}
SAME_COST = [
    (FEE, PAID, None),
    (FEE | {"channel": "Organic Social"}, PAID, None),  # what creators get is theirs, whatever channel was written down
    (FEE | {"influencer": None}, PAID, None),
    (FEE, PAID | {"person": "instagram:anna"}, None),
    (FEE, PAID | {"person": "tiktok:anna"}, 30_000),
    (FEE, PAID | {"person": "@ben"}, 30_000),
    (FEE, PAID | {"cost_type": "product_seeding"}, 30_000),  # another kind is another cost
    (FEE | {"kind": "product_seeding"}, PAID | {"cost_type": "product_seeding"}, None),
    (FEE | {"kind": "commission"}, PAID | {"cost_type": "commission"}, None),
    (FEE | {"kind": "content", "influencer": None}, {"cost_type": "content", "cost": Decimal(300)}, None),
    (FEE | {"date_from": dt.date(2026, 6, 2), "date_to": dt.date(2026, 6, 2)}, PAID, 30_000),  # another day
]


@pytest.mark.parametrize(("entry", "imported", "counted"), SAME_COST)
def test_what_was_written_down_gives_way_to_the_same_cost_imported_whatever_its_kind(
    entry: dict[str, Any], imported: dict[str, Any], counted: int | None
) -> None:
    spend = bought({"source": None, "medium": None} | imported)
    found = daily(written(entry), spend, scope=["Influencer", "Organic Social"])
    assert costs.total_of(found) == 30_000 + (counted or 0)
    gone = days(written(entry), spend, scope=["Influencer", "Organic Social"]).filter(pl.col("left_out") == "imported")
    assert (gone["amount_minor"].sum(), gone["origin"].unique().to_list()) == (
        (0, []) if counted else (30_000, ["register"])
    )


@pytest.mark.parametrize(("person", "counted"), [("@anna", 50), ("Anna", 50), ("instagram:anna", 50), ("@ben", 100)])
def test_a_commission_paid_to_a_handle_stands_for_what_the_code_of_that_person_owes(person: str, counted: int) -> None:
    codes = owed((JUNE.since, "instagram:anna", 5_000))
    paid = bought({"cost_type": "commission", "cost": Decimal(50), "person": person})
    assert costs.total_of(daily(written(), paid, commissions=codes)) == counted * 100


def owed(*rows: tuple[dt.date, str, int]) -> pl.DataFrame:
    full = [
        {"date": day, "code": "ANNA10", "channel": "Influencer", "campaign": None, "influencer": who, "amount_minor": n}
        for day, who, n in rows
    ]
    return pl.DataFrame(full, schema=costs.COMMISSIONS)


def test_a_commission_that_was_paid_stands_for_what_codes_owe_in_its_month() -> None:
    july = dt.date(2026, 7, 2)
    codes = owed((JUNE.since, "instagram:anna", 100), (july, "instagram:anna", 200), (JUNE.since, "tiktok:ben", 400))
    paid = bought({"cost_type": "commission", "cost": Decimal("1.50"), "person": "Instagram:Anna"})
    period = Period(JUNE.since, dt.date(2026, 7, 31))
    found = daily(written(), paid, commissions=codes, period=period)
    assert found.select("origin", "amount_minor").rows() == [("codes", 400), ("import", 150), ("codes", 200)]


def test_a_part_of_a_month_leaves_out_what_codes_owe_as_the_whole_month_does() -> None:
    """Paid on June 1: then the second half of June owes nothing more, though no paid line falls into it."""
    half, spanned = dt.date(2026, 6, 15), dt.date(2026, 5, 20)
    codes = owed((dt.date(2026, 6, 20), "instagram:anna", 300))
    second = Period(half, JUNE.until)
    paid = bought({"cost_type": "commission", "cost": Decimal("1.50"), "person": "instagram:anna"})
    assert daily(written(), paid, commissions=codes, period=second).is_empty()
    line = {"kind": "commission", "amount": Decimal(9), "date_from": spanned, "date_to": JUNE.since}
    assert daily(written(line), commissions=codes, period=second).is_empty()
    before = {"kind": "commission", "amount": Decimal(9), "date_from": spanned, "date_to": dt.date(2026, 5, 31)}
    assert daily(written(before), commissions=codes, period=second)["amount_minor"].to_list() == [300]


def test_missing_kinds_are_named_and_nothing_is_a_cost_twice_told() -> None:
    found = daily(written({"kind": "tools", "amount": Decimal(0)}, {"kind": "content", "amount": Decimal(1)}))
    assert costs.missing_kinds(found) == ["ad_spend", "labour", "influencer_fee", "commission", "product_seeding"]
    assert costs.missing_kinds(found, with_creators=False) == ["ad_spend", "labour"]
    assert "discount" not in costs.COST_KINDS


def test_costs_by_month_add_up_to_the_whole() -> None:
    register = written({"amount": Decimal("100.01"), "date_from": dt.date(2026, 5, 20), "date_to": dt.date(2026, 7, 9)})
    period = Period(dt.date(2026, 5, 1), dt.date(2026, 7, 31))
    by_month = costs.costs_by(daily(register, period=period), "month")
    assert by_month["name"].to_list() == ["2026-05", "2026-06", "2026-07"]
    assert by_month["amount_minor"].sum() == 10_001


def test_the_social_scope_holds_work_without_a_channel() -> None:
    frame = pl.DataFrame({"channel": ["Paid Social", "Paid Search", None]})
    assert frame.filter(costs.in_social_scope(["Paid Social"]))["channel"].to_list() == ["Paid Social", None]
