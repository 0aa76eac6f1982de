from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import sqlalchemy as sa

from config.database import writing
from config.workspace import Workspace
from listener import days, store
from listener.days import felt_stale, fold_all, sentiment_days
from listener.feeling import Feeling, feeling, feeling_of_days
from listener.mentions import BrandMatch, Mention
from listener.store import SourceState
from listener.tables import mention_brands, mentions
from listener.targets import mention_targets
from tests.polls import save_poll

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
    save_poll(engine, source="blog", state=SourceState("blog", "https://b.example"), mentions=found, now=NOW)
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


def by_frame(space: Workspace, zone: str, since: dt.datetime | None, until: dt.datetime | None) -> pl.DataFrame:
    """The same figures by another way: every mention is read, and counted by polars."""
    frame = store.mention_frame(space.engine, since=since, until=until)
    day = pl.col("published_at").dt.convert_time_zone(ZoneInfo(zone).key).dt.date()
    counted = [
        (pl.col("label") == name).sum().cast(pl.Int64).alias(name) for name in ("positive", "neutral", "negative")
    ]
    missing = pl.col("label").is_null().sum().cast(pl.Int64).alias("not_scored")
    return frame.group_by(day=day, brand="brand").agg(*counted, missing).select(*days.DAYS).sort("day", "brand")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("few", [0, 1_000], ids=["summed first", "counted afresh"])
def test_the_kept_sums_are_those_of_the_mentions_whatever_was_done_to_them(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, seed: int, few: int
) -> None:
    monkeypatch.setattr(days, "_COUNTED", few)
    monkeypatch.setattr(days, "_FOLDED", 3)
    chance, engine, state = random.Random(seed), workspace.engine, SourceState("blog", "https://b.example")
    known: dict[str, Mention] = {}

    def some_time() -> dt.datetime | None:
        return None if chance.random() < 0.1 else NOW - dt.timedelta(minutes=chance.randint(0, 3000))

    def label() -> str | None:
        return chance.choice(["positive", "neutral", "negative", None])

    for step in range(25):
        wanted = chance.choice(["new", "new", "change", "edit", "remove", "target", "brand"])
        picked = chance.choice(sorted(known)) if known else None
        if wanted == "new" or picked is None:
            found = [mention(100 * step + n, some_time(), label(), ACME, RIVAL) for n in range(5)]
            known |= {m.mention_id: m for m in found}
            save_poll(engine, source="blog", state=state, mentions=found, now=NOW)
        elif wanted == "change":
            known[picked] = replace(known[picked], published_at=some_time(), label=label(), brands=(ACME,))
            save_poll(engine, source="blog", state=state, mentions=[known[picked]], now=NOW)
        elif wanted == "edit":
            row = store.read_by_id(engine, [picked]).row(0, named=True)
            store.set_triage(engine, picked, label=label() or "", expected_version=row["triage_version"], now=NOW)
        else:
            with writing(engine) as connection:
                if wanted == "remove":
                    connection.execute(sa.delete(mentions).where(mentions.c.mention_id == known.pop(picked).mention_id))
                elif wanted == "target":
                    mine = mention_targets.c.mention_id == picked
                    connection.execute(sa.update(mention_targets).where(mine).values(label=label()))
                else:
                    mine = sa.and_(mention_brands.c.mention_id == picked, mention_brands.c.brand == "Acme")
                    connection.execute(sa.delete(mention_brands).where(mine))
        since = chance.choice([None, NOW - dt.timedelta(hours=20), NOW - dt.timedelta(minutes=777, seconds=1)])
        until = chance.choice([None, NOW - dt.timedelta(hours=2), NOW - dt.timedelta(minutes=33, seconds=7)])
        zone = chance.choice(["Europe/Berlin", "Asia/Kathmandu", "UTC"])
        told = sentiment_days(engine, zone=zone, since=since, until=until)
        assert told.equals(by_frame(workspace, zone, since, until)), (step, wanted)
    fold_all(engine)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(felt_stale)) == 0
    assert sentiment_days(engine, zone="UTC").equals(by_frame(workspace, "UTC", None, None))


def test_feeling_of_days_is_feeling_of_their_mentions(workspace: Workspace) -> None:
    found = [mention(n, NOW, label, ACME) for n, label in enumerate(("positive", "positive", "negative", None))]
    save_poll(workspace.engine, source="b", state=SourceState("b", "https://b.example"), mentions=found, now=NOW)
    summed = feeling_of_days(sentiment_days(workspace.engine, zone="UTC"))
    assert summed == feeling(store.mention_frame(workspace.engine)) == Feeling(2, 0, 1, 1)
