"""How long a visit lasted, as tools write it: `80`, `1:20`, `00:01:20`, `1 min 20s`, `2 hours 5 min`."""

from __future__ import annotations

import re

import polars as pl

from attribution.inputs.cells import Cells, no_nulls, plain_text

_UNITS = {
    86_400: "d|day|days|j|jour|jours|tag|tage|dni|dzień|nap|ngày|día|días|giorno|giorni",
    3_600: "h|hr|hrs|hour|hours|std|stunde|stunden|godz|heure|heures|hora|horas|ora|ore|óra|giờ",
    60: "m|min|mins|minute|minutes|minuten|minuto|minutos|minuti|minut|minuty|perc|phút",
    1: "s|sec|secs|second|seconds|sek|sekunden|segundo|segundos|secondi|secondes|mp|giây",
}
_SIZES = {word: size for size, words in _UNITS.items() for word in words.split("|")}
_PART = re.compile(r"(\d+)\s*([^\W\d_]+)\.?")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):([0-5]?\d)(?:\.\d+)?")


def seconds(texts: pl.Series) -> Cells:
    """Durations in whole seconds. Bad: a text in none of these forms, or one with a unit nobody listed."""
    plain = no_nulls(plain_text(texts))
    known = plain.drop_nulls().unique()
    read = pl.Series([_seconds(text) for text in known.to_list()], dtype=pl.Int64)
    values = plain.replace_strict(known, read, default=None, return_dtype=pl.Int64).alias(texts.name)
    return Cells(values, plain.is_not_null() & values.is_null())


def _seconds(text: str) -> int | None:
    bare = text.strip().lower()
    if re.fullmatch(r"\d{1,12}(?:\.\d+)?", bare):
        return int(bare.partition(".")[0])
    clock = _CLOCK.fullmatch(bare)
    if clock:
        hours, minutes, rest = (int(part or 0) for part in clock.groups())
        return hours * 3600 + minutes * 60 + rest
    parts = _PART.findall(bare)
    if not parts or _PART.sub("", bare).strip(" ,") or any(unit not in _SIZES for _, unit in parts):
        return None
    return sum(int(number) * _SIZES[unit] for number, unit in parts)
