"""Sentiment quality and speed: python bench/sentiment.py [DATA_FOLDER] [--write].

Macro-F1 over negative, neutral, positive on the dev texts, beside calling everything neutral and beside VADER; the
languages' share of wrong detections in a mixed batch; and the speed of the English and linear scorers. --write keeps
how often each label was given to what, by scorer, in listener/sentiment/models/quality.json.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from listener import language, sentiment
from listener.quality import Quality, quality_file, true_share
from listener.sentiment import english, linear

BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
MEASURED = {
    "en": "tweets",
    "ar": "ArSarcasm-v2, tweets",
    "he": "Facebook and news comments",
    "pl": "PolEmo 2.0, medicine",
    "hu": "HuSST, film reviews",
    "vi": "UTS2017_Bank, posts on banks",
}
SETS = ("en", "en_reviews", "ar", "ar_dz", "ar_ma", "he", "pl", "hu", "vi")
MIXED = ("ar", "cs", "de", "en", "es", "fr", "he", "hu", "it", "pl", "pt", "ro", "tr", "vi")
LABELS = ("negative", "neutral", "positive")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    folder = options.data or Path(os.environ.get("EARNED_SHARED_DATA", BESIDE)) / "sentiment"
    dev = folder / "dev"
    if not dev.exists():
        print(f"skipped: no labelled texts in {dev}; name their folder or set EARNED_SHARED_DATA")
        return
    if options.write:
        quality_file().write_text(json.dumps(measured(dev), indent=1) + "\n", encoding="utf-8")
    quality(dev)
    print()
    negative_share(dev)
    print()
    other_domains(dev)
    print()
    detection(dev)
    print()
    flood()
    print()
    speed(read(dev, "en")["text"].to_list(), read(dev, "pl")["text"])


def measured(dev: Path) -> dict[str, dict[str, object]]:
    """By scorer: where it was measured, macro-F1, and counts[is][called] in the order of LABELS."""
    found: dict[str, dict[str, object]] = {}
    for code, where in MEASURED.items():
        table = read(dev, code)
        truth = table["label"].to_list()
        said = [scored.label or "neutral" for scored in sentiment.score(table["text"].to_list(), [code] * len(truth))]
        pairs = list(zip(truth, said, strict=True))
        counts = [[pairs.count((is_so, called)) for called in LABELS] for is_so in LABELS]
        f1_of_all = round(macro_f1(truth, said), 3)
        name = sentiment.scorer_name(code)
        assert name
        found[name] = {"language": code, "where": where, "macro_f1": f1_of_all, "counts": counts}
    return found


def negative_share(dev: Path) -> None:
    print("negative     recall  precision  false alarms  10% called so are  30% called so are  (90 %, n = 300)")
    for one in measured(dev).values():
        scorer = Quality("", str(one["language"]), "", 0.0, tuple(tuple(row) for row in one["counts"]))  # type: ignore[attr-defined]
        shown = [true_share(share, n=300, quality=scorer) for share in (0.1, 0.3)]
        told = "  ".join(f"{t.share:>5.0%} ({t.low:>3.0%} to {t.high:>3.0%})" if t else "unknown" for t in shown)
        figures = f"{scorer.recall:>6.2f}  {scorer.precision:>9.2f}  {scorer.false_alarms:>12.2f}"
        print(f"{scorer.language:<12} {figures}  {told}")


def read(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{name}.tsv", separator="\t", quote_char=None).with_columns(
        label=pl.col("label").replace_strict({-1: "negative", 0: "neutral", 1: "positive"}, return_dtype=pl.String)
    )


def quality(dev: Path) -> None:
    print(
        "macro-F1     texts  always neutral  VADER (says neutral)  ours   F1 -    F1 0    F1 +    accuracy  sure half"
    )
    for name in SETS:
        table = read(dev, name)
        truth, code = table["label"].to_list(), name[:2]
        ours = sentiment.score(table["text"].to_list(), [code] * len(truth))
        found = [scored.label or "neutral" for scored in ours]
        vader = [label(compound) for compound in english.load().compounds(table["text"])]
        parts = "   ".join(f"{f1(truth, found, one):.3f}" for one in LABELS)
        beside = f"{macro_f1(truth, ['neutral'] * len(truth)):>14.3f}  {macro_f1(truth, vader):>5.3f}"
        beside += f" ({share(vader, 'neutral'):>4.0%})          {macro_f1(truth, found):.3f}  {parts}"
        print(f"{name:<12} {len(truth):>5}  {beside}   {accuracy(truth, found):.3f}     {sure_half(truth, ours)}")


def other_domains(dev: Path) -> None:
    """Subtitles with an emotion, none of them neutral: how the models do on talk they were not made for."""
    print("subtitles    texts  right sign  called neutral")
    for code in ("ar", "he", "pl", "hu", "vi"):
        table = read(dev, f"{code}_xed")
        ours = sentiment.score(table["text"].to_list(), [code] * len(table))
        signs = ["positive" if (scored.score or 0) > 0 else "negative" for scored in ours]
        neutral = share([scored.label or "neutral" for scored in ours], "neutral")
        print(f"{code:<12} {len(table):>5}  {accuracy(table['label'].to_list(), signs):>10.3f}  {neutral:>14.0%}")


def detection(dev: Path) -> None:
    names = {code: code if code == "en" else f"{code}_xed" for code in MIXED}
    rows = [(text, code) for code, name in names.items() for text in read(dev, name)["text"].head(240)]
    texts, truth = [text for text, _ in rows], [code for _, code in rows]
    found = language.detect(texts, MIXED)
    given = [(one, other) for one, other in zip(found, truth, strict=True) if one is not None]
    wrong = sum(one != other for one, other in given)
    print(
        f"mixed batch of {len(MIXED)} languages, {len(rows)} texts: {wrong / len(given):.1%} of those given a language",
        end="",
    )
    print(f" get a wrong one, {1 - len(given) / len(rows):.1%} get none")


def flood() -> None:
    scorer = english.load()
    for name, text in (("4,000 emoji", "😂" * 4_000), ("with a but", "😂" * 2_000 + " but " + "😂" * 2_000)):
        print(f"{name:<12} {seconds(lambda text=text: scorer.polarity(text)):.3f} s")  # type: ignore[misc]


def speed(texts: Sequence[str], polish: pl.Series) -> None:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    reference, scorer = SentimentIntensityAnalyzer(), english.load()
    slow = seconds(lambda: [reference.polarity_scores(text) for text in texts])
    figures = seconds(lambda: [scorer.polarity(text) for text in texts])
    compound = seconds(lambda: scorer.compounds(texts))
    print(f"vaderSentiment 3.3.2       {len(texts) / slow:>9,.0f} texts/s")
    print(f"ours, all four figures     {len(texts) / figures:>9,.0f} texts/s, {slow / figures:.1f} times as fast")
    print(f"ours, as the listener asks {len(texts) / compound:>9,.0f} texts/s, {slow / compound:.1f} times as fast")
    model = linear.read_model(linear.model_path("pl"))
    many = pl.concat([polish] * 5)
    print(f"linear model, Polish       {len(many) / seconds(lambda: linear.score(model, many), runs=3):>9,.0f} texts/s")


def seconds(work: Callable[[], object], *, runs: int = 7) -> float:
    """The least processor time of several runs: the others measure the neighbours."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def label(compound: float) -> str:
    return "positive" if compound >= 0.05 else "negative" if compound <= -0.05 else "neutral"


def f1(truth: Sequence[str], found: Sequence[str], one: str) -> float:
    hits = sum(a == b == one for a, b in zip(truth, found, strict=True))
    return 2 * hits / max(truth.count(one) + found.count(one), 1)


def macro_f1(truth: Sequence[str], found: Sequence[str]) -> float:
    return sum(f1(truth, found, one) for one in LABELS) / len(LABELS)


def accuracy(truth: Sequence[str], found: Sequence[str]) -> float:
    return sum(a == b for a, b in zip(truth, found, strict=True)) / len(truth)


def share(found: Sequence[str], one: str) -> float:
    return found.count(one) / len(found)


def sure_half(truth: Sequence[str], ours: Sequence[sentiment.Scored]) -> str:
    """Accuracy among the half with the highest confidence; "-" for a scorer without confidence."""
    if any(scored.confidence is None for scored in ours):
        return "-"
    order = sorted(range(len(ours)), key=lambda n: -(ours[n].confidence or 0))[: len(ours) // 2]
    return f"{accuracy([truth[n] for n in order], [ours[n].label or 'neutral' for n in order]):.3f}"


if __name__ == "__main__":
    main()
