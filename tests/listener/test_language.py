from __future__ import annotations

import pytest

from listener.language import detect
from listener.sentiment import score

OURS = ("en", "ar", "he", "pl", "hu", "vi")
TEXTS = [
    ("I really like these shoes, they fit well", "en"),
    ("هذا الحذاء رائع جدا وأنصح به الجميع", "ar"),
    ("הנעליים האלה מעולות ואני ממליץ עליהן", "he"),
    ("Bardzo lubię te buty, są naprawdę wygodne", "pl"),
    ("Nagyon szeretem ezt a cipőt, tényleg kényelmes", "hu"),
    ("Tôi rất thích đôi giày này, rất thoải mái", "vi"),
    ("Ich mag diese Schuhe wirklich sehr gern", None),
    ("Ik vind deze schoenen echt heel erg mooi", None),
    ("ok", None),
    ("👍👍👍", None),
    ("", None),
    ("https://shop.example/what-a-long-english-address @someone_else", None),
]


@pytest.mark.parametrize(("text", "language"), TEXTS)
def test_a_language_is_named_only_when_it_is_sure_and_ours(text: str, language: str | None) -> None:
    assert detect([text], OURS) == [language]


def test_only_the_workspaces_languages_are_named() -> None:
    assert detect([text for text, _ in TEXTS[:3]], ("en",)) == ["en", None, None]


def test_what_has_no_scorer_has_no_score_and_says_why() -> None:
    found = score(["", "who knows", "ein Text", "this is great"], [None, None, "xx", "en"])
    assert [one.status for one in found] == ["no_text", "no_language", "no_scorer", "scored"]
    assert all(one.score is None and one.label is None and one.scorer is None for one in found[:3])
    assert found[3].label == "positive"


TRUSTED = [
    ("Ich mag diese Schuhe wirklich sehr gern", "de", "de"),  # the text bears it out, though we score no German
    ("Ich mag diese Schuhe wirklich sehr gern", "en", None),  # the text speaks against it
    ("この靴が本当に好きです、とても快適です", "ja", "ja"),  # a language nobody can detect here
    ("wow ok", "pt-BR", "pt"),
    ("Bardzo lubię te buty, są naprawdę wygodne", "en", "pl"),
    ("הנעליים האלה מעולות ואני ממליץ עליהן", "en", "he"),
    ("👍👍👍", "en", None),
    ("this is all of it", None, "en"),
]


@pytest.mark.parametrize(("text", "stated", "language"), TRUSTED)
def test_a_tools_word_on_a_text_stands_where_the_text_does_not_speak_against_it(
    text: str, stated: str | None, language: str | None
) -> None:
    assert detect([text], OURS, stated=[stated], trusted=True) == [language]
