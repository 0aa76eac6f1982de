"""Sentiment by hashed n-grams ("hng"): one small linear model a language, numpy and polars alone at run time.

A text is normalised, cut into character n-grams (2 to 5, across spaces), words and word pairs, each hashed to one of
2^bits buckets. With n features in the text, the logit of a class is its bias plus the sum of the buckets' weights over
sqrt(n); a softmax gives P. Label = most probable class, score = P(+) - P(-) in [-1, 1], confidence = max P in (1/3, 1].

Training and scoring share `normalise` and `features`: whoever changes either raises NORMALISER and trains anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

NORMALISER = "1"
CLASSES = (-1, 0, 1)
LABELS = pl.Enum(["negative", "neutral", "positive"])
MAX_CHARACTERS = 20_000  # of one text; what follows is not read
CHUNK_CHARACTERS = 100_000  # scored at once: about 100 bytes of memory a character

_GRAMS = (2, 3, 4, 5)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_BASE = np.uint64(0x100000001B3)
_BASE_INVERSE = np.uint64(pow(0x100000001B3, -1, 2**64))
_NEWLINE = 10
_SPACE = 32

Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Weights (2^bits, 3) and bias (3) for the classes -1, 0, 1, with where they come from."""

    name: str
    version: str
    languages: tuple[str, ...]
    bits: int
    weights: Floats
    bias: Floats
    licence: str
    data: str

    @property
    def scorer(self) -> str:
        """As stored with each score: "hng-pl/1"."""
        return f"{self.name}/{self.version}"


def model_path(language: str) -> Path:
    """Where the model of a language lies; a build may have left the file out."""
    return Path(__file__).parent / "models" / f"hng-{language}.npz"


class ModelError(ValueError):
    """A model file that cannot be used; says which and why."""


def read_model(path: Path) -> LinearModel:
    """The model of an .npz file, read without pickle; ModelError if it does not fit this code."""
    try:
        with np.load(path, allow_pickle=False) as file:
            parts = dict(file)
        model = _model(parts)
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f"{path.name} is no sentiment model: {error}") from error
    if str(parts["normaliser"]) != NORMALISER:
        raise ModelError(
            f"{path.name} was trained with normaliser {parts['normaliser']}, this is {NORMALISER}: retrain"
        )
    if model.weights.shape != (2**model.bits, len(CLASSES)) or model.bias.shape != (len(CLASSES),):
        raise ModelError(f"{path.name} holds weights of another shape than its {model.bits} bits say")
    return model


def _model(parts: dict[str, npt.NDArray[Any]]) -> LinearModel:
    if parts["classes"].tolist() != list(CLASSES):
        raise ValueError(f"classes {parts['classes'].tolist()}")
    return LinearModel(
        name=str(parts["name"]),
        version=str(parts["version"]),
        languages=tuple(parts["languages"].tolist()),
        bits=int(parts["bits"]),
        weights=parts["W"].astype(np.float32),
        bias=parts["b"].astype(np.float32),
        licence=str(parts["licence"]),
        data=str(parts["data"]),
    )


def write_model(path: Path, model: LinearModel) -> None:
    """Writes the model with weights rounded to float16 (costs at most .001 macro-F1) and what made it."""
    np.savez_compressed(
        path,
        W=model.weights.astype(np.float16),
        b=model.bias.astype(np.float32),
        classes=np.array(CLASSES, dtype=np.int64),
        bits=np.int64(model.bits),
        name=np.array(model.name),
        version=np.array(model.version),
        languages=np.array(model.languages),
        normaliser=np.array(NORMALISER),
        grams=np.array(_GRAMS),
        licence=np.array(model.licence),
        data=np.array(model.data),
        polars=np.array(pl.__version__),
    )


def score(model: LinearModel, texts: pl.Series) -> pl.DataFrame:
    """One row a text: score (Float32, [-1, 1]), label (LABELS), confidence (Float32). Null counts as an empty text."""
    normal = normalise(texts)
    parts = [_probabilities(model, normal[start:end]) for start, end in _chunks(normal)]
    p = np.concatenate(parts) if parts else np.empty((0, len(CLASSES)), dtype=np.float32)
    best = p.argmax(axis=1)
    return pl.DataFrame(
        {
            "score": (p[:, 2] - p[:, 0]).astype(np.float32),
            "label": pl.Series(np.array(LABELS.categories)[best], dtype=LABELS),
            "confidence": p[np.arange(len(p)), best].astype(np.float32),
        }
    )


def _probabilities(model: LinearModel, normal: pl.Series) -> Floats:
    rows, buckets = features(normal, bits=model.bits)
    counts = np.maximum(np.bincount(rows, minlength=len(normal)), 1)
    gathered = model.weights[buckets]
    sums = np.stack([np.bincount(rows, weights=gathered[:, k], minlength=len(normal)) for k in range(3)], axis=1)
    logits = model.bias + sums / np.sqrt(counts)[:, None]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def _chunks(normal: pl.Series) -> Iterator[tuple[int, int]]:
    """Row ranges of at most CHUNK_CHARACTERS each (or one longer text)."""
    ends = normal.str.len_chars().cum_sum().to_numpy()
    start = 0
    while start < len(normal):
        done = int(ends[start - 1]) if start else 0
        end = max(int(np.searchsorted(ends, done + CHUNK_CHARACTERS, side="right")), start + 1)
        yield start, end
        start = end


