"""Campaign talk: contracted people always, others above the usual while a campaign runs; its return beside all."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from attribution.campaign_talk import SCHEMA, campaign_talk, talk_by_day
from attribution.campaigns import Campaign, direct_credits
from attribution.interval import Interval
from attribution.report import Report
from tests.attribution.worlds import JUNE, code_used, cost, inputs, order, registered, report, touch

RUN = Campaign("c", "June", dt.date(2026, 6, 10), dt.date(2026, 6, 12))
ANNA = "instagram:anna"


def stories(*, usual: int = 5, loud: int = 12, by_anna: int = 2, since: dt.date = dt.date(2026, 5, 1)) -> pl.DataFrame:
    """`usual` stories a day from `since` on, `loud` while the campaign runs, of which `by_anna` are Anna's."""
    rows = []
    for day in pl.date_range(since, JUNE.until, eager=True):
        runs = RUN.since <= day <= dt.date(2026, 6, 12)
        for n in range(loud if runs else usual):
            rows.append((day, ANNA if runs and n < by_anna else f"web:{n}", f"{day}-{n}"))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def told() -> Report:
    found = report(
        inputs(
            orders=[order("1", customer_key=1), order("2", customer_key=2), order("3", customer_key=3)],
            touches=[touch("a", customer_key=1, campaign="june"), touch("b", visitor=2, customer_key=2)],
            order_codes=[code_used("3", "ANNA10")],
            codes=[registered("ANNA10", owner=ANNA)],
            spend=[cost("s", "50", campaign="June"), cost("t", "30", campaign="always")],
        )
    )
    return replace(found, roi=replace(found.roi, indirect=Interval(10_000, 20_000, 40_000)))


def test_a_days_campaign_talk_is_what_the_contracted_say_and_what_lies_above_the_usual() -> None:
    days = talk_by_day(stories(), campaigns=[RUN], contracted=[ANNA], period=JUNE)
    row = days.filter(pl.col("day") == RUN.since).row(0, named=True)
    assert row == {
        "day": RUN.since, "stories": 12.0, "contracted": 2.0, "baseline": 5.0, "above": 5.0, "campaign": 7.0,
    }  # fmt: skip
    assert days["campaign"].sum() == 21.0


def test_talk_below_the_usual_is_no_campaign_talk() -> None:
    days = talk_by_day(stories(loud=3, by_anna=0), campaigns=[RUN], contracted=[], period=JUNE)
    assert days["campaign"].sum() == 0.0


def test_without_quiet_days_before_it_the_campaigns_talk_is_unknown() -> None:
    late = stories(since=dt.date(2026, 6, 1))
    days = talk_by_day(late, campaigns=[RUN], contracted=[ANNA], period=JUNE)
    assert days["above"].null_count() == 3
    found = campaign_talk(told(), late, campaigns=[RUN], contracted=[ANNA])
    assert (found.missing, found.share, found.indirect, found.above) == (("baseline",), None, None, None)
    assert found.direct_minor == 20_000


def test_its_return_stands_beside_that_of_all_talk() -> None:
    """Touches that name the campaign or Anna: 100.00 + 100.00 against the campaign's 50.00."""
    found = campaign_talk(told(), stories(), campaigns=[RUN], contracted=[ANNA])
    assert (found.direct_minor, found.cost_minor, found.direct_roi) == (20_000, 5_000, 3.0)
    assert found.share is not None
    assert 0 < found.share < 21 / (27 * 5 + 36) * 1.2
    assert found.indirect == Interval(*(round(end * found.share) for end in (10_000, 20_000, 40_000)))
    assert found.blended_roi is not None
    assert found.blended_roi[1] == pytest.approx((20_000 + found.indirect.median) / 5_000 - 1)
    assert found.campaigns == ("June",)


def test_all_talk_by_the_contracted_takes_the_whole_indirect_return() -> None:
    hers = stories().with_columns(author_key=pl.lit(ANNA))
    found = campaign_talk(told(), hers, campaigns=[], contracted=[ANNA])
    assert found.share == 1.0
    assert found.indirect == Interval(10_000, 20_000, 40_000)


def test_without_a_campaign_or_a_contract_there_is_no_campaign_talk() -> None:
    found = campaign_talk(told(), stories(), campaigns=[], contracted=[])
    assert found.missing == ("campaigns",)
    assert (found.share, found.indirect, found.cost_minor, found.direct_minor) == (None, None, None, 0)


def test_the_direct_return_is_that_of_the_campaigns_own_page() -> None:
    """Tags given stand for the name, its days bound it, its codes count: 200.00 of the four orders that look alike."""
    early = dt.datetime(2026, 6, 2, 12, tzinfo=dt.UTC)
    found = report(
        inputs(
            orders=[
                order("1", customer_key=1),
                order("2", customer_key=2),
                order("3"),
                order("4", customer_key=4, ordered_at=early),
            ],
            touches=[
                touch("a", customer_key=1, campaign="june"),
                touch("b", visitor=2, customer_key=2, campaign="jn26"),
                touch("d", visitor=4, customer_key=4, campaign="jn26", at=early - dt.timedelta(days=1)),
            ],
            order_codes=[code_used("3", "JUNE10")],
            codes=[registered("JUNE10")],
        )
    )
    tagged = replace(RUN, utm_campaigns=("jn26",), codes=("JUNE10",))
    talk = campaign_talk(found, stories(), campaigns=[tagged, replace(tagged, id="again")], contracted=[])
    own = direct_credits(tagged, found.credits, found.ledger, lookback_days=30)
    assert talk.direct_minor == own["credit_minor"].sum() == 20_000
