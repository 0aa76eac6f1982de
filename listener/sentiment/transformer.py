"""An optional heavy scorer: a transformer that classifies texts, from a folder or from a model hub.

The built-in scorers need none of this. Who wants one installs onnxruntime and tokenizers (for a folder with an .onnx
file), or transformers with torch (for anything they can load), and passes `Transformer.score_texts` to
`listener.sentiment.score(..., scorers={"de": ...})`.

A folder is read as exported by the usual tools: model.onnx (or onnx/model.onnx), tokenizer.json, config.json with
`id2label`. Classes are recognised by name (negative, neutral, positive; or LABEL_0, LABEL_1, LABEL_2 in that order);
a model without a neutral class is accepted. Nothing is downloaded unless `allow_download` is said.

    TransformerError
        NotInstalled      the library for this model is not here
        UnknownClasses    the model's classes are not sentiments
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from listener.sentiment import Label, Scored

LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")
MAX_TOKENS = 256
_BATCH = 16
_GENERIC = {"label_0": 0, "label_1": 1, "label_2": 2}

Logits = npt.NDArray[np.float32]


class TransformerError(RuntimeError):
    """A model that cannot be used; says why and what to do."""


class NotInstalled(TransformerError):
    pass


class UnknownClasses(TransformerError):
    pass


@dataclass(frozen=True, slots=True, eq=False)
class Transformer:
    """A loaded model: `classes[k]` is the label of its k-th output; `run` gives one row of logits a text."""

    name: str
    classes: tuple[Label, ...]
    run: Callable[[Sequence[str]], Logits]

    def score_texts(self, texts: Sequence[str]) -> list[Scored]:
        """One result a text: score = P(+) - P(-), label = most probable class, confidence = its P."""
        results = []
        for start in range(0, len(texts), _BATCH):
            logits = self.run([text.encode("utf-8", "replace").decode() for text in texts[start : start + _BATCH]])
            results += [self._scored(row) for row in _softmax(logits)]
        return results

    def _scored(self, shares: npt.NDArray[np.float64]) -> Scored:
        best = int(shares.argmax())
        positive, negative = self.classes.index("positive"), self.classes.index("negative")
        score = float(shares[positive] - shares[negative])
        return Scored(score, self.classes[best], float(shares[best]), self.name, "scored")


def load(source: str | Path, *, version: str = "1", allow_download: bool = False) -> Transformer:
    """The model of a folder, or of a hub's name such as "owner/model"; TransformerError if it cannot be used.

    Its scorer name is "transformer-<last part of the source>/<version>": raise the version when the files change.
    """
    folder = Path(source)
    name = f"transformer-{folder.name}/{version}"
    graph = next((path for path in (folder / "model.onnx", folder / "onnx" / "model.onnx") if path.exists()), None)
    if graph is not None:
        return _from_onnx(name, folder, graph)
    return _from_transformers(name, str(source), allow_download=allow_download)


def _from_onnx(name: str, folder: Path, graph: Path) -> Transformer:
    onnxruntime, tokenizers = _library("onnxruntime"), _library("tokenizers")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    except Exception as error:  # both libraries raise bare exceptions of their own
        raise TransformerError(f"{folder} cannot be read as a model: {error}") from error
    tokenizer.enable_truncation(MAX_TOKENS)
    padding = int(config.get("pad_token_id") or 0)
    tokenizer.enable_padding(pad_id=padding, pad_token=tokenizer.id_to_token(padding) or "[PAD]")
    wanted = {given.name for given in session.get_inputs()}

    def run(texts: Sequence[str]) -> Logits:
        encoded = tokenizer.encode_batch(list(texts))
        given = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": np.array([one.attention_mask for one in encoded], dtype=np.int64),
            "token_type_ids": np.array([one.type_ids for one in encoded], dtype=np.int64),
        }
        (logits, *_) = session.run(None, {key: value for key, value in given.items() if key in wanted})
        return np.asarray(logits, dtype=np.float32)

    return Transformer(name, _classes(config.get("id2label")), run)


def _from_transformers(name: str, source: str, *, allow_download: bool) -> Transformer:
    transformers, torch = _library("transformers"), _library("torch")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, local_files_only=not allow_download)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            source, local_files_only=not allow_download, use_safetensors=True
        )
    except (OSError, ValueError) as error:
        cure = "" if allow_download else " (downloads are off: name a folder, or allow them)"
        raise TransformerError(f"{source} cannot be loaded{cure}: {error}") from error
    model.eval()

    def run(texts: Sequence[str]) -> Logits:
        given = tokenizer(list(texts), padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        with torch.no_grad():
            return np.asarray(model(**given).logits.numpy(), dtype=np.float32)

    return Transformer(name, _classes(model.config.id2label), run)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise NotInstalled(f"this model needs the package {name}: install it beside earned") from error


def _classes(names: Mapping[Any, str] | None) -> tuple[Label, ...]:
    """The label of each output, from the model's own names of its classes."""
    ordered = [name.lower() for _, name in sorted((names or {}).items(), key=lambda item: int(item[0]))]
    if ordered == list(_GENERIC):
        return LABELS
    found = tuple(label for name in ordered for label in LABELS if name[:3] == label[:3])
    if len(found) != len(ordered) or len(set(found)) != len(found) or not {"negative", "positive"} <= set(found):
        raise UnknownClasses(f"its classes are {ordered}, not negative, neutral and positive")
    return found


def _softmax(logits: Logits) -> npt.NDArray[np.float64]:
    odds = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares: npt.NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return shares