def text_series(texts: Sequence[str | None]) -> pl.Series:
    """Texts as a column; lone surrogates, which UTF-8 cannot hold, become question marks."""
    try:
        return pl.Series("text", texts, dtype=pl.String)
    except UnicodeEncodeError:
        safe = [None if text is None else text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return pl.Series("text", safe, dtype=pl.String)


def normalise(texts: pl.Series) -> pl.Series:
    """Texts in the form the features are cut from: NFKC, lower case, one space, links and names as marks."""
    text = (
        pl.col("text")
        .fill_null("")
        .str.head(MAX_CHARACTERS)
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(r"https?://\S+|www\.\S+", " \u0001 ")
        .str.replace_all(r"@\w+", " \u0002 ")
        # Arabic vowel marks and tatweel, Hebrew points, joiners and direction marks, emoji selector
        .str.replace_all(r"[\u{64B}-\u{652}\u{670}\u{640}\u{591}-\u{5C7}\u{200C}-\u{200F}\u{FE0F}]", "")
        .str.replace_all(r"[أإآٱ]", "ا")
        .str.replace_all("ى", "ي", literal=True)
        .str.replace_all("ة", "ه", literal=True)
        .str.replace_all(r"\d+", "0")
        .str.replace_all("#", "", literal=True)
        .str.replace_all("_", " ", literal=True)
        .str.replace_all(r"\s+", " ")
        .str.strip_chars(" ")
    )
    return texts.to_frame("text").select(text).to_series()


def features(normal: pl.Series, *, bits: int) -> tuple[Ints, Ints]:
    """(row, bucket) of every feature of the normalised texts: character n-grams by n, then words, then word pairs."""
    joined = "\n " + " \n ".join(normal.to_list()) + " \n"
    points = np.frombuffer(joined.encode("utf-32-le"), dtype="<u4")
    points = points[~_third_in_a_run(points)]
    newline = points == _NEWLINE
    row_of = np.cumsum(newline) - 1
    shift = np.uint64(64 - bits)
    with np.errstate(over="ignore"):
        codes = (points.astype(np.uint64) + np.uint64(1)) * _MIX
        hashed = [*_character_grams(codes, newline), *_words(codes, points, row_of)]
    rows = np.concatenate([row_of[at] for at, _ in hashed])
    buckets = np.concatenate([h >> shift for _, h in hashed]).astype(np.int64)
    return rows, buckets


def _third_in_a_run(points: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Marks each character equal to both before it, so that "sooooo" reads as "soo"."""
    repeated = np.zeros(len(points), dtype=np.bool_)
    repeated[2:] = (points[2:] == points[1:-1]) & (points[2:] == points[:-2]) & (points[2:] > _SPACE)
    return repeated


def _character_grams(codes: Words, newline: npt.NDArray[np.bool_]) -> Iterator[tuple[Ints, Words]]:
    """For each n: where the n-grams within one row start, and their mixed hashes."""
    rolling, inside = codes, ~newline
    for n in range(2, max(_GRAMS) + 1):
        rolling = rolling[:-1] * _BASE + codes[n - 1 :]
        inside = inside[:-1] & ~newline[n - 1 :]
        at = np.flatnonzero(inside)
        mixed = (rolling[at] + np.uint64(n)) * _MIX
        mixed ^= mixed >> np.uint64(29)
        yield at, mixed * _BASE


def _words(codes: Words, points: npt.NDArray[np.uint32], row_of: Ints) -> Iterator[tuple[Ints, Words]]:
    """Words (runs without a space), then pairs of neighbours in one row: where they start, and their mixed hashes."""
    blank = (points == _SPACE) | (points == _NEWLINE)
    starts = np.flatnonzero(blank[:-1] & ~blank[1:]) + 1
    ends = np.flatnonzero(~blank[:-1] & blank[1:]) + 1
    powers = np.full(len(codes), _BASE)
    powers[0] = 1
    powers = np.multiply.accumulate(powers)
    sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(codes * powers, dtype=np.uint64)])
    inverses = np.full(len(codes), _BASE_INVERSE)
    inverses[0] = 1
    inverses = np.multiply.accumulate(inverses)
    mixed = ((sums[ends] - sums[starts]) * inverses[starts] + np.uint64(77)) * _MIX
    mixed ^= mixed >> np.uint64(31)
    mixed = mixed * _MIX
    yield starts, mixed
    paired = row_of[starts[:-1]] == row_of[starts[1:]]
    pairs = (mixed[:-1][paired] * _BASE + mixed[1:][paired]) * _MIX
    pairs ^= pairs >> np.uint64(30)
    yield starts[:-1][paired], pairs * _BASE
