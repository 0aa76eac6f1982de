"""How long the tags of many URLs take, beside Python's urllib on the same URLs in the same run.

    python bench/utm.py [URLS] [DISTINCT] [REPEATS]     (default 5000000 200000 5)

Prints the medians of the seconds by the clock and of the processor, their ratios, and the load average before and
after; the two ways take turns. urllib parses every URL, as a program without a table would; the results are compared.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from urllib.parse import parse_qs, urlsplit

import polars as pl

from attribution.utm import parse_urls


def urls(count: int, distinct: int) -> pl.Series:
    draw = random.Random(3)
    known = [
        f"https://shop.example/p/{n}?utm_source={draw.choice(('ig', 'fb', 'google'))}&utm_medium=social"
        f"&utm_campaign=spring%20{n % 97}&gclid=x{n}"
        for n in range(distinct)
    ]
    return pl.Series([draw.choice(known) for _ in range(count)], dtype=pl.String)


def by_columns(given: pl.Series) -> list[str | None]:
    found = given.to_frame("url").join(parse_urls(given), on="url", how="left", maintain_order="left")
    return found["utm_campaign"].to_list()


def by_urllib(given: pl.Series) -> list[str | None]:
    return [parse_qs(urlsplit(url).query).get("utm_campaign", [None])[0] for url in given.to_list()]


def main(count: int, distinct: int, repeats: int) -> None:
    given = urls(count, distinct)
    before = os.getloadavg()[0]
    seconds: dict[str, list[float]] = {}
    for _ in range(repeats):
        for name, way in (("columns", by_columns), ("urllib", by_urllib)):
            start, cpu = time.perf_counter(), time.process_time()
            result = way(given)
            seconds.setdefault(name, []).append(time.perf_counter() - start)
            seconds.setdefault(f"{name} CPU", []).append(time.process_time() - cpu)
            seconds.setdefault(f"{name} sum", []).append(sum(len(text or "") for text in result))
    if seconds["columns sum"] != seconds["urllib sum"]:
        raise SystemExit("the two ways disagree")
    middle = {name: statistics.median(known) for name, known in seconds.items()}
    print(f"{count} URLs, {distinct} distinct, medians of {repeats}, load {before:.1f} to {os.getloadavg()[0]:.1f}")
    for unit in ("", " CPU"):
        own, other = middle[f"columns{unit}"], middle[f"urllib{unit}"]
        print(f"  {own:.1f} s{unit}; urllib {other:.1f} s{unit}; {other / own:.1f} times as fast")


if __name__ == "__main__":
    arguments = [int(text) for text in sys.argv[1:4]]
    main(*(arguments + [5_000_000, 200_000, 5][len(arguments) :]))
