"""What storing one more post costs when thousands of near copies of it are stored already.

    python bench/near_copies.py [--posts 50000] [--cases near,near_newest_first,equal,distinct] [--upto-seconds 900]

Each case fills a database in a file of its own with generated posts, `BATCH` to a save, through the store's own door,
and prints the processor time a post of the saves up to each size. near: posts that differ by a number; the same newest
first, so that every post is the earliest of its story; equal: the very same words; distinct: posts of other words.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from config.database import metadata, open_engine
from listener import store
from listener.mentions import Mention
from listener.tables import mentions, story_heads

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
BATCH = 10
SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
STORY = (
    "Acme recalls its blue kettle after three customers reported that the handle came off while pouring boiling water; "
    "the company says it will replace every kettle sold since March free of charge, and asks owners to write to {n}"
)
VOCABULARY = [f"word{n}" for n in range(20_000)]


def distinct(n: int) -> str:
    return " ".join(random.Random(n).choices(VOCABULARY, k=40))


CASES: dict[str, tuple[Callable[[int], str], int]] = {
    "near": (lambda n: STORY.format(n=n), 1),
    "near_newest_first": (lambda n: STORY.format(n=n), -1),
    "equal": (lambda n: STORY.format(n=0), 1),
    "distinct": (distinct, 1),
}


def fill(case: str, posts: int, folder: Path, *, until: float) -> None:
    text, direction = CASES[case]
    engine = open_engine(f"sqlite:///{folder / case}.db")
    # The disk is the same for all sizes and not what is asked here.
    sa.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    metadata.create_all(engine)
    done, spent = 0, 0.0
    for size in (*(size for size in SIZES if size < posts), posts):
        begun, before = time.process_time(), done
        while done < size and time.monotonic() < until:
            found = [post(n, text(n), direction) for n in range(done, done + BATCH)]
            state = store.SourceState("blog", "https://b.example")
            store.save_polls(engine, [store.Poll("blog", state, found, NOW)])
            done += BATCH
        spent = time.process_time() - begun
        if done > before:
            print(f"| {case} | {before:,} to {done:,} | {1000 * spent / (done - before):.2f} |", flush=True)
    with engine.connect() as connection:
        counted = connection.scalar(sa.select(sa.func.count(mentions.c.cluster_id.distinct())))
        named = connection.scalar(sa.select(sa.func.count()).select_from(story_heads))
    print(
        f"| {case} | {counted:,} stories, {named:,} of them not called by the id of their first mention | |", flush=True
    )
    engine.dispose()


def post(n: int, text: str, direction: int) -> Mention:
    said_at = NOW - dt.timedelta(days=7) + dt.timedelta(seconds=5 * n * direction)
    return Mention(
        mention_id=f"{n:032x}", source="blog", source_kind="rss", network="web", native_id=str(n), title=None,
        text=text, raw_url=f"https://site{n}.example/post", published_at=said_at, published_quality="exact",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=50_000)
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--upto-seconds", type=float, default=900.0, help="of wall time for all cases")
    options = parser.parse_args()
    until = time.monotonic() + options.upto_seconds
    print("| posts | stored so far | processor ms a post |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for case in options.cases.split(","):
            fill(case, options.posts, Path(folder), until=until)


if __name__ == "__main__":
    main()
