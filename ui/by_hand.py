"""Posts written down by hand: a row of a file like any other, through the same matching, scoring and recognising."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.workspace import Workspace
from listener import store
from listener.by_hand import LAYOUT, NotByHandError, carried_by_import, clear_figures, take_out, written_down
from listener.exports import cells
from listener.mentions import FUTURE_LIMIT
from listener.text import safe_link
from ui import pipeline
from ui.link_authors import author_in

__all__ = ["FIELDS", "NotByHandError", "Saved", "change", "listed", "post_of", "remove", "save"]

FIELDS = (
    "link",
    "text",
    "author",
    "followers",
    "date",
    "network",
    "title",
    "likes",
    "comments",
    "shares",
    "views",
    "language",
)
_COUNTS = ("followers", "likes", "comments", "shares", "views")
TEXT_LIMIT = 20_000


@dataclass(frozen=True)
class Saved:
    """What became of a post. `outcome`: new, updated, same, or refused with its `problem`."""

    outcome: str
    mention_id: str | None = None
    brands: tuple[str, ...] = ()
    problem: str | None = None
    author: str | None = None  # the handle or name it went in under

    def as_json(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "mention_id": self.mention_id,
            "brands": list(self.brands),
            "problem": self.problem,
        }


def save(workspace: Workspace, values: Mapping[str, str | None], *, now: dt.datetime) -> Saved:
    """Take in one post with the columns FIELDS; what is left out is unknown. `text` is needed.

    Where no author is given and the link carries one, that is the author.
    """
    return _taken(workspace, values, now=now, again=False)


def _taken(workspace: Workspace, values: Mapping[str, str | None], *, now: dt.datetime, again: bool) -> Saved:
    """`again`: take in what was written down before in the same words, as it may have been changed since."""
    row = {name: str(values.get(name) or "").strip() for name in FIELDS}
    row["author"] = row["author"] or author_in(row["link"]) or ""
    problem = _unfit(row) or _ahead(workspace, row["date"], now=now)
    if problem:
        return Saved("refused", problem=problem)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"by-hand-{now:%Y-%m-%d}.csv"
        path.write_text(_table(row), encoding="utf-8")
        own = pipeline.own_brands(workspace)
        brand = own[0] if len(own) == 1 else None  # a person wrote it down here for a reason
        report = pipeline.take_file(workspace, path, now=now, wanted=LAYOUT, again=again, brand=brand)
    if report.error:
        return Saved("refused", problem=report.error)
    if report.quarantined or report.skipped:
        why = ", ".join(_REASONS.get(reason, reason) for reason in report.reasons)
        return Saved("refused", problem=why or "it could not be used")
    ids = carried_by_import(workspace.engine, report.id) if report.id is not None else []
    outcome = "new" if report.accepted else "updated" if report.updated else "same"
    known = store.read_by_id(workspace.engine, ids)
    return Saved(
        outcome,
        ids[0] if ids else None,
        tuple(known["brands"][0]) if known.height else (),
        author=row["author"].removeprefix("@") or None,
    )


_REASONS = {
    "no_brand": "no brand's query matches it; add the word it uses to the query, or name the brand in the text",
    "bad_date": "the date cannot be read; write it as 2026-11-20 or 2026-11-20 18:30",
    "missing_text": "it has no text",
    "forgotten": "its author asked to be forgotten",
}


def _unfit(row: Mapping[str, str]) -> str | None:
    if not row["text"]:
        return "it has no text"
    if len(row["text"]) > TEXT_LIMIT:
        return f"the text is longer than {TEXT_LIMIT:,} characters"
    if row["link"] and safe_link(row["link"]) is None:
        return "the link is no address that begins with http:// or https://"
    if any("\ud800" <= letter <= "\udfff" for value in row.values() for letter in value):
        return "it holds letters that no text can hold; copy it anew"
    wrong = [name for name in _COUNTS if row[name] and cells.count(row[name]) is None]
    return f"{wrong[0]}: {row[wrong[0]][:40]!r} is no number; write it as 12345, 12,345 or 12.3k" if wrong else None


def _ahead(workspace: Workspace, date: str, *, now: dt.datetime) -> str | None:
    zone = ZoneInfo(workspace.settings.workspace.timezone)
    said = cells.moment(date, zone=zone, day_first=True) if date else None
    if said is None or said.at <= now + FUTURE_LIMIT:
        return None
    return f"the date {date} lies in the future; write down a post when it is there"


def _table(row: Mapping[str, str]) -> str:
    """A file of one row; columns of nothing are left out, but for those the layout is known by."""
    names = [name for name in FIELDS if row[name] or name in ("link", "text", "date")]
    out = io.StringIO()
    csv.writer(out).writerows([names, [row[name] for name in names]])
    return out.getvalue()


def change(workspace: Workspace, mention_id: str, values: Mapping[str, str | None], *, now: dt.datetime) -> Saved:
    """Replace a post by hand with other words or figures; values that are None stay, empty ones are unknown from then
    on. Raises NotByHandError."""
    before = post_of(workspace, mention_id)
    told = {name: value for name, value in values.items() if value is not None}
    saved = _taken(workspace, before | told, now=now, again=True)
    cleared = [name for name in _COUNTS if before[name] is not None and name in told and not told[name].strip()]
    if saved.mention_id and cleared:  # a file that tells nothing of a figure leaves it; a person means that it is gone
        clear_figures(workspace.engine, saved.mention_id, cleared)
        saved = replace(saved, outcome="updated" if saved.outcome == "same" else saved.outcome)
    if saved.mention_id and saved.mention_id != mention_id:
        take_out(workspace.engine, mention_id, now=now, heir=saved.mention_id)
    return saved


def post_of(workspace: Workspace, mention_id: str) -> dict[str, str | None]:
    """A post by hand as it was written down, columns FIELDS. Raises NotByHandError."""
    found = store.read_by_id(workspace.engine, [mention_id])
    if found.is_empty() or found["source"][0] != f"import:{LAYOUT}":
        raise NotByHandError(f"there is no mention {mention_id} that was written down by hand")
    row = found.row(0, named=True)
    zone = workspace.settings.zone
    dated = row["published_at"] if row["published_quality"] != "missing" else None
    handle = (row["author_key"] or "").rpartition(":")[2].rpartition("/")[2]
    told: dict[str, Any] = {name: row[name] for name in (*_COUNTS, "text", "title", "network", "language")}
    told |= {"link": row["url"], "author": handle or row["author_name"]}
    told["date"] = None
    if dated:
        local = dated.astimezone(zone)
        told["date"] = f"{local:%Y-%m-%d}" if row["published_quality"] == "date_only" else f"{local:%Y-%m-%d %H:%M:%S}"
    return {name: None if told[name] is None else str(told[name]) for name in FIELDS}


def day_of(workspace: Workspace, published_at: str | None) -> str | None:
    """The day of a time as `listed` has it, in the business zone."""
    if published_at is None:
        return None
    return f"{dt.datetime.fromisoformat(published_at).astimezone(workspace.settings.zone):%Y-%m-%d}"


def remove(workspace: Workspace, mention_id: str, *, now: dt.datetime) -> None:
    """Take a post by hand out. Raises NotByHandError."""
    take_out(workspace.engine, mention_id, now=now)


def listed(workspace: Workspace) -> dict[str, Any]:
    """The posts by hand, those that came in last first."""
    from ui.documents import plain

    found = store.read_by_id(workspace.engine, written_down(workspace.engine))
    names = (
        "mention_id",
        "published_at",
        "network",
        "author_name",
        "followers",
        "title",
        "text",
        "url",
        "brands",
        "label",
    )
    return {"rows": [plain({name: row[name] for name in names}) for row in found.iter_rows(named=True)]}
