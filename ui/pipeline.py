"""Where the halves are joined: files go in through their sinks, mention frames go to attribution, figures come out.

The command line and the pages call the same functions here, and so show the same figures. What only a report needs is
imported when one is made: most commands make none.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from attribution import currency, inputs
from attribution.facts import Facts
from attribution.identity import NamedOrders, named_orders
from attribution.lost_refunds import refunds_without_order
from attribution.tables import CONVERSIONS, LEADS, MENTIONS, POSTS, TRAFFIC_DAILY, Table
from config import intake, plan_files, register_files
from config.clock import Period, last_days
from config.database import changes, upsert, writing
from config.forgotten import forgotten_authors
from config.intake import ImportReport, Layout
from config.plans import read_costs
from config.rates import RATES_SCHEMA, read_rates
from config.register_undo import undo_entries
from config.registers import read_codes, read_links, read_people
from config.short_links import end_of, read_short_links
from config.workspace import Workspace
from listener import exports, people, store
from listener.imported import remove_unheld

if TYPE_CHECKING:
    from attribution.analytics_claims import AnalyticsClaims
    from attribution.clv import Lifetimes
    from attribution.report import Inputs, Report
    from listener.queries import Query

LAYOUTS: tuple[Layout, ...] = (*inputs.LAYOUTS, *register_files.LAYOUTS, *plan_files.LAYOUTS, *exports.LAYOUTS)
DEFAULT_DAYS = 30
NAMED_ORDERS = 5  # at most so many are named in a sentence


def brands_of(workspace: Workspace) -> tuple[tuple[str, Query], ...]:
    """The brands with their queries read. The collector is imported when they are first asked for: it brings a whole
    HTTP client along, that most commands have no use for."""
    from listener.collect import make_plan

    return make_plan(workspace).brands


def facts_of(workspace: Workspace, *, replace: bool = False) -> Facts:
    """The workspace's facts; `replace` as in `Facts`."""
    forgotten = functools.partial(forgotten_authors, workspace)
    return Facts(workspace.facts, workspace.engine, forgotten=forgotten, replace=replace)


def take_file(
    workspace: Workspace,
    path: Path,
    *,
    now: dt.datetime,
    wanted: str | None = None,
    account: str = "default",
    exported_at: dt.datetime | None = None,
    encoding: str | None = None,
    order: str | None = None,
    decimal: str | None = None,
    currency: str | None = None,
    brand: str | None = None,
    again: bool = False,
    replaces: bool = False,
    progress: intake.Progress | None = None,
) -> ImportReport:
    """Import one file of any known layout; options as `intake.take_in` has them.

    `replaces`: imports whose costs would count twice beside this file's are taken back, in the same step. A changed
    register of codes is looked for again in the stored mentions.
    """
    mentions = exports.MentionSink(
        workspace.engine,
        languages=workspace.settings.workspace.languages,
        now=now,
        brands=lambda: brands_of(workspace),
        forgotten=functools.partial(forgotten_authors, workspace),
    )
    sinks: dict[str, intake.Sink] = {
        "facts": facts_of(workspace, replace=replaces),
        "registers": register_files.RegisterSink(
            workspace.engine, forgotten=functools.partial(forgotten_authors, workspace)
        ),
        "mentions": mentions,
    }
    report = intake.take_in(
        workspace,
        path,
        layouts=layouts_of(workspace),
        sinks=sinks,
        now=now,
        wanted=wanted,
        account=account,
        exported_at=exported_at,
        encoding=encoding,
        order=order,
        decimal=decimal,
        currency=currency,
        brand=brand,
        again=again,
        progress=progress,
    )
    with writing(workspace.engine) as connection:
        for replaced in report.replaced:
            undo_entries(connection, replaced, register_files.TABLES)  # of a file that held more than costs
        remove_unheld(connection)  # what an interrupted import had stored
    keep_codes_current(workspace)
    return _with_lost_refunds(workspace, _with_named_orders(workspace, report))


