"""The catalogue of malformed files, second part: numbers and dates. Each case is a small file of its own.

Single cells: tests/attribution/test_inputs_cells.py.
"""

from __future__ import annotations

import pytest

from config.workspace import Workspace
from tests.config.catalogue import COUNTED, ORDERS, ROW, SPEND, Case, check, documented
from tests.config.workbooks import Book, Day, Sheet, workbook

SEMICOLONS = SPEND.replace(",", ";")
CLAIMS = COUNTED.replace("impressions", "impressions,clicks,conversions")
WOO = "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net Sales\n"


def costs(*amounts: str, beside: str = "") -> str:
    """A cost a day, from the first of May, written as told."""
    lines = (f'2026-05-{n:02},meta,spring,"{amount}",{beside or "EUR"}\n' for n, amount in enumerate(amounts, start=1))
    return SPEND + "".join(lines)


def signed(amount: str) -> str:
    """A cost whose currency only its amount says."""
    return SPEND.replace(",currency", "") + f'2026-05-01,meta,spring,"{amount}"\n'


def days(*written: str) -> str:
    return SPEND + "".join(f'"{day}",meta,spring,1,EUR\n' for day in written)


def orders(*times: str, number: str = "") -> str:
    return ORDERS + "".join(f'{number or n},"{time}",5,EUR\n' for n, time in enumerate(times, start=1))


def money(item: str, written: tuple[str, ...], read: tuple[str, ...], said: str = "") -> Case:
    return Case(item, "N", costs(*written), accepted=len(read), values=[f"{amount}" for amount in read], said=said)


def on(item: str, written: tuple[str, ...], read: tuple[str, ...]) -> Case:
    return Case(item, "N", days(*written), accepted=len(read), column="spend.date_from", values=list(read))


def at(item: str, written: str, read: str, said: str = "") -> Case:
    utc = [f"{read}+00:00"]
    return Case(item, "N", orders(written), column="orders.ordered_at", values=utc, said=said)


def counted(item: str, written: str, read: str, said: str = "") -> Case:
    data = COUNTED + f'2026-05-01,meta,spring,1,EUR,"{written}"\n'
    return Case(item, "N", data, column="spend.impressions", values=[read], said=said)


