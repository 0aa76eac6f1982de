"""What somebody meets who opens the screens for the first time: other days, refused files, templates, words for names.

The small shop's orders and visits lie in June 2026; in June its talk has 50 mentions, 30 of them scored.
"""

from __future__ import annotations

import datetime as dt

import pytest

from config.clock import Period
from config.workspace import Workspace
from tests.ui.pages import cards, run, show, texts
from ui import known_days

# --- days that hold figures -----------------------------------------------------------------------------------------


def test_known_days_are_those_of_the_stores(shop: Workspace) -> None:
    known = known_days.read_known_days(shop)
    assert known.orders == Period(dt.date(2026, 6, 10), dt.date(2026, 6, 25))
    assert known.of_brand("Acme") == Period(dt.date(2026, 4, 1), dt.date(2026, 6, 30))
    assert known.of_brand("Nobody") is None


def test_nothing_stored_is_no_days(bare: Workspace) -> None:
    known = known_days.read_known_days(bare)
    assert (known.orders, known.of_brand(None)) == (None, None)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("overview", "Your orders run from Jun 10, 2026 to Jun 25, 2026, mentions from Apr 1, 2026 to Jun 30, 2026."),
        ("roi", "Your orders run from Jun 10, 2026 to Jun 25, 2026."),
        ("mentions", "Your mentions run from Apr 1, 2026 to Jun 30, 2026."),
        ("influencers", "Your mentions run from Apr 1, 2026 to Jun 30, 2026."),
    ],
)
def test_a_page_without_figures_in_its_period_leads_to_the_days_that_have_some(
    shop: Workspace, name: str, told: str
) -> None:
    page = show(name)
    assert "Your " not in texts(page)
    page.session_state["days"] = "dates"
    page.session_state["dates"] = (dt.date(2025, 1, 1), dt.date(2025, 1, 31))
    run(page)
    assert told in texts(page)
    assert not [head.value for head in page.subheader if "Three steps" in head.value]
    run(page.button(key="show-known-days").click())
    assert "Your " not in texts(page)
    assert page.session_state["days"] == "dates"
    assert name not in ("overview", "roi") or cards(page)["Direct return"][0] == "€140"
