"""The keyed hash that people are known by: HMAC-SHA256 as Python's own module computes it, whatever the column."""

from __future__ import annotations

import hmac
from pathlib import Path

import polars as pl
import pytest

from config.workspace import open_workspace, write_starter

COLUMNS = {
    "all different": ["ann", "bo", "čeněk"],
    "mostly one person": ["ann", "ann", "ann", "bo"],
    "some unknown": ["ann", None, "", "  ", "bo"],
    "blanks and capitals": [" Ann ", "ANN", "ann"],
    "nobody": [None, None],
    "no rows": [],
}


@pytest.mark.parametrize("texts", COLUMNS.values(), ids=COLUMNS.keys())
def test_it_is_the_first_eight_bytes_of_the_hmac(texts: list[str | None], tmp_path: Path) -> None:
    write_starter(tmp_path)
    workspace = open_workspace(tmp_path)
    plain = [(text or "").strip().lower() for text in texts]
    digests = [hmac.digest(workspace.key, text.encode(), "sha256")[:8] if text else None for text in plain]
    expected = [None if digest is None else int.from_bytes(digest, "big", signed=True) for digest in digests]
    assert workspace.keyed_hash(pl.Series("who", texts, dtype=pl.String)).to_list() == expected
