"""Texts reach the scorer of their own language, or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from listener import language, sentiment

OURS = ("en", "ar", "he", "pl", "hu", "vi")
MIXED = ("ar", "cs", "de", "en", "es", "fr", "he", "hu", "it", "pl", "pt", "ro", "tr", "vi")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The kettle arrived yesterday and it works", "en"),
        ("وصلت الغلاية أمس وهي تعمل جيدا", "ar"),
        ("הקומקום הגיע אתמול והוא עובד", "he"),
        ("Czajnik przyszedł wczoraj i działa bez zarzutu", "pl"),
        ("Tegnap megérkezett a vízforraló és működik", "hu"),
        ("Ấm đun nước đã đến hôm qua và hoạt động tốt", "vi"),
        ("Der Wasserkocher kam gestern an und funktioniert", None),  # a decoy's language
        ("De waterkoker kwam gisteren aan en werkt prima", None),
        ("کتری دیروز رسید و خوب کار می‌کند", None),  # Persian
        ("ok :)", None),
        ("😍😍😍", None),
        ("https://shop.example/kettle @somebody_else", None),
        ("", None),
        ("https://shop.example/a-very-english-address-of-words נהדר ומצוין", "he"),
    ],
)
def test_detection(text: str, code: str | None) -> None:
    assert language.detect([text], OURS) == [code]


@pytest.mark.parametrize(
    ("text", "stated", "code"),
    [
        ("Great!", "en-US", "en"),
        ("Great!", "de", None),
        ("Great!", "he", None),  # the script says otherwise
        ("תודה", "iw", "he"),
        ("شكرا", "ar_EG", "ar"),
        ("شكرا", "en", None),
        ("😍", "en", None),
        ("Czajnik przyszedł wczoraj i działa bez zarzutu", "en", "pl"),
        ("The kettle arrived yesterday and it works", "en", "en"),
        ("The kettle arrived yesterday and it works", "xx", "en"),
    ],
)
def test_what_a_source_states_is_a_prior(text: str, stated: str, code: str | None) -> None:
    assert language.detect([text], OURS, stated=[stated]) == [code]


def test_a_huge_line_is_read_in_part() -> None:
    assert language.detect(["so the kettle works " * 100_000, "@a" * 500_000], OURS) == ["en", None]


def test_each_language_has_its_own_scorer() -> None:
    texts = ["good", "جيد جدا", "טוב מאוד", "bardzo dobry", "nagyon jó", "rất tốt"]
    names = [scored.scorer for scored in sentiment.score(texts, OURS)]
    assert names == ["vader-3.3.2", "hng-ar/2", "hng-he/2", "hng-pl/2", "hng-hu/2", "hng-vi/2"]
    assert names == [sentiment.scorer_name(code) for code in OURS]


@pytest.mark.parametrize("code", ["de", "es", "fr", "it", "pt", "tr", "xx"])
def test_a_language_without_scorer_gets_no_number(code: str) -> None:
    (scored,) = sentiment.score(["good great excellent"], [code])
    assert scored == sentiment.NO_SCORER
    assert scored.score is None


@pytest.mark.parametrize("text", ["", "  \n", "\u200b\u200f", "https://a.example/good", "@good www.great.example"])
@pytest.mark.parametrize("code", [*OURS, None])
def test_nothing_said_is_not_scored(text: str, code: str | None) -> None:
    assert sentiment.score([text], [code]) == [sentiment.NO_TEXT]


def test_a_model_left_out_of_the_build_is_a_language_not_scored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from listener.sentiment import linear

    monkeypatch.setattr(linear, "model_path", lambda code: tmp_path / f"hng-{code}.npz")
    sentiment._linear.cache_clear()
    try:
        assert sentiment.score(["rất tốt"], ["vi"]) == [sentiment.NO_SCORER]
        assert sentiment.scored_languages() == ("en",)
    finally:
        sentiment._linear.cache_clear()


def test_order_and_repeats_are_kept() -> None:
    texts = ["great", "", "nagyon rossz", "great", "awful"]
    codes = ["en", "en", "hu", "en", None]
    statuses = [scored.status for scored in sentiment.score(texts, codes)]
    assert statuses == ["scored", "no_text", "scored", "scored", "no_language"]
    assert sentiment.score(texts, codes)[0] == sentiment.score(texts, codes)[3]


@pytest.mark.shared_data
def test_at_most_three_percent_of_a_mixed_batch_get_a_wrong_language(shared_data: Callable[..., Path]) -> None:
    texts, truth = [], []
    for code in MIXED:
        path = shared_data("sentiment", "dev", f"{code}.tsv" if code == "en" else f"{code}_xed.tsv")
        some = pl.read_csv(path, separator="\t", quote_char=None)["text"].head(100).to_list()
        texts += some
        truth += [code] * len(some)
    given = [(a, b) for a, b in zip(language.detect(texts, MIXED), truth, strict=True) if a]
    assert sum(a != b for a, b in given) <= 0.03 * len(given)
    assert len(given) >= 0.85 * len(texts)
