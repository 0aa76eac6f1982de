"""The commands that open what was earned print documents of their schemas, and figures that add up."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from tests.conftest import SETTINGS
from ui.cli import app
from ui.documents import schema

SHOP = Path(__file__).resolve().parent.parent / "data" / "small_shop"
DAYS = ("--since", "2026-01-01", "--until", "2026-12-31")
LEADS = """lead_id,created_at,source,medium,campaign,stage,won_at,deal_amount,currency
1,2026-06-01T10:00:00Z,instagram,social,,won,2026-06-05T10:00:00Z,250.00,EUR
2,2026-06-02T10:00:00Z,,,,new,,,
"""


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["--workspace", str(folder), *arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "earned.toml").write_text(SETTINGS.replace("acme.example", "shop.example"), encoding="utf-8")
    files = sorted(str(file) for file in SHOP.glob("*.csv"))
    (folder / "leads.csv").write_text(LEADS, encoding="utf-8")
    run(folder, "import", *files)
    run(folder, "import", str(folder / "leads.csv"))
    return folder


def document(folder: Path, name: str, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(folder, *arguments, *DAYS, "--json"))
    jsonschema.validate(found, schema(name))
    return found


def test_journeys_and_the_orders_behind_a_path(shop: Path) -> None:
    found = document(shop, "journeys", "journeys")
    assert sum(row["orders"] for row in found["touches_to_order"]) == found["orders"]
    best = next(row for row in found["rows"] if row["orders"])
    opened = document(shop, "journeys", "journeys", "--path", " > ".join(best["path"]))
    assert len(opened["path_orders"]) == best["orders"]
    assert sum(Decimal(row["net"]) for row in opened["path_orders"]) == Decimal(best["revenue"])


def test_leads(shop: Path) -> None:
    found = document(shop, "leads", "leads")
    assert (found["leads"], found["won"], found["value"], found["without_source"]) == (2, 1, "250.00", 1)


def test_every_row_of_leads_opens_to_its_single_leads(shop: Path) -> None:
    for row in document(shop, "leads", "leads")["rows"]:
        opened = document(shop, "leads-behind", "leads", "--behind", row["source"].upper())
        assert (opened["leads"], opened["won"], len(opened["rows"])) == (row["leads"], row["won"], row["leads"])
    (lead,) = document(shop, "leads-behind", "leads", "--behind", "Organic Social")["rows"]
    assert (lead["lead_id"], lead["value"]) == ("1", "250.00")
    assert document(shop, "leads-behind", "leads", "--behind", "nobody")["rows"] == []


@pytest.mark.parametrize("by", ["channel", "campaign", "influencer", "code", "product"])
def test_every_row_of_channels_opens(shop: Path, by: str) -> None:
    for row in document(shop, "channels", "channels", "--by", by, "--model", "markov")["rows"]:
        opened = document(shop, "channels-behind", "channels", "--by", by, "--model", "markov", "--behind", row[by])
        assert opened["revenue"] == row["revenue"]
        assert sum(Decimal(touch["credit"]) for touch in opened["rows"]) == Decimal(row["revenue"])


def test_models_side_by_side(shop: Path) -> None:
    found = document(shop, "channels-compare", "channels", "--compare")
    totals: dict[str, Decimal] = {}
    for row in found["rows"]:
        totals[row["model"]] = totals.get(row["model"], Decimal(0)) + Decimal(row["revenue"])
    assert len(set(totals.values())) == 1
    assert {row["model"] for row in found["moved"]} == set(totals)


def test_claims_and_metrics(shop: Path) -> None:
    found = document(shop, "channels-claims", "channels", "--claims")
    assert Decimal(found["banked"]) == Decimal(document(shop, "channels", "channels")["total"])


GA4 = """# Start date: 20260601
# End date: 20260630

