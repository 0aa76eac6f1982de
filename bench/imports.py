"""How long an import takes, and how much memory: visits and orders from CSV, beside a plain load of the same files.

    python bench/imports.py [VISITS] [ORDERS] [REPEATS]     (default 10000000 1000000 5)

Prints a line a file: rows, median seconds, peak memory of the process, and the ratio to a plain load by polars (all
cells as text, nothing checked or stored) and by DuckDB where that is installed. Every measurement is a process of its
own, as memory never shrinks.
"""

from __future__ import annotations

import datetime as dt
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SETTINGS = """
[workspace]
name = "Bench"
currency = "EUR"
timezone = "Europe/Berlin"
[[brand]]
name = "Acme"
match = "acme"
[shop]
domains = ["shop.example"]
"""
_SOURCES = ("ig", "facebook", "google", "tiktok", "newsletter")


def write_visits(path: Path, rows: int) -> None:
    draw = random.Random(1)
    with path.open("w", encoding="utf-8") as out:
        out.write("visit_id,visitor,time,landing_url,referrer,order_id,customer\n")
        for n in range(rows):
            day = f"2026-{draw.randrange(1, 7):02}-{draw.randrange(1, 29):02}T{draw.randrange(24):02}:00:{n % 60:02}Z"
            tags = f"utm_source={draw.choice(_SOURCES)}&utm_medium=social&utm_campaign=c{draw.randrange(50)}"
            out.write(f"v{n},u{draw.randrange(rows)},{day},https://shop.example/p/{n % 200}?{tags},,,\n")


def write_orders(path: Path, rows: int) -> None:
    draw = random.Random(2)
    with path.open("w", encoding="utf-8") as out:
        out.write("order_id,ordered_at,total,subtotal,tax,shipping,currency,codes,customer,status\n")
        for n in range(rows):
            day = f"2026-{draw.randrange(1, 7):02}-{draw.randrange(1, 29):02}T10:00:{n % 60:02}Z"
            goods, tax = draw.randrange(1000, 20000), draw.randrange(100, 900)
            code = f"CODE{draw.randrange(100)}" if n % 5 == 0 else ""
            total = goods + tax + 490
            out.write(
                f"o{n},{day},{total / 100:.2f},{goods / 100:.2f},{tax / 100:.2f},4.90,EUR,{code},c{n % 9999},paid\n"
            )


def measure(way: str, path: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of one way to take the file in, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", way, str(path)], check=True, capture_output=True, text=True
    )
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def one(way: str, path: Path) -> None:
    start = time.perf_counter()
    if way == "earned":
        _import(path)
    elif way == "polars":
        import polars as pl

        pl.read_csv(path, infer_schema=False)
    else:
        import duckdb

        duckdb.sql(f"create table t as select * from read_csv('{path}', all_varchar=true)")
    print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _import(path: Path) -> None:
    from attribution.facts import Facts
    from attribution.inputs import LAYOUTS
    from config.intake import take_in
    from config.workspace import open_workspace

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        (Path(folder) / "earned.toml").write_text(SETTINGS, encoding="utf-8")
        workspace = open_workspace(Path(folder))
        facts = Facts(workspace.facts, workspace.engine)
        report = take_in(workspace, path, layouts=LAYOUTS, sinks={"facts": facts}, now=dt.datetime.now(dt.UTC))
        if report.error or report.accepted != report.read:
            raise SystemExit(f"the import went wrong: {report}")


def ways() -> list[str]:
    try:
        import duckdb  # noqa: F401
    except ImportError:
        return ["earned", "polars"]
    return ["earned", "polars", "duckdb"]


def main(visits: int, orders: int, repeats: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, rows, write in (("visits", visits, write_visits), ("orders", orders, write_orders)):
            path = Path(folder) / f"{name}.csv"
            write(path, rows)
            runs = {way: [measure(way, path) for _ in range(repeats)] for way in ways()}
            own = statistics.median(seconds for seconds, _ in runs["earned"])
            peak = max(megabytes for _, megabytes in runs["earned"])
            print(f"{name}: {rows} rows, {path.stat().st_size / 1e6:.0f} MB, {own:.1f} s, peak {peak:.0f} MB")
            for way in ways()[1:]:
                other = statistics.median(seconds for seconds, _ in runs[way])
                print(f"  {own / other:.1f} times a plain load by {way} ({other:.1f} s)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        given = [int(text) for text in sys.argv[1:4]]
        main(*(given + [10_000_000, 1_000_000, 5][len(given) :]))
