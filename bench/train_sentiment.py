"""Trains the sentiment models: python bench/train_sentiment.py DATA_FOLDER [--only pl] [--out FOLDER].

DATA_FOLDER holds <name>.tsv files with columns text and label (-1, 0, 1). Nothing but numpy and polars is needed, and
the same data give the same files: no random step is taken. The texts themselves never leave their folder.
"""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from listener.sentiment import linear

BITS = 16
VERSION = "2"
MODELS = Path(linear.__file__).parent / "models"
WORDS = Path(__file__).with_name("sentiment_words.tsv")  # our own words of praise, complaint and plain talk
THING = "thing"  # the label of what is talked about there
THINGS_A_PHRASE = 3

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """One model: which training files, under which licence it may be passed on, and how it is trained."""

    language: str
    files: tuple[str, ...]
    licence: str
    data: str
    words: float = 0.0  # weight of each of our own words and phrases
    subtitles: float = 0.0  # weight of a text of <language>_xed: another domain, noisy labels, none neutral
    strip_marks: bool = False  # train on a copy without diacritics too
    inverse_penalty: float = 0.25


RECIPES = (
    Recipe(
        "ar",
        ("ar", "ar_dz", "ar_ma"),
        "CC BY 4.0",
        "ArSarcasm-v2 (MIT); AfriSenti ar_dz, ar_ma (CC BY 4.0); XED subtitles (CC BY 4.0); own words",
        subtitles=0.3,
        words=1.0,
    ),
    Recipe(
        "he",
        ("he", "he_news"),
        "MIT",
        "omilab modern Hebrew Facebook comments (MIT); HeBERT news comments (MIT); own words",
        words=0.5,
    ),
    Recipe(
        "pl",
        ("pl",),
        "CC BY-SA 4.0",
        "PolEmo 2.0, medicine (CC BY-SA 4.0); XED subtitles (CC BY 4.0); own words",
        subtitles=0.1,
        words=1.0,
    ),
    Recipe(
        "hu",
        ("hu",),
        "CC BY-SA 4.0",
        "HuSST (CC BY-SA 4.0); XED subtitles (CC BY 4.0); own words",
        subtitles=0.1,
        words=0.5,
    ),
    Recipe(
        "vi",
        ("vi",),
        "Apache-2.0 or GPL-3.0: its source states both, see the card",
        "UTS2017_Bank (two licences stated); XED subtitles (CC BY 4.0); own words",
        subtitles=0.3,
        words=0.5,
        strip_marks=True,
    ),
)


@dataclass(frozen=True)
class Table:
    """Distinct (row, column) counts of a batch of texts, sorted by row, and again by column."""

    rows: Ints
    columns: Ints
    counts: Floats
    n_features: Floats  # per row, repeats counted
    by_column: Ints  # order of the entries that sorts them by column


@dataclass(frozen=True)
class Training:
    """Texts with labels in {-1, 0, 1} and what each counts in the loss.

    polar: the text's source knows no neutral label, so it is asked only which side it is on, never whether on one.
    """

    texts: pl.Series
    labels: Ints
    weights: Floats
    polar: npt.NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", choices=[recipe.language for recipe in RECIPES])
    parser.add_argument("--out", type=Path, default=MODELS)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for recipe in RECIPES:
        if options.only in (None, recipe.language):
            training = read_training(options.data, recipe)
            model = train(recipe, training)
            linear.write_model(options.out / f"{model.name}.npz", model)
            print(f"{model.name}: {len(training.texts)} texts")


def read_training(folder: Path, recipe: Recipe) -> Training:
    """The recipe's files, then subtitles and our own words as far as it takes them, one below the other."""
    files = dict.fromkeys(recipe.files, 1.0)
    if recipe.subtitles:
        files[f"{recipe.language}_xed"] = recipe.subtitles
    parts = [read_table(folder / f"{name}.tsv") for name in files]
    if recipe.words:
        parts.append(own_talk(recipe.language))
    table = pl.concat([part.select("text", "label") for part in parts])
    sizes = [len(part) for part in parts]
    labels = table["label"].to_numpy().astype(np.int64)
    polar = np.repeat([n == len(recipe.files) and bool(recipe.subtitles) for n in range(len(parts))], sizes)
    weights = np.repeat([*files.values(), recipe.words][: len(parts)], sizes)
    return Training(table["text"], labels, weights, polar)