NUMBERS = (
    money("separators", ("1.234,56", "7,50"), ("1234.5600", "7.5000")),
    money("separators", ("1,234.56", "7.50"), ("1234.5600", "7.5000")),
    money("separators", ("1 234,56",), ("1234.5600",)),
    money("separators", ("1\u00a0234,56",), ("1234.5600",)),
    money("separators", ("1\u202f234,56",), ("1234.5600",)),
    money("separators", ("1'234.56",), ("1234.5600",)),
    money("separators", ("1,234", "1,850.00"), ("1234.0000", "1850.0000")),
    money("separators", ("1,234", "18,50"), ("1.2340", "18.5000")),
    money("separators", ("1.234", "7,50"), ("1234.0000", "7.5000")),
    money("one cell otherwise", ("1,850.00", "18,50", "2,000.00"), ("1850.0000", "18.5000", "2000.0000")),
    money("a lone sign before three digits", ("1,234",), ("1234.0000",), said="can be read two ways"),
    money("a lone sign before three digits", ("1.234",), ("1.2340",), said="can be read two ways"),
    Case("a lone sign before three digits", "N", costs("1.234", beside="VND"), values=["1234.0000"]),
    Case("a lone sign before three digits", "N", SEMICOLONS + ROW.replace(",", ";").replace("12.50", "1.234"),
         values=["1234.0000"]),
    Case("a lone sign before three digits", "N", SEMICOLONS + ROW.replace(",", ";").replace("12.50", "1,234"),
         values=["1.2340"]),
    Case("a lone sign before three digits", "N", costs("1.234"), options={"decimal": ","}, values=["1234.0000"]),
    Case("a lone sign before three digits", "N", costs("1,234"), options={"decimal": ","}, values=["1.2340"]),
    *(
        Case("signs and codes of currencies", "N", signed(amount), column="spend.currency", values=[code])
        for amount, code in (
            ("€ 7", "EUR"), ("$7", "EUR"), ("7 zł", "PLN"), ("7 Ft", "HUF"), ("₪7", "ILS"), ("7 ₫", "VND"),
            ("د.إ 7", "AED"), ("৳7", "BDT"), ("7 kr", "EUR"), ("7 USD", "USD"), ("SEK 7", "SEK"), ("£7", "GBP"),
        )
    ),
    Case("signs and codes of currencies", "N", signed("$7"), said="1 cost line names no currency; taken as EUR"),
    Case("signs and codes of currencies", "N", ORDERS + "1,2026-05-01 10:00,5 Ft,\n", column="orders.currency",
         values=["HUF"]),
    money("negative amounts", ("(12.00)", "12.00-", "\u221212.00", "-12.00"), ("-12.0000",) * 4),
    *(
        Case("words for nothing", "N", COUNTED + f"2026-05-01,meta,spring,1,EUR,{word}\n",
             column="spend.impressions", values=["None"])
        for word in ("--", " --", "-", "N/A", "(not set)", "null", "NaN", "#REF!", "")
    ),
    Case("words for nothing", "Q", costs("12.50", "--"), aside=[(3, "missing_cost")], values=["12.5000"]),
    Case("per cent", "N", CLAIMS + "2026-05-01,meta,spring,1,EUR,9,3,77.77%\n", column="spend.claimed_conversions",
         values=["0.7777"]),
    Case("per cent", "Q", costs("12.50", "77.77%"), aside=[(3, "bad_money")], values=["12.5000"]),
    counted("rounded counts", "1.2K", "1200", said="rounded"),
    counted("rounded counts", "3M", "3000000", said="rounded"),
    counted("rounded counts", "12 tis.", "12000", said="rounded"),
    counted("rounded counts", "4,5 mln", "4500000", said="rounded"),
    counted("bounds", "< 10", "None", said="bounds count as unknown"),
    counted("bounds", "> 90%", "None", said="bounds count as unknown"),
    Case("bounds", "N", CLAIMS + "2026-05-01,meta,spring,1,EUR,9,3,< 10%\n", column="spend.claimed_conversions",
         values=["None"], said="bounds count as unknown"),
    Case("bounds", "N", "visit_id,visitor,time,landing_url,referrer,pageviews\n"
         "v1,u1,2026-05-01T10:00:00Z,https://acme.example/,,< 10\n", column="touches.pageviews", values=["None"]),
    Case("bounds", "Q", costs("12.50", "< 0.01"), aside=[(3, "bad_money")], values=["12.5000"]),
    Case("leading zeros and apostrophes", "N", orders("2026-05-01 10:00", number="00123"), column="orders.order_id",
         values=["00123"]),
    Case("leading zeros and apostrophes", "N", orders("2026-05-01 10:00", number="'00123"), column="orders.order_id",
         values=["00123"]),
    money("leading zeros and apostrophes", ("'12.50", "0012.50"), ("12.5000", "12.5000")),
    counted("counts with a point", "1000.0", "1000"),
    Case("minor units and micros", "N", "id,Created date (UTC),Amount,Currency,Status\n"
         "ch_1,2026-05-01 10:00,1200,jpy,Paid\nch_2,2026-05-01 11:00,12.00,eur,Paid\n", accepted=2,
         column="orders.total", values=["1200.0000", "12.0000"]),
    Case("negative totals", "A", WOO + '2026-05-01 10:00:00,7,€20.00,Completed,A,new,1× Kettle,1,,20.00\n'
         "2026-05-02 10:00:00,7,€-5.00,Refunded,A,new,,0,,-5.00\n", accepted=2, column="refunds.amount",
         values=["5.0000"]),
    Case("a cost far beyond the usual", "A", costs(*["10"] * 10, "2000"), accepted=11, said="more than 100 times"),
    Case("more clicks than impressions", "A", COUNTED.replace("\n", ",clicks\n") + "2026-05-01,meta,a,1,EUR,5,9\n",
         said="more clicks than impressions"),
    *(
        Case("ids cut by a spreadsheet", "Q", orders("2026-05-01 10:00") + f"{cut},2026-05-01 11:00,5,EUR\n",
             column="orders.order_id", values=["1"], aside=[(3, "id_lost_digits")], said="a spreadsheet has cut")
        for cut in ("4.54E+12", "1.8e18", '"4,54E+12"')
    ),
)  # fmt: skip

