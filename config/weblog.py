"""Web server logs as text tables: Apache, nginx (combined, common, with host), W3C (IIS, CloudFront), load balancers.

All give the columns of COLUMNS. Lines that are none of it are handed back with their number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, unquote_plus

import polars as pl

COLUMNS = ("log host", "log ip", "log time", "log method", "log url", "log status", "log referrer", "log agent")
_COMBINED = (
    r'^(?:(\S+) )?(\S+) \S+ \S+ \[([^\]]+)\] (?:\([^)]*\) )?"(?:([A-Z]+) ([^\s"]+)(?: [^"]*)?|[^"]*)" (\d{3}|-) \S+'
    r'(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"(?:\s.*)?| [^"]*)?$'
)
_ELB = (
    r"^(?:(?:https?|h2|wss?|grpcs?) )?(\d{4}-\d\d-\d\dT\S+) \S+ (\[[^\]]+\]|[^\s:]+):\d+ \S+ \S+ \S+ \S+ (\S+) \S+ "
    r'\S+ \S+ "(\S+) (\S+) [^"]*" "([^"]*)"'
)
_CELL = re.compile(r'"[^"]*"|\S+')  # IIS quotes what it did not write itself
_PROBE = 20
_MAYBE = ": it is cut, or holds quotes or bytes that the server did not escape"
_COMBINED_PROBE = re.compile(_COMBINED)
_ELB_PROBE = re.compile(_ELB)
# Our name -> the names W3C logs have for it, the first present one is taken.
_W3C = {
    "log host": ("x-host-header", "cs-host", "cs(host)"),
    "log ip": ("c-ip",),
    "log method": ("cs-method",),
    "log status": ("sc-status",),
    "log referrer": ("cs(referer)",),
    "log agent": ("cs(user-agent)",),
}


def looks_like_log(text: str) -> bool:
    """Whether most of the first lines are of one of the known log formats."""
    head = [line for line in text[:40_000].splitlines() if line.strip()][:_PROBE]
    if any(line.startswith("#Fields:") for line in head):
        return True
    lines = [line for line in head if not line.startswith("#")]
    hits = sum(bool(_COMBINED_PROBE.match(line) or _ELB_PROBE.match(line)) for line in lines)
    return bool(lines) and hits * 2 > len(lines)


def log_table(text: str) -> tuple[pl.DataFrame, list[tuple[int, str]], dict[int, str]]:
    """The requests as COLUMNS and `source_line`; lines that cannot be read (line, message); lines left out, and why."""
    if re.search(r"(?m)^#Fields:", text[:40_000]):
        return _w3c(text)
    lines = pl.DataFrame({"line": text.splitlines()}, schema={"line": pl.String}).with_row_index("source_line", 1)
    lines = lines.filter(pl.col("line").str.strip_chars() != "")
    lines = lines.filter(~pl.col("line").str.starts_with("#"))
    tcp = lines.filter(pl.col("line").str.contains('"- - - "', literal=True))["source_line"].to_list()
    left_out = dict.fromkeys(tcp, "no_http_request")
    lines = lines.filter(~pl.col("source_line").is_in(list(left_out)))
    read = _elb(lines) if _is_elb(lines) else _combined(lines)
    bad = read.filter(pl.col("log time").is_null())["source_line"].to_list()
    frame = read.filter(pl.col("log time").is_not_null())
    empty = [pl.when(pl.col(n) != "-").then(pl.col(n)).alias(n) for n in COLUMNS]
    kept = frame.select(*empty, pl.col("source_line").cast(pl.Int64))
    return kept, [(line, f"line {line} is no request of this log's format{_MAYBE}") for line in bad], left_out


def _is_elb(lines: pl.DataFrame) -> bool:
    return any(_ELB_PROBE.match(line) for line in lines["line"].head(_PROBE))


def _combined(lines: pl.DataFrame) -> pl.DataFrame:
    groups = lines.select("source_line", pl.col("line").str.extract_groups(_COMBINED).alias("g")).unnest("g")
    order = ("log host", "log ip", "log time", "log method", "log url", "log status", "log referrer", "log agent")
    named = groups.rename({str(n): name for n, name in enumerate(order, start=1)})
    # 10/Feb/2012:16:42:07 -0500, written as the times of all other files are.
    time = pl.col("log time").str.to_datetime("%d/%b/%Y:%H:%M:%S %z", strict=False, time_unit="us")
    return named.with_columns(time.dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("log time"))


def _elb(lines: pl.DataFrame) -> pl.DataFrame:
    groups = lines.select("source_line", pl.col("line").str.extract_groups(_ELB).alias("g")).unnest("g")
    order = ("log time", "log ip", "log status", "log method", "log url", "log agent")
    named = groups.rename({str(n): name for n, name in enumerate(order, start=1)})
    return named.with_columns(
        pl.col("log url").str.extract(r"^\w+://([^/:?#]+)", 1).alias("log host"),
        pl.lit(None, dtype=pl.String).alias("log referrer"),
    )


def _w3c(text: str) -> tuple[pl.DataFrame, list[tuple[int, str]], dict[int, str]]:
    """`#Fields:` may change in the middle of a file; each line is read by the last one above it."""
    rows: list[tuple[str | None, ...]] = []
    bad: list[tuple[int, str]] = []
    fields: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            fields = line[8:].lower().split() if line.startswith("#Fields:") else fields
        elif line.strip():
            cells = line.split("\t") if "\t" in line else _CELL.findall(line)
            if len(cells) != len(fields):
                bad.append((number, f"line {number} has {len(cells)} cells, #Fields names {len(fields)}"))
            else:
                rows.append((*_w3c_row(dict(zip(fields, cells, strict=True))), str(number)))
    frame = pl.DataFrame(rows, schema=dict.fromkeys((*COLUMNS, "source_line"), pl.String), orient="row")
    return frame.with_columns(pl.col("source_line").cast(pl.Int64)), bad, {}


def _w3c_row(row: dict[str, str]) -> Sequence[str | None]:
    def of(names: Sequence[str]) -> str | None:
        return next((row[name] for name in names if row.get(name, "-") != "-"), None)

    query = of(("cs-uri-query",))
    stem = of(("cs-uri-stem", "cs-uri"))
    found = {name: of(sources) for name, sources in _W3C.items()}
    found["log url"] = f"{stem}?{query}" if stem and query else stem
    date, time = of(("date",)), of(("time",))
    found["log time"] = f"{date}T{time}Z" if date and time else None
    agent = found["log agent"]
    # Blanks are written as + by IIS and as %2520 by CloudFront.
    found["log agent"] = unquote(unquote_plus(agent)) if agent else None
    return [found.get(name) for name in COLUMNS]