def read_table(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, separator="\t", quote_char=None)


def read_words() -> pl.DataFrame:
    """Our own words, all texts: language, label (-1, 0, 1 or THING), text."""
    return pl.read_csv(WORDS, separator="\t", quote_char=None, infer_schema=False)


def own_talk(language: str) -> pl.DataFrame:
    """Our own phrases, each by itself and said of a few things, so that the thing itself tells nothing: text, label.

    Which phrase meets which things is fixed by their places in the list; gender and case are not made to agree.
    """
    own = read_words().filter(pl.col("language") == language)
    things = own.filter(pl.col("label") == THING)["text"].to_list()
    rows = []
    for n, (label, phrase) in enumerate(own.filter(pl.col("label") != THING).select("label", "text").iter_rows()):
        rows.append((phrase, int(label)))
        rows += [(f"{things[(n + 5 * k) % len(things)]} {phrase}", int(label)) for k in range(THINGS_A_PHRASE)]
    return pl.DataFrame(rows, schema={"text": pl.String, "label": pl.Int64}, orient="row")


def train(recipe: Recipe, training: Training) -> linear.LinearModel:
    """Balanced logistic regression on features scaled by rarity and contrast, the scale folded into the weights."""
    if recipe.strip_marks:
        training = Training(
            pl.concat([training.texts, without_marks(training.texts)]),
            np.tile(training.labels, 2),
            np.tile(training.weights, 2),
            np.tile(training.polar, 2),
        )
    table = count_features(training.texts)
    rarity = inverse_frequency(table, len(training.texts))
    scale = rarity * contrast(table, training, rarity)
    weights, bias = fit(table, training, scale, inverse_penalty=recipe.inverse_penalty)
    return linear.LinearModel(
        name=f"hng-{recipe.language}",
        version=VERSION,
        languages=(recipe.language,),
        bits=BITS,
        weights=weights.astype(np.float32),
        bias=bias.astype(np.float32),
        licence=recipe.licence,
        data=recipe.data,
    )


