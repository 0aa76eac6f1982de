from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from config import intake, register_files, registers
from config.intake import ImportBusyError, ImportReport, IntakeError, parse_table, take_in
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
CODES = "code,kind,owner,valid_from,valid_to\nANNA10,creator,instagram:@Anna,2026-01-01,2026-03-31\n"


def take(
    workspace: Workspace, text: str | bytes, *, name: str = "codes.csv", wanted: str | None = None
) -> ImportReport:
    file = workspace.folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    sinks = {"registers": register_files.RegisterSink(workspace.engine)}
    return take_in(workspace, file, layouts=register_files.LAYOUTS, sinks=sinks, now=NOW, wanted=wanted)


def adds_up(report: ImportReport) -> bool:
    return report.read == (report.accepted + report.updated + report.duplicates + report.quarantined + report.skipped)


@pytest.mark.parametrize(
    "data",
    [
        CODES.encode(),
        b"\xef\xbb\xbf" + CODES.encode(),
        CODES.encode("utf-16"),
        CODES.encode("utf-16-le"),
        CODES.replace(",", ";").encode(),
        CODES.replace(",", "\t").encode(),
        CODES.replace("\n", "\r\n").encode(),
        CODES.replace("\n", "\r").encode(),
        ("\n\n" + CODES + "\n\n").encode(),
        CODES.replace("ANNA10", "AN\x00NA10").encode(),
        CODES.replace("code,", "CODE ,").encode(),
        CODES.encode().replace(b"2026-03-31", b'"2026-03-31"'),
    ],
)
def test_any_usual_text_file_is_read_alike(workspace: Workspace, data: bytes) -> None:
    report = take(workspace, data)
    assert (report.error, report.accepted, report.read) == (None, 1, 1)
    assert registers.read_codes(workspace.engine).row(0, named=True)["owner"] == "instagram:anna"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n \n", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"PK\x03\x04rest", "CSV"),
        (b"a,b,c\n1,2,3\n", "no known layout"),
        (b",".join(b"c%d" % n for n in range(1500)) + b"\n", "1500 columns"),
    ],
)
def test_a_file_that_is_none_gets_a_clear_sentence(workspace: Workspace, data: bytes, words: str) -> None:
    report = take(workspace, data)
    assert report.error
    assert words in report.error
    assert intake.done_import_ids(workspace.engine) == []


def test_a_missing_file_is_an_answer(workspace: Workspace) -> None:
    report = take_in(workspace, Path("no/such.csv"), layouts=register_files.LAYOUTS, sinks={}, now=NOW)
    assert report.error == "the file cannot be opened: No such file or directory"


def test_bad_rows_go_to_quarantine_with_line_and_reason(workspace: Workspace) -> None:
    report = take(
        workspace,
        "code,kind,valid_from,valid_to,commission_rate\n"
        "A,creator,,,10%\n"
        ",creator,,,\n"
        "B,friend,,,\n"
        "C,creator,31.12.2026,,\n"
        "D,creator,2026-02-01,2026-01-01,\n"
        "E,creator,,,12\n"
        "F,creator,,,,too,many\n"
        "a,creator,2026-05-01,,\n",
    )
    assert adds_up(report)
    assert (report.accepted, report.quarantined) == (1, 7)
    reasons = {row["line"]: row["reason"] for row in intake.list_quarantine(workspace.engine)}
    assert reasons == {
        3: "missing_code",
        4: "unknown_kind",
        5: "bad_date",
        6: "bad_date",
        7: "bad_rate",
        8: "too_many_cells",
        9: "overlapping_validity",
    }


def test_the_same_bytes_again_are_no_news(workspace: Workspace) -> None:
    first, second = take(workspace, CODES), take(workspace, CODES)
    assert (first.accepted, second.accepted, second.duplicates) == (1, 0, 1)
    assert second.id == first.id
    assert adds_up(second)


def test_a_changed_row_is_an_update_and_an_equal_one_a_duplicate(workspace: Workspace) -> None:
    take(workspace, CODES)
    report = take(workspace, CODES.replace("2026-03-31", "2026-04-30") + "NEW,crm,,,\n")
    assert (report.updated, report.accepted) == (1, 1)
    again = take(workspace, CODES.replace("2026-03-31", "2026-04-30") + "NEW,crm,,,\nX,,,,\n")
    assert (again.duplicates, again.accepted) == (2, 1)


def test_two_imports_at_once_are_refused(workspace: Workspace) -> None:
    with FileLock(workspace.data / "import.lock"), pytest.raises(ImportBusyError, match="another import"):
        take(workspace, CODES)


def test_a_half_import_of_a_crash_is_abandoned_and_the_file_can_come_again(workspace: Workspace) -> None:
    class Crash:
        def write(self, import_id: int, parsed: intake.Parsed) -> intake.Written:
            raise KeyboardInterrupt

    file = workspace.folder / "codes.csv"
    file.write_text(CODES)
    with pytest.raises(KeyboardInterrupt):
        take_in(workspace, file, layouts=register_files.LAYOUTS, sinks={"registers": Crash()}, now=NOW)
    assert [row["state"] for row in intake.list_imports(workspace.engine)] == ["pending"]
    assert take(workspace, CODES).accepted == 1
    assert [row["state"] for row in intake.list_imports(workspace.engine)] == ["done", "abandoned"]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_sentence(data: bytes) -> None:
    try:
        table = parse_table(data, file="x.csv")
    except IntakeError as problem:
        assert problem.cure
    else:
        assert table.rows_read >= 0


@given(st.text(min_size=1, max_size=30))
def test_the_normal_form_of_a_code_is_its_own_normal_form(text: str) -> None:
    once = registers.normal_code(text)
    assert registers.normal_code(once) == once


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("anna10", "ANNA10"),
        (" Anna 10 ", "ANNA10"),
        ("ＡＮＮＡ１０", "ANNA10"),
        ("AN\u200bNA10", "ANNA10"),
        ("ANNA\u201310", "ANNA-10"),
        ("А" + "NNA10", "А" + "NNA10"),  # a Cyrillic letter stays: shops treat it as another code
    ],
)
def test_codes_are_compared_in_normal_form(written: str, normal: str) -> None:
    assert registers.normal_code(written) == normal


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://WWW.Shop.example:80/a/?utm_source=x&b=2&a=1#top", "https://shop.example/a?a=1&b=2"),
        ("https://m.shop.example/p?fbclid=1", "https://shop.example/p"),
        ("https://shop.example:8443/p", "https://shop.example:8443/p"),
        ("https://amp.dev", "https://amp.dev"),
        ("https://shop.example/%D7%A9", "https://shop.example/%D7%A9"),
        ("https://shop.example/ש", "https://shop.example/%D7%A9"),
        ("javascript:alert(1)", None),
        ("//shop.example", None),
        ("http://[bad", None),
        ("http://x:99999/", None),
    ],
)
def test_canonical_links(url: str, canonical: str | None) -> None:
    assert registers.canonical_url(url) == canonical
