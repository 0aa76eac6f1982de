"""How fast feeds are read, beside feedparser, and what is read otherwise.

    python bench/feed_reading.py [--folder FEEDS] [--rounds 5]

Reads every feed of a folder (XML alone: feedparser reads no JSON Feed) with feedparser as it comes, with feedparser
with both its options off, and as this project reads feeds: once making text of every entry's HTML and finding its
links, as at a first poll, and once when all entries are known to match nothing, as most are at any later one: then
titles, links, ids and dates are read, and the HTML only taken out and compared by hash.

Processor time. A round runs all four one after the other, this project's ways REPEATED times each, as they would else
be too short to measure on a machine that does other things; ratios are of one round, and the median of all is told.
As single rounds vary by a third under load, the quickest round of each way, disturbed least, is compared too.
The garbage collector is set as in the worker processes, for every way alike.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from listener.feeds import Entry, parse_feed

URL = "https://site.example/feed.xml"
REPEATED = 4
FIELDS = ("title", "link", "native_id", "published_at")
AS_IT_COMES, OPTIONS_OFF = "feedparser as it comes", "feedparser, both options off"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "feeds" / "dev")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    bodies = {path.name: path.read_bytes() for path in sorted(options.folder.iterdir()) if path.suffix != ".json"}
    before = os.getloadavg()[0]
    speed(list(bodies.values()), options.rounds)
    print(f"\nload average {before:.1f} at the start, {os.getloadavg()[0]:.1f} at the end; {os.cpu_count()} processors")
    differences(bodies)


def speed(data: list[bytes], rounds: int) -> None:
    import feedparser

    gc.freeze()
    gc.set_threshold(50_000)
    first = [parse_feed(body, url=URL, content_type=None) for body in data]
    known = [frozenset(entry.mark for entry in feed.entries) for feed in first]
    entries = sum(len(feed.entries) for feed in first)
    off = {"sanitize_html": False, "resolve_relative_uris": False}
    ways: dict[str, tuple[Callable[[], Any], int]] = {
        AS_IT_COMES: (lambda: [feedparser.parse(io.BytesIO(body)) for body in data], 1),
        OPTIONS_OFF: (lambda: [feedparser.parse(io.BytesIO(body), **off) for body in data], 1),
        "this project, text made": (lambda: [parse_feed(body, url=URL, content_type=None) for body in data], REPEATED),
        "this project, entries known": (
            lambda: [
                parse_feed(body, url=URL, content_type=None, known=marks)
                for body, marks in zip(data, known, strict=True)
            ],
            REPEATED,
        ),
    }
    for work, _ in ways.values():
        work()
    times = [{name: processor_seconds(work, repeats) for name, (work, repeats) in ways.items()} for _ in range(rounds)]
    print(f"{len(data)} feeds, {sum(map(len, data)) / 1e6:.2f} MB, {entries} entries; medians of {rounds} rounds\n")
    print(
        "| way | seconds | entries/s | times feedparser as it comes | times it with both options off | quickest: both |"
    )
    print("|---|---|---|---|---|---|")
    for name in ways:
        seconds = statistics.median(round_[name] for round_ in times)
        ratios = " | ".join(compared(times, name, other) for other in (AS_IT_COMES, OPTIONS_OFF))
        quickest = " / ".join(
            f"{shortest(times, other) / shortest(times, name):.1f}" for other in (AS_IT_COMES, OPTIONS_OFF)
        )
        print(f"| {name} | {seconds:.3f} | {entries / seconds:,.0f} | {ratios} | {quickest} |")


def processor_seconds(work: Callable[[], Any], repeats: int) -> float:
    gc.collect()  # what the way before left lying about is not this one's to clear away
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


def compared(times: list[dict[str, float]], name: str, other: str) -> str:
    ratios = [round_[other] / round_[name] for round_ in times]
    return f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"


def shortest(times: list[dict[str, float]], name: str) -> float:
    return min(round_[name] for round_ in times)


def differences(bodies: dict[str, bytes]) -> None:
    """Fields of this project's entries that differ from what feedparser's own would be, feed by feed."""
    fields = differing = 0
    for name, body in bodies.items():
        ours = parse_feed(body, url=URL, content_type=None).entries
        theirs = parse_feed(body, url=URL, content_type=None, directly=False).entries
        fields += len(FIELDS) * max(len(ours), len(theirs))
        found = [(n, field) for n, pair in enumerate(zip(ours, theirs, strict=False)) for field in unlike(*pair)]
        differing += len(found) + len(FIELDS) * abs(len(ours) - len(theirs))
        for n, field in found:
            print(f"differs: {name} entry {n} {field}")
    print(f"{differing} of {fields} titles, links, ids and dates differ ({differing / max(fields, 1):.2%})")


def unlike(one: Entry, other: Entry) -> list[str]:
    return [field for field in FIELDS if getattr(one, field) != getattr(other, field)]


if __name__ == "__main__":
    main()