def _with_named_orders(workspace: Workspace, report: ImportReport) -> ImportReport:
    """With a warning where visits of the file name orders that are not there, or that several orders are called."""
    if report.id is None or not report.tables.get("touches"):
        return report
    visits = facts_of(workspace).brought("touches", report.id)
    wanted = visits.select("account", "touch_id", "touched_at", "order_ref")
    named = wanted.filter(pl.col("order_ref").is_not_null()).collect()
    if named.is_empty():
        return report
    orders = facts_of(workspace).scan("orders").select("account", "order_id", "order_name", "ordered_at").collect()
    return replace(report, warnings=[*report.warnings, *named_orders_told(named_orders(named, orders))])


def _with_lost_refunds(workspace: Workspace, report: ImportReport) -> ImportReport:
    """With a warning where refunds of the file name orders that are not there."""
    if report.id is None or not report.tables.get("refunds"):
        return report
    facts = facts_of(workspace)
    mine = facts.brought("refunds", report.id).select("account", "order_id").unique()
    refunds = facts.scan("refunds").join(mine, on=["account", "order_id"], how="semi")
    told = lost_refunds_told(refunds_without_order(refunds, facts.scan("orders")))
    return replace(report, warnings=[*report.warnings, *told])


def lost_refunds_told(found: pl.DataFrame) -> list[str]:
    """A sentence on refunds whose orders no file has brought, rows of `refunds_without_order`; none without any."""
    if found.is_empty():
        return []
    n, names = int(found["refunds"].sum()), found["order_id"].head(NAMED_ORDERS).to_list()
    named = ", ".join([*names, "…"] if found.height > len(names) else names)
    who = "1 refund names an order" if n == 1 else f"{n} refunds name orders"
    return [f"{who} that no file has brought: {named}. Until it comes, under the same account, nothing is taken off."]


def lost_refunds(workspace: Workspace) -> pl.DataFrame:
    """`refunds_without_order` of all that stands."""
    facts = facts_of(workspace)
    return refunds_without_order(facts.scan("refunds"), facts.scan("orders"))


def named_orders_told(found: NamedOrders) -> list[str]:
    """Sentences on visits that name an order no file has, or several; none where each names one."""
    told = []
    if found.unknown:
        told.append(
            f"{found.unknown} of {found.visits} visits that name an order name one that no order file has: they "
            "join none until it is imported. Import the orders of those days, and check that both files mean the same "
            "number."
        )
    if found.several:
        told.append(
            f"{found.several} of {found.visits} visits that name an order name one that several orders are called: "
            "they join none of them. Import each shop's orders and visits under an account of its own (--account)."
        )
    return told


def visits_naming_orders(workspace: Workspace) -> NamedOrders:
    """`named_orders` of all visits and orders."""
    facts = facts_of(workspace)
    visits = facts.scan("touches").select("account", "touch_id", "touched_at", "order_ref")
    visits = visits.filter(pl.col("order_ref").is_not_null())
    orders = facts.scan("orders").select("account", "order_id", "order_name", "ordered_at")
    return named_orders(*pl.collect_all([visits, orders]))


def keep_codes_current(workspace: Workspace) -> None:
    """Look for the registered codes again in the stored mentions, if the registers changed since that was last done.

    What was done is noted beside the change counters, so that a process killed in between is made up for later.
    """
    with workspace.engine.connect() as connection:
        rows = connection.execute(sa.select(changes.c.name, changes.c.n)).all()
        counts = {row.name: row.n for row in rows}
    registered = counts.get("registers", 0)
    if registered == counts.get("recoded", 0):
        return
    store.recode(workspace.engine)
    with writing(workspace.engine) as connection:
        upsert(connection, changes, [{"name": "recoded", "n": registered}], keys=["name"])


def layouts_of(workspace: Workspace) -> tuple[Layout, ...]:
    """LAYOUTS, with mention exports matched against the brands' queries; those are read only when such a file is."""
    matched = exports.layouts_for(lambda: brands_of(workspace), own=own_brands(workspace))
    return (*inputs.LAYOUTS, *register_files.LAYOUTS, *plan_files.LAYOUTS, *matched)


def matching_period(workspace: Workspace, period: Period) -> Period:
    """The period lengthened by the lookback window: orders after its end may still show its mentions."""
    window = workspace.settings.attribution.lookback
    return Period(period.since, period.until + dt.timedelta(days=math.ceil(window / dt.timedelta(days=1))))


