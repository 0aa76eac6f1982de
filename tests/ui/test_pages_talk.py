"""The pages Mentions, Sentiment, Influencers and Data, filled through the real path, empty, and under hostile text."""

from __future__ import annotations

import datetime as dt
import shutil
from html import escape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from config.registers import read_people, set_contact_status
from config.workspace import Workspace, open_workspace
from listener import collect, feeds, store
from tests.polls import save_poll
from ui import pipeline

SHOP = Path(__file__).resolve().parents[1] / "data" / "small_shop"
NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
SETTINGS = """
[workspace]
name = "Acme"
currency = "EUR"
timezone = "Europe/Berlin"
as_of = 2026-06-30
simulated = true
languages = ["en", "pl"]
[[brand]]
name = "Acme"
match = '"acme kettle" OR #acme'
[[brand]]
name = "Rival"
role = "competitor"
match = '"rival pot"'
[[source]]
name = "talk"
url = "https://talk.example/feed.xml"
network = "instagram"
[[source]]
name = "never asked"
url = "https://other.example/feed.xml"
[shop]
domains = ["acme.example"]
"""
HOSTILE = ("tracker.example", "<script", "javascript:", "evil.example")


def item(number: int, text: str, *, author: str, day: int, title: str = "", likes: int | None = None) -> str:
    likes_tag = f"<slash:comments>{likes}</slash:comments>" if likes is not None else ""
    return (
        f'<item><guid isPermaLink="false">g{number}</guid><title>{escape(title)}</title>'
        f"<link>https://talk.example/g{number}</link><dc:creator>{author}</dc:creator>"
        f"<pubDate>{dt.date(2026, 6, day):%a, %d %b %Y} 09:{number % 60:02}:00 GMT</pubDate>{likes_tag}"
        f"<description>{escape(text)}</description></item>"
    )


def feed() -> bytes:
    """The small shop's talk, 36 happy and 6 angry English texts, 5 Polish ones, and 35 about the rival."""
    items = [
        item(n, f"I love my acme kettle number {n}, it is wonderful and boils fast", author=f"@fan{n % 7}",
             day=1 + n % 27)
        for n in range(36)
    ]  # fmt: skip
    items += [
        item(100 + n, f"My acme kettle number {n} is terrible, it broke and I hate it, the worst purchase of this year",
             author="@anna", day=5, likes=50)
        for n in range(6)
    ]  # fmt: skip
    items += [
        item(200 + n, f"Ten czajnik acme kettle numer {n} jest naprawdę wspaniały i bardzo szybko gotuje wodę",
             author="@ola", day=6)
        for n in range(5)
    ]  # fmt: skip
    items += [
        item(300 + n, f"The rival pot number {n} is awful and ugly, I hate the thing and want my money back",
             author=f"@cook{n}", day=8)
        for n in range(35)
    ]  # fmt: skip
    whole = (SHOP / "feed.xml").read_text(encoding="utf-8")
    return whole.replace("</channel>", "".join(items) + "</channel>").encode()


def hear(space: Workspace) -> None:
    plan = collect.make_plan(space)
    source = space.settings.source[0]
    parsed = feeds.parse_feed(feed(), url=source.url, content_type="application/rss+xml")
    found = collect.mentions_of(parsed, source=source, plan=plan, now=NOW)
    state = store.SourceState(
        name=source.name, url=source.url, last_checked_at=NOW, last_success_at=NOW, outcome="ok", http_status=200,
        entries=len(parsed.entries),
    )  # fmt: skip
    save_poll(space.engine, source=source.name, state=state, mentions=found, now=NOW)


def fill(folder: Path) -> Workspace:
    folder.mkdir(parents=True)
    (folder / "earned.toml").write_text(SETTINGS, encoding="utf-8")
    space = open_workspace(folder)
    for name in ("promo_codes.csv", "people.csv", "orders_export.csv", "visits.csv", "spend.csv"):
        assert pipeline.take_file(space, SHOP / name, now=NOW).error is None
    hear(space)
    return space


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("talk") / "shop"
    fill(folder).engine.dispose()
    return folder


