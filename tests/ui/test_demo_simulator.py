"""The demo world: its files are what such systems give, and its truth is what those files can show."""

from __future__ import annotations

import csv
import http.client
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import feedparser
import pytest

from ui.demo import FeedServer, World, simulate, write_world

END = date(2026, 11, 20)
BASE = "http://127.0.0.1:8602"
CAUSES = ("saw_mention", "clicked_link", "used_code", "told_friend", "came_anyway")
EDGES = {
    *("lookback_exact", "lookback_past", "code_last_minute", "code_first_minute", "code_expired"),
    *("code_not_yet_valid", "two_codes", "two_codes_one_expired", "unknown_code", "code_spelling"),
    *("partial_refund", "full_refund", "giveaway", "cancelled", "voided", "repeat_reset", "two_devices"),
    *("email_after_social", "direct_after_social", "visit_after_order", "dst_night", "dirty_utm"),
}
HEADERS = {
    "visits.csv": "visit_id,visitor,time,landing_url,referrer,order_id,customer",
    "spend.csv": "date,platform,campaign,cost,currency,source,medium,cost_type,influencer,impressions,clicks,"
    "conversions,conversion_value",
    "costs.csv": "id,kind,amount,currency,hours,rate,from,to,channel,campaign,influencer,brand,note",
    "campaigns.csv": "id,name,from,to,brand,channels,people,codes,utm_campaigns,cost_campaigns,budget,target_revenue,"
    "target_orders,target_mentions,note,archived",
    "goals.csv": "id,name,purpose,metric,network,page,product,campaign,brand,baseline,target,target_is,from,to,owner,"
    "archived",
    "promo_codes.csv": "code,kind,owner,campaign,channel,valid_from,valid_to,commission_rate",
    "people.csv": "network,handle,name,followers,status",
    "posts.csv": "network,post_id,published_at,permalink,caption,post_type,is_paid,impressions,reach,likes,comments,"
    "shares,saves,clicks",
    "leads.csv": "lead_id,created_at,source,medium,campaign,stage,won_at,deal_amount,currency",
    "truth/orders.csv": "order_id,order_name,ordered_at,net_minor,sold,cause,"
    + ",".join(f"cause_{cause}" for cause in CAUSES)
    + ",observable_direct_minor,observable_other_minor,observable_channel,observable_code,observable_campaign,edge",
    "truth/mentions.csv": "guid,source,author_key,language,feeling,brand",
    "shopify_orders.csv": "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"
    "Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,"
    "Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,"
    "Billing Address1,Billing Address2,Billing Company,Billing City,Billing Zip,Billing Province,Billing Country,"
    "Billing Phone,Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,Shipping City,"
    "Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,"
    "Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,"
    "Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,"
    "Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,"
    "Shipping Province Name,Payment ID,Payment Terms Name,Next Payment Due At,Payment References",
}


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(seed=26, end=END)


@pytest.fixture(scope="module")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_world(world, folder, feed_base_url=BASE)
    return folder


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def summary(folder: Path) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((folder / "truth/summary.json").read_text(encoding="utf-8"))
    return truth


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


# Same seed, same bytes


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_world(simulate(seed=seed, end=END, days=80), tmp_path / name, feed_base_url=BASE)
    a, b, c = (files(tmp_path / name) for name in "abc")
    assert a == b
    assert [name for name in a if a[name] == c[name]] == [
        *("campaigns.csv", "costs.csv", "earned.toml", "goals.csv", "promo_codes.csv"),
    ]


@pytest.mark.parametrize("response", ["threshold", "linear"])
@pytest.mark.parametrize("end", [date(2026, 4, 15), date(2027, 1, 31)])
def test_other_responses_and_ends_keep_every_cent(response: str, end: date) -> None:
    world = simulate(seed=3, end=end, days=80, response=response)  # type: ignore[arg-type]
    assert all(sum(order.causes.values()) == order.net_minor for order in world.orders)
    assert sum(row.expected_orders for row in world.talk) == pytest.approx(430 * 80 / 180)
    assert all(row.expected_orders >= 0 for row in world.talk)


def test_too_short_a_period_and_an_unknown_response_are_refused() -> None:
    with pytest.raises(ValueError, match="75 days"):
        simulate(seed=1, end=END, days=60)
    with pytest.raises(ValueError, match="none of saturating"):
        simulate(seed=1, end=END, response="sudden")  # type: ignore[arg-type]