HOUR = "of the hour that the clock change repeats or leaves out"
MERGED = [["date", "platform", "campaign", "cost", "currency"]]
DATES = (
    on("day first or month first", ("05/06/2026", "20/05/2026"), ("2026-05-20", "2026-06-05")),
    on("day first or month first", ("05/06/2026", "05/20/2026"), ("2026-05-06", "2026-05-20")),
    on("day first or month first", ("05.06.2026",), ("2026-06-05",)),
    Case("day first or month first", "Q", days("2026-05-01", "05/06/2026"), aside=[(3, "bad_date")],
         said="month/day"),
    Case("day first or month first", "N", days("05/06/2026"), options={"order": "dmy"}, column="spend.date_from",
         values=["2026-06-05"]),
    Case("day first or month first", "N", days("05/06/2026"), options={"order": "mdy"}, column="spend.date_from",
         values=["2026-05-06"]),
    Case("day first or month first", "N", orders("05/06/2026 10:00"), options={"order": "mdy"},
         column="orders.ordered_at", values=["2026-05-06 08:00:00+00:00"]),
    on("two forms in a column", ("2026-05-01", "20.5.2026", "28 May 2026"), ("2026-05-01", "2026-05-20", "2026-05-28")),
    Case("two forms in a column", "Q", days("2026-05-01", "20/05/2026", "05/21/2026", "05/06/2026"), accepted=3,
         aside=[(5, "bad_date")], column="spend.date_from", values=["2026-05-01", "2026-05-20", "2026-05-21"]),
    on("day numbers of Excel", ("46143",), ("2026-05-01",)),
    at("day numbers of Excel", "45384.34789", "2024-04-02 06:20:57.696000"),
    Case("day numbers of Excel", "N",
         workbook(Book([Sheet("Costs", [*MERGED, [44681, "meta", "spring", 1, "EUR"]])], from_1904=True)),
         column="spend.date_from", values=["2026-05-01"], said="The workbook counts days from 1904"),
    Case("day numbers of Excel", "N",
         workbook(Book([Sheet("Costs", [*MERGED, [Day(44681), "meta", "spring", 1, "EUR"]])], from_1904=True)),
         column="spend.date_from", values=["2026-05-01"]),
    on("years of two digits", ("1.5.26", "20/05/26"), ("2026-05-01", "2026-05-20")),
    *(
        on("months in words", (written,), (read,))
        for written, read in (
            ("5 wrz 2025", "2025-09-05"), ("1 maja 2026", "2026-05-01"), ("2025. szept. 5.", "2025-09-05"),
            ("2026. május 1.", "2026-05-01"), ("5 ספט 2025", "2025-09-05"), ("1 במאי 2026", "2026-05-01"),
            ("1 thg 5, 2026", "2026-05-01"), ("1 Tháng Năm 2026", "2026-05-01"), ("1 مايو 2026", "2026-05-01"),
            ("١ أيار ٢٠٢٦", "2026-05-01"), ("May 1, 2026", "2026-05-01"), ("1 mai 2026", "2026-05-01"),
            ("1. Mai 2026", "2026-05-01"), ("1 de mayo de 2026", "2026-05-01"),
        )
    ),
    at("times without a zone", "2026-05-01 10:00", "2026-05-01 08:00:00"),
    at("times without a zone", "2026-03-29 02:30:00", "2026-03-29 01:30:00", said=HOUR),
    at("times without a zone", "2025-10-26 02:30:00", "2025-10-26 00:30:00", said=HOUR),
    at("times without a zone", "26.10.2025 02:30", "2025-10-26 00:30:00", said=HOUR),
    at("times without a zone", "2025-10-26 02:30:00 +0100", "2025-10-26 01:30:00"),
    at("seconds since 1970", "1767225600", "2026-01-01 00:00:00"),
    at("seconds since 1970", "1767225600000", "2026-01-01 00:00:00"),
    at("seconds since 1970", "1767225600000000", "2026-01-01 00:00:00"),
    at("24:00 and 12:30 AM", "2026-05-01 24:00", "2026-05-01 22:00:00"),
    at("24:00 and 12:30 AM", "2026-05-01 12:30 AM", "2026-04-30 22:30:00"),
    Case("periods", "A", "date_from,date_to,platform,campaign,cost,currency\n2026-05-01,2026-05-31,meta,a,31,EUR\n",
         column="spend.date_to", values=["2026-05-31"]),
    Case("no year", "Q", days("2026-05-01", "5 September"), aside=[(3, "bad_date")]),
    *(
        Case("years of other calendars", "Q", days("2026-05-01", written), aside=[(3, "bad_date")],
             said=f"looks like the {calendar} calendar's")
        for written, calendar in (
            ("1447-11-14", "Islamic"), ("14/11/1447", "Islamic"), ("2569-05-01", "Buddhist"), ("5786-08-14", "Jewish"),
        )
    ),
    Case("future and before 2000", "Q", days("2026-05-01", "1999-12-31"), aside=[(3, "bad_date")]),
    Case("future and before 2000", "Q", days("2026-05-01", "2026-07-15"), aside=[(3, "future_date")]),
    Case("future and before 2000", "A", "network,post_id,published_at,caption\ninstagram,1,2026-12-24T10:00Z,Soon\n",
         accepted=0, skipped={"scheduled": 1}),
    Case("end before start", "Q",
         "date_from,date_to,platform,campaign,cost,currency\n2026-05-01,2026-05-01,meta,a,1,EUR\n"
         "2026-05-02,2026-05-01,meta,b,1,EUR\n", aside=[(3, "bad_period")], said="ends before it begins"),
)  # fmt: skip


@pytest.mark.parametrize("case", [*NUMBERS, *DATES], ids=lambda case: f"{case.outcome} {case.item}")
def test_the_door_answers_as_the_catalogue_says(workspace: Workspace, case: Case) -> None:
    check(workspace, case)


@pytest.mark.parametrize(("section", "cases"), [("Numbers", NUMBERS), ("Dates", DATES)])
def test_the_catalogue_in_the_docs_has_a_file_for_each_row(section: str, cases: tuple[Case, ...]) -> None:
    told = documented(section)
    assert set(told) == {case.item for case in cases}
    assert {case.item for case in cases if case.outcome not in told[case.item]} == set()
