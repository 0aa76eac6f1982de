"""How long an import takes, and how much memory: visits and orders from CSV, beside a plain load of the same files.

    python bench/imports.py [VISITS] [ORDERS] [REPEATS] [--visits-file CSV] [--orders-file CSV]

The default is 10000000 1000000 5; 0 rows leave a kind out, and a file that is there already is read instead of written
anew. The ways take turns (earned, polars, duckdb where it is installed, earned, ...), each in a process of its own, as
memory never shrinks. Printed a way: the median seconds by the clock and of the processor, rows a second and peak
memory; then the ratios, and the load average before and after. On a machine that other work shares, the processor's
seconds say more than the clock's. The plain loads read all cells as text, check nothing and store nothing.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Run:
    """One way to take a file in: seconds by the clock, seconds of the processor, peak megabytes."""

    seconds: float
    cpu: float
    megabytes: float


def measure(way: str, path: Path) -> Run:
    """One way to take the file in, in a process of its own."""
    command = [sys.executable, __file__, "--one", way, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Run(*(float(figure) for figure in done.stdout.split()))


def one(way: str, path: Path) -> None:
    start, cpu = time.perf_counter(), time.process_time()
    if way == "earned":
        _import(path)
    elif way == "polars":
        import polars as pl

        pl.read_csv(path, infer_schema=False)
    else:
        import duckdb

        duckdb.sql(f"create table t as select * from read_csv('{path}', all_varchar=true)")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(time.perf_counter() - start, time.process_time() - cpu, peak)


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


def compare(name: str, path: Path, rows: int, repeats: int) -> None:
    """Every way `repeats` times, in turns, and what came of it."""
    print(f"{name}: {rows} rows, {path.stat().st_size / 1e6:.0f} MB, {repeats} runs each, load {_load()}", flush=True)
    runs: dict[str, list[Run]] = {way: [] for way in ways()}
    for turn in range(repeats):
        for way, known in runs.items():
            known.append(measure(way, path))
            print(f"  run {turn + 1} {way}: {known[-1].seconds:.1f} s, {known[-1].cpu:.1f} s CPU", flush=True)
    middle = {way: Run(*(statistics.median(figures) for figures in _columns(known))) for way, known in runs.items()}
    own = middle["earned"]
    for way, known in runs.items():
        one = middle[way]
        ratio = f"; earned takes {own.seconds / one.seconds:.1f} times as long, {own.cpu / one.cpu:.1f} times the CPU"
        print(
            f"  {way}: {one.seconds:.1f} s, {one.cpu:.1f} s CPU, {rows / one.seconds:,.0f} rows/s,"
            f" peak {max(run.megabytes for run in known):.0f} MB{ratio if way != 'earned' else ''}"
        )
    print(f"  load {_load()}", flush=True)


def _columns(runs: list[Run]) -> list[list[float]]:
    return [[run.seconds for run in runs], [run.cpu for run in runs], [run.megabytes for run in runs]]


def _load() -> str:
    return " ".join(f"{figure:.1f}" for figure in os.getloadavg())


def count_rows(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 24), b"")) - 1


def main(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kinds = (
            ("visits", given.visits, given.visits_file, write_visits),
            ("orders", given.orders, given.orders_file, write_orders),
        )
        for name, rows, file, write in kinds:
            path = file or Path(folder) / f"{name}.csv"
            if rows and not file:
                write(path, rows)
            if rows:
                compare(name, path, count_rows(path), given.repeats)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name, usual in (("visits", 10_000_000), ("orders", 1_000_000), ("repeats", 5)):
        parser.add_argument(name, type=int, nargs="?", default=usual)
    parser.add_argument("--visits-file", type=Path)
    parser.add_argument("--orders-file", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        main(arguments())