# Volumes


def test_the_default_world_has_the_volume_of_a_small_shop(world: World) -> None:
    mentions = Counter(mention.brand for mention in world.mentions)
    assert 1850 <= mentions["Kickflip Supply"] <= 1900
    assert mentions["Ollie & Sons"] == 625
    assert mentions[""] == 250
    assert len(world.visits) == 12_000
    assert 2150 <= len(world.orders) <= 2450
    assert sum(author.influencer for author in world.authors) == 25
    assert sum(not author.influencer for author in world.authors) == 400


def test_six_languages_speak_and_english_most(world: World) -> None:
    shares = Counter(mention.language for mention in world.mentions)
    total = sum(shares.values())
    assert set(shares) == {"en", "ar", "he", "pl", "hu", "vi"}
    assert 0.4 <= shares["en"] / total <= 0.55
    assert all(count / total > 0.05 for count in shares.values())


def test_texts_vary_and_name_their_brand(world: World) -> None:
    distinct = defaultdict(set)
    for mention in world.mentions:
        lowered = mention.text.casefold()
        named = "Kickflip Supply" if "kickflip supply" in lowered or re.search(r"heelside 2\b", lowered) else ""
        assert (named or ("Ollie & Sons" if "ollie & sons" in lowered else "")) == mention.brand
        distinct[mention.language].add(mention.text)
    assert all(len(texts) > 150 for texts in distinct.values())
    assert not any(re.search(r"[{}\[\]|]", text) for texts in distinct.values() for text in texts if "![" not in text)


