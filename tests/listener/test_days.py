from __future__ import annotations

import datetime as dt

from config.workspace import Workspace
from listener import store
from listener.days import sentiment_days
from listener.mentions import BrandMatch, Mention
from listener.store import SourceState

NOW = dt.datetime(2026, 6, 30, 22, 30, tzinfo=dt.UTC)  # the first of July in Berlin
ACME, RIVAL = BrandMatch("Acme", ("acme",)), BrandMatch("Rival", ("rival",))


def mention(n: int, said_at: dt.datetime | None, label: str | None, *brands: BrandMatch) -> Mention:
    return Mention(f"m{n}", "blog", "rss", "web", str(n), None, f"text {n}", published_at=said_at, label=label,
                   score_status="scored" if label else "no_language", brands=brands)  # fmt: skip


def test_days_are_the_zones_corrections_count_and_what_is_not_scored_is_apart(workspace: Workspace) -> None:
    engine, hour = workspace.engine, dt.timedelta(hours=1)
    found = [
        mention(1, NOW, "positive", ACME, RIVAL),
        mention(2, NOW - hour, "negative", ACME),  # still June in Berlin
        mention(3, NOW - hour, None, ACME),
        mention(4, None, "neutral", ACME),  # first seen now
    ]
    store.save_poll(engine, source="blog", state=SourceState("blog", "https://b.example"), mentions=found, now=NOW)
    store.set_triage(engine, "m1", label="negative", expected_version=0, now=NOW)
    june, july = dt.date(2026, 6, 30), dt.date(2026, 7, 1)
    assert sentiment_days(engine, zone="Europe/Berlin").rows() == [
        (june, "Acme", 0, 0, 1, 1),
        (july, "Acme", 0, 1, 1, 0),
        (july, "Rival", 0, 0, 1, 0),
    ]
    assert sentiment_days(engine, zone="Europe/Berlin", since=NOW)["day"].to_list() == [july, july]
    assert sentiment_days(engine, zone="Europe/Berlin", until=NOW).rows() == [(june, "Acme", 0, 0, 1, 1)]
    assert set(sentiment_days(engine, zone="Asia/Kathmandu")["day"]) == {july}
