"""Register files: promo codes and people as CSV, the layouts and the sink that writes them to the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config import plans
from config.database import writing
from config.forgotten import nobody
from config.intake import Layout, Parsed, ReadContext, Rejected, TextTable, Written, normal_header
from config.rates import exchange_rates, rate_problem, rate_row, write_rates
from config.register_undo import note_entries
from config.registers import (
    CODE_KINDS,
    COMMISSION_ON,
    CONTACT_STATUSES,
    DEFAULT_CHANNEL,
    canonical_url,
    codes,
    is_iso_date,
    links,
    normal_code,
    overlapping,
    people,
    person_key,
    write_codes,
    write_links,
    write_people,
)
from config.short_links import link_row, short_links, write_short_links

_OPTIONAL = frozenset(
    {
        *("owner", "campaign", "channel", "valid_to", "commission_rate", "commission_per_order", "commission_on"),
        *("name", "followers", "status", "content", "shared_from", "note"),
    }
)
TABLES = {
    **{"codes": codes, "people": people, "links": links, "exchange_rates": exchange_rates, "short_links": short_links},
    **plans.TABLES,
}
_WRITERS: dict[str, Callable[[sa.Connection, Sequence[Mapping[str, Any]]], None]] = {
    "codes": write_codes,
    "people": write_people,
    "links": write_links,
    "exchange_rates": write_rates,
    "short_links": write_short_links,
}


_PEOPLE_IN = {"people": "key", "codes": "owner", "links": "owner", "costs": "influencer", "campaigns": "people"}


def _cells(table: TextTable, names: Sequence[str]) -> list[dict[str, Any]]:
    """The rows as dictionaries of the named columns (absent ones None), trimmed, with `source_line`."""
    actual = {normal_header(name): name for name in table.headers}
    wanted = {name: actual[name] for name in names if name in actual}
    table.used.update(wanted.values())
    rows = []
    for row in table.frame.iter_rows(named=True):
        cells = {name: (row[wanted[name]] or "").strip() or None if name in wanted else None for name in names}
        rows.append(cells | {"source_line": row["source_line"]})
    return rows


def _frame(rows: Sequence[Mapping[str, Any]], table: TextTable) -> pl.DataFrame:
    """The rows, without the columns that the file does not have: what it does not say, it does not change."""
    present = {normal_header(name) for name in table.headers}
    absent = [name for name in _OPTIONAL if name not in present]
    return pl.DataFrame(list(rows), infer_schema_length=None).drop(absent, strict=False)


_LIKE_A_DAY = re.compile(r"\d{1,2}([./-])\d{1,2}\1(?:\d\d|[12]\d{3})|[12]\d{3}([./-])\d{1,2}\2\d{1,2}")


def told(text: str | None) -> str | None:
    """A cell as an error may show it: never anything that could be a contact of somebody."""
    if text is None or _LIKE_A_DAY.fullmatch(text):
        return text
    if not (len(text) > 60 or "@" in text or re.search(r"\d[\d ()./-]{5,}\d", text)):
        return text
    return f"(text of {len(text)} characters)"


def read_code_file(table: TextTable, context: ReadContext) -> Parsed:
    """One code a row; only `code` must be filled, see `names` for the columns known."""
    names = (
        *("code", "kind", "owner", "campaign", "channel", "valid_from", "valid_to"),
        *("commission_rate", "commission_per_order", "commission_on"),
    )
    good: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    for cells in _cells(table, names):
        problem = _code_problem(cells)
        row = {} if problem else _code_row(cells)
        clash = None if problem else overlapping(good, row)
        if clash:
            problem = (
                "overlapping_validity",
                f"{told(cells['code'])} is valid twice at once; end the earlier period first",
            )
        if problem:
            rejected.append(Rejected(cells["source_line"], *problem, {"code": told(cells["code"])}))
        else:
            good.append(row)
    return Parsed({"codes": _frame(good, table)}, rejected)


def _code_problem(cells: Mapping[str, Any]) -> tuple[str, str] | None:
    if not cells["code"] or not normal_code(cells["code"]):
        return "missing_code", "the row names no code"
    if cells["kind"] and cells["kind"].lower() not in CODE_KINDS:
        return "unknown_kind", f"kind {told(cells['kind'])!r} is none of {', '.join(CODE_KINDS)}"
    for name in ("valid_from", "valid_to"):
        if cells[name] and not is_iso_date(cells[name]):
            return "bad_date", f"{name} {told(cells[name])!r} is no date like 2026-11-20"
    if cells["valid_from"] and cells["valid_to"] and cells["valid_to"] < cells["valid_from"]:
        return "bad_date", "valid_to lies before valid_from"
    rate = _rate(cells["commission_rate"])
    if cells["commission_rate"] and (rate is None or not 0 <= rate <= 1):
        return "bad_rate", f"commission_rate {told(cells['commission_rate'])!r} is no share such as 0.1 or 10%"
    if cells["commission_per_order"] and _amount(cells["commission_per_order"]) is None:
        return "bad_number", f"commission_per_order {told(cells['commission_per_order'])!r} is no amount such as 2.50"
    if cells["commission_on"] and cells["commission_on"].lower() not in COMMISSION_ON:
        return "unknown_kind", f"commission_on {told(cells['commission_on'])!r} is none of {', '.join(COMMISSION_ON)}"
    return None


def _rate(text: str | None) -> float | None:
    try:
        return None if not text else float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return None


def _amount(text: str | None) -> str | None:
    """An amount with a point and at most four decimals, as written; None for anything else."""
    plain = (text or "").strip()
    return plain if re.fullmatch(r"\d{1,12}(\.\d{1,4})?", plain) else None


def _code_row(cells: Mapping[str, Any]) -> dict[str, Any]:
    kind = (cells["kind"] or "creator").lower()
    network, _, handle = (cells["owner"] or "").partition(":")
    return {
        "code_norm": normal_code(cells["code"]),
        "code": cells["code"],
        "kind": kind,
        "owner": person_key(network, handle) if handle else (cells["owner"] or None),
        "campaign": cells["campaign"],
        "channel": cells["channel"],
        "valid_from": cells["valid_from"] or "",
        "valid_to": cells["valid_to"] or "",
        "commission_rate": _rate(cells["commission_rate"]),
        "commission_per_order": _amount(cells["commission_per_order"]),
        "commission_on": (cells["commission_on"] or "").lower() or None,
        "source_line": cells["source_line"],
    }


def read_people_file(table: TextTable, context: ReadContext) -> Parsed:
    """Columns network, handle, name, followers, status; network and handle must be there. Empty followers: unknown."""
    good: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    for cells in _cells(table, ("network", "handle", "name", "followers", "status")):
        followers = (cells["followers"] or "").replace(",", "").replace(" ", "")
        status = (cells["status"] or "").lower() or None
        if not cells["network"] or not cells["handle"]:
            problem = ("missing_handle", "network or handle is empty")
        elif followers and not (followers.isascii() and followers.isdigit()):
            problem = ("bad_number", f"followers {told(cells['followers'])!r} is no whole number")
        elif status and status not in CONTACT_STATUSES:
            problem = ("unknown_status", f"status {told(cells['status'])!r} is none of {', '.join(CONTACT_STATUSES)}")
        else:
            key = person_key(cells["network"], cells["handle"])
            good.append(
                {
                    "key": key,
                    "network": key.partition(":")[0],
                    "handle": key.partition(":")[2],
                    "name": cells["name"],
                    "followers": int(followers) if followers else None,
                    "status": status,
                    "source_line": cells["source_line"],
                }
            )
            continue
        rejected.append(Rejected(cells["source_line"], *problem, {"network": told(cells["network"])}))
    return Parsed({"people": _frame(good, table)}, rejected)


def read_link_file(table: TextTable, context: ReadContext) -> Parsed:
    """Links shared on social media alone: url, source, medium, and campaign, content, owner, shared_from, note."""
    good: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    names = ("url", "source", "medium", "campaign", "content", "owner", "shared_from", "note")
    for cells in _cells(table, names):
        link = canonical_url(cells["url"] or "")
        if link is None:
            problem = ("bad_url", f"{told(cells['url'])!r} is no link; write it with https:// and the shop's host")
        elif not cells["source"] or not cells["medium"]:
            problem = ("missing_source", "source or medium is empty; write where the link is shared, such as instagram")
        elif cells["shared_from"] and not is_iso_date(cells["shared_from"]):
            problem = ("bad_date", f"shared_from {told(cells['shared_from'])!r} is no date like 2026-11-20")
        elif any(row["link"] == link for row in good):
            problem = ("repeated_link", f"{told(link)} stands twice in this file")
        else:
            network, _, handle = (cells["owner"] or "").partition(":")
            owner = person_key(network, handle) if handle else cells["owner"]
            lower = {name: cells[name].lower() for name in ("source", "medium")}
            good.append(cells | lower | {"link": link, "owner": owner})
            continue
        rejected.append(Rejected(cells["source_line"], *problem, {"url": told(cells["url"])}))
    return Parsed({"links": _frame(good, table)}, rejected)


def read_rate_file(table: TextTable, context: ReadContext) -> Parsed:
    """Own exchange rates: one unit of `per` (EUR where left out) buys `rate` of `currency` on `date`."""
    good: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    for cells in _cells(table, ("date", "currency", "rate", "per")):
        problem = rate_problem(cells)
        if problem:
            rejected.append(Rejected(cells["source_line"], *problem, {"currency": told(cells["currency"])}))
        else:
            good.append(rate_row(cells))
    return Parsed({"exchange_rates": _frame(good, table)}, rejected)


def read_short_link_file(table: TextTable, context: ReadContext) -> Parsed:
    """Short links: short_url, target. A link that stands twice leads where its last row says."""
    good: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    for cells in _cells(table, ("short_url", "target")):
        row = link_row(cells)
        if isinstance(row, tuple):
            rejected.append(Rejected(cells["source_line"], *row, {"short_url": told(cells["short_url"])}))
        else:
            good.append(row)
    return Parsed({"short_links": _frame(good, table)}, rejected)


class RegisterSink:
    """Writes register files into the database: an entry that is there already with the same values counts as same.

    `forgotten` says which of some people (network:handle) asked to be forgotten: their entries are left out as skipped,
    and elsewhere their name is.
    """

    def __init__(self, engine: Engine, *, forgotten: Callable[[Collection[str]], set[str]] = nobody) -> None:
        self.engine = engine
        self.forgotten = forgotten

    def write(self, import_id: int, parsed: Parsed) -> Written:
        lines: dict[int, str] = {}
        counts: dict[str, int] = {}
        rejected: list[Rejected] = []
        skipped: dict[int, str] = {}
        with writing(self.engine) as connection:
            for name, given in parsed.tables.items():
                table = TABLES[name]
                frame, left_out = _without_forgotten(name, given, self.forgotten)
                skipped |= dict.fromkeys(left_out, "forgotten")
                stored = _stored(connection, table)
                clashing = _clashing(frame, stored) if name == "codes" else []
                rejected += clashing
                if clashing:
                    frame = frame.filter(~pl.col("source_line").is_in([row.line for row in clashing]))
                keys = [column.name for column in table.primary_key]
                changed = []
                carried = []
                for row in frame.iter_rows(named=True):
                    line, values = row["source_line"], {k: v for k, v in row.items() if k != "source_line"}
                    identity = tuple(values[key] for key in keys)
                    before = stored.get(identity)
                    values = _complete(name, values, before)
                    same = before is not None and all(before[k] == v for k, v in values.items())
                    lines[line] = "same" if same else ("updated" if before else "new")
                    carried.append((before, values))
                    if not same:
                        changed.append(values)
                        stored[identity] = values
                if changed and name in plans.TABLES:
                    plans.write_plan(connection, changed, name=name, import_id=import_id)
                elif changed:
                    _WRITERS[name](connection, changed)
                note_entries(connection, import_id, table, carried)
                counts[name] = len(changed)
        return Written(lines, counts, skipped=skipped, rejected=rejected)


def _without_forgotten(
    name: str, frame: pl.DataFrame, forgotten: Callable[[Collection[str]], set[str]]
) -> tuple[pl.DataFrame, list[int]]:
    """The rows without people who asked to be forgotten, and the lines left out because they are about them alone."""
    column = _PEOPLE_IN.get(name)
    if column is None or column not in frame.columns or frame.is_empty():
        return frame, []
    lists = frame.select(pl.col(column).cast(pl.String).str.split(";").list.eval(pl.element().str.strip_chars()))
    gone = forgotten(set(lists.to_series().explode().drop_nulls()) - {""})
    if not gone:
        return frame, []
    if name == "people":
        about = pl.col(column).is_in(sorted(gone))
        return frame.filter(~about), frame.filter(about)["source_line"].to_list()
    kept = [None if names is None else "; ".join(n for n in names if n not in gone) for names in lists.to_series()]
    touched = pl.Series([bool(names) and not gone.isdisjoint(names) for names in lists.to_series().to_list()])
    cleaned = pl.Series(column, [text or None for text in kept], dtype=pl.String)
    return frame.with_columns(pl.when(touched).then(cleaned).otherwise(pl.col(column)).alias(column)), []


def _clashing(frame: pl.DataFrame, stored: Mapping[tuple[Any, ...], Mapping[str, Any]]) -> list[Rejected]:
    """The rows whose days overlap with those of the same code as registered, once the file's other rows are in."""
    entries = {key: entry for key, entry in stored.items() if not entry.get("archived")}
    rows = [row | {"valid_to": row.get("valid_to") or ""} for row in frame.iter_rows(named=True)]
    entries |= {(row["code_norm"], row["valid_from"]): row for row in rows}
    found = []
    for row in rows:
        other = overlapping(list(entries.values()), row)
        if other is not None:
            span = f"{other['valid_from'] or 'ever'} to {other['valid_to'] or 'open'}"
            message = f"{told(row['code'])} is registered already from {span}; end that period first"
            found.append(Rejected(row["source_line"], "overlapping_validity", message, {"code": told(row["code"])}))
    return found


