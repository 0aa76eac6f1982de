"""A world on disk: the files a shop would export, the feeds the networks would give, the settings, and the truth."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.plan_files import CAMPAIGN_CELLS, COST_CELLS, GOAL_CELLS
from ui.demo.feedfiles import feed_document
from ui.demo.plans import list_campaigns, list_costs, list_goals
from ui.demo.shopify import COLUMNS, export_rows
from ui.demo.world import BERLIN, CAUSES, OWN_BRAND, Order, Visit, World, berlin_day

VISITS = ("visit_id", "visitor", "time", "landing_url", "referrer", "order_id", "customer")
CODES = ("code", "kind", "owner", "campaign", "channel", "valid_from", "valid_to", "commission_rate")
SPEND = (
    *("date", "platform", "campaign", "cost", "currency", "source", "medium", "cost_type", "influencer"),
    *("impressions", "clicks", "conversions", "conversion_value"),
)
PEOPLE = ("network", "handle", "name", "followers", "status")
POSTS = (
    *("network", "post_id", "published_at", "permalink", "caption", "post_type", "is_paid", "impressions", "reach"),
    *("likes", "comments", "shares", "saves", "clicks"),
)
LEADS = ("lead_id", "created_at", "source", "medium", "campaign", "stage", "won_at", "deal_amount", "currency")
TRUE_ORDERS = (
    *("order_id", "order_name", "ordered_at", "net_minor", "sold", "cause"),
    *(f"cause_{cause}" for cause in CAUSES),
    *("observable_direct_minor", "observable_other_minor", "observable_channel", "observable_code"),
    *("observable_campaign", "edge"),
)
TRUE_MENTIONS = ("guid", "source", "author_key", "language", "feeling", "brand")
_MONEY = frozenset({"cost", "conversion_value", "deal_amount"})


def write_world(world: World, folder: Path, *, feed_base_url: str) -> None:
    """Writes all files of the world below `folder`; settings point at the feeds under `feed_base_url`/feeds/.

    The same world and base give the same bytes. Feed files carry the world's end as their time of change.
    """
    for part in ("feeds", "truth"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    _write_feeds(world, folder / "feeds")
    _write_text(folder / "earned.toml", settings_text(world, feed_base_url))
    _write_table(folder / "shopify_orders.csv", COLUMNS, export_rows(world.orders, world.calendar))
    _write_table(folder / "visits.csv", VISITS, map(_visit_row, world.visits))
    _write_table(folder / "spend.csv", SPEND, world.spend)
    _write_table(folder / "costs.csv", COST_CELLS, list_costs(world.calendar))
    _write_table(folder / "campaigns.csv", CAMPAIGN_CELLS, list_campaigns(world.calendar, world.codes))
    _write_table(folder / "goals.csv", GOAL_CELLS, list_goals(world.calendar))
    _write_table(folder / "promo_codes.csv", CODES, [{n: getattr(c, n) for n in CODES} for c in world.codes])
    _write_table(folder / "people.csv", PEOPLE, world.people)
    _write_table(folder / "posts.csv", POSTS, world.posts)
    _write_table(folder / "leads.csv", LEADS, world.leads)
    _write_table(folder / "truth" / "orders.csv", TRUE_ORDERS, map(_true_order, world.orders))
    _write_table(folder / "truth" / "mentions.csv", TRUE_MENTIONS, map(_true_mention, world.mentions))
    _write_text(folder / "truth" / "summary.json", json.dumps(summary(world), ensure_ascii=False, indent=1) + "\n")


def _write_feeds(world: World, folder: Path) -> None:
    changed = world.calendar.closes.timestamp()
    for source in world.sources:
        path = folder / f"{source.name}.xml"
        mine = [mention for mention in world.mentions if mention.source == source.name]
        _write_text(path, feed_document(source, mine[::-1], updated=world.calendar.closes.astimezone(UTC)))
        os.utime(path, (changed, changed))


def _write_text(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def _write_table(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(name, value) for name, value in row.items()} for row in rows)


def _cell(name: str, value: Any) -> str:
    """Unknown is empty, cents are decimals where the column is money, instants are UTC with Z."""
    if value is None:
        return ""
    if name in _MONEY:
        return f"{value // 100}.{value % 100:02d}"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return "true" if value is True else "false" if value is False else str(value)


def _visit_row(visit: Visit) -> dict[str, Any]:
    """Every third visit is logged in Berlin time with its offset, the others in UTC."""
    local = visit.time.astimezone(BERLIN).isoformat()
    return {
        "visit_id": visit.visit_id,
        "visitor": visit.visitor,
        "time": local if int(visit.visit_id[1:]) % 3 == 0 else visit.time,
        "landing_url": visit.arrival.landing_url,
        "referrer": visit.arrival.referrer,
        "order_id": visit.order_ref,
        "customer": visit.customer,
    }


def _true_order(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "order_name": order.name,
        "ordered_at": order.at,
        "net_minor": order.net_minor,
        "sold": order.sold,
        "cause": order.cause,
        **{f"cause_{cause}": cents for cause, cents in order.causes.items()},
        "observable_direct_minor": order.credit.direct_minor,
        "observable_other_minor": order.credit.other_minor,
        "observable_channel": order.credit.channel,
        "observable_code": order.credit.code,
        "observable_campaign": order.credit.campaign,
        "edge": order.edge,
    }


def _true_mention(mention: Any) -> dict[str, Any]:
    names = ("guid", "source", "language", "feeling", "brand")
    return {"author_key": mention.author.key} | {name: getattr(mention, name) for name in names}


def settings_text(world: World, feed_base_url: str) -> str:
    """The demo's earned.toml."""
    sources = "".join(
        f'\n[[source]]\nname = "{source.name}"\nurl = "{feed_base_url}/feeds/{source.name}.xml"\n'
        f'network = "{source.network}"\nallow_private = true\n'
        for source in world.sources
    )
    return f"""[workspace]
name = "Kickflip Supply"
currency = "EUR"
timezone = "Europe/Berlin"
as_of = {world.end.isoformat()}
simulated = true
languages = ["en", "ar", "he", "pl", "hu", "vi"]

[[brand]]
name = "Kickflip Supply"
role = "own"
match = '("kickflip supply" OR #kickflipsupply OR "heelside 2")'

[[brand]]
name = "Ollie & Sons"
role = "competitor"
match = '"ollie & sons" OR #ollieandsons'
{sources}
[shop]
domains = ["kickflip-supply.example"]
tax_included = true

[attribution]
model = "last_non_direct"
lookback = "30d"
"""


