"""The hashed n-gram models: their features, their files, and the quality that is promised of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import train_sentiment
from listener.sentiment import linear

LANGUAGES = ("ar", "he", "hu", "pl", "vi")


def column(*texts: str | None) -> pl.Series:
    return pl.Series("text", texts, dtype=pl.String)


def buckets(text: str) -> list[int]:
    return linear.features(linear.normalise(column(text)), bits=16)[1].tolist()


def model(language: str) -> linear.LinearModel:
    return linear.read_model(linear.model_path(language))


# Worked out by another implementation of the same hash
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab", [24524, 48634, 4939, 35422, 40565, 65427, 58618]),
        ("x", [37735, 63762, 20010, 4596]),
        ("", [58801]),
    ],
)
def test_hash_vectors(text: str, expected: list[int]) -> None:
    assert buckets(text) == expected


def test_words_and_their_pair_come_last() -> None:
    found = buckets("a b")
    assert len(found) == 13
    assert found[-3:] == [18618, 57147, 35861]


@pytest.mark.parametrize(
    ("written", "as_read"),
    [
        (None, ""),
        ("  Two\n\twords ", "two words"),
        ("see https://a.example/x?y and www.b.example now", "see \u0001 and \u0001 now"),
        ("@someone hi", "\u0002 hi"),
        ("#Brand_Name 2026", "brand name 0"),
        ("ﬁne Ａ", "fine a"),
        ("كِتَابٌ طـــويل", "كتاب طويل"),
        ("أحمد إلى مدرسة", "احمد الي مدرسه"),
        ("שָׁלוֹם", "שלום"),
        ("love ❤️", "love ❤"),
    ],
)
def test_normal_form(written: str | None, as_read: str) -> None:
    assert linear.normalise(column(written)).item() == as_read


def test_runs_of_a_character_are_cut_to_two() -> None:
    assert buckets("sooooooo") == buckets("soo")
    assert buckets("soo") != buckets("so")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_loads_without_pickle_and_says_what_it_is(language: str) -> None:
    loaded = model(language)
    assert loaded.languages == (language,)
    assert loaded.scorer.startswith(f"hng-{language}/")
    assert loaded.licence
    assert loaded.data
    assert np.isfinite(loaded.weights).all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_file_is_small(language: str) -> None:
    assert linear.model_path(language).stat().st_size < 500_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_has_a_card(language: str) -> None:
    card = linear.model_path(language).with_suffix(".md").read_text(encoding="utf-8")
    for heading in ("Data", "Licence", "Domain", "Measured quality", "Known weakness"):
        assert f"## {heading}" in card


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.npz"
    np.savez(path, W=np.zeros((4, 3)))
    with pytest.raises(linear.ModelError, match=r"broken\.npz"):
        linear.read_model(path)


def test_a_model_of_another_normaliser_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.npz"
    monkeypatch.setattr(linear, "NORMALISER", "0")
    linear.write_model(path, tiny())
    monkeypatch.undo()
    with pytest.raises(linear.ModelError, match="normaliser 0"):
        linear.read_model(path)


def tiny() -> linear.LinearModel:
    weights = np.random.default_rng(3).normal(size=(256, 3)).astype(np.float32)
    return linear.LinearModel("hng-xx", "1", ("xx",), 8, weights, np.zeros(3, dtype=np.float32), "none", "none")


def test_a_model_survives_its_file(tmp_path: Path) -> None:
    linear.write_model(tmp_path / "tiny.npz", tiny())
    read = linear.read_model(tmp_path / "tiny.npz")
    assert read.scorer == "hng-xx/1"
    assert np.allclose(read.weights, tiny().weights, atol=0.01)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=30), max_size=8))
def test_scores_are_in_range_and_do_not_depend_on_company(texts: list[str]) -> None:
    series = linear.text_series(texts)
    together = linear.score(tiny(), series)
    assert together.height == len(texts)
    assert together["score"].is_between(-1, 1).all()
    assert together["confidence"].is_between(1 / 3 - 1e-6, 1).all()
    alone = [linear.score(tiny(), series[n : n + 1]).row(0) for n in range(len(texts))]
    assert together.rows() == alone


def test_chunks_do_not_change_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = column(*(f"{'word ' * (n % 7)} number {n}" for n in range(50)))
    whole = linear.score(tiny(), texts)
    monkeypatch.setattr(linear, "CHUNK_CHARACTERS", 40)
    assert linear.score(tiny(), texts).equals(whole)


def test_no_texts_no_rows() -> None:
    assert linear.score(tiny(), column()).height == 0


def test_a_lone_surrogate_is_survived() -> None:
    assert linear.score(tiny(), linear.text_series(["\ud800 bad", None])).height == 2


# Own sentences: plain praise and plain complaint, one of each per language
@pytest.mark.parametrize(
    ("language", "text", "label"),
    [
        ("ar", "خدمة ممتازة وأنا سعيد جدا شكرا لكم", "positive"),
        ("ar", "أسوأ خدمة في حياتي، كذب وفشل", "negative"),
        ("he", "כל הכבוד, אני גאה בך, תודה רבה מכל הלב", "positive"),
        ("he", "בושה וחרפה, אתם שקרנים", "negative"),
        ("pl", "Wspaniały lekarz, polecam z całego serca", "positive"),
        ("pl", "Fatalna obsługa, nie polecam nikomu", "negative"),
        ("hu", "Lenyűgöző, megható és szórakoztató film", "positive"),
        ("hu", "Unalmas, rossz és fárasztó film", "negative"),
        ("pl", "Bardzo wygodne buty, kolor idealny", "positive"),
        ("hu", "Nagyon kényelmes cipő, imádom a színét", "positive"),
        ("vi", "Dịch vụ quá tệ, chờ lâu, rất bực mình", "negative"),
        ("vi", "dich vu qua te, cho lau, rat buc minh", "negative"),
        ("vi", "mua ở đâu vậy shop", "neutral"),
        ("vi", "Dịch vụ tốt, nhân viên nhiệt tình, rất hài lòng", "positive"),
    ],
)
def test_plain_sentences(language: str, text: str, label: str) -> None:
    assert linear.score(model(language), column(text))["label"].item() == label


FLOORS = {"ar": 0.55, "he": 0.66, "pl": 0.74, "hu": 0.57, "vi": 0.61}


@pytest.mark.shared_data
@pytest.mark.parametrize(("language", "floor"), FLOORS.items())
def test_macro_f1_on_texts_not_trained_on(shared_data: Callable[..., Path], language: str, floor: float) -> None:
    table = labelled(shared_data("sentiment", "dev", f"{language}.tsv"))
    found = linear.score(model(language), table["text"])["label"]
    expected = table["label"].replace_strict({-1: "negative", 0: "neutral", 1: "positive"}, return_dtype=pl.String)
    assert macro_f1(expected, found.cast(pl.String)) >= floor


def macro_f1(expected: pl.Series, found: pl.Series) -> float:
    pairs = list(zip(expected, found, strict=True))
    parts = []
    for label in ("negative", "neutral", "positive"):
        hits = sum(a == b == label for a, b in pairs)
        parts.append(2 * hits / max(sum((a == label) + (b == label) for a, b in pairs), 1))
    return sum(parts) / 3


def labelled(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, separator="\t", quote_char=None)


def keys(texts: pl.Series) -> set[str]:
    """What stays of texts without case, links, names, digits, punctuation and spaces."""
    return {re.sub(r"https?://\S+|www\.\S+|@\w+|[\W\d_]+", "", text.lower()) for text in texts} - {""}


@pytest.mark.shared_data
@pytest.mark.parametrize("recipe", train_sentiment.RECIPES, ids=lambda recipe: recipe.language)
def test_no_dev_text_was_trained_on(shared_data: Callable[..., Path], recipe: train_sentiment.Recipe) -> None:
    trained = keys(train_sentiment.read_training(shared_data("sentiment", "train"), recipe).texts)
    for path in sorted(shared_data("sentiment", "dev").glob(f"{recipe.language}*.tsv")):
        if recipe.subtitles or not path.stem.endswith("_xed"):
            assert trained.isdisjoint(keys(labelled(path)["text"])), path.name


def test_training_learns_and_repeats_itself() -> None:
    texts = column(*["good thing", "bad thing", "some thing"] * 8)
    training = train_sentiment.Training(texts, np.array([1, -1, 0] * 8), np.ones(24), np.zeros(24, dtype=np.bool_))
    recipe = train_sentiment.Recipe("xx", (), "none", "own sentences")
    first, second = (train_sentiment.train(recipe, training) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    assert linear.score(first, texts)["label"].to_list() == ["positive", "negative", "neutral"] * 8
