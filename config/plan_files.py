"""Plan files: costs, campaigns and goals as CSV, the checks that the pages' forms share, and the layouts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from config.intake import Layout, Parsed, ReadContext, Rejected, TextTable, normal_header
from config.plans import COST_KINDS, EXPERIMENT_KINDS, GOAL_PURPOSES, OUTCOME_KINDS, TARGETS_ARE, entry_id
from config.registers import is_iso_date, normal_code, person_key

Cells = Mapping[str, Any]
Problem = tuple[str, str]

# What a file or form calls a column, where the table calls it otherwise.
_RENAMED = {"from": "date_from", "to": "date_to"}
COST_CELLS = (
    *("id", "kind", "amount", "currency", "hours", "rate", "from", "to", "channel", "campaign"),
    *("influencer", "brand", "note"),
)
CAMPAIGN_CELLS = (
    *("id", "name", "from", "to", "brand", "channels", "people", "codes", "utm_campaigns", "cost_campaigns"),
    *("budget", "target_revenue", "target_orders", "target_mentions", "note", "archived"),
)
GOAL_CELLS = (
    *("id", "name", "purpose", "metric", "network", "page", "product", "campaign", "brand", "baseline"),
    *("target", "target_is", "from", "to", "owner", "archived"),
)
NOTE_CELLS = ("id", "campaign", "day", "text")
OUTCOME_CELLS = ("id", "day", "kind", "text", "link", "value")
EXPERIMENT_CELLS = ("id", "kind", "from", "to", "lift", "error", "answers", "heard", "note")
CELLS = {
    "costs": COST_CELLS,
    "campaigns": CAMPAIGN_CELLS,
    "goals": GOAL_CELLS,
    "campaign_notes": NOTE_CELLS,
    "outcomes": OUTCOME_CELLS,
    "experiments": EXPERIMENT_CELLS,
}
_LISTS = ("channels", "people", "codes", "utm_campaigns", "cost_campaigns")
LONGEST = 400


def amount(text: str | None) -> str | None:
    """An amount with a point and at most four decimals, in its plain form; None for anything else."""
    plain = (text or "").strip()
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,4})?", plain):
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None
    return f"{value.normalize():f}" if value else "0"


def plan_row(name: str, cells: Cells, *, currency: str) -> dict[str, Any] | Problem:
    """The entry of the register `name` as its table holds it, or (reason, what is wrong and how to mend it).

    cells: text by column as files call it (`CELLS`), None or "" where nothing is given. The id may be null.
    """
    given = {column: _trimmed(cells.get(column)) for column in CELLS[name]}
    long = next((column for column, text in given.items() if text and len(text) > LONGEST), None)
    if long:
        return "too_long", f"{long} has more than {LONGEST} characters"
    problem = next((found for check in _CHECKS[name] if (found := check(given))), None)
    return problem or _ROWS[name](given, currency)


def _trimmed(value: Any) -> str | None:
    return None if value is None else (str(value).strip() or None)


def _span(cells: Cells) -> Problem | None:
    for column in ("from", "to"):
        if cells[column] and not is_iso_date(cells[column]):
            return "bad_date", f"{column} {_told(cells[column])} is no date like 2026-11-20"
    if not cells["from"]:
        return "bad_date", "from is empty: the first day is needed"
    if cells["to"] and cells["to"] < cells["from"]:
        return "bad_date", "to lies before from"
    return None


def _amounts(*columns: str, negative: bool = False) -> Callable[[Cells], Problem | None]:
    def check(cells: Cells) -> Problem | None:
        for column in columns:
            found = amount(cells[column])
            if cells[column] and (found is None or (found.startswith("-") and not negative)):
                return "bad_number", f"{column} {_told(cells[column])} is no amount such as 1250.50"
        return None

    return check


def _named(cells: Cells) -> Problem | None:
    return None if cells["name"] else ("missing_name", "name is empty")


def _cost_kind(cells: Cells) -> Problem | None:
    if _kind(cells["kind"]) not in COST_KINDS:
        return "unknown_kind", f"kind {_told(cells['kind'])} is none of {', '.join(COST_KINDS)}"
    return None


def _kind(text: str | None) -> str:
    return (text or "").lower().replace(" ", "_").replace("-", "_")


def _cost_amount(cells: Cells) -> Problem | None:
    worked = bool(cells["hours"]), bool(cells["rate"])
    if cells["amount"] and any(worked):
        return "bad_number", "give either amount, or hours and rate"
    if not cells["amount"] and not all(worked):
        return "no_amount", "amount is empty, and so are hours and rate; write 0 where there was no such cost"
    return None


def _currency(cells: Cells) -> Problem | None:
    if cells["currency"] and not re.fullmatch(r"[A-Za-z]{3}", cells["currency"]):
        return "bad_currency", f"currency {_told(cells['currency'])} is no code such as EUR"
    return None


def _purpose(cells: Cells) -> Problem | None:
    if (cells["purpose"] or "").lower() not in GOAL_PURPOSES:
        return "unknown_kind", f"purpose {_told(cells['purpose'])} is none of {', '.join(GOAL_PURPOSES)}"
    return None


def _target(cells: Cells) -> Problem | None:
    if not cells["metric"] or not cells["target"]:
        return "no_amount", "metric or target is empty: what is to be reached?"
    if cells["target_is"] and cells["target_is"].lower() not in TARGETS_ARE:
        return "unknown_kind", f"target_is {_told(cells['target_is'])} is none of {', '.join(TARGETS_ARE)}"
    if not cells["to"]:
        return "bad_date", "to is empty: a goal needs the day by which it is to be reached"
    return None


def _note(cells: Cells) -> Problem | None:
    if not cells["text"]:
        return "missing_name", "text is empty"
    if not cells["day"] or not is_iso_date(cells["day"]):
        return "bad_date", f"day {_told(cells['day'])} is no date like 2026-11-20"
    return None


def _outcome(cells: Cells) -> Problem | None:
    if _kind(cells["kind"]) not in OUTCOME_KINDS:
        return "unknown_kind", f"kind {_told(cells['kind'])} is none of {', '.join(OUTCOME_KINDS)}"
    if not cells["day"] or not is_iso_date(cells["day"]):
        return "bad_date", f"day {_told(cells['day'])} is no date like 2026-11-20"
    return None


def _experiment(cells: Cells) -> Problem | None:
    kind = _kind(cells["kind"])
    if kind not in EXPERIMENT_KINDS:
        return "unknown_kind", f"kind {_told(cells['kind'])} is none of {', '.join(EXPERIMENT_KINDS)}"
    if not cells["to"]:
        return "bad_date", "to is empty: an experiment needs its last day"
    if bool(cells["lift"]) != bool(cells["error"]):
        return "no_amount", "give both lift and error, its standard error"
    if cells["error"] and (amount(cells["error"]) or "0") == "0":
        return "bad_number", "error is 0: no experiment is exact"
    if kind in ("holdout", "geo") and not cells["lift"]:
        return "no_amount", "lift and error are empty: what did the experiment measure?"
    if kind == "survey" and not cells["lift"]:
        counts = [int(text) if text and text.isdecimal() else None for text in (cells["answers"], cells["heard"])]
        if counts[0] is None or counts[1] is None or not 0 <= counts[1] <= counts[0]:
            return "no_amount", "a survey needs answers, and heard: how many of those named talk"
    return None


_CHECKS: Mapping[str, tuple[Callable[[Cells], Problem | None], ...]] = {
    "costs": (_cost_kind, _amounts("amount", "hours", "rate", negative=True), _cost_amount, _currency, _span),
    "campaigns": (
        _named,
        _span,
        _amounts("budget", "target_revenue", "target_orders", "target_mentions"),
    ),
    "goals": (_named, _purpose, _target, _amounts("baseline", "target", negative=True), _span),
    "campaign_notes": (_note,),
    "outcomes": (_outcome, _amounts("value")),
    "experiments": (_amounts("lift", "error", negative=True), _amounts("answers", "heard"), _experiment, _span),
}


def _cost_row(cells: Cells, currency: str) -> dict[str, Any]:
    return _renamed(cells) | {
        "kind": _kind(cells["kind"]),
        **{column: amount(cells[column]) for column in ("amount", "hours", "rate")},
        "currency": (cells["currency"] or currency).upper(),
        "date_to": cells["to"] or cells["from"],
        "influencer": _person(cells["influencer"]),
    }


def _campaign_row(cells: Cells, currency: str) -> dict[str, Any]:
    lists: dict[str, Callable[[str], str | None]] = {"people": _person, "codes": normal_code}
    return _renamed(cells) | {
        **{column: _listed(cells[column], lists.get(column, str)) for column in _LISTS},
        **{column: amount(cells[column]) for column in ("budget", "target_revenue", "target_orders")},
        "target_mentions": amount(cells["target_mentions"]),
        "archived": _yes(cells["archived"]),
    }


def _goal_row(cells: Cells, currency: str) -> dict[str, Any]:
    return _renamed(cells) | {
        "purpose": cells["purpose"].lower(),
        "metric": _kind(cells["metric"]),
        "baseline": amount(cells["baseline"]),
        "target": amount(cells["target"]),
        "target_is": (cells["target_is"] or "absolute").lower(),
        "archived": _yes(cells["archived"]),
    }


def _note_row(cells: Cells, currency: str) -> dict[str, Any]:
    return dict(cells)


def _outcome_row(cells: Cells, currency: str) -> dict[str, Any]:
    return dict(cells) | {"kind": _kind(cells["kind"]), "value": amount(cells["value"])}


def _experiment_row(cells: Cells, currency: str) -> dict[str, Any]:
    numbers = {column: amount(cells[column]) for column in ("lift", "error", "answers", "heard")}
    return _renamed(cells) | numbers | {"kind": _kind(cells["kind"])}


_ROWS: Mapping[str, Callable[[Cells, str], dict[str, Any]]] = {
    "costs": _cost_row,
    "campaigns": _campaign_row,
    "goals": _goal_row,
    "campaign_notes": _note_row,
    "outcomes": _outcome_row,
    "experiments": _experiment_row,
}
# What makes two entries without an id the same one: a corrected amount is then a correction, not a second cost.
_IDENTITY = {
    "costs": ("kind", "date_from", "date_to", "channel", "campaign", "influencer", "brand", "note"),
    "campaigns": ("name",),
    "goals": ("name", "metric", "date_from", "date_to"),
    "campaign_notes": ("campaign", "day", "text"),
    "outcomes": ("day", "kind", "text", "link"),
    "experiments": ("kind", "date_from", "date_to"),
}
_PREFIX = {
    "costs": "cost",
    "campaigns": "campaign",
    "goals": "goal",
    "campaign_notes": "note",
    "outcomes": "outcome",
    "experiments": "experiment",
}


def with_id(name: str, row: Mapping[str, Any], *, taken: Iterable[str] = ()) -> dict[str, Any]:
    """The entry with an id: its own, else one made of what it says."""
    if row["id"]:
        return dict(row)
    parts = [row[column] if row[column] is None else str(row[column]).lower() for column in _IDENTITY[name]]
    return dict(row) | {"id": entry_id(_PREFIX[name], parts, taken=set(taken))}


def _renamed(cells: Cells) -> dict[str, Any]:
    return {_RENAMED.get(column, column): text for column, text in cells.items()}


def _person(text: str | None) -> str | None:
    network, _, handle = (text or "").partition(":")
    return person_key(network, handle) if handle else text


def _listed(text: str | None, normal: Callable[[str], str | None]) -> str | None:
    parts = [part.strip() for part in (text or "").split(";")]
    return "; ".join(dict.fromkeys(str(normal(part)) for part in parts if part)) or None


def _yes(text: str | None) -> bool:
    return (text or "").lower() in ("1", "yes", "true", "x")


def _told(text: str | None) -> str:
    """A cell as an error may show it: never anything that could be a contact of somebody."""
    if text is None:
        return "(empty)"
    hidden = len(text) > 60 or "@" in text or re.search(r"\d[\d ()./-]{5,}\d", text)
    return f"(text of {len(text)} characters)" if hidden else repr(text)


def _reader(name: str, kind: str) -> Callable[[TextTable, ReadContext], Parsed]:
    def read(table: TextTable, context: ReadContext) -> Parsed:
        actual = {normal_header(header): header for header in table.headers}
        present = [column for column in CELLS[name] if column in actual]
        good: list[dict[str, Any]] = []
        rejected: list[Rejected] = []
        taken: list[str] = []
        for line in table.frame.iter_rows(named=True):
            cells = {column: line[actual[column]] for column in present}
            row = plan_row(name, cells, currency=context.currency)
            if isinstance(row, dict) and row["id"] in taken:
                row = ("repeated_id", f"the id {_told(row['id'])} stands twice in this file")
            if not isinstance(row, dict):
                rejected.append(Rejected(line["source_line"], *row, {kind: _told(_trimmed(cells.get(kind)))}))
                continue
            entry = with_id(name, row, taken=taken)
            taken.append(entry["id"])
            good.append(entry | {"source_line": line["source_line"]})
        return Parsed({name: _frame(name, good, present)}, rejected)

    return read


def _frame(name: str, rows: Sequence[Mapping[str, Any]], present: Sequence[str]) -> pl.DataFrame:
    """The rows, without the columns that the file does not have: what it does not say, it does not change."""
    kept = {"id", "source_line", *(_RENAMED.get(column, column) for column in present)}
    if name == "costs":
        kept |= {"currency", "date_to"}
    if name == "goals":
        kept |= {"target_is"}
    said = [{key: value for key, value in row.items() if key in kept} for row in rows]
    return pl.DataFrame(said, infer_schema_length=None)


LAYOUTS = (
    Layout(
        id="earned_costs",
        title="costs (kind, amount or hours and rate, currency, from, to, channel, campaign, influencer, brand, note)",
        headers=frozenset({"kind", "from", "to"}),
        one_of=(frozenset({"amount"}), frozenset({"hours", "rate"})),
        sink="registers",
        read=_reader("costs", "kind"),
    ),
    Layout(
        id="earned_campaigns",
        title="campaigns (name, from, to, brand, channels, people, codes, utm_campaigns, budget, targets)",
        headers=frozenset({"name", "from", "to", "utm_campaigns"}),
        sink="registers",
        read=_reader("campaigns", "name"),
    ),
    Layout(
        id="earned_goals",
        title="goals (name, purpose, metric, target, target_is, from, to, owner, filters)",
        headers=frozenset({"name", "purpose", "metric", "target", "from", "to"}),
        sink="registers",
        read=_reader("goals", "name"),
    ),
    Layout(
        id="earned_outcomes",
        title="outcomes of talk that are no sales (day, kind, text, link, value)",
        headers=frozenset({"day", "kind", "text", "value"}),
        sink="registers",
        read=_reader("outcomes", "kind"),
    ),
    Layout(
        id="earned_experiments",
        title="experiments that measured the indirect return (kind, from, to, lift, error, answers, heard, note)",
        headers=frozenset({"kind", "from", "to"}),
        one_of=(frozenset({"lift", "error"}), frozenset({"answers", "heard"})),
        sink="registers",
        read=_reader("experiments", "kind"),
    ),
)
