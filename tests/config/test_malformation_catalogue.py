"""The catalogue of malformed exports, row by row: a small file of its own each, and what the import door says to it.

Containers, encodings, delimiters, preambles, totals, headers, digits and files that are refused stand in
test_intake_malformed.py; money and number cells in tests/attribution/test_inputs_cells.py (`1.234,56`, `1'234.56`,
brackets, minus signs behind, `1.2K`, `12 tis.`, currencies without decimals); lines and codes of Shopify orders in
tests/attribution/test_inputs_shopify.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
import pytest

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from config.intake import ImportReport, list_quarantine, take_in
from config.workspace import Workspace
from tests.config.workbooks import excel

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
Take = Callable[..., ImportReport]

SPEND = "date,platform,campaign,cost,currency,impressions,clicks\n"
COST = "2026-05-01,meta,spring,12.50,EUR,1000,10\n"
ORDERS = (
    "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Id,Refunded Amount\n"
)


def order(
    number: int, *, at: str = "2026-05-01 10:00:00 +0200", total: str = "100.00", code: str = "", refund: str = "0"
) -> str:
    return f"#{number},,paid,{at},EUR,{total},0,0,{total},{code},0,{at},1,Kettle,{total},45000000{number},{refund}\n"


VISITS = "visit_id,visitor,time,landing_url,referrer\n"
VISIT = "v1,u1,2026-05-01T10:00:00Z,https://acme.example/?utm_source=ig,\n"
POSTS = "network,post_id,published_at,permalink,caption,likes\n"
POST = "instagram,100,2026-05-01T10:00:00Z,,Spring,5\n"
PLAUSIBLE = "session_id,sign,user_id,hostname,start,timestamp,entry_page,pageviews,events,duration\n"
REPORT = "# Start date: 20260501\n# End date: 20260531\nSession default channel group,Sessions,Engaged sessions\n"
LINE = (
    '192.0.2.1 - - [01/May/2026:10:00:00 +0000] "GET /?utm_source=ig HTTP/1.1" 200 5 "-" '
    '"Mozilla/5.0 (Windows NT 10.0; rv:120.0) Gecko/20100101 Firefox/120.0"\n'
)
SUITE = "Post ID,Account username,Description,Publish time,Permalink,Post type,Date,Likes\n"


@dataclass(frozen=True)
class Answer:
    """What the door says: counts; the reasons with their numbers; words of a warning; and values of a stored column."""

    accepted: int
    quarantined: int = 0
    skipped: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    warned: str = ""
    column: str = ""
    values: tuple[str, ...] = ()


def put_aside(reason: str) -> Answer:
    """One row aside, with the reason; the other one counts."""
    return Answer(1, quarantined=1, reasons=((reason, 1),))


def day(written: str) -> str:
    return SPEND + COST.replace("2026-05-01", f'"{written}"')


ONE_DAY = Answer(1, column="spend.date_from", values=("2026-05-01",))
CATALOGUE: dict[str, tuple[str | bytes, Answer]] = {
    # Dates. Without a year, before 2000, Buddhist, two readings, end before start: test_intake_malformed.QUARANTINED.
    "an order of the future": (ORDERS + order(1) + order(2, at="2026-07-15 10:00:00 +0200"), put_aside("future_date")),
    "a cost of the future": (SPEND + COST + COST.replace("2026-05-01", "2026-07-15"), put_aside("future_date")),
    "a visit of the future": (
        VISITS + VISIT + "v2,u2,2027-05-01T10:00:00Z,https://acme.example/,\n",
        put_aside("future_date"),
    ),
    "a clock one day ahead": (ORDERS + order(1, at="2026-07-01 10:00:00 +0200"), Answer(1)),
    "a Hijri year": (SPEND + COST + COST.replace("2026-05-01", "1447-11-14"), put_aside("bad_date")),
    "a Jewish year": (SPEND + COST + COST.replace("2026-05-01", "5786-08-14"), put_aside("bad_date")),
    "a Hebrew month": (day("1 במאי 2026"), ONE_DAY),
    "a Polish month": (day("1 maja 2026"), ONE_DAY),
    "a Hungarian month": (day("2026. május 1."), ONE_DAY),
    "an Arabic month": (day("1 مايو 2026"), ONE_DAY),
    "an Arabic month of the Levant": (day("١ أيار ٢٠٢٦"), ONE_DAY),
    "a Vietnamese month": (day("1 thg 5, 2026"), ONE_DAY),
    "a Vietnamese month in words": (day("1 Tháng Năm 2026"), ONE_DAY),
    "a Hebrew month cut short": (
        day("5 ספט 2025"),
        Answer(1, column="spend.date_from", values=("2025-09-05",)),
    ),
    "a Polish month cut short": (day("5 wrz 2025"), Answer(1, column="spend.date_from", values=("2025-09-05",))),
    "a Hungarian month cut short": (
        day("2025. szept. 5."),
        Answer(1, column="spend.date_from", values=("2025-09-05",)),
    ),
    "a day number of Excel": (day("46143"), ONE_DAY),
    "a year of two digits": (day("1.5.26"), ONE_DAY),
    "days and months told by another row": (
        SPEND + COST.replace("2026-05-01", "01/05/2026") + COST.replace("2026-05-01", "20/05/2026"),
        Answer(2, column="spend.date_from", values=("2026-05-01", "2026-05-20")),
    ),
    "24:00 is the next day": (
        ORDERS + order(1, at="2026-05-01 24:00"),
        Answer(1, column="orders.ordered_at", values=("2026-05-01 22:00:00+00:00",)),
    ),
    "12:30 AM": (
        ORDERS + order(1, at="2026-05-01 12:30 AM"),
        Answer(1, column="orders.ordered_at", values=("2026-04-30 22:30:00+00:00",)),
    ),
    "an hour that the clock change skips": (
        ORDERS + order(1, at="2026-03-29 02:30:00"),
        Answer(1, column="orders.ordered_at", values=("2026-03-29 01:30:00+00:00",)),
    ),
    # Orders. Continuation without parent, same name in two shops: test_inputs_shopify.py.
    "a code that is a link": (ORDERS + order(1) + order(2, code="https://x.example"), put_aside("not_a_code")),
    "a code that is an address": (ORDERS + order(1) + order(2, code="a@b.example"), put_aside("not_a_code")),
    "a code that is a command": (ORDERS + order(1) + order(2, code="1; DROP TABLE x"), put_aside("not_a_code")),
    "an id that a spreadsheet cut": (
        ORDERS + order(1) + order(2).replace("450000002", "4.54E+12"),
        put_aside("id_lost_digits"),
    ),
    "an order of nothing": (
        ORDERS + order(1, total="0.00"),
        Answer(1, column="orders.total", values=("0.0000",)),
    ),
    "an order twice in a file": (ORDERS + order(1) + order(1), put_aside("duplicate_order_id")),
    "two currencies": (
        ORDERS + order(1) + order(2).replace("EUR", "PLN"),
        Answer(2, column="orders.currency", values=("EUR", "PLN")),
    ),
    "a formula in a text": (
        SPEND + COST.replace("spring", "=cmd|'/c calc'!A1"),
        Answer(1, column="spend.campaign", values=("=cmd|'/c calc'!a1",)),
    ),
    "parts that do not add up": (
        ORDERS + order(1).replace("100.00,0,0,100.00", "100.00,5,0,100.00"),
        Answer(1, warned="do not add up"),
    ),
    # Costs. Reach added up, restated days, a line twice: tests/attribution/test_inputs_own_files.py.
    "more clicks than views": (SPEND + COST.replace("1000,10", "10,1000"), Answer(1, warned="more clicks than")),
    "a cost a hundred times the usual": (
        SPEND + "".join(COST.replace("05-01", f"05-{n:02}") for n in range(1, 11)) + "2026-05-20,meta,x,2000,EUR,,\n",
        Answer(11, warned="more than 100 times"),
    ),
    "a refund above the total is kept": (
        ORDERS + order(1, refund="500"),
        Answer(1, column="refunds.amount", values=("500.0000",)),
    ),
    "bytes of TLS and a socket without address in a log": (
        LINE * 6 + LINE.replace("GET /?utm_source=ig HTTP/1.1", "\\x16\\x03\\x01") + LINE.replace("192.0.2.1", "::1"),
        Answer(7, quarantined=1, skipped=0, reasons=(("missing_url", 1),)),
    ),
    "no currency": (
        "date,platform,campaign,cost\n2026-05-01,meta,spring,12.50\n",
        Answer(1, warned="no currency; taken as"),
    ),
    "a row without campaign is the account's total": (
        "Day,Campaign name,Amount spent (USD),Impressions\n2026-05-01,spring,12.50,5\n2026-05-01,,12.50,5\n",
        Answer(1, skipped=1, reasons=(("total_row", 1),), column="spend.currency", values=("USD",)),
    ),
    # Traffic. Nth day and translated headers: tests/attribution/test_inputs_golden.py.
    "a session taken back": (
        PLAUSIBLE
        + "s1,1,7,acme.example,2026-05-01 10:00:00,2026-05-01 10:00:00,/,1,1,0\n"
        + "s1,-1,7,acme.example,2026-05-01 10:00:00,2026-05-01 10:00:00,/,1,1,0\n"
        + "s1,1,7,acme.example,2026-05-01 10:00:00,2026-05-01 10:05:00,/,3,3,300\n",
        Answer(1, skipped=2, reasons=(("replaced_version", 2),), column="touches.pageviews", values=("3",)),
    ),
    "values put together": (REPORT + "Direct,10,5\n(other),4,2\n", Answer(2, warned="(other)")),
    "more engaged sessions than sessions": (
        REPORT + "Direct,10,5\nEmail,4,9\n",
        put_aside("engaged_above_sessions"),
    ),
    "a URL encoded twice": (
        VISITS + VISIT.replace("utm_source=ig", "utm_source=ig&utm_campaign=spring%2520sale"),
        Answer(1, column="touches.utm_campaign", values=("spring sale",)),
    ),
    "a query encoded whole": (
        VISITS + VISIT.replace("utm_source=ig", "utm_source%3Dig%26utm_medium%3Dstory"),
        Answer(1, column="touches.utm_medium", values=("story",)),
    ),
    "#Fields change in the middle of a log": (
        "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent)\n"
        "2026-05-01 10:00:00 192.0.2.1 GET /a utm_source=ig 200 Mozilla/5.0+(Windows+NT+10.0)+Firefox/120.0\n"
        "#Fields: date time cs-uri-stem cs-method c-ip cs-uri-query sc-status cs(User-Agent)\n"
        "2026-05-01 15:00:00 /b GET 192.0.2.2 utm_source=fb 200 Mozilla/5.0+(Windows+NT+10.0)+Firefox/121.0\n",
        Answer(2, column="touches.utm_source", values=("fb", "ig")),
    ),
    # Posts.
    "a scheduled post": (
        POSTS + POST + "instagram,101,2026-12-24T10:00:00Z,,Soon,\n",
        Answer(1, skipped=1, reasons=(("scheduled", 1),)),
    ),
    "a deleted post without counts": (
        POSTS + POST.replace(",5\n", ",\n"),
        Answer(1, column="posts.likes", values=("None",)),
    ),
    "Lifetime beside days": (
        SUITE
        + "17,acme,Hi,05/01/2026 10:00,https://www.instagram.com/p/x/,IG reel,Lifetime,50\n"
        + "17,acme,Hi,05/01/2026 10:00,https://www.instagram.com/p/x/,IG reel,05/02/2026,5\n",
        Answer(1, skipped=1, reasons=(("daily_row", 1),), column="posts.likes", values=("50",)),
    ),
    "a post's id that a spreadsheet cut": (
        POSTS + POST + "x,1.8E+18,2026-05-01T10:00:00Z,,Spring,5\n",
        put_aside("id_lost_digits"),
    ),
    "several sheets": (
        excel(("Notes", [["a", "b"], ["x", "y"]]),
              ("Costs", [["date", "platform", "campaign", "cost", "currency"],
                         ["2026-05-01", "meta", "spring", 12.5, "EUR"]])),
        Answer(1, skipped=1, reasons=(("other_table", 1),)),
    ),
}  # fmt: skip


@pytest.fixture
def take(workspace: Workspace) -> Take:
    def bring(data: bytes | str, *, name: str = "file.csv") -> ImportReport:
        path = workspace.folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        sinks = {"facts": Facts(workspace.facts, workspace.engine)}
        return take_in(workspace, path, layouts=LAYOUTS, sinks=sinks, now=NOW)

    return bring


@pytest.mark.parametrize(("data", "answer"), CATALOGUE.values(), ids=CATALOGUE.keys())
def test_the_door_answers_each_malformation(
    take: Take, workspace: Workspace, data: bytes | str, answer: Answer
) -> None:
    report = take(data)
    assert report.error is None
    assert (report.accepted, report.quarantined, report.skipped) == (
        answer.accepted,
        answer.quarantined,
        answer.skipped,
    )
    assert report.read == report.accepted + report.quarantined + report.skipped
    assert tuple(sorted(report.reasons.items())) == answer.reasons
    assert len(list_quarantine(workspace.engine)) == answer.quarantined
    assert any(answer.warned in text for text in report.warnings) or not answer.warned
    if answer.column:
        table, column = answer.column.split(".")
        stored = Facts(workspace.facts, workspace.engine).scan(table).collect()
        assert tuple(sorted(str(value) for value in stored[column])) == answer.values


def test_a_date_of_the_future_makes_no_old_file_the_newest(take: Take, workspace: Workspace) -> None:
    take(ORDERS + order(1, refund="10") + order(2, at="2090-01-01 10:00:00 +0200"), name="old.csv")
    take(ORDERS + order(1, refund="30") + order(3, at="2026-06-20 10:00:00 +0200"), name="new.csv")
    refunds = Facts(workspace.facts, workspace.engine).scan("refunds").collect()
    amounts = refunds.filter(pl.col("order_id") == "450000001")["amount"]
    assert [f"{amount:.2f}" for amount in amounts] == ["30.00"]
