"""An order that is worth nothing after refunds and discounts is an order: on every page, and its money stays 0."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

import polars as pl

from attribution import roi_rows
from attribution.campaigns import Campaign, direct_credits
from attribution.goals import METRICS, Goal
from config.workspace import Workspace
from tests.attribution.worlds import JUNE, code_used, inputs, order, registered, report, touch
from ui import figures
from ui.goals import Figures, series

FREE = {"subtotal": Decimal(0), "total": Decimal(0), "tax": Decimal(0)}


def test_three_orders_of_one_creator_without_net_count_as_three_everywhere() -> None:
    found = report(
        inputs(
            orders=[order(n, **FREE) for n in "123"] + [order("4", customer_key=4)],
            touches=[touch("d", visitor=4, customer_key=4)],
            order_codes=[code_used(n, "ANNA10") for n in "123"],
            codes=[registered("ANNA10", owner="instagram:anna")],
        )
    )
    assert found.ledger["net_minor"].sort().to_list() == [0, 0, 0, 10_000]
    by_channel = dict(found.by_channel.select("name", "conversions").iter_rows())
    assert by_channel["Influencer"] == 3
    assert figures.direct_orders(found) == 4
    assert figures._orders_by(found.credits, "channel")["Influencer"] == 3
    rows = dict(roi_rows.named(found, "channel").select("name", "orders").iter_rows())
    assert rows["Influencer"] == 3
    goal = Goal("g", "g", "sales", METRICS["direct_orders"], JUNE.since, JUNE.until, 5.0)
    read = Figures(cast(Workspace, None), JUNE, lambda _period: found, lambda _period: pl.DataFrame())
    assert series(read, goal)["top"].sum() == 4
    assert roi_rows.renewals(found)["orders"].to_list() == [3]
    anna = Campaign("c", "c", JUNE.since, JUNE.until, codes=("ANNA10",))
    own = direct_credits(anna, found.credits, found.ledger, lookback_days=7)
    assert own.filter(pl.col("weight") > 0)["order_id"].n_unique() == 3
    assert own["credit_minor"].sum() == 0