def test_the_campaign_is_loud_and_late_deliveries_anger(folder: Path) -> None:
    truth = summary(folder)
    days = {row["day"]: row for row in truth["days"]}
    usual = sorted(row["mentions"] for row in days.values())[len(days) // 2]
    assert sum(days[f"2026-11-{n:02d}"]["mentions"] for n in range(2, 21)) / 19 > 1.6 * usual
    for day in truth["late_deliveries"]:
        assert days[day]["mentions"] - days[day]["mentions_not_negative"] > 25


# The files


@pytest.mark.parametrize("name", HEADERS)
def test_headers_are_exact(folder: Path, name: str) -> None:
    assert (folder / name).read_text(encoding="utf-8").split("\n")[0] == HEADERS[name]


def test_no_address_lies_outside_example_invalid(folder: Path) -> None:
    seen = set()
    for name, content in files(folder).items():
        for host in re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", content.decode()):
            if name.endswith("visits.csv") or name.startswith("shopify"):
                seen.add(host.lower().split(".", 1)[1])
    assert seen == {"example.invalid"}


def test_every_link_of_a_mention_leads_to_an_example_host(world: World) -> None:
    hosts = {urlsplit(url).hostname or "" for m in world.mentions for url in (m.link, m.url) if url}
    assert all(host.endswith(".example") for host in hosts)


def test_continuation_rows_are_blank_but_for_the_line_item(folder: Path) -> None:
    allowed = {"Name", "Email", "Created at", "Vendor"}
    continued = [row for row in rows(folder, "shopify_orders.csv") if not row["Id"]]
    assert len(continued) > 500
    for row in continued:
        assert all(name in allowed or name.startswith("Lineitem") for name, value in row.items() if value)


def test_created_at_follows_the_berlin_clock(folder: Path) -> None:
    for row in rows(folder, "shopify_orders.csv"):
        at = datetime.strptime(row["Created at"], "%Y-%m-%d %H:%M:%S %z")
        assert at.utcoffset() == at.astimezone(ZoneInfo("Europe/Berlin")).utcoffset()
    offsets = {row["Created at"][-5:] for row in rows(folder, "shopify_orders.csv")}
    assert offsets == {"+0100", "+0200"}


def test_net_worked_out_from_the_export_equals_the_truth(folder: Path) -> None:
    """Goods = Subtotal - Taxes; a refund takes them in proportion to Total, half to even; unsold orders are nothing."""
    truth = {row["order_id"]: row for row in rows(folder, "truth/orders.csv")}
    exported = [row for row in rows(folder, "shopify_orders.csv") if row["Id"]]
    assert len(exported) == len(truth)
    for row in exported:
        goods, total = cents(row["Subtotal"]) - cents(row["Taxes"]), cents(row["Total"])
        assert total == cents(row["Subtotal"]) + cents(row["Shipping"])
        refund = Decimal(cents(row["Refunded Amount"]) * goods) / total if total else Decimal(0)
        sold = row["Financial Status"] != "voided" and not row["Cancelled at"]
        net = goods - int(refund.quantize(Decimal(1), ROUND_HALF_EVEN)) if sold else 0
        assert (net, sold) == (int(truth[row["Id"]]["net_minor"]), truth[row["Id"]]["sold"] == "true")


def test_subtotal_is_the_lines_less_the_discount_and_tax_is_nineteen_percent(folder: Path) -> None:
    lines: Counter[str] = Counter()
    for row in rows(folder, "shopify_orders.csv"):
        lines[row["Name"]] += cents(row["Lineitem price"]) * int(row["Lineitem quantity"])
    for row in rows(folder, "shopify_orders.csv"):
        if row["Id"]:
            assert lines[row["Name"]] == cents(row["Subtotal"]) + cents(row["Discount Amount"])
            assert abs(cents(row["Taxes"]) - Decimal(cents(row["Subtotal"])) * 19 / 119) <= Decimal("0.5")


def test_spend_lines_are_told_apart_by_their_key(folder: Path) -> None:
    spend = rows(folder, "spend.csv")
    keys = Counter((r["date"], r["platform"], r["campaign"], r["cost_type"], r["influencer"]) for r in spend)
    assert max(keys.values()) == 1
    assert {r["cost_type"] for r in spend} == {"media", "creator_fee", "content"}
    assert sum(cents(r["cost"]) for r in spend) == summary(folder)["spend_minor"]
    people = {f"{r['network']}:{r['handle']}" for r in rows(folder, "people.csv")}
    assert {r["influencer"] for r in spend if r["influencer"]} <= people


def test_people_hold_prospects_with_reach_and_some_unknown(folder: Path) -> None:
    people = rows(folder, "people.csv")
    plain = [r for r in people if r["status"] == "none"]
    assert 10 <= sum(int(r["followers"] or 0) > 10_000 for r in plain) <= 15
    assert any(r["followers"] == "" for r in people)
    assert {r["status"] for r in people} == {"none", "shortlisted", "contacted", "contracted", "declined"}


# The truth


def test_causes_of_each_order_sum_to_its_net(folder: Path) -> None:
    truth = rows(folder, "truth/orders.csv")
    for row in truth:
        assert sum(int(row[f"cause_{cause}"]) for cause in CAUSES) == int(row["net_minor"])
        shown = int(row["observable_direct_minor"]) + int(row["observable_other_minor"])
        assert shown == (int(row["net_minor"]) if row["observable_channel"] else 0)
    totals = summary(folder)["orders"]
    assert sum(int(row["net_minor"]) for row in truth) == totals["net_minor"]
    parts = ("direct_minor", "other_tracked_minor", "pool_minor")
    assert sum(totals[part] for part in parts) == totals["net_minor"]


def test_days_of_the_summary_sum_to_its_totals(folder: Path) -> None:
    truth = summary(folder)
    days = truth["days"]
    assert len(days) == 180
    for name in ("indirect_true_minor", "talk_caused_minor"):
        assert sum(day[name] for day in days) == truth[name]
    assert sum(day["net_minor"] for day in days) == truth["orders"]["net_minor"]
    assert all(0 <= day["indirect_true_minor"] <= day["pool_minor"] for day in days)


def test_every_edge_is_there(folder: Path) -> None:
    edges = Counter(row["edge"] for row in rows(folder, "truth/orders.csv"))
    assert set(edges) - {""} == EDGES
    assert all(edges[edge] >= 4 for edge in EDGES)


EDGE_CHANNELS = [
    ("lookback_past", {""}),
    ("code_last_minute", {"Influencer"}),
    ("code_first_minute", {"Influencer"}),
    ("code_expired", {"", "Organic Search"}),
    ("code_not_yet_valid", {"", "Organic Search"}),
    ("two_codes", {"Influencer"}),
    ("two_codes_one_expired", {"Email"}),
    ("unknown_code", {"", "Organic Search"}),
    ("code_spelling", {"Influencer"}),
    ("cancelled", {""}),
    ("voided", {""}),
    ("repeat_reset", {""}),
    ("email_after_social", {"Email"}),
    ("visit_after_order", {""}),
    ("dirty_utm", {"Influencer", "Paid Social"}),
]


@pytest.mark.parametrize(("edge", "channels"), EDGE_CHANNELS, ids=[edge for edge, _ in EDGE_CHANNELS])
def test_an_edge_shows_what_its_name_says(folder: Path, edge: str, channels: set[str]) -> None:
    shown = {row["observable_channel"] for row in rows(folder, "truth/orders.csv") if row["edge"] == edge}
    assert shown == channels


@pytest.mark.parametrize(
    "edge", ["lookback_exact", "two_devices", "direct_after_social", "partial_refund", "dst_night"]
)
def test_an_edge_that_stays_social_is_all_direct_return(folder: Path, edge: str) -> None:
    for row in rows(folder, "truth/orders.csv"):
        if row["edge"] == edge:
            assert 0 < int(row["observable_direct_minor"]) == int(row["net_minor"])


def test_full_refunds_and_giveaways_are_sold_for_nothing(folder: Path) -> None:
    nothing = [r for r in rows(folder, "truth/orders.csv") if r["edge"] in ("full_refund", "giveaway")]
    assert {(r["sold"], r["net_minor"]) for r in nothing} == {("true", "0")}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_the_truth_is_what_a_plain_join_of_the_emitted_files_shows(world: World, folder: Path) -> None:
    """Another way to the same figures: no trails, only ids, addresses and times as they stand in the files."""
    channel = {v.visit_id: v.arrival.channel for v in world.visits}
    visits: list[dict[str, Any]] = [row | {"at": instant(row["time"])} for row in rows(folder, "visits.csv")]
    exported = {row["Id"]: row for row in rows(folder, "shopify_orders.csv") if row["Id"]}
    truth = {row["order_id"]: row for row in rows(folder, "truth/orders.csv")}
    by_visitor: dict[str, list[dict[str, Any]]] = defaultdict(list)
    by_order: dict[str, set[str]] = defaultdict(set)
    by_customer: dict[str, set[str]] = defaultdict(set)
    for visit in visits:
        by_visitor[visit["visitor"]].append(visit)
        by_order[visit["order_id"]].add(visit["visitor"])
        by_customer[visit["customer"].lower()].add(visit["visitor"])
    previous: dict[str, datetime] = {}
    for order_id, row in sorted(exported.items(), key=lambda pair: instant(truth[pair[0]]["ordered_at"])):
        at = instant(truth[order_id]["ordered_at"])
        who = by_order[order_id] | by_order[row["Name"]] | by_customer[row["Email"]]
        since = max(previous.get(row["Email"], at - timedelta(days=99)), at - timedelta(days=30, microseconds=1))
        touches = [v for one in who for v in by_visitor[one] if since < v["at"] <= at]
        touches = [v for v in touches if channel[v["visit_id"]] != "Direct"]
        last = channel[max(touches, key=lambda v: v["at"])["visit_id"]] if touches else ""
        if truth[order_id]["sold"] == "true":
            previous[row["Email"]] = at
            if not truth[order_id]["observable_code"]:
                assert truth[order_id]["observable_channel"] == last, order_id
        assert len(who) <= 2


def test_codes_credited_are_registered_valid_and_typed_on_the_order(folder: Path) -> None:
    register = {row["code"]: row for row in rows(folder, "promo_codes.csv")}
    typed = {row["Id"]: row["Discount Code"] for row in rows(folder, "shopify_orders.csv") if row["Id"]}
    seen: Counter[str] = Counter()
    for row in rows(folder, "truth/orders.csv"):
        if not (code := row["observable_code"]):
            continue
        day = instant(row["ordered_at"]).astimezone(ZoneInfo("Europe/Berlin")).date().isoformat()
        assert (register[code]["valid_from"] or day) <= day <= (register[code]["valid_to"] or day)
        if row["edge"] != "code_spelling":
            assert code in typed[row["order_id"]].upper().split(", ")
        seen[register[code]["kind"]] += 1
    assert seen["creator"] > 200
    assert set(seen) == {"creator", "crm", "sitewide"}


def test_mentions_truth_names_every_entry_once(world: World, folder: Path) -> None:
    truth = rows(folder, "truth/mentions.csv")
    assert len({row["guid"] for row in truth}) == len(truth) == len(world.mentions)
    assert {row["feeling"] for row in truth} == {"-1", "0", "1"}
    known = {mention.guid for mention in world.mentions}
    copies = [mention for mention in world.mentions if mention.copy_of]
    assert len(copies) == 60
    assert all(copy.copy_of in known for copy in copies)


# The feeds


def test_feedparser_reads_every_feed_whole(folder: Path) -> None:
    expected = Counter(row["source"] for row in rows(folder, "truth/mentions.csv"))
    handles = {row["guid"]: row["author_key"].partition(":")[2] for row in rows(folder, "truth/mentions.csv")}
    assert len(expected) == 14
    seen: set[str] = set()
    for name, count in expected.items():
        parsed = feedparser.parse((folder / "feeds" / f"{name}.xml").read_bytes())
        assert not parsed.bozo
        assert len(parsed.entries) == count < 1500
        for entry in parsed.entries:
            assert entry.author == f"@{handles[entry.id]}"
            assert entry.published_parsed
            assert entry.summary
            assert urlsplit(entry.link).hostname.endswith(".example")
        seen |= {entry.id for entry in parsed.entries}
    assert seen == set(handles)


def test_feeds_carry_the_counts_their_network_gives(world: World, folder: Path) -> None:
    blog = feedparser.parse((folder / "feeds/blog-en.xml").read_bytes()).entries
    video = feedparser.parse((folder / "feeds/youtube-channel.xml").read_bytes()).entries
    forum = (folder / "feeds/forum.xml").read_text(encoding="utf-8")
    assert all(entry.slash_comments.isdigit() for entry in blog)
    views = {m.guid: m.views for m in world.mentions}
    given = {entry.id: int(entry.media_statistics["views"]) if "media_statistics" in entry else None for entry in video}
    assert given == {guid: views[guid] for guid in given}
    assert sum(count is None for count in given.values()) < 10
    assert forum.count("<thr:total>") == forum.count("<entry>")


def test_hostile_entries_are_among_them(folder: Path) -> None:
    text = (folder / "feeds/forum.xml").read_text(encoding="utf-8")
    assert all(sign in text for sign in ("&lt;script&gt;", "![x](https://pixel.example", "=HYPERLINK("))


# The feed server


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes


def ask(url: str, path: str, method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    answer = Answer(response.status, response.headers, response.read())
    connection.close()
    return answer


def test_the_feed_server_answers_once_whole_and_then_not_modified(folder: Path) -> None:
    with FeedServer(folder) as server:
        first = ask(server.url, "/feeds/blog-en.xml")
        again = ask(server.url, "/feeds/blog-en.xml", If_None_Match=first.headers["ETag"])
        dated = ask(server.url, "/feeds/forum.xml", If_Modified_Since=first.headers["Last-Modified"])
        head = ask(server.url, "/feeds/forum.xml", "HEAD")
    assert (first.status, again.status, dated.status, head.status) == (200, 304, 304, 200)
    assert first.body == (folder / "feeds/blog-en.xml").read_bytes()
    assert again.body == head.body == b""
    assert first.headers.get("Last-Modified") == "Fri, 20 Nov 2026 22:59:59 GMT"
    assert first.headers.get("Content-Type") == "application/rss+xml; charset=utf-8"
    assert head.headers.get("Content-Type") == "application/atom+xml; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/feeds/", "/feeds/none.xml", "/earned.toml", "/feeds/../earned.toml", "/feeds/%2e%2e/earned.toml"),
        *("/feeds/..%2fearned.toml", "/feeds//etc/passwd", "/feeds/x%00.xml", "/truth/orders.csv", "/feeds/.."),
    ],
)
def test_the_feed_server_gives_nothing_but_feeds(folder: Path, path: str) -> None:
    with FeedServer(folder) as server:
        assert ask(server.url, path).status == 404


def test_the_feed_server_stops_cleanly_and_has_no_address_then(folder: Path) -> None:
    server = FeedServer(folder)
    with server:
        url = server.url
        assert url.startswith("http://127.0.0.1:")
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url
    with pytest.raises(OSError, match="refused"):
        ask(url, "/feeds/forum.xml")
