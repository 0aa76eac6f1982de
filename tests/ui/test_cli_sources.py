"""Sources through the command line: what is written into earned.toml, and what is said about it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from config.settings import read_settings
from config.workspace import Workspace
from tests.listener.feedhost import FeedHost, Reply, item, rss
from ui.cli import app
from ui.documents import schema
from ui.source_words import advice

FEED = rss(item("1", "my acme kettle", title="One"), item("2", "tea", title="Two"))


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["--workspace", str(folder), *arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


def document(folder: Path, name: str, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["--workspace", str(folder), *arguments, "--json"])
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(found, schema(name))
    return found


def names(folder: Path) -> list[str]:
    return [source.name for source in read_settings(folder / "earned.toml").source]


@pytest.fixture
def folder(make_workspace: Callable[..., Workspace]) -> Path:
    return make_workspace().folder


def test_a_feed_is_tried_and_added_once(folder: Path) -> None:
    with FeedHost({"/feed": Reply(body=FEED)}) as host:
        url = host.url("/feed")
        found = document(folder, "sources-add", "sources", "add", url, "--allow-private", "--name", "tea")
        assert found["candidates"][0]["entries"] == 2
        assert found["added"] == {"name": "tea", "url": url, "network": None, "interval": None}
        again = document(folder, "sources-add", "sources", "add", url, "--allow-private")
        assert again["added"] is None
        assert "already" in again["problem"]
    assert names(folder) == ["tea"]


def test_of_several_feeds_one_has_to_be_picked(folder: Path) -> None:
    page = b"".join(b'<link rel=alternate type="application/rss+xml" href=/f%d>' % n for n in range(2))
    with FeedHost({"/": Reply(body=page), "/f0": Reply(body=FEED), "/f1": Reply(body=FEED)}) as host:
        arguments = ("sources", "add", host.url("/"), "--allow-private")
        found = document(folder, "sources-add", *arguments, code=1)
        assert [one["found"] for one in found["candidates"]] == ["declared", "declared"]
        assert "--pick" in found["problem"]
        assert names(folder) == []
        found = document(folder, "sources-add", *arguments, "--pick", "2", "--interval", "2h")
        assert found["added"]["url"] == host.url("/f1")
        assert "no feed number 9" in run(folder, *arguments, "--pick", "9", code=1)


def test_looking_adds_nothing(folder: Path) -> None:
    with FeedHost({"/feed": Reply(body=FEED)}) as host:
        found = document(folder, "sources-add", "sources", "add", host.url("/feed"), "--allow-private", "--look")
    assert found["added"] is None
    assert names(folder) == []


def test_what_is_no_feed_is_told_with_its_reason(folder: Path) -> None:
    with FeedHost({}) as host:
        assert "404" in run(folder, "sources", "add", host.url("/x"), "--allow-private", code=1)
        assert "private" in run(folder, "sources", "add", host.url("/x"), code=1)
    assert names(folder) == []


def test_a_recipe_is_added_with_its_interval(folder: Path) -> None:
    found = document(folder, "sources-add", "sources", "add", "--recipe", "reddit-search", "acme kettle", "--unseen")
    assert found["added"] == {
        "name": "Reddit search: acme kettle",
        "url": "https://www.reddit.com/search.rss?q=acme+kettle&sort=new",
        "network": "reddit",
        "interval": "1h",
    }
    assert "such as" in run(folder, "sources", "add", "--recipe", "youtube", "@acme", code=2)
    assert "known: google-alerts" in run(folder, "sources", "add", "--recipe", "fax", "1", code=2)
    assert "by hand" in run(folder, "sources", "add", "--recipe", "LinkedIn", "1", code=2)
    rows = document(folder, "sources-recipes", "sources", "recipes")["rows"]
    assert all(row["hears"].endswith(".") and all(need["label"] for need in row["needs"]) for row in rows)
    assert "reddit-search" in run(folder, "sources", "recipes")


def test_pause_resume_interval_and_remove(folder: Path) -> None:
    run(folder, "sources", "add", "https://tea.example/f", "--unseen", "--name", "tea")
    assert document(folder, "sources-change", "sources", "pause", "tea")["done"] == "paused"
    assert document(folder, "sources-list", "sources", "list")["rows"][0]["state"] == "paused"
    run(folder, "sources", "pause", "tea", "--resume")
    run(folder, "sources", "interval", "tea", "6h")
    (row,) = document(folder, "sources-list", "sources", "list")["rows"]
    assert (row["state"], row["interval_minutes"]) == ("never", 360)
    assert f"earned --workspace {folder} listen --once" in run(folder, "sources", "list")
    assert "no duration" in run(folder, "sources", "interval", "tea", "soon", code=2)
    assert "Known: tea" in run(folder, "sources", "remove", "te", code=2)
    run(folder, "sources", "remove", "tea")
    assert names(folder) == []
    assert "No source yet" in run(folder, "sources", "list")


def test_forty_feeds_go_in_by_opml_and_out_again(folder: Path) -> None:
    lines = [f'<outline text="Feed {n}" xmlUrl="https://f{n}.example/rss?a=1&b={n}"/>' for n in range(45)]
    lines += ['<outline text="again" xmlUrl="https://f1.example/rss?b=1&amp;a=1"/>', '<outline text="none"/>']
    lines += ['<outline text="inside" xmlUrl="http://10.0.0.1/rss"/>']
    file = folder / "mine.opml"
    nested = "\n".join(
        ["<opml><body><outline text='Tea'><outline text='Deep'>", *lines, "</outline></outline></body></opml>"]
    )
    file.write_text(nested, encoding="utf-8")
    found = document(folder, "sources-import", "sources", "import", str(file), code=1)
    assert (found["added"], found["already_there"], found["refused"]) == (45, 1, 2)
    assert found["rows"][0] == {
        "line": 2, "outcome": "added", "name": "Feed 0", "url": "https://f0.example/rss?a=1&b=0", "reason": None
    }  # fmt: skip
    assert [row["reason"] for row in found["rows"] if row["outcome"] == "refused"] == [
        "it names no address of a feed", "it lies inside a private network",
    ]  # fmt: skip
    again = document(folder, "sources-import", "sources", "import", str(file), code=1)
    assert (again["added"], again["already_there"]) == (0, 46)
    out = folder / "out.opml"
    assert document(folder, "sources-export", "sources", "export", str(out))["sources"] == 45
    told = document(folder, "sources-import", "sources", "import", str(out))
    assert (told["added"], told["already_there"]) == (0, 45)
    assert "<opml" in run(folder, "sources", "export")


def test_feeds_that_stand_on_one_line_are_told_by_name(folder: Path) -> None:
    feeds = [f'<outline text="Feed {n}" xmlUrl="https://f{n}.example/rss"/>' for n in range(3)]
    (folder / "lines.opml").write_text("\n".join(["<opml><body>", *feeds, "</body></opml>"]), encoding="utf-8")
    assert "Line" in run(folder, "sources", "import", str(folder / "lines.opml"))
    (folder / "one.opml").write_text("".join(["<opml><body>", *feeds, "</body></opml>"]), encoding="utf-8")
    told = run(folder, "sources", "import", str(folder / "one.opml"))
    assert "Line" not in told
    assert "Feed 2" in told


@pytest.mark.parametrize(
    ("outcome", "error", "sentences"),
    [
        ("http_error", "the server answered 404: there is nothing at this address; check the source's address in your "
         "settings", 1),
        ("http_error", "the server answered 500; it will be asked again later", 2),
        ("gone", "the server says this feed is gone for good (410); remove it", 1),
    ],
)  # fmt: skip
def test_what_to_do_about_a_source_is_said_once(outcome: str, error: str, sentences: int) -> None:
    told = advice({"state": "failing", "outcome": outcome, "error": error}, str, zone=dt.UTC)
    assert told is not None
    assert len(told.split(". ")) == sentences


def test_a_file_that_is_no_opml_is_refused(folder: Path) -> None:
    (folder / "x.opml").write_text("<rss/>")
    assert "no OPML" in run(folder, "sources", "import", str(folder / "x.opml"), code=1)
    assert "cannot be read" in run(folder, "sources", "import", str(folder / "none.opml"), code=2)


def test_feeds_inside_the_own_network_are_taken_where_asked(folder: Path) -> None:
    file = folder / "mine.opml"
    feeds = "".join(f'<outline xmlUrl="{url}"/>' for url in ("http://10.0.0.1:8977/rss", "https://f.example/rss"))
    file.write_text(f"<opml><body>{feeds}</body></opml>", encoding="utf-8")
    told = run(folder, "sources", "import", str(file), code=1)
    assert "--allow-private" in " ".join(told.split())
    assert "1 added, 0 already there, 1 refused" in told
    told = run(folder, "sources", "import", str(file), "--allow-private")
    assert "1 added, 1 already there, 0 refused" in told
    leave = {source.url: source.allow_private for source in read_settings(folder / "earned.toml").source}
    assert (leave["http://10.0.0.1:8977/rss"], leave["https://f.example/rss"]) == (True, False)


def test_a_source_whose_first_look_fails_is_added_and_says_so(folder: Path) -> None:
    with FeedHost({}) as host:
        said = " ".join(
            run(folder, "sources", "add", "--recipe", "podcast", host.url("/feed"), "--allow-private").split()
        )
    assert "Added " in said
    assert "added, but its first look failed: " in said
    assert f"It is asked again by: earned --workspace {folder} listen" in said
    assert len(names(folder)) == 1


def test_leave_for_the_own_network_is_named_as_it_is_typed(folder: Path) -> None:
    with FeedHost({"/feed": Reply(body=FEED)}) as host:
        assert "--allow-private" in run(folder, "sources", "add", host.url("/feed"), code=1)
        assert "--allow-private" in run(folder, "try-feed", host.url("/feed"), code=1)
