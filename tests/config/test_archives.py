"""A damaged archive is refused with a sentence, whatever of it is damaged."""

from __future__ import annotations

import io
import zipfile

import pytest

from config.reading import read_bytes
from config.text_tables import IntakeError


def stored(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return out.getvalue()


LONG = stored(a="x" * 200 + "\n", b="a\n1\n")
DAMAGED = {
    "bytes lost on the way": (LONG[:60] + LONG[160:], "a.csv in the archive is damaged"),
    "an entry spoilt": (LONG.replace(b"x" * 200, b"x" * 199 + b"y"), "a.csv in the archive is damaged"),
    "a name that is no text": (stored(é="a,b\n1,2\n").replace("é".encode(), b"\xff\xfe"), "the archive is damaged"),
    "the end is missing": (LONG[:-30], "the archive is damaged"),
}


@pytest.mark.parametrize(("data", "problem"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_archive_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(IntakeError, match=problem) as refused:
        read_bytes(data, file="x.zip")
    assert "Download it again" in str(refused.value)
