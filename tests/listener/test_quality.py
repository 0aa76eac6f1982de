"""From a share called negative to the share that is, and back; topics of mentions."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener import quality, sentiment, topics
from listener.quality import Quality, true_share

ROOT = Path(__file__).resolve().parents[2]
# 100 negative texts of which 70 are found, 300 others of which 30 are called negative
PLAIN = Quality("x/1", "xx", "own", 0.7, ((70, 20, 10), (20, 120, 10), (10, 20, 120)))


def test_recall_precision_and_false_alarms_are_counted() -> None:
    assert (PLAIN.texts, PLAIN.are_negative) == (400, 100)
    assert PLAIN.recall == 0.7
    assert PLAIN.precision == 0.7
    assert PLAIN.false_alarms == 0.1


def test_a_share_is_freed_of_mistakes() -> None:
    """0.25 x 0.7 + 0.75 x 0.1 = 0.25: a quarter called negative is a quarter; 0.4 = s x 0.7 + (1 - s) x 0.1: s = .5."""
    told = true_share(0.25, n=1_000, quality=PLAIN)
    assert told
    assert told.share == pytest.approx(0.25)
    half = true_share(0.4, n=1_000, quality=PLAIN)
    assert half
    assert half.share == pytest.approx(0.5)
    assert half.low < 0.5 < half.high


@given(st.floats(0.0, 1.0), st.integers(1, 10_000))
def test_an_interval_stays_a_share_and_holds_its_middle(shown: float, n: int) -> None:
    told = true_share(shown, n=n, quality=PLAIN)
    assert told is None or 0 <= told.low <= told.share <= told.high <= 1


@given(st.floats(0.11, 0.69), st.integers(30, 5_000))
def test_more_texts_never_widen_the_interval(shown: float, n: int) -> None:
    few, many = true_share(shown, n=n, quality=PLAIN), true_share(shown, n=n * 4, quality=PLAIN)
    assert few
    assert many
    assert many.high - many.low <= few.high - few.low + 1e-12


def test_what_cannot_be_told_is_not_told() -> None:
    blind = Quality("x/1", "xx", "own", 0.3, ((30, 50, 20), (25, 50, 25), (25, 50, 25)))
    assert true_share(0.3, n=1_000, quality=blind) is None
    assert true_share(0.02, n=100_000, quality=PLAIN) is None  # fewer than mistakes alone would make
    assert true_share(0.3, n=0, quality=PLAIN) is None
    assert quality.quality_of("hng-pl/1") is None  # an older version was not measured


@pytest.mark.parametrize("language", ["en", "ar", "he", "pl", "hu", "vi"])
def test_every_scorer_has_measured_quality(language: str) -> None:
    name = sentiment.scorer_name(language)
    assert name
    measured = quality.quality_of(name)
    assert measured
    assert measured.language == language
    assert measured.texts >= 300


@pytest.mark.shared_data
def test_the_kept_figures_are_those_measured(shared_data: Callable[..., Path]) -> None:
    dev = shared_data("sentiment", "dev")
    spec = importlib.util.spec_from_file_location("bench_sentiment", ROOT / "bench" / "sentiment.py")
    assert spec
    assert spec.loader
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    for scorer, figures in bench.measured(dev).items():
        kept = quality.quality_of(scorer)
        assert kept
        assert [list(row) for row in kept.counts] == figures["counts"]
        assert kept.macro_f1 == figures["macro_f1"]


def test_topics_are_terms_and_frequent_hashtags() -> None:
    terms = [("m1", "acme"), ("m1", "#kettle"), ("m2", "acme")]
    texts = [
        ("m1", "my #Kettle is #great"),
        ("m2", "so #GREAT #great"),
        ("m3", "#שלום and # alone, https://a.example/page#part, a#bc"),
    ]
    found = topics.topics_of(terms, texts)
    assert found.rows() == [
        ("m1", "#great", "hashtag"),
        ("m1", "#kettle", "term"),
        ("m1", "acme", "term"),
        ("m2", "#great", "hashtag"),
        ("m2", "acme", "term"),
        ("m3", "#שלום", "hashtag"),
    ]


def test_the_rarest_hashtags_are_no_topics() -> None:
    texts = [(f"m{n}", f"#often #tag{n}") for n in range(topics.HASHTAGS + 5)]
    found = topics.topics_of([], texts)
    assert found["topic"].n_unique() == topics.HASHTAGS
    assert found.filter(topic="#often").height == topics.HASHTAGS + 5


def test_no_mentions_no_topics() -> None:
    assert topics.topics_of([], []).height == 0