def _complete(name: str, values: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The whole entry: what the file does not say stays as it was, or is the default of a new entry.

    An empty cell says nothing about a person; in a code it is the column's default, such as no end of validity. A cost
    is an amount, or hours and rate: whichever a row gives replaces both, as an amount left behind would outrank them.
    """
    columns = [column.name for column in TABLES[name].columns if column.name != "version"]
    fresh: dict[str, Any] = {"codes": {"valid_to": ""}, "people": {"status": "none"}}.get(name, {})
    fresh |= {"archived": False} if "archived" in columns else {}
    kept = dict.fromkeys(columns) | fresh if before is None else {key: before[key] for key in columns}
    said = {key: value for key, value in values.items() if value is not None or name != "people"}
    whole = kept | said
    if name == "costs" and (said.get("amount") or (said.get("hours") and said.get("rate"))):
        whole |= {part: said.get(part) for part in ("amount", "hours", "rate")}
    if name == "codes" and whole["channel"] is None and (before is None or "channel" in said):
        whole["channel"] = DEFAULT_CHANNEL.get(str(whole["kind"]))
    return whole


def _stored(connection: sa.Connection, table: sa.Table) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    keys = [column.name for column in table.primary_key]
    rows = [dict(row._mapping) for row in connection.execute(sa.select(table))]
    return {tuple(row[key] for key in keys): row for row in rows}


LAYOUTS = (
    Layout(
        id="earned_codes",
        title="promo codes (code, kind, owner, campaign, channel, valid_from, valid_to, commission_rate)",
        headers=frozenset({"code", "kind"}),
        sink="registers",
        read=read_code_file,
    ),
    Layout(
        id="earned_people",
        title="people (network, handle, name, followers, status)",
        headers=frozenset({"network", "handle", "followers"}),
        sink="registers",
        read=read_people_file,
    ),
    Layout(
        id="earned_links",
        title="links shared on social media alone (url, source, medium, campaign, content, owner, shared_from, note)",
        headers=frozenset({"url", "source", "medium", "shared_from"}),
        sink="registers",
        read=read_link_file,
    ),
    Layout(
        id="earned_rates",
        title="own exchange rates (date, currency, rate, per: on that day 1 EUR, or 1 of `per`, bought so many)",
        headers=frozenset({"date", "currency", "rate"}),
        sink="registers",
        read=read_rate_file,
        not_with=frozenset({"cost", "amount", "platform", "campaign"}),
    ),
    Layout(
        id="earned_short_links",
        title="short links (short_url, target)",
        headers=frozenset({"short_url", "target"}),
        sink="registers",
        read=read_short_link_file,
    ),
)
