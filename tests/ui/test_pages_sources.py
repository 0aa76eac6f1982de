"""The page Sources: empty, adding in three ways, health and what can be done, posts by hand, queries."""

from __future__ import annotations

import pytest

from config.settings import read_settings
from config.settings_file import add_sources
from config.workspace import Workspace
from listener import store
from tests.listener.feedhost import FeedHost, Reply, item, rss
from tests.ui.pages import HOSTILE, marked_up, run, show, tables, texts
from ui.views import sources_queries

FEED = rss(item("1", f"acme kettle {HOSTILE}", title=HOSTILE))
TEA = {"name": HOSTILE, "url": "https://tea.example/f"}


def names(space: Workspace) -> list[str]:
    return [source.name for source in read_settings(space.folder / "earned.toml").source]


def test_without_sources_the_page_says_how_to_begin(bare: Workspace) -> None:
    page = show("sources")
    assert "Nothing is listened to yet" in texts(page)
    assert "No source yet" in marked_up(page)


def test_a_source_is_found_by_address_and_added(bare: Workspace) -> None:
    with FeedHost({"/feed": Reply(body=FEED)}) as host:
        page = show("sources")
        page.text_input(key="look-address").input(host.url("/feed"))
        page.checkbox(key="look-private").check()
        next(button for button in page.button if button.label == "Look for feeds").click()
        run(page)
        assert "1 entry" in texts(page)
        next(button for button in page.button if button.label == "Listen to it").click()
        run(page)
    assert len(names(bare)) == 1
    assert "<script>" not in marked_up(page)
    assert "Added" in texts(page)


def test_an_address_without_a_feed_says_why(bare: Workspace) -> None:
    with FeedHost({}) as host:
        page = show("sources")
        page.text_input(key="look-address").input(host.url("/x"))
        page.checkbox(key="look-private").check()
        next(button for button in page.button if button.label == "Look for feeds").click()
        run(page)
    assert "404" in texts(page)
    assert names(bare) == []


def test_a_recipe_is_added_and_what_does_not_fit_is_told(bare: Workspace) -> None:
    page = show("sources")
    page.selectbox(key="recipe").select("reddit-search")
    run(page)
    next(button for button in page.button if button.label == "Add").click()
    run(page)
    assert "does not fit" in page.error[0].value
    page.text_input(key="need-reddit-search-search").input("acme kettle")
    next(button for button in page.button if button.label == "Add").click()
    run(page)
    assert names(bare) == ["Reddit search: acme kettle"]


def test_a_source_in_trouble_stands_above_the_table_as_plain_text(bare: Workspace) -> None:
    add_sources(bare.folder, [TEA])
    failing = store.SourceState(HOSTILE, TEA["url"], last_checked_at=None, outcome="http_error", error="answered 404")
    page = show("sources")
    assert "never polled" not in texts(page)
    assert HOSTILE in tables(page)
    assert "not asked yet" in tables(page)
    import datetime as dt

    now = dt.datetime.now(dt.UTC)
    store.save_state(bare.engine, [store.SourceState(**{**vars(failing), "last_checked_at": now})])
    page = show("sources")
    assert "answered 404" in texts(page)
    assert "<script>" not in marked_up(page)
    assert "1 failing" in texts(page)


def test_a_post_is_written_down_corrected_and_taken_out(bare: Workspace) -> None:
    page = show("sources")
    page.text_area(key="hand-text-0-new").input("my acme kettle is great")
    page.text_input(key="hand-link-0-new").input("https://www.tiktok.com/@anna/video/1")
    next(button for button in page.button if button.label == "Write it down").click()
    run(page)
    assert "it counts for Acme" in texts(page)
    assert store.count_mentions(bare.engine) == 1
    next(button for button in page.button if button.label == "Correct").click()
    run(page)
    edited = next(area for area in page.text_area if str(area.key).startswith("hand-text"))
    assert edited.value == "my acme kettle is great"
    edited.input("my acme kettle broke")
    next(button for button in page.button if button.label == "Save changes").click()
    run(page)
    assert store.read_mentions(bare.engine)["text"].to_list() == ["my acme kettle broke"]
    for label, left in (("Take out …", 1), ("Keep it", 1), ("Take out …", 1), ("Take out", 0)):
        asked = next(
            button for button in page.button if button.label == label and button.help == "my acme kettle broke"
        )
        asked.click()
        run(page)
        assert store.count_mentions(bare.engine) == left


def test_a_post_that_cannot_be_taken_says_why(bare: Workspace) -> None:
    page = show("sources")
    next(button for button in page.button if button.label == "Write it down").click()
    run(page)
    assert "it has no text" in texts(page)


def test_a_query_is_tried_and_used(own_shop: Workspace) -> None:
    page = show("sources")
    area = next(area for area in page.text_area if str(area.key).startswith("query-text"))
    area.input('"acme kettle" NOT "kettle 3"')
    next(button for button in page.button if button.label == "Try it on what was heard").click()
    run(page)
    assert "drops 1" in texts(page)
    assert "«acme kettle»" in tables(page)
    page.button(key="use-query").click()
    run(page)
    assert "lost 1" in texts(page)
    assert read_settings(own_shop.folder / "earned.toml").brand[0].match == '"acme kettle" NOT "kettle 3"'


def test_a_query_that_cannot_be_read_shows_the_place(bare: Workspace) -> None:
    page = show("sources")
    next(area for area in page.text_area if str(area.key).startswith("query-text")).input("acme (pot")
    next(button for button in page.button if button.label == "Try it on what was heard").click()
    run(page)
    assert "acme ▸(pot" in texts(page)


@pytest.mark.parametrize("query", sources_queries.examples(str))  # type: ignore[arg-type]
def test_every_example_of_a_query_can_be_read(query: str) -> None:
    from listener.queries import compile_query

    assert compile_query(query)


def test_not_about_us_leaves_a_stranger_out(own_shop: Workspace) -> None:
    page = show("mentions")
    before = store.count_mentions(own_shop.engine, brand="Acme")
    next(button for button in page.button if button.label == "Not about us").click()
    run(page)
    assert "NOT " in texts(page)
    next(button for button in page.button if button.label == "Leave it out").click()
    run(page)
    assert store.count_mentions(own_shop.engine, brand="Acme") < before
    assert "Saved in earned.toml" in texts(page)
