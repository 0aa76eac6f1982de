"""Whatever the estimate has to say beside its figure has a sentence, with its figures in it."""

from __future__ import annotations

from typing import get_args

from attribution.interval import Note
from attribution.lift import Readiness, Reason, Variant
from attribution.lift_checks import FINDINGS, WARNINGS
from ui import lift_words


def test_every_key_has_a_sentence_and_no_sentence_is_idle() -> None:
    headlines = {f"headline_{name}" for name in get_args(Variant)} - {"headline_plain"}
    assert lift_words.keys() == {*get_args(Reason), *headlines, *WARNINGS, *FINDINGS}


def test_figures_stand_in_the_sentence() -> None:
    few = Note("too_few_days", {"days": 12, "days_needed": 60, "mention_days": 3, "mention_days_needed": 10})
    assert lift_words.sentence(few) == "There are 12 of the 60 days that an estimate needs."
    assert lift_words.sentence(Note("placebo", {"rank": 0.25})).startswith("25% of the same talk")
    assert lift_words.readiness(Readiness(days=12, mention_days=3)) == "12 of 60 days"


def test_sentences_are_given_to_the_translator() -> None:
    assert lift_words.sentence(Note("gap"), str.upper) == "DAYS BEFORE A GAP IN THE SALES WERE LEFT OUT."