def period_of(
    workspace: Workspace, *, now: dt.datetime, since: dt.date | None = None, until: dt.date | None = None
) -> Period:
    """The days asked for, by default the last 30 up to the workspace's day. Raises ValueError when reversed."""
    end = until or workspace.as_of(now)
    period = Period(since, end) if since else last_days(DEFAULT_DAYS, until=end)
    if period.since > period.until:
        raise ValueError(f"--since {period.since} lies after --until {period.until}")
    return period


def exchange_rates(workspace: Workspace) -> pl.DataFrame:
    """The reference rates with the business's own ones, worked out once for each state of its register."""
    return _rates_with(tuple(read_rates(workspace.engine).iter_rows()))


@functools.lru_cache(maxsize=4)
def _rates_with(own: tuple[tuple[object, ...], ...]) -> pl.DataFrame:
    given = pl.DataFrame(own, schema=RATES_SCHEMA, orient="row")
    return currency.load_rates(currency.own_rates(given) if own else None)


def attribution_inputs(workspace: Workspace, *, with_mentions: bool = True) -> Inputs:
    """Everything attribution reads: facts, registers, and what the listener knows about mentions."""
    from attribution.report import Inputs

    facts = facts_of(workspace)
    return Inputs(
        orders=facts.scan("orders"),
        order_lines=facts.scan("order_lines"),
        conversions=facts.scan("conversions"),
        order_codes=facts.scan("order_codes"),
        refunds=facts.scan("refunds"),
        touches=facts.scan("touches"),
        spend=facts.scan("spend"),
        mentions=_evidence(workspace) if with_mentions else MENTIONS.empty(),
        codes=read_codes(workspace.engine),
        people=read_people(workspace.engine),
        links=read_links(workspace.engine),
        costs=read_costs(workspace.engine),
    )


def _evidence(workspace: Workspace) -> pl.DataFrame:
    """`store.mention_evidence` with the business's short links replaced by the pages they lead to."""
    found = store.mention_evidence(workspace.engine)
    known = read_short_links(workspace.engine)
    links = found["links"].explode().drop_nulls() if known else pl.Series(dtype=pl.String)
    shorts = {link: end for link in links.unique() if (end := end_of(link, known)) != link}
    return found.with_columns(pl.col("links").list.eval(pl.element().replace(shorts))) if shorts else found


def attribution_report(
    workspace: Workspace,
    *,
    period: Period,
    model: str | None = None,
    lookback: dt.timedelta | None = None,
    without_flagged: bool = False,
    view_through: dt.timedelta | None = None,
) -> Report:
    """The report of a period; model, lookback window and view-through default to the settings. without_flagged: codes
    count for nothing on the orders on which they show a sign of leakage."""
    from attribution.report import attribute

    chosen = workspace.settings.attribution
    if view_through is not None:
        chosen = chosen.model_copy(update={"view_through": view_through})
    return attribute(
        attribution_inputs(workspace),
        settings=workspace.settings.model_copy(update={"attribution": chosen}),
        period=period,
        model=model or chosen.model,
        lookback=lookback or chosen.lookback,
        rates=exchange_rates(workspace),
        without_flagged=without_flagged,
    )


@dataclass(frozen=True)
class Leads:
    """`attribution.leads.lead_funnel` and `leads_by_post` of one period, and the `lead_rows` that they are sums of."""

    by_source: pl.DataFrame
    by_post: pl.DataFrame
    single: pl.DataFrame


def leads_of(workspace: Workspace, report: Report) -> Leads:
    """The leads of a report's period, by source and by own post."""
    from attribution.leads import lead_funnel, lead_rows, leads_by_post

    leads = known_facts(workspace, LEADS)
    common: dict[str, Any] = {
        "period": report.period,
        "zone": workspace.settings.zone,
        "currency": report.currency,
        "rates": exchange_rates(workspace),
        "rules": workspace.settings.channel_rule,
    }
    posts = known_facts(workspace, POSTS)
    return Leads(
        lead_funnel(leads, report.touches, known_facts(workspace, CONVERSIONS), **common),
        leads_by_post(posts, leads, report.touches, lookback=report.lookback, **common),
        lead_rows(posts, leads, report.touches, lookback=report.lookback, **common),
    )


