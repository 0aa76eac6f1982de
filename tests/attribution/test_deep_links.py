"""Visits of links that somebody passed on, without a tag or a referrer: a part of Direct that reports name apart."""

from __future__ import annotations

import polars as pl
import pytest

from attribution.breakdown import breakdown
from attribution.channels import DEEP_LINK, channel_of, is_deep_link, reported_channel
from attribution.journeys import SCHEMA


@pytest.mark.parametrize(
    ("path", "in_app", "source", "evidence", "channel"),
    [
        ("/products/heelside-2", None, "(direct)", "none", DEEP_LINK),
        ("/the-summer-of-kettles-2026", None, "(direct)", "none", DEEP_LINK),
        ("/sale", "instagram", "(direct)", "none", DEEP_LINK),
        ("/sale", None, "(direct)", "none", "Direct"),
        ("/", "instagram", "(direct)", "none", "Direct"),
        ("", None, "(direct)", "none", "Direct"),
        (None, "instagram", "(direct)", "none", "Direct"),
        ("/en-gb/", None, "(direct)", "none", "Direct"),
        ("/index.html", None, "(direct)", "none", "Direct"),
        ("/checkout/thank-you/1001", None, "(direct)", "none", "Direct"),
        ("/de/account/orders/1", None, "(direct)", "none", "Direct"),
        ("/products/heelside-2", "instagram", "instagram", "referrer", "Organic Social"),
    ],
)
def test_a_deep_link_is_a_page_nobody_types_without_tag_and_referrer(
    path: str | None, in_app: str | None, source: str, evidence: str, channel: str
) -> None:
    medium = "referral" if evidence == "referrer" else None
    visit = pl.DataFrame(
        {"source": [source], "medium": [medium], "campaign": [None], "evidence": [evidence],
         "landing_path": [path], "in_app": [in_app]},
        schema_overrides=dict.fromkeys(("medium", "campaign", "landing_path", "in_app"), pl.String),
    )  # fmt: skip
    named = channel_of(visit, rules=())
    assert named.with_columns(deep_link=is_deep_link(named)).select(reported_channel()).item() == channel


def credit(order: str, *, deep: bool | None, cents: int, weight: float = 1.0) -> dict[str, object]:
    return {"account": "a", "order_id": order, "position": 1, "channel": "Direct", "is_direct": True,
            "deep_link": deep, "weight": weight, "credit_minor": cents}  # fmt: skip


def test_reports_name_it_apart_and_every_cent_stays() -> None:
    rows = [credit("1", deep=True, cents=900), credit("2", deep=False, cents=500), credit("3", deep=None, cents=50)]
    credits = pl.DataFrame(rows, schema_overrides={name: SCHEMA[name] for name in ("deep_link", "channel")})
    credits = credits.with_columns(pl.lit(None, dtype=pl.String).alias("campaign"))
    sold = pl.DataFrame({"account": ["a"] * 4, "order_id": ["1", "2", "3", "4"], "net_minor": [900, 500, 50, 10]})
    spent = pl.DataFrame(schema={"channel": pl.String, "campaign": pl.String, "cost_minor": pl.Int64})
    found = breakdown(credits, sold, spent, by="channel").select("name", "credited", "conversions", "revenue_minor")
    assert found.rows() == [
        ("Direct", False, 2.0, 550),
        (DEEP_LINK, False, 1.0, 900),
        ("(none)", False, 1.0, 10),
    ]
    typed = breakdown(credits.with_columns(deep_link=pl.lit(None, dtype=pl.Boolean)), sold, spent, by="channel")
    assert typed["name"].to_list() == ["Direct", "(none)"]
