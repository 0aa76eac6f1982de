"""How long the questions of a big store take: newest mentions, keyword search, 90 days of sentiment.

    python bench/listening_store.py [--mentions 1000000] [--folder DIR]

Fills a fresh database with invented mentions over a year (once; a filled folder is used again), then asks each question
five times and prints the median, the slowest, and the processor time a
busy machine does not distort.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from config.database import open_engine, sqlite_url, writing
from config.workspace import migrate
from listener import store
from listener.days import felt_quarters, felt_stale, fold_all, sentiment_days
from listener.fulltext import store_words
from listener.mentions import Mention
from listener.tables import authors, mention_brands, mentions

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
_TALK = "the a kettle is very good and boils water fast we love our new blue one from shop for tea price today"
COMMON = _TALK.split()
RARE = [f"word{n}" for n in range(30_000)]
BATCH = 10_000


def invented(n: int, rng: random.Random) -> Mention:
    words = [*rng.choices(COMMON, k=18), *rng.choices(RARE, k=4), "acme" if n % 3 else "rival"]
    rng.shuffle(words)
    said_at = NOW - dt.timedelta(seconds=rng.randrange(365 * 86_400))
    feeling = rng.choice(("positive", "neutral", "negative"))
    return Mention(
        mention_id=f"{n:032x}", source=f"source{n % 200}", source_kind="rss", network="web", native_id=str(n),
        title=None, text=" ".join(words), raw_url=f"https://site{n % 999}.example/{n}", language="en",
        author_key=f"web:author{n % 100_000}", author_name=f"author{n % 100_000}", published_at=said_at,
        published_quality="exact", likes=n % 50, score=rng.uniform(-1, 1), label=feeling, scorer="bench",
        score_status="scored",
    )  # fmt: skip


def fill(engine: sa.Engine, count: int) -> None:
    rng = random.Random(1)
    names = [column.name for column in mentions.columns]
    for start in range(0, count, BATCH):
        found = [invented(n, rng) for n in range(start, min(count, start + BATCH))]
        rows = [_row(mention, names) for mention in found]
        with writing(engine) as connection:
            connection.execute(sa.insert(mentions), rows)
            store_words(connection, [(m.mention_id, m.title, m.text) for m in found])
            brand = [
                {"mention_id": m.mention_id, "brand": "Acme" if "acme" in m.text else "Rival", "terms": "[]"}
                for m in found
            ]
            connection.execute(sa.insert(mention_brands), brand)
            people = [{"author_key": m.author_key, "network": "web", "followers": 5, "first_seen": NOW} for m in found]
            connection.execute(sa.insert(authors).prefix_with("OR IGNORE"), people)
        print(f"\rfilled {start + len(found):,}", end="", flush=True)
    print()
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _row(mention: Mention, names: list[str]) -> dict[str, Any]:
    row = {name: getattr(mention, name) for name in names if hasattr(mention, name)}
    return row | {"revision": 1, "cluster_id": mention.mention_id, "first_seen": NOW, "last_seen": NOW}


def questions(engine: sa.Engine) -> Iterator[tuple[str, Callable[[], object]]]:
    since = NOW - dt.timedelta(days=90)
    yield "latest 50", lambda: store.read_mentions(engine, limit=50)
    yield "latest 50 of one brand", lambda: store.read_mentions(engine, brand="Rival", limit=50)
    yield "a rare word, latest 50", lambda: store.read_mentions(engine, query_text="word77", limit=50)
    yield "a common word, latest 50", lambda: store.read_mentions(engine, query_text="kettle", limit=50)
    yield "a phrase, latest 50", lambda: store.read_mentions(engine, query_text='"blue kettle"', limit=50)
    yield "how many hold a rare word", lambda: store.count_mentions(engine, query_text="word77")
    yield "how many hold a common word", lambda: store.count_mentions(engine, query_text="kettle")
    yield "90 days of sentiment by day", lambda: sentiment_days(engine, zone="Europe/Berlin", since=since)
    yield "the same, 300 quarters just changed", lambda: _changed(engine, since)
    yield "90 days as a frame, no texts", lambda: store.mention_frame(engine, since=since)


def _changed(engine: sa.Engine, since: dt.datetime) -> object:
    """As after 300 edits since the last poll: those quarters are counted from the mentions."""
    with writing(engine) as connection:
        late = sa.select(felt_quarters.c.quarter).distinct().order_by(felt_quarters.c.quarter.desc()).limit(300)
        connection.execute(sa.insert(felt_stale).prefix_with("OR IGNORE").from_select(["quarter"], late))
    return sentiment_days(engine, zone="Europe/Berlin", since=since)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    fresh = not (folder / "bench.db").exists()
    engine = open_engine(sqlite_url(folder / "bench.db"))
    migrate(engine)
    if fresh:
        begun = time.perf_counter()
        fill(engine, options.mentions)
        size = (folder / "bench.db").stat().st_size / 1e6
        print(f"{options.mentions:,} mentions stored in {time.perf_counter() - begun:.0f} s, {size:.0f} MB")
    begun = time.perf_counter()
    fold_all(engine)
    print(f"summed by quarter of an hour in {time.perf_counter() - begun:.0f} s")
    for name, ask in questions(engine):
        times, worked = [], []
        for _ in range(5):
            begun, before = time.perf_counter(), time.process_time()
            ask()
            times.append(time.perf_counter() - begun)
            worked.append(time.process_time() - before)
        wall, cpu = statistics.median(times), statistics.median(worked)
        print(f"{name:36} median {wall:.3f} s, slowest {max(times):.3f} s, processor {cpu:.3f} s")


if __name__ == "__main__":
    main()
