"""Copies are scored once, by each scorer and version apart."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener import sentiment
from listener.sentiment import Scored
from listener.sentiment.cache import ScoreCache

LANGUAGES = ("en", "ar", "he", "pl", "hu", "vi", "de", None)


def lengths(asked: list[str]) -> sentiment.Scorer:
    def work(texts: Sequence[str]) -> list[Scored]:
        asked.extend(texts)
        return [Scored(len(text) / 100, "neutral", None, "length/1", "scored") for text in texts]

    return work


def test_a_copy_is_asked_about_once() -> None:
    asked: list[str] = []
    cache = ScoreCache()
    first = cache.score("length/1", ["a", "bb", "a"], lengths(asked))
    assert [one.score for one in first] == [0.01, 0.02, 0.01]
    cache.score("length/1", ["bb", "ccc"], lengths(asked))
    assert asked == ["a", "bb", "ccc"]
    assert cache.scored == 3


def test_a_new_version_is_asked_anew() -> None:
    asked: list[str] = []
    cache = ScoreCache()
    for version in ("length/1", "length/2"):
        cache.score(version, ["a"], lengths(asked))
    assert asked == ["a", "a"]


def test_the_cache_is_bounded() -> None:
    asked: list[str] = []
    cache = ScoreCache(max_texts=3)
    cache.score("length/1", ["a", "b", "c", "d", "e"], lengths(asked))
    cache.score("length/1", ["e", "a"], lengths(asked))
    assert asked == ["a", "b", "c", "d", "e", "a"]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["good", "bardzo zły", "", "\ud800", "טוב"]), st.sampled_from(LANGUAGES))))
def test_a_cache_changes_no_score(said: list[tuple[str, str | None]]) -> None:
    texts, languages = [text for text, _ in said], [language for _, language in said]
    cache = ScoreCache()
    expected = sentiment.score(texts, languages)
    assert sentiment.score(texts, languages, cache=cache) == expected
    assert sentiment.score(texts, languages, cache=cache) == expected


@pytest.mark.parametrize("language", ["de", "xx"])
def test_no_scorer_has_no_name(language: str) -> None:
    assert sentiment.scorer_name(language) is None
