"""What is written into earned.toml: the change asked for, and nothing else."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import SettingsError, read_settings
from config.settings_file import add_sources, change_source, duration_text, remove_source, set_query
from config.workspace import write_starter

FEED = {"name": "news", "url": "https://news.example/feed.xml", "network": None, "interval": "2h"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_starter(tmp_path / "shop")
    return tmp_path / "shop"


def text(folder: Path) -> str:
    return (folder / "earned.toml").read_text(encoding="utf-8")


def test_a_source_is_added_behind_all_that_stands_there(folder: Path) -> None:
    before = text(folder)
    settings = add_sources(folder, [FEED])
    assert text(folder).startswith(before.rstrip("\n"))
    assert [(s.name, s.interval) for s in settings.source] == [("news", dt.timedelta(hours=2))]
    assert read_settings(folder / "earned.toml") == settings


def test_every_comment_stays(folder: Path) -> None:
    comments = [line for line in text(folder).splitlines() if line.startswith("#")]
    add_sources(folder, [FEED, {"name": "b", "url": "https://b.example/"}])
    change_source(folder, "b", {"paused": True, "interval": "15m"})
    set_query(folder, "My brand", '"my brand" NOT "my brandy"')
    remove_source(folder, "news")
    assert [line for line in text(folder).splitlines() if line.startswith("#")] == comments
    settings = read_settings(folder / "earned.toml")
    assert [(s.name, s.paused) for s in settings.source] == [("b", True)]
    assert settings.brand[0].match == '"my brand" NOT "my brandy"'


def test_what_is_taken_back_leaves_the_file_as_it_was(folder: Path) -> None:
    before = text(folder)
    add_sources(folder, [FEED])
    remove_source(folder, "news")
    assert text(folder).rstrip("\n") == before.rstrip("\n")


def test_a_key_set_to_none_goes_back_to_its_default(folder: Path) -> None:
    add_sources(folder, [FEED])
    assert change_source(folder, "news", {"interval": None}).source[0].interval == dt.timedelta(hours=1)
    assert "interval" not in text(folder).rpartition("[[source]]")[2]


PAIR = """[workspace]
currency = "EUR"

[[source]]
name = "a"
url = "https://a.example/"
# paused = true

# the main blog: never remove
[[source]]
name = "b"
url = "https://b.example/"

# for the figures
"""


@pytest.mark.parametrize("follower", ["", '[[brand]]\nname = "B"\nmatch = "b"\n'])
def test_comments_behind_a_source_that_is_taken_out_stay(tmp_path: Path, follower: str) -> None:
    file = tmp_path / "earned.toml"
    file.write_text(PAIR + follower, encoding="utf-8")
    remove_source(tmp_path, "a")
    head, rest = PAIR.split("[[source]]", 1)[0], PAIR.split("# paused = true\n")[1]
    assert text(tmp_path) == head + rest + follower
    remove_source(tmp_path, "b")
    comments = ["# the main blog: never remove", "# for the figures"]
    assert [line for line in text(tmp_path).splitlines() if line.startswith("#")] == comments
    assert text(tmp_path).endswith("# for the figures\n" + follower)


def test_a_linked_file_stays_linked(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "shop.toml").write_text(PAIR, encoding="utf-8")
    (tmp_path / "earned.toml").symlink_to("kept/shop.toml")
    change_source(tmp_path, "a", {"paused": True})
    assert (tmp_path / "earned.toml").is_symlink()
    assert "paused = true" in (tmp_path / "kept" / "shop.toml").read_text(encoding="utf-8")


def test_sources_between_other_tables_and_inline_are_changed_too(tmp_path: Path) -> None:
    file = tmp_path / "earned.toml"
    file.write_text(
        '[[source]] # one\nname = "a"\nurl = "https://a.example/" # keep\n\n[workspace]\ncurrency = "EUR"\n'
        '\n[[brand]]\nname = "B"\nmatch = "b"\n',
        encoding="utf-8",
    )
    add_sources(tmp_path, [FEED])
    change_source(tmp_path, "a", {"paused": True})
    assert [s.name for s in read_settings(file).source] == ["a", "news"]
    assert "# one" in file.read_text(encoding="utf-8")
    assert "# keep" in file.read_text(encoding="utf-8")
    file.write_text('source = [{name = "a", url = "https://a.example/"}]\n[workspace]\ncurrency = "EUR"\n')
    add_sources(tmp_path, [FEED])
    assert [s.name for s in remove_source(tmp_path, "a").source] == ["news"]


def test_line_ends_stay_as_they_are(folder: Path) -> None:
    file = folder / "earned.toml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    add_sources(folder, [FEED])
    assert b"\n" not in file.read_bytes().replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "row",
    [
        {"name": "x", "url": "ftp://x.example/"},
        {"name": "x", "url": "https://x.example/", "interval": "soon"},
        {"name": "news", "url": "https://again.example/"},
        {"name": "x", "url": "https://x.example/", "colour": "red"},
    ],
)
def test_what_would_spoil_the_settings_is_not_written(folder: Path, row: dict[str, str]) -> None:
    add_sources(folder, [FEED])
    before = text(folder)
    with pytest.raises(SettingsError) as caught:
        add_sources(folder, [row])
    assert caught.value.cure
    assert text(folder) == before


def test_an_unknown_name_is_told_with_the_known_ones(folder: Path) -> None:
    add_sources(folder, [FEED])
    with pytest.raises(SettingsError, match="news"):
        remove_source(folder, "nwes")


@given(st.text(max_size=30).filter(lambda name: "\r" not in name and name.strip()))
def test_any_name_comes_back_as_it_was_given(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("names")
    write_starter(folder / "shop")
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    add_sources(folder / "shop", [{"name": name, "url": "https://a.example/"}])
    assert tomllib.loads(text(folder / "shop"))["source"][0]["name"] == name


@pytest.mark.parametrize(("minutes", "shown"), [(15, "15m"), (60, "1h"), (90, "90m"), (1440, "1d"), (36 * 60, "36h")])
def test_durations_are_written_as_they_are_read(minutes: int, shown: str) -> None:
    assert duration_text(dt.timedelta(minutes=minutes)) == shown