def analytics_claims_of(workspace: Workspace, report: Report) -> AnalyticsClaims:
    """`attribution.analytics_claims` of a report."""
    from attribution.analytics_claims import analytics_claims

    return analytics_claims(
        report,
        known_facts(workspace, TRAFFIC_DAILY),
        scope=workspace.settings.attribution.social_scope,
        zone=workspace.settings.zone,
        rates=exchange_rates(workspace),
    )


def without_flagged_codes(workspace: Workspace, report: Report) -> Report:
    """The report with `codes` and `order_codes` less the orders on which a code shows a sign of leakage."""
    from attribution.codes import code_report

    flagged = ["account", "order_id", "code"]
    kept = report.order_codes.join(report.leakage.orders, on=flagged, how="anti", maintain_order="left")
    register, rates = read_codes(workspace.engine), exchange_rates(workspace)
    told = code_report(kept, report.ledger, register, currency=report.currency, rates=rates)
    return replace(report, codes=told, order_codes=kept)


def lifetimes_of(workspace: Workspace, report: Report, *, now: dt.datetime) -> Lifetimes:
    """What the customers known up to the workspace's day are expected to buy in the year after it."""
    from attribution.clv import estimate_lifetimes  # brings scipy: a second that only an estimate is worth

    return estimate_lifetimes(report.history, as_of=workspace.as_of(now))


def known_facts(workspace: Workspace, table: Table) -> pl.DataFrame:
    """The facts of a table in memory, with that table's columns alone."""
    return facts_of(workspace).scan(table.name).select(list(table.schema)).collect()


def mentions_of(workspace: Workspace, period: Period) -> pl.DataFrame:
    """`listener.store.mention_frame` of the period, one row a mention and brand, with `day` in the business zone."""
    since, until = period.bounds(workspace.settings.zone)
    frame = store.mention_frame(workspace.engine, since=since, until=until)
    zone = workspace.settings.workspace.timezone
    return frame.with_columns(day=pl.col("published_at").dt.convert_time_zone(zone).dt.date())


def talk_of(workspace: Workspace, period: Period, *, brand: str | None = None) -> pl.DataFrame:
    """The own brands' (or one's) mentions of the period with the columns of `attribution.mention_series.SCHEMA`.

    by_buyer: what a review network or a source named so brings. Other authors are never known to be customers, so that
    of all others it is unknown (null) whether they bought.
    """
    whose = own_brands(workspace) if brand is None else [brand]
    own = mentions_of(workspace, period).filter(pl.col("brand").is_in(whose))
    reviews = (pl.col("network") == "review") | (pl.col("network") == "reviews")
    named = pl.col("source").str.to_lowercase().str.contains("review", literal=True)
    return own.unique("mention_id", keep="first", maintain_order=True).select(
        "mention_id",
        "day",
        pl.col("cluster_id").alias("cluster"),
        "score",
        "followers",
        pl.when(reviews | named).then(pl.lit(True)).alias("by_buyer"),
        pl.col("network").alias("group"),
    )


def own_brands(workspace: Workspace) -> list[str]:
    return [brand.name for brand in workspace.settings.brand if brand.role == "own"]


def mentioners(
    workspace: Workspace, *, mentions: pl.DataFrame, report: Report, period: Period, min_followers: int | None = None
) -> pl.DataFrame:
    """`listener.people.top_mentioners` of the own brands, with what each brought: codes, orders, revenue, cost.

    Added columns: codes (List of String), conversions (Float64), revenue_minor, cost_minor (Int64; null = unknown).
    """
    own = mentions.filter(pl.col("brand").is_in(own_brands(workspace)))
    floor = workspace.settings.people.min_followers if min_followers is None else min_followers
    ranked = people.top_mentioners(own, read_people(workspace.engine), min_followers=floor, as_of=period.until)
    owned = (
        read_codes(workspace.engine)
        .filter(pl.col("owner").is_not_null())
        .group_by(author_key="owner")
        .agg(codes=pl.col("code").unique().sort())
    )
    brought = report.by_influencer.filter("credited").select(
        "conversions", "revenue_minor", "cost_minor", author_key="name"
    )
    return ranked.join(owned, on="author_key", how="left", maintain_order="left").join(
        brought, on="author_key", how="left", maintain_order="left"
    )
