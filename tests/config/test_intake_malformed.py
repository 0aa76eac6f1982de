"""The catalogue of malformed files: each has a small file of its own, and an answer.

A accepted as it is, N normalised, Q rows put aside with a reason, R the file refused with a sentence.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from config.encodings import decode, guess
from config.intake import ImportReport, IntakeError, list_quarantine, read_table, remember_mapping, take_in
from config.preview import preview
from config.reading import TextTable, find_delimiter, parse_table, read_bytes, read_parts
from config.workspace import Workspace
from tests.config.workbooks import excel

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
SPEND = "date,platform,campaign,cost,currency\n"
ROW = "2026-05-01,meta,spring,12.50,EUR\n"
Take = Callable[..., ImportReport]


@pytest.fixture
def take(workspace: Workspace) -> Take:
    """`take(bytes or text)` imports a file and checks that every row is counted once."""

    def bring(data: bytes | str, *, name: str = "file.csv", **more: object) -> ImportReport:
        path = workspace.folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        sinks = {"facts": Facts(workspace.facts, workspace.engine)}
        report = take_in(workspace, path, layouts=LAYOUTS, sinks=sinks, now=NOW, **more)  # type: ignore[arg-type]
        parts = (report.accepted, report.updated, report.duplicates, report.quarantined, report.skipped)
        assert report.read == sum(parts)
        return report

    return bring


def costs(workspace: Workspace) -> list[str]:
    frame = Facts(workspace.facts, workspace.engine).scan("spend").collect().sort("date_from", "campaign")
    return [f"{cost:.2f}" for cost in frame["cost"]]


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_csv", ".csv"), content)
    return out.getvalue()


def open_sheet() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<office:document-content/>")
    return out.getvalue()


NORMALISED = {
    "a mark of UTF-8": ("\ufeff" + SPEND + ROW).encode(),
    "UTF-16 with a mark": (SPEND + ROW).encode("utf-16"),
    "UTF-16 LE without a mark": (SPEND + ROW).encode("utf-16-le"),
    "UTF-16 BE without a mark": (SPEND + ROW).encode("utf-16-be"),
    "semicolons": (SPEND + ROW).replace(",", ";"),
    "tabs": (SPEND + ROW).replace(",", "\t"),
    "bars": (SPEND + ROW).replace(",", "|"),
    "a first line sep=;": "sep=;\n" + (SPEND + ROW).replace(",", ";"),
    "CR alone ends lines": (SPEND + ROW).replace("\n", "\r"),
    "a zip": zipped(spend_csv=(SPEND + ROW).encode()),
    "gzip": gzip.compress((SPEND + ROW).encode()),
    "a preamble": "Cost report\nMay 2026\n" + SPEND + ROW,
    "comments": "# ------\n# Account: Acme\n#\n" + SPEND + ROW,
    "a total at the bottom": SPEND + ROW + "Total,,,12.50,EUR\n",
    "a total at the top": SPEND + "Grand total,,,12.50,EUR\n" + ROW,
    "a Hungarian total": SPEND + ROW + "Összesen,,,12.50,EUR\n",
    "a Hebrew total": SPEND + ROW + 'סה"כ,,,12.50,EUR\n',
    "a total with more cells than the header": SPEND + ROW + "Total: all,,,12.50,EUR,1,2\n",
    "the header again in the middle": SPEND + SPEND + ROW,
    "an empty header and a trailing comma": SPEND.replace("\n", ",\n") + ROW.replace("\n", ",\n"),
    "headers with blanks and capitals": SPEND.replace("platform", " PLATFORM ").replace("cost", "Cost\u00a0") + ROW,
    "marks of writing direction": SPEND.replace("cost", "\u200fcost\u202b") + ROW,
    "Arabic digits": SPEND + ROW.replace("12.50", "١٢٫٥٠"),
    "Persian digits": SPEND + ROW.replace("12.50", "۱۲٫۵۰"),
    "full-width digits": SPEND + ROW.replace("12.50", "１２.５０"),
    "blank rows": "\n\n" + SPEND + "\n" + ROW + "\n\n",
    "NUL bytes": (SPEND + ROW).replace("meta", "me\x00ta"),
    "a line break in a cell": SPEND + ROW.replace("spring", '"spring\nsale"'),
    "a short row": SPEND + "2026-05-01,meta,spring,12.50\n",
    "an Excel file called .csv": excel(("Costs", [["date", "platform", "campaign", "cost", "currency"],
                                                  ["2026-05-01", "meta", "spring", 12.5, "EUR"]])),
    "an Excel day number": excel(("Costs", [["date", "platform", "campaign", "cost", "currency"],
                                            [46143, "meta", "spring", "12.50", "EUR"]])),
    "Excel with an empty sheet": excel(("Notes", []), ("Costs", [["date", "platform", "campaign", "cost", "currency"],
                                                                ["2026-05-01", "meta", "spring", "12.50", "EUR"]])),
    "a cost like a formula's text": SPEND + ROW.replace("12.50", "'12.50"),
    "a currency sign": SPEND + ROW.replace("12.50", "€ 12.50"),
    "a minus behind and brackets": SPEND + ROW.replace("12.50", "12.50"),
}  # fmt: skip


@pytest.mark.parametrize("data", NORMALISED.values(), ids=NORMALISED.keys())
def test_what_is_only_written_oddly_is_read(take: Take, workspace: Workspace, data: bytes | str) -> None:
    report = take(data)
    assert (report.error, report.accepted, report.quarantined) == (None, 1, 0)
    assert costs(workspace) == ["12.50"]


def bomb() -> bytes:
    return zipped(big_csv=b"0" * (20 * 1024 * 1024))


WIDE = b",".join(b"c%d" % n for n in range(900)) + b"\n"
REFUSED = {
    "nothing": (b"", "empty"),
    "blanks alone": (b" \n\t\n", "empty"),
    "a sign-in page": (b"<!DOCTYPE html><html>Sign in</html>", "web page"),
    "an .xls that is HTML": (b"\xef\xbb\xbf<html><table><tr><td>1</td></tr></table></html>", "web page"),
    "an .xls that is XML": (b'<?xml version="1.0"?><Workbook></Workbook>', "this is XML"),
    "too many columns": (b",".join(b"c%d" % n for n in range(1500)) + b"\n", "1500 columns"),
    "a zip bomb": (bomb(), "100 times"),
    "a gzip bomb": (gzip.compress(b"0" * (150 * 1024 * 1024)), "100 times"),
    "a damaged zip": (b"PK\x03\x04rest", "damaged"),
    "a cut gzip": (gzip.compress(SPEND.encode() * 100)[:-12], "cut off"),
    "an archive in an archive": (zipped(inner_csv=zipped(a_csv=b"x,y\n1,2\n")), "inside the archive"),
    "an empty archive": (zipped(), "holds no table"),
    "a locked Excel file": (b"\xd0\xcf\x11\xe0" + b"\x00" * 500 + "EncryptedPackage".encode("utf-16-le"), "password"),
    "an old Excel file that is broken": (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "cannot be read"),
    "JSON cut off": (b'{"orders": [{"id": 1', "JSON"),
    "unknown columns": (b"a,b\n1,2\n", "no known layout"),
    "bytes of no text": (random.Random(1).randbytes(5000), "not a text file"),
    "a PDF": (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", "of the type PDF"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "of the type PNG"),
    "a document": (zipped(**{"word/document.xml": "<w/>"}), "of the type DOCX"),
    "slides": (zipped(**{"ppt/presentation.xml": "<p/>"}), "of the type PPTX"),
    "an open spreadsheet": (open_sheet(), "of the type ODS"),
    "a feed": (b'<?xml version="1.0"?>\n<rss version="2.0"><channel/></rss>', "page Sources"),
    "a picture in a zip's clothes": (gzip.compress(b"\xff\xd8\xff" + bytes(50)), "of the type JPEG"),
    "brackets without end": (b"[" * 100_000, "no known layout"),
    "a wide header over short rows": (
        b",".join(b"c%d" % n for n in range(900)) + b"\n" + b"a,b\n" * 24_000,
        "far fewer",
    ),
    "the same, read fast": (WIDE + b"a,b\n" * 300_000, "far fewer"),
}


@pytest.mark.parametrize(("data", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_used_at_all_is_refused_in_a_sentence(take: Take, data: bytes, words: str) -> None:
    report = take(data)
    assert report.error
    assert words in report.error
    assert report.error.isprintable()  # a stranger's bytes are not handed on
    assert report.read == 0


QUARANTINED = {
    "a row longer than the header": (SPEND + ROW + "2026-05-02,meta,x,1.00,EUR,more,cells\n", "too_many_cells"),
    "lines in another encoding": (
        (SPEND + ROW.replace("spring", "żółw") + "2026-05-02,meta,").encode() + "cień".encode("cp1250") + b",1,EUR\n",
        "mixed_encoding",
    ),
    "a date that could be two": (SPEND + ROW + "05/06/2026,meta,x,1.00,EUR\n", "bad_date"),
    "no year": (SPEND + ROW + "5 September,meta,x,1.00,EUR\n", "bad_date"),
    "a year before 2000": (SPEND + ROW + "1999-12-31,meta,x,1.00,EUR\n", "bad_date"),
    "a Buddhist year": (SPEND + ROW + "2569-05-01,meta,x,1.00,EUR\n", "bad_date"),
    "an amount in words": (SPEND + ROW + "2026-05-02,meta,x,twelve,EUR\n", "bad_money"),
    "no amount": (SPEND + ROW + "2026-05-02,meta,x,--,EUR\n", "missing_cost"),
    "an end before its start": (
        "date_from,date_to,platform,campaign,cost,currency\n2026-05-01,2026-05-01,meta,spring,12.50,EUR\n"
        "2026-05-02,2026-05-01,meta,x,1,EUR\n",
        "bad_period",
    ),
}


@pytest.mark.parametrize(("data", "reason"), QUARANTINED.values(), ids=QUARANTINED.keys())
def test_a_bad_row_is_put_aside_and_the_others_count(
    take: Take, workspace: Workspace, data: bytes | str, reason: str
) -> None:
    report = take(data)
    assert (report.error, report.accepted, report.quarantined) == (None, 1, 1)
    assert costs(workspace) == ["12.50"]
    (kept,) = list_quarantine(workspace.engine)
    assert kept["reason"] == reason
    assert kept["line"] == 3


def test_a_file_that_is_mostly_unusable_is_refused_with_its_reasons(take: Take, workspace: Workspace) -> None:
    good = "".join(f"2026-05-01,meta,c{n},1.00,EUR\n" for n in range(70))
    bad = "".join(f"soon,meta,c{n},1.00,EUR\n" for n in range(30))
    report = take(SPEND + good + bad)
    assert report.error
    assert report.error.startswith("30 of 100 rows cannot be used (bad_date 30; line 72:")
    assert costs(workspace) == []
    assert take(SPEND + good + bad[: 12 * len("soon,meta,c0,1.00,EUR\n")], name="few.csv").error is None


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("kampania,wydatki\nŻółw w cieniu,12\nŁódź i Gdańsk,13\n", "cp1250"),
        ("kampány,költség\nőszi gyűrű,12\n", "cp1250"),
        ("campagne,dépensé\nété à la française,12\n", "cp1252"),
        ("Kampagne,Kosten\nGrüße für Köln,12\n", "cp1252"),
        ("קמפיין,עלות\nאביב חדש,12\n", "cp1255"),
        ("حملة,تكلفة\nالربيع الجديد,12\n", "cp1256"),
        ("кампания,цена\nновая весна,12\n", "cp1251"),
    ],
)
def test_old_code_pages_are_told_by_their_letters(text: str, encoding: str) -> None:
    read = decode(text.encode(encoding))
    assert (read.encoding, read.text) == (encoding, text)
    assert read.notice


def test_vietnamese_is_read_where_the_person_says_so() -> None:
    text = "chiến dịch".replace("ế", "ê\u0301").replace("ị", "i\u0323")
    data = text.encode("cp1258")
    assert decode(data, hint="vi").text == text
    assert guess("Grüße".encode("cp1252")) == "cp1252"


def test_shopify_orders_are_no_comments() -> None:
    table = parse_table(b"Name,Total\n#1001,5\n#1002,6\n", file="x.csv")
    assert table.frame["Name"].to_list() == ["#1001", "#1002"]


def test_several_tables_of_a_file_keep_their_own_lines_above() -> None:
    text = "# Start date: 20260501\n\nCity,Users\nRome,5\n\n# Start date: 20260401\n\nCity,Users,New users\nOslo,7,1\n"
    tables = read_bytes(text.encode(), file="x.csv").tables
    assert [(t.headers, t.frame.height, t.said["start date"]) for t in tables] == [
        (("City", "Users"), 1, "20260501"),
        (("City", "Users", "New users"), 1, "20260401"),
    ]
    assert [table.frame["source_line"].to_list() for table in tables] == [[4], [9]]


def test_blank_rows_inside_a_table_do_not_end_it() -> None:
    (table,) = read_bytes(b"code,kind\nA,creator\n\nB,creator\n\nC,staff\n", file="x.csv").tables
    assert table.frame["code"].to_list() == ["A", "B", "C"]


@pytest.mark.parametrize(("text", "delimiter"), [("a;b\n1,5;2,5\n", ";"), ("a,b\n1,2\n", ","), ("a\tb\n1\t2\n", "\t")])
def test_the_delimiter_is_the_one_that_cuts_evenly(text: str, delimiter: str) -> None:
    assert find_delimiter(text) == delimiter


def test_a_field_of_more_than_a_megabyte_costs_its_row_alone() -> None:
    table = parse_table(b"a,b\n1,2\n3," + b"x" * (1024 * 1024 + 10) + b"\n5,6\n", file="x.csv")
    assert table.frame["a"].to_list() == ["1", "5"]
    assert [(row.line, row.reason) for row in table.rejected] == [(3, "field_too_long")]


def big(rows: int) -> str:
    lines = [f'2026-05-01,meta,"c{n}, ""quoted""\nsecond line",1.00,EUR' for n in range(rows)]
    return SPEND + "\n".join(lines) + "\n"


def test_a_large_file_is_read_as_a_small_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    text = big(300)
    slow = parse_table(text.encode(), file="x.csv")
    monkeypatch.setattr("config.reading.FAST_FROM", 10)
    fast = parse_table(text.encode(), file="x.csv")
    assert fast.frame.equals(slow.frame)
    assert fast.frame["source_line"].to_list()[:3] == [2, 4, 6]


@pytest.mark.parametrize(
    "text",
    [
        big(3) + "\n# a note\n" + SPEND + ROW,
        big(3) + "1,2,3,4,5,6,7\n",
        "Report\n" + big(3),
        SPEND + ROW + '2026-05-02,meta,"spring,1.00,EUR\n',
        big(3).replace("\n", "\r"),
    ],
    ids=["two tables", "a long row", "a preamble", "a cut", "CR alone"],
)
def test_what_a_fast_reader_would_lose_is_read_line_by_line(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def tables() -> list[TextTable]:
        return list(read_bytes(text.encode(), file="x.csv").tables)

    slow = tables()
    monkeypatch.setattr("config.reading.FAST_FROM", 10)
    fast = tables()
    assert len(fast) == len(slow)
    assert all(a.frame.equals(b.frame) and a.rejected == b.rejected for a, b in zip(fast, slow, strict=True))


def test_a_mapping_is_remembered_for_files_with_the_same_columns(take: Take, workspace: Workspace) -> None:
    text = "when,where,what,how much\n2026-05-01,meta,spring,12.50\n"
    assert "no known layout" in str(take(text).error)
    path = workspace.folder / "file.csv"
    headers = read_table(path).headers
    mapping = {"date": "when", "platform": "where", "campaign": "what", "cost": "how much"}
    remember_mapping(workspace.engine, headers, layout="earned_spend", mapping=mapping)
    assert take(text).layout == "earned_spend"
    assert take(text.replace("12.50", "7.00").replace("05-01", "05-02"), name="next.csv").accepted == 1
    assert costs(workspace) == ["12.50", "7.00"]
    (table,) = preview(workspace, path, layouts=LAYOUTS).tables
    assert table.layout is not None
    assert table.layout.id == "earned_spend"


def test_a_preview_shows_what_an_import_would_see_and_stores_nothing(workspace: Workspace) -> None:
    path = workspace.folder / "file.csv"
    path.write_bytes(("Cost report\n" + SPEND + ROW.replace("spring", "wiosną i łąką")).encode("cp1250"))
    seen = preview(workspace, path, layouts=LAYOUTS)
    (table,) = seen.recognised
    assert (seen.kind, seen.encoding, seen.delimiter, seen.guessed) == ("delimited", "cp1250", ",", True)
    assert (table.layout and table.layout.id, table.rows_read) == ("earned_spend", 1)
    assert table.raw.row(0)[2] == "wiosną i łąką"
    assert "Windows-1250" in table.notices[0]
    assert Facts(workspace.facts, workspace.engine).scan("spend").collect().is_empty()


def test_the_time_of_the_export_decides_between_files_where_it_is_given(take: Take, workspace: Workspace) -> None:
    later, earlier = (dt.datetime(2026, 6, day, tzinfo=dt.UTC) for day in (20, 10))
    take(SPEND + ROW.replace("12.50", "20.00"), name="new.csv", exported_at=later)
    take(SPEND + ROW, name="old.csv", exported_at=earlier)
    assert costs(workspace) == ["20.00"]


def test_unreadable_files_are_an_answer(workspace: Workspace) -> None:
    with pytest.raises(IntakeError, match="empty"):
        read_table(_empty_file(workspace.folder))
    assert pl.Series([1]).len() == 1


def _empty_file(folder: Path) -> Path:
    path = folder / "empty.csv"
    path.write_bytes(b"")
    return path


def test_a_very_large_file_is_read_in_parts_and_is_one_import(
    take: Take, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = "visit_id,visitor,time,landing_url,referrer\n"
    rows = [f'v{n},u{n % 7},2026-05-01T10:00:{n % 60:02}Z,"https://acme.example/{n}\n?q=""a""",\n' for n in range(500)]
    rows[321] = "v321,,2026-05-01T10:00:00Z,https://acme.example/,\n"
    monkeypatch.setattr("config.intake.read_parts", lambda path: read_parts(path, part_bytes=4096))
    report = take(header + "".join(rows))
    assert (report.error, report.read, report.accepted, report.quarantined) == (None, 500, 499, 1)
    assert list_quarantine(workspace.engine)[0]["line"] == 2 + 2 * 321
    touches = Facts(workspace.facts, workspace.engine).scan("touches").collect()
    assert (touches.height, touches["import_id"].n_unique()) == (499, 1)
    again = take(header + "".join(rows))
    assert (again.id, again.duplicates) == (report.id, 500)


