"""Words the talk has now and did not have before: log-odds with an informative Dirichlet prior (Monroe, Colaresi and
Quinn 2008, "Fightin' Words").

    z_w = [log((y+a)/(n+a0-y-a)) - log((b+a)/(nb+a0-b-a))] / sqrt(1/(y+a) + 1/(b+a))

y, b: how many people used w in the period and in the days before; n, nb their sums; a the word's share of both, times
a0. People are counted, not uses: one who posts a slogan a thousand times counts once.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import pairwise

import polars as pl

from listener.text import normal_text

PRIOR = 500.0  # a0: how many counts the background is worth
LEAST_PEOPLE = 5
_LONGEST = 40
_WORDS_AT_MOST = 400  # of one text
TERMS = {
    "term": pl.String,
    "z": pl.Float64,
    "people": pl.Int64,
    "people_before": pl.Int64,
    "share": pl.Float64,
    "share_before": pl.Float64,
}


def rising_terms(
    period: pl.DataFrame, before: pl.DataFrame, *, limit: int = 20, without: Collection[str] = ()
) -> pl.DataFrame:
    """Words and pairs of words, columns TERMS, the most telling first; z > 0 only, at least 5 people.

    Frames: columns mention_id, author_key, title, text. `share`: of the people heard in the period. A text without
    author counts as a person of its own. `without`: words left out, such as the brand's own. A pair stands in for its
    two words where it tells as much.
    """
    now, people_now = _people(period)
    then, people_then = _people(before)
    total_now, total_then = sum(now.values()), sum(then.values())
    left_out = {word for text in without for word in normal_text(text).split()}
    rows = []
    for term, count in now.items():
        if count < LEAST_PEOPLE or left_out & set(term.split()):
            continue
        z = log_odds(count, then[term], total_now, total_then)
        if z > 0:
            rows.append(
                (term, z, count, then[term], count / people_now, then[term] / people_then if people_then else 0.0)
            )
    rows.sort(key=lambda row: (-round(row[1], 6), -row[0].count(" "), row[0]))
    return pl.DataFrame(list(_unrepeated(rows, limit)), schema=TERMS, orient="row")


def log_odds(now: int, then: int, total_now: int, total_then: int) -> float:
    """The z-score of a term counted `now` of `total_now` in the period and `then` of `total_then` before it."""
    prior = PRIOR * (now + then) / (total_now + total_then)
    first = math.log((now + prior) / (total_now + PRIOR - now - prior))
    second = (
        math.log((then + prior) / (total_then + PRIOR - then - prior)) if total_then + PRIOR > then + prior else 0.0
    )
    return (first - second) / math.sqrt(1 / (now + prior) + 1 / (then + prior))


def _people(texts: pl.DataFrame) -> tuple[Counter[str], int]:
    """How many people used each term, and how many there are."""
    used: dict[str, set[str]] = {}
    for key, author, title, text in texts.select("mention_id", "author_key", "title", "text").iter_rows():
        used.setdefault(author or f"\x00{key}", set()).update(_terms(f"{title or ''} {text}"))
    counts: Counter[str] = Counter()
    for terms in used.values():
        counts.update(terms)
    return counts, len(used)


def _terms(text: str) -> Iterator[str]:
    words = [w for w in normal_text(text).split()[:_WORDS_AT_MOST] if len(w) <= _LONGEST]
    yield from (word for word in words if len(word) > 1 and not word.isdigit())
    yield from (f"{one} {other}" for one, other in pairwise(words) if not (one + other).isdigit())


def _unrepeated(
    rows: list[tuple[str, float, int, int, float, float]], limit: int
) -> Iterator[tuple[str, float, int, int, float, float]]:
    """The first `limit` rows, without words that only say again what a stronger pair says."""
    shown: list[tuple[str, float, int, int, float, float]] = []
    for row in rows:
        if len(shown) == limit:
            break
        words = set(row[0].split())
        again = any(words & set(other[0].split()) and row[2] <= 1.25 * other[2] for other in shown)
        if not again:
            shown.append(row)
    yield from shown
