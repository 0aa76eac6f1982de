"""The optional transformer scorer, on a tiny model made here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from listener import sentiment
from listener.sentiment import transformer

WORDS = {"[PAD]": 0, "[UNK]": 1, "gut": 2, "schlecht": 3, "und": 4}


def tiny_model(folder: Path, classes: dict[str, str]) -> Path:
    """A folder as exporters write it: logits = masked sum of one row per word (gut: +, schlecht: -)."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: the transformer scorer is not tested here")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: the transformer scorer is not tested here")
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed: the scorer is not tested here")
    helper, kinds = onnx.helper, onnx.TensorProto
    rows = np.array([[0, 0, 0], [0, 0.5, 0], [-2, 0, 2], [2, 0, -2], [0, 0.5, 0]], dtype=np.float32)
    nodes = [
        helper.make_node("Gather", ["rows", "input_ids"], ["each"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=kinds.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["each", "wide"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "middle"], ["logits"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, kinds.INT64, ["n", "t"]) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("logits", kinds.FLOAT, ["n", 3])],
        [
            onnx.numpy_helper.from_array(rows, "rows"),
            onnx.numpy_helper.from_array(np.array([2], dtype=np.int64), "last"),
            onnx.numpy_helper.from_array(np.array([1], dtype=np.int64), "middle"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(folder / "model.onnx"))
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"id2label": classes, "pad_token_id": 0}), encoding="utf-8")
    return folder


NAMED = {"0": "Negative", "1": "neutral", "2": "POS"}


def test_a_folder_is_loaded_and_scores(tmp_path: Path) -> None:
    loaded = transformer.load(tiny_model(tmp_path, NAMED), version="7")
    texts = ["gut", "schlecht und schlecht", "und", "", "gut gut gut und gut"] * 9
    scored = loaded.score_texts(texts)
    assert [one.label for one in scored[:5]] == ["positive", "negative", "neutral", "negative", "positive"]
    assert scored[:5] * 9 == scored
    assert all(-1 <= (one.score or 0) <= 1 and one.status == "scored" for one in scored)
    assert scored[0].scorer == f"transformer-{tmp_path.name}/7"
    assert scored[0].score == pytest.approx((np.e**2 - np.e**-2) / (np.e**2 + 1 + np.e**-2), abs=1e-6)


def test_it_stands_in_for_a_language(tmp_path: Path) -> None:
    loaded = transformer.load(tiny_model(tmp_path, {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}))
    german, english = sentiment.score(["gut", "good"], ["de", "en"], scorers={"de": loaded.score_texts})
    assert (german.label, english.scorer) == ("positive", "vader-3.3.2")


def test_classes_that_are_no_sentiments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(transformer.UnknownClasses, match="joy"):
        transformer.load(tiny_model(tmp_path, {"0": "joy", "1": "anger", "2": "fear"}))


def test_a_broken_folder_is_refused(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path, NAMED)
    (folder / "model.onnx").write_bytes(b"no model")
    with pytest.raises(transformer.TransformerError, match="cannot be read"):
        transformer.load(folder)


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(transformer, "import_module", absent)
    with pytest.raises(transformer.NotInstalled, match="transformers"):
        transformer.load(tmp_path)
    (tmp_path / "model.onnx").touch()
    with pytest.raises(transformer.NotInstalled, match="onnxruntime"):
        transformer.load(tmp_path)


def test_any_scorer_can_stand_in() -> None:
    fixed = sentiment.Scored(1.0, "positive", None, "fixed", "scored")
    assert sentiment.score(["x y"], ["de"], scorers={"de": lambda texts: [fixed] * len(texts)}) == [fixed]


def test_a_folder_of_transformers_is_loaded_and_scores(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed: not tested here")
    torch = pytest.importorskip("torch", reason="torch is not installed: not tested here")
    torch.manual_seed(0)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "gut", "schlecht"]
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    transformers.BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    shape = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        id2label={0: "negative", 1: "positive"},
        label2id={"negative": 0, "positive": 1},
    )
    transformers.BertForSequenceClassification(shape).save_pretrained(tmp_path)
    scored = transformer.load(tmp_path).score_texts(["gut", "schlecht gut"])
    assert [one.status for one in scored] == ["scored", "scored"]
    assert {one.label for one in scored} <= {"negative", "positive"}
    assert all(one.confidence is not None and one.confidence >= 0.5 for one in scored)


def test_nothing_is_downloaded_unless_allowed() -> None:
    pytest.importorskip("transformers", reason="transformers is not installed: not tested here")
    pytest.importorskip("torch", reason="torch is not installed: not tested here")
    with pytest.raises(transformer.TransformerError, match="downloads are off"):
        transformer.load("nobody/no-such-model")
