"""Nothing of a person reaches the disk: all real samples are imported, and their addresses looked for in the store."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from config.workspace import Workspace
from tests.attribution.test_inputs_golden import SAMPLES, bring

_PERSONAL = {
    "e-mail": re.compile(rb"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z.]{2,}"),
    "address": re.compile(rb"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
    "phone": re.compile(rb"\+\d[\d ()-]{8,}\d"),
}


def stored(workspace: Workspace) -> bytes:
    """All that is kept, in plain: facts as text, the database and the logs as their bytes."""
    tables = [pl.read_parquet(file).write_csv().encode() for file in workspace.facts.rglob("*.parquet")]
    others = [p for p in workspace.data.rglob("*") if p.is_file() and p.suffix != ".parquet"]
    return b"\n".join([*tables, *(path.read_bytes() for path in others)])


@pytest.mark.shared_data
def test_no_address_of_any_sample_is_found_in_the_workspace(
    workspace: Workspace, shared_data: Callable[..., Path]
) -> None:
    private: dict[str, set[bytes]] = {kind: set() for kind in _PERSONAL}
    for sample in SAMPLES:
        path = shared_data("exports", sample)
        bring(workspace, path)
        for kind, pattern in _PERSONAL.items():
            private[kind] |= set(pattern.findall(path.read_bytes()))
    workspace.engine.dispose()
    kept = stored(workspace)
    assert all(private.values()), "the samples hold something to look for"
    found = {kind: sorted(text for text in texts if text in kept) for kind, texts in private.items()}
    assert found == {kind: [] for kind in private}
