"""What the page Sentiment and the cards tell beyond the net figure: true shares, topics, what is said of each brand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from config.workspace import Workspace, open_workspace
from listener import store
from listener.mentions import BrandMatch, Mention
from listener.queries import compile_query
from listener.rescoring import rescore
from tests.polls import save_poll

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
SETTINGS = """
[workspace]
currency = "EUR"
as_of = 2026-06-30
[[brand]]
name = "Acme"
match = "acme"
[[brand]]
name = "Rival"
role = "competitor"
match = "rival"
"""
BOTH = (BrandMatch("Acme", ("acme",)), BrandMatch("Rival", ("rival",)))


def said(n: int, text: str, brands: tuple[BrandMatch, ...]) -> Mention:
    at = NOW - dt.timedelta(days=3, minutes=n)
    return Mention(
        f"m{n}", "talk", "rss", "web", str(n), None, text, language="en", published_at=at, published_quality="exact",
        brands=brands,
    )  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    (tmp_path / "earned.toml").write_text(SETTINGS, encoding="utf-8")
    space = open_workspace(tmp_path)
    found = [said(n, f"acme number {n} is wonderful #kettle", BOTH[:1]) for n in range(30)]
    found += [said(40 + n, f"acme number {n} is terrible", BOTH[:1]) for n in range(10)]
    found += [said(-2, "acme is wonderful but rival is terrible and awful", BOTH)]
    found += [said(-1, "acme is better than rival", BOTH)]
    state = store.SourceState("talk", "https://talk.example/feed.xml")
    save_poll(space.engine, source="talk", state=state, mentions=found, now=NOW)
    brands = (("Acme", compile_query("acme")), ("Rival", compile_query("rival")))
    rescore(space.engine, brands=brands, languages=("en",))
    monkeypatch.setenv("EARNED_WORKSPACE", str(tmp_path))
    return space


def show(name: str) -> AppTest:
    page = AppTest.from_string(f"from ui.views import {name}\n{name}.page()", default_timeout=60).run()
    assert not page.exception, page.exception
    return page


def test_a_shown_share_of_negative_texts_tells_what_it_stands_for(shop: Workspace) -> None:
    page = show("sentiment")
    table = next(frame.value for frame in page.dataframe if "Probably negative" in frame.value.columns)
    (row,) = table.to_dict("records")
    assert row["Language"] == "English"
    assert row["Called negative"] == "24%"  # 10 of 42
    assert " to " in row["Probably negative"]
    assert (row["Found"], row["Right"]) == ("92%", "85%")


def test_topics_and_comparisons_are_told(shop: Workspace) -> None:
    page = show("sentiment")
    assert "By topic" in [tab.label for tab in page.tabs]
    words = " ".join(caption.value for caption in page.caption)
    assert "A topic is a term of a brand's query" in words
    assert "1 text compares the brand with another" in words


def test_a_card_tells_what_is_said_of_a_brand_where_it_differs(shop: Workspace) -> None:
    words = [text.value for text in show("mentions").text]
    assert any(text.startswith("About Acme: Positive") and "acme is wonderful" in text for text in words)
    assert any(text.endswith("a comparison, so uncertain") for text in words)
    assert not any(text.startswith("About Acme") and "number" in text for text in words)
