"""The catalogue of malformed exports, second half: orders, traffic, costs, CRM, posts, and the rule for all of them.

Every item is a case by its own name, with a small file of its own through the import door and the stated outcome:
A accepted as it is, N read as what it means, Q the row put aside, R the file refused. Files and text, numbers and dates
stand in test_malformation_catalogue.py and test_intake_malformed.py.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pytest

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from config.intake import ImportReport, list_quarantine, take_in
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
Take = Callable[..., ImportReport]


@dataclass(frozen=True)
class Case:
    """A small file and what the door says to it. `put_aside`: line -> reason; `skipped`: reason -> rows; `warned`:
    words of the warnings; `stored`: table.column -> its values as texts, sorted."""

    file: str | bytes
    accepted: int = 0
    put_aside: Mapping[int, str] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    warned: tuple[str, ...] = ()
    stored: Mapping[str, list[str]] = field(default_factory=dict)
    name: str = "file.csv"
    exactly: bool = False  # no other warning is given


# --- small files ----------------------------------------------------------------------------------------------------

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Id,Refunded Amount\n"
)
OWN = "order_id,ordered_at,total,currency,subtotal,codes\n"
WOO = "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net Sales\n"
VISITS = "visit_id,visitor,time,landing_url,referrer\n"
VISIT = "v1,u1,2026-05-01T10:00:00Z,https://acme.example/?utm_source=ig,\n"
REPORT = "# Start date: 20260501\n# End date: 20260531\nSession default channel group,Sessions,Engaged sessions\n"
META = "Reporting starts,Reporting ends,Campaign name,Amount spent (USD),Impressions,Reach,Link clicks\n"
CONTACTS = "Record ID,First Name,Last Name,Email,Phone Number,Lifecycle Stage,Lead Status,Create Date,Notes\n"
POSTS = "network,post_id,published_at,permalink,caption,likes\n"
SUITE = "Post ID,Account username,Description,Publish time,Permalink,Post type,Date,Likes\n"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; rv:120.0) Gecko/20100101 Firefox/120.0"


def order(
    number: int, *, at: str = "2026-05-01 10:00:00 +0200", total: str = "100.00", code: str = "", amount: str = "0",
    refund: str = "0", name: str = "", parts: str = "0,0",
) -> str:  # fmt: skip
    cell = f'"{code}"' if "," in code else code
    return (
        f"{name or f'#{number}'},,paid,{at},EUR,{total},{parts},{total},{cell},{amount},{at},1,Kettle,{total},"
        f"45000000{number},{refund}\n"
    )


def item(name: str, product: str = "Cup") -> str:
    """A further line of an order: only its name, time and product are told."""
    return f"{name},,,,,,,,,,,2026-05-01 10:00:00 +0200,2,{product},5.00,,\n"


def request(
    *, ip: str = "192.0.2.1", at: str = "10:00:00", line: str = "GET /?utm_source=ig HTTP/1.1", agent: str = BROWSER
) -> str:
    return f'{ip} - - [01/May/2026:{at} +0000] "{line}" 200 5 "-" "{agent}"\n'


SOME = "".join(request(ip=f"192.0.2.{n}") for n in (1, 2, 3))


def woo(number: int, at: str, revenue: str, *, status: str = "completed") -> str:
    return f'{at},{number},"€{revenue}",{status},A,new,1× Kettle,1,,{revenue}\n'


def contact(number: str, **cells: str) -> str:
    names = ("first", "last", "email", "phone", "stage", "status", "created", "notes")
    usual = {"stage": "lead", "status": "NEW", "created": "2026-05-01 10:00"}
    return f"{number},{','.join({**usual, **cells}.get(name, '') for name in names)}\n"


def visit(url: str, *, referrer: str = "") -> str:
    return VISITS + f"v1,u1,2026-05-01T10:00:00Z,{url},{referrer}\n"


def rest_order(**more: Any) -> str:
    record = {
        "id": 1, "name": "#1", "financial_status": "paid", "created_at": "2026-05-10T10:00:00Z", "currency": "EUR",
        "subtotal_price": "50.00", "total_price": "50.00", "total_tax": "0.00", "test": False,
    }  # fmt: skip
    return json.dumps({"orders": [record | more, record | {"id": 2, "name": "#2"}]})


def refund(at: str, amount: str) -> list[dict[str, Any]]:
    return [{"id": 7, "created_at": at, "transactions": [{"kind": "refund", "amount": amount}]}]


# --- orders ---------------------------------------------------------------------------------------------------------

ORDERS = {
    "Q a continuation row before its parent": Case(
        SHOPIFY + item("#2") + order(1) + order(2),
        2,
        {2: "orphan_line"},
        stored={"order_lines.product": ["Kettle", "Kettle"]},
    ),
    "Q a continuation row without its parent": Case(
        SHOPIFY + order(1) + item("#1") + item("#9"), 2, {4: "orphan_line"}, stored={"orders.order_name": ["1"]}
    ),
    "Q a code column that holds a URL": Case(
        SHOPIFY + order(1, code="ANNA10", amount="5") + order(2, code="https://x.example/?c=ANNA10"),
        1,
        {3: "not_a_code"},
        stored={"order_codes.code_norm": ["ANNA10"]},
    ),
    "Q a code column that holds an e-mail address": Case(
        SHOPIFY + order(1) + order(2, code="anna@shop.example"), 1, {3: "not_a_code"}
    ),
    "Q a code column that holds SQL": Case(
        SHOPIFY + order(1) + order(2, code="x'; DROP TABLE orders; --"), 1, {3: "not_a_code"}
    ),
    "Q a code column that holds SQL, in an own file": Case(
        OWN + "1,2026-05-01,10,EUR,10,ANNA10\n2,2026-05-01,10,EUR,10,1 UNION SELECT key FROM users\n",
        1,
        {3: "not_a_code"},
    ),
    "Q a refund before its order": Case(
        WOO + woo(7, "2026-05-10 10:00:00", "80.00") + woo(7, "2026-05-02 10:00:00", "-20.00", status="refunded"),
        1,
        {3: "refund_before_order"},
        stored={"orders.order_id": ["7"], "refunds.amount": []},
    ),
    "Q an order whose refund is dated before it": Case(
        rest_order(refunds=refund("2026-05-01T10:00:00Z", "10.00")),
        1,
        {1: "refund_before_order"},
        stored={"orders.order_id": ["2"], "refunds.amount": []},
        name="orders.json",
    ),
    "A a refund of the same day, by a clock of another zone": Case(
        rest_order(refunds=refund("2026-05-10T00:00:00Z", "10.00")),
        2,
        stored={"refunds.amount": ["10.0000"]},
        name="orders.json",
    ),
    "N pseudo-codes": Case(
        SHOPIFY
        + order(1, code="AUTOMATIC DISCOUNTS", amount="5")
        + order(2, code="Upsell Discount", amount="5")
        + order(3, amount="5"),
        3,
        stored={"order_codes.kind": ["automatic"] * 3, "order_codes.code_norm": ["None"] * 3},
    ),
    "N several codes in a cell": Case(
        SHOPIFY + order(1, code="anna10, FREESHIP", amount="5"),
        1,
        stored={"order_codes.code_norm": ["ANNA10", "FREESHIP"], "order_codes.discount": ["None", "None"]},
    ),
    "N several codes in a cell of an own file": Case(
        OWN + "1,2026-05-01,10,EUR,10,anna10;FREESHIP\n",
        1,
        stored={"order_codes.code_norm": ["ANNA10", "FREESHIP"]},
    ),
    "A a total that is not its parts": Case(
        SHOPIFY + order(1) + order(2, parts="5,0"),
        2,
        warned=("1 order (first: line 3) whose Subtotal, Shipping and Taxes do not add up to Total",),
        stored={"orders.total": ["100.0000", "100.0000"]},
    ),
    "A mixed currencies": Case(
        SHOPIFY + order(1) + order(2).replace("EUR", "PLN"), 2, stored={"orders.currency": ["EUR", "PLN"]}
    ),
    "A a test order": Case(
        rest_order(test=True),
        2,
        warned=("1 order (first: line 1) marked as a test; kept, and never counted as sold",),
        stored={"orders.is_test": ["False", "True"]},
        name="orders.json",
    ),
    "A an order of 0": Case(
        SHOPIFY + order(1) + order(2, total="0.00", code="GIVEAWAY-anna", amount="40"),
        2,
        warned=("1 order (first: line 3) with a total of 0",),
        stored={"orders.total": ["0.0000", "100.0000"]},
    ),
    "A a refund above the total": Case(
        SHOPIFY + order(1, refund="500") + order(2, refund="100"),
        2,
        warned=("1 order (first: line 2) refunded by more than the total; kept as stated",),
        stored={"refunds.amount": ["100.0000", "500.0000"]},
    ),
    "A dated refunds above the total": Case(
        rest_order(refunds=refund("2026-05-12T10:00:00Z", "60.00")),
        2,
        warned=("1 order (first: line 1) refunded by more than the total",),
        name="orders.json",
    ),
    "A refunds in rows of their own above the total": Case(
        WOO + woo(7, "2026-05-10 10:00:00", "80.00") + woo(7, "2026-05-12 10:00:00", "-90.00", status="refunded"),
        2,
        warned=("1 order (first: line 2) refunded by more than the total",),
    ),
    "A an order outside the days above the table": Case(
        "# Start date: 2026-05-01\n# End date: 2026-05-31\n"
        + OWN
        + "1,2026-05-10,10,EUR,10,\n2,2026-06-02,10,EUR,10,\n",
        2,
        warned=("file.csv: 1 of 2 orders (first: line 5) lie outside the days that the export states, 2026-05-01 to",),
    ),
    "A an order outside the month in the file's name": Case(
        "Sale Date,Order ID,Currency,Order Value,Discount Amount,Order Total\n"
        "05/10/26,1,EUR,10,0,10\n04/30/26,2,EUR,10,0,10\n",
        2,
        warned=("EtsySoldOrders2026-5.csv: 1 of 2 orders (first: line 3) lie outside",),
        name="EtsySoldOrders2026-5.csv",
    ),
    "A orders inside the days in the file's name": Case(
        OWN + "1,2026-05-31T23:30:00+02:00,10,EUR,10,\n", 1, name="orders_2026-05-01_2026-05-31.csv", exactly=True
    ),
    "A one name, different ids: two shops": Case(
        SHOPIFY + order(1, name="#1001") + order(2, name="#1001"),
        2,
        stored={"orders.order_id": ["450000001", "450000002"], "orders.order_name": ["1001", "1001"]},
    ),
}

# --- traffic --------------------------------------------------------------------------------------------------------

PLAUSIBLE = "session_id,sign,user_id,hostname,start,timestamp,entry_page,pageviews,events,duration\n"
SESSION = "s1,{sign},7,acme.example,2026-05-01 10:00:00,2026-05-01 10:05:00,/,{pages},{pages},300\n"
W3C = "date time c-ip cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent)"
W3C_OTHER = "date time cs-uri-stem cs-method c-ip cs-uri-query sc-status cs(User-Agent)"
AGENT = "Mozilla/5.0+(Windows+NT+10.0)+Firefox/120.0"

TRAFFIC = {
    "N days counted from the start": Case(
        "# Start date: 20260501\n# End date: 20260503\nNth day,Sessions\n0000,5\n0002,7\n",
        2,
        stored={"traffic_daily.date_from": ["2026-05-01", "2026-05-03"]},
    ),
    "N rows of sign -1 take earlier ones back": Case(
        PLAUSIBLE + "".join(SESSION.format(sign=sign, pages=pages) for sign, pages in ((1, 1), (-1, 1), (1, 3))),
        1,
        skipped={"replaced_version": 2},
        stored={"touches.pageviews": ["3"]},
    ),
    "N robots are counted and left out": Case(
        request() + request(agent="Mozilla/5.0 (compatible; Googlebot/2.1)") + request(agent="facebookexternalhit/1.1"),
        1,
        skipped={"bot": 2},
        stored={"touches.source": ["instagram"]},
    ),
    "N the own domain is no referrer": Case(
        visit("https://acme.example/cart", referrer="https://www.acme.example/"),
        1,
        stored={"touches.evidence": ["none"], "touches.source": ["(direct)"]},
    ),
    "N a malformed URL": Case(
        visit("https://acme.example/%zz?&&=x&utm_source=ig&utm_medium"), 1, stored={"touches.utm_source": ["ig"]}
    ),
    "N a URL encoded twice": Case(
        visit("https://acme.example/?utm_source=ig&utm_campaign=spring%2520sale"),
        1,
        stored={"touches.utm_campaign": ["spring sale"]},
    ),
    "N a URL encoded three times keeps its last round": Case(
        visit("https://acme.example/?utm_source=ig&utm_campaign=spring%252520sale"),
        1,
        stored={"touches.utm_campaign": ["spring%20sale"]},
    ),
    "N a query encoded as a whole": Case(
        visit("https://acme.example/?utm_source%3Dig%26utm_medium%3Dstory"),
        1,
        stored={"touches.utm_medium": ["story"]},
    ),
    "N tracking parameters above 2 kB are cut": Case(
        visit(f"https://acme.example/?utm_source=ig&utm_campaign={'x' * 3000}"),
        1,
        stored={"touches.utm_campaign": ["x" * 2048]},
    ),
    "N tags above 2 kB in a column of their own are cut": Case(
        "idVisit,visitorId,referrerType,firstActionTimestamp,campaignName,campaignSource\n"
        f"1,abc,campaign,1777629600,{'x' * 3000},ig\n",
        1,
        stored={"touches.utm_campaign": ["x" * 2048]},
    ),
    "N #Fields change in the middle of a log": Case(
        f"#Fields: {W3C}\n2026-05-01 10:00:00 192.0.2.1 GET /a utm_source=ig 200 {AGENT}\n"
        f"#Fields: {W3C_OTHER}\n2026-05-01 15:00:00 /b GET 192.0.2.2 utm_source=fb 200 {AGENT}\n",
        2,
        stored={"touches.landing_path": ["/a", "/b"], "touches.utm_source": ["fb", "ig"]},
    ),
    "A a row (other)": Case(
        REPORT + "Direct,10,5\n(other),4,2\n",
        2,
        warned=("file.csv, line 5: GA4 put values together as (other)",),
        stored={"traffic_daily.value": ["(other)", "Direct"]},
    ),
    "A a note of thresholds above the table": Case(
        "# Thresholding applied\n" + REPORT + "Direct,10,5\n",
        1,
        warned=('file.csv: GA4 notes "Thresholding applied": its figures are sampled or leave small groups out',),
    ),
    "A a note of sampling below the table": Case(
        REPORT + "Direct,10,5\n\n# This report is based on 45% of available data (sampling).\n",
        1,
        warned=('GA4 notes "This report is based on 45% of available data (sampling)."',),
    ),
    "A a keyed note of sampling": Case("# Sampling: 45%\n" + REPORT + "Direct,10,5\n", 1, warned=("sampling: 45%",)),
    "A an address of IPv6": Case(
        request(ip="2001:db8::1") + request(ip="2001:db8::2"), 2, stored={"touches.pageviews": ["1", "1"]}
    ),
    "A a host that is a unix socket": Case(
        request(ip="unix:") + request(ip="192.0.2.9"),
        2,
        warned=("1 request came without an address (first: line 1)",),
        stored={"touches.source": ["instagram"] * 2},
    ),
    "Q more engaged sessions than sessions": Case(
        REPORT + "Direct,10,5\nEmail,4,9\n", 1, {5: "engaged_above_sessions"}, stored={"traffic_daily.sessions": ["10"]}
    ),
    "Q raw quotes in the request of a log line": Case(
        SOME + request(line='GET /?q="kettle" HTTP/1.1'), 3, {4: "not_this_format"}
    ),
    "Q raw quotes in the browser's name of a log line": Case(
        SOME + request(agent='Mozilla/5.0 "evil" Firefox/120.0'), 3, {4: "not_this_format"}
    ),
    "Q bytes of TLS in a log line": Case(SOME + request(line="\\x16\\x03\\x01\\x02\\x00\\x01"), 3, {4: "missing_url"}),
    "Q bytes of TLS as they are in a log line": Case(
        (SOME + request(line='\x16\x03\x01 \x7f"')).encode("latin-1"), 3, {4: "not_this_format"}
    ),
}

# --- costs ----------------------------------------------------------------------------------------------------------

COSTS = {
    "N the currency stands in the header alone": Case(
        META + "2026-05-01,2026-05-01,spring,12.50,1000,800,10\n", 1, stored={"spend.currency": ["USD"]}
    ),
    "A the currency stands nowhere: taken as the business's own, and asked": Case(
        "Day,Campaign name,Amount spent,Impressions\n2026-05-01,spring,12.50,5\n",
        1,
        warned=("no currency; taken as EUR", "currency"),
        stored={"spend.currency": ["EUR"]},
    ),
    "N a row without campaign is the account's total": Case(
        META + "2026-05-01,2026-05-01,spring,12.50,1000,800,10\n2026-05-01,2026-05-01,,12.50,1000,800,10\n",
        1,
        skipped={"total_row": 1},
        stored={"spend.cost": ["12.5000"]},
    ),
    "A costs of a deleted campaign": Case(
        "Campaign,Campaign status,Day,Currency code,Cost,Clicks\nspring,Removed,2026-05-01,EUR,3.00,1\n"
        "(deleted) summer,Removed,2026-05-01,EUR,4.00,1\n",
        2,
        stored={"spend.campaign": ["(deleted) summer", "spring"], "spend.cost": ["3.0000", "4.0000"]},
    ),
    "N reach of parts is of people, and is not added up": Case(
        "Day,Campaign name,Age,Amount spent (USD),Impressions,Reach\n2026-05-01,spring,18-24,5,100,80\n"
        "2026-05-01,spring,25-34,7,100,90\n",
        2,
        stored={"spend.cost": ["12.0000"], "spend.impressions": ["200"], "spend.reach": ["None"]},
    ),
    "A more clicks than impressions": Case(
        META + "2026-05-01,2026-05-01,spring,12.50,10,8,1000\n", 1, warned=("more clicks than impressions",)
    ),
    "A a cost a hundred times the usual one": Case(
        META
        + "".join(f"2026-05-{day:02},2026-05-{day:02},spring,10,100,80,1\n" for day in range(1, 12))
        + "2026-05-20,2026-05-20,spring,5000,100,80,1\n",
        12,
        warned=("more than 100 times the usual one",),
    ),
}

# --- CRM and posts --------------------------------------------------------------------------------------------------

_STATUSES = ("New", "Open", "In progress", "Open deal", "Unqualified", "Attempted to contact", "Connected")
_SPELT = tuple(
    spelling
    for name in _STATUSES
    for spelling in (name, name.upper(), f" {name.lower()} ", name.replace(" ", "_").upper(), name.replace(" ", "-"))
)
CRM = {
    "A duplicate contacts stay two": Case(
        CONTACTS
        + contact("101", first="Anna", last="Kowal", email="a@x.example")
        + contact("102", first="Anna", last="Kowal", email="b@x.example"),
        2,
        stored={"leads.lead_id": ["101", "102"]},
    ),
    "N 35 spellings of 7 statuses": Case(
        CONTACTS + "".join(contact(str(n), status=text) for n, text in enumerate(_SPELT, start=1)),
        35,
        stored={"leads.status": sorted(5 * [name.lower() for name in _STATUSES])},
    ),
    "N a phone as a number": Case(CONTACTS + contact("101", phone="46704602383"), 1, stored={"leads.lead_id": ["101"]}),
    "N notes with personal data are dropped": Case(
        CONTACTS + contact("101", notes="Call Anna on +46 70 460 23 83"), 1, stored={"leads.lead_id": ["101"]}
    ),
    "A emoji and joined emoji": Case(
        POSTS + "instagram,1,2026-05-01T10:00:00Z,,Spring \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f331,5\n",
        1,
        stored={"posts.caption": ["Spring \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f331"]},
    ),
    "N a scheduled post has no figures": Case(
        SUITE
        + "17,acme,Hi,05/01/2026 10:00,https://www.instagram.com/p/x/,IG reel,Lifetime,50\n"
        + "18,acme,Soon,12/24/2026 10:00,https://www.instagram.com/p/y/,IG reel,Lifetime,0\n",
        1,
        skipped={"scheduled": 1},
        stored={"posts.likes": ["50"]},
    ),
    "N a scheduled post without a time: figures unknown, not 0": Case(
        "network,post_id,published_at,permalink,caption,status,likes,reach\n"
        "instagram,1,,,Soon,Scheduled,0,0\ninstagram,2,2026-05-01,,Hi,Published,0,7\n",
        2,
        stored={"posts.likes": ["0", "None"], "posts.reach": ["7", "None"]},
    ),
    "N a deleted post: figures unknown, not 0": Case(
        "network,post_id,published_at,permalink,caption,status,likes\ninstagram,1,2026-05-01,,Gone,Deleted,0\n",
        1,
        stored={"posts.likes": ["None"]},
    ),
    "N Lifetime beside days": Case(
        SUITE
        + "17,acme,Hi,05/01/2026 10:00,https://www.instagram.com/p/x/,IG reel,Lifetime,50\n"
        + "17,acme,Hi,05/01/2026 10:00,https://www.instagram.com/p/x/,IG reel,05/02/2026,5\n",
        1,
        skipped={"daily_row": 1},
        stored={"posts.likes": ["50"]},
    ),
    "N counts such as 1.2K": Case(
        POSTS + "instagram,1,2026-05-01T10:00:00Z,,Spring,1.2K\n",
        1,
        warned=("1.2K",),
        stored={"posts.likes": ["1200"]},
    ),
}

CATALOGUE = {
    f"{part}: {name}": case
    for part, cases in (("orders", ORDERS), ("traffic", TRAFFIC), ("costs", COSTS), ("CRM and posts", CRM))
    for name, case in cases.items()
}


@pytest.fixture
def take(workspace: Workspace) -> Take:
    def bring(data: bytes | str, *, name: str = "file.csv", **more: Any) -> ImportReport:
        path = workspace.folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return take_in(workspace, path, layouts=LAYOUTS, sinks={"facts": facts_of(workspace)}, now=NOW, **more)

    return bring


def facts_of(workspace: Workspace) -> Facts:
    return Facts(workspace.facts, workspace.engine)


@pytest.mark.parametrize("case", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_the_door_answers(take: Take, workspace: Workspace, case: Case) -> None:
    report = take(case.file, name=case.name)
    assert report.error is None
    assert {row["line"]: row["reason"] for row in list_quarantine(workspace.engine)} == case.put_aside
    assert (report.accepted, report.quarantined) == (case.accepted, len(case.put_aside))
    assert {why: rows for why, rows in report.reasons.items() if why not in case.put_aside.values()} == case.skipped
    parts = (report.accepted, report.updated, report.duplicates, report.quarantined, report.skipped)
    assert sum(parts) == report.read
    for words in case.warned:
        assert any(words in text for text in report.warnings), report.warnings
    assert not case.exactly or not report.warnings
    for place, values in case.stored.items():
        table, column = place.split(".")
        assert sorted(str(value) for value in facts_of(workspace).scan(table).collect()[column]) == values


@pytest.mark.parametrize("case", [CRM["N a phone as a number"], CRM["N notes with personal data are dropped"]])
def test_phones_and_notes_reach_no_byte_of_the_workspace(take: Take, workspace: Workspace, case: Case) -> None:
    take(case.file)
    (workspace.folder / "file.csv").unlink()
    bytes_kept = b"".join(path.read_bytes() for path in workspace.folder.rglob("*") if path.is_file())
    assert b"46704602383" not in bytes_kept
    assert b"460 23 83" not in bytes_kept


def test_contacts_are_one_by_record_id_or_by_the_hash_of_their_e_mail(take: Take, workspace: Workspace) -> None:
    take(
        CONTACTS
        + contact("101", first="Anna", last="Kowal", email="Anna@x.example ")
        + contact("102", first="Anna", last="Kowal", email="anna@x.example")
        + contact("103", first="Anna", last="Kowal")
        + contact("104", first="Anna", last="Kowal")
    )
    take(CONTACTS + contact("101", stage="customer", created="2026-05-02 10:00"), name="later.csv")
    leads = facts_of(workspace).scan("leads").collect().sort("lead_id")
    assert leads["lead_id"].to_list() == ["101", "102", "103", "104"]
    assert leads["stage"].to_list() == ["customer", "lead", "lead", "lead"]
    assert leads["customer_key"][1] is not None
    assert leads["customer_key"].to_list()[2:] == [None, None]


def test_of_an_order_in_two_files_the_newest_export_tells_the_refund(take: Take, workspace: Workspace) -> None:
    day = {"exported_at": dt.datetime(2026, 6, 20, tzinfo=dt.UTC)}
    take(SHOPIFY + order(1, refund="30"), name="newer.csv", **day)
    take(SHOPIFY + order(1, refund="50"), name="older.csv", exported_at=dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
    assert [f"{one:.2f}" for one in facts_of(workspace).scan("refunds").collect()["amount"]] == ["30.00"]


def test_of_two_exports_of_one_time_the_larger_refund_counts_and_it_is_told(take: Take, workspace: Workspace) -> None:
    take(SHOPIFY + order(1, refund="30"), name="one.csv")
    told = take(SHOPIFY + order(1, refund="50"), name="other.csv")
    assert [f"{one:.2f}" for one in facts_of(workspace).scan("refunds").collect()["amount"]] == ["50.00"]
    assert any("--exported-at" in text for text in told.warnings)


def test_a_restated_day_replaces_what_was_stated(take: Take, workspace: Workspace) -> None:
    line = "2026-05-01,2026-05-01,spring,{},1000,800,10\n"
    take(META + line.format("12.50") + "2026-05-02,2026-05-02,spring,1,10,8,1\n", name="one.csv")
    again = take(
        META + line.format("13.00") + "".join(f"2026-05-0{n},2026-05-0{n},spring,1,10,8,1\n" for n in (2, 3)),
        name="other.csv",
        exported_at=dt.datetime(2026, 6, 1, tzinfo=dt.UTC),
    )
    assert (again.accepted, again.updated, again.duplicates) == (1, 1, 1)
    assert [f"{cost:.2f}" for cost in facts_of(workspace).scan("spend").collect().sort("date_from")["cost"]] == [
        "13.00", "1.00", "1.00"
    ]  # fmt: skip


REFUSED = {
    "a period beside its days": META + "2026-05-01,2026-05-31,spring,20,1,1,1\n2026-05-01,2026-05-01,spring,10,1,1,1\n",
    "campaigns beside their ads": "Day,Campaign name,Ad name,Amount spent (USD),Impressions\n"
    "2026-05-01,spring,,10,5\n2026-05-01,spring,one,10,5\n",
    "a key column is missing": "Name,Email,Financial Status,Total,Created at\n#1,,paid,5,2026-05-01\n",
    "more than a fifth cannot be used": OWN
    + "".join(f"{n},2026-05-01,10,EUR,10,\n" for n in range(70))
    + "".join(f"{n},soon,10,EUR,10,\n" for n in range(70, 100)),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_file_says_why_and_leaves_nothing(take: Take, workspace: Workspace, text: str) -> None:
    report = take(text)
    assert report.error
    assert report.error.isprintable()
    assert (report.read, report.id) == (0, None)
    assert not list_quarantine(workspace.engine)
    assert all(facts_of(workspace).scan(name).collect().is_empty() for name in ("spend", "orders"))


# --- the rule -------------------------------------------------------------------------------------------------------


def test_a_file_is_one_transaction(take: Take, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    append = Facts._append

    def full_disk(self: Facts, table: Any, rows: pl.DataFrame, name: str) -> None:
        if table.name == "refunds":
            raise OSError(28, "No space left on device")
        append(self, table, rows, name)

    monkeypatch.setattr(Facts, "_append", full_disk)
    assert take(SHOPIFY + order(1, refund="5")).error
    monkeypatch.undo()
    assert facts_of(workspace).scan("orders").collect().is_empty()
    assert take(SHOPIFY + order(1, refund="5")).accepted == 1


def test_the_answer_counts_every_row_once(take: Take) -> None:
    first = SHOPIFY + order(1) + order(2)
    take(first, name="first.csv")
    report = take(SHOPIFY + order(1) + order(2, refund="7") + order(3) + order(4, code="https://x.example") + SHOPIFY)
    counts = (report.read, report.accepted, report.updated, report.duplicates, report.quarantined, report.skipped)
    assert counts == (5, 1, 1, 1, 1, 1)
    again = take(first, name="again.csv")
    assert (again.read, again.duplicates) == (2, 2)


def test_quarantine_names_import_line_reason_message_and_only_harmless_cells(take: Take, workspace: Workspace) -> None:
    report = take(SHOPIFY + order(1) + order(2, code="anna@shop.example"))
    (row,) = list_quarantine(workspace.engine)
    assert (row["import_id"], row["line"], row["reason"]) == (report.id, 3, "not_a_code")
    assert "link, an address or a command" in row["message"]
    assert "anna@" not in row["columns"]
