"""A damaged archive is refused with a sentence, whatever of it is damaged."""

from __future__ import annotations

import io
import zipfile

import pytest

from config.reading import read_bytes
from config.text_tables import IntakeError
from tests.config.workbooks import excel


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


@pytest.mark.parametrize("start", [40, 200, 700, 1400])
def test_an_excel_file_that_lost_bytes_is_refused(start: int) -> None:
    data = excel(("costs", [["date", "platform", "cost"], ["2026-05-01", "meta", "12.5"]]))
    with pytest.raises(IntakeError, match=r"(Excel file cannot be read|archive is damaged)"):
        read_bytes(data[:start] + data[start + 50 :], file="x.xlsx")
