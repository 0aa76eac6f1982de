"""Conversions that are no orders are led to by the same journeys, under every model."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from attribution.conversions import conversions_by
from config.settings import MODELS
from tests.attribution.worlds import DAY, NOON, inputs, order, report, touch

EMAIL: dict[str, Any] = {"source": "newsletter", "medium": "email"}


def sign_up(number: str, **given: Any) -> dict[str, Any]:
    return {
        "account": "default",
        "conversion_id": number,
        "kind": "sign_up",
        "converted_at": NOON,
        "visitor": 1,
        "value": Decimal("12.50"),
        "currency": "EUR",
    } | given


VISITS = [touch("s", at=NOON - 3 * DAY), touch("e", at=NOON - DAY, **EMAIL)]


def shown(*conversions: dict[str, Any], model: str = "linear", **given: Any) -> list[tuple[Any, ...]]:
    found = report(inputs(touches=VISITS, conversions=conversions, **given), model=model)
    return found.conversions.select("conversion", "order_id", "channel", "weight", "credit_minor").rows()


def test_a_sign_up_is_divided_over_the_visits_before_it() -> None:
    assert shown(sign_up("1")) == [
        ("sign_up", "1", "Organic Social", 0.5, 625),
        ("sign_up", "1", "Email", 0.5, 625),
    ]


CASES: dict[str, tuple[dict[str, Any], list[tuple[str, int | None]]]] = {
    "without a value": ({"value": None}, [("Organic Social", None), ("Email", None)]),
    "in a currency without a rate": ({"currency": "ZAR"}, [("Organic Social", None), ("Email", None)]),
    "of another visitor": ({"visitor": 2}, []),
    "between the visits": ({"converted_at": NOON - 2 * DAY}, [("Organic Social", 1_250)]),
    "a purchase is an order": ({"kind": "purchase"}, []),
    "of another month": ({"converted_at": NOON + 20 * DAY}, []),
}


@pytest.mark.parametrize(("given", "expected"), CASES.values(), ids=CASES.keys())
def test_conversion(given: dict[str, Any], expected: list[tuple[str, int | None]]) -> None:
    assert [(row[2], row[4]) for row in shown(sign_up("1", **given))] == expected


def test_a_second_one_of_its_kind_begins_anew_and_another_kind_does_not() -> None:
    rows = shown(sign_up("1", converted_at=NOON - 2 * DAY), sign_up("2"), sign_up("3", kind="download"))
    assert [(row[1], row[2]) for row in rows] == [
        ("1", "Organic Social"),
        ("2", "Email"),
        ("3", "Organic Social"),
        ("3", "Email"),
    ]


def test_conversions_move_no_money() -> None:
    plain = report(inputs(touches=VISITS, orders=[order("1", customer_key=1)]))
    beside = report(inputs(touches=VISITS, orders=[order("1", customer_key=1)], conversions=[sign_up("1")]))
    assert beside.buckets == plain.buckets


@pytest.mark.parametrize("model", MODELS)
def test_every_model_hands_out_a_conversion_in_full(model: str) -> None:
    rows = shown(sign_up("1"), model=model)
    assert sum(row[3] for row in rows) == pytest.approx(1)
    assert sum(row[4] for row in rows) == 1_250


def test_sums_by_channel() -> None:
    found = report(inputs(touches=VISITS, conversions=[sign_up("1"), sign_up("3", kind="download", value=None)]))
    assert conversions_by(found.conversions, by="channel").rows() == [
        ("download", "Email", 1.0, None),
        ("sign_up", "Email", 1.0, 1_250),
    ]
