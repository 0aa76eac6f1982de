"""What becomes of feeds somebody wants: one row, one fact."""

from __future__ import annotations

import pytest

from config.settings import SourceSettings
from listener.opml import read_opml
from listener.sources import Wanted, decide, unique_name

KNOWN = [SourceSettings(name="tea", url="https://www.tea.example/feed/")]
CASES = [
    ("https://new.example/feed", "added", "new.example"),
    (" https://new.example/feed ", "added", "new.example"),
    ("https://tea.example/feed", "already_there", "tea"),
    ("http://tea.example:80/feed/", "already_there", "tea"),
    ("https://tea.example/feed?page=2", "added", "tea.example"),
    (None, "refused", None),
    ("", "refused", None),
    ("ftp://new.example/feed", "refused", None),
    ("javascript:alert(1)", "refused", None),
    ("https://user:secret@new.example/", "refused", None),
    ("https://new.example:8080/", "refused", None),
    ("https://127.0.0.1/", "refused", None),
    ("https://127.0.0.1./", "refused", None),
    ("http://127.1/", "refused", None),
    ("http://0x7f.1/", "refused", None),
    ("http://0177.0.0.1/", "refused", None),
    ("http://2130706433/", "refused", None),
    ("http://\uff11\uff12\uff17.1/", "refused", None),
    ("http://LOCALHOST./", "refused", None),
    ("http://134744072/", "added", "134744072"),  # 8.8.8.8
    ("https://163.com/rss", "added", "163.com"),
    ("https://[::1]/", "refused", None),
    ("http://169.254.169.254/latest", "refused", None),
    ("http://router.local/", "refused", None),
    ("https://x.com/acme", "refused", None),
    ("https://new.example/a b", "refused", None),
]


@pytest.mark.parametrize(("url", "outcome", "name"), CASES, ids=lambda value: str(value)[:40])
def test_what_becomes_of_an_address(url: str | None, outcome: str, name: str | None) -> None:
    (told,) = decide([Wanted(url)], KNOWN)
    assert (told.outcome, told.name) == (outcome, name)
    assert (told.reason is None) == (outcome == "added")


def test_the_same_feed_twice_in_a_list_is_once() -> None:
    first, second = decide([Wanted("https://a.example/f", "A"), Wanted("http://www.a.example/f/", "B")], [])
    assert (first.outcome, second.outcome, second.name) == ("added", "already_there", "A")


def test_names_are_cleaned_and_made_unique() -> None:
    told = decide([Wanted(f"https://{n}.example/", " Tea\n\u202enews ") for n in range(3)], KNOWN)
    assert [one.name for one in told] == ["Tea news", "Tea news 2", "Tea news 3"]
    assert unique_name("tea", ["tea"]) == "tea 2"


def test_a_source_of_ones_own_network_may_lie_inside_it() -> None:
    (told,) = decide([Wanted("http://127.0.0.1:8080/feed", allow_private=True)], [])
    assert told.outcome == "added"
    assert told.as_row()["allow_private"] is True


def test_a_network_is_recognised_by_its_address() -> None:
    (told,) = decide([Wanted("https://www.reddit.com/search.rss?q=acme")], [])
    assert told.network == "reddit"


@pytest.mark.parametrize("url", ["http://127.1/f", "http://0x7f.1/f", "http://2130706433/f"])
def test_short_forms_of_private_addresses_are_refused_by_lists_too(url: str) -> None:
    feeds = read_opml(f'<opml><body><outline text="A" xmlUrl="{url}"/></body></opml>'.encode())
    (told,) = decide([Wanted(one.url, one.name) for one in feeds.outlines], [])
    assert (told.outcome, told.reason) == ("refused", "it lies inside a private network")
