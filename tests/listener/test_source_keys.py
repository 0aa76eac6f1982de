"""A source may be renamed, or moved: what it brought is not heard again under another name."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from config.database import writing
from config.settings import SourceSettings
from config.workspace import Workspace
from listener import store
from listener.collect import collect_once
from listener.source_keys import KnownKey, enrol_keys, keys_of, let_go, source_keys
from tests.listener.feedhost import FeedHost, Reply, item, rss

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
HEAD = '[workspace]\ncurrency = "EUR"\n[[brand]]\nname = "Acme"\nmatch = "acme"\n'


def listened(**addresses: str) -> list[SourceSettings]:
    return [SourceSettings(name=name, url=f"https://{url}") for name, url in addresses.items()]


A, GONE_A = KnownKey("a", "a"), KnownKey("a", None)


@pytest.mark.parametrize(
    ("sources", "known", "keys"),
    [
        ({"a": "x.example/f"}, {}, {"a": "a"}),
        ({"b": "x.example/f"}, {"x.example/f": A}, {"b": "a"}),  # renamed
        ({"b": "www.x.example/f/"}, {"x.example/f": A}, {"b": "a"}),  # the same address, written otherwise
        ({"a": "new.example/f"}, {"x.example/f": A}, {"a": "a"}),  # moved
        ({"a": "new.example/f"}, {"x.example/f": GONE_A}, {"a": "https://new.example/f"}),  # another of the same name
        ({"b": "x.example/f"}, {"x.example/f": GONE_A}, {"b": "a"}),  # removed, and back again
        ({"b": "new.example/f"}, {"x.example/f": KnownKey("a", "b")}, {"b": "a"}),  # renamed, then moved
        ({"a": "new.example/f"}, {"x.example/f": KnownKey("a", "b")}, {"a": "https://new.example/f"}),
        ({"b": "x.example/f", "a": "y.example/f"}, {"x.example/f": A}, {"b": "a", "a": "https://y.example/f"}),
        ({"a": "y.example/f", "b": "x.example/f"}, {"x.example/f": A}, {"b": "a", "a": "https://y.example/f"}),
        ({"a": "x.example/f", "b": "x.example/f"}, {}, {"a": "a", "b": "a"}),
    ],
)
def test_the_key_of_a_source(sources: dict[str, str], known: dict[str, KnownKey], keys: dict[str, str]) -> None:
    assert keys_of(listened(**sources), {f"https://{url}": key for url, key in known.items()}) == keys


def test_a_removed_source_leaves_its_key_to_no_other_of_its_name(workspace: Workspace) -> None:
    def held(**addresses: str) -> dict[str, str]:
        return enrol_keys(workspace.engine, listened(**addresses))

    assert held(a="x.example/f", b="y.example/f") == {"a": "a", "b": "b"}
    assert held(a="moved.example/f", b="y.example/f") == {"a": "a", "b": "b"}
    assert held(b="y.example/f") == {"b": "b"}  # listened to without it in between
    assert held(a="other.example/f", b="y.example/f") == {"a": "https://other.example/f", "b": "b"}
    let_go(workspace.engine, "b")  # removed, and another added before the next look
    assert held(b="third.example/f") == {"b": "https://third.example/f"}
    assert held(c="third.example/f", a="x.example/f") == {"c": "https://third.example/f", "a": "a"}


def poll(make_workspace: Callable[..., Workspace], host: FeedHost, name: str) -> Workspace:
    toml = f'[[source]]\nname = "{name}"\nurl = "{host.url("/f")}"\nnetwork = "blog"\nallow_private = true\n'
    workspace = make_workspace(toml, settings=HEAD)
    report = asyncio.run(collect_once(workspace, now=lambda: NOW))
    assert report.sources[0].outcome == "ok"
    return workspace


@pytest.mark.parametrize("from_before_keys", [False, True])
def test_a_renamed_source_brings_nothing_twice(
    make_workspace: Callable[..., Workspace], from_before_keys: bool
) -> None:
    with FeedHost({"/f": Reply(200, rss(item("1", "the acme kettle"), item("2", "acme again")))}) as host:
        workspace = poll(make_workspace, host, "old name")
        if from_before_keys:  # as the migration leaves a workspace that was polled before there were keys
            with writing(workspace.engine) as connection:
                connection.execute(sa.delete(source_keys))
                connection.execute(sa.text("insert into source_keys select url, name, name from source_state"))
        assert store.count_mentions(workspace.engine) == 2
        assert store.count_mentions(poll(make_workspace, host, "new name").engine) == 2