@pytest.fixture
def shop(template: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The filled workspace, to be read only."""
    monkeypatch.setenv("EARNED_WORKSPACE", str(template))
    return open_workspace(template)


@pytest.fixture
def own_shop(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A filled workspace of the test's own, to be written to."""
    folder = tmp_path / "shop"
    shutil.copytree(template, folder)
    monkeypatch.setenv("EARNED_WORKSPACE", str(folder))
    return open_workspace(folder)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace where nothing was heard or imported, without sources or rivals."""
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "earned.toml").write_text('[workspace]\ncurrency = "EUR"\nas_of = 2026-06-30\n', encoding="utf-8")
    monkeypatch.setenv("EARNED_WORKSPACE", str(folder))
    return open_workspace(folder)


def show(name: str, **query: str | list[str]) -> AppTest:
    page = AppTest.from_string(f"from ui.views import {name}\n{name}.page()", default_timeout=30)
    for key, value in query.items():
        page.query_params[key] = value
    return run(page)


def run(asked: Any) -> AppTest:
    """The page after a run; `asked` is a page, or a widget that was just used."""
    page: AppTest = asked.run()
    assert not page.exception, page.exception[0].message
    return page


def texts(page: AppTest) -> str:
    return "\n".join(element.value for element in page.text)


def marked_up(page: AppTest) -> str:
    """Everything that Streamlit reads as Markdown or HTML: where no stranger's words may stand."""
    parts = [element.value for kind in (page.markdown, page.caption, page.subheader, page.title) for element in kind]
    parts += [element.value for kind in (page.error, page.warning, page.info, page.success) for element in kind]
    for widgets in (page.button, page.checkbox, page.selectbox, page.metric, page.expander, page.link_button):
        parts += [str(element.label) for element in widgets]
    return "\n".join(parts)


def tables_of(page: AppTest) -> str:
    return "\n".join(frame.value.to_csv() for frame in page.dataframe)


# --- mentions -------------------------------------------------------------------------------------------------------


def test_days_of_which_nothing_is_known_are_no_comparison(shop: Workspace) -> None:
    page = show("mentions")
    assert "50 mentions of Acme in 30 days. They tell 6 stories. Of" in page.text[0].value
    assert any("not compared with the days before" in caption.value for caption in page.caption)
    assert "1 to 20 of 50 mentions" in [caption.value for caption in page.caption]
    assert "38 scored" not in texts(page)


def test_a_mention_shows_the_order_that_carries_its_code(shop: Workspace) -> None:
    page = show("mentions", q="Anna10")
    assert "Promo codes in the text: ANNA10" in texts(page)
    assert "Evidence (promo code): 0 visits, 1 order, €90.00 net revenue of these orders" in texts(page)


@pytest.mark.parametrize("name", ["mentions", "sentiment", "influencers", "data"])
def test_hostile_words_reach_no_markup(shop: Workspace, name: str) -> None:
    page = show(name, **({"q": "HYPERLINK"} if name == "mentions" else {"person": "instagram:mallory"}))
    found = [word for word in HOSTILE if word in marked_up(page)]
    assert found == []
    assert all(button.url.startswith(("http://", "https://")) for button in page.link_button)
    if name == "mentions":
        assert "tracker.example" in texts(page)
        assert [button.label for button in page.link_button] == ["Open"]  # the mention's own link was javascript:


def test_search_and_facets_stand_in_the_address(shop: Workspace) -> None:
    page = show("mentions", q="czajnik", language="pl")
    assert "1 to 5 of 5 mentions" in [caption.value for caption in page.caption]
    assert page.checkbox(key="pick-language-pl").value is True
    assert page.checkbox(key="pick-language-pl").label == r"Polish \(5\)"


def test_choosing_a_facet_narrows_and_is_written_into_the_address(shop: Workspace) -> None:
    page = show("mentions")
    run(page.checkbox(key="pick-label-negative").check())
    assert page.query_params["label"] == "negative"
    assert "1 to 7 of 7 mentions" in [caption.value for caption in page.caption]
    run(next(button for button in page.button if button.label == "Clear filters").click())
    assert "label" not in page.query_params
    assert page.checkbox(key="pick-label-negative").value is False


def test_a_search_that_cannot_be_read_says_why(shop: Workspace) -> None:
    page = show("mentions", q='"open')
    assert "This search cannot be read" in texts(page)


def test_no_match_offers_a_way_out(shop: Workspace) -> None:
    page = show("mentions", q="xylophone")
    assert "No mention matches" in [head.value for head in page.subheader]


def test_pages_hold_all_mentions(shop: Workspace) -> None:
    page = show("mentions", page="3")
    assert "41 to 50 of 50 mentions" in [caption.value for caption in page.caption]
    run(page.pagination[0].set_value(2))
    assert "21 to 40 of 50 mentions" in [caption.value for caption in page.caption]
    assert page.query_params["page"] == "2"


def test_most_engagement_first(shop: Workspace) -> None:
    page = show("mentions", order="engagement")
    first = next(text.value for text in page.text if "number" in text.value)
    assert first.startswith("My acme kettle")


def first_triage(page: AppTest) -> Any:
    return next(control for control in page.segmented_control if str(control.key).startswith("status-"))


def test_triage_is_stored_and_can_be_undone(own_shop: Workspace) -> None:
    page = show("mentions", q="Anna10")
    run(first_triage(page).set_value("todo"))
    stored = store.read_mentions(own_shop.engine, status="todo")
    assert stored["triage_version"].to_list() == [1]
    assert "Marked as “To do”." in texts(page)
    run(next(button for button in page.button if button.label == "Undo").click())
    assert store.read_mentions(own_shop.engine, status="todo").is_empty()
    assert store.read_mentions(own_shop.engine, query_text="Anna10")["triage_version"].to_list() == [2]


def test_an_edit_by_somebody_else_wins_and_is_told(own_shop: Workspace) -> None:
    page = show("mentions", q="Anna10")
    mention = store.read_mentions(own_shop.engine, query_text="Anna10")["mention_id"][0]
    store.set_triage(own_shop.engine, mention, status="done", expected_version=0, now=NOW)
    run(first_triage(page).set_value("seen"))
    assert "Somebody else changed this mention" in page.toast[0].value
    assert store.read_mentions(own_shop.engine, query_text="Anna10")["triage_status"].to_list() == ["done"]


def test_a_corrected_label_is_kept_beside_the_score(own_shop: Workspace) -> None:
    page = show("mentions", q="Anna10")
    label = next(box for box in page.selectbox if str(box.key).startswith("label-"))
    run(label.set_value("negative"))
    row = store.read_mentions(own_shop.engine, query_text="Anna10").row(0, named=True)
    assert (row["label"], row["label_scored"], row["label_corrected"]) == ("negative", "positive", "negative")
    assert "label corrected by a person" in texts(page)


# --- sentiment ------------------------------------------------------------------------------------------------------


def test_sentiment_answers_with_interval_and_n(shop: Workspace) -> None:
    page = show("sentiment")
    answer = page.text[0].value
    assert "Net sentiment about Acme is +" in answer
    assert "90 % confidence" in answer
    assert "The period before has too few scored texts" in answer
    assert page.metric[0].value.startswith("+")


def test_sentiment_judges_nothing_below_thirty(shop: Workspace) -> None:
    page = show("sentiment", days="7")
    assert "Too few scored mentions of Acme" in page.text[0].value
    assert page.metric[0].value == "–"
    assert "Too few scored mentions for a line" in [head.value for head in page.subheader]


def test_rivals_stand_beside_with_their_own_interval(shop: Workspace) -> None:
    page = show("sentiment")
    table = next(frame.value for frame in page.dataframe if "Share of voice" in frame.value.columns)
    assert set(table["Brand"]) == {"Acme", "Rival"}
    net = dict(zip(table["Brand"], table["Net sentiment"], strict=True))
    assert net["Acme"] > 0 > net["Rival"]


def test_every_scorer_and_every_text_left_out_is_listed(shop: Workspace) -> None:
    page = show("sentiment")
    shown = [frame.value for frame in page.dataframe]
    scorers = next(table for table in shown if "Scorer" in table.columns)
    left = [table for table in shown if "Reason" in table.columns]
    assert int(scorers["Scored"].sum()) + sum(int(table["Mentions"].sum()) for table in left) == 50
    assert set(scorers["Agreement"]) == {"too few checks (n = 0)"}


# --- influencers ----------------------------------------------------------------------------------------------------


def test_people_are_grouped_by_followers_and_unknown_stand_apart(shop: Workspace) -> None:
    page = show("influencers")
    assert page.text[0].value.startswith("1 person with at least 10,000 followers")
    groups = next(control for control in page.segmented_control if control.key == "people-group")
    assert "Followers unknown · " in "".join(option.content for option in groups.proto.options)
    assert page.dataframe[0].value["name"].to_list() == ["Anna Example"]
    run(groups.set_value("unknown_followers"))
    assert "bob" in page.dataframe[0].value["handle"].to_list()
    assert page.dataframe[0].value["total"].isna().all()


def test_a_lower_threshold_in_the_address_counts(shop: Workspace) -> None:
    page = show("influencers", followers="50000")
    assert page.text[0].value.startswith("0 people with at least 50,000 followers")


def test_a_profile_shows_codes_and_what_they_brought(shop: Workspace) -> None:
    page = show("influencers", person="instagram:anna")
    assert "ANNA10" in tables_of(page)
    assert "€90.00 from 1 order; cost €59.00" in texts(page)
    assert "7 mentions in 30 days: 1 positive" in "".join(caption.value for caption in page.caption)


def contact(page: AppTest) -> Any:
    return next(control for control in page.segmented_control if str(control.key).startswith("contact-"))


def test_contact_status_is_stored_with_its_version(own_shop: Workspace) -> None:
    page = show("influencers", person="instagram:anna")
    run(contact(page).set_value("declined"))
    assert read_people(own_shop.engine).filter(key="instagram:anna")["status"].to_list() == ["declined"]


def test_a_contact_changed_elsewhere_is_not_overwritten(own_shop: Workspace) -> None:
    page = show("influencers", person="instagram:bob")
    version = int(read_people(own_shop.engine).filter(key="instagram:bob")["version"][0])
    set_contact_status(own_shop.engine, key="instagram:bob", status="contacted", expected_version=version)
    run(contact(page).set_value("declined"))
    assert read_people(own_shop.engine).filter(key="instagram:bob")["status"].to_list() == ["contacted"]
    assert "Somebody else changed this person" in page.toast[0].value


# --- nothing there --------------------------------------------------------------------------------------------------


EMPTY = {
    "mentions": {"No mentions in this period"},
    "sentiment": {"No mentions in this period"},
    "influencers": {"Nobody to rank yet"},
    "data": {
        "Nothing imported yet",
        "No source yet",
        "Nothing in quarantine",
        "No person registered yet",
        "No promo code registered yet",
    },
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_workspace_says_what_to_do_next(bare: Workspace, name: str) -> None:
    page = show(name)
    assert EMPTY[name] <= {head.value for head in page.subheader}
