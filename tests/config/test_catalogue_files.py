"""The catalogue of malformed files, first part: file and text. Each case is a small file of its own."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from attribution.inputs import LAYOUTS
from config.import_ledger import imports
from config.intake import list_quarantine
from config.preview import preview
from config.workspace import Workspace
from tests.config.catalogue import ROW, SPEND, Case, bring, check, documented, stored
from tests.config.workbooks import Book, Day, Sheet, excel, workbook
from ui.frame import guarded_csv

HEAD = SPEND.strip().split(",")
COST = ["2026-05-01", "meta", "spring", 12.5, "EUR"]
TOTAL = "Total,,,12.50,EUR\n"


def zipped(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def claiming(size: int) -> bytes:
    """A zip whose directory says that its file is so large, and packed a fiftieth of it."""
    data = bytearray(zipped({"a.csv": SPEND.encode()}))
    place = data.rindex(b"PK\x01\x02")
    data[place + 20 : place + 28] = struct.pack("<II", size // 50, size)
    return bytes(data)


def meta(*words: str, money: str = "12.50") -> str:
    """A Meta export with these headers: day, campaign, spend, impressions."""
    return f"{','.join(words)}\n2026-05-01,spring,{money},1000\n"


def garbled(text: str, page: str) -> str:
    return "".join(bytes([byte]).decode(page, errors="ignore") or chr(byte) for byte in text.encode())


NORMALISED = (
    Case("UTF-8 with a mark", "N", ("\ufeff" + SPEND + ROW).encode(), values=["12.5000"]),
    Case("UTF-16 with and without a mark", "N", (SPEND + ROW).encode("utf-16"), values=["12.5000"]),
    Case("UTF-16 with and without a mark", "N", b"\xfe\xff" + (SPEND + ROW).encode("utf-16-be"), values=["12.5000"]),
    Case("UTF-16 with and without a mark", "N", (SPEND + ROW).encode("utf-16-le"), values=["12.5000"]),
    Case("UTF-16 with and without a mark", "N", (SPEND + ROW).encode("utf-16-be"), values=["12.5000"]),
    *(
        Case(
            "Windows code pages", "N", (SPEND + ROW.replace("spring", text)).encode(page),
            column="spend.campaign", values=[text], said=f"read as Windows-{page[2:]}",
        )
        for page, text in (
            ("cp1250", "żółw w cieniu"), ("cp1250", "őszi gyűrű"), ("cp1252", "été à la française"),
            ("cp1255", "אביב חדש כאן"), ("cp1256", "الربيع الجديد"), ("cp1251", "новая весна"),
        )
    ),
    Case("Windows code pages", "N", (SPEND + ROW.replace("spring", "chi\u00ea\u0301n di\u0323ch")).encode("cp1258"),
         options={"encoding": "vi"}, column="spend.campaign", values=["chiến dịch"], said="as you said"),
    Case("semicolons, tabs, bars", "N", (SPEND + ROW).replace(",", ";"), values=["12.5000"]),
    Case("semicolons, tabs, bars", "N", (SPEND + ROW).replace(",", "\t"), values=["12.5000"]),
    Case("semicolons, tabs, bars", "N", (SPEND + ROW).replace(",", "|"), values=["12.5000"]),
    Case("sep=; as first line", "N", "sep=;\n" + (SPEND + ROW).replace(",", ";"), values=["12.5000"]),
    Case("sep=; as first line", "N", '"sep=;"\r\n' + (SPEND + ROW).replace(",", ";"), values=["12.5000"]),
    Case("CR alone ends lines", "N", (SPEND + ROW).replace("\n", "\r"), values=["12.5000"]),
    Case("Excel file named .csv", "N", excel(("Costs", [HEAD, COST])), values=["12.5000"]),
    Case("zip of tables", "N", zipped({"a/spend.csv": (SPEND + ROW).encode(), "read me.pdf": b"%PDF"})),
    Case("zip of tables", "N", zipped({"may.csv": (SPEND + ROW).encode(),
                                      "june.csv": (SPEND + ROW.replace("-05-", "-06-")).encode()}), accepted=2),
    Case("gzip", "N", gzip.compress((SPEND + ROW).encode()), values=["12.5000"]),
    Case("lines above the table", "N", "Cost report\nMay 2026\n" + SPEND + ROW, values=["12.5000"]),
    Case("lines above the table", "N",
         '"July 8, 2025 - July 31, 2025"\nCampaign,Cost,Currency code,Impr.\nspring,12.50,EUR,9\n',
         column="spend.date_to", values=["2025-07-31"]),
    Case("# comments", "N", "# ------\n# Account: Acme\n#\n" + SPEND + ROW, values=["12.5000"]),
    Case("# comments", "N", "order_id,ordered_at,total,currency\n#1001,2026-05-01 10:00,5,EUR\n",
         column="orders.order_id", values=["#1001"]),
    Case("several tables in one file", "N", "Owner,Note\nAnn,new\n\n" + SPEND + ROW, skipped={"other_table": 1},
         said='Of no known layout and left out: "Owner, Note" (1 rows)'),
    *(
        Case("totals", "N", data, skipped={"total_row": 1}, values=costs, accepted=len(costs))
        for data, costs in (
            (SPEND + ROW + TOTAL, ["12.5000"]), (SPEND + "Grand total,,,12.50,EUR\n" + ROW, ["12.5000"]),
            (SPEND + ROW + TOTAL + ROW.replace("05-01,", "05-02,"), ["12.5000", "12.5000"]),
            (SPEND + ROW + "Összesen,,,12.50,EUR\n", ["12.5000"]), (SPEND + ROW + 'סה"כ,,,12.50,EUR\n', ["12.5000"]),
            (SPEND + ROW + "Łącznie,,,12.50,EUR\n", ["12.5000"]), (SPEND + ROW + "الإجمالي,,,1,EUR\n", ["12.5000"]),
            (SPEND + ROW + "Tổng cộng,,,12.50,EUR\n", ["12.5000"]),
            (SPEND + ROW + "Total: all,,,12.50,EUR,1,2\n", ["12.5000"]),
        )
    ),
    Case("header repeated in the middle", "N", SPEND + ROW + SPEND + ROW.replace("05-01", "05-02"), accepted=2,
         skipped={"repeated_header": 1}),
    Case("a header twice", "N", SPEND.replace("\n", ",cost\n") + ROW.replace("\n", ",12.50\n"), values=["12.5000"]),
    Case("a header twice", "N", SPEND.replace("\n", ",note,note\n") + ROW.replace("\n", ",a,b\n"), values=["12.5000"]),
    Case("a header twice", "R", SPEND.replace("\n", ",Cost\n") + ROW.replace("\n", ",99\n"),
         said="columns 4 and 6 have the same header, 'cost', and differ in line 2"),
    Case("empty header, trailing comma", "N", SPEND.replace("\n", ",\n") + ROW.replace("\n", ",\n")),
    Case("blanks, capitals, NBSP in headers", "N",
         SPEND.replace("platform", " PLATFORM ").replace("cost", "Cost\u00a0").replace("currency", "currency ") + ROW),
    *(
        Case("headers in other languages", "N", meta(*words), values=["12.5000"])
        for words in (
            ("Jour", "Nom de la campagne", "Montant dépensé (EUR)", "Impressions"),
            ("Día", "Nombre de la campaña", "Importe gastado (EUR)", "Impresiones"),
            ("Tag", "Kampagnenname", "Ausgegebener Betrag (EUR)", "Impressionen"),
            ("Dzień", "Nazwa kampanii", "Wydana kwota (EUR)", "Wyświetlenia"),
            ("Nap", "Kampány neve", "Elköltött összeg (EUR)", "Megjelenések"),
            ("יום", "שם הקמפיין", "הסכום שהוצא (EUR)", "חשיפות"),
            ("اليوم", "اسم الحملة", "المبلغ المنفق (EUR)", "مرات الظهور"),
            ("Ngày", "Tên chiến dịch", "Số tiền đã chi tiêu (EUR)", "Lượt hiển thị"),
        )
    ),
    *(
        Case("headers in other languages", "N",
             f"# {start}: 20260501\n# {end}: 20260531\n{group},{sessions}\nOrganic Social,7\n",
             column="traffic_daily.sessions", values=["7"])
        for start, end, group, sessions in (
            ("Date de début ", "Date de fin ", "Groupe de canaux par défaut de la session", "Sessions"),
            ("Kezdő dátum", "Záró dátum", "Munkamenet alapértelmezett csatornacsoportja", "Munkamenetek"),
            ("תאריך התחלה", "תאריך סיום", "קבוצת ערוצים המוגדרת כברירת מחדל של הסשן", "סשנים"),
            ("تاريخ البدء", "تاريخ الانتهاء", "مجموعة القنوات التلقائية للجلسة", "الجلسات"),
            ("Ngày bắt đầu", "Ngày kết thúc", "Nhóm kênh mặc định của phiên", "Số phiên"),
        )
    ),
    Case("headers in other languages", "R", "Kasse,Beleg\n1,2\n", said="no known layout (Kasse, Beleg)"),
    Case("marks of writing direction", "N", SPEND.replace("cost", "\u200fcost\u202b") + ROW, values=["12.5000"]),
    Case("marks of writing direction", "N", SPEND + ROW.replace("12.50", "\u200f12.50\u202c"), values=["12.5000"]),
    Case("Arabic, Persian, full-width digits", "N", SPEND + ROW.replace("12.50", "١٢٫٥٠"), values=["12.5000"]),
    Case("Arabic, Persian, full-width digits", "N", SPEND + ROW.replace("12.50", "۱۲٫۵۰"), values=["12.5000"]),
    Case("Arabic, Persian, full-width digits", "N", SPEND + ROW.replace("12.50", "１２.５０"), values=["12.5000"]),
    Case("Arabic, Persian, full-width digits", "N", SPEND + ROW.replace("2026-05-01", "۲۰۲۶-۰۵-۰۱"),
         column="spend.date_from", values=["2026-05-01"]),
    Case("blank rows", "N", "\n\n" + SPEND + "\n" + ROW + ",,,,\n\n" + ROW.replace("05-01", "05-02") + "\n",
         accepted=2),
    Case("NUL and control bytes", "N", SPEND + ROW.replace("spring", "sp\x00ri\x08n\x1bg\x7f"),
         column="spend.campaign", values=["spring"]),
    Case("NUL and control bytes", "N", SPEND + ROW + "\x1a"),
    *(
        Case("letters misread before", "N", SPEND + ROW.replace("spring", garbled("wiosna łąka żółw", page)),
             said=f"import the file again with --encoding utf-8-as-{page}")
        for page in ("cp1252", "cp1250")
    ),
)  # fmt: skip

ACCEPTED = (
    Case("line breaks in cells", "A", SPEND + ROW.replace("spring", '"spring\nsale"') + ROW.replace("05-01", "05-02"),
         accepted=2, column="spend.campaign", values=["spring", "spring\nsale"]),
    Case("header without rows", "A", SPEND, accepted=0, values=[]),
    Case("header without rows", "A", SPEND.strip(), accepted=0, values=[]),
    Case("short rows", "A", SPEND + "2026-05-01,meta,spring,12.50\n", values=["12.5000"], said="no currency; taken as"),
    Case("short rows", "Q", SPEND + ROW + "2026-05-02,meta\n", aside=[(3, "missing_cost")], values=["12.5000"]),
    *(
        Case("formulas in cells", "A", SPEND + ROW.replace("spring", f'"{text}"'), column="spend.campaign",
             values=[text.strip()])
        for text in ("=cmd|'/c calc'!a1", "+49 sale", "-50 off", "@sale", "\tsale", "\rsale")
    ),
    Case("formulas in cells", "A", SPEND + ROW.replace("spring", "'=sum(a1)").replace("12.50", "'12.50"),
         column="spend.campaign", values=["=sum(a1)"]),
    Case("several and hidden sheets", "A", excel(("Notes", [["a", "b"], ["x", "y"]]), ("Costs", [HEAD, COST])),
         skipped={"other_table": 1}, said='left out: "Notes" (1 rows)'),
    Case("several and hidden sheets", "A",
         workbook(Book([Sheet("Old", [HEAD, COST, COST], hidden=True), Sheet("Costs", [HEAD, COST])])),
         skipped={"hidden_sheet": 2}, said='The sheet "Old" is hidden and was left out (2 rows)', values=["12.5000"]),
    Case("several and hidden sheets", "A", workbook(Book([Sheet("Costs", [HEAD, COST], hidden=True)]))),
)  # fmt: skip

CUT = SPEND + ROW + '2026-05-02,meta,"spring,1.00,EUR\n2026-05-03,meta,x,2,EUR\n'
ASIDE = (
    Case("mixed encodings", "Q",
         (SPEND + ROW.replace("spring", "żółw") + "2026-05-02,meta,").encode() + "cień".encode("cp1250") + b",1,EUR\n",
         aside=[(3, "mixed_encoding")], column="spend.campaign", values=["żółw"]),
    Case("open quote, cut last line", "Q", CUT, accepted=2, aside=[(3, "open_quote")],
         said="line 3: a quote opens and never closes"),
    Case("open quote, cut last line", "Q", SPEND + ROW + "2026-05-02,meta,x,1.0", aside=[(3, "file_cut")],
         said="file cut at line 3: it has 4 of 5 cells and no line end"),
    Case("open quote, cut last line", "A", SPEND + ROW.strip(), values=["12.5000"]),
    Case("open quote, cut last line", "N", SPEND + ROW + TOTAL.strip().removesuffix(",EUR"), skipped={"total_row": 1}),
    Case("a closed cell over lines that look like rows", "N",
         SPEND + '2026-05-01,meta,"a\n2026-05-02,meta,b,9.00,EUR\n2026-05-03,meta,b,9.00,EUR\nz",12.50,EUR\n',
         values=["12.5000"], said="Line 2 has a cell that goes on over lines which look like rows"),
    Case("rows longer than the header", "Q", SPEND + ROW + "2026-05-02,meta,x,1.00,EUR,more,cells\n",
         aside=[(3, "too_many_cells")], said="line 3 has 7 cells, the header has 5", values=["12.5000"]),
    Case("cells above 1 MB", "Q",
         SPEND + ROW + f"2026-05-02,meta,{'x' * (1024 * 1024 + 1)},1,EUR\n" + ROW.replace("05-01", "05-03"),
         accepted=2, aside=[(3, "field_too_long")], said="line 3 has a cell of more than 1 MB"),
    Case("merged cells", "Q",
         workbook(Book([Sheet("Costs", [["Costs of May"], HEAD, COST, ["2026-05-02", "meta", "a", 3, "EUR"],
                                        ["2026-05-02", "meta", None, 4, "EUR"], ["Total", None, None, 19.5]],
                              merged=["A1:E1", "C4:C5", "A6:C6"])])),
         aside=[(4, "merged_cells"), (5, "merged_cells")], skipped={"total_row": 1}, values=["12.5000"],
         said="row 4 has merged cells; take them apart"),
    Case("merged cells", "Q",
         workbook(Book([Sheet("Costs", [HEAD, COST, ["2026-05-02", "meta", None, 4, "EUR"]], merged=["B7:C7"],
                              first_row=5)])),
         aside=[(7, "merged_cells")], values=["12.5000"]),
)  # fmt: skip

LOCKED = b"\xd0\xcf\x11\xe0" + b"\x00" * 500 + "EncryptedPackage".encode("utf-16-le")
REFUSED = (
    Case("empty file", "R", b"", said="the file is empty. Export it again"),
    Case("empty file", "R", b" \n\t\n", said="the file is empty"),
    Case("empty file", "R", b"\xef\xbb\xbf", said="the file is empty"),
    Case("web page or sign-in page", "R", "<!DOCTYPE html><html>Sign in</html>", said="Sign in to the tool"),
    Case("web page or sign-in page", "R", "\n <HTML><body>403</body></HTML>", said="this is a web page, not an export"),
    Case(".xls that is HTML or XML", "R", "\ufeff<html><table><tr><td>1</td></tr></table>", said="web page"),
    Case(".xls that is HTML or XML", "R", '<?xml version="1.0"?><Workbook></Workbook>', said="download it again"),
    Case("more than 1,000 columns", "R", ",".join(f"c{n}" for n in range(1001)) + "\n1\n", said="1001 columns"),
    Case("Excel with a password", "R", LOCKED, said="the Excel file has a password. Save it without one"),
    Case("zip bomb", "R", zipped({"a.csv": b"0" * (20 * 1024 * 1024)}), said="more than 100 times its size"),
    Case("zip bomb", "R", gzip.compress(b"0" * (120 * 1024 * 1024)), said="500 MB or 100 times its size"),
    Case("zip bomb", "R", claiming(600 * 1024 * 1024), said="unpacks to more than 500 MB"),
    Case("zip bomb", "R", zipped({f"{n}.csv": b"" for n in range(201)}), said="201 files. At most 200"),
    Case("zip bomb", "R", zipped({"in.csv": zipped({"a.csv": b"x,y\n1,2\n"})}), said="an archive inside the archive"),
    Case("damaged or foreign file", "R", b"PK\x03\x04rest", said="damaged"),
    Case("damaged or foreign file", "R", b"\x28\xb5\x2f\xfd" + bytes(90), said="zstd -d"),
    Case("damaged or foreign file", "R", gzip.compress(SPEND.encode() * 100)[:-12], said="cut off"),
    Case("damaged or foreign file", "R", b"%PDF-1.7\n1 0 obj\n", said="of the type PDF, which holds no table"),
    Case("damaged or foreign file", "R", '{"orders": [{"id": 1', said="JSON that cannot be read"),
    Case("more than a fifth put aside", "R",
         SPEND + "".join(f"2026-05-01,meta,c{n},1,EUR\n" for n in range(70)) + "soon,meta,x,1,EUR\n" * 30,
         said="30 of 100 rows cannot be used (bad_date 30; line 72:"),
    Case("more than a fifth put aside", "Q",
         SPEND + "".join(f"2026-05-01,meta,c{n},1,EUR\n" for n in range(90)) + "soon,meta,x,1,EUR\n" * 10,
         accepted=90, aside=[(line, "bad_date") for line in range(92, 102)]),
)  # fmt: skip

CASES = (*NORMALISED, *ACCEPTED, *ASIDE, *REFUSED)
BY_TEST = {"the same file again", "overlapping days", "changed values", "larger than 2 GB"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.outcome} {case.item}")
def test_the_door_answers_as_the_catalogue_says(workspace: Workspace, case: Case) -> None:
    check(workspace, case)


def test_the_catalogue_in_the_docs_has_a_file_for_each_row() -> None:
    told = documented("File and text")
    assert set(told) == {case.item for case in CASES} | BY_TEST
    assert {case.item for case in CASES if case.outcome not in told[case.item]} == set()


def test_the_same_file_again_changes_nothing(workspace: Workspace) -> None:
    first, again = bring(workspace, SPEND + ROW), bring(workspace, SPEND + ROW, name="copy.csv")
    assert (again.id, again.read, again.duplicates) == (first.id, 1, 1)
    assert stored(workspace, "spend.cost") == ["12.5000"]


def test_overlapping_days_count_once(workspace: Workspace) -> None:
    bring(workspace, SPEND + ROW + ROW.replace("05-01", "05-02"))
    report = bring(workspace, SPEND + ROW.replace("05-01", "05-02") + ROW.replace("05-01", "05-03"), name="next.csv")
    assert (report.accepted, report.updated, report.duplicates) == (1, 0, 1)
    assert stored(workspace, "spend.cost") == ["12.5000"] * 3


def test_of_changed_values_the_newest_export_counts_and_the_old_one_can_come_back(workspace: Workspace) -> None:
    bring(workspace, SPEND + ROW)
    newer = bring(workspace, SPEND + ROW.replace("12.50", "13.00") + ROW.replace("05-01", "05-09"), name="new.csv")
    assert (newer.accepted, newer.updated) == (1, 1)
    assert stored(workspace, "spend.cost") == ["12.5000", "13.0000"]
    with workspace.engine.begin() as connection:
        connection.execute(sa.update(imports).where(imports.c.id == newer.id).values(state="undone"))
    assert stored(workspace, "spend.cost") == ["12.5000"]


def test_a_file_above_the_limit_is_refused_unread(workspace: Workspace) -> None:
    path = workspace.folder / "file.csv"
    with path.open("wb") as out:
        out.write(b"PK\x03\x04")
        out.truncate(2 * 1024**3 + 1)  # a hole: it takes no room on the disk
    seen = preview(workspace, path, layouts=LAYOUTS)
    assert seen.error == "larger than 2 GB. Export shorter periods"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "＝"])
def test_formulas_are_text_on_export(start: str) -> None:
    written = guarded_csv(pl.DataFrame({"campaign": [f"{start}cmd"]})).decode("utf-8-sig")
    cell = written.splitlines()[1].strip('"').lstrip()
    assert cell.startswith("'")


def test_letters_misread_are_mended_where_a_person_says_so(workspace: Workspace) -> None:
    text = SPEND + ROW.replace("spring", garbled("wiosna łąka", "cp1252"))
    first = bring(workspace, text)
    seen = preview(workspace, workspace.folder / "file.csv", layouts=LAYOUTS)
    assert seen.garbled == "utf-8-as-cp1252"
    mended = bring(workspace, text, encoding=seen.garbled)
    assert (mended.accepted, mended.replaced) == (1, [first.id])
    assert (stored(workspace, "spend.campaign"), stored(workspace, "spend.cost")) == (["wiosna łąka"], ["12.5000"])
    again = bring(workspace, text, encoding=seen.garbled)
    assert (again.id, again.duplicates) == (mended.id, 1)


def test_letters_of_a_code_page_can_be_said_after_the_import(workspace: Workspace) -> None:
    data = (SPEND + ROW.replace("spring", "chi\u00ea\u0301n di\u0323ch")).encode("cp1258")
    bring(workspace, data)
    report = bring(workspace, data, encoding="vi")
    assert (report.encoding, len(report.replaced)) == ("cp1258", 1)
    assert stored(workspace, "spend.campaign") == ["chiến dịch"]


def test_lines_of_a_sheet_are_those_of_the_sheet(workspace: Workspace) -> None:
    rows = [HEAD, [], COST, ["soon", *COST[1:]]]
    bring(workspace, workbook(Book([Sheet("Costs", rows, first_row=4)])))
    assert [row["line"] for row in list_quarantine(workspace.engine)] == [7]


def test_days_of_a_sheet_are_days(workspace: Workspace) -> None:
    bring(workspace, workbook(Book([Sheet("Costs", [HEAD, [Day(46143), *COST[1:]]])])))
    assert stored(workspace, "spend.date_from") == ["2026-05-01"]


def test_a_large_file_is_cut_at_the_same_line_as_a_small_one(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.reading.FAST_FROM", 10)
    rows = "".join(f'2026-05-01,meta,"c{n}\nx",1,EUR\n' for n in range(40))
    report = bring(workspace, SPEND + rows + "2026-05-02,meta,la")
    assert (report.accepted, report.quarantined) == (40, 1)
    assert [(row["line"], row["reason"]) for row in list_quarantine(workspace.engine)] == [(82, "file_cut")]


def test_a_workbook_with_links_to_others_is_read_alone(workspace: Workspace, tmp_path: Path) -> None:
    extra = {"xl/externalLinks/externalLink1.xml": '<externalLink><externalBook r:id="rId1"/></externalLink>'}
    report = bring(workspace, workbook(Book([Sheet("Costs", [HEAD, COST])], extra=extra)))
    assert (report.error, report.accepted) == (None, 1)