Session default channel group,Sessions,Key events,Total revenue
Organic Social,40,3,180.50
Organic Search,60,2,120.00
"""


def test_analytics_claims_are_in_no_sum(shop: Path) -> None:
    (shop / "ga4.csv").write_text(GA4, encoding="utf-8")
    before = document(shop, "channels-claims", "channels", "--claims")
    run(shop, "import", str(shop / "ga4.csv"))
    found = document(shop, "channels-claims", "channels", "--claims")
    assert (found["claimed"], found["share"]) == (before["claimed"], before["share"])
    (row,) = (row for row in found["rows"] if row["kind"] == "analytics")
    assert (row["platform"], row["claimed"], row["claimed_conversions"]) == ("ga4", "180.50", 3.0)
    (told,) = found["analytics"]
    assert (told["all"], told["left_out"]) == ("300.50", 0)
    assert "gives 180.50 of 300.50 to social channels" in run(shop, "channels", "--claims", *DAYS)


SWITCHED = (
    ("channels-compare", "channels", "--compare"),
    ("channels-claims", "channels", "--claims"),
    ("codes", "codes"),
    ("codes-behind", "codes", "--behind", "ANNA10"),
)


@pytest.mark.parametrize(("name", *("first", "second", "third")), [(*row, "", "")[:4] for row in SWITCHED])
def test_views_count_and_flagged_codes_do_not_when_asked(
    shop: Path, name: str, first: str, second: str, third: str
) -> None:
    arguments = [word for word in (first, second, third) if word]
    document(shop, name, *arguments, "--without-flagged", "--view-through", "1d")


def test_flagged_orders_do_not_count_for_their_code_when_asked(tmp_path: Path) -> None:
    """Anna has no follower at all, so that each order with her code shows a sign of leakage."""
    (tmp_path / "earned.toml").write_text(SETTINGS.replace("acme.example", "shop.example"), encoding="utf-8")
    people = "network,handle,name,followers,status\ninstagram,anna,Anna,0,contracted\n"
    run(tmp_path, "import", *sorted(str(file) for file in SHOP.glob("*.csv")))
    (tmp_path / "people.csv").write_text(people, encoding="utf-8")
    run(tmp_path, "import", str(tmp_path / "people.csv"))
    counted, bare = (
        {row["code"]: row["orders"] for row in document(tmp_path, "codes", "codes", *switch)["rows"]}
        for switch in ((), ("--without-flagged",))
    )
    assert counted["ANNA10"] > bare["ANNA10"] == 0
    assert not document(tmp_path, "codes-behind", "codes", "--behind", "ANNA10", "--without-flagged")["rows"]
    every, kept = (document(tmp_path, "roi", "roi", *switch) for switch in ((), ("--without-flagged",)))
    assert Decimal(kept["direct"]) < Decimal(every["direct"])


def test_codes_with_their_signs(shop: Path) -> None:
    found = document(shop, "codes", "codes")
    assert [row["policy"] for row in found["conflicts"]] == ["code_last", "code_wins", "utm_wins", "split"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("journeys",),
        ("journeys", "--path", "Influencer"),
        ("leads",),
        ("leads", "--behind", "instagram"),
        ("codes",),
        ("channels", "--compare"),
        ("channels", "--claims"),
        ("channels", "--behind", "Email"),
    ],
    ids=" ".join,
)
def test_tables_for_people(shop: Path, arguments: tuple[str, ...]) -> None:
    assert run(shop, *arguments, *DAYS).strip()


@pytest.mark.parametrize("by", ["channel", "campaign", "influencer", "code"])
def test_customers_by_what_brought_them(shop: Path, by: str) -> None:
    found = document(shop, "customers", "customers", "--by", by)
    # The small shop has few customers: what they will buy is refused, what they bought is not.
    assert "too few" in found["expected"]["refused"]
    for row in found["rows"]:
        assert (row["clv"], row["clv_each"]) == (None, None)
        opened = document(shop, "customers", "customers", "--by", by, "--behind", row["name"])["orders"]
        first = [order for order in opened if order["is_first_order"]]
        assert len({order["customer"] for order in opened}) == len(first) >= row["new_customers"]


def test_customers_of_no_channel_stand_in_a_row_of_their_own(shop: Path) -> None:
    """Rows by channel add up to all new customers of the period, and the nameless row opens like any other."""
    found = document(shop, "customers", "customers")["rows"]
    orders = document(shop, "customers", "customers", "--behind", "(no channel known)")["orders"]
    nameless = [row["new_customers"] for row in found if row["name"] == "(no channel known)"]
    assert nameless == [sum(order["is_first_order"] for order in orders)]


def test_every_code_opens_to_its_orders_and_their_touches(shop: Path) -> None:
    for row in document(shop, "codes", "codes")["rows"]:
        opened = document(shop, "codes-behind", "codes", "--behind", row["code"])["rows"]
        orders = [order for order in opened if order["state"] == "sold" and order["code_state"] == row["state"]]
        assert len(orders) == row["orders"]
        assert sum(Decimal(order["net"]) for order in orders) == Decimal(row["net"])
        for order in orders:
            credit = sum(Decimal(touch["credit"]) for touch in order["touches"])
            assert credit == Decimal(order["net"]) or not order["touches"]


def test_every_mention_opens_to_what_shows_it(shop: Path) -> None:
    for row in document(shop, "mentions", "mentions")["rows"]:
        opened = document(shop, "mentions-behind", "mentions", "--behind", row["mention_id"])
        assert opened["matched"] == row["revenue"]
        assert sum(Decimal(order["net"]) for order in opened["orders"]) == Decimal(opened["matched"])
        assert sum(Decimal(touch["credit"]) for touch in opened["credit"]) == Decimal(opened["credited"])


def test_what_was_only_seen_counts_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "earned.toml").write_text(SETTINGS.replace("acme.example", "shop.example"), encoding="utf-8")
    (tmp_path / "visits.csv").write_text(
        "visitor,time,landing_url,referrer,order_id,kind\n"
        "v1,2026-06-01T10:00:00Z,https://shop.example/?utm_source=instagram&utm_medium=paid_social,,,view\n"
        "v1,2026-06-01T11:00:00Z,https://shop.example/,,O1,visit\n"
        "v2,2026-06-01T11:00:00Z,https://shop.example/,,,glanced\n",
        encoding="utf-8",
    )
    (tmp_path / "orders.csv").write_text(
        "order_id,ordered_at,subtotal,total,currency,customer\nO1,2026-06-01T12:00:00Z,50.00,50.00,EUR,c1\n",
        encoding="utf-8",
    )
    done = json.loads(
        run(tmp_path, "import", str(tmp_path / "visits.csv"), str(tmp_path / "orders.csv"), "--json", code=0)
    )
    assert [file["quarantined"] for file in done["files"]] == [1, 0], done
    assert document(tmp_path, "channels", "channels")["rows"] == []
    seen = document(tmp_path, "channels", "channels", "--view-through", "1d", "--model", "linear")["rows"]
    assert [(row["channel"], row["revenue"]) for row in seen] == [("Paid Social (view-through)", "25.00")]
