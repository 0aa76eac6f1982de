"""Facets, buckets, shares, drivers and agreement of mention frames."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener import feeling
from listener.sentiment import linear
from ui import charts_talk, talk, talk_data

DAY = dt.date(2026, 6, 1)  # a Monday
SCHEMA: dict[str, Any] = {
    "mention_id": pl.String,
    "day": pl.Date,
    "published_at": pl.Datetime("us", "UTC"),
    "brand": pl.String,
    "network": pl.String,
    "source": pl.String,
    "language": pl.String,
    "engagement": pl.Int64,
    "score": pl.Float64,
    "label": pl.String,
    "label_scored": pl.String,
    "label_corrected": pl.String,
    "scorer": pl.String,
    "score_status": pl.String,
    "cluster_id": pl.String,
    "triage_status": pl.String,
}


def mention(number: int, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "mention_id": f"m{number:04}",
        "day": DAY,
        "published_at": dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC),
        "brand": "Acme",
        "network": "reddit",
        "source": "reddit-search",
        "language": "en",
        "engagement": None,
        "score": 0.5,
        "label": "positive",
        "scorer": "vader-3.3.2",
        "score_status": "scored",
        "cluster_id": f"m{number:04}",
        "triage_status": "new",
    } | more
    return {"label_scored": row["label"]} | row


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


def many(n: int, start: int = 0, **more: Any) -> list[dict[str, Any]]:
    return [mention(start + k, **more) for k in range(n)]


def test_a_mention_of_two_brands_stands_once() -> None:
    both = frame(mention(1), mention(1, brand="Rival"), mention(2, brand="Rival"))
    assert talk.one_brand(both, None)["mention_id"].to_list() == ["m0001", "m0002"]
    assert talk.one_brand(both, "Rival").height == 2


def test_a_facet_counts_under_the_choices_of_the_others_only() -> None:
    rows = frame(
        mention(1, network="reddit", language="en"),
        mention(2, network="x", language="en"),
        mention(3, network="x", language="pl"),
        mention(4, network="x", language=None, label=None),
    )
    assert talk.facet(rows, "network", {"network": ["reddit"], "language": ["en"]}) == {"x": 1, "reddit": 1}
    assert talk.facet(rows, "language", {"network": ["x"]}) == {"unknown": 1, "pl": 1, "en": 1}
    assert talk.facet(rows, "label", {}) == {"positive": 3, "not_scored": 1}
    assert talk.facet(rows, "network", {"network": ["gone"]})["gone"] == 0  # what is chosen stays listed
    assert talk.narrow(rows, {"language": ["unknown"], "network": []})["mention_id"].to_list() == ["m0004"]


def test_order_puts_unknown_engagement_last() -> None:
    rows = frame(mention(1), mention(2, engagement=5), mention(3, engagement=0))
    assert talk.in_order(rows, by_engagement=True)["mention_id"].to_list() == ["m0002", "m0003", "m0001"]


@settings(deadline=None)
@given(n=st.integers(0, 200), size=st.integers(1, 30))
def test_pages_hold_every_row_once(n: int, size: int) -> None:
    rows = frame(*many(n))
    shown = [talk.page_of(rows, page=page, size=size) for page in range(1, talk.pages(n, size=size) + 1)]
    assert pl.concat(shown)["mention_id"].to_list() == rows["mention_id"].to_list()


def test_weeks_begin_on_monday_and_gaps_stand_with_zero() -> None:
    rows = frame(mention(1, day=dt.date(2026, 6, 3)), mention(2, day=dt.date(2026, 6, 21)))
    weeks = talk.by_grain(rows, "week")
    assert weeks["day"].to_list() == [dt.date(2026, 6, 1), dt.date(2026, 6, 8), dt.date(2026, 6, 15)]
    assert weeks["scored"].to_list() == [1, 0, 1]
    assert weeks["net"].to_list() == [1.0, None, 1.0]
    assert talk.by_grain(rows.clear(), "day").is_empty()


@pytest.mark.parametrize(
    ("per_day", "grain"), [(30, "day"), (5, "week"), (1, "month")], ids=["enough a day", "enough a week", "neither"]
)
def test_the_grain_is_the_finest_with_enough_scored_texts(per_day: int, grain: str) -> None:
    days = [DAY + dt.timedelta(days=k) for k in range(28)]
    rows = frame(*(row for k, day in enumerate(days) for row in many(per_day, start=k * 100, day=day)))
    assert talk.fitting_grain(rows) == grain


def test_label_shares_stand_astride_the_middle_of_neutral() -> None:
    rows = frame(
        *many(15, label="positive"), *many(10, 20, label="neutral"), *many(5, 40, label="negative"),
        *many(29, 60, language="pl"),
    )  # fmt: skip
    shares = talk.label_shares(rows, "language")
    assert shares["language"].unique().to_list() == ["en"]  # 29 texts are no judgement
    assert shares["label"].to_list() == ["negative", "neutral", "positive"]
    assert shares["start"].to_list() == pytest.approx([-1 / 6 - 1 / 6, -1 / 6, 1 / 6])
    assert shares["end"].to_list() == pytest.approx([-1 / 6, 1 / 6, 1 / 6 + 1 / 2])
    assert talk.too_few(rows, "language") == [("pl", 29)]


def test_not_scored_tells_why_and_leaves_out_what_people_labelled() -> None:
    unscored = {"label": None, "score": None, "scorer": None}
    rows = frame(
        mention(1, language="pl", score_status="no_scorer", **unscored),
        mention(2, language=None, score_status="no_language", **unscored),
        mention(3, language="pl", score_status="no_scorer", **unscored | {"label": "negative"}, label_scored=None),
    )
    assert feeling.not_scored(rows).rows() == [("pl", "no_scorer", 1), (None, "no_language", 1)]


def test_drivers_weigh_score_and_engagement_and_show_a_text_once() -> None:
    rows = frame(
        mention(1, score=0.9, engagement=None),
        mention(2, score=0.6, engagement=1000, cluster_id="c"),
        mention(3, score=0.6, engagement=10, cluster_id="c"),
        mention(4, score=-0.9, label="negative"),
    )
    top = talk.drivers(rows, "positive", n=5)
    assert top["mention_id"].to_list() == ["m0002", "m0001"]
    assert top["copies"].to_list() == [2, 1]


def test_share_of_voice_counts_a_story_once() -> None:
    rows = frame(*many(6, cluster_id="one"), mention(7), *many(2, 20, brand="Rival"))
    found = talk.beside_rivals(rows).select("brand", "stories", "total", "share").rows()
    assert found == [("Acme", 2, 7, 0.5), ("Rival", 2, 2, 0.5)]


def test_agreement_counts_confirmed_labels_alone() -> None:
    rows = frame(
        mention(1, label_corrected="positive"),
        mention(2, label="negative", label_scored="positive", label_corrected="negative"),
        mention(3),
    )
    assert feeling.scored_by(rows).rows() == [("en", "vader-3.3.2", 3, 0, 2, 1)]


@settings(deadline=None)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_agreement_holds_the_share(counts: tuple[int, int]) -> None:
    agreed, reviewed = counts
    interval = feeling.agreement_interval(agreed, reviewed)
    assert interval is not None
    assert 0 <= interval[0] <= agreed / reviewed + 1e-12
    assert agreed / reviewed - 1e-12 <= interval[1] <= 1


def test_no_review_no_agreement() -> None:
    assert feeling.agreement_interval(0, 0) is None


def test_unknown_cost_of_people_stays_unknown() -> None:
    people = pl.DataFrame(
        {"status": ["contracted", "none"], "conversions": [2.0, None], "revenue_minor": [1000, None]},
    ).with_columns(cost_minor=pl.lit(None, dtype=pl.Int64))
    brought = talk.brought(people)
    assert (brought["contracted"], brought["revenue_minor"], brought["cost_minor"]) == (1, 1000, None)
    assert talk.brought(people.with_columns(cost_minor=pl.Series([None, 5])))["cost_minor"] == 5


NAMES = (
    "day",
    "net",
    "low",
    "high",
    "scored",
    "group",
    "label",
    "share",
    "n",
    "above",
    "unsure",
    "below",
    *talk.LABELS,
)
WORDS = dict.fromkeys(NAMES, "word")


def test_the_line_breaks_below_thirty_scored_texts() -> None:
    rows = frame(*many(40), *many(3, 100, day=DAY + dt.timedelta(days=1)))
    chart = charts_talk.net_over_time(talk.by_grain(rows, "day"), words=WORDS, ink="#000000").to_dict()
    drawn = [row for data in chart["datasets"].values() for row in data if "net" in row]
    assert {row["scored"]: row["net"] for row in drawn} == {40: 1.0, 3: None}


def test_groups_below_thirty_are_in_no_chart() -> None:
    rows = frame(*many(40), *many(3, 100, brand="Rival"))
    brands = talk.beside_rivals(rows)
    chart = charts_talk.net_intervals(brands, "brand", words=WORDS, names={}, ink="#000000").to_dict()
    assert {row["brand"] for data in chart["datasets"].values() for row in data if "brand" in row} == {"Acme"}


def test_a_score_is_added_up_from_its_known_parts() -> None:
    person = {"reach": 50.0, "resonance": 80.0, "relevance": 40.0, "total": 57.5}
    assert talk.score_sum(person) == "0.35 × 50 + 0.35 × 80 + 0.30 × 40 = 58"
    partly = person | {"resonance": None, "total": 45.4}
    assert talk.score_sum(partly) == "(0.35 × 50 + 0.30 × 40) ÷ 0.65 = 45"


def test_every_shipped_model_tells_its_measured_quality() -> None:
    shipped = sorted(linear.model_path("xx").parent.glob("hng-*.npz"))
    for path in shipped:
        card = talk_data.card(linear.read_model(path).scorer)
        assert card is not None, path.name
        assert card.macro_f1 is not None
        assert 0.3 < card.macro_f1 <= 1
        assert card.texts
        assert "known weakness" in card.sections


@pytest.mark.parametrize("scorer", ["vader-3.3.2", "hng-pl/0", "hng-xx/1", "../../secret"])
def test_scorers_without_a_card_have_none(scorer: str) -> None:
    assert talk_data.card(scorer) is None