def without_marks(texts: pl.Series) -> pl.Series:
    """Texts as typed without diacritics."""
    plain = [unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D")) for text in texts]
    return pl.Series(texts.name, ["".join(c for c in text if not unicodedata.combining(c)) for text in plain])


def count_features(texts: pl.Series) -> Table:
    rows, buckets = linear.features(linear.normalise(texts), bits=BITS)
    keys, counts = np.unique(rows << BITS | buckets, return_counts=True)
    columns = keys & (2**BITS - 1)
    n_features = np.bincount(rows, minlength=len(texts)).astype(np.float64)
    order = np.argsort(columns, kind="stable")
    return Table(keys >> BITS, columns, counts.astype(np.float64), np.maximum(n_features, 1), order)


def inverse_frequency(table: Table, n_texts: int) -> Floats:
    """ln((1 + texts) / (1 + texts with the bucket)) + 1 per bucket; 0 for buckets seen in fewer than two texts."""
    seen = np.bincount(table.columns, minlength=2**BITS)
    return np.where(seen >= 2, np.log((1 + n_texts) / (1 + seen)) + 1, 0.0)


def contrast(table: Table, training: Training, scale: Floats, *, floor: float = 0.25) -> Floats:
    """How unevenly the classes use each bucket, mean 1 (after Wang & Manning 2012, "Baselines and Bigrams").

    Per class the log of the bucket's share in it over its share in the rest, plus-one smoothed; the largest of three
    sizes. A quarter of the mean is given to every bucket, so that none is lost.
    """
    values = scaled(table, scale) * training.weights[table.rows]
    ratios = []
    for label in linear.CLASSES:
        own = (training.labels == label)[table.rows]
        inside = np.bincount(table.columns, weights=values * own, minlength=2**BITS) + 1
        outside = np.bincount(table.columns, weights=values * ~own, minlength=2**BITS) + 1
        ratios.append(np.abs(np.log(inside / inside.sum()) - np.log(outside / outside.sum())))
    size = np.max(ratios, axis=0)
    evened = floor * size.mean() + (1 - floor) * size
    result: Floats = evened / evened.mean()
    return result


def scaled(table: Table, scale: Floats) -> Floats:
    """The entries as the model sees them: counts over the root of the text's number of features, times the scale."""
    result: Floats = table.counts * scale[table.columns] / np.sqrt(table.n_features)[table.rows]
    return result


def class_weights(training: Training) -> Floats:
    """What each text counts when every class is to weigh as much as any other."""
    totals = np.bincount(training.labels + 1, weights=training.weights, minlength=3)
    share: Floats = totals.sum() / np.count_nonzero(totals) / np.maximum(totals, 1)
    return training.weights * share[training.labels + 1]


def fit(table: Table, training: Training, scale: Floats, *, inverse_penalty: float) -> tuple[Floats, Floats]:
    """Weights (2^BITS, 3) for counts / sqrt(n), and bias (3)."""
    truth = training.labels[:, None] == np.array(linear.CLASSES)
    weight = class_weights(training)
    values = scaled(table, scale)
    forward, backward = products(table, values, len(truth))
    n_weights = 3 * 2**BITS

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights, bias = flat[:n_weights].reshape(-1, 3), flat[n_weights:]
        logits = forward(weights) + bias
        logits[training.polar, 1] = -np.inf
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        total = odds.sum(axis=1)
        error = (odds / total[:, None] - truth) * (weight * inverse_penalty)[:, None]
        misfit = inverse_penalty * float(weight @ (np.log(total) - logits[truth]))
        slope = np.concatenate([(backward(error) + weights).ravel(), error.sum(axis=0)])
        return misfit + 0.5 * float((weights**2).sum()), slope

    best = minimise(loss, np.zeros(n_weights + 3))
    return best[:n_weights].reshape(-1, 3) * scale[:, None], best[n_weights:]


def products(
    table: Table, values: Floats, n_rows: int
) -> tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]:
    """The products of the sparse matrix of values, and of its transpose, with a matrix of three columns."""
    order = table.by_column
    row_starts = np.flatnonzero(np.diff(table.rows, prepend=-1))
    column_starts = np.flatnonzero(np.diff(table.columns[order], prepend=-1))
    rows, columns = table.rows[row_starts], table.columns[order][column_starts]
    rows_by_column, values_by_column = table.rows[order], values[order]

    # One column at a time: summing runs of a flat array is several times as fast as summing runs of short rows
    def forward(weights: Floats) -> Floats:
        result = np.zeros((n_rows, 3))
        for k, column in enumerate(np.ascontiguousarray(weights.T)):
            result[rows, k] = np.add.reduceat(column[table.columns] * values, row_starts)
        return result

    def backward(errors: Floats) -> Floats:
        result = np.zeros((2**BITS, 3))
        for k, column in enumerate(np.ascontiguousarray(errors.T)):
            result[columns, k] = np.add.reduceat(column[rows_by_column] * values_by_column, column_starts)
        return result

    return forward, backward


def minimise(
    loss: Callable[[Floats], tuple[float, Floats]], start: Floats, *, steps: int = 300, memory: int = 10
) -> Floats:
    """L-BFGS (Nocedal & Wright, algorithm 7.4) with backtracking, for a convex loss, until a step gains < 1e-5."""
    at, (value, slope) = start, loss(start)
    history: list[tuple[Floats, Floats, float]] = []
    for _ in range(steps):
        direction = -_curved(slope, history)
        length = 1.0 if history else 1.0 / max(float(np.abs(slope).max()), 1.0)
        fall = float(slope @ direction)
        new_value, new_slope = loss(at + length * direction)
        while new_value > value + 1e-4 * length * fall:
            length /= 2
            new_value, new_slope = loss(at + length * direction)
        step, bend = length * direction, new_slope - slope
        if step @ bend > 1e-10:
            history = [*history[-memory + 1 :], (step, bend, 1.0 / float(step @ bend))]
        gain, at, value, slope = value - new_value, at + step, new_value, new_slope
        if gain < 1e-5 * abs(value):
            break
    return at


def _curved(slope: Floats, history: Sequence[tuple[Floats, Floats, float]]) -> Floats:
    """The slope multiplied by the inverse curvature that the last steps showed."""
    result, weights = slope.copy(), []
    for step, bend, inverse in reversed(history):
        weights.append(inverse * float(step @ result))
        result -= weights[-1] * bend
    if history:
        step, bend, inverse = history[-1]
        result /= inverse * float(bend @ bend)
    for (step, bend, inverse), weight in zip(history, reversed(weights), strict=True):
        result += (weight - inverse * float(bend @ result)) * step
    return result


if __name__ == "__main__":
    main()