def summary(world: World) -> dict[str, Any]:
    """Totals in cents. `indirect_true` is what talk caused in orders without a creditable touch: what a lift seeks."""
    orders = world.orders
    return {
        "seed": world.seed,
        "response": world.response,
        "start": world.calendar.start.isoformat(),
        "end": world.end.isoformat(),
        "campaigns": {"summer26": _span(world.calendar.summer), "holiday26": _span(world.calendar.holiday)},
        "late_deliveries": _span(world.calendar.late_deliveries),
        "orders": {
            "count": len(orders),
            "sold": sum(order.sold for order in orders),
            "net_minor": sum(order.net_minor for order in orders),
            "direct_minor": sum(order.credit.direct_minor for order in orders),
            "other_tracked_minor": sum(order.credit.other_minor for order in orders),
            "pool_minor": sum(_pool(order) for order in orders),
            "cause_minor": {cause: sum(order.causes[cause] for order in orders) for cause in CAUSES},
            "channel_minor": _by_channel(orders),
            "edges": dict(sorted(Counter(order.edge for order in orders if order.edge).items())),
        },
        "indirect_true_minor": sum(_indirect(order) for order in orders),
        "talk_caused_minor": sum(_talk_caused(order) for order in orders),
        "leaked_code": "NOAH15",
        "visits": len(world.visits),
        "mentions": _mention_counts(world),
        "spend_minor": sum(row["cost"] for row in world.spend),
        "days": _days(world),
    }


def _span(days: tuple[Any, Any]) -> list[str]:
    return [day.isoformat() for day in days]


def _pool(order: Order) -> int:
    return order.net_minor - order.credit.direct_minor - order.credit.other_minor


def _talk_caused(order: Order) -> int:
    return order.causes["saw_mention"] + order.causes["told_friend"]


def _indirect(order: Order) -> int:
    return 0 if order.credit.channel else _talk_caused(order)


def _by_channel(orders: Sequence[Order]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for order in orders:
        if order.credit.channel:
            totals[order.credit.channel] += order.net_minor
    return dict(sorted(totals.items()))


def _mention_counts(world: World) -> dict[str, Any]:
    own = [mention for mention in world.mentions if mention.brand == OWN_BRAND]
    return {
        "entries": len(world.mentions),
        "by_brand": dict(sorted(Counter(m.brand or "none" for m in world.mentions).items())),
        "by_source": dict(sorted(Counter(m.source for m in world.mentions).items())),
        "own_by_language": dict(sorted(Counter(m.language for m in own).items())),
        "own_by_feeling": {str(feeling): sum(m.feeling == feeling for m in own) for feeling in (-1, 0, 1)},
        "copies": sum(bool(m.copy_of) for m in world.mentions),
    }


def _days(world: World) -> list[dict[str, Any]]:
    """A row a Berlin day: talk, and the revenue it truly caused, all of it and the part no trace leads to."""
    sums: dict[Any, Counter[str]] = {row.day: Counter() for row in world.talk}
    for order in world.orders:
        day = sums[berlin_day(order.at)]
        day.update(
            {"net": order.net_minor, "pool": _pool(order), "talk": _talk_caused(order), "indirect": _indirect(order)}
        )
    mentions = Counter(berlin_day(m.published_at) for m in world.mentions if m.brand == OWN_BRAND)
    return [
        {
            "day": row.day.isoformat(),
            "mentions": mentions[row.day],
            "mentions_not_negative": row.mentions,
            "adstock": round(row.adstock, 6),
            "expected_talk_orders": round(row.expected_orders, 6),
            "net_minor": sums[row.day]["net"],
            "pool_minor": sums[row.day]["pool"],
            "talk_caused_minor": sums[row.day]["talk"],
            "indirect_true_minor": sums[row.day]["indirect"],
        }
        for row in world.talk
    ]