def test_a_very_large_file_that_is_not_plain_to_its_end_is_read_as_a_whole(
    take: Take, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = "visit_id,visitor,time,landing_url,referrer\n"
    rows = "".join(f"v{n},u{n % 7},2026-05-01T10:00:00Z,https://acme.example/{n},\n" for n in range(300))
    monkeypatch.setattr("config.intake.read_parts", lambda path: read_parts(path, part_bytes=4096))
    report = take((header + rows).encode() + "v300,u1,2026-05-01T10:00:00Z,https://acme.example/é,\n".encode("cp1252"))
    assert (report.error, report.read, report.accepted) == (None, 301, 301)
    assert Facts(workspace.facts, workspace.engine).scan("touches").collect().height == 301


def days(*changed: tuple[int, str], count: int = 28) -> str:
    """A row a day of May, the campaign `c` and the day's number; `changed` by day."""
    names = {n: f"c{n}" for n in range(1, count + 1)} | dict(changed)
    return SPEND + "".join(f"2026-05-{n:02},meta,{name},{n}.00,EUR\n" for n, name in names.items())


@pytest.mark.parametrize("fast_from", [1 << 20, 10])
@pytest.mark.parametrize(
    ("data", "aside"),
    [
        (days((5, '"c5'), (20, '"c20')), [6, 21]),  # both open, in the same column: all between would fit one cell
        (days((5, '"c5')), [6]),
        (days((5, '"c5'), (6, '"c6')), [6, 7]),
        (days((5, '"c5'), (20, '"c20"')), [6]),
        (days((5, '"c5'), (20, '"c20'), (22, '"c\n22"'), (23, '"c23')), [6, 21, 25]),
    ],
)
def test_quotes_that_lack_their_partner_cost_their_own_rows_alone(
    take: Take, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, data: str, aside: list[int], fast_from: int
) -> None:
    monkeypatch.setattr("config.reading.FAST_FROM", fast_from)
    report = take(data)
    kept = sorted((row["line"], row["reason"]) for row in list_quarantine(workspace.engine))
    assert (report.read, report.accepted, report.error) == (28, 28 - len(aside), None)
    assert kept == [(line, "open_quote") for line in aside]


@pytest.mark.parametrize("fast_from", [1 << 20, 10])
def test_a_closed_cell_is_one_cell_whatever_people_write_into_it_and_it_is_told(
    take: Take, monkeypatch: pytest.MonkeyPatch, fast_from: int
) -> None:
    monkeypatch.setattr("config.reading.FAST_FROM", fast_from)
    note = "hello\n2026-05-09,meta,forged,9999.00,EUR\n2026-05-09,meta,forged,9999.00,EUR\nbye"
    report = take(days((5, f'"{note}"')))
    assert (report.read, report.accepted, report.quarantined) == (28, 28, 0)
    assert any("Line 6 has a cell that goes on over lines which look like rows" in text for text in report.warnings)


@pytest.mark.parametrize(
    "text",
    [
        'text,city,n\n"one, two, three\nfour, five, six\nseven, eight","Berlin",5\nb,Bonn,6\n',
        'text,city,n\n"first\nsecond, line","Berlin",5\nb,Bonn,6\n',
        'text,city,n\n"size: L, red, new\nsays ""yes"", so","Berlin",5\nb,Bonn,6\n',
        'text,city,n\n"one\n\n\n1, 2\nfour","Ber\nlin",5\nb,Bonn,6\n',
    ],
)
def test_line_breaks_in_cells_stay(text: str) -> None:
    table = parse_table(text.encode(), file="f.csv")
    assert (table.frame.height, table.rejected) == (2, ())
