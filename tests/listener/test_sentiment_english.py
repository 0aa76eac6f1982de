"""The fast English scorer against the package whose results it promises."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SentimentIntensityAnalyzer

from listener.sentiment import english

SENTENCES = [
    "",
    " ",
    "\n\t",
    "no words of the lexicon in here",
    "VADER is VERY SMART, uber handsome, and FRIGGIN FUNNY!!!",
    "The book was only kind of good.",
    "kind of",
    "she is kind of cruel and sort of nice",
    "no good",
    "no",
    "NO",
    "NO problem, no problem",
    "no bad or ugly thing",
    "no small or ugly thing",
    "never so good",
    "it was never this good",
    "so it is not so good",
    "this happy, so sad, this bad idea",
    "without a doubt excellent",
    "without doubt excellent",
    "doubt without great",
    "the least happy",
    "least happy",
    "at least happy",
    "very least happy",
    "the bomb",
    "that is the bomb",
    "oh yes that is the shit",
    "this road is to die for",
    "he has a beating heart today",
    "we met at the bus stop today",
    "oh and he said yeah right",
    "it was the kiss of death today",
    "he is quite bad ass here",
    "just enough good for us here",
    "we had just enough good food",
    "Good at first, but bad later and good at last",
    "good good good BUT bad bad good bad",
    "but but but great, But great",
    "GREAT GREAT GREAT",
    "GREAT great",
    "EXTREMELY bad and very GOOD",
    "I can't stand it, ain'tcha sad, DON'T cry",
    "I don’t like it",
    "love it ❤ and ❤️",
    "😂",
    "x😂y😂😂 z 😂 !",
    " 😂 leading space",
    "🙅 gesturing, ❗ and ‼ marks ❓",
    "what? really?? good???",
    "good! good!! good!!!",
    "Is it good????",
    ":) :D ;-) :( >:( (: :'( </3",
    "...good... 'great' \"awful\"",
    "İstanbul ıs great, ﬁne and ŒUVRE",
    "\x00 great \ud800 bad",
]
RULE_WORDS = """
    but no least at very never so this without doubt kind of or nor sort just enough NO But SO
    the shit bomb bad ass bus stop yeah right kiss of death to die for beating heart
    😂 😁 ❤ ❤️ x😂y 🙅 GOOD BAD Not VERY !!!! ??? :) :D
"""
ORDINARY_WORDS = "a car of Paris we ran IT was Is don’t house, “quoted” (so) nice sad happy ugly Hate love! fine?"
MARKED = [*NEGATE, *BOOSTER_DICT, *RULE_WORDS.split()]
ORDINARY = ORDINARY_WORDS.split()


@pytest.fixture(scope="module")
def reference() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def differing(reference: SentimentIntensityAnalyzer, texts: Iterable[str]) -> list[str]:
    scorer, wrong = english.load(), []
    for text in texts:
        expected = reference.polarity_scores(text)
        if scorer.polarity(text)._asdict() != expected or scorer.compound(text) != expected["compound"]:
            wrong.append(text)
    return wrong


def fuzzed(n: int, lexicon: Iterable[str]) -> Iterable[str]:
    rng = random.Random(20)
    words = sorted(lexicon)
    for _ in range(n):
        tokens = []
        for _ in range(rng.randint(0, 14)):
            token = rng.choice(MARKED) if rng.random() < 0.45 else rng.choice([rng.choice(words), *ORDINARY])
            tokens.append(token.upper() if rng.random() < 0.1 else token)
        yield rng.choice([" ", " ", "  ", "\n"]).join(tokens)


@pytest.mark.parametrize("text", SENTENCES)
def test_all_four_figures_equal_the_package(reference: SentimentIntensityAnalyzer, text: str) -> None:
    assert differing(reference, [text]) == []


def test_no_difference_on_fuzzed_texts(reference: SentimentIntensityAnalyzer) -> None:
    assert differing(reference, fuzzed(4_000, reference.lexicon)) == []


@pytest.mark.slow
def test_no_difference_on_many_fuzzed_texts(reference: SentimentIntensityAnalyzer) -> None:
    assert differing(reference, fuzzed(50_000, reference.lexicon)) == []


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(MARKED) | st.text(max_size=6), max_size=12))
def test_no_difference_on_any_characters(reference: SentimentIntensityAnalyzer, tokens: list[str]) -> None:
    assert differing(reference, [" ".join(tokens)]) == []


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["en", "en_reviews", "es_xed", "he"])
def test_no_difference_on_real_texts(
    reference: SentimentIntensityAnalyzer, shared_data: Callable[..., Path], name: str
) -> None:
    path = shared_data("sentiment", "dev", f"{name}.tsv")
    texts = pl.read_csv(path, separator="\t", quote_char=None)["text"].to_list()
    assert differing(reference, texts) == []


@pytest.mark.parametrize("flood", ["😂" * 40_000, "😂" * 20_000 + " but " + "😂" * 20_000, "GOOD " * 40_000 + "good"])
def test_a_flood_is_no_trap(flood: str) -> None:
    """The original needs hours for these: linear work ends at once, so the test ending is the assertion."""
    assert english.load().compound(flood) > 0.99


def test_the_cache_of_tokens_is_bounded() -> None:
    scorer = english.load()
    long_token = "good" * 1_000
    scorer.compound(long_token)
    assert long_token not in scorer.tokens


def test_batches_keep_order_and_repeats() -> None:
    scorer = english.load()
    texts = ["bad", "good", "bad", ""]
    assert scorer.compounds(texts) == [scorer.compound(text) for text in texts]
