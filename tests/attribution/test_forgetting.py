"""What is kept about people: nothing that names them, and nothing at all once they are forgotten."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from attribution.facts import Facts
from attribution.forgetting import forget
from attribution.inputs import LAYOUTS
from config.forgotten import forgotten_keys
from config.intake import take_in
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
PAIRS = Path(__file__).parents[1] / "data" / "exports"
PERSONAL = (
    *("ann@mail.invalid", "ann%40mail.invalid", "a%40b.invalid", "bo@mail.invalid", "+15550100", "46704602383"),
    *("203.0.113.9", "203.0.113.8", "Invented Road", "Ann Roe", "Bo Roe", "met at the fair"),
)


def bring(workspace: Workspace, path: Path) -> None:
    # Costs known by ids alone are refused in an account that another export tells by name.
    account = "hours" if "hourly" in path.stem else "default"
    sinks = {"facts": Facts(workspace.facts, workspace.engine)}
    report = take_in(workspace, path, layouts=LAYOUTS, sinks=sinks, account=account, now=NOW)
    assert report.error is None


def stored_bytes(workspace: Workspace) -> bytes:
    """Every file of the workspace's data, Delta's columns unpacked."""
    parts = [path.read_bytes() for path in sorted(workspace.data.rglob("*")) if path.is_file()]
    for path in sorted(workspace.facts.rglob("*.parquet")):
        parts.append(pl.read_parquet(path, hive_partitioning=False).write_csv().encode())
    return b"\n".join(parts)


def test_nothing_that_names_a_person_is_stored(workspace: Workspace) -> None:
    for path in sorted(PAIRS.iterdir()):
        if path.suffix != ".json" or not (PAIRS / path.stem).exists():
            bring(workspace, path)
    stored = stored_bytes(workspace)
    assert [text for text in PERSONAL if text.encode() in stored] == []


@pytest.mark.shared_data
def test_no_mail_phone_street_or_address_of_the_real_samples_is_stored(
    workspace: Workspace, shared_data: Callable[..., Path]
) -> None:
    folder = shared_data("exports")
    names = ["shopify_orders_*.csv", "shopify_orders_rest.json", "woo*", "etsy*", "hubspot*", "matomo_*.log", "apache*"]
    mails, addresses = set(), set()
    for name in names:
        for path in sorted(folder.glob(name)):
            text = path.read_text(encoding="utf-8", errors="replace")
            mails |= set(re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+\w", text))
            addresses |= set(re.findall(r"(?m)^\d{1,3}(?:\.\d{1,3}){3}(?= )", text))
            take_in(
                workspace, path, layouts=LAYOUTS, sinks={"facts": Facts(workspace.facts, workspace.engine)}, now=NOW
            )
    stored = stored_bytes(workspace)
    assert mails
    assert addresses
    assert [text for text in (*mails, *addresses) if text.encode() in stored] == []


def test_a_forgotten_person_leaves_the_bytes_and_the_sums_stay(workspace: Workspace) -> None:
    facts = Facts(workspace.facts, workspace.engine)
    bring(workspace, PAIRS / "woocommerce_webtoffee.csv")
    bring(workspace, PAIRS / "hubspot_contacts.csv")
    before = facts.scan("orders").select(pl.col("total").sum()).collect().item()
    (key,) = workspace.keyed_hash(pl.Series(["Ann@mail.invalid"])).to_list()
    touch = facts.scan("touches").collect().row(0, named=True)
    assert touch["customer_key"] == key

    changed = forget(facts, [key], now=NOW)

    assert changed == {"touches": 1, "orders": 1, "leads": 1}
    assert facts.scan("orders").select(pl.col("total").sum()).collect().item() == before
    assert facts.scan("orders").filter(pl.col("customer_key").is_not_null()).collect().is_empty()
    kept = [pl.read_parquet(path).write_csv() for path in workspace.facts.rglob("*.parquet")]
    logs = [path.read_text() for path in workspace.facts.rglob("*.json")]
    for number in (key, touch["visitor"]):
        assert not any(str(number) in text for text in (*kept, *logs))
    assert forget(facts, [key], now=NOW) == {}
    assert forgotten_keys(workspace.engine) == sorted([key, touch["visitor"]])


def test_importing_the_files_of_a_forgotten_person_again_does_not_bring_them_back(
    workspace: Workspace, tmp_path: Path
) -> None:
    facts = Facts(workspace.facts, workspace.engine)
    bring(workspace, PAIRS / "woocommerce_webtoffee.csv")
    (key,) = workspace.keyed_hash(pl.Series(["ann@mail.invalid"])).to_list()
    forget(facts, [key], now=NOW)
    again = tmp_path / "again.csv"
    again.write_bytes((PAIRS / "woocommerce_webtoffee.csv").read_bytes() + b"\n")
    report = take_in(workspace, again, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW)
    assert (report.error, report.duplicates, report.read) == (None, 2, 2)
    assert facts.scan("orders").filter(pl.col("customer_key").is_not_null()).collect().is_empty()
    assert facts.scan("touches").filter(pl.col("landing_url").is_not_null()).collect().is_empty()


def test_an_older_version_of_an_order_that_names_nobody_is_cleared_with_the_newer_one(workspace: Workspace) -> None:
    facts = Facts(workspace.facts, workspace.engine)
    head = "order_id,ordered_at,currency,total,subtotal,landing_url"
    versions = {
        "a.csv": (head, "1,2026-05-01T10:00:00Z,EUR,10,10,https://shop.example/?utm_source=ig"),
        "b.csv": (f"{head},customer", "1,2026-05-02T10:00:00Z,EUR,10,10,,ann@mail.invalid"),
    }
    for name, rows in versions.items():
        (workspace.folder / name).write_text("\n".join([*rows, ""]), encoding="utf-8")
        bring(workspace, workspace.folder / name)
    seen = facts.scan("orders").collect().row(0, named=True)
    assert seen["customer_key"]
    assert seen["landing_url"]
    forget(facts, [seen["customer_key"]], now=NOW)
    seen = facts.scan("orders").collect().row(0, named=True)
    assert (seen["customer_key"], seen["landing_url"]) == (None, None)
