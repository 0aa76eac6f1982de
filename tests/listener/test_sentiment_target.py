"""Which part of a text speaks of the brand, and how that part feels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.sentiment import target


def spans(text: str, name: str = "Acme") -> list[tuple[int, int]]:
    found, start = [], text.find(name)
    while start >= 0:
        found.append((start, start + len(name)))
        start = text.find(name, start + 1)
    return found


@pytest.mark.parametrize(
    ("text", "language", "expected", "rule"),
    [
        ("I love Acme", "en", "I love Acme", "sentence"),
        ("Rain again. Acme is nice and quick! Home now.", "en", "Acme is nice and quick", "sentence"),
        ("No stop here\nAcme is nice\nbye", "en", "Acme is nice", "sentence"),
        ("Version 2.5 of Acme is out", "en", "Version 2.5 of Acme is out", "sentence"),
        ("Acme is great, but Bolt is awful.", "en", "Acme is great", "clause"),
        ("Bolt is awful BUT Acme is great", "en", "Acme is great", "clause"),
        ("Although it rains, Acme is open", "en", "Acme is open", "clause"),
        ("I took Acme instead - a bad day", "en", "I took Acme instead", "clause"),
        ("Butter from Acme, fine", "en", "Butter from Acme, fine", "sentence"),
        ("I love how Acme beats Bolt", "en", "I love how Acme beats Bolt", "comparison"),
        ("Acme is better than Bolt", "en", "Acme is better", "comparison"),
        ("Bolt is slow. Acme vs Bolt, well", "en", "Acme", "comparison"),
        ("Acme good. Rain. Acme fast.", "en", "Acme good Acme fast.", "sentence"),
        ("Acme here, Acme there. Rain", "en", "Acme here, Acme there", "sentence"),
        ("Acme jest super, ale Bolt to dramat", "pl", "Acme jest super", "clause"),
        ("Acme jest szybszy niż Bolt", "pl", "Acme jest szybszy", "comparison"),
        ("Acme jó, de Bolt rossz", "hu", "Acme jó", "clause"),
        ("Acme tốt nhưng Bolt tệ", "vi", "Acme tốt", "clause"),
        ("Acme מצוין אבל Bolt גרוע", "he", "Acme מצוין", "clause"),
        ("Acme ممتاز ولكن Bolt سيء", "ar", "Acme ممتاز", "clause"),
        ("هل Acme جيد؟ لا أعرف", "ar", "هل Acme جيد", "sentence"),
        ("Acme ist gut, aber Bolt nicht", "de", "Acme ist gut, aber Bolt nicht", "sentence"),
        ("Acme is great, but Bolt is awful.", None, "Acme is great, but Bolt is awful.", "sentence"),
    ],
)
def test_windows(text: str, language: str | None, expected: str, rule: str) -> None:
    assert target.window(text, spans(text), language=language) == target.Window(expected, rule)  # type: ignore[arg-type]


def test_opposed_opinions_are_told_apart() -> None:
    text = "Acme is great, but Bolt is awful."
    results = target.score_targets([text, text], [spans(text), spans(text, "Bolt")], ["en", "en"])
    assert [result.scored.label for result in results] == ["positive", "negative"]


def test_a_text_that_does_not_name_the_brand_has_no_target_score() -> None:
    (result,) = target.score_targets(["great"], [[]], ["en"])
    assert (result.scored.score, result.scored.status, result.window, result.rule) == (None, "no_text", None, None)


def test_a_language_without_scorer_has_a_window_and_no_score() -> None:
    (result,) = target.score_targets(["Acme ist gut"], [[(0, 4)]], ["de"])
    assert (result.scored.score, result.scored.status, result.window) == (None, "no_scorer", "Acme ist gut")


@given(st.text(alphabet="Acme .,;!?-\nbut than", max_size=60), st.data())
def test_the_window_holds_the_name(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    named = f"{text[:at]} XQX {text[at:]}"
    chosen = target.window(named, spans(named, "XQX"), language="en")
    assert chosen is not None
    assert "XQX" in chosen.text
    assert chosen.text in named


@pytest.mark.parametrize("flood", ["!" * 100_000, "Acme, but " * 20_000, "\n \n" * 50_000, " - " * 50_000])
def test_a_flood_is_no_trap(flood: str) -> None:
    """Cutting is linear: the test ending is the assertion."""
    text = f"Acme {flood}"
    assert target.window(text, spans(text), language="en") is not None
